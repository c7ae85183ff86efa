//! `cargo xtask qemu`: builds the bench image, runs it on an emulated Cortex-M and reads what it
//! counted.

mod profile;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{command, read, root, show};
use crate::setup::{FIRMWARE_TARGET, find, firmware_cargo};

/// The bench image is a workspace of its own.
pub(crate) const MANIFEST: &str = "firmware/bench/Cargo.toml";

/// Instructions that a mean tick may cost, and a tick with a full measurement.
pub(crate) const BUDGET_MEAN: i64 = 6_000;
/// See [`BUDGET_MEAN`].
pub(crate) const BUDGET_FULL: i64 = 20_000;

/// Instructions in one step of the timer that counts them.
pub(crate) const RESOLUTION: u32 = 40;

/// What the image counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Mean over all 10 ms ticks.
    pub(crate) mean: i64,
    /// Mean over ticks that brought nothing but a current.
    pub(crate) current_only: i64,
    /// The dearest tick that brought current, cells and temperatures.
    pub(crate) full: i64,
    /// Length of the image in flash.
    pub(crate) flash: i64,
}

impl Counts {
    /// Nothing when both budgets are kept. Instructions are counted, not timed, so this is the
    /// same on every machine.
    pub(crate) fn within_budget(self) -> Result<()> {
        if self.mean > BUDGET_MEAN || self.full > BUDGET_FULL {
            bail!("the core is over its budget of instructions; see `cargo xtask qemu --profile`");
        }
        Ok(())
    }
}

/// A cargo that builds the image; run it in the folder of the image, where its settings are.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut cargo = firmware_cargo(arguments)?;
    cargo
        .args(["--release", "--locked"])
        .current_dir(root().join("firmware/bench"))
        .env("CARGO_TARGET_DIR", target());
    Ok(cargo)
}

/// Where the image is built.
fn target() -> PathBuf {
    root().join("firmware/bench/target")
}

/// Builds the image and says where it is.
fn build() -> Result<PathBuf> {
    let mut build = cargo(&["build"])?;
    build.arg("--quiet");
    show(build)?;
    Ok(target().join(FIRMWARE_TARGET).join("release/bench"))
}

/// The emulator with an image.
fn emulated(image: &Path) -> Result<Command> {
    let emulator = "qemu-system-arm";
    find(emulator).with_context(|| format!("{emulator} is missing; run `cargo xtask setup`"))?;
    let mut emulated = command(emulator, ["-M", "mps2-an386", "-cpu", "cortex-m4"]);
    // With `-icount shift=0` virtual time counts instructions: one per nanosecond.
    emulated.args(["-icount", "shift=0", "-nographic"]);
    emulated.args(["-semihosting-config", "enable=on,target=native"]);
    emulated.arg("-kernel").arg(image);
    Ok(emulated)
}

/// Prints where the instructions of the image go.
pub(crate) fn profile() -> Result<()> {
    let image = build()?;
    profile::run(emulated(&image)?, &image)
}

/// Builds and runs the image and prints what it counted against the budgets.
pub(crate) fn run() -> Result<Counts> {
    let emulated = emulated(&build()?)?;
    let said = read(emulated).context("the bench image did not run to its end")?;
    let counts = parse(&said)?;
    for (name, counted, budget) in [
        ("mean of a 10 ms tick", counts.mean, Some(BUDGET_MEAN)),
        ("mean of a current-only tick", counts.current_only, None),
        ("dearest tick with a full measurement", counts.full, Some(BUDGET_FULL)),
    ] {
        let verdict = budget.map_or_else(String::new, |budget| {
            let word = if counted <= budget { "within" } else { "OVER" };
            format!(" ({word} the budget of {budget})")
        });
        println!("{name}: {counted} instructions{verdict}");
    }
    println!("bench image: {} bytes of flash", counts.flash);
    Ok(counts)
}

/// Reads the lines `name = number` of the image.
fn parse(said: &str) -> Result<Counts> {
    let number = |name: &str| -> Result<i64> {
        said.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='))
            .with_context(|| format!("the bench image did not say `{name}`; it said:\n{said}"))?
            .trim()
            .parse()
            .with_context(|| format!("`{name}` is no number"))
    };
    let resolution = number("resolution")?;
    if resolution != i64::from(RESOLUTION) {
        bail!("the bench image counts in steps of {resolution}, not of {RESOLUTION}");
    }
    let (mean_off, worst_off) =
        (number("calibration_mean_error_tenths")?, number("calibration_worst_error")?);
    if mean_off.abs() > 50 || worst_off > i64::from(RESOLUTION) {
        bail!(
            "the bench image miscounts loops of known length: by {mean_off} tenths of an \
             instruction in the mean, by {worst_off} at worst"
        );
    }
    Ok(Counts {
        mean: number("mean_tick")?,
        current_only: number("mean_current_only_tick")?,
        full: number("worst_full_tick")?,
        flash: number("flash_bytes")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "resolution = 40\ncalibration_mean_error_tenths = -3\n\
                        calibration_worst_error = 39\nmean_tick = 10\nmean_current_only_tick = 7\n\
                        worst_full_tick = 99\nflash_bytes = 5\n";

    #[test]
    fn the_words_of_the_image_are_read() {
        let expected = Counts { mean: 10, current_only: 7, full: 99, flash: 5 };
        assert_eq!(parse(SAID).unwrap(), expected);
    }

    #[test]
    fn a_tick_at_its_budget_is_within_it_and_one_more_instruction_is_not() {
        let counts = Counts { mean: BUDGET_MEAN, current_only: 0, full: BUDGET_FULL, flash: 0 };
        assert!(counts.within_budget().is_ok());
        assert!(Counts { mean: BUDGET_MEAN + 1, ..counts }.within_budget().is_err());
        assert!(Counts { full: BUDGET_FULL + 1, ..counts }.within_budget().is_err());
    }

    #[test]
    fn a_missing_number_or_a_miscount_is_an_error() {
        assert!(parse(&SAID.replace("mean_tick = 10\n", "")).is_err());
        assert!(parse(&SAID.replace("worst_error = 39", "worst_error = 41")).is_err());
        assert!(parse(&SAID.replace("tenths = -3", "tenths = -51")).is_err());
        assert!(parse("").is_err());
    }
}
