//! Frames of a serial line: address in front, CRC behind. Which addresses are ours is not judged.

use super::function::EXCEPTION;
use super::{Bytes, Refusal, Reply, Request, crc16, put, reply, request};

/// What the beginning of some bytes is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Head<T> {
    /// Perhaps the beginning of a frame; more bytes are needed to tell.
    Short,
    /// A good frame; more bytes may follow it.
    Frame {
        /// The address in front, as sent.
        address: u8,
        /// What the frame says.
        body: T,
        /// How many bytes it has, address and check included.
        len: usize,
    },
    /// Not a frame. Drop one byte and look again.
    Not(Refusal),
}

/// Which forms of the write of several registers are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteForm {
    /// The standard's alone, with its byte count. A whole frame with a wrong count is
    /// [`Request::Miscounted`], and one of a function that is not spoken is [`Request::Other`],
    /// because the standard demands an answer to both.
    Standard,
    /// The boards' without a byte count, or the standard's. The CRC decides; the shorter is tried
    /// first.
    ///
    /// One standard frame in 256 holds a shorter one whose CRC fits as well: where the last byte of
    /// the data happens to be the first of the shorter one's check, the second fits by itself, and
    /// one zero byte more is the only difference. Taken for the shorter one it would write numbers
    /// that nobody sent. So what could be both is the standard's if a zero follows, and
    /// [`Head::Short`] while nothing does.
    Lenient,
}

/// Bytes of the longest body (application protocol §4.1).
const LONGEST_BODY: usize = 253;

/// Looks whether a client's request begins here.
///
/// ```
/// use cellward_wire::modbus::{Head, Request, WriteForm, request_rtu};
/// let bytes = [0x81, 0x06, 0x01, 0x21, 0x00, 0x01, 0x06, 0x3C];
/// let body = Request::WriteOne { register: 0x0121, value: 1 };
/// let head = request_rtu(&bytes, WriteForm::Lenient);
/// assert_eq!(head, Head::Frame { address: 0x81, body, len: 8 });
/// ```
#[must_use]
pub fn request_rtu(bytes: &[u8], form: WriteForm) -> Head<Request> {
    let look = |with_byte_count| {
        frame(
            bytes,
            |body| request::length(body, with_byte_count),
            |body| request::parse(body, with_byte_count),
        )
    };
    match form {
        WriteForm::Standard => match look(true) {
            Head::Not(refusal @ (Refusal::Count(_) | Refusal::ByteCount)) => {
                miscounted(bytes, refusal)
            }
            Head::Not(refusal @ Refusal::Function(function)) => {
                not_spoken(bytes, function, refusal)
            }
            other => other,
        },
        WriteForm::Lenient => match look(false) {
            Head::Not(Refusal::Check) => match look(true) {
                Head::Not(_) => Head::Not(Refusal::Check),
                other => other,
            },
            Head::Frame { len, body, .. } if may_have_byte_count(bytes, &body) => {
                match bytes.get(len) {
                    None => Head::Short,
                    Some(0) => look(true),
                    Some(_) => look(false),
                }
            }
            other => other,
        },
    }
}

/// Looks whether a whole frame begins here although its count was refused: the check decides.
fn miscounted(bytes: &[u8], refusal: Refusal) -> Head<Request> {
    let [_, body @ ..] = bytes else {
        return Head::Short;
    };
    let (Some(&function), Some(lengths)) = (body.first(), request::miscounted(body)) else {
        return Head::Short;
    };
    for length in lengths.into_iter().filter(|&length| length <= LONGEST_BODY) {
        let head = frame(bytes, |_| Ok(Some(length)), |_| Ok(Request::Miscounted { function }));
        if !matches!(head, Head::Not(_)) {
            return head;
        }
    }
    Head::Not(refusal)
}

/// Looks whether a whole frame of a function begins here that the standard has and that is not
/// spoken: it must be told apart from noise, because a client waits for the refusal.
fn not_spoken(bytes: &[u8], function: u8, refusal: Refusal) -> Head<Request> {
    let length = |body: &[u8]| match request::length_of_other(body) {
        // A byte count may say more than a frame can hold: waiting for that would be in vain.
        Some(length) if length.is_none_or(|length| length <= LONGEST_BODY) => Ok(length),
        _ => Err(refusal),
    };
    frame(bytes, length, |_| Ok(Request::Other { function }))
}

/// Whether the first byte of what was read as data would be the right byte count.
fn may_have_byte_count(bytes: &[u8], request: &Request) -> bool {
    match request {
        Request::WriteMany { words, .. } => {
            bytes.get(6).is_some_and(|&byte| usize::from(byte) == words.len().saturating_mul(2))
        }
        _ => false,
    }
}

/// Looks whether a server's reply begins here. An exception is taken only of the functions spoken
/// here: it is so short, and half of all bytes have the top bit, that noise would often look like
/// the beginning of one.
///
/// ```
/// use cellward_wire::modbus::{Head, Refusal, reply_rtu};
/// // A board's reply with a wrong CRC, captured.
/// let bytes = [0xD2, 0x06, 0x00, 0xCF, 0x00, 0x01, 0x1C, 0x8A];
/// assert_eq!(reply_rtu(&bytes), Head::Not(Refusal::Check));
/// ```
#[must_use]
pub fn reply_rtu(bytes: &[u8]) -> Head<Reply> {
    let length = |body: &[u8]| match body.first() {
        Some(&sent) if !reply::answers_what_is_spoken(sent) => Err(Refusal::Function(sent)),
        _ => reply::length(body),
    };
    frame(bytes, length, reply::parse)
}

/// A reply within a recording, where all bytes are there: exceptions to every function of the
/// standard too.
pub(super) fn recorded_reply(bytes: &[u8]) -> Head<Reply> {
    let length = |body: &[u8]| match body.first() {
        Some(&sent)
            if sent > EXCEPTION && request::length_of_other(&[sent & !EXCEPTION]).is_some() =>
        {
            Ok(Some(2))
        }
        Some(&sent) if !reply::answers_what_is_spoken(sent) => Err(Refusal::Function(sent)),
        _ => reply::length(body),
    };
    frame(bytes, length, reply::parse)
}

/// Address, body and check; `length` and `parse` see the body alone.
fn frame<T>(
    bytes: &[u8],
    length: impl FnOnce(&[u8]) -> Result<Option<usize>, Refusal>,
    parse: impl FnOnce(&[u8]) -> Result<T, Refusal>,
) -> Head<T> {
    let Some((&address, rest)) = bytes.split_first() else {
        return Head::Short;
    };
    let len = match length(rest) {
        Ok(Some(body)) => body.saturating_add(3),
        Ok(None) => return Head::Short,
        Err(refusal) => return Head::Not(refusal),
    };
    let Some((covered, check)) = bytes.get(..len).and_then(<[u8]>::split_last_chunk::<2>) else {
        return Head::Short;
    };
    if crc16(covered).to_le_bytes() != *check {
        return Head::Not(Refusal::Check);
    }
    match parse(covered.get(1..).unwrap_or_default()) {
        Ok(body) => Head::Frame { address, body, len },
        Err(refusal) => Head::Not(refusal),
    }
}

/// The frame around a body; nothing around nothing.
pub(super) fn enclose(address: u8, body: &[u8]) -> Bytes {
    let mut bytes = Bytes::new();
    if !body.is_empty() {
        put(&mut bytes, &[address]);
        put(&mut bytes, body);
        let check = crc16(&bytes).to_le_bytes();
        put(&mut bytes, &check);
    }
    bytes
}
