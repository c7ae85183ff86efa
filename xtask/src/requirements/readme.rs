//! README.md says under "What is missing" which requirements are not held yet, and only those.

use std::collections::BTreeSet;

use super::named::mentions;
use super::table::{Table, id};

/// The section in which it says so.
const SECTION: &str = "What is missing";

/// Planned requirements that README.md does not name, held ones that it says are missing, and
/// numbers that do not exist.
pub(super) fn complaints(table: &Table, readme: &str) -> Vec<String> {
    let missing = missing(table, readme);
    let unsaid =
        table.rows.iter().filter(|row| !row.is_held() && !missing.contains(&row.number)).map(
            |row| format!("README.md: \"{SECTION}\" does not name {}: {}", row.id(), row.text),
        );
    let wrong = missing.iter().filter_map(|&number| match table.row(number) {
        None => Some(format!("README.md: there is no {}", id(number))),
        Some(row) if row.is_held() => {
            Some(format!("README.md: \"{SECTION}\" names {}, which is held", row.id()))
        }
        Some(_) => None,
    });
    unsaid.chain(wrong).collect()
}

/// The numbers that the section names: alone, or as a range `R-120 to R-126` of which every number
/// that exists counts.
fn missing(table: &Table, readme: &str) -> BTreeSet<u16> {
    let section = readme
        .split("\n## ")
        .find(|section| section.starts_with(SECTION))
        .map(|section| section.split_whitespace().collect::<Vec<_>>().join(" "))
        .unwrap_or_default();
    let mut missing = BTreeSet::new();
    let mut range_from = None;
    let mut words = section.split(' ').peekable();
    while let Some(word) = words.next() {
        let Some(number) = mentions(word).last() else { continue };
        missing.insert(number);
        if let Some(first) = range_from.take() {
            let inside = table.rows.iter().filter(|row| (first..=number).contains(&row.number));
            missing.extend(inside.map(|row| row.number));
        }
        // A comma or a full stop behind the number ends the thought.
        let bare = word.ends_with(|last: char| last.is_ascii_digit());
        if bare && words.next_if(|next| ["to", "–"].contains(next)).is_some() {
            range_from = Some(number);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "R-001 | held | One.\nR-002 | planned: a | Two.\n\
                         R-003 | planned: a | Three.\nR-010 | planned: a | Ten.\n";

    fn check(section: &str, expected: &[&str]) {
        let readme =
            format!("# A\n\nR-001\n\n## What is missing\n\n{section}\n\n## Other\n\nR-001\n");
        assert_eq!(complaints(&Table::parse(TABLE), &readme), expected, "{section}");
    }

    #[test]
    fn every_planned_requirement_is_named_alone_or_in_a_range() {
        check("One (R-002, R-003), two (R-010).", &[]);
        check("One (R-002 to R-010).", &[]);
        check("One (R-002 –\n  R-010).", &[]);
        check("One (R-002 to R-003, R-010).", &[]);
    }

    #[test]
    fn a_planned_requirement_that_is_not_named_is_caught() {
        check(
            "One (R-002, R-010).",
            &["README.md: \"What is missing\" does not name R-003: Three."],
        );
    }

    #[test]
    fn what_is_held_is_not_missing() {
        check(
            "One (R-001 to R-010).",
            &["README.md: \"What is missing\" names R-001, which is held"],
        );
    }

    #[test]
    fn a_number_that_does_not_exist_is_caught() {
        check("One (R-002 to R-010, R-099).", &["README.md: there is no R-099"]);
    }

    #[test]
    fn a_readme_without_the_section_names_nothing() {
        assert_eq!(complaints(&Table::parse(TABLE), "# A\n").len(), 3);
    }
}
