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
        /// The charge switch conducts although it was told to open.
        ChargeStuckClosed = 24, "charge_stuck_closed";
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
        /// A cell is far above its limit.
        ExtremeOverVoltage = 40, "extreme_over_voltage";
        /// A cell is too high and charge current still flows although the charge switch is open.
        ChargeNotStopped = 41, "charge_not_stopped";
        /// The discharge switch conducts although it was told to open.
        DischargeStuckClosed = 42, "discharge_stuck_closed";
        /// No calibration of the current channel is stored, or a poor one.
        NotCalibrated = 43, "not_calibrated";
        /// The current channel shows too much while nothing flows.
        ZeroRefused = 44, "zero_refused";
        /// Something at the port has its poles swapped.
        ReversePolarity = 45, "reverse_polarity";
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

/// What a level of a fault is compared against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watch {
    /// Trips when the quantity is at or above the threshold, recovers strictly below.
    High(Quantity),
    /// Trips when the quantity is at or below the threshold, recovers strictly above.
    Low(Quantity),
    /// Trips while this is so.
    While(Flag),
    /// Trips when the chip tells of it.
    Alert,
}

/// A measured scalar that levels compare; computed once per measurement.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Quantity {
    /// Voltage of the highest cell.
    HighestCell,
    /// Voltage of the lowest cell.
    LowestCell,
    /// Voltage of the pack by its own channel.
    Pack,
    /// Highest minus lowest cell; unknown while more than 0.1 C flows.
    CellDifference,
    /// Current into the pack; negative while discharging.
    ChargeCurrent,
    /// Current out of the pack, as a positive number; negative while charging.
    DischargeCurrent,
    /// Voltage over both switches while both are closed, as a positive number; unknown otherwise.
    PathDrop,
    /// Hottest cell sensor.
    HottestCell,
    /// Coldest cell sensor.
    ColdestCell,
    /// Hottest minus coldest cell sensor.
    TemperatureDifference,
    /// Largest rise of a cell sensor within a minute.
    RateOfRise,
    /// Temperature of the switches.
    Switches,
    /// Temperature of the board.
    Board,
    /// How far one cell fell against the others within an hour of rest.
    DriftInAnHour,
    /// The same within a day.
    DriftInADay,
    /// State of charge. Only alarms watch it: protection never depends on estimation.
    Soc,
}

impl Quantity {
    /// Every quantity, in the order of the numbers.
    pub const ALL: [Self; 16] = [
        Self::HighestCell,
        Self::LowestCell,
        Self::Pack,
        Self::CellDifference,
        Self::ChargeCurrent,
        Self::DischargeCurrent,
        Self::PathDrop,
        Self::HottestCell,
        Self::ColdestCell,
        Self::TemperatureDifference,
        Self::RateOfRise,
        Self::Switches,
        Self::Board,
        Self::DriftInAnHour,
        Self::DriftInADay,
        Self::Soc,
    ];
}

/// Something that either is so or is not, and that levels wait on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Flag {
    /// A fitted cell-temperature sensor has no value, or all of them are too old.
    SensorMissing,
    /// The switch-temperature sensor has no value.
    SwitchSensorMissing,
    /// A sampling wire is open, or the taps are in the wrong order.
    OpenWire,
    /// Cells and pack disagree.
    SumMismatch,
    /// The chip does not answer.
    ChipSilent,
    /// The current channel answers without a value, or tells of current that cannot flow.
    CurrentInvalid,
    /// A reading is beyond its age limit.
    Stale,
    /// The permit to close has ended for want of readings.
    PermitEnded,
    /// A cell heats itself.
    Runaway,
    /// The charge switch was proven not to open.
    ChargeStuck,
    /// The discharge switch was proven not to open.
    DischargeStuck,
    /// An over-voltage lasts and charge current flows although the charge switch is told to open.
    ChargeNotStopped,
    /// More current than a body diode bears flows through a path that does not conduct well.
    DiodeLoaded,
    /// The tries of the pre-charge are used up.
    PrechargeFailed,
    /// Something at the port has its poles swapped.
    ReversePolarity,
    /// One copy of a memory is bad.
    MemoryWorn,
    /// Both copies of the parameters are bad.
    ParametersLost,
    /// The clock is broken.
    ClockBroken,
    /// The self-test failed.
    SelfTestFailed,
    /// The chip saw the brain fall silent; until a self-test has passed.
    ChipWatchdog,
    /// Chemistry, cell count and taps are not confirmed.
    NotCommissioned,
    /// At the first start a cell lay outside of the window for new cells.
    OutsideWindow,
    /// No calibration of the current channel is stored, or a poor one.
    NotCalibrated,
    /// The last zero of the current channel was too large to be believed.
    ZeroRefused,
}

impl Flag {
    /// The bit of this flag in a set of flags.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1_u32.wrapping_shl(self as u32)
    }
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
    /// The charge switch opens; no reverse-current rule.
    ChargeFirmly,
    /// The discharge switch opens; no reverse-current rule.
    DischargeFirmly,
}

impl Blocks {
    /// Whether this opens `switch`.
    #[must_use]
    pub const fn includes(self, switch: Switch) -> bool {
        matches!(
            (self, switch),
            (Self::Both, _)
                | (Self::Charge | Self::ChargeFirmly, Switch::Charge)
                | (Self::Discharge | Self::DischargeFirmly, Switch::Discharge)
        )
    }

    /// Whether the reverse-current rule may still close what this opens.
    #[must_use]
    pub const fn has_exception(self) -> bool {
        matches!(self, Self::Charge | Self::Discharge)
    }
}

/// How a tripped level above alarm may release, besides its recovery value held for its recovery
/// delay. Alarms need nothing but the recovery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Release {
    /// The recovery value alone.
    Recovery,
    /// Recovery at most three times an hour; beyond that, or instead, a recovery less deep with
    /// one hundredth of the capacity discharged since the trip.
    OverVoltage,
    /// Recovery, and charge current, a charger, a removed load or a command; at most three times
    /// an hour without a command.
    UnderVoltage,
    /// Charger gone, discharge current, or a wait; the third time in ten minutes only the charger
    /// gone.
    ChargeOverCurrent,
    /// Load removed, or retries after 30, 60 and 120 s; then load removed, a charger, the key or a
    /// command.
    DischargeOverCurrent,
    /// Load removed.
    LoadRemoved,
    /// Load removed, and not sooner than 10 s after the trip; retries through the pre-charge path
    /// only, unless the load proves to be a capacitor; then load removed, the key or a command.
    ShortCircuit,
    /// Load removed, the key, a command, or five minutes.
    Precharge,
    /// An installer's override, during which it must recover at rest.
    Override,
    /// An installer acknowledges it.
    Acknowledge,
    /// A wait, whatever the readings.
    Wait,
    /// An installer confirms chemistry, cell count and taps.
    Commission,
}

/// When a fault becomes a lock: both switches stay open (or the one that its row names) over every
/// restart until an installer unlocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    /// Never.
    Never,
    /// When this level trips.
    AtOnce(Level),
    /// When this level has tripped, the wires were tested good and the cells add up to the pack;
    /// otherwise a loose tap made it, and it is told as an open wire.
    Confirmed(Level),
    /// When it trips this often within a day.
    Repeated(u8),
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
    /// A tap of the sampling harness, counted from 0 at B-.
    Tap,
}

/// One row of the fault table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultRow {
    /// The fault; its code is the event code of records.
    pub fault: Fault,
    /// Rows of the switch decision table by level; 0 where a level has none.
    pub rows: [u8; 3],
    /// What each level opens.
    pub blocks: [Blocks; 3],
    /// Whether cells may be bled while a level above alarm is active.
    pub balancing: bool,
    /// How levels above alarm release in profile `strict`.
    pub release: Release,
    /// How levels above alarm release in profile `vendor`.
    pub vendor_release: Release,
    /// When it becomes a lock.
    pub lock: Lock,
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

impl FaultRow {
    /// How levels above alarm release in a profile.
    #[must_use]
    pub const fn release(&self, profile: crate::Profile) -> Release {
        match profile {
            crate::Profile::Strict => self.release,
            crate::Profile::Vendor => self.vendor_release,
        }
    }

    /// What a level opens.
    #[must_use]
    pub const fn blocks(&self, level: Level) -> Blocks {
        let [alarm, protection, hard] = self.blocks;
        match level {
            Level::Alarm => alarm,
            Level::Protection => protection,
            Level::Hard => hard,
        }
    }

    /// What the lock of this fault opens: both, unless the decision table lets the healthy one of
    /// the two conduct.
    #[must_use]
    pub const fn locked_blocks(&self) -> Blocks {
        match self.blocks(Level::Protection) {
            firm @ (Blocks::ChargeFirmly | Blocks::DischargeFirmly) => firm,
            _ => Blocks::Both,
        }
    }
}

impl Fault {
    /// The row of this fault in the table.
    #[must_use]
    pub fn row(self) -> &'static FaultRow {
        // Rows stand in the order of the codes, which count from 1 (tested).
        FAULTS.get(usize::from(self.code()).saturating_sub(1)).unwrap_or(&FIRST)
    }
}

/// Writes the table as a spreadsheet: one fault a line, then its words.
macro_rules! faults {
    ($($fault:ident, $rows:expr, $blocks:expr, $balancing:expr, $release:ident / $vendor:ident,
       $lock:expr, $source:ident, $flashes:literal, $label:literal, $advice:literal;)*) => {
        /// The fault table, in the order of the codes.
        pub const FAULTS: &[FaultRow] = &[$(FaultRow {
            fault: Fault::$fault,
            rows: $rows,
            blocks: $blocks,
            balancing: $balancing,
            release: Release::$release,
            vendor_release: Release::$vendor,
            lock: $lock,
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
    use super::{Blocks, Level, Lock};

    pub(super) const N: Blocks = Blocks::Nothing;
    pub(super) const CHG: Blocks = Blocks::Charge;
    pub(super) const DSG: Blocks = Blocks::Discharge;
    pub(super) const ALL: Blocks = Blocks::Both;
    pub(super) const CHG_FIRMLY: Blocks = Blocks::ChargeFirmly;
    pub(super) const DSG_FIRMLY: Blocks = Blocks::DischargeFirmly;

    pub(super) const NEVER: Lock = Lock::Never;
    pub(super) const AT_ONCE: Lock = Lock::AtOnce(Level::Protection);
    pub(super) const CONFIRMED: Lock = Lock::Confirmed(Level::Protection);
}

use short::{ALL, AT_ONCE, CHG, CHG_FIRMLY, CONFIRMED, DSG, DSG_FIRMLY, N, NEVER};

// fault, decision rows L1 L2 L3, what L1 L2 L3 open, bleeding allowed, release strict / vendor,
// lock, source, red flashes, label, advice.
faults! {
    CellOverVoltage, [2, 2, 3], [N, CHG, CHG], true, OverVoltage / Recovery, NEVER, Cell, 1,
        "cell voltage too high", "Lower the charger's voltage; let the pack discharge a little.";
    PackOverVoltage, [2, 2, 0], [N, CHG, N], true, OverVoltage / Recovery, NEVER, None, 1,
        "pack voltage too high", "Lower the charger's voltage; let the pack discharge a little.";
    CellUnderVoltage, [5, 5, 5], [N, DSG, DSG], false, UnderVoltage / Recovery, NEVER, Cell, 2,
        "cell voltage too low", "Charge the pack.";
    PackUnderVoltage, [5, 5, 0], [N, DSG, N], false, UnderVoltage / Recovery, NEVER, None, 2,
        "pack voltage too low", "Charge the pack.";
    DeepUnderVoltage, [0, 6, 6], [N, ALL, ALL], false, Recovery / Recovery, Lock::Confirmed(Level::Hard), Cell, 2,
        "cell voltage too low to charge", "Have an installer check the cells before charging.";
    ChargeOverCurrent, [7, 7, 7], [N, CHG, CHG], true, ChargeOverCurrent / ChargeOverCurrent, NEVER, None, 3,
        "charge current too high", "Lower the charger's current or unplug it.";
    DischargeOverCurrent, [8, 8, 8], [N, DSG, DSG], true, DischargeOverCurrent / LoadRemoved, NEVER, None, 3,
        "discharge current too high", "Reduce or remove the load.";
    ShortCircuit, [0, 9, 0], [N, ALL, N], false, ShortCircuit / LoadRemoved, Lock::Repeated(5), None, 4,
        "short circuit", "Remove the load and look for the short before trying again.";
    ChargeOverTemperature, [10, 10, 10], [N, CHG, CHG], false, Recovery / Recovery, NEVER, Sensor, 5,
        "too hot to charge", "Let the pack cool down; check the joints near this sensor.";
    ChargeUnderTemperature, [10, 10, 10], [N, CHG, CHG], false, Recovery / Recovery, NEVER, Sensor, 5,
        "too cold to charge", "Warm the pack before charging.";
    DischargeOverTemperature, [11, 11, 11], [N, DSG, DSG], false, Recovery / Recovery, NEVER, Sensor, 5,
        "too hot to discharge", "Let the pack cool down; check the joints near this sensor.";
    DischargeUnderTemperature, [11, 11, 11], [N, DSG, DSG], false, Recovery / Recovery, NEVER, Sensor, 5,
        "too cold to discharge", "Warm the pack.";
    SwitchOverTemperature, [12, 12, 12], [N, ALL, ALL], false, Recovery / Recovery, NEVER, Switch, 6,
        "switch too hot", "Reduce the current; check the cooling of the board.";
    BoardOverTemperature, [13, 13, 13], [N, ALL, ALL], false, Recovery / Recovery, NEVER, None, 6,
        "board too hot", "Reduce the current; check the cooling of the board.";
    TemperatureDifference, [14, 14, 14], [N, CHG, CHG], false, Recovery / Recovery, NEVER, None, 5,
        "cell temperatures differ too much", "Look for a hot joint or a one-sided heat source.";
    ThermalRunaway, [15, 15, 0], [N, ALL, N], false, Recovery / Recovery, AT_ONCE, Sensor, 5,
        "cell heats itself", "Keep away, call for help, do not use the pack again.";
    CellDifference, [16, 16, 16], [N, N, ALL], true, Override / Recovery, NEVER, None, 7,
        "cell voltages differ too much", "Have an installer check the weak cell.";
    SensorMissing, [0, 17, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, Sensor, 7,
        "temperature sensor missing", "Plug in the temperature sensor; check its wires.";
    SwitchSensorMissing, [18, 0, 0], [N, N, N], true, Recovery / Recovery, NEVER, None, 7,
        "switch temperature sensor missing", "Have the board repaired; it bears half the current until then.";
    OpenWire, [0, 19, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, Tap, 7,
        "sampling wire open or swapped", "Check this sampling wire and its neighbours.";
    ChipLost, [0, 20, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 8,
        "measuring chip does not answer", "Restart the board; if it stays, have it repaired.";
    SumMismatch, [0, 21, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 7,
        "cells do not add up to the pack", "Check B- and the sampling plug.";
    CurrentSensor, [0, 22, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 7,
        "current sensor fault", "Have the board repaired.";
    ChargeStuckClosed, [0, 23, 0], [N, CHG_FIRMLY, N], true, Recovery / Recovery, AT_ONCE, None, 6,
        "charge switch does not open", "Disconnect the charger by hand; have the board repaired.";
    SwitchStuckOpen, [25, 25, 0], [N, ALL, N], true, Wait / Wait, NEVER, None, 6,
        "switch does not conduct", "Reduce the current; have the board repaired.";
    PrechargeFailed, [0, 26, 0], [N, DSG, N], true, Precharge / Precharge, NEVER, None, 9,
        "pre-charge failed", "Remove the load, then try again.";
    Memory, [27, 27, 0], [N, ALL, N], true, Recovery / Recovery, NEVER, None, 10,
        "memory fault", "Have the board repaired.";
    Clock, [27, 0, 0], [N, N, N], true, Recovery / Recovery, NEVER, None, 10,
        "clock fault", "Set the clock; if it stays, have the board repaired.";
    SelfTest, [0, 28, 0], [N, ALL, N], false, Recovery / Recovery, Lock::Repeated(2), None, 8,
        "self-test failed", "Have the board repaired.";
    LowSoc, [29, 29, 29], [N, N, N], true, Recovery / Recovery, NEVER, None, 0,
        "little charge left", "Charge the pack.";
    HighSoc, [29, 29, 0], [N, N, N], true, Recovery / Recovery, NEVER, None, 0,
        "charge above the alarm limit", "Nothing needs to be done.";
    Parallel, [0, 31, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 8,
        "parallel pack fault", "Look at the other packs.";
    StaleData, [32, 32, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 8,
        "measurements too old", "Restart the board; if it stays, have it repaired.";
    CellInversion, [0, 33, 0], [N, ALL, N], false, Recovery / Recovery, CONFIRMED, Cell, 7,
        "cell below zero", "Do not charge; have an installer check the cell.";
    ChipWatchdog, [0, 34, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 8,
        "brain was silent", "Nothing, if it happened once; else have the board repaired.";
    InternalShort, [35, 35, 0], [N, CHG, N], true, Acknowledge / Acknowledge, NEVER, Cell, 7,
        "one cell sinks at rest", "Have an installer check the cell.";
    NotCommissioned, [36, 36, 0], [N, ALL, N], false, Commission / Commission, NEVER, Cell, 7,
        "not commissioned", "Set chemistry and cell count, check every cell, then confirm.";
    HostCommunication, [30, 30, 0], [N, N, N], true, Recovery / Recovery, NEVER, None, 8,
        "no word from the host", "Check the communication wires.";
    InternalCommunication, [0, 20, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 8,
        "parts of the board do not talk", "Restart the board; if it stays, have it repaired.";
    ExtremeOverVoltage, [0, 4, 0], [N, CHG_FIRMLY, N], true, Recovery / Recovery, CONFIRMED, Cell, 1,
        "cell voltage far too high", "Disconnect the charger by hand; have the cells checked.";
    ChargeNotStopped, [0, 4, 0], [N, CHG_FIRMLY, N], true, Recovery / Recovery, CONFIRMED, Cell, 1,
        "charging does not stop", "Disconnect the charger by hand; have the board repaired.";
    DischargeStuckClosed, [0, 24, 0], [N, DSG_FIRMLY, N], false, Recovery / Recovery, AT_ONCE, None, 6,
        "discharge switch does not open", "Disconnect the load by hand; have the board repaired.";
    NotCalibrated, [22, 0, 0], [N, N, N], true, Recovery / Recovery, NEVER, None, 7,
        "current not calibrated", "Calibrate the current; over-current limits are lowered until then.";
    ZeroRefused, [22, 0, 0], [N, N, N], true, Recovery / Recovery, NEVER, None, 7,
        "zero of the current refused", "Have the board checked; the last good zero is still used.";
    ReversePolarity, [0, 26, 0], [N, ALL, N], false, Recovery / Recovery, NEVER, None, 9,
        "poles swapped at the port", "Remove the load or charger and connect it the right way round.";
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
