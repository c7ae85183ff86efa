//! Raw bytes with their times: what a bug report needs, in lines that a person can read.
//!
//! ```text
//! # cellward capture 1 serial:/dev/ttyUSB0
//! 0.000000 > A5 40 90 08 00 00 00 00 00 00 00 00 7D
//! 0.031250 < A5 01 90 08 02 10 00 00 75 30 01 F4 EA
//! ```
//!
//! Times are seconds since the beginning; `>` went to the board and `<` came from it.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::board::Dialect;
use crate::transport::Transport;

/// First words of a capture.
const MAGIC: &str = "# cellward capture 1";

/// Which way bytes went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// To the board.
    Sent,
    /// From the board.
    Came,
}

/// Bytes that went one way at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// When, since the beginning.
    pub at: Duration,
    /// Which way.
    pub way: Way,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Sent => '>',
            Way::Came => '<',
        };
        write!(f, "{}.{:06} {way}", self.at.as_secs(), self.at.subsec_micros())?;
        self.bytes.iter().try_for_each(|byte| write!(f, " {byte:02X}"))
    }
}

/// Why a text is no capture.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// It does not begin as one.
    #[error("this is no capture: it does not begin with \"{MAGIC}\"")]
    NoCapture,
    /// A line is none of a capture.
    #[error("line {line} is no line of a capture: {why}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// The first line of a capture of this place, which is anything in one line.
#[must_use]
pub fn first_line(place: &str) -> String {
    format!("{MAGIC} {}", place.replace(['\n', '\r'], " "))
}

/// What stands before the dialect of a capture, once it was found out.
const SPEAKS: &str = "# the board speaks ";

/// The dialect that a capture names, if whoever made it found it out.
#[must_use]
pub fn dialect(text: &str) -> Option<Dialect> {
    text.lines().find_map(|line| Dialect::from_key(line.strip_prefix(SPEAKS)?.trim()))
}

/// Whether a text begins as a capture does.
#[must_use]
pub fn is_capture(text: &str) -> bool {
    text.starts_with(MAGIC)
}

/// Everything in a capture, in its order.
///
/// # Errors
///
/// Names the first line that is wrong.
pub fn parse(text: &str) -> Result<Vec<Chunk>, CaptureError> {
    match parse_begun(text)? {
        (chunks, None) => Ok(chunks),
        (_, Some(broken_off)) => Err(broken_off),
    }
}

/// Everything in a capture that may be broken off within its last line, as when the disk was full or
/// whoever captured was stopped: the whole lines, and what is wrong with that one.
///
/// # Errors
///
/// Names the first line that is wrong and is not the last one, or ends as a line does.
pub fn parse_begun(text: &str) -> Result<(Vec<Chunk>, Option<CaptureError>), CaptureError> {
    if !is_capture(text) {
        return Err(CaptureError::NoCapture);
    }
    let mut chunks = Vec::new();
    for (text, line) in text.split_inclusive('\n').zip(1..) {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        match chunk(text).map_err(|why| CaptureError::Line { line, why }) {
            Ok(chunk) => chunks.push(chunk),
            Err(error) if text.ends_with('\n') => return Err(error),
            Err(error) => return Ok((chunks, Some(error))),
        }
    }
    Ok((chunks, None))
}

fn chunk(text: &str) -> Result<Chunk, String> {
    let mut words = text.split_whitespace();
    let time = words.next().unwrap_or_default();
    let at = time
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{time:?} is no time in seconds"))?;
    let way = match words.next() {
        Some(">") => Way::Sent,
        Some("<") => Way::Came,
        other => return Err(format!("{:?} is neither > nor <", other.unwrap_or_default())),
    };
    let bytes: Result<Vec<u8>, String> = words
        .map(|word| match word.len() {
            2 => u8::from_str_radix(word, 16).map_err(|_| format!("{word:?} is no byte in hex")),
            _ => Err(format!("{word:?} is no byte in hex")),
        })
        .collect();
    Ok(Chunk { at, way, bytes: bytes? })
}

/// Where a capture is written to, shared between a transport and whoever looks what went wrong.
#[derive(Clone)]
pub struct Tape {
    out: Arc<Mutex<TapeState>>,
}

struct TapeState {
    out: Box<dyn Write + Send>,
    error: Option<io::Error>,
    chunks: u64,
}

impl Tape {
    /// Begins a capture.
    ///
    /// # Errors
    ///
    /// When not even its first line can be written.
    pub fn begin(mut out: Box<dyn Write + Send>, place: &str) -> io::Result<Self> {
        writeln!(out, "{}", first_line(place))?;
        let state = TapeState { out, error: None, chunks: 0 };
        Ok(Self { out: Arc::new(Mutex::new(state)) })
    }

    fn note(&self, at: Duration, way: Way, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut state = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if state.error.is_none() {
            let chunk = Chunk { at, way, bytes: bytes.to_vec() };
            state.error = writeln!(state.out, "{chunk}").err();
            state.chunks += 1;
        }
    }

    /// Ends the capture and says how many chunks are on it.
    /// Names the dialect, if it is known by now.
    ///
    /// # Errors
    ///
    /// The first error that writing met.
    pub fn end(&self, dialect: Option<Dialect>) -> io::Result<u64> {
        let mut state = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some(dialect)) = (&state.error, dialect) {
            writeln!(state.out, "{SPEAKS}{}", dialect.key())?;
        }
        match state.error.take() {
            Some(error) => Err(error),
            None => state.out.flush().map(|()| state.chunks),
        }
    }
}

/// A transport whose bytes are captured.
pub struct Recorded {
    inner: Box<dyn Transport>,
    tape: Tape,
}

impl Recorded {
    /// Captures everything that goes over `inner`.
    #[must_use]
    pub fn new(inner: Box<dyn Transport>, tape: Tape) -> Self {
        Self { inner, tape }
    }
}

impl Transport for Recorded {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tape.note(self.inner.now(), Way::Sent, bytes);
        self.inner.write_all(bytes)
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let count = self.inner.read(buffer, timeout)?;
        self.tape.note(self.inner.now(), Way::Came, buffer.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_is_read_as_it_was_written() {
        let chunk = |micros, way, bytes: &[u8]| Chunk {
            at: Duration::from_micros(micros),
            way,
            bytes: bytes.to_vec(),
        };
        let chunks = [
            chunk(0, Way::Sent, &[0xA5, 0x40]),
            chunk(31_250, Way::Came, &[0xFF]),
            chunk(61_000_001, Way::Came, &[]),
        ];
        let mut text = first_line("tcp:a\nb");
        for chunk in &chunks {
            text.push_str(&format!("\n{chunk}"));
        }
        assert_eq!(text.lines().nth(1), Some("0.000000 > A5 40"));
        assert_eq!(parse(&text), Ok(chunks.to_vec()));
    }

    #[test]
    fn a_capture_that_breaks_off_within_a_line_has_the_lines_before_it() {
        let whole = format!("{MAGIC} x\n0.5 > A5\n1.0 < 40\n");
        let begun = |end: &str| parse_begun(&format!("{whole}{end}"));
        assert_eq!(begun(""), Ok((parse(&whole).unwrap(), None)));
        let (chunks, broken_off) = begun("1.5 < 0").unwrap();
        assert_eq!(chunks, parse(&whole).unwrap());
        let why = "\"0\" is no byte in hex".to_owned();
        assert_eq!(broken_off, Some(CaptureError::Line { line: 4, why: why.clone() }));
        assert_eq!(begun("1.5 < 0\n"), Err(CaptureError::Line { line: 4, why }));
        assert!(parse(&format!("{whole}1.5 < 0")).is_err());
    }

    #[test]
    fn what_is_no_capture_says_where() {
        assert_eq!(parse("A5 40"), Err(CaptureError::NoCapture));
        let error = |line: &str| parse(&format!("{MAGIC} x\n# a note\n\n{line}")).unwrap_err();
        for (line, why) in [
            ("x > A5", "\"x\" is no time in seconds"),
            ("-1 > A5", "\"-1\" is no time in seconds"),
            ("1.0 = A5", "\"=\" is neither > nor <"),
            ("1.0 > A", "\"A\" is no byte in hex"),
            ("1.0 > G5", "\"G5\" is no byte in hex"),
        ] {
            assert_eq!(error(line), CaptureError::Line { line: 4, why: why.to_owned() });
        }
    }
}
