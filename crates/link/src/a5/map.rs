//! The dialect map: which field of which command is which point or setting.
//!
//! One table for both directions. A number means `(raw + bias) * scale` in the raw unit of the
//! point's or parameter's row (mV, mA, mAh, tenths of a degree, hundredths of a percent).
//!
//! Sources and certainty are those of the commands in `wire`. The sign of the current is the
//! classic boards' own: raw above 30000 is **discharge** (B: captures with both 0x90 and 0x93), so
//! its scale is negative.

use cellward_params::parameter::{Field as LimitField, id};
use cellward_params::{Fault, Level, ParamId, Point};
use cellward_wire::a5::{
    Balance, BalanceSettings, Boards, CellLimits, CellRange, Cells, ClockAndSoc, CurrentLimits,
    Details, DifferenceLimits, Failures, Field, FirmwareIndex, Pack, PackLimits, Rated,
    ShortCircuit, SocLimits, Status, Switches, TemperatureLimits, TemperatureRange, Temperatures,
    TextPart, Totals, command,
};

use crate::map::Absent::{self, Marked, Sends, Silent};
use crate::map::Meaning;
use Fault as F;
use Level::{Alarm as L1, Protection as L2};
use Point as P;

/// One row of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Where.
    pub field: Field,
    /// What.
    pub meaning: Meaning,
    /// What a board sends for no value.
    pub absent: Absent,
}

/// The rows of a command.
pub fn rows(command: u8) -> impl Iterator<Item = &'static Row> {
    MAP.iter().filter(move |row| row.field.command == command)
}

const fn row(field: Field, meaning: Meaning, absent: Absent) -> Row {
    Row { field, meaning, absent }
}

const fn number(field: Field, point: Point, bias: i32, scale: i32, absent: Absent) -> Row {
    let meaning = Meaning::Number { point, index: 0, bias, scale };
    row(field, meaning, absent)
}

/// Element `index` of a list of one-byte counts that starts at `field`.
const fn element(field: Field, point: Point, index: u8) -> Row {
    let place = Field { at: field.at.saturating_add(index), ..field };
    let meaning = Meaning::Number { point, index, bias: 0, scale: 1 };
    // There is always a first board; a second one that is not there has nothing.
    row(place, meaning, if index == 0 { Silent } else { Sends(0) })
}

const fn flag(field: Field, point: Point, absent: Absent) -> Row {
    row(field, Meaning::Flag { point }, absent)
}

const fn part(field: Field, command: u8, point: Point) -> Row {
    let field = Field { command, ..field };
    row(field, Meaning::Part { point }, Silent)
}

const fn setting(field: Field, parameter: ParamId, bias: i32, scale: i32) -> Row {
    let meaning = Meaning::Setting { parameter, bias, scale };
    row(field, meaning, Silent)
}

/// The threshold of a level of a fault.
const fn limit(field: Field, fault: Fault, level: Level, bias: i32, scale: i32) -> Row {
    let parameter = ParamId::of_limit(fault, level, LimitField::Threshold);
    setting(field, parameter, bias, scale)
}

const fn current_limit(field: Field, level: Level) -> Row {
    row(field, Meaning::CurrentLimit { level }, Silent)
}

const fn unmapped(field: Field, reason: &'static str) -> Row {
    row(field, Meaning::Unmapped(reason), Sends(0))
}

/// The map, by command.
pub const MAP: &[Row] = &[
    // 0x90
    number(Pack::SUM, P::PackVoltage, 0, 100, Silent),
    unmapped(Pack::GATHERED, "0 on almost every board; the sum is what they measure"),
    number(Pack::CURRENT, P::PackCurrent, -30_000, -100, Silent),
    number(Pack::SOC, P::SocShown, 0, 10, Marked(0xFFFF)),
    // 0x91
    number(CellRange::HIGHEST, P::HighestCellVoltage, 0, 1, Silent),
    number(CellRange::HIGHEST_NUMBER, P::HighestCellNumber, 0, 1, Silent),
    number(CellRange::LOWEST, P::LowestCellVoltage, 0, 1, Silent),
    number(CellRange::LOWEST_NUMBER, P::LowestCellNumber, 0, 1, Silent),
    // 0x92
    number(TemperatureRange::HIGHEST, P::HighestTemperature, -40, 10, Silent),
    number(TemperatureRange::HIGHEST_NUMBER, P::HighestTemperatureNumber, 0, 1, Silent),
    number(TemperatureRange::LOWEST, P::LowestTemperature, -40, 10, Silent),
    number(TemperatureRange::LOWEST_NUMBER, P::LowestTemperatureNumber, 0, 1, Silent),
    // 0x93
    row(Switches::STATE, Meaning::Flow, Silent),
    flag(Switches::CHARGE, P::ChargeSwitchClosed, Silent),
    flag(Switches::DISCHARGE, P::DischargeSwitchClosed, Silent),
    number(Switches::LIFE, P::Heartbeat, 0, 1, Sends(0)),
    number(Switches::REMAINING, P::Remaining, 0, 1, Marked(0xFFFF_FFFF)),
    // 0x94
    number(Status::CELLS, P::CellCount, 0, 1, Silent),
    number(Status::SENSORS, P::SensorCount, 0, 1, Silent),
    flag(Status::CHARGER, P::ChargerPresent, Sends(0)),
    flag(Status::LOAD, P::LoadPresent, Sends(0)),
    number(Status::LINES, P::DigitalLines, 0, 1, Sends(0)),
    number(Status::CYCLES, P::Cycles, 0, 1, Marked(0xFFFF)),
    // 0x95 to 0x98
    part(Cells::FIRST, command::CELLS, P::CellVoltage),
    part(Temperatures::FIRST, command::TEMPERATURES, P::SensorTemperature),
    part(Balance::FIRST, command::BALANCE, P::CellBleeding),
    part(Failures::FIRST, command::FAILURES, P::ActiveFaults),
    number(Failures::CODE, P::FaultCode, 0, 1, Sends(0)),
    // 0x50 to 0x54
    number(Rated::CAPACITY, P::RatedCapacity, 0, 1, Silent),
    number(Rated::CELL, P::NominalCellVoltage, 0, 1, Marked(0)),
    number(Boards::BOARDS, P::BoardCount, 0, 1, Silent),
    element(Boards::CELLS, P::BoardCellCount, 0),
    element(Boards::CELLS, P::BoardCellCount, 1),
    element(Boards::CELLS, P::BoardCellCount, 2),
    element(Boards::SENSORS, P::BoardSensorCount, 0),
    element(Boards::SENSORS, P::BoardSensorCount, 1),
    element(Boards::SENSORS, P::BoardSensorCount, 2),
    number(Totals::CHARGED, P::ChargedTotal, 0, 1_000, Silent),
    number(Totals::DISCHARGED, P::DischargedTotal, 0, 1_000, Silent),
    unmapped(Details::OPERATION_MODE, "only the value 1 has ever been seen"),
    row(Details::CHEMISTRY, Meaning::Chemistry, Silent),
    part(Details::YEAR, command::DETAILS, P::ProductionDate),
    unmapped(Details::SLEEP, "sources disagree on its place and unit"),
    part(FirmwareIndex::TEXT, command::FIRMWARE_INDEX, P::FirmwareIndex),
    // 0x57, 0x62, 0x63, 0x61
    part(TextPart::TEXT, command::BATTERY_CODE, P::BatteryCode),
    part(TextPart::TEXT, command::SOFTWARE_VERSION, P::FirmwareVersion),
    part(TextPart::TEXT, command::HARDWARE_VERSION, P::HardwareVersion),
    part(ClockAndSoc::YEAR, command::CLOCK, P::BoardClock),
    unmapped(ClockAndSoc::SOC, "the live SOC of 0x90 is the one that counts"),
    // 0x59, 0x5A: mV and 0.1 V
    limit(CellLimits::HIGH_ALARM, F::CellOverVoltage, L1, 0, 1),
    limit(CellLimits::HIGH, F::CellOverVoltage, L2, 0, 1),
    limit(CellLimits::LOW_ALARM, F::CellUnderVoltage, L1, 0, 1),
    limit(CellLimits::LOW, F::CellUnderVoltage, L2, 0, 1),
    limit(PackLimits::HIGH_ALARM, F::PackOverVoltage, L1, 0, 100),
    limit(PackLimits::HIGH, F::PackOverVoltage, L2, 0, 100),
    limit(PackLimits::LOW_ALARM, F::PackUnderVoltage, L1, 0, 100),
    limit(PackLimits::LOW, F::PackUnderVoltage, L2, 0, 100),
    // 0x5B: client programs disagree on which direction comes first, so the sign decides.
    current_limit(CurrentLimits::FIRST_ALARM, L1),
    current_limit(CurrentLimits::FIRST, L2),
    current_limit(CurrentLimits::SECOND_ALARM, L1),
    current_limit(CurrentLimits::SECOND, L2),
    // 0x5C: °C + 40
    limit(TemperatureLimits::CHARGE_HIGH_ALARM, F::ChargeOverTemperature, L1, -40, 10),
    limit(TemperatureLimits::CHARGE_HIGH, F::ChargeOverTemperature, L2, -40, 10),
    limit(TemperatureLimits::CHARGE_LOW_ALARM, F::ChargeUnderTemperature, L1, -40, 10),
    limit(TemperatureLimits::CHARGE_LOW, F::ChargeUnderTemperature, L2, -40, 10),
    limit(TemperatureLimits::DISCHARGE_HIGH_ALARM, F::DischargeOverTemperature, L1, -40, 10),
    limit(TemperatureLimits::DISCHARGE_HIGH, F::DischargeOverTemperature, L2, -40, 10),
    limit(TemperatureLimits::DISCHARGE_LOW_ALARM, F::DischargeUnderTemperature, L1, -40, 10),
    limit(TemperatureLimits::DISCHARGE_LOW, F::DischargeUnderTemperature, L2, -40, 10),
    // 0x5D: 0.1 %
    limit(SocLimits::HIGH_ALARM, F::HighSoc, L1, 0, 1),
    limit(SocLimits::HIGH, F::HighSoc, L2, 0, 1),
    limit(SocLimits::LOW_ALARM, F::LowSoc, L1, 0, 1),
    limit(SocLimits::LOW, F::LowSoc, L2, 0, 1),
    // 0x5E: a difference carries no offset of 40 (one client program subtracts it all the same)
    limit(DifferenceLimits::CELL_ALARM, F::CellDifference, L1, 0, 1),
    limit(DifferenceLimits::CELL, F::CellDifference, L2, 0, 1),
    limit(DifferenceLimits::TEMPERATURE_ALARM, F::TemperatureDifference, L1, 0, 10),
    limit(DifferenceLimits::TEMPERATURE, F::TemperatureDifference, L2, 0, 10),
    // 0x5F, 0x60
    setting(BalanceSettings::START, id::balance_start_voltage, 0, 1),
    setting(BalanceSettings::DIFFERENCE, id::balance_start_difference, 0, 1),
    setting(ShortCircuit::TRIP, id::short_circuit_current, 0, 1_000),
    setting(ShortCircuit::SHUNT, id::shunt, 0, 1),
];
