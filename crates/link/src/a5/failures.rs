//! The bits of 0x98 and the faults they are. Source: vendor document V1.2, failure table (A).
//!
//! The wire has two levels: 1 warns, 2 opens a switch. Our third level is told as level 2.

use cellward_params::{ActiveFault, Fault, FaultList, Level};
use cellward_wire::a5::Failures;

use Level::{Alarm, Protection};

/// One bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailureBit {
    /// Byte of the payload, 0 to 6.
    pub byte: u8,
    /// Bit of the byte.
    pub bit: u8,
    /// The fault.
    pub fault: Fault,
    /// The level that the bit means; where the wire has one bit for all levels, the level that
    /// our fault table has for it.
    pub level: Level,
    /// The switch that the bit names: 0 charge, 1 discharge.
    pub index: Option<u8>,
    /// Whether the bit stands for every level.
    pub any_level: bool,
}

/// A bit that means one level of a fault.
const fn step(byte: u8, bit: u8, fault: Fault, level: Level) -> FailureBit {
    FailureBit { byte, bit, fault, level, index: None, any_level: false }
}

/// A bit that means a fault, whatever its level.
const fn one(byte: u8, bit: u8, fault: Fault, level: Level, index: Option<u8>) -> FailureBit {
    FailureBit { byte, bit, fault, level, index, any_level: true }
}

/// Every bit that has a meaning, in the order of the payload.
pub const FAILURE_BITS: [FailureBit; 48] = [
    step(0, 0, Fault::CellOverVoltage, Alarm),
    step(0, 1, Fault::CellOverVoltage, Protection),
    step(0, 2, Fault::CellUnderVoltage, Alarm),
    step(0, 3, Fault::CellUnderVoltage, Protection),
    step(0, 4, Fault::PackOverVoltage, Alarm),
    step(0, 5, Fault::PackOverVoltage, Protection),
    step(0, 6, Fault::PackUnderVoltage, Alarm),
    step(0, 7, Fault::PackUnderVoltage, Protection),
    step(1, 0, Fault::ChargeOverTemperature, Alarm),
    step(1, 1, Fault::ChargeOverTemperature, Protection),
    step(1, 2, Fault::ChargeUnderTemperature, Alarm),
    step(1, 3, Fault::ChargeUnderTemperature, Protection),
    step(1, 4, Fault::DischargeOverTemperature, Alarm),
    step(1, 5, Fault::DischargeOverTemperature, Protection),
    step(1, 6, Fault::DischargeUnderTemperature, Alarm),
    step(1, 7, Fault::DischargeUnderTemperature, Protection),
    step(2, 0, Fault::ChargeOverCurrent, Alarm),
    step(2, 1, Fault::ChargeOverCurrent, Protection),
    step(2, 2, Fault::DischargeOverCurrent, Alarm),
    step(2, 3, Fault::DischargeOverCurrent, Protection),
    step(2, 4, Fault::HighSoc, Alarm),
    step(2, 5, Fault::HighSoc, Protection),
    step(2, 6, Fault::LowSoc, Alarm),
    step(2, 7, Fault::LowSoc, Protection),
    step(3, 0, Fault::CellDifference, Alarm),
    step(3, 1, Fault::CellDifference, Protection),
    step(3, 2, Fault::TemperatureDifference, Alarm),
    step(3, 3, Fault::TemperatureDifference, Protection),
    one(4, 0, Fault::SwitchOverTemperature, Protection, Some(0)),
    one(4, 1, Fault::SwitchOverTemperature, Protection, Some(1)),
    one(4, 2, Fault::SwitchSensorMissing, Alarm, Some(0)),
    one(4, 3, Fault::SwitchSensorMissing, Alarm, Some(1)),
    one(4, 4, Fault::ChargeStuckClosed, Protection, None),
    one(4, 5, Fault::DischargeStuckClosed, Protection, None),
    one(4, 6, Fault::SwitchStuckOpen, Alarm, Some(0)),
    one(4, 7, Fault::SwitchStuckOpen, Alarm, Some(1)),
    one(5, 0, Fault::ChipLost, Protection, None),
    one(5, 1, Fault::OpenWire, Protection, None),
    one(5, 2, Fault::SensorMissing, Protection, None),
    one(5, 3, Fault::Memory, Alarm, None),
    one(5, 4, Fault::Clock, Alarm, None),
    one(5, 5, Fault::PrechargeFailed, Protection, None),
    one(5, 6, Fault::HostCommunication, Alarm, None),
    one(5, 7, Fault::InternalCommunication, Protection, None),
    one(6, 0, Fault::CurrentSensor, Protection, None),
    one(6, 1, Fault::SumMismatch, Protection, None),
    one(6, 2, Fault::ShortCircuit, Protection, None),
    one(6, 3, Fault::DeepUnderVoltage, Protection, None),
];

/// Faults without a bit of their own, and the bit that is told instead: the nearest that makes a
/// reader look. Only used by a board; a reader takes each bit at its word.
const NEAREST: [(Fault, u8, u8); 11] = [
    (Fault::ExtremeOverVoltage, 0, 1),
    (Fault::ChargeNotStopped, 0, 1),
    (Fault::ReversePolarity, 5, 5),
    (Fault::CellInversion, 0, 3),
    (Fault::ThermalRunaway, 1, 1),
    (Fault::InternalShort, 3, 1),
    (Fault::BoardOverTemperature, 4, 0),
    (Fault::SelfTest, 5, 0),
    (Fault::ChipWatchdog, 5, 7),
    (Fault::StaleData, 5, 7),
    (Fault::Parallel, 5, 7),
];
// `NotCommissioned`, `NotCalibrated` and `ZeroRefused` have neither a bit nor a neighbour and are
// not told.

/// The faults that the bits say, most serious first. Reserved bits say nothing.
pub(crate) fn faults(failures: &Failures) -> FaultList {
    let mut list = FaultList::new();
    for level in [Protection, Alarm] {
        for row in FAILURE_BITS {
            if row.level == level && failures.bit(row.byte, row.bit) {
                let active = ActiveFault {
                    fault: row.fault,
                    level,
                    index: row.index,
                    value: None,
                    limit: None,
                };
                // There are as many bits as the list has room.
                let _ = list.push(active);
            }
        }
    }
    list
}

/// The bits that tell these faults.
pub(crate) fn bits(faults: &FaultList) -> Failures {
    let mut failures = Failures::default();
    for active in faults {
        let told = match active.level {
            Alarm => Alarm,
            Protection | Level::Hard => Protection,
        };
        // A bit without a level is read as a protection, so the alarm of a fault that has a
        // protection too must not set it.
        let [_, protection, _] = active.fault.row().rows;
        let sets_plain_bits = told == Protection || protection == 0;
        for row in FAILURE_BITS {
            let named = row.index.is_none() || active.index.is_none() || row.index == active.index;
            let by_level = row.level == told || (row.any_level && sets_plain_bits);
            if row.fault == active.fault && named && by_level {
                failures.set_bit(row.byte, row.bit);
            }
        }
        for (fault, byte, bit) in NEAREST {
            if fault == active.fault && sets_plain_bits {
                failures.set_bit(byte, bit);
            }
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_leads_to_its_fault_and_back() {
        for row in FAILURE_BITS {
            let mut failures = Failures::default();
            failures.set_bit(row.byte, row.bit);
            let list = faults(&failures);
            assert_eq!(list.len(), 1);
            assert_eq!((list[0].fault, list[0].level), (row.fault, row.level));
            assert_eq!(bits(&list), failures, "{:?}", row.fault);
        }
    }

    #[test]
    fn protections_come_before_alarms_and_reserved_bits_are_ignored() {
        let failures = Failures { bits: [0x0A, 0, 0x40, 0xF0, 0, 0, 0xF4], code: 0 };
        let found: std::vec::Vec<_> = faults(&failures).iter().map(|f| f.fault).collect();
        assert_eq!(
            found,
            [Fault::CellOverVoltage, Fault::CellUnderVoltage, Fault::ShortCircuit, Fault::LowSoc]
        );
    }

    #[test]
    fn every_fault_that_opens_a_switch_but_one_is_told_by_some_bit() {
        for &fault in Fault::ALL {
            let active =
                ActiveFault { fault, level: Protection, index: None, value: None, limit: None };
            let told = bits(&FaultList::from_slice(&[active]).unwrap()) != Failures::default();
            let untold = [Fault::NotCommissioned, Fault::NotCalibrated, Fault::ZeroRefused];
            assert_eq!(told, !untold.contains(&fault), "{fault:?}");
        }
    }

    #[test]
    fn the_third_level_is_told_as_the_second() {
        let active = ActiveFault {
            fault: Fault::CellOverVoltage,
            level: Level::Hard,
            index: Some(3),
            value: None,
            limit: None,
        };
        let failures = bits(&FaultList::from_slice(&[active]).unwrap());
        assert!(failures.bit(0, 1) && !failures.bit(0, 0));
    }

    #[test]
    fn a_bit_without_a_level_is_set_for_a_protection_and_not_for_its_alarm() {
        let told = |fault, level| {
            let active = ActiveFault { fault, level, index: None, value: None, limit: None };
            bits(&FaultList::from_slice(&[active]).unwrap()) != Failures::default()
        };
        for fault in [Fault::SwitchOverTemperature, Fault::BoardOverTemperature, Fault::StaleData] {
            assert!(!told(fault, Alarm), "{fault:?}: a reader would take it for a protection");
            assert!(told(fault, Protection), "{fault:?}");
        }
        // What never goes beyond an alarm is told by its bit all the same.
        assert!(told(Fault::Clock, Alarm));
        assert!(told(Fault::CellOverVoltage, Alarm), "has a bit for its alarm");
    }
}
