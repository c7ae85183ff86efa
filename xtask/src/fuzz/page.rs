//! The page that adds up how long each target was fuzzed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::Ran;

const HEAD: &str = "<!-- Written by `cargo xtask fuzz`. -->\n\n\
    # Fuzzing so far\n\n\
    Each target is one way in which bytes come in; they are in `fuzz/targets`. Time is wall time of \
    one core and so processor time. Code reached is counted in edges that the last run reached.\n\n\
    | target | last run | seconds in all | executions in all | edges reached | new in the last run | \
    inputs that failed |\n|---|---|--:|--:|--:|--:|--:|\n";

/// The page with one more run on it.
pub(super) fn with(before: &str, date: &str, target: &str, ran: &Ran) -> Result<String> {
    let mut rows: BTreeMap<String, [String; 6]> = BTreeMap::new();
    for line in before.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, rest @ ..] = &cells[..] else { continue };
        let rest: [String; 6] = rest
            .iter()
            .map(|cell| (*cell).to_owned())
            .collect::<Vec<_>>()
            .try_into()
            .ok()
            .with_context(|| format!("not understood: {line}"))?;
        rows.insert(name.trim_matches('`').to_owned(), rest);
    }
    let nothing = ["", "0", "0", "0", "0", "0"].map(str::to_owned);
    let row = rows.entry(target.to_owned()).or_insert(nothing);
    let add = |cell: &str, more: u64| -> Result<String> {
        let sum: u64 = cell.parse().with_context(|| format!("no number: {cell}"))?;
        Ok((sum + more).to_string())
    };
    ensure!(!target.contains('|'), "no name of a target: {target}");
    *row = [
        date.to_owned(),
        add(&row[1], ran.seconds)?,
        add(&row[2], ran.executions)?,
        ran.coverage.to_string(),
        ran.fresh.to_string(),
        add(&row[5], u64::from(ran.failure.is_some()))?,
    ];
    let mut page = HEAD.to_owned();
    let mut total = 0;
    for (name, cells) in &rows {
        total += cells[1].parse::<u64>().unwrap_or(0);
        let _ = writeln!(page, "| `{name}` | {} |", cells.join(" | "));
    }
    let _ = writeln!(page, "\n{total} seconds in all.");
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_added_to_the_first() {
        let ran = Ran { seconds: 3, executions: 100, coverage: 40, fresh: 4, failure: None };
        let once = with("", "2026-01-01", "a", &ran).unwrap();
        let both = with(&once, "2026-01-02", "b", &ran).unwrap();
        let twice = with(&both, "2026-01-03", "a", &ran).unwrap();
        assert!(twice.contains("| `a` | 2026-01-03 | 6 | 200 | 40 | 4 | 0 |"), "{twice}");
        assert!(twice.contains("| `b` | 2026-01-02 | 3 | 100 | 40 | 4 | 0 |"), "{twice}");
        assert!(twice.contains("9 seconds in all."));
    }
}
