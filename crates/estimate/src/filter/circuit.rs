//! What flows through the resistances now, before anything is learnt: the same for every hypothesis.

use super::cell::Cell;
use super::hypothesis::Look;
use super::law::{Law, cold};
use super::tuning as tune;
use crate::elementary::exp;

/// One sample as the filter counts: V, A of a cell of the reference capacity (positive discharges),
/// °C, s.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Sample {
    /// `None` where it was not measured.
    pub(super) volts: Option<f32>,
    /// `None` where it was not measured.
    pub(super) amps: Option<f32>,
    pub(super) celsius: f32,
    pub(super) seconds: f32,
}

/// The slow voltages of the circuit, its hysteresis, and the sums since the last look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Circuit {
    /// Drop over each resistance that comes slowly, in V with the profile's resistance.
    slow: [f32; 2],
    hysteresis: f32,
    /// Whether small currents were seen, which a sensor with a dead band does not show.
    sees_small: bool,
    /// Sums over the samples since the last look, each times its seconds.
    sum: Sums,
}

#[derive(Clone, Copy, PartialEq, Default, Debug)]
struct Sums {
    seconds: f32,
    volts: f32,
    amps: f32,
    drop: f32,
    size: f32,
    hysteresis: f32,
    hidden: f32,
    celsius: f32,
    /// Time in which the voltage was measured, and in which the current was not.
    heard: f32,
    unknown: f32,
}

impl Circuit {
    /// After a rest that followed a charge (hysteresis 1), a discharge (-1), or anything between.
    pub(super) const fn new(hysteresis: f32) -> Self {
        Self {
            slow: [0.0; 2],
            hysteresis,
            sees_small: false,
            sum: Sums {
                seconds: 0.0,
                volts: 0.0,
                amps: 0.0,
                drop: 0.0,
                size: 0.0,
                hysteresis: 0.0,
                hidden: 0.0,
                celsius: 0.0,
                heard: 0.0,
                unknown: 0.0,
            },
        }
    }

    /// Drop over resistance number `branch` that comes slowly (0 or 1) now, in V with the profile's
    /// resistance; positive after discharging.
    pub(super) fn slow(&self, branch: usize) -> f32 {
        self.slow.get(branch).copied().unwrap_or(0.0)
    }

    pub(super) const fn hysteresis(&self) -> f32 {
        self.hysteresis
    }

    /// Takes a sample of a cell that stands at `soc` by the best hypothesis, whose current channel
    /// shows `offset` too much. Gives what all samples since the last look say together once that is
    /// long enough.
    pub(super) fn sample(
        &mut self,
        sample: &Sample,
        soc: f32,
        offset: f32,
        cell: &Cell<'_>,
    ) -> Option<Look> {
        let measured = sample.amps.unwrap_or(0.0);
        let shown = measured / cell.scale();
        // A sensor shows the same nothing all the time only inside a dead band.
        let nothing = sample.amps.is_some() && shown.abs() < 1e-6;
        if sample.amps.is_some() && !nothing && shown.abs() < tune::DEAD_BAND {
            self.sees_small = true;
        }
        let amps = sample.amps.map_or(0.0, |amps| amps - offset);
        let cold = cold(sample.celsius);
        for (branch, slow) in self.slow.iter_mut().enumerate() {
            let kept = exp(-sample.seconds / cell.time_constant(branch));
            let end = amps * cell.slow(branch, soc) * cold;
            *slow = kept * *slow + (1.0 - kept) * end;
        }
        let follows = cell.follows(amps.abs() * sample.seconds);
        let side = if amps > 0.0 { -1.0 } else { 1.0 };
        self.hysteresis += follows * (side - self.hysteresis);
        let law = Law::at(sample.celsius);
        let at_once = law.drop(cell.at_once(soc), cell.ten_seconds(soc), amps);
        let drop = at_once + self.slow.iter().sum::<f32>();

        let seconds = sample.seconds;
        let sum = &mut self.sum;
        sum.seconds += seconds;
        if let Some(volts) = sample.volts {
            sum.heard += seconds;
            sum.volts += seconds * volts;
        }
        if sample.amps.is_none() {
            sum.unknown += seconds;
        }
        // What is not known is taken for what the sensor shows without current.
        sum.amps += seconds * sample.amps.unwrap_or(offset);
        sum.drop += seconds * drop;
        sum.size += seconds * drop.abs();
        sum.hysteresis += seconds * self.hysteresis;
        sum.celsius += seconds * sample.celsius;
        if nothing && !self.sees_small {
            sum.hidden += seconds;
        }
        // Half a second early: samples that come a little too soon must not double the step.
        (self.sum.seconds > tune::STEP_S - 0.5).then(|| self.look())
    }

    /// Means since the last look.
    fn look(&mut self) -> Look {
        let sum = core::mem::take(&mut self.sum);
        let mean = |sum_of: f32| sum_of / sum.seconds;
        Look {
            seconds: sum.seconds,
            // Half of the time or more, or it says too little of the whole.
            volts: if sum.heard < 0.5 * sum.seconds { None } else { Some(sum.volts / sum.heard) },
            unknown: mean(sum.unknown),
            amps: mean(sum.amps),
            drop: mean(sum.drop),
            size: mean(sum.size),
            hysteresis: mean(sum.hysteresis),
            hidden: mean(sum.hidden),
            cold: cold(mean(sum.celsius)),
        }
    }
}
