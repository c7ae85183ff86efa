//! Over- and under-voltage, and the sink that shows whether the load is gone.

use super::*;

/// Trips the over-voltage of one cell and lets it recover; whether the charge switch closed within
/// `wait_ms` of that.
fn over_voltage_round(bench: &mut Bench, wait_ms: u64) -> Option<u64> {
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.set_cell(6, 3_399);
    bench.run_until(wait_ms, |bench| bench.closed() == (true, true))
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

#[test]
fn what_was_discharged_is_not_forgotten_when_another_row_comes_and_goes() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.set_cell(6, 3_449);
    bench.hanging = Some(Hanging::default());
    bench.set_amps(-100);
    // Too hot to charge in between; all in all 2.8 Ah of 280 Ah are discharged in 100.8 s.
    bench.run_ms(20_000);
    bench.set_celsius(56);
    bench.run_until(6_000, |b| b.tripped(Fault::ChargeOverTemperature, L2)).unwrap();
    bench.set_celsius(25);
    bench.run_until(40_000, |b| !b.tripped(Fault::ChargeOverTemperature, L2)).unwrap();
    assert!(bench.tripped(OV, L2));
    bench.run_ms(50_000);
    bench.set_amps(0);
    bench.run_ms(4_000);
    assert_eq!(last_release(&bench, OV), Some(ReleaseReason::Discharged));
}

#[test]
fn the_recovery_of_the_next_alarm_is_as_deep_as_ever_after_a_discharge() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.set_cell(6, 3_440);
    bench.hanging = Some(Hanging::default());
    bench.set_amps(-100);
    bench.run_ms(110_000);
    bench.set_amps(0);
    assert_eq!(last_release(&bench, OV), Some(ReleaseReason::Discharged));
    bench.set_cell(6, 3_560);
    bench.run_until(3_000, |bench| bench.tripped(OV, Level::Alarm)).unwrap();
    // One hysteresis above 3.50 V would be 3.55 V.
    bench.set_cell(6, 3_520);
    bench.run_ms(10_000);
    assert!(bench.tripped(OV, Level::Alarm));
}

#[test]
fn a_person_is_told_of_the_recovery_alone_once_any_one_relief_was_seen() {
    let charger = |bench: &mut Bench| bench.current = Ok(Current::from_milliamps(400));
    let load_gone = |bench: &mut Bench| bench.hanging = Some(Hanging::default());
    let command = |bench: &mut Bench| bench.allow(Switch::Discharge, true);
    let reliefs: [Change<'_>; 3] = [&charger, &load_gone, &command];
    for (number, relieve) in reliefs.into_iter().enumerate() {
        let mut bench = under_voltage(LOAD);
        bench.set_cell(3, 2_600);
        bench.run_ms(1_000);
        assert_eq!(bench.way_out(UV).0, Until::RecoveryAndRelief(3_000));
        relieve(&mut bench);
        bench.run_ms(600);
        assert_eq!(bench.way_out(UV).0, Until::Recovery(3_000), "{number}");
    }
}
