//! A house with a sun above it: what its field delivers and its people draw, by the hour.

use crate::cells::channel;
use crate::noise::Stream;

/// Peak power of the solar field, as a share of the pack's energy per hour: 3.1 kW at the
/// charger for a pack of 14.3 kWh, about what a field of 3.5 kWp delivers at noon.
const PEAK_SHARE: f64 = 0.22;

/// What a household draws, in thousandths of the pack's energy per hour, by hour of the day.
/// It adds up to 101 % of the pack's energy a day. Shape: two-person house with cooking at noon
/// and in the evening; a *guess*.
const HOUSEHOLD: [f64; 24] = [
    17.0, 17.0, 17.0, 17.0, 17.0, 17.0, 25.0, 50.0, 50.0, 30.0, 30.0, 30.0, 60.0, 25.0, 25.0, 25.0,
    25.0, 60.0, 100.0, 100.0, 100.0, 100.0, 38.0, 38.0,
];

/// A house. Hours count from midnight of its first day; energies are those of the pack, in Wh.
#[derive(Clone, Copy, Debug)]
pub(crate) struct House {
    sky: Stream,
    clouds: Stream,
    habits: Stream,
}

impl House {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            sky: Stream::new(seed, channel::SKY),
            clouds: Stream::new(seed, channel::CLOUDS),
            habits: Stream::new(seed, channel::HABITS),
        }
    }

    /// Temperature where the pack stands: 22 ± 4 °C over the day, warmest at three.
    pub(crate) fn celsius(hours: f64) -> f64 {
        let angle = (hours - 9.0) * (core::f64::consts::PI / 12.0);
        22.0 + 4.0 * libm::sin(angle)
    }

    /// What the field delivers, in W: a day from six to six, a sky that differs from day to day,
    /// and clouds that pass within minutes.
    pub(crate) fn sun_watts(&self, energy: f64, hours: f64) -> f64 {
        let day = libm::floor(hours / 24.0);
        let hour = hours - 24.0 * day;
        if hour <= 6.0 || hour >= 18.0 {
            return 0.0;
        }
        let height = libm::sin((hour - 6.0) * (core::f64::consts::PI / 12.0));
        // The first day is clear, so that whoever looks sees a pack become full.
        let clearness = if day < 0.5 { 0.97 } else { 0.72 + 0.28 * self.sky.even(count(day)) };
        // Heavier clouds on duller days; a new one every three minutes, with soft edges.
        let dip = (1.0 - clearness) * 1.2 * smooth(self.clouds, hours * 20.0);
        let power = PEAK_SHARE * energy * clearness * (1.0 - dip);
        power * height * libm::sqrt(height)
    }

    /// What the household draws, in W.
    pub(crate) fn draws_watts(&self, energy: f64, hours: f64) -> f64 {
        let hour = hours - 24.0 * libm::floor(hours / 24.0);
        let place = usize::try_from(count(libm::floor(hour))).unwrap_or(0);
        let thousandths = HOUSEHOLD[place.min(HOUSEHOLD.len() - 1)];
        // People are not clocks: a quarter more or less, changing every six minutes.
        let habit = 1.0 + 0.25 * self.habits.signed(count(libm::floor(hours * 10.0)));
        thousandths / 1e3 * energy * habit
    }
}

/// A non-negative float as a count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and hours of a run are small and not negative"
)]
const fn count(value: f64) -> u64 {
    value as u64
}

/// Chance that moves in straight lines from one whole `x` to the next, 0 to 1.
fn smooth(stream: Stream, x: f64) -> f64 {
    let whole = libm::floor(x);
    let (from, to) = (stream.even(count(whole)), stream.even(count(whole) + 1));
    from + (to - from) * (x - whole)
}
