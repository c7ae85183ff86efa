//! Where everything stands: a few areas, each a row of slots of the same stride, one slot for each
//! stable number.
//!
//! An address is `base + stride × (number − first)`. It follows from the stable number alone, so it
//! never moves when a row is appended to a table; rows are never inserted and numbers never reused.
//! The areas lie so far apart that every table can grow to several times its size.

use cellward_params::command::COMMANDS;
use cellward_params::parameter::PARAMETERS;
use cellward_params::point::POINTS;
use cellward_params::value::MOST_FAULTS;
use cellward_params::{Fault, Kind, ParamId, Point, Unit};

/// A row of slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    /// What it holds.
    pub content: Content,
    /// Address of the first slot.
    pub base: u16,
    /// Registers from one slot to the next.
    pub stride: u16,
    /// The stable number of the first slot.
    pub first: u16,
    /// How many slots there are.
    pub count: u16,
}

/// What the slots of an area hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Content {
    /// Magic words, version, counts, and what a poll should look at first.
    Identity,
    /// The areas themselves.
    Areas,
    /// The answer to the last write of this session.
    Result,
    /// To write: a command.
    Command,
    /// To write: a group of parameters by their ids.
    Group,
    /// The sequence number after which records are read.
    Cursor,
    /// The records after the cursor.
    Records,
    /// What the unit codes mean.
    Units,
    /// What can be asked for.
    Commands,
    /// The head of each point: its value, or how much of its body counts.
    Heads,
    /// The values of the system parameters.
    System,
    /// The values of the limits.
    Limits,
    /// The bodies of lists, texts, words and lights.
    Bodies,
    /// The bodies of the long lists: active faults and reasons.
    Lists,
    /// What each point is.
    PointRows,
    /// What each system parameter is.
    SystemRows,
    /// What each fault is.
    FaultRows,
    /// What each limit is.
    LimitRows,
}

/// Registers of an entry of the directories of points, system parameters, faults and commands.
pub const ROW: u16 = 32;
/// Registers of an entry of the directories of limits and units.
pub const SHORT_ROW: u16 = 8;
/// Registers of one record of the window.
pub const RECORD: u16 = 80;
/// Records in the window.
pub const WINDOW: u16 = 8;
/// Registers of an active fault.
pub const FAULT: u16 = 8;
/// Registers of a reason.
pub const REASON: u16 = 16;
/// Registers of a text.
pub const TEXT: u16 = 20;
/// Registers of a word of a vocabulary.
pub const WORD: u16 = 16;

/// The first limit: fault 1, level 0, field 0. There is no level 0; its slots are holes.
pub const FIRST_LIMIT: u16 = 0x1010;

/// The points whose body is a long list, in the order of their places, which is the order in which
/// they came into the table.
pub const LISTS: [Point; 3] =
    [Point::ChargeSwitchReasons, Point::DischargeSwitchReasons, Point::ActiveFaults];

/// Every area, by rising address. The place in this table is the number of the area.
pub const AREAS: [Area; 18] = {
    /// A short name, so that the table can be read as one.
    const fn area(content: Content, base: u16, stride: u16, first: u16, count: u16) -> Area {
        Area { content, base, stride, first, count }
    }
    /// Tables have far fewer rows than a register counts (tested).
    #[allow(clippy::cast_possible_truncation, reason = "tested: 18 rows have no such table")]
    const fn rows(len: usize) -> u16 {
        len as u16
    }
    let limits = rows(Fault::ALL.len()).saturating_mul(16);
    [
        area(Content::Identity, 0x0000, 32, 0, 1),
        area(Content::Areas, 0x0020, 4, 0, 18),
        area(Content::Result, 0x0080, 16, 0, 1),
        area(Content::Command, 0x0100, 32, 0, 1),
        area(Content::Group, 0x0180, 96, 0, 1),
        area(Content::Cursor, 0x0200, 2, 0, 1),
        area(Content::Records, 0x0300, RECORD, 0, WINDOW),
        area(Content::Units, 0x0600, SHORT_ROW, 0, rows(Unit::ALL.len())),
        area(Content::Commands, 0x0820, ROW, 1, rows(COMMANDS.len())),
        area(Content::Heads, 0x1002, 2, 1, rows(POINTS.len())),
        area(Content::System, 0x2002, 2, 1, rows(PARAMETERS.len())),
        area(Content::Limits, 0x3020, 2, FIRST_LIMIT, limits),
        area(Content::Bodies, 0x4080, 0x80, 1, rows(POINTS.len())),
        area(Content::Lists, 0x8000, 0x400, 0, rows(LISTS.len())),
        area(Content::PointRows, 0x9020, ROW, 1, rows(POINTS.len())),
        area(Content::SystemRows, 0xA020, ROW, 1, rows(PARAMETERS.len())),
        area(Content::FaultRows, 0xB020, ROW, 1, rows(Fault::ALL.len())),
        area(Content::LimitRows, 0xC080, SHORT_ROW, FIRST_LIMIT, limits),
    ]
};

impl Area {
    /// The area that holds this.
    #[must_use]
    pub fn of(content: Content) -> &'static Self {
        AREAS.iter().find(|area| area.content == content).unwrap_or(&AREAS[0])
    }

    /// The address of the slot with this number; `None` where there is none.
    #[must_use]
    pub fn address(&self, number: u16) -> Option<u16> {
        let place = number.checked_sub(self.first)?;
        if place >= self.count {
            return None;
        }
        self.base.checked_add(self.stride.checked_mul(place)?)
    }

    /// One past the last address; the last area ends before the last address of all.
    #[must_use]
    pub const fn end(&self) -> u16 {
        self.base.saturating_add(self.stride.saturating_mul(self.count))
    }

    /// The number whose slot holds an address, and the offset within the slot.
    #[must_use]
    pub fn number(&self, address: u16) -> Option<(u16, u16)> {
        let offset = address.checked_sub(self.base)?;
        let place = offset.checked_div(self.stride)?;
        if place >= self.count {
            return None;
        }
        Some((self.first.checked_add(place)?, offset.checked_rem(self.stride)?))
    }
}

/// What an address belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The area.
    pub content: Content,
    /// The number of the slot; of a long list the place of the list.
    pub number: u16,
    /// The entry of a long list; 0 everywhere else.
    pub entry: u16,
    /// How far behind the beginning of the slot, or of the entry, the address lies.
    pub offset: u16,
}

/// The slot that an address lies in.
#[must_use]
pub fn slot(address: u16) -> Option<Slot> {
    let find = |area: &Area| Some((area.content, area.number(address)?));
    let (content, (number, offset)) = AREAS.iter().find_map(find)?;
    if content != Content::Lists {
        return Some(Slot { content, number, entry: 0, offset });
    }
    let size = entry_size(*LISTS.get(usize::from(number))?);
    let (entry, offset) = (offset.checked_div(size)?, offset.checked_rem(size)?);
    Some(Slot { content, number, entry, offset })
}

/// Registers of an entry of a long list.
#[must_use]
pub fn entry_size(list: Point) -> u16 {
    match list.row().kind {
        Kind::Faults => FAULT,
        _ => REASON,
    }
}

/// Most entries of a long list.
#[must_use]
pub fn most_entries(list: Point) -> u16 {
    let most = match list.row().kind {
        Kind::Faults => MOST_FAULTS,
        _ => cellward_params::OffReasons::new().capacity(),
    };
    u16::try_from(most).unwrap_or(u16::MAX)
}

/// Where the head of a point stands: two registers.
#[must_use]
pub fn head(point: Point) -> u16 {
    Area::of(Content::Heads).address(point.id()).unwrap_or(0)
}

/// Where the body of a point stands; `None` for a point that has none.
#[must_use]
pub fn body(point: Point) -> Option<u16> {
    if let Some(place) = LISTS.iter().position(|&list| list == point) {
        return Area::of(Content::Lists).address(u16::try_from(place).ok()?);
    }
    match (point.row().kind, point.row().shape) {
        (Kind::Number | Kind::Flag, cellward_params::point::Shape::Scalar) => None,
        _ => Area::of(Content::Bodies).address(point.id()),
    }
}

/// Where the value of a parameter stands: two registers. `None` where no parameter can be.
#[must_use]
pub fn parameter(id: ParamId) -> Option<u16> {
    let [system, limits] = [Content::System, Content::Limits].map(Area::of);
    system.address(id.0).or_else(|| limits.address(id.0))
}

/// Where a parameter is described: a long entry for a system parameter, a short one for a limit.
#[must_use]
pub fn parameter_row(id: ParamId) -> Option<u16> {
    let [system, limits] = [Content::SystemRows, Content::LimitRows].map(Area::of);
    system.address(id.0).or_else(|| limits.address(id.0))
}

/// The parameter whose value begins at an address.
#[must_use]
pub fn parameter_at(address: u16) -> Option<ParamId> {
    let values = [Content::System, Content::Limits].map(Area::of);
    let (number, offset) = values.iter().find_map(|area| area.number(address))?;
    (offset == 0).then_some(ParamId(number))
}
