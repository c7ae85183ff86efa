//! Prints how many steps of a second of one cell a core does on this machine in a [`Fleet`]: the
//! median of seven runs, and the slowest and the fastest of them.
//!
//! `cargo run --release -p cellward-sim --example fleet`

use std::time::Instant as WallClock;

use cellward_params::Chemistry;
use cellward_sim::{Fleet, FleetSetup, SetupError};

/// Packs of 16 cells, and seconds that they run.
const PACKS: u32 = 64;
const SECONDS: u32 = 3_600;

fn main() -> Result<(), SetupError> {
    for &chemistry in Chemistry::ALL {
        let setup = FleetSetup { packs: PACKS as usize, chemistry, ..FleetSetup::default() };
        let mut fleet = Fleet::new(&setup)?;
        let mut rates: Vec<f64> = (0..7).map(|_| rate(&mut fleet)).collect();
        rates.sort_by(f64::total_cmp);
        let (least, median, most) = (rates[0] / 1e6, rates[3] / 1e6, rates[6] / 1e6);
        let key = chemistry.key();
        #[expect(clippy::print_stdout, reason = "printing is what this example is for")]
        {
            println!(
                "{key}, {PACKS} packs of 16: {median:.1} million cell-steps/s ({least:.1} to {most:.1})"
            );
        }
    }
    Ok(())
}

/// Cell-steps per second of an hour in which packs are charged and discharged by turns.
fn rate(fleet: &mut Fleet) -> f64 {
    let before = wall_clock();
    fleet.run(
        u64::from(SECONDS),
        25.0,
        |moment| {
            if moment.second % 240 < 120 { 40.0 } else { -40.0 }
        },
    );
    f64::from(PACKS) * 16.0 * f64::from(SECONDS) / before.elapsed().as_secs_f64()
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures the simulator's own speed; nothing simulated sees this clock"
)]
fn wall_clock() -> WallClock {
    WallClock::now()
}
