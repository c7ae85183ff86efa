//! Snapshots and records as JSON. Every key comes from the points table: `<point>_<unit>`.
//!
//! A value that is not there is `null`, and the object's last member, `absent`, says why. Domain
//! types stay unserialisable: these objects are the border form, made here and nowhere else.

use cellward_params::limit::{Base, LIMITS};
use cellward_params::point::{POINTS, Shape};
use cellward_params::record::{Circumstances, Detail, Happening, ReleaseReason, Subject};
use cellward_params::{
    ActiveFault, Changed, Fault, FaultList, Level, Lights, OffReason, OffReasons, Parameter,
    Pattern, PointRow, Record, RecordKind, Role, ShortText, Snapshot, Unit, Value,
};
use cellward_units::{Duration, NoData};
use serde_json::{Map, Number, Value as Json, json};

use crate::sentence;

/// A JSON object that keeps the order of its members.
pub type Object = Map<String, Json>;

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
#[must_use]
pub fn snapshot(snapshot: &Snapshot) -> Object {
    let mut object = Object::new();
    let mut absent = Object::new();
    for row in POINTS {
        let name = key(row);
        let member = point(snapshot, row, &name, &mut absent);
        object.insert(name, member);
    }
    object.insert("absent".to_owned(), Json::Object(absent));
    object
}

/// One record as an event line: what, when, with what numbers and under which circumstances.
///
/// `at_ms` counts from the start of the board's clock. `text` is a sentence for people. The
/// circumstances use the keys of the points they match; `absent` is as in [`snapshot`], but tells
/// only what a record keeps: what is not fitted, what is not known, what failed (`no_answer`) and
/// what this record has no room for (`not_carried`).
///
/// A storm has `merged`, the kind of what repeated itself, and `first_at_ms`. `fault_rows` are the
/// rows of the decision table that were active before it happened. A parameter write has
/// `changes`, and the sums of all parameters before and after in `crc_before` and `crc_after`
/// instead of `value` and `limit`.
#[must_use]
pub fn record(record: &Record) -> Object {
    let level = match record.subject {
        Subject::Fault(_, level) => json!(level.key()),
        Subject::Happening(_) => Json::Null,
    };
    let unit = value_unit(record.subject);
    let now = &record.circumstances;
    let written = record.changes();
    let mut object = Object::new();
    let mut put = |name: &str, member: Json| object.insert(name.to_owned(), member);
    put("sequence", json!(record.sequence));
    put("at_ms", json!(record.at.as_micros() / 1_000));
    put("kind", json!(record.kind.key()));
    put("merged", json!(record.merged.map(RecordKind::key)));
    put("count", json!(record.count));
    put("first_at_ms", json!(record.first_at().as_micros() / 1_000));
    put("subject", json!(record.subject.key()));
    put("code", json!(record.subject.code()));
    put("level", level);
    put("number", number_from_one(record.index));
    put("value", optional(record.value.filter(|_| written.is_none()), unit));
    put("limit", optional(record.limit.filter(|_| written.is_none()), unit));
    put("unit", json!(unit.symbol()));
    put("lasted_ms", json!(record.lasted.as_millis()));
    put("release", json!(record.release.map(ReleaseReason::key)));
    put("role", json!(record.role.map(Role::key)));
    put("reason", json!(record.reason().map(ShortText::as_str)));
    if let Some(changes) = written {
        put("port", json!(changes.port().0));
        put("changed", json!(changes.total()));
        put("changes", changes.iter().map(|it| change(&it)).collect());
        put("crc_before", sum(record.value));
        put("crc_after", sum(record.limit));
    }
    put("text", json!(sentence::record(record)));
    put("boot_number", json!(now.boot_number));
    put("level_before", json!(now.level_before.map(Level::key)));
    put("fault_rows", (0..64).filter(|&row| now.row_was_active(row)).collect());
    put("fault", json!(now.fault));
    put("locked", json!(now.locked));
    put("charge_switch_commanded", json!(now.commanded.charge));
    put("discharge_switch_commanded", json!(now.commanded.discharge));
    put("precharge_switch_commanded", json!(now.precharge));
    put("bleeding", json!(now.bleeding));
    let mut absent = Object::new();
    let (health, reason) = split(now.soh.get(), |soh| number((soh.as_ppm() / 100).into(), SHARE));
    object.insert("soh_percent".to_owned(), health);
    note(&mut absent, "soh_percent", reason);
    let circumstances = snapshot_of(now);
    for row in POINTS {
        if CIRCUMSTANCES.contains(&row.key) {
            let name = key(row);
            let member = point(&circumstances, row, &name, &mut absent);
            object.insert(name, member);
        }
    }
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
    ABSENCES.iter().map(|reason| (reason.key().to_owned(), json!(reason.to_string()))).collect()
}

/// Every reason for absence that a page may meet.
const ABSENCES: [NoData; 11] = [
    NoData::NotYet,
    NoData::NotFitted,
    NoData::NotCarried,
    NoData::Stale,
    NoData::SensorOpen,
    NoData::SensorShort,
    NoData::WireOpen,
    NoData::Implausible,
    NoData::ChipError,
    NoData::Unknown,
    NoData::NoAnswer,
];

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

/// The unit of shares, which are kept in steps of 0.01 %.
const SHARE: Unit = Unit::Percent;

/// The points that a record's circumstances match.
const CIRCUMSTANCES: [&str; 22] = [
    "pack_voltage",
    "current",
    "soc_true",
    "cell_voltage",
    "highest_cell_voltage",
    "highest_cell_number",
    "lowest_cell_voltage",
    "lowest_cell_number",
    "temperature",
    "highest_temperature",
    "highest_temperature_number",
    "switch_temperature",
    "board_temperature",
    "port_voltage",
    "charge_switch_closed",
    "discharge_switch_closed",
    "mode",
    "flow",
    "charger_present",
    "load_present",
    "cycles",
    "uptime",
];

/// The circumstances of a record as a snapshot, so that keys and units come from the one table.
fn snapshot_of(now: &Circumstances) -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotCarried);
    snapshot.pack_voltage = now.pack.get();
    snapshot.current = now.current.get();
    snapshot.soc_true = now.soc.get();
    if let Detail::Cells(_) = now.detail {
        snapshot.cell_count = Ok(fill(&mut snapshot.cell_voltage, now.cells()));
    }
    snapshot.sensor_count = Ok(fill(&mut snapshot.temperature, now.sensors()));
    snapshot.highest_cell_voltage = now.highest().map(|(_, voltage)| voltage);
    snapshot.highest_cell_number = now.highest().map(|(index, _)| u32::from(index) + 1);
    snapshot.lowest_cell_voltage = now.lowest().map(|(_, voltage)| voltage);
    snapshot.lowest_cell_number = now.lowest().map(|(index, _)| u32::from(index) + 1);
    snapshot.highest_temperature = now.hottest().map(|(_, temperature)| temperature);
    snapshot.highest_temperature_number = now.hottest().map(|(index, _)| u32::from(index) + 1);
    snapshot.switch_temperature = now.switch_temperature.get();
    snapshot.board_temperature = now.board_temperature.get();
    snapshot.port_voltage = now.port.get();
    snapshot.charge_switch_closed = Ok(now.actual.charge);
    snapshot.discharge_switch_closed = Ok(now.actual.discharge);
    snapshot.mode = Ok(now.mode);
    snapshot.flow = Ok(now.flow);
    snapshot.charger_present = Ok(now.charger);
    snapshot.load_present = Ok(now.load);
    snapshot.cycles = now.cycles.get();
    snapshot.uptime = Ok(now.uptime());
    snapshot
}

/// Fills the front of a list; gives how many there are.
fn fill<T>(
    slots: &mut [Result<T, NoData>],
    readings: impl Iterator<Item = Result<T, NoData>>,
) -> u32 {
    slots.iter_mut().zip(readings).fold(0, |count, (slot, reading)| {
        *slot = reading;
        count + 1
    })
}

/// One changed parameter, raw in the unit of its row.
fn change(change: &Changed) -> Json {
    let row = Parameter::find(change.id);
    json!({
        "id": change.id.0,
        "key": row.map(|row| row.key),
        "old": change.old,
        "new": change.new,
    })
}

/// The sum of all parameters, as people compare it.
fn sum(raw: Option<i32>) -> Json {
    json!(raw.map(|raw| format!("0x{:08x}", raw.cast_unsigned())))
}

/// The unit in which value and limit of a record are raw.
fn value_unit(subject: Subject) -> Unit {
    match subject {
        Subject::Fault(fault, _) => limit_unit(fault),
        Subject::Happening(Happening::ZeroLearnt | Happening::ZeroRefused) => Unit::Milliamp,
        Subject::Happening(Happening::Full | Happening::SocSet) => Unit::Permille,
        Subject::Happening(_) => Unit::None,
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
