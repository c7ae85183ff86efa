//! From power-on to closed switches, and losing the right to keep them closed.

use cellward_params::reason::Why;
use cellward_params::record::{Happening, Switches};
use cellward_params::{Fault, Level, Switch};
use cellward_units::{Charge, Current, Duration, Instant, NoData, Ratio, Voltage};

use super::bench::Bench;
use crate::{Event, Input, PERSIST_VERSION, Persist};

//
#[test]
fn both_switches_stay_open_until_the_self_test_is_done_and_then_close_within_a_second() {
    let mut bench = Bench::new();
    bench.run_ms(500);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.reasons(Switch::Charge)[0].why, Why::SelfTest);
    bench.run_ms(500);
    assert_eq!(bench.closed(), (true, true));
    assert!(bench.happened(Happening::ZeroLearnt));
    assert!(bench.reasons(Switch::Charge).is_empty());
}

#[test]
fn nothing_closes_while_any_measurement_is_missing() {
    let mut bench = Bench::new();
    bench.temperatures[1] = Err(NoData::NotYet);
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (false, false));
    let mut bench = Bench::new();
    bench.cells[15] = Err(NoData::NotYet);
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn the_zero_of_the_current_channel_is_taken_off() {
    let mut bench = Bench::new();
    bench.current = Ok(Current::from_milliamps(2_900));
    bench.run_ms(1_500);
    assert_eq!(bench.bms.snapshot(bench.now).current, Ok(Current::ZERO));
    bench.current = Ok(Current::from_milliamps(12_900));
    bench.tick();
    assert_eq!(bench.bms.snapshot(bench.now).current, Ok(Current::from_amps(10)));
}

#[test]
fn a_zero_beyond_one_percent_of_full_scale_is_refused_and_told() {
    let mut bench = Bench::new();
    bench.current = Ok(Current::from_milliamps(4_001));
    bench.run_ms(1_500);
    assert!(bench.happened(Happening::ZeroRefused));
    assert_eq!(bench.bms.snapshot(bench.now).current, Ok(Current::from_milliamps(4_001)));
}

#[test]
fn a_silent_chip_is_stale_after_the_age_limit_and_opens_both_when_the_permit_ends() {
    let mut bench = Bench::running();
    bench.answering = false;
    let last = bench.now;
    let stale = bench.run_until(1_000, |b| b.active(Fault::StaleData, Level::Alarm)).unwrap();
    // The last current came one tick before the silence; 50 ms is the limit.
    assert_eq!(stale, 50);
    assert_eq!(bench.bms.snapshot(bench.now).current, Err(NoData::Stale));
    bench.run_until(1_000, |b| b.closed() == (false, false)).unwrap();
    let opened = bench.now.before(super::bench::TICK).since(last);
    assert!(opened <= Duration::from_millis(500), "{opened:?}");
    assert!(opened >= Duration::from_millis(400), "{opened:?}");
    assert_eq!(bench.bms.snapshot(bench.now).cell_voltage[0], Err(NoData::Stale));
}

#[test]
fn a_gap_of_the_clock_is_staleness_and_opens_at_once() {
    let mut bench = Bench::running();
    bench.now += Duration::from_millis(600);
    bench.feed(Input::Tick);
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn readings_that_come_back_close_again_after_three_good_seconds() {
    let mut bench = Bench::running();
    bench.answering = false;
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (false, false));
    bench.answering = true;
    bench.run_ms(2_900);
    assert_eq!(bench.closed(), (false, false));
    bench.run_ms(400);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn the_deadline_names_the_moment_a_reading_grows_stale() {
    let bench = Bench::running();
    let last = bench.now.before(super::bench::TICK);
    let deadline = bench.bms.deadline().unwrap();
    assert_eq!(deadline, last + Duration::from_micros(50_001));
    assert!(bench.bms.steady_deadline().unwrap() > last + Duration::from_secs(5));
}

#[test]
fn unchanged_stands_for_every_reading_that_was_due() {
    let mut bench = Bench::running();
    bench.set_amps(-100);
    bench.run_ms(3_000);
    let before = bench.bms.snapshot(bench.now);
    for _ in 0..36 {
        bench.now += Duration::from_secs(10);
        bench.feed(Input::Unchanged);
    }
    let after = bench.bms.snapshot(bench.now);
    assert_eq!(bench.closed(), (true, true));
    assert_eq!(after.current, Ok(Current::from_amps(-100)));
    let used = before.remaining.unwrap() - after.remaining.unwrap();
    // 360 s at 100.01 A, the board's own draw included, and the tick in between.
    let expected = Charge::from_milliamp_hours(10_001);
    assert!((used - expected).abs() <= Charge::from_milliamp_hours(1), "{used:?}");
}

#[test]
fn unchanged_does_not_refresh_what_was_stale_before() {
    let mut bench = Bench::running();
    bench.answering = false;
    bench.run_ms(1_000);
    bench.now += Duration::from_secs(1);
    bench.feed(Input::Unchanged);
    assert_eq!(bench.bms.snapshot(bench.now).current, Err(NoData::Stale));
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn a_clock_that_steps_back_makes_nothing_younger() {
    let mut bench = Bench::running();
    bench.answering = false;
    bench.run_ms(40);
    bench.bms.handle(Input::Tick, Instant::START);
    bench.run_ms(600);
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn what_was_kept_over_a_power_loss_comes_back() {
    let mut bench = Bench::new();
    let persist = Persist {
        boot_number: 41,
        charge_allowed: false,
        soc: Some(Ratio::from_permille(625)),
        soc_calibrated: true,
        charged_total: Charge::from_milliamp_hours(1_000),
        discharged_total: Charge::from_milliamp_hours(560_000),
        ..Persist::blank()
    };
    bench.feed(Input::Restore(&persist));
    bench.run_ms(1_500);
    assert_eq!(bench.closed(), (false, true));
    assert_eq!(bench.reasons(Switch::Charge)[0].why, Why::User);
    let snapshot = bench.bms.snapshot(bench.now);
    assert_eq!(snapshot.soc.unwrap().as_permille(), 624, "the board's own draw");
    assert_eq!(snapshot.cycles, Ok(2), "560 Ah out of 280 Ah");
    let started = bench.records().next().unwrap();
    assert_eq!((started.subject.key(), started.value), ("started", Some(42)));
}

#[test]
fn of_the_image_of_a_newer_core_the_estimate_is_left_alone_and_locks_are_taken() {
    let mut bench = Bench::new();
    let persist = Persist {
        version: PERSIST_VERSION + 1,
        charge_allowed: false,
        locks: 1 << Fault::ThermalRunaway.code(),
        soc: Some(Ratio::from_permille(123)),
        soc_calibrated: true,
        ..Persist::blank()
    };
    bench.feed(Input::Restore(&persist));
    bench.run_ms(1_500);
    assert_eq!(bench.closed(), (false, false));
    let snapshot = bench.bms.snapshot(bench.now);
    assert_eq!(snapshot.locked, Ok(true));
    assert_ne!(snapshot.soc_true.unwrap().as_permille(), 123);
}

#[test]
fn state_is_saved_within_ten_minutes_and_at_every_percent() {
    let mut bench = Bench::running();
    bench.now += Duration::from_secs(600);
    bench.feed(Input::Unchanged);
    let saved = |bench: &Bench| {
        bench.events.iter().filter(|event| matches!(event, Event::Persist(_))).count()
    };
    assert_eq!(saved(&bench), 1);
    bench.set_amps(-150);
    bench.run_ms(1_000);
    bench.now += Duration::from_secs(60);
    bench.feed(Input::Unchanged);
    assert_eq!(saved(&bench), 1, "2.5 Ah are less than 1 % of 280");
    bench.now += Duration::from_secs(9);
    bench.feed(Input::Unchanged);
    assert_eq!(saved(&bench), 2);
}

#[test]
fn the_first_word_on_the_charge_comes_from_the_rested_cells() {
    let mut bench = Bench::new();
    bench.set_cells(3_226);
    bench.run_ms(1_500);
    let snapshot = bench.bms.snapshot(bench.now);
    // 3.2249 V at 32 % and 3.2301 V at 33 %, less what the board has drawn since.
    assert_eq!(snapshot.soc.unwrap().as_permille(), 322);
    assert_eq!(snapshot.soc_calibrated, Ok(false));
}

#[test]
fn a_pack_reading_makes_power_with_its_sign() {
    let mut bench = Bench::running();
    bench.set_amps(-20);
    bench.tick();
    let snapshot = bench.bms.snapshot(bench.now);
    assert_eq!(snapshot.power.unwrap().as_milliwatts(), -1_056_000);
    assert_eq!(snapshot.pack_voltage, Ok(Voltage::from_millivolts(52_800)));
    assert_eq!(bench.actual(), Switches { charge: true, discharge: true });
}
