//! `cellward decode`: says what recorded bytes mean, frame by frame.

use std::io::BufRead as _;

use cellward_host::decode::{self, Decoded, Decoder};
use serde_json::Value as Json;

use super::{Exit, complain, print};

/// Options of `cellward decode`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DecodeArgs {
    /// Which protocol the bytes are
    #[arg(long, value_name = "NAME", value_enum)]
    protocol: Protocol,
    /// First register, as 0x41 or 65, of replies whose request is not in the recording (kmodbus and
    /// modbus)
    #[arg(long, value_name = "REG", value_parser = register)]
    start: Option<u16>,
    /// Bytes as hex, with or without spaces; `-` reads lines of hex from standard input, of which a
    /// reply may answer the request of a line before it
    #[arg(value_name = "HEX", required = true)]
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
    /// Near-Modbus of newer boards, address D2
    KmodbusD2,
    /// Near-Modbus of newer boards, addresses from 81 and 51 on
    KmodbusP81,
    /// Our own map of registers over standard Modbus on a serial line
    Modbus,
    /// The same over TCP
    ModbusTcp,
    /// Pylontech's ASCII frames towards an inverter
    PylonRs485,
    /// Three-byte requests of boards with a Sinowealth chip
    DalySinowealth,
}

impl Protocol {
    /// The protocol as the decoder has it.
    pub(super) const fn spoken(self) -> decode::Protocol {
        match self {
            Self::A5 => decode::Protocol::A5,
            Self::KmodbusD2 => decode::Protocol::KmodbusD2,
            Self::KmodbusP81 => decode::Protocol::KmodbusP81,
            Self::Modbus => decode::Protocol::Modbus,
            Self::ModbusTcp => decode::Protocol::ModbusTcp,
            Self::PylonRs485 => decode::Protocol::PylonRs485,
            Self::DalySinowealth => decode::Protocol::DalySinowealth,
        }
    }
}

/// What decodes a protocol; what is wrong when registers are named and it has none.
pub(super) fn decoder(spoken: decode::Protocol, start: Option<u16>) -> Result<Decoder, String> {
    if start.is_some() && !spoken.has_registers() {
        return Err(format!("--start names a register, and {} has none", spoken.key()));
    }
    Ok(Decoder::new(spoken, start))
}

/// A register in hex or decimal.
pub(super) fn register(text: &str) -> Result<u16, String> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match hex {
        Some(digits) if !digits.starts_with('+') => u16::from_str_radix(digits, 16),
        _ => text.parse(),
    };
    number.map_err(|_| "a register is 0 to 65535, or 0x0 to 0xFFFF".to_owned())
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
    let mut decoder = match decoder(args.protocol.spoken(), args.start) {
        Ok(decoder) => decoder,
        Err(reason) => {
            complain(&reason);
            return Exit::Usage;
        }
    };
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
                Ok(bytes) => show(decoder.decode(&bytes, None), args.json, &mut tally),
                Err(reason) => {
                    complain(&format!("line {}: {reason}", number + 1));
                    tally.refused += 1;
                }
            }
        }
        let rest = decoder.end(&[], None);
        if !rest.text.is_empty() {
            show(rest, args.json, &mut tally);
        }
        if tally == Tally::default() {
            complain("standard input holds no bytes");
        }
    } else {
        match bytes(&args.hex.join(" ")) {
            Ok(bytes) => show(decoder.end(&bytes, None), args.json, &mut tally),
            Err(reason) => {
                complain(&reason);
                return Exit::Usage;
            }
        }
    }
    if tally.frames == 0 && tally.refused > 0 {
        let name = args.protocol.spoken().name();
        complain(&format!("there is no valid {name} frame in these bytes"));
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

/// Prints one part of a recording.
fn show(decoded: Decoded, as_json: bool, tally: &mut Tally) {
    tally.frames += decoded.frames;
    tally.refused += decoded.refused;
    if as_json {
        print(&format!("{}\n", Json::Object(decoded.json)));
    } else {
        print(&decoded.text);
    }
}
