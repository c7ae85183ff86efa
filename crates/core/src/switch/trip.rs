//! The trip output: what cuts from outside when a switch does not.
//!
//! A pulse, repeated every 10 s while current flows, three times at most: a level would burn the
//! coil of a shunt trip. State machine, §4, note on stuck switches.

use cellward_params::Config;
use cellward_units::{Duration, Instant};

/// From the start of one pulse to the start of the next.
const EVERY: Duration = Duration::from_secs(10);
/// At most this many pulses.
const PULSES: u8 = 3;

/// The output.
#[derive(Clone, Debug)]
pub(crate) struct Trip {
    length: Duration,
    started: Option<Instant>,
    pulses: u8,
}

impl Trip {
    pub(crate) fn new(config: &Config) -> Self {
        let mut trip = Self { length: Duration::ZERO, started: None, pulses: 0 };
        trip.reconfigure(config);
        trip
    }

    /// Takes another length of the pulse.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        let millis = u64::try_from(config.system().trip_pulse).unwrap_or(0);
        self.length = Duration::from_millis(millis);
    }

    /// Something locked that only a cut from outside ends: the first pulse. Does nothing while
    /// pulses of an earlier one are still being given.
    pub(crate) const fn fire(&mut self, now: Instant) {
        if self.started.is_none() {
            self.started = Some(now);
            self.pulses = 1;
        }
    }

    /// Lets time pass; `flows` says whether the current still flows. `true` when a further pulse
    /// begins.
    pub(crate) fn step(&mut self, flows: bool, now: Instant) -> bool {
        let Some(started) = self.started else {
            return false;
        };
        if now.since(started) < EVERY {
            return false;
        }
        if !flows || self.pulses >= PULSES {
            self.started = None;
            return false;
        }
        self.started = Some(now);
        self.pulses = self.pulses.saturating_add(1);
        true
    }

    /// Whether the output is on.
    pub(crate) fn on(&self, now: Instant) -> bool {
        self.started.is_some_and(|started| now.since(started) < self.length)
    }

    /// When it changes next.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let started = self.started?;
        let end = started + self.length;
        Some(if now < end { end } else { started + EVERY })
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    /// Fires at 0 and tells when the output changes within a minute, looked at every 10 ms.
    fn edges(flows: impl Fn(u64) -> bool) -> Vec<(u64, bool)> {
        let mut trip = Trip::new(&Config::lifepo4(16));
        trip.fire(at(0));
        let mut on = false;
        let mut edges = Vec::new();
        for millis in (0..60_000).step_by(10) {
            trip.step(flows(millis), at(millis));
            if trip.on(at(millis)) != on {
                on = !on;
                edges.push((millis, on));
            }
        }
        edges
    }

    #[test]
    fn three_pulses_of_a_second_ten_seconds_apart_while_current_flows() {
        let expected = [
            (0, true),
            (1_000, false),
            (10_000, true),
            (11_000, false),
            (20_000, true),
            (21_000, false),
        ];
        assert_eq!(edges(|_| true), expected);
    }

    #[test]
    fn one_pulse_if_it_helped() {
        assert_eq!(edges(|millis| millis < 9_990), [(0, true), (1_000, false)]);
        assert_eq!(edges(|millis| millis <= 10_000).len(), 4);
    }

    #[test]
    fn the_next_change_is_known() {
        let mut trip = Trip::new(&Config::lifepo4(16));
        assert_eq!(trip.deadline(at(0)), None);
        trip.fire(at(0));
        assert_eq!(trip.deadline(at(999)), Some(at(1_000)));
        assert_eq!(trip.deadline(at(1_000)), Some(at(10_000)));
        trip.fire(at(5_000));
        assert_eq!(trip.deadline(at(5_000)), Some(at(10_000)), "pulses are not pushed on");
        trip.step(false, at(10_000));
        trip.fire(at(20_000));
        assert!(trip.on(at(20_999)) && !trip.on(at(21_000)), "a later lock fires again");
    }
}
