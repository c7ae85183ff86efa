//! What recorded bytes mean: every frame in words and as points, and what is wrong with the bytes
//! between.
//!
//! Values are shown as sent, unbelievable ones too: whoever decodes wants to see what was there.
//! Nothing is derived from other values.
//!
//! Many replies do not say to what they answer. Where the request stands before them in the same
//! recording, it tells; otherwise it is a guess, which is called one.

mod a5;
mod blocks;
mod conversation;
mod kmodbus;
mod modbus;
mod own;
mod pylon;
mod questions;
mod registers;
mod sinowealth;

use std::fmt::Write as _;

use cellward_link::kmodbus::Dialect;
use cellward_params::Snapshot;
use serde_json::{Map, Value as Json, json as object};

use crate::board;
use crate::capture::Way;
use crate::json::{self, Object};

pub use a5::decode;

/// A recording and what it says.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Every frame and every refused run in words, one or more lines each.
    pub text: String,
    /// The points of all frames together by their JSON keys, then `frames` one by one and
    /// `refused` with reasons.
    pub json: Object,
    /// How many good frames there are.
    pub frames: usize,
    /// How many runs of bytes between them were refused.
    pub refused: usize,
    /// What each good frame of a board says by itself, in their order. Replies whose registers are
    /// only guessed at are not among them, nor those of the protocols of other makers.
    pub spoken: Vec<Spoken>,
}

/// What one frame of a board says by itself.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Where the frame ends, in bytes from the beginning of its part.
    pub end: usize,
    /// The number of the board, or its unit.
    pub board: u8,
    /// Its points as sent, unbelievable ones too. What the frame has no word about is
    /// [`NoData::NotCarried`](cellward_units::NoData::NotCarried).
    pub snapshot: Box<Snapshot>,
}

/// A protocol that can be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// The 13-byte frames that start with A5.
    A5,
    /// Near-Modbus of the newer boards, address 0xD2 both ways.
    KmodbusD2,
    /// Near-Modbus of the newer boards, requests to 0x81 and replies from 0x51 on.
    KmodbusP81,
    /// Our own map of registers over standard Modbus on a serial line.
    Modbus,
    /// The same over TCP.
    ModbusTcp,
    /// Pylontech's ASCII protocol on RS485, towards an inverter.
    PylonRs485,
    /// Three-byte requests of boards with a Sinowealth chip.
    DalySinowealth,
}

impl Protocol {
    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::A5,
        Self::KmodbusD2,
        Self::KmodbusP81,
        Self::Modbus,
        Self::ModbusTcp,
        Self::PylonRs485,
        Self::DalySinowealth,
    ];

    /// Its name in options and JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::A5 => "a5",
            Self::KmodbusD2 => "kmodbus-d2",
            Self::KmodbusP81 => "kmodbus-p81",
            Self::Modbus => "modbus",
            Self::ModbusTcp => "modbus-tcp",
            Self::PylonRs485 => "pylon-rs485",
            Self::DalySinowealth => "daly-sinowealth",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A5 => "A5",
            Self::KmodbusD2 => "D2",
            Self::KmodbusP81 => "p81",
            Self::Modbus => "Modbus",
            Self::ModbusTcp => "Modbus TCP",
            Self::PylonRs485 => "Pylon",
            Self::DalySinowealth => "Sinowealth",
        }
    }

    /// What a board of this dialect speaks.
    #[must_use]
    pub const fn of(dialect: board::Dialect) -> Self {
        match dialect {
            board::Dialect::A5 => Self::A5,
            board::Dialect::D2 => Self::KmodbusD2,
            board::Dialect::P81 => Self::KmodbusP81,
            board::Dialect::Modbus => Self::Modbus,
            board::Dialect::ModbusTcp => Self::ModbusTcp,
        }
    }

    /// Whether its replies hold registers without saying which.
    #[must_use]
    pub const fn has_registers(self) -> bool {
        matches!(self, Self::KmodbusD2 | Self::KmodbusP81 | Self::Modbus | Self::ModbusTcp)
    }
}

/// Decodes one recording that may come in several parts: what was asked in an earlier part is
/// remembered.
#[derive(Clone, Debug)]
pub struct Decoder {
    protocol: Protocol,
    speaks: Speaks,
}

#[derive(Clone, Debug)]
enum Speaks {
    A5,
    Kmodbus(kmodbus::Listener),
    Modbus(modbus::Serial),
    ModbusTcp(modbus::Tcp),
    Pylon(pylon::Listener),
    Sinowealth(sinowealth::Listener),
}

impl Decoder {
    /// A decoder that has heard nothing yet. `start` is the first register, from 0, of replies
    /// whose request is not in the recording; without it that is guessed. Protocols without
    /// registers ignore it.
    #[must_use]
    pub fn new(protocol: Protocol, start: Option<u16>) -> Self {
        let speaks = match protocol {
            Protocol::A5 => Speaks::A5,
            Protocol::KmodbusD2 => {
                Speaks::Kmodbus(kmodbus::Listener::new(Dialect::D2, protocol.key(), start))
            }
            Protocol::KmodbusP81 => {
                Speaks::Kmodbus(kmodbus::Listener::new(Dialect::P81, protocol.key(), start))
            }
            Protocol::Modbus => Speaks::Modbus(modbus::Serial::new(protocol.key(), start)),
            Protocol::ModbusTcp => Speaks::ModbusTcp(modbus::Tcp::new(protocol.key(), start)),
            Protocol::PylonRs485 => Speaks::Pylon(pylon::Listener::default()),
            Protocol::DalySinowealth => Speaks::Sinowealth(sinowealth::Listener::default()),
        };
        Self { protocol, speaks }
    }

    /// Decodes the next part, both directions, any noise between. `way` says which way it went, as
    /// far as the recording tells: what only listened has everything as come. A frame of a stream
    /// may go on in later parts of the same way.
    #[must_use]
    pub fn decode(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        let before = (way == Some(Way::Sent)).then(|| self.clone());
        let decoded = self.part(bytes, way, false);
        match before {
            Some(before) if decoded.frames == 0 && decoded.refused > 0 => {
                match question_of_another(self.protocol, bytes) {
                    Some(question) => {
                        *self = before;
                        question
                    }
                    None => decoded,
                }
            }
            _ => decoded,
        }
    }

    /// Decodes the last part, which may be empty: a frame that is not whole by now is refused.
    #[must_use]
    pub fn end(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        self.part(bytes, way, true)
    }

    fn part(&mut self, bytes: &[u8], way: Option<Way>, ends: bool) -> Decoded {
        match &mut self.speaks {
            Speaks::A5 => decode(bytes),
            Speaks::Kmodbus(listener) => listener.decode(bytes, way),
            Speaks::Modbus(listener) => listener.decode(bytes, way),
            Speaks::ModbusTcp(listener) => listener.decode(bytes, way, ends),
            Speaks::Pylon(listener) => listener.decode(bytes, way),
            Speaks::Sinowealth(listener) => listener.decode(bytes, way),
        }
    }
}

/// What was sent whole in another protocol: whoever finds out what a board speaks asks in several.
fn question_of_another(protocol: Protocol, bytes: &[u8]) -> Option<Decoded> {
    let others = Protocol::ALL.into_iter().filter(|&other| other != protocol);
    let spoken = others.into_iter().find(|&other| {
        let decoded = Decoder::new(other, None).part(bytes, Some(Way::Sent), true);
        decoded.frames > 0 && decoded.refused == 0
    })?;
    let mut sheet = Sheet::default();
    let says = format!("sent as {}, which is not decoded here", spoken.name());
    foreign(bytes, 0, &says, &mut sheet);
    Some(sheet.whole(protocol.key(), Map::new()))
}

/// A good frame that is not for this decoder.
fn foreign(bytes: &[u8], offset: usize, says: &str, sheet: &mut Sheet) {
    let mut entry = sheet.begin(bytes, offset);
    put(&mut entry, "says", says);
    sheet.line(2, says);
    sheet.end(entry);
}

/// Frames and refused runs as they are found, in words and as JSON.
#[derive(Default)]
struct Sheet {
    text: String,
    frames: Vec<Json>,
    refused: Vec<Json>,
    spoken: Vec<Spoken>,
    /// Bytes at the end that a later part must go on with.
    waiting: usize,
}

impl Sheet {
    /// Begins the entry of a frame.
    fn begin(&mut self, bytes: &[u8], offset: usize) -> Object {
        let hex = hex(bytes);
        let _ = writeln!(self.text, "{hex}");
        let mut entry = Map::new();
        put(&mut entry, "offset", offset);
        put(&mut entry, "hex", hex);
        entry
    }

    /// A line about the frame that was begun.
    fn line(&mut self, indent: usize, line: &str) {
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    /// Values of the frame that was begun, one to a line.
    fn values(&mut self, indent: usize, values: &Object) {
        for (key, value) in values {
            match value {
                Json::Array(list) if key == "faults" => self.faults(indent, list),
                Json::Array(list) if list.iter().any(|one| one.get("text").is_some()) => {
                    for text in list.iter().filter_map(|one| one.get("text")?.as_str()) {
                        self.line(indent, &format!("{key}: {text}"));
                    }
                }
                _ => self.line(indent, &format!("{key} {value}")),
            }
        }
    }

    /// Faults in words, one to a line.
    fn faults(&mut self, indent: usize, list: &[Json]) {
        if list.is_empty() {
            self.line(indent, "no fault");
        }
        for fault in list {
            let text = |key: &str| fault.get(key).and_then(Json::as_str).unwrap_or_default();
            let level = match text("level") {
                "l1" => "alarm",
                "l2" => "protection",
                "l3" => "hard protection",
                other => other,
            };
            self.line(indent, &format!("{level}: {}", text("text")));
        }
    }

    /// Ends the entry of a frame.
    fn end(&mut self, entry: Object) {
        self.frames.push(Json::Object(entry));
    }

    /// Keeps what the frame says that ends there.
    fn hear(&mut self, end: usize, board: u8, snapshot: &Snapshot) {
        self.spoken.push(Spoken { end, board, snapshot: Box::new(snapshot.clone()) });
    }

    fn refuse(&mut self, bytes: &[u8], offset: usize, reason: &str) {
        let hex = hex(bytes);
        let _ = writeln!(self.text, "{hex}\n  refused, {} bytes: {reason}", bytes.len());
        self.refused.push(object!({
            "offset": offset,
            "hex": hex,
            "reason": reason,
        }));
    }

    /// Bytes at the end that a later part goes on with.
    fn wait(&mut self, bytes: &[u8]) {
        let hex = hex(bytes);
        let _ = writeln!(self.text, "{hex}\n  the beginning of a frame, which goes on later");
        self.waiting = bytes.len();
    }

    /// The whole: the protocol, the values of all frames together, then the frames one by one.
    fn whole(self, protocol: &str, values: Object) -> Decoded {
        let (frames, refused) = (self.frames.len(), self.refused.len());
        let mut json = Map::new();
        put(&mut json, "protocol", protocol);
        json.extend(values);
        put(&mut json, "frames", self.frames);
        put(&mut json, "refused", self.refused);
        if self.waiting > 0 {
            put(&mut json, "waiting", self.waiting);
        }
        Decoded { text: self.text, json, frames, refused, spoken: self.spoken }
    }
}

/// How many elements of each list were named, whatever the counts say.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Slots {
    cells: u32,
    sensors: u32,
    /// Bits that say which cells are bled, which are more than there are cells.
    bleeding: u32,
}

impl Slots {
    /// The larger of both.
    fn with(self, other: Self) -> Self {
        Self {
            cells: self.cells.max(other.cells),
            sensors: self.sensors.max(other.sensors),
            bleeding: self.bleeding.max(other.bleeding),
        }
    }
}

/// The members of a snapshot that say something. Without the counts of cells and sensors their
/// lists are as long as what was sent.
fn points(snapshot: &Snapshot, slots: Slots) -> Object {
    let mut snapshot = snapshot.clone();
    let mut hidden = Vec::new();
    if snapshot.cell_count.is_err() {
        snapshot.cell_count = Ok(slots.cells);
        hidden.push("cell_count");
    }
    if snapshot.sensor_count.is_err() {
        snapshot.sensor_count = Ok(slots.sensors);
        hidden.push("sensor_count");
    }
    let mut members = known(&snapshot, &hidden);
    if slots.bleeding > 0 && hidden.contains(&"cell_count") {
        snapshot.cell_count = Ok(slots.bleeding);
        let mut bits = known(&snapshot, &hidden);
        members.extend(bits.remove_entry("cell_bleeding"));
    }
    members
}

/// The members of a snapshot that say something, without those in `hidden`.
fn known(snapshot: &Snapshot, hidden: &[&str]) -> Object {
    let mut members = json::snapshot(snapshot);
    members.remove("absent");
    let empty = |value: &Json| match value {
        Json::Null => true,
        Json::Array(list) => list.iter().all(Json::is_null) && !list.is_empty() || list.is_empty(),
        _ => false,
    };
    // An empty list of faults is an answer: no fault.
    members
        .into_iter()
        .filter(|(key, value)| {
            !hidden.contains(&key.as_str())
                && (!empty(value) || (key == "faults" && snapshot.faults.is_ok()))
        })
        .collect()
}

/// Adds a member.
fn put(object: &mut Object, key: &str, value: impl Into<Json>) {
    object.insert(key.to_owned(), value.into());
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(" ")
}

/// The values of several senders: flat where there is one, else under `group` by their numbers.
fn by_sender(mut senders: Vec<(u8, Object)>, group: &str) -> Object {
    if senders.len() < 2 {
        return senders.pop().map(|(_, values)| values).unwrap_or_default();
    }
    let named = senders.into_iter().map(|(number, own)| (number.to_string(), Json::Object(own)));
    let mut whole = Map::new();
    put(&mut whole, group, Json::Object(named.collect()));
    whole
}
