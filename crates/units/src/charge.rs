//! Charge and energy, and the counter that never loses a remainder.

use crate::quantity::{integer_from_f64, saturating_quantity, signed_quantity};
use crate::{Current, Duration, Ratio};

/// Steps of 10 µA·ms in one milliampere-hour: 100 steps/mA × 3,600,000 ms.
const STEPS_PER_MILLIAMP_HOUR: i64 = 360_000_000;

/// An electric charge, in steps of 10 µA·ms; ±25 million Ah. Positive went into the pack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Charge(i64);

/// An energy, in microjoules; ±2.5 GWh. Positive went into the pack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Energy(i64);

saturating_quantity!(Charge, i64);
signed_quantity!(Charge);
saturating_quantity!(Energy, i64);
signed_quantity!(Energy);

impl Charge {
    /// From steps of 10 µA·ms, the inner resolution.
    #[must_use]
    pub const fn from_steps(steps: i64) -> Self {
        Self(steps)
    }

    /// From milliampere-hours.
    #[must_use]
    pub const fn from_milliamp_hours(milliamp_hours: i32) -> Self {
        // i32::MAX × 3.6e8 is 7.7e17, inside i64: the product cannot saturate.
        Self((milliamp_hours as i64).saturating_mul(STEPS_PER_MILLIAMP_HOUR))
    }

    /// From ampere-hours as a float; `None` for NaN and for what does not fit.
    #[must_use]
    pub fn from_amp_hours_f64(amp_hours: f64) -> Option<Self> {
        integer_from_f64(amp_hours * 3.6e11).map(Self)
    }

    /// The charge that a current moves in a time, in whole milliseconds; positive for a positive
    /// current.
    #[must_use]
    pub fn of_current(current: Current, elapsed: Duration) -> Self {
        let millis = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        Self(i64::from(current.as_ten_microamps()).saturating_mul(millis))
    }

    /// In steps of 10 µA·ms, exact.
    #[must_use]
    pub const fn as_steps(self) -> i64 {
        self.0
    }

    /// In milliampere-hours, rounded towards zero, saturating.
    #[must_use]
    pub fn as_milliamp_hours(self) -> i32 {
        let whole = self.0 / STEPS_PER_MILLIAMP_HOUR;
        i32::try_from(whole).unwrap_or(if whole < 0 { i32::MIN } else { i32::MAX })
    }

    /// In ampere-hours, for models and pictures only.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a picture needs 53 bits at most")]
    pub fn to_amp_hours_f64(self) -> f64 {
        self.0 as f64 / 3.6e11
    }

    /// This charge as a share of `whole`; `None` when `whole` is not positive.
    #[must_use]
    pub fn share_of(self, whole: Self) -> Option<Ratio> {
        if whole.0 <= 0 {
            return None;
        }
        // Two short divisions give the same as the long one and cost a third of it on a
        // Cortex-M0+; only beyond 25,000 Ah do they not fit.
        let ppm = match self.short_share_of(whole) {
            Some(ppm) => i128::from(ppm),
            None => i128::from(self.0).checked_mul(1_000_000)?.checked_div(i128::from(whole.0))?,
        };
        let limit = if ppm < 0 { i32::MIN } else { i32::MAX };
        Some(Ratio::from_ppm(i32::try_from(ppm).unwrap_or(limit)))
    }

    /// Millionths of a positive `whole`, rounded towards zero: thousandths first, then thousandths
    /// of what they leave. `None` when the way there does not fit.
    fn short_share_of(self, whole: Self) -> Option<i64> {
        let thousandfold = self.0.checked_mul(1_000)?;
        let thousandths = thousandfold.checked_div(whole.0)?;
        let left = thousandfold.checked_rem(whole.0)?.checked_mul(1_000)?;
        thousandths.checked_mul(1_000)?.checked_add(left.checked_div(whole.0)?)
    }

    /// The share `ratio` of this charge, rounded towards zero.
    #[must_use]
    pub fn scaled_by(self, ratio: Ratio) -> Self {
        let scaled = i128::from(self.0).saturating_mul(i128::from(ratio.as_ppm())) / 1_000_000;
        Self(i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The current that moves this charge in one hour, as the C-rate is defined.
    #[must_use]
    pub fn per_hour(self) -> Current {
        // steps of 10 µA·ms / 3,600,000 ms = steps of 10 µA.
        let steps = self.0 / 3_600_000;
        Current::from_ten_microamps(i32::try_from(steps).unwrap_or(if steps < 0 {
            i32::MIN
        } else {
            i32::MAX
        }))
    }
}

impl Energy {
    /// From microjoules, the inner resolution.
    #[must_use]
    pub const fn from_microjoules(microjoules: i64) -> Self {
        Self(microjoules)
    }

    /// From watt-hours as a float; `None` for NaN and for what does not fit.
    #[must_use]
    pub fn from_watt_hours_f64(watt_hours: f64) -> Option<Self> {
        integer_from_f64(watt_hours * 3.6e9).map(Self)
    }

    /// In watt-hours.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an f64 has more digits than any meter")]
    pub fn to_watt_hours_f64(self) -> f64 {
        self.0 as f64 / 3.6e9
    }

    /// In milliwatt-hours, rounded towards zero.
    #[must_use]
    pub const fn as_milliwatt_hours(self) -> i64 {
        self.0 / 3_600_000
    }
}

/// Integrates current over time without ever dropping a remainder.
///
/// `f32` integration of 3 A at 100 Hz down from 280 Ah removes nothing at all; this counter is
/// exact: it adds `current × microseconds` in 64 bits and settles whole steps into a [`Charge`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChargeCounter {
    settled: Charge,
    /// 10 µA·µs not yet settled.
    pending: i64,
}

impl ChargeCounter {
    /// A counter that stands at `charge`.
    #[must_use]
    pub const fn starting_at(charge: Charge) -> Self {
        Self { settled: charge, pending: 0 }
    }

    /// Adds `current` flowing for `elapsed`.
    pub fn add(&mut self, current: Current, elapsed: Duration) {
        let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        let product = i64::from(current.as_ten_microamps()).saturating_mul(micros);
        self.pending = self.pending.saturating_add(product);
        // Dividing 64 bits costs hundreds of instructions on a Cortex-M0+, so settle rarely:
        // 2^40 is 11 A·s, reached about once a second at a hundred ampere.
        if self.pending.unsigned_abs() >= 1 << 40 {
            self.settle();
        }
    }

    /// What has been counted, to the last whole step.
    #[must_use]
    pub fn total(&self) -> Charge {
        let mut settled = *self;
        settled.settle();
        settled.settled
    }

    /// Moves whole steps out of the pending sum; the remainder stays.
    fn settle(&mut self) {
        let whole = self.pending / 1_000;
        self.settled += Charge::from_steps(whole);
        self.pending = self.pending.saturating_sub(whole.saturating_mul(1_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_current_for_an_hour_is_its_ampere_hours() {
        let hour = Duration::from_secs(3_600);
        let charge = Charge::of_current(Current::from_amps(-5), hour);
        assert_eq!(charge, Charge::from_milliamp_hours(-5_000));
        assert_eq!(
            Charge::of_current(Current::from_amps(5), Duration::from_micros(999)),
            Charge::ZERO
        );
    }

    #[test]
    fn an_hour_of_three_amperes_at_100_hz_is_three_ampere_hours() {
        let mut counter = ChargeCounter::starting_at(Charge::from_milliamp_hours(280_000));
        for _ in 0..360_000 {
            counter.add(Current::from_amps(-3), Duration::from_millis(10));
        }
        assert_eq!(counter.total(), Charge::from_milliamp_hours(277_000));
    }

    #[test]
    fn the_smallest_current_is_never_lost() {
        let mut counter = ChargeCounter::default();
        for _ in 0..1_000 {
            counter.add(Current::from_ten_microamps(1), Duration::from_micros(1));
        }
        assert_eq!(counter.total(), Charge::from_steps(1));
    }

    #[test]
    fn charge_and_discharge_cancel_exactly() {
        let mut counter = ChargeCounter::default();
        for _ in 0..777 {
            counter.add(Current::from_milliamps(33_333), Duration::from_micros(10_007));
        }
        for _ in 0..777 {
            counter.add(Current::from_milliamps(-33_333), Duration::from_micros(10_007));
        }
        assert_eq!(counter.total(), Charge::ZERO);
    }

    #[test]
    fn the_short_division_is_the_long_one_wherever_it_fits() {
        let parts = [0, 1, 999, 1_000_001, 70_000 * STEPS_PER_MILLIAMP_HOUR, i64::MAX / 1_000];
        let wholes = [1, 3, 1_001, 280_000 * STEPS_PER_MILLIAMP_HOUR, i64::MAX / 1_000];
        for part in parts.into_iter().flat_map(|part| [part, -part]) {
            for whole in wholes {
                let long = i128::from(part) * 1_000_000 / i128::from(whole);
                match Charge(part).short_share_of(Charge(whole)) {
                    Some(short) => assert_eq!(i128::from(short), long, "{part} of {whole}"),
                    None => assert!(long.abs() > i128::from(i64::MAX)),
                }
            }
        }
        // Beyond what fits, the answer is still right.
        let most = Charge(i64::MAX);
        assert_eq!(Charge(i64::MAX / 2).share_of(most), Some(Ratio::from_ppm(499_999)));
        assert_eq!(Charge(i64::MAX / 999).short_share_of(most), None);
    }

    #[test]
    fn share_of_a_pack_is_in_ppm_and_needs_a_positive_whole() {
        let rated = Charge::from_milliamp_hours(280_000);
        assert_eq!(
            Charge::from_milliamp_hours(70_000).share_of(rated),
            Some(Ratio::from_permille(250))
        );
        assert_eq!(rated.share_of(Charge::ZERO), None);
    }

    #[test]
    fn the_one_hour_current_of_280_ampere_hours_is_280_amperes() {
        assert_eq!(Charge::from_milliamp_hours(280_000).per_hour(), Current::from_amps(280));
    }

    #[test]
    fn milliamp_hours_saturate_at_the_border() {
        assert_eq!(Charge::MAX.as_milliamp_hours(), i32::MAX);
        assert_eq!(Charge::MIN.as_milliamp_hours(), i32::MIN);
    }
}
