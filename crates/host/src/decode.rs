//! What recorded A5 bytes mean: every frame in words and as points, and what is wrong with the
//! bytes between.
//!
//! Values are shown as sent, unbelievable ones too: whoever decodes wants to see what was there.

use std::fmt::Write as _;

use cellward_link::a5::{learn, limits, trim};
use cellward_params::limit::LIMITS;
use cellward_params::{Fault, ParamId, Parameter, Snapshot, Unit};
use cellward_units::NoData;
use cellward_wire::a5::{Message, Piece, Reply, Request, scan};
use serde_json::{Map, Value as Json, json as object};

use crate::json::{self, Object};

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
}

/// Decodes a recording of A5 bytes, both directions, any noise between.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut whole = Recording::default();
    let mut offset = 0;
    for piece in scan(bytes) {
        match piece {
            Piece::Frame(frame) => {
                let message = frame.message();
                whole.frame(&message, offset);
                offset += message.emit().len();
            }
            Piece::Refused { bytes, error } => {
                whole.refuse(bytes, offset, &error.to_string());
                offset += bytes.len();
            }
        }
    }
    Decoded {
        text: std::mem::take(&mut whole.text),
        frames: whole.frames.len(),
        refused: whole.refused.len(),
        json: whole.json(),
    }
}

/// What a recording says, in words and as JSON.
struct Recording {
    text: String,
    frames: Vec<Json>,
    refused: Vec<Json>,
    snapshot: Snapshot,
    /// Cells and sensors that frames have named, whatever the counts say.
    cells: u32,
    sensors: u32,
    /// Whether bleeding bits were said: those are always 48.
    bleeding: bool,
    /// The reply of several frames that is under way counts them from 0.
    from_zero: Option<u8>,
    settings: Map<String, Json>,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            text: String::new(),
            frames: Vec::new(),
            refused: Vec::new(),
            snapshot: Snapshot::absent(NoData::NotCarried),
            cells: 0,
            sensors: 0,
            bleeding: false,
            from_zero: None,
            settings: Map::new(),
        }
    }
}

impl Recording {
    fn frame(&mut self, message: &Message, offset: usize) {
        let hex = hex(&message.emit());
        let _ = writeln!(self.text, "{hex}");
        let mut entry = Map::new();
        entry.insert("offset".to_owned(), offset.into());
        entry.insert("hex".to_owned(), hex.into());
        entry.insert("command".to_owned(), format!("{:#04x}", message.command).into());
        if message.from_host() {
            let request = Request::parse(message);
            let board = match message.addressed_board() {
                Some(board) => format!("board {board}"),
                None => "no known board".to_owned(),
            };
            let host = format!("{:#04x}", message.address);
            let _ = writeln!(self.text, "  request of host {host} to {board}: {request}");
            entry.insert("direction".to_owned(), "request".into());
            entry.insert("host".to_owned(), host.into());
            entry.insert("board".to_owned(), message.addressed_board().into());
            entry.insert("says".to_owned(), request.to_string().into());
        } else {
            let reply = Reply::parse(message.command, &message.payload);
            let _ = writeln!(self.text, "  reply of board {}: {reply}", message.address);
            entry.insert("direction".to_owned(), "reply".into());
            entry.insert("board".to_owned(), message.address.into());
            entry.insert("says".to_owned(), reply.to_string().into());
            let values = self.learn(&reply);
            for (key, value) in &values {
                let _ = writeln!(self.text, "    {key} {value}");
            }
            entry.extend(values);
        }
        self.frames.push(Json::Object(entry));
    }

    /// The reply with its frame counted from 1. A frame 0 says that this reply counts from 0, as
    /// the vendor writes; every board seen counts from 1.
    fn counted_from_one(&mut self, reply: &Reply) -> Reply {
        match reply.frame() {
            Some(0) => self.from_zero = Some(reply.command()),
            Some(_) if self.from_zero == Some(reply.command()) => {}
            _ => {
                self.from_zero = None;
                return *reply;
            }
        }
        let mut payload = reply.payload();
        payload[0] = payload[0].saturating_add(1);
        Reply::parse(reply.command(), &payload)
    }

    /// Takes a reply into the whole and gives what it says by itself.
    fn learn(&mut self, reply: &Reply) -> Map<String, Json> {
        let sent = reply.frame().map(u32::from);
        let reply = &self.counted_from_one(reply);
        learn(&mut self.snapshot, reply);
        let mut own = Snapshot::absent(NoData::NotCarried);
        learn(&mut own, reply);
        trim(&mut own);
        // Numbers past the sixteenth mark frames that say nothing.
        let number = reply.frame().map_or(0, u32::from);
        let number = if number <= 16 { number } else { 0 };
        let mut values = Map::new();
        if let Some(sent) = sent {
            values.insert("frame".to_owned(), sent.into());
        }
        match reply {
            // A frame by itself does not know how many of its slots are cells or sensors.
            Reply::Cells(cells) => {
                let slots = cells.voltages().map(|voltage| voltage.as_millivolts());
                values.insert("cell_voltage_mv".to_owned(), slots.to_vec().into());
                self.cells = self.cells.max(number * 3);
            }
            Reply::Temperatures(part) => {
                own.sensor_count = Ok(7);
                let mut first = *part;
                first.frame = 1;
                learn(&mut own, &Reply::Temperatures(first));
                values.extend(known(&own, &["sensor_count"]));
                self.sensors = self.sensors.max(number * 7);
            }
            Reply::Balance(_) => {
                own.cell_count = Ok(48);
                values.extend(known(&own, &["cell_count"]));
                self.bleeding = true;
            }
            _ => values.extend(known(&own, &[])),
        }
        for (parameter, raw) in limits(reply) {
            let (key, value) = setting(parameter, raw);
            values.insert(key.clone(), value.clone());
            self.settings.insert(key, value);
        }
        values
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

    /// The points of all frames together, then the frames one by one.
    fn json(mut self) -> Map<String, Json> {
        trim(&mut self.snapshot);
        // Without the counts of 0x94 the lists are as long as their frames.
        let mut hidden = Vec::new();
        if self.snapshot.cell_count.is_err() {
            self.snapshot.cell_count = Ok(self.cells);
            hidden.push("cell_count");
        }
        if self.snapshot.sensor_count.is_err() {
            self.snapshot.sensor_count = Ok(self.sensors);
            hidden.push("sensor_count");
        }
        let mut whole = Map::new();
        whole.insert("protocol".to_owned(), "a5".into());
        whole.extend(known(&self.snapshot, &hidden));
        if self.bleeding && hidden.contains(&"cell_count") {
            self.snapshot.cell_count = Ok(48);
            let mut bits = known(&self.snapshot, &hidden);
            whole.extend(bits.remove_entry("cell_bleeding"));
        }
        whole.extend(self.settings);
        whole.insert("frames".to_owned(), self.frames.into());
        whole.insert("refused".to_owned(), self.refused.into());
        whole
    }
}

/// The members of a snapshot that say something, without those in `hidden`.
fn known(snapshot: &Snapshot, hidden: &[&str]) -> Map<String, Json> {
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

/// The key of a setting with its unit, and its value.
fn setting(parameter: ParamId, raw: i32) -> (String, Json) {
    let (name, unit) = match parameter.as_limit() {
        Some((fault, level, field)) => {
            (format!("{}_{}_{}", fault.key(), level.key(), field.key()), limit_unit(fault))
        }
        None => match Parameter::find(parameter) {
            Some(row) => (row.key.to_owned(), row.unit),
            None => (format!("parameter_{}", parameter.0), Unit::None),
        },
    };
    let key = match unit.suffix() {
        "" => name,
        suffix => format!("{name}_{suffix}"),
    };
    // Limits of the state of charge count thousandths; people read percent.
    let raw = if unit == Unit::Percent { raw.saturating_mul(10) } else { raw };
    let value = match unit.decimals() {
        0 => Json::from(raw),
        decimals => Json::from(f64::from(raw) / 10_f64.powi(i32::from(decimals))),
    };
    (key, value)
}

/// The unit of a fault's limits; faults that our own board does not watch have theirs here.
fn limit_unit(fault: Fault) -> Unit {
    match fault {
        Fault::HighSoc | Fault::LowSoc => Unit::Percent,
        Fault::CellDifference => Unit::Millivolt,
        // A difference: kelvin, which is a degree Celsius.
        Fault::TemperatureDifference => Unit::Celsius,
        _ => LIMITS.iter().find(|row| row.fault == fault).map_or(Unit::None, |row| row.base.unit()),
    }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(" ")
}
