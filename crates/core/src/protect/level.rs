//! The one small state machine that runs every protection: a comparison, a delay to set, a
//! recovery, a delay to release.

use cellward_units::{Duration, Instant};

/// How the latest value stands to a threshold and its own recovery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// At the threshold or beyond.
    Beyond,
    /// Between threshold and recovery: keeps what is, starts nothing.
    Between,
    /// Strictly on the good side of the recovery.
    Recovered,
    /// There is no value.
    Unknown,
}

/// What an `advance` changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    /// It tripped; the condition had lasted this long.
    Set(Duration),
    /// It released; it had been tripped this long.
    Cleared(Duration),
}

/// The threshold of one level, in the inner resolution of its quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Thresholds {
    pub(crate) high: bool,
    pub(crate) trip: i32,
    pub(crate) recover: i32,
}

impl Thresholds {
    /// Where `value` stands. At the threshold counts as beyond, at the recovery does not count as
    /// recovered: both on the safe side.
    pub(crate) fn standing(&self, value: Option<i32>) -> Standing {
        let Some(value) = value else {
            return Standing::Unknown;
        };
        let (beyond, recovered) = if self.high {
            (value >= self.trip, value < self.recover)
        } else {
            (value <= self.trip, value > self.recover)
        };
        match (beyond, recovered) {
            (true, _) => Standing::Beyond,
            (false, true) => Standing::Recovered,
            (false, false) => Standing::Between,
        }
    }
}

/// Where one level of one fault is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Nothing is wrong.
    Clear,
    /// Beyond the threshold, the delay is running.
    Pending {
        /// When it went beyond.
        since: Instant,
    },
    /// Tripped; the recovery delay runs while `recovering` is there.
    Active {
        /// When it tripped.
        tripped: Instant,
        /// When it recovered.
        recovering: Option<Instant>,
    },
}

impl State {
    pub(crate) const fn active(&self) -> bool {
        matches!(self, Self::Active { .. })
    }

    /// Takes the standing of a new value.
    ///
    /// A missing value neither starts nor stops the delay to set (a sensor that fails while
    /// something is wrong must not hide it), and it stops the delay to release (nothing proves
    /// that things are good).
    pub(crate) fn compare(&mut self, standing: Standing, now: Instant) {
        *self = match (*self, standing) {
            (Self::Clear, Standing::Beyond) => Self::Pending { since: now },
            (Self::Pending { .. }, Standing::Between | Standing::Recovered) => Self::Clear,
            (Self::Active { tripped, recovering }, Standing::Recovered) => {
                Self::Active { tripped, recovering: Some(recovering.unwrap_or(now)) }
            }
            (Self::Active { tripped, .. }, _) => Self::Active { tripped, recovering: None },
            (same, _) => same,
        };
    }

    /// Lets time pass. `delay` is how long it must have been beyond to trip; `release_at` is the
    /// release rule's word: from when on it may release, if at all.
    pub(crate) fn advance(
        &mut self,
        delay: Duration,
        release_at: Option<Instant>,
        now: Instant,
    ) -> Option<Edge> {
        match *self {
            Self::Pending { since } if now.since(since) >= delay => {
                *self = Self::Active { tripped: now, recovering: None };
                Some(Edge::Set(now.since(since)))
            }
            Self::Active { tripped, recovering: Some(_) }
                if release_at.is_some_and(|at| now >= at) =>
            {
                *self = Self::Clear;
                Some(Edge::Cleared(now.since(tripped)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIGH: Thresholds = Thresholds { high: true, trip: 3_650, recover: 3_400 };
    const DELAY: Duration = Duration::from_millis(700);
    const LOW: Thresholds = Thresholds { high: false, trip: 2_500, recover: 3_000 };

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    #[test]
    fn exactly_at_the_threshold_is_beyond_and_exactly_at_the_recovery_is_not_recovered() {
        for (thresholds, value, expected) in [
            (HIGH, 3_651, Standing::Beyond),
            (HIGH, 3_650, Standing::Beyond),
            (HIGH, 3_649, Standing::Between),
            (HIGH, 3_400, Standing::Between),
            (HIGH, 3_399, Standing::Recovered),
            (LOW, 2_499, Standing::Beyond),
            (LOW, 2_500, Standing::Beyond),
            (LOW, 2_501, Standing::Between),
            (LOW, 3_000, Standing::Between),
            (LOW, 3_001, Standing::Recovered),
        ] {
            assert_eq!(thresholds.standing(Some(value)), expected, "{value}");
        }
        assert_eq!(HIGH.standing(None), Standing::Unknown);
    }

    #[test]
    fn it_trips_at_its_delay_and_not_before() {
        let mut state = State::Clear;
        state.compare(Standing::Beyond, at(0));
        assert_eq!(state.advance(DELAY, None, at(699)), None);
        assert_eq!(
            state.advance(DELAY, None, at(700)),
            Some(Edge::Set(Duration::from_millis(700)))
        );
    }

    #[test]
    fn falling_below_the_threshold_starts_the_delay_again() {
        let mut state = State::Clear;
        state.compare(Standing::Beyond, at(0));
        state.compare(Standing::Between, at(600));
        state.compare(Standing::Beyond, at(610));
        assert_eq!(state.advance(DELAY, None, at(1_309)), None);
        assert!(state.advance(DELAY, None, at(1_310)).is_some());
    }

    #[test]
    fn a_missing_value_does_not_hide_what_is_wrong() {
        let mut state = State::Clear;
        state.compare(Standing::Beyond, at(0));
        state.compare(Standing::Unknown, at(100));
        assert!(state.advance(DELAY, None, at(700)).is_some());
    }

    #[test]
    fn a_missing_value_starts_the_recovery_again() {
        let mut state = State::Active { tripped: at(0), recovering: None };
        state.compare(Standing::Recovered, at(100));
        state.compare(Standing::Unknown, at(2_000));
        assert_eq!(state, State::Active { tripped: at(0), recovering: None });
        state.compare(Standing::Recovered, at(2_100));
        assert_eq!(state, State::Active { tripped: at(0), recovering: Some(at(2_100)) });
    }

    #[test]
    fn it_releases_when_the_rule_says_and_not_before() {
        let mut state = State::Active { tripped: at(0), recovering: Some(at(100)) };
        assert_eq!(state.advance(DELAY, None, at(60_000)), None);
        assert_eq!(state.advance(DELAY, Some(at(3_100)), at(3_099)), None);
        assert_eq!(
            state.advance(DELAY, Some(at(3_100)), at(3_100)),
            Some(Edge::Cleared(Duration::from_millis(3_100)))
        );
        assert_eq!(state, State::Clear);
    }

    #[test]
    fn between_threshold_and_recovery_it_stays_tripped() {
        let mut state = State::Active { tripped: at(0), recovering: Some(at(10)) };
        state.compare(Standing::Between, at(20));
        assert_eq!(state.advance(DELAY, Some(at(20)), at(60_000)), None);
        assert!(state.active());
    }
}
