//! What is known about each mutant, kept between runs.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::worker;
use crate::run::root;

/// One way of breaking the code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mutant {
    /// File, line, column and what is replaced by what.
    pub(super) name: String,
    /// Path from the root of the repository.
    pub(super) file: String,
}

impl Mutant {
    /// The module of the core that it is in: `protect` for `crates/core/src/protect/level.rs`.
    pub(super) fn module(&self) -> &str {
        let path = self.file.split_once("/src/").map_or(self.file.as_str(), |(_, path)| path);
        let first = path.split('/').next().unwrap_or(path);
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Reads what `cargo mutants --list --json` prints.
pub(super) fn listed(json: &str) -> Result<Vec<Mutant>> {
    let list: Vec<Value> = serde_json::from_str(json).context("the list of mutants")?;
    list.iter().map(mutant).collect()
}

/// One mutant of a list or of a scenario.
fn mutant(value: &Value) -> Result<Mutant> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    Ok(Mutant {
        name: text("name").context("a mutant without a name")?,
        file: text("file").context("a mutant without a file")?,
    })
}

/// What became of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// A test failed.
    Caught,
    /// The tests never ended.
    TimedOut,
    /// Every test passed.
    Missed,
    /// It does not compile.
    Unviable,
}

impl Outcome {
    /// As cargo-mutants spells it; anything else is no result.
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "CaughtMutant" => Some(Self::Caught),
            "Timeout" => Some(Self::TimedOut),
            "MissedMutant" => Some(Self::Missed),
            "Unviable" => Some(Self::Unviable),
            _ => None,
        }
    }
}

/// A result and the day it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found {
    /// What became of the mutant.
    pub(super) outcome: Outcome,
    /// Year, month, day.
    pub(super) date: String,
}

/// The text of each mutated file, as a short number.
type Stamps = BTreeMap<String, String>;

/// The stamps of the files of these mutants as they are now.
fn stamp(mutants: &[Mutant]) -> Result<Stamps> {
    let mut stamps = Stamps::new();
    for mutant in mutants {
        if !stamps.contains_key(&mutant.file) {
            stamps.insert(mutant.file.clone(), stamp_of_file(&mutant.file)?);
        }
    }
    Ok(stamps)
}

/// The stamp of one file.
fn stamp_of_file(path: &str) -> Result<String> {
    let text = std::fs::read_to_string(root().join(path)).with_context(|| path.to_owned())?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

/// Where a run that goes on notes its day and the stamps of its files.
fn begun() -> PathBuf {
    worker::folder().join("begun.json")
}

/// Notes what a run over these mutants will be about, and takes away the outcomes of the one
/// before, so that they are never taken for its own.
pub(super) fn begin(mutants: &[Mutant], date: &str) -> Result<()> {
    worker::clear()?;
    let note = json!({ "date": date, "stamps": stamp(mutants)? });
    std::fs::write(begun(), note.to_string()).context("cannot write .xtask/mutants/begun.json")
}

/// Every result that is kept, by the name of the mutant.
#[derive(Default)]
pub(super) struct Known {
    /// Objects with `outcome` as cargo-mutants spells it, `stamp` and `date`.
    results: Map<String, Value>,
    /// The stamps of the files as they are now.
    stamps: Stamps,
}

/// Where results are kept.
fn path() -> PathBuf {
    worker::folder().join("results.json")
}

impl Known {
    /// Reads what earlier runs have kept and what an interrupted one has left.
    pub(super) fn read() -> Result<Self> {
        let mut known = Self::default();
        if let Ok(text) = std::fs::read_to_string(path()) {
            known.results = serde_json::from_str(&text).context(".xtask/mutants/results.json")?;
        }
        known.finish()?;
        let files: Vec<String> =
            known.results.keys().filter_map(|name| file_of(name)).map(str::to_owned).collect();
        for file in files {
            if !known.stamps.contains_key(&file)
                && let Ok(stamp) = stamp_of_file(&file)
            {
                known.stamps.insert(file, stamp);
            }
        }
        known.drop_stale();
        Ok(known)
    }

    /// Takes in what the run that was begun last has found, whether it came to its end or not,
    /// and keeps it.
    pub(super) fn finish(&mut self) -> Result<()> {
        let Ok(note) = std::fs::read_to_string(begun()) else { return Ok(()) };
        let note: Value = serde_json::from_str(&note).context(".xtask/mutants/begun.json")?;
        let stamps: Stamps = note["stamps"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(file, stamp)| Some((file.clone(), stamp.as_str()?.to_owned())))
            .collect();
        for worker in 0..worker::WORKERS {
            // A worker that was interrupted early, or got no mutant, has written nothing.
            if let Ok(outcomes) = std::fs::read_to_string(worker::outcomes(worker)) {
                self.learn(&outcomes, &stamps, note["date"].as_str().unwrap_or_default())?;
            }
        }
        let text = serde_json::to_string_pretty(&self.results)?;
        std::fs::write(path(), text).context("cannot write .xtask/mutants/results.json")?;
        std::fs::remove_file(begun()).context("cannot remove .xtask/mutants/begun.json")
    }

    /// Forgets results about files that have changed since.
    fn drop_stale(&mut self) {
        let stamps = &self.stamps;
        self.results.retain(|name, result| {
            let now = file_of(name).and_then(|file| stamps.get(file));
            now.is_some_and(|now| result["stamp"] == now.as_str())
        });
    }

    /// Takes in the outcomes of a run over files with these stamps.
    fn learn(&mut self, outcomes: &str, stamps: &Stamps, date: &str) -> Result<()> {
        let outcomes: Value = serde_json::from_str(outcomes).context("outcomes.json")?;
        for one in outcomes["outcomes"].as_array().context("outcomes.json has no outcomes")? {
            let scenario = &one["scenario"]["Mutant"];
            if scenario.is_null() {
                continue;
            }
            let mutant = mutant(scenario)?;
            let stamp = stamps.get(&mutant.file).context("a mutant of another file")?;
            // A build that takes too long says that the machine is busy, nothing about the tests.
            let phases = one["phase_results"].as_array();
            let last = phases.and_then(|phases| phases.last());
            if one["summary"] == "Timeout" && last.is_none_or(|last| last["phase"] != "Test") {
                continue;
            }
            self.results.insert(
                mutant.name,
                json!({ "outcome": one["summary"], "stamp": stamp, "date": date }),
            );
        }
        Ok(())
    }

    /// What became of this mutant, if that is known.
    pub(super) fn result(&self, mutant: &Mutant) -> Option<Found> {
        let result = self.results.get(&mutant.name)?;
        Some(Found {
            outcome: Outcome::from_name(result["outcome"].as_str()?)?,
            date: result["date"].as_str()?.to_owned(),
        })
    }

    /// Whether it is worth while to run this mutant again: nothing is known, or it was missed.
    pub(super) fn is_open(&self, mutant: &Mutant) -> bool {
        self.result(mutant).is_none_or(|found| found.outcome == Outcome::Missed)
    }
}

/// The file that a mutant's name begins with.
fn file_of(name: &str) -> Option<&str> {
    name.split_once(".rs:").map(|(path, _)| name.get(..path.len() + 3).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "crates/core/src/protect/level.rs:9:5: replace < with <= in a";

    fn one() -> Mutant {
        Mutant { name: NAME.to_owned(), file: "crates/core/src/protect/level.rs".to_owned() }
    }

    fn learnt(summary: &str) -> Known {
        learnt_at(summary, "Test")
    }

    fn learnt_at(summary: &str, phase: &str) -> Known {
        let outcomes = json!({ "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            {
                "scenario": { "Mutant": { "name": NAME, "file": one().file } },
                "summary": summary,
                "phase_results": [{ "phase": "Build" }, { "phase": phase }],
            },
        ]});
        let mut known = Known::default();
        let stamps = Stamps::from([(one().file, "1".to_owned())]);
        known.learn(&outcomes.to_string(), &stamps, "2026-01-01").unwrap();
        known
    }

    #[test]
    fn a_module_is_a_folder_or_a_file_of_the_core() {
        assert_eq!(one().module(), "protect");
        let file = "crates/core/src/measure.rs".to_owned();
        assert_eq!(Mutant { name: String::new(), file }.module(), "measure");
    }

    #[test]
    fn outcomes_are_read_and_the_baseline_is_not_one() {
        let known = learnt("CaughtMutant");
        assert_eq!(known.results.len(), 1);
        let found = known.result(&one()).unwrap();
        assert_eq!((found.outcome, found.date.as_str()), (Outcome::Caught, "2026-01-01"));
    }

    #[test]
    fn only_missed_and_unknown_mutants_are_open() {
        for (summary, open) in [
            ("CaughtMutant", false),
            ("Timeout", false),
            ("Unviable", false),
            ("MissedMutant", true),
            ("Failure", true),
        ] {
            assert_eq!(learnt(summary).is_open(&one()), open, "{summary}");
        }
        assert!(Known::default().is_open(&one()));
    }

    #[test]
    fn a_build_that_ran_out_of_time_is_no_result() {
        assert!(learnt_at("Timeout", "Test").result(&one()).is_some());
        assert!(learnt_at("Timeout", "Build").result(&one()).is_none());
    }

    #[test]
    fn a_result_is_forgotten_when_its_file_changes() {
        let mut known = learnt("CaughtMutant");
        known.stamps.insert(one().file, "1".to_owned());
        known.drop_stale();
        assert!(known.result(&one()).is_some());
        known.stamps.insert(one().file, "2".to_owned());
        known.drop_stale();
        assert!(known.result(&one()).is_none());
    }
}
