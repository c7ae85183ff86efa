//! A fixed series of readings and what the estimator believes after each, as one number: the same on
//! every machine, or the estimator counts differently somewhere.
//!
//! `cargo xtask qemu` has the image and itself replay it and compares.

use cellward_cell::Profile;
use cellward_estimate::{CellLimits, Pack, PackBelief, Reading, Resistances, Saved};
use cellward_units::{Charge, Current, Duration, Instant, Ratio, Temperature, Voltage};

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
    let kept = pack.saved();
    let bytes = kept.as_ref().map(Saved::as_bytes).unwrap_or_default();
    for &byte in bytes {
        hash.add(u32::from(byte));
    }
    hash.rest(&pack);
    // Both ends of the charge, a person, and a restart.
    pack.full(Ratio::ONE);
    for _ in 0..60 {
        sample(&mut pack, &mut series);
    }
    pack.empty();
    pack.told(Ratio::from_permille(400));
    pack.bled(3, Charge::from_milliamp_hours(10));
    pack.zero_learnt(Current::from_milliamps(40));
    hash.belief(&pack.belief());
    let rated = Charge::from_milliamp_hours(100_000);
    let saved = Saved::from_bytes(bytes);
    if let Some(mut pack) =
        saved.and_then(|saved| Pack::restored(profile, rated, CELLS, &saved, None))
    {
        pack.remember(Ratio::from_permille(500));
        sample(&mut pack, &mut series);
        hash.belief(&pack.belief());
    }
    hash.0
}

/// Resistances of the same series, learnt with it.
pub fn resistances() -> u32 {
    let mut hash = Hash(0x811C_9DC5);
    let mut series = Series::new();
    let Some(mut learnt) = Resistances::new(Charge::from_milliamp_hours(100_000), CELLS) else {
        return 0;
    };
    for second in 0..READINGS {
        let (cells, current, _) = series.next();
        let at = Instant::from_micros(u64::from(second) * 1_000_000);
        learnt.sample(&cells.map(Ok), Ok(current), at);
    }
    for cell in 0..CELLS {
        hash.add(learnt.cell(cell).map_or(0, |known| known.resistance.as_microohms()));
        hash.add(learnt.hint(cell).map_or(0, |hint| hint.excess.as_microohms()));
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

    /// Power and reserve.
    fn rest(&mut self, pack: &Pack<'_>) {
        let limits = CellLimits {
            lowest: Voltage::from_millivolts(2_800),
            highest: Voltage::from_millivolts(3_600),
        };
        let ten = pack.ten_seconds(&limits, Temperature::from_millicelsius(22_000));
        for power in [ten.charge.power, ten.discharge.power] {
            self.add(power.as_milliwatts() as u32);
        }
        let reserve = pack.reserve();
        self.add(reserve.left.as_milliwatt_hours() as u32);
        self.add(reserve.to_empty.map_or(0, |time| time.as_secs() as u32));
    }

    fn belief(&mut self, belief: &PackBelief) {
        for ratio in [belief.soc, belief.low, belief.high, belief.health, belief.resistance] {
            self.add(ratio.as_ppm() as u32);
        }
        self.add(belief.first_empty as u32);
        self.add(belief.first_full as u32);
    }
}
