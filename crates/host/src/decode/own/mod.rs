//! What registers of our own map say: points, parameters, records and answers by their keys. Where
//! each stands and what its words are is the map's, in `cellward_link::modbus`; nothing of it is
//! spelled again here.
//!
//! Records, long lists and texts are read in pieces, so what was read before is remembered until it
//! is read again.

mod read;

use std::collections::BTreeMap;

use cellward_link::modbus::MAGIC;
use cellward_link::modbus::layout::{Area, Content, LISTS, entry_size, slot};
use cellward_link::modbus::written::{Written, written};

use self::read::Read;
use super::blocks::Guess;
use super::put;
use super::registers::{Said, Told};
use crate::settings;

/// Registers as each board said them last.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    boards: BTreeMap<u8, BTreeMap<u16, u16>>,
}

/// Where a reply may begin whose request is not there: only the first words of all tell what they
/// are.
pub(super) fn guess(words: &[u16]) -> Guess {
    let starts = if words.starts_with(&MAGIC) { vec![0] } else { Vec::new() };
    Guess { starts, plausible: true }
}

impl Memory {
    /// Remembers registers that were read. What begins with them is read anew, so its end that was
    /// read before is forgotten.
    pub(super) fn keep(&mut self, board: u8, start: u16, words: &[u16]) {
        let image = self.boards.entry(board).or_default();
        for (address, &word) in (start..=u16::MAX).zip(words) {
            if let Some(place) = slot(address).filter(|place| (place.entry, place.offset) == (0, 0))
                && matches!(place.content, Content::Bodies | Content::Lists | Content::Records)
            {
                let size = Area::of(place.content).stride;
                forget(image, address, size);
            }
            image.insert(address, word);
        }
    }

    /// What a write wants. A moved cursor puts other records into the window.
    pub(super) fn written(&mut self, board: u8, function: u8, start: u16, words: &[u16]) -> Said {
        let mut said = Said::default();
        if function != cellward_wire::modbus::function::WRITE_MANY {
            said.lines.push("one register is half a number, which no board takes".to_owned());
            return said;
        }
        match written(start, words) {
            Ok(Written::Command(command)) => said.order(&command),
            Ok(Written::Parameters(group)) => {
                said.values = group
                    .iter()
                    .map(|&(id, raw)| (settings::key(id), settings::json(id, raw)))
                    .collect();
            }
            Ok(Written::Cursor(after)) => {
                let area = Area::of(Content::Records);
                if let Some(image) = self.boards.get_mut(&board) {
                    forget(image, area.base, area.end() - area.base);
                }
                put(&mut said.notes, "records_after", after);
                said.lines.push(format!("the records after number {after} are wanted"));
            }
            Err(2) => said.lines.push("nothing of this map is written there".to_owned()),
            Err(_) => said.lines.push("nothing that could be done".to_owned()),
        }
        said
    }

    /// Takes registers in that were read, and kept before.
    pub(super) fn hear(&self, start: u16, words: &[u16], told: &mut Told) {
        let empty = BTreeMap::new();
        let image = self.boards.get(&told.board).unwrap_or(&empty);
        let read = Read { start, words, image };
        let mut described: Vec<(Content, u16, u16)> = Vec::new();
        let mut foreign: Option<(u16, u16)> = None;
        let (mut at, end) = (u32::from(start), u32::from(start) + count(words.len()));
        while let Some(address) = u16::try_from(at).ok().filter(|_| at < end) {
            let Some(slot) = slot(address) else {
                foreign = Some((foreign.map_or(address, |(first, _)| first), address));
                at += 1;
                continue;
            };
            let stride = match slot.content {
                Content::Lists => {
                    LISTS.get(usize::from(slot.number)).map_or(1, |&list| entry_size(list))
                }
                content => Area::of(content).stride,
            };
            let begin = address - slot.offset;
            read.slot(slot, begin, told, &mut described);
            at = u32::from(begin) + u32::from(stride);
        }
        for (content, first, last) in described {
            told.lines.push(format!("directory: {}, {first} to {last}", title(content)));
        }
        if let Some((first, last)) = foreign {
            told.lines.push(format!("0x{first:04X} to 0x{last:04X}: no registers of this map"));
        }
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn forget(image: &mut BTreeMap<u16, u16>, first: u16, count: u16) {
    let gone: Vec<u16> =
        image.range(first..first.saturating_add(count)).map(|(&address, _)| address).collect();
    for address in gone {
        image.remove(&address);
    }
}

/// What a directory describes.
const fn title(content: Content) -> &'static str {
    match content {
        Content::Areas => "areas",
        Content::Units => "units",
        Content::Commands => "commands",
        Content::PointRows => "points",
        Content::SystemRows => "system parameters",
        Content::FaultRows => "faults",
        Content::LimitRows => "limits",
        _ => "registers",
    }
}
