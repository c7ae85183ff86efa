//! Stage two: the fault table run as data, one small state machine per level.
//!
//! Owns what is tripped and since when, what is locked, and mints the permit to close a switch.
//! Refuses to know estimation, storage, ports and bytes.

mod capacitor;
mod level;
mod lines;
mod lock;
mod overrides;
mod permit;
mod release;
mod relief;
mod requests;
mod view;

use cellward_params::fault::{Blocks, Flag, Lock, Quantity, Release, Watch};
use cellward_params::limit::{Base, LIMIT_COUNT, place_of};
use cellward_params::record::ReleaseReason;
use cellward_params::{ActiveFault, Config, Fault, Level, Profile, Switch};
use cellward_units::{Duration, Instant};

use level::{Edge, Standing, State};
pub(crate) use lines::Lowered;
use lines::{Line, Mask, fault_row, inner_steps, protects, row, waiter, watchers};
pub(crate) use lock::FaultSet;
use lock::{Evidence, Locks, Verdict};
use overrides::Overrides;
pub(crate) use permit::PERMIT_LIFE;
pub use permit::Permit;
use release::{Asked, DAY, Families, Way};

use crate::measure::Measure;
use crate::persist::Counts;
use crate::recent::Recent;
pub(crate) use view::{Fresh, View};

/// How strongly a switch is blocked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Block {
    /// Nothing blocks it.
    #[default]
    No,
    /// Rows of its own direction block it: the reverse-current rule applies.
    Direction,
    /// A row without that exception blocks it.
    Full,
}

/// What the protection has to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// A level tripped; the condition had lasted this long.
    Set(ActiveFault, Duration),
    /// A level released; it had been tripped this long.
    Cleared(ActiveFault, Duration, ReleaseReason),
    /// A fault became a lock.
    Locked(Fault),
    /// An over-voltage came at a small current: the charge is complete.
    ChargeComplete,
    /// The wires passed a test that an implausible reading had asked for.
    WiresGood,
    /// An override ended.
    OverrideEnded(Fault),
}

impl Told {
    /// Whether a protection acted or a lock fell, so that what led to it is worth keeping.
    pub(crate) fn is_serious(self) -> bool {
        match self {
            Self::Set(active, _) => active.level != Level::Alarm,
            Self::Locked(_) => true,
            _ => false,
        }
    }
}

/// What a line saw when its delay began or ended: the value, raw in the unit of the limit, and
/// where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Seen {
    value: Option<i32>,
    index: Option<u8>,
}

/// Between which values of a quantity no line of it begins anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Quiet {
    below: i32,
    above: i32,
}

/// The protection stage.
#[derive(Clone, Debug)]
pub(crate) struct Protect {
    lines: [Line; LIMIT_COUNT],
    states: [State; LIMIT_COUNT],
    seen: [Seen; LIMIT_COUNT],
    /// Lines that are pending or tripped.
    busy: Mask,
    /// Tripped lines whose over-voltage only says that the charge is complete.
    complete: Mask,
    quiet: [Quiet; Quantity::ALL.len()],

    profile: Profile,
    lowered: Lowered,
    families: Families,
    locks: Locks,
    overrides: Overrides,
    /// Whether the short that is tripped has been counted as latched.
    short_counted: bool,
    /// Whether a count has changed that must survive a power loss.
    unsaved: bool,
    watchdog_trips: Recent<3>,
    self_test_failures: Recent<2>,

    blocks: [Block; 2],
    balancing_blocked: bool,
    /// The earliest instant at which some delay ends.
    due: Option<Instant>,
}

impl Protect {
    pub(crate) fn new(config: &Config) -> Self {
        let mut protect = Self {
            lines: [Line::NEVER; LIMIT_COUNT],
            states: [State::Clear; LIMIT_COUNT],
            seen: [Seen::default(); LIMIT_COUNT],
            busy: Mask::EMPTY,
            complete: Mask::EMPTY,
            quiet: [Quiet { below: i32::MIN, above: i32::MAX }; Quantity::ALL.len()],
            profile: config.profile(),
            lowered: Lowered::default(),
            families: Families::new(config),
            locks: Locks::default(),
            overrides: Overrides::new(config),
            short_counted: false,
            unsaved: false,
            watchdog_trips: Recent::new(),
            self_test_failures: Recent::new(),
            blocks: [Block::No; 2],
            balancing_blocked: false,
            due: None,
        };
        protect.reconfigure(config);
        protect
    }

    /// Takes new limits. What is tripped stays tripped and recovers by the new ones.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        self.profile = config.profile();
        self.lowered.uncalibrated = !config.is_calibrated();
        self.families.reconfigure(config);
        self.overrides.reconfigure(config);
        self.compile(config);
    }

    /// The switch-temperature sensor is missing, or back: a switch cannot limit current, so the
    /// over-current limits are halved.
    pub(crate) fn halve(&mut self, halved: bool, config: &Config) {
        if halved != self.lowered.halved {
            self.lowered.halved = halved;
            self.compile(config);
        }
    }

    fn compile(&mut self, config: &Config) {
        for ((row, limit), line) in config.limits().zip(&mut self.lines) {
            *line = Line::new(config, row, limit, self.lowered);
        }
        for (&quantity, quiet) in Quantity::ALL.iter().zip(&mut self.quiet) {
            *quiet = Quiet { below: i32::MIN, above: i32::MAX };
            for place in watchers(quantity).places() {
                let Some(line) = self.lines.get(place) else {
                    continue;
                };
                let trip = line.thresholds.trip;
                if line.thresholds.high {
                    quiet.above = quiet.above.min(trip);
                } else {
                    quiet.below = quiet.below.max(trip);
                }
            }
        }
    }

    /// Compares what is fresh, lets time pass, and tells every change.
    pub(crate) fn step(
        &mut self,
        view: &View<'_>,
        fresh: Fresh,
        now: Instant,
        mut tell: impl FnMut(Told),
    ) {
        for quantities in fresh.quantities() {
            for &quantity in *quantities {
                self.look_at(quantity, view, now);
            }
        }
        self.look_at_flags(view, now);
        let mut changed = false;
        let mut due: Option<Instant> = None;
        if !self.busy.is_empty() {
            self.families.observe(view.port, || view.counters.discharged(), now);
            for place in self.busy.places() {
                changed |= self.advance(place, view, now, &mut tell);
                due = earlier(due, self.deadline_of(place, now));
            }
            if changed {
                // A release may have changed what the rules say to the others.
                due = self
                    .busy
                    .places()
                    .fold(None, |due, place| earlier(due, self.deadline_of(place, now)));
            }
        }
        changed |= self.settle(view, fresh, now, &mut tell);
        self.due = [
            due,
            self.locks.deadline(),
            self.overrides.deadline(),
            self.families.capacitor.deadline(),
        ]
        .into_iter()
        .fold(None, earlier);
        if changed {
            self.sum_up();
        }
    }

    /// Compares the latest value of a quantity with every line that watches it.
    fn look_at(&mut self, quantity: Quantity, view: &View<'_>, now: Instant) {
        let watching = watchers(quantity);
        let quiet = self.quiet.get(quantity as usize);
        // A reading of a loose tap says nothing about a cell.
        let value = if self.locks.loose_tap().is_some() && of_a_cell(quantity) {
            None
        } else {
            view.measure.quantity(quantity)
        };
        let calm = match (value, quiet) {
            (Some(value), Some(quiet)) => value > quiet.below && value < quiet.above,
            (None, _) => true,
            (Some(_), None) => false,
        };
        // The way nearly every comparison goes.
        if calm && watching.and(self.busy).is_empty() {
            return;
        }
        let loose = self.locks.loose_tap().is_some() && of_a_cell(quantity);
        // An extreme of only some of the readings may be beyond, but says nothing good: the
        // missing one may be the bad one.
        let whole = view.measure.is_whole(quantity);
        for place in watching.places() {
            self.compare(place, value, whole, view.measure, now);
            if loose && matches!(self.states.get(place), Some(State::Pending { .. })) {
                // What started the delay was the loose tap, not a cell.
                self.put(place, State::Clear);
                self.busy.set(place, false);
            }
        }
    }

    /// Compares one line with the value of its quantity.
    fn compare(
        &mut self,
        place: usize,
        value: Option<i32>,
        whole: bool,
        measure: &Measure,
        now: Instant,
    ) {
        let (Some(line), Some(state)) = (self.lines.get(place), self.states.get_mut(place)) else {
            return;
        };
        let shallow = self.families.discharged_enough()
            && fault_row(place).release(self.profile) == Release::OverVoltage;
        let thresholds = if shallow {
            level::Thresholds { recover: line.shallow, ..line.thresholds }
        } else {
            line.thresholds
        };
        let standing = thresholds.standing(value);
        let proven = whole || standing == Standing::Beyond;
        let starts = matches!(state, State::Clear) && standing == Standing::Beyond;
        state.compare(if proven { standing } else { Standing::Unknown }, now);
        if starts {
            self.note(place, value, measure);
        }
        if self.floats(place, measure) {
            // What started the delay was the floating wire, not the cell.
            self.put(place, State::Clear);
        }
        let busy = self.states.get(place).is_some_and(|state| *state != State::Clear);
        self.busy.set(place, busy);
    }

    /// Whether a pending line was started by a cell whose wire is now known to be open.
    fn floats(&self, place: usize, measure: &Measure) -> bool {
        let pending = matches!(self.states.get(place), Some(State::Pending { .. }));
        if !pending {
            return false;
        }
        let tap = self.locks.loose_tap();
        match row(place).watch {
            // What a test of the wires has found says of which cells nothing is known: of none.
            Watch::High(quantity) | Watch::Low(quantity)
                if tap.is_some() && of_a_cell(quantity) =>
            {
                true
            }
            Watch::High(Quantity::CellDifference) => measure.place_of(Flag::OpenWire).is_some(),
            Watch::High(Quantity::HighestCell) | Watch::Low(Quantity::LowestCell) => {
                let cell = self.seen.get(place).and_then(|seen| seen.index);
                cell.is_some_and(|cell| measure.on_open_wire(cell))
            }
            _ => false,
        }
    }

    /// Compares every flag that stands, or is not known, or whose line is busy.
    fn look_at_flags(&mut self, view: &View<'_>, now: Instant) {
        let mut flags = view.flags;
        let tap = self.locks.loose_tap();
        flags.put(Flag::OpenWire, tap.is_some());
        let mut bits = flags.not_clear();
        while bits != 0 {
            let bit = bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
            if let Some(place) = waiter(bit) {
                self.compare_flag(place, flags.at(bit), view.measure, now);
            }
        }
        for place in self.busy.places() {
            if let Watch::While(flag) = row(place).watch
                && flags.get(flag) == Some(false)
            {
                self.compare_flag(place, Some(false), view.measure, now);
            }
        }
    }

    fn compare_flag(
        &mut self,
        place: usize,
        stands: Option<bool>,
        measure: &Measure,
        now: Instant,
    ) {
        let Some(state) = self.states.get_mut(place) else {
            return;
        };
        let starts = matches!(state, State::Clear) && stands == Some(true);
        state.compare(
            match stands {
                Some(true) => Standing::Beyond,
                Some(false) => Standing::Recovered,
                None => Standing::Unknown,
            },
            now,
        );
        if let (true, Fault::ChipLost) = (starts, row(place).fault) {
            // Silence is only noticed once readings are late, but it began with the last of them.
            *state = State::Pending { since: measure.silent_since(now) };
        }
        let busy = *state != State::Clear;
        if starts {
            self.note(place, None, measure);
        }
        self.busy.set(place, busy);
    }

    /// Remembers the value and the place that a line sees now.
    fn note(&mut self, place: usize, value: Option<i32>, measure: &Measure) {
        let row = row(place);
        let index = match row.watch {
            Watch::High(quantity) | Watch::Low(quantity) => measure.source_of(quantity),
            Watch::While(flag) => self
                .locks
                .loose_tap()
                .filter(|_| row.fault == Fault::OpenWire)
                .or_else(|| measure.place_of(flag)),
            Watch::Alert => None,
        };
        let raw = value.and_then(|value| value.checked_div(inner_steps(row.base)));
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = Seen { value: raw, index };
        }
    }

    /// Lets time pass for one busy line; whether it changed.
    fn advance(
        &mut self,
        place: usize,
        view: &View<'_>,
        now: Instant,
        tell: &mut impl FnMut(Told),
    ) -> bool {
        let Some(&state) = self.states.get(place) else {
            return false;
        };
        if let State::Active { tripped, recovering: Some(_) } = state
            && view.measure.is_stale(row(place).watch, now)
        {
            // Silence proves nothing good.
            self.put(place, State::Active { tripped, recovering: None });
        }
        // An unlocked fault that stands again, or still, before it has released locks again.
        let mut relocked = false;
        if let Lock::AtOnce(level) = fault_row(place).lock
            && level == row(place).level
            && matches!(self.states.get(place), Some(State::Active { recovering: None, .. }))
        {
            let fault = row(place).fault;
            relocked = !self.locks.set().contains(fault);
            self.lock(fault, tell);
        }
        let way = self.way(place, now);
        let delay = self.lines.get(place).map_or(Duration::ZERO, |line| line.delay);
        let Some(state) = self.states.get_mut(place) else {
            return false;
        };
        match state.advance(delay, way.map(|way| way.at), now) {
            None => relocked,
            Some(Edge::Set(lasted)) => {
                self.tripped(place, view, lasted, now, tell);
                true
            }
            Some(Edge::Cleared(lasted)) => {
                let reason = way.map_or(ReleaseReason::Recovered, |way| way.reason);
                self.cleared(place, lasted, reason, now, tell);
                true
            }
        }
    }

    /// A line has just tripped.
    fn tripped(
        &mut self,
        place: usize,
        view: &View<'_>,
        lasted: Duration,
        now: Instant,
        tell: &mut impl FnMut(Told),
    ) {
        if let Watch::High(quantity) | Watch::Low(quantity) = row(place).watch {
            let value = view.measure.quantity(quantity);
            let thresholds = self.lines.get(place).map(|line| line.thresholds);
            // A value that went missing before the delay ended is told as it was when it began.
            if thresholds.is_some_and(|t| t.standing(value) == Standing::Beyond) {
                self.note(place, value, view.measure);
            }
        }
        let row = row(place);
        let fault_row = row.fault.row();
        if protects(place) {
            let rule = fault_row.release(self.profile);
            let first = !self.family_is_tripped(rule, place);
            self.families.tripped(rule, first, view.counters.discharged(), now);
            let complete = rule == Release::OverVoltage && view.charges_little;
            self.complete.set(place, complete);
            tell(Told::Set(self.as_active(place), lasted));
            if complete && first {
                tell(Told::ChargeComplete);
            }
        } else {
            tell(Told::Set(self.as_active(place), lasted));
        }
        match fault_row.lock {
            Lock::AtOnce(level) if level == row.level => self.lock(row.fault, tell),
            Lock::Confirmed(level) if level == row.level => self.locks.ask(row.fault, now),
            _ => {}
        }
        self.count(row.fault, now, tell);
    }

    /// Whether a count has changed since it was last asked.
    pub(crate) const fn take_unsaved(&mut self) -> bool {
        core::mem::replace(&mut self.unsaved, false)
    }

    /// Counts what locks or escalates when it repeats.
    fn count(&mut self, fault: Fault, now: Instant, tell: &mut impl FnMut(Told)) {
        self.unsaved = true;
        match fault {
            Fault::ShortCircuit => self.short_counted = false,
            Fault::SelfTest => {
                self.self_test_failures.note(now);
                if self.self_test_failures.within(DAY, now) >= 2 {
                    self.lock(fault, tell);
                }
            }
            Fault::ChipWatchdog => self.watchdog_trips.note(now),
            _ => {}
        }
    }

    /// How often within a day the chip has missed the brain so far.
    pub(crate) fn watchdog_trips_before(&self, now: Instant) -> u8 {
        self.watchdog_trips.within(DAY, now)
    }

    fn lock(&mut self, fault: Fault, tell: &mut impl FnMut(Told)) {
        if !self.locks.set().contains(fault) {
            self.locks.lock(fault);
            tell(Told::Locked(fault));
        }
    }

    /// A line has just released.
    fn cleared(
        &mut self,
        place: usize,
        lasted: Duration,
        reason: ReleaseReason,
        now: Instant,
        tell: &mut impl FnMut(Told),
    ) {
        let active = self.as_active(place);
        self.busy.set(place, false);
        self.complete.set(place, false);
        if protects(place) {
            let rule = fault_row(place).release(self.profile);
            if !self.family_is_tripped(rule, place) {
                self.families.released(rule, reason, now);
            }
            // A level that opens nothing has nothing to override: the one that does may last
            // longer. And a recovery charge goes on while the lock stands, or it would stop
            // half-way.
            let opened = fault_row(place).blocks(active.level) != Blocks::Nothing;
            if opened && !self.locks.set().contains(active.fault) {
                self.overrides.end(active.fault);
            }
        }
        tell(Told::Cleared(active, lasted, reason));
    }

    /// Locks, overrides and the looks at the port, once a step.
    fn settle(
        &mut self,
        view: &View<'_>,
        fresh: Fresh,
        now: Instant,
        tell: &mut impl FnMut(Told),
    ) -> bool {
        let mut changed = false;
        let both_closed = view.actual.charge && view.actual.discharge;
        self.families.both_closed(both_closed, now);
        if !view.actual.charge && !view.actual.discharge && fresh.current {
            let (pack, port) = (view.measure.pack().ok(), view.measure.port().ok());
            let side = pack.zip(port).map(|(pack, port)| pack - port);
            self.families.capacitor.look(side, pack, now);
            if !self.is_active(Fault::ShortCircuit, Level::Protection) {
                self.families.capacitor.rest(side);
            }
        }
        if !self.short_counted
            && self.is_active(Fault::ShortCircuit, Level::Protection)
            && self.short_is_latched(now)
        {
            self.short_counted = true;
            self.unsaved = true;
            if self.families.note_short_latch(now) {
                self.lock(Fault::ShortCircuit, tell);
            }
            changed = true;
        }
        if fresh.cells || self.locks.asking() {
            let evidence = self.evidence(view);
            if fresh.cells {
                self.locks.watch_readings(&evidence, now);
            }
            while let Some(verdict) = self.locks.conclude(&evidence, now) {
                changed = true;
                match verdict {
                    Verdict::Locked(fault) => tell(Told::Locked(fault)),
                    Verdict::Loose(fault) => self.take_back(fault, now, tell),
                    Verdict::FoundLoose => {}
                    Verdict::WiresGood => tell(Told::WiresGood),
                }
            }
        }
        let current = view.measure.latest_current().ok().filter(|_| fresh.current);
        if let Some(fault) = self.overrides.step(current, now) {
            changed = true;
            tell(Told::OverrideEnded(fault));
        }
        changed
    }

    /// Whether the short circuit was let go although nobody has seen its load go, and the switches
    /// have not closed since: what the pre-charge finds now is that short.
    pub(crate) const fn retries_short(&self) -> bool {
        self.families.retries_short()
    }

    /// Whether nothing but a person can end the short that is tripped now: a rule that knows no
    /// retries, or retries that are used up.
    fn short_is_latched(&self, now: Instant) -> bool {
        let tries = Fault::ShortCircuit.row().release(self.profile) == Release::ShortCircuit;
        !tries || self.families.short_is_latched(now)
    }

    /// What the readings say about taps and sum.
    fn evidence(&self, view: &View<'_>) -> Evidence {
        Evidence {
            bad_tap: view.measure.bad_tap(),
            adds_up: view.flags.get(Flag::SumMismatch).map(|mismatch| !mismatch),
            implausible: view.measure.implausible(),
            commissioned: view.flags.get(Flag::NotCommissioned) == Some(false),
        }
    }

    /// The chip has tested the wires.
    pub(crate) fn wires_tested(&mut self, open_taps: u32, view: &View<'_>, now: Instant) {
        let evidence = self.evidence(view);
        self.locks.answered(open_taps, &evidence, now);
    }

    /// A fault was only a loose tap: its lines are cleared.
    fn take_back(&mut self, fault: Fault, now: Instant, tell: &mut impl FnMut(Told)) {
        for place in self.busy.places() {
            if row(place).fault != fault {
                continue;
            }
            if let Some(&State::Active { tripped, .. }) = self.states.get(place) {
                self.put(place, State::Clear);
                self.cleared(place, now.since(tripped), ReleaseReason::LooseTap, now, tell);
            } else {
                self.put(place, State::Clear);
                self.busy.set(place, false);
            }
        }
    }

    /// The chip acted by itself: the level is tripped, whatever the readings say. If it was
    /// tripped already, everything that its release waits for starts again.
    pub(crate) fn force(
        &mut self,
        fault: Fault,
        level: Level,
        view: &View<'_>,
        now: Instant,
        mut tell: impl FnMut(Told),
    ) {
        let Some(place) = place_of(fault, level) else {
            return;
        };
        let again = self.states.get(place).is_some_and(State::active);
        self.put(place, State::Active { tripped: now, recovering: None });
        self.busy.set(place, true);
        if again {
            let rule = fault_row(place).release(self.profile);
            self.families.tripped(rule, false, view.counters.discharged(), now);
            self.count(fault, now, &mut tell);
        } else {
            if let Some(seen) = self.seen.get_mut(place) {
                *seen = Seen::default();
            }
            self.tripped(place, view, Duration::ZERO, now, &mut tell);
        }
        if row(place).watch == Watch::Alert {
            // Nothing measured will ever say that it is over: the rule alone decides.
            self.put(place, State::Active { tripped: now, recovering: Some(now) });
        }
        self.sum_up();
    }

    fn put(&mut self, place: usize, state: State) {
        if let Some(slot) = self.states.get_mut(place) {
            *slot = state;
        }
    }

    /// Whether a line of this family other than `except` is tripped.
    fn family_is_tripped(&self, rule: Release, except: usize) -> bool {
        self.busy.places().any(|place| {
            place != except
                && protects(place)
                && self.states.get(place).is_some_and(State::active)
                && fault_row(place).release(self.profile) == rule
        })
    }

    /// How strongly `switch` is blocked.
    pub(crate) const fn block(&self, switch: Switch) -> Block {
        let [charge, discharge] = self.blocks;
        match switch {
            Switch::Charge => charge,
            Switch::Discharge => discharge,
        }
    }

    /// Whether the decision table wants `switch` to stay on because the other one does not open:
    /// opening the healthy one would only burn its diode.
    pub(crate) fn holds_on(&self, switch: Switch) -> bool {
        let there =
            |fault| self.locks.set().contains(fault) || self.is_active(fault, Level::Protection);
        match switch {
            Switch::Discharge => there(Fault::ChargeStuckClosed) || there(Fault::ChargeNotStopped),
            Switch::Charge => there(Fault::DischargeStuckClosed) && !self.over_voltage(),
        }
    }

    /// Whether an over-voltage above alarm is active.
    pub(crate) fn over_voltage(&self) -> bool {
        self.is_active(Fault::CellOverVoltage, Level::Protection)
            || self.is_active(Fault::CellOverVoltage, Level::Hard)
            || self.is_active(Fault::PackOverVoltage, Level::Protection)
            || self.is_active(Fault::ExtremeOverVoltage, Level::Protection)
    }

    /// Whether an under-voltage is the one thing that keeps the discharge switch open, and a charger
    /// would be welcome: no cell is below the hard limit, nothing is locked, nothing else acts.
    pub(crate) fn offers_port(&self) -> bool {
        let low = self.is_active(Fault::CellUnderVoltage, Level::Protection)
            || self.is_active(Fault::PackUnderVoltage, Level::Protection);
        low && !self.is_active(Fault::CellUnderVoltage, Level::Hard)
            && self.locks.set().is_empty()
            && !self.is_active(Fault::ShortCircuit, Level::Protection)
            && self.block(Switch::Charge) == Block::No
            && self.block(Switch::Discharge) == Block::Direction
    }

    /// Whether cells may be bled as far as faults are concerned.
    pub(crate) const fn balancing_allowed(&self) -> bool {
        !self.balancing_blocked
    }

    /// Whether the chip shall test the sampling wires.
    pub(crate) fn wants_wire_test(&self, now: Instant) -> bool {
        self.locks.wants_test(now)
    }

    /// Whether a question to the chip, a look at the port or an override is under way, so that
    /// every reading is needed.
    pub(crate) fn asking(&self) -> bool {
        self.locks.asking()
            || self.locks.loose_tap().is_some()
            || self.families.capacitor.deadline().is_some()
    }

    /// The permit to close, if the measurements carry one: complete, fresh, and not in self-test.
    pub(crate) fn permit(&self, measure: &Measure, now: Instant) -> Option<Permit> {
        if !measure.complete() {
            return None;
        }
        Permit::mint(measure.oldest_valid()?, measure.temperatures_fresh(now), now)
    }

    /// Whether a level is active.
    pub(crate) fn is_active(&self, fault: Fault, level: Level) -> bool {
        // Most of the time nothing at all is.
        !self.busy.is_empty()
            && place_of(fault, level)
                .and_then(|place| self.states.get(place))
                .is_some_and(State::active)
    }

    /// The places of the active levels in the table of limits, rising.
    pub(crate) fn active_places(&self) -> impl Iterator<Item = usize> {
        self.busy.places().filter(|&place| self.states.get(place).is_some_and(State::active))
    }

    /// When `step` must be called next for a delay to end on time.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Recomputes what all active rows and locks together block.
    fn sum_up(&mut self) {
        let mut blocks = [Block::No; 2];
        let mut balancing_blocked = false;
        let mut add = |opened: Blocks, balancing: bool| {
            if opened == Blocks::Nothing {
                return;
            }
            let strength = if opened.has_exception() { Block::Direction } else { Block::Full };
            balancing_blocked |= !balancing;
            for (&switch, block) in Switch::ALL.iter().zip(&mut blocks) {
                if opened.includes(switch) {
                    *block = strength.max(*block);
                }
            }
        };
        for place in self.busy.places() {
            if self.states.get(place).is_some_and(State::active) {
                let row = row(place);
                let fault_row = row.fault.row();
                let opened = self.overrides.soften(row.fault, fault_row.blocks(row.level));
                add(opened, fault_row.balancing);
            }
        }
        for fault in self.locks.set().faults() {
            let row = fault.row();
            add(self.overrides.soften(fault, row.locked_blocks()), row.balancing);
        }
        self.blocks = blocks;
        self.balancing_blocked = balancing_blocked;
    }

    /// From when on a line may release, as things stand, and by what.
    fn way(&self, place: usize, now: Instant) -> Option<Way> {
        let Some(&State::Active { tripped, recovering: Some(recovering) }) = self.states.get(place)
        else {
            return None;
        };
        let release_delay = self.lines.get(place)?.release_delay;
        // Alarms open nothing, so the plain recovery is enough for them.
        let rule = if protects(place) {
            fault_row(place).release(self.profile)
        } else {
            Release::Recovery
        };
        if rule == Release::Override {
            if row(place).level != Level::Hard {
                // Only the hard level opens anything.
                return Some(Way {
                    at: recovering + release_delay,
                    reason: ReleaseReason::Recovered,
                });
            }
            let overridden = self.overrides.is_for(row(place).fault);
            let at = recovering + release_delay;
            return overridden.then_some(Way { at, reason: ReleaseReason::Installer });
        }
        self.families.way(&Asked { rule, tripped, recovering, release_delay }, now)
    }

    /// When a line must be looked at next.
    fn deadline_of(&self, place: usize, now: Instant) -> Option<Instant> {
        match self.states.get(place)? {
            State::Pending { since } => Some(*since + self.lines.get(place)?.delay),
            State::Active { .. } => self.way(place, now).map(|way| way.at),
            State::Clear => None,
        }
    }

    fn as_active(&self, place: usize) -> ActiveFault {
        let row = row(place);
        let measured = row.base != Base::State;
        let seen = self.seen.get(place).copied().unwrap_or_default();
        let trip = self.lines.get(place).map(|line| line.thresholds.trip);
        let limit = trip.and_then(|trip| trip.checked_div(inner_steps(row.base)));
        ActiveFault {
            fault: row.fault,
            level: row.level,
            index: seen.index,
            value: seen.value.filter(|_| measured),
            limit: limit.filter(|_| measured),
        }
    }

    /// What must survive a power loss: locks, latched faults, counts.
    pub(crate) fn kept(&self, now: Instant) -> (FaultSet, FaultSet, Counts) {
        let mut latched = FaultSet::default();
        for place in self.busy.places() {
            let rule = fault_row(place).release(self.profile);
            let forgets = matches!(rule, Release::Recovery | Release::Wait | Release::Commission);
            // Of a level that opens nothing there is nothing to keep: it would come back as the
            // level that does.
            let opens = fault_row(place).blocks(row(place).level) != Blocks::Nothing;
            let tripped = self.states.get(place).is_some_and(State::active);
            if protects(place) && opens && !forgets && tripped {
                latched.insert(row(place).fault);
            }
        }
        let counts = Counts {
            watchdog_trips: self.watchdog_trips.within(DAY, now),
            self_test_failures: self.self_test_failures.within(DAY, now),
            ..self.families.counts(now)
        };
        (self.locks.set(), latched, counts)
    }

    /// Takes it back. A latched fault is tripped again from now on, so that a restart is no way
    /// around its release rule.
    pub(crate) fn restore(
        &mut self,
        (locks, latched, counts): (FaultSet, FaultSet, &Counts),
        view: &View<'_>,
        now: Instant,
        mut tell: impl FnMut(Told),
    ) {
        self.locks.restore(locks);
        self.families.restore(counts, now);
        self.watchdog_trips.restore(counts.watchdog_trips, now);
        self.self_test_failures.restore(counts.self_test_failures, now);
        for fault in latched.faults() {
            let opens = |level: &Level| fault.row().blocks(*level) != Blocks::Nothing;
            let level = [Level::Protection, Level::Hard].into_iter().find(opens);
            if let Some(level) = level {
                self.force(fault, level, view, now, &mut tell);
            }
        }
        // Tripping them again counted them again.
        self.families.restore(counts, now);
        self.short_counted = true;
        self.sum_up();
    }

    /// Whether every comparison would come out the same for `other` as for `measure`.
    pub(crate) fn same_standings(&self, measure: &Measure, other: &Measure) -> bool {
        Quantity::ALL.iter().all(|&quantity| {
            let (one, two) = (measure.quantity(quantity), other.quantity(quantity));
            let whole = measure.is_whole(quantity) == other.is_whole(quantity);
            whole
                && watchers(quantity).places().all(|place| {
                    self.lines.get(place).is_none_or(|line| {
                        let shallow =
                            level::Thresholds { recover: line.shallow, ..line.thresholds };
                        line.thresholds.standing(one) == line.thresholds.standing(two)
                            && shallow.standing(one) == shallow.standing(two)
                    })
                })
        })
    }
}

/// Whether a quantity is made of single cells, and so of single taps.
const fn of_a_cell(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::HighestCell | Quantity::LowestCell | Quantity::CellDifference)
}

/// The earlier of two instants that may not be there.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
