//! The estimator of the firmware over what was recorded.

use cellward_estimate::{CellLimits, LONGEST_S, MAX_CELLS, Pack, Reading};
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
    /// One sigma of that; `None` where it was not told.
    pub health_within: Option<Ratio>,
    /// Power of all cells that can be charged for ten seconds; `None` where it is not known.
    pub charge: Option<Power>,
    /// The same for discharging; not negative either.
    pub discharge: Option<Power>,
}

/// So long a sample speaks for what was before it; of a longer gap nothing is known.
pub const SPEAKS_FOR: Duration = Duration::from_secs(LONGEST_S as u64);
/// After so long without a measurement nothing is left of what was believed, whatever flowed.
const FORGOTTEN: Duration = Duration::from_secs(86_400);

/// Tells the estimator that so much time went by in which nothing was measured.
fn pass_unseen(pack: &mut Pack<'_>, sample: &Sample) {
    let gap = sample.lasted.as_micros().saturating_sub(SPEAKS_FOR.as_micros());
    let mut left = gap.min(FORGOTTEN.as_micros());
    while left > 0 {
        let part = left.min(SPEAKS_FOR.as_micros());
        pack.sample(&Reading {
            cells: None,
            current: None,
            temperature: sample.temperature,
            lasted: Duration::from_micros(part),
        });
        left -= part;
    }
}

/// Lets the estimator look at every sample of a pack rated at `rated`, which remembered a charge of
/// `start` or none, and hands out what it believes after the first sample and then every `each`. In gaps
/// of more than [`SPEAKS_FOR`] any current may have flowed: what is believed grows less sure.
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
        pass_unseen(&mut pack, sample);
        pack.sample(&Reading {
            cells: Some(&sample.cells),
            current: Some(sample.current),
            temperature: sample.temperature,
            lasted: sample.lasted.min(SPEAKS_FOR),
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
                health_within: Some(belief.health_within),
                charge: Some(power.charge.power),
                discharge: Some(power.discharge.power),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use cellward_units::{Current, Temperature};

    use super::*;
    use crate::{Chemistry, generic};

    /// An hour of rest at half charge, a row every ten seconds, and one row so long after it.
    fn width_after(gap: Duration) -> f64 {
        let named = generic(Chemistry::Nmc);
        let sample = |at: Duration, lasted| Sample {
            at,
            lasted,
            cells: vec![Voltage::from_microvolts(i32::from(named.profile.ocv[50]) * 100); 3],
            current: Current::from_milliamps(0),
            temperature: Temperature::from_celsius(25),
        };
        let step = Duration::from_secs(10);
        let mut samples: Vec<Sample> =
            (1..=360).map(|row| sample(Duration::from_secs(10 * row), step)).collect();
        samples.push(sample(Duration::from_secs(3_600) + gap, gap));
        let mut last = None;
        let rated = Charge::from_milliamp_hours(100_000);
        let start = Some(Ratio::from_permille(500));
        replay(&named, rated, start, &samples, Duration::ZERO, |row| last = Some(row)).unwrap();
        let last = last.unwrap();
        last.high.to_f64() - last.low.to_f64()
    }

    #[test]
    fn a_sample_speaks_for_a_minute_and_after_a_longer_gap_less_is_sure() {
        let minute = width_after(SPEAKS_FOR);
        assert!(minute < 0.2, "{minute}");
        let hour = width_after(Duration::from_secs(3_600));
        assert!(hour > minute + 0.05, "{hour} and {minute}");
        let century = width_after(Duration::from_secs(3_000_000_000));
        assert!(century >= hour, "{century}");
    }
}
