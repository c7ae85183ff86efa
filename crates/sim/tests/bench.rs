//! What a person can do at the bench, each with numbers worked out by hand.

mod drive;

use cellward_params::record::{Subject, Switches};
use cellward_params::{Fault, Switch};
use cellward_sim::{
    Capacitor, ChipFault, CurrentError, Float, Order, ProbeFault, Setup, Sim, Spot, Story,
    SwitchFault, TICK, Wire,
};
use cellward_units::{Duration, Instant, NoData};
use drive::{CLOSED, pass, until};

/// 20 mF with 12 mΩ of leads, as of an inverter of a few kW.
const INVERTER: Capacitor = Capacitor { farads: 0.020, ohms: 0.012 };

/// A pack on the bench with exact sensors.
fn setup(text: &str) -> Setup {
    let story = Story::parse(text).unwrap();
    Setup { start_soc: 0.6, ideal_sensors: true, ..Setup::from(story) }
}

/// The same, powered just now.
fn new(text: &str) -> Sim {
    Sim::new(setup(text)).unwrap()
}

/// The same some seconds later, with both switches closed.
fn running(text: &str) -> Sim {
    drive::running(setup(text))
}

fn near(one: f64, two: f64, within: f64) {
    assert!((one - two).abs() <= within, "{one} is not {two}");
}

/// The switches as the board believes them to be.
fn reported(sim: &Sim) -> Switches {
    let snapshot = sim.snapshot();
    Switches {
        charge: snapshot.charge_switch_closed.unwrap(),
        discharge: snapshot.discharge_switch_closed.unwrap(),
    }
}

#[test]
fn an_empty_inverter_on_closed_switches_trips_the_chip_and_keeps_what_flowed_until_then() {
    let mut sim = running("");
    let before = sim.truth();
    let pack: f64 = before.cell_v.iter().sum();
    sim.set_capacitor(Some(INVERTER));
    // Pack (16 × 0.045 Ω Ah / 280 Ah = 2.6 mΩ), switches (0.5 mΩ) and leads: about 15 mΩ.
    let peak = -sim.truth().current_a;
    let ohms = pack / peak;
    near(ohms, 0.0151, 0.0006);
    sim.tick();
    let after = sim.truth();
    assert_eq!(after.switches, Switches::OPEN);
    assert_eq!(after.current_a, 0.0);
    // Open 200 µs after: the time constant is about 15 mΩ × 20 mF = 0.30 ms, so 1 - e^(-0.66).
    let expected = pack * (1.0 - libm::exp(-200e-6 / (ohms * 0.020)));
    near(after.capacitor_v, expected, 0.05);
    near(before.charge_as - after.charge_as, 0.020 * after.capacitor_v, 1e-4);
}

#[test]
fn a_small_capacitor_is_full_before_the_chip_calls_it_a_short_circuit() {
    let mut sim = running("");
    // 15 mΩ × 1 mF are 15 µs: below 1000 A after 19 µs, long before 150 µs.
    sim.set_capacitor(Some(Capacitor { farads: 0.001, ..INVERTER }));
    pass(&mut sim, Duration::from_secs(1));
    let truth = sim.truth();
    assert_eq!(truth.switches, CLOSED);
    near(truth.capacitor_v, truth.cell_v.iter().sum(), 0.01);
}

#[test]
fn pre_charge_fills_an_inverter_by_the_time_constant_and_the_switches_then_close_onto_it() {
    let mut sim = new("");
    sim.set_capacitor(Some(INVERTER));
    sim.fit_precharge(Some(20.0));
    sim.set_precharge_fault(Some(SwitchFault::StuckClosed));
    let pack: f64 = sim.truth().cell_v.iter().sum();
    pass(&mut sim, Duration::from_millis(400));
    // One time constant of 20.01 Ω × 20 mF, to 63 %.
    let share = 1.0 - libm::exp(-0.4 / (20.0146 * 0.020));
    near(sim.truth().capacitor_v, pack * share, 0.02);
    near(sim.truth().port_v, pack * (1.0 - share), 0.02);
    near(sim.truth().current_a, -pack * (1.0 - share) / 20.0, 0.01);
    sim.run_until(Instant::START + Duration::from_secs(5));
    assert_eq!(sim.truth().switches, CLOSED);

    // Without the path the same board trips at its first closing.
    let mut sim = new("");
    sim.set_capacitor(Some(INVERTER));
    let four = Duration::from_secs(4);
    until(&mut sim, four, |s| s.node().wanted().switches.discharge);
    until(&mut sim, four, |s| s.truth().capacitor_v > 1.0);
    assert!(!sim.truth().switches.discharge);
    near(sim.truth().capacitor_v, 0.48 * pack, 0.04 * pack);
}

#[test]
fn a_pre_charge_path_that_is_not_fitted_or_stuck_open_carries_nothing() {
    let mut sim = new("");
    sim.set_load_ohms(Some(10.0));
    sim.fit_precharge(Some(20.0));
    sim.set_precharge_fault(Some(SwitchFault::StuckClosed));
    // 53 V over 30 Ω.
    let pack: f64 = sim.truth().cell_v.iter().sum();
    near(sim.truth().current_a, -pack / 30.0, 0.01);
    near(sim.truth().port_v, pack * 2.0 / 3.0, 0.02);
    sim.set_precharge_fault(Some(SwitchFault::StuckOpen));
    assert_eq!(sim.truth().current_a, 0.0);
    sim.set_precharge_fault(Some(SwitchFault::StuckClosed));
    sim.fit_precharge(None);
    assert_eq!(sim.truth().current_a, 0.0);
}

#[test]
fn a_capacitor_that_has_settled_is_jumped_over_and_tells_the_same_story() {
    let run = |go: fn(&mut Sim, Instant)| {
        let mut sim =
            new("[[at]]\ntime = \"10s\"\nload_a = 30\n[[at]]\ntime = \"70s\"\nload_a = 5\n");
        sim.charge_capacitor(52.0);
        sim.set_capacitor(Some(INVERTER));
        go(&mut sim, Instant::START + Duration::from_secs(600));
        let told: Vec<_> =
            core::iter::from_fn(|| sim.poll_record()).map(|r| (r.at, r.subject)).collect();
        let truth = sim.truth();
        (told, truth.soc, truth.charge_as.to_bits(), truth.capacitor_v.to_bits())
    };
    let (ticking, hopping) = (run(Sim::run_until), run(Sim::run_jumping));
    assert!(ticking.0.len() > 2);
    assert_eq!(ticking, hopping);
}

#[test]
fn a_resistor_draws_by_ohm_and_pulls_p_minus_up_when_the_switches_are_open() {
    let mut sim = running("");
    sim.set_load_ohms(Some(2.0));
    pass(&mut sim, Duration::from_millis(10));
    let truth = sim.truth();
    near(truth.current_a, -(truth.cell_v.iter().sum::<f64>()) / 2.0, 0.02);
    sim.set_probe_fault(Spot::Sensor(0), Some(ProbeFault::Open));
    until(&mut sim, Duration::from_secs(3), |s| s.truth().switches == Switches::OPEN);
    let truth = sim.truth();
    near(truth.port_v, truth.cell_v.iter().sum(), 0.05);
}

#[test]
fn a_discharge_switch_that_sticks_goes_on_conducting_while_the_chip_reports_it_open() {
    let mut sim = running("[[at]]\ntime = \"0s\"\nload_a = 20\n");
    sim.set_switch_fault(Switch::Discharge, Some(SwitchFault::StuckClosed));
    sim.set_probe_fault(Spot::Sensor(0), Some(ProbeFault::Short));
    until(&mut sim, Duration::from_secs(3), |s| reported(s) == Switches::OPEN);
    pass(&mut sim, Duration::from_millis(100));
    let truth = sim.truth();
    assert_eq!(truth.switches, Switches { charge: false, discharge: true });
    // Through the diode of the open charge switch: 0.7 V and 20 A over 0.5 mΩ.
    near(truth.current_a, -20.0, 1e-9);
    near(truth.port_v, 0.71, 1e-9);
    // Mended, it obeys what it was told long ago.
    sim.set_switch_fault(Switch::Discharge, None);
    assert_eq!(sim.truth().switches, Switches::OPEN);
    assert_eq!(sim.truth().current_a, 0.0);
}

#[test]
fn a_charge_switch_that_never_closes_lets_a_load_draw_through_its_diode_only() {
    let mut sim = new("[[at]]\ntime = \"0s\"\nload_a = 20\n");
    sim.set_switch_fault(Switch::Charge, Some(SwitchFault::StuckOpen));
    until(&mut sim, Duration::from_secs(4), |s| reported(s) == CLOSED);
    let truth = sim.truth();
    assert_eq!(truth.switches, Switches { charge: false, discharge: true });
    near(truth.port_v, 0.71, 1e-9);
}

#[test]
fn a_missing_lead_at_b_minus_lets_no_current_pass_and_the_cells_still_read() {
    let mut sim = running("[[at]]\ntime = \"0s\"\nload_a = 20\n");
    sim.set_pack_lead(false);
    pass(&mut sim, Duration::from_millis(200));
    assert_eq!(sim.truth().current_a, 0.0);
    assert_eq!(sim.truth().port_v, 0.0);
    assert!(sim.snapshot().cell_voltage[0].is_ok());
    sim.set_pack_lead(true);
    pass(&mut sim, Duration::from_millis(10));
    near(sim.truth().current_a, -20.0, 1e-9);
}

#[test]
fn a_wrong_harness_reads_what_its_wires_say_and_the_pack_reads_right() {
    let mut sim = running("");
    sim.set_wire_order(Order::Swapped(4));
    pass(&mut sim, Duration::from_millis(100));
    let (truth, snapshot) = (sim.truth(), sim.snapshot());
    let read = |cell: usize| snapshot.cell_voltage[cell].unwrap().to_volts_f64();
    near(read(3), truth.cell_v[3] + truth.cell_v[4], 1e-3);
    near(read(4), -truth.cell_v[4], 1e-3);
    near(read(5), truth.cell_v[4] + truth.cell_v[5], 1e-3);
    near(snapshot.pack_voltage.unwrap().to_volts_f64(), truth.cell_v.iter().sum(), 1e-3);
}

#[test]
fn while_a_plug_goes_in_the_cells_appear_one_after_the_other() {
    let mut sim = running("");
    let start = sim.now();
    sim.plug_harness(start + Duration::from_millis(200), Duration::from_millis(100));
    let shown = |sim: &Sim| {
        let snapshot = sim.snapshot();
        let full = |cell: usize| {
            snapshot.cell_voltage[cell].is_ok_and(|v| (3.0..3.5).contains(&v.to_volts_f64()))
        };
        (0..16).filter(|cell| full(*cell)).count()
    };
    sim.run_until(start + Duration::from_millis(100));
    assert_eq!(shown(&sim), 0);
    // Tap 0 at 0.2 s, tap k at 0.2 s + k × 0.1 s: at 1.0 s the taps 0 to 8 touch.
    sim.run_until(start + Duration::from_millis(1_000));
    assert_eq!(shown(&sim), 8);
    sim.run_until(start + Duration::from_millis(1_800));
    assert_eq!(shown(&sim), 16);
}

#[test]
fn a_broken_wire_at_an_end_takes_one_cell() {
    for (tap, cell) in [(0, 0), (16, 15)] {
        let mut sim = running("");
        sim.set_wire(tap, Wire::Broken(Float::Low));
        pass(&mut sim, Duration::from_millis(300));
        let snapshot = sim.snapshot();
        let lost: Vec<_> =
            (0..16).filter(|cell| snapshot.cell_voltage[*cell] == Err(NoData::WireOpen)).collect();
        assert_eq!(lost, [cell]);
    }
}

#[test]
fn a_frozen_brain_is_helped_by_the_watchdog_of_the_chip_after_two_seconds() {
    let mut sim = running("[[at]]\ntime = \"0s\"\nload_a = 20\n");
    sim.freeze_brain(true);
    pass(&mut sim, Duration::from_millis(1_980));
    assert_eq!(sim.truth().switches, CLOSED);
    let rest = until(&mut sim, Duration::from_secs(1), |s| s.truth().switches == Switches::OPEN);
    assert!(rest <= Duration::from_millis(40), "{rest:?}");
    assert_eq!(sim.truth().current_a, 0.0);
    pass(&mut sim, Duration::from_secs(60));
    assert_eq!(reported(&sim), CLOSED, "it has heard nothing");
    sim.freeze_brain(false);
    sim.tick();
    assert_eq!(reported(&sim), Switches::OPEN);
}

#[test]
fn a_frozen_brain_leaves_a_short_circuit_to_the_chip() {
    let mut sim = running("");
    sim.freeze_brain(true);
    sim.inject(cellward_sim::Injection::ShortCircuit);
    sim.tick();
    assert_eq!(sim.truth().switches, Switches::OPEN);
}

#[test]
fn a_broken_bus_lets_the_watchdog_run_out_and_a_dead_chip_leaves_the_switches_as_they_are() {
    for (fault, switches) in [
        (ChipFault::BusBroken, Switches::OPEN),
        (ChipFault::Silent, CLOSED),
        // The brain starts it anew, and it opens first.
        (ChipFault::Hung, Switches::OPEN),
    ] {
        let mut sim = running("");
        sim.set_chip_fault(Some(fault));
        pass(&mut sim, Duration::from_millis(2_100));
        assert_eq!(sim.truth().switches, switches, "{fault:?}");
        assert_eq!(sim.node().wanted().switches, Switches::OPEN, "{fault:?}");
    }
}

#[test]
fn stale_or_damaged_readings_of_any_kind_reach_the_board_as_such() {
    let mut sim = running("");
    sim.set_chip_fault(Some(ChipFault::StaleCurrent));
    pass(&mut sim, Duration::from_millis(700));
    assert_eq!(sim.truth().switches, Switches::OPEN);
    assert!(sim.snapshot().cell_voltage[0].is_ok());

    let mut sim = running("");
    sim.set_chip_fault(Some(ChipFault::StaleCells));
    pass(&mut sim, Duration::from_millis(700));
    assert_eq!(sim.truth().switches, Switches::OPEN);
    assert!(sim.snapshot().current.is_ok());

    let mut sim = running("");
    sim.set_chip_fault(Some(ChipFault::StaleTemperatures));
    pass(&mut sim, Duration::from_millis(700));
    assert_eq!(sim.truth().switches, CLOSED);
    until(&mut sim, Duration::from_secs(13), |s| s.truth().switches == Switches::OPEN);

    let mut sim = running("");
    sim.set_chip_fault(Some(ChipFault::Errors));
    pass(&mut sim, Duration::from_millis(700));
    assert_eq!(sim.truth().switches, Switches::OPEN);
    assert_eq!(sim.snapshot().cell_voltage[0], Err(NoData::ChipError));
}

#[test]
fn probes_and_held_places_reach_the_board() {
    let mut sim = running("");
    sim.set_probe_fault(Spot::Switches, Some(ProbeFault::Open));
    sim.hold_temperature(Spot::Sensor(1), Some(60.0));
    pass(&mut sim, Duration::from_millis(500));
    let snapshot = sim.snapshot();
    assert_eq!(snapshot.switch_temperature, Err(NoData::SensorOpen));
    near(snapshot.temperature[1].unwrap().to_celsius_f64(), 60.0, 0.05);
    // 2486 Ω: 60 °C to whoever expects 3950, 65.7 °C with 3435.
    sim.set_probe_beta(Spot::Sensor(1), 3_950.0);
    pass(&mut sim, Duration::from_millis(500));
    near(sim.snapshot().temperature[1].unwrap().to_celsius_f64(), 65.7, 0.3);
    sim.soak(-25.0);
    pass(&mut sim, Duration::from_millis(500));
    near(sim.snapshot().temperature[0].unwrap().to_celsius_f64(), -25.0, 0.05);
}

#[test]
fn a_jump_of_the_current_channel_shows_at_once_and_the_true_current_stays() {
    let mut sim = running("[[at]]\ntime = \"0s\"\nload_a = 20\n");
    let before = sim.snapshot().current.unwrap().to_amps_f64();
    sim.set_current_error(CurrentError { offset_a: 3.0, ..CurrentError::default() });
    sim.tick();
    near(sim.snapshot().current.unwrap().to_amps_f64() - before, 3.0, 1e-4);
    near(sim.truth().current_a, -20.0, 1e-9);
    sim.set_current_error(CurrentError { stuck_a: Some(7.0), ..CurrentError::default() });
    sim.tick();
    near(sim.snapshot().current.unwrap().to_amps_f64(), 7.0, 0.01);
    assert_eq!(sim.current_gain_error(), 0.0);
}

#[test]
fn single_cells_can_be_empty_weak_inverted_or_shorted_inside() {
    let mut sim = running("");
    sim.set_cell_soc(2, 0.1);
    sim.weaken_cell(3, 0.5);
    let before = sim.truth();
    near(before.soc[2], 0.1, 1e-9);
    sim.force_cell(5, Some(-0.4));
    sim.set_internal_short(7, Some(0.5));
    pass(&mut sim, Duration::from_secs(1));
    let truth = sim.truth();
    near(truth.capacity_ah[3], 0.5 * 280.0, 0.02 * 280.0);
    near(truth.cell_v[5], -0.4, 1e-3);
    // 3.27 V over 0.5 Ω: 6.5 A more than the rest for a second.
    let lost = (before.soc[7] - truth.soc[7]) * truth.capacity_ah[7] * 3_600.0;
    near(lost, 6.55, 0.1);
}

#[test]
fn a_cell_that_heats_itself_by_ten_kelvin_a_minute_is_seen_by_the_sensor_on_it() {
    let mut sim = running("");
    let start = sim.truth().cell_c[4];
    sim.heat_cell(4, sim.watts_for(10.0));
    pass(&mut sim, Duration::from_secs(60));
    let rise = sim.truth().sensor_c[0] - start;
    assert!((9.6..=10.0).contains(&rise), "{rise}");
    sim.heat_sensor(1, 12.0);
    let start = sim.truth().sensor_c[1];
    pass(&mut sim, Duration::from_secs(60));
    near(sim.truth().sensor_c[1] - start, 12.0, 0.1);
}

#[test]
fn a_tick_with_trouble_at_every_hand_is_the_same_each_time() {
    let run = || {
        let mut sim = running("[[at]]\ntime = \"0s\"\nload_a = 20\n");
        sim.set_capacitor(Some(INVERTER));
        sim.set_internal_short(1, Some(1.0));
        sim.set_wire_order(Order::Reversed);
        sim.set_current_error(CurrentError { gain: 1.02, ..CurrentError::default() });
        pass(&mut sim, Duration::from_secs(30));
        let truth = sim.truth();
        (truth.charge_as.to_bits(), truth.cell_v.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
    };
    assert_eq!(run(), run());
    assert_eq!(TICK, Duration::from_millis(10));
}

#[test]
fn a_brain_that_starts_anew_opens_the_switches_tests_itself_and_closes_them_again() {
    let mut sim = running("");
    sim.restart_brain();
    pass(&mut sim, Duration::from_millis(20));
    assert_eq!(sim.truth().switches, Switches::OPEN);
    pass(&mut sim, Duration::from_secs(5));
    assert_eq!(sim.truth().switches, CLOSED);
    assert_eq!(reported(&sim), CLOSED);
}

fn faults(sim: &mut Sim) -> Vec<Fault> {
    core::iter::from_fn(|| sim.poll_record())
        .filter_map(|record| match record.subject {
            Subject::Fault(fault, _) => Some(fault),
            Subject::Happening(_) => None,
        })
        .collect()
}

#[test]
fn a_board_with_a_pre_charge_path_closes_onto_an_empty_inverter_without_a_short_circuit() {
    let rest = Setup { start_soc: 0.6, story: Story::rest(), ..Setup::default() };
    let mut sim = Sim::new(Setup { precharge_ohms: Some(20.0), ..rest }).unwrap();
    sim.set_capacitor(Some(INVERTER));
    sim.run_until(Instant::START + Duration::from_secs(10));
    assert_eq!(sim.truth().switches, CLOSED);
    let truth = sim.truth();
    near(truth.capacitor_v, truth.cell_v.iter().sum(), 0.01);
    assert!(!faults(&mut sim).contains(&Fault::ShortCircuit));
}

#[test]
fn the_trip_output_opens_the_breaker_that_stops_what_a_stuck_charge_switch_lets_pass() {
    let mut sim = running("[[at]]\ntime = \"0s\"\ncharger = { voltage_v = 60, current_a = 20 }\n");
    sim.fit_breaker(true);
    sim.set_switch_fault(Switch::Charge, Some(SwitchFault::StuckClosed));
    sim.set_probe_fault(Spot::Sensor(0), Some(ProbeFault::Open));
    until(&mut sim, Duration::from_secs(10), |s| !s.truth().breaker_closed);
    assert_eq!(sim.truth().current_a, 0.0);
    pass(&mut sim, Duration::from_secs(5));
    assert!(!sim.truth().breaker_closed);
    sim.reset_breaker();
    assert!(sim.truth().breaker_closed);
    near(sim.truth().current_a, 20.0, 1e-9);
}

#[test]
fn a_loose_tap_is_found_by_the_test_that_the_board_asks_for() {
    let mut sim = running("");
    sim.set_wire(5, Wire::Loose(Float::Low));
    pass(&mut sim, Duration::from_secs(5));
    assert_eq!(sim.truth().switches, Switches::OPEN);
    assert!(faults(&mut sim).contains(&Fault::OpenWire));
}

#[test]
fn a_chip_whose_brain_is_frozen_opens_for_heat_before_its_watchdog_does() {
    let mut sim = running("");
    sim.freeze_brain(true);
    sim.hold_temperature(Spot::Sensor(0), Some(75.0));
    // Read within 0.5 s, held for 1 s, and the watchdog would take 2 s.
    let opened = until(&mut sim, Duration::from_secs(3), |s| s.truth().switches == Switches::OPEN);
    assert!(opened <= Duration::from_millis(1_510), "{opened:?}");
    assert!(opened >= Duration::from_millis(1_000), "{opened:?}");
}

#[test]
fn a_long_lead_to_b_minus_shows_as_an_error_of_the_first_cell_that_follows_the_current() {
    let mut sim = running("[[at]]\ntime = \"5s\"\nload_a = 50\nlead_milliohm = 1\n");
    let error = |sim: &Sim, cell: usize| {
        let read = sim.snapshot().cell_voltage[cell].unwrap().to_volts_f64();
        (read - sim.truth().cell_v[cell]) * 1e3
    };
    near(error(&sim, 0), 0.0, 1.0);
    pass(&mut sim, Duration::from_secs(8));
    // 1 mΩ at 50 A.
    near(error(&sim, 0), -50.0, 1.0);
    near(error(&sim, 1), 0.0, 1.0);
    sim.set_lead_ohms(0.0);
    pass(&mut sim, Duration::from_secs(2));
    near(error(&sim, 0), 0.0, 1.0);
}

#[test]
fn a_loose_joint_shows_as_an_error_of_the_cell_above_it_and_warms_both_neighbours() {
    let text = "[[at]]\ntime = \"5s\"\nload_a = 100\njoint = { below_cell = 4, milliohm = 2 }\n";
    let mut sim = running(text);
    pass(&mut sim, Duration::from_secs(600));
    let truth = sim.truth();
    let read = sim.snapshot().cell_voltage[3].unwrap().to_volts_f64();
    near(read - truth.cell_v[3], -0.2, 0.001);
    // 20 W for ten minutes, half of it into each neighbour of 5.4 kJ/K, less what flows away.
    for cell in [2, 3] {
        let warmer = truth.cell_c[cell] - truth.cell_c[8];
        assert!((0.8..1.12).contains(&warmer), "{warmer}");
    }
    assert!(truth.cell_c[4] - truth.cell_c[8] < 0.1);
}

#[test]
fn an_old_pack_holds_less_from_the_start() {
    let sim = new("[pack]\nage_years = 4\nage_cycles = 2000\n");
    let new = new("");
    for (old, new) in sim.truth().capacity_ah.iter().zip(new.truth().capacity_ah) {
        near(old / new, 0.86, 1e-9);
    }
}
