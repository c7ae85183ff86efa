//! The board's side: registers out of the view, writes as wishes.

use cellward_params::{Fault, ParamId, Parameter, Point, Refusal, Unit};
use cellward_wire::modbus::{MOST_READ, Reply, Request, Words};

use super::commands::{self, LastAnswer, exception};
use super::layout::{AREAS, Area, Content, LISTS, RECORD, Slot, WINDOW, most_entries, slot};
use super::number::{Block, fill, number, put, put_i32, put_u32};
use super::written::{ADDRESS, VALUE, Written, written};
use super::{MAGIC, VERSION, directory, points, records};
use crate::port::Outcome;
use crate::view::{Records, View, Wish};

/// Exception: the function is not spoken here.
const FUNCTION: u8 = 1;

/// What a board remembers between two requests of one port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    /// Records after this one are in the window.
    cursor: u32,
    /// How many writes were answered.
    token: u16,
    last: Option<LastAnswer>,
}

impl Session {
    pub(crate) const fn new() -> Self {
        Self { cursor: 0, token: 0, last: None }
    }

    /// What a request to this board asks for.
    pub(crate) fn handle(&mut self, request: &Request, view: &View<'_>) -> Outcome<Reply> {
        let outcome = match request {
            Request::Read { area, start, count } => {
                let words = self.read(*start, *count, view);
                words.map(|words| Outcome::Reply(Reply::Words { area: *area, words }))
            }
            Request::WriteMany { start, words, .. } => self.write(*start, words, request),
            // A number has two registers, and half a number must never count.
            Request::WriteOne { .. } | Request::Other { .. } => Err(FUNCTION),
            Request::Miscounted { .. } => Err(VALUE),
        };
        outcome.unwrap_or_else(|code| {
            Outcome::Reply(Reply::Exception { function: request.function(), code })
        })
    }

    /// The reply to a write that the core has answered.
    pub(crate) fn answered(&mut self, request: &Request, result: Result<(), Refusal>) -> Reply {
        let (address, command) = match request {
            Request::WriteMany { start, words, .. } => {
                let is_command = *start == Area::of(Content::Command).base;
                (*start, words.first().copied().filter(|_| is_command).unwrap_or(0))
            }
            _ => (0, 0),
        };
        self.token = self.token.wrapping_add(1);
        self.last = Some(LastAnswer { token: self.token, address, command, result });
        match result {
            Ok(()) => reply_to(request),
            Err(refusal) => {
                Reply::Exception { function: request.function(), code: exception(&refusal) }
            }
        }
    }

    /// The words from `start` on.
    fn read(&self, start: u16, count: u16, view: &View<'_>) -> Result<Words, u8> {
        if count == 0 || count > MOST_READ {
            return Err(VALUE);
        }
        let mut words = Words::new();
        let mut address = start;
        let mut record = None;
        let mut block = Block::new();
        while words.len() < usize::from(count) {
            let slot = slot(address).ok_or(ADDRESS)?;
            block.clear();
            self.render(slot, view, &mut record, &mut block);
            let wanted = usize::from(count).saturating_sub(words.len());
            let there = block.get(usize::from(slot.offset)..).unwrap_or_default();
            let taken = there.get(..wanted).unwrap_or(there);
            if taken.is_empty() || words.extend_from_slice(taken).is_err() {
                return Err(ADDRESS);
            }
            let step = u16::try_from(taken.len()).unwrap_or(u16::MAX);
            match address.checked_add(step) {
                Some(next) => address = next,
                // Behind the last register of all.
                None if words.len() == usize::from(count) => break,
                None => return Err(ADDRESS),
            }
        }
        Ok(words)
    }

    /// All words of a slot; none where there is nothing at this address. `at` is the record of the
    /// window that was looked at before, with its place, so that a read walks the window once.
    fn render(&self, slot: Slot, view: &View<'_>, at: &mut Option<(u16, u32)>, block: &mut Block) {
        let Slot { content, number: id, entry, .. } = slot;
        let point = |id: u16| cellward_params::point::POINTS.get(usize::from(id.saturating_sub(1)));
        match content {
            Content::Identity => identity(view, block),
            Content::Areas => {
                if let Some(area) = AREAS.get(usize::from(id)) {
                    put(block, &[area.base, area.stride, area.first, area.count]);
                }
            }
            Content::Result => commands::put_answer(block, self.last.as_ref()),
            // To write only.
            Content::Command | Content::Group => {}
            Content::Cursor => put_u32(block, self.cursor),
            Content::Records => self.record(id, view.records, at, block),
            Content::Units => {
                if let Some(unit) = u8::try_from(id).ok().and_then(Unit::from_code) {
                    directory::unit(unit, block);
                }
            }
            Content::Commands => {
                let place = usize::from(id.saturating_sub(1));
                if let Some(row) = cellward_params::command::COMMANDS.get(place) {
                    directory::command(row, block);
                }
            }
            Content::Heads => {
                if let Some(row) = point(id) {
                    put_i32(block, points::head(row.point, view.snapshot));
                }
            }
            Content::System | Content::Limits => {
                let raw = view.config.raw(ParamId(id)).map(i64::from);
                put_i32(block, number(raw.ok_or(cellward_units::NoData::NotFitted)));
            }
            Content::Bodies => {
                if let Some(row) = point(id).filter(|row| !LISTS.contains(&row.point)) {
                    points::body(row.point, view.snapshot, block);
                }
            }
            Content::Lists => {
                let list: Option<&Point> = LISTS.get(usize::from(id));
                if let Some(&list) = list.filter(|&&list| entry < most_entries(list)) {
                    points::entry(list, entry, view.snapshot, block);
                }
            }
            Content::PointRows => {
                if let Some(row) = point(id) {
                    directory::point(row, block);
                }
            }
            Content::SystemRows => {
                if let Some(row) = Parameter::find(ParamId(id)) {
                    directory::system(row, view.config, block);
                }
            }
            Content::FaultRows => {
                if let Some(fault) = Fault::from_code(id) {
                    directory::fault(fault, block);
                }
            }
            Content::LimitRows => directory::limit(ParamId(id), view.config, block),
        }
    }

    /// A record of the window; zeros behind the newest.
    fn record(
        &self,
        place: u16,
        records: &dyn Records,
        at: &mut Option<(u16, u32)>,
        block: &mut Block,
    ) {
        let (mut next, mut after) = match *at {
            Some((looked_at, sequence)) if looked_at < place => {
                (looked_at.saturating_add(1), sequence)
            }
            _ => (0, self.cursor),
        };
        while next <= place {
            let Some(record) = records.after(after) else {
                break;
            };
            after = record.sequence;
            *at = Some((next, after));
            if next == place {
                records::encode(&record, block);
            }
            next = next.saturating_add(1);
        }
        fill(block, RECORD);
    }

    /// What a write wants.
    fn write(
        &mut self,
        start: u16,
        words: &[u16],
        request: &Request,
    ) -> Result<Outcome<Reply>, u8> {
        Ok(Outcome::Wish(match written(start, words)? {
            Written::Command(command) => Wish::command(command),
            Written::Parameters(group) => Wish::Write(group),
            Written::Cursor(after) => {
                self.cursor = after;
                return Ok(Outcome::Reply(reply_to(request)));
            }
        }))
    }
}

/// The reply to a write that was done.
fn reply_to(request: &Request) -> Reply {
    match request {
        Request::WriteMany { start, words, .. } => {
            Reply::WroteMany { start: *start, count: u16::try_from(words.len()).unwrap_or(0) }
        }
        other => Reply::Exception { function: other.function(), code: FUNCTION },
    }
}

/// Who this is, and what a poll should look at first.
fn identity(view: &View<'_>, block: &mut Block) {
    let rows = |content: Content| Area::of(content).count;
    let parameters = cellward_params::Config::ids().count();
    put(block, &MAGIC);
    put(block, &VERSION);
    put(
        block,
        &[
            rows(Content::Heads),
            rows(Content::System),
            u16::try_from(parameters).unwrap_or(u16::MAX),
            rows(Content::FaultRows),
            rows(Content::Commands),
            rows(Content::Units),
            WINDOW,
            u16::try_from(AREAS.len()).unwrap_or(u16::MAX),
        ],
    );
    put_i32(block, points::head(Point::Uptime, view.snapshot));
    put_u32(block, view.records.newest().unwrap_or(0));
    put_u32(block, view.records.after(0).map_or(0, |oldest| oldest.sequence));
    put_u32(block, view.config.crc());
    fill(block, 32);
}
