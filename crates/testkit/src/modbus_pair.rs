//! A board session and a client session of a Modbus dialect, near or our own, with a line between
//! them, in virtual time.

use cellward_link::client::{Plan, Rounds, Step};
use cellward_link::kmodbus::{Client, Options};
use cellward_link::{NoRecords, Port, View};
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Duration, Instant};
use cellward_wire::modbus::{Head, Request, WriteForm, request_rtu};

use crate::line::{Damage, Line};

/// How long the board thinks before it answers; real ones take 50 to 250 ms.
const LATENCY: Duration = Duration::from_millis(80);

/// Both ends and the clock.
#[derive(Debug)]
pub struct Pair<C = Client> {
    /// What the board says.
    pub truth: Snapshot,
    /// What the board is set to.
    pub config: Config,
    /// The host's session.
    pub client: C,
    /// Reads of these blocks (first register and count) the board does not know.
    pub unknown: Vec<(u16, u16)>,
    /// Whether the adapter sends back what the host sends.
    pub echoes: bool,
    /// Whether the board sleeps.
    pub asleep: bool,
    /// Every block that was asked for, with the time.
    pub asked: Vec<((u16, u16), Instant)>,
    board: Port,
    to_board: Line,
    to_client: Line,
    answer_at: Option<Instant>,
    now: Instant,
}

impl Pair {
    /// A board that tells `truth`, and a client of a near-Modbus dialect that knows nothing of it.
    #[must_use]
    pub fn new(truth: Snapshot, options: Options, damage: Damage, seed: u64) -> Self {
        Self::with(truth, Client::new(options, Plan::Live), options.board, damage, seed)
    }
}

impl<C: Rounds> Pair<C> {
    /// A board of this number that tells `truth`, and a client that is about to ask it.
    #[must_use]
    pub fn with(truth: Snapshot, client: C, board: u8, damage: Damage, seed: u64) -> Self {
        Self {
            truth,
            config: crate::pair::numbered(board),
            client,
            unknown: Vec::new(),
            echoes: false,
            asleep: false,
            asked: Vec::new(),
            board: Port::new(PortId(0)),
            to_board: Line::new(damage, seed),
            to_client: Line::new(damage, seed ^ 0x9E37_79B9_7F4A_7C15),
            answer_at: None,
            now: Instant::START,
        }
    }

    /// The time on both ends.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How often the line did something to a byte.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.to_board.damaged() + self.to_client.damaged()
    }

    /// From now on the line damages nothing; what is under way arrives as it is.
    pub const fn quieten(&mut self) {
        self.to_board.quieten();
        self.to_client.quieten();
    }

    /// Runs until the client's round is over and gives what it believes.
    ///
    /// # Panics
    ///
    /// When the round takes more than ten minutes, which no round may.
    #[must_use]
    pub fn round(&mut self) -> Snapshot {
        let limit = self.now + Duration::from_secs(600);
        loop {
            assert!(self.now < limit, "a round must end");
            match self.client.next_action(self.now) {
                Step::Done => return self.client.snapshot(),
                Step::Send(bytes) => {
                    // The caller's part of the bargain: what is not yet read is thrown away.
                    let _ = self.to_client.receive(self.now);
                    self.send(&bytes);
                }
                Step::Wait(until) => self.pass(until),
            }
        }
    }

    /// Starts another round and runs it.
    #[must_use]
    pub fn next_round(&mut self, plan: Plan) -> Snapshot {
        self.client.begin(plan);
        self.round()
    }

    /// A request on its way, as far as the adapter and the board let it.
    fn send(&mut self, bytes: &[u8]) {
        let block = match request_rtu(bytes, WriteForm::Lenient) {
            Head::Frame { body: Request::Read { start, count, .. }, .. } => (start, count),
            other => panic!("a client only reads: {other:?}"),
        };
        self.asked.push((block, self.now));
        if self.echoes {
            self.to_client.send(bytes, self.now);
        }
        if !self.asleep && !self.unknown.contains(&block) {
            self.to_board.send(bytes, self.now);
        }
    }

    /// Lets time pass to the next interesting moment, `until` at the latest.
    fn pass(&mut self, until: Instant) {
        let moments = [self.to_board.next_arrival(), self.to_client.next_arrival(), self.answer_at];
        let next = moments.into_iter().flatten().fold(until, Instant::min);
        self.now = self.now.max(next);
        let bytes = self.to_board.receive(self.now);
        let view = View { snapshot: &self.truth, config: &self.config, records: &NoRecords };
        self.board.receive(&bytes, &view, self.now);
        if self.board.has_output() && self.answer_at.is_none() {
            self.answer_at = Some(self.now + LATENCY);
        }
        if self.answer_at.is_some_and(|at| at <= self.now) {
            self.answer_at = None;
            let mut buffer = [0; 512];
            let count = self.board.transmit(&mut buffer);
            self.to_client.send(&buffer[..count], self.now);
        }
        let bytes = self.to_client.receive(self.now);
        self.client.receive(&bytes, self.now);
    }
}
