//! `cargo xtask test`: everything that must pass before a change is sent, in the order of how
//! soon it fails. CI runs exactly this.
//!
//! Compile time is most of its time, so there are only three ways of building: the checks of
//! clippy, one test profile, and the release build that the browser looks at.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::run::{cargo, show, works};
use crate::{browser, codegen, firmware, setup, tidy};

/// Ground-floor packages, built for the instruction set of the firmware.
const GROUND_FLOOR: [&str; 8] = [
    "cellward-units",
    "cellward-params",
    "cellward-cell",
    "cellward-estimate",
    "cellward-core",
    "cellward-wire",
    "cellward-link",
    "cellward-node",
];

/// One thing to do, with its name.
type Step = (&'static str, fn() -> Result<()>);

/// What takes seconds once things are built.
const FAST: &[Step] = &[
    ("format", || show(cargo(["fmt", "--all", "--check"]))),
    ("clippy", clippy),
    ("tidy", tidy::run),
    ("reference pages", || codegen::run(true)),
    ("unit tests", unit_tests),
];

/// Everything.
const ALL: &[Step] = &[
    ("setup", setup::run),
    ("format", format_everything),
    ("clippy", clippy),
    ("tidy", tidy::run),
    ("reference pages", || codegen::run(true)),
    ("ground floor for the firmware target", ground_floor),
    ("tests of every crate, with the clients of others", all_tests),
    ("examples in the documentation", doc_tests),
    ("instruction counts of the core", || {
        clippy_firmware()?;
        firmware::run()?.within_budget()
    }),
    ("the page in a browser", || browser::run(None).map(drop)),
];

/// Runs the steps; the first failure ends the run.
pub(crate) fn run(fast: bool) -> Result<()> {
    let start = Instant::now();
    for (name, step) in if fast { FAST } else { ALL } {
        println!("\n── {name}");
        let step_start = Instant::now();
        step().with_context(|| format!("failed at: {name}"))?;
        println!("   {name}: passed in {}", seconds(step_start.elapsed()));
    }
    println!("\neverything passed in {}", seconds(start.elapsed()));
    Ok(())
}

/// A duration for a person.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// The workspace and the bench image are both formatted.
fn format_everything() -> Result<()> {
    show(cargo(["fmt", "--all", "--check"]))?;
    show(cargo(["fmt", "--check", "--manifest-path", firmware::MANIFEST]))
}

/// No warnings, in any target with any feature.
fn clippy() -> Result<()> {
    show(cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))
}

/// No warnings in the bench image.
fn clippy_firmware() -> Result<()> {
    let mut clippy = firmware::cargo(&["clippy"])?;
    clippy.args(["--quiet", "--", "-D", "warnings"]);
    show(clippy)
}

/// The ground floor builds where there is neither an operating system nor a heap.
fn ground_floor() -> Result<()> {
    let mut build = setup::firmware_cargo(&["build", "--locked", "--quiet", "--release"])?;
    for package in GROUND_FLOOR {
        build.args(["--package", package]);
    }
    show(build)
}

/// A test run by nextest where it is installed, else by cargo's own.
fn tests(selection: &[&str]) -> Command {
    let nextest = works(cargo(["nextest", "--version"]));
    let mut tests = if nextest {
        let mut tests = cargo(["nextest", "run"]);
        tests.args(["--cargo-quiet", "--status-level", "slow"]);
        tests.args(["--final-status-level", "fail", "--no-tests", "pass"]);
        tests
    } else {
        cargo(["test", "--quiet"])
    };
    tests.args(["--workspace", "--all-features", "--locked"]);
    tests.args(selection);
    tests
}

/// Tests inside of the crates.
fn unit_tests() -> Result<()> {
    show(tests(&["--lib", "--bins"]))
}

/// Unit, property, pair and compile-fail tests, examples, and the demo asked by clients of others.
fn all_tests() -> Result<()> {
    show(tests(&["--lib", "--bins", "--tests", "--examples"]))
}

/// The examples in the documentation compile and say the truth.
fn doc_tests() -> Result<()> {
    show(cargo(["test", "--doc", "--workspace", "--all-features", "--locked", "--quiet"]))
}
