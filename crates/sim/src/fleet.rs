//! Many packs side by side, a second at a time: for tests that need days of many cells.
//!
//! It is the twin's own cell ([`crate::step`]) and heat, without board, chip and wires. Each pack
//! is a struct of arrays, and one pack runs through a whole span before the next one, so that it
//! stays in the nearest cache. Two things are looked at less often than in [`crate::Sim`]: curves
//! every [`CURVES_EVERY`] seconds, and heat every [`HEAT_EVERY`] seconds. Measured under up to 1 C
//! either way this costs 0.5 mV at 25 °C, 1.4 mV at 0 °C, 5 mV at the steep ends of LFP under a third
//! of that, 0.2 K, and 0.1 millionths of the charge; the tests hold that.

use cellward_params::{Chemistry, MAX_CELLS};

use crate::SetupError;
use crate::cells::{Cells, Decay, PerCell};
use crate::chemistry::Figures;
use crate::setup::within;
use crate::thermal::Thermal;

/// Seconds between two looks at curves; in between, the rest voltage goes on in a straight line and
/// the resistances stay.
pub(crate) const CURVES_EVERY: u64 = 4;

/// Seconds between two looks at temperatures.
pub(crate) const HEAT_EVERY: u64 = 10;

/// What a fleet is made of.
///
/// ```
/// use cellward_sim::{Fleet, FleetSetup};
/// let mut fleet = Fleet::new(&FleetSetup { packs: 2, ..FleetSetup::default() })?;
/// // The first pack is charged with 50 A for an hour, the second one rests.
/// fleet.run(3_600, 25.0, |moment| if moment.pack == 0 { 50.0 } else { 0.0 });
/// assert!(fleet.soc(0)[0] > fleet.soc(1)[0]);
/// # Ok::<(), cellward_sim::SetupError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct FleetSetup {
    /// How many packs, from 1.
    pub packs: usize,
    /// Cells in series in each, 1 to 24.
    pub cells: u8,
    /// Chemistry of the cells.
    pub chemistry: Chemistry,
    /// Rated capacity in Ah, 0.1 to 6553.5.
    pub capacity_ah: f64,
    /// Mean state of charge at the start, 0 to 1.
    pub start_soc: f64,
    /// Temperature of the room and of everything in it at the start, in °C, -40 to 80.
    pub room_c: f64,
    /// Years at 25 °C that the cells have behind them, 0 to 50.
    pub age_years: f64,
    /// Full cycles that they have behind them, 0 to 100,000.
    pub age_cycles: f64,
    /// Seed of all chance. A pack of number `n` has the cells of a [`crate::Sim`] with this seed
    /// plus `n`.
    pub seed: u64,
}

impl Default for FleetSetup {
    /// One pack of 16 new LFP cells of 280 Ah, half full, at 25 °C.
    fn default() -> Self {
        Self {
            packs: 1,
            cells: 16,
            chemistry: Chemistry::Lfp,
            capacity_ah: 280.0,
            start_soc: 0.5,
            room_c: 25.0,
            age_years: 0.0,
            age_cycles: 0.0,
            seed: 1,
        }
    }
}

/// One pack at the start of a second, for whoever decides on its current.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Which pack, from 0.
    pub pack: usize,
    /// Seconds since the start of the fleet.
    pub second: u64,
    /// Voltage of the pack without a current, in V.
    pub inner_v: f64,
    /// Its resistance, in Ω: under a current `i` it has `inner_v + i * inner_ohms` at once.
    pub inner_ohms: f64,
}

/// One pack.
#[derive(Clone, Debug)]
pub(crate) struct Pack {
    pub(crate) cells: Cells,
    pub(crate) thermal: Thermal,
}

/// Packs side by side.
#[derive(Clone, Debug)]
pub struct Fleet {
    packs: Vec<Pack>,
    second_long: Decay,
    /// Seconds since the start.
    second: u64,
}

impl Fleet {
    /// Settled packs.
    ///
    /// # Errors
    ///
    /// Refuses numbers out of their range, with the range.
    pub fn new(setup: &FleetSetup) -> Result<Self, SetupError> {
        let figures = Figures::of(setup.chemistry);
        let seeds = (0..).map(|number| setup.seed.wrapping_add(number)).take(setup.packs);
        let packs = seeds.map(|seed| Pack::new(setup, seed)).collect::<Result<_, _>>()?;
        Ok(Self { packs, second_long: Decay::after(1.0, figures.constants()), second: 0 })
    }

    /// How many packs there are.
    #[must_use]
    pub const fn packs(&self) -> usize {
        self.packs.len()
    }

    /// Seconds since the start.
    #[must_use]
    pub const fn second(&self) -> u64 {
        self.second
    }

    /// Lets every pack run for so many seconds in a room of this temperature in °C. `wish` is asked
    /// once per pack and second for the current through all of its cells in A, positive charges;
    /// all seconds of one pack come before those of the next.
    pub fn run(&mut self, seconds: u64, room_c: f64, mut wish: impl FnMut(&Moment) -> f64) {
        let until = self.second + seconds;
        for (number, pack) in self.packs.iter_mut().enumerate() {
            for second in self.second..until {
                let moment = Moment {
                    pack: number,
                    second,
                    inner_v: pack.cells.inner_voltage(),
                    inner_ohms: pack.cells.inner_resistance(),
                };
                pack.second(wish(&moment), &self.second_long);
                pack.look(second + 1, room_c);
            }
        }
        self.second = until;
    }

    /// State of charge of each cell of a pack; 1.0 is full. Nothing for a pack that is not there,
    /// here and in the following.
    #[must_use]
    pub fn soc(&self, pack: usize) -> &[f64] {
        self.packs.get(pack).map_or(&[], |pack| pack.cells.soc())
    }

    /// Capacity of each cell of a pack, in Ah.
    #[must_use]
    pub fn capacity_ah(&self, pack: usize) -> Vec<f64> {
        let all = self.packs.get(pack).map_or(&[][..], |pack| pack.cells.capacity());
        all.iter().map(|capacity| capacity / 3_600.0).collect()
    }

    /// Terminal voltage of each cell of a pack, in V, while the current of its last second still
    /// flows.
    #[must_use]
    pub fn volts(&self, pack: usize) -> Vec<f64> {
        let Some(Pack { cells, .. }) = self.packs.get(pack) else { return Vec::new() };
        cells.voltages(&self.second_long.none())[..cells.count()].to_vec()
    }

    /// Temperature of each cell of a pack, in °C.
    #[must_use]
    pub fn celsius(&self, pack: usize) -> Vec<f64> {
        let Some(Pack { cells, thermal }) = self.packs.get(pack) else { return Vec::new() };
        thermal.cells()[..cells.count()].to_vec()
    }
}

impl Pack {
    /// A settled pack with this seed instead of that of the setup.
    pub(crate) fn new(setup: &FleetSetup, seed: u64) -> Result<Self, SetupError> {
        let count = usize::from(setup.cells);
        within("cells", f64::from(setup.cells), 1.0, MAX_CELLS as f64)?;
        within("capacity_ah", setup.capacity_ah, 0.1, 6_553.5)?;
        within("start_soc", setup.start_soc, 0.0, 1.0)?;
        within("room_c", setup.room_c, -40.0, 80.0)?;
        within("age_years", setup.age_years, 0.0, 50.0)?;
        within("age_cycles", setup.age_cycles, 0.0, 1e5)?;
        let figures = Figures::of(setup.chemistry);
        let mut cells = Cells::new(count, figures, setup.capacity_ah, setup.start_soc, seed);
        // The rated current only matters to a board, which there is none of.
        let thermal = Thermal::new(count, figures, setup.capacity_ah, 1.0, setup.room_c);
        cells.warm(thermal.cells());
        cells.grow_old(setup.age_years, setup.age_cycles);
        Ok(Self { cells, thermal })
    }

    /// One second with this current.
    pub(crate) fn second(&mut self, amps: f64, decay: &Decay) {
        let mut heat: PerCell = [0.0; MAX_CELLS];
        self.cells.carry_alike(amps);
        self.cells.advance(decay, |cell, _, end| heat[cell] = end.heat);
        self.cells.wear(amps.abs(), 1.0);
        self.thermal.take(&heat);
    }

    /// Looks at curves and temperatures when it is time to.
    pub(crate) fn look(&mut self, second: u64, room_c: f64) {
        if second.is_multiple_of(HEAT_EVERY) {
            self.thermal.exchange(room_c, HEAT_EVERY as f64);
            self.cells.warm(self.thermal.cells());
        }
        if second.is_multiple_of(CURVES_EVERY) {
            self.cells.refresh();
        }
    }
}

#[cfg(test)]
mod tests;
