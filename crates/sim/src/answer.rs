//! The words for what a board answers: `ok`, or the key of a refusal.

use cellward_params::Refusal;

use crate::story::words::find;

/// A word for an answer: one of [`ANSWERS`].
pub(crate) type AnswerWord = &'static str;

/// Every word for an answer.
pub(crate) const ANSWERS: [AnswerWord; 14] = [
    "ok",
    "role",
    "unknown_parameter",
    "out_of_range",
    "relation",
    "cap",
    "switches_closed",
    "live_taps",
    "outside_window",
    "nothing_to_do",
    "reason_missing",
    "no_reading",
    "not_supported",
    "busy",
];

/// The word in the table.
pub(crate) fn answer_word(key: &str) -> Result<AnswerWord, String> {
    find("answer", key, &ANSWERS, |word| word)
}

/// The word for what a board answered.
pub(crate) const fn word_of(result: &Result<(), Refusal>) -> AnswerWord {
    match result {
        Ok(()) => "ok",
        Err(Refusal::Role { .. }) => "role",
        Err(Refusal::UnknownParameter(_)) => "unknown_parameter",
        Err(Refusal::OutOfRange { .. }) => "out_of_range",
        Err(Refusal::Relation { .. }) => "relation",
        Err(Refusal::Cap { .. }) => "cap",
        Err(Refusal::SwitchesClosed) => "switches_closed",
        Err(Refusal::LiveTaps { .. }) => "live_taps",
        Err(Refusal::OutsideWindow { .. }) => "outside_window",
        Err(Refusal::NothingToDo(_)) => "nothing_to_do",
        Err(Refusal::ReasonMissing) => "reason_missing",
        Err(Refusal::NoReading) => "no_reading",
        Err(Refusal::NotSupported) => "not_supported",
        Err(Refusal::Busy(_)) => "busy",
        // The table of refusals grows; a new one is named here in the same change.
        Err(_) => "another_refusal",
    }
}
