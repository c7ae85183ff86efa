//! How fast the cells warm up, and whether one of them runs away (row 15 of the fault table).
//!
//! Keeps for each sensor the coldest reading of each of the last sixty seconds. The rise of a
//! sensor is its newest reading over the coldest one of that window, so that a fast rise shows at
//! once and not only when the window is full. The window of a sensor starts again after a reading
//! that is none, so a sensor that is plugged in warm shows no rise. Production table, §4.
//!
//! The reading of a whole second leaves together: the window reaches back 60 s and up to one more.
//! It errs on the side of telling, by a sixtieth.

use cellward_params::MAX_SENSORS;
use cellward_units::{Duration, Instant, NoData, Temperature, TemperatureDelta};

/// Slots of a sensor: the second of now and the sixty before it.
const SLOTS: u8 = 61;
/// A rise of this much within the window is a runaway, if the sensor is hot. State machine, row 15.
const RUNAWAY_RISE: TemperatureDelta = TemperatureDelta::from_millikelvin(10_000);
/// At and above this a sensor is hot: a heater or a sensor just plugged in does not reach it.
const HOT: Temperature = Temperature::from_celsius(50);
/// A short soon after a reading above this is a sensor that has melted.
const MELTING: Temperature = Temperature::from_celsius(80);
/// How soon "soon" is; exactly this long after still counts.
const MELTS_WITHIN: Duration = Duration::from_secs(60);

/// A slot without a reading: warmer than any.
const EMPTY: i16 = i16::MAX;

/// The rise of every sensor.
#[derive(Clone, Debug)]
pub(crate) struct Runaway {
    /// The second that was last written, counted from the start of the clock.
    second: u64,
    sensors: [Sensor; MAX_SENSORS],
}

/// One sensor.
#[derive(Clone, Copy, Debug)]
struct Sensor {
    /// Coldest reading of each second in 0.01 °C, rounded down; second `s` lies in `s % SLOTS`.
    slots: [i16; SLOTS as usize],
    newest: Result<Temperature, NoData>,
    /// When it last read above [`MELTING`].
    molten_from: Option<Instant>,
    /// Whether it reads as a short that began soon after that.
    molten: bool,
}

impl Sensor {
    const NEW: Self = Self {
        slots: [EMPTY; SLOTS as usize],
        newest: Err(NoData::NotYet),
        molten_from: None,
        molten: false,
    };

    fn take(&mut self, reading: Result<Temperature, NoData>, place: usize, now: Instant) {
        let was_short = self.newest == Err(NoData::SensorShort);
        self.newest = reading;
        match reading {
            Ok(temperature) => {
                if let Some(slot) = self.slots.get_mut(place) {
                    *slot = (*slot).min(centicelsius(temperature));
                }
                if temperature > MELTING {
                    self.molten_from = Some(now);
                }
            }
            Err(_) => self.slots = [EMPTY; SLOTS as usize],
        }
        // A short is judged when it begins, and then means the same for as long as it lasts: else
        // one that begins in the last second of the window could never be confirmed.
        let soon = || self.molten_from.is_some_and(|then| now.since(then) <= MELTS_WITHIN);
        self.molten =
            reading == Err(NoData::SensorShort) && if was_short { self.molten } else { soon() };
    }

    /// How far the newest reading lies above the coldest of the window.
    fn rise(&self) -> Option<TemperatureDelta> {
        let newest = self.newest.ok()?;
        let coldest = self.slots.iter().min().copied()?;
        Some(newest - Temperature::from_millicelsius(i32::from(coldest).saturating_mul(10)))
    }

    fn runs_away(&self) -> bool {
        let hot = self.newest.is_ok_and(|temperature| temperature >= HOT);
        self.molten || (hot && self.rise().is_some_and(|rise| rise >= RUNAWAY_RISE))
    }
}

impl Runaway {
    pub(crate) const fn new() -> Self {
        Self { second: 0, sensors: [Sensor::NEW; MAX_SENSORS] }
    }

    /// Takes a reading of every cell sensor; those that the list lacks have none.
    ///
    /// Meant for every 500 ms. More often changes nothing but the work; more seldom leaves seconds
    /// without a reading, which the others stand in for.
    pub(crate) fn take(&mut self, readings: &[Result<Temperature, NoData>], now: Instant) {
        let second = now.as_micros() / 1_000_000;
        let passed = second.saturating_sub(self.second).min(u64::from(SLOTS));
        // What lies in the slots of the seconds that have passed is now older than the window.
        for age in 0..passed {
            let place = place(second.saturating_sub(age));
            for sensor in &mut self.sensors {
                if let Some(slot) = sensor.slots.get_mut(place) {
                    *slot = EMPTY;
                }
            }
        }
        self.second = second;
        let given = readings.iter().copied().chain(core::iter::repeat(Err(NoData::NotFitted)));
        for (sensor, reading) in self.sensors.iter_mut().zip(given) {
            sensor.take(reading, place(second), now);
        }
    }

    /// The fastest rise in tenths of a kelvin per minute, rounded down, never negative, and which
    /// sensor, counted from 0. `None` while no sensor has a reading.
    ///
    /// It is the rise within the window, however short that has been: 4 K in 10 s are 4 K.
    pub(crate) fn rate(&self) -> Option<(i32, u8)> {
        let mut fastest: Option<(i32, u8)> = None;
        for (sensor, number) in self.sensors.iter().zip(0_u8..) {
            let Some(rise) = sensor.rise() else { continue };
            let tenths = rise.as_millikelvin() / 100;
            if fastest.is_none_or(|(most, _)| tenths > most) {
                fastest = Some((tenths, number));
            }
        }
        fastest
    }

    /// The first sensor that says that a cell runs away, counted from 0: it rose by 10 K within the
    /// window and reads at least 50 °C, or it reads as a short that began within 60 s of a reading
    /// above 80 °C.
    pub(crate) fn hot_runaway(&self) -> Option<u8> {
        self.sensors.iter().zip(0_u8..).find_map(|(sensor, number)| {
            let runs_away = sensor.runs_away();
            runs_away.then_some(number)
        })
    }
}

/// Where a second lies in the ring.
fn place(second: u64) -> usize {
    let place = second.checked_rem(u64::from(SLOTS)).unwrap_or(0);
    usize::try_from(place).unwrap_or(0)
}

/// In 0.01 °C, rounded down, so that a rise is never told too small; saturates below [`EMPTY`].
fn centicelsius(temperature: Temperature) -> i16 {
    let rounded = temperature.as_millicelsius().div_euclid(10);
    i16::try_from(rounded).unwrap_or(if rounded < 0 { i16::MIN } else { EMPTY - 1 }).min(EMPTY - 1)
}

#[cfg(test)]
mod tests;
