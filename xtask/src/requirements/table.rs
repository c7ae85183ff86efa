//! The table of requirements as text, and what must hold between it and the tests.

use super::{Holders, TABLE};

/// One requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// The number behind `R-`.
    pub(super) number: u16,
    /// What it waits for; `None` when tests hold it.
    pub(super) waits_for: Option<String>,
    /// What it asks, in one line.
    pub(super) text: String,
}

impl Row {
    /// Whether tests must name it.
    pub(super) const fn is_held(&self) -> bool {
        self.waits_for.is_none()
    }

    /// How people call it: `R-040`.
    pub(super) fn id(&self) -> String {
        id(self.number)
    }
}

/// How people call the requirement with this number.
pub(super) fn id(number: u16) -> String {
    format!("R-{number:03}")
}

/// The table, and what was wrong with its lines.
pub(super) struct Table {
    /// In the order of the numbers.
    pub(super) rows: Vec<Row>,
    /// Lines that could not be read or stand in the wrong place.
    pub(super) complaints: Vec<String>,
}

impl Table {
    /// Reads lines of the form `R-040 | held | what it asks`; `#` starts a remark.
    pub(super) fn parse(text: &str) -> Self {
        let mut table = Self { rows: Vec::new(), complaints: Vec::new() };
        let mut before = 0;
        for (place, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some(row) = row(line) else {
                let line_number = place + 1;
                table.complaints.push(format!(
                    "{TABLE}:{line_number}: not of the form `R-040 | held | what it asks` or \
                     `R-040 | planned: what it waits for | what it asks`"
                ));
                continue;
            };
            if row.number <= before {
                table.complaints.push(format!("{TABLE}: {} is out of order or twice", row.id()));
                continue;
            }
            before = row.number;
            table.rows.push(row);
        }
        table
    }

    /// The row with this number, if there is one.
    pub(super) fn row(&self, number: u16) -> Option<&Row> {
        self.rows.iter().find(|row| row.number == number)
    }
}

/// One line of the table.
fn row(line: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let &[id, status, text] = fields.as_slice() else { return None };
    let digits = id.strip_prefix("R-").filter(|digits| digits.len() == 3)?;
    let waits_for = match status {
        "held" => None,
        _ => Some(status.strip_prefix("planned:")?.trim().to_owned()),
    };
    let filled = !text.is_empty() && waits_for.as_ref().is_none_or(|reason| !reason.is_empty());
    filled.then_some(Row { number: digits.parse().ok()?, waits_for, text: text.to_owned() })
}

/// The held requirements that no test names.
pub(super) fn unnamed<'a>(table: &'a Table, holders: &'a Holders) -> impl Iterator<Item = &'a Row> {
    table.rows.iter().filter(|row| row.is_held() && !holders.contains_key(&row.number))
}

/// Held requirements that no test names, and named ones that do not exist.
pub(super) fn complaints(table: &Table, holders: &Holders) -> Vec<String> {
    let unnamed =
        unnamed(table, holders).map(|row| format!("{} is held by no test: {}", row.id(), row.text));
    let unknown = holders
        .iter()
        .filter(|(number, _)| table.row(**number).is_none())
        .map(|(&number, tests)| format!("there is no {}, but {} names it", id(number), tests[0]));
    unnamed.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# remark\n\nR-001 | held | One.\nR-002 | planned: a journal | Two.\n";

    #[test]
    fn lines_give_number_status_and_text() {
        let table = Table::parse(GOOD);
        assert!(table.complaints.is_empty());
        let [one, two] = table.rows.as_slice() else { panic!("two rows") };
        assert!(one.is_held());
        assert_eq!((one.id().as_str(), one.text.as_str()), ("R-001", "One."));
        assert_eq!(two.waits_for.as_deref(), Some("a journal"));
    }

    #[test]
    fn a_line_of_another_form_is_caught() {
        for bad in [
            "R-1 | held | One.",
            "R-0x1 | held | One.",
            "R-001 | held",
            "R-001 | held |",
            "R-001 | kept | One.",
            "R-001 | planned: | One.",
            "R-001 | planned | One.",
            "R-001 | held | One. | more",
        ] {
            let table = Table::parse(bad);
            assert_eq!((table.rows.len(), table.complaints.len()), (0, 1), "{bad}");
        }
    }

    #[test]
    fn a_number_that_stands_twice_is_caught() {
        let table = Table::parse("R-002 | held | Two.\nR-002 | held | Two.\nR-001 | held | One.");
        assert_eq!(
            table.complaints,
            [
                "xtask/requirements.txt: R-002 is out of order or twice",
                "xtask/requirements.txt: R-001 is out of order or twice"
            ]
        );
    }

    fn check(named: &[u16], expected: &[&str]) {
        let holders = named.iter().map(|&number| (number, vec!["a::b".to_owned()])).collect();
        assert_eq!(complaints(&Table::parse(GOOD), &holders), expected);
    }

    #[test]
    fn a_held_requirement_needs_a_test_and_a_planned_one_does_not() {
        check(&[1], &[]);
        check(&[1, 2], &[]);
        check(&[2], &["R-001 is held by no test: One."]);
    }

    #[test]
    fn a_test_cannot_name_what_does_not_exist() {
        check(&[1, 7], &["there is no R-007, but a::b names it"]);
    }
}
