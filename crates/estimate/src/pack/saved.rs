//! What an estimator keeps over a restart.

use heapless::Vec;

use super::MAX_CELLS;
use crate::elementary::whole;

/// Numbers that all cells share, in this order.
pub(super) const NUMBERS: usize = 18;
/// State of charge, and one sigma.
pub(super) const CHARGE: usize = 0;
pub(super) const CHARGE_SIGMA: usize = 1;
/// -1 to 1.
pub(super) const HYSTERESIS: usize = 2;
/// Hours since the pack was full; [`NEVER`] where that was never seen.
pub(super) const SINCE_FULL: usize = 3;
/// What the mean cell holds over its rating, and one sigma: in what was learnt it is the sum of two that
/// are known less well than their sum.
pub(super) const HOLDS: usize = 4;
pub(super) const HOLDS_SIGMA: usize = 5;
/// What the filter learnt: values, then their sigmas.
pub(super) const LEARNT: usize = 6;

/// Value of [`SINCE_FULL`].
pub(super) const NEVER: f32 = -1.0;
/// Each lies within these, as far as there are any.
const RANGES: [(f32, f32); NUMBERS] = {
    let mut ranges = [(-f32::MAX, f32::MAX); NUMBERS];
    ranges[CHARGE] = (-0.1, 1.1);
    ranges[CHARGE_SIGMA] = (0.0, 1.0);
    ranges[HYSTERESIS] = (-1.0, 1.0);
    ranges[SINCE_FULL] = (NEVER, f32::MAX);
    ranges[HOLDS] = (0.05, 5.0);
    ranges[HOLDS_SIGMA] = (0.0, 1.0);
    ranges
};

/// What is kept of one cell: what it differs by, and one sigma of each.
pub(super) type Kept = [f32; 6];

/// Bytes before the numbers: the layout, the number of cells, whether the capacity was counted from one
/// end of the charge to the other, and one that is not used.
const PREFIX: usize = 4;
/// Bytes of the part that all cells share.
const HEAD: usize = PREFIX + 4 * NUMBERS;
/// Bytes of each cell.
const EACH: usize = 12;
/// Most bytes that a saved state has: of a pack of [`MAX_CELLS`].
pub const MOST_BYTES: usize = HEAD + EACH * MAX_CELLS;
/// First byte; another number is another layout, which is not read.
const LAYOUT: u8 = 3;
/// Steps of a difference between cells, and of its sigma: an `i16` reaches beyond every bound.
const STEP: f32 = 1.0 / 8_192.0;

/// What is kept, as bytes: 76 and 12 for each cell. Whoever stores them guards them by a checksum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    bytes: Vec<u8, MOST_BYTES>,
}

impl Saved {
    /// Of these numbers, which are within their ranges.
    pub(super) fn new(
        counted: bool,
        numbers: &[f32; NUMBERS],
        cells: impl ExactSizeIterator<Item = Kept>,
    ) -> Self {
        let mut bytes = Vec::new();
        let mut put = |piece: &[u8]| {
            // There is room for as many cells as there can be.
            let _full = bytes.extend_from_slice(piece);
        };
        put(&[LAYOUT, u8::try_from(cells.len()).unwrap_or(0), u8::from(counted), 0]);
        for value in numbers {
            put(&value.to_le_bytes());
        }
        for cell in cells {
            for value in cell {
                let steps = i16::try_from(whole(value / STEP)).unwrap_or(i16::MAX);
                put(&steps.to_le_bytes());
            }
        }
        Self { bytes }
    }

    /// The bytes to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was stored; `None` where these bytes are none, another layout, or hold no number where one
    /// must be.
    #[inline(never)]
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let saved = Self { bytes: Vec::from_slice(bytes).ok()? };
        let count = usize::from(*bytes.get(1)?);
        let whole = count.checked_mul(EACH)?.checked_add(HEAD)?;
        if bytes.first() != Some(&LAYOUT) || count == 0 || bytes.len() != whole {
            return None;
        }
        let sane = RANGES.iter().enumerate().all(|(place, (low, high))| {
            let number = saved.number(place);
            let outside = number < *low || number > *high;
            number.is_finite() && !outside
        });
        sane.then_some(saved)
    }

    /// Whether the capacity was counted from one end of the charge to the other.
    pub(super) fn counted(&self) -> bool {
        self.bytes.get(2) == Some(&1)
    }

    /// The number at a place.
    pub(super) fn number(&self, place: usize) -> f32 {
        let piece = self.bytes.as_chunks::<4>().0.get(place.saturating_add(1));
        piece.map_or(0.0, |piece| f32::from_le_bytes(*piece))
    }

    /// What is kept of each cell.
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = Kept> {
        let pieces = self.bytes.get(HEAD..).unwrap_or_default().as_chunks::<EACH>().0;
        pieces.iter().map(|cell| {
            let mut kept = [0.0; 6];
            for (value, piece) in kept.iter_mut().zip(cell.as_chunks::<2>().0) {
                *value = f32::from(i16::from_le_bytes(*piece)) * STEP;
            }
            kept
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Charge 0.625, half an hour after it was full, and differences in whole steps.
    const SAMPLE: [f32; NUMBERS] = [
        0.625, 0.03, -0.75, 12.5, 0.91, 0.02, 0.1, -0.2, 0.03, 0.001, 0.05, -0.002, 0.2, 0.3, 0.04,
        0.002, 0.06, 0.003,
    ];

    fn cells() -> impl ExactSizeIterator<Item = Kept> {
        (0..16_u8).map(|k| {
            let small = f32::from(k) * STEP;
            [small, -0.5, 0.25, 0.125, 4.0 * small, 0.0]
        })
    }

    fn saved() -> Saved {
        Saved::new(true, &SAMPLE, cells())
    }

    #[test]
    fn what_was_stored_comes_back() {
        let saved = saved();
        let bytes = saved.as_bytes();
        assert_eq!(bytes.len(), 76 + 12 * 16);
        assert_eq!(Saved::from_bytes(bytes), Some(saved.clone()));
        let same =
            |(place, number): (usize, &f32)| saved.number(place).to_bits() == number.to_bits();
        assert!(SAMPLE.iter().enumerate().all(same));
        assert!(saved.cells().eq(cells()));
        assert!(saved.counted());
        assert!(!Saved::new(false, &SAMPLE, cells()).counted());
    }

    #[test]
    fn no_byte_more_or_less_is_taken() {
        let saved = saved();
        for end in 0..saved.as_bytes().len() {
            assert_eq!(Saved::from_bytes(&saved.as_bytes()[..end]), None, "{end}");
        }
        let mut longer = std::vec::Vec::from(saved.as_bytes());
        longer.push(0);
        assert_eq!(Saved::from_bytes(&longer), None);
    }

    #[test]
    fn what_is_no_number_or_impossible_is_not_taken() {
        let saved = saved();
        let with = |place: usize, number: f32| {
            let mut bytes = std::vec::Vec::from(saved.as_bytes());
            let from = PREFIX + 4 * place;
            bytes[from..from + 4].copy_from_slice(&number.to_le_bytes());
            Saved::from_bytes(&bytes)
        };
        for (place, (low, high)) in RANGES.into_iter().enumerate() {
            assert!(with(place, low).is_some() && with(place, high).is_some(), "{place}");
            for number in [low.next_down(), high.next_up(), f32::NAN] {
                assert_eq!(with(place, number), None, "{place}: {number}");
            }
        }
        for (place, byte) in [(0, 2), (0, 4), (1, 0), (1, 15), (1, 17), (1, 25)] {
            let mut wrong = std::vec::Vec::from(saved.as_bytes());
            wrong[place] = byte;
            assert_eq!(Saved::from_bytes(&wrong), None, "{place}: {byte}");
        }
    }
}
