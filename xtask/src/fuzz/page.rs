//! `docs/reference/fuzz.md`: one line per target, added up over all runs.

use std::collections::BTreeMap;

/// What stands before the lines of the targets.
const HEAD: &str = "<!-- Written by `cargo xtask fuzz`. -->\n\n\
    # Arbitrary bytes\n\n\
    Every way by which bytes come in has a target in `fuzz/fuzz_targets` that feeds it arbitrary \
    ones, steered by which code they reach. A target fails by a panic, by taking more than ten \
    seconds for one input, or when one of its own assertions does not hold; what those are says \
    the target. Time and executions are added up over all runs; a failing input becomes a test of \
    the crate and a file in `fuzz/regressions`. Coverage counts the branches that the last run \
    reached in the target and in everything below it, with what was collected by the runs \
    before.\n\n\
    | target | last run | processor seconds in all | executions in all | coverage |\n\
    |---|---|--:|--:|--:|\n";

/// What one run of one target did.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Run {
    /// The day.
    pub(super) date: String,
    /// Processor time, of the target and of the system for it.
    pub(super) seconds: f64,
    /// How many inputs were tried.
    pub(super) executions: u64,
    /// How many branches were reached.
    pub(super) coverage: u64,
}

impl Run {
    /// Reads what the fuzzer and the shell around it said.
    pub(super) fn read(said: &str, date: &str) -> Self {
        let number = |text: &str| -> Option<u64> { text.split_whitespace().next()?.parse().ok() };
        let mut run = Self { date: date.to_owned(), ..Self::default() };
        for line in said.lines() {
            if let Some((_, rest)) = line.split_once("cov: ") {
                run.coverage = number(rest).unwrap_or(run.coverage);
            }
            if let Some(rest) = line.strip_prefix("stat::number_of_executed_units:") {
                run.executions = number(rest).unwrap_or(0);
            } else if let Some(rest) = line.strip_prefix('#').filter(|_| run.executions == 0) {
                // A run that fails may say no more than its last step.
                run.executions = number(rest).unwrap_or(0);
            }
        }
        // The last line is of the children: user and system time.
        let last = said.lines().last().unwrap_or_default();
        run.seconds = last.split_whitespace().filter_map(time).sum();
        run
    }
}

/// A time such as `1m2.500s` in seconds.
fn time(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}

/// The page with a run added to the line of its target.
pub(super) fn text(old: &str, name: &str, run: &Run) -> String {
    let mut lines: BTreeMap<&str, String> = old
        .lines()
        .filter_map(|line| Some((line.strip_prefix("| `")?.split('`').next()?, line.to_owned())))
        .collect();
    let before: Vec<&str> =
        lines.get(name).map(|line| line.split('|').map(str::trim).collect()).unwrap_or_default();
    let seconds: u64 = before.get(3).and_then(|cell| cell.parse().ok()).unwrap_or(0);
    let executions: u64 = before.get(4).and_then(|cell| cell.parse().ok()).unwrap_or(0);
    // Saturates; a run takes no negative time.
    let took = run.seconds.round() as u64;
    let line = format!(
        "| `{name}` | {} | {} | {} | {} |",
        run.date,
        seconds + took,
        executions + run.executions,
        run.coverage
    );
    lines.insert(name, line);
    let mut page = HEAD.to_owned();
    for line in lines.values() {
        page.push_str(line);
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "#2\tINITED cov: 7 ft: 8\n#50\tDONE   cov: 9 ft: 9\nDone 50 runs\n\
        stat::number_of_executed_units: 50\n0m0.001s 0m0.002s\n1m2.250s 0m0.250s";

    #[test]
    fn a_run_is_read_from_what_was_said() {
        let run = Run::read(SAID, "2026-01-02");
        let expected =
            Run { date: "2026-01-02".to_owned(), seconds: 62.5, executions: 50, coverage: 9 };
        assert_eq!(run, expected);
    }

    #[test]
    fn runs_add_up_and_other_targets_stay() {
        let run = Run::read(SAID, "2026-01-02");
        let once = text(&text("", "b", &run), "a", &run);
        let later = Run { date: "2026-01-03".to_owned(), seconds: 1.0, executions: 2, coverage: 3 };
        let twice = text(&once, "a", &later);
        assert!(
            twice.ends_with(
                "| `a` | 2026-01-03 | 64 | 52 | 3 |\n| `b` | 2026-01-02 | 63 | 50 | 9 |\n"
            )
        );
    }
}
