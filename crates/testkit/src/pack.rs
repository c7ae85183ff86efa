//! Snapshots with known values.

use cellward_params::{ActiveFault, Fault, FaultList, Flow, Level, ShortText, Snapshot};
use cellward_units::{Charge, Current, NoData, Ratio, Temperature, Voltage};

/// A pack of `cells` cells and `sensors` sensors, discharging 12.3 A at 57.3 % SOC. Cell n (from 1)
/// stands at 3300 + 3n mV, sensor n at 20 + n °C; cells 2 and 3 are bled; one alarm is active.
#[must_use]
pub fn sample(cells: u32, sensors: u32) -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotFitted);
    snapshot.cell_count = Ok(cells);
    snapshot.sensor_count = Ok(sensors);
    let mut sum = Voltage::ZERO;
    for (slot, number) in snapshot.cell_voltage.iter_mut().zip(1..=cells) {
        let voltage = cell(number);
        sum += voltage;
        *slot = Ok(voltage);
    }
    for (slot, number) in snapshot.cell_bleeding.iter_mut().zip(1..=cells) {
        *slot = Ok(number == 2 || number == 3);
    }
    for (slot, number) in snapshot.temperature.iter_mut().zip(1..=sensors) {
        *slot = Ok(sensor(number));
    }
    snapshot.pack_voltage = Ok(sum);
    snapshot.current = Ok(Current::from_milliamps(-12_300));
    snapshot.soc = Ok(Ratio::from_permille(573));
    snapshot.remaining = Ok(Charge::from_milliamp_hours(160_440));
    snapshot.rated_capacity = Ok(Charge::from_milliamp_hours(280_000));
    snapshot.highest_cell_voltage = Ok(cell(cells));
    snapshot.highest_cell_number = Ok(cells);
    snapshot.lowest_cell_voltage = Ok(cell(1));
    snapshot.lowest_cell_number = Ok(1);
    snapshot.highest_temperature = Ok(sensor(sensors));
    snapshot.highest_temperature_number = Ok(sensors);
    snapshot.lowest_temperature = Ok(sensor(1));
    snapshot.lowest_temperature_number = Ok(1);
    snapshot.charge_switch_closed = Ok(true);
    snapshot.discharge_switch_closed = Ok(true);
    snapshot.flow = Ok(Flow::Discharging);
    snapshot.charger_present = Ok(false);
    snapshot.load_present = Ok(true);
    snapshot.cycles = Ok(41);
    snapshot.heartbeat = Ok(7);
    snapshot.digital_lines = Ok(2);
    snapshot.nominal_cell_voltage = Ok(Voltage::from_millivolts(3_200));
    snapshot.hardware_version = Ok(ShortText::new("CW-TEST-01"));
    snapshot.firmware_version = Ok(ShortText::new("0.1.0"));
    let alarm = ActiveFault {
        fault: Fault::DischargeOverCurrent,
        level: Level::Alarm,
        index: None,
        value: None,
        limit: None,
    };
    let mut faults = FaultList::new();
    let _ = faults.push(alarm);
    snapshot.faults = Ok(faults);
    snapshot
}

/// What cell `number` (from 1) of the sample stands at.
#[must_use]
pub fn cell(number: u32) -> Voltage {
    Voltage::from_millivolts(3_300 + 3 * i32::try_from(number).unwrap_or(0))
}

/// What sensor `number` (from 1) of the sample stands at.
#[must_use]
pub fn sensor(number: u32) -> Temperature {
    Temperature::from_celsius(20 + i32::try_from(number).unwrap_or(0))
}
