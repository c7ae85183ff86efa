//! Requests on a serial line, in the standard's form and in the boards'.
#![no_main]

use cellward_fuzz::{bytes, has_crc};
use cellward_wire::modbus::{Head, Request, WriteForm, request_rtu};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let stream = bytes(data);
    for form in [WriteForm::Standard, WriteForm::Lenient] {
        match request_rtu(&stream, form) {
            Head::Frame { address, body, len } => {
                let frame = &stream[..len];
                assert!(has_crc(frame));
                if matches!(body, Request::Miscounted { .. }) {
                    assert_eq!(form, WriteForm::Standard, "only the standard demands an answer");
                    assert!(body.emit_rtu(address).is_empty(), "what nobody may send is not sent");
                } else if matches!(body, Request::Other { .. }) {
                    assert_eq!(form, WriteForm::Standard, "only the standard demands an answer");
                } else {
                    assert_eq!(body.emit_rtu(address), frame, "what is read is written again");
                }
                for short in 0..len {
                    assert_eq!(request_rtu(&stream[..short], form), Head::Short);
                }
            }
            Head::Short => assert!(stream.len() < 260, "a frame has an end"),
            Head::Not(refusal) => drop(refusal.to_string()),
        }
    }
});
