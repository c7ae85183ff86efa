//! The fault table: what can go wrong, what each level blocks, how it releases, what to do.
//!
//! Row numbers are the numbers of the switch decision table; they are bit numbers in records and
//! stable for ever. One decision row may hold several faults (cell and pack over-voltage share
//! row 2); codes are one per fault.
//!
//! Thresholds and delays are not here: they are parameters, see [`crate::limit`].

use crate::Switch;
use crate::state::keyed;

keyed! {
    /// One thing that can go wrong.
    pub enum Fault: u16 {
        /// A cell is above its limit.
        CellOverVoltage = 1, "cell_over_voltage";
        /// The pack is above its limit.
        PackOverVoltage = 2, "pack_over_voltage";
        /// A cell is below its limit.
        CellUnderVoltage = 3, "cell_under_voltage";
        /// The pack is below its limit.
        PackUnderVoltage = 4, "pack_under_voltage";
        /// A cell is so low that charging it is dangerous.
        DeepUnderVoltage = 5, "deep_under_voltage";
        /// Too much current into the pack.
        ChargeOverCurrent = 6, "charge_over_current";
        /// Too much current out of the pack.
        DischargeOverCurrent = 7, "discharge_over_current";
        /// The chip saw a short circuit.
        ShortCircuit = 8, "short_circuit";
        /// Too hot to charge.
        ChargeOverTemperature = 9, "charge_over_temperature";
        /// Too cold to charge.
        ChargeUnderTemperature = 10, "charge_under_temperature";
        /// Too hot to discharge.
        DischargeOverTemperature = 11, "discharge_over_temperature";
        /// Too cold to discharge.
        DischargeUnderTemperature = 12, "discharge_under_temperature";
        /// A switch is too hot.
        SwitchOverTemperature = 13, "switch_over_temperature";
        /// The board is too hot.
        BoardOverTemperature = 14, "board_over_temperature";
        /// Cell temperatures differ too much.
        TemperatureDifference = 15, "temperature_difference";
        /// A cell heats itself.
        ThermalRunaway = 16, "thermal_runaway";
        /// Cell voltages differ too much.
        CellDifference = 17, "cell_difference";
        /// A fitted cell-temperature sensor gives no value.
        SensorMissing = 18, "sensor_missing";
        /// The switch-temperature sensor gives no value.
        SwitchSensorMissing = 19, "switch_sensor_missing";
        /// A sampling wire does not conduct or the taps are in the wrong order.
        OpenWire = 20, "open_wire";
        /// The measuring chip does not answer.
        ChipLost = 21, "chip_lost";
        /// The cells do not add up to the pack.
        SumMismatch = 22, "sum_mismatch";
        /// The current channel gives no value.
        CurrentSensor = 23, "current_sensor";
        /// A switch conducts although it was told to open.
        SwitchStuckClosed = 24, "switch_stuck_closed";
        /// A switch does not conduct although it was told to close.
        SwitchStuckOpen = 25, "switch_stuck_open";
        /// Pre-charge did not finish.
        PrechargeFailed = 26, "precharge_failed";
        /// A memory is broken.
        Memory = 27, "memory";
        /// The clock is broken.
        Clock = 28, "clock";
        /// The self-test failed.
        SelfTest = 29, "self_test";
        /// Little charge is left.
        LowSoc = 30, "low_soc";
        /// More charge than a host wants to see.
        HighSoc = 31, "high_soc";
        /// Packs in parallel disturb each other.
        Parallel = 32, "parallel";
        /// Measurements are too old to act on.
        StaleData = 33, "stale_data";
        /// A cell is below zero.
        CellInversion = 34, "cell_inversion";
        /// The chip saw the brain fall silent.
        ChipWatchdog = 35, "chip_watchdog";
        /// One cell sinks at rest.
        InternalShort = 36, "internal_short";
        /// Chemistry, cell count or taps are not confirmed.
        NotCommissioned = 37, "not_commissioned";
        /// The vehicle or host stopped talking.
        HostCommunication = 38, "host_communication";
        /// Parts of the board stopped talking to each other.
        InternalCommunication = 39, "internal_communication";
        /// A cell is far above its limit, or charge flows although the charge switch is open.
        ExtremeOverVoltage = 40, "extreme_over_voltage";
    }
}

keyed! {
    /// How serious: one quantity has up to three steps.
    pub enum Level: u8 {
        /// Told, nothing opens.
        Alarm = 1, "l1";
        /// A switch opens.
        Protection = 2, "l2";
        /// Second protection, done by the chip where possible.
        Hard = 3, "l3";
    }
}

impl Level {
    /// Place of this level in an array of three.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Alarm => 0,
            Self::Protection => 1,
            Self::Hard => 2,
        }
    }
}

/// What a fault is compared against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watch {
    /// Trips when the quantity is at or above the threshold, recovers strictly below.
    High(Quantity),
    /// Trips when the quantity is at or below the threshold, recovers strictly above.
    Low(Quantity),
    /// Not detected by this board yet; only decoded from boards that report it.
    Reported,
}

/// A measured scalar that rows compare; computed once per measurement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Quantity {
    /// Voltage of the highest cell.
    HighestCell,
    /// Voltage of the lowest cell.
    LowestCell,
    /// Voltage of the pack by its own channel.
    Pack,
    /// Current into the pack; negative while discharging.
    ChargeCurrent,
    /// Current out of the pack, as a positive number; negative while charging.
    DischargeCurrent,
    /// Hottest cell sensor.
    HottestCell,
    /// Coldest cell sensor.
    ColdestCell,
    /// Temperature of the switches.
    Switches,
    /// Temperature of the board.
    Board,
    /// 1 while a fitted cell-temperature sensor has no value.
    SensorMissing,
    /// 1 while the chip reports an open sampling wire.
    OpenWire,
    /// 1 while cells and pack disagree.
    SumMismatch,
    /// 0 fresh, 1 beyond the age limit, 2 beyond the permit.
    Staleness,
    /// 1 while the chip does not answer.
    ChipSilence,
    /// 1 while the current channel answers without a value.
    CurrentInvalid,
    /// 1 after the chip opened for a short circuit, until the load is gone.
    ShortCircuit,
}

/// What a level of a fault does to the switches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blocks {
    /// Nothing: alarm only.
    Nothing,
    /// The charge switch opens; the reverse-current rule applies.
    Charge,
    /// The discharge switch opens; the reverse-current rule applies.
    Discharge,
    /// Both open; no reverse-current rule.
    Both,
}

impl Blocks {
    /// Whether this opens `switch`.
    #[must_use]
    pub const fn includes(self, switch: Switch) -> bool {
        matches!(
            (self, switch),
            (Self::Both, _) | (Self::Charge, Switch::Charge) | (Self::Discharge, Switch::Discharge)
        )
    }
}

/// How a tripped level may release, besides its recovery value held for its recovery delay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Release {
    /// The recovery value alone.
    Recovery,
    /// Recovery, and charge current, a charger, a removed load or a user command.
    RecoveryAndRelief,
    /// Discharge current, or a wait, after which the switch closes again.
    ChargeOverCurrent,
    /// Load removed, or retries after 30, 60 and 120 s; then only load removed.
    DischargeOverCurrent,
    /// Load removed, and not sooner than 10 s after the trip.
    ShortCircuit,
    /// Only a person with the installer role.
    Installer,
}

/// What the index of an active fault counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// The fault has no place.
    None,
    /// A cell, counted from 0 at B-.
    Cell,
    /// A cell-temperature sensor, counted from 0.
    Sensor,
    /// A switch: 0 charge, 1 discharge.
    Switch,
}

/// One row of the fault table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultRow {
    /// The fault; its code is the event code of records.
    pub fault: Fault,
    /// Rows of the switch decision table by level; 0 where a level has none.
    pub rows: [u8; 3],
    /// What is compared.
    pub watch: Watch,
    /// What each level opens.
    pub blocks: [Blocks; 3],
    /// Whether cells may be bled while a level above alarm is active.
    pub balancing: bool,
    /// How levels above alarm release.
    pub release: Release,
    /// What the source index counts.
    pub source: SourceKind,
    /// Flashes of the red light; 0 solid.
    pub flashes: u8,
    /// The name for a person.
    #[cfg(feature = "text")]
    pub label: &'static str,
    /// What a person should do.
    #[cfg(feature = "text")]
    pub advice: &'static str,
}

impl Fault {
    /// The row of this fault in the table.
    #[must_use]
    pub fn row(self) -> &'static FaultRow {
        // Each fault has one row (tested), so the first row is never the answer by accident.
        FAULTS.iter().find(|row| row.fault == self).unwrap_or(&FIRST)
    }
}

/// Writes the table as a spreadsheet: one fault a line, then its words.
macro_rules! faults {
    ($($fault:ident, $rows:expr, $watch:expr, $blocks:expr, $balancing:expr, $release:ident,
       $source:ident, $flashes:literal, $label:literal, $advice:literal;)*) => {
        /// The fault table, in the order of the codes.
        pub const FAULTS: &[FaultRow] = &[$(FaultRow {
            fault: Fault::$fault,
            rows: $rows,
            watch: $watch,
            blocks: $blocks,
            balancing: $balancing,
            release: Release::$release,
            source: SourceKind::$source,
            flashes: $flashes,
            #[cfg(feature = "text")]
            label: $label,
            #[cfg(feature = "text")]
            advice: $advice,
        }),*];
    };
}

/// Shorthands that keep the table narrow.
mod short {
    use super::{Blocks, Quantity, Watch};

    pub(super) const N: Blocks = Blocks::Nothing;
    pub(super) const CHG: Blocks = Blocks::Charge;
    pub(super) const DSG: Blocks = Blocks::Discharge;
    pub(super) const ALL: Blocks = Blocks::Both;
    pub(super) const REPORTED: Watch = Watch::Reported;

    pub(super) const fn hi(quantity: Quantity) -> Watch {
        Watch::High(quantity)
    }
    pub(super) const fn lo(quantity: Quantity) -> Watch {
        Watch::Low(quantity)
    }
}

use Quantity as Q;
use short::{ALL, CHG, DSG, N, REPORTED, hi, lo};

// fault, decision rows L1 L2 L3, what is compared, what L1 L2 L3 open, bleeding allowed, release,
// source, red flashes, label, advice.
faults! {
    CellOverVoltage, [2, 2, 3], hi(Q::HighestCell), [N, CHG, CHG], true, Recovery, Cell, 1,
        "cell voltage too high", "Lower the charger's voltage; let the pack discharge a little.";
    PackOverVoltage, [2, 2, 0], hi(Q::Pack), [N, CHG, N], true, Recovery, None, 1,
        "pack voltage too high", "Lower the charger's voltage; let the pack discharge a little.";
    CellUnderVoltage, [5, 5, 5], lo(Q::LowestCell), [N, DSG, DSG], false, RecoveryAndRelief, Cell, 2,
        "cell voltage too low", "Charge the pack.";
    PackUnderVoltage, [5, 5, 0], lo(Q::Pack), [N, DSG, N], false, RecoveryAndRelief, None, 2,
        "pack voltage too low", "Charge the pack.";
    DeepUnderVoltage, [0, 6, 0], REPORTED, [N, ALL, N], false, Installer, Cell, 2,
        "cell voltage too low to charge", "Have an installer check the cells before charging.";
    ChargeOverCurrent, [7, 7, 7], hi(Q::ChargeCurrent), [N, CHG, CHG], true, ChargeOverCurrent, None, 3,
        "charge current too high", "Lower the charger's current or unplug it.";
    DischargeOverCurrent, [8, 8, 8], hi(Q::DischargeCurrent), [N, DSG, DSG], true, DischargeOverCurrent, None, 3,
        "discharge current too high", "Reduce or remove the load.";
    ShortCircuit, [0, 9, 0], hi(Q::ShortCircuit), [N, ALL, N], false, ShortCircuit, None, 4,
        "short circuit", "Remove the load and look for the short before trying again.";
    ChargeOverTemperature, [10, 10, 10], hi(Q::HottestCell), [N, CHG, CHG], false, Recovery, Sensor, 5,
        "too hot to charge", "Let the pack cool down; check the joints near this sensor.";
    ChargeUnderTemperature, [10, 10, 10], lo(Q::ColdestCell), [N, CHG, CHG], false, Recovery, Sensor, 5,
        "too cold to charge", "Warm the pack before charging.";
    DischargeOverTemperature, [11, 11, 11], hi(Q::HottestCell), [N, DSG, DSG], false, Recovery, Sensor, 5,
        "too hot to discharge", "Let the pack cool down; check the joints near this sensor.";
    DischargeUnderTemperature, [11, 11, 11], lo(Q::ColdestCell), [N, DSG, DSG], false, Recovery, Sensor, 5,
        "too cold to discharge", "Warm the pack.";
    SwitchOverTemperature, [12, 12, 0], hi(Q::Switches), [N, ALL, N], false, Recovery, Switch, 6,
        "switch too hot", "Reduce the current; check the cooling of the board.";
    BoardOverTemperature, [13, 13, 0], hi(Q::Board), [N, ALL, N], false, Recovery, None, 6,
        "board too hot", "Reduce the current; check the cooling of the board.";
    TemperatureDifference, [14, 14, 0], REPORTED, [N, CHG, N], false, Recovery, None, 5,
        "cell temperatures differ too much", "Look for a hot joint or a one-sided heat source.";
    ThermalRunaway, [0, 15, 0], REPORTED, [N, ALL, N], false, Installer, Sensor, 5,
        "cell heats itself", "Keep away, call for help, do not use the pack again.";
    CellDifference, [16, 16, 16], REPORTED, [N, N, ALL], true, Installer, None, 7,
        "cell voltages differ too much", "Have an installer check the weak cell.";
    SensorMissing, [0, 17, 0], hi(Q::SensorMissing), [N, ALL, N], false, Recovery, Sensor, 7,
        "temperature sensor missing", "Plug in the temperature sensor; check its wires.";
    SwitchSensorMissing, [18, 0, 0], REPORTED, [N, N, N], true, Recovery, Switch, 7,
        "switch temperature sensor missing", "Have the board repaired; currents are limited.";
    OpenWire, [0, 19, 0], hi(Q::OpenWire), [N, ALL, N], false, Recovery, Cell, 7,
        "sampling wire open or swapped", "Check the sampling wire at this cell.";
    ChipLost, [0, 20, 0], hi(Q::ChipSilence), [N, ALL, N], false, Recovery, None, 8,
        "measuring chip does not answer", "Restart the board; if it stays, have it repaired.";
    SumMismatch, [0, 21, 0], hi(Q::SumMismatch), [N, ALL, N], false, Recovery, None, 7,
        "cells do not add up to the pack", "Check B- and the sampling plug.";
    CurrentSensor, [0, 22, 0], hi(Q::CurrentInvalid), [N, ALL, N], false, Recovery, None, 7,
        "current sensor fault", "Have the board repaired.";
    SwitchStuckClosed, [0, 23, 0], REPORTED, [N, N, N], false, Installer, Switch, 0,
        "switch does not open", "Disconnect the charger and the load by hand.";
    SwitchStuckOpen, [25, 0, 0], REPORTED, [N, N, N], true, Recovery, Switch, 6,
        "switch does not close", "Have the board repaired.";
    PrechargeFailed, [0, 26, 0], REPORTED, [N, DSG, N], true, Recovery, None, 9,
        "pre-charge failed", "Remove the load, then try again.";
    Memory, [27, 0, 0], REPORTED, [N, N, N], true, Recovery, None, 10,
        "memory fault", "Have the board repaired.";
    Clock, [27, 0, 0], REPORTED, [N, N, N], true, Recovery, None, 10,
        "clock fault", "Set the clock; if it stays, have the board repaired.";
    SelfTest, [0, 28, 0], REPORTED, [N, ALL, N], false, Installer, None, 8,
        "self-test failed", "Have the board repaired.";
    LowSoc, [29, 29, 0], REPORTED, [N, N, N], true, Recovery, None, 0,
        "little charge left", "Charge the pack.";
    HighSoc, [29, 29, 0], REPORTED, [N, N, N], true, Recovery, None, 0,
        "charge above the alarm limit", "Nothing needs to be done.";
    Parallel, [0, 31, 0], REPORTED, [N, ALL, N], false, Recovery, None, 8,
        "parallel pack fault", "Look at the other packs.";
    StaleData, [32, 32, 0], hi(Q::Staleness), [N, ALL, N], false, Recovery, None, 8,
        "measurements too old", "Restart the board; if it stays, have it repaired.";
    CellInversion, [0, 33, 0], REPORTED, [N, ALL, N], false, Installer, Cell, 7,
        "cell below zero", "Do not charge; have an installer check the cell.";
    ChipWatchdog, [0, 34, 0], REPORTED, [N, ALL, N], false, Recovery, None, 8,
        "brain was silent", "Nothing, if it happened once; else have the board repaired.";
    InternalShort, [35, 35, 0], REPORTED, [N, CHG, N], true, Installer, Cell, 7,
        "one cell sinks at rest", "Have an installer check the cell.";
    NotCommissioned, [0, 36, 0], REPORTED, [N, ALL, N], false, Installer, None, 7,
        "not commissioned", "Set chemistry and cell count, then confirm them.";
    HostCommunication, [30, 30, 0], REPORTED, [N, N, N], true, Recovery, None, 8,
        "no word from the host", "Check the communication wires.";
    InternalCommunication, [0, 20, 0], REPORTED, [N, ALL, N], false, Recovery, None, 8,
        "parts of the board do not talk", "Restart the board; if it stays, have it repaired.";
    ExtremeOverVoltage, [0, 4, 0], REPORTED, [N, CHG, N], true, Installer, Cell, 0,
        "cell voltage far too high", "Disconnect the charger by hand; have the cells checked.";
}

/// The first row, for the lookup that cannot miss.
const FIRST: FaultRow = match FAULTS.first() {
    Some(row) => *row,
    None => unreachable!(),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_exactly_its_own_row_in_the_order_of_the_codes() {
        let faults: std::vec::Vec<_> = FAULTS.iter().map(|row| row.fault).collect();
        assert_eq!(faults, Fault::ALL);
        for &fault in Fault::ALL {
            assert_eq!(fault.row().fault, fault);
        }
    }

    #[test]
    fn a_level_that_blocks_has_a_decision_row() {
        for row in FAULTS {
            for (blocks, number) in row.blocks.iter().zip(row.rows) {
                assert!(*blocks == Blocks::Nothing || number != 0, "{:?}", row.fault);
            }
        }
    }

    #[test]
    fn alarms_never_open_a_switch() {
        for row in FAULTS {
            assert_eq!(row.blocks[0], Blocks::Nothing, "{:?}", row.fault);
        }
    }

    #[test]
    fn over_voltage_never_blocks_discharging_and_under_voltage_never_blocks_charging() {
        for fault in [Fault::CellOverVoltage, Fault::PackOverVoltage] {
            assert!(fault.row().blocks.iter().all(|b| !b.includes(Switch::Discharge)));
        }
        for fault in [Fault::CellUnderVoltage, Fault::PackUnderVoltage] {
            assert!(fault.row().blocks.iter().all(|b| !b.includes(Switch::Charge)));
        }
    }

    #[test]
    fn keys_are_unique() {
        for (place, fault) in Fault::ALL.iter().enumerate() {
            assert!(Fault::ALL.iter().skip(place + 1).all(|other| other.key() != fault.key()));
        }
    }
}
