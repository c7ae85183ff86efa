//! Pylontech frames and their payloads.
#![no_main]

use cellward_wire::pylon::{Head, Message, Reply, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Head::Frame { message, len } = parse(bytes) {
        assert!(len <= bytes.len());
        let emitted = message.emit();
        assert_eq!(parse(&emitted), Head::Frame { message, len: emitted.len() });
    }
    let Some((&command, payload)) = bytes.split_first() else { return };
    if let Ok(reply) = Reply::parse(command, payload) {
        assert_eq!(reply.payload(), payload);
        assert_eq!(reply.command(), command);
        let emitted = Message::reply(2, reply.payload()).emit();
        assert!(matches!(parse(&emitted), Head::Frame { .. }));
        let _ = reply.to_string();
    }
});
