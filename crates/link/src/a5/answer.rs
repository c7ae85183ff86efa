//! From points to replies: the board's direction of the map.
//!
//! What the wire cannot say is not made up: a command one of whose values is missing stays
//! unanswered, unless its row says what to send instead.

use cellward_params::{Chemistry, Config, DateTime, Fault, Level, ShortText, Snapshot};
use cellward_units::{NoData, Temperature};
use cellward_wire::a5::{
    Balance, CELLS_PER_FRAME, Cells, ClockAndSoc, CurrentLimits, Details, FirmwareIndex, HOST_APP,
    Reply, SENSORS_PER_FRAME, Temperatures, TextPart, command,
};

use super::failures;
use super::map::{Row, rows};
use crate::map::{Meaning, counted};
use crate::view::View;

/// One frame of a reply and which of its bytes are defined (bit 0 is byte 0).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    /// What it says.
    pub(crate) reply: Reply,
    /// Which bytes say something.
    pub(crate) defined: u8,
}

/// Most frames of one reply.
pub(super) const MAX_FRAMES: usize = 16;

/// The frames of one reply, in order.
pub(crate) type Parts = heapless::Vec<Part, MAX_FRAMES>;

/// How many frames of 0x95 a board with so many cells sends to a host: ceil(cells / 3), but
/// always 16 to the phone app's address 0x80 (B).
#[must_use]
pub const fn cell_frames(cells: usize, host: u8) -> usize {
    if host == HOST_APP { MAX_FRAMES } else { cells.div_ceil(CELLS_PER_FRAME) }
}

/// How many frames of 0x96: one for up to seven sensors, always 3 to the address 0x80 (B: "2 or
/// 3"; the vendor document says 3).
#[must_use]
pub fn sensor_frames(sensors: usize, host: u8) -> usize {
    if host == HOST_APP { 3 } else { sensors.div_ceil(SENSORS_PER_FRAME).max(1) }
}

/// The replies that a board with these values gives to `command` asked by `host`; nothing where
/// the board stays silent.
pub fn answers(command: u8, host: u8, view: &View<'_>) -> impl Iterator<Item = Reply> {
    parts(command, host, view).into_iter().map(|part| part.reply)
}

/// As [`answers`], with the defined bytes of each.
pub(super) fn parts(command: u8, host: u8, view: &View<'_>) -> Parts {
    let snapshot = view.snapshot;
    match command {
        command::PACK
        | command::CELL_RANGE
        | command::TEMPERATURE_RANGE
        | command::SWITCHES
        | command::STATUS
        | command::RATED
        | command::BOARDS
        | command::TOTALS
        | command::CELL_LIMITS
        | command::PACK_LIMITS
        | command::CURRENT_LIMITS
        | command::TEMPERATURE_LIMITS
        | command::SOC_LIMITS
        | command::DIFFERENCE_LIMITS
        | command::BALANCE_SETTINGS
        | command::SHORT_CIRCUIT => single(plain(command, view)),
        command::CELLS => cells(host, snapshot),
        command::TEMPERATURES => temperatures(host, snapshot),
        command::BALANCE => single(balance(snapshot)),
        command::FAILURES => {
            let faults = snapshot.faults.as_ref().ok();
            single(faults.map(|faults| {
                let mut failures = failures::bits(faults);
                failures.code =
                    snapshot.fault_code.ok().and_then(|code| u8::try_from(code).ok()).unwrap_or(0);
                Reply::Failures(failures)
            }))
        }
        command::DETAILS => single(details(snapshot)),
        command::CLOCK => single(clock(snapshot)),
        command::FIRMWARE_INDEX => {
            let text = snapshot.firmware_index.unwrap_or(ShortText::EMPTY);
            single(Some(Reply::FirmwareIndex(FirmwareIndex { text: characters(text.as_str(), 0) })))
        }
        command::BATTERY_CODE => texts(snapshot.battery_code, 5, Reply::BatteryCode),
        command::SOFTWARE_VERSION => texts(snapshot.firmware_version, 2, Reply::SoftwareVersion),
        command::HARDWARE_VERSION => texts(snapshot.hardware_version, 2, Reply::HardwareVersion),
        // 0xD8 and 0x02 have no known layout; everything else is documented nowhere.
        _ => Parts::new(),
    }
}

fn single(reply: Option<Reply>) -> Parts {
    let mut parts = Parts::new();
    if let Some(reply) = reply {
        push(&mut parts, reply, reply.defined());
    }
    parts
}

fn push(parts: &mut Parts, reply: Reply, defined: u8) {
    // No reply has more than sixteen frames.
    let _ = parts.push(Part { reply, defined });
}

/// A reply that the map describes completely.
fn plain(command: u8, view: &View<'_>) -> Option<Reply> {
    let mut payload = [0; 8];
    for row in rows(command) {
        let raw = match row.meaning {
            Meaning::CurrentLimit { level } => current_limit(row, level, view.config),
            meaning => meaning.tell(row.absent, row.field.size.max(), view.snapshot, view.config),
        };
        row.field.write(&mut payload, raw?);
    }
    Some(Reply::parse(command, &payload))
}

/// A current limit with the sign of its direction, which on this wire is positive for discharge;
/// the first pair of 0x5B is the discharge's, as open client programs have it (C).
fn current_limit(row: &Row, level: Level, config: &Config) -> Option<u32> {
    let discharge = row.field.at < CurrentLimits::SECOND_ALARM.at;
    let fault = if discharge { Fault::DischargeOverCurrent } else { Fault::ChargeOverCurrent };
    let milliamps = i64::from(config.limit(fault, level)?.threshold);
    let signed = if discharge { milliamps } else { milliamps.saturating_neg() };
    Some(counted(signed, -30_000, 100, row.field.size.max()))
}

/// Cells in frames of three. A cell without a value is sent as 0 mV, which real boards do and no
/// reader takes for a voltage; bytes past the last cell stay undefined.
fn cells(host: u8, snapshot: &Snapshot) -> Parts {
    let mut parts = Parts::new();
    let count = snapshot.count(cellward_params::point::Shape::Cells);
    let known = snapshot.cell_voltage.get(..count).unwrap_or_default();
    if known.iter().all(Result::is_err) {
        return parts;
    }
    for (frame, index) in (1_u8..).zip(0..cell_frames(count, host)) {
        let start = index.saturating_mul(CELLS_PER_FRAME);
        let millivolts = |place: usize| {
            let cell = known.get(start.saturating_add(place)).copied();
            cell.map(|cell| {
                let millivolts = cell.map_or(0, cellward_units::Voltage::as_millivolts);
                u16::try_from(millivolts.max(0)).unwrap_or(u16::MAX)
            })
        };
        let mut defined = 1;
        for (place, bits) in [0b0000_0110, 0b0001_1000, 0b0110_0000].into_iter().enumerate() {
            if millivolts(place).is_some() {
                defined |= bits;
            }
        }
        let reply = Reply::Cells(Cells {
            frame,
            first_millivolts: millivolts(0).unwrap_or(0),
            second_millivolts: millivolts(1).unwrap_or(0),
            third_millivolts: millivolts(2).unwrap_or(0),
            rest: [0],
        });
        push(&mut parts, reply, defined);
    }
    parts
}

/// Temperatures in frames of seven; 0xFF for a sensor without a value, 0 past the last sensor.
fn temperatures(host: u8, snapshot: &Snapshot) -> Parts {
    let mut parts = Parts::new();
    if snapshot.sensor_count.is_err() {
        return parts;
    }
    let count = snapshot.count(cellward_params::point::Shape::Sensors);
    let known = snapshot.temperature.get(..count).unwrap_or_default();
    for (frame, index) in (1_u8..).zip(0..sensor_frames(count, host)) {
        let mut raw = [0; SENSORS_PER_FRAME];
        let start = index.saturating_mul(SENSORS_PER_FRAME);
        for (slot, temperature) in raw.iter_mut().zip(known.iter().skip(start)) {
            *slot = temperature.map_or(0xFF, degrees);
        }
        let reply = Reply::Temperatures(Temperatures { frame, raw });
        push(&mut parts, reply, reply.defined());
    }
    parts
}

/// °C above -40, stopped one short of the number that means absent.
fn degrees(temperature: Temperature) -> u8 {
    let raw = temperature.as_celsius().saturating_add(40);
    u8::try_from(raw.clamp(0, 0xFE)).unwrap_or(0xFE)
}

fn balance(snapshot: &Snapshot) -> Option<Reply> {
    let count = snapshot.count(cellward_params::point::Shape::Cells);
    let known = snapshot.cell_bleeding.get(..count).unwrap_or_default();
    if known.iter().all(Result::is_err) {
        return None;
    }
    let mut balance = Balance::default();
    for (index, bled) in known.iter().enumerate() {
        if *bled == Ok(true) {
            balance.set_bled(index);
        }
    }
    Some(Reply::Balance(balance))
}

fn details(snapshot: &Snapshot) -> Option<Reply> {
    let chemistry = snapshot.chemistry.ok()?;
    // A day that nobody knows is told as zeros, which are no date.
    let [year, month, day] = snapshot.production_date.ok().and_then(day).unwrap_or_default();
    Some(Reply::Details(Details {
        // "Long press", the only mode ever seen.
        operation_mode: 1,
        chemistry: Chemistry::code(chemistry),
        year,
        month,
        day,
        sleep_raw: 0xFFFF,
        rest: [0],
    }))
}

/// Year since 2000, month and day of a date such as 2026-11-22.
fn day(date: ShortText) -> Option<[u8; 3]> {
    let mut numbers = date.as_str().split('-');
    let year: u16 = numbers.next()?.parse().ok()?;
    let year = u8::try_from(year.checked_sub(2_000)?).ok()?;
    Some([year, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?])
}

/// A clock that was never set is told as zeros, which are no time.
fn clock(snapshot: &Snapshot) -> Option<Reply> {
    let clock = snapshot.board_clock.ok().and_then(|text| DateTime::parse(text.as_str()));
    let soc = snapshot.soc.ok()?;
    let [year, month, day, hour, minute, second] = clock.map_or([0; 6], |clock| clock.bytes());
    let soc_permille = u16::try_from(soc.as_permille()).ok()?;
    Some(Reply::Clock(ClockAndSoc { year, month, day, hour, minute, second, soc_permille }))
}

/// A text in frames of seven characters; spaces where nobody knows it.
fn texts(text: Result<ShortText, NoData>, frames: u8, wrap: fn(TextPart) -> Reply) -> Parts {
    let mut parts = Parts::new();
    let text = text.unwrap_or(ShortText::EMPTY);
    for (frame, index) in (1..=frames).zip(0_usize..) {
        let reply =
            wrap(TextPart { frame, text: characters(text.as_str(), index.saturating_mul(7)) });
        push(&mut parts, reply, reply.defined());
    }
    parts
}

/// `N` characters from `start` on, filled up with spaces; what is not ASCII becomes `?`.
fn characters<const N: usize>(text: &str, start: usize) -> [u8; N] {
    let mut characters = [b' '; N];
    for (slot, character) in characters.iter_mut().zip(text.chars().skip(start)) {
        *slot = u8::try_from(character).ok().filter(u8::is_ascii).unwrap_or(b'?');
    }
    characters
}
