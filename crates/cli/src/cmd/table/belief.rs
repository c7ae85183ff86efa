//! What the estimator of a board believes: only what is known, because few boards tell any of it.

use std::fmt::Write as _;

use cellward_host::sentence;
use cellward_params::point::Shape;
use cellward_params::{Flow, Point, Snapshot};
use cellward_units::{Duration, NoData, Power};

use super::{INDENT, Ink, amp_hours, shown};

/// A pack that was full so little ago is full.
const FULL_NOW: Duration = Duration::from_secs(60);
/// Resistances in one line.
const PER_LINE: usize = 8;

/// Bounds, what is left, health and power: up to three lines, none where nothing is known.
pub(super) fn belief(snapshot: &Snapshot, ink: Ink) -> String {
    let mut text = String::new();
    let mut heading = "Believed";
    for known in [sureness(snapshot), left(snapshot)] {
        if !known.is_empty() {
            let _ = writeln!(text, "{}{}", ink.heading(heading), known.join("   "));
            heading = "";
        }
    }
    text
}

/// How sure the charge is, and what the pack holds.
fn sureness(snapshot: &Snapshot) -> Vec<String> {
    let mut known = Vec::new();
    if let (Ok(low), Ok(high)) = (snapshot.soc_low, snapshot.soc_high) {
        // Outwards, so that what is written holds as often as it says.
        let low = low.as_ppm().div_euclid(10_000);
        let high = high.as_ppm().saturating_add(9_999).div_euclid(10_000);
        known.push(format!("95 % sure: {low} to {high} %"));
    }
    if let Ok(since) = snapshot.since_full {
        let ago = if since < FULL_NOW {
            "full now".to_owned()
        } else {
            format!("full {} ago", about(since))
        };
        known.push(ago);
    }
    if let Ok(health) = snapshot.soh {
        known
            .push(format!("health {} %", health.as_ppm().saturating_add(5_000).div_euclid(10_000)));
    }
    if snapshot.learnt_capacity.is_ok() {
        known.push(format!("holds {}", amp_hours(snapshot.learnt_capacity)));
    }
    known
}

/// What can still be taken out or put in, for how long, and how much at once.
fn left(snapshot: &Snapshot) -> Vec<String> {
    let mut known = Vec::new();
    if snapshot.energy_left.is_ok() {
        known.push(format!("{} left", shown(snapshot, Point::EnergyLeft, 0)));
    }
    // Times follow the current of the last minutes: what contradicts the one that flows is left out.
    let is_full = snapshot.since_full.is_ok_and(|since| since < FULL_NOW);
    let to_full = if is_full { Err(NoData::Unknown) } else { snapshot.time_to_full };
    let times =
        [(snapshot.time_to_empty, Flow::Discharging, "empty"), (to_full, Flow::Charging, "full")];
    for (time, way, end) in times {
        if let (Ok(time), true) = (time, snapshot.flow.unwrap_or(way) == way) {
            known.push(format!("{end} in about {}", about(time)));
        }
    }
    let ways = [(snapshot.discharge_power_10s, "out"), (snapshot.charge_power_10s, "in")];
    let powers: Vec<String> = ways
        .into_iter()
        .filter_map(|(power, way)| Some(format!("{} {way}", kilowatts(power)?)))
        .collect();
    if !powers.is_empty() {
        known.push(format!("for 10 s {}", powers.join(", ")));
    }
    known
}

/// The resistance of each cell, where any is known.
pub(super) fn resistances(snapshot: &Snapshot, ink: Ink) -> String {
    let mut text = String::new();
    let count = snapshot.count(Shape::Cells);
    let cells: Vec<_> = snapshot.cell_resistance.iter().take(count).collect();
    if cells.iter().all(|cell| cell.is_err()) {
        return text;
    }
    for (line, cells) in cells.chunks(PER_LINE).enumerate() {
        let heading = if line == 0 { ink.heading("Resistances") } else { INDENT.to_owned() };
        let shown = cells.iter().enumerate().map(|(place, cell)| {
            let number = line * PER_LINE + place + 1;
            let milliohms = cell.map_or_else(
                |_| "--".to_owned(),
                |known| format!("{:.2}", f64::from(known.as_microohms()) / 1e3),
            );
            let out =
                snapshot.resistance_hint.is_ok_and(|hint| usize::try_from(hint) == Ok(number));
            let padded = format!("{milliohms:>5}");
            format!("{number:>2}  {}", if out { ink.alert(&padded) } else { padded })
        });
        let shown: Vec<String> = shown.collect();
        let unit = if line == 0 { "  mΩ" } else { "" };
        let _ = writeln!(text, "{heading}{}{unit}", shown.join("   "));
    }
    text
}

/// What a person should look at, with what to do about it.
pub(super) fn hints(snapshot: &Snapshot, ink: Ink) -> String {
    let mut text = String::new();
    for (place, hint) in sentence::hints(snapshot).enumerate() {
        let heading = if place == 0 { ink.heading("Hints") } else { INDENT.to_owned() };
        let _ = writeln!(text, "{heading}{}.\n{INDENT}{}", ink.alert(&hint.text), hint.advice);
    }
    text
}

/// A power as inverters are sold by.
fn kilowatts(power: Result<Power, NoData>) -> Option<String> {
    Some(format!("{:.1} kW", power.ok()?.as_milliwatts() as f64 / 1e6))
}

/// A time as one rounded number, for what nobody knows to the minute.
fn about(time: Duration) -> String {
    let minutes = (time.as_secs() + 30) / 60;
    let halves = (minutes + 15) / 30;
    match minutes {
        0..20 => format!("{} min", minutes.max(1)),
        20..95 => format!("{} min", (minutes + 2) / 5 * 5),
        95..585 if halves % 2 == 1 => format!("{}.5 h", halves / 2),
        95..2_880 => format!("{} h", (minutes + 30) / 60),
        _ => format!("{} d", (minutes + 720) / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::ChargeDoubt;
    use cellward_testkit::pack::sample;
    use cellward_units::{Charge, Energy, Ratio, Resistance};

    use super::*;

    fn believing() -> Snapshot {
        let mut snapshot = sample(16, 2);
        snapshot.soc_low = Ok(Ratio::from_ppm(429_999));
        snapshot.soc_high = Ok(Ratio::from_ppm(500_001));
        snapshot.since_full = Ok(Duration::from_secs(3 * 86_400));
        snapshot.soh = Ok(Ratio::from_permille(965));
        snapshot.learnt_capacity = Ok(Charge::from_milliamp_hours(272_160));
        snapshot.energy_left = Ok(Energy::from_microjoules(7_314 * 3_600_000_000));
        snapshot.time_to_empty = Ok(Duration::from_secs(5 * 3_600));
        snapshot.discharge_power_10s = Ok(Power::from_watts(14_040));
        snapshot.charge_power_10s = Ok(Power::from_watts(5_680));
        snapshot
    }

    fn plain(text: &str) -> String {
        text.replace('\u{202f}', " ")
    }

    #[test]
    fn what_is_believed_stands_in_two_lines_with_bounds_rounded_outwards() {
        assert_eq!(
            plain(&belief(&believing(), Ink::Plain)),
            "Believed     95 % sure: 42 to 51 %   full 3 d ago   health 97 %   holds 272.2 Ah\n\
             \x20            7.31 kWh left   empty in about 5 h   for 10 s 14.0 kW out, 5.7 kW in\n"
        );
    }

    #[test]
    fn bounds_that_are_whole_stay_as_they_are() {
        let mut snapshot = sample(4, 1);
        snapshot.soc_low = Ok(Ratio::from_permille(430));
        snapshot.soc_high = Ok(Ratio::from_permille(500));
        assert_eq!(plain(&belief(&snapshot, Ink::Plain)), "Believed     95 % sure: 43 to 50 %\n");
    }

    #[test]
    fn a_board_that_believes_nothing_gets_no_line() {
        let text = super::super::render(&sample(16, 2), Ink::Plain);
        for heading in ["Believed", "Resistances", "Hints"] {
            assert!(!text.contains(heading), "{text}");
        }
        let mut one = sample(16, 2);
        one.energy_left = Ok(Energy::from_microjoules(7_314 * 3_600_000_000));
        assert_eq!(plain(&belief(&one, Ink::Plain)), "Believed     7.31 kWh left\n");
    }

    //
    #[test]
    fn resistances_are_milliohms_and_one_that_stands_out_is_told_with_what_to_do() {
        let mut snapshot = believing();
        for slot in snapshot.cell_resistance.iter_mut().take(16) {
            *slot = Ok(Resistance::from_microohms(310));
        }
        snapshot.cell_resistance[6] = Ok(Resistance::from_microohms(1_840));
        snapshot.cell_resistance[9] = Err(NoData::Unknown);
        snapshot.resistance_hint = Ok(7);
        snapshot.soc_doubt = Ok(ChargeDoubt::TooCold);
        let text = resistances(&snapshot, Ink::Plain);
        assert!(text.contains(" 7   1.84    8   0.31  mΩ\n"), "{text}");
        assert!(text.contains("10     --   11   0.31"), "{text}");
        assert!(resistances(&snapshot, Ink::Ansi).contains("\x1b[1;31m 1.84\x1b[0m"));
        let said = hints(&snapshot, Ink::Plain);
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("Hints        the charge is doubted: "), "{said}");
        assert_eq!(lines.len(), 4, "{said}");
        assert!(
            lines[2].ends_with("  the joint at cell 7 is loose, or the cell is worn."),
            "{said}"
        );
        assert_eq!(lines[3].trim(), "Tighten its screws (8 to 10 N·m).");
        let whole = super::super::render(&snapshot, Ink::Plain);
        assert!(whole.lines().count() < 24, "{whole}");
        assert!(whole.lines().all(|line| line.chars().count() <= 132), "{whole}");
    }

    #[test]
    fn a_time_that_contradicts_the_current_that_flows_is_left_out() {
        let told = |flow| {
            let mut snapshot = sample(4, 1);
            snapshot.time_to_full = Ok(Duration::from_secs(3_600));
            snapshot.flow = flow;
            belief(&snapshot, Ink::Plain)
        };
        assert_eq!(told(Ok(Flow::Charging)), "Believed     full in about 60 min\n");
        assert_eq!(told(Err(NoData::NotCarried)), "Believed     full in about 60 min\n");
        assert_eq!(told(Ok(Flow::Discharging)), "");
        assert_eq!(told(Ok(Flow::Standby)), "");
    }

    #[test]
    fn a_pack_that_is_full_is_not_told_when_it_will_be() {
        let told = |secs| {
            let mut snapshot = sample(4, 1);
            snapshot.flow = Ok(Flow::Charging);
            snapshot.time_to_full = Ok(Duration::from_secs(3_600));
            snapshot.since_full = Ok(Duration::from_secs(secs));
            belief(&snapshot, Ink::Plain)
        };
        assert_eq!(told(59), "Believed     full now\n");
        assert!(told(60).ends_with(" full in about 60 min\n"), "{}", told(60));
    }

    #[test]
    fn times_are_as_rough_as_they_are_known() {
        let said = |secs| about(Duration::from_secs(secs));
        for (secs, text) in [
            (0, "1 min"),
            (89, "1 min"),
            (90, "2 min"),
            (19 * 60 + 29, "19 min"),
            (19 * 60 + 30, "20 min"),
            (94 * 60, "95 min"),
            (95 * 60, "1.5 h"),
            (105 * 60, "2 h"),
            (9 * 3_600 + 44 * 60, "9.5 h"),
            (9 * 3_600 + 45 * 60, "10 h"),
            (47 * 3_600, "47 h"),
            (48 * 3_600, "2 d"),
            (60 * 3_600, "3 d"),
        ] {
            assert_eq!(said(secs), text, "{secs}");
        }
        assert!(about(Duration::MAX).ends_with(" d"));
    }
}
