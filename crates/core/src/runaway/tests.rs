//! Tests: how fast the cells warm up.

use super::*;

type Reading = Result<Temperature, NoData>;

const SHORT: Reading = Err(NoData::SensorShort);
const OPEN: Reading = Err(NoData::SensorOpen);

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1_000)
}

/// A reading in 0.1 °C.
fn degrees(tenths: i32) -> Reading {
    Ok(Temperature::from_millicelsius(tenths * 100))
}

/// Feeds one sensor readings at milliseconds.
fn fed(steps: &[(u64, Reading)]) -> Runaway {
    let mut runaway = Runaway::new();
    for &(millis, reading) in steps {
        runaway.take(&[reading], at(millis));
    }
    runaway
}

fn rate(steps: &[(u64, Reading)]) -> Option<i32> {
    fed(steps).rate().map(|(tenths, _)| tenths)
}

fn runs_away(steps: &[(u64, Reading)]) -> bool {
    fed(steps).hot_runaway().is_some()
}

#[test]
fn without_a_reading_there_is_no_rate() {
    assert_eq!(Runaway::new().rate(), None);
    assert_eq!(rate(&[(0, OPEN)]), None);
    assert_eq!(rate(&[(0, degrees(250)), (500, OPEN)]), None);
    assert_eq!(Runaway::new().hot_runaway(), None);
}

#[test]
fn a_fast_rise_shows_before_the_window_is_full() {
    assert_eq!(rate(&[(0, degrees(250)), (500, degrees(290))]), Some(40));
    assert_eq!(rate(&[(0, degrees(-20)), (500, degrees(20))]), Some(40));
}

#[test]
fn the_rise_counts_from_the_coldest_reading_of_the_window() {
    let dip = [(0, degrees(300)), (500, degrees(270)), (1_000, degrees(290))];
    assert_eq!(rate(&dip), Some(20));
    let within_one_second = [(0, degrees(270)), (400, degrees(300)), (800, degrees(290))];
    assert_eq!(rate(&within_one_second), Some(20));
}

#[test]
fn cooling_is_no_rise() {
    assert_eq!(rate(&[(0, degrees(300)), (500, degrees(270))]), Some(0));
}

#[test]
fn a_tenth_is_told_when_it_is_full() {
    let rise = |milli| {
        let warm = Ok(Temperature::from_millicelsius(25_000 + milli));
        rate(&[(0, degrees(250)), (500, warm)])
    };
    assert_eq!(rise(2_999), Some(29));
    assert_eq!(rise(3_000), Some(30));
}

#[test]
fn a_reading_of_exactly_one_minute_ago_counts_and_one_of_a_second_more_does_not() {
    let after = |millis: u64| rate(&[(7_000, degrees(250)), (7_000 + millis, degrees(300))]);
    assert_eq!(after(60_000), Some(50));
    assert_eq!(after(60_999), Some(50));
    assert_eq!(after(61_000), Some(0));
    assert_eq!(after(3_600_000), Some(0));
}

#[test]
fn every_second_of_the_window_ends_in_its_turn() {
    // It rises by a tenth each second: the window holds sixty of them at any time, however
    // often the ring has gone round.
    let mut runaway = Runaway::new();
    for second in 0..500_u64 {
        let tenths = i32::try_from(second).unwrap();
        runaway.take(&[degrees(tenths)], at(second * 1_000));
        assert_eq!(runaway.rate(), Some((tenths.min(60), 0)));
    }
}

#[test]
fn a_pause_of_the_feed_keeps_what_is_still_within_the_window() {
    let steps = [(0, degrees(200)), (30_000, degrees(250)), (89_000, degrees(280))];
    assert_eq!(rate(&steps), Some(30));
    let longer = [(0, degrees(200)), (30_000, degrees(250)), (91_000, degrees(280))];
    assert_eq!(rate(&longer), Some(0));
}

#[test]
fn a_long_pause_leaves_nothing_of_a_full_window() {
    for pause in 61..200 {
        let mut runaway = Runaway::new();
        for second in 0..=100 {
            runaway.take(&[degrees(200)], at(second * 1_000));
        }
        runaway.take(&[degrees(290)], at((100 + pause) * 1_000));
        assert_eq!(runaway.rate(), Some((0, 0)), "{pause} s");
    }
}

#[test]
fn ten_kelvins_at_fifty_degrees_are_a_runaway() {
    let rises = |from, to| runs_away(&[(0, degrees(from)), (60_000, degrees(to))]);
    assert!(rises(400, 500));
    assert!(!rises(401, 500), "9.9 K");
    assert!(!rises(399, 499), "49.9 °C");
    assert!(!rises(390, 499), "49.9 °C");
    assert!(rises(600, 700));
    assert!(!rises(601, 700), "9.9 K");
}

#[test]
fn ten_kelvins_in_more_than_a_minute_are_no_runaway() {
    assert!(!runs_away(&[(0, degrees(500)), (61_000, degrees(600))]));
}

#[test]
fn an_invalid_reading_starts_the_window_again() {
    let steps = [(0, degrees(400)), (500, OPEN), (1_000, degrees(550)), (1_500, degrees(560))];
    assert_eq!(rate(&steps), Some(10));
    assert!(!runs_away(&steps));
}

#[test]
fn a_sensor_that_is_plugged_in_warm_shows_no_rise() {
    assert_eq!(rate(&[(0, OPEN), (500, degrees(600))]), Some(0));
    assert_eq!(rate(&[(500_000, degrees(600))]), Some(0));
}

#[test]
fn a_short_soon_after_eighty_degrees_is_a_runaway() {
    let melts = |hot, millis| runs_away(&[(0, degrees(hot)), (millis, SHORT)]);
    assert!(melts(801, 500));
    assert!(!melts(800, 500));
    assert!(melts(801, 60_000));
    assert!(!melts(801, 60_001));
}

#[test]
fn an_open_sensor_after_eighty_degrees_is_not() {
    assert!(!runs_away(&[(0, degrees(900)), (500, OPEN)]));
    assert!(runs_away(&[(0, degrees(900)), (500, OPEN), (1_000, SHORT)]));
}

#[test]
fn the_last_hot_reading_counts() {
    let steps = [(0, degrees(801)), (30_000, degrees(801)), (90_000, SHORT)];
    assert!(runs_away(&steps));
    let cooled = [(0, degrees(801)), (30_000, degrees(790)), (60_500, SHORT)];
    assert!(!runs_away(&cooled));
}

#[test]
fn a_molten_sensor_stays_one_while_it_is_shorted() {
    let mut runaway = fed(&[(0, degrees(900)), (60_000, SHORT), (600_000, SHORT)]);
    assert_eq!(runaway.hot_runaway(), Some(0));
    runaway.take(&[degrees(300)], at(600_500));
    assert_eq!(runaway.hot_runaway(), None);
    runaway.take(&[SHORT], at(601_000));
    assert_eq!(runaway.hot_runaway(), None, "long after it was hot");
}

#[test]
fn a_short_that_began_late_does_not_become_a_runaway() {
    assert!(!runs_away(&[(0, degrees(900)), (60_500, SHORT), (61_000, SHORT)]));
}

#[test]
fn a_slow_drift_over_the_day_never_triggers() {
    // 30 K up and down in twelve hours each, at the hottest 62 °C.
    let mut runaway = Runaway::new();
    for half_second in 0..172_800_u64 {
        let phase = i32::try_from(half_second % 86_400).unwrap();
        let milli = 32_000 + (43_200 - (phase - 43_200).abs()) * 30_000 / 43_200;
        let reading = Ok(Temperature::from_millicelsius(milli));
        runaway.take(&[reading], at(half_second * 500));
        assert!(runaway.rate().unwrap().0 <= 1);
        assert_eq!(runaway.hot_runaway(), None);
    }
}

#[test]
fn the_fastest_sensor_is_named_and_the_first_of_equals() {
    let mut runaway = Runaway::new();
    runaway.take(&[degrees(250), degrees(450), OPEN, degrees(450)], at(0));
    assert_eq!(runaway.rate(), Some((0, 0)));
    runaway.take(&[degrees(260), degrees(550), OPEN, degrees(550)], at(500));
    assert_eq!(runaway.rate(), Some((100, 1)));
    assert_eq!(runaway.hot_runaway(), Some(1));
    runaway.take(&[degrees(260), degrees(560), OPEN, degrees(561)], at(1_000));
    assert_eq!(runaway.rate(), Some((111, 3)));
}

#[test]
fn sensors_that_the_list_lacks_have_no_reading() {
    let mut runaway = Runaway::new();
    runaway.take(&[degrees(250), degrees(450)], at(0));
    runaway.take(&[degrees(250)], at(500));
    runaway.take(&[degrees(250), degrees(600)], at(1_000));
    assert_eq!(runaway.rate(), Some((0, 0)));
}

#[test]
fn a_reading_beyond_the_range_neither_wraps_nor_reads_as_none() {
    let extreme = |celsius| Ok(Temperature::from_celsius(celsius));
    assert_eq!(rate(&[(0, extreme(400)), (500, extreme(400))]), Some(723));
    assert_eq!(rate(&[(0, extreme(-400)), (500, extreme(0))]), Some(3_276));
}

#[test]
fn the_windows_stay_small() {
    assert!(size_of::<Runaway>() <= 640);
}
