//! `cargo xtask bench`: the figures of speed and size that the project has set itself, printed
//! beside their goals and written to `docs/reference/bench.md`. Nothing is asserted: a figure that
//! depends on the machine is no test.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::demo::{self, Demo};
use crate::run::{cargo, command, read, root};
use crate::{browser, firmware};

/// How long the idle demo is watched.
const WATCHED: Duration = Duration::from_secs(20);
/// How long it may settle before.
const SETTLING: Duration = Duration::from_secs(5);

/// Measures everything and writes the page.
pub(crate) fn run() -> Result<()> {
    println!("── simulator");
    let speed = read(cargo([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "cellward-sim",
        "--example",
        "speed",
    ]))?;
    print!("{speed}");

    println!("── fleet");
    let fleet = read(cargo([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "cellward-sim",
        "--example",
        "fleet",
    ]))?;
    print!("{fleet}");

    println!("── wires");
    let wires = wires()?;
    print!("{wires}");

    println!("── core on a Cortex-M0+ instruction set");
    let counts = firmware::run()?;

    println!("── page");
    let page = browser::measure()?;
    let binary = std::fs::metadata(demo::build()?)?.len();

    println!("── idle demo at 60 times real time");
    let share = idle_share()?;
    println!("{:.1} % of one core", share * 100.0);

    let date = read(command("date", ["-u", "+%Y-%m-%d"]))?;
    let text = page_text(date.trim(), [&speed, &fleet, &wires], counts, page, binary, share);
    let path = root().join("docs/reference/bench.md");
    std::fs::write(&path, text).context("cannot write docs/reference/bench.md")?;
    println!("wrote docs/reference/bench.md");
    Ok(())
}

/// The page, for people.
fn page_text(
    date: &str,
    [speed, fleet, wires]: [&str; 3],
    counts: firmware::Counts,
    page: browser::Measured,
    binary: u64,
    share: f64,
) -> String {
    let mut text = format!(
        "<!-- Written by `cargo xtask bench`. -->\n\n\
         # Speed and size\n\n\
         Measured on {date}, on two shared cores. Instruction counts are exact and the same on \
         every machine; everything else depends on the machine.\n\n\
         | what | measured | goal |\n|---|--:|--:|\n"
    );
    let mut row = |what: &str, measured: String, goal: &str| {
        let _ = writeln!(text, "| {what} | {measured} | {goal} |");
    };
    row(
        "core, mean of a 10 ms tick, 16 cells (thumbv6m instructions, estimation included)",
        counts.mean.to_string(),
        &format!("≤ {}", firmware::BUDGET_MEAN),
    );
    row("core, mean of a tick with nothing but a current", counts.current_only.to_string(), "–");
    row(
        "core, dearest tick with a full measurement",
        counts.full.to_string(),
        &format!("≤ {}", firmware::BUDGET_FULL),
    );
    let estimator = counts.estimator;
    let (mean, worst) = estimator.per_cell();
    row(
        "estimator of 16 cells, mean of a reading a second, instructions per cell",
        mean.to_string(),
        &format!("≤ {}", firmware::BUDGET_CELL),
    );
    row("estimator, dearest reading, instructions per cell", worst.to_string(), "–");
    row(
        "estimator, flash that it adds and memory, in bytes",
        format!("{}, {}", estimator.flash, estimator.memory),
        &format!("≤ {}, ≤ {}", firmware::BUDGET_FLASH, estimator.memory_budget()),
    );
    row("bench image without it, flash in bytes", counts.flash.to_string(), "–");
    row("first paint of the page, cold, in ms", format!("{:.0}", page.first_paint_ms), "< 1000");
    row("page with everything it loads, in bytes", page.page_bytes.to_string(), "< 153600");
    row(
        "idle demo at 60 times real time, share of one core",
        format!("{:.1} %", share * 100.0),
        "< 10 %",
    );
    row("release binary, in bytes", binary.to_string(), "–");
    let _ = write!(
        text,
        "\nOne pack of 16 cells with sensors and the whole core, on one core (goals: at least \
         2,000 times real time at 10 ms ticks, 50,000 in quiet spans that are jumped):\n\n\
         ```text\n{}\n```\n\n\
         Many packs side by side, cells alone with their heat, on one core (goal: 50 million; must: 5 \
         million), median of seven runs and the slowest and fastest of them:\n\n\
         ```text\n{}\n```\n\n\
         What polls cost: in virtual time with a board that takes 20 ms for an answer (goal: at least \
         95 % for every dialect) and the frames of A5 that one core decodes (goal: 5 million); the same \
         over a pty of the demo in real time, whose own latency is not told and counts as lost; and \
         what `cellward read --json` takes beyond the wire's and the board's own time (goal: less \
         than 50 ms), medians of five:\n\n\
         ```text\n{}\n```\n\n\
         Instructions are counted on an emulated board to within {} instructions for one tick \
         and two for a mean; `cargo xtask qemu` repeats that alone.\n",
        speed.trim_end(),
        fleet.trim_end(),
        wires.trim_end(),
        firmware::RESOLUTION,
    );
    text
}

/// What polls cost, in virtual time and over real wires.
fn wires() -> Result<String> {
    let example = |package: &str, name: &str, arguments: &[&str]| {
        let mut example = cargo(["run", "--release", "--locked", "--quiet", "--package", package]);
        example.args(["--example", name, "--"]).args(arguments);
        read(example)
    };
    let mut text = example("cellward-testkit", "speed", &[])?;
    let demo = Demo::start(1)?;
    let addresses =
        ["a5", "d2", "p81", "modbus"].map(|key| format!("serial:{}?dialect={key}", demo.pty));
    let mut arguments = vec!["poll"];
    arguments.extend(addresses.iter().map(String::as_str));
    text.push_str("\nover a pty of the demo:\n");
    text.push_str(&example("cellward-host", "wire", &arguments)?);
    demo.stop()?;
    let binary = demo::build()?;
    text.push_str("\ncellward read --json:\n");
    text.push_str(&example("cellward-host", "wire", &["overhead", &binary.to_string_lossy()])?);
    Ok(text)
}

/// The share of one core that a demo uses while nobody does anything.
fn idle_share() -> Result<f64> {
    let demo = Demo::start(60)?;
    std::thread::sleep(SETTLING);
    let start = Instant::now();
    let before = cpu_seconds(demo.pid())?;
    std::thread::sleep(WATCHED);
    let used = cpu_seconds(demo.pid())? - before;
    let share = used / start.elapsed().as_secs_f64();
    demo.stop()?;
    Ok(share)
}

/// Processor time that a process has used, in seconds.
fn cpu_seconds(pid: u32) -> Result<f64> {
    let ticks_per_second: f64 = read(command("getconf", ["CLK_TCK"]))?.trim().parse()?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    Ok(cpu_ticks(&stat)? as f64 / ticks_per_second)
}

/// User and system time from a line of `/proc/<pid>/stat`, in clock ticks.
fn cpu_ticks(stat: &str) -> Result<u64> {
    // The name of the program may hold spaces and brackets; what follows its last bracket is
    // numbered from field 3, and the times are fields 14 and 15 (proc(5)).
    let (_, fields) = stat.rsplit_once(')').context("a process has a name")?;
    let mut times = fields.split_whitespace().skip(11);
    let mut next = || -> Result<u64> { Ok(times.next().context("too few fields")?.parse()?) };
    Ok(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_the_name() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 700 80 0 0 20 0";
        assert_eq!(cpu_ticks(stat).unwrap(), 780);
        assert!(cpu_ticks("42 (a) S 1 2").is_err());
    }
}
