//! Every A5 vector of the public captures decodes to what it states, by the committed mapping from
//! its keys to our points, and encodes back to the same bytes.

use cellward_link::a5::{answers, complete, learn, limits};
use cellward_link::{NoRecords, View};
use cellward_params::parameter::Field as LimitField;
use cellward_params::point::POINTS;
use cellward_params::{Config, Fault, Level, ParamId, Point, Snapshot, Value};
use cellward_units::NoData;
use cellward_wire::a5::{
    Deframer, Frame, FrameError, HOST_WIRED, Message, Piece, Reply, Request, scan,
};
use serde_json::Value as Json;

struct Vector {
    name: String,
    from_host: bool,
    stream: bool,
    bytes: Vec<u8>,
    stated: serde_json::Map<String, Json>,
}

fn vectors() -> Vec<Vector> {
    let list: Vec<Json> = serde_json::from_str(include_str!("vectors/a5.json")).unwrap();
    list.iter()
        .map(|vector| Vector {
            name: vector["name"].as_str().unwrap().to_owned(),
            from_host: vector["direction"] == "host_to_bms",
            stream: vector["stream"] == true,
            bytes: bytes(vector["hex"].as_str().unwrap()),
            stated: vector["decoded"].as_object().unwrap().clone(),
        })
        .collect()
}

fn keys() -> toml::Table {
    include_str!("vectors/a5_keys.toml").parse().unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn messages(stream: &[u8]) -> Vec<Message> {
    let mut deframer = Deframer::new();
    stream.iter().filter_map(|&byte| deframer.push(byte)).collect()
}

fn point(key: &str) -> Point {
    let row = POINTS.iter().find(|row| row.key == key);
    row.unwrap_or_else(|| panic!("no point {key}")).point
}

/// A stated number times its factor, as the integer that it must be.
fn raw(stated: &Json, rule: &toml::Value) -> i64 {
    let factor = rule["factor"].as_integer().unwrap();
    let number = stated.as_f64().unwrap() * factor as f64;
    assert!((number - number.round()).abs() < 1e-6, "{stated} is finer than its unit");
    number.round() as i64
}

/// Everything the frames of a vector say.
fn learnt(messages: &[Message]) -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotCarried);
    for message in messages {
        learn(&mut snapshot, &Reply::parse(message.command, &message.payload));
    }
    complete(&mut snapshot);
    snapshot
}

/// Checks one stated value by its rule; gives how many values were compared.
fn check(vector: &Vector, messages: &[Message], key: &str, stated: &Json, rule: &toml::Value) {
    let name = format!("{} {key}", vector.name);
    let snapshot = learnt(messages);
    let payload = messages[0].payload;
    if let Some(text) = rule.get("special").and_then(toml::Value::as_str) {
        special(vector, messages, &snapshot, text, stated);
    } else if let Some(list) = rule.get("list").and_then(toml::Value::as_str) {
        let single = [stated.clone()];
        let stated = stated.as_array().map_or(&single[..], Vec::as_slice);
        let mut wide = snapshot.clone();
        // The lists end at counts that another command carries.
        wide.cell_count = Ok(48);
        wide.sensor_count = Ok(16);
        for (index, stated) in stated.iter().enumerate() {
            let value = wide.value(point(list), index);
            assert_eq!(value, Some(Value::Number(Ok(raw(stated, rule)))), "{name}[{index}]");
        }
    } else if let Some(key) = rule.get("point").and_then(toml::Value::as_str) {
        match snapshot.value(point(key), 0).unwrap() {
            Value::Number(value) => assert_eq!(value, Ok(raw(stated, rule)), "{name}"),
            Value::Flag(value) => assert_eq!(value, Ok(stated == 1), "{name}"),
            Value::Text(value) => assert_eq!(value, Ok(stated.as_str().unwrap()), "{name}"),
            Value::Word(value) => {
                let word = rule["words"][stated.as_str().unwrap()].as_str().unwrap();
                assert_eq!(value, Ok(word), "{name}");
            }
            other => panic!("{name} is no simple value: {other:?}"),
        }
    } else if rule.get("fault").is_some() || rule.get("parameter").is_some() {
        let parameter = match rule.get("parameter") {
            Some(number) => ParamId(number.as_integer().unwrap().try_into().unwrap()),
            None => {
                let fault = fault(rule["fault"].as_str().unwrap());
                let level = level(rule["level"].as_str().unwrap());
                ParamId::of_limit(fault, level, LimitField::Threshold)
            }
        };
        let reply = Reply::parse(messages[0].command, &payload);
        let found = limits(&reply).find(|limit| limit.0 == parameter);
        assert_eq!(found.map(|limit| i64::from(limit.1)), Some(raw(stated, rule)), "{name}");
    } else if let Some(at) = rule.get("bytes").and_then(toml::Value::as_integer) {
        let hex: String = payload[at as usize..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, stated.as_str().unwrap().to_lowercase(), "{name}");
    } else if let Some(at) = rule.get("at").and_then(toml::Value::as_integer) {
        assert!(rule.get("reason").is_some(), "{name} is no point and has no reason");
        let size = rule["size"].as_integer().unwrap();
        let number = payload[at as usize..(at + size) as usize]
            .iter()
            .fold(0_i64, |number, &byte| number << 8 | i64::from(byte));
        let stated = match stated {
            Json::Bool(yes) => Json::from(i32::from(*yes)),
            other => other.clone(),
        };
        assert_eq!(number, raw(&stated, rule), "{name}");
    } else {
        assert!(rule.get("reason").is_some(), "{name} has an empty rule");
    }
}

fn special(vector: &Vector, messages: &[Message], snapshot: &Snapshot, kind: &str, stated: &Json) {
    let name = &vector.name;
    match kind {
        "command of every frame" => {
            let command = u8::from_str_radix(&stated.as_str().unwrap()[2..], 16).unwrap();
            assert!(messages.iter().all(|message| message.command == command), "{name}");
        }
        "address of every frame" => {
            let address = stated.as_u64().unwrap();
            assert!(messages.iter().all(|m| u64::from(m.address) == address), "{name}");
        }
        "padding of a request" => {
            let padding = u8::from_str_radix(&stated.as_str().unwrap()[2..], 16).unwrap();
            let Request::Read { padding: kept, .. } = Request::parse(&messages[0]) else {
                panic!("{name} is a read");
            };
            assert_eq!(kept, [padding; 8], "{name}");
        }
        "cell frames one by one" => {
            let frames = stated.as_array().unwrap();
            assert_eq!(frames.len(), messages.len(), "{name}");
            for (frame, message) in frames.iter().zip(messages) {
                let Reply::Cells(cells) = Reply::parse(message.command, &message.payload) else {
                    panic!("{name}");
                };
                assert_eq!(frame["frame"], cells.frame, "{name}");
                assert_eq!(frame["byte7"], cells.rest[0], "{name}");
                let millivolts = cells.voltages().map(|v| v.as_millivolts());
                assert_eq!(frame["mV"], Json::from(millivolts.to_vec()), "{name}");
            }
        }
        "temperature frames one by one" => {
            let frames = stated.as_array().unwrap();
            assert_eq!(frames.len(), messages.len(), "{name}");
            for (frame, message) in frames.iter().zip(messages) {
                let Reply::Temperatures(part) = Reply::parse(message.command, &message.payload)
                else {
                    panic!("{name}");
                };
                assert_eq!(frame["frame"], part.frame, "{name}");
                assert_eq!(frame["raw"], Json::from(part.raw.to_vec()), "{name}");
            }
        }
        "cell_bleeding, as numbers from 1" => {
            let bled: Vec<usize> =
                (1..=48).filter(|number| snapshot.cell_bleeding[number - 1] == Ok(true)).collect();
            assert_eq!(stated, &Json::from(bled), "{name}");
        }
        "faults, by the names below" => {
            let names = &keys()["faults"];
            let mut stated: Vec<(Fault, Level)> = stated
                .as_array()
                .unwrap()
                .iter()
                .map(|name| &names[name.as_str().unwrap()])
                .map(|pair| (fault(pair[0].as_str().unwrap()), level(pair[1].as_str().unwrap())))
                .collect();
            let faults = snapshot.faults.as_ref().unwrap();
            let mut found: Vec<_> = faults.iter().map(|f| (f.fault, f.level)).collect();
            stated.sort();
            found.sort();
            assert_eq!(found, stated, "{name}");
        }
        "clock of a request; null is all zeros" => {
            let Request::SetClockAndSoc(set) = Request::parse(&messages[0]) else {
                panic!("{name}");
            };
            assert!(stated.is_null(), "{name}");
            assert_eq!((set.year, set.month, set.day), (0, 0, 0), "{name}");
        }
        "frames that a resynchronising reader finds" => {
            assert_eq!(stated.as_u64().unwrap() as usize, messages.len(), "{name}");
        }
        other => panic!("{name}: no code for {other:?}"),
    }
}

fn fault(key: &str) -> Fault {
    *Fault::ALL.iter().find(|fault| fault.key() == key).unwrap()
}

fn level(key: &str) -> Level {
    *Level::ALL.iter().find(|level| level.key() == key).unwrap()
}

#[test]
fn every_stated_value_is_what_we_decode() {
    let keys = keys();
    let vectors = vectors();
    assert_eq!(vectors.len(), 54);
    for vector in &vectors {
        let found = messages(&vector.bytes);
        assert!(!found.is_empty(), "{} holds no frame", vector.name);
        let section =
            if vector.stream { "stream".to_owned() } else { format!("0x{:02X}", found[0].command) };
        for (key, stated) in &vector.stated {
            let rule = keys
                .get(&section)
                .and_then(|rules| rules.get(key))
                .or_else(|| keys["any"].get(key))
                .unwrap_or_else(|| panic!("{}: key {key} of {section} is unmapped", vector.name));
            check(vector, &found, key, stated, rule);
        }
    }
}

#[test]
fn every_vector_encodes_back_to_the_same_bytes() {
    for vector in vectors().iter().filter(|vector| !vector.stream) {
        let mut again = Vec::new();
        for message in messages(&vector.bytes) {
            let message = if vector.from_host {
                Request::parse(&message).message(message.address)
            } else {
                let reply = Reply::parse(message.command, &message.payload);
                Message { command: reply.command(), payload: reply.payload(), ..message }
            };
            again.extend(message.emit());
        }
        assert_eq!(again, vector.bytes, "{}", vector.name);
    }
}

#[test]
fn points_learnt_from_a_vector_answer_with_the_same_defined_bytes() {
    // Through the map and back: reply to points and settings to reply.
    let mut compared = 0;
    for vector in vectors().iter().filter(|v| !v.from_host && !v.stream) {
        let found = messages(&vector.bytes);
        let mut snapshot = learnt(&found);
        let command = found[0].command;
        // Counts come from another command: as many as the frames hold.
        let cells = if command == 0x95 { 15 } else { 48 };
        snapshot.cell_count = snapshot.cell_count.or(Ok(cells));
        snapshot.sensor_count = snapshot.sensor_count.or(Ok(7));
        let mut config = Config::lifepo4(16);
        for message in &found {
            for (id, raw) in limits(&Reply::parse(message.command, &message.payload)) {
                assert_eq!(config.set(id, raw), Ok(()), "{} sets {id:?}", vector.name);
            }
        }
        let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
        let replies: Vec<Reply> = answers(command, HOST_WIRED, &view).collect();
        for (reply, message) in replies.iter().zip(&found) {
            let defined = reply.defined();
            for (place, (ours, theirs)) in reply.payload().iter().zip(message.payload).enumerate() {
                // 0x53: the sleep delay and the operation mode are no points.
                let unmapped = command == 0x53 && [0, 5, 6].contains(&place);
                if defined >> place & 1 == 1 && !unmapped {
                    assert_eq!(*ours, theirs, "{} byte {place}", vector.name);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 150, "only {compared} bytes compared");
}

#[test]
fn both_streams_resynchronise_and_drop_only_what_is_damaged() {
    let all = vectors();
    let cut = all.iter().find(|v| v.name == "stream_truncated_frame5").unwrap();
    let found = messages(&cut.bytes);
    let numbers: Vec<u8> = found[..5].iter().map(|m| m.payload[0]).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 6]);
    assert_eq!(found[5].command, 0x90);
    let refused: Vec<_> = scan(&cut.bytes)
        .filter_map(|piece| match piece {
            Piece::Refused { bytes, .. } => Some(bytes.len()),
            Piece::Frame(_) => None,
        })
        .collect();
    assert_eq!(refused, [9]);

    let noisy = all.iter().find(|v| v.name == "stream_ff_prefix").unwrap();
    let found = messages(&noisy.bytes);
    assert_eq!(found.len(), 1);
    let snapshot = learnt(&found);
    // 13.2 V, raw 30035 (discharge), 23.9 %: stated in the vector's note.
    assert_eq!(snapshot.value(Point::PackVoltage, 0), Some(Value::Number(Ok(13_200))));
    assert_eq!(snapshot.value(Point::PackCurrent, 0), Some(Value::Number(Ok(-3_500))));
    assert_eq!(snapshot.value(Point::SocShown, 0), Some(Value::Number(Ok(2_390))));
}

#[test]
fn an_echo_of_a_sleeping_board_is_no_reply() {
    let all = vectors();
    let echo = all.iter().find(|v| v.name == "sleep_echo").unwrap();
    assert!(messages(&echo.bytes)[0].from_host());
    for vector in all.iter().filter(|v| !v.from_host && v.name != "sleep_echo") {
        assert!(messages(&vector.bytes).iter().all(|m| !m.from_host()), "{}", vector.name);
    }
}

#[test]
fn damaged_frames_are_refused() {
    let refused = |hex: &str, error| {
        let bytes = bytes(hex);
        assert_eq!(Frame::new_checked(&bytes).unwrap_err(), error);
        assert_eq!(messages(&bytes), []);
    };
    // One bit of a cell voltage flipped.
    refused(
        "A5 01 95 08 01 0E C0 0E C2 0E C6 20 D7",
        FrameError::WrongCheck { sent: 0xD7, computed: 0xD6 },
    );
    // The check byte itself damaged.
    refused(
        "A5 01 90 08 02 14 00 00 75 45 03 78 8B",
        FrameError::WrongCheck { sent: 0x8B, computed: 0x89 },
    );
    // A length of seven, check made to fit.
    refused("A5 01 90 07 02 14 00 00 75 45 03 78 88", FrameError::WrongLength { found: 7 });
    // The last byte lost.
    refused("A5 01 93 08 02 01 01 78 00 03 CB 40", FrameError::TooShort { have: 12 });
    // The first byte lost.
    refused("01 93 08 02 01 01 78 00 03 CB 40 CB 00", FrameError::NoStart { found: 0x01 });
}
