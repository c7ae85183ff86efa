//! Shares: SOC, SOH, duty, error figures.

use crate::quantity::{integer_from_f64, saturating_quantity, signed_quantity};

/// A dimensionless share, in parts per million; 1,000,000 is the whole.
///
/// Not clamped by itself, because an error figure may be negative; [`Ratio::clamped`] is for SOC
/// and its kin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ratio(i32);

saturating_quantity!(Ratio, i32);
signed_quantity!(Ratio);

impl Ratio {
    /// The whole: 100 %.
    pub const ONE: Self = Self(1_000_000);

    /// From parts per million, the inner resolution.
    #[must_use]
    pub const fn from_ppm(ppm: i32) -> Self {
        Self(ppm)
    }

    /// From thousandths (0.1 % steps); saturates.
    #[must_use]
    pub const fn from_permille(permille: i32) -> Self {
        Self(permille.saturating_mul(1_000))
    }

    /// From a float where 1.0 is the whole; `None` for NaN and for what does not fit.
    #[must_use]
    pub fn from_f64(share: f64) -> Option<Self> {
        let ppm = integer_from_f64(share * 1e6)?;
        i32::try_from(ppm).ok().map(Self)
    }

    /// In parts per million, exact.
    #[must_use]
    pub const fn as_ppm(self) -> i32 {
        self.0
    }

    /// In thousandths (0.1 % steps), rounded towards zero.
    #[must_use]
    pub const fn as_permille(self) -> i32 {
        self.0 / 1_000
    }

    /// Where 1.0 is the whole, for models and pictures only.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// Held between nothing and the whole.
    #[must_use]
    pub fn clamped(self) -> Self {
        self.clamp(Self::ZERO, Self::ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clamping_holds_a_share_between_nothing_and_the_whole() {
        assert_eq!(Ratio::from_ppm(1_000_001).clamped(), Ratio::ONE);
        assert_eq!(Ratio::from_ppm(1_000_000).clamped(), Ratio::ONE);
        assert_eq!(Ratio::from_ppm(999_999).clamped(), Ratio::from_ppm(999_999));
        assert_eq!(Ratio::from_ppm(-1).clamped(), Ratio::ZERO);
    }

    #[test]
    fn permille_is_a_thousandth() {
        assert_eq!(Ratio::from_permille(888).as_ppm(), 888_000);
        assert_eq!(Ratio::from_ppm(888_999).as_permille(), 888);
    }
}
