//! Tests: a cell that falls at rest.

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
fn a_cell_that_was_missing_then_is_judged_once_its_moment_has_left() {
    let mut drift = Drift::new();
    for minute in 0..=JUDGED + 70 {
        let mut cells = [ok(33_000); 5];
        if minute == JUDGED {
            cells[3] = Err(NoData::WireOpen);
        }
        if minute == JUDGED + 70 {
            cells[3] = ok(32_000);
        }
        drift.take(cells.into_iter(), true, at(minute));
        if (JUDGED + 10..JUDGED + 70).contains(&minute) {
            assert_eq!(drift.hour().map(|fall| fall.0), Some(0), "minute {minute}");
        }
    }
    assert_eq!(drift.hour(), Some((100, 3)));
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
    let fed = |seconds| {
        let pause = Duration::from_secs(seconds);
        let mut drift = Drift::new();
        drift.take([ok(33_000); 5].into_iter(), true, at(0));
        drift.take([ok(33_000); 5].into_iter(), true, at(JUDGED));
        let cells = [33_000, 32_000, 33_000, 33_000, 33_000].map(ok);
        drift.take(cells.into_iter(), true, at(JUDGED) + pause);
        (drift.hour().map(|fall| fall.0), drift.day().map(|fall| fall.0))
    };
    assert_eq!(fed(3_660), (Some(100), None));
    assert_eq!(fed(3_661), (None, None));
    assert_eq!(fed(24 * 3_600 + 60), (None, Some(100)));
    assert_eq!(fed(24 * 3_600 + 61), (None, None));
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
    let all: Vec<u16> =
        [-1_000, 0, 99, 100, 6_553_400, 6_553_500, 9_000_000].into_iter().map(tenths_of).collect();
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
