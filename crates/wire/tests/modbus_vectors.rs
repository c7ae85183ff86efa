//! Every Modbus vector of the public captures and vendor examples: which frames it holds, what
//! they say, and that they are built again byte for byte.

use cellward_wire::modbus::{Body, Piece, Refusal, Reply, Request, frames};
use serde_json::Value as Json;

struct Vector {
    name: String,
    p81: bool,
    from_host: bool,
    wrong_check: bool,
    bytes: Vec<u8>,
    stated: Json,
}

fn vectors() -> Vec<Vector> {
    let list: Vec<Json> = serde_json::from_str(include_str!("vectors/modbus.json")).unwrap();
    list.iter()
        .map(|vector| Vector {
            name: vector["name"].as_str().unwrap().to_owned(),
            p81: vector["protocol"] == "kmodbus-p81",
            from_host: vector["direction"] == "host_to_bms",
            wrong_check: vector["expect_crc_error"] == true,
            bytes: vector["hex"]
                .as_str()
                .unwrap()
                .split(' ')
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect(),
            stated: vector["decoded"].clone(),
        })
        .collect()
}

/// Numbers are stated as numbers or as hexadecimal text.
fn number(stated: &Json) -> u16 {
    match stated.as_str() {
        Some(text) => u16::from_str_radix(text.trim_start_matches("0x"), 16).unwrap(),
        None => stated.as_u64().unwrap().try_into().unwrap(),
    }
}

fn numbers(stated: &Json) -> Vec<u16> {
    stated.as_array().unwrap().iter().map(number).collect()
}

/// The frames with their addresses and lengths; a vector without damage holds nothing else.
fn all_frames(vector: &Vector) -> Vec<(u8, Body, usize)> {
    frames(&vector.bytes)
        .map(|piece| match piece {
            Piece::Frame { address, body, len } => (address, body, len),
            Piece::Refused { .. } => panic!("{}: {piece:?}", vector.name),
        })
        .collect()
}

/// What a frame says, by the keys of the vectors. `true` when the key was understood.
fn agrees(vector: &Vector, address: u8, body: &Body, key: &str, stated: &Json) -> bool {
    let name = &vector.name;
    let request = match body {
        Body::Request(request) => Some(request.clone()),
        Body::Either { register, value } => {
            Some(Request::WriteOne { register: *register, value: *value })
        }
        Body::Reply(_) => None,
    };
    match (key, body) {
        ("func", Body::Reply(Reply::Exception { function, .. })) => {
            assert_eq!(number(stated), u16::from(function | 0x80), "{name}");
        }
        ("func", Body::Reply(reply)) => {
            assert_eq!(number(stated), u16::from(reply.function()), "{name}");
        }
        ("func", _) => {
            let function = request.map(|request| request.function()).unwrap();
            assert_eq!(number(stated), u16::from(function), "{name}");
        }
        ("code", Body::Reply(Reply::Exception { code, .. })) => {
            assert_eq!(number(stated), u16::from(*code), "{name}");
        }
        ("board", _) if vector.p81 => {
            let base = if vector.from_host { 0x80 } else { 0x50 };
            assert_eq!(number(stated), u16::from(address) - base, "{name}");
        }
        (
            "start",
            Body::Request(Request::Read { start, .. } | Request::WriteMany { start, .. }),
        )
        | ("start", Body::Reply(Reply::WroteMany { start, .. })) => {
            assert_eq!(number(stated), *start, "{name}");
        }
        ("count", Body::Request(Request::Read { count, .. }))
        | ("status", Body::Reply(Reply::WroteMany { count, .. })) => {
            assert_eq!(number(stated), *count, "{name}");
        }
        ("count", Body::Request(Request::WriteMany { words, .. })) => {
            assert_eq!(usize::from(number(stated)), words.len(), "{name}");
        }
        ("values", Body::Request(Request::WriteMany { words, .. })) => {
            assert_eq!(numbers(stated), words.as_slice(), "{name}");
        }
        ("regs", Body::Reply(Reply::Words { words, .. })) if stated.is_array() => {
            assert_eq!(numbers(stated), words.as_slice(), "{name}");
        }
        ("regs", Body::Reply(Reply::Words { words, .. })) => {
            // "17 x 0xFFFF"
            let (count, word) = stated.as_str().unwrap().split_once(" x 0x").unwrap();
            let word = u16::from_str_radix(word, 16).unwrap();
            assert_eq!(words.as_slice(), vec![word; count.parse().unwrap()], "{name}");
        }
        ("registers", Body::Reply(Reply::Words { words, .. })) => {
            assert_eq!(usize::from(number(stated)), words.len(), "{name}");
        }
        ("cell_mV", Body::Reply(Reply::Words { words, .. })) => {
            let cells = numbers(stated);
            assert_eq!(words[..cells.len()], cells[..], "{name}");
        }
        ("reg", Body::Either { register, .. })
        | ("reg", Body::Request(Request::WriteOne { register, .. }))
        | ("reg", Body::Reply(Reply::WroteOne { register, .. })) => {
            assert_eq!(number(stated), *register, "{name}");
        }
        ("value", Body::Either { value, .. })
        | ("value", Body::Request(Request::WriteOne { value, .. }))
        | ("value", Body::Reply(Reply::WroteOne { value, .. })) => {
            assert_eq!(number(stated), *value, "{name}");
        }
        _ => return false,
    }
    true
}

#[test]
fn every_frame_says_what_its_vector_states_about_frames() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 64);
    let mut compared = 0;
    for vector in vectors.iter().filter(|vector| !vector.wrong_check) {
        let found = all_frames(vector);
        if let Some(lengths) = vector.stated.get("frames") {
            let found: Vec<u16> = found.iter().map(|frame| frame.2.try_into().unwrap()).collect();
            assert_eq!(found, numbers(lengths), "{}", vector.name);
            compared += 1;
            continue;
        }
        let [(address, body, _)] = &found[..] else {
            panic!("{} is one frame: {found:?}", vector.name);
        };
        for (key, stated) in vector.stated.as_object().unwrap() {
            compared += usize::from(agrees(vector, *address, body, key, stated));
        }
    }
    // All that speak of frames; what the registers mean is compared where it is decided.
    assert_eq!(compared, 148);
}

#[test]
fn direction_and_address_are_what_the_dialect_says() {
    for vector in vectors().iter().filter(|vector| !vector.wrong_check) {
        for (address, body, _) in all_frames(vector) {
            let name = &vector.name;
            match (vector.p81, vector.from_host) {
                (true, true) => assert!((0x81..=0x90).contains(&address), "{name}"),
                (true, false) => assert!((0x51..=0x60).contains(&address), "{name}"),
                (false, _) => assert_eq!(address, 0xD2, "{name}"),
            }
            match body {
                Body::Request(_) => assert!(vector.from_host, "{name}"),
                Body::Reply(_) => assert!(!vector.from_host, "{name}"),
                Body::Either { .. } => assert!(!vector.p81, "{name}"),
            }
        }
    }
}

#[test]
fn every_vector_is_built_again_byte_for_byte() {
    for vector in vectors().iter().filter(|vector| !vector.wrong_check) {
        let mut again = Vec::new();
        for (address, body, len) in all_frames(vector) {
            let frame = match body {
                Body::Request(request) => request.emit_rtu(address),
                Body::Reply(reply) => reply.emit_rtu(address),
                Body::Either { register, value } => {
                    let frame = Request::WriteOne { register, value }.emit_rtu(address);
                    assert_eq!(Reply::WroteOne { register, value }.emit_rtu(address), frame);
                    frame
                }
            };
            assert_eq!(frame.len(), len, "{}", vector.name);
            again.extend(frame);
        }
        assert_eq!(again, vector.bytes, "{}", vector.name);
    }
}

#[test]
fn the_reply_with_a_wrong_check_is_refused_whole() {
    let vectors = vectors();
    let damaged: Vec<_> = vectors.iter().filter(|vector| vector.wrong_check).collect();
    assert_eq!(damaged.len(), 1);
    let found: Vec<_> = frames(&damaged[0].bytes).collect();
    assert_eq!(found, [Piece::Refused { bytes: &damaged[0].bytes, why: Refusal::Check }]);
}
