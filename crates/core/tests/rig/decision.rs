//! The switch decision table, written down a second time from the specification, and not derived
//! from the table that the engine runs: whoever changes one must change the other.

use cellward_params::fault::Blocks;
use cellward_params::{Fault, Level, Pattern};

/// One line of the switch decision table, as it stands there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision {
    /// The number of the row.
    pub(crate) row: u8,
    /// What it opens from L2 up.
    pub(crate) opens: Blocks,
    /// Whether cells may be bled.
    pub(crate) balancing: bool,
    /// Red flashes; 0 none, [`SOLID`] for what always locks.
    pub(crate) flashes: u8,
}

/// The red light does not go out.
pub(crate) const SOLID: u8 = u8::MAX;

const fn row(row: u8, opens: Blocks, balancing: bool, flashes: u8) -> Decision {
    Decision { row, opens, balancing, flashes }
}

use Blocks::{Both, Charge, ChargeFirmly, Discharge, DischargeFirmly, Nothing};

/// State machine, §4, columns CHG, DSG and Bal, and §8 for the flashes. A star is an opening with
/// exception. Where a column says nothing about balancing, it is allowed.
const TABLE: &[Decision] = &[
    row(2, Charge, true, 1),
    row(3, Charge, true, 1),
    row(4, ChargeFirmly, true, SOLID),
    row(5, Discharge, false, 2),
    row(6, Both, false, 2),
    row(7, Charge, true, 3),
    row(8, Discharge, true, 3),
    row(9, Both, false, 4),
    row(10, Charge, false, 5),
    row(11, Discharge, false, 5),
    row(12, Both, false, 6),
    row(13, Both, false, 6),
    row(14, Charge, false, 5),
    row(15, Both, false, SOLID),
    row(16, Both, true, 7),
    row(17, Both, false, 7),
    row(18, Nothing, true, 0),
    row(19, Both, false, 7),
    row(20, Both, false, 8),
    row(21, Both, false, 7),
    row(22, Both, false, 7),
    row(23, ChargeFirmly, true, SOLID),
    row(24, DischargeFirmly, false, SOLID),
    row(25, Both, true, 6),
    row(26, Discharge, true, 9),
    row(27, Both, true, 10),
    row(28, Both, false, 8),
    row(29, Nothing, true, 0),
    row(30, Nothing, true, 0),
    row(31, Both, false, 8),
    row(32, Both, false, 8),
    row(33, Both, false, 7),
    row(34, Both, false, 8),
    row(35, Charge, true, 7),
    row(36, Both, false, 7),
];

/// The line of the table for a level of a fault.
pub(crate) fn decision(fault: Fault, level: Level) -> Decision {
    let number = fault.row().rows[level.index()];
    let found = TABLE.iter().find(|line| line.row == number);
    let line = *found.unwrap_or_else(|| panic!("{fault:?} {level:?} has no row"));
    match (fault, level) {
        // Something with its poles swapped keeps everything open until it is removed: §9, step 3.
        (Fault::ReversePolarity, _) => Decision { opens: Both, balancing: false, ..line },
        _ => line,
    }
}

/// What a level opens: alarms nothing, and of the difference of cells only L3 anything.
pub(crate) fn opens(fault: Fault, level: Level) -> Blocks {
    let only_hard = fault == Fault::CellDifference && level == Level::Protection;
    if level == Level::Alarm || only_hard {
        return Nothing;
    }
    decision(fault, level).opens
}

/// What a lock opens: both, except where the note on stuck switches lets the healthy one conduct.
pub(crate) fn locked_opens(fault: Fault) -> Blocks {
    match fault {
        Fault::ExtremeOverVoltage | Fault::ChargeNotStopped | Fault::ChargeStuckClosed => {
            ChargeFirmly
        }
        Fault::DischargeStuckClosed => DischargeFirmly,
        _ => Both,
    }
}

/// What the red light shows for what is active, without a lock: the most serious that opens a
/// switch, else an alarm.
pub(crate) fn red(active: &[(Fault, Level)]) -> Pattern {
    let opening = [Level::Hard, Level::Protection].into_iter().find_map(|level| {
        active.iter().find(|&&(fault, at)| at == level && opens(fault, at) != Nothing)
    });
    match opening {
        Some(&(fault, level)) => Pattern::code(match decision(fault, level).flashes {
            // A row that always locks, in the moment before: over-voltage, temperature, switches.
            SOLID if matches!(decision(fault, level).row, 4) => 1,
            SOLID if decision(fault, level).row == 15 => 5,
            SOLID => 6,
            flashes => flashes,
        }),
        None if active.is_empty() => Pattern::DARK,
        None => Pattern::blink(250, 3_750),
    }
}

/// Whether a level that is tripped ends as a lock, with good wires and once: rows 4, 15, 23 and 24,
/// row 6 after its ten seconds, row 33.
pub(crate) fn locks(fault: Fault, level: Level) -> bool {
    match decision(fault, level).row {
        4 | 15 | 23 | 24 | 33 => level != Level::Alarm,
        6 => level == Level::Hard,
        _ => false,
    }
}

/// How hard a switch is kept open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kept {
    /// Not at all.
    Free,
    /// By a row with a star, or by a person.
    Star,
    /// By a row without exception.
    Firm,
}

/// How hard something that opens keeps one switch.
pub(crate) const fn kept(blocks: Blocks, switch: cellward_params::Switch) -> Kept {
    if !blocks.includes(switch) {
        Kept::Free
    } else if blocks.has_exception() {
        Kept::Star
    } else {
        Kept::Firm
    }
}
