//! Rules 8, 9, 14 and the second half of 15: the curves by which current falls, against the
//! limits at which a switch opens.

use super::ids::{
    CHARGE_COLD, CHARGE_HOT, CHARGE_RATE, DISCHARGE_COLD, DISCHARGE_HOT, FULL_VOLTAGE, OVER_L2,
    UNDER_L1, UNDER_L2,
};
use super::{Bound, Broken, Verdict, raw, require};
use crate::derate::{self, Curve};
use crate::{Config, ParamId};

/// Rule 8: the whole charge current ends before none begins, and that before the cut.
pub(super) fn charge_falls_before_the_cut(config: &Config) -> Verdict {
    let curve = derate::charge_over_voltage(config);
    let [whole, none] = curve.points() else { return Ok(()) };
    require(FULL_VOLTAGE, whole.at, Bound::Below(none.at), Some(OVER_L2))?;
    require(FULL_VOLTAGE, none.at, Bound::Below(raw(config, OVER_L2)), Some(OVER_L2))
}

/// Rule 9: no discharge current from above the cut on, the whole of it from above that on, both
/// below full.
pub(super) fn discharge_falls_before_the_cut(config: &Config) -> Verdict {
    let curve = derate::discharge_over_voltage(config);
    let [none, whole] = curve.points() else { return Ok(()) };
    require(UNDER_L2, none.at, Bound::Above(raw(config, UNDER_L2)), None)?;
    require(UNDER_L2, none.at, Bound::Below(whole.at), Some(UNDER_L1))?;
    require(UNDER_L1, whole.at, Bound::Below(raw(config, FULL_VOLTAGE)), Some(FULL_VOLTAGE))
}

/// Rule 14. The curves take their ends from the stored limits, so this holds by construction; it
/// is still looked at, so that nobody gives the ends numbers of their own again.
pub(super) fn current_ends_at_the_temperature_limits(config: &Config) -> Verdict {
    if let Some(curve) = derate::charge_over_temperature(config) {
        ends_at(&curve, config, [CHARGE_COLD, CHARGE_HOT])?;
    }
    if let Some(curve) = derate::discharge_over_temperature(config) {
        ends_at(&curve, config, [DISCHARGE_COLD, DISCHARGE_HOT])?;
    }
    Ok(())
}

/// A curve is nothing at both limits.
pub(super) fn ends_at(curve: &Curve, config: &Config, limits: [ParamId; 2]) -> Verdict {
    let ends = [curve.points().first(), curve.points().last()];
    for (id, end) in limits.into_iter().zip(ends) {
        let value = raw(config, id);
        if let Some(end) = end
            && !curve.is_zero_at(value)
        {
            let must_be = Bound::Exactly(end.at);
            return Err(Broken { rule: 0, parameter: id, against: None, value, must_be });
        }
    }
    Ok(())
}

/// Rule 15, the curve: never more than the charge rate of the cells. By construction too.
pub(super) fn charge_curve_stays_below_the_charge_rate(config: &Config) -> Verdict {
    let Some(curve) = derate::charge_over_temperature(config) else { return Ok(()) };
    let rate = raw(config, CHARGE_RATE);
    require(CHARGE_RATE, curve.most_permille(), Bound::AtMost(rate), None)
}
