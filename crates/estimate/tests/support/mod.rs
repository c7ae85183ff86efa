//! A string of cells that are made here in double precision, so that their charge is known, and the
//! estimator that looks at them through sensors.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests may be blunt, and none of them uses all of this"
)]

use cellward_cell::Profile;
use cellward_estimate::{Pack, PackBelief, Reading};
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};

/// What every pack here is rated at, in Ah: the capacity that profiles are given for.
pub(crate) const RATED_AH: f64 = 100.0;

/// One cell that is made.
#[derive(Clone)]
pub(crate) struct Cell {
    /// Charge over what it holds, 0 to 1.
    pub(crate) soc: f64,
    /// What it holds, in Ah.
    pub(crate) holds: f64,
    /// Resistance over that of the profile.
    pub(crate) resistance: f64,
    slow: [f64; 2],
    hysteresis: f64,
}

impl Cell {
    /// A rested one that holds what its profile says.
    pub(crate) fn new(profile: &Profile, soc: f64) -> Self {
        let holds = f64::from(profile.capacity_ppm) * 1e-6 * RATED_AH;
        Self { soc, holds, resistance: 1.0, slow: [0.0; 2], hysteresis: 0.0 }
    }

    /// Seconds of a current in A that charges; the voltage in V at their end.
    fn step(&mut self, profile: &Profile, amps: f64, seconds: f64) -> f64 {
        self.soc += amps * seconds / 3_600.0 / self.holds;
        let at = |branch| f64::from(profile.resistance(branch, self.soc as f32)) * self.resistance;
        for (branch, slow) in self.slow.iter_mut().enumerate() {
            let kept = libm::exp(-seconds / f64::from(profile.time_constant[branch]));
            *slow = kept * *slow + (1.0 - kept) * amps * at(branch + 1);
        }
        let turns =
            amps.abs() * seconds / 3_600.0 * f64::from(profile.hysteresis_rate) / self.holds;
        let side = if amps > 0.0 { 1.0 } else { -1.0 };
        self.hysteresis += (1.0 - libm::exp(-turns)) * (side - self.hysteresis);
        f64::from(profile.ocv(self.soc as f32))
            + self.hysteresis * f64::from(profile.hysteresis) * 1e-4
            + amps * at(0)
            + self.slow.iter().sum::<f64>()
    }
}

/// What the sensors show of one second.
#[derive(Clone)]
pub(crate) struct Shown {
    /// Each cell in V.
    pub(crate) volts: Vec<f64>,
    /// In A; positive charges.
    pub(crate) amps: f64,
    pub(crate) celsius: f64,
}

/// A string of made cells with its estimator.
pub(crate) struct Bench {
    profile: &'static Profile,
    pub(crate) cells: Vec<Cell>,
    pub(crate) pack: Pack<'static>,
    /// Seconds since the start.
    pub(crate) time: u64,
    noise: u64,
    first: Vec<f64>,
}

impl Bench {
    /// Cells of a profile, and an estimator that is told a charge.
    pub(crate) fn new(
        profile: &'static Profile,
        cells: Vec<Cell>,
        remembered: Option<f64>,
    ) -> Self {
        Self::taken_for(profile, profile, cells, remembered)
    }

    /// The same with an estimator that takes the cells for another kind.
    pub(crate) fn taken_for(
        profile: &'static Profile,
        other: &'static Profile,
        cells: Vec<Cell>,
        remembered: Option<f64>,
    ) -> Self {
        let remembered = remembered.map(|soc| Ratio::from_f64(soc).unwrap());
        let pack = Pack::new(other, rated(), cells.len(), remembered).unwrap();
        Self { profile, cells, pack, time: 0, noise: 0x2545_F491_4F6C_DD1D, first: Vec::new() }
    }

    /// A string of equal cells that is remembered rightly.
    pub(crate) fn equal(profile: &'static Profile, count: usize, soc: f64) -> Self {
        Self::new(profile, vec![Cell::new(profile, soc); count], Some(soc))
    }

    /// The next pseudo-random number, -1 to 1.
    pub(crate) fn any(&mut self) -> f64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        (self.noise >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// What the cells showed when this was first asked.
    pub(crate) fn first(&mut self, volts: &[f64]) -> &Vec<f64> {
        if self.first.is_empty() {
            self.first = volts.to_vec();
        }
        &self.first
    }

    /// A second of a current in A that charges, and what good sensors show of it: whole millivolts and
    /// tenths of an ampere, both with a little noise.
    pub(crate) fn pass(&mut self, amps: f64) -> Shown {
        self.time += 1;
        let profile = self.profile;
        let true_volts: Vec<f64> =
            self.cells.iter_mut().map(|cell| cell.step(profile, amps, 1.0)).collect();
        let volts = true_volts.into_iter().map(|volts| steps(volts + 1e-3 * self.any(), 1e3));
        // Collected at once, as the noise is taken in order.
        let volts = volts.collect();
        let amps = steps(amps + 0.05 * self.any(), 10.0);
        Shown { volts, amps, celsius: 25.0 }
    }

    /// Gives the estimator what sensors showed of the last second.
    pub(crate) fn show(&mut self, shown: &Shown) {
        let volts: Vec<Voltage> =
            shown.volts.iter().map(|&volts| Voltage::from_volts_f64(volts).unwrap()).collect();
        self.pack.sample(&Reading {
            cells: Some(&volts),
            current: Some(Current::from_amps_f64(shown.amps).unwrap()),
            temperature: Temperature::from_celsius_f64(shown.celsius).unwrap(),
            lasted: Duration::from_secs(1),
        });
    }

    /// So many seconds of a current in A that charges, seen by good sensors.
    pub(crate) fn run(&mut self, amps: f64, seconds: u32) -> PackBelief {
        for _ in 0..seconds {
            let shown = self.pass(amps);
            self.show(&shown);
        }
        self.pack.belief()
    }

    /// Some hours of a load that comes and goes and is fed again.
    pub(crate) fn cycle(&mut self, times: u32) -> PackBelief {
        for _ in 0..times {
            for (amps, minutes) in [(-20.0, 20), (0.0, 5), (-35.0, 10), (30.0, 25), (2.0, 10)] {
                self.run(amps, 60 * minutes);
            }
        }
        self.pack.belief()
    }

    /// Seconds of what a day of sun and of a house wants of 100 Ah, in A, from midnight on: a charger
    /// that holds its voltage, and a load that is cut off when a cell is empty.
    pub(crate) fn solar(
        &mut self,
        charge_volts: f64,
        empty_volts: f64,
    ) -> impl FnMut(&mut Self) -> f64 + use<> {
        let (mut appliance, mut left, mut allowed) = (0.0, 0_u32, 1.0_f64);
        let mut highest = 0.0_f64;
        let mut lowest = 9.0_f64;
        move |bench: &mut Self| {
            let hour = (bench.time % 86_400) as f64 / 3_600.0;
            let sun = 32.0 * libm::sin((hour - 6.0) / 12.0 * core::f64::consts::PI).max(0.0);
            if left == 0 {
                let on = bench.any() > 0.35;
                appliance = if on { 14.0 + 8.0 * bench.any() } else { 0.0 };
                left = (if on { 400.0 } else { 700.0 } * (1.2 + bench.any())) as u32;
            }
            left = left.saturating_sub(1);
            let profile = bench.profile;
            for (place, cell) in bench.cells.iter().enumerate() {
                let volts = f64::from(profile.ocv(cell.soc as f32)) + cell.slow.iter().sum::<f64>();
                if place == 0 {
                    (highest, lowest) = (volts, volts);
                }
                highest = highest.max(volts);
                lowest = lowest.min(volts);
            }
            allowed =
                if highest > charge_volts { allowed * 0.99 } else { (allowed * 1.003).min(1.0) };
            let load = if lowest < empty_volts { 0.0 } else { 3.0 + appliance };
            // Nothing is put into a cell that is full.
            let full = bench.cells.iter().any(|cell| cell.soc >= 0.999);
            (sun - load).min(if full { 0.0 } else { sun * allowed })
        }
    }

    /// The true charge of the string, 0 to 1: what its first cell to be empty has left, over that and
    /// what its first cell to be full can take.
    pub(crate) fn truth(&self) -> f64 {
        let left = self.cells.iter().map(|cell| cell.soc * cell.holds).fold(9e9, f64::min);
        let free = self.cells.iter().map(|cell| (1.0 - cell.soc) * cell.holds).fold(9e9, f64::min);
        (left / (left + free)).clamp(0.0, 1.0)
    }
}

/// What the packs here are rated at.
pub(crate) fn rated() -> Charge {
    Charge::from_amp_hours_f64(RATED_AH).unwrap()
}

/// Low, middle and high of a belief, 0 to 1.
pub(crate) fn bounds(belief: &PackBelief) -> (f64, f64, f64) {
    (belief.low.to_f64(), belief.soc.to_f64(), belief.high.to_f64())
}

/// How wide the bounds of a belief are, 0 to 1.
pub(crate) fn width(belief: &PackBelief) -> f64 {
    belief.high.to_f64() - belief.low.to_f64()
}

/// A value in whole parts of one over `per`.
fn steps(value: f64, per: f64) -> f64 {
    (value * per).round() / per
}
