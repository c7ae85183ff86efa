//! "Why is it off": every reason, in the order of its weight, with the way out and the time left.

use std::vec::Vec;

use cellward_params::fault::{Blocks, FAULTS};
use cellward_params::reason::{Until, Why};
use cellward_params::{Chemistry, Fault, Level, ParamId, Profile, Switch};
use cellward_units::{Duration, NoData, Temperature, Voltage};

use super::bench::{Bench, Hanging, config_of};
use crate::{BoardHealth, ChipAlert, Counts, Input, Memory, Persist};

/// A number for each kind of reason, rising in the order that is promised.
fn rank(why: &Why) -> u8 {
    match why {
        Why::Locked(_) => 0,
        Why::Fault(active) if active.level == Level::Hard => 1,
        Why::Fault(_) => 2,
        _ => 3,
    }
}

#[test]
fn locks_come_first_then_hard_levels_then_protections_then_people() {
    let mut bench = Bench::running();
    bench.set_cell(7, -20);
    bench.run_ms(1_000);
    bench.set_celsius(75);
    bench.set_cell(3, 3_700);
    bench.run_ms(7_000);
    bench.allow(Switch::Charge, false);
    bench.tick();
    let reasons = bench.reasons(Switch::Charge);
    let ranks: Vec<_> = reasons.iter().map(|reason| rank(&reason.why)).collect();
    let mut sorted = ranks.clone();
    sorted.sort_unstable();
    assert_eq!(ranks, sorted);
    assert_eq!([0, 1, 2, 3].map(|rank| ranks.contains(&rank)), [true; 4], "{reasons:?}");
    assert_eq!(reasons.last().unwrap().why, Why::User);
    assert_eq!(reasons.last().unwrap().until, Until::User);
}

#[test]
fn each_reason_counts_its_time_down() {
    let mut bench = Bench::running();
    bench.hanging = Some(Hanging { load: true, charger: false });
    bench.set_amps(-300);
    bench.run_until(2_000, |bench| !bench.closed().1).unwrap();
    bench.set_amps(0);
    bench.tick();
    let mut last = Duration::from_secs(31);
    for _ in 0..29 {
        let (until, left) = bench.way_out(Fault::DischargeOverCurrent);
        assert_eq!(until, Until::Retry);
        let left = left.unwrap();
        assert!(left < last, "{left:?}");
        last = left;
        bench.run_ms(1_000);
    }
    assert!(last < Duration::from_secs(3), "{last:?}");
}

#[test]
fn people_and_parts_that_keep_a_switch_open_have_their_own_reasons() {
    let mut config = config_of(Profile::Strict, Chemistry::Lfp);
    config.set(ParamId(39), 1).unwrap();
    config.set(ParamId(33), 20_000).unwrap();
    let mut bench = Bench::with(config);
    assert_eq!(bench.reasons(Switch::Charge)[0].why, Why::SelfTest);
    bench.run_ms(1_500);
    let why = |bench: &Bench, switch| {
        bench.reasons(switch).iter().map(|reason| reason.why).collect::<Vec<_>>()
    };
    assert_eq!(why(&bench, Switch::Discharge), [Why::Key]);
    assert_eq!(why(&bench, Switch::Charge), []);
    bench.port = Voltage::from_millivolts(40_000);
    bench.tick();
    bench.feed(Input::Key(true));
    bench.run_ms(20);
    assert_eq!(why(&bench, Switch::Discharge), [Why::Precharge]);
    bench.port = Voltage::ZERO;
    bench.run_ms(100);
    assert_eq!(bench.closed(), (true, true));
    assert_eq!(why(&bench, Switch::Discharge), []);
    bench.answering = false;
    bench.run_ms(600);
    assert!(why(&bench, Switch::Charge).contains(&Why::NoPermit));
}

/// Everything that can be wrong at once, as far as one world allows it: all locks, everything that
/// is latched, and every reading bad.
fn everything_at_once() -> Bench {
    let bit = |fault: Fault| 1_u64 << fault.code();
    let latched = [
        Fault::CellOverVoltage,
        Fault::PackOverVoltage,
        Fault::CellUnderVoltage,
        Fault::PackUnderVoltage,
        Fault::ChargeOverCurrent,
        Fault::DischargeOverCurrent,
        Fault::ShortCircuit,
        Fault::PrechargeFailed,
        Fault::CellDifference,
        Fault::InternalShort,
    ];
    let locks: u64 = FAULTS
        .iter()
        .filter(|row| row.lock != cellward_params::fault::Lock::Never)
        .map(|row| bit(row.fault))
        .sum();
    let persist = Persist {
        charge_allowed: false,
        discharge_allowed: false,
        locks,
        latched: latched.map(bit).iter().sum(),
        counts: Counts { charge_over_currents: 3, discharge_tries: 3, ..Counts::default() },
        ..Persist::blank()
    };
    let mut config = cellward_params::Config::from_factory(Profile::Strict, Chemistry::Lfp, 16);
    config.set(ParamId(2), 3).unwrap();
    config.set(ParamId(39), 1).unwrap();
    let mut bench = Bench::with(config);
    bench.feed(Input::Restore(&persist));
    bench.hanging = Some(Hanging { load: true, charger: true });
    bench.open_taps = None;
    bench.switches = Ok(Temperature::from_celsius(120));
    bench.board = Ok(Temperature::from_celsius(120));
    bench.temperatures = [80, -30, 25, 25].map(|celsius| Ok(Temperature::from_celsius(celsius)));
    for cell in 0..16 {
        bench.set_cell(cell, if cell % 2 == 0 { 4_200 } else { -100 });
    }
    bench.run_ms(12_000);
    bench.pack_error = Voltage::from_millivolts(5_000);
    bench.temperatures[2] = Err(NoData::SensorOpen);
    bench.run_ms(1_500);
    let bad = BoardHealth { memory: Memory::Lost, clock: false, self_test: false };
    bench.feed(Input::Board(bad));
    bench.feed(Input::Alert(ChipAlert::Watchdog));
    bench.current = Err(NoData::Implausible);
    bench.run_ms(300);
    for alert in [
        ChipAlert::ShortCircuit,
        ChipAlert::OverVoltage,
        ChipAlert::UnderVoltage,
        ChipAlert::TooHot(Switch::Charge),
        ChipAlert::TooHot(Switch::Discharge),
        ChipAlert::TooCold(Switch::Charge),
        ChipAlert::TooCold(Switch::Discharge),
    ] {
        bench.feed(Input::Alert(alert));
    }
    bench.answering = false;
    bench.run_ms(1_000);
    bench
}

#[test]
fn with_everything_wrong_at_once_the_list_is_complete_and_ends_with_the_people() {
    let bench = everything_at_once();
    for &switch in Switch::ALL {
        let reasons = bench.reasons(switch);
        // Everything that is active and opens this switch, once.
        let faults = bench.bms.snapshot(bench.now).faults.unwrap();
        let opens = |fault: Fault| {
            faults.iter().any(|active| {
                active.fault == fault && fault.row().blocks(active.level).includes(switch)
            })
        };
        let mut listed = 0;
        for &fault in Fault::ALL {
            let named = reasons
                .iter()
                .filter(|reason| match reason.why {
                    Why::Fault(active) => active.fault == fault,
                    Why::Locked(locked) => locked == fault,
                    _ => false,
                })
                .count();
            let locked = bench.locked(fault) && fault.row().locked_blocks().includes(switch);
            assert_eq!(named > 0, opens(fault) || locked, "{switch:?} {fault:?}");
            listed += named;
        }
        assert!(listed >= 20, "{listed}");
        assert_eq!(reasons.last().unwrap().why, Why::User, "{switch:?} {}", reasons.len());
    }
}

/// The list has room for the worst that the tables allow, whether or not a world can do it: every
/// fault that opens a switch, every lock, and everything that is not a fault.
#[test]
fn the_list_has_room_for_every_reason_that_the_tables_know() {
    for &switch in Switch::ALL {
        let faults = FAULTS
            .iter()
            .filter(|row| row.fault.is_watched())
            .filter(|row| row.blocks.iter().any(|blocks: &Blocks| blocks.includes(switch)))
            .count();
        let locks = FAULTS
            .iter()
            .filter(|row| row.lock != cellward_params::fault::Lock::Never)
            .filter(|row| row.locked_blocks().includes(switch))
            .count();
        // Self-test or no permit, the port, the key, the user; the diode and a switch that does
        // not follow only where nothing blocks it.
        let others = 4;
        let room = cellward_params::OffReasons::new().capacity();
        let most = faults + locks + others;
        assert!(most <= room, "{switch:?}: {faults} + {locks} + {others} in {room}");
    }
}
