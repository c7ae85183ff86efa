//! What happens when a line trips or releases: what is told, counted and locked.

use cellward_params::fault::{Blocks, Flag, Lock, Release, Watch};
use cellward_params::limit::place_of;
use cellward_params::record::ReleaseReason;
use cellward_params::{Fault, Level};
use cellward_units::{Duration, Instant};

use super::level::{Edge, Standing, State};
use super::lines::{fault_row, protects, row};
use super::lock::{Evidence, Verdict};
use super::release::DAY;
use super::view::{Fresh, View};
use super::{Protect, Seen, Told};

impl Protect {
    /// Lets time pass for one busy line; whether it changed.
    pub(super) fn advance(
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
    pub(super) fn tripped(
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
            // Decision row 2 alone: the hard limit is never a quiet one.
            let complete = rule == Release::OverVoltage
                && row.level == Level::Protection
                && view.charges_little;
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

    /// Counts what locks or escalates when it repeats.
    pub(super) fn count(&mut self, fault: Fault, now: Instant, tell: &mut impl FnMut(Told)) {
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

    pub(super) fn lock(&mut self, fault: Fault, tell: &mut impl FnMut(Told)) {
        if !self.locks.set().contains(fault) {
            self.locks.lock(fault);
            tell(Told::Locked(fault));
        }
    }

    /// A line has just released.
    pub(super) fn cleared(
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
    pub(super) fn settle(
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

    /// Whether nothing but a person can end the short that is tripped now: a rule that knows no
    /// retries, or retries that are used up.
    pub(super) fn short_is_latched(&self, now: Instant) -> bool {
        let tries = Fault::ShortCircuit.row().release(self.profile) == Release::ShortCircuit;
        !tries || self.families.short_is_latched(now)
    }

    /// What the readings say about taps and sum.
    pub(super) fn evidence(&self, view: &View<'_>) -> Evidence {
        Evidence {
            bad_tap: view.measure.bad_tap(),
            adds_up: view.flags.get(Flag::SumMismatch).map(|mismatch| !mismatch),
            implausible: view.measure.implausible(),
            commissioned: view.flags.get(Flag::NotCommissioned) == Some(false),
        }
    }

    /// A fault was only a loose tap: its lines are cleared.
    pub(super) fn take_back(&mut self, fault: Fault, now: Instant, tell: &mut impl FnMut(Told)) {
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
}
