//! The frame itself: a checked view over borrowed bytes, and the message that owns its content.

use core::fmt;

use super::{FIRST_HOST, FRAME_LEN, PAYLOAD_LEN, START, addressed_board};

/// Why bytes are not a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FrameError {
    /// There are fewer than 13 bytes.
    TooShort {
        /// How many there are.
        have: usize,
    },
    /// The first byte is not 0xA5.
    NoStart {
        /// What it is.
        found: u8,
    },
    /// The length byte is not 8.
    WrongLength {
        /// What it is.
        found: u8,
    },
    /// The check byte does not fit the rest.
    WrongCheck {
        /// The byte that was sent.
        sent: u8,
        /// The sum of what was received.
        computed: u8,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { have } => write!(f, "cut short: {have} of {FRAME_LEN} bytes"),
            Self::NoStart { found } => write!(f, "starts with {found:02X} instead of A5"),
            Self::WrongLength { found } => write!(f, "length byte is {found:02X} instead of 08"),
            Self::WrongCheck { sent, computed } => {
                write!(f, "check byte is {sent:02X} but the bytes add up to {computed:02X}")
            }
        }
    }
}

impl core::error::Error for FrameError {}

/// A view over 13 bytes whose start, length and check are right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    bytes: &'a [u8; FRAME_LEN],
}

impl<'a> Frame<'a> {
    /// Looks at the first 13 bytes of `bytes`; what follows them is ignored.
    ///
    /// # Errors
    ///
    /// Says which part of the frame is wrong, the earliest first.
    pub fn new_checked(bytes: &'a [u8]) -> Result<Self, FrameError> {
        if let Some(&found) = bytes.first()
            && found != START
        {
            return Err(FrameError::NoStart { found });
        }
        if let Some(&found) = bytes.get(3)
            && found != 8
        {
            return Err(FrameError::WrongLength { found });
        }
        let Some(bytes) = bytes.first_chunk::<FRAME_LEN>() else {
            return Err(FrameError::TooShort { have: bytes.len() });
        };
        let computed = sum(bytes);
        let [.., sent] = *bytes;
        if sent != computed {
            return Err(FrameError::WrongCheck { sent, computed });
        }
        Ok(Self { bytes })
    }

    /// The address: the host's in a request, the board's number in a reply.
    #[must_use]
    pub const fn address(&self) -> u8 {
        let [_, address, ..] = *self.bytes;
        address
    }

    /// The command.
    #[must_use]
    pub const fn command(&self) -> u8 {
        let [_, _, command, ..] = *self.bytes;
        command
    }

    /// The eight bytes of payload.
    #[must_use]
    pub const fn payload(&self) -> [u8; PAYLOAD_LEN] {
        let [_, _, _, _, a, b, c, d, e, f, g, h, _] = *self.bytes;
        [a, b, c, d, e, f, g, h]
    }

    /// The content as a value of its own.
    #[must_use]
    pub const fn message(&self) -> Message {
        Message { address: self.address(), command: self.command(), payload: self.payload() }
    }
}

/// What a frame says, without start, length and check, which follow from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// The address: the host's in a request, the board's number in a reply.
    pub address: u8,
    /// The command.
    pub command: u8,
    /// The payload, unused bytes included.
    pub payload: [u8; PAYLOAD_LEN],
}

impl Message {
    /// The frame as sent.
    #[must_use]
    pub fn emit(&self) -> [u8; FRAME_LEN] {
        let [a, b, c, d, e, f, g, h] = self.payload;
        let mut bytes = [START, self.address, self.command, 8, a, b, c, d, e, f, g, h, 0];
        let check = sum(&bytes);
        if let Some(last) = bytes.last_mut() {
            *last = check;
        }
        bytes
    }

    /// Whether a host sent this, or a sleeping board echoes what a host sent: no board has such
    /// an address.
    #[must_use]
    pub const fn from_host(&self) -> bool {
        self.address >= FIRST_HOST
    }

    /// The board that this speaks to, if a host sent it.
    #[must_use]
    pub const fn addressed_board(&self) -> Option<u8> {
        addressed_board(self.address)
    }
}

/// Low byte of the sum of bytes 0 to 11.
fn sum(bytes: &[u8; FRAME_LEN]) -> u8 {
    bytes.iter().take(FRAME_LEN.saturating_sub(1)).fold(0_u8, |sum, &byte| sum.wrapping_add(byte))
}
