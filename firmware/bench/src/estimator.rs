//! What the estimator of a string costs: 16 cells, a reading a second.

use cellward_cell::Profile;
use cellward_estimate::Resistances;

use crate::counter::Counter;
use crate::{Tally, replay, say};

/// Readings before counting starts.
const WARM_UP: u32 = 120;
/// Readings that are counted.
const COUNTED: u32 = 600;

/// Counts readings and what reads the belief, replays, prints. Whether there was an estimator.
pub fn measure(counter: &Counter) -> bool {
    let Some(mut pack) = replay::pack(&Profile::LFP) else {
        return false;
    };
    let mut series = replay::Series::new();
    let (mut samples, mut beliefs) = (Tally::default(), Tally::default());
    for reading in 0..WARM_UP + COUNTED {
        let instructions = counter.count(|| replay::sample(&mut pack, &mut series));
        let more = counter.count(|| {
            core::hint::black_box(pack.belief());
        });
        if reading >= WARM_UP {
            samples.add(instructions);
            beliefs.add(more);
        }
    }
    say("estimator_cells", replay::CELLS as i64);
    say("estimator_mean_reading", samples.mean());
    say("estimator_worst_reading", samples.worst);
    say("estimator_mean_belief", beliefs.mean());
    say("estimator_bytes", (size_of_val(&pack) + size_of::<Resistances>()) as i64);
    let replayed = replay::replay(&Profile::LFP) ^ replay::resistances();
    say("estimator_replay", i64::from(replayed));
    true
}
