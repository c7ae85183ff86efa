//! Every row of the fault table, tripped one at a time: what it opens, whether it lets cells be
//! bled, what is kept of it over a restart, and when the engine wants to be called next.

use cellward_params::fault::{Blocks, FAULTS, FaultRow, Lock, Release};
use cellward_params::{Chemistry, Fault, Level, Profile, RecordKind, Switch};
use cellward_units::{Current, Duration, Voltage};

use super::bench::{Bench, Hanging, config_of};
use crate::protect::Block;
use crate::{ChipAlert, Counts, Input, Persist};

const L2: Level = Level::Protection;

/// A board that starts with these locks and latched faults, and nothing measured yet.
fn starting_with(profile: Profile, locks: u64, latched: u64) -> Bench {
    let mut bench = Bench::with(config_of(profile, Chemistry::Lfp));
    bench.feed(Input::Restore(&Persist { locks, latched, ..Persist::blank() }));
    bench
}

const fn bit(fault: Fault) -> u64 {
    1 << fault.code()
}

/// The lowest level above alarm that opens anything.
fn opening(row: &FaultRow) -> Option<Level> {
    [L2, Level::Hard].into_iter().find(|&level| row.blocks(level) != Blocks::Nothing)
}

fn strength(blocks: Blocks, switch: Switch) -> Block {
    match blocks {
        blocks if !blocks.includes(switch) => Block::No,
        Blocks::Charge | Blocks::Discharge => Block::Direction,
        _ => Block::Full,
    }
}

#[test]
fn each_row_alone_blocks_what_the_table_says_and_lets_cells_be_bled_where_it_says_so() {
    for row in FAULTS.iter().filter(|row| row.fault.is_watched()) {
        let Some(level) = opening(row) else { continue };
        let bench = starting_with(Profile::Strict, 0, bit(row.fault));
        let protect = &bench.bms.protect;
        if matches!(row.fault, Fault::ChipWatchdog | Fault::NotCommissioned) {
            // Nothing is kept of these; they release in the step in which they are not so.
            assert!(!protect.is_active(row.fault, level));
            continue;
        }
        assert!(protect.is_active(row.fault, level), "{:?}", row.fault);
        for &switch in Switch::ALL {
            let expected = strength(row.blocks(level), switch);
            assert_eq!(protect.block(switch), expected, "{:?} {switch:?}", row.fault);
        }
        assert_eq!(protect.balancing_allowed(), row.balancing, "{:?}", row.fault);
    }
}

//
#[test]
fn each_lock_alone_opens_both_or_what_its_row_names() {
    for row in FAULTS.iter().filter(|row| row.lock != Lock::Never) {
        let mut bench = starting_with(Profile::Strict, bit(row.fault), 0);
        bench.run_ms(2_000);
        let expected = match row.fault {
            // The healthy switch stays on: rows 4, 23 and 24.
            Fault::ExtremeOverVoltage | Fault::ChargeNotStopped | Fault::ChargeStuckClosed => {
                (false, true)
            }
            Fault::DischargeStuckClosed => (true, false),
            _ => (false, false),
        };
        assert_eq!(bench.closed(), expected, "{:?}", row.fault);
        assert_eq!(bench.bms.protect.balancing_allowed(), row.balancing, "{:?}", row.fault);
        bench.unlock(row.fault).unwrap();
        bench.run_ms(100);
        assert_eq!(bench.closed(), (true, true), "{:?}", row.fault);
    }
}

#[test]
fn two_rows_block_what_either_blocks_and_the_stronger_one_counts() {
    let both = bit(Fault::CellOverVoltage) | bit(Fault::CellUnderVoltage);
    let bench = starting_with(Profile::Strict, 0, both);
    assert_eq!(bench.bms.protect.block(Switch::Charge), Block::Direction);
    assert_eq!(bench.bms.protect.block(Switch::Discharge), Block::Direction);
    assert!(!bench.bms.protect.balancing_allowed(), "under-voltage forbids it");
    let both = bit(Fault::CellOverVoltage) | bit(Fault::ShortCircuit);
    let bench = starting_with(Profile::Strict, 0, both);
    assert_eq!(bench.bms.protect.block(Switch::Charge), Block::Full);
}

#[test]
fn what_waits_for_more_than_a_recovery_is_kept_and_nothing_else() {
    for &profile in Profile::ALL {
        for row in FAULTS.iter().filter(|row| row.fault.is_watched()) {
            if opening(row).is_none() {
                continue;
            }
            let bench = starting_with(profile, 0, bit(row.fault));
            let (locks, latched, _) = bench.bms.protect.kept(bench.now);
            let rule = row.release(profile);
            let kept = !matches!(rule, Release::Recovery | Release::Wait | Release::Commission);
            assert_eq!(latched.contains(row.fault), kept, "{profile:?} {:?}", row.fault);
            assert_eq!(locks.0 & !bit(row.fault), 0, "{:?}", row.fault);
        }
    }
}

#[test]
fn counts_come_back_as_they_went() {
    let counts = Counts {
        over_voltage_closings: 2,
        under_voltage_closings: 3,
        charge_over_currents: 1,
        discharge_tries: 2,
        short_tries: 3,
        short_latches: 4,
        watchdog_trips: 2,
        self_test_failures: 1,
    };
    let mut bench = Bench::new();
    let image = starting_with(Profile::Strict, 0, 0);
    let kept = image.bms.protect.kept(image.now).2;
    assert_eq!(kept, Counts::default());
    let mut persist = Persist {
        latched: bit(Fault::ShortCircuit) | bit(Fault::ChargeOverCurrent),
        counts,
        ..Persist::blank()
    };
    bench.feed(Input::Restore(&persist));
    assert_eq!(bench.bms.protect.kept(bench.now).2, counts, "tripping again counts nothing");
    // As a later input it would undo what has happened since, so it is not heard.
    persist.locks = bit(Fault::ThermalRunaway);
    bench.feed(Input::Restore(&persist));
    assert!(bench.bms.protect.locked().is_empty());
}

#[test]
fn every_alert_of_the_chip_trips_its_own_row_and_opens_at_once() {
    for (alert, fault, level, closed) in [
        (ChipAlert::ShortCircuit, Fault::ShortCircuit, L2, (false, false)),
        (ChipAlert::OverVoltage, Fault::CellOverVoltage, Level::Hard, (false, true)),
        (ChipAlert::UnderVoltage, Fault::CellUnderVoltage, Level::Hard, (true, false)),
        (
            ChipAlert::TooHot(Switch::Charge),
            Fault::ChargeOverTemperature,
            Level::Hard,
            (false, true),
        ),
        (
            ChipAlert::TooHot(Switch::Discharge),
            Fault::DischargeOverTemperature,
            Level::Hard,
            (true, false),
        ),
        (
            ChipAlert::TooCold(Switch::Charge),
            Fault::ChargeUnderTemperature,
            Level::Hard,
            (false, true),
        ),
        (
            ChipAlert::TooCold(Switch::Discharge),
            Fault::DischargeUnderTemperature,
            Level::Hard,
            (true, false),
        ),
        (ChipAlert::Watchdog, Fault::ChipWatchdog, L2, (false, false)),
    ] {
        let mut bench = Bench::running();
        bench.feed(Input::Alert(alert));
        assert_eq!(bench.closed(), closed, "{alert:?}");
        assert!(bench.tripped(fault, level), "{alert:?}");
        assert_eq!(bench.count_of(fault, level, RecordKind::ProtectionSet), 1);
        assert!(bench.bms.black_box().is_some());
        // Told a second time it is the same one, and no second record.
        bench.feed(Input::Alert(alert));
        assert_eq!(bench.count_of(fault, level, RecordKind::ProtectionSet), 1);
    }
}

/// When the engine wants to be called, counted from now in ms, if readings keep arriving.
fn steady_ms(bench: &Bench) -> u64 {
    bench.bms.steady_deadline().unwrap().since(bench.now).as_millis()
}

#[test]
fn the_engine_says_when_a_delay_and_a_release_end() {
    let mut bench = Bench::running();
    bench.set_cell(3, 3_700);
    bench.feed_cells();
    assert_eq!(steady_ms(&bench), 700);
    bench.run_until(2_000, |bench| bench.tripped(Fault::CellOverVoltage, Level::Alarm)).unwrap();
    bench.set_cell(3, 3_300);
    bench.feed_cells();
    assert_eq!(steady_ms(&bench), 2_000, "the alarm goes first");
    bench.run_ms(2_500);
    assert_eq!(steady_ms(&bench), 500);
    // The one that ends first counts.
    bench.set_cell(3, 2_490);
    bench.feed_cells();
    assert_eq!(steady_ms(&bench), 500);
}

#[test]
fn the_engine_says_when_a_wait_for_a_retry_ends() {
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging { load: true, charger: false });
    bench.set_amps(-300);
    bench.run_until(2_000, |bench| !bench.closed().1).unwrap();
    bench.set_amps(0);
    // The flow of current is told as standby only after two seconds.
    bench.run_ms(3_000);
    let wait = bench.bms.protect.deadline().unwrap().since(bench.now);
    assert_eq!(wait.as_millis(), 30_000 - 3_010);
}

#[test]
fn while_a_question_is_open_every_reading_is_needed() {
    let mut bench = Bench::running();
    bench.open_taps = None;
    assert!(steady_ms(&bench) > 0);
    bench.set_cell(4, 3_950);
    bench.run_ms(400);
    assert!(bench.bms.wanted().test_wires);
    let last = bench.now.before(super::bench::TICK);
    assert_eq!(bench.bms.steady_deadline(), Some(last));
    // And while a capacitor might be filling.
    let mut bench = Bench::running();
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    assert_eq!(bench.bms.steady_deadline(), Some(bench.now));
}

#[test]
fn a_current_that_fails_while_a_delay_runs_does_not_hide_it() {
    let mut bench = Bench::running();
    bench.current = Ok(Current::from_amps(-230));
    bench.feed_current();
    bench.run_ms(9_900);
    bench.current = Err(cellward_units::NoData::Implausible);
    bench.run_ms(150);
    assert!(bench.tripped(Fault::DischargeOverCurrent, L2));
    let record = bench.record_of(Fault::DischargeOverCurrent, L2, RecordKind::ProtectionSet);
    assert_eq!(record.value, Some(230_000));
    assert_eq!(record.lasted, Duration::from_secs(10));
}

#[test]
fn a_missing_cell_lets_no_extreme_recover_but_lets_one_trip() {
    let mut bench = Bench::running();
    bench.set_cell(3, 3_700);
    bench.run_ms(1_000);
    assert!(bench.tripped(Fault::CellOverVoltage, L2));
    // All that can be read is good; what cannot may be the bad one.
    bench.set_cell(3, 3_300);
    bench.cells[9] = Err(cellward_units::NoData::Implausible);
    bench.run_ms(20_000);
    assert!(bench.tripped(Fault::CellOverVoltage, L2));
    bench.cells[9] = Ok(Voltage::from_millivolts(3_300));
    bench.run_ms(3_200);
    assert!(!bench.tripped(Fault::CellOverVoltage, L2));
}
