//! Stage five: which cells are bled.
//!
//! Strict mode: while charging, while an over-voltage lasts, and at rest for ten minutes; never below the start voltage, never
//! while a fault forbids it. State machine, §7.

use cellward_params::Config;
use cellward_units::{Current, Duration, Instant, Ratio, Voltage};

use crate::measure::Measure;

/// A cell starts being bled at most this often, so that one that sits exactly at the start voltage
/// does not flutter with every reading. Stopping never waits. *Guess*: short against the hours
/// that bleeding takes.
const START_EVERY: Duration = Duration::from_secs(10);
/// Rest this long counts as idle.
const IDLE: Duration = Duration::from_secs(600);

/// What makes now a good time to bleed, besides rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Occasion {
    /// The pack is being charged.
    Charging,
    /// A cell or the pack is too high: bleeding helps it to recover, so it goes on.
    OverVoltage,
    /// Nothing special.
    Other,
}

/// The balancing stage.
#[derive(Clone, Debug)]
pub(crate) struct Balance {
    start_voltage: Voltage,
    start_difference: Voltage,
    stop_difference: Voltage,
    idle_current: Current,
    idle_since: Option<Instant>,
    bleed: u32,
    next_start: Instant,
}

impl Balance {
    pub(crate) fn new(config: &Config) -> Self {
        let system = config.system();
        Self {
            start_voltage: Voltage::from_millivolts(system.balance_start_voltage),
            start_difference: Voltage::from_millivolts(system.balance_start_difference),
            stop_difference: Voltage::from_millivolts(system.balance_stop_difference),
            idle_current: config.one_c().scaled_by(Ratio::from_permille(20)),
            idle_since: None,
            bleed: 0,
            next_start: Instant::START,
        }
    }

    pub(crate) const fn bleed(&self) -> u32 {
        self.bleed
    }

    /// Whether this current is none to speak of.
    pub(crate) fn is_idle(&self, current: Current) -> bool {
        current.abs() < self.idle_current
    }

    /// Stops all bleeding at once.
    pub(crate) const fn stop(&mut self) {
        self.bleed = 0;
    }

    /// Decides anew from fresh cell readings.
    pub(crate) fn step(
        &mut self,
        measure: &Measure,
        occasion: Occasion,
        allowed: bool,
        now: Instant,
    ) {
        let idle = measure.latest_current().is_ok_and(|current| self.is_idle(current));
        self.idle_since = idle.then(|| self.idle_since.unwrap_or(now));
        let rested = self.idle_since.is_some_and(|since| now.since(since) >= IDLE);
        let wanted = allowed && (occasion != Occasion::Other || rested);
        let candidates = if wanted { self.candidates(measure) } else { 0 };
        if candidates & !self.bleed == 0 {
            self.bleed = candidates;
        } else if now >= self.next_start {
            self.bleed = candidates;
            self.next_start = now + START_EVERY;
        } else {
            self.bleed &= candidates;
        }
    }

    /// The cells that these readings would bleed, with the hysteresis of those bled now.
    pub(crate) fn candidates(&self, measure: &Measure) -> u32 {
        let (Some(lowest), Some(highest)) = (measure.lowest(), measure.highest()) else {
            return 0;
        };
        if highest.value < self.start_voltage {
            return 0;
        }
        let mut mask = 0_u32;
        for (index, cell) in measure.cells().enumerate() {
            let bit = u32::try_from(index).ok().and_then(|index| 1_u32.checked_shl(index));
            let (Ok(cell), Some(bit)) = (cell, bit) else {
                continue;
            };
            let bled = self.bleed & bit != 0;
            let least = if bled { self.stop_difference } else { self.start_difference };
            if cell >= self.start_voltage && cell - lowest.value >= least {
                mask |= bit;
            }
        }
        mask
    }

    /// When idle becomes rest, or the next cell may start.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let rested = self.idle_since.map(|since| since + IDLE);
        [rested, Some(self.next_start)].into_iter().flatten().filter(|&at| at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use cellward_units::NoData;

    use super::*;
    use crate::input::{CellsFrame, CurrentFrame};

    fn measure(milliamps: i32, cells_mv: [i32; 4]) -> Measure {
        let mut measure = Measure::new(&Config::lifepo4(4), Instant::START);
        let current = Ok(Current::from_milliamps(milliamps));
        let frame = CurrentFrame { current, port: Ok(Voltage::ZERO) };
        measure.take_current(&frame, Instant::START);
        let cells = cells_mv.map(|mv| Ok::<_, NoData>(Voltage::from_millivolts(mv)));
        let pack = Ok(Voltage::from_millivolts(cells_mv.iter().sum()));
        measure.take_cells(&CellsFrame { cells: &cells, pack }, Instant::START);
        measure
    }

    fn bleed(cells_mv: [i32; 4]) -> u32 {
        let mut balance = Balance::new(&Config::lifepo4(4));
        balance.step(&measure(10_000, cells_mv), Occasion::Charging, true, Instant::START);
        balance.bleed()
    }

    #[test]
    fn a_cell_ten_millivolts_above_the_lowest_is_bled() {
        assert_eq!(bleed([3_400, 3_409, 3_410, 3_411]), 0b1100);
    }

    #[test]
    fn nothing_is_bled_below_the_start_voltage() {
        assert_eq!(bleed([3_380, 3_399, 3_400, 3_401]), 0b1100);
    }

    #[test]
    fn bleeding_goes_on_until_the_stop_difference() {
        let mut balance = Balance::new(&Config::lifepo4(4));
        let mut step = |cells| {
            balance.step(&measure(10_000, cells), Occasion::Charging, true, Instant::START);
            balance.bleed()
        };
        assert_eq!(step([3_400, 3_410, 3_400, 3_400]), 0b10);
        assert_eq!(step([3_400, 3_405, 3_409, 3_400]), 0b10);
        assert_eq!(step([3_400, 3_404, 3_409, 3_400]), 0);
    }

    #[test]
    fn a_cell_at_the_start_voltage_does_not_flutter() {
        let mut balance = Balance::new(&Config::lifepo4(4));
        let mut starts = 0;
        let mut before = 0;
        for tenth in 0..600_u64 {
            let top = if tenth % 2 == 0 { 3_400 } else { 3_399 };
            let now = Instant::from_micros(tenth * 100_000);
            let reading = measure(10_000, [3_380, 3_380, top, 3_380]);
            balance.step(&reading, Occasion::Charging, true, now);
            assert!(top >= 3_400 || balance.bleed() == 0, "stopping never waits");
            starts += u32::from(balance.bleed() != 0 && before == 0);
            before = balance.bleed();
        }
        assert_eq!(starts, 6, "once every ten seconds");
    }

    #[test]
    fn at_rest_it_waits_ten_minutes_and_a_fault_stops_it() {
        let mut balance = Balance::new(&Config::lifepo4(4));
        let resting = measure(0, [3_400, 3_420, 3_400, 3_400]);
        let mut step = |secs: u64, allowed| {
            let now = Instant::from_micros(secs * 1_000_000);
            balance.step(&resting, Occasion::Other, allowed, now);
            balance.bleed()
        };
        assert_eq!(step(0, true), 0);
        assert_eq!(step(599, true), 0);
        assert_eq!(step(600, true), 0b10);
        assert_eq!(step(601, false), 0);
    }

    #[test]
    fn a_cell_without_a_value_is_never_bled() {
        let mut measure = measure(10_000, [3_400, 3_420, 3_420, 3_400]);
        let cells = [
            Ok(Voltage::from_millivolts(3_400)),
            Err(NoData::WireOpen),
            Ok(Voltage::from_millivolts(3_420)),
            Ok(Voltage::from_millivolts(3_400)),
        ];
        measure
            .take_cells(&CellsFrame { cells: &cells, pack: Err(NoData::WireOpen) }, Instant::START);
        let mut balance = Balance::new(&Config::lifepo4(4));
        balance.step(&measure, Occasion::Charging, true, Instant::START);
        assert_eq!(balance.bleed(), 0b100);
    }
}
