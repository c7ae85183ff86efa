//! Short circuits: load, retries through the path, capacitors, the fifth within a day.

use super::*;

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
    let mut config = crate::tests::bench::config_of(
        cellward_params::Profile::Vendor,
        cellward_params::Chemistry::Lfp,
    );
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

#[test]
fn what_stood_at_the_port_before_the_closing_counts_and_not_what_stands_there_while_closed() {
    // With a charge switch that a person keeps open, the discharge switch alone connects the port.
    for charge in [true, false] {
        let mut bench = Bench::new();
        bench.allow(Switch::Charge, charge);
        bench.port = Voltage::from_millivolts(52_800);
        bench.run_until(2_000, |bench| bench.closed() == (charge, true)).unwrap();
        bench.port = Voltage::ZERO;
        bench.run_ms(50);
        bench.port = Voltage::from_millivolts(49_800);
        bench.feed(Input::Alert(ChipAlert::ShortCircuit));
        assert_eq!(bench.closed(), (false, false));
        let tried = bench.run_until(3_000, |bench| bench.closed() == (charge, true));
        assert_eq!(tried, Some(1_000), "the port has risen by three volts");
    }
}

#[test]
fn a_try_onto_a_capacitor_uses_up_no_retry_of_a_short() {
    let mut bench = Bench::precharging(52_800);
    bench.run_ms(60);
    // Five volts are left over the path for a light load: that is near enough to close.
    bench.port = Voltage::from_millivolts(5_000);
    bench.allow(Switch::Charge, false);
    bench.run_until(1_000, |bench| bench.closed().1).unwrap();
    bench.port = Voltage::from_millivolts(2_000);
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    let over = bench.run_until(3_000, |bench| !bench.tripped(SHORT, L2));
    assert_eq!(over, Some(1_000));
    assert_eq!(last_release(&bench, SHORT), Some(ReleaseReason::Retry));
    assert_eq!(bench.bms.protect.kept(bench.now).2.short_tries, 0);
}

#[test]
fn a_load_that_goes_gives_the_tries_onto_a_capacitor_back() {
    let mut bench = Bench::new();
    bench.port = Voltage::from_millivolts(52_800);
    bench.run_ms(1_500);
    for trip in 1..=6 {
        bench.port = Voltage::from_millivolts(52_800 - trip * 3_000);
        bench.feed(Input::Alert(ChipAlert::ShortCircuit));
        let closed = bench.run_until(5_000, |bench| bench.closed() == (true, true));
        assert_eq!(closed.is_some(), trip < 6, "{trip}");
    }
    bench.port = Voltage::ZERO;
    bench.run_until(10_000, |bench| bench.closed() == (true, true)).unwrap();
    assert_eq!(last_release(&bench, SHORT), Some(ReleaseReason::LoadRemoved));
    // Another inverter is plugged in, sooner than ten seconds with both closed prove anything.
    for (port, allowed) in [(0, false), (52_800, false), (52_800, true)] {
        bench.port = Voltage::from_millivolts(port);
        bench.allow(Switch::Charge, allowed);
        bench.allow(Switch::Discharge, allowed);
        bench.run_ms(50);
    }
    bench.port = Voltage::from_millivolts(49_800);
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    let closed = bench.run_until(5_000, |bench| bench.closed() == (true, true));
    assert_eq!(closed, Some(1_000));
}
