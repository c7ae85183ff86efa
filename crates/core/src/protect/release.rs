//! When a recovered fault may release: the rules of the state machine's table 6, profile `strict`.
//!
//! Every rule is a function from what has been seen since the trip to the instant from which
//! release is allowed. `None` holds it.

use cellward_params::fault::Release;
use cellward_params::reason::Until;
use cellward_units::{Duration, Instant};

use crate::port::Port;

/// Waits before the discharge switch tries an over-current again by itself.
const RETRY_WAITS: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(120)];

/// A release that lasted this long starts the retries from the beginning. *Guess*: safe, because
/// it allows at most three closings in these ten minutes, as the waits themselves do.
const RETRIES_FORGOTTEN: Duration = Duration::from_secs(600);

/// A load or charger must be gone this long before it counts. *Guess*: longer than the bounce of
/// a plug, short for a person.
const GONE: Duration = Duration::from_millis(500);

/// A short circuit never closes again sooner than this after its trip. State machine, §6.
const SHORT_WAIT: Duration = Duration::from_secs(10);

/// What has happened around a tripped level that its release rule asks about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Story {
    /// Automatic retries that have been used up.
    tries: u8,
    last_release: Option<Instant>,
    /// Charge current, a charger, a removed load or a command since the trip.
    relieved: bool,
    /// Since when the load has been seen to be gone.
    load_gone: Option<Instant>,
    /// Since when the charger has been seen to be gone, or discharge current flows.
    charger_gone: Option<Instant>,
}

impl Story {
    /// The level has just tripped.
    pub(crate) fn tripped(&mut self, now: Instant) {
        if self.last_release.is_some_and(|at| now.since(at) >= RETRIES_FORGOTTEN) {
            self.tries = 0;
        }
        self.relieved = false;
        self.load_gone = None;
        self.charger_gone = None;
    }

    /// What is seen at the port while the level is tripped.
    pub(crate) fn observe(&mut self, port: &Port, now: Instant) {
        self.load_gone = (port.load == Some(false)).then(|| self.load_gone.unwrap_or(now));
        self.relieved |= port.charging || port.charger == Some(true) || self.without_load(now);
        let charger_gone = port.charger == Some(false) || port.discharging;
        self.charger_gone = charger_gone.then(|| self.charger_gone.unwrap_or(now));
    }

    /// A person or host asked for the switch: counts as relief.
    pub(crate) const fn relieve(&mut self) {
        self.relieved = true;
    }

    /// The level has just released.
    pub(crate) fn released(&mut self, now: Instant) {
        self.tries = if self.without_load(now) { 0 } else { self.tries.saturating_add(1) };
        self.last_release = Some(now);
    }

    /// Whether the load has been gone for long enough to count.
    fn without_load(&self, now: Instant) -> bool {
        self.load_gone.is_some_and(|at| now.since(at) >= GONE)
    }

    /// From when on the level may release.
    pub(crate) fn release_at(
        &self,
        rule: Release,
        tripped: Instant,
        recovering: Instant,
        release_delay: Duration,
    ) -> Option<Instant> {
        let recovered = recovering + release_delay;
        match rule {
            Release::Recovery => Some(recovered),
            Release::RecoveryAndRelief if self.relieved => Some(recovered),
            Release::RecoveryAndRelief => self.load_gone.map(|at| recovered.max(at + GONE)),
            Release::ChargeOverCurrent => {
                let gone = self.charger_gone.map(|at| at + GONE);
                Some(gone.map_or(recovered, |gone| gone.min(recovered)))
            }
            Release::DischargeOverCurrent => {
                let retry = RETRY_WAITS.get(usize::from(self.tries)).map(|&wait| tripped + wait);
                let gone = self.load_gone.map(|at| at + GONE);
                earlier(retry, gone).map(|at| at.max(recovering))
            }
            Release::ShortCircuit => self.load_gone.map(|at| (at + GONE).max(tripped + SHORT_WAIT)),
            Release::Installer => None,
        }
    }

    /// What a person is told must happen.
    pub(crate) fn until(&self, rule: Release, recovery: Option<i32>) -> Until {
        match (rule, recovery) {
            (Release::Recovery, Some(value)) => Until::Recovery(value),
            (Release::Recovery, None) => Until::GoodReadings,
            (Release::RecoveryAndRelief, value) => {
                let value = value.unwrap_or(0);
                if self.relieved { Until::Recovery(value) } else { Until::RecoveryAndRelief(value) }
            }
            (Release::ChargeOverCurrent, _) => Until::ChargerRemoved,
            (Release::DischargeOverCurrent, _) if self.tries < 3 => Until::Retry,
            (Release::DischargeOverCurrent | Release::ShortCircuit, _) => Until::LoadRemoved,
            (Release::Installer, _) => Until::Installer,
        }
    }
}

/// The earlier of two instants that may not be there.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAY: Port =
        Port { charger: None, load: Some(false), charging: false, discharging: false };
    const THERE: Port = Port { load: Some(true), ..AWAY };
    const CHARGER: Port = Port { charger: Some(true), load: None, ..AWAY };

    fn at(secs: u64) -> Instant {
        Instant::from_micros(secs * 1_000_000)
    }

    fn release(story: &Story, rule: Release) -> Option<Instant> {
        story.release_at(rule, at(100), at(100), Duration::from_secs(3))
    }

    #[test]
    fn under_voltage_needs_relief_besides_recovery() {
        let mut story = Story::default();
        story.tripped(at(100));
        story.observe(&THERE, at(101));
        assert_eq!(release(&story, Release::RecoveryAndRelief), None);
        story.observe(&CHARGER, at(102));
        assert_eq!(release(&story, Release::RecoveryAndRelief), Some(at(103)));
    }

    #[test]
    fn relief_before_the_trip_does_not_count() {
        let mut story = Story::default();
        story.observe(&CHARGER, at(99));
        story.tripped(at(100));
        assert_eq!(release(&story, Release::RecoveryAndRelief), None);
    }

    #[test]
    fn over_current_retries_after_30_60_and_120_seconds_and_then_no_more() {
        let mut story = Story::default();
        for wait in [30, 60, 120] {
            story.tripped(at(100));
            story.observe(&THERE, at(101));
            assert_eq!(release(&story, Release::DischargeOverCurrent), Some(at(100 + wait)));
            story.released(at(100 + wait));
        }
        story.tripped(at(100));
        story.observe(&THERE, at(101));
        assert_eq!(release(&story, Release::DischargeOverCurrent), None);
        story.observe(&AWAY, at(200));
        let gone = at(200) + Duration::from_millis(500);
        assert_eq!(release(&story, Release::DischargeOverCurrent), Some(gone));
    }

    #[test]
    fn removing_the_load_gives_the_retries_back() {
        let mut story = Story::default();
        story.tripped(at(100));
        story.released(at(130));
        story.tripped(at(140));
        story.observe(&AWAY, at(141));
        story.released(at(142));
        story.tripped(at(143));
        assert_eq!(release(&story, Release::DischargeOverCurrent), Some(at(130)));
    }

    #[test]
    fn a_short_circuit_closes_only_without_load_and_not_before_ten_seconds() {
        let mut story = Story::default();
        story.tripped(at(100));
        story.observe(&THERE, at(120));
        assert_eq!(release(&story, Release::ShortCircuit), None);
        story.observe(&AWAY, at(102));
        assert_eq!(release(&story, Release::ShortCircuit), Some(at(110)));
        story.observe(&THERE, at(103));
        assert_eq!(release(&story, Release::ShortCircuit), None, "the load came back");
    }

    #[test]
    fn charge_over_current_releases_when_the_charger_goes_or_after_its_wait() {
        let mut story = Story::default();
        story.tripped(at(100));
        story.observe(&CHARGER, at(100));
        assert_eq!(release(&story, Release::ChargeOverCurrent), Some(at(103)));
        story.observe(&Port { charger: Some(false), ..CHARGER }, at(101));
        let gone = at(101) + Duration::from_millis(500);
        assert_eq!(release(&story, Release::ChargeOverCurrent), Some(gone));
    }

    #[test]
    fn what_only_an_installer_may_release_never_releases_by_itself() {
        assert_eq!(release(&Story::default(), Release::Installer), None);
    }
}
