//! The board's side: registers out of the view, writes as wishes.
//!
//! These dialects have no word for "no" that any board was ever heard to use, so what cannot be
//! answered stays silent: unknown registers, other functions, writes that make no sense and writes
//! that the core refuses.

use cellward_params::Refusal;
use cellward_wire::modbus::{Area, Reply, Request};

use super::{Dialect, answer, p81, write};
use crate::port::Outcome;
use crate::view::View;

/// What a board remembers between two requests: nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session;

impl Session {
    pub(crate) const fn new() -> Self {
        Self
    }

    /// What a request to this board asks for.
    pub(crate) fn handle(
        &mut self,
        dialect: Dialect,
        request: &Request,
        view: &View<'_>,
    ) -> Outcome<Reply> {
        match request {
            Request::Read { area: Area::Holding, start, count } => {
                match answer::words(dialect, *start, *count, view) {
                    Some(words) => Outcome::Reply(Reply::Words { area: Area::Holding, words }),
                    None => Outcome::Silent,
                }
            }
            Request::WriteMany { start, .. }
                if dialect == Dialect::P81 && *start == p81::PROBE.0 =>
            {
                let (start, count) = p81::PROBE;
                Outcome::Reply(Reply::WroteMany { start, count })
            }
            request => match write::wish(dialect, request) {
                Some(wish) => Outcome::Wish(wish),
                None => Outcome::Silent,
            },
        }
    }

    /// The reply to a write that the core has answered; a refused one stays silent.
    pub(crate) fn answered(
        &mut self,
        request: &Request,
        result: Result<(), Refusal>,
    ) -> Option<Reply> {
        result.ok()?;
        match request {
            Request::WriteOne { register, value } => {
                Some(Reply::WroteOne { register: *register, value: *value })
            }
            Request::WriteMany { start, words, .. } => {
                let count = u16::try_from(words.len()).ok()?;
                Some(Reply::WroteMany { start: *start, count })
            }
            Request::Read { .. } | Request::Other { .. } | Request::Miscounted { .. } => None,
        }
    }
}
