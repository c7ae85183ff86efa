//! Modbus RTU requests, with and without the byte count.
#![no_main]

use cellward_wire::modbus::{Head, Request, WriteForm, crc16, request_rtu};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut fixed = bytes.to_vec();
    fixed.extend(crc16(bytes).to_le_bytes());
    for bytes in [bytes, &fixed] {
        for form in [WriteForm::Standard, WriteForm::Lenient] {
            let Head::Frame { address, body, len } = request_rtu(bytes, form) else { continue };
            assert_eq!(crc16(&bytes[..len]), 0, "only with a good check");
            if !matches!(body, Request::Other { .. }) {
                assert_eq!(body.emit_rtu(address), bytes[..len]);
            }
        }
    }
});
