//! A curve over the state of charge, looked up without a search.

/// Lowest state of charge in the table; below it the line of the first step goes on.
pub(crate) const LOWEST: f64 = -0.10;
/// Highest state of charge in the table; above it the line of the last step goes on.
pub(crate) const HIGHEST: f64 = 1.10;
/// Steps per unit of state of charge: 0.5 % each.
const STEPS_PER_UNIT: f64 = 200.0;
/// Steps from -10 % to 110 %.
const STEPS: usize = 240;

/// A curve over the state of charge, resampled to even steps.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    points: [f64; STEPS + 1],
}

/// A value of a curve with its rise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// The value.
    pub(crate) value: f64,
    /// How much it rises per unit of state of charge.
    pub(crate) slope: f64,
}

impl Curve {
    /// Straight lines between the knots.
    pub(crate) fn through(knots: &[[f64; 2]]) -> Self {
        let mut points = [0.0; STEPS + 1];
        for (step, point) in (0_u32..).zip(points.iter_mut()) {
            *point = between(knots, LOWEST + f64::from(step) / STEPS_PER_UNIT);
        }
        Self { points }
    }

    /// Value and slope at a state of charge.
    #[inline]
    pub(crate) fn at(&self, soc: f64) -> Spot {
        let steps = (soc - LOWEST) * STEPS_PER_UNIT;
        // A float cast saturates, so what lies below the table uses its first step.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is held inside of the table on the same line"
        )]
        let place = (steps as u32).min(STEPS as u32 - 1);
        let here = place as usize;
        let (low, high) = (self.points[here], self.points[here + 1]);
        let share = steps - f64::from(place);
        Spot { value: low + (high - low) * share, slope: (high - low) * STEPS_PER_UNIT }
    }

    /// Whether every step rises by more than nothing.
    pub(crate) fn rises(&self) -> bool {
        self.points.windows(2).all(|pair| pair[0] < pair[1])
    }

    /// Whether no step rises.
    pub(crate) fn never_rises(&self) -> bool {
        self.points.windows(2).all(|pair| pair[0] >= pair[1])
    }
}

/// The height of the line through the knots at `x`; flat beyond the ends.
fn between(knots: &[[f64; 2]], x: f64) -> f64 {
    let Some(&first) = knots.first() else { return 0.0 };
    let mut before = first;
    for &knot in knots {
        if x <= knot[0] {
            let width = knot[0] - before[0];
            if width <= 0.0 {
                return knot[1];
            }
            return before[1] + (knot[1] - before[1]) * (x - before[0]) / width;
        }
        before = knot;
    }
    before[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bent() -> Curve {
        Curve::through(&[[-0.1, 0.0], [0.5, 3.0], [1.0, 3.5], [1.1, 5.5]])
    }

    #[test]
    fn a_look_up_between_two_steps_lies_on_the_line() {
        let curve = bent();
        assert!((curve.at(0.5).value - 3.0).abs() < 1e-9);
        assert!((curve.at(0.7525).value - 3.2525).abs() < 1e-9);
        assert!((curve.at(0.7525).slope - 1.0).abs() < 1e-9);
        assert!((curve.at(1.0025).slope - 20.0).abs() < 1e-6);
    }

    #[test]
    fn beyond_the_table_the_last_line_goes_on() {
        let curve = bent();
        assert!((curve.at(1.2).value - 7.5).abs() < 1e-6);
        assert!((curve.at(-0.2).value + 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_flat_step_does_not_rise() {
        assert!(bent().rises() && !bent().never_rises());
        let flat = Curve::through(&[[-0.1, 1.0], [1.1, 1.0]]);
        assert!(!flat.rises() && flat.never_rises());
    }
}
