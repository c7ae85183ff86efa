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
/// Cells beside the one that reads backwards are double at and above this, where no further cell
/// tells how much one is: the middle of a pack of three. 4.1 V. *Guess*: two LTO cells read more
/// unless they are empty, and of the others only an all but full NMC cell does, beside which no
/// cell is driven 2 V backwards. A wrong guess costs a lock, not the switches being off.
const LEAST_DOUBLE: i32 = 4_100_000;
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
    let nothing = |cell: usize| {
        microvolts(cells, cell).is_some_and(|volts| volts.saturating_abs() <= SAME_TAP)
    };
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
    let double = |other: Option<usize>| {
        other.and_then(|other| microvolts(cells, other)).is_some_and(|volts| volts >= LEAST_DOUBLE)
    };
    let normal = match median_without(cells, |other| other == cell || beside(other)) {
        Some(normal) if normal >= LEAST_CELL => normal,
        None if double(below) && double(above) => one,
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
    let empty = (0..cells.len())
        .find(|&cell| volts(cell).is_some_and(|volts| volts.saturating_abs() <= SAME_TAP))?;
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
mod tests;
