//! Recordings of Modbus in any mixture: every byte is told once, frames have good checks.
#![no_main]

use cellward_wire::modbus::{Piece, crc16, frames};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut at = 0;
    for piece in frames(bytes) {
        match piece {
            Piece::Frame { body, len, .. } => {
                assert_eq!(crc16(&bytes[at..at + len]), 0);
                let _ = format!("{body:?}");
                at += len;
            }
            Piece::Refused { bytes, .. } => at += bytes.len(),
        }
    }
    assert_eq!(at, bytes.len(), "each byte once");
});
