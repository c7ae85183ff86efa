//! Where a number stands in a payload: the positions that typed payloads and dialect maps share.

use super::PAYLOAD_LEN;

/// How many bytes a number has; all are big-endian and unsigned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Size {
    /// One byte.
    One,
    /// Two bytes.
    Two,
    /// Four bytes.
    Four,
}

impl Size {
    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// The largest number that fits.
    #[must_use]
    pub const fn max(self) -> u32 {
        match self {
            Self::One => 0xFF,
            Self::Two => 0xFFFF,
            Self::Four => 0xFFFF_FFFF,
        }
    }
}

/// A number inside of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// The command whose reply carries it.
    pub command: u8,
    /// Its name with its raw unit, as in the typed payload.
    pub name: &'static str,
    /// Offset in the payload, 0 to 7.
    pub at: u8,
    /// Its size.
    pub size: Size,
}

impl Field {
    /// Reads the number; bytes past the end of the payload count as 0 (no field has such).
    #[must_use]
    pub fn read(&self, payload: &[u8; PAYLOAD_LEN]) -> u32 {
        payload
            .iter()
            .skip(usize::from(self.at))
            .take(self.size.bytes())
            .fold(0_u32, |number, &byte| (number << 8) | u32::from(byte))
    }

    /// Writes the low bytes of a number.
    pub fn write(&self, payload: &mut [u8; PAYLOAD_LEN], number: u32) {
        let bytes = number.to_be_bytes();
        let skip = bytes.len().saturating_sub(self.size.bytes());
        let slots = payload.iter_mut().skip(usize::from(self.at));
        for (slot, byte) in slots.zip(bytes.into_iter().skip(skip)) {
            *slot = byte;
        }
    }
}
