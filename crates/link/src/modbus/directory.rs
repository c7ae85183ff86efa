//! The directory: every row of every table, described in registers, so that a client needs nothing
//! but the beginning of this page to find everything.
//!
//! Entries have 32 registers, of limits and units 8. Keys are texts in 16 registers, unit suffixes
//! in 4; both are filled with NUL.
//!
//! | at | point | system parameter | fault | command |
//! |--:|---|---|---|---|
//! | 0 | id | id | code | id |
//! | 1 | address of the head | address of the value | bits: levels that this board watches | least role |
//! | 2 | address of the body, 0 without | unit code | bits: levels that the table has | how many arguments |
//! | 3 | elements of the body | decimals | what level 1 opens | form of argument 1 |
//! | 4 | registers of an element | least role | what level 2 opens | form of argument 2 |
//! | 5 | kind | 1 if it can be set | what level 3 opens | form of argument 3 |
//! | 6 | unit code | smallest value | decision row of level 1 | form of argument 4 |
//! | 7 | decimals | (low word) | decision row of level 2 | registers of a write, id included |
//! | 8 | shape | largest value | decision row of level 3 | |
//! | 9 | words of the vocabulary | (low word) | whether cells may be bled | |
//! | 10 | | default for this pack | what the index counts | |
//! | 11 | | (low word) | how it locks | |
//! | 12 | unit suffix | unit suffix | units of levels 1, 2, 3; 0xFFFF without | |
//! | 15 | | | flashes of the red light | |
//! | 16 | key | key | key | key |
//!
//! A limit: id (0 where there is none); a word of unit code × 256, decimals × 16, role × 2 and 1 if
//! it can be set; smallest, largest and default value. A unit: code, decimals, 0, 0, suffix.

use cellward_params::command::CommandRow;
use cellward_params::limit::{LIMITS, place_of};
use cellward_params::parameter::Field;
use cellward_params::point::Shape;
use cellward_params::{Config, Fault, Kind, Level, ParamId, Parameter, PointRow, Unit};

use super::commands::arguments;
use super::layout::{self, ROW, SHORT_ROW, TEXT, WORD, most_entries};
use super::number::{Block, fill, put, put_i32, put_text};
use super::points::elements;

/// Registers of a key.
const KEY: u16 = 16;
/// Registers of a unit suffix.
const SUFFIX: u16 = 4;

/// The stable number of a kind.
#[must_use]
pub const fn kind_code(kind: Kind) -> u16 {
    match kind {
        Kind::Number => 0,
        Kind::Flag => 1,
        Kind::Word(_) => 2,
        Kind::Text => 3,
        Kind::Faults => 4,
        Kind::Reasons => 5,
        Kind::Lights => 6,
    }
}

/// The stable number of a shape.
#[must_use]
pub const fn shape_code(shape: Shape) -> u16 {
    match shape {
        Shape::Scalar => 0,
        Shape::Cells => 1,
        Shape::Sensors => 2,
        Shape::Boards => 3,
    }
}

/// How many elements the body of a point has, and how many registers each of them.
#[must_use]
pub fn body_size(row: &PointRow) -> (u16, u16) {
    let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    match (row.kind, row.shape) {
        (Kind::Number | Kind::Flag, Shape::Scalar) => (0, 0),
        (Kind::Number | Kind::Flag, shape) => (count(elements(shape)), 2),
        (Kind::Text, _) => (1, TEXT),
        (Kind::Word(words), _) => (count(words.len()), WORD),
        (Kind::Faults, _) => (most_entries(row.point), layout::FAULT),
        (Kind::Reasons, _) => (most_entries(row.point), layout::REASON),
        (Kind::Lights, _) => (8, 2),
    }
}

/// The entry of a point.
pub(super) fn point(row: &PointRow, block: &mut Block) {
    let (count, size) = body_size(row);
    let words = match row.kind {
        Kind::Word(words) => u16::try_from(words.len()).unwrap_or(0),
        _ => 0,
    };
    put(
        block,
        &[
            row.point.id(),
            layout::head(row.point),
            layout::body(row.point).unwrap_or(0),
            count,
            size,
            kind_code(row.kind),
            row.unit.code().into(),
            row.unit.decimals().into(),
            shape_code(row.shape),
            words,
        ],
    );
    fill(block, 12);
    put_text(block, row.unit.suffix(), SUFFIX);
    put_text(block, row.key, KEY);
}

/// The entry of a system parameter.
pub(super) fn system(row: &Parameter, config: &Config, block: &mut Block) {
    put(
        block,
        &[
            row.id.0,
            layout::parameter(row.id).unwrap_or(0),
            row.unit.code().into(),
            row.unit.decimals().into(),
            row.role.code().into(),
            Config::is_settable(row.id).into(),
        ],
    );
    for number in [row.min, row.max, config.default_of(row.id).unwrap_or(0)] {
        put_i32(block, number);
    }
    put_text(block, row.unit.suffix(), SUFFIX);
    put_text(block, row.key, KEY);
}

/// The entry of a limit; zeros where there is none.
pub(super) fn limit(id: ParamId, config: &Config, block: &mut Block) {
    let range = Config::range_of(id).zip(id.unit()).zip(id.role());
    if let Some((((min, max), unit), role)) = range {
        let settable = u16::from(Config::is_settable(id));
        let [unit, decimals, role] = [unit.code(), unit.decimals(), role.code()].map(u16::from);
        put(block, &[id.0, (unit << 8) | (decimals << 4) | (role << 1) | settable]);
        for number in [min, max, config.default_of(id).unwrap_or(0)] {
            put_i32(block, number);
        }
    }
    fill(block, SHORT_ROW);
}

/// The entry of a fault.
pub(super) fn fault(fault: Fault, block: &mut Block) {
    let row = fault.row();
    let bits = |is: &dyn Fn(Level) -> bool| {
        let level = |&level: &Level| u16::from(is(level)) << level.index();
        Level::ALL.iter().map(level).fold(0, |all, bit| all | bit)
    };
    let rows = row.rows.map(u16::from);
    let in_table = |level: Level| row.rows.get(level.index()).is_some_and(|&row| row > 0);
    put(block, &[fault.code(), bits(&|level| place_of(fault, level).is_some()), bits(&in_table)]);
    put(block, &row.blocks.map(cellward_params::fault::Blocks::code));
    put(block, &rows);
    put(block, &[row.balancing.into(), row.source.code(), row.lock.code()]);
    for &level in Level::ALL {
        let place = place_of(fault, level).and_then(|place| LIMITS.get(place));
        put(block, &[place.map_or(0xFFFF, |row| row.base.unit().code().into())]);
    }
    put(block, &[row.flashes.into()]);
    put_text(block, fault.key(), KEY);
}

/// The entry of a command.
pub(super) fn command(row: &CommandRow, block: &mut Block) {
    let forms = arguments(row.id).unwrap_or(&[]);
    let registers = forms.iter().map(|form| form.registers()).fold(1, u16::saturating_add);
    put(block, &[row.id, row.role.code().into(), u16::try_from(forms.len()).unwrap_or(0)]);
    for form in forms {
        put(block, &[form.code()]);
    }
    fill(block, 7);
    put(block, &[registers]);
    fill(block, ROW.saturating_sub(KEY));
    put_text(block, row.key, KEY);
}

/// The entry of a unit.
pub(super) fn unit(unit: Unit, block: &mut Block) {
    put(block, &[unit.code().into(), unit.decimals().into(), 0, 0]);
    put_text(block, unit.suffix(), SUFFIX);
}

/// The keys of the fields of a limit, in the order of their numbers; the key of a limit is that of
/// its fault, its level and its field, joined by full stops.
#[must_use]
pub fn limit_key(id: ParamId) -> Option<[&'static str; 3]> {
    let (fault, level, field): (Fault, Level, Field) = id.as_limit()?;
    Some([fault.key(), level.key(), field.key()])
}
