//! Every row that exists: when it trips, what it opens, when it releases.

use cellward_params::reason::{Until, Why};
use cellward_params::{Fault, Level, Pattern, RecordKind, Switch};
use cellward_units::{Current, Duration, NoData, Temperature, Voltage};

use super::bench::Bench;
use crate::{ChipAlert, Input};

/// Runs until one of the switches opens; the time in ms.
fn time_to_open(bench: &mut Bench, limit_ms: u64) -> Option<u64> {
    bench.run_until(limit_ms, |bench| bench.closed() != (true, true))
}

#[test]
fn cell_over_voltage_opens_only_the_charge_switch_after_its_delay() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_650);
    let opened = time_to_open(&mut bench, 2_000).unwrap();
    // Cells come every 100 ms, the delay is 700 ms.
    assert!((700..=800).contains(&opened), "{opened}");
    assert_eq!(bench.closed(), (false, true));
    let reason = bench.reasons(Switch::Charge)[0];
    let Why::Fault(active) = reason.why else { panic!("{reason:?}") };
    assert_eq!((active.fault, active.index), (Fault::CellOverVoltage, Some(6)));
    assert_eq!((active.value, active.limit), (Some(3_650), Some(3_650)));
    assert_eq!(reason.until, Until::RecoveryOrDischarge(3_400));
    let set = Level::Protection;
    let record = bench.record_of(Fault::CellOverVoltage, set, RecordKind::ProtectionSet);
    assert_eq!(record.lasted, Duration::from_millis(700));
}

#[test]
fn a_cell_one_millivolt_below_the_limit_only_alarms() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_649);
    assert_eq!(time_to_open(&mut bench, 10_000), None);
    assert!(bench.active(Fault::CellOverVoltage, Level::Alarm));
    assert_eq!(bench.bms.wanted().lights.red, cellward_params::light::ALARM_ONLY);
}

#[test]
fn over_voltage_releases_strictly_below_recovery_held_for_three_seconds() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    bench.set_cell(6, 3_400);
    bench.run_ms(10_000);
    assert_eq!(bench.closed(), (false, true), "exactly at the recovery value");
    bench.set_cell(6, 3_399);
    let closed = bench.run_until(5_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((3_000..=3_110).contains(&closed), "{closed}");
    bench.record_of(Fault::CellOverVoltage, Level::Protection, RecordKind::ProtectionCleared);
}

#[test]
fn the_way_out_counts_down_while_recovery_lasts() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    assert_eq!(bench.reasons(Switch::Charge)[0].left, None);
    bench.set_cell(6, 3_300);
    bench.run_ms(1_100);
    let left = bench.reasons(Switch::Charge)[0].left.unwrap();
    assert!(left > Duration::from_millis(1_800) && left < Duration::from_millis(2_100), "{left:?}");
}

#[test]
fn pack_over_voltage_works_without_any_single_cell() {
    let mut bench = Bench::running();
    // 16 × 3.649 V = 58.384 V; the pack channel reads 58.4 V, within its tolerance.
    bench.set_cells(3_649);
    bench.pack_error = Voltage::from_millivolts(16);
    bench.run_ms(3_000);
    assert!(bench.active(Fault::PackOverVoltage, Level::Protection));
    assert!(!bench.active(Fault::CellOverVoltage, Level::Protection));
    assert_eq!(bench.closed(), (false, true));
}

#[test]
fn cell_under_voltage_opens_only_the_discharge_switch() {
    let mut bench = Bench::running();
    bench.set_cell(3, 2_501);
    assert_eq!(time_to_open(&mut bench, 5_000), None);
    bench.set_cell(3, 2_500);
    let opened = time_to_open(&mut bench, 5_000).unwrap();
    assert!((2_000..=2_100).contains(&opened), "{opened}");
    assert_eq!(bench.closed(), (true, false));
}

#[test]
fn under_voltage_does_not_lock_the_user_out_of_charging() {
    let mut bench = Bench::running();
    bench.set_cells(2_450);
    bench.port = Voltage::from_millivolts(39_000); // the load still pulls
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (true, false));
    // The cells rebound, but a load alone does not switch the pack on again.
    bench.set_cells(3_100);
    bench.port = Voltage::from_millivolts(49_600);
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (true, false));
    assert_eq!(bench.reasons(Switch::Discharge)[0].until, Until::RecoveryAndRelief(3_000));
    // A charger does.
    bench.port = Voltage::ZERO;
    bench.set_amps(10);
    bench.run_ms(200);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn charge_over_current_opens_charging_after_ten_seconds() {
    // Charge limit of a 200 A board with 280 Ah: 100 A; L2 at 115 A.
    let mut bench = Bench::running();
    bench.current = Ok(Current::from_milliamps(114_999));
    assert_eq!(time_to_open(&mut bench, 15_000), None);
    bench.current = Ok(Current::from_milliamps(115_000));
    assert_eq!(time_to_open(&mut bench, 15_000), Some(10_000));
    assert_eq!(bench.closed(), (false, true));
}

#[test]
fn hard_charge_over_current_opens_after_one_second() {
    let mut bench = Bench::running();
    bench.set_amps(150);
    assert_eq!(time_to_open(&mut bench, 15_000), Some(1_000));
}

#[test]
fn discharge_over_current_opens_discharging_and_retries_after_thirty_seconds() {
    let mut bench = Bench::running();
    bench.current = Ok(Current::from_milliamps(-229_999));
    assert_eq!(time_to_open(&mut bench, 15_000), None);
    bench.set_amps(-230);
    assert_eq!(time_to_open(&mut bench, 15_000), Some(10_000));
    assert_eq!(bench.closed(), (true, false));
    bench.set_amps(0);
    bench.port = Voltage::from_millivolts(52_800); // the load is still there
    let closed = bench.run_until(60_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((29_900..=30_100).contains(&closed), "{closed}");
}

#[test]
fn discharge_over_current_releases_at_once_when_the_load_is_removed() {
    let mut bench = Bench::running();
    bench.set_amps(-300);
    assert_eq!(time_to_open(&mut bench, 15_000), Some(1_000));
    bench.set_amps(0);
    bench.port = Voltage::from_millivolts(52_800);
    bench.run_ms(1_000);
    bench.port = Voltage::ZERO;
    let closed = bench.run_until(60_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!(closed <= 600, "{closed}");
}

#[test]
fn a_short_circuit_opens_both_and_waits_for_the_load_to_go() {
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.bms.wanted().lights.red, Pattern::code(4));
    bench.port = Voltage::from_millivolts(52_800);
    bench.run_ms(60_000);
    assert_eq!(bench.closed(), (false, false), "the short is still there");
    assert_eq!(bench.reasons(Switch::Discharge)[0].until, Until::LoadRemovedOrCommand);
    bench.port = Voltage::ZERO;
    let closed = bench.run_until(20_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((500..=600).contains(&closed), "{closed}");
}

#[test]
fn a_short_circuit_that_is_gone_at_once_still_waits_ten_seconds() {
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    let closed = bench.run_until(20_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((10_000..=10_100).contains(&closed), "{closed}");
}

#[test]
fn too_hot_blocks_charging_at_55_and_discharging_at_60() {
    let mut bench = Bench::running();
    bench.set_celsius(55);
    let opened = time_to_open(&mut bench, 10_000).unwrap();
    assert!((5_000..=5_600).contains(&opened), "{opened}");
    assert_eq!(bench.closed(), (false, true));
    bench.set_celsius(60);
    bench.run_ms(6_000);
    assert_eq!(bench.closed(), (false, false));
    bench.set_celsius(44);
    bench.run_ms(29_000);
    assert_eq!(bench.closed(), (false, false));
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn one_hot_sensor_is_enough_and_is_named() {
    let mut bench = Bench::running();
    bench.set_celsius(48);
    bench.set_sensor(1, Ok(Temperature::from_millicelsius(54_999)));
    assert_eq!(time_to_open(&mut bench, 10_000), None);
    bench.set_sensor(1, Ok(Temperature::from_celsius(55)));
    time_to_open(&mut bench, 10_000).unwrap();
    let Why::Fault(active) = bench.reasons(Switch::Charge)[0].why else { panic!("no fault") };
    assert_eq!((active.fault, active.index), (Fault::ChargeOverTemperature, Some(1)));
}

#[test]
fn too_cold_blocks_charging_at_2_and_discharging_at_minus_20() {
    let mut bench = Bench::running();
    bench.set_celsius(8);
    bench.set_sensor(0, Ok(Temperature::from_millicelsius(2_001)));
    assert_eq!(time_to_open(&mut bench, 10_000), None);
    bench.set_sensor(0, Ok(Temperature::from_celsius(2)));
    time_to_open(&mut bench, 10_000).unwrap();
    assert_eq!(bench.closed(), (false, true));
    bench.set_sensor(0, Ok(Temperature::from_celsius(-20)));
    bench.run_ms(6_000);
    assert_eq!(bench.closed(), (false, false));
}

// R-017 R-113
#[test]
fn an_unplugged_sensor_opens_both_after_a_second_and_releases_three_good_seconds_later() {
    for missing in [NoData::SensorOpen, NoData::SensorShort] {
        let mut bench = Bench::running();
        bench.temperatures[1] = Err(missing);
        let opened = time_to_open(&mut bench, 5_000).unwrap();
        assert!((1_000..=1_600).contains(&opened), "{opened}");
        assert_eq!(bench.closed(), (false, false));
        let Why::Fault(active) = bench.reasons(Switch::Discharge)[0].why else {
            panic!("no fault")
        };
        assert_eq!((active.fault, active.index), (Fault::SensorMissing, Some(1)));
        assert!(!bench.active(Fault::StaleData, Level::Alarm), "broken is not stale");
        bench.set_sensor(1, Ok(Temperature::from_celsius(25)));
        bench.run_ms(2_900);
        assert_eq!(bench.closed(), (false, false));
        bench.run_ms(700);
        assert_eq!(bench.closed(), (true, true));
    }
}

#[test]
fn a_sensor_that_is_not_fitted_is_never_missing() {
    let mut bench = Bench::running();
    bench.temperatures[2] = Err(NoData::SensorOpen);
    bench.temperatures[3] = Err(NoData::NotFitted);
    assert_eq!(time_to_open(&mut bench, 10_000), None);
}

#[test]
fn an_open_sampling_wire_opens_both_and_is_not_taken_for_an_over_voltage() {
    let mut bench = Bench::running();
    bench.open_wire(4);
    let opened = time_to_open(&mut bench, 1_000).unwrap();
    assert!(opened <= 100, "{opened}");
    assert_eq!(bench.closed(), (false, false));
    let Why::Fault(active) = bench.reasons(Switch::Charge)[0].why else { panic!("no fault") };
    assert_eq!((active.fault, active.index), (Fault::OpenWire, Some(5)));
    bench.set_cells(3_300);
    bench.run_ms(3_300);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn cells_that_do_not_add_up_to_the_pack_open_both_after_a_second() {
    // 1 % of 52.8 V is 0.528 V, more than 0.3 V.
    for sign in [1, -1] {
        let mut bench = Bench::running();
        bench.pack_error = Voltage::from_millivolts(520) * sign;
        assert_eq!(time_to_open(&mut bench, 5_000), None);
        bench.pack_error = Voltage::from_millivolts(540) * sign;
        let opened = time_to_open(&mut bench, 5_000).unwrap();
        assert!((1_000..=1_100).contains(&opened), "{opened}");
        assert_eq!(bench.closed(), (false, false));
    }
}

#[test]
fn a_current_channel_without_a_value_opens_both() {
    let mut bench = Bench::running();
    bench.current = Err(NoData::Implausible);
    assert_eq!(time_to_open(&mut bench, 5_000), Some(200));
    assert_eq!(bench.closed(), (false, false));
}

#[test]
fn a_chip_whose_answers_are_damaged_opens_both_and_never_shows_a_number() {
    let mut bench = Bench::running();
    bench.current = Err(NoData::ChipError);
    bench.cells.fill(Err(NoData::ChipError));
    let opened = time_to_open(&mut bench, 5_000).unwrap();
    assert!(opened <= 510, "{opened}");
    assert_eq!(bench.bms.snapshot(bench.now).current, Err(NoData::ChipError));
    assert_eq!(bench.bms.snapshot(bench.now).cell_voltage[0], Err(NoData::ChipError));
    bench.run_ms(100);
    assert!(bench.active(Fault::ChipLost, Level::Protection));
}

#[test]
fn what_the_chip_tripped_by_itself_is_taken_over() {
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::OverVoltage));
    assert_eq!(bench.closed(), (false, true));
    assert!(bench.active(Fault::CellOverVoltage, Level::Hard));
    bench.run_ms(3_300);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn two_faults_block_what_either_blocks() {
    let mut bench = Bench::running();
    bench.set_cell(0, 3_700);
    bench.set_cell(15, 2_400);
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (false, false));
    assert_eq!(bench.reasons(Switch::Charge).len(), 1);
    // The lowest cell is below the hard limit's neighbour too: L2 only.
    assert_eq!(bench.reasons(Switch::Discharge).len(), 1);
}

#[test]
fn detection_goes_on_whatever_the_direction_of_the_current() {
    for amps in [-50, 0, 50] {
        let mut bench = Bench::running();
        bench.set_amps(amps);
        bench.set_cell(2, 3_700);
        bench.run_ms(2_000);
        assert!(bench.active(Fault::CellOverVoltage, Level::Protection), "{amps}");
        bench.set_celsius(-30);
        bench.run_ms(6_000);
        assert!(bench.active(Fault::DischargeUnderTemperature, Level::Protection), "{amps}");
    }
}

#[test]
fn after_over_voltage_a_load_does_not_burn_the_body_diode() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (false, true));
    // A 50 A load through the diode of the charge switch: it closes, the fault stays.
    bench.set_amps(-50);
    bench.port = Voltage::from_millivolts(700);
    let bridged = bench.run_until(1_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!(bridged <= 30, "{bridged}");
    assert!(bench.active(Fault::CellOverVoltage, Level::Protection));
    // The charger comes back: open at the very next reading.
    bench.set_amps(50);
    bench.port = Voltage::ZERO;
    bench.tick();
    assert_eq!(bench.closed(), (false, true));
}

#[test]
fn an_alarm_that_comes_also_goes() {
    let mut bench = Bench::running();
    bench.set_cell(1, 3_560);
    bench.run_ms(3_000);
    assert!(bench.active(Fault::CellOverVoltage, Level::Alarm));
    bench.set_cell(1, 3_499);
    bench.run_ms(3_000);
    assert!(!bench.active(Fault::CellOverVoltage, Level::Alarm));
    bench.record_of(Fault::CellOverVoltage, Level::Alarm, RecordKind::AlarmCleared);
    assert_eq!(bench.bms.wanted().lights.red, Pattern::DARK);
}

#[test]
fn while_over_voltage_lasts_the_high_cells_are_bled_although_nothing_charges() {
    let mut bench = Bench::running();
    bench.set_cells(3_450);
    bench.set_cell(6, 3_700);
    bench.run_ms(1_500);
    assert_eq!(bench.closed(), (false, true));
    assert_eq!(bench.bms.wanted().bleed, 1 << 6);
    bench.set_cells(3_390);
    bench.run_ms(1_000);
    assert_eq!(bench.bms.wanted().bleed, 0, "below the start voltage");
}

#[test]
fn hot_switches_open_both_at_100_degrees_and_close_below_70() {
    let mut bench = Bench::running();
    bench.switches = Ok(Temperature::from_millicelsius(99_999));
    assert_eq!(time_to_open(&mut bench, 10_000), None);
    assert!(bench.active(Fault::SwitchOverTemperature, Level::Alarm));
    bench.switches = Ok(Temperature::from_celsius(100));
    let opened = time_to_open(&mut bench, 10_000).unwrap();
    assert!((1_000..=1_600).contains(&opened), "{opened}");
    assert_eq!(bench.closed(), (false, false));
    bench.switches = Ok(Temperature::from_celsius(70));
    bench.run_ms(20_000);
    assert_eq!(bench.closed(), (false, false), "exactly at the recovery");
    bench.switches = Ok(Temperature::from_millicelsius(69_999));
    let closed = bench.run_until(20_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((10_000..=10_600).contains(&closed), "{closed}");
}

#[test]
fn a_hot_board_opens_both_at_75_degrees_and_closes_below_60() {
    let mut bench = Bench::running();
    bench.board = Ok(Temperature::from_millicelsius(74_999));
    assert_eq!(time_to_open(&mut bench, 10_000), None);
    bench.board = Ok(Temperature::from_celsius(75));
    let opened = time_to_open(&mut bench, 10_000).unwrap();
    assert!((5_000..=5_600).contains(&opened), "{opened}");
    assert_eq!(bench.closed(), (false, false));
    bench.board = Ok(Temperature::from_millicelsius(59_999));
    let closed = bench.run_until(60_000, |bench| bench.closed() == (true, true)).unwrap();
    assert!((30_000..=30_600).contains(&closed), "{closed}");
}

#[test]
fn a_board_without_a_switch_sensor_raises_no_temperature_of_it() {
    let mut bench = Bench::running();
    bench.switches = Err(NoData::NotFitted);
    bench.board = Err(NoData::NotFitted);
    assert_eq!(time_to_open(&mut bench, 10_000), None);
}
