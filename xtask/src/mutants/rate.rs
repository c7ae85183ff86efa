//! How many mutants of a module were noticed.

use std::fmt;

use super::known::{Found, Outcome};

/// The least share of noticed mutants.
pub(super) const GOAL: f64 = 0.95;

/// Counts of one module.
#[derive(Default)]
pub(super) struct Tally {
    /// A test failed.
    pub(super) caught: u32,
    /// The tests never ended.
    pub(super) timed_out: u32,
    /// Did not compile.
    pub(super) unviable: u32,
    /// Passed every test and is argued to change nothing.
    pub(super) argued: u32,
    /// Passed every test: the names.
    pub(super) missed: Vec<String>,
    /// Without a result.
    pub(super) unknown: u32,
    /// The day of the oldest result.
    pub(super) date: String,
}

impl Tally {
    /// Counts one mutant; gives what is wrong when an argued one was noticed after all.
    pub(super) fn count(
        &mut self,
        name: &str,
        found: Option<Found>,
        argued: bool,
    ) -> Option<String> {
        let Some(found) = found else {
            self.unknown += 1;
            return None;
        };
        if self.date.is_empty() || found.date < self.date {
            self.date = found.date;
        }
        match found.outcome {
            Outcome::Missed if argued => self.argued += 1,
            Outcome::Missed => self.missed.push(name.to_owned()),
            Outcome::Caught => self.caught += 1,
            Outcome::TimedOut => self.timed_out += 1,
            Outcome::Unviable => self.unviable += 1,
        }
        let wrong = argued && found.outcome != Outcome::Missed;
        wrong.then(|| format!("argued to change nothing, but not missed: {name}"))
    }

    /// (caught + timed out) / (viable − argued), 0 to 1; 1 when there is nothing to catch.
    pub(super) fn rate(&self) -> f64 {
        let noticed = self.caught + self.timed_out;
        let missed = u32::try_from(self.missed.len()).unwrap_or(u32::MAX);
        let countable = noticed.saturating_add(missed);
        if countable == 0 { 1.0 } else { f64::from(noticed) / f64::from(countable) }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} caught, {} timed out, {} missed, {} argued, {} unviable: {:.1} %",
            self.caught,
            self.timed_out,
            self.missed.len(),
            self.argued,
            self.unviable,
            self.rate() * 100.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(outcomes: &[(Outcome, bool)]) -> (Tally, Vec<String>) {
        let mut tally = Tally::default();
        let complaints = outcomes
            .iter()
            .filter_map(|&(outcome, argued)| {
                let date = "2026-01-02".to_owned();
                tally.count("m", Some(Found { outcome, date }), argued)
            })
            .collect();
        (tally, complaints)
    }

    #[test]
    fn the_rate_leaves_out_what_cannot_be_caught() {
        let (tally, complaints) = tally(&[
            (Outcome::Caught, false),
            (Outcome::Caught, false),
            (Outcome::TimedOut, false),
            (Outcome::Missed, false),
            (Outcome::Missed, true),
            (Outcome::Unviable, false),
        ]);
        assert_eq!(tally.rate(), 0.75);
        assert_eq!(complaints, [""; 0]);
        assert_eq!(
            tally.to_string(),
            "2 caught, 1 timed out, 1 missed, 1 argued, 1 unviable: 75.0 %"
        );
    }

    #[test]
    fn an_argument_that_a_test_disproves_is_caught() {
        for outcome in [Outcome::Caught, Outcome::TimedOut, Outcome::Unviable] {
            assert_eq!(tally(&[(outcome, true)]).1.len(), 1);
        }
    }

    #[test]
    fn a_module_with_nothing_to_catch_is_whole() {
        assert_eq!(tally(&[(Outcome::Unviable, false)]).0.rate(), 1.0);
    }

    #[test]
    fn the_day_is_that_of_the_oldest_result_and_unknown_ones_are_counted() {
        let mut tally = Tally::default();
        for date in ["2026-01-03", "2026-01-01", "2026-01-02"] {
            let found = Found { outcome: Outcome::Caught, date: date.to_owned() };
            tally.count("m", Some(found), false);
        }
        tally.count("m", None, false);
        assert_eq!((tally.date.as_str(), tally.unknown), ("2026-01-01", 1));
    }
}
