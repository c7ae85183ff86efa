//! What people ask of the protection, and what it tells them.

use cellward_params::limit::{Base, place_of};
use cellward_params::reason::{Until, Why};
use cellward_params::record::ReleaseReason;
use cellward_params::{ActiveFault, Fault, FaultList, Level, Refusal, Switch};
use cellward_units::Instant;

use super::level::State;
use super::lines::{fault_row, inner_steps, row};
use super::overrides::Overrides;
use super::{FaultSet, Protect, Told};

// The list has room for every line and every lock.
const _: () = assert!(cellward_params::limit::LIMIT_COUNT <= cellward_params::value::MOST_FAULTS);

impl Protect {
    /// A person or host asked for `switch`: relief for what keeps it open and waits for one.
    pub(crate) fn relieve(&mut self, switch: Switch) {
        for place in self.busy.places() {
            let tripped = self.states.get(place).is_some_and(State::active);
            if tripped && fault_row(place).blocks(row(place).level).includes(switch) {
                self.families.command(fault_row(place).release(self.profile));
            }
        }
    }

    /// The key was turned on: relief for every rule that knows it.
    pub(crate) fn turn_key(&mut self) {
        self.families.key();
    }

    /// An installer takes a lock away.
    pub(crate) fn unlock(&mut self, fault: Fault) -> Result<(), Refusal> {
        if !self.locks.unlock(fault) {
            return Err(Refusal::NothingToDo(fault));
        }
        match fault {
            Fault::ShortCircuit => self.families.forgive_shorts(),
            Fault::SelfTest => {
                self.self_test_failures.clear();
                self.watchdog_trips.clear();
            }
            _ => {}
        }
        self.overrides.end(fault);
        self.sum_up();
        Ok(())
    }

    /// An installer lets a pack be used at a trickle although this fault is locked or active.
    pub(crate) fn start_override(&mut self, fault: Fault, now: Instant) -> Result<(), Refusal> {
        let there = self.locks.set().contains(fault)
            || Level::ALL
                .iter()
                .any(|&level| level != Level::Alarm && self.is_active(fault, level));
        if !Overrides::possible(fault) || !there {
            return Err(Refusal::NothingToDo(fault));
        }
        self.overrides.start(fault, now);
        self.sum_up();
        Ok(())
    }

    /// An installer takes note of a fault that waits for it.
    pub(crate) fn acknowledge(
        &mut self,
        fault: Fault,
        now: Instant,
        mut tell: impl FnMut(Told),
    ) -> Result<(), Refusal> {
        let waits =
            fault.row().release(self.profile) == cellward_params::fault::Release::Acknowledge;
        if !waits || !self.is_active(fault, Level::Protection) {
            return Err(Refusal::NothingToDo(fault));
        }
        self.families.acknowledge();
        for &level in Level::ALL {
            let Some(place) = place_of(fault, level) else {
                continue;
            };
            if let Some(&State::Active { tripped, .. }) = self.states.get(place) {
                self.put(place, State::Clear);
                let lasted = now.since(tripped);
                self.cleared(place, lasted, ReleaseReason::Installer, now, &mut tell);
            }
        }
        self.sum_up();
        Ok(())
    }

    /// Every active level, most serious first, and every lock whose fault is no longer active.
    pub(crate) fn active(&self) -> impl Iterator<Item = ActiveFault> {
        let levels = [Level::Hard, Level::Protection, Level::Alarm];
        let active = levels.into_iter().flat_map(move |level| {
            self.busy.places().filter_map(move |place| {
                let here =
                    row(place).level == level && self.states.get(place).is_some_and(State::active);
                here.then(|| self.as_active(place))
            })
        });
        let locked = self.locks.set().faults().filter(move |&fault| {
            !self.is_active(fault, Level::Protection) && !self.is_active(fault, Level::Hard)
        });
        let as_active = |fault| ActiveFault {
            fault,
            level: Level::Protection,
            index: None,
            value: None,
            limit: None,
        };
        locked.map(as_active).chain(active)
    }

    /// The same as a list.
    pub(crate) fn fault_list(&self) -> FaultList {
        let mut faults = FaultList::new();
        for active in self.active() {
            // The list has room for all of them (checked above).
            if faults.push(active).is_err() {
                break;
            }
        }
        faults
    }

    /// Every active level that the lights show: an over-voltage that only says that the charge is
    /// complete is none.
    pub(crate) fn shown(&self) -> impl Iterator<Item = ActiveFault> {
        let complete = self.complete;
        self.active().filter(move |active| {
            let place = place_of(active.fault, active.level);
            let quiet = place.is_some_and(|place| complete.places().any(|other| other == place));
            !quiet
        })
    }

    /// What is locked.
    pub(crate) const fn locked(&self) -> FaultSet {
        self.locks.set()
    }

    /// What blocks `switch`, most important first: locks, then faults at their highest level that
    /// blocks it, with the way out and when they would release as things stand.
    pub(crate) fn reasons(
        &self,
        switch: Switch,
        now: Instant,
        mut add: impl FnMut(Why, Until, Option<Instant>),
    ) {
        for fault in self.locks.set().faults() {
            if self.overrides.soften(fault, fault.row().locked_blocks()).includes(switch) {
                add(Why::Locked(fault), Until::Installer, None);
            }
        }
        let mut listed = FaultSet::default();
        for level in [Level::Hard, Level::Protection] {
            for place in self.busy.places() {
                let row = row(place);
                let fault_row = row.fault.row();
                let opened = self.overrides.soften(row.fault, fault_row.blocks(level));
                let blocking = row.level == level
                    && self.states.get(place).is_some_and(State::active)
                    && opened.includes(switch)
                    && !listed.contains(row.fault);
                if blocking {
                    listed.insert(row.fault);
                    let active = self.as_active(place);
                    let at = self.way(place, now).map(|way| way.at);
                    add(Why::Fault(active), self.until(place, now), at);
                }
            }
        }
    }

    /// What must happen for a line to release.
    fn until(&self, place: usize, now: Instant) -> Until {
        let row = row(place);
        let recover = self.lines.get(place).map(|line| line.thresholds.recover);
        let raw = recover.and_then(|recover| recover.checked_div(inner_steps(row.base)));
        let value = raw.filter(|_| row.base != Base::State);
        if row.fault == Fault::NotCommissioned {
            return Until::Commission;
        }
        self.families.until(fault_row(place).release(self.profile), value, now)
    }
}
