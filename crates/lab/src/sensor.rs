//! Recorded logs: what was measured over time, and those of one cell that a cheap monitor saw, a row a
//! second.

use std::path::Path;

use cellward_units::{Current, Duration, Temperature, Voltage};

use crate::Error;
use crate::table::{has_column, rows};

/// What was measured over some time.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// Since the first row, at the end of that time.
    pub at: Duration,
    /// How long it was. It speaks for a minute at most: of what was before that nothing is known.
    pub lasted: Duration,
    /// Each cell, from the negative end of the pack.
    pub cells: Vec<Voltage>,
    /// Mean current; positive charges.
    pub current: Current,
    /// Of the cells.
    pub temperature: Temperature,
}

/// The columns of a log: name, and what one count of it is. Current is positive while discharging.
const COLUMNS: [(&str, f64); 3] = [("v_mV", 1e-3), ("i_dA", 0.1), ("t_dC", 0.1)];
/// Where rows do not follow each other by a second, when they were, in s.
const TIME: (&str, f64) = ("time_s", 1.0);

/// Whether the first line of a file names a column of such a log.
#[must_use]
pub fn is_log(header: &str) -> bool {
    let mut names = header.split(',').map(str::trim);
    names.any(|name| COLUMNS.iter().any(|(column, _)| *column == name))
}

/// Reads a log with the columns `v_mV`, `i_dA` (positive discharges) and `t_dC`, plain or packed
/// (gzip): a row a second, or with a column `time_s`.
///
/// # Errors
///
/// When it cannot be read, a column is missing, a number is none, or time runs back; the error names
/// the line.
pub fn read_log(path: &Path) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    let mut last: Option<Duration> = None;
    let mut take = |at: f64, [volts, amps, celsius]: [f64; 3]| {
        let at = duration(at).ok_or_else(|| format!("{at} s is no time since the first row"))?;
        if last.is_some_and(|last| at <= last) {
            return Err(format!("time stands still or runs back: {} s", at.to_secs_f64()));
        }
        let sample = Sample {
            at,
            lasted: last.map_or(Duration::from_secs(1), |last| since(at, last)),
            cells: vec![Voltage::from_volts_f64(volts).ok_or("no cell has that voltage")?],
            current: Current::from_amps_f64(-amps).ok_or("no pack carries that current")?,
            temperature: Temperature::from_celsius_f64(celsius).ok_or("nothing is that warm")?,
        };
        samples.push(sample);
        last = Some(at);
        Ok(())
    };
    if has_column(path, TIME.0)? {
        let [volts, amps, celsius] = COLUMNS;
        let mut first = None;
        rows(path, &[TIME, volts, amps, celsius], |[time, volts, amps, celsius]| {
            let first = *first.get_or_insert(time);
            take(time - first, [volts, amps, celsius])
        })?;
    } else {
        let mut seconds = -1.0;
        rows(path, &COLUMNS, |row| {
            seconds += 1.0;
            take(seconds, row)
        })?;
    }
    if samples.is_empty() {
        return Err(Error::File { path: path.to_owned(), reason: "it has no rows".to_owned() });
    }
    Ok(samples)
}

/// A time in s that is not negative and shorter than a century.
pub(crate) fn duration(seconds: f64) -> Option<Duration> {
    let micros = libm::round(seconds * 1e6);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it fits")]
    (0.0..3.2e15).contains(&micros).then(|| Duration::from_micros(micros as u64))
}

fn since(later: Duration, earlier: Duration) -> Duration {
    Duration::from_micros(later.as_micros().saturating_sub(earlier.as_micros()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::PathBuf;

    use super::*;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("cellward-{}-{name}", std::process::id()));
        std::fs::File::create(&path).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
        path
    }

    #[test]
    fn a_log_has_a_row_a_second_and_what_discharges_is_positive_in_it() {
        let path = file("log.csv", "v_mV,i_dA,t_dC\n3300,125,205\n3299,-5,210\n");
        let samples = read_log(&path).unwrap();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[1].at, Duration::from_secs(1));
        assert_eq!(samples[0].current, Current::from_milliamps(-12_500));
        assert_eq!(samples[1].current, Current::from_milliamps(500));
        assert_eq!(samples[1].cells, [Voltage::from_millivolts(3_299)]);
        assert_eq!(samples[0].temperature, Temperature::from_millicelsius(20_500));
    }

    #[test]
    fn a_column_of_times_counts_from_its_first_row() {
        let path = file("times.csv", "time_s,v_mV,i_dA,t_dC\n100,3300,0,0\n110.5,3300,0,0\n");
        let samples = read_log(&path).unwrap();
        assert_eq!(samples[0].at, Duration::from_secs(0));
        assert_eq!(samples[1].at, Duration::from_millis(10_500));
        assert_eq!(samples[1].lasted, Duration::from_millis(10_500));
    }

    #[test]
    fn a_log_is_known_by_its_first_line() {
        assert!(is_log("t_dC, v_mV"));
        assert!(is_log("time_s,i_dA"));
        assert!(!is_log("time_s,soc"));
        assert!(!is_log(""));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (name, text, what) in [
            ("no.csv", "v_mV,t_dC\n1,2\n", "i_dA"),
            ("word.csv", "v_mV,i_dA,t_dC\n3300,0,200\n3300,x,200\n", "line 3"),
            ("back.csv", "time_s,v_mV,i_dA,t_dC\n5,3300,0,0\n5,3300,0,0\n", "stands still"),
            ("empty.csv", "v_mV,i_dA,t_dC\n", "no rows"),
        ] {
            let error = read_log(&file(name, text)).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
