//! Seeds for the targets, made from the public vectors of the crates: one of each shape.
//!
//! Targets that read a story of a line get it in the events of `fuzz/src/script.rs`: kind, length,
//! bytes.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::root;

/// Where the vectors are.
const VECTORS: [&str; 6] = [
    "crates/wire/tests/vectors/modbus.json",
    "crates/wire/tests/vectors/pylon.json",
    "crates/wire/tests/vectors/sinowealth.json",
    "crates/link/tests/vectors/a5.json",
    "crates/link/tests/vectors/kmodbus-d2.json",
    "crates/link/tests/vectors/kmodbus-p81.json",
];

/// Texts as people type them.
const TEXTS: [(&str, &str, &str); 9] = [
    ("host_device_url", "serial", "serial:/dev/ttyUSB0?baud=9600&board=2&host=0x40"),
    ("host_device_url", "tcp", "tcp:192.0.2.7:8421?dialect=d2&positive=discharge"),
    ("host_device_url", "sim", "sim:"),
    ("host_setting", "number", "cell_overvoltage.protection.threshold_mv=3650"),
    ("host_setting", "system", "board_number=2"),
    ("host_capture", "both", "# cellward capture 1 here\n0.000000 > A5 40\n0.5 < A5 01 FF\n"),
    ("params_date_time", "space", "2026-11-22 15:04:05"),
    ("params_date_time", "iso", "2024-02-29T23:59:59"),
    ("host_decode", "noise", "\u{1}\u{2}\u{3}"),
];

/// The beginning of our own identity block, as the reply to a read of 20 registers.
const IDENTITY: [u8; 43] = [
    1, 3, 40, 0x43, 0x57, 0x4C, 0x57, 0, 1, 0, 0, 0, 80, 0, 90, 0, 12, 0, 79, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1,
];

/// A vector that was read.
struct Vector {
    protocol: String,
    name: String,
    reply: bool,
    bytes: Vec<u8>,
}

/// Writes all seeds and says how many they are.
pub(super) fn write(folder: &Path) -> Result<usize> {
    let mut vectors = Vec::new();
    for path in VECTORS {
        let text = std::fs::read_to_string(root().join(path)).context(path)?;
        vectors.extend(read(&text).context(path)?);
    }
    let seeds = seeds(&vectors);
    for (target, name, bytes) in &seeds {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(seeds.len())
}

/// The vectors of one file that have bytes.
fn read(text: &str) -> Result<Vec<Vector>> {
    let all: Vec<serde_json::Value> = serde_json::from_str(text)?;
    let vector = |entry: &serde_json::Value| {
        let field = |key: &str| entry[key].as_str().map(str::to_owned);
        let hex = field("hex")?;
        let bytes: Result<Vec<u8>, _> =
            hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16)).collect();
        Some(Vector {
            protocol: field("protocol")?,
            name: field("name")?,
            reply: field("direction")?.starts_with("bms"),
            bytes: bytes.ok()?,
        })
    };
    Ok(all.iter().filter_map(vector).collect())
}

/// Target, name and bytes of every seed.
fn seeds(vectors: &[Vector]) -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (target, name, text) in TEXTS {
        seeds.push((target, name.to_owned(), text.as_bytes().to_vec()));
    }
    let mut shapes = BTreeSet::new();
    let mut first = |vector: &&Vector| {
        let head: Vec<u8> = vector.bytes.iter().copied().take(3).collect();
        shapes.insert((vector.protocol.clone(), head, vector.bytes.len(), vector.reply))
    };
    let kept: Vec<&Vector> = vectors.iter().filter(&mut first).collect();
    for vector in &kept {
        let mut add = |target, bytes| seeds.push((target, vector.name.clone(), bytes));
        let raw = || vector.bytes.clone();
        match (vector.protocol.as_str(), vector.reply) {
            ("pylon-rs485", _) => add("wire_pylon", raw()),
            ("daly-sinowealth", _) => add("wire_sinowealth", raw()),
            ("a5", _) => {
                add("wire_a5", event(&vector.bytes));
                add("host_decode", raw());
            }
            (_, false) => add("wire_modbus_request", event(&vector.bytes)),
            (_, true) => add("wire_modbus_reply", event(&vector.bytes)),
        }
    }
    let mut story = |target, protocol: &[&str], reply, before: &[u8], times| {
        let of = |vector: &&&Vector| {
            protocol.contains(&vector.protocol.as_str()) && vector.reply == reply
        };
        let mut turn: Vec<u8> =
            kept.iter().filter(of).flat_map(|vector| event(&vector.bytes)).collect();
        turn.extend(PAUSE);
        seeds.push((target, "vectors".to_owned(), [before, &turn.repeat(times)].concat()));
    };
    let modbus = ["kmodbus-d2", "kmodbus-p81"];
    story("link_port_serial", &["a5", "kmodbus-d2", "kmodbus-p81"], false, &[2], 1);
    story("wire_modbus_frames", &modbus, true, &[], 1);
    story("link_a5_client", &["a5"], true, &[1], 5);
    story("link_a5_ask", &["a5"], true, &[1, 0x90, 0], 2);
    story("link_d2_client", &["kmodbus-d2"], true, &[1], 2);
    story("link_p81_client", &["kmodbus-p81"], true, &[1], 2);
    story("link_exchange_rtu", &["kmodbus-p81"], true, &[0, 0xCF], 1);
    // The kind 1 adds the check; the first byte is the habit of the client.
    let identity = [&[0, 1, IDENTITY.len() as u8], &IDENTITY[..], &PAUSE].concat();
    seeds.push(("link_modbus_client", "identity".to_owned(), identity));
    seeds.push(("link_modbus_decode", "identity".to_owned(), IDENTITY[3..].to_vec()));
    // Good boards, which need no vectors.
    for (target, head) in [
        ("link_a5_client", &[1][..]),
        ("link_a5_ask", &[1, 0x90, 0][..]),
        ("link_d2_client", &[1][..]),
        ("link_p81_client", &[1][..]),
        ("link_modbus_client", &[1][..]),
    ] {
        seeds.push((target, "good".to_owned(), [head, &ANSWER.repeat(300)].concat()));
    }
    seeds.push((
        "link_modbus_client",
        "good-tcp".to_owned(),
        [&[3][..], &ANSWER.repeat(300)].concat(),
    ));
    let read = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 20];
    seeds.push(("wire_modbus_tcp", "read".to_owned(), read.to_vec()));
    seeds.push(("link_port_tcp", "read".to_owned(), [&[2][..], &event(&read)].concat()));
    let reply = [0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 7];
    seeds.push(("link_exchange_tcp", "word".to_owned(), [&[0, 0][..], &event(&reply)].concat()));
    seeds
}

/// The line is quiet for a second.
const PAUSE: [u8; 2] = [3, 250];

/// A good board answers.
const ANSWER: [u8; 2] = [4, 0];

/// Bytes that come in at once.
fn event(bytes: &[u8]) -> Vec<u8> {
    let chunks = bytes.chunks(255);
    chunks.flat_map(|chunk| [&[0, chunk.len() as u8], chunk].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_the_seed_of_its_target_and_one_of_each_shape_is_enough() {
        let text = r#"[
            {"protocol": "a5", "name": "one", "direction": "host_to_bms", "hex": "A5 40 90 08"},
            {"protocol": "a5", "name": "two", "direction": "host_to_bms", "hex": "A5 40 90 09"},
            {"protocol": "a5", "name": "none", "direction": "host_to_bms"}
        ]"#;
        let seeds = seeds(&read(text).unwrap());
        let of = |wanted| {
            let named = seeds.iter().filter(move |(target, ..)| *target == wanted);
            named.map(|(_, name, bytes)| (name.as_str(), bytes.clone())).collect::<Vec<_>>()
        };
        assert_eq!(of("wire_a5"), [("one", vec![0, 4, 0xA5, 0x40, 0x90, 8])]);
        assert!(of("host_decode").contains(&("one", vec![0xA5, 0x40, 0x90, 8])));
        assert_eq!(of("link_port_serial")[0].1, [2, 0, 4, 0xA5, 0x40, 0x90, 8, 3, 250]);
    }

    #[test]
    fn long_bytes_are_several_events() {
        let event = event(&[7; 256]);
        assert_eq!(event.len(), 256 + 4);
        assert_eq!(event[..3], [0, 255, 7]);
        assert_eq!(event[257..], [0, 1, 7]);
    }
}
