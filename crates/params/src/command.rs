//! What can be asked of a board, who may ask, and how it answers.
//!
//! A session turns bytes into a [`Request`]; the core answers with an [`Answer`] that carries the
//! same id. Reads never come here: they are answered from the snapshot.

use core::fmt;

use cellward_units::Ratio;

use crate::{ParamId, PortId, Role, Switch};

/// A command with its arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Command {
    /// Allow (`true`) or forbid (`false`) a switch to close. Never closes by itself: the
    /// protection still decides.
    AllowSwitch {
        /// Which one.
        switch: Switch,
        /// Whether it may close.
        allowed: bool,
    },
    /// Say what the state of charge is.
    SetSoc(Ratio),
}

impl Command {
    /// The least role that may ask for this.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::AllowSwitch { .. } => Role::User,
            Self::SetSoc(_) => Role::Installer,
        }
    }

    /// The stable lower-case key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::AllowSwitch { .. } => "allow_switch",
            Self::SetSoc(_) => "set_soc",
        }
    }
}

/// What a request wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Carry out a command.
    Command(Command),
    /// Store a raw parameter value, in the unit of its row.
    Write {
        /// Which parameter.
        parameter: ParamId,
        /// The raw value.
        raw: i32,
    },
}

/// A request on its way from a session to the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Chosen by the session; comes back in the answer.
    pub id: u16,
    /// The port it came in on.
    pub port: PortId,
    /// As whom the asker speaks.
    pub role: Role,
    /// What is asked.
    pub action: Action,
}

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The asker's role is too low.
    Role {
        /// The least role that may ask.
        needed: Role,
    },
    /// There is no such parameter.
    UnknownParameter(ParamId),
    /// The value lies outside of the parameter's range.
    OutOfRange {
        /// Smallest raw value.
        min: i32,
        /// Largest raw value.
        max: i32,
    },
    /// The board cannot do this.
    NotSupported,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { needed } => write!(f, "needs the role {}", needed.key()),
            Self::UnknownParameter(id) => write!(f, "there is no parameter {:#06x}", id.0),
            Self::OutOfRange { min, max } => write!(f, "must lie between {min} and {max}"),
            Self::NotSupported => f.write_str("this board cannot do that"),
        }
    }
}

impl core::error::Error for Refusal {}

/// The core's word on a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The id of the request.
    pub id: u16,
    /// The port of the request.
    pub port: PortId,
    /// Done, or why not.
    pub result: Result<(), Refusal>,
}
