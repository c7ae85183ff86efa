//! The simulator's own cells: rest voltage, resistances and heat of three chemistries.
//!
//! Between 5 % and 90 % the rest voltages are the mean curves at 25 °C of single-particle models
//! with published parameter sets: LFP "Prada2013" (A123), NMC "OKane2022" (LG M50), LTO the NMC
//! electrode of "OKane2022" against a titanate electrode. The ends of every curve are a *guess*,
//! shaped so that a cell rises and falls as steeply as real ones do; safe because the protection
//! never reads them. Resistances follow the ten-second resistances of the same models.
//!
//! None of this is shared with the cell models of the estimator.

use cellward_params::Chemistry;

/// What one chemistry is like. Resistances are in ohm ampere-hours: divide by the capacity.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Rest voltage in V at a state of charge (1.0 is full), rising.
    pub(crate) rest: &'static [(f64, f64)],
    /// How much stronger diffusion brakes near the ends, by state of charge.
    pub(crate) braking: &'static [(f64, f64)],
    /// Ohmic resistance at 25 °C.
    pub(crate) ohmic: f64,
    /// Resistance of the fast branch at 25 °C.
    pub(crate) fast: f64,
    /// Resistance of the slow branch (diffusion) at 25 °C, before `braking`.
    pub(crate) slow: f64,
    /// Heat that warms one cell by 1 K, in J per Ah of capacity.
    pub(crate) heat: f64,
    /// Voltage per cell for counting energy, in V.
    pub(crate) nominal: f64,
    /// A solar charger's absorption voltage per cell, in V.
    pub(crate) absorption: f64,
    /// A solar charger's float voltage per cell, in V.
    pub(crate) float: f64,
    /// Voltage per cell of a charger that does not know when to stop, in V.
    pub(crate) too_high: f64,
    /// Below this per cell a battery inverter stops, in V.
    pub(crate) inverter_stop: f64,
    /// From this per cell it starts again, in V.
    pub(crate) inverter_start: f64,
    /// Bleeding current in A. Source: vendor's product sheet, 30 mA, LTO 20 mA.
    pub(crate) bleed: f64,
}

/// Time constant of the fast branch in s; of the order that pulse tests show.
pub(crate) const FAST_SECONDS: f64 = 5.0;

/// Time constant of the slow branch in s, a *guess*: a full cell settles in one to three minutes.
pub(crate) const SLOW_SECONDS: f64 = 45.0;

#[expect(
    clippy::approx_constant,
    reason = "a rest voltage of 3.141 V has nothing to do with circles"
)]
static LFP: Figures = Figures {
    rest: &[
        (-0.10, 0.0),
        (-0.05, 0.8),
        (-0.02, 1.7),
        (-0.01, 2.2),
        (0.0, 2.5),
        (0.02, 2.72),
        (0.05, 2.8919),
        (0.10, 3.0304),
        (0.15, 3.1410),
        (0.20, 3.1756),
        (0.25, 3.1910),
        (0.30, 3.2133),
        (0.35, 3.2388),
        (0.40, 3.2556),
        (0.45, 3.2633),
        (0.50, 3.2664),
        (0.55, 3.2680),
        (0.60, 3.2689),
        (0.65, 3.2701),
        (0.70, 3.2748),
        (0.75, 3.2939),
        (0.80, 3.3099),
        (0.85, 3.3132),
        (0.90, 3.3160),
        (0.95, 3.3400),
        (0.98, 3.3620),
        (1.0, 3.3950),
        (1.01, 3.6000),
        (1.02, 3.9000),
        (1.10, 5.0),
    ],
    // A cell at 3.65 V under 0.35 C has to settle near 3.39 V, so that near 100 % about 0.26 V
    // is overpotential: 0.35 × (0.045 + 0.025 + 0.05 × 17), less what the slow branch lags.
    braking: &[
        (-0.10, 8.0),
        (0.0, 6.0),
        (0.02, 3.0),
        (0.10, 1.0),
        (0.93, 1.0),
        (0.96, 2.5),
        (0.98, 8.0),
        (1.0, 17.0),
        (1.10, 20.0),
    ],
    ohmic: 0.045,
    fast: 0.025,
    slow: 0.05,
    heat: 19.3,
    nominal: 3.2,
    absorption: 3.45,
    float: 3.375,
    too_high: 4.0,
    inverter_stop: 3.13,
    inverter_start: 3.22,
    bleed: 0.030,
};

static NMC: Figures = Figures {
    rest: &[
        (-0.10, 0.0),
        (-0.05, 1.2),
        (-0.02, 2.2),
        (0.0, 2.8),
        (0.02, 2.98),
        (0.05, 3.1765),
        (0.10, 3.3473),
        (0.15, 3.4595),
        (0.20, 3.4924),
        (0.25, 3.5431),
        (0.30, 3.5927),
        (0.35, 3.6346),
        (0.40, 3.6747),
        (0.45, 3.7113),
        (0.50, 3.7579),
        (0.55, 3.8038),
        (0.60, 3.8446),
        (0.65, 3.8965),
        (0.70, 3.9459),
        (0.75, 3.9948),
        (0.80, 4.0418),
        (0.85, 4.0811),
        (0.90, 4.0964),
        (0.95, 4.1221),
        (1.0, 4.2),
        (1.05, 4.35),
        (1.10, 4.6),
    ],
    braking: &[
        (-0.10, 5.0),
        (0.0, 4.0),
        (0.05, 2.0),
        (0.12, 1.0),
        (0.90, 1.0),
        (1.0, 2.0),
        (1.10, 2.5),
    ],
    ohmic: 0.10,
    fast: 0.045,
    slow: 0.10,
    heat: 17.0,
    nominal: 3.65,
    absorption: 4.10,
    float: 4.05,
    too_high: 4.6,
    inverter_stop: 3.46,
    inverter_start: 3.56,
    bleed: 0.030,
};

static LTO: Figures = Figures {
    rest: &[
        (-0.10, 0.0),
        (-0.05, 0.7),
        (-0.02, 1.3),
        (0.0, 1.7),
        (0.02, 1.9),
        (0.05, 2.0171),
        (0.10, 2.0518),
        (0.15, 2.0757),
        (0.20, 2.0991),
        (0.25, 2.1225),
        (0.30, 2.1459),
        (0.35, 2.1695),
        (0.40, 2.1933),
        (0.45, 2.2179),
        (0.50, 2.2446),
        (0.55, 2.2761),
        (0.60, 2.3159),
        (0.65, 2.3619),
        (0.70, 2.4052),
        (0.75, 2.4419),
        (0.80, 2.4762),
        (0.85, 2.5135),
        (0.90, 2.5569),
        (0.95, 2.6037),
        (1.0, 2.65),
        (1.02, 2.78),
        (1.04, 3.0),
        (1.10, 3.5),
    ],
    braking: &[
        (-0.10, 5.0),
        (0.0, 4.0),
        (0.05, 1.5),
        (0.10, 1.0),
        (0.95, 1.0),
        (1.0, 3.0),
        (1.10, 5.0),
    ],
    ohmic: 0.034,
    fast: 0.0145,
    slow: 0.03,
    heat: 30.0,
    nominal: 2.25,
    absorption: 2.65,
    float: 2.60,
    too_high: 3.0,
    inverter_stop: 2.07,
    inverter_start: 2.12,
    bleed: 0.020,
};

impl Figures {
    /// The figures of a chemistry.
    pub(crate) fn of(chemistry: Chemistry) -> &'static Self {
        match chemistry {
            Chemistry::Lfp => &LFP,
            Chemistry::Nmc => &NMC,
            Chemistry::Lto => &LTO,
        }
    }
}

/// Lowest state of charge in the table; below it the line of the last step goes on.
const LOWEST: f64 = -0.10;
/// Steps per unit of state of charge: 0.5 % each.
const STEPS_PER_UNIT: f64 = 200.0;
/// Steps from -10 % to 110 %.
const STEPS: usize = 240;

/// A curve over the state of charge, resampled to even steps so that a look-up needs no search.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    points: [f64; STEPS + 1],
}

/// A value of a curve with its rise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// The value.
    pub(crate) value: f64,
    /// How much it rises per unit of state of charge.
    pub(crate) slope: f64,
}

impl Curve {
    /// Straight lines between the knots.
    pub(crate) fn through(knots: &[(f64, f64)]) -> Self {
        let mut points = [0.0; STEPS + 1];
        for (step, point) in (0_u32..).zip(points.iter_mut()) {
            *point = between(knots, LOWEST + f64::from(step) / STEPS_PER_UNIT);
        }
        Self { points }
    }

    /// Value and slope at a state of charge.
    pub(crate) fn at(&self, soc: f64) -> Spot {
        let steps = (soc - LOWEST) * STEPS_PER_UNIT;
        // A float cast saturates, so what lies below the table uses its first step.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is held inside of the table on the same line"
        )]
        let place = (steps as usize).min(STEPS - 1);
        let (low, high) = (self.points[place], self.points[place + 1]);
        #[expect(clippy::cast_precision_loss, reason = "place is at most 239")]
        let share = steps - place as f64;
        Spot { value: low + (high - low) * share, slope: (high - low) * STEPS_PER_UNIT }
    }
}

/// The height of the line through the knots at `x`; flat beyond the ends.
fn between(knots: &[(f64, f64)], x: f64) -> f64 {
    let mut before = knots[0];
    for &knot in knots {
        if x <= knot.0 {
            let width = knot.0 - before.0;
            if width <= 0.0 {
                return knot.1;
            }
            return before.1 + (knot.1 - before.1) * (x - before.0) / width;
        }
        before = knot;
    }
    before.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rest_curve_rises_over_its_whole_length() {
        for &chemistry in Chemistry::ALL {
            let curve = Curve::through(Figures::of(chemistry).rest);
            assert!(curve.points.windows(2).all(|pair| pair[0] < pair[1]), "{chemistry:?}");
        }
    }

    #[test]
    fn a_look_up_between_two_steps_lies_on_the_line() {
        let curve = Curve::through(LFP.rest);
        assert!((curve.at(1.0).value - 3.395).abs() < 1e-9);
        assert!((curve.at(1.0025).value - (3.395 + 0.205 / 4.0)).abs() < 1e-9);
        assert!((curve.at(0.0).value - 2.5).abs() < 1e-9);
        assert!((curve.at(1.002).slope - 20.5).abs() < 1e-6);
    }

    #[test]
    fn beyond_the_table_the_last_line_goes_on() {
        let curve = Curve::through(LFP.rest);
        assert!(curve.at(1.2).value > curve.at(1.1).value);
        assert!(curve.at(-0.2).value < 0.0);
    }
}
