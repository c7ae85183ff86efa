//! The exit codes that every subcommand keeps to.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Everything that was asked for.
    Done,
    /// The device said no, or an expectation did not hold.
    Refused,
    /// The command line or its input makes no sense.
    Usage,
    /// The device cannot be reached, or nothing valid came.
    Nothing,
    /// Something valid was printed, but not everything that was asked for.
    Partial,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Nothing => 3,
            Exit::Partial => 4,
        })
    }
}
