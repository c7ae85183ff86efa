//! Writing parameters: a group is one transaction, all or nothing.
//!
//! A group is checked in this order, and the first thing that is wrong refuses all of it: every
//! parameter is known, can be set, may be written by the asker's role and lies in its range;
//! a new chemistry finds both switches open, a new cell count agrees with the taps; no value lies
//! beyond the cap of the role; every relation holds.
//!
//! Some parameters carry others along:
//!
//! | written | follows |
//! |---|---|
//! | chemistry, profile | the default set is loaded; what belongs to the board stays, see below |
//! | chemistry, cell count | the pack must be commissioned again |
//! | cell count | the limits of the pack, from their defaults |
//! | rated current | shunt, short-circuit current and every limit that counts it |
//! | capacity, charge rate | the limits that count the charge limit, if that has moved |
//! | over-voltage L3, its recovery | the lock of row 4, always 100 mV above, and its recovery |
//!
//! Whatever else the group says is written over that. A value that is written as it was carries
//! nothing along, so that writing back what was read changes nothing.
//!
//! With a new chemistry or profile these stay: cell count, sensors and their constants, rated
//! current, shunt, capacity, calibration, pre-charge resistor, key, trip output and buzzer.

mod cap;
#[cfg(test)]
mod tests;

pub use cap::{CAPS, Cap};

use crate::limit::{Base, LIMITS, place_of};
use crate::parameter::{ParamId, Parameter};
use crate::relation::ids;
use crate::{Broken, Chemistry, Config, Profile, Refusal, Role};

/// What the board knows and a configuration does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Board {
    /// Whether both switches are open.
    pub switches_open: bool,
    /// How many taps carry the voltage of a cell: none at all on the bench, `None` without a
    /// reading.
    pub live_cells: Option<u8>,
    /// Most cells that the product has taps for: 24 on product profile `K`, 16 on `H`.
    pub most_cells: u8,
}

/// A parameter that a transaction changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changed {
    /// Which one.
    pub id: ParamId,
    /// Its raw value before.
    pub old: i32,
    /// Its raw value now.
    pub new: i32,
}

/// How many changes [`Applied`] names.
pub const NAMED_CHANGES: usize = 16;

/// What a transaction did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Applied {
    /// [`Config::crc`] before.
    pub before_crc: u32,
    /// [`Config::crc`] now.
    pub after_crc: u32,
    /// The changed parameters by rising id, the first 16 of them.
    pub changed: heapless::Vec<Changed, NAMED_CHANGES>,
    /// How many parameters changed; may be more than are named.
    pub count: u16,
    /// Whether defaults were loaded or limits recomputed, so that more may have changed than was
    /// written.
    pub reconfigured: bool,
}

/// CRC-32 as in Ethernet and zip. Source: catalogue of parametrised CRC algorithms.
const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

impl Config {
    /// CRC-32 (ISO-HDLC) over the raw values of all parameters by rising id, each as four bytes,
    /// lowest first. Two boards with the same number work with the same settings.
    #[must_use]
    pub fn crc(&self) -> u32 {
        let mut digest = CRC.digest();
        for raw in Self::ids().filter_map(|id| self.raw(id)) {
            digest.update(&raw.to_le_bytes());
        }
        digest.finalize()
    }

    /// Whether anybody may write a parameter. Whether the pack is commissioned is not written but
    /// found out. Of a limit that nobody may move the delays stay too: they belong to the proof
    /// behind it.
    #[must_use]
    pub fn is_settable(id: ParamId) -> bool {
        match id.as_limit() {
            Some((fault, level, _)) => place_of(fault, level)
                .and_then(|place| LIMITS.get(place))
                .is_some_and(|row| row.base.is_settable()),
            None => id != ids::COMMISSIONED && Parameter::find(id).is_some(),
        }
    }

    /// Writes a group of raw values as one transaction. Of a parameter that is named twice the
    /// later value counts.
    ///
    /// ```
    /// use cellward_params::parameter::Field;
    /// use cellward_params::{Board, Config, Fault, Level, ParamId, Refusal, Role};
    /// let mut config = Config::lifepo4(16);
    /// let board = Board { switches_open: false, live_cells: Some(16), most_cells: 24 };
    /// let alarm = ParamId::of_limit(Fault::CellOverVoltage, Level::Alarm, Field::Threshold);
    /// let applied = config.apply(&[(alarm, 3_560)], Role::Installer, &board)?;
    /// assert_eq!(applied.count, 1);
    /// // The alarm may not lie above the protection at 3650 mV.
    /// let refused = config.apply(&[(alarm, 3_651)], Role::Installer, &board);
    /// assert_eq!(refused, Err(Refusal::Relation { rule: 1, parameter: alarm }));
    /// # Ok::<(), Refusal>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Says why nothing was written, see the [module](self).
    pub fn apply(
        &mut self,
        changes: &[(ParamId, i32)],
        role: Role,
        board: &Board,
    ) -> Result<Applied, Refusal> {
        for &(id, value) in changes {
            admit(id, value, role, board)?;
        }
        let group = Group { changes };
        let mut next = self.clone();
        let reconfigured = next.reconfigure(self, group, board)?;
        for &(id, value) in changes {
            next.set(id, value).map_err(|_| Refusal::UnknownParameter(id))?;
        }
        next.move_lock_along(group);
        cap::keep(self, &next, role)?;
        next.check().map_err(|broken| group.refusal(broken))?;
        let applied = self.compare(&next, reconfigured);
        *self = next;
        Ok(applied)
    }

    /// Carries along what follows from a new pack or board: this is still equal to `old`. Tells
    /// whether anything was recomputed.
    fn reconfigure(
        &mut self,
        old: &Self,
        group: Group<'_>,
        board: &Board,
    ) -> Result<bool, Refusal> {
        let chemistry = group.new_value(old, ids::CHEMISTRY);
        let profile = group.new_value(old, ids::PROFILE);
        if chemistry.is_some() && !board.switches_open {
            return Err(Refusal::SwitchesClosed);
        }
        let cells = group.new_value(old, ids::CELLS);
        if let Some(cells) = cells {
            taps_agree(cells, board)?;
        }

        if chemistry.is_some() || profile.is_some() {
            let code = |raw: i32| u8::try_from(raw).ok();
            let chemistry = chemistry.and_then(code).and_then(Chemistry::from_code);
            let profile = profile.and_then(code).and_then(Profile::from_code);
            self.load_defaults(
                profile.unwrap_or_else(|| old.profile()),
                chemistry.unwrap_or_else(|| old.chemistry()),
            );
        }
        if chemistry.is_some() || cells.is_some() {
            self.set_commissioned(false);
        }

        // What the limits were last computed for.
        let charge_limit = self.charge_limit();
        let rated = group.new_value(old, ids::RATED_CURRENT);
        for id in [ids::CELLS, ids::RATED_CURRENT, ids::RATED_CAPACITY, ids::CHARGE_RATE] {
            if let Some(value) = group.value(id) {
                self.set(id, value).map_err(|_| Refusal::UnknownParameter(id))?;
            }
        }
        if cells.is_some() {
            self.follow(&[Base::PackDown, Base::PackUp]);
        }
        if rated.is_some() {
            self.restore_short_circuit_current();
            self.restore_shunt();
            self.follow(&[Base::RatedCurrent]);
        }
        let charge_limit_moved = self.charge_limit() != charge_limit;
        if charge_limit_moved {
            self.follow(&[Base::ChargeLimit]);
        }
        let carried = [chemistry, profile, cells, rated];
        Ok(carried.iter().any(Option::is_some) || charge_limit_moved)
    }

    /// Keeps the lock of row 4 above the hard limit of over-voltage that the group writes, unless
    /// the group says itself where the lock goes.
    fn move_lock_along(&mut self, group: Group<'_>) {
        let follow = [
            (ids::OVER_L3, ids::LOCK, crate::relation::LOCK_ABOVE_HARD),
            (ids::OVER_L3_RECOVERY, ids::LOCK_RECOVERY, 0),
        ];
        for (leader, follower, above) in follow {
            if let Some(value) = group.value(leader)
                && group.value(follower).is_none()
            {
                // Beyond its range the lock stays where it is and rule 10 refuses the group.
                let _ = self.set(follower, value.saturating_add(above));
            }
        }
    }

    /// What differs between this configuration and the next; `reconfigured` is passed on.
    pub fn compare(&self, next: &Self, reconfigured: bool) -> Applied {
        let mut changed = heapless::Vec::new();
        let mut count = 0_u16;
        for id in Self::ids() {
            let (Some(old), Some(new)) = (self.raw(id), next.raw(id)) else { continue };
            if old != new {
                count = count.saturating_add(1);
                // More than fit are counted only.
                let _ = changed.push(Changed { id, old, new });
            }
        }
        Applied { before_crc: self.crc(), after_crc: next.crc(), changed, count, reconfigured }
    }
}

/// The values that are written together.
#[derive(Clone, Copy)]
struct Group<'a> {
    changes: &'a [(ParamId, i32)],
}

impl Group<'_> {
    /// What the group writes to a parameter.
    fn value(self, id: ParamId) -> Option<i32> {
        self.changes.iter().rev().find(|change| change.0 == id).map(|change| change.1)
    }

    /// The same where it differs from what is stored.
    fn new_value(self, stored: &Config, id: ParamId) -> Option<i32> {
        self.value(id).filter(|&value| stored.raw(id) != Some(value))
    }

    /// A broken relation as a refusal. It names the parameter that was written, where only the
    /// other one was.
    fn refusal(self, broken: Broken) -> Refusal {
        let other = broken.against.filter(|&id| self.value(id).is_some());
        let parameter = match (self.value(broken.parameter), other) {
            (None, Some(other)) => other,
            _ => broken.parameter,
        };
        Refusal::Relation { rule: broken.rule, parameter }
    }
}

/// Whether one value may be written at all.
fn admit(id: ParamId, value: i32, role: Role, board: &Board) -> Result<(), Refusal> {
    let (min, max) = Config::range_of(id).ok_or(Refusal::UnknownParameter(id))?;
    // Before the role: no role helps.
    if !Config::is_settable(id) {
        return Err(Refusal::Fixed(id));
    }
    let needed = id.role().ok_or(Refusal::UnknownParameter(id))?;
    if role < needed {
        return Err(Refusal::Role { needed });
    }
    let max = if id == ids::CELLS { max.min(board.most_cells.into()) } else { max };
    if value < min || value > max {
        return Err(Refusal::OutOfRange { min, max });
    }
    Ok(())
}

/// A new cell count is as many as the taps that are live; on the bench, with none, any count.
fn taps_agree(cells: i32, board: &Board) -> Result<(), Refusal> {
    let named = u8::try_from(cells).unwrap_or(u8::MAX);
    match board.live_cells {
        None => Err(Refusal::NoReading),
        Some(live) if live == 0 || live == named => Ok(()),
        Some(live) => Err(Refusal::LiveTaps { named, live }),
    }
}
