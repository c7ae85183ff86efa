//! How long a poll takes on a clean line in virtual time, and how much of that was needed.

use cellward_link::client::{Plan, Rounds};
use cellward_link::{a5, kmodbus, modbus};
use cellward_units::{Duration, Instant};

use crate::line::Damage;
use crate::pair::{Board, Lines, Pair};

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

/// What the board of these measurements takes for an answer.
const LATENCY: Duration = Duration::from_millis(20);

/// Counts what goes over the line.
#[derive(Default)]
struct Meter {
    requests: u32,
    bytes: u32,
}

impl Board for Meter {
    fn latency(&self) -> Duration {
        LATENCY
    }

    fn request(&mut self, bytes: &[u8], lines: &mut Lines, now: Instant) {
        self.requests += 1;
        self.bytes += count(bytes);
        lines.to_board.send(bytes, now);
    }

    fn arrived(&mut self, bytes: &[u8]) {
        self.bytes += count(bytes);
    }
}

/// How many bytes these are.
fn count(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a round has few bytes")
}

/// What the third live round takes in a dialect that needs `guard` before each request. The first
/// gets to know the board and reads what surprises it twice; a round that follows another one begins
/// with the silence after the last byte of that.
fn third(client: impl Rounds, guard: Duration) -> Terms {
    let truth = crate::pack::sample(16, 2);
    let mut pair = Pair::with(truth, client, Meter::default(), 1, Damage::NONE, 1);
    let _ = (pair.round(), pair.next_round(Plan::Live));
    let start = pair.now();
    pair.board = Meter::default();
    let _ = pair.next_round(Plan::Live);
    let Meter { requests, bytes } = pair.board;
    let each = |one: Duration| Duration::from_micros(one.as_micros() * u64::from(requests));
    Terms {
        requests,
        bytes,
        wire: Duration::from_micros(u64::from(bytes) * 10 * 1_000_000 / 9_600),
        latency: each(LATENCY),
        guard: each(guard),
        elapsed: pair.now().since(start),
    }
}

/// A steady live round of each dialect that is known already, with its name.
#[must_use]
pub fn steady_rounds() -> Vec<(&'static str, Terms)> {
    use cellward_link::kmodbus::Dialect;

    let options = a5::Options::default();
    let classic = a5::Client::new(options, Plan::Live);
    let vendor = |dialect| {
        let options = kmodbus::Options::new(dialect);
        third(kmodbus::Client::new(options, Plan::Live), options.exchange.guard)
    };
    let own = modbus::client::Options::rtu(1);
    let client = modbus::client::Client::new(own, Plan::Live);
    vec![
        ("a5", third(classic, options.guard)),
        ("d2", vendor(Dialect::D2)),
        ("p81", vendor(Dialect::P81)),
        ("modbus", third(client, own.exchange.guard)),
    ]
}
