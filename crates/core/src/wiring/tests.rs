//! Tests: a harness that is loose or in the wrong order.

use super::*;
use std::vec::Vec;

type Reading = Result<Voltage, NoData>;

const OPEN: Reading = Err(NoData::WireOpen);
/// A middling cell of each chemistry in millivolts: LTO, LFP, NMC.
const CHEMISTRIES: [i32; 3] = [2_300, 3_300, 3_700];

/// Readings in millivolts.
fn readings(millivolts: &[i32]) -> Vec<Reading> {
    millivolts.iter().map(|&mv| Ok(Voltage::from_millivolts(mv))).collect()
}

/// A pack of `count` cells up to 200 mV off `nominal`, in one of several patterns.
fn pack(count: usize, nominal: i32, pattern: usize) -> Vec<i32> {
    let off = |cell: usize| match pattern {
        0 => 0,
        1 => [200, -200][cell % 2],
        2 => [-200, 200][cell % 2],
        3 => [200, -200, -200][cell % 3],
        4 => [-200, 200, 200][cell % 3],
        _ => [150, -80, 200, 10, -200, 60, -130][(cell * 5 + pattern) % 7],
    };
    (0..count).map(|cell| nominal + off(cell)).collect()
}

/// Every pack of the tests: 3 to 24 cells, three chemistries, eight spreads.
fn packs() -> impl Iterator<Item = Vec<i32>> {
    (3..=24).flat_map(|count| {
        CHEMISTRIES
            .into_iter()
            .flat_map(move |nominal| (0..8).map(move |pattern| pack(count, nominal, pattern)))
    })
}

/// Where the taps of a pack lie, in millivolts over B-.
fn taps(cells: &[i32]) -> Vec<i32> {
    let mut taps = std::vec![0];
    for cell in cells {
        taps.push(taps[taps.len() - 1] + cell);
    }
    taps
}

/// What the cells read when the wires sit on these taps.
fn read(taps: &[i32]) -> Vec<Reading> {
    let cells: Vec<i32> = taps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    readings(&cells)
}

fn tap(index: usize) -> Option<u8> {
    u8::try_from(index).ok()
}

#[test]
fn a_right_harness_has_no_wrong_tap() {
    for cells in packs() {
        let sum = Ok(Voltage::from_millivolts(cells.iter().sum()));
        assert_eq!(swapped_tap(&readings(&cells)), None, "{cells:?}");
        assert_eq!(shifted_tap(&readings(&cells), sum), None, "{cells:?}");
        assert_eq!(open_tap(&readings(&cells)), None, "{cells:?}");
    }
}

#[test]
fn every_swap_of_two_neighbours_is_named_by_its_lower_tap() {
    for cells in packs() {
        for lower in 0..cells.len() {
            let mut taps = taps(&cells);
            taps.swap(lower, lower + 1);
            assert_eq!(swapped_tap(&read(&taps)), tap(lower), "{:?}", read(&taps));
        }
    }
}

#[test]
fn every_skipped_tap_is_named_unless_it_looks_like_a_loose_one() {
    for cells in packs() {
        let right = taps(&cells);
        let last = cells.len();
        for skipped in 1..last {
            // The wires from here on sit one tap too high, the last two on the same.
            let mut high = right.clone();
            high.remove(skipped);
            high.push(right[last]);
            let expected = if skipped + 1 < last { tap(skipped) } else { None };
            assert_eq!(swapped_tap(&read(&high)), expected, "{:?}", read(&high));
            // The wires up to here sit one tap too low, the first two on the same.
            let mut low = right.clone();
            low.remove(skipped);
            low.insert(0, 0);
            let expected = if skipped > 1 { tap(1) } else { None };
            assert_eq!(swapped_tap(&read(&low)), expected, "{:?}", read(&low));
        }
    }
}

#[test]
fn a_tap_used_twice_in_the_middle_is_named() {
    // Tap 2 sits on tap 1, tap 3 on tap 2, and the rest is right.
    assert_eq!(swapped_tap(&readings(&[3_300, 0, 3_310, 6_620, 3_300])), Some(2));
    // Tap 2 is skipped: 2 sits on 3, 3 sits on 4, and the rest is right.
    assert_eq!(swapped_tap(&readings(&[3_300, 6_600, 3_310, 0, 3_300])), Some(2));
}

#[test]
fn a_reversed_harness_is_named_by_its_first_tap() {
    for cells in packs() {
        let mut taps = taps(&cells);
        taps.reverse();
        assert_eq!(swapped_tap(&read(&taps)), Some(0), "{cells:?}");
    }
    assert_eq!(swapped_tap(&readings(&[-500, -500, -500])), Some(0));
    assert_eq!(swapped_tap(&readings(&[-500, -499, -500])), None);
}

#[test]
fn a_harness_shifted_as_a_whole_is_told_by_the_pack() {
    for cells in packs() {
        let sum = Ok(Voltage::from_millivolts(cells.iter().sum()));
        let right = taps(&cells);
        let mut low = right.clone();
        low.pop();
        low.insert(0, 0);
        assert_eq!(shifted_tap(&read(&low), sum), Some(1), "{cells:?}");
        assert_eq!(swapped_tap(&read(&low)), None, "an empty cell reads the same");
        let mut high = right.clone();
        high.remove(0);
        high.push(right[cells.len()]);
        assert_eq!(shifted_tap(&read(&high), sum), Some(0), "{cells:?}");
        assert_eq!(swapped_tap(&read(&high)), None, "an empty cell reads the same");
    }
}

#[test]
fn an_empty_end_cell_with_which_the_pack_agrees_is_no_shift() {
    let shifted =
        |cells: &[i32], pack| shifted_tap(&readings(cells), Ok(Voltage::from_millivolts(pack)));
    assert_eq!(shifted(&[0, 3_300, 3_300, 3_300], 9_900), None);
    assert_eq!(shifted(&[3_300, 3_300, 3_300, 0], 9_900), None);
    // One cell is 3.3 V, and a quarter of it is allowed either way.
    assert_eq!(shifted(&[0, 3_300, 3_300, 3_300], 9_900 + 2_474), None);
    assert_eq!(shifted(&[0, 3_300, 3_300, 3_300], 9_900 + 2_475), Some(1));
    assert_eq!(shifted(&[0, 3_300, 3_300, 3_300], 9_900 + 4_125), Some(1));
    assert_eq!(shifted(&[0, 3_300, 3_300, 3_300], 9_900 + 4_126), None);
    assert_eq!(shifted(&[100, 3_300, 3_300, 3_300], 13_300), Some(1));
    assert_eq!(shifted(&[101, 3_300, 3_300, 3_300], 13_301), None);
    assert_eq!(shifted(&[3_300, 0, 3_300, 3_300], 13_200), None, "not at an end");
    assert_eq!(shifted(&[0, 499, 499, 499], 1_996), None, "too empty to tell");
    assert_eq!(shifted(&[0, 500, 500, 500], 2_000), Some(1));
    assert_eq!(shifted_tap(&readings(&[0, 3_300, 3_300]), Err(NoData::ChipError)), None);
    assert_eq!(shifted_tap(&[], Ok(Voltage::ZERO)), None);
    let mut gap = readings(&[0, 3_300, 3_300, 3_300]);
    gap[2] = OPEN;
    assert_eq!(shifted_tap(&gap, Ok(Voltage::from_millivolts(13_200))), None);
}

#[test]
fn a_cell_that_is_truly_inverted_empty_or_weak_is_no_wrong_tap() {
    for cells in packs() {
        for bad in 0..cells.len() {
            let own = cells[bad];
            let values = [-own, -own / 2, -2_000, -500, -30, -20, 0, 30, 500, 1_000, own - 500];
            for value in values {
                let mut cells = cells.clone();
                cells[bad] = value;
                assert_eq!(swapped_tap(&readings(&cells)), None, "{cells:?}");
            }
        }
    }
}

#[test]
fn a_loose_tap_is_no_wrong_tap() {
    for cells in packs() {
        for loose in 1..cells.len() {
            let both = cells[loose - 1] + cells[loose];
            for lower in [-1_000, -30, 0, 100, 1_000, both / 2, both - 50, both, both + 1_000] {
                let mut cells = cells.clone();
                cells[loose - 1] = lower;
                cells[loose] = both - lower;
                assert_eq!(swapped_tap(&readings(&cells)), None, "{cells:?}");
            }
            let mut told = readings(&cells);
            told[loose - 1] = OPEN;
            told[loose] = OPEN;
            assert_eq!(swapped_tap(&told), None);
        }
    }
}

#[test]
fn an_inverted_cell_under_load_is_no_wrong_tap() {
    // Half a cell backwards between two whole ones is what a swap in an emptier pack is like:
    // the cells further away tell.
    assert_eq!(swapped_tap(&readings(&[3_200, 3_200, -1_600, 3_200, 3_200])), None);
    assert_eq!(swapped_tap(&readings(&[1_600, 3_200, -1_600, 3_200, 1_600])), Some(2));
}

#[test]
fn in_the_middle_of_three_a_swap_is_told_where_both_others_are_beyond_a_cell() {
    assert_eq!(swapped_tap(&readings(&[4_100, -2_050, 4_100])), Some(1));
    assert_eq!(swapped_tap(&readings(&[4_099, -2_050, 4_100])), None);
    assert_eq!(swapped_tap(&readings(&[4_100, -2_050, 4_099])), None);
    assert_eq!(swapped_tap(&readings(&[3_300, -1_650, 3_300])), None);
}

#[test]
fn a_pack_that_is_all_but_empty_tells_nothing() {
    assert_eq!(swapped_tap(&readings(&[499, 998, -499, 998, 499])), None);
    assert_eq!(swapped_tap(&readings(&[500, 1_000, -500, 1_000, 500])), Some(2));
    assert_eq!(swapped_tap(&readings(&[499, 998, 499, 0, 499])), None);
    assert_eq!(swapped_tap(&readings(&[500, 1_000, 500, 0, 500])), Some(2));
}

#[test]
fn a_quarter_of_a_cell_is_the_most_that_a_swapped_cell_may_be_off() {
    let swap = |lower, cell: i32, upper| {
        swapped_tap(&readings(&[4_000, lower, -cell, upper, 4_000, 4_000]))
    };
    assert_eq!(swap(7_000, 3_000, 7_000), Some(2));
    assert_eq!(swap(6_999, 2_999, 6_999), None);
    assert_eq!(swap(9_000, 5_000, 9_000), Some(2));
    assert_eq!(swap(9_001, 5_001, 9_001), None);
    assert_eq!(swap(7_000, 4_000, 9_000), Some(2));
    assert_eq!(swap(6_999, 4_000, 8_000), None);
    assert_eq!(swap(8_000, 4_000, 9_001), None);
}

#[test]
fn a_skipped_tap_shows_as_nothing_and_two_fifths_about_two() {
    let skip = |double, empty| swapped_tap(&readings(&[4_000, double, 4_000, empty, 4_000, 4_000]));
    assert_eq!(
        [6_399, 6_400, 9_600, 9_601].map(|double| skip(double, 0)),
        [None, Some(2), Some(2), None]
    );
    assert_eq!(
        [-101, -100, 100, 101].map(|empty| skip(8_000, empty)),
        [None, Some(2), Some(2), None]
    );
}

#[test]
fn a_swap_beside_a_cell_without_a_value_is_not_told() {
    let mut cells = readings(&[3_300, 6_600, -3_300, 6_600, 3_300]);
    assert_eq!(swapped_tap(&cells), Some(2));
    cells[1] = OPEN;
    assert_eq!(swapped_tap(&cells), None);
    cells = readings(&[3_300, 6_600, -3_300, 6_600, 3_300]);
    cells[0] = OPEN;
    assert_eq!(swapped_tap(&cells), Some(2));
}

#[test]
fn the_median_is_the_lower_middle_of_what_is_left() {
    let median = |millivolts: &[i32], left_out: usize| {
        median_without(&readings(millivolts), |cell| cell == left_out)
    };
    assert_eq!(median(&[5, 9, 1, 3, 7], 99), Some(5_000));
    assert_eq!(median(&[5, 9, 1, 3, 7], 0), Some(3_000));
    assert_eq!(median(&[5, 9, 1, 3, 7], 2), Some(5_000));
    assert_eq!(median(&[5], 0), None);
    let gap = [OPEN, Ok(Voltage::from_millivolts(4))];
    assert_eq!(median_without(&gap, |_| false), Some(4_000));
}

#[test]
fn fewer_than_three_cells_have_no_order_to_tell() {
    assert_eq!(swapped_tap(&[]), None);
    assert_eq!(swapped_tap(&readings(&[-3_300, -3_300])), None);
    assert_eq!(swapped_tap(&readings(&[-3_300, 6_600])), None);
}

#[test]
fn two_neighbours_share_the_loose_tap_between_them() {
    for count in [3, 4, 16, 24] {
        for loose in 1..count {
            let mut cells = readings(&pack(count, 3_300, 0));
            cells[loose - 1] = OPEN;
            cells[loose] = OPEN;
            assert_eq!(open_tap(&cells), tap(loose));
        }
    }
}

#[test]
fn one_cell_alone_names_its_end_of_the_pack() {
    let alone = |cell: usize| {
        let mut cells = readings(&[3_300; 5]);
        cells[cell] = OPEN;
        open_tap(&cells)
    };
    assert_eq!([0, 1, 2, 3, 4].map(alone), [0, 1, 2, 3, 5].map(Some));
    assert_eq!(open_tap(&[OPEN]), Some(0));
    assert_eq!(open_tap(&[]), None);
}

#[test]
fn of_several_loose_taps_the_lowest_is_named() {
    let cells = |open: &[usize]| {
        let mut cells = readings(&[3_300; 8]);
        for &cell in open {
            cells[cell] = OPEN;
        }
        open_tap(&cells)
    };
    assert_eq!(cells(&[2, 3, 4]), Some(3));
    assert_eq!(cells(&[0, 5, 6]), Some(0));
    assert_eq!(cells(&[2, 3, 7]), Some(3));
}

#[test]
fn other_reasons_for_no_value_are_no_loose_tap() {
    let mut cells = readings(&[3_300; 4]);
    cells[1] = Err(NoData::ChipError);
    cells[2] = Err(NoData::Stale);
    assert_eq!(open_tap(&cells), None);
}
