//! Every published vector of the near-Modbus dialects, of Pylon and of Sinowealth decodes to what it
//! states, by the committed mapping from its keys to ours; each reply with its request before it and
//! alone.

use cellward_host::decode::{Decoded, Decoder, Protocol};
use cellward_wire::modbus::{Area, Request};
use serde_json::{Map, Value as Json, json};

const FILES: [(Protocol, &str); 4] = [
    (Protocol::KmodbusD2, include_str!("../../link/tests/vectors/kmodbus-d2.json")),
    (Protocol::KmodbusP81, include_str!("../../link/tests/vectors/kmodbus-p81.json")),
    (Protocol::PylonRs485, include_str!("../../wire/tests/vectors/pylon.json")),
    (Protocol::DalySinowealth, include_str!("../../wire/tests/vectors/sinowealth.json")),
];

/// Where replies begin that do not state it, as the sources of the vectors say.
const STARTS: [(&str, u16); 18] = [
    ("rsp_status62_balancer16s", 0),
    ("rsp_status62_4s", 0),
    ("rsp_status62_24s", 0),
    ("rsp_status80_16s_0", 0),
    ("rsp_status80_16s_1", 0),
    ("rsp_a4", 0xA4),
    ("rsp_a4_all_ff", 0xA4),
    ("rsp_version", 0x178),
    ("rsp_set1", 0x100),
    ("rsp_set1_4s", 0x100),
    ("rsp_set2", 0x151),
    ("rsp_set2_4s", 0x151),
    ("rsp_set3", 0x1C3),
    ("rsp_set5", 0x24B),
    ("rsp_cf", 0xCF),
    ("rsp_volt_curr_board2", 0x38),
    ("rsp_rt1", 0),
    ("rsp_rt2", 0x41),
];

struct Vector {
    protocol: Protocol,
    name: String,
    bytes: Vec<u8>,
    whole: Json,
    stated: Map<String, Json>,
}

fn vectors() -> Vec<Vector> {
    let of_file = |(protocol, text)| {
        let list: Vec<Json> = serde_json::from_str(text).unwrap();
        list.into_iter().map(move |whole| Vector {
            protocol,
            name: whole["name"].as_str().unwrap().to_owned(),
            bytes: whole["hex"]
                .as_str()
                .unwrap()
                .split_whitespace()
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect(),
            stated: whole["decoded"].as_object().unwrap().clone(),
            whole,
        })
    };
    FILES.into_iter().flat_map(of_file).collect()
}

fn number(stated: &Json) -> f64 {
    match stated {
        Json::String(hex) => u32::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap().into(),
        other => other.as_f64().unwrap(),
    }
}

fn close(one: &Json, other: f64) -> bool {
    one.as_f64().is_some_and(|one| (one - other).abs() < 1e-6)
}

/// The same, numbers times a factor.
fn same(ours: &Json, stated: &Json, times: f64) -> bool {
    match (ours, stated) {
        (Json::Array(ours), Json::Array(stated)) => {
            ours.len() == stated.len() && ours.iter().zip(stated).all(|(a, b)| same(a, b, times))
        }
        (Json::String(ours), Json::String(stated)) => ours == stated,
        (ours, stated) => close(ours, number(stated) * times),
    }
}

/// A raw register of a frame by its number.
fn raw(frame: &Json, register: u64) -> u64 {
    let start = frame["start"].as_u64().unwrap();
    frame["registers"][usize::try_from(register - start).unwrap()].as_u64().unwrap()
}

fn characters(frame: &Json, registers: std::ops::Range<u64>) -> String {
    let bytes = registers.flat_map(|n| u16::try_from(raw(frame, n)).unwrap().to_be_bytes());
    String::from_utf8(bytes.collect()).unwrap().trim().to_owned()
}

/// Thresholds, recovery and delay; the delay is in milliseconds whatever the factor.
fn limits(frame: &Json, fault: &str, unit: &str, times: f64, stated: &Json) {
    let keys = [
        format!("{fault}_l1_threshold_{unit}"),
        format!("{fault}_l2_threshold_{unit}"),
        format!("{fault}_l2_recovery_{unit}"),
        format!("{fault}_l2_delay_ms"),
    ];
    let factors = [times, times, times, 1.0];
    for ((key, times), stated) in keys.iter().zip(factors).zip(stated.as_array().unwrap()) {
        assert!(close(&frame[key], number(stated) * times), "{key} is {} not {stated}", frame[key]);
    }
}

fn special(vector: &Vector, frame: &Json, kind: &str, stated: &Json) {
    let name = format!("{} {kind}: {stated} in {frame}", vector.name);
    let switch = |point: &str, register: u64| {
        if frame["start"] == 0x100 {
            assert_eq!(raw(frame, register), stated.as_u64().unwrap(), "{name}");
        } else {
            assert_eq!(frame[point], stated == 1, "{name}");
        }
    };
    match kind {
        "function" => {
            let exception = frame.get("exception").is_some();
            let sent = frame["function"].as_u64().unwrap() + if exception { 0x80 } else { 0 };
            assert!(close(&sent.into(), number(stated)), "{name}");
        }
        "register" => {
            let key =
                if vector.protocol == Protocol::DalySinowealth { "register" } else { "start" };
            assert!(close(&frame[key], number(stated)), "{name}");
        }
        "status" if vector.protocol == Protocol::PylonRs485 => {
            assert!(close(&frame["status"], number(stated)), "{name}");
            assert_eq!(frame["charge_allowed"], true, "{name}");
            assert_eq!(frame["full_charge_wanted"], false, "{name}");
        }
        "status" => assert!(close(&frame["count"], number(stated)), "{name}"),
        "raw registers" => match stated {
            Json::Array(_) => assert!(same(&frame["registers"], stated, 1.0), "{name}"),
            text => {
                let (count, word) = text.as_str().unwrap().split_once(" x ").unwrap();
                let words = frame["registers"].as_array().unwrap();
                assert_eq!(words.len(), count.parse::<usize>().unwrap(), "{name}");
                assert!(words.iter().all(|w| close(w, number(&json!(word)))), "{name}");
            }
        },
        "state of charge" if frame["direction"] != "reply" => {
            assert_eq!(frame["means"], "the state of charge is 50 %", "{name}");
            assert_eq!(stated, 50.0);
        }
        "state of charge" => assert!(same(&frame["soc_percent"], stated, 1.0), "{name}"),
        "charge switch" => switch("charge_switch_closed", 0x121),
        "discharge switch" => switch("discharge_switch_closed", 0x122),
        "difference" if stated.is_array() => limits(frame, "cell_difference", "mv", 1.0, stated),
        "difference" => {
            assert!(same(&frame["cell_voltage_difference_mv"], stated, 1.0), "{name}");
        }
        "switch temperature" if stated.is_array() => {
            limits(frame, "switch_over_temperature", "c", 1.0, stated);
        }
        "switch temperature" => assert!(same(&frame["switch_temperature_c"], stated, 1.0)),
        "no fault" => assert_eq!(frame["faults"], json!([]), "{name}"),
        "no cell is bled" => {
            let bled = frame["cell_bleeding"].as_array().unwrap();
            assert!(bled.iter().all(|bled| bled == false), "{name}");
        }
        "password" => {
            let first = if vector.protocol == Protocol::KmodbusD2 { 0xC9 } else { 0x126 };
            assert_eq!(characters(frame, first..first + 3), stated.as_str().unwrap());
        }
        "date of build" => {
            assert_eq!(characters(frame, 0x199..0x19F), stated.as_str().unwrap());
        }
        "alarm bytes" => {
            let keys = ["alarm_1", "alarm_2", "protection_1", "protection_2"];
            let ours: Vec<Json> = keys.iter().map(|key| frame[*key].clone()).collect();
            assert_eq!(&Json::from(ours), stated, "{name}");
        }
        other => panic!("{name}: no code for {other:?}"),
    }
}

fn check(vector: &Vector, frame: &Json, keys: &Json) {
    for (key, stated) in &vector.stated {
        let name = format!("{} {key}", vector.name);
        let rule = keys.get(key).unwrap_or_else(|| panic!("{name} is unmapped"));
        let times = rule.get("times").map_or(1.0, number);
        if let Some(path) = rule.get("frame").and_then(Json::as_str) {
            let ours = match path.split_once('.') {
                Some((list, at)) => frame[list][at.parse::<usize>().unwrap()].clone(),
                None => frame[path].clone(),
            };
            if let Some(words) = rule.get("words") {
                let word = &words[usize::try_from(stated.as_u64().unwrap()).unwrap()];
                assert_eq!(&ours, word, "{name}");
            } else if let Some(before) = rule.get("before").and_then(Json::as_str) {
                let stated = stated.as_str().unwrap().replace('T', " ");
                let ours = ours.as_str().unwrap().replace('T', " ");
                assert_eq!(ours, format!("{before}{stated}"), "{name}");
            } else if ours.is_string() {
                assert_eq!(&ours, stated, "{name}");
            } else {
                assert!(same(&ours, stated, times), "{name}: {ours} is not {stated}: {frame}");
            }
        } else if let Some(register) = rule.get("register").and_then(Json::as_u64) {
            let wanted = number(stated) * times + rule.get("plus").map_or(0.0, number);
            assert!(close(&raw(frame, register).into(), wanted), "{name}");
        } else if let Some(fault) = rule.get("limits").and_then(Json::as_str) {
            limits(frame, fault, rule["unit"].as_str().unwrap(), times, stated);
        } else if let Some(kind) = rule.get("special").and_then(Json::as_str) {
            if kind != "lengths" {
                special(vector, frame, kind, stated);
            }
        } else if let Some(point) = rule.get("absent").and_then(Json::as_str) {
            assert_eq!(frame.get(point), None, "{name}");
        } else {
            assert!(rule.get("reason").is_some(), "{name} has an empty rule");
        }
    }
}

fn decode(protocol: Protocol, bytes: &[u8]) -> Decoded {
    Decoder::new(protocol, None).decode(bytes, None)
}

/// The request whose reply this is; `None` for what is no reply to a read.
fn asking(vector: &Vector) -> Option<(u16, Vec<u8>)> {
    let registers = vector.protocol.has_registers() && vector.whole["direction"] == "bms_to_host";
    if !registers || vector.bytes[1] != 3 || vector.stated.contains_key("frames") {
        return None;
    }
    let listed = STARTS.iter().find(|(name, _)| *name == vector.name).map(|(_, start)| *start);
    let start = vector.stated.get("start").map_or_else(
        || listed.unwrap_or_else(|| panic!("{}: which registers?", vector.name)),
        |start| number(start) as u16,
    );
    let count = u16::from(vector.bytes[2]) / 2;
    let address = match vector.protocol {
        Protocol::KmodbusD2 => 0xD2,
        _ => vector.bytes[0] + 0x30,
    };
    let request = Request::Read { area: Area::Holding, start, count };
    Some((start, request.emit_rtu(address).to_vec()))
}

#[test]
fn every_stated_value_is_what_is_decoded() {
    let keys: Json = serde_json::from_str(include_str!("decode_keys.json")).unwrap();
    let vectors = vectors();
    assert_eq!(vectors.len(), 69);
    for vector in vectors.iter().filter(|vector| vector.whole["expect_crc_error"] != true) {
        let asked = asking(vector).map(|(_, request)| request).unwrap_or_default();
        let whole = [&asked[..], &vector.bytes[..]].concat();
        let decoded = decode(vector.protocol, &whole);
        assert_eq!(decoded.refused, 0, "{}", vector.name);
        let frames = decoded.json["frames"].as_array().unwrap();
        if let Some(lengths) = vector.stated.get("frames") {
            let length = |frame: &Json| frame["hex"].as_str().unwrap().split(' ').count();
            let ours: Vec<usize> = frames.iter().map(length).collect();
            assert_eq!(&Json::from(ours), lengths, "{}", vector.name);
        } else {
            assert_eq!(decoded.frames, 1 + usize::from(!asked.is_empty()), "{}", vector.name);
        }
        check(vector, frames.last().unwrap(), &keys);
        let asks = vector.whole["direction"].as_str().unwrap().starts_with(['h', 'i']);
        let direction = &frames.last().unwrap()["direction"];
        let said = direction == if asks { "request" } else { "reply" };
        assert!(said || (direction == "either" && vector.bytes[1] == 6), "{}", vector.name);
    }
}

#[test]
fn a_reply_alone_is_guessed_right_or_among_the_guesses_and_is_never_called_known() {
    let mut among = Vec::new();
    for vector in vectors() {
        let Some((start, _)) = asking(&vector) else { continue };
        let decoded = decode(vector.protocol, &vector.bytes);
        let frame = &decoded.json["frames"][0];
        assert_eq!(frame["start_guessed"], true, "{}", vector.name);
        assert!(decoded.text.contains("no request stands before it"), "{}", decoded.text);
        if frame["start"] == start {
            continue;
        }
        assert_eq!(frame["start"], Json::Null, "{}", vector.name);
        let possible = frame["possible"].as_array().unwrap();
        assert!(possible.iter().any(|one| one["start"] == start), "{}", vector.name);
        among.push(vector.name.clone());
    }
    assert_eq!(among, ["rsp_volt_curr_board2"]);
}

#[test]
fn the_reply_with_the_wrong_check_is_refused_with_its_reason() {
    let vectors = vectors();
    let wrong: Vec<_> =
        vectors.iter().filter(|vector| vector.whole["expect_crc_error"] == true).collect();
    assert_eq!(wrong.len(), 1);
    let decoded = decode(wrong[0].protocol, &wrong[0].bytes);
    assert_eq!((decoded.frames, decoded.refused), (0, 1));
    assert_eq!(decoded.json["refused"][0]["reason"], "wrong CRC");
}

#[test]
fn every_cut_of_every_vector_is_refused_and_every_doubled_one_is_decoded_twice() {
    for vector in vectors().iter().filter(|vector| vector.whole["expect_crc_error"] != true) {
        let frames = decode(vector.protocol, &vector.bytes).frames;
        for len in 1..vector.bytes.len() {
            let cut = decode(vector.protocol, &vector.bytes[..len]);
            let less = cut.frames < frames && (cut.refused > 0 || cut.frames > 0);
            assert!(less, "{} at {len}", vector.name);
        }
        let twice = vector.bytes.repeat(2);
        let twice = decode(vector.protocol, &twice);
        assert_eq!((twice.frames, twice.refused), (2 * frames, 0), "{}", vector.name);
    }
}
