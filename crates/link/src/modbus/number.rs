//! Numbers, texts and what stands for "absent" in registers.
//!
//! A number is an `i32` in two registers, the high word first. The lowest 256 numbers are no
//! values: `i32::MIN` plus the code of the reason why there is none, so that a reader who knows
//! nothing of it sees an impossible −2,147,483,646 and never a plausible zero.

use cellward_params::ShortText;
use cellward_units::NoData;
use heapless::Vec;

/// The words of one slot.
pub type Block = Vec<u16, 128>;

/// The smallest number that is a value; below it stand the reasons.
pub const LEAST: i32 = i32::MIN.saturating_add(256);

/// A reading as it is sent; what does not fit stops at the ends of the range.
#[must_use]
pub fn number(reading: Result<i64, NoData>) -> i32 {
    match reading {
        Ok(value) => {
            let stopped = value.clamp(LEAST.into(), i32::MAX.into());
            i32::try_from(stopped).unwrap_or(i32::MAX)
        }
        Err(reason) => i32::MIN.saturating_add(reason.code().into()),
    }
}

/// A reading as it was sent.
///
/// # Errors
///
/// The reason why there is no value; one that this version does not know is
/// [`NoData::Unknown`].
pub fn reading(number: i32) -> Result<i64, NoData> {
    if number >= LEAST {
        return Ok(number.into());
    }
    let code = u8::try_from(number.wrapping_sub(i32::MIN)).unwrap_or(0);
    Err(NoData::from_code(code).unwrap_or(NoData::Unknown))
}

/// The number in the first two words, high word first; `None` where there are fewer.
#[must_use]
pub fn joined(words: &[u16]) -> Option<i32> {
    Reader(words).i32()
}

/// Appends words; every slot is made to fit (tested by reading all of them).
pub(super) fn put(block: &mut Block, words: &[u16]) {
    let fits = block.extend_from_slice(words);
    debug_assert!(fits.is_ok(), "a slot has at most 128 registers");
}

/// Appends an `i32`, high word first.
pub(super) fn put_i32(block: &mut Block, number: i32) {
    put_u32(block, number.cast_unsigned());
}

/// Appends a `u32`, high word first.
pub(super) fn put_u32(block: &mut Block, number: u32) {
    let [a, b, c, d] = number.to_be_bytes();
    put(block, &[u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
}

/// Appends a `u64`, high word first.
pub(super) fn put_u64(block: &mut Block, number: u64) {
    for pair in number.to_be_bytes().as_chunks::<2>().0 {
        put(block, &[u16::from_be_bytes(*pair)]);
    }
}

/// Appends text, two bytes a register, in `registers` of them, cut or filled with zeros.
pub(super) fn put_text(block: &mut Block, text: &str, registers: u16) {
    let mut bytes = text.bytes();
    for _ in 0..registers {
        let pair = [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)];
        put(block, &[u16::from_be_bytes(pair)]);
    }
}

/// Zeros up to a length.
pub(super) fn fill(block: &mut Block, len: u16) {
    // No slot is longer than a block.
    let _ = block.resize(usize::from(len).max(block.len()), 0);
}

/// Takes words from the front, as far as there are any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub &'a [u16]);

impl Reader<'_> {
    pub(super) fn word(&mut self) -> Option<u16> {
        let (&word, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(word)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        u8::try_from(self.word()?).ok()
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.word()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let [a, b] = self.word()?.to_be_bytes();
        let [c, d] = self.word()?.to_be_bytes();
        Some(u32::from_be_bytes([a, b, c, d]))
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.u32().map(u32::cast_signed)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let (high, low) = (self.u32()?, self.u32()?);
        Some((u64::from(high) << 32) | u64::from(low))
    }

    /// Text in 20 registers, up to its first NUL; `None` where it is no UTF-8.
    pub(super) fn text(&mut self) -> Option<ShortText> {
        let mut bytes = Vec::<u8, 40>::new();
        for _ in 0..super::layout::TEXT {
            let pair = self.word()?.to_be_bytes();
            // 20 registers hold 40 bytes.
            let _ = bytes.extend_from_slice(&pair);
        }
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        let text = core::str::from_utf8(bytes.get(..end)?).ok()?;
        Some(ShortText::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_next_to_the_reasons_is_a_value_and_stops_there() {
        assert_eq!(number(Ok(i64::from(LEAST))), LEAST);
        assert_eq!(number(Ok(i64::from(LEAST) - 1)), LEAST);
        assert_eq!(number(Ok(i64::MAX)), i32::MAX);
        assert_eq!(reading(LEAST), Ok(i64::from(LEAST)));
        assert_eq!(reading(LEAST - 1), Err(NoData::Unknown));
        assert_eq!(reading(i32::MIN), Err(NoData::Unknown));
    }

    #[test]
    fn every_reason_comes_back() {
        for reason in NoData::ALL {
            assert_eq!(reading(number(Err(reason))), Err(reason));
        }
    }

    #[test]
    fn numbers_travel_high_word_first() {
        let mut block = Block::new();
        put_i32(&mut block, -2);
        put_u64(&mut block, 0x0001_0002_0003_0004);
        put_text(&mut block, "abc", 3);
        assert_eq!(block, [0xFFFF, 0xFFFE, 1, 2, 3, 4, 0x6162, 0x6300, 0]);
        let mut reader = Reader(&block);
        assert_eq!(reader.i32(), Some(-2));
        assert_eq!(reader.u64(), Some(0x0001_0002_0003_0004));
        assert_eq!(reader.text(), None);
    }
}
