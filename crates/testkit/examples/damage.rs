//! Damages frames on every core, one kind of damage after the other in turns, and prints what came
//! of each: `cargo xtask damage` runs it and keeps the sums.
//!
//! `cargo run --release -p cellward-testkit --example damage -- FRAMES SECONDS [SEED...]`
//!
//! FRAMES are damaged, or as many as fit into SECONDS. One first SEED per line of the output; 0
//! where none is given. Lines are dialect, class, then the counts, with tabs between.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for the desk prints, and stops by the wall clock"
)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cellward_testkit::trial::{Counts, Dialect, Trial};

/// Seeds that a core takes at a time.
const BATCH: u64 = 8;

fn main() -> Result<(), std::num::ParseIntError> {
    let numbers: Vec<u64> =
        std::env::args().skip(1).map(|one| one.parse()).collect::<Result<_, _>>()?;
    let frames = numbers.first().copied().unwrap_or(100_000);
    let end = Instant::now() + Duration::from_secs(numbers.get(1).copied().unwrap_or(60));
    let mut trials = Vec::new();
    for dialect in Dialect::ALL {
        for class in dialect.classes() {
            let first = numbers.get(2 + trials.len()).copied().unwrap_or(0);
            trials.push((dialect, class, Trial::new(dialect, class), first));
        }
    }
    let sums = Mutex::new(vec![Counts::default(); trials.len()]);
    let (turn, damaged) = (AtomicUsize::new(0), AtomicU64::new(0));
    let work = || {
        while damaged.load(Ordering::Relaxed) < frames && Instant::now() < end {
            let turn = turn.fetch_add(1, Ordering::Relaxed);
            let place = turn % trials.len();
            let (_, _, trial, first) = &trials[place];
            let from = first + (turn / trials.len()) as u64 * BATCH;
            let mut counts = Counts::default();
            for seed in from..from + BATCH {
                counts += trial.seed(seed);
            }
            damaged.fetch_add(counts.damaged, Ordering::Relaxed);
            sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[place] += counts;
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let sums = sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for ((dialect, class, ..), counts) in trials.iter().zip(sums) {
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            dialect.name(),
            class.name(),
            counts.seeds,
            counts.damaged,
            counts.rounds,
            counts.passed,
            counts.wrong_rounds,
            counts.wrong_values,
            counts.unexplained,
            counts.unrecovered
        );
    }
    Ok(())
}
