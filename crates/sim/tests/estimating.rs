//! What the board tells of its charge, health, power and resistances, beside what is so: the whole
//! board with real sensors and cells that nobody measured for it.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use cellward_params::{ChargeDoubt, Chemistry, Snapshot};
use cellward_sim::{CurrentError, Setup, Sim, Story};
use cellward_units::{Duration, Instant, NoData, Power, Ratio};

fn hours(hours: u64) -> Instant {
    Instant::START + Duration::from_secs(hours * 3_600)
}

fn minutes(minutes: u64) -> Instant {
    Instant::START + Duration::from_secs(minutes * 60)
}

fn points(ratio: Result<Ratio, NoData>) -> f64 {
    ratio.unwrap().to_f64() * 100.0
}

/// What the string has and still takes, in Ah, by its first empty and its first full cell.
fn truth(sim: &Sim) -> (f64, f64) {
    let truth = sim.truth();
    let least = |share: fn(f64) -> f64| {
        let all = truth.soc.iter().zip(&truth.capacity_ah).map(|(&soc, ah)| share(soc) * ah);
        all.fold(f64::INFINITY, f64::min)
    };
    (least(|soc| soc), least(|soc| 1.0 - soc))
}

/// Charge of the string, 0 to 1.
fn share(sim: &Sim) -> f64 {
    let (left, free) = truth(sim);
    left / (left + free)
}

/// A board with a story, from 0 on.
fn board(setup: Setup, story: &str) -> Sim {
    Sim::new(Setup { story: Story::parse(story).unwrap(), ..setup }).unwrap()
}

/// The figures at every whole hour, beside the truth in points of what the owner calls full: 100 % is
/// where the charger stops, the most that there was.
fn days(mut sim: Sim, days: u64) -> Vec<(f64, Snapshot)> {
    let hour = |hour| {
        sim.run_jumping(hours(hour));
        (share(&sim), sim.snapshot())
    };
    let told: Vec<_> = (1..=24 * days).map(hour).collect();
    let full = told.iter().map(|(share, _)| *share).fold(0.0, f64::max);
    told.into_iter().map(|(share, it)| (share / full * 100.0, it)).collect()
}

// R-083
// R-085
#[test]
fn three_sunny_days_stay_within_the_claim_and_the_bounds_with_every_chemistry() {
    for (chemistry, cells, seed) in
        [(Chemistry::Lfp, 16, 2), (Chemistry::Nmc, 14, 4), (Chemistry::Lto, 24, 5)]
    {
        let setup = Setup { chemistry, cells, seed, start_soc: 0.4, ..Setup::default() };
        let told = days(Sim::new(setup).unwrap(), 3);
        let mean = told.iter().map(|(truth, it)| (truth - points(it.soc_true)).abs()).sum::<f64>();
        let mean = mean / 72.0;
        assert!(mean <= 5.0, "{chemistry:?}: {mean:.1} points off on average");
        let held = told
            .iter()
            .filter(|(truth, it)| (points(it.soc_low)..=points(it.soc_high)).contains(truth));
        let held = held.count();
        assert!(held >= 65, "{chemistry:?}: bounds held in {held} of 72 hours");
        for (_, it) in &told {
            assert!((points(it.soc_low)..=points(it.soc_high)).contains(&points(it.soc_true)));
            assert_eq!(it.soc_doubt, Ok(ChargeDoubt::Believed));
        }
        let since = told[71].1.since_full.unwrap();
        assert!(since < Duration::from_secs(86_400), "full once a day: {since:?}");
    }
}

/// Full, then empty, at 100 A.
const FULL_TO_EMPTY: &str = r#"
    [[at]]
    time = "5s"
    charger = { voltage_v = 56.5, current_a = 100 }

    [[at]]
    time = "4h"
    charger = { voltage_v = 0, current_a = 0 }
    load_a = 100
"#;

// R-052
#[test]
fn a_run_from_full_to_empty_proposes_the_capacity_that_the_pack_has() {
    let setup = Setup { seed: 3, start_soc: 0.5, ..Setup::default() };
    let mut sim = board(setup, FULL_TO_EMPTY);
    for cell in 0..16 {
        sim.weaken_cell(cell, 0.82);
    }
    sim.run_jumping(minutes(10));
    let before = sim.snapshot();
    assert_eq!((before.soh, before.learnt_capacity), (Err(NoData::Unknown), Err(NoData::Unknown)));
    sim.run_jumping(hours(7));
    let after = sim.snapshot();
    let (left, free) = truth(&sim);
    let learnt = after.learnt_capacity.unwrap().to_amp_hours_f64();
    assert!((learnt / (left + free) - 1.0).abs() < 0.05, "{learnt} Ah of {}", left + free);
    let health = after.soh.unwrap().to_f64();
    assert!((health - learnt / 280.0).abs() < 1e-3, "{health}");
    assert!(points(after.soc_true) < 3.0, "{after:?}");
}

#[test]
fn what_was_learnt_survives_a_restart() {
    let setup = Setup { seed: 3, start_soc: 0.5, ..Setup::default() };
    let mut sim = board(setup, FULL_TO_EMPTY);
    sim.run_jumping(minutes(7 * 60));
    let before = sim.snapshot();
    sim.restart_brain();
    sim.run_jumping(minutes(7 * 60 + 1));
    let after = sim.snapshot();
    assert!((points(after.soh) - points(before.soh)).abs() < 1.0, "{:?}", after.soh);
    let moved = points(after.soc_true) - points(before.soc_true);
    assert!(moved.abs() < 5.0, "{moved}");
    let width = |it: &Snapshot| points(it.soc_high) - points(it.soc_low);
    assert!(width(&after) > width(&before), "nobody knows how long it was off");
}

#[test]
fn a_current_sensor_the_wrong_way_round_is_doubted_and_nothing_is_pretended() {
    let setup = Setup { seed: 6, start_soc: 0.6, ..Setup::default() };
    let mut sim = Sim::new(setup).unwrap();
    sim.set_current_error(CurrentError { gain: -1.0, ..CurrentError::default() });
    let told = days(sim, 1);
    let doubted = told.iter().filter(|(_, it)| it.soc_doubt != Ok(ChargeDoubt::Believed));
    for (_, it) in doubted.clone() {
        assert_eq!((it.soc_low, it.soc_high), (Ok(Ratio::ZERO), Ok(Ratio::ONE)));
        assert_eq!(it.energy_left, Err(NoData::Unknown));
    }
    assert!(doubted.count() >= 18, "of 24 hours");
    for (truth, it) in &told {
        let beyond = (points(it.soc_low) - truth).max(truth - points(it.soc_high));
        assert!(beyond < 10.0, "{beyond:.1} points outside of {it:?}");
    }
}

/// A kettle on a pack of 100 Ah that is on for one minute in three.
fn kettle(minutes: u32) -> String {
    (0..minutes / 3)
        .map(|turn| {
            let on = turn * 3 + 1;
            format!(
                "[[at]]\ntime = \"{on}min\"\nload_a = 60\n[[at]]\ntime = \"{}min\"\nload_a = 2\n",
                on + 1
            )
        })
        .collect()
}

/// The figures after an hour of the kettle, with something wrong in the wiring.
fn boiled(wrong: impl FnOnce(&mut Sim)) -> Snapshot {
    let setup = Setup { capacity_ah: 100.0, seed: 8, start_soc: 0.8, ..Setup::default() };
    let mut sim = board(setup, &kettle(60));
    wrong(&mut sim);
    sim.run_jumping(minutes(61));
    sim.snapshot()
}

#[test]
fn a_sound_pack_shows_the_resistance_of_each_cell_and_no_hint() {
    let told = boiled(|_| ());
    assert_eq!(told.resistance_hint, Ok(0));
    for cell in &told.cell_resistance[..16] {
        let microohms = cell.unwrap().as_microohms();
        assert!((300..2_000).contains(&microohms), "{microohms} µΩ");
    }
}

// R-018
#[test]
fn a_lead_to_b_minus_that_is_too_long_is_hinted_at_as_the_first_cell() {
    assert_eq!(boiled(|sim| sim.set_lead_ohms(2e-3)).resistance_hint, Ok(1));
}

// R-110
#[test]
fn a_loose_joint_is_hinted_at_as_the_cell_above_it() {
    let told = boiled(|sim| sim.set_joint_ohms(6, 2e-3));
    assert_eq!(told.resistance_hint, Ok(7));
    let microohms = |cell: usize| told.cell_resistance[cell].unwrap().as_microohms();
    let more = microohms(6) - microohms(9);
    assert!((1_700..2_300).contains(&more), "{more} µΩ");
}

#[test]
fn the_time_that_is_left_is_what_it_then_takes() {
    let story = "[[at]]\ntime = \"10s\"\nload_a = 80\n";
    let mut sim = board(Setup { seed: 9, start_soc: 0.7, ..Setup::default() }, story);
    sim.run_jumping(minutes(40));
    let told = sim.snapshot();
    assert_eq!(told.time_to_full, Err(NoData::Unknown));
    let left = told.time_to_empty.unwrap().to_secs_f64() / 60.0;
    let mut empty = 40.0;
    while sim.switches().discharge {
        empty += 1.0;
        sim.run_jumping(minutes(empty as u64));
    }
    let took = empty - 40.0;
    assert!((left / took - 1.0).abs() < 0.15, "{left:.0} minutes told, {took} in truth");
}

#[test]
fn what_the_board_may_not_carry_now_is_no_power() {
    let mut sim = board(Setup { seed: 10, start_soc: 0.5, ..Setup::default() }, "");
    sim.run_jumping(minutes(1));
    let before = sim.snapshot();
    // Half of 200 A at 53 V, and 200 A.
    let watts = |power: Result<Power, NoData>| power.unwrap().to_watts_f64();
    assert!((5_000.0..5_900.0).contains(&watts(before.charge_power_10s)), "{before:?}");
    assert!((9_000.0..11_000.0).contains(&watts(before.discharge_power_10s)), "{before:?}");
    sim.soak(-5.0);
    sim.run_jumping(minutes(2));
    let cold = sim.snapshot();
    assert_eq!(cold.charge_power_10s, Ok(Power::ZERO), "too cold to charge");
    assert!(watts(cold.discharge_power_10s) > 5_000.0);
}
