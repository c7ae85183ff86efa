//! What was active before each event, so that a record can say so.
//!
//! The protection tells its changes one by one while it is still at work, and cannot be asked in
//! between: this is what its words add up to.

use cellward_params::limit::{LIMIT_COUNT, LIMITS, place_of};
use cellward_params::record::{RecordKind, Subject};
use cellward_params::{Fault, Level};

use super::Line;
use crate::protect::FaultSet;

/// The active levels, as places in the table of limits, and the locks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    active: u128,
    locks: FaultSet,
}

// Every level has a bit.
const _: () = assert!(LIMIT_COUNT <= 128, "a set of active levels holds places below 128");

impl Standing {
    pub(super) const NOTHING: Self = Self { active: 0, locks: FaultSet(0) };

    /// The levels in these places, and these locks.
    pub(super) fn of(places: impl Iterator<Item = usize>, locks: FaultSet) -> Self {
        Self { active: places.fold(0, |all, place| all | bit(place)), locks }
    }

    /// Takes in what a line says.
    pub(super) fn note(&mut self, line: &Line) {
        let Subject::Fault(fault, level) = line.subject else {
            return;
        };
        let bit = place_of(fault, level).map_or(0, bit);
        match line.kind {
            RecordKind::AlarmSet | RecordKind::ProtectionSet => self.active |= bit,
            RecordKind::AlarmCleared | RecordKind::ProtectionCleared => self.active &= !bit,
            RecordKind::Lock if line.reason.is_some() => self.locks.remove(fault),
            RecordKind::Lock => self.locks.insert(fault),
            _ => {}
        }
    }

    /// The decision rows of all of them: bit n is row n.
    pub(super) fn rows(&self) -> u64 {
        let active = self.levels().map(|(fault, level)| row(fault, level));
        let locks = self.locks.faults().map(lock_row);
        // Row 0 stands for "in no row".
        let rows = active.chain(locks).filter(|&row| row != 0);
        rows.fold(0, |all, row| all | 1_u64.checked_shl(row.into()).unwrap_or(0))
    }

    /// The highest level; a lock counts as the hardest.
    pub(super) fn highest(&self) -> Option<Level> {
        let lock = self.locked().then_some(Level::Hard);
        self.levels().map(|(_, level)| level).chain(lock).max()
    }

    /// Whether a protection or a lock stands. State machine, §2.
    pub(super) fn fault(&self) -> bool {
        self.highest() > Some(Level::Alarm)
    }

    /// Whether a lock stands.
    pub(super) const fn locked(&self) -> bool {
        !self.locks.is_empty()
    }

    fn levels(&self) -> impl Iterator<Item = (Fault, Level)> {
        let mut rest = self.active;
        core::iter::from_fn(move || {
            let place = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            let row = LIMITS.get(usize::try_from(place).ok()?)?;
            Some((row.fault, row.level))
        })
    }
}

fn bit(place: usize) -> u128 {
    u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)).unwrap_or(0)
}

/// The decision row of a level; 0 where it has none.
fn row(fault: Fault, level: Level) -> u8 {
    fault.row().rows.get(level.index()).copied().unwrap_or(0)
}

/// The decision row of a lock: that of the hardest level that has one.
fn lock_row(fault: Fault) -> u8 {
    fault.row().rows.into_iter().rfind(|&row| row != 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use cellward_params::ShortText;
    use cellward_params::record::Happening;

    use super::*;

    fn line(kind: RecordKind, fault: Fault, level: Level) -> Line {
        Line { subject: Subject::Fault(fault, level), ..Line::plain(kind, Happening::Started) }
    }

    fn after(lines: &[Line]) -> Standing {
        let mut standing = Standing::NOTHING;
        for line in lines {
            standing.note(line);
        }
        standing
    }

    #[test]
    fn nothing_stands_at_first() {
        let nothing = Standing::NOTHING;
        assert_eq!((nothing.rows(), nothing.highest()), (0, None));
        assert!(!nothing.fault() && !nothing.locked());
    }

    #[test]
    fn a_level_stands_from_its_set_to_its_clear() {
        use {Fault::CellOverVoltage as Over, Level::Alarm, Level::Hard, Level::Protection};
        let set = [
            line(RecordKind::AlarmSet, Over, Alarm),
            line(RecordKind::ProtectionSet, Over, Protection),
            line(RecordKind::ProtectionSet, Over, Hard),
        ];
        let bit = |level: Level| 1_u64 << Over.row().rows[level.index()];
        assert_eq!(after(&set[..1]).highest(), Some(Alarm));
        assert!(!after(&set[..1]).fault());
        assert_eq!(after(&set[..2]).highest(), Some(Protection));
        assert!(after(&set[..2]).fault());
        assert_eq!(after(&set).rows(), bit(Alarm) | bit(Protection) | bit(Hard));
        let mut all = set.to_vec();
        all.push(line(RecordKind::ProtectionCleared, Over, Hard));
        assert_eq!(after(&all).highest(), Some(Protection));
        all.push(line(RecordKind::ProtectionCleared, Over, Protection));
        all.push(line(RecordKind::AlarmCleared, Over, Alarm));
        assert_eq!(after(&all), Standing::NOTHING);
    }

    #[test]
    fn a_row_stands_as_long_as_one_of_its_faults() {
        let set = |fault| line(RecordKind::ProtectionSet, fault, Level::Protection);
        let clear = |fault| line(RecordKind::ProtectionCleared, fault, Level::Protection);
        let (cell, pack) = (Fault::CellOverVoltage, Fault::PackOverVoltage);
        assert_eq!(after(&[set(cell), set(pack), clear(cell)]).rows(), 1 << 2);
        assert_eq!(after(&[set(cell), set(pack), clear(cell), clear(pack)]).rows(), 0);
    }

    #[test]
    fn a_lock_stands_until_somebody_gives_a_reason_and_is_the_hardest() {
        let fallen = line(RecordKind::Lock, Fault::ThermalRunaway, Level::Hard);
        let locked = after(&[fallen]);
        assert!(locked.locked() && locked.fault());
        assert_eq!((locked.rows(), locked.highest()), (1 << 15, Some(Level::Hard)));
        let unlocked = Line { reason: Some(ShortText::new("inspected")), ..fallen };
        assert_eq!(after(&[fallen, unlocked]), Standing::NOTHING);
    }

    #[test]
    fn every_level_and_every_lock_has_a_bit_below_sixty_four() {
        let all = Standing::of(0..LIMIT_COUNT, FaultSet(0));
        assert_eq!(all.levels().count(), LIMIT_COUNT);
        for &fault in Fault::ALL {
            assert!(lock_row(fault) < 64, "{fault:?}");
            assert!(fault.row().rows.iter().all(|&row| row < 64), "{fault:?}");
        }
    }
}
