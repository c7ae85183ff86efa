//! The filter: an equivalent circuit, what is not known of it, and several hypotheses of the charge.
//!
//! Each hypothesis is a Kalman filter over the charge and seven things that explain the same voltage:
//! what the circuit misses at the moment, the offset of the current channel, resistance and capacity
//! of this cell over those of its profile, a constant and a tilted error of the rest voltage, and how
//! much lithium ageing took, by which the electrodes slide against each other. What only shows together is kept together by the covariance, so
//! thousands of samples with the same error do not make a wrong charge certain.
//!
//! Counted like the data: current in A of a cell of the reference capacity, positive discharges.
//! Outside all is fixed-point and positive current charges.

mod bank;
mod cell;
mod circuit;
mod hypothesis;
mod symmetric;
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cells are made here in double precision"
)]
mod tests;
mod tuning;

use cellward_cell::Profile;
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};

use bank::Bank;
use cell::Cell;
use circuit::{Circuit, Sample};

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
    /// Its resistance over that of the profile.
    pub resistance: Ratio,
}

/// The filter of one cell, or of one string of cells by their mean.
#[derive(Clone, PartialEq, Debug)]
pub struct Filter<'a> {
    cell: Cell<'a>,
    circuit: Circuit,
    bank: Bank,
}

/// 95 % of a normal distribution lie within so many sigma.
const WIDTH: f32 = 1.96;
/// Longest time that a sample may stand for; what flowed in a longer gap is not known.
const LONGEST: Duration = Duration::from_secs(60);

impl<'a> Filter<'a> {
    /// A filter for a cell that is rated at `rated`, with what was remembered of its charge. `None`
    /// where the rating is not positive.
    #[must_use]
    pub fn new(
        profile: &'a Profile,
        rated: Charge,
        remembered: Option<Ratio>,
    ) -> Option<Self> {
        let rated_ah = small(rated.to_amp_hours_f64());
        if rated_ah <= 0.0 {
            return None;
        }
        let cell = Cell::new(profile, rated_ah);
        let remembered = remembered.map(|soc| small(soc.clamped().to_f64()));
        let bank = Bank::new(remembered, &cell);
        Some(Self { cell, circuit: Circuit::new(), bank })
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
        let Some(best) = self.bank.best() else {
            return;
        };
        let sample = Sample {
            volts: small(voltage.to_volts_f64()),
            amps: -small(current.to_amps_f64()) * self.cell.scale(),
            celsius: small(temperature.to_celsius_f64()),
            seconds: small(lasted.min(LONGEST).to_secs_f64()),
        };
        let (soc, offset) = (best.soc(), best.offset());
        if let Some(look) = self.circuit.sample(&sample, soc, offset, &self.cell) {
            self.bank.look(&look, &self.cell);
        }
    }

    /// What is believed now.
    #[must_use]
    pub fn belief(&self) -> Belief {
        let belief = self.bank.belief();
        let soc = belief.soc.clamp(0.0, 1.0);
        let width = WIDTH * belief.sigma;
        let (health, resistance) =
            self.bank.best().map_or((1.0, 1.0), |best| (best.capacity(&self.cell), best.resistance()));
        let new = self.cell.capacity_ah() / Profile::REFERENCE_AH;
        Belief {
            soc: ratio(soc),
            low: ratio((soc - width).max(0.0)),
            high: ratio((soc + width).min(1.0)),
            health: ratio(health * new),
            resistance: ratio(resistance),
        }
    }
}

/// Single precision is what the filter counts in.
#[expect(clippy::cast_possible_truncation, reason = "seven digits are more than sensors have")]
const fn small(value: f64) -> f32 {
    value as f32
}

fn ratio(value: f32) -> Ratio {
    Ratio::from_f64(f64::from(value)).unwrap_or(Ratio::ZERO)
}
