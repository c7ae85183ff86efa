//! What the estimator of a string costs: 16 cells, a reading a second.

use cortex_m_semihosting::hprintln;

use crate::counter::Counter;
use crate::profiles::LFP;
use crate::{Tally, replay};

/// Readings before counting starts.
const WARM_UP: u32 = 120;
/// Readings that are counted.
const COUNTED: u32 = 600;

/// Counts readings and what reads the belief, replays, prints. Whether there was an estimator.
pub fn measure(counter: &Counter) -> bool {
    let Some(mut pack) = replay::pack(&LFP) else {
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
    hprintln!("estimator_cells = {}", replay::CELLS);
    hprintln!("estimator_mean_reading = {}", samples.mean());
    hprintln!("estimator_worst_reading = {}", samples.worst);
    hprintln!("estimator_mean_belief = {}", beliefs.mean());
    hprintln!("estimator_bytes = {}", size_of_val(&pack));
    hprintln!("estimator_replay = {}", replay::replay(&LFP));
    true
}
