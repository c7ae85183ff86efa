//! What the readings are made of: gains, sensors, taps, sums, the path, and what a poor channel
//! does to the limits.

use std::vec::Vec;

use cellward_params::state::PathVerdict;
use cellward_params::{
    Chemistry, Config, Fault, Level, ParamId, Profile, RecordKind, Switch, light,
};
use cellward_params::{Flow, Pattern};
use cellward_units::{Current, Duration, NoData, Temperature, Voltage};

use super::bench::{Bench, config_of};
use crate::{CellsFrame, Input, Sensed, TemperaturesFrame};

const L2: Level = Level::Protection;

fn strict() -> Config {
    config_of(Profile::Strict, Chemistry::Lfp)
}

/// A board with some parameters set.
fn with(settings: &[(u16, i32)]) -> Bench {
    let mut config = strict();
    for &(id, value) in settings {
        config.set(ParamId(id), value).unwrap();
    }
    let mut bench = Bench::with(config);
    bench.run_ms(1_500);
    bench
}

//
#[test]
fn a_calibrated_current_is_within_three_hundredths_of_full_scale_everywhere() {
    // A channel that reads 3.9 A too much and 4 % too little; FS is 400 A.
    let mut bench = Bench::with({
        let mut config = strict();
        config.set(ParamId(22), 41_667).unwrap();
        config
    });
    let read = |amps: i32| Current::from_milliamps(amps * 960 + 3_900);
    bench.current = Ok(read(0));
    bench.run_ms(1_500);
    for amps in [-400, -200, -1, 0, 1, 100, 400] {
        bench.current = Ok(read(amps));
        bench.feed_current();
        let shown = bench.bms.snapshot(bench.now).current.unwrap();
        let error = (shown - Current::from_amps(amps)).abs();
        assert!(error <= Current::from_milliamps(50), "{amps} {shown:?}");
    }
}

//
#[test]
fn gains_of_the_cells_and_of_the_pack_are_taken_into_account_where_they_are_compared() {
    let mut bench = with(&[(24, 10_000), (25, 10_000)]);
    bench.set_cells(3_267);
    bench.run_ms(200);
    let snapshot = bench.bms.snapshot(bench.now);
    assert_eq!(snapshot.cell_voltage[5].unwrap().as_microvolts(), 3_299_670);
    assert_eq!(snapshot.pack_voltage.unwrap().as_microvolts(), 3_299_670 * 16);
    // 3.614 V read are 3.650 V and a bit.
    bench.set_cell(5, 3_614);
    bench.run_ms(900);
    assert!(bench.tripped(Fault::CellOverVoltage, L2));
}

/// Feeds resistances of the two cell sensors.
fn feed_ohms(bench: &mut Bench, one: u32, other: u32) {
    let ohms = |ohms| Ok(Sensed::Ntc { ohms });
    let chip = |reading: Result<Temperature, NoData>| reading.map(Sensed::Temperature);
    bench.feed(Input::Temperatures(TemperaturesFrame {
        cells: [ohms(one), ohms(other), Err(NoData::NotFitted), Err(NoData::NotFitted)],
        switches: chip(bench.switches),
        board: chip(bench.board),
    }));
}

//
#[test]
fn a_resistance_becomes_a_temperature_by_the_beta_of_the_configuration() {
    for (beta, ohms) in [(3_435, [28_700, 10_000, 2_981]), (3_950, [33_620, 10_000, 2_486])] {
        let mut bench = with(&[(26, beta)]);
        for (ohms, celsius) in ohms.into_iter().zip([0, 25, 60]) {
            feed_ohms(&mut bench, ohms, ohms);
            let shown = bench.bms.snapshot(bench.now).temperature[0].unwrap();
            let error = (shown.as_millicelsius() - celsius * 1_000).abs();
            assert!(error <= 100, "{beta} {celsius} {shown:?}");
        }
    }
}

//
#[test]
fn three_points_replace_the_beta_and_points_without_sense_do_not() {
    // Points of a sensor with Beta 3950: 0, 25 and 60 °C.
    let points = [(27, 0), (28, 33_620), (29, 250), (30, 10_000), (31, 600), (32, 2_486)];
    let mut bench = with(&points);
    feed_ohms(&mut bench, 2_486, 33_620);
    let shown = bench.bms.snapshot(bench.now);
    assert!((shown.temperature[0].unwrap().as_millicelsius() - 60_000).abs() <= 100);
    assert!((shown.temperature[1].unwrap().as_millicelsius()).abs() <= 100);
    // A hottest point without a resistance: the Beta of 3435 stays.
    let mut bench = with(&points[..5]);
    feed_ohms(&mut bench, 2_981, 2_981);
    let shown = bench.bms.snapshot(bench.now).temperature[0].unwrap();
    assert!((shown.as_millicelsius() - 60_000).abs() <= 100, "{shown:?}");
}

//
#[test]
fn an_open_and_a_shorted_ntc_are_missing_sensors_that_are_named() {
    for (ohms, reason) in [(u32::MAX, NoData::SensorOpen), (0, NoData::SensorShort)] {
        let mut bench = Bench::running();
        for _ in 0..120 {
            feed_ohms(&mut bench, 10_000, ohms);
            bench.feed_current();
            bench.feed_cells();
            bench.now += super::bench::TICK;
        }
        assert_eq!(bench.bms.snapshot(bench.now).temperature[1], Err(reason));
        assert!(bench.tripped(Fault::SensorMissing, L2));
        let set = RecordKind::ProtectionSet;
        assert_eq!(bench.record_of(Fault::SensorMissing, L2, set).index, Some(1));
        assert_eq!(bench.closed(), (false, false));
    }
}

//
#[test]
fn one_to_four_sensors_are_watched_as_many_as_are_fitted() {
    for fitted in 1..=4_usize {
        for broken in 0..4 {
            let mut bench = with(&[(2, i32::try_from(fitted).unwrap())]);
            bench.temperatures[broken] = Err(NoData::SensorOpen);
            bench.run_ms(2_000);
            let missing = bench.tripped(Fault::SensorMissing, L2);
            assert_eq!(missing, broken < fitted, "{fitted} {broken}");
        }
    }
}

#[test]
fn temperatures_that_do_not_come_are_stale_and_after_ten_seconds_missing() {
    let mut bench = Bench::running();
    let start = bench.now;
    let mut stale = None;
    let mut missing = None;
    for _ in 0..1_200 {
        bench.feed_current();
        bench.feed_cells();
        let after = bench.now.since(start).as_millis();
        if stale.is_none() && bench.tripped(Fault::StaleData, Level::Alarm) {
            stale = Some(after);
        }
        if missing.is_none() && bench.tripped(Fault::SensorMissing, L2) {
            missing = Some(after);
        }
        assert_eq!(bench.closed(), (missing.is_none(), missing.is_none()));
        bench.now += super::bench::TICK;
    }
    // The last reading was up to half a second old.
    let (stale, missing) = (stale.unwrap(), missing.unwrap());
    assert!((1_010..=1_510).contains(&stale), "{stale}");
    assert_eq!(missing - stale, 9_500, "10 s and the second of its delay");
}

//
#[test]
fn swapped_taps_are_a_wiring_fault_that_names_the_tap_and_never_lock() {
    for tap in 1..16_usize {
        let mut bench = Bench::running();
        // Taps `tap` and `tap + 1` swapped: the cell between reads backwards, its neighbours twice.
        bench.set_cell(tap, -3_300);
        bench.set_cell(tap - 1, 6_600);
        if tap < 15 {
            bench.set_cell(tap + 1, 6_600);
        }
        bench.pack_error = Voltage::from_millivolts(if tap == 15 { 3_300 } else { 0 });
        bench.run_ms(400);
        assert!(bench.tripped(Fault::OpenWire, L2), "{tap}");
        let set = RecordKind::ProtectionSet;
        let named = bench.record_of(Fault::OpenWire, L2, set).index;
        assert_eq!(named.map(usize::from), Some(tap));
        bench.run_ms(20_000);
        assert!(bench.bms.protect.locked().is_empty());
        assert_eq!(bench.closed(), (false, false));
    }
}

//
#[test]
fn a_reversed_harness_is_a_wiring_fault_and_never_locks() {
    let mut bench = Bench::running();
    bench.set_cells(-3_300);
    bench.run_ms(20_000);
    assert!(bench.tripped(Fault::OpenWire, L2));
    assert!(bench.bms.protect.locked().is_empty());
    assert_eq!(bench.closed(), (false, false));
}

//
#[test]
fn cells_that_appear_one_after_the_other_lock_nothing_and_leave_one_wiring_event() {
    let config = Config::from_factory(Profile::Strict, Chemistry::Lfp, 16);
    let mut bench = Bench::with(config);
    for soldered in 0..=16 {
        for cell in 0..16 {
            bench.cells[cell] = if cell < soldered {
                Ok(Voltage::from_millivolts(3_300))
            } else {
                Err(NoData::WireOpen)
            };
        }
        bench.run_ms(2_000);
        assert_eq!(bench.closed(), (false, false));
    }
    bench.run_ms(4_000);
    assert!(bench.bms.protect.locked().is_empty());
    assert_eq!(bench.count_of(Fault::OpenWire, L2, RecordKind::ProtectionSet), 1);
    for fault in [Fault::CellOverVoltage, Fault::CellUnderVoltage, Fault::CellDifference] {
        assert_eq!(bench.count_of(fault, L2, RecordKind::ProtectionSet), 0, "{fault:?}");
    }
}

//
#[test]
fn an_open_wire_clears_three_good_seconds_later_without_a_power_cycle() {
    let mut bench = Bench::running();
    bench.open_wire(4);
    bench.run_ms(60_000);
    assert_eq!(bench.closed(), (false, false));
    bench.set_cells(3_300);
    bench.feed_cells();
    let closed = bench.run_until(4_000, |bench| bench.closed() == (true, true));
    assert_eq!(closed, Some(3_000));
}

#[test]
fn an_implausible_cell_makes_the_chip_test_the_wires_once_and_is_believed_when_they_are_good() {
    for (cell, odd) in [(4_500, false), (4_501, true), (500, false), (499, true)] {
        let mut bench = Bench::running();
        bench.open_taps = None;
        // Beyond the locks that would ask by themselves.
        let id = |fault, level| {
            ParamId::of_limit(fault, level, cellward_params::parameter::Field::Delay)
        };
        let mut config = bench.bms.config().clone();
        for (fault, level) in
            [(Fault::ExtremeOverVoltage, L2), (Fault::DeepUnderVoltage, Level::Hard)]
        {
            config.set(id(fault, level), 60_000).unwrap();
        }
        bench = Bench::started(config);
        bench.open_taps = None;
        bench.set_cell(8, cell);
        bench.feed_cells();
        let asked = bench.run_until(1_000, |bench| bench.bms.wanted().test_wires);
        assert_eq!(asked, odd.then_some(200), "{cell}");
        if odd {
            bench.feed(Input::Wires(crate::WireTest { open_taps: 0 }));
            bench.run_ms(5_000);
            assert!(!bench.bms.wanted().test_wires);
            assert!(bench.happened(cellward_params::record::Happening::WiresGood));
            assert!(!bench.tripped(Fault::OpenWire, L2));
        }
    }
}

//
#[test]
fn a_sum_more_than_a_hundredth_and_more_than_300_millivolts_apart_opens_both() {
    // 16 cells of 3.3 V: a hundredth of the pack is what counts; 4 cells: 0.3 V.
    for (cells, apart_uv, trips) in [
        (16, 533_333, false),
        (16, 533_350, true),
        (16, -522_772, false),
        (16, -522_790, true),
        (4, 300_000, false),
        (4, 300_001, true),
        (4, -300_000, false),
        (4, -300_001, true),
    ] {
        let mut bench = Bench::started(Config::lifepo4(cells));
        bench.pack_error = Voltage::from_microvolts(apart_uv);
        bench.feed_cells();
        let opened = bench.run_until(3_000, |bench| bench.closed() == (false, false));
        assert_eq!(opened, trips.then_some(1_000), "{cells} {apart_uv}");
    }
}

//
#[test]
fn the_path_is_judged_by_p_minus_while_next_to_nothing_flows() {
    let mut bench = Bench::running();
    let mut judge = |amps: i32, port: i32| {
        bench.current = Ok(Current::from_milliamps(amps));
        bench.port = Voltage::from_millivolts(port);
        bench.feed_current();
        bench.bms.snapshot(bench.now).path_check
    };
    assert_eq!(judge(0, 100), Ok(PathVerdict::Good));
    assert_eq!(judge(0, 101), Ok(PathVerdict::Resistance));
    assert_eq!(judge(0, 300), Ok(PathVerdict::Resistance));
    assert_eq!(judge(0, 301), Ok(PathVerdict::DoesNotConduct));
    // 2 % of 200 A.
    assert_eq!(judge(3_999, 301), Ok(PathVerdict::DoesNotConduct));
    assert_eq!(judge(4_000, 301), Ok(PathVerdict::NotJudged));
    assert_eq!(judge(-3_999, -301), Ok(PathVerdict::DoesNotConduct));
    assert_eq!(judge(-4_000, 301), Ok(PathVerdict::NotJudged));
}

//
#[test]
fn with_next_to_no_current_300_millivolts_over_the_path_alarm_and_with_current_400() {
    for (milliamps, port, alarms) in
        [(0, 299, false), (0, 300, true), (0, -300, true), (4_000, 399, false), (4_000, -400, true)]
    {
        let mut bench = Bench::running();
        bench.current = Ok(Current::from_milliamps(milliamps));
        bench.port = Voltage::from_millivolts(port);
        let told =
            bench.run_until(3_000, |bench| bench.tripped(Fault::SwitchStuckOpen, Level::Alarm));
        assert_eq!(told, alarms.then_some(1_000), "{milliamps} {port}");
        assert_eq!(bench.closed(), (true, true), "an alarm opens nothing");
    }
}

#[test]
fn more_than_a_diode_bears_over_a_path_that_does_not_conduct_opens_both_for_thirty_seconds() {
    for (milliamps, port, opens) in
        [(5_000, 400, false), (5_001, 399, false), (5_001, 400, true), (-5_001, -400, true)]
    {
        let mut bench = Bench::running();
        bench.current = Ok(Current::from_milliamps(milliamps));
        bench.port = Voltage::from_millivolts(port);
        let opened = bench.run_until(3_000, |bench| bench.closed() == (false, false));
        assert_eq!(opened, opens.then_some(1_000), "{milliamps} {port}");
        if opens {
            bench.set_amps(0);
            bench.port = Voltage::ZERO;
            let again = bench.run_until(40_000, |bench| bench.closed() == (true, true));
            assert_eq!(again, Some(29_990), "a tick after the trip");
        }
    }
}

//
#[test]
fn without_a_calibration_every_over_current_limit_is_six_hundredths_of_the_rating_lower() {
    for (residual, limit) in [(5, 230_000), (6, 218_000)] {
        let mut bench = with(&[(23, residual)]);
        let alarm = bench.tripped(Fault::NotCalibrated, Level::Alarm);
        assert_eq!(alarm, residual == 6);
        assert_eq!(bench.closed(), (true, true));
        bench.current = Ok(Current::from_milliamps(1 - limit));
        bench.run_ms(11_000);
        assert!(!bench.tripped(Fault::DischargeOverCurrent, L2), "{residual}");
        bench.current = Ok(Current::from_milliamps(-limit));
        let tripped =
            bench.run_until(11_000, |bench| bench.tripped(Fault::DischargeOverCurrent, L2));
        assert_eq!(tripped, Some(10_000), "{residual}");
    }
}

#[test]
fn without_a_switch_sensor_every_over_current_limit_is_halved_while_it_is_missing() {
    let mut bench = Bench::running();
    bench.switches = Err(NoData::SensorOpen);
    bench.run_ms(2_000);
    assert!(bench.tripped(Fault::SwitchSensorMissing, Level::Alarm));
    assert_eq!(bench.closed(), (true, true), "an alarm only");
    bench.current = Ok(Current::from_milliamps(-114_999));
    bench.run_ms(11_000);
    assert!(!bench.tripped(Fault::DischargeOverCurrent, L2));
    bench.current = Ok(Current::from_milliamps(57_499));
    bench.run_ms(11_000);
    assert!(!bench.tripped(Fault::ChargeOverCurrent, L2));
    bench.current = Ok(Current::from_milliamps(57_500));
    bench.run_ms(10_100);
    assert!(bench.tripped(Fault::ChargeOverCurrent, L2));
    let mut bench = Bench::running();
    bench.switches = Err(NoData::SensorOpen);
    bench.run_ms(2_000);
    bench.switches = Ok(Temperature::from_celsius(30));
    bench.run_ms(4_000);
    bench.set_amps(-229);
    bench.run_ms(11_000);
    assert!(!bench.tripped(Fault::DischargeOverCurrent, L2), "whole again");
}

#[test]
fn a_refused_zero_alarms_until_one_is_accepted() {
    let mut bench = Bench::new();
    bench.current = Ok(Current::from_milliamps(4_001));
    bench.run_ms(1_500);
    assert!(bench.tripped(Fault::ZeroRefused, Level::Alarm));
    assert_eq!(bench.closed(), (true, true));
    bench.allow(Switch::Charge, false);
    bench.allow(Switch::Discharge, false);
    bench.set_amps(0);
    bench.run_ms(11_000);
    assert!(!bench.tripped(Fault::ZeroRefused, Level::Alarm));
}

#[test]
fn the_difference_between_cells_is_judged_only_below_a_tenth_of_the_capacity_an_hour() {
    for (milliamps, judged) in [(28_000, false), (27_999, true), (-28_000, false), (-27_999, true)]
    {
        let mut bench = Bench::running();
        bench.current = Ok(Current::from_milliamps(milliamps));
        bench.feed_current();
        bench.set_cell(2, 3_520);
        bench.run_ms(11_000);
        assert_eq!(bench.tripped(Fault::CellDifference, Level::Alarm), judged, "{milliamps}");
    }
}

#[test]
fn a_cell_that_sinks_ten_millivolts_within_a_day_of_rest_alarms() {
    for (fall, alarms) in [(9, false), (10, true)] {
        let mut bench = Bench::running();
        let minutes = |bench: &mut Bench, count: u32| {
            for _ in 0..count {
                bench.feed_current();
                bench.feed_cells();
                bench.feed_temperatures();
                bench.now += Duration::from_secs(60);
                bench.feed(Input::Unchanged);
            }
        };
        minutes(&mut bench, 24 * 60);
        bench.set_cell(9, 3_300 - fall);
        minutes(&mut bench, 30);
        bench.run_ms(1_000);
        assert_eq!(bench.tripped(Fault::InternalShort, Level::Alarm), alarms, "{fall}");
        assert!(!bench.tripped(Fault::InternalShort, L2));
        assert_eq!(bench.closed(), (true, true));
    }
}

#[test]
fn three_kelvins_a_minute_alarm_and_name_the_sensor() {
    for (rise, alarms) in [(2_990, false), (3_000, true)] {
        let mut bench = Bench::running();
        bench.temperatures[1] = Ok(Temperature::from_millicelsius(25_000 + rise));
        bench.feed_temperatures();
        let told =
            bench.run_until(3_000, |bench| bench.tripped(Fault::ThermalRunaway, Level::Alarm));
        assert_eq!(told, alarms.then_some(1_000), "{rise}");
        if alarms {
            let record = bench.record_of(Fault::ThermalRunaway, Level::Alarm, RecordKind::AlarmSet);
            assert_eq!((record.index, record.value), (Some(1), Some(30)));
            // The window moves on; below 2 K for ten seconds it is over.
            bench.run_ms(75_000);
            assert!(!bench.tripped(Fault::ThermalRunaway, Level::Alarm));
        }
    }
}

#[test]
fn poles_that_are_swapped_at_the_port_open_both_until_they_are_removed() {
    for (beyond, opens) in [(2_000, false), (2_001, true)] {
        let mut bench = Bench::new();
        bench.port = Voltage::from_millivolts(52_800 + beyond);
        bench.run_ms(2_000);
        assert_eq!(bench.tripped(Fault::ReversePolarity, L2), opens, "{beyond}");
        assert_eq!(bench.closed(), (!opens, !opens));
        bench.port = Voltage::ZERO;
        bench.run_ms(3_100);
        assert_eq!(bench.closed(), (true, true));
    }
}

#[test]
fn a_worn_memory_and_a_broken_clock_alarm_and_lost_parameters_open_both() {
    use crate::{BoardHealth, Memory};
    let good = BoardHealth { memory: Memory::Good, clock: true, self_test: true };
    let mut bench = Bench::running();
    bench.feed(Input::Board(BoardHealth { memory: Memory::OneCopy, clock: false, ..good }));
    assert!(bench.tripped(Fault::Memory, Level::Alarm));
    assert!(bench.tripped(Fault::Clock, Level::Alarm));
    bench.run_ms(10_000);
    assert_eq!(bench.closed(), (true, true));
    bench.feed(Input::Board(BoardHealth { memory: Memory::Lost, ..good }));
    assert_eq!(bench.closed(), (false, false));
    assert!(!bench.tripped(Fault::Clock, Level::Alarm));
    bench.feed(Input::Board(good));
    bench.run_ms(3_000);
    assert_eq!(bench.closed(), (false, false));
    bench.tick();
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_silent_chip_is_started_anew_at_once_and_then_every_minute() {
    let mut bench = Bench::running();
    bench.answering = false;
    let lost = bench.run_until(2_000, |bench| bench.tripped(Fault::ChipLost, L2)).unwrap();
    // The delay of 500 ms counts from the last answer, one tick before.
    assert_eq!(lost, 490);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.bms.wanted().chip_restarts, 1);
    bench.run_ms(59_980);
    assert_eq!(bench.bms.wanted().chip_restarts, 1);
    bench.run_ms(20);
    assert_eq!(bench.bms.wanted().chip_restarts, 2);
    bench.answering = true;
    bench.run_ms(70_000);
    assert_eq!(bench.bms.wanted().chip_restarts, 2);
    assert_eq!(bench.closed(), (true, true));
}

//
#[test]
fn the_running_light_shows_standby_charging_and_discharging() {
    let mut bench = Bench::new();
    assert_eq!(bench.bms.wanted().lights.green, Pattern::DARK, "not yet active");
    bench.run_ms(1_500);
    for (amps, flow, on, off) in [
        (0, Flow::Standby, 500, 9_500),
        (10, Flow::Charging, 500, 500),
        (-10, Flow::Discharging, 500, 2_500),
    ] {
        bench.set_amps(amps);
        bench.run_ms(2_100);
        let green = bench.bms.wanted().lights.green;
        assert_eq!(green, Pattern::blink(on, off), "{flow:?}");
        assert_eq!(bench.bms.snapshot(bench.now).flow, Ok(flow));
    }
}

//
#[test]
fn the_red_light_shows_alarms_protections_and_locks_and_no_full_charge() {
    let mut bench = Bench::running();
    assert_eq!(bench.bms.wanted().lights.red, Pattern::DARK);
    bench.set_cell(6, 3_560);
    bench.run_ms(2_200);
    assert_eq!(bench.bms.wanted().lights.red, light::ALARM_ONLY);
    // Charged with 0.1 C and more it is an over-voltage, with less the end of the charge.
    for (milliamps, flashes) in [(28_000, true), (27_999, false)] {
        let mut bench = Bench::running();
        bench.current = Ok(Current::from_milliamps(milliamps));
        bench.set_cell(6, 3_650);
        bench.run_until(2_000, |bench| bench.tripped(Fault::CellOverVoltage, L2)).unwrap();
        let red = bench.bms.wanted().lights.red;
        assert_eq!(red == Pattern::code(1), flashes, "{milliamps}");
        let complete = bench.happened(cellward_params::record::Happening::ChargeComplete);
        assert_eq!(complete, !flashes);
        // The hard limit is never a quiet one.
        bench.set_amps(0);
        bench.set_cell(6, 3_800);
        bench.run_until(2_000, |bench| bench.tripped(Fault::CellOverVoltage, Level::Hard)).unwrap();
        assert_eq!(bench.bms.wanted().lights.red, Pattern::code(1), "{milliamps}");
    }
}

//
#[test]
fn without_a_capacity_the_board_works_and_no_limit_becomes_zero() {
    let mut bench = Bench::started(Config::lifepo4(16));
    assert_eq!(bench.bms.snapshot(bench.now).soc, Err(NoData::Unknown));
    // 1C counts as 100 A, so 50 A may charge; L2 at 57.5 A.
    bench.current = Ok(Current::from_milliamps(57_499));
    bench.run_ms(11_000);
    assert_eq!(bench.closed(), (true, true));
    bench.current = Ok(Current::from_milliamps(57_500));
    bench.run_ms(10_100);
    assert_eq!(bench.closed(), (false, true));
    let reasons: Vec<_> = bench.reasons(Switch::Charge);
    assert!(!reasons.is_empty(), "never silently");
}

//
#[test]
fn until_the_first_full_charge_the_soc_is_not_calibrated() {
    let mut bench = Bench::running();
    assert_eq!(bench.bms.snapshot(bench.now).soc_calibrated, Ok(false));
    bench.set_amps(10);
    bench.set_cells(3_440);
    bench.run_ms(185_000);
    let snapshot = bench.bms.snapshot(bench.now);
    assert_eq!(snapshot.soc_calibrated, Ok(true));
    assert_eq!(snapshot.soc_true.unwrap().as_permille(), 1_000);
    assert!(snapshot.soc.unwrap().as_permille() < 1_000, "the shown figure follows");
}

//
#[test]
fn from_minus_fifty_to_a_hundred_and_thirty_degrees_every_row_of_temperature_works() {
    for (celsius, fault) in
        [(-50, Fault::DischargeUnderTemperature), (130, Fault::DischargeOverTemperature)]
    {
        let mut bench = Bench::running();
        bench.switches = Ok(Temperature::from_celsius(celsius));
        bench.board = Ok(Temperature::from_celsius(celsius));
        bench.set_celsius(celsius);
        bench.run_ms(6_000);
        let snapshot = bench.bms.snapshot(bench.now);
        assert_eq!(snapshot.temperature[0], Ok(Temperature::from_celsius(celsius)));
        assert!(bench.tripped(fault, L2));
        assert_eq!(bench.tripped(Fault::BoardOverTemperature, L2), celsius > 0);
        assert_eq!(bench.tripped(Fault::SwitchOverTemperature, L2), celsius > 0);
        assert_eq!(bench.closed(), (false, false));
    }
}

#[test]
fn a_cell_without_a_value_is_no_zero_and_the_others_go_on_being_guarded() {
    let mut bench = Bench::running();
    let mut cells = bench.cells.clone();
    cells[3] = Err(NoData::NoAnswer);
    cells[4] = Ok(Voltage::from_millivolts(3_700));
    for _ in 0..100 {
        bench.feed_current();
        let pack = Ok(Voltage::from_millivolts(53_200));
        bench.feed(Input::Cells(CellsFrame { cells: &cells, pack }));
        bench.now += super::bench::TICK;
    }
    assert!(bench.tripped(Fault::CellOverVoltage, L2));
    assert!(!bench.tripped(Fault::CellUnderVoltage, Level::Alarm));
    assert_eq!(bench.bms.snapshot(bench.now).cell_voltage[3], Err(NoData::NoAnswer));
}
