//! Whether a short circuit is really a capacitor that fills: an inverter's inrush.
//!
//! 100 ms after the trip the voltage from B+ to P- stands higher than before the closing by at
//! least a twentieth of the pack, and each further try adds as much. Then, and only then, tries
//! one second apart are allowed, five at most. State machine, §6, "capacitive signature".

use cellward_units::{Duration, Instant, Voltage};

/// When after the trip the port is looked at.
const LOOK_AFTER: Duration = Duration::from_millis(100);
/// How long after the trip the next try comes.
const TRY_AFTER: Duration = Duration::from_secs(1);
/// At most this many tries.
const TRIES: u8 = 5;

/// The watch over the port around closings and trips.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Capacitor {
    /// B+ to P- while both switches were last open, before they closed.
    before: Option<Voltage>,
    /// When the running look began; `None` once it is decided.
    looking_since: Option<Instant>,
    /// When the short tripped whose signature was seen.
    tripped: Option<Instant>,
    proven: bool,
    tries: u8,
}

impl Capacitor {
    /// Both switches are open and nothing is tripped: what stands at the port now counts as
    /// before the closing.
    pub(super) const fn rest(&mut self, side: Option<Voltage>) {
        if self.looking_since.is_none() {
            self.before = side;
        }
    }

    /// The short circuit tripped.
    pub(super) const fn tripped(&mut self, now: Instant) {
        self.looking_since = Some(now);
        self.tripped = Some(now);
        self.proven = false;
    }

    /// Looks at B+ to P-, with both switches open, and decides once it is time.
    pub(super) fn look(&mut self, side: Option<Voltage>, pack: Option<Voltage>, now: Instant) {
        let Some(since) = self.looking_since else {
            return;
        };
        if now.since(since) < LOOK_AFTER {
            return;
        }
        self.looking_since = None;
        let step = pack.map(|pack| Voltage::from_microvolts(pack.as_microvolts() / 20));
        self.proven = match (self.before, side, step) {
            (Some(before), Some(side), Some(step)) => side - before >= step && self.tries < TRIES,
            _ => false,
        };
        if self.proven {
            self.tries = self.tries.saturating_add(1);
        }
        // The next try must add to what stands there now.
        self.before = side;
    }

    /// Whether the look has not been taken yet.
    pub(super) fn undecided(&self, now: Instant) -> bool {
        self.looking_since.is_some_and(|since| now.since(since) < LOOK_AFTER)
    }

    /// Whether the last trip was a capacitor that fills.
    pub(super) const fn proven(&self) -> bool {
        self.proven
    }

    /// When the next try may close.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.tripped.filter(|_| self.proven).map(|at| at + TRY_AFTER)
    }

    /// When the port must be looked at.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.looking_since.map(|since| since + LOOK_AFTER)
    }

    /// The load is gone, or it has been closed for good: the tries start again.
    pub(super) const fn forget(&mut self) {
        self.tries = 0;
        self.proven = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    fn volts(millivolts: i32) -> Option<Voltage> {
        Some(Voltage::from_millivolts(millivolts))
    }

    /// Trips at `trip_ms` and looks 100 ms later.
    fn trip(capacitor: &mut Capacitor, trip_ms: u64, side_mv: i32) -> bool {
        capacitor.tripped(at(trip_ms));
        capacitor.look(volts(side_mv), volts(40_000), at(trip_ms + 99));
        assert!(capacitor.undecided(at(trip_ms + 99)));
        assert_eq!(capacitor.deadline(), Some(at(trip_ms + 100)));
        assert!(!capacitor.undecided(at(trip_ms + 100)), "it is time to look");
        capacitor.look(volts(side_mv), volts(40_000), at(trip_ms + 100));
        assert!(!capacitor.undecided(at(trip_ms + 100)));
        capacitor.proven()
    }

    #[test]
    fn a_twentieth_of_the_pack_gained_is_a_capacitor_and_a_step_less_is_not() {
        let mut capacitor = Capacitor::default();
        capacitor.rest(volts(1_000));
        assert!(trip(&mut capacitor, 0, 3_000));
        assert_eq!(capacitor.next_try(), Some(at(1_000)));
        let mut capacitor = Capacitor::default();
        capacitor.rest(volts(1_000));
        assert!(!trip(&mut capacitor, 0, 2_999));
        assert_eq!(capacitor.next_try(), None);
    }

    #[test]
    fn each_try_must_add_as_much_again() {
        let mut capacitor = Capacitor::default();
        capacitor.rest(volts(0));
        assert!(trip(&mut capacitor, 0, 2_000));
        assert!(trip(&mut capacitor, 1_000, 4_000));
        assert!(!trip(&mut capacitor, 2_000, 5_999));
    }

    #[test]
    fn five_tries_and_no_more_until_the_load_is_gone() {
        let mut capacitor = Capacitor::default();
        capacitor.rest(volts(0));
        for number in 1..=5_u64 {
            let side = i32::try_from(number).unwrap() * 2_000;
            assert!(trip(&mut capacitor, number * 1_000, side));
        }
        assert!(!trip(&mut capacitor, 6_000, 12_000));
        capacitor.forget();
        assert!(trip(&mut capacitor, 7_000, 14_000));
    }

    #[test]
    fn without_a_reading_it_is_a_short() {
        let mut capacitor = Capacitor::default();
        capacitor.rest(None);
        assert!(!trip(&mut capacitor, 0, 10_000));
        let mut capacitor = Capacitor::default();
        capacitor.rest(volts(0));
        capacitor.tripped(at(0));
        capacitor.look(volts(10_000), None, at(100));
        assert!(!capacitor.proven());
    }
}
