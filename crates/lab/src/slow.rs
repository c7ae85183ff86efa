//! Runs at C/20, and what they tell of the capacity.

use crate::{Error, Log};

/// C/20 of a cell of 100 Ah, in A.
pub(crate) const SLOW_A: f64 = 5.0;

/// A run at C/20: charge taken out in Ah of a cell of 100 Ah, and V, where the current was C/20.
pub(crate) struct SlowRun {
    points: Vec<(f64, f64)>,
    /// Whether charge is taken out.
    discharge: bool,
}

impl SlowRun {
    /// What of a recording was C/20, within a fifth.
    pub(crate) fn new(log: &Log, discharge: bool) -> Result<Self, Error> {
        let sign = if discharge { 1.0 } else { -1.0 };
        let rows = log.taken().into_iter().zip(&log.volts).zip(&log.amps).skip(1);
        let points: Vec<(f64, f64)> = rows
            .filter(|(_, amps)| (0.8..=1.2).contains(&(sign * **amps / SLOW_A)))
            .map(|((taken, volts), _)| (taken, *volts))
            .collect();
        if points.len() < 20 {
            let which = if discharge { "c20_discharge" } else { "c20_charge" };
            return Err(Error::Nonsense(format!(
                "{which} has only {} rows with a current of C/20 ({}): is the rated capacity right?",
                points.len(),
                if discharge { "positive" } else { "negative" },
            )));
        }
        Ok(Self { points, discharge })
    }

    /// Voltage where `taken` Ah have been taken out; `None` where the run did not come.
    fn at(&self, taken: f64) -> Option<f64> {
        let after = if self.discharge {
            self.points.partition_point(|point| point.0 < taken)
        } else {
            self.points.partition_point(|point| point.0 > taken)
        };
        let (from, to) = (self.points.get(after.checked_sub(1)?)?, self.points.get(after)?);
        Some(from.1 + (to.1 - from.1) * (taken - from.0) / (to.0 - from.0))
    }

    /// How much charge flowed, in Ah of a cell of 100 Ah.
    fn span(&self) -> f64 {
        let ends = self.points.first().zip(self.points.last());
        ends.map_or(0.0, |(first, last)| (last.0 - first.0).abs())
    }
}

/// Where both runs lie over the charge of the cell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Aligned {
    /// True capacity, in Ah of a cell rated 100 Ah.
    pub(crate) capacity_ah: f64,
    /// Charge at which the discharge starts, in parts of one.
    pub(crate) full: f64,
    /// Charge at which the charge starts, in parts of one.
    pub(crate) empty: f64,
    /// Mean distance of the mean of both from the rest voltages, in V.
    pub(crate) misfit_v: f64,
}

/// Both runs at C/20.
pub(crate) struct SlowPair {
    discharge: SlowRun,
    charge: SlowRun,
}

impl SlowPair {
    pub(crate) fn new([discharge, charge]: &[Log; 2]) -> Result<Self, Error> {
        Ok(Self { discharge: SlowRun::new(discharge, true)?, charge: SlowRun::new(charge, false)? })
    }

    /// Voltage while discharging and while charging at `soc`, as far as they came.
    pub(crate) fn at(&self, place: &Aligned, soc: f64) -> [Option<f64>; 2] {
        [
            self.discharge.at((place.full - soc) * place.capacity_ah),
            self.charge.at((place.empty - soc) * place.capacity_ah),
        ]
    }

    /// The mean of both at `soc`.
    pub(crate) fn mean(&self, place: &Aligned, soc: f64) -> Option<f64> {
        let [discharge, charge] = self.at(place, soc);
        Some(0.5 * (discharge? + charge?))
    }

    /// Finds capacity and both starts together, so that the mean of both runs passes the rest
    /// voltages.
    ///
    /// A coarse net over all three, then smaller and finer ones around the best. Where the rest voltage is steep
    /// a distance in voltage is a small one in charge, so it counts less there.
    pub(crate) fn align(&self, rest: &[(f64, f64)]) -> Result<Aligned, Error> {
        let most = self.discharge.span().max(self.charge.span());
        let mut best = Aligned { capacity_ah: most, full: 1.0, empty: 0.0, misfit_v: 0.0 };
        let mut best_cost = f64::INFINITY;
        let mut steps = [0.005 * most, 0.004, 0.004];
        let mut nets = [(-6, 30), (-14, 5), (-5, 20)];
        for _ in 0..60 {
            let centre = best;
            for capacity in nets[0].0..=nets[0].1 {
                let capacity_ah = centre.capacity_ah + f64::from(capacity) * steps[0];
                for full in nets[1].0..=nets[1].1 {
                    let full = centre.full + f64::from(full) * steps[1];
                    for empty in nets[2].0..=nets[2].1 {
                        let empty = centre.empty + f64::from(empty) * steps[2];
                        let place = Aligned { capacity_ah, full, empty, misfit_v: 0.0 };
                        let Some((cost, misfit_v)) = self.cost(&place, rest) else { continue };
                        if cost < best_cost {
                            (best, best_cost) = (Aligned { misfit_v, ..place }, cost);
                        }
                    }
                }
            }
            if !best_cost.is_finite() {
                break;
            }
            // Capacity and starts pull at each other, so the best may lie along a narrow valley: the
            // net is moved for as long as that helps, and only then made finer.
            if best == centre {
                steps = steps.map(|step| step * 0.5);
            }
            nets = [(-3, 3); 3];
        }
        // A cell whose runs miss its own rest voltages by 20 mV is not that cell.
        if best.misfit_v > 0.02 || !best_cost.is_finite() {
            return Err(Error::Nonsense(
                "the runs at C/20 do not fit the rest voltages: they belong to another cell, or do \
                 not go from nearly full to nearly empty and back"
                    .to_owned(),
            ));
        }
        Ok(best)
    }

    /// How badly the mean of both runs misses the rest voltages between the ends, and by how many V
    /// on average; `None` where both runs do not cover nearly all of them.
    fn cost(&self, place: &Aligned, rest: &[(f64, f64)]) -> Option<(f64, f64)> {
        let (mut cost, mut misfit, mut count) = (0.0, 0.0, 0_u32);
        for window in rest.windows(3) {
            let Some(mean) = self.mean(place, window[1].0) else { continue };
            let away = (mean - window[1].1).abs();
            let slope = ((window[2].1 - window[0].1) / (window[2].0 - window[0].0)).max(0.05);
            cost += (away / (1.0 + slope * 2.0)).min(0.02);
            misfit += away;
            count += 1;
        }
        let all = rest.len().saturating_sub(2);
        let count_all = f64::from(count);
        (count as usize * 10 >= all * 9 && count > 0)
            .then(|| (cost / count_all, misfit / count_all))
    }
}
