//! Prints how much faster than real time a pack of 16 cells with sensors, chip and the whole
//! core runs on this machine: by ticks of 10 ms, and by hops over quiet spans.
//!
//! `cargo run --release -p cellward-sim --example speed`

use std::time::Instant as WallClock;

use cellward_sim::{Capacitor, Setup, Sim, Story};
use cellward_units::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let quiet = Story::parse("[[at]]\ntime = \"0s\"\nload_a = 5\n")?;
    report("10 ms ticks, solar day", Story::solar_day(), 1_800, Sim::run_until)?;
    report("hops, solar day", Story::solar_day(), 36_000, Sim::run_jumping)?;
    report("hops, quiet discharge", quiet.clone(), 36_000, Sim::run_jumping)?;
    report("hops, the same with an inverter's capacitor", quiet, 36_000, |sim, end| {
        sim.charge_capacitor(52.0);
        sim.set_capacitor(Some(Capacitor { farads: 0.020, ohms: 0.012 }));
        sim.run_jumping(end);
    })?;
    Ok(())
}

/// Runs `seconds` of a story five times and prints the fastest, which is the least disturbed.
fn report(
    what: &str,
    story: Story,
    seconds: u64,
    run: fn(&mut Sim, Instant),
) -> Result<(), Box<dyn std::error::Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let mut sim = Sim::new(Setup { start_soc: 0.6, story: story.clone(), ..Setup::default() })?;
        let before = wall_clock();
        run(&mut sim, Instant::START + Duration::from_secs(seconds));
        best = best.min(before.elapsed().as_secs_f64());
    }
    let factor = Duration::from_secs(seconds).to_secs_f64() / best;
    #[expect(clippy::print_stdout, reason = "printing is what this example is for")]
    {
        println!("{what}: {factor:.0} times real time");
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures the simulator's own speed; nothing simulated sees this clock"
)]
fn wall_clock() -> WallClock {
    WallClock::now()
}
