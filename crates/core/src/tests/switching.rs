//! What the switching stage says of itself: whether every reading is needed, what conducts, when it
//! must be called, and how the port is offered.

use cellward_params::record::{Happening, Switches};
use cellward_params::{Fault, Level, ParamId, Role, Switch};
use cellward_units::{Duration, Instant, Voltage};

use super::bench::{Bench, config_of};
use crate::Input;

/// Parameter row: whether a key is fitted.
const KEY: ParamId = ParamId(39);

fn millivolts(millivolts: i32) -> Voltage {
    Voltage::from_millivolts(millivolts)
}

/// The charge switch open for a high cell.
fn over_voltage() -> Bench {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (false, true));
    bench
}

/// The discharge switch open for a low cell.
fn under_voltage(mut bench: Bench) -> Bench {
    bench.set_cell(3, 2_450);
    bench.run_ms(3_000);
    assert_eq!(bench.closed(), (true, false));
    bench
}

/// One reading of so much current, with P- as the open switch's diode holds it.
fn read(bench: &mut Bench, amps: i32, port_mv: i32) -> bool {
    bench.set_amps(amps);
    bench.port = millivolts(port_mv);
    bench.tick();
    bench.bms.switching.busy()
}

#[test]
fn every_reading_is_needed_while_any_of_its_rules_is_counting() {
    let mut bench = over_voltage();
    assert!(!bench.bms.switching.busy(), "nothing flows");
    assert!(read(&mut bench, -50, 700), "discharge through the diode of the charge switch");
    let mut bench = over_voltage();
    assert!(read(&mut bench, 50, 0), "charge although the charge switch is open");
    let mut bench = under_voltage(Bench::running());
    assert!(!bench.bms.switching.busy(), "nothing flows");
    assert!(read(&mut bench, 50, -700), "charge through the diode of the discharge switch");
    let mut bench = under_voltage(Bench::running());
    assert!(read(&mut bench, -50, 0), "discharge although the discharge switch is open");
}

#[test]
fn every_reading_is_needed_while_the_port_is_charged_or_offered() {
    let mut bench = Bench::precharging(52_800);
    bench.run_ms(50);
    assert!(bench.bms.wanted().precharge && bench.bms.switching.busy());
    let mut bench = under_voltage(Bench::with_path());
    bench.run_until(620_000, |bench| bench.bms.wanted().precharge).unwrap();
    assert!(bench.bms.switching.busy());
}

//
#[test]
fn after_an_under_voltage_the_port_is_offered_for_twenty_seconds_every_ten_minutes() {
    let mut bench = under_voltage(Bench::with_path());
    let start = bench.run_until(620_000, |bench| bench.bms.wanted().precharge).unwrap();
    assert!((598_000..=600_000).contains(&start), "{start}");
    let lasted = bench.run_until(30_000, |bench| !bench.bms.wanted().precharge).unwrap();
    assert!((19_970..=20_010).contains(&lasted), "{lasted}");
    assert_eq!(bench.closed(), (true, false), "only the pre-charge path conducts");
}

#[test]
fn nothing_is_offered_without_a_path_or_with_a_charger_or_below_the_hard_limit() {
    let offered =
        |mut bench: Bench| bench.run_until(650_000, |bench| bench.bms.wanted().precharge).is_some();
    assert!(!offered(under_voltage(Bench::running())), "no path");
    let mut low = Bench::with_path();
    low.set_cell(3, 2_150);
    low.run_ms(3_000);
    assert!(low.active(Fault::CellUnderVoltage, Level::Hard));
    assert!(!offered(low));
    let mut charged = under_voltage(Bench::with_path());
    charged.set_amps(1);
    charged.port = millivolts(-700);
    assert!(!offered(charged), "charge current flows");
    let healthy = Bench::with_path();
    assert!(!offered(healthy), "the discharge switch is closed");
}

#[test]
fn open_closed_and_cut_ask_for_the_command_and_for_what_is() {
    let mut bench = Bench::running();
    let both = Switches { charge: true, discharge: true };
    let charge_only = Switches { discharge: false, ..both };
    for (actual, open, closed) in
        [(both, false, true), (charge_only, false, false), (Switches::OPEN, false, false)]
    {
        bench.bms.switching.set_actual(actual);
        let switching = &bench.bms.switching;
        assert_eq!((switching.both_open(), switching.both_closed()), (open, closed), "{actual:?}");
        assert!(!switching.load_is_cut(), "the discharge switch is told to close");
    }
    let mut bench = under_voltage(Bench::running());
    assert!(bench.bms.switching.load_is_cut());
    bench.bms.switching.set_actual(both);
    assert!(!bench.bms.switching.load_is_cut(), "it has not followed");
}

#[test]
fn a_close_and_an_open_by_the_reverse_rule_are_told_as_such() {
    let mut bench = over_voltage();
    bench.events.clear();
    for _ in 0..5 {
        read(&mut bench, -50, 700);
    }
    assert_eq!(bench.closed(), (true, true));
    assert!(bench.happened(Happening::ReverseClosed));
    assert!(!bench.happened(Happening::SwitchClosed));
    bench.set_amps(0);
    bench.port = Voltage::ZERO;
    bench.run_ms(200);
    assert_eq!(bench.closed(), (false, true));
    assert!(bench.happened(Happening::ReverseOpened));
    assert!(!bench.happened(Happening::SwitchOpened));
}

#[test]
fn an_unlocked_discharge_switch_is_watched_anew() {
    let mut bench = under_voltage(Bench::running());
    for _ in 0..60 {
        read(&mut bench, -50, 0);
    }
    assert!(bench.bms.switching.is_stuck(Switch::Discharge));
    assert!(!bench.bms.switching.is_stuck(Switch::Charge));
    bench.set_amps(0);
    bench.run_ms(1_000);
    bench.unlock(Fault::DischargeStuckClosed).unwrap();
    assert!(!bench.bms.switching.is_stuck(Switch::Discharge));
}

#[test]
fn the_end_of_a_pulse_is_a_deadline_until_it_has_come() {
    let mut bench = Bench::running();
    let start = bench.now;
    bench.bms.switching.fire_trip(start);
    let end = start + Duration::from_secs(1);
    let switching = &bench.bms.switching;
    assert_eq!(switching.deadline(start), Some(end));
    let just_before = Instant::from_micros(end.as_micros() - 1);
    assert_eq!(switching.deadline(just_before), Some(end));
    assert_eq!(switching.deadline(end), Some(start + Duration::from_secs(10)));
    assert_eq!(switching.deadline(start + Duration::from_secs(10)), None, "due is not to come");
}

#[test]
fn a_board_that_loses_its_key_by_a_setting_needs_none_and_another_setting_turns_no_key() {
    let mut config = config_of(cellward_params::Profile::Strict, cellward_params::Chemistry::Lfp);
    config.set(KEY, 1).unwrap();
    let mut bench = Bench::with(config);
    bench.run_ms(1_500);
    bench.feed(Input::Key(true));
    bench.run_ms(100);
    bench.feed(Input::Key(false));
    bench.run_ms(100);
    assert_eq!(bench.closed(), (true, false));
    bench.write(Role::Factory, &[(ParamId(9), 200)]).unwrap();
    bench.run_ms(100);
    assert_eq!(bench.closed(), (true, false), "the key is still off");
    bench.write(Role::Factory, &[(KEY, 0)]).unwrap();
    bench.run_ms(100);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn a_blocked_discharge_switch_closes_only_when_its_diode_conducts() {
    for (port_mv, closes) in [(-299, false), (-300, true)] {
        let mut bench = under_voltage(Bench::running());
        for _ in 0..5 {
            read(&mut bench, 50, port_mv);
        }
        assert_eq!(bench.closed(), (true, closes), "{port_mv} mV");
    }
}

#[test]
fn the_reverse_rule_takes_the_thresholds_of_a_new_size() {
    // 2 A on a 200 A board, 0.5 A on a 50 A board.
    let closes = |bench: &mut Bench| {
        for _ in 0..5 {
            read(bench, -1, 700);
        }
        bench.closed().0
    };
    assert!(!closes(&mut over_voltage()));
    let mut bench = over_voltage();
    bench.write(Role::Factory, &[(ParamId(5), 50_000)]).unwrap();
    assert!(closes(&mut bench));
}

#[test]
fn a_port_that_stands_half_way_and_hardly_rises_is_given_up_too() {
    let mut bench = Bench::precharging(12_800);
    bench.run_ms(60);
    bench.port = millivolts(12_700);
    bench.run_ms(60);
    assert!(bench.happened(Happening::PrechargeAborted));
}

#[test]
fn a_port_that_still_moves_by_a_hundredth_has_not_settled() {
    // Of 48 V between B+ and P-, 50 ms after the port was last looked at.
    for (risen, closes_at) in [(480, 200), (479, 150)] {
        let mut bench = Bench::precharging(52_800);
        let started = bench.run_until(100, |bench| bench.bms.wanted().precharge);
        assert_eq!(started, Some(0));
        bench.run_ms(90);
        bench.port = millivolts(4_800 + risen);
        bench.tick();
        bench.port = millivolts(4_800);
        let closed = bench.run_until(500, |bench| bench.closed().1).map(|millis| millis + 110);
        assert_eq!(closed, Some(closes_at), "{risen}");
    }
}
