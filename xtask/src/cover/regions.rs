//! Reads the regions of a coverage report, leaving out what exists for tests alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::tidy::source::split;

/// Regions of a file or of several.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Covered {
    /// All of them.
    pub(super) regions: u32,
    /// Those that ran at least once.
    pub(super) run: u32,
    /// The lines on which others begin.
    pub(super) missed: BTreeSet<u64>,
}

impl Covered {
    /// Counts one region that begins on this line.
    pub(super) fn count(&mut self, line: u64, run: bool) {
        self.regions += 1;
        if run {
            self.run += 1;
        } else {
            self.missed.insert(line);
        }
    }

    /// Adds the counts of another file; the lines stay with it.
    pub(super) const fn add(&mut self, other: &Self) {
        self.regions += other.regions;
        self.run += other.run;
    }

    /// The share that ran, 0 to 1; 1 where there is nothing to run.
    pub(super) fn share(&self) -> f64 {
        if self.regions == 0 { 1.0 } else { f64::from(self.run) / f64::from(self.regions) }
    }
}

impl fmt::Display for Covered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} regions, {:.1} %", self.run, self.regions, self.share() * 100.0)
    }
}

/// Where a region begins and ends: line, column, line, column.
type Span = (u64, u64, u64, u64);

/// The regions of every file under `folder`, with the names of the files below it.
///
/// A function that was compiled more than once, for the tests of its own crate and for those of
/// another, or for several types, is in the report as often; a region ran when it ran in any.
pub(super) fn by_file(
    report: &str,
    folder: &str,
    source: impl Fn(&str) -> Result<String>,
) -> Result<Vec<(String, Covered)>> {
    let report: Value = serde_json::from_str(report).context("the coverage report")?;
    let functions = report["data"][0]["functions"].as_array();
    let mut files: BTreeMap<String, BTreeMap<Span, bool>> = BTreeMap::new();
    for function in functions.context("the coverage report has no functions")? {
        for region in function["regions"].as_array().context("a function without regions")? {
            // Line and column of both ends, count, file, expanded file, kind; 0 is code.
            let number = |place: usize| region[place].as_u64().context("a region of another form");
            if number(7)? != 0 {
                continue;
            }
            let file = usize::try_from(number(5)?)?;
            let path = function["filenames"][file].as_str().context("a region without a file")?;
            let Some(name) = path.strip_prefix(folder).map(|name| name.trim_start_matches('/'))
            else {
                continue;
            };
            if name.starts_with("tests/") || name.ends_with("/tests.rs") {
                continue;
            }
            let span = (number(0)?, number(1)?, number(2)?, number(3)?);
            let regions = files.entry(name.to_owned()).or_default();
            *regions.entry(span).or_default() |= number(4)? > 0;
        }
    }
    let mut found = Vec::new();
    for (name, regions) in files {
        let for_tests = for_tests_alone(&source(&name)?);
        let mut covered = Covered::default();
        for ((line, ..), run) in regions {
            if !for_tests.iter().any(|lines| lines.contains(&line)) {
                covered.count(line, run);
            }
        }
        found.push((name, covered));
    }
    Ok(found)
}

/// The lines of items under `#[cfg(test)]`, numbered from 1.
///
/// The end of an item is told by indentation, which rustfmt keeps right.
fn for_tests_alone(text: &str) -> Vec<RangeInclusive<u64>> {
    let code = split(text).code;
    let mut found = Vec::new();
    let mut start: Option<(u64, usize)> = None;
    for (line, number) in code.lines().zip(1..) {
        let indentation = line.len() - line.trim_start().len();
        let line = line.trim_end();
        match start {
            None if line.trim() == "#[cfg(test)]" => start = Some((number, indentation)),
            Some((first, depth)) if depth == indentation && line.ends_with([';', '}', ',']) => {
                found.push(first..=number);
                start = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn a() {\n    b()\n}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";

    fn check(regions: &str, expected: &[(&str, u32, u32)]) {
        let report = format!(
            r#"{{"data": [{{"functions": [
                {{"filenames": ["/x/src/a.rs", "/y/b.rs", "/x/src/tests/d.rs"],
                  "regions": {regions}}}
            ]}}]}}"#
        );
        let found = by_file(&report, "/x/src/", |_| Ok(SOURCE.to_owned())).unwrap();
        assert_eq!(by_file(&report, "/x/src", |_| Ok(SOURCE.to_owned())).unwrap(), found);
        let found: Vec<(&str, u32, u32)> =
            found.iter().map(|(name, one)| (name.as_str(), one.regions, one.run)).collect();
        assert_eq!(found, expected, "{regions}");
    }

    #[test]
    fn a_region_counts_once_and_ran_when_any_copy_ran() {
        check("[[1,1,1,9,0,0,0,0], [1,1,1,9,3,0,0,0], [2,1,2,5,0,0,0,0]]", &[("a.rs", 2, 1)]);
    }

    #[test]
    fn other_files_gaps_and_tests_do_not_count() {
        check("[[1,1,1,9,1,1,0,0], [1,1,1,9,1,2,0,0]]", &[]);
        check("[[1,1,1,9,1,0,0,0], [1,9,1,9,0,0,0,3], [7,5,7,9,1,0,0,0]]", &[("a.rs", 1, 1)]);
    }

    #[test]
    fn an_item_for_tests_ends_with_itself() {
        let text = "#[cfg(test)]\nextern crate std;\nfn a() {}\n#[cfg(test)]\nmod b;\n\
                    impl C {\n    #[cfg(test)]\n    fn d() {\n        e();\n    }\n}\n";
        assert_eq!(for_tests_alone(text), [1..=2, 4..=5, 7..=10]);
    }

    #[test]
    fn a_report_of_another_form_is_refused() {
        assert!(by_file("{}", "/", |_| Ok(String::new())).is_err());
    }
}
