//! What the measuring chip can hold of the limits: its cell thresholds and its short-circuit
//! threshold come in steps.
//!
//! Steps and ranges: BQ769x2 technical reference manual (SLUUBY2B), cell over- and under-voltage
//! protection and short circuit in discharge. Which step is taken: production table, §1.4 and §3.
//!
//! Awake the chip is the second line and holds the hard limits (L3); asleep and during an update
//! it is the first line and holds the protection limits (L2).

use cellward_units::Current;

use crate::Config;
use crate::fault::{Fault, Level};

/// One step of a cell threshold, in tenths of a millivolt.
const CELL_STEP: i32 = 506;
/// Lowest and highest step of the over-voltage threshold: 1.012 V to 5.566 V.
const OVER_STEPS: (i32, i32) = (20, 110);
/// Lowest and highest step of the under-voltage threshold: 1.012 V to 4.554 V.
const UNDER_STEPS: (i32, i32) = (20, 90);
/// Awake, the chip stays at least this far beyond L2, in tenths of a millivolt.
const CLEAR_OF_L2: i32 = 200;

/// Thresholds of the short-circuit comparator, in mV over the shunt.
pub const SHORT_CIRCUIT_STEPS: [i32; 16] =
    [10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500];
/// One step of the short-circuit delay, in µs; the largest delay is 30 steps.
const SHORT_CIRCUIT_DELAY_STEP: i32 = 15;
/// What the current channel can measure, in mV over the shunt either way. Source: data sheets of
/// the BQ76952 family, input range of the coulomb counter.
const MEASURING_RANGE_MV: i32 = 200;

/// A cell threshold as the chip holds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CellStep(i32);

impl CellStep {
    /// The number that is written into the chip, 20 to 110; it counts 50.6 mV.
    #[must_use]
    pub fn code(self) -> u8 {
        u8::try_from(self.0).unwrap_or(u8::MAX)
    }

    /// The threshold in tenths of a millivolt, exact.
    #[must_use]
    pub const fn tenths_of_millivolt(self) -> i32 {
        self.0.saturating_mul(CELL_STEP)
    }

    /// The threshold in mV, rounded half up, as it is shown.
    #[must_use]
    pub fn millivolts(self) -> i32 {
        self.tenths_of_millivolt().saturating_add(5).div_euclid(10)
    }

    /// The largest whole number of mV that is not above the threshold.
    pub(crate) fn millivolts_down(self) -> i32 {
        self.tenths_of_millivolt().div_euclid(10)
    }

    /// The smallest whole number of mV that is not below the threshold.
    pub(crate) fn millivolts_up(self) -> i32 {
        self.tenths_of_millivolt().saturating_add(9).div_euclid(10)
    }

    /// The highest step at or below a threshold in mV.
    fn at_or_below(millivolts: i32) -> i32 {
        millivolts.saturating_mul(10).div_euclid(CELL_STEP)
    }

    /// The lowest step at or above a threshold in mV.
    fn at_or_above(millivolts: i32) -> i32 {
        let round_up = CELL_STEP.saturating_sub(1);
        millivolts.saturating_mul(10).saturating_add(round_up).div_euclid(CELL_STEP)
    }
}

/// The over-voltage step that the chip holds asleep, from L2 in mV: the next one down.
#[must_use]
pub fn over_voltage_asleep(protection: i32) -> CellStep {
    let (least, most) = OVER_STEPS;
    CellStep(CellStep::at_or_below(protection).clamp(least, most))
}

/// The over-voltage step that the chip holds awake, from L3 and L2 in mV: the next one down, or
/// the next one up where that comes closer than 20 mV to L2.
#[must_use]
pub fn over_voltage_awake(hard: i32, protection: i32) -> CellStep {
    let (least, most) = OVER_STEPS;
    let down = CellStep::at_or_below(hard);
    let nearest = protection.saturating_mul(10).saturating_add(CLEAR_OF_L2);
    let is_close = CellStep(down).tenths_of_millivolt() < nearest;
    let step = if is_close { down.saturating_add(1) } else { down };
    CellStep(step.clamp(least, most))
}

/// The under-voltage step that the chip holds asleep, from L2 in mV: the next one up.
#[must_use]
pub fn under_voltage_asleep(protection: i32) -> CellStep {
    let (least, most) = UNDER_STEPS;
    CellStep(CellStep::at_or_above(protection).clamp(least, most))
}

/// The under-voltage step that the chip holds awake, from L3 and L2 in mV: the next one up, or
/// the next one down where that comes closer than 20 mV to L2.
#[must_use]
pub fn under_voltage_awake(hard: i32, protection: i32) -> CellStep {
    let (least, most) = UNDER_STEPS;
    let up = CellStep::at_or_above(hard);
    let nearest = protection.saturating_mul(10).saturating_sub(CLEAR_OF_L2);
    let is_close = CellStep(up).tenths_of_millivolt() > nearest;
    let step = if is_close { up.saturating_sub(1) } else { up };
    CellStep(step.clamp(least, most))
}

/// Every cell threshold that the chip holds for a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChipCells {
    /// Over-voltage asleep, from L2.
    pub over_asleep: CellStep,
    /// Over-voltage awake, from L3.
    pub over_awake: CellStep,
    /// Under-voltage asleep, from L2.
    pub under_asleep: CellStep,
    /// Under-voltage awake, from L3.
    pub under_awake: CellStep,
}

impl ChipCells {
    /// What the chip holds for this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let threshold =
            |fault, level| config.limit(fault, level).map_or(0, |limit| limit.threshold);
        let over = threshold(Fault::CellOverVoltage, Level::Protection);
        let under = threshold(Fault::CellUnderVoltage, Level::Protection);
        Self {
            over_asleep: over_voltage_asleep(over),
            over_awake: over_voltage_awake(threshold(Fault::CellOverVoltage, Level::Hard), over),
            under_asleep: under_voltage_asleep(under),
            under_awake: under_voltage_awake(
                threshold(Fault::CellUnderVoltage, Level::Hard),
                under,
            ),
        }
    }
}

/// A short-circuit threshold as the chip holds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ShortCircuitStep {
    millivolts: i32,
}

impl ShortCircuitStep {
    /// The highest step at or below the voltage that a current in mA makes over a shunt in µΩ;
    /// `None` below the lowest step.
    #[must_use]
    pub fn at_or_below(milliamps: i32, shunt_microohms: i32) -> Option<Self> {
        // mA times µΩ are nV.
        let nanovolts = i64::from(milliamps).saturating_mul(i64::from(shunt_microohms));
        SHORT_CIRCUIT_STEPS
            .into_iter()
            .rev()
            .find(|&step| i64::from(step).saturating_mul(1_000_000) <= nanovolts)
            .map(|millivolts| Self { millivolts })
    }

    /// The step in mV over the shunt.
    #[must_use]
    pub const fn millivolts(self) -> i32 {
        self.millivolts
    }

    /// The current at which the chip opens with this shunt in µΩ, rounded down.
    #[must_use]
    pub fn current(self, shunt_microohms: i32) -> Current {
        Current::from_milliamps(milliamps_over(self.millivolts, shunt_microohms))
    }
}

/// The current in mA that makes this voltage in mV over a shunt in µΩ, rounded down; the largest
/// number for a shunt of nothing.
pub(crate) fn milliamps_over(millivolts: i32, shunt_microohms: i32) -> i32 {
    let nanovolts = i64::from(millivolts).saturating_mul(1_000_000);
    let milliamps = nanovolts.checked_div(i64::from(shunt_microohms)).unwrap_or(i64::MAX);
    i32::try_from(milliamps).unwrap_or(i32::MAX)
}

/// The largest current in mA, either way, that the chip measures with this shunt in µΩ.
pub(crate) fn measuring_range_ma(shunt_microohms: i32) -> i32 {
    milliamps_over(MEASURING_RANGE_MV, shunt_microohms)
}

/// The short-circuit delay in µs that the chip holds: the next step of 15 µs down.
#[must_use]
pub const fn short_circuit_delay(microseconds: i32) -> i32 {
    microseconds.saturating_sub(microseconds.rem_euclid(SHORT_CIRCUIT_DELAY_STEP))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chemistry, Profile};

    /// Production table, §1.4: OV asleep, OV awake, UV asleep, UV awake; LFP, NMC, LTO.
    const PUBLISHED: [(Profile, [[i32; 3]; 4]); 2] = [
        (
            Profile::Strict,
            [
                [3_643, 4_200, 2_732],
                [3_795, 4_250, 2_834],
                [2_530, 3_036, 1_923],
                [2_226, 2_732, 1_720],
            ],
        ),
        (
            Profile::Vendor,
            [
                [3_744, 4_200, 2_834],
                [3_795, 4_301, 2_884],
                [2_226, 2_732, 1_720],
                [2_125, 2_631, 1_619],
            ],
        ),
    ];

    #[test]
    fn the_chip_holds_what_the_production_table_says() {
        for (profile, [over_asleep, over_awake, under_asleep, under_awake]) in PUBLISHED {
            for (place, &chemistry) in Chemistry::ALL.iter().enumerate() {
                let cells = ChipCells::of(&Config::new(profile, chemistry, 16));
                let held =
                    [cells.over_asleep, cells.over_awake, cells.under_asleep, cells.under_awake];
                assert_eq!(
                    held.map(CellStep::millivolts),
                    [over_asleep, over_awake, under_asleep, under_awake].map(|row| row[place]),
                    "{profile:?} {chemistry:?}"
                );
            }
        }
    }

    #[test]
    fn a_threshold_on_a_step_stays_there_and_one_beside_it_moves_to_the_safe_side() {
        // 50 steps are 2530.0 mV.
        assert_eq!(over_voltage_asleep(2_529).code(), 49);
        assert_eq!(over_voltage_asleep(2_530).code(), 50);
        assert_eq!(over_voltage_asleep(2_531).code(), 50);
        assert_eq!(under_voltage_asleep(2_529).code(), 50);
        assert_eq!(under_voltage_asleep(2_530).code(), 50);
        assert_eq!(under_voltage_asleep(2_531).code(), 51);
    }

    #[test]
    fn a_step_20_mv_beyond_l2_is_far_enough_and_a_closer_one_gives_way() {
        // 50 steps are 2530.0 mV.
        assert_eq!(over_voltage_awake(2_550, 2_510).code(), 50);
        assert_eq!(over_voltage_awake(2_550, 2_511).code(), 51);
        assert_eq!(under_voltage_awake(2_500, 2_550).code(), 50);
        assert_eq!(under_voltage_awake(2_500, 2_549).code(), 49);
    }

    #[test]
    fn steps_end_at_the_range_of_the_chip() {
        assert_eq!(over_voltage_asleep(500).code(), 20);
        assert_eq!(over_voltage_asleep(9_000).code(), 110);
        assert_eq!(under_voltage_asleep(5_000).code(), 90);
    }

    #[test]
    fn a_short_circuit_threshold_rounds_down_to_a_step() {
        let step = |milliamps| ShortCircuitStep::at_or_below(milliamps, 125);
        assert_eq!(step(1_000_000).map(ShortCircuitStep::millivolts), Some(125));
        assert_eq!(step(999_999).map(ShortCircuitStep::millivolts), Some(100));
        assert_eq!(step(999_999).map(|step| step.current(125)), Some(Current::from_amps(800)));
        assert_eq!(step(80_000).map(ShortCircuitStep::millivolts), Some(10));
        assert_eq!(step(79_999), None);
    }

    #[test]
    fn every_board_size_gets_its_short_circuit_current_to_within_a_hundredth() {
        for amps in crate::config::BOARD_SIZES {
            for profile in [Profile::Strict, Profile::Vendor] {
                let config = Config::new(profile, Chemistry::Lfp, 16).with_rated_amps(amps);
                let times = if profile == Profile::Strict { 5 } else { 10 };
                let wanted = amps * times * 1_000;
                let system = config.system();
                assert_eq!(system.short_circuit_current, wanted);
                let held = ShortCircuitStep::at_or_below(wanted, system.shunt).unwrap();
                assert_eq!(held.millivolts(), 25 * times, "{amps} A {profile:?}");
                let current = held.current(system.shunt).as_milliamps();
                assert!(
                    current <= wanted && wanted - current <= wanted / 100,
                    "{amps} A {current}"
                );
            }
        }
    }

    #[test]
    fn a_short_circuit_delay_rounds_down_to_15_microseconds() {
        assert_eq!([149, 150, 164, 165].map(short_circuit_delay), [135, 150, 150, 165]);
    }
}
