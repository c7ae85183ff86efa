//! What was measured, for whoever estimates the charge apart from the engine.

use cellward_params::MAX_CELLS;
use cellward_units::{Charge, Current, Instant, NoData, Ratio, Temperature, Voltage};
use heapless::Vec;

use crate::engine::Bms;
use crate::measure::CELLS_AGE;
use crate::snapshot::unless_stale;

/// The last readings, calibrated, and what was counted between them.
#[derive(Clone, PartialEq, Debug)]
pub struct Readings {
    /// Each cell from B- up.
    pub cells: Vec<Result<Voltage, NoData>, MAX_CELLS>,
    /// The latest current; positive charges.
    pub current: Result<Current, NoData>,
    /// Mean of those cell sensors that show a temperature; `None` where none does.
    pub temperature: Option<Temperature>,
    /// Charge that ever went in, less what came out: its change is what flowed.
    pub flown: Charge,
    /// Changes whenever something may have flowed that was not counted.
    pub gaps: u16,
    /// Cells that are bled: bit 0 is the first.
    pub bled: u32,
}

impl Bms {
    /// The true state of charge, 0 to 1; `None` while it cannot be known.
    #[must_use]
    pub fn charge(&self) -> Option<Ratio> {
        self.soc.truth()
    }

    /// The last readings, and what was counted. What has grown stale says so.
    #[must_use]
    pub fn readings(&self, now: Instant) -> Readings {
        let now = now.max(self.now);
        let measure = &self.measure;
        let stale = measure.cells_age(now) > CELLS_AGE;
        let charged = self.counters.charged().as_steps();
        let discharged = self.counters.discharged().as_steps();
        Readings {
            cells: measure.cells().map(|cell| unless_stale(cell, stale)).collect(),
            current: measure.current(now),
            temperature: mean(measure.temperatures().flatten()),
            flown: Charge::from_steps(charged.saturating_sub(discharged)),
            gaps: self.counters.gaps(),
            bled: self.balance.bleed(),
        }
    }
}

/// `None` of nothing.
fn mean(temperatures: impl Iterator<Item = Temperature>) -> Option<Temperature> {
    let (sum, count) = temperatures.fold((0_i32, 0_i32), |(sum, count), one| {
        (sum.saturating_add(one.as_millicelsius()), count.saturating_add(1))
    });
    sum.checked_div(count).map(Temperature::from_millicelsius)
}
