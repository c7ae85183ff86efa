//! Points in registers, both ways.
//!
//! Every point has a **head** of two registers, all heads side by side, so that one read of 125
//! registers tells nearly everything: the number itself, 0 or 1 for a flag, the code of a word, the
//! length of a text in bytes, how many elements of a list count, 1 for lights that are known; or
//! the reason why there is none. What does not fit into a head follows in the **body**:
//!
//! | kind | body |
//! |---|---|
//! | list of numbers or flags | two registers for each element that the memory has |
//! | text | 20 registers, UTF-8, filled with NUL |
//! | word | its vocabulary: word `n` in 16 registers behind `16 × n`, filled with NUL |
//! | lights | green then red, each: ms on, ms off, flashes, ms pause, as numbers |
//! | active faults | 8 registers each: fault, level, index or 0xFFFF, bit 0 value known and bit 1 limit known, value, limit |
//! | reasons | 16 registers each: why, until, bit 0 recovery value known and bit 1 time left known, 0, recovery value, ms left, then the fault as above; of a lock with level 0 |

use cellward_params::coded::WhyAbout;
use cellward_params::point::Shape;
use cellward_params::reason::{Until, Why};
use cellward_params::{
    ActiveFault, Fault, Kind, Level, Lights, OffReason, Pattern, Point, Snapshot, Value,
};
use cellward_units::{Duration, NoData};

use super::layout::{FAULT, REASON, TEXT, WORD};
use super::number::{Block, Reader, fill, number, put, put_i32, put_text, put_u32, reading};

/// Stands for "no index".
const NO_INDEX: u16 = 0xFFFF;

/// How many elements the body of a list of numbers or flags has.
#[must_use]
pub const fn elements(shape: Shape) -> usize {
    match shape {
        Shape::Scalar => 1,
        Shape::Cells => cellward_params::SNAPSHOT_CELLS,
        Shape::Sensors => cellward_params::SNAPSHOT_SENSORS,
        Shape::Boards => 3,
    }
}

/// The head of a point.
pub(super) fn head(point: Point, snapshot: &Snapshot) -> i32 {
    let shape = point.row().shape;
    if shape != Shape::Scalar {
        return number(Ok(i64::try_from(snapshot.count(shape)).unwrap_or(0)));
    }
    let Some(value) = snapshot.value(point, 0) else {
        return number(Err(NoData::Unknown));
    };
    let count = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
    number(match value {
        Value::Number(reading) => reading,
        Value::Flag(reading) => reading.map(i64::from),
        Value::Word(reading) => reading.and_then(|word| code_of(point, word)),
        Value::Text(reading) => reading.map(|text| count(text.len())),
        Value::Faults(reading) => reading.map(|faults| count(faults.len())),
        Value::Reasons(reading) => reading.map(|reasons| count(reasons.len())),
        Value::Lights(reading) => reading.map(|_| 1),
    })
}

/// The code of a word of a point.
fn code_of(point: Point, word: &str) -> Result<i64, NoData> {
    let found = words(point).iter().find(|(_, key)| *key == word);
    found.map(|&(code, _)| code.into()).ok_or(NoData::Unknown)
}

/// The vocabulary of a point; empty where it says no words.
pub(super) fn words(point: Point) -> &'static [(u8, &'static str)] {
    match point.row().kind {
        Kind::Word(words) => words,
        _ => &[],
    }
}

/// The body of a point that is no long list; empty where it has none.
pub(super) fn body(point: Point, snapshot: &Snapshot, block: &mut Block) {
    let shape = point.row().shape;
    match (point.row().kind, snapshot.value(point, 0)) {
        (Kind::Number | Kind::Flag, _) if shape != Shape::Scalar => {
            for index in 0..elements(shape) {
                let element = match snapshot.value(point, index) {
                    Some(Value::Number(reading)) => reading,
                    Some(Value::Flag(reading)) => reading.map(i64::from),
                    _ => Err(NoData::NotFitted),
                };
                put_i32(block, number(element));
            }
        }
        (Kind::Text, Some(Value::Text(text))) => put_text(block, text.unwrap_or(""), TEXT),
        (Kind::Word(words), _) => {
            for &(code, key) in words {
                fill(block, WORD.saturating_mul(code.into()));
                put_text(block, key, WORD);
            }
        }
        (Kind::Lights, Some(Value::Lights(lights))) => match lights {
            Ok(lights) => {
                put_pattern(block, &lights.green);
                put_pattern(block, &lights.red);
            }
            Err(reason) => (0..8).for_each(|_| put_i32(block, number(Err(reason)))),
        },
        _ => {}
    }
}

fn put_pattern(block: &mut Block, pattern: &Pattern) {
    let millis = |time: Duration| number(Ok(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)));
    put_i32(block, millis(pattern.on));
    put_i32(block, millis(pattern.off));
    put_i32(block, pattern.flashes.into());
    put_i32(block, millis(pattern.pause));
}

/// An entry of a long list; zeros behind its last.
pub(super) fn entry(point: Point, place: u16, snapshot: &Snapshot, block: &mut Block) {
    let place = usize::from(place);
    match snapshot.value(point, 0) {
        Some(Value::Faults(faults)) => {
            if let Some(active) = faults.ok().and_then(|faults| faults.get(place)) {
                put_fault(block, active);
            }
            fill(block, FAULT);
        }
        Some(Value::Reasons(reasons)) => {
            if let Some(reason) = reasons.ok().and_then(|reasons| reasons.get(place)) {
                put_reason(block, reason);
            }
            fill(block, REASON);
        }
        _ => {}
    }
}

fn put_fault(block: &mut Block, active: &ActiveFault) {
    let flags = u16::from(active.value.is_some()) | (u16::from(active.limit.is_some()) << 1);
    put(
        block,
        &[
            active.fault.code(),
            active.level.code().into(),
            active.index.map_or(NO_INDEX, u16::from),
            flags,
        ],
    );
    put_i32(block, active.value.unwrap_or(0));
    put_i32(block, active.limit.unwrap_or(0));
}

fn put_reason(block: &mut Block, reason: &OffReason) {
    let (why, about) = reason.why.coded();
    let (until, value) = reason.until.coded();
    let flags = u16::from(value.is_some()) | (u16::from(reason.left.is_some()) << 1);
    put(block, &[why, until, flags, 0]);
    put_i32(block, value.unwrap_or(0));
    let left = reason.left.unwrap_or(Duration::ZERO).as_millis();
    put_u32(block, u32::try_from(left).unwrap_or(u32::MAX));
    match about {
        WhyAbout::Nothing => {}
        WhyAbout::Fault(fault) => put(block, &[fault.code(), 0, NO_INDEX]),
        WhyAbout::Active(active) => put_fault(block, &active),
    }
}

/// Writes the head of a point into a snapshot, and says how much of the body is to be read before
/// the point is known: bytes of a text, elements or entries of a list, 1 for lights; 0 where all is
/// said. A length that cannot be makes the point implausible.
pub fn learn_head(point: Point, number: i32, snapshot: &mut Snapshot) -> usize {
    let row = point.row();
    let head = reading(number);
    if row.shape != Shape::Scalar {
        // That there is none is said by the point that counts; the elements come one by one.
        return head.map_or(0, |count| length(count, elements(row.shape)).unwrap_or(0));
    }
    let word = |code: i64, words: &'static [(u8, &'static str)]| {
        words.iter().find(|word| i64::from(word.0) == code).map(|word| word.1)
    };
    let most = match row.kind {
        Kind::Number => {
            snapshot.put(point, 0, Value::Number(head));
            return 0;
        }
        Kind::Flag => {
            let flag = head.and_then(|raw| flag(raw).ok_or(NoData::Implausible));
            snapshot.put(point, 0, Value::Flag(flag));
            return 0;
        }
        Kind::Word(words) => {
            let word = head.and_then(|code| word(code, words).ok_or(NoData::Implausible));
            snapshot.put(point, 0, Value::Word(word));
            return 0;
        }
        Kind::Text => cellward_params::ShortText::CAPACITY,
        Kind::Faults | Kind::Reasons => super::layout::most_entries(point).into(),
        Kind::Lights => 1,
    };
    let count = head.and_then(|count| length(count, most).ok_or(NoData::Implausible));
    match (count, row.kind) {
        (Err(reason), _) => snapshot.clear(point, reason),
        (Ok(0), Kind::Text) => {
            snapshot.put(point, 0, Value::Text(Ok("")));
        }
        (Ok(0), Kind::Faults) => {
            snapshot.put(point, 0, Value::Faults(Ok(&cellward_params::FaultList::new())));
        }
        (Ok(0), Kind::Reasons) => {
            snapshot.put(point, 0, Value::Reasons(Ok(&cellward_params::OffReasons::new())));
        }
        // Not yet known: a reader who never gets the body must not see the value before.
        (Ok(_), _) => snapshot.clear(point, NoData::NoAnswer),
    }
    count.unwrap_or(0)
}

const fn flag(raw: i64) -> Option<bool> {
    match raw {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// A count of at most so many.
fn length(count: i64, most: usize) -> Option<usize> {
    usize::try_from(count).ok().filter(|&count| count <= most)
}

/// Writes the body of a point that is no long list into a snapshot. `known` is what
/// [`learn_head`] said. Words that are missing or cannot be leave the point absent.
pub fn learn_body(point: Point, known: usize, words: &[u16], snapshot: &mut Snapshot) {
    let row = point.row();
    let mut reader = Reader(words);
    match row.kind {
        Kind::Number | Kind::Flag => {
            for index in 0..known.min(elements(row.shape)) {
                let element = reader.i32().map_or(Err(NoData::NoAnswer), reading);
                let value = match row.kind {
                    Kind::Number => Value::Number(element),
                    _ => Value::Flag(element.and_then(|raw| flag(raw).ok_or(NoData::Implausible))),
                };
                snapshot.put(point, index, value);
            }
        }
        Kind::Text => {
            let text = reader.text().filter(|text| text.as_str().len() == known);
            let text = text.as_ref().map(cellward_params::ShortText::as_str);
            snapshot.put(point, 0, Value::Text(text.ok_or(NoData::Implausible)));
        }
        Kind::Lights => {
            let lights = lights(&mut reader);
            let lights = lights.as_ref().ok_or(NoData::Implausible);
            snapshot.put(point, 0, Value::Lights(lights));
        }
        Kind::Word(_) | Kind::Faults | Kind::Reasons => {}
    }
}

fn lights(reader: &mut Reader<'_>) -> Option<Lights> {
    Some(Lights { green: pattern(reader)?, red: pattern(reader)? })
}

fn pattern(reader: &mut Reader<'_>) -> Option<Pattern> {
    let mut millis = || u64::try_from(reader.i32()?).ok();
    let (on, off, flashes, pause) = (millis()?, millis()?, millis()?, millis()?);
    Some(Pattern {
        on: Duration::from_millis(on),
        off: Duration::from_millis(off),
        flashes: u8::try_from(flashes).ok()?,
        pause: Duration::from_millis(pause),
    })
}

/// The active fault in 8 registers; `None` where there is none that this version knows.
#[must_use]
pub fn fault(words: &[u16]) -> Option<ActiveFault> {
    let mut reader = Reader(words);
    let fault = Fault::from_code(reader.word()?)?;
    let level = Level::from_code(reader.byte()?)?;
    let index = index(&mut reader)?;
    let flags = reader.word()?;
    let (value, limit) = (reader.i32()?, reader.i32()?);
    Some(ActiveFault {
        fault,
        level,
        index,
        value: (flags & 1 != 0).then_some(value),
        limit: (flags & 2 != 0).then_some(limit),
    })
}

/// A byte, or 0xFFFF for none.
pub(super) fn index(reader: &mut Reader<'_>) -> Option<Option<u8>> {
    match reader.word()? {
        NO_INDEX => Some(None),
        word => u8::try_from(word).ok().map(Some),
    }
}

/// The reason in 16 registers; `None` where there is none that this version knows.
#[must_use]
pub fn reason(words: &[u16]) -> Option<OffReason> {
    let mut reader = Reader(words);
    let (why, until, flags, _) = (reader.word()?, reader.word()?, reader.word()?, reader.word()?);
    let value = reader.i32()?;
    let left = reader.u32()?;
    let about = match *reader.0 {
        [0, ..] => WhyAbout::Nothing,
        [code, 0, ..] => WhyAbout::Fault(Fault::from_code(code)?),
        _ => WhyAbout::Active(fault(reader.0)?),
    };
    Some(OffReason {
        why: Why::from_coded((why, about))?,
        until: Until::from_coded((until, (flags & 1 != 0).then_some(value)))?,
        left: (flags & 2 != 0).then_some(Duration::from_millis(left.into())),
    })
}
