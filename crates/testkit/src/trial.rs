//! Rounds over a line that damages whole frames, in virtual time: the real board's port on one
//! side, the real host's session on the other, and a judge that reads along.
//!
//! Frames arrive at the time of their last byte, so that a round takes few steps;
//! [`pair`](crate::pair) paces every byte.

use std::collections::{HashSet, VecDeque};
use std::ops::AddAssign;

use cellward_link::client::{Plan, Rounds, Step};
use cellward_link::{NoRecords, Port, View, a5, kmodbus, modbus};
use cellward_params::point::POINTS;
use cellward_params::value::Value;
use cellward_params::{Config, Point, PortId, Snapshot};
use cellward_units::{Duration, Instant};
use cellward_wire::a5::{Deframer, FRAME_LEN};
use cellward_wire::modbus::crc16;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use crate::damage::Class;
use crate::pack::sample;

/// Ten bits for each byte at 9600 baud.
const BYTE_TIME: Duration = Duration::from_micros(1_042);
/// Damaged rounds of one seed.
const ROUNDS: u32 = 20;

/// What is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// The classic dialect.
    A5,
    /// The register dialect D2.
    D2,
    /// The register dialect p81.
    P81,
    /// Our own map over Modbus RTU.
    Own,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::A5, Self::D2, Self::P81, Self::Own];

    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A5 => "A5",
            Self::D2 => "D2",
            Self::P81 => "p81",
            Self::Own => "own map",
        }
    }

    /// What can happen to its frames.
    #[must_use]
    pub fn classes(self) -> Vec<Class> {
        let mut classes = Class::ON_ANY_LINE.to_vec();
        if self == Self::A5 {
            classes.extend(Class::FORGERIES);
        }
        classes
    }

    fn host(self) -> Box<dyn Rounds> {
        let plan = Plan::Live;
        match self {
            Self::A5 => Box::new(a5::Client::new(a5::Options::default(), plan)),
            Self::D2 => {
                let options = kmodbus::Options::new(kmodbus::Dialect::D2);
                Box::new(kmodbus::Client::new(options, plan))
            }
            Self::P81 => {
                let options = kmodbus::Options::new(kmodbus::Dialect::P81);
                Box::new(kmodbus::Client::new(options, plan))
            }
            Self::Own => {
                let options = modbus::client::Options::rtu(1);
                Box::new(modbus::client::Client::new(options, plan))
            }
        }
    }

    /// Real boards think 10 to 50 ms over A5 and 50 to 250 ms over the others.
    const fn latency(self) -> Duration {
        match self {
            Self::A5 => Duration::from_millis(20),
            _ => Duration::from_millis(80),
        }
    }
}

/// What came of some rounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Seeds that were run.
    pub seeds: u64,
    /// Frames that were damaged, both ways.
    pub damaged: u64,
    /// Frames that nobody sent, arriving with a check that fits.
    pub passed: u64,
    /// Rounds in which the line damaged frames.
    pub rounds: u64,
    /// Rounds of them that published a wrong value.
    pub wrong_rounds: u64,
    /// Wrong values in them.
    pub wrong_values: u64,
    /// Seeds in which a wrong value was published although no damaged frame passed its check.
    pub unexplained: u64,
    /// Seeds in which the first round after the damage was not whole and right, or the first full
    /// round.
    pub unrecovered: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.seeds += more.seeds;
        self.damaged += more.damaged;
        self.passed += more.passed;
        self.rounds += more.rounds;
        self.wrong_rounds += more.wrong_rounds;
        self.wrong_values += more.wrong_values;
        self.unexplained += more.unexplained;
        self.unrecovered += more.unrecovered;
    }
}

/// The rounds of one dialect over one kind of damage, and what a clean line says.
#[derive(Debug)]
pub struct Trial {
    dialect: Dialect,
    class: Class,
    truth: Snapshot,
    /// What a live round says over a clean line, and a full one.
    live: Snapshot,
    full: Snapshot,
}

impl Trial {
    /// Sixteen cells and two sensors.
    ///
    /// # Panics
    ///
    /// When a clean line gives no whole round.
    #[must_use]
    pub fn new(dialect: Dialect, class: Class) -> Self {
        let truth = sample(16, 2);
        let mut wire = Wire::new(dialect, class, 0, 0);
        let live = wire.round(&truth, Plan::Live);
        let full = wire.round(&truth, Plan::Full);
        assert!(full.cell_count == Ok(16), "{dialect:?} over a clean line");
        Self { dialect, class, truth, live, full }
    }

    /// One seed: a board and a host that meet, twenty rounds over the damaged line, one after it.
    #[must_use]
    pub fn seed(&self, seed: u64) -> Counts {
        let per_million = match self.dialect {
            Dialect::A5 => 200_000,
            _ => 300_000,
        };
        let mut wire = Wire::new(self.dialect, self.class, per_million, seed);
        let mut counts = Counts { seeds: 1, ..Counts::default() };
        for round in 0..ROUNDS {
            let plan = if round % 4 == 3 { Plan::Full } else { Plan::Live };
            let read = wire.round(&self.truth, plan);
            let wrong = wrong(&read, &self.full, &self.full);
            counts.rounds += 1;
            counts.wrong_rounds += u64::from(wrong > 0);
            counts.wrong_values += wrong;
        }
        counts.damaged = wire.damaged;
        counts.passed = wire.passed;
        counts.unexplained = u64::from(counts.wrong_rounds > 0 && counts.passed == 0);
        wire.per_million = 0;
        // Live values by the next round, ratings and texts by the next round that asks for them.
        let read = wire.round(&self.truth, Plan::Live);
        let report = wire.host.report();
        let mut whole = report.unanswered.is_empty()
            && report.partial.is_empty()
            && wrong(&read, &self.full, &self.live) == 0
            && has_all(&read, &self.live, BY_FULL_ROUND);
        let read = wire.round(&self.truth, Plan::Full);
        whole &= wrong(&read, &self.full, &self.full) == 0 && has_all(&read, &self.live, &[]);
        counts.unrecovered = u64::from(!whole);
        counts
    }

    /// Seeds from `first` on, until this many frames are damaged.
    #[must_use]
    pub fn frames(&self, first: u64, frames: u64) -> Counts {
        let mut counts = Counts::default();
        for seed in first.. {
            counts += self.seed(seed);
            if counts.damaged >= frames {
                break;
            }
        }
        counts
    }
}

/// How many values were read that a clean line does not say, but for points that `among` lacks
/// altogether.
fn wrong(read: &Snapshot, clean: &Snapshot, among: &Snapshot) -> u64 {
    if read == clean {
        return 0;
    }
    let all = std::ptr::eq(clean, among);
    let mut count = 0;
    for row in POINTS.iter().filter(|row| all || among.value(row.point, 0).is_some_and(has)) {
        for index in 0.. {
            let Some(value) = read.value(row.point, index) else {
                break;
            };
            count += u64::from(has(value) && clean.value(row.point, index) != Some(value));
        }
    }
    count
}

/// A D2 board whose very first requests were lost is taken for one with a shorter status until the
/// next full round; which cells are bled stands behind it.
const BY_FULL_ROUND: &[Point] = &[Point::CellBleeding];

/// Whether everything was read that a clean line says, apart from these points.
fn has_all(read: &Snapshot, clean: &Snapshot, apart: &[Point]) -> bool {
    POINTS.iter().filter(|row| !apart.contains(&row.point)).all(|row| {
        (0..)
            .map_while(|index| clean.value(row.point, index).map(|value| (index, value)))
            .all(|(index, value)| !has(value) || read.value(row.point, index).is_some_and(has))
    })
}

/// Whether a value is there.
const fn has(value: Value<'_>) -> bool {
    match value {
        Value::Number(number) => number.is_ok(),
        Value::Flag(flag) => flag.is_ok(),
        Value::Word(word) => word.is_ok(),
        Value::Text(text) => text.is_ok(),
        Value::Faults(faults) => faults.is_ok(),
        Value::Reasons(reasons) => reasons.is_ok(),
        Value::Lights(lights) => lights.is_ok(),
    }
}

/// Which way a piece goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum To {
    Board,
    Host,
}

/// Both ends, what flies between them, and the judge.
struct Wire {
    dialect: Dialect,
    class: Class,
    per_million: u64,
    random: Xoshiro256PlusPlus,
    board: Port,
    config: Config,
    host: Box<dyn Rounds>,
    now: Instant,
    flying: [VecDeque<(Instant, Vec<u8>)>; 2],
    free_at: [Instant; 2],
    damaged: u64,
    passed: u64,
    judges: [Judge; 2],
}

impl Wire {
    fn new(dialect: Dialect, class: Class, per_million: u64, seed: u64) -> Self {
        Self {
            dialect,
            class,
            per_million,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            board: Port::new(PortId(0)),
            config: crate::pair::numbered(1),
            host: dialect.host(),
            now: Instant::START,
            flying: [VecDeque::new(), VecDeque::new()],
            free_at: [Instant::START; 2],
            damaged: 0,
            passed: 0,
            judges: [Judge::new(dialect), Judge::new(dialect)],
        }
    }

    /// One round of the host.
    fn round(&mut self, truth: &Snapshot, plan: Plan) -> Snapshot {
        self.host.begin(plan);
        let limit = self.now + Duration::from_secs(600);
        loop {
            assert!(self.now < limit, "a round must end");
            match self.host.next_action(self.now) {
                Step::Done => {
                    self.passed += self.judges.iter_mut().map(Judge::verdict).sum::<u64>();
                    return self.host.snapshot();
                }
                Step::Send(bytes) => {
                    self.passed += self.judges.iter_mut().map(Judge::verdict).sum::<u64>();
                    self.send(To::Board, &bytes, self.now);
                }
                Step::Wait(until) => self.pass(truth, until),
            }
        }
    }

    /// Puts a frame on the line, damaged or not.
    fn send(&mut self, to: To, frame: &[u8], now: Instant) {
        self.judges[to as usize].sent(frame);
        let spared = self.class.is_forgery() && to == To::Board;
        let hit = self.per_million > 0 && self.random.next_u64() % 1_000_000 < self.per_million;
        let pieces = match hit && !spared {
            true => self.class.apply(frame, &mut self.random),
            false => None,
        };
        self.damaged += u64::from(pieces.is_some());
        self.judges[to as usize].dirty |= pieces.is_some();
        let pieces = pieces.unwrap_or_else(|| vec![(Duration::ZERO, frame.to_vec())]);
        for (pause, piece) in pieces {
            let free_at = &mut self.free_at[to as usize];
            let length = Duration::from_micros(BYTE_TIME.as_micros() * piece.len() as u64);
            *free_at = (*free_at).max(now) + pause + length;
            self.flying[to as usize].push_back((*free_at, piece));
        }
    }

    /// Lets time pass to the next interesting moment, `until` at the latest.
    fn pass(&mut self, truth: &Snapshot, until: Instant) {
        let arrivals = self.flying.iter().filter_map(|way| way.front().map(|piece| piece.0));
        let next = arrivals.chain(self.board.deadline()).fold(until, Instant::min);
        self.now = self.now.max(next);
        let now = self.now;
        let view = View { snapshot: truth, config: &self.config, records: &NoRecords };
        self.board.pass_time(&view, now);
        if let Some(bytes) = arrived(&mut self.flying[To::Board as usize], now) {
            self.judges[To::Board as usize].heard(&bytes);
            self.board.receive(&bytes, &view, now);
        }
        if self.board.has_output() {
            let mut buffer = [0; 512];
            let count = self.board.transmit(&mut buffer);
            let most = if self.dialect == Dialect::A5 { FRAME_LEN } else { buffer.len() };
            let start = now + self.dialect.latency();
            for frame in buffer[..count].chunks(most) {
                self.send(To::Host, frame, start);
            }
        }
        if let Some(bytes) = arrived(&mut self.flying[To::Host as usize], now) {
            self.judges[To::Host as usize].heard(&bytes);
            self.host.receive(&bytes, now);
        }
    }
}

/// The next piece that has arrived by now.
fn arrived(way: &mut VecDeque<(Instant, Vec<u8>)>, now: Instant) -> Option<Vec<u8>> {
    way.pop_front_if(|piece| piece.0 <= now).map(|piece| piece.1)
}

/// Reads along one way and believes every frame whose check fits, to count those nobody sent.
#[derive(Debug)]
struct Judge {
    dialect: Dialect,
    sent: HashSet<Vec<u8>>,
    dirty: bool,
    /// A5: a reader that believes whatever passes the check.
    naive: Deframer,
    forged: u64,
    /// The others: what came since the last request.
    stream: Vec<u8>,
}

impl Judge {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sent: HashSet::new(),
            dirty: false,
            naive: Deframer::new(),
            forged: 0,
            stream: Vec::new(),
        }
    }

    fn sent(&mut self, frame: &[u8]) {
        if !self.sent.contains(frame) {
            self.sent.insert(frame.to_vec());
        }
    }

    fn heard(&mut self, bytes: &[u8]) {
        if self.dialect != Dialect::A5 {
            self.stream.extend_from_slice(bytes);
            return;
        }
        for &byte in bytes {
            if let Some(message) = self.naive.push(byte) {
                self.forged += u64::from(!self.sent.contains(message.emit().as_slice()));
            }
        }
    }

    /// How many frames were heard since the last verdict that nobody sent.
    fn verdict(&mut self) -> u64 {
        let mut count = std::mem::take(&mut self.forged);
        if self.dirty {
            for from in 0..self.stream.len() {
                let tail = &self.stream[from..];
                count += u64::from(good_frame(tail).is_some_and(|good| !self.was_sent(good)));
            }
        }
        self.dirty = false;
        self.stream.clear();
        count
    }

    /// Whether these bytes are a frame that was sent, or some frame in several sent as one.
    fn was_sent(&self, frame: &[u8]) -> bool {
        self.sent.contains(frame)
            || self.sent.iter().any(|sent| sent.windows(frame.len()).any(|part| part == frame))
    }
}

/// The read of registers, the reply to one, or the refusal of one that these bytes begin with.
fn good_frame(bytes: &[u8]) -> Option<&[u8]> {
    let (&function, &count) = (bytes.get(1)?, bytes.get(2)?);
    let reads = [3, 4].contains(&function);
    let lengths = [(reads, 5 + usize::from(count)), (reads, 8), (function & 0x80 != 0, 5)];
    lengths.into_iter().filter(|&(fits, _)| fits).find_map(|(_, length)| {
        let (body, check) = bytes.get(..length)?.split_last_chunk::<2>()?;
        (crc16(body).to_le_bytes() == *check).then_some(&bytes[..length])
    })
}
