//! Readings in two or four bytes, as a record and the black box keep them.
//!
//! Record format, §2: a value in fixed steps, and at the top of its range two words that are no
//! values, one for "absent" (not fitted) and one for "failed" (fitted, but the reading is invalid
//! or stale). A value beyond the range stops short of them.

use cellward_units::{Current, NoData, Ratio, Temperature, Voltage};

/// A reading packed into steps.
macro_rules! fields {
    ($(
        $(#[$doc:meta])*
        $name:ident($repr:ty) of $quantity:ty, steps of $step:literal, from $least:expr,
        absent $absent:literal as $reason:ident, raw $raw:expr, back $back:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name($repr);

        impl $name {
            /// Not fitted, or not known at all.
            pub const ABSENT: Self = Self($absent);
            /// Fitted, but the reading is invalid or stale.
            pub const FAILED: Self = Self($absent - 1);
            /// The largest value, in steps.
            const MOST: $repr = $absent - 2;

            /// Packs a reading: rounded half away from zero to whole steps, stopped at both ends
            /// of the range.
            #[must_use]
            pub fn of(reading: Result<$quantity, NoData>) -> Self {
                match reading {
                    Ok(quantity) => {
                        let steps = rounded(i64::from(($raw)(quantity)), $step);
                        let most = i64::from(Self::MOST);
                        let least: fn($repr) -> $repr = $least;
                        let stopped = steps.clamp(i64::from(least(Self::MOST)), most);
                        // Within the range of the type after the clamp.
                        Self(<$repr>::try_from(stopped).unwrap_or(Self::MOST))
                    }
                    Err(NoData::NotFitted | NoData::NotCarried) => Self::ABSENT,
                    Err(reason) if reason == NoData::$reason => Self::ABSENT,
                    Err(_) => Self::FAILED,
                }
            }

            /// The reading, to the step.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`NoData::", stringify!($reason), "`] where it is absent,")]
            /// [`NoData::NoAnswer`] where it failed for whatever reason.
            pub fn get(self) -> Result<$quantity, NoData> {
                match self {
                    Self::ABSENT => Err(NoData::$reason),
                    Self::FAILED => Err(NoData::NoAnswer),
                    Self(steps) => Ok(($back)(steps)),
                }
            }

            /// The number as it is stored.
            #[must_use]
            pub const fn to_bits(self) -> $repr {
                self.0
            }

            /// From a number as it is stored.
            #[must_use]
            pub const fn from_bits(bits: $repr) -> Self {
                Self(bits)
            }
        }
    )*};
}

fields! {
    /// A cell, in millivolts, ±32.7 V.
    CellField(i16) of Voltage, steps of 1_000, from |most| most.saturating_neg(),
    absent 0x7FFF as NotFitted, raw Voltage::as_microvolts,
    back |steps| Voltage::from_millivolts(i32::from(steps));

    /// P- against B-, in steps of 10 mV, ±327 V; positive while a load pulls P- up.
    PortField(i16) of Voltage, steps of 10_000, from |most| most.saturating_neg(),
    absent 0x7FFF as NotFitted, raw Voltage::as_microvolts,
    back |steps| Voltage::from_millivolts(i32::from(steps).saturating_mul(10));

    /// The pack, in steps of 10 mV, 0 to 655 V.
    PackField(u16) of Voltage, steps of 10_000, from |_| 0,
    absent 0xFFFF as NotFitted, raw Voltage::as_microvolts,
    back |steps| Voltage::from_millivolts(i32::from(steps).saturating_mul(10));

    /// Current in milliamperes, positive charges.
    CurrentField(i32) of Current, steps of 100, from |most: i32| most.saturating_neg(),
    absent 0x7FFF_FFFF as NotFitted, raw Current::as_ten_microamps,
    back Current::from_milliamps;

    /// Current in steps of 10 mA, positive charges, in the three bytes of the black box: more
    /// than a [`Current`] holds.
    BoxCurrentField(i32) of Current, steps of 1_000, from |most: i32| most.saturating_neg(),
    absent 0x007F_FFFF as NotFitted, raw Current::as_ten_microamps,
    back |steps: i32| Current::from_milliamps(steps.saturating_mul(10));

    /// A temperature in tenths of a degree Celsius.
    TemperatureField(i16) of Temperature, steps of 100, from |most| most.saturating_neg(),
    absent 0x7FFF as NotFitted, raw Temperature::as_millicelsius,
    back |steps| Temperature::from_millicelsius(i32::from(steps).saturating_mul(100));

    /// A share of a whole in steps of 0.01 %; absent means that it is not known.
    ShareField(u16) of Ratio, steps of 100, from |_| 0,
    absent 0xFFFF as Unknown, raw Ratio::as_ppm,
    back |steps| Ratio::from_ppm(i32::from(steps).saturating_mul(100));

    /// A count; absent means that it is not known.
    CountField(u16) of u32, steps of 1, from |_| 0,
    absent 0xFFFF as Unknown, raw |count: u32| count,
    back u32::from;
}

/// `raw / step`, rounded half away from zero; `step` is positive.
fn rounded(raw: i64, step: i64) -> i64 {
    let half = step / 2;
    let nudged = if raw < 0 { raw.saturating_sub(half) } else { raw.saturating_add(half) };
    nudged.checked_div(step).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(microvolts: i32) -> Result<i32, NoData> {
        CellField::of(Ok(Voltage::from_microvolts(microvolts))).get().map(Voltage::as_microvolts)
    }

    #[test]
    fn a_cell_is_rounded_half_away_from_zero_to_the_millivolt() {
        for (raw, kept) in [
            (0, 0),
            (499, 0),
            (500, 1_000),
            (-499, 0),
            (-500, -1_000),
            (3_662_499, 3_662_000),
            (3_662_500, 3_663_000),
        ] {
            assert_eq!(cell(raw), Ok(kept), "{raw}");
        }
    }

    #[test]
    fn a_value_next_to_the_words_for_missing_is_a_value_and_stops_there() {
        for (raw, kept) in [
            (32_764_000, 32_764_000),
            (32_765_000, 32_765_000),
            (32_766_000, 32_765_000),
            (32_767_000, 32_765_000),
            (32_768_000, 32_765_000),
            (-32_765_000, -32_765_000),
            (-32_766_000, -32_765_000),
            (i32::MAX, 32_765_000),
            (i32::MIN, -32_765_000),
        ] {
            assert_eq!(cell(raw), Ok(kept), "{raw}");
        }
        assert_eq!(CellField::from_bits(0x7FFD).get(), Ok(Voltage::from_millivolts(32_765)));
        assert_eq!(CellField::from_bits(0x7FFE).get(), Err(NoData::NoAnswer));
        assert_eq!(CellField::from_bits(0x7FFF).get(), Err(NoData::NotFitted));
        assert_eq!(CellField::from_bits(i16::MIN).get(), Ok(Voltage::from_millivolts(-32_768)));
    }

    #[test]
    fn every_word_of_sixteen_bits_comes_back_as_it_went_in() {
        for bits in 0..=u16::MAX {
            let signed = bits.cast_signed();
            // The three lowest signed numbers are read as values, but nothing packs to them.
            if signed >= -0x7FFD {
                assert_eq!(CellField::of(CellField(signed).get()).to_bits(), signed);
                assert_eq!(PortField::of(PortField(signed).get()).to_bits(), signed);
                assert_eq!(TemperatureField::of(TemperatureField(signed).get()).to_bits(), signed);
            }
            assert_eq!(PackField::of(PackField(bits).get()).to_bits(), bits);
            assert_eq!(ShareField::of(ShareField(bits).get()).to_bits(), bits);
            assert_eq!(CountField::of(CountField(bits).get()).to_bits(), bits);
        }
    }

    #[test]
    fn unsigned_fields_stop_at_zero_and_short_of_the_words_for_missing() {
        let pack = |millivolts| PackField::of(Ok(Voltage::from_millivolts(millivolts))).to_bits();
        assert_eq!([-10, 0, 4, 5, 14, 15].map(pack), [0, 0, 0, 1, 1, 2]);
        assert_eq!([655_330, 655_340, 655_350, 700_000].map(pack), [0xFFFD; 4]);
        let share = |ppm| ShareField::of(Ok(Ratio::from_ppm(ppm))).to_bits();
        assert_eq!([-100, 0, 49, 50, 1_000_000].map(share), [0, 0, 0, 1, 10_000]);
        assert_eq!(share(i32::MAX), 0xFFFD);
        let count = |count| CountField::of(Ok(count)).to_bits();
        assert_eq!([0, 1, 0xFFFC, 0xFFFD, 0xFFFE, u32::MAX].map(count), {
            [0, 1, 0xFFFC, 0xFFFD, 0xFFFD, 0xFFFD]
        });
    }

    #[test]
    fn a_current_keeps_its_milliamperes_and_its_sign() {
        for milliamps in [0, 1, -1, 200_000, -200_000, 21_474_836, -21_474_836] {
            let current = Current::from_milliamps(milliamps);
            assert_eq!(CurrentField::of(Ok(current)).get(), Ok(current));
        }
        assert_eq!(CurrentField::from_bits(0x7FFF_FFFF).get(), Err(NoData::NotFitted));
        assert_eq!(CurrentField::from_bits(0x7FFF_FFFE).get(), Err(NoData::NoAnswer));
        assert!(CurrentField::from_bits(0x7FFF_FFFD).get().is_ok());
    }

    #[test]
    fn absent_and_failed_stay_distinct_from_each_other() {
        for reason in [NoData::NotFitted, NoData::NotCarried] {
            assert_eq!(CellField::of(Err(reason)), CellField::ABSENT);
            assert_eq!(TemperatureField::of(Err(reason)), TemperatureField::ABSENT);
        }
        for reason in [
            NoData::NotYet,
            NoData::Stale,
            NoData::SensorOpen,
            NoData::WireOpen,
            NoData::Implausible,
            NoData::Unknown,
        ] {
            assert_eq!(CellField::of(Err(reason)), CellField::FAILED);
            assert_eq!(TemperatureField::of(Err(reason)), TemperatureField::FAILED);
        }
    }

    #[test]
    fn what_is_not_known_yet_is_absent_where_knowing_is_the_question() {
        assert_eq!(ShareField::of(Err(NoData::Unknown)), ShareField::ABSENT);
        assert_eq!(ShareField::ABSENT.get(), Err(NoData::Unknown));
        assert_eq!(ShareField::of(Err(NoData::Stale)), ShareField::FAILED);
        assert_eq!(CountField::of(Err(NoData::Unknown)), CountField::ABSENT);
    }
}
