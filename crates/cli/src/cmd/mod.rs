//! One file per subcommand, and what they share.

pub(crate) mod capture;
pub(crate) mod decode;
mod device;
pub(crate) mod estimate;
mod exit;
pub(crate) mod fit;
pub(crate) mod history;
pub(crate) mod orders;
pub(crate) mod password;
mod progress;
pub(crate) mod read;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod sim;
mod simulated;
mod table;
pub(crate) mod watch;

pub(crate) use exit::Exit;

use std::io::{self, Write as _};
use std::sync::OnceLock;

/// Writes to standard output. A reader that went away is no error: it has seen enough.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    // Nothing can be told to someone who no longer listens.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// How much is said on standard error.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Talk {
    /// Nothing.
    Quiet,
    /// What went wrong.
    Errors,
    /// How it went, too.
    Details,
}

/// What the command line asked for; set once, before the command runs.
static TALK: OnceLock<Talk> = OnceLock::new();

/// Says how much is said: nothing when `quiet`, how it went too when `verbose`.
pub(crate) fn set_talk(quiet: bool, verbose: bool) {
    let talk = match (quiet, verbose) {
        (true, _) => Talk::Quiet,
        (false, true) => Talk::Details,
        (false, false) => Talk::Errors,
    };
    // It is set once; a second time could only say the same.
    let _ = TALK.set(talk);
}

fn talk() -> Talk {
    TALK.get().copied().unwrap_or(Talk::Errors)
}

/// Writes one sentence about how it went to standard error, where that was asked for.
fn detail(sentence: &str) {
    if talk() >= Talk::Details {
        complain(sentence);
    }
}

/// Writes one sentence to standard error.
fn complain(sentence: &str) {
    if talk() == Talk::Quiet {
        return;
    }
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "cellward: {sentence}");
}
