//! The host's side: asks one command after the other, believes nothing at first sight, and makes a
//! snapshot of what a board said.
//!
//! The caller owns the port and the clock. It calls [`next_action`](Session::next_action) and does what it says
//! (send, or wait and feed what comes in to [`receive`](Session::receive)) until it says that the round is
//! done; then [`Client::snapshot`] and [`Client::report`] tell, and [`Client::begin`] starts the
//! next round.
//!
//! What real boards do wrong decides the rules: first requests are lost, sleeping boards echo,
//! frames arrive late, cut, doubled or with noise in front, unused slots hold old values, and the
//! additive check lets one random damage in 256 pass. So:
//!
//! * a frame counts only with the right check, the board's address and the asked command; others
//!   do not prolong the wait;
//! * frames are placed by their number; missing ones are asked for again; how many there are comes
//!   from the cell count of 0x94 alone;
//! * **two agreeing readings for anything surprising**: a frame is believed when it agrees with
//!   the value believed before or with a reading of another request. The first value is always
//!   surprising, so a first round asks twice;
//! * a pack voltage that contradicts the cells is read again, and believed only if both stay.

mod exchange;
mod kept;

use cellward_params::{Point, Snapshot};
use cellward_units::{Current, Duration, Instant, NoData};
use cellward_wire::a5::{
    CELLS_PER_FRAME, Deframer, HOST_APP, HOST_WIRED, MAX_BOARD, Message, Refused, Reply, Request,
    SENSORS_PER_FRAME, command, host_address,
};

use self::exchange::{End, Exchange, Numbering};
use self::kept::{Kept, Verdict};
use super::answer::{cell_frames, sensor_frames};
use super::learn::{complete, learn};
use super::map::MAP;
use super::plausible::{self, Doubt};
use crate::client::{Commands, Plan, Report, Rounds, Session, Step, forget, note};

/// Live commands, counts first because the others depend on them.
const LIVE: [u8; 9] = [
    command::STATUS,
    command::PACK,
    command::CELL_RANGE,
    command::TEMPERATURE_RANGE,
    command::SWITCHES,
    command::CELLS,
    command::TEMPERATURES,
    command::BALANCE,
    command::FAILURES,
];

/// What is asked besides in a full round: first what several clients know boards to answer.
const EXTRA: [u8; 9] = [
    command::RATED,
    command::SOFTWARE_VERSION,
    command::HARDWARE_VERSION,
    command::CLOCK,
    command::DETAILS,
    command::BATTERY_CODE,
    command::BOARDS,
    command::TOTALS,
    command::FIRMWARE_INDEX,
];

/// A board that was silent to so many commands in a row is not asked for the rest of these.
const ENOUGH: u8 = 3;

/// How a board of unknown habits is sought: host address and command, one try each. Some answer
/// only one of the two addresses, some lack a command, and the first request after a pause is
/// often lost.
const PROBES: [(u8, u8); 8] = [
    (HOST_WIRED, command::STATUS),
    (HOST_APP, command::STATUS),
    (HOST_WIRED, command::PACK),
    (HOST_APP, command::PACK),
    (HOST_WIRED, command::STATUS),
    (HOST_WIRED, command::PACK),
    (HOST_WIRED, command::SWITCHES),
    (HOST_WIRED, command::CELLS),
];

/// The shortest time that is allowed for a first byte: boards in the field need up to 100 ms (B).
const SHORTEST_WAIT: Duration = Duration::from_millis(200);

/// How a client asks. The defaults are meant to be kept: they are the times that open client
/// programs settled on in the field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Board number on the bus, 1 to 16.
    pub board: u8,
    /// The host address to use; `None` tries 0x40, then 0x80. Boards above 1 have only one.
    pub host: Option<u8>,
    /// How often a command is asked before it counts as unanswered.
    pub tries: u8,
    /// How long a single reply may take. Longer survives slow adapters, shorter finds dead
    /// commands sooner.
    pub timeout: Duration,
    /// What each frame of a long reply may take besides.
    pub per_frame: Duration,
    /// How long the line must have been quiet before the next request; below 20 ms some boards
    /// stop answering.
    pub guard: Duration,
    /// Currents beyond this are not believed.
    pub current_limit: Current,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            board: 1,
            host: None,
            tries: 3,
            timeout: Duration::from_millis(500),
            per_frame: Duration::from_millis(14),
            guard: Duration::from_millis(20),
            current_limit: Current::from_amps(1_000),
        }
    }
}

/// Where a round stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Seeking a board; the next probe.
    Probing(usize),
    /// Asking; the next command of the plan.
    Asking(usize),
    /// Reading pack and cells again; the next of the two.
    Rechecking(usize),
    /// Nothing left to do.
    Done,
}

/// The host's session with one board.
#[derive(Clone, Debug)]
pub struct Client {
    options: Options,
    plan: Plan,
    phase: Phase,
    host: Option<u8>,
    deframer: Deframer,
    /// What the deframer had refused before this round.
    refused_before: Refused,
    exchange: Option<Exchange>,
    numbering: Numbering,
    kept: Kept,
    round: u32,
    /// The last round that asked for everything.
    full_round: u32,
    sends: u32,
    last_byte: Option<Instant>,
    /// The line is drained no longer than this.
    drain_until: Instant,
    silent_in_row: u8,
    /// The longest that this board took for a first frame.
    slowest: Option<Duration>,
    /// Commands that this board has never said anything to, although it was asked.
    dead: Commands,
    /// Whether 0x90 was all zeros in this round, as boards that have just woken answer.
    woken: bool,
    report: Report,
}

impl Session for Client {
    fn next_action(&mut self, now: Instant) -> Step {
        // Each turn ends an exchange or starts one; a round has a bounded number of both.
        loop {
            let Some(exchange) = &mut self.exchange else {
                if !self.start_next(now) {
                    return Step::Done;
                }
                continue;
            };
            match exchange.end(now) {
                End::NotSent => {
                    let ready = self.line_ready();
                    if now < ready {
                        return Step::Wait(ready);
                    }
                    return self.send(now);
                }
                End::Pending(until) => return Step::Wait(until),
                End::Over => self.finish_try(now),
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.last_byte = Some(now);
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.report.bytes = self.report.bytes.saturating_add(count);
        for &byte in bytes {
            if let Some(message) = self.deframer.push(byte) {
                self.handle(&message, now);
            }
        }
        let refused = self.deframer.refused();
        self.report.refused = Refused {
            bytes: refused.bytes.saturating_sub(self.refused_before.bytes),
            checks: refused.checks.saturating_sub(self.refused_before.checks),
        };
    }
}

impl Rounds for Client {
    /// Starts the next round. What was believed before makes agreeing values believable at once.
    ///
    /// A board that answered nothing at all is sought again at both host addresses. Commands that
    /// it has never answered while it answered others get one short try from now on.
    fn begin(&mut self, plan: Plan) {
        let nothing = self.report.answered.is_empty() && self.report.partial.is_empty();
        if nothing && self.report.requests > 0 {
            self.host = None;
            self.slowest = None;
            self.dead.clear();
        }
        self.plan = plan;
        self.phase = match self.host {
            Some(_) => Phase::Asking(0),
            None => Phase::Probing(0),
        };
        self.exchange = None;
        self.round = self.round.saturating_add(1);
        if plan == Plan::Full {
            self.full_round = self.round;
        }
        self.silent_in_row = 0;
        self.woken = false;
        self.refused_before = self.deframer.refused();
        self.report = Report::default();
    }

    /// Gives up what is left of the round; those commands count as unanswered.
    fn abort(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            self.note_unanswered(exchange.command);
        }
        if let Phase::Asking(next) = self.phase {
            for place in next..LIVE.len() {
                if let Some(&command) = LIVE.get(place) {
                    self.note_unanswered(command);
                }
            }
        }
        if let Phase::Rechecking(_) = self.phase {
            // What was taken back to be read again is not answered.
            for command in [command::PACK, command::CELLS] {
                if self.kept.missing(command, self.frames_of(command), self.round) > 0 {
                    forget(&mut self.report.answered, command.into());
                    self.note_unanswered(command);
                }
            }
        }
        self.phase = Phase::Done;
    }

    /// What the round went through so far.
    fn report(&self) -> &Report {
        &self.report
    }

    /// Everything believed in this round. Points that the dialect does not carry say so; those
    /// that were asked for without a believable answer are [`NoData::NoAnswer`].
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::absent(NoData::NotCarried);
        for row in MAP {
            if let Some(point) = row.meaning.point() {
                snapshot.clear(point, NoData::NoAnswer);
            }
        }
        for point in [Point::PackPower, Point::CellVoltageSum, Point::CellVoltageDifference] {
            snapshot.clear(point, NoData::NoAnswer);
        }
        for command in LIVE.into_iter().chain(EXTRA) {
            let since = match command {
                // Totals grow so slowly that those of the last round that asked for them are shown.
                command::TOTALS => self.full_round,
                // A clock that stands still would be wrong.
                command::CLOCK => self.round,
                // Ratings and texts do not change while a board runs.
                _ if EXTRA.contains(&command) => 0,
                _ => self.round,
            };
            let frames = self.frames_of(command);
            if is_text(command) && self.kept.missing(command, frames, since) > 0 {
                continue;
            }
            for reply in self.kept.believed(command, since) {
                learn(&mut snapshot, &reply);
            }
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
        let board = options.board.clamp(1, MAX_BOARD);
        let host = if board > 1 { Some(host_address(board)) } else { options.host };
        let options = Options { board, host, ..options };
        Self {
            options,
            plan,
            phase: Phase::Probing(0),
            host: None,
            deframer: Deframer::new(),
            refused_before: Refused::default(),
            exchange: None,
            numbering: Numbering::default(),
            kept: Kept::default(),
            round: 1,
            full_round: 1,
            sends: 0,
            last_byte: None,
            drain_until: Instant::START,
            silent_in_row: 0,
            slowest: None,
            dead: Commands::new(),
            woken: false,
            report: Report::default(),
        }
    }

    /// When [`next_action`](Session::next_action) must be called at the latest; `None` when the
    /// round is done.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match (&self.exchange, self.phase) {
            (None, Phase::Done) => None,
            (None, _) => Some(Instant::START),
            (Some(exchange), _) => Some(match exchange.deadline() {
                Some(deadline) => deadline,
                None => self.line_ready(),
            }),
        }
    }

    /// The host address that the board answers, once it has.
    #[must_use]
    pub const fn host(&self) -> Option<u8> {
        self.host
    }

    /// When the line will have been quiet for long enough.
    fn line_ready(&self) -> Instant {
        let quiet = self.last_byte.map_or(Instant::START, |last| last + self.options.guard);
        quiet.min(self.drain_until)
    }

    /// Sends the request of the exchange.
    fn send(&mut self, now: Instant) -> Step {
        let Some(exchange) = &mut self.exchange else {
            return Step::Done;
        };
        self.deframer.reset();
        self.sends = self.sends.wrapping_add(1);
        self.report.requests = self.report.requests.saturating_add(1);
        // Boards send up to sixteen frames whatever the number of cells.
        let frames = match exchange.host {
            HOST_APP if exchange.command == command::CELLS => 16,
            _ => u64::from(exchange.frames),
        };
        let extra =
            Duration::from_micros(self.options.per_frame.as_micros().saturating_mul(frames));
        // The first try of what every board should know gets the whole patience; what may well be
        // unknown to the board, and repeated tries, as much as this board was ever seen to need.
        let patient = LIVE.contains(&exchange.command)
            && exchange.first_try()
            && !self.dead.contains(&exchange.command.into());
        let patience = match self.slowest {
            Some(slowest) if !patient => {
                self.options.timeout.min(SHORTEST_WAIT.max(slowest + slowest + slowest))
            }
            _ => self.options.timeout,
        };
        exchange.sent(now, now + patience + extra);
        let message = Request::read(exchange.command).message(exchange.host);
        Step::Send(message.emit().into_iter().collect())
    }

    /// One good frame.
    fn handle(&mut self, message: &Message, now: Instant) {
        if message.from_host() {
            let echo = self.exchange.as_ref().is_some_and(|exchange| {
                (exchange.host, exchange.command) == (message.address, message.command)
            });
            if echo {
                self.report.echoes = self.report.echoes.saturating_add(1);
            } else {
                self.report.other_hosts = self.report.other_hosts.saturating_add(1);
            }
            return;
        }
        if message.address != self.options.board {
            self.report.foreign = self.report.foreign.saturating_add(1);
            return;
        }
        let Some(exchange) = self
            .exchange
            .as_mut()
            .filter(|exchange| exchange.command == message.command && exchange.waiting())
        else {
            self.report.late = self.report.late.saturating_add(1);
            return;
        };
        let mut message = *message;
        let reply = Reply::parse(message.command, &message.payload);
        let number = match reply.frame() {
            None => 0,
            Some(number) => match exchange.numbered(number, &mut self.numbering) {
                // A number that no reply to this command has would only fill the memory.
                Some(number) if number <= most_frames(message.command) => number,
                _ => return,
            },
        };
        // From here on frames count from 1, whatever the board counts from.
        if let (Some(_), Some(first)) = (reply.frame(), message.payload.first_mut()) {
            *first = number;
        }
        let reply = Reply::parse(message.command, &message.payload);
        self.report.frames = self.report.frames.saturating_add(1);
        self.host = Some(exchange.host);
        exchange.heard = true;
        if let Some(took) = exchange.first_frame_took(now) {
            self.slowest = Some(self.slowest.map_or(took, |slowest| slowest.max(took)));
        }
        // The zeros of a board that has just woken are not the zeros of 0x90 alone: as long as that
        // one is not believed, "no fault", "switches open" and -40 °C are not either.
        let mut says = message.payload.iter().skip(usize::from(reply.frame().is_some()));
        let zeros = says.all(|&byte| byte == 0);
        self.woken |= zeros && message.command == command::PACK;
        let zeros = zeros && self.woken && self.kept.fresh(command::PACK, self.round) == 0;
        let doubt = plausible::doubt(&reply, self.options.current_limit);
        if let Some(doubt) = doubt.or_else(|| zeros.then_some(Doubt::Bogus)) {
            match doubt {
                Doubt::Bogus => self.report.bogus = self.report.bogus.saturating_add(1),
                Doubt::Implausible => {
                    self.report.implausible = self.report.implausible.saturating_add(1);
                }
            }
            exchange.refused();
            return;
        }
        let slots = exchange.slots(number);
        match self.kept.judge(&message, number, self.round, self.sends, slots) {
            Verdict::Believed => exchange.arrived(number, now, true),
            Verdict::FirstSight => exchange.arrived(number, now, false),
            Verdict::Disagrees => {
                self.report.disagreements = self.report.disagreements.saturating_add(1);
                exchange.arrived(number, now, false);
            }
        }
        if self.kept.missing(message.command, exchange.frames, self.round) == 0
            && exchange.frames > 0
        {
            exchange.complete();
        }
    }

    /// A try has ended: the exchange is answered, tried again or given up.
    fn finish_try(&mut self, now: Instant) {
        let Some(mut exchange) = self.exchange.take() else {
            return;
        };
        self.drain_until = now + self.options.timeout;
        if let Phase::Probing(_) = self.phase {
            if self.host.is_some() {
                self.phase = Phase::Asking(0);
            } else {
                self.report.timeouts = self.report.timeouts.saturating_add(1);
            }
            return;
        }
        let command = exchange.command;
        let missing = self.kept.missing(command, exchange.frames, self.round);
        if missing == 0 {
            self.silent_in_row = 0;
            forget(&mut self.dead, command.into());
            note(&mut self.report.answered, command.into());
            return;
        }
        if !exchange.any_arrived() {
            self.report.timeouts = self.report.timeouts.saturating_add(1);
        }
        if exchange.again() {
            self.exchange = Some(exchange);
            return;
        }
        if self.kept.fresh(command, self.round) > 0 {
            note(&mut self.report.partial, command.into());
            self.silent_in_row = 0;
        } else {
            self.note_unanswered(command);
            self.silent_in_row = self.silent_in_row.saturating_add(1);
            if !exchange.heard && !self.kept.ever(command) {
                note(&mut self.dead, command.into());
            }
        }
    }

    /// Starts the next exchange; `false` when the round is done.
    fn start_next(&mut self, now: Instant) -> bool {
        loop {
            match self.phase {
                Phase::Probing(place) => {
                    let Some(&(host, command)) = PROBES.get(place) else {
                        self.phase = Phase::Done;
                        return false;
                    };
                    self.phase = Phase::Probing(place.saturating_add(1));
                    let host = match self.options.host {
                        // With a fixed address the other half of the list would only repeat.
                        Some(_) if host == HOST_APP => continue,
                        Some(fixed) => fixed,
                        None => host,
                    };
                    self.exchange = Some(Exchange::new(host, command, 1, 1));
                    return true;
                }
                Phase::Asking(place) => {
                    let Some(command) = self.planned(place) else {
                        self.phase = Phase::Rechecking(0);
                        if plausible::cross_check(&self.snapshot()) == Some(false) {
                            self.report.contradictions =
                                self.report.contradictions.saturating_add(1);
                            self.kept.doubt(command::PACK);
                            self.kept.doubt(command::CELLS);
                        } else {
                            self.phase = Phase::Done;
                        }
                        continue;
                    };
                    self.phase = Phase::Asking(place.saturating_add(1));
                    if self.ask(command) {
                        return true;
                    }
                }
                Phase::Rechecking(place) => {
                    let again = [command::PACK, command::CELLS];
                    let Some(&command) = again.get(place) else {
                        self.phase = Phase::Done;
                        continue;
                    };
                    self.phase = Phase::Rechecking(place.saturating_add(1));
                    forget(&mut self.report.answered, command.into());
                    if self.ask(command) {
                        return true;
                    }
                }
                Phase::Done => {
                    self.drain_until = self.drain_until.max(now);
                    return false;
                }
            }
        }
    }

    /// The command at this place of the plan.
    fn planned(&self, place: usize) -> Option<u8> {
        if let Some(&command) = LIVE.get(place) {
            return Some(command);
        }
        let place = place.saturating_sub(LIVE.len());
        let dead = self.silent_in_row >= ENOUGH && place >= usize::from(ENOUGH);
        match self.plan {
            Plan::Full if !dead => EXTRA.get(place).copied(),
            Plan::Full | Plan::Live => None,
        }
    }

    /// Starts asking a command; `false` if there is nothing to ask for.
    fn ask(&mut self, command: u8) -> bool {
        let Some(host) = self.host else {
            return false;
        };
        let frames = self.frames_of(command);
        if frames == 0 {
            // How many frames would be complete is not known without the counts of 0x94.
            if self.kept.fresh(command::STATUS, self.round) == 0 {
                self.note_unanswered(command);
            }
            return false;
        }
        // After two dead commands in a row the rest get one try, so that a board which knows few
        // commands is read in seconds.
        let hopeless = self.silent_in_row >= 2 || self.dead.contains(&command.into());
        let tries =
            if EXTRA.contains(&command) || hopeless { 1 } else { self.options.tries.max(1) };
        let mut exchange = Exchange::new(host, command, frames, tries);
        exchange.listed = self.listed(command);
        self.exchange = Some(exchange);
        true
    }

    /// Cells and sensors, as 0x94 counts them; zeros while that is not known.
    fn counts(&self) -> (usize, usize) {
        match self.kept.believed(command::STATUS, self.round).next() {
            Some(Reply::Status(status)) => (usize::from(status.cells), usize::from(status.sensors)),
            _ => (0, 0),
        }
    }

    /// How many slots all frames of a list together really fill, and how many one frame has.
    fn listed(&self, command: u8) -> Option<(usize, usize)> {
        let (cells, sensors) = self.counts();
        match command {
            command::CELLS => Some((cells, CELLS_PER_FRAME)),
            command::TEMPERATURES => Some((sensors, SENSORS_PER_FRAME)),
            _ => None,
        }
    }

    /// How many frames make a reply complete; 0 while that is not known or there is nothing.
    fn frames_of(&self, command: u8) -> u8 {
        let (cells, sensors) = self.counts();
        let frames = match command {
            command::CELLS => cell_frames(cells, HOST_WIRED),
            command::TEMPERATURES if sensors == 0 => 0,
            command::TEMPERATURES => sensor_frames(sensors, HOST_WIRED),
            command::BATTERY_CODE => 5,
            command::SOFTWARE_VERSION | command::HARDWARE_VERSION => 2,
            _ => 1,
        };
        u8::try_from(frames).unwrap_or(u8::MAX)
    }

    fn note_unanswered(&mut self, command: u8) {
        note(&mut self.report.unanswered, command.into());
    }
}

/// The highest frame number that a reply to a command can have.
const fn most_frames(command: u8) -> u8 {
    match command {
        command::CELLS => 16,
        command::TEMPERATURES => 3,
        command::BATTERY_CODE => 5,
        _ => 2,
    }
}

/// Commands whose frames only make sense together.
const fn is_text(command: u8) -> bool {
    matches!(command, command::BATTERY_CODE | command::SOFTWARE_VERSION | command::HARDWARE_VERSION)
}
