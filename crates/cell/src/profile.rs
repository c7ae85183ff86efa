//! What an installer knows of a cell: rest voltage and inner resistance over charge.

/// Points of the rest-voltage table: 0 % to 100 % in steps of 1 %.
pub const OCV_POINTS: usize = 101;

/// Charges at which resistances are given, in parts of one; closer where they change most.
pub const KNOTS: [f32; 12] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// One resistance over charge, in 1 µΩ of a cell of [`Profile::REFERENCE_AH`], at [`KNOTS`].
pub type Resistance = [u16; KNOTS.len()];

/// A cell as an equivalent circuit at 25 °C: a rest voltage with hysteresis, a resistance, and two
/// resistances that come slowly because a capacitor stands beside each.
///
/// Resistances are those of a cell of 100 Ah; one of P Ah has 100/P of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Charge between 0 and 100 %, in parts of a million of the rated one.
    pub capacity_ppm: u32,
    /// Rest voltage over charge in 0.1 mV, the mean of charging and discharging; rises strictly.
    pub ocv: [u16; OCV_POINTS],
    /// How far the rest voltage lies above that after charging and below it after discharging, in
    /// 0.1 mV.
    pub hysteresis: u16,
    /// How much of the capacity must flow for the hysteresis to follow to 1/e, as its inverse.
    pub hysteresis_rate: u16,
    /// What is there at once, then what comes by each time constant.
    pub resistance: [Resistance; 3],
    /// Time constants of the second and third resistance in s.
    pub time_constant: [u16; 2],
}

impl Profile {
    /// The capacity that resistances are given for, in Ah.
    pub const REFERENCE_AH: f32 = 100.0;

    /// Rest voltage at `soc`, in V: linear between points, the ends beyond 0 and 1.
    #[must_use]
    pub fn ocv(&self, soc: f32) -> f32 {
        let steps = soc.clamp(0.0, 1.0) * 100.0;
        let (below, share) = split(steps, OCV_POINTS);
        let at = |place: usize| f32::from(self.ocv.get(place).copied().unwrap_or(0));
        let (low, high) = (at(below), at(below.saturating_add(1)));
        (low + share * (high - low)) * 1e-4
    }

    /// Resistance number `branch` (0 to 2) at `soc`, in Ω of a cell of the reference capacity; 0 for
    /// branches that there are not.
    #[must_use]
    pub fn resistance(&self, branch: usize, soc: f32) -> f32 {
        let Some(table) = self.resistance.get(branch) else {
            return 0.0;
        };
        let soc = soc.clamp(0.0, 1.0);
        let below = KNOTS.iter().skip(1).take(KNOTS.len().saturating_sub(2));
        let below = below.take_while(|&&knot| soc > knot).count();
        let of = |values: &[f32; KNOTS.len()], place| values.get(place).copied().unwrap_or(1.0);
        let (from, to) = (of(&KNOTS, below), of(&KNOTS, below.saturating_add(1)));
        let share = (soc - from) / (to - from);
        let at = |place: usize| f32::from(table.get(place).copied().unwrap_or(0));
        let (low, high) = (at(below), at(below.saturating_add(1)));
        (low + share * (high - low)) * 1e-6
    }
}

/// The whole part of `steps`, at most the last but one of `points`, and what is left.
fn split(steps: f32, points: usize) -> (usize, f32) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "truncating is what is wanted; it is not negative, and a cast holds the ends"
    )]
    let whole = steps as usize;
    let whole = whole.min(points.saturating_sub(2));
    #[expect(clippy::cast_precision_loss, reason = "a hundred points are exact")]
    let share = steps - whole as f32;
    (whole, share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 V to 4 V, and resistances that name their knot.
    fn straight() -> Profile {
        let mut ocv = [0; OCV_POINTS];
        (30_000..).step_by(100).zip(&mut ocv).for_each(|(value, point)| *point = value);
        let mut resistance = [[0; KNOTS.len()]; 3];
        (0..).step_by(1_000).zip(&mut resistance[1]).for_each(|(value, knot)| *knot = value);
        Profile {
            capacity_ppm: 1_000_000,
            ocv,
            hysteresis: 0,
            hysteresis_rate: 60,
            resistance,
            time_constant: [15, 200],
        }
    }

    #[test]
    fn points_give_their_own_voltage_and_the_middle_lies_between() {
        let profile = straight();
        for (soc, volts) in
            [(0.0, 3.0), (0.01, 3.01), (0.015, 3.015), (0.5, 3.5), (0.995, 3.995), (1.0, 4.0)]
        {
            assert!((profile.ocv(soc) - volts).abs() < 1e-5, "{soc}: {}", profile.ocv(soc));
        }
    }

    #[test]
    fn beyond_the_ends_the_ends_hold() {
        let profile = straight();
        assert!((profile.ocv(-0.1) - 3.0).abs() < 1e-6);
        assert!((profile.ocv(1.1) - 4.0).abs() < 1e-6);
        assert!(profile.resistance(1, -1.0).abs() < 1e-9);
        assert!((profile.resistance(1, 2.0) - 11e-3).abs() < 1e-6);
        assert!(profile.resistance(3, 0.5).abs() < 1e-9, "there is no fourth");
    }

    #[test]
    fn resistances_are_those_of_their_knots_and_linear_between() {
        let profile = straight();
        for (place, knot) in (0_u8..).zip(KNOTS) {
            let milliohms = profile.resistance(1, knot) * 1e3;
            assert!((milliohms - f32::from(place)).abs() < 1e-4, "{knot}: {milliohms}");
        }
        assert!((profile.resistance(1, 0.15) * 1e3 - 2.5).abs() < 1e-4);
        assert!((profile.resistance(1, 0.025) * 1e3 - 0.5).abs() < 1e-4);
    }
}
