//! What a read of a vendor's dialect may say, and what it may not.

use cellward_params::Snapshot;
use cellward_units::{NoData, Voltage};

/// Every value that differs from what the board says by more than the wire's own rounding.
pub(crate) fn wrong(read: &Snapshot, truth: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut note = |name: &str, differs: bool| {
        if differs {
            wrong.push(name.to_owned());
        }
    };
    let volts = |a: Result<Voltage, NoData>, b: Result<Voltage, NoData>, most: i32| matches!((a, b), (Ok(a), Ok(b)) if (a - b).abs().as_millivolts() > most);
    note("pack", volts(read.pack_voltage, truth.pack_voltage, 50));
    note("current", read.current.is_ok() && read.current != truth.current);
    note("soc", read.soc.is_ok() && read.soc != truth.soc);
    note("remaining", read.remaining.is_ok() && read.remaining != truth.remaining);
    note("cells", read.cell_count.is_ok() && read.cell_count != truth.cell_count);
    note("sensors", read.sensor_count.is_ok() && read.sensor_count != truth.sensor_count);
    note("flow", read.flow.is_ok() && read.flow != truth.flow);
    note("cycles", read.cycles.is_ok() && read.cycles != truth.cycles);
    note("highest", volts(read.highest_cell_voltage, truth.highest_cell_voltage, 0));
    note("lowest", volts(read.lowest_cell_voltage, truth.lowest_cell_voltage, 0));
    let numbers = [
        (read.highest_cell_number, truth.highest_cell_number),
        (read.lowest_cell_number, truth.lowest_cell_number),
    ];
    note("numbers", numbers.iter().any(|(a, b)| a.is_ok() && a != b));
    let switches = [
        (read.charge_switch_closed, truth.charge_switch_closed),
        (read.discharge_switch_closed, truth.discharge_switch_closed),
    ];
    note("switches", switches.iter().any(|(a, b)| a.is_ok() && a != b));
    let heat = (read.switch_temperature, truth.switch_temperature);
    note("switch temperature", heat.0.is_ok() && heat.0 != heat.1);
    if let Ok(count) = read.cell_count {
        let count = count as usize;
        for (index, (a, b)) in read.cell_voltage.iter().zip(truth.cell_voltage).enumerate() {
            note(&format!("cell {}", index + 1), index < count && volts(*a, b, 0));
        }
        for (a, b) in read.cell_bleeding.iter().zip(truth.cell_bleeding).take(count) {
            note("bleeding", a.is_ok() && *a != b);
        }
    }
    for (a, b) in read.temperature.iter().zip(truth.temperature).take(2) {
        note("temperature", a.is_ok() && *a != b);
    }
    if let (Ok(a), Ok(b)) = (&read.faults, &truth.faults) {
        note("faults", a.len() != b.len());
    }
    wrong
}
