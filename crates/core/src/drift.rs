//! A cell that falls while the pack rests: an internal short (row 35 of the fault table).
//!
//! From two hours after rest began, the cells are kept every 10 min for one hour and every 4 h for
//! one day. A fall is how much further a cell lies below the median of all cells now than it did
//! at the oldest of those moments, so what all cells do together is no fall. The windows are those
//! of the production table, §5.
//!
//! Voltages are kept, not their distances from the median: a median is only comparable among the
//! same cells, so that a cell without a value leaves the others alone.

use cellward_params::MAX_CELLS;
use cellward_units::{Duration, Instant, NoData, Voltage};
use heapless::{Deque, Vec};

/// How long the pack rests before anything is judged.
const SETTLE: Duration = Duration::from_secs(2 * 3_600);
/// How often the cells are fed: a window may be longer by this, so that a feed that is not quite
/// punctual still sees whole windows.
const FEED: Duration = Duration::from_secs(60);
/// Moments that a window is made of.
const SLOTS: usize = 6;
/// A median of fewer cells than this says nothing about one of them.
const LEAST_CELLS: usize = 3;

/// A cell without a value.
const MISSING: u16 = u16::MAX;
/// The highest value of a cell.
const HIGHEST: u16 = MISSING - 1;

/// The cells of one moment in 0.1 mV, from 0 to 6.5534 V, or [`MISSING`].
type Cells = [u16; MAX_CELLS];

/// The fall of every cell while the pack rests.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    resting_since: Option<Instant>,
    hour: Window,
    day: Window,
}

/// One of the two windows.
#[derive(Clone, Debug)]
struct Window {
    length: Duration,
    /// What lies between two moments; a window is [`SLOTS`] of them long.
    step: Duration,
    /// When, and the cells then; the oldest first.
    slots: Deque<(Instant, Cells), SLOTS>,
    /// The largest fall in millivolts, and the cell.
    fall: Option<(i32, u8)>,
}

impl Drift {
    pub(crate) const fn new() -> Self {
        Self {
            resting_since: None,
            hour: Window::new(Duration::from_secs(3_600), Duration::from_secs(600)),
            day: Window::new(Duration::from_secs(24 * 3_600), Duration::from_secs(4 * 3_600)),
        }
    }

    /// Takes the cells from B- up, and whether the pack rests: next to no current, no bleeding, and
    /// no cell so empty that its curve is steep. What does not rest starts from nothing.
    ///
    /// Meant for once a minute; whoever ends a rest says so before the next.
    pub(crate) fn take(
        &mut self,
        cells: impl Iterator<Item = Result<Voltage, NoData>>,
        resting: bool,
        now: Instant,
    ) {
        if !resting {
            self.resting_since = None;
            self.hour.clear();
            self.day.clear();
            return;
        }
        let since = *self.resting_since.get_or_insert(now);
        if now.since(since) < SETTLE {
            return;
        }
        let mut taken = [MISSING; MAX_CELLS];
        for (slot, cell) in taken.iter_mut().zip(cells) {
            *slot = cell.map_or(MISSING, tenths);
        }
        self.hour.take(&taken, now);
        self.day.take(&taken, now);
    }

    /// The largest fall against the median within the last hour, in millivolts, rounded towards
    /// zero, and which cell, counted from 0. Negative if every cell came nearer. `None` while not
    /// resting, and for the first 10 min of judging.
    pub(crate) const fn hour(&self) -> Option<(i32, u8)> {
        self.hour.fall
    }

    /// The same within the last day; `None` for the first 4 h of judging.
    pub(crate) const fn day(&self) -> Option<(i32, u8)> {
        self.day.fall
    }
}

impl Window {
    const fn new(length: Duration, step: Duration) -> Self {
        Self { length, step, slots: Deque::new(), fall: None }
    }

    fn clear(&mut self) {
        self.slots.clear();
        self.fall = None;
    }

    fn take(&mut self, cells: &Cells, now: Instant) {
        // After a pause of the feed, what is too old must not pass for the window.
        while self.slots.front().is_some_and(|&(at, _)| now.since(at) > self.length + FEED) {
            self.slots.pop_front();
        }
        self.fall = self
            .slots
            .front()
            .filter(|(at, _)| now.since(*at) >= self.step)
            .and_then(|(_, then)| largest_fall(then, cells));
        if self.slots.back().is_none_or(|&(at, _)| now.since(at) >= self.step) {
            // The oldest was compared just now, at its full age.
            if self.slots.is_full() {
                self.slots.pop_front();
            }
            let _ = self.slots.push_back((now, *cells));
        }
    }
}

/// The largest fall from then to now, in millivolts, and the cell. `None` if too few cells have a
/// value at both moments.
fn largest_fall(then: &Cells, now: &Cells) -> Option<(i32, u8)> {
    let both = || then.iter().zip(now).filter(|&(&then, &now)| then != MISSING && now != MISSING);
    if both().count() < LEAST_CELLS {
        return None;
    }
    let median_then = twice_median(both().map(|(&then, _)| then))?;
    let median_now = twice_median(both().map(|(_, &now)| now))?;
    let common = median_now.saturating_sub(median_then);
    let mut largest: Option<(i32, u8)> = None;
    for ((&then, &now), number) in then.iter().zip(now).zip(0_u8..) {
        if then == MISSING || now == MISSING {
            continue;
        }
        let own = i32::from(now).saturating_sub(i32::from(then)).saturating_mul(2);
        let fall = common.saturating_sub(own);
        if largest.is_none_or(|(most, _)| fall > most) {
            largest = Some((fall, number));
        }
    }
    // From twice 0.1 mV.
    largest.map(|(fall, number)| (fall / 20, number))
}

/// Twice the median, in twice 0.1 mV, so that the mean of two middle cells stays whole.
fn twice_median(cells: impl Iterator<Item = u16>) -> Option<i32> {
    let mut sorted: Vec<u16, MAX_CELLS> = Vec::new();
    for cell in cells {
        // There are never more than fit; collecting would carry a panic for it.
        let _ = sorted.push(cell);
    }
    sorted.sort_unstable();
    let upper = sorted.len() / 2;
    let lower = sorted.len().saturating_sub(1) / 2;
    Some(i32::from(*sorted.get(lower)?).saturating_add(i32::from(*sorted.get(upper)?)))
}

/// In 0.1 mV, rounded down; what lies outside of the range is at its end.
fn tenths(voltage: Voltage) -> u16 {
    let tenths = voltage.as_microvolts().div_euclid(100).max(0);
    u16::try_from(tenths).unwrap_or(HIGHEST).min(HIGHEST)
}

#[cfg(test)]
mod tests;
