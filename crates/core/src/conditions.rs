//! What the board and its people say that is so: memory, clock, self-test, the chip's watchdog.

use cellward_params::Config;
use cellward_params::fault::Flag;

use crate::flags::Flags;
use crate::input::{BoardHealth, Memory};

/// The conditions as last told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Conditions {
    health: BoardHealth,
    /// The chip missed the brain; no self-test has passed since.
    chip_missed_us: bool,
    /// It did so too often: counts as a failed self-test until one passes.
    missed_too_often: bool,
    zero_refused: bool,
    commissioned: bool,
    calibrated: bool,
}

impl Conditions {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            health: BoardHealth { memory: Memory::Good, clock: true, self_test: true },
            chip_missed_us: false,
            missed_too_often: false,
            zero_refused: false,
            commissioned: config.is_commissioned(),
            calibrated: config.is_calibrated(),
        }
    }

    pub(crate) fn reconfigure(&mut self, config: &Config) {
        self.commissioned = config.is_commissioned();
        self.calibrated = config.is_calibrated();
    }

    /// The board tells how its parts are. A self-test that passed answers for the silence that the
    /// chip had noticed.
    pub(crate) const fn set_health(&mut self, health: BoardHealth) {
        self.health = health;
        if health.self_test {
            self.chip_missed_us = false;
            self.missed_too_often = false;
        }
    }

    /// The chip noticed that the brain was silent; `too_often` within a day.
    pub(crate) const fn chip_missed_us(&mut self, too_often: bool) {
        self.chip_missed_us = true;
        self.missed_too_often = too_often;
    }

    /// The last zero of the current was refused or accepted.
    pub(crate) const fn set_zero_refused(&mut self, refused: bool) {
        self.zero_refused = refused;
    }

    pub(crate) const fn commissioned(&self) -> bool {
        self.commissioned
    }

    /// Adds what is so to a set of flags.
    pub(crate) const fn flags(&self, mut flags: Flags) -> Flags {
        flags.put(Flag::MemoryWorn, matches!(self.health.memory, Memory::OneCopy));
        flags.put(Flag::ParametersLost, matches!(self.health.memory, Memory::Lost));
        flags.put(Flag::ClockBroken, !self.health.clock);
        flags.put(Flag::SelfTestFailed, !self.health.self_test || self.missed_too_often);
        flags.put(Flag::ChipWatchdog, self.chip_missed_us);
        flags.put(Flag::NotCommissioned, !self.commissioned);
        flags.put(Flag::NotCalibrated, !self.calibrated);
        flags.put(Flag::ZeroRefused, self.zero_refused);
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: BoardHealth = BoardHealth { memory: Memory::Good, clock: true, self_test: true };

    fn standing(conditions: &Conditions) -> u32 {
        conditions.flags(Flags::default()).not_clear()
    }

    #[test]
    fn a_good_board_raises_no_flag_and_each_condition_raises_its_own() {
        let good = Conditions::new(&Config::lifepo4(16));
        assert_eq!(standing(&good), 0);
        for (health, flag) in [
            (BoardHealth { memory: Memory::OneCopy, ..GOOD }, Flag::MemoryWorn),
            (BoardHealth { memory: Memory::Lost, ..GOOD }, Flag::ParametersLost),
            (BoardHealth { clock: false, ..GOOD }, Flag::ClockBroken),
            (BoardHealth { self_test: false, ..GOOD }, Flag::SelfTestFailed),
        ] {
            let mut conditions = good;
            conditions.set_health(health);
            assert_eq!(standing(&conditions), flag.bit());
        }
        let mut conditions = good;
        conditions.set_zero_refused(true);
        assert_eq!(standing(&conditions), Flag::ZeroRefused.bit());
    }

    #[test]
    fn a_board_from_the_factory_is_neither_commissioned_nor_calibrated() {
        let config = Config::from_factory(
            cellward_params::Profile::Strict,
            cellward_params::Chemistry::Lfp,
            16,
        );
        let flags = standing(&Conditions::new(&config));
        assert_eq!(flags, Flag::NotCommissioned.bit() | Flag::NotCalibrated.bit());
    }

    #[test]
    fn only_a_passed_self_test_answers_for_the_silence() {
        let mut conditions = Conditions::new(&Config::lifepo4(16));
        conditions.chip_missed_us(false);
        assert_eq!(standing(&conditions), Flag::ChipWatchdog.bit());
        conditions.chip_missed_us(true);
        let both = Flag::ChipWatchdog.bit() | Flag::SelfTestFailed.bit();
        assert_eq!(standing(&conditions), both);
        conditions.set_health(BoardHealth { self_test: false, ..GOOD });
        assert_eq!(standing(&conditions), both);
        conditions.set_health(GOOD);
        assert_eq!(standing(&conditions), 0);
    }
}
