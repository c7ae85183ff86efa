//! Properties of the Sinowealth codec over any bytes, and the vectors.

use cellward_wire::sinowealth::{
    Head, Register, Reply, Request, Value, Width, parse_reply, parse_request,
};
use proptest::prelude::*;
use serde_json::Value as Json;

proptest! {
    #[test]
    fn what_is_built_parses_back_equal(register: u8, long: bool, number: u32, extra: u8) {
        let width = if long { Width::Four } else { Width::Two };
        let request = Request { register, width };
        prop_assert_eq!(
            parse_request(&request.emit()), Head::Frame { body: request, len: 3 }
        );
        let value = if long { Value::Four(number) } else { Value::Two(number as u16) };
        let reply = Reply { value, extra };
        let bytes = reply.emit();
        let frame = Head::Frame { body: reply, len: bytes.len() };
        prop_assert_eq!(parse_reply(&bytes, width), frame);
        prop_assert_eq!(parse_reply(&bytes[..bytes.len() - 1], width), Head::Short);
    }

    #[test]
    fn what_parses_is_built_again_from_any_bytes(bytes: Vec<u8>, register: u8) {
        if let Head::Frame { body, len } = parse_request(&bytes) {
            prop_assert_eq!(&body.emit()[..], &bytes[..len]);
        }
        for width in [Width::Two, Width::Four] {
            if let Head::Frame { body, len } = parse_reply(&bytes, width) {
                prop_assert_eq!(&body.emit()[..], &bytes[..len]);
                let shown = Register::find(register).map(|known| known.show(body.value));
                prop_assert!(shown.is_none_or(|shown| !shown.to_string().is_empty()));
            }
        }
    }
}

#[test]
fn every_vector_is_the_request_for_its_register() {
    let list: Vec<Json> = serde_json::from_str(include_str!("vectors/sinowealth.json")).unwrap();
    assert_eq!(list.len(), 2);
    for vector in &list {
        let hex = vector["hex"].as_str().unwrap().split(' ');
        let bytes: Vec<u8> = hex.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let Head::Frame { body, len: 3 } = parse_request(&bytes) else {
            panic!("{}: {:?}", vector["name"], parse_request(&bytes));
        };
        assert_eq!(vector["decoded"]["reg"], body.register);
        assert_eq!(vector["decoded"]["len"], body.width.byte());
        let known = Register::find(body.register).unwrap();
        assert_eq!(known.request().emit().as_slice(), bytes, "{}", vector["name"]);
    }
}
