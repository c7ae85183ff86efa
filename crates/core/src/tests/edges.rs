//! Odd moments: silence in the middle of a wait, readings older than a switch, a switch that does
//! not follow, requests between ticks.

use cellward_params::reason::Why;
use cellward_params::record::{Happening, Switches};
use cellward_params::{
    Action, Command, Fault, Level, ParamId, PortId, Request, Role, Switch, parameter::Field,
};
use cellward_units::{Charge, Current, Duration, NoData, Temperature, Voltage};

use std::vec::Vec;

use super::bench::{Bench, TICK};
use crate::{CellsFrame, ChipAlert, CurrentFrame, Input, TemperaturesFrame};

fn request(action: Action) -> Input<'static> {
    Input::Request(Request { id: 1, port: PortId(0), role: Role::Factory, action })
}

fn allow(switch: Switch, allowed: bool) -> Input<'static> {
    request(Action::Command(Command::AllowSwitch { switch, allowed }))
}

/// A cell at 2.45 V until the discharge switch opens, with P- at B- as it is while both conduct.
fn under_voltage() -> Bench {
    let mut bench = Bench::running();
    // Too little to be told from nothing.
    bench.current = Ok(Current::from_milliamps(-300));
    bench.set_cell(3, 2_450);
    bench.run_until(5_000, |bench| bench.closed() == (true, false)).unwrap();
    bench
}

#[test]
fn a_short_circuit_is_heard_although_no_load_was_seen_before() {
    let mut bench = Bench::running();
    bench.feed(allow(Switch::Charge, false));
    bench.feed(allow(Switch::Discharge, false));
    bench.run_ms(1_000);
    assert_eq!(bench.bms.snapshot(bench.now).load_present, Ok(false));
    // The switch closes into a short: the chip opens again before anything is measured.
    bench.bms.handle(allow(Switch::Discharge, true), bench.now);
    bench.bms.handle(Input::Tick, bench.now);
    bench.bms.handle(Input::Alert(ChipAlert::ShortCircuit), bench.now);
    assert!(bench.active(Fault::ShortCircuit, Level::Protection));
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn a_port_reading_from_before_the_switch_opened_is_no_relief() {
    let mut bench = under_voltage();
    // From the next reading on the load is seen: it pulls P- up.
    bench.set_amps(0);
    bench.port = Voltage::from_millivolts(51_900);
    bench.run_ms(1_000);
    bench.set_cells(3_100);
    bench.port = Voltage::from_millivolts(49_600);
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (true, false));
}

#[test]
fn asking_for_the_other_switch_is_no_relief() {
    let mut bench = under_voltage();
    bench.set_amps(0);
    bench.port = Voltage::from_millivolts(49_600);
    bench.set_cells(3_100);
    bench.run_ms(4_000);
    bench.feed(allow(Switch::Charge, true));
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, false));
    bench.feed(allow(Switch::Discharge, true));
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_request_acts_at_once_and_not_with_the_next_reading() {
    let mut bench = Bench::running();
    bench.feed(allow(Switch::Discharge, false));
    assert_eq!(bench.closed(), (true, false));
    let mut bench = under_voltage();
    bench.set_amps(0);
    bench.port = Voltage::from_millivolts(49_600);
    bench.set_cells(3_100);
    bench.run_ms(4_000);
    bench.feed(allow(Switch::Discharge, true));
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_limit_written_below_the_reading_starts_its_delay_at_once() {
    let mut bench = Bench::running();
    bench.set_cells(3_620);
    bench.run_ms(5_000);
    let id = ParamId::of_limit(Fault::CellOverVoltage, Level::Protection, Field::Threshold);
    bench.feed(request(Action::Write { parameter: id, raw: 3_600 }));
    let due = bench.bms.steady_deadline().unwrap();
    assert!(due <= bench.now + Duration::from_millis(700), "{due:?}");
}

#[test]
fn a_chip_that_starts_late_does_not_hold_the_self_test_for_ever() {
    let mut bench = Bench::new();
    bench.current = Err(NoData::NotYet);
    bench.run_ms(1_000);
    bench.current = Ok(Current::ZERO);
    bench.run_ms(6_000);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_switch_that_a_user_opened_does_not_burn_its_diode() {
    let mut bench = Bench::running();
    bench.feed(allow(Switch::Charge, false));
    bench.run_ms(100);
    assert_eq!(bench.closed(), (false, true));
    bench.set_amps(-100);
    bench.port = Voltage::from_millivolts(700);
    bench.run_ms(50);
    assert_eq!(bench.closed(), (true, true));
    bench.set_amps(1);
    bench.port = Voltage::ZERO;
    bench.tick();
    assert_eq!(bench.closed(), (false, true));
    // Both off: no exception.
    bench.feed(allow(Switch::Discharge, false));
    bench.set_amps(-100);
    bench.port = Voltage::from_millivolts(700);
    // Sooner than it would be known that the discharge switch does not open.
    bench.run_ms(300);
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn a_diode_that_may_not_be_bridged_for_stale_temperatures_is_saved() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (false, true));
    // A sensor falls silent: nothing may close newly.
    bench.temperatures[0] = Err(NoData::NoAnswer);
    bench.run_ms(2_000);
    bench.set_amps(-100);
    bench.port = Voltage::from_millivolts(700);
    let saved = bench.run_until(5_000, |bench| bench.closed() == (false, false)).unwrap();
    assert!((1_000..=1_100).contains(&saved), "{saved}");
    assert_eq!(bench.reasons(Switch::Discharge)[0].why, Why::DiodeCurrent);
}

#[test]
fn a_diode_is_saved_when_the_blocked_switch_does_not_follow() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_850);
    bench.run_ms(3_000);
    assert_eq!(bench.closed(), (false, true));
    bench.set_amps(-100);
    bench.port = Voltage::from_millivolts(700);
    // The chip holds the charge switch open by itself.
    let held = Switches { charge: false, discharge: true };
    let start = bench.now;
    while bench.bms.wanted().switches.discharge {
        let frame = CurrentFrame { current: bench.current, port: Ok(bench.port) };
        bench.bms.handle(Input::Current(frame), bench.now);
        bench.bms.handle(Input::Feedback(held), bench.now);
        let cells = bench.cells.clone();
        let pack = Ok(Voltage::from_millivolts(53_350));
        bench.bms.handle(Input::Cells(CellsFrame { cells: &cells, pack }), bench.now);
        let reading = Ok(Temperature::from_celsius(25));
        let cells = bench.temperatures;
        let sensed = |reading: Result<Temperature, NoData>| reading.map(crate::Sensed::Temperature);
        let frame = TemperaturesFrame {
            cells: cells.map(sensed),
            switches: sensed(reading),
            board: sensed(reading),
        };
        bench.bms.handle(Input::Temperatures(frame), bench.now);
        bench.now += TICK;
        assert!(bench.now.since(start) < Duration::from_millis(1_200), "the diode burns");
    }
    assert_eq!(bench.bms.wanted().switches, Switches::OPEN);
}

#[test]
fn a_wait_that_is_over_is_no_deadline_any_more() {
    // A zero that was refused: the diode may not be bridged.
    let mut bench = Bench::new();
    bench.set_amps(5);
    bench.run_ms(1_500);
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    bench.set_amps(-100);
    bench.port = Voltage::from_millivolts(700);
    bench.run_until(2_000, |bench| bench.closed() == (false, false)).unwrap();
    bench.set_amps(0);
    bench.port = Voltage::ZERO;
    bench.set_cells(3_300);
    bench.run_ms(60_000);
    assert_eq!(bench.closed(), (true, true));
    assert!(bench.bms.steady_deadline().unwrap() > bench.now);
}

#[test]
fn the_end_of_reverse_current_is_no_quiet_span() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    bench.set_amps(-3);
    bench.port = Voltage::from_millivolts(700);
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (true, true));
    // 0.7 A is still a discharge, but below the 0.8 A at which the switch opens again.
    let cells = bench.cells.clone();
    let pack = Ok(cells.iter().copied().map(Result::unwrap).sum());
    let frame = CellsFrame { cells: &cells, pack };
    let current = |milliamps| CurrentFrame {
        current: Ok(Current::from_milliamps(milliamps)),
        port: Ok(Voltage::from_millivolts(700)),
    };
    assert!(bench.bms.unmoved_by(&current(-2_900), &frame));
    assert!(!bench.bms.unmoved_by(&current(-700), &frame));
}

#[test]
fn a_current_that_fades_right_after_closing_is_watched_reading_by_reading() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    bench.set_amps(-3);
    bench.port = Voltage::from_millivolts(700);
    bench.run_until(100, |bench| bench.closed() == (true, true)).unwrap();
    bench.set_amps(0);
    bench.tick();
    assert_eq!(bench.closed(), (true, true), "not within 50 ms");
    let last = bench.now.before(TICK);
    assert_eq!(bench.bms.steady_deadline(), Some(last));
}

#[test]
fn silence_is_no_recovery() {
    let mut bench = Bench::running();
    bench.set_celsius(56);
    bench.run_ms(6_000);
    assert_eq!(bench.closed(), (false, true));
    bench.set_celsius(40);
    bench.run_ms(25_000);
    // Twenty-five of thirty seconds are over when the chip falls silent.
    bench.answering = false;
    bench.run_ms(8_000);
    assert!(bench.active(Fault::ChargeOverTemperature, Level::Protection));
    bench.answering = true;
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (false, true));
    bench.run_ms(11_000);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn the_other_sensors_are_no_proof_that_a_silent_one_has_recovered() {
    let mut bench = Bench::running();
    bench.temperatures[0] = Ok(Temperature::from_celsius(56));
    bench.run_ms(6_000);
    bench.temperatures[0] = Err(NoData::NoAnswer);
    bench.run_ms(60_000);
    assert!(bench.active(Fault::ChargeOverTemperature, Level::Protection));
}

#[test]
fn a_load_that_was_seen_to_go_right_before_silence_is_not_gone() {
    let mut bench = Bench::running();
    bench.set_amps(-300);
    bench.run_until(2_000, |bench| bench.closed() == (true, false)).unwrap();
    bench.set_amps(0);
    bench.port = Voltage::from_millivolts(52_800);
    bench.run_ms(1_000);
    bench.port = Voltage::ZERO;
    bench.run_ms(20);
    bench.answering = false;
    bench.run_ms(5_000);
    assert!(bench.active(Fault::DischargeOverCurrent, Level::Hard));
    assert_eq!(bench.bms.snapshot(bench.now).load_present, Err(NoData::Stale));
}

#[test]
fn charge_is_not_invented_for_a_gap() {
    let mut bench = Bench::running();
    bench.set_amps(-100);
    bench.tick();
    let before = bench.bms.snapshot(bench.now).discharged_total.unwrap();
    bench.now += Duration::from_secs(3_600);
    bench.tick();
    let counted = bench.bms.snapshot(bench.now).discharged_total.unwrap() - before;
    assert!(counted < Charge::from_milliamp_hours(1), "{counted:?}");
    // Nor for a word about a time in which nothing was measured.
    bench.answering = false;
    bench.run_ms(1_000);
    bench.now += Duration::from_secs(3_600);
    bench.feed(Input::Unchanged);
    let counted = bench.bms.snapshot(bench.now).discharged_total.unwrap() - before;
    assert!(counted < Charge::from_milliamp_hours(1), "{counted:?}");
}

#[test]
fn noise_during_an_over_voltage_is_not_the_end_of_a_charge() {
    let mut bench = Bench::running();
    bench.set_amps(90);
    bench.set_cell(6, 3_700);
    bench.run_until(2_000, |bench| bench.closed() == (false, true)).unwrap();
    bench.current = Ok(Current::from_milliamps(50));
    bench.run_ms(1_000);
    assert!(!bench.happened(Happening::Full), "it was cut at a third of 1C");
}

#[test]
fn a_pack_or_cell_without_a_value_is_told_as_a_fault() {
    for reason in [NoData::Implausible, NoData::WireOpen, NoData::NoAnswer] {
        let mut bench = Bench::running();
        let cells = bench.cells.clone();
        for _ in 0..200 {
            let frame = CurrentFrame { current: bench.current, port: Ok(bench.port) };
            bench.feed(Input::Current(frame));
            bench.feed(Input::Cells(CellsFrame { cells: &cells, pack: Err(reason) }));
            bench.now += TICK;
        }
        assert_eq!(bench.closed(), (false, false));
        let first = bench.reasons(Switch::Charge)[0].why;
        assert!(matches!(first, Why::Fault(_)), "{reason:?} {first:?}");
    }
    let mut bench = Bench::running();
    bench.cells[3] = Err(NoData::Implausible);
    bench.run_ms(1_000);
    assert!(bench.active(Fault::StaleData, Level::Protection));
    bench.set_cells(3_300);
    bench.run_ms(2_900);
    assert_eq!(bench.closed(), (false, false), "three good seconds");
}

#[test]
fn unchanged_does_not_make_a_missing_value_younger() {
    let mut bench = Bench::running();
    bench.current = Err(NoData::NoAnswer);
    bench.tick();
    bench.now += Duration::from_secs(10);
    bench.feed(Input::Unchanged);
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn a_second_alert_starts_the_recovery_again() {
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::OverVoltage));
    bench.run_ms(2_500);
    bench.feed(Input::Alert(ChipAlert::OverVoltage));
    bench.run_ms(2_500);
    assert_eq!(bench.closed(), (false, true));
    bench.run_ms(700);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_cell_that_is_added_is_guarded_at_once() {
    let config = cellward_params::Config::lifepo4(15);
    let mut bench = Bench::with(config);
    bench.run_ms(1_500);
    assert_eq!(bench.closed(), (true, true));
    bench.cells.push(Ok(Voltage::from_millivolts(3_700)));
    bench.run_ms(200);
    bench.feed(request(Action::Write { parameter: ParamId(1), raw: 16 }));
    bench.run_ms(2_000);
    assert!(bench.active(Fault::CellOverVoltage, Level::Protection));
    assert!(bench.active(Fault::NotCommissioned, Level::Protection));
}

#[test]
fn a_load_that_bounces_at_the_retry_does_not_give_the_retries_back() {
    let mut bench = Bench::running();
    let mut retries = 0;
    for _ in 0..6 {
        bench.set_amps(-300);
        bench.port = Voltage::ZERO;
        bench.run_until(2_000, |bench| bench.closed() == (true, false)).unwrap();
        bench.set_amps(0);
        // The contacts of the load bounce all the time: never gone for half a second.
        let mut reclosed = false;
        for tick in 0..20_000_u64 {
            let bounce = tick % 40 >= 20;
            bench.port = Voltage::from_millivolts(if bounce { 0 } else { 52_800 });
            bench.tick();
            reclosed = bench.closed() == (true, true);
            if reclosed {
                break;
            }
        }
        if !reclosed {
            break;
        }
        retries += 1;
    }
    assert_eq!(retries, 3);
}

#[test]
fn nothing_is_due_in_the_past_while_the_chip_is_silent() {
    let mut bench = Bench::running();
    bench.set_amps(10);
    bench.run_ms(1_000);
    bench.answering = false;
    bench.run_ms(20_000);
    let last = bench.now.before(TICK);
    assert!(bench.bms.deadline().is_none_or(|deadline| deadline > last));
}

#[test]
fn a_switch_that_does_not_follow_has_a_reason() {
    let mut bench = Bench::running();
    bench.stuck_open = Some(Switch::Charge);
    let told = |bench: &Bench| {
        bench.reasons(Switch::Charge).iter().any(|reason| reason.why == Why::DoesNotFollow)
    };
    let after = bench.run_until(1_000, told).unwrap();
    // The snapshot is looked at one tick after the last one that was fed.
    assert_eq!(after + 10, 100);
    assert!(bench.reasons(Switch::Discharge).is_empty());
}

#[test]
fn which_way_charge_moves_is_not_known_from_a_stale_current() {
    let mut bench = Bench::running();
    bench.set_amps(20);
    bench.run_ms(3_000);
    assert_eq!(bench.bms.snapshot(bench.now).flow, Ok(cellward_params::Flow::Charging));
    bench.answering = false;
    bench.run_ms(100);
    assert_eq!(bench.bms.snapshot(bench.now).flow, Err(NoData::Stale));
}

#[test]
fn one_scan_of_a_floating_wire_raises_no_voltage_alarms() {
    let mut bench = Bench::running();
    bench.float_wire(4);
    bench.run_ms(10_000);
    let faults = bench.bms.snapshot(bench.now).faults.unwrap();
    let found: Vec<_> = faults.iter().map(|active| active.fault).collect();
    assert_eq!(found, [Fault::OpenWire]);
}

#[test]
fn a_wire_that_opens_elsewhere_does_not_stop_the_delay_of_a_cell() {
    let mut bench = Bench::running();
    bench.set_cell(0, 3_700);
    bench.run_ms(300);
    bench.open_wire(9);
    bench.run_ms(600);
    assert!(bench.active(Fault::CellOverVoltage, Level::Protection));
}

#[test]
fn a_value_that_goes_missing_is_told_as_it_was_when_the_delay_began() {
    let mut bench = Bench::running();
    bench.set_cell(7, 3_720);
    bench.run_ms(300);
    bench.cells.fill(Err(NoData::Implausible));
    bench.run_ms(500);
    let Why::Fault(active) = bench
        .reasons(Switch::Charge)
        .iter()
        .map(|reason| reason.why)
        .find(|why| matches!(why, Why::Fault(a) if a.fault == Fault::CellOverVoltage))
        .unwrap()
    else {
        unreachable!()
    };
    assert_eq!((active.index, active.value), (Some(7), Some(3_720)));
}
