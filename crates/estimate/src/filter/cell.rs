//! The cell that is looked at: its profile, its size, and how it ages.

use cellward_cell::Profile;
use libm::expf;

use super::tuning as tune;

/// How the rest-voltage curve moves when lithium or electrode is lost.
///
/// A curve is the difference of two electrodes. Seen from full, what the positive one does comes
/// earlier; seen from empty, what the negative one does comes later. Which of both shows depends on
/// which electrode has the features: graphite in LFP, the oxide over titanate in LTO, both in NMC.
/// The weights are guesses from that; the amount is learnt for each cell, and none is a fine guess
/// too, for the bounds hold what is not known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ageing {
    /// What the curve is moved towards full, as seen from full.
    from_full: f32,
    /// What the curve is moved towards empty, as seen from empty.
    from_empty: f32,
    /// What it is moved towards full over all of its length, as where material is lost, too.
    bent: f32,
}

impl Ageing {
    /// Iron phosphate against graphite.
    pub const LFP: Self = Self { from_full: 0.25, from_empty: 1.0, bent: 0.0 };
    /// Layered oxide against graphite.
    pub const NMC: Self = Self { from_full: 1.0, from_empty: 0.3, bent: 0.0 };
    /// Layered oxide against titanate.
    pub const LTO: Self = Self { from_full: 0.0, from_empty: 0.0, bent: 1.0 };
}

/// The cell that is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Cell {
    profile: Profile,
    ageing: Ageing,
    /// Reference capacity over the rated one: what currents are multiplied with.
    scale: f32,
}

/// Above this charge the knee of the positive electrode does not move.
const KNEE: f32 = 0.97;
/// Over so much below it the movement fades.
const KNEE_WIDTH: f32 = 0.04;
/// Below this charge the steep end does not move.
const FOOT: f32 = 0.1;

impl Cell {
    /// A cell of `rated_ah`, which is more than 0.
    pub(super) fn new(profile: Profile, ageing: Ageing, rated_ah: f32) -> Self {
        Self { profile, ageing, scale: Profile::REFERENCE_AH / rated_ah }
    }

    pub(super) const fn scale(&self) -> f32 {
        self.scale
    }

    /// Charge between empty and full of a new cell of the reference capacity, in Ah.
    pub(super) fn capacity_ah(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "parts of a million are exact enough")]
        let parts = self.profile.capacity_ppm as f32;
        parts * 1e-6 * Profile::REFERENCE_AH
    }

    /// Half the hysteresis in V.
    pub(super) fn hysteresis(&self) -> f32 {
        f32::from(self.profile.hysteresis) * 1e-4
    }

    /// What follows when so much charge flows, 0 to 1: 1 is all of it.
    pub(super) fn follows(&self, amp_seconds: f32) -> f32 {
        let turns = amp_seconds * f32::from(self.profile.hysteresis_rate);
        1.0 - expf(-turns / 3_600.0 / self.capacity_ah())
    }

    /// Rest voltage in V, with electrodes that slid. Beyond empty and full it goes on straight and
    /// steep, so that a filter that went too far is led back.
    pub(super) fn ocv(&self, soc: f32, slip: f32) -> f32 {
        if soc < 0.0 {
            return self.profile.ocv(0.0) + 8.0 * soc;
        }
        if soc > 1.0 {
            return self.profile.ocv(1.0) + 4.0 * (soc - 1.0);
        }
        let knee = ((KNEE - soc) / KNEE_WIDTH).clamp(0.0, 1.0);
        let foot = (soc / FOOT).clamp(0.0, 1.0);
        let left = 1.0 - soc;
        let up =
            (self.ageing.from_full * left + self.ageing.bent * libm::sqrtf(left)) * slip * foot;
        let down = self.ageing.from_empty * slip * soc * knee;
        self.profile.ocv((soc + up - down).clamp(0.0, 1.0))
    }

    /// Resistance that is there at once, in Ω of a cell of the reference capacity at 25 °C.
    pub(super) fn at_once(&self, soc: f32) -> f32 {
        self.profile.resistance(0, soc)
    }

    /// Resistance number `branch` that comes slowly (0 or 1), in the same unit.
    pub(super) fn slow(&self, branch: usize, soc: f32) -> f32 {
        self.profile.resistance(branch.saturating_add(1), soc)
    }

    /// Time constant of it in s, at least 1.
    pub(super) fn time_constant(&self, branch: usize) -> f32 {
        self.profile.time_constant.get(branch).map_or(1.0, |&seconds| f32::from(seconds.max(1)))
    }
}

/// Factor on all resistances at a temperature in °C, 1 at 25 °C (Arrhenius).
pub(super) fn cold(celsius: f32) -> f32 {
    /// Gas constant in J/(mol K).
    const GAS: f32 = 8.314;
    let kelvin = celsius.clamp(-40.0, 90.0) + 273.15;
    expf(tune::ACTIVATION / GAS * (1.0 / kelvin - 1.0 / 298.15))
}
