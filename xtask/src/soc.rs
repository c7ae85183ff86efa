//! `cargo xtask soc`: fits the catalogue cells of `data/soc`, estimates its runs with the release
//! binary as a user would, scores them, and writes `docs/reference/soc.md` with its picture.

mod page;
mod picture;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use cellward_lab::{
    Compared, Estimate, Score, Truth, compare_power, profile_from_toml, read_estimates, read_truth,
};

use crate::demo;
use crate::run::{command, read, root, target};

/// One run with what is known of it and how it went.
struct Run {
    name: String,
    cell: String,
    duty: String,
    ambient: f64,
    /// What the cell truly holds over its rating.
    health: f64,
    /// How far off the remembered charge was, in points.
    start: f64,
    dead_band: bool,
    truth: Truth,
    estimates: Vec<Estimate>,
    score: Score,
}

impl Run {
    /// Whether the remembered charge was about right.
    fn good_start(&self) -> bool {
        self.start.abs() <= 10.0
    }

    /// Error of the last estimate of what the cell holds, in points.
    fn health_error(&self) -> f64 {
        (self.score.health - self.health) * 100.0
    }
}

/// Fits, estimates, scores and writes.
pub(crate) fn run() -> Result<()> {
    let data = root().join("data/soc");
    let binary = demo::build()?;
    let out = target().join("soc");
    std::fs::create_dir_all(&out).context("cannot make the folder of the estimates")?;
    let truths = table(&data.join("truth.csv"))?;
    let listed = table(&data.join("runs.csv"))?;
    let mut profiles: Vec<String> = Vec::new();
    let mut runs = Vec::new();
    let mut powers: Vec<(String, Vec<Compared>)> = Vec::new();
    for row in &listed {
        let (name, cell) = (text(row, "run")?, text(row, "cell")?);
        let profile = out.join(format!("{cell}.toml"));
        if !profiles.contains(&cell) {
            println!("── fit {cell}");
            let folder = data.join("cells").join(&cell);
            let folder = folder.to_string_lossy();
            print!(
                "{}",
                read(command(&binary, ["fit", &folder, "--out", &profile.to_string_lossy()]))?
            );
            let named = profile_from_toml(&std::fs::read_to_string(&profile)?)?;
            powers.push((
                cell.clone(),
                compare_power(&named, &data.join(format!("power/{cell}.csv")))?,
            ));
            profiles.push(cell.clone());
        }
        let estimates = out.join(format!("{name}.csv"));
        let log = data.join(format!("runs/{name}_sensor.csv.gz"));
        read(command(
            &binary,
            [
                "estimate",
                "--profile",
                &profile.to_string_lossy(),
                "--log",
                &log.to_string_lossy(),
                "--pack-ah",
                &text(row, "pack_ah")?,
                "--start-soc",
                &text(row, "start_soc_hint")?,
                "--out",
                &estimates.to_string_lossy(),
            ],
        ))?;
        let truth = read_truth(&data.join(format!("runs/{name}_truth.csv.gz")))?;
        let estimates = read_estimates(&estimates)?;
        let score = truth.score(&estimates).with_context(|| format!("{name} has no estimates"))?;
        let known = truths.iter().find(|row| row.get("run") == Some(&name));
        let known = known.with_context(|| format!("truth.csv does not know {name}"))?;
        let start = number(row, "start_soc_hint")? - number(known, "soc_start")?;
        let run = Run {
            duty: text(row, "profile")?,
            ambient: number(known, "ambient_c")?,
            health: number(known, "soh")?,
            start: start * 100.0,
            dead_band: number(known, "deadband")? > 0.0,
            name,
            cell,
            truth,
            estimates,
            score,
        };
        println!(
            "{} {:5} {:8} {:5.2} points rms, {:5.2} at worst, bounds {:5.1} %, {:4.1} wide",
            run.name,
            run.cell,
            run.duty,
            run.score.rms,
            run.score.worst,
            run.score.coverage,
            run.score.width
        );
        runs.push(run);
    }
    let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
    let reference = root().join("docs/reference");
    std::fs::write(reference.join("soc.svg"), picture::draw(&runs))?;
    let text = page::write(date.trim(), &runs, &powers);
    std::fs::write(reference.join("soc.md"), &text)?;
    println!("wrote docs/reference/soc.md and soc.svg");
    Ok(())
}

/// A small table with a header and without quotes.
fn table(path: &Path) -> Result<Vec<HashMap<String, String>>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines().map(|line| line.split(',').map(|cell| cell.trim().to_owned()));
    let header: Vec<String> = lines.next().context("a table without header")?.collect();
    Ok(lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect())
}

fn text(row: &HashMap<String, String>, column: &str) -> Result<String> {
    row.get(column).cloned().with_context(|| format!("there is no column {column}"))
}

fn number(row: &HashMap<String, String>, column: &str) -> Result<f64> {
    text(row, column)?.parse().with_context(|| format!("{column} is no number"))
}
