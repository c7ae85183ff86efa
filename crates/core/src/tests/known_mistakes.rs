//! Mistakes that are known of other firmwares, each with the test that shows it is not possible
//! here.

use cellward_params::fault::{Flag, Watch};
use cellward_params::limit::LIMITS;
use cellward_params::reason::Why;
use cellward_params::{
    Action, Command, Fault, Level, ParamId, RecordKind, Refusal, Role, Switch, parameter::Field,
};
use cellward_units::{Charge, Current, Duration, NoData, Ratio, Temperature, Voltage};

use super::bench::{Bench, Hanging};
use crate::{BoardHealth, ChipAlert, CurrentFrame, Input, Memory};

const L2: Level = Level::Protection;

/// Coulombs were counted with the length of a tick where that of the interval was meant, which
/// nobody noticed because only single additions were tested.
#[test]
fn an_hour_at_ten_amps_counts_ten_ampere_hours_whatever_the_rate_of_the_readings() {
    for step_ms in [10, 20, 40] {
        let mut bench = Bench::running();
        bench.set_amps(10);
        bench.feed_current();
        let before = bench.bms.snapshot(bench.now).charged_total.unwrap();
        for _ in 0..3_600_000 / step_ms {
            bench.now += Duration::from_millis(step_ms);
            bench.feed_current();
        }
        let counted = bench.bms.snapshot(bench.now).charged_total.unwrap() - before;
        let error = (counted - Charge::from_milliamp_hours(10_000)).abs();
        assert!(error <= Charge::from_milliamp_hours(1), "{step_ms} {counted:?}");
    }
}

/// A counter took the magnitude of the current, so that discharging filled it like charging.
#[test]
fn what_goes_in_and_what_comes_out_are_counted_apart_and_move_the_charge_oppositely() {
    let mut bench = Bench::running();
    bench.command(Command::SetSoc(Ratio::from_permille(500))).unwrap();
    let look = |bench: &Bench| {
        let snapshot = bench.bms.snapshot(bench.now);
        (
            snapshot.charged_total.unwrap(),
            snapshot.discharged_total.unwrap(),
            snapshot.remaining.unwrap(),
        )
    };
    let start = look(&bench);
    bench.set_amps(-50);
    bench.run_ms(60_000);
    let out = look(&bench);
    assert_eq!(out.0, start.0);
    assert!(out.1 > start.1 && out.2 < start.2);
    bench.set_amps(50);
    bench.run_ms(60_000);
    let back = look(&bench);
    assert!(back.0 > out.0 && back.2 > out.2);
    assert!((back.1 - out.1).abs() <= Charge::from_milliamp_hours(1));
}

/// A delay was a number of calls, so that a faster loop tripped sooner and a slow one later.
#[test]
fn a_delay_is_time_whatever_the_number_of_readings_in_it() {
    for every_ms in [10_u64, 50, 100, 300] {
        let mut bench = Bench::running();
        bench.set_cell(3, 3_700);
        let start = bench.now;
        let mut tripped = None;
        for tick in 0..200_u64 {
            bench.feed_current();
            if (tick * 10).is_multiple_of(every_ms) {
                bench.feed_cells();
            }
            if tripped.is_none() && bench.tripped(Fault::CellOverVoltage, L2) {
                tripped = Some(bench.now.since(start).as_millis());
            }
            bench.now += super::bench::TICK;
        }
        assert_eq!(tripped, Some(700), "{every_ms}");
    }
}

/// Cell limits were only looked at while charging, or only while discharging.
#[test]
fn every_check_runs_on_when_the_current_turns_round_in_the_middle_of_its_delay() {
    for (from, to) in [(-50, 50), (50, -50), (0, -50), (50, 0)] {
        let mut bench = Bench::running();
        bench.set_amps(from);
        bench.set_cells(3_350);
        bench.set_cell(2, 3_700);
        bench.set_cell(3, 2_480);
        bench.feed_cells();
        bench.run_ms(300);
        bench.set_amps(to);
        bench.run_ms(390);
        assert!(!bench.tripped(Fault::CellOverVoltage, L2));
        bench.run_ms(20);
        assert!(bench.tripped(Fault::CellOverVoltage, L2), "{from} {to}");
        bench.run_ms(1_300);
        assert!(bench.tripped(Fault::CellUnderVoltage, L2), "{from} {to}");
    }
}

/// A flag was set by one part and read by another that did nothing with it.
#[test]
fn every_flag_has_a_level_and_every_level_is_told_or_opens_a_switch() {
    for bit in 0..=Flag::ZeroRefused as u32 {
        let used =
            LIMITS.iter().any(|row| matches!(row.watch, Watch::While(flag) if flag as u32 == bit));
        assert!(used, "flag {bit}");
    }
    let bad = BoardHealth { memory: Memory::Lost, clock: false, self_test: false };
    let mut bench = Bench::running();
    bench.feed(Input::Board(bad));
    for (fault, level) in [(Fault::Memory, L2), (Fault::Clock, Level::Alarm), (Fault::SelfTest, L2)]
    {
        assert!(bench.active(fault, level), "{fault:?}");
        let set =
            if level == Level::Alarm { RecordKind::AlarmSet } else { RecordKind::ProtectionSet };
        assert_eq!(bench.count_of(fault, level, set), 1);
    }
    assert_eq!(bench.closed(), (false, false));
}

/// A 32-bit number was cut to 16 bits first and found to be in range then.
#[test]
fn a_number_is_checked_as_it_came_and_not_what_is_left_of_it() {
    let mut bench = Bench::running();
    let over = ParamId::of_limit(Fault::CellOverVoltage, L2, Field::Threshold);
    for wraps in [3_600 + 0x1_0000, 3_600 - 0x1_0000, i32::MAX, i32::MIN, -3_600] {
        let refused = Err(Refusal::OutOfRange { min: 1_000, max: 5_000 });
        let action = Action::Write { parameter: over, raw: wraps };
        assert_eq!(bench.ask(Role::Factory, action), refused, "{wraps}");
    }
    // Nor do readings beyond anything that exists come round to a good one.
    for reading in [i32::MAX, i32::MIN] {
        let mut bench = Bench::running();
        bench.cells[4] = Ok(Voltage::from_microvolts(reading));
        bench.run_ms(3_000);
        assert_ne!(bench.closed(), (true, true), "{reading}");
        let mut bench = Bench::running();
        bench.current = Ok(Current::from_ten_microamps(reading));
        bench.run_ms(3_000);
        assert_ne!(bench.closed(), (true, true), "{reading}");
        let mut bench = Bench::running();
        bench.temperatures[0] = Ok(Temperature::from_millicelsius(reading));
        bench.run_ms(8_000);
        assert_ne!(bench.closed(), (true, true), "{reading}");
    }
}

/// A delay in milliseconds was compared with a clock in seconds, and a wait in seconds with one in
/// milliseconds.
#[test]
fn short_delays_are_milliseconds_and_long_waits_are_seconds() {
    let mut bench = Bench::running();
    bench.set_cell(3, 3_700);
    bench.feed_cells();
    let tripped = bench.run_until(2_000, |bench| bench.tripped(Fault::CellOverVoltage, L2));
    assert_eq!(tripped, Some(700), "not 700 s, not 0.7 ms");
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging { load: true, charger: false });
    bench.set_amps(-300);
    bench.run_until(2_000, |bench| !bench.closed().1).unwrap();
    bench.set_amps(0);
    bench.run_ms(29_900);
    assert!(!bench.closed().1, "30 s, not 30 ms");
    bench.run_ms(200);
    assert!(bench.closed().1);
}

/// After an error on the bus the last good reading was used on and on.
#[test]
fn after_an_error_of_the_bus_the_last_readings_are_neither_shown_nor_acted_on() {
    for error in [NoData::ChipError, NoData::NoAnswer] {
        let mut bench = Bench::running();
        bench.set_amps(20);
        bench.run_ms(100);
        bench.current = Err(error);
        bench.cells.fill(Err(error));
        bench.temperatures = [Err(error); 4];
        bench.run_ms(600);
        let snapshot = bench.bms.snapshot(bench.now);
        assert!(snapshot.current.is_err());
        assert!(snapshot.cell_voltage[0].is_err());
        assert!(snapshot.temperature[0].is_err());
        assert_eq!(bench.closed(), (false, false));
        let before = snapshot.charged_total.unwrap();
        bench.run_ms(10_000);
        assert_eq!(bench.bms.snapshot(bench.now).charged_total.unwrap(), before);
    }
}

/// In some states of a machine a fault was not looked at.
#[test]
fn an_over_voltage_opens_in_every_state_the_board_can_be_in() {
    let plain = Bench::running;
    let reverse = || {
        // An over-temperature blocks charging, and a load flows through the closed switch.
        let mut bench = Bench::running();
        bench.hanging = Some(Hanging::default());
        bench.set_celsius(57);
        bench.run_ms(6_000);
        bench.set_amps(-20);
        bench.run_ms(200);
        assert_eq!(bench.closed(), (true, true));
        bench
    };
    let precharging = || {
        let mut bench = Bench::with_path();
        bench.allow(Switch::Discharge, false);
        bench.run_ms(100);
        bench.port = Voltage::from_millivolts(30_000);
        bench.tick();
        bench.allow(Switch::Discharge, true);
        bench.run_ms(50);
        assert!(bench.bms.wanted().precharge);
        bench
    };
    let overridden = || {
        let mut bench = Bench::running();
        bench.set_cell(2, 2_600);
        bench.set_cell(3, 3_600);
        bench.run_ms(6_000);
        bench.command(Command::Override(Fault::CellDifference)).unwrap();
        bench.tick();
        assert_eq!(bench.closed(), (true, true));
        bench
    };
    let locked = || {
        let mut bench = Bench::running();
        bench.set_amps(-50);
        bench.run_ms(50);
        bench.allow(Switch::Discharge, false);
        bench.run_ms(500);
        assert!(bench.locked(Fault::DischargeStuckClosed));
        bench.set_amps(0);
        bench
    };
    let starting = Bench::new;
    let states: [&dyn Fn() -> Bench; 6] =
        [&plain, &reverse, &precharging, &overridden, &locked, &starting];
    for (number, state) in states.iter().enumerate() {
        let mut bench = state();
        bench.set_amps(0);
        bench.set_cell(6, 3_700);
        bench.run_ms(1_000);
        assert!(bench.tripped(Fault::CellOverVoltage, L2), "{number}");
        assert!(!bench.closed().0, "{number}");
    }
}

/// Under-voltage opened both switches, so that the pack could never be charged again.
#[test]
fn an_empty_pack_can_be_charged_by_whoever_has_a_charger_and_nothing_else() {
    let mut bench = Bench::running();
    bench.set_cells(2_450);
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, false));
    // Below the hard limit too, and after a restart.
    bench.set_cells(2_100);
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, false));
    let mut bench = bench.rebooted();
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (true, false));
    bench.hanging = Some(Hanging::default());
    bench.set_amps(10);
    bench.run_ms(200);
    assert_eq!(bench.closed(), (true, true), "and its diode does not burn");
    bench.set_cells(3_100);
    bench.run_ms(3_200);
    assert!(!bench.tripped(Fault::CellUnderVoltage, L2));
}

/// A sampling wire that came loose read as an over-voltage beside an under-voltage, and locked.
//
#[test]
fn a_wire_that_comes_loose_at_any_tap_locks_nothing_and_leaves_no_protection_behind() {
    for tap in 1..16_usize {
        let mut bench = Bench::running();
        bench.open_taps = Some(1 << tap);
        bench.set_cell(tap - 1, 2_300);
        bench.set_cell(tap, 4_300);
        bench.run_ms(15_000);
        assert!(bench.bms.protect.locked().is_empty(), "{tap}");
        assert_eq!(bench.closed(), (false, false));
        bench.set_cells(3_300);
        bench.open_taps = Some(0);
        bench.run_ms(5_000);
        assert_eq!(bench.closed(), (true, true), "{tap} {:?}", bench.reasons(Switch::Discharge));
    }
}

/// A comparison used the index of another list, so that one cell was guarded by the voltage of
/// its neighbour and one by none.
#[test]
fn every_cell_and_every_sensor_is_guarded_and_named_by_its_own_number() {
    for cell in 0..16_usize {
        for (millivolts, fault) in
            [(3_700, Fault::CellOverVoltage), (2_450, Fault::CellUnderVoltage)]
        {
            let mut bench = Bench::running();
            bench.set_cell(cell, millivolts);
            bench.run_ms(3_000);
            let record = bench.record_of(fault, L2, RecordKind::ProtectionSet);
            assert_eq!(record.index.map(usize::from), Some(cell));
            assert_eq!(record.value, Some(millivolts));
        }
    }
    let mut config = cellward_params::Config::lifepo4(16);
    config.set(ParamId(2), 4).unwrap();
    for sensor in 0..4_usize {
        for (celsius, fault) in
            [(61, Fault::DischargeOverTemperature), (-21, Fault::DischargeUnderTemperature)]
        {
            let mut bench = Bench::started(config.clone());
            bench.set_sensor(sensor, Ok(Temperature::from_celsius(celsius)));
            bench.run_ms(6_000);
            let record = bench.record_of(fault, L2, RecordKind::ProtectionSet);
            assert_eq!(record.index.map(usize::from), Some(sensor));
        }
        let mut bench = Bench::started(config.clone());
        bench.temperatures[sensor] = Err(NoData::SensorOpen);
        bench.run_ms(2_000);
        let record = bench.record_of(Fault::SensorMissing, L2, RecordKind::ProtectionSet);
        assert_eq!(record.index.map(usize::from), Some(sensor));
    }
}

/// An alarm was set by a threshold and cleared by another one's, or by nothing.
#[test]
fn whatever_went_wrong_once_nothing_is_left_when_everything_is_good_again() {
    let spoils: [&dyn Fn(&mut Bench); 9] = [
        &|bench| bench.set_cells(3_560),
        &|bench| bench.set_cells(2_880),
        &|bench| bench.set_cell(3, 3_520),
        &|bench| bench.set_celsius(46),
        &|bench| bench.set_celsius(4),
        &|bench| bench.switches = Ok(Temperature::from_celsius(90)),
        &|bench| bench.board = Ok(Temperature::from_celsius(70)),
        &|bench| bench.set_amps(-215),
        &|bench| bench.switches = Err(NoData::SensorOpen),
    ];
    for (number, spoil) in spoils.iter().enumerate() {
        let mut bench = Bench::running();
        spoil(&mut bench);
        bench.run_ms(12_000);
        let faults = bench.bms.snapshot(bench.now).faults.unwrap();
        assert!(!faults.is_empty(), "{number}");
        assert!(faults.iter().all(|active| active.level == Level::Alarm), "{number} {faults:?}");
        bench.set_cells(3_300);
        bench.set_celsius(25);
        bench.switches = Ok(Temperature::from_celsius(30));
        bench.board = Ok(Temperature::from_celsius(30));
        bench.set_amps(0);
        bench.run_ms(12_000);
        let faults = bench.bms.snapshot(bench.now).faults.unwrap();
        assert!(faults.is_empty(), "{number} {faults:?}");
        assert_eq!(bench.closed(), (true, true));
    }
}

/// A switch that the chip had opened by itself was closed again because the last command said so.
#[test]
fn what_the_chip_opened_is_not_closed_by_a_command_that_was_given_before() {
    let mut bench = Bench::running();
    let frame = CurrentFrame { current: bench.current, port: Ok(bench.port) };
    bench.bms.handle(Input::Alert(ChipAlert::ShortCircuit), bench.now);
    bench.bms.handle(Input::Current(frame), bench.now);
    assert_eq!(bench.closed(), (false, false));
    let why = bench.reasons(Switch::Charge)[0].why;
    assert!(matches!(why, Why::Fault(active) if active.fault == Fault::ShortCircuit));
}
