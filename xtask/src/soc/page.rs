//! The page: marks, runs, what is not met.

use std::fmt::Write as _;

use cellward_lab::Compared;

use super::Run;

/// A quantity with what must be and what is aimed at; the smaller the better unless `more`.
struct Mark {
    what: &'static str,
    must: f64,
    aim: f64,
    more: bool,
    unit: &'static str,
    value: Option<f64>,
}

/// Writes the page.
pub(super) fn write(date: &str, runs: &[Run], powers: &[(String, Vec<Compared>)]) -> String {
    let mut text = format!(
        "<!-- Written by `cargo xtask soc`. -->\n\n# State of charge: what the estimator reaches\n\n\
         Measured on {date}: the seventeen runs of [data/soc](../../data/soc/README.md), estimated by \
         `cellward estimate` with the profiles that `cellward fit` makes of their catalogue cells. \
         Figures are means over the runs, in points of charge, after the first hour. The filter's \
         numbers were tuned on these runs and others, so runs of other cells will be worse, and bounds \
         are wider than these runs alone ask for. How others went, and what was tried on the way, is in \
         [estimation.md](../estimation.md).\n\n\
         | quantity | measured | must | aim | |\n|---|--:|--:|--:|---|\n"
    );
    let marks = marks(runs, powers);
    for mark in &marks {
        let Some(value) = mark.value else { continue };
        let sign = if mark.more { "≥" } else { "≤" };
        let Mark { what, must, aim, unit, .. } = mark;
        let _infallible = writeln!(
            text,
            "| {what} | {value:.2} {unit} | {} | {sign} {aim} | {} |",
            if must.is_finite() { format!("{sign} {must}") } else { "–".to_owned() },
            mark.verdict(value)
        );
    }
    let missed = marks.iter().filter(|mark| !mark.value.is_some_and(|value| mark.reached(value)));
    let reasons =
        missed.filter_map(|mark| Some(format!("- **{}**: {}\n", mark.what, mark.reason()?)));
    let reasons: String = reasons.collect();
    if !reasons.is_empty() {
        let _infallible = write!(text, "\nWhy aims are missed:\n\n{reasons}");
    }
    text.push_str(
        "\n## Run by run\n\n\
         Start: how far the remembered charge was off. Holds: what the cell truly holds over its \
         rating, and the error of the last estimate of it. DB: the sensor shows nothing below 1 A.\n\n\
         | run | cell | duty | °C | holds | start | rms | worst | bounds held | width | holds, error | |\n\
         |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for run in runs {
        let score = &run.score;
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {:.0} | {:.1} % | {:+.1} | {:.2} | {:.2} | {:.1} % | {:.1} | {:+.1} | {} |",
            run.name,
            run.cell,
            run.duty,
            run.ambient,
            run.health * 100.0,
            run.start,
            score.rms,
            score.worst,
            score.coverage,
            score.width,
            run.health_error(),
            if run.dead_band { "DB" } else { "" },
        );
    }
    text.push_str(
        "\nTruth (dark), estimate (blue) and its bounds (light blue) over the hours of each run:\n\n\
         ![Truth, estimate and bounds of each run](soc.svg)\n\n\
         ## Power of ten seconds\n\n\
         A rested catalogue cell of 100 Ah with its fitted profile, at a known charge; error of the \
         estimate. The law for temperature and current was fitted to these very cells.\n\n\
         | cell | °C | charging at 15 / 50 / 85 % | discharging at 15 / 50 / 85 % |\n|---|--:|--:|--:|\n",
    );
    for (cell, rows) in powers {
        let mut temperatures: Vec<f64> = rows.iter().map(|row| row.celsius).collect();
        temperatures.sort_by(f64::total_cmp);
        temperatures.dedup();
        for celsius in temperatures {
            let side = |charge: bool| {
                let rows = rows
                    .iter()
                    .filter(|row| row.charge == charge && (row.celsius - celsius).abs() < 0.01);
                let errors: Vec<String> =
                    rows.map(|row| format!("{:+.1} %", row.error() * 100.0)).collect();
                errors.join(" / ")
            };
            let _infallible =
                writeln!(text, "| {cell} | {celsius:.0} | {} | {} |", side(true), side(false));
        }
    }
    text
}

/// Every quantity that has a mark.
fn marks(runs: &[Run], powers: &[(String, Vec<Compared>)]) -> Vec<Mark> {
    let of = |chemistry: &'static str| {
        let runs = runs.iter().filter(move |run| run.cell.starts_with(chemistry));
        mean(runs.map(|run| run.score.rms))
    };
    let mark = |what, value, must, aim, unit| Mark { what, must, aim, more: false, unit, value };
    let more = |what, value, must, aim, unit| Mark { what, must, aim, more: true, unit, value };
    let most = |values: Vec<f64>| values.into_iter().reduce(f64::max);
    let within = runs.iter().map(|run| f64::from(u8::from(run.score.worst <= 5.0)) * 100.0);
    let good = runs.iter().filter(|run| run.good_start()).map(|run| run.score.rms).collect();
    let lfp = runs.iter().filter(|run| run.cell.starts_with("lfp")).map(|run| run.score.width);
    let swing = runs.iter().filter(|run| run.score.swing >= 40.0);
    let holds = mean(swing.map(|run| run.health_error().powi(2))).map(f64::sqrt);
    let powers = || powers.iter().flat_map(|(_, rows)| rows).map(|row| row.error() * 100.0);
    vec![
        mark("all runs", mean(runs.iter().map(|run| run.score.rms)), 2.0, 1.5, ""),
        mark("NMC", of("nmc"), 1.2, 1.1, ""),
        mark("LTO", of("lto"), 2.0, 1.5, ""),
        mark("LFP", of("lfp"), 3.0, 2.0, ""),
        mark("worst run", most(runs.iter().map(|run| run.score.rms).collect()), 8.0, 4.0, ""),
        more("runs within ±5 points", mean(within), 65.0, 85.0, "%"),
        mark("worst of the good starts (only five)", most(good), 2.5, 1.5, ""),
        more(
            "bounds held the truth",
            mean(runs.iter().map(|run| run.score.coverage)),
            90.0,
            93.0,
            "%",
        ),
        mark(
            "width of the bounds",
            mean(runs.iter().map(|run| run.score.width)),
            f64::INFINITY,
            8.0,
            "",
        ),
        mark("width of the bounds, LFP", mean(lfp), f64::INFINITY, 12.0, ""),
        mark("capacity, rms over runs with a swing of 40 points", holds, 4.0, 2.5, ""),
        mark("power of ten seconds, mean error", mean(powers().map(f64::abs)), 20.0, 10.0, "%"),
        mark("its over-promise", mean(powers().map(|error| error.max(0.0))), 5.0, 3.0, "%"),
    ]
}

impl Mark {
    fn reached(&self, value: f64) -> bool {
        self.verdict(value) == "aim reached"
    }

    /// What keeps it from its aim, as far as that is known.
    fn reason(&self) -> Option<&'static str> {
        Some(match self.what {
            "LTO" => {
                "three runs. d13 lost 14 % and was remembered 12 points too high; lost lithium and another \
                 charge change its voltage alike until it is charged full. d15 floats between 72 and 86 % \
                 for a day and never comes to an end of its charge."
            }
            "runs within ±5 points" => {
                "a single moment beyond them counts. d01, d16 and d17 stand on the plateau of LFP, where \
                 25 points are 10 mV and the sensor errs by as much; d03 and d13 are aged cells with a wrong \
                 memory."
            }
            "worst of the good starts (only five)" => {
                "d15 and d17 float for a day, and the curve of another cell moves them away from a memory \
                 that was right. Believing memories twice and four times as much was tried and changes it \
                 by less than a tenth of a point."
            }
            "capacity, rms over runs with a swing of 40 points" => {
                "aged cells are believed to hold up to 5 points too much (d03, d13): part of a swing in ten \
                 hours, and a prior that is that of all cells."
            }
            _ => return None,
        })
    }

    fn verdict(&self, value: f64) -> &'static str {
        let reached = |mark: f64| if self.more { value >= mark } else { value <= mark };
        match (reached(self.must), reached(self.aim)) {
            (_, true) => "aim reached",
            (true, false) => "",
            (false, _) => "**not met**",
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_met_exactly_at_its_number() {
        let mark = |more| Mark {
            what: "",
            must: 2.0,
            aim: if more { 3.0 } else { 1.0 },
            more,
            unit: "",
            value: None,
        };
        for (more, value, verdict) in [
            (false, 1.0, "aim reached"),
            (false, 1.01, ""),
            (false, 2.0, ""),
            (false, 2.01, "**not met**"),
            (true, 3.0, "aim reached"),
            (true, 2.99, ""),
            (true, 2.0, ""),
            (true, 1.99, "**not met**"),
        ] {
            assert_eq!(mark(more).verdict(value), verdict, "{value}");
        }
    }
}
