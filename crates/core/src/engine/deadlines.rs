//! When the engine must be called, and over what it may be passed by.

use cellward_units::Instant;

use super::{Bms, DRIFT_EVERY, PERSIST_EVERY, RESTART_EVERY, SOC_EVERY};
use crate::input::{CellsFrame, CurrentFrame};
use crate::measure::Measure;
use crate::port::Port;

impl Bms {
    /// When the engine must be called next if nothing comes in.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let ages = self.measure.age_deadline(self.now);
        // What is due already waits for a reading, not for a call.
        let waits = self.waits().into_iter().flatten().filter(|&at| at > self.now);
        waits.chain(ages).min()
    }

    /// When the engine must be called next if every measurement keeps arriving unchanged (see
    /// [`Input::Unchanged`]): the deadline without the age limits. Equal to now while something
    /// needs every single reading.
    #[must_use]
    pub fn steady_deadline(&self) -> Option<Instant> {
        let busy = self.zero.busy() || self.switching.busy() || self.protect.asking();
        let next_step = self.precharge_failed || self.short_again || self.slow_due;
        if self.self_test || busy || next_step {
            return Some(self.now);
        }
        self.waits().into_iter().flatten().min()
    }

    /// When each delay ends that time alone brings to its end.
    pub(super) fn waits(&self) -> [Option<Instant>; 12] {
        [
            Some(self.drift_at + DRIFT_EVERY),
            Some(self.soc_told_at + SOC_EVERY),
            self.restarted_at.map(|at| at + RESTART_EVERY),
            self.protect.deadline(),
            self.flow.deadline(),
            self.switching.deadline(self.now),
            self.balance.deadline(self.now),
            self.soc.deadline(),
            self.story.deadline(),
            Some(self.persisted_at + PERSIST_EVERY),
            self.identify_until,
            self.sleep.deadline(),
        ]
    }

    /// Whether these readings would come out the same in every comparison as the last ones did, so
    /// that a quiet span may be passed with [`Input::Unchanged`].
    #[must_use]
    pub fn unmoved_by(&self, current: &CurrentFrame, cells: &CellsFrame<'_>) -> bool {
        let mut other = self.measure.clone();
        other.take_current(current, self.now);
        other.take_cells(cells, self.now);
        let look = |measure: &Measure| {
            let latest = measure.latest_current().ok()?;
            let reading = self.soc_reading(measure)?;
            Some((
                self.flow.seen(latest),
                self.switching.seen(latest, measure.port().ok()),
                self.balance.is_idle(latest),
                Port::observe(measure, self.switching.actual(), self.status_threshold),
                self.soc.is_tail(&reading),
                self.balance.candidates(measure),
            ))
        };
        let (Some(one), Some(two)) = (look(&self.measure), look(&other)) else {
            return false;
        };
        one == two
            && self.measure.flags(self.now) == other.flags(self.now)
            && self.protect.same_standings(&self.measure, &other)
    }
}
