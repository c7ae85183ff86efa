//! The three-byte requests of cheap boards with a Sinowealth chip, which are sold under the same
//! name as the others and answer nothing else.
//!
//! # Where it is specified, and how sure we are
//!
//! Nowhere, and **C** throughout: one open client program (python-daly-bms). 9600 baud.
//!
//! | | bytes |
//! |---|---|
//! | request | `0A`, register, length of the answer (2 or 4) |
//! | reply | the number, high byte first, and one byte more |
//!
//! The byte behind the number is probably a CRC-8 of an unknown kind. It is kept and proves
//! nothing: **any three or five bytes are a reply**. Neither does a reply say which register it
//! holds. Only the time between question and answer, which `link` knows, and the plausibility of
//! the value say that it is one.
//!
//! # Reading on
//!
//! [`REGISTERS`] is the table, [`Request`] and [`Reply`] are the frames.

mod frame;
mod register;
#[cfg(test)]
mod tests;

pub use frame::{Head, Refusal, Reply, Request, Value, Width, parse_reply, parse_request};
pub use register::{REGISTERS, Register, Shown, Unit};

/// First byte of every request.
pub const START: u8 = 0x0A;
/// Bytes of a request.
pub const REQUEST_LEN: usize = 3;
/// Bytes of the longer of the two replies.
pub const MAX_REPLY: usize = 5;
