//! Requests and replies of Modbus TCP.
#![no_main]

use cellward_wire::modbus::{Request, TcpHead, reply_tcp, request_tcp};

libfuzzer_sys::fuzz_target!(|stream: &[u8]| {
    match request_tcp(stream) {
        TcpHead::Frame { transaction, unit, body, len } => {
            assert!(len <= stream.len());
            if matches!(body, Request::Miscounted { .. }) {
                assert!(
                    body.emit_tcp(transaction, unit).is_empty(),
                    "what nobody may send is not sent"
                );
            } else if !matches!(body, Request::Other { .. }) {
                assert_eq!(body.emit_tcp(transaction, unit), stream[..len]);
            }
        }
        TcpHead::Short => assert!(stream.len() < 260, "a frame has an end"),
        TcpHead::Not(refusal) => drop(refusal.to_string()),
    }
    match reply_tcp(stream) {
        TcpHead::Frame { transaction, unit, body, len } => {
            assert_eq!(body.emit_tcp(transaction, unit), stream[..len]);
        }
        TcpHead::Short => assert!(stream.len() < 260, "a frame has an end"),
        TcpHead::Not(refusal) => drop(refusal.to_string()),
    }
});
