//! Recordings of our own map, built by hand from its published page, on a serial line and over TCP.

use cellward_host::capture::Way;
use cellward_host::decode::{Decoded, Decoder, Protocol};
use serde_json::{Value as Json, json};

/// CRC of a serial line, bit by bit as the standard draws it; low byte first behind the frame.
fn closed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut crc = 0xFFFF_u16;
    for &byte in &bytes {
        crc ^= u16::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
        }
    }
    bytes.extend(crc.to_le_bytes());
    bytes
}

/// Function, two words, and whatever follows.
fn body(function: u8, words: [u16; 2], rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![function];
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    bytes.extend(rest);
    bytes
}

fn read(start: u16, count: u16) -> Vec<u8> {
    body(3, [start, count], &[])
}

fn counted(words: &[u16]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(words.len() * 2).unwrap()];
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    bytes
}

fn reply(words: &[u16]) -> Vec<u8> {
    [vec![3], counted(words)].concat()
}

fn write(start: u16, words: &[u16]) -> Vec<u8> {
    body(16, [start, u16::try_from(words.len()).unwrap()], &counted(words))
}

fn serial(board: u8, body: Vec<u8>) -> Vec<u8> {
    closed([vec![board], body].concat())
}

fn tcp(transaction: u16, unit: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = transaction.to_be_bytes().to_vec();
    bytes.extend([0, 0]);
    bytes.extend(u16::try_from(body.len() + 1).unwrap().to_be_bytes());
    bytes.push(unit);
    bytes.extend(body);
    bytes
}

/// The parts of a serial line, as they went to and fro.
fn line(parts: &[(Way, Vec<u8>)]) -> Vec<Decoded> {
    let mut decoder = Decoder::new(Protocol::Modbus, None);
    parts.iter().map(|(way, bytes)| decoder.decode(bytes, Some(*way))).collect()
}

/// A request to board 1 and what came for it.
fn asked(request: Vec<u8>, answer: Vec<u8>) -> Decoded {
    let parts = [(Way::Sent, serial(1, request)), (Way::Came, serial(1, answer))];
    line(&parts).pop().unwrap()
}

fn says(decoded: &Decoded, stated: &Json) {
    assert_eq!(decoded.refused, 0, "{}", decoded.text);
    for (key, value) in stated.as_object().unwrap() {
        let found = decoded.json.get(key).cloned().unwrap_or(Json::Null);
        assert_eq!(&found, value, "{key} in {}", decoded.text);
    }
}

fn text(text: &str, registers: usize) -> Vec<u16> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(registers * 2, 0);
    bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

#[test]
fn heads_are_points_with_their_units_and_a_reason_stands_for_what_is_not_there() {
    // 53 208 mV, sum not measured yet, -1 500 mA.
    let heads = [0, 53_208, 0x8000, 1, 0xFFFF, 0xFA24];
    let decoded = asked(read(0x1002, 6), reply(&heads));
    says(
        &decoded,
        &json!({
            "pack_voltage_mv": 53_208,
            "current_ma": -1_500,
            "cell_voltage_sum_mv": null,
            "absent": {"cell_voltage_sum_mv": "not_yet"},
        }),
    );
    assert_eq!(decoded.json["frames"][0]["start"], 0x1002);
    assert_eq!(decoded.json["frames"][0]["start_guessed"], false);
    assert_eq!(decoded.json["frames"][0]["direction"], "reply");
}

#[test]
fn function_4_reads_the_same_registers() {
    let decoded = asked(body(4, [0x1002, 2], &[]), [vec![4], counted(&[0, 53_208])].concat());
    says(&decoded, &json!({"pack_voltage_mv": 53_208}));
}

#[test]
fn a_list_has_as_many_elements_as_were_read() {
    let cells = [0, 3_300, 0, 3_301, 0x8000, 7];
    let decoded = asked(read(0x4580, 6), reply(&cells));
    says(&decoded, &json!({"cell_voltage_mv": [3_300, 3_301, null]}));
    assert_eq!(decoded.json["absent"]["cell_voltage_mv[3]"], "wire_open");
    // Half of the second element says nothing.
    let decoded = asked(read(0x4580, 3), reply(&cells[..3]));
    says(&decoded, &json!({"cell_voltage_mv": [3_300]}));
}

#[test]
fn a_text_ends_at_its_first_nul() {
    let decoded = asked(read(0x5880, 20), reply(&text("1.2", 20)));
    says(&decoded, &json!({"firmware_version": "1.2"}));
}

#[test]
fn parameters_go_by_their_keys_whether_read_or_written() {
    // Number of cells; sensors; then, by id, level 2 of the over-voltage of a cell.
    says(&asked(read(0x2002, 4), reply(&[0, 16, 0, 4])), &json!({"cells": 16, "sensors": 4}));
    says(
        &asked(read(0x3030, 2), reply(&[0, 3_650])),
        &json!({"cell_over_voltage_l2_threshold_mv": 3_650}),
    );
    let hole = asked(read(0x3020, 2), reply(&[0x8000, 2]));
    assert_eq!(hole.json.len(), 3, "protocol, frames and refused: {}", hole.text);
    let [side, by_id] = [write(0x2002, &[0, 15]), write(0x0180, &[0x1018, 0, 3_600])]
        .map(|request| line(&[(Way::Sent, serial(1, request))]).remove(0));
    assert_eq!(side.json["frames"][0]["cells"], 15);
    assert_eq!(by_id.json["frames"][0]["cell_over_voltage_l2_threshold_mv"], 3_600);
    assert_eq!(by_id.json.get("cell_over_voltage_l2_threshold_mv"), None, "nobody has said yes");
}

#[test]
fn faults_are_told_in_words_once_the_end_of_their_list_was_read() {
    // Over-voltage of cell 7 at level 2: 3 662 mV against 3 650 mV; then none.
    let mut entries = vec![1, 2, 6, 3, 0, 3_662, 0, 3_650];
    let begun = asked(read(0x8800, 8), reply(&entries));
    assert!(begun.text.contains("faults: 1 so far, and the end is not here"), "{}", begun.text);
    assert_eq!(begun.json.get("faults"), None);
    entries.extend([0; 8]);
    let decoded = asked(read(0x8800, 16), reply(&entries));
    assert_eq!(decoded.json["faults"].as_array().map(Vec::len), Some(1), "{}", decoded.text);
    assert!(decoded.text.contains("protection: cell 7 voltage too high"), "{}", decoded.text);
    let none = asked(read(0x8800, 8), reply(&[0; 8]));
    assert!(none.text.contains("no fault"), "{}", none.text);
}

#[test]
fn a_list_that_is_read_again_is_not_mixed_with_what_it_was() {
    let fault = |index: u16| vec![1, 2, index, 0, 0, 0, 0, 0];
    let exchange = |start: u16, words: Vec<u16>| {
        let count = u16::try_from(words.len()).unwrap();
        [(Way::Sent, serial(1, read(start, count))), (Way::Came, serial(1, reply(&words)))]
    };
    let parts = [
        exchange(0x8800, [fault(0), fault(1), vec![0; 8]].concat()),
        exchange(0x8800, [fault(2), fault(3)].concat()),
    ];
    let decoded = line(&parts.concat());
    assert_eq!(decoded[1].json["faults"].as_array().map(Vec::len), Some(2));
    assert_eq!(decoded[3].json.get("faults"), None, "{}", decoded[3].text);
}

#[test]
fn commands_are_named_with_what_they_do() {
    let sent = |words: &[u16]| line(&[(Way::Sent, serial(1, write(0x0100, words)))]).remove(0);
    let decoded = sent(&[1, 1, 0]);
    assert_eq!(decoded.json["frames"][0]["command"], "allow_switch", "{}", decoded.text);
    assert!(decoded.text.contains("the discharge switch must open"), "{}", decoded.text);
    assert!(sent(&[99]).text.contains("nothing that could be done"));
    let nowhere = line(&[(Way::Sent, serial(1, write(0x1002, &[0, 1])))]).remove(0);
    assert!(nowhere.text.contains("nothing of this map is written there"), "{}", nowhere.text);
}

#[test]
fn a_record_that_comes_in_two_pieces_is_one_record() {
    let mut record = vec![0_u16; 80];
    record[1] = 12; // sequence
    record[5] = 50_000; // 50 ms after the start
    record[7] = 0xFFFF; // no storm
    (record[6], record[8], record[9], record[10]) = (1, 1, 2, 6);
    record[22] = 0xFFFF;
    record[49] = 0;
    let window = [record, vec![0; 45]].concat();
    let mut decoder = Decoder::new(Protocol::Modbus, None);
    let mut exchange = |request: Vec<u8>, answer: Vec<u8>| {
        drop(decoder.decode(&serial(1, request), Some(Way::Sent)));
        decoder.decode(&serial(1, answer), Some(Way::Came))
    };
    let moved = exchange(write(0x0200, &[0, 11]), body(16, [0x0200, 2], &[]));
    assert!(moved.text.contains("wrote 2 registers from 0x0200"), "{}", moved.text);
    let first = exchange(read(0x0300, 50), reply(&window[..50]));
    assert_eq!(first.json.get("records"), None);
    let second = exchange(read(0x0332, 75), reply(&window[50..]));
    assert_eq!(second.json["records"][0]["sequence"], 12, "{}", second.text);
    assert_eq!(second.json["records"].as_array().map(Vec::len), Some(1), "an empty slot is none");
    // Other records come into the window: what was read of the old ones is of no use.
    drop(exchange(write(0x0200, &[0, 12]), body(16, [0x0200, 2], &[])));
    let alone = exchange(read(0x0332, 75), reply(&window[50..]));
    assert_eq!(alone.json.get("records"), None, "{}", alone.text);
}

#[test]
fn exceptions_are_named_in_words_with_what_was_refused() {
    let decoded = asked(read(0x0F00, 2), vec![0x83, 2]);
    assert!(decoded.text.contains("refused function 0x03: illegal address"), "{}", decoded.text);
    assert_eq!(decoded.json["frames"][0]["start"], 0x0F00);
    assert_eq!(decoded.json["frames"][0]["exception"], 2);
    // A function that nobody speaks here is asked for and refused by the standard's rules.
    let coils = asked(body(1, [0, 8], &[]), vec![0x81, 1]);
    assert_eq!((coils.frames, coils.refused), (1, 0), "{}", coils.text);
    assert!(coils.text.contains("illegal function; as asked before"), "{}", coils.text);
    let alone = line(&[(Way::Came, serial(1, vec![0x83, 2]))]).remove(0);
    assert!(alone.text.contains("no request of that stands before it"), "{}", alone.text);
}

#[test]
fn why_a_write_was_refused_is_told_from_the_result_block() {
    // Token 1, refused, the command block, command 9, code 7 of refusals, exception 6.
    let refused = [1, 2, 0x0100, 9, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let decoded = asked(read(0x0080, 16), reply(&refused));
    assert!(decoded.text.contains("to 0x0100: refused: "), "{}", decoded.text);
    assert_eq!(decoded.json["last_answer"]["done"], false);
    let done = [1, 1, 0x0100, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let decoded = asked(read(0x0080, 16), reply(&done));
    assert!(decoded.text.contains("the last write, to 0x0100: done"), "{}", decoded.text);
    assert_eq!(decoded.json["last_answer"]["done"], true);
}

#[test]
fn a_reply_without_its_request_says_so_and_a_person_may_tell_where_it_begins() {
    let alone = serial(1, reply(&[0, 53_208]));
    let decoded = Decoder::new(Protocol::Modbus, None).decode(&alone, Some(Way::Came));
    assert!(decoded.text.contains("not known without the request"), "{}", decoded.text);
    assert_eq!(decoded.json.get("pack_voltage_mv"), None);
    let decoded = Decoder::new(Protocol::Modbus, Some(0x1002)).decode(&alone, Some(Way::Came));
    says(&decoded, &json!({"pack_voltage_mv": 53_208}));
    let decoded = Decoder::new(Protocol::ModbusTcp, Some(0x1002))
        .end(&tcp(1, 1, &reply(&[0, 53_208])), Some(Way::Came));
    says(&decoded, &json!({"pack_voltage_mv": 53_208}));
    // Asked for three registers; these two are something else.
    let other = asked(read(0x1002, 3), reply(&[0, 53_208]));
    assert_eq!(other.json.get("pack_voltage_mv"), None, "{}", other.text);
}

#[test]
fn only_the_identity_is_known_by_its_first_words() {
    let mut identity = vec![0x4357, 0x4C57, 1, 1, 63, 45, 700, 45, 15, 18, 8, 18];
    identity.extend([0, 100, 0, 9, 0, 2, 0x1234, 0x5678]);
    let decoded = Decoder::new(Protocol::Modbus, None).decode(&serial(1, reply(&identity)), None);
    assert_eq!(decoded.json["identity"]["newest_record"], 9, "{}", decoded.text);
    assert_eq!(decoded.json["identity"]["config_crc"], "0x12345678");
    assert_eq!(decoded.json["frames"][0]["start_guessed"], true);
    assert!(decoded.text.contains("a guess by their first words"), "{}", decoded.text);
}

#[test]
fn registers_that_are_none_of_the_map_are_called_so() {
    let decoded = asked(read(0x0F00, 3), reply(&[1, 2, 3]));
    assert!(
        decoded.text.contains("0x0F00 to 0x0F02: no registers of this map"),
        "{}",
        decoded.text
    );
    let last = asked(read(0xFFFF, 2), reply(&[1, 2]));
    assert!(last.text.contains("0xFFFF to 0xFFFF: no registers"), "{}", last.text);
}

#[test]
fn a_directory_is_named_by_what_it_describes() {
    let decoded = asked(read(0x9020, 64), reply(&[1; 64]));
    assert!(decoded.text.contains("directory: points, 1 to 2"), "{}", decoded.text);
}

#[test]
fn noise_between_frames_is_refused_and_the_frames_are_told() {
    let noise = [0xFF, 0x00, 0x13];
    let bytes = [
        serial(1, read(0x1002, 2)),
        noise.to_vec(),
        serial(1, reply(&[0, 53_208])),
        noise.to_vec(),
    ]
    .concat();
    let decoded = Decoder::new(Protocol::Modbus, None).decode(&bytes, None);
    assert_eq!((decoded.frames, decoded.refused), (2, 2), "{}", decoded.text);
    assert_eq!(decoded.json["pack_voltage_mv"], 53_208);
    assert_eq!(decoded.json["refused"][0]["offset"], 8);
    let bytes = [
        tcp(1, 1, &read(0x1002, 2)),
        noise.to_vec(),
        tcp(1, 1, &reply(&[0, 53_208])),
        noise.to_vec(),
    ]
    .concat();
    let decoded = Decoder::new(Protocol::ModbusTcp, None).end(&bytes, None);
    assert_eq!((decoded.frames, decoded.refused), (2, 2), "{}", decoded.text);
    assert_eq!(decoded.json["pack_voltage_mv"], 53_208);
    assert_eq!(decoded.json["refused"][0]["offset"], 12);
}

#[test]
fn boards_of_a_line_are_told_apart_and_an_address_that_no_board_has_is_none() {
    let ask = |board: u8, voltage: u16| {
        [serial(board, read(0x1002, 2)), serial(board, reply(&[0, voltage]))].concat()
    };
    let both = [ask(1, 53_000), ask(16, 54_000)].concat();
    let decoded = Decoder::new(Protocol::Modbus, None).decode(&both, None);
    assert_eq!(decoded.json["boards"]["1"]["pack_voltage_mv"], 53_000);
    assert_eq!(decoded.json["boards"]["16"]["pack_voltage_mv"], 54_000);
    let decoded = Decoder::new(Protocol::Modbus, None).decode(&ask(17, 55_000), None);
    assert_eq!((decoded.frames, decoded.refused), (0, 2), "{}", decoded.text);
}

#[test]
fn the_frames_by_which_a_dialect_is_found_out_are_no_noise() {
    let found =
        [tcp(0, 1, &read(0, 20)), closed(vec![0x81, 3, 0, 0x38, 0, 2]), serial(1, read(0x1002, 2))];
    let came = [closed(vec![0x51, 3, 4, 2, 18, 117, 44]), serial(1, reply(&[0, 53_208]))];
    let sent = found.map(|question| (Way::Sent, question));
    let decoded = line(&[&sent[..], &[(Way::Came, came.concat())]].concat());
    for question in &decoded[..3] {
        assert_eq!((question.frames, question.refused), (1, 0), "{}", question.text);
    }
    assert!(decoded[0].text.contains("sent as Modbus TCP"), "{}", decoded[0].text);
    assert_eq!((decoded[3].frames, decoded[3].refused), (2, 0), "{}", decoded[3].text);
    assert_eq!(decoded[3].json["pack_voltage_mv"], 53_208);
}

#[test]
fn a_stream_may_be_cut_anywhere() {
    let sent = [tcp(1, 1, &read(0x1002, 2)), tcp(2, 1, &read(0x2002, 2))].concat();
    let came = [tcp(1, 1, &reply(&[0, 53_208])), tcp(2, 1, &reply(&[0, 16]))].concat();
    for size in 1..came.len() {
        let mut decoder = Decoder::new(Protocol::ModbusTcp, None);
        let (mut frames, mut refused, mut told) = (0, 0, Vec::new());
        let mut add = |decoded: Decoded| {
            frames += decoded.frames;
            refused += decoded.refused;
            told.extend(["pack_voltage_mv", "cells"].map(|key| decoded.json.get(key).cloned()));
        };
        // The second request goes out while the first reply is still coming in.
        let mut replies = came.chunks(size);
        add(decoder.decode(&sent[..17], Some(Way::Sent)));
        add(decoder.decode(replies.next().unwrap(), Some(Way::Came)));
        add(decoder.decode(&sent[17..], Some(Way::Sent)));
        replies.for_each(|part| add(decoder.decode(part, Some(Way::Came))));
        add(decoder.end(&[], None));
        assert_eq!((frames, refused), (4, 0), "in parts of {size}");
        let told: Vec<Json> = told.into_iter().flatten().collect();
        assert_eq!(told, [json!(53_208), json!(16)], "in parts of {size}");
    }
}

#[test]
fn a_frame_that_is_not_whole_at_the_end_is_refused_there_and_not_before() {
    let bytes = tcp(1, 1, &reply(&[0, 53_208]));
    let mut decoder = Decoder::new(Protocol::ModbusTcp, None);
    let begun = decoder.decode(&bytes[..12], Some(Way::Came));
    assert_eq!((begun.frames, begun.refused), (0, 0));
    assert_eq!(begun.json["waiting"], 12);
    assert!(begun.text.contains("goes on later"), "{}", begun.text);
    let end = decoder.end(&[], None);
    assert_eq!((end.frames, end.refused), (0, 1));
    assert_eq!(end.json["refused"][0]["reason"], "cut short");
}

#[test]
fn over_tcp_replies_belong_to_the_request_of_their_transaction_and_unit() {
    let sent = [tcp(7, 1, &read(0x1002, 2)), tcp(8, 1, &read(0x1006, 2))].concat();
    let mut decoder = Decoder::new(Protocol::ModbusTcp, None);
    drop(decoder.decode(&sent, Some(Way::Sent)));
    let mut came = |transaction: u16, unit: u8| {
        decoder.decode(&tcp(transaction, unit, &reply(&[0, 40])), Some(Way::Came))
    };
    assert!(came(8, 2).text.contains("not known without the request"));
    assert!(came(9, 1).text.contains("not known without the request"));
    says(&came(8, 1), &json!({"current_ma": 40, "pack_voltage_mv": null}));
    says(&came(7, 1), &json!({"pack_voltage_mv": 40, "current_ma": null}));
    assert!(came(7, 1).text.contains("not known without the request"), "it was answered");
}

#[test]
fn over_tcp_a_refusal_belongs_to_its_transaction() {
    let sent = [tcp(7, 1, &read(0x1002, 2)), tcp(8, 1, &read(0x0F00, 2))].concat();
    let mut decoder = Decoder::new(Protocol::ModbusTcp, None);
    drop(decoder.decode(&sent, Some(Way::Sent)));
    let came = decoder.decode(&tcp(7, 1, &[0x83, 6]), Some(Way::Came));
    assert_eq!(came.json["frames"][0]["start"], 0x1002, "{}", came.text);
    assert!(came.text.contains("device busy"), "{}", came.text);
}

/// Bytes without an order; the same in every run.
fn noise(len: usize, seed: &mut u32) -> Vec<u8> {
    let mut next = || {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    };
    (0..len).map(|_| if next() < 0xA0 { next() & 3 } else { next() }).collect()
}

#[test]
fn no_byte_is_passed_over_in_silence_whatever_the_protocol_and_the_parts() {
    let mut seed = 1;
    for protocol in Protocol::ALL {
        for round in 0..200 {
            let mut decoder = Decoder::new(protocol, None);
            for way in [Some(Way::Sent), Some(Way::Came), None, Some(Way::Sent)] {
                let part = noise(round % 23, &mut seed);
                let text = decoder.decode(&part, way).text;
                assert_eq!(text.is_empty(), part.is_empty(), "{protocol:?}: {part:02X?}");
            }
            drop(decoder.end(&[], None));
            assert!(decoder.end(&[], None).text.is_empty(), "the end comes once");
        }
    }
}
