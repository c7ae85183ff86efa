//! Which way charge moves: standby, charging, discharging. Slow on purpose, for lights and people.

use cellward_params::Flow;
use cellward_units::{Current, Duration, Instant};

/// A new flow must last this long. Production table, §3.
const DELAY: Duration = Duration::from_secs(2);

/// The flow with its hysteresis.
#[derive(Clone, Debug)]
pub(crate) struct FlowState {
    flow: Flow,
    candidate: Option<(Flow, Instant)>,
    enter: Current,
}

impl FlowState {
    /// `enter` is the status threshold; the flow is left at half of it.
    pub(crate) const fn new(enter: Current) -> Self {
        Self { flow: Flow::Standby, candidate: None, enter }
    }

    /// Takes a new status threshold.
    pub(crate) const fn reconfigure(&mut self, enter: Current) {
        self.enter = enter;
    }

    pub(crate) const fn flow(&self) -> Flow {
        self.flow
    }

    /// What a current would make of it, without the delay.
    pub(crate) fn seen(&self, current: Current) -> Flow {
        let half = Current::from_ten_microamps(self.enter.as_ten_microamps() / 2);
        let charge_level = if self.flow == Flow::Charging { half } else { self.enter };
        let discharge_level = if self.flow == Flow::Discharging { half } else { self.enter };
        if current >= charge_level {
            Flow::Charging
        } else if current <= -discharge_level {
            Flow::Discharging
        } else {
            Flow::Standby
        }
    }

    /// Takes the latest current; nothing changes while there is none, and nothing is begun.
    pub(crate) fn step(&mut self, current: Option<Current>, now: Instant) {
        let Some(current) = current else {
            self.candidate = None;
            return;
        };
        let seen = self.seen(current);
        if seen == self.flow {
            self.candidate = None;
            return;
        }
        match self.candidate {
            Some((flow, since)) if flow == seen => {
                if now.since(since) >= DELAY {
                    self.flow = seen;
                    self.candidate = None;
                }
            }
            _ => self.candidate = Some((seen, now)),
        }
    }

    /// When a change would be complete.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.candidate.map(|(_, since)| since + DELAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    fn flow(steps: &[(u64, i32)]) -> Flow {
        let mut state = FlowState::new(Current::from_milliamps(400));
        for &(millis, milliamps) in steps {
            state.step(Some(Current::from_milliamps(milliamps)), at(millis));
        }
        state.flow()
    }

    #[test]
    fn charging_starts_at_the_threshold_after_two_seconds() {
        assert_eq!(flow(&[(0, 400), (1_999, 400)]), Flow::Standby);
        assert_eq!(flow(&[(0, 400), (2_000, 400)]), Flow::Charging);
        assert_eq!(flow(&[(0, 399), (9_000, 399)]), Flow::Standby);
    }

    #[test]
    fn it_is_left_below_half_of_the_threshold() {
        let charging = [(0, 400), (2_000, 400)];
        let then =
            |milliamps| flow(&[charging[0], charging[1], (3_000, milliamps), (5_000, milliamps)]);
        assert_eq!(then(200), Flow::Charging);
        assert_eq!(then(199), Flow::Standby);
        assert_eq!(then(-400), Flow::Discharging);
        assert_eq!(then(-399), Flow::Standby);
    }
}
