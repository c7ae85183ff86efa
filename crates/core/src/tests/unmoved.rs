//! What counts as unmoved: readings that would come out the same in every comparison may be passed
//! over, and one that crosses any threshold may not.

use std::vec::Vec;

use cellward_units::{Current, NoData, Voltage};

use super::bench::Bench;
use crate::{CellsFrame, CurrentFrame};

/// Readings of a pack at rest, in mV: sixteen cells, and the pack beside them.
struct Readings {
    cells: [i32; 16],
    pack: i32,
}

impl Readings {
    /// Every cell the same but one, and a pack that adds up.
    fn with(cell: i32, other: i32) -> Self {
        let mut cells = [cell; 16];
        cells[6] = other;
        Self { cells, pack: cells.iter().sum() }
    }

    /// Every cell the same, and this far off in the sum.
    fn off(cell: i32, pack_error: i32) -> Self {
        Self { cells: [cell; 16], pack: cell * 16 + pack_error }
    }
}

/// Whether the second readings move something for a board that has settled on the first.
fn moved(before: &Readings, after: &Readings) -> bool {
    let mut bench = Bench::running();
    for (slot, &cell) in bench.cells.iter_mut().zip(&before.cells) {
        *slot = Ok(Voltage::from_millivolts(cell));
    }
    bench.pack_error = Voltage::from_millivolts(before.pack - before.cells.iter().sum::<i32>());
    bench.run_ms(200);
    let cells: Vec<_> = after.cells.iter().map(|&it| Ok(Voltage::from_millivolts(it))).collect();
    let pack = Ok(Voltage::from_millivolts(after.pack));
    let current = CurrentFrame { current: bench.current, port: Ok(bench.port) };
    !bench.bms.unmoved_by(&current, &CellsFrame { cells: &cells, pack })
}

#[test]
fn a_cell_that_reaches_a_threshold_is_moved_and_one_that_stays_a_step_before_it_is_not() {
    let at_rest = Readings::with(2_960, 2_940);
    assert!(!moved(&at_rest, &Readings::with(2_960, 2_901)), "a millivolt before the alarm");
    assert!(moved(&at_rest, &Readings::with(2_960, 2_900)), "the alarm of under-voltage");
}

#[test]
fn a_pack_that_crosses_a_recovery_is_moved_by_the_deep_one_and_by_the_less_deep_one() {
    // Of 16 cells: recovered strictly below 54.4 V, and after a discharge below 55.2 V.
    for (cell, edge) in [(3_400, 54_400), (3_440, 55_200)] {
        let off = |millivolts: i32| Readings::off(cell, edge + millivolts - cell * 16);
        assert!(moved(&off(0), &off(-1)), "{edge} mV is recovered a step below");
        assert!(moved(&off(-1), &off(0)));
        assert!(!moved(&off(1), &off(0)), "{edge} mV itself is not recovered");
        assert!(!moved(&off(-1), &off(-2)));
    }
}

#[test]
fn a_cell_that_cannot_be_read_any_more_is_moved_although_the_others_say_the_same() {
    let mut bench = Bench::running();
    let mut cells = bench.cells.clone();
    let pack = Ok(Voltage::from_millivolts(52_800));
    let current = CurrentFrame { current: bench.current, port: Ok(bench.port) };
    bench.feed_cells();
    assert!(bench.bms.unmoved_by(&current, &CellsFrame { cells: &cells, pack }));
    cells[9] = Err(NoData::Implausible);
    assert!(!bench.bms.unmoved_by(&current, &CellsFrame { cells: &cells, pack }));
}

/// Whether a current, in steps of 10 µA, is moved by another one.
fn current_moved(before: i32, after: i32) -> bool {
    let mut bench = Bench::running();
    bench.current = Ok(Current::from_ten_microamps(before));
    bench.feed_current();
    let cells = bench.cells.clone();
    let pack = Ok(Voltage::from_millivolts(52_800));
    let current = Ok(Current::from_ten_microamps(after));
    let current = CurrentFrame { current, port: Ok(bench.port) };
    !bench.bms.unmoved_by(&current, &CellsFrame { cells: &cells, pack })
}

#[test]
fn a_current_that_crosses_a_threshold_of_the_reverse_rule_is_moved() {
    // On a 200 A board: 0.4 A is wrong, 0.8 A lasts, 2 A starts, and more than 5 A burns.
    for sign in [1, -1] {
        for reached in [40_000, 80_000, 200_000, 500_001] {
            assert!(current_moved(sign * (reached - 1), sign * reached), "{sign} {reached}");
            assert!(current_moved(sign * reached, sign * (reached - 1)), "{sign} {reached}");
        }
    }
}

#[test]
fn a_current_that_stays_on_its_side_of_every_threshold_is_not_moved() {
    for sign in [1, -1] {
        for (one, other) in [
            (39_998, 39_999),
            (40_000, 40_001),
            (80_000, 80_001),
            (200_000, 200_001),
            (499_999, 500_000),
            (500_001, 500_002),
        ] {
            assert!(!current_moved(sign * one, sign * other), "{sign} {one} {other}");
        }
    }
}
