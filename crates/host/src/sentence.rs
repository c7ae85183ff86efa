//! One sentence for people about a fault or a reason; records have theirs in `record`.
//!
//! Names come from the tables; this file only puts the number of the cell or sensor where English
//! wants it and writes quantities the way a person reads them.

use cellward_params::fault::{SourceKind, Watch};
use cellward_params::limit::{LIMITS, LimitRow, place_of};
use cellward_params::reason::{Until, Why};
use cellward_params::{ActiveFault, Fault, OffReason, Unit};

use crate::json::limit_unit;

mod hint;
mod record;
mod refusal;

pub use hint::{Hint, hints};
pub use record::record;
pub(crate) use refusal::refusal;

/// What separates thousands, and a number from its unit: it is narrow and never breaks a line.
const SPACE: char = '\u{202f}';

/// Such as "cell 7 voltage too high: 3 662 mV (limit 3 650 mV)".
#[must_use]
pub fn fault(active: &ActiveFault) -> String {
    numbers(named(active.fault, active.index), active.fault, active.value, active.limit)
}

/// Why a switch may not be closed.
#[must_use]
pub fn why(why: &Why) -> String {
    match why {
        Why::Locked(fault) => format!("locked: {}", named(*fault, None)),
        Why::Fault(active) => fault(active),
        Why::SelfTest => "the board tests itself after its start".to_owned(),
        Why::NoPermit => "no valid measurement allows it".to_owned(),
        Why::User => "switched off by a person or a host".to_owned(),
        Why::Key => "the key is off".to_owned(),
        Why::Precharge => "the port is being charged through its resistor first".to_owned(),
        Why::DiodeCurrent => {
            "current would pass the body diode of the other switch and burn it".to_owned()
        }
        Why::DoesNotFollow => {
            "told to close, but it stays open: the chip holds it, or it is broken".to_owned()
        }
    }
}

/// What must happen before the reason goes away, such as "until every cell is below 3 400 mV".
#[must_use]
pub fn until(reason: &OffReason) -> String {
    match reason.until {
        Until::Recovery(raw) => format!("until {}", recovered(&reason.why, raw)),
        Until::RecoveryAndRelief(raw) => format!(
            "until {}, and a charger is seen, the load is removed or someone switches it on",
            recovered(&reason.why, raw)
        ),
        Until::RecoveryOrDischarge(raw) => format!(
            "until {}, or a little higher once 1 % has been discharged",
            recovered(&reason.why, raw)
        ),
        Until::Discharge => {
            "until a hundredth of the capacity has been discharged: it closed again \
                             three times within the hour"
                .to_owned()
        }
        Until::LoadRemovedOrCommand => {
            "until the load is removed, the key is turned or someone switches it on".to_owned()
        }
        Until::Commission => "until an installer confirms chemistry and cell count".to_owned(),
        Until::Precharge => "until the port has been charged".to_owned(),
        Until::Key => "until the key is turned on".to_owned(),
        Until::GoodReadings => "until good readings come back".to_owned(),
        Until::LoadRemoved => "until the load is removed".to_owned(),
        Until::Retry => "until the load is removed or a waiting time has passed".to_owned(),
        Until::ChargerRemoved => {
            "until the charger is gone, its current stops or a waiting time has passed".to_owned()
        }
        Until::Installer => "until an installer unlocks it".to_owned(),
        Until::User => "until a person or a host switches it on".to_owned(),
        Until::Follows => "until the switch follows its command".to_owned(),
        Until::SelfTest => "until the self-test has ended".to_owned(),
    }
}

/// A raw number of a table as people write it: cells in millivolts, packs in volts, currents in
/// amperes, energies in kilowatt-hours, temperatures with one decimal,
/// thousands apart.
#[must_use]
pub fn quantity(raw: i64, unit: Unit) -> String {
    match unit {
        // Ten volts and more is a pack, not a cell.
        Unit::Millivolt if raw.unsigned_abs() >= 10_000 => {
            format!("{}{SPACE}V", fixed(raw, 3, 2))
        }
        Unit::Milliamp => format!("{}{SPACE}A", fixed(raw, 3, 1)),
        Unit::MilliwattHour => format!("{}{SPACE}kWh", fixed(raw, 6, 2)),
        _ => {
            let decimals = u32::from(unit.decimals());
            let number = fixed(raw, decimals, decimals);
            match unit.symbol() {
                "" => number,
                symbol => format!("{number}{SPACE}{symbol}"),
            }
        }
    }
}

/// `raw × 10^-scale` with `decimals` decimals, rounded half away from zero, thousands apart.
/// `decimals` is at most `scale`.
fn fixed(raw: i64, scale: u32, decimals: u32) -> String {
    let dropped = 10_u64.pow(scale - decimals);
    let magnitude = (raw.unsigned_abs() + dropped / 2) / dropped;
    let one = 10_u64.pow(decimals);
    let mut text = String::new();
    if raw < 0 && magnitude > 0 {
        text.push('−');
    }
    let whole = (magnitude / one).to_string();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(SPACE);
        }
        text.push(digit);
    }
    if decimals > 0 {
        let width = usize::try_from(decimals).unwrap_or(1);
        text.push_str(&format!(".{:0width$}", magnitude % one));
    }
    text
}

/// The label of a fault with the number of its cell, sensor or switch where English wants it.
fn named(fault: Fault, index: Option<u8>) -> String {
    let row = fault.row();
    let Some(index) = index else {
        return row.label.to_owned();
    };
    let number = u16::from(index) + 1;
    let (noun, phrase) = match row.source {
        SourceKind::None => return row.label.to_owned(),
        SourceKind::Cell => ("cell", format!("cell {number}")),
        SourceKind::Sensor if row.label.starts_with("temperature sensor") => {
            ("temperature sensor", format!("temperature sensor {number}"))
        }
        SourceKind::Sensor => ("sensor", format!("sensor {number}")),
        // Taps count from 0 at B-, as they are printed on the plug.
        SourceKind::Tap => ("tap", format!("tap B{index}")),
        SourceKind::Switch => (
            "switch",
            match index {
                0 => "charge switch".to_owned(),
                1 => "discharge switch".to_owned(),
                _ => format!("switch {number}"),
            },
        ),
    };
    match row.label.strip_prefix(noun) {
        Some(rest) if rest.starts_with(' ') => format!("{phrase}{rest}"),
        _ => format!("{} at {phrase}", row.label),
    }
}

/// Appends value and limit where the fault has numbers that mean something to people.
fn numbers(name: String, fault: Fault, value: Option<i32>, limit: Option<i32>) -> String {
    let unit = limit_unit(fault);
    if unit == Unit::None {
        return name;
    }
    let said = |raw: i32| quantity(i64::from(raw), unit);
    match (value, limit) {
        (Some(value), Some(limit)) => format!("{name}: {} (limit {})", said(value), said(limit)),
        (Some(value), None) => format!("{name}: {}", said(value)),
        (None, Some(limit)) => format!("{name} (limit {})", said(limit)),
        (None, None) => name,
    }
}

/// What recovery means for this fault, such as "every cell is below 3 400 mV".
fn recovered(why: &Why, raw: i32) -> String {
    let Why::Fault(active) = why else {
        return "it has recovered".to_owned();
    };
    let unit = limit_unit(active.fault);
    if unit == Unit::None {
        return "good readings come back".to_owned();
    }
    let side = match place_of(active.fault, active.level).and_then(|at| LIMITS.get(at)) {
        Some(LimitRow { watch: Watch::High(_), .. }) => "below",
        Some(LimitRow { watch: Watch::Low(_), .. }) => "above",
        _ => return "it has recovered".to_owned(),
    };
    let subject = match (unit, active.fault.row().source) {
        (Unit::Celsius, SourceKind::Sensor) => "every sensor",
        (Unit::Celsius, SourceKind::Switch) => "the switches' temperature",
        (Unit::Celsius, _) => "the board's temperature",
        (Unit::Millivolt, SourceKind::Cell) => "every cell",
        (Unit::Millivolt, _) => "the pack",
        _ => "the current",
    };
    format!("{subject} is {side} {}", quantity(i64::from(raw), unit))
}

#[cfg(test)]
mod tests {
    use cellward_params::Level;
    use cellward_units::Duration;

    use super::*;

    fn active(fault: Fault, index: Option<u8>, value: i32, limit: i32) -> ActiveFault {
        ActiveFault {
            fault,
            level: Level::Protection,
            index,
            value: Some(value),
            limit: Some(limit),
        }
    }

    #[track_caller]
    fn check(active: ActiveFault, expected: &str) {
        assert_eq!(fault(&active).replace(SPACE, " "), expected);
    }

    #[test]
    fn a_fault_names_its_cell_its_value_and_its_limit() {
        check(
            active(Fault::CellOverVoltage, Some(6), 3_662, 3_650),
            "cell 7 voltage too high: 3 662 mV (limit 3 650 mV)",
        );
        check(
            active(Fault::PackOverVoltage, None, 58_431, 58_400),
            "pack voltage too high: 58.43 V (limit 58.40 V)",
        );
        check(
            active(Fault::DischargeOverCurrent, None, 1_234_560, 115_000),
            "discharge current too high: 1 234.6 A (limit 115.0 A)",
        );
        check(
            active(Fault::ChargeUnderTemperature, Some(1), -5, 20),
            "too cold to charge at sensor 2: −0.5 °C (limit 2.0 °C)",
        );
        check(
            active(Fault::SwitchOverTemperature, None, 1_004, 1_000),
            "switch too hot: 100.4 °C (limit 100.0 °C)",
        );
    }

    #[test]
    fn a_state_shows_no_numbers_because_they_mean_nothing_to_people() {
        check(active(Fault::SensorMissing, Some(0), 1, 1), "temperature sensor 1 missing");
        check(active(Fault::OpenWire, Some(3), 1, 1), "sampling wire open or swapped at tap B3");
        check(active(Fault::ShortCircuit, None, 1, 1), "short circuit");
        check(active(Fault::ChargeStuckClosed, None, 1, 1), "charge switch does not open");
    }

    #[test]
    fn a_fault_without_numbers_keeps_its_name() {
        let bare = ActiveFault {
            fault: Fault::CellOverVoltage,
            level: Level::Alarm,
            index: None,
            value: None,
            limit: None,
        };
        assert_eq!(fault(&bare), "cell voltage too high");
    }

    #[test]
    fn recovery_says_which_side_is_the_good_one() {
        let reason = |fault, until| OffReason {
            why: Why::Fault(active(fault, None, 0, 0)),
            until,
            left: Some(Duration::from_secs(3)),
        };
        let high = until(&reason(Fault::CellOverVoltage, Until::Recovery(3_400)));
        assert_eq!(high.replace(SPACE, " "), "until every cell is below 3 400 mV");
        let low = until(&reason(Fault::PackUnderVoltage, Until::RecoveryAndRelief(48_000)));
        assert!(low.replace(SPACE, " ").starts_with("until the pack is above 48.00 V, and "));
        let state = until(&reason(Fault::SensorMissing, Until::Recovery(1)));
        assert_eq!(state, "until good readings come back");
    }

    #[test]
    fn quantities_change_from_cell_to_pack_at_ten_volts() {
        let said = |raw| quantity(raw, Unit::Millivolt).replace(SPACE, " ");
        assert_eq!(said(9_999), "9 999 mV");
        assert_eq!(said(10_000), "10.00 V");
        assert_eq!(said(-10_005), "−10.01 V");
    }

    #[test]
    fn a_negative_number_that_rounds_to_nothing_has_no_sign() {
        assert_eq!(quantity(-49, Unit::Milliamp).replace(SPACE, " "), "0.0 A");
        assert_eq!(quantity(-50, Unit::Milliamp).replace(SPACE, " "), "−0.1 A");
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        assert!(quantity(i64::MIN, Unit::Milliamp).starts_with('−'));
        assert!(quantity(i64::MAX, Unit::Percent).ends_with('%'));
    }
}
