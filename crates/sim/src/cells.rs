//! The cells in series: equivalent circuits side by side, as a struct of arrays.
//!
//! Between two instants at which anything changes (a *segment*) the current is constant, so that
//! every cell has a closed solution ([`crate::step`]): the state at any time is computed from the
//! state at the start of the segment, never from the last tick. Ticking and jumping therefore
//! give the same bits.

use cellward_params::MAX_CELLS;

use crate::chemistry::{Figures, MONTH, TICK_MICROS};
use crate::noise::Stream;
use crate::setup::StartCells;
use crate::step::{self, Circuit, End, State};

pub(crate) use crate::step::Decay;

mod age;
mod fault;

use age::Age;
use fault::CellFault;

/// One number per cell.
pub(crate) type PerCell = [f64; MAX_CELLS];

/// What a segment did to the cells, for the heat and for the books.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    /// Heat made in each cell, in J.
    pub(crate) heat: PerCell,
    /// Electrical energy that went in at the terminals of all cells, in J.
    pub(crate) electrical: f64,
    /// Energy stored by the rest voltages, in J; self-discharge takes from it and makes heat.
    pub(crate) stored: f64,
}

/// All cells.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    count: usize,
    figures: &'static Figures,
    /// Capacity of the new cell in As, and what is left of it.
    fresh: PerCell,
    /// Resistances against the catalogue cell of this capacity.
    stiffness: PerCell,
    /// Self-discharge at 25 °C, as a share of the capacity per s.
    weeps: PerCell,
    age: Age,
    /// State of charge at the start of the segment; 1.0 is full.
    soc: PerCell,
    /// Voltage over the fast branch at the start of the segment.
    over_fast: PerCell,
    /// Voltage over the slow branch at the start of the segment.
    over_slow: PerCell,
    /// Hysteresis at the start of the segment.
    memory: PerCell,
    /// Rest voltage at the start of the segment.
    ocv: PerCell,
    /// Rise of the rest voltage in V per As.
    rise: PerCell,
    ohmic: PerCell,
    fast: PerCell,
    fast_out: PerCell,
    slow: PerCell,
    /// Capacity in As, share of it that one As is, and how the hysteresis follows, per As.
    capacity: PerCell,
    share: PerCell,
    follow: PerCell,
    /// Self-discharge in A.
    lost: PerCell,
    /// Temperature that the factors below were made for, in °C.
    warmth: PerCell,
    /// Arrhenius factors of the resistances, and of the self-discharge.
    cold_ohmic: PerCell,
    cold_fast: PerCell,
    cold_slow: PerCell,
    warm_lost: PerCell,
    /// Current into each cell during the segment, in A.
    current: PerCell,
    /// Charge that flowed in either direction and time that passed since the cells last grew
    /// older, in As and s.
    through: f64,
    passed: f64,
    /// What is wrong with single cells; hardly ever anything.
    faults: Vec<CellFault>,
}

/// Smallest share of a capacity: far beyond what is asked for, so that no number becomes infinite.
const LEAST_SHARE: f64 = 1e-3;

/// A cell that moved by less than this, in K, keeps its factors: 3 in 100,000 of a resistance.
const STIRRED: f64 = 1e-3;

/// How often cells grow older, in s.
const OLDER_EVERY: f64 = 3_600.0;

/// Beyond this charge the fast branch is braked while charging alone: there it stands for particles whose
/// skin is full before their core is, and a discharge empties the skin first. A *guess*: every table is
/// still flat there.
const BRAKES_BOTH: f64 = 0.9;

/// How much faster or slower than at 25 °C something goes; above 1 when warmer. `activation` in K.
fn arrhenius(activation: f64, celsius: f64) -> f64 {
    libm::exp(activation * (1.0 / 298.15 - 1.0 / (celsius + 273.15)))
}

impl Cells {
    /// New cells that were balanced when full, with their spread, settled, at a mean state of
    /// charge.
    ///
    /// `start` is the state of charge of the catalogue cell. Each cell lacks the same charge to
    /// full, as in a pack that was balanced at the top, and then differs by up to the imbalance of
    /// its chemistry. With the spread in capacity this makes about ±1.5 % around a third full.
    pub(crate) fn new(
        count: usize,
        figures: &'static Figures,
        amp_hours: f64,
        start: f64,
        seed: u64,
    ) -> Self {
        let apart = &figures.spread;
        let spread = Stream::new(seed, channel::CAPACITY);
        let stiff = Stream::new(seed, channel::STIFFNESS);
        let charge = Stream::new(seed, channel::START);
        let weeping = Stream::new(seed, channel::SELF_DISCHARGE);
        let nominal = amp_hours * 3_600.0;
        let per_second = figures.self_discharge.per_month / MONTH;
        let mut cells = Self {
            count,
            figures,
            fresh: [nominal; MAX_CELLS],
            stiffness: [1.0 / amp_hours; MAX_CELLS],
            weeps: [per_second; MAX_CELLS],
            age: Age::NEW,
            soc: [start; MAX_CELLS],
            over_fast: [0.0; MAX_CELLS],
            over_slow: [0.0; MAX_CELLS],
            memory: [0.0; MAX_CELLS],
            ocv: [0.0; MAX_CELLS],
            rise: [0.0; MAX_CELLS],
            ohmic: [0.0; MAX_CELLS],
            fast: [0.0; MAX_CELLS],
            fast_out: [0.0; MAX_CELLS],
            slow: [0.0; MAX_CELLS],
            capacity: [nominal; MAX_CELLS],
            share: [1.0 / nominal; MAX_CELLS],
            follow: [0.0; MAX_CELLS],
            lost: [0.0; MAX_CELLS],
            warmth: [25.0; MAX_CELLS],
            cold_ohmic: [1.0; MAX_CELLS],
            cold_fast: [1.0; MAX_CELLS],
            cold_slow: [1.0; MAX_CELLS],
            warm_lost: [1.0; MAX_CELLS],
            current: [0.0; MAX_CELLS],
            through: 0.0,
            passed: 0.0,
            faults: Vec::new(),
        };
        for (cell, number) in (0..count).zip(0_u64..) {
            cells.fresh[cell] = nominal * (1.0 + apart.capacity * spread.signed(number));
            cells.stiffness[cell] = (1.0 + apart.resistance * stiff.signed(number)) / amp_hours;
            cells.weeps[cell] = per_second * (1.0 + apart.self_discharge * weeping.signed(number));
            let lacking = (1.0 - start) * nominal / cells.fresh[cell];
            cells.soc[cell] = 1.0 - lacking + apart.imbalance * charge.bell(number);
        }
        cells.size();
        cells.refresh();
        cells
    }

    /// Lets each cell start in a way of its own, settled.
    pub(crate) fn start_as(&mut self, start: &StartCells) {
        match start {
            StartCells::Shares(shares) => {
                for (soc, share) in self.soc.iter_mut().zip(shares) {
                    *soc = *share;
                }
            }
            StartCells::Volts(volts) => {
                for (cell, volts) in (0..self.count).zip(volts) {
                    self.soc[cell] =
                        self.figures.soc_at_rest(*volts, self.age.kept(cell, self.figures));
                }
            }
        }
        self.refresh();
    }

    /// Sets the state of charge of one cell; 1.0 is full. Cells that are not there are ignored,
    /// here and in the following.
    pub(crate) fn set_soc(&mut self, cell: usize, soc: f64) {
        if cell < self.count {
            self.soc[cell] = soc;
        }
    }

    /// Gives a cell this share of the capacity that it has now; its state of charge stays.
    pub(crate) fn weaken(&mut self, cell: usize, share: f64) {
        if cell < self.count {
            self.fresh[cell] *= share.max(LEAST_SHARE);
            self.size();
        }
    }

    /// How many cells there are.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// State of charge of each cell at the start of the segment.
    pub(crate) fn soc(&self) -> &[f64] {
        &self.soc[..self.count]
    }

    /// Capacity of each cell in As.
    pub(crate) fn capacity(&self) -> &[f64] {
        &self.capacity[..self.count]
    }

    /// The decay over a time within a segment; prepared for whole ticks.
    pub(crate) fn decay(&self, micros: u64) -> Decay {
        if micros.is_multiple_of(TICK_MICROS) {
            let ticks = usize::try_from(micros / TICK_MICROS).unwrap_or(usize::MAX);
            if let Some(decay) = self.figures.decays.get(ticks) {
                return *decay;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a segment is at most 1e6 µs")]
        let seconds = micros as f64 / 1e6;
        Decay::after(seconds, self.figures.constants())
    }

    /// Sets how warm each cell is, in °C; to be followed by [`Self::refresh`].
    pub(crate) fn warm(&mut self, celsius: &PerCell) {
        let figures = self.figures;
        for (cell, &celsius) in celsius.iter().enumerate().take(self.count) {
            if (celsius - self.warmth[cell]).abs() < STIRRED {
                continue;
            }
            self.warmth[cell] = celsius;
            let cold = |activation| 1.0 / arrhenius(activation, celsius);
            self.cold_ohmic[cell] = cold(figures.ohmic.activation_k);
            self.cold_fast[cell] = cold(figures.fast.resistance.activation_k);
            self.cold_slow[cell] = cold(figures.slow.resistance.activation_k);
            self.warm_lost[cell] = arrhenius(figures.self_discharge.activation_k, celsius);
        }
    }

    /// Looks the circuit up anew for the state at the start of a segment.
    pub(crate) fn refresh(&mut self) {
        let figures = self.figures;
        for cell in 0..self.count {
            let soc = self.soc[cell];
            let (rest, slope) = figures.rest(soc, self.age.kept(cell, figures));
            self.ocv[cell] = rest;
            self.rise[cell] = slope * self.share[cell];
            let stiffness = self.stiffness[cell] * self.age.stiffer(cell, figures);
            self.ohmic[cell] = figures.ohmic.ohm_ah * stiffness * self.cold_ohmic[cell];
            let fast = figures.fast.resistance.ohm_ah * stiffness * self.cold_fast[cell];
            self.fast[cell] = fast * figures.fast.braking.at(soc).value;
            self.fast_out[cell] = fast * figures.fast.braking.at(soc.min(BRAKES_BOTH)).value;
            self.slow[cell] = figures.slow.resistance.ohm_ah
                * stiffness
                * self.cold_slow[cell]
                * figures.slow.braking.at(soc).value;
            self.lost[cell] = self.weeps[cell] * self.capacity[cell] * self.warm_lost[cell];
        }
        self.refresh_faults();
    }

    /// Sets the current of a new segment: `port` into all cells, less what the board takes for
    /// itself and, in `bled` cells (bit 0 is the first), the bleeding current.
    pub(crate) fn carry(&mut self, port: f64, own: f64, bled: u32) {
        for cell in 0..self.count {
            let bleed = if bled >> cell & 1 == 1 { self.figures.bleed } else { 0.0 };
            self.current[cell] = port - own - bleed;
        }
        self.carry_faults();
    }

    /// Sets the same current for all cells, of which nothing is wrong with any and none is bled.
    pub(crate) fn carry_alike(&mut self, amps: f64) {
        self.current[..self.count].fill(amps);
    }

    /// The pack's voltage without current through the port, in V.
    pub(crate) fn inner_voltage(&self) -> f64 {
        (0..self.count).map(|cell| self.inner(cell)).sum()
    }

    /// A cell's voltage without current, in V.
    fn inner(&self, cell: usize) -> f64 {
        self.ocv[cell] + self.over_fast[cell] + self.over_slow[cell] + self.memory[cell]
    }

    /// Ohmic resistance of all cells in Ω.
    pub(crate) fn inner_resistance(&self) -> f64 {
        self.ohmic[..self.count].iter().sum()
    }

    #[inline(always)]
    fn state(&self, cell: usize) -> State {
        State {
            soc: self.soc[cell],
            rest: self.ocv[cell],
            fast: self.over_fast[cell],
            slow: self.over_slow[cell],
            memory: self.memory[cell],
        }
    }

    #[inline(always)]
    fn circuit(&self, cell: usize) -> Circuit {
        Circuit {
            rise: self.rise[cell],
            share: self.share[cell],
            ohmic: self.ohmic[cell],
            fast: self.fast[cell],
            fast_out: self.fast_out[cell],
            slow: self.slow[cell],
            follow: self.follow[cell],
            most: self.figures.hysteresis.volts,
            lost: self.lost[cell],
        }
    }

    /// Terminal voltage of each cell some time into the segment, in V.
    pub(crate) fn voltages(&self, decay: &Decay) -> PerCell {
        let mut volts = [0.0; MAX_CELLS];
        for (cell, volts) in volts.iter_mut().enumerate().take(self.count) {
            let (state, circuit) = (self.state(cell), self.circuit(cell));
            *volts = step::voltage(&state, &circuit, self.current[cell], decay);
        }
        volts
    }

    /// Moves every cell to the state after `decay` and tells what that made of each, in their
    /// order. The rest voltage moves on along its line; [`Self::refresh`] looks it up anew.
    #[inline(always)]
    pub(crate) fn advance(&mut self, decay: &Decay, mut tell: impl FnMut(usize, f64, &End)) {
        for cell in 0..self.count.min(MAX_CELLS) {
            let amps = self.current[cell];
            let end = step::end(&self.state(cell), &self.circuit(cell), amps, decay);
            self.soc[cell] = end.state.soc;
            self.ocv[cell] = end.state.rest;
            self.over_fast[cell] = end.state.fast;
            self.over_slow[cell] = end.state.slow;
            self.memory[cell] = end.state.memory;
            tell(cell, amps, &end);
        }
    }

    /// Ends the segment: moves every cell to the state after `decay`.
    pub(crate) fn end_segment(&mut self, decay: &Decay) -> Moved {
        let mut moved = Moved { heat: [0.0; MAX_CELLS], electrical: 0.0, stored: 0.0 };
        self.advance(decay, |cell, _, end| {
            moved.heat[cell] = end.heat;
            moved.stored += end.stored;
            moved.electrical += end.stored + end.heat;
        });
        // The first cell stands for all: what bleeding adds to ageing is nothing.
        self.wear(self.current[0].abs() * decay.seconds, decay.seconds);
        moved
    }
}

/// Numbers of the channels of chance that this crate uses; each is used for one thing only.
pub(crate) mod channel {
    pub(crate) const CAPACITY: u32 = 1;
    pub(crate) const STIFFNESS: u32 = 2;
    pub(crate) const START: u32 = 3;
    pub(crate) const SKY: u32 = 4;
    pub(crate) const CLOUDS: u32 = 5;
    pub(crate) const HABITS: u32 = 6;
    /// Constant errors of the sensors, one count per error.
    pub(crate) const ERRORS: u32 = 7;
    pub(crate) const CURRENT: u32 = 8;
    pub(crate) const PORT: u32 = 9;
    pub(crate) const PACK: u32 = 10;
    /// What the board remembers of its charge.
    pub(crate) const MEMORY: u32 = 11;
    pub(crate) const SELF_DISCHARGE: u32 = 12;
    /// What happens on which day of a duty, and within it.
    pub(crate) const DAYS: u32 = 13;
    pub(crate) const MOMENTS: u32 = 14;
    /// Resistances of joints.
    pub(crate) const JOINTS: u32 = 15;
    /// First of the temperature channels.
    pub(crate) const TEMPERATURE: u32 = 16;
    /// First of the cell channels.
    pub(crate) const CELL: u32 = 32;
}

#[cfg(test)]
mod tests;
