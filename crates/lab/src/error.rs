//! What can be wrong with the data of a cell or with a profile.

use std::path::PathBuf;

/// Why a cell could not be read or fitted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, in words.
        reason: String,
    },
    /// A row of a file makes no sense.
    #[error("{}, line {line}: {reason}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; the header is line 1.
        line: u64,
        /// What is wrong with it, in words.
        reason: String,
    },
    /// A file without which nothing can be fitted is not there.
    #[error("{} has no {file}: {why}", folder.display())]
    Missing {
        /// The folder of the cell.
        folder: PathBuf,
        /// The file.
        file: &'static str,
        /// What it is needed for.
        why: &'static str,
    },
    /// Every file can be read, and no cell behaves like that.
    #[error("{0}")]
    Nonsense(String),
    /// A profile as text does not hold a profile.
    #[error("profile: {0}")]
    Profile(String),
}
