//! What the engine wants: a level, always complete, never an edge. Adapters compare and apply, so
//! a lost command repairs itself.

use cellward_params::Lights;
use cellward_params::record::Switches;
use cellward_units::{Current, Duration, Voltage};

/// The complete wanted state of everything the engine controls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Wanted {
    /// Which switches shall be closed.
    pub switches: Switches,
    /// Which cells shall be bled: bit 0 is the cell at B-.
    pub bleed: u32,
    /// What the chip shall guard by itself.
    pub chip: ChipSettings,
    /// What the lamps shall show.
    pub lights: Lights,
}

/// The second line: thresholds that the chip holds, even while the brain is silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChipSettings {
    /// Cells at or above this open the charge switch after `cell_delay`.
    pub over_voltage: Voltage,
    /// Cells at or below this open the discharge switch after `cell_delay`.
    pub under_voltage: Voltage,
    /// How long a cell must stay beyond its step.
    pub cell_delay: Duration,
    /// Discharge current, as a positive number, that opens both switches.
    pub short_circuit: Current,
    /// How long it must flow.
    pub short_circuit_delay: Duration,
}
