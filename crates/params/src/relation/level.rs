//! Rules 1, 2 and 3: the levels of one quantity against each other, and each against its own
//! recovery.

use super::{Bound, Verdict, require};
use crate::fault::{Fault, Level, Watch};
use crate::limit::{LIMITS, LimitRow, least_hysteresis};
use crate::parameter::Field;
use crate::{Config, Limit, ParamId, Profile};

/// The next level of the same fault that compares the same quantity.
fn next_level(row: &LimitRow) -> Option<&'static LimitRow> {
    LIMITS.iter().find(|next| {
        next.fault == row.fault
            && next.watch == row.watch
            && next.level.code() == row.level.code().saturating_add(1)
    })
}

/// Rule 1: L1 ≤ L2 ≤ L3.
pub(super) fn high_levels_rise(config: &Config) -> Verdict {
    levels(config, |watch| matches!(watch, Watch::High(_)), Bound::AtMost)
}

/// Rule 2: L1 ≥ L2 ≥ L3.
pub(super) fn low_levels_fall(config: &Config) -> Verdict {
    levels(config, |watch| matches!(watch, Watch::Low(_)), Bound::AtLeast)
}

/// Holds every level to the next one.
fn levels(config: &Config, wanted: fn(Watch) -> bool, bound: fn(i32) -> Bound) -> Verdict {
    for (row, limit) in config.limits().filter(|(row, _)| wanted(row.watch)) {
        let Some(next) = next_level(row) else { continue };
        let Some(next_limit) = config.limit(next.fault, next.level) else { continue };
        let is_waived = WAIVED_LEVELS.contains(&(row.fault, row.level))
            && is_built_in(config, row, |limit| [limit.threshold, 0])
            && is_built_in(config, next, |limit| [limit.threshold, 0]);
        if is_waived {
            continue;
        }
        let [id, next_id] = [row, next].map(|row| id_of(row, Field::Threshold));
        require(id, limit.threshold, bound(next_limit.threshold), Some(next_id))?;
    }
    Ok(())
}

/// Rule 3: a recovery stands off from its threshold by the least hysteresis.
pub(super) fn recovery_keeps_its_distance(config: &Config) -> Verdict {
    let cells = i32::try_from(config.cells()).unwrap_or(i32::MAX);
    for (row, limit) in config.limits() {
        let apart = least_hysteresis(row.base, config.chemistry(), cells);
        let must_be = match row.watch {
            Watch::High(_) => Bound::AtMost(limit.threshold.saturating_sub(apart)),
            Watch::Low(_) => Bound::AtLeast(limit.threshold.saturating_add(apart)),
            Watch::While(_) | Watch::Alert => continue,
        };
        let is_waived = WAIVED_RECOVERIES.contains(&(row.fault, row.level))
            && is_built_in(config, row, |limit| [limit.threshold, limit.recovery]);
        if is_waived {
            continue;
        }
        let [threshold, recovery] =
            [Field::Threshold, Field::Recovery].map(|field| id_of(row, field));
        require(recovery, limit.recovery, must_be, Some(threshold))?;
    }
    Ok(())
}

/// Levels of profile `vendor` that stand on the wrong side of the next one, as read out of real
/// boards: discharge-low L1 −15 °C and L2 0 °C; SOC-low L2 0 % and L3 5 %. Each works by itself.
const WAIVED_LEVELS: [(Fault, Level); 2] =
    [(Fault::DischargeUnderTemperature, Level::Alarm), (Fault::LowSoc, Level::Protection)];

/// A recovery of profile `vendor` on the wrong side of its threshold: discharge-low L2 trips at
/// 0 °C and would recover at −15 °C. It works with the least hysteresis.
const WAIVED_RECOVERIES: [(Fault, Level); 1] =
    [(Fault::DischargeUnderTemperature, Level::Protection)];

/// Whether these numbers of a row are still the ones that profile `vendor` came with.
fn is_built_in(config: &Config, row: &LimitRow, numbers: fn(&Limit) -> [i32; 2]) -> bool {
    let stored = config.limit(row.fault, row.level).map(numbers);
    config.profile() == Profile::Vendor && stored == Some(numbers(&config.default_limit(row)))
}

/// The id of a field of a row.
const fn id_of(row: &LimitRow, field: Field) -> ParamId {
    ParamId::of_limit(row.fault, row.level, field)
}
