//! Requests and replies of the smallest dialect.
#![no_main]

use cellward_wire::sinowealth::{Head, Register, Width, parse_reply, parse_request};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Head::Frame { body, len } = parse_request(data) {
        assert_eq!(body.emit(), data[..len]);
        drop(body.to_string());
        if let (Some(register), Head::Frame { body: reply, .. }) =
            (Register::find(body.register), parse_reply(&data[len..], body.width))
        {
            drop((register.show(reply.value), reply.to_string()));
        }
    }
    for width in [Width::Two, Width::Four] {
        match parse_reply(data, width) {
            Head::Frame { body, len } => assert_eq!(body.emit(), data[..len]),
            Head::Short => assert!(data.len() < width.reply_len()),
            Head::Not(refusal) => panic!("{refusal}"),
        }
    }
});
