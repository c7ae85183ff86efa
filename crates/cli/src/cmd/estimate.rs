//! `cellward estimate`: the estimator of the firmware over a recorded log.

mod exported;
mod log;
mod recorded;
mod samples;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cellward_host::Positive;
use cellward_lab::{
    Chemistry, Error, Estimate, Named, fit, generic, load, profile_from_toml, replay,
};
use cellward_units::{Charge, Duration, Power, Ratio};

use recorded::Wanted;
use samples::span_words;

use super::{Exit, complain, print};
use crate::file::write_whole;

/// Options of `cellward estimate`.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("of").required(true))]
pub(crate) struct EstimateArgs {
    /// Folder of a measured cell, as `fit` takes it; its profile is fitted first
    #[arg(long, value_name = "CELLDIR", group = "of")]
    cell: Option<PathBuf>,
    /// A profile that `fit` wrote; or lfp, nmc or lto for a cell of the literature, where nobody
    /// measured yours (a file of that name wins)
    #[arg(long, value_name = "FILE|CHEMISTRY", group = "of")]
    profile: Option<PathBuf>,
    /// What was measured, known by what is in it: a file of `capture` or `sniff`; what `history --csv`,
    /// `history --json`, `sim --csv` or `read --json` printed; or a table of one cell with the columns
    /// v_mV, i_dA (positive discharges) and t_dC, a row a second or with time_s. May be packed by gzip
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Which board, where a capture has several
    #[arg(long, value_name = "NUMBER")]
    board: Option<u8>,
    /// What a positive current of this board means in a capture, where others of its dialect mean the
    /// other way
    #[arg(long, value_name = "WAY", value_enum)]
    positive: Option<Means>,
    /// Rated capacity of the pack in Ah
    #[arg(long, value_name = "AH", value_parser = amp_hours)]
    pack_ah: Charge,
    /// State of charge that is remembered from before, 0 to 1; without it nothing is
    #[arg(long, value_name = "SOC", value_parser = share)]
    start_soc: Option<Ratio>,
    /// Where to write the estimates, a row every ten seconds
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What a positive current does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Means {
    /// It charges the pack
    Charge,
    /// It discharges the pack
    Discharge,
}

impl From<Means> for Positive {
    fn from(means: Means) -> Self {
        match means {
            Means::Charge => Self::Charge,
            Means::Discharge => Self::Discharge,
        }
    }
}

/// Time between two rows.
const EACH: Duration = Duration::from_secs(10);

/// Estimates, writes, and says where it ended.
pub(crate) fn run(args: &EstimateArgs) -> Exit {
    let mut rows = Vec::new();
    let wanted = Wanted { board: args.board, positive: args.positive.map(Positive::from) };
    let waiting = super::progress::after_a_while("estimating");
    let done = profile(args).and_then(|named| {
        let log = log::read(&args.log, wanted)?;
        replay(&named, args.pack_ah, args.start_soc, log.samples(), EACH, |row| rows.push(row))?;
        Ok(log)
    });
    drop(waiting);
    let log = match done {
        Ok(log) => log,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Usage;
        }
    };
    if let Err(error) = write_whole(&args.out, &table(&rows)) {
        complain(&format!("{} cannot be written: {error}", args.out.display()));
        return Exit::Usage;
    }
    print(&log.words());
    print(&words(&rows, &args.out));
    for said in log.doubt.iter().chain(&log.incomplete) {
        complain(&format!("{}: {said}", args.log.display()));
    }
    if log.incomplete.is_some() { Exit::Partial } else { Exit::Done }
}

fn profile(args: &EstimateArgs) -> Result<Named, Error> {
    match (&args.cell, &args.profile) {
        (Some(folder), _) => Ok(fit(&load(folder)?)?.named),
        (None, Some(file)) => {
            let word = file.to_str().filter(|_| !file.exists());
            if let Some(chemistry) = word.and_then(Chemistry::from_name) {
                return Ok(generic(chemistry));
            }
            let wrong = |reason: String| Error::File { path: file.clone(), reason };
            let text = std::fs::read_to_string(file).map_err(|error| {
                wrong(format!("{error}; name a file that `cellward fit` wrote, or lfp, nmc or lto"))
            })?;
            profile_from_toml(&text).map_err(|error| wrong(error.to_string()))
        }
        (None, None) => Err(Error::Profile("neither --cell nor --profile is given".to_owned())),
    }
}

/// A row for each estimate; what is not known stays empty.
fn table(rows: &[Estimate]) -> String {
    let mut text = String::from("time_s,soc,soc_lo,soc_hi,soh,p10_charge_w,p10_discharge_w\n");
    for row in rows {
        let watts = |power: Option<Power>| {
            power.map_or_else(String::new, |power| format!("{:.1}", power.to_watts_f64()))
        };
        let _infallible = writeln!(
            text,
            "{},{:.5},{:.5},{:.5},{:.4},{},{}",
            row.at.to_secs_f64(),
            row.soc.to_f64(),
            row.low.to_f64(),
            row.high.to_f64(),
            row.health.to_f64(),
            watts(row.charge),
            watts(row.discharge),
        );
    }
    text
}

fn words(rows: &[Estimate], out: &Path) -> String {
    let Some(last) = rows.last() else {
        return format!("written: {}\n", out.display());
    };
    let points = |ratio: Ratio| ratio.to_f64() * 100.0;
    // As bounds of 95 %, as those of the charge.
    let within = last.health_within.map_or_else(String::new, |sigma| {
        format!(" (95 % sure to {:.0} points)", 1.96 * points(sigma))
    });
    format!(
        "after {}: {:.1} % (95 % sure: {:.1} to {:.1} %), holds {:.1} % of its rating{within}\n\
         written: {}\n",
        span_words(last.at),
        points(last.soc),
        points(last.low),
        points(last.high),
        points(last.health),
        out.display()
    )
}

fn amp_hours(text: &str) -> Result<Charge, String> {
    text.parse()
        .ok()
        .filter(|ah| (0.1..=100_000.0).contains(ah))
        .and_then(Charge::from_amp_hours_f64)
        .ok_or_else(|| format!("{text:?} is no capacity from 0.1 to 100000 Ah"))
}

fn share(text: &str) -> Result<Ratio, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .and_then(Ratio::from_f64)
        .ok_or_else(|| format!("{text:?} is no share from 0 to 1; 90 % is 0.9"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_is_a_share_and_never_a_number_of_points() {
        assert_eq!(share("0.9"), Ok(Ratio::from_permille(900)));
        assert_eq!(share("1"), Ok(Ratio::ONE));
        for wrong in ["90", "1.01", "-0.1", "nan", "full"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_capacity_is_one_that_packs_have() {
        assert_eq!(amp_hours("100"), Ok(Charge::from_milliamp_hours(100_000)));
        for wrong in ["0", "0.09", "100001", "-5", "inf", "many"] {
            assert!(amp_hours(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_known_stays_empty_in_the_table() {
        let row = Estimate {
            at: Duration::from_secs(10),
            soc: Ratio::from_permille(500),
            low: Ratio::from_permille(450),
            high: Ratio::from_permille(550),
            health: Ratio::ONE,
            health_within: None,
            charge: None,
            discharge: Some(Power::from_milliwatts(12_340)),
        };
        let text = table(&[row]);
        assert_eq!(text.lines().nth(1), Some("10,0.50000,0.45000,0.55000,1.0000,,12.3"));
    }
}
