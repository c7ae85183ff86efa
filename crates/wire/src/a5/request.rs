//! What a host asks.

use core::fmt;

use super::{ClockAndSoc, Message, PAYLOAD_LEN, SwitchWord, command};

/// A request by its meaning. Parsing never fails: what is not a known write is a read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// Read a command's values. The padding means nothing (0x00 and 0xAA are seen, boards ignore
    /// it) and is kept.
    Read {
        /// What to read.
        command: u8,
        /// The eight bytes that mean nothing.
        padding: [u8; PAYLOAD_LEN],
    },
    /// 0xD9: allow or forbid the discharge switch. 1 is on (B; one vendor page states the
    /// opposite, all captures contradict it).
    SetDischarge(SwitchWord),
    /// 0xDA: allow or forbid the charge switch; as above.
    SetCharge(SwitchWord),
    /// 0x00: restart the board (B).
    Restart {
        /// The eight bytes that mean nothing.
        padding: [u8; PAYLOAD_LEN],
    },
    /// 0x21: set the clock and the SOC (B).
    SetClockAndSoc(ClockAndSoc),
}

impl Request {
    /// A read with the usual padding of zeros.
    #[must_use]
    pub const fn read(command: u8) -> Self {
        Self::Read { command, padding: [0; PAYLOAD_LEN] }
    }

    /// The meaning of a host's message.
    #[must_use]
    pub fn parse(message: &Message) -> Self {
        let payload = &message.payload;
        match message.command {
            command::SET_DISCHARGE => Self::SetDischarge(SwitchWord::parse(payload)),
            command::SET_CHARGE => Self::SetCharge(SwitchWord::parse(payload)),
            command::RESTART => Self::Restart { padding: *payload },
            command::SET_CLOCK => Self::SetClockAndSoc(ClockAndSoc::parse(payload)),
            command => Self::Read { command, padding: *payload },
        }
    }

    /// The message that a host at `address` sends.
    #[must_use]
    pub fn message(&self, address: u8) -> Message {
        let (command, payload) = match self {
            Self::Read { command, padding } => (*command, *padding),
            Self::SetDischarge(word) => (command::SET_DISCHARGE, word.payload()),
            Self::SetCharge(word) => (command::SET_CHARGE, word.payload()),
            Self::Restart { padding } => (command::RESTART, *padding),
            Self::SetClockAndSoc(clock) => (command::SET_CLOCK, clock.payload()),
        };
        Message { address, command, payload }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { command, .. } => write!(f, "read {command:#04X}"),
            Self::SetDischarge(word) => write!(f, "discharge switch {word}"),
            Self::SetCharge(word) => write!(f, "charge switch {word}"),
            Self::Restart { .. } => f.write_str("restart"),
            Self::SetClockAndSoc(clock) => write!(f, "set {clock}"),
        }
    }
}
