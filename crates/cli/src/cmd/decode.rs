//! `cellward decode`: says what recorded bytes mean, frame by frame.

use std::io::BufRead as _;

use cellward_host::decode::Decoded;
use serde_json::Value as Json;

use super::{Exit, complain, print};

/// Options of `cellward decode`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DecodeArgs {
    /// Which protocol the bytes are
    #[arg(long, value_name = "NAME", value_enum)]
    protocol: Protocol,
    /// Bytes as hex, with or without spaces; `-` reads lines of hex from standard input
    #[arg(value_name = "HEX", required = true, allow_hyphen_values = true)]
    hex: Vec<String>,
    /// Print JSON instead of words; one object per line of standard input
    #[arg(long)]
    json: bool,
}

/// A protocol that can be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Protocol {
    /// The 13-byte frames that start with A5
    A5,
}

impl Protocol {
    /// What recorded bytes of this protocol mean.
    pub(super) fn decode(self, bytes: &[u8]) -> Decoded {
        match self {
            Self::A5 => cellward_host::decode::decode(bytes),
        }
    }
}

/// What was found so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
    frames: usize,
    refused: usize,
}

impl Tally {
    /// Nothing valid is 3, anything valid beside something refused is 4.
    const fn exit(self) -> Exit {
        match (self.frames, self.refused) {
            (0, _) => Exit::Nothing,
            (_, 0) => Exit::Done,
            (_, _) => Exit::Partial,
        }
    }
}

/// Decodes the arguments or standard input.
pub(crate) fn run(args: &DecodeArgs) -> Exit {
    let mut tally = Tally::default();
    if args.hex == ["-"] {
        for (number, line) in std::io::stdin().lock().lines().enumerate() {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    let reason = if error.kind() == std::io::ErrorKind::InvalidData {
                        "it is no text: give lines of hex digits".to_owned()
                    } else {
                        error.to_string()
                    };
                    complain(&format!("standard input cannot be read: {reason}"));
                    return Exit::Usage;
                }
            };
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            match bytes(line) {
                Ok(bytes) => decode(&bytes, args, &mut tally),
                Err(reason) => {
                    complain(&format!("line {}: {reason}", number + 1));
                    tally.refused += 1;
                }
            }
        }
        if tally == Tally::default() {
            complain("standard input holds no bytes");
        }
    } else {
        match bytes(&args.hex.join(" ")) {
            Ok(bytes) => decode(&bytes, args, &mut tally),
            Err(reason) => {
                complain(&reason);
                return Exit::Usage;
            }
        }
    }
    if tally.frames == 0 && tally.refused > 0 {
        complain("there is no valid A5 frame in these bytes");
    }
    tally.exit()
}

/// Bytes from hex with any of the usual separators.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let separators = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | ';' | '-');
    for group in text.split(separators).filter(|group| !group.is_empty()) {
        let digits = group.strip_prefix("0x").or_else(|| group.strip_prefix("0X")).unwrap_or(group);
        let pairs = digits.as_bytes().chunks(2);
        for pair in pairs {
            let byte = std::str::from_utf8(pair)
                .ok()
                .filter(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()))
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(|| format!("{group:?} is not hex: write two digits for each byte"))?;
            bytes.push(byte);
        }
    }
    if bytes.is_empty() {
        return Err("there are no bytes to decode".to_owned());
    }
    Ok(bytes)
}

/// Decodes one recording.
fn decode(bytes: &[u8], args: &DecodeArgs, tally: &mut Tally) {
    let decoded = args.protocol.decode(bytes);
    tally.frames += decoded.frames;
    tally.refused += decoded.refused;
    if args.json {
        print(&format!("{}\n", Json::Object(decoded.json)));
    } else {
        print(&decoded.text);
    }
}
