//! The estimator of the firmware over what was recorded.

use cellward_estimate::{CellLimits, MAX_CELLS, Pack, Reading};
use cellward_units::{Charge, Duration, Power, Ratio, Voltage};

use crate::{Error, Named, Sample};

/// What the estimator believed at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// Since the first row.
    pub at: Duration,
    /// State of charge, 0 to 1.
    pub soc: Ratio,
    /// It is above this with 97.5 %.
    pub low: Ratio,
    /// It is below this with 97.5 %.
    pub high: Ratio,
    /// What the cell holds over its rated capacity.
    pub health: Ratio,
    /// Power of all cells that can be charged for ten seconds; `None` where it is not known.
    pub charge: Option<Power>,
    /// The same for discharging; not negative either.
    pub discharge: Option<Power>,
}

/// Lets the estimator look at every sample of a pack rated at `rated`, which remembered a charge of
/// `start` or none, and hands out what it believes after the first sample and then every `each`.
///
/// # Errors
///
/// When the rating is not positive.
pub fn replay(
    named: &Named,
    rated: Charge,
    start: Option<Ratio>,
    samples: &[Sample],
    each: Duration,
    mut row: impl FnMut(Estimate),
) -> Result<(), Error> {
    let cells = samples.first().map_or(1, |sample| sample.cells.len());
    let mut pack = Pack::new(&named.profile, rated, cells, start).ok_or_else(|| {
        let rated = rated.to_amp_hours_f64();
        Error::Nonsense(format!("no pack has {cells} cells of {rated} Ah (1 to {MAX_CELLS} cells)"))
    })?;
    let volts = |volts| {
        Voltage::from_volts_f64(volts)
            .ok_or_else(|| Error::Nonsense(format!("no cell has a limit of {volts} V")))
    };
    let limits = CellLimits { lowest: volts(named.card.min_v)?, highest: volts(named.card.max_v)? };
    let mut due = Duration::ZERO;
    for sample in samples {
        pack.sample(&Reading {
            cells: Some(&sample.cells),
            current: Some(sample.current),
            temperature: sample.temperature,
            lasted: sample.lasted,
        });
        if sample.at >= due {
            due = sample.at + each;
            let belief = pack.belief();
            let power = pack.ten_seconds(&limits, sample.temperature);
            row(Estimate {
                at: sample.at,
                soc: belief.soc,
                low: belief.low,
                high: belief.high,
                health: belief.health,
                charge: Some(power.charge.power),
                discharge: Some(power.discharge.power),
            });
        }
    }
    Ok(())
}
