//! Every fault of a harness, on cells whose voltages tell them apart.

use super::*;

/// Four cells of 3.1, 3.2, 3.3 and 3.4 V.
const TRUTH: [f64; 4] = [3.1, 3.2, 3.3, 3.4];
const COUNT: usize = 4;

fn truth() -> PerCell {
    let mut cells = [0.0; MAX_CELLS];
    cells[..COUNT].copy_from_slice(&TRUTH);
    cells
}

fn check(harness: &Harness, expected: [f64; COUNT]) {
    let seen = harness.seen(&truth(), COUNT, Instant::START);
    for (cell, (one, two)) in seen.iter().zip(expected).enumerate() {
        assert!((one - two).abs() < 1e-9, "cell {cell}: {one} is not {two}");
    }
}

fn wire(tap: usize, wire: Wire) -> Harness {
    let mut harness = Harness::new();
    harness.set_wire(tap, wire);
    harness
}

fn order(order: Order) -> Harness {
    let mut harness = Harness::new();
    harness.set_order(order);
    harness
}

#[test]
fn a_whole_harness_shows_the_cells() {
    check(&Harness::new(), TRUTH);
    assert_eq!(Harness::new().test(COUNT, Instant::START), 0);
}

#[test]
fn an_open_tap_between_two_cells_shares_their_sum_unevenly() {
    // Tap 2 lies between 3.2 V and 3.3 V: 0.3 × 3.2 = 0.96, and 6.5 - 0.96 = 5.54.
    check(&wire(2, Wire::Broken(Float::Low)), [3.1, 0.96, 5.54, 3.4]);
    // 1.7 × 3.2 = 5.44 and 6.5 - 5.44 = 1.06.
    check(&wire(2, Wire::Loose(Float::High)), [3.1, 5.44, 1.06, 3.4]);
}

#[test]
fn an_open_tap_at_either_end_spoils_one_cell() {
    check(&wire(0, Wire::Broken(Float::Low)), [0.93, 3.2, 3.3, 3.4]);
    check(&wire(0, Wire::Broken(Float::High)), [5.27, 3.2, 3.3, 3.4]);
    check(&wire(4, Wire::Broken(Float::Low)), [3.1, 3.2, 3.3, 1.02]);
}

#[test]
fn swapped_neighbours_read_one_cell_negative_and_two_double() {
    check(&order(Order::Swapped(2)), [3.1, 6.5, -3.3, 6.7]);
    // At the ends only one neighbour is there to read two cells.
    check(&order(Order::Swapped(0)), [-3.1, 6.3, 3.3, 3.4]);
    check(&order(Order::Swapped(3)), [3.1, 3.2, 6.7, -3.4]);
    // There is no tap above the last one.
    check(&order(Order::Swapped(4)), TRUTH);
}

#[test]
fn a_reversed_harness_reads_every_cell_negative_from_the_top() {
    check(&order(Order::Reversed), [-3.4, -3.3, -3.2, -3.1]);
}

#[test]
fn a_shifted_plug_reads_every_cell_one_off_and_nothing_at_an_end() {
    let up = order(Order::ShiftedUp);
    check(&up, [3.2, 3.3, 3.4, 0.0]);
    assert_eq!(up.test(COUNT, Instant::START), 1 << 4);
    let down = order(Order::ShiftedDown);
    check(&down, [0.0, 3.1, 3.2, 3.3]);
    assert_eq!(down.test(COUNT, Instant::START), 1);
}

#[test]
fn a_skipped_tap_reads_two_cells_in_one_and_nothing_where_a_tap_is_used_twice() {
    check(&order(Order::Skipped { tap: 1, again: 3 }), [6.3, 3.3, 0.0, 3.4]);
    check(&order(Order::Skipped { tap: 2, again: 4 }), [3.1, 6.5, 3.4, 0.0]);
    assert_eq!(order(Order::Skipped { tap: 1, again: 3 }).test(COUNT, Instant::START), 0);
}

#[test]
fn a_wire_that_is_plugged_later_reads_nothing_until_exactly_then() {
    let at = Instant::from_micros(1_000_000);
    let harness = wire(3, Wire::From(at));
    // The cell above the missing wire spans both.
    check(&harness, [3.1, 3.2, 0.0, 6.7]);
    let before = Instant::from_micros(999_999);
    assert_eq!(harness.test(COUNT, before), 1 << 3);
    assert_eq!(harness.test(COUNT, at), 0);
    assert!((harness.seen(&truth(), COUNT, at)[2] - 3.3).abs() < 1e-9);
    assert!(!harness.is_quiet(before));
}

#[test]
fn the_chip_confirms_a_broken_wire_at_the_second_measurement_and_a_loose_one_never() {
    let mut broken = wire(2, Wire::Broken(Float::Low));
    let mut loose = wire(2, Wire::Loose(Float::Low));
    broken.measured();
    assert_eq!(broken.confirmed(COUNT, Instant::START), 0);
    assert!(!broken.is_quiet(Instant::START));
    for _ in 0..10 {
        broken.measured();
        loose.measured();
    }
    assert_eq!(broken.confirmed(COUNT, Instant::START), 1 << 2);
    assert!(broken.is_quiet(Instant::START));
    assert_eq!(loose.confirmed(COUNT, Instant::START), 0);
    assert_eq!(loose.test(COUNT, Instant::START), 1 << 2);
}

#[test]
fn two_open_taps_are_two_bits() {
    let mut harness = wire(1, Wire::Loose(Float::Low));
    harness.set_wire(3, Wire::Broken(Float::High));
    assert_eq!(harness.test(COUNT, Instant::START), 0b1010);
}
