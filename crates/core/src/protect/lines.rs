//! The limits compiled for the running comparison: which line watches what, and sets of lines.
//!
//! A *line* is one level of one fault, by its place in the table of limits. Sets of lines are
//! masks, so that a healthy step costs a few comparisons per quantity and nothing per line.

use cellward_params::fault::{FaultRow, Flag, Quantity, Watch};
use cellward_params::limit::{Base, LIMIT_COUNT, LIMITS, LimitRow, least_hysteresis};
use cellward_params::{Config, Level, Limit};
use cellward_units::{Current, Duration, Ratio};

use super::level::Thresholds;

/// Words of a mask.
const WORDS: usize = 3;
/// Bits of a word.
const BITS: usize = 32;

// Every line has a bit.
const _: () = assert!(LIMIT_COUNT <= 96, "a mask holds 96 lines");
// Every flag has a bit in a `u32`.
const _: () = assert!((Flag::ZeroRefused as u32) < 32, "a set of flags holds 32");

/// A set of lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mask([u32; WORDS]);

impl Mask {
    pub(super) const EMPTY: Self = Self([0; WORDS]);

    /// The same set with one more line.
    const fn with(self, place: usize) -> Self {
        let [one, two, three] = self.0;
        let bit = bit(place);
        Self(match place / BITS {
            0 => [one | bit, two, three],
            1 => [one, two | bit, three],
            _ => [one, two, three | bit],
        })
    }

    /// Puts a line in or takes it out.
    pub(super) fn set(&mut self, place: usize, member: bool) {
        let bit = bit(place);
        if let Some(word) = self.0.get_mut(place / BITS) {
            *word = if member { *word | bit } else { *word & !bit };
        }
    }

    pub(super) const fn is_empty(self) -> bool {
        let [one, two, three] = self.0;
        one | two | three == 0
    }

    /// The lines that are in both.
    pub(super) const fn and(self, other: Self) -> Self {
        let ([a, b, c], [d, e, f]) = (self.0, other.0);
        Self([a & d, b & e, c & f])
    }

    /// The places, rising.
    pub(super) const fn places(self) -> Places {
        Places { words: self.0, word: 0 }
    }
}

/// The places of a mask, rising.
pub(super) struct Places {
    words: [u32; WORDS],
    word: usize,
}

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while let Some(bits) = self.words.get_mut(self.word) {
            if *bits != 0 {
                let bit = usize::try_from(bits.trailing_zeros()).unwrap_or(0);
                *bits &= bits.wrapping_sub(1);
                return Some(self.word.wrapping_mul(BITS).wrapping_add(bit));
            }
            self.word = self.word.wrapping_add(1);
        }
        None
    }
}

/// The bit of a place within its word.
#[expect(clippy::cast_possible_truncation, reason = "a place is below 96")]
const fn bit(place: usize) -> u32 {
    // Shifts by the remainder of 32, the width of a word.
    1_u32.wrapping_shl(place as u32)
}

/// Which lines watch each quantity, by its number.
const WATCHERS: [Mask; Quantity::ALL.len()] = {
    let mut watchers = [Mask::EMPTY; Quantity::ALL.len()];
    let mut rest = LIMITS;
    let mut place = 0_usize;
    while let [row, tail @ ..] = rest {
        if let Watch::High(quantity) | Watch::Low(quantity) = row.watch {
            let slot = watchers.split_at_mut(quantity as usize).1;
            if let [first, ..] = slot {
                *first = first.with(place);
            }
        }
        place = place.wrapping_add(1);
        rest = tail;
    }
    watchers
};

/// Which line waits on each flag, by its bit; `LIMIT_COUNT` where none does.
const WAITERS: [usize; BITS] = {
    let mut waiters = [LIMIT_COUNT; BITS];
    let mut rest = LIMITS;
    let mut place = 0_usize;
    while let [row, tail @ ..] = rest {
        if let Watch::While(flag) = row.watch {
            let slot = waiters.split_at_mut(flag as usize).1;
            if let [first, ..] = slot {
                *first = place;
            }
        }
        place = place.wrapping_add(1);
        rest = tail;
    }
    waiters
};

/// The lines that watch a quantity.
pub(super) fn watchers(quantity: Quantity) -> Mask {
    WATCHERS.get(quantity as usize).copied().unwrap_or(Mask::EMPTY)
}

/// The line that waits on the flag with this bit number.
pub(super) fn waiter(bit: u32) -> Option<usize> {
    let place = usize::try_from(bit).ok().and_then(|bit| WAITERS.get(bit))?;
    (*place < LIMIT_COUNT).then_some(*place)
}

/// The row of a line.
pub(super) fn row(place: usize) -> &'static LimitRow {
    LIMITS.get(place).unwrap_or(&FIRST)
}

/// The fault of a line.
pub(super) fn fault_row(place: usize) -> &'static FaultRow {
    row(place).fault.row()
}

/// Whether a line is above alarm.
pub(super) fn protects(place: usize) -> bool {
    row(place).level != Level::Alarm
}

/// The first limit, for the lookup that cannot miss.
const FIRST: LimitRow = match LIMITS.first() {
    Some(row) => *row,
    None => unreachable!(),
};

/// What lowers the over-current limits of a board that measures or cools badly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Lowered {
    /// The current is not calibrated: 6 % of the rated current less. Production table, §3.
    pub(crate) uncalibrated: bool,
    /// The switch-temperature sensor is missing: half. State machine, row 18.
    pub(crate) halved: bool,
}

/// The numbers of one line, in the inner resolution of its quantity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) thresholds: Thresholds,
    /// The recovery once enough was discharged; the plain one where the rule has no such way.
    pub(super) shallow: i32,
    pub(super) delay: Duration,
    pub(super) release_delay: Duration,
}

impl Line {
    pub(super) fn new(config: &Config, row: &LimitRow, limit: &Limit, lowered: Lowered) -> Self {
        let high = !matches!(row.watch, Watch::Low(_));
        let cells = i32::try_from(config.cells()).unwrap_or(i32::MAX);
        let apart = least_hysteresis(row.base, config.chemistry(), cells);
        // A stored pair that is too close (a real board shipped one reversed) works with the
        // least hysteresis; the stored number is still what is read back.
        let recovery = if high {
            limit.recovery.min(limit.threshold.saturating_sub(apart))
        } else {
            limit.recovery.max(limit.threshold.saturating_add(apart))
        };
        let (threshold, recovery) = match row.base {
            Base::RatedCurrent | Base::ChargeLimit => {
                (lower(limit.threshold, config, lowered), lower(recovery, config, lowered))
            }
            _ => (limit.threshold, recovery),
        };
        let scale = inner_steps(row.base);
        Self {
            thresholds: Thresholds {
                high,
                trip: threshold.saturating_mul(scale),
                recover: recovery.saturating_mul(scale),
            },
            shallow: recovery.saturating_add(apart).min(threshold).saturating_mul(scale),
            delay: limit.delay,
            release_delay: limit.release_delay,
        }
    }

    /// A line that never trips, for a place without a limit, which does not exist.
    pub(super) const NEVER: Self = Self {
        thresholds: Thresholds { high: true, trip: i32::MAX, recover: i32::MAX },
        shallow: i32::MAX,
        delay: Duration::ZERO,
        release_delay: Duration::ZERO,
    };
}

/// An over-current limit of a board that measures or cools badly, in mA; never below 0.1 A, so
/// that it stays a limit.
fn lower(milliamps: i32, config: &Config, lowered: Lowered) -> i32 {
    let mut limit = Current::from_milliamps(milliamps);
    if lowered.uncalibrated {
        limit -= config.rated_current().scaled_by(Ratio::from_permille(60));
    }
    if lowered.halved {
        limit = limit.scaled_by(Ratio::from_permille(500));
    }
    limit.as_milliamps().max(100)
}

/// How many inner steps of the quantity one raw step of a limit is.
pub(super) const fn inner_steps(base: Base) -> i32 {
    match base {
        // mV to µV.
        Base::Cell
        | Base::FixedVoltage
        | Base::CellGap
        | Base::Drift
        | Base::PackDown
        | Base::PackUp => 1_000,
        // mA to 10 µA, 0.1 °C to m°C, 0.1 K to mK.
        Base::RatedCurrent
        | Base::ChargeLimit
        | Base::FixedCurrent
        | Base::Temperature
        | Base::TemperatureGap
        | Base::Rate => 100,
        // Thousandths to ppm.
        Base::Share => 1_000,
        Base::State => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use cellward_params::{Chemistry, Fault, Profile};

    use super::*;

    #[test]
    fn a_mask_gives_back_the_places_that_were_put_in() {
        let mut mask = Mask::EMPTY;
        for place in [0, 31, 32, 63, 64, 90] {
            mask.set(place, true);
        }
        mask.set(32, false);
        assert_eq!(mask.places().collect::<Vec<_>>(), [0, 31, 63, 64, 90]);
        assert!(!mask.is_empty());
        assert!(Mask::EMPTY.is_empty());
        assert_eq!(mask.and(Mask::EMPTY.with(63)).places().collect::<Vec<_>>(), [63]);
    }

    #[test]
    fn every_word_of_a_mask_is_a_word_of_its_own() {
        let of =
            |places: &[usize]| places.iter().fold(Mask::EMPTY, |mask, &place| mask.with(place));
        for place in [5, 40, 70, 95] {
            // Put in twice it is in once, beside what was there.
            let twice = of(&[place - 1, place, place]);
            assert_eq!(twice.places().collect::<Vec<_>>(), [place - 1, place]);
        }
        for pair in [[0, 32], [0, 64], [32, 64]] {
            assert!(!of(&pair).is_empty(), "the same bit of two words");
        }
        for place in [0, 32, 64] {
            let others: Vec<usize> = [0, 32, 64].into_iter().filter(|&it| it != place).collect();
            assert_eq!(of(&[place]).and(of(&others)), Mask::EMPTY);
            assert_eq!(of(&[place]).and(of(&[0, 32, 64])), of(&[place]));
        }
    }

    #[test]
    fn every_line_is_found_by_what_it_watches() {
        for (place, row) in LIMITS.iter().enumerate() {
            match row.watch {
                Watch::High(quantity) | Watch::Low(quantity) => {
                    assert!(watchers(quantity).places().any(|found| found == place));
                }
                Watch::While(flag) => assert_eq!(waiter(flag as u32), Some(place)),
                Watch::Alert => {}
            }
        }
        assert_eq!(waiter(31), None);
    }

    fn line(config: &Config, fault: Fault, level: Level, lowered: Lowered) -> Line {
        let place = cellward_params::limit::place_of(fault, level).unwrap();
        Line::new(config, row(place), config.limit(fault, level).unwrap(), lowered)
    }

    #[test]
    fn a_reversed_pair_works_with_the_least_hysteresis() {
        // A real board: cut at 0 °C, recovery stored as −15 °C.
        let config = Config::new(Profile::Vendor, Chemistry::Lfp, 16);
        let fault = Fault::DischargeUnderTemperature;
        let line = line(&config, fault, Level::Protection, Lowered::default());
        assert_eq!((line.thresholds.trip, line.thresholds.recover), (0, 2_000));
    }

    #[test]
    fn a_missing_calibration_and_a_missing_sensor_lower_the_over_current_limits() {
        let config = Config::lifepo4(16);
        let trip = |lowered| {
            let line = line(&config, Fault::DischargeOverCurrent, Level::Protection, lowered);
            line.thresholds.trip / 100
        };
        assert_eq!(trip(Lowered::default()), 230_000);
        assert_eq!(trip(Lowered { uncalibrated: true, halved: false }), 218_000);
        assert_eq!(trip(Lowered { uncalibrated: false, halved: true }), 115_000);
        assert_eq!(trip(Lowered { uncalibrated: true, halved: true }), 109_000);
    }

    #[test]
    fn a_tiny_limit_stays_a_limit() {
        let mut config = Config::lifepo4(16);
        config.set(cellward_params::ParamId(6), 1_000).unwrap();
        config.restore_limits();
        let lowered = Lowered { uncalibrated: true, halved: true };
        let line = line(&config, Fault::ChargeOverCurrent, Level::Protection, lowered);
        assert_eq!(line.thresholds.trip, 10_000);
    }

    #[test]
    fn the_second_way_out_of_an_over_voltage_is_one_hysteresis_less_deep() {
        let config = Config::lifepo4(16);
        let cell = line(&config, Fault::CellOverVoltage, Level::Protection, Lowered::default());
        assert_eq!((cell.thresholds.recover, cell.shallow), (3_400_000, 3_450_000));
        let pack = line(&config, Fault::PackOverVoltage, Level::Protection, Lowered::default());
        assert_eq!((pack.thresholds.recover, pack.shallow), (54_400_000, 55_200_000));
    }
}
