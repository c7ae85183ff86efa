//! Tests: the last seconds before something happened.

use super::*;
use std::vec::Vec;

fn sample(milliamps: i32) -> Sample {
    Sample {
        current: Ok(Current::from_milliamps(milliamps)),
        lowest: Ok(Voltage::from_millivolts(3_201)),
        highest: Ok(Voltage::from_millivolts(3_302)),
        port: Ok(Voltage::from_millivolts(-120)),
    }
}

fn stored(sample: Sample) -> Sample {
    Sample::from_bytes(sample.to_bytes())
}

/// Currents of the frozen samples, in steps of 10 mA.
fn currents(kept: &BlackBox) -> Vec<i32> {
    let frozen = kept.frozen().unwrap();
    frozen.samples().map(|sample| sample.current.unwrap().as_milliamps() / 10).collect()
}

fn filled(count: i32) -> BlackBox {
    let mut kept = BlackBox::new();
    for i in 0..count {
        kept.push(sample(i * 10));
    }
    kept
}

#[test]
fn the_bytes_are_those_of_the_record_format() {
    // -1.23 A is -123 steps, 3201 mV is 0x0C81, 3302 mV is 0x0CE6, -120 mV is -12 steps.
    let bytes = sample(-1_230).to_bytes();
    assert_eq!(bytes, [0x85, 0xFF, 0xFF, 0x81, 0x0C, 0xE6, 0x0C, 0xF4, 0xFF]);
}

#[test]
fn a_sample_comes_back_as_it_went_in() {
    for milliamps in [0, 10, -10, 327_680, -327_690, 21_474_830, -21_474_830] {
        assert_eq!(stored(sample(milliamps)), sample(milliamps));
    }
}

#[test]
fn values_are_rounded_to_their_steps() {
    let current = |milliamps| stored(sample(milliamps)).current.unwrap().as_milliamps();
    assert_eq!([14, 15, -14, -15].map(current), [10, 20, -10, -20]);
    let port = |millivolts| {
        let sample = Sample { port: Ok(Voltage::from_millivolts(millivolts)), ..sample(0) };
        stored(sample).port.unwrap().as_millivolts()
    };
    assert_eq!([14, 15, -14, -15].map(port), [10, 20, -10, -20]);
}

#[test]
fn voltages_beyond_the_range_stop_short_of_the_words_for_missing() {
    let cell = |millivolts| {
        let cell = Ok(Voltage::from_millivolts(millivolts));
        stored(Sample { lowest: cell, highest: cell, ..sample(0) }).highest
    };
    assert_eq!(cell(32_765), Ok(Voltage::from_millivolts(32_765)));
    assert_eq!(cell(32_766), Ok(Voltage::from_millivolts(32_765)));
    assert_eq!(cell(40_000), Ok(Voltage::from_millivolts(32_765)));
    assert_eq!(cell(-40_000), Ok(Voltage::from_millivolts(-32_765)));
}

#[test]
fn absent_and_failed_stay_distinct_from_zero_and_from_each_other() {
    let all = |reason| Sample {
        current: Err(reason),
        lowest: Err(reason),
        highest: Err(reason),
        port: Err(reason),
    };
    for reason in [NoData::NotFitted, NoData::NotCarried] {
        let bytes = all(reason).to_bytes();
        assert_eq!(bytes, [0xFF, 0xFF, 0x7F, 0xFF, 0x7F, 0xFF, 0x7F, 0xFF, 0x7F]);
        assert_eq!(Sample::from_bytes(bytes), all(NoData::NotFitted));
    }
    for reason in [NoData::NotYet, NoData::Stale, NoData::WireOpen, NoData::ChipError] {
        let bytes = all(reason).to_bytes();
        assert_eq!(bytes, [0xFE, 0xFF, 0x7F, 0xFE, 0x7F, 0xFE, 0x7F, 0xFE, 0x7F]);
        assert_eq!(Sample::from_bytes(bytes), all(NoData::NoAnswer));
    }
}

#[test]
fn nothing_is_frozen_until_something_happens() {
    assert!(filled(70).frozen().is_none());
}

#[test]
fn a_young_ring_freezes_the_few_samples_it_has() {
    let mut kept = filled(3);
    kept.freeze(7, Instant::from_micros(9));
    assert_eq!(currents(&kept), [0, 1, 2]);
    let frozen = kept.frozen().unwrap();
    assert_eq!((frozen.sequence(), frozen.at()), (7, Instant::from_micros(9)));
}

#[test]
fn the_frozen_samples_are_the_last_sixty_four_oldest_first() {
    for count in [63, 64, 65, 127, 128, 129, 200] {
        let mut kept = filled(count);
        kept.freeze(1, Instant::START);
        let expected: Vec<i32> = (0.max(count - 64)..count).collect();
        assert_eq!(currents(&kept), expected, "{count} samples");
    }
}

#[test]
fn the_ring_runs_on_behind_what_is_frozen() {
    let mut kept = filled(64);
    kept.freeze(1, Instant::START);
    kept.push(sample(9_990));
    assert_eq!(currents(&kept).last(), Some(&63));
    kept.freeze(2, Instant::from_micros(5));
    assert_eq!(currents(&kept).last(), Some(&999));
    assert_eq!(currents(&kept).first(), Some(&1));
    let frozen = kept.frozen().unwrap();
    assert_eq!((frozen.sequence(), frozen.at()), (2, Instant::from_micros(5)));
}

#[test]
fn both_rings_together_stay_small() {
    assert!(size_of::<BlackBox>() <= 1_300);
}
