//! `cellward fit` and `cellward estimate` as a person types them, with mistakes.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn cellward(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellward")).args(arguments).output().unwrap()
}

fn data(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/soc").join(path).display().to_string()
}

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cellward-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An hour of a cell that is discharged by 10 A and rests then.
fn hour(folder: &Path) -> String {
    let mut text = String::from("v_mV,i_dA,t_dC\n");
    for second in 0..3_600 {
        let amps = if second < 1_800 { 100 } else { 0 };
        text += &format!("{},{amps},250\n", 3_262 - amps / 10);
    }
    let path = folder.join("hour.csv");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_log_becomes_a_row_every_ten_seconds_with_everything_that_is_known() {
    let folder = folder("rows");
    let (profile, out) = (folder.join("cell.toml"), folder.join("out.csv"));
    let (profile, out) = (profile.display().to_string(), out.display().to_string());
    let fitted = cellward(&["fit", &data("cells/lfp_a"), "--out", &profile]);
    assert!(fitted.status.success(), "{}", said(&fitted));
    let log = hour(&folder);
    let ways: [&[&str]; 2] = [&["--profile", &profile], &["--cell", &data("cells/lfp_a")]];
    let mut written = Vec::new();
    for way in ways {
        let mut arguments = vec!["estimate", "--log", &log, "--pack-ah", "100", "--out", &out];
        arguments.extend(["--start-soc", "0.6"]);
        arguments.extend(way);
        let done = cellward(&arguments);
        assert!(done.status.success(), "{}", said(&done));
        written.push(std::fs::read_to_string(&out).unwrap());
    }
    assert_eq!(written[0], written[1], "a fitted profile is what its cell gives");
    let mut lines = written[0].lines();
    let header = "time_s,soc,soc_lo,soc_hi,soh,p10_charge_w,p10_discharge_w";
    assert_eq!(lines.next(), Some(header));
    let rows: Vec<Vec<f64>> =
        lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    assert_eq!(rows.len(), 360);
    for (row, number) in rows.iter().zip(0..) {
        let &[time, soc, low, high, health, charge, discharge] = row.as_slice() else {
            panic!("{row:?}");
        };
        assert!((time - 10.0 * f64::from(number)).abs() < 1e-9, "{row:?}");
        assert!(0.0 <= low && low <= soc && soc <= high && high <= 1.0, "{row:?}");
        assert!((0.5..1.2).contains(&health) && charge > 0.0 && discharge > 0.0, "{row:?}");
    }
    // Half an hour of 10 A are five points.
    let fell = rows[0][1] - rows[359][1];
    assert!((0.02..0.09).contains(&fell), "{fell}");
}

#[test]
fn a_file_that_is_no_profile_is_named() {
    let folder = folder("profile");
    let (log, out) = (hour(&folder), folder.join("out.csv").display().to_string());
    let refused = cellward(&[
        "estimate",
        "--profile",
        &log,
        "--log",
        &log,
        "--pack-ah",
        "100",
        "--out",
        &out,
    ]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("hour.csv: profile:"), "{}", said(&refused));
    assert!(!Path::new(&out).exists());
}

#[test]
fn mistakes_are_named_and_nothing_is_written() {
    let folder = folder("mistakes");
    let out = folder.join("out.csv").display().to_string();
    let log = hour(&folder);
    let cell = data("cells/lfp_a");
    let broken = folder.join("broken.csv");
    std::fs::write(&broken, "v_mV,i_dA,t_dC\n3300,0,250\n3300,none,250\n").unwrap();
    let broken = broken.display().to_string();
    let good = ["--cell", &cell, "--log", &log, "--pack-ah", "100", "--start-soc", "0.5"];
    let with = |place: usize, other: &str| {
        let mut arguments = vec!["estimate".to_owned()];
        arguments.extend(good.map(str::to_owned));
        arguments[place + 1] = other.to_owned();
        arguments.extend(["--out".to_owned(), out.clone()]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        cellward(&arguments)
    };
    for (place, other, named) in [
        (1, "nowhere", "nowhere"),
        (3, broken.as_str(), "line 3"),
        (3, "nowhere.csv.gz", "nowhere.csv.gz"),
        (5, "0", "capacity"),
        (7, "50", "share"),
    ] {
        let refused = with(place, other);
        assert_eq!(refused.status.code(), Some(2), "{other}: {}", said(&refused));
        assert!(said(&refused).contains(named), "{other}: {}", said(&refused));
        assert!(!Path::new(&out).exists(), "{other}");
    }
}
