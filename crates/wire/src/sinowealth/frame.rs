//! Requests and replies as bytes.

use core::fmt;

use super::{MAX_REPLY, REQUEST_LEN, Register, START};

/// How many bytes of number a register has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// Two.
    Two,
    /// Four.
    Four,
}

impl Width {
    /// The length byte of a request.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Bytes of the reply: the number and one more.
    #[must_use]
    pub const fn reply_len(self) -> usize {
        match self {
            Self::Two => 3,
            Self::Four => MAX_REPLY,
        }
    }
}

/// A client's question for one register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The number of the register; unknown ones are kept.
    pub register: u8,
    /// How many bytes of number are wanted.
    pub width: Width,
}

impl Request {
    /// The frame as sent.
    ///
    /// ```
    /// use cellward_wire::sinowealth::{Request, Width};
    /// let pack_voltage = Request { register: 0x0B, width: Width::Two };
    /// assert_eq!(pack_voltage.emit(), [0x0A, 0x0B, 0x02]);
    /// ```
    #[must_use]
    pub const fn emit(&self) -> [u8; REQUEST_LEN] {
        [START, self.register, self.width.byte()]
    }
}

/// A number as sent, with its width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Of two bytes.
    Two(u16),
    /// Of four bytes.
    Four(u32),
}

impl Value {
    /// Its width.
    #[must_use]
    pub const fn width(self) -> Width {
        match self {
            Self::Two(_) => Width::Two,
            Self::Four(_) => Width::Four,
        }
    }

    /// The number without a sign.
    #[must_use]
    pub const fn unsigned(self) -> u32 {
        match self {
            Self::Two(number) => {
                let [high, low] = number.to_be_bytes();
                u32::from_be_bytes([0, 0, high, low])
            }
            Self::Four(number) => number,
        }
    }

    /// The number read as two's complement of its width.
    #[must_use]
    pub fn signed(self) -> i32 {
        match self {
            Self::Two(number) => i16::from_be_bytes(number.to_be_bytes()).into(),
            Self::Four(number) => i32::from_be_bytes(number.to_be_bytes()),
        }
    }
}

/// A board's answer. It does not say to what: whoever asked must remember.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The number.
    pub value: Value,
    /// The byte behind it, whose meaning is unknown.
    pub extra: u8,
}

impl Reply {
    /// The frame as sent: three or five bytes.
    #[must_use]
    pub fn emit(&self) -> heapless::Vec<u8, MAX_REPLY> {
        let number = self.value.unsigned().to_be_bytes();
        let skip = match self.value.width() {
            Width::Two => 2,
            Width::Four => 0,
        };
        number.into_iter().skip(skip).chain([self.extra]).collect()
    }
}

/// What the beginning of some bytes is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Head<T> {
    /// Perhaps the beginning of a frame; more bytes are needed to tell.
    Short,
    /// A frame; more bytes may follow it.
    Frame {
        /// What it says.
        body: T,
        /// How many bytes it has.
        len: usize,
    },
    /// Not a frame. Drop one byte and look again.
    Not(Refusal),
}

/// Why bytes are no request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The first byte is not 0x0A.
    NoStart {
        /// What it is.
        found: u8,
    },
    /// The length is neither 2 nor 4.
    Length {
        /// What it is.
        found: u8,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStart { found } => write!(f, "starts with {found:02X} instead of 0A"),
            Self::Length { found } => write!(f, "length byte is {found:02X} instead of 02 or 04"),
        }
    }
}

impl core::error::Error for Refusal {}

/// Looks whether a request begins here. Whether its length is the one of its register is not
/// judged.
#[must_use]
pub const fn parse_request(bytes: &[u8]) -> Head<Request> {
    let width = match *bytes {
        [] | [START] | [START, _] => return Head::Short,
        [START, _, 2, ..] => Width::Two,
        [START, _, 4, ..] => Width::Four,
        [START, _, found, ..] => return Head::Not(Refusal::Length { found }),
        [found, ..] => return Head::Not(Refusal::NoStart { found }),
    };
    match *bytes {
        [_, register, ..] => Head::Frame { body: Request { register, width }, len: REQUEST_LEN },
        _ => Head::Short,
    }
}

/// Takes the reply to a request for a number of this width. Nothing in it can be wrong, so this
/// never gives [`Head::Not`].
///
/// ```
/// use cellward_wire::sinowealth::{Head, Reply, Value, Width, parse_reply};
/// let body = Reply { value: Value::Two(0x3415), extra: 0x7C };
/// let head = parse_reply(&[0x34, 0x15, 0x7C], Width::Two);
/// assert_eq!(head, Head::Frame { body, len: 3 });
/// ```
#[must_use]
pub const fn parse_reply(bytes: &[u8], width: Width) -> Head<Reply> {
    let (value, extra) = match (width, bytes) {
        (Width::Two, &[a, b, extra, ..]) => (Value::Two(u16::from_be_bytes([a, b])), extra),
        (Width::Four, &[a, b, c, d, extra, ..]) => {
            (Value::Four(u32::from_be_bytes([a, b, c, d])), extra)
        }
        _ => return Head::Short,
    };
    Head::Frame { body: Reply { value, extra }, len: width.reply_len() }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Register::find(self.register) {
            Some(register) => write!(f, "read {}", register.name)?,
            None => write!(f, "read unknown register 0x{:02X}", self.register)?,
        }
        write!(f, ", {} bytes", self.width.byte())
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, extra byte {:02X}", self.value.unsigned(), self.extra)
    }
}
