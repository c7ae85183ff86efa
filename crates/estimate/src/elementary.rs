//! Square root, exponential and logarithm, small.
//!
//! The library's take 1.5 KB of a board's flash, a sixteenth of what the whole estimator may; these take a
//! third of that, are right to two in ten million, and the same on every machine, as they are nothing but
//! sums and products. What is no number, or out of range, is held at an end: nothing here makes a number
//! that is none.

/// Held between 0 and 1, and 0 for what is no number.
#[inline(never)]
pub(crate) fn unit(x: f32) -> f32 {
    x.max(0.0).min(1.0)
}

/// Held between -`most` and `most`, which is not negative; -`most` for what is no number.
#[inline(never)]
pub(crate) fn within(x: f32, most: f32) -> f32 {
    x.max(-most).min(most)
}

/// The nearest whole number, of two the one farther from nothing; held at the ends of its type, and 0 for
/// what is no number.
#[inline(never)]
pub(crate) fn whole(x: f32) -> i32 {
    // Every cast is fifty bytes of comparing, so there is this one.
    #[expect(clippy::cast_possible_truncation, reason = "a cast holds the ends, and NaN is 0")]
    let whole = libm::roundf(x) as i32;
    whole
}

/// Square root; 0 of what is negative or no number, and of what is infinite the argument. Of what is less
/// than the smallest normal number, something of no more than 1e-19.
pub(crate) fn sqrt(x: f32) -> f32 {
    if !(x > 0.0 && x < f32::INFINITY) {
        return x.max(0.0);
    }
    // Half of the exponent and a straight line for the rest: right to 3.5 %. Each round of Newton's squares
    // that.
    let mut root = f32::from_bits((x.to_bits() >> 1).wrapping_add(0x1FBD_1DF5));
    for _ in 0..3 {
        root = 0.5 * (root + x / root);
    }
    root
}

/// Exponential, between those of -87 and 88.
pub(crate) fn exp(x: f32) -> f32 {
    /// The logarithm of two in two parts, the first of few bits, so that many times it is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = x.max(-87.0).min(88.0);
    let exponent = whole(x * core::f32::consts::LOG2_E);
    #[expect(clippy::cast_precision_loss, reason = "within 127")]
    let twos = exponent as f32;
    let rest = x - twos * LN_2[0] - twos * LN_2[1];
    // Taylor's series; of at most 0.35 the eighth member is a tenth of the last bit.
    let mut sum = 1.0;
    for divisor in [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0_f32] {
        sum = 1.0 + sum * rest / divisor;
    }
    sum * f32::from_bits(exponent.wrapping_add(127).cast_unsigned() << 23)
}

/// Natural logarithm; of what is less than the smallest normal number, or no number, that of this, -87.3.
pub(crate) fn ln(x: f32) -> f32 {
    /// The bits of the root of one half: a number between it and its double is nearest to one.
    const ROOT_OF_HALF: u32 = 0x3F35_04F3;
    let bits = x.max(f32::MIN_POSITIVE).min(f32::MAX).to_bits();
    let twos = bits.wrapping_sub(ROOT_OF_HALF).cast_signed() >> 23;
    let near_one = f32::from_bits(bits.wrapping_sub((twos << 23).cast_unsigned()));
    // The series of the inverse hyperbolic tangent, which of so little runs out soon.
    let slope = (near_one - 1.0) / (near_one + 1.0);
    let square = slope * slope;
    let mut sum = 0.0;
    for divisor in [9.0, 7.0, 5.0, 3.0, 1.0_f32] {
        sum = sum * square + 1.0 / divisor;
    }
    #[expect(clippy::cast_precision_loss, reason = "within 127")]
    let twos = twos as f32;
    twos * core::f32::consts::LN_2 + 2.0 * slope * sum
}

#[cfg(test)]
mod tests;
