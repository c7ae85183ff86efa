//! What the demonstration does with the trouble that a person makes, and how fast time runs.
//!
//! Pressing a fault button drops the time scale to 1 until the protection has released. Trouble
//! that takes hours to bite (a pack must be nearly full before a charger can be too high) is
//! first approached by letting the simulation run as fast as it can; nothing is made up on the
//! way. The trouble is taken away ten seconds after the protection has acted, or when the button
//! is pressed again.

use cellward_params::{Fault, Level, Snapshot};
use cellward_sim::{Injection, Sim};
use cellward_units::{Duration, Instant};

/// Trouble stays this long after the protection has acted.
const STAYS: Duration = Duration::from_secs(10);
/// Trouble that no protection answers is taken away after this.
const PATIENCE: Duration = Duration::from_secs(180);
/// The longest way that is skipped towards an event.
const LONGEST_SKIP: Duration = Duration::from_secs(24 * 3_600);
/// Everything must have been fine for this long before time runs fast again.
const CALM: Duration = Duration::from_secs(3);
/// After this long at real time, time runs fast again in any case.
const LONGEST_REAL_TIME: Duration = Duration::from_secs(1_800);

/// How fast time runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Pace {
    /// So many virtual seconds per second of wall time.
    Scaled(f64),
    /// As fast as it can be computed.
    FlatOut,
}

/// Where one piece of trouble is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    /// Injected, and far from acting: time is skipped.
    Approaching,
    /// About to act, at real time.
    Biting,
    /// The protection has acted.
    Acted,
}

#[derive(Clone, Copy, Debug)]
struct Trouble {
    injection: Injection,
    phase: Phase,
    since: Instant,
}

/// The director.
#[derive(Debug)]
pub(crate) struct Director {
    user_scale: f64,
    troubles: Vec<Trouble>,
    /// Time runs at real time since this.
    real_time_since: Option<Instant>,
    calm_since: Option<Instant>,
    /// Skipping to the next record until this at the latest.
    skip_until: Option<Instant>,
}

impl Director {
    pub(crate) const fn new(user_scale: f64) -> Self {
        Self {
            user_scale,
            troubles: Vec::new(),
            real_time_since: None,
            calm_since: None,
            skip_until: None,
        }
    }

    /// How fast time shall run now.
    pub(crate) fn pace(&self) -> Pace {
        let approaching = self.troubles.iter().any(|trouble| trouble.phase == Phase::Approaching);
        if approaching || self.skip_until.is_some() {
            return Pace::FlatOut;
        }
        Pace::Scaled(if self.real_time_since.is_some() { 1.0 } else { self.user_scale })
    }

    /// The time scale as shown: what time runs at when nothing is skipped.
    pub(crate) const fn shown_scale(&self) -> f64 {
        if self.real_time_since.is_some() { 1.0 } else { self.user_scale }
    }

    /// The button of an injection: makes the trouble, or takes it away.
    pub(crate) fn press(&mut self, injection: Injection, sim: &mut Sim) {
        let now = sim.now();
        self.skip_until = None;
        self.calm_since = None;
        let before = self.troubles.len();
        self.troubles.retain(|trouble| trouble.injection != injection);
        if self.troubles.len() < before {
            sim.remove(injection);
            return;
        }
        sim.inject(injection);
        self.real_time_since = Some(now);
        self.troubles.push(Trouble { injection, phase: Phase::Approaching, since: now });
    }

    /// The skip button: runs on to the next record.
    pub(crate) fn skip(&mut self, sim: &Sim) {
        self.skip_until = Some(sim.now() + LONGEST_SKIP);
    }

    /// Looks at what time has brought; `recorded` says whether the board wrote a record.
    pub(crate) fn step(&mut self, sim: &mut Sim, recorded: bool) {
        let now = sim.now();
        if recorded || self.skip_until.is_some_and(|until| now >= until) {
            self.skip_until = None;
        }
        if self.troubles.is_empty() && self.real_time_since.is_none() {
            return;
        }
        let snapshot = sim.snapshot();
        let acting = protection_acts(&snapshot);
        let mut gone = Vec::new();
        for trouble in &mut self.troubles {
            let age = now.since(trouble.since);
            let next = match trouble.phase {
                Phase::Approaching if sim.near_action(&trouble.injection) => Some(Phase::Biting),
                Phase::Approaching if age >= LONGEST_SKIP => None,
                Phase::Biting if answered(trouble.injection, &snapshot) => Some(Phase::Acted),
                Phase::Biting if age >= PATIENCE => None,
                Phase::Acted if age >= STAYS => None,
                same => Some(same),
            };
            match next {
                Some(phase) if phase != trouble.phase => {
                    // What was skipped on the way does not count as real time.
                    self.real_time_since = Some(now);
                    *trouble = Trouble { phase, since: now, ..*trouble };
                }
                Some(_) => {}
                None => gone.push(trouble.injection),
            }
        }
        for injection in gone {
            self.troubles.retain(|trouble| trouble.injection != injection);
            sim.remove(injection);
        }
        let calm = self.troubles.is_empty() && !acting && both_closed(&snapshot);
        self.calm_since = calm.then(|| self.calm_since.unwrap_or(now));
        let calm_enough = self.calm_since.is_some_and(|since| now.since(since) >= CALM);
        let too_long = self.troubles.is_empty()
            && self.real_time_since.is_some_and(|since| now.since(since) >= LONGEST_REAL_TIME);
        if calm_enough || too_long {
            self.real_time_since = None;
            self.calm_since = None;
        }
    }
}

/// The protections that answer a piece of trouble.
const fn answers(injection: Injection) -> &'static [Fault] {
    match injection {
        Injection::ShortCircuit => &[Fault::ShortCircuit, Fault::DischargeOverCurrent],
        Injection::SensorUnplugged => &[Fault::SensorMissing],
        Injection::ChargerTooHigh => {
            &[Fault::CellOverVoltage, Fault::PackOverVoltage, Fault::ChargeOverCurrent]
        }
        // A joint that heats one sensor differs from the others before it is too hot.
        Injection::HotCell => &[
            Fault::ChargeOverTemperature,
            Fault::DischargeOverTemperature,
            Fault::TemperatureDifference,
        ],
        Injection::LoadTooBig => {
            &[Fault::DischargeOverCurrent, Fault::CellUnderVoltage, Fault::PackUnderVoltage]
        }
        Injection::OpenWire => &[Fault::OpenWire, Fault::SumMismatch],
    }
}

/// Whether a protection that answers this trouble has tripped.
fn answered(injection: Injection, snapshot: &Snapshot) -> bool {
    tripped(snapshot, |fault| answers(injection).contains(&fault))
}

/// Whether any protection has tripped.
fn protection_acts(snapshot: &Snapshot) -> bool {
    tripped(snapshot, |_| true)
}

/// Whether a level above alarm is active of a fault that matches.
fn tripped(snapshot: &Snapshot, matches: impl Fn(Fault) -> bool) -> bool {
    snapshot.faults.as_ref().is_ok_and(|faults| {
        faults.iter().any(|active| active.level > Level::Alarm && matches(active.fault))
    })
}

fn both_closed(snapshot: &Snapshot) -> bool {
    snapshot.charge_switch_closed == Ok(true) && snapshot.discharge_switch_closed == Ok(true)
}

#[cfg(test)]
mod tests {
    use cellward_sim::Setup;

    use super::*;

    /// Runs the simulation under the director in steps of 50 ms, as the demonstration does.
    fn run(
        director: &mut Director,
        sim: &mut Sim,
        limit: Duration,
        done: fn(&Director, &Sim) -> bool,
    ) {
        let end = sim.now() + limit;
        while sim.now() < end {
            let target = sim.now() + Duration::from_millis(50);
            sim.run_until(target);
            let mut recorded = false;
            while sim.poll_record().is_some() {
                recorded = true;
            }
            director.step(sim, recorded);
            if done(director, sim) {
                return;
            }
        }
        panic!("it did not come to that within {limit:?}");
    }

    fn started() -> (Director, Sim) {
        let mut sim = Sim::new(Setup::default()).unwrap();
        sim.run_until(Instant::START + Duration::from_secs(5));
        while sim.poll_record().is_some() {}
        (Director::new(60.0), sim)
    }

    /// Presses a button and follows the trouble to its end.
    fn follow(injection: Injection) {
        let (mut director, mut sim) = started();
        director.press(injection, &mut sim);
        assert_eq!(director.shown_scale(), 1.0);
        let hours = Duration::from_secs(24 * 3_600);
        run(&mut director, &mut sim, hours, |_, sim| protection_acts(&sim.snapshot()));
        assert!(answered(injection, &sim.snapshot()), "another protection acted");
        assert_eq!(director.pace(), Pace::Scaled(1.0));
        run(&mut director, &mut sim, Duration::from_secs(60), |_, sim| {
            sim.active().next().is_none()
        });
        assert_eq!(director.pace(), Pace::Scaled(1.0), "not released yet");
        run(&mut director, &mut sim, Duration::from_secs(1_200), |director, _| {
            director.pace() == Pace::Scaled(60.0)
        });
        assert!(both_closed(&sim.snapshot()));
    }

    #[test]
    fn a_short_circuit_acts_goes_and_releases() {
        follow(Injection::ShortCircuit);
    }

    #[test]
    fn an_unplugged_sensor_acts_goes_and_releases() {
        follow(Injection::SensorUnplugged);
    }

    #[test]
    fn a_charger_too_high_acts_goes_and_releases() {
        follow(Injection::ChargerTooHigh);
    }

    #[test]
    fn a_hot_cell_acts_goes_and_releases() {
        follow(Injection::HotCell);
    }

    #[test]
    fn a_load_too_big_acts_goes_and_releases() {
        follow(Injection::LoadTooBig);
    }

    #[test]
    fn an_open_wire_acts_goes_and_releases() {
        follow(Injection::OpenWire);
    }

    #[test]
    fn hours_that_were_skipped_do_not_end_real_time() {
        let (mut director, mut sim) = started();
        director.press(Injection::ChargerTooHigh, &mut sim);
        let hours = Duration::from_secs(24 * 3_600);
        run(&mut director, &mut sim, hours, |_, sim| sim.active().next().is_none());
        assert!(sim.now().since(Instant::START) > LONGEST_REAL_TIME, "it took too little to tell");
        assert_eq!(director.pace(), Pace::Scaled(1.0), "the protection has not released");
    }

    #[test]
    fn trouble_is_not_taken_away_because_of_another_protection() {
        let (mut director, mut sim) = started();
        director.press(Injection::SensorUnplugged, &mut sim);
        run(&mut director, &mut sim, Duration::from_secs(10), |_, sim| {
            protection_acts(&sim.snapshot())
        });
        director.press(Injection::HotCell, &mut sim);
        let minutes = Duration::from_secs(900);
        run(&mut director, &mut sim, minutes, |_, sim| {
            answered(Injection::HotCell, &sim.snapshot())
        });
    }

    #[test]
    fn pressing_again_takes_the_trouble_away() {
        let (mut director, mut sim) = started();
        director.press(Injection::LoadTooBig, &mut sim);
        director.press(Injection::LoadTooBig, &mut sim);
        assert_eq!(sim.active().next(), None);
    }

    #[test]
    fn skipping_ends_at_the_next_record() {
        let (mut director, mut sim) = started();
        director.skip(&sim);
        assert_eq!(director.pace(), Pace::FlatOut);
        director.step(&mut sim, true);
        assert_eq!(director.pace(), Pace::Scaled(60.0));
    }
}
