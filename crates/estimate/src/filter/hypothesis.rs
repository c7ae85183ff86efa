//! One idea of where the charge stands, and everything that goes with it.

use crate::elementary::{exp, ln, sqrt, within};
use cellward_cell::Span;

use super::cell::Cell;
use super::symmetric::{STATES, Symmetric, Vector};
use super::tuning as tune;

/// Charge, in parts of what the cell holds now.
pub(super) const SOC: usize = 0;
/// What the circuit misses of the voltage at the moment, in V.
const MISS: usize = 1;
/// Offset of the current channel in A of a cell of the reference capacity; positive discharges.
const OFFSET: usize = 2;
/// Logarithm of the resistance over that of the profile.
const RESISTANCE: usize = 3;
/// Logarithm of the capacity over that of the profile with as much lithium lost.
const CAPACITY: usize = 4;
/// Error of the rest voltage in V around where the cell stands: another one elsewhere on the curve.
const BIAS: usize = 5;
/// Lithium that was lost, in parts of what a new cell holds.
const LOST: usize = 6;
/// Error of the voltage in V that is nearly the same everywhere: the sensor's.
const STEADY: usize = 7;

/// What a cell holds over its profile with as much lithium lost, at least and at most: nearly what a
/// hypothesis is held to.
const LEAST_CAPACITY: f32 = 0.72;
/// See [`LEAST_CAPACITY`].
const MOST_CAPACITY: f32 = 1.1;

/// Capacity over the profile's is found out when one sigma is less than this: voltages alone take days to
/// get there, a count from full to empty does.
const FOUND_OUT: f32 = 0.03;

/// What is worth keeping over a restart, in the order of [`Learnt`]: what the circuit misses at the moment
/// and the charge are not.
const LEARNT: [usize; 6] = [OFFSET, RESISTANCE, CAPACITY, BIAS, LOST, STEADY];

/// What was learnt of a cell, and one sigma of each: offset, resistance, capacity, bias, lost lithium,
/// steady error, as a hypothesis counts them.
pub(crate) type Learnt = [[f32; LEARNT.len()]; 2];

/// What a stretch of samples says together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Look {
    /// How long it is, in s.
    pub(super) seconds: f32,
    /// Mean voltage of the cell in V; `None` where it was not measured.
    pub(super) volts: Option<f32>,
    /// Share of the time in which the current was not measured, 0 to 1.
    pub(super) unknown: f32,
    /// Mean current in A of a cell of the reference capacity; positive discharges.
    pub(super) amps: f32,
    /// Mean drop of voltage over the profile's resistances in V; positive while discharging.
    pub(super) drop: f32,
    /// The same without its sign.
    pub(super) size: f32,
    /// Mean of the hysteresis, -1 after discharging to 1 after charging.
    pub(super) hysteresis: f32,
    /// How much of it the sensor may have hidden in its dead band, 0 to 1.
    pub(super) hidden: f32,
    /// Factor on all resistances for the temperature.
    pub(super) cold: f32,
}

#[cfg(test)]
impl Look {
    /// Ten seconds in which nothing flows and everything is measured.
    pub(super) const STILL: Self = Self {
        seconds: 10.0,
        volts: Some(3.3),
        unknown: 0.0,
        amps: 0.0,
        drop: 0.0,
        size: 0.0,
        hysteresis: 0.0,
        hidden: 0.0,
        cold: 1.0,
    };
}

/// What the voltage says to one hypothesis.
struct Comparison {
    /// Covariance of each state with the voltage.
    gain: Vector,
    /// Voltage that was not expected, in V.
    innovation: f32,
    /// Its variance.
    variance: f32,
}

/// One idea of where the charge stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Hypothesis {
    /// Logarithm of its weight.
    pub(super) weight: f32,
    /// Squared innovation over its variance, smoothed: 1 when all is well.
    pub(super) doubt: f32,
    /// Charge too small for the sum, which is added with the next.
    carry: f32,
    state: Vector,
    covariance: Symmetric,
}

impl Hypothesis {
    /// Nothing is known but the charge, and that to one `sigma`.
    #[inline(never)]
    pub(super) fn fresh(soc: f32, sigma: f32, cell: &Cell<'_>) -> Self {
        let mut state = [0.0; STATES];
        state[SOC] = soc;
        state[CAPACITY] = tune::CAPACITY_MEAN;
        state[LOST] = tune::LOST_MEAN;
        let mut covariance = Symmetric::ZERO;
        for (place, sigma) in [
            (SOC, sigma),
            (MISS, tune::MODEL),
            (OFFSET, tune::OFFSET * cell.zero() * cell.scale()),
            (RESISTANCE, tune::RESISTANCE),
            (CAPACITY, tune::CAPACITY),
            (BIAS, cell.bias()),
            (LOST, tune::LOST),
            (STEADY, tune::STEADY),
        ] {
            covariance.set(place, place, sigma * sigma);
        }
        Self { state, covariance, carry: 0.0, weight: 0.0, doubt: 0.0 }
    }

    /// A fresh one with what was learnt before of everything but the charge.
    pub(super) fn with(mut self, learnt: &Learnt) -> Self {
        let [values, sigmas] = learnt;
        for (place, (&value, &sigma)) in LEARNT.iter().zip(values.iter().zip(sigmas)) {
            let most = self.covariance.at(*place, *place);
            if let Some(state) = self.state.get_mut(*place) {
                // What was damaged while it was kept may be any number; so far off is no cell.
                let far = 8.0 * sqrt(most);
                *state = value.max(*state - far).min(*state + far);
                // Never surer than a part of what one is at first: cells change while nobody looks.
                let variance = (sigma * sigma).max(0.01 * most).min(most);
                self.covariance.set(*place, *place, variance);
            }
        }
        self.bound();
        self
    }

    /// What was learnt of everything but the charge.
    pub(super) fn learnt(&self) -> Learnt {
        [
            LEARNT.map(|place| self.state.get(place).copied().unwrap_or(0.0)),
            LEARNT.map(|place| sqrt(self.covariance.at(place, place))),
        ]
    }

    /// The zero of the current channel was found out: what shows of it now is nothing, to what the cell
    /// says.
    pub(super) fn zero_found(&mut self, cell: &Cell<'_>) {
        self.state[OFFSET] = 0.0;
        let sigma = tune::OFFSET * cell.zero() * cell.scale();
        self.covariance.forget(OFFSET, sigma * sigma);
    }

    /// A fresh one elsewhere that keeps what is known of the resistance, and of the capacity where that was
    /// found out.
    pub(super) fn elsewhere(&self, soc: f32, cell: &Cell<'_>) -> Self {
        let mut other = Self::fresh(soc, tune::NARROW, cell);
        other.state[RESISTANCE] = self.state[RESISTANCE];
        let variance = self.covariance.at(RESISTANCE, RESISTANCE);
        other.covariance.set(RESISTANCE, RESISTANCE, variance);
        let sigma = self.capacity_sigma(cell);
        if sigma < FOUND_OUT {
            other.holds(self.capacity(cell), sigma, cell);
        }
        other
    }

    /// Charge in parts of what the cell holds; a little beyond 0 and 1 at most.
    pub(super) const fn soc(&self) -> f32 {
        self.state[SOC]
    }

    /// One sigma of the charge.
    pub(super) fn sigma(&self) -> f32 {
        sqrt(self.covariance.at(SOC, SOC))
    }

    /// Variance of the charge.
    pub(super) fn variance(&self) -> f32 {
        self.covariance.at(SOC, SOC)
    }

    /// Offset of the current channel in A of a cell of the reference capacity.
    pub(super) const fn offset(&self) -> f32 {
        self.state[OFFSET]
    }

    /// One sigma of that.
    pub(super) fn offset_sigma(&self) -> f32 {
        sqrt(self.covariance.at(OFFSET, OFFSET))
    }

    /// What the cell holds over its profile was found out, to a sigma.
    pub(super) fn holds(&mut self, capacity: f32, sigma: f32, cell: &Cell<'_>) {
        // As much lost lithium as the rest would be too much for, or more of it than a new cell has.
        let slid = self.span(cell).holds();
        if capacity < LEAST_CAPACITY * slid || capacity > MOST_CAPACITY * slid {
            self.state[LOST] += slid - capacity;
            self.bound();
        }
        let slid = self.span(cell).holds();
        let share = sigma / capacity.max(0.05);
        self.state[CAPACITY] = ln(capacity / slid);
        self.covariance.forget(CAPACITY, share * share);
        // How much of it is lost lithium stays open, but no longer says anything of the whole.
        self.covariance.mix(CAPACITY, LOST, -self.by_lost(cell));
        self.bound();
    }

    /// What lost lithium changes of the logarithm of the capacity.
    fn by_lost(&self, cell: &Cell<'_>) -> f32 {
        let lost = self.state[LOST];
        let holds = cell.span(lost).holds();
        (cell.span(lost + 0.01).holds() - holds) / (0.01 * holds)
    }

    /// Resistance over that of the profile.
    pub(super) fn resistance(&self) -> f32 {
        exp(self.state[RESISTANCE])
    }

    /// Capacity over that of the profile.
    pub(super) fn capacity(&self, cell: &Cell<'_>) -> f32 {
        exp(self.state[CAPACITY]) * cell.span(self.state[LOST]).holds()
    }

    /// One sigma of [`capacity`](Self::capacity).
    pub(super) fn capacity_sigma(&self, cell: &Cell<'_>) -> f32 {
        let slope = self.by_lost(cell);
        let variance = self.covariance.at(CAPACITY, CAPACITY)
            + slope * slope * self.covariance.at(LOST, LOST)
            + 2.0 * slope * self.covariance.at(CAPACITY, LOST);
        self.capacity(cell) * sqrt(variance.max(0.0))
    }

    /// Where the electrodes stand.
    pub(super) fn span(&self, cell: &Cell<'_>) -> Span {
        cell.span(self.state[LOST])
    }

    /// What the charge moved by over a look.
    pub(super) fn moved(&self, look: &Look, cell: &Cell<'_>) -> f32 {
        let capacity = cell.capacity_ah() * self.capacity(cell);
        -look.seconds / 3_600.0 / capacity * (look.amps - self.state[OFFSET])
    }

    /// Rest voltage at a charge as this hypothesis has it, in V.
    fn ocv(&self, soc: f32, span: &Span, cell: &Cell<'_>) -> f32 {
        cell.ocv(soc, span) + self.state[BIAS] + self.state[STEADY]
    }

    /// Time goes on and current flows.
    pub(super) fn predict(&mut self, look: &Look, cell: &Cell<'_>) {
        let lost = self.state[LOST];
        let holds = cell.span(lost).holds();
        let capacity = cell.capacity_ah() * exp(self.state[CAPACITY]) * holds;
        let less = self.by_lost(cell);
        let seconds = look.seconds;
        // What one ampere takes in this time, and what was taken.
        let each = -seconds / 3_600.0 / capacity;
        let moved = each * (look.amps - self.state[OFFSET]);
        self.count(moved);
        let covariance = &mut self.covariance;
        covariance.mix(SOC, OFFSET, -each);
        covariance.mix(SOC, CAPACITY, -moved);
        covariance.mix(SOC, LOST, -moved * less);
        // A channel whose zero was learnt wanders less, too.
        let drift = tune::COUNT_DRIFT * cell.zero().min(1.0) / 3_600.0;
        let dead = look.hidden * tune::DEAD * cell.scale() / 3_600.0 / capacity;
        let unknown = look.unknown * tune::UNKNOWN / 3_600.0 / capacity;
        let hidden = drift * drift + dead * dead + unknown * unknown;
        covariance.add(SOC, SOC, hidden * 3_600.0 * seconds);
        // Errors pass: the circuit's with time, the curve's with charge, the sensor's with days.
        let flowed = moved.abs();
        let miss = tune::MODEL + tune::MODEL_OF_DROP * look.size * exp(self.state[RESISTANCE]);
        self.pass(MISS, seconds / tune::MODEL_S, miss);
        self.pass(BIAS, flowed / cell.bias_span(), cell.bias());
        let days = flowed / tune::STEADY_SPAN + seconds / tune::STEADY_S;
        self.pass(STEADY, days, tune::STEADY);
        let wander = tune::RESISTANCE_DRIFT;
        self.covariance.add(RESISTANCE, RESISTANCE, wander * wander * seconds / 3_600.0);
    }

    /// An error has passed by this exponent; what comes instead has one `sigma`.
    #[inline(never)]
    fn pass(&mut self, place: usize, passed: f32, sigma: f32) {
        let kept = exp(-passed);
        if let Some(state) = self.state.get_mut(place) {
            *state *= kept;
        }
        self.covariance.scale(place, kept);
        self.covariance.add(place, place, (1.0 - kept * kept) * sigma * sigma);
    }

    /// Adds to the charge without losing what is smaller than its last bit.
    fn count(&mut self, moved: f32) {
        let wanted = moved + self.carry;
        let before = self.state[SOC];
        self.state[SOC] = before + wanted;
        self.carry = wanted - (self.state[SOC] - before);
    }

    /// Compares what the voltage is with what it should be.
    fn compare(&self, volts: f32, look: &Look, cell: &Cell<'_>) -> Comparison {
        let [soc, lost] = [self.state[SOC], self.state[LOST]];
        let span = cell.span(lost);
        let factor = self.resistance();
        // The rest voltage over the whole width of the charge, by three points: on a plateau the
        // slope where one stands says nothing about the ends.
        let sigma = self.sigma().min(0.3);
        let width = sigma * 1.732_050_8;
        let low = self.ocv(soc - width, &span, cell);
        let middle = self.ocv(soc, &span, cell);
        let high = self.ocv(soc + width, &span, cell);
        let slope = (high - low) / (2.0 * width).max(1e-6);
        let mean = (low + high) / 6.0 + middle * (2.0 / 3.0);
        let square = |value: f32| value * value;
        let spread =
            (square(low - mean) + square(high - mean)) / 6.0 + square(middle - mean) * (2.0 / 3.0);
        let bent = (spread - square(slope * sigma)).max(0.0);
        let apart = sqrt(self.covariance.at(LOST, LOST)).max(1e-4);
        let [less, more] = [cell.span(lost - apart), cell.span(lost + apart)];
        let slid = (self.ocv(soc, &more, cell) - self.ocv(soc, &less, cell)) / (2.0 * apart);

        let mut tells = [0.0; STATES];
        tells[SOC] = slope;
        tells[MISS] = 1.0;
        tells[OFFSET] = factor * cell.at_once(soc) * look.cold;
        tells[RESISTANCE] = -look.drop * factor;
        tells[BIAS] = 1.0;
        tells[LOST] = slid;
        tells[STEADY] = 1.0;
        let expected = mean + cell.hysteresis() * look.hysteresis - look.drop * factor;
        let innovation = volts - expected - self.state[MISS];

        let gain = self.covariance.times(&tells);
        let known: f32 = gain.iter().zip(&tells).map(|(gain, tells)| gain * tells).sum();
        // A drop that is not known may be as large as that of a large current.
        let amps = look.unknown * tune::UNKNOWN * tune::UNKNOWN_LASTS;
        let drop = amps * factor * cell.at_once(soc) * look.cold;
        let variance = known + bent + tune::NOISE * tune::NOISE + drop * drop;
        let most = 5.0 * sqrt(variance);
        let innovation = within(innovation, most);
        Comparison { gain, innovation, variance }
    }

    /// How little the voltage fits this hypothesis: the smaller, the better.
    pub(super) fn misfit(&self, look: &Look, cell: &Cell<'_>) -> f32 {
        let Some(volts) = look.volts else {
            return 0.0;
        };
        let Comparison { innovation, variance, .. } = self.compare(volts, look, cell);
        0.5 * (innovation * innovation / variance + ln(variance))
    }

    /// Takes in what the voltage says.
    pub(super) fn update(&mut self, look: &Look, cell: &Cell<'_>) {
        let Some(volts) = look.volts else {
            self.bound();
            return;
        };
        let Comparison { gain, innovation, variance } = self.compare(volts, look, cell);
        let surprise = innovation * innovation / variance;
        let share = (look.seconds / tune::DOUBT_S).min(1.0);
        self.doubt += share * (surprise - self.doubt);
        self.weight -= 0.5 * tune::TEMPER * (surprise + tune::WIDTH_TELLS * ln(variance));

        let mut used = [1.0; STATES];
        used[OFFSET] = tune::OFFSET_GAIN;
        used[RESISTANCE] = tune::RESISTANCE_GAIN;
        used[CAPACITY] = tune::CAPACITY_GAIN;
        for ((state, gain), used) in self.state.iter_mut().zip(&gain).zip(&used) {
            *state += used * gain * innovation / variance;
        }
        self.covariance.learn(&gain, 1.0 / variance, &used);
        self.covariance.floor(1e-12);
        self.bound();
    }

    /// Holds every state where cells can be. Sources: capacities from 70 to 110 % and resistances
    /// from a third to six times the profile's are what second-life cells were seen with; wider ones
    /// are another cell.
    fn bound(&mut self) {
        for (place, low, high) in [
            (SOC, -0.02, 1.02),
            (CAPACITY, -0.35, 0.1),
            (RESISTANCE, -1.2, 1.8),
            (LOST, -0.01, 0.25),
        ] {
            if let Some(state) = self.state.get_mut(place) {
                *state = state.max(low).min(high);
            }
        }
    }

    /// This and another as one, by their weights.
    #[inline(never)]
    pub(super) fn merged(&self, other: &Self) -> Self {
        let (a, b) = (exp(self.weight), exp(other.weight));
        let share = a / (a + b);
        let mut apart = [0.0; STATES];
        let mut state = [0.0; STATES];
        for (((apart, state), one), two) in
            apart.iter_mut().zip(&mut state).zip(&self.state).zip(&other.state)
        {
            *apart = one - two;
            *state = share * one + (1.0 - share) * two;
        }
        let stronger = if a > b { self } else { other };
        Self {
            state,
            covariance: self.covariance.blend(&other.covariance, share, &apart),
            carry: 0.0,
            weight: ln(a + b),
            doubt: stronger.doubt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flat::FLAT;

    fn cell(rated_ah: f32) -> Cell<'static> {
        Cell::new(&FLAT, rated_ah)
    }

    fn fresh(soc: f32, cell: &Cell<'_>) -> Hypothesis {
        Hypothesis::fresh(soc, tune::NARROW, cell)
    }

    fn look(amps: f32, seconds: f32) -> Look {
        Look { seconds, amps, ..Look::STILL }
    }

    #[test]
    fn an_hour_of_a_tenth_of_the_capacity_takes_a_tenth_of_what_the_cell_holds() {
        let cell = cell(100.0);
        for (amps, sign) in [(10.0, -1.0), (-10.0, 1.0)] {
            let mut one = fresh(0.5, &cell);
            for _ in 0..360 {
                one.predict(&look(amps, 10.0), &cell);
            }
            let moved = (one.soc() - 0.5) * one.capacity(&cell);
            assert!((moved - sign * 0.1).abs() < 1e-5, "{moved}");
        }
    }

    #[test]
    fn charge_smaller_than_the_last_bit_of_the_sum_is_counted() {
        let cell = cell(100.0);
        let mut one = fresh(0.9, &cell);
        // 2 mA out of 100 Ah for ten seconds are 5.6e-8, less than the last bit of 0.9; in thirty
        // days they are 1.44 %.
        for _ in 0..259_200 {
            one.predict(&look(0.002, 10.0), &cell);
        }
        let moved = (0.9 - one.soc()) * one.capacity(&cell);
        assert!((moved - 0.0144).abs() < 1e-5, "{moved}");
    }

    #[test]
    fn what_is_not_known_of_offset_and_capacity_widens_the_charge_that_is_counted() {
        let cell = cell(100.0);
        let mut still = fresh(0.5, &cell);
        let mut moving = still;
        for _ in 0..360 {
            still.predict(&look(0.0, 10.0), &cell);
            moving.predict(&look(30.0, 10.0), &cell);
        }
        let fresh = fresh(0.5, &cell).sigma();
        assert!(still.sigma() > fresh, "an offset may be counted");
        // 30 points of what a new cell holds, which is not known better than the capacity.
        let grown = sqrt(moving.variance() - still.variance());
        let wanted = 0.3 * tune::CAPACITY;
        assert!((grown / wanted - 1.0).abs() < 0.1, "{grown} for {wanted}");
    }

    #[test]
    fn one_elsewhere_keeps_a_capacity_that_was_found_out_and_no_other() {
        let cell = cell(100.0);
        for (sigma, kept) in [(0.029, true), (0.031, false)] {
            let mut one = fresh(0.5, &cell);
            one.holds(0.8, sigma, &cell);
            let other = one.elsewhere(0.2, &cell);
            assert!((other.soc() - 0.2).abs() < 1e-6);
            let near = (other.capacity(&cell) - 0.8).abs() < 1e-3;
            assert_eq!(near, kept, "{sigma}: {}", other.capacity(&cell));
        }
    }

    #[test]
    fn two_that_are_merged_weigh_what_both_did_and_stand_between() {
        let cell = cell(100.0);
        let (mut one, mut two) = (fresh(0.4, &cell), fresh(0.6, &cell));
        (one.weight, two.weight) = (ln(1.0), ln(3.0));
        let both = one.merged(&two);
        assert!((both.soc() - 0.55).abs() < 1e-6);
        assert!((exp(both.weight) - 4.0).abs() < 1e-5);
        let variance = tune::NARROW * tune::NARROW + 0.25 * 0.75 * 0.04;
        assert!((both.variance() - variance).abs() < 1e-6);
    }
}
