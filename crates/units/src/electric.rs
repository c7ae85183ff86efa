//! Voltage, current, power and resistance.

use core::ops::{Div, Mul};

use crate::Ratio;
use crate::quantity::{integer_from_f64, saturating_quantity, signed_quantity};

/// An electric potential difference, in microvolts; ±2,147 V.
///
/// The reference point belongs to the name of what holds it: a cell voltage is across its two
/// taps, a pack voltage from B- to B+.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Voltage(i32);

/// An electric current, in steps of 10 µA; ±21,474 A. **Positive charges the pack.**
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Current(i32);

/// A power, in picowatts, which is the exact product of a voltage and a current; positive flows
/// into the pack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Power(i64);

/// A resistance, in micro-ohms; 0 to 4,294 Ω. Insulation resistance would be another type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Resistance(u32);

saturating_quantity!(Voltage, i32);
signed_quantity!(Voltage);
saturating_quantity!(Current, i32);
signed_quantity!(Current);
saturating_quantity!(Power, i64);
signed_quantity!(Power);

impl Voltage {
    /// From microvolts, the inner resolution.
    #[must_use]
    pub const fn from_microvolts(microvolts: i32) -> Self {
        Self(microvolts)
    }

    /// From millivolts; saturates beyond ±2,147,483 mV.
    #[must_use]
    pub const fn from_millivolts(millivolts: i32) -> Self {
        Self(millivolts.saturating_mul(1_000))
    }

    /// From volts as a float; `None` for NaN and for what does not fit.
    #[must_use]
    pub fn from_volts_f64(volts: f64) -> Option<Self> {
        let microvolts = integer_from_f64(volts * 1e6)?;
        i32::try_from(microvolts).ok().map(Self)
    }

    /// In microvolts, exact.
    #[must_use]
    pub const fn as_microvolts(self) -> i32 {
        self.0
    }

    /// In millivolts, rounded half away from zero.
    #[must_use]
    pub const fn as_millivolts(self) -> i32 {
        rounded_div_i32(self.0, 1_000)
    }

    /// In volts, for models and pictures only.
    #[must_use]
    pub fn to_volts_f64(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// This voltage times a ratio, rounded towards zero, held at the ends of the range.
    #[must_use]
    pub fn scaled_by(self, ratio: Ratio) -> Self {
        let product = i64::from(self.0).saturating_mul(i64::from(ratio.as_ppm())) / 1_000_000;
        let end = if product < 0 { i32::MIN } else { i32::MAX };
        Self(i32::try_from(product).unwrap_or(end))
    }
}

impl Current {
    /// From steps of 10 µA, the inner resolution.
    #[must_use]
    pub const fn from_ten_microamps(steps: i32) -> Self {
        Self(steps)
    }

    /// From milliamperes; saturates beyond ±21,474,836 mA.
    #[must_use]
    pub const fn from_milliamps(milliamps: i32) -> Self {
        Self(milliamps.saturating_mul(100))
    }

    /// From amperes; saturates beyond ±21,474 A.
    #[must_use]
    pub const fn from_amps(amps: i32) -> Self {
        Self(amps.saturating_mul(100_000))
    }

    /// From amperes as a float; `None` for NaN and for what does not fit.
    #[must_use]
    pub fn from_amps_f64(amps: f64) -> Option<Self> {
        let steps = integer_from_f64(amps * 1e5)?;
        i32::try_from(steps).ok().map(Self)
    }

    /// In steps of 10 µA, exact.
    #[must_use]
    pub const fn as_ten_microamps(self) -> i32 {
        self.0
    }

    /// In milliamperes, rounded half away from zero.
    #[must_use]
    pub const fn as_milliamps(self) -> i32 {
        rounded_div_i32(self.0, 100)
    }

    /// In amperes, for models and pictures only.
    #[must_use]
    pub fn to_amps_f64(self) -> f64 {
        f64::from(self.0) / 1e5
    }

    /// This current scaled by a ratio, rounded towards zero.
    #[must_use]
    pub fn scaled_by(self, ratio: Ratio) -> Self {
        let scaled = i64::from(self.0).saturating_mul(i64::from(ratio.as_ppm())) / 1_000_000;
        Self(saturate_i32(scaled))
    }
}

impl Mul<Current> for Voltage {
    type Output = Power;
    /// Exact product, saturating beyond ±9.2 MW.
    fn mul(self, current: Current) -> Power {
        // 1 µV × 10 µA = 10 pW.
        Power(i64::from(self.0).saturating_mul(i64::from(current.0)).saturating_mul(10))
    }
}

impl Div<Resistance> for Voltage {
    type Output = Option<Current>;
    /// Ohm's law; `None` for a resistance of zero.
    fn div(self, resistance: Resistance) -> Option<Current> {
        // µV / µΩ = A = 100,000 steps of 10 µA.
        let scaled = i64::from(self.0).saturating_mul(100_000);
        scaled.checked_div(i64::from(resistance.0)).map(|steps| Current(saturate_i32(steps)))
    }
}

impl Power {
    /// From watts; saturates beyond ±9.2 MW.
    #[must_use]
    pub const fn from_watts(watts: i32) -> Self {
        // i32::MAX W is 2.1e21 pW, beyond i64: hence saturating.
        Self((watts as i64).saturating_mul(1_000_000_000_000))
    }

    /// From milliwatts; saturates beyond ±9.2 MW.
    #[must_use]
    pub const fn from_milliwatts(milliwatts: i64) -> Self {
        Self(milliwatts.saturating_mul(1_000_000_000))
    }

    /// In milliwatts, rounded towards zero.
    #[must_use]
    pub const fn as_milliwatts(self) -> i64 {
        self.0 / 1_000_000_000
    }

    /// In watts, for models and pictures only.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no picowatts")]
    pub fn to_watts_f64(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

impl Resistance {
    /// From micro-ohms, the inner resolution.
    #[must_use]
    pub const fn from_microohms(microohms: u32) -> Self {
        Self(microohms)
    }

    /// In micro-ohms, exact.
    #[must_use]
    pub const fn as_microohms(self) -> u32 {
        self.0
    }
}

/// `value / divisor` rounded half away from zero; the divisor is a positive constant.
const fn rounded_div_i32(value: i32, divisor: i32) -> i32 {
    let half = divisor / 2;
    let nudged = if value < 0 { value.saturating_sub(half) } else { value.saturating_add(half) };
    match nudged.checked_div(divisor) {
        Some(quotient) => quotient,
        None => 0,
    }
}

/// Narrows, stopping at the ends of the range.
fn saturate_i32(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millivolts_round_half_away_from_zero() {
        assert_eq!(Voltage::from_microvolts(3_650_499).as_millivolts(), 3_650);
        assert_eq!(Voltage::from_microvolts(3_650_500).as_millivolts(), 3_651);
        assert_eq!(Voltage::from_microvolts(-20_500).as_millivolts(), -21);
        assert_eq!(Voltage::from_microvolts(-20_499).as_millivolts(), -20);
    }

    #[test]
    fn a_short_circuit_of_five_kiloamperes_fits() {
        assert_eq!(Current::from_amps(-5_000).as_milliamps(), -5_000_000);
    }

    #[test]
    fn sums_saturate_and_checked_sums_say_so() {
        assert_eq!(Voltage::MAX + Voltage::from_microvolts(1), Voltage::MAX);
        assert_eq!(Voltage::MAX.checked_add(Voltage::from_microvolts(1)), None);
        assert_eq!(Voltage::MIN - Voltage::from_microvolts(1), Voltage::MIN);
        assert_eq!(Voltage::MIN.checked_sub(Voltage::from_microvolts(1)), None);
    }

    #[test]
    fn power_is_the_exact_product_with_the_sign_of_the_current() {
        let power = Voltage::from_millivolts(51_200) * Current::from_amps(-100);
        assert_eq!(power.as_milliwatts(), -5_120_000);
    }

    #[test]
    fn ohms_law_gives_amperes_and_refuses_zero_ohms() {
        let drop = Voltage::from_millivolts(25);
        assert_eq!(drop / Resistance::from_microohms(250), Some(Current::from_amps(100)));
        assert_eq!(drop / Resistance::from_microohms(0), None);
    }

    #[test]
    fn floats_that_are_not_numbers_are_refused() {
        assert_eq!(Voltage::from_volts_f64(f64::NAN), None);
        assert_eq!(Voltage::from_volts_f64(f64::INFINITY), None);
        assert_eq!(Voltage::from_volts_f64(2_147.483_647), Some(Voltage::MAX));
        assert_eq!(Voltage::from_volts_f64(2_147.483_648), None);
        assert_eq!(Current::from_amps_f64(-12.345_67).map(Current::as_milliamps), Some(-12_346));
    }

    #[test]
    fn scaling_by_a_ratio_keeps_the_sign() {
        let rated = Current::from_amps(-200);
        assert_eq!(rated.scaled_by(Ratio::from_permille(1_150)), Current::from_amps(-230));
    }
}
