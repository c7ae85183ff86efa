//! Two copies of the tree in which mutants are built and tested side by side.
//!
//! cargo-mutants can make such copies itself, but throws them away, and then every run begins with
//! minutes of building the same dependencies. These stay in `.xtask/mutants`, with what was built
//! there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{command, read, root, tools};

/// How many mutants are tested at the same time.
pub(super) const WORKERS: usize = 2;

/// Where everything about mutants is kept.
pub(super) fn folder() -> PathBuf {
    tools().join("mutants")
}

/// The copy of the tree of this worker.
pub(super) fn copy(worker: usize) -> PathBuf {
    folder().join(format!("tree-{worker}"))
}

/// Where cargo-mutants writes what this worker has found.
fn output(worker: usize) -> PathBuf {
    folder().join(format!("found-{worker}"))
}

/// The outcomes that this worker has found so far.
pub(super) fn outcomes(worker: usize) -> PathBuf {
    output(worker).join("mutants.out/outcomes.json")
}

/// Takes away the outcomes of the run before, so that they are never taken for those of another.
pub(super) fn clear() -> Result<()> {
    for worker in 0..WORKERS {
        let output = output(worker);
        if output.exists() {
            std::fs::remove_dir_all(&output).with_context(|| output.display().to_string())?;
        }
        std::fs::create_dir_all(&output)?;
    }
    Ok(())
}

/// The part of the mutants that one worker tests: of all, or of the shard `k/n` that is asked for.
pub(super) fn share(worker: usize, shard: Option<&str>) -> Result<String> {
    let (part, parts) = match shard {
        None => (0, 1),
        Some(shard) => {
            let numbers = shard.split_once('/').and_then(|(part, parts)| {
                Some((part.parse::<usize>().ok()?, parts.parse::<usize>().ok()?))
            });
            numbers.filter(|(part, parts)| part < parts).with_context(|| {
                format!("a shard is a number below n, and n: 0/4 to 3/4, not {shard}")
            })?
        }
    };
    // Dealt out one by one, every n-th mutant is part k of n, and of these every second one is
    // part k or part k + n of 2 n.
    Ok(format!("{}/{}", part + worker * parts, WORKERS * parts))
}

/// Makes the copy of this worker say what the tree says, leaving alone what is the same.
///
/// That also mends what an interrupted run has left mutated.
pub(super) fn refresh(worker: usize) -> Result<()> {
    let copy = copy(worker);
    let list = command("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let list = read(list)?;
    let wanted: BTreeSet<&str> =
        list.split('\0').filter(|name| root().join(name).is_file()).collect();
    let note = folder().join(format!("tree-{worker}.txt"));
    let before = std::fs::read_to_string(&note).unwrap_or_default();
    for gone in before.lines().filter(|name| !wanted.contains(name)) {
        let gone = copy.join(gone);
        if gone.exists() {
            std::fs::remove_file(&gone).with_context(|| gone.display().to_string())?;
        }
    }
    for name in &wanted {
        write_if_different(&root().join(name), &copy.join(name))
            .with_context(|| format!("cannot copy {name}"))?;
    }
    let names: Vec<&str> = wanted.into_iter().collect();
    std::fs::write(note, names.join("\n")).context("cannot write to .xtask/mutants")
}

/// Copies a file unless the copy is the same already, so that nothing is built again for it.
fn write_if_different(from: &Path, to: &Path) -> Result<()> {
    let bytes = std::fs::read(from)?;
    if std::fs::read(to).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(to, bytes)?)
}

/// Runs one command for each worker at the same time and waits for all of them.
///
/// That mutants were missed (2) or ran out of time (3) is a result, not a failure.
pub(super) fn run(commands: Vec<Command>) -> Result<()> {
    let mut running = Vec::new();
    for mut one in commands {
        running.push(one.spawn().context("could not start cargo mutants")?);
    }
    let mut failed = None;
    for mut one in running {
        let status = one.wait()?;
        match status.code() {
            // 0 as well when a worker got no mutant.
            Some(0 | 2 | 3) => {}
            Some(4) => failed = Some("the tests of the core fail without any mutant".to_owned()),
            _ => failed = failed.or_else(|| Some(format!("cargo mutants failed ({status})"))),
        }
    }
    failed.map_or(Ok(()), |failed| bail!(failed))
}

/// The command that works in the copy of this worker and writes to its own folder.
pub(super) fn in_place(worker: usize) -> Command {
    let mut mutants = command("cargo", ["mutants", "--in-place", "--dir"]);
    mutants.arg(copy(worker)).arg("--output").arg(output(worker));
    // The copies must never share a target folder: cargo names what it builds by the place in the
    // workspace, so one worker would run the other's mutant.
    mutants.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    mutants.current_dir(copy(worker));
    mutants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_both_workers_make_up_the_shard() {
        let dealt = |shard: &str, mutant: usize| {
            let (part, parts) = shard.split_once('/').unwrap();
            mutant % parts.parse::<usize>().unwrap() == part.parse::<usize>().unwrap()
        };
        for asked in [None, Some("0/4"), Some("3/4"), Some("2/3")] {
            for mutant in 0..48 {
                let workers = (0..WORKERS)
                    .filter(|&worker| dealt(&share(worker, asked).unwrap(), mutant))
                    .count();
                let expected = usize::from(asked.is_none_or(|asked| dealt(asked, mutant)));
                assert_eq!(workers, expected, "{mutant} of {asked:?}");
            }
        }
    }

    #[test]
    fn a_shard_of_another_form_is_refused() {
        for wrong in ["4/4", "1", "a/4", "1/0", "-1/4"] {
            assert!(share(0, Some(wrong)).is_err(), "{wrong}");
        }
    }
}
