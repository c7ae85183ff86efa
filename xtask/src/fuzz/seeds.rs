//! Seeds from the captured frames that the tests of the crates use: a few of each direction.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run::root;

/// Most seeds of one target.
const MOST: usize = 10;

/// How a frame is wrapped for a target.
#[derive(Clone, Copy)]
enum As {
    /// As it is.
    Bytes,
    /// A pause, a length, the frame: the story of a port.
    Port,
    /// This before it, then "these bytes", a pause, a length, the frame: an answer to a client.
    Answer(&'static [u8]),
}

/// Target, file of vectors, direction that is wanted, and how.
const SEEDS: [(&str, &str, &str, As); 17] = [
    ("wire_a5", "link/tests/vectors/a5.json", "", As::Bytes),
    ("host_decode", "link/tests/vectors/a5.json", "", As::Bytes),
    ("port_serial", "link/tests/vectors/a5.json", "host_to_bms", As::Port),
    ("client_a5", "link/tests/vectors/a5.json", "bms_to_host", As::Answer(&[])),
    ("ask_a5", "link/tests/vectors/a5.json", "bms_to_host", As::Answer(&[0x90])),
    ("wire_rtu_requests", "wire/tests/vectors/modbus.json", "host_to_bms", As::Bytes),
    ("wire_rtu_replies", "wire/tests/vectors/modbus.json", "bms_to_host", As::Bytes),
    ("wire_modbus_frames", "wire/tests/vectors/modbus.json", "", As::Bytes),
    ("wire_tcp", "wire/tests/vectors/modbus.json", "", As::Bytes),
    ("port_tcp", "wire/tests/vectors/modbus.json", "host_to_bms", As::Port),
    ("exchange", "wire/tests/vectors/modbus.json", "bms_to_host", As::Answer(&[10, 0, 62])),
    ("map_decode", "wire/tests/vectors/modbus.json", "bms_to_host", As::Bytes),
    ("client_kmodbus", "link/tests/vectors/kmodbus-d2.json", "bms_to_host", As::Answer(&[0])),
    ("client_kmodbus", "link/tests/vectors/kmodbus-p81.json", "bms_to_host", As::Answer(&[1])),
    ("client_modbus", "wire/tests/vectors/modbus.json", "bms_to_host", As::Answer(&[0])),
    ("wire_pylon", "wire/tests/vectors/pylon.json", "", As::Bytes),
    ("wire_sinowealth", "wire/tests/vectors/sinowealth.json", "", As::Bytes),
];

/// Texts that are right, for the targets that read text.
const TEXTS: [(&str, &str); 6] = [
    ("date_time", "2026-11-22 15:04:05"),
    ("device_url", "serial:/dev/ttyUSB0?baud=9600"),
    ("device_url", "tcp:127.0.0.1:502?board=2"),
    ("setting_pair", "board_number=2"),
    ("setting_pair", "rated_capacity_mah=280000"),
    ("capture", "0.25 > A5 40 90 08 00 00 00 00 00 00 00 00 7D\n"),
];

/// Writes `fuzz/seeds` anew.
pub(super) fn write() -> Result<()> {
    let folder = root().join("fuzz/seeds");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut count = 0;
    let mut put = |target: &str, name: &str, bytes: &[u8]| -> Result<()> {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), bytes)?;
        count += 1;
        Ok(())
    };
    for (target, file, direction, shape) in SEEDS {
        let text = std::fs::read_to_string(root().join("crates").join(file)).context(file)?;
        let vectors: Vec<Value> = serde_json::from_str(&text).context(file)?;
        let wanted: Vec<&Value> = vectors
            .iter()
            .filter(|vector| vector["direction"].as_str().is_some_and(|d| d.starts_with(direction)))
            .collect();
        // Spread over the file, which is in the order of the commands.
        let step = wanted.len().div_ceil(MOST).max(1);
        for vector in wanted.into_iter().step_by(step) {
            let name = vector["name"].as_str().context("a vector has a name")?;
            let hex = vector["hex"].as_str().context("a vector has bytes")?;
            put(target, name, &wrapped(shape, &bytes(hex)?))?;
        }
    }
    for (place, (target, text)) in TEXTS.iter().enumerate() {
        put(target, &format!("text_{place}"), text.as_bytes())?;
    }
    println!("fuzz: wrote {count} seeds to fuzz/seeds");
    Ok(())
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let byte = |word| u8::from_str_radix(word, 16).with_context(|| format!("no byte: {word}"));
    hex.split_whitespace().map(byte).collect()
}

fn wrapped(shape: As, frame: &[u8]) -> Vec<u8> {
    // A length is one byte; what is longer is cut, and is a seed all the same.
    let len = u8::try_from(frame.len()).unwrap_or(u8::MAX);
    match shape {
        As::Bytes => frame.to_vec(),
        As::Port => [&[0, len], frame].concat(),
        As::Answer(before) => [before, &[0, 10, len], frame].concat(),
    }
}
