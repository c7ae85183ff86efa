//! Modbus RTU replies.
#![no_main]

use cellward_wire::modbus::{Head, crc16, reply_rtu};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut fixed = bytes.to_vec();
    fixed.extend(crc16(bytes).to_le_bytes());
    for bytes in [bytes, &fixed] {
        if let Head::Frame { address, body, len } = reply_rtu(bytes) {
            assert_eq!(crc16(&bytes[..len]), 0, "only with a good check");
            assert_eq!(body.emit_rtu(address), bytes[..len]);
        }
    }
});
