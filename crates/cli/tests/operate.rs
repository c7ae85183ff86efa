//! Settings, switches, history and captures at the command line, against a simulated board in
//! virtual time and in every dialect.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "the fake boards of other tests live in wall time")]

mod fake;

use std::path::PathBuf;
use std::process::Output;

use fake::{cellward, one_sentence};
use serde_json::Value as Json;

const DIALECTS: [&str; 5] = ["a5", "d2", "p81", "modbus", "modbus-tcp"];

fn at(dialect: &str) -> String {
    format!("sim:?dialect={dialect}")
}

fn run(dialect: &str, command: &str, words: &[&str]) -> Output {
    let device = at(dialect);
    let mut all = vec![command, "--device", &device];
    all.extend(words);
    cellward(&all)
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A file of this test process.
fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    folder.join(format!("{}-{name}", std::process::id()))
}

#[test]
fn the_same_setting_is_read_in_every_dialect() {
    for dialect in DIALECTS {
        let output = run(dialect, "get", &["cell_over_voltage_l2_threshold", "--json"]);
        assert_eq!(code(&output), 0, "{dialect}: {output:?}");
        assert_eq!(json(&output)["cell_over_voltage_l2_threshold_mv"], 3_650, "{dialect}");
    }
}

#[test]
fn a_setting_that_the_dialect_does_not_carry_is_named_and_the_rest_is_printed() {
    let output = run("a5", "get", &["heater_on", "cell_over_voltage_l2_threshold"]);
    assert_eq!(code(&output), 4);
    assert!(text(&output).contains("3650 mV"));
    assert!(one_sentence(&output).contains("heater_on_c"));
}

#[test]
fn a_dialect_that_has_no_word_for_all_that_was_asked_says_so() {
    let output = run("a5", "get", &["heater_on"]);
    assert_eq!(code(&output), 1);
    assert!(one_sentence(&output).contains("a5 has no word for heater_on_c"), "{output:?}");
    let output = run("p81", "get", &["--group", "weather"]);
    let said = one_sentence(&output);
    assert_eq!((code(&output), said.matches("system").count()), (2, 1), "{said}");
}

#[test]
fn a_setting_cannot_get_two_values_at_once() {
    let output = run("modbus", "set", &["--yes", "heater_on=3", "heater_on_c=4"]);
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(one_sentence(&output).contains("heater_on_c is given twice"), "{output:?}");
}

#[test]
fn what_nobody_may_set_is_not_saved_and_loaded_only_where_it_is_so_already() {
    let path = file("fixed.toml");
    let name = path.to_str().unwrap();
    assert_eq!(code(&run("modbus-tcp", "save", &[name])), 0);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("\ncommissioned ="));
    std::fs::write(&path, "commissioned = 1\n").unwrap();
    let output = run("modbus-tcp", "load", &[name, "--yes"]);
    assert_eq!((code(&output), text(&output).as_str()), (0, "nothing changes\n"));
    std::fs::write(&path, "commissioned = 0\n").unwrap();
    for how in ["--yes", "--dry-run"] {
        let output = run("modbus-tcp", "load", &[name, how]);
        assert_eq!(code(&output), 2, "{output:?}");
        assert!(one_sentence(&output).contains("commissioned"), "{output:?}");
    }
}

#[test]
fn a_dry_run_ends_as_the_write_would() {
    let path = file("dry.toml");
    let name = path.to_str().unwrap();
    for (dialect, line, exit, reason) in [
        ("a5", "heater_on_c = 3.5", 1, "no word for heater_on_c"),
        ("a5", "cell_over_voltage_l1_threshold_mv = 3560", 2, "--unproven"),
        ("d2", "cell_over_voltage_l1_threshold_mv = 3560", 0, ""),
    ] {
        std::fs::write(&path, format!("{line}\n")).unwrap();
        for how in ["--yes", "--dry-run"] {
            let output = run(dialect, "load", &[name, how]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(code(&output) == exit && said.contains(reason), "{dialect} {how}: {output:?}");
        }
    }
    assert_eq!(code(&run("modbus-tcp", "save", &[name])), 0);
    let output = run("a5", "load", &[name, "--dry-run"]);
    assert!(code(&output) == 1 && !text(&output).contains("? ->"), "{output:?}");
    assert!(one_sentence(&output).contains("settings of those"), "{output:?}");
}

#[test]
fn a_pack_is_commissioned_where_the_dialect_has_a_word_for_it() {
    let pack = ["--chemistry", "lfp", "--cells", "16"];
    assert_eq!(code(&run("a5", "commission", &pack)), 1);
    assert_eq!(code(&run("modbus", "commission", &pack)), 0);
    let output = run("modbus", "commission", &["--chemistry", "lfp", "--cells", "15"]);
    assert_eq!(code(&output), 1, "{output:?}");
    assert_eq!(code(&run("modbus", "commission", &["--chemistry", "lead", "--cells", "6"])), 2);
}

#[test]
fn what_the_board_says_it_does_not_have_is_a_value_too() {
    let output = run("p81", "get", &["--all", "--json"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(json(&output)["pack_over_voltage_l3_threshold_mv"], Json::Null);
    assert_eq!(json(&output)["pack_over_voltage_l2_threshold_mv"], 58_400);
    let table = text(&run("p81", "get", &["--all"]));
    let line = table.lines().find(|line| line.starts_with("pack_over_voltage_l3_threshold_mv"));
    assert!(line.is_some_and(|line| line.ends_with(" none")), "{table}");
}

#[test]
fn what_changes_along_because_it_stands_in_the_same_register_is_shown() {
    let delay = ["--dry-run", "--unproven"];
    let path = file("along.toml");
    std::fs::write(&path, "cell_over_voltage_l1_delay_ms = 1500\n").unwrap();
    let output = run("p81", "load", &[path.to_str().unwrap(), delay[0], delay[1]]);
    assert_eq!(code(&output), 0, "{output:?}");
    let along = "cell_over_voltage_l2_delay_ms: becomes 1500 ms as well, it stands in the same";
    assert!(text(&output).contains(along), "{output:?}");
    let output = run("modbus", "load", &[path.to_str().unwrap(), delay[0]]);
    assert!(!text(&output).contains("as well"), "{output:?}");
}

#[test]
fn a_board_that_gets_another_number_is_read_back_by_that_one() {
    for dialect in ["p81", "modbus", "modbus-tcp"] {
        let output = run(dialect, "set", &["--yes", "--unproven", "board_number=5"]);
        assert_eq!(code(&output), 0, "{dialect}: {output:?}");
        assert_eq!(text(&output), "board_number: 1 -> 5\n", "{dialect}");
    }
}

#[test]
fn a_mistyped_key_is_answered_with_what_may_have_been_meant() {
    let output = run("a5", "get", &["full_volage"]);
    assert_eq!(code(&output), 2);
    assert!(one_sentence(&output).contains("did you mean full_voltage_mv"), "{output:?}");
}

#[test]
fn a_write_that_is_proven_is_shown_done_and_read_back() {
    for dialect in ["d2", "modbus", "modbus-tcp"] {
        let output = run(dialect, "set", &["--yes", "cell_over_voltage_l1_threshold=3560"]);
        assert_eq!(code(&output), 0, "{dialect}: {output:?}");
        assert_eq!(text(&output), "cell_over_voltage_l1_threshold_mv: 3550 mV -> 3560 mV\n");
    }
}

#[test]
fn a_write_that_nobody_has_proven_needs_to_be_told_so() {
    for dialect in ["a5", "p81"] {
        let write = ["--yes", "cell_over_voltage_l1_threshold=3560"];
        let output = run(dialect, "set", &write);
        assert_eq!(code(&output), 2, "{dialect}: {output:?}");
        assert!(one_sentence(&output).contains("--unproven"), "{output:?}");
        let output = run(dialect, "set", &["--unproven", write[0], write[1]]);
        assert_eq!(code(&output), 0, "{dialect}: {output:?}");
    }
}

#[test]
fn a_write_without_a_person_to_ask_needs_yes() {
    let output = run("modbus", "set", &["cell_over_voltage_l1_threshold=3560"]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
}

#[test]
fn a_refused_write_says_why_where_the_dialect_can() {
    let over = "cell_over_voltage_l1_threshold=3651";
    let output = run("modbus", "set", &["--yes", over]);
    assert_eq!(code(&output), 1);
    assert!(
        one_sentence(&output).contains("cell_over_voltage_l1_threshold_mv breaks rule 1"),
        "{output:?}"
    );
    let output = run("d2", "set", &["--yes", over]);
    assert_eq!(code(&output), 1);
    assert!(one_sentence(&output).contains("does not answer"), "{output:?}");
}

#[test]
fn a_group_is_written_whole_or_not_at_all() {
    let group = ["--yes", "heater_on=3", "cell_over_voltage_l1_threshold=3651"];
    let output = run("modbus-tcp", "set", &group);
    assert_eq!(code(&output), 1, "{output:?}");
    let good = ["--yes", "heater_on=3", "heater_off=9"];
    assert_eq!(code(&run("modbus-tcp", "set", &good)), 0);
}

#[test]
fn what_was_saved_is_loaded_again_without_a_difference_and_a_change_is_shown() {
    let path = file("settings.toml");
    let name = path.to_str().unwrap();
    assert_eq!(code(&run("modbus-tcp", "save", &[name])), 0);
    let saved = std::fs::read_to_string(&path).unwrap();
    assert!(saved.lines().count() > 250, "{}", saved.lines().count());
    let output = run("modbus-tcp", "load", &[name, "--dry-run"]);
    assert_eq!((code(&output), text(&output).as_str()), (0, "nothing changes\n"));

    std::fs::write(&path, saved.replace("heater_on_c = 4.0", "heater_on_c = 3.5")).unwrap();
    let output = run("modbus-tcp", "load", &[name, "--dry-run"]);
    assert_eq!(text(&output), "heater_on_c: 4.0 °C -> 3.5 °C\n");
    assert_eq!(code(&run("modbus-tcp", "load", &[name, "--yes"])), 0);

    std::fs::write(&path, "cells = \"many\"\n").unwrap();
    let output = run("modbus-tcp", "load", &[name]);
    assert_eq!(code(&output), 2);
    assert!(one_sentence(&output).contains("is no number"), "{output:?}");
}

#[test]
fn a_switch_is_confirmed_by_what_it_really_does() {
    for dialect in DIALECTS {
        let output = run(dialect, "switch", &["charge", "off"]);
        assert_eq!(code(&output), 0, "{dialect}: {output:?}");
        // The pack is being charged: current of the other direction keeps this switch closed.
        let output = run(dialect, "switch", &["discharge", "off"]);
        assert_eq!(code(&output), 1, "{dialect}: {output:?}");
        assert!(one_sentence(&output).contains("was read back where off"), "{output:?}");
        assert!(
            one_sentence(&output).contains("may stay closed while current flows"),
            "{output:?}"
        );
    }
}

#[test]
fn the_charge_and_the_clock_are_set_where_the_dialect_has_a_word_for_it() {
    for (dialect, proven) in [("a5", true), ("d2", true), ("modbus", true), ("p81", false)] {
        let output = run(dialect, "set-soc", &["55"]);
        assert_eq!(code(&output), if proven { 0 } else { 2 }, "{dialect}: {output:?}");
        assert_eq!(code(&run(dialect, "set-soc", &["55", "--unproven"])), 0, "{dialect}");
    }
    let output = run("a5", "set-clock", &["2026-11-22 15:04:05"]);
    assert_eq!((code(&output), text(&output).as_str()), (0, "2026-11-22 15:04:05\n"));
    assert_eq!(code(&run("a5", "set-clock", &["yesterday"])), 2);
    assert_eq!(code(&run("a5", "set-soc", &["101"])), 2);
}

#[test]
fn a_word_that_the_dialect_lacks_is_said_to_be_lacking() {
    let output = run("a5", "identify", &[]);
    assert_eq!(code(&output), 1);
    assert!(one_sentence(&output).contains("a5 has no word for the command identify"));
    for dialect in ["modbus", "modbus-tcp"] {
        assert_eq!(code(&run(dialect, "identify", &[])), 0, "{dialect}");
    }
    for dialect in ["a5", "d2", "modbus"] {
        assert_eq!(code(&run(dialect, "restart", &[])), 0, "{dialect}");
    }
}

#[test]
fn the_word_to_sleep_is_refused_with_its_reason_while_current_flows() {
    for (dialect, reason) in [
        ("modbus", "cannot sleep while current flows"),
        ("modbus-tcp", "cannot sleep while current flows"),
        ("p81", "p81 has no word for the command sleep"),
        ("a5", "a5 has no word for the command sleep"),
    ] {
        let output = run(dialect, "sleep", &[]);
        assert_eq!(code(&output), 1, "{dialect}: {output:?}");
        assert!(one_sentence(&output).contains(reason), "{output:?}");
    }
}

#[test]
fn a_board_that_refuses_an_order_by_silence_is_there_all_the_same() {
    // It answers reads, and nobody behind it answers an order.
    let device = fake::on_tcp(cellward_testkit::pack::sample(16, 2), fake::honest());
    let device = device.replace("dialect=a5", "dialect=d2");
    let output = cellward(&["set-soc", "--device", &device, "55"]);
    assert_eq!(code(&output), 1, "{output:?}");
    assert!(one_sentence(&output).contains("does not answer to"), "{output:?}");
}

#[test]
fn a_board_that_agrees_to_sleep_is_left_alone() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let device = format!("tcp:{}?dialect=d2", listener.local_addr().unwrap());
    let board = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut order = [0; 8];
        stream.read_exact(&mut order).unwrap();
        // A write of one register is answered by itself.
        stream.write_all(&order).unwrap();
        let mut behind = Vec::new();
        stream.read_to_end(&mut behind).unwrap();
        (order, behind)
    });
    let output = cellward(&["sleep", "--device", &device]);
    assert_eq!(code(&output), 0, "{output:?}");
    let (order, behind) = board.join().unwrap();
    assert_eq!(order[..6], [0xD2, 0x06, 0x00, 0xF1, 0x00, 0x01]);
    assert!(behind.is_empty(), "to look whether it sleeps would wake it");
}

#[test]
fn the_history_has_every_record_in_lines_json_and_csv() {
    let output = run("modbus", "history", &["--json"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let records = json(&output);
    let records = records.as_array().unwrap();
    assert_eq!(records[0]["subject"], "started");
    let numbers: Vec<u64> = records.iter().map(|r| r["sequence"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
    assert_eq!(records[0]["soc_true_percent"].as_f64(), Some(35.05), "{}", records[0]);

    let lines = text(&run("modbus-tcp", "history", &[]));
    assert_eq!(lines.lines().count(), records.len());
    assert!(lines.contains("the board started"));
    let csv = text(&run("modbus-tcp", "history", &["--csv"]));
    assert_eq!(csv.lines().count(), records.len() + 1);
    let later = text(&run("modbus-tcp", "history", &["--since", "1"]));
    assert_eq!(later.lines().count(), records.len() - 1);

    let output = run("a5", "history", &[]);
    assert_eq!(code(&output), 1);
    assert!(one_sentence(&output).contains("a5 has no word for records"));
}

#[test]
fn a_capture_holds_every_byte_and_is_decoded_again() {
    let path = file("capture.txt");
    let name = path.to_str().unwrap();
    assert_eq!(code(&run("a5", "capture", &[name])), 0);
    let output = cellward(&["replay", name]);
    assert_eq!(code(&output), 0, "{output:?}");
    let said = text(&output);
    assert!(said.contains("pack_voltage_mv") && said.contains("request of host 0x40"));
    let lines = cellward(&["replay", name, "--json"]);
    assert!(text(&lines).lines().all(|line| serde_json::from_str::<Json>(line).is_ok()));

    std::fs::write(&path, "A5 40\n").unwrap();
    let output = cellward(&["replay", name]);
    assert_eq!(code(&output), 2);
    assert!(one_sentence(&output).contains("no capture"), "{output:?}");
}

#[test]
fn a_capture_says_what_its_board_speaks_so_that_replay_need_not_be_told() {
    let path = file("spoken.txt");
    let name = path.to_str().unwrap();
    for dialect in ["d2", "p81", "modbus", "modbus-tcp"] {
        assert_eq!(code(&run(dialect, "capture", &[name])), 0);
        let output = cellward(&["replay", name]);
        assert_eq!(code(&output), 0, "{dialect}: {output:?}");
        assert!(text(&output).contains("cell_voltage_mv"), "{dialect}: {output:?}");
    }
}

#[test]
fn a_capture_of_the_simulated_board_needs_no_dialect_and_ends_in_its_time() {
    let path = file("span.txt");
    let name = path.to_str().unwrap();
    let output = cellward(&["capture", "--device", "sim:", "--for", "5s", name]);
    assert_eq!(code(&output), 0, "{output:?}");
    let said = std::fs::read_to_string(&path).unwrap();
    assert!(said.ends_with("# the board speaks modbus-tcp\n"), "{said}");
    let last = said.lines().rfind(|line| !line.starts_with('#')).unwrap();
    let seconds: f64 = last.split(' ').next().unwrap().parse().unwrap();
    // It is five seconds old when it is asked first.
    assert!((9.0..=11.0).contains(&seconds), "{last}");
}

/// The last value of a point in a replayed capture.
fn replayed(name: &str, key: &str) -> Option<Json> {
    let output = cellward(&["replay", name, "--json"]);
    assert_eq!(code(&output), 0, "a refused run or no frame: {output:?}");
    text(&output)
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter_map(|part| part.get(key).cloned())
        .next_back()
}

#[test]
fn a_capture_of_our_own_map_says_what_a_read_says_whatever_frames_it() {
    let path = file("own.txt");
    let name = path.to_str().unwrap();
    // The virtual board begins anew with each command, so that all three see the same.
    for dialect in ["modbus", "modbus-tcp"] {
        let read = json(&run(dialect, "read", &["--json"]));
        assert_eq!(code(&run(dialect, "capture", &[name])), 0);
        for key in ["pack_voltage_mv", "cell_voltage_mv", "soc_percent", "mode", "faults"] {
            assert!(read.get(key).is_some_and(|value| !value.is_null()), "{dialect}: {key}");
            assert_eq!(replayed(name, key).as_ref(), read.get(key), "{dialect}: {key}");
        }
    }
}

#[test]
fn a_capture_that_ends_within_a_frame_says_so() {
    let path = file("cut.txt");
    let name = path.to_str().unwrap();
    let whole = "0.0 > 00 01 00 00 00 06 01 03 00 00 00 14";
    let speaks = "# the board speaks modbus-tcp";
    let begun = "0.1 < 00 01 00 00 00 2B 01 03";
    std::fs::write(&path, format!("# cellward capture 1 x\n{whole}\n{begun}\n{speaks}\n")).unwrap();
    let output = cellward(&["replay", name]);
    assert_eq!(code(&output), 4, "{output:?}");
    assert!(
        text(&output)
            .contains("0.100000 end\n00 01 00 00 00 2B 01 03\n  refused, 8 bytes: cut short")
    );
}

#[test]
fn shells_and_readers_get_their_help() {
    let output = cellward(&["completions", "bash"]);
    assert!(code(&output) == 0 && text(&output).contains("factory-reset"));
    let folder = file("man");
    assert_eq!(code(&cellward(&["man", folder.to_str().unwrap()])), 0);
    assert!(folder.join("cellward-set-soc.1").is_file());
}

#[test]
fn quiet_leaves_the_exit_code_and_verbose_tells_how_it_went() {
    let output = run("a5", "identify", &["--quiet"]);
    assert_eq!((code(&output), output.stderr.len()), (1, 0));
    let output = run("d2", "read", &["-v"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(code(&output) == 0 && said.contains(" good replies; 0 wrong checks"), "{said}");
}
