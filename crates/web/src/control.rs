//! What a person may press, and how the demonstration runs: the seam to whoever drives it.

use serde::Serialize;

/// Drives a demonstration. Implemented where page and simulator are wired together; a page for a
/// real board has none.
pub trait Control: Send + Sync {
    /// How the demonstration runs now, and which buttons it offers. Called about four times a
    /// second; must not block.
    fn state(&self) -> ControlState;

    /// Presses the button `key`. Must not block.
    ///
    /// # Errors
    ///
    /// Says why nothing was pressed.
    fn press(&self, key: &str) -> Result<(), ControlError>;
}

/// How the demonstration runs. A border type: its field names are the JSON keys.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ControlState {
    /// Virtual seconds per second of wall time; 0 or more, finite.
    pub time_scale: f64,
    /// Whether time is being skipped to the next event.
    pub skipping: bool,
    /// Virtual time of day in seconds since midnight of the first day; passes 86,400 at the
    /// second day and keeps its distance to the board's time since start.
    pub clock_s: f64,
    /// Name of the story that is being told.
    pub story: String,
    /// What can be pressed, in the order in which it is shown.
    pub buttons: Vec<Button>,
}

/// One thing that can be pressed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Button {
    /// Stable lower-case key, as pressed.
    pub key: String,
    /// The few words on it.
    pub label: String,
    /// One sentence about what it does.
    pub help: String,
    /// Whether what it does is going on now.
    pub active: bool,
}

/// Why nothing was pressed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such button.
    #[error("there is no such button")]
    Unknown,
    /// The button is there and cannot be pressed now; the sentence says why.
    #[error("{0}")]
    Refused(String),
}
