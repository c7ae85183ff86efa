//! What the engine wants: a level, always complete, never an edge. Adapters compare and apply, so
//! a lost command repairs itself.

use cellward_params::record::Switches;
use cellward_params::{Lights, Pattern};
use cellward_units::{Current, Duration, Temperature, Voltage};

/// The complete wanted state of everything the engine controls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Wanted {
    /// Which switches shall be closed.
    pub switches: Switches,
    /// Grows by one, wrapping, whenever the command of the switches shall be written again even if
    /// it has not changed: a switch is suspected of not having heard.
    pub switch_writes: u8,
    /// Whether the pre-charge path shall conduct.
    pub precharge: bool,
    /// Whether 0.2 mA shall be drawn from P- to B-, so that a removed load shows.
    pub load_sink: bool,
    /// Whether the chip shall test the sampling wires; it answers with `Input::Wires`.
    pub test_wires: bool,
    /// The trip output, for a breaker, contactor or fuse outside.
    pub trip: bool,
    /// The buzzer.
    pub buzzer: Pattern,
    /// Grows by one, wrapping, whenever the chip shall be started anew because it fell silent.
    pub chip_restarts: u8,
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
    /// A cell sensor at or above this opens the charge switch after a second.
    pub charge_hot: Temperature,
    /// A cell sensor at or below this opens the charge switch after a second.
    pub charge_cold: Temperature,
    /// A cell sensor at or above this opens the discharge switch after a second.
    pub discharge_hot: Temperature,
    /// A cell sensor at or below this opens the discharge switch after a second.
    pub discharge_cold: Temperature,
    /// Silence of the brain for this long opens both switches.
    pub watchdog: Duration,
    /// Discharge current, as a positive number, that opens both switches.
    pub short_circuit: Current,
    /// How long it must flow.
    pub short_circuit_delay: Duration,
}
