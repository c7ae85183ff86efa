//! A recording of both directions of a serial line.
#![no_main]

use cellward_fuzz::{bytes, has_crc};
use cellward_wire::modbus::{Piece, frames, standard_frames};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let stream = bytes(data);
    judge(&stream, frames(&stream));
    judge(&stream, standard_frames(&stream));
});

fn judge<'a>(stream: &'a [u8], pieces: impl Iterator<Item = Piece<'a>>) {
    let mut at = 0;
    for piece in pieces {
        at += match piece {
            Piece::Frame { len, .. } => {
                assert!(has_crc(&stream[at..at + len]));
                len
            }
            Piece::Refused { bytes, why } => {
                drop(why.to_string());
                assert!(!bytes.is_empty());
                assert_eq!(bytes, &stream[at..at + bytes.len()]);
                bytes.len()
            }
        };
    }
    assert_eq!(at, stream.len(), "the pieces are the whole");
}
