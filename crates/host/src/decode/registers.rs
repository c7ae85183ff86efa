//! Registers of the near-Modbus dialects as points, settings and commands by their keys.

use cellward_link::kmodbus::{ByteOrder, Dialect, learn, settings};
use cellward_link::map::Meaning;
use cellward_params::{Command, Point, Snapshot};
use cellward_units::NoData;
use serde_json::Map;

use super::{Slots, points};
use crate::json::Object;
use crate::settings as keys;

/// What one board said in all frames together.
pub(super) struct Told {
    pub(super) board: u8,
    snapshot: Snapshot,
    slots: Slots,
    settings: Object,
}

impl Told {
    /// Nothing yet.
    pub(super) fn new(board: u8) -> Self {
        let snapshot = Snapshot::absent(NoData::NotCarried);
        Self { board, snapshot, slots: Slots::default(), settings: Map::new() }
    }

    /// Points and settings of everything that was heard.
    pub(super) fn values(self) -> Object {
        let mut values = points(&self.snapshot, self.slots);
        values.extend(self.settings);
        values
    }

    /// Takes registers in.
    pub(super) fn hear(&mut self, dialect: Dialect, start: u16, words: &[u16]) {
        learn(dialect, start, words, ByteOrder::Wire, &mut self.snapshot);
        self.slots = self.slots.with(slots(dialect, start, words));
        self.settings.extend(set(dialect, start, words));
    }
}

/// Points and settings that registers say by themselves.
pub(super) fn values(dialect: Dialect, start: u16, words: &[u16]) -> Object {
    let mut told = Told::new(1);
    told.hear(dialect, start, words);
    told.values()
}

/// Settings that registers say.
pub(super) fn set(dialect: Dialect, start: u16, words: &[u16]) -> Object {
    settings(dialect, start, words)
        .map(|(parameter, raw)| (keys::key(parameter), keys::json(parameter, raw)))
        .collect()
}

/// How many elements of lists these registers have.
fn slots(dialect: Dialect, start: u16, words: &[u16]) -> Slots {
    let mut slots = Slots::default();
    // Nothing stands behind register 0xFFFF.
    for register in (0..words.len()).filter_map(|place| register_at(start, place)) {
        let Some(row) = dialect.row(register) else {
            continue;
        };
        let place = u32::from(register - row.register) + 1;
        match row.meaning {
            Meaning::List { point: Point::CellVoltage, first, .. } => {
                slots.cells = slots.cells.max(u32::from(first) + place);
            }
            Meaning::List { point: Point::SensorTemperature, first, .. } => {
                slots.sensors = slots.sensors.max(u32::from(first) + place);
            }
            Meaning::Part { point: Point::CellBleeding } => {
                slots.bleeding = slots.bleeding.max(place * 16);
            }
            _ => {}
        }
    }
    slots
}

/// The register so many behind the first.
pub(super) fn register_at(start: u16, place: usize) -> Option<u16> {
    start.checked_add(u16::try_from(place).ok()?)
}

/// What a command does, in words.
pub(super) fn means(command: &Command) -> String {
    match command {
        Command::AllowSwitch { switch, allowed } => {
            let how = if *allowed { "may close" } else { "must open" };
            format!("the {} switch {how}", switch.key())
        }
        Command::SetSoc(soc) => {
            format!("the state of charge is {} %", f64::from(soc.as_permille()) / 10.0)
        }
        Command::SetClock(now) => format!("it is {now}"),
        other => format!("command: {}", other.key()),
    }
}
