//! What the configuration says about the channels: gains, sensors, what is plausible.

use cellward_params::{Config, Profile};
use cellward_units::{Current, Ratio, Voltage};

use crate::ntc::{NtcCurve, NtcPoint, NtcTable};

/// What the configuration says about the channels.
#[derive(Clone, Debug)]
pub(super) struct Calibration {
    /// Gains of the current channel, of the cells and of the pack.
    pub(super) current: Gain,
    pub(super) cells: Gain,
    pub(super) pack: Gain,
    pub(super) ntc: NtcTable,
    /// Lowest and highest cell reading that is believed.
    pub(super) plausible: (Voltage, Voltage),
    /// Differences between cells are judged only below this current; at any without one.
    pub(super) quiet_current: Option<Current>,
    /// Below this current the path between the switches is judged more strictly.
    pub(super) small_current: Current,
}

impl Calibration {
    pub(super) fn new(config: &Config) -> Self {
        let system = config.system();
        let strict = config.profile() == Profile::Strict;
        let share = |permille| Ratio::from_permille(permille);
        Self {
            current: Gain::of(system.current_gain),
            cells: Gain::of(system.cell_gain),
            pack: Gain::of(system.pack_gain),
            ntc: NtcTable::new(&curve(config)),
            plausible: (
                Voltage::from_millivolts(system.plausible_low),
                Voltage::from_millivolts(system.plausible_high),
            ),
            quiet_current: strict.then(|| config.one_c().scaled_by(share(100))),
            small_current: config.rated_current().scaled_by(share(20)),
        }
    }
}

/// The curve of the temperature sensors: three points if they make sense, else the Beta.
fn curve(config: &Config) -> NtcCurve {
    let system = config.system();
    let point = |decicelsius, ohms| {
        Some(NtcPoint {
            decicelsius: i16::try_from(decicelsius).ok()?,
            ohms: u32::try_from(ohms).ok()?,
        })
    };
    let points = || {
        NtcCurve::three_points([
            point(system.ntc_cold, system.ntc_cold_ohms)?,
            point(system.ntc_middle, system.ntc_middle_ohms)?,
            point(system.ntc_hot, system.ntc_hot_ohms)?,
        ])
    };
    let beta = u32::try_from(system.ntc_beta).unwrap_or(0);
    let by_points = if system.ntc_cold_ohms > 0 { points() } else { None };
    by_points.unwrap_or_else(|| NtcCurve::nearest_beta(beta))
}

/// The correction of a channel's gain: what is added to a reading, as a share of it in 2⁻³⁰.
///
/// Kept in powers of two because it is applied to every cell ten times a second, and a long
/// division costs the firmware's processor as much as all else that is done with a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Gain(i64);

impl Gain {
    /// From millionths: −100,000 to 100,000 by the table of parameters.
    fn of(ppm: i32) -> Self {
        let scaled = i64::from(ppm).saturating_mul(1 << 30);
        Self(scaled.saturating_add(500_000).div_euclid(1_000_000))
    }

    /// The corrected reading, to the nearest step, held at the ends of its range.
    fn apply(self, raw: i32) -> i32 {
        if self.0 == 0 {
            return raw;
        }
        let added = i64::from(raw).saturating_mul(self.0).saturating_add(1 << 29) >> 30;
        let end = if raw < 0 { i32::MIN } else { i32::MAX };
        i32::try_from(i64::from(raw).saturating_add(added)).unwrap_or(end)
    }

    pub(super) fn voltage(self, raw: Voltage) -> Voltage {
        Voltage::from_microvolts(self.apply(raw.as_microvolts()))
    }

    pub(super) fn current(self, raw: Current) -> Current {
        Current::from_ten_microamps(self.apply(raw.as_ten_microamps()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_adds_its_share_to_within_a_step() {
        for (raw, ppm, expected) in [
            (3_300_000, 0, 3_300_000),
            (3_300_000, 1_000, 3_303_300),
            (3_300_000, -1_000, 3_296_700),
            (-20_000_000, 20_000, -20_400_000),
            (i32::MAX, 100_000, i32::MAX),
            (i32::MIN, 100_000, i32::MIN),
        ] {
            let found = Gain::of(ppm).apply(raw);
            assert!(found.abs_diff(expected) <= 1, "{raw} {ppm}: {found}");
        }
    }

    #[test]
    fn three_points_replace_the_beta_only_when_they_make_sense() {
        use cellward_params::ParamId;
        let ohms =
            |config: &Config| curve(config).ohms(cellward_units::Temperature::from_celsius(60));
        let mut config = Config::lifepo4(16);
        let usual = ohms(&config);
        assert!((2_900..3_050).contains(&usual), "Beta 3435 at 60 °C: {usual}");
        config.set(ParamId(26), 3_950).unwrap();
        assert!((2_450..2_520).contains(&ohms(&config)));
        // A cold point alone is no curve: its hot end is missing.
        config.set(ParamId(28), 33_620).unwrap();
        assert!((2_450..2_520).contains(&ohms(&config)));
        config.set(ParamId(31), 600).unwrap();
        config.set(ParamId(32), 2_700).unwrap();
        assert!((2_690..2_710).contains(&ohms(&config)));
    }
}
