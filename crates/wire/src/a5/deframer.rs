//! Finding frames in a stream of anything: noise in front, cut frames, 0xA5 inside of payloads.

use core::fmt;

use super::{FRAME_LEN, Frame, FrameError, Message, PAYLOAD_LEN, START};

/// What a [`Deframer`] had to refuse so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Refused {
    /// Bytes that belong to no frame.
    pub bytes: u32,
    /// Complete frames whose check was wrong.
    pub checks: u32,
}

/// Takes bytes one by one and gives messages; holds at most one frame.
///
/// After a failure it goes on one byte later, not thirteen, so a good frame directly behind a cut
/// one is found.
///
/// ```
/// use cellward_wire::a5::Deframer;
/// let mut deframer = Deframer::new();
/// let stream = [0xFF, 0xA5, 1, 0x98, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x46];
/// let found: Vec<_> = stream.iter().filter_map(|&byte| deframer.push(byte)).collect();
/// assert_eq!(found.len(), 1);
/// assert_eq!(deframer.refused().bytes, 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Deframer {
    held: [u8; FRAME_LEN],
    len: usize,
    refused: Refused,
}

impl Deframer {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: [0; FRAME_LEN], len: 0, refused: Refused { bytes: 0, checks: 0 } }
    }

    /// Takes the next byte; gives a message when it completed one.
    pub fn push(&mut self, byte: u8) -> Option<Message> {
        // `len` is below 13 here: a full frame is always taken or shortened below.
        if let Some(slot) = self.held.get_mut(self.len) {
            *slot = byte;
            self.len = self.len.saturating_add(1);
        }
        while self.len > 0 {
            let bytes = self.held.get(..self.len).unwrap_or_default();
            match Frame::new_checked(bytes) {
                Ok(frame) => {
                    let message = frame.message();
                    self.len = 0;
                    return Some(message);
                }
                Err(FrameError::TooShort { .. }) => return None,
                Err(error) => {
                    if matches!(error, FrameError::WrongCheck { .. }) {
                        self.refused.checks = self.refused.checks.saturating_add(1);
                    }
                    self.drop_first();
                }
            }
        }
        None
    }

    /// Forgets a frame that has only begun; its bytes count as refused.
    pub fn reset(&mut self) {
        let held = u32::try_from(self.len).unwrap_or(u32::MAX);
        self.refused.bytes = self.refused.bytes.saturating_add(held);
        self.len = 0;
    }

    /// How many bytes of a frame that has only begun are held, 0 to 12.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.len
    }

    /// What was refused so far.
    #[must_use]
    pub const fn refused(&self) -> Refused {
        self.refused
    }

    /// Drops the first byte and everything up to the next possible start.
    fn drop_first(&mut self) {
        let held = self.held.get(1..self.len).unwrap_or_default();
        let skip =
            held.iter().position(|&byte| byte == START).unwrap_or(held.len()).saturating_add(1);
        self.held.copy_within(skip.min(FRAME_LEN).., 0);
        self.len = self.len.saturating_sub(skip);
        let skipped = u32::try_from(skip).unwrap_or(u32::MAX);
        self.refused.bytes = self.refused.bytes.saturating_add(skipped);
    }
}

/// One piece of a stream: a frame, or bytes that are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// A good frame.
    Frame(Frame<'a>),
    /// Bytes up to the next good frame or the end.
    Refused {
        /// The bytes.
        bytes: &'a [u8],
        /// What is wrong at their first possible start, or at their first byte.
        error: FrameError,
    },
}

/// Splits a whole recording into frames and what lies between them.
pub fn scan(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Ok(frame) = Frame::new_checked(rest) {
            rest = rest.get(FRAME_LEN..).unwrap_or_default();
            return Some(Piece::Frame(frame));
        }
        let good = (1..rest.len())
            .find(|&at| Frame::new_checked(rest.get(at..).unwrap_or_default()).is_ok())
            .unwrap_or(rest.len());
        let (refused, tail) = rest.split_at_checked(good)?;
        rest = tail;
        Some(Piece::Refused { bytes: refused, error: reason(refused) })
    })
}

/// What is wrong with bytes that hold no good frame.
fn reason(bytes: &[u8]) -> FrameError {
    let start = bytes.iter().position(|&byte| byte == START).unwrap_or(0);
    let candidate = bytes.get(start..).unwrap_or_default();
    match Frame::new_checked(candidate) {
        Err(error) => error,
        // Cannot be: a good frame would have ended the refused run.
        Ok(_) => FrameError::TooShort { have: PAYLOAD_LEN },
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes without a frame, {} wrong checks", self.bytes, self.checks)
    }
}
