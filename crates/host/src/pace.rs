//! When a board that is read again and again is asked for everything.

use std::time::Duration;

use cellward_link::client::Plan;

use crate::drive::Cut;

/// How often everything is asked again. Totals and texts change slowly; a round of live values alone
/// is several times shorter.
const EVERY: Duration = Duration::from_secs(60);

/// Chooses what the next reading asks for: everything at first and once a minute, live values between.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// When everything was asked last, on the clock of the board's transport.
    full: Option<Duration>,
}

impl Pace {
    /// What to ask for now.
    #[must_use]
    pub fn plan(&self, now: Duration) -> Plan {
        match self.full {
            Some(full) if now.checked_sub(full).is_some_and(|since| since < EVERY) => Plan::Live,
            _ => Plan::Full,
        }
    }

    /// A reading by `plan` came to an end. One that was cut short may lack what only a full one asks
    /// for, and does not count.
    pub fn read(&mut self, plan: Plan, cut: Option<Cut>, now: Duration) {
        if plan == Plan::Full && cut.is_none() {
            self.full = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_asked_at_first_and_once_a_minute() {
        let at = Duration::from_secs;
        let mut pace = Pace::default();
        assert_eq!(pace.plan(at(0)), Plan::Full);
        pace.read(Plan::Full, None, at(2));
        assert_eq!(pace.plan(at(2)), Plan::Live);
        assert_eq!(pace.plan(at(61)), Plan::Live);
        assert_eq!(pace.plan(at(62)), Plan::Full);
        pace.read(Plan::Live, None, at(62));
        assert_eq!(pace.plan(at(62)), Plan::Full, "live values are not everything");
    }

    #[test]
    fn a_reading_that_was_cut_short_does_not_count() {
        let mut pace = Pace::default();
        pace.read(Plan::Full, Some(Cut::Time), Duration::ZERO);
        assert_eq!(pace.plan(Duration::ZERO), Plan::Full);
    }

    #[test]
    fn a_clock_that_went_back_asks_for_everything() {
        let mut pace = Pace::default();
        pace.read(Plan::Full, None, Duration::from_secs(9));
        assert_eq!(pace.plan(Duration::from_secs(8)), Plan::Full);
    }
}
