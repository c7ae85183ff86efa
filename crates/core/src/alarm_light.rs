//! The red light: what an active fault shows. State machine, §8.

use cellward_params::light::ALARM_ONLY;
use cellward_params::{ActiveFault, Level, Pattern};

/// The pattern for the most serious active fault; the list comes most serious first.
pub(crate) fn alarm_light(mut active: impl Iterator<Item = ActiveFault>) -> Pattern {
    match active.next() {
        None => Pattern::DARK,
        Some(ActiveFault { level: Level::Alarm, .. }) => ALARM_ONLY,
        Some(active) => match active.fault.row().flashes {
            0 => Pattern::SOLID,
            flashes => Pattern::code(flashes),
        },
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::Fault;

    use super::*;

    fn light(faults: &[(Fault, Level)]) -> Pattern {
        alarm_light(faults.iter().map(|&(fault, level)| ActiveFault {
            fault,
            level,
            index: None,
            value: None,
            limit: None,
        }))
    }

    #[test]
    fn the_light_tells_the_most_serious_fault() {
        assert_eq!(light(&[]), Pattern::DARK);
        assert_eq!(light(&[(Fault::CellOverVoltage, Level::Alarm)]), ALARM_ONLY);
        assert_eq!(light(&[(Fault::ShortCircuit, Level::Protection)]), Pattern::code(4));
        assert_eq!(light(&[(Fault::SwitchStuckClosed, Level::Protection)]), Pattern::SOLID);
    }
}
