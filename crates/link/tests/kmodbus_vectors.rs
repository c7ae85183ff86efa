//! Every vector of the two near-Modbus dialects decodes through the map to what it states, by the
//! committed mapping from its keys to our points, and encodes back to the same bytes.

use std::collections::BTreeSet;

use cellward_link::kmodbus::{ByteOrder, Dialect, complete, learn, settings, words};
use cellward_link::map::Meaning;
use cellward_link::{NoRecords, View};
use cellward_params::parameter::Field;
use cellward_params::point::POINTS;
use cellward_params::{Config, Fault, Level, ParamId, Point, Snapshot, Value};
use cellward_units::NoData;
use cellward_wire::modbus::{Head, Reply, Request, WriteForm, reply_rtu, request_rtu};
use serde_json::Value as Json;

struct Vector {
    dialect: Dialect,
    name: String,
    from_host: bool,
    wrong: bool,
    bytes: Vec<u8>,
    stated: serde_json::Map<String, Json>,
}

fn vectors() -> Vec<Vector> {
    let files = [
        (Dialect::D2, include_str!("vectors/kmodbus-d2.json")),
        (Dialect::P81, include_str!("vectors/kmodbus-p81.json")),
    ];
    let of_file = |(dialect, text)| {
        let list: Vec<Json> = serde_json::from_str(text).unwrap();
        list.into_iter().map(move |vector| Vector {
            dialect,
            name: vector["name"].as_str().unwrap().to_owned(),
            from_host: vector["direction"] == "host_to_bms",
            wrong: vector["expect_crc_error"] == true,
            bytes: vector["hex"]
                .as_str()
                .unwrap()
                .split_whitespace()
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect(),
            stated: vector["decoded"].as_object().unwrap().clone(),
        })
    };
    files.into_iter().flat_map(of_file).collect()
}

fn keys() -> toml::Table {
    include_str!("vectors/kmodbus_keys.toml").parse().unwrap()
}

/// What a vector says.
#[allow(clippy::large_enum_variant, reason = "tests may be blunt")]
enum Said {
    Asks(Request),
    /// The replies with their lengths.
    Answers(Vec<(Reply, usize)>),
}

fn said(vector: &Vector) -> Said {
    if vector.from_host {
        let Head::Frame { body, len, .. } = request_rtu(&vector.bytes, WriteForm::Lenient) else {
            panic!("{} is no request", vector.name);
        };
        assert_eq!(len, vector.bytes.len());
        return Said::Asks(body);
    }
    let mut rest = &vector.bytes[..];
    let mut replies = Vec::new();
    while !rest.is_empty() {
        let Head::Frame { address, body, len } = reply_rtu(rest) else {
            panic!("{} is no reply", vector.name);
        };
        let number = if vector.name.ends_with("board2") { 2 } else { 1 };
        assert_eq!(address, vector.dialect.reply_address(number), "{}", vector.name);
        replies.push((body, len));
        rest = &rest[len..];
    }
    Said::Answers(replies)
}

/// The first register and the words of a read reply.
fn read(vector: &Vector, replies: &[(Reply, usize)]) -> Option<(u16, Vec<u16>)> {
    let [(Reply::Words { words, .. }, _)] = replies else {
        return None;
    };
    let stated = vector.stated.get("start").and_then(Json::as_u64);
    let listed = keys()["starts"].get(&vector.name).and_then(toml::Value::as_integer);
    let start = stated.or_else(|| listed.map(|start| start as u64));
    let start = start.unwrap_or_else(|| panic!("{}: which registers?", vector.name));
    Some((start as u16, words.to_vec()))
}

fn learnt(vector: &Vector, start: u16, words: &[u16]) -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotCarried);
    learn(vector.dialect, start, words, ByteOrder::Wire, &mut snapshot);
    complete(&mut snapshot);
    snapshot
}

fn point(key: &str) -> Point {
    POINTS.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no point {key}")).point
}

/// A stated number times its factor, as the integer that it must be.
fn raw(stated: &Json, factor: i64) -> i64 {
    let number = stated.as_f64().unwrap() * factor as f64;
    assert!((number - number.round()).abs() < 1e-6, "{stated} is finer than its unit");
    number.round() as i64
}

fn number(stated: &Json) -> u64 {
    match stated {
        Json::String(hex) => u64::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap(),
        other => other.as_u64().unwrap(),
    }
}

fn limit(found: &[(ParamId, i32)], fault: Fault, level: Level, field: Field) -> i64 {
    let id = ParamId::of_limit(fault, level, field);
    i64::from(found.iter().find(|setting| setting.0 == id).expect("a setting").1)
}

fn check_limits(found: &[(ParamId, i32)], fault: Fault, stated: &Json, factor: i64) {
    let stated: Vec<i64> = stated
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(place, stated)| raw(stated, if place == 3 { 1 } else { factor }))
        .collect();
    let ours = [
        limit(found, fault, Level::Alarm, Field::Threshold),
        limit(found, fault, Level::Protection, Field::Threshold),
        limit(found, fault, Level::Protection, Field::Recovery),
        limit(found, fault, Level::Protection, Field::Delay),
    ];
    assert_eq!(ours[..stated.len()], stated[..], "{fault:?}");
    for field in [Field::Recovery, Field::Delay] {
        let [one, other] = [Level::Alarm, Level::Protection].map(|l| limit(found, fault, l, field));
        assert_eq!(one, other, "{fault:?} shares its {field:?}");
    }
}

fn check_rule(
    vector: &Vector,
    start: u16,
    words: &[u16],
    name: &str,
    stated: &Json,
    rule: &toml::Value,
) {
    let snapshot = learnt(vector, start, words);
    let factor = rule.get("factor").and_then(toml::Value::as_integer).unwrap_or(1);
    let found: Vec<_> = settings(vector.dialect, start, words).collect();
    if let Some(list) = rule.get("list").and_then(toml::Value::as_str) {
        for (index, stated) in stated.as_array().unwrap().iter().enumerate() {
            let value = snapshot.value(point(list), index);
            assert_eq!(value, Some(Value::Number(Ok(raw(stated, factor)))), "{name}[{index}]");
        }
    } else if let Some(key) = rule.get("point").and_then(toml::Value::as_str) {
        match snapshot.value(point(key), 0).unwrap() {
            Value::Number(value) => assert_eq!(value, Ok(raw(stated, factor)), "{name}"),
            Value::Text(value) => assert_eq!(value, Ok(stated.as_str().unwrap()), "{name}"),
            Value::Word(value) => {
                let word = rule["words"][stated.as_u64().unwrap() as usize].as_str();
                assert_eq!(value.ok(), word, "{name}");
            }
            other => panic!("{name} is no simple value: {other:?}"),
        }
    } else if let Some(key) = rule.get("limits").and_then(toml::Value::as_str) {
        let fault = *Fault::ALL.iter().find(|fault| fault.key() == key).unwrap();
        check_limits(&found, fault, stated, factor);
    } else if let Some(id) = rule.get("parameter").and_then(toml::Value::as_integer) {
        let setting = found.iter().find(|setting| i64::from(setting.0.0) == id).unwrap();
        assert_eq!(i64::from(setting.1), raw(stated, factor), "{name}");
    } else if let Some(at) = rule.get("at").and_then(toml::Value::as_integer) {
        assert!(rule.get("reason").is_some(), "{name} is no point and has no reason");
        let bias = rule.get("bias").and_then(toml::Value::as_integer).unwrap_or(0);
        let word = words[usize::try_from(at).unwrap() - usize::from(start)];
        assert_eq!(i64::from(word), raw(stated, factor) + bias, "{name}");
    } else {
        panic!("{name} has an empty rule");
    }
}

fn at(start: u16, words: &[u16], register: u16) -> u16 {
    words[usize::from(register - start)]
}

/// Checks of replies to reads that are more than a table can say.
fn check_read(vector: &Vector, start: u16, words: &[u16], kind: &str, stated: &Json) {
    let name = &vector.name;
    let snapshot = learnt(vector, start, words);
    let celsius = |value: Result<cellward_units::Temperature, NoData>| {
        value.map(|t| i64::from(t.as_celsius()))
    };
    match kind {
        "count" => assert_eq!(number(stated), words.len() as u64, "{name}"),
        "words" => match stated {
            Json::Array(list) => {
                let stated: Vec<u16> = list.iter().map(|word| number(word) as u16).collect();
                assert_eq!(stated, words, "{name}");
            }
            text => {
                let (count, word) = text.as_str().unwrap().split_once(" x ").unwrap();
                assert_eq!(count.parse(), Ok(words.len()), "{name}");
                let word = number(&Json::from(word)) as u16;
                assert!(words.iter().all(|&sent| sent == word), "{name}");
            }
        },
        "no fault" => {
            assert!(stated.as_array().unwrap().iter().all(|word| number(word) == 0));
            assert_eq!(snapshot.faults.unwrap().len(), 0, "{name}");
        }
        "no cell is bled" => {
            assert_eq!(stated, &Json::from(vec![0, 0]));
            assert!(snapshot.cell_bleeding.iter().all(|&bled| bled == Ok(false)), "{name}");
        }
        "whether any cell is bled" => {
            // One register says whether; which ones it cannot say.
            let expected = if number(stated) == 0 { Ok(false) } else { Err(NoData::Unknown) };
            assert_eq!(snapshot.cell_bleeding[0], expected, "{name}");
        }
        "cell count" => assert_eq!(snapshot.cell_count, Ok(number(stated) as u32), "{name}"),
        "board number" => assert_eq!(number(stated), u64::from(board(vector)), "{name}"),
        "highest temperature, unless 0" | "lowest temperature, unless 0" => {
            let (place, value) = if kind.starts_with('h') {
                (0x2D, snapshot.highest_temperature)
            } else {
                (0x2E, snapshot.lowest_temperature)
            };
            assert_eq!(i64::from(at(start, words, place)) - 40, stated.as_i64().unwrap());
            // A register of 0 beside sensors at 20 °C says nothing, and the sensors count.
            if stated != -40 {
                assert_eq!(celsius(value), Ok(stated.as_i64().unwrap()), "{name}");
            } else {
                assert!(celsius(value).unwrap() >= 20, "{name}");
            }
        }
        "charge switch" | "discharge switch" => {
            let charge = kind.starts_with('c');
            let live = if charge {
                snapshot.charge_switch_closed
            } else {
                snapshot.discharge_switch_closed
            };
            let on = number(stated) == 1;
            match start {
                0x100 => {
                    let register = if charge { 0x121 } else { 0x122 };
                    assert_eq!(u64::from(at(start, words, register)), number(stated), "{name}");
                }
                _ => assert_eq!(live, Ok(on), "{name}"),
            }
        }
        "cell difference, live or as limits" => match stated {
            Json::Array(_) => {
                let found: Vec<_> = settings(vector.dialect, start, words).collect();
                check_limits(&found, Fault::CellDifference, stated, 1);
            }
            // One synthetic frame states a difference that its cells do not have; we derive it.
            stated => assert_eq!(number(stated), u64::from(at(start, words, 0x38)), "{name}"),
        },
        "switch temperature or its limits" => match stated {
            Json::Array(_) => {
                let found: Vec<_> = settings(vector.dialect, start, words).collect();
                // Stated are L1, L2 and recovery as 90, 110, 105.
                check_limits(&found, Fault::SwitchOverTemperature, stated, 10);
            }
            stated => {
                assert_eq!(celsius(snapshot.switch_temperature), Ok(stated.as_i64().unwrap()))
            }
        },
        "no switch temperature" => {
            assert_eq!(snapshot.switch_temperature, Err(NoData::Unknown), "{name}");
        }
        "state of charge, read or written" => {
            let value = snapshot.value(Point::SocShown, 0);
            assert_eq!(value, Some(Value::Number(Ok(raw(stated, 100)))), "{name}");
        }
        "password" => {
            let register = if vector.dialect == Dialect::D2 { 0xC9 } else { 0x126 };
            let bytes: Vec<u8> =
                (0..3).flat_map(|n| at(start, words, register + n).to_be_bytes()).collect();
            assert_eq!(bytes, stated.as_str().unwrap().as_bytes(), "{name}");
        }
        "date of build" => {
            let text: Vec<u8> =
                (0x199..0x19F).flat_map(|r| at(start, words, r).to_be_bytes()).collect();
            assert_eq!(String::from_utf8(text).unwrap().trim(), stated.as_str().unwrap(), "{name}");
        }
        "function" => assert_eq!(number(stated), 3, "{name}"),
        "start" => assert_eq!(number(stated), u64::from(start), "{name}"),
        other => panic!("{name}: no code for {other:?} of a read"),
    }
}

fn board(vector: &Vector) -> u8 {
    match vector.dialect {
        Dialect::D2 => 1,
        Dialect::P81 if vector.from_host => vector.bytes[0] - 0x80,
        Dialect::P81 => vector.bytes[0] - 0x50,
    }
}

/// Checks of requests and of replies to writes.
fn check_other(vector: &Vector, said: &Said, kind: &str, stated: &Json) {
    let name = &vector.name;
    let (start, second, words) = match said {
        Said::Asks(Request::Read { start, count, .. }) => (*start, *count, vec![]),
        Said::Asks(Request::WriteOne { register, value }) => (*register, *value, vec![*value]),
        Said::Asks(Request::WriteMany { start, words, byte_count }) => {
            assert!(!byte_count, "{name}");
            (*start, words.len() as u16, words.to_vec())
        }
        Said::Answers(replies) => match replies[0].0 {
            Reply::WroteOne { register, value } => (register, value, vec![value]),
            Reply::WroteMany { start, count } => (start, count, vec![]),
            Reply::Exception { code, .. } => (0, code.into(), vec![]),
            Reply::Words { .. } => (0, 0, vec![]),
        },
        Said::Asks(_) => panic!("{name}"),
    };
    let stated_number = || number(stated);
    match kind {
        "function" => assert_eq!(stated_number(), u64::from(vector.bytes[1]), "{name}"),
        "start" | "register" => assert_eq!(stated_number(), u64::from(start), "{name}"),
        "count" | "value" | "count of the reply" | "code" => {
            assert_eq!(stated_number(), u64::from(second), "{name}");
        }
        "words" => {
            let list: Vec<u16> =
                stated.as_array().unwrap().iter().map(|n| number(n) as u16).collect();
            assert_eq!(list, words, "{name}");
        }
        "board number" => assert_eq!(stated_number(), u64::from(board(vector)), "{name}"),
        "state of charge, read or written" => {
            assert_eq!(i64::from(second), raw(stated, 10), "{name}");
        }
        "clock of a write" => {
            let command = vector.dialect.row(start).unwrap().meaning.command(&words);
            let Some(cellward_params::Command::SetClock(clock)) = command else {
                panic!("{name}: {command:?}");
            };
            let stated = cellward_params::DateTime::parse(stated.as_str().unwrap());
            assert_eq!(Some(clock), stated, "{name}");
        }
        "lengths of the frames" => {
            let Said::Answers(replies) = said else { panic!("{name}") };
            let lengths: Vec<usize> = replies.iter().map(|reply| reply.1).collect();
            assert_eq!(stated, &Json::from(lengths), "{name}");
        }
        other => panic!("{name}: no code for {other:?}"),
    }
}

#[test]
fn every_stated_value_is_what_we_decode() {
    let keys = keys();
    let vectors = vectors();
    assert_eq!(vectors.len(), 64);
    for vector in vectors.iter().filter(|vector| !vector.wrong) {
        let said = said(vector);
        let read = match &said {
            Said::Answers(replies) => read(vector, replies),
            Said::Asks(_) => None,
        };
        for (key, stated) in &vector.stated {
            let name = format!("{} {key}", vector.name);
            let rule = keys["any"].get(key).unwrap_or_else(|| panic!("{name} is unmapped"));
            let special = rule.get("special").and_then(toml::Value::as_str);
            match (&read, special) {
                (Some((start, words)), Some(kind)) => {
                    check_read(vector, *start, words, kind, stated);
                }
                (Some((start, words)), None) if key != "note" => {
                    check_rule(vector, *start, words, &name, stated, rule);
                }
                (None, Some(kind)) => check_other(vector, &said, kind, stated),
                (_, None) if rule.get("reason").is_some() => {}
                (None, None) => {
                    // A computed reply of board 2 is a read like any other.
                    panic!("{name} needs a read");
                }
                (Some(_), None) => {}
            }
        }
    }
}

#[test]
fn the_reply_with_the_wrong_check_says_nothing() {
    let vectors = vectors();
    let wrong: Vec<_> = vectors.iter().filter(|vector| vector.wrong).collect();
    assert_eq!(wrong.len(), 1);
    assert!(matches!(reply_rtu(&wrong[0].bytes), Head::Not(_)));
}

#[test]
fn every_vector_encodes_back_to_the_same_bytes() {
    for vector in vectors().iter().filter(|vector| !vector.wrong) {
        let again: Vec<u8> = match said(vector) {
            Said::Asks(request) => request.emit_rtu(vector.bytes[0]).to_vec(),
            Said::Answers(replies) => replies
                .iter()
                .flat_map(|reply| reply.0.emit_rtu(vector.bytes[0]).to_vec())
                .collect(),
        };
        assert_eq!(again, vector.bytes, "{}", vector.name);
    }
}

#[test]
fn what_is_learnt_from_a_vector_is_answered_with_the_same_registers() {
    let mut compared = 0;
    for vector in vectors().iter().filter(|vector| !vector.wrong && !vector.from_host) {
        let Said::Answers(replies) = said(vector) else { continue };
        let Some((start, sent)) = read(vector, &replies) else { continue };
        let mut snapshot = learnt(vector, start, &sent);
        // Counts may stand in another block.
        snapshot.cell_count = snapshot.cell_count.or(Ok(48));
        snapshot.sensor_count = snapshot.sensor_count.or(Ok(8));
        let mut config = Config::lifepo4(16);
        let mut refused = BTreeSet::new();
        for (id, raw) in settings(vector.dialect, start, &sent) {
            // Other boards allow more than ours; those settings cannot come back from it.
            if config.set(id, raw).is_err() {
                refused.insert(id);
            }
        }
        let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
        let count = sent.len() as u16;
        let again = words(vector.dialect, start, count, &view).unwrap();
        for ((register, theirs), ours) in (start..).zip(&sent).zip(&again) {
            let row = vector.dialect.row(register).unwrap();
            let settable = row.meaning.settings(u32::from(*theirs));
            let skipped = match row.meaning {
                // Not learnt: no point, a permission that only reasons tell, or derived.
                Meaning::Unmapped(_) | Meaning::Permission(_) => true,
                Meaning::Derived(_) => vector.name.ends_with("62_4s") || *theirs == 1,
                // Marked as absent, and told as found in the sensors or cells instead.
                _ if row.absent.marks(u32::from(*theirs)) => true,
                Meaning::Number { point: Point::CellVoltageDifference, .. } => true,
                // Past the last cell or sensor boards send anything.
                Meaning::List { point, first, .. } => {
                    let index = u16::from(first) + register - row.register;
                    usize::from(index) >= snapshot.count(point.row().shape)
                }
                // D2's masks alone are not sure enough to be believed.
                Meaning::Part { point: Point::CellBleeding } => snapshot.cell_bleeding[0].is_err(),
                // Two boards have their hardware version further behind.
                Meaning::Text { point: Point::HardwareVersion | Point::BatteryCode } => {
                    vector.name.ends_with("4012") || vector.name.ends_with("1012")
                }
                _ => settable.iter().any(|setting| refused.contains(&setting.0)),
            };
            if !skipped {
                assert_eq!(ours, theirs, "{} register {register:#06x}", vector.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "only {compared} registers compared");
}
