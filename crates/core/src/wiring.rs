//! Which tap of the sampling harness is loose or in the wrong place, read off the cells.
//!
//! Taps are counted from 0, which is B-; tap `k` lies between the cells `k - 1` and `k`, which are
//! counted from 0 as well; the last tap is B+. Pure functions of one set of readings: how often one
//! must be seen, and what the sum of cells says, is the caller's.
//!
//! What a harness in the wrong order reads like, with cells of one volt:
//!
//! | taps | cells |
//! |---|---|
//! | two neighbours swapped | `1 2 -1 2 1`; `-1 2 1 1` or `1 1 2 -1` at an end |
//! | one skipped, or used twice | `1 2 1 0 1`: those between sit on their neighbours' wires |
//! | all reversed | `-1 -1 -1 -1` |
//! | all shifted by one | `0 1 1 1` or `1 1 1 0`, and the pack reads one cell more |
//!
//! Each of them makes a cell read what no cell can, and that is what is asked for. A cell that is
//! truly inverted or empty has neighbours that read one cell, not two. A loose tap moves what
//! belongs to one of its two cells to the other, so that both together still read two cells; that
//! is why a tap that is skipped for its very neighbour (`1 2 0 1`) is left to the open-wire test
//! and to the comparison with the pack.

use cellward_params::MAX_CELLS;
use cellward_units::{NoData, Voltage};
use heapless::Vec;

/// Cells of a harness below this prove nothing about it: 0.5 V. *Guess*: a pack this empty is kept
/// off by its under-voltage rows, whatever its harness is like.
const LEAST_CELL: i32 = 500_000;
/// The same where no other cell tells how much one cell is, in a pack of three: 2 V. *Guess*: below
/// it, two cells of twice that much around an inverted one could be real.
const LEAST_ALONE: i32 = 2_000_000;
/// Two wires on one tap read nothing, give or take this: 100 mV. *Guess*: the chip's error and the
/// drop of a bleeding current over a wire stay well below.
const SAME_TAP: i32 = 100_000;

/// The tap that is loose, from the cells that read [`NoData::WireOpen`]; `None` if none does.
///
/// Two neighbours share the tap between them. One alone names the end of the pack it lies at, since
/// any other tap would have shown in two cells; in the middle it names its lower tap, the upper one
/// being as likely. Of several loose taps the lowest is named.
pub(crate) fn open_tap(cells: &[Result<Voltage, NoData>]) -> Option<u8> {
    let open = |cell: usize| cells.get(cell) == Some(&Err(NoData::WireOpen));
    let first = (0..cells.len()).find(|&cell| open(cell))?;
    let next = first.saturating_add(1);
    let at_upper_end = next == cells.len() && first > 0;
    let tap = if open(next) || at_upper_end { next } else { first };
    u8::try_from(tap).ok()
}

/// The lowest tap that sits in the wrong place, from the cells alone; `None` if they read like a
/// pack, whatever its state. Two swapped neighbours are named by the lower one, a reversed harness
/// by tap 0, a skipped tap by the first that is off its place.
pub(crate) fn swapped_tap(cells: &[Result<Voltage, NoData>]) -> Option<u8> {
    if cells.len() < 3 {
        return None;
    }
    let tap = if reversed(cells) {
        Some(0)
    } else {
        (0..cells.len()).find(|&tap| swapped(cells, tap)).or_else(|| skipped(cells))
    };
    tap.and_then(|tap| u8::try_from(tap).ok())
}

/// The lowest wrong tap of a harness that is shifted by one as a whole, from the cells and the pack
/// by its own channel: a cell at an end reads nothing and the pack one cell more than all cells
/// together. An empty cell reads nothing as well, but then the pack agrees.
pub(crate) fn shifted_tap(
    cells: &[Result<Voltage, NoData>],
    pack: Result<Voltage, NoData>,
) -> Option<u8> {
    let pack = pack.ok()?.as_microvolts();
    let mut sum = 0_i32;
    for cell in cells {
        sum = sum.saturating_add(cell.ok()?.as_microvolts());
    }
    let nothing =
        |cell: usize| microvolts(cells, cell).is_some_and(|volts| volts.abs() <= SAME_TAP);
    let last = cells.len().checked_sub(1)?;
    let (end, tap) = if nothing(0) {
        (0, 1)
    } else if nothing(last) {
        (last, 0)
    } else {
        return None;
    };
    let one = median_without(cells, |cell| cell == end).filter(|&one| one >= LEAST_CELL)?;
    near(pack.saturating_sub(sum), one, one / 4).then_some(tap)
}

/// Every cell reads backwards.
fn reversed(cells: &[Result<Voltage, NoData>]) -> bool {
    cells.iter().all(|cell| cell.is_ok_and(|volts| volts.as_microvolts() <= -LEAST_CELL))
}

/// The taps at both ends of a cell are swapped: it reads backwards, and so much too much do the
/// cells beside it that taking it off leaves them like the others.
fn swapped(cells: &[Result<Voltage, NoData>], cell: usize) -> bool {
    let Some(one) = microvolts(cells, cell).map(i32::saturating_neg) else { return false };
    let below = cell.checked_sub(1);
    let above = Some(cell.saturating_add(1)).filter(|&above| above < cells.len());
    let beside = |other: usize| Some(other) == below || Some(other) == above;
    let normal = match median_without(cells, |other| other == cell || beside(other)) {
        Some(normal) if normal >= LEAST_CELL => normal,
        None if one >= LEAST_ALONE => one,
        _ => return false,
    };
    let alike = |volts: i32| near(volts, normal, normal / 4);
    let corrected = |other: Option<usize>| {
        // An end of the pack has one neighbour only.
        let Some(other) = other else { return true };
        microvolts(cells, other).is_some_and(|volts| alike(volts.saturating_sub(one)))
    };
    alike(one) && corrected(below) && corrected(above)
}

/// The first tap off its place where one cell reads nothing, another two cells, and they are not
/// beside each other.
fn skipped(cells: &[Result<Voltage, NoData>]) -> Option<usize> {
    let volts = |cell| microvolts(cells, cell);
    let empty =
        (0..cells.len()).find(|&cell| volts(cell).is_some_and(|volts| volts.abs() <= SAME_TAP))?;
    let one = median_without(cells, |cell| cell == empty).filter(|&one| one >= LEAST_CELL)?;
    let (two, allowed) = (one.saturating_mul(2), (one / 5).saturating_mul(2));
    let double = (0..cells.len())
        .find(|&cell| volts(cell).is_some_and(|volts| near(volts, two, allowed)))?;
    (empty.abs_diff(double) >= 2).then(|| empty.min(double).saturating_add(1))
}

/// Whether a value is no further from another than allowed.
fn near(value: i32, other: i32, allowed: i32) -> bool {
    value.saturating_sub(other).saturating_abs() <= allowed
}

/// A cell in microvolts; `None` without a value.
fn microvolts(cells: &[Result<Voltage, NoData>], cell: usize) -> Option<i32> {
    cells.get(cell)?.ok().map(Voltage::as_microvolts)
}

/// The median in microvolts of the cells that are not left out, the lower one of two so that a
/// cell that reads double does not count in a small pack; `None` if there is none.
fn median_without(
    cells: &[Result<Voltage, NoData>],
    left_out: impl Fn(usize) -> bool,
) -> Option<i32> {
    let mut sorted: Vec<i32, MAX_CELLS> = Vec::new();
    for (number, cell) in cells.iter().enumerate().take(MAX_CELLS) {
        if let Ok(volts) = cell
            && !left_out(number)
        {
            // There are never more than fit.
            let _ = sorted.push(volts.as_microvolts());
        }
    }
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
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
    fn three_cells_alone_tell_a_swap_from_two_volts_up() {
        assert_eq!(swapped_tap(&readings(&[3_998, -1_999, 3_998])), None);
        assert_eq!(swapped_tap(&readings(&[4_000, -2_000, 4_000])), Some(1));
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
        let skip =
            |double, empty| swapped_tap(&readings(&[4_000, double, 4_000, empty, 4_000, 4_000]));
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
}
