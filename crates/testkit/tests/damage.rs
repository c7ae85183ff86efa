//! A million frames damaged in every way, in four dialects: what a host publishes is what the board
//! said, or nothing; the figures are printed.

#![allow(clippy::print_stdout, reason = "measured rates are part of what these tests tell")]

use cellward_params::Snapshot;
use cellward_testkit::damage::{Class, Spoken, Tally, spell};
use cellward_testkit::pack::sample;
use cellward_units::Charge;

/// Damaged frames of each dialect; four make a million.
const FRAMES: u64 = 250_000;

fn truth() -> Snapshot {
    let mut truth = sample(16, 2);
    truth.remaining = Ok(Charge::from_milliamp_hours(160_400));
    truth
}

/// Spells of one class until so many frames were damaged.
fn damaged(spoken: Spoken, class: Class, frames: u64) -> Tally {
    let truth = truth();
    let mut sum = Tally::default();
    for seed in 0.. {
        let tally = spell(spoken, class, &truth, seed);
        if !class.is_forgery() {
            let from_a_wrong_check = tally.wrong_values > 0 && tally.passing == 0;
            assert!(!from_a_wrong_check, "{spoken:?} {class:?} seed {seed}: {tally:?}");
            assert_eq!(tally.recovered, tally.spells, "{spoken:?} {class:?} seed {seed}");
        }
        sum.add(&tally);
        if sum.damaged >= frames {
            break;
        }
    }
    println!(
        "{spoken:?} {class:?}: {} damaged frames, {} pass the check, {} wrong values in {} rounds",
        sum.damaged, sum.passing, sum.wrong_values, sum.wrong_rounds
    );
    sum
}

/// All classes of a dialect whose check is a CRC.
fn with_crc(spoken: Spoken) {
    let mut sum = Tally::default();
    for class in Class::SEEN {
        sum.add(&damaged(spoken, class, FRAMES.div_ceil(7)));
    }
    assert!(sum.damaged >= FRAMES);
    // One in 65,536 is what a CRC of sixteen bits lets pass; bytes that move let a reader try at
    // more than one place. The seeds are fixed, so that this does not vary.
    assert!(sum.passing * 65_536 <= sum.damaged * 3, "{} of {}", sum.passing, sum.damaged);
    assert!(sum.wrong_rounds <= sum.passing, "{} of {}", sum.wrong_rounds, sum.passing);
}

#[test]
fn a_quarter_million_damaged_frames_of_d2_publish_no_more_than_the_crc_lets_pass() {
    with_crc(Spoken::D2);
}

#[test]
fn a_quarter_million_damaged_frames_of_p81_publish_no_more_than_the_crc_lets_pass() {
    with_crc(Spoken::P81);
}

#[test]
fn a_quarter_million_damaged_frames_of_our_own_map_publish_no_more_than_the_crc_lets_pass() {
    with_crc(Spoken::Own);
}

#[test]
fn a_quarter_million_damaged_frames_of_a5_publish_nothing_from_a_wrong_check() {
    let mut sum = Tally::default();
    for class in Class::SEEN {
        sum.add(&damaged(Spoken::A5, class, FRAMES.div_ceil(7)));
    }
    assert!(sum.damaged >= FRAMES);
    assert!(sum.passing > 100, "enough of them to mean something");
}

#[test]
fn random_payloads_that_pass_the_check_of_a5_are_published_a_hundred_times_less_often() {
    // Over the bare check each of these frames would have been published, with several values.
    let random = damaged(Spoken::A5, Class::RandomPayload, 20_000);
    assert!(random.wrong_values * 100 <= random.damaged, "{random:?}");
    // Small changes are like the truth by nature; these figures are shown, not promised.
    for class in [Class::TwoBits, Class::SwappedBytes] {
        let _ = damaged(Spoken::A5, class, 3_000);
    }
}
