//! The pack part of rule 5, and rule 11: what is said of the pack against what is said of a cell.

use super::ids::{FULL_VOLTAGE, PACK_OVER_L1, PACK_OVER_L2_RECOVERY};
use super::{Bound, Verdict, raw, require};
use crate::fault::{Fault, Level};
use crate::parameter::Field;
use crate::{Config, ParamId};

/// A cell voltage in mV times the cells of the pack.
fn times_cells(config: &Config, millivolts: i32) -> i32 {
    config.system().cells.saturating_mul(millivolts)
}

/// Rule 5, pack.
pub(super) fn full_lies_between_recovery_and_alarm(config: &Config) -> Verdict {
    let full = times_cells(config, raw(config, FULL_VOLTAGE));
    let recovery = raw(config, PACK_OVER_L2_RECOVERY);
    require(PACK_OVER_L2_RECOVERY, recovery, Bound::Below(full), Some(FULL_VOLTAGE))?;
    let alarm = raw(config, PACK_OVER_L1);
    require(PACK_OVER_L1, alarm, Bound::Above(full), Some(FULL_VOLTAGE))
}

/// Limits of the pack and of a cell with the same name.
const SAME_NAME: [(Fault, Fault); 2] = [
    (Fault::PackOverVoltage, Fault::CellOverVoltage),
    (Fault::PackUnderVoltage, Fault::CellUnderVoltage),
];

/// Rule 11: within 3 % of the cells together.
pub(super) fn pack_agrees_with_cells(config: &Config) -> Verdict {
    for (pack, cell) in SAME_NAME {
        for level in [Level::Alarm, Level::Protection] {
            for field in [Field::Threshold, Field::Recovery] {
                let [pack, cell] = [pack, cell].map(|fault| ParamId::of_limit(fault, level, field));
                let cells = times_cells(config, raw(config, cell));
                // Rounded inwards to whole millivolts.
                let least = cells.saturating_mul(97).saturating_add(99).div_euclid(100);
                let most = cells.saturating_mul(103).div_euclid(100);
                require(pack, raw(config, pack), Bound::AtLeast(least), Some(cell))?;
                require(pack, raw(config, pack), Bound::AtMost(most), Some(cell))?;
            }
        }
    }
    Ok(())
}
