//! Least squares in which nothing is negative, from its normal equations.

/// A symmetric matrix, row by row.
pub(crate) type Matrix = Vec<Vec<f64>>;

/// Finds the `x`, none of it negative, for which `x·Ax − 2·b·x` is least, where `A` is symmetric and
/// has no direction in which it is flat.
///
/// The method of Lawson and Hanson (*Solving Least Squares Problems*, 1974, chapter 23), begun with
/// every unknown free, because resistances that want to be negative are few.
pub(crate) fn solve(a: &Matrix, b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut free: Vec<usize> = (0..n).collect();
    let mut x = vec![0.0; n];
    let mut started = false;
    // Each round frees or binds at least one; the bound is far beyond what was ever seen.
    for _ in 0..6 * n {
        let wanted = free_solution(a, b, &free);
        let below = wanted.iter().any(|&value| value < 0.0);
        if below && !started {
            // From nothing there is no feasible step: bind all that want to be negative at once.
            let keep = free.iter().zip(&wanted).filter(|(_, value)| **value > 0.0);
            free = keep.map(|(&place, _)| place).collect();
            continue;
        }
        if below {
            // Go towards it as far as nothing becomes negative, and bind what became zero.
            let share = free.iter().zip(&wanted).filter(|(_, value)| **value < 0.0);
            let share = share.map(|(&k, value)| x[k] / (x[k] - value)).fold(1.0, f64::min);
            for (&k, value) in free.iter().zip(&wanted) {
                x[k] += share * (value - x[k]);
            }
            free.retain(|&k| x[k] > 1e-15);
            (0..n).filter(|k| !free.contains(k)).for_each(|k| x[k] = 0.0);
            continue;
        }
        started = true;
        x = vec![0.0; n];
        for (&k, value) in free.iter().zip(wanted) {
            x[k] = value;
        }
        // Free the bound one that would help most, if any would.
        let gain = |k: usize| b[k] - a[k].iter().zip(&x).map(|(a, x)| a * x).sum::<f64>();
        let bound = (0..n).filter(|k| !free.contains(k)).map(|k| (k, gain(k) / a[k][k]));
        let best = bound.max_by(|one, other| one.1.total_cmp(&other.1));
        match best {
            Some((place, gain)) if gain > 1e-9 => free.push(place),
            _ => return x,
        }
    }
    x
}

/// The solution with only these unknowns, by Cholesky.
fn free_solution(a: &Matrix, b: &[f64], free: &[usize]) -> Vec<f64> {
    let n = free.len();
    let mut low = vec![vec![0.0; n]; n];
    let mut y = vec![0.0; n];
    for row in 0..n {
        for column in 0..=row {
            let known: f64 = low[row]
                .iter()
                .zip(&low[column])
                .take(column)
                .map(|(one, other)| one * other)
                .sum();
            let rest = a[free[row]][free[column]] - known;
            low[row][column] = if row == column {
                libm::sqrt(rest.max(1e-30))
            } else {
                rest / low[column][column]
            };
        }
        let known: f64 = low[row].iter().zip(&y).take(row).map(|(low, y)| low * y).sum();
        y[row] = (b[free[row]] - known) / low[row][row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|below| low[below][row] * y[below]).sum();
        y[row] = (y[row] - known) / low[row][row];
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_bound_it_is_the_plain_solution() {
        let x = solve(&vec![vec![4.0, 1.0], vec![1.0, 3.0]], &[6.0, 7.0]);
        assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12, "{x:?}");
    }

    #[test]
    fn what_would_be_negative_is_zero_and_the_others_are_best_without_it() {
        // The plain solution is (2, -1); clipping would leave (2, 0), which is not best.
        let x = solve(&vec![vec![4.0, 2.0], vec![2.0, 4.0]], &[6.0, 0.0]);
        assert!((x[0] - 1.5).abs() < 1e-12 && x[1].abs() < 1e-12, "{x:?}");
    }

    #[test]
    fn one_that_was_bound_too_early_becomes_free_again() {
        // Any solution must have no negative unknown, no gain left in a bound one, and none lost in
        // a free one; these are the conditions of Kuhn and Tucker, which only the best has.
        let mut seed = 1_u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 24) - 0.5
        };
        for _ in 0..200 {
            let rows: Matrix = (0..12).map(|_| (0..8).map(|_| random()).collect()).collect();
            let y: Vec<f64> = (0..12).map(|_| random()).collect();
            let a: Matrix = (0..8)
                .map(|i| (0..8).map(|j| rows.iter().map(|r| r[i] * r[j]).sum()).collect())
                .collect();
            let b: Vec<f64> =
                (0..8).map(|i| rows.iter().zip(&y).map(|(r, y)| r[i] * y).sum()).collect();
            let x = solve(&a, &b);
            for k in 0..8 {
                let gain = b[k] - a[k].iter().zip(&x).map(|(a, x)| a * x).sum::<f64>();
                assert!(x[k] >= 0.0 && gain < 1e-7, "{x:?}");
                assert!(x[k] == 0.0 || gain.abs() < 1e-7, "{x:?}");
            }
        }
    }
}
