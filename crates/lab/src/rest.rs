//! The rest voltage in steps of 1 %, from measured points and the shape of the runs at C/20.

use cellward_cell::OCV_POINTS;

use crate::slow::{Aligned, SlowPair};

/// Rest voltage in V at 0 % to 100 % in steps of 1 %.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct RestCurve([f64; OCV_POINTS]);

/// Charge of point `place`.
#[expect(clippy::cast_precision_loss, reason = "a hundred points are exact")]
pub(crate) fn soc_of(place: usize) -> f64 {
    place as f64 / (OCV_POINTS - 1) as f64
}

impl RestCurve {
    /// Straight lines between the measured points.
    pub(crate) fn straight(rest: &[(f64, f64)]) -> Self {
        Self(std::array::from_fn(|place| between(rest, soc_of(place))))
    }

    /// The mean of both runs, shifted so that it passes exactly through the measured points; at the
    /// ends, where one of them is missing, the shape of the other.
    pub(crate) fn shaped(rest: &[(f64, f64)], slow: &SlowPair, place: &Aligned) -> Self {
        let mut curve = Self::straight(rest);
        let gaps: Vec<(f64, Option<f64>)> = rest
            .iter()
            .map(|&(soc, volts)| (soc, slow.mean(place, soc).map(|mean| volts - mean)))
            .collect();
        for (number, pair) in gaps.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            let inside = (0..OCV_POINTS).filter(|&k| soc_of(k) > from.0 && soc_of(k) < to.0);
            let first = number == 0;
            let last = number + 2 == gaps.len();
            if first || last {
                // Near empty the discharge shows the bend, near full the charge.
                let side = usize::from(last);
                let shape: Vec<(usize, Option<f64>)> =
                    inside.map(|k| (k, slow.at(place, soc_of(k))[side])).collect();
                let (inner, outer) = if first { (to.0, from.0) } else { (from.0, to.0) };
                let run = |soc: f64| slow.at(place, soc)[side];
                curve.end(rest, &shape, (inner, run(inner)), (outer, run(outer)));
                continue;
            }
            let (Some(gap_from), Some(gap_to)) = (from.1, to.1) else { continue };
            for k in inside {
                let soc = soc_of(k);
                let share = (soc - from.0) / (to.0 - from.0);
                if let Some(mean) = slow.mean(place, soc) {
                    curve.0[k] = mean + gap_from + (gap_to - gap_from) * share;
                }
            }
        }
        curve
    }

    /// Puts the shape of one run between the last two measured points at one end: stretched when the
    /// run reaches the end, else shifted, and straight from where it stops.
    fn end(
        &mut self,
        rest: &[(f64, f64)],
        shape: &[(usize, Option<f64>)],
        (inner, inner_run): (f64, Option<f64>),
        (outer, outer_run): (f64, Option<f64>),
    ) {
        let Some(inner_run) = inner_run else { return };
        let (inner_v, outer_v) = (between(rest, inner), between(rest, outer));
        let mut known = vec![(inner, inner_v), (outer, outer_v)];
        for &(k, run) in shape {
            let Some(run) = run else { continue };
            let volts = match outer_run {
                Some(outer_run) => {
                    inner_v + (run - inner_run) / (outer_run - inner_run) * (outer_v - inner_v)
                }
                None => inner_v + run - inner_run,
            };
            known.push((soc_of(k), volts.clamp(inner_v.min(outer_v), inner_v.max(outer_v))));
        }
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        for &(k, _) in shape {
            self.0[k] = between(&known, soc_of(k));
        }
    }

    /// Rest voltage in V at `soc`, the ends beyond 0 and 1.
    pub(crate) fn at(&self, soc: f64) -> f64 {
        let steps = soc.clamp(0.0, 1.0) * soc_of(1).recip();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 100, and truncating is what is wanted"
        )]
        let below = (steps as usize).min(OCV_POINTS - 2);
        let share = steps - soc_of(below) * soc_of(1).recip();
        self.0[below] + share * (self.0[below + 1] - self.0[below])
    }

    /// The charge at which the cell rests at `volts`.
    pub(crate) fn soc_at(&self, volts: f64) -> f64 {
        let above = self.0.partition_point(|&point| point < volts);
        let Some(below) = above.checked_sub(1) else { return 0.0 };
        let Some(&high) = self.0.get(above) else { return 1.0 };
        soc_of(below) + (volts - self.0[below]) / (high - self.0[below]) * soc_of(1)
    }

    /// The table of a profile, in 0.1 mV, which rises strictly. Points that were measured stay where
    /// the others leave room for it.
    pub(crate) fn table(&self, rest: &[(f64, f64)]) -> [u16; OCV_POINTS] {
        #[expect(clippy::cast_possible_truncation, reason = "0 to 65000, as data allows it")]
        let mut counts = self.0.map(|volts| libm::round(volts * 1e4) as i32);
        let fixed = |k: usize| rest.iter().any(|(soc, _)| (soc - soc_of(k)).abs() < 1e-9);
        let mut next_fixed = OCV_POINTS - 1;
        let mut room = [(0, 0); OCV_POINTS];
        for k in (0..OCV_POINTS).rev() {
            room[k] = (next_fixed, next_fixed - k);
            if fixed(k) {
                next_fixed = k;
                room[k] = (k, 0);
            }
        }
        for k in 1..OCV_POINTS {
            let (place, steps) = room[k];
            let top = counts[place] - i32::try_from(steps).unwrap_or(0);
            counts[k] = counts[k].min(top).max(counts[k - 1] + 1);
        }
        counts.map(|count| u16::try_from(count.max(0)).unwrap_or(u16::MAX))
    }
}

/// Straight between the nearest two of `points`, which are sorted; the ends beyond them.
pub(crate) fn between(points: &[(f64, f64)], x: f64) -> f64 {
    let after = points.partition_point(|point| point.0 < x);
    let Some(before) = after.checked_sub(1) else {
        return points.first().map_or(0.0, |point| point.1);
    };
    let (from, Some(to)) = (points[before], points.get(after)) else {
        return points.last().map_or(0.0, |point| point.1);
    };
    from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0)
}
