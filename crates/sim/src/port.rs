//! The port: which current flows between pack and devices, and where P- stands.
//!
//! Usual devices have a closed solution ([`solve`]). A resistor, a capacitor, the pre-charge path
//! or the sink of the load detection go through [`crate::web`], which knows all of them.

use cellward_params::record::Switches;

use crate::surroundings::Devices;
use crate::web::Web;

/// Drop over the body diode of an open switch, in V. The vendor names 0.67 V as normal.
pub(crate) const DIODE: f64 = 0.7;

/// Resistance of a source that is connected the wrong way round, in Ω. A *guess*: a battery with
/// its leads.
const REVERSED_OHMS: f64 = 0.05;

/// All that decides the current through the port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port<'a> {
    /// Voltage of the pack without current, in V.
    pub(crate) inner_volts: f64,
    /// Resistance of the pack, in Ω.
    pub(crate) inner_ohms: f64,
    /// Resistance of both closed switches, in Ω.
    pub(crate) path_ohms: f64,
    /// What the switches really are.
    pub(crate) switches: Switches,
    /// Resistance of the pre-charge path from P- to B- while it is closed, in Ω.
    pub(crate) precharge_ohms: Option<f64>,
    /// Whether the sink of the load detection pulls P- towards B-.
    pub(crate) sink: bool,
    /// Whether nothing outside reaches the board: a breaker is open or the lead to B- is missing.
    pub(crate) severed: bool,
    /// What hangs at the port.
    pub(crate) devices: &'a Devices,
}

/// The current through the port, P- against B-, and whether the charger holds its voltage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solved {
    /// Current in A; positive charges.
    pub(crate) current: f64,
    /// P- against B- in V; positive while a load pulls P- up.
    pub(crate) port: f64,
    /// B+ against P- in V: what the devices see.
    pub(crate) reach: f64,
    /// Whether the charger holds its voltage.
    pub(crate) regulating: bool,
}

impl Port<'_> {
    /// Whether [`solve`] knows everything that is there.
    pub(crate) const fn is_usual(&self) -> bool {
        self.precharge_ohms.is_none()
            && !self.sink
            && !self.severed
            && self.devices.reversed_volts.is_none()
            && self.devices.load_ohms.is_none()
            && self.devices.capacitor.is_none()
    }

    /// What closed or conducting switches add for each direction, in V: charging, discharging.
    pub(crate) const fn drops(&self) -> (f64, f64) {
        // What an open switch adds for the direction that its diode lets pass.
        let charge = if self.switches.discharge { 0.0 } else { DIODE };
        let discharge = if self.switches.charge { 0.0 } else { DIODE };
        (charge, discharge)
    }

    /// Current of the electronic load while it is fed, in A.
    pub(crate) fn electronic_amps(&self) -> f64 {
        let nearly = self.inner_volts.max(1.0);
        let ohms = self.inner_ohms + self.path_ohms;
        // One step towards the voltage under load is enough: the next second corrects it.
        let loaded = (nearly - self.devices.load_watts / nearly * ohms).max(0.5 * nearly);
        self.devices.load_watts / loaded
    }

    /// Below this between B+ and P- an electronic load stops, in V. A *guess*: half of the pack.
    pub(crate) const fn lockout(&self) -> f64 {
        0.5 * self.inner_volts
    }

    /// Largest current that the charger gives, in A; 0 without one.
    pub(crate) const fn supply_amps(&self) -> f64 {
        let devices = self.devices;
        if devices.charger_amps > 0.0 {
            devices.charger_amps.min(devices.charger_watts / self.inner_volts.max(1.0))
        } else {
            0.0
        }
    }
}

/// The current that settles, of a port without a capacitor.
pub(crate) fn settle(port: &Port<'_>) -> Solved {
    if port.is_usual() {
        return solve(port);
    }
    if let (Some(volts), false) = (port.devices.reversed_volts, port.severed) {
        return solve_reversed(port, volts);
    }
    let fed = Web::of(port, true);
    let reach = fed.settled(fed.start());
    if port.devices.load_watts > 0.0 && reach < port.lockout() {
        let unfed = Web::of(port, false);
        return unfed.solved(unfed.settled(unfed.start()));
    }
    fed.solved(reach)
}

/// A source the wrong way round, which adds to the pack; whatever else hangs there is ignored.
fn solve_reversed(port: &Port<'_>, volts: f64) -> Solved {
    let (_, drop) = port.drops();
    let outside = port.inner_ohms + REVERSED_OHMS;
    let around = port.precharge_ohms;
    let current = match (port.switches.discharge, around) {
        (true, _) => -(port.inner_volts + volts - drop).max(0.0) / (outside + port.path_ohms),
        (false, Some(ohms)) => -(port.inner_volts + volts) / (outside + ohms),
        (false, None) => 0.0,
    };
    let reach = -volts - current * REVERSED_OHMS;
    let at = port.inner_volts + current * port.inner_ohms - reach;
    Solved { current, port: at, reach, regulating: false }
}

/// The closed solution for loads in A and W, a charger and a short circuit.
fn solve(port: &Port<'_>) -> Solved {
    let (current, at, regulating) = solve_usual(port);
    let reach = port.inner_volts + current * port.inner_ohms - at;
    Solved { current, port: at, reach, regulating }
}

/// Current, P- against B-, and whether the charger holds its voltage.
fn solve_usual(port: &Port<'_>) -> (f64, f64, bool) {
    let Port { inner_volts, devices, switches, .. } = *port;
    let ohms = port.inner_ohms + port.path_ohms;
    let (charge_drop, discharge_drop) = port.drops();

    if let Some(short) = devices.short_ohms {
        if switches.discharge {
            let current = -(inner_volts - discharge_drop).max(0.0) / (ohms + short);
            return (current, discharge_drop - current * port.path_ohms, false);
        }
        return (0.0, inner_volts, false);
    }

    let draws = devices.load_amps > 0.0 || devices.load_watts > 0.0;
    let load = devices.load_amps + port.electronic_amps();
    let supply = port.supply_amps();

    if switches.charge && supply > 0.0 {
        let held = (devices.charger_volts - inner_volts - charge_drop) / ohms;
        let current = held.clamp(-load, (supply - load).max(-load));
        if current > 0.0 {
            return (current, -(charge_drop + current * port.path_ohms), held < supply - load);
        }
    }
    if switches.discharge && draws {
        let held = (devices.charger_volts - inner_volts + discharge_drop) / ohms;
        let current =
            if supply > 0.0 { held.clamp(-load, (supply - load).max(-load)) } else { -load };
        if current < 0.0 {
            return (
                current,
                discharge_drop - current * port.path_ohms,
                supply > 0.0 && held > -load && held < supply - load,
            );
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
    (0.0, floating.clamp(lowest, highest), supply > load)
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
            precharge_ohms: None,
            sink: false,
            severed: false,
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

    //
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

    //
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

    //
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

    #[test]
    fn a_source_the_wrong_way_round_lifts_p_minus_above_b_plus_and_adds_to_the_pack() {
        let devices = Devices { reversed_volts: Some(24.0), ..load(0.0) };
        let open = Port {
            inner_volts: 53.0,
            inner_ohms: 0.0025,
            path_ohms: 0.0005,
            switches: Switches::OPEN,
            precharge_ohms: None,
            sink: false,
            severed: false,
            devices: &devices,
        };
        assert!((settle(&open).port - 77.0).abs() < 1e-9);
        assert!(settle(&open).current.abs() < 1e-12);
        let closed = settle(&Port { switches: BOTH, ..open });
        assert!((closed.current + 77.0 / 0.053).abs() < 1e-6, "{}", closed.current);
        // Through 20 Ω nearly everything stays over the resistor.
        let around = settle(&Port { precharge_ohms: Some(20.0), ..open });
        assert!((around.port - 20.0 * 77.0 / 20.0525).abs() < 1e-6, "{}", around.port);
    }
}
