//! A small symmetric matrix, of which one half is kept.

/// How many states a hypothesis has.
pub(super) const STATES: usize = 8;
/// Entries on and below the diagonal.
const ENTRIES: usize = STATES * (STATES + 1) / 2;

/// One number for each state.
pub(super) type Vector = [f32; STATES];

/// A symmetric matrix over the states: a covariance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Symmetric {
    /// Row by row, each up to its diagonal.
    lower: [f32; ENTRIES],
}

/// Where an entry is kept.
const fn place(row: usize, column: usize) -> usize {
    let (long, short) = if row > column { (row, column) } else { (column, row) };
    // Rows before it hold 1, 2, … entries.
    (long.wrapping_mul(long.wrapping_add(1)) >> 1).wrapping_add(short)
}

impl Symmetric {
    /// Nothing anywhere.
    pub(super) const ZERO: Self = Self { lower: [0.0; ENTRIES] };

    /// The entry of a row and a column; 0 beyond the matrix.
    pub(super) fn at(&self, row: usize, column: usize) -> f32 {
        self.lower.get(place(row, column)).copied().unwrap_or(0.0)
    }

    /// Changes the entry of a row and a column, and with it that of the column and the row.
    #[inline(never)]
    pub(super) fn set(&mut self, row: usize, column: usize, value: f32) {
        if let Some(entry) = self.lower.get_mut(place(row, column)) {
            *entry = value;
        }
    }

    /// Adds to an entry.
    pub(super) fn add(&mut self, row: usize, column: usize, value: f32) {
        self.set(row, column, self.at(row, column) + value);
    }

    /// The matrix times a vector.
    pub(super) fn times(&self, vector: &Vector) -> Vector {
        let mut product = [0.0; STATES];
        for (row, sum) in product.iter_mut().enumerate() {
            for (column, value) in vector.iter().enumerate() {
                *sum += self.at(row, column) * value;
            }
        }
        product
    }

    /// State `row` becomes `factor` times what it was.
    pub(super) fn scale(&mut self, row: usize, factor: f32) {
        for column in 0..STATES {
            let power = if column == row { factor * factor } else { factor };
            self.set(row, column, self.at(row, column) * power);
        }
    }

    /// State `row` grows by `times` times state `other`, which is another.
    pub(super) fn mix(&mut self, row: usize, other: usize, times: f32) {
        let own = times * (2.0 * self.at(row, other) + times * self.at(other, other));
        for column in (0..STATES).filter(|&column| column != row) {
            self.add(row, column, times * self.at(other, column));
        }
        self.add(row, row, own);
    }

    /// A state is known anew, by itself, to this variance.
    pub(super) fn forget(&mut self, row: usize, variance: f32) {
        self.scale(row, 0.0);
        self.set(row, row, variance);
    }

    /// Takes away what a measurement tells: `weight` times `gain · gainᵀ`, of which each state takes
    /// its share `used` only. A state that takes less than all keeps what it does not use.
    pub(super) fn learn(&mut self, gain: &Vector, weight: f32, used: &Vector) {
        for (row, (a, u)) in gain.iter().zip(used).enumerate() {
            for (column, (b, v)) in gain.iter().zip(used).enumerate().take(row.saturating_add(1)) {
                self.add(row, column, -(u + v - u * v) * a * b * weight);
            }
        }
    }

    /// Keeps every variance above `least`, which rounding may have eaten.
    pub(super) fn floor(&mut self, least: f32) {
        for row in 0..STATES {
            // What is no number is not above it either.
            let above = self.at(row, row) > least;
            if !above {
                self.set(row, row, least);
            }
        }
    }

    /// The matrix of a mixture of two: `share` of this and the rest of `other`, and the spread of
    /// their means, which lie `apart` from each other.
    pub(super) fn blend(&self, other: &Self, share: f32, apart: &Vector) -> Self {
        let rest = 1.0 - share;
        let mut whole = Self::ZERO;
        for (row, a) in apart.iter().enumerate() {
            for (column, b) in apart.iter().enumerate().take(row.saturating_add(1)) {
                let mean = share * self.at(row, column) + rest * other.at(row, column);
                whole.set(row, column, mean + share * rest * a * b);
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some covariance without zeros.
    fn some() -> Symmetric {
        let mut matrix = Symmetric::ZERO;
        for row in 0..STATES {
            for column in 0..=row {
                let bonus = if row == column { 9.0 } else { 0.0 };
                matrix.set(row, column, bonus + 1.0 / (1.0 + row as f32 + 2.0 * column as f32));
            }
        }
        matrix
    }

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-4 * (1.0 + b.abs())
    }

    #[test]
    fn rows_and_columns_are_the_same() {
        let matrix = some();
        for row in 0..STATES {
            for column in 0..STATES {
                assert!(close(matrix.at(row, column), matrix.at(column, row)));
            }
        }
        assert!(close(matrix.at(STATES, 0), 0.0), "there is no such row");
    }

    #[test]
    fn a_mix_is_what_the_matrix_product_says() {
        let before = some();
        let mut after = before;
        after.mix(0, 2, 0.5);
        after.mix(0, 4, -0.25);
        let a = |row: usize, column: usize| match (row, column) {
            (0, 2) => 0.5,
            (0, 4) => -0.25,
            _ => f32::from(u8::from(row == column)),
        };
        for row in 0..STATES {
            for column in 0..STATES {
                let mut sum = 0.0;
                for j in 0..STATES {
                    for k in 0..STATES {
                        sum += a(row, j) * before.at(j, k) * a(column, k);
                    }
                }
                assert!(close(after.at(row, column), sum), "{row} {column}");
            }
        }
    }

    #[test]
    fn a_scale_is_squared_on_the_diagonal_alone() {
        let before = some();
        let mut after = before;
        after.scale(1, 0.5);
        assert!(close(after.at(1, 1), 0.25 * before.at(1, 1)));
        assert!(close(after.at(1, 3), 0.5 * before.at(1, 3)));
        assert!(close(after.at(3, 3), before.at(3, 3)));
    }

    #[test]
    fn a_state_that_takes_nothing_keeps_its_variance() {
        let before = some();
        let mut after = before;
        let mut used = [1.0; STATES];
        used[4] = 0.0;
        let h = [1.0; STATES];
        let gain = before.times(&h);
        let innovation: f32 = gain.iter().sum::<f32>() + 1.0;
        after.learn(&gain, 1.0 / innovation, &used);
        assert!(close(after.at(4, 4), before.at(4, 4)));
        assert!(after.at(0, 0) < before.at(0, 0));
        // As the optimal gain leaves it.
        assert!(close(after.at(0, 0), before.at(0, 0) - gain[0] * gain[0] / innovation));
    }

    #[test]
    fn a_blend_has_the_spread_of_both_means() {
        let mut apart = [0.0; STATES];
        apart[0] = 2.0;
        let both = Symmetric::ZERO.blend(&Symmetric::ZERO, 0.25, &apart);
        assert!(close(both.at(0, 0), 0.75));
        assert!(close(both.at(1, 1), 0.0));
    }

    #[test]
    fn what_is_no_number_is_lifted_to_the_floor() {
        let mut matrix = some();
        matrix.set(3, 3, f32::NAN);
        matrix.set(2, 2, -1.0);
        matrix.floor(1e-9);
        assert!(close(matrix.at(3, 3), 0.0) && matrix.at(2, 2) > 0.0);
    }
}
