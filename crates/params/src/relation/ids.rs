//! The parameters that relations, caps and transactions name.

use crate::ParamId;
use crate::fault::Fault::{
    CellOverVoltage, CellUnderVoltage, ChargeOverCurrent, ChargeOverTemperature,
    ChargeUnderTemperature, DeepUnderVoltage, DischargeOverCurrent, DischargeOverTemperature,
    DischargeUnderTemperature, ExtremeOverVoltage, PackOverVoltage,
};
use crate::fault::Level::{Alarm, Hard, Protection};
use crate::parameter::Field::{Recovery, Threshold};

/// Shorthand.
const fn limit(
    fault: crate::Fault,
    level: crate::Level,
    field: crate::parameter::Field,
) -> ParamId {
    ParamId::of_limit(fault, level, field)
}

macro_rules! ids {
    ($($name:ident = $number:literal;)*) => {
        $(pub(crate) const $name: ParamId = ParamId($number);)*

        /// Every system parameter that is named here, with the name.
        #[cfg(test)]
        pub(crate) const SYSTEM: &[(ParamId, &str)] = &[$(($name, stringify!($name))),*];
    };
}

ids! {
    CELLS = 1;
    CHEMISTRY = 3;
    PROFILE = 4;
    RATED_CURRENT = 5;
    RATED_CAPACITY = 6;
    FULL_VOLTAGE = 7;
    BALANCE_START_VOLTAGE = 10;
    BALANCE_START_DIFFERENCE = 11;
    BALANCE_STOP_DIFFERENCE = 12;
    SHORT_CIRCUIT_CURRENT = 13;
    SHORT_CIRCUIT_DELAY = 14;
    CHARGE_RATE = 15;
    COMMISSIONED = 16;
    UPPER_CELL_VOLTAGE = 17;
    PLAUSIBLE_LOW = 18;
    PLAUSIBLE_HIGH = 19;
    WINDOW_LOW = 20;
    WINDOW_HIGH = 21;
    HEATER_ON = 40;
    HEATER_OFF = 41;
    SHUNT = 42;
}

pub(crate) const OVER_L1: ParamId = limit(CellOverVoltage, Alarm, Threshold);
pub(crate) const OVER_L2: ParamId = limit(CellOverVoltage, Protection, Threshold);
pub(crate) const OVER_L2_RECOVERY: ParamId = limit(CellOverVoltage, Protection, Recovery);
pub(crate) const OVER_L3: ParamId = limit(CellOverVoltage, Hard, Threshold);
pub(crate) const OVER_L3_RECOVERY: ParamId = limit(CellOverVoltage, Hard, Recovery);
pub(crate) const LOCK: ParamId = limit(ExtremeOverVoltage, Protection, Threshold);
pub(crate) const LOCK_RECOVERY: ParamId = limit(ExtremeOverVoltage, Protection, Recovery);
pub(crate) const UNDER_L1: ParamId = limit(CellUnderVoltage, Alarm, Threshold);
pub(crate) const UNDER_L2: ParamId = limit(CellUnderVoltage, Protection, Threshold);
pub(crate) const UNDER_L2_RECOVERY: ParamId = limit(CellUnderVoltage, Protection, Recovery);
pub(crate) const UNDER_L3: ParamId = limit(CellUnderVoltage, Hard, Threshold);
pub(crate) const DEEP: ParamId = limit(DeepUnderVoltage, Protection, Threshold);
pub(crate) const DEEP_LOCK: ParamId = limit(DeepUnderVoltage, Hard, Threshold);
pub(crate) const PACK_OVER_L1: ParamId = limit(PackOverVoltage, Alarm, Threshold);
pub(crate) const PACK_OVER_L2_RECOVERY: ParamId = limit(PackOverVoltage, Protection, Recovery);
pub(crate) const CHARGE_L1: ParamId = limit(ChargeOverCurrent, Alarm, Threshold);
pub(crate) const CHARGE_L3: ParamId = limit(ChargeOverCurrent, Hard, Threshold);
pub(crate) const DISCHARGE_L2: ParamId = limit(DischargeOverCurrent, Protection, Threshold);
pub(crate) const DISCHARGE_L3: ParamId = limit(DischargeOverCurrent, Hard, Threshold);
pub(crate) const CHARGE_HOT: ParamId = limit(ChargeOverTemperature, Protection, Threshold);
pub(crate) const CHARGE_COLD: ParamId = limit(ChargeUnderTemperature, Protection, Threshold);
pub(crate) const CHARGE_COLD_RECOVERY: ParamId =
    limit(ChargeUnderTemperature, Protection, Recovery);
pub(crate) const DISCHARGE_HOT: ParamId = limit(DischargeOverTemperature, Protection, Threshold);
pub(crate) const DISCHARGE_COLD: ParamId = limit(DischargeUnderTemperature, Protection, Threshold);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Parameter;

    #[test]
    fn a_named_number_is_the_number_of_the_row_with_that_key() {
        for (id, name) in SYSTEM {
            let row = Parameter::find(*id).unwrap();
            assert_eq!(row.key, name.to_lowercase());
        }
    }
}
