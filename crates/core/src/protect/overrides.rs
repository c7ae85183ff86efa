//! An installer's override: a locked or blocked pack may be used for a day at a trickle.
//!
//! After a lock for deep under-voltage the charge switch may close ("recovery charge"); with cells
//! that differ too much both may. At most 0.05 C flows, every other row stays in force, and more
//! current ends it. State machine, rows 6 and 16 and table of releases.

use cellward_params::fault::Blocks;
use cellward_params::{Config, Fault};
use cellward_units::{Current, Duration, Instant, Ratio};

/// How long an override lasts.
const WINDOW: Duration = Duration::from_secs(86_400);
/// More than the trickle for this long ends it. *Guess*: the delay of the slow over-current rows;
/// at a trickle nothing is near any other limit of current.
const TOO_MUCH_FOR: Duration = Duration::from_secs(10);

/// The override that is in force, if one is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overrides {
    in_force: Option<(Fault, Instant)>,
    too_much_since: Option<Instant>,
    trickle: Current,
}

impl Overrides {
    pub(super) fn new(config: &Config) -> Self {
        let mut overrides = Self { in_force: None, too_much_since: None, trickle: Current::ZERO };
        overrides.reconfigure(config);
        overrides
    }

    /// Takes another capacity.
    pub(super) fn reconfigure(&mut self, config: &Config) {
        self.trickle = config.one_c().scaled_by(Ratio::from_permille(50));
    }

    /// Whether a fault can be overridden at all.
    pub(super) const fn possible(fault: Fault) -> bool {
        matches!(fault, Fault::DeepUnderVoltage | Fault::CellDifference)
    }

    pub(super) fn start(&mut self, fault: Fault, now: Instant) {
        self.in_force = Some((fault, now + WINDOW));
        self.too_much_since = None;
    }

    /// Ends the override of a fault that has released.
    pub(super) fn end(&mut self, fault: Fault) {
        if self.is_for(fault) {
            self.in_force = None;
        }
    }

    /// Whether the override of this fault is in force.
    pub(super) fn is_for(&self, fault: Fault) -> bool {
        self.in_force.is_some_and(|(of, _)| of == fault)
    }

    /// What a fault opens, less what its override allows.
    pub(super) fn soften(&self, fault: Fault, blocks: Blocks) -> Blocks {
        match (self.is_for(fault), fault) {
            (true, Fault::CellDifference) => Blocks::Nothing,
            (true, Fault::DeepUnderVoltage) if blocks == Blocks::Both => Blocks::DischargeFirmly,
            _ => blocks,
        }
    }

    /// Looks at the current, if there is a fresh one, and at the time; the fault whose override
    /// has just ended.
    pub(super) fn step(&mut self, current: Option<Current>, now: Instant) -> Option<Fault> {
        let (fault, until) = self.in_force?;
        if let Some(current) = current {
            let too_much = current.abs() > self.trickle;
            self.too_much_since = too_much.then(|| self.too_much_since.unwrap_or(now));
        }
        let too_long = self.too_much_since.is_some_and(|at| now.since(at) >= TOO_MUCH_FOR);
        if now < until && !too_long {
            return None;
        }
        self.in_force = None;
        Some(fault)
    }

    /// When time alone ends it.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let (_, until) = self.in_force?;
        Some(self.too_much_since.map_or(until, |at| until.min(at + TOO_MUCH_FOR)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pack without a set capacity on a 200 A board: 0.05 C is 5 A.
    fn started() -> Overrides {
        let mut overrides = Overrides::new(&Config::lifepo4(16));
        overrides.start(Fault::CellDifference, at(0));
        overrides
    }

    fn at(secs: u64) -> Instant {
        Instant::from_micros(secs * 1_000_000)
    }

    #[test]
    fn it_lasts_a_day() {
        let mut overrides = started();
        assert_eq!(overrides.deadline(), Some(at(86_400)));
        assert_eq!(overrides.step(None, at(86_399)), None);
        assert_eq!(overrides.step(None, at(86_400)), Some(Fault::CellDifference));
        assert!(!overrides.is_for(Fault::CellDifference));
    }

    #[test]
    fn a_trickle_is_allowed_and_a_step_more_ends_it_after_ten_seconds() {
        for sign in [1, -1] {
            let mut overrides = started();
            let trickle = Some(Current::from_milliamps(sign * 5_000));
            let more = Some(Current::from_ten_microamps(sign * 500_001));
            overrides.step(trickle, at(10));
            assert_eq!(overrides.step(trickle, at(30)), None);
            assert_eq!(overrides.step(more, at(40)), None);
            assert_eq!(overrides.deadline(), Some(at(50)));
            assert_eq!(overrides.step(more, at(49)), None);
            assert_eq!(overrides.step(more, at(50)), Some(Fault::CellDifference));
        }
    }

    #[test]
    fn a_short_peak_does_not_end_it() {
        let mut overrides = started();
        overrides.step(Some(Current::from_amps(50)), at(0));
        overrides.step(Some(Current::ZERO), at(9));
        assert_eq!(overrides.step(Some(Current::from_amps(50)), at(18)), None);
    }

    #[test]
    fn a_recovery_charge_lets_the_charge_switch_close_and_keeps_the_discharge_switch_open() {
        let mut overrides = started();
        assert_eq!(overrides.soften(Fault::CellDifference, Blocks::Both), Blocks::Nothing);
        assert_eq!(overrides.soften(Fault::DeepUnderVoltage, Blocks::Both), Blocks::Both);
        overrides.start(Fault::DeepUnderVoltage, at(0));
        let softened = overrides.soften(Fault::DeepUnderVoltage, Blocks::Both);
        assert_eq!(softened, Blocks::DischargeFirmly);
        assert_eq!(overrides.soften(Fault::CellDifference, Blocks::Both), Blocks::Both);
    }

    #[test]
    fn only_two_faults_can_be_overridden() {
        let possible: std::vec::Vec<_> =
            Fault::ALL.iter().filter(|fault| Overrides::possible(**fault)).collect();
        assert_eq!(possible, [&Fault::DeepUnderVoltage, &Fault::CellDifference]);
    }
}
