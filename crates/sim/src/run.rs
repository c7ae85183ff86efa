//! A pack at its duty, second by second: what a board would measure, and the truth beside it.
//!
//! For tests that need a month of readings with the errors of real sensors and cells that nobody
//! has measured before. It is a [`crate::Fleet`] of one pack with leads and joints, sensors, a
//! schedule, and the simplest guard that a pack needs; no board takes part. What joints heat is left
//! out.

use cellward_params::{Chemistry, MAX_CELLS};
use cellward_units::{Current, Temperature, Voltage};

use crate::cells::{PerCell, channel};
use crate::chemistry::{Figures, Limits};
use crate::duty::{Duty, Schedule};
use crate::fleet::Pack;
use crate::noise::Stream;
use crate::sensor::{CurrentError, Sensors};
use crate::setup::within;
use crate::step::Decay;
use crate::{FleetSetup, SetupError};

/// What a run is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct RunSetup {
    /// What the pack is used for.
    pub duty: Duty,
    /// The pack; `packs` does not matter, and the room is the duty's after the start.
    pub pack: FleetSetup,
    /// How much warmer the room is than the duty's, in K, -60 to 60.
    pub warmer_by: f64,
    /// Full scale of the current channel in A, 1 to 2000: its errors are told as shares of it.
    pub full_scale_a: f64,
    /// How far the zero of the current channel is off at most, in A, 0 to 100, once the board has
    /// learnt it; `None` for one that never has and is off by up to 0.9 % of full scale.
    pub zero_within_a: Option<f64>,
    /// Whether the sensors have neither errors nor noise.
    pub ideal_sensors: bool,
    /// What is wrong with the current channel beyond that, such as a dead band.
    pub current_error: CurrentError,
    /// What the board takes for itself from all cells, in A, unseen by its shunt, 0 to 1.
    pub own_a: f64,
    /// Resistance of the lead to B- in Ω, 0 to 1; it shows at the first cell.
    pub lead_ohms: f64,
    /// Resistance of a joint between two cells in Ω, 0 to 1, on average; they spread by half
    /// of it either way, and each shows at the cell above it.
    pub joint_ohms: f64,
}

impl RunSetup {
    /// This duty with this seed: 16 LFP cells of 100 Ah, two years and 300 cycles old, on a board of
    /// 200 A full scale that takes 15 mA and knows its zero within 0.5 A, with half a milliohm of
    /// lead and joints of 0.05 mΩ. All of it *guesses* of an ordinary pack.
    #[must_use]
    pub fn of(duty: Duty, seed: u64) -> Self {
        Self {
            duty,
            pack: FleetSetup {
                chemistry: Chemistry::Lfp,
                capacity_ah: 100.0,
                start_soc: duty.start_soc(),
                room_c: 22.0,
                age_years: 2.0,
                age_cycles: 300.0,
                seed,
                ..FleetSetup::default()
            },
            warmer_by: 0.0,
            full_scale_a: 200.0,
            zero_within_a: Some(0.5),
            ideal_sensors: false,
            current_error: CurrentError::default(),
            own_a: 0.015,
            lead_ohms: 0.5e-3,
            joint_ohms: 0.05e-3,
        }
    }
}

/// A second of a run. Readings were taken at its end; the current is the one that flowed through
/// it.
#[derive(Clone, Debug)]
pub struct Second {
    /// Seconds since the start, from 1.
    pub second: u64,
    count: usize,
    volts: [Voltage; MAX_CELLS],
    /// Current as measured; positive charges.
    pub current: Current,
    /// Temperature of the first cell sensor as measured.
    pub temperature: Temperature,
    /// Current that really flowed through the shunt, in A; positive charges.
    pub true_amps: f64,
    soc: PerCell,
}

impl Second {
    /// Voltage of each cell as measured, from B- up.
    #[must_use]
    pub fn cells(&self) -> &[Voltage] {
        &self.volts[..self.count]
    }

    /// True state of charge of each cell; 1.0 is full.
    #[must_use]
    pub fn soc(&self) -> &[f64] {
        &self.soc[..self.count]
    }
}

/// What every pack has between itself and its devices: it cuts the load when a cell is empty and the
/// charge when one is full, and tries again when that has passed.
#[derive(Clone, Copy, Debug)]
struct Guard {
    limits: Limits,
    empty: bool,
    full: bool,
}

impl Guard {
    fn look(&mut self, volts: &[f64]) {
        let lowest = volts.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = volts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Released a fifth and a tenth of the way back, so that it does not chatter.
        let span = self.limits.full - self.limits.empty;
        self.empty = lowest < self.limits.empty + if self.empty { 0.2 * span } else { 0.0 };
        self.full = highest > self.limits.full - if self.full { 0.1 * span } else { 0.0 };
    }

    fn allowed(&self, amps: f64) -> f64 {
        let least = if self.empty { 0.0 } else { f64::NEG_INFINITY };
        let most = if self.full { 0.0 } else { f64::INFINITY };
        amps.clamp(least, most)
    }
}

/// A run without an end, as an iterator over its seconds. The same setup gives the same bits.
///
/// ```
/// use cellward_sim::{Duty, Run, RunSetup};
/// let mut run = Run::new(&RunSetup::of(Duty::House, 7))?;
/// let hour = run.nth(3_599).unwrap();
/// assert_eq!((hour.second, hour.cells().len(), hour.soc().len()), (3_600, 16, 16));
/// # Ok::<(), cellward_sim::SetupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Run {
    pack: Pack,
    second_long: Decay,
    schedule: Schedule,
    sensors: Sensors,
    guard: Guard,
    leads: PerCell,
    own: f64,
    second: u64,
    warmer_by: f64,
}

impl Run {
    /// A settled pack at seven in the morning of the first day.
    ///
    /// # Errors
    ///
    /// Refuses numbers out of their range, with the range.
    pub fn new(setup: &RunSetup) -> Result<Self, SetupError> {
        within("full_scale_a", setup.full_scale_a, 1.0, 2_000.0)?;
        let warmer_by = within("warmer_by", setup.warmer_by, -60.0, 60.0)?;
        within("own_a", setup.own_a, 0.0, 1.0)?;
        let lead = within("lead_ohms", setup.lead_ohms, 0.0, 1.0)?;
        let joint = within("joint_ohms", setup.joint_ohms, 0.0, 1.0)?;
        let FleetSetup { cells, chemistry, capacity_ah, seed, .. } = setup.pack;
        let pack = Pack::new(&setup.pack, seed)?;
        let figures = Figures::of(chemistry);
        let count = usize::from(cells);
        let joints = Stream::new(seed, channel::JOINTS);
        let mut leads = [0.0; MAX_CELLS];
        for ((cell, ohms), number) in leads.iter_mut().enumerate().take(count).zip(0..) {
            *ohms = if cell == 0 { lead } else { joint * (1.0 + 0.5 * joints.signed(number)) };
        }
        let mut sensors = Sensors::new(count, setup.full_scale_a, seed, setup.ideal_sensors);
        sensors.current_error = setup.current_error;
        if let Some(most) = setup.zero_within_a {
            sensors.learn_zero(within("zero_within_a", most, 0.0, 100.0)?);
        }
        Ok(Self {
            pack,
            second_long: Decay::after(1.0, figures.constants()),
            schedule: Schedule::new(setup.duty, chemistry, cells, capacity_ah, seed),
            sensors,
            guard: Guard { limits: figures.limits, empty: false, full: false },
            leads,
            own: setup.own_a,
            warmer_by,
            second: 0,
        })
    }

    /// Capacity of each cell in Ah, now.
    #[must_use]
    pub fn capacity_ah(&self) -> Vec<f64> {
        self.pack.cells.capacity().iter().map(|capacity| capacity / 3_600.0).collect()
    }

    /// Moves on by a second and gives the current that flowed.
    fn pass(&mut self) -> f64 {
        let cells = &self.pack.cells;
        let ohms = cells.inner_resistance() + self.leads.iter().sum::<f64>();
        let wanted = self.schedule.wish(self.second).amps(cells.inner_voltage(), ohms);
        let amps = self.guard.allowed(wanted);
        self.pack.second(amps - self.own, &self.second_long);
        self.second += 1;
        let room = self.schedule.room_c(self.second) + self.warmer_by;
        self.pack.look(self.second, room);
        amps
    }
}

impl Iterator for Run {
    type Item = Second;

    fn next(&mut self) -> Option<Second> {
        let true_amps = self.pass();
        let cells = &self.pack.cells;
        let count = cells.count();
        let mut seen = cells.voltages(&self.second_long.none());
        self.guard.look(&seen[..count]);
        for (volts, ohms) in seen.iter_mut().zip(self.leads) {
            *volts += ohms * true_amps;
        }
        let mut volts = [Voltage::ZERO; MAX_CELLS];
        for (slot, read) in volts.iter_mut().zip(self.sensors.cells(&seen, self.second)) {
            *slot = read;
        }
        let mut soc = [0.0; MAX_CELLS];
        soc[..count].copy_from_slice(cells.soc());
        let warmth = self.pack.thermal.sensors()[0];
        Some(Second {
            second: self.second,
            count,
            volts,
            current: self.sensors.current(true_amps, self.second),
            temperature: self.sensors.temperature(0, warmth, self.second),
            true_amps,
            soc,
        })
    }
}

#[cfg(test)]
mod tests;
