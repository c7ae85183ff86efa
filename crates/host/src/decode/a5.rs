//! What recorded A5 bytes mean.

use cellward_link::a5::{learn, limits, trim};
use cellward_params::Snapshot;
use cellward_units::NoData;
use cellward_wire::a5::{Message, Piece, Reply, Request, scan};
use serde_json::Map;

use super::{Decoded, Sheet, Slots, known, points, put};
use crate::json::Object;
use crate::settings;

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
                whole.sheet.refuse(bytes, offset, &error.to_string());
                offset += bytes.len();
            }
        }
    }
    whole.finish()
}

/// What a recording says, in words and as JSON.
struct Recording {
    sheet: Sheet,
    snapshot: Snapshot,
    slots: Slots,
    /// The reply of several frames that is under way counts them from 0.
    from_zero: Option<u8>,
    settings: Object,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            sheet: Sheet::default(),
            snapshot: Snapshot::absent(NoData::NotCarried),
            slots: Slots::default(),
            from_zero: None,
            settings: Map::new(),
        }
    }
}

impl Recording {
    fn frame(&mut self, message: &Message, offset: usize) {
        let mut entry = self.sheet.begin(&message.emit(), offset);
        put(&mut entry, "command", format!("{:#04x}", message.command));
        if message.from_host() {
            let request = Request::parse(message);
            let board = match message.addressed_board() {
                Some(board) => format!("board {board}"),
                None => "no known board".to_owned(),
            };
            let host = format!("{:#04x}", message.address);
            let line = format!("request of host {host} to {board}: {request}");
            self.sheet.line(2, &line);
            put(&mut entry, "direction", "request");
            put(&mut entry, "host", host);
            put(&mut entry, "board", message.addressed_board());
            put(&mut entry, "says", request.to_string());
        } else {
            let reply = Reply::parse(message.command, &message.payload);
            let line = format!("reply of board {}: {reply}", message.address);
            self.sheet.line(2, &line);
            put(&mut entry, "direction", "reply");
            put(&mut entry, "board", message.address);
            put(&mut entry, "says", reply.to_string());
            let end = offset + message.emit().len();
            let values = self.learn(&reply, message.address, end);
            self.sheet.values(4, &values);
            entry.extend(values);
        }
        self.sheet.end(entry);
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

    /// Takes a reply of a board, which ends there, into the whole and gives what it says by itself.
    fn learn(&mut self, reply: &Reply, board: u8, end: usize) -> Object {
        let sent = reply.frame().map(u32::from);
        let reply = &self.counted_from_one(reply);
        learn(&mut self.snapshot, reply);
        let mut own = Snapshot::absent(NoData::NotCarried);
        learn(&mut own, reply);
        trim(&mut own);
        self.sheet.hear(end, board, &own);
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
                self.slots.cells = self.slots.cells.max(number * 3);
            }
            Reply::Temperatures(part) => {
                own.sensor_count = Ok(7);
                let mut first = *part;
                first.frame = 1;
                learn(&mut own, &Reply::Temperatures(first));
                values.extend(known(&own, &["sensor_count"]));
                self.slots.sensors = self.slots.sensors.max(number * 7);
            }
            Reply::Balance(_) => {
                own.cell_count = Ok(48);
                values.extend(known(&own, &["cell_count"]));
                self.slots.bleeding = 48;
            }
            _ => values.extend(known(&own, &[])),
        }
        for (parameter, raw) in limits(reply) {
            let (key, value) = (settings::key(parameter), settings::json(parameter, raw));
            values.insert(key.clone(), value.clone());
            self.settings.insert(key, value);
        }
        values
    }

    /// The points of all frames together, then the frames one by one.
    fn finish(mut self) -> Decoded {
        trim(&mut self.snapshot);
        let mut values = points(&self.snapshot, self.slots);
        values.extend(self.settings);
        self.sheet.whole("a5", values)
    }
}
