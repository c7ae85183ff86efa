//! Finds resistances, time constants and the starting charge of the pulse test.

use crate::nonnegative::{Matrix, solve};
use crate::pulse::{Equations, N, Test};

/// What explains a pulse test best.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Circuit {
    /// Three resistances over charge, in Ω of a cell of 100 Ah.
    pub(crate) ohms: [[f64; N]; 3],
    /// Two time constants in s.
    pub(crate) constants: [f64; 2],
    /// Charge at which the test starts.
    pub(crate) start: f64,
    /// What is left, as a sum of squares per row in V².
    pub(crate) left: f64,
}

/// Where time constants are looked for, in s.
const RANGES: [(f64, f64); 2] = [(3.0, 60.0), (100.0, 3000.0)];

/// How far from what its rests say the test may start, in parts of one.
const START_WITHIN: f64 = 0.012;

/// How strongly neighbouring resistances pull at each other, of the weight of the rows themselves.
const SMOOTHING: f64 = 1e-3;

impl Circuit {
    /// That of a test without anything.
    pub(crate) const NOTHING: Self =
        Self { ohms: [[0.0; N]; 3], constants: [1.0; 2], start: 1.0, left: f64::INFINITY };

    /// Looks everywhere, around each charge at which the test may start.
    pub(crate) fn search(test: &Test<'_>) -> Self {
        let found = test.starts().into_iter().map(|start| Self::search_around(test, start));
        found.min_by(|a, b| a.left.total_cmp(&b.left)).unwrap_or(Self::NOTHING)
    }

    /// A coarse net over both time constants and the start, then finer ones.
    fn search_around(test: &Test<'_>, middle: f64) -> Self {
        let whole = |(from, to): (f64, f64)| {
            let step = libm::pow(to / from, 0.2);
            (0..6).map(|k| from * libm::pow(step, f64::from(k))).collect::<Vec<f64>>()
        };
        let mut nets = RANGES.map(whole);
        let mut starts: Vec<f64> =
            (-3..=3).map(|k| middle + f64::from(k) * START_WITHIN / 3.0).collect();
        let mut best = None;
        let mut ratios = RANGES.map(|(from, to)| libm::pow(to / from, 0.1));
        let mut step = START_WITHIN / 6.0;
        for _ in 0..4 {
            let found = Self::best_of(test, &starts, &nets, best);
            best = Some(found);
            nets = std::array::from_fn(|k| {
                let (from, to) = RANGES[k];
                let near = [-1.0, 0.0, 1.0].map(|power| {
                    (found.constants[k] * libm::pow(ratios[k], power)).clamp(from, to)
                });
                let mut near = near.to_vec();
                near.dedup();
                near
            });
            starts = [-1.0, 0.0, 1.0].map(|k| found.start + k * step).to_vec();
            ratios = ratios.map(libm::sqrt);
            step *= 0.5;
        }
        Self::best_of(test, &starts, &nets, best)
    }

    /// The best resistances with time constants and start as they are.
    pub(crate) fn again(&self, test: &Test<'_>) -> Self {
        Self::best_of(test, &[self.start], &self.constants.map(|one| vec![one]), None)
    }

    /// The best of every combination, and of what is known already.
    fn best_of(test: &Test<'_>, starts: &[f64], nets: &[Vec<f64>; 2], known: Option<Self>) -> Self {
        let mut best = known;
        let constants: Vec<f64> = nets.iter().flatten().copied().collect();
        for &start in starts {
            let all = test.equations(start, &constants);
            for (fast, &fast_s) in nets[0].iter().enumerate() {
                for (slow, &slow_s) in nets[1].iter().enumerate() {
                    let places = [0, fast + 1, nets[0].len() + slow + 1];
                    let (ohms, left) = resistances(&all, places);
                    if best.is_none_or(|best| left < best.left) {
                        best = Some(Self { ohms, constants: [fast_s, slow_s], start, left });
                    }
                }
            }
        }
        best.unwrap_or(Self::NOTHING)
    }

    /// What a steady current meets at each knot, in Ω.
    pub(crate) fn total(&self) -> [f64; N] {
        std::array::from_fn(|knot| self.ohms.iter().map(|ohms| ohms[knot]).sum())
    }
}

/// The best resistances of these three blocks of the equations, and what they leave unexplained in
/// V² per row.
fn resistances(all: &Equations, blocks: [usize; 3]) -> ([[f64; N]; 3], f64) {
    let places: Vec<usize> = blocks.iter().flat_map(|block| block * N..(block + 1) * N).collect();
    let mut a: Matrix = places
        .iter()
        .map(|&row| places.iter().map(|&column| all.a[row][column]).collect())
        .collect();
    let b: Vec<f64> = places.iter().map(|&row| all.b[row]).collect();
    #[expect(clippy::cast_precision_loss, reason = "a dozen is exact")]
    let weight = (0..N).map(|knot| all.a[knot][knot]).sum::<f64>() / N as f64 * SMOOTHING;
    for row in 0..a.len() {
        // So that a charge at which nothing was measured takes what its neighbours have.
        a[row][row] += weight * 1e-3;
        if (row + 1) % N != 0 {
            a[row][row] += weight;
            a[row + 1][row + 1] += weight;
            a[row][row + 1] -= weight;
            a[row + 1][row] -= weight;
        }
    }
    let x = solve(&a, &b);
    let explained: f64 = x.iter().zip(&b).map(|(x, b)| x * b).sum();
    let ohms = std::array::from_fn(|block| std::array::from_fn(|knot| x[block * N + knot]));
    (ohms, (all.squares - explained) / all.rows.max(1.0))
}
