//! Recordings made from the public descriptions of D2, p81, Pylon and Sinowealth, beyond those that
//! were captured. Each is built here with a check of its own and compared with what the description
//! says by hand.

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

fn read(address: u8, start: u16, count: u16) -> Vec<u8> {
    let mut bytes = vec![address, 3];
    bytes.extend(start.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    closed(bytes)
}

fn reply(address: u8, words: &[u16]) -> Vec<u8> {
    let mut bytes = vec![address, 3, u8::try_from(words.len() * 2).unwrap()];
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    closed(bytes)
}

fn pylon(code: u8, payload: &[u8]) -> Vec<u8> {
    let digits = payload.len() * 2;
    let sum = (digits >> 8) + (digits >> 4 & 0xF) + (digits & 0xF);
    let length = (16 - sum % 16) % 16 * 4096 + digits;
    let hex: String = payload.iter().map(|byte| format!("{byte:02X}")).collect();
    let body = format!("200246{code:02X}{length:04X}{hex}");
    let sum: u32 = body.bytes().map(u32::from).sum();
    format!("~{body}{:04X}\r", (0x1_0000 - sum) & 0xFFFF).into_bytes()
}

fn decode(protocol: Protocol, parts: &[Vec<u8>]) -> Decoded {
    Decoder::new(protocol, None).decode(&parts.concat(), None)
}

fn says(decoded: &Decoded, stated: &Json) {
    for (key, value) in stated.as_object().unwrap() {
        let found = decoded.json.get(key).cloned().unwrap_or(Json::Null);
        assert_eq!(&found, value, "{key} in {}", decoded.text);
    }
}

/// The status of a D2 board with so many cells, the first at 3,000 mV and each 1 mV above the last.
fn status(cells: u16, change: &[(usize, u16)]) -> Vec<u16> {
    let mut words = vec![0_u16; 62];
    for cell in 0..cells {
        words[usize::from(cell)] = 3_000 + cell;
    }
    words[0x20..0x28].fill(0xFF);
    words[0x28] = 3 * 10 * cells;
    words[0x29] = 30_000;
    words[0x31] = cells;
    for &(register, word) in change {
        words[register] = word;
    }
    words
}

#[test]
fn boards_of_3_and_24_cells_have_so_many_and_no_slot_more() {
    for cells in [3, 24, 32] {
        let decoded = decode(Protocol::KmodbusD2, &[reply(0xD2, &status(cells, &[]))]);
        let expected: Vec<u16> = (0..cells).map(|cell| 3_000 + cell).collect();
        says(&decoded, &json!({"cell_count": cells, "cell_voltage_mv": expected}));
    }
}

#[test]
fn currents_sensors_and_temperatures_at_their_edges() {
    let change = [(0x29, 0), (0x32, 3), (0x20, 0), (0x21, 0xFF), (0x22, 40), (0x2A, 1_001)];
    let decoded = decode(Protocol::KmodbusD2, &[reply(0xD2, &status(4, &change))]);
    says(
        &decoded,
        &json!({
            "current_ma": -3_000_000, "soc_percent": 100.1,
            "sensor_count": 3, "temperature_c": [-40.0, null, 0.0],
        }),
    );
    let change = [(0x29, 29_999)];
    let decoded = decode(Protocol::KmodbusD2, &[reply(0xD2, &status(4, &change))]);
    says(&decoded, &json!({"current_ma": -100, "sensor_count": 0}));
}

#[test]
fn every_fault_bit_at_once_is_a_list_of_faults_and_none_is_an_empty_one() {
    let all: Vec<(usize, u16)> = (0x3A..0x3E).map(|register| (register, 0xFFFE)).collect();
    let decoded = decode(Protocol::KmodbusD2, &[reply(0xD2, &status(4, &all))]);
    let faults = decoded.json["faults"].as_array().unwrap();
    let keys: Vec<&str> = faults.iter().map(|fault| fault["fault"].as_str().unwrap()).collect();
    for key in ["cell_over_voltage", "discharge_over_temperature", "low_soc"] {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
    let none = decode(Protocol::KmodbusD2, &[reply(0xD2, &status(4, &[]))]);
    assert_eq!(none.json["faults"], json!([]));
    // 0x6D to 0x73: the cells at level 2 high (low byte, bits 0 to 2), nothing else.
    let levels = decode(Protocol::KmodbusP81, &[reply(0x51, &[2, 0, 0, 0, 0, 0, 0])]);
    assert_eq!(levels.json["faults"][0]["fault"], "cell_over_voltage");
    assert_eq!(levels.json["faults"][0]["level"], "l2");
    assert_eq!(levels.json["faults"].as_array().unwrap().len(), 1);
}

#[test]
fn a_list_without_its_count_is_as_long_as_what_was_sent() {
    let cells: Vec<u16> = (0..48).map(|cell| 3_300 + cell).collect();
    let decoded = decode(Protocol::KmodbusP81, &[read(0x90, 0, 48), reply(0x60, &cells)]);
    says(&decoded, &json!({"cell_voltage_mv": cells, "cell_count": null}));
    assert_eq!(decoded.json["frames"][1]["board"], 16);
    let masks = decode(Protocol::KmodbusP81, &[read(0x81, 0x4F, 3), reply(0x51, &[1, 0, 0x8000])]);
    let bled = masks.json["cell_bleeding"].as_array().unwrap();
    let which: Vec<usize> = (0..48).filter(|&cell| bled[cell] == true).collect();
    assert_eq!((bled.len(), which), (48, vec![0, 47]));
}

#[test]
fn boards_on_one_wire_are_kept_apart() {
    let decoded = decode(
        Protocol::KmodbusP81,
        &[
            read(0x81, 0x38, 2),
            read(0x82, 0x38, 2),
            reply(0x52, &[530, 29_000]),
            reply(0x51, &[520, 31_000]),
        ],
    );
    let boards = &decoded.json["boards"];
    assert_eq!(boards["1"]["current_ma"], 100_000);
    assert_eq!(boards["2"]["current_ma"], -100_000);
    assert_eq!(decoded.json.get("current_ma"), None, "whose would it be?");
}

#[test]
fn a_reply_belongs_to_the_oldest_question_of_its_length_and_two_are_both_said() {
    let (password, date) = ([0x3132, 0x3334, 0x3536], [0x1A03, 0x1A00]);
    let decoded = decode(
        Protocol::KmodbusD2,
        &[read(0xD2, 0xC9, 3), read(0xD2, 0xCC, 2), reply(0xD2, &password), reply(0xD2, &date)],
    );
    let start = |decoded: &Decoded, frame: usize| decoded.json["frames"][frame]["start"].clone();
    assert_eq!((start(&decoded, 2), start(&decoded, 3)), (json!(0xC9), json!(0xCC)));
    assert_eq!(decoded.json["production_date"], "2026-03-26");
    // One of two questions of the same length got no answer.
    let both = decode(
        Protocol::KmodbusD2,
        &[read(0xD2, 0xCC, 2), read(0xD2, 0x29, 2), reply(0xD2, &date)],
    );
    assert_eq!(start(&both, 2), Json::Null);
    let possible = both.json["frames"][2]["possible"].as_array().unwrap();
    let starts: Vec<&Json> = possible.iter().map(|one| &one["start"]).collect();
    assert_eq!(starts, [0xCC, 0x29]);
    assert_eq!(both.json.get("production_date"), None);
}

#[test]
fn a_length_that_no_program_reads_gives_raw_registers_alone() {
    let decoded = decode(Protocol::KmodbusD2, &[reply(0xD2, &[1, 2, 3, 4])]);
    let frame = &decoded.json["frames"][0];
    assert_eq!(frame["start"], Json::Null);
    assert_eq!(frame["start_guessed"], false);
    assert_eq!(frame["registers"], json!([1, 2, 3, 4]));
    assert!(decoded.text.contains("not known without the request"));
}

#[test]
fn registers_at_the_very_end_are_no_panic() {
    let decoded = decode(Protocol::KmodbusD2, &[read(0xD2, 0xFFFF, 2), reply(0xD2, &[1, 2])]);
    assert_eq!(decoded.frames, 2);
    let mut decoder = Decoder::new(Protocol::KmodbusP81, Some(0xFFFF));
    assert_eq!(decoder.decode(&reply(0x51, &[0; 125]), None).frames, 1);
}

#[test]
fn an_exception_names_what_it_refuses_and_another_dialect_is_refused() {
    let exception = closed(vec![0xD2, 0x83, 2]);
    let decoded = decode(Protocol::KmodbusD2, &[read(0xD2, 0x150, 2), exception]);
    let frame = &decoded.json["frames"][1];
    assert_eq!((&frame["exception"], &frame["start"]), (&json!(2), &json!(0x150)));
    assert_eq!(
        frame["says"],
        "refused function 0x03: illegal address; asked last was register 0x0150"
    );
    let other = decode(Protocol::KmodbusD2, &[read(0x81, 0, 62)]);
    assert_eq!((other.frames, other.refused), (0, 1));
    let edge = |address| decode(Protocol::KmodbusP81, &[read(address, 0, 62)]).frames;
    assert_eq!([0x80, 0x81, 0x90, 0x91].map(edge), [0, 1, 1, 0]);
}

#[test]
fn the_echo_of_a_write_is_its_reply_and_settings_are_named() {
    // Cell over-voltage, alarm: 3,650 mV.
    let write = closed(vec![0xD2, 6, 0, 0x8B, 0x0E, 0x42]);
    let decoded = decode(Protocol::KmodbusD2, &[write.clone(), write.clone()]);
    let frames = &decoded.json["frames"];
    assert_eq!(
        (&frames[0]["direction"], &frames[1]["direction"]),
        (&json!("either"), &json!("reply"))
    );
    assert_eq!(frames[0]["cell_over_voltage_l1_threshold_mv"], 3_650);
    let mut decoder = Decoder::new(Protocol::KmodbusD2, None);
    for (way, direction) in [(Way::Sent, "request"), (Way::Sent, "request"), (Way::Came, "reply")] {
        let told = decoder.decode(&write, Some(way));
        assert_eq!(told.json["frames"][0]["direction"], direction);
    }
    let off = decode(Protocol::KmodbusP81, &[closed(vec![0x81, 6, 1, 0x21, 0, 0])]);
    assert_eq!(off.json["frames"][0]["command"], "allow_switch");
    assert_eq!(off.json["frames"][0]["means"], "the charge switch must open");
}

#[test]
fn all_values_of_a_pylon_system_have_names_and_units() {
    let mut payload = Vec::new();
    for word in [53_200_u16, 0xFFFF] {
        payload.extend(word.to_be_bytes());
    }
    payload.extend([88, 0, 12, 0, 34, 99, 98]);
    payload.extend([0x0D, 0xAC, 1, 16, 0x0C, 0xE4, 2, 3]);
    for _ in 0..3 {
        // 25.0, 30.0 and -10.0 °C.
        payload.extend([0x0B, 0xA5, 0x0B, 0xD7, 1, 4, 0x0A, 0x47, 2, 5]);
    }
    assert_eq!(payload.len(), 49);
    let decoded = decode(Protocol::PylonRs485, &[pylon(0x61, &[1]), pylon(0, &payload)]);
    says(
        &decoded,
        &json!({
            "pack_voltage_mv": 53_200, "current_ma": -10, "soc_percent": 88,
            "cycles_average": 12, "cycles_most": 34,
            "soh_average_percent": 99, "soh_least_percent": 98,
            "highest_cell_voltage_mv": 3_500, "highest_cell_module": 1, "highest_cell_number": 16,
            "lowest_cell_voltage_mv": 3_300, "lowest_cell_module": 2, "lowest_cell_number": 3,
            "cell_temperature_average_c": 25.0, "hottest_switch_temperature_c": 30.0,
            "coldest_board_temperature_c": -10.0, "coldest_board_module": 2,
        }),
    );
    assert_eq!(decoded.json["frames"][1]["command_guessed"], false);
    let alone = decode(Protocol::PylonRs485, &[pylon(0, &payload)]);
    assert_eq!(alone.json["frames"][0]["command"], 0x61);
    assert_eq!(alone.json["frames"][0]["command_guessed"], true);
    let repeats = decode(Protocol::PylonRs485, &[pylon(0x61, &payload)]);
    assert_eq!(repeats.json["frames"][0]["direction"], "reply");
    assert_eq!(repeats.json["soc_percent"], 88);
}

#[test]
fn a_pylon_refusal_is_explained_and_damage_is_named() {
    let decoded = decode(Protocol::PylonRs485, &[pylon(0x42, &[2]), pylon(0x90, &[])]);
    let frame = &decoded.json["frames"][1];
    assert_eq!(frame["returned"], "refused, no such battery");
    assert_eq!(frame["command"], 0x42);
    let mut wrong = pylon(0x61, &[1]);
    let len = wrong.len();
    wrong[len - 2] ^= 1;
    let decoded = decode(Protocol::PylonRs485, &[vec![0, 1], wrong, pylon(0x63, &[1])]);
    assert_eq!((decoded.frames, decoded.refused), (1, 1));
    let reason = decoded.json["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("check is "), "{reason}");
    assert_eq!(decoded.json["frames"][0]["offset"], 2 + len);
}

#[test]
fn sinowealth_replies_are_what_their_requests_ask_for() {
    let decoded = decode(
        Protocol::DalySinowealth,
        &[
            vec![0x0A, 1, 2, 0x0C, 0xE4, 0x55],
            vec![0x0A, 2, 2, 0x0C, 0xE5, 0x55],
            vec![0x0A, 3, 2, 0, 0, 0],
            vec![0x0A, 0x0B, 2, 0x34, 0x15, 0x7C],
            vec![0x0A, 0x0C, 2, 0x0B, 0xA4, 0],
            vec![0x0A, 0x10, 4, 0xFF, 0xFF, 0xFC, 0x18, 0],
            vec![0x0A, 0x13, 2, 0, 88, 0],
            vec![0x0A, 0x15, 2, 0, 0x0B, 0],
        ],
    );
    assert_eq!((decoded.frames, decoded.refused), (16, 0));
    says(
        &decoded,
        &json!({
            "cell_voltage_mv": [3_300, 3_301], "pack_voltage_mv": 13_333, "soc_percent": 88.0,
            "temperature_c": [25.0], "current_ma": null, "flow": "discharging",
            "charge_switch_closed": true, "discharge_switch_closed": true,
        }),
    );
    assert_eq!(decoded.json["frames"][11]["current_as_sent_ma"], -1_000);
    assert_eq!(
        decoded.json["frames"][15]["bits"],
        json!(["discharging", "discharge switch closed", "charge switch closed"])
    );
}

#[test]
fn a_sinowealth_reply_without_its_request_or_its_end_is_refused() {
    let alone = decode(Protocol::DalySinowealth, &[vec![0x34, 0x15, 0x7C]]);
    assert_eq!((alone.frames, alone.refused), (0, 1));
    assert!(alone.text.contains("no reply without a request before it"));
    let cut = decode(Protocol::DalySinowealth, &[vec![0x0A, 0x10, 4, 0, 0, 0, 1]]);
    assert_eq!((cut.frames, cut.refused), (1, 1));
    assert_eq!(cut.json["refused"][0]["reason"], "cut short: 4 of the 5 bytes of a reply");
}

#[test]
fn of_any_bytes_each_is_in_one_frame_or_one_refused_run() {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    for protocol in [
        Protocol::A5,
        Protocol::KmodbusD2,
        Protocol::KmodbusP81,
        Protocol::PylonRs485,
        Protocol::DalySinowealth,
    ] {
        for round in 0..100 {
            let mut bytes: Vec<u8> = (0..round).map(|_| next()).collect();
            bytes.extend(pylon(0x61, &[1]));
            bytes.extend(read(0xD2, u16::from(next()), 2));
            bytes.extend(reply(0x51, &[u16::from(next()), 3]));
            bytes.extend([0x0A, 0x0B, 2, next(), next()]);
            for way in [None, Some(Way::Sent), Some(Way::Came)] {
                let decoded = Decoder::new(protocol, None).decode(&bytes, way);
                let mut found = vec![0; bytes.len()];
                let lists = [&decoded.json["frames"], &decoded.json["refused"]];
                for piece in lists.into_iter().flat_map(|list| list.as_array().unwrap()) {
                    let from = usize::try_from(piece["offset"].as_u64().unwrap()).unwrap();
                    let hex = piece["hex"].as_str().unwrap();
                    for (place, byte) in hex.split(' ').enumerate() {
                        assert_eq!(byte, format!("{:02X}", bytes[from + place]));
                        found[from + place] += 1;
                    }
                }
                assert!(found.iter().all(|&times| times == 1), "{protocol:?}: {}", decoded.text);
            }
        }
    }
}

#[test]
fn every_single_fault_bit_of_d2_says_what_the_same_bit_of_a5_says() {
    let mut named = 0;
    for bit in 0..64_u32 {
        let payload = (1_u64 << bit).to_be_bytes();
        let mut frame = vec![0xA5, 1, 0x98, 8];
        frame.extend(payload);
        frame.push(frame.iter().fold(0, |sum: u8, &byte| sum.wrapping_add(byte)));
        let classic = decode(Protocol::A5, &[frame]);
        let word = |place: usize| u16::from_be_bytes([payload[2 * place], payload[2 * place + 1]]);
        let change: Vec<(usize, u16)> = (0..4).map(|place| (0x3A + place, word(place))).collect();
        let newer = decode(Protocol::KmodbusD2, &[reply(0xD2, &status(4, &change))]);
        assert_eq!(newer.json["faults"], classic.json["faults"], "bit {bit}");
        assert_eq!(newer.json["fault_code"], classic.json["fault_code"], "bit {bit}");
        named += newer.json["faults"].as_array().unwrap().len();
    }
    assert!(named > 40, "only {named} bits have a name");
}

#[test]
fn pylon_batteries_that_are_asked_in_turn_answer_in_any_order() {
    let limits = [0xCF, 0xD0, 0xAF, 0xC8, 1, 0xF4, 3, 0xE8, 0x40];
    let to = |address: u8, code: u8, payload: &[u8]| {
        // The address is one digit; its sum goes with it.
        let frame = String::from_utf8(pylon(code, payload)).unwrap();
        let body = format!("20{address:02X}{}", &frame[5..frame.len() - 5]);
        let sum: u32 = body.bytes().map(u32::from).sum();
        format!("~{body}{:04X}\r", (0x1_0000 - sum) & 0xFFFF).into_bytes()
    };
    let decoded = decode(
        Protocol::PylonRs485,
        &[to(2, 0x63, &[2]), to(3, 0x63, &[3]), to(3, 0, &limits), to(2, 0, &limits)],
    );
    assert_eq!((decoded.frames, decoded.refused), (4, 0), "{}", decoded.text);
    for frame in [2, 3] {
        assert_eq!(decoded.json["frames"][frame]["command_guessed"], false, "frame {frame}");
    }
    for battery in ["2", "3"] {
        let own = &decoded.json["batteries"][battery];
        assert_eq!(own["charge_voltage_limit_mv"], 53_200);
        assert_eq!(
            (&own["charge_allowed"], &own["discharge_allowed"]),
            (&json!(false), &json!(true))
        );
    }
}

#[test]
fn a_question_that_was_sent_in_another_dialect_is_no_refusal() {
    let p81 = read(0x81, 0x38, 2);
    let sent = |bytes: &[u8]| Decoder::new(Protocol::A5, None).decode(bytes, Some(Way::Sent));
    let decoded = sent(&p81);
    assert_eq!((decoded.frames, decoded.refused), (1, 0), "{}", decoded.text);
    assert!(decoded.text.contains("sent as p81, which is not decoded here"), "{}", decoded.text);
    // Its check is wrong, so it is nobody's; and what came was not asked by anybody here.
    let mut damaged = p81.clone();
    damaged[7] ^= 1;
    assert_eq!(sent(&damaged).refused, 1);
    let came = Decoder::new(Protocol::A5, None).decode(&p81, Some(Way::Came));
    assert_eq!((came.frames, came.refused), (0, 1));
    // A question of another dialect does not take the place of one that waits for its answer.
    let mut decoder = Decoder::new(Protocol::KmodbusP81, None);
    let _asked = decoder.decode(&p81, Some(Way::Sent));
    assert_eq!(decoder.decode(&read(0xD2, 0, 62), Some(Way::Sent)).refused, 0);
    let answer = decoder.decode(&reply(0x51, &[532, 30_000]), Some(Way::Came));
    assert!(answer.text.contains("as asked before"), "{}", answer.text);
}
