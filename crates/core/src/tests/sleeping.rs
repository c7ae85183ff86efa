//! Sleep: when the whole engine falls asleep, what wakes it, and that it guards meanwhile.

use std::vec::Vec;

use cellward_params::parameter::id;
use cellward_params::record::{Happening, RecordKind};
use cellward_params::{
    Busy, Chemistry, Command, Fault, Level, Lights, Mode, Pattern, Profile, Refusal, Role, Switch,
    Wake,
};
use cellward_units::{Current, Instant, Temperature, Voltage};

use super::bench::{Bench, Hanging, TICK, config_of};
use crate::Input;

/// The shortest wait, so that tests need not tick through an hour.
const WAIT_MS: u64 = 60_000;

/// Started, with this sleep wait in seconds, and spoken to just now.
fn waiting(seconds: i32) -> Bench {
    let mut config = config_of(Profile::Strict, Chemistry::Lfp);
    config.set(id::sleep_wait, seconds).unwrap();
    let mut bench = Bench::started(config);
    bench.feed(Input::Traffic(Wake::Uart));
    bench
}

fn minute() -> Bench {
    waiting(60)
}

/// The same, asleep.
fn asleep() -> Bench {
    let mut bench = minute();
    bench.command(Command::Sleep).unwrap();
    assert_eq!(mode(&bench), Mode::Sleep);
    bench
}

fn mode(bench: &Bench) -> Mode {
    bench.bms.snapshot(bench.now).mode.unwrap()
}

fn woken_by(bench: &Bench) -> Option<Wake> {
    let snapshot = bench.bms.snapshot(bench.now);
    let key = snapshot.wake_reason.unwrap();
    let why = Wake::ALL.iter().copied().find(|why| why.key() == key.as_str());
    why.filter(|_| snapshot.mode == Ok(Mode::Awake))
}

/// Runs until it sleeps; how long that took in ms.
fn until_asleep(bench: &mut Bench, limit_ms: u64) -> Option<u64> {
    bench.run_until(limit_ms, |bench| mode(bench) == Mode::Sleep)
}

/// Runs until it wakes; how long that took in ms and what woke it.
fn until_awake(bench: &mut Bench, limit_ms: u64) -> Option<(u64, Wake)> {
    let after = bench.run_until(limit_ms, |bench| mode(bench) == Mode::Awake)?;
    Some((after, woken_by(bench)?))
}

//
#[test]
fn after_an_hour_without_current_charger_and_traffic_the_board_sleeps() {
    let config = config_of(Profile::Strict, Chemistry::Lfp);
    assert_eq!(config.system().sleep_wait, 3_600, "the default");
    let mut bench = Bench::started(config);
    bench.feed(Input::Traffic(Wake::Uart));
    assert_eq!(until_asleep(&mut bench, 3_700_000), Some(3_600_000));
}

//
#[test]
fn a_wait_of_65535_keeps_the_board_awake_for_thirty_days() {
    let mut bench = waiting(65_535);
    let end = Instant::from_micros(30 * 24 * 3_600_000_000);
    while bench.now < end {
        let deadline = bench.bms.steady_deadline().unwrap();
        bench.now = deadline.max(bench.now + TICK);
        bench.feed(Input::Unchanged);
        assert_eq!(mode(&bench), Mode::Awake);
    }
    assert!(!bench.happened(Happening::FellAsleep));
}

#[test]
fn whoever_jumps_from_deadline_to_deadline_sees_it_fall_asleep_at_the_same_instant() {
    let mut bench = minute();
    let start = bench.now;
    while mode(&bench) == Mode::Awake {
        bench.now = bench.bms.steady_deadline().unwrap().max(bench.now + TICK);
        bench.feed(Input::Unchanged);
    }
    assert_eq!(bench.now.since(start).as_millis(), WAIT_MS);
}

#[test]
fn a_word_just_before_the_end_of_the_wait_begins_it_anew() {
    let mut bench = minute();
    bench.run_ms(WAIT_MS - 10);
    bench.feed(Input::Traffic(Wake::Rs485));
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), Some(WAIT_MS));
}

#[test]
fn current_at_the_status_threshold_keeps_awake_and_a_little_less_does_not() {
    for (milliamps, sleeps) in [(-400, false), (-390, true), (400, false), (390, true)] {
        let mut bench = minute();
        bench.current = Ok(Current::from_milliamps(milliamps));
        let after = until_asleep(&mut bench, 2 * WAIT_MS);
        assert_eq!(after.is_some(), sleeps, "{milliamps} mA");
    }
}

#[test]
fn a_charger_that_is_seen_keeps_awake() {
    let mut bench = minute();
    for switch in [Switch::Charge, Switch::Discharge] {
        bench.allow(switch, false);
    }
    bench.hanging = Some(Hanging { load: false, charger: true });
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), None);
    bench.hanging = Some(Hanging::default());
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), Some(WAIT_MS));
}

#[test]
fn one_switch_alone_that_is_open_keeps_awake_and_both_do_not() {
    let mut bench = minute();
    bench.allow(Switch::Discharge, false);
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), None);
    assert_eq!(bench.command(Command::Sleep), Err(Refusal::Busy(Busy::OneSwitch)));
    bench.allow(Switch::Charge, false);
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), Some(WAIT_MS));
}

#[test]
fn bleeding_keeps_awake() {
    let mut bench = waiting(700);
    bench.set_cells(3_420);
    bench.set_cell(3, 3_440);
    assert_eq!(until_asleep(&mut bench, 1_500_000), None, "bleeding began after ten minutes");
    assert_ne!(bench.bms.wanted().bleed, 0);
}

#[test]
fn a_fault_that_only_stands_there_does_not_keep_awake_and_one_on_its_way_out_does() {
    let mut bench = minute();
    bench.temperatures[0] = Err(cellward_units::NoData::SensorOpen);
    bench.run_ms(3_000);
    assert_eq!(bench.closed(), (false, false));
    let after = until_asleep(&mut bench, 2 * WAIT_MS).unwrap();
    assert!((WAIT_MS - 3_000..=WAIT_MS).contains(&after), "{after}");
    bench.temperatures[0] = Ok(Temperature::from_celsius(25));
    let (_, why) = until_awake(&mut bench, 10_000).unwrap();
    assert_eq!(why, Wake::Protection);
    assert_eq!(bench.closed(), (true, true), "it woke to release");
}

#[test]
fn asleep_everything_is_dark_and_silent_and_awake_again_it_is_not() {
    let mut config = config_of(Profile::Strict, Chemistry::Lfp);
    config.set(id::buzzer, 2).unwrap();
    let mut bench = Bench::started(config);
    bench.temperatures[0] = Err(cellward_units::NoData::SensorOpen);
    bench.run_ms(3_000);
    let loud = bench.bms.wanted().buzzer;
    let lit = bench.bms.wanted().lights;
    assert!(loud != Pattern::DARK && lit.red != Pattern::DARK && lit.green != Pattern::DARK);
    bench.command(Command::Sleep).unwrap();
    for _ in 0..3 {
        assert_eq!(bench.bms.wanted().lights, Lights::DARK);
        assert_eq!(bench.bms.wanted().buzzer, Pattern::DARK);
        bench.run_ms(1_000);
    }
    bench.feed(Input::Traffic(Wake::Uart));
    assert_eq!((bench.bms.wanted().buzzer, bench.bms.wanted().lights), (loud, lit));
}

#[test]
fn asleep_a_cell_too_high_opens_as_soon_as_awake() {
    let reaction = |mut bench: Bench| {
        bench.set_cell(0, 3_700);
        bench.run_until(5_000, |bench| !bench.closed().0).unwrap()
    };
    let mut bench = asleep();
    bench.set_cell(0, 3_700);
    assert_eq!(until_awake(&mut bench, 5_000).map(|(_, why)| why), Some(Wake::Protection));
    assert_eq!(reaction(asleep()), reaction(minute()));
}

#[test]
fn asleep_the_switches_stay_closed() {
    let mut bench = asleep();
    bench.run_ms(10_000);
    assert_eq!((bench.closed(), mode(&bench)), ((true, true), Mode::Sleep));
}

//
#[test]
fn current_of_either_direction_wakes_after_two_seconds_and_says_which() {
    for (milliamps, expected) in
        [(-400, Some((2_000, Wake::Load))), (-399, None), (400, Some((2_000, Wake::Charger)))]
    {
        let mut bench = asleep();
        bench.current = Ok(Current::from_milliamps(milliamps));
        assert_eq!(until_awake(&mut bench, 70_000), expected, "{milliamps} mA");
    }
}

//
#[test]
fn a_charger_on_open_switches_wakes_four_cells_and_twenty_four() {
    for cells in [4, 16, 24] {
        let mut config = cellward_params::Config::lifepo4(cells);
        config.set(id::sleep_wait, 60).unwrap();
        let mut bench = Bench::started(config);
        for switch in [Switch::Charge, Switch::Discharge] {
            bench.allow(switch, false);
        }
        bench.run_ms(1_000);
        bench.command(Command::Sleep).unwrap();
        // 3 % of the pack, at least 0.3 V and at most 2 V.
        let step = (99 * i32::from(cells)).clamp(300, 2_000);
        bench.port = Voltage::from_millivolts(1 - step);
        bench.run_ms(1_000);
        assert_eq!(mode(&bench), Mode::Sleep, "{cells} cells");
        bench.port = Voltage::from_millivolts(-step);
        assert_eq!(until_awake(&mut bench, 100), Some((0, Wake::Charger)), "{cells} cells");
    }
}

//
#[test]
fn a_key_that_is_turned_wakes() {
    let mut config = config_of(Profile::Strict, Chemistry::Lfp);
    config.set(id::key, 1).unwrap();
    let mut bench = Bench::with(config);
    bench.run_ms(1_500);
    bench.allow(Switch::Charge, false);
    bench.command(Command::Sleep).unwrap();
    bench.feed(Input::Key(true));
    assert_eq!(woken_by(&bench), Some(Wake::Key));
}

//
#[test]
fn a_word_on_any_port_wakes_and_each_says_which() {
    for why in [Wake::Uart, Wake::Rs485] {
        let mut bench = asleep();
        bench.feed(Input::Traffic(why));
        assert_eq!(woken_by(&bench), Some(why));
    }
    let mut bench = asleep();
    bench.allow(Switch::Charge, true);
    assert_eq!(woken_by(&bench), Some(Wake::Command));
    let mut bench = asleep();
    bench.write(Role::Installer, &[(id::sleep_wait, 90)]).unwrap();
    assert_eq!(woken_by(&bench), Some(Wake::Command));
}

//
#[test]
fn a_slow_charger_below_the_status_threshold_wakes_at_the_next_look() {
    let mut bench = asleep();
    bench.current = Ok(Current::from_milliamps(200));
    let (after, why) = until_awake(&mut bench, 200_000).unwrap();
    assert_eq!(why, Wake::Charger);
    assert!(after <= 120_000, "{after} ms");
}

//
#[test]
fn a_cell_that_rises_wakes_and_one_that_falls_does_not() {
    let mut bench = asleep();
    bench.set_cell(2, 3_250);
    bench.run_ms(300_000);
    assert_eq!(mode(&bench), Mode::Sleep);
    bench.set_cell(5, 3_306);
    let (after, why) = until_awake(&mut bench, 200_000).unwrap();
    assert_eq!(why, Wake::RisingCell);
    assert!(after <= 120_000, "{after} ms");
}

//
#[test]
fn a_board_that_has_just_started_says_that_it_was_powered() {
    assert_eq!(woken_by(&Bench::running()), Some(Wake::PowerOn));
    let mut bench = asleep();
    bench.feed(Input::Traffic(Wake::Rs485));
    assert_eq!(woken_by(&bench), Some(Wake::Rs485));
    assert_eq!(woken_by(&bench.rebooted()), Some(Wake::PowerOn));
}

#[test]
fn both_turns_are_told_with_reason_and_length() {
    let mut bench = minute();
    bench.command(Command::Sleep).unwrap();
    bench.run_ms(5_000);
    bench.feed(Input::Traffic(Wake::Rs485));
    let told: Vec<_> = bench.records().filter(|it| it.kind == RecordKind::Sleep).collect();
    let [fell, woke] = told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(fell.subject, cellward_params::record::Subject::Happening(Happening::FellAsleep));
    assert_eq!((fell.role, fell.circumstances.mode), (Some(Role::Installer), Mode::Sleep));
    assert_eq!(woke.subject, cellward_params::record::Subject::Happening(Happening::Woke));
    assert_eq!((woke.value, woke.lasted.as_millis()), (Some(6), 5_000));
    assert_eq!(woke.circumstances.mode, Mode::Awake);
}

#[test]
fn the_word_to_sleep_is_answered_and_refused_with_its_reason() {
    let mut bench = Bench::new();
    bench.feed_current();
    assert_eq!(bench.command(Command::Sleep), Err(Refusal::Busy(Busy::SelfTest)));
    let mut bench = minute();
    assert!(matches!(
        bench.ask(Role::User, cellward_params::Action::Command(Command::Sleep)),
        Err(Refusal::Role { needed: Role::Installer })
    ));
    bench.current = Ok(Current::from_milliamps(-400));
    bench.run_ms(2_010);
    assert_eq!(bench.command(Command::Sleep), Err(Refusal::Busy(Busy::Current)));
    bench.current = Ok(Current::from_milliamps(-199));
    bench.run_ms(2_010);
    assert_eq!(bench.command(Command::Sleep), Ok(()));
    assert_eq!(bench.command(Command::Sleep), Ok(()), "it sleeps already");
    assert_eq!(mode(&bench), Mode::Sleep);
    assert_eq!(bench.times(Happening::FellAsleep), 1);
}

#[test]
fn a_board_with_a_charger_or_a_fault_that_needs_somebody_does_not_sleep_on_command() {
    let mut bench = minute();
    for switch in [Switch::Charge, Switch::Discharge] {
        bench.allow(switch, false);
    }
    bench.hanging = Some(Hanging { load: false, charger: true });
    bench.run_ms(500);
    assert_eq!(bench.command(Command::Sleep), Err(Refusal::Busy(Busy::Charger)));
    let mut bench = minute();
    bench.set_cell(0, 3_900);
    bench.run_ms(5_000);
    assert!(bench.locked(Fault::ExtremeOverVoltage));
    assert_eq!(bench.command(Command::Sleep), Err(Refusal::Busy(Busy::Alarm)));
    bench.set_cell(0, 3_300);
    assert_eq!(until_asleep(&mut bench, 3 * WAIT_MS), None, "it stays awake for a day");
    assert!(!bench.active(Fault::CellOverVoltage, Level::Protection));
}

#[test]
fn after_waking_the_wait_begins_anew() {
    let mut bench = asleep();
    bench.run_ms(WAIT_MS);
    bench.feed(Input::Traffic(Wake::Uart));
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), Some(WAIT_MS));
}

#[test]
fn a_longer_wait_counts_from_when_waiting_began() {
    let mut bench = minute();
    bench.run_ms(30_000);
    bench.write(Role::Installer, &[(id::sleep_wait, 90)]).unwrap();
    assert_eq!(until_asleep(&mut bench, 2 * WAIT_MS), Some(90_000), "a write is a word");
}
