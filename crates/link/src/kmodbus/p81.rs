//! The register map of the dialect p81.
//!
//! Sources: captures of boards with the phone app and the PC tool in the open projects
//! esphome-daly-bms (issues 9 and 22), BMS_BLE-HA (issue 806) and esphome-daly-hkms-bms (**B** where
//! several agree, **C** for one). No vendor document is public. Most settings are **inferred**
//! ([`Certainty::I`]): two captured boards hold numbers that fit only these places, and nobody
//! states them. A table that circulates, "the settings of D2 plus 0x80", contradicts both boards.
//!
//! A number means `(raw + bias) * scale` in the raw unit of its point or parameter; raw current
//! above 30000 **charges** (B), and limits of current carry the sign of their direction.
//!
//! Levels: alarm and protection share one recovery and one delay, so that a write of either sets
//! both. The third level has a table of its own from 0x1C3 on.
//!
//! For no value the same is sent as in [`super::d2`], and for the same reasons; here captures show
//! 0x00FF for sensors and 0xFFFF for anything else.

use cellward_params::parameter::{Field, id};
use cellward_params::{Fault, Level, Point, Switch};

use super::row::{
    Access, COLD, Certainty, NONE, Row, amps, current, degrees, derived, find, flag, limit, list,
    number, of_limit, part, permission, plain, rating, row as one, setting, shared, text, unmapped,
};
use crate::map::Absent::{Marked, Sends};
use crate::map::{Derived, Meaning};
use Access::{Read, ReadWrite, Write};
use Certainty::{B, C, I};
use Fault as F;
use Field::{Delay, Recovery, Threshold};
use Level::{Alarm as L1, Hard as L3, Protection as L2};
use Point as P;

/// The documented blocks, first register and first behind.
pub const BLOCKS: [(u16, u16); 8] = [
    (0x000, 0x07F),
    (0x0A4, 0x0AE),
    (0x0CF, 0x0D0),
    (0x0F6, 0x0F8),
    (0x100, 0x1C2),
    (0x1C3, 0x213),
    (0x220, 0x22B),
    (0x24B, 0x24D),
];

/// Where the phone app writes two zero words to see whether anybody speaks this dialect, and what
/// the count in the reply is then (C).
pub const PROBE: (u16, u16) = (0x0F05, 0xAAAA);

/// A setting that two captured boards agree on and nobody states.
const fn inferred(row: Row) -> Row {
    row.with(ReadWrite, I)
}

/// The map, by register; every register of a block is in exactly one row.
pub const MAP: &[Row] = &[
    // Live values.
    list(0x00, 48, P::CellVoltage, 0, 0, 1).or(Marked(0)).with(Read, B),
    list(0x30, 8, P::SensorTemperature, 0, -40, 10).or(COLD).with(Read, B),
    number(0x38, P::PackVoltage, 0, 100).with(Read, B),
    current(0x39, P::PackCurrent).with(Read, B),
    one(0x3A, Meaning::Soc, NONE).with(Read, B),
    // One project takes it for the state of health; captures a minute apart show a counter.
    plain(0x3B, P::Heartbeat).or(Sends(0)).with(Read, B),
    plain(0x3C, P::CellCount).with(Read, B),
    plain(0x3D, P::SensorCount).with(Read, B),
    plain(0x3E, P::HighestCellVoltage).with(Read, B),
    plain(0x3F, P::HighestCellNumber).with(Read, B),
    plain(0x40, P::LowestCellVoltage).with(Read, B),
    plain(0x41, P::LowestCellNumber).with(Read, B),
    plain(0x42, P::CellVoltageDifference).with(Read, B),
    degrees(0x43, P::HighestTemperature).with(Read, B),
    plain(0x44, P::HighestTemperatureNumber).with(Read, B),
    degrees(0x45, P::LowestTemperature).with(Read, B),
    plain(0x46, P::LowestTemperatureNumber).with(Read, B),
    derived(0x47, Derived::TemperatureSpan).with(Read, B),
    one(0x48, Meaning::Flow, NONE).with(Read, B),
    unmapped(0x49, 2, 0, "charger and load seen; 0 in every capture, also while 9 A flow")
        .with(Read, I),
    number(0x4B, P::Remaining, 0, 100).with(Read, B),
    plain(0x4C, P::Cycles).with(Read, B),
    derived(0x4D, Derived::Bleeding).with(Read, C),
    unmapped(0x4E, 1, 0, "current of an active balancer; 0 where there is none").with(Read, B),
    part(0x4F, 3, P::CellBleeding).with(Read, B),
    flag(0x52, P::ChargeSwitchClosed).with(Read, B),
    flag(0x53, P::DischargeSwitchClosed).with(Read, B),
    unmapped(0x54, 3, 0, "switches of pre-charge, heater and fan, which are no points")
        .with(Read, B),
    derived(0x57, Derived::CellAverage).with(Read, B),
    derived(0x58, Derived::PowerSize).with(Read, B),
    unmapped(0x59, 1, 0, "energy in Wh; 0 where it is not supported").with(Read, B),
    degrees(0x5A, P::SwitchTemperature).with(Read, B),
    degrees(0x5B, P::BoardTemperature).with(Read, B),
    unmapped(0x5C, 1, 0xFF, "temperature of a heater, which is no point").with(Read, B),
    unmapped(0x5D, 4, 0xFFFF, "remaining mileage and unknown").with(Read, C),
    one(0x61, Meaning::Clock, NONE).over(3).with(Read, I),
    unmapped(0x64, 2, 0xFFFF, "remaining time of charge, in a unit that nobody knows")
        .with(Read, C),
    part(0x66, 4, P::ActiveFaults).with(Read, C),
    unmapped(0x6A, 3, 0xFFFF, "perhaps a second current and state of charge").with(Read, I),
    part(0x6D, 7, P::ActiveFaults).with(Read, B),
    unmapped(0x74, 11, 0xFFFF, "unknown").with(Read, I),
    unmapped(0xA4, 10, 0xFFFF, "perhaps limits and counters; 0xFFFF on one of two boards")
        .with(Read, I),
    unmapped(0xCF, 1, 0xFFFF, "switch of an active balancer; 0xFFFF where there is none")
        .with(Read, C),
    unmapped(0xF6, 1, 0xFFFF, "balancing on or off, which is no command here").with(Write, C),
    unmapped(0xF7, 1, 0xFFFF, "current limiter on or off, which is no command here").with(Write, C),
    setting(0x100, id::board_number, 0, 1).with(ReadWrite, B),
    rating(0x101, P::CellCount, id::cells, 1).with(ReadWrite, I),
    // Ratings, counters and switches.
    // A board that counts none is one alone.
    plain(0x102, P::BoardCount).or(Sends(1)).with(Read, I),
    inferred(rating(0x103, P::BoardCellCount, id::cells, 1)),
    inferred(list(0x104, 2, P::BoardCellCount, 1, 0, 1)).or(Sends(0)),
    inferred(rating(0x106, P::BoardSensorCount, id::sensors, 1)),
    inferred(list(0x107, 2, P::BoardSensorCount, 1, 0, 1)).or(Sends(0)),
    inferred(rating(0x109, P::RatedCapacity, id::rated_capacity, 1)).over(2).or(Marked(0)),
    unmapped(0x10B, 2, 0xFFFF, "capacity as measured, which is no point").with(Read, I),
    plain(0x10D, P::ChargedTotal).over(2).or(Marked(0xFFFF_FFFF)).with(Read, I),
    plain(0x10F, P::DischargedTotal).over(2).or(Marked(0xFFFF_FFFF)).with(Read, I),
    unmapped(0x111, 2, 0xFFFF, "unknown, like temperatures").with(Read, I),
    inferred(one(0x113, Meaning::Chemistry, NONE)),
    plain(0x114, P::NominalCellVoltage).with(Read, I),
    // One project states it; two captured boards hold 360 and 0xFFFF.
    one(0x115, Meaning::Wait { parameter: id::sleep_wait, scale: 10 }, Sends(0xFFFF))
        .with(ReadWrite, C),
    one(0x116, Meaning::Soc, NONE).with(ReadWrite, C),
    unmapped(0x117, 2, 0xFFFF, "perhaps the state of health, which is no point").with(Read, I),
    unmapped(0x119, 1, 0, "starts an active balancer").with(Write, C),
    inferred(setting(0x11A, id::balance_start_voltage, 0, 1)),
    inferred(setting(0x11B, id::balance_start_difference, 0, 1)),
    unmapped(0x11C, 5, 0xFFFF, "unknown").with(Read, I),
    permission(0x121, Switch::Charge).with(ReadWrite, B),
    permission(0x122, Switch::Discharge).with(ReadWrite, B),
    inferred(one(0x123, Meaning::Clock, NONE)).over(3),
    one(0x126, Meaning::Password, Sends(0)).over(3).with(Read, I),
    part(0x129, 2, P::ProductionDate).with(Read, I),
    unmapped(0x12B, 3, 0xFFFF, "unknown").with(Read, I),
    unmapped(0x12E, 2, 0xFFFF, "unknown").with(Read, I),
    // Limits of alarm and protection, which share recovery and delay.
    inferred(limit(0x130, F::CellOverVoltage, L1, 0, 1)),
    inferred(limit(0x131, F::CellOverVoltage, L2, 0, 1)),
    inferred(shared(0x132, F::CellOverVoltage, Recovery, 0, 1)),
    inferred(shared(0x133, F::CellOverVoltage, Delay, 0, 1)),
    inferred(limit(0x134, F::CellUnderVoltage, L1, 0, 1)),
    inferred(limit(0x135, F::CellUnderVoltage, L2, 0, 1)),
    inferred(shared(0x136, F::CellUnderVoltage, Recovery, 0, 1)),
    inferred(shared(0x137, F::CellUnderVoltage, Delay, 0, 1)),
    inferred(limit(0x138, F::PackOverVoltage, L1, 0, 100)),
    inferred(limit(0x139, F::PackOverVoltage, L2, 0, 100)),
    inferred(shared(0x13A, F::PackOverVoltage, Recovery, 0, 100)),
    inferred(shared(0x13B, F::PackOverVoltage, Delay, 0, 1)),
    inferred(limit(0x13C, F::PackUnderVoltage, L1, 0, 100)),
    inferred(limit(0x13D, F::PackUnderVoltage, L2, 0, 100)),
    inferred(shared(0x13E, F::PackUnderVoltage, Recovery, 0, 100)),
    inferred(shared(0x13F, F::PackUnderVoltage, Delay, 0, 1)),
    inferred(amps(0x140, F::DischargeOverCurrent, L1)),
    inferred(amps(0x141, F::DischargeOverCurrent, L2)),
    inferred(shared(0x142, F::DischargeOverCurrent, Delay, 0, 1)),
    inferred(amps(0x143, F::DischargeOverCurrent, L3)),
    inferred(of_limit(0x144, F::DischargeOverCurrent, L3, Delay, 0, 1)),
    inferred(amps(0x145, F::ChargeOverCurrent, L1)),
    inferred(amps(0x146, F::ChargeOverCurrent, L2)),
    inferred(shared(0x147, F::ChargeOverCurrent, Delay, 0, 1)),
    inferred(amps(0x148, F::ChargeOverCurrent, L3)),
    inferred(of_limit(0x149, F::ChargeOverCurrent, L3, Delay, 0, 1)),
    inferred(limit(0x14A, F::ChargeOverTemperature, L1, -40, 10)),
    inferred(limit(0x14B, F::ChargeOverTemperature, L2, -40, 10)),
    inferred(shared(0x14C, F::ChargeOverTemperature, Recovery, -40, 10)),
    inferred(shared(0x14D, F::ChargeOverTemperature, Delay, 0, 1)),
    inferred(limit(0x14E, F::ChargeUnderTemperature, L1, -40, 10)),
    inferred(limit(0x14F, F::ChargeUnderTemperature, L2, -40, 10)),
    inferred(shared(0x150, F::ChargeUnderTemperature, Recovery, -40, 10)),
    inferred(shared(0x151, F::ChargeUnderTemperature, Delay, 0, 1)),
    inferred(limit(0x152, F::DischargeOverTemperature, L1, -40, 10)),
    inferred(limit(0x153, F::DischargeOverTemperature, L2, -40, 10)),
    inferred(shared(0x154, F::DischargeOverTemperature, Recovery, -40, 10)),
    inferred(shared(0x155, F::DischargeOverTemperature, Delay, 0, 1)),
    inferred(limit(0x156, F::DischargeUnderTemperature, L1, -40, 10)),
    inferred(limit(0x157, F::DischargeUnderTemperature, L2, -40, 10)),
    inferred(shared(0x158, F::DischargeUnderTemperature, Recovery, -40, 10)),
    inferred(shared(0x159, F::DischargeUnderTemperature, Delay, 0, 1)),
    inferred(limit(0x15A, F::CellDifference, L1, 0, 1)),
    inferred(limit(0x15B, F::CellDifference, L2, 0, 1)),
    inferred(shared(0x15C, F::CellDifference, Recovery, 0, 1)),
    inferred(shared(0x15D, F::CellDifference, Delay, 0, 1)),
    inferred(limit(0x15E, F::TemperatureDifference, L1, 0, 10)),
    inferred(limit(0x15F, F::TemperatureDifference, L2, 0, 10)),
    inferred(shared(0x160, F::TemperatureDifference, Recovery, 0, 10)),
    inferred(shared(0x161, F::TemperatureDifference, Delay, 0, 1)),
    inferred(limit(0x162, F::LowSoc, L1, 0, 1)),
    inferred(limit(0x163, F::LowSoc, L2, 0, 1)),
    inferred(shared(0x164, F::LowSoc, Recovery, 0, 1)),
    inferred(shared(0x165, F::LowSoc, Delay, 0, 1)),
    inferred(limit(0x166, F::SwitchOverTemperature, L1, -40, 10)),
    inferred(limit(0x167, F::SwitchOverTemperature, L2, -40, 10)),
    inferred(shared(0x168, F::SwitchOverTemperature, Recovery, -40, 10)),
    inferred(shared(0x169, F::SwitchOverTemperature, Delay, 0, 1)),
    inferred(limit(0x16A, F::BoardOverTemperature, L1, -40, 10)),
    inferred(limit(0x16B, F::BoardOverTemperature, L2, -40, 10)),
    inferred(shared(0x16C, F::BoardOverTemperature, Recovery, -40, 10)),
    inferred(shared(0x16D, F::BoardOverTemperature, Delay, 0, 1)),
    inferred(setting(0x16E, id::short_circuit_current, 0, 1_000)),
    // Microseconds by their size: 300 and 500 on two boards.
    inferred(setting(0x16F, id::short_circuit_delay, 0, 1)),
    unmapped(0x170, 4, 0xFFFF, "unknown").with(Read, I),
    unmapped(0x174, 1, 0xFFFF, "written by the phone app, meaning unknown").with(Write, C),
    unmapped(0x175, 3, 0xFFFF, "unknown").with(Read, I),
    text(0x178, 7, P::FirmwareVersion).with(Read, I),
    text(0x17F, 7, P::HardwareVersion).with(Read, I),
    text(0x186, 7, P::FirmwareIndex).with(Read, I),
    text(0x18D, 12, P::BatteryCode).with(Read, I),
    unmapped(0x199, 41, 0, "a date of build, then empty").with(Read, I),
    // The third level.
    inferred(of_limit(0x1C3, F::CellOverVoltage, L3, Threshold, 0, 1)),
    inferred(of_limit(0x1C4, F::CellOverVoltage, L3, Recovery, 0, 1)),
    inferred(of_limit(0x1C5, F::CellOverVoltage, L3, Delay, 0, 1)),
    inferred(of_limit(0x1C6, F::CellUnderVoltage, L3, Threshold, 0, 1)),
    inferred(of_limit(0x1C7, F::CellUnderVoltage, L3, Recovery, 0, 1)),
    inferred(of_limit(0x1C8, F::CellUnderVoltage, L3, Delay, 0, 1)),
    inferred(of_limit(0x1C9, F::PackOverVoltage, L3, Threshold, 0, 100)),
    inferred(of_limit(0x1CA, F::PackOverVoltage, L3, Recovery, 0, 100)),
    inferred(of_limit(0x1CB, F::PackOverVoltage, L3, Delay, 0, 1)),
    inferred(of_limit(0x1CC, F::PackUnderVoltage, L3, Threshold, 0, 100)),
    inferred(of_limit(0x1CD, F::PackUnderVoltage, L3, Recovery, 0, 100)),
    inferred(of_limit(0x1CE, F::PackUnderVoltage, L3, Delay, 0, 1)),
    inferred(of_limit(0x1CF, F::ChargeOverTemperature, L3, Threshold, -40, 10)),
    inferred(of_limit(0x1D0, F::ChargeOverTemperature, L3, Recovery, -40, 10)),
    inferred(of_limit(0x1D1, F::ChargeOverTemperature, L3, Delay, 0, 1)),
    inferred(of_limit(0x1D2, F::ChargeUnderTemperature, L3, Threshold, -40, 10)),
    inferred(of_limit(0x1D3, F::ChargeUnderTemperature, L3, Recovery, -40, 10)),
    inferred(of_limit(0x1D4, F::ChargeUnderTemperature, L3, Delay, 0, 1)),
    inferred(of_limit(0x1D5, F::DischargeOverTemperature, L3, Threshold, -40, 10)),
    inferred(of_limit(0x1D6, F::DischargeOverTemperature, L3, Recovery, -40, 10)),
    inferred(of_limit(0x1D7, F::DischargeOverTemperature, L3, Delay, 0, 1)),
    inferred(of_limit(0x1D8, F::DischargeUnderTemperature, L3, Threshold, -40, 10)),
    inferred(of_limit(0x1D9, F::DischargeUnderTemperature, L3, Recovery, -40, 10)),
    inferred(of_limit(0x1DA, F::DischargeUnderTemperature, L3, Delay, 0, 1)),
    inferred(of_limit(0x1DB, F::CellDifference, L3, Threshold, 0, 1)),
    inferred(of_limit(0x1DC, F::CellDifference, L3, Recovery, 0, 1)),
    inferred(of_limit(0x1DD, F::CellDifference, L3, Delay, 0, 1)),
    inferred(of_limit(0x1DE, F::TemperatureDifference, L3, Threshold, 0, 10)),
    inferred(of_limit(0x1DF, F::TemperatureDifference, L3, Recovery, 0, 10)),
    inferred(of_limit(0x1E0, F::TemperatureDifference, L3, Delay, 0, 1)),
    inferred(of_limit(0x1E1, F::LowSoc, L3, Threshold, 0, 1)),
    inferred(of_limit(0x1E2, F::LowSoc, L3, Recovery, 0, 1)),
    inferred(of_limit(0x1E3, F::LowSoc, L3, Delay, 0, 1)),
    inferred(of_limit(0x1E4, F::SwitchOverTemperature, L3, Threshold, -40, 10)),
    inferred(of_limit(0x1E5, F::SwitchOverTemperature, L3, Recovery, -40, 10)),
    inferred(of_limit(0x1E6, F::SwitchOverTemperature, L3, Delay, 0, 1)),
    inferred(of_limit(0x1E7, F::BoardOverTemperature, L3, Threshold, -40, 10)),
    inferred(of_limit(0x1E8, F::BoardOverTemperature, L3, Recovery, -40, 10)),
    inferred(of_limit(0x1E9, F::BoardOverTemperature, L3, Delay, 0, 1)),
    unmapped(0x1EA, 13, 0xFFFF, "unknown").with(Read, I),
    unmapped(0x1F7, 1, 0xFFFF, "forces a heater on, which is no command here").with(ReadWrite, C),
    unmapped(0x1F8, 1, 0xFFFF, "forces a fan on, which is no command here").with(ReadWrite, C),
    unmapped(0x1F9, 26, 0xFFFF, "unknown").with(Read, I),
    unmapped(0x220, 11, 0xFFFF, "unknown").with(Read, I),
    unmapped(0x24B, 2, 0xFFFF, "unknown").with(Read, I),
];

/// The row that holds a register; `None` outside of the documented blocks.
#[must_use]
pub fn row(register: u16) -> Option<&'static Row> {
    find(MAP, register)
}
