//! `cellward fit`: from what was measured on a cell to the profile that the estimator uses.

use std::path::{Path, PathBuf};

use cellward_lab::{Fit, fit, load, plot, profile_to_toml};

use super::{Exit, complain, print};
use crate::file::write_whole;

/// Options of `cellward fit`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FitArgs {
    /// Folder of a measured cell: cell.json, ocv_25C.csv, hppc_25C.csv and, if they were measured,
    /// c20_discharge_25C.csv and c20_charge_25C.csv; tables may be packed (.gz)
    #[arg(value_name = "CELLDIR")]
    cell: PathBuf,
    /// Where to write the profile; its picture goes beside it, with .svg at the end
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Fits, writes profile and picture, and says how well it fits.
pub(crate) fn run(args: &FitArgs) -> Exit {
    let picture = args.out.with_extension("svg");
    if picture == args.out {
        complain("--out is the profile (FILE.toml); its picture is written beside it as FILE.svg");
        return Exit::Usage;
    }
    let fitted = match load(&args.cell).and_then(|cell| fit(&cell)) {
        Ok(fitted) => fitted,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Usage;
        }
    };
    for (path, text) in [(&args.out, profile_to_toml(&fitted.named)), (&picture, plot(&fitted))] {
        if let Err(error) = write_whole(path, &text) {
            complain(&format!("{} cannot be written: {error}", path.display()));
            return Exit::Usage;
        }
    }
    print(&words(&fitted, &args.out, &picture));
    Exit::Done
}

/// What is to be said of a fit.
fn words(fitted: &Fit, out: &Path, picture: &Path) -> String {
    let Fit { named, report } = fitted;
    let profile = &named.profile;
    let mut lines = vec![format!(
        "{}: {:.2} Ah between 0 and 100 % of {} Ah rated ({:.1} %)",
        named.name,
        report.capacity_ah,
        named.card.rated_ah,
        report.capacity_ah / named.card.rated_ah * 100.0
    )];
    if let Some(misfit) = report.misfit_v {
        lines.push(format!(
            "rest voltage: the mean of both runs at C/20 misses the measured points by {:.2} mV on \
             average, and was shifted onto them",
            misfit * 1e3
        ));
    }
    match (profile.hysteresis, report.beyond_resistance_v) {
        (0, None) => {}
        (0, Some(beyond)) => lines.push(format!(
            "hysteresis: none; the runs at C/20 lie {:.1} mV beyond resistance",
            beyond * 1e3
        )),
        (dmv, _) => lines
            .push(format!("hysteresis: {:.1} mV to either side of the mean", f64::from(dmv) * 0.1)),
    }
    lines.push(format!(
        "pulse test: from {:.2} % of charge; residual {:.2} mV rms, {:.1} mV at worst, above 2 %",
        report.start * 100.0,
        report.rms_v * 1e3,
        report.worst_v * 1e3
    ));
    // The knot in the middle stands for all: what the whole table is, the profile says.
    let middle = profile.resistance.map(|table| f64::from(table[table.len() / 2]) * 1e-3);
    lines.push(format!(
        "resistance at 50 % (of 100 Ah): {:.3} mΩ at once, {:.3} mΩ within {} s, {:.3} mΩ within {} s",
        middle[0], middle[1], profile.time_constant[0], middle[2], profile.time_constant[1]
    ));
    lines.extend(report.notes.iter().map(|note| format!("note: {note}")));
    lines.push(format!("written: {}, {}", out.display(), picture.display()));
    lines.join("\n") + "\n"
}
