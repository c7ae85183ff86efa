//! What an installer knows of a cell: rest voltage and inner resistance over charge.

use cellward_units::{Ratio, Voltage};

/// Points of the rest-voltage table: 0 % to 100 % in steps of 1 %.
pub const OCV_POINTS: usize = 101;

/// Charges at which resistances are given, in parts of one; closer where they change most.
pub const KNOTS: [f32; 12] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// Lithium lost to ageing for which a profile says where its electrodes stand, in parts of what a new
/// cell holds; [`Profile::slides`] has an entry for each.
pub const LOSSES: [f32; 5] = [0.05, 0.1, 0.15, 0.2, 0.25];

/// Where both electrodes stand when the cell is empty and when it is full, in parts of one: 0 and 1
/// are where those of a new cell stand.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Span {
    /// The positive electrode, empty and full.
    pub positive: [f32; 2],
    /// The negative electrode, empty and full.
    pub negative: [f32; 2],
}

impl Span {
    /// That of a new cell.
    pub const NEW: Self = Self { positive: [0.0, 1.0], negative: [0.0, 1.0] };

    /// What the cell still holds of what it held when new, as far as lost lithium decides it.
    #[must_use]
    pub fn holds(&self) -> f32 {
        let [empty, full] = self.positive;
        full - empty
    }
}

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
    /// Potential of the negative electrode at the same charges in 0.1 mV; falls. With the rest voltage
    /// added it is that of the positive one.
    pub negative: [u16; OCV_POINTS],
    /// Where the electrodes stand at [`LOSSES`], in 1/10000: the positive when empty and when full,
    /// the negative when empty and when full.
    pub slides: [[i16; 4]; LOSSES.len()],
    /// How far the rest voltage lies above that after charging and below it after discharging, in
    /// 0.1 mV.
    pub hysteresis: u16,
    /// How much of the capacity must flow for the hysteresis to follow to 1/e, as its inverse.
    pub hysteresis_rate: u16,
    /// What is there at once, then what comes by each time constant.
    pub resistance: [Resistance; 3],
    /// Time constants of the second and third resistance in s.
    pub time_constant: [u16; 2],
    /// How far the rest voltage may be off because nobody measured this cell, one sigma in 0.1 mV; 0 for
    /// a profile that was fitted.
    pub miss: u16,
}

impl Profile {
    /// The capacity that resistances are given for, in Ah.
    pub const REFERENCE_AH: f32 = 100.0;

    /// Rest voltage at `soc`, in V: linear between points, the ends beyond 0 and 1.
    #[must_use]
    pub fn ocv(&self, soc: f32) -> f32 {
        let steps = soc.max(0.0).min(1.0) * 100.0;
        let (below, share) = split(steps, OCV_POINTS);
        let at = |place: usize| f32::from(self.ocv.get(place).copied().unwrap_or(0));
        let (low, high) = (at(below), at(below.saturating_add(1)));
        (low + share * (high - low)) * 1e-4
    }

    /// State of charge that rests at `voltage`: linear between points, 0 and 100 % beyond the ends.
    ///
    /// On the flat parts of LFP one millivolt is several points of charge, so this is a first word
    /// after a start without memory, never an anchor.
    #[must_use]
    pub fn soc_at(&self, voltage: Voltage) -> Ratio {
        /// Parts of a million from one point to the next.
        const STEP: i32 = 10_000;
        let microvolts = voltage.as_microvolts();
        let mut below: Option<(i32, i32)> = None;
        for (place, &point) in (0_i32..).zip(&self.ocv) {
            let here = i32::from(point).saturating_mul(100);
            let soc = place.saturating_mul(STEP);
            if microvolts < here {
                let Some((soc_below, voltage_below)) = below else {
                    return Ratio::ZERO;
                };
                let into = i64::from(microvolts.saturating_sub(voltage_below));
                let width = i64::from(here.saturating_sub(voltage_below));
                let share = into.saturating_mul(i64::from(STEP)).checked_div(width).unwrap_or(0);
                let ppm = i64::from(soc_below).saturating_add(share);
                return Ratio::from_ppm(i32::try_from(ppm).unwrap_or(0)).clamped();
            }
            below = Some((soc, here));
        }
        Ratio::ONE
    }

    /// Where the electrodes stand when `lost` of the lithium is lost, in parts of what a new cell
    /// holds: linear between [`LOSSES`], and straight on beyond them.
    ///
    /// A curve of rest voltages is the difference of two electrodes. Lithium that is lost shifts them
    /// against each other, and the limits of voltage then leave less of both in between. Source: C. R.
    /// Birkl et al., *Degradation diagnostics for lithium ion cells*, J. Power Sources 341 (2017).
    #[must_use]
    pub fn span(&self, lost: f32) -> Span {
        let steps = lost / LOSSES[0];
        let (below, share) = split(steps, LOSSES.len().saturating_add(1));
        let at = |place: usize, new: f32, which: usize| {
            let Some(place) = place.checked_sub(1) else {
                return new;
            };
            let slid = self.slides.get(place).and_then(|slide| slide.get(which));
            slid.map_or(new, |&slid| f32::from(slid) * 1e-4)
        };
        let one = |which: usize, new: f32| {
            let (low, high) = (at(below, new, which), at(below.saturating_add(1), new, which));
            low + share * (high - low)
        };
        Span { positive: [one(0, 0.0), one(1, 1.0)], negative: [one(2, 0.0), one(3, 1.0)] }
    }

    /// Rest voltage in V at `soc`, in parts of what the cell holds now, of electrodes that stand so.
    /// Beyond the ends of its table an electrode goes straight on.
    #[must_use]
    pub fn ocv_aged(&self, soc: f32, span: &Span) -> f32 {
        let stand = |[empty, full]: [f32; 2]| (empty + (full - empty) * soc) * 100.0;
        let negative = |place: usize| f32::from(self.negative.get(place).copied().unwrap_or(0));
        let ocv = |place: usize| f32::from(self.ocv.get(place).copied().unwrap_or(0));
        let (below, share) = split(stand(span.positive), OCV_POINTS);
        let above = below.saturating_add(1);
        let (low, high) = (ocv(below) + negative(below), ocv(above) + negative(above));
        let positive = low + share * (high - low);
        let (below, share) = split(stand(span.negative), OCV_POINTS);
        let (low, high) = (negative(below), negative(below.saturating_add(1)));
        (positive - low - share * (high - low)) * 1e-4
    }

    /// Resistance number `branch` (0 to 2) at `soc`, in Ω of a cell of the reference capacity; 0 for
    /// branches that there are not.
    #[must_use]
    pub fn resistance(&self, branch: usize, soc: f32) -> f32 {
        let Some(table) = self.resistance.get(branch) else {
            return 0.0;
        };
        let soc = soc.max(0.0).min(1.0);
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

/// The whole part of `steps`, from 0 to the last but one of `points`, and what is left, which beyond
/// the ends is below 0 or above 1.
fn split(steps: f32, points: usize) -> (usize, f32) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "truncating is what is wanted, and a cast holds the ends"
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
            negative: [2_000; OCV_POINTS],
            slides: [[0, 10_000, 0, 10_000]; LOSSES.len()],
            hysteresis: 0,
            hysteresis_rate: 60,
            resistance,
            time_constant: [15, 200],
            miss: 0,
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
    fn a_rest_voltage_has_the_charge_of_its_point_and_between_points_a_share() {
        let soc = |microvolts| straight().soc_at(Voltage::from_microvolts(microvolts)).as_ppm();
        for (microvolts, ppm) in [
            (2_999_999, 0),
            (3_000_000, 0),
            (3_000_100, 100),
            (3_250_000, 250_000),
            (3_255_000, 255_000),
            (3_999_900, 999_900),
            (4_000_000, 1_000_000),
            (i32::MAX, 1_000_000),
            (i32::MIN, 0),
        ] {
            assert_eq!(soc(microvolts), ppm, "{microvolts} µV");
        }
    }

    #[test]
    fn the_charge_at_a_rest_voltage_rests_at_it() {
        for profile in [Profile::LFP, Profile::NMC, Profile::LTO] {
            for &point in &profile.ocv {
                let volts = f32::from(point) * 1e-4;
                let soc = profile.soc_at(Voltage::from_microvolts(i32::from(point) * 100));
                let back = profile.ocv(soc.as_ppm() as f32 * 1e-6);
                assert!((back - volts).abs() < 2e-5, "{volts} V, {soc:?}: {back}");
            }
        }
    }

    #[test]
    fn electrodes_that_stand_as_when_new_give_the_rest_voltage() {
        let mut profile = straight();
        (0..).zip(&mut profile.negative).for_each(|(k, point)| *point = 5_000 - 7 * k);
        for soc in [0.0, 0.013, 0.5, 0.995, 1.0] {
            let aged = profile.ocv_aged(soc, &Span::NEW);
            assert!((aged - profile.ocv(soc)).abs() < 1e-5, "{soc}: {aged}");
        }
        assert_eq!(profile.span(0.0), Span::NEW);
    }

    #[test]
    fn electrodes_slide_straight_from_loss_to_loss_and_on() {
        let mut profile = straight();
        for (place, slide) in (1_i16..).zip(&mut profile.slides) {
            *slide = [450 * place, 10_000, -50 * place, 10_000 - 500 * place];
        }
        for (lost, empty, full) in [(0.05, 0.045, 0.95), (0.075, 0.0675, 0.925), (0.3, 0.27, 0.7)] {
            let span = profile.span(lost);
            assert!((span.positive[0] - empty).abs() < 1e-5, "{span:?}");
            assert!((span.negative[1] - full).abs() < 1e-5, "{span:?}");
            assert!((span.holds() - (1.0 - empty)).abs() < 1e-5, "{span:?}");
        }
        let before = profile.span(-0.01);
        assert!((before.positive[0] + 0.009).abs() < 1e-5, "{before:?}");
    }

    #[test]
    fn a_slid_electrode_is_read_where_it_stands() {
        // The positive one rises by 1 V over its length, the negative one falls by 0.1 V.
        let mut profile = straight();
        (0..).zip(&mut profile.negative).for_each(|(k, point)| *point = 5_000 - 10 * k);
        (0..).zip(&mut profile.ocv).for_each(|(k, point)| *point = 30_000 + 110 * k);
        let span = Span { positive: [0.1, 1.05], negative: [-0.02, 0.9] };
        for (soc, positive, negative) in [(0.0, 3.6, 0.502), (0.5, 4.075, 0.456), (1.0, 4.55, 0.41)]
        {
            let volts = profile.ocv_aged(soc, &span);
            assert!((volts - (positive - negative)).abs() < 1e-5, "{soc}: {volts}");
        }
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
