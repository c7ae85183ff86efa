//! The permit to close a switch. Open is always allowed; closed needs one of these.

use cellward_units::{Duration, Instant};

/// A permit ends this long after the oldest measurement it rests on. State machine, §2.
pub(crate) const PERMIT_LIFE: Duration = Duration::from_millis(500);

/// The word of the protection that, on fresh measurements, a switch may be closed.
///
/// Only the protection can mint one, and it lapses with time: a brain that stops measuring loses
/// the right to keep a switch closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Permit {
    until: Instant,
    newly: bool,
}

impl Permit {
    /// Mints a permit for measurements of which the oldest was taken at `oldest`; `newly` says
    /// whether a switch that is open may close.
    pub(in crate::protect) fn mint(oldest: Instant, newly: bool, now: Instant) -> Option<Self> {
        let until = oldest + PERMIT_LIFE;
        (now < until).then_some(Self { until, newly })
    }

    /// When it lapses: at this instant nothing may be closed any more.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// Whether it allows this now: to close what is open needs more than to keep closed.
    pub(crate) fn allows(&self, already_closed: bool, now: Instant) -> bool {
        now < self.until && (already_closed || self.newly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    #[test]
    fn a_permit_ends_500_ms_after_its_measurement() {
        assert!(Permit::mint(at(100), true, at(599)).is_some());
        assert_eq!(Permit::mint(at(100), true, at(600)), None);
        let permit = Permit::mint(at(100), true, at(100)).unwrap();
        assert!(permit.allows(false, at(599)));
        assert!(!permit.allows(true, at(600)));
    }

    #[test]
    fn a_permit_that_is_not_for_closing_keeps_closed_what_is_closed() {
        let permit = Permit::mint(at(0), false, at(0)).unwrap();
        assert!(permit.allows(true, at(1)));
        assert!(!permit.allows(false, at(1)));
    }
}
