//! The two near-Modbus dialects of the K, H, M and S boards. Frames are
//! [`cellward_wire::modbus`]'s.

mod answer;
mod client;
pub mod d2;
mod failures;
mod learn;
pub mod p81;
mod plausible;
mod row;
mod session;
mod write;

use cellward_wire::modbus::{Area, D2_ADDRESS, P81_REPLY, P81_REQUEST, Request};

pub use answer::words;
pub use client::{Client, Options};
pub use failures::ByteOrder;
pub use learn::{complete, learn, settings};
pub use row::{Access, Certainty, Row};
pub(crate) use session::Session;

use crate::exchange::Framing;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// Address 0xD2 both ways.
    D2,
    /// Address 0x80 + board number in requests, 0x50 + board number in replies.
    P81,
}

impl Dialect {
    /// The dialect of a request with this address, if it is one: 0xD2, or 0x81 to 0x90.
    #[must_use]
    pub const fn of_request(address: u8) -> Option<Self> {
        match address {
            D2_ADDRESS => Some(Self::D2),
            0x81..=0x90 => Some(Self::P81),
            _ => None,
        }
    }

    /// The address of a request to board `number`, 1 to 16.
    #[must_use]
    pub const fn request_address(self, number: u8) -> u8 {
        match self {
            Self::D2 => D2_ADDRESS,
            Self::P81 => P81_REQUEST.saturating_add(number),
        }
    }

    /// The address of a reply of board `number`, 1 to 16.
    #[must_use]
    pub const fn reply_address(self, number: u8) -> u8 {
        match self {
            Self::D2 => D2_ADDRESS,
            Self::P81 => P81_REPLY.saturating_add(number),
        }
    }

    /// How requests to board `number`, 1 to 16, and its replies are framed.
    #[must_use]
    pub const fn framing(self, number: u8) -> Framing {
        Framing::Rtu {
            request: self.request_address(number),
            reply: self.reply_address(number),
            byte_count: false,
        }
    }

    /// A read that every board of the dialect answers, to see whether one is there: the shorter
    /// status of D2, voltage and current of p81.
    #[must_use]
    pub const fn probe(self) -> Request {
        let (start, count) = match self {
            Self::D2 => client::D2_SHORT,
            Self::P81 => (0x38, 2),
        };
        Request::Read { area: Area::Holding, start, count }
    }

    /// The register map, by register.
    #[must_use]
    pub const fn map(self) -> &'static [Row] {
        match self {
            Self::D2 => d2::MAP,
            Self::P81 => p81::MAP,
        }
    }

    /// The row that holds a register; `None` outside of the documented blocks.
    #[must_use]
    pub fn row(self, register: u16) -> Option<&'static Row> {
        row::find(self.map(), register)
    }

    /// The documented blocks of registers, each with its first and the first behind it.
    #[must_use]
    pub const fn blocks(self) -> &'static [(u16, u16)] {
        match self {
            Self::D2 => &d2::BLOCKS,
            Self::P81 => &p81::BLOCKS,
        }
    }
}

/// The block that holds a register.
fn block_of(dialect: Dialect, register: u16) -> Option<(u16, u16)> {
    dialect.blocks().iter().copied().find(|block| (block.0..block.1).contains(&register))
}
