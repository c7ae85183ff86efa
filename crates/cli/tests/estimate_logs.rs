//! `cellward estimate` over captures and over what this program writes, against the truth of the
//! simulator.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cellward_host::capture::{Recorded, Tape};
use cellward_host::{DeviceUrl, Options, Plan, Transport, open_board_over};
use cellward_params::PortId;
use cellward_sim::{Setup, Sim, Story, Way};
use cellward_units as units;

/// A pack whose last cell holds less than the others, so that it decides; half an hour of 0.5C and
/// as long a rest.
const STORY: &str = "
    [pack]
    cells = 4
    chemistry = \"nmc\"
    capacity_ah = 100
    rated_current_a = 100
    start_cells_percent = [80, 80, 80, 75]
    ideal_sensors = true

    [[at]]
    time = \"10s\"
    load_a = 50

    [[at]]
    time = \"30min\"
    load_a = 0
";

/// What the board remembers; it is a little wrong.
const REMEMBERED: &str = "0.78";

fn cellward(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellward")).args(arguments).output().unwrap()
}

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("logs-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What `estimate` made of a log.
struct Made {
    code: Option<i32>,
    said: String,
    complained: String,
    /// Time, charge and bounds of each row; none where nothing was written.
    rows: Vec<[f64; 4]>,
}

impl Made {
    fn last(&self) -> [f64; 4] {
        *self.rows.last().unwrap_or_else(|| panic!("{}", self.complained))
    }
}

fn estimate(log: &Path, more: &[&str]) -> Made {
    let out = log.with_extension("estimates");
    let _ = std::fs::remove_file(&out);
    let mut arguments = vec!["estimate", "--profile", "nmc", "--pack-ah", "100", "--start-soc"];
    arguments.extend([REMEMBERED, "--log", log.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    arguments.extend(more);
    let output = cellward(&arguments);
    let text = std::fs::read_to_string(&out).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split(',').map(|cell| cell.parse().unwrap());
        std::array::from_fn(|_| cells.next().unwrap())
    };
    Made {
        code: output.status.code(),
        said: String::from_utf8(output.stdout).unwrap(),
        complained: String::from_utf8(output.stderr).unwrap(),
        rows: text.lines().skip(1).map(row).collect(),
    }
}

/// A simulated board and its world, of which a test keeps the truth.
#[derive(Clone)]
struct World {
    sim: Arc<Mutex<Sim>>,
    port: PortId,
}

impl World {
    fn new(way: Way) -> Self {
        let setup = Setup::from(Story::parse(STORY).unwrap());
        Self { sim: Arc::new(Mutex::new(Sim::new(setup).unwrap())), port: way.first() }
    }

    fn live_until(&self, seconds: u64) {
        let until = units::Instant::START + units::Duration::from_secs(seconds);
        let mut sim = self.sim.lock().unwrap();
        sim.run_jumping(until);
        sim.node_mut().pass_line_time(until);
    }

    /// State of charge of the string: it is empty with its first empty cell and full with its first
    /// full one.
    fn charge(&self) -> f64 {
        let truth = self.sim.lock().unwrap().truth();
        let cells = || truth.soc.iter().zip(&truth.capacity_ah);
        let left = cells().map(|(soc, ah)| soc * ah).fold(f64::INFINITY, f64::min);
        let free = cells().map(|(soc, ah)| (1.0 - soc) * ah).fold(f64::INFINITY, f64::min);
        left / (left + free)
    }
}

impl Transport for World {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut sim = self.sim.lock().unwrap();
        let now = sim.now();
        sim.node_mut().receive(self.port, bytes, now);
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let mut sim = self.sim.lock().unwrap();
        let count = sim.node_mut().transmit(self.port, buffer);
        if count == 0 {
            let micros = u64::try_from(timeout.as_micros()).unwrap();
            let until = sim.now() + units::Duration::from_micros(micros);
            sim.run_jumping(until);
            sim.node_mut().pass_line_time(until);
        }
        Ok(count)
    }

    fn now(&self) -> Duration {
        Duration::from_micros(self.sim.lock().unwrap().now().as_micros())
    }
}

/// Where a capture goes, which the test reads.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the story in a dialect, asking at these seconds; gives the capture and the true charge at
/// its end.
fn captured(dialect: &str, asked: impl Iterator<Item = u64>) -> (String, f64) {
    let way = if dialect == "modbus-tcp" { Way::Modbus } else { Way::Uart1 };
    let (world, paper) = (World::new(way), Paper::default());
    let tape = Tape::begin(Box::new(paper.clone()), "sim:").unwrap();
    let url: DeviceUrl = format!("sim:?dialect={dialect}").parse().unwrap();
    let recorded = Box::new(Recorded::new(Box::new(world.clone()), tape.clone()));
    let mut board = open_board_over(recorded, &url, Options::default());
    for seconds in asked {
        world.live_until(seconds);
        board.read(Plan::Live, Duration::from_secs(5)).unwrap();
    }
    tape.end(board.dialect()).unwrap();
    let bytes = paper.0.lock().unwrap().clone();
    (String::from_utf8(bytes).unwrap(), world.charge())
}

/// That the truth lies within the bounds, which say something, and is met.
fn meets(made: &Made, truth: f64) {
    let [_, soc, low, high] = made.last();
    assert!(low <= truth && truth <= high, "{soc} ({low} to {high}) against {truth}");
    assert!((soc - truth).abs() < 0.04 && high - low < 0.25, "{soc} ({low} to {high}), {truth}");
}

#[test]
fn a_capture_in_any_dialect_ends_where_the_pack_does() {
    let folder = folder("captures");
    for dialect in ["a5", "d2", "p81", "modbus", "modbus-tcp"] {
        let (capture, truth) = captured(dialect, (5..3_600).step_by(5));
        assert!((0.4..0.6).contains(&truth), "{truth}");
        let log = write(&folder, dialect, &capture);
        let made = estimate(&log, &[]);
        assert_eq!(made.code, Some(0), "{dialect}: {}", made.complained);
        assert!(made.said.contains(" readings of 4 cells over "), "{}", made.said);
        meets(&made, truth);
        // The capture's own times, from its first reading on.
        let [time, ..] = made.last();
        assert!((3_575.0..3_595.0).contains(&time), "{dialect}: {time}");
    }
}

#[test]
fn a_capture_that_does_not_say_what_its_board_speaks_is_found_out() {
    let folder = folder("found-out");
    for dialect in ["a5", "d2", "p81", "modbus", "modbus-tcp"] {
        let (capture, _) = captured(dialect, (5..120).step_by(5));
        let (bytes, said) = capture.split_once("# the board speaks ").unwrap();
        let named = estimate(&write(&folder, "named", &capture), &[]);
        let unnamed = estimate(&write(&folder, "unnamed", bytes), &[]);
        assert_eq!(unnamed.code, Some(0), "{said}: {}", unnamed.complained);
        assert_eq!(unnamed.rows, named.rows, "{said}");
    }
}

#[test]
fn who_only_listened_has_the_same_values() {
    let folder = folder("listened");
    for dialect in ["a5", "d2", "p81"] {
        let (capture, _) = captured(dialect, (5..120).step_by(5));
        let asked = estimate(&write(&folder, "asked", &capture), &[]);
        let heard = estimate(&write(&folder, "heard", capture.replace(" > ", " < ")), &[]);
        assert_eq!(heard.code, Some(0), "{dialect}: {}", heard.complained);
        assert_eq!(heard.rows, asked.rows, "{dialect}");
    }
}

#[test]
fn what_flowed_in_a_gap_is_not_made_up_but_doubted() {
    let folder = folder("gap");
    let seconds = (5..300).step_by(5).chain((1_500..1_560).step_by(5));
    let (capture, truth) = captured("d2", seconds);
    let made = estimate(&write(&folder, "gap", capture), &[]);
    assert_eq!(made.code, Some(0), "{}", made.complained);
    assert!(made.said.contains("1 gap of more than a minute (20.1 min)"), "{}", made.said);
    let before = made.rows.iter().rfind(|row| row[0] < 300.0).unwrap();
    let [_, soc, low, high] = made.last();
    assert!(high - low > before[3] - before[2] + 0.02, "{soc} ({low} to {high})");
    assert!(low <= truth && truth <= high, "{soc} ({low} to {high}) against {truth}");
}

#[test]
fn samples_of_a_story_end_where_the_story_does() {
    let folder = folder("samples");
    let story = write(
        &folder,
        "story.toml",
        STORY.replace("load_a = 0\n", "load_a = 0\n[[at]]\ntime = \"1h\"\nload_a = 0\n"),
    );
    let samples = folder.join("samples.csv");
    let (story, out) = (story.to_str().unwrap(), samples.to_str().unwrap());
    let lived = cellward(&["sim", "--scenario", story, "--csv", out]);
    assert!(lived.status.success(), "{lived:?}");
    let world = World::new(Way::Uart1);
    world.live_until(3_600);
    let made = estimate(&samples, &[]);
    assert_eq!(made.code, Some(0), "{}", made.complained);
    // Before its first measurement the board had nothing to say.
    assert!(made.said.contains("; 1 without all cells"), "{}", made.said);
    meets(&made, world.charge());

    // Its name says nothing, and it may be packed.
    let packed = Command::new("gzip").arg("-c").arg(&samples).output().unwrap();
    let packed = estimate(&write(&folder, "packed", packed.stdout), &[]);
    assert_eq!(packed.rows, made.rows, "{}", packed.complained);
}

#[test]
fn what_a_board_recorded_is_read_as_a_table_and_as_json() {
    let folder = folder("records");
    let mut exported = Vec::new();
    for form in ["--csv", "--json"] {
        // Of the simulated board, which has recorded one moment with all cells; a later one is made
        // from it.
        let output = cellward(&["history", "--device", "sim:", form]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let alone = estimate(&write(&folder, "alone", &text), &[]);
        assert_eq!(alone.code, Some(2));
        assert!(alone.complained.contains("it covers 0 s, and"), "{}", alone.complained);
        let later = match form {
            "--csv" => {
                let row = text.lines().last().unwrap();
                let at = row.split(',').nth(1).unwrap();
                format!("{text}{}\n", row.replacen(&format!(",{at},"), ",40610,", 1))
            }
            _ => {
                let mut list: serde_json::Value = serde_json::from_str(&text).unwrap();
                let mut last = list.as_array().unwrap().last().unwrap().clone();
                last["at_ms"] = 40_610.into();
                list.as_array_mut().unwrap().push(last);
                list.to_string()
            }
        };
        let made = estimate(&write(&folder, "later", later), &[]);
        assert_eq!(made.code, Some(0), "{}", made.complained);
        assert!(made.said.contains("2 readings of 16 cells over 40 s"), "{}", made.said);
        exported.push(made.rows);
    }
    assert_eq!(exported[0], exported[1]);
}

#[test]
fn what_breaks_off_gives_what_was_complete_and_says_so() {
    let folder = folder("broken-off");
    let (capture, _) = captured("a5", (5..300).step_by(5));
    let whole = estimate(&write(&folder, "whole", &capture), &[]);
    let lines: Vec<&str> = capture.split_inclusive('\n').collect();
    let half = lines[..lines.len() / 2].concat();
    // Within a byte, and within a frame.
    for begun in ["200.0 < A5 0", "200.0 < A5 01 90 08 02 14"] {
        let made = estimate(&write(&folder, "half", half.clone() + begun), &[]);
        assert_eq!(made.code, Some(4), "{begun}: {}", made.complained);
        assert_eq!(made.complained.lines().count(), 1, "{}", made.complained);
        assert!(made.complained.contains("the capture breaks off"), "{}", made.complained);
        assert!((10..whole.rows.len()).contains(&made.rows.len()), "{begun}");
        assert!(whole.rows.starts_with(&made.rows), "what was before it is as it was");
    }
    let packed = write(&folder, "packed", capture);
    let packed = Command::new("gzip").arg("-c").arg(packed).output().unwrap().stdout;
    let made = estimate(&write(&folder, "packed-half", &packed[..packed.len() / 2]), &[]);
    assert_eq!(made.code, Some(4), "{}", made.complained);
    assert!(made.complained.contains("breaks off"), "{}", made.complained);
    assert!(whole.rows.starts_with(&made.rows) && !made.rows.is_empty());
}

#[test]
fn damage_within_a_capture_is_said_and_the_rest_estimated() {
    let (capture, truth) = captured("d2", (5..3_600).step_by(5));
    // One byte of one reply in the middle.
    let place = capture.len() / 2 + capture[capture.len() / 2..].find(" < D2 03").unwrap() + 9;
    let other = if &capture[place + 3..place + 5] == "00" { "01" } else { "00" };
    let mut damaged = capture.clone();
    damaged.replace_range(place + 3..place + 5, other);
    let made = estimate(&write(&folder("damage"), "damaged", damaged), &[]);
    assert_eq!(made.code, Some(4), "{}", made.complained);
    assert!(made.complained.contains("one run of bytes"), "{}", made.complained);
    meets(&made, truth);
}

#[test]
fn a_log_must_last_as_long_as_one_look() {
    let folder = folder("short");
    let rows = |millis: u32| {
        let row = |at: u32| format!("{at},3600,0,25\n");
        let head = "at_ms,cell_voltage_mv_1,current_ma,temperature_c_1";
        format!("{head}\n{}{}", row(0), row(millis))
    };
    assert_eq!(estimate(&write(&folder, "short", rows(9_999)), &[]).code, Some(2));
    assert_eq!(estimate(&write(&folder, "long", rows(10_000)), &[]).code, Some(0));
}

#[test]
fn captures_one_behind_the_other_are_not_one() {
    let (capture, _) = captured("d2", (5..60).step_by(5));
    let twice = write(&folder("twice"), "twice", capture.clone() + &capture);
    let made = estimate(&twice, &[]);
    assert_eq!(made.code, Some(2), "{}", made.said);
    assert!(made.complained.contains("time runs back from "), "{}", made.complained);
}

#[test]
fn what_is_no_log_is_told_what_one_would_be() {
    let folder = folder("no-log");
    let foreign = "# cellward capture 1 x\n0.0 > 68 65 6C 6C 6F\n0.1 < 68 65 6C 6C 6F\n";
    let speaks = format!("{foreign}# the board speaks d2\n");
    // 53.2 V and -2.1 A, twice, and no cell.
    let current = "A5 01 90 08 02 14 00 00 75 45 03 78 89";
    let no_cells = format!("# cellward capture 1 x\n0.1 < {current}\n9.1 < {current}\n");
    let middle = format!("# cellward capture 1 x\n0.1 < {current}\n0.2 ? 00\n9.1 < {current}\n");
    for (name, bytes, said) in [
        ("empty", String::new(), "it is empty; known are"),
        ("letter", "Dear Sir,\nhello\n".to_owned(), "begins with \"Dear Sir,\"; known are"),
        ("foreign", foreign.to_owned(), "no frame with values of a board is in this capture"),
        ("named", speaks, "by D2 (refused runs of bytes: 2)"),
        ("no-cells", no_cells, "says no cell voltages, temperatures, number of cells"),
        ("middle", middle, "line 3 is no line of a capture"),
        ("list", "[1, 2]".to_owned(), "object 1"),
        ("table", "at_ms,current_ma\n0,5\n".to_owned(), "cell_voltage_mv"),
        ("rows", "at_ms,cell_voltage_mv_1,current_ma\n0,3300,5\n".to_owned(), "none of its 1 rows"),
    ] {
        let made = estimate(&write(&folder, name, bytes), &[]);
        assert_eq!(made.code, Some(2), "{name}: {}", made.complained);
        assert!(made.complained.contains(said), "{name}: {}", made.complained);
        assert!(made.complained.contains(&format!("no-log/{name}: ")), "{}", made.complained);
        assert_eq!(made.complained.lines().count(), 1, "{}", made.complained);
        assert!(made.rows.is_empty(), "{name}");
    }
    let made = estimate(&write(&folder, "noise", [0xFF, 0xFE, 0x00]), &[]);
    assert!(made.complained.contains("it is no text"), "{}", made.complained);
}

/// What another board would have been asked and said, a tenth of a second later: the address is one
/// more, and so is the check that adds it up.
fn second_board(capture: &str) -> String {
    let mut text = String::new();
    for line in capture.lines().filter(|line| !line.starts_with('#')) {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words[0] = format!("{:.6}", words[0].parse::<f64>().unwrap() + 0.1);
        for frame in words[2..].chunks_mut(13) {
            for place in [1, 12] {
                let byte = u8::from_str_radix(&frame[place], 16).unwrap();
                frame[place] = format!("{:02X}", byte.wrapping_add(1));
            }
        }
        text += &(words.join(" ") + "\n");
    }
    text
}

#[test]
fn of_several_boards_one_is_named() {
    let folder = folder("boards");
    let (first, _) = captured("a5", (5..120).step_by(5));
    let second = second_board(&first);
    let mut lines: Vec<&str> =
        first.lines().chain(second.lines()).filter(|line| !line.starts_with('#')).collect();
    let time = |line: &&str| line.split(' ').next().unwrap().parse::<f64>().unwrap();
    lines.sort_by(|a, b| time(a).total_cmp(&time(b)));
    let head = first.lines().next().unwrap();
    let both = write(&folder, "both", format!("{head}\n{}\n", lines.join("\n")));
    let undecided = estimate(&both, &[]);
    assert_eq!(undecided.code, Some(2), "{}", undecided.said);
    assert!(undecided.complained.contains("--board (1, 2)"), "{}", undecided.complained);
    let chosen = ["1", "2"].map(|board| estimate(&both, &["--board", board]));
    for made in &chosen {
        assert_eq!(made.code, Some(0), "{}", made.complained);
    }
    assert_eq!(chosen[0].rows, estimate(&write(&folder, "first", first), &[]).rows);
    assert_eq!(chosen[0].rows.len(), chosen[1].rows.len());
}

#[test]
fn a_board_that_is_not_in_a_capture_is_not_found() {
    let folder = folder("other-board");
    let (capture, _) = captured("p81", (5..120).step_by(5));
    let alone = estimate(&write(&folder, "alone", &capture), &["--board", "1"]);
    assert_eq!(alone.code, Some(0), "{}", alone.complained);
    let missing = estimate(&write(&folder, "missing", &capture), &["--board", "3"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.complained.contains("board 3 is not in this capture; there is 1"));
    let table = write(&folder, "table", "time_s,v_mV,i_dA,t_dC\n0,3600,0,250\n10,3600,0,250\n");
    assert_eq!(estimate(&table, &[]).code, Some(0));
    let refused = estimate(&table, &["--board", "1"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.complained.contains("it is no capture"), "{}", refused.complained);
}

#[test]
fn a_current_that_means_the_other_way_is_said_and_can_be_turned() {
    let folder = folder("sign");
    let (capture, truth) = captured("d2", (5..3_600).step_by(5));
    let log = write(&folder, "capture", &capture);
    let right = estimate(&log, &["--positive", "charge"]);
    meets(&right, truth);
    assert_eq!(right.complained, "");
    let turned = estimate(&log, &["--positive", "discharge"]);
    assert_eq!(turned.code, Some(0));
    assert!(turned.complained.contains("--positive"), "{}", turned.complained);
    assert_ne!(turned.rows, right.rows);
    let (own, _) = captured("modbus", (5..30).step_by(5));
    let refused = estimate(&write(&folder, "own", own), &["--positive", "discharge"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.complained.contains("leave out --positive"), "{}", refused.complained);
}

#[test]
fn a_chemistry_will_do_for_a_profile_unless_a_file_is_called_so() {
    let folder = folder("chemistry");
    let log = write(&folder, "log.csv", "time_s,v_mV,i_dA,t_dC\n0,3600,0,250\n10,3600,0,250\n");
    let run = |profile: &str| {
        Command::new(env!("CARGO_BIN_EXE_cellward"))
            .current_dir(&folder)
            .args(["estimate", "--profile", profile, "--pack-ah", "100", "--out", "out.csv"])
            .arg("--log")
            .arg(&log)
            .output()
            .unwrap()
    };
    let _ = std::fs::remove_file(folder.join("lto"));
    for chemistry in ["lfp", "nmc", "lto"] {
        assert!(run(chemistry).status.success(), "{chemistry}");
    }
    write(&folder, "lto", "this is no profile");
    let refused = run("lto");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("lto: profile:"), "{refused:?}");
    let unknown = run("lead");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("lfp, nmc or lto"), "{unknown:?}");
}
