//! `cargo xtask qemu`: builds the bench image, runs it on an emulated Cortex-M and reads what it
//! counted.

mod flash;
mod profile;
#[allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the image's own file, word for word"
)]
#[path = "../../firmware/bench/src/replay.rs"]
mod replay;

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

/// Instructions that the estimator may cost per cell and reading, in the mean. The dearest reading, after
/// which it looks at the voltage, is one of ten and may wait.
pub(crate) const BUDGET_CELL: i64 = 45_000;

/// Bytes of flash that the estimator may fill, with one profile and the arithmetic that nothing else needs.
pub(crate) const BUDGET_FLASH: i64 = 24 * 1_024;
/// Bytes of memory that it may fill: for each cell, and for all.
const BUDGET_MEMORY: (i64, i64) = (160, 1_024);

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
    /// Length of the image in flash, without the estimator.
    pub(crate) flash: i64,
    /// What the estimator of a string costs.
    pub(crate) estimator: Estimator,
}

/// What the estimator of a string costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimator {
    /// Cells of the string.
    pub(crate) cells: i64,
    /// Mean over readings, of all cells together.
    pub(crate) mean: i64,
    /// The dearest reading: one after which the voltage is looked at.
    pub(crate) worst: i64,
    /// Asking what is believed.
    pub(crate) belief: i64,
    /// Its memory in bytes.
    pub(crate) memory: i64,
    /// Flash that it adds to the image, in bytes, with the profile of a cell.
    pub(crate) flash: i64,
}

impl Estimator {
    /// Instructions per cell: of the mean reading and of the dearest.
    pub(crate) const fn per_cell(self) -> (i64, i64) {
        (self.mean / self.cells, self.worst / self.cells)
    }

    /// Bytes of memory that a string of so many cells may fill.
    pub(crate) const fn memory_budget(self) -> i64 {
        let (each, all) = BUDGET_MEMORY;
        each * self.cells + all
    }
}

impl Counts {
    /// Nothing when both budgets are kept. Instructions are counted, not timed, so this is the
    /// same on every machine.
    pub(crate) fn within_budget(self) -> Result<()> {
        if self.mean > BUDGET_MEAN || self.full > BUDGET_FULL {
            bail!("the core is over its budget of instructions; see `cargo xtask qemu --profile`");
        }
        if self.estimator.per_cell().0 > BUDGET_CELL {
            bail!("the estimator is over its budget of instructions per cell");
        }
        if self.estimator.flash > BUDGET_FLASH
            || self.estimator.memory > self.estimator.memory_budget()
        {
            bail!("the estimator is over its budget of flash or memory");
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
fn build(features: &[&str]) -> Result<PathBuf> {
    let mut build = cargo(&["build"])?;
    build.args(features);
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

/// Prints where the instructions of the image go. Without the estimator, whose hundreds of millions would
/// take half an hour to trace.
pub(crate) fn profile() -> Result<()> {
    let image = build(&["--no-default-features"])?;
    profile::run(emulated(&image)?, &image)
}

/// Builds and runs the image and prints what it counted against the budgets.
pub(crate) fn run() -> Result<Counts> {
    let say = |features: &[&str]| {
        let image = build(features)?;
        let said = read(emulated(&image)?).context("the bench image did not run to its end")?;
        anyhow::Ok((said, flash::own(&image)?))
    };
    let (without, own_without) = say(&["--no-default-features"])?;
    let (with, own) = say(&[])?;
    let counts = parse(&with, number(&without, "flash_bytes")?, own - own_without)?;
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
    let Estimator { cells, belief, memory, flash, .. } = counts.estimator;
    let (mean, worst) = counts.estimator.per_cell();
    let word = if mean <= BUDGET_CELL { "within" } else { "OVER" };
    println!(
        "mean reading of the estimator of {cells} cells: {mean} instructions per cell ({word} the \
         budget of {BUDGET_CELL})"
    );
    println!("dearest reading of it: {worst} instructions per cell");
    println!("asking the estimator what it believes: {belief} instructions");
    println!(
        "the estimator adds {flash} bytes of flash (budget {BUDGET_FLASH}) and fills {memory} of memory \
         (budget {})",
        counts.estimator.memory_budget()
    );
    println!("the estimator believes the same on this machine and in the image, bit by bit");
    println!("bench image: {} bytes of flash", counts.flash);
    Ok(counts)
}

/// What the image says a number is, in a line `name = number`.
fn number(said: &str, name: &str) -> Result<i64> {
    said.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='))
        .with_context(|| format!("the bench image did not say `{name}`; it said:\n{said}"))?
        .trim()
        .parse()
        .with_context(|| format!("`{name}` is no number"))
}

/// Reads what the image counted; `without` is what one without the estimator fills of the flash, and `feeds`
/// what the image itself is larger by to feed the estimator and to print.
fn parse(said: &str, without: i64, feeds: i64) -> Result<Counts> {
    let number = |name: &str| number(said, name);
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
    let (here, there) = (
        replay::replay(&cellward_cell::Profile::LFP) ^ replay::resistances(),
        number("estimator_replay")?,
    );
    if i64::from(here) != there {
        bail!("the estimator believes something else in the image ({there}) than here ({here})");
    }
    Ok(Counts {
        mean: number("mean_tick")?,
        current_only: number("mean_current_only_tick")?,
        full: number("worst_full_tick")?,
        flash: without,
        estimator: Estimator {
            cells: number("estimator_cells")?.max(1),
            mean: number("estimator_mean_reading")?,
            worst: number("estimator_worst_reading")?,
            belief: number("estimator_mean_belief")?,
            memory: number("estimator_bytes")?,
            flash: number("flash_bytes")? - without - feeds,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an image says.
    fn said() -> String {
        let replay = replay::replay(&cellward_cell::Profile::LFP) ^ replay::resistances();
        format!(
            "resolution = 40\ncalibration_mean_error_tenths = -3\ncalibration_worst_error = 39\n\
             mean_tick = 10\nmean_current_only_tick = 7\nworst_full_tick = 99\nflash_bytes = 9\n\
             estimator_cells = 16\nestimator_mean_reading = 160\nestimator_worst_reading = 320\n\
             estimator_mean_belief = 8\nestimator_bytes = 6\nestimator_replay = {replay}\n"
        )
    }

    const ESTIMATOR: Estimator =
        Estimator { cells: 16, mean: 160, worst: 320, belief: 8, memory: 6, flash: 2 };

    #[test]
    fn the_words_of_the_image_are_read() {
        let expected =
            Counts { mean: 10, current_only: 7, full: 99, flash: 3, estimator: ESTIMATOR };
        assert_eq!(parse(&said(), 3, 4).unwrap(), expected);
        assert_eq!(ESTIMATOR.per_cell(), (10, 20));
    }

    #[test]
    fn a_tick_at_its_budget_is_within_it_and_one_more_instruction_is_not() {
        let counts = Counts {
            mean: BUDGET_MEAN,
            current_only: 0,
            full: BUDGET_FULL,
            flash: 0,
            estimator: ESTIMATOR,
        };
        assert!(counts.within_budget().is_ok());
        assert!(Counts { mean: BUDGET_MEAN + 1, ..counts }.within_budget().is_err());
        assert!(Counts { full: BUDGET_FULL + 1, ..counts }.within_budget().is_err());
    }

    #[test]
    fn an_estimator_at_its_budget_is_within_it_and_one_more_instruction_per_cell_is_not() {
        let with = |mean| {
            let estimator = Estimator { mean, ..ESTIMATOR };
            Counts { mean: 0, current_only: 0, full: 0, flash: 0, estimator }.within_budget()
        };
        let most = 16 * BUDGET_CELL;
        assert!(with(most).is_ok());
        assert!(with(most + 16).is_err());
    }

    #[test]
    fn an_estimator_that_fills_its_flash_and_memory_is_within_its_budget_and_a_byte_more_is_not() {
        let with = |flash, memory| {
            let estimator = Estimator { flash, memory, ..ESTIMATOR };
            Counts { mean: 0, current_only: 0, full: 0, flash: 0, estimator }.within_budget()
        };
        let memory = 16 * 160 + 1_024;
        assert!(with(BUDGET_FLASH, memory).is_ok());
        assert!(with(BUDGET_FLASH + 1, memory).is_err());
        assert!(with(BUDGET_FLASH, memory + 1).is_err());
    }

    #[test]
    fn an_image_that_believes_something_else_is_an_error() {
        let said = said();
        let (before, replay) = said.split_once("estimator_replay = ").unwrap();
        let other: i64 = replay.trim().parse::<i64>().unwrap() ^ 1;
        assert!(parse(&format!("{before}estimator_replay = {other}\n"), 3, 4).is_err());
    }

    #[test]
    fn a_missing_number_or_a_miscount_is_an_error() {
        let said = said();
        assert!(parse(&said.replace("mean_tick = 10\n", ""), 3, 4).is_err());
        assert!(parse(&said.replace("worst_error = 39", "worst_error = 41"), 3, 4).is_err());
        assert!(parse(&said.replace("tenths = -3", "tenths = -51"), 3, 4).is_err());
        assert!(parse("", 3, 4).is_err());
    }
}
