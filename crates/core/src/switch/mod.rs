//! Stage three: what the switches shall be, and why one may not close.
//!
//! Owns the commands, the user's wish and the key, the watch over switches that do not open, the
//! pre-charge and the trip output. Everything that closes goes through [`relay::Relay`], which
//! asks for a permit.

mod offer;
mod precharge;
mod relay;
mod reverse;
mod stuck;
mod trip;

use cellward_params::record::Switches;
use cellward_params::{Config, Fault, Switch};
use cellward_units::{Current, Duration, Instant, Voltage};

use crate::protect::{Block, Permit, Protect};
use offer::Offer;
use precharge::{Precharge, Word};
use relay::Relay;
pub(crate) use reverse::{DIODE_LIMIT, Sight};
use reverse::{ReverseRule, Seen, Verdict};
use stuck::{Finding, StuckWatch};
use trip::Trip;

/// Why a command changed, for the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// Faults, permits, user: the ordinary decision.
    Decision,
    /// The reverse-current rule.
    Reverse,
}

/// Something that the switching stage did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// A command changed.
    Moved {
        /// Which switch.
        switch: Switch,
        /// What it is told to be now.
        closed: bool,
        /// Why.
        cause: Cause,
    },
    /// The pre-charge path closed.
    PrechargeStarted,
    /// The port was charged.
    PortCharged,
    /// A try of the pre-charge was given up.
    PrechargeAborted,
    /// Every try was given up.
    PrechargeFailed,
    /// The trip output gives a pulse.
    TripPulse,
}

/// The switching stage.
#[derive(Clone, Debug)]
pub(crate) struct Switching {
    charge: Relay,
    discharge: Relay,
    path: Relay,
    charge_reverse: ReverseRule,
    discharge_reverse: ReverseRule,
    charge_stuck: StuckWatch,
    discharge_stuck: StuckWatch,
    precharge: Precharge,
    offer: Offer,
    trip: Trip,
    /// What the user allows.
    allowed: Switches,
    /// Whether the key lets the discharge switch close; boards without one leave it on.
    key: bool,
    /// What the switches really are.
    actual: Switches,
    /// Which commands stand on the reverse rule.
    by_reverse: Switches,
    /// Which switch is kept open only because the other one's diode would burn.
    saving_diode: Switches,
    /// Whether the discharge switch waits for the port to be charged.
    waiting_for_port: bool,
    /// How often the command was to be written again.
    writes: u8,
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
            path: Relay::OPEN,
            charge_reverse: ReverseRule::new(config, Switch::Charge),
            discharge_reverse: ReverseRule::new(config, Switch::Discharge),
            charge_stuck: StuckWatch::new(config, Switch::Charge),
            discharge_stuck: StuckWatch::new(config, Switch::Discharge),
            precharge: Precharge::new(config),
            offer: Offer::default(),
            trip: Trip::new(config),
            allowed: Switches { charge: true, discharge: true },
            key: config.system().key == 0,
            actual: Switches::OPEN,
            by_reverse: Switches::OPEN,
            saving_diode: Switches::OPEN,
            waiting_for_port: false,
            writes: 0,
            not_following: [None; 2],
        }
    }

    pub(crate) fn set_allowed(&mut self, switch: Switch, allowed: bool) {
        self.allowed.set(switch, allowed);
    }

    pub(crate) const fn allowed(&self) -> Switches {
        self.allowed
    }

    /// The key was turned; `true` when that is news.
    pub(crate) const fn set_key(&mut self, on: bool) -> bool {
        let news = self.key != on;
        self.key = on;
        news
    }

    pub(crate) const fn key(&self) -> bool {
        self.key
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

    /// Whether the pre-charge path shall conduct.
    pub(crate) const fn path(&self) -> bool {
        self.path.closed()
    }

    /// How often, wrapping, the command was to be written again.
    pub(crate) const fn writes(&self) -> u8 {
        self.writes
    }

    /// Whether the trip output is on.
    pub(crate) fn trips(&self, now: Instant) -> bool {
        self.trip.on(now)
    }

    /// Whether both are told to be open and really are, and the pre-charge path does not conduct.
    pub(crate) fn both_open(&self) -> bool {
        self.commanded() == Switches::OPEN && self.actual == Switches::OPEN && !self.path.closed()
    }

    /// Whether the discharge switch is told to be open and really is, and the pre-charge path does
    /// not conduct, so that what P- shows above B- is the load's.
    pub(crate) fn load_is_cut(&self) -> bool {
        !self.discharge.closed() && !self.actual.discharge && !self.path.closed()
    }

    /// Whether both are told to be closed and really are.
    pub(crate) fn both_closed(&self) -> bool {
        let both = |switches: Switches| switches.charge && switches.discharge;
        both(self.commanded()) && both(self.actual)
    }

    /// Whether a switch was proven not to open.
    pub(crate) fn is_stuck(&self, switch: Switch) -> bool {
        match switch {
            Switch::Charge => self.charge_stuck.is_stuck(),
            Switch::Discharge => self.discharge_stuck.is_stuck(),
        }
    }

    /// Whether a current is read that was proven not to flow.
    pub(crate) fn reads_no_such_current(&self) -> bool {
        self.charge_stuck.reads_no_such_current() || self.discharge_stuck.reads_no_such_current()
    }

    /// Whether charge current flows although the charge switch is told to be open; `None` without
    /// a fresh current.
    pub(crate) fn charges_although_open(&self, sight: &Sight) -> Option<bool> {
        if self.charge.closed() { Some(false) } else { self.charge_stuck.flows(sight) }
    }

    /// An installer unlocked a fault: the switch that it was about is watched anew.
    pub(crate) const fn unlocked(&mut self, fault: Fault) {
        match fault {
            Fault::ChargeStuckClosed => self.charge_stuck.forget(),
            Fault::DischargeStuckClosed => self.discharge_stuck.forget(),
            _ => {}
        }
    }

    /// Something locked that only a cut from outside ends.
    pub(crate) const fn fire_trip(&mut self, now: Instant) {
        self.trip.fire(now);
    }

    /// Whether something is counting towards an end that needs every reading.
    pub(crate) fn busy(&self) -> bool {
        self.charge_reverse.busy()
            || self.discharge_reverse.busy()
            || self.charge_stuck.busy()
            || self.discharge_stuck.busy()
            || self.precharge.busy()
            || self.offer.busy()
    }

    /// Decides anew. `permit` is absent during the self-test and whenever nothing may close.
    pub(crate) fn step(
        &mut self,
        protect: &Protect,
        permit: Option<&Permit>,
        sight: &Sight,
        now: Instant,
        mut tell: impl FnMut(Done),
    ) {
        let before = self.commanded();
        let before_reverse = self.by_reverse;
        let before_path = self.path.closed();
        self.by_reverse = Switches::OPEN;
        self.saving_diode = Switches::OPEN;
        match permit {
            Some(permit) => self.decide(protect, permit, sight, now, &mut tell),
            None => self.open_both(),
        }
        if self.path.closed() && !before_path {
            tell(Done::PrechargeStarted);
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
                tell(Done::Moved { switch, closed, cause });
            }
        }
        self.watch(sight, now, &mut tell);
    }

    /// Looks whether the switches open when they are told to, and gives pulses to the trip output.
    fn watch(&mut self, sight: &Sight, now: Instant, tell: &mut impl FnMut(Done)) {
        let commanded = self.commanded();
        let watches = [
            (&mut self.charge_stuck, !commanded.charge, sight.actual.discharge),
            (&mut self.discharge_stuck, !commanded.discharge, sight.actual.charge),
        ];
        for (watch, open, other_closed) in watches {
            match watch.step(sight, open, other_closed, now) {
                Some(Finding::WriteAgain) => self.writes = self.writes.wrapping_add(1),
                Some(Finding::Stuck) => {
                    self.trip.fire(now);
                    tell(Done::TripPulse);
                }
                Some(Finding::NoSuchCurrent) | None => {}
            }
        }
        let flows = self.charge_stuck.flows(sight) == Some(true)
            || self.discharge_stuck.flows(sight) == Some(true);
        if self.trip.step(flows, now) {
            tell(Done::TripPulse);
        }
    }

    fn open_both(&mut self) {
        self.charge.open();
        self.discharge.open();
        self.path.open();
        self.offer = Offer::default();
        self.charge_reverse.rest();
        self.discharge_reverse.rest();
        self.precharge.rest();
        self.waiting_for_port = false;
    }

    /// How strongly a switch is blocked by rows and people together.
    fn block(&self, protect: &Protect, switch: Switch) -> Block {
        // What a person opened is blocked like by a row of its direction: its diode would burn as
        // well. Both opened: no exception. State machine, §4, row 30.
        let key = self.key || switch == Switch::Charge;
        let wish = if self.allowed.closed(switch) && key { Block::No } else { Block::Direction };
        protect.block(switch).max(wish)
    }

    /// A permit is there: each switch closes unless something blocks it.
    fn decide(
        &mut self,
        protect: &Protect,
        permit: &Permit,
        sight: &Sight,
        now: Instant,
        tell: &mut impl FnMut(Done),
    ) {
        let may_close = permit.allows(false, now);
        let blocks = (self.block(protect, Switch::Charge), self.block(protect, Switch::Discharge));

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
        // The other one does not open and its current flows: opening this one would only burn its
        // diode. State machine, §4, note on stuck switches.
        let held = |switch: Switch, block: Block, flows: Option<bool>| {
            protect.holds_on(switch) && block != Block::Full && flows == Some(true)
        };
        let hold_charge = held(Switch::Charge, blocks.0, self.discharge_stuck.flows(sight));
        let hold_discharge = held(Switch::Discharge, blocks.1, self.charge_stuck.flows(sight));

        let mut charge = (blocks.0 == Block::No && !self.saving_diode.charge)
            || self.by_reverse.charge
            || hold_charge;
        let mut discharge = (blocks.1 == Block::No && !self.saving_diode.discharge)
            || self.by_reverse.discharge
            || hold_discharge;
        let mut path = false;
        self.waiting_for_port = false;
        if discharge && !self.discharge.closed() {
            let tried = self.precharge.busy();
            match self.precharge.step(sight, may_close, now) {
                Word::Ready => {
                    if tried {
                        tell(Done::PortCharged);
                    }
                }
                word => {
                    discharge = false;
                    self.waiting_for_port = true;
                    // The charge switch waits with it if it is open: charge current would flow
                    // through the body diode of the discharge switch.
                    charge &= self.charge.closed();
                    match word {
                        Word::Wait { path: wanted } => path = wanted,
                        Word::Aborted => tell(Done::PrechargeAborted),
                        _ => tell(Done::PrechargeFailed),
                    }
                }
            }
        } else {
            self.precharge.rest();
        }
        let offer = self.precharge.fitted() && !discharge && protect.offers_port();
        if self.offer.step(offer && !sight.charger, sight, now) {
            path = true;
        }
        set(&mut self.charge, charge, permit, now);
        set(&mut self.discharge, discharge, permit, now);
        set(&mut self.path, path, permit, now);
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

    /// Whether exactly one switch is blocked in its own direction alone, so that the reverse rule
    /// waits for current of the other one.
    pub(crate) fn waits_for_reverse(&self, protect: &Protect) -> bool {
        let blocks = [Switch::Charge, Switch::Discharge].map(|switch| self.block(protect, switch));
        matches!(blocks, [Block::Direction, Block::No] | [Block::No, Block::Direction])
    }

    /// Whether the switches wait for the port to be charged.
    pub(crate) const fn waits_for_port(&self) -> bool {
        self.waiting_for_port
    }

    /// Until when a switch that nothing blocks is kept open to save the diode of the other one.
    pub(crate) fn saving_diode_until(&self, switch: Switch) -> Option<Instant> {
        let rule = match switch {
            Switch::Charge => &self.discharge_reverse,
            Switch::Discharge => &self.charge_reverse,
        };
        self.saving_diode.closed(switch).then(|| rule.both_open_until()).flatten()
    }

    /// When a waiting time ends.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let waits = [
            self.charge_reverse.both_open_until(),
            self.discharge_reverse.both_open_until(),
            self.trip.deadline(now),
            self.offer.deadline(),
        ];
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
        self.charge_stuck.reconfigure(config);
        self.discharge_stuck.reconfigure(config);
        self.precharge.reconfigure(config);
        self.trip.reconfigure(config);
        if config.system().key == 0 {
            self.key = true;
        }
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
