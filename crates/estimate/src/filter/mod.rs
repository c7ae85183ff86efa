//! The filter: an equivalent circuit, what is not known of it, and several hypotheses of the charge.
//!
//! Each hypothesis is a Kalman filter over the charge and seven things that explain the same voltage:
//! what the circuit misses at the moment, the offset of the current channel, resistance and capacity
//! of this cell over those of its profile, an error of the voltage that is the same for days and one that
//! is another one elsewhere on the curve, and how much lithium ageing took, by which the electrodes slide
//! against each other. What only shows together is kept together by the covariance, so thousands of
//! samples with the same error do not make a wrong charge certain.
//!
//! Counted like the data: current in A of a cell of the reference capacity, positive discharges.
//! Outside all is fixed-point and positive current charges.

mod bank;
mod cell;
mod circuit;
mod hypothesis;
mod law;
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cells are made here in double precision"
)]
mod oracle;
mod power;
mod symmetric;
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cells are made here in double precision"
)]
mod tests;
mod tuning;

use cellward_cell::{Profile, Span};
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};

use crate::elementary::unit;
use crate::single;
use bank::{Bank, Start};
use cell::Cell;
use circuit::{Circuit, Sample};
pub(crate) use hypothesis::Learnt;
pub(crate) use power::{At, MOST, Way};

/// What the filter believes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Belief {
    /// State of charge in parts of what the cell holds now, 0 to 1.
    pub soc: Ratio,
    /// The charge is above this with 97.5 %, 0 to 1.
    pub low: Ratio,
    /// The charge is below this with 97.5 %, 0 to 1.
    pub high: Ratio,
    /// What the cell holds over its rated capacity.
    pub health: Ratio,
    /// One sigma of that.
    pub health_within: Ratio,
    /// Its resistance over that of the profile.
    pub resistance: Ratio,
}

/// The same in single precision: charge, bounds, what the cell holds over its rating with one sigma, and
/// resistance over that of the profile.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Figures {
    pub(crate) soc: f32,
    pub(crate) low: f32,
    pub(crate) high: f32,
    pub(crate) holds: f32,
    pub(crate) within: f32,
    pub(crate) resistance: f32,
}

/// What all cells of a string have in common over the time of a look, by the best hypothesis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Common {
    /// How long it was, in s.
    pub(crate) seconds: f32,
    /// Charge of the mean cell.
    pub(crate) soc: f32,
    /// What it moved by, in parts of what the mean cell holds.
    pub(crate) moved: f32,
    /// Mean drop of voltage over its resistances in V; positive while discharging.
    pub(crate) drop: f32,
    /// Where its electrodes stand.
    pub(crate) span: Span,
}

/// The filter of one cell, or of one string of cells by their mean.
#[derive(Clone, PartialEq, Debug)]
pub struct Filter<'a> {
    cell: Cell<'a>,
    /// What flows out beside the current channel, in A of a cell of the reference capacity.
    beside: f32,
    circuit: Circuit,
    bank: Bank,
}

/// 95 % of a normal distribution lie within so many sigma.
pub(crate) const WIDTH: f32 = 1.96;
/// Longest time that a sample may stand for, in s; what flowed in a longer gap is not known.
pub const LONGEST_S: u16 = 60;
/// The same as a number to reckon with.
pub(crate) const LONGEST: f32 = LONGEST_S as f32;

impl<'a> Filter<'a> {
    /// A filter for a cell that is rated at `rated`, with what was remembered of its charge. `None`
    /// where the rating is not positive.
    #[must_use]
    pub fn new(profile: &'a Profile, rated: Charge, remembered: Option<Ratio>) -> Option<Self> {
        let charge = remembered.map(|soc| (single::share(soc.clamped()), tuning::REMEMBERED));
        Self::restored(profile, rated, charge, None, 0.0)
    }

    /// The zero of the current channel has been learnt, to one sigma of so much.
    pub(crate) fn zero_found(&mut self, within: Current) {
        self.cell.set_zero(single::amps(within).abs());
        self.bank.zero_found(&self.cell);
    }

    /// What flows beside the current channel all the time; positive charges.
    pub(crate) fn set_beside(&mut self, current: Current) {
        self.beside = -single::amps(current) * self.cell.scale();
    }

    /// A filter that goes on where one ended: with its charge, unless that is no longer known, and with
    /// what it had learnt. `None` where the rating is not positive.
    pub(crate) fn restored(
        profile: &'a Profile,
        rated: Charge,
        charge: Option<(f32, f32)>,
        learnt: Option<&Learnt>,
        hysteresis: f32,
    ) -> Option<Self> {
        let rated_ah = single::amp_hours(rated);
        if rated_ah <= 0.0 {
            return None;
        }
        let cell = Cell::new(profile, rated_ah);
        let charge = charge.map(|(soc, sigma)| bank::Belief { soc, sigma });
        let bank = Bank::new(charge, Start::Around, learnt, &cell);
        Some(Self { cell, circuit: Circuit::new(hysteresis), bank, beside: 0.0 })
    }

    /// The charge is `soc` to one `sigma`, as something says that is no sensor; what was learnt of the
    /// cell stays.
    pub(crate) fn place(&mut self, soc: f32, sigma: f32) {
        self.begin_anew(bank::Belief { soc, sigma }, Start::Here);
    }

    fn begin_anew(&mut self, charge: bank::Belief, start: Start) {
        let best = self.bank.best();
        let learnt = best.map(hypothesis::Hypothesis::learnt);
        // In what was learnt it is the sum of two that are known less well than their sum.
        let holds = best.map(|best| (best.capacity(&self.cell), best.capacity_sigma(&self.cell)));
        self.bank = Bank::new(Some(charge), start, learnt.as_ref(), &self.cell);
        if let Some((capacity, sigma)) = holds {
            self.bank.holds(capacity, sigma, &self.cell);
        }
    }

    /// What the cell holds over its rated capacity was found out, to a sigma.
    pub(crate) fn holds(&mut self, health: f32, sigma: f32) {
        let new = self.cell.capacity_ah() / Profile::REFERENCE_AH;
        self.bank.holds(health / new, sigma / new, &self.cell);
    }

    /// Offset of the current channel, in A with positive current charging, and one sigma.
    pub(crate) fn offset(&self) -> (f32, f32) {
        let scale = self.cell.scale();
        let best = self.bank.best();
        let amps = |of: f32| of / scale;
        best.map_or((0.0, 0.0), |best| (-amps(best.offset()), amps(best.offset_sigma())))
    }

    /// The charge was remembered; what was learnt of the cell stays.
    pub(crate) fn remember(&mut self, soc: f32) {
        self.begin_anew(bank::Belief { soc, sigma: tuning::REMEMBERED }, Start::Around);
    }

    /// Charge with one sigma, what was learnt, and the hysteresis from -1 to 1.
    pub(crate) fn memory(&self) -> Option<((f32, f32), Learnt, f32)> {
        let belief = self.bank.belief();
        let charge = (belief.soc, belief.sigma);
        Some((charge, self.bank.best()?.learnt(), self.circuit.hysteresis()))
    }

    /// Takes in what was measured over the last `lasted`. Positive current charges. Of a time longer
    /// than a minute only a minute is counted.
    pub fn sample(
        &mut self,
        voltage: Voltage,
        current: Current,
        temperature: Temperature,
        lasted: Duration,
    ) {
        let seconds = single::seconds(lasted).min(LONGEST);
        let _looked =
            self.take(Some(voltage), Some(current), single::celsius(temperature), seconds);
    }

    /// The same with what may not have been measured, in °C and s, and says what the cells of a string have
    /// in common whenever the voltage was looked at.
    pub(crate) fn take(
        &mut self,
        voltage: Option<Voltage>,
        current: Option<Current>,
        celsius: f32,
        seconds: f32,
    ) -> Option<Common> {
        let best = self.bank.best()?;
        let sample = Sample {
            volts: voltage.map(single::volts),
            amps: current.map(|current| -single::amps(current) * self.cell.scale()),
            celsius,
            seconds,
        };
        let (soc, offset) = (best.soc(), best.offset());
        let mut look = self.circuit.sample(&sample, soc, offset, &self.cell)?;
        // Only now: what the channel shows also says whether it has a dead band.
        look.amps += self.beside;
        self.bank.look(&look, &self.cell);
        let best = self.bank.best()?;
        Some(Common {
            seconds: look.seconds,
            soc: best.soc(),
            moved: best.moved(&look, &self.cell),
            drop: look.drop * best.resistance(),
            span: best.span(&self.cell),
        })
    }

    /// Rest voltage in V at a charge, of electrodes that stand so.
    pub(crate) fn ocv(&self, soc: f32, span: &Span) -> f32 {
        self.cell.ocv(soc, span)
    }

    /// What is believed now.
    #[must_use]
    pub fn belief(&self) -> Belief {
        let figures = self.figures();
        Belief {
            soc: single::ratio(figures.soc),
            low: single::ratio(figures.low),
            high: single::ratio(figures.high),
            health: single::ratio(figures.holds),
            health_within: single::ratio(figures.within),
            resistance: single::ratio(figures.resistance),
        }
    }

    /// The same in single precision.
    #[inline(never)]
    pub(crate) fn figures(&self) -> Figures {
        let belief = self.bank.belief();
        let soc = unit(belief.soc);
        let width = WIDTH * belief.sigma;
        let (holds, within, resistance) = self.bank.best().map_or((1.0, 1.0, 1.0), |best| {
            (best.capacity(&self.cell), best.capacity_sigma(&self.cell), best.resistance())
        });
        let new = self.cell.capacity_ah() / Profile::REFERENCE_AH;
        Figures {
            soc,
            low: unit(soc - width),
            high: unit(soc + width),
            holds: holds * new,
            within: within * new,
            resistance,
        }
    }
}
