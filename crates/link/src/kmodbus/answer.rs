//! From points and settings to registers: the board's direction of the map.

use cellward_params::point::Shape;
use cellward_params::{DateTime, Password, Point, Snapshot};
use cellward_wire::modbus::Words;

use super::failures;
use super::row::Row;
use super::{Dialect, block_of};
use crate::map::Meaning;
use crate::view::View;

/// The longest row: 48 cells.
const LONGEST: usize = 48;

/// The registers from `start` on that a board with these values answers with;
/// `None`, so that it stays silent, unless all of them lie in one documented block.
#[must_use]
pub fn words(dialect: Dialect, start: u16, count: u16, view: &View<'_>) -> Option<Words> {
    let end = start.checked_add(count)?;
    block_of(dialect, start).filter(|block| end <= block.1)?;
    let mut answer = Words::new();
    let mut register = start;
    while register < end {
        let row = dialect.row(register)?;
        let mut buffer = [0; LONGEST];
        let told = buffer.get_mut(..usize::from(row.words))?;
        tell(row, view, told);
        let skip = usize::from(register.saturating_sub(row.register));
        let want = usize::from(end.saturating_sub(register));
        for &word in told.iter().skip(skip).take(want) {
            answer.push(word).ok()?;
        }
        register = row.end();
    }
    Some(answer)
}

/// Fills in the words of a row.
fn tell(row: &Row, view: &View<'_>, words: &mut [u16]) {
    let nothing = row.absent.sent().unwrap_or(0);
    words.fill(low(nothing));
    let snapshot = view.snapshot;
    match row.meaning {
        Meaning::List { point, first, .. } => {
            let count = snapshot.count(point.row().shape);
            for (place, word) in (0_u8..).zip(words) {
                let past = usize::from(first.saturating_add(place)) >= count;
                let element = row.meaning.element(place);
                let told =
                    element.tell(row.absent, u16::MAX.into(), snapshot, view.config).unwrap_or(0);
                *word = if past { 0 } else { low(told) };
            }
        }
        Meaning::Text { point } => {
            if let Some(cellward_params::Value::Text(Ok(text))) = snapshot.value(point, 0) {
                let mut characters =
                    text.chars().map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?'));
                for word in words {
                    let mut next = || characters.next().unwrap_or(0);
                    *word = u16::from_be_bytes([next(), next()]);
                }
            }
        }
        Meaning::Password if snapshot.password_set == Ok(false) => {
            for (word, pair) in words.iter_mut().zip(Password::FACTORY.as_bytes().chunks(2)) {
                if let [high, low] = *pair {
                    *word = u16::from_be_bytes([high, low]);
                }
            }
        }
        Meaning::Clock => {
            let clock = snapshot.board_clock.ok();
            if let Some(clock) = clock.and_then(|text| DateTime::parse(text.as_str())) {
                copy(words, &paired(clock.bytes()));
            }
        }
        Meaning::Part { point } => tell_part(point, snapshot, words),
        Meaning::Unmapped(_) => {}
        meaning => {
            let most = if words.len() > 1 { u32::MAX } else { u16::MAX.into() };
            let told = meaning.tell(row.absent, most, snapshot, view.config);
            let told = told.unwrap_or(nothing);
            match words {
                [word] => *word = low(told),
                [high, word] => {
                    *high = low(told.wrapping_shr(16));
                    *word = low(told);
                }
                _ => {}
            }
        }
    }
}

/// The points that are more than one number; what is not known keeps the mark.
fn tell_part(point: Point, snapshot: &Snapshot, words: &mut [u16]) {
    match point {
        Point::ActiveFaults => {
            let Ok(faults) = &snapshot.faults else {
                return;
            };
            if words.len() == failures::LEVEL_WORDS {
                let mut told = failures::level_words(faults);
                if let Some(last) = told.last_mut() {
                    *last |= failures::off_by_hand(snapshot);
                }
                copy(words, &told);
            } else {
                let code = snapshot.fault_code.ok().and_then(|code| u8::try_from(code).ok());
                copy(words, &failures::classic_words(faults, code.unwrap_or(0)));
            }
        }
        Point::CellBleeding => {
            let count = snapshot.count(Shape::Cells);
            let cells = snapshot.cell_bleeding.get(..count).unwrap_or_default();
            if cells.iter().all(Result::is_err) {
                return;
            }
            words.fill(0);
            for (word, cells) in words.iter_mut().zip(cells.chunks(16)) {
                for (bit, bled) in (0_u32..).zip(cells) {
                    let bled = u16::from(*bled == Ok(true));
                    *word |= bled.checked_shl(bit).unwrap_or(0);
                }
            }
        }
        Point::ProductionDate => {
            let date = snapshot.production_date.ok().and_then(|date| day(date.as_str()));
            if let Some([year, month, day]) = date {
                let [first, second, _] = paired([year, month, day, 0, 0, 0]);
                copy(words, &[first, second]);
            }
        }
        _ => {}
    }
}

/// Year since 2000, month and day of a text such as `2026-03-26`.
fn day(text: &str) -> Option<[u8; 3]> {
    let mut numbers = text.split('-');
    let year: u16 = numbers.next()?.parse().ok()?;
    let year = u8::try_from(year.checked_sub(2_000)?).ok()?;
    Some([year, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?])
}

fn paired([a, b, c, d, e, f]: [u8; 6]) -> [u16; 3] {
    [[a, b], [c, d], [e, f]].map(u16::from_be_bytes)
}

fn copy(words: &mut [u16], from: &[u16]) {
    for (word, &from) in words.iter_mut().zip(from) {
        *word = from;
    }
}

/// The lower half.
fn low(number: u32) -> u16 {
    u16::try_from(number & 0xFFFF).unwrap_or(u16::MAX)
}
