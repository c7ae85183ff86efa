//! The protection limits: threshold, recovery and both delays of every (fault, level), for both
//! built-in profiles and the three chemistries.
//!
//! Numbers of profile `vendor` come from the vendor's product sheet, register dumps of real boards
//! and the K-series manual; numbers of profile `strict` are chosen between Libre Solar, foxBMS,
//! Seplos and the Venus driver so that no cell passes its maker's upper limit (IEC 62619:2022).
//! What no source states is our choice and marked *guess* in the row's comment with the reason it
//! is safe.

use crate::fault::{Fault, Level};
use crate::{Profile, Unit};

/// What the numbers of a row count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// Millivolts of one cell.
    Cell,
    /// Millivolts per cell, times the number of cells, rounded down to 0.1 V (over-voltage).
    PackDown,
    /// Millivolts per cell, times the number of cells, rounded up to 0.1 V (under-voltage).
    PackUp,
    /// Thousandths of the board's rated current.
    RatedCurrent,
    /// Thousandths of the charge limit.
    ChargeLimit,
    /// Tenths of a degree Celsius.
    Temperature,
    /// A state that is either there or not.
    State,
}

impl Base {
    /// The unit of the resolved limit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cell | Self::PackDown | Self::PackUp => Unit::Millivolt,
            Self::RatedCurrent | Self::ChargeLimit => Unit::Milliamp,
            Self::Temperature => Unit::Celsius,
            Self::State => Unit::None,
        }
    }

    /// Smallest and largest threshold that may be stored, in the unit of the resolved limit.
    #[must_use]
    pub const fn range(self) -> (i32, i32) {
        match self {
            // Any cell threshold: 1000 to 5000 mV (production table, section 1.3).
            Self::Cell => (1_000, 5_000),
            Self::PackDown | Self::PackUp => (3_000, 120_000),
            // Up to 5 kA, the largest short-circuit limit.
            Self::RatedCurrent | Self::ChargeLimit => (100, 5_000_000),
            // Arithmetic and tables are valid from -50 to 130 °C.
            Self::Temperature => (-500, 1_300),
            Self::State => (0, 2),
        }
    }
}

/// Numbers of one profile: by chemistry LFP, NMC, LTO where they differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers {
    /// Trips at this value or beyond.
    pub threshold: [i32; 3],
    /// Recovers strictly on the good side of this value.
    pub recovery: [i32; 3],
    /// How long the condition must last before it acts.
    pub delay_ms: u32,
    /// How long the recovery must last before it releases.
    pub release_ms: u32,
}

/// One row: a level of a fault that this board detects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitRow {
    /// Which fault.
    pub fault: Fault,
    /// Which level of it.
    pub level: Level,
    /// What the numbers count.
    pub base: Base,
    /// Profile `strict`.
    pub strict: Numbers,
    /// Profile `vendor`.
    pub vendor: Numbers,
}

impl LimitRow {
    /// The numbers of a profile.
    #[must_use]
    pub const fn numbers(&self, profile: Profile) -> &Numbers {
        match profile {
            Profile::Strict => &self.strict,
            Profile::Vendor => &self.vendor,
        }
    }
}

/// Numbers that differ by chemistry.
const fn by(threshold: [i32; 3], recovery: [i32; 3], delay_ms: u32, release_ms: u32) -> Numbers {
    Numbers { threshold, recovery, delay_ms, release_ms }
}

/// Numbers that are the same for all chemistries.
const fn all(threshold: i32, recovery: i32, delay_ms: u32, release_ms: u32) -> Numbers {
    by([threshold; 3], [recovery; 3], delay_ms, release_ms)
}

macro_rules! limits {
    ($($fault:ident $level:ident $base:ident: $strict:expr, $vendor:expr;)*) => {
        /// The table of limits, grouped by fault, levels rising.
        pub const LIMITS: &[LimitRow] = &[$(LimitRow {
            fault: Fault::$fault,
            level: Level::$level,
            base: Base::$base,
            strict: $strict,
            vendor: $vendor,
        }),*];
    };
}

// Columns of `by` and `all`: threshold, recovery, delay to set in ms, delay to release in ms.
limits! {
    // Production table §1.1 and §1.2.
    CellOverVoltage Alarm Cell:
        by([3_550, 4_180, 2_700], [3_500, 4_130, 2_680], 2_000, 2_000),
        by([3_650, 4_200, 2_800], [3_600, 4_150, 2_780], 1_000, 1_000);
    CellOverVoltage Protection Cell:
        by([3_650, 4_200, 2_750], [3_400, 4_080, 2_600], 700, 3_000),
        by([3_750, 4_250, 2_850], [3_550, 4_150, 2_750], 1_000, 1_000);
    CellOverVoltage Hard Cell:
        by([3_800, 4_250, 2_850], [3_400, 4_080, 2_600], 1_000, 3_000),
        by([3_800, 4_300, 2_900], [3_650, 4_200, 2_800], 1_000, 1_000);
    CellUnderVoltage Alarm Cell:
        by([2_900, 3_200, 2_000], [2_950, 3_250, 2_020], 2_000, 2_000),
        by([2_500, 3_000, 1_800], [2_550, 3_050, 1_820], 1_000, 1_000);
    CellUnderVoltage Protection Cell:
        by([2_500, 3_000, 1_900], [3_000, 3_500, 2_100], 2_000, 3_000),
        by([2_200, 2_700, 1_700], [2_300, 2_800, 1_800], 1_000, 1_000);
    CellUnderVoltage Hard Cell:
        by([2_200, 2_700, 1_700], [3_000, 3_500, 2_100], 1_000, 3_000),
        by([2_100, 2_600, 1_600], [2_200, 2_700, 1_700], 500, 1_000);

    // Production table §2, in mV per cell.
    PackOverVoltage Alarm PackDown:
        by([3_550, 4_180, 2_700], [3_500, 4_130, 2_680], 1_000, 1_000),
        by([3_650, 4_200, 2_800], [3_600, 4_150, 2_780], 1_000, 1_000);
    PackOverVoltage Protection PackDown:
        by([3_650, 4_200, 2_750], [3_400, 4_080, 2_600], 1_000, 3_000),
        by([3_725, 4_225, 2_825], [3_625, 4_125, 2_725], 1_000, 3_000);
    PackUnderVoltage Alarm PackUp:
        by([2_900, 3_200, 2_000], [2_950, 3_250, 2_020], 1_000, 1_000),
        by([2_500, 3_000, 1_800], [2_550, 3_050, 1_820], 1_000, 1_000);
    PackUnderVoltage Protection PackUp:
        by([2_500, 3_000, 1_900], [3_000, 3_500, 2_100], 1_000, 3_000),
        by([2_150, 2_650, 1_650], [2_250, 2_750, 1_750], 1_000, 3_000);

    // Production table §3. Recoveries of L2 and L3 are the L1 ones: release follows the rule of
    // the fault, which first needs the current to be gone.
    ChargeOverCurrent Alarm ChargeLimit:
        all(1_050, 1_000, 10_000, 1_000),
        all(1_600, 1_520, 10_000, 1_000); // 0.8 × I_r; the vendor's charge limit is 0.5 × I_r
    ChargeOverCurrent Protection ChargeLimit:
        all(1_150, 1_000, 10_000, 30_000),
        all(2_000, 1_520, 10_000, 30_000);
    ChargeOverCurrent Hard ChargeLimit:
        all(1_500, 1_000, 1_000, 30_000),
        all(3_000, 1_520, 1_000, 30_000);
    DischargeOverCurrent Alarm RatedCurrent:
        all(1_050, 1_000, 1_000, 1_000),
        all(800, 760, 1_000, 1_000);
    DischargeOverCurrent Protection RatedCurrent:
        all(1_150, 1_000, 10_000, 30_000),
        all(1_000, 760, 1_000, 30_000);
    DischargeOverCurrent Hard RatedCurrent:
        all(1_500, 1_000, 1_000, 30_000),
        all(1_500, 760, 1_000, 30_000);
    // The chip's own delay (150 µs) is its setting; this row only holds the story afterwards.
    ShortCircuit Protection State: all(1, 1, 0, 10_000), all(1, 1, 0, 10_000);

    // Production table §4.
    ChargeOverTemperature Alarm Temperature:
        by([450, 450, 500], [430, 430, 480], 5_000, 5_000),
        all(500, 480, 1_000, 1_000);
    ChargeOverTemperature Protection Temperature:
        by([550, 500, 600], [450, 450, 500], 5_000, 30_000),
        all(550, 500, 1_000, 1_000);
    ChargeUnderTemperature Alarm Temperature:
        by([50, 50, -100], [70, 70, -80], 5_000, 5_000),
        all(50, 70, 1_000, 1_000);
    ChargeUnderTemperature Protection Temperature:
        by([20, 20, -200], [50, 50, -100], 5_000, 30_000),
        all(0, 50, 1_000, 1_000);
    DischargeOverTemperature Alarm Temperature:
        all(550, 530, 5_000, 5_000),
        all(500, 480, 1_000, 1_000);
    DischargeOverTemperature Protection Temperature:
        all(600, 550, 5_000, 30_000),
        all(550, 500, 1_000, 1_000);
    DischargeUnderTemperature Alarm Temperature:
        all(-100, -80, 5_000, 5_000),
        all(-150, -130, 1_000, 1_000);
    DischargeUnderTemperature Protection Temperature:
        all(-200, -100, 5_000, 30_000),
        all(0, -150, 1_000, 1_000); // as read out of a real board; works as 2 °C, see `core`
    // Release of the switches after 10 s: state machine, table of releases.
    SwitchOverTemperature Alarm Temperature:
        all(850, 830, 1_000, 1_000),
        all(950, 930, 1_000, 1_000);
    SwitchOverTemperature Protection Temperature:
        all(1_000, 700, 1_000, 10_000),
        all(1_000, 650, 1_000, 1_000);
    BoardOverTemperature Alarm Temperature:
        all(650, 630, 5_000, 5_000),
        all(650, 630, 1_000, 1_000);
    BoardOverTemperature Protection Temperature:
        all(750, 600, 5_000, 30_000),
        all(700, 650, 1_000, 1_000);

    // States: delays of the decision table, 3 s of good readings to release.
    SensorMissing Protection State: all(1, 1, 1_000, 3_000), all(1, 1, 1_000, 3_000);
    // The chip confirms twice before it reports a wire.
    OpenWire Protection State: all(1, 1, 0, 3_000), all(1, 1, 0, 3_000);
    ChipLost Protection State: all(1, 1, 500, 3_000), all(1, 1, 500, 3_000);
    SumMismatch Protection State: all(1, 1, 1_000, 3_000), all(1, 1, 1_000, 3_000);
    CurrentSensor Protection State: all(1, 1, 200, 3_000), all(1, 1, 200, 3_000);
    StaleData Alarm State: all(1, 1, 0, 3_000), all(1, 1, 0, 3_000);
    StaleData Protection State: all(2, 1, 0, 3_000), all(2, 1, 0, 3_000);
}

/// How many limits there are.
pub const LIMIT_COUNT: usize = LIMITS.len();

/// Least hysteresis between a threshold and its own recovery, in the unit of the base: 50 mV a
/// cell (LTO 20 mV), the same times the cells for the pack, 2 K. Production table, head.
#[must_use]
pub const fn least_hysteresis(base: Base, chemistry: crate::Chemistry, cells: i32) -> i32 {
    let cell = match chemistry {
        crate::Chemistry::Lto => 20,
        crate::Chemistry::Lfp | crate::Chemistry::Nmc => 50,
    };
    match base {
        Base::Cell => cell,
        Base::PackDown | Base::PackUp => cells.saturating_mul(cell),
        Base::Temperature => 20,
        Base::RatedCurrent | Base::ChargeLimit | Base::State => 0,
    }
}

/// Place of (fault, level) in [`LIMITS`], if this board detects it.
#[must_use]
pub fn place_of(fault: Fault, level: Level) -> Option<usize> {
    LIMITS.iter().position(|row| row.fault == fault && row.level == level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{FAULTS, Watch};

    #[test]
    fn a_fault_has_limits_exactly_when_the_board_watches_for_it() {
        for row in FAULTS {
            let limited = LIMITS.iter().any(|limit| limit.fault == row.fault);
            assert_eq!(limited, row.watch != Watch::Reported, "{:?}", row.fault);
        }
    }

    #[test]
    fn strict_levels_rise_and_recover_on_the_good_side() {
        for limit in LIMITS {
            let high = matches!(limit.fault.row().watch, Watch::High(_));
            for chemistry in 0..3 {
                let threshold = limit.strict.threshold[chemistry];
                let recovery = limit.strict.recovery[chemistry];
                if limit.base != Base::State {
                    assert_eq!(high, recovery < threshold, "{:?} {:?}", limit.fault, limit.level);
                }
                let next = LIMITS.iter().find(|other| {
                    other.fault == limit.fault && other.level.code() == limit.level.code() + 1
                });
                if let Some(next) = next {
                    let higher = next.strict.threshold[chemistry];
                    assert!(if high { higher >= threshold } else { higher <= threshold });
                }
            }
        }
    }

    #[test]
    fn no_delay_of_voltage_or_temperature_is_below_100_ms() {
        for limit in LIMITS {
            let measured = matches!(
                limit.base,
                Base::Cell | Base::PackDown | Base::PackUp | Base::Temperature
            );
            for numbers in [&limit.strict, &limit.vendor] {
                assert!(!measured || numbers.delay_ms >= 100, "{:?}", limit.fault);
            }
        }
    }
}
