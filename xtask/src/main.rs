//! The chores of this repository: `cargo xtask <chore>`, one file per chore, no shell scripts.
//!
//! What runs on a developer's desk is what runs in CI. Every chore prints what it does, and one
//! that finds something wrong ends with one clear line and a failing exit code.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command-line tool prints, and it times and awaits real processes"
)]

mod bench;
mod browser;
mod codegen;
mod cover;
mod damage;
mod demo;
mod firmware;
mod fuzz;
mod mutants;
mod requirements;
mod run;
mod setup;
mod soc;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the Cellward repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

/// What can be done.
#[derive(Subcommand)]
enum Chore {
    /// Install what this machine lacks for the tests and for fuzzing, and say what was done.
    Setup,
    /// Everything that must pass before a change is sent.
    Test {
        /// Only what takes seconds: format, clippy, tidy, unit tests.
        #[arg(long)]
        fast: bool,
    },
    /// Check dependency arrows, sizes, words, headers, requirements and files of the tree.
    Tidy {
        /// Check nothing; print the held requirements that no test names.
        #[arg(long)]
        list_unnamed: bool,
    },
    /// Write what derives from the tables.
    Codegen {
        /// Write nothing; fail when a committed page is stale.
        #[arg(long)]
        check: bool,
    },
    /// Open the demo's page in a headless browser and press everything.
    Browser {
        /// Test nothing; store a picture of the desktop page here, hours into the story.
        #[arg(long)]
        screenshot: Option<std::path::PathBuf>,
    },
    /// Build the bench image for a Cortex-M0+ instruction set and count instructions under QEMU.
    Qemu {
        /// Count nothing; print where the instructions go, by function and line.
        #[arg(long)]
        profile: bool,
    },
    /// Measure how much of the core its tests run through and write docs/reference/coverage.md.
    Cover,
    /// Break the protection and the switching in small ways, see whether tests notice, and write
    /// docs/reference/mutants.md. Takes minutes to an hour.
    Mutants(mutants::Options),
    /// Damage frames between a board and a host in every dialect, see what a host publishes, and
    /// write docs/reference/damage.md. What was run before counts on.
    Damage(damage::Options),
    /// Feed arbitrary bytes to everything that takes bytes and add to docs/reference/fuzz.md.
    Fuzz(fuzz::Options),
    /// Fit the cells of data/soc, estimate its runs, score them and write docs/reference/soc.md.
    Soc,
    /// Print speed and size figures and write them to docs/reference/bench.md.
    Bench,
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Setup => setup::run().and_then(|()| setup::fuzzing()),
        Chore::Test { fast } => test::run(fast),
        Chore::Tidy { list_unnamed: false } => tidy::run(),
        Chore::Tidy { list_unnamed: true } => tidy::list_unnamed(),
        Chore::Codegen { check } => codegen::run(check),
        Chore::Browser { screenshot } => browser::run(screenshot.as_deref()).map(drop),
        Chore::Qemu { profile: false } => firmware::run().map(drop),
        Chore::Qemu { profile: true } => firmware::profile(),
        Chore::Cover => cover::run(),
        Chore::Mutants(options) => mutants::run(&options),
        Chore::Damage(options) => damage::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Soc => soc::run(),
        Chore::Bench => bench::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
