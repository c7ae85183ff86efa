//! A snapshot as a table for people.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use cellward_host::sentence::{self, quantity};
use cellward_params::point::{POINTS, Shape};
use cellward_params::{Fault, Level, Point, Snapshot, Value};
use cellward_units::{Charge, NoData};

mod belief;

use belief::{belief, hints, resistances};

/// Whether the table may be coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    /// Plain text.
    Plain,
    /// With ANSI emphasis.
    Ansi,
}

impl Ink {
    /// ANSI on a terminal, unless `NO_COLOR` says otherwise.
    pub(super) fn for_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !refused { Self::Ansi } else { Self::Plain }
    }

    /// A heading of a block, in a column of its own.
    fn heading(self, text: &str) -> String {
        match self {
            Self::Plain => format!("{text:<13}"),
            Self::Ansi => format!("\x1b[1m{text:<13}\x1b[0m"),
        }
    }

    /// Something that must not be overlooked.
    fn alert(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\x1b[1;31m{text}\x1b[0m"),
        }
    }
}

/// Cells in one line.
const CELLS_PER_LINE: usize = 4;
/// Where the blocks' content begins.
const INDENT: &str = "             ";

/// The whole table, ending with a line feed.
pub(super) fn render(snapshot: &Snapshot, ink: Ink) -> String {
    let mut text = String::new();
    let of = |point| shown(snapshot, point, 0);
    let mut line = |heading: &str, content: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}{content}", ink.heading(heading));
    };
    line(
        "Pack",
        &format!(
            "{}   {} ({})   {}",
            of(Point::PackVoltage),
            of(Point::PackCurrent),
            of(Point::ChargeFlow),
            power(snapshot)
        ),
    );
    line(
        "Charge",
        &format!(
            "{}   {} left of {}   {} cycles",
            of(Point::SocShown),
            amp_hours(snapshot.remaining),
            amp_hours(snapshot.rated_capacity),
            of(Point::Cycles)
        ),
    );
    text.push_str(&belief(snapshot, ink));
    let mut line = |heading: &str, content: &str| {
        let _ = writeln!(text, "{}{content}", ink.heading(heading));
    };
    let switch = |closed: Result<bool, NoData>| match closed {
        Ok(true) => "closed".to_owned(),
        Ok(false) => ink.alert("open"),
        Err(reason) => absent(reason),
    };
    line(
        "Switches",
        &format!(
            "charge {}   discharge {}   charger {}   load {}",
            switch(snapshot.charge_switch_closed),
            switch(snapshot.discharge_switch_closed),
            of(Point::ChargerPresent),
            of(Point::LoadPresent)
        ),
    );
    line(
        "Cells",
        &format!(
            "{}, sum {}, highest {} (cell {}), lowest {} (cell {}), apart {}",
            of(Point::CellCount),
            of(Point::CellVoltageSum),
            of(Point::HighestCellVoltage),
            of(Point::HighestCellNumber),
            of(Point::LowestCellVoltage),
            of(Point::LowestCellNumber),
            of(Point::CellVoltageDifference)
        ),
    );
    text.push_str(&cells(snapshot, ink));
    text.push_str(&resistances(snapshot, ink));
    text.push_str(&temperatures(snapshot, ink));
    text.push_str(&alarms(snapshot, ink));
    text.push_str(&hints(snapshot, ink));
    text.push_str(&board(snapshot, ink));
    text
}

/// The power in watts: milliwatts tell nobody anything.
fn power(snapshot: &Snapshot) -> String {
    match snapshot.power {
        Ok(power) => format!("{} W", power.as_milliwatts() / 1_000),
        Err(reason) => absent(reason),
    }
}

/// A charge in ampere-hours, as packs are labelled.
fn amp_hours(charge: Result<Charge, NoData>) -> String {
    match charge {
        Ok(charge) => format!("{:.1} Ah", charge.to_amp_hours_f64()),
        Err(reason) => absent(reason),
    }
}

/// What stands for a value that is not there.
fn absent(reason: NoData) -> String {
    format!("-- ({reason})")
}

/// One element of a point.
fn shown(snapshot: &Snapshot, point: Point, index: usize) -> String {
    let unit = point.row().unit;
    match snapshot.value(point, index) {
        Some(Value::Number(Ok(raw))) => quantity(raw, unit),
        Some(Value::Flag(Ok(yes))) => if yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Word(Ok(word))) => word.replace('_', " "),
        Some(Value::Text(Ok(text))) => text.to_owned(),
        Some(
            Value::Number(Err(reason))
            | Value::Flag(Err(reason))
            | Value::Word(Err(reason))
            | Value::Text(Err(reason)),
        ) => absent(reason),
        _ => absent(NoData::Unknown),
    }
}

/// The cells as a grid; the highest and lowest are marked, bled ones too.
fn cells(snapshot: &Snapshot, ink: Ink) -> String {
    let mut text = String::new();
    let count = snapshot.count(Shape::Cells);
    // Marked by what the grid shows, so that it agrees with itself: the board named its extremes
    // a moment earlier.
    let shown_cells = || snapshot.cell_voltage.iter().take(count).copied().flatten();
    let (highest, lowest) = (shown_cells().max(), shown_cells().min());
    for index in 0..count {
        if index % CELLS_PER_LINE == 0 {
            text.push_str(INDENT);
        }
        let number = index + 1;
        let voltage = snapshot.cell_voltage.get(index).copied();
        let mark = match voltage {
            Some(Ok(voltage)) if Some(voltage) == highest => "max",
            Some(Ok(voltage)) if Some(voltage) == lowest => "min",
            _ => "",
        };
        let bleeding = match snapshot.cell_bleeding.get(index) {
            Some(Ok(true)) => "~",
            _ => " ",
        };
        let voltage = match voltage {
            Some(Ok(_)) => shown(snapshot, Point::CellVoltage, index),
            _ => "--".to_owned(),
        };
        let mark = if mark.is_empty() { "   ".to_owned() } else { ink.alert(mark) };
        let _ = write!(text, "{number:>2}  {voltage:>8}{bleeding}{mark}  ");
        if (index + 1) % CELLS_PER_LINE == 0 || index + 1 == count {
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    let bled = (0..count).any(|index| snapshot.cell_bleeding.get(index) == Some(&Ok(true)));
    if bled {
        let _ = writeln!(text, "{INDENT}~ is being bled");
    }
    for index in 0..count {
        if let Some(Err(reason)) = snapshot.cell_voltage.get(index) {
            let _ = writeln!(text, "{INDENT}cell {}: {reason}", index + 1);
        }
    }
    text
}

fn temperatures(snapshot: &Snapshot, ink: Ink) -> String {
    let count = snapshot.count(Shape::Sensors);
    let sensors: Vec<String> = (0..count)
        .map(|index| format!("{}: {}", index + 1, shown(snapshot, Point::SensorTemperature, index)))
        .collect();
    let list = if sensors.is_empty() {
        shown(snapshot, Point::SensorCount, 0)
    } else {
        sensors.join("   ")
    };
    format!("{}{list}\n", ink.heading("Temperatures"))
}

/// Every active alarm and protection with what to do about it.
fn alarms(snapshot: &Snapshot, ink: Ink) -> String {
    let faults = match &snapshot.faults {
        Ok(faults) if faults.is_empty() => {
            return format!("{}none\n", ink.heading("Alarms"));
        }
        Ok(faults) => faults,
        Err(reason) => return format!("{}{}\n", ink.heading("Alarms"), absent(*reason)),
    };
    let mut text = String::new();
    for (place, active) in faults.iter().enumerate() {
        let heading = if place == 0 { ink.heading("Alarms") } else { INDENT.to_owned() };
        let kind = match active.level {
            Level::Alarm => "alarm",
            Level::Protection | Level::Hard => "protection",
        };
        let name = ink.alert(&sentence::fault(active));
        let _ = writeln!(text, "{heading}{kind}: {name}. {}", advice(active.fault));
    }
    text
}

fn advice(fault: Fault) -> &'static str {
    fault.row().advice
}

/// Ratings, totals and texts: only what is known, because few boards tell them all.
fn board(snapshot: &Snapshot, ink: Ink) -> String {
    let known: Vec<String> = POINTS
        .iter()
        .filter(|row| {
            matches!(
                row.point,
                Point::HardwareVersion
                    | Point::FirmwareVersion
                    | Point::FirmwareIndex
                    | Point::BatteryCode
                    | Point::ProductionDate
                    | Point::BoardClock
                    | Point::NominalCellVoltage
                    | Point::ChargedTotal
                    | Point::DischargedTotal
                    | Point::CellChemistry
            )
        })
        .filter(|row| is_known(snapshot, row.point))
        .map(|row| format!("{} {}", row.label.to_lowercase(), shown(snapshot, row.point, 0)))
        .collect();
    if known.is_empty() {
        return String::new();
    }
    format!("{}{}\n", ink.heading("Board"), known.join("   "))
}

fn is_known(snapshot: &Snapshot, point: Point) -> bool {
    matches!(
        snapshot.value(point, 0),
        Some(Value::Number(Ok(_)) | Value::Word(Ok(_)) | Value::Text(Ok(_)))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_testkit::pack::sample;

    #[test]
    fn a_pack_is_shown_on_one_screen_with_its_extremes_marked() {
        let text = render(&sample(16, 2), Ink::Plain).replace('\u{202f}', " ");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Pack         53.21 V   −12.3 A (discharging)   -- (not fitted)");
        assert!(lines[4].starts_with("              1  3 303 mV min"), "{}", lines[4]);
        assert!(lines[4].contains(" 2  3 306 mV~"), "{}", lines[4]);
        assert!(text.contains("16  3 348 mV max"), "{text}");
        assert!(text.contains("alarm: discharge current too high. Reduce or remove the load."));
        assert!(lines.len() < 24 && lines.iter().all(|line| line.chars().count() <= 132));
    }

    #[test]
    fn what_is_absent_says_why_and_shows_no_number() {
        let text = render(&Snapshot::absent(NoData::NoAnswer), Ink::Plain);
        assert!(text.starts_with("Pack         -- (no answer)"));
        assert!(!text.chars().any(|c| c.is_ascii_digit()), "{text}");
    }

    #[test]
    fn colours_appear_only_when_wanted() {
        assert!(render(&sample(4, 1), Ink::Ansi).contains('\x1b'));
        assert!(!render(&sample(4, 1), Ink::Plain).contains('\x1b'));
    }
}
