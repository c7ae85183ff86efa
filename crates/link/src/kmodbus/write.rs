//! What a write asks for.

use cellward_params::Command;
use cellward_wire::modbus::Request;
use heapless::Vec;

use super::Dialect;
use crate::view::{Group, Wish};

/// The wish of a write; `None` where nothing here can be written, so that the board stays silent.
///
/// Registers of several settings are one group, all or none. Settings and commands in one write,
/// a part of a value, or one register without a meaning among others make it nothing.
pub(super) fn wish(dialect: Dialect, request: &Request) -> Option<Wish> {
    match request {
        Request::WriteOne { register, value } => of_words(dialect, *register, &[*value]),
        Request::WriteMany { start, words, .. } => of_words(dialect, *start, words),
        Request::Read { .. } | Request::Other { .. } | Request::Miscounted { .. } => None,
    }
}

fn of_words(dialect: Dialect, start: u16, words: &[u16]) -> Option<Wish> {
    let mut group = Group::new();
    let mut commands: Vec<Command, 2> = Vec::new();
    let mut register = start;
    let mut rest = words;
    while !rest.is_empty() {
        let row = dialect.row(register).filter(|row| row.is_writable())?;
        if row.register != register {
            return None;
        }
        let (own, behind) = rest.split_at_checked(usize::from(row.words))?;
        if let Some(command) = row.meaning.command(own) {
            commands.push(command).ok()?;
        } else {
            let raw = match *own {
                [word] => word.into(),
                [high, low] => u32::from(high).wrapping_shl(16) | u32::from(low),
                _ => return None,
            };
            let settings = row.meaning.settings(raw);
            if settings.is_empty() {
                return None;
            }
            group.extend_from_slice(&settings).ok()?;
        }
        register = row.end();
        rest = behind;
    }
    match (group.is_empty(), commands.is_empty()) {
        (false, true) => Some(Wish::Write(group)),
        (true, false) => Some(Wish::Commands(commands)),
        _ => None,
    }
}
