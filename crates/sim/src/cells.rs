//! The cells in series: equivalent circuits side by side, as a struct of arrays.
//!
//! Between two instants at which anything changes (a *segment*) the current is constant, so that
//! every cell has a closed solution: the state at any time is computed from the state at the start
//! of the segment, never from the last tick. Ticking and jumping therefore give the same bits.

use cellward_params::MAX_CELLS;

use crate::chemistry::{Curve, FAST_SECONDS, Figures, SLOW_SECONDS};
use crate::noise::Stream;
use crate::setup::StartCells;

/// One number per cell.
pub(crate) type PerCell = [f64; MAX_CELLS];

/// Microseconds of one tick, the step for which decays are prepared.
const TICK_MICROS: u64 = 10_000;
/// Ticks in the longest segment, one second.
const TICKS: usize = 100;

/// How much is left of both branches after some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decay {
    /// The time in s.
    pub(crate) seconds: f64,
    /// What is left of the fast branch, 1 at the start.
    pub(crate) fast: f64,
    /// What is left of the slow branch, 1 at the start.
    pub(crate) slow: f64,
}

impl Decay {
    fn after(micros: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a segment is at most 1e6 µs")]
        let seconds = micros as f64 / 1e6;
        Self {
            seconds,
            fast: libm::exp(-seconds / FAST_SECONDS),
            slow: libm::exp(-seconds / SLOW_SECONDS),
        }
    }
}

/// What a segment did to the cells, for the heat and for the books.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    /// Heat made in each cell, in J.
    pub(crate) heat: PerCell,
    /// Electrical energy that went in at the terminals of all cells, in J.
    pub(crate) electrical: f64,
    /// Energy stored by the rest voltages, in J.
    pub(crate) stored: f64,
}

/// All cells.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    count: usize,
    figures: &'static Figures,
    rest: Curve,
    braking: Curve,
    decays: Box<[Decay; TICKS + 1]>,
    /// Capacity in As.
    capacity: PerCell,
    /// Resistances against the catalogue cell of this capacity.
    stiffness: PerCell,
    /// State of charge at the start of the segment; 1.0 is full.
    soc: PerCell,
    /// Voltage over the fast branch at the start of the segment.
    over_fast: PerCell,
    /// Voltage over the slow branch at the start of the segment.
    over_slow: PerCell,
    /// Rest voltage at the start of the segment.
    ocv: PerCell,
    /// Rise of the rest voltage in V per As.
    rise: PerCell,
    ohmic: PerCell,
    fast: PerCell,
    slow: PerCell,
    /// Arrhenius factor of the ohmic and fast resistance.
    cold: PerCell,
    /// Current into each cell during the segment, in A.
    current: PerCell,
    /// What is wrong with single cells; hardly ever anything.
    faults: Vec<CellFault>,
}

/// What is wrong with one cell.
#[derive(Clone, Copy, Debug)]
struct CellFault {
    cell: usize,
    /// Resistance of a path inside of the cell, from pole to pole, in Ω.
    leak_ohms: Option<f64>,
    /// Rest voltage that the cell has whatever its charge, in V.
    forced: Option<f64>,
    /// Current through the path during the segment, in A.
    leaking: f64,
}

/// Smallest resistance of a path inside of a cell, in Ω, and smallest share of a capacity: far
/// beyond what is asked for, so that no number becomes infinite.
const LEAST_LEAK: f64 = 1e-4;
/// See [`LEAST_LEAK`].
const LEAST_SHARE: f64 = 1e-3;

/// Activation temperature of ohmic and fast resistance in K: 20 kJ/mol over the gas constant.
/// Between the ten-second resistances of the models at -10, 10, 25 and 40 °C lie 2000 to 2500 K.
const ACTIVATION: f64 = 2_400.0;

/// Spread of capacity, either way. Source: matched cells of grade A.
const CAPACITY_SPREAD: f64 = 0.02;
/// Spread of resistance, either way. A *guess*.
const STIFFNESS_SPREAD: f64 = 0.10;
/// What is left of imbalance at the top, either way, of the capacity. A *guess*: a pack that was
/// balanced once. More than 1 % would lift the highest cell into its alarm on every full charge.
const IMBALANCE: f64 = 0.006;

impl Cells {
    /// Cells that were balanced when full, with their spread, settled, at a mean state of charge.
    ///
    /// `start` is the state of charge of the catalogue cell. Each cell lacks the same charge to
    /// full, as in a pack that was balanced at the top, and then differs by up to
    /// [`IMBALANCE`]. With the spread in capacity this makes about ±1.5 % around a third full.
    pub(crate) fn new(
        count: usize,
        figures: &'static Figures,
        amp_hours: f64,
        start: f64,
        seed: u64,
    ) -> Self {
        let spread = Stream::new(seed, channel::CAPACITY);
        let stiff = Stream::new(seed, channel::STIFFNESS);
        let charge = Stream::new(seed, channel::START);
        let nominal = amp_hours * 3_600.0;
        let mut cells = Self {
            count,
            figures,
            rest: Curve::through(figures.rest),
            braking: Curve::through(figures.braking),
            decays: Box::new(core::array::from_fn(|ticks| {
                Decay::after(ticks as u64 * TICK_MICROS)
            })),
            capacity: [nominal; MAX_CELLS],
            stiffness: [1.0 / amp_hours; MAX_CELLS],
            soc: [start; MAX_CELLS],
            over_fast: [0.0; MAX_CELLS],
            over_slow: [0.0; MAX_CELLS],
            ocv: [0.0; MAX_CELLS],
            rise: [0.0; MAX_CELLS],
            ohmic: [0.0; MAX_CELLS],
            fast: [0.0; MAX_CELLS],
            slow: [0.0; MAX_CELLS],
            cold: [1.0; MAX_CELLS],
            current: [0.0; MAX_CELLS],
            faults: Vec::new(),
        };
        for (cell, number) in (0..count).zip(0_u64..) {
            cells.capacity[cell] = nominal * (1.0 + CAPACITY_SPREAD * spread.signed(number));
            cells.stiffness[cell] = (1.0 + STIFFNESS_SPREAD * stiff.signed(number)) / amp_hours;
            let lacking = (1.0 - start) * nominal / cells.capacity[cell];
            cells.soc[cell] = 1.0 - lacking + IMBALANCE * charge.bell(number);
        }
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
                for (soc, volts) in self.soc.iter_mut().zip(volts) {
                    *soc = soc_at_rest(&self.rest, *volts);
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
            self.capacity[cell] *= share.max(LEAST_SHARE);
        }
    }

    /// Lays a path of this resistance in Ω across a cell from inside, or takes it away.
    pub(crate) fn set_leak(&mut self, cell: usize, ohms: Option<f64>) {
        if let Some(fault) = self.fault(cell) {
            fault.leak_ohms = ohms.map(|ohms| ohms.max(LEAST_LEAK));
            fault.leaking = 0.0;
        }
    }

    /// Makes a cell rest at this voltage in V whatever its charge, or lets it go.
    pub(crate) fn force(&mut self, cell: usize, volts: Option<f64>) {
        if let Some(fault) = self.fault(cell) {
            fault.forced = volts;
        }
    }

    fn fault(&mut self, cell: usize) -> Option<&mut CellFault> {
        if cell >= self.count {
            return None;
        }
        if !self.faults.iter().any(|fault| fault.cell == cell) {
            self.faults.push(CellFault { cell, leak_ohms: None, forced: None, leaking: 0.0 });
        }
        self.faults.iter_mut().find(|fault| fault.cell == cell)
    }

    /// Heat that paths inside of cells make, as cell and W, during the segment.
    pub(crate) fn leak_watts(&self) -> impl Iterator<Item = (usize, f64)> {
        self.faults.iter().filter_map(|fault| {
            let ohms = fault.leak_ohms?;
            Some((fault.cell, fault.leaking * fault.leaking * ohms))
        })
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
            if let Some(decay) = self.decays.get(ticks) {
                return *decay;
            }
        }
        Decay::after(micros)
    }

    /// Sets how warm each cell is, in °C; to be followed by [`Self::refresh`].
    pub(crate) fn warm(&mut self, celsius: &PerCell) {
        for (cold, celsius) in self.cold[..self.count].iter_mut().zip(celsius) {
            let inverse = 1.0 / (celsius + 273.15) - 1.0 / 298.15;
            *cold = libm::exp(ACTIVATION * inverse);
        }
    }

    /// Looks the circuit up anew for the state at the start of a segment.
    pub(crate) fn refresh(&mut self) {
        for cell in 0..self.count {
            let soc = self.soc[cell];
            let rest = self.rest.at(soc);
            self.ocv[cell] = rest.value;
            self.rise[cell] = rest.slope / self.capacity[cell];
            let cold = self.cold[cell];
            let stiffness = self.stiffness[cell] * cold;
            self.ohmic[cell] = self.figures.ohmic * stiffness;
            self.fast[cell] = self.figures.fast * stiffness;
            // Diffusion suffers more from cold than the rest: 30 instead of 20 kJ/mol.
            self.slow[cell] =
                self.figures.slow * stiffness * libm::sqrt(cold) * self.braking.at(soc).value;
        }
        for fault in &self.faults {
            if let Some(volts) = fault.forced {
                self.ocv[fault.cell] = volts;
                self.rise[fault.cell] = 0.0;
            }
        }
    }

    /// Sets the current of a new segment: `port` into all cells, less what the board takes for
    /// itself and, in `bled` cells (bit 0 is the first), the bleeding current.
    pub(crate) fn carry(&mut self, port: f64, own: f64, bled: u32) {
        for cell in 0..self.count {
            let bleed = if bled >> cell & 1 == 1 { self.figures.bleed } else { 0.0 };
            self.current[cell] = port - own - bleed;
        }
        for fault in &mut self.faults {
            let Some(ohms) = fault.leak_ohms else { continue };
            let cell = fault.cell;
            // v = e + R (i - v / leak), solved for the voltage at the poles.
            let ohmic = self.ohmic[cell];
            let inner = self.ocv[cell] + self.over_fast[cell] + self.over_slow[cell];
            let volts = (inner + ohmic * self.current[cell]) / (1.0 + ohmic / ohms);
            fault.leaking = volts / ohms;
            self.current[cell] -= fault.leaking;
        }
    }

    /// The pack's voltage without current through the port, in V.
    pub(crate) fn inner_voltage(&self) -> f64 {
        (0..self.count)
            .map(|cell| self.ocv[cell] + self.over_fast[cell] + self.over_slow[cell])
            .sum()
    }

    /// Ohmic resistance of all cells in Ω.
    pub(crate) fn inner_resistance(&self) -> f64 {
        self.ohmic[..self.count].iter().sum()
    }

    /// Terminal voltage of each cell some time into the segment, in V.
    pub(crate) fn voltages(&self, decay: &Decay) -> PerCell {
        let mut volts = [0.0; MAX_CELLS];
        for (cell, volt) in volts.iter_mut().enumerate().take(self.count) {
            let current = self.current[cell];
            let fast = self.fast[cell] * current;
            let slow = self.slow[cell] * current;
            *volt = self.ocv[cell]
                + self.rise[cell] * current * decay.seconds
                + self.ohmic[cell] * current
                + fast
                + (self.over_fast[cell] - fast) * decay.fast
                + slow
                + (self.over_slow[cell] - slow) * decay.slow;
        }
        volts
    }

    /// Ends the segment: moves every cell to the state after `decay`.
    pub(crate) fn end_segment(&mut self, decay: &Decay) -> Moved {
        let mut moved = Moved { heat: [0.0; MAX_CELLS], electrical: 0.0, stored: 0.0 };
        let seconds = decay.seconds;
        for cell in 0..self.count {
            let current = self.current[cell];
            let fast = self.fast[cell] * current;
            let slow = self.slow[cell] * current;
            let (fast_away, slow_away) = (self.over_fast[cell] - fast, self.over_slow[cell] - slow);
            // Time integral of the voltage above rest, in Vs.
            let above = (self.ohmic[cell] * current + fast + slow) * seconds
                + fast_away * FAST_SECONDS * (1.0 - decay.fast)
                + slow_away * SLOW_SECONDS * (1.0 - decay.slow);
            let charge = current * seconds;
            let stored = charge * (self.ocv[cell] + 0.5 * self.rise[cell] * charge);
            moved.heat[cell] = current * above;
            moved.stored += stored;
            moved.electrical += stored + current * above;
            self.soc[cell] += charge / self.capacity[cell];
            self.over_fast[cell] = fast + fast_away * decay.fast;
            self.over_slow[cell] = slow + slow_away * decay.slow;
        }
        moved
    }
}

/// The state of charge whose rest voltage this is. Rest curves rise over their whole length
/// (tested with them), so halving finds it.
fn soc_at_rest(rest: &Curve, volts: f64) -> f64 {
    let (mut low, mut high) = (-0.2, 1.2);
    // 50 halvings leave less than a billionth of a billionth.
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if rest.at(middle).value < volts {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
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
    /// First of the temperature channels.
    pub(crate) const TEMPERATURE: u32 = 16;
    /// First of the cell channels.
    pub(crate) const CELL: u32 = 32;
}

#[cfg(test)]
mod tests;
