//! The board's side: registers out of the view, writes as wishes.

use cellward_params::Refusal;
use cellward_wire::modbus::{Reply, Request};

use crate::port::Outcome;
use crate::view::View;

/// What a board remembers between two requests: nothing so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session;

impl Session {
    pub(crate) const fn new() -> Self {
        Self
    }

    /// What a request to this board asks for.
    pub(crate) fn handle(&mut self, _request: &Request, _view: &View<'_>) -> Outcome<Reply> {
        Outcome::Silent
    }

    /// The reply to a write that the core has answered.
    pub(crate) fn answered(&mut self, request: &Request, _result: Result<(), Refusal>) -> Reply {
        Reply::Exception { function: request.function(), code: 4 }
    }
}
