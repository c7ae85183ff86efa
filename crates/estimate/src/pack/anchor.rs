//! What something else than sensors says of the charge: a person, a memory, or an end of the charge.

use cellward_units::{Duration, Ratio};

use super::{Member, Pack};
use crate::elementary::{sqrt, unit};
use crate::single;

/// How well a person knows the charge, one sigma. A *guess*: they read it off another display.
const TOLD: f32 = 0.01;
/// How well a held full voltage at a tail current tells the charge of the highest cell, one sigma: of the
/// tail's own drop and of the 20 mV below full that count as there. A *guess*; steep ends say more soon.
const FULL: f32 = 0.02;
/// What the lowest cell still has when its low voltage is cut off at a moderate current, and one sigma of
/// that. A *guess*: 1 to 4 % in the measured and simulated cells.
const EMPTY: (f32, f32) = (0.02, 0.02);
/// Rounds until the mean cell is found for a charge of the string: the cells lie on straight lines.
const ROUNDS: u8 = 4;

impl Pack<'_> {
    /// A person says what the charge is, 0 to 1. What the cells say later may still correct it.
    #[inline(never)]
    pub fn told(&mut self, charge: Ratio) {
        let mean = self.mean_at(charge);
        self.filter.place(mean, TOLD);
        self.watch.remember(mean);
        self.swings.forget();
    }

    /// The charge was remembered, 0 to 1, nobody knows how long ago. It may be far off, too.
    #[inline(never)]
    pub fn remember(&mut self, charge: Ratio) {
        let mean = self.mean_at(charge);
        self.filter.remember(mean);
        self.watch.remember(mean);
    }

    /// Where the mean cell stands when the string is at a charge.
    fn mean_at(&self, charge: Ratio) -> f32 {
        let charge = single::share(charge.clamped());
        let mut mean = charge;
        // Another cell may be the first to be empty there; it shows at once.
        for _ in 0..ROUNDS {
            let ends = self.ends(mean);
            let holds = self.members.get(ends.first_empty).map_or(1.0, Member::capacity);
            mean = unit(mean + (charge * ends.holds() - ends.left) / holds);
        }
        mean
    }

    /// The charge came to its end: voltage and tail current held for their time, so the highest cell is
    /// at `charge`, 0 to 1. Not taken while sensors contradict each other.
    #[inline(never)]
    pub fn full(&mut self, charge: Ratio) {
        let charge = single::share(charge.clamped());
        let highest = self.members.iter().map(Member::charge).fold(f32::NEG_INFINITY, f32::max);
        if self.anchor((charge, FULL), charge - highest) {
            self.since_full = Some(Duration::ZERO);
        }
    }

    /// The discharge came to its end: the voltage of the lowest cell was cut off at no more than half of
    /// 1C. Not taken while sensors contradict each other.
    #[inline(never)]
    pub fn empty(&mut self) {
        let lowest = self.members.iter().map(Member::charge).fold(f32::INFINITY, f32::min);
        self.anchor(EMPTY, EMPTY.0 - lowest);
    }

    /// The string stands at an end, to one sigma, and its mean cell at `mean`. Whether that is taken.
    fn anchor(&mut self, (charge, sigma): (f32, f32), mean: f32) -> bool {
        if self.watch.lies() {
            return false;
        }
        let swing = self.swings.anchor((charge, sigma), self.filter.offset());
        // That the count disagrees is explained by another capacity, if all of it went the right way.
        if self.watch.doubt().is_some() && swing.is_none() {
            return false;
        }
        let before = self.filter.figures();
        let mean = unit(mean);
        self.filter.place(mean, sigma);
        if let Some((ah, sigma_ah)) = swing {
            self.watch.anchored(mean);
            // Between two ends the string was measured, not its mean cell.
            let rated_ah = self.rated_ah * self.ends(mean).holds();
            let (seen, within) = (ah / rated_ah, sigma_ah / rated_ah);
            let (holds, sure) = (before.holds, before.within);
            let apart = (seen - holds).abs() / sqrt(within * within + sure * sure);
            if apart > 2.0 || within < sure {
                self.filter.holds(seen, within);
            }
        }
        true
    }
}

#[cfg(test)]
mod ends;
#[cfg(test)]
mod tests;
