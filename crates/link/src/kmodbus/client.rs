//! The host's side: reads a few blocks in each round, and makes a snapshot of what a board said.
//!
//! The caller owns the port and the clock, as with the classic client. What real boards do wrong
//! decides the rules:
//!
//! * a frame counts only with the right check, address, function and length; one reading of it is
//!   enough, because the CRC lets one damage in 65,536 pass and not one in 256;
//! * D2 boards answer 80 registers of status or only 62: 80 is tried first, and what works is
//!   remembered; where only 62 do, the nine behind them are a block of their own, and a full round
//!   tries the 80 once more, shortly, because the first two requests may have been lost;
//! * unknown registers are answered by silence, so that a block which was never answered while the
//!   status was is left alone; a full round tries it once, shortly;
//! * the zeros of a board that has just woken are refused, and with them the round;
//! * the state of charge of the settings is not the live one and counts only while that is missing.

use cellward_params::{Point, Snapshot};
use cellward_units::{Current, Duration, Instant, NoData};
use cellward_wire::modbus::{Area, Reply, Request, Words};
use heapless::Vec;

use super::Dialect;
use super::failures::ByteOrder;
use super::learn::{complete, learn};
use super::plausible::{self, Doubt};
use crate::a5;
use crate::client::{Plan, Report, Rounds, Session, Step, forget, note, sign_contradicts};
use crate::exchange::{self, Exchange, Failure};

/// A block: the first register and how many.
type Block = (u16, u16);

/// Status of D2, longer and shorter, and what the shorter lacks.
const D2_LONG: Block = (0x00, 80);
pub(super) const D2_SHORT: Block = (0x00, 62);
const D2_REST: Block = (0x3E, 9);
/// Ratings and switches, versions, production date of D2.
const D2_EXTRA: [Block; 3] = [(0x80, 41), (0xA9, 32), (0xCC, 2)];
/// Live blocks of p81, as the phone app reads them and one register more.
const P81_LIVE: [Block; 2] = [(0x00, 65), (0x41, 62)];
/// Ratings and texts of p81.
const P81_EXTRA: [Block; 2] = [(0x100, 81), (0x178, 74)];
/// Most blocks of a round.
const MOST: usize = 6;

/// In so many rounds a block must be silent, while nothing else is lost, until a live round leaves it
/// out. A line that loses three replies in ten makes a good board look so once in thousands.
const PROOF: u8 = 4;

/// How long a block is waited for that was never answered.
const SHORT: Duration = Duration::from_millis(400);

/// How a client asks. The defaults are meant to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Which of the two dialects.
    pub dialect: Dialect,
    /// Board number on the bus, 1 to 16; D2 has only one board.
    pub board: u8,
    /// Time, tries and pauses of each request.
    pub exchange: exchange::Options,
    /// Currents beyond this are not believed.
    pub current_limit: Current,
    /// Whether the board's positive current discharges, as the vendor's spreadsheet says and no
    /// capture shows.
    pub inverted: bool,
    /// How the four classic fault words stand in their registers.
    pub byte_order: ByteOrder,
}

impl Options {
    /// The defaults for a dialect, board 1.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            board: 1,
            exchange: exchange::Options::default(),
            current_limit: Current::from_amps(1_000),
            inverted: false,
            byte_order: ByteOrder::Wire,
        }
    }
}

/// A block that was believed.
#[derive(Clone, Debug)]
struct Kept {
    start: u16,
    words: Words,
    round: u32,
}

/// A block that was never answered.
#[derive(Clone, Copy, Debug)]
struct Mute {
    block: u16,
    /// In how many rounds, while nothing else was lost.
    rounds: u8,
    /// Whether in this round.
    now: bool,
}

/// What is being asked.
#[derive(Clone, Debug)]
struct Asked {
    block: Block,
    exchange: Exchange,
    /// How often it may still be asked after an answer that is not believed.
    again: u8,
}

/// The host's session with one board.
#[derive(Clone, Debug)]
pub struct Client {
    options: Options,
    plan: Plan,
    round: u32,
    /// The next place of the plan; `None` when the round is done.
    place: Option<usize>,
    asked: Option<Asked>,
    /// Whether this D2 board answers 80 registers.
    long: Option<bool>,
    /// Whether that is only a guess of this round.
    for_now: bool,
    /// Whether the 80 are tried again although once only 62 were answered.
    once_more: bool,
    /// Blocks that this board has never answered although it was there.
    unsupported: Vec<Mute, MOST>,
    /// Tries of this round that ran out of time on blocks which this board does not have.
    in_vain: u32,
    kept: Vec<Kept, MOST>,
    last_byte: Option<Instant>,
    report: Report,
}

impl Session for Client {
    fn next_action(&mut self, now: Instant) -> Step {
        // Each turn ends an exchange or starts one; a round has a bounded number of both.
        loop {
            let Some(asked) = &mut self.asked else {
                if !self.start_next() {
                    return Step::Done;
                }
                continue;
            };
            match asked.exchange.next_action(now) {
                Step::Done => self.finish(),
                step => return step,
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        if let Some(asked) = &mut self.asked {
            asked.exchange.receive(bytes, now);
        }
    }
}

impl Rounds for Client {
    /// Starts the next round. A board that answered nothing is met as a new one.
    fn begin(&mut self, plan: Plan) {
        let nothing = self.report.answered.is_empty() && self.report.requests > 0;
        if nothing {
            self.unsupported.clear();
        }
        // Where other frames were lost or damaged, silence proves nothing.
        let quiet = self.report.clean() && self.report.timeouts <= self.in_vain;
        for mute in &mut self.unsupported {
            if core::mem::take(&mut mute.now) && quiet {
                mute.rounds = mute.rounds.saturating_add(1);
            }
        }
        self.unsupported.retain(|mute| mute.rounds > 0);
        self.in_vain = 0;
        if nothing || self.for_now {
            self.long = None;
            self.for_now = false;
        }
        self.once_more = plan == Plan::Full && self.long == Some(false);
        if self.once_more {
            self.long = None;
        }
        self.plan = plan;
        self.round = self.round.saturating_add(1);
        self.place = Some(0);
        self.asked = None;
        self.report = Report::default();
    }

    /// Gives up what is left of the round; those blocks count as unanswered.
    fn abort(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.report.count(asked.exchange.tally());
            note(&mut self.report.unanswered, asked.block.0);
        }
        self.leave_rest();
    }

    /// What the round went through so far, without the request that is on its way.
    fn report(&self) -> &Report {
        &self.report
    }

    /// Everything believed in this round. Points that the dialect does not carry say so; those
    /// that were asked for without a believable answer are [`NoData::NoAnswer`].
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::absent(NoData::NotCarried);
        let dialect = self.options.dialect;
        for row in dialect.map() {
            if let Some(point) = row.meaning.point() {
                snapshot.clear(point, NoData::NoAnswer);
            }
        }
        for point in [
            Point::PackPower,
            Point::CellVoltageSum,
            Point::CellVoltageDifference,
            Point::HighestCellNumber,
            Point::LowestCellNumber,
        ] {
            snapshot.clear(point, NoData::NoAnswer);
        }
        // Ratings and texts do not change while a board runs. They come first, so that what is
        // live wins.
        for kept in self.kept.iter().filter(|kept| !is_live(kept.start)) {
            self.learn(kept, &mut snapshot);
            if kept.round != self.round {
                for point in [
                    Point::SocShown,
                    Point::ChargedTotal,
                    Point::DischargedTotal,
                    Point::BoardClock,
                ] {
                    snapshot.clear(point, NoData::NoAnswer);
                }
            }
        }
        let live = |start| {
            let fits = |kept: &&Kept| kept.start == start && kept.round == self.round;
            self.kept.iter().find(fits)
        };
        // In the order of the registers, because which cells are bled follows whether any is.
        for start in [0x00, 0x3E, 0x41] {
            if let Some(kept) = live(start) {
                self.learn(kept, &mut snapshot);
            }
        }
        if self.options.inverted {
            snapshot.current = snapshot.current.map(|current| Current::ZERO - current);
        }
        plausible::ranges(&mut snapshot);
        complete(&mut snapshot);
        snapshot
    }
}

impl Client {
    /// A session that knows nothing of the board yet, about to start a round.
    #[must_use]
    pub fn new(options: Options, plan: Plan) -> Self {
        let options = Options { board: options.board.clamp(1, 16), ..options };
        Self {
            options,
            plan,
            round: 1,
            place: Some(0),
            asked: None,
            long: None,
            for_now: false,
            once_more: false,
            unsupported: Vec::new(),
            in_vain: 0,
            kept: Vec::new(),
            last_byte: None,
            report: Report::default(),
        }
    }

    /// When [`next_action`](Session::next_action) must be called at the latest; `None` when the
    /// round is done.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match (&self.asked, self.place) {
            (Some(asked), _) => Some(asked.exchange.deadline().unwrap_or(Instant::START)),
            (None, Some(_)) => Some(Instant::START),
            (None, None) => None,
        }
    }

    /// Whether the board answers 80 registers of D2 status, once that is known.
    #[must_use]
    pub const fn is_long(&self) -> Option<bool> {
        self.long
    }

    fn learn(&self, kept: &Kept, snapshot: &mut Snapshot) {
        let Options { dialect, byte_order, .. } = self.options;
        learn(dialect, kept.start, &kept.words, byte_order, snapshot);
    }

    /// The block at a place of the plan; D2 boards of unknown length are asked for the long one.
    fn planned(&self, place: usize) -> Option<Block> {
        let full = self.plan == Plan::Full;
        let short = self.long == Some(false);
        let (live, extra): (&[Block], &[Block]) = match (self.options.dialect, short) {
            (Dialect::D2, false) => (&[D2_LONG], &D2_EXTRA),
            (Dialect::D2, true) => (&[D2_SHORT, D2_REST], &D2_EXTRA),
            (Dialect::P81, _) => (&P81_LIVE, &P81_EXTRA),
        };
        match place.checked_sub(live.len()) {
            None => live.get(place).copied(),
            Some(place) if full => extra.get(place).copied(),
            Some(_) => None,
        }
    }

    /// Starts asking for the next block; `false` when the round is done.
    fn start_next(&mut self) -> bool {
        while let Some(place) = self.place {
            let Some(block) = self.planned(place) else {
                self.place = None;
                self.check();
                return false;
            };
            self.place = Some(place.saturating_add(1));
            let mute = self.unsupported.iter().find(|mute| mute.block == block.0);
            let unknown = mute.is_some();
            if mute.is_some_and(|mute| mute.rounds >= PROOF) && self.plan == Plan::Live {
                continue;
            }
            let mut options = self.options.exchange;
            let long_again = block == D2_LONG && self.once_more;
            if unknown || long_again {
                options =
                    exchange::Options { timeout: SHORT.min(options.timeout), tries: 1, ..options };
            } else if block == D2_LONG && self.long.is_none() {
                // Silence may mean that only the shorter one is known; one request may get lost.
                options.tries = options.tries.min(2);
            }
            let again = options.tries.saturating_sub(1);
            self.asked = Some(self.ask(block, options, again));
            return true;
        }
        false
    }

    fn ask(&self, block: Block, options: exchange::Options, again: u8) -> Asked {
        let Options { dialect, board, .. } = self.options;
        let framing = dialect.framing(board);
        let (start, count) = block;
        let request = Request::Read { area: Area::Holding, start, count };
        let ready = self.last_byte.map_or(Instant::START, |last| last + options.guard);
        Asked { block, exchange: Exchange::new(framing, request, options).not_before(ready), again }
    }

    /// The exchange is over: its block is believed, asked for again or given up.
    fn finish(&mut self) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        self.report.count(asked.exchange.tally());
        self.last_byte = asked.exchange.last_byte().or(self.last_byte);
        match asked.exchange.result() {
            Some(Ok(Reply::Words { words, .. })) => self.judge(asked, words),
            Some(Err(failure)) => self.give_up(&asked, failure),
            _ => self.give_up(&asked, Failure::Silent),
        }
    }

    /// A reply that fits its request.
    fn judge(&mut self, asked: Asked, words: Words) {
        let (start, _) = asked.block;
        let Options { dialect, current_limit, .. } = self.options;
        if let Some(doubt) = plausible::doubt(dialect, start, &words, current_limit) {
            let counter = match doubt {
                Doubt::Bogus => &mut self.report.bogus,
                Doubt::Implausible => &mut self.report.implausible,
            };
            *counter = counter.saturating_add(1);
            if let Some(again) = asked.again.checked_sub(1) {
                let tries =
                    exchange::Options { tries: again.saturating_add(1), ..self.options.exchange };
                self.asked = Some(self.ask(asked.block, tries, again));
                return;
            }
            note(&mut self.report.unanswered, start);
            if start == 0 {
                // What a board says that does not know itself is not asked for.
                self.leave_rest();
            }
            return;
        }
        if asked.block == D2_LONG {
            self.long = Some(true);
        } else if asked.block == D2_SHORT {
            self.long = Some(false);
        }
        self.unsupported.retain(|mute| mute.block != start);
        note(&mut self.report.answered, start);
        forget(&mut self.report.unanswered, start);
        let round = self.round;
        match self.kept.iter_mut().find(|kept| kept.start == start) {
            Some(kept) => *kept = Kept { start, words, round },
            // There is room for every block.
            None => {
                let _ = self.kept.push(Kept { start, words, round });
            }
        }
    }

    /// No reply.
    fn give_up(&mut self, asked: &Asked, failure: Failure) {
        let (start, _) = asked.block;
        if asked.block == D2_LONG && self.long.is_none() {
            // The same place again, with what every board of this dialect knows. It is remembered
            // unless a reply may only have been damaged.
            let tally = asked.exchange.tally();
            self.for_now = tally.bytes > 0 && tally.late == 0;
            self.in_vain = self.in_vain.saturating_add(tally.timeouts);
            self.long = Some(false);
            self.place = Some(0);
            return;
        }
        note(&mut self.report.unanswered, start);
        if start == 0 {
            // A board that does not tell its status is not there.
            self.long = None;
            self.leave_rest();
            return;
        }
        if self.kept.iter().any(|kept| kept.start == start) {
            return;
        }
        // A board that says so is believed at once; silence must last.
        let rounds = match failure {
            Failure::Exception(_) => PROOF,
            Failure::Silent => 0,
            _ => return,
        };
        self.in_vain = self.in_vain.saturating_add(asked.exchange.tally().timeouts);
        match self.unsupported.iter_mut().find(|mute| mute.block == start) {
            Some(mute) => (mute.rounds, mute.now) = (mute.rounds.max(rounds), true),
            // There is room for every block.
            None => {
                let _ = self.unsupported.push(Mute { block: start, rounds, now: true });
            }
        }
    }

    /// Ends the round; what is left of the plan counts as unanswered.
    fn leave_rest(&mut self) {
        while let Some(place) = self.place {
            match self.planned(place) {
                Some((start, _)) => {
                    self.place = Some(place.saturating_add(1));
                    if !self.report.answered.contains(&start) {
                        note(&mut self.report.unanswered, start);
                    }
                }
                None => self.place = None,
            }
        }
    }

    /// Compares what can be compared, and counts what contradicts itself.
    fn check(&mut self) {
        let snapshot = self.snapshot();
        let sums = a5::plausible::cross_check(&snapshot) == Some(false);
        let sign = sign_contradicts(&snapshot);
        let found = u32::from(sums).saturating_add(u32::from(sign));
        self.report.contradictions = self.report.contradictions.saturating_add(found);
    }
}

/// Whether a block changes while a board runs, so that it must be of this round.
const fn is_live(start: u16) -> bool {
    start < 0x80
}
