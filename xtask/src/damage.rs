//! `cargo xtask damage`: how often a host publishes something wrong over a line that damages every
//! second frame, by dialect and class of damage, over as many frames as there is time for.
//!
//! What was found is added up in `.xtask/damage.json` after every batch of seeds, and
//! `docs/reference/damage.md` is written from it, so that a run may be interrupted and the next one
//! goes on with the seeds behind it. The tests of `testkit` do the same for a million frames.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::run::{cargo, command, read, root, show, target};

/// Seeds of one batch: a minute or less.
const BATCH: u64 = 200;

/// What the columns of the example are called, in its order.
const COLUMNS: [&str; 8] = [
    "rounds",
    "frames",
    "damaged",
    "passing",
    "wrong_values",
    "wrong_rounds",
    "recovered",
    "spells",
];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Damaged frames in all, those of earlier runs included: `100M`, `500k` or a plain number.
    #[arg(long, value_parser = frames)]
    frames: u64,
    /// Forget what earlier runs found.
    #[arg(long)]
    afresh: bool,
}

/// A count such as `100M`.
fn frames(text: &str) -> Result<u64> {
    let (number, factor) = match text.strip_suffix(['M', 'm']) {
        Some(number) => (number, 1_000_000),
        None => text.strip_suffix('k').map_or((text, 1), |number| (number, 1_000)),
    };
    let number: u64 = number.parse().context("a number such as 100M, 500k or 1000")?;
    number.checked_mul(factor).context("that many frames cannot be counted")
}

/// Sums by dialect and class, in the order of [`COLUMNS`].
type Sums = BTreeMap<String, [u64; 8]>;

/// Runs batches until so many frames were damaged.
pub(crate) fn run(options: &Options) -> Result<()> {
    let kept = root().join(".xtask/damage.json");
    let mut next = 0;
    let mut sums = Sums::new();
    // The code that the seeds were run with: figures of other code are not added up.
    let code = read(command("git", ["rev-parse", "HEAD:crates/link", "HEAD:crates/wire"]))?;
    if let (false, Ok(text)) = (options.afresh, std::fs::read_to_string(&kept)) {
        let kept: Value = serde_json::from_str(&text).context(".xtask/damage.json")?;
        if kept["code"] == json!(code) {
            next = kept["next"].as_u64().context("no next seed in .xtask/damage.json")?;
            sums = serde_json::from_value(kept["sums"].clone()).context(".xtask/damage.json")?;
        } else {
            println!("damage: link or wire changed since the earlier runs; beginning afresh");
        }
    }
    let build = ["build", "--quiet", "--release", "--package", "cellward-testkit", "--example"];
    show(cargo(build.into_iter().chain(["damage"])))?;
    let example = target().join("release/examples/damage");
    while damaged(&sums) < options.frames {
        let said = read(command(&example, [next.to_string(), BATCH.to_string()]))?;
        add(&mut sums, &said)?;
        next += BATCH;
        std::fs::create_dir_all(root().join(".xtask"))?;
        let state = json!({ "code": code, "next": next, "sums": sums });
        std::fs::write(&kept, state.to_string())?;
        let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
        let page = page(date.trim(), next, &sums);
        std::fs::write(root().join("docs/reference/damage.md"), page)?;
        println!("damage: {} damaged frames, seeds 0 to {}", damaged(&sums), next - 1);
    }
    println!("{}", table(&sums));
    judge(&sums)
}

/// Damaged frames in all.
fn damaged(sums: &Sums) -> u64 {
    sums.values().map(|sum| sum[2]).sum()
}

/// Adds what the example said.
fn add(sums: &mut Sums, said: &str) -> Result<()> {
    for line in said.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [spoken, class, numbers @ ..] = &words[..] else { bail!("not understood: {line}") };
        ensure!(numbers.len() == COLUMNS.len(), "not understood: {line}");
        let sum = sums.entry(format!("{spoken} {class}")).or_default();
        for (slot, number) in sum.iter_mut().zip(numbers) {
            *slot += number.parse::<u64>().with_context(|| format!("not understood: {line}"))?;
        }
    }
    Ok(())
}

/// Fails where what is promised does not hold.
fn judge(sums: &Sums) -> Result<()> {
    for (name, sum) in sums {
        let [_, _, damaged, passing, values, rounds, recovered, spells] = *sum;
        let forged = ["RandomPayload", "TwoBits", "SwappedBytes"].map(|word| name.ends_with(word));
        if name.ends_with("RandomPayload") {
            ensure!(values * 100 <= damaged, "{name}: {values} wrong values of {damaged} frames");
        }
        if !forged.contains(&true) {
            ensure!(recovered == spells, "{name}: {} times not recovered", spells - recovered);
            ensure!(rounds <= passing, "{name}: {rounds} wrong rounds, {passing} passed the check");
        }
    }
    Ok(())
}

fn table(sums: &Sums) -> String {
    let mut table = String::from(
        "| dialect and damage | damaged frames | pass the bare check | wrong values | rounds with any | \
         per million damaged frames | whole again in the next poll |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for (name, sum) in sums {
        let [_, _, damaged, passing, values, wrong, recovered, spells] = *sum;
        let rate = values as f64 * 1e6 / damaged.max(1) as f64;
        let _ = writeln!(
            table,
            "| {name} | {damaged} | {passing} | {values} | {wrong} | {rate:.1} | {recovered} of {spells} |"
        );
    }
    table
}

/// The page, for people.
fn page(date: &str, seeds: u64, sums: &Sums) -> String {
    format!(
        "<!-- Written by `cargo xtask damage`. -->\n\n\
         # What a damaged line makes a host publish\n\n\
         Measured up to {date}, {} damaged frames, seeds 0 to {}. A board and a host of ours speak \
         over a line in virtual time. Every second frame meets one damage, of forged A5 replies one \
         in twenty, far beyond any wire; after twenty polls the damage ends. A wrong value is a \
         published value that the board did not say. `RandomPayload`, `TwoBits` and `SwappedBytes` \
         are damage that the additive check of A5 cannot see: what a reader of the bare check would \
         publish every time. A frame that comes twice is not counted as passing a check.\n\n{}",
        damaged(sums),
        seeds.saturating_sub(1),
        table(sums)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_two_batches_add_up_and_a_line_that_is_none_is_refused() {
        let mut sums = Sums::new();
        let line = "A5 Drop 20 400 200 3 2 1 1 1";
        add(&mut sums, line).unwrap();
        add(&mut sums, line).unwrap();
        assert_eq!(sums["A5 Drop"], [40, 800, 400, 6, 4, 2, 2, 2]);
        assert!(add(&mut sums, "A5 Drop 20").is_err());
        assert!(judge(&sums).is_ok());
        add(&mut sums, "A5 Drop 20 400 200 0 2 20 0 1").unwrap();
        assert!(judge(&sums).is_err(), "not whole again");
    }

    #[test]
    fn counts_are_read_with_their_letter() {
        assert_eq!(frames("100M").unwrap(), 100_000_000);
        assert_eq!(frames("500k").unwrap(), 500_000);
        assert_eq!(frames("7").unwrap(), 7);
        assert!(frames("many").is_err());
    }
}
