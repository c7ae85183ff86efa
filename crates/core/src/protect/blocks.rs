//! What all active rows and locks together let the switches do.

use cellward_params::fault::Blocks;
use cellward_params::{Fault, Level, Switch};
use cellward_units::Instant;

use super::level::State;
use super::lines::row;
use super::permit::Permit;
use super::{Block, Protect};
use crate::measure::Measure;

impl Protect {
    /// How strongly `switch` is blocked.
    pub(crate) const fn block(&self, switch: Switch) -> Block {
        let [charge, discharge] = self.blocks;
        match switch {
            Switch::Charge => charge,
            Switch::Discharge => discharge,
        }
    }

    /// Whether the decision table wants `switch` to stay on because the other one does not open:
    /// opening the healthy one would only burn its diode.
    pub(crate) fn holds_on(&self, switch: Switch) -> bool {
        let there =
            |fault| self.locks.set().contains(fault) || self.is_active(fault, Level::Protection);
        match switch {
            Switch::Discharge => there(Fault::ChargeStuckClosed) || there(Fault::ChargeNotStopped),
            Switch::Charge => there(Fault::DischargeStuckClosed) && !self.over_voltage(),
        }
    }

    /// Whether an over-voltage above alarm is active.
    pub(crate) fn over_voltage(&self) -> bool {
        self.is_active(Fault::CellOverVoltage, Level::Protection)
            || self.is_active(Fault::CellOverVoltage, Level::Hard)
            || self.is_active(Fault::PackOverVoltage, Level::Protection)
            || self.is_active(Fault::ExtremeOverVoltage, Level::Protection)
    }

    /// Whether an under-voltage is the one thing that keeps the discharge switch open, and a charger
    /// would be welcome: no cell is below the hard limit, nothing is locked, nothing else acts.
    pub(crate) fn offers_port(&self) -> bool {
        let low = self.is_active(Fault::CellUnderVoltage, Level::Protection)
            || self.is_active(Fault::PackUnderVoltage, Level::Protection);
        low && !self.is_active(Fault::CellUnderVoltage, Level::Hard)
            && self.locks.set().is_empty()
            && !self.is_active(Fault::ShortCircuit, Level::Protection)
            && self.block(Switch::Charge) == Block::No
            && self.block(Switch::Discharge) == Block::Direction
    }

    /// Whether cells may be bled as far as faults are concerned.
    pub(crate) const fn balancing_allowed(&self) -> bool {
        !self.balancing_blocked
    }

    /// The permit to close, if the measurements carry one: complete, fresh, and not in self-test.
    pub(crate) fn permit(&self, measure: &Measure, now: Instant) -> Option<Permit> {
        if !measure.complete() {
            return None;
        }
        Permit::mint(measure.oldest_valid()?, measure.temperatures_fresh(now), now)
    }

    /// Recomputes what all active rows and locks together block.
    pub(super) fn sum_up(&mut self) {
        let mut blocks = [Block::No; 2];
        let mut balancing_blocked = false;
        let mut add = |opened: Blocks, balancing: bool| {
            if opened == Blocks::Nothing {
                return;
            }
            let strength = if opened.has_exception() { Block::Direction } else { Block::Full };
            balancing_blocked |= !balancing;
            for (&switch, block) in Switch::ALL.iter().zip(&mut blocks) {
                if opened.includes(switch) {
                    *block = strength.max(*block);
                }
            }
        };
        for place in self.busy.places() {
            if self.states.get(place).is_some_and(State::active) {
                let row = row(place);
                let fault_row = row.fault.row();
                let opened = self.overrides.soften(row.fault, fault_row.blocks(row.level));
                add(opened, fault_row.balancing);
            }
        }
        for fault in self.locks.set().faults() {
            let row = fault.row();
            add(self.overrides.soften(fault, row.locked_blocks()), row.balancing);
        }
        self.blocks = blocks;
        self.balancing_blocked = balancing_blocked;
    }
}
