//! `cargo xtask qemu --profile`: where the instructions of the bench image go, by function and by
//! line. Every executed instruction is counted, so the shares are exact and need no sampling.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::setup::find;

/// How many rows of each list are printed.
const ROWS: usize = 25;

/// One level of inlining: the function and the line that it stands on.
type Frame = (String, String);

/// Runs the image one instruction at a time and prints where they were.
pub(super) fn run(mut emulated: Command, image: &Path) -> Result<()> {
    let symbolizer = "addr2line";
    find(symbolizer).context("addr2line is missing; install binutils")?;
    let mut process = emulated
        .args(["-singlestep", "-d", "exec,nochain"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let log = process.stderr.take().context("the log was asked for")?;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for line in BufReader::new(log).lines() {
        if let Some(address) = executed(&line?) {
            *counts.entry(address).or_default() += 1;
        }
    }
    if !process.wait()?.success() || counts.is_empty() {
        bail!("the bench image did not run to its end");
    }

    let mut asked = Command::new(symbolizer)
        .args(["-f", "-C", "-i", "-a", "-e"])
        .arg(image)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut questions = asked.stdin.take().context("addresses are written")?;
    let addresses: Vec<u32> = counts.keys().copied().collect();
    let writer = std::thread::spawn(move || {
        addresses.iter().try_for_each(|address| writeln!(questions, "{address:#x}"))
    });
    let answers = asked.wait_with_output()?;
    writer.join().ok().context("the addresses were not written")??;
    let places = places(&String::from_utf8_lossy(&answers.stdout));
    print!("{}", report(&counts, &places));
    Ok(())
}

/// The address of an executed instruction: the second field in the brackets of a trace line.
fn executed(line: &str) -> Option<u32> {
    let (_, rest) = line.strip_prefix("Trace")?.split_once('[')?;
    u32::from_str_radix(rest.split('/').nth(1)?, 16).ok()
}

/// The frames of each address, innermost first.
fn places(answers: &str) -> HashMap<u32, Vec<Frame>> {
    let mut places: HashMap<u32, Vec<Frame>> = HashMap::new();
    let mut address = 0;
    let mut function = None;
    for line in answers.lines() {
        if let Some(hex) = line.strip_prefix("0x") {
            address = u32::from_str_radix(hex, 16).unwrap_or(0);
        } else if let Some(function) = function.take() {
            let line = line.split(" (").next().unwrap_or(line).to_owned();
            places.entry(address).or_default().push((function, line));
        } else {
            function = Some(line.to_owned());
        }
    }
    places
}

/// Two lists: functions with all they inlined, and lines of ours.
fn report(counts: &BTreeMap<u32, u64>, places: &HashMap<u32, Vec<Frame>>) -> String {
    let mut by_function: HashMap<&str, u64> = HashMap::new();
    let mut by_line: HashMap<&str, u64> = HashMap::new();
    let mut total = 0;
    for (address, count) in counts {
        let frames = places.get(address).map_or(&[][..], Vec::as_slice);
        if frames.iter().any(|(name, _)| name.contains("calibrate")) {
            continue;
        }
        total += count;
        let functions: HashSet<&str> = frames.iter().map(|(name, _)| name.as_str()).collect();
        for function in functions {
            *by_function.entry(function).or_default() += count;
        }
        let ours = frames.iter().find_map(|(_, line)| line.split_once("/crates/"));
        if let Some((_, line)) = ours {
            *by_line.entry(line).or_default() += count;
        }
    }
    let mut report = String::new();
    for (title, counted) in
        [("by function, with what it inlined", by_function), ("by line of ours", by_line)]
    {
        report.push_str(&format!("share of {total} instructions {title}:\n"));
        let mut rows: Vec<_> = counted.into_iter().collect();
        rows.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
        for (name, count) in rows.into_iter().take(ROWS) {
            let share = count as f64 * 100.0 / total.max(1) as f64;
            report.push_str(&format!("{share:6.1} %  {name}\n"));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_line_gives_its_address() {
        let line = "Trace 0: 0x7f8a [00800400/0000061c/00000110/ff000000] name";
        assert_eq!(executed(line), Some(0x61c));
        assert_eq!(executed("Linking TBs 0x7f8a"), None);
        assert_eq!(executed(""), None);
    }

    #[test]
    fn instructions_count_for_every_function_they_were_inlined_into() {
        let answers = "0x00000010\ninner\n/x/crates/a/src/b.rs:3 (discriminator 1)\nouter\n/y.rs:1\n\
                       0x00000012\nouter\n/y.rs:2\n";
        let counts = BTreeMap::from([(0x10, 30), (0x12, 10)]);
        let report = report(&counts, &places(answers));
        assert!(report.contains("  75.0 %  inner\n"), "{report}");
        assert!(report.contains(" 100.0 %  outer\n"), "{report}");
        assert!(report.contains("  75.0 %  a/src/b.rs:3\n"), "{report}");
    }
}
