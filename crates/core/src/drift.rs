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
mod tests {
    use super::*;
    use std::vec::Vec;

    const HOUR: u64 = 60;
    /// Resting begins with the clock, so judging begins after this many minutes.
    const JUDGED: u64 = 120;

    fn at(minutes: u64) -> Instant {
        Instant::from_micros(minutes * 60_000_000)
    }

    fn ok(tenths: i32) -> Result<Voltage, NoData> {
        Ok(Voltage::from_microvolts(tenths * 100))
    }

    /// Feeds four resting cells once a minute up to and including `minutes`; `cell` gives the one
    /// before the last in 0.1 mV.
    fn rested(minutes: u64, cell: impl Fn(u64) -> i32) -> Drift {
        let mut drift = Drift::new();
        for minute in 0..=minutes {
            let cells = [33_000, 33_010, cell(minute), 33_030].map(ok);
            drift.take(cells.into_iter(), true, at(minute));
        }
        drift
    }

    /// A cell that steps down by `fall` (0.1 mV) at a minute.
    fn step(minute: u64, fall: i32) -> impl Fn(u64) -> i32 {
        move |now| if now >= minute { 33_020 - fall } else { 33_020 }
    }

    #[test]
    fn nothing_is_judged_in_the_first_two_hours_of_rest() {
        // The fall is complete before judging begins, or begins with it.
        assert_eq!(rested(JUDGED + 10, step(JUDGED, 5_000)).hour(), Some((0, 0)));
        let (fall, cell) = rested(JUDGED + 10, step(JUDGED + 1, 5_000)).hour().unwrap();
        assert!(fall > 490, "{fall}");
        assert_eq!(cell, 2);
    }

    #[test]
    fn the_hour_speaks_after_its_first_ten_minutes_and_the_day_after_four_hours() {
        assert_eq!(rested(JUDGED + 9, |_| 33_020).hour(), None);
        assert!(rested(JUDGED + 10, |_| 33_020).hour().is_some());
        assert_eq!(rested(JUDGED + 239, |_| 33_020).day(), None);
        assert!(rested(JUDGED + 240, |_| 33_020).day().is_some());
    }

    /// Three steady cells and one that falls from `then` to `now`, in 0.1 mV, compared directly.
    fn fallen(then: u16, now: u16) -> (i32, u8) {
        let cells = |cell| {
            let mut cells = [MISSING; MAX_CELLS];
            cells[..5].copy_from_slice(&[33_000, 33_000, 33_000, cell, 33_000]);
            cells
        };
        largest_fall(&cells(then), &cells(now)).unwrap()
    }

    #[test]
    fn a_fall_is_told_in_full_millivolts() {
        assert_eq!(fallen(33_000, 32_501), (49, 3));
        assert_eq!(fallen(33_000, 32_500), (50, 3));
        assert_eq!(fallen(33_000, 32_901), (9, 3));
        assert_eq!(fallen(33_000, 32_900), (10, 3));
    }

    #[test]
    fn a_cell_above_the_median_falls_as_well() {
        assert_eq!(fallen(34_000, 33_500), (50, 3));
        assert_eq!(fallen(33_500, 32_500), (100, 3));
    }

    #[test]
    fn a_cell_that_rises_is_no_fall() {
        assert_eq!(fallen(33_000, 34_000), (0, 0));
    }

    /// Five resting cells, one of which falls at a steady rate, in 0.1 mV per hour.
    fn steady(minutes: u64, per_hour: i32) -> Drift {
        let mut drift = Drift::new();
        for minute in 0..=minutes {
            let passed = i32::try_from(minute).unwrap();
            let mut cells = [ok(33_000); 5];
            cells[1] = ok(33_000 - per_hour * passed / 60);
            drift.take(cells.into_iter(), true, at(minute));
        }
        drift
    }

    #[test]
    fn a_steady_fall_shows_in_full_when_the_hour_is_full() {
        assert_eq!(steady(JUDGED + HOUR, 500).hour(), Some((50, 1)));
        assert_eq!(steady(JUDGED + HOUR, 490).hour(), Some((49, 1)));
        // Not yet full, the window holds what there is, and no more than it is long later on.
        assert_eq!(steady(JUDGED + HOUR - 6, 500).hour(), Some((45, 1)));
        assert_eq!(steady(JUDGED + 5 * HOUR, 500).hour(), Some((50, 1)));
        for minutes in 0..60 {
            let (fall, _) = steady(JUDGED + 3 * HOUR + minutes, 500).hour().unwrap();
            assert!((41..=50).contains(&fall), "{fall}");
        }
    }

    #[test]
    fn a_steady_fall_shows_in_full_when_the_day_is_full() {
        // 240 and 216 steps of 0.1 mV a day: 24.0 and 21.6 mV; then exactly 10 mV and less.
        assert_eq!(steady(JUDGED + 24 * HOUR, 10).day(), Some((24, 1)));
        assert_eq!(steady(JUDGED + 24 * HOUR, 9).day(), Some((21, 1)));
        assert_eq!(steady(JUDGED + 20 * HOUR, 5).day(), Some((10, 1)));
        assert_eq!(steady(JUDGED + 20 * HOUR - 1, 5).day(), Some((9, 1)));
    }

    #[test]
    fn a_fall_leaves_the_window_of_an_hour_and_stays_in_that_of_a_day() {
        let fell = JUDGED + 5;
        let hour = |minutes| {
            let mut drift = Drift::new();
            for minute in 0..=minutes {
                let cell = if minute >= fell { 32_400 } else { 33_000 };
                let cells = [33_000, 33_000, cell, 33_000, 33_000].map(ok);
                drift.take(cells.into_iter(), true, at(minute));
            }
            (drift.hour().map(|fall| fall.0), drift.day().map(|fall| fall.0))
        };
        assert_eq!(hour(JUDGED + 10), (Some(60), None));
        assert_eq!(hour(JUDGED + 60), (Some(60), None));
        assert_eq!(hour(JUDGED + 61), (Some(0), None));
        assert_eq!(hour(JUDGED + 240), (Some(0), Some(60)));
        assert_eq!(hour(JUDGED + 24 * 60), (Some(0), Some(60)));
        assert_eq!(hour(JUDGED + 24 * 60 + 1), (Some(0), Some(0)));
    }

    #[test]
    fn self_discharge_of_all_cells_together_is_no_fall() {
        let mut drift = Drift::new();
        for minute in 0..=JUDGED + 30 * HOUR {
            let fallen = i32::try_from(minute).unwrap() * 10;
            let cells = [36_000, 37_000, 38_000, 39_000].map(|cell| ok(cell - fallen));
            drift.take(cells.into_iter(), true, at(minute));
        }
        assert_eq!(drift.hour().map(|fall| fall.0), Some(0));
        assert_eq!(drift.day().map(|fall| fall.0), Some(0));
    }

    #[test]
    fn what_does_not_rest_starts_from_nothing() {
        let mut drift = steady(JUDGED + 2 * HOUR, 500);
        let cells = || [33_000, 30_000, 33_000, 33_000].map(ok).into_iter();
        let moved = JUDGED + 2 * HOUR + 1;
        drift.take(cells(), false, at(moved));
        assert_eq!((drift.hour(), drift.day()), (None, None));
        for minute in moved + 1..moved + 1 + JUDGED + 10 {
            drift.take(cells(), true, at(minute));
            assert_eq!(drift.hour(), None);
        }
        drift.take(cells(), true, at(moved + 1 + JUDGED + 10));
        assert_eq!(drift.hour(), Some((0, 0)));
    }

    #[test]
    fn a_missing_cell_leaves_the_others_and_itself_alone() {
        // Without the low cell the median is another, which must not look like a fall.
        let full = [32_000, 33_000, 34_000, 35_000].map(ok);
        let mut gap = full;
        gap[0] = Err(NoData::WireOpen);
        let mut fallen = full;
        fallen[0] = ok(31_000);
        let mut drift = Drift::new();
        for minute in 0..=JUDGED + 30 {
            let missing = minute == JUDGED + 15 || minute == JUDGED + 30;
            let cells = if missing { gap } else { full };
            drift.take(cells.into_iter(), true, at(minute));
            if minute >= JUDGED + 10 {
                assert_eq!(drift.hour().map(|fall| fall.0), Some(0), "minute {minute}");
            }
        }
        drift.take(fallen.into_iter(), true, at(JUDGED + 31));
        assert_eq!(drift.hour(), Some((100, 0)));
    }

    #[test]
    fn fewer_than_three_common_cells_are_not_judged() {
        let mut drift = Drift::new();
        for minute in 0..=JUDGED + 10 {
            let mut cells = [ok(33_000); 3];
            if minute == JUDGED + 10 {
                cells[1] = Err(NoData::WireOpen);
            }
            drift.take(cells.into_iter(), true, at(minute));
        }
        assert_eq!(drift.hour(), None);
        drift.take([ok(33_000); 3].into_iter(), true, at(JUDGED + 11));
        assert_eq!(drift.hour(), Some((0, 0)));
    }

    #[test]
    fn a_pause_of_the_feed_never_stretches_a_window() {
        let fed = |pause| {
            let mut drift = Drift::new();
            drift.take([ok(33_000); 5].into_iter(), true, at(0));
            drift.take([ok(33_000); 5].into_iter(), true, at(JUDGED));
            let cells = [33_000, 32_000, 33_000, 33_000, 33_000].map(ok);
            drift.take(cells.into_iter(), true, at(JUDGED + pause));
            (drift.hour().map(|fall| fall.0), drift.day().map(|fall| fall.0))
        };
        assert_eq!(fed(61), (Some(100), None));
        assert_eq!(fed(62), (None, None));
        assert_eq!(fed(24 * 60 + 1), (None, Some(100)));
        assert_eq!(fed(24 * 60 + 2), (None, None));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        let twice = |cells: &[u16]| twice_median(cells.iter().copied());
        assert_eq!(twice(&[9, 1, 4]), Some(8));
        assert_eq!(twice(&[9, 1, 4, 7]), Some(11));
        assert_eq!(twice(&[]), None);
    }

    #[test]
    fn voltages_beyond_the_range_lie_at_its_ends() {
        let all: Vec<u16> = [-1_000, 0, 99, 100, 6_553_400, 6_553_500, 9_000_000]
            .into_iter()
            .map(tenths_of)
            .collect();
        assert_eq!(all, [0, 0, 0, 1, 65_534, 65_534, 65_534]);
    }

    fn tenths_of(microvolts: i32) -> u16 {
        tenths(Voltage::from_microvolts(microvolts))
    }

    #[test]
    fn a_pack_of_twenty_four_cells_is_judged_whole() {
        let mut drift = Drift::new();
        for minute in 0..=JUDGED + 10 {
            let mut cells = [ok(33_000); MAX_CELLS];
            if minute > JUDGED {
                cells[MAX_CELLS - 1] = ok(32_500);
            }
            drift.take(cells.into_iter(), true, at(minute));
        }
        assert_eq!(drift.hour(), Some((50, 23)));
    }

    #[test]
    fn the_windows_stay_small() {
        assert!(size_of::<Drift>() <= 832);
    }
}
