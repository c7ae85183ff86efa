//! Parameters written as a group: all or nothing, refused with the rule, recorded, in force at
//! once.

use cellward_params::parameter::Field;
use cellward_params::record::Happening;
use cellward_params::{
    Chemistry, Command, Config, Fault, Level, ParamId, Profile, RecordKind, Refusal, Role, Switch,
};
use cellward_units::Duration;

use super::bench::Bench;

const L2: Level = Level::Protection;

const fn threshold(fault: Fault, level: Level) -> ParamId {
    ParamId::of_limit(fault, level, Field::Threshold)
}

const OVER: ParamId = threshold(Fault::CellOverVoltage, L2);
const OVER_ALARM: ParamId = threshold(Fault::CellOverVoltage, Level::Alarm);
const CHEMISTRY: ParamId = ParamId(3);
const CELLS: ParamId = ParamId(1);
const CAPACITY: ParamId = ParamId(6);

//
#[test]
fn a_group_with_one_bad_value_changes_nothing_and_names_rule_and_parameter() {
    let mut bench = Bench::running();
    let before = bench.bms.config().clone();
    // Alarm above protection: rule 1.
    let refused = bench.write(Role::Installer, &[(OVER, 3_600), (OVER_ALARM, 3_601)]);
    let Err(Refusal::Relation { rule: 1, parameter }) = refused else { panic!("{refused:?}") };
    assert!(parameter == OVER || parameter == OVER_ALARM);
    // Above the cell's upper limit: rule 4.
    let refused = bench.write(Role::Installer, &[(CAPACITY, 100_000), (OVER, 3_651)]);
    assert_eq!(refused, Err(Refusal::Relation { rule: 4, parameter: OVER }));
    let refused = bench.write(Role::Installer, &[(OVER, 3_600), (ParamId(999), 1)]);
    assert_eq!(refused, Err(Refusal::UnknownParameter(ParamId(999))));
    let refused = bench.write(Role::User, &[(OVER, 3_600)]);
    assert_eq!(refused, Err(Refusal::Role { needed: Role::Installer }));
    let refused = bench.write(Role::Installer, &[(OVER, 3_600), (OVER_ALARM, 5_001)]);
    assert_eq!(refused, Err(Refusal::OutOfRange { min: 1_000, max: 5_000 }));
    let fixed = threshold(Fault::CellInversion, L2);
    assert_eq!(bench.write(Role::Factory, &[(fixed, -10)]), Err(Refusal::Fixed(fixed)));
    assert_eq!(*bench.bms.config(), before);
    assert!(!bench.happened(Happening::ParametersWritten));
    // The limits in force are the old ones as well.
    bench.set_cell(4, 3_620);
    bench.run_ms(3_000);
    assert!(!bench.tripped(Fault::CellOverVoltage, L2));
}

//
#[test]
fn a_good_group_is_in_force_at_once_and_recorded_with_both_sums_and_the_role() {
    let mut bench = Bench::running();
    bench.set_cell(4, 3_600);
    bench.run_ms(3_000);
    assert_eq!(bench.closed(), (true, true));
    let before = bench.bms.config().crc();
    bench.write(Role::Installer, &[(OVER, 3_600), (OVER_ALARM, 3_555)]).unwrap();
    let after = bench.bms.config().crc();
    assert_ne!(before, after);
    let record = bench.records().last().unwrap();
    assert_eq!(record.kind, RecordKind::ParameterWrite);
    assert_eq!(record.value.map(i32::cast_unsigned), Some(before));
    assert_eq!(record.limit.map(i32::cast_unsigned), Some(after));
    assert_eq!(record.role, Some(Role::Installer));
    // The delay runs from the write, not from the next reading.
    let opened = bench.run_until(2_000, |bench| bench.closed() == (false, true));
    assert_eq!(opened, Some(700));
}

#[test]
fn a_write_that_changes_nothing_is_not_recorded() {
    let mut bench = Bench::running();
    bench.write(Role::Installer, &[(OVER, 3_650)]).unwrap();
    assert!(!bench.happened(Happening::ParametersWritten));
}

#[test]
fn what_is_tripped_stays_tripped_when_its_limit_moves_and_recovers_by_the_new_one() {
    let mut bench = Bench::running();
    bench.set_cell(4, 3_600);
    bench.write(Role::Installer, &[(OVER, 3_600)]).unwrap();
    bench.run_ms(1_000);
    assert!(bench.tripped(Fault::CellOverVoltage, L2));
    bench.write(Role::Installer, &[(OVER, 3_650)]).unwrap();
    bench.run_ms(5_000);
    assert!(bench.tripped(Fault::CellOverVoltage, L2));
    bench.set_cell(4, 3_399);
    bench.run_ms(3_200);
    assert_eq!(bench.closed(), (true, true));
}

#[test]
fn delays_and_release_delays_are_in_milliseconds_and_in_force_at_once() {
    let mut bench = Bench::running();
    let field = |field| ParamId::of_limit(Fault::CellOverVoltage, L2, field);
    let changes = [(field(Field::Delay), 1_500), (field(Field::ReleaseDelay), 4_500)];
    bench.write(Role::Installer, &changes).unwrap();
    bench.set_cell(4, 3_700);
    bench.feed_cells();
    let tripped = bench.run_until(2_000, |bench| bench.tripped(Fault::CellOverVoltage, L2));
    assert_eq!(tripped, Some(1_500));
    bench.set_cell(4, 3_300);
    bench.feed_cells();
    let released = bench.run_until(6_000, |bench| !bench.tripped(Fault::CellOverVoltage, L2));
    assert_eq!(released, Some(4_500));
}

//
#[test]
fn the_chemistry_changes_only_with_both_switches_open_and_waits_for_commissioning() {
    let mut bench = Bench::running();
    let change = [(CHEMISTRY, 1)];
    assert_eq!(bench.write(Role::Installer, &change), Err(Refusal::SwitchesClosed));
    bench.allow(Switch::Charge, false);
    bench.allow(Switch::Discharge, false);
    bench.run_ms(100);
    bench.write(Role::Installer, &change).unwrap();
    assert_eq!(bench.bms.config().chemistry(), Chemistry::Nmc);
    let default = Config::new(Profile::Strict, Chemistry::Nmc, 16);
    let limit = |config: &Config| config.limit(Fault::CellOverVoltage, L2).copied();
    assert_eq!(limit(bench.bms.config()), limit(&default), "its own set of defaults");
    assert!(bench.tripped(Fault::NotCommissioned, L2));
    bench.set_cells(3_800);
    bench.allow(Switch::Charge, true);
    bench.allow(Switch::Discharge, true);
    bench.run_ms(5_000);
    assert_eq!(bench.closed(), (false, false));
    let confirm =
        Command::Commission { chemistry: Chemistry::Nmc, cells: 16, outside_window: false };
    bench.command(confirm).unwrap();
    // Cells of 3.3 V were empty for NMC: that under-voltage still waits for its relief.
    bench.allow(Switch::Discharge, true);
    bench.run_ms(3_200);
    assert_eq!(bench.closed(), (true, true));
}

//
#[test]
fn the_number_of_cells_must_agree_with_the_live_taps_or_find_none() {
    let mut bench = Bench::running();
    let refused = Err(Refusal::LiveTaps { named: 15, live: 16 });
    assert_eq!(bench.write(Role::Installer, &[(CELLS, 15)]), refused);
    assert_eq!(bench.write(Role::Installer, &[(CELLS, 16)]), Ok(()));
    let mut bench = Bench::with(Config::lifepo4(16));
    assert_eq!(bench.write(Role::Installer, &[(CELLS, 15)]), Err(Refusal::NoReading));
    bench.set_cells(0);
    bench.run_ms(200);
    assert_eq!(bench.write(Role::Installer, &[(CELLS, 15)]), Ok(()));
    assert_eq!(bench.bms.config().cells(), 15);
    assert!(bench.tripped(Fault::NotCommissioned, L2));
}

#[test]
fn a_capacity_moves_the_limits_that_follow_from_it_at_once() {
    let mut bench = Bench::started(Config::lifepo4(16));
    let l2 = |bench: &Bench| {
        bench.bms.config().limit(Fault::ChargeOverCurrent, L2).map(|limit| limit.threshold)
    };
    assert_eq!(l2(&bench), Some(57_500));
    bench.write(Role::Installer, &[(CAPACITY, 280_000)]).unwrap();
    assert_eq!(l2(&bench), Some(115_000));
    bench.set_amps(100);
    bench.run_ms(11_000);
    assert_eq!(bench.closed(), (true, true));
    bench.set_amps(115);
    bench.run_ms(10_100);
    assert_eq!(bench.closed(), (false, true));
}

#[test]
fn the_trip_pulse_is_as_long_as_its_parameter_says() {
    let mut bench = Bench::running();
    bench.write(Role::Installer, &[(ParamId(37), 300)]).unwrap();
    bench.set_cell(4, 3_950);
    bench.run_until(1_000, |bench| bench.bms.wanted().trip).unwrap();
    let start = bench.now;
    bench.run_until(2_000, |bench| !bench.bms.wanted().trip).unwrap();
    assert!(bench.now.since(start) <= Duration::from_millis(310));
}
