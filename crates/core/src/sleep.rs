//! Light sleep: when nothing has happened for long enough, and what ends it.
//!
//! Asleep, the brain measures, protects, switches and records at full rate, exactly as awake: not
//! one comparison is left out. What changes is what people and hosts see: dark lights, a silent
//! buzzer, deaf ports, no bleeding. Saving power (the chip armed at L2, a slow clock) needs the
//! driver of a chip and comes with it, as deep sleep and ship mode do.
//!
//! Owns the idle timer, whether the board sleeps and what woke it. Refuses to know what is going
//! on: it is told whether anything is. State machine, §2.

use cellward_params::{Config, Mode, Wake};
use cellward_units::{Charge, Current, Duration, Instant, Voltage};
use heapless::Deque;

/// A sleep wait of so many seconds means never. K-series manual, chapter 6.2.
const NEVER: i32 = 65_535;
/// A fault that needs somebody's attention keeps the board awake for so long. State machine, §2.
const ATTENTION: Duration = Duration::from_secs(24 * 3_600);
/// How often a sleeping board looks whether it is being charged slowly.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Looks that a rise of the highest cell is measured over: ten minutes.
const LOOKS: usize = 10;
/// A rise of the highest cell beyond this within those looks wakes. State machine, §2.
const RISE: Voltage = Voltage::from_millivolts(5);
/// So many looks in a row must see the rise: the noise of one reading reaches 5 mV now and then,
/// and a charger does not go away within a minute.
const RISES: u8 = 2;
/// A mean charge current beyond this from look to look wakes, or beyond three times what the zero
/// may be wrong by, whichever is more. State machine, §2.
const TRICKLE: Current = Current::from_milliamps(100);

/// Whether the board sleeps, and what decides that.
#[derive(Clone, Debug)]
pub(crate) struct Sleep {
    /// `None` is never.
    wait: Option<Duration>,
    /// Since when nothing has kept the board awake.
    idle_since: Option<Instant>,
    /// Since when a fault needs somebody's attention.
    alarm_since: Option<Instant>,
    night: Option<Night>,
    woken_by: Wake,
    /// When `is_due` or `look` must be called next, so that nobody counts it anew in every tick.
    due: Option<Instant>,
}

/// What a sleeping board remembers of its sleep.
#[derive(Clone, Debug)]
struct Night {
    since: Instant,
    looked_at: Instant,
    /// Charge that had gone in, less what had come out, at the last look.
    net: Charge,
    /// The highest cell at the last looks, oldest first.
    highest: Deque<Voltage, LOOKS>,
    /// How many looks in a row have seen it rise.
    rises: u8,
}

/// What a look at the pack is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    /// The highest cell, where it is known.
    pub(crate) highest: Option<Voltage>,
    /// Charge that ever went in, less what ever came out.
    pub(crate) net: Charge,
    /// What the zero of the current may be wrong by; without it no small current is believed.
    pub(crate) zero_error: Option<Current>,
}

impl Sleep {
    /// Awake because it was powered.
    pub(crate) fn new(config: &Config) -> Self {
        let mut sleep = Self {
            wait: None,
            idle_since: None,
            alarm_since: None,
            night: None,
            woken_by: Wake::PowerOn,
            due: None,
        };
        sleep.reconfigure(config);
        sleep
    }

    /// Takes another wait; what has been waited counts.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        let wait = config.system().sleep_wait;
        let seconds = u64::try_from(wait).ok().filter(|_| wait != NEVER);
        self.wait = seconds.map(Duration::from_secs);
        self.count();
    }

    pub(crate) const fn is_asleep(&self) -> bool {
        self.night.is_some()
    }

    /// How awake the board is.
    pub(crate) const fn mode(&self) -> Mode {
        if self.is_asleep() { Mode::Sleep } else { Mode::Awake }
    }

    /// What woke it last.
    pub(crate) const fn woken_by(&self) -> Wake {
        self.woken_by
    }

    /// Somebody spoke to the board: the wait begins anew.
    pub(crate) fn restart(&mut self) {
        self.idle_since = None;
        self.count();
    }

    /// Whether a fault needs somebody's attention.
    pub(crate) fn set_alarm(&mut self, alarm: bool, now: Instant) {
        self.alarm_since = alarm.then(|| self.alarm_since.unwrap_or(now));
        self.count();
    }

    /// Whether such a fault still keeps the board awake.
    pub(crate) fn is_held(&self, now: Instant) -> bool {
        self.alarm_since.is_some_and(|since| now.since(since) < ATTENTION)
    }

    /// Lets time pass awake; `idle` says that nothing is going on. Whether it is time to sleep.
    pub(crate) fn is_due(&mut self, idle: bool, now: Instant) -> bool {
        if idle != self.idle_since.is_some() {
            self.idle_since = idle.then_some(now);
            self.count();
        }
        self.due.is_some_and(|due| now >= due)
    }

    /// Falls asleep, with the pack as it is now.
    pub(crate) fn fall_asleep(&mut self, look: &Look, now: Instant) {
        let mut night =
            Night { since: now, looked_at: now, net: look.net, highest: Deque::new(), rises: 0 };
        night.remember(look.highest);
        self.night = Some(night);
        self.count();
    }

    /// Wakes, and tells how long it has slept; `None` when it was awake.
    pub(crate) fn wake(&mut self, why: Wake, now: Instant) -> Option<Duration> {
        let night = self.night.take()?;
        self.woken_by = why;
        self.restart();
        Some(now.since(night.since))
    }

    /// Whether a sleeping board shall look at the pack now.
    pub(crate) fn look_is_due(&self, now: Instant) -> bool {
        self.is_asleep() && self.due.is_some_and(|due| now >= due)
    }

    /// Looks whether the pack is being charged although no current to speak of is read. What wakes
    /// it, if anything does.
    pub(crate) fn look(&mut self, look: &Look, now: Instant) -> Option<Wake> {
        let night = self.night.as_mut()?;
        let trickle = look.zero_error.map(|error| TRICKLE.max(error + error + error));
        let elapsed = now.since(night.looked_at);
        let charged = look.net - night.net;
        night.looked_at = now;
        night.net = look.net;
        if trickle.is_some_and(|trickle| charged > Charge::of_current(trickle, elapsed)) {
            return Some(Wake::Charger);
        }
        let lowest = night.highest.iter().min().copied();
        let rises = look.highest.zip(lowest).is_some_and(|(now, then)| now - then > RISE);
        night.rises = if rises { night.rises.saturating_add(1) } else { 0 };
        night.remember(look.highest);
        let rises = night.rises >= RISES;
        self.count();
        rises.then_some(Wake::RisingCell)
    }

    /// When `is_due` or `look` must be called next.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Finds out when the next call is due.
    fn count(&mut self) {
        self.due = match (&self.night, self.idle_since, self.wait) {
            (Some(night), ..) => Some(night.looked_at + LOOK_EVERY),
            (None, Some(since), Some(wait)) => {
                let due = since + wait;
                Some(self.alarm_since.map_or(due, |since| due.max(since + ATTENTION)))
            }
            _ => None,
        };
    }
}

impl Night {
    /// Keeps a look; the oldest gives way.
    fn remember(&mut self, highest: Option<Voltage>) {
        let Some(highest) = highest else {
            return;
        };
        if self.highest.is_full() {
            self.highest.pop_front();
        }
        // There is room now.
        let _fits = self.highest.push_back(highest);
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::parameter::id;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    /// A board that sleeps after a minute.
    fn minute() -> Sleep {
        waiting(60)
    }

    fn waiting(seconds: i32) -> Sleep {
        let mut config = Config::lifepo4(16);
        config.set(id::sleep_wait, seconds).unwrap();
        Sleep::new(&config)
    }

    fn look(millivolts: i32, milliamp_seconds: i32) -> Look {
        Look {
            highest: Some(Voltage::from_millivolts(millivolts)),
            net: Charge::of_current(
                Current::from_milliamps(milliamp_seconds),
                Duration::from_secs(1),
            ),
            zero_error: Some(Current::from_milliamps(1)),
        }
    }

    #[test]
    fn it_is_time_to_sleep_after_the_wait_and_not_before() {
        let mut sleep = minute();
        assert!(!sleep.is_due(true, at(1_000)));
        assert_eq!(sleep.deadline(), Some(at(61_000)));
        assert!(!sleep.is_due(true, at(60_990)));
        assert!(sleep.is_due(true, at(61_000)));
    }

    #[test]
    fn the_wait_begins_anew_with_whatever_happens_and_with_every_word() {
        let mut sleep = minute();
        assert!(!sleep.is_due(true, at(0)));
        assert!(!sleep.is_due(false, at(59_990)));
        assert_eq!(sleep.deadline(), None, "while something goes on there is nothing to wait for");
        assert!(!sleep.is_due(true, at(60_000)));
        sleep.restart();
        assert!(!sleep.is_due(true, at(100_000)));
        assert!(!sleep.is_due(true, at(159_990)));
        assert!(sleep.is_due(true, at(160_000)));
    }

    //
    #[test]
    fn the_largest_wait_is_never_and_the_one_below_it_is_a_wait() {
        let mut never = waiting(65_535);
        assert!(!never.is_due(true, at(0)));
        assert!(!never.is_due(true, Instant::from_micros(u64::MAX)));
        assert_eq!(never.deadline(), None);
        let mut last = waiting(65_534);
        assert!(!last.is_due(true, at(0)));
        assert!(!last.is_due(true, at(65_533_990)));
        assert!(last.is_due(true, at(65_534_000)));
    }

    #[test]
    fn a_fault_that_needs_attention_keeps_awake_for_a_day_and_no_longer() {
        let mut sleep = minute();
        sleep.set_alarm(true, at(5_000));
        assert!(!sleep.is_due(true, at(0)));
        assert_eq!(sleep.deadline(), Some(at(86_405_000)));
        sleep.set_alarm(true, at(86_404_990));
        assert!(!sleep.is_due(true, at(86_404_990)));
        assert!(sleep.is_due(true, at(86_405_000)));
        sleep.set_alarm(false, at(86_405_000));
        assert_eq!(sleep.deadline(), Some(at(60_000)));
    }

    #[test]
    fn a_small_charge_current_wakes_above_a_tenth_of_an_ampere_and_not_at_it() {
        for (charged, expected) in [(6_000, None), (6_001, Some(Wake::Charger)), (-9_000, None)] {
            let mut sleep = minute();
            sleep.fall_asleep(&look(3_300, 0), at(0));
            assert!(!sleep.look_is_due(at(59_990)));
            assert!(sleep.look_is_due(at(60_000)));
            assert_eq!(sleep.look(&look(3_300, charged), at(60_000)), expected, "{charged} mAs");
        }
    }

    #[test]
    fn a_small_charge_current_must_stand_out_from_the_error_of_the_zero() {
        let told = |charged, error| {
            let mut sleep = minute();
            sleep.fall_asleep(&look(3_300, 0), at(0));
            let zero_error = Option::map(error, Current::from_milliamps);
            sleep.look(&Look { zero_error, ..look(3_300, charged) }, at(60_000))
        };
        assert_eq!(told(9_000, Some(50)), None);
        assert_eq!(told(9_001, Some(50)), Some(Wake::Charger));
        assert_eq!(told(60_000, None), None, "nobody knows where the zero is");
    }

    #[test]
    fn a_cell_that_rises_more_than_five_millivolts_in_ten_minutes_wakes_at_the_second_look() {
        let minutes = |count: u64| at(count * 60_000);
        let mut sleep = minute();
        sleep.fall_asleep(&look(3_300, 0), minutes(0));
        assert_eq!(sleep.look(&look(3_305, 0), minutes(1)), None, "five is not more than five");
        assert_eq!(sleep.look(&look(3_306, 0), minutes(2)), None, "once may be noise");
        assert_eq!(sleep.look(&look(3_305, 0), minutes(3)), None);
        assert_eq!(sleep.look(&look(3_306, 0), minutes(4)), None, "and again once");
        assert_eq!(sleep.look(&look(3_306, 0), minutes(5)), Some(Wake::RisingCell));
    }

    #[test]
    fn a_rise_that_takes_longer_than_ten_minutes_is_none() {
        let mut sleep = minute();
        sleep.fall_asleep(&look(3_300, 0), at(0));
        for minute in 1..200_i32 {
            // A millivolt every two minutes: at most five within the last ten.
            let told =
                sleep.look(&look(3_300 + minute / 2, 0), at(60_000 * minute.unsigned_abs() as u64));
            assert_eq!(told, None, "minute {minute}");
        }
    }

    #[test]
    fn waking_says_how_long_it_slept_and_awake_there_is_nothing_to_wake() {
        let mut sleep = minute();
        assert_eq!(sleep.woken_by(), Wake::PowerOn);
        assert_eq!(sleep.wake(Wake::Load, at(1)), None);
        assert_eq!(sleep.woken_by(), Wake::PowerOn);
        sleep.fall_asleep(&look(3_300, 0), at(1_000));
        assert!(sleep.is_asleep());
        assert_eq!(sleep.deadline(), Some(at(61_000)));
        assert_eq!(sleep.wake(Wake::Load, at(3_000)), Some(Duration::from_secs(2)));
        assert_eq!((sleep.is_asleep(), sleep.woken_by()), (false, Wake::Load));
    }
}
