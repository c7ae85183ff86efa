//! What goes into a record besides its circumstances.

use cellward_params::record::{Changes, Happening, RecordKind, ReleaseReason, Subject};
use cellward_params::{Record, Role, ShortText};
use cellward_units::{Duration, Instant};

/// One line of the story.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) kind: RecordKind,
    pub(crate) subject: Subject,
    pub(crate) index: Option<u8>,
    pub(crate) value: Option<i32>,
    pub(crate) limit: Option<i32>,
    pub(crate) lasted: Duration,
    pub(crate) release: Option<ReleaseReason>,
    pub(crate) role: Option<Role>,
    /// Why somebody unlocked, in his words.
    pub(crate) reason: Option<ShortText>,
    /// What a parameter write changed.
    pub(crate) changes: Option<Changes>,
}

impl Line {
    /// A line about something without a threshold.
    pub(crate) const fn plain(kind: RecordKind, happening: Happening) -> Self {
        Self {
            kind,
            subject: Subject::Happening(happening),
            index: None,
            value: None,
            limit: None,
            lasted: Duration::ZERO,
            release: None,
            role: None,
            reason: None,
            changes: None,
        }
    }

    /// The same on somebody's request.
    pub(crate) const fn by(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// The same with a value.
    pub(crate) const fn with_value(self, value: i32) -> Self {
        Self { value: Some(value), ..self }
    }

    /// The same about one of several.
    pub(crate) const fn with_index(self, index: u8) -> Self {
        Self { index: Some(index), ..self }
    }

    /// As a record at `at`, still without its number and its circumstances.
    pub(super) const fn record(&self, at: Instant) -> Record {
        let release = match (self.kind, self.reason) {
            // Who gives a reason unlocks.
            (RecordKind::Lock, Some(_)) => Some(ReleaseReason::Installer),
            _ => self.release,
        };
        Record {
            index: self.index,
            value: self.value,
            limit: self.limit,
            lasted: self.lasted,
            release,
            role: self.role,
            ..Record::new(0, at, self.kind, self.subject)
        }
    }
}
