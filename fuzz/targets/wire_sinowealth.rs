//! Sinowealth requests and replies.
#![no_main]

use cellward_wire::sinowealth::{Head, Register, Width, parse_reply, parse_request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Head::Frame { body, len } = parse_request(bytes) {
        assert_eq!(body.emit(), bytes[..len]);
    }
    for width in [Width::Two, Width::Four] {
        if let Head::Frame { body, len } = parse_reply(bytes, width) {
            assert_eq!(body.emit(), bytes[..len]);
            if let Some(register) = bytes.first().and_then(|&number| Register::find(number)) {
                let _ = register.show(body.value).to_string();
            }
        }
    }
});
