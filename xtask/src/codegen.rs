//! `cargo xtask codegen`: writes the reference pages that derive from the four tables, the page of
//! requirements, which derives from their table and from the tests, and the pages that are measured
//! on the engine itself.
//!
//! The pages are committed, so that they can be read without building anything; `--check` fails
//! when one of them no longer says what the tables say.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use cellward_params::command::COMMANDS;
use cellward_params::fault::{Blocks, FAULTS, Lock, Release, SourceKind};
use cellward_params::limit::{Base, LIMITS, Numbers};
use cellward_params::parameter::{Field, PARAMETERS, ParamId};
use cellward_params::point::{POINTS, Shape};
use cellward_params::{Chemistry, Level, Switch, Unit};

use crate::requirements::Traced;
use crate::run::{cargo, read, root};
use crate::tidy;

/// What stands at the head of every page.
const NOTICE: &str = "<!-- Written by `cargo xtask codegen` from the tables in crates/params. \
                      Change the table, not this page. -->\n\n";

/// Writes every page, or checks that every page is as it would be written.
pub(crate) fn run(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    let traced = Traced::read(&tidy::sources()?)?;
    let derived = pages().into_iter().chain([("requirements.md", traced.page())]);
    for (name, text) in derived.chain(measured()?) {
        let path = folder().join(name);
        let present = std::fs::read_to_string(&path).unwrap_or_default();
        if present == text {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            std::fs::create_dir_all(folder())?;
            std::fs::write(&path, text).with_context(|| format!("cannot write {name}"))?;
            println!("codegen: wrote docs/reference/{name}");
        }
    }
    if !stale.is_empty() {
        bail!(
            "stale in docs/reference: {}; run `cargo xtask codegen` and commit what it writes",
            stale.join(", ")
        );
    }
    println!("codegen: docs/reference says what the tables say");
    Ok(())
}

/// Where the pages go.
fn folder() -> PathBuf {
    root().join("docs/reference")
}

/// Every page of the four tables with its name.
fn pages() -> [(&'static str, String); 4] {
    [
        ("points.md", points()),
        ("parameters.md", parameters()),
        ("faults.md", faults()),
        ("commands.md", commands()),
    ]
}

/// Every page that an example prints, after driving the engine or out of the map of a protocol: its
/// name, its package, the example.
const MEASURED: &[(&str, &str, &str)] = &[
    ("matrix.md", "cellward-core", "matrix"),
    ("reaction-times.md", "cellward-sim", "reactions"),
    ("modbus.md", "cellward-link", "modbus"),
];

/// The pages that examples print.
fn measured() -> Result<Vec<(&'static str, String)>> {
    let print = |&(name, package, example): &(&'static str, &str, &str)| {
        let run = ["run", "--quiet", "--locked", "--package", package, "--example", example];
        Ok((name, read(cargo(run))?))
    };
    MEASURED.iter().map(print).collect()
}

/// The key of a point as it stands in JSON: with its unit.
fn json_key(key: &str, unit: Unit) -> String {
    match unit.suffix() {
        "" => key.to_owned(),
        suffix => format!("{key}_{suffix}"),
    }
}

/// A raw number as a person writes it, without its unit.
fn written(raw: i32, unit: Unit) -> String {
    let decimals = usize::from(unit.decimals());
    if decimals == 0 {
        return raw.to_string();
    }
    let scale = 10_f64.powi(i32::from(unit.decimals()));
    format!("{:.decimals$}", f64::from(raw) / scale)
}

/// The symbol of a unit, or a dash where there is none.
fn symbol(unit: Unit) -> &'static str {
    match unit.symbol() {
        "" => "–",
        symbol => symbol,
    }
}

/// One number where all chemistries agree, else one for each.
fn by_chemistry(raw: [i32; 3], unit: Unit) -> String {
    let [lfp, nmc, lto] = raw;
    if lfp == nmc && nmc == lto {
        return written(lfp, unit);
    }
    raw.map(|raw| written(raw, unit)).join(" / ")
}

/// Points: what can be read.
fn points() -> String {
    let mut page = String::from(NOTICE);
    page.push_str(
        "# Points: what can be read\n\n\
         Keys are those of `GET /api/snapshot` and of `cellward read --json`. Lists have one value \
         for each cell or sensor, from B- up. A value that is not known is absent with a reason; \
         no number stands in for it. Positive current charges the pack.\n\n\
         | id | key | name | unit | decimals | values |\n|--:|---|---|---|--:|---|\n",
    );
    for row in POINTS {
        let shape = match row.shape {
            Shape::Scalar => "one",
            Shape::Cells => "one per cell",
            Shape::Sensors => "one per sensor",
            Shape::Boards => "one per board of a stack",
        };
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} | {} | {shape} |",
            row.point.id(),
            json_key(row.key, row.unit),
            row.label,
            symbol(row.unit),
            row.unit.decimals(),
        );
    }
    page
}

/// Parameters: what can be set.
fn parameters() -> String {
    let mut page = String::from(NOTICE);
    let chemistries: Vec<&str> = Chemistry::ALL.iter().map(|one| one.key()).collect();
    let _ = write!(
        page,
        "# Parameters: what can be set\n\n\
         Where a default differs between chemistries it is given as {}.\n\n\
         ## System parameters\n\n\
         | id | key | unit | range | `strict` | `vendor` | who may write | what it does | source |\n\
         |--:|---|---|---|---|---|---|---|---|\n",
        chemistries.join(" / "),
    );
    for row in PARAMETERS {
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} … {} | {} | {} | {} | {} | {} |",
            row.id.0,
            json_key(row.key, row.unit),
            symbol(row.unit),
            written(row.min, row.unit),
            written(row.max, row.unit),
            by_chemistry(row.strict, row.unit),
            by_chemistry(row.vendor, row.unit),
            row.role.key(),
            row.help,
            row.source,
        );
    }
    page.push_str(
        "\n## Protection limits\n\n\
         A limit is addressed by its fault, its level and one of four fields; the table gives the \
         id of the threshold, and the recovery, the delay and the release delay follow it. \
         A limit trips at its threshold or beyond and recovers strictly on the good side of its \
         recovery, each after its delay. Current limits are stored in mA; the table gives them as \
         the share of the base that the defaults are made from.\n\n\
         | id | fault | level | counts | `strict` | `vendor` |\n|--:|---|---|---|---|---|\n",
    );
    for row in LIMITS {
        let _ = writeln!(
            page,
            "| {:#06x} | `{}` | {} | {} | {} | {} |",
            ParamId::of_limit(row.fault, row.level, Field::Threshold).0,
            row.fault.key(),
            level(row.level),
            base(row.base),
            numbers(row.base, &row.strict),
            numbers(row.base, &row.vendor),
        );
    }
    page
}

/// What the numbers of a limit count.
const fn base(base: Base) -> &'static str {
    match base {
        Base::Cell => "mV of one cell",
        Base::PackDown => "mV of the pack per cell, rounded down to 0.1 V",
        Base::PackUp => "mV of the pack per cell, rounded up to 0.1 V",
        Base::RatedCurrent => "‰ of the rated current",
        Base::ChargeLimit => "‰ of the charge limit",
        Base::Temperature => "°C",
        Base::FixedVoltage => "mV, fixed",
        Base::CellGap => "mV between two cells",
        Base::FixedCurrent => "mA, fixed",
        Base::TemperatureGap => "K between two sensors",
        Base::Rate => "K within a minute",
        Base::Drift => "mV that a cell fell against the others",
        Base::Share => "‰ of the capacity",
        Base::State => "state",
    }
}

/// The four numbers of a limit in one cell of the table.
fn numbers(base: Base, numbers: &Numbers) -> String {
    let delays = format!(
        "after {} s, release after {} s",
        seconds(numbers.delay_ms),
        seconds(numbers.release_ms)
    );
    if base == Base::State {
        return delays;
    }
    let unit = match base {
        Base::Temperature => Unit::Celsius,
        Base::TemperatureGap | Base::Rate => Unit::KelvinDifference,
        _ => Unit::None,
    };
    format!(
        "{}, recovers at {}; {delays}",
        by_chemistry(numbers.threshold, unit),
        by_chemistry(numbers.recovery, unit)
    )
}

/// Milliseconds as seconds, without needless zeros.
fn seconds(milliseconds: u32) -> String {
    (f64::from(milliseconds) / 1_000.0).to_string()
}

/// A level for a person.
const fn level(level: Level) -> &'static str {
    match level {
        Level::Alarm => "alarm (L1)",
        Level::Protection => "protection (L2)",
        Level::Hard => "second protection (L3)",
    }
}

/// Faults: what can go wrong.
fn faults() -> String {
    let mut page = String::from(NOTICE);
    page.push_str(
        "# Faults: what can go wrong\n\n\
         The code is the event code in records. A level that opens nothing only tells. *Not \
         detected* means that this board does not look for the fault yet; it is known so that \
         boards which report it can be read.\n\n\
         | code | key | says | detected | L1 opens | L2 opens | L3 opens | release in \
         `strict` | release in `vendor` | lock | place | red flashes | advice |\n\
         |--:|---|---|---|---|---|---|---|---|---|---|--:|---|\n",
    );
    for row in FAULTS {
        let [first, second, third] = row.blocks.map(blocks);
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} | {first} | {second} | {third} | {} | {} | {} | {} | {} | {} |",
            row.fault.code(),
            row.fault.key(),
            row.label,
            if LIMITS.iter().any(|limit| limit.fault == row.fault) { "yes" } else { "no" },
            release(row.release),
            release(row.vendor_release),
            lock(row.lock),
            place(row.source),
            row.flashes,
            row.advice,
        );
    }
    page
}

/// Which switches a level opens.
const fn blocks(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "–",
        Blocks::Charge => Switch::Charge.key(),
        Blocks::Discharge => Switch::Discharge.key(),
        Blocks::Both => "both",
        Blocks::ChargeFirmly => "charge, whatever flows back",
        Blocks::DischargeFirmly => "discharge, whatever flows back",
    }
}

/// How a fault releases.
const fn release(release: Release) -> &'static str {
    match release {
        Release::Recovery => "recovery value held",
        Release::OverVoltage => {
            "recovery value held, at most three times an hour; or one hundredth of the capacity \
             discharged"
        }
        Release::UnderVoltage => {
            "recovery value held, and a charger, charge current, a removed load or a command; at \
             most three times an hour without a command"
        }
        Release::ChargeOverCurrent => {
            "charger gone, discharge current, or a wait; the third time in ten minutes only \
             charger gone"
        }
        Release::DischargeOverCurrent => {
            "load removed, or tries after 30, 60 and 120 s; then load removed, a charger, the key \
             or a command"
        }
        Release::LoadRemoved => "load removed",
        Release::ShortCircuit => {
            "load removed, not before 10 s; tries through the pre-charge path; then load removed, \
             the key or a command"
        }
        Release::Precharge => "load removed, the key, a command, or five minutes",
        Release::Override => "an override by an installer, and recovery at rest",
        Release::Acknowledge => "an installer acknowledges",
        Release::Wait => "a wait",
        Release::Commission => "an installer confirms chemistry, cells and taps",
    }
}

/// When a fault becomes a lock that only an installer opens.
fn lock(lock: Lock) -> String {
    match lock {
        Lock::Never => "–".to_owned(),
        Lock::AtOnce(at) => format!("at {}", level(at)),
        Lock::Confirmed(at) => format!("at {}, when the wires are proven good", level(at)),
        Lock::Repeated(times) => format!("the {times}th time within a day"),
    }
}

/// What the place of a fault counts.
const fn place(source: SourceKind) -> &'static str {
    match source {
        SourceKind::None => "–",
        SourceKind::Cell => "cell",
        SourceKind::Sensor => "sensor",
        SourceKind::Switch => "switch",
        SourceKind::Tap => "tap",
    }
}

/// Commands: what can be asked for.
fn commands() -> String {
    let mut page = String::from(NOTICE);
    page.push_str(
        "# Commands: what can be asked for\n\n\
         | id | key | arguments | what it does | least role |\n|---|---|---|---|---|\n",
    );
    for row in COMMANDS {
        let (id, key, arguments, help) = (row.id, row.key, row.arguments, row.help);
        let role = row.role.key();
        let _ = writeln!(page, "| {id} | `{key}` | {arguments} | {help} | {role} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_the_decimals_of_their_unit() {
        assert_eq!(written(-125, Unit::Celsius), "-12.5");
        assert_eq!(written(8_880, Unit::Percent), "88.80");
        assert_eq!(written(3_650, Unit::Millivolt), "3650");
    }

    #[test]
    fn chemistries_that_agree_share_one_number() {
        assert_eq!(by_chemistry([20; 3], Unit::Celsius), "2.0");
        assert_eq!(by_chemistry([1, 2, 3], Unit::None), "1 / 2 / 3");
    }

    #[test]
    fn every_row_of_every_table_is_on_its_page() {
        let points = points();
        assert!(POINTS.iter().all(|row| points.contains(row.label)));
        let parameters = parameters();
        assert!(PARAMETERS.iter().all(|row| parameters.contains(row.help)));
        let faults = faults();
        assert!(FAULTS.iter().all(|row| faults.contains(row.advice)));
        // Every row is one line with as many cells as the head of its table.
        for (name, page) in pages() {
            let mut columns = 0;
            for line in page.lines() {
                let bars = line.matches('|').count();
                if line.starts_with("|--") || line.starts_with("|---") {
                    columns = bars;
                } else if line.starts_with('|') && columns > 0 {
                    assert_eq!(bars, columns, "{name}: {line}");
                } else {
                    columns = 0;
                }
            }
        }
    }
}
