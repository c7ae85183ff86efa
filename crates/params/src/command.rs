//! What can be asked of a board, who may ask, and how it answers.
//!
//! A session turns bytes into a [`Request`]; the core answers with an [`Answer`] that carries the
//! same id. Reads never come here: they are answered from the snapshot.

use core::fmt;

use cellward_units::Ratio;

use crate::{Busy, Chemistry, DateTime, Fault, ParamId, Password, PortId, Role, ShortText, Switch};

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
    /// Take the lock of a fault away. The fault itself keeps its switch open until it has
    /// recovered by its own rule.
    Unlock {
        /// The fault that locked.
        fault: Fault,
        /// Why, in the words of whoever unlocks; must not be empty. Kept in the record.
        reason: ShortText,
    },
    /// For a day, and at no more than a twentieth of the capacity per hour: charge a pack that
    /// under-voltage locked, or use one whose cells differ too much.
    Override(Fault),
    /// Take note of a fault that waits for it.
    Acknowledge(Fault),
    /// Confirm chemistry, cell count and taps, so that the switches may close.
    Commission {
        /// What the cells are.
        chemistry: Chemistry,
        /// How many there are.
        cells: u8,
        /// Whether cells outside of the window for new cells are accepted.
        outside_window: bool,
    },
    /// Learn the zero of the current now; both switches must be open.
    LearnZero,
    /// Start anew, as after a loss of power: both switches open first.
    Restart,
    /// Take back every parameter to its default. The pack must be commissioned again, so both
    /// switches open.
    FactoryReset,
    /// Say what time it is.
    SetClock(DateTime),
    /// Blink both lights for ten seconds, so that a person finds this board among others.
    Identify,
    /// Sleep now, until something wakes the board. Refused while current flows or a charger is
    /// there.
    Sleep,
    /// Speak as the owner on this port from now on, until it falls quiet or somebody logs out.
    Login(Password),
    /// No longer speak as the owner on this port.
    Logout,
    /// Set the owner's password; the one that boards leave the factory with takes it away again.
    SetPassword(Password),
}

/// One row of the commands table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommandRow {
    /// The stable number; never reused.
    pub id: u16,
    /// The stable lower-case key.
    pub key: &'static str,
    /// The least role that may ask.
    pub role: Role,
    /// What it takes, for a person.
    #[cfg(feature = "text")]
    pub arguments: &'static str,
    /// What it does, for a person.
    #[cfg(feature = "text")]
    pub help: &'static str,
}

macro_rules! commands {
    ($($variant:ident $pattern:tt: $id:literal, $key:literal, $role:ident, $arguments:literal,
       $help:literal;)*) => {
        /// The commands table, in the order of the ids.
        pub const COMMANDS: &[CommandRow] = &[$(CommandRow {
            id: $id,
            key: $key,
            role: Role::$role,
            #[cfg(feature = "text")]
            arguments: $arguments,
            #[cfg(feature = "text")]
            help: $help,
        }),*];

        impl Command {
            /// The stable number of this command.
            #[must_use]
            pub const fn id(&self) -> u16 {
                // Every variant must be here: a command without a row does not compile.
                match self {
                    $(Self::$variant $pattern => $id,)*
                }
            }
        }
    };
}

// variant and its arguments, id, key, least role, arguments and help for people.
commands! {
    AllowSwitch { .. }: 1, "allow_switch", User,
        "the switch, and whether it may close",
        "Allows or forbids a switch to close; the protection still decides.";
    SetSoc (..): 2, "set_soc", Installer,
        "the state of charge, 0 to 100 %",
        "Says what the state of charge is; the shown figure follows slowly.";
    Unlock { .. }: 3, "unlock", Installer,
        "the fault, and the reason in words",
        "Takes the lock of a fault away; the fault still keeps its switch open until it has recovered.";
    Override (..): 4, "override", Installer,
        "the fault: deep_under_voltage or cell_difference",
        "For 24 h and at most 0.05 C: a recovery charge, or work with unequal cells.";
    Acknowledge (..): 5, "acknowledge", Installer,
        "the fault",
        "Takes note of a fault that waits for it.";
    Commission { .. }: 6, "commission", Installer,
        "chemistry, cell count, and whether cells outside of the window are accepted",
        "Confirms what the pack is made of, so that the switches may close.";
    LearnZero {}: 7, "learn_zero", Installer,
        "nothing",
        "Learns the zero of the current; both switches must be open.";
    Restart {}: 8, "restart", Installer,
        "nothing",
        "Starts anew, as after a loss of power: both switches open first.";
    FactoryReset {}: 9, "factory_reset", Installer,
        "nothing",
        "Takes every parameter back to its default; the pack must be commissioned again.";
    SetClock (..): 10, "set_clock", User,
        "date and time",
        "Says what time it is; nothing but the story depends on it.";
    Identify {}: 11, "identify", User,
        "nothing",
        "Blinks both lights for ten seconds.";
    Sleep {}: 12, "sleep", Installer,
        "nothing",
        "Sleeps now, until something wakes the board; not while current flows or a charger is there.";
    Login (..): 13, "login", User,
        "the owner's password",
        "Speaks as installer on this port until ten minutes without a request have passed.";
    Logout {}: 14, "logout", User,
        "nothing",
        "Speaks as user on this port again.";
    SetPassword (..): 15, "set_password", Installer,
        "the new password, of 6 to 16 characters; 123456 for none",
        "Sets the owner's password: without it, ports then speak as user.";
}

impl Command {
    /// The row of this command.
    #[must_use]
    pub fn row(&self) -> &'static CommandRow {
        // Ids count from 1 in the order of the table (tested).
        COMMANDS.get(usize::from(self.id()).saturating_sub(1)).unwrap_or(&FIRST)
    }

    /// The least role that may ask for this.
    #[must_use]
    pub fn role(&self) -> Role {
        self.row().role
    }

    /// The stable lower-case key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.row().key
    }
}

/// The first row, for the lookup that cannot miss.
const FIRST: CommandRow = match COMMANDS.first() {
    Some(row) => *row,
    None => unreachable!(),
};

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
    /// Nobody sets this parameter: it is fixed, or the board sets it itself.
    Fixed(ParamId),
    /// The value lies outside of the parameter's range.
    OutOfRange {
        /// Smallest raw value.
        min: i32,
        /// Largest raw value.
        max: i32,
    },
    /// The value breaks a relation between parameters; nothing was changed.
    Relation {
        /// Number of the rule in the production table, §11.1.
        rule: u8,
        /// The parameter that breaks it.
        parameter: ParamId,
    },
    /// The value is beyond what this role may set.
    Cap {
        /// The parameter.
        parameter: ParamId,
        /// The furthest that the role may go.
        limit: i32,
        /// The role that may go further.
        needed: Role,
    },
    /// Both switches must be open first.
    SwitchesClosed,
    /// The taps that carry a voltage are not as many as the cells that were named.
    LiveTaps {
        /// Cells that were named.
        named: u8,
        /// Cells that carry a voltage.
        live: u8,
    },
    /// A cell lies outside of the window for new cells.
    OutsideWindow {
        /// The cell, counted from 0.
        cell: u8,
    },
    /// The fault is not there, or does not wait for this.
    NothingToDo(Fault),
    /// A reason in words is missing.
    ReasonMissing,
    /// A reading that is needed for this is missing.
    NoReading,
    /// The board cannot do this.
    NotSupported,
    /// This is not the password.
    WrongPassword,
    /// Too many wrong passwords came on this port: none is looked at for a while.
    TooManyTries {
        /// For how long, in seconds.
        seconds: u16,
    },
    /// The password may be changed only by whoever has given it on the same port.
    LoginFirst,
    /// The board cannot sleep now.
    Busy(Busy),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { needed } => write!(f, "needs the role {}", needed.key()),
            Self::UnknownParameter(id) => write!(f, "there is no parameter {:#06x}", id.0),
            Self::Fixed(id) => write!(f, "parameter {:#06x} cannot be set", id.0),
            Self::OutOfRange { min, max } => write!(f, "must lie between {min} and {max}"),
            Self::Relation { rule, parameter } => {
                write!(f, "breaks rule {rule} between parameters at {:#06x}", parameter.0)
            }
            Self::Cap { parameter, limit, needed } => write!(
                f,
                "parameter {:#06x} may go to {limit} only; further needs the role {}",
                parameter.0,
                needed.key()
            ),
            Self::SwitchesClosed => f.write_str("both switches must be open first"),
            Self::LiveTaps { named, live } => {
                write!(f, "{named} cells were named, but {live} carry a voltage")
            }
            Self::OutsideWindow { cell } => write!(
                f,
                "cell {} lies outside of the window for new cells",
                cell.saturating_add(1)
            ),
            Self::NothingToDo(fault) => {
                write!(f, "{} is not there or does not wait for this", fault.key())
            }
            Self::ReasonMissing => f.write_str("a reason in words is needed"),
            Self::NoReading => f.write_str("a reading that this needs is missing"),
            Self::NotSupported => f.write_str("this board cannot do that"),
            Self::WrongPassword => f.write_str("this is not the password"),
            Self::TooManyTries { seconds } => {
                write!(f, "too many wrong passwords: none is looked at for {seconds} s")
            }
            Self::LoginFirst => f.write_str("needs a login with the password that is set now"),
            Self::Busy(why) => f.write_str(match why {
                Busy::SelfTest => "it tests itself and cannot sleep yet",
                Busy::Current => "it cannot sleep while current flows",
                Busy::Charger => "it cannot sleep while a charger is there",
                Busy::OneSwitch => "it cannot sleep while one switch alone is open",
                Busy::Alarm => "it does not sleep during the first day of a fault like this",
            }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_from_one_and_lead_to_their_row() {
        for (place, row) in COMMANDS.iter().enumerate() {
            assert_eq!(usize::from(row.id), place + 1, "{}", row.key);
        }
        let allow = Command::AllowSwitch { switch: Switch::Charge, allowed: true };
        assert_eq!((allow.key(), allow.role()), ("allow_switch", Role::User));
        let set = Command::SetSoc(Ratio::ONE);
        assert_eq!((set.key(), set.role()), ("set_soc", Role::Installer));
    }
}
