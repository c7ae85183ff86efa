//! Files that are written whole or not at all.

use std::io;
use std::path::Path;

/// Writes a file under another name beside it and then gives it its own.
///
/// # Errors
///
/// When the folder cannot be written to; the file is as it was.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path))
}
