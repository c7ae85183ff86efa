//! From a reply to points: the reading direction of the map.
//!
//! Here values are taken as sent; whether they can be true is for [`super::plausible`] and the
//! client.

use cellward_params::parameter::Field as LimitField;
use cellward_params::{Fault, ParamId, Point, ShortText, Snapshot};
use cellward_units::{NoData, Temperature, Voltage};
use cellward_wire::a5::{CELLS_PER_FRAME, MAX_CELLS, Reply, SENSORS_PER_FRAME};

use super::failures;
use super::map::{Row, rows};
use crate::map::{Meaning, value, written};

/// Writes everything that a reply says into a snapshot; call [`complete`] after the last frame.
/// Frames count from 1 here.
pub fn learn(snapshot: &mut Snapshot, reply: &Reply) {
    let payload = reply.payload();
    for row in rows(reply.command()) {
        row.meaning.learn(row.absent, row.field.read(&payload), snapshot);
    }
    learn_parts(snapshot, reply);
}

/// The points that are more than one number.
fn learn_parts(snapshot: &mut Snapshot, reply: &Reply) {
    match reply {
        Reply::Cells(cells) => {
            for (slot, voltage) in
                frame_slots(&mut snapshot.cell_voltage, cells.frame, CELLS_PER_FRAME)
                    .zip(cells.voltages())
            {
                *slot = Ok(voltage);
            }
        }
        Reply::Temperatures(temperatures) => {
            let frame = temperatures.frame;
            for (slot, raw) in frame_slots(&mut snapshot.temperature, frame, SENSORS_PER_FRAME)
                .zip(temperatures.raw)
            {
                *slot = match raw {
                    // Boards send this for a sensor that gives no value; unplugged is by far the
                    // likeliest way to that.
                    0xFF => Err(NoData::SensorOpen),
                    _ => Ok(Temperature::from_celsius(i32::from(raw).saturating_sub(40))),
                };
            }
        }
        Reply::Balance(balance) => {
            for (index, slot) in snapshot.cell_bleeding.iter_mut().enumerate().take(MAX_CELLS) {
                *slot = Ok(balance.bled(index));
            }
        }
        Reply::Failures(failures) => snapshot.faults = Ok(failures::faults(failures)),
        Reply::Details(details) => {
            let plausible = is_date(details.year, details.month, details.day);
            let date = written(format_args!(
                "20{:02}-{:02}-{:02}",
                details.year, details.month, details.day
            ));
            snapshot.production_date = if plausible { Ok(date) } else { Err(NoData::Unknown) };
        }
        Reply::Clock(clock) => {
            let plausible = is_date(clock.year, clock.month, clock.day)
                && clock.hour < 24
                && clock.minute < 60
                && clock.second < 60;
            let text = written(format_args!(
                "20{:02}-{:02}-{:02} {:02}:{:02}:{:02}",
                clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second
            ));
            snapshot.board_clock = if plausible { Ok(text) } else { Err(NoData::Unknown) };
        }
        Reply::FirmwareIndex(index) => {
            place(&mut snapshot.firmware_index, 1, &index.text);
        }
        Reply::BatteryCode(part) => place(&mut snapshot.battery_code, part.frame, &part.text),
        Reply::SoftwareVersion(part) => {
            place(&mut snapshot.firmware_version, part.frame, &part.text);
        }
        Reply::HardwareVersion(part) => {
            place(&mut snapshot.hardware_version, part.frame, &part.text);
        }
        _ => {}
    }
}

/// The places of a list that frame `frame` (from 1) fills.
fn frame_slots<T>(list: &mut [T], frame: u8, per_frame: usize) -> impl Iterator<Item = &mut T> {
    // Frame 0 is no frame; it must not fill the places of frame 1.
    let skip = match usize::from(frame).checked_sub(1) {
        Some(before) => before.saturating_mul(per_frame),
        None => usize::MAX,
    };
    list.iter_mut().skip(skip).take(per_frame)
}

/// Whether a day with this number exists; years count from 2000 and have two digits.
const fn is_date(year: u8, month: u8, day: u8) -> bool {
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        // Every fourth year from 2000 to 2099 is a leap year.
        2 if year & 3 == 0 => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year < 100 && day >= 1 && day <= days
}

/// Puts the characters of a frame (from 1) where its number says, so that repeated frames and
/// frames in any order give the same text. Bytes that are no characters count as spaces.
fn place(text: &mut Result<ShortText, NoData>, frame: u8, characters: &[u8]) {
    let Some(before) = usize::from(frame).checked_sub(1) else {
        return;
    };
    let start = before.saturating_mul(characters.len());
    let end = start.saturating_add(characters.len());
    if end > ShortText::CAPACITY {
        return;
    }
    let old = text.unwrap_or(ShortText::EMPTY);
    let old = old.as_str().as_bytes();
    let mut placed = ShortText::EMPTY;
    for at in 0..end.max(old.len()) {
        let byte = match at.checked_sub(start) {
            Some(own) if at < end => characters.get(own),
            _ => old.get(at),
        };
        let shown = byte.filter(|byte| byte.is_ascii_graphic());
        placed.push(shown.map_or(' ', |&byte| char::from(byte)));
    }
    *text = Ok(placed);
}

/// Trims the texts, once their last frame has been learnt.
pub fn trim(snapshot: &mut Snapshot) {
    for text in [
        &mut snapshot.battery_code,
        &mut snapshot.firmware_version,
        &mut snapshot.hardware_version,
        &mut snapshot.firmware_index,
    ] {
        if let Ok(long) = *text {
            let trimmed = ShortText::new(long.as_str().trim());
            *text = if trimmed.as_str().is_empty() { Err(NoData::Unknown) } else { Ok(trimmed) };
        }
    }
}

/// Trims the texts and derives what follows from the rest: power, the sum and difference of the
/// cells, and the highest and lowest cell where the board did not name them.
pub fn complete(snapshot: &mut Snapshot) {
    trim(snapshot);
    if let (Ok(voltage), Ok(current)) = (snapshot.pack_voltage, snapshot.current) {
        snapshot.power = Ok(voltage * current);
    }
    let count = snapshot.count(Point::CellVoltage.row().shape);
    let cells = snapshot.cell_voltage.get(..count).unwrap_or_default();
    if count > 0 && cells.iter().all(Result::is_ok) {
        snapshot.cell_voltage_sum = Ok(cells.iter().copied().flatten().sum());
        if snapshot.highest_cell_voltage.is_err()
            && let Some((number, voltage)) = extreme(cells, |a, b| a > b)
        {
            snapshot.highest_cell_voltage = Ok(voltage);
            snapshot.highest_cell_number = Ok(number);
        }
        if snapshot.lowest_cell_voltage.is_err()
            && let Some((number, voltage)) = extreme(cells, |a, b| a < b)
        {
            snapshot.lowest_cell_voltage = Ok(voltage);
            snapshot.lowest_cell_number = Ok(number);
        }
    }
    if let (Ok(high), Ok(low)) = (snapshot.highest_cell_voltage, snapshot.lowest_cell_voltage) {
        snapshot.cell_voltage_difference = Ok(high - low);
    }
}

/// The first cell that beats all before it, with its number from 1.
fn extreme(
    cells: &[Result<Voltage, NoData>],
    beats: fn(Voltage, Voltage) -> bool,
) -> Option<(u32, Voltage)> {
    let numbered = cells.iter().zip(1_u32..);
    numbered
        .filter_map(|(cell, number)| cell.ok().map(|voltage| (number, voltage)))
        .reduce(|best, next| if beats(next.1, best.1) { next } else { best })
}

/// The settings that a reply says, each as (parameter, raw value in the unit of its row).
pub fn limits(reply: &Reply) -> impl Iterator<Item = (ParamId, i32)> {
    let payload = reply.payload();
    rows(reply.command()).filter_map(move |row| limit(row, row.field.read(&payload)))
}

/// One setting of a row.
fn limit(row: &Row, raw: u32) -> Option<(ParamId, i32)> {
    match row.meaning {
        Meaning::CurrentLimit { level } => {
            let milliamps = i32::try_from(value(raw, -30_000, 100)).ok()?;
            let fault =
                if milliamps < 0 { Fault::ChargeOverCurrent } else { Fault::DischargeOverCurrent };
            let parameter = ParamId::of_limit(fault, level, LimitField::Threshold);
            Some((parameter, milliamps.saturating_abs()))
        }
        meaning => meaning.setting(raw),
    }
}
