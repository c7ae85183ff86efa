//! The estimator before a month of the twin, whose cells it has never seen: the manual's claims R-083 and
//! R-084, and ours.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "tests may be blunt")]

use std::path::Path;
use std::sync::LazyLock;

use cellward_cell::Profile;
use cellward_estimate::{Pack, Reading};
use cellward_sim::{Duty, Run, RunSetup};
use cellward_units::{Charge, Current, Duration, Ratio};

const DAY: usize = 86_400;

/// The profile of the catalogue cell, fitted from its own measurements; the twin's files are others.
static LFP: LazyLock<Profile> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/soc/cells/lfp_a");
    cellward_lab::fit(&cellward_lab::load(&folder).unwrap()).unwrap().named.profile
});

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
    /// Share of the time in which the bounds held the truth.
    held: f64,
}

/// A month of a pack of two years, of which its rating is known and where it stood.
fn month(setup: &RunSetup) -> Month {
    let mut run = Run::new(setup).unwrap();
    let rated = Charge::from_amp_hours_f64(setup.pack.capacity_ah).unwrap();
    let start = Ratio::from_f64(setup.pack.start_soc);
    let cells = usize::from(setup.pack.cells);
    let mut pack = Pack::new(&LFP, rated, cells, start).unwrap();
    if let Some(within) = setup.zero_within_a.filter(|&within| within < 0.1) {
        pack.zero_learnt(Current::from_amps_f64(within).unwrap());
    }
    let (mut sum, mut held, mut count) = (0.0, 0.0, 0.0);
    for second in 0..30 * DAY {
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
        let inside = belief.low.to_f64() <= truth && truth <= belief.high.to_f64();
        held += f64::from(u8::from(inside));
    }
    Month { mean: sum / count, held: held / count * 100.0 }
}

/// A duty in a room that is warmer than its own.
fn duty(duty: Duty, seed: u64, warmer_by: f64) -> Month {
    month(&RunSetup { warmer_by, ..RunSetup::of(duty, seed) })
}

//
#[test]
fn r_083_a_month_of_house_at_room_temperature_stays_within_the_claim() {
    let month = duty(Duty::House, 1, 0.0);
    assert!(month.mean <= 5.0 && month.held >= 90.0, "{month:?}");
}

//
#[test]
fn r_083_a_month_of_a_bicycle_at_room_temperature_stays_within_the_claim() {
    let month = duty(Duty::Bike, 1, 0.0);
    assert!(month.mean <= 5.0 && month.held >= 90.0, "{month:?}");
}

//
#[test]
fn r_083_a_month_of_standing_by_at_room_temperature_stays_within_the_claim() {
    let month = duty(Duty::Standby, 1, 0.0);
    assert!(month.mean <= 5.0 && month.held >= 90.0, "{month:?}");
}

//
#[test]
fn r_084_months_between_twenty_below_and_fifty_five_degrees_stay_within_the_claim() {
    // The rooms of the duties lie around 22 °C.
    let months = [
        duty(Duty::House, 3, -40.0),
        duty(Duty::Bike, 4, -20.0),
        duty(Duty::Standby, 3, -40.0),
        duty(Duty::Drive, 4, 30.0),
    ];
    let mean = months.iter().map(|month| month.mean).sum::<f64>() / months.len() as f64;
    assert!(mean <= 10.0, "{mean:.2} points on average");
}

#[test]
fn a_small_load_on_a_large_pack_is_counted_for_a_month() {
    // 0.3 A out of 280 Ah; the zero was learnt at rest, which leaves 20 mA.
    let mut setup = RunSetup::of(Duty::Steady, 1);
    setup.pack.capacity_ah = 280.0;
    setup.pack.age_years = 0.0;
    setup.pack.age_cycles = 0.0;
    setup.zero_within_a = Some(0.02);
    let month = month(&setup);
    assert!(month.mean <= 2.0, "{:.2} points", month.mean);
}
