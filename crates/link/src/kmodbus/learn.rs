//! From registers to points and settings: the reading direction of the map.
//!
//! Here values are taken as sent; whether they can be true is for [`super::plausible`].

use core::fmt::Display;

use cellward_params::{DateTime, ParamId, Password, Point, ShortText, Snapshot, Value};
use cellward_units::{NoData, Temperature, Voltage};

use super::Dialect;
use super::failures::{self, ByteOrder};
use super::row::{Certainty, Row};
use crate::a5;
use crate::map::{Derived, Meaning, written};

/// Writes everything that these registers say into a snapshot; call [`complete`] after the last.
/// A value of which only a part is there says nothing; of a list each element counts.
pub fn learn(
    dialect: Dialect,
    start: u16,
    words: &[u16],
    order: ByteOrder,
    snapshot: &mut Snapshot,
) {
    for (row, skip, own) in rows(dialect, start, words) {
        if let Meaning::List { point, .. } = row.meaning {
            for (place, &word) in (skip..).zip(own) {
                let element = row.meaning.element(u8::try_from(place).unwrap_or(u8::MAX));
                element.learn(row.absent, word.into(), snapshot);
                // Boards send this for a sensor that gives no value; unplugged is by far the
                // likeliest way to that.
                if point == Point::SensorTemperature && row.absent.marks(word.into()) {
                    let gone = Value::Number(Err(NoData::SensorOpen));
                    snapshot.put(point, usize::from(place), gone);
                }
            }
        } else if own.len() == usize::from(row.words) {
            learn_row(row, own, order, snapshot);
        }
    }
    if dialect == Dialect::D2 {
        settle_versions(start, words, snapshot);
    }
}

/// Some D2 boards keep 32 characters for each version and not 16, so that the hardware version
/// stands where others have the machine code (captures of both).
fn settle_versions(start: u16, words: &[u16], snapshot: &mut Snapshot) {
    let mut texts = rows(Dialect::D2, start, words).filter(|(row, _, own)| {
        let point = row.meaning.point();
        let text = point == Some(Point::HardwareVersion) || point == Some(Point::BatteryCode);
        text && own.len() == usize::from(row.words)
    });
    let both = texts.next().is_some() && texts.next().is_some();
    if both && snapshot.hardware_version.is_err() && snapshot.battery_code.is_ok() {
        snapshot.hardware_version = snapshot.battery_code;
        snapshot.battery_code = Err(NoData::Unknown);
    }
}

/// The settings that these registers say, each as (parameter, raw value in the unit of its row).
pub fn settings(
    dialect: Dialect,
    start: u16,
    words: &[u16],
) -> impl Iterator<Item = (ParamId, i32)> {
    rows(dialect, start, words).flat_map(|(row, _, own)| {
        let raw = number(own).filter(|_| own.len() == usize::from(row.words));
        let raw = raw.filter(|&raw| !row.absent.marks(raw));
        raw.map(|raw| row.meaning.settings(raw)).unwrap_or_default()
    })
}

/// Trims and derives as the classic dialect does, and what the board did not name: the number of
/// the highest and the lowest cell, the hottest and the coldest sensor.
pub fn complete(snapshot: &mut Snapshot) {
    a5::complete(snapshot);
    let count = snapshot.count(Point::CellVoltage.row().shape);
    let cells = snapshot.cell_voltage.get(..count).unwrap_or_default();
    let number = |voltage: Result<Voltage, NoData>| {
        let voltage = voltage.ok()?;
        let place = cells.iter().position(|&cell| cell == Ok(voltage))?;
        u32::try_from(place.saturating_add(1)).ok()
    };
    for (known, voltage) in [
        (&mut snapshot.highest_cell_number, snapshot.highest_cell_voltage),
        (&mut snapshot.lowest_cell_number, snapshot.lowest_cell_voltage),
    ] {
        if let (Err(_), Some(number)) = (&known, number(voltage)) {
            *known = Ok(number);
        }
    }
    let count = snapshot.count(Point::SensorTemperature.row().shape);
    let sensors = snapshot.temperature.get(..count).unwrap_or_default();
    if sensors.iter().all(Result::is_ok) {
        let known = || sensors.iter().copied().flatten();
        let put = |slot: &mut Result<Temperature, NoData>, found: Option<Temperature>| {
            if let (Err(_), Some(found)) = (&slot, found) {
                *slot = Ok(found);
            }
        };
        let (highest, lowest) = (known().max(), known().min());
        put(&mut snapshot.highest_temperature, highest);
        put(&mut snapshot.lowest_temperature, lowest);
    }
}

/// The rows that these registers touch: how many registers of each lie before them, and those that
/// are there.
fn rows(
    dialect: Dialect,
    start: u16,
    words: &[u16],
) -> impl Iterator<Item = (&'static Row, u16, &[u16])> {
    let end = u16::try_from(words.len()).map_or(u16::MAX, |count| start.saturating_add(count));
    dialect.map().iter().filter(move |row| row.register < end && row.end() > start).map(
        move |row| {
            let skip = start.saturating_sub(row.register);
            let from = usize::from(row.register.saturating_sub(start));
            let to = usize::from(row.end().min(end).saturating_sub(start));
            (row, skip, words.get(from..to).unwrap_or_default())
        },
    )
}

/// One word, or two with the high one first.
fn number(words: &[u16]) -> Option<u32> {
    match *words {
        [word] => Some(word.into()),
        [high, word] => Some(u32::from(high).wrapping_shl(16) | u32::from(word)),
        _ => None,
    }
}

/// All words of a row that is no list.
fn learn_row(row: &Row, words: &[u16], order: ByteOrder, snapshot: &mut Snapshot) {
    match row.meaning {
        Meaning::Text { point } => {
            let mut text = ShortText::EMPTY;
            for byte in words.iter().flat_map(|word| word.to_be_bytes()) {
                let shown = if byte.is_ascii_graphic() { byte } else { b' ' };
                text.push(char::from(shown));
            }
            let trimmed = ShortText::new(text.as_str().trim());
            let known = !trimmed.as_str().is_empty();
            let value = if known { Ok(trimmed.as_str()) } else { Err(NoData::Unknown) };
            snapshot.put(point, 0, Value::Text(value));
        }
        Meaning::Password => {
            // The password itself is not kept.
            let known =
                Password::FACTORY.bytes().eq(words.iter().flat_map(|word| word.to_be_bytes()));
            snapshot.password_set = Ok(!known);
        }
        Meaning::Clock => {
            snapshot.board_clock =
                moment(words).map(|moment| shown(&moment)).ok_or(NoData::Unknown);
        }
        Meaning::Derived(Derived::Bleeding) => {
            let none = words == [0];
            let bled = if none { Ok(false) } else { Err(NoData::Unknown) };
            snapshot.cell_bleeding.fill(bled);
        }
        Meaning::Part { point } => learn_part(row, point, words, order, snapshot),
        meaning => {
            if let Some(raw) = number(words) {
                meaning.learn(row.absent, raw, snapshot);
            }
        }
    }
}

/// The points that are more than one number.
fn learn_part(row: &Row, point: Point, words: &[u16], order: ByteOrder, snapshot: &mut Snapshot) {
    let absent = words.iter().all(|&word| row.absent.marks(word.into()));
    match (point, words) {
        (Point::ActiveFaults, _) if absent => snapshot.faults = Err(NoData::Unknown),
        (Point::ActiveFaults, &[a, b, c, d]) => {
            let (faults, code) = failures::classic_faults([a, b, c, d], order);
            snapshot.faults = Ok(faults);
            snapshot.fault_code = Ok(code.into());
        }
        (Point::ActiveFaults, _) => {
            if let Ok(words) = words.try_into() {
                snapshot.faults = Ok(failures::level_faults(words));
            }
        }
        (Point::CellBleeding, _) => {
            // A mask that only one source knows may be something else: it may say which cells, but
            // not against the register that says whether.
            let sure = row.certainty <= Certainty::B;
            let says_none = snapshot.cell_bleeding.iter().all(|&bled| bled == Ok(false));
            let empty = words.iter().all(|&word| word == 0);
            if absent || (!sure && (says_none || empty)) {
                return;
            }
            let bits = words.iter().flat_map(|&word| {
                (0_u32..16).map(move |bit| word.checked_shr(bit).unwrap_or(0) & 1 == 1)
            });
            for (slot, bled) in snapshot.cell_bleeding.iter_mut().zip(bits) {
                *slot = Ok(bled);
            }
        }
        (Point::ProductionDate, &[first, second]) => {
            let [second, _] = second.to_be_bytes();
            let day = moment(&[first, u16::from_be_bytes([second, 0]), 0]);
            // The date is the first ten characters of the moment.
            snapshot.production_date = day
                .and_then(|day| shown(&day).as_str().get(..10).map(ShortText::new))
                .ok_or(NoData::Unknown);
        }
        _ => {}
    }
}

/// Calendar time in three words.
fn moment(words: &[u16]) -> Option<DateTime> {
    let &[a, b, c] = words else {
        return None;
    };
    let [[year, month], [day, hour], [minute, second]] = [a, b, c].map(u16::to_be_bytes);
    DateTime::new([year, month, day, hour, minute, second])
}

fn shown(moment: &impl Display) -> ShortText {
    written(format_args!("{moment}"))
}
