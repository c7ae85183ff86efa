//! Locks: what makes them, what is asked first, who takes them away, and that no restart does.

use cellward_params::reason::{Until, Why};
use cellward_params::record::Happening;
use cellward_params::{
    Action, Chemistry, Command, Config, Fault, Level, Profile, RecordKind, Refusal, Role,
    ShortText, Switch,
};
use cellward_units::{Current, Duration, NoData, Temperature, Voltage};

use super::bench::{Bench, Hanging, config_of};
use crate::{BoardHealth, ChipAlert, Input, Memory, WireTest};

const L2: Level = Level::Protection;
const GOOD: BoardHealth = BoardHealth { memory: Memory::Good, clock: true, self_test: true };

/// Tells what the chip found at a test of the wires.
fn answer(bench: &mut Bench, open_taps: u32) {
    bench.feed(Input::Wires(WireTest { open_taps }));
}

//
#[test]
fn a_cell_far_above_its_limit_opens_at_once_and_locks_when_wires_and_sum_are_good() {
    let mut bench = Bench::running();
    bench.open_taps = None;
    bench.set_cell(4, 3_899);
    bench.run_ms(600);
    assert!(!bench.tripped(Fault::ExtremeOverVoltage, L2), "a millivolt below");
    let mut bench = Bench::running();
    bench.open_taps = None;
    bench.set_cell(4, 3_900);
    bench.feed_cells();
    let opened = bench.run_until(1_000, |bench| bench.closed() == (false, true));
    assert_eq!(opened, Some(200));
    assert!(bench.bms.wanted().test_wires);
    assert!(!bench.locked(Fault::ExtremeOverVoltage), "first it asks");
    bench.run_ms(500);
    answer(&mut bench, 0);
    assert!(bench.locked(Fault::ExtremeOverVoltage));
    assert!(bench.bms.wanted().trip);
    assert!(bench.happened(Happening::TripPulse));
    assert!(!bench.bms.wanted().test_wires);
    assert_eq!(bench.closed(), (false, true), "discharging would help");
    assert_eq!(bench.bms.wanted().lights.red, cellward_params::Pattern::SOLID);
    bench.run_ms(1_100);
    assert!(!bench.bms.wanted().trip, "a pulse");
    let locks = bench.records().filter(|record| record.kind == RecordKind::Lock).count();
    assert_eq!(locks, 1);
}

//
#[test]
fn a_loose_tap_that_reads_like_an_extreme_over_voltage_ends_as_an_open_wire_and_goes_by_itself() {
    let mut bench = Bench::running();
    bench.open_taps = Some(1 << 5);
    bench.set_cell(4, 2_600);
    bench.set_cell(5, 4_000);
    bench.run_ms(400);
    assert!(!bench.locked(Fault::ExtremeOverVoltage));
    assert!(!bench.tripped(Fault::ExtremeOverVoltage, L2), "it was taken back");
    assert!(bench.tripped(Fault::OpenWire, L2));
    assert_eq!(bench.record_of(Fault::OpenWire, L2, RecordKind::ProtectionSet).index, Some(5));
    assert_eq!(bench.closed(), (false, false));
    bench.run_ms(20_000);
    assert!(bench.bms.protect.locked().is_empty());
    assert_eq!(bench.count_of(Fault::OpenWire, L2, RecordKind::ProtectionSet), 1);
    // Plugged in again: three good seconds after the test that passes, and no power cycle.
    bench.set_cells(3_300);
    bench.open_taps = Some(0);
    let closed = bench.run_until(5_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((3_000..=4_100).contains(&closed), "{closed}");
}

#[test]
fn without_an_answer_for_two_seconds_nothing_locks() {
    let mut bench = Bench::running();
    bench.open_taps = None;
    bench.set_cell(4, 3_950);
    bench.feed_cells();
    let told = bench.run_until(4_000, |bench| bench.tripped(Fault::OpenWire, L2)).unwrap();
    assert!((2_200..=2_210).contains(&told), "{told}");
    assert!(!bench.locked(Fault::ExtremeOverVoltage));
}

#[test]
fn a_sum_that_does_not_agree_is_a_loose_tap() {
    let mut bench = Bench::running();
    bench.set_cell(4, 3_950);
    bench.pack_error = Voltage::from_millivolts(-650);
    bench.run_ms(500);
    assert!(!bench.locked(Fault::ExtremeOverVoltage));
    assert!(bench.tripped(Fault::OpenWire, L2));
}

//
#[test]
fn a_deeply_empty_cell_opens_after_a_second_and_locks_after_ten() {
    let mut bench = Bench::running();
    bench.set_cells(2_500);
    bench.set_cell(3, 2_000);
    bench.feed_cells();
    let opened = bench.run_until(2_000, |bench| !bench.closed().0);
    assert_eq!(opened, Some(1_000));
    let locked = bench.run_until(12_000, |bench| bench.locked(Fault::DeepUnderVoltage));
    assert_eq!(locked, Some(8_990));
    assert_eq!(bench.closed(), (false, false));
    // Refilled from outside: still locked.
    bench.set_cells(3_300);
    bench.run_ms(30_000);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.reasons(Switch::Charge)[0].why, Why::Locked(Fault::DeepUnderVoltage));
    bench.unlock(Fault::DeepUnderVoltage).unwrap();
    bench.run_ms(100);
    assert!(bench.closed().0);
}

#[test]
fn a_deeply_empty_cell_that_recovers_within_ten_seconds_does_not_lock() {
    let mut bench = Bench::running();
    bench.set_cells(2_500);
    bench.set_cell(3, 2_000);
    bench.feed_cells();
    bench.run_ms(9_990);
    bench.set_cell(3, 2_201);
    bench.feed_cells();
    bench.run_ms(3_100);
    assert!(!bench.locked(Fault::DeepUnderVoltage));
    assert_eq!(bench.closed(), (true, false), "charging is allowed again");
}

//
#[test]
fn a_recovery_charge_lasts_beyond_the_deep_range_and_only_the_charge_switch_closes() {
    let deep = Fault::DeepUnderVoltage;
    let mut bench = Bench::running();
    bench.set_cells(2_500);
    bench.set_cell(3, 1_900);
    bench.run_until(12_000, |bench| bench.locked(deep)).unwrap();
    bench.command(Command::Override(deep)).unwrap();
    bench.run_ms(10);
    assert_eq!(bench.closed(), (true, false));
    bench.set_amps(10);
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (true, false));
    bench.set_cell(3, 2_400);
    bench.run_ms(20_000);
    assert!(!bench.tripped(deep, L2));
    assert_eq!(bench.closed(), (true, false), "the lock stands, the charge goes on");
    assert!(bench.locked(deep));
    // More than 0.05 C ends it.
    bench.set_amps(15);
    bench.run_ms(10_100);
    assert_eq!(bench.closed(), (false, false));
    assert!(bench.happened(Happening::OverrideEnded));
}

//
#[test]
fn charging_that_does_not_stop_is_cut_from_outside_within_half_a_second() {
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging::default());
    bench.set_amps(50);
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| !bench.closed().0).unwrap();
    // The current goes on although the switch is told to be open.
    let pulse = bench.run_until(2_000, |bench| bench.bms.wanted().trip).unwrap();
    assert!(pulse + 10 <= 500, "{pulse}");
    assert!(bench.locked(Fault::ChargeNotStopped));
    assert_eq!(
        bench.record_of(Fault::ChargeNotStopped, L2, RecordKind::ProtectionSet).lasted,
        Duration::from_millis(200)
    );
    assert_eq!(bench.closed(), (false, true), "the healthy one stays on");
}

#[test]
fn without_an_over_voltage_or_with_too_little_current_nothing_counts_as_not_stopped() {
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging { load: false, charger: true });
    bench.set_amps(4);
    bench.set_cell(6, 3_700);
    bench.run_ms(5_000);
    assert!(!bench.tripped(Fault::ChargeNotStopped, L2), "exactly 1 % of full scale");
    let mut bench = Bench::running();
    bench.allow(Switch::Charge, false);
    bench.set_amps(50);
    bench.run_ms(300);
    assert!(!bench.tripped(Fault::ChargeNotStopped, L2));
}

//
#[test]
fn an_inverted_cell_locks_once_the_pack_was_commissioned() {
    let mut bench = Bench::running();
    bench.set_cell(7, -19);
    bench.run_ms(1_000);
    assert!(!bench.tripped(Fault::CellInversion, L2), "within the error of the reading");
    bench.set_cell(7, -20);
    bench.feed_cells();
    assert_eq!(bench.run_until(1_000, |b| b.locked(Fault::CellInversion)), Some(200));
    assert_eq!(bench.closed(), (false, false));
}

//
#[test]
fn before_commissioning_an_inverted_cell_is_a_wiring_fault() {
    let config = Config::from_factory(Profile::Strict, Chemistry::Lfp, 16);
    let mut bench = Bench::with(config);
    bench.run_ms(1_500);
    bench.set_cell(7, -20);
    bench.run_ms(1_000);
    assert!(!bench.locked(Fault::CellInversion));
    assert!(bench.tripped(Fault::OpenWire, L2));
}

//
#[test]
fn a_cell_that_heats_itself_locks_both_switches() {
    for (from, to, locks) in [(41, 51, true), (41, 50, false), (39, 49, false), (40, 50, true)] {
        let mut bench = Bench::running();
        bench.set_celsius(from);
        bench.run_ms(1_000);
        bench.temperatures = [Ok(Temperature::from_celsius(to)); 4];
        bench.feed_temperatures();
        let locked = bench.run_until(3_000, |bench| bench.locked(Fault::ThermalRunaway));
        assert_eq!(locked, locks.then_some(1_000), "{from} {to}");
        assert!(bench.tripped(Fault::ThermalRunaway, Level::Alarm));
    }
}

#[test]
fn a_sensor_that_shorts_right_after_a_very_hot_reading_is_a_cell_that_heats_itself() {
    for (before, locks) in [(80, false), (81, true)] {
        let mut bench = Bench::running();
        bench.set_sensor(1, Ok(Temperature::from_celsius(before)));
        bench.run_ms(1_000);
        bench.temperatures[1] = Err(NoData::SensorShort);
        bench.run_ms(3_000);
        assert_eq!(bench.locked(Fault::ThermalRunaway), locks, "{before}");
        assert!(bench.tripped(Fault::SensorMissing, L2));
    }
}

/// One of the switches is told to open and current of its direction flows on.
fn stuck(switch: Switch, port: i32) -> (Bench, Option<u64>) {
    let mut bench = Bench::running();
    bench.set_amps(if switch == Switch::Charge { 50 } else { -50 });
    bench.run_ms(100);
    bench.port = Voltage::from_millivolts(port);
    bench.allow(switch, false);
    let fault = match switch {
        Switch::Charge => Fault::ChargeStuckClosed,
        Switch::Discharge => Fault::DischargeStuckClosed,
    };
    let locked = bench.run_until(2_000, |bench| bench.locked(fault));
    (bench, locked)
}

//
#[test]
fn a_switch_that_does_not_open_is_told_three_times_more_then_locks_and_trips_within_half_a_second()
{
    for switch in [Switch::Charge, Switch::Discharge] {
        let (bench, locked) = stuck(switch, 0);
        let locked = locked.unwrap();
        assert!((350..=370).contains(&locked), "{locked}");
        assert_eq!(bench.bms.wanted().switch_writes, 3);
        assert!(bench.bms.wanted().trip);
        let closed = bench.bms.wanted().switches;
        assert!(!closed.closed(switch));
        assert!(closed.closed(switch.other()), "opening it would only burn its diode");
    }
}

#[test]
fn a_path_that_is_blocked_makes_the_current_wrong_and_not_the_switch() {
    for switch in [Switch::Charge, Switch::Discharge] {
        let (bench, locked) = stuck(switch, 301);
        assert_eq!(locked, None);
        assert!(bench.tripped(Fault::CurrentSensor, L2));
        assert_eq!(bench.closed(), (false, false));
        assert!(!bench.bms.wanted().trip);
    }
}

#[test]
fn the_healthy_switch_is_held_on_only_while_the_others_current_flows() {
    // A stuck discharge switch; the charge switch is forbidden by a person.
    let (mut bench, _) = stuck(Switch::Discharge, 0);
    bench.allow(Switch::Charge, false);
    bench.run_ms(50);
    assert!(bench.closed().0, "its diode would burn");
    bench.set_amps(-4);
    bench.tick();
    assert!(!bench.closed().0, "nothing flows that would burn it");
    bench.set_amps(-50);
    bench.tick();
    assert!(bench.closed().0);
    // An over-voltage forbids it all the same.
    bench.set_cell(6, 3_700);
    bench.run_ms(1_000);
    assert!(!bench.closed().0);
    // A stuck charge switch holds the discharge switch on, but not against a full block.
    let (mut bench, _) = stuck(Switch::Charge, 0);
    bench.allow(Switch::Discharge, false);
    bench.run_ms(50);
    assert!(bench.closed().1);
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn a_stuck_switch_gives_three_pulses_while_current_flows_and_one_where_it_stops() {
    for (stops, pulses) in [(false, 3), (true, 1)] {
        let (mut bench, _) = stuck(Switch::Charge, 0);
        if stops {
            bench.set_amps(0);
        }
        bench.run_ms(60_000);
        assert_eq!(bench.times(Happening::TripPulse), pulses);
        assert!(!bench.bms.wanted().trip);
    }
}

#[test]
fn an_unlocked_switch_that_is_still_stuck_locks_again() {
    let (mut bench, _) = stuck(Switch::Charge, 0);
    bench.unlock(Fault::ChargeStuckClosed).unwrap();
    let again = bench.run_until(2_000, |bench| bench.locked(Fault::ChargeStuckClosed));
    assert!(again.is_some_and(|millis| millis <= 360), "found stuck again {again:?}");
    assert!(bench.tripped(Fault::ChargeStuckClosed, L2));
    let (mut bench, _) = stuck(Switch::Charge, 0);
    bench.set_amps(0);
    bench.run_ms(100);
    bench.unlock(Fault::ChargeStuckClosed).unwrap();
    bench.run_ms(2_800);
    assert!(bench.tripped(Fault::ChargeStuckClosed, L2));
    bench.run_ms(300);
    assert!(!bench.tripped(Fault::ChargeStuckClosed, L2), "three good seconds");
    bench.set_amps(50);
    bench.run_ms(500);
    assert!(bench.locked(Fault::ChargeStuckClosed));
}

#[test]
fn a_failed_self_test_opens_both_and_the_second_within_a_day_locks() {
    for (pause, locks) in [(86_000, true), (86_500, false)] {
        let mut bench = Bench::running();
        bench.feed(Input::Board(BoardHealth { self_test: false, ..GOOD }));
        assert_eq!(bench.closed(), (false, false));
        assert!(!bench.locked(Fault::SelfTest));
        bench.feed(Input::Board(GOOD));
        bench.run_ms(2_990);
        assert_eq!(bench.closed(), (false, false));
        bench.run_ms(100);
        assert_eq!(bench.closed(), (true, true));
        for _ in 0..pause / 10 {
            bench.now += Duration::from_secs(10);
            bench.feed(Input::Unchanged);
        }
        bench.feed(Input::Board(BoardHealth { self_test: false, ..GOOD }));
        assert_eq!(bench.locked(Fault::SelfTest), locks, "{pause}");
    }
}

#[test]
fn the_third_silence_of_the_brain_within_a_day_is_a_failed_self_test() {
    let mut bench = Bench::running();
    for number in 1..=3 {
        bench.feed(Input::Alert(ChipAlert::Watchdog));
        assert_eq!(bench.closed(), (false, false));
        bench.run_ms(10_000);
        assert_eq!(bench.closed(), (false, false), "until a self-test has passed");
        assert_eq!(bench.tripped(Fault::SelfTest, L2), number == 3, "{number}");
        bench.feed(Input::Board(GOOD));
        bench.run_ms(100);
        assert_eq!(bench.closed(), (number < 3, number < 3));
        bench.run_ms(3_000);
        assert_eq!(bench.closed(), (true, true));
    }
    assert!(!bench.locked(Fault::SelfTest));
    // The fourth is the second failure of the self-test.
    bench.feed(Input::Alert(ChipAlert::Watchdog));
    assert!(bench.locked(Fault::SelfTest));
    // Unlocking starts both counts again.
    bench.feed(Input::Board(GOOD));
    bench.run_ms(4_000);
    bench.unlock(Fault::SelfTest).unwrap();
    bench.feed(Input::Alert(ChipAlert::Watchdog));
    assert!(!bench.tripped(Fault::SelfTest, L2));
    assert!(bench.tripped(Fault::ChipWatchdog, L2));
}

#[test]
fn silences_are_counted_over_restarts_even_of_a_brain_that_was_reset_right_after() {
    let mut bench = Bench::running();
    for _ in 0..2 {
        bench.feed(Input::Alert(ChipAlert::Watchdog));
        bench = bench.rebooted();
        bench.run_ms(1_500);
    }
    bench.feed(Input::Alert(ChipAlert::Watchdog));
    bench.tick();
    assert!(bench.tripped(Fault::SelfTest, L2));
}

//
#[test]
fn no_lock_is_cleared_by_two_restarts() {
    let mut bench = Bench::running();
    bench.set_cell(7, -20);
    bench.run_ms(1_000);
    assert!(bench.locked(Fault::CellInversion));
    bench.set_cells(3_300);
    for _ in 0..2 {
        bench = bench.rebooted();
        bench.run_ms(20_000);
        assert!(bench.locked(Fault::CellInversion));
        assert_eq!(bench.closed(), (false, false));
        assert_eq!(bench.bms.wanted().lights.red, cellward_params::Pattern::SOLID);
        assert_eq!(bench.reasons(Switch::Discharge)[0].until, Until::Installer);
    }
    bench.unlock(Fault::CellInversion).unwrap();
    bench.run_ms(100);
    assert_eq!(bench.closed(), (true, true));
    let mut bench = bench.rebooted();
    bench.run_ms(1_500);
    assert_eq!(bench.closed(), (true, true), "the unlocking is kept as well");
}

//
#[test]
fn only_an_installer_with_a_reason_unlocks_and_only_what_is_locked() {
    let fault = Fault::CellInversion;
    let mut bench = Bench::running();
    let reason = ShortText::new("cell replaced");
    assert_eq!(bench.unlock(fault), Err(Refusal::NothingToDo(fault)));
    bench.set_cell(7, -20);
    bench.run_ms(1_000);
    let unlock = |reason| Action::Command(Command::Unlock { fault, reason });
    assert_eq!(
        bench.ask(Role::User, unlock(reason)),
        Err(Refusal::Role { needed: Role::Installer })
    );
    for empty in ["", "  \t"] {
        let refused = bench.ask(Role::Installer, unlock(ShortText::new(empty)));
        assert_eq!(refused, Err(Refusal::ReasonMissing));
    }
    let other = Fault::ThermalRunaway;
    assert_eq!(bench.unlock(other), Err(Refusal::NothingToDo(other)));
    assert!(bench.locked(fault));
    assert_eq!(bench.ask(Role::Installer, unlock(reason)), Ok(()));
    assert!(!bench.locked(fault));
    let record = bench.records().last().unwrap();
    assert_eq!(record.kind, RecordKind::Lock);
    assert_eq!((record.role, record.reason()), (Some(Role::Installer), Some(&reason)));
}

#[test]
fn unlocking_closes_nothing_while_what_locked_still_stands() {
    let mut bench = Bench::running();
    bench.set_cell(7, -20);
    bench.run_ms(1_000);
    bench.unlock(Fault::CellInversion).unwrap();
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.bms.snapshot(bench.now).locked, Ok(false));
    bench.set_cells(3_300);
    bench.run_ms(3_200);
    // The under-voltage of that cell still waits for its relief.
    bench.allow(Switch::Discharge, true);
    bench.run_ms(3_200);
    assert!(!bench.tripped(Fault::CellInversion, L2));
}

#[test]
fn an_installer_acknowledges_a_cell_that_sank_at_rest() {
    let fault = Fault::InternalShort;
    let mut bench = sunk();
    assert_eq!(bench.closed(), (false, true));
    bench.set_cells(3_300);
    let mut bench = bench.rebooted();
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (false, true), "a restart is no acknowledgement");
    assert_eq!(bench.way_out(fault).0, Until::Installer);
    let acknowledge = |fault| Action::Command(Command::Acknowledge(fault));
    let refused = Err(Refusal::Role { needed: Role::Installer });
    assert_eq!(bench.ask(Role::User, acknowledge(fault)), refused);
    let other = Fault::CellOverVoltage;
    let nothing = bench.ask(Role::Installer, acknowledge(other));
    assert_eq!(nothing, Err(Refusal::NothingToDo(other)));
    assert_eq!(bench.ask(Role::Installer, acknowledge(fault)), Ok(()));
    bench.tick();
    assert_eq!(bench.closed(), (true, true));
    let nothing = bench.ask(Role::Installer, acknowledge(fault));
    assert_eq!(nothing, Err(Refusal::NothingToDo(fault)));
}

/// Rested for hours, then one cell falls by 50 mV within an hour.
fn sunk() -> Bench {
    let mut bench = Bench::running();
    bench.current = Ok(Current::ZERO);
    for (minutes, millivolts) in [(150, 3_300), (50, 3_251), (20, 3_249)] {
        bench.set_cell(9, millivolts);
        for _ in 0..minutes {
            bench.feed_current();
            bench.feed_cells();
            bench.feed_temperatures();
            bench.now += Duration::from_secs(60);
            bench.feed(Input::Unchanged);
        }
    }
    bench.run_ms(1_000);
    assert!(bench.tripped(Fault::InternalShort, L2));
    let record = bench.record_of(Fault::InternalShort, L2, RecordKind::ProtectionSet);
    assert_eq!((record.index, record.limit), (Some(9), Some(50)));
    bench
}

#[test]
fn a_pack_without_commissioning_stays_open_until_an_installer_confirms_it() {
    let mut bench = Bench::with(Config::from_factory(Profile::Strict, Chemistry::Lfp, 16));
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.way_out(Fault::NotCommissioned).0, Until::Commission);
    let confirm =
        |cells| Command::Commission { chemistry: Chemistry::Lfp, cells, outside_window: false };
    assert_eq!(bench.command(confirm(15)), Err(Refusal::LiveTaps { named: 15, live: 16 }));
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.command(confirm(16)), Ok(()));
    bench.tick();
    assert_eq!(bench.closed(), (true, true));
    assert!(bench.happened(Happening::Commissioned));
}

//
#[test]
fn a_new_pack_with_a_cell_outside_of_its_window_is_told_and_refused_until_that_is_accepted() {
    for (chemistry, low, high) in [
        (Chemistry::Lfp, 2_500, 3_600),
        (Chemistry::Nmc, 3_000, 4_150),
        (Chemistry::Lto, 1_800, 2_800),
    ] {
        for (cell, outside) in [(low - 1, true), (low, false), (high, false), (high + 1, true)] {
            let mut config = Config::from_factory(Profile::Strict, chemistry, 16);
            config.set(cellward_params::ParamId(6), 280_000).unwrap();
            let mut bench = Bench::with(config);
            bench.set_cell(11, cell);
            bench.run_ms(1_500);
            let alarm = bench.tripped(Fault::NotCommissioned, Level::Alarm);
            assert_eq!(alarm, outside, "{chemistry:?} {cell}");
            let confirm =
                |outside_window| Command::Commission { chemistry, cells: 16, outside_window };
            if outside {
                let set = RecordKind::AlarmSet;
                let record = bench.record_of(Fault::NotCommissioned, Level::Alarm, set);
                assert_eq!(record.index, Some(11));
                let refused = Err(Refusal::OutsideWindow { cell: 11 });
                assert_eq!(bench.command(confirm(false)), refused);
                assert!(!bench.bms.config().is_commissioned());
                assert_eq!(bench.command(confirm(true)), Ok(()));
                assert!(bench.happened(Happening::OutsideWindow));
            } else {
                assert_eq!(bench.command(confirm(false)), Ok(()));
            }
            assert!(bench.bms.config().is_commissioned());
        }
    }
}

#[test]
fn what_is_latched_survives_a_restart_and_what_only_recovers_is_measured_anew() {
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging { load: true, charger: false });
    bench.set_cell(3, 2_450);
    bench.run_until(5_000, |bench| !bench.closed().1).unwrap();
    bench.run_ms(500);
    bench.set_cell(3, 3_300);
    let mut again = bench.rebooted();
    again.run_ms(10_000);
    assert_eq!(again.closed(), (true, false), "the load alone does not switch it on");
    again.allow(Switch::Discharge, true);
    again.tick();
    assert_eq!(again.closed(), (true, true));
    let mut bench = Bench::running();
    bench.set_celsius(56);
    bench.run_ms(6_000);
    assert!(!bench.closed().0);
    bench.set_celsius(25);
    let mut again = bench.rebooted();
    again.run_ms(1_500);
    assert_eq!(again.closed(), (true, true));
}

#[test]
fn the_vendors_board_locks_as_ours_does() {
    let mut bench = Bench::started(config_of(Profile::Vendor, Chemistry::Nmc));
    bench.set_cell(4, 4_400);
    bench.run_ms(400);
    assert!(bench.locked(Fault::ExtremeOverVoltage));
}
