//! Why bytes are no frame.

use core::fmt;

use super::{MOST_READ, MOST_WRITTEN};

/// Why bytes are no frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The CRC does not fit the rest, on a serial line.
    Check,
    /// A function that is not spoken here, as sent.
    Function(u8),
    /// A count of registers that is 0 or more than one frame carries, as sent.
    Count(u16),
    /// The byte count is not twice the count of registers; of a reply, odd or not 2 to 250.
    ByteCount,
    /// The protocol field of the TCP header is not 0.
    Protocol,
    /// The length field of the TCP header, as sent, is not what the function needs, or not 2 to 254.
    Length(u16),
    /// The bytes end before the frame does; said of a recording, which has no more of them.
    Cut,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check => f.write_str("wrong CRC"),
            Self::Function(function) => write!(f, "unknown function 0x{function:02X}"),
            Self::Count(count) => write!(
                f,
                "{count} registers in one frame; 1 to {MOST_READ} can be read and 1 to \
                 {MOST_WRITTEN} written"
            ),
            Self::ByteCount => f.write_str("byte count does not fit the registers"),
            Self::Protocol => f.write_str("protocol field of the header is not 0"),
            Self::Length(length) => {
                write!(f, "length field of the header is {length}, which does not fit the function")
            }
            Self::Cut => f.write_str("cut short"),
        }
    }
}

impl core::error::Error for Refusal {}
