//! What waits for a person: a failed pre-charge, and cells that differ too much.

use super::*;

/// A pre-charge that failed onto a load that stays.
fn precharge_failed() -> Bench {
    let mut bench = Bench::precharging(52_800);
    bench.run_until(10_000, |bench| bench.tripped(Fault::PrechargeFailed, L2)).unwrap();
    bench.run_ms(100);
    bench
}

/// How often the pre-charge was tried. Tries within ten seconds are told as one storm.
fn tries(bench: &Bench) -> u32 {
    let started = Subject::Happening(Happening::PrechargeStarted);
    let starts = bench.records().filter(|record| record.subject == started);
    starts.map(|record| u32::from(record.count)).sum()
}

#[test]
fn a_pre_charge_onto_a_load_that_stays_is_tried_three_times() {
    let mut bench = precharge_failed();
    bench.run_ms(15_000);
    assert_eq!(tries(&bench), 3);
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
fn an_override_lasts_as_long_as_the_level_that_it_is_for_and_no_longer() {
    let fault = Fault::CellDifference;
    let mut bench = unequal();
    bench.run_until(12_000, |bench| bench.tripped(fault, L2)).unwrap();
    bench.command(Command::Override(fault)).unwrap();
    bench.set_cells(3_300);
    // The level that opens nothing has released after ten seconds.
    bench.run_ms(30_000);
    assert!(!bench.tripped(fault, L2) && bench.tripped(fault, Level::Hard));
    assert_eq!(bench.closed(), (true, true));
    bench.run_ms(31_000);
    assert!(!bench.tripped(fault, Level::Hard));
    // Far within the day of the first one: another difference needs another override.
    bench.set_cell(2, 2_600);
    bench.set_cell(3, 3_600);
    bench.run_until(6_000, |bench| bench.tripped(fault, Level::Hard)).unwrap();
    bench.tick();
    assert_eq!(bench.closed(), (false, false));
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

#[test]
fn a_pre_charge_that_is_called_off_starts_from_its_first_try() {
    let mut bench = Bench::precharging(52_800);
    // The first try is given up after 100 ms, as the port does not rise.
    bench.run_ms(200);
    bench.allow(Switch::Discharge, false);
    bench.run_ms(100);
    bench.allow(Switch::Discharge, true);
    bench.run_until(20_000, |bench| bench.tripped(Fault::PrechargeFailed, L2)).unwrap();
    bench.run_ms(15_000);
    assert_eq!(tries(&bench), 4);
}
