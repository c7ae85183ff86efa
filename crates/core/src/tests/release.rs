//! How each protection releases: the rules beyond the recovery value.

use cellward_params::reason::Until;
use cellward_params::record::{Happening, ReleaseReason};
use cellward_params::{Command, Fault, Level, RecordKind, Refusal, Role, Switch};
use cellward_units::{Current, Duration, Voltage};

use super::bench::{Bench, Hanging};
use crate::{ChipAlert, Input};

const OV: Fault = Fault::CellOverVoltage;
const UV: Fault = Fault::CellUnderVoltage;
const CHARGE: Fault = Fault::ChargeOverCurrent;
const DISCHARGE: Fault = Fault::DischargeOverCurrent;
const SHORT: Fault = Fault::ShortCircuit;
const L2: Level = Level::Protection;

/// Something that changes in the world.
type Change<'a> = &'a dyn Fn(&mut Bench);

/// Why a protection released last.
fn last_release(bench: &Bench, fault: Fault) -> Option<ReleaseReason> {
    let cleared = bench.records().filter(|record| {
        record.kind == RecordKind::ProtectionCleared && record.subject.code() == fault.code()
    });
    cleared.last().and_then(|record| record.release)
}

/// Trips the over-voltage of one cell and lets it recover; whether the charge switch closed within
/// `wait_ms` of that.
fn over_voltage_round(bench: &mut Bench, wait_ms: u64) -> Option<u64> {
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.set_cell(6, 3_399);
    bench.run_until(wait_ms, |bench| bench.closed() == (true, true))
}

/// Lets time pass in which nothing changes, as far as the engine cares.
fn pass(bench: &mut Bench, secs: u64) {
    let step = Duration::from_secs(10);
    for _ in 0..secs / 10 {
        bench.now += step;
        bench.feed(Input::Unchanged);
    }
}

#[test]
fn an_over_voltage_releases_by_itself_three_times_an_hour_and_the_hour_rolls() {
    let mut bench = Bench::running();
    for round in 0..3 {
        assert!(over_voltage_round(&mut bench, 4_000).is_some(), "{round}");
        if round == 0 {
            pass(&mut bench, 600);
        }
    }
    assert_eq!(last_release(&bench, OV), Some(ReleaseReason::Recovered));
    // Nearly an hour less ten minutes to wait now, since the first closing.
    assert_eq!(over_voltage_round(&mut bench, 60_000), None);
    let (until, left) = bench.way_out(OV);
    assert_eq!(until, Until::Discharge);
    let left = left.unwrap().as_secs();
    assert!((2_850..=2_950).contains(&left), "{left}");
    pass(&mut bench, left - 10);
    assert_eq!(bench.closed(), (false, true));
    pass(&mut bench, 30);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn one_hundredth_of_the_capacity_discharged_makes_the_recovery_less_deep() {
    // 2.8 Ah of 280 Ah: 100.8 s at 100 A; one hysteresis above 3.40 V is 3.45 V.
    for (seconds, cell, releases) in [(100, 3_449, false), (101, 3_450, false), (101, 3_449, true)]
    {
        let mut bench = Bench::running();
        bench.set_cell(6, 3_700);
        bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
        bench.set_cell(6, 3_450);
        bench.run_ms(5_000);
        assert_eq!(bench.closed(), (false, true));
        bench.set_amps(-100);
        bench.hanging = Some(Hanging::default());
        bench.run_ms(seconds * 1_000);
        bench.set_amps(0);
        bench.set_cell(6, cell);
        bench.run_ms(5_000);
        assert_eq!(!bench.tripped(OV, L2), releases, "{seconds} {cell}");
        if releases {
            assert_eq!(last_release(&bench, OV), Some(ReleaseReason::Discharged));
            assert_eq!(bench.closed(), (true, true));
        }
    }
}

#[test]
fn without_a_capacity_a_hundredth_is_one_of_half_the_rated_current() {
    // 1C counts as 100 A, so 1 Ah: 36 s at 100 A.
    for (seconds, releases) in [(35, false), (37, true)] {
        let mut bench = Bench::started(cellward_params::Config::lifepo4(16));
        bench.set_cell(6, 3_700);
        bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
        bench.set_cell(6, 3_449);
        bench.set_amps(-100);
        bench.hanging = Some(Hanging::default());
        bench.run_ms(seconds * 1_000);
        bench.set_amps(0);
        bench.run_ms(5_000);
        assert_eq!(!bench.tripped(OV, L2), releases, "{seconds}");
    }
}

#[test]
fn a_discharge_is_a_way_out_beyond_the_third_closing_and_counts_as_none() {
    let mut bench = Bench::running();
    for _ in 0..3 {
        over_voltage_round(&mut bench, 4_000).unwrap();
    }
    for _ in 0..2 {
        bench.set_cell(6, 3_700);
        bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
        bench.set_cell(6, 3_449);
        bench.set_amps(-100);
        bench.hanging = Some(Hanging::default());
        bench.run_ms(110_000);
        bench.set_amps(0);
        assert!(!bench.tripped(OV, L2));
    }
    assert_eq!(bench.kept.unwrap().counts.over_voltage_closings, 3);
}

#[test]
fn what_was_discharged_before_the_trip_does_not_count() {
    let mut bench = Bench::running();
    bench.set_amps(-100);
    bench.run_ms(300_000);
    bench.set_amps(0);
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.set_cell(6, 3_449);
    bench.run_ms(5_000);
    assert!(bench.tripped(OV, L2));
    assert_eq!(bench.way_out(OV).0, Until::RecoveryOrDischarge(3_400));
}

#[test]
fn a_pack_and_a_cell_that_release_together_are_one_closing() {
    let mut bench = Bench::running();
    bench.set_cells(3_660);
    bench.run_until(3_000, |bench| bench.tripped(Fault::PackOverVoltage, L2)).unwrap();
    assert!(bench.tripped(OV, L2));
    bench.set_cells(3_390);
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, true));
    assert_eq!(bench.kept.unwrap().counts.over_voltage_closings, 1);
}

#[test]
fn the_vendors_board_releases_voltages_by_their_recovery_alone_and_as_often_as_it_likes() {
    let mut bench = Bench::vendor();
    bench.hanging = Some(Hanging { load: true, charger: false });
    for _ in 0..5 {
        bench.set_cell(6, 3_760);
        bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
        bench.set_cell(6, 3_549);
        let closed = bench.run_until(2_000, |bench| bench.closed() == (true, true)).unwrap();
        assert!((1_000..=1_100).contains(&closed), "{closed}");
        // The others low as well, so that it is no difference.
        bench.set_cells(3_000);
        bench.set_cell(6, 2_150);
        bench.run_until(2_000, |bench| bench.tripped(UV, L2)).unwrap();
        bench.set_cell(6, 2_301);
        let closed = bench.run_until(2_000, |bench| bench.closed() == (true, true)).unwrap();
        assert!((1_000..=1_100).contains(&closed), "{closed}");
    }
}

/// A cell at 2.45 V with a load that stays, and then recovered, still open.
fn under_voltage(hanging: Hanging) -> Bench {
    let mut bench = Bench::running();
    bench.hanging = Some(hanging);
    bench.set_cell(3, 2_450);
    bench.run_until(5_000, |bench| bench.closed() == (true, false)).unwrap();
    bench.run_ms(1_000);
    bench.set_cell(3, 3_100);
    bench
}

const LOAD: Hanging = Hanging { load: true, charger: false };

#[test]
fn after_under_voltage_a_recovered_cell_alone_closes_nothing() {
    let mut bench = under_voltage(LOAD);
    bench.run_ms(60_000);
    assert_eq!(bench.closed(), (true, false));
    assert_eq!(bench.way_out(UV), (Until::RecoveryAndRelief(3_000), None));
}

#[test]
fn each_relief_after_under_voltage_closes_once_the_recovery_has_lasted() {
    let load_gone = |bench: &mut Bench| bench.hanging = Some(Hanging::default());
    let current = |bench: &mut Bench| bench.current = Ok(Current::from_milliamps(400));
    let command = |bench: &mut Bench| bench.allow(Switch::Discharge, true);
    let reliefs: [(Change<'_>, ReleaseReason, u64); 3] = [
        (&load_gone, ReleaseReason::LoadRemoved, 3_000),
        (&current, ReleaseReason::Charger, 3_000),
        (&command, ReleaseReason::Command, 3_000),
    ];
    for (relieve, reason, at) in reliefs {
        let mut bench = under_voltage(LOAD);
        bench.feed_cells();
        relieve(&mut bench);
        assert_eq!(bench.run_until(5_000, |bench| bench.closed() == (true, true)), Some(at));
        assert_eq!(last_release(&bench, UV), Some(reason));
    }
}

#[test]
fn a_current_just_below_the_status_threshold_is_no_charger() {
    let mut bench = under_voltage(LOAD);
    // 0.1 % of 400 A is 0.4 A; the load holds P- up all the same.
    bench.hanging = None;
    bench.current = Ok(Current::from_ten_microamps(39_999));
    bench.run_ms(10_000);
    assert_eq!(bench.closed(), (true, false));
}

#[test]
fn a_relief_from_before_the_trip_is_none() {
    let mut bench = Bench::running();
    bench.allow(Switch::Discharge, true);
    bench.set_amps(10);
    bench.run_ms(1_000);
    bench.set_amps(0);
    bench.hanging = Some(LOAD);
    bench.set_cell(3, 2_450);
    bench.run_until(5_000, |bench| bench.closed() == (true, false)).unwrap();
    bench.set_cell(3, 3_100);
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (true, false));
}

#[test]
fn a_relief_before_the_recovery_waits_for_it() {
    let mut bench = under_voltage(LOAD);
    bench.set_cell(3, 2_450);
    bench.allow(Switch::Discharge, true);
    bench.run_ms(10_000);
    assert_eq!(bench.closed(), (true, false));
    assert_eq!(bench.way_out(UV).0, Until::Recovery(3_000));
    bench.set_cell(3, 3_001);
    bench.feed_cells();
    assert_eq!(bench.run_until(5_000, |bench| bench.closed() == (true, true)), Some(3_000));
}

#[test]
fn after_under_voltage_it_closes_by_itself_three_times_an_hour_and_a_command_overrides_that() {
    let mut bench = Bench::running();
    let round = |bench: &mut Bench| {
        bench.hanging = Some(LOAD);
        bench.set_cell(3, 2_450);
        bench.run_until(5_000, |bench| bench.tripped(UV, L2)).unwrap();
        bench.run_ms(1_000);
        bench.set_cell(3, 3_100);
        bench.hanging = Some(Hanging::default());
    };
    for _ in 0..3 {
        round(&mut bench);
        assert!(bench.run_until(4_000, |bench| bench.closed() == (true, true)).is_some());
    }
    round(&mut bench);
    assert_eq!(bench.run_until(60_000, |bench| bench.closed() == (true, true)), None);
    let left = bench.way_out(UV).1.unwrap().as_secs();
    assert!((3_400..3_600).contains(&left), "{left}");
    bench.allow(Switch::Discharge, true);
    assert_eq!(bench.closed(), (true, true));
    assert_eq!(bench.kept.unwrap().counts.under_voltage_closings, 3, "a command counts as none");
    // And once the hour has rolled on it closes by itself again.
    round(&mut bench);
    bench.run_ms(10_000);
    assert_eq!(bench.closed(), (true, false));
    pass(&mut bench, 3_600);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn the_load_sink_is_on_while_the_discharge_switch_is_open_so_that_a_removed_load_shows() {
    let mut bench = Bench::running();
    assert!(!bench.bms.wanted().load_sink);
    bench.set_cell(3, 2_450);
    bench.run_until(5_000, |bench| bench.closed() == (true, false)).unwrap();
    // The open discharge switch blocks P- above B-, whatever the charge switch does.
    assert!(bench.bms.wanted().load_sink);
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    bench.tick();
    assert!(bench.bms.wanted().load_sink);
    let mut bench = Bench::running();
    bench.set_cell(3, 3_700);
    bench.run_until(5_000, |bench| bench.closed() == (false, true)).unwrap();
    assert!(!bench.bms.wanted().load_sink, "the load is connected");
}

/// Trips the hard charge over-current with a charger that stays plugged in.
fn charge_over_current(bench: &mut Bench) {
    bench.set_amps(150);
    bench.hanging = Some(Hanging { load: false, charger: true });
    bench.run_until(1_500, |bench| bench.tripped(CHARGE, Level::Hard)).unwrap();
    bench.set_amps(0);
}

#[test]
fn charge_over_current_is_tried_again_after_thirty_seconds() {
    let mut bench = Bench::running();
    charge_over_current(&mut bench);
    let closed = bench.run_until(40_000, |bench| bench.closed() == (true, true));
    assert_eq!(closed, Some(30_000));
    assert_eq!(last_release(&bench, CHARGE), Some(ReleaseReason::Retry));
}

#[test]
fn charge_over_current_releases_half_a_second_after_the_charger_is_gone_or_a_load_pulls() {
    let unplugged = |bench: &mut Bench| bench.hanging = Some(Hanging::default());
    let loaded = |bench: &mut Bench| {
        // Too little for the reverse rule, enough to see.
        bench.current = Ok(Current::from_milliamps(-400));
    };
    let ways: [&dyn Fn(&mut Bench); 2] = [&unplugged, &loaded];
    for change in ways {
        let mut bench = Bench::running();
        charge_over_current(&mut bench);
        bench.run_ms(5_000);
        change(&mut bench);
        let closed = bench.run_until(10_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(500));
        assert_eq!(last_release(&bench, CHARGE), Some(ReleaseReason::ChargerRemoved));
    }
}

#[test]
fn the_third_charge_over_current_in_ten_minutes_waits_for_the_charger_to_go_however_long() {
    let mut bench = Bench::running();
    for _ in 0..2 {
        charge_over_current(&mut bench);
        bench.run_until(40_000, |bench| bench.closed() == (true, true)).unwrap();
    }
    charge_over_current(&mut bench);
    bench.run_ms(60_000);
    assert_eq!(bench.closed(), (false, true));
    assert_eq!(bench.way_out(CHARGE), (Until::ChargerRemoved, None));
    // The ten minutes pass, the charger is still there.
    pass(&mut bench, 1_800);
    assert_eq!(bench.closed(), (false, true), "it is latched, not waiting");
    // Nor does a discharge current prove that it has gone.
    bench.hanging = None;
    bench.current = Ok(Current::from_milliamps(-400));
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (false, true));
    bench.set_amps(0);
    bench.hanging = Some(Hanging { load: false, charger: true });
    let mut bench = bench.rebooted();
    bench.run_ms(120_000);
    assert_eq!(bench.closed(), (false, true), "a restart is no way around");
    bench.hanging = Some(Hanging::default());
    assert_eq!(bench.run_until(10_000, |bench| bench.closed() == (true, true)), Some(500));
}

#[test]
fn two_charge_over_currents_and_one_ten_minutes_after_the_first_are_not_three_within_them() {
    let mut bench = Bench::running();
    charge_over_current(&mut bench);
    bench.run_until(40_000, |bench| bench.closed() == (true, true)).unwrap();
    pass(&mut bench, 300);
    charge_over_current(&mut bench);
    bench.run_until(40_000, |bench| bench.closed() == (true, true)).unwrap();
    pass(&mut bench, 300);
    charge_over_current(&mut bench);
    assert!(bench.run_until(40_000, |bench| bench.closed() == (true, true)).is_some());
}

/// Trips the discharge over-current at a level, with a load that stays.
fn discharge_over_current(bench: &mut Bench, level: Level) {
    bench.set_amps(if level == Level::Hard { -300 } else { -230 });
    bench.hanging = Some(LOAD);
    bench.run_until(11_000, |bench| bench.tripped(DISCHARGE, level)).unwrap();
    bench.set_amps(0);
}

#[test]
fn discharge_over_currents_of_both_levels_share_three_retries_and_then_latch() {
    let mut bench = Bench::running();
    // Counted from the trip, which was a tick before.
    for (wait, level) in [(29_990, Level::Hard), (59_990, L2), (119_990, Level::Hard)] {
        discharge_over_current(&mut bench, level);
        assert_eq!(bench.way_out(DISCHARGE).0, Until::Retry);
        let closed = bench.run_until(130_000, |bench| bench.closed() == (true, true)).unwrap();
        assert_eq!(closed, wait);
        assert_eq!(last_release(&bench, DISCHARGE), Some(ReleaseReason::Retry));
    }
    discharge_over_current(&mut bench, L2);
    assert_eq!(bench.way_out(DISCHARGE), (Until::LoadRemovedOrCommand, None));
    pass(&mut bench, 7_200);
    assert_eq!(bench.closed(), (true, false));
    let mut bench = bench.rebooted();
    bench.run_ms(200_000);
    assert_eq!(bench.closed(), (true, false), "a restart is no way around");
}

/// A latched discharge over-current.
fn latched_over_current(config: Option<cellward_params::Config>) -> Bench {
    let mut bench = config.map_or_else(Bench::running, |config| {
        let mut bench = Bench::with(config);
        bench.feed(Input::Key(true));
        bench.run_ms(1_500);
        bench
    });
    for _ in 0..3 {
        discharge_over_current(&mut bench, Level::Hard);
        bench.run_until(130_000, |bench| bench.closed() == (true, true)).unwrap();
    }
    discharge_over_current(&mut bench, Level::Hard);
    bench.run_ms(200);
    bench
}

#[test]
fn a_latched_discharge_over_current_releases_by_load_charger_or_command_and_starts_anew() {
    let command = |bench: &mut Bench| bench.allow(Switch::Discharge, true);
    let load_gone = |bench: &mut Bench| bench.hanging = Some(Hanging::default());
    let charger = |bench: &mut Bench| bench.set_amps(5);
    let ways: [(Change<'_>, ReleaseReason, u64); 3] = [
        (&load_gone, ReleaseReason::LoadRemoved, 500),
        (&charger, ReleaseReason::Charger, 0),
        (&command, ReleaseReason::Command, 0),
    ];
    for (change, reason, wait) in ways {
        let mut bench = latched_over_current(None);
        change(&mut bench);
        let closed = bench.run_until(1_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(wait), "{reason:?}");
        assert_eq!(last_release(&bench, DISCHARGE), Some(reason));
        assert_eq!(bench.kept.unwrap().counts.discharge_tries, 0);
        bench.set_amps(0);
        discharge_over_current(&mut bench, Level::Hard);
        let closed = bench.run_until(130_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(29_990), "{reason:?}");
    }
}

#[test]
fn the_key_releases_a_latched_discharge_over_current_and_a_command_for_charging_does_not() {
    let mut config =
        super::bench::config_of(cellward_params::Profile::Strict, cellward_params::Chemistry::Lfp);
    config.set(cellward_params::ParamId(39), 1).unwrap();
    let mut bench = latched_over_current(Some(config));
    bench.allow(Switch::Charge, true);
    bench.run_ms(1_000);
    assert!(bench.tripped(DISCHARGE, Level::Hard));
    bench.feed(Input::Key(false));
    bench.run_ms(1_000);
    assert!(bench.tripped(DISCHARGE, Level::Hard), "turning it off is no wish");
    bench.feed(Input::Key(true));
    assert!(!bench.tripped(DISCHARGE, Level::Hard));
    assert_eq!(last_release(&bench, DISCHARGE), Some(ReleaseReason::Key));
    bench.tick();
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn retries_after_an_over_current_are_forgotten_when_it_has_held_for_ten_minutes() {
    for (held, wait) in [(590, 59_990), (600, 29_990)] {
        let mut bench = Bench::running();
        discharge_over_current(&mut bench, Level::Hard);
        bench.run_until(40_000, |bench| bench.closed() == (true, true)).unwrap();
        // The trip itself comes a second after the current.
        pass(&mut bench, held - 10);
        bench.run_ms(9_000);
        discharge_over_current(&mut bench, Level::Hard);
        let closed = bench.run_until(130_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(wait), "{held}");
    }
}

#[test]
fn the_vendors_board_waits_for_the_load_to_go_after_over_current_and_short() {
    for short in [false, true] {
        let mut bench = Bench::vendor();
        bench.hanging = Some(LOAD);
        if short {
            bench.feed(Input::Alert(ChipAlert::ShortCircuit));
        } else {
            bench.set_amps(-300);
            bench.run_until(2_000, |bench| bench.tripped(DISCHARGE, Level::Hard)).unwrap();
            bench.set_amps(0);
        }
        bench.tick();
        bench.allow(Switch::Discharge, true);
        pass(&mut bench, 3_600);
        bench.run_ms(1_000);
        assert!(!bench.closed().1, "{short}");
        let fault = if short { SHORT } else { DISCHARGE };
        assert_eq!(bench.way_out(fault), (Until::LoadRemoved, None));
        bench.hanging = Some(Hanging::default());
        let closed = bench.run_until(1_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(500), "{short}");
        assert_eq!(last_release(&bench, fault), Some(ReleaseReason::LoadRemoved));
    }
}

/// A short circuit with the load still there.
fn short(bench: &mut Bench) {
    bench.hanging = Some(LOAD);
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    assert_eq!(bench.closed(), (false, false));
}

//
#[test]
fn without_a_path_nothing_closes_onto_a_short_within_six_hours() {
    let mut bench = Bench::running();
    short(&mut bench);
    bench.run_ms(20_000);
    pass(&mut bench, 6 * 3_600);
    assert_eq!(bench.closed(), (false, false));
    assert!(!bench.bms.wanted().precharge);
    assert_eq!(bench.times(Happening::SwitchClosed), 0);
    assert_eq!(bench.way_out(SHORT), (Until::LoadRemovedOrCommand, None));
    let mut bench = bench.rebooted();
    bench.run_ms(60_000);
    assert_eq!(bench.closed(), (false, false), "a restart is no way around");
}

#[test]
fn a_latched_short_releases_by_load_or_command_and_never_within_ten_seconds() {
    for (at_ms, wait) in [(2_000, 8_000), (20_000, 0)] {
        let mut bench = Bench::running();
        short(&mut bench);
        bench.run_ms(at_ms);
        bench.allow(Switch::Discharge, true);
        let closed = bench.run_until(20_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(wait));
        assert_eq!(last_release(&bench, SHORT), Some(ReleaseReason::Command));
        let mut bench = Bench::running();
        short(&mut bench);
        bench.run_ms(at_ms);
        bench.hanging = Some(Hanging::default());
        let closed = bench.run_until(20_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed, Some(wait.max(500)));
        assert_eq!(last_release(&bench, SHORT), Some(ReleaseReason::LoadRemoved));
    }
}

//
#[test]
fn with_a_path_a_short_is_tried_three_times_through_it_and_never_by_a_switch() {
    let mut bench = Bench::with_path();
    short(&mut bench);
    let mut tried_at = std::vec::Vec::new();
    let start = bench.now;
    for _ in 0..60_000 {
        let conducted = bench.bms.wanted().precharge;
        bench.tick();
        assert_eq!(bench.closed(), (false, false), "onto the short");
        if bench.bms.wanted().precharge && !conducted {
            tried_at.push(bench.now.since(start).as_secs());
        }
    }
    // 10 s after the trip, 60 s and 300 s after the tries that failed.
    assert_eq!(tried_at, [10, 70, 370]);
    assert_eq!(bench.way_out(SHORT), (Until::LoadRemovedOrCommand, None));
    assert!(!bench.tripped(Fault::PrechargeFailed, L2), "it is told as the short that it is");
    pass(&mut bench, 6 * 3_600);
    assert_eq!(bench.times(Happening::PrechargeStarted), 3);
    assert_eq!(bench.kept.unwrap().counts.short_latches, 1);
    let mut bench = bench.rebooted();
    bench.run_ms(400_000);
    assert_eq!(bench.times(Happening::PrechargeStarted), 0, "used up over a restart");
    // The load goes: the path is not even needed.
    bench.hanging = Some(Hanging::default());
    bench.run_until(1_000, |bench| bench.closed() == (true, true)).unwrap();
}

#[test]
fn a_short_that_is_gone_at_the_retry_closes_through_the_path() {
    let mut bench = Bench::with_path();
    bench.port = Voltage::from_millivolts(52_800);
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    bench.run_until(11_000, |bench| bench.bms.wanted().precharge).unwrap();
    // An ordinary load charges up.
    bench.port = Voltage::from_millivolts(20_000);
    bench.run_ms(150);
    bench.port = Voltage::from_millivolts(500);
    bench.run_until(200, |bench| bench.closed() == (true, true)).unwrap();
    assert_eq!(last_release(&bench, SHORT), Some(ReleaseReason::Retry));
    assert!(bench.happened(Happening::PrechargeDone));
    // The retry comes back after an hour with both closed.
    pass(&mut bench, 3_580);
    bench.run_ms(100);
    assert_eq!(bench.bms.protect.kept(bench.now).2.short_tries, 1);
    pass(&mut bench, 30);
    assert_eq!(bench.bms.protect.kept(bench.now).2.short_tries, 0);
    // An ordinary failure afterwards is one of the pre-charge, not a short.
    bench.allow(Switch::Discharge, false);
    bench.run_ms(100);
    bench.port = Voltage::from_millivolts(52_800);
    bench.tick();
    bench.allow(Switch::Discharge, true);
    bench.run_ms(10_000);
    assert!(bench.tripped(Fault::PrechargeFailed, L2));
    assert!(!bench.tripped(SHORT, L2));
}

#[test]
fn used_up_retries_come_back_only_while_both_switches_are_closed() {
    let mut bench = Bench::with_path();
    short(&mut bench);
    bench.run_ms(400_000);
    assert_eq!(bench.kept.unwrap().counts.short_tries, 3);
    pass(&mut bench, 7_300);
    assert_eq!(bench.bms.protect.kept(bench.now).2.short_tries, 3, "both are open");
    bench.hanging = Some(Hanging::default());
    bench.run_ms(1_000);
    assert_eq!(bench.closed(), (true, true));
    bench.allow(Switch::Charge, false);
    pass(&mut bench, 7_300);
    assert_eq!(bench.bms.protect.kept(bench.now).2.short_tries, 3, "one is open");
    bench.allow(Switch::Charge, true);
    pass(&mut bench, 7_300);
    assert_eq!(bench.bms.protect.kept(bench.now).2.short_tries, 1);
}

#[test]
fn a_capacitor_that_fills_is_tried_every_second_five_times_and_no_more() {
    let mut bench = Bench::new();
    // B+ to P- stands at 0 V before the first closing.
    bench.port = Voltage::from_millivolts(52_800);
    bench.run_ms(1_500);
    let mut tries = 0;
    for trip in 1..=7 {
        // Each closing adds three volts: more than a twentieth.
        bench.port = Voltage::from_millivolts(52_800 - trip * 3_000);
        bench.feed(Input::Alert(ChipAlert::ShortCircuit));
        assert_eq!(bench.closed(), (false, false));
        match bench.run_until(5_000, |bench| bench.closed() == (true, true)) {
            Some(wait) => assert_eq!(wait, 1_000),
            None => break,
        }
        tries += 1;
    }
    assert_eq!(tries, 5);
    assert_eq!(bench.way_out(SHORT).0, Until::LoadRemovedOrCommand);
}

#[test]
fn a_try_that_adds_less_than_a_twentieth_ends_the_exception() {
    let mut bench = Bench::new();
    bench.port = Voltage::from_millivolts(52_800);
    bench.run_ms(1_500);
    for (port, again) in [(50_160, true), (47_530, false)] {
        bench.port = Voltage::from_millivolts(port);
        bench.feed(Input::Alert(ChipAlert::ShortCircuit));
        let closed = bench.run_until(3_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed.is_some(), again, "{port}");
    }
}

#[test]
fn the_fifth_latched_short_within_a_day_locks_and_four_do_not() {
    let mut bench = Bench::running();
    for number in 1..=5 {
        short(&mut bench);
        bench.run_ms(11_000);
        assert_eq!(bench.locked(SHORT), number == 5, "{number}");
        bench.hanging = Some(Hanging::default());
        bench.run_ms(1_000);
        assert_eq!(bench.closed(), (number < 5, number < 5));
        pass(&mut bench, 600);
    }
    let locked = bench.records().filter(|r| r.kind == RecordKind::Lock).count();
    assert_eq!(locked, 1);
    // A command or a load that goes is no way out any more; an installer is.
    bench.allow(Switch::Discharge, true);
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (false, false));
    bench.unlock(SHORT).unwrap();
    bench.run_ms(500);
    assert_eq!(bench.closed(), (true, true));
    short(&mut bench);
    bench.run_ms(11_000);
    assert!(!bench.locked(SHORT), "the count has started again");
}

#[test]
fn latched_shorts_of_more_than_a_day_ago_do_not_lock() {
    let mut bench = Bench::running();
    for number in 1..=5 {
        short(&mut bench);
        bench.run_ms(11_000);
        bench.hanging = Some(Hanging::default());
        bench.run_ms(1_000);
        if number == 1 {
            pass(&mut bench, 86_400);
        }
    }
    assert!(!bench.locked(SHORT));
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn latched_shorts_are_counted_over_restarts_and_on_the_vendors_board_with_a_path_too() {
    let mut bench = Bench::running();
    for number in 1..=5 {
        short(&mut bench);
        bench.run_ms(11_000);
        assert_eq!(bench.locked(SHORT), number == 5, "{number}");
        bench = bench.rebooted();
        bench.hanging = Some(Hanging::default());
        bench.run_ms(12_000);
    }
    let mut config =
        super::bench::config_of(cellward_params::Profile::Vendor, cellward_params::Chemistry::Lfp);
    config.set(cellward_params::ParamId(33), 20_000).unwrap();
    let mut bench = Bench::started(config);
    for number in 1..=5 {
        short(&mut bench);
        bench.run_ms(1_000);
        assert_eq!(bench.locked(SHORT), number == 5, "{number}");
        bench.hanging = Some(Hanging::default());
        bench.run_ms(1_000);
    }
}

/// A pre-charge that failed onto a load that stays.
fn precharge_failed() -> Bench {
    let mut bench = Bench::with_path();
    bench.allow(Switch::Discharge, false);
    bench.run_ms(100);
    bench.port = Voltage::from_millivolts(52_800);
    bench.tick();
    bench.allow(Switch::Discharge, true);
    // Counted at the path itself: the story tells the second and third try later, in one record.
    let (tries, conducts) = (core::cell::Cell::new(0), core::cell::Cell::new(false));
    let failed = bench.run_until(10_000, |bench| {
        let now = bench.bms.wanted().precharge;
        if now && !conducts.replace(now) {
            tries.set(tries.get() + 1);
        }
        conducts.set(now);
        bench.tripped(Fault::PrechargeFailed, L2)
    });
    assert!(failed.is_some());
    assert_eq!(tries.get(), 3);
    bench.run_ms(100);
    bench
}

#[test]
fn a_failed_pre_charge_waits_five_minutes_or_for_the_load_or_a_command() {
    let failed = Fault::PrechargeFailed;
    let mut bench = precharge_failed();
    assert_eq!(bench.closed(), (true, false));
    assert_eq!(bench.way_out(failed).0, Until::LoadRemovedOrCommand);
    let over = bench.run_until(301_000, |bench| !bench.tripped(failed, L2)).unwrap();
    assert!((299_800..=299_900).contains(&over), "{over}");
    assert_eq!(last_release(&bench, failed), Some(ReleaseReason::Retry));
    let mut bench = precharge_failed();
    bench.port = Voltage::ZERO;
    let over = bench.run_until(1_000, |bench| !bench.tripped(failed, L2)).unwrap();
    assert_eq!(over, 500);
    assert_eq!(bench.closed(), (true, true));
    assert_eq!(last_release(&bench, failed), Some(ReleaseReason::LoadRemoved));
    let mut bench = precharge_failed();
    bench.allow(Switch::Discharge, true);
    assert!(!bench.tripped(failed, L2));
    assert_eq!(last_release(&bench, failed), Some(ReleaseReason::Command));
}

/// Cells 1.2 V apart.
fn unequal() -> Bench {
    let mut bench = Bench::running();
    bench.set_cell(2, 2_600);
    bench.set_cell(3, 3_600);
    bench.run_until(6_000, |bench| bench.tripped(Fault::CellDifference, Level::Hard)).unwrap();
    assert_eq!(bench.closed(), (false, false));
    bench
}

#[test]
fn cells_that_differ_too_much_wait_for_an_installer_even_when_they_are_equal_again() {
    let mut bench = unequal();
    bench.set_cells(3_300);
    bench.run_ms(200_000);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.way_out(Fault::CellDifference), (Until::Installer, None));
    assert_eq!(
        bench.ask(
            Role::User,
            cellward_params::Action::Command(Command::Override(Fault::CellDifference))
        ),
        Err(Refusal::Role { needed: Role::Installer })
    );
    bench.command(Command::Override(Fault::CellDifference)).unwrap();
    bench.run_ms(100);
    assert_eq!(bench.closed(), (true, true));
    assert!(!bench.tripped(Fault::CellDifference, Level::Hard), "equal for a minute at rest");
}

#[test]
fn an_override_of_unequal_cells_lasts_a_day_and_leaves_every_other_row_in_force() {
    let mut bench = unequal();
    bench.command(Command::Override(Fault::CellDifference)).unwrap();
    bench.tick();
    assert_eq!(bench.closed(), (true, true));
    assert!(bench.happened(Happening::OverrideStarted));
    bench.set_cell(3, 3_700);
    bench.run_ms(1_000);
    assert_eq!(bench.closed(), (false, true), "over-voltage still opens");
    bench.set_cell(3, 3_390);
    bench.set_cell(2, 2_300);
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, false), "under-voltage too");
    bench.set_cell(2, 2_600);
    pass(&mut bench, 86_380);
    assert!(bench.closed().0);
    pass(&mut bench, 20);
    assert_eq!(bench.closed(), (false, false));
    assert!(bench.happened(Happening::OverrideEnded));
}

#[test]
fn more_than_a_trickle_for_ten_seconds_ends_the_override() {
    // 0.05 of 280 A.
    for (milliamps, ended) in [(14_000, false), (-14_000, false), (14_001, true), (-14_001, true)] {
        let mut bench = unequal();
        bench.command(Command::Override(Fault::CellDifference)).unwrap();
        bench.current = Ok(Current::from_milliamps(milliamps));
        bench.run_ms(10_000);
        assert_eq!(bench.closed(), (true, true));
        bench.tick();
        assert_eq!(bench.closed() == (false, false), ended, "{milliamps}");
    }
}

#[test]
fn an_override_is_only_for_what_is_there_and_can_be_overridden() {
    let mut bench = Bench::running();
    for fault in [Fault::CellDifference, Fault::DeepUnderVoltage, Fault::ShortCircuit] {
        assert_eq!(bench.command(Command::Override(fault)), Err(Refusal::NothingToDo(fault)));
    }
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    assert_eq!(bench.command(Command::Override(SHORT)), Err(Refusal::NothingToDo(SHORT)));
    // An alarm is not enough.
    let mut bench = Bench::running();
    bench.set_cell(2, 3_520);
    bench.run_ms(11_000);
    assert!(bench.tripped(Fault::CellDifference, Level::Alarm));
    let refused = Err(Refusal::NothingToDo(Fault::CellDifference));
    assert_eq!(bench.command(Command::Override(Fault::CellDifference)), refused);
}

#[test]
fn a_difference_that_opens_nothing_opens_nothing_after_a_restart_either() {
    let mut bench = Bench::running();
    bench.set_cell(2, 2_750);
    bench.run_ms(11_000);
    assert!(bench.tripped(Fault::CellDifference, L2));
    assert_eq!(bench.closed(), (true, true));
    bench.allow(Switch::Charge, true);
    bench.run_ms(600_000);
    let mut bench = bench.rebooted();
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_difference_that_opened_both_stays_over_a_restart() {
    let mut bench = unequal();
    bench.set_cells(3_300);
    let mut bench = bench.rebooted();
    bench.run_ms(100_000);
    assert_eq!(bench.closed(), (false, false));
}
