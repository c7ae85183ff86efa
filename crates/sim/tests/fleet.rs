//! A fleet against the whole simulator, and a month of readings as an estimator gets them.

use cellward_params::Chemistry;
use cellward_sim::{Duty, Fleet, FleetSetup, Run, RunSetup, Setup, Sim, Story};
use cellward_units::{Duration, Instant};

/// What the board takes for itself past its shunt, in A.
const OWN: f64 = 0.010;

#[test]
fn a_pack_of_a_fleet_that_gets_the_current_of_the_simulator_ends_where_its_cells_do() {
    let story = "[[at]]\ntime = \"0s\"\nload_a = 60\n[[at]]\ntime = \"30min\"\nload_a = 0\n\
                 charger = { voltage_v = 55, current_a = 40 }\n";
    for &chemistry in Chemistry::ALL {
        let setup = Setup {
            chemistry,
            start_soc: 0.6,
            age_years: 3.0,
            age_cycles: 500.0,
            seed: 9,
            ..Setup::from(Story::parse(story).unwrap())
        };
        let mut fleet = Fleet::new(&FleetSetup {
            chemistry,
            start_soc: 0.6,
            age_years: 3.0,
            age_cycles: 500.0,
            seed: 9,
            ..FleetSetup::default()
        })
        .unwrap();
        let mut sim = Sim::new(setup).unwrap();
        let mut charged = 0.0;
        for second in 1..=3_600 {
            sim.run_jumping(Instant::START + Duration::from_secs(second));
            let now = sim.truth().charge_as;
            let mean = now - charged - OWN;
            charged = now;
            fleet.run(1, 25.0, |_| mean);
        }
        let truth = sim.truth();
        assert!(charged.abs() > 1_000.0, "{charged}");
        for (cell, soc) in fleet.soc(0).iter().enumerate() {
            assert!((soc - truth.soc[cell]).abs() < 1e-6, "{chemistry:?} {cell}");
            let volts = fleet.volts(0)[cell] - truth.cell_v[cell];
            assert!(volts.abs() < 1e-3, "{chemistry:?} {cell}: {volts}");
            let kelvin = fleet.celsius(0)[cell] - truth.cell_c[cell];
            assert!(kelvin.abs() < 0.1, "{chemistry:?} {cell}: {kelvin}");
        }
    }
}

#[test]
fn counting_what_the_sensor_says_for_a_week_is_hopeless_and_what_flowed_is_not() {
    // Why an estimator is needed at all: an offset within the manual's bound is a pack in days.
    let mut apart = 0.0_f64;
    for seed in 1..=4 {
        let (mut counted, mut flowed) = (0.0, 0.0);
        for second in Run::new(&RunSetup::of(Duty::House, seed)).unwrap().take(7 * 86_400) {
            counted += second.current.to_amps_f64() / 3_600.0;
            flowed += second.true_amps / 3_600.0;
        }
        // A house that lives from its sun moves hardly a pack's charge in a week on balance.
        assert!(flowed.abs() < 60.0, "{flowed}");
        apart = apart.max((counted - flowed).abs());
    }
    assert!(apart > 50.0, "{apart}");
}
