//! Whole rounds over a line that damages frames in one way, and what of it was published.
//!
//! Damage is done to frames, not to bytes: every second frame meets exactly one damage of the
//! class, far beyond any wire, so that the figures mean something. Board and host are the real
//! sessions; time is virtual.

use std::collections::HashSet;

use cellward_link::client::{Plan, Step};
use cellward_link::{NoRecords, Port, View, a5, kmodbus, modbus};
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Duration, Instant};
use cellward_wire::a5::{Deframer, FRAME_LEN, Frame, Message};
use cellward_wire::modbus::{Head, WriteForm, reply_rtu, request_rtu};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// What is done to a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// One to three bytes are lost.
    Drop,
    /// One to four bits are flipped.
    Flip,
    /// A byte comes twice.
    Double,
    /// One to four bytes that nobody sent stand somewhere in it.
    Noise,
    /// A pause of up to 90 ms within it.
    Delay,
    /// All of it comes twice.
    Duplicate,
    /// A pause of 100 to 600 ms within it.
    Split,
    /// A5 replies: all eight bytes of the payload are random, and the check fits.
    RandomPayload,
    /// A5 replies: two bits of the same weight are flipped against each other, the check fits.
    TwoBits,
    /// A5 replies: two bytes of the payload change places, the check fits.
    SwappedBytes,
}

impl Class {
    /// What every dialect meets.
    pub const SEEN: [Self; 7] = [
        Self::Drop,
        Self::Flip,
        Self::Double,
        Self::Noise,
        Self::Delay,
        Self::Duplicate,
        Self::Split,
    ];
    /// What the additive check of A5 cannot see.
    pub const FORGED: [Self; 3] = [Self::RandomPayload, Self::TwoBits, Self::SwappedBytes];

    /// Whether the check of a frame is made to fit.
    #[must_use]
    pub fn is_forgery(self) -> bool {
        Self::FORGED.contains(&self)
    }
}

/// What is spoken on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spoken {
    /// The classic dialect.
    A5,
    /// Near-Modbus D2.
    D2,
    /// Near-Modbus p81.
    P81,
    /// Our own map over RTU.
    Own,
}

impl Spoken {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::A5, Self::D2, Self::P81, Self::Own];
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Rounds under damage.
    pub rounds: u64,
    /// Frames that went over the line, both ways.
    pub frames: u64,
    /// Frames that met a damage which changed something.
    pub damaged: u64,
    /// Frames that a reader of the bare check would have believed although nobody sent them.
    pub passing: u64,
    /// Values published that the board did not say.
    pub wrong_values: u64,
    /// Rounds with at least one of them.
    pub wrong_rounds: u64,
    /// Spells of damage after which the next round was whole and true.
    pub recovered: u64,
    /// Spells of damage.
    pub spells: u64,
}

impl Tally {
    /// Adds what another run found.
    pub const fn add(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.frames += other.frames;
        self.damaged += other.damaged;
        self.passing += other.passing;
        self.wrong_values += other.wrong_values;
        self.wrong_rounds += other.wrong_rounds;
        self.recovered += other.recovered;
        self.spells += other.spells;
    }
}

/// The host's session of any dialect.
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
enum Host {
    A5(a5::Client),
    Near(kmodbus::Client),
    Own(modbus::client::Client),
}

macro_rules! each {
    ($host:expr, $client:ident => $what:expr) => {
        match $host {
            Host::A5($client) => $what,
            Host::Near($client) => $what,
            Host::Own($client) => $what,
        }
    };
}

/// How many rounds a spell of damage lasts.
const SPELL: u64 = 20;
/// How long the board thinks.
const LATENCY: Duration = Duration::from_millis(30);

/// One spell of damage with this seed, and a clean round behind it.
#[must_use]
pub fn spell(spoken: Spoken, class: Class, truth: &Snapshot, seed: u64) -> Tally {
    let host = match spoken {
        Spoken::A5 => Host::A5(a5::Client::new(a5::Options::default(), Plan::Live)),
        Spoken::D2 | Spoken::P81 => {
            let dialect = match spoken {
                Spoken::D2 => kmodbus::Dialect::D2,
                _ => kmodbus::Dialect::P81,
            };
            Host::Near(kmodbus::Client::new(kmodbus::Options::new(dialect), Plan::Live))
        }
        Spoken::Own => {
            let options = modbus::client::Options::rtu(1);
            Host::Own(modbus::client::Client::new(options, Plan::Live))
        }
    };
    let mut line = Line {
        host,
        truth,
        config: Config::lifepo4(16),
        board: Port::new(PortId(0)),
        class: None,
        random: Xoshiro256PlusPlus::seed_from_u64(seed),
        to_board: Vec::new(),
        to_host: Vec::new(),
        now: Instant::START,
        tally: Tally::default(),
        naive: Deframer::new(),
        sent: HashSet::new(),
    };
    // Met once without damage: a host that knows its board, as in the field.
    let _ = line.round();
    line.tally = Tally::default();
    line.class = Some(class);
    for _ in 0..SPELL {
        let wrong = wrong(&line.round(), truth);
        line.tally.rounds += 1;
        line.tally.wrong_values += wrong;
        line.tally.wrong_rounds += u64::from(wrong > 0);
    }
    line.class = None;
    let read = line.round();
    let whole = read.cell_count == truth.cell_count
        && read.cell_voltage[..16].iter().all(Result::is_ok)
        && read.soc == truth.soc
        && read.faults.is_ok();
    line.tally.spells += 1;
    line.tally.recovered += u64::from(whole && wrong(&read, truth) == 0);
    line.tally
}

/// Pieces of bytes with the time at which each is there.
type Pieces = Vec<(Instant, Vec<u8>)>;

struct Line<'a> {
    host: Host,
    truth: &'a Snapshot,
    config: Config,
    board: Port,
    class: Option<Class>,
    random: Xoshiro256PlusPlus,
    to_board: Pieces,
    to_host: Pieces,
    now: Instant,
    tally: Tally,
    /// A reader of A5 that believes whatever passes the check, and what was really sent.
    naive: Deframer,
    sent: HashSet<[u8; FRAME_LEN]>,
}

impl Line<'_> {
    fn round(&mut self) -> Snapshot {
        each!(&mut self.host, client => client.begin(Plan::Live));
        let limit = self.now + Duration::from_secs(600);
        loop {
            assert!(self.now < limit, "a round must end");
            match each!(&mut self.host, client => client.next_action(self.now)) {
                Step::Done => {
                    break match &self.host {
                        Host::A5(client) => client.snapshot(),
                        Host::Near(client) => client.snapshot(),
                        Host::Own(client) => client.snapshot().clone(),
                    };
                }
                Step::Send(bytes) => {
                    // The caller's part of the bargain: what has come is thrown away.
                    self.to_host.retain(|(at, _)| *at > self.now);
                    let pieces = self.carried(&bytes, self.now, false);
                    self.to_board.extend(pieces);
                }
                Step::Wait(until) => self.pass(until),
            }
        }
    }

    /// Lets time pass to the next piece that arrives, `until` at the latest.
    fn pass(&mut self, until: Instant) {
        let first = |pieces: &Pieces| pieces.first().map(|piece| piece.0);
        let (board, host) = (first(&self.to_board), first(&self.to_host));
        let next = [board, host].into_iter().flatten().fold(until, Instant::min);
        self.now = self.now.max(next);
        if board.is_some_and(|at| at <= self.now) {
            let (_, bytes) = self.to_board.remove(0);
            let view = View { snapshot: self.truth, config: &self.config, records: &NoRecords };
            self.board.receive(&bytes, &view, self.now);
            let mut buffer = [0; 512];
            let count = self.board.transmit(&mut buffer);
            let mut free = self.now + LATENCY;
            let classic = buffer.first() == Some(&0xA5);
            let size = if classic { FRAME_LEN } else { count.max(1) };
            for frame in buffer[..count].chunks(size) {
                let pieces = self.carried(frame, free, true);
                free = pieces.last().map_or(free, |piece| piece.0);
                self.to_host.extend(pieces);
            }
        }
        if host.is_some_and(|at| at <= self.now) {
            let (_, bytes) = self.to_host.remove(0);
            for &byte in &bytes {
                let found = self.naive.push(byte);
                let unsent = found.is_some_and(|found| !self.sent.contains(&found.emit()));
                let classic = matches!(self.host, Host::A5(_));
                self.tally.passing += u64::from(classic && unsent);
            }
            each!(&mut self.host, client => client.receive(&bytes, self.now));
        }
    }

    /// A number below `count`.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.random.next_u64() % count.max(1) as u64).unwrap_or(0)
    }

    /// What a frame is on the other side, and when.
    fn carried(&mut self, frame: &[u8], from: Instant, reply: bool) -> Pieces {
        self.tally.frames += 1;
        if let Ok(frame) = frame.try_into() {
            self.sent.insert(frame);
        }
        let time = |bytes: &[u8]| Duration::from_micros(1_042 * bytes.len() as u64);
        let whole = |bytes: Vec<u8>| vec![(from + time(&bytes), bytes)];
        let Some(class) = self.class else { return whole(frame.to_vec()) };
        // One forged frame in twenty: two readings that agree must be possible.
        let one_in = if class.is_forgery() { 20 } else { 2 };
        if self.below(one_in) > 0 || (class.is_forgery() && !reply) {
            return whole(frame.to_vec());
        }
        if let Class::Delay | Class::Split = class {
            let pause = match class {
                Class::Delay => 1 + self.below(90),
                _ => 100 + self.below(500),
            };
            let (front, back) = frame.split_at(1 + self.below(frame.len() - 1));
            let at = from + time(front);
            let later = at + Duration::from_millis(pause as u64) + time(back);
            self.tally.damaged += 1;
            return vec![(at, front.to_vec()), (later, back.to_vec())];
        }
        let bytes = self.damaged(class, frame);
        self.tally.damaged += u64::from(bytes != frame);
        // A frame that comes twice is not a damaged one.
        if class != Class::Duplicate && !matches!(self.host, Host::A5(_)) {
            self.tally.passing += u64::from(passes(frame, &bytes, reply));
        }
        whole(bytes)
    }

    fn damaged(&mut self, class: Class, frame: &[u8]) -> Vec<u8> {
        let mut bytes = frame.to_vec();
        match class {
            Class::Drop => {
                for _ in 0..=self.below(3) {
                    let at = self.below(bytes.len());
                    bytes.remove(at);
                }
            }
            Class::Flip => {
                for _ in 0..=self.below(4) {
                    let at = self.below(bytes.len());
                    bytes[at] ^= 1 << self.below(8);
                }
            }
            Class::Double => {
                let at = self.below(bytes.len());
                bytes.insert(at, bytes[at]);
            }
            Class::Noise => {
                for _ in 0..=self.below(4) {
                    let at = self.below(bytes.len() + 1);
                    let noise = self.random.next_u64().to_le_bytes()[0];
                    bytes.insert(at, noise);
                }
            }
            Class::Duplicate => bytes.extend_from_slice(frame),
            Class::Delay | Class::Split => {}
            Class::RandomPayload | Class::TwoBits | Class::SwappedBytes => {
                if let Ok(view) = Frame::new_checked(frame) {
                    let message = view.message();
                    let payload = self.forged(class, message.payload);
                    bytes = Message { payload, ..message }.emit().to_vec();
                }
            }
        }
        bytes
    }

    /// A payload with the same sum, or any; the same again where that cannot be done to it.
    fn forged(&mut self, class: Class, payload: [u8; 8]) -> [u8; 8] {
        let mut forged = payload;
        for _ in 0..64 {
            let (a, b) = (self.below(8), self.below(8));
            let bit = 1 << self.below(8);
            match class {
                Class::RandomPayload => forged = self.random.next_u64().to_be_bytes(),
                Class::SwappedBytes => forged.swap(a, b),
                _ if (forged[a] ^ forged[b]) & bit != 0 => {
                    forged[a] ^= bit;
                    forged[b] ^= bit;
                }
                _ => {}
            }
            if forged != payload {
                break;
            }
        }
        forged
    }
}

/// Whether a frame with a good CRC begins somewhere in these bytes that is not the one sent.
fn passes(sent: &[u8], bytes: &[u8], reply: bool) -> bool {
    let unsent = |at: usize| {
        let tail = &bytes[at..];
        let len = if reply {
            match reply_rtu(tail) {
                Head::Frame { len, .. } => len,
                _ => return false,
            }
        } else {
            match request_rtu(tail, WriteForm::Standard) {
                Head::Frame { len, .. } => len,
                _ => return false,
            }
        };
        &tail[..len] != sent
    };
    (0..bytes.len()).any(unsent)
}

/// How many live values differ from what the board says by more than the wire's own rounding.
#[must_use]
pub fn wrong(read: &Snapshot, truth: &Snapshot) -> u64 {
    let mut wrong = 0;
    let mut note = |differs: bool| wrong += u64::from(differs);
    macro_rules! same {
        ($($field:ident)*) => {$(
            note(read.$field.is_ok() && read.$field != truth.$field);
        )*};
    }
    same!(current soc cell_count sensor_count flow cycles highest_cell_voltage lowest_cell_voltage);
    same!(highest_cell_number lowest_cell_number charge_switch_closed discharge_switch_closed);
    // The tenths of a volt and of an ampere-hour are the wire's.
    if let (Ok(a), Ok(b)) = (read.pack_voltage, truth.pack_voltage) {
        note((a - b).abs().as_millivolts() > 50);
    }
    if let (Ok(a), Ok(b)) = (read.remaining, truth.remaining) {
        note((a.as_milliamp_hours() - b.as_milliamp_hours()).abs() > 100);
    }
    let count = read.cell_count.unwrap_or(0) as usize;
    for (a, b) in read.cell_voltage.iter().zip(truth.cell_voltage).take(count) {
        note(a.is_ok() && *a != b);
    }
    for (a, b) in read.cell_bleeding.iter().zip(truth.cell_bleeding).take(count) {
        note(a.is_ok() && *a != b);
    }
    for (a, b) in read.temperature.iter().zip(truth.temperature).take(2) {
        note(a.is_ok() && *a != b);
    }
    if let (Ok(a), Ok(b)) = (&read.faults, &truth.faults) {
        note(a.len() != b.len());
    }
    wrong
}
