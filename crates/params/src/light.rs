//! The running light and the alarm light as data: what state shows which pattern.
//!
//! A pattern is rendered by whoever has the lamp: the board from its timer, the page in wall time.

use cellward_units::Duration;

use crate::{Flow, Mode};

/// One blinking pattern: `flashes` times on and off, then a pause; repeated for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// How long one flash is lit.
    pub on: Duration,
    /// How long it is dark after each flash.
    pub off: Duration,
    /// Flashes before the pause; 0 means never lit.
    pub flashes: u8,
    /// Extra dark time after the last flash.
    pub pause: Duration,
}

impl Pattern {
    /// Never lit.
    pub const DARK: Self =
        Self { on: Duration::ZERO, off: Duration::ZERO, flashes: 0, pause: Duration::ZERO };

    /// Always lit.
    pub const SOLID: Self =
        Self { on: Duration::from_secs(1), off: Duration::ZERO, flashes: 1, pause: Duration::ZERO };

    /// Lit for `on_millis`, dark for `off_millis`, again and again.
    #[must_use]
    pub const fn blink(on_millis: u64, off_millis: u64) -> Self {
        Self {
            on: Duration::from_millis(on_millis),
            off: Duration::from_millis(off_millis),
            flashes: 1,
            pause: Duration::ZERO,
        }
    }

    /// `flashes` of 0.25/0.25 s, then 2 s pause: how the alarm light tells its code.
    #[must_use]
    pub const fn code(flashes: u8) -> Self {
        Self {
            on: Duration::from_millis(250),
            off: Duration::from_millis(250),
            flashes,
            pause: Duration::from_secs(2),
        }
    }

    /// How long one whole round takes.
    #[must_use]
    pub fn period(&self) -> Duration {
        let flash = self.on + self.off;
        Duration::from_micros(flash.as_micros().saturating_mul(u64::from(self.flashes)))
            + self.pause
    }

    /// Whether the lamp is lit `since_start` after the pattern began.
    #[must_use]
    pub fn lit(&self, since_start: Duration) -> bool {
        let (Some(place), Some(flash)) = (
            since_start.as_micros().checked_rem(self.period().as_micros()),
            core::num::NonZeroU64::new((self.on + self.off).as_micros()),
        ) else {
            return false;
        };
        let number = place / flash;
        number < u64::from(self.flashes) && place % flash < self.on.as_micros()
    }
}

/// Both lights of the board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lights {
    /// The green running light.
    pub green: Pattern,
    /// The red alarm light.
    pub red: Pattern,
}

impl Lights {
    /// Both dark.
    pub const DARK: Self = Self { green: Pattern::DARK, red: Pattern::DARK };

    /// Both blink five times a second: nothing else does, so that a person finds this board.
    pub const IDENTIFY: Self =
        Self { green: Pattern::blink(100, 100), red: Pattern::blink(100, 100) };
}

/// The running light by mode and flow.
///
/// Timings: K-series operating manual, "Operation light description". Which timing belongs to
/// standby and which to charging did not survive in the manual's text; the assignment follows the
/// vendor's storage board, where charging is the most lit and standby the least.
pub const RUNNING_LIGHT: &[(Mode, Option<Flow>, Pattern)] = &[
    (Mode::Ship, None, Pattern::DARK),
    (Mode::DeepSleep, None, Pattern::DARK),
    (Mode::Sleep, None, Pattern::DARK),
    (Mode::Update, None, Pattern::blink(100, 100)),
    (Mode::Awake, Some(Flow::Standby), Pattern::blink(500, 9_500)),
    (Mode::Awake, Some(Flow::Precharge), Pattern::blink(250, 250)),
    (Mode::Awake, Some(Flow::Charging), Pattern::blink(500, 500)),
    (Mode::Awake, Some(Flow::Discharging), Pattern::blink(500, 2_500)),
];

/// The pattern of the running light for this state.
#[must_use]
pub fn running_light(mode: Mode, flow: Flow) -> Pattern {
    RUNNING_LIGHT
        .iter()
        .find(|row| row.0 == mode && row.1.is_none_or(|needed| needed == flow))
        .map_or(Pattern::DARK, |row| row.2)
}

/// A single short flash every four seconds: an alarm that opened no switch.
pub const ALARM_ONLY: Pattern = Pattern::blink(250, 3_750);

#[cfg(test)]
mod tests {
    use super::*;

    /// Collects when the lamp changes within `window`, in milliseconds, looked at every 1 ms.
    fn edges(pattern: Pattern, window_ms: u64) -> std::vec::Vec<(u64, bool)> {
        let mut lit = false;
        let mut edges = std::vec::Vec::new();
        for ms in 0..window_ms {
            let now = pattern.lit(Duration::from_millis(ms));
            if now != lit {
                edges.push((ms, now));
                lit = now;
            }
        }
        edges
    }

    //
    #[test]
    fn asleep_the_running_light_is_dark() {
        for mode in [Mode::Ship, Mode::DeepSleep, Mode::Sleep] {
            assert!(edges(running_light(mode, Flow::Charging), 30_000).is_empty());
        }
    }

    //
    #[test]
    fn standby_lights_for_half_a_second_every_ten() {
        let pattern = running_light(Mode::Awake, Flow::Standby);
        assert_eq!(
            edges(pattern, 12_000),
            [(0, true), (500, false), (10_000, true), (10_500, false)]
        );
    }

    //
    #[test]
    fn charging_lights_for_half_a_second_every_second() {
        let pattern = running_light(Mode::Awake, Flow::Charging);
        assert_eq!(edges(pattern, 2_000), [(0, true), (500, false), (1_000, true), (1_500, false)]);
    }

    //
    #[test]
    fn discharging_lights_for_half_a_second_every_three() {
        let pattern = running_light(Mode::Awake, Flow::Discharging);
        assert_eq!(edges(pattern, 4_000), [(0, true), (500, false), (3_000, true), (3_500, false)]);
    }

    #[test]
    fn a_code_is_counted_flashes_and_a_pause() {
        assert_eq!(
            edges(Pattern::code(2), 3_500),
            [(0, true), (250, false), (500, true), (750, false), (3_000, true), (3_250, false)]
        );
    }

    #[test]
    fn solid_never_goes_dark() {
        assert_eq!(edges(Pattern::SOLID, 5_000), [(0, true)]);
    }
}
