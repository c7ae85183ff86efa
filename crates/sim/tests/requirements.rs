//! Requirements that need the pack, the sensors and the board together, checked with sensors that
//! are as wrong as the manual lets them be.

mod drive;

use cellward_params::record::Switches;
use cellward_params::{Chemistry, MAX_SENSORS};
use cellward_sim::{Scenario, Setup, Sim, Spot, Story};
use cellward_units::{Duration, Instant};
use drive::{CLOSED, pass, running, until};

/// Full scale of a 200 A board, A.
const FULL_SCALE: f64 = 400.0;

fn bench(text: &str) -> Setup {
    Setup { start_soc: 0.5, ..Setup::from(Story::parse(text).unwrap()) }
}

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

/// Runs a scenario; panics with all that does not come as it expects.
fn holds(text: &str) {
    let scenario = Scenario::parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert!(scenario.expected() > 0);
    let broken = scenario.run(None, &mut |_| {}).unwrap().broken;
    assert!(broken.is_empty(), "{broken:#?}");
}

// R-056
#[test]
fn a_new_board_calls_its_charge_uncalibrated_until_the_first_full_charge_and_then_says_100_percent()
{
    holds(
        r#"
        [pack]
        cells = 8
        capacity_ah = 100
        start_soc_percent = 90
        factory = true
        seed = 3
        [[at]]
        time = "5s"
        command = { commission = { chemistry = "lfp", cells = 8 }, answer = "ok" }
        [[at]]
        time = "10s"
        charger = { voltage_v = 28, current_a = 40 }
        [[at]]
        time = "2h"
        charger = { voltage_v = 0, current_a = 0 }
        load_a = 40
        [[expect]]
        point = "soc_calibrated"
        is = false
        from = "1s"
        until = "10min"
        [[expect]]
        event = "full"
        within = ["10min", "2h"]
        [[expect]]
        point = "soc_calibrated"
        is = true
        from = "2h"
        [[expect]]
        point = "soc_true"
        min = 100
        at = "2h"
        # And it goes on counting from there: 40 A for a quarter of an hour are ten of 100 Ah.
        [[expect]]
        point = "soc_true"
        min = 88
        max = 92
        at = "8100s"
    "#,
    );
}

/// Currents in A that the story below lets flow, 200 ms each from five seconds on, over all that
/// the channel can read. None lasts long enough to trip anything.
const CURRENTS: [i32; 17] =
    [-400, -350, -300, -200, -100, -50, -10, -2, 0, 2, 10, 50, 100, 200, 300, 350, 400];

/// The largest error of the current channel in A over all of them.
fn worst_current(seed: u64, calibrated: bool) -> f64 {
    use core::fmt::Write;
    let mut story = String::new();
    for (place, amps) in (0_u64..).zip(CURRENTS) {
        let (load, charger) = (amps.min(0).unsigned_abs(), amps.max(0));
        let time = 5_000 + place * 200;
        writeln!(story, "[[at]]\ntime = \"{time}ms\"\nload_a = {load}").unwrap();
        writeln!(story, "charger = {{ voltage_v = 90, current_a = {charger} }}").unwrap();
    }
    let setup = bench(&story);
    let mut sim = running(Setup { seed, calibrated, ..setup });
    let mut worst: f64 = 0.0;
    for (place, amps) in (0_u64..).zip(CURRENTS) {
        // Ten readings at the end of each.
        sim.run_until(at(5_100 + place * 200));
        for _ in 0..10 {
            sim.tick();
            let truth = sim.truth().current_a;
            assert!((truth - f64::from(amps)).abs() < 0.5, "{truth} A flow instead of {amps} A");
            let told = sim.snapshot().current.unwrap().to_amps_f64();
            worst = worst.max((told - truth).abs());
        }
    }
    worst
}

// R-080
#[test]
fn without_a_calibration_the_current_is_right_within_three_hundredths_of_full_scale() {
    let worst = (0..50).map(|seed| worst_current(seed, false)).fold(0.0, f64::max);
    assert!(worst <= 0.03 * FULL_SCALE, "{worst} A");
    assert!(worst > 0.01 * FULL_SCALE, "the channels were better than the manual asks: {worst} A");
}

// R-080
#[test]
fn with_a_calibration_the_current_is_right_within_five_thousandths_of_full_scale_and_the_noise() {
    let worst = (0..50).map(|seed| worst_current(seed, true)).fold(0.0, f64::max);
    let noise = 0.0005 * FULL_SCALE;
    assert!(worst <= 0.005 * FULL_SCALE + noise, "{worst} A");
}

// R-081
#[test]
fn every_cell_is_right_within_10_mv_from_1500_to_4500_mv_and_from_minus_20_to_60_degrees() {
    let mut worst: f64 = 0.0;
    for seed in 0..50 {
        let setup = bench("");
        let mut sim = running(Setup { seed, chemistry: Chemistry::Nmc, ..setup });
        for celsius in [-20.0, 20.0, 60.0] {
            sim.soak(celsius);
            for turn in 0..4_u8 {
                for cell in 0..16 {
                    // Every cell at another voltage each time, both ends among them.
                    let step = f64::from((cell + 4 * turn) % 16);
                    sim.force_cell(cell, Some(1.5 + 0.2 * step));
                }
                pass(&mut sim, Duration::from_millis(300));
                let (truth, snapshot) = (sim.truth(), sim.snapshot());
                for (volts, told) in truth.cell_v.iter().zip(&snapshot.cell_voltage) {
                    let told = told.unwrap().to_volts_f64();
                    assert!((1.49..4.51).contains(volts), "{volts}");
                    worst = worst.max((told - volts).abs());
                }
            }
        }
    }
    assert!(worst <= 0.010, "{worst} V");
    assert!(worst > 0.005, "the channels were better than the manual asks: {worst} V");
}

// R-082
#[test]
fn every_temperature_is_right_within_two_degrees_from_minus_20_to_60() {
    let mut worst: f64 = 0.0;
    for seed in 0..50 {
        let setup = bench("");
        let mut sim = running(Setup { seed, sensors: 4, ..setup });
        for celsius in [-20.0, 0.0, 25.0, 40.0, 60.0] {
            for sensor in 0..4 {
                sim.hold_temperature(Spot::Sensor(sensor), Some(celsius));
            }
            sim.hold_temperature(Spot::Switches, Some(celsius));
            pass(&mut sim, Duration::from_millis(1_100));
            let snapshot = sim.snapshot();
            let sensors = snapshot.temperature.iter().take(MAX_SENSORS);
            for told in sensors.chain([&snapshot.switch_temperature]) {
                worst = worst.max((told.unwrap().to_celsius_f64() - celsius).abs());
            }
        }
    }
    assert!(worst <= 2.0, "{worst} K");
    assert!(worst > 1.0, "the sensors were better than the manual asks: {worst} K");
}

// R-019
#[test]
fn with_the_plug_in_before_the_lead_is_on_no_switch_closes_on_any_pack_of_lfp() {
    for (cells, seed) in [(4, 1), (8, 2), (16, 3), (20, 4), (24, 5)] {
        let setup = bench("[[at]]\ntime = \"0s\"\npack_lead = \"off\"\n");
        let mut sim = Sim::new(Setup { cells, seed, ..setup }).unwrap();
        for _ in 0..1_000 {
            sim.tick();
            assert_eq!(sim.truth().switches, Switches::OPEN, "{cells} cells at {:?}", sim.now());
        }
        sim.set_pack_lead(true);
        pass(&mut sim, Duration::from_millis(5_000));
        assert_eq!(sim.truth().switches, CLOSED, "{cells} cells");
    }
}

// R-114
#[test]
fn with_sun_before_the_board_wakes_nothing_is_charged_before_it_has_measured_and_then_it_is() {
    for seed in 0..20 {
        let setup = bench("[[at]]\ntime = \"0s\"\ncharger = { voltage_v = 58, current_a = 40 }\n");
        let mut sim = Sim::new(Setup { seed, precharge_ohms: Some(33.0), ..setup }).unwrap();
        let mut charging = None;
        while sim.now() < at(10_000) {
            sim.tick();
            let measured = sim.snapshot().pack_voltage.is_ok();
            if sim.truth().current_a > 0.5 {
                assert!(measured, "seed {seed}");
                charging.get_or_insert_with(|| sim.now());
            }
        }
        // Half a second of self-test, then the way is free within the three that a start may take.
        let charging = charging.expect("the charger was never let in");
        assert!((at(500)..at(3_000)).contains(&charging), "seed {seed}: {charging:?}");
        assert!((sim.truth().current_a - 40.0).abs() < 0.1);
    }
}

// R-114
#[test]
fn an_empty_pack_shows_a_solar_charger_its_voltage_every_ten_minutes() {
    holds(include_str!("../../../scenarios/port-offered.toml"));
}

/// Three chargers that misbehave, each against real sensors of another seed.
fn wrong_charger(seed: u64, story: &str) {
    holds(&format!(
        "[pack]\ncells = 8\ncapacity_ah = 100\nstart_soc_percent = 90\nseed = {seed}\n{story}"
    ));
}

// R-202
#[test]
fn a_charger_with_too_much_voltage_is_cut_off_before_a_cell_is_harmed() {
    for seed in 0..3 {
        wrong_charger(
            seed,
            r#"
            [[at]]
            time = "5s"
            charger = { voltage_v = 40, current_a = 45 }
            [[expect]]
            fault_set = "cell_over_voltage"
            level = "l2"
            from = "5s"
            until = "1800s"
            [[expect]]
            charge = "open"
            at = "1800s"
            [[expect]]
            discharge = "closed"
            from = "3s"
            # The manual's error of a reading and what a second of charging adds.
            [[expect]]
            point = "highest_cell_voltage"
            max = 3_680
            from = "3s"
            "#,
        );
    }
}

// R-202
#[test]
fn a_charger_with_too_much_current_is_cut_off_after_ten_seconds_or_one() {
    for (amps, level, soonest, latest) in [(62, "l2", "14.9s", "15.3s"), (90, "l3", "5.9s", "6.2s")]
    {
        for seed in 0..3 {
            wrong_charger(
                seed,
                &format!(
                    r#"
                    [[at]]
                    time = "5s"
                    charger = {{ voltage_v = 30, current_a = {amps} }}
                    [[expect]]
                    fault_set = "charge_over_current"
                    level = "{level}"
                    within = ["{soonest}", "{latest}"]
                    [[expect]]
                    charge = "open"
                    within = ["{soonest}", "{latest}"]
                    [[expect]]
                    discharge = "closed"
                    from = "3s"
                    "#
                ),
            );
        }
    }
}

// R-202
#[test]
fn a_charge_that_heats_the_cells_is_cut_off_at_the_limit_and_discharging_stays_possible() {
    for seed in 0..10 {
        let setup = bench("[[at]]\ntime = \"5s\"\ncharger = { voltage_v = 60, current_a = 50 }\n");
        let mut sim = running(Setup { seed, sensors: 1, ..setup });
        pass(&mut sim, Duration::from_millis(1_000));
        assert!(sim.truth().current_a > 49.0);
        // Fast, but no runaway.
        sim.heat_sensor(0, 6.0);
        while sim.truth().switches.charge {
            sim.tick();
            assert!(sim.truth().sensor_c[0] < 60.0, "seed {seed}: never cut off");
        }
        // 55 °C, two kelvin of the sensor's error, and what six seconds of heat add.
        let celsius = sim.truth().sensor_c[0];
        assert!((53.0..=57.6).contains(&celsius), "seed {seed}: {celsius} °C");
        assert!(sim.truth().current_a.abs() < 1e-9);
        assert!(sim.truth().switches.discharge);
    }
}

/// How long after the brain froze the chip opened what `open` asks for, in ms.
fn frozen(meddle: impl Fn(&mut Sim), open: impl Fn(Switches) -> bool) -> u64 {
    let setup = bench("");
    let mut sim = running(Setup { ideal_sensors: true, ..setup });
    sim.freeze_brain(true);
    meddle(&mut sim);
    until(&mut sim, Duration::from_secs(5), |sim| open(sim.truth().switches)).as_millis()
}

// R-206
#[test]
fn with_the_software_frozen_the_chip_opens_by_its_own_limits_and_by_its_watchdog() {
    // Nothing wrong but the silence: both switches, after two seconds.
    let silence = frozen(|_| {}, |switches| switches == Switches::OPEN);
    assert!((1_900..=2_050).contains(&silence), "{silence} ms");
    // Beyond the third level of the cells: the switch of that direction, after one.
    let over = frozen(|sim| sim.force_cell(3, Some(3.85)), |switches| !switches.charge);
    assert!((900..=1_250).contains(&over), "{over} ms");
    let under = frozen(|sim| sim.force_cell(3, Some(2.15)), |switches| !switches.discharge);
    assert!((900..=1_250).contains(&under), "{under} ms");
    // Inside of it the limits leave everything to the watchdog.
    let inside = frozen(|sim| sim.force_cell(3, Some(3.75)), |switches| !switches.charge);
    assert!((1_900..=2_050).contains(&inside), "{inside} ms");
    let short = frozen(
        |sim| sim.inject(cellward_sim::Injection::ShortCircuit),
        |switches| switches == Switches::OPEN,
    );
    assert!(short <= 10, "{short} ms");
    let hot = frozen(
        |sim| sim.hold_temperature(Spot::Sensor(0), Some(75.0)),
        |switches| switches == Switches::OPEN,
    );
    assert!((1_000..=1_510).contains(&hot), "{hot} ms");
}

// R-041
#[test]
fn the_running_light_blinks_as_soon_as_the_board_is_awake_and_through_every_flow() {
    holds(
        r#"
        [pack]
        cells = 8
        start_soc_percent = 50
        [[at]]
        time = "10s"
        charger = { voltage_v = 29, current_a = 20 }
        [[at]]
        time = "20s"
        charger = { voltage_v = 0, current_a = 0 }
        load_a = 20
        [[expect]]
        green = "standby"
        from = "0.1s"
        until = "10s"
        [[expect]]
        green = "charging"
        within = ["11.9s", "12.2s"]
        [[expect]]
        green = "discharging"
        within = ["21.9s", "22.2s"]
        [[expect]]
        green = "dark"
        never = true
        from = "0.01s"
    "#,
    );
}
