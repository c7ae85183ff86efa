//! What is told of the levels and locks that stand, and what single rows mean to the switches.

use std::vec::Vec;

use cellward_params::fault::{Blocks, FAULTS, Lock};
use cellward_params::limit::LIMITS;
use cellward_params::{Fault, Level, RecordKind, Switch};
use cellward_units::{NoData, Temperature};

use super::bench::Bench;
use crate::{ChipAlert, Input, Persist, WireTest};

const L2: Level = Level::Protection;
const OV: Fault = Fault::CellOverVoltage;

/// A board that starts with one lock and with these faults latched, and nothing measured yet.
fn starting_with(lock: Option<Fault>, latched: &[Fault]) -> Bench {
    let bits = |faults: &[Fault]| faults.iter().map(|fault| 1_u64 << fault.code()).sum();
    let mut bench = Bench::new();
    bench.feed(Input::Restore(&Persist {
        locks: bits(lock.as_slice()),
        latched: bits(latched),
        ..Persist::blank()
    }));
    bench
}

/// How often a fault stands in the list of what is active, and at which level first.
fn listed(bench: &Bench, fault: Fault) -> (usize, Option<Level>) {
    let faults = bench.bms.snapshot(bench.now).faults.unwrap();
    let found: Vec<_> = faults.iter().filter(|active| active.fault == fault).collect();
    (found.len(), found.first().map(|active| active.level))
}

#[test]
fn each_over_voltage_above_alarm_counts_as_one_by_itself() {
    assert!(!starting_with(None, &[]).bms.protect.over_voltage());
    for fault in [OV, Fault::PackOverVoltage, Fault::ExtremeOverVoltage] {
        let bench = starting_with(None, &[fault]);
        assert!(bench.bms.protect.over_voltage(), "{fault:?}");
    }
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::OverVoltage));
    assert!(!bench.tripped(OV, L2) && bench.bms.protect.over_voltage(), "the hard level alone");
}

#[test]
fn a_healthy_switch_is_held_on_by_a_lock_alone_and_by_an_active_row_alone() {
    use Switch::{Charge, Discharge};
    for (fault, held, other) in [
        (Fault::ChargeStuckClosed, Discharge, Charge),
        (Fault::ChargeNotStopped, Discharge, Charge),
        (Fault::DischargeStuckClosed, Charge, Discharge),
    ] {
        for bench in [starting_with(Some(fault), &[]), starting_with(None, &[fault])] {
            assert!(bench.bms.protect.holds_on(held), "{fault:?}");
            assert!(!bench.bms.protect.holds_on(other), "{fault:?}");
        }
    }
}

#[test]
fn the_port_is_offered_for_an_under_voltage_and_for_nothing_else_that_opens_the_discharge_switch() {
    for (latched, offers) in [
        (&[Fault::CellUnderVoltage][..], true),
        (&[Fault::PackUnderVoltage], true),
        (&[Fault::DischargeOverTemperature], false),
        (&[Fault::DischargeOverCurrent], false),
        (&[Fault::CellUnderVoltage, Fault::ShortCircuit], false),
        (&[Fault::CellUnderVoltage, Fault::ChargeOverTemperature], false),
    ] {
        assert_eq!(starting_with(None, latched).bms.protect.offers_port(), offers, "{latched:?}");
    }
    let mut bench = starting_with(None, &[Fault::CellUnderVoltage]);
    bench.feed(Input::Alert(ChipAlert::UnderVoltage));
    assert!(!bench.bms.protect.offers_port(), "a cell is below the hard limit");
    let bench = starting_with(Some(Fault::ChargeNotStopped), &[Fault::CellUnderVoltage]);
    assert!(!bench.bms.protect.offers_port(), "something is locked");
}

#[test]
fn a_lock_is_listed_once_whether_its_fault_is_still_active_or_not() {
    let runaway = Fault::ThermalRunaway;
    let mut bench = Bench::running();
    bench.set_celsius(41);
    bench.run_ms(1_000);
    bench.temperatures = [Ok(Temperature::from_celsius(51)); 4];
    bench.feed_temperatures();
    bench.run_until(3_000, |bench| bench.locked(runaway)).unwrap();
    let at = |bench: &Bench, level| bench.tripped(runaway, level);
    assert!(at(&bench, L2));
    let alarm = usize::from(at(&bench, Level::Alarm));
    assert_eq!(listed(&bench, runaway), (1 + alarm, Some(L2)));
    let gone = |bench: &Bench| !at(bench, L2) && !at(bench, Level::Alarm);
    bench.set_celsius(25);
    bench.run_until(600_000, gone).unwrap();
    assert!(bench.locked(runaway));
    assert_eq!(listed(&bench, runaway), (1, Some(L2)));
}

#[test]
fn what_locks_at_once_locks_in_the_very_step_in_which_it_trips() {
    let mut bench = Bench::running();
    bench.set_celsius(41);
    bench.run_ms(1_000);
    bench.temperatures = [Ok(Temperature::from_celsius(51)); 4];
    bench.feed_temperatures();
    // Its delay of a second ends right now, and one single step is made.
    bench.run_ms(1_000);
    assert!(!bench.tripped(Fault::ThermalRunaway, L2));
    bench.bms.handle(Input::Tick, bench.now);
    assert!(bench.tripped(Fault::ThermalRunaway, L2));
    assert!(bench.locked(Fault::ThermalRunaway));
}

#[test]
fn what_locks_at_once_opens_the_same_while_it_is_active_as_while_it_is_locked() {
    for row in FAULTS {
        if let Lock::AtOnce(level) = row.lock {
            assert_eq!(row.blocks(level), row.locked_blocks(), "{:?}", row.fault);
        }
    }
}

#[test]
fn a_deep_under_voltage_opens_both_at_each_of_its_levels_and_when_it_is_locked() {
    let row = Fault::DeepUnderVoltage.row();
    assert_eq!(row.locked_blocks(), Blocks::Both);
    let levels: Vec<_> = LIMITS.iter().filter(|it| it.fault == row.fault).collect();
    assert_eq!(levels.len(), 2);
    for limit in levels {
        assert_eq!(row.blocks(limit.level), Blocks::Both, "{:?}", limit.level);
    }
}

#[test]
fn a_lock_that_falls_last_freezes_the_black_box_with_its_own_number() {
    let mut bench = Bench::running();
    bench.open_taps = None;
    bench.set_cell(6, 3_900);
    // Every level of the over-voltage has tripped before the chip answers.
    bench.run_ms(1_500);
    assert!(bench.tripped(OV, Level::Hard) && !bench.locked(Fault::ExtremeOverVoltage));
    bench.feed(Input::Wires(WireTest { open_taps: 0 }));
    let lock = bench.records().find(|record| record.kind == RecordKind::Lock).unwrap();
    let frozen = bench.bms.black_box().unwrap();
    assert_eq!((frozen.sequence(), frozen.at()), (lock.sequence, lock.at));
}

#[test]
fn a_level_tells_what_began_it_and_not_what_is_read_later() {
    // The reading that began the delay stands for one that is missing when it ends.
    let mut bench = Bench::running();
    bench.set_cell(7, 3_720);
    bench.run_ms(200);
    bench.set_cell(9, 3_740);
    bench.run_ms(200);
    bench.cells.fill(Err(NoData::Implausible));
    bench.run_ms(500);
    let record = bench.record_of(OV, L2, RecordKind::ProtectionSet);
    assert_eq!((record.index, record.value), (Some(7), Some(3_720)));
    // And an active level keeps the reading that it tripped with.
    let mut bench = Bench::running();
    bench.set_cell(7, 3_720);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.set_cell(9, 3_740);
    bench.run_ms(1_000);
    let faults = bench.bms.snapshot(bench.now).faults.unwrap();
    let active = faults.iter().find(|it| it.fault == OV && it.level == L2).unwrap();
    assert_eq!((active.index, active.value), (Some(7), Some(3_720)));
}

#[test]
fn a_floating_wire_is_told_as_such_and_as_nothing_else() {
    let mut bench = Bench::running();
    bench.float_wire(4);
    bench.run_ms(20_000);
    for fault in [OV, Fault::CellUnderVoltage, Fault::DeepUnderVoltage, Fault::CellDifference] {
        for &level in Level::ALL {
            assert!(!bench.tripped(fault, level), "{fault:?} {level:?}");
            for kind in [RecordKind::ProtectionSet, RecordKind::AlarmSet] {
                assert_eq!(bench.count_of(fault, level, kind), 0, "{fault:?} {level:?}");
            }
        }
    }
}

#[test]
fn an_over_voltage_that_has_tripped_stays_when_the_wire_of_its_cell_opens() {
    let mut bench = Bench::running();
    bench.set_cell(4, 3_700);
    bench.run_until(2_000, |bench| bench.tripped(OV, L2)).unwrap();
    bench.open_wire(4);
    bench.run_ms(10_000);
    assert!(bench.tripped(OV, L2), "nothing proves that the cell is good");
}

#[test]
fn a_loose_tap_hides_the_cells_and_nothing_else() {
    let mut bench = Bench::running();
    bench.open_taps = Some(1 << 5);
    bench.set_cell(4, 2_600);
    bench.set_cell(5, 4_000);
    bench.run_until(2_000, |bench| bench.tripped(Fault::OpenWire, L2)).unwrap();
    bench.set_celsius(61);
    bench.run_ms(5_100);
    assert!(bench.tripped(Fault::DischargeOverTemperature, L2));
    bench.switches = Ok(Temperature::from_celsius(100));
    bench.run_ms(2_000);
    assert!(bench.tripped(Fault::SwitchOverTemperature, L2));
    assert!(!bench.tripped(OV, L2));
}
