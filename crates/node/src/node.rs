//! The meeting place.

use cellward_core::{Bms, Event, GroupWrite, Input, Wanted};
use cellward_link::{Ask, Framing, Port, Records, View, Wish};
use cellward_params::record::{Happening, Subject};
use cellward_params::{Action, Answer, Config, Mode, PortId, Record, Request, Snapshot, Wake};
use cellward_units::Instant;

use crate::estimator::Estimator;
use crate::store::{RamStore, Store};

/// What wire is at a port: it decides how a sleeping board hears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Line {
    /// A line to one other end. Asleep nothing is read there: the first byte wakes the board and is
    /// lost, with all that came in before it.
    #[default]
    Uart,
    /// A line with many ends, or a network. Asleep it is read on, and a whole frame to this board
    /// wakes it and is answered; frames of others do not.
    Bus,
}

/// A board with `PORTS` ports, each with its own session, numbered from 0. All are serial lines until
/// one is [fitted](Self::fit) otherwise.
#[derive(Debug)]
pub struct Node<const PORTS: usize = 1, S: Store = RamStore> {
    bms: Bms,
    ports: [Port; PORTS],
    lines: [Line; PORTS],
    store: S,
    estimator: Estimator,
    /// Time of the last input.
    now: Instant,
    /// Sequence number of the last record given out.
    told: u32,
    /// The last answer to a request from a port that has no session here.
    unheard: Option<Answer>,
    /// Whether the last answer was a refusal.
    refused: bool,
}

impl<const PORTS: usize, S: Store> Node<PORTS, S> {
    /// A board that has just been powered, with whatever its store kept.
    #[must_use]
    pub fn new(config: Config, store: S, now: Instant) -> Self {
        let ports =
            core::array::from_fn(|port| Port::new(PortId(u8::try_from(port).unwrap_or(u8::MAX))));
        let mut node = Self {
            bms: Bms::new(config, now),
            ports,
            lines: [Line::default(); PORTS],
            store,
            estimator: Estimator::new(now),
            now,
            told: 0,
            unheard: None,
            refused: false,
        };
        if let Some(image) = node.store.load() {
            node.handle(Input::Restore(&image), now);
            if let Some(kept) = node.store.load_estimate() {
                node.estimator.restore(&kept.bytes, kept.age, image.soc, node.bms.config());
            }
        }
        node
    }

    /// Makes a port speak Modbus TCP, or a serial line again, for whoever comes to it: whatever
    /// waited there is lost, and a login there ends.
    pub fn fit(&mut self, port: PortId, framing: Framing) {
        self.handle(Input::HangUp(port), self.now);
        if let Some(slot) = self.ports.get_mut(usize::from(port.0)) {
            *slot = Port::framed(port, framing);
        }
    }

    /// Says what wire is at a port.
    pub fn wire(&mut self, port: PortId, line: Line) {
        if let Some(slot) = self.lines.get_mut(usize::from(port.0)) {
            *slot = line;
        }
    }

    /// Feeds one input to the engine and deals with everything it tells.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.now = self.now.max(now);
        self.bms.handle(input, now);
        let mut restart = false;
        while let Some(event) = self.bms.poll_event() {
            match event {
                Event::Record(record) => {
                    if record.subject == Subject::Happening(Happening::ZeroLearnt) {
                        self.estimator.zero_learnt(self.bms.config());
                    }
                    self.store.append(&record);
                }
                Event::Persist(image) => {
                    self.store.save(&image);
                    if let Some(learnt) = self.estimator.saved() {
                        self.store.save_estimate(learnt.as_bytes());
                    }
                }
                Event::Anchor(anchor) => self.estimator.anchor(anchor),
                Event::Answer(answer) => self.pass_on(&answer),
                Event::Restart => restart = true,
            }
        }
        if restart {
            self.restart(now);
        }
    }

    /// Does what is due of the estimation, which nothing that protects waits for. To be called
    /// whenever there is time, at the latest every ten seconds; on a slow processor between the ticks,
    /// for once in ten seconds it takes longer than a tick.
    pub fn estimate(&mut self, now: Instant) {
        if now < self.estimator.due() {
            return;
        }
        let readings = self.bms.readings(now);
        let (config, charge) = (self.bms.config(), self.bms.charge());
        if let Some(charge) = self.estimator.look(&readings, config, charge, now) {
            self.handle(Input::Believed(charge), now);
        }
    }

    /// Builds the engine anew, with what was kept; ports and records go on as they were. Both
    /// switches are wanted open from here on.
    fn restart(&mut self, now: Instant) {
        let newest = self.bms.newest_record();
        self.bms = Bms::new(self.bms.config().clone(), now);
        self.bms.continue_records(newest);
        if let Some(image) = self.store.load() {
            self.handle(Input::Restore(&image), now);
        }
    }

    /// Bytes that came in on a port. Unknown ports are ignored: nothing is listening there.
    ///
    /// A good frame begins the wait for sleep anew. How a sleeping board hears is said at [`Line`].
    pub fn receive(&mut self, port: PortId, bytes: &[u8], line_now: Instant) {
        if self.is_deaf(port) && !bytes.is_empty() {
            self.forget_unread(port);
            self.handle(Input::Traffic(Wake::Uart), self.now);
            return;
        }
        self.at_port(port, line_now, |port, view| port.receive(bytes, view, line_now));
    }

    /// When [`pass_line_time`](Self::pass_line_time) must be called at the latest.
    #[must_use]
    pub fn line_deadline(&self) -> Option<Instant> {
        self.ports.iter().filter_map(Port::deadline).min()
    }

    /// Lets time pass on every line: a frame that was broken off no longer holds up what came
    /// behind it.
    pub fn pass_line_time(&mut self, line_now: Instant) {
        for port in 0_u8.. {
            match self.ports.get(usize::from(port)).map(Port::deadline) {
                None => return,
                // The rest of what it fell asleep over.
                Some(Some(_)) if self.is_deaf(PortId(port)) => self.forget_unread(PortId(port)),
                Some(Some(at)) if at <= line_now => {
                    self.at_port(PortId(port), line_now, |port, view| {
                        port.pass_time(view, line_now);
                    });
                }
                Some(_) => {}
            }
        }
    }

    /// Whether nobody listens at a port because the board sleeps.
    fn is_deaf(&self, port: PortId) -> bool {
        let line = self.lines.get(usize::from(port.0));
        line == Some(&Line::Uart) && self.bms.mode() == Mode::Sleep
    }

    fn forget_unread(&mut self, port: PortId) {
        if let Some(port) = self.ports.get_mut(usize::from(port.0)) {
            port.forget_unread();
        }
    }

    /// Does something at a port, then carries out every wish that comes of it.
    ///
    /// A reply to what woke the board is built before it wakes, so that it tells the mode in which
    /// the question found it.
    fn at_port(&mut self, port: PortId, line_now: Instant, act: impl FnOnce(&mut Port, &View<'_>)) {
        let snapshot = self.snapshot(self.now);
        let view =
            View { snapshot: &snapshot, config: self.bms.config(), records: &Kept(&self.store) };
        let Some(port) = self.ports.get_mut(usize::from(port.0)) else {
            return;
        };
        let before = port.counters();
        act(port, &view);
        let after = port.counters();
        let mut ask = port.poll_ask();
        let to_us = after.requests != before.requests;
        let to_others = after.foreign != before.foreign && self.bms.mode() != Mode::Sleep;
        if to_us || to_others {
            // On a UART the first byte has woken it before.
            self.handle(Input::Traffic(Wake::Rs485), self.now);
        }
        while let Some(wish) = ask {
            ask = self.carry_out(wish, line_now);
        }
    }

    /// Puts a wish before the core, and gives the port what it said; gives the next wish of what
    /// waited behind it.
    fn carry_out(&mut self, ask: Ask, line_now: Instant) -> Option<Ask> {
        let Ask { id, port, login, wish } = ask;
        let role = self.bms.role(port, login);
        match &wish {
            Wish::Commands(commands) => {
                for &command in commands {
                    let action = Action::Command(command);
                    self.refused = false;
                    self.handle(Input::Request(Request { id, port, role, action }), self.now);
                    if self.refused {
                        break;
                    }
                }
            }
            Wish::Write(changes) => {
                self.handle(Input::Write(GroupWrite { id, port, role, changes }), self.now);
            }
        }
        if self.is_deaf(port) {
            // It was told to sleep: what came in behind that is not read any more.
            self.forget_unread(port);
        }
        let snapshot = self.snapshot(self.now);
        let view =
            View { snapshot: &snapshot, config: self.bms.config(), records: &Kept(&self.store) };
        let port = self.ports.get_mut(usize::from(port.0))?;
        port.pump(&view, line_now);
        port.poll_ask()
    }

    /// Bytes to send on a port, as many as fit into `buffer`; 0 when there are none.
    pub fn transmit(&mut self, port: PortId, buffer: &mut [u8]) -> usize {
        self.ports.get_mut(usize::from(port.0)).map_or(0, |port| port.transmit(buffer))
    }

    /// The next record that has not been given out yet, oldest first. A reader that comes too
    /// late misses the records that the store had to let go; their sequence numbers show the gap.
    pub fn poll_record(&mut self) -> Option<Record> {
        let record = self.store.record_after(self.told)?;
        self.told = record.sequence;
        Some(record)
    }

    /// The answer to the last request that came from a port without a session, such as a story
    /// of the simulator or a page in the same process; `None` once it was taken.
    pub const fn take_answer(&mut self) -> Option<Answer> {
        self.unheard.take()
    }

    /// The complete wanted state; compare and apply after every `handle` and `receive`.
    pub const fn wanted(&self) -> &Wanted {
        self.bms.wanted()
    }

    /// Everything a reader may see, now.
    #[must_use]
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let mut snapshot = self.bms.snapshot(now);
        self.estimator.figures().show(&mut snapshot, self.bms.config());
        snapshot
    }

    /// When the board must be called next if nothing comes in.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.bms.deadline()
    }

    /// When the board must be called next if every measurement keeps arriving unchanged.
    #[must_use]
    pub fn steady_deadline(&self) -> Option<Instant> {
        self.bms.steady_deadline()
    }

    /// The engine, to read.
    pub const fn bms(&self) -> &Bms {
        &self.bms
    }

    /// What the board keeps, to read.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Gives an answer to the session that asked.
    fn pass_on(&mut self, answer: &Answer) {
        self.refused = answer.result.is_err();
        match self.ports.get_mut(usize::from(answer.port.0)) {
            Some(port) => port.handle_answer(answer),
            None => self.unheard = Some(*answer),
        }
    }
}

/// A store as sessions read it.
struct Kept<'a, S>(&'a S);

impl<S: Store> Records for Kept<'_, S> {
    fn after(&self, sequence: u32) -> Option<Record> {
        self.0.record_after(sequence)
    }
}
