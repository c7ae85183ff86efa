//! How long a poll takes on a clean line in virtual time, and how much of that was needed.

use cellward_link::client::{Rounds, Session, Step};
use cellward_link::{NoRecords, Port, View, a5, kmodbus, modbus};
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Duration, Instant};

use crate::line::{Damage, Line};

/// What a round took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Requests sent.
    pub requests: u32,
    /// Bytes in both directions.
    pub bytes: u32,
    /// What the bytes take at 9600 baud, ten bits each.
    pub wire: Duration,
    /// What the board took for its answers.
    pub latency: Duration,
    /// The silence that the dialect needs before each request.
    pub guard: Duration,
    /// From the beginning of the round to its end.
    pub elapsed: Duration,
}

impl Terms {
    /// What was needed, of the time that it took: 1 where no time is lost.
    #[must_use]
    pub fn efficiency(&self) -> f64 {
        let needed = self.wire + self.latency + self.guard;
        needed.to_secs_f64() / self.elapsed.to_secs_f64()
    }
}

/// A board that answers after a fixed time, on a clean line at 9600 baud.
#[derive(Debug)]
pub struct Bench {
    board: Port,
    truth: Snapshot,
    config: Config,
    latency: Duration,
    guard: Duration,
    to_board: Line,
    to_client: Line,
    answer_at: Option<Instant>,
    now: Instant,
}

impl Bench {
    /// Board 1, which tells `truth`, each answer `latency` after the last byte of its request; its
    /// dialect needs `guard` before each request.
    #[must_use]
    pub fn new(truth: Snapshot, latency: Duration, guard: Duration) -> Self {
        Self {
            board: Port::new(PortId(0)),
            truth,
            config: crate::pair::numbered(1),
            latency,
            guard,
            to_board: Line::new(Damage::NONE, 1),
            to_client: Line::new(Damage::NONE, 2),
            answer_at: None,
            now: Instant::START,
        }
    }

    /// Runs a round that has begun to its end. A round that follows another one begins with the
    /// silence after the last byte of that.
    ///
    /// # Panics
    ///
    /// When the round takes more than a minute, which no round on a clean line may.
    pub fn round(&mut self, session: &mut impl Session) -> Terms {
        let start = self.now;
        let (mut requests, mut bytes) = (0_u32, 0_usize);
        loop {
            assert!(self.now.since(start) < Duration::from_secs(60), "a round must end");
            match session.next_action(self.now) {
                Step::Done => break,
                Step::Send(request) => {
                    requests += 1;
                    bytes += request.len();
                    self.to_board.send(&request, self.now);
                }
                Step::Wait(until) => bytes += self.pass(until, session),
            }
        }
        let each = |one: Duration| Duration::from_micros(one.as_micros() * u64::from(requests));
        let bytes = u32::try_from(bytes).expect("a round has few bytes");
        Terms {
            requests,
            bytes,
            wire: Duration::from_micros(u64::from(bytes) * 10 * 1_000_000 / 9_600),
            latency: each(self.latency),
            guard: each(self.guard),
            elapsed: self.now.since(start),
        }
    }

    /// Lets time pass to the next interesting moment; gives how many bytes came in.
    fn pass(&mut self, until: Instant, session: &mut impl Session) -> usize {
        let moments = [self.to_board.next_arrival(), self.to_client.next_arrival(), self.answer_at];
        let next = moments.into_iter().flatten().fold(until, Instant::min);
        self.now = self.now.max(next);
        let bytes = self.to_board.receive(self.now);
        let view = View { snapshot: &self.truth, config: &self.config, records: &NoRecords };
        self.board.receive(&bytes, &view, self.now);
        if self.board.has_output() && self.answer_at.is_none() {
            self.answer_at = Some(self.now + self.latency);
        }
        if self.answer_at.is_some_and(|at| at <= self.now) {
            self.answer_at = None;
            let mut buffer = [0; 512];
            let count = self.board.transmit(&mut buffer);
            self.to_client.send(&buffer[..count], self.now);
        }
        let bytes = self.to_client.receive(self.now);
        session.receive(&bytes, self.now);
        bytes.len()
    }
}

/// What the board of these measurements takes for an answer.
const LATENCY: Duration = Duration::from_millis(20);

/// A steady live round of each dialect that is known already, with its name.
#[must_use]
pub fn steady_rounds() -> Vec<(&'static str, Terms)> {
    use cellward_link::client::Plan;
    use cellward_link::kmodbus::Dialect;

    /// The third round: the first gets to know the board and reads what surprises it twice.
    fn third<S: Session>(mut session: S, begin: impl Fn(&mut S), guard: Duration) -> Terms {
        let mut bench = Bench::new(crate::pack::sample(16, 2), LATENCY, guard);
        bench.round(&mut session);
        begin(&mut session);
        bench.round(&mut session);
        begin(&mut session);
        bench.round(&mut session)
    }
    let options = a5::Options::default();
    let classic = a5::Client::new(options, Plan::Live);
    let vendor = |dialect| {
        let options = kmodbus::Options::new(dialect);
        let client = kmodbus::Client::new(options, Plan::Live);
        third(client, |client| client.begin(Plan::Live), options.exchange.guard)
    };
    let own = modbus::client::Options::rtu(1);
    let client = modbus::client::Client::new(own, Plan::Live);
    vec![
        ("a5", third(classic, |client| client.begin(Plan::Live), options.guard)),
        ("d2", vendor(Dialect::D2)),
        ("p81", vendor(Dialect::P81)),
        ("modbus", third(client, |client| client.begin(Plan::Live), own.exchange.guard)),
    ]
}
