//! How the tests of this folder move a sim on.

use cellward_params::record::Switches;
use cellward_sim::{Setup, Sim};
use cellward_units::{Duration, Instant};

pub(crate) const CLOSED: Switches = Switches { charge: true, discharge: true };

/// A sim five seconds after its start, with both switches closed.
pub(crate) fn running(setup: Setup) -> Sim {
    let mut sim = Sim::new(setup).unwrap();
    sim.run_until(Instant::START + Duration::from_secs(5));
    assert_eq!(sim.truth().switches, CLOSED);
    sim
}

/// Lets so much time pass.
pub(crate) fn pass(sim: &mut Sim, time: Duration) {
    sim.run_until(sim.now() + time);
}

/// Ticks until `wish`, at most `most`; gives the time that it took.
pub(crate) fn until(sim: &mut Sim, most: Duration, wish: impl Fn(&Sim) -> bool) -> Duration {
    let start = sim.now();
    while !wish(sim) {
        assert!(sim.now().since(start) < most, "waited in vain");
        sim.tick();
    }
    sim.now().since(start)
}
