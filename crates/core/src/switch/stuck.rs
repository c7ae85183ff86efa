//! A switch that conducts although it was told to open ("adhesion").
//!
//! Current of the direction that only this switch could let pass, for 0.2 s; then the command is
//! written three more times, 50 ms apart, in case it was not heard; then P- must confirm: it
//! stands near B- only while the path conducts. Further away the path is blocked and the current
//! channel must be wrong. State machine, rows 23 and 24; thresholds in the production table, §3.

use cellward_params::{Config, Switch};
use cellward_units::{Current, Duration, Instant, Ratio, Voltage};

use super::Sight;

/// How long the current must flow before the switch is suspected.
const SUSPECT_AFTER: Duration = Duration::from_millis(200);
/// Between two more commands.
const WRITE_EVERY: Duration = Duration::from_millis(50);
/// How often the command is written again.
const WRITES: u8 = 3;
/// P- within this of B- confirms that the path conducts.
const NEAR: Voltage = Voltage::from_millivolts(300);
/// The same while the other switch is open and its body diode is in the path.
const NEAR_OVER_A_DIODE: Voltage = Voltage::from_millivolts(1_000);

/// What the watch has found in a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Finding {
    /// The command shall be written again.
    WriteAgain,
    /// The switch does not open.
    Stuck,
    /// The path is blocked, so the current that is read cannot flow.
    NoSuchCurrent,
}

/// Where the watch is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Calm,
    /// Current flows that should not, since then.
    Suspected(Instant),
    /// The command was written again this often, the last time then.
    Written(u8, Instant),
    /// It was proven not to open, until an installer unlocks.
    Stuck,
    /// The current that is read was proven not to flow, while it is read.
    NoSuchCurrent,
}

/// The watch over one switch.
#[derive(Clone, Debug)]
pub(crate) struct StuckWatch {
    switch: Switch,
    least: Current,
    zero_limit: Current,
    state: State,
}

impl StuckWatch {
    pub(crate) fn new(config: &Config, switch: Switch) -> Self {
        let mut watch =
            Self { switch, least: Current::ZERO, zero_limit: Current::ZERO, state: State::Calm };
        watch.reconfigure(config);
        watch
    }

    /// Takes another full scale.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        self.zero_limit = config.full_scale().scaled_by(Ratio::from_permille(10));
        self.least = self.zero_limit.max(Current::from_amps(1));
    }

    /// Whether it was proven not to open.
    pub(crate) fn is_stuck(&self) -> bool {
        self.state == State::Stuck
    }

    /// Whether a current is read that was proven not to flow.
    pub(crate) fn reads_no_such_current(&self) -> bool {
        self.state == State::NoSuchCurrent
    }

    /// Whether it is in the middle of something.
    pub(crate) const fn busy(&self) -> bool {
        matches!(self.state, State::Suspected(_) | State::Written(..))
    }

    /// An installer unlocked it: it is watched anew.
    pub(crate) const fn forget(&mut self) {
        self.state = State::Calm;
    }

    /// The least current that counts: max(1 A, 1 % of full scale, 3 times what the zero may be
    /// wrong by).
    fn threshold(&self, zero_error: Option<Current>) -> Current {
        // Without an accepted zero it may be wrong by anything that would have been accepted.
        let error = zero_error.unwrap_or(self.zero_limit);
        self.least.max(error + error + error)
    }

    /// Whether current flows that only this switch could let pass.
    pub(crate) fn flows(&self, sight: &Sight) -> Option<bool> {
        let current = sight.current?;
        let wrong = match self.switch {
            Switch::Charge => current,
            Switch::Discharge => -current,
        };
        Some(wrong > self.threshold(sight.zero_error))
    }

    /// Looks at fresh readings. `open` says whether the switch is told to be open, `other_closed`
    /// whether the other one really is closed.
    pub(crate) fn step(
        &mut self,
        sight: &Sight,
        open: bool,
        other_closed: bool,
        now: Instant,
    ) -> Option<Finding> {
        if self.state == State::Stuck {
            return None;
        }
        // A missing value neither proves nor clears anything.
        let flows = self.flows(sight)?;
        if !flows || !open {
            self.state = State::Calm;
            return None;
        }
        match self.state {
            State::Calm => {
                self.state = State::Suspected(now);
                None
            }
            State::Suspected(since) if now.since(since) >= SUSPECT_AFTER => {
                self.state = State::Written(1, now);
                Some(Finding::WriteAgain)
            }
            State::Written(times, at) if now.since(at) >= WRITE_EVERY => {
                if times < WRITES {
                    self.state = State::Written(times.saturating_add(1), now);
                    return Some(Finding::WriteAgain);
                }
                let near = if other_closed { NEAR } else { NEAR_OVER_A_DIODE };
                let conducts = sight.port?.abs() <= near;
                self.state = if conducts { State::Stuck } else { State::NoSuchCurrent };
                Some(if conducts { Finding::Stuck } else { Finding::NoSuchCurrent })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::record::Switches;
    use std::vec::Vec;

    use super::*;

    /// A 200 A board: 1 % of full scale is 4 A.
    fn watch(switch: Switch) -> StuckWatch {
        StuckWatch::new(&Config::lifepo4(16), switch)
    }

    fn sight(milliamps: i32, port_mv: i32) -> Sight {
        Sight {
            current: Some(Current::from_milliamps(milliamps)),
            port: Some(Voltage::from_millivolts(port_mv)),
            pack: Some(Voltage::from_millivolts(52_800)),
            zero_error: Some(Current::ZERO),
            charger: false,
            actual: Switches::OPEN,
        }
    }

    /// Steps every 10 ms and tells what was found and when, in ms.
    fn run(watch: &mut StuckWatch, sight: &Sight, other_closed: bool) -> Vec<(u64, Finding)> {
        (0..100_u64)
            .filter_map(|i| {
                let now = Instant::from_micros(i * 10_000);
                watch.step(sight, true, other_closed, now).map(|finding| (i * 10, finding))
            })
            .collect()
    }

    #[test]
    fn it_is_told_three_more_times_to_open_and_is_stuck_after_350_ms() {
        let expected = [
            (200, Finding::WriteAgain),
            (250, Finding::WriteAgain),
            (300, Finding::WriteAgain),
            (350, Finding::Stuck),
        ];
        assert_eq!(run(&mut watch(Switch::Charge), &sight(4_001, 0), true), expected);
        assert_eq!(run(&mut watch(Switch::Discharge), &sight(-4_001, 0), true), expected);
    }

    #[test]
    fn a_current_at_the_threshold_or_of_the_other_direction_is_no_suspicion() {
        assert!(run(&mut watch(Switch::Charge), &sight(4_000, 0), true).is_empty());
        assert!(run(&mut watch(Switch::Charge), &sight(-50_000, 0), true).is_empty());
        assert!(run(&mut watch(Switch::Discharge), &sight(50_000, 0), true).is_empty());
    }

    #[test]
    fn an_uncertain_zero_raises_the_threshold_to_three_times_its_error() {
        let with = |milliamps, error| Sight { zero_error: error, ..sight(milliamps, 0) };
        let two = Some(Current::from_amps(2));
        assert!(run(&mut watch(Switch::Charge), &with(6_000, two), true).is_empty());
        assert_eq!(run(&mut watch(Switch::Charge), &with(6_001, two), true).len(), 4);
        // None accepted: 1 % of full scale three times.
        assert!(run(&mut watch(Switch::Charge), &with(12_000, None), true).is_empty());
        assert_eq!(run(&mut watch(Switch::Charge), &with(12_001, None), true).len(), 4);
    }

    #[test]
    fn p_minus_far_from_b_minus_means_that_the_current_cannot_flow() {
        let last = |port_mv, other_closed| {
            let mut watch = watch(Switch::Charge);
            run(&mut watch, &sight(10_000, port_mv), other_closed).last().map(|(_, f)| *f)
        };
        assert_eq!(last(-300, true), Some(Finding::Stuck));
        assert_eq!(last(-301, true), Some(Finding::NoSuchCurrent));
        assert_eq!(last(-1_000, false), Some(Finding::Stuck));
        assert_eq!(last(-1_001, false), Some(Finding::NoSuchCurrent));
        assert_eq!(last(300, true), Some(Finding::Stuck));
    }

    #[test]
    fn a_current_that_stops_in_time_clears_the_suspicion() {
        let mut watch = watch(Switch::Charge);
        let at = |ms: u64| Instant::from_micros(ms * 1_000);
        watch.step(&sight(10_000, 0), true, true, at(0));
        watch.step(&sight(0, 0), true, true, at(190));
        watch.step(&sight(10_000, 0), true, true, at(200));
        assert_eq!(watch.step(&sight(10_000, 0), true, true, at(399)), None);
        let found = watch.step(&sight(10_000, 0), true, true, at(400));
        assert_eq!(found, Some(Finding::WriteAgain));
        assert!(watch.busy());
        watch.step(&sight(10_000, 0), false, true, at(410));
        assert!(!watch.busy(), "it may conduct now");
    }

    #[test]
    fn without_a_reading_nothing_is_proven() {
        let mut watch = watch(Switch::Charge);
        assert!(run(&mut watch, &Sight { current: None, ..sight(0, 0) }, true).is_empty());
        let found = run(&mut watch, &Sight { port: None, ..sight(10_000, 0) }, true);
        assert_eq!(found.len(), 3, "P- cannot confirm");
        assert!(!watch.is_stuck());
    }

    #[test]
    fn stuck_stays_until_it_is_unlocked_and_a_wrong_reading_ends_with_itself() {
        let mut stuck = watch(Switch::Charge);
        run(&mut stuck, &sight(10_000, 0), true);
        run(&mut stuck, &sight(0, 0), true);
        assert!(stuck.is_stuck());
        stuck.forget();
        assert!(!stuck.is_stuck());
        let mut wrong = watch(Switch::Charge);
        run(&mut wrong, &sight(10_000, 9_000), true);
        assert!(wrong.reads_no_such_current());
        run(&mut wrong, &sight(0, 9_000), true);
        assert!(!wrong.reads_no_such_current());
    }
}
