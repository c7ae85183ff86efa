//! What the string can give and take, what it still has, and how long that lasts. Advice: nothing that
//! protects uses it.

use cellward_units::{Current, Duration, Energy, Power, Ratio, Temperature, Voltage};

use super::{Ends, Pack, Stand};
use crate::filter::{At, MOST, Way};
use crate::single;

/// Limits of the voltage of each cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellLimits {
    /// No cell may be below this.
    pub lowest: Voltage,
    /// No cell may be above this.
    pub highest: Voltage,
}

/// A current that can be held, and the power of the string at its end; neither is negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rating {
    /// Current.
    pub current: Current,
    /// Power of all cells together.
    pub power: Power,
}

/// What can be held for ten seconds, at most 3C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TenSeconds {
    /// While charging.
    pub charge: Rating,
    /// While discharging.
    pub discharge: Rating,
}

/// What is left and what is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reserve {
    /// Energy that can be taken out until the first cell is empty, slowly.
    pub left: Energy,
    /// Energy that can be put in until the first cell is full, slowly.
    pub missing: Energy,
    /// Time until the first cell is empty at the mean current of the last minutes; `None` while the pack
    /// is discharged by no more than 0.2 % of 1C, with which it would last three weeks.
    pub to_empty: Option<Duration>,
    /// The same until the first cell is full.
    pub to_full: Option<Duration>,
}

/// Part of the way from the best guess of the charge to its unfavourable bound that is stood on: one
/// sigma.
const WARY: f32 = 0.5;
/// Up to this part of 1C nothing flows that a time could be told of.
const IDLE: f32 = 0.002;

impl Pack<'_> {
    /// What can be held for ten seconds from now. The cell that holds the least decides.
    #[inline(never)]
    #[must_use]
    pub fn ten_seconds(&self, limits: &CellLimits, temperature: Temperature) -> TenSeconds {
        let Stand { low, soc, high, common, .. } = self.stand();
        let mean = common.soc;
        self.ratings(mean + WARY * (low - soc), mean + WARY * (high - soc), limits, temperature)
    }

    /// The same if the mean cell stood at `charge`, whatever is believed.
    #[must_use]
    pub fn ten_seconds_at(
        &self,
        charge: Ratio,
        limits: &CellLimits,
        temperature: Temperature,
    ) -> TenSeconds {
        let mean = single::share(charge);
        self.ratings(mean, mean, limits, temperature)
    }

    /// What can be held with a mean cell at these charges: the lower for what is taken out, the higher for
    /// what is put in.
    fn ratings(&self, low: f32, high: f32, limits: &CellLimits, t: Temperature) -> TenSeconds {
        TenSeconds {
            charge: self.rating(Way::Charge, high, limits.highest, t),
            discharge: self.rating(Way::Discharge, low, limits.lowest, t),
        }
    }

    fn rating(&self, way: Way, mean: f32, limit: Voltage, temperature: Temperature) -> Rating {
        let limit = single::volts(limit);
        let mut most = MOST;
        for member in &self.members {
            let at = At {
                soc: mean + member.charge(),
                resistance: member.resistance(),
                capacity: member.capacity(),
            };
            // Neither the emptiest cell nor the one with the most resistance need be the weakest. Each is
            // looked at once, and closer only where it holds less than those before.
            most = self.filter.ten_seconds(&at, way, limit, temperature, most);
        }
        let all = At { soc: mean, resistance: 1.0, capacity: 1.0 };
        let volts = self.filter.after_ten_seconds(&all, way, most, temperature).max(0.0);
        let amps = most * self.filter.size();
        let current = single::current(amps);
        let power = single::power(volts * single::count(self.members.len()) * amps);
        Rating { current, power }
    }

    /// What is left and what is missing.
    #[inline(never)]
    #[must_use]
    pub fn reserve(&self) -> Reserve {
        let common = self.filter.figures();
        let mean = common.soc;
        let Ends { left, free, .. } = self.ends(mean);
        let cells = single::count(self.members.len());
        let each = cells * self.filter.size();
        let energy = |from: f32, to: f32| single::energy(self.filter.energy(from, to) * each);
        let holds_ah = common.holds * self.rated_ah;
        let time = |share: f32, amps: f32| {
            let hours = share * holds_ah / amps;
            (amps > IDLE * self.rated_ah).then(|| single::duration(hours))
        };
        Reserve {
            // The same charge as the times count; with larger cells than the mean it may reach beyond
            // the ends, where the voltage is that of the end.
            left: energy(mean - left, mean),
            missing: energy(mean, mean + free),
            to_empty: time(left, -self.flow),
            to_full: time(free, self.flow),
        }
    }
}

#[cfg(test)]
mod tests;
