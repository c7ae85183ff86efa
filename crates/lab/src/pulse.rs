//! The pulse test as linear equations: what each unknown resistance would add to the voltage.

use cellward_cell::KNOTS;

use crate::Log;
use crate::nonnegative::Matrix;
use crate::rest::RestCurve;

/// Number of unknowns of one resistance over charge.
pub(crate) const N: usize = KNOTS.len();

/// Below this charge the rest voltage is too steep to tell resistances from a slip of charge.
const LEAST_SOC: f64 = 0.02;

/// Current, in A of a cell of 100 Ah, below which the cell rests.
const REST_A: f64 = 0.3;

/// Everything that is known before resistances are.
#[derive(Clone, Copy)]
pub(crate) struct Test<'a> {
    /// The pulse test.
    pub(crate) log: &'a Log,
    /// Rest voltage.
    pub(crate) rest: &'a RestCurve,
    /// True capacity in Ah of a cell rated 100 Ah.
    pub(crate) capacity_ah: f64,
    /// Half-width of the hysteresis in V.
    pub(crate) hysteresis_v: f64,
    /// How fast the hysteresis follows, per capacity.
    pub(crate) hysteresis_rate: f64,
}

/// Normal equations with the unknowns of the first resistance and of one for each time constant.
pub(crate) struct Equations {
    /// Sums of products of what the unknowns add.
    pub(crate) a: Matrix,
    /// Sums of products with what is to be explained.
    pub(crate) b: Vec<f64>,
    /// Sum of squares of what is to be explained, in V².
    pub(crate) squares: f64,
    /// Number of rows that were counted.
    pub(crate) rows: f64,
}

/// The two knots around `soc`, by the number of the lower one, and the share of the upper.
fn knots(soc: f64) -> (usize, f64) {
    let soc = soc.clamp(0.0, 1.0);
    let below = KNOTS.iter().skip(1).take(N - 2);
    let below = below.take_while(|&&knot| soc > f64::from(knot)).count();
    let (from, to) = (f64::from(KNOTS[below]), f64::from(KNOTS[below + 1]));
    (below, (soc - from) / (to - from))
}

/// What comes by one time constant: the part of the current that has, at each knot.
struct Slow {
    seconds: f64,
    state: [f64; N],
    /// What is left after the last step, and how long that was: steps are mostly alike.
    left: (f64, f64),
}

impl Slow {
    fn step(&mut self, dt: f64, amps: f64, (knot, share): (usize, f64)) {
        if self.left.0.total_cmp(&dt).is_ne() {
            self.left = (dt, libm::exp(-dt / self.seconds));
        }
        let left = self.left.1;
        self.state.iter_mut().for_each(|state| *state *= left);
        self.state[knot] += (1.0 - share) * amps * (1.0 - left);
        self.state[knot + 1] += share * amps * (1.0 - left);
    }
}

/// One moment of the test.
struct Moment<'a> {
    row: usize,
    /// Voltage below the rest voltage, in V.
    drop_v: f64,
    amps: f64,
    at: (usize, f64),
    slow: &'a [Slow],
}

impl<'a> Test<'a> {
    /// The charges at which the test may start, from its rests: the voltage at the end of the first one of
    /// ten minutes or more, as a cell that was discharged has it, and the first voltage of the test, if
    /// nothing flows then. What explains the test better is right: on a plateau, or before a cell came to
    /// rest, either of them may be far off.
    pub(crate) fn starts(&self) -> Vec<f64> {
        let (time, amps, volts) = (&self.log.time_s, &self.log.amps, &self.log.volts);
        let taken = self.log.taken();
        let mut starts = Vec::new();
        let mut since = None;
        for row in 1..time.len() {
            if amps[row].abs() < REST_A {
                let since = *since.get_or_insert(row - 1);
                let ends = amps.get(row + 1).is_none_or(|next| next.abs() >= REST_A);
                if ends && time[row] - time[since] >= 600.0 {
                    let way = if taken[row] > 0.0 { -1.0 } else { 0.0 };
                    let rest = volts[row] - way * self.hysteresis_v;
                    starts.push(self.rest.soc_at(rest) + taken[row] / self.capacity_ah);
                    break;
                }
            } else {
                since = None;
            }
        }
        if starts.is_empty() || amps[0].abs() < REST_A {
            starts.push(self.rest.soc_at(volts[usize::from(amps[0].abs() >= REST_A)]));
        }
        starts
    }

    /// Goes through the test from charge `start` and shows every moment above 2 %.
    fn walk(&self, start: f64, constants: &[f64], mut show: impl FnMut(&Moment<'_>)) {
        let mut slow: Vec<Slow> = constants
            .iter()
            .map(|&seconds| Slow { seconds, state: [0.0; N], left: (0.0, 1.0) })
            .collect();
        let mut soc = start;
        let mut hysteresis = 0.0_f64;
        for row in 1..self.log.time_s.len() {
            let dt = self.log.time_s[row] - self.log.time_s[row - 1];
            let amps = self.log.amps[row];
            let flowed = amps * dt / 3600.0 / self.capacity_ah;
            soc -= flowed;
            let follows = libm::exp(-flowed.abs() * self.hysteresis_rate);
            let goal = if amps > 0.0 { -1.0 } else { 1.0 };
            hysteresis = goal + (hysteresis - goal) * follows;
            let at = knots(soc);
            slow.iter_mut().for_each(|slow| slow.step(dt, amps, at));
            if soc >= LEAST_SOC {
                let rest = self.rest.at(soc) + self.hysteresis_v * hysteresis;
                show(&Moment { row, drop_v: rest - self.log.volts[row], amps, at, slow: &slow });
            }
        }
    }

    /// Sums the equations of every time constant at once, so that any two of them can be picked.
    ///
    /// Rows count one by one for half a minute after each step of the current, and every tenth
    /// second of what is smooth.
    pub(crate) fn equations(&self, start: f64, constants: &[f64]) -> Equations {
        let n = N * (1 + constants.len());
        let mut sums =
            Equations { a: vec![vec![0.0; n]; n], b: vec![0.0; n], squares: 0.0, rows: 0.0 };
        let (mut amps_before, mut stepped, mut counted) = (0.0_f64, f64::MIN, f64::MIN);
        let mut values = vec![(0_usize, 0.0_f64); 0];
        self.walk(start, constants, |moment| {
            let now = self.log.time_s[moment.row];
            if (moment.amps - amps_before).abs() > 1.0 {
                stepped = now;
            }
            amps_before = moment.amps;
            if now - stepped > 30.0 && now - counted < 9.5 {
                return;
            }
            counted = now;
            let (knot, share) = moment.at;
            values.clear();
            values.push((knot, (1.0 - share) * moment.amps));
            values.push((knot + 1, share * moment.amps));
            for (branch, slow) in moment.slow.iter().enumerate() {
                let all = slow.state.iter().enumerate();
                let some = all.filter(|(_, state)| state.abs() > 1e-6);
                values.extend(some.map(|(knot, &state)| ((branch + 1) * N + knot, state)));
            }
            for (number, &(row, value)) in values.iter().enumerate() {
                sums.b[row] += value * moment.drop_v;
                let line = &mut sums.a[row];
                for &(column, other) in &values[number..] {
                    line[column] += value * other;
                }
            }
            sums.squares += moment.drop_v * moment.drop_v;
            sums.rows += 1.0;
        });
        for row in 0..n {
            for column in 0..row {
                sums.a[row][column] = sums.a[column][row];
            }
        }
        sums
    }

    /// What these resistances leave unexplained: time in s and measured less computed voltage in V.
    pub(crate) fn residuals(
        &self,
        start: f64,
        constants: [f64; 2],
        ohms: &[[f64; N]; 3],
    ) -> Vec<(f64, f64)> {
        let mut residuals = Vec::with_capacity(self.log.time_s.len());
        self.walk(start, &constants, |moment| {
            let (knot, share) = moment.at;
            let mut drop =
                ((1.0 - share) * ohms[0][knot] + share * ohms[0][knot + 1]) * moment.amps;
            for (slow, ohms) in moment.slow.iter().zip(&ohms[1..]) {
                drop += slow.state.iter().zip(ohms).map(|(state, ohm)| state * ohm).sum::<f64>();
            }
            residuals.push((self.log.time_s[moment.row], drop - moment.drop_v));
        });
        residuals
    }
}
