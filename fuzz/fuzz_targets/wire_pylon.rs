//! Frames of the inverters' protocol in characters, and any message written and read again.
#![no_main]

use cellward_wire::pylon::{Head, Message, Payload, Reply, parse};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match parse(data) {
        Head::Frame { message, len } => assert_eq!(message.emit(), data[..len]),
        Head::Short => assert!(data.len() < 530, "a frame has an end"),
        Head::Not(refusal) => drop(refusal.to_string()),
    }
    if let [version, address, device, code, rest @ ..] = data {
        let (&version, &address, &device, &code) = (version, address, device, code);
        let payload: Payload = rest.iter().copied().take(255).collect();
        if let Ok(reply) = Reply::parse(code, &payload) {
            assert_eq!(Reply::parse(code, &reply.payload()), Ok(reply));
        }
        let message = Message { version, address, device, code, payload };
        let frame = message.emit();
        if !frame.is_empty() {
            let len = frame.len();
            assert_eq!(parse(&frame), Head::Frame { message, len });
        }
    }
});
