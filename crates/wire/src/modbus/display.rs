//! Each request and reply as one line for a person. Registers are shown in hexadecimal, as the
//! vendor's map writes them.

use core::fmt;

use super::{Area, MOST_WRITTEN, Reply, Request};

/// Registers of one kind, counted.
fn registers(f: &mut fmt::Formatter<'_>, count: usize, area: Area) -> fmt::Result {
    let kind = match area {
        Area::Holding => "",
        Area::Input => "input ",
    };
    let plural = if count == 1 { "" } else { "s" };
    write!(f, "{count} {kind}register{plural}")
}

/// Words as four digits each.
fn words(f: &mut fmt::Formatter<'_>, words: &[u16]) -> fmt::Result {
    f.write_str(":")?;
    words.iter().try_for_each(|word| write!(f, " {word:04X}"))
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { area, start, count } => {
                f.write_str("read ")?;
                registers(f, usize::from(*count), *area)?;
                write!(f, " from 0x{start:04X}")
            }
            Self::WriteOne { register, value } => {
                write!(f, "write register 0x{register:04X}: {value:04X}")
            }
            Self::WriteMany { start, words: new, byte_count } => {
                f.write_str("write ")?;
                registers(f, new.len(), Area::Holding)?;
                write!(f, " from 0x{start:04X}")?;
                if !byte_count {
                    f.write_str(" without byte count")?;
                }
                words(f, new)
            }
            Self::Other { function } => write!(f, "unknown function 0x{function:02X}"),
            Self::Miscounted { function } => {
                write!(f, "function 0x{function:02X} with a count that cannot be")
            }
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words { area, words: read } => {
                registers(f, read.len(), *area)?;
                words(f, read)
            }
            Self::WroteOne { register, value } => {
                write!(f, "wrote register 0x{register:04X}: {value:04X}")
            }
            Self::WroteMany { start, count } if (1..=MOST_WRITTEN).contains(count) => {
                f.write_str("wrote ")?;
                registers(f, usize::from(*count), Area::Holding)?;
                write!(f, " from 0x{start:04X}")
            }
            Self::WroteMany { start, count } => {
                write!(f, "wrote registers from 0x{start:04X}, word {count:04X} for their count")
            }
            Self::Exception { function, code } => {
                write!(f, "refused function 0x{function:02X}: ")?;
                match exception(*code) {
                    Some(name) => f.write_str(name),
                    None => write!(f, "code 0x{code:02X}"),
                }
            }
        }
    }
}

/// What an exception code is called; application protocol §7.
const fn exception(code: u8) -> Option<&'static str> {
    Some(match code {
        0x01 => "illegal function",
        0x02 => "illegal address",
        0x03 => "illegal value",
        0x04 => "device failure",
        0x05 => "accepted, takes long",
        0x06 => "device busy",
        0x08 => "memory parity error",
        0x0A => "no path through the gateway",
        0x0B => "no answer from behind the gateway",
        _ => return None,
    })
}
