//! Writing a raw number into a point of a snapshot: the inverse of `Snapshot::value`.

use cellward_params::{Point, Snapshot};
use cellward_units::{Charge, Current, NoData, Ratio, Temperature, Voltage};

/// Narrows; what does not fit is implausible.
fn narrow<T: TryFrom<i64>>(value: i64) -> Result<T, NoData> {
    T::try_from(value).map_err(|_| NoData::Implausible)
}

/// Multiplies inside of `i32`; what does not fit is implausible.
fn scaled(value: i64, factor: i64) -> Result<i32, NoData> {
    narrow(value.saturating_mul(factor))
}

/// Stores a number in the raw unit of the point's row. Points that the dialect does not carry as
/// a number are left alone.
pub(super) fn number(snapshot: &mut Snapshot, point: Point, index: u8, value: Result<i64, NoData>) {
    let millivolts = || {
        let raw: i32 = value.and_then(narrow)?;
        let voltage = Voltage::from_millivolts(raw);
        // Past 2,147 V the quantity would stop at its end, which nobody sent.
        if voltage.as_millivolts() == raw { Ok(voltage) } else { Err(NoData::Implausible) }
    };
    let count = || value.and_then(narrow::<u32>);
    let charge = || value.and_then(narrow).map(Charge::from_milliamp_hours);
    let celsius =
        || value.and_then(|tenths| scaled(tenths, 100)).map(Temperature::from_millicelsius);
    match point {
        Point::PackVoltage => snapshot.pack_voltage = millivolts(),
        Point::PackCurrent => {
            snapshot.current = value.and_then(narrow).map(Current::from_milliamps);
        }
        Point::SocShown => {
            snapshot.soc = value.and_then(|v| scaled(v, 100)).map(Ratio::from_ppm);
        }
        Point::HighestCellVoltage => snapshot.highest_cell_voltage = millivolts(),
        Point::HighestCellNumber => snapshot.highest_cell_number = count(),
        Point::LowestCellVoltage => snapshot.lowest_cell_voltage = millivolts(),
        Point::LowestCellNumber => snapshot.lowest_cell_number = count(),
        Point::HighestTemperature => snapshot.highest_temperature = celsius(),
        Point::HighestTemperatureNumber => snapshot.highest_temperature_number = count(),
        Point::LowestTemperature => snapshot.lowest_temperature = celsius(),
        Point::LowestTemperatureNumber => snapshot.lowest_temperature_number = count(),
        Point::Heartbeat => snapshot.heartbeat = count(),
        Point::Remaining => snapshot.remaining = charge(),
        Point::CellCount => snapshot.cell_count = count(),
        Point::SensorCount => snapshot.sensor_count = count(),
        Point::DigitalLines => snapshot.digital_lines = count(),
        Point::Cycles => snapshot.cycles = count(),
        Point::FaultCode => snapshot.fault_code = count(),
        Point::RatedCapacity => snapshot.rated_capacity = charge(),
        Point::NominalCellVoltage => snapshot.nominal_cell_voltage = millivolts(),
        Point::BoardCount => snapshot.board_count = count(),
        Point::BoardCellCount => {
            if let Some(slot) = snapshot.board_cell_count.get_mut(usize::from(index)) {
                *slot = count();
            }
        }
        Point::BoardSensorCount => {
            if let Some(slot) = snapshot.board_sensor_count.get_mut(usize::from(index)) {
                *slot = count();
            }
        }
        Point::ChargedTotal => snapshot.charged_total = charge(),
        Point::DischargedTotal => snapshot.discharged_total = charge(),
        _ => {}
    }
}

/// Stores a yes or no. Points that the dialect does not carry as one are left alone.
pub(super) fn flag(snapshot: &mut Snapshot, point: Point, value: Result<bool, NoData>) {
    match point {
        Point::ChargeSwitchClosed => snapshot.charge_switch_closed = value,
        Point::DischargeSwitchClosed => snapshot.discharge_switch_closed = value,
        Point::ChargerPresent => snapshot.charger_present = value,
        Point::LoadPresent => snapshot.load_present = value,
        _ => {}
    }
}

/// Marks a whole point as absent.
pub(super) fn absent(snapshot: &mut Snapshot, point: Point, reason: NoData) {
    match point {
        Point::CellVoltage => snapshot.cell_voltage.fill(Err(reason)),
        Point::CellBleeding => snapshot.cell_bleeding.fill(Err(reason)),
        Point::SensorTemperature => snapshot.temperature.fill(Err(reason)),
        Point::BoardCellCount => snapshot.board_cell_count.fill(Err(reason)),
        Point::BoardSensorCount => snapshot.board_sensor_count.fill(Err(reason)),
        Point::ActiveFaults => snapshot.faults = Err(reason),
        Point::ChargeFlow => snapshot.flow = Err(reason),
        Point::CellChemistry => snapshot.chemistry = Err(reason),
        Point::ProductionDate => snapshot.production_date = Err(reason),
        Point::FirmwareIndex => snapshot.firmware_index = Err(reason),
        Point::BatteryCode => snapshot.battery_code = Err(reason),
        Point::FirmwareVersion => snapshot.firmware_version = Err(reason),
        Point::HardwareVersion => snapshot.hardware_version = Err(reason),
        Point::BoardClock => snapshot.board_clock = Err(reason),
        Point::PackPower => snapshot.power = Err(reason),
        Point::CellVoltageSum => snapshot.cell_voltage_sum = Err(reason),
        Point::CellVoltageDifference => snapshot.cell_voltage_difference = Err(reason),
        _ => {
            number(snapshot, point, 0, Err(reason));
            flag(snapshot, point, Err(reason));
        }
    }
}
