//! What recorded bytes of the two near-Modbus dialects mean: their frames and addresses.

use cellward_link::kmodbus::Dialect;
use cellward_wire::modbus::{P81_REPLY, P81_REQUEST, Piece, frames};

use super::Decoded;
use super::conversation::{Conversation, Heard, Part, Sender};
use super::registers::Map;
use crate::capture::Way;

/// Who hears both directions of one of the dialects.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    dialect: Dialect,
    conversation: Conversation,
}

impl Listener {
    pub(super) fn new(dialect: Dialect, protocol: &'static str, start: Option<u16>) -> Self {
        let map = Map::Near(dialect);
        Self { dialect, conversation: Conversation::new(map, protocol, start) }
    }

    pub(super) fn decode(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        let mut part = Part::default();
        let mut offset = 0;
        for piece in frames(bytes) {
            match piece {
                Piece::Frame { address, body, len } => {
                    let bytes = bytes.get(offset..offset + len).unwrap_or_default();
                    match self.board(address) {
                        Some(board) => {
                            let numbered = self.dialect == Dialect::P81;
                            let sender = Sender::Serial { address, numbered };
                            let heard = Heard { bytes, offset, board, sender, way };
                            self.conversation.frame(&heard, body, &mut part);
                        }
                        None => part.sheet.refuse(
                            bytes,
                            offset,
                            &format!("a frame of address 0x{address:02X}, which is none here"),
                        ),
                    }
                    offset += len;
                }
                Piece::Refused { bytes, why } => {
                    part.sheet.refuse(bytes, offset, &why.to_string());
                    offset += bytes.len();
                }
            }
        }
        part.whole(self.conversation.protocol(), "boards")
    }

    /// The number of the board that an address means; boards of D2 have none and are all 1.
    fn board(&self, address: u8) -> Option<u8> {
        let numbers = 1..=16;
        match self.dialect {
            Dialect::D2 => (address == self.dialect.request_address(1)).then_some(1),
            Dialect::P81 => [P81_REQUEST, P81_REPLY]
                .into_iter()
                .filter_map(|base| address.checked_sub(base))
                .find(|number| numbers.contains(number)),
        }
    }
}
