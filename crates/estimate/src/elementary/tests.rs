//! Against double precision, over all that is asked, and at the ends.

use super::*;

/// Numbers from `least` to `most`, evenly by their logarithm.
fn between(least: f64, most: f64) -> impl Iterator<Item = f32> {
    let steps = 20_000;
    #[expect(clippy::cast_possible_truncation, reason = "what a board computes with")]
    (0..=steps)
        .map(move |at| (least * libm::pow(most / least, f64::from(at) / f64::from(steps))) as f32)
}

/// The greatest of what `found` is off from `wanted`, in parts of `scale`.
fn worst(
    numbers: impl Iterator<Item = f32>,
    [found, wanted, scale]: [fn(f64) -> f64; 3],
) -> (f64, f64) {
    numbers
        .map(f64::from)
        .map(|x| ((found(x) - wanted(x)).abs() / scale(x), x))
        .fold((0.0, f64::NAN), |most, one| if one.0 > most.0 { one } else { most })
}

#[expect(clippy::cast_possible_truncation, reason = "comes from one of single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[test]
fn a_root_is_right_to_the_last_bit_but_one() {
    let found = |x| f64::from(sqrt(single(x)));
    let (off, at) =
        worst(between(f64::from(f32::MIN_POSITIVE), 3.4e38), [found, libm::sqrt, libm::sqrt]);
    assert!(off < 1.2e-7, "{off} at {at}");
}

#[test]
fn an_exponential_is_right_to_two_in_ten_million() {
    let found = |x| f64::from(exp(single(x)));
    for sign in [1.0, -1.0] {
        let numbers = between(1e-9, 87.0).map(|x| x * sign);
        let (off, at) = worst(numbers, [found, libm::exp, libm::exp]);
        assert!(off < 2.5e-7, "{off} at {at}");
    }
}

#[test]
fn a_logarithm_is_right_to_two_in_ten_million_of_itself_or_of_one() {
    let found = |x| f64::from(ln(single(x)));
    let scale = |x: f64| libm::log(x).abs().max(1.0);
    for (least, most) in [(f64::from(f32::MIN_POSITIVE), 3.4e38), (0.5, 2.0), (0.999, 1.001)] {
        let (off, at) = worst(between(least, most), [found, libm::log, scale]);
        assert!(off < 2e-7, "{off} at {at}");
    }
}

#[test]
fn whole_answers_are_whole() {
    assert_eq!(sqrt(0.0).to_bits(), 0.0_f32.to_bits());
    assert_eq!(sqrt(1.0).to_bits(), 1.0_f32.to_bits());
    assert_eq!(sqrt(4.0).to_bits(), 2.0_f32.to_bits());
    assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
    assert_eq!(ln(1.0).to_bits(), 0.0_f32.to_bits());
}

#[test]
fn a_root_of_what_has_none_is_nothing() {
    for x in [-0.0, -1e-30, -1.0, f32::NEG_INFINITY, f32::NAN] {
        assert!(sqrt(x).abs() < f32::MIN_POSITIVE, "{x}: {}", sqrt(x));
    }
    assert!(sqrt(f32::INFINITY).is_infinite());
    let least = sqrt(f32::from_bits(1));
    assert!((0.0..=1e-19).contains(&least), "{least}");
}

#[test]
fn an_exponential_of_what_is_out_of_range_is_that_of_the_end() {
    for x in [(-87.0_f32).next_down(), -1e9, f32::NEG_INFINITY, f32::NAN] {
        assert_eq!(exp(x).to_bits(), exp(-87.0).to_bits(), "{x}");
    }
    for x in [88.0_f32.next_up(), 1e9, f32::INFINITY] {
        assert_eq!(exp(x).to_bits(), exp(88.0).to_bits(), "{x}");
    }
    assert!(exp(88.0).is_finite());
    assert!(exp(-87.0) > 0.0);
}

#[test]
fn a_logarithm_of_what_has_none_is_the_least() {
    let least = ln(f32::MIN_POSITIVE);
    assert!((least + 87.336_55).abs() < 1e-4, "{least}");
    for x in [0.0, -0.0, -1.0, f32::from_bits(1), f32::NEG_INFINITY, f32::NAN] {
        assert_eq!(ln(x).to_bits(), least.to_bits(), "{x}");
    }
    assert!((ln(f32::INFINITY) - 88.722_84).abs() < 1e-4);
}

#[test]
fn what_is_held_ends_at_the_ends() {
    for (x, held) in [
        (-0.1, 0.0),
        (0.0, 0.0),
        (0.25, 0.25),
        (1.0, 1.0),
        (1.0_f32.next_up(), 1.0),
        (f32::INFINITY, 1.0),
        (f32::NAN, 0.0),
    ] {
        assert!((unit(x) - held).abs() < f32::MIN_POSITIVE, "{x}");
    }
    for (x, held) in [
        (-2.5, -2.0),
        (-2.0, -2.0),
        (1.5, 1.5),
        (2.0, 2.0),
        (2.5, 2.0),
        (f32::INFINITY, 2.0),
        (f32::NAN, -2.0),
    ] {
        assert!((within(x, 2.0) - held).abs() < f32::MIN_POSITIVE, "{x}");
    }
}

#[test]
fn whole_numbers_are_the_nearest_and_end_with_their_type() {
    for (x, nearest) in [
        (0.499, 0),
        (0.5, 1),
        (-0.499, 0),
        (-0.5, -1),
        (2.4e9, i32::MAX),
        (-2.4e9, i32::MIN),
        (f32::INFINITY, i32::MAX),
        (f32::NAN, 0),
    ] {
        assert_eq!(whole(x), nearest, "{x}");
    }
}
