//! The estimator of the firmware over what was recorded.

use cellward_estimate::Filter;
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
    /// Power per cell that can be charged for ten seconds; `None` where it is not known.
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
    let mut filter = Filter::new(&named.profile, rated, start).ok_or_else(|| {
        Error::Nonsense(format!("no pack is rated at {} Ah", rated.to_amp_hours_f64()))
    })?;
    let mut due = Duration::ZERO;
    for sample in samples {
        let Some(mean) = mean(&sample.cells) else {
            continue;
        };
        filter.sample(mean, sample.current, sample.temperature, sample.lasted);
        if sample.at >= due {
            due = sample.at + each;
            let belief = filter.belief();
            row(Estimate {
                at: sample.at,
                soc: belief.soc,
                low: belief.low,
                high: belief.high,
                health: belief.health,
                charge: None,
                discharge: None,
            });
        }
    }
    Ok(())
}

/// Mean of all cells; `None` without any.
fn mean(cells: &[Voltage]) -> Option<Voltage> {
    let sum: i64 = cells.iter().map(|cell| i64::from(cell.as_microvolts())).sum();
    let mean = sum.checked_div(i64::try_from(cells.len()).ok()?)?;
    Some(Voltage::from_microvolts(i32::try_from(mean).ok()?))
}
