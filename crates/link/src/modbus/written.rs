//! What a write of registers means, before anybody has judged whether it may be.

use cellward_params::{Command, ParamId};

use super::commands;
use super::layout::{Content, parameter_at, slot};
use super::number::Reader;
use crate::view::{GROUP, Group};

/// Exception: the address does not exist.
pub(super) const ADDRESS: u8 = 2;
/// Exception: the value is refused.
pub(super) const VALUE: u8 = 3;

/// What a write wants.
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one write")]
#[derive(Clone, PartialEq, Debug)]
pub enum Written {
    /// Something is to be done.
    Command(Command),
    /// Parameters are to be set, all or nothing. Their numbers are not judged.
    Parameters(Group),
    /// The records behind this sequence number are to be in the window.
    Cursor(u32),
}

/// What the write of these words, from this address on, wants.
///
/// # Errors
///
/// The exception that a board answers it with: 2 where nothing is written, 3 for words that cannot
/// be.
pub fn written(start: u16, words: &[u16]) -> Result<Written, u8> {
    let slot = slot(start).filter(|slot| slot.offset == 0).ok_or(ADDRESS)?;
    Ok(match slot.content {
        Content::Command => Written::Command(commands::decode(words).ok_or(VALUE)?),
        Content::Group => Written::Parameters(scattered(words).ok_or(VALUE)?),
        Content::System | Content::Limits => Written::Parameters(side_by_side(start, words)?),
        Content::Cursor => {
            let mut reader = Reader(words);
            Written::Cursor(reader.u32().filter(|_| reader.0.is_empty()).ok_or(VALUE)?)
        }
        _ => return Err(ADDRESS),
    })
}

/// A group of parameters by id: three registers each.
fn scattered(words: &[u16]) -> Option<Group> {
    let mut group = Group::new();
    let mut reader = Reader(words);
    while !reader.0.is_empty() {
        group.push((ParamId(reader.word()?), reader.i32()?)).ok()?;
    }
    (!group.is_empty()).then_some(group)
}

/// A group of parameters that stand side by side: two registers each. Holes are passed on, and the
/// core refuses them by name.
fn side_by_side(start: u16, words: &[u16]) -> Result<Group, u8> {
    if words.is_empty() || words.len() > GROUP.saturating_mul(2) {
        return Err(VALUE);
    }
    let mut group = Group::new();
    let mut reader = Reader(words);
    let mut address = start;
    while !reader.0.is_empty() {
        let id = parameter_at(address).ok_or(ADDRESS)?;
        let raw = reader.i32().ok_or(VALUE)?;
        group.push((id, raw)).map_err(|_| VALUE)?;
        address = address.saturating_add(2);
    }
    Ok(group)
}
