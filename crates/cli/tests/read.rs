//! `cellward read` and `watch` at boards of every kind.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "what is tested here is the transport, in wall time")]

mod fake;

use std::time::{Duration, Instant};

use cellward_testkit::pack::sample;
use fake::{Habit, Reaction, cellward, honest, on_modbus_tcp, on_pty, on_tcp, one_sentence};
use serde_json::Value as Json;

fn json(output: &std::process::Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stdout));
    })
}

/// Bytes that look like nothing, the same every time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

//
#[test]
fn a_board_on_a_pty_is_read_whole_within_seconds() {
    let device = on_pty(sample(16, 2), honest());
    let start = Instant::now();
    let output = cellward(&["read", "--device", &device, "--json"]);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty());
    let read = json(&output);
    assert_eq!(read["pack_voltage_mv"], 53_200);
    assert_eq!(read["current_ma"], -12_300);
    assert_eq!(read["soc_percent"], 57.3);
    assert_eq!(read["cell_voltage_mv"].as_array().unwrap().len(), 16);
    assert_eq!(read["cell_voltage_mv"][15], 3_348);
    assert_eq!(read["temperature_c"], Json::from(vec![21.0, 22.0]));
    assert_eq!(read["charge_switch_closed"], true);
    assert_eq!(read["faults"][0]["fault"], "discharge_over_current");
    assert_eq!(read["lights"], Json::Null);
    assert_eq!(read["absent"]["lights"], "not_carried");
    assert_eq!(read["absent"]["charge_switch_reasons"], "not_carried");
}

#[test]
fn a_board_on_tcp_is_shown_as_a_table() {
    let device = on_tcp(sample(4, 2), honest());
    let output = cellward(&["read", "--device", &device]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap().replace('\u{202f}', " ");
    assert!(text.contains("−12.3 A (discharging)"), "{text}");
    assert!(text.contains("4  3 312 mV max"), "{text}");
    assert!(text.contains("Reduce or remove the load."), "{text}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn watching_prints_one_block_after_the_other_where_there_is_no_terminal() {
    let device = on_tcp(sample(4, 2), honest());
    let args = ["watch", "--device", &device, "--times", "2", "--interval", "0.1"];
    let output = cellward(&args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("Pack").count(), 2);
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_silent_board_is_one_sentence_and_exit_code_3() {
    let device = on_tcp(sample(4, 2), Box::new(|_| Reaction::Say(Vec::new())));
    let start = Instant::now();
    let output = cellward(&["read", "--device", &device, "--json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    assert!(one_sentence(&output).contains("the board is silent"));
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[test]
fn an_echo_is_no_answer() {
    // Whatever was asked, the request for 0x90 comes back.
    let echo: Habit =
        Box::new(|_| Reaction::Say(vec![0xA5, 0x40, 0x90, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x7D]));
    let output = cellward(&["read", "--device", &on_tcp(sample(4, 2), echo)]);
    assert_eq!(output.status.code(), Some(3));
    assert!(one_sentence(&output).contains("probably asleep"));
}

#[test]
fn a_board_that_answers_half_is_printed_with_the_rest_absent() {
    let half: Habit = Box::new(|answer| {
        let known = answer.get(2).is_some_and(|command| matches!(command, 0x90 | 0x94 | 0x95));
        Reaction::Say(if known { answer } else { Vec::new() })
    });
    let output = cellward(&["read", "--device", &on_pty(sample(4, 2), half), "--json"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let sentence = one_sentence(&output);
    assert!(sentence.contains("no complete answer to 0x91, 0x92, 0x93, 0x96, 0x97, 0x98"));
    let read = json(&output);
    assert_eq!(read["cell_voltage_mv"][3], 3_312);
    assert_eq!(read["charge_switch_closed"], Json::Null);
    assert_eq!(read["absent"]["charge_switch_closed"], "no_answer");
}

#[test]
fn a_lost_cell_frame_leaves_only_its_cells_absent() {
    let lossy: Habit = Box::new(|answer| {
        let kept = answer.chunks(13).filter(|frame| frame[2] != 0x95 || frame[4] != 2);
        Reaction::Say(kept.flatten().copied().collect())
    });
    let output = cellward(&["read", "--device", &on_tcp(sample(7, 2), lossy), "--json"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let cells = json(&output)["cell_voltage_mv"].clone();
    let expected = [Some(3_303), Some(3_306), Some(3_309), None, None, None, Some(3_321)];
    assert_eq!(cells, Json::from(expected.map(Json::from).to_vec()));
}

#[test]
fn ten_megabytes_of_noise_give_no_value() {
    let mut first = true;
    let flood: Habit = Box::new(move |_| {
        let bytes = if first { noise(10_000_000) } else { noise(2_000) };
        first = false;
        Reaction::Shout(bytes)
    });
    let start = Instant::now();
    let output = cellward(&["read", "--device", &on_pty(sample(4, 2), flood), "--json"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(output.stdout.is_empty());
    let sentence = one_sentence(&output);
    assert!(sentence.contains("not one valid answer"), "{sentence}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_port_that_dies_mid_read_prints_what_came_before() {
    let mut answers = 0;
    let dying: Habit = Box::new(move |answer| {
        answers += 1;
        if answers > 6 { Reaction::Die } else { Reaction::Say(answer) }
    });
    let output = cellward(&["read", "--device", &on_pty(sample(4, 2), dying), "--json"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let sentence = one_sentence(&output);
    assert!(sentence.contains("the connection was lost"), "{sentence}");
    let read = json(&output);
    assert_eq!(read["cell_count"], 4);
    assert_eq!(read["faults"], Json::Null);
}

#[test]
fn a_port_that_dies_at_once_gives_nothing() {
    let device = on_tcp(sample(4, 2), Box::new(|_| Reaction::Die));
    let output = cellward(&["read", "--device", &device]);
    assert_eq!(output.status.code(), Some(3));
    assert!(one_sentence(&output).contains("connection was lost before any valid answer"));
}

#[test]
fn the_zeros_of_a_board_that_just_woke_are_refused_and_read_again() {
    let bogus = [0xA5, 0x01, 0x90, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x3E];
    let mut left = 2;
    let waking: Habit = Box::new(move |answer| {
        if answer.get(2) == Some(&0x90) && left > 0 {
            left -= 1;
            return Reaction::Say(bogus.to_vec());
        }
        Reaction::Say(answer)
    });
    let output = cellward(&["read", "--device", &on_tcp(sample(4, 2), waking), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(json(&output)["current_ma"], -12_300);

    let always: Habit = Box::new(move |answer| {
        let pack = answer.get(2) == Some(&0x90);
        Reaction::Say(if pack { bogus.to_vec() } else { answer })
    });
    let output = cellward(&["read", "--device", &on_tcp(sample(4, 2), always), "--json"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let read = json(&output);
    for key in ["pack_voltage_mv", "current_ma", "soc_percent", "power_mw"] {
        assert_eq!(read[key], Json::Null, "{key}");
        assert_eq!(read["absent"][key], "no_answer", "{key}");
    }

    let only: Habit = Box::new(move |answer| {
        let pack = answer.get(2) == Some(&0x90);
        Reaction::Say(if pack { bogus.to_vec() } else { Vec::new() })
    });
    let output = cellward(&["read", "--device", &on_tcp(sample(4, 2), only), "--json"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(one_sentence(&output).contains("just woken"));
}

#[test]
fn a_device_that_cannot_be_opened_says_why() {
    let sentence = |device: &str, code| {
        let output = cellward(&["read", "--device", device]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(sentence("serial:/dev/there-is-none", 3).contains("there is no serial port"));
    // Bound and closed again: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    assert!(sentence(&format!("tcp:{address}"), 3).contains("refused the connection"));
    assert!(sentence("/dev/ttyUSB0", 2).contains("serial:/dev/ttyUSB0"));
    assert!(sentence("tcp:nowhere", 2).contains("tcp:host:port"));
}

/// The device with its dialect still to be found out.
fn unnamed(device: &str) -> String {
    device.replace("?dialect=a5", "")
}

#[test]
fn a_board_of_ours_is_found_and_read_by_its_own_map() {
    let device = unnamed(&on_pty(sample(16, 2), honest()));
    let output = cellward(&["read", "--device", &device, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let read = json(&output);
    assert_eq!(read["pack_voltage_mv"], 53_208, "to the millivolt, which only our map tells");
    assert_eq!(read["absent"]["lights"], "not_fitted", "as the board says");
}

#[test]
fn a_server_of_modbus_tcp_is_found_out_and_so_is_a_bridge_to_a_serial_line() {
    let output = cellward(&["read", "--device", &on_modbus_tcp(sample(16, 2)), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(json(&output)["pack_voltage_mv"], 53_208, "to the millivolt");

    let bridge = unnamed(&on_tcp(sample(16, 2), honest()));
    let output = cellward(&["read", "--device", &bridge, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(json(&output)["pack_voltage_mv"], 53_208);
}

/// A board whose answers all begin with this byte.
fn only(first: u8) -> Habit {
    Box::new(move |answer| {
        Reaction::Say(if answer.first() == Some(&first) { answer } else { Vec::new() })
    })
}

#[test]
fn a_captured_poll_replays_without_a_refused_byte() {
    let named = format!("{}?dialect=modbus-tcp", on_modbus_tcp(sample(16, 2)));
    let ways = [
        (on_modbus_tcp(sample(16, 2)), "modbus-tcp", 53_208),
        (named, "modbus-tcp", 53_208),
        // Found out by asking for other dialects first; their frames are in the capture too.
        (unnamed(&on_pty(sample(16, 2), honest())), "modbus", 53_208),
        (unnamed(&on_tcp(sample(16, 2), honest())), "modbus", 53_208),
        // Boards that know one dialect alone; both tell tenths of a volt.
        (unnamed(&on_tcp(sample(16, 2), only(0xA5))), "a5", 53_200),
        (unnamed(&on_tcp(sample(16, 2), only(0xD2))), "d2", 53_200),
    ];
    for (number, (device, dialect, millivolts)) in ways.iter().enumerate() {
        let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("{}-poll-{number}.txt", std::process::id()));
        let name = path.to_str().unwrap();
        let output = cellward(&["capture", "--device", device, name]);
        assert_eq!(output.status.code(), Some(0), "{device}: {output:?}");
        let said = std::fs::read_to_string(&path).unwrap();
        assert!(said.ends_with(&format!("# the board speaks {dialect}\n")), "{said}");
        let output = cellward(&["replay", name, "--json"]);
        assert_eq!(output.status.code(), Some(0), "{device}: {output:?}");
        let voltage = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter_map(|line| {
                serde_json::from_str::<Json>(line).unwrap().get("pack_voltage_mv").cloned()
            })
            .next_back();
        assert_eq!(voltage, Some(Json::from(*millivolts)), "{device}");
    }
}

#[test]
fn a_sleeping_board_that_echoes_is_found_out_whatever_it_speaks() {
    let echo: Habit =
        Box::new(|_| Reaction::Say(vec![0xA5, 0x40, 0x90, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x7D]));
    let device = unnamed(&on_tcp(sample(4, 2), echo));
    let output = cellward(&["read", "--device", &device]);
    assert_eq!(output.status.code(), Some(3));
    assert!(one_sentence(&output).contains("probably asleep"), "{output:?}");
}
