//! What an estimator keeps over a restart.

use heapless::Vec;

use super::MAX_CELLS;
use crate::filter::Learnt;

/// Bytes of the part that all cells share.
const HEAD: usize = 68;
/// Bytes of each cell.
const EACH: usize = 12;
/// Most bytes that a saved state has: of a pack of [`MAX_CELLS`].
pub const MOST_BYTES: usize = HEAD + EACH * MAX_CELLS;
/// First byte; another number is another layout, which is not read.
const LAYOUT: u8 = 1;

/// What is kept: as bytes, 68 and 12 for each cell. Whoever stores them guards them by a checksum.
#[derive(Clone, PartialEq, Debug)]
pub struct Saved {
    pub(super) charge: (f32, f32),
    pub(super) learnt: Learnt,
    pub(super) hysteresis: f32,
    /// Hours since the pack was full; `None` where that was never seen.
    pub(super) since_full: Option<f32>,
    pub(super) cells: Vec<[[f32; 3]; 2], MAX_CELLS>,
}

/// Steps of a difference between cells, and of its sigma: an `i16` reaches beyond every bound.
const STEP: f32 = 1.0 / 8_192.0;

impl Saved {
    /// The bytes to be stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8, MOST_BYTES> {
        let mut bytes = Vec::new();
        let mut put = |piece: &[u8]| {
            // There is room for as many cells as there can be.
            let _full = bytes.extend_from_slice(piece);
        };
        put(&[LAYOUT, u8::try_from(self.cells.len()).unwrap_or(0), 0, 0]);
        for value in
            [self.charge.0, self.charge.1, self.hysteresis, self.since_full.unwrap_or(f32::NAN)]
        {
            put(&value.to_le_bytes());
        }
        // Twelve numbers: six values and their sigmas, and two bytes each would be too coarse.
        for value in self.learnt.value.iter().chain(&self.learnt.sigma) {
            put(&value.to_le_bytes());
        }
        for value in self.cells.iter().flatten().flatten() {
            put(&small(*value).to_le_bytes());
        }
        bytes
    }

    /// What was stored; `None` where these bytes are none, another layout, or hold no number where one
    /// must be.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[layout, count, ..], _) = bytes.split_first_chunk::<4>()?;
        let count = usize::from(count);
        let cells = bytes.get(HEAD..)?;
        if layout != LAYOUT || count == 0 || count > MAX_CELLS {
            return None;
        }
        let whole = count.checked_mul(EACH)?;
        if cells.len() != whole {
            return None;
        }
        let float = |place: usize| {
            let from = place.checked_mul(4)?.checked_add(4)?;
            let (piece, _) = bytes.get(from..)?.split_first_chunk::<4>()?;
            Some(f32::from_le_bytes(*piece))
        };
        let finite = |place: usize| float(place).filter(|value| value.is_finite());
        let (soc, sigma, hysteresis) = (finite(0)?, finite(1)?, finite(2)?);
        let sane = (-0.1..=1.1).contains(&soc) && (0.0..=1.0).contains(&sigma);
        if !sane || hysteresis.abs() > 1.0 {
            return None;
        }
        let mut learnt = Learnt { value: [0.0; 6], sigma: [0.0; 6] };
        for (place, value) in (4..).zip(learnt.value.iter_mut().chain(&mut learnt.sigma)) {
            *value = finite(place)?;
        }
        let mut all = Vec::new();
        for cell in cells.chunks_exact(EACH) {
            let mut one = [[0.0; 3]; 2];
            for (value, piece) in one.iter_mut().flatten().zip(cell.chunks_exact(2)) {
                let (piece, _) = piece.split_first_chunk::<2>()?;
                *value = f32::from(i16::from_le_bytes(*piece)) * STEP;
            }
            all.push(one).ok()?;
        }
        let since_full = float(3).filter(|hours| *hours >= 0.0);
        Some(Self { charge: (soc, sigma), learnt, hysteresis, since_full, cells: all })
    }
}

/// A difference in steps.
fn small(value: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast holds the ends")]
    let steps = libm::roundf(value / STEP) as i16;
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> Saved {
        let learnt = Learnt {
            value: [0.1, -0.2, 0.03, 0.001, 0.05, -0.002],
            sigma: [0.2, 0.3, 0.04, 0.002, 0.06, 0.003],
        };
        let mut cells = Vec::new();
        for k in 0..16_u8 {
            let small = f32::from(k) * STEP;
            cells.push([[small, -0.5, 0.25], [0.125, 4.0 * small, 0.0]]).unwrap();
        }
        Saved { charge: (0.625, 0.03), learnt, hysteresis: -0.75, since_full: Some(12.5), cells }
    }

    #[test]
    fn what_was_stored_comes_back() {
        let saved = saved();
        let bytes = saved.to_bytes();
        assert_eq!(bytes.len(), 68 + 12 * 16);
        assert_eq!(Saved::from_bytes(&bytes), Some(saved.clone()));
        let never = Saved { since_full: None, ..saved };
        assert_eq!(Saved::from_bytes(&never.to_bytes()), Some(never));
    }

    #[test]
    fn no_byte_more_or_less_is_taken() {
        let bytes = saved().to_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Saved::from_bytes(&bytes[..end]), None, "{end}");
        }
        let mut longer = std::vec::Vec::from(bytes.as_slice());
        longer.push(0);
        assert_eq!(Saved::from_bytes(&longer), None);
    }

    #[test]
    fn what_is_no_number_or_impossible_is_not_taken() {
        let bytes = saved().to_bytes();
        for (place, value) in [(0, 1.2), (0, f32::NAN), (1, -0.1), (2, 1.5), (4, f32::INFINITY)] {
            let mut wrong = bytes.clone();
            let from = 4 + 4 * place;
            wrong[from..from + 4].copy_from_slice(&f32::to_le_bytes(value));
            assert_eq!(Saved::from_bytes(&wrong), None, "{place}: {value}");
        }
        for (place, value) in [(0, 2), (1, 0), (1, 15), (1, 25)] {
            let mut wrong = bytes.clone();
            wrong[place] = value;
            assert_eq!(Saved::from_bytes(&wrong), None, "{place}: {value}");
        }
    }
}
