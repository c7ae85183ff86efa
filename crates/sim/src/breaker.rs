//! The breaker between the pack and everything else, which the trip output opens for good.

use cellward_units::{Duration, Instant};

/// A pulse shorter than this does not open it. Parameters, §7: trip pulses last 0.2 to 5 s.
const PULSE: Duration = Duration::from_millis(200);

/// The breaker with its coil.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Breaker {
    fitted: bool,
    open: bool,
    since: Option<Instant>,
}

impl Breaker {
    /// Fits it, closed, or takes it out.
    pub(crate) const fn fit(&mut self, fitted: bool) {
        *self = Self { fitted, open: false, since: None };
    }

    /// Whether it is there and open.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether a pulse is on that will open it.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// Shows it the level of the trip output; whether it opens now.
    pub(crate) fn see(&mut self, level: bool, now: Instant) -> bool {
        if !level || !self.fitted || self.open {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        if now.since(since) < PULSE {
            return false;
        }
        self.since = None;
        self.open = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(1_000 * millis)
    }

    #[test]
    fn a_pulse_of_200_ms_opens_it_for_good_and_a_shorter_one_does_not() {
        let mut breaker = Breaker::default();
        breaker.fit(true);
        assert!(!breaker.see(true, at(0)));
        assert!(!breaker.see(true, at(199)));
        assert!(!breaker.see(false, at(200)));
        assert!(!breaker.see(true, at(300)));
        assert!(breaker.see(true, at(500)));
        assert!(breaker.is_open());
        assert!(!breaker.see(true, at(600)));
        assert!(breaker.is_open());
        breaker.fit(true);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_breaker_that_is_not_there_does_nothing() {
        let mut breaker = Breaker::default();
        breaker.see(true, at(0));
        assert!(!breaker.see(true, at(5_000)));
        assert!(!breaker.is_waiting());
    }
}
