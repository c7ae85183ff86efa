//! What a cell can give and take for ten seconds, and what it still has.

use super::Filter;
use super::law::Law;
use crate::elementary::{exp, unit};
use crate::single;
use cellward_units::Temperature;

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
        let law = Law::at(single::celsius(temperature));
        let capacity = self.cell.capacity_ah() * best.capacity(&self.cell) * cell.capacity;
        let moved = way.sign() * amps * HELD / 3_600.0 / capacity;
        let soc = unit(cell.soc);
        let mut drop = law.drop(self.cell.at_once(soc), self.cell.ten_seconds(soc), amps);
        let mut left = 0.0;
        for branch in 0..2 {
            let kept = exp(-HELD / self.cell.time_constant(branch));
            drop += self.cell.slow(branch, soc) * (1.0 - kept) * law.slow() * amps;
            left += self.circuit.slow(branch) * kept;
        }
        // As resistance is counted, what flows now counts positive while discharging.
        let factor = best.resistance() * cell.resistance;
        let rest = self.cell.ocv(unit(soc + moved), &best.span(&self.cell));
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
        let holds = |amps: f32| {
            let volts = self.after_ten_seconds(cell, way, amps, temperature);
            way.sign() * (volts - limit) < f32::MIN_POSITIVE
        };
        if holds(most) {
            return most;
        }
        let (mut low, mut high) = (0.0, most);
        for _ in 0..12 {
            let middle = 0.5 * (low + high);
            if holds(middle) { low = middle } else { high = middle }
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
            self.cell.ocv(unit(middle), &span)
        });
        volts.sum::<f32>() * piece * self.cell.capacity_ah() * best.capacity(&self.cell)
    }

    /// Amperes of this cell for each of one of the reference capacity.
    pub(crate) fn size(&self) -> f32 {
        1.0 / self.cell.scale()
    }
}

#[cfg(test)]
mod tests {
    use cellward_cell::{KNOTS, LOSSES, OCV_POINTS, Profile};
    use cellward_units::{Charge, Ratio};

    use super::*;

    const ROOM: Temperature = Temperature::from_celsius(25);
    const MEAN: At = At { soc: 0.5, resistance: 1.0, capacity: 1.0 };

    /// 3 V to 4 V, and 1 mΩ at once.
    static PROFILE: Profile = Profile {
        capacity_ppm: 1_000_000,
        ocv: {
            let mut ocv = [30_000; OCV_POINTS];
            let mut place = 1;
            while place < OCV_POINTS {
                ocv[place] = ocv[place - 1] + 100;
                place += 1;
            }
            ocv
        },
        negative: [1_000; OCV_POINTS],
        slides: [[0, 10_000, 0, 10_000]; LOSSES.len()],
        hysteresis: 0,
        hysteresis_rate: 60,
        resistance: [[1_000; KNOTS.len()], [0; KNOTS.len()], [0; KNOTS.len()]],
        time_constant: [10, 100],
        miss: 0,
    };

    fn filter(ah: i32) -> Filter<'static> {
        let rated = Charge::from_milliamp_hours(ah * 1_000);
        Filter::new(&PROFILE, rated, Some(Ratio::from_permille(500))).unwrap()
    }

    #[test]
    fn without_current_a_rested_cell_stays_at_its_rest_voltage() {
        for (soc, volts) in [(-0.2, 3.0), (0.0, 3.0), (0.25, 3.25), (1.0, 4.0), (1.3, 4.0)] {
            for way in [Way::Charge, Way::Discharge] {
                let after = filter(100).after_ten_seconds(&At { soc, ..MEAN }, way, 0.0, ROOM);
                assert!((after - volts).abs() < 1e-5, "{soc}: {after}");
            }
        }
    }

    #[test]
    fn at_1c_and_25_degrees_it_moves_by_its_resistance_and_by_the_charge() {
        let filter = filter(100);
        let capacity = 100.0 * filter.figures().holds;
        let moved = 0.1 + 100.0 * 10.0 / 3_600.0 / capacity;
        for (way, sign) in [(Way::Charge, 1.0), (Way::Discharge, -1.0)] {
            let after = filter.after_ten_seconds(&MEAN, way, 100.0, ROOM);
            assert!((after - 3.5 - sign * moved).abs() < 1e-4, "{after}");
            let cold = filter.after_ten_seconds(&MEAN, way, 100.0, Temperature::from_celsius(-10));
            assert!(sign * (cold - after) > 0.05, "{cold} after {after}");
        }
    }

    #[test]
    fn a_cell_exactly_at_the_limit_with_the_most_holds_the_most_and_a_hair_less_does_not() {
        let filter = filter(100);
        for (way, sign) in [(Way::Charge, 1.0), (Way::Discharge, -1.0)] {
            let limit = filter.after_ten_seconds(&MEAN, way, 80.0, ROOM);
            let found = |limit| filter.ten_seconds(&MEAN, way, limit, ROOM, 80.0);
            assert!((found(limit) - 80.0).abs() < 1e-9, "{}", found(limit));
            let less = found(limit - sign * 1e-4);
            assert!(less < 80.0 && less > 79.0, "{less}");
            // What another cell cannot hold does not matter.
            let more = filter.ten_seconds(&MEAN, way, limit, ROOM, MOST);
            assert!(more <= 80.0 && more > 79.9, "{more}");
        }
    }

    #[test]
    fn energy_is_the_charge_times_the_voltage_in_the_middle_and_nothing_backwards() {
        let filter = filter(280);
        let holds = 100.0 * filter.figures().holds;
        for (from, to, volts) in
            [(0.0, 1.0, 3.5), (0.2, 0.4, 3.3), (-0.1, 0.0, 3.0), (1.0, 1.2, 4.0)]
        {
            let found = filter.energy(from, to);
            let wanted = holds * (to - from) * volts;
            assert!((found / wanted - 1.0).abs() < 1e-4, "{from} to {to}: {found} for {wanted}");
        }
        assert!(filter.energy(0.4, 0.4).abs() < 1e-9);
        assert!(filter.energy(0.5, 0.4).abs() < 1e-9);
    }

    #[test]
    fn a_cell_of_280_ah_carries_2_8_times_what_one_of_100_does() {
        for (ah, size) in [(280, 2.8), (100, 1.0), (5, 0.05)] {
            assert!((filter(ah).size() / size - 1.0).abs() < 1e-6);
        }
    }
}
