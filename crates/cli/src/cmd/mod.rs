//! One file per subcommand, and what they share.

pub(crate) mod capture;
pub(crate) mod decode;
mod device;
mod exit;
pub(crate) mod history;
pub(crate) mod orders;
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

/// Writes to standard output. A reader that went away is no error: it has seen enough.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    // Nothing can be told to someone who no longer listens.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes one sentence to standard error.
fn complain(sentence: &str) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "cellward: {sentence}");
}
