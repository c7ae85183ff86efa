//! Modbus TCP, requests and replies.
#![no_main]

use cellward_wire::modbus::{Request, TcpHead, reply_tcp, request_tcp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let TcpHead::Frame { transaction, unit, body, len } = request_tcp(bytes) {
        assert!((8..=bytes.len()).contains(&len));
        if !matches!(body, Request::Other { .. }) {
            assert_eq!(body.emit_tcp(transaction, unit), bytes[..len]);
        }
    }
    if let TcpHead::Frame { transaction, unit, body, len } = reply_tcp(bytes) {
        assert_eq!(body.emit_tcp(transaction, unit), bytes[..len]);
    }
});
