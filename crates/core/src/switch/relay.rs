//! One commanded switch. Opening is always allowed; closing needs a permit, and the type leaves
//! no other way.

use cellward_units::Instant;

use crate::protect::Permit;

/// The command for one switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Relay {
    closed: bool,
}

impl Relay {
    /// The safe state.
    pub(crate) const OPEN: Self = Self { closed: false };

    pub(crate) const fn closed(self) -> bool {
        self.closed
    }

    /// Opens.
    pub(crate) const fn open(&mut self) {
        self.closed = false;
    }

    /// Closes, or keeps closed, if the permit allows it; opens if it does not.
    pub(crate) fn close(&mut self, permit: &Permit, now: Instant) {
        self.closed = permit.allows(self.closed, now);
    }
}
