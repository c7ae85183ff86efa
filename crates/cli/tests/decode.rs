//! `cellward decode`: what recorded bytes mean, on the command line.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    reason = "the fakes that this shares a module with keep wall time"
)]

mod fake;

use fake::{cellward, cellward_fed};
use serde_json::Value as Json;

fn decoded(hex: &str, code: i32) -> Json {
    let output = cellward(&["decode", "--protocol", "a5", "--json", hex]);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_frame_gives_points_with_their_units() {
    let whole = decoded("A5 01 90 08 02 14 00 00 75 45 03 78 89", 0);
    assert_eq!(whole["pack_voltage_mv"], 53_200);
    assert_eq!(whole["current_ma"], -2_100);
    assert_eq!(whole["soc_percent"], 88.8);
    assert_eq!(whole["frames"][0]["command"], "0x90");
    assert_eq!(whole["frames"][0]["board"], 1);
    assert_eq!(whole.get("cell_count"), None, "nothing but what was said");
}

#[test]
fn hex_may_be_written_in_any_usual_way() {
    let spaced = decoded("a5 01 98 08 00 00 40 00 00 00 00 00 86", 0);
    for joined in [
        "A5019808000040000000000086",
        "0xA5,0x01,0x98,0x08,0x00,0x00,0x40,0x00,0x00,0x00,0x00,0x00,0x86",
        "a5:01:98:08:00:00:40:00:00:00:00:00:86",
    ] {
        assert_eq!(decoded(joined, 0)["faults"], spaced["faults"]);
    }
    let words = ["A5", "01", "98", "08", "00", "00", "40", "00", "00", "00", "00", "00", "86"];
    let mut args = vec!["decode", "--protocol", "a5", "--json"];
    args.extend(words);
    assert_eq!(cellward(&args).status.code(), Some(0));
    assert_eq!(spaced["faults"][0]["fault"], "low_soc");
}

#[test]
fn a_flag_may_stand_behind_the_bytes() {
    let output =
        cellward(&["decode", "--protocol", "a5", "A5019808", "000040000000000086", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let whole: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["faults"][0]["fault"], "low_soc");
}

#[test]
fn several_frames_make_one_list_and_what_is_damaged_is_named() {
    let whole = decoded(
        "A5 01 94 08 05 01 00 00 02 00 00 20 6A \
         A5 01 95 08 01 0E C0 0E C2 0E C7 20 D7 FF FF \
         A5 01 95 08 02 0E C8 0E C8 0E C6 20 E5 A5 01 95 08 02 0E C8 0E C8 0E C6 20 E6",
        4,
    );
    assert_eq!(whole["cell_voltage_mv"], Json::from(vec![3_776, 3_778, 3_783, 3_784, 3_784]));
    let refused = whole["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 2);
    assert_eq!(refused[0]["reason"], "starts with FF instead of A5");
    assert_eq!(refused[1]["reason"], "check byte is E6 but the bytes add up to E5");
    assert_eq!(refused[1]["offset"], 41);
}

#[test]
fn faults_are_told_in_words_with_their_level() {
    let text = |hex: &str| {
        let output = cellward(&["decode", "--protocol", "a5", hex]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let told = text("A5 01 98 08 42 40 00 00 00 00 00 00 C8");
    assert!(told.contains("\n    protection: cell voltage too high\n"), "{told}");
    assert!(told.contains("\n    alarm: pack voltage too low\n"), "{told}");
    assert!(!told.contains('{'), "{told}");
    assert!(text("A5 01 98 08 00 00 00 00 00 00 00 00 46").contains("\n    no fault\n"));
}

#[test]
fn the_zeros_after_waking_are_shown_as_sent() {
    let output =
        cellward(&["decode", "--protocol", "a5", "A5 01 90 08 00 00 00 00 00 00 00 00 3E"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("-3000.0 A as sent"), "{text}");
}

#[test]
fn standard_input_is_decoded_line_by_line() {
    let input = b"# two replies\nA5 01 98 08 00 00 00 00 00 00 00 00 46\n\nA5 01 98 08\nzz\n";
    let output = cellward_fed(&["decode", "--protocol", "a5", "--json", "-"], input);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["faults"], Json::Array(Vec::new()));
    assert_eq!(lines[1]["refused"][0]["reason"], "cut short: 4 of 13 bytes");
    assert!(String::from_utf8(output.stderr).unwrap().contains("line 5"));
}

#[test]
fn limits_and_requests_are_decoded_too() {
    let limits = decoded("A5 01 59 08 10 36 0D DE 0A F0 0A F0 2C", 0);
    assert_eq!(limits["cell_over_voltage_l1_threshold_mv"], 4_150);
    assert_eq!(limits["cell_under_voltage_l2_threshold_mv"], 2_800);
    let request = decoded("A5 80 DA 08 01 00 00 00 00 00 00 00 08", 0);
    assert_eq!(request["frames"][0]["direction"], "request");
    assert_eq!(request["frames"][0]["says"], "charge switch on");
}

#[test]
fn nothing_valid_is_exit_code_3_and_no_hex_is_2() {
    let output = cellward(&["decode", "--protocol", "a5", "A5 01 90 08 00"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no valid A5 frame"));
    assert_eq!(cellward(&["decode", "--protocol", "a5", "hello"]).status.code(), Some(2));
    assert_eq!(cellward(&["decode", "--protocol", "morse", "A5"]).status.code(), Some(2));
    assert_eq!(cellward(&["decode", "--protocol", "a5"]).status.code(), Some(2));
}

/// The lines of `decode --json -`, fed with these.
fn fed(args: &[&str], input: &str, code: i32) -> Vec<Json> {
    let mut all = vec!["decode", "--json", "--protocol"];
    all.extend(args);
    all.push("-");
    let output = cellward_fed(&all, input.as_bytes());
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_request_of_a_line_before_names_the_registers_of_a_reply() {
    let pair = "82 03 00 38 00 02 5A 35\n52 03 04 02 12 75 2C 1F C6\n";
    let lines = fed(&["kmodbus-p81"], pair, 0);
    assert_eq!(lines[1]["frames"][0]["start"], 0x38);
    assert_eq!(lines[1]["frames"][0]["start_guessed"], false);
    assert_eq!(lines[1]["pack_voltage_mv"], 53_000);
    assert_eq!(lines[1]["current_ma"], -400);
    let alone = fed(&["kmodbus-p81"], "52 03 04 02 12 75 2C 1F C6\n", 0);
    assert_eq!(alone[0]["frames"][0]["start"], Json::Null);
    assert_eq!(alone[0].get("pack_voltage_mv"), None, "two blocks are possible");
    let given = fed(&["kmodbus-p81", "--start", "0x38"], "52 03 04 02 12 75 2C 1F C6\n", 0);
    assert_eq!(given[0]["pack_voltage_mv"], 53_000);
}

#[test]
fn a_damaged_frame_of_registers_is_refused_and_the_rest_is_told() {
    let good = "D2 06 00 CF 00 01 6B 96";
    let wrong = "D2 06 00 CF 00 01 1C 8A";
    assert_eq!(fed(&["kmodbus-d2"], wrong, 3)[0]["refused"][0]["reason"], "wrong CRC");
    let both = fed(&["kmodbus-d2"], &format!("{wrong} {good}"), 4);
    assert_eq!(both[0]["frames"][0]["offset"], 8);
}

#[test]
fn a_start_needs_a_protocol_with_registers_and_a_number() {
    for args in [
        ["--protocol", "a5", "--start", "0"],
        ["--protocol", "pylon-rs485", "--start", "0"],
        ["--protocol", "kmodbus-d2", "--start", "65536"],
        ["--protocol", "kmodbus-d2", "--start", "0x+1"],
    ] {
        let mut all = vec!["decode"];
        all.extend(args);
        all.push("A5");
        assert_eq!(cellward(&all).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_replayed_reply_answers_what_was_sent_before_it() {
    let capture = "# cellward capture 1 x\n0.0 > 0A 0B 02\n0.1 < 0A 0B 02\n";
    let args = ["replay", "--protocol", "daly-sinowealth", "--json", "-"];
    let output = cellward_fed(&args, capture.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let came: Json = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    assert_eq!(came["way"], "came");
    assert_eq!(came["frames"][0]["direction"], "reply", "which looks like a request");
    assert_eq!(came["pack_voltage_mv"], 0x0A0B);
}
