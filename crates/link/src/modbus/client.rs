//! The host's side: which registers to read next, what they said, and when.
//!
//! [`Client`] polls a board, round after round, in time. What it does is made of parts without time:
//!
//! A [`Round`] makes a snapshot: heads first, then the bodies that have something to say. Whoever
//! owns the line asks [`Round::next`], reads those registers by whatever means, and hands the words
//! to [`Round::learn`], or `None` where no good answer came. [`Settings`] does the same for every
//! parameter, [`History`] for records. Commands and groups are single writes ([`command`],
//! [`group`]); why one was refused says [`commands::LastAnswer`], read
//! from [`last_answer`].

mod poll;
mod round;

use cellward_params::{Command, ParamId, Record};
use cellward_wire::modbus::{Area as Registers, MOST_READ, Request, Words};
use heapless::Vec;

pub use self::poll::{Client, Options};
pub use self::round::Round;
use super::layout::{Area, Content, RECORD, WINDOW, parameter_at};
use super::number::{Block, put, put_i32, put_u32, reading};
use super::{MAGIC, VERSION, commands, records};
use crate::view::Group;

/// Some registers to read: the first, and how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first register.
    pub start: u16,
    /// How many, 1 to 125.
    pub count: u16,
}

impl Span {
    /// The request that reads it.
    #[must_use]
    pub const fn request(self) -> Request {
        Request::Read { area: Registers::Holding, start: self.start, count: self.count }
    }

    /// The next piece of the registers from `from` up to `end`, in whole slots of `step`.
    fn piece(from: u16, end: u16, step: u16) -> Option<Self> {
        let rest = end.checked_sub(from).filter(|&rest| rest > 0)?;
        let whole = MOST_READ.saturating_sub(MOST_READ.checked_rem(step).unwrap_or(0));
        Some(Self { start: from, count: rest.min(whole) })
    }
}

/// The beginning of the identity block.
pub const IDENTITY: Span = Span { start: 0, count: 20 };

/// Who answers, and what a poll looks at first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Major and minor version of the map.
    pub version: [u16; 2],
    /// How many points it has; an older board has fewer.
    pub points: u16,
    /// How many system parameters.
    pub system: u16,
    /// How many faults, and so where its limits end.
    pub faults: u16,
    /// Sequence number of the newest record; 0 without any.
    pub newest_record: u32,
    /// Sequence number of the oldest record; 0 without any.
    pub oldest_record: u32,
    /// CRC of all parameters: where it is as before, so are they.
    pub config_crc: u32,
}

impl Identity {
    /// Reads [`IDENTITY`]; `None` where somebody else answers, or a version that is not known here.
    #[must_use]
    pub fn decode(words: &[u16]) -> Option<Self> {
        let [first, second, major, minor, ..] = *words else {
            return None;
        };
        if [first, second] != MAGIC || major != VERSION[0] {
            return None;
        }
        let [points, system, _, faults] = *words.get(4..8)? else {
            return None;
        };
        let mut reader = super::number::Reader(words.get(14..)?);
        Some(Self {
            version: [major, minor],
            points,
            system,
            faults,
            newest_record: reader.u32()?,
            oldest_record: reader.u32()?,
            config_crc: reader.u32()?,
        })
    }
}

/// Reading every parameter.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    at: u16,
    /// The two areas, as long as the board has them.
    areas: [Area; 2],
}

impl Settings {
    /// From the first parameter of this board on. What an older board does not have is not asked
    /// for.
    #[must_use]
    pub fn new(board: &Identity) -> Self {
        let [system, limits] = [Content::System, Content::Limits].map(|one| *Area::of(one));
        let areas = [
            Area { count: system.count.min(board.system), ..system },
            Area { count: limits.count.min(board.faults.saturating_mul(16)), ..limits },
        ];
        Self { at: system.base, areas }
    }

    /// What to read next; `None` once everything was.
    #[must_use]
    pub fn next(&self) -> Option<Span> {
        let [system, limits] = &self.areas;
        let area = if self.at < limits.base { system } else { limits };
        Span::piece(self.at, area.end(), area.stride)
    }

    /// What was read there; `each` gets every parameter that has a value. `None` skips what was not
    /// answered.
    pub fn learn(&mut self, words: Option<&[u16]>, mut each: impl FnMut(ParamId, i32)) {
        let Some(span) = self.next() else {
            return;
        };
        let pairs = words.unwrap_or_default().as_chunks::<2>().0;
        for (pair, address) in pairs.iter().zip((span.start..).step_by(2)) {
            let raw = super::number::Reader(pair).i32().filter(|&raw| reading(raw).is_ok());
            if let (Some(id), Some(raw)) = (parameter_at(address), raw) {
                each(id, raw);
            }
        }
        let [system, limits] = &self.areas;
        self.at = span.start.saturating_add(span.count);
        if self.at == system.end() {
            self.at = limits.base;
        }
    }
}

/// Reading records: the eight that follow a sequence number.
#[derive(Clone, Debug)]
pub struct History {
    after: u32,
    words: Vec<u16, { (RECORD * WINDOW) as usize }>,
    over: bool,
}

impl History {
    /// The records after this one.
    #[must_use]
    pub const fn after(sequence: u32) -> Self {
        Self { after: sequence, words: Vec::new(), over: false }
    }

    /// The write that moves the cursor; must be answered before the first read.
    #[must_use]
    pub fn cursor(&self) -> Request {
        let mut block = Block::new();
        put_u32(&mut block, self.after);
        write(Area::of(Content::Cursor).base, &block)
    }

    /// What to read next; `None` once the window is read as far as there are records.
    #[must_use]
    pub fn next(&self) -> Option<Span> {
        let area = Area::of(Content::Records);
        let read = u16::try_from(self.words.len()).unwrap_or(u16::MAX);
        Span::piece(area.base.saturating_add(read), area.end(), 1).filter(|_| !self.over)
    }

    /// What was read there; `None` ends it with what there is.
    pub fn learn(&mut self, words: Option<&[u16]>) {
        let fits = words.is_some_and(|words| self.words.extend_from_slice(words).is_ok());
        let begun = self.words.chunks(usize::from(RECORD));
        let ended = begun.into_iter().any(|record| matches!(record, [0, 0, ..]));
        self.over = self.over || !fits || ended;
    }

    /// The records, oldest first, and whether the window was full, so that more may follow. A
    /// record that is not known here is left out.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.words
            .chunks_exact(usize::from(RECORD))
            .map_while(|words| match words {
                [0, 0, ..] => None,
                _ => Some(records::decode(words)),
            })
            .flatten()
    }
}

/// The write of a command; `None` for one that this map does not carry.
#[must_use]
pub fn command(command: &Command) -> Option<Request> {
    Some(write(Area::of(Content::Command).base, &commands::encode(command)?))
}

/// The write of a group of parameters, all or nothing.
#[must_use]
pub fn group(group: &Group) -> Request {
    let mut block = Block::new();
    for &(id, raw) in group {
        put(&mut block, &[id.0]);
        put_i32(&mut block, raw);
    }
    write(Area::of(Content::Group).base, &block)
}

/// Where [`commands::LastAnswer`] is read.
#[must_use]
pub fn last_answer() -> Span {
    Span { start: Area::of(Content::Result).base, count: 16 }
}

fn write(start: u16, words: &[u16]) -> Request {
    let words: Words = words.iter().copied().collect();
    Request::WriteMany { start, words, byte_count: true }
}
