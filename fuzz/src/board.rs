//! A board behind one port, whose core agrees to wishes, refuses them or forgets them.

use cellward_link::{FRAME_GAP, Framing, NoRecords, Port, View};
use cellward_params::{Answer, Config, PortId, Refusal, Role, Snapshot};
use cellward_testkit::pack;
use cellward_units::{Duration, Instant};

use crate::Event;

/// A port and what it answers from.
pub struct Board {
    port: Port,
    snapshot: Snapshot,
    config: Config,
    now: Instant,
    /// Everything that came in and went out.
    pub came: Vec<u8>,
    /// Everything that went out.
    pub went: Vec<u8>,
    /// Wishes that came out.
    pub wishes: usize,
}

impl Board {
    /// A board that has heard nothing.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self {
            port: Port::framed(PortId(0), framing),
            snapshot: pack::sample(16, 4),
            config: Config::lifepo4(16),
            now: Instant::START,
            came: Vec::new(),
            went: Vec::new(),
            wishes: 0,
        }
    }

    /// One event; wishes are answered as the number says.
    pub fn happen(&mut self, event: &Event, word: u8) {
        match event {
            Event::Bytes(bytes) => {
                self.came.extend(bytes);
                let view =
                    View { snapshot: &self.snapshot, config: &self.config, records: &NoRecords };
                self.port.receive(bytes, &view, self.now);
            }
            Event::Pause(pause) => self.pass(*pause),
            // It is the good board.
            Event::Answer(_) => {}
        }
        self.answer(word);
    }

    /// A pause in which the port is called when it asked to be.
    fn pass(&mut self, pause: Duration) {
        let end = self.now + pause;
        let view = View { snapshot: &self.snapshot, config: &self.config, records: &NoRecords };
        if let Some(at) = self.port.deadline().filter(|&at| at <= end) {
            self.port.pass_time(&view, at.max(self.now));
            assert!(self.port.deadline() != Some(at), "the port asks for the same time again");
        }
        self.now = end;
    }

    /// What the core says to the wish before it, if there is one, and what follows from that.
    fn answer(&mut self, word: u8) {
        while let Some(ask) = self.port.poll_ask() {
            self.wishes += 1;
            let result = match word % 4 {
                0 => Err(Refusal::Role { needed: Role::Installer }),
                1 => break,
                _ => Ok(()),
            };
            let view = View { snapshot: &self.snapshot, config: &self.config, records: &NoRecords };
            // More words than it has commands do no harm.
            for _ in 0..2 {
                self.port.handle_answer(&Answer { id: ask.id, port: ask.port, result });
            }
            self.port.pump(&view, self.now);
        }
        let mut buffer = [0; 64];
        loop {
            let count = self.port.transmit(&mut buffer);
            if count == 0 {
                break;
            }
            self.went.extend(&buffer[..count]);
        }
    }

    /// Lets the line fall quiet and a forgotten wish lapse, then asks something: what is answered.
    /// `None` where a wish is still before the core, so that nothing may be answered.
    pub fn ask_after_a_pause(&mut self, request: &[u8]) -> Vec<u8> {
        // A wish that was forgotten lapses when the next byte comes; that byte is of the past.
        self.pass(Duration::from_secs(2));
        self.happen(&Event::Bytes(vec![0]), 2);
        for _ in 0..300 {
            self.pass(FRAME_GAP);
            self.answer(2);
        }
        let before = (self.went.len(), self.port.counters().replies);
        self.happen(&Event::Bytes(request.to_vec()), 2);
        assert_eq!(self.port.counters().replies, before.1 + 1, "one request, one reply");
        self.went[before.0..].to_vec()
    }
}
