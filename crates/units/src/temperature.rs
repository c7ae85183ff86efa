//! Temperature, and the difference of two temperatures, which is another quantity.

use core::ops::{Add, Sub};

use crate::quantity::{integer_from_f64, saturating_quantity, signed_quantity};

/// A temperature in millidegrees Celsius. Two temperatures cannot be added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Temperature(i32);

/// A difference of temperatures in millikelvin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TemperatureDelta(i32);

saturating_quantity!(TemperatureDelta, i32);
signed_quantity!(TemperatureDelta);

impl Temperature {
    /// From millidegrees Celsius, the inner resolution.
    #[must_use]
    pub const fn from_millicelsius(millicelsius: i32) -> Self {
        Self(millicelsius)
    }

    /// From whole degrees Celsius; saturates.
    #[must_use]
    pub const fn from_celsius(celsius: i32) -> Self {
        Self(celsius.saturating_mul(1_000))
    }

    /// From degrees Celsius as a float; `None` for NaN and for what does not fit.
    #[must_use]
    pub fn from_celsius_f64(celsius: f64) -> Option<Self> {
        let millicelsius = integer_from_f64(celsius * 1e3)?;
        i32::try_from(millicelsius).ok().map(Self)
    }

    /// In millidegrees Celsius, exact.
    #[must_use]
    pub const fn as_millicelsius(self) -> i32 {
        self.0
    }

    /// In whole degrees Celsius, rounded half away from zero.
    #[must_use]
    pub const fn as_celsius(self) -> i32 {
        let nudge = if self.0 < 0 { -500 } else { 500 };
        self.0.saturating_add(nudge) / 1_000
    }

    /// In degrees Celsius, for models and pictures only.
    #[must_use]
    pub fn to_celsius_f64(self) -> f64 {
        f64::from(self.0) / 1e3
    }
}

impl TemperatureDelta {
    /// From millikelvin, the inner resolution.
    #[must_use]
    pub const fn from_millikelvin(millikelvin: i32) -> Self {
        Self(millikelvin)
    }

    /// In millikelvin, exact.
    #[must_use]
    pub const fn as_millikelvin(self) -> i32 {
        self.0
    }
}

impl Sub for Temperature {
    type Output = TemperatureDelta;
    /// Saturating difference.
    fn sub(self, other: Self) -> TemperatureDelta {
        TemperatureDelta(self.0.saturating_sub(other.0))
    }
}

impl Add<TemperatureDelta> for Temperature {
    type Output = Self;
    /// Saturating shift.
    fn add(self, delta: TemperatureDelta) -> Self {
        Self(self.0.saturating_add(delta.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_round_half_away_from_zero() {
        assert_eq!(Temperature::from_millicelsius(54_499).as_celsius(), 54);
        assert_eq!(Temperature::from_millicelsius(54_500).as_celsius(), 55);
        assert_eq!(Temperature::from_millicelsius(-500).as_celsius(), -1);
        assert_eq!(Temperature::from_millicelsius(-499).as_celsius(), 0);
    }

    #[test]
    fn the_difference_of_two_temperatures_is_not_a_temperature() {
        let rise = Temperature::from_celsius(55) - Temperature::from_celsius(45);
        assert_eq!(rise, TemperatureDelta::from_millikelvin(10_000));
        assert_eq!(Temperature::from_celsius(45) + rise, Temperature::from_celsius(55));
    }
}
