//! Snapshots and records as JSON. Every key comes from the points table: `<point>_<unit>`.
//!
//! A value that is not there is `null`, and the object's last member, `absent`, says why; the member
//! before it, `hints`, says in words what the estimator noticed. Domain types stay unserialisable:
//! these objects are the border form, made here and nowhere else.

use cellward_params::limit::{Base, LIMITS};
use cellward_params::point::{POINTS, Shape};
use cellward_params::{
    ActiveFault, Fault, FaultList, Lights, OffReason, OffReasons, Pattern, PointRow, Snapshot,
    Unit, Value,
};
use cellward_units::{Duration, NoData};
use serde_json::{Map, Number, Value as Json, json};

use crate::sentence::{self, Hint};

mod record;

pub use record::record;

/// A JSON object that keeps the order of its members.
pub type Object = Map<String, Json>;

/// The key of the time at which a record or a sample was made, in ms since the start of the board's
/// clock.
pub const AT: &str = "at_ms";
/// The key of how often the board had been started before a record was made; its clock begins anew
/// with each start.
pub const BOOT: &str = "boot_number";

/// The JSON key of a point: its name and, where it has a unit, `_` and the unit, such as
/// `pack_voltage_mv`.
#[must_use]
pub fn key(row: &PointRow) -> String {
    match row.unit.suffix() {
        "" => row.key.to_owned(),
        suffix => format!("{}_{suffix}", row.key),
    }
}

/// A snapshot as one flat object, in the order of the points table.
///
/// Numbers are in the unit of their key, decimals exact; positive current charges. Absent values
/// are `null`; the last member `absent` maps each such key to the key of its reason. Elements of
/// lists count from 1 there: `cell_voltage_mv[3]`. A list whose length is not known is empty and
/// is named as a whole.
///
/// Behind the points stands `hints`, one object for everything that a person should look at though
/// no protection asks for it: `point` (the key of `soc_doubt` or `resistance_hint`), `number` of the
/// cell or `null`, `text` (what is wrong) and `advice` (what to do). It is empty while there is
/// nothing to say.
#[must_use]
pub fn snapshot(snapshot: &Snapshot) -> Object {
    let mut object = Object::new();
    let mut absent = Object::new();
    for row in POINTS {
        let name = key(row);
        let member = point(snapshot, row, &name, &mut absent);
        object.insert(name, member);
    }
    object.insert("hints".to_owned(), sentence::hints(snapshot).map(hint).collect());
    object.insert("absent".to_owned(), Json::Object(absent));
    object
}

/// What every key means: one object per point with `id`, `key`, `label`, `unit` and `shape`
/// (`scalar`, `cells`, `sensors` or `boards`).
#[must_use]
pub fn point_rows() -> Vec<Object> {
    POINTS
        .iter()
        .map(|row| {
            let mut object = Object::new();
            object.insert("id".to_owned(), json!(row.point.id()));
            object.insert("key".to_owned(), json!(key(row)));
            object.insert("label".to_owned(), json!(row.label));
            object.insert("unit".to_owned(), json!(row.unit.symbol()));
            object.insert("shape".to_owned(), json!(shape_key(row.shape)));
            object
        })
        .collect()
}

/// What the reasons in `absent` mean: the key of each, mapped to words for people.
#[must_use]
pub fn absence_rows() -> Object {
    NoData::ALL.iter().map(|reason| (reason.key().to_owned(), json!(reason.to_string()))).collect()
}

/// The unit in which values and limits of a fault are raw; [`Unit::None`] for states and for
/// faults that are only reported.
pub(crate) fn limit_unit(fault: Fault) -> Unit {
    LIMITS.iter().find(|row| row.fault == fault).map_or(Base::State, |row| row.base).unit()
}

/// A raw number of a table as JSON: an integer where the unit has no decimals, else the nearest
/// double to the decimal fraction, which prints as that fraction.
pub(crate) fn number(raw: i64, unit: Unit) -> Json {
    match unit.decimals() {
        0 => json!(raw),
        // Both sides are finite and the divisor is not zero, so there is always a number.
        decimals => Number::from_f64(raw as f64 / 10_f64.powi(i32::from(decimals)))
            .map_or(Json::Null, Json::Number),
    }
}

/// One element of a point, and why it is absent if it is.
pub(crate) fn element(snapshot: &Snapshot, row: &PointRow, index: usize) -> (Json, Option<NoData>) {
    match snapshot.value(row.point, index) {
        None => (Json::Null, Some(NoData::NotFitted)),
        Some(Value::Number(reading)) => split(reading, |raw| number(raw, row.unit)),
        Some(Value::Flag(reading)) => split(reading, Json::Bool),
        Some(Value::Word(reading)) => split(reading, |word| json!(word)),
        Some(Value::Text(reading)) => split(reading, |text| json!(text)),
        Some(Value::Faults(reading)) => split(reading, faults),
        Some(Value::Reasons(reading)) => split(reading, reasons),
        Some(Value::Lights(reading)) => split(reading, lights),
    }
}

/// Splits a reading into its JSON and its reason.
fn split<T>(reading: Result<T, NoData>, make: impl FnOnce(T) -> Json) -> (Json, Option<NoData>) {
    match reading {
        Ok(present) => (make(present), None),
        Err(reason) => (Json::Null, Some(reason)),
    }
}

/// A whole point, with the reasons of what is absent in it.
fn point(snapshot: &Snapshot, row: &PointRow, name: &str, absent: &mut Object) -> Json {
    if row.shape == Shape::Scalar {
        let (member, reason) = element(snapshot, row, 0);
        note(absent, name, reason);
        member
    } else {
        list(snapshot, row, name, absent)
    }
}

/// A point with several elements.
fn list(snapshot: &Snapshot, row: &PointRow, name: &str, absent: &mut Object) -> Json {
    let length = match row.shape {
        Shape::Cells => snapshot.cell_count,
        Shape::Sensors => snapshot.sensor_count,
        Shape::Scalar | Shape::Boards => Ok(0),
    };
    if let Err(reason) = length {
        note(absent, name, Some(reason));
    }
    let elements = (0..snapshot.count(row.shape)).map(|index| {
        let (member, reason) = element(snapshot, row, index);
        note(absent, &format!("{name}[{}]", index + 1), reason);
        member
    });
    Json::Array(elements.collect())
}

/// Remembers why `name` is absent.
fn note(absent: &mut Object, name: &str, reason: Option<NoData>) {
    if let Some(reason) = reason {
        absent.insert(name.to_owned(), json!(reason.key()));
    }
}

fn faults(list: &FaultList) -> Json {
    list.iter().map(fault).collect()
}

fn fault(active: &ActiveFault) -> Json {
    let unit = limit_unit(active.fault);
    let row = active.fault.row();
    json!({
        "fault": active.fault.key(),
        "level": active.level.key(),
        "number": number_from_one(active.index),
        "value": optional(active.value, unit),
        "limit": optional(active.limit, unit),
        "unit": unit.symbol(),
        "label": row.label,
        "advice": row.advice,
        "text": sentence::fault(active),
    })
}

fn reasons(list: &OffReasons) -> Json {
    list.iter().map(reason).collect()
}

fn reason(reason: &OffReason) -> Json {
    use cellward_params::reason::{Until, Why};
    let (level, index, value, limit, unit) = match reason.why {
        Why::Fault(active) => (
            Some(active.level.key()),
            active.index,
            active.value,
            active.limit,
            limit_unit(active.fault),
        ),
        // Everything else has no numbers.
        _ => (None, None, None, None, Unit::None),
    };
    let until_value = match reason.until {
        Until::Recovery(raw) | Until::RecoveryAndRelief(raw) => Some(raw),
        _ => None,
    };
    json!({
        "why": reason.why.key(),
        "level": level,
        "number": number_from_one(index),
        "value": optional(value, unit),
        "limit": optional(limit, unit),
        "unit": unit.symbol(),
        "text": sentence::why(&reason.why),
        "until": reason.until.key(),
        "until_value": optional(until_value, unit),
        "until_text": sentence::until(reason),
        "left_ms": reason.left.map(Duration::as_millis),
    })
}

fn hint(hint: Hint) -> Json {
    json!({
        "point": key(hint.point.row()),
        "number": hint.number,
        "text": hint.text,
        "advice": hint.advice,
    })
}

fn lights(lights: &Lights) -> Json {
    json!({ "green": pattern(&lights.green), "red": pattern(&lights.red) })
}

fn pattern(pattern: &Pattern) -> Json {
    json!({
        "on_ms": pattern.on.as_millis(),
        "off_ms": pattern.off.as_millis(),
        "flashes": pattern.flashes,
        "pause_ms": pattern.pause.as_millis(),
    })
}

/// A raw value in its unit, or `null`.
fn optional(raw: Option<i32>, unit: Unit) -> Json {
    raw.map_or(Json::Null, |raw| number(i64::from(raw), unit))
}

/// People count cells, sensors and switches from 1.
fn number_from_one(index: Option<u8>) -> Json {
    index.map_or(Json::Null, |index| json!(u16::from(index) + 1))
}

const fn shape_key(shape: Shape) -> &'static str {
    match shape {
        Shape::Scalar => "scalar",
        Shape::Cells => "cells",
        Shape::Sensors => "sensors",
        Shape::Boards => "boards",
    }
}

#[cfg(test)]
mod tests;
