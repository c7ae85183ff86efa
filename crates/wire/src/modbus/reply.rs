//! What a server answers.

use super::{Area, Bytes, Refusal, Words, function, put, put_words, rtu, tcp, words};

/// What a server answers. The reply to a read does not say which registers it holds: whoever asked
/// must remember.
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one frame")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Registers that were read.
    Words {
        /// Which kind.
        area: Area,
        /// Their values, raw, at least one.
        words: Words,
    },
    /// One register was written: the request again.
    WroteOne {
        /// The register, from 0 as on the wire.
        register: u16,
        /// Its value, raw.
        value: u16,
    },
    /// Several registers were written.
    WroteMany {
        /// The first register, from 0 as on the wire.
        start: u16,
        /// How many, as sent; a board was once seen to send the word 0xAAAA.
        count: u16,
    },
    /// The request was refused.
    Exception {
        /// The function that was asked for, without the top bit.
        function: u8,
        /// Why: a code of application protocol §7, or any other byte.
        code: u8,
    },
}

impl Reply {
    /// The function that was asked for: of an exception too without the top bit.
    #[must_use]
    pub const fn function(&self) -> u8 {
        match self {
            Self::Words { area, .. } => area.function(),
            Self::WroteOne { .. } => function::WRITE_ONE,
            Self::WroteMany { .. } => function::WRITE_MANY,
            Self::Exception { function, .. } => *function,
        }
    }

    /// The frame for a serial line. Empty, so that nothing is sent, when there are no words.
    ///
    /// ```
    /// use cellward_wire::modbus::Reply;
    /// let refused = Reply::Exception { function: 0x03, code: 2 };
    /// assert_eq!(refused.emit_rtu(0xD2), [0xD2, 0x83, 0x02, 0x31, 0x08]);
    /// ```
    #[must_use]
    pub fn emit_rtu(&self, address: u8) -> Bytes {
        rtu::enclose(address, &self.body())
    }

    /// The frame for TCP; empty as in [`Reply::emit_rtu`].
    #[must_use]
    pub fn emit_tcp(&self, transaction: u16, unit: u8) -> Bytes {
        tcp::enclose(transaction, unit, &self.body())
    }

    /// The function and what follows it; empty when there are no words.
    fn body(&self) -> Bytes {
        let mut bytes = Bytes::new();
        match self {
            Self::Words { words, .. } => {
                // At most 125 words, so that their bytes can be counted in one byte.
                let doubled = u8::try_from(words.len().saturating_mul(2)).unwrap_or(u8::MAX);
                if doubled > 0 {
                    put(&mut bytes, &[self.function(), doubled]);
                    put_words(&mut bytes, words);
                }
            }
            Self::WroteOne { register: first, value: second }
            | Self::WroteMany { start: first, count: second } => {
                put(&mut bytes, &[self.function()]);
                put_words(&mut bytes, &[*first, *second]);
            }
            Self::Exception { function, code } => {
                put(&mut bytes, &[*function | function::EXCEPTION, *code]);
            }
        }
        bytes
    }
}

/// Whether a reply with this function byte answers a function that is spoken here.
pub(super) const fn answers_what_is_spoken(sent: u8) -> bool {
    matches!(
        sent & !function::EXCEPTION,
        function::READ_HOLDING | function::READ_INPUT | function::WRITE_ONE | function::WRITE_MANY
    )
}

/// Bytes of a reply from its function on, as far as its first bytes tell; `None` when more are
/// needed to tell.
pub(super) fn length(body: &[u8]) -> Result<Option<usize>, Refusal> {
    match *body {
        [] | [function::READ_HOLDING | function::READ_INPUT] => Ok(None),
        [function::READ_HOLDING | function::READ_INPUT, following, ..] => {
            if following % 2 == 1 || following == 0 || following > 250 {
                return Err(Refusal::ByteCount);
            }
            Ok(Some(usize::from(following).saturating_add(2)))
        }
        [function::WRITE_ONE | function::WRITE_MANY, ..] => Ok(Some(5)),
        // Function 0 does not exist, so nothing can refuse it.
        [refused, ..] if refused > function::EXCEPTION => Ok(Some(2)),
        [other, ..] => Err(Refusal::Function(other)),
    }
}

/// A reply from its function on, all of it and nothing more, as [`length`] said.
pub(super) fn parse(body: &[u8]) -> Result<Reply, Refusal> {
    match *body {
        [function @ (function::READ_HOLDING | function::READ_INPUT), _, ref rest @ ..] => {
            Ok(Reply::Words { area: Area::read_by(function), words: words(rest) })
        }
        [function::WRITE_ONE, a, b, c, d] => Ok(Reply::WroteOne {
            register: u16::from_be_bytes([a, b]),
            value: u16::from_be_bytes([c, d]),
        }),
        [function::WRITE_MANY, a, b, c, d] => Ok(Reply::WroteMany {
            start: u16::from_be_bytes([a, b]),
            count: u16::from_be_bytes([c, d]),
        }),
        [refused, code] if refused > function::EXCEPTION => {
            Ok(Reply::Exception { function: refused & !function::EXCEPTION, code })
        }
        [other, ..] => Err(Refusal::Function(other)),
        [] => Err(Refusal::Cut),
    }
}
