//! Reverse current: when one direction is blocked, current of the other one still flows, through
//! the body diode of the open switch, and heats it: 70 W at 100 A.
//!
//! So the blocked switch closes while enough current flows the allowed way, and opens at the next
//! tick after that ends. The rule is only used while the current channel can be trusted to tell
//! the direction. State machine, §5; thresholds in the production table, §3.

use cellward_params::config::ReverseCurrent;
use cellward_params::record::Switches;
use cellward_params::{Config, Switch};
use cellward_units::{Current, Duration, Instant, Ratio, Voltage};

/// The allowed current must flow this long before the blocked switch closes.
const CLOSE_DELAY: Duration = Duration::from_millis(20);
/// It stays closed at least this long, unless current of the blocked direction is seen.
const LEAST_ON: Duration = Duration::from_millis(50);
/// The body diode is forward when P- stands this far off.
const DIODE: Voltage = Voltage::from_millivolts(300);
/// Waits after current of the blocked direction was seen, one step further each time.
const HOLD_OFFS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)];
/// Without such an event for this long, the waits start again from the shortest.
const HOLD_OFFS_FORGOTTEN: Duration = Duration::from_secs(60);
/// Current through a diode that nobody may bridge opens the other switch after this long.
const DIODE_LIMIT_DELAY: Duration = Duration::from_secs(1);
/// How long both switches then stay open before the allowed way is tried again. *Guess*: as long as
/// the first wait after an over-current; one second of conduction each time heats the diode by
/// 350 J at 100 A and gives it thirty to cool.
const BOTH_OPEN: Duration = Duration::from_secs(30);
/// The least hold-off override, and the most that a diode may carry for longer.
pub(crate) const DIODE_LIMIT: Current = Current::from_amps(5);

/// What the rule wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The blocked switch stays open.
    StayOpen,
    /// Close the blocked switch: current flows the allowed way.
    Close,
    /// Open the other switch too: the diode carries more than it may.
    OpenBoth,
}

/// What the rule looks at in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// Zero-corrected current, if it is fresh and valid; positive charges.
    pub(crate) current: Option<Current>,
    /// P- against B-.
    pub(crate) port: Option<Voltage>,
    /// B- to B+.
    pub(crate) pack: Option<Voltage>,
    /// What the zero may be wrong by; `None` while none is accepted.
    pub(crate) zero_error: Option<Current>,
    /// Whether a charger is seen or charge current flows.
    pub(crate) charger: bool,
    /// What the switches really are: a diode carries current until its switch has followed.
    pub(crate) actual: Switches,
}

/// How readings stand to every threshold of the rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    forward: bool,
    starts: bool,
    lasts: bool,
    wrong: bool,
    burns: bool,
}

/// The rule for one blocked switch.
#[derive(Clone, Debug)]
pub(crate) struct ReverseRule {
    switch: Switch,
    on: Current,
    off: Current,
    closed_since: Option<Instant>,
    flowing_since: Option<Instant>,
    strong_since: Option<Instant>,
    diode_since: Option<Instant>,
    /// Whether only the least time keeps it closed.
    fading: bool,
    both_open_until: Option<Instant>,
    hold_until: Option<Instant>,
    hold_step: usize,
    last_event: Option<Instant>,
}

impl ReverseRule {
    pub(crate) fn new(config: &Config, switch: Switch) -> Self {
        let ReverseCurrent { on, off, .. } = config.reverse_current();
        Self {
            switch,
            on,
            off,
            closed_since: None,
            flowing_since: None,
            strong_since: None,
            diode_since: None,
            fading: false,
            both_open_until: None,
            hold_until: None,
            hold_step: 0,
            last_event: None,
        }
    }

    /// The switch is not blocked, or the rule does not apply: forget what was flowing.
    pub(crate) const fn rest(&mut self) {
        self.closed_since = None;
        self.flowing_since = None;
        self.strong_since = None;
        self.diode_since = None;
        self.fading = false;
    }

    /// Takes the thresholds of a new configuration.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        ReverseCurrent { on: self.on, off: self.off, .. } = config.reverse_current();
    }

    /// How these readings stand to the thresholds.
    pub(crate) fn seen(&self, current: Current, port: Option<Voltage>) -> Seen {
        let allowed = self.allowed(current);
        Seen {
            forward: self.forward(port),
            starts: allowed >= self.on,
            lasts: allowed >= self.off,
            wrong: allowed <= -self.least_wrong(),
            burns: allowed > DIODE_LIMIT,
        }
    }

    /// The current with the allowed way positive: discharge for a blocked charge switch.
    fn allowed(&self, current: Current) -> Current {
        match self.switch {
            Switch::Charge => -current,
            Switch::Discharge => current,
        }
    }

    /// Whether P- shows that the body diode conducts.
    fn forward(&self, port: Option<Voltage>) -> bool {
        port.is_some_and(|port| match self.switch {
            Switch::Charge => port >= DIODE,
            Switch::Discharge => port <= -DIODE,
        })
    }

    /// The least current of the blocked direction that counts.
    fn least_wrong(&self) -> Current {
        Current::from_milliamps(200).max(self.off.scaled_by(Ratio::from_permille(500)))
    }

    /// The switch is blocked by rows of its own direction only; what now? `may_close` says whether
    /// the permit would let it close.
    pub(crate) fn step(&mut self, sight: &Sight, may_close: bool, now: Instant) -> Verdict {
        if self.both_open_until.is_some_and(|until| now < until) {
            return Verdict::OpenBoth;
        }
        self.both_open_until = None;
        let Some(current) = sight.current else {
            self.rest();
            return Verdict::StayOpen;
        };
        let allowed = self.allowed(current);
        if self.burns(allowed, sight.actual, now) {
            self.rest();
            self.both_open_until = Some(now + BOTH_OPEN);
            return Verdict::OpenBoth;
        }
        if self.closed_since.is_some() {
            return self.step_closed(allowed, now);
        }
        let trusted = sight.zero_error.is_some_and(|error| error + error <= self.off);
        if trusted && may_close {
            return self.step_open(allowed, sight.port, now);
        }
        self.flowing_since = None;
        self.strong_since = None;
        Verdict::StayOpen
    }

    /// Whether the diode has carried too much for too long, because the switch may not close or
    /// does not follow.
    fn burns(&mut self, allowed: Current, actual: Switches, now: Instant) -> bool {
        let heats = allowed > DIODE_LIMIT && !actual.closed(self.switch);
        self.diode_since = heats.then(|| self.diode_since.unwrap_or(now));
        self.diode_since.is_some_and(|since| now.since(since) >= DIODE_LIMIT_DELAY)
    }

    /// Closed: does it still flow the allowed way?
    fn step_closed(&mut self, allowed: Current, now: Instant) -> Verdict {
        if allowed <= -self.least_wrong() {
            self.rest();
            self.hold_off(now);
            return Verdict::StayOpen;
        }
        let long_enough = self.closed_since.is_some_and(|since| now.since(since) >= LEAST_ON);
        self.fading = allowed < self.off;
        if self.fading && long_enough {
            self.rest();
            return Verdict::StayOpen;
        }
        Verdict::Close
    }

    /// Open, and it may close: is there enough current to close for?
    fn step_open(&mut self, allowed: Current, port: Option<Voltage>, now: Instant) -> Verdict {
        let flows = allowed >= self.on && self.forward(port);
        self.flowing_since = flows.then(|| self.flowing_since.unwrap_or(now));
        let strong = flows && allowed > DIODE_LIMIT.max(self.on);
        self.strong_since = strong.then(|| self.strong_since.unwrap_or(now));
        let held_off = self.hold_until.is_some_and(|until| now < until);
        let lasting =
            |since: Option<Instant>| since.is_some_and(|since| now.since(since) >= CLOSE_DELAY);
        if lasting(self.strong_since) || (lasting(self.flowing_since) && !held_off) {
            self.closed_since = Some(now);
            return Verdict::Close;
        }
        Verdict::StayOpen
    }

    /// Until when both switches stay open because a diode carried too much.
    pub(crate) const fn both_open_until(&self) -> Option<Instant> {
        self.both_open_until
    }

    /// Current of the blocked direction was seen: wait before closing again.
    fn hold_off(&mut self, now: Instant) {
        if self.last_event.is_none_or(|last| now.since(last) >= HOLD_OFFS_FORGOTTEN) {
            self.hold_step = 0;
        }
        let [.., longest] = HOLD_OFFS;
        let wait = HOLD_OFFS.get(self.hold_step).copied().unwrap_or(longest);
        self.hold_until = Some(now + wait);
        self.hold_step = self.hold_step.saturating_add(1);
        self.last_event = Some(now);
    }

    /// Whether the rule is in the middle of something that time alone would change.
    pub(crate) const fn busy(&self) -> bool {
        let closing = self.closed_since.is_none() && self.flowing_since.is_some();
        closing || self.fading || self.diode_since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps every 10 ms with the charge switch blocked; returns each verdict.
    struct Bench {
        rule: ReverseRule,
        millis: u64,
        zero_error: Option<Current>,
        closed: bool,
    }

    impl Bench {
        fn new() -> Self {
            // 200 A board: on at 2 A, off below 0.8 A.
            let rule = ReverseRule::new(&Config::lifepo4(16), Switch::Charge);
            Self { rule, millis: 0, zero_error: Some(Current::ZERO), closed: false }
        }

        fn step(&mut self, milliamps: i32) -> Verdict {
            let forward = if milliamps < 0 { 700 } else { -3_000 };
            let sight = Sight {
                current: Some(Current::from_milliamps(milliamps)),
                port: Some(Voltage::from_millivolts(forward)),
                pack: Some(Voltage::from_millivolts(52_800)),
                zero_error: self.zero_error,
                charger: false,
                actual: Switches { charge: self.closed, discharge: true },
            };
            let verdict = self.rule.step(&sight, true, Instant::from_micros(self.millis * 1_000));
            self.closed = verdict == Verdict::Close;
            self.millis += 10;
            verdict
        }
    }

    #[test]
    fn discharge_current_closes_the_blocked_charge_switch_after_20_ms() {
        let mut bench = Bench::new();
        assert_eq!(bench.step(-2_000), Verdict::StayOpen);
        assert_eq!(bench.step(-2_000), Verdict::StayOpen);
        assert_eq!(bench.step(-2_000), Verdict::Close);
    }

    #[test]
    fn a_little_less_current_does_not() {
        let mut bench = Bench::new();
        for _ in 0..100 {
            assert_eq!(bench.step(-1_999), Verdict::StayOpen);
        }
    }

    #[test]
    fn any_charge_current_opens_it_at_once_and_holds_it_off() {
        let mut bench = Bench::new();
        for _ in 0..3 {
            bench.step(-3_000);
        }
        assert_eq!(bench.step(399), Verdict::Close, "below the least wrong current");
        assert_eq!(bench.step(400), Verdict::StayOpen);
        // Held off for 200 ms since the opening, at currents a diode can carry.
        let opened = bench.millis - 10;
        let closed = (0..100).find(|_| bench.step(-3_000) == Verdict::Close);
        assert!(closed.is_some());
        assert_eq!(bench.millis - 10 - opened, 200);
    }

    #[test]
    fn a_current_that_would_burn_the_diode_overrides_the_hold_off() {
        let mut bench = Bench::new();
        for _ in 0..3 {
            bench.step(-3_000);
        }
        bench.step(1_000);
        let closed = (0..100).position(|_| bench.step(-5_001) == Verdict::Close);
        assert_eq!(closed, Some(2));
    }

    #[test]
    fn it_opens_when_the_current_fades_but_not_within_50_ms() {
        let mut bench = Bench::new();
        for _ in 0..3 {
            bench.step(-3_000);
        }
        for _ in 0..4 {
            assert_eq!(bench.step(-799), Verdict::Close);
        }
        assert_eq!(bench.step(-799), Verdict::StayOpen);
    }

    #[test]
    fn an_uncertain_zero_never_closes_and_saves_the_diode_after_a_second() {
        let mut bench = Bench::new();
        bench.zero_error = Some(Current::from_milliamps(401));
        let verdicts: std::vec::Vec<_> = (0..102).map(|_| bench.step(-50_000)).collect();
        assert!(!verdicts.contains(&Verdict::Close));
        assert_eq!(verdicts.iter().position(|v| *v == Verdict::OpenBoth), Some(100));
        bench = Bench::new();
        bench.zero_error = Some(Current::from_milliamps(400));
        assert!((0..5).any(|_| bench.step(-50_000) == Verdict::Close));
    }

    #[test]
    fn without_a_forward_diode_there_is_nothing_to_close_for() {
        let mut bench = Bench::new();
        for i in 0..10_u64 {
            let sight = Sight {
                current: Some(Current::from_amps(-10)),
                port: Some(Voltage::from_millivolts(299)),
                pack: Some(Voltage::from_millivolts(52_800)),
                zero_error: bench.zero_error,
                charger: false,
                actual: Switches { charge: false, discharge: true },
            };
            let now = Instant::from_micros(i * 10_000);
            assert_eq!(bench.rule.step(&sight, true, now), Verdict::StayOpen);
        }
    }
}
