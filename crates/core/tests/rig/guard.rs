//! The guard: after every single input it checks that no switch is closed without a valid permit,
//! and none while something blocks it, save by the two written exceptions, which it recomputes from
//! the readings that went in. It knows the fault table and the readings, and nothing of how the
//! engine decides.

use std::vec::Vec;

use cellward_core::{Bms, Input, Persist};
use cellward_params::fault::Blocks;
use cellward_params::record::Switches;
use cellward_params::{Config, Fault, Level, Switch};
use cellward_units::{Current, Duration, Instant, Ratio, Voltage};

use super::decision::{Kept, kept, locked_opens, opens};

/// A permit ends this long after the oldest current or cells that it rests on.
const PERMIT: Duration = Duration::from_millis(500);
/// Temperatures must be this fresh for a switch to close newly.
const TEMPERATURES: Duration = Duration::from_millis(1_500);
/// A current of this age is none any more.
const CURRENT: Duration = Duration::from_millis(50);
/// The allowed current must have flowed this long.
const FLOWED: Duration = Duration::from_millis(20);
/// Least time on by the reverse rule.
const LEAST_ON: Duration = Duration::from_millis(50);
/// P- this far off shows a diode that conducts.
const DIODE: Voltage = Voltage::from_millivolts(300);

/// One reading of the fast channel that went in.
#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    current: Option<Current>,
    port: Option<Voltage>,
}

/// The guard's own memory.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// What a person allows.
    pub(crate) allowed: Switches,
    /// The fault that an installer overrides.
    pub(crate) overridden: Option<Fault>,
    /// What went wrong first.
    pub(crate) broken: Option<String>,
    active: Vec<(Fault, Level)>,
    locks: u64,
    key: Option<bool>,
    key_fitted: bool,
    reverse_on: Current,
    reverse_off: Current,
    stuck_least: Current,
    zero_window: Current,
    current_valid: Option<Instant>,
    cells_valid: Option<Instant>,
    temperatures_valid: Option<Instant>,
    last: Option<Reading>,
    /// Since when each direction has flowed beyond the reverse threshold with the diode forward:
    /// out of the pack, into it.
    flowing: [Option<Instant>; 2],
    /// Since when each switch has been closed by the reverse rule.
    by_reverse: [Option<Instant>; 2],
    before: Switches,
    zero: Current,
}

impl Guard {
    pub(crate) fn new(config: &Config) -> Self {
        let reverse = config.reverse_current();
        let hundredth = config.full_scale().scaled_by(Ratio::from_permille(10));
        Self {
            allowed: Switches { charge: true, discharge: true },
            overridden: None,
            broken: None,
            active: Vec::new(),
            locks: 0,
            key: None,
            key_fitted: config.system().key == 1,
            reverse_on: reverse.on,
            reverse_off: reverse.off,
            stuck_least: hundredth.max(Current::from_amps(1)),
            zero_window: hundredth,
            current_valid: None,
            cells_valid: None,
            temperatures_valid: None,
            last: None,
            flowing: [None; 2],
            by_reverse: [None; 2],
            before: Switches::OPEN,
            zero: Current::ZERO,
        }
    }

    /// Every active level, as last told.
    pub(crate) fn active(&self) -> &[(Fault, Level)] {
        &self.active
    }

    /// Every lock.
    pub(crate) fn locks(&self) -> impl Iterator<Item = Fault> {
        let locks = self.locks;
        Fault::ALL.iter().copied().filter(move |fault| locks >> fault.code() & 1 == 1)
    }

    /// The board starts anew: what it was fed before counts no more.
    pub(crate) fn restarted(&mut self) {
        self.active.clear();
        self.overridden = None;
        self.key = None;
        (self.current_valid, self.cells_valid, self.temperatures_valid) = (None, None, None);
        self.last = None;
        self.flowing = [None; 2];
        self.by_reverse = [None; 2];
        self.before = Switches::OPEN;
    }

    /// Whether nothing has gone wrong so far.
    ///
    /// # Panics
    ///
    /// With what went wrong first.
    pub(crate) fn assert_good(&self) {
        assert!(self.broken.is_none(), "{}", self.broken.as_deref().unwrap_or(""));
    }

    /// One input went in.
    pub(crate) fn look(
        &mut self,
        input: &Input<'_>,
        bms: &Bms,
        image: Option<&Persist>,
        told: bool,
        now: Instant,
    ) {
        self.take(input, now);
        if told {
            let faults = bms.snapshot(now).faults.expect("always known");
            self.active = faults.iter().map(|active| (active.fault, active.level)).collect();
            self.locks = image.map_or(0, |image| image.locks);
            // An override ends with its fault.
            let there = |fault| self.active.iter().any(|(active, _)| *active == fault);
            self.overridden = self.overridden.filter(|&fault| there(fault));
        }
        let wanted = bms.wanted().switches;
        let path = bms.wanted().precharge;
        self.check_permit(wanted, path, now);
        for &switch in Switch::ALL {
            self.check_blocks(switch, wanted, now);
        }
        self.before = wanted;
    }

    /// Remembers what was read.
    fn take(&mut self, input: &Input<'_>, now: Instant) {
        match input {
            Input::Current(frame) => {
                if frame.current.is_ok() {
                    self.current_valid = Some(now);
                }
                let current = frame.current.ok().map(|raw| raw - self.zero);
                self.last = Some(Reading { at: now, current, port: frame.port.ok() });
                self.flow(now);
            }
            Input::Cells(frame) => {
                if frame.pack.is_ok() && frame.cells.iter().all(Result::is_ok) {
                    self.cells_valid = Some(now);
                }
            }
            Input::Temperatures(frame) => {
                if frame.cells.iter().take(2).all(Result::is_ok) {
                    self.temperatures_valid = Some(now);
                }
            }
            Input::Unchanged => {
                let valid = self.last.is_some_and(|last| last.current.is_some());
                if valid {
                    self.current_valid = Some(now);
                }
                for at in [&mut self.cells_valid, &mut self.temperatures_valid] {
                    *at = at.map(|_| now);
                }
                if let Some(last) = &mut self.last {
                    last.at = now;
                }
                self.flow(now);
            }
            Input::Key(on) => self.key = Some(*on),
            _ => {}
        }
    }

    /// Since when each direction has flowed through a diode.
    fn flow(&mut self, now: Instant) {
        let Some(Reading { current: Some(current), port: Some(port), .. }) = self.last else {
            self.flowing = [None; 2];
            return;
        };
        let out = -current >= self.reverse_on && port >= DIODE;
        let into = current >= self.reverse_on && port <= -DIODE;
        for (flows, since) in [out, into].into_iter().zip(&mut self.flowing) {
            *since = flows.then(|| since.unwrap_or(now));
        }
    }

    fn fail(&mut self, what: String) {
        let _first = self.broken.get_or_insert(what);
    }

    fn check_permit(&mut self, wanted: Switches, path: bool, now: Instant) {
        if wanted == Switches::OPEN && !path {
            return;
        }
        let oldest = self.current_valid.zip(self.cells_valid).map(|(one, two)| one.min(two));
        if oldest.is_none_or(|at| now.since(at) >= PERMIT) {
            self.fail(format!("{wanted:?} at {now:?} without a permit"));
        }
        let newly = Switch::ALL.iter().any(|&it| wanted.closed(it) && !self.before.closed(it));
        let fresh = self.temperatures_valid.is_some_and(|at| now.since(at) <= TEMPERATURES);
        if newly && !fresh {
            self.fail(format!("{wanted:?} at {now:?} closed newly on old temperatures"));
        }
    }

    /// How hard a switch is kept open.
    pub(crate) fn kept(&self, switch: Switch) -> Kept {
        let soften = |fault: Fault, blocks: Blocks| match (self.overridden == Some(fault), fault) {
            (true, Fault::CellDifference) => Blocks::Nothing,
            (true, Fault::DeepUnderVoltage) if blocks == Blocks::Both => Blocks::DischargeFirmly,
            _ => blocks,
        };
        let rows = self
            .active
            .iter()
            .map(|&(fault, level)| kept(soften(fault, opens(fault, level)), switch));
        let locks = self.locks().map(|fault| kept(soften(fault, locked_opens(fault)), switch));
        let key = !self.key_fitted || self.key == Some(true) || switch == Switch::Charge;
        let person = if self.allowed.closed(switch) && key { Kept::Free } else { Kept::Star };
        rows.chain(locks).chain([person]).max().unwrap_or(Kept::Free)
    }

    fn check_blocks(&mut self, switch: Switch, wanted: Switches, now: Instant) {
        let place = match switch {
            Switch::Charge => 0,
            Switch::Discharge => 1,
        };
        if !wanted.closed(switch) {
            self.by_reverse[place] = None;
            return;
        }
        let kept = self.kept(switch);
        if kept == Kept::Free {
            self.by_reverse[place] = None;
            return;
        }
        if kept == Kept::Firm {
            let active = self.active.clone();
            self.fail(format!("{switch:?} closed at {now:?} against {active:?}"));
            return;
        }
        if self.other_is_stuck(switch, now) {
            return;
        }
        // What is left is the reverse-current rule, and it needs the other switch free and closed.
        if self.kept(switch.other()) != Kept::Free || !wanted.closed(switch.other()) {
            let active = self.active.clone();
            self.fail(format!(
                "{switch:?} closed at {now:?} although both are blocked: {active:?}"
            ));
            return;
        }
        let allowed = self.last.filter(|last| now.since(last.at) <= CURRENT).and_then(|last| {
            last.current.map(|current| match switch {
                Switch::Charge => -current,
                Switch::Discharge => current,
            })
        });
        let Some(allowed) = allowed else {
            self.fail(format!("{switch:?} closed at {now:?} by a current that is not known"));
            return;
        };
        match self.by_reverse[place] {
            None => {
                let flowed = self.flowing[place].is_some_and(|since| now.since(since) >= FLOWED);
                if !flowed {
                    let active = self.active.clone();
                    self.fail(format!(
                        "{switch:?} at {now:?} closed against {active:?} without 20 ms of current"
                    ));
                }
                self.by_reverse[place] = Some(now);
            }
            Some(since) => {
                let wrong = Current::from_milliamps(200)
                    .max(self.reverse_off.scaled_by(Ratio::from_permille(500)));
                if allowed <= -wrong {
                    self.fail(format!("{switch:?} at {now:?} lets the blocked current pass"));
                }
                if allowed < self.reverse_off && now.since(since) >= LEAST_ON {
                    self.fail(format!("{switch:?} at {now:?} closed without current"));
                }
            }
        }
    }

    /// The note on stuck switches: the other one was proven not to open, and its current flows.
    fn other_is_stuck(&self, switch: Switch, now: Instant) -> bool {
        let there = |fault: Fault| {
            self.locks().any(|locked| locked == fault)
                || self.active.contains(&(fault, Level::Protection))
        };
        let over_voltage = self.active.iter().any(|&(fault, level)| {
            level != Level::Alarm
                && matches!(
                    fault,
                    Fault::CellOverVoltage | Fault::PackOverVoltage | Fault::ExtremeOverVoltage
                )
        });
        let proven = match switch {
            Switch::Discharge => there(Fault::ChargeStuckClosed) || there(Fault::ChargeNotStopped),
            Switch::Charge => there(Fault::DischargeStuckClosed) && !over_voltage,
        };
        let flows = self.last.filter(|last| now.since(last.at) <= CURRENT).is_some_and(|last| {
            last.current.is_some_and(|current| {
                let wrong = match switch {
                    Switch::Discharge => current,
                    Switch::Charge => -current,
                };
                wrong > self.stuck_least
            })
        });
        proven && flows
    }

    /// Says what the current channel shows when nothing flows, as the board has learnt it; beyond
    /// what is accepted it stays at zero.
    pub(crate) fn set_zero(&mut self, zero: Current) {
        self.zero = if zero.abs() <= self.zero_window { zero } else { Current::ZERO };
    }
}
