//! `docs/reference/requirements.md`: every requirement with what holds it.

use std::fmt::Write as _;

use super::Holders;
use super::table::Table;

/// The page.
pub(super) fn text(table: &Table, holders: &Holders) -> String {
    let held = table.rows.iter().filter(|row| row.is_held()).count();
    let planned = table.rows.len() - held;
    let mut page = format!(
        "<!-- Written by `cargo xtask codegen` from xtask/requirements.txt and from the tests. \
         Change those, not this page. -->\n\n\
         # Requirements and what holds them\n\n\
         {held} requirements are held: each is named by the tests that would fail without it. \
         {planned} are planned, with what they wait for. A test stands here under the name that \
         the test runner prints, a scenario under its file.\n\n\
         | requirement | what it asks | status | tests and scenarios |\n|---|---|---|---|\n"
    );
    for row in &table.rows {
        let status = match &row.waits_for {
            None => "held".to_owned(),
            Some(reason) => format!("planned: {reason}"),
        };
        let names = holders.get(&row.number).map(Vec::as_slice).unwrap_or_default();
        let names = match names {
            [] => "–".to_owned(),
            names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        let _ = writeln!(page, "| {} | {} | {status} | {names} |", row.id(), row.text);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_status_and_holders() {
        let table = Table::parse("R-001 | held | One.\nR-002 | planned: a journal | Two.\n");
        let holders = Holders::from([(1, vec!["a::b".to_owned(), "scenarios/c.toml".to_owned()])]);
        let page = text(&table, &holders);
        assert!(page.contains("\n| R-001 | One. | held | `a::b`, `scenarios/c.toml` |\n"));
        assert!(page.contains("\n| R-002 | Two. | planned: a journal | – |\n"));
        assert!(page.contains("\n1 requirements are held") && page.contains(" 1 are planned"));
    }
}
