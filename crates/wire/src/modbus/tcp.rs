//! Frames over TCP: a header with a length in front, and no check, because TCP has its own.

use super::function::{READ_HOLDING, READ_INPUT, WRITE_MANY};
use super::{Bytes, Refusal, Reply, Request, put, reply, request};

/// Smallest length field: the unit and a function.
const LEAST: u16 = 2;
/// Largest length field: the unit and a body of 253 bytes (application protocol §4.1).
const MOST: u16 = 254;
/// Bytes up to and with the length field.
const BEFORE_UNIT: usize = 6;

/// What the beginning of a TCP stream is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TcpHead<T> {
    /// The beginning of a frame; more bytes are needed.
    Short,
    /// A good frame; more bytes may follow it.
    Frame {
        /// The client's number of the request, which its reply repeats.
        transaction: u16,
        /// Which device behind the server is meant, as sent.
        unit: u8,
        /// What the frame says.
        body: T,
        /// How many bytes it has, header included.
        len: usize,
    },
    /// Not a frame. Without a frame nobody knows where the next begins: close the connection.
    Not(Refusal),
}

/// Looks at the beginning of what a client sent. A write of several registers must have its byte
/// count here; a wrong count in a good header is [`Request::Miscounted`].
///
/// ```
/// use cellward_wire::modbus::{Area, Request, TcpHead, request_tcp};
/// let body = Request::Read { area: Area::Input, start: 0, count: 2 };
/// let bytes = body.emit_tcp(7, 1);
/// assert_eq!(bytes, [0, 7, 0, 0, 0, 6, 1, 0x04, 0, 0, 0, 2]);
/// let frame = TcpHead::Frame { transaction: 7, unit: 1, body, len: 12 };
/// assert_eq!(request_tcp(&bytes), frame);
/// ```
#[must_use]
pub fn request_tcp(bytes: &[u8]) -> TcpHead<Request> {
    frame(bytes, |body| match request::length(body, true) {
        Ok(length) if length == Some(body.len()) => request::parse(body, true).map(Some),
        Ok(_) => Ok(None),
        Err(Refusal::Function(function)) => Ok(Some(Request::Other { function })),
        // The header tells where the next frame begins, so that this one can be answered.
        Err(refusal) => match *body {
            [function @ (READ_HOLDING | READ_INPUT), _, _, _, _]
            | [function @ WRITE_MANY, _, _, _, _, _, ..] => {
                Ok(Some(Request::Miscounted { function }))
            }
            _ => Err(refusal),
        },
    })
}

/// Looks at the beginning of what a server sent.
#[must_use]
pub fn reply_tcp(bytes: &[u8]) -> TcpHead<Reply> {
    frame(bytes, |body| match reply::length(body)? {
        Some(length) if length == body.len() => reply::parse(body).map(Some),
        _ => Ok(None),
    })
}

/// Header and body. `parse` gives `None` when the body is longer or shorter than it says.
fn frame<T>(bytes: &[u8], parse: impl FnOnce(&[u8]) -> Result<Option<T>, Refusal>) -> TcpHead<T> {
    if let [_, _, high, low, ..] = *bytes
        && [high, low] != [0, 0]
    {
        return TcpHead::Not(Refusal::Protocol);
    }
    let [first, second, _, _, high, low, ..] = *bytes else {
        return TcpHead::Short;
    };
    let length = u16::from_be_bytes([high, low]);
    if !(LEAST..=MOST).contains(&length) {
        return TcpHead::Not(Refusal::Length(length));
    }
    let len = usize::from(length).saturating_add(BEFORE_UNIT);
    let Some([unit, body @ ..]) = bytes.get(BEFORE_UNIT..len) else {
        return TcpHead::Short;
    };
    match parse(body) {
        Ok(Some(body)) => {
            let transaction = u16::from_be_bytes([first, second]);
            TcpHead::Frame { transaction, unit: *unit, body, len }
        }
        Ok(None) => TcpHead::Not(Refusal::Length(length)),
        Err(refusal) => TcpHead::Not(refusal),
    }
}

/// The frame around a body; nothing around nothing.
pub(super) fn enclose(transaction: u16, unit: u8, body: &[u8]) -> Bytes {
    let mut bytes = Bytes::new();
    if !body.is_empty() {
        let length = u16::try_from(body.len().saturating_add(1)).unwrap_or(u16::MAX);
        put(&mut bytes, &transaction.to_be_bytes());
        put(&mut bytes, &[0, 0]);
        put(&mut bytes, &length.to_be_bytes());
        put(&mut bytes, &[unit]);
        put(&mut bytes, body);
    }
    bytes
}
