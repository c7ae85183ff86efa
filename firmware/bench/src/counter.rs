//! Counts instructions by the system timer of an emulator that executes one per nanosecond.
//!
//! The board's processor clock is 25 MHz (ARM application note 386), so one step of the timer is
//! 40 ns and therefore 40 instructions: that is the resolution of a single reading. A difference
//! of two readings is wrong by less than one step either way, and the error of a mean over a
//! thousand ticks is below two instructions.

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// Instructions in one step of the timer.
pub const STEP: u32 = 40;

/// The timer counts down through 24 bits.
const RANGE: u32 = 1 << 24;

/// A running counter.
pub struct Counter {
    /// Timer steps between two readings with nothing between them.
    overhead: u32,
    /// Keeps the timer ours.
    _timer: SYST,
}

impl Counter {
    /// Starts the timer and measures what a reading itself costs.
    pub fn new(mut timer: SYST) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(RANGE - 1);
        timer.clear_current();
        timer.enable_counter();
        let mut counter = Self { overhead: 0, _timer: timer };
        // Many empty measurements in a row: their sum is exact where one alone rounds.
        let rounds = 1_000;
        let total: u32 = (0..rounds).map(|_| counter.steps(|| ())).sum();
        counter.overhead = total * STEP / rounds;
        counter
    }

    /// Instructions that one empty measurement costs; subtracted from every count.
    pub fn overhead(&self) -> u32 {
        self.overhead
    }

    /// Instructions of `work`, to the nearest [`STEP`]; at most 600 million.
    pub fn count(&self, work: impl FnOnce()) -> i64 {
        i64::from(self.steps(work)) * i64::from(STEP) - i64::from(self.overhead)
    }

    /// Timer steps of `work`.
    fn steps(&self, work: impl FnOnce()) -> u32 {
        let before = SYST::get_current();
        work();
        let after = SYST::get_current();
        before.wrapping_sub(after) % RANGE
    }
}
