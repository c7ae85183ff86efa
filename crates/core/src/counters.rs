//! Charge that ever went in and came out. Every sample counts, with its sign.

use cellward_units::{Charge, ChargeCounter, Current, Instant};

/// The counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    charged: ChargeCounter,
    discharged: ChargeCounter,
    counted_at: Option<Instant>,
    /// How often something may have flowed that was not counted.
    gaps: u16,
}

impl Counters {
    pub(crate) const fn restore(&mut self, charged: Charge, discharged: Charge) {
        self.charged = ChargeCounter::starting_at(charged);
        self.discharged = ChargeCounter::starting_at(discharged);
    }

    /// Counts `current` since the last call.
    pub(crate) fn count(&mut self, current: Current, now: Instant) {
        if let Some(since) = self.counted_at {
            let elapsed = now.since(since);
            if current >= Current::ZERO {
                self.charged.add(current, elapsed);
            } else {
                self.discharged.add(-current, elapsed);
            }
        }
        self.counted_at = Some(now);
    }

    /// A gap in the current: nothing is counted for it.
    pub(crate) const fn skip(&mut self, now: Instant) {
        self.counted_at = Some(now);
        self.gaps = self.gaps.wrapping_add(1);
    }

    /// A number that changes whenever something may have flowed that was not counted.
    pub(crate) const fn gaps(&self) -> u16 {
        self.gaps
    }

    pub(crate) fn charged(&self) -> Charge {
        self.charged.total()
    }

    pub(crate) fn discharged(&self) -> Charge {
        self.discharged.total()
    }

    /// Full cycles from what came out: one per rated capacity; `None` without one.
    pub(crate) fn cycles(&self, capacity: Option<Charge>) -> Option<u32> {
        let cycles = self.discharged().as_steps().checked_div(capacity?.as_steps())?;
        u32::try_from(cycles).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_and_out_are_counted_apart_and_both_are_positive() {
        let mut counters = Counters::default();
        for (second, amps) in [(0, 0), (3_600, 10), (7_200, -4)] {
            counters.count(Current::from_amps(amps), Instant::from_micros(second * 1_000_000));
        }
        assert_eq!(counters.charged(), Charge::from_milliamp_hours(10_000));
        assert_eq!(counters.discharged(), Charge::from_milliamp_hours(4_000));
    }
}
