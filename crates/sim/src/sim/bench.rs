//! What a person at the bench can do to a pack and its board, at any time: hang something at the
//! port, break a switch, a wire, a cell, a sensor or the chip, and mend it again.
//!
//! Everything acts from now on and stays until it is taken back. Cells and sensors count from 0,
//! taps from 0 at B-; what the pack does not have is ignored.

use cellward_core::{BoardHealth, Input};
use cellward_node::{RamStore, Store as _};
use cellward_params::Switch;
use cellward_units::{Duration, Instant};

use super::{HEALTHY, Sim, board};
use crate::plant::Plant;
use crate::story::Change;
use crate::{Capacitor, ChipFault, CurrentError, Order, ProbeFault, Spot, SwitchFault, Wire};

/// The port.
impl Sim {
    /// Hangs a plain resistor at the port, in Ω, above 0, or takes it off.
    pub fn set_load_ohms(&mut self, ohms: Option<f64>) {
        self.at_once(|plant| plant.surroundings.set_load_ohms(ohms));
    }

    /// Hangs a capacitor at the port with the charge that the last one had (none at first), or
    /// takes it off. It stays connected in parallel to every load and charger.
    pub fn set_capacitor(&mut self, capacitor: Option<Capacitor>) {
        self.at_once(|plant| plant.surroundings.set_capacitor(capacitor));
    }

    /// Hangs a source of this voltage in V, with 50 mΩ, at the port the wrong way round, or takes it
    /// off. Nothing else that hangs there counts meanwhile.
    pub fn set_reversed_source(&mut self, volts: Option<f64>) {
        self.at_once(|plant| plant.surroundings.set_reversed(volts));
    }

    /// Gives the capacitor at the port this voltage in V, not negative.
    pub fn charge_capacitor(&mut self, volts: f64) {
        self.at_once(|plant| plant.charge_capacitor(volts.max(0.0)));
    }

    /// Fits a pre-charge path of this resistance in Ω, or none, whatever the board has
    /// been told: a new one has what its parameters say.
    pub fn fit_precharge(&mut self, ohms: Option<f64>) {
        self.at_once(|plant| plant.fit_precharge(ohms));
    }

    /// Breaks the switch of the pre-charge path or mends it.
    pub fn set_precharge_fault(&mut self, fault: Option<SwitchFault>) {
        self.at_once(|plant| plant.set_precharge_fault(fault));
    }

    /// Breaks a switch or mends it. What the chip reports stays what it drives the switch to.
    pub fn set_switch_fault(&mut self, switch: Switch, fault: Option<SwitchFault>) {
        self.at_once(|plant| plant.set_switch_fault(switch, fault));
    }

    /// Fits an external breaker between pack and everything else, closed, that a pulse of 0.2 s
    /// of the trip output opens for good; or takes it out. There is none at first.
    pub fn fit_breaker(&mut self, fitted: bool) {
        self.breaker.fit(fitted);
        self.at_once(|plant| plant.set_breaker(false));
    }

    /// Closes the breaker again, as a person does by hand; nothing without one.
    pub fn reset_breaker(&mut self) {
        if self.breaker.is_open() {
            self.fit_breaker(true);
        }
    }

    /// Puts the thick lead on B- on or takes it off. Without it no current flows, P- stands at
    /// B-, the sampling harness alone feeds the board, and the pack reads a volt too little.
    pub fn set_pack_lead(&mut self, there: bool) {
        self.at_once(|plant| plant.set_lead_missing(!there));
    }
}

/// Leads and joints.
impl Sim {
    /// Gives the lead from the first cell to B- this resistance in Ω, not negative. It is none at
    /// first. Its drop shows as an error of the first cell, which follows the current.
    pub fn set_lead_ohms(&mut self, ohms: f64) {
        self.at_once(|plant| plant.set_lead_ohms(0, ohms.max(0.0)));
    }

    /// Gives the joint below a cell, counted from 0, this resistance in Ω, not negative. It is
    /// none at first. Its drop shows as an error of that cell, because the sampling wire sits on
    /// the cell below; its heat goes into both. The first cell has no joint below it.
    pub fn set_joint_ohms(&mut self, cell: u8, ohms: f64) {
        if cell > 0 {
            self.at_once(|plant| plant.set_lead_ohms(usize::from(cell), ohms.max(0.0)));
        }
    }
}

/// The sampling harness.
impl Sim {
    /// Sets how the wire of a tap is.
    pub fn set_wire(&mut self, tap: u8, wire: Wire) {
        self.harness.set_wire(usize::from(tap), wire);
        self.at_once(|_| ());
    }

    /// Sets the order in which the wires sit in the plug.
    pub fn set_wire_order(&mut self, order: Order) {
        self.harness.set_order(order);
        self.at_once(|_| ());
    }

    /// Pulls the plug of the harness and puts it in again slowly: tap 0 touches at `first`, each
    /// next one `step` later.
    pub fn plug_harness(&mut self, first: Instant, step: Duration) {
        let mut at = first;
        for tap in 0..=self.count {
            self.harness.set_wire(tap, Wire::From(at));
            at += step;
        }
        self.at_once(|_| ());
    }
}

/// Cells.
impl Sim {
    /// Sets the state of charge of one cell; 1.0 is full, a little beyond either end is possible.
    pub fn set_cell_soc(&mut self, cell: u8, soc: f64) {
        self.at_once(|plant| plant.cells_mut().set_soc(usize::from(cell), soc));
    }

    /// Leaves a cell this share of the capacity that it has now, above 0; its state of charge
    /// stays.
    pub fn weaken_cell(&mut self, cell: u8, share: f64) {
        self.at_once(|plant| plant.cells_mut().weaken(usize::from(cell), share));
    }

    /// Lays a path of this resistance in Ω, above 0, across a cell from inside, which empties and
    /// heats it; or takes it away.
    pub fn set_internal_short(&mut self, cell: u8, ohms: Option<f64>) {
        self.at_once(|plant| plant.cells_mut().set_leak(usize::from(cell), ohms));
    }

    /// Makes a cell rest at this voltage in V, whatever its charge; negative for an inverted one.
    /// Or lets it go.
    pub fn force_cell(&mut self, cell: u8, volts: Option<f64>) {
        self.at_once(|plant| plant.cells_mut().force(usize::from(cell), volts));
    }
}

/// Heat.
impl Sim {
    /// Sets the temperature of the room, in °C; the pack follows over hours.
    pub fn set_ambient(&mut self, celsius: f64) {
        self.at_once(|plant| plant.surroundings.change(&Change::Ambient(celsius)));
    }

    /// Makes the room, every cell and the board this warm at once, in °C.
    pub fn soak(&mut self, celsius: f64) {
        self.set_ambient(celsius);
        self.at_once(|plant| plant.thermal_mut().soak(celsius));
    }

    /// Puts a source of heat into a cell, in W; 0 takes it out. See [`Self::watts_for`].
    pub fn heat_cell(&mut self, cell: u8, watts: f64) {
        self.at_once(|plant| plant.thermal_mut().set_source(usize::from(cell), watts));
    }

    /// The heat in W that warms a cell by so much a minute, in K, as long as nothing flows away.
    #[must_use]
    pub const fn watts_for(&self, kelvin_per_minute: f64) -> f64 {
        self.plant.cell_heat() * kelvin_per_minute / 60.0
    }

    /// Makes the place of a cell sensor (0 to 3) get hotter than its cell by so much a minute, in
    /// K, without an end; 0 lets it cool with a time constant of a minute.
    pub fn heat_sensor(&mut self, sensor: u8, kelvin_per_minute: f64) {
        let rate = kelvin_per_minute / 60.0;
        self.at_once(|plant| plant.thermal_mut().set_climb(usize::from(sensor), rate));
    }

    /// Holds the place of a sensor at a temperature in °C, or lets it go. The cells keep theirs.
    pub fn hold_temperature(&mut self, spot: Spot, celsius: Option<f64>) {
        self.at_once(|plant| plant.thermal_mut().force(spot, celsius));
    }
}

/// Sensors.
impl Sim {
    /// Breaks the probe of a place or mends it.
    pub fn set_probe_fault(&mut self, spot: Spot, fault: Option<ProbeFault>) {
        self.sensors.set_probe(spot.number(), fault);
        self.at_once(|_| ());
    }

    /// Fits a thermistor of this Beta in K at a place; the board has been told of 3435.
    pub fn set_probe_beta(&mut self, spot: Spot, beta: f64) {
        self.sensors.set_beta(spot.number(), beta);
        self.at_once(|_| ());
    }

    /// Sets what is wrong with the current channel beyond its own errors. For one without a value
    /// see [`ChipFault::CurrentChannel`].
    pub fn set_current_error(&mut self, error: CurrentError) {
        self.sensors.current_error = error;
        self.at_once(|_| ());
    }

    /// The constant gain error of the current channel in this run; 0.01 reads 1 % too much. A
    /// calibration in the factory finds and stores it.
    #[must_use]
    pub const fn current_gain_error(&self) -> f64 {
        self.sensors.current_gain_error()
    }
}

/// Chip and brain.
impl Sim {
    /// Breaks the chip, or mends it with `None`.
    pub fn set_chip_fault(&mut self, fault: Option<ChipFault>) {
        self.chip.fault = fault;
        self.at_once(|_| ());
    }

    /// Tells the brain how its board's own parts are: memory, clock and self-test. All is well at
    /// the start and after [`Self::restart_brain`].
    pub fn set_board_health(&mut self, health: BoardHealth) {
        self.tell(Input::Board(health), self.now);
        self.keep_records();
    }

    /// Turns the key on or off. A board that is never told has none.
    pub fn set_key(&mut self, on: bool) {
        self.tell(Input::Key(on), self.now);
        self.keep_records();
    }

    /// Freezes the brain, or lets it go on: it is fed nothing and asked nothing meanwhile, and
    /// the chip has to help itself. Alerts wait for it.
    pub fn freeze_brain(&mut self, frozen: bool) {
        self.frozen = frozen;
        self.at_once(|_| ());
    }

    /// Starts the brain anew, as after a reset: it has what its store kept and its settings, and
    /// nothing else. Sessions at its ports end. The chip keeps what it drives.
    pub fn restart_brain(&mut self) {
        self.keep_records();
        let config = self.node.bms().config().clone();
        let kept = self.node.store();
        let store = kept.load().map_or_else(RamStore::new, RamStore::holding);
        let store = store.with_estimate(kept.load_estimate());
        self.node = board(config, store, self.now);
        self.frozen = false;
        self.moved_unheard = true;
        self.tell(Input::Board(HEALTHY), self.now);
        self.at_once(|_| ());
        self.keep_records();
    }

    /// Carries a change out now; a new segment begins, so that no jump misses it.
    fn at_once(&mut self, change: impl FnOnce(&mut Plant)) {
        self.sensors_changed = true;
        self.change_plant(self.now, change);
    }
}
