//! Serves the page with a hand-made pack, so that the page can be looked at without a simulator.
//!
//! Run `cargo run -p cellward-web --example page` and open <http://127.0.0.1:8421>. Sixteen cells
//! drift through a day in ten minutes; the buttons show what tripped protections, a broken wire
//! and a silent board look like. Nothing here is physics.
#![allow(clippy::print_stdout, reason = "the address is what the reader needs")]

use std::sync::{Arc, Mutex};

use cellward_host::source::{Local, LocalFeed};
use cellward_params::reason::{Until, Why};
use cellward_params::record::{Happening, Subject};
use cellward_params::{
    ActiveFault, Chemistry, Fault, FaultList, Flow, Level, Lights, Mode, OffReason, OffReasons,
    Pattern, Record, RecordKind, ShortText, Snapshot, light,
};
use cellward_units::{Charge, Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};
use cellward_web::{AppState, Button, Control, ControlError, ControlState, serve};

const CELLS: i32 = 16;
const BUTTONS: [(&str, &str, &str); 8] = [
    ("short_circuit", "Short circuit", "Shorts the terminals for a moment."),
    ("sensor_unplugged", "Sensor unplugged", "Pulls out temperature sensor 2."),
    ("charger_too_high", "Charger too high", "Raises the charger to 62 V."),
    ("hot_cell", "Hot cell", "Heats the cell at sensor 3."),
    ("load_too_big", "Load too big", "Switches on 400 A of load."),
    ("open_wire", "Open wire", "Breaks the sampling wire of cell 4."),
    ("silence", "Silent board", "Stops the board from talking at all."),
    ("skip", "Next event", "Skips to the next thing that happens."),
];

/// What is pressed, and the time that the story has reached.
#[derive(Default)]
struct Desk(Mutex<(Option<String>, u64)>);

impl Control for Desk {
    fn state(&self) -> ControlState {
        let (pressed, secs) = self.0.lock().map_or((None, 0), |desk| desk.clone());
        let button = |&(key, label, help): &(&str, &str, &str)| Button {
            key: key.to_owned(),
            label: label.to_owned(),
            help: help.to_owned(),
            active: pressed.as_deref() == Some(key),
        };
        ControlState {
            time_scale: if pressed.is_some() { 1.0 } else { 60.0 },
            skipping: false,
            clock_s: (secs + 21_600) as f64,
            story: "Solar day".to_owned(),
            buttons: BUTTONS.iter().map(button).collect(),
        }
    }

    fn press(&self, key: &str) -> Result<(), ControlError> {
        if !BUTTONS.iter().any(|button| button.0 == key) {
            return Err(ControlError::Unknown);
        }
        let mut desk = self
            .0
            .lock()
            .map_err(|_| ControlError::Refused("the desk has fallen over".to_owned()))?;
        desk.0 = (desk.0.as_deref() != Some(key) && key != "skip").then(|| key.to_owned());
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8421").await?;
    println!("http://{}", listener.local_addr()?);
    let (local, feed) = Local::new();
    let desk = Arc::new(Desk::default());
    tokio::spawn(tell(feed, Arc::clone(&desk)));
    let state = AppState::new(Arc::new(local)).with_control(desk);
    serve(listener, state, async { drop(tokio::signal::ctrl_c().await) }).await
}

/// Tells the story: nine hours at once for the plot, then on, a little every 100 ms.
async fn tell(mut feed: LocalFeed, desk: Arc<Desk>) {
    let mut before = None;
    let (mut sequence, mut since, mut step) = (0, 0, 0_u64);
    loop {
        let hurry = step < 1_080;
        tokio::time::sleep(std::time::Duration::from_millis(if hurry { 2 } else { 100 })).await;
        step += 1;
        let (pressed, secs) = match desk.0.lock() {
            Ok(mut desk) => {
                desk.1 += if hurry { 30 } else { u64::from(desk.0.is_none()) * 6 };
                (desk.0.clone(), desk.1)
            }
            Err(_) => return,
        };
        if pressed.as_deref() == Some("silence") {
            continue;
        }
        let (mut snapshot, current) = quiet_pack(secs);
        if pressed != before {
            since = step;
            let happened =
                pressed.as_deref().map_or(Happening::SwitchClosed, |_| Happening::SwitchOpened);
            let tripped = pressed.as_deref().or(before.as_deref()).and_then(fault);
            let kind = if pressed.is_some() {
                RecordKind::ProtectionSet
            } else {
                RecordKind::ProtectionCleared
            };
            if let Some(active) = tripped {
                let subject = Subject::Fault(active.fault, active.level);
                sequence += 1;
                feed.record(record(sequence, secs, kind, subject, Some(&active)));
            }
            for index in [1, 0] {
                sequence += 1;
                let mut line =
                    record(sequence, secs, RecordKind::Change, Subject::Happening(happened), None);
                line.index = Some(index);
                feed.record(line);
            }
            before.clone_from(&pressed);
        }
        if let Some(key) = pressed.as_deref() {
            trip(&mut snapshot, key, (step - since) * 100);
        } else {
            snapshot.lights = Ok(Lights {
                green: light::running_light(Mode::Awake, flow(current)),
                red: Pattern::DARK,
            });
        }
        feed.publish(snapshot);
    }
}

/// The pack at `secs` after six in the morning: charging by day, discharging in the evening.
fn quiet_pack(secs: u64) -> (Snapshot, i32) {
    let hour = f64::from(u32::try_from(secs % 86_400).unwrap_or(0)) / 3_600.0;
    let wave =
        |rate: f64, phase: f64| ((hour * rate + phase).rem_euclid(2.0) - 1.0).abs() * 2.0 - 1.0;
    let sun = (1.0 - ((hour - 6.0) / 6.0).powi(2)).max(0.0);
    let current = ((sun * 78.0 - 22.0) * 1_000.0 + wave(7.0, 0.3) * 2_500.0) as i32;
    let soc = (36.0 + 5.2 * hour - (hour - 7.5).max(0.0).powi(2) * 0.5).clamp(8.0, 97.0);
    let mut shown = Snapshot::absent(NoData::NotFitted);
    let base = 3_262_000 + (soc * 620.0) as i32 + current / 6;
    let mut sum = 0;
    for cell in 0..CELLS {
        let spread = (cell * 7_919 % 23 - 11) * 640 + (wave(40.0, f64::from(cell)) * 700.0) as i32;
        shown.cell_voltage[cell as usize] = Ok(Voltage::from_microvolts(base + spread));
        shown.cell_bleeding[cell as usize] = Ok(spread > 5_500 && current > 0);
        sum += base + spread;
    }
    shown.cell_count = Ok(16);
    shown.pack_voltage = Ok(Voltage::from_microvolts(sum + 4_000));
    shown.cell_voltage_sum = Ok(Voltage::from_microvolts(sum));
    shown.current = Ok(Current::from_milliamps(current));
    shown.power = Ok(Voltage::from_microvolts(sum) * Current::from_milliamps(current));
    shown.soc = Ratio::from_f64(soc / 100.0).ok_or(NoData::Unknown);
    shown.soc_calibrated = Ok(true);
    shown.remaining = Ok(Charge::from_milliamp_hours((soc * 2_800.0) as i32));
    shown.rated_capacity = Ok(Charge::from_milliamp_hours(280_000));
    ends(&mut shown);
    shown.sensor_count = Ok(4);
    for sensor in 0..4 {
        let celsius = 21.0 + f64::from(sensor) * 0.7 + sun * 6.0;
        shown.temperature[sensor as usize] =
            Temperature::from_celsius_f64(celsius).ok_or(NoData::Unknown);
    }
    shown.highest_temperature = shown.temperature[3];
    shown.lowest_temperature = shown.temperature[0];
    shown.switch_temperature = Ok(Temperature::from_millicelsius(31_400));
    shown.board_temperature = Ok(Temperature::from_millicelsius(28_900));
    shown.charge_switch_closed = Ok(true);
    shown.discharge_switch_closed = Ok(true);
    shown.charge_switch_reasons = Ok(OffReasons::new());
    shown.discharge_switch_reasons = Ok(OffReasons::new());
    shown.faults = Ok(FaultList::new());
    shown.mode = Ok(Mode::Awake);
    shown.flow = Ok(flow(current));
    shown.charger_present = Ok(current > 0);
    shown.load_present = Ok(current < 0);
    shown.cycles = Ok(148);
    shown.uptime = Ok(Duration::from_secs(secs));
    shown.chemistry = Ok(Chemistry::Lfp);
    shown.firmware_version = Ok(ShortText::new("0.1.0"));
    (shown, current)
}

/// Finds the highest and the lowest cell among those that have a value.
fn ends(shown: &mut Snapshot) {
    let cells = || {
        (1_u32..).zip(shown.cell_voltage).filter_map(|(number, cell)| Some((cell.ok()?, number)))
    };
    let (Some(highest), Some(lowest)) = (cells().max(), cells().min()) else {
        return;
    };
    shown.highest_cell_voltage = Ok(highest.0);
    shown.highest_cell_number = Ok(highest.1);
    shown.lowest_cell_voltage = Ok(lowest.0);
    shown.lowest_cell_number = Ok(lowest.1);
    shown.cell_voltage_difference = Ok(highest.0 - lowest.0);
}

const fn flow(current: i32) -> Flow {
    match current {
        500.. => Flow::Charging,
        ..=-500 => Flow::Discharging,
        _ => Flow::Standby,
    }
}

/// The protection that a button trips.
fn fault(key: &str) -> Option<ActiveFault> {
    let (fault, index, value, limit) = match key {
        "short_circuit" => (Fault::ShortCircuit, None, 1, 1),
        "sensor_unplugged" => (Fault::SensorMissing, Some(1), 1, 1),
        "charger_too_high" => (Fault::CellOverVoltage, Some(6), 3_662, 3_650),
        "hot_cell" => (Fault::DischargeOverTemperature, Some(2), 612, 600),
        "load_too_big" => (Fault::DischargeOverCurrent, None, 402_500, 230_000),
        "open_wire" => (Fault::OpenWire, Some(3), 1, 1),
        _ => return None,
    };
    Some(ActiveFault {
        fault,
        level: Level::Protection,
        index,
        value: Some(value),
        limit: Some(limit),
    })
}

/// Shows what `key` does, `elapsed_ms` after it was pressed.
fn trip(shown: &mut Snapshot, key: &str, elapsed_ms: u64) {
    let Some(active) = fault(key) else { return };
    match key {
        "sensor_unplugged" => shown.temperature[1] = Err(NoData::SensorOpen),
        "hot_cell" => {
            shown.temperature[2] = Ok(Temperature::from_millicelsius(61_200));
            shown.highest_temperature = shown.temperature[2];
        }
        "open_wire" => shown.cell_voltage[3] = Err(NoData::WireOpen),
        "charger_too_high" => shown.cell_voltage[6] = Ok(Voltage::from_millivolts(3_662)),
        _ => {}
    }
    ends(shown);
    let mut faults = FaultList::new();
    let _ = faults.push(active);
    let mut reasons = OffReasons::new();
    let until = match active.fault {
        Fault::CellOverVoltage => Until::Recovery(3_400),
        Fault::DischargeOverTemperature => Until::Recovery(550),
        Fault::ShortCircuit => Until::LoadRemoved,
        Fault::DischargeOverCurrent => Until::Retry,
        _ => Until::GoodReadings,
    };
    let left = Some(Duration::from_millis(30_000_u64.saturating_sub(elapsed_ms)));
    let _ = reasons.push(OffReason { why: Why::Fault(active), until, left });
    let blocks = active.fault.row().blocks[1];
    if blocks.includes(cellward_params::Switch::Charge) {
        shown.charge_switch_closed = Ok(false);
        shown.charge_switch_reasons = Ok(reasons.clone());
    }
    if blocks.includes(cellward_params::Switch::Discharge) {
        shown.discharge_switch_closed = Ok(false);
        shown.discharge_switch_reasons = Ok(reasons);
    }
    shown.current = Ok(Current::ZERO);
    shown.power = Ok(Voltage::ZERO * Current::ZERO);
    shown.flow = Ok(Flow::Standby);
    shown.faults = Ok(faults);
    let red = Pattern::code(active.fault.row().flashes);
    shown.lights = Ok(Lights { green: light::running_light(Mode::Awake, Flow::Standby), red });
}

fn record(
    sequence: u32,
    secs: u64,
    kind: RecordKind,
    subject: Subject,
    active: Option<&ActiveFault>,
) -> Record {
    let at = Instant::START + Duration::from_secs(secs);
    Record {
        index: active.and_then(|active| active.index),
        value: active.and_then(|active| active.value),
        limit: active.and_then(|active| active.limit),
        lasted: Duration::from_millis(700),
        ..Record::new(sequence, at, kind, subject)
    }
}
