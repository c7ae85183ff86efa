//! What recorded bytes of boards with our own map mean: their frames on serial lines and over TCP.

use cellward_link::kmodbus;
use cellward_params::Config;
use cellward_params::parameter::id::board_number;
use cellward_wire::modbus::{
    Body, P81_MAX_BOARD, P81_REPLY, Piece, Refusal, Reply, Request, TcpHead, reply_tcp,
    request_tcp, standard_frames,
};

use super::conversation::{Conversation, Heard, Part, Sender};
use super::own::Memory;
use super::registers::Map;
use super::{Decoded, foreign};
use crate::capture::Way;

/// Who hears both directions of a serial line.
#[derive(Clone, Debug)]
pub(super) struct Serial {
    conversation: Conversation,
}

impl Serial {
    pub(super) fn new(protocol: &'static str, start: Option<u16>) -> Self {
        let map = Map::Own(Memory::default());
        Self { conversation: Conversation::new(map, protocol, start) }
    }

    pub(super) fn decode(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        let mut part = Part::default();
        let mut offset = 0;
        for piece in standard_frames(bytes) {
            match piece {
                Piece::Frame { address, body, len } => {
                    let bytes = bytes.get(offset..offset + len).unwrap_or_default();
                    if is_board(address) {
                        let sender = Sender::Serial { address, numbered: true };
                        let heard = Heard { bytes, offset, board: address, sender, way };
                        self.conversation.frame(&heard, body, &mut part);
                    } else if is_near(address) {
                        foreign(bytes, offset, "a frame of a near-Modbus dialect", &mut part.sheet);
                    } else {
                        let why = format!("a frame of address 0x{address:02X}, which is none here");
                        part.sheet.refuse(bytes, offset, &why);
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
}

/// Whether a board can have this number on a serial line.
fn is_board(address: u8) -> bool {
    Config::range_of(board_number)
        .is_some_and(|(least, most)| (least..=most).contains(&address.into()))
}

/// Whether this is how whoever finds out what a board speaks asks for other dialects, or how the
/// board answers in them.
fn is_near(address: u8) -> bool {
    let replies = P81_REPLY + 1..=P81_REPLY + P81_MAX_BOARD;
    kmodbus::Dialect::of_request(address).is_some() || replies.contains(&address)
}

/// Who hears both directions of Modbus TCP.
#[derive(Clone, Debug)]
pub(super) struct Tcp {
    conversation: Conversation,
    sent: Stream,
    /// What came, and what came by whichever way.
    came: Stream,
}

/// One direction, which may be cut into parts anywhere.
#[derive(Clone, Debug, Default)]
struct Stream {
    /// The beginning of a frame.
    waiting: Vec<u8>,
}

impl Tcp {
    pub(super) fn new(protocol: &'static str, start: Option<u16>) -> Self {
        let map = Map::Own(Memory::default());
        let conversation = Conversation::new(map, protocol, start);
        Self { conversation, sent: Stream::default(), came: Stream::default() }
    }

    /// The next part. `ends` says that nothing follows it, whichever way.
    pub(super) fn decode(&mut self, bytes: &[u8], way: Option<Way>, ends: bool) -> Decoded {
        let Self { conversation, sent, came } = self;
        let mut part = Part::default();
        let (this, other) = match way {
            Some(Way::Sent) => (sent, (came, Some(Way::Came))),
            Some(Way::Came) | None => (came, (sent, Some(Way::Sent))),
        };
        this.hear(bytes, way, ends, conversation, &mut part);
        if ends {
            other.0.hear(&[], other.1, ends, conversation, &mut part);
        }
        part.whole(conversation.protocol(), "units")
    }
}

impl Stream {
    fn hear(
        &mut self,
        bytes: &[u8],
        way: Option<Way>,
        ends: bool,
        conversation: &mut Conversation,
        part: &mut Part,
    ) {
        if bytes.is_empty() && !ends {
            return;
        }
        let before = self.waiting.len();
        let mut all = std::mem::take(&mut self.waiting);
        all.extend(bytes);
        let mut at = 0;
        while let Some(rest) = all.get(at..).filter(|rest| !rest.is_empty()) {
            // A frame that began in an earlier part stands at the beginning of this one.
            let offset = at.saturating_sub(before);
            let len = match head(rest, way) {
                TcpHead::Frame { body, transaction, unit, len } => {
                    let bytes = rest.get(..len).unwrap_or_default();
                    let sender = Sender::Tcp { transaction };
                    let heard = Heard { bytes, offset, board: unit, sender, way };
                    conversation.frame(&heard, body, part);
                    len
                }
                TcpHead::Short if !ends => {
                    part.sheet.wait(rest);
                    self.waiting = rest.to_vec();
                    return;
                }
                head => {
                    let why = match head {
                        TcpHead::Not(refusal) => refusal,
                        TcpHead::Short | TcpHead::Frame { .. } => Refusal::Cut,
                    };
                    let len = noise(rest, way, ends);
                    part.sheet.refuse(
                        rest.get(..len).unwrap_or_default(),
                        offset,
                        &why.to_string(),
                    );
                    len
                }
            };
            at += len.max(1);
        }
    }
}

/// How many bytes stand before the next frame: before a whole one if there is any, else before what
/// may become one.
fn noise(bytes: &[u8], way: Option<Way>, ends: bool) -> usize {
    let find = |is: &dyn Fn(TcpHead<Body>) -> bool| {
        (1..bytes.len()).find(|&at| is(head(bytes.get(at..).unwrap_or_default(), way)))
    };
    find(&|head| matches!(head, TcpHead::Frame { .. }))
        .or_else(|| find(&|head| matches!(head, TcpHead::Short)).filter(|_| !ends))
        .unwrap_or(bytes.len())
}

/// What a stream begins with. What was sent is a request; what came is a reply, or whichever it can
/// be where somebody only listened. A function that is not known would always do for a request, so
/// replies are tried first.
fn head(bytes: &[u8], way: Option<Way>) -> TcpHead<Body> {
    let request = request_tcp(bytes);
    let reply = match way {
        Some(Way::Sent) => TcpHead::Not(Refusal::Protocol),
        Some(Way::Came) | None => reply_tcp(bytes),
    };
    match (request, reply) {
        (
            TcpHead::Frame { body: Request::WriteOne { register, value }, .. },
            TcpHead::Frame { body: Reply::WroteOne { .. }, transaction, unit, len },
        ) => TcpHead::Frame { body: Body::Either { register, value }, transaction, unit, len },
        (_, TcpHead::Frame { body, transaction, unit, len }) => {
            TcpHead::Frame { body: Body::Reply(body), transaction, unit, len }
        }
        (TcpHead::Frame { body, transaction, unit, len }, _) => {
            TcpHead::Frame { body: Body::Request(body), transaction, unit, len }
        }
        (TcpHead::Short, _) | (_, TcpHead::Short) => TcpHead::Short,
        (TcpHead::Not(refusal), _) => TcpHead::Not(refusal),
    }
}
