//! Quantities in single precision and back: seven digits are more than sensors have, and a board without
//! floating point pays for double precision in flash and time.

use crate::elementary::whole;
use cellward_units::{Charge, Current, Duration, Energy, Power, Ratio, Temperature, Voltage};

/// In V.
#[expect(clippy::cast_precision_loss, reason = "see the top")]
pub(crate) fn volts(voltage: Voltage) -> f32 {
    voltage.as_microvolts() as f32 * 1e-6
}

/// In A.
#[expect(clippy::cast_precision_loss, reason = "see the top")]
pub(crate) fn amps(current: Current) -> f32 {
    current.as_ten_microamps() as f32 * 1e-5
}

/// In Ah.
#[expect(clippy::cast_precision_loss, reason = "see the top")]
pub(crate) fn amp_hours(charge: Charge) -> f32 {
    charge.as_steps() as f32 * (1.0 / 3.6e11)
}

/// In °C.
#[expect(clippy::cast_precision_loss, reason = "see the top")]
pub(crate) fn celsius(temperature: Temperature) -> f32 {
    temperature.as_millicelsius() as f32 * 1e-3
}

/// In s.
#[expect(clippy::cast_precision_loss, reason = "see the top")]
pub(crate) fn seconds(duration: Duration) -> f32 {
    duration.as_micros() as f32 * 1e-6
}

/// In parts of one.
#[expect(clippy::cast_precision_loss, reason = "see the top")]
pub(crate) fn share(ratio: Ratio) -> f32 {
    ratio.as_ppm() as f32 * 1e-6
}

/// A number of things.
#[inline(never)]
pub(crate) fn count(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

/// Parts of one; 0 for what is no number.
pub(crate) fn ratio(share: f32) -> Ratio {
    Ratio::from_ppm(whole(share * 1e6))
}

/// From A.
pub(crate) fn current(amps: f32) -> Current {
    Current::from_ten_microamps(whole(amps * 1e5))
}

/// From W, in whole mW.
pub(crate) fn power(watts: f32) -> Power {
    Power::from_milliwatts(i64::from(whole(watts * 1e3)))
}

/// From Wh, in whole mWh.
pub(crate) fn energy(watt_hours: f32) -> Energy {
    /// A milliwatt-hour in microjoules.
    const EACH: i64 = 3_600_000;
    // By 32 bits: numbers of 64 cost a board without floating point hundreds of bytes.
    Energy::from_microjoules(i64::from(whole(watt_hours * 1e3)).saturating_mul(EACH))
}

/// From hours, to a second; 0 for negative ones, 68 years for more.
pub(crate) fn duration(hours: f32) -> Duration {
    Duration::from_secs(u64::try_from(whole(hours * 3_600.0)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_come_through_to_seven_digits() {
        assert!((volts(Voltage::from_millivolts(3_301)) - 3.301).abs() < 1e-6);
        assert!((amps(Current::from_milliamps(-12_500)) + 12.5).abs() < 1e-5);
        assert!((amp_hours(Charge::from_milliamp_hours(280_000)) - 280.0).abs() < 1e-4);
        assert!((celsius(Temperature::from_millicelsius(-10_500)) + 10.5).abs() < 1e-5);
        assert!((seconds(Duration::from_millis(1_500)) - 1.5).abs() < 1e-6);
        assert!((share(Ratio::from_permille(625)) - 0.625).abs() < 1e-7);
        assert_eq!(ratio(0.625), Ratio::from_permille(625));
        assert_eq!(power(3.5), Power::from_milliwatts(3_500));
        assert_eq!(current(-7.5), Current::from_milliamps(-7_500));
        assert_eq!(energy(2.0).as_milliwatt_hours(), 2_000);
        assert_eq!(duration(0.5), Duration::from_secs(1_800));
    }

    #[test]
    fn what_is_no_number_is_nothing_and_what_is_too_large_is_the_most() {
        assert_eq!(ratio(f32::NAN), Ratio::ZERO);
        assert_eq!(current(f32::INFINITY), Current::from_ten_microamps(i32::MAX));
        assert_eq!(duration(-1.0), Duration::ZERO);
    }
}
