//! Learning what the current channel shows when nothing flows.
//!
//! Only while both switches are open can nothing flow, so only then is the zero learnt: in the
//! self-test after every start, and again whenever both have been open for 10 s. A result beyond
//! 1 % of full scale is refused; the last accepted zero stays. Production table, §3.

use cellward_units::{Current, Duration, Instant, Ratio};

/// How long both switches must be open before samples count, after the self-test.
const SETTLE: Duration = Duration::from_secs(10);
/// The same during the self-test. *Guess*: longer than a switch takes, and the window averages.
const SETTLE_AT_START: Duration = Duration::from_millis(100);
/// How long samples are collected. State machine, §9.
const WINDOW: Duration = Duration::from_millis(500);
/// Fewer samples than this prove nothing: half of what the window should hold.
const LEAST_SAMPLES: i64 = 25;

/// What learning came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Learnt {
    /// A zero to use from now on.
    Accepted(Current),
    /// Too large to be believed.
    Refused(Current),
}

/// The learner.
#[derive(Clone, Debug)]
pub(crate) struct ZeroLearner {
    limit: Current,
    open_since: Option<Instant>,
    /// Sum of the samples in steps of 10 µA, and how many, in the first and second half.
    halves: [(i64, i64); 2],
    /// Whether a window has ended since the switches opened.
    done: bool,
    ever: bool,
    /// How far the halves of the last accepted window lay apart: what the zero may be wrong by.
    error: Option<Current>,
}

impl ZeroLearner {
    pub(crate) fn new(full_scale: Current) -> Self {
        Self {
            limit: full_scale.scaled_by(Ratio::from_permille(10)),
            open_since: None,
            halves: [(0, 0); 2],
            done: false,
            ever: false,
            error: None,
        }
    }

    /// Takes a new full scale; what has been learnt stays.
    pub(crate) fn reconfigure(&mut self, full_scale: Current) {
        self.limit = full_scale.scaled_by(Ratio::from_permille(10));
    }

    /// Whether a zero has been learnt or refused since start, so that the self-test may end.
    pub(crate) const fn tried(&self) -> bool {
        self.ever
    }

    /// What the accepted zero may be wrong by; `None` while none is accepted.
    pub(crate) const fn error(&self) -> Option<Current> {
        self.error
    }

    /// Learns again, as if the switches had just opened.
    pub(crate) const fn again(&mut self) {
        self.open_since = None;
    }

    /// Whether samples are being collected or waited for.
    pub(crate) const fn busy(&self) -> bool {
        self.open_since.is_some() && !self.done
    }

    /// Takes a raw sample; `open` says whether both switches are really open.
    pub(crate) fn step(
        &mut self,
        raw: Option<Current>,
        open: bool,
        now: Instant,
    ) -> Option<Learnt> {
        if !open {
            self.open_since = None;
            return None;
        }
        let since = *self.open_since.get_or_insert_with(|| {
            self.halves = [(0, 0); 2];
            self.done = false;
            now
        });
        if self.done {
            return None;
        }
        let start = since + if self.ever { SETTLE } else { SETTLE_AT_START };
        if now < start {
            return None;
        }
        let elapsed = now.since(start);
        let [first, second] = &mut self.halves;
        let half = if elapsed.as_micros() < WINDOW.as_micros() / 2 { first } else { second };
        if let Some(raw) = raw {
            half.0 = half.0.saturating_add(i64::from(raw.as_ten_microamps()));
            half.1 = half.1.saturating_add(1);
        }
        (elapsed >= WINDOW).then(|| self.conclude()).flatten()
    }

    /// The window is over: what does it say?
    fn conclude(&mut self) -> Option<Learnt> {
        let [first, second] = self.halves;
        let all = (first.0.saturating_add(second.0), first.1.saturating_add(second.1));
        if all.1 < LEAST_SAMPLES {
            // The channel may only be late: start again, or the self-test would never end.
            self.open_since = None;
            return None;
        }
        self.done = true;
        self.ever = true;
        let zero = mean(all)?;
        if zero.abs() > self.limit {
            return Some(Learnt::Refused(zero));
        }
        self.error = mean(first).zip(mean(second)).map(|(one, other)| (one - other).abs());
        Some(Learnt::Accepted(zero))
    }
}

/// Mean of a sum and a count; `None` for no samples.
fn mean((sum, count): (i64, i64)) -> Option<Current> {
    i32::try_from(sum.checked_div(count)?).ok().map(Current::from_ten_microamps)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `sample(i)` every 10 ms with both switches open and returns the first conclusion.
    fn learn(sample: impl Fn(i32) -> Option<Current>) -> (Option<Learnt>, ZeroLearner) {
        let mut learner = ZeroLearner::new(Current::from_amps(400));
        for i in 0..100_i32 {
            let now = Instant::from_micros(u64::from(i.unsigned_abs()) * 10_000);
            if let Some(learnt) = learner.step(sample(i), true, now) {
                return (Some(learnt), learner);
            }
        }
        (None, learner)
    }

    #[test]
    fn the_mean_of_the_window_is_the_zero() {
        let wobble =
            |i: i32| Some(Current::from_milliamps(3_000 + if i % 2 == 0 { 60 } else { -60 }));
        let (learnt, learner) = learn(wobble);
        let Some(Learnt::Accepted(zero)) = learnt else { panic!("{learnt:?}") };
        assert!((zero - Current::from_milliamps(3_000)).abs() < Current::from_milliamps(5));
        assert!(learner.error().unwrap() < Current::from_milliamps(5));
    }

    #[test]
    fn one_hundredth_of_full_scale_is_accepted_and_a_step_more_is_refused() {
        let limit = Current::from_amps(4);
        assert_eq!(learn(|_| Some(limit)).0, Some(Learnt::Accepted(limit)));
        let beyond = limit + Current::from_ten_microamps(1);
        let (learnt, learner) = learn(|_| Some(beyond));
        assert_eq!(learnt, Some(Learnt::Refused(beyond)));
        assert_eq!(learner.error(), None);
    }

    #[test]
    fn a_drift_within_the_window_shows_as_error() {
        let (_, learner) = learn(|i| Some(Current::from_milliamps(20 * i)));
        assert!(learner.error().unwrap() > Current::from_milliamps(400));
    }

    #[test]
    fn too_few_samples_conclude_nothing() {
        assert_eq!(learn(|i| (i % 5 == 0).then_some(Current::ZERO)).0, None);
    }

    #[test]
    fn closing_a_switch_starts_it_again() {
        let mut learner = ZeroLearner::new(Current::from_amps(400));
        for i in 0..200_u64 {
            let open = i % 50 != 49;
            let now = Instant::from_micros(i * 10_000);
            assert_eq!(learner.step(Some(Current::ZERO), open, now), None);
        }
    }
}
