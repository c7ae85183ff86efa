//! What sessions may ask for, and what they are told.

use cellward_params::parameter::Field;
use cellward_params::reason::Why;
use cellward_params::record::Happening;
use cellward_params::{
    Action, Answer, Command, DateTime, Fault, Level, Lights, ParamId, PortId, Refusal, Request,
    Role, Switch,
};
use cellward_units::{NoData, Ratio};

use super::bench::Bench;
use crate::{Event, Input};

fn ask(bench: &mut Bench, role: Role, action: Action) -> Result<(), Refusal> {
    let request = Request { id: 7, port: PortId(2), role, action };
    bench.feed(Input::Request(request));
    let answer = bench.events.iter().rev().find_map(|event| match event {
        Event::Answer(answer) => Some(*answer),
        _ => None,
    });
    let Some(Answer { id: 7, port: PortId(2), result }) = answer else { panic!("{answer:?}") };
    result
}

fn allow(switch: Switch, allowed: bool) -> Action {
    Action::Command(Command::AllowSwitch { switch, allowed })
}

#[test]
fn a_user_may_open_and_close_a_switch() {
    let mut bench = Bench::running();
    assert_eq!(ask(&mut bench, Role::User, allow(Switch::Discharge, false)), Ok(()));
    bench.tick();
    assert_eq!(bench.closed(), (true, false));
    assert_eq!(bench.reasons(Switch::Discharge)[0].why, Why::User);
    assert!(bench.happened(Happening::UserOff));
    assert!(bench.events.iter().any(|event| matches!(event, Event::Persist(_))));
    assert_eq!(ask(&mut bench, Role::User, allow(Switch::Discharge, true)), Ok(()));
    bench.tick();
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn both_lights_blink_for_ten_seconds_for_whoever_looks_for_this_board() {
    let mut bench = Bench::running();
    let before = bench.bms.wanted().lights;
    assert_eq!(ask(&mut bench, Role::User, Action::Command(Command::Identify)), Ok(()));
    assert_eq!(bench.bms.wanted().lights, Lights::IDENTIFY);
    bench.run_ms(9_990);
    assert_eq!(bench.bms.wanted().lights, Lights::IDENTIFY);
    bench.run_ms(20);
    assert_eq!(bench.bms.wanted().lights, before);
}

#[test]
fn the_clock_is_unknown_until_it_is_set_and_then_runs() {
    let mut bench = Bench::running();
    assert_eq!(bench.bms.snapshot(bench.now).board_clock, Err(NoData::Unknown));
    let clock = DateTime::new([26, 12, 31, 23, 59, 58]).unwrap();
    assert_eq!(ask(&mut bench, Role::User, Action::Command(Command::SetClock(clock))), Ok(()));
    bench.run_ms(3_000);
    let text = bench.bms.snapshot(bench.now).board_clock.unwrap();
    assert_eq!(text.as_str(), "2027-01-01 00:00:01");
}

#[test]
fn a_factory_reset_opens_both_switches_and_leaves_what_belongs_to_the_board() {
    let mut bench = Bench::running();
    let over = ParamId::of_limit(Fault::CellOverVoltage, Level::Alarm, Field::Threshold);
    let before = bench.bms.config().clone();
    let write = Action::Write { parameter: over, raw: 3_560 };
    assert_eq!(ask(&mut bench, Role::Installer, write), Ok(()));
    let reset = Action::Command(Command::FactoryReset);
    assert_eq!(ask(&mut bench, Role::User, reset), Err(Refusal::Role { needed: Role::Installer }));
    assert_eq!(bench.bms.config().raw(over), Some(3_560));
    assert_eq!(ask(&mut bench, Role::Installer, reset), Ok(()));
    bench.run_ms(200);
    assert_eq!(bench.closed(), (false, false));
    assert!(!bench.bms.config().is_commissioned());
    let mut expected = before;
    expected.set_commissioned(false);
    assert_eq!(bench.bms.config(), &expected);
    assert!(bench.happened(Happening::ParametersWritten));
}

#[test]
fn a_restart_is_told_after_its_answer_and_after_what_must_survive() {
    let mut bench = Bench::running();
    bench.events.clear();
    assert_eq!(ask(&mut bench, Role::Installer, Action::Command(Command::Restart)), Ok(()));
    let [Event::Persist(_), Event::Answer(_), Event::Restart] = bench.events[..] else {
        panic!("{:?}", bench.events);
    };
}

#[test]
fn asking_for_a_switch_never_closes_against_a_fault() {
    let mut bench = Bench::running();
    bench.set_cell(0, 3_700);
    bench.run_ms(2_000);
    assert_eq!(ask(&mut bench, Role::Factory, allow(Switch::Charge, true)), Ok(()));
    bench.run_ms(1_000);
    assert_eq!(bench.closed(), (false, true));
}

#[test]
fn asking_for_a_switch_counts_as_relief_after_under_voltage() {
    let mut bench = Bench::running();
    bench.port = cellward_units::Voltage::from_millivolts(48_000);
    bench.set_cells(2_450);
    bench.run_ms(4_000);
    bench.set_cells(3_100);
    bench.run_ms(4_000);
    assert_eq!(bench.closed(), (true, false));
    ask(&mut bench, Role::User, allow(Switch::Discharge, true)).unwrap();
    bench.run_ms(200);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn only_an_installer_may_say_what_the_charge_is() {
    let mut bench = Bench::running();
    let action = Action::Command(Command::SetSoc(Ratio::from_permille(800)));
    let refused = Err(Refusal::Role { needed: Role::Installer });
    assert_eq!(ask(&mut bench, Role::User, action), refused);
    assert_eq!(ask(&mut bench, Role::Installer, action), Ok(()));
    assert_eq!(bench.bms.snapshot(bench.now).soc_true, Ok(Ratio::from_permille(800)));
}

#[test]
fn a_charge_beyond_full_is_refused() {
    let mut bench = Bench::running();
    for ppm in [-1, 1_000_001] {
        let action = Action::Command(Command::SetSoc(Ratio::from_ppm(ppm)));
        let refused = Err(Refusal::OutOfRange { min: 0, max: 1_000_000 });
        assert_eq!(ask(&mut bench, Role::Installer, action), refused);
    }
}

#[test]
fn a_written_limit_is_in_force_at_once_and_a_bad_one_changes_nothing() {
    use cellward_params::parameter::Field;
    let id = ParamId::of_limit(Fault::CellOverVoltage, Level::Protection, Field::Threshold);
    let write = |raw| Action::Write { parameter: id, raw };
    let mut bench = Bench::running();
    assert_eq!(
        ask(&mut bench, Role::User, write(3_600)),
        Err(Refusal::Role { needed: Role::Installer })
    );
    assert_eq!(
        ask(&mut bench, Role::Installer, write(5_001)),
        Err(Refusal::OutOfRange { min: 1_000, max: 5_000 })
    );
    bench.set_cell(0, 3_600);
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (true, true));
    assert_eq!(ask(&mut bench, Role::Installer, write(3_600)), Ok(()));
    bench.run_ms(1_000);
    assert_eq!(bench.closed(), (false, true));
}

#[test]
fn a_parameter_that_does_not_exist_is_named_in_the_refusal() {
    let mut bench = Bench::running();
    let action = Action::Write { parameter: ParamId(999), raw: 1 };
    let refused = Err(Refusal::UnknownParameter(ParamId(999)));
    assert_eq!(ask(&mut bench, Role::Factory, action), refused);
}
