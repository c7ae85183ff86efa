//! What must hold for any stream of readings.

use std::vec;
use std::vec::Vec;

use cellward_params::fault::Blocks;
use cellward_params::{Fault, Level, Switch};
use cellward_units::{Current, Duration, NoData, Temperature, Voltage};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::bench::Bench;
use crate::{ChipAlert, Input};

/// Something that changes what the bench reads.
#[derive(Clone, Debug)]
enum Twist {
    Cell(usize, i32),
    CellMissing(usize, NoData),
    AllCells(i32),
    Amps(i32),
    CurrentMissing(NoData),
    Celsius(usize, i32),
    SensorMissing(usize, NoData),
    Port(i32),
    PackError(i32),
    Answering(bool),
    Alert,
    ClockGap(u64),
}

fn no_data() -> impl Strategy<Value = NoData> {
    prop::sample::select(Vec::from([
        NoData::NotYet,
        NoData::SensorOpen,
        NoData::WireOpen,
        NoData::ChipError,
        NoData::Implausible,
    ]))
}

fn twist() -> impl Strategy<Value = Twist> {
    prop_oneof![
        (0..16_usize, 0..5_000).prop_map(|(cell, mv)| Twist::Cell(cell, mv)),
        (0..16_usize, no_data()).prop_map(|(cell, reason)| Twist::CellMissing(cell, reason)),
        (2_900..3_500).prop_map(Twist::AllCells),
        (-400..400).prop_map(Twist::Amps),
        no_data().prop_map(Twist::CurrentMissing),
        (0..2_usize, -40..90).prop_map(|(sensor, celsius)| Twist::Celsius(sensor, celsius)),
        (0..2_usize, no_data()).prop_map(|(sensor, reason)| Twist::SensorMissing(sensor, reason)),
        (-3_000..60_000).prop_map(Twist::Port),
        (-1_000..1_000).prop_map(Twist::PackError),
        any::<bool>().prop_map(Twist::Answering),
        prop::strategy::Just(Twist::Alert),
        (0..1_500_u64).prop_map(Twist::ClockGap),
    ]
}

fn apply(bench: &mut Bench, twist: &Twist) {
    match *twist {
        Twist::Cell(cell, mv) => bench.set_cell(cell, mv),
        Twist::CellMissing(cell, reason) => bench.cells[cell] = Err(reason),
        Twist::AllCells(mv) => {
            bench.set_cells(mv);
            bench.pack_error = Voltage::ZERO;
            bench.set_celsius(25);
        }
        Twist::Amps(amps) => bench.set_amps(amps),
        Twist::CurrentMissing(reason) => bench.current = Err(reason),
        Twist::Celsius(sensor, celsius) => {
            bench.temperatures[sensor] = Ok(Temperature::from_celsius(celsius));
        }
        Twist::SensorMissing(sensor, reason) => bench.temperatures[sensor] = Err(reason),
        Twist::Port(mv) => bench.port = Voltage::from_millivolts(mv),
        Twist::PackError(mv) => bench.pack_error = Voltage::from_millivolts(mv),
        Twist::Answering(answering) => bench.answering = answering,
        Twist::Alert => bench.feed(Input::Alert(ChipAlert::ShortCircuit)),
        Twist::ClockGap(millis) => bench.now += Duration::from_millis(millis),
    }
}

/// Whether an active level blocks `switch`, and whether one without exception does.
fn blocked(bench: &Bench, switch: Switch) -> (bool, bool) {
    let faults = bench.bms.snapshot(bench.now).faults.unwrap();
    let blocks = |full: bool| {
        faults.iter().any(|active| {
            let blocks = active.fault.row().blocks[active.level.index()];
            blocks.includes(switch) && (!full || blocks == Blocks::Both)
        })
    };
    (blocks(false), blocks(true))
}

proptest! {
    #[test]
    fn never_closed_while_a_row_blocks_except_for_current_of_the_other_direction(
        story in prop::collection::vec((twist(), 1..120_u64), 1..40)
    ) {
        let mut bench = Bench::new();
        for (twist, ticks) in &story {
            apply(&mut bench, twist);
            for _ in 0..*ticks {
                bench.tick();
                let (charge, discharge) = bench.closed();
                for (switch, closed, other) in
                    [(Switch::Charge, charge, discharge), (Switch::Discharge, discharge, charge)]
                {
                    let (any, full) = blocked(&bench, switch);
                    prop_assert!(!(closed && full), "{switch:?} closed against a full block");
                    // The one exception: the other one does not open and its current flows.
                    let other_stuck: &[Fault] = match switch {
                        Switch::Charge => &[Fault::DischargeStuckClosed],
                        Switch::Discharge => &[Fault::ChargeStuckClosed, Fault::ChargeNotStopped],
                    };
                    let held =
                        other_stuck.iter().any(|&fault| bench.active(fault, Level::Protection));
                    // The other exception needs the other switch closed and current its way.
                    if closed && any && !held {
                        prop_assert!(other, "{switch:?} closed alone against its own row");
                        let (other_any, _) = blocked(&bench, switch.other());
                        prop_assert!(!other_any);
                    }
                }
            }
        }
    }

    #[test]
    fn never_closed_without_a_permit(
        story in prop::collection::vec((twist(), 1..120_u64), 1..40)
    ) {
        let mut bench = Bench::new();
        let mut last_valid = None;
        for (twist, ticks) in &story {
            apply(&mut bench, twist);
            for _ in 0..*ticks {
                let valid = bench.answering && bench.current.is_ok();
                let at = bench.now;
                bench.tick();
                if valid {
                    last_valid = Some(at);
                }
                if bench.closed() != (false, false) {
                    let age = last_valid.map(|last| at.since(last));
                    prop_assert!(age.is_some_and(|age| age < Duration::from_millis(500)));
                }
            }
        }
    }

    #[test]
    fn a_level_trips_at_its_delay_never_before_and_at_most_a_reading_later(
        beyond in 3_650..4_400_i32, wobble in 1..30_u64
    ) {
        let mut bench = Bench::running();
        // Cells swing over and under the limit faster than the delay: never a trip.
        for _ in 0..wobble {
            bench.set_cell(3, beyond);
            bench.run_ms(600);
            bench.set_cell(3, 3_300);
            bench.run_ms(200);
            prop_assert!(!bench.active(Fault::CellOverVoltage, Level::Protection));
        }
        bench.set_cell(3, beyond);
        let tripped = bench
            .run_until(2_000, |bench| bench.active(Fault::CellOverVoltage, Level::Protection))
            .unwrap();
        prop_assert!((700..=800).contains(&tripped), "{tripped}");
    }

    #[test]
    fn the_order_of_independent_readings_does_not_matter(
        cell_mv in 2_000..4_000_i32, amps in -300..300_i32
    ) {
        let run = |cells_first: bool| {
            let mut bench = Bench::running();
            for _ in 0..300 {
                bench.now += super::bench::TICK;
                let cells = [Ok::<_, NoData>(Voltage::from_millivolts(cell_mv)); 16];
                let pack = Ok(Voltage::from_millivolts(cell_mv) * 16);
                let cells = Input::Cells(crate::CellsFrame { cells: &cells, pack });
                let current = Input::Current(crate::CurrentFrame {
                    current: Ok(Current::from_amps(amps)),
                    port: Ok(Voltage::ZERO),
                });
                let order = if cells_first { [cells, current] } else { [current, cells] };
                order.into_iter().for_each(|input| bench.feed(input));
            }
            let faults = bench.bms.snapshot(bench.now).faults.unwrap();
            (bench.closed(), faults)
        };
        prop_assert_eq!(run(true), run(false));
    }
}
