//! Numbers worked out by hand, and agreement with the closed solution.

use cellward_params::record::Switches;

use super::*;
use crate::surroundings::{Capacitor, Devices};

const BOTH: Switches = Switches { charge: true, discharge: true };

/// An inverter of 20 mF whose leads make 15 mΩ of the loop with pack and switches.
const INVERTER: Capacitor = Capacitor { farads: 0.020, ohms: 0.012 };

/// 53 V behind 2.5 mΩ, switches of 0.5 mΩ.
fn port(switches: Switches, devices: &Devices) -> Port<'_> {
    Port {
        inner_volts: 53.0,
        inner_ohms: 0.0025,
        path_ohms: 0.0005,
        switches,
        precharge_ohms: None,
        sink: false,
        severed: false,
        devices,
    }
}

fn idle() -> Devices {
    Devices { charger_watts: f64::INFINITY, ..Devices::default() }
}

fn settled(port: &Port<'_>) -> Solved {
    let web = Web::of(port, true);
    web.solved(web.settled(web.start()))
}

fn near(one: f64, two: f64, within: f64) {
    assert!((one - two).abs() <= within, "{one} is not {two}");
}

#[test]
fn the_web_and_the_closed_solution_agree_wherever_both_know_the_answer() {
    for switches in [
        BOTH,
        Switches::OPEN,
        Switches { charge: true, discharge: false },
        Switches { charge: false, discharge: true },
    ] {
        for load_amps in [0.0, 20.0, 70.0] {
            // A charger below the pack's voltage cannot be told from none.
            for (charger_volts, charger_amps) in [(0.0, 0.0), (60.0, 50.0), (53.03, 50.0)] {
                let devices = Devices { load_amps, charger_volts, charger_amps, ..idle() };
                let port = port(switches, &devices);
                let (one, two) = (crate::port::settle(&port), settled(&port));
                near(one.current, two.current, 1e-6);
                near(one.port, two.port, 1e-6);
                near(one.reach, two.reach, 1e-6);
            }
        }
    }
}

#[test]
fn a_resistor_draws_what_ohm_says_through_switches_through_the_diode_and_through_pre_charge() {
    let devices = Devices { load_ohms: Some(5.0), ..idle() };
    // 53 V over 5.003 Ω, and with the diode 52.3 V.
    near(settled(&port(BOTH, &devices)).current, -53.0 / 5.003, 1e-6);
    let blocked = Switches { charge: false, discharge: true };
    let solved = settled(&port(blocked, &devices));
    near(solved.current, -52.3 / 5.003, 1e-6);
    near(solved.port, 0.7 + 0.0005 * 52.3 / 5.003, 1e-6);
    // Through 20 Ω: a fifth of the pack reaches the load, P- stands at four fifths.
    let path = Port { precharge_ohms: Some(20.0), ..port(Switches::OPEN, &devices) };
    let solved = settled(&path);
    near(solved.current, -53.0 / 25.0025, 1e-6);
    near(solved.port, 20.0 * 53.0 / 25.0025, 1e-6);
    near(solved.reach, 5.0 * 53.0 / 25.0025, 1e-6);
}

#[test]
fn a_short_circuit_through_pre_charge_draws_the_resistor_s_share_and_leaves_nothing_at_the_load() {
    let devices = Devices { short_ohms: Some(0.004), ..idle() };
    let solved = settled(&Port { precharge_ohms: Some(20.0), ..port(Switches::OPEN, &devices) });
    near(solved.current, -53.0 / 20.0065, 1e-6);
    near(solved.reach, 0.004 * 53.0 / 20.0065, 1e-6);
}

#[test]
fn an_electronic_load_does_not_start_behind_the_pre_charge_resistor() {
    let devices = Devices { load_watts: 1_000.0, ..idle() };
    let path = Port { precharge_ohms: Some(20.0), ..port(Switches::OPEN, &devices) };
    let solved = crate::port::settle(&path);
    near(solved.current, 0.0, 1e-6);
    near(solved.port, 0.0, 1e-6);
    // One of 20 W draws 0.377 A and leaves 45 V, which feeds it.
    let devices = Devices { load_watts: 20.0, ..idle() };
    let solved = crate::port::settle(&Port { devices: &devices, ..path });
    near(solved.current, -20.0 / 53.0, 1e-3);
    near(solved.port, 20.0 * 20.0 / 53.0, 1e-2);
}

#[test]
fn the_sink_lifts_the_reach_to_four_volts_over_20_kiloohms_and_to_the_pack_without_a_load() {
    let devices = Devices { load_ohms: Some(20_000.0), ..idle() };
    let solved = settled(&Port { sink: true, ..port(Switches::OPEN, &devices) });
    near(solved.reach, 4.0, 1e-6);
    near(solved.current, 0.0, 1e-9);
    let none = idle();
    near(settled(&Port { sink: true, ..port(Switches::OPEN, &none) }).port, 0.0, 1e-9);
    let plain = Devices { load_amps: 20.0, ..idle() };
    near(settled(&Port { sink: true, ..port(Switches::OPEN, &plain) }).reach, 0.0, 1e-9);
}

#[test]
fn an_inrush_peaks_at_the_voltage_over_the_loop_and_falls_with_its_time_constant() {
    let devices = Devices { capacitor: Some(INVERTER), ..idle() };
    let web = Web::of(&port(BOTH, &devices), true);
    // 53 V over 15 mΩ are 3533 A; the time constant is 15 mΩ × 20 mF = 0.3 ms.
    near(web.solved(0.0).current, -53.0 / 0.015, 1e-6);
    let gone = web.run(0.0, 0.3e-3);
    near(gone.volts, 53.0 * (1.0 - libm::exp(-1.0)), 1e-9);
    near(web.solved(gone.volts).current, -53.0 / 0.015 * libm::exp(-1.0), 1e-6);
    // What the capacitor holds went through the port: 20 mF × volts.
    near(gone.charge, -0.020 * gone.volts, 1e-12);
    near(web.run(0.0, 0.010).volts, 53.0, 1e-6);
}

#[test]
fn a_run_in_two_halves_ends_like_one() {
    let devices = Devices { capacitor: Some(INVERTER), load_ohms: Some(5.0), ..idle() };
    let web = Web::of(&Port { precharge_ohms: Some(20.0), ..port(Switches::OPEN, &devices) }, true);
    let whole = web.run(30.0, 0.2);
    let half = web.run(30.0, 0.1);
    let rest = web.run(half.volts, 0.1);
    near(whole.volts, rest.volts, 1e-9);
    near(whole.charge, half.charge + rest.charge, 1e-9);
}

#[test]
fn pre_charge_fills_20_millifarads_through_20_ohms_with_a_time_constant_of_400_ms() {
    let devices = Devices { capacitor: Some(INVERTER), ..idle() };
    let web = Web::of(&Port { precharge_ohms: Some(20.0), ..port(Switches::OPEN, &devices) }, true);
    let constant = 0.020 * (20.0 + 0.0025 + 0.012);
    near(web.run(0.0, constant).volts, 53.0 * (1.0 - libm::exp(-1.0)), 1e-9);
}

#[test]
fn the_sink_needs_400_seconds_to_lift_20_millifarads_to_four_volts() {
    let devices = Devices { capacitor: Some(INVERTER), ..idle() };
    let web = Web::of(&Port { sink: true, ..port(Switches::OPEN, &devices) }, true);
    // 0.2 mA into 20 mF: 10 mV per second, less the first nothing over 12 mΩ.
    near(web.run(0.0, 400.0).volts, 4.0, 1e-6);
    near(web.run(0.0, 400.0).charge, 0.0, 1e-9);
    // It ends at the pack, not beyond.
    near(web.run(0.0, 6_000.0).volts, 53.0, 1e-6);
}

#[test]
fn a_load_empties_a_capacitor_and_no_further() {
    let devices = Devices { capacitor: Some(INVERTER), load_amps: 20.0, ..idle() };
    let web = Web::of(&port(Switches::OPEN, &devices), true);
    // 20 A out of 20 mF: 1 V per ms.
    near(web.run(53.0, 0.010).volts, 43.0, 1e-9);
    near(web.run(53.0, 1.0).volts, 0.0, 1e-6);
    near(web.solved(0.0).port, 53.0, 1e-9);
    let resistor = Devices { capacitor: Some(INVERTER), load_ohms: Some(100.0), ..idle() };
    let web = Web::of(&port(Switches::OPEN, &resistor), true);
    near(web.run(53.0, 100.012 * 0.020).volts, 53.0 * libm::exp(-1.0), 1e-9);
}

#[test]
fn a_charger_fills_the_capacitor_and_then_holds_it() {
    let devices =
        Devices { capacitor: Some(INVERTER), charger_volts: 60.0, charger_amps: 50.0, ..idle() };
    let web = Web::of(&port(Switches::OPEN, &devices), true);
    // 50 A into 20 mF: 2.5 V per ms until the drop over 12 mΩ has it regulate at 59.4 V.
    near(web.run(0.0, 0.010).volts, 25.0, 1e-9);
    let end = web.solved(web.run(0.0, 0.1).volts);
    near(end.reach, 60.0, 1e-6);
    assert!(end.regulating);
    near(end.port, -7.0, 1e-6);
}

#[test]
fn a_severed_port_keeps_the_capacitor_and_shows_the_board_nothing() {
    let devices = Devices { capacitor: Some(INVERTER), load_ohms: Some(100.0), ..idle() };
    let web = Web::of(&Port { severed: true, ..port(BOTH, &devices) }, true);
    let solved = web.solved(40.0);
    near(solved.current, 0.0, 1e-12);
    near(solved.port, 0.0, 1e-12);
    near(web.run(53.0, 100.012 * 0.020).volts, 53.0 * libm::exp(-1.0), 1e-9);
}
