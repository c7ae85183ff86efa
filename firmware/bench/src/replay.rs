//! A fixed series of readings and what the estimator believes after each, as one number: the same on
//! every machine, or the estimator counts differently somewhere.
//!
//! `cargo xtask qemu` has the image and itself replay it and compares.

use cellward_cell::Profile;
use cellward_estimate::{Pack, PackBelief, Reading};
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};

/// Readings of the series: forty minutes at one a second.
pub const READINGS: u32 = 2_400;
/// Cells of the string.
pub const CELLS: usize = 16;

/// Readings of a string on its plateau under a load that changes, by a shift register.
pub struct Series {
    state: u32,
    amps: i32,
}

impl Series {
    /// The series from its start.
    pub const fn new() -> Self {
        Self { state: 0x9E37_79B9, amps: 0 }
    }

    /// A pseudo-random number below `below`.
    fn any(&mut self, below: u32) -> i32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        (self.state % below) as i32
    }

    /// The next second: every cell, the current and a temperature.
    pub fn next(&mut self) -> ([Voltage; CELLS], Current, Temperature) {
        if self.any(40) == 0 {
            self.amps = self.any(120_000) - 80_000;
        }
        let milliamps = self.amps + self.any(200) - 100;
        let mut cells = [Voltage::ZERO; CELLS];
        for (place, cell) in cells.iter_mut().enumerate() {
            // 3.285 V and 1 mΩ; each cell a little beside the others.
            let apart = place as i32 * 400;
            *cell = Voltage::from_microvolts(3_285_000 + apart + milliamps + self.any(2_000));
        }
        let temperature = Temperature::from_millicelsius(22_000 + self.any(3_000));
        (cells, Current::from_milliamps(milliamps), temperature)
    }
}

/// The estimator before the first reading.
#[inline(never)]
pub fn pack(profile: &Profile) -> Option<Pack<'_>> {
    Pack::new(profile, Charge::from_milliamp_hours(100_000), CELLS, Some(Ratio::from_permille(600)))
}

/// Takes the next reading of a series in.
#[inline(never)]
pub fn sample(pack: &mut Pack<'_>, series: &mut Series) {
    let (cells, current, temperature) = series.next();
    pack.sample(&Reading {
        cells: Some(&cells),
        current: Some(current),
        temperature,
        lasted: Duration::from_secs(1),
    });
}

/// One number of everything that was believed on the way, and of everything that is kept at the end. 0 if
/// there is no estimator.
pub fn replay(profile: &Profile) -> u32 {
    let Some(mut pack) = pack(profile) else {
        return 0;
    };
    let mut series = Series::new();
    let mut hash = Hash(0x811C_9DC5);
    for _ in 0..READINGS {
        sample(&mut pack, &mut series);
        hash.belief(&pack.belief());
    }
    for byte in pack.saved().iter().flat_map(|saved| saved.to_bytes()) {
        hash.add(u32::from(byte));
    }
    hash.0
}

/// Fowler, Noll and Vo's hash, number by number.
struct Hash(u32);

impl Hash {
    fn add(&mut self, number: u32) {
        for byte in number.to_le_bytes() {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn belief(&mut self, belief: &PackBelief) {
        for ratio in [belief.soc, belief.low, belief.high, belief.health, belief.resistance] {
            self.add(ratio.as_ppm() as u32);
        }
        self.add(belief.first_empty as u32);
        self.add(belief.first_full as u32);
    }
}
