//! The estimator before a month of the twin, whose cells it has never seen: the manual's claims R-083 and
//! R-084, and ours.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "tests may be blunt")]

use std::path::Path;

use cellward_cell::Profile;
use cellward_estimate::{Pack, Reading};
use cellward_sim::{Duty, Run, RunSetup};
use cellward_units::{Charge, Duration, Ratio};

const DAY: usize = 86_400;

/// The profile of the catalogue cell, fitted from its own measurements; the twin's files are others.
fn profile(cell: &str) -> Profile {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/soc/cells").join(cell);
    cellward_lab::fit(&cellward_lab::load(&folder).unwrap()).unwrap().named.profile
}

/// What the string truly has, by its first empty and its first full cell.
fn truth(soc: &[f64], capacity: &[f64]) -> f64 {
    let least = |share: fn(f64) -> f64| {
        let all = soc.iter().zip(capacity).map(|(&soc, ah)| share(soc.clamp(0.0, 1.0)) * ah);
        all.fold(f64::INFINITY, f64::min)
    };
    let (left, free) = (least(|soc| soc), least(|soc| 1.0 - soc));
    left / (left + free)
}

/// How a month went, in points.
#[derive(Debug)]
struct Month {
    /// Mean error without its sign.
    mean: f64,
    /// Largest error after the first day.
    worst: f64,
    /// Share of the time in which the bounds held the truth.
    held: f64,
}

fn month(setup: &RunSetup, profile: &Profile, days: usize) -> Month {
    let mut run = Run::new(setup).unwrap();
    let rated = Charge::from_amp_hours_f64(setup.pack.capacity_ah).unwrap();
    let start = Ratio::from_f64(setup.pack.start_soc);
    let cells = usize::from(setup.pack.cells);
    let mut pack = Pack::new(profile, rated, cells, start).unwrap();
    let (mut sum, mut worst, mut held, mut count) = (0.0, 0.0_f64, 0.0, 0.0);
    for second in 0..days * DAY {
        let now = run.next().unwrap();
        pack.sample(&Reading {
            cells: Some(now.cells()),
            current: Some(now.current),
            temperature: now.temperature,
            lasted: Duration::from_secs(1),
        });
        if second % 600 != 599 {
            continue;
        }
        let belief = pack.belief();
        let truth = truth(now.soc(), &run.capacity_ah());
        let error = (belief.soc.to_f64() - truth).abs() * 100.0;
        sum += error;
        count += 1.0;
        if second > DAY {
            worst = worst.max(error);
        }
        let inside = belief.low.to_f64() <= truth && truth <= belief.high.to_f64();
        held += f64::from(u8::from(inside));
        if std::env::var("SHOW").is_ok() && second % 7_200 == 7_199 {
            println!(
                "{:6.2} d i {:+.1} v {:.3} truth {truth:.3} est {:.3} [{:.3} {:.3}] h {:.3} {:?}",
                second as f64 / 86_400.0,
                now.true_amps,
                now.cells()[0].to_volts_f64(),
                belief.soc.to_f64(),
                belief.low.to_f64(),
                belief.high.to_f64(),
                belief.health.to_f64(),
                belief.doubt
            );
        }
    }
    Month { mean: sum / count, worst, held: held / count * 100.0 }
}

#[test]
fn look() {
    let profile = profile("lfp_a");
    for duty in [Duty::House, Duty::Bike, Duty::Standby, Duty::Drive] {
        for (seed, warmer) in [(1, 0.0), (2, 3.0), (3, -35.0), (4, 28.0)] {
            let mut setup = RunSetup::of(duty, seed);
            setup.warmer_by = warmer;
            println!("{duty:?} {seed} {warmer} {:.2?}", month(&setup, &profile, 30));
        }
    }
    for zero in [0.5, 0.05, 0.02] {
        let mut setup = RunSetup::of(Duty::Steady, 1);
        setup.pack.capacity_ah = 280.0;
        setup.zero_within_a = Some(zero);
        println!("steady zero {zero} {:.2?}", month(&setup, &profile, 30));
    }
}
