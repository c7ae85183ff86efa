//! The one macro that gives every quantity its saturating arithmetic, so that overflow policy is
//! written once.

/// Implements the operators shared by quantities that can be added to themselves.
macro_rules! saturating_quantity {
    ($name:ident, $inner:ty) => {
        impl $name {
            /// Nothing of this quantity.
            pub const ZERO: Self = Self(0);
            /// The largest value that can be held; sums that would pass it stop here.
            pub const MAX: Self = Self(<$inner>::MAX);
            /// The smallest value that can be held; differences that would pass it stop here.
            pub const MIN: Self = Self(<$inner>::MIN);

            /// The sum, or `None` where `+` would have saturated and hidden a fault.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, or `None` where `-` would have saturated and hidden a fault.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }
        }

        impl core::ops::Add for $name {
            type Output = Self;
            /// Saturating sum.
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl core::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = core::ops::Add::add(*self, other);
            }
        }

        impl core::ops::Sub for $name {
            type Output = Self;
            /// Saturating difference.
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl core::ops::SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = core::ops::Sub::sub(*self, other);
            }
        }

        impl core::ops::Mul<i32> for $name {
            type Output = Self;
            /// Saturating multiple.
            fn mul(self, factor: i32) -> Self {
                Self(self.0.saturating_mul(<$inner>::from(factor)))
            }
        }

        impl core::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::ZERO, core::ops::Add::add)
            }
        }
    };
}

/// Implements negation and magnitude for signed quantities.
macro_rules! signed_quantity {
    ($name:ident) => {
        impl $name {
            /// The magnitude, without the sign (saturating at the largest value).
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.saturating_abs())
            }
        }

        impl core::ops::Neg for $name {
            type Output = Self;
            /// Saturating negation.
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }
    };
}

pub(crate) use saturating_quantity;
pub(crate) use signed_quantity;

/// Rounds half away from zero and narrows; `None` for NaN or anything that does not fit.
///
/// Own rounding instead of `f64::round`, which `core` does not offer.
pub(crate) fn integer_from_f64(value: f64) -> Option<i64> {
    /// The largest magnitude that a cast back from `f64` surely fits: 2^62.
    const LIMIT: f64 = 4_611_686_018_427_387_904.0;
    if value.is_nan() || value.abs() > LIMIT {
        return None;
    }
    let nudged = if value < 0.0 { value - 0.5 } else { value + 0.5 };
    #[expect(clippy::cast_possible_truncation, reason = "NaN and range were refused above")]
    let integer = nudged as i64;
    Some(integer)
}
