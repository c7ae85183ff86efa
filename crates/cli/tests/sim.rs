//! `cellward sim` as a person calls it: exit codes, what is printed, and the files it writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for each test, under the build's temporary one.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sim-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn sim(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellward")).arg("sim").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const GOOD: &str = "[[expect]]\ncharge = \"closed\"\nat = \"3s\"\n";
const BAD: &str = "[[expect]]\ncharge = \"closed\"\nat = \"3s\"\n\n\
                   [[expect]]\ncharge = \"open\"\nat = \"3s\"\n";

#[test]
fn what_holds_exits_with_0_and_what_breaks_with_1_and_a_file_that_is_no_scenario_with_2() {
    let folder = folder("codes");
    let good = write(&folder, "good.toml", GOOD);
    let bad = write(&folder, "bad.toml", BAD);
    let wrong = write(&folder, "wrong.toml", "[[expect]]\ncharg = \"open\"\nat = \"3s\"\n");
    let quiet = write(&folder, "quiet.toml", "ends = \"1s\"\n");
    let flag = Path::new("--scenario");

    let held = sim(&[flag, &good]);
    assert_eq!(held.status.code(), Some(0));
    assert!(text(&held.stdout).contains("1 of 1 held"), "{}", text(&held.stdout));

    let broken = sim(&[flag, &bad]);
    assert_eq!(broken.status.code(), Some(1));
    let shown = text(&broken.stdout);
    assert!(shown.contains("1 of 2 broken"), "{shown}");
    assert!(shown.contains("bad.toml:5: the first one that broke"), "{shown}");
    assert!(shown.contains("happened  the charge switch is closed"), "{shown}");

    let refused = sim(&[flag, &wrong]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stdout).is_empty());
    let said = text(&refused.stderr);
    assert!(said.contains("wrong.toml") && said.contains("line 2"), "{said}");

    let missing = sim(&[flag, &folder.join("missing.toml")]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("cannot read"), "{}", text(&missing.stderr));

    let without = sim(&[flag, &quiet]);
    assert_eq!(without.status.code(), Some(0));
    assert!(text(&without.stdout).contains("no expectations"), "{}", text(&without.stdout));
}

#[test]
fn several_scenarios_get_a_line_each_and_a_summary() {
    let folder = folder("several");
    let good = write(&folder, "good.toml", GOOD);
    let bad = write(&folder, "bad.toml", BAD);
    let out = sim(&[Path::new("--scenario"), &good, &bad]);
    assert_eq!(out.status.code(), Some(1));
    let shown = text(&out.stdout);
    assert_eq!(shown.lines().last(), Some("2 scenarios: 1 held, 1 broken"));

    let events = folder.join("events.jsonl");
    let out = sim(&[Path::new("--scenario"), &good, &bad, Path::new("--events"), &events]);
    assert_eq!(out.status.code(), Some(2));
    assert!(!events.exists());
}

#[test]
fn events_and_samples_are_written_with_the_keys_of_the_points() {
    let folder = folder("files");
    let story = "[pack]\ncells = 4\n[[at]]\ntime = \"2s\"\n\
                 command = { forbid = \"charge\", answer = \"ok\" }\n";
    let scenario = write(&folder, "story.toml", story);
    let (events, samples) = (folder.join("events.jsonl"), folder.join("samples.csv"));
    let out = sim(&[
        Path::new("--scenario"),
        &scenario,
        Path::new("--events"),
        &events,
        Path::new("--csv"),
        &samples,
        Path::new("--csv-step"),
        Path::new("500ms"),
    ]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));

    let events = std::fs::read_to_string(events).unwrap();
    let events: Vec<serde_json::Value> =
        events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is = |kind: &str| events.iter().any(|event| event["kind"] == kind);
    assert!(is("boot") && is("switches_commanded") && is("answer"), "{events:#?}");
    let moved = events.iter().rfind(|event| event["kind"] == "switches_moved").unwrap();
    assert_eq!(moved["charge_switch_closed"], false);
    assert_eq!(moved["discharge_switch_closed"], true);
    assert!(moved["at_us"].as_u64().unwrap() <= 2_010_000);

    let samples = std::fs::read_to_string(samples).unwrap();
    let lines: Vec<&str> = samples.lines().collect();
    let head: Vec<&str> = lines[0].split(',').collect();
    assert_eq!(head[0], "at_ms");
    assert!(head.contains(&"cell_voltage_mv[4]") && head.contains(&"soc_percent"));
    assert!(!head.contains(&"cell_voltage_mv[5]"));
    // From 0 to 3 s in steps of 0.5 s.
    assert_eq!(lines.len(), 1 + 7);
    assert!(lines[7].starts_with("3000,"));
    assert!(lines.iter().all(|line| line.split(',').count() == head.len()));
}
