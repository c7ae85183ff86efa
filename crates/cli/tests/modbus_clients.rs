//! The demo asked by programs of others, as they are, that know our Modbus map from its reference
//! page alone: the Python library `pymodbus`, and Debian's `mbpoll`; over TCP and over a pty.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a real process and a real serial line are what is tested, so real time passes"
)]

mod demo;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cellward_params::point::POINTS;
use cellward_units::NoData;
use demo::Demo;
use serde_json::{Map, Value, json};

/// A way to the board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Tcp,
    Rtu,
}

/// Which of the ways leads there, in the words of a client: `tcp host:port` or `rtu path`.
fn place(demo: &Demo, way: Way) -> [&str; 2] {
    match way {
        Way::Tcp => ["tcp", &demo.modbus_tcp],
        Way::Rtu => ["rtu", &demo.pty],
    }
}

/// The device address of our own command line for the quick way.
fn own(demo: &Demo) -> String {
    format!("tcp:{}?dialect=modbus-tcp", demo.modbus_tcp)
}

/// What the generic client on top of pymodbus says.
fn pymodbus(demo: &Demo, way: Way, what: &[&str], input: &Value) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("../../.xtask/venv/bin/python");
    assert!(python.exists(), "pymodbus is not installed; run `cargo xtask setup`");
    let mut client = Command::new(python)
        .arg(root.join("tests/clients/generic.py"))
        .args(place(demo, way))
        .args(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client can be started");
    let mut stdin = client.stdin.take().expect("it is piped");
    stdin.write_all(input.to_string().as_bytes()).expect("the client reads");
    drop(stdin);
    let output = client.wait_with_output().expect("the client ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{way:?} {what:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("the client prints JSON")
}

/// Requests one after the other, and what came of each.
fn ask(demo: &Demo, way: Way, requests: &Value) -> Vec<Value> {
    match pymodbus(demo, way, &["ask"], requests) {
        Value::Array(answers) => answers,
        other => panic!("no list: {other}"),
    }
}

/// The value of a point as the generic client tells it, in the form of our own JSON: without the
/// reasons for what is absent, which go to `absent`.
fn without_reasons(name: &str, value: &Value, absent: &mut Map<String, Value>) -> Value {
    match value {
        Value::Object(object) if object.contains_key("absent") => {
            let code = object["absent"].as_u64().expect("a code");
            let reason = NoData::ALL.iter().find(|reason| u64::from(reason.code()) == code);
            let key = reason.unwrap_or_else(|| panic!("{name}: reason {code}")).key();
            absent.insert(name.to_owned(), key.into());
            Value::Null
        }
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(place, one)| without_reasons(&format!("{name}[{}]", place + 1), one, absent))
            .collect(),
        other => other.clone(),
    }
}

/// How far a number may lie outside of what was read before and after it.
///
/// At a hundredth of real time readings of cells and temperatures come so seldom that at most one
/// falls between. Only those of the current come every second, with noise, and age in between.
fn margin(key: &str) -> f64 {
    match key {
        "current_ma" => 1_000.0,
        "power_mw" => 53_000.0,
        "port_voltage_mv" => 20.0,
        "current_age_ms" | "cells_age_ms" | "temperatures_age_ms" => 1_000.0,
        _ => 0.0,
    }
}

/// Every point that the client found by the directory, against our own readings before and after.
fn compare_points(told: &Value, before: &Value, after: &Value) {
    let told = told["points"].as_object().expect("points by their keys");
    let mut absent = Map::new();
    for (key, value) in told {
        let value = without_reasons(key, value, &mut absent);
        let (before, after) = (&before[key], &after[key]);
        let between = || {
            let (low, high) = (before.as_f64()?, after.as_f64()?);
            let margin = margin(key);
            let range = low.min(high) - margin..=low.max(high) + margin;
            Some(range.contains(&value.as_f64()?))
        };
        let good = value == *before || value == *after || between() == Some(true);
        assert!(good, "{key}: {value}, but {before} before and {after} after");
    }
    let names = |object: &Map<String, Value>| -> Vec<String> { object.keys().cloned().collect() };
    let mut own = names(before.as_object().expect("our own points"));
    // Words about the points, which no register carries.
    own.retain(|key| !["absent", "hints"].contains(&key.as_str()));
    assert_eq!(names(told), own, "every point, in the order of the table");
    assert_eq!(Value::Object(absent), before["absent"]);
}

#[test]
fn a_generic_client_finds_every_point_and_parameter_by_the_directory() {
    let demo = Demo::start("pymodbus-walk", "0.01");
    let device = own(&demo);
    let before = Demo::own(&["read"], &device);
    let told = pymodbus(&demo, Way::Tcp, &["walk", "all"], &Value::Null);
    let after = Demo::own(&["read"], &device);
    compare_points(&told, &before, &after);
    let parameters = Demo::own(&["get", "--all"], &device);
    assert!(parameters.as_object().is_some_and(|all| all.len() > 300), "{parameters}");
    let (told, own) = (&told["parameters"], &parameters);
    for key in told.as_object().into_iter().chain(own.as_object()).flat_map(Map::keys) {
        assert_eq!(told[key].as_f64(), own[key].as_f64(), "{key}");
    }
    demo.stop();
}

#[test]
fn a_generic_client_finds_every_point_over_a_serial_line() {
    let demo = Demo::start("pymodbus-walk-rtu", "0.01");
    let device = own(&demo);
    let before = Demo::own(&["read"], &device);
    let told = pymodbus(&demo, Way::Rtu, &["walk"], &Value::Null);
    let after = Demo::own(&["read"], &device);
    compare_points(&told, &before, &after);
    demo.stop();
}

/// A request and what must come of it.
type Case = (Value, Value);

/// Does all requests on one connection and looks at every answer.
fn all_answered(demo: &Demo, way: Way, cases: &[Case]) {
    let requests = cases.iter().map(|(request, _)| request.clone()).collect();
    let answers = ask(demo, way, &requests);
    assert_eq!(answers.len(), cases.len());
    for ((request, expected), answer) in cases.iter().zip(answers) {
        assert_eq!(answer, *expected, "{way:?} {request}");
    }
}

fn words(words: &[u16]) -> Value {
    json!({ "registers": words })
}

fn exception(code: u8) -> Value {
    json!({ "exception": code })
}

/// What every server of the standard owes its clients.
fn refuses_as_the_standard_says(way: Way) {
    let demo = Demo::start(&format!("pymodbus-refusals-{way:?}"), "1");
    all_answered(
        &demo,
        way,
        &[
            (json!(["read", 0, 2]), words(&[0x4357, 0x4C57])),
            (json!(["read_input", 0, 2]), words(&[0x4357, 0x4C57])),
            (json!(["write_one", 0x200E, 3460]), exception(1)),
            (json!(["read", 0xFFFF, 2]), exception(2)),
            (json!(["read", 0x1002 + 2 * POINTS.len(), 1]), exception(2)),
            (json!(["write", 0x1002, [0, 1]]), exception(2)),
            (json!(["read_unlimited", 0, 0]), exception(3)),
            (json!(["read_unlimited", 0, 126]), exception(3)),
            // Half a number is none.
            (json!(["write", 0x200E, [0]]), exception(3)),
            // The same connection goes on.
            (json!(["read", 2, 1]), words(&[1])),
        ],
    );
    demo.stop();
}

/// Groups, commands and records, as the reference page describes them.
fn writes(way: Way) {
    let demo = Demo::start(&format!("pymodbus-writes-{way:?}"), "1");
    demo.await_snapshot("closed switches", |now| {
        now["charge_switch_closed"] == true && now["discharge_switch_closed"] == true
    });
    let answers = ask(&demo, way, &json!([["read", 0x80, 1], ["read", 14, 2]]));
    assert_eq!(answers[0], words(&[0]), "nothing was written on this connection so far");
    let newest = answers[1]["registers"][1].as_u64().expect("the number of the newest record");
    let newest = u16::try_from(newest).expect("a young board");
    all_answered(
        &demo,
        way,
        &[
            // The address of the full voltage, its neighbour, and both by their ids.
            (json!(["write", 0x200E, [0, 3460, 0, 60]]), words(&[])),
            (json!(["read", 0x200E, 4]), words(&[0, 3460, 0, 60])),
            (json!(["write", 0x180, [9, 0, 200, 0x1014, 0, 3560]]), words(&[])),
            (json!(["read", 0x2012, 2]), words(&[0, 200])),
            (json!(["read", 0x3028, 2]), words(&[0, 3560])),
            (json!(["read", 0x80, 6]), words(&[2, 1, 0x180, 0, 0, 0])),
            // A group with one value out of its range, 1000 to 5000 mV: nothing of it is done.
            (json!(["write", 0x180, [9, 0, 210, 0x1014, 0, 5001]]), exception(3)),
            (json!(["read", 0x80, 10]), words(&[3, 2, 0x180, 0, 4, 3, 0, 1000, 0, 5000])),
            (json!(["read", 0x2012, 2]), words(&[0, 200])),
            // The charge switch may not close any more.
            (json!(["write", 0x100, [1, 0, 0]]), words(&[])),
            (json!(["read", 0x80, 5]), words(&[4, 1, 0x100, 1, 0])),
            // A command that needs open switches.
            (json!(["write", 0x100, [7]]), exception(6)),
            (json!(["read", 0x80, 5]), words(&[5, 2, 0x100, 7, 7])),
            // The record of the first group follows the newest that there was.
            (json!(["write", 0x200, [0, newest]]), words(&[])),
            (json!(["read", 0x200, 2]), words(&[0, newest])),
            (json!(["read", 0x300, 2]), words(&[0, newest + 1])),
            (json!(["read", 0x306, 1]), words(&[8])),
        ],
    );
    demo.await_snapshot("the open charge switch", |now| now["charge_switch_closed"] == false);
    let device = own(&demo);
    let read = Demo::own(&["read"], &device);
    assert_eq!(read["charge_switch_closed"], false);
    assert_eq!(read["charge_switch_reasons"][0]["why"], "user");
    let set = Demo::own(&["get", "full_voltage", "tail_current", "tail_wait"], &device);
    let expected =
        json!({ "full_voltage_mv": 3460, "tail_current_permille": 60, "tail_wait_s": 200 });
    assert_eq!(set, expected);
    demo.stop();
}

#[test]
fn over_tcp_every_refusal_is_an_exception_of_the_standard() {
    refuses_as_the_standard_says(Way::Tcp);
}

#[test]
fn over_a_serial_line_every_refusal_is_an_exception_of_the_standard() {
    refuses_as_the_standard_says(Way::Rtu);
}

#[test]
fn over_tcp_groups_and_commands_are_done_or_refused_with_their_reason() {
    writes(Way::Tcp);
}

#[test]
fn over_a_serial_line_groups_and_commands_are_done_or_refused_with_their_reason() {
    writes(Way::Rtu);
}

/// Runs `mbpoll` once as the reference page shows; gives whether it succeeded and what it printed.
fn mbpoll(demo: &Demo, way: Way, options: &[&str], values: &[&str]) -> (bool, String) {
    let mut command = Command::new("mbpoll");
    command.args(["-0", "-1", "-q"]).args(options);
    match way {
        Way::Tcp => {
            let (host, port) = demo.modbus_tcp.rsplit_once(':').expect("host:port");
            command.args(["-p", port, host]);
        }
        Way::Rtu => {
            command.args(["-m", "rtu", "-a", "1", "-b", "9600", "-P", "none", &demo.pty]);
        }
    }
    let output = command.args(values).output();
    let output = output.expect("mbpoll is not installed; run `cargo xtask setup`");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The values that `mbpoll` printed, one in each line: `[4098]: 52754`, or `[1]: 65535 (-1)`.
fn values(said: &str) -> Vec<i64> {
    said.lines()
        .filter_map(|line| {
            line.strip_prefix('[')?.split_once("]:")?.1.split_whitespace().next()?.parse().ok()
        })
        .collect()
}

/// Reads and writes of the program that people on Debian reach for first.
fn mbpoll_reads_and_writes(way: Way) {
    let demo = Demo::start(&format!("mbpoll-{way:?}"), "1");
    demo.await_snapshot("closed switches", |now| now["charge_switch_closed"] == true);
    let before = demo.snapshot();
    let voltage = ["-t", "4:int", "-B", "-r", "4098"];
    let (done, said) = mbpoll(&demo, way, &voltage, &[]);
    let after = demo.snapshot();
    assert!(done, "{said}");
    let [read] = values(&said)[..] else {
        panic!("one value was asked for: {said}");
    };
    let shown = |now: &Value| now["pack_voltage_mv"].as_i64().expect("it is measured");
    let range = shown(&before).min(shown(&after)) - 200..=shown(&before).max(shown(&after)) + 200;
    assert!(range.contains(&read), "{read} is not in {range:?}");

    // As input registers, and as many as a frame carries.
    let (done, said) = mbpoll(&demo, way, &["-t", "3:hex", "-r", "0", "-c", "2"], &[]);
    assert!(done && said.contains("0x4357") && said.contains("0x4C57"), "{said}");
    let (done, said) = mbpoll(&demo, way, &["-t", "4", "-r", "12320", "-c", "125"], &[]);
    assert!(done, "{said}");
    assert_eq!(values(&said).len(), 125);

    let full = ["-t", "4:int", "-B", "-r", "8206"];
    let (done, said) = mbpoll(&demo, way, &full, &["3455"]);
    assert!(done, "{said}");
    let (done, said) = mbpoll(&demo, way, &full, &[]);
    assert!(done, "{said}");
    assert_eq!(values(&said), [3_455]);

    // What is refused, in the program's own words for exceptions 3, 1 and 2.
    let (done, said) = mbpoll(&demo, way, &full, &["1"]);
    assert!(!done && said.contains("Illegal data value"), "{said}");
    let (done, said) = mbpoll(&demo, way, &["-t", "4", "-r", "8206"], &["1"]);
    assert!(!done && said.contains("Illegal function"), "{said}");
    let (_, said) = mbpoll(&demo, way, &["-t", "4", "-r", "65535", "-c", "2"], &[]);
    assert!(said.contains("Illegal data address"), "{said}");

    // The command of the reference page: the charge switch may not close.
    let (done, said) = mbpoll(&demo, way, &["-t", "4", "-r", "256"], &["1", "0", "0"]);
    assert!(done, "{said}");
    demo.await_snapshot("the open charge switch", |now| now["charge_switch_closed"] == false);
    let set = Demo::own(&["get", "full_voltage"], &own(&demo));
    assert_eq!(set, json!({ "full_voltage_mv": 3455 }));
    demo.stop();
}

#[test]
fn mbpoll_reads_and_writes_over_tcp() {
    mbpoll_reads_and_writes(Way::Tcp);
}

#[test]
fn mbpoll_reads_and_writes_over_a_serial_line() {
    mbpoll_reads_and_writes(Way::Rtu);
}

#[test]
fn half_a_frame_of_a_client_that_left_is_not_put_before_the_frames_of_the_next() {
    let demo = Demo::start("modbus-left", "1");
    let mut gone = std::net::TcpStream::connect(&demo.modbus_tcp).expect("the port listens");
    // The header of a request for Modbus TCP without the rest.
    gone.write_all(&[0, 1, 0, 0, 0, 6, 1]).expect("the port reads");
    drop(gone);
    // The port is free again once the demo has noticed.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let now = Demo::own(&["read"], &own(&demo));
    assert_eq!(now["cell_count"], 16);
}
