//! A pack at its duty: readings against truth, books, and charging as chargers do it.

use super::*;

const DAY: usize = 86_400;

fn exact(duty: Duty, seed: u64) -> RunSetup {
    RunSetup { ideal_sensors: true, ..RunSetup::of(duty, seed) }
}

#[test]
fn the_same_setup_gives_the_same_readings_and_another_seed_does_not() {
    let day = |seed| {
        let run = Run::new(&RunSetup::of(Duty::Drive, seed)).unwrap();
        let told = run.step_by(997).take(DAY / 997).map(|second| {
            (second.cells().to_vec(), second.current, second.temperature, second.soc()[3].to_bits())
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(day(1), day(1));
    assert_ne!(day(1), day(2));
}

#[test]
fn every_duty_uses_its_pack_for_days_and_the_guard_keeps_its_cells_alive() {
    for &chemistry in Chemistry::ALL {
        for duty in Duty::ALL {
            let mut setup = exact(duty, 1);
            setup.pack.chemistry = chemistry;
            let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
            for second in Run::new(&setup).unwrap().take(3 * DAY) {
                for soc in second.soc() {
                    lowest = lowest.min(*soc);
                    highest = highest.max(*soc);
                }
            }
            let swing = highest - lowest;
            assert!(lowest > -0.02 && highest < 1.03, "{chemistry:?} {duty:?} {lowest} {highest}");
            assert!(swing > 0.03, "{chemistry:?} {duty:?} {swing}");
        }
    }
}

#[test]
fn a_month_of_charge_is_what_flowed_less_what_the_board_took_and_the_cells_lost() {
    let mut run = Run::new(&exact(Duty::House, 4)).unwrap();
    let start = run.pack.cells.soc()[2];
    let capacity = run.capacity_ah()[2];
    let flowed: f64 = run.by_ref().take(30 * DAY).map(|second| second.true_amps / 3_600.0).sum();
    let found = (run.pack.cells.soc()[2] - start) * capacity;
    // 15 mA for a month, and 0.75 to 2.25 % of 100 Ah; ageing takes a thousandth of the rest.
    let lost = flowed - 0.015 * 720.0 - found;
    assert!((0.5..2.6).contains(&lost), "{flowed} {found} {lost}");
}

#[test]
fn readings_of_exact_sensors_are_the_cells_and_the_first_one_shows_its_lead() {
    let mut setup = exact(Duty::Drive, 6);
    setup.lead_ohms = 0.002;
    setup.joint_ohms = 0.0;
    let mut run = Run::new(&setup).unwrap();
    let mut pulled = 0;
    for _ in 0..3 * 3_600 {
        let second = run.next().unwrap();
        let truth = run.pack.cells.voltages(&run.second_long.none());
        let error = |cell: usize| second.cells()[cell].to_volts_f64() - truth[cell];
        assert!((error(0) - 0.002 * second.true_amps).abs() < 1e-4, "{}", error(0));
        assert!(error(1).abs() < 1e-4);
        assert!((second.current.to_amps_f64() - second.true_amps).abs() < 2e-3);
        pulled += u32::from(second.true_amps < -100.0);
    }
    assert!(pulled > 20);
}

#[test]
fn real_sensors_are_wrong_within_their_bounds_and_a_dead_band_hides_a_small_load() {
    let mut setup = RunSetup::of(Duty::Steady, 8);
    setup.lead_ohms = 0.0;
    setup.joint_ohms = 0.0;
    setup.current_error.dead_band_a = 2.5;
    let mut run = Run::new(&setup).unwrap();
    let mut worst = 0.0_f64;
    for _ in 0..1_000 {
        let second = run.next().unwrap();
        let truth = run.pack.cells.voltages(&run.second_long.none());
        for (read, truth) in second.cells().iter().zip(truth) {
            worst = worst.max((read.to_volts_f64() - truth).abs());
        }
        assert_eq!(second.current, Current::ZERO);
        let kelvin = second.temperature.to_celsius_f64() - run.pack.thermal.sensors()[0];
        assert!(kelvin.abs() < 2.0);
        assert!((second.true_amps + 0.1).abs() < 1e-9);
    }
    assert!((0.001..0.010).contains(&worst), "{worst}");
}

#[test]
fn a_slow_charger_gives_its_current_first_and_then_less_and_less_at_its_voltage() {
    let mut setup = exact(Duty::Drive, 1);
    setup.pack.start_soc = 0.5;
    setup.pack.chemistry = Chemistry::Nmc;
    setup.joint_ohms = 0.0;
    setup.lead_ohms = 0.0;
    // From ten in the evening to six in the morning.
    let night: Vec<_> = Run::new(&setup).unwrap().skip(15 * 3_600).take(8 * 3_600).collect();
    let volts =
        |second: &Second| second.cells().iter().map(|cell| cell.to_volts_f64()).sum::<f64>();
    assert!((night[60].true_amps - 12.0).abs() < 1e-9);
    let held = night.iter().position(|second| second.true_amps < 11.999).unwrap();
    for pair in night[held..].windows(2) {
        assert!(pair[1].true_amps <= pair[0].true_amps + 2e-3);
        assert!((volts(&pair[1]) - 16.0 * 4.15).abs() < 0.01, "{}", volts(&pair[1]));
    }
    assert!(night.last().unwrap().true_amps < 3.0);
}

#[test]
fn a_pack_that_stands_by_floats_at_its_voltage_with_hardly_a_current() {
    let mut setup = exact(Duty::Standby, 11);
    setup.pack.start_soc = 0.97;
    let schedule = Schedule::new(Duty::Standby, Chemistry::Lfp, 16, 100.0, 11);
    // A day without an outage before it.
    let quiet = |day: u64| {
        (day * 86_400..(day + 2) * 86_400).all(|at| schedule.wish(at).charger.current_a > 0.0)
    };
    let day = usize::try_from((0..60).find(|day| quiet(*day)).unwrap()).unwrap();
    let last = Run::new(&setup).unwrap().nth((day + 2) * DAY - 2).unwrap();
    let volts: f64 = last.cells().iter().map(|cell| cell.to_volts_f64()).sum();
    assert!((volts - 54.0).abs() < 0.05, "{volts}");
    assert!((0.0..0.3).contains(&last.true_amps), "{}", last.true_amps);
}

#[test]
fn the_guard_cuts_a_load_below_empty_and_a_charge_above_full_and_waits_before_it_tries_again() {
    let limits = Figures::of(Chemistry::Lfp).limits;
    let mut guard = Guard { limits, empty: false, full: false };
    // 2.5 to 3.65 V: released at 2.73 and at 3.535 V.
    let mut after = |volts: f64, amps: f64| {
        guard.look(&[3.3, volts]);
        guard.allowed(amps)
    };
    for (volts, load, charge) in [
        (2.5, -5.0, 5.0),
        (2.499, 0.0, 5.0),
        (2.729, 0.0, 5.0),
        (2.731, -5.0, 5.0),
        (3.65, -5.0, 5.0),
        (3.651, -5.0, 0.0),
        (3.536, -5.0, 0.0),
        (3.534, -5.0, 5.0),
    ] {
        assert!((after(volts, -5.0) - load).abs() < 1e-12, "{volts}");
        assert!((after(volts, 5.0) - charge).abs() < 1e-12, "{volts}");
    }
}

#[test]
fn wrong_numbers_are_refused_by_name() {
    let refuse = |setup: RunSetup| Run::new(&setup).unwrap_err().to_string();
    let usual = || RunSetup::of(Duty::House, 1);
    assert!(refuse(RunSetup { full_scale_a: 0.5, ..usual() }).contains("full_scale_a"));
    assert!(refuse(RunSetup { zero_within_a: Some(-0.1), ..usual() }).contains("zero_within_a"));
    assert!(refuse(RunSetup { own_a: -0.1, ..usual() }).contains("own_a"));
    assert!(refuse(RunSetup { lead_ohms: 1.1, ..usual() }).contains("lead_ohms"));
    assert!(refuse(RunSetup { joint_ohms: f64::NAN, ..usual() }).contains("joint_ohms"));
    let pack = FleetSetup { capacity_ah: 0.0, ..usual().pack };
    assert!(refuse(RunSetup { pack, ..usual() }).contains("capacity_ah"));
}
