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
    /// 0x10, 0x19 to 0x20: write what the command 0x40 above reads, in the same layout. Never seen
    /// on a wire: inferred from 0x21, which writes what 0x61 reads (I).
    SetLimits {
        /// The command that reads what this writes.
        read: u8,
        /// The eight bytes as that command would answer them.
        payload: [u8; PAYLOAD_LEN],
    },
}

/// How far a command that writes lies below the one that reads the same.
const BELOW: u8 = 0x40;

/// The commands whose layout can be written, if the inference holds.
const WRITABLE: [u8; 9] = [
    command::RATED,
    command::CELL_LIMITS,
    command::PACK_LIMITS,
    command::CURRENT_LIMITS,
    command::TEMPERATURE_LIMITS,
    command::SOC_LIMITS,
    command::DIFFERENCE_LIMITS,
    command::BALANCE_SETTINGS,
    command::SHORT_CIRCUIT,
];

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
            command => {
                match WRITABLE.into_iter().find(|&read| read.saturating_sub(BELOW) == command) {
                    Some(read) => Self::SetLimits { read, payload: *payload },
                    None => Self::Read { command, padding: *payload },
                }
            }
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
            Self::SetLimits { read, payload } => (read.saturating_sub(BELOW), *payload),
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
            Self::SetLimits { read, payload } => {
                write!(f, "set {}", super::Reply::parse(*read, payload))
            }
        }
    }
}
