//! Vectors made from the public description of A5, beyond those that were captured: edge values of
//! every command, frames that are numbered, repeated or lost in every way, streams with damage.
//! Each is built byte by byte here, with a sum of its own, and compared with what the description
//! says by hand.

use cellward_host::decode::{Decoded, decode};
use serde_json::{Value as Json, json};

/// A frame as the description lays it out.
fn frame(address: u8, command: u8, payload: [u8; 8]) -> Vec<u8> {
    let mut bytes = vec![0xA5, address, command, 8];
    bytes.extend(payload);
    bytes.push(bytes.iter().fold(0, |sum: u8, &byte| sum.wrapping_add(byte)));
    bytes
}

/// Replies of board 1 to one command.
fn replies(command: u8, payloads: &[[u8; 8]]) -> Decoded {
    let bytes: Vec<u8> = payloads.iter().flat_map(|&payload| frame(1, command, payload)).collect();
    decode(&bytes)
}

/// Checks members of the whole; `null` means that nothing is said.
fn says(name: &str, command: u8, payloads: &[[u8; 8]], stated: &Json) {
    let decoded = replies(command, payloads);
    assert_eq!((decoded.frames, decoded.refused), (payloads.len(), 0), "{name}");
    for (key, value) in stated.as_object().unwrap() {
        let found = decoded.json.get(key).cloned().unwrap_or(Json::Null);
        assert_eq!(&found, value, "{name}: {key} in {}", decoded.text);
    }
}

fn text_frame(number: u8, text: &str) -> [u8; 8] {
    let mut payload = [number; 8];
    payload[1..].copy_from_slice(text.as_bytes());
    payload
}

#[test]
fn live_values_at_their_edges() {
    let cases = [
        (
            "full, gathered too",
            0x90,
            [0x02, 0x10, 0x02, 0x0F, 0x75, 0x30, 0x03, 0xE8],
            json!({"pack_voltage_mv": 52_800, "current_ma": 0, "soc_percent": 100.0}),
        ),
        (
            "raw 0 as sent",
            0x90,
            [0; 8],
            json!({"pack_voltage_mv": 0, "current_ma": 3_000_000, "soc_percent": 0.0}),
        ),
        (
            "raw 65535 as sent, SOC 1001",
            0x90,
            [0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0x03, 0xE9],
            json!({"pack_voltage_mv": null, "current_ma": -3_553_500, "soc_percent": 100.1}),
        ),
        (
            "charging a tenth",
            0x90,
            [0, 1, 0, 0, 0x75, 0x2F, 0, 1],
            json!({"pack_voltage_mv": 100, "current_ma": 100, "soc_percent": 0.1}),
        ),
        (
            "SOC marked absent",
            0x90,
            [2, 0x10, 0, 0, 0x75, 0x31, 0xFF, 0xFF],
            json!({"current_ma": -100, "soc_percent": null}),
        ),
        (
            "FF behind the range",
            0x91,
            [0x0E, 0xC8, 0x30, 0x0E, 0x9C, 0x01, 0xFF, 0xFF],
            json!({"highest_cell_voltage_mv": 3_784, "highest_cell_number": 48,
                "lowest_cell_voltage_mv": 3_740, "lowest_cell_number": 1}),
        ),
        (
            "-40 and 215 as sent",
            0x92,
            [0xFF, 2, 0, 16, 1, 2, 3, 4],
            json!({"highest_temperature_c": 215.0, "highest_temperature_number": 2,
                "lowest_temperature_c": -40.0, "lowest_temperature_number": 16}),
        ),
        (
            "charging, rolled over",
            0x93,
            [1, 1, 0, 0xFF, 0, 4, 0x45, 0xC0],
            json!({"flow": "charging", "charge_switch_closed": true,
                "discharge_switch_closed": false, "heartbeat": 255,
                "remaining_mah": 280_000}),
        ),
        (
            "no such state or switch",
            0x93,
            [3, 2, 0xFF, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            json!({"flow": null, "charge_switch_closed": null, "discharge_switch_closed": null,
                "remaining_mah": null}),
        ),
        (
            "0 cells",
            0x94,
            [0; 8],
            json!({"cell_count": 0, "sensor_count": 0, "charger_present": false, "cycles": 0}),
        ),
        (
            "48 cells, 16 sensors, all lines",
            0x94,
            [48, 16, 1, 1, 0xFF, 0x12, 0x34, 0x99],
            json!({"cell_count": 48, "sensor_count": 16, "charger_present": true,
                "load_present": true, "digital_lines": 255, "cycles": 0x1234}),
        ),
    ];
    for (name, command, payload, stated) in cases {
        says(name, command, &[payload], &stated);
    }
}

#[test]
fn cells_land_where_their_frame_number_says() {
    let one = [1, 0x0C, 0xE4, 0x0C, 0xE5, 0x0C, 0xE6, 0x20];
    let two = [2, 0x0C, 0xE7, 0x0C, 0xE8, 0x0C, 0xE9, 0xFF];
    let both = json!({"cell_voltage_mv": [3_300, 3_301, 3_302, 3_303, 3_304, 3_305]});
    says("in order", 0x95, &[one, two], &both);
    says("turned round", 0x95, &[two, one], &both);
    says("repeated", 0x95, &[one, one, two, two], &both);
    let number = |frame: [u8; 8], number| [&[number], &frame[1..]].concat().try_into().unwrap();
    says("counted from 0", 0x95, &[number(one, 0), number(two, 1)], &both);
    let twice = [number(one, 0), number(two, 1), number(one, 0), number(two, 1)];
    says("two replies counted from 0", 0x95, &twice, &both);
    says("an invalid frame before", 0x95, &[number(two, 0xFF), one, two], &both);
    says("beyond sixteen", 0x95, &[one, two, number(one, 17), number(one, 200)], &both);
    let last = json!({"cell_voltage_mv": (0..48).map(|index| match index {
        45 => json!(3_300), 46 => json!(3_301), 47 => json!(3_302), _ => Json::Null
    }).collect::<Vec<_>>()});
    says("frame 16", 0x95, &[number(one, 16)], &last);
    says(
        "the highest number",
        0x95,
        &[[1, 0xFF, 0xFF, 0, 0, 0xA5, 0xA5, 0xA5]],
        &json!({"cell_voltage_mv": [65_535, 0, 42_405]}),
    );
}

#[test]
fn a_whole_reading_stops_at_the_counts() {
    let mut bytes = frame(1, 0x94, [4, 1, 0, 0, 0, 0, 0, 0x20]);
    for number in 1..=16 {
        bytes.extend(frame(1, 0x95, [number, 0x0D, 0, 0x0D, 1, 0x0D, number, 0]));
    }
    bytes.extend(frame(1, 0x96, [1, 61, 0, 0, 0, 0, 0, 0]));
    bytes.extend(frame(1, 0x96, [2, 0, 0, 0, 0, 0, 0, 0]));
    bytes.extend(frame(1, 0x97, [0xFF; 8]));
    let decoded = decode(&bytes);
    assert_eq!(decoded.json["cell_voltage_mv"], json!([3_328, 3_329, 3_329, 3_328]));
    assert_eq!(decoded.json["temperature_c"], json!([21.0]));
    assert_eq!(decoded.json["cell_bleeding"], json!([true, true, true, true]));
}

#[test]
fn temperatures_of_sixteen_sensors_and_of_none() {
    let raw = |number: u8| {
        let first = 7 * (number - 1);
        let mut payload = [number; 8];
        for (slot, degrees) in payload[1..].iter_mut().zip(first..) {
            *slot = 40 + degrees;
        }
        payload
    };
    let decoded = replies(0x96, &[raw(1), raw(2), raw(3)]);
    let list = decoded.json["temperature_c"].as_array().unwrap();
    let stated: Vec<Json> = (0..16).map(|degrees| json!(f64::from(degrees))).collect();
    assert_eq!(list[..16], stated);
    says(
        "unplugged, -40, 119",
        0x96,
        &[[1, 0xFF, 0, 159, 40, 41, 39, 80]],
        &json!({"temperature_c": [null, -40.0, 119.0, 0.0, 1.0, -1.0, 40.0]}),
    );
    says(
        "counted from 0",
        0x96,
        &[[0, 61, 62, 63, 64, 65, 66, 67], [1, 68, 0, 0, 0, 0, 0, 0]],
        &json!({"temperature_c": [21.0, 22.0, 23.0, 24.0, 25.0, 26.0, 27.0, 28.0,
            -40.0, -40.0, -40.0, -40.0, -40.0, -40.0]}),
    );
}

#[test]
fn every_bleeding_bit_is_one_cell() {
    for cell in 0..48_usize {
        let mut payload = [0; 8];
        payload[cell / 8] = 1 << (cell % 8);
        payload[6] = 0xFF;
        let decoded = replies(0x97, &[payload]);
        let stated: Vec<bool> = (0..48).map(|index| index == cell).collect();
        assert_eq!(decoded.json["cell_bleeding"], json!(stated), "cell {}", cell + 1);
    }
    // Beside cells without a count, the bits are not cut to the frames that were seen.
    let mut bytes = frame(1, 0x95, [1, 0x0C, 0xE4, 0x0C, 0xE4, 0x0C, 0xE4, 0]);
    bytes.extend(frame(1, 0x97, [0, 0x80, 0, 0, 0, 0, 0, 0]));
    assert_eq!(decode(&bytes).json["cell_bleeding"][15], true);
}

/// The failure table, by byte and bit: our fault and level, and the switch where it names one.
const FAILURES: [&str; 52] = [
    "cell_over_voltage l1",
    "cell_over_voltage l2",
    "cell_under_voltage l1",
    "cell_under_voltage l2",
    "pack_over_voltage l1",
    "pack_over_voltage l2",
    "pack_under_voltage l1",
    "pack_under_voltage l2",
    "charge_over_temperature l1",
    "charge_over_temperature l2",
    "charge_under_temperature l1",
    "charge_under_temperature l2",
    "discharge_over_temperature l1",
    "discharge_over_temperature l2",
    "discharge_under_temperature l1",
    "discharge_under_temperature l2",
    "charge_over_current l1",
    "charge_over_current l2",
    "discharge_over_current l1",
    "discharge_over_current l2",
    "high_soc l1",
    "high_soc l2",
    "low_soc l1",
    "low_soc l2",
    "cell_difference l1",
    "cell_difference l2",
    "temperature_difference l1",
    "temperature_difference l2",
    "",
    "",
    "",
    "",
    "switch_over_temperature",
    "switch_over_temperature",
    "switch_sensor_missing",
    "switch_sensor_missing",
    "charge_stuck_closed",
    "discharge_stuck_closed",
    "switch_stuck_open",
    "switch_stuck_open",
    "chip_lost",
    "open_wire",
    "sensor_missing",
    "memory",
    "clock",
    "precharge_failed",
    "host_communication",
    "internal_communication",
    "current_sensor",
    "sum_mismatch",
    "short_circuit",
    "deep_under_voltage",
];

#[test]
fn every_failure_bit_alone_is_the_fault_that_the_table_names() {
    for place in 0..56_usize {
        let mut payload = [0; 8];
        payload[place / 8] = 1 << (place % 8);
        let decoded = replies(0x98, &[payload]);
        let faults = decoded.json["faults"].as_array().unwrap();
        let stated = FAILURES.get(place).copied().unwrap_or_default();
        let Some(fault) = faults.first() else {
            assert_eq!(stated, "", "byte {} bit {}", place / 8, place % 8);
            continue;
        };
        assert_eq!(faults.len(), 1);
        let (name, level) = stated.split_once(' ').unwrap_or((stated, ""));
        assert_eq!(fault["fault"], name, "byte {} bit {}", place / 8, place % 8);
        assert!(level.is_empty() || fault["level"] == level, "{fault} is not {stated}");
    }
    let all = replies(0x98, &[[0xFF; 8]]);
    assert_eq!(all.json["faults"].as_array().unwrap().len(), 48);
    assert_eq!(all.json["fault_code"], 255);
}

#[test]
fn ratings_boards_totals_and_dates() {
    let cases = [
        (
            "1000 Ah, 3.2 V",
            0x50,
            [0, 0x0F, 0x42, 0x40, 0, 0, 0x0C, 0x80],
            json!({"rated_capacity_mah": 1_000_000, "nominal_cell_voltage_mv": 3_200}),
        ),
        (
            "three boards",
            0x51,
            [3, 16, 16, 8, 4, 4, 2, 0xEE],
            json!({"board_count": 3, "board_cell_count": [16, 16, 8],
                "board_sensor_count": [4, 4, 2]}),
        ),
        (
            "totals",
            0x52,
            [0, 0, 0xFF, 0xFF, 0, 1, 0, 0],
            json!({"charged_total_mah": 65_535_000, "discharged_total_mah": 65_536_000}),
        ),
        (
            "LTO, sleep after an hour",
            0x53,
            [1, 2, 24, 2, 29, 0x0E, 0x10, 0],
            json!({"chemistry": "lto", "production_date": "2024-02-29"}),
        ),
        (
            "LFP, no such day",
            0x53,
            [0, 0, 23, 2, 29, 0, 0, 0],
            json!({"chemistry": "lfp", "production_date": null}),
        ),
        (
            "no such chemistry, empty date",
            0x53,
            [1, 9, 0, 0, 0, 0xFF, 0xFF, 0x0A],
            json!({"chemistry": null, "production_date": null}),
        ),
        (
            "year past 99",
            0x53,
            [1, 1, 100, 1, 1, 0xFF, 0xFF, 0x0A],
            json!({"chemistry": "nmc", "production_date": null}),
        ),
        (
            "midnight",
            0x61,
            [0, 1, 1, 0, 0, 0, 3, 0xE8],
            json!({"board_clock": "2000-01-01 00:00:00", "soc_percent": null}),
        ),
        ("garbage clock", 0x61, [0xFF; 8], json!({"board_clock": null})),
        ("hour 24", 0x61, [22, 12, 13, 24, 0, 0, 0, 0], json!({"board_clock": null})),
        ("31 April", 0x61, [22, 4, 31, 1, 2, 3, 0, 0], json!({"board_clock": null})),
        ("year 122", 0x61, [122, 4, 30, 1, 2, 3, 0, 0], json!({"board_clock": null})),
    ];
    for (name, command, payload, stated) in cases {
        says(name, command, &[payload], &stated);
    }
}

#[test]
fn texts_are_put_together_by_number_with_zero_bytes_as_spaces() {
    let code = [
        text_frame(1, "PACK-00"),
        text_frame(2, "12\0\0\0\0\0"),
        text_frame(3, "\0\0\0\0\0\0\0"),
        text_frame(4, "       "),
        text_frame(5, "\0\0\0\0\0\0Z"),
    ];
    let stated = format!("PACK-0012{}Z", " ".repeat(25));
    says("zero bytes", 0x57, &code, &json!({"battery_code": stated}));
    let full: Vec<[u8; 8]> = (1..=5).map(|number| text_frame(number, "abcdefg")).collect();
    says("35 characters", 0x57, &full, &json!({"battery_code": "abcdefg".repeat(5)}));
    let (one, two) = (text_frame(1, "DL-SW-1"), text_frame(2, ".0.7   "));
    let version = json!({"firmware_version": "DL-SW-1.0.7"});
    says("in order", 0x62, &[one, two], &version);
    says("repeated", 0x62, &[one, one, two, two], &version);
    says("read twice", 0x62, &[one, two, one, two], &version);
    says("turned round", 0x62, &[two, one], &version);
    says("counted from 0", 0x62, &[text_frame(0, "DL-SW-1"), text_frame(1, ".0.7   ")], &version);
    says(
        "hardware",
        0x63,
        &[text_frame(1, "DL-BMS-"), text_frame(2, "R32-01E")],
        &json!({"hardware_version": "DL-BMS-R32-01E"}),
    );
    says("index", 0x54, &[*b"20230101"], &json!({"firmware_index": "20230101"}));
    says("empty", 0x54, &[[0; 8]], &json!({"firmware_index": null}));
}

#[test]
fn limits_at_their_edges() {
    let cases = [
        (
            "cells",
            0x59,
            [0x0E, 0x42, 0x0E, 0x74, 0x0B, 0xB8, 0, 0],
            json!({"cell_over_voltage_l1_threshold_mv": 3_650,
                "cell_over_voltage_l2_threshold_mv": 3_700,
                "cell_under_voltage_l1_threshold_mv": 3_000,
                "cell_under_voltage_l2_threshold_mv": 0}),
        ),
        (
            "pack",
            0x5A,
            [0xFF, 0xFF, 2, 0x50, 1, 0xE0, 1, 0xC0],
            json!({"pack_over_voltage_l1_threshold_mv": 6_553_500,
                "pack_over_voltage_l2_threshold_mv": 59_200,
                "pack_under_voltage_l1_threshold_mv": 48_000,
                "pack_under_voltage_l2_threshold_mv": 44_800}),
        ),
        (
            "discharge first",
            0x5B,
            [0x79, 0xE0, 0x7B, 0x0C, 0x70, 0x80, 0x6F, 0x54],
            json!({"discharge_over_current_l1_threshold_ma": 120_000,
                "discharge_over_current_l2_threshold_ma": 150_000,
                "charge_over_current_l1_threshold_ma": 120_000,
                "charge_over_current_l2_threshold_ma": 150_000}),
        ),
        (
            "charge first",
            0x5B,
            [0x70, 0x80, 0x6F, 0x54, 0x79, 0xE0, 0x7B, 0x0C],
            json!({"discharge_over_current_l2_threshold_ma": 150_000,
                "charge_over_current_l1_threshold_ma": 120_000}),
        ),
        (
            "temperatures",
            0x5C,
            [95, 105, 40, 35, 105, 110, 30, 0],
            json!({"charge_over_temperature_l1_threshold_c": 55.0,
                "charge_under_temperature_l2_threshold_c": -5.0,
                "discharge_over_temperature_l2_threshold_c": 70.0,
                "discharge_under_temperature_l2_threshold_c": -40.0}),
        ),
        (
            "SOC",
            0x5D,
            [3, 0xE8, 3, 0xE8, 0, 0x96, 0, 0x32],
            json!({"high_soc_l1_threshold_permille": 1_000, "low_soc_l1_threshold_permille": 150,
                "low_soc_l2_threshold_permille": 50}),
        ),
        (
            "differences",
            0x5E,
            [1, 0xF4, 3, 0x20, 10, 15, 0xFF, 0xFF],
            json!({"cell_difference_l1_threshold_mv": 500,
                "cell_difference_l2_threshold_mv": 800,
                "temperature_difference_l2_threshold_k": 15.0}),
        ),
    ];
    for (name, command, payload, stated) in cases {
        says(name, command, &[payload], &stated);
    }
}

#[test]
fn requests_are_told_from_replies_by_their_address() {
    let padded = decode(&frame(0x4F, 0x94, [0xAA; 8]));
    assert_eq!(padded.json["frames"][0]["direction"], "request");
    assert_eq!(padded.json["frames"][0]["board"], 16);
    assert_eq!(decode(&frame(0x20, 0x90, [0; 8])).json["frames"][0]["board"], 1);
    assert_eq!(decode(&frame(0x80, 0x90, [0; 8])).json["frames"][0]["host"], "0x80");
    let echo = decode(&frame(0x40, 0x90, [2, 0x10, 0, 0, 0x75, 0x30, 3, 0xE8]));
    assert_eq!(echo.json.get("pack_voltage_mv"), None);
    let sixteenth = decode(&frame(16, 0x90, [2, 0x10, 0, 0, 0x75, 0x30, 3, 0xE8]));
    assert_eq!(sixteenth.json["frames"][0]["board"], 16);
    assert_eq!(sixteenth.json["pack_voltage_mv"], 52_800);
    let set = decode(&frame(0x40, 0x21, [22, 12, 13, 21, 29, 39, 1, 0x2C]));
    assert!(set.text.contains("2022-12-13 21:29:39, SOC 30.0 %"), "{}", set.text);
    for command in [0xD9, 0xDA] {
        let acknowledged =
            decode(&frame(1, command, [1, 0x0D, 0x13, 0x0D, 0x21, 0x0D, 0x17, 0xC0]));
        assert!(acknowledged.text.contains("switch: on"), "{}", acknowledged.text);
        assert_eq!(acknowledged.json.get("charge_switch_closed"), None, "an echo is no state");
    }
}

#[test]
fn damaged_streams_lose_what_is_damaged_and_nothing_else() {
    let pack = frame(1, 0x90, [2, 0x10, 0, 0, 0x75, 0x30, 3, 0xE8]);
    let cells = frame(1, 0x95, [1, 0xA5, 1, 0x95, 8, 0x0C, 0xE4, 0xA5]);
    let clean = |stream: &[u8]| {
        let decoded = decode(stream);
        let said = (decoded.frames, decoded.refused);
        (said, decoded.json.get("pack_voltage_mv").cloned())
    };
    let volts = Some(json!(52_800));
    assert_eq!(clean(&[&[0xFF; 4][..], &pack].concat()), ((1, 1), volts.clone()));
    assert_eq!(clean(&[&pack[..9], &pack].concat()), ((1, 1), volts.clone()));
    assert_eq!(clean(&[&pack[..], &pack, &pack[..12]].concat()), ((2, 1), volts.clone()));
    assert_eq!(clean(&[&cells[..], &pack].concat()), ((2, 0), volts.clone()));
    assert_eq!(clean(&[&cells[..4], &cells[..8], &pack].concat()), ((1, 1), volts.clone()));
    assert_eq!(clean(&[&[0xA5; 20][..], &pack].concat()), ((1, 1), volts));
    // Two frames byte by byte into each other: nothing of it is a frame.
    let woven: Vec<u8> = pack.iter().zip(&cells).flat_map(|(&a, &b)| [a, b]).collect();
    assert_eq!(clean(&woven), ((0, 1), None));
    assert_eq!(clean(&[]), ((0, 0), None));
}
