//! Stage three: what the switches shall be, and why one may not close.
//!
//! Owns the command and the user's wish. Everything that closes a switch goes through
//! [`relay::Relay`], which asks for a permit.

mod relay;
mod reverse;

use cellward_params::record::Switches;
use cellward_params::{Config, Switch};
use cellward_units::{Current, Duration, Instant, Voltage};

use crate::protect::{Block, Permit, Protect};
use relay::Relay;
pub(crate) use reverse::Sight;
use reverse::{ReverseRule, Seen, Verdict};

/// Why a command changed, for the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// Faults, permits, user: the ordinary decision.
    Decision,
    /// The reverse-current rule.
    Reverse,
}

/// A command that changed in this step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moved {
    pub(crate) switch: Switch,
    pub(crate) closed: bool,
    pub(crate) cause: Cause,
}

/// The switching stage.
#[derive(Clone, Debug)]
pub(crate) struct Switching {
    charge: Relay,
    discharge: Relay,
    charge_reverse: ReverseRule,
    discharge_reverse: ReverseRule,
    /// What the user allows.
    allowed: Switches,
    /// What the switches really are.
    actual: Switches,
    /// Which commands stand on the reverse rule.
    by_reverse: Switches,
    /// Which switch is kept open only because the other one's diode would burn.
    saving_diode: Switches,
    /// Since when the charge and the discharge switch were told to close and have not.
    not_following: [Option<Instant>; 2],
}

/// A switch that has not followed for this long is told to people. *Guess*: twenty times what a
/// switch takes, and only words depend on it.
const FOLLOWS_WITHIN: Duration = Duration::from_millis(100);

impl Switching {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            charge: Relay::OPEN,
            discharge: Relay::OPEN,
            charge_reverse: ReverseRule::new(config, Switch::Charge),
            discharge_reverse: ReverseRule::new(config, Switch::Discharge),
            allowed: Switches { charge: true, discharge: true },
            actual: Switches::OPEN,
            by_reverse: Switches::OPEN,
            saving_diode: Switches::OPEN,
            not_following: [None; 2],
        }
    }

    pub(crate) fn set_allowed(&mut self, switch: Switch, allowed: bool) {
        self.allowed.set(switch, allowed);
    }

    pub(crate) const fn allowed(&self) -> Switches {
        self.allowed
    }

    pub(crate) const fn set_actual(&mut self, actual: Switches) {
        self.actual = actual;
    }

    pub(crate) const fn actual(&self) -> Switches {
        self.actual
    }

    pub(crate) const fn commanded(&self) -> Switches {
        Switches { charge: self.charge.closed(), discharge: self.discharge.closed() }
    }

    /// Whether both are told to be open and really are.
    pub(crate) fn both_open(&self) -> bool {
        self.commanded() == Switches::OPEN && self.actual == Switches::OPEN
    }

    /// Whether the reverse rule is counting towards something.
    pub(crate) const fn busy(&self) -> bool {
        self.charge_reverse.busy() || self.discharge_reverse.busy()
    }

    /// Decides anew. `permit` is absent during the self-test and whenever nothing may close.
    pub(crate) fn step(
        &mut self,
        protect: &Protect,
        permit: Option<&Permit>,
        sight: &Sight,
        now: Instant,
        mut tell: impl FnMut(Moved),
    ) {
        let before = self.commanded();
        let before_reverse = self.by_reverse;
        self.by_reverse = Switches::OPEN;
        self.saving_diode = Switches::OPEN;
        match permit {
            Some(permit) => self.decide(protect, permit, sight, now),
            None => self.open_both(),
        }
        let commanded = self.commanded();
        for (&switch, since) in Switch::ALL.iter().zip(&mut self.not_following) {
            let apart = commanded.closed(switch) && !self.actual.closed(switch);
            *since = apart.then(|| since.unwrap_or(now));
        }
        for &switch in Switch::ALL {
            let closed = commanded.closed(switch);
            if closed != before.closed(switch) {
                let reverse = self.by_reverse.closed(switch) || before_reverse.closed(switch);
                let cause = if reverse { Cause::Reverse } else { Cause::Decision };
                tell(Moved { switch, closed, cause });
            }
        }
    }

    fn open_both(&mut self) {
        self.charge.open();
        self.discharge.open();
        self.charge_reverse.rest();
        self.discharge_reverse.rest();
    }

    /// A permit is there: each switch closes unless something blocks it.
    fn decide(&mut self, protect: &Protect, permit: &Permit, sight: &Sight, now: Instant) {
        let block = |switch: Switch| {
            // What a person opened is blocked like by a row of its direction: its diode would burn
            // as well. Both opened: no exception. State machine, §4, row 30.
            let wish = if self.allowed.closed(switch) { Block::No } else { Block::Direction };
            protect.block(switch).max(wish)
        };
        let may_close = permit.allows(false, now);
        let blocks = (block(Switch::Charge), block(Switch::Discharge));

        // One direction blocked, the other free: the reverse rule. Both blocked: no exception.
        let mut charge_verdict = Verdict::StayOpen;
        let mut discharge_verdict = Verdict::StayOpen;
        match blocks {
            (Block::Direction, Block::No) => {
                charge_verdict = self.charge_reverse.step(sight, may_close, now);
                self.discharge_reverse.rest();
            }
            (Block::No, Block::Direction) => {
                discharge_verdict = self.discharge_reverse.step(sight, may_close, now);
                self.charge_reverse.rest();
            }
            _ => {
                self.charge_reverse.rest();
                self.discharge_reverse.rest();
            }
        }
        self.by_reverse = Switches {
            charge: charge_verdict == Verdict::Close,
            discharge: discharge_verdict == Verdict::Close,
        };
        self.saving_diode = Switches {
            charge: discharge_verdict == Verdict::OpenBoth,
            discharge: charge_verdict == Verdict::OpenBoth,
        };
        let charge = (blocks.0 == Block::No && !self.saving_diode.charge) || self.by_reverse.charge;
        let discharge =
            (blocks.1 == Block::No && !self.saving_diode.discharge) || self.by_reverse.discharge;
        set(&mut self.charge, charge, permit, now);
        set(&mut self.discharge, discharge, permit, now);
    }

    /// Whether a switch was told to close for long enough and still does not conduct.
    pub(crate) fn does_not_follow(&self, switch: Switch, now: Instant) -> bool {
        let [charge, discharge] = self.not_following;
        let since = match switch {
            Switch::Charge => charge,
            Switch::Discharge => discharge,
        };
        since.is_some_and(|since| now.since(since) >= FOLLOWS_WITHIN)
    }

    /// Until when a switch that nothing blocks is kept open to save the diode of the other one.
    pub(crate) fn saving_diode_until(&self, switch: Switch) -> Option<Instant> {
        let rule = match switch {
            Switch::Charge => &self.discharge_reverse,
            Switch::Discharge => &self.charge_reverse,
        };
        self.saving_diode.closed(switch).then(|| rule.both_open_until()).flatten()
    }

    /// When a waiting time of the reverse rule ends.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let waits =
            [self.charge_reverse.both_open_until(), self.discharge_reverse.both_open_until()];
        waits.into_iter().flatten().filter(|&at| at > now).min()
    }

    /// How the reverse rules would see these readings.
    pub(crate) fn seen(&self, current: Current, port: Option<Voltage>) -> [Seen; 2] {
        [self.charge_reverse.seen(current, port), self.discharge_reverse.seen(current, port)]
    }

    /// Takes new thresholds; commands and wishes stay.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        self.charge_reverse.reconfigure(config);
        self.discharge_reverse.reconfigure(config);
    }
}

/// Closes if `close`, else opens.
fn set(relay: &mut Relay, close: bool, permit: &Permit, now: Instant) {
    if close {
        relay.close(permit, now);
    } else {
        relay.open();
    }
}
