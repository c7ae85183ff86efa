//! Rule 12: what the chip holds after rounding, against the limits it stands for.

use super::ids::{FULL_VOLTAGE, OVER_L1, OVER_L2, OVER_L3, UNDER_L1, UNDER_L2, UNDER_L3};
use super::{Bound, Verdict, raw, require};
use crate::chip::ChipCells;
use crate::derate;
use crate::{Config, ParamId};

/// Awake the chip stays at least this far beyond L2, in mV.
const CLEAR_OF_L2: i32 = 20;
/// And at most this far beyond L3, in mV.
const BEYOND_L3: i32 = 5;

/// Rule 12, awake.
pub(super) fn awake_stands_clear_of_the_protection(config: &Config) -> Verdict {
    let held = ChipCells::of(config);
    let over = [held.over_awake.millivolts_down(), held.over_awake.millivolts_up()];
    let least = raw(config, OVER_L2).saturating_add(CLEAR_OF_L2);
    let most = raw(config, OVER_L3).saturating_add(BEYOND_L3);
    within(OVER_L3, over, (least, OVER_L2), (most, OVER_L3))?;

    let under = [held.under_awake.millivolts_down(), held.under_awake.millivolts_up()];
    let least = raw(config, UNDER_L3).saturating_sub(BEYOND_L3);
    let most = raw(config, UNDER_L2).saturating_sub(CLEAR_OF_L2);
    within(UNDER_L3, under, (least, UNDER_L3), (most, UNDER_L2))
}

/// Rule 12, asleep. Between has its ends: a chip that trips just at L1 is not wrong.
pub(super) fn asleep_lies_between_alarm_and_protection(config: &Config) -> Verdict {
    let held = ChipCells::of(config);
    let over = [held.over_asleep.millivolts_down(), held.over_asleep.millivolts_up()];
    let (alarm, cut) = (raw(config, OVER_L1), raw(config, OVER_L2));
    within(OVER_L2, over, (alarm, OVER_L1), (cut, OVER_L2))?;
    // Where the charge current has come to nothing: the second point of the curve.
    if let Some(zero) = derate::charge_over_voltage(config).points().last() {
        let [_, up] = over;
        // That is either so far above full or so far below L2 itself.
        let by_full = zero.at < cut.saturating_sub(20);
        require(OVER_L2, up, Bound::Above(zero.at), by_full.then_some(FULL_VOLTAGE))?;
    }

    let under = [held.under_asleep.millivolts_down(), held.under_asleep.millivolts_up()];
    let (alarm, cut) = (raw(config, UNDER_L1), raw(config, UNDER_L2));
    within(UNDER_L2, under, (cut, UNDER_L2), (alarm, UNDER_L1))?;
    if let Some(zero) = derate::discharge_over_voltage(config).points().first() {
        let [down, _] = under;
        require(UNDER_L2, down, Bound::Below(zero.at), None)?;
    }
    Ok(())
}

/// Holds a step of the chip, rounded down and up to whole millivolts, between two limits. The
/// rounding that is looked at is the one that a whole number is compared with without a loss.
fn within(
    parameter: ParamId,
    [down, up]: [i32; 2],
    (least, low): (i32, ParamId),
    (most, high): (i32, ParamId),
) -> Verdict {
    let other = |id| (id != parameter).then_some(id);
    require(parameter, down, Bound::AtLeast(least), other(low))?;
    require(parameter, up, Bound::AtMost(most), other(high))
}
