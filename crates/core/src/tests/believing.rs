//! What the engine does with a charge that somebody else estimates, and what it tells them.

use std::vec::Vec;

use cellward_params::parameter::id;
use cellward_params::{Command, Role};
use cellward_units::{Charge, Current, NoData, Ratio, Temperature, Voltage};

use super::bench::{Bench, TICK};
use crate::{Anchor, Event, Input};

fn permille(permille: i32) -> Ratio {
    Ratio::from_permille(permille)
}

fn anchors(bench: &Bench) -> Vec<Anchor> {
    let anchor = |event: &Event| match event {
        Event::Anchor(anchor) => Some(*anchor),
        _ => None,
    };
    bench.events.iter().filter_map(anchor).collect()
}

/// A board that has just found its pack full.
fn full() -> Bench {
    let mut bench = Bench::running();
    bench.set_amps(10);
    bench.set_cells(3_440);
    bench.run_ms(185_000);
    assert_eq!(bench.bms.charge(), Some(Ratio::ONE));
    bench
}

//
#[test]
fn the_true_figure_is_what_is_believed_and_the_shown_one_follows_slowly() {
    let mut bench = Bench::running();
    let before = bench.bms.snapshot(bench.now).soc.unwrap();
    bench.feed(Input::Believed(permille(300)));
    bench.run_ms(100);
    let snapshot = bench.bms.snapshot(bench.now);
    assert!((snapshot.soc_true.unwrap() - permille(300)).abs() < permille(1));
    assert!((snapshot.soc.unwrap() - before).abs() < permille(1), "1 % a minute");
}

#[test]
fn between_two_beliefs_it_is_counted_on() {
    let mut bench = Bench::running();
    bench.set_amps(-28);
    bench.feed(Input::Believed(permille(600)));
    bench.run_ms(360_000);
    // 2.8 Ah of 280 Ah, and what the board itself takes.
    let truth = bench.bms.charge().unwrap();
    assert!((truth - permille(590)).abs() < Ratio::from_ppm(100), "{truth:?}");
}

#[test]
fn what_lies_beyond_empty_or_full_is_taken_as_empty_or_full() {
    for (believed, taken) in [(-1, 0), (1_001, 1_000)] {
        let mut bench = Bench::running();
        bench.feed(Input::Believed(permille(believed)));
        assert_eq!(bench.bms.charge(), Some(permille(taken)));
    }
}

#[test]
fn a_held_hundred_is_not_believed_away_until_half_a_point_has_gone() {
    let mut bench = full();
    bench.feed(Input::Believed(permille(950)));
    assert_eq!(bench.bms.charge(), Some(Ratio::ONE));
    bench.set_cells(3_330);
    bench.set_amps(-100);
    // 1.4 Ah of 280 Ah at 100 A: 50 s.
    bench.run_ms(49_000);
    bench.feed(Input::Believed(permille(950)));
    assert_eq!(bench.bms.charge(), Some(Ratio::ONE));
    bench.run_ms(3_000);
    bench.feed(Input::Believed(permille(950)));
    assert_eq!(bench.bms.charge(), Some(permille(950)));
}

#[test]
fn without_a_capacity_nothing_is_believed() {
    let mut bench = Bench::running();
    bench.write(Role::Installer, &[(id::rated_capacity, 0)]).unwrap();
    bench.feed(Input::Believed(permille(300)));
    assert_eq!(bench.bms.charge(), None);
}

#[test]
fn no_belief_opens_a_switch() {
    for believed in [0, 1_000] {
        let mut bench = Bench::running();
        for _ in 0..30 {
            bench.feed(Input::Believed(permille(believed)));
            bench.run_ms(1_000);
        }
        assert_eq!(bench.closed(), (true, true), "{believed}");
    }
}

#[test]
fn a_full_charge_and_a_person_anchor_the_charge() {
    let mut bench = full();
    assert_eq!(anchors(&bench), [Anchor::Full]);
    bench.events.clear();
    bench.command(Command::SetSoc(permille(420))).unwrap();
    assert_eq!(anchors(&bench), [Anchor::Told(permille(420))]);
    bench.events.clear();
    assert!(bench.command(Command::SetSoc(permille(1_001))).is_err());
    assert_eq!(anchors(&bench), []);
}

#[test]
fn readings_are_calibrated_and_say_what_flowed() {
    let mut bench = Bench::running();
    bench.set_amps(-36);
    bench.set_celsius(20);
    bench.set_sensor(1, Err(NoData::SensorOpen));
    bench.run_ms(1_000);
    let before = bench.bms.readings(bench.now);
    assert_eq!(before.cells.len(), 16);
    assert_eq!(before.current, Ok(Current::from_amps(-36)));
    assert_eq!(before.temperature, Some(Temperature::from_celsius(20)), "of those that answer");
    bench.run_ms(100_000);
    let after = bench.bms.readings(bench.now);
    let flown = after.flown.checked_sub(before.flown).unwrap();
    assert_eq!(flown, Charge::from_milliamp_hours(-1_000));
    assert_eq!(after.gaps, before.gaps);
}

#[test]
fn a_gap_in_the_current_is_told_and_cells_grow_stale() {
    let mut bench = Bench::running();
    bench.run_ms(1_000);
    let before = bench.bms.readings(bench.now);
    bench.answering = false;
    for _ in 0..60 {
        bench.now += TICK;
        bench.feed(Input::Tick);
    }
    let silent = bench.bms.readings(bench.now);
    assert!(silent.cells.iter().all(|cell| *cell == Err::<Voltage, _>(NoData::Stale)));
    assert_eq!(silent.current, Err(NoData::Stale));
    bench.answering = true;
    bench.run_ms(500);
    assert_ne!(bench.bms.readings(bench.now).gaps, before.gaps);
}
