//! The same filter once more, plainly and in double precision, as a check on the one of the board: dense
//! matrices, a step as a product of them, and tables read in its own way.

use cellward_cell::{KNOTS, LOSSES, Profile};
use libm::{exp, sqrt};

use super::cell::Cell;
use super::circuit::{Circuit, Sample};
use super::hypothesis::{Hypothesis, Look};
use super::tuning as tune;

const STATES: usize = 8;
const SOC: usize = 0;
const MISS: usize = 1;
const OFFSET: usize = 2;
const RESISTANCE: usize = 3;
const CAPACITY: usize = 4;
const BIAS: usize = 5;
const LOST: usize = 6;
const STEADY: usize = 7;

type Matrix = [[f64; STATES]; STATES];

/// Error of the rest voltage in V, one sigma, and over how much of the charge it is the same.
fn bias(profile: &Profile) -> [f64; 2] {
    let miss = f64::from(profile.miss) * 1e-4;
    let span = if profile.miss == 0 { tune::BIAS_SPAN } else { tune::GUESSED_SPAN };
    [sqrt(wide(tune::BIAS) * wide(tune::BIAS) + miss * miss), wide(span)]
}

/// Single precision as double, exactly.
fn wide(value: f32) -> f64 {
    f64::from(value)
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    core::array::from_fn(|row| {
        core::array::from_fn(|column| (0..STATES).map(|k| a[row][k] * b[k][column]).sum())
    })
}

fn transposed(a: &Matrix) -> Matrix {
    core::array::from_fn(|row| core::array::from_fn(|column| a[column][row]))
}

/// A hypothesis in double precision.
struct Reference {
    profile: &'static Profile,
    x: [f64; STATES],
    p: Matrix,
}

impl Reference {
    fn fresh(profile: &'static Profile, soc: f64, sigma: f64) -> Self {
        let mut x = [0.0; STATES];
        x[SOC] = soc;
        x[CAPACITY] = wide(tune::CAPACITY_MEAN);
        x[LOST] = wide(tune::LOST_MEAN);
        let sigmas = [
            sigma,
            wide(tune::MODEL),
            wide(tune::OFFSET),
            wide(tune::RESISTANCE),
            wide(tune::CAPACITY),
            bias(profile)[0],
            wide(tune::LOST),
            wide(tune::STEADY),
        ];
        let mut p = [[0.0; STATES]; STATES];
        for (place, sigma) in sigmas.into_iter().enumerate() {
            p[place][place] = sigma * sigma;
        }
        Self { profile, x, p }
    }

    /// What a table of equally spaced points says, straight on beyond its ends.
    fn read(points: &[f64], steps: f64) -> f64 {
        let below = steps.floor().clamp(0.0, points.len() as f64 - 2.0);
        let (low, high) = (points[below as usize], points[below as usize + 1]);
        low + (steps - below) * (high - low)
    }

    /// Where an end of an electrode stands: which of the four of a slide, and where it was when new.
    fn end(&self, lost: f64, which: usize, new: f64) -> f64 {
        let mut points = std::vec![new];
        points.extend(self.profile.slides.iter().map(|slide| f64::from(slide[which]) * 1e-4));
        Self::read(&points, lost / wide(LOSSES[0]))
    }

    fn holds(&self, lost: f64) -> f64 {
        self.end(lost, 1, 1.0) - self.end(lost, 0, 0.0)
    }

    /// Rest voltage of the electrodes in V.
    fn electrodes(&self, soc: f64, lost: f64) -> f64 {
        let volts = |points: &[u16]| -> std::vec::Vec<f64> {
            points.iter().map(|&point| f64::from(point) * 1e-4).collect()
        };
        let (cell, negative) = (volts(&self.profile.ocv), volts(&self.profile.negative));
        if soc < 0.0 {
            return cell[0] + 8.0 * soc;
        }
        if soc > 1.0 {
            return cell[100] + 4.0 * (soc - 1.0);
        }
        let positive: std::vec::Vec<f64> = cell.iter().zip(&negative).map(|(a, b)| a + b).collect();
        let stand = |empty: f64, full: f64| 100.0 * (empty + (full - empty) * soc);
        let above = stand(self.end(lost, 0, 0.0), self.end(lost, 1, 1.0));
        let below = stand(self.end(lost, 2, 0.0), self.end(lost, 3, 1.0));
        Self::read(&positive, above) - Self::read(&negative, below)
    }

    fn ocv(&self, soc: f64, lost: f64) -> f64 {
        self.electrodes(soc, lost) + self.x[BIAS] + self.x[STEADY]
    }

    /// Resistance that is there at once, in Ω.
    fn at_once(&self, soc: f64) -> f64 {
        let soc = soc.clamp(0.0, 1.0);
        let above = KNOTS.iter().position(|&knot| wide(knot) >= soc).unwrap().max(1);
        let (from, to) = (wide(KNOTS[above - 1]), wide(KNOTS[above]));
        let [low, high] =
            [above - 1, above].map(|knot| f64::from(self.profile.resistance[0][knot]));
        1e-6 * (low + (soc - from) / (to - from) * (high - low))
    }

    fn capacity_ah(&self) -> f64 {
        f64::from(self.profile.capacity_ppm) * 1e-4
    }

    /// `x = f(x)`, `P = F P Fᵀ + Q`.
    fn predict(&mut self, look: &Look) {
        let (seconds, lost) = (wide(look.seconds), self.x[LOST]);
        let holds = self.holds(lost);
        let capacity = self.capacity_ah() * exp(self.x[CAPACITY]) * holds;
        let each = -seconds / 3_600.0 / capacity;
        let moved = each * (wide(look.amps) - self.x[OFFSET]);
        let less = (self.holds(lost + 0.01) - holds) / (0.01 * holds);
        let kept = exp(-seconds / wide(tune::MODEL_S));
        self.x[SOC] += moved;
        self.x[MISS] *= kept;
        let mut f = [[0.0; STATES]; STATES];
        for (place, row) in f.iter_mut().enumerate() {
            row[place] = 1.0;
        }
        f[SOC][OFFSET] = -each;
        f[SOC][CAPACITY] = -moved;
        f[SOC][LOST] = -moved * less;
        f[MISS][MISS] = kept;
        let [bias, span] = bias(self.profile);
        let same = exp(-moved.abs() / span);
        self.x[BIAS] *= same;
        f[BIAS][BIAS] = same;
        let lasts = exp(-moved.abs() / wide(tune::STEADY_SPAN) - seconds / wide(tune::STEADY_S));
        self.x[STEADY] *= lasts;
        f[STEADY][STEADY] = lasts;
        let mut p = product(&product(&f, &self.p), &transposed(&f));
        let miss = wide(tune::MODEL)
            + wide(tune::MODEL_OF_DROP) * wide(look.size) * exp(self.x[RESISTANCE]);
        p[MISS][MISS] += (1.0 - kept * kept) * miss * miss;
        let hours = seconds / 3_600.0;
        let drift = wide(tune::COUNT_DRIFT);
        let dead = wide(look.hidden) * wide(tune::DEAD) / capacity;
        let unknown = wide(look.unknown) * wide(tune::UNKNOWN) / capacity;
        p[SOC][SOC] += (drift * drift + dead * dead + unknown * unknown) * hours;
        p[BIAS][BIAS] += (1.0 - same * same) * bias * bias;
        let steady = wide(tune::STEADY);
        p[STEADY][STEADY] += (1.0 - lasts * lasts) * steady * steady;
        p[RESISTANCE][RESISTANCE] += wide(tune::RESISTANCE_DRIFT).powi(2) * hours;
        self.p = p;
    }

    /// `x += K y`, `P -= K S Kᵀ`, of which each state takes its share.
    fn update(&mut self, look: &Look) {
        let Some(volts) = look.volts else {
            return;
        };
        let (soc, lost) = (self.x[SOC], self.x[LOST]);
        let (factor, cold) = (exp(self.x[RESISTANCE]), wide(look.cold));
        let sigma = sqrt(self.p[SOC][SOC]).min(0.3);
        let away = sqrt(3.0) * sigma;
        // Gauss and Hermite's three points, and their weights.
        let points = [(soc - away, 1.0 / 6.0), (soc, 2.0 / 3.0), (soc + away, 1.0 / 6.0)];
        let seen = points.map(|(soc, weight)| (self.ocv(soc, lost), weight));
        let mean: f64 = seen.iter().map(|(volts, weight)| volts * weight).sum();
        let spread: f64 = seen.iter().map(|(volts, weight)| weight * (volts - mean).powi(2)).sum();
        let slope = (seen[2].0 - seen[0].0) / (2.0 * away).max(1e-6);
        let bent = (spread - (slope * sigma).powi(2)).max(0.0);
        let apart = sqrt(self.p[LOST][LOST]).max(1e-4);
        let slid = (self.ocv(soc, lost + apart) - self.ocv(soc, lost - apart)) / (2.0 * apart);
        let mut h = [0.0; STATES];
        h[SOC] = slope;
        h[MISS] = 1.0;
        h[OFFSET] = factor * self.at_once(soc) * cold;
        h[RESISTANCE] = -wide(look.drop) * factor;
        h[BIAS] = 1.0;
        h[LOST] = slid;
        h[STEADY] = 1.0;
        let hysteresis = f64::from(self.profile.hysteresis) * 1e-4 * wide(look.hysteresis);
        let expected = mean + hysteresis - wide(look.drop) * factor + self.x[MISS];
        let ph: [f64; STATES] =
            core::array::from_fn(|row| (0..STATES).map(|k| self.p[row][k] * h[k]).sum());
        let amps = wide(look.unknown) * wide(tune::UNKNOWN) * wide(tune::UNKNOWN_LASTS);
        let unknown = amps * h[OFFSET];
        let noise = wide(tune::NOISE).powi(2) + bent + unknown * unknown;
        let s = (0..STATES).map(|k| h[k] * ph[k]).sum::<f64>() + noise;
        let most = 5.0 * sqrt(s);
        let y = (wide(volts) - expected).clamp(-most, most);
        let mut used = [1.0; STATES];
        used[OFFSET] = wide(tune::OFFSET_GAIN);
        used[RESISTANCE] = wide(tune::RESISTANCE_GAIN);
        used[CAPACITY] = wide(tune::CAPACITY_GAIN);
        // With a gain of its own each, P = (I - UKH) P (I - UKH)ᵀ + UK R KᵀUᵀ comes to this.
        for row in 0..STATES {
            self.x[row] += used[row] * ph[row] * y / s;
            for column in 0..STATES {
                let share = used[row] + used[column] - used[row] * used[column];
                self.p[row][column] -= share * ph[row] * ph[column] / s;
            }
        }
        for (place, low, high) in [
            (SOC, -0.02, 1.02),
            (CAPACITY, -0.35, 0.1),
            (RESISTANCE, -1.2, 1.8),
            (LOST, -0.01, 0.25),
        ] {
            self.x[place] = self.x[place].clamp(low, high);
        }
    }
}

/// Both of them, looking at the same.
struct Both {
    cell: Cell<'static>,
    board: Hypothesis,
    reference: Reference,
}

impl Both {
    fn new(profile: &'static Profile, soc: f32) -> Self {
        let cell = Cell::new(profile, 100.0);
        let board = Hypothesis::fresh(soc, tune::NARROW, &cell);
        let reference = Reference::fresh(profile, wide(soc), wide(tune::NARROW));
        Self { cell, board, reference }
    }

    fn look(&mut self, look: &Look) {
        self.board.predict(look, &self.cell);
        self.board.update(look, &self.cell);
        self.reference.predict(look);
        self.reference.update(look);
    }

    /// How far the charge of both is apart, and one sigma of it in parts of the other.
    fn apart(&self) -> (f64, f64) {
        let soc = (wide(self.board.soc()) - self.reference.x[SOC]).abs();
        let sigma = sqrt(self.reference.p[SOC][SOC]);
        (soc, (wide(self.board.sigma()) / sigma - 1.0).abs())
    }
}

/// A day of a cell that is made in double precision, at a reading a second, looked at by both.
fn day(profile: &'static Profile, truth: f64, remembered: f32) -> (f64, f64) {
    let mut both = Both::new(profile, remembered);
    let mut circuit = Circuit::new(0.0);
    let (mut soc, mut slow, mut amps) = (truth, [0.0_f64; 2], 0.0);
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut any = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (mut farthest, mut widest) = (0.0_f64, 0.0_f64);
    for second in 0..86_400_u32 {
        if any() < 0.004 {
            // Led back to the middle now and then, and to both ends in between.
            amps = 60.0 * (any() - 0.5) + 40.0 * libm::sin(f64::from(second) / 8_000.0);
        }
        let flows =
            if (soc > 0.98 && amps < 0.0) || (soc < 0.04 && amps > 0.0) { 0.0 } else { amps };
        soc -= flows / 3_600.0 / 97.0;
        for (branch, slow) in slow.iter_mut().enumerate() {
            let kept = exp(-1.0 / f64::from(profile.time_constant[branch]));
            let ohms = wide(profile.resistance(branch + 1, soc as f32)) * 1.2;
            *slow = kept * *slow + (1.0 - kept) * flows * ohms;
        }
        let drop = flows * 1.2 * wide(profile.resistance(0, soc as f32)) + slow.iter().sum::<f64>();
        let volts = wide(profile.ocv(soc as f32)) + 4e-3 - drop;
        let sample = Sample {
            volts: Some(((volts * 1e3).round() / 1e3) as f32),
            amps: Some((((flows + 0.2) * 10.0).round() / 10.0) as f32),
            celsius: 20.0,
            seconds: 1.0,
        };
        let (at, offset) = (both.board.soc(), both.board.offset());
        if let Some(look) = circuit.sample(&sample, at, offset, &both.cell) {
            both.look(&look);
            let (apart, sigma) = both.apart();
            (farthest, widest) = (farthest.max(apart), widest.max(sigma));
        }
    }
    (farthest, widest)
}

#[test]
fn over_a_day_single_precision_is_a_hundredth_of_a_point_beside_double_precision_at_most() {
    for (name, profile) in [("LFP", &Profile::LFP), ("NMC", &Profile::NMC)] {
        for (truth, remembered) in [(0.6, 0.6), (0.3, 0.5)] {
            let (soc, sigma) = day(profile, truth, remembered);
            assert!(soc < 1e-4, "{name} from {remembered}: {soc} beside");
            assert!(sigma < 0.005, "{name} from {remembered}: sigma is off by {sigma}");
        }
    }
}

#[test]
fn over_months_of_counting_nothing_is_lost_to_the_last_bit() {
    let mut both = Both::new(&Profile::LFP, 0.6);
    // Ninety days without a voltage: two hours out, two hours in, and 4 mA too much out.
    for look in 0..777_600_u32 {
        let amps = if look / 720 % 2 == 0 { 10.0 } else { -9.992 };
        both.look(&Look {
            seconds: 10.0,
            volts: None,
            unknown: 0.0,
            amps,
            drop: 0.0,
            size: 0.0,
            hysteresis: 0.0,
            hidden: 0.0,
            cold: 1.0,
        });
    }
    let (soc, sigma) = both.apart();
    assert!((both.reference.x[SOC] - 0.6).abs() > 0.05, "something was counted");
    assert!(soc < 1e-4, "{soc} beside");
    assert!(sigma < 0.02, "sigma is off by {sigma}");
}
