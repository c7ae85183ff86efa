//! The last few times that something happened: how many within a rolling window.
//!
//! Serves rules such as "three within ten minutes latch" and "five within a day lock". Owns the
//! instants and nothing else; what they mean, and which window, is the caller's.

use cellward_units::{Duration, Instant};
use heapless::Deque;

/// The last `N` instants, oldest first. `N` is the count that a rule waits for, 1 to 255.
#[derive(Clone, Debug)]
pub(crate) struct Recent<const N: usize> {
    instants: Deque<Instant, N>,
}

impl<const N: usize> Recent<N> {
    pub(crate) const fn new() -> Self {
        Self { instants: Deque::new() }
    }

    /// It happened again. Only the last `N` are kept.
    pub(crate) fn note(&mut self, now: Instant) {
        if self.instants.is_full() {
            self.instants.pop_front();
        }
        // There is room: the oldest has just left.
        let _ = self.instants.push_back(now);
    }

    /// How many lie within the last `window`, at most `N`. What happened exactly one window ago
    /// no longer counts.
    pub(crate) fn within(&self, window: Duration, now: Instant) -> u8 {
        let count = self.instants.iter().filter(|&&then| now.since(then) < window).count();
        u8::try_from(count).unwrap_or(u8::MAX)
    }

    /// When the count within `window` falls below `N`; `None` when it already is below.
    pub(crate) fn oldest_ends(&self, window: Duration, now: Instant) -> Option<Instant> {
        let oldest = *self.instants.front()?;
        (self.instants.is_full() && now.since(oldest) < window).then(|| oldest + window)
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.instants.clear();
    }

    /// Takes over a count that was kept over a power loss, in place of what is known. How long ago
    /// they happened is lost with the clock, so all of them count as if they happened now: the
    /// window may last too long, never too short.
    pub(crate) fn restore(&mut self, count: u8, now: Instant) {
        self.clear();
        for _ in 0..count {
            self.note(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(600);

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn noted(seconds: &[u64]) -> Recent<3> {
        let mut recent = Recent::new();
        for &second in seconds {
            recent.note(at(second));
        }
        recent
    }

    #[test]
    fn what_happened_one_window_ago_no_longer_counts() {
        let recent = noted(&[100]);
        let end = at(700);
        let last = end.before(Duration::from_micros(1));
        assert_eq!(recent.within(WINDOW, at(100)), 1);
        assert_eq!(recent.within(WINDOW, last), 1);
        assert_eq!(recent.within(WINDOW, end), 0);
    }

    #[test]
    fn the_window_rolls_over_each_of_them() {
        let recent = noted(&[0, 200, 400]);
        let counts = [599, 600, 799, 800, 999, 1_000].map(|now| recent.within(WINDOW, at(now)));
        assert_eq!(counts, [3, 2, 2, 1, 1, 0]);
    }

    #[test]
    fn the_oldest_makes_room_for_a_fourth() {
        let recent = noted(&[0, 200, 400, 500]);
        assert_eq!(recent.within(WINDOW, at(599)), 3);
        assert_eq!(recent.within(WINDOW, at(799)), 3);
        assert_eq!(recent.within(WINDOW, at(800)), 2);
    }

    #[test]
    fn a_full_count_ends_one_window_after_its_oldest() {
        let recent = noted(&[100, 200, 400]);
        assert_eq!(recent.oldest_ends(WINDOW, at(400)), Some(at(700)));
        let last = at(700).before(Duration::from_micros(1));
        assert_eq!(recent.oldest_ends(WINDOW, last), Some(at(700)));
        assert_eq!(recent.oldest_ends(WINDOW, at(700)), None);
    }

    #[test]
    fn a_count_that_is_not_full_has_no_end() {
        assert_eq!(noted(&[]).oldest_ends(WINDOW, at(0)), None);
        assert_eq!(noted(&[100, 200]).oldest_ends(WINDOW, at(300)), None);
    }

    #[test]
    fn a_cleared_count_is_empty() {
        let mut recent = noted(&[1, 2, 3]);
        recent.clear();
        assert_eq!(recent.within(WINDOW, at(4)), 0);
        assert_eq!(recent.oldest_ends(WINDOW, at(4)), None);
    }

    #[test]
    fn a_restored_count_starts_its_window_now() {
        let mut recent = noted(&[1, 2, 3]);
        recent.restore(2, at(50));
        assert_eq!(recent.within(WINDOW, at(50)), 2);
        assert_eq!(recent.within(WINDOW, at(649)), 2);
        assert_eq!(recent.within(WINDOW, at(650)), 0);
        assert_eq!(recent.oldest_ends(WINDOW, at(50)), None);
        recent.note(at(60));
        assert_eq!(recent.oldest_ends(WINDOW, at(60)), Some(at(650)));
    }

    #[test]
    fn a_restored_count_beyond_the_room_is_a_full_one() {
        let mut recent = noted(&[]);
        recent.restore(255, at(50));
        assert_eq!(recent.within(WINDOW, at(51)), 3);
        recent.restore(0, at(52));
        assert_eq!(recent.within(WINDOW, at(52)), 0);
    }
}
