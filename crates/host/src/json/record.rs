//! Records as JSON.

use cellward_params::point::POINTS;
use cellward_params::record::{Circumstances, Detail, Happening, ReleaseReason, Subject};
use cellward_params::{Changed, Level, Record, RecordKind, Role, ShortText, Snapshot, Unit};
use cellward_units::NoData;
use serde_json::{Value as Json, json};

use super::{
    AT, BOOT, Object, key, limit_unit, note, number, number_from_one, optional, point, split,
};
use crate::{sentence, settings};

/// One record as an event line: what, when, with what numbers and under which circumstances.
///
/// `at_ms` counts from the start of the board's clock. `text` is a sentence for people. The
/// circumstances use the keys of the points they match; `absent` is as in [`super::snapshot`], but tells
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
    put(AT, json!(record.at.as_micros() / 1_000));
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
    put(BOOT, json!(now.boot_number));
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
    json!({
        "id": change.id.0,
        "key": settings::key(change.id),
        "old": settings::json(change.id, change.old),
        "new": settings::json(change.id, change.new),
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
        Subject::Happening(Happening::Full | Happening::Empty | Happening::SocSet) => {
            Unit::Permille
        }
        Subject::Happening(_) => Unit::None,
    }
}

#[cfg(test)]
mod tests;
