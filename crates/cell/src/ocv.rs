//! Rest voltage over charge.

use cellward_units::{Ratio, Voltage};

/// Points of a curve: 0 % to 100 % in steps of 5 %.
const POINTS: usize = 21;

/// The rest voltage of a cell from empty to full, in 21 equal steps of charge.
///
/// Source: the open-circuit tables of the Libre Solar BMS firmware (`bms_soc.c`), which print them
/// from full to empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OcvCurve {
    /// Millivolts at 0 %, 5 %, … 100 %; strictly rising.
    millivolts: [i32; POINTS],
}

impl OcvCurve {
    /// Lithium iron phosphate.
    pub const LFP: Self = Self {
        millivolts: [
            2_833, 3_132, 3_177, 3_190, 3_213, 3_226, 3_240, 3_252, 3_262, 3_264, 3_265, 3_268,
            3_271, 3_275, 3_283, 3_296, 3_304, 3_308, 3_309, 3_314, 3_392,
        ],
    };
    /// Nickel manganese cobalt.
    pub const NMC: Self = Self {
        millivolts: [
            2_800, 3_588, 3_684, 3_702, 3_726, 3_745, 3_764, 3_787, 3_803, 3_819, 3_838, 3_858,
            3_883, 3_924, 3_962, 3_993, 4_026, 4_056, 4_089, 4_135, 4_198,
        ],
    };
    /// Lithium titanate.
    pub const LTO: Self = Self {
        millivolts: [
            2_000, 2_105, 2_125, 2_141, 2_154, 2_166, 2_177, 2_187, 2_198, 2_210, 2_224, 2_240,
            2_259, 2_282, 2_309, 2_340, 2_376, 2_415, 2_458, 2_513, 2_800,
        ],
    };

    /// State of charge that rests at `voltage`, linear between points, 0 and 100 % beyond the
    /// ends.
    ///
    /// On the flat parts of LFP one millivolt is three points of charge, so this is a first word
    /// after a start without memory, never an anchor.
    #[must_use]
    pub fn soc_from_ocv(&self, voltage: Voltage) -> Ratio {
        let microvolts = voltage.as_microvolts();
        let mut below: Option<(i32, i32)> = None;
        for (step, &millivolts) in (0_i32..).zip(&self.millivolts) {
            let here = millivolts.saturating_mul(1_000);
            let soc = step.saturating_mul(50_000);
            if microvolts < here {
                let Some((soc_below, voltage_below)) = below else {
                    return Ratio::ZERO;
                };
                let into = i64::from(microvolts.saturating_sub(voltage_below));
                let width = i64::from(here.saturating_sub(voltage_below));
                let share = into.saturating_mul(50_000).checked_div(width).unwrap_or(0);
                let ppm = i64::from(soc_below).saturating_add(share);
                return Ratio::from_ppm(i32::try_from(ppm).unwrap_or(0)).clamped();
            }
            below = Some((soc, here));
        }
        Ratio::ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_curve_rises() {
        for curve in [OcvCurve::LFP, OcvCurve::NMC, OcvCurve::LTO] {
            assert!(curve.millivolts.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn points_give_their_own_charge_and_the_middle_lies_between() {
        let soc = |mv| OcvCurve::LFP.soc_from_ocv(Voltage::from_millivolts(mv)).as_permille();
        assert_eq!(soc(2_833), 0);
        assert_eq!(soc(3_226), 250);
        assert_eq!(soc(3_392), 1_000);
        assert_eq!(soc(3_353), 975);
    }

    #[test]
    fn beyond_the_ends_it_is_empty_or_full() {
        let soc = |mv| OcvCurve::NMC.soc_from_ocv(Voltage::from_millivolts(mv));
        assert_eq!(soc(2_799), Ratio::ZERO);
        assert_eq!(soc(4_500), Ratio::ONE);
    }
}
