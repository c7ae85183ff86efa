//! `docs/reference/mutants.md`: one line per module, each with its own day.

use std::collections::BTreeMap;

use super::rate::Tally;

/// What stands before the lines of the modules.
const HEAD: &str = "<!-- Written by `cargo xtask mutants`. -->\n\n\
    # Would the tests notice?\n\n\
    Each module is broken in every way that cargo-mutants knows, one at a time, and the tests of the \
    core are run on it. The share is (caught + timed out) / (viable − argued); at least 95 % are \
    asked of the protection and the switching. What is argued to change nothing is argued in \
    `xtask/mutants-argued.txt`. A line holds for the day it names.\n\n\
    | module | viable | caught | timed out | missed | argued | unviable | share | measured on |\n\
    |---|--:|--:|--:|--:|--:|--:|--:|---|\n";

/// The line of a module whose every mutant is known.
pub(super) fn line(module: &str, tally: &Tally) -> String {
    let missed = tally.missed.len();
    let noticed = tally.caught + tally.timed_out;
    let viable = u64::from(noticed + tally.argued) + missed as u64;
    format!(
        "| `{module}` | {viable} | {} | {} | {missed} | {} | {} | {:.1} % | {} |",
        tally.caught,
        tally.timed_out,
        tally.argued,
        tally.unviable,
        tally.rate() * 100.0,
        tally.date
    )
}

/// The page with these lines, and with the old page's lines of the other modules.
pub(super) fn text(old: &str, lines: Vec<(String, String)>) -> String {
    let mut modules: BTreeMap<String, String> = old
        .lines()
        .filter_map(|line| {
            let module = line.strip_prefix("| `")?.split('`').next()?;
            Some((module.to_owned(), line.to_owned()))
        })
        .collect();
    modules.extend(lines);
    let mut page = HEAD.to_owned();
    for line in modules.values() {
        page.push_str(line);
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_line_replaces_its_own_and_keeps_the_others() {
        let tally = |caught| Tally { caught, date: "2026-01-01".to_owned(), ..Tally::default() };
        let entry = |module: &str, caught| (module.to_owned(), line(module, &tally(caught)));
        let first = text("", vec![entry("switch", 1), entry("protect", 2)]);
        let second = text(&first, vec![entry("switch", 3)]);
        assert_eq!(
            second.strip_prefix(HEAD).unwrap(),
            "| `protect` | 2 | 2 | 0 | 0 | 0 | 0 | 100.0 % | 2026-01-01 |\n\
             | `switch` | 3 | 3 | 0 | 0 | 0 | 0 | 100.0 % | 2026-01-01 |\n"
        );
    }
}
