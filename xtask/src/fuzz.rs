//! `cargo xtask fuzz`: arbitrary bytes into every way by which bytes come in, for as long as one
//! likes.
//!
//! The targets are in `fuzz/`, a workspace of its own that needs a nightly compiler. What a run has
//! found to reach new code stays in `.xtask/fuzz` and is where the next run begins; seeds made from
//! the public vectors are in `fuzz/seeds`, inputs that once failed in `fuzz/regressions`. How long
//! each target ran, over all runs, is added up in `docs/reference/fuzz.md`.

mod page;
mod seeds;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::{command, read, root, show, target, tools};
use crate::setup;
use page::Run;

/// Where the page is.
const PAGE: &str = "docs/reference/fuzz.md";

/// The longest input, in bytes: a whole round of a dialect fits.
const LONGEST: &str = "-max_len=6144";

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long in all, shared between the targets: 60s, 10m, 2h.
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = seconds)]
    time: u64,
    /// This target alone (may be repeated).
    #[arg(long)]
    target: Vec<String>,
    /// Run nothing; write the seeds from the public vectors.
    #[arg(long)]
    seeds: bool,
}

/// Builds the targets and runs each for its share of the time; the first failing input ends it.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.seeds {
        let count = seeds::write(&root().join("fuzz/seeds"))?;
        println!("fuzz: wrote {count} seeds");
        return Ok(());
    }
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml"))?;
    let targets = chosen(&names(&manifest), &options.target)?;
    setup::fuzzing()?;
    show(build())?;
    let share = (options.time / targets.len() as u64).max(1);
    for name in &targets {
        let (ran, failed) = one(name, share)?;
        let old = std::fs::read_to_string(root().join(PAGE)).unwrap_or_default();
        std::fs::write(root().join(PAGE), page::text(&old, name, &ran)).context(PAGE)?;
        println!(
            "{name}: {} executions in {:.1} s, coverage {}",
            ran.executions, ran.seconds, ran.coverage
        );
        if let Some(input) = failed {
            bail!(
                "{name} fails with {0}\n  reproduce: rustup run nightly cargo fuzz run --sanitizer \
                 none {name} {0}\n  keep it as fuzz/regressions/{name}/WHAT, beside a test in the \
                 crate",
                input.display()
            );
        }
    }
    println!("fuzz: nothing failed; {PAGE} is written");
    Ok(())
}

/// A time such as 90, 90s, 10m or 2h in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        _ => (text, 1),
    };
    let number: u64 = number.parse().map_err(|_| "write a time as 60s, 10m or 2h".to_owned())?;
    number.checked_mul(factor).filter(|&time| time > 0).ok_or_else(|| "that is no time".to_owned())
}

/// The names of all targets, in the order of the manifest.
fn names(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
        .map(str::to_owned)
        .collect()
}

/// The targets that are wanted: all, when none is named.
fn chosen(all: &[String], wanted: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("there is no target {unknown}; there are {}", all.join(", "));
    }
    let chosen = all.iter().filter(|name| wanted.is_empty() || wanted.contains(name));
    Ok(chosen.cloned().collect())
}

/// Where the targets are built.
fn built() -> PathBuf {
    target().join("fuzz")
}

/// Builds every target. All of it is safe Rust, so no address sanitizer, which would take half of
/// the speed; overflow and other debug assertions are on.
fn build() -> Command {
    let mut build = command("rustup", ["run", "nightly", "cargo", "fuzz", "build"]);
    build.args(["--sanitizer", "none", "--target-dir"]).arg(built());
    // A cargo that was started by another would take that one's compiler.
    build.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN");
    build
}

/// Runs one target, and names the failing input if one was found.
fn one(name: &str, seconds: u64) -> Result<(Run, Option<PathBuf>)> {
    let host = read(command("rustc", ["--print", "host-tuple"]))?;
    let program = built().join(host.trim()).join("release").join(name);
    let corpus = tools().join("fuzz").join(name);
    let failing = root().join("fuzz/artifacts").join(name);
    for folder in [&corpus, &failing] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    // The shell knows what processor time its child took; the standard library does not.
    let mut running = command("sh", ["-c", "\"$@\"; code=$?; times >&2; exit $code", "sh"]);
    running.arg(&program).args([LONGEST, "-timeout=10", "-print_final_stats=1"]);
    running.arg(format!("-max_total_time={seconds}"));
    running.arg(format!("-artifact_prefix={}/", failing.display())).arg(&corpus);
    let kept = ["seeds", "regressions"].map(|kind| root().join("fuzz").join(kind).join(name));
    running.args(kept.iter().filter(|folder| folder.is_dir()));
    let output = running.stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.with_context(|| format!("could not start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let today = read(command("date", ["-u", "+%Y-%m-%d"]))?;
    let ran = Run::read(&said, today.trim());
    if output.status.success() {
        return Ok((ran, None));
    }
    match failing_input(&said) {
        Some(input) => {
            eprintln!("{}", panic_of(&said));
            Ok((ran, Some(input.to_path_buf())))
        }
        None => bail!("{name} ended with {} and no failing input:\n{said}", output.status),
    }
}

/// The path of the failing input, as the fuzzer says it.
fn failing_input(said: &str) -> Option<&Path> {
    said.lines().find_map(|line| line.split_once("Test unit written to ").map(|(_, p)| p.as_ref()))
}

/// What the target said when it failed.
fn panic_of(said: &str) -> String {
    let lines = said.lines().skip_while(|line| !line.contains("panicked at"));
    lines.take(6).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("60s"), Ok(60));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("2h"), Ok(7_200));
        for wrong in ["", "s", "0s", "1d", "-1", "1.5h", "99999999999999999h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_target_that_does_not_exist_is_refused() {
        let all = names("name = \"a\"\npath = \"fuzz_targets/a.rs\"\npath = \"fuzz_targets/b.rs\"");
        assert_eq!(all, ["a", "b"]);
        assert_eq!(chosen(&all, &[]).unwrap(), ["a", "b"]);
        assert_eq!(chosen(&all, &["b".to_owned()]).unwrap(), ["b"]);
        assert!(chosen(&all, &["c".to_owned()]).is_err());
    }

    #[test]
    fn the_failing_input_is_named() {
        let said = "x\nartifact_prefix='a/'; Test unit written to a/crash-1\nBase64: AA";
        assert_eq!(failing_input(said), Some(Path::new("a/crash-1")));
        assert_eq!(failing_input("Done 7 runs"), None);
    }
}
