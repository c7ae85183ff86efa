//! The cell that is looked at: its profile and its size.

use cellward_cell::{Profile, Span};

use super::tuning as tune;
use crate::elementary::{exp, sqrt};

/// The cell that is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Cell<'a> {
    profile: &'a Profile,
    /// Reference capacity over the rated one: what currents are multiplied with.
    scale: f32,
    /// What is not known of the zero of the current channel, one sigma in parts of [`tune::OFFSET`].
    zero: f32,
}

impl<'a> Cell<'a> {
    /// A cell of `rated_ah`, which is more than 0.
    pub(super) fn new(profile: &'a Profile, rated_ah: f32) -> Self {
        Self { profile, scale: Profile::REFERENCE_AH / rated_ah, zero: 1.0 }
    }

    pub(super) const fn scale(&self) -> f32 {
        self.scale
    }

    /// The zero of the current channel is known within so many A, one sigma.
    pub(super) fn set_zero(&mut self, amps: f32) {
        self.zero = (amps / tune::OFFSET).max(0.01).min(10.0);
    }

    /// Error of the rest voltage, one sigma in V.
    pub(super) fn bias(&self) -> f32 {
        let miss = f32::from(self.profile.miss) * 1e-4;
        sqrt(tune::BIAS * tune::BIAS + miss * miss)
    }

    /// Over so much of the charge that error is the same.
    pub(super) const fn bias_span(&self) -> f32 {
        if self.profile.miss == 0 { tune::BIAS_SPAN } else { tune::GUESSED_SPAN }
    }

    /// What is not known of that zero, one sigma in parts of [`tune::OFFSET`].
    pub(super) const fn zero(&self) -> f32 {
        self.zero
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
        1.0 - exp(-turns / 3_600.0 / self.capacity_ah())
    }

    /// Where the electrodes stand when so much lithium is lost.
    pub(super) fn span(&self, lost: f32) -> Span {
        self.profile.span(lost)
    }

    /// Rest voltage in V of electrodes that stand so. Beyond empty and full it goes on straight and
    /// steep, so that a filter that went too far is led back.
    pub(super) fn ocv(&self, soc: f32, span: &Span) -> f32 {
        if soc < 0.0 {
            return self.profile.ocv(0.0) + 8.0 * soc;
        }
        if soc > 1.0 {
            return self.profile.ocv(1.0) + 4.0 * (soc - 1.0);
        }
        self.profile.ocv_aged(soc, span)
    }

    /// Resistance that is there at once, in Ω of a cell of the reference capacity at 25 °C.
    pub(super) fn at_once(&self, soc: f32) -> f32 {
        self.profile.resistance(0, soc)
    }

    /// Resistance number `branch` that comes slowly (0 or 1), in the same unit.
    pub(super) fn slow(&self, branch: usize, soc: f32) -> f32 {
        self.profile.resistance(branch.saturating_add(1), soc)
    }

    /// Resistance that is there after ten seconds, in the same unit.
    pub(super) fn ten_seconds(&self, soc: f32) -> f32 {
        let slow = (0..2).map(|branch| {
            let kept = exp(-10.0 / self.time_constant(branch));
            self.slow(branch, soc) * (1.0 - kept)
        });
        self.at_once(soc) + slow.sum::<f32>()
    }

    /// Time constant of it in s, at least 1.
    pub(super) fn time_constant(&self, branch: usize) -> f32 {
        self.profile.time_constant.get(branch).map_or(1.0, |&seconds| f32::from(seconds.max(1)))
    }
}
