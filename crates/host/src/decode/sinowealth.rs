//! What recorded bytes of boards with a Sinowealth chip mean.
//!
//! Any three or five bytes are a reply, so that only a request before them makes them one. What
//! follows a request and is itself the whole request for a known register, is taken for that: a
//! reply looks so once in some thousands.

use cellward_params::{Flow, Point, Snapshot, Value};
use cellward_units::NoData;
use cellward_wire::sinowealth::{
    Head, REGISTERS, Register, Reply, Request, Unit, Value as Number, parse_reply, parse_request,
};
use serde_json::Value as Json;

use super::{Decoded, Sheet, Slots, points, put};
use crate::capture::Way;

/// Register of the first cell.
const FIRST_CELL: u8 = 0x01;
/// Register of the tenth and last cell.
const LAST_CELL: u8 = 0x0A;
/// Bits of the pack state, from the highest, 0, to the lowest, 15 (C: one client program).
const PACK_BITS: [(u32, &str); 10] = [
    (5, "VDQ"),
    (6, "fully discharged"),
    (7, "fully charged"),
    (9, "fast discharge"),
    (10, "middling discharge"),
    (11, "slow discharge"),
    (12, "discharging"),
    (13, "charging"),
    (14, "discharge switch closed"),
    (15, "charge switch closed"),
];
/// Bits of the battery state, counted alike.
const BATTERY_BITS: [(u32, &str); 11] = [
    (1, "CTO"),
    (2, "short circuit by the chip"),
    (3, "over-voltage by the chip"),
    (4, "discharge under-temperature"),
    (5, "charge under-temperature"),
    (6, "discharge over-temperature"),
    (7, "charge over-temperature"),
    (12, "discharge over-current"),
    (13, "charge over-current"),
    (14, "under-voltage"),
    (15, "over-voltage"),
];

/// Who hears both directions.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    /// What was asked last and not answered, and whether the recording says that it was sent.
    asked: Option<(Request, bool)>,
}

/// What is at a place of a recording.
enum Here {
    Asks(Request),
    Answers(Request, Reply, usize),
    Nothing(String),
}

impl Listener {
    pub(super) fn decode(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        let mut sheet = Sheet::default();
        let mut snapshot = Snapshot::absent(NoData::NotCarried);
        let mut slots = Slots::default();
        let (mut offset, mut refused) = (0, 0);
        let mut why = String::new();
        while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            let here = self.look(rest, way);
            if let Here::Nothing(reason) = here {
                if refused == 0 {
                    why = reason;
                }
                refused += 1;
                offset += 1;
                continue;
            }
            flush(&mut sheet, bytes, offset, &mut refused, &why);
            let len = match here {
                Here::Asks(request) => {
                    let len = request.emit().len();
                    let mut entry = sheet.begin(rest.get(..len).unwrap_or_default(), offset);
                    put(&mut entry, "direction", "request");
                    put(&mut entry, "register", request.register);
                    put(&mut entry, "length", request.width.byte());
                    put(&mut entry, "says", request.to_string());
                    sheet.line(2, &format!("request: {request}"));
                    sheet.end(entry);
                    self.asked = Some((request, way == Some(Way::Sent)));
                    len
                }
                Here::Answers(request, reply, len) => {
                    self.asked = None;
                    let mut entry = sheet.begin(rest.get(..len).unwrap_or_default(), offset);
                    put(&mut entry, "direction", "reply");
                    put(&mut entry, "register", request.register);
                    let says = match Register::find(request.register) {
                        Some(register) => register.show(reply.value).to_string(),
                        None => format!("register 0x{:02X}: {reply}", request.register),
                    };
                    sheet.line(2, &format!("reply: {says}"));
                    put(&mut entry, "says", says);
                    put(&mut entry, "raw", reply.value.unsigned());
                    put(&mut entry, "extra", reply.extra);
                    let mut own = Snapshot::absent(NoData::NotCarried);
                    let mut single = Slots::default();
                    if let Some(bits) = bits(request.register, reply.value) {
                        sheet.line(4, &format!("bits: {}", bits.join(", ")));
                        put(&mut entry, "bits", bits);
                    }
                    if known(&request) {
                        learn(request.register, reply.value, &mut own, &mut single);
                        learn(request.register, reply.value, &mut snapshot, &mut slots);
                    }
                    let mut values = points(&own, single);
                    // A list would have to begin with cells that were not asked for.
                    values.remove("cell_voltage_mv");
                    values.remove("temperature_c");
                    sheet.values(4, &values);
                    entry.extend(values);
                    if let Some((key, value)) = as_sent(request.register, reply.value) {
                        put(&mut entry, key, value);
                    }
                    sheet.end(entry);
                    len
                }
                Here::Nothing(_) => 1,
            };
            offset += len;
        }
        flush(&mut sheet, bytes, bytes.len(), &mut refused, &why);
        let values = points(&snapshot, slots);
        sheet.whole("daly-sinowealth", values)
    }

    /// What begins here.
    fn look(&self, bytes: &[u8], way: Option<Way>) -> Here {
        let request = parse_request(bytes);
        let Some((asked, sent)) = self.asked.filter(|_| way != Some(Way::Sent)) else {
            return match request {
                Head::Frame { body, .. } => Here::Asks(body),
                Head::Short => Here::Nothing("cut short".to_owned()),
                Head::Not(refusal) => Here::Nothing(format!(
                    "no request ({refusal}), and no reply without a request before it"
                )),
            };
        };
        if let Head::Frame { body, .. } = request
            && !sent
            && known(&body)
        {
            return Here::Asks(body);
        }
        match parse_reply(bytes, asked.width) {
            Head::Frame { body, len } => Here::Answers(asked, body, len),
            Head::Short | Head::Not(_) => Here::Nothing(format!(
                "cut short: {} of the {} bytes of a reply",
                bytes.len(),
                asked.width.reply_len()
            )),
        }
    }
}

/// Writes down the run of refused bytes that ends here.
fn flush(sheet: &mut Sheet, bytes: &[u8], end: usize, refused: &mut usize, why: &str) {
    if *refused > 0 {
        let from = end - *refused;
        sheet.refuse(bytes.get(from..end).unwrap_or_default(), from, why);
        *refused = 0;
    }
}

/// Whether a request is for a known register with its own width.
fn known(request: &Request) -> bool {
    REGISTERS.iter().any(|register| register.request() == *request)
}

/// The names of the bits that are set, of a register of bits.
fn bits(register: u8, value: Number) -> Option<Vec<&'static str>> {
    let names: &[(u32, &str)] = match register {
        0x15 => &PACK_BITS,
        0x16 => &BATTERY_BITS,
        _ => return None,
    };
    Some(names.iter().filter(|(bit, _)| is_set(value, *bit)).map(|(_, name)| *name).collect())
}

/// Whether a bit is set, counted from the highest of sixteen.
fn is_set(value: Number, bit: u32) -> bool {
    value.unsigned() >> (15 - bit) & 1 == 1
}

/// What is no point: values whose sign, place or meaning is not sure enough for one.
fn as_sent(register: u8, value: Number) -> Option<(&'static str, Json)> {
    let found = Register::find(register)?;
    Some(match found.unit {
        Unit::Millivolts if (FIRST_CELL..=LAST_CELL).contains(&register) => {
            ("voltage_mv", value.unsigned().into())
        }
        Unit::Decikelvin => ("celsius", celsius(value).into()),
        Unit::Milliamps => ("current_as_sent_ma", value.signed().into()),
        Unit::MilliampHours if register == 0x11 => ("full_capacity_mah", value.unsigned().into()),
        _ => return None,
    })
}

/// Tenths of a kelvin in degrees, 273 apart as the one known client has it.
fn celsius(value: Number) -> f64 {
    (f64::from(value.unsigned()) - 2_730.0) / 10.0
}

/// Writes into a snapshot what has a point. Which sign of the current charges is not known, so it
/// has none.
fn learn(register: u8, value: Number, snapshot: &mut Snapshot, slots: &mut Slots) {
    let raw = i64::from(value.unsigned());
    let number = |raw| Value::Number(Ok(raw));
    match register {
        FIRST_CELL..=LAST_CELL if raw > 0 => {
            let index = register - FIRST_CELL;
            snapshot.put(Point::CellVoltage, usize::from(index), number(raw));
            slots.cells = slots.cells.max(u32::from(index) + 1);
        }
        0x0B => {
            snapshot.put(Point::PackVoltage, 0, number(raw));
        }
        0x0C | 0x0D => {
            let index = register - 0x0C;
            snapshot.put(Point::SensorTemperature, usize::from(index), number(raw - 2_730));
            slots.sensors = slots.sensors.max(u32::from(index) + 1);
        }
        0x12 => {
            snapshot.put(Point::Remaining, 0, number(raw));
        }
        0x13 => {
            snapshot.put(Point::SocShown, 0, number(raw * 100));
        }
        0x14 => {
            snapshot.put(Point::Cycles, 0, number(raw));
        }
        0x15 => {
            snapshot.charge_switch_closed = Ok(is_set(value, 15));
            snapshot.discharge_switch_closed = Ok(is_set(value, 14));
            snapshot.flow = match (is_set(value, 13), is_set(value, 12)) {
                (true, false) => Ok(Flow::Charging),
                (false, true) => Ok(Flow::Discharging),
                (false, false) => Ok(Flow::Standby),
                (true, true) => Err(NoData::Implausible),
            };
        }
        _ => {}
    }
}
