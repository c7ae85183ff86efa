//! Stage two: the fault table run as data, one small state machine per level.
//!
//! Owns what is tripped and since when, what is locked, and mints the permit to close a switch.
//! Refuses to know estimation, storage, ports and bytes.

mod blocks;
mod capacitor;
mod compare;
mod keep;
mod level;
mod lines;
mod lock;
mod overrides;
mod permit;
mod release;
mod relief;
mod requests;
mod turns;
mod view;

use cellward_params::fault::{Quantity, Release};
use cellward_params::limit::{Base, LIMIT_COUNT, place_of};
use cellward_params::record::ReleaseReason;
use cellward_params::{ActiveFault, Config, Fault, Level, Profile};
use cellward_units::{Duration, Instant};

use level::State;
pub(crate) use lines::Lowered;
use lines::{Line, Mask, fault_row, inner_steps, protects, row, watchers};
pub(crate) use lock::FaultSet;
use lock::Locks;
use overrides::Overrides;
pub(crate) use permit::PERMIT_LIFE;
pub use permit::Permit;
use release::{Asked, DAY, Families, Way};

use crate::recent::Recent;
pub(crate) use view::{Fresh, View};

/// How strongly a switch is blocked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Block {
    /// Nothing blocks it.
    #[default]
    No,
    /// Rows of its own direction block it: the reverse-current rule applies.
    Direction,
    /// A row without that exception blocks it.
    Full,
}

/// What the protection has to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// A level tripped; the condition had lasted this long.
    Set(ActiveFault, Duration),
    /// A level released; it had been tripped this long.
    Cleared(ActiveFault, Duration, ReleaseReason),
    /// A fault became a lock.
    Locked(Fault),
    /// An over-voltage came at a small current: the charge is complete.
    ChargeComplete,
    /// The wires passed a test that an implausible reading had asked for.
    WiresGood,
    /// An override ended.
    OverrideEnded(Fault),
}

impl Told {
    /// Whether a protection acted or a lock fell, so that what led to it is worth keeping.
    pub(crate) fn is_serious(self) -> bool {
        match self {
            Self::Set(active, _) => active.level != Level::Alarm,
            Self::Locked(_) => true,
            _ => false,
        }
    }
}

/// What a line saw when its delay began or ended: the value, raw in the unit of the limit, and
/// where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Seen {
    value: Option<i32>,
    index: Option<u8>,
}

/// Between which values of a quantity no line of it begins anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Quiet {
    below: i32,
    above: i32,
}

/// The protection stage.
#[derive(Clone, Debug)]
pub(crate) struct Protect {
    lines: [Line; LIMIT_COUNT],
    states: [State; LIMIT_COUNT],
    seen: [Seen; LIMIT_COUNT],
    /// Lines that are pending or tripped.
    busy: Mask,
    /// Tripped lines whose over-voltage only says that the charge is complete.
    complete: Mask,
    quiet: [Quiet; Quantity::ALL.len()],

    profile: Profile,
    lowered: Lowered,
    families: Families,
    locks: Locks,
    overrides: Overrides,
    /// Whether the short that is tripped has been counted as latched.
    short_counted: bool,
    /// Whether a count has changed that must survive a power loss.
    unsaved: bool,
    watchdog_trips: Recent<3>,
    self_test_failures: Recent<2>,

    blocks: [Block; 2],
    balancing_blocked: bool,
    /// The earliest instant at which some delay ends.
    due: Option<Instant>,
}

impl Protect {
    pub(crate) fn new(config: &Config) -> Self {
        let mut protect = Self {
            lines: [Line::NEVER; LIMIT_COUNT],
            states: [State::Clear; LIMIT_COUNT],
            seen: [Seen::default(); LIMIT_COUNT],
            busy: Mask::EMPTY,
            complete: Mask::EMPTY,
            quiet: [Quiet { below: i32::MIN, above: i32::MAX }; Quantity::ALL.len()],
            profile: config.profile(),
            lowered: Lowered::default(),
            families: Families::new(config),
            locks: Locks::default(),
            overrides: Overrides::new(config),
            short_counted: false,
            unsaved: false,
            watchdog_trips: Recent::new(),
            self_test_failures: Recent::new(),
            blocks: [Block::No; 2],
            balancing_blocked: false,
            due: None,
        };
        protect.reconfigure(config);
        protect
    }

    /// Takes new limits. What is tripped stays tripped and recovers by the new ones.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        self.profile = config.profile();
        self.lowered.uncalibrated = !config.is_calibrated();
        self.families.reconfigure(config);
        self.overrides.reconfigure(config);
        self.compile(config);
    }

    /// The switch-temperature sensor is missing, or back: a switch cannot limit current, so the
    /// over-current limits are halved.
    pub(crate) fn halve(&mut self, halved: bool, config: &Config) {
        if halved != self.lowered.halved {
            self.lowered.halved = halved;
            self.compile(config);
        }
    }

    fn compile(&mut self, config: &Config) {
        for ((row, limit), line) in config.limits().zip(&mut self.lines) {
            *line = Line::new(config, row, limit, self.lowered);
        }
        for (&quantity, quiet) in Quantity::ALL.iter().zip(&mut self.quiet) {
            *quiet = Quiet { below: i32::MIN, above: i32::MAX };
            for place in watchers(quantity).places() {
                let Some(line) = self.lines.get(place) else {
                    continue;
                };
                let trip = line.thresholds.trip;
                if line.thresholds.high {
                    quiet.above = quiet.above.min(trip);
                } else {
                    quiet.below = quiet.below.max(trip);
                }
            }
        }
    }

    /// Compares what is fresh, lets time pass, and tells every change.
    pub(crate) fn step(
        &mut self,
        view: &View<'_>,
        fresh: Fresh,
        now: Instant,
        mut tell: impl FnMut(Told),
    ) {
        for quantities in fresh.quantities() {
            for &quantity in *quantities {
                self.look_at(quantity, view, now);
            }
        }
        self.look_at_flags(view, now);
        let mut changed = false;
        let mut due: Option<Instant> = None;
        if !self.busy.is_empty() {
            self.families.observe(view.port, || view.counters.discharged(), now);
            for place in self.busy.places() {
                changed |= self.advance(place, view, now, &mut tell);
                due = earlier(due, self.deadline_of(place, now));
            }
            if changed {
                // A release may have changed what the rules say to the others.
                due = self
                    .busy
                    .places()
                    .fold(None, |due, place| earlier(due, self.deadline_of(place, now)));
            }
        }
        changed |= self.settle(view, fresh, now, &mut tell);
        self.due = [
            due,
            self.locks.deadline(),
            self.overrides.deadline(),
            self.families.capacitor.deadline(),
        ]
        .into_iter()
        .fold(None, earlier);
        if changed {
            self.sum_up();
        }
    }

    /// Whether a count has changed since it was last asked.
    pub(crate) const fn take_unsaved(&mut self) -> bool {
        core::mem::replace(&mut self.unsaved, false)
    }

    /// How often within a day the chip has missed the brain so far.
    pub(crate) fn watchdog_trips_before(&self, now: Instant) -> u8 {
        self.watchdog_trips.within(DAY, now)
    }

    /// Whether the short circuit was let go although nobody has seen its load go, and the switches
    /// have not closed since: what the pre-charge finds now is that short.
    pub(crate) const fn retries_short(&self) -> bool {
        self.families.retries_short()
    }

    /// The chip has tested the wires.
    pub(crate) fn wires_tested(&mut self, open_taps: u32, view: &View<'_>, now: Instant) {
        let evidence = self.evidence(view);
        self.locks.answered(open_taps, &evidence, now);
    }

    fn put(&mut self, place: usize, state: State) {
        if let Some(slot) = self.states.get_mut(place) {
            *slot = state;
        }
    }

    /// Whether a line of this family other than `except` is tripped.
    fn family_is_tripped(&self, rule: Release, except: usize) -> bool {
        self.busy.places().any(|place| {
            place != except
                && protects(place)
                && self.states.get(place).is_some_and(State::active)
                && fault_row(place).release(self.profile) == rule
        })
    }

    /// Whether the chip shall test the sampling wires.
    pub(crate) fn wants_wire_test(&self, now: Instant) -> bool {
        self.locks.wants_test(now)
    }

    /// Whether a question to the chip, a look at the port or an override is under way, so that
    /// every reading is needed.
    pub(crate) fn asking(&self) -> bool {
        self.locks.asking()
            || self.locks.loose_tap().is_some()
            || self.families.capacitor.deadline().is_some()
    }

    /// Whether a level is active.
    pub(crate) fn is_active(&self, fault: Fault, level: Level) -> bool {
        // Most of the time nothing at all is.
        !self.busy.is_empty()
            && place_of(fault, level)
                .and_then(|place| self.states.get(place))
                .is_some_and(State::active)
    }

    /// The places of the active levels in the table of limits, rising.
    pub(crate) fn active_places(&self) -> impl Iterator<Item = usize> {
        self.busy.places().filter(|&place| self.states.get(place).is_some_and(State::active))
    }

    /// When `step` must be called next for a delay to end on time.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// From when on a line may release, as things stand, and by what.
    fn way(&self, place: usize, now: Instant) -> Option<Way> {
        let Some(&State::Active { tripped, recovering: Some(recovering) }) = self.states.get(place)
        else {
            return None;
        };
        let release_delay = self.lines.get(place)?.release_delay;
        // Alarms open nothing, so the plain recovery is enough for them.
        let rule = if protects(place) {
            fault_row(place).release(self.profile)
        } else {
            Release::Recovery
        };
        if rule == Release::Override {
            if row(place).level != Level::Hard {
                // Only the hard level opens anything.
                return Some(Way {
                    at: recovering + release_delay,
                    reason: ReleaseReason::Recovered,
                });
            }
            let overridden = self.overrides.is_for(row(place).fault);
            let at = recovering + release_delay;
            return overridden.then_some(Way { at, reason: ReleaseReason::Installer });
        }
        self.families.way(&Asked { rule, tripped, recovering, release_delay }, now)
    }

    /// When a line must be looked at next.
    fn deadline_of(&self, place: usize, now: Instant) -> Option<Instant> {
        match self.states.get(place)? {
            State::Pending { since } => Some(*since + self.lines.get(place)?.delay),
            State::Active { .. } => self.way(place, now).map(|way| way.at),
            State::Clear => None,
        }
    }

    fn as_active(&self, place: usize) -> ActiveFault {
        let row = row(place);
        let measured = row.base != Base::State;
        let seen = self.seen.get(place).copied().unwrap_or_default();
        let trip = self.lines.get(place).map(|line| line.thresholds.trip);
        let limit = trip.and_then(|trip| trip.checked_div(inner_steps(row.base)));
        ActiveFault {
            fault: row.fault,
            level: row.level,
            index: seen.index,
            value: seen.value.filter(|_| measured),
            limit: limit.filter(|_| measured),
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
