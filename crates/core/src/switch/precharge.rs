//! Pre-charge: the port is brought near the pack's voltage through a resistor before the discharge
//! switch closes, so that the capacitors of an inverter do not look like a short circuit.
//!
//! Only where a resistor is fitted. A try is done when little voltage is left, or when the port
//! has settled and the load that this implies is light enough for the switch to take over; it is
//! given up when the port hardly rises, or takes too long. State machine, §9.

use cellward_params::Config;
use cellward_units::{Current, Duration, Instant, Voltage};

use super::Sight;

/// The port is looked at this long after a try began: a short hardly rises.
const LOOK_AFTER: Duration = Duration::from_millis(100);
/// Settled means less than a hundredth of change within this time.
const SETTLED_OVER: Duration = Duration::from_millis(50);
/// Resistance of cells, leads and capacitor that limits the peak at the closing, in mΩ. State
/// machine, §9.
const PEAK_MILLIOHMS: i64 = 15;
/// The least voltage that may always be left.
const ALWAYS_LEFT: Voltage = Voltage::from_millivolts(1_000);

/// What the port allows in this step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    /// The discharge switch may close.
    Ready,
    /// Not yet; the pre-charge path shall conduct if `path`.
    Wait {
        /// Whether the pre-charge path shall conduct.
        path: bool,
    },
    /// A try was given up, and more will follow.
    Aborted,
    /// Every try was given up.
    Failed,
}

/// Where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    Running { since: Instant, from: Voltage, looked: bool, settling: (Instant, Voltage) },
    Resting { until: Instant },
}

/// The stage.
#[derive(Clone, Debug)]
pub(crate) struct Precharge {
    fitted: bool,
    milliohms: i64,
    timeout: Duration,
    pause: Duration,
    tries: u8,
    most_tries: u8,
    short_circuit: Current,
    half_rated: Current,
    phase: Phase,
}

impl Precharge {
    pub(crate) fn new(config: &Config) -> Self {
        let mut precharge = Self {
            fitted: false,
            milliohms: 0,
            timeout: Duration::ZERO,
            pause: Duration::ZERO,
            tries: 0,
            most_tries: 0,
            short_circuit: Current::ZERO,
            half_rated: Current::ZERO,
            phase: Phase::Idle,
        };
        precharge.reconfigure(config);
        precharge
    }

    /// Takes other settings; a running try goes on.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        let system = config.system();
        let millis = |raw| Duration::from_millis(u64::try_from(raw).unwrap_or(0));
        self.fitted = system.precharge_resistor > 0;
        self.milliohms = i64::from(system.precharge_resistor).max(1);
        self.timeout = millis(system.precharge_timeout);
        self.pause = millis(system.precharge_pause);
        self.most_tries = u8::try_from(system.precharge_tries).unwrap_or(u8::MAX);
        self.short_circuit = Current::from_milliamps(system.short_circuit_current);
        self.half_rated =
            config.rated_current().scaled_by(cellward_units::Ratio::from_permille(500));
    }

    /// Nothing wants to close, or it is closed: the next closing starts from the beginning.
    pub(crate) const fn rest(&mut self) {
        self.phase = Phase::Idle;
        self.tries = 0;
    }

    /// Whether a resistor is fitted.
    pub(crate) const fn fitted(&self) -> bool {
        self.fitted
    }

    /// Whether a try is running or resting.
    pub(crate) fn busy(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// How much voltage between pack and port may be left when the switch closes: max(1 V, 3 % of
    /// the pack), and on small boards no more than keeps the peak below half of the short-circuit
    /// current.
    fn may_be_left(&self, pack: Voltage) -> Voltage {
        let share = Voltage::from_microvolts(pack.as_microvolts() / 100) * 3;
        ALWAYS_LEFT.max(share).min(self.peak_allows())
    }

    /// The voltage that a closing at half of the short-circuit current would start from.
    fn peak_allows(&self) -> Voltage {
        let milliamps = i64::from(self.short_circuit.as_milliamps());
        // mA times mΩ is µV.
        let microvolts = milliamps.saturating_mul(PEAK_MILLIOHMS) / 2;
        Voltage::from_microvolts(i32::try_from(microvolts).unwrap_or(i32::MAX)).max(ALWAYS_LEFT)
    }

    /// Whether the load that a settled port implies is light enough for the switch.
    fn light_enough(&self, pack: Voltage, side: Voltage) -> bool {
        let side_microvolts = i64::from(side.as_microvolts());
        if side_microvolts <= 0 {
            return false;
        }
        let across = i64::from((pack - side).as_microvolts());
        // What flows through the resistor, in mA: µV over mΩ.
        let through = across.checked_div(self.milliohms).unwrap_or(i64::MAX);
        let pulled = through.saturating_mul(i64::from(pack.as_microvolts()));
        let load = pulled.checked_div(side_microvolts).unwrap_or(i64::MAX);
        load <= i64::from(self.half_rated.as_milliamps())
    }

    /// The discharge switch wants to close. `may_close` says whether the permit would let the
    /// pre-charge path close now.
    pub(crate) fn step(&mut self, sight: &Sight, may_close: bool, now: Instant) -> Word {
        if !self.fitted {
            return Word::Ready;
        }
        let (Some(pack), Some(port)) = (sight.pack, sight.port) else {
            return Word::Wait { path: false };
        };
        if port <= self.may_be_left(pack) {
            self.rest();
            return Word::Ready;
        }
        let side = pack - port;
        match self.phase {
            Phase::Resting { until } if now < until => Word::Wait { path: false },
            Phase::Idle | Phase::Resting { .. } => {
                if may_close {
                    self.tries = self.tries.saturating_add(1);
                    self.phase = Phase::Running {
                        since: now,
                        from: side,
                        looked: false,
                        settling: (now, side),
                    };
                }
                Word::Wait { path: may_close }
            }
            Phase::Running { since, from, looked, settling } => {
                self.run(pack, side, (since, from, looked, settling), now)
            }
        }
    }

    /// A try is running: is it done, or is it to be given up?
    fn run(
        &mut self,
        pack: Voltage,
        side: Voltage,
        (since, from, mut looked, mut settling): (Instant, Voltage, bool, (Instant, Voltage)),
        now: Instant,
    ) -> Word {
        let elapsed = now.since(since);
        if !looked && elapsed >= LOOK_AFTER {
            looked = true;
            // Where little was missing, half of that is enough.
            let twentieth = Voltage::from_microvolts(pack.as_microvolts() / 20);
            let half = Voltage::from_microvolts((pack - from).as_microvolts() / 2);
            if side - from < twentieth.min(half) {
                return self.give_up(now);
            }
        }
        if now.since(settling.0) >= SETTLED_OVER {
            let change = (side - settling.1).abs();
            let settled = change < Voltage::from_microvolts(side.abs().as_microvolts() / 100);
            if looked
                && settled
                && pack - side <= self.peak_allows()
                && self.light_enough(pack, side)
            {
                self.rest();
                return Word::Ready;
            }
            settling = (now, side);
        }
        if elapsed >= self.timeout {
            return self.give_up(now);
        }
        self.phase = Phase::Running { since, from, looked, settling };
        Word::Wait { path: true }
    }

    fn give_up(&mut self, now: Instant) -> Word {
        if self.tries >= self.most_tries {
            self.rest();
            return Word::Failed;
        }
        self.phase = Phase::Resting { until: now + self.pause };
        Word::Aborted
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use cellward_params::ParamId;
    use cellward_params::record::Switches;

    use super::*;

    const PACK_MV: i32 = 50_000;

    /// 20 Ω on a board of the given size.
    fn precharge(rated_amps: i32) -> Precharge {
        let mut config = Config::lifepo4(16);
        config.set(ParamId(5), rated_amps * 1_000).unwrap();
        config.set(ParamId(33), 20_000).unwrap();
        config.restore_limits();
        Precharge::new(&config)
    }

    fn sight(side_mv: i32) -> Sight {
        Sight {
            current: Some(Current::ZERO),
            port: Some(Voltage::from_millivolts(PACK_MV - side_mv)),
            pack: Some(Voltage::from_millivolts(PACK_MV)),
            zero_error: Some(Current::ZERO),
            charger: false,
            actual: Switches::OPEN,
        }
    }

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    /// Steps every 10 ms with B+ to P- as a function of time, and tells every word that differs
    /// from the one before.
    fn words(precharge: &mut Precharge, side_mv: impl Fn(u64) -> i32) -> Vec<(u64, Word)> {
        let mut words: Vec<(u64, Word)> = Vec::new();
        for millis in (0..20_000).step_by(10) {
            let word = precharge.step(&sight(side_mv(millis)), true, at(millis));
            if words.last().is_none_or(|(_, last)| *last != word) {
                words.push((millis, word));
            }
            if matches!(word, Word::Ready | Word::Failed) {
                break;
            }
        }
        words
    }

    const PATH: Word = Word::Wait { path: true };
    const PAUSE: Word = Word::Wait { path: false };

    #[test]
    fn without_a_resistor_nothing_is_waited_for() {
        let mut none = Precharge::new(&Config::lifepo4(16));
        assert_eq!(none.step(&sight(0), true, at(0)), Word::Ready);
    }

    #[test]
    fn it_is_done_when_three_hundredths_of_the_pack_are_left_and_not_a_step_before() {
        let mut precharge = precharge(200);
        // 10 V a second, quickly at first, never settled.
        let side = |millis: u64| i32::try_from(millis).unwrap() * 48;
        let found = words(&mut precharge, side);
        assert_eq!(found, [(0, PATH), (1_020, Word::Ready)]);
        assert_eq!(precharge.may_be_left(Voltage::from_millivolts(PACK_MV)).as_millivolts(), 1_500);
    }

    #[test]
    fn on_a_small_pack_a_volt_may_be_left_and_on_a_small_board_no_more_than_the_peak_allows() {
        let big = precharge(200);
        assert_eq!(big.may_be_left(Voltage::from_millivolts(12_000)).as_millivolts(), 1_000);
        // 5 × 30 A × 15 mΩ / 2.
        let small = precharge(30);
        assert_eq!(small.may_be_left(Voltage::from_millivolts(80_000)).as_millivolts(), 1_125);
    }

    #[test]
    fn a_port_that_hardly_rises_within_100_ms_is_given_up_three_times() {
        let found = words(&mut precharge(200), |_| 0);
        assert_eq!(
            found,
            [
                (0, PATH),
                (100, Word::Aborted),
                (110, PAUSE),
                (3_100, PATH),
                (3_200, Word::Aborted),
                (3_210, PAUSE),
                (6_200, PATH),
                (6_300, Word::Failed)
            ]
        );
    }

    #[test]
    fn a_twentieth_of_the_pack_within_100_ms_is_enough_to_go_on() {
        for (risen, word) in [(2_499, Word::Aborted), (2_500, PATH)] {
            let mut precharge = precharge(200);
            precharge.step(&sight(0), true, at(0));
            assert_eq!(precharge.step(&sight(risen), true, at(99)), PATH);
            assert_eq!(precharge.step(&sight(risen), true, at(100)), word, "{risen}");
        }
    }

    #[test]
    fn a_port_that_starts_near_the_pack_needs_only_half_of_what_is_missing() {
        let mut precharge = precharge(200);
        precharge.step(&sight(46_000), true, at(0));
        assert_eq!(precharge.step(&sight(48_000), true, at(100)), PATH);
    }

    #[test]
    fn a_try_ends_after_two_seconds() {
        let slow =
            |millis: u64| if millis < 60 { 0 } else { 3_000 + i32::try_from(millis).unwrap() };
        let found = words(&mut precharge(200), slow);
        assert_eq!(found.get(1), Some(&(2_000, Word::Aborted)));
    }

    #[test]
    fn a_settled_port_with_a_light_load_is_done() {
        // 47 V after 20 Ω: 150 mA through the resistor, 160 mA at the load.
        let mut light = precharge(200);
        let found = words(&mut light, |millis| if millis < 60 { 0 } else { 47_000 });
        assert_eq!(found, [(0, PATH), (150, Word::Ready)]);
    }

    #[test]
    fn a_settled_port_with_too_much_missing_is_given_up_at_the_end_of_its_time() {
        // 42 V: 8 V would drive more than half of the short-circuit current through 15 mΩ.
        let found = words(&mut precharge(200), |millis| if millis < 60 { 0 } else { 42_000 });
        assert_eq!(found.get(1), Some(&(2_000, Word::Aborted)));
    }

    #[test]
    fn a_missing_reading_holds_the_path_open() {
        let mut precharge = precharge(200);
        let blind = Sight { port: None, ..sight(0) };
        assert_eq!(precharge.step(&blind, true, at(0)), PAUSE);
        assert_eq!(precharge.step(&sight(0), false, at(0)), PAUSE, "no permit");
        assert!(!precharge.busy());
    }

    #[test]
    fn the_implied_load_counts_up_to_half_of_the_rated_current() {
        let precharge = precharge(200);
        let light = |side_mv| {
            precharge
                .light_enough(Voltage::from_millivolts(PACK_MV), Voltage::from_millivolts(side_mv))
        };
        // (50 V − side) / 20 Ω × 50 V / side ≤ 100 A, so side ≥ 50 × 2.5 / 102.5 V = 1.2195 V.
        assert!(light(1_220));
        assert!(!light(1_219));
        assert!(!light(0));
        assert!(!light(-5));
    }
}
