//! `cargo xtask fuzz`: feeds every way in with bytes nobody thought of, by cargo-fuzz on the nightly
//! compiler.
//!
//! The targets are the files of `fuzz/targets`. Each begins with the seeds made from the public
//! captures (`fuzz/seeds`, written by `--seeds`), with the inputs that once failed
//! (`fuzz/regressions`), and with what earlier runs found worth keeping (`fuzz/corpus`, not
//! committed). A failing input stops the run. Time and executions are added to
//! `docs/reference/fuzz.md`.

mod page;
mod seeds;

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{command, read, root, show};
use crate::setup;

/// The page with the time spent so far.
const PAGE: &str = "docs/reference/fuzz.md";
/// The longest input; the longest frame has 260 bytes.
const LONGEST: u32 = 4_096;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long in all, shared by the targets: `60s`, `10m`, `8h`.
    #[arg(long = "for", value_parser = seconds, default_value = "60s")]
    time: u64,
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
    /// Fuzz nothing; write the seeds from the vectors of the crates again.
    #[arg(long)]
    seeds: bool,
}

/// Seconds of a text such as `60s`, `10m` or `8h`.
fn seconds(text: &str) -> Result<u64> {
    let parts = [("s", 1), ("m", 60), ("h", 3_600)];
    let found = parts.iter().find_map(|&(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = found.context("a time such as 60s, 10m or 8h")?;
    let number: u64 = number.parse().context("a time such as 60s, 10m or 8h")?;
    number.checked_mul(factor).context("too long")
}

/// Runs the targets one after the other; the first failing input ends it.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.seeds {
        return seeds::write();
    }
    let mut targets = targets()?;
    if let Some(one) = &options.target {
        ensure!(targets.contains(one), "no target {one}; there are: {}", targets.join(", "));
        targets.retain(|target| target == one);
    }
    setup::fuzzer()?;
    show(fuzzer("build", options.target.as_deref()))?;
    let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
    let time = (options.time / targets.len() as u64).max(1);
    for target in &targets {
        let ran = one(target, time)?;
        println!(
            "fuzz: {target}: {} executions in {} s, {} pieces of code reached, {} of them new",
            ran.executions, ran.seconds, ran.coverage, ran.fresh
        );
        let path = root().join(PAGE);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, page::with(&before, date.trim(), target, &ran)?).context(PAGE)?;
        if let Some(failure) = ran.failure {
            bail!(
                "{target} failed: {failure}\nto see it again: cargo +nightly fuzz run --fuzz-dir \
                 fuzz {target} INPUT, with the file named above; once mended, keep it in \
                 fuzz/regressions/{target}/ and write a test in the crate that failed"
            );
        }
    }
    println!("fuzz: nothing failed; time so far is in {PAGE}");
    Ok(())
}

/// The names of the targets, in order.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("fuzz/targets")).context("fuzz/targets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(stem) = path.file_stem()
        {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// cargo-fuzz doing this to one target or all.
fn fuzzer(what: &str, target: Option<&str>) -> std::process::Command {
    let mut fuzz = command("cargo", ["+nightly", "fuzz", what, "--fuzz-dir", "fuzz"]);
    // The compiler that started this one is another.
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        fuzz.env_remove(name);
    }
    fuzz.args(target);
    fuzz
}

/// What a run of one target did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ran {
    /// Wall time, which is processor time: a target runs on one core.
    pub(crate) seconds: u64,
    /// Inputs tried.
    pub(crate) executions: u64,
    /// Edges reached at the end.
    pub(crate) coverage: u64,
    /// Edges that nothing in the corpus reached before.
    pub(crate) fresh: u64,
    /// What the fuzzer said about an input that failed, with its path.
    pub(crate) failure: Option<String>,
}

/// Runs one target for so many seconds.
fn one(target: &str, time: u64) -> Result<Ran> {
    let folder = |kind: &str| -> Result<PathBuf> {
        let folder = root().join("fuzz").join(kind).join(target);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    };
    let mut fuzz = fuzzer("run", Some(target));
    // New inputs go to the first folder; the others are only read.
    fuzz.arg(folder("corpus")?).arg(folder("seeds")?).arg(folder("regressions")?);
    fuzz.args(["--", "-print_final_stats=1", "-timeout=10"]);
    fuzz.arg(format!("-max_total_time={time}")).arg(format!("-max_len={LONGEST}"));
    let start = std::time::Instant::now();
    let output = fuzz.stdin(Stdio::null()).output().context("cannot start cargo-fuzz")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let mut ran = Ran { seconds: start.elapsed().as_secs(), ..understood(&said) };
    if !output.status.success() && ran.failure.is_none() {
        ran.failure = Some(said.lines().rev().take(20).collect::<Vec<_>>().join("\n"));
    }
    Ok(ran)
}

/// What the fuzzer's own words tell.
fn understood(said: &str) -> Ran {
    let after = |line: &str, word: &str| -> Option<u64> {
        line.split_once(word)?.1.split_whitespace().next()?.parse().ok()
    };
    let mut ran = Ran::default();
    let mut begun = None;
    for line in said.lines() {
        if let Some(coverage) = after(line, " cov: ") {
            if line.contains("INITED") {
                begun = Some(coverage);
            }
            ran.coverage = coverage;
        }
        if let Some(executions) = after(line, "stat::number_of_executed_units:") {
            ran.executions = executions;
        }
    }
    ran.fresh = ran.coverage.saturating_sub(begun.unwrap_or(0));
    let panicked = said.lines().skip_while(|line| !line.contains("panicked at")).take(2);
    let path = said.lines().find_map(|line| line.split_once("Test unit written to "));
    if let Some((_, path)) = path {
        let why: Vec<&str> = panicked.map(str::trim).collect();
        ran.failure = Some(format!("{} ({})", path.trim(), why.join(" ")));
    }
    ran
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(seconds("60s").unwrap(), 60);
        assert_eq!(seconds("10m").unwrap(), 600);
        assert_eq!(seconds("8h").unwrap(), 28_800);
        assert!(seconds("60").is_err());
        assert!(seconds("s").is_err());
    }

    #[test]
    fn what_the_fuzzer_says_is_understood() {
        let said = "#8\tINITED cov: 40 ft: 41 corp: 3/9b exec/s: 0 rss: 30Mb\n\
                    #99\tNEW    cov: 47 ft: 60 corp: 4/19b lim: 4 exec/s: 0 rss: 30Mb\n\
                    stat::number_of_executed_units: 1234\n";
        let ran = understood(said);
        assert_eq!((ran.executions, ran.coverage, ran.fresh), (1_234, 47, 7));
        assert_eq!(ran.failure, None);
        let failed = "thread panicked at src/x.rs:1:2:\nno\nTest unit written to /a/crash-1\n";
        let failure = understood(failed).failure.unwrap();
        assert!(failure.contains("/a/crash-1") && failure.contains("no"), "{failure}");
    }
}
