//! The register map of the dialect D2.
//!
//! Sources: the vendor's Modbus spreadsheet in two editions (**A**), and captures of phone app,
//! boards and an active balancer in the open projects esphome-daly-bms, aiobmsble and batmon-ha
//! (**B** where several agree, **C** for one).
//!
//! A number means `(raw + bias) * scale` in the raw unit of its point or parameter. The sign of the
//! current is that of the captures: raw above 30000 **charges** (B); the spreadsheet says the
//! opposite, and a captured board that was discharging (state register) sent less than 30000.
//!
//! # What is sent for no value
//!
//! No document gives a mark for most registers. Captured boards fill what they lack with 0xFFFF,
//! sensors with 0x00FF and unused cells with 0 (B). We send the same, which is safe because no
//! battery has 6,553.5 V, 3,553.5 A, 6,553.5 % or 215 °C and open clients range-check or name these
//! marks. It is not left out, because a reply has no gaps and silence would hide the other sixty
//! values.

use cellward_params::parameter::id;
use cellward_params::{Fault, Level, Point, Switch};

use super::row::{Access, Certainty};
use super::row::{
    COLD, NONE, Row, amps, current, degrees, derived, find, flag, limit, list, number, order, part,
    permission, plain, rating, row as one, setting, text, unmapped,
};
use crate::map::Absent::{Marked, MarkedAny, Sends};
use crate::map::{Derived, Meaning, Order};
use Access::{Read, ReadWrite, Write};
use Certainty::{A, B, C};
use Fault as F;
use Level::{Alarm as L1, Protection as L2};
use Point as P;

/// The documented blocks, first register and first behind: status, settings.
pub const BLOCKS: [(u16, u16); 2] = [(0x00, 0x7F), (0x80, 0xF4)];

/// The map, by register; every register of a block is in exactly one row.
pub const MAP: &[Row] = &[
    // Status. 0 is an unused cell, and no voltage.
    list(0x00, 32, P::CellVoltage, 0, 0, 1).or(Marked(0)),
    // Behind the last sensor 0 is sent.
    list(0x20, 8, P::SensorTemperature, 0, -40, 10).or(COLD),
    number(0x28, P::PackVoltage, 0, 100),
    current(0x29, P::PackCurrent).with(Read, B),
    one(0x2A, Meaning::Soc, NONE),
    plain(0x2B, P::HighestCellVoltage),
    plain(0x2C, P::LowestCellVoltage),
    // A capture has 0 here beside sensors at 20 °C, so 0 is no temperature in these two; a
    // temperature of -40 °C still shows in the sensors themselves.
    degrees(0x2D, P::HighestTemperature).or(MarkedAny(&[0xFF, 0xFFFF, 0])),
    degrees(0x2E, P::LowestTemperature).or(MarkedAny(&[0xFF, 0xFFFF, 0])),
    one(0x2F, Meaning::Flow, NONE),
    number(0x30, P::Remaining, 0, 100),
    plain(0x31, P::CellCount),
    plain(0x32, P::SensorCount),
    plain(0x33, P::Cycles),
    derived(0x34, Derived::Bleeding),
    flag(0x35, P::ChargeSwitchClosed),
    flag(0x36, P::DischargeSwitchClosed),
    derived(0x37, Derived::CellAverage),
    plain(0x38, P::CellVoltageDifference),
    derived(0x39, Derived::PowerSize),
    part(0x3A, 4, P::ActiveFaults),
    // The spreadsheet has the mileage in 0x3E; boards send which cells are bled.
    part(0x3E, 2, P::CellBleeding).with(Read, C),
    unmapped(0x40, 1, 0x7530, "current of an active balancer; boards without one send its zero"),
    unmapped(0x41, 1, 0, "unknown, 0 in every capture"),
    degrees(0x42, P::SwitchTemperature).or(MarkedAny(&[0xFFFF, 0xFF, 0])).with(Read, B),
    degrees(0x43, P::BoardTemperature).or(MarkedAny(&[0xFFFF, 0xFF, 0])).with(Read, C),
    unmapped(0x44, 3, 0, "reserved"),
    list(0x47, 16, P::CellVoltage, 32, 0, 1).or(Marked(0)),
    unmapped(0x57, 12, 0, "position; the two editions disagree, and no board of ours has any"),
    unmapped(0x63, 28, 0xFFFF, "position, then unknown; 0xFFFF in every capture"),
    // Settings.
    rating(0x80, P::RatedCapacity, id::rated_capacity, 100).or(Marked(0)).with(ReadWrite, A),
    plain(0x81, P::NominalCellVoltage).with(ReadWrite, A),
    // A board that counts none is one alone.
    plain(0x82, P::BoardCount).or(Sends(1)).with(ReadWrite, A),
    rating(0x83, P::BoardCellCount, id::cells, 1).with(ReadWrite, A),
    list(0x84, 2, P::BoardCellCount, 1, 0, 1).or(Sends(0)).with(ReadWrite, A),
    rating(0x86, P::BoardSensorCount, id::sensors, 1).with(ReadWrite, A),
    list(0x87, 2, P::BoardSensorCount, 1, 0, 1).or(Sends(0)).with(ReadWrite, A),
    one(0x89, Meaning::Chemistry, NONE).with(ReadWrite, A),
    // In s, 0xFFFF never, which is what the table of parameters says as well.
    setting(0x8A, id::sleep_wait, 0, 1).or(Sends(0xFFFF)).with(ReadWrite, A),
    limit(0x8B, F::CellOverVoltage, L1, 0, 1),
    limit(0x8C, F::CellOverVoltage, L2, 0, 1),
    limit(0x8D, F::CellUnderVoltage, L1, 0, 1),
    limit(0x8E, F::CellUnderVoltage, L2, 0, 1),
    limit(0x8F, F::PackOverVoltage, L1, 0, 100),
    limit(0x90, F::PackOverVoltage, L2, 0, 100),
    limit(0x91, F::PackUnderVoltage, L1, 0, 100),
    limit(0x92, F::PackUnderVoltage, L2, 0, 100),
    amps(0x93, F::ChargeOverCurrent, L1),
    amps(0x94, F::ChargeOverCurrent, L2),
    amps(0x95, F::DischargeOverCurrent, L1),
    amps(0x96, F::DischargeOverCurrent, L2),
    limit(0x97, F::ChargeOverTemperature, L1, -40, 10),
    limit(0x98, F::ChargeOverTemperature, L2, -40, 10),
    limit(0x99, F::ChargeUnderTemperature, L1, -40, 10),
    limit(0x9A, F::ChargeUnderTemperature, L2, -40, 10),
    limit(0x9B, F::DischargeOverTemperature, L1, -40, 10),
    limit(0x9C, F::DischargeOverTemperature, L2, -40, 10),
    limit(0x9D, F::DischargeUnderTemperature, L1, -40, 10),
    limit(0x9E, F::DischargeUnderTemperature, L2, -40, 10),
    limit(0x9F, F::CellDifference, L1, 0, 1),
    limit(0xA0, F::CellDifference, L2, 0, 1),
    limit(0xA1, F::TemperatureDifference, L1, 0, 10),
    limit(0xA2, F::TemperatureDifference, L2, 0, 10),
    setting(0xA3, id::balance_start_voltage, 0, 1),
    setting(0xA4, id::balance_start_difference, 0, 1),
    permission(0xA5, Switch::Charge),
    permission(0xA6, Switch::Discharge),
    one(0xA7, Meaning::Soc, NONE).with(ReadWrite, A),
    limit(0xA8, F::SwitchOverTemperature, L2, -40, 10),
    text(0xA9, 8, P::FirmwareVersion),
    text(0xB1, 8, P::HardwareVersion),
    text(0xB9, 16, P::BatteryCode),
    one(0xC9, Meaning::Password, Sends(0)).over(3).with(ReadWrite, A),
    part(0xCC, 2, P::ProductionDate),
    unmapped(0xCE, 1, 0xFFFF, "part of a server's address, or a cell count on an active balancer"),
    unmapped(0xCF, 1, 0xFFFF, "switch of an active balancer; 0xFFFF where there is none")
        .with(ReadWrite, B),
    unmapped(0xD0, 4, 0xFFFF, "part of a server's address, or unknown"),
    // What a read gives is documented nowhere.
    one(0xD4, Meaning::Clock, NONE).over(3).with(Write, C),
    unmapped(0xD7, 25, 0xFFFF, "part of a server's address, or unknown; 0xFFFF in captures"),
    order(0xF0, Order::Restart),
    order(0xF1, Order::Sleep),
    order(0xF2, Order::LearnZero),
    order(0xF3, Order::FactoryReset),
];

/// The row that holds a register; `None` outside of the documented blocks.
#[must_use]
pub fn row(register: u16) -> Option<&'static Row> {
    find(MAP, register)
}
