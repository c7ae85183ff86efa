//! Which settings the dialect carries, and how one is changed inside of the command that holds it.

use cellward_params::parameter::Field as LimitField;
use cellward_params::{Fault, Level, ParamId};
use cellward_wire::a5::{CurrentLimits, PAYLOAD_LEN, Reply};

use super::learn::limit;
use super::map::{MAP, Row, rows};
use crate::map::{Meaning, counted};

/// The raw number that stands for no current.
const MIDDLE: u32 = 30_000;

/// Every setting that the dialect carries, with the command that reads it.
pub fn settings() -> impl Iterator<Item = (u8, ParamId)> {
    MAP.iter().flat_map(|row| {
        let ids = match row.meaning {
            Meaning::Setting { parameter, .. } => [Some(parameter), None],
            // Which of the two directions stands in which field shows only in the reply; each level
            // has two fields, of which the first names both here.
            Meaning::CurrentLimit { level } if row.field.at < CurrentLimits::SECOND_ALARM.at => {
                over_currents(level).map(Some)
            }
            _ => [None; 2],
        };
        ids.into_iter().flatten().map(|id| (row.field.command, id))
    })
}

/// The command that reads a setting.
#[must_use]
pub fn command_of(id: ParamId) -> Option<u8> {
    settings().find(|(_, carried)| *carried == id).map(|(command, _)| command)
}

/// The payload of a command with one setting changed to `raw`, in the unit of its row; `None`
/// where the command does not hold the setting. What the wire cannot say is rounded, or stopped at
/// the end of its field.
#[must_use]
pub fn patched(
    command: u8,
    payload: [u8; PAYLOAD_LEN],
    id: ParamId,
    raw: i32,
) -> Option<[u8; PAYLOAD_LEN]> {
    let row = rows(command).find(|row| holds(row, &payload, id))?;
    let most = row.field.size.max();
    let number = match row.meaning {
        Meaning::Setting { bias, scale, .. } => counted(raw.into(), bias, scale, most),
        Meaning::CurrentLimit { .. } => {
            let steps = raw.saturating_add(50) / 100;
            let discharge = row.field.read(&payload) >= MIDDLE;
            let signed = if discharge { steps } else { steps.saturating_neg() };
            MIDDLE.saturating_add_signed(signed).min(most)
        }
        _ => return None,
    };
    let mut payload = payload;
    row.field.write(&mut payload, number);
    Some(payload)
}

/// Whether this field of this payload is the setting.
fn holds(row: &Row, payload: &[u8; PAYLOAD_LEN], id: ParamId) -> bool {
    limit(row, row.field.read(payload)).is_some_and(|(found, _)| found == id)
}

/// The thresholds of both directions at a level.
const fn over_currents(level: Level) -> [ParamId; 2] {
    [
        ParamId::of_limit(Fault::DischargeOverCurrent, level, LimitField::Threshold),
        ParamId::of_limit(Fault::ChargeOverCurrent, level, LimitField::Threshold),
    ]
}

/// What a payload says after a write, for a setting that was to become `raw`: equal as far as the
/// wire can tell.
#[must_use]
pub fn says(command: u8, payload: [u8; PAYLOAD_LEN], id: ParamId, raw: i32) -> bool {
    let reply = Reply::parse(command, &payload).payload();
    patched(command, reply, id, raw) == Some(reply)
}

#[cfg(test)]
mod tests {
    use cellward_wire::a5::command;

    use super::*;

    /// 120 and 150 A of discharge, 120 and 150 A of charge, as a board sends them.
    const CURRENTS: [u8; 8] = [0x79, 0xE0, 0x7B, 0x0C, 0x70, 0x80, 0x6F, 0x54];

    fn over(fault: Fault, level: Level) -> ParamId {
        ParamId::of_limit(fault, level, LimitField::Threshold)
    }

    #[test]
    fn every_setting_has_one_command_and_no_setting_two() {
        for (command, id) in settings() {
            assert_eq!(command_of(id), Some(command), "{id:?}");
            assert_eq!(settings().filter(|(_, other)| *other == id).count(), 1, "{id:?}");
        }
        assert_eq!(settings().count(), 32);
        assert_eq!(command_of(ParamId(999)), None);
    }

    #[test]
    fn one_setting_changes_and_its_neighbours_stay() {
        let id = over(Fault::CellOverVoltage, Level::Protection);
        let payload = [0x10, 0x36, 0x0D, 0xDE, 0x0A, 0xF0, 0x0A, 0xF0];
        let changed = patched(command::CELL_LIMITS, payload, id, 3_650).unwrap();
        assert_eq!(changed, [0x10, 0x36, 0x0E, 0x42, 0x0A, 0xF0, 0x0A, 0xF0]);
        assert!(says(command::CELL_LIMITS, changed, id, 3_650));
        assert!(!says(command::CELL_LIMITS, changed, id, 3_651));
        assert_eq!(patched(command::PACK_LIMITS, payload, id, 3_650), None);
    }

    #[test]
    fn a_current_limit_is_changed_where_its_direction_stands() {
        let charge = over(Fault::ChargeOverCurrent, Level::Alarm);
        let changed = patched(command::CURRENT_LIMITS, CURRENTS, charge, 100_000).unwrap();
        assert_eq!(changed, [0x79, 0xE0, 0x7B, 0x0C, 0x71, 0x48, 0x6F, 0x54], "29000");
        let discharge = over(Fault::DischargeOverCurrent, Level::Alarm);
        let changed = patched(command::CURRENT_LIMITS, CURRENTS, discharge, 100_000).unwrap();
        assert_eq!(changed, [0x79, 0x18, 0x7B, 0x0C, 0x70, 0x80, 0x6F, 0x54], "31000");
        assert!(says(command::CURRENT_LIMITS, changed, discharge, 100_049), "0.1 A is a step");
        assert!(!says(command::CURRENT_LIMITS, changed, discharge, 100_050));
    }
}
