//! Every scenario that is shipped comes as it expects, and every kind of expectation can break.

use std::path::{Path, PathBuf};

use cellward_params::RecordKind;
use cellward_sim::{Event, Scenario, Told};

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Scenario {
    let text = std::fs::read_to_string(path).unwrap();
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs every `of`th scenario from the `part`th on, and panics with all that broke.
fn run_part(part: usize, of: usize) {
    let mut complaints = String::new();
    for path in shipped().iter().skip(part).step_by(of) {
        let scenario = read(path);
        if scenario.expected() == 0 {
            continue;
        }
        let outcome = scenario.run(None, &mut |_| {}).unwrap();
        assert_eq!(outcome.held + outcome.broken.len(), scenario.expected(), "{}", path.display());
        for broken in outcome.broken {
            complaints += &format!("{}:{}\n{broken}\n\n", path.display(), broken.line);
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
}

// Four parts, so that they run side by side.

#[test]
fn the_first_quarter_of_the_shipped_scenarios_comes_as_expected() {
    run_part(0, 4);
}

#[test]
fn the_second_quarter_of_the_shipped_scenarios_comes_as_expected() {
    run_part(1, 4);
}

#[test]
fn the_third_quarter_of_the_shipped_scenarios_comes_as_expected() {
    run_part(2, 4);
}

#[test]
fn the_fourth_quarter_of_the_shipped_scenarios_comes_as_expected() {
    run_part(3, 4);
}

#[test]
fn nearly_all_shipped_scenarios_expect_something() {
    let files = shipped();
    let without = files.iter().filter(|path| read(path).expected() == 0).count();
    assert!(files.len() >= 20, "the folder of scenarios was not found");
    // The solar day and the smallest story are there to be watched.
    assert_eq!(without, 2);
}

/// A pack that is in trouble for some seconds, in which every kind of expectation can be tried.
const TROUBLE: &str = r#"
    ends = "20s"
    [pack]
    cells = 8
    capacity_ah = 100
    start_soc_percent = 60
    ideal_sensors = true
    [[at]]
    time = "5s"
    sensor = { place = "2", is = "open" }
    [[at]]
    time = "10s"
    sensor = { place = "2", is = "well" }
    [[at]]
    time = "15s"
    command = { forbid = "charge", answer = "ok" }
    [[at]]
    time = "16s"
    load_a = 330
"#;

/// How many expectations broke, after the trouble with `expect` added.
fn broken(expect: &str) -> Vec<cellward_sim::Broken> {
    let scenario = Scenario::parse(&format!("{TROUBLE}\n[[expect]]\n{expect}\n")).unwrap();
    scenario.run(None, &mut |_| {}).unwrap().broken
}

/// Each kind of expectation once as it comes and once as it does not.
const KINDS: [(&str, &str, &str); 26] = [
    (
        "a switch at an instant",
        "charge = \"open\"\nat = \"8s\"",
        "charge = \"closed\"\nat = \"8s\"",
    ),
    (
        "a switch within a window",
        "discharge = \"open\"\nwithin = [\"6s\", \"6.7s\"]",
        "discharge = \"open\"\nwithin = [\"6.7s\", \"8s\"]",
    ),
    (
        "a switch that was so already",
        "discharge = \"closed\"\nwithin = [\"0s\", \"3s\"]",
        "discharge = \"closed\"\nwithin = [\"2s\", \"3s\"]",
    ),
    (
        "a switch all the time",
        "discharge = \"closed\"\nfrom = \"1s\"\nuntil = \"5s\"",
        "discharge = \"closed\"\nfrom = \"1s\"",
    ),
    (
        "a switch never",
        "charge = \"closed\"\nnever = true\nfrom = \"7s\"\nuntil = \"12s\"",
        "charge = \"closed\"\nnever = true\nfrom = \"7s\"\nuntil = \"14s\"",
    ),
    (
        "a commanded switch",
        "charge_commanded = \"open\"\nat = \"8s\"",
        "discharge_commanded = \"closed\"\nat = \"8s\"",
    ),
    (
        "a fault that sets",
        "fault_set = \"sensor_missing\"\nwithin = [\"6s\", \"7s\"]",
        "fault_set = \"sensor_missing\"\nwithin = [\"7s\", \"20s\"]",
    ),
    (
        "the level of a fault",
        "fault_set = \"sensor_missing\"\nlevel = \"l2\"\nfrom = \"0s\"",
        "fault_set = \"sensor_missing\"\nlevel = \"l3\"\nfrom = \"0s\"",
    ),
    (
        "the place of a fault",
        "fault_set = \"sensor_missing\"\nsensor = 2\nfrom = \"0s\"",
        "fault_set = \"sensor_missing\"\nsensor = 1\nfrom = \"0s\"",
    ),
    (
        "the limit of a fault",
        "fault_set = \"discharge_over_current\"\nlimit = 300_000\nfrom = \"0s\"",
        "fault_set = \"discharge_over_current\"\nlimit = 302_000\ntolerance = 1_000\nfrom = \"0s\"",
    ),
    (
        "the value of a fault",
        "fault_set = \"discharge_over_current\"\nvalue = 330_400\ntolerance = 500\nfrom = \"0s\"",
        "fault_set = \"discharge_over_current\"\nvalue = 330_400\nfrom = \"0s\"",
    ),
    (
        "a fault that clears",
        "fault_cleared = \"sensor_missing\"\nwithin = [\"13s\", \"14s\"]",
        "fault_cleared = \"sensor_missing\"\nwithin = [\"10s\", \"13s\"]",
    ),
    (
        "an active fault",
        "fault_active = \"sensor_missing\"\nat = \"8s\"",
        "fault_active = \"sensor_missing\"\nat = \"18s\"",
    ),
    (
        "a fault that never sets",
        "fault_set = \"open_wire\"\nnever = true\nfrom = \"0s\"",
        "fault_set = \"sensor_missing\"\nnever = true\nfrom = \"0s\"",
    ),
    (
        "a count of events",
        "event = \"switch_opened\"\nswitch = \"charge\"\ncount = 2\nfrom = \"0s\"",
        "event = \"switch_opened\"\nswitch = \"charge\"\ncount = 1\nfrom = \"0s\"",
    ),
    (
        "an event with its kind",
        "event = \"user_off\"\nkind = \"change\"\nwithin = [\"15s\", \"15s\"]",
        "event = \"user_off\"\nkind = \"boot\"\nwithin = [\"15s\", \"15s\"]",
    ),
    (
        "the switch of an event",
        "event = \"user_off\"\nswitch = \"charge\"\nfrom = \"0s\"",
        "event = \"user_off\"\nswitch = \"discharge\"\nfrom = \"0s\"",
    ),
    ("the red light", "red = \"7 flashes\"\nat = \"8s\"", "red = \"6 flashes\"\nat = \"8s\""),
    ("the green light", "green = \"standby\"\nat = \"8s\"", "green = \"charging\"\nat = \"8s\""),
    (
        "the first reason",
        "charge_reason = \"sensor_missing\"\nat = \"8s\"",
        "charge_reason = \"user\"\nat = \"8s\"",
    ),
    (
        "the way out",
        "discharge_reason = \"sensor_missing\"\nway_out = \"good_readings\"\nat = \"8s\"",
        "discharge_reason = \"sensor_missing\"\nway_out = \"installer\"\nat = \"8s\"",
    ),
    (
        "the time left",
        "charge_reason = \"sensor_missing\"\ntime_left = [\"1.3s\", \"1.7s\"]\nat = \"12s\"",
        "charge_reason = \"sensor_missing\"\ntime_left = [\"1.7s\", \"2s\"]\nat = \"12s\"",
    ),
    (
        "any of the reasons",
        "charge_reasons = \"user\"\nat = \"18s\"",
        "charge_reasons = \"sensor_missing\"\nat = \"18s\"",
    ),
    (
        "a point between two numbers",
        "point = \"temperature_c[1]\"\nmin = 24.9\nmax = 25.1\nat = \"8s\"",
        "point = \"temperature_c[1]\"\nmin = 25.1\nat = \"8s\"",
    ),
    (
        "a point that is absent",
        "point = \"temperature_c[2]\"\nabsent = \"sensor_open\"\nat = \"8s\"",
        "point = \"temperature_c[2]\"\nabsent = \"sensor_short\"\nat = \"8s\"",
    ),
    (
        "a point with a word",
        "point = \"mode\"\nis = \"awake\"\nat = \"8s\"",
        "point = \"mode\"\nis = \"sleep\"\nat = \"8s\"",
    ),
];

#[test]
fn every_kind_of_expectation_holds_where_it_is_so_and_breaks_where_it_is_not() {
    for (kind, so, not_so) in KINDS {
        let complaints = broken(so);
        assert!(complaints.is_empty(), "{kind}: {complaints:?}");
        let complaints = broken(not_so);
        assert_eq!(complaints.len(), 1, "{kind}: nobody noticed");
        assert_eq!(complaints[0].line, 21, "{kind}");
        assert!(!complaints[0].happened.is_empty(), "{kind}");
    }
}

#[test]
fn a_wrong_answer_breaks_with_the_line_of_the_question() {
    let text = TROUBLE.replace("answer = \"ok\"", "answer = \"role\"");
    let broken = Scenario::parse(&text).unwrap().run(None, &mut |_| {}).unwrap().broken;
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].line, 14);
    assert_eq!(broken[0].happened, "the answer was ok");
}

#[test]
fn a_broken_expectation_shows_what_happened_instead_and_when() {
    let broken = broken("fault_set = \"sensor_missing\"\nwithin = [\"7s\", \"20s\"]");
    let shown = broken[0].to_string();
    assert_eq!(
        shown,
        "expected  sensor_missing to set between 7s and 20s\n\
         happened  it did not happen then\n\
         near it   6.5s protection_set sensor_missing l2, sensor 2, lasted 1s\n\
         \u{20}         13.5s protection_cleared sensor_missing l2, sensor 2, lasted 7s, \
         released: recovered"
    );
}

#[test]
fn samples_come_at_their_distance_and_events_in_the_order_of_time() {
    let scenario = Scenario::parse(TROUBLE).unwrap();
    let (mut samples, mut events) = (Vec::new(), Vec::new());
    let every = cellward_units::Duration::from_millis(500);
    scenario
        .run(Some(every), &mut |told| match told {
            Told::Sample(at, _) => samples.push(at.as_micros()),
            // A storm is told when its ten seconds are over, with the time of its last event.
            Told::Event(Event::Record(record)) if record.kind == RecordKind::Storm => {}
            Told::Event(event) => events.push(event.at()),
        })
        .unwrap();
    let wanted: Vec<u64> = (0..=40).map(|half| half * 500_000).collect();
    assert_eq!(samples, wanted);
    assert!(events.is_sorted());
    assert!(events.len() > 8);
}
