//! Scenarios: a story together with what is expected of the board, and the runner that tells
//! whether it came so.
//!
//! The format is described in `docs/scenarios.md`. An expectation names a time or a span and one
//! claim; a broken one is told with its line, what was expected, what happened instead, and the
//! events nearest to it.
//!
//! ```
//! use cellward_sim::Scenario;
//!
//! let scenario = Scenario::parse(r#"
//!     [[expect]]
//!     charge = "closed"
//!     at = "3s"
//! "#)?;
//! let outcome = scenario.run(None, &mut |_| {})?;
//! assert!(outcome.broken.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claim;
mod event;
mod expect;
mod judge;
mod run;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use cellward_units::{Duration, Instant};

pub use event::Event;
pub(crate) use expect::ExpectText;
use expect::Expectation;
pub use run::Told;

use crate::story::{Change, Words, line_of};
use crate::{Story, StoryError};

/// How long a scenario goes on after the last time that it names.
const AFTERMATH: Duration = Duration::from_secs(1);

/// A story and what is expected of the board.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    story: Story,
    ends: Duration,
    expectations: Vec<Expectation>,
}

/// How a scenario went.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Expectations that held.
    pub held: usize,
    /// Expectations that did not, in the order of their lines.
    pub broken: Vec<Broken>,
    /// How much time was simulated.
    pub lived: Duration,
}

/// An expectation that did not hold. Displays as several lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The line of the text, from 1.
    pub line: usize,
    /// What was expected and when, in words.
    pub expected: String,
    /// What was there instead, in words.
    pub happened: String,
    /// The events nearest to it, each in words, in the order of time.
    pub near: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected  {}\nhappened  {}", self.expected, self.happened)?;
        if self.near.is_empty() {
            return write!(f, "\nnear it   nothing that has to do with it");
        }
        for (place, event) in self.near.iter().enumerate() {
            let head = if place == 0 { "near it" } else { "" };
            write!(f, "\n{head:<9} {event}")?;
        }
        Ok(())
    }
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// Refuses text that is not TOML, unknown words, words that do not go together and numbers
    /// that make no sense, and says where and what would have been understood.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        let mut words = Words::read(text)?;
        let ends = words.ends.take();
        let mut expectations = Vec::new();
        for entry in std::mem::take(&mut words.expect) {
            let start = entry.span().start;
            let expectation = entry
                .into_inner()
                .meaning(line_of(text, start))
                .map_err(|complaint| StoryError::at(text, start, &complaint))?;
            expectations.push(expectation);
        }
        let story = words.story(text)?;
        let named = expectations.iter().flat_map(|expectation| expectation.when.named());
        let last = story.turns.iter().map(|turn| turn.at).chain(named).max();
        let ends = ends.map_or_else(|| last.unwrap_or_default() + AFTERMATH, |ends| ends.0);
        if let Some(late) =
            expectations.iter().find(|expectation| expectation.when.named().any(|at| at > ends))
        {
            return Err(StoryError(format!(
                "line {}: this is expected after the end of the scenario, which is at {}",
                late.line,
                event::length(ends)
            )));
        }
        Ok(Self { story, ends, expectations })
    }

    /// The story alone, as a demonstration tells it.
    #[must_use]
    pub fn into_story(self) -> Story {
        self.story
    }

    /// The story.
    #[must_use]
    pub const fn story(&self) -> &Story {
        &self.story
    }

    /// How many things are expected: `[[expect]]` blocks, and answers.
    #[must_use]
    pub fn expected(&self) -> usize {
        let asked = self
            .story
            .turns
            .iter()
            .filter(|turn| matches!(&turn.change, Change::Ask(ask) if ask.answer.is_some()));
        self.expectations.len() + asked.count()
    }

    /// When it ends.
    fn end(&self) -> Instant {
        Instant::START + self.ends
    }
}
