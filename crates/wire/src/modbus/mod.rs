//! Modbus RTU and TCP, and the two near-Modbus dialects of the newer boards.
//!
//! # Where it is specified, and how sure we are
//!
//! Standard: *MODBUS Application Protocol Specification* V1.1b3 (§4.1 sizes, §6 functions, §7
//! exceptions), *MODBUS over Serial Line* V1.02 (§2.5.1 frame and check), *MODBUS Messaging on
//! TCP/IP* V1.0b (§3.1.3 header). The boards: the vendor's Modbus spreadsheet (**A**, dialect D2)
//! and public captures of boards, app and PC tool (**B** two or more, **C** one).
//!
//! | function | request | reply |
//! |---|---|---|
//! | 0x03, 0x04 read | start, count | byte count, words |
//! | 0x06 write one | register, value | the same again |
//! | 0x10 write many | start, count, *byte count*, words | start, count |
//! | any with the top bit set | | exception: a code |
//!
//! All numbers have their high byte first. On a serial line an address stands in front and a CRC,
//! low byte first, behind; over TCP a header of seven bytes stands in front and nothing behind.
//!
//! # What the boards do differently
//!
//! | | standard | D2 | p81 |
//! |---|---|---|---|
//! | address of a request | 1 to 247 | 0xD2 (A) | 0x80 + board number (B) |
//! | address of its reply | the same | 0xD2 (A) | 0x50 + board number (B) |
//! | byte count in a 0x10 request | yes | no (A) | no (C) |
//! | count in a 0x10 reply | as asked | as asked (A) | once seen as 0xAAAA (C) |
//! | exceptions | yes | never seen | never seen |
//!
//! So nothing here judges an address, the byte count is a matter of [`WriteForm`], and the count in
//! the reply to a write is given as sent.
//!
//! # There is no start byte
//!
//! RTU frames are told apart by silence, which bytes alone do not show. Here a frame is what has a
//! known function, the length that follows from it and a fitting CRC; whoever reads a stream drops
//! one byte after [`Head::Not`] and looks again. A wrong CRC is never forgiven.
//!
//! # Reading on
//!
//! [`Request`] and [`Reply`] are the values and emit themselves; [`request_rtu`], [`reply_rtu`],
//! [`request_tcp`] and [`reply_tcp`] look at the beginning of some bytes; [`frames`] and
//! [`standard_frames`] split a recording.

mod display;
mod refusal;
mod reply;
mod request;
mod rtu;
mod scan;
mod tcp;
#[cfg(test)]
mod tests;

pub use refusal::Refusal;
pub use reply::Reply;
pub use request::{Area, Request};
pub use rtu::{Head, WriteForm, reply_rtu, request_rtu};
pub use scan::{Body, Piece, frames, standard_frames};
pub use tcp::{TcpHead, reply_tcp, request_tcp};

/// Most registers of one read (application protocol §6.3).
pub const MOST_READ: u16 = 125;
/// Most registers of one write (application protocol §6.12).
pub const MOST_WRITTEN: u16 = 123;
/// Bytes of the longest frame: 256 on a serial line, 260 over TCP (application protocol §4.1).
pub const MAX_FRAME: usize = 260;

/// Registers in the order of their numbers, at most [`MOST_READ`].
pub type Words = heapless::Vec<u16, 125>;
/// A frame as sent, at most [`MAX_FRAME`] bytes.
pub type Bytes = heapless::Vec<u8, 260>;

/// Functions by name.
pub mod function {
    /// Read holding registers.
    pub const READ_HOLDING: u8 = 0x03;
    /// Read input registers.
    pub const READ_INPUT: u8 = 0x04;
    /// Write one register.
    pub const WRITE_ONE: u8 = 0x06;
    /// Write several registers.
    pub const WRITE_MANY: u8 = 0x10;
    /// Set in the function of a reply that is an exception.
    pub const EXCEPTION: u8 = 0x80;
}

/// Address of the dialect D2, in both directions.
pub const D2_ADDRESS: u8 = 0xD2;
/// Board 0 of p81 requests: board `n` is asked at this plus `n`.
pub const P81_REQUEST: u8 = 0x80;
/// Board 0 of p81 replies: board `n` answers from this plus `n`.
pub const P81_REPLY: u8 = 0x50;
/// Largest board number of p81.
pub const P81_MAX_BOARD: u8 = 16;

static CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);

/// CRC-16/MODBUS: polynomial 0xA001 reflected, from 0xFFFF, no final exclusive-or. It travels with
/// its low byte first.
///
/// ```
/// use cellward_wire::modbus::crc16;
/// // Vendor spreadsheet: the read of 62 registers ends in D7 B9.
/// assert_eq!(crc16(&[0xD2, 0x03, 0x00, 0x00, 0x00, 0x3E]).to_le_bytes(), [0xD7, 0xB9]);
/// ```
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    CRC.checksum(bytes)
}

/// Appends; `Bytes` has room for everything that the limits on counts let through.
fn put(bytes: &mut Bytes, more: &[u8]) {
    let fits = bytes.extend_from_slice(more);
    debug_assert!(fits.is_ok(), "the longest frame has 260 bytes");
}

/// Words as they travel, high byte first.
fn put_words(bytes: &mut Bytes, words: &[u16]) {
    for word in words {
        put(bytes, &word.to_be_bytes());
    }
}

/// Words from what travelled; an odd last byte and words beyond 125 do not get here.
fn words(bytes: &[u8]) -> Words {
    bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair)).take(125).collect()
}
