//! A short text without a heap.

use core::fmt;

/// Up to 40 bytes of text: versions, codes, serial numbers (the longest that a legacy dialect
/// carries is 35).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShortText {
    bytes: [u8; Self::CAPACITY],
    len: u8,
}

impl ShortText {
    /// The most bytes that fit.
    pub const CAPACITY: usize = 40;

    /// An empty text.
    pub const EMPTY: Self = Self { bytes: [0; Self::CAPACITY], len: 0 };

    /// Keeps as much of `text` as fits, cut at a character boundary.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut short = Self::EMPTY;
        for character in text.chars() {
            short.push(character);
        }
        short
    }

    /// Appends one character if it fits; a text that is full stays as it is.
    pub fn push(&mut self, character: char) {
        let mut buffer = [0; 4];
        let encoded = character.encode_utf8(&mut buffer).as_bytes();
        let start = usize::from(self.len);
        let end = start.saturating_add(encoded.len());
        if let Some(room) = self.bytes.get_mut(start..end) {
            room.copy_from_slice(encoded);
            self.len = u8::try_from(end).unwrap_or(self.len);
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        // Only whole characters are ever pushed, so this cannot fail.
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// What does not fit is cut; writing never fails.
impl fmt::Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.push(character);
        }
        Ok(())
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_at_a_character() {
        let long = "ä".repeat(21);
        assert_eq!(ShortText::new(&long).as_str(), "ä".repeat(20));
        let odd = std::format!("{}ä", "x".repeat(39));
        assert_eq!(ShortText::new(&odd).as_str(), "x".repeat(39));
    }
}
