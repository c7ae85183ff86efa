//! What a cell can give and take for ten seconds, and what it still has.

use super::law::Law;
use super::{Filter, small};
use cellward_units::Temperature;
use libm::expf;

/// How long a power must be held, in s.
const HELD: f32 = 10.0;
/// Most current, in A of a cell of the reference capacity: 3C.
pub(crate) const MOST: f32 = 300.0;

/// Which way current flows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Charge,
    Discharge,
}

impl Way {
    /// Sign of a current that charges for positive.
    const fn sign(self) -> f32 {
        match self {
            Self::Charge => 1.0,
            Self::Discharge => -1.0,
        }
    }
}

/// A cell of the string as its power needs it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct At {
    /// State of charge.
    pub(crate) soc: f32,
    /// Resistance over that of the mean cell.
    pub(crate) resistance: f32,
    /// Capacity over that of the mean cell.
    pub(crate) capacity: f32,
}

impl Filter<'_> {
    /// Voltage of a cell in V after ten seconds of `amps`, which is not negative and of a cell of the
    /// reference capacity.
    pub(crate) fn after_ten_seconds(
        &self,
        cell: &At,
        way: Way,
        amps: f32,
        temperature: Temperature,
    ) -> f32 {
        let Some(best) = self.bank.best() else {
            return 0.0;
        };
        let law = Law::at(small(temperature.to_celsius_f64()));
        let capacity = self.cell.capacity_ah() * best.capacity(&self.cell) * cell.capacity;
        let moved = way.sign() * amps * HELD / 3_600.0 / capacity;
        let soc = cell.soc.clamp(0.0, 1.0);
        let mut drop = law.drop(self.cell.at_once(soc), self.cell.ten_seconds(soc), amps);
        let mut left = 0.0;
        for branch in 0..2 {
            let kept = expf(-HELD / self.cell.time_constant(branch));
            drop += self.cell.slow(branch, soc) * (1.0 - kept) * law.slow() * amps;
            left += self.circuit.slow(branch) * kept;
        }
        // As resistance is counted, what flows now counts positive while discharging.
        let factor = best.resistance() * cell.resistance;
        let rest = self.cell.ocv((soc + moved).clamp(0.0, 1.0), &best.span(&self.cell));
        rest + factor * (way.sign() * drop - left)
    }

    /// Largest current for ten seconds, in A of a cell of the reference capacity, that keeps the cell on
    /// this side of `limit` V; 0 to `most`. A cell that holds `most` is looked at once.
    pub(crate) fn ten_seconds(
        &self,
        cell: &At,
        way: Way,
        limit: f32,
        temperature: Temperature,
        most: f32,
    ) -> f32 {
        let over =
            |amps: f32| way.sign() * (self.after_ten_seconds(cell, way, amps, temperature) - limit);
        if over(most) <= 0.0 {
            return most;
        }
        let (mut low, mut high) = (0.0, most);
        for _ in 0..12 {
            let middle = 0.5 * (low + high);
            if over(middle) <= 0.0 { low = middle } else { high = middle }
        }
        low
    }

    /// Energy in Wh of a cell of the reference capacity between two charges, which rise, at a current
    /// that is as slow as makes no drop.
    pub(crate) fn energy(&self, from: f32, to: f32) -> f32 {
        let Some(best) = self.bank.best() else {
            return 0.0;
        };
        /// Pieces that the way is cut into.
        const PIECES: u8 = 24;
        let span = best.span(&self.cell);
        let piece = (to - from).max(0.0) / f32::from(PIECES);
        let volts = (0..PIECES).map(|k| {
            let middle = from + (f32::from(k) + 0.5) * piece;
            self.cell.ocv(middle.clamp(0.0, 1.0), &span)
        });
        volts.sum::<f32>() * piece * self.cell.capacity_ah() * best.capacity(&self.cell)
    }

    /// Amperes of this cell for each of one of the reference capacity.
    pub(crate) fn size(&self) -> f32 {
        1.0 / self.cell.scale()
    }
}
