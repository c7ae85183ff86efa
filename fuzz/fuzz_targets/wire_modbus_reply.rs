//! Replies on a serial line.
#![no_main]

use cellward_fuzz::{bytes, has_crc};
use cellward_wire::modbus::{Head, reply_rtu};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let stream = bytes(data);
    match reply_rtu(&stream) {
        Head::Frame { address, body, len } => {
            let frame = &stream[..len];
            assert!(has_crc(frame));
            assert_eq!(body.emit_rtu(address), frame, "what is read is written again");
            for short in 0..len {
                assert_eq!(reply_rtu(&stream[..short]), Head::Short);
            }
        }
        Head::Short => assert!(stream.len() < 260, "a frame has an end"),
        Head::Not(refusal) => drop(refusal.to_string()),
    }
});
