//! What a client asks.

use super::{
    Bytes, MOST_READ, MOST_WRITTEN, Refusal, Words, function, put, put_words, rtu, tcp, words,
};

/// Which registers a read means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// Holding registers, which can be written too; function 0x03. The boards know only these.
    Holding,
    /// Input registers; function 0x04.
    Input,
}

impl Area {
    /// The function that reads it.
    #[must_use]
    pub const fn function(self) -> u8 {
        match self {
            Self::Holding => function::READ_HOLDING,
            Self::Input => function::READ_INPUT,
        }
    }

    /// What the function reads; anything but 0x04 is holding registers.
    pub(super) const fn read_by(function: u8) -> Self {
        match function {
            function::READ_INPUT => Self::Input,
            _ => Self::Holding,
        }
    }
}

/// What a client asks.
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one frame")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Read registers.
    Read {
        /// Which kind.
        area: Area,
        /// The first register, from 0 as on the wire.
        start: u16,
        /// How many, 1 to [`MOST_READ`].
        count: u16,
    },
    /// Write one register, function 0x06.
    WriteOne {
        /// The register, from 0 as on the wire.
        register: u16,
        /// Its new value, raw.
        value: u16,
    },
    /// Write several registers, function 0x10.
    WriteMany {
        /// The first register, from 0 as on the wire.
        start: u16,
        /// The new values, raw: 1 to [`MOST_WRITTEN`] of them.
        words: Words,
        /// Whether the frame has the standard's byte count; the boards' dialects have none. Over
        /// TCP it always has.
        byte_count: bool,
    },
    /// A function that is not spoken here. Only [`super::request_tcp`] gives it, because only there
    /// the length is known; what followed the function is not kept.
    Other {
        /// The function as sent.
        function: u8,
    },
    /// A whole frame whose count of registers or byte count cannot be, so that it asks for nothing
    /// that could be done. A server of the standard answers it with the exception for a wrong value.
    /// Only [`super::request_tcp`] and [`super::WriteForm::Standard`] give it; what followed the
    /// function is not kept.
    Miscounted {
        /// The function as sent.
        function: u8,
    },
}

impl Request {
    /// The function code.
    #[must_use]
    pub const fn function(&self) -> u8 {
        match self {
            Self::Read { area, .. } => area.function(),
            Self::WriteOne { .. } => function::WRITE_ONE,
            Self::WriteMany { .. } => function::WRITE_MANY,
            Self::Other { function } | Self::Miscounted { function } => *function,
        }
    }

    /// The frame for a serial line. Empty, so that nothing is sent, when the count of registers is
    /// 0 or beyond its limit, or not known any more: every reader would refuse such a frame.
    ///
    /// ```
    /// use cellward_wire::modbus::{Area, Request};
    /// let read = Request::Read { area: Area::Holding, start: 0x0C, count: 1 };
    /// assert_eq!(read.emit_rtu(0xD2), [0xD2, 0x03, 0x00, 0x0C, 0x00, 0x01, 0x57, 0xAA]);
    /// ```
    #[must_use]
    pub fn emit_rtu(&self, address: u8) -> Bytes {
        let with_byte_count = matches!(self, Self::WriteMany { byte_count: true, .. });
        rtu::enclose(address, &self.body(with_byte_count))
    }

    /// The frame for TCP; empty as in [`Request::emit_rtu`]. A write of several registers has its
    /// byte count here whatever the value says.
    #[must_use]
    pub fn emit_tcp(&self, transaction: u16, unit: u8) -> Bytes {
        tcp::enclose(transaction, unit, &self.body(true))
    }

    /// The function and what follows it; empty when a count is out of its limits.
    fn body(&self, with_byte_count: bool) -> Bytes {
        let mut bytes = Bytes::new();
        match self {
            Self::Read { start, count, .. } => {
                if within(*count, MOST_READ).is_ok() {
                    put(&mut bytes, &[self.function()]);
                    put_words(&mut bytes, &[*start, *count]);
                }
            }
            Self::WriteOne { register, value } => {
                put(&mut bytes, &[self.function()]);
                put_words(&mut bytes, &[*register, *value]);
            }
            Self::WriteMany { start, words, .. } => {
                let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
                if within(count, MOST_WRITTEN).is_ok() {
                    put(&mut bytes, &[self.function()]);
                    put_words(&mut bytes, &[*start, count]);
                    if with_byte_count {
                        let [_, doubled] = count.saturating_mul(2).to_be_bytes();
                        put(&mut bytes, &[doubled]);
                    }
                    put_words(&mut bytes, words);
                }
            }
            Self::Other { function } => put(&mut bytes, &[*function]),
            Self::Miscounted { .. } => {}
        }
        bytes
    }
}

/// The count itself when it is 1 to `most`.
const fn within(count: u16, most: u16) -> Result<u16, Refusal> {
    if count == 0 || count > most { Err(Refusal::Count(count)) } else { Ok(count) }
}

/// Bytes of a request from its function on, as far as its first bytes tell; `None` when more are
/// needed to tell.
pub(super) fn length(body: &[u8], with_byte_count: bool) -> Result<Option<usize>, Refusal> {
    match *body {
        [] => Ok(None),
        [function::READ_HOLDING | function::READ_INPUT, ref rest @ ..] => {
            if let [_, _, high, low, ..] = *rest {
                within(u16::from_be_bytes([high, low]), MOST_READ)?;
            }
            Ok(Some(5))
        }
        [function::WRITE_ONE, ..] => Ok(Some(5)),
        [function::WRITE_MANY, _, _, high, low, ref rest @ ..] => {
            let count = within(u16::from_be_bytes([high, low]), MOST_WRITTEN)?;
            let following = usize::from(count).saturating_mul(2);
            if !with_byte_count {
                return Ok(Some(following.saturating_add(5)));
            }
            match rest.first() {
                Some(&sent) if usize::from(sent) != following => Err(Refusal::ByteCount),
                _ => Ok(Some(following.saturating_add(6))),
            }
        }
        [function::WRITE_MANY, ..] => Ok(None),
        [other, ..] => Err(Refusal::Function(other)),
    }
}

/// Bytes of a request of a function that the standard has and that is not spoken here, from its
/// function on: `Some(None)` when more are needed to tell, `None` for what the standard does not have
/// on serial lines. Application protocol §6; encapsulated calls (43) of their common kind alone.
pub(super) fn length_of_other(body: &[u8]) -> Option<Option<usize>> {
    /// What follows the byte at `place`, which counts it.
    fn counted(body: &[u8], place: usize) -> Option<usize> {
        let count = usize::from(*body.get(place)?);
        Some(count.saturating_add(place).saturating_add(1))
    }
    Some(match body.first()? {
        // Coils, discrete inputs, one coil, diagnostics.
        0x01 | 0x02 | 0x05 | 0x08 => Some(5),
        // Exception status, event counter, event log, server id.
        0x07 | 0x0B | 0x0C | 0x11 => Some(1),
        // Coils, file records to read and to write.
        0x0F => counted(body, 5),
        0x14 | 0x15 => counted(body, 1),
        // Masked write, FIFO queue, device identification.
        0x16 => Some(7),
        0x18 => Some(3),
        0x2B => Some(4),
        // Read and write at once.
        0x17 => counted(body, 9),
        _ => return None,
    })
}

/// A request from its function on, all of it and nothing more, as [`length`] said.
pub(super) fn parse(body: &[u8], with_byte_count: bool) -> Result<Request, Refusal> {
    let [function, a, b, c, d, ref rest @ ..] = *body else {
        return Err(Refusal::Cut);
    };
    let (first, second) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    match function {
        function::READ_HOLDING | function::READ_INPUT => {
            Ok(Request::Read { area: Area::read_by(function), start: first, count: second })
        }
        function::WRITE_ONE => Ok(Request::WriteOne { register: first, value: second }),
        function::WRITE_MANY => {
            let skip = usize::from(with_byte_count);
            Ok(Request::WriteMany {
                start: first,
                words: words(rest.get(skip..).unwrap_or_default()),
                byte_count: with_byte_count,
            })
        }
        other => Err(Refusal::Function(other)),
    }
}

/// Which lengths, from its function on, a request can have whose count [`length`] refused: those
/// that its byte count and its count of registers say, the shorter first. `None` when more bytes are
/// needed to tell.
pub(super) fn miscounted(body: &[u8]) -> Option<[usize; 2]> {
    match *body {
        [function::WRITE_MANY, _, _, high, low, sent, ..] => {
            let told = usize::from(sent).saturating_add(6);
            let count = within(u16::from_be_bytes([high, low]), MOST_WRITTEN);
            let counted =
                count.map_or(told, |count| usize::from(count).saturating_mul(2).saturating_add(6));
            Some([told.min(counted), told.max(counted)])
        }
        [function::WRITE_MANY, ..] => None,
        _ => Some([5, 5]),
    }
}
