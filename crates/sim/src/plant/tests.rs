//! The port in time: tries, sink, breaker and stuck switches.

use super::*;
use crate::chemistry::Figures;
use crate::surroundings::{Capacitor, Place};
use cellward_params::Chemistry;

const BOTH: Switches = Switches { charge: true, discharge: true };

/// 16 cells of 280 Ah on a 200 A board, half full: 52 V, 2.6 mΩ, switches of 0.5 mΩ.
fn plant() -> Plant {
    let figures = Figures::of(Chemistry::Lfp);
    let surroundings = Surroundings::new(&Place {
        figures,
        cells: 16.0,
        amp_hours: 280.0,
        rated: 200.0,
        charge_limit: 100.0,
        start_hour: 0.0,
        seed: 1,
    });
    let cells = Cells::new(16, figures, 280.0, 0.5, 1);
    let thermal = Thermal::new(16, figures, 280.0, 200.0, 25.0);
    Plant::new(cells, surroundings, thermal, 200.0)
}

fn with_inverter() -> Plant {
    let mut plant = plant();
    let inverter = Capacitor { farads: 0.020, ohms: 0.012 };
    plant.change(Instant::START, |p| p.surroundings.set_capacitor(Some(inverter)));
    plant
}

fn at(micros: u64) -> Instant {
    Instant::from_micros(micros)
}

/// The capacitive signature of the state machine, §6.
#[test]
fn five_tries_of_200_microseconds_a_second_apart_pump_a_capacitor_up() {
    let mut plant = with_inverter();
    let pack = plant.cells.inner_voltage();
    let mut left = 1.0;
    for try_number in 0..5_u64 {
        let start = try_number * 1_000_000;
        plant.change(at(start), |p| p.set_switches(BOTH));
        plant.change(at(start + 200), |p| p.set_switches(Switches::OPEN));
        assert!(plant.is_still());
        // 15.1 mΩ × 20 mF are 0.30 ms: what is missing falls to e^(-0.66) = 0.516 each time.
        left *= 0.516;
        let missing = 1.0 - plant.stored_volts / pack;
        assert!((missing - left).abs() < 0.03, "try {try_number}: {missing} is not {left}");
        assert!((plant.port() / pack - missing).abs() < 1e-3);
    }
    assert!(plant.stored_volts > 0.9 * pack);
}

#[test]
fn the_sink_lifts_a_capacitor_by_ten_millivolts_a_second_and_only_with_both_switches_open() {
    let mut plant = with_inverter();
    plant.change(at(0), |p| p.set_around(false, true));
    assert!(!plant.is_still());
    for second in 1..=400 {
        for tick in 1..100 {
            plant.change(at((second - 1) * 1_000_000 + tick * 10_000), |_| ());
        }
        plant.whole_second(at(second * 1_000_000));
    }
    assert!((plant.stored_volts - 4.0).abs() < 1e-6, "{}", plant.stored_volts);
    let pack = plant.cells.inner_voltage();
    assert!((plant.port() - (pack - 4.0)).abs() < 1e-3);
    assert!(plant.charge.abs() < 1e-9, "{}", plant.charge);
    plant.change(at(400_000_000), |p| {
        p.set_switches(Switches { charge: true, discharge: false });
    });
    assert!(plant.is_still());
    assert!(plant.current().abs() < 1e-9);
}

#[test]
fn a_capacitor_takes_from_the_pack_what_it_holds_and_the_books_agree() {
    let mut plant = with_inverter();
    plant.change(at(0), |p| p.set_switches(BOTH));
    assert!((plant.current_at(at(300)) / plant.current() - 0.37).abs() < 0.02);
    plant.change(at(10_000), |_| ());
    assert!(plant.is_still());
    assert!((plant.charge + 0.020 * plant.stored_volts).abs() < 1e-4);
    let books = plant.electrical - plant.stored - plant.heat;
    assert!(books.abs() < 1e-9 * plant.electrical.abs(), "{books}");
}

#[test]
fn an_open_breaker_leaves_the_capacitor_to_its_loads_and_the_board_alone() {
    let mut plant = with_inverter();
    plant.change(at(0), |p| p.set_switches(BOTH));
    plant.change(at(10_000), |p| {
        p.set_breaker(true);
        p.surroundings.set_load_ohms(Some(100.0));
    });
    let full = plant.stored_volts;
    assert!(plant.current().abs() < 1e-12);
    assert!(plant.port().abs() < 1e-12);
    plant.change(at(510_000), |_| ());
    // 100.012 Ω × 20 mF are 2.0 s: e^(-0.25).
    assert!((plant.stored_volts / full - libm::exp(-0.5 / 2.000_24)).abs() < 1e-6);
    plant.change(at(510_000), |p| p.set_breaker(false));
    assert!(plant.current() < -500.0, "it meets the pack again");
}

#[test]
fn a_switch_that_sticks_is_what_it_is_and_not_what_it_is_told() {
    let mut plant = plant();
    for (fault, told, real) in [
        (None, true, true),
        (None, false, false),
        (Some(SwitchFault::StuckClosed), false, true),
        (Some(SwitchFault::StuckOpen), true, false),
    ] {
        plant.change(at(0), |p| {
            p.set_switches(Switches { charge: told, discharge: false });
            p.set_switch_fault(Switch::Charge, fault);
        });
        assert_eq!(plant.switches(), Switches { charge: real, discharge: false });
    }
}
