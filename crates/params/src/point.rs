//! The points table: everything that can be read, and the [`Snapshot`] made from it.

use cellward_units::{
    Charge, Current, Duration, Energy, NoData, Power, Ratio, Resistance, Temperature, Voltage,
};

use crate::state::{ChargeDoubt, PathVerdict};
use crate::value::{Kind, PointValue};
use crate::{
    Chemistry, FaultList, Flow, Lights, Mode, OffReasons, SNAPSHOT_CELLS, SNAPSHOT_SENSORS,
    ShortText, Unit, Value,
};

/// How many values a point has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One.
    Scalar,
    /// One per cell, as many as `cell_count` says.
    Cells,
    /// One per cell-temperature sensor, as many as `sensor_count` says.
    Sensors,
    /// One per board of a stacked system, always three.
    Boards,
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PointRow {
    /// The point.
    pub point: Point,
    /// The stable key, without the unit.
    pub key: &'static str,
    /// The unit of its numbers.
    pub unit: Unit,
    /// How many values it has.
    pub shape: Shape,
    /// What kind of value each of them is.
    pub kind: Kind,
    /// The name for a person.
    #[cfg(feature = "text")]
    pub label: &'static str,
}

macro_rules! points {
    ($($(#[$doc:meta])* $field:ident $variant:ident: $id:literal, $shape:ident, $type:ty,
       $unit:ident, $label:literal;)*) => {
        /// A point, by its stable number.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Point {
            $($(#[$doc])* $variant = $id,)*
        }

        /// The points table, in the order of the ids.
        pub const POINTS: &[PointRow] = &[$(PointRow {
            point: Point::$variant,
            key: stringify!($field),
            unit: Unit::$unit,
            shape: Shape::$shape,
            kind: <$type as PointValue>::KIND,
            #[cfg(feature = "text")]
            label: $label,
        }),*];

        /// Everything a reader may see, at one instant. Each value is there or says why not.
        #[derive(Clone, PartialEq, Debug)]
        pub struct Snapshot {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Snapshot {
            /// A snapshot in which every point is absent for the same reason.
            #[must_use]
            pub fn absent(reason: NoData) -> Self {
                Self { $($field: PointValue::absent(reason),)* }
            }

            /// One value of a point: element `index` of a list, or 0 for a scalar; `None` past
            /// the end.
            #[must_use]
            pub fn value(&self, point: Point, index: usize) -> Option<Value<'_>> {
                if index >= self.count(point.row().shape) {
                    return None;
                }
                match point {
                    $(Point::$variant => self.$field.element(index, Unit::$unit),)*
                }
            }

            /// Replaces one value of a point: the inverse of [`value`](Self::value), but lists
            /// take elements whatever their count says. What the point cannot hold becomes
            /// [`NoData::Implausible`]. A value of another kind or an index past the end of the
            /// memory changes nothing and gives `false`.
            pub fn put(&mut self, point: Point, index: usize, value: Value<'_>) -> bool {
                match point {
                    $(Point::$variant => self.$field.put(index, Unit::$unit, value),)*
                }
            }

            /// Marks all values of a point as absent.
            pub fn clear(&mut self, point: Point, reason: NoData) {
                match point {
                    $(Point::$variant => self.$field = PointValue::absent(reason),)*
                }
            }
        }
    };
}

// field, variant: id, shape, type, unit, label.
points! {
    /// Voltage from B- to B+, by its own channel.
    pack_voltage PackVoltage: 1, Scalar, Result<Voltage, NoData>, Millivolt, "Pack voltage";
    /// Sum of the cell voltages.
    cell_voltage_sum CellVoltageSum: 2, Scalar, Result<Voltage, NoData>, Millivolt, "Sum of cells";
    /// Current; positive charges.
    current PackCurrent: 3, Scalar, Result<Current, NoData>, Milliamp, "Current";
    /// Power into the pack.
    power PackPower: 4, Scalar, Result<Power, NoData>, Milliwatt, "Power";
    /// State of charge as shown: follows the true figure by at most 1 % a minute.
    soc SocShown: 5, Scalar, Result<Ratio, NoData>, Percent, "State of charge";
    /// State of charge, the true figure; jumps at anchors.
    soc_true SocTrue: 6, Scalar, Result<Ratio, NoData>, Percent, "State of charge, true figure";
    /// Whether the pack has been full since the SOC was last unknown.
    soc_calibrated SocCalibrated: 7, Scalar, Result<bool, NoData>, None, "SOC calibrated";
    /// Charge that is left.
    remaining Remaining: 8, Scalar, Result<Charge, NoData>, MilliampHour, "Remaining";
    /// Rated capacity.
    rated_capacity RatedCapacity: 9, Scalar, Result<Charge, NoData>, MilliampHour, "Rated capacity";
    /// Number of cells in series.
    cell_count CellCount: 10, Scalar, Result<u32, NoData>, None, "Cells";
    /// Voltage of each cell, from B- up.
    cell_voltage CellVoltage: 11, Cells, [Result<Voltage, NoData>; SNAPSHOT_CELLS], Millivolt, "Cell voltage";
    /// Highest cell voltage.
    highest_cell_voltage HighestCellVoltage: 12, Scalar, Result<Voltage, NoData>, Millivolt, "Highest cell";
    /// Number of the highest cell, from 1.
    highest_cell_number HighestCellNumber: 13, Scalar, Result<u32, NoData>, None, "Highest cell number";
    /// Lowest cell voltage.
    lowest_cell_voltage LowestCellVoltage: 14, Scalar, Result<Voltage, NoData>, Millivolt, "Lowest cell";
    /// Number of the lowest cell, from 1.
    lowest_cell_number LowestCellNumber: 15, Scalar, Result<u32, NoData>, None, "Lowest cell number";
    /// Highest minus lowest cell voltage.
    cell_voltage_difference CellVoltageDifference: 16, Scalar, Result<Voltage, NoData>, Millivolt, "Cell difference";
    /// Whether each cell is being bled.
    cell_bleeding CellBleeding: 17, Cells, [Result<bool, NoData>; SNAPSHOT_CELLS], None, "Bleeding";
    /// Number of fitted cell-temperature sensors.
    sensor_count SensorCount: 18, Scalar, Result<u32, NoData>, None, "Temperature sensors";
    /// Temperature at each sensor.
    temperature SensorTemperature: 19, Sensors, [Result<Temperature, NoData>; SNAPSHOT_SENSORS], Celsius, "Temperature";
    /// Highest cell temperature.
    highest_temperature HighestTemperature: 20, Scalar, Result<Temperature, NoData>, Celsius, "Highest temperature";
    /// Number of the hottest sensor, from 1.
    highest_temperature_number HighestTemperatureNumber: 21, Scalar, Result<u32, NoData>, None, "Hottest sensor number";
    /// Lowest cell temperature.
    lowest_temperature LowestTemperature: 22, Scalar, Result<Temperature, NoData>, Celsius, "Lowest temperature";
    /// Number of the coldest sensor, from 1.
    lowest_temperature_number LowestTemperatureNumber: 23, Scalar, Result<u32, NoData>, None, "Coldest sensor number";
    /// Temperature of the switches.
    switch_temperature SwitchTemperature: 24, Scalar, Result<Temperature, NoData>, Celsius, "Switch temperature";
    /// Temperature of the board.
    board_temperature BoardTemperature: 25, Scalar, Result<Temperature, NoData>, Celsius, "Board temperature";
    /// P- against B-: positive while a load pulls P- up, negative while a charger pulls it down.
    port_voltage PortVoltage: 26, Scalar, Result<Voltage, NoData>, Millivolt, "P- against B-";
    /// Whether the charge switch is really closed.
    charge_switch_closed ChargeSwitchClosed: 27, Scalar, Result<bool, NoData>, None, "Charge switch";
    /// Whether the discharge switch is really closed.
    discharge_switch_closed DischargeSwitchClosed: 28, Scalar, Result<bool, NoData>, None, "Discharge switch";
    /// Why the charge switch may not be closed.
    charge_switch_reasons ChargeSwitchReasons: 29, Scalar, Result<OffReasons, NoData>, None, "Why charging is off";
    /// Why the discharge switch may not be closed.
    discharge_switch_reasons DischargeSwitchReasons: 30, Scalar, Result<OffReasons, NoData>, None, "Why discharging is off";
    /// How awake the board is.
    mode BoardMode: 31, Scalar, Result<Mode, NoData>, None, "Mode";
    /// Which way charge moves.
    flow ChargeFlow: 32, Scalar, Result<Flow, NoData>, None, "Flow";
    /// Whether a charger is seen.
    charger_present ChargerPresent: 33, Scalar, Result<bool, NoData>, None, "Charger";
    /// Whether a load is seen.
    load_present LoadPresent: 34, Scalar, Result<bool, NoData>, None, "Load";
    /// Every active alarm and protection.
    faults ActiveFaults: 35, Scalar, Result<FaultList, NoData>, None, "Alarms and protections";
    /// Numeric fault code of boards that send one; 0 none.
    fault_code FaultCode: 36, Scalar, Result<u32, NoData>, None, "Fault code";
    /// Both lights.
    lights BoardLights: 37, Scalar, Result<Lights, NoData>, None, "Lights";
    /// Equivalent full cycles.
    cycles Cycles: 38, Scalar, Result<u32, NoData>, None, "Cycles";
    /// Charge that ever went in.
    charged_total ChargedTotal: 39, Scalar, Result<Charge, NoData>, MilliampHour, "Charged in all";
    /// Charge that ever came out, as a positive number.
    discharged_total DischargedTotal: 40, Scalar, Result<Charge, NoData>, MilliampHour, "Discharged in all";
    /// Rolling counter that shows a living board, 0 to 255.
    heartbeat Heartbeat: 41, Scalar, Result<u32, NoData>, None, "Heartbeat";
    /// Digital inputs (bits 0 to 3) and outputs (bits 4 to 7).
    digital_lines DigitalLines: 42, Scalar, Result<u32, NoData>, None, "Digital lines";
    /// Time since start.
    uptime Uptime: 43, Scalar, Result<Duration, NoData>, Second, "Up for";
    /// Age of the current reading.
    current_age CurrentAge: 44, Scalar, Result<Duration, NoData>, Millisecond, "Age of current";
    /// Age of the cell readings.
    cells_age CellsAge: 45, Scalar, Result<Duration, NoData>, Millisecond, "Age of cells";
    /// Age of the temperature readings.
    temperatures_age TemperaturesAge: 46, Scalar, Result<Duration, NoData>, Millisecond, "Age of temperatures";
    /// Chemistry of the cells.
    chemistry CellChemistry: 47, Scalar, Result<Chemistry, NoData>, None, "Chemistry";
    /// Hardware version.
    hardware_version HardwareVersion: 48, Scalar, Result<ShortText, NoData>, None, "Hardware version";
    /// Firmware version.
    firmware_version FirmwareVersion: 49, Scalar, Result<ShortText, NoData>, None, "Firmware version";
    /// Firmware index of boards that have one.
    firmware_index FirmwareIndex: 50, Scalar, Result<ShortText, NoData>, None, "Firmware index";
    /// Battery code or serial number.
    battery_code BatteryCode: 51, Scalar, Result<ShortText, NoData>, None, "Battery code";
    /// Production date as year-month-day.
    production_date ProductionDate: 52, Scalar, Result<ShortText, NoData>, None, "Production date";
    /// Clock of the board as year-month-day hour:minute:second.
    board_clock BoardClock: 53, Scalar, Result<ShortText, NoData>, None, "Clock";
    /// Nominal voltage of one cell.
    nominal_cell_voltage NominalCellVoltage: 54, Scalar, Result<Voltage, NoData>, Millivolt, "Nominal cell voltage";
    /// Boards stacked to one system.
    board_count BoardCount: 55, Scalar, Result<u32, NoData>, None, "Boards";
    /// Cells on each stacked board.
    board_cell_count BoardCellCount: 56, Boards, [Result<u32, NoData>; 3], None, "Cells per board";
    /// Sensors on each stacked board.
    board_sensor_count BoardSensorCount: 57, Boards, [Result<u32, NoData>; 3], None, "Sensors per board";
    /// Rated continuous discharge current of the board.
    rated_current RatedCurrent: 58, Scalar, Result<Current, NoData>, Milliamp, "Rated current";
    /// Records that the queue had to drop since start.
    records_dropped RecordsDropped: 59, Scalar, Result<u32, NoData>, None, "Records dropped";
    /// Whether a fault is locked until an installer unlocks it.
    locked Locked: 60, Scalar, Result<bool, NoData>, None, "Locked";
    /// What P- against B- says about the path through the switches.
    path_check PathCheck: 61, Scalar, Result<PathVerdict, NoData>, None, "Path check";
    /// Whether the owner has set a password. Until then everybody on a wire is an installer.
    password_set PasswordSet: 62, Scalar, Result<bool, NoData>, None, "Password set";
    /// What woke the board last, or had it awake since its start: the key of a
    /// [`Wake`](crate::Wake). A text, because its vocabulary will grow beyond what has a place in a
    /// map of registers.
    wake_reason WakeReason: 63, Scalar, Result<ShortText, NoData>, None, "Woken by";
    /// The true state of charge is above this with 97.5 %; the bounds are wide open while sensors
    /// contradict each other.
    soc_low SocLow: 64, Scalar, Result<Ratio, NoData>, Percent, "State of charge, at least";
    /// The true state of charge is below this with 97.5 %.
    soc_high SocHigh: 65, Scalar, Result<Ratio, NoData>, Percent, "State of charge, at most";
    /// Why the estimator does not believe what it is shown; `none` while it does.
    soc_doubt SocDoubt: 66, Scalar, Result<ChargeDoubt, NoData>, None, "Charge doubted";
    /// State of health: what the pack holds over its rated capacity, as learnt.
    soh StateOfHealth: 67, Scalar, Result<Ratio, NoData>, Percent, "State of health";
    /// What the pack holds, as learnt: the proposal for a rated capacity that was set wrong.
    learnt_capacity LearntCapacity: 68, Scalar, Result<Charge, NoData>, MilliampHour, "Capacity, learnt";
    /// Power that the cells take for ten seconds, at the end of them. Advice: nothing that protects
    /// uses it.
    charge_power_10s ChargePower: 69, Scalar, Result<Power, NoData>, Milliwatt, "Charge power for 10 s";
    /// Power that the cells give for ten seconds, at the end of them, as a positive number. Advice.
    discharge_power_10s DischargePower: 70, Scalar, Result<Power, NoData>, Milliwatt, "Discharge power for 10 s";
    /// Energy that can be taken out slowly until the first cell is empty.
    energy_left EnergyLeft: 71, Scalar, Result<Energy, NoData>, MilliwattHour, "Energy left";
    /// Time until the first cell is empty at the mean current of the last minutes; absent while the
    /// pack is not discharged.
    time_to_empty TimeToEmpty: 72, Scalar, Result<Duration, NoData>, Second, "Time to empty";
    /// Time until the first cell is full at the mean current of the last minutes; absent while the
    /// pack is not charged.
    time_to_full TimeToFull: 73, Scalar, Result<Duration, NoData>, Second, "Time to full";
    /// Time since the pack was full: the older, the less is known of its charge.
    since_full SinceFull: 74, Scalar, Result<Duration, NoData>, Second, "Since full";
    /// Resistance of each cell with its joint, as it shows within two seconds of a step of the load;
    /// that of the first cell with the lead to the board.
    cell_resistance CellResistance: 75, Cells, [Result<Resistance, NoData>; SNAPSHOT_CELLS], Microohm, "Cell resistance";
    /// Number of the cell whose resistance stands out most from that of the others, from 1; 0 while
    /// none does. For cell 1 it is the lead to B-, for another a loose joint or a worn cell.
    resistance_hint ResistanceHint: 76, Scalar, Result<u32, NoData>, None, "Cell whose resistance stands out";
}

impl Point {
    /// The row of this point.
    #[must_use]
    pub fn row(self) -> &'static PointRow {
        // Ids count from 1 in the order of the table (tested).
        let place = usize::from(self as u16).saturating_sub(1);
        POINTS.get(place).unwrap_or(&FIRST)
    }

    /// The stable number.
    #[must_use]
    pub const fn id(self) -> u16 {
        self as u16
    }
}

/// The first row, for the lookup that cannot miss.
const FIRST: PointRow = match POINTS.first() {
    Some(row) => *row,
    None => unreachable!(),
};

impl Snapshot {
    /// How many elements a point of this shape has now. Lists are empty until their count is
    /// known.
    #[must_use]
    pub fn count(&self, shape: Shape) -> usize {
        let (count, most) = match shape {
            Shape::Scalar => (Ok(1), 1),
            Shape::Boards => (Ok(3), 3),
            Shape::Cells => (self.cell_count, SNAPSHOT_CELLS),
            Shape::Sensors => (self.sensor_count, SNAPSHOT_SENSORS),
        };
        usize::try_from(count.unwrap_or(0)).unwrap_or(most).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_from_one_in_the_order_of_the_table() {
        for (place, row) in POINTS.iter().enumerate() {
            assert_eq!(usize::from(row.point.id()), place + 1, "{}", row.key);
            assert_eq!(row.point.row(), row);
        }
    }

    #[test]
    fn an_absent_snapshot_has_no_value_anywhere() {
        let snapshot = Snapshot::absent(NoData::NotYet);
        assert_eq!(snapshot.value(Point::PackVoltage, 0), Some(Value::Number(Err(NoData::NotYet))));
        assert_eq!(snapshot.value(Point::CellVoltage, 0), None);
        assert_eq!(snapshot.value(Point::PackVoltage, 1), None);
    }

    #[test]
    fn lists_end_at_their_count() {
        let mut snapshot = Snapshot::absent(NoData::NotYet);
        snapshot.cell_count = Ok(4);
        snapshot.cell_voltage[3] = Ok(Voltage::from_millivolts(3_300));
        assert_eq!(snapshot.value(Point::CellVoltage, 3), Some(Value::Number(Ok(3_300))));
        assert_eq!(snapshot.value(Point::CellVoltage, 4), None);
        snapshot.cell_count = Ok(1_000);
        assert_eq!(snapshot.value(Point::CellVoltage, 48), None);
    }

    #[test]
    fn numbers_come_in_the_unit_of_the_row() {
        let mut snapshot = Snapshot::absent(NoData::NotYet);
        snapshot.soc = Ok(Ratio::from_permille(888));
        snapshot.highest_temperature = Ok(Temperature::from_millicelsius(-12_350));
        assert_eq!(snapshot.value(Point::SocShown, 0), Some(Value::Number(Ok(8_880))));
        assert_eq!(snapshot.value(Point::HighestTemperature, 0), Some(Value::Number(Ok(-124))));
    }
}
