//! The board's side of sending: the shared buffer that real boards answer from.

use super::{Message, PAYLOAD_LEN, Reply};

/// What stands in the bytes that a reply does not define.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fill {
    /// Whatever the reply before left there, as classic boards do (B, visible in almost all
    /// captures).
    #[default]
    Stale,
    /// Zeros.
    Zero,
    /// 0xFF, as newer boards do (seen on CAN).
    Ff,
}

/// Encodes replies the way a board does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoder {
    address: u8,
    fill: Fill,
    buffer: [u8; PAYLOAD_LEN],
}

impl Encoder {
    /// A board with this number that has sent nothing yet.
    #[must_use]
    pub const fn new(board_number: u8, fill: Fill) -> Self {
        Self { address: board_number, fill, buffer: [0; PAYLOAD_LEN] }
    }

    /// Speaks as the board with this number from here on.
    pub const fn renumber(&mut self, board_number: u8) {
        self.address = board_number;
    }

    /// Encodes a reply; bytes that its layout does not define are filled.
    pub fn encode(&mut self, reply: &Reply) -> Message {
        self.encode_defined(reply, reply.defined())
    }

    /// As [`encode`](Self::encode), but only the bytes in `defined` (bit 0 is byte 0) count as
    /// defined: the last cell frame of a pack of 14 defines two of its three cells.
    pub fn encode_defined(&mut self, reply: &Reply, defined: u8) -> Message {
        let stale = self.buffer;
        let payload = reply.payload();
        for (place, (slot, (new, old))) in
            self.buffer.iter_mut().zip(payload.into_iter().zip(stale)).enumerate()
        {
            let is_defined = (defined >> (place & 7)) & 1 == 1;
            *slot = match (is_defined, self.fill) {
                (true, _) => new,
                (false, Fill::Stale) => old,
                (false, Fill::Zero) => 0,
                (false, Fill::Ff) => 0xFF,
            };
        }
        Message { address: self.address, command: reply.command(), payload: self.buffer }
    }
}
