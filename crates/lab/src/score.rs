//! How far estimates are from a truth that is known.

use std::path::Path;

use cellward_units::{Duration, Ratio};

use crate::sensor::duration;
use crate::table::rows;
use crate::{Error, Estimate};

/// The true charge of a cell, second by second from the first row on.
#[derive(Clone, PartialEq, Debug)]
pub struct Truth {
    soc: Vec<f64>,
}

/// Reads the column `soc_pm` (in 1/100000) of a file with a row a second.
///
/// # Errors
///
/// When it cannot be read; the error names the line.
pub fn read_truth(path: &Path) -> Result<Truth, Error> {
    let mut soc = Vec::new();
    rows(path, &[("soc_pm", 1e-5)], |[value]| {
        soc.push(value);
        Ok(())
    })?;
    if soc.is_empty() {
        return Err(Error::File { path: path.to_owned(), reason: "it has no rows".to_owned() });
    }
    Ok(Truth { soc })
}

impl Truth {
    /// The true charge, second by second, in parts of one.
    #[must_use]
    pub fn soc(&self) -> &[f64] {
        &self.soc
    }
}

/// Reads estimates that `cellward estimate` wrote. A power that is not known stays so.
///
/// # Errors
///
/// When the file cannot be read, a column is missing or a number is none; the error names the line.
pub fn read_estimates(path: &Path) -> Result<Vec<Estimate>, Error> {
    let mut estimates = Vec::new();
    let columns = ["time_s", "soc", "soc_lo", "soc_hi", "soh"].map(|name| (name, 1.0));
    rows(path, &columns, |[time, soc, low, high, health]| {
        let ratio = |value| Ratio::from_f64(value).ok_or_else(|| format!("{value} is no share"));
        estimates.push(Estimate {
            at: duration(time).ok_or_else(|| format!("{time} s is no time"))?,
            soc: ratio(soc)?,
            low: ratio(low)?,
            high: ratio(high)?,
            health: ratio(health)?,
            health_within: None,
            charge: None,
            discharge: None,
        });
        Ok(())
    })?;
    Ok(estimates)
}

/// How good the estimates of a run were, in points of charge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Score {
    /// Root mean square of the error after the first hour.
    pub rms: f64,
    /// Largest error after the first hour.
    pub worst: f64,
    /// Share of all time in which the bounds held the truth, 0 to 100.
    pub coverage: f64,
    /// Mean distance of the bounds.
    pub width: f64,
    /// Error of the last estimate.
    pub end: f64,
    /// Points between the lowest and the highest true charge.
    pub swing: f64,
    /// The last estimate of what the cell holds, in parts of its rating.
    pub health: f64,
}

/// Rows in the first hour, in which nothing is held against an estimate.
const FIRST_HOUR: usize = 3_600;

impl Truth {
    /// Compares: an estimate holds until the next one. Of a run shorter than four hours its first
    /// quarter is left out instead of an hour. `None` without estimates.
    #[must_use]
    pub fn score(&self, estimates: &[Estimate]) -> Option<Score> {
        let mut next = estimates.iter().peekable();
        let mut now = *next.peek()?;
        let (mut squares, mut late, mut worst) = (0.0, 0.0, 0.0_f64);
        let (mut inside, mut width, mut all) = (0.0, 0.0, 0.0);
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut end = 0.0;
        let skipped = FIRST_HOUR.min(self.soc.len() / 4);
        for (row, &truth) in self.soc.iter().enumerate() {
            let at = Duration::from_secs(u64::try_from(row).unwrap_or(u64::MAX));
            while let Some(later) = next.next_if(|later| later.at <= at) {
                now = later;
            }
            end = now.soc.to_f64() - truth;
            let (low, high) = (now.low.to_f64(), now.high.to_f64());
            inside += f64::from(u8::from(low <= truth + 1e-9 && truth <= high + 1e-9));
            width += high - low;
            all += 1.0;
            (least, most) = (least.min(truth), most.max(truth));
            if row >= skipped {
                squares += end * end;
                late += 1.0;
                worst = worst.max(end.abs());
            }
        }
        Some(Score {
            rms: libm::sqrt(squares / late) * 100.0,
            worst: worst * 100.0,
            coverage: inside / all * 100.0,
            width: width / all * 100.0,
            end: end * 100.0,
            swing: (most - least) * 100.0,
            health: estimates.last()?.health.to_f64(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(second: u64, soc: f64, width: f64) -> Estimate {
        let ratio = |value| Ratio::from_f64(value).unwrap();
        Estimate {
            at: Duration::from_secs(second),
            soc: ratio(soc),
            low: ratio(soc - width / 2.0),
            high: ratio(soc + width / 2.0),
            health: ratio(0.9),
            health_within: None,
            charge: None,
            discharge: None,
        }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn the_first_hour_counts_for_the_bounds_alone() {
        let truth = Truth { soc: vec![0.5; 4 * 3_600] };
        let estimates = [estimate(0, 0.8, 0.1), estimate(3_600, 0.53, 0.1)];
        let score = truth.score(&estimates).unwrap();
        assert!(close(score.rms, 3.0) && close(score.worst, 3.0), "{score:?}");
        assert!(close(score.coverage, 75.0) && close(score.width, 10.0), "{score:?}");
        assert!(close(score.end, 3.0) && close(score.swing, 0.0), "{score:?}");
    }

    #[test]
    fn an_estimate_holds_until_the_next_and_no_second_longer() {
        let truth = Truth { soc: vec![0.5; 4 * 3_600] };
        let estimates = [estimate(0, 0.8, 0.1), estimate(3_601, 0.5, 0.1)];
        let score = truth.score(&estimates).unwrap();
        assert!(close(score.worst, 30.0), "{score:?}");
        let rms = 30.0 / libm::sqrt(3.0 * 3_600.0);
        assert!(close(score.rms, rms), "{score:?}");
    }

    #[test]
    fn without_estimates_there_is_no_score() {
        assert!(Truth { soc: vec![0.5; 10] }.score(&[]).is_none());
    }
}
