//! `cargo xtask cover`: how much of the core its tests run through, by regions.
//!
//! A region is a piece of code that runs as a whole or not at all, so an untaken arm of a `match`
//! on one line counts. Tests of the core, of the simulator and of the board are run; code that
//! exists for tests alone is left out. The figures are written to `docs/reference/coverage.md`.

mod regions;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, command, read, root, show, target, works};
use crate::setup;
use regions::Covered;

/// The least share of the regions of the core.
const GOAL: f64 = 0.95;

/// Where the code lies that is judged.
const JUDGED: &str = "crates/core/src/";

/// The packages whose tests are run.
const PACKAGES: [&str; 3] = ["cellward-core", "cellward-sim", "cellward-node"];

/// Runs the tests, prints and writes the figures, and fails below the goal.
pub(crate) fn run() -> Result<()> {
    setup::llvm_tools()?;
    setup::cargo_tool("llvm-cov", "0.9.1")?;
    std::fs::create_dir_all(target())?;
    let report = target().join("coverage.json");
    show(tests(&report))?;
    let report = std::fs::read_to_string(&report).context("coverage.json")?;
    let judged = root().join(JUDGED);
    let files = regions::by_file(&report, &judged.to_string_lossy(), |name| {
        std::fs::read_to_string(judged.join(name)).with_context(|| name.to_owned())
    })?;
    let mut total = Covered::default();
    for (name, covered) in &files {
        total.add(covered);
        println!("{name}: {covered}");
        if !covered.missed.is_empty() {
            let lines: Vec<String> = covered.missed.iter().map(u64::to_string).collect();
            println!("    not run on lines {}", lines.join(", "));
        }
    }
    if total.regions == 0 {
        bail!("the report has no regions of {JUDGED}");
    }
    println!("whole core: {total}");

    let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
    std::fs::write(root().join("docs/reference/coverage.md"), page(date.trim(), &files, &total))
        .context("cannot write docs/reference/coverage.md")?;
    println!("wrote docs/reference/coverage.md");
    if total.share() < GOAL {
        bail!("the tests run through less than {:.0} % of the core", GOAL * 100.0);
    }
    Ok(())
}

/// The tests, by nextest where it is installed, with a report as JSON.
fn tests(report: &Path) -> Command {
    let mut tests = cargo(["llvm-cov"]);
    if works(cargo(["nextest", "--version"])) {
        tests.args(["nextest", "--status-level", "slow", "--final-status-level", "fail"]);
    }
    tests.args(["--json", "--output-path"]).arg(report);
    tests.args(["--lib", "--tests", "--all-features", "--locked"]);
    for package in PACKAGES {
        tests.args(["--package", package]);
    }
    tests
}

/// The page, for people.
fn page(date: &str, files: &[(String, Covered)], total: &Covered) -> String {
    let mut page = format!(
        "<!-- Written by `cargo xtask cover`. -->\n\n\
         # What the tests of the core run through\n\n\
         Measured on {date} with the tests of {}. A region is a piece of code that runs as a whole \
         or not at all; code that exists for tests alone is left out. The goal is {:.0} % of the \
         regions of `{JUDGED}`.\n\n\
         | file | regions | not run | share |\n|---|--:|--:|--:|\n",
        PACKAGES.map(|name| format!("`{name}`")).join(", "),
        GOAL * 100.0
    );
    let whole = [("**whole core**".to_owned(), total)];
    let files = files.iter().map(|(name, covered)| (format!("`{name}`"), covered));
    for (name, covered) in files.chain(whole) {
        let _ = writeln!(
            page,
            "| {name} | {} | {} | {:.1} % |",
            covered.regions,
            covered.regions - covered.run,
            covered.share() * 100.0
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_file_and_the_whole() {
        let mut covered = Covered::default();
        covered.count(1, true);
        covered.count(9, false);
        let page = page("2026-01-01", &[("flow.rs".to_owned(), covered.clone())], &covered);
        assert!(page.contains("Measured on 2026-01-01"));
        assert!(page.contains("\n| `flow.rs` | 2 | 1 | 50.0 % |\n| **whole core** | 2 | 1 |"));
    }
}
