//! When a tripped level may release: the rules of the state machine's table 6.
//!
//! A *family* is all levels above alarm that release by the same rule: cell and pack over-voltage
//! share their hourly limit, L2 and L3 of an over-current their retries. Every rule is a function
//! from what the family has seen to the instant from which release is allowed, with the reason;
//! `None` holds it.

use cellward_params::Config;
use cellward_params::fault::Release;
use cellward_params::reason::Until;
use cellward_params::record::ReleaseReason;
use cellward_units::{Charge, Duration, Instant, Ratio};

use super::capacitor::Capacitor;
use super::relief::Relief;
use crate::persist::Counts;
use crate::port::Port;
use crate::recent::Recent;

/// Automatic closings after over- and under-voltage are counted over this window.
const HOUR: Duration = Duration::from_secs(3_600);
/// Charge over-currents are counted over this window.
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// Latched shorts are counted over this window.
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// Waits before the discharge switch tries an over-current again by itself.
const OVER_CURRENT_WAITS: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(120)];
/// A release that lasted this long starts the retries from the beginning. *Guess*: safe, because
/// it allows at most three closings in these ten minutes, as the waits themselves do.
const RETRIES_FORGOTTEN: Duration = Duration::from_secs(600);

/// Waits before a short circuit is tried again through the pre-charge path.
const SHORT_WAITS: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];
/// A short circuit never closes again sooner than this after its trip, unless it is a capacitor.
const SHORT_WAIT: Duration = Duration::from_secs(10);
/// A used-up retry comes back after both switches were closed for this long.
const SHORT_DECAY: Duration = Duration::from_secs(3_600);

/// One over-current or short that releases by itself is one closing; what it may be is a release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Way {
    /// From when on.
    pub(super) at: Instant,
    /// By what.
    pub(super) reason: ReleaseReason,
}

/// What a rule is asked about one level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) rule: Release,
    pub(super) tripped: Instant,
    pub(super) recovering: Instant,
    pub(super) release_delay: Duration,
}

/// The memory of every family.
#[derive(Clone, Debug)]
pub(super) struct Families {
    over_voltage_closings: Recent<3>,
    /// Discharged in all when the first over-voltage of the family tripped.
    discharged_at_trip: Option<Charge>,
    /// One hundredth of the capacity has been discharged since.
    discharged_enough: bool,
    hundredth: Charge,

    under_voltage: Relief,
    under_voltage_closings: Recent<3>,

    charge: Relief,
    charge_trips: Recent<3>,
    /// Whether the charge over-current that is tripped was the third within its window: it stays
    /// latched when the window has rolled on.
    charge_latched: bool,

    discharge: Relief,
    discharge_tries: u8,
    discharge_released: Option<Instant>,

    short: Relief,
    short_tries: u8,
    /// Whether the last short was let go with its load perhaps still there, and the switches have
    /// not closed since.
    retries_short: bool,
    short_latches: Recent<5>,
    /// Since when both switches have been closed, for the decay of the retries.
    closed_since: Option<Instant>,
    precharge_fitted: bool,
    pub(super) capacitor: Capacitor,

    precharge: Relief,
    acknowledged: bool,
}

impl Families {
    pub(super) fn new(config: &Config) -> Self {
        let mut families = Self {
            over_voltage_closings: Recent::new(),
            discharged_at_trip: None,
            discharged_enough: false,
            hundredth: Charge::ZERO,
            under_voltage: Relief::default(),
            under_voltage_closings: Recent::new(),
            charge: Relief::default(),
            charge_trips: Recent::new(),
            charge_latched: false,
            discharge: Relief::default(),
            discharge_tries: 0,
            discharge_released: None,
            short: Relief::default(),
            short_tries: 0,
            retries_short: false,
            short_latches: Recent::new(),
            closed_since: None,
            precharge_fitted: false,
            capacitor: Capacitor::default(),
            precharge: Relief::default(),
            acknowledged: false,
        };
        families.reconfigure(config);
        families
    }

    /// Takes another capacity or pre-charge path.
    pub(super) fn reconfigure(&mut self, config: &Config) {
        // What flows in an hour at 1C, so that the way exists while the capacity is unset.
        self.hundredth =
            Charge::of_current(config.one_c(), HOUR).scaled_by(Ratio::from_permille(10));
        self.precharge_fitted = config.system().precharge_resistor > 0;
    }

    /// What the families remember of one rule's reliefs.
    fn relief_mut(&mut self, rule: Release) -> Option<&mut Relief> {
        match rule {
            Release::UnderVoltage => Some(&mut self.under_voltage),
            Release::ChargeOverCurrent => Some(&mut self.charge),
            Release::DischargeOverCurrent | Release::LoadRemoved => Some(&mut self.discharge),
            Release::ShortCircuit => Some(&mut self.short),
            Release::Precharge => Some(&mut self.precharge),
            Release::Recovery
            | Release::OverVoltage
            | Release::Override
            | Release::Acknowledge
            | Release::Wait
            | Release::Commission => None,
        }
    }

    /// Every family looks at the port; only called while something above alarm is tripped.
    pub(super) fn observe(
        &mut self,
        port: &Port,
        discharged: impl FnOnce() -> Charge,
        now: Instant,
    ) {
        for relief in [
            &mut self.under_voltage,
            &mut self.charge,
            &mut self.discharge,
            &mut self.short,
            &mut self.precharge,
        ] {
            relief.observe(port, now);
        }
        if let (Some(at_trip), false) = (self.discharged_at_trip, self.discharged_enough) {
            self.discharged_enough = discharged() - at_trip >= self.hundredth;
        }
    }

    /// The switches are as they are, for the decay of the retries after shorts.
    pub(super) fn both_closed(&mut self, closed: bool, now: Instant) {
        self.closed_since = closed.then(|| self.closed_since.unwrap_or(now));
        self.retries_short &= !closed;
        if self.closed_since.is_some_and(|since| now.since(since) >= SHORT_WAIT) {
            // It has held for as long as a short must wait: whatever was filling is full.
            self.capacitor.forget();
        }
        if self.short_tries > 0
            && let Some(since) = self.closed_since
            && now.since(since) >= SHORT_DECAY
        {
            self.short_tries = self.short_tries.saturating_sub(1);
            self.closed_since = Some(since + SHORT_DECAY);
        }
    }

    /// A level that releases by `rule` has tripped; `first` says whether it is the first of its
    /// family.
    pub(super) fn tripped(&mut self, rule: Release, first: bool, discharged: Charge, now: Instant) {
        if let Some(relief) = self.relief_mut(rule) {
            *relief = Relief::default();
        }
        match rule {
            Release::OverVoltage => {
                self.discharged_at_trip = Some(discharged);
                self.discharged_enough = false;
            }
            Release::ChargeOverCurrent if first => {
                self.charge_trips.note(now);
                self.charge_latched = self.charge_trips.within(TEN_MINUTES, now) >= 3;
            }
            Release::DischargeOverCurrent if first => {
                let forgotten =
                    self.discharge_released.is_some_and(|at| now.since(at) >= RETRIES_FORGOTTEN);
                if forgotten {
                    self.discharge_tries = 0;
                }
            }
            Release::ShortCircuit => {
                self.capacitor.tripped(now);
                self.retries_short = false;
                // Even where the switches go on reporting that they are closed, no retry comes back
                // for the time before this.
                self.closed_since = None;
            }
            Release::Acknowledge => self.acknowledged = false,
            _ => {}
        }
    }

    /// The last level of a family has released.
    pub(super) fn released(&mut self, rule: Release, reason: ReleaseReason, now: Instant) {
        let by_itself = reason != ReleaseReason::Command && reason != ReleaseReason::Key;
        if rule == Release::OverVoltage {
            self.discharged_at_trip = None;
            self.discharged_enough = false;
        }
        match rule {
            // The second way is always open and counts nothing.
            Release::OverVoltage if reason == ReleaseReason::Recovered => {
                self.over_voltage_closings.note(now);
            }
            Release::UnderVoltage if by_itself => self.under_voltage_closings.note(now),
            Release::ChargeOverCurrent => self.charge_latched = false,
            Release::DischargeOverCurrent => {
                self.discharge_released = Some(now);
                self.discharge_tries = match reason {
                    ReleaseReason::Retry => self.discharge_tries.saturating_add(1),
                    // The load is gone, or somebody takes the next try upon himself.
                    _ => 0,
                };
            }
            Release::ShortCircuit => {
                self.retries_short = reason != ReleaseReason::LoadRemoved;
                match reason {
                    ReleaseReason::Retry if !self.capacitor.proven() => {
                        self.short_tries = self.short_tries.saturating_add(1);
                    }
                    ReleaseReason::LoadRemoved => self.capacitor.forget(),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A person or host asked for the switch that rows of this rule keep open.
    pub(super) fn command(&mut self, rule: Release) {
        if let Some(relief) = self.relief_mut(rule) {
            relief.command = true;
        }
    }

    /// The key was turned on.
    pub(super) fn key(&mut self) {
        for relief in
            [&mut self.under_voltage, &mut self.discharge, &mut self.short, &mut self.precharge]
        {
            relief.key = true;
        }
    }

    /// An installer acknowledged.
    pub(super) const fn acknowledge(&mut self) {
        self.acknowledged = true;
    }

    /// Whether nothing but a person can end the short that is tripped now, so that it counts as
    /// latched.
    pub(super) fn short_is_latched(&self, now: Instant) -> bool {
        let waiting = self.capacitor.undecided(now) || self.capacitor.proven();
        let retries = self.precharge_fitted && usize::from(self.short_tries) < SHORT_WAITS.len();
        !waiting && !retries
    }

    /// Whether a short is being tried again.
    pub(super) const fn retries_short(&self) -> bool {
        self.retries_short
    }

    /// A short has latched; `true` when it is the fifth within a day.
    pub(super) fn note_short_latch(&mut self, now: Instant) -> bool {
        self.short_latches.note(now);
        self.short_latches.within(DAY, now) >= 5
    }

    /// An installer unlocked the short: the count starts again.
    pub(super) fn forgive_shorts(&mut self) {
        self.short_latches.clear();
        self.short_tries = 0;
    }

    /// Whether the recovery of an over-voltage need not be so deep.
    pub(super) const fn discharged_enough(&self) -> bool {
        self.discharged_enough
    }

    /// From when on a level may release, and by what.
    pub(super) fn way(&self, asked: &Asked, now: Instant) -> Option<Way> {
        let recovered = asked.recovering + asked.release_delay;
        let way =
            |at: Instant, reason: ReleaseReason| Some(Way { at: at.max(asked.recovering), reason });
        match asked.rule {
            Release::Recovery => way(recovered, ReleaseReason::Recovered),
            Release::OverVoltage if self.discharged_enough => {
                way(recovered, ReleaseReason::Discharged)
            }
            Release::OverVoltage => {
                let open_again = self.over_voltage_closings.oldest_ends(HOUR, now);
                way(later(recovered, open_again), ReleaseReason::Recovered)
            }
            Release::UnderVoltage => self.under_voltage_way(recovered, now),
            Release::ChargeOverCurrent => self.charge_way(recovered),
            Release::DischargeOverCurrent => self.discharge_way(asked),
            Release::LoadRemoved => {
                way(self.discharge.load_removed_at()?, ReleaseReason::LoadRemoved)
            }
            Release::ShortCircuit => self.short_way(asked.tripped),
            Release::Precharge => {
                let relief = &self.precharge;
                let asked_for = first_of(&[
                    (relief.command.then_some(asked.tripped), ReleaseReason::Command),
                    (relief.key.then_some(asked.tripped), ReleaseReason::Key),
                    (relief.load_removed_at(), ReleaseReason::LoadRemoved),
                    (Some(asked.tripped + asked.release_delay), ReleaseReason::Retry),
                ])?;
                way(asked_for.at, asked_for.reason)
            }
            Release::Wait => way(asked.tripped + asked.release_delay, ReleaseReason::Retry),
            Release::Acknowledge if self.acknowledged => {
                way(asked.recovering, ReleaseReason::Installer)
            }
            Release::Commission => way(recovered, ReleaseReason::Installer),
            // The override itself says when; see `overrides`.
            Release::Override | Release::Acknowledge => None,
        }
    }

    fn under_voltage_way(&self, recovered: Instant, now: Instant) -> Option<Way> {
        let relief = &self.under_voltage;
        if relief.command || relief.key {
            let reason = if relief.command { ReleaseReason::Command } else { ReleaseReason::Key };
            return Some(Way { at: recovered, reason });
        }
        let open_again = self.under_voltage_closings.oldest_ends(HOUR, now);
        let at = later(recovered, open_again);
        if relief.charger {
            return Some(Way { at, reason: ReleaseReason::Charger });
        }
        if relief.unloaded {
            return Some(Way { at, reason: ReleaseReason::LoadRemoved });
        }
        let removed = relief.load_removed_at()?;
        Some(Way { at: at.max(removed), reason: ReleaseReason::LoadRemoved })
    }

    fn charge_way(&self, recovered: Instant) -> Option<Way> {
        if self.charge_latched {
            let at = self.charge.unplugged_at()?;
            return Some(Way { at, reason: ReleaseReason::ChargerRemoved });
        }
        first_of(&[
            (self.charge.charger_removed_at(), ReleaseReason::ChargerRemoved),
            (Some(recovered), ReleaseReason::Retry),
        ])
    }

    fn discharge_way(&self, asked: &Asked) -> Option<Way> {
        let relief = &self.discharge;
        let wait = OVER_CURRENT_WAITS.get(usize::from(self.discharge_tries));
        let used_up = wait.is_none();
        let at_once = |so: bool| (used_up && so).then_some(asked.recovering);
        let way = first_of(&[
            (relief.load_removed_at(), ReleaseReason::LoadRemoved),
            (wait.map(|&wait| asked.tripped + wait), ReleaseReason::Retry),
            (at_once(relief.charger), ReleaseReason::Charger),
            (at_once(relief.key), ReleaseReason::Key),
            (at_once(relief.command), ReleaseReason::Command),
        ])?;
        Some(Way { at: way.at.max(asked.recovering), ..way })
    }

    fn short_way(&self, tripped: Instant) -> Option<Way> {
        let relief = &self.short;
        let soonest = tripped + SHORT_WAIT;
        let wait = SHORT_WAITS.get(usize::from(self.short_tries));
        let retry = wait.filter(|_| self.precharge_fitted).map(|&wait| tripped + wait);
        first_of(&[
            (self.capacitor.next_try(), ReleaseReason::Retry),
            (relief.load_removed_at().map(|at| at.max(soonest)), ReleaseReason::LoadRemoved),
            (retry, ReleaseReason::Retry),
            (relief.key.then_some(soonest), ReleaseReason::Key),
            (relief.command.then_some(soonest), ReleaseReason::Command),
        ])
    }

    /// What a person is told must happen. `recovery` is raw in the unit of the limit, where there
    /// is one.
    pub(super) fn until(&self, rule: Release, recovery: Option<i32>, now: Instant) -> Until {
        match (rule, recovery) {
            (Release::Recovery, Some(value)) => Until::Recovery(value),
            (Release::Recovery, None) => Until::GoodReadings,
            (Release::OverVoltage, value) => {
                let limited = self.over_voltage_closings.oldest_ends(HOUR, now).is_some();
                if limited && !self.discharged_enough {
                    Until::Discharge
                } else {
                    Until::RecoveryOrDischarge(value.unwrap_or(0))
                }
            }
            (Release::UnderVoltage, value) => {
                let value = value.unwrap_or(0);
                let relief = &self.under_voltage;
                let relieved = relief.charger || relief.unloaded || relief.command || relief.key;
                if relieved { Until::Recovery(value) } else { Until::RecoveryAndRelief(value) }
            }
            (Release::ChargeOverCurrent, _) => Until::ChargerRemoved,
            (Release::DischargeOverCurrent, _) => {
                if usize::from(self.discharge_tries) < OVER_CURRENT_WAITS.len() {
                    Until::Retry
                } else {
                    Until::LoadRemovedOrCommand
                }
            }
            (Release::LoadRemoved, _) => Until::LoadRemoved,
            (Release::ShortCircuit, _) => {
                if self.short_is_latched(now) {
                    Until::LoadRemovedOrCommand
                } else {
                    Until::Retry
                }
            }
            (Release::Precharge, _) => Until::LoadRemovedOrCommand,
            (Release::Wait, _) => Until::Retry,
            (Release::Override | Release::Acknowledge, _) => Until::Installer,
            (Release::Commission, _) => Until::Commission,
        }
    }

    /// What must survive a power loss.
    pub(super) fn counts(&self, now: Instant) -> Counts {
        Counts {
            over_voltage_closings: self.over_voltage_closings.within(HOUR, now),
            under_voltage_closings: self.under_voltage_closings.within(HOUR, now),
            charge_over_currents: if self.charge_latched {
                3
            } else {
                self.charge_trips.within(TEN_MINUTES, now)
            },
            discharge_tries: self.discharge_tries,
            short_tries: self.short_tries,
            short_latches: self.short_latches.within(DAY, now),
            ..Counts::default()
        }
    }

    /// Takes it back: what happened within a window counts as if it happened now.
    pub(super) fn restore(&mut self, counts: &Counts, now: Instant) {
        self.over_voltage_closings.restore(counts.over_voltage_closings, now);
        self.under_voltage_closings.restore(counts.under_voltage_closings, now);
        self.charge_trips.restore(counts.charge_over_currents, now);
        self.charge_latched = counts.charge_over_currents >= 3;
        self.discharge_tries = counts.discharge_tries;
        self.discharge_released = Some(now);
        self.short_tries = counts.short_tries;
        self.short_latches.restore(counts.short_latches, now);
    }
}

/// The later of an instant and one that may not be there.
fn later(one: Instant, other: Option<Instant>) -> Instant {
    other.map_or(one, |other| one.max(other))
}

/// The earliest way there is; of two at the same instant the one that is named first.
fn first_of(ways: &[(Option<Instant>, ReleaseReason)]) -> Option<Way> {
    let there = ways.iter().filter_map(|&(at, reason)| Some(Way { at: at?, reason }));
    there.min_by_key(|way| way.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn families() -> Families {
        Families::new(&Config::lifepo4(16))
    }

    fn asked(rule: Release) -> Asked {
        let release_delay = Duration::from_secs(3);
        Asked { rule, tripped: at(100), recovering: at(110), release_delay }
    }

    #[test]
    fn of_two_ways_the_earlier_one_counts_and_of_equal_ones_the_first() {
        let (one, other) = (ReleaseReason::Retry, ReleaseReason::Key);
        let first = |ways: &[_]| first_of(ways).map(|way| (way.at, way.reason));
        assert_eq!(first(&[(Some(at(2)), one), (Some(at(1)), other)]), Some((at(1), other)));
        assert_eq!(first(&[(Some(at(1)), one), (Some(at(1)), other)]), Some((at(1), one)));
        assert_eq!(first(&[(None, one), (Some(at(1)), other)]), Some((at(1), other)));
        assert_eq!(first(&[(None, one)]), None);
    }

    #[test]
    fn the_later_of_two_instants_counts_where_there_are_two() {
        assert_eq!(later(at(1), Some(at(2))), at(2));
        assert_eq!(later(at(2), Some(at(1))), at(2));
        assert_eq!(later(at(2), None), at(2));
    }

    #[test]
    fn a_recovery_and_a_confirmation_wait_for_the_delay_and_a_wait_for_nothing_else() {
        let families = families();
        let way = |rule| families.way(&asked(rule), at(110)).map(|way| (way.at, way.reason));
        assert_eq!(way(Release::Recovery), Some((at(113), ReleaseReason::Recovered)));
        assert_eq!(way(Release::Commission), Some((at(113), ReleaseReason::Installer)));
        // Three seconds after the trip it had not recovered yet.
        assert_eq!(way(Release::Wait), Some((at(110), ReleaseReason::Retry)));
        assert_eq!(way(Release::Precharge), Some((at(110), ReleaseReason::Retry)));
        assert_eq!(way(Release::Override), None, "the override itself says when");
        assert_eq!(way(Release::Acknowledge), None);
        assert_eq!(way(Release::LoadRemoved), None);
        assert_eq!(way(Release::UnderVoltage), None);
    }

    #[test]
    fn an_acknowledgement_counts_until_it_trips_again() {
        let mut families = families();
        families.acknowledge();
        let way = families.way(&asked(Release::Acknowledge), at(110)).unwrap();
        assert_eq!((way.at, way.reason), (at(110), ReleaseReason::Installer));
        families.tripped(Release::Acknowledge, true, Charge::ZERO, at(120));
        assert_eq!(families.way(&asked(Release::Acknowledge), at(120)), None);
    }

    #[test]
    fn each_rule_has_its_word_for_a_person() {
        let families = families();
        let now = at(100);
        let until = |rule| families.until(rule, Some(7), now);
        assert_eq!(until(Release::Recovery), Until::Recovery(7));
        assert_eq!(families.until(Release::Recovery, None, now), Until::GoodReadings);
        assert_eq!(until(Release::OverVoltage), Until::RecoveryOrDischarge(7));
        assert_eq!(until(Release::UnderVoltage), Until::RecoveryAndRelief(7));
        assert_eq!(until(Release::ChargeOverCurrent), Until::ChargerRemoved);
        assert_eq!(until(Release::DischargeOverCurrent), Until::Retry);
        assert_eq!(until(Release::LoadRemoved), Until::LoadRemoved);
        assert_eq!(until(Release::ShortCircuit), Until::LoadRemovedOrCommand);
        assert_eq!(until(Release::Precharge), Until::LoadRemovedOrCommand);
        assert_eq!(until(Release::Wait), Until::Retry);
        assert_eq!(until(Release::Override), Until::Installer);
        assert_eq!(until(Release::Acknowledge), Until::Installer);
        assert_eq!(until(Release::Commission), Until::Commission);
    }

    #[test]
    fn only_an_automatic_recovery_counts_as_a_closing() {
        use ReleaseReason as R;
        let mut families = families();
        for reason in [R::Discharged, R::Command, R::LooseTap] {
            families.released(Release::OverVoltage, reason, at(1));
        }
        for reason in [R::Command, R::Key] {
            families.released(Release::UnderVoltage, reason, at(1));
        }
        assert_eq!(families.counts(at(1)), Counts::default());
        families.released(Release::OverVoltage, R::Recovered, at(1));
        families.released(Release::UnderVoltage, R::Charger, at(1));
        families.released(Release::UnderVoltage, R::LoadRemoved, at(1));
        let counts = families.counts(at(1));
        assert_eq!((counts.over_voltage_closings, counts.under_voltage_closings), (1, 2));
    }

    #[test]
    fn a_short_is_only_tried_again_until_the_load_is_gone_or_both_have_closed() {
        use ReleaseReason as R;
        for (reason, retries) in
            [(R::Retry, true), (R::Command, true), (R::Key, true), (R::LoadRemoved, false)]
        {
            let mut families = families();
            families.tripped(Release::ShortCircuit, true, Charge::ZERO, at(0));
            families.released(Release::ShortCircuit, reason, at(10));
            assert_eq!(families.retries_short(), retries, "{reason:?}");
            families.both_closed(false, at(11));
            assert_eq!(families.retries_short(), retries, "{reason:?}");
            families.both_closed(true, at(12));
            assert!(!families.retries_short());
        }
    }

    #[test]
    fn one_retry_after_a_short_comes_back_for_each_hour_with_both_closed() {
        let mut families = families();
        families.restore(&Counts { short_tries: 2, ..Counts::default() }, at(0));
        let tries = |families: &Families| families.counts(at(0)).short_tries;
        families.both_closed(true, at(10));
        families.both_closed(true, at(3_609));
        assert_eq!(tries(&families), 2);
        families.both_closed(true, at(3_610));
        assert_eq!(tries(&families), 1);
        families.both_closed(true, at(7_209));
        assert_eq!(tries(&families), 1);
        families.both_closed(true, at(7_210));
        assert_eq!(tries(&families), 0);
        families.restore(&Counts { short_tries: 1, ..Counts::default() }, at(8_000));
        families.both_closed(false, at(8_000));
        families.both_closed(true, at(8_001));
        families.both_closed(true, at(11_600));
        assert_eq!(tries(&families), 1, "an opening starts the hour again");
        families.both_closed(true, at(11_601));
        assert_eq!(tries(&families), 0);
    }
    #[test]
    fn a_short_starts_the_hour_again_even_where_the_switches_report_closed_throughout() {
        let mut families = families();
        let tries = |families: &Families| families.counts(at(0)).short_tries;
        families.both_closed(true, at(0));
        families.both_closed(true, at(7_200));
        families.tripped(Release::ShortCircuit, true, Charge::ZERO, at(7_200));
        families.released(Release::ShortCircuit, ReleaseReason::Retry, at(7_260));
        families.both_closed(true, at(7_260));
        assert_eq!(tries(&families), 1, "what was closed before the short gives nothing back");
        families.both_closed(true, at(10_859));
        assert_eq!(tries(&families), 1);
        families.both_closed(true, at(10_860));
        assert_eq!(tries(&families), 0);
    }
}
