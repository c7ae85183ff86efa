//! `cargo xtask mutants`: would the tests notice? Breaks the core in hundreds of small ways, one
//! after the other, and runs its tests on each.
//!
//! Results are kept in `.xtask/mutants/` for as long as the mutated file stays as it is, so a
//! run over a part (`--file`, `--shard`, `--open`) adds to what is known, and so does one that was
//! interrupted. A module whose every mutant is known gets its line in `docs/reference/mutants.md`,
//! with the day of its oldest result. Takes minutes to an hour, so it is no part of
//! `cargo xtask test`.

mod argued;
mod known;
mod page;
mod rate;
mod worker;

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, command, read, root};
use crate::setup;
use known::{Known, Mutant};

/// The modules that decide about switches.
const DEFAULT_FILES: [&str; 2] = ["crates/core/src/protect/**", "crates/core/src/switch/**"];

/// The package that is mutated and whose tests are run.
const PACKAGE: &str = "cellward-core";

/// Tests of the core, by a part of their name, that take too long to be run on every mutant.
const SLOW_TESTS: &[&str] = &["an_hour_at_ten_amps"];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Mutate these files (a glob, may be repeated) instead of the protection and the switching.
    #[arg(long)]
    file: Vec<String>,
    /// Run only this part of the mutants: `0/4` to `3/4`.
    #[arg(long)]
    shard: Option<String>,
    /// Run only mutants without a result and missed ones that are not argued.
    #[arg(long)]
    open: bool,
    /// Run nothing; judge what is known and write the page.
    #[arg(long, conflicts_with_all = ["shard", "open"])]
    judge: bool,
}

/// Runs the mutants that were asked for, prints what was missed, and writes the page.
pub(crate) fn run(options: &Options) -> Result<()> {
    setup::cargo_tool("mutants", "27.1.0")?;
    let files: Vec<&str> = if options.file.is_empty() {
        DEFAULT_FILES.to_vec()
    } else {
        options.file.iter().map(String::as_str).collect()
    };
    let all = list(&[])?;
    let selected = list(&files)?;
    if selected.is_empty() {
        bail!("no mutants in {}", files.join(", "));
    }
    let argued = std::fs::read_to_string(root().join(argued::PATH)).context(argued::PATH)?;
    let argued = argued::Argued::parse(&argued, &all);

    let mut known = Known::read()?;
    if !options.judge {
        let mut open = selected
            .iter()
            .filter(|mutant| known.is_open(mutant) && !argued.holds(&mutant.name))
            .peekable();
        if options.open && open.peek().is_none() {
            println!("mutants: none is open");
        } else {
            let only: Vec<&Mutant> = if options.open { open.collect() } else { Vec::new() };
            let mut commands = Vec::new();
            for worker in 0..worker::WORKERS {
                let share = worker::share(worker, options.shard.as_deref())?;
                worker::refresh(worker)?;
                commands.push(mutate(worker, &share, &files, &only));
            }
            let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
            known::begin(&selected, date.trim())?;
            let done = worker::run(commands);
            known.finish()?;
            done?;
        }
    }
    judge(&all, &selected, &known, &argued)
}

/// Prints the verdict on every selected module, writes the page, and fails below the goal.
fn judge(
    all: &[Mutant],
    selected: &[Mutant],
    known: &Known,
    argued: &argued::Argued,
) -> Result<()> {
    let mut complaints = argued.complaints.clone();
    let mut lines = Vec::new();
    let modules: BTreeSet<&str> = selected.iter().map(Mutant::module).collect();
    for module in modules {
        let mutants = all.iter().filter(|mutant| mutant.module() == module);
        let mut tally = rate::Tally::default();
        for mutant in mutants {
            let result = known.result(mutant);
            complaints.extend(tally.count(&mutant.name, result, argued.holds(&mutant.name)));
        }
        for name in &tally.missed {
            println!("missed: {name}");
        }
        if tally.unknown > 0 {
            complaints.push(format!(
                "{module}: {} mutants have no result for the file as it is now; \
                 `cargo xtask mutants --open` runs them",
                tally.unknown
            ));
            continue;
        }
        println!("{module}: {tally}");
        if tally.rate() < rate::GOAL {
            complaints.push(format!("{module} is below {:.0} %", rate::GOAL * 100.0));
        }
        lines.push((module.to_owned(), page::line(module, &tally)));
    }
    let path = root().join("docs/reference/mutants.md");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, page::text(&old, lines)).context("docs/reference/mutants.md")?;
    println!("wrote docs/reference/mutants.md");
    for complaint in &complaints {
        eprintln!("mutants: {complaint}");
    }
    if !complaints.is_empty() {
        bail!("mutants has {} complaints", complaints.len());
    }
    Ok(())
}

/// Every mutant of the core in these files; in all of them when none is named.
fn list(files: &[&str]) -> Result<Vec<Mutant>> {
    let mut list = cargo(["mutants", "--list", "--json", "--package", PACKAGE]);
    for file in files {
        list.args(["--file", file]);
    }
    known::listed(&read(list)?)
}

/// The command that mutates these files, or only these mutants in them, with the surroundings that
/// make it quick and repeatable.
fn mutate(worker: usize, share: &str, files: &[&str], only: &[&Mutant]) -> Command {
    let mut mutants = worker::in_place(worker);
    mutants.args(["--package", PACKAGE, "--profile", "mutants", "--build-timeout", "300"]);
    // One process for all tests takes a third of what nextest's process for each test takes; that
    // it stops at the first failure is an unstable option of the test harness.
    mutants.args(["--test-tool", "cargo", "--minimum-test-timeout", "20"]);
    mutants.env("RUSTC_BOOTSTRAP", "1");
    // The unit tests alone are run, so nothing else is built.
    mutants.args(["--cargo-arg", "--lib"]);
    mutants.args(["--shard", share, "--sharding", "round-robin"]);
    for file in files {
        mutants.args(["--file", file]);
    }
    for mutant in only {
        mutants.arg("--re").arg(format!("^{}$", escaped(&mutant.name)));
    }
    mutants.args(["--", "--", "-Z", "unstable-options", "--fail-fast"]);
    for test in SLOW_TESTS {
        mutants.args(["--skip", test]);
    }
    // Fewer random cases, always the same ones, and no time spent on making a failure small.
    for (name, number) in [
        ("PROPTEST_CASES", "32"),
        ("PROPTEST_RNG_SEED", "1"),
        ("PROPTEST_MAX_SHRINK_ITERS", "0"),
        ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true"),
    ] {
        if std::env::var_os(name).is_none() {
            mutants.env(name, number);
        }
    }
    mutants
}

/// A name with what a regular expression would take for a sign of its own made plain. No more than
/// that: `\<` and `\>` are signs of their own again.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for one in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(one) {
            escaped.push('\\');
        }
        escaped.push(one);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_matches_itself_as_a_regular_expression() {
        assert_eq!(escaped("a.rs:1: < (x)"), r"a\.rs:1: < \(x\)");
        assert_eq!(escaped("delete - and && in <T>"), r"delete \- and \&\& in <T>");
    }
}
