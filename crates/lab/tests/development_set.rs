//! What the estimator reaches on the runs of `data/soc` is held here: fitted, estimated and scored as
//! `cargo xtask soc` does, in this process. Its page says how far it is.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cellward_lab::{
    Chemistry, Named, Score, compare_power, fit, generic, load, read_log, read_truth, replay,
};
use cellward_units::{Charge, Duration, Ratio};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/soc")
}

/// Rows of a small table, by the names of its columns.
fn table(name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(data().join(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn profiles() -> BTreeMap<String, Named> {
    ["lfp_a", "nmc_a", "lto_a"]
        .map(|cell| {
            let fitted = fit(&load(&data().join("cells").join(cell)).unwrap()).unwrap();
            (cell.to_owned(), fitted.named)
        })
        .into()
}

struct Run {
    cell: String,
    good_start: bool,
    health: f64,
    score: Score,
}

fn run(row: &BTreeMap<String, String>, named: &Named, truths: &[BTreeMap<String, String>]) -> Run {
    let name = &row["run"];
    let known = truths.iter().find(|row| &row["run"] == name).unwrap();
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<f64>().unwrap();
    let samples = read_log(&data().join(format!("runs/{name}_sensor.csv.gz"))).unwrap();
    let rated = Charge::from_amp_hours_f64(number(row, "pack_ah"));
    let hint = number(row, "start_soc_hint");
    let mut estimates = Vec::new();
    let each = Duration::from_secs(10);
    replay(named, rated.unwrap(), Ratio::from_f64(hint), &samples, each, |row| estimates.push(row))
        .unwrap();
    let truth = read_truth(&data().join(format!("runs/{name}_truth.csv.gz"))).unwrap();
    Run {
        cell: row["cell"].clone(),
        good_start: (hint - number(known, "soc_start")).abs() <= 0.1,
        health: number(known, "soh"),
        score: truth.score(&estimates).unwrap(),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

#[test]
fn the_charge_of_the_development_runs_is_known_as_well_as_promised() {
    let (profiles, truths) = (profiles(), table("truth.csv"));
    let runs: Vec<Run> =
        table("runs.csv").iter().map(|row| run(row, &profiles[&row["cell"]], &truths)).collect();
    assert_eq!(runs.len(), 17);
    let of = |cell: &'static str| {
        let runs = runs.iter().filter(move |run| run.cell.starts_with(cell));
        mean(runs.map(|run| run.score.rms))
    };
    let all = mean(runs.iter().map(|run| run.score.rms));
    assert!(all <= 2.0, "{all:.2} points on average");
    assert!(of("nmc") <= 1.2 && of("lto") <= 2.0 && of("lfp") <= 3.0);
    let worst = runs.iter().map(|run| run.score.rms).fold(0.0, f64::max);
    assert!(worst <= 8.0, "{worst:.2} points in the worst run");
    let within = mean(runs.iter().map(|run| f64::from(u8::from(run.score.worst <= 5.0))));
    assert!(within >= 0.65, "{within:.2} of the runs stay within 5 points");
    let good = runs.iter().filter(|run| run.good_start).map(|run| run.score.rms);
    let good = good.fold(0.0, f64::max);
    assert!(good <= 2.5, "a good start became {good:.2} points");
    let coverage = mean(runs.iter().map(|run| run.score.coverage));
    assert!(coverage >= 90.0, "the bounds held {coverage:.1} %");
    let width = mean(runs.iter().map(|run| run.score.width));
    assert!(width <= 8.0, "and were {width:.1} points wide");
    let swung = runs.iter().filter(|run| run.score.swing >= 40.0);
    let holds = mean(swung.map(|run| ((run.score.health - run.health) * 100.0).powi(2)));
    let holds = libm::sqrt(holds);
    assert!(holds <= 4.0, "what cells hold is {holds:.1} points off");
}

#[test]
fn with_profiles_that_nobody_fitted_the_bounds_say_so() {
    let truths = table("truth.csv");
    let chemistry = |cell: &str| match &cell[..3] {
        "lfp" => Chemistry::Lfp,
        "nmc" => Chemistry::Nmc,
        _ => Chemistry::Lto,
    };
    let runs: Vec<Run> = table("runs.csv")
        .iter()
        .map(|row| run(row, &generic(chemistry(&row["cell"])), &truths))
        .collect();
    for (cell, most, wide) in [("lfp", 3.0, 12.0), ("nmc", 2.4, 10.0), ("lto", 5.0, 20.0)] {
        let of = |what: fn(&Score) -> f64| {
            mean(runs.iter().filter(|run| run.cell.starts_with(cell)).map(|run| what(&run.score)))
        };
        let (rms, held, width) = (of(|it| it.rms), of(|it| it.coverage), of(|it| it.width));
        assert!(held >= 90.0, "{cell}: bounds held {held:.1} %");
        assert!(rms <= most && width <= wide, "{cell}: {rms:.2} points, {width:.1} wide");
    }
}

#[test]
fn ten_second_powers_are_as_good_as_promised_and_hardly_ever_promised_too_high() {
    let errors: Vec<f64> = profiles()
        .iter()
        .flat_map(|(cell, named)| {
            compare_power(named, &data().join(format!("power/{cell}.csv"))).unwrap()
        })
        .map(|row| row.error() * 100.0)
        .collect();
    assert_eq!(errors.len(), 72);
    let error = mean(errors.iter().map(|error| error.abs()));
    let over = mean(errors.iter().map(|error| error.max(0.0)));
    assert!(error <= 20.0 && over <= 5.0, "{error:.1} % off, {over:.1} % too high");
}
