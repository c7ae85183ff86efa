//! Which requirement is held by which test.
//!
//! The table is `xtask/requirements.txt`; a test names a requirement in a comment directly above
//! it, a scenario in a line of its head comment. `cargo xtask tidy` hands the tree to the rules
//! here, `cargo xtask codegen` writes `docs/reference/requirements.md` from the same reading.

mod named;
mod page;
mod readme;
mod table;

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::run::root;
use crate::tidy::SourceFile;

/// Where the table is.
const TABLE: &str = "xtask/requirements.txt";

/// The tests and scenarios that name each requirement, by its number.
type Holders = BTreeMap<u16, Vec<String>>;

/// The requirements and what names them, read from the tree.
pub(crate) struct Traced {
    table: table::Table,
    holders: Holders,
    readme: String,
}

impl Traced {
    /// Reads the table, the scenarios and README.md; the sources are read already.
    pub(crate) fn read(sources: &[SourceFile]) -> Result<Self> {
        let table = std::fs::read_to_string(root().join(TABLE)).context(TABLE)?;
        let readme = std::fs::read_to_string(root().join("README.md")).context("README.md")?;
        Ok(Self {
            table: table::Table::parse(&table),
            holders: named::holders(sources, &scenarios()?),
            readme,
        })
    }

    /// Everything that is wrong with the table, with README.md, and with what the tests name.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = self.table.complaints.clone();
        complaints.extend(table::complaints(&self.table, &self.holders));
        complaints.extend(readme::complaints(&self.table, &self.readme));
        complaints
    }

    /// The held requirements that no test names, one to a line.
    pub(crate) fn unnamed(&self) -> String {
        table::unnamed(&self.table, &self.holders)
            .map(|row| format!("{} {}\n", row.id(), row.text))
            .collect()
    }

    /// One line: how far the tests are.
    pub(crate) fn report(&self) -> String {
        let held = self.table.rows.iter().filter(|row| row.is_held()).count();
        let unnamed = table::unnamed(&self.table, &self.holders).count();
        format!(
            "requirements: {}, held {held}, of these named by tests {}\n",
            self.table.rows.len(),
            held - unnamed
        )
    }

    /// The reference page.
    pub(crate) fn page(&self) -> String {
        page::text(&self.table, &self.holders)
    }
}

/// Every scenario of `scenarios/`, in the order of the paths.
fn scenarios() -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("scenarios")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).context("cannot list scenarios/")? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "toml") {
                found.push(SourceFile::read(&path)?);
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}
