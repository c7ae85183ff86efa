//! What must survive a power loss, and how it comes back.

use cellward_params::Level;
use cellward_params::fault::{Blocks, Release};
use cellward_units::Instant;

use super::level::State;
use super::lines::{fault_row, protects, row};
use super::lock::FaultSet;
use super::release::DAY;
use super::view::View;
use super::{Protect, Told};
use crate::persist::Counts;

impl Protect {
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
}
