//! State of charge by counting, with an anchor at either end.
//!
//! Two figures: the *true* one jumps at anchors; the *shown* one follows it by at most 1 % a
//! minute, always. Every sample counts, in both directions, without a dead band.

use cellward_cell::Profile;
use cellward_units::{Charge, ChargeCounter, Current, Duration, Instant, Ratio, Voltage};

/// What the board itself draws awake, ahead of the shunt. Production table, §8.
pub const OWN_CONSUMPTION: Current = Current::from_milliamps(-10);
/// Below the full voltage by this, a cell counts as there. Production table, §8.
const NEAR_FULL: Voltage = Voltage::from_millivolts(20);
/// At either end the figure is held until this share has gone or come: float noise does not count.
const HELD: Ratio = Ratio::from_permille(5);
/// A cell that is cut off for its low voltage was empty below this share of 1C; above it the current
/// alone may have drawn it down. Production table, §8.
const EMPTY_BELOW: Ratio = Ratio::from_permille(500);
/// The shown figure moves by 1 % a minute: 1 ppm in 6 ms.
const SHOWN_STEP_MICROS: u64 = 6_000;

/// What the estimator must be told about the pack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SocConfig {
    /// What the pack holds; `None` while unset, then there is no SOC.
    pub capacity: Option<Charge>,
    /// Cell voltage at which a charge counts as full.
    pub full_voltage: Voltage,
    /// Charge current below which a held full voltage means full.
    pub tail_current: Current,
    /// How long both must last.
    pub tail_wait: Duration,
    /// The cell, whose rest voltage gives the first word after a start without memory.
    pub profile: &'static Profile,
}

/// What the estimator looks at when cells have been measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SocReading {
    /// Highest cell.
    pub highest: Voltage,
    /// Latest current; positive charges.
    pub current: Current,
    /// Whether a cell over-voltage protection is active.
    pub over_voltage: bool,
    /// Whether a cell under-voltage protection is active.
    pub under_voltage: bool,
}

/// An end of the charge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// 100 %.
    Full,
    /// 0 %.
    Empty,
}

impl End {
    const fn charge(self) -> Ratio {
        match self {
            Self::Full => Ratio::ONE,
            Self::Empty => Ratio::ZERO,
        }
    }
}

/// The pack has just been found at an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anchored {
    /// Which.
    pub end: End,
    /// What the true figure was before.
    pub before: Option<Ratio>,
}

/// The estimator.
#[derive(Clone, Debug)]
pub struct Soc {
    config: SocConfig,
    /// Charge in the pack; `None` until something is known.
    remaining: Option<ChargeCounter>,
    calibrated: bool,
    shown: Option<Ratio>,
    shown_at: Instant,
    counted_at: Option<Instant>,
    tail_since: Option<Instant>,
    /// Whether the last reading came with an over-voltage or an under-voltage.
    over_voltage: bool,
    under_voltage: bool,
    /// Current of the last reading that came without: what they cut.
    before_cut: Option<Current>,
    /// The end at which the figure is held.
    held: Option<End>,
}

impl Soc {
    /// Knows nothing yet.
    #[must_use]
    pub const fn new(config: SocConfig) -> Self {
        Self {
            config,
            remaining: None,
            calibrated: false,
            shown: None,
            shown_at: Instant::START,
            counted_at: None,
            tail_since: None,
            over_voltage: false,
            under_voltage: false,
            before_cut: None,
            held: None,
        }
    }

    /// Takes new settings; what is known of the share stays.
    pub fn reconfigure(&mut self, config: SocConfig) {
        let before = self.truth();
        self.config = config;
        if let Some(soc) = before {
            self.place(soc);
        }
        if config.capacity.is_none() {
            self.shown = None;
        }
    }

    /// Takes what was kept over a power loss.
    pub fn restore(&mut self, soc: Option<Ratio>, calibrated: bool, now: Instant) {
        if let Some(soc) = soc {
            self.place(soc.clamped());
            self.calibrated = calibrated;
            self.shown = self.truth();
            self.shown_at = now;
        }
    }

    /// A person or host says what it is; the shown figure follows slowly.
    pub fn set(&mut self, soc: Ratio) {
        self.place(soc.clamped());
        self.held = None;
    }

    /// An estimator says what it believes, 0 to 1. While either end is held it is not looked at, and where
    /// there is no capacity there is no figure.
    pub fn believe(&mut self, soc: Ratio) {
        if self.held.is_none() {
            self.place(soc.clamped());
        }
    }

    /// The first word after a start without memory, from a rested cell of average voltage. Does
    /// nothing when something is known already.
    pub fn guess(&mut self, rested: Voltage, now: Instant) {
        if self.remaining.is_none() {
            self.place(self.config.profile.soc_at(rested));
            self.shown = self.truth();
            self.shown_at = now;
        }
    }

    /// Counts `current` since the last call, up to `now`.
    pub fn count(&mut self, current: Current, now: Instant) {
        if let (Some(remaining), Some(since)) = (&mut self.remaining, self.counted_at) {
            remaining.add(current + OWN_CONSUMPTION, now.since(since));
        }
        self.counted_at = Some(now);
    }

    /// A gap in the current: what flowed in it is not known and not invented.
    pub const fn skip(&mut self, now: Instant) {
        self.counted_at = Some(now);
    }

    /// Looks for the anchors; call whenever cells have been measured.
    pub fn observe(&mut self, reading: &SocReading, now: Instant) -> Option<Anchored> {
        let capacity = self.config.capacity?;
        self.follow(now);
        self.limit_to(capacity, reading.current);

        let tail = self.is_tail(reading);
        self.tail_since = tail.then(|| self.tail_since.unwrap_or(now));
        let tail_lasted =
            self.tail_since.is_some_and(|since| now.since(since) >= self.config.tail_wait);
        let cut = self.cut(reading, capacity);
        let end = if tail_lasted || cut == Some(End::Full) { Some(End::Full) } else { cut };
        let end = end.filter(|&end| self.held != Some(end))?;
        let before = self.truth();
        self.place(end.charge());
        self.held = Some(end);
        self.calibrated |= end == End::Full;
        Some(Anchored { end, before })
    }

    /// The end that a protection has just cut off at: an over-voltage that came at a small current is the
    /// end of a charge, and an under-voltage at a moderate one the end of a discharge. What is read after
    /// it came is noise, for the switch is open.
    fn cut(&mut self, reading: &SocReading, capacity: Charge) -> Option<End> {
        let over = reading.over_voltage && !self.over_voltage;
        let under = reading.under_voltage && !self.under_voltage;
        (self.over_voltage, self.under_voltage) = (reading.over_voltage, reading.under_voltage);
        if !reading.over_voltage && !reading.under_voltage {
            self.before_cut = Some(reading.current);
        }
        if !over && !under {
            return None;
        }
        let cut = self.before_cut.unwrap_or(reading.current);
        let one_c = capacity.per_hour();
        let small = one_c.scaled_by(Ratio::from_permille(200));
        if over && cut > Current::ZERO && cut < small {
            return Some(End::Full);
        }
        (under && cut.abs() < one_c.scaled_by(EMPTY_BELOW)).then_some(End::Empty)
    }

    /// Whether this reading looks like the tail of a charge.
    #[must_use]
    pub fn is_tail(&self, reading: &SocReading) -> bool {
        let there = reading.highest >= self.config.full_voltage - NEAR_FULL;
        there && reading.current >= Current::ZERO && reading.current < self.config.tail_current
    }

    /// When a tail that goes on becomes full.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let waits = self.held != Some(End::Full);
        self.tail_since.filter(|_| waits).map(|since| since + self.config.tail_wait)
    }

    /// The true figure; `None` while it cannot be known.
    #[must_use]
    pub fn truth(&self) -> Option<Ratio> {
        let share = self.remaining?.total().share_of(self.config.capacity?)?;
        Some(self.held.map_or_else(|| share.clamped(), End::charge))
    }

    /// The figure for people.
    #[must_use]
    pub const fn shown(&self) -> Option<Ratio> {
        self.shown
    }

    /// Charge that is left, by the true figure.
    #[must_use]
    pub fn remaining(&self) -> Option<Charge> {
        Some(self.config.capacity?.scaled_by(self.truth()?))
    }

    /// Whether it stands on an anchor.
    #[must_use]
    pub const fn calibrated(&self) -> bool {
        self.calibrated
    }

    /// Puts the counter at a share of the capacity.
    fn place(&mut self, soc: Ratio) {
        if let Some(capacity) = self.config.capacity {
            self.remaining = Some(ChargeCounter::starting_at(capacity.scaled_by(soc)));
        }
    }

    /// Keeps the counter between empty and full, and lets go of a held end.
    fn limit_to(&mut self, capacity: Charge, current: Current) {
        let Some(total) = self.remaining.map(|counter| counter.total()) else {
            return;
        };
        // A long multiplication and division: only while it matters.
        let left = match self.held {
            Some(End::Full) => total < capacity.scaled_by(Ratio::ONE - HELD),
            Some(End::Empty) => total > capacity.scaled_by(HELD),
            None => false,
        };
        if left {
            self.held = None;
        }
        // While held, charge that float noise pushes in does not pile up either.
        let held = self.held == Some(End::Full);
        if total > capacity && (held || current >= Current::ZERO) {
            self.remaining = Some(ChargeCounter::starting_at(capacity));
        } else if total < Charge::ZERO {
            self.remaining = Some(ChargeCounter::starting_at(Charge::ZERO));
        }
    }

    /// Moves the shown figure towards the true one.
    fn follow(&mut self, now: Instant) {
        let Some(truth) = self.truth() else {
            self.shown = None;
            return;
        };
        let Some(shown) = self.shown else {
            self.shown = Some(truth);
            self.shown_at = now;
            return;
        };
        let steps = now.since(self.shown_at).as_micros() / SHOWN_STEP_MICROS;
        self.shown_at += Duration::from_micros(steps.saturating_mul(SHOWN_STEP_MICROS));
        let most = Ratio::from_ppm(i32::try_from(steps).unwrap_or(i32::MAX));
        self.shown = Some(shown + (truth - shown).clamp(-most, most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_micros(secs * 1_000_000)
    }

    fn soc() -> Soc {
        Soc::new(SocConfig {
            capacity: Some(Charge::from_milliamp_hours(100_000)),
            full_voltage: Voltage::from_millivolts(3_450),
            tail_current: Current::from_amps(5),
            tail_wait: Duration::from_secs(180),
            profile: &Profile::LFP,
        })
    }

    fn reading(millivolts: i32, milliamps: i32) -> SocReading {
        SocReading {
            highest: Voltage::from_millivolts(millivolts),
            current: Current::from_milliamps(milliamps),
            over_voltage: false,
            under_voltage: false,
        }
    }

    const fn full(before: i32) -> Option<Anchored> {
        Some(Anchored { end: End::Full, before: Some(Ratio::from_permille(before)) })
    }

    #[test]
    fn counting_includes_what_the_board_draws() {
        let mut soc = soc();
        soc.restore(Some(Ratio::from_permille(500)), true, at(0));
        soc.count(Current::ZERO, at(0));
        for second in 1..=3_600 {
            soc.count(Current::from_milliamps(-9_990), at(second));
        }
        assert_eq!(soc.truth(), Some(Ratio::from_permille(400)));
    }

    #[test]
    fn full_needs_voltage_and_tail_for_the_whole_wait() {
        let mut soc = soc();
        soc.restore(Some(Ratio::from_permille(900)), false, at(0));
        assert_eq!(soc.observe(&reading(3_430, 4_999), at(0)), None);
        assert_eq!(soc.observe(&reading(3_430, 4_999), at(179)), None);
        assert_eq!(soc.observe(&reading(3_430, 4_999), at(180)), full(900));
        assert_eq!(soc.truth(), Some(Ratio::ONE));
        assert!(soc.calibrated());
    }

    #[test]
    fn a_millivolt_less_or_the_tail_current_itself_is_not_full() {
        for (millivolts, milliamps) in [(3_429, 1_000), (3_430, 5_000), (3_430, -1)] {
            let mut soc = soc();
            soc.restore(Some(Ratio::from_permille(900)), false, at(0));
            for second in 0..1_000 {
                assert_eq!(soc.observe(&reading(millivolts, milliamps), at(second)), None);
            }
        }
    }

    #[test]
    fn over_voltage_at_a_small_charge_current_is_full_too() {
        let full = |milliamps| {
            let mut soc = soc();
            soc.restore(Some(Ratio::from_permille(900)), false, at(0));
            soc.observe(&reading(3_649, milliamps), at(0));
            // The switch may be open before the cells are read again.
            let cut = SocReading { over_voltage: true, ..reading(3_650, 0) };
            let found = soc.observe(&cut, at(1)).is_some();
            let noise = SocReading { over_voltage: true, ..reading(3_600, 50) };
            assert_eq!(soc.observe(&noise, at(2)), None, "noise while the switch is open");
            found
        };
        assert!(!full(20_000));
        assert!(!full(0));
        assert!(full(19_999));
    }

    #[test]
    fn under_voltage_below_half_of_1c_is_empty_and_above_it_is_not() {
        let found = |milliamps| {
            let mut soc = soc();
            soc.restore(Some(Ratio::from_permille(120)), true, at(0));
            assert_eq!(soc.observe(&reading(2_810, milliamps), at(0)), None);
            // The switch may be open before the cells are read again.
            let cut = SocReading { under_voltage: true, ..reading(2_800, 0) };
            let found = soc.observe(&cut, at(1));
            assert_eq!(soc.observe(&cut, at(2)), None, "once");
            (found.map(|it| it.end), soc.truth())
        };
        let counted = Some(Ratio::from_permille(120));
        assert_eq!(found(-49_999), (Some(End::Empty), Some(Ratio::ZERO)));
        assert_eq!(found(-50_000), (None, counted));
        assert_eq!(found(0), (Some(End::Empty), Some(Ratio::ZERO)), "it ran down by itself");
    }

    #[test]
    fn after_empty_it_holds_until_half_a_point_has_come() {
        let mut soc = soc();
        soc.restore(Some(Ratio::from_permille(120)), true, at(0));
        soc.observe(&reading(2_810, -1_000), at(0));
        soc.observe(&SocReading { under_voltage: true, ..reading(2_800, 0) }, at(1));
        soc.believe(Ratio::from_permille(30));
        assert_eq!(soc.truth(), Some(Ratio::ZERO));
        soc.count(Current::ZERO, at(1));
        // 0.5 Ah at 10.01 A less own consumption is 180 s.
        soc.count(Current::from_milliamps(10_010), at(180));
        soc.observe(&reading(3_000, 10_010), at(180));
        assert_eq!(soc.truth(), Some(Ratio::ZERO));
        soc.count(Current::from_milliamps(10_010), at(182));
        soc.observe(&reading(3_000, 10_010), at(182));
        assert!(soc.truth() > Some(Ratio::from_permille(5)));
        soc.believe(Ratio::from_permille(30));
        assert_eq!(soc.truth(), Some(Ratio::from_permille(30)));
    }

    #[test]
    fn after_full_it_holds_until_half_a_point_has_gone() {
        let mut soc = soc();
        soc.restore(Some(Ratio::ONE), true, at(0));
        soc.observe(&reading(3_450, 0), at(0));
        soc.observe(&reading(3_450, 0), at(180));
        soc.count(Current::ZERO, at(180));
        // 0.5 Ah at 9.99 A plus own consumption is 180 s.
        soc.count(Current::from_milliamps(-9_990), at(359));
        soc.observe(&reading(3_330, -9_990), at(359));
        assert_eq!(soc.truth(), Some(Ratio::ONE));
        soc.count(Current::from_milliamps(-9_990), at(361));
        soc.observe(&reading(3_330, -9_990), at(361));
        assert!(soc.truth() < Some(Ratio::from_permille(995)));
    }

    #[test]
    fn the_shown_figure_moves_one_percent_a_minute_even_at_an_anchor() {
        let mut soc = soc();
        soc.restore(Some(Ratio::from_permille(500)), true, at(0));
        soc.set(Ratio::from_permille(700));
        soc.observe(&reading(3_300, 0), at(60));
        assert_eq!(soc.shown(), Some(Ratio::from_permille(510)));
        assert_eq!(soc.truth(), Some(Ratio::from_permille(700)));
        soc.observe(&reading(3_300, 0), at(60 * 20));
        assert_eq!(soc.shown(), Some(Ratio::from_permille(700)));
    }

    #[test]
    fn without_a_capacity_there_is_no_figure() {
        let mut soc = Soc::new(SocConfig { capacity: None, ..soc().config });
        soc.guess(Voltage::from_millivolts(3_300), at(0));
        soc.count(Current::from_amps(-10), at(10));
        assert_eq!((soc.truth(), soc.shown(), soc.remaining()), (None, None, None));
    }

    #[test]
    fn a_guess_never_replaces_what_is_known() {
        let mut soc = soc();
        soc.restore(Some(Ratio::from_permille(500)), true, at(0));
        soc.guess(Voltage::from_millivolts(3_392), at(0));
        assert_eq!(soc.truth(), Some(Ratio::from_permille(500)));
    }
}
