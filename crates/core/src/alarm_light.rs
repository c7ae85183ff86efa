//! What the red light and the buzzer show: the most serious thing there is. State machine, §8.

use cellward_params::fault::Blocks;
use cellward_params::light::ALARM_ONLY;
use cellward_params::{ActiveFault, Fault, Level, Pattern};

/// One beep every ten seconds: a protection.
const BEEP: Pattern = Pattern::blink(250, 9_750);
/// Half a second on and off: a lock, a short circuit or a cell that heats itself.
const ALERT: Pattern = Pattern::blink(500, 500);

/// When the buzzer may sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BuzzerUse {
    /// Never.
    Off,
    /// For locks, short circuits and thermal runaway.
    Alerts,
    /// For every protection.
    All,
}

/// The pattern for the active faults, most serious first, and whether anything is locked. What
/// opens a switch goes before everything that opens none, whatever its level.
pub(crate) fn alarm_light(active: impl Iterator<Item = ActiveFault>, locked: bool) -> Pattern {
    if locked {
        return Pattern::SOLID;
    }
    let mut light = Pattern::DARK;
    for active in active {
        if opens(&active) {
            return Pattern::code(active.fault.row().flashes);
        }
        light = ALARM_ONLY;
    }
    light
}

/// What the buzzer does.
pub(crate) fn buzzer(
    mut active: impl Iterator<Item = ActiveFault>,
    locked: bool,
    usage: BuzzerUse,
) -> Pattern {
    let first = active.find(opens);
    let urgent = first
        .is_some_and(|active| matches!(active.fault, Fault::ShortCircuit | Fault::ThermalRunaway));
    match usage {
        BuzzerUse::Off => Pattern::DARK,
        BuzzerUse::Alerts | BuzzerUse::All if locked || urgent => ALERT,
        BuzzerUse::All if first.is_some() => BEEP,
        BuzzerUse::Alerts | BuzzerUse::All => Pattern::DARK,
    }
}

/// Whether a level opens a switch; what opens none is only an alarm for a person.
fn opens(active: &ActiveFault) -> bool {
    active.level != Level::Alarm && active.fault.row().blocks(active.level) != Blocks::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(faults: &[(Fault, Level)]) -> impl Iterator<Item = ActiveFault> {
        faults.iter().map(|&(fault, level)| ActiveFault {
            fault,
            level,
            index: None,
            value: None,
            limit: None,
        })
    }

    //
    #[test]
    fn the_light_tells_the_most_serious_fault() {
        let light = |active: &[_]| alarm_light(faults(active), false);
        assert_eq!(light(&[]), Pattern::DARK);
        assert_eq!(light(&[(Fault::CellOverVoltage, Level::Alarm)]), ALARM_ONLY);
        assert_eq!(light(&[(Fault::ShortCircuit, Level::Protection)]), Pattern::code(4));
    }

    #[test]
    fn what_opens_no_switch_is_only_an_alarm_whatever_its_level() {
        let light = |active: &[_]| alarm_light(faults(active), false);
        let hidden = [(Fault::LowSoc, Level::Hard), (Fault::CellUnderVoltage, Level::Protection)];
        assert_eq!(light(&hidden), Pattern::code(2), "an alarm hides no protection");
        assert_eq!(light(&[(Fault::LowSoc, Level::Protection)]), ALARM_ONLY);
        assert_eq!(light(&[(Fault::CellDifference, Level::Protection)]), ALARM_ONLY);
        assert_eq!(light(&[(Fault::CellDifference, Level::Hard)]), Pattern::code(7));
    }

    #[test]
    fn a_lock_is_solid_whatever_else_there_is() {
        assert_eq!(alarm_light(faults(&[]), true), Pattern::SOLID);
        let active = [(Fault::CellOverVoltage, Level::Protection)];
        assert_eq!(alarm_light(faults(&active), true), Pattern::SOLID);
    }

    #[test]
    fn the_buzzer_sounds_as_it_is_told_to() {
        use BuzzerUse::{Alerts, All, Off};
        let protection = [(Fault::CellOverVoltage, Level::Protection)];
        let short = [(Fault::ShortCircuit, Level::Protection)];
        let alarm = [(Fault::CellOverVoltage, Level::Alarm)];
        for (active, locked, usage, expected) in [
            (&short[..], true, Off, Pattern::DARK),
            (&short[..], false, Alerts, ALERT),
            (&protection[..], false, Alerts, Pattern::DARK),
            (&[][..], true, Alerts, ALERT),
            (&protection[..], false, All, BEEP),
            (&protection[..], true, All, ALERT),
            (&alarm[..], false, All, Pattern::DARK),
            (&[][..], false, All, Pattern::DARK),
        ] {
            assert_eq!(buzzer(faults(active), locked, usage), expected, "{usage:?} {active:?}");
        }
    }
}
