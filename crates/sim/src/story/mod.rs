//! Stories: what the world around a pack does and when, written down as text.
//!
//! The format is TOML, described in `docs/scenarios.md`. `[pack]` says what pack it is, `[place]`
//! what stands around it, and each `[[at]]` what changes at a time. Unknown words are refused with
//! the place and what would have been understood, so that a misspelt load never passes as a quiet
//! day. A text may also hold expectations; those are read by [`crate::Scenario`].
//!
//! ```
//! let story = cellward_sim::Story::parse(r#"
//!     [pack]
//!     cells = 16
//!     start_soc_percent = 60
//!
//!     [[at]]
//!     time = "0s"
//!     load_a = 20
//! "#).unwrap();
//! assert_eq!(story.pack.cells, Some(16));
//! ```

mod ask;
pub(crate) mod bench;
mod change;
mod pack;
mod settings;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use cellward_units::Duration;
use serde::Deserialize;
use toml::Spanned;

pub(crate) use change::{Ask, Asked, Change, Turn};
pub use pack::PackWords;
pub use settings::Settings;
pub(crate) use settings::{limit_unit, raw};

use crate::Scenario;
use crate::scenario::ExpectText;

/// A story: a pack, a place and what happens, in the order of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// What it says about the pack.
    pub pack: PackWords,
    pub(crate) turns: Vec<Turn>,
}

/// Why a text is not a story. Displays as the place in the text and what is wrong there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoryError(pub(crate) String);

impl StoryError {
    /// A complaint about what stands at a byte of the text.
    pub(crate) fn at(text: &str, byte: usize, complaint: &str) -> Self {
        Self(format!("line {}: {complaint}", line_of(text, byte)))
    }
}

/// The line of a byte of a text, from 1.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().get(..byte).unwrap_or(text.as_bytes());
    before.iter().filter(|&&byte| byte == b'\n').count() + 1
}

impl Default for Story {
    /// The solar day.
    fn default() -> Self {
        Self::solar_day()
    }
}

impl Story {
    /// A sunny roof, a household, and nothing else: the pack swings between about a third and
    /// full every day.
    #[must_use]
    pub fn solar_day() -> Self {
        let turn = |change| Turn { at: Duration::ZERO, change, line: 0 };
        Self {
            pack: PackWords::default(),
            turns: vec![turn(Change::Solar(true)), turn(Change::Household(true))],
        }
    }

    /// A pack on a bench with nothing at its port.
    #[must_use]
    pub fn rest() -> Self {
        Self { pack: PackWords::default(), turns: Vec::new() }
    }

    /// The temperature of the room that the story starts with, in °C, if it says so.
    pub(crate) fn first_ambient(&self) -> Option<f64> {
        self.turns.iter().take_while(|turn| turn.at == Duration::ZERO).find_map(|turn| {
            match turn.change {
                Change::Ambient(celsius) => Some(celsius),
                _ => None,
            }
        })
    }

    /// Reads a story; what the text expects of the board is checked for sense and left out.
    ///
    /// # Errors
    ///
    /// Refuses text that is not TOML, unknown words and numbers that make no sense, and says
    /// where and what would have been understood.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        Ok(Scenario::parse(text)?.into_story())
    }
}

/// The whole text as it is written: a story and what is expected of the board.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Words {
    pack: pack::PackText,
    parameters: Settings,
    place: pack::PlaceText,
    at: Vec<Spanned<change::AtText>>,
    pub(crate) ends: Option<words::Time>,
    pub(crate) expect: Vec<Spanned<ExpectText>>,
}

impl Words {
    /// Reads a text.
    pub(crate) fn read(text: &str) -> Result<Self, StoryError> {
        toml::from_str(text).map_err(|error| StoryError(error.to_string().trim_end().to_owned()))
    }

    /// The story that the words tell.
    pub(crate) fn story(self, text: &str) -> Result<Story, StoryError> {
        let mut turns: Vec<Turn> = Vec::new();
        let mut add = |at, change, line| turns.push(Turn { at, change, line });
        if self.place.solar {
            add(Duration::ZERO, Change::Solar(true), 0);
        }
        if self.place.household {
            add(Duration::ZERO, Change::Household(true), 0);
        }
        if let Some(celsius) = self.place.ambient_c {
            add(Duration::ZERO, Change::Ambient(celsius.0), 0);
        }
        for entry in self.at {
            let start = entry.span().start;
            let entry = entry.into_inner();
            let time = entry.time.0;
            let changes =
                entry.changes().map_err(|complaint| StoryError::at(text, start, &complaint))?;
            for change in changes {
                add(time, change, line_of(text, start));
            }
        }
        // Stable, so that what is written first also happens first.
        turns.sort_by_key(|turn| turn.at);
        Ok(Story { pack: self.pack.meaning(self.parameters), turns })
    }
}
