//! The envelope: characters become a message and back.

use core::fmt;

use super::{BATTERY, END, LEAST_FRAME, MAX_FRAME, MOST_PAYLOAD, START, VERSION, returned};

/// The bytes of a payload, half as many as it has characters; at most [`MOST_PAYLOAD`].
pub type Payload = heapless::Vec<u8, 256>;
/// A frame as sent, at most [`MAX_FRAME`] characters.
pub type Frame = heapless::Vec<u8, 530>;

const _: () = assert!(MAX_FRAME == LEAST_FRAME + 2 * MOST_PAYLOAD);

/// Characters up to and with the length field.
const HEADER: usize = 13;

/// What a frame says, without start, length, check and end, which follow from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The version of the protocol, usually [`VERSION`].
    pub version: u8,
    /// The address of the battery, in both directions.
    pub address: u8,
    /// The kind of device (CID1), usually [`BATTERY`].
    pub device: u8,
    /// Of a request the command (CID2), of a reply the return code (RTN).
    pub code: u8,
    /// What follows.
    pub payload: Payload,
}

impl Message {
    /// A request to a battery.
    ///
    /// ```
    /// use cellward_wire::pylon::{Message, Payload, command};
    /// let payload = Payload::from_slice(&[1])?;
    /// let frame = Message::request(2, command::SYSTEM, payload).emit();
    /// assert_eq!(frame, b"~20024661E00201FD33\r");
    /// # Ok::<(), heapless::CapacityError>(())
    /// ```
    #[must_use]
    pub const fn request(address: u8, command: u8, payload: Payload) -> Self {
        Self { version: VERSION, address, device: BATTERY, code: command, payload }
    }

    /// A reply that answers what was asked.
    #[must_use]
    pub const fn reply(address: u8, payload: Payload) -> Self {
        Self { version: VERSION, address, device: BATTERY, code: returned::NORMAL, payload }
    }

    /// The frame as sent.
    #[must_use]
    pub fn emit(&self) -> Frame {
        let mut frame = Frame::new();
        put(&mut frame, &[START]);
        for byte in [self.version, self.address, self.device, self.code] {
            put_byte(&mut frame, byte);
        }
        let characters = self.payload.len().saturating_mul(2);
        let length = with_check(u16::try_from(characters).unwrap_or(u16::MAX));
        let bytes = length.to_be_bytes();
        for &byte in bytes.iter().chain(&self.payload) {
            put_byte(&mut frame, byte);
        }
        let check = sum(frame.get(1..).unwrap_or_default());
        for byte in check.to_be_bytes() {
            put_byte(&mut frame, byte);
        }
        put(&mut frame, &[END]);
        frame
    }
}

/// What the beginning of some bytes is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one frame")]
pub enum Head {
    /// Perhaps the beginning of a frame; more bytes are needed to tell.
    Short,
    /// A good frame; more bytes may follow it.
    Frame {
        /// What the frame says.
        message: Message,
        /// How many bytes it has, start and end included.
        len: usize,
    },
    /// Not a frame. Drop one byte and look again.
    Not(Refusal),
}

/// Why bytes are no frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The first byte is not `~`.
    NoStart {
        /// What it is.
        found: u8,
    },
    /// A byte between start and end is no hexadecimal digit with a capital letter.
    NoDigit {
        /// Its place in the frame, from 0.
        at: usize,
        /// What it is.
        found: u8,
    },
    /// The digit that checks the length does not fit it.
    LengthCheck {
        /// The digit as sent.
        sent: u8,
        /// The digit that fits what was received.
        computed: u8,
    },
    /// The payload has an odd count of characters, or more than two for each byte of
    /// [`MOST_PAYLOAD`].
    Length {
        /// The count.
        characters: u16,
    },
    /// The check does not fit the rest.
    Check {
        /// The check as sent.
        sent: u16,
        /// The check that fits what was received.
        computed: u16,
    },
    /// The byte behind the check is no carriage return.
    NoEnd {
        /// What it is.
        found: u8,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStart { found } => write!(f, "starts with {found:02X} instead of 7E"),
            Self::NoDigit { at, found } => {
                write!(f, "byte {at} is {found:02X}, no hexadecimal digit")
            }
            Self::LengthCheck { sent, computed } => {
                write!(f, "length is checked by {sent:X} but its digits give {computed:X}")
            }
            Self::Length { characters } if characters % 2 == 1 => {
                write!(f, "payload of {characters} characters, an odd number")
            }
            Self::Length { characters } => {
                let most = MOST_PAYLOAD.saturating_mul(2);
                write!(f, "payload of {characters} characters, more than {most}")
            }
            Self::Check { sent, computed } => {
                write!(f, "check is {sent:04X} but the characters give {computed:04X}")
            }
            Self::NoEnd { found } => write!(f, "ends with {found:02X} instead of 0D"),
        }
    }
}

impl core::error::Error for Refusal {}

/// Looks whether a frame begins here. Refuses as soon as a byte is wrong, so that a reader does not
/// wait for the end of what is none.
///
/// ```
/// use cellward_wire::pylon::{Head, parse};
/// let Head::Frame { message, len: 20 } = parse(b"~20024661E00201FD33\r~2002") else {
///     panic!("a frame, and the beginning of another");
/// };
/// assert_eq!(message.to_string(), "version 20, address 2, device 46, code 61: 01");
/// ```
#[must_use]
pub fn parse(bytes: &[u8]) -> Head {
    match look(bytes) {
        Ok(Some((message, len))) => Head::Frame { message, len },
        Ok(None) => Head::Short,
        Err(refusal) => Head::Not(refusal),
    }
}

/// As [`parse`]; `None` when more bytes are needed.
fn look(bytes: &[u8]) -> Result<Option<(Message, usize)>, Refusal> {
    match bytes.first() {
        None => return Ok(None),
        Some(&START) => {}
        Some(&found) => return Err(Refusal::NoStart { found }),
    }
    let Some(header) = digits(bytes, HEADER)? else {
        return Ok(None);
    };
    let mut pairs = header.as_chunks::<2>().0.iter().map(|&pair| byte(pair));
    let mut next = || pairs.next().unwrap_or_default();
    let (version, address, device, code) = (next(), next(), next(), next());
    let length = u16::from_be_bytes([next(), next()]);
    let characters = length & 0x0FFF;
    let expected = with_check(characters);
    if length != expected {
        let [sent, computed] = [length, expected].map(|word| word.to_be_bytes()[0] >> 4);
        return Err(Refusal::LengthCheck { sent, computed });
    }
    let count = usize::from(characters);
    if count % 2 == 1 || count > MOST_PAYLOAD.saturating_mul(2) {
        return Err(Refusal::Length { characters });
    }
    let end = count.saturating_add(LEAST_FRAME).saturating_sub(1);
    let Some(all) = digits(bytes, end)? else {
        return Ok(None);
    };
    let Some((covered, &[a, b, c, d])) = all.split_last_chunk::<4>() else {
        return Ok(None);
    };
    let sent = u16::from_be_bytes([byte([a, b]), byte([c, d])]);
    let computed = sum(covered);
    if sent != computed {
        return Err(Refusal::Check { sent, computed });
    }
    match bytes.get(end) {
        None => return Ok(None),
        Some(&END) => {}
        Some(&found) => return Err(Refusal::NoEnd { found }),
    }
    let characters = covered.get(HEADER.saturating_sub(1)..).unwrap_or_default();
    let payload = characters.as_chunks::<2>().0.iter().map(|&pair| byte(pair));
    let payload = payload.take(MOST_PAYLOAD).collect();
    let message = Message { version, address, device, code, payload };
    Ok(Some((message, end.saturating_add(1))))
}

/// What stands behind the start and before `end`, all of it digits; `None` when some is missing.
fn digits(bytes: &[u8], end: usize) -> Result<Option<&[u8]>, Refusal> {
    let there = bytes.get(1..end.min(bytes.len())).unwrap_or_default();
    if let Some(wrong) = there.iter().position(|&character| digit(character).is_none()) {
        let found = there.get(wrong).copied().unwrap_or_default();
        return Err(Refusal::NoDigit { at: wrong.saturating_add(1), found });
    }
    Ok(bytes.get(1..end))
}

/// The value of a digit.
const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character.saturating_sub(b'0')),
        b'A'..=b'F' => Some(character.saturating_sub(b'A').saturating_add(10)),
        _ => None,
    }
}

/// The byte that two digits write; both are known to be digits.
const fn byte([high, low]: [u8; 2]) -> u8 {
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => high << 4 | low,
        _ => 0,
    }
}

/// The count of characters with the digit in front that checks it.
const fn with_check(characters: u16) -> u16 {
    let [high, low] = characters.to_be_bytes();
    let sum = (high & 0xF).wrapping_add(low >> 4).wrapping_add(low & 0xF);
    let check = sum.wrapping_neg() & 0xF;
    u16::from_be_bytes([check << 4 | high & 0xF, low])
}

/// Minus the sum of characters.
fn sum(characters: &[u8]) -> u16 {
    let add = |sum: u16, &character: &u8| sum.wrapping_add(u16::from(character));
    characters.iter().fold(0, add).wrapping_neg()
}

/// Appends; a frame has room for the longest payload.
fn put(frame: &mut Frame, more: &[u8]) {
    let fits = frame.extend_from_slice(more);
    debug_assert!(fits.is_ok(), "the longest frame has 530 characters");
}

/// Appends a byte as two digits.
fn put_byte(frame: &mut Frame, byte: u8) {
    let character = |digit: u8| match digit {
        0..=9 => digit.saturating_add(b'0'),
        _ => digit.saturating_sub(10).saturating_add(b'A'),
    };
    put(frame, &[character(byte >> 4), character(byte & 0xF)]);
}
