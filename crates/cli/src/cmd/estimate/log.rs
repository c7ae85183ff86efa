//! Which kind of log a file is, by what it holds and not by its name.

use std::io::Read as _;
use std::path::Path;

use cellward_host::capture::is_capture;
use cellward_lab::{Error, Sample, is_log, read_log, unpacked};
use cellward_units::Duration;

use super::recorded::Wanted;
use super::samples::{Samples, span_words, words};
use super::{exported, recorded};

/// What a file holds.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Log {
    /// What kind of file it is, in words.
    kind: String,
    pub(super) samples: Samples,
    /// What is missing that should be there.
    pub(super) incomplete: Option<String>,
    /// What contradicts itself in it.
    pub(super) doubt: Option<String>,
}

impl Log {
    pub(super) const fn new(kind: String, samples: Samples) -> Self {
        Self { kind, samples, incomplete: None, doubt: None }
    }

    /// What the estimator looks at.
    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples.samples
    }

    /// What was read, in one line.
    pub(super) fn words(&self) -> String {
        let left_out = match self.samples.left_out {
            0 => String::new(),
            1 => "; 1 without all cells, current and a temperature is left out".to_owned(),
            many => {
                format!("; {many} without all cells, current and a temperature are left out")
            }
        };
        format!("read: {}, {}{left_out}\n", self.kind, words(self.samples()))
    }
}

/// What can be read, and where it comes from.
const KNOWN: &str = "known are: what `cellward capture` and `cellward sniff` write; what `cellward history` \
    with --csv or --json, `cellward sim --csv` and `cellward read --json` write; and tables of one cell with \
    the columns v_mV, i_dA and t_dC; each may be packed by gzip";

/// Until then the estimator has not looked once.
const SHORTEST: Duration = Duration::from_secs(10);

/// How much of an unknown file is shown.
const SHOWN: usize = 60;

/// Reads a log of any kind.
///
/// # Errors
///
/// Says what is wrong with the file, or what it should be.
pub(super) fn read(path: &Path, wanted: Wanted) -> Result<Log, Error> {
    let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    let cut = match unpacked(path)?.read_to_end(&mut bytes) {
        Ok(_) => None,
        // What was unpacked until then is good.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !bytes.is_empty() => {
            Some("the packed file breaks off; what was complete before it is estimated".to_owned())
        }
        Err(error) => return Err(wrong(error.to_string())),
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(wrong(format!("it is empty; {KNOWN}")));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong(format!("it is no text; {KNOWN}")))?;
    let text = text.trim_start_matches('\u{feff}');
    let header = text.lines().next().unwrap_or_default();
    let mut log = if is_capture(text) {
        recorded::read(text, wanted).map_err(wrong)?
    } else if wanted != Wanted::default() {
        return Err(wrong(
            "it is no capture, and --board and --positive are for captures".to_owned(),
        ));
    } else if is_log(header) {
        // Whoever made it chose its length.
        let samples = Samples::from(read_log(path)?);
        return Ok(Log::new("a table of one cell".to_owned(), samples));
    } else if text.trim_start().starts_with(['{', '[']) {
        exported::read_json(text).map_err(wrong)?
    } else if exported::is_table(header) {
        exported::read_table(text).map_err(wrong)?
    } else {
        let begins: String = header.chars().take(SHOWN).collect();
        return Err(wrong(format!("it is no log: it begins with {begins:?}; {KNOWN}")));
    };
    log.incomplete = cut.or(log.incomplete);
    let span = log.samples().last().map_or(Duration::ZERO, |last| last.at);
    if span < SHORTEST {
        let span = span_words(span);
        return Err(wrong(format!(
            "what is in it covers {span}, and an estimate needs at least {}: record for longer, as with \
             `cellward capture --for 1h`",
            span_words(SHORTEST)
        )));
    }
    Ok(log)
}
