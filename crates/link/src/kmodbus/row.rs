//! The words of a register map: what a row says, and the shapes that rows have.

use cellward_params::parameter::Field as LimitField;
use cellward_params::{Fault, Level, ParamId, Point, Switch};

use crate::map::Absent::{self, Marked, MarkedAny, Sends};
use crate::map::{Derived, Meaning, Order};

/// What a host may do with a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
    /// Write; what a read gives says nothing.
    Write,
}

/// How sure we are of a row. A host should not write what is [`C`](Self::C) or [`I`](Self::I)
/// without being told to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certainty {
    /// The vendor's own document says so.
    A,
    /// Seen in two or more independent programs or captures.
    B,
    /// One program, one capture or one report.
    C,
    /// Inferred from captures; nobody states it.
    I,
}

/// One row of a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The first register.
    pub register: u16,
    /// How many registers: of a list its elements, of a text half its characters, of anything else
    /// the words of one value, high word first.
    pub words: u16,
    /// What it means.
    pub meaning: Meaning,
    /// What a board sends for no value; of a value of several words, in each of them.
    pub absent: Absent,
    /// What a host may do with it.
    pub access: Access,
    /// How sure we are.
    pub certainty: Certainty,
}

impl Row {
    /// The first register behind the row.
    #[must_use]
    pub const fn end(&self) -> u16 {
        self.register.saturating_add(self.words)
    }

    /// Whether a host may write it.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        !matches!(self.access, Access::Read)
    }

    /// The row with another access and certainty.
    pub(super) const fn with(self, access: Access, certainty: Certainty) -> Self {
        Self { access, certainty, ..self }
    }

    /// The row over so many registers.
    pub(super) const fn over(self, words: u16) -> Self {
        Self { words, ..self }
    }

    /// The row with another mark for no value.
    pub(super) const fn or(self, absent: Absent) -> Self {
        Self { absent, ..self }
    }
}

/// The row of a map that holds a register; rows rise.
pub(super) fn find(map: &'static [Row], register: u16) -> Option<&'static Row> {
    let behind = map.partition_point(|row| row.register <= register);
    let row = map.get(behind.checked_sub(1)?)?;
    (register < row.end()).then_some(row)
}

/// A register that no real value can fill (B: captures of absent registers).
pub(super) const NONE: Absent = Marked(0xFFFF);
/// A temperature that is not there (B); none reaches 215 °C.
pub(super) const COLD: Absent = MarkedAny(&[0xFF, 0xFFFF]);

/// A readable row of one register.
pub(super) const fn row(register: u16, meaning: Meaning, absent: Absent) -> Row {
    Row { register, words: 1, meaning, absent, access: Access::Read, certainty: Certainty::A }
}

/// A number.
pub(super) const fn number(register: u16, point: Point, bias: i32, scale: i32) -> Row {
    row(register, Meaning::Number { point, index: 0, bias, scale }, NONE)
}

/// A plain count or voltage in mV.
pub(super) const fn plain(register: u16, point: Point) -> Row {
    number(register, point, 0, 1)
}

/// A temperature, °C + 40.
pub(super) const fn degrees(register: u16, point: Point) -> Row {
    number(register, point, -40, 10).or(COLD)
}

/// A current in 0.1 A around 30000; positive charges (B: captures with the state register).
pub(super) const fn current(register: u16, point: Point) -> Row {
    number(register, point, -30_000, 100)
}

/// Elements of a list from `first` on.
pub(super) const fn list(
    register: u16,
    words: u16,
    point: Point,
    first: u8,
    bias: i32,
    scale: i32,
) -> Row {
    row(register, Meaning::List { point, first, bias, scale }, NONE).over(words)
}

/// Yes or no.
pub(super) const fn flag(register: u16, point: Point) -> Row {
    row(register, Meaning::Flag { point }, NONE)
}

/// A text of so many words; unused characters are zero.
pub(super) const fn text(register: u16, words: u16, point: Point) -> Row {
    row(register, Meaning::Text { point }, Sends(0)).over(words)
}

/// What code does.
pub(super) const fn part(register: u16, words: u16, point: Point) -> Row {
    row(register, Meaning::Part { point }, NONE).over(words)
}

/// What follows from other points.
pub(super) const fn derived(register: u16, derived: Derived) -> Row {
    row(register, Meaning::Derived(derived), NONE)
}

/// A number that is a point and a setting.
pub(super) const fn rating(register: u16, point: Point, parameter: ParamId, scale: i32) -> Row {
    row(register, Meaning::Rating { point, index: 0, parameter, scale }, NONE)
}

/// A setting.
pub(super) const fn setting(register: u16, parameter: ParamId, bias: i32, scale: i32) -> Row {
    let meaning = Meaning::Setting { parameter, bias, scale };
    Row { access: Access::ReadWrite, ..row(register, meaning, NONE) }
}

/// The threshold of a level.
pub(super) const fn limit(register: u16, fault: Fault, level: Level, bias: i32, scale: i32) -> Row {
    of_limit(register, fault, level, LimitField::Threshold, bias, scale)
}

/// Any number of a level.
pub(super) const fn of_limit(
    register: u16,
    fault: Fault,
    level: Level,
    field: LimitField,
    bias: i32,
    scale: i32,
) -> Row {
    setting(register, ParamId::of_limit(fault, level, field), bias, scale)
}

/// What alarm and protection share.
pub(super) const fn shared(
    register: u16,
    fault: Fault,
    field: LimitField,
    bias: i32,
    scale: i32,
) -> Row {
    let meaning = Meaning::Shared { fault, field, bias, scale };
    Row { access: Access::ReadWrite, ..row(register, meaning, NONE) }
}

/// A limit of current in one direction.
pub(super) const fn amps(register: u16, fault: Fault, level: Level) -> Row {
    let meaning = Meaning::DirectedCurrent { fault, level };
    Row { access: Access::ReadWrite, ..row(register, meaning, NONE) }
}

/// Whether a switch may close.
pub(super) const fn permission(register: u16, switch: Switch) -> Row {
    let meaning = Meaning::Permission(switch);
    Row { access: Access::ReadWrite, ..row(register, meaning, NONE) }
}

/// A command given by writing 1.
pub(super) const fn order(register: u16, order: Order) -> Row {
    Row { access: Access::Write, ..row(register, Meaning::Order(order), Sends(0)) }
}

/// Registers without a meaning here, sent as `sends`.
pub(super) const fn unmapped(register: u16, words: u16, sends: u32, reason: &'static str) -> Row {
    row(register, Meaning::Unmapped(reason), Sends(sends)).over(words)
}
