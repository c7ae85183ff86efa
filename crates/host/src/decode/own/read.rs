//! The registers of one reply, slot by slot.

use std::collections::BTreeMap;

use cellward_link::modbus::client::Identity;
use cellward_link::modbus::commands::LastAnswer;
use cellward_link::modbus::layout::{
    Area, Content, LISTS, RECORD, Slot, TEXT, entry_size, most_entries,
};
use cellward_link::modbus::{number, points, records};
use cellward_params::point::{POINTS, Shape};
use cellward_params::{FaultList, Kind, OffReasons, ParamId, Point, PointRow, Value};
use cellward_units::NoData;
use serde_json::{Value as Json, json as object};

use super::count;
use crate::decode::put;
use crate::decode::registers::Told;
use crate::json::{self, Object};
use crate::{sentence, settings};

/// Registers of one reply, and what is known of those beside them.
pub(super) struct Read<'a> {
    pub(super) start: u16,
    pub(super) words: &'a [u16],
    pub(super) image: &'a BTreeMap<u16, u16>,
}

impl Read<'_> {
    /// So many words from an address on, if all were read by now.
    fn known(&self, address: u16, count: u16) -> Option<Vec<u16>> {
        (0..count).map(|place| self.image.get(&address.checked_add(place)?).copied()).collect()
    }

    /// A word of this very reply.
    fn here(&self, address: u16) -> Option<u16> {
        self.words.get(usize::from(address.checked_sub(self.start)?)).copied()
    }

    /// A number of this very reply.
    fn number(&self, address: u16) -> Option<i32> {
        number::joined(&[self.here(address)?, self.here(address.checked_add(1)?)?])
    }

    /// Takes the slot in that begins at an address; directories are only named in `described`.
    pub(super) fn slot(
        &self,
        slot: Slot,
        begin: u16,
        told: &mut Told,
        described: &mut Vec<(Content, u16, u16)>,
    ) {
        match slot.content {
            Content::Identity => self.identity(begin, told),
            Content::Result => self.last_answer(begin, told),
            Content::Cursor => {
                if let Some(after) = self.number(begin).map(i32::cast_unsigned) {
                    put(&mut told.notes, "records_after", after);
                    told.lines.push(format!("the window shows records after number {after}"));
                }
            }
            Content::Records => self.record(begin, told),
            Content::Heads => {
                if let (Some(row), Some(head)) = (row(slot.number), self.number(begin)) {
                    learn_head(row, head, told);
                }
            }
            Content::System | Content::Limits => {
                // Where no parameter is, the hole reads as absent.
                let value = self.number(begin).filter(|&raw| number::reading(raw).is_ok());
                if let Some(raw) = value {
                    let id = ParamId(slot.number);
                    told.settings.insert(settings::key(id), settings::json(id, raw));
                }
            }
            Content::Bodies => {
                if let Some(row) = row(slot.number) {
                    self.body(row, begin, told);
                }
            }
            Content::Lists => {
                if let Some(&list) = LISTS.get(usize::from(slot.number)) {
                    self.list(list, slot.number, told);
                }
            }
            // Only written, never read.
            Content::Command | Content::Group => {}
            Content::Areas
            | Content::Units
            | Content::Commands
            | Content::PointRows
            | Content::SystemRows
            | Content::FaultRows
            | Content::LimitRows => match described.last_mut() {
                Some((content, _, last)) if *content == slot.content => *last = slot.number,
                _ => described.push((slot.content, slot.number, slot.number)),
            },
        }
    }

    fn identity(&self, begin: u16, told: &mut Told) {
        let Some(identity) = self.known(begin, 20).and_then(|words| Identity::decode(&words))
        else {
            return;
        };
        let [major, minor] = identity.version;
        told.lines.push(format!(
            "a Cellward board with map {major}.{minor}: {} points, {} system parameters, {} faults; \
             records {} to {}",
            identity.points,
            identity.system,
            identity.faults,
            identity.oldest_record,
            identity.newest_record,
        ));
        let identity = object!({
            "map": format!("{major}.{minor}"),
            "points": identity.points,
            "system_parameters": identity.system,
            "faults": identity.faults,
            "oldest_record": identity.oldest_record,
            "newest_record": identity.newest_record,
            "config_crc": format!("0x{:08X}", identity.config_crc),
        });
        put(&mut told.notes, "identity", identity);
    }

    fn last_answer(&self, begin: u16, told: &mut Told) {
        let Some(words) = self.known(begin, 12) else {
            return;
        };
        let Some(answer) = LastAnswer::decode(&words) else {
            told.lines.push("nothing was written yet, or the answer is not known here".to_owned());
            return;
        };
        let says = match &answer.result {
            Ok(()) => "done".to_owned(),
            Err(refusal) => format!("refused: {}", sentence::refusal(refusal)),
        };
        told.lines.push(format!("the last write, to 0x{:04X}: {says}", answer.address));
        let answer = object!({
            "token": answer.token,
            "address": answer.address,
            "command": answer.command,
            "done": answer.result.is_ok(),
            "text": says,
        });
        put(&mut told.notes, "last_answer", answer);
    }

    /// A record whose last register is in this reply.
    fn record(&self, begin: u16, told: &mut Told) {
        let ends_here = begin.checked_add(RECORD - 1).and_then(|last| self.here(last)).is_some();
        let Some(words) = self.known(begin, RECORD).filter(|_| ends_here) else {
            return;
        };
        if words.starts_with(&[0, 0]) {
            return;
        }
        match records::decode(&words) {
            Some(record) => {
                told.lines.push(format!(
                    "record {}: {}",
                    record.sequence,
                    sentence::record(&record)
                ));
                push(&mut told.notes, "records", Json::Object(json::record(&record)));
            }
            None => told.lines.push("a record that is not known here".to_owned()),
        }
    }

    /// The body of a point that is no long list.
    fn body(&self, row: &PointRow, begin: u16, told: &mut Told) {
        match row.kind {
            Kind::Number | Kind::Flag => self.elements(row, begin, told),
            Kind::Text => {
                let Some(words) = self.known(begin, TEXT) else {
                    return;
                };
                let bytes = words.iter().flat_map(|word| word.to_be_bytes());
                let len = bytes.take_while(|&byte| byte != 0).count();
                points::learn_body(row.point, len, &words, &mut told.snapshot);
            }
            Kind::Lights => {
                if let Some(words) = self.known(begin, 16) {
                    points::learn_body(row.point, 1, &words, &mut told.snapshot);
                }
            }
            Kind::Word(_) => told.lines.push(format!("the words of {}", row.key)),
            Kind::Faults | Kind::Reasons => {}
        }
    }

    /// The elements of a list of numbers that are in this very reply.
    fn elements(&self, row: &PointRow, begin: u16, told: &mut Told) {
        let most = points::elements(row.shape);
        let absent = number::number(Err(NoData::NoAnswer));
        let (mut words, mut last) = (Vec::new(), 0);
        for (place, address) in (begin..=u16::MAX).step_by(2).take(most).enumerate() {
            let raw = self.number(address);
            if let Some(raw) = raw {
                last = place + 1;
                if let Err(reason) = number::reading(raw) {
                    let name = format!("{}[{last}]", json::key(row));
                    note_absent(told, name, reason);
                }
            }
            let bytes = raw.unwrap_or(absent).to_be_bytes();
            words.extend(bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair)));
        }
        points::learn_body(row.point, last, &words, &mut told.snapshot);
        let slots = &mut told.slots;
        match row.shape {
            Shape::Cells => slots.cells = slots.cells.max(count(last)),
            Shape::Sensors => slots.sensors = slots.sensors.max(count(last)),
            Shape::Scalar | Shape::Boards => {}
        }
    }

    /// A long list, once its end was read; until then what it holds is not all.
    fn list(&self, point: Point, place: u16, told: &mut Told) {
        let size = entry_size(point);
        let Some(base) = Area::of(Content::Lists).address(place) else {
            return;
        };
        let (mut faults, mut reasons) = (FaultList::new(), OffReasons::new());
        let mut good = true;
        for entry in 0..most_entries(point) {
            let Some(words) = self.known(base + entry * size, size) else {
                let line = format!("{}: {entry} so far, and the end is not here", point.row().key);
                if told.lines.last() != Some(&line) {
                    told.lines.push(line);
                }
                return;
            };
            if words.first() == Some(&0) {
                break;
            }
            good &= match point.row().kind {
                Kind::Faults => points::fault(&words).is_some_and(|one| faults.push(one).is_ok()),
                _ => points::reason(&words).is_some_and(|one| reasons.push(one).is_ok()),
            };
        }
        let value = match (point.row().kind, good) {
            (Kind::Faults, true) => Value::Faults(Ok(&faults)),
            (Kind::Faults, false) => Value::Faults(Err(NoData::Implausible)),
            (_, true) => Value::Reasons(Ok(&reasons)),
            (_, false) => Value::Reasons(Err(NoData::Implausible)),
        };
        if !good {
            note_absent(told, json::key(point.row()), NoData::Implausible);
        }
        told.snapshot.put(point, 0, value);
    }
}

/// The row of a point by its number.
fn row(id: u16) -> Option<&'static PointRow> {
    POINTS.get(usize::from(id.checked_sub(1)?))
}

/// A head: the value, or how much follows in the body, or why there is none.
fn learn_head(row: &PointRow, head: i32, told: &mut Told) {
    let follows = points::learn_head(row.point, head, &mut told.snapshot);
    if follows > 0 {
        // The body itself is in another reply.
        told.lines.push(format!("{}: {follows} to follow", row.key));
        let entry = told.notes.entry("announced").or_insert_with(|| object!({}));
        if let Some(announced) = entry.as_object_mut() {
            put(announced, row.key, follows);
        }
        return;
    }
    let reason = match (row.shape, number::reading(head)) {
        (_, Err(reason)) => Some(reason),
        (Shape::Scalar, Ok(_)) => json::element(&told.snapshot, row, 0).1,
        _ => None,
    };
    if let Some(reason) = reason {
        note_absent(told, json::key(row), reason);
    }
}

/// Notes why a value is absent.
fn note_absent(told: &mut Told, name: String, reason: NoData) {
    told.lines.push(format!("{name} absent: {reason}"));
    let absent = told.notes.entry("absent").or_insert_with(|| object!({}));
    if let Some(absent) = absent.as_object_mut() {
        put(absent, &name, reason.key());
    }
}

/// Adds to a list.
fn push(notes: &mut Object, key: &str, item: Json) {
    if let Some(list) = notes.entry(key).or_insert_with(|| object!([])).as_array_mut() {
        list.push(item);
    }
}
