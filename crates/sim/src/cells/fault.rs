//! What can be wrong with one cell: a path inside of it, or a voltage that it has whatever its
//! charge.

use super::Cells;

/// What is wrong with one cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellFault {
    cell: usize,
    /// Resistance of a path inside of the cell, from pole to pole, in Ω.
    leak_ohms: Option<f64>,
    /// Rest voltage that the cell has whatever its charge, in V.
    forced: Option<f64>,
    /// Current through the path during the segment, in A.
    leaking: f64,
}

/// Smallest resistance of a path inside of a cell, in Ω: far beyond what is asked for, so that no
/// number becomes infinite.
const LEAST_LEAK: f64 = 1e-4;

impl Cells {
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

    /// Lets forced cells rest where they are told. Their hysteresis is gone with the rest.
    pub(super) fn refresh_faults(&mut self) {
        for fault in &self.faults {
            if let Some(volts) = fault.forced {
                self.ocv[fault.cell] = volts;
                self.rise[fault.cell] = 0.0;
                self.memory[fault.cell] = 0.0;
            }
        }
    }

    /// Takes what flows through paths inside of cells from their currents.
    pub(super) fn carry_faults(&mut self) {
        for place in 0..self.faults.len() {
            let CellFault { cell, leak_ohms: Some(ohms), .. } = self.faults[place] else {
                continue;
            };
            // v = e + R (i - v / leak), solved for the voltage at the poles.
            let ohmic = self.ohmic[cell];
            let inner = self.inner(cell);
            let volts = (inner + ohmic * self.current[cell]) / (1.0 + ohmic / ohms);
            self.faults[place].leaking = volts / ohms;
            self.current[cell] -= volts / ohms;
        }
    }

    /// Whether nothing is wrong with any cell.
    #[cfg(test)]
    pub(super) fn are_well(&self) -> bool {
        self.faults.is_empty()
    }
}
