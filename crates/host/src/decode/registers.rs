//! Registers as points, settings and commands by their keys, by the map of whoever holds them.

use cellward_link::kmodbus::{ByteOrder, Dialect, learn, settings};
use cellward_link::map::Meaning;
use cellward_params::{Command, Fault, Point, Snapshot};
use cellward_units::NoData;
use cellward_wire::modbus::Area;
use serde_json::Map as Members;

use super::own::Memory;
use super::{Sheet, Slots, blocks, points, put};
use crate::json::Object;
use crate::settings as keys;

/// A map of registers.
#[derive(Clone, Debug)]
pub(super) enum Map {
    /// That of a near-Modbus dialect.
    Near(Dialect),
    /// Our own, with what its boards said before: some of it spans several replies.
    Own(Memory),
}

impl Map {
    /// Remembers what was read, as far as later replies go on with it.
    pub(super) fn keep(&mut self, board: u8, start: u16, words: &[u16]) {
        if let Self::Own(memory) = self {
            memory.keep(board, start, words);
        }
    }

    /// Takes registers in that were read, and kept before.
    pub(super) fn hear(&self, start: u16, words: &[u16], told: &mut Told) {
        match self {
            Self::Near(dialect) => {
                learn(*dialect, start, words, ByteOrder::Wire, &mut told.snapshot);
                told.slots = told.slots.with(slots(*dialect, start, words));
                told.settings.extend(set(*dialect, start, words));
            }
            Self::Own(memory) => memory.hear(start, words, told),
        }
    }

    /// Whether this area is known. Boards of the dialects have no input registers, so nobody knows
    /// what those would mean.
    pub(super) fn reads(&self, area: Area) -> bool {
        area == Area::Holding || matches!(self, Self::Own(_))
    }

    /// Where a reply may begin whose request is not there.
    pub(super) fn guess(&self, area: Area, words: &[u16]) -> blocks::Guess {
        match self {
            Self::Near(dialect) if area == Area::Holding => blocks::guess(*dialect, words),
            Self::Near(_) => blocks::Guess { starts: Vec::new(), plausible: true },
            Self::Own(_) => super::own::guess(words),
        }
    }

    /// Why a single guess is one, as the end of a sentence.
    pub(super) const fn why_guessed(&self) -> &'static str {
        match self {
            Self::Near(_) => ", a guess by their count, for no request stands before it",
            Self::Own(_) => ", a guess by their first words, for no request stands before it",
        }
    }

    /// What is written: the settings or the command that it is.
    pub(super) fn written(&mut self, board: u8, function: u8, start: u16, words: &[u16]) -> Said {
        match self {
            Self::Near(dialect) => near_written(*dialect, start, words),
            Self::Own(memory) => memory.written(board, function, start, words),
        }
    }
}

/// What one board said in one frame or in several.
pub(super) struct Told {
    pub(super) board: u8,
    pub(super) snapshot: Snapshot,
    pub(super) slots: Slots,
    pub(super) settings: Object,
    pub(super) notes: Object,
    pub(super) lines: Vec<String>,
}

impl Told {
    /// Nothing yet.
    pub(super) fn new(board: u8) -> Self {
        Self {
            board,
            snapshot: Snapshot::absent(NoData::NotCarried),
            slots: Slots::default(),
            settings: Members::new(),
            notes: Members::new(),
            lines: Vec::new(),
        }
    }

    /// Points, settings and notes of everything that was heard.
    pub(super) fn said(self) -> Said {
        let mut values = points(&self.snapshot, self.slots);
        values.extend(self.settings);
        Said { values, notes: self.notes, lines: self.lines }
    }
}

/// What registers say.
#[derive(Default)]
pub(super) struct Said {
    /// Points and settings by their keys, which are also the words for people.
    pub(super) values: Object,
    /// What else they say.
    pub(super) notes: Object,
    /// The same in words.
    pub(super) lines: Vec<String>,
}

impl Said {
    /// Everything by its keys.
    pub(super) fn all(mut self) -> Object {
        self.values.extend(self.notes);
        self.values
    }

    /// Everything into the entry of a frame, and in words.
    pub(super) fn show(self, indent: usize, entry: &mut Object, sheet: &mut Sheet) {
        sheet.values(indent, &self.values);
        for line in &self.lines {
            sheet.line(indent, line);
        }
        entry.extend(self.all());
    }
}

fn near_written(dialect: Dialect, start: u16, words: &[u16]) -> Said {
    let mut said = Said { values: set(dialect, start, words).collect(), ..Said::default() };
    let row = dialect.row(start).filter(|row| row.register == start);
    if let Some(command) = row.and_then(|row| row.meaning.command(words)) {
        said.order(&command);
    } else if let Some(Meaning::Unmapped(reason)) = row.map(|row| row.meaning) {
        said.lines.push(format!("no point or setting: {reason}"));
    }
    said
}

impl Said {
    /// A command, with its key and in words.
    pub(super) fn order(&mut self, command: &Command) {
        let means = means(command);
        put(&mut self.notes, "command", command.key());
        put(&mut self.notes, "means", &*means);
        self.lines.push(means);
    }
}

/// Settings that registers say.
fn set(
    dialect: Dialect,
    start: u16,
    words: &[u16],
) -> impl Iterator<Item = (String, serde_json::Value)> {
    settings(dialect, start, words)
        .map(|(parameter, raw)| (keys::key(parameter), keys::json(parameter, raw)))
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
fn means(command: &Command) -> String {
    match command {
        Command::AllowSwitch { switch, allowed } => {
            let how = if *allowed { "may close" } else { "must open" };
            format!("the {} switch {how}", switch.key())
        }
        Command::SetSoc(soc) => {
            format!("the state of charge is {} %", f64::from(soc.as_permille()) / 10.0)
        }
        Command::SetClock(now) => format!("it is {now}"),
        Command::Unlock { fault, .. } | Command::Override(fault) | Command::Acknowledge(fault) => {
            format!("command: {} of {}", command.key(), Fault::key(*fault))
        }
        Command::Commission { chemistry, cells, .. } => {
            format!("command: {}, {cells} cells of {}", command.key(), chemistry.key())
        }
        other => format!("command: {}", other.key()),
    }
}
