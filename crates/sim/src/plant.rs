//! The plant: cells, heat, the two switches with their body diodes, and the one port.
//!
//! One common port, low side: load and charger sit between B+ and P-, and both switches lie in
//! series between P- and B-. The current is solved whenever anything changes and on every whole
//! second, and is constant in between (a *segment*); see [`crate::cells`].

use cellward_params::MAX_SENSORS;
use cellward_params::record::Switches;
use cellward_units::{Duration, Instant};

use crate::cells::{Cells, PerCell};
use crate::surroundings::{Devices, Surroundings};
use crate::thermal::Thermal;

/// Drop over the body diode of an open switch, in V. The vendor names 0.67 V as normal.
pub(crate) const DIODE: f64 = 0.7;

/// What the board takes for itself, in A, past the shunt. Source: K-series documents, 10 to 15 mA.
const OWN_AMPS: f64 = 0.010;

/// Drop over both closed switches at rated current, in V. A *guess*: 0.5 mΩ on a 200 A board.
const PATH_DROP: f64 = 0.1;

/// The truth about the pack at one instant. For tests and pictures of the simulator itself;
/// nothing that estimates or protects may see it.
#[derive(Clone, Debug)]
pub struct Truth {
    /// State of charge of each cell; 1.0 is full.
    pub soc: Vec<f64>,
    /// Terminal voltage of each cell, V.
    pub cell_v: Vec<f64>,
    /// Capacity of each cell, Ah.
    pub capacity_ah: Vec<f64>,
    /// Current through the port, A; positive charges.
    pub current_a: f64,
    /// P- against B-, V; positive while a load pulls P- up.
    pub port_v: f64,
    /// Temperature at each cell, °C.
    pub cell_c: Vec<f64>,
    /// Temperature at the places of the sensors, °C.
    pub sensor_c: [f64; MAX_SENSORS],
    /// What the switches are.
    pub switches: Switches,
    /// Charge that went through the port since the start, As; positive into the pack.
    pub charge_as: f64,
    /// Electrical energy into the cells since the start, J.
    pub electrical_j: f64,
    /// Part of it that the rest voltages stored, J.
    pub stored_j: f64,
    /// Part of it that became heat, J.
    pub heat_j: f64,
}

/// The plant with its state.
#[derive(Clone, Debug)]
pub(crate) struct Plant {
    cells: Cells,
    thermal: Thermal,
    pub(crate) surroundings: Surroundings,
    switches: Switches,
    bled: u32,
    /// Resistance of both closed switches, Ω.
    path: f64,
    /// Start of the segment.
    since: Instant,
    /// Current through the port in this segment, A.
    current: f64,
    /// P- against B- in this segment, V.
    port: f64,
    /// Whether the charger holds its voltage in this segment.
    regulating: bool,
    charge: f64,
    electrical: f64,
    stored: f64,
    heat: f64,
}

impl Plant {
    pub(crate) fn new(
        cells: Cells,
        mut surroundings: Surroundings,
        thermal: Thermal,
        rated: f64,
    ) -> Self {
        surroundings.arrange(Instant::START);
        let mut plant = Self {
            cells,
            thermal,
            surroundings,
            switches: Switches::OPEN,
            bled: 0,
            path: PATH_DROP / rated,
            since: Instant::START,
            current: 0.0,
            port: 0.0,
            regulating: false,
            charge: 0.0,
            electrical: 0.0,
            stored: 0.0,
            heat: 0.0,
        };
        plant.cells.warm(plant.thermal.cells());
        plant.begin_segment();
        plant
    }

    /// Start of the running segment.
    pub(crate) const fn since(&self) -> Instant {
        self.since
    }

    /// Current through the port in the running segment, A; positive charges.
    pub(crate) const fn current(&self) -> f64 {
        self.current
    }

    /// P- against B- in the running segment, V.
    pub(crate) const fn port(&self) -> f64 {
        self.port
    }

    /// Terminal voltage of each cell, at most a second after the start of the segment.
    pub(crate) fn voltages(&self, now: Instant) -> PerCell {
        let decay = self.cells.decay(now.since(self.since).as_micros());
        self.cells.voltages(&decay)
    }

    /// Temperatures at the places of the sensors, of the switches and of the board, as of the
    /// last whole second.
    pub(crate) fn temperatures(&self) -> [f64; MAX_SENSORS + 2] {
        let [a, b, c, d] = self.thermal.sensors();
        let switches = self.thermal.switches(self.current);
        [a, b, c, d, switches, self.thermal.board()]
    }

    /// Moves the switches, bleeds cells or lets the surroundings change, at this instant.
    pub(crate) fn change(&mut self, now: Instant, change: impl FnOnce(&mut Self)) {
        self.end_segment(now);
        change(self);
        self.surroundings.arrange(now);
        self.begin_segment();
    }

    /// Sets what the switches are; within [`Self::change`].
    pub(crate) const fn set_switches(&mut self, switches: Switches) {
        self.switches = switches;
    }

    /// What the switches are.
    pub(crate) const fn switches(&self) -> Switches {
        self.switches
    }

    /// Which cells are bled.
    pub(crate) const fn bled(&self) -> u32 {
        self.bled
    }

    /// Sets which cells are bled; within [`Self::change`].
    pub(crate) const fn set_bled(&mut self, bled: u32) {
        self.bled = bled;
    }

    /// A whole second is over: heat moves on and the surroundings are looked at anew.
    pub(crate) fn whole_second(&mut self, now: Instant) {
        self.end_segment(now);
        let room = self.surroundings.ambient(now);
        let joint = self.surroundings.trouble.hot_joint;
        self.thermal.step(room, self.current, joint);
        let between =
            self.cells.inner_voltage() + self.current * self.cells.inner_resistance() - self.port;
        self.surroundings.second_passed(between, self.regulating, now);
        self.surroundings.arrange(now);
        self.cells.warm(self.thermal.cells());
        self.begin_segment();
    }

    fn end_segment(&mut self, now: Instant) {
        let elapsed = now.since(self.since);
        if elapsed > Duration::ZERO {
            let decay = self.cells.decay(elapsed.as_micros());
            let moved = self.cells.end_segment(&decay);
            self.thermal.take(&moved.heat);
            self.charge += self.current * decay.seconds;
            self.electrical += moved.electrical;
            self.stored += moved.stored;
            self.heat += moved.heat.iter().sum::<f64>();
        }
        self.since = now;
    }

    fn begin_segment(&mut self) {
        self.cells.refresh();
        // The board's own supply and the bleeding currents flow anyway; they are too small to
        // be worth a place in the solution for the port.
        let solved = solve(&Port {
            inner_volts: self.cells.inner_voltage(),
            inner_ohms: self.cells.inner_resistance(),
            path_ohms: self.path,
            switches: self.switches,
            devices: self.surroundings.devices(),
        });
        self.current = solved.current;
        self.port = solved.port;
        self.regulating = solved.regulating;
        self.cells.carry(self.current, OWN_AMPS, self.bled);
    }

    /// The truth, for tests.
    pub(crate) fn truth(&self, now: Instant) -> Truth {
        let mut later = self.clone();
        later.end_segment(now);
        let count = self.cells.count();
        Truth {
            soc: later.cells.soc().to_vec(),
            cell_v: self.voltages(now)[..count].to_vec(),
            capacity_ah: self.cells.capacity().iter().map(|c| c / 3_600.0).collect(),
            current_a: self.current,
            port_v: self.port,
            cell_c: self.thermal.cells()[..count].to_vec(),
            sensor_c: self.thermal.sensors(),
            switches: self.switches,
            charge_as: later.charge,
            electrical_j: later.electrical,
            stored_j: later.stored,
            heat_j: later.heat,
        }
    }
}

/// All that decides the current through the port.
struct Port<'a> {
    inner_volts: f64,
    inner_ohms: f64,
    path_ohms: f64,
    switches: Switches,
    devices: &'a Devices,
}

/// The current through the port, P- against B-, and whether the charger holds its voltage.
#[derive(Clone, Copy, Debug)]
struct Solved {
    current: f64,
    port: f64,
    regulating: bool,
}

fn solve(port: &Port<'_>) -> Solved {
    let Port { inner_volts, devices, switches, .. } = *port;
    let ohms = port.inner_ohms + port.path_ohms;
    // What an open switch adds for the direction that its diode lets pass.
    let charge_drop = if switches.discharge { 0.0 } else { DIODE };
    let discharge_drop = if switches.charge { 0.0 } else { DIODE };

    if let Some(short) = devices.short_ohms {
        if switches.discharge {
            let current = -(inner_volts - discharge_drop).max(0.0) / (ohms + short);
            return Solved {
                current,
                port: discharge_drop - current * port.path_ohms,
                regulating: false,
            };
        }
        return Solved { current: 0.0, port: inner_volts, regulating: false };
    }

    let draws = devices.load_amps > 0.0 || devices.load_watts > 0.0;
    let nearly = inner_volts.max(1.0);
    // One step towards the voltage under load is enough: the next second corrects it.
    let loaded = (nearly - devices.load_watts / nearly * ohms).max(0.5 * nearly);
    let load = devices.load_amps + devices.load_watts / loaded;
    let supply = if devices.charger_amps > 0.0 {
        devices.charger_amps.min(devices.charger_watts / nearly.max(1.0))
    } else {
        0.0
    };

    if switches.charge && supply > 0.0 {
        let held = (devices.charger_volts - inner_volts - charge_drop) / ohms;
        let current = held.clamp(-load, (supply - load).max(-load));
        if current > 0.0 {
            return Solved {
                current,
                port: -(charge_drop + current * port.path_ohms),
                regulating: held < supply - load,
            };
        }
    }
    if switches.discharge && draws {
        let held = (devices.charger_volts - inner_volts + discharge_drop) / ohms;
        let current =
            if supply > 0.0 { held.clamp(-load, (supply - load).max(-load)) } else { -load };
        if current < 0.0 {
            return Solved {
                current,
                port: discharge_drop - current * port.path_ohms,
                regulating: supply > 0.0 && held > -load && held < supply - load,
            };
        }
    }

    // Nothing flows. A charger that can feed what hangs beside it holds its own voltage; else a
    // plain load pulls P- up to B+; else the board's own sink holds P- at B-.
    let floating = if supply > load {
        inner_volts - devices.charger_volts
    } else if devices.load_amps > 0.0 && !switches.discharge {
        inner_volts
    } else {
        0.0
    };
    // Diodes and closed switches do not let P- stand further away than this.
    let lowest = match (switches.charge, switches.discharge) {
        (true, true) => 0.0,
        (true, false) => -DIODE,
        _ => f64::NEG_INFINITY,
    };
    let highest = match (switches.discharge, switches.charge) {
        (true, true) => 0.0,
        (true, false) => DIODE,
        _ => f64::INFINITY,
    };
    Solved { current: 0.0, port: floating.clamp(lowest, highest), regulating: supply > load }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Switches = Switches { charge: true, discharge: true };
    const CHARGE_ONLY: Switches = Switches { charge: true, discharge: false };
    const DISCHARGE_ONLY: Switches = Switches { charge: false, discharge: true };

    fn check(switches: Switches, devices: &Devices, current: f64, port: f64) {
        let solved = solve(&Port {
            inner_volts: 53.0,
            inner_ohms: 0.0025,
            path_ohms: 0.0005,
            switches,
            devices,
        });
        assert!((solved.current - current).abs() < 1e-9, "current {}", solved.current);
        assert!((solved.port - port).abs() < 1e-9, "port {}", solved.port);
    }

    fn load(amps: f64) -> Devices {
        Devices { load_amps: amps, charger_watts: f64::INFINITY, ..Devices::default() }
    }

    fn charger(volts: f64, amps: f64) -> Devices {
        Devices {
            charger_volts: volts,
            charger_amps: amps,
            charger_watts: f64::INFINITY,
            ..Devices::default()
        }
    }

    #[test]
    fn a_load_draws_when_the_discharge_switch_is_closed_and_pulls_p_minus_up_when_not() {
        check(BOTH, &load(20.0), -20.0, 0.01);
        check(DISCHARGE_ONLY, &load(20.0), -20.0, 0.71);
        check(CHARGE_ONLY, &load(20.0), 0.0, 53.0);
        check(Switches::OPEN, &load(20.0), 0.0, 53.0);
    }

    #[test]
    fn an_electronic_load_that_is_not_fed_lets_p_minus_go() {
        let devices = Devices { load_watts: 1_000.0, ..load(0.0) };
        check(CHARGE_ONLY, &devices, 0.0, 0.0);
    }

    #[test]
    fn a_charger_charges_when_the_charge_switch_is_closed_and_pulls_p_minus_down_when_not() {
        check(BOTH, &charger(60.0, 50.0), 50.0, -0.025);
        check(CHARGE_ONLY, &charger(60.0, 50.0), 50.0, -0.725);
        check(DISCHARGE_ONLY, &charger(60.0, 50.0), 0.0, -7.0);
        check(Switches::OPEN, &charger(60.0, 50.0), 0.0, -7.0);
    }

    #[test]
    fn a_charger_holds_its_voltage_and_never_discharges_the_pack() {
        check(BOTH, &charger(53.03, 50.0), 10.0, -0.005);
        check(BOTH, &charger(50.0, 50.0), 0.0, 0.0);
    }

    #[test]
    fn a_weak_charger_shares_a_load_with_the_pack() {
        let devices = Devices { load_amps: 50.0, ..charger(60.0, 20.0) };
        check(BOTH, &devices, -30.0, 0.015);
        // With the discharge switch open nobody feeds the rest, so that the load pulls P- up.
        check(CHARGE_ONLY, &devices, 0.0, 53.0);
    }

    #[test]
    fn a_strong_charger_feeds_the_load_and_the_pack_and_floats_when_the_pack_is_blocked() {
        let devices = Devices { load_amps: 20.0, ..charger(60.0, 50.0) };
        check(BOTH, &devices, 30.0, -0.015);
        check(DISCHARGE_ONLY, &devices, 0.0, -7.0);
    }

    #[test]
    fn a_short_circuit_draws_thousands_of_amps_through_a_closed_switch_only() {
        let devices = Devices { short_ohms: Some(0.004), ..load(0.0) };
        check(BOTH, &devices, -53.0 / 0.007, 0.0005 * 53.0 / 0.007);
        check(CHARGE_ONLY, &devices, 0.0, 53.0);
    }
}
