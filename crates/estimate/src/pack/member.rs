//! One cell of a string, as it differs from the mean of all.
//!
//! All cells see the same current sensor and much of the same voltage error, so that what they differ by
//! is known far better than what they are: where the curve is steep, to parts of a point.

use super::Common;
use super::saved::Kept;
use crate::elementary::{sqrt, within};

/// What a cell differs by: charge, resistance, capacity.
const STATES: usize = 3;

/// Largest difference of the charge, one sigma: cells that were never balanced.
const CHARGE: f32 = 0.05;
/// Resistance over the mean less one, one sigma. A *guess*: cells of one batch.
const RESISTANCE: f32 = 0.2;
/// Capacity over the mean less one, one sigma. Source: matched cells of grade A lie within 2 %; a
/// string in use has aged apart.
const CAPACITY: f32 = 0.03;
/// Noise of one look, one sigma in V. Channels of one chip differ by up to 3 mV, and always by the same;
/// looks that follow each other must not make that certain.
const NOISE: f32 = 15e-3;
/// What the charge drifts apart by on its own, one sigma in parts of the capacity, per root of an hour:
/// self-discharge that differs by 2 % in a month.
const DRIFT: f32 = 2e-5;
/// Where differences are held: beyond, it is another cell.
const MOST: [f32; STATES] = [0.6, 2.0, 0.4];

/// One cell of a string, 40 bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Member {
    state: [f32; STATES],
    /// Covariance: the three variances, then charge with resistance, charge with capacity, resistance
    /// with capacity.
    variance: [f32; STATES],
    cross: [f32; STATES],
    /// Sum of what its voltage differed by since the last look, each times its seconds.
    sum: f32,
}

impl Member {
    pub(super) const fn new() -> Self {
        Self {
            state: [0.0; STATES],
            variance: [CHARGE * CHARGE, RESISTANCE * RESISTANCE, CAPACITY * CAPACITY],
            cross: [0.0; STATES],
            sum: 0.0,
        }
    }

    /// One that was remembered, as far as a sigma says.
    pub(super) fn remembered([charge, resistance, capacity, sigma @ ..]: Kept) -> Self {
        let state = [charge, resistance, capacity];
        let mut one = Self::new();
        for (((own, most), value), (variance, sigma)) in
            one.state.iter_mut().zip(MOST).zip(state).zip(one.variance.iter_mut().zip(sigma))
        {
            if value.is_finite() && sigma.is_finite() {
                *own = within(value, most);
                *variance = (sigma * sigma).max(1e-10).min(*variance);
            }
        }
        one
    }

    /// Charge over that of the mean cell.
    pub(super) const fn charge(&self) -> f32 {
        self.state[0]
    }

    /// Resistance over that of the mean cell, 1 is the same.
    pub(super) fn resistance(&self) -> f32 {
        (1.0 + self.state[1]).max(0.05)
    }

    /// Capacity over that of the mean cell, 1 is the same.
    pub(super) fn capacity(&self) -> f32 {
        1.0 + self.state[2]
    }

    /// What is worth keeping over a restart.
    pub(super) fn kept(&self) -> Kept {
        let [[a, b, c], [d, e, f]] = [self.state, self.sigma()];
        [a, b, c, d, e, f]
    }

    /// One sigma of each difference.
    pub(super) fn sigma(&self) -> [f32; STATES] {
        self.variance.map(sqrt)
    }

    /// Its voltage lay `above` the mean for so many seconds.
    pub(super) fn sum(&mut self, above: f32, seconds: f32) {
        self.sum += above * seconds;
    }

    /// Bled by this share of its capacity.
    pub(super) fn bleed(&mut self, share: f32) {
        self.state[0] -= share;
    }

    /// Takes in a look, in which its voltage was heard for so many seconds, or not. `ocv` is the rest voltage
    /// at a charge.
    pub(super) fn look(&mut self, common: &Common, seconds: f32, ocv: impl Fn(f32) -> f32) {
        self.predict(common);
        if seconds > 0.0 {
            self.update(common, self.sum / seconds, ocv);
        }
        self.sum = 0.0;
        for (state, most) in self.state.iter_mut().zip(MOST) {
            *state = within(*state, most);
        }
    }

    /// The same charge moves a smaller cell by more.
    fn predict(&mut self, common: &Common) {
        let moved = common.moved;
        let more = moved * (1.0 / self.capacity() - 1.0);
        self.state[0] += more;
        let by = -moved;
        let [_, _, capacity] = self.variance;
        let [_, charge_capacity, resistance_capacity] = self.cross;
        self.variance[0] +=
            by * (2.0 * charge_capacity + by * capacity) + DRIFT * DRIFT * common.seconds / 3_600.0;
        self.cross[0] += by * resistance_capacity;
        self.cross[1] += by * capacity;
    }

    #[inline(never)]
    fn update(&mut self, common: &Common, above: f32, ocv: impl Fn(f32) -> f32) {
        let soc = common.soc + self.state[0];
        let mean = ocv(common.soc);
        let sigma = sqrt(self.variance[0]).max(1e-3).min(0.1);
        // Over the width of what is not known, as a plateau beside a knee is no slope.
        let slope = (ocv(soc + sigma) - ocv(soc - sigma)) / (2.0 * sigma);
        let expected = ocv(soc) - mean - common.drop * self.state[1];
        let tells = [slope, -common.drop, 0.0];
        let [charge, resistance, _] = self.variance;
        let [charge_resistance, charge_capacity, resistance_capacity] = self.cross;
        let gain = [
            charge * tells[0] + charge_resistance * tells[1],
            charge_resistance * tells[0] + resistance * tells[1],
            charge_capacity * tells[0] + resistance_capacity * tells[1],
        ];
        let variance = gain[0] * tells[0] + gain[1] * tells[1] + NOISE * NOISE;
        let most = 4.0 * sqrt(variance);
        let innovation = above - expected;
        if !(innovation.is_finite() && most > 0.0) {
            return;
        }
        let innovation = within(innovation, most);
        for (state, gain) in self.state.iter_mut().zip(gain) {
            *state += gain * innovation / variance;
        }
        for (own, gain) in self.variance.iter_mut().zip(gain) {
            *own = (*own - gain * gain / variance).max(1e-10);
        }
        let [a, b, c] = gain;
        for (cross, product) in self.cross.iter_mut().zip([a * b, a * c, b * c]) {
            *cross -= product / variance;
        }
    }
}

#[cfg(test)]
mod tests {
    use cellward_cell::Span;

    use super::*;

    fn common(moved: f32, drop: f32) -> Common {
        Common { seconds: 10.0, soc: 0.5, moved, drop, span: Span::NEW }
    }

    #[test]
    fn a_smaller_cell_moves_further() {
        let mut one = Member::remembered([0.0, 0.0, -0.1, 1e-4, 1e-4, 1e-4]);
        // Half of the capacity of the mean cell, on a curve that says nothing.
        for _ in 0..500 {
            one.look(&common(-0.001, 0.0), 10.0, |_| 3.3);
        }
        assert!((one.charge() - -0.5 * (1.0 / 0.9 - 1.0)).abs() < 1e-4, "{one:?}");
    }

    #[test]
    fn where_the_curve_is_steep_a_difference_of_charge_is_found() {
        let mut one = Member::new();
        for _ in 0..60 {
            one.sum(0.020, 10.0);
            // 1 V over the whole charge: 20 mV are two points.
            one.look(&common(0.0, 0.0), 10.0, |soc| 3.0 + soc);
        }
        assert!((one.charge() - 0.02).abs() < 0.002, "{one:?}");
        assert!(one.sigma()[0] < 0.004, "{one:?}");
    }

    #[test]
    fn on_a_plateau_nothing_is_learnt_of_the_charge() {
        let mut one = Member::new();
        for _ in 0..3_600 {
            one.sum(0.003, 10.0);
            one.look(&common(0.0, 0.0), 10.0, |_| 3.3);
        }
        assert!(one.charge().abs() < 1e-6, "{one:?}");
        assert!((one.sigma()[0] - CHARGE).abs() < 0.001, "{one:?}");
    }

    #[test]
    fn a_difference_that_comes_with_the_current_is_resistance() {
        let mut one = Member::new();
        for step in 0..600 {
            let drop = if step % 2 == 0 { 0.05 } else { -0.05 };
            // Half more resistance than the others: it sinks deeper under load.
            one.sum(-0.5 * drop, 10.0);
            one.look(&common(0.0, drop), 10.0, |soc| 3.3 + 0.02 * soc);
        }
        assert!((one.resistance() - 1.5).abs() < 0.05, "{one:?}");
        assert!(one.charge().abs() < 0.01, "{one:?}");
    }

    #[test]
    fn what_was_remembered_wrongly_is_not_taken() {
        let one = Member::remembered([f32::NAN, 9.0, 0.01, 0.01, 0.01, f32::INFINITY]);
        assert_eq!(one.state.map(f32::to_bits), [0.0, MOST[1], 0.0].map(f32::to_bits));
        let fresh = Member::new();
        assert!((one.sigma()[0] - fresh.sigma()[0]).abs() < 1e-9);
    }
}
