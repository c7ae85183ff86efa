//! A board and a host of every dialect over lines that damage frames: a host publishes what the
//! board said, or nothing. More than a million damaged frames in all, one kind of damage at a time.

#![allow(clippy::print_stdout, reason = "measured rates are part of what these tests tell")]

use cellward_testkit::damage::Class;
use cellward_testkit::trial::{Counts, Dialect, Trial};

/// Runs a kind of damage over a dialect, prints what came of it, and asserts what holds for all.
fn run(dialect: Dialect, class: Class, frames: u64) -> Counts {
    let counts = Trial::new(dialect, class).frames(0, frames);
    println!(
        "{}, {}: {} frames damaged in {} rounds, {} pass the check; {} rounds publish {} wrong \
         values",
        dialect.name(),
        class.name(),
        counts.damaged,
        counts.rounds,
        counts.passed,
        counts.wrong_rounds,
        counts.wrong_values
    );
    let name = (dialect.name(), class.name());
    assert!(counts.damaged >= frames, "{name:?}");
    assert_eq!(counts.unexplained, 0, "{name:?}: a value from a frame whose check fails");
    assert_eq!(counts.unrecovered, 0, "{name:?}: whole within one poll after the damage");
    if class.leaves_bytes() {
        assert_eq!((counts.passed, counts.wrong_rounds), (0, 0), "{name:?}");
    }
    counts
}

/// What happens on a line, to a dialect with a CRC.
fn crc(dialect: Dialect, frames: u64) {
    let mut all = Counts::default();
    for class in Class::ON_ANY_LINE {
        all += run(dialect, class, frames);
    }
    // 16 bits of check let one damage in 65,536 pass; four deviations more are chance.
    let expected = all.damaged as f64 / 65_536.0;
    println!("{}: {} pass the check, {expected:.1} expected", dialect.name(), all.passed);
    let beyond = (all.passed as f64 - expected - 1.0).max(0.0);
    assert!(beyond * beyond <= 16.0 * expected, "{} pass, {expected:.1} expected", all.passed);
    assert!(all.wrong_rounds <= all.passed);
}

#[test]
fn damaged_frames_of_d2_publish_nothing_beyond_the_rate_of_the_crc() {
    crc(Dialect::D2, 10_000);
}

#[test]
fn damaged_frames_of_p81_publish_nothing_beyond_the_rate_of_the_crc() {
    crc(Dialect::P81, 10_000);
}

#[test]
fn damaged_frames_of_our_own_map_publish_nothing_beyond_the_rate_of_the_crc() {
    crc(Dialect::Own, 10_000);
}

#[test]
fn damaged_frames_of_a5_that_pass_the_check_are_published_a_hundred_times_less_often() {
    let mut all = Counts::default();
    for class in Class::ON_ANY_LINE {
        all += run(Dialect::A5, class, 90_000);
    }
    assert!(all.passed > 500, "enough of them to mean something: {}", all.passed);
    assert!(all.wrong_rounds * 100 <= all.passed, "{} of {}", all.wrong_rounds, all.passed);
}

#[test]
fn random_payloads_of_a5_are_published_a_hundred_times_less_often_than_the_check_alone_would() {
    // Over the bare check every one of these frames would have been published.
    let counts = run(Dialect::A5, Class::RandomPayload, 50_000);
    assert!(counts.wrong_values * 100 <= counts.damaged);
    // Small changes are like the truth by nature; these figures are shown, not promised.
    for class in [Class::TwoBits, Class::SwappedBytes] {
        let _ = run(Dialect::A5, class, 10_000);
    }
}
