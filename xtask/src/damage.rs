//! `cargo xtask damage`: what does a host publish over a line that damages frames? Runs the trials
//! of the testkit on every core and adds what came of them to `docs/reference/damage.md`.
//!
//! The page is the memory: each run goes on with the first seed that no run before has used, so
//! that the sums grow. They are written every minute; an interrupted run loses no more than that.
//! Delete the page when the sessions have changed, so that what it says is about them.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::run::{cargo, command, read, root, show, target};

/// Where the sums are kept.
const PAGE: &str = "docs/reference/damage.md";
/// The package of the trials, and the name of its example that runs them.
const PACKAGE: &str = "cellward-testkit";
const EXAMPLE: &str = "damage";
/// How long a slice runs before the page is written.
const SLICE: Duration = Duration::from_secs(60);
/// How many numbers a line has: see [`HEAD`].
const NUMBERS: usize = 8;

/// What stands before the lines.
const HEAD: &str = "<!-- Written by `cargo xtask damage`. -->\n\n\
    # What a host publishes over a damaged line\n\n\
    A board's port and a host's session talk in virtual time over a line that damages frames, one \
    kind of damage at a time: every fifth frame of A5, three in ten of the others, both ways \
    (forgeries, whose check fits by intention, from the board alone). A frame *passes* when nobody \
    sent it and its check fits, wherever in the bytes that arrived it begins and whatever its \
    address: more than a session would take. A round is *wrong* when it publishes a value that a clean line does \
    not say; one value that stays wrong makes several rounds wrong. *Unexplained* are seeds with a wrong round although no damaged frame passed; \
    *unrecovered* are seeds in which the first live round after the damage, and the first full \
    round, were not whole and right. A seed is a board and a host that meet, with twenty damaged \
    rounds and two clean ones.\n\n\
    The 16-bit CRC of D2, p81 and our own map lets one random damage in 65,536 pass. The additive \
    byte of A5 lets one in 256 pass, and small changes that fit each other (two bits, swapped \
    bytes) always: those figures are shown, not promised.\n\n\
    | dialect | damage | seeds | frames damaged | rounds | pass | wrong rounds | wrong values | \
    unexplained | unrecovered |\n\
    |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";

/// How much to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Damage this many frames: a number, with `k` or `M` behind it for thousands or millions.
    #[arg(long, value_parser = number, required_unless_present = "time")]
    frames: Option<u64>,
    /// Run for this long instead, or at most: seconds, or with `m` or `h` behind it.
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    time: Option<u64>,
}

/// One line: dialect, damage, numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    dialect: String,
    damage: String,
    numbers: [u64; NUMBERS],
}

impl Line {
    const fn seeds(&self) -> u64 {
        self.numbers[0]
    }

    const fn frames(&self) -> u64 {
        self.numbers[1]
    }

    /// From cells of a table, or of the example's output.
    fn parse<'a>(cells: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut cells = cells.into_iter().map(str::trim);
        let mut next = || cells.next().context("too few cells");
        let (dialect, damage) = (next()?.to_owned(), next()?.to_owned());
        let mut numbers = [0; NUMBERS];
        for number in &mut numbers {
            *number = next()?.parse()?;
        }
        Ok(Self { dialect, damage, numbers })
    }
}

/// Runs as much as was asked for and writes the page after every slice.
pub(crate) fn run(options: &Options) -> Result<()> {
    let build = ["build", "--release", "--locked", "--package", PACKAGE, "--example", EXAMPLE];
    show(cargo(build))?;
    let example = target().join("release/examples").join(EXAMPLE);
    let path = root().join(PAGE);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = page_lines(&old).context(PAGE)?;
    let mut left = options.frames.unwrap_or(u64::MAX);
    let start = Instant::now();
    let time = options.time.map_or(Duration::MAX, Duration::from_secs);
    let mut damaged = 0;
    while left > 0 && start.elapsed() < time {
        let slice = SLICE.min(time.saturating_sub(start.elapsed())).as_secs().max(1);
        let mut arguments = vec![left.to_string(), slice.to_string()];
        arguments.extend(lines.iter().map(|line| line.seeds().to_string()));
        let said = read(command(&example, arguments))?;
        let more: Result<Vec<Line>> =
            said.lines().map(|line| Line::parse(line.split('\t'))).collect();
        let more = more.context("the example prints a table")?;
        let frames = more.iter().map(Line::frames).sum::<u64>();
        add(&mut lines, more)?;
        left = left.saturating_sub(frames);
        damaged += frames;
        let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
        std::fs::write(&path, page(&lines, date.trim())).context(PAGE)?;
        let rate = damaged as f64 / start.elapsed().as_secs_f64();
        let all = lines.iter().map(Line::frames).sum::<u64>();
        println!("damage: {damaged} frames, {rate:.0} in a second, {all} with all runs before");
    }
    println!("wrote {PAGE}");
    Ok(())
}

/// The sums on a page; none where there is no page yet.
fn page_lines(page: &str) -> Result<Vec<Line>> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter(|line| !line.starts_with("dialect"))
        .map(|line| Line::parse(line.split('|')))
        .collect()
}

/// Adds what a run brought. A page with other lines than the run is of other trials.
fn add(lines: &mut Vec<Line>, more: Vec<Line>) -> Result<()> {
    if lines.is_empty() {
        *lines = more;
        return Ok(());
    }
    ensure!(lines.len() == more.len(), "{PAGE} is of other trials; delete it");
    for (line, more) in lines.iter_mut().zip(more) {
        if (&line.dialect, &line.damage) != (&more.dialect, &more.damage) {
            bail!("{PAGE} has {} {} where the trials have others", line.dialect, line.damage);
        }
        for (sum, number) in line.numbers.iter_mut().zip(more.numbers) {
            *sum += number;
        }
    }
    Ok(())
}

/// The page with these sums.
fn page(lines: &[Line], date: &str) -> String {
    let mut page = HEAD.to_owned();
    for line in lines {
        let _ = write!(page, "| {} | {} |", line.dialect, line.damage);
        for number in line.numbers {
            let _ = write!(page, " {number} |");
        }
        page.push('\n');
    }
    let all = lines.iter().map(Line::frames).sum::<u64>();
    let _ = write!(page, "\nLast run on {date}; {all} frames damaged so far.\n");
    page
}

/// A number with `k` or `M` behind it or nothing.
fn number(text: &str) -> Result<u64> {
    scaled(text, &[('k', 1_000), ('M', 1_000_000)])
}

/// A time in seconds, with `s`, `m` or `h` behind it or nothing.
fn seconds(text: &str) -> Result<u64> {
    scaled(text, &[('s', 1), ('m', 60), ('h', 3_600)])
}

fn scaled(text: &str, units: &[(char, u64)]) -> Result<u64> {
    let unit = units.iter().find_map(|&(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (digits, factor) = unit.unwrap_or((text, 1));
    let number: u64 = digits.parse().with_context(|| format!("`{text}` is no number"))?;
    number.checked_mul(factor).with_context(|| format!("`{text}` is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(damage: &str, first: u64) -> Line {
        let numbers = std::array::from_fn(|place| first + place as u64);
        Line { dialect: "own map".to_owned(), damage: damage.to_owned(), numbers }
    }

    #[test]
    fn a_page_is_read_back_and_added_to() {
        let lines = vec![line("drop", 1), line("two bits", 100)];
        let written = page(&lines, "2026-01-01");
        assert!(written.ends_with("2026-01-01; 103 frames damaged so far.\n"), "{written}");
        let mut read = page_lines(&written).unwrap();
        assert_eq!(read, lines);
        add(&mut read, lines.clone()).unwrap();
        assert_eq!(read[0].numbers[..3], [2, 4, 6]);
        assert!(add(&mut read, vec![line("drop", 1)]).is_err());
        assert!(add(&mut read, vec![line("drop", 1), line("flip", 1)]).is_err());
        assert_eq!(page_lines("").unwrap(), []);
    }

    #[test]
    fn numbers_and_times_take_their_units() {
        assert_eq!([number("100M").unwrap(), number("5k").unwrap()], [100_000_000, 5_000]);
        assert_eq!([seconds("2h").unwrap(), seconds("90").unwrap()], [7_200, 90]);
        assert!(number("").is_err() && number("M").is_err() && seconds("1d").is_err());
        assert!(number("99999999999999999M").is_err());
    }
}
