//! A made-up cell, measured as an installer would.

use cellward_lab::{Card, CellData, Chemistry, Log};

/// What the cell is. Currents and resistances are those of a cell of 100 Ah.
pub(crate) struct Made {
    pub(crate) rated_ah: f64,
    pub(crate) capacity_ah: f64,
    pub(crate) ohms: [f64; 3],
    pub(crate) constants: [f64; 2],
    pub(crate) hysteresis_v: f64,
    /// What the rest voltage rises by from empty to full, without its steep ends and its step, in V.
    pub(crate) slope_v: f64,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            rated_ah: 100.0,
            capacity_ah: 103.0,
            ohms: [1.0e-3, 0.6e-3, 0.5e-3],
            constants: [20.0, 300.0],
            hysteresis_v: 0.0,
            slope_v: 0.12,
        }
    }
}

/// The state of the cell while it is measured.
struct State<'a> {
    cell: &'a Made,
    soc: f64,
    slow: [f64; 2],
    hysteresis: f64,
    log: Log,
}

impl State<'_> {
    /// Lets a current flow for `rows` rows of `dt` seconds, for as long as `go` says.
    fn flow(&mut self, amps: f64, rows: u32, dt: f64, go: impl Fn(f64) -> bool) {
        for _ in 0..rows {
            let flowed = amps * dt / 3600.0 / self.cell.capacity_ah;
            self.soc -= flowed;
            let left = libm::exp(-flowed.abs() * 60.0);
            self.hysteresis = -amps.signum() + (self.hysteresis + amps.signum()) * left;
            for (state, seconds) in self.slow.iter_mut().zip(self.cell.constants) {
                *state = amps + (*state - amps) * libm::exp(-dt / seconds);
            }
            let drop = self.cell.ohms[0] * amps
                + self.cell.ohms[1] * self.slow[0]
                + self.cell.ohms[2] * self.slow[1];
            let volts = self.cell.rest(self.soc) + self.cell.hysteresis_v * self.hysteresis - drop;
            if !go(volts) {
                return;
            }
            self.log.time_s.push(self.log.time_s.last().map_or(0.0, |last| last + dt));
            // A good instrument shows tenths of a millivolt.
            self.log.volts.push((volts * 1e4).round() * 1e-4);
            self.log.amps.push(amps);
            self.log.celsius.push(25.0);
        }
    }
}

impl Made {
    /// Rest voltage in V: steep at the ends, with a plateau and a step like those of graphite.
    pub(crate) fn rest(&self, soc: f64) -> f64 {
        3.2 + self.slope_v * soc + 0.03 * libm::tanh((soc - 0.62) * 18.0)
            - 0.25 * libm::exp(-soc * 18.0)
            + 0.12 * libm::exp((soc - 1.0) * 25.0)
    }

    fn state(&self, soc: f64) -> State<'_> {
        State { cell: self, soc, slow: [0.0; 2], hysteresis: 0.0, log: Log::default() }
    }

    /// Everything that is measured on it.
    pub(crate) fn measured(&self) -> CellData {
        let mut discharge = self.state(0.993);
        discharge.flow(0.0, 30, 10.0, |_| true);
        discharge.flow(5.0, 10_000, 10.0, |volts| volts > self.rest(0.0));
        let mut charge = self.state(0.012);
        charge.flow(0.0, 30, 10.0, |_| true);
        charge.flow(-5.0, 10_000, 10.0, |volts| volts < self.rest(1.0));
        let mut pulses = self.state(0.995);
        pulses.flow(0.0, 1800, 1.0, |_| true);
        for _ in 0..9 {
            for (amps, seconds) in [(100.0, 10), (0.0, 40), (-75.0, 10), (0.0, 300)] {
                pulses.flow(amps, seconds, 1.0, |_| true);
            }
            pulses.flow(100.0 / 3.0, 1080, 1.0, |_| true);
            pulses.flow(0.0, 3600, 1.0, |_| true);
        }
        CellData {
            name: "made".to_owned(),
            card: Card {
                chemistry: Chemistry::Lfp,
                rated_ah: self.rated_ah,
                min_v: 2.5,
                max_v: 3.65,
                charge_v: 3.5,
                float_v: 3.4,
            },
            rest: (0..=20).map(|k| f64::from(k) / 20.0).map(|soc| (soc, self.rest(soc))).collect(),
            slow: Some([discharge.log, charge.log]),
            pulses: pulses.log,
            notes: Vec::new(),
        }
    }
}
