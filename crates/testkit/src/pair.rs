//! A board and a host's client with a line between them, in virtual time: what the pairs of all
//! dialects share.

use cellward_link::client::{Plan, Rounds, Step};
use cellward_link::{NoRecords, Port, View};
use cellward_params::parameter::id;
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Duration, Instant};

use crate::line::{Damage, Line};

/// Both directions of the line.
#[derive(Clone, Debug)]
pub struct Lines {
    /// From the host to the board.
    pub to_board: Line,
    /// From the board to the host.
    pub to_client: Line,
}

/// What is peculiar about a board and its adapter, and what a test wants to know of the line.
pub trait Board {
    /// The board's port, to which nothing has come yet.
    #[must_use]
    fn port(&self) -> Port {
        Port::new(PortId(0))
    }

    /// How long the board thinks before it answers.
    #[must_use]
    fn latency(&self) -> Duration;

    /// The host sends a request: puts on the line what comes of it.
    fn request(&mut self, bytes: &[u8], lines: &mut Lines, now: Instant) {
        lines.to_board.send(bytes, now);
    }

    /// The board answers: puts on the line what comes of it.
    fn answer(&mut self, bytes: &[u8], lines: &mut Lines, now: Instant) {
        lines.to_client.send(bytes, now);
    }

    /// These bytes reached the host.
    fn arrived(&mut self, _bytes: &[u8]) {}
}

/// The configuration of a board with this number.
pub(crate) fn numbered(board: u8) -> Config {
    let mut config = Config::lifepo4(16);
    config.set(id::board_number, board.into()).expect("a board number from 1 to 16");
    config
}

/// Both ends and the clock.
#[derive(Debug)]
pub struct Pair<C, B> {
    /// What the board says.
    pub truth: Snapshot,
    /// What the board is set to.
    pub config: Config,
    /// The host's session.
    pub client: C,
    /// What is peculiar about the board.
    pub board: B,
    port: Port,
    lines: Lines,
    answer_at: Option<Instant>,
    now: Instant,
}

impl<C: Rounds, B: Board> Pair<C, B> {
    /// A board of this number that tells `truth`, and a client that is about to ask it.
    ///
    /// # Panics
    ///
    /// When the number is not from 1 to 16.
    #[must_use]
    pub fn with(
        truth: Snapshot,
        client: C,
        board: B,
        number: u8,
        damage: Damage,
        seed: u64,
    ) -> Self {
        let lines = Lines {
            to_board: Line::new(damage, seed),
            to_client: Line::new(damage, seed ^ 0x9E37_79B9_7F4A_7C15),
        };
        let (config, port) = (numbered(number), board.port());
        let now = Instant::START;
        Self { truth, config, client, board, port, lines, answer_at: None, now }
    }

    /// The time on both ends.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How often the line did something to a byte.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.lines.to_board.damaged() + self.lines.to_client.damaged()
    }

    /// From now on the line damages nothing; what is under way arrives as it is.
    pub const fn quieten(&mut self) {
        self.lines.to_board.quieten();
        self.lines.to_client.quieten();
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
                    let _ = self.lines.to_client.receive(self.now);
                    self.board.request(&bytes, &mut self.lines, self.now);
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

    /// Lets time pass to the next interesting moment, `until` at the latest.
    fn pass(&mut self, until: Instant) {
        let Lines { to_board, to_client } = &self.lines;
        let moments = [to_board.next_arrival(), to_client.next_arrival(), self.answer_at];
        let next = moments.into_iter().flatten().fold(until, Instant::min);
        self.now = self.now.max(next);
        let bytes = self.lines.to_board.receive(self.now);
        let view = View { snapshot: &self.truth, config: &self.config, records: &NoRecords };
        self.port.receive(&bytes, &view, self.now);
        if self.port.has_output() && self.answer_at.is_none() {
            self.answer_at = Some(self.now + self.board.latency());
        }
        if self.answer_at.is_some_and(|at| at <= self.now) {
            self.answer_at = None;
            let mut buffer = [0; 512];
            let count = self.port.transmit(&mut buffer);
            self.board.answer(&buffer[..count], &mut self.lines, self.now);
        }
        let bytes = self.lines.to_client.receive(self.now);
        self.board.arrived(&bytes);
        self.client.receive(&bytes, self.now);
    }
}
