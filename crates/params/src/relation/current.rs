//! Rules 15, 16 and 18: currents against what the cells, the board and the chip bear.

use cellward_units::{Current, Ratio};

use super::ids::{
    CHARGE_L1, CHARGE_L3, CHARGE_RATE, DISCHARGE_L2, DISCHARGE_L3, RATED_CURRENT,
    SHORT_CIRCUIT_CURRENT, SHUNT,
};
use super::{Bound, Verdict, raw, require};
use crate::chip::{SHORT_CIRCUIT_STEPS, ShortCircuitStep, measuring_range_ma, milliamps_over};
use crate::{Config, config::ReverseCurrent};

/// Rule 15, the alarm: at most 1.1 times the charge limit, else a charger that keeps the advised
/// current to within a tenth is never told.
pub(super) fn charge_alarm_stays_near_the_charge_limit(config: &Config) -> Verdict {
    let most = config.charge_limit().scaled_by(Ratio::from_permille(1_100));
    let most = Bound::AtMost(most.as_ten_microamps().div_euclid(100));
    require(CHARGE_L1, raw(config, CHARGE_L1), most, Some(CHARGE_RATE))
}

/// Rule 16, over-current. The hardware limit of the board is what its chip can measure over its
/// shunt: a threshold beyond never trips.
pub(super) fn over_current_can_be_measured(config: &Config) -> Verdict {
    let full_scale = config.full_scale().as_milliamps();
    let measurable = measuring_range_ma(raw(config, SHUNT));
    for id in [CHARGE_L3, DISCHARGE_L3] {
        require(id, raw(config, id), Bound::AtMost(full_scale), Some(RATED_CURRENT))?;
        require(id, raw(config, id), Bound::AtMost(measurable), Some(SHUNT))?;
    }
    Ok(())
}

/// Rule 16, short circuit: at most 500 mV over the shunt, and the step that the chip holds at least
/// 2.5 times the discharge over-current.
pub(super) fn short_circuit_stands_clear_of_over_current(config: &Config) -> Verdict {
    let (wanted, shunt) = (raw(config, SHORT_CIRCUIT_CURRENT), raw(config, SHUNT));
    let [lowest, .., highest] = SHORT_CIRCUIT_STEPS;
    let most = Bound::AtMost(milliamps_over(highest, shunt));
    require(SHORT_CIRCUIT_CURRENT, wanted, most, Some(SHUNT))?;
    let Some(step) = ShortCircuitStep::at_or_below(wanted, shunt) else {
        let least = lowest.saturating_mul(1_000_000).saturating_add(shunt).saturating_sub(1);
        let least = least.checked_div(shunt).unwrap_or(i32::MAX);
        return require(SHORT_CIRCUIT_CURRENT, wanted, Bound::AtLeast(least), Some(SHUNT));
    };
    // 2.5 times, rounded up.
    let clear = raw(config, DISCHARGE_L2).saturating_mul(5).saturating_add(1).div_euclid(2);
    let held = step.current(shunt).as_milliamps();
    require(SHORT_CIRCUIT_CURRENT, held, Bound::AtLeast(clear), Some(DISCHARGE_L2))
}

/// Rule 18. Follows from the size of the board alone, for every size that can be stored.
pub(super) fn reverse_current_thresholds_rise(config: &Config) -> Verdict {
    rise(config.reverse_current())
}

/// Off below on, on at most the hold-off override.
pub(super) fn rise(reverse: ReverseCurrent) -> Verdict {
    let [off, on, most] =
        [reverse.off, reverse.on, reverse.hold_off_override].map(Current::as_milliamps);
    require(RATED_CURRENT, off, Bound::Below(on), None)?;
    require(RATED_CURRENT, on, Bound::AtMost(most), None)
}
