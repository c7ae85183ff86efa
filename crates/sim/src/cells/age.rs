//! How cells grow old: on the shelf with the root of time, faster when warm, and by what flows
//! through them. Both take capacity and add resistance; what is lost of the lithium lets the
//! electrodes slide, so that the features of the rest curve move (see [`Figures::rest`]).

use cellward_params::MAX_CELLS;

use super::{Cells, OLDER_EVERY, PerCell, arrhenius};
use crate::chemistry::Figures;

/// Seconds of a year.
const YEAR: f64 = 365.25 * 86_400.0;

/// More than this share of the capacity is never lost: a cell stays a cell.
const MOST_LOST: f64 = 0.5;

/// The age of each cell.
#[derive(Clone, Debug)]
pub(super) struct Age {
    /// Square of the share that the shelf took: it grows evenly with time.
    shelf: PerCell,
    /// Share that cycles took.
    cycled: PerCell,
    /// Both together, held; what is told below is made from it.
    lost: PerCell,
}

impl Age {
    /// New cells.
    pub(super) const NEW: Self =
        Self { shelf: [0.0; MAX_CELLS], cycled: [0.0; MAX_CELLS], lost: [0.0; MAX_CELLS] };

    /// What is left of the capacity of the new cell.
    fn held(&self, cell: usize) -> f64 {
        1.0 - self.lost[cell]
    }

    /// What is left of its lithium.
    #[inline]
    pub(super) fn kept(&self, cell: usize, figures: &Figures) -> f64 {
        1.0 - figures.ageing.lithium * self.lost[cell]
    }

    /// Resistances against those of the new cell.
    #[inline]
    pub(super) fn stiffer(&self, cell: usize, figures: &Figures) -> f64 {
        1.0 + figures.ageing.growth * self.lost[cell]
    }

    fn add(&mut self, cell: usize, shelf: f64, cycled: f64) {
        self.shelf[cell] += shelf;
        self.cycled[cell] += cycled;
        self.lost[cell] = (libm::sqrt(self.shelf[cell]) + self.cycled[cell]).min(MOST_LOST);
    }
}

impl Cells {
    /// Lets cells be as old as after so many years at 25 °C and full cycles; their states of
    /// charge stay.
    pub(crate) fn grow_old(&mut self, years: f64, cycles: f64) {
        let ageing = &self.figures.ageing;
        let per_root_year = ageing.calendar_per_root_year;
        for cell in 0..self.count {
            self.age.add(cell, per_root_year * per_root_year * years, ageing.per_cycle * cycles);
        }
        self.size();
        self.refresh();
    }

    /// So much has flowed, in As in either direction, within so many seconds. Every hour the
    /// cells are told.
    pub(crate) fn wear(&mut self, flowed: f64, seconds: f64) {
        self.through += flowed;
        self.passed += seconds;
        if self.passed < OLDER_EVERY {
            return;
        }
        let ageing = &self.figures.ageing;
        for cell in 0..self.count {
            let rate = ageing.calendar_per_root_year
                * arrhenius(ageing.calendar_activation_k, self.warmth[cell]);
            let cycles = self.through / (2.0 * self.fresh[cell]);
            self.age.add(cell, rate * rate * self.passed / YEAR, ageing.per_cycle * cycles);
        }
        self.through = 0.0;
        self.passed = 0.0;
        self.size();
    }

    /// Makes what follows from the capacity.
    pub(super) fn size(&mut self) {
        for cell in 0..self.count {
            self.capacity[cell] = self.fresh[cell] * self.age.held(cell);
            self.share[cell] = 1.0 / self.capacity[cell];
            self.follow[cell] = self.figures.hysteresis.rate * self.share[cell];
        }
    }
}
