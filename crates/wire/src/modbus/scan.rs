//! Splitting a recording of both directions of a serial line.

use super::{
    Head, P81_MAX_BOARD, P81_REPLY, P81_REQUEST, Refusal, Reply, Request, WriteForm, reply_rtu,
    request_rtu, rtu,
};

/// What a recorded frame says, and who said it as far as its bytes tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// A client's request.
    Request(Request),
    /// A server's reply.
    Reply(Reply),
    /// The write of one register: the request and the reply to it are the same eight bytes.
    Either {
        /// The register, from 0 as on the wire.
        register: u16,
        /// Its value, raw.
        value: u16,
    },
}

/// One piece of a recording: a frame, or bytes that are none.
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one frame")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// A good frame.
    Frame {
        /// The address in front, as sent.
        address: u8,
        /// What it says.
        body: Body,
        /// How many bytes it has, address and check included.
        len: usize,
    },
    /// Bytes up to the next good frame or the end.
    Refused {
        /// The bytes.
        bytes: &'a [u8],
        /// What is wrong at the first of them that looks like the start of a frame, or at the first
        /// of all.
        why: Refusal,
    },
}

/// Splits a whole recording of standard frames, D2 and p81, in any mixture and of both directions.
///
/// No byte says who speaks. What is decided how:
///
/// - An address from 0x81 to 0x90 is a p81 request and one from 0x51 to 0x60 a p81 reply, nothing
///   else. (A standard device with such an address is therefore heard in one direction only.)
/// - Elsewhere, D2 included, both are tried, the request first. They differ in length, so the CRC
///   decides: a read of eight bytes is the request and one with a byte count the reply.
/// - The write of one register is the same both ways: [`Body::Either`].
/// - A write of several registers may have its byte count or not.
pub fn frames(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    split(bytes, Manner::Near)
}

/// Splits a whole recording of a line on which the standard is spoken, both directions.
///
/// As [`frames`], but an address means nothing, a write of several registers has its byte count, and
/// what a server of the standard answers is told apart from noise too: requests whose count cannot
/// be or whose function is not spoken here, and the exceptions to them.
pub fn standard_frames(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    split(bytes, Manner::Standard)
}

/// By whose rules a recording is split.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    /// The standard's, and those of D2 and p81.
    Near,
    /// The standard's alone.
    Standard,
}

fn split(bytes: &[u8], manner: Manner) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Ok((piece, len)) = frame(rest, manner) {
            rest = rest.get(len..).unwrap_or_default();
            return Some(piece);
        }
        let good = (1..rest.len())
            .find(|&at| frame(rest.get(at..).unwrap_or_default(), manner).is_ok())
            .unwrap_or(rest.len());
        let (refused, tail) = rest.split_at_checked(good)?;
        let why = reason(rest, good, manner);
        rest = tail;
        Some(Piece::Refused { bytes: refused, why })
    })
}

/// The frame at the beginning and its length, or why there is none.
fn frame<'a>(bytes: &[u8], manner: Manner) -> Result<(Piece<'a>, usize), Refusal> {
    let Some(&address) = bytes.first() else {
        return Err(Refusal::Cut);
    };
    let (request, reply) = match manner {
        Manner::Near => (
            (!board(address, P81_REPLY)).then(|| request_rtu(bytes, WriteForm::Lenient)),
            (!board(address, P81_REQUEST)).then(|| reply_rtu(bytes)),
        ),
        Manner::Standard => {
            (Some(request_rtu(bytes, WriteForm::Standard)), Some(rtu::recorded_reply(bytes)))
        }
    };
    let (body, len) = match (request, reply) {
        (
            Some(Head::Frame { body: Request::WriteOne { register, value }, len, .. }),
            Some(Head::Frame { .. }),
        ) => (Body::Either { register, value }, len),
        (Some(Head::Frame { body, len, .. }), _) => (Body::Request(body), len),
        (_, Some(Head::Frame { body, len, .. })) => (Body::Reply(body), len),
        (request, reply) => {
            let refusals = [request.and_then(refusal), reply.and_then(refusal)];
            return Err(worth_most(refusals.into_iter().flatten()));
        }
    };
    Ok((Piece::Frame { address, body, len }, len))
}

/// Whether the address is that of a p81 board, whose number stands on top of `base`.
const fn board(address: u8, base: u8) -> bool {
    matches!(address.checked_sub(base), Some(1..=P81_MAX_BOARD))
}

/// Why a head is no frame; there are no more bytes to wait for.
fn refusal<T>(head: Head<T>) -> Option<Refusal> {
    match head {
        Head::Short => Some(Refusal::Cut),
        Head::Not(refusal) => Some(refusal),
        Head::Frame { .. } => None,
    }
}

/// What is wrong within the first `len` bytes, which hold no good frame. A single byte at the end
/// could be the address of anything and explains nothing.
fn reason(bytes: &[u8], len: usize, manner: Manner) -> Refusal {
    let at = |place| frame(bytes.get(place..).unwrap_or_default(), manner).err();
    (0..len.min(bytes.len().saturating_sub(1)))
        .filter_map(at)
        .find(|&why| looks_like_a_frame(why))
        .or_else(|| at(0))
        .unwrap_or(Refusal::Cut)
}

/// Whether only the end is missing or wrong.
const fn looks_like_a_frame(why: Refusal) -> bool {
    matches!(why, Refusal::Cut | Refusal::Check)
}

/// Of what two readers complain about the one that got further.
fn worth_most(refusals: impl Iterator<Item = Refusal>) -> Refusal {
    refusals
        .reduce(|first, second| {
            let better = second == Refusal::Cut || !looks_like_a_frame(first);
            if better { second } else { first }
        })
        .unwrap_or(Refusal::Cut)
}
