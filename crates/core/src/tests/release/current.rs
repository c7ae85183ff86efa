//! Over-currents of both directions, and the vendor's rule for them.

use super::*;

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
    let mut config = crate::tests::bench::config_of(
        cellward_params::Profile::Strict,
        cellward_params::Chemistry::Lfp,
    );
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

#[test]
fn both_levels_of_one_charge_over_current_count_as_one() {
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging { load: false, charger: true });
    bench.set_amps(120);
    bench.run_ms(9_200);
    bench.set_amps(150);
    // The charge switch needs a while to open, so that the hard level trips as well.
    bench.run_until(1_500, |bench| bench.tripped(CHARGE, Level::Hard)).unwrap();
    assert!(bench.tripped(CHARGE, L2));
    assert_eq!(bench.bms.protect.kept(bench.now).2.charge_over_currents, 1);
}

#[test]
fn a_latched_charge_over_current_that_has_released_is_forgotten_after_ten_minutes() {
    let mut bench = Bench::running();
    for _ in 0..2 {
        charge_over_current(&mut bench);
        bench.run_until(40_000, |bench| bench.closed() == (true, true)).unwrap();
    }
    charge_over_current(&mut bench);
    bench.hanging = Some(Hanging::default());
    bench.run_until(1_000, |bench| bench.closed() == (true, true)).unwrap();
    let kept = |bench: &Bench| bench.bms.protect.kept(bench.now).2.charge_over_currents;
    assert_eq!(kept(&bench), 3);
    pass(&mut bench, 610);
    assert_eq!(kept(&bench), 0, "a restart would else find it latched");
}

#[test]
fn a_second_level_that_trips_when_ten_minutes_have_passed_does_not_give_the_retries_back() {
    let mut bench = Bench::running();
    discharge_over_current(&mut bench, Level::Hard);
    bench.run_until(40_000, |bench| bench.closed() == (true, true)).unwrap();
    let released = bench.now.before(crate::tests::bench::TICK);
    // L2 trips 599.8 s after the release, and the hard level, by the same current, 600.1 s after.
    pass(&mut bench, 580);
    let until_ms = |bench: &mut Bench, millis: u64| {
        bench.run_ms(millis - bench.now.since(released).as_millis());
    };
    until_ms(&mut bench, 589_800);
    bench.set_amps(-230);
    until_ms(&mut bench, 599_100);
    bench.set_amps(-300);
    let first = bench.run_until(1_500, |bench| bench.tripped(DISCHARGE, L2)).unwrap();
    let second = bench.run_until(1_500, |bench| bench.tripped(DISCHARGE, Level::Hard)).unwrap();
    assert_eq!((first, second), (700, 290));
    bench.set_amps(0);
    let closed = bench.run_until(130_000, |bench| bench.closed() == (true, true));
    assert_eq!(closed, Some(59_990), "counted from the trip of the hard level");
}
