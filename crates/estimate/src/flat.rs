//! A cell without features, for tests that look at nothing of its curve.

use cellward_cell::{KNOTS, LOSSES, OCV_POINTS, Profile};

/// It holds nothing less for lost lithium and has no resistance.
pub(crate) static FLAT: Profile = Profile {
    capacity_ppm: 1_000_000,
    ocv: [33_000; OCV_POINTS],
    negative: [1_000; OCV_POINTS],
    slides: [[0, 10_000, 0, 10_000]; LOSSES.len()],
    hysteresis: 0,
    hysteresis_rate: 60,
    resistance: [[0; KNOTS.len()]; 3],
    time_constant: [10, 100],
    miss: 0,
};
