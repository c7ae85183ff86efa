//! Rules 4, 5, 6, 7, 10 and 13: one parameter held against another one.

use super::ids::{
    BALANCE_START_DIFFERENCE, BALANCE_START_VOLTAGE, BALANCE_STOP_DIFFERENCE, CHARGE_COLD,
    CHARGE_COLD_RECOVERY, CHARGE_HOT, DEEP, DEEP_LOCK, DISCHARGE_COLD, DISCHARGE_HOT, FULL_VOLTAGE,
    HEATER_OFF, HEATER_ON, LOCK, OVER_L1, OVER_L2, OVER_L2_RECOVERY, OVER_L3, PLAUSIBLE_HIGH,
    PLAUSIBLE_LOW, UNDER_L1, UNDER_L2, UNDER_L2_RECOVERY, UNDER_L3, UPPER_CELL_VOLTAGE,
    WINDOW_HIGH, WINDOW_LOW,
};
use super::{Bound, Verdict, raw, require};
use crate::{Config, ParamId};

/// How far the lock of row 4 stands above the hard limit of over-voltage, in mV.
pub(crate) const LOCK_ABOVE_HARD: i32 = 100;

/// The first of a pair is smaller than the second.
fn below(config: &Config, pairs: &[(ParamId, ParamId)]) -> Verdict {
    pairs.iter().try_for_each(|&(low, high)| {
        require(low, raw(config, low), Bound::Below(raw(config, high)), Some(high))
    })
}

/// The first of a pair is at most the second.
fn at_most(config: &Config, pairs: &[(ParamId, ParamId)]) -> Verdict {
    pairs.iter().try_for_each(|&(low, high)| {
        require(low, raw(config, low), Bound::AtMost(raw(config, high)), Some(high))
    })
}

/// Rule 4.
pub(super) fn over_voltage_stays_below_the_upper_limit(config: &Config) -> Verdict {
    at_most(config, &[(OVER_L2, UPPER_CELL_VOLTAGE)])
}

/// Rule 5, cell.
pub(super) fn full_lies_between_recovery_and_alarm(config: &Config) -> Verdict {
    below(config, &[(OVER_L2_RECOVERY, FULL_VOLTAGE), (FULL_VOLTAGE, OVER_L1)])
}

/// Rule 6.
pub(super) fn balancing_lies_below_full(config: &Config) -> Verdict {
    below(
        config,
        &[
            (UNDER_L2_RECOVERY, BALANCE_START_VOLTAGE),
            (BALANCE_START_VOLTAGE, FULL_VOLTAGE),
            (BALANCE_STOP_DIFFERENCE, BALANCE_START_DIFFERENCE),
        ],
    )
}

/// Rule 7.
pub(super) fn under_voltage_levels_stay_apart(config: &Config) -> Verdict {
    below(
        config,
        &[
            (DEEP, UNDER_L3),
            (DEEP_LOCK, UNDER_L3),
            (UNDER_L3, UNDER_L2),
            (UNDER_L2, UNDER_L1),
            (UNDER_L1, UNDER_L2_RECOVERY),
        ],
    )
}

/// Rule 10, the lock of row 4.
pub(super) fn the_lock_follows_the_hard_limit(config: &Config) -> Verdict {
    let lock = raw(config, OVER_L3).saturating_add(LOCK_ABOVE_HARD);
    require(LOCK, raw(config, LOCK), Bound::Exactly(lock), Some(OVER_L3))
}

/// Rule 10, plausibility. Ends belong to it: a reading there is still believed. That the window is
/// one (its lower end below its upper) goes without saying in the table.
pub(super) fn thresholds_are_plausible(config: &Config) -> Verdict {
    let thresholds =
        [OVER_L1, OVER_L2, OVER_L3, LOCK, UNDER_L1, UNDER_L2, UNDER_L3, DEEP, DEEP_LOCK];
    for id in thresholds.into_iter().chain([WINDOW_LOW, WINDOW_HIGH]) {
        at_most(config, &[(id, PLAUSIBLE_HIGH)])?;
        let least = Bound::AtLeast(raw(config, PLAUSIBLE_LOW));
        require(id, raw(config, id), least, Some(PLAUSIBLE_LOW))?;
    }
    let least = Bound::AtLeast(raw(config, UNDER_L3));
    require(WINDOW_LOW, raw(config, WINDOW_LOW), least, Some(UNDER_L3))?;
    at_most(config, &[(WINDOW_HIGH, OVER_L3)])?;
    below(config, &[(WINDOW_LOW, WINDOW_HIGH)])
}

/// Rule 13. The windows are those of L2, where the switches open; only a window whose lower end is
/// below its upper one is one.
pub(super) fn heater_and_windows_fit(config: &Config) -> Verdict {
    at_most(config, &[(CHARGE_COLD, HEATER_ON)])?;
    below(config, &[(HEATER_ON, HEATER_OFF)])?;
    at_most(
        config,
        &[
            (CHARGE_COLD_RECOVERY, HEATER_OFF),
            (DISCHARGE_COLD, CHARGE_COLD),
            (CHARGE_HOT, DISCHARGE_HOT),
        ],
    )?;
    below(config, &[(CHARGE_COLD, CHARGE_HOT)])
}
