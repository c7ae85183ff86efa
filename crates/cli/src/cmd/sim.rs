//! `cellward sim`: runs scenarios in virtual time and says whether everything came as expected.

mod csv;
mod events;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use cellward_sim::{Outcome, Scenario, Told};
use cellward_units::Duration;

use super::{Exit, complain, print};

/// Options of `cellward sim`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SimArgs {
    /// What happens and what is expected of the board (see docs/scenarios.md); several may follow
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    scenario: Vec<PathBuf>,
    /// Writes everything that happened as lines of JSON; for one scenario
    #[arg(long, value_name = "OUT.jsonl")]
    events: Option<PathBuf>,
    /// Writes samples of everything that a reader of the board sees; for one scenario
    #[arg(long, value_name = "OUT.csv")]
    csv: Option<PathBuf>,
    /// Virtual time between two samples, such as 100ms, 1s or 5min
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_step)]
    csv_step: Duration,
}

/// Reads the distance of samples: a number and one of ms, s, min, h; at least one tick.
fn parse_step(text: &str) -> Result<Duration, String> {
    let refuse = || "must be a number and one of ms, s, min or h, such as 100ms".to_owned();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(refuse)?;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| refuse())?;
    let millis = number
        * match unit {
            "ms" => 1.0,
            "s" => 1e3,
            "min" => 60e3,
            "h" => 3_600e3,
            _ => return Err(refuse()),
        };
    if (10.0..=86_400e3).contains(&millis) {
        Ok(Duration::from_millis(millis.round() as u64))
    } else {
        Err("must lie between 10ms and 24h".to_owned())
    }
}

/// Runs every scenario.
pub(crate) fn run(args: &SimArgs) -> Exit {
    if args.scenario.len() > 1 && (args.events.is_some() || args.csv.is_some()) {
        complain("--events and --csv are for one scenario: name one at a time");
        return Exit::Usage;
    }
    // Everything is read before anything runs, so that a slip of the pen costs no waiting.
    let mut scenarios = Vec::new();
    for path in &args.scenario {
        match read(path) {
            Ok(scenario) => scenarios.push((path, scenario)),
            Err(reason) => {
                complain(&reason);
                return Exit::Usage;
            }
        }
    }
    let mut tally = Tally::default();
    for (path, scenario) in &scenarios {
        match live_through(args, scenario) {
            Ok(outcome) => tally.tell(path, scenario, &outcome),
            Err(reason) => {
                complain(&format!("{}: {reason}", path.display()));
                return Exit::Usage;
            }
        }
    }
    if scenarios.len() > 1 {
        print(&tally.summary());
    }
    if tally.broken > 0 { Exit::Refused } else { Exit::Done }
}

/// Reads one file.
fn read(path: &Path) -> Result<Scenario, String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!(
            "cannot read {}: {error}; name a file such as scenarios/steady.toml",
            path.display()
        )
    })?;
    Scenario::parse(&text).map_err(|error| {
        format!("{}: {error}\nThe words are explained in docs/scenarios.md.", path.display())
    })
}

/// Runs one scenario and writes what was asked for.
fn live_through(args: &SimArgs, scenario: &Scenario) -> Result<Outcome, String> {
    let mut events = args.events.as_deref().map(create).transpose()?;
    let mut samples = args.csv.as_deref().map(create).transpose()?.map(csv::Table::new);
    let mut trouble: io::Result<()> = Ok(());
    let every = samples.is_some().then_some(args.csv_step);
    let outcome = scenario
        .run(every, &mut |told| {
            let written = match (told, &mut events, &mut samples) {
                (Told::Event(event), Some(file), _) => writeln!(file, "{}", events::line(event)),
                (Told::Sample(at, snapshot), _, Some(table)) => table.row(at, snapshot),
                _ => Ok(()),
            };
            if trouble.is_ok() {
                trouble = written;
            }
        })
        .map_err(|error| error.to_string())?;
    let flushed = events.map_or(Ok(()), |mut file| file.flush());
    let ended = samples.map_or(Ok(()), csv::Table::finish);
    trouble
        .and(flushed)
        .and(ended)
        .map_err(|error| format!("what happened cannot be written: {error}"))?;
    Ok(outcome)
}

fn create(path: &Path) -> Result<BufWriter<File>, String> {
    File::create(path)
        .map(BufWriter::new)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// What came of all of them.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    held: usize,
    broken: usize,
    without: usize,
}

impl Tally {
    /// One line for a scenario, and the first broken expectation under it.
    fn tell(&mut self, path: &Path, scenario: &Scenario, outcome: &Outcome) {
        let name = path.display();
        let seconds = outcome.lived.as_millis() as f64 / 1e3;
        if scenario.expected() == 0 {
            self.without += 1;
            print(&format!("{name}: no expectations, {seconds} s simulated\n"));
            return;
        }
        let Some(first) = outcome.broken.first() else {
            self.held += 1;
            let count = outcome.held;
            print(&format!("{name}: {count} of {count} held, {seconds} s simulated\n"));
            return;
        };
        self.broken += 1;
        let (bad, all) = (outcome.broken.len(), outcome.broken.len() + outcome.held);
        print(&format!("{name}: {bad} of {all} broken, {seconds} s simulated\n"));
        print(&format!("{name}:{}: the first one that broke\n", first.line));
        for line in first.to_string().lines() {
            print(&format!("  {line}\n"));
        }
    }

    fn summary(&self) -> String {
        let all = self.held + self.broken + self.without;
        let mut summary = format!("{all} scenarios: {} held", self.held);
        if self.broken > 0 {
            summary += &format!(", {} broken", self.broken);
        }
        if self.without > 0 {
            summary += &format!(", {} without expectations", self.without);
        }
        summary + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_samples_is_between_a_tick_and_a_day() {
        assert_eq!(parse_step("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(parse_step("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(parse_step("1.5min"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_step("24h"), Ok(Duration::from_secs(86_400)));
        for wrong in ["9ms", "25h", "1", "s", "-1s", "1d", ""] {
            assert!(parse_step(wrong).is_err(), "{wrong}");
        }
    }
}
