//! The last hours of a few points, for plots: a ring with a fixed size, written in virtual time.
//!
//! It remembers numbers as they were shown and forgets the oldest first. A point that was absent
//! stays absent in the plot: no line is drawn where nothing was known.

use std::collections::VecDeque;

use cellward_params::{Point, Snapshot, Value};
use cellward_units::{Duration, Instant};
use serde_json::{Value as Json, json};

use crate::json::{self, Object};

/// The points that are remembered, in the order of the columns.
pub const POINTS: [Point; 8] = [
    Point::SocShown,
    Point::SocLow,
    Point::SocHigh,
    Point::PackVoltage,
    Point::PackCurrent,
    Point::HighestCellVoltage,
    Point::LowestCellVoltage,
    Point::HighestTemperature,
];

/// One remembered moment; each number is raw in the unit of its point.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Instant,
    numbers: [Option<i64>; POINTS.len()],
}

/// A ring of moments, none closer together than its interval.
#[derive(Clone, Debug)]
pub struct History {
    interval: Duration,
    capacity: usize,
    moments: VecDeque<Moment>,
}

impl Default for History {
    /// One moment every 30 s, for 24 hours.
    fn default() -> Self {
        Self::new(Duration::from_secs(30), Duration::from_secs(24 * 3_600))
    }
}

impl History {
    /// A history that keeps a moment every `interval` and forgets what is older than `span`.
    ///
    /// It never holds more than `span / interval` moments, and at least one.
    #[must_use]
    pub fn new(interval: Duration, span: Duration) -> Self {
        let moments = span.as_micros().checked_div(interval.as_micros()).unwrap_or(1);
        Self {
            interval,
            capacity: usize::try_from(moments).unwrap_or(usize::MAX).max(1),
            moments: VecDeque::new(),
        }
    }

    /// Remembers `snapshot`, taken at `at`, unless the last moment is less than the interval ago.
    ///
    /// Returns whether it was kept. A time that lies before the last moment means that the board
    /// has started anew: what was remembered belongs to another clock and is dropped.
    pub fn push(&mut self, at: Instant, snapshot: &Snapshot) -> bool {
        if let Some(last) = self.moments.back() {
            if at < last.at {
                self.moments.clear();
            } else if at.since(last.at) < self.interval {
                return false;
            }
        }
        if self.moments.len() >= self.capacity {
            self.moments.pop_front();
        }
        let numbers = POINTS.map(|point| match snapshot.value(point, 0) {
            Some(Value::Number(reading)) => reading.ok(),
            _ => None,
        });
        self.moments.push_back(Moment { at, numbers });
        true
    }

    /// How many moments are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.moments.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// The moments later than `after`, or all, as columns of equal length.
    ///
    /// `at_s` is the time since the board's start in whole seconds, rising; the other columns are
    /// keyed and scaled as in a snapshot, `null` where a value was absent. `interval_s` is the
    /// spacing.
    #[must_use]
    pub fn columns(&self, after: Option<Duration>) -> Object {
        let after = after.map(Duration::as_secs);
        let chosen = || {
            self.moments.iter().filter(move |moment| {
                after.is_none_or(|after| moment.at.since(Instant::START).as_secs() > after)
            })
        };
        let mut object = Object::new();
        object.insert("interval_s".to_owned(), json!(self.interval.as_secs()));
        let times: Json =
            chosen().map(|moment| json!(moment.at.since(Instant::START).as_secs())).collect();
        object.insert("at_s".to_owned(), times);
        for (place, point) in POINTS.iter().enumerate() {
            let row = point.row();
            let column: Json = chosen()
                .map(|moment| match moment.numbers[place] {
                    Some(raw) => json::number(raw, row.unit),
                    None => Json::Null,
                })
                .collect();
            object.insert(json::key(row), column);
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use cellward_units::{NoData, Ratio, Voltage};

    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Duration::from_secs(secs)
    }

    fn with_soc(permille: i32) -> Snapshot {
        let mut snapshot = Snapshot::absent(NoData::NotYet);
        snapshot.soc = Ok(Ratio::from_permille(permille));
        snapshot
    }

    #[test]
    fn moments_keep_their_distance() {
        let mut history = History::default();
        assert!(history.push(at(0), &with_soc(500)));
        let just_before = at(30).before(Duration::from_micros(1));
        assert!(!history.push(just_before, &with_soc(501)));
        assert!(history.push(at(30), &with_soc(502)));
        assert_eq!(history.len(), 2);
    }

    #[test]
    fn the_oldest_moment_goes_first_when_the_ring_is_full() {
        let mut history = History::new(Duration::from_secs(1), Duration::from_secs(3));
        for secs in 0..5 {
            history.push(at(secs), &with_soc(500));
        }
        assert_eq!(history.columns(None)["at_s"], json!([2, 3, 4]));
    }

    #[test]
    fn a_day_of_half_minutes_is_2880_moments() {
        let mut history = History::default();
        for step in 0..2_881 {
            history.push(at(step * 30), &with_soc(500));
        }
        assert_eq!(history.len(), 2_880);
    }

    #[test]
    fn columns_are_keyed_by_point_and_unit_and_null_where_absent() {
        let mut history = History::default();
        history.push(at(0), &with_soc(888));
        let mut second = with_soc(887);
        second.pack_voltage = Ok(Voltage::from_millivolts(52_800));
        second.soc = Err(NoData::Unknown);
        second.soc_low = Ok(Ratio::from_permille(851));
        second.soc_high = Ok(Ratio::from_permille(903));
        history.push(at(30), &second);
        assert_eq!(
            Json::Object(history.columns(None)),
            json!({
                "interval_s": 30,
                "at_s": [0, 30],
                "soc_percent": [88.8, null],
                "soc_low_percent": [null, 85.1],
                "soc_high_percent": [null, 90.3],
                "pack_voltage_mv": [null, 52_800],
                "current_ma": [null, null],
                "highest_cell_voltage_mv": [null, null],
                "lowest_cell_voltage_mv": [null, null],
                "highest_temperature_c": [null, null],
            })
        );
    }

    #[test]
    fn only_what_is_later_is_asked_for_again() {
        let mut history = History::default();
        for step in 0..4 {
            history.push(at(step * 30), &with_soc(500));
        }
        let later = history.columns(Some(Duration::from_secs(30)));
        assert_eq!(later["at_s"], json!([60, 90]));
        assert_eq!(later["soc_percent"], json!([50.0, 50.0]));
        let none = history.columns(Some(Duration::MAX));
        assert_eq!(none["at_s"], json!([]));
    }

    #[test]
    fn a_clock_that_starts_anew_drops_what_was_remembered() {
        let mut history = History::default();
        history.push(at(600), &with_soc(500));
        assert!(history.push(at(5), &with_soc(499)));
        assert_eq!(history.columns(None)["at_s"], json!([5]));
    }

    #[test]
    fn an_interval_of_zero_keeps_one_moment_and_does_not_divide_by_it() {
        let mut history = History::new(Duration::ZERO, Duration::from_secs(5));
        history.push(at(0), &with_soc(1));
        history.push(at(0), &with_soc(2));
        assert_eq!(history.columns(None)["soc_percent"], json!([0.2]));
    }
}
