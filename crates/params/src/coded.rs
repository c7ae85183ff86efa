//! Refusals and reasons as stable numbers, for protocols that carry no words.
//!
//! The numbers are never reused. They stand here and not with a protocol, because only here does
//! the compiler see that no variant was forgotten.

use crate::fault::{Blocks, Lock, SourceKind};
use crate::reason::{Until, Why};
use crate::{ActiveFault, Busy, Fault, ParamId, Refusal, Role};

/// A refusal as a number, and up to three numbers that belong to it; the rest are 0.
pub type CodedRefusal = (u16, [i32; 3]);

impl Refusal {
    /// The stable number of the refusal and its own numbers, in the order of its fields.
    ///
    /// | code | refused because | numbers |
    /// |--:|---|---|
    /// | 1 | the asker's role is too low | least role |
    /// | 2 | there is no such parameter | parameter |
    /// | 3 | nobody sets this parameter | parameter |
    /// | 4 | the value lies outside of its range | smallest, largest value |
    /// | 5 | the value breaks a relation between parameters | rule, parameter |
    /// | 6 | the value is beyond what this role may set | parameter, furthest value, role that may |
    /// | 7 | both switches must be open first | |
    /// | 8 | the live taps are not as many as the cells that were named | named, live |
    /// | 9 | a cell lies outside of the window for new cells | cell from 0 |
    /// | 10 | the fault is not there, or does not wait for this | fault |
    /// | 11 | a reason in words is missing | |
    /// | 12 | a reading that is needed is missing | |
    /// | 13 | the board cannot do this | |
    /// | 14 | this is not the password | |
    /// | 15 | too many wrong passwords: none is looked at for a while | seconds |
    /// | 16 | the password that is set now must be given first | |
    /// | 17 | the board cannot sleep now | why: 1 self-test, 2 current, 3 charger, 4 one switch open, 5 a fault |
    #[must_use]
    pub fn coded(&self) -> CodedRefusal {
        let parameter = |id: ParamId| i32::from(id.0);
        let role = |role: Role| i32::from(role.code());
        match *self {
            Self::Role { needed } => (1, [role(needed), 0, 0]),
            Self::UnknownParameter(id) => (2, [parameter(id), 0, 0]),
            Self::Fixed(id) => (3, [parameter(id), 0, 0]),
            Self::OutOfRange { min, max } => (4, [min, max, 0]),
            Self::Relation { rule, parameter: id } => (5, [rule.into(), parameter(id), 0]),
            Self::Cap { parameter: id, limit, needed } => (6, [parameter(id), limit, role(needed)]),
            Self::SwitchesClosed => (7, [0; 3]),
            Self::LiveTaps { named, live } => (8, [named.into(), live.into(), 0]),
            Self::OutsideWindow { cell } => (9, [cell.into(), 0, 0]),
            Self::NothingToDo(fault) => (10, [fault.code().into(), 0, 0]),
            Self::ReasonMissing => (11, [0; 3]),
            Self::NoReading => (12, [0; 3]),
            Self::NotSupported => (13, [0; 3]),
            Self::WrongPassword => (14, [0; 3]),
            Self::TooManyTries { seconds } => (15, [seconds.into(), 0, 0]),
            Self::LoginFirst => (16, [0; 3]),
            Self::Busy(why) => (17, [why.code().into(), 0, 0]),
        }
    }

    /// The refusal with these numbers; `None` where there is none.
    #[must_use]
    pub fn from_coded((code, [first, second, third]): CodedRefusal) -> Option<Self> {
        let parameter = |raw: i32| u16::try_from(raw).ok().map(ParamId);
        let byte = |raw: i32| u8::try_from(raw).ok();
        let role = |raw: i32| Role::from_code(byte(raw)?);
        Some(match code {
            1 => Self::Role { needed: role(first)? },
            2 => Self::UnknownParameter(parameter(first)?),
            3 => Self::Fixed(parameter(first)?),
            4 => Self::OutOfRange { min: first, max: second },
            5 => Self::Relation { rule: byte(first)?, parameter: parameter(second)? },
            6 => Self::Cap { parameter: parameter(first)?, limit: second, needed: role(third)? },
            7 => Self::SwitchesClosed,
            8 => Self::LiveTaps { named: byte(first)?, live: byte(second)? },
            9 => Self::OutsideWindow { cell: byte(first)? },
            10 => Self::NothingToDo(Fault::from_code(u16::try_from(first).ok()?)?),
            11 => Self::ReasonMissing,
            12 => Self::NoReading,
            13 => Self::NotSupported,
            14 => Self::WrongPassword,
            15 => Self::TooManyTries { seconds: u16::try_from(first).ok()? },
            16 => Self::LoginFirst,
            17 => Self::Busy(Busy::from_code(byte(first)?)?),
            _ => return None,
        })
    }
}

/// What a reason carries besides its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyAbout {
    /// Nothing.
    Nothing,
    /// A fault.
    Fault(Fault),
    /// An active fault with its values.
    Active(ActiveFault),
}

impl Why {
    /// The stable number and what it is about.
    ///
    /// | code | why it is off |
    /// |--:|---|
    /// | 1 | a fault has become a lock |
    /// | 2 | a fault blocks it |
    /// | 3 | the board tests itself |
    /// | 4 | no valid measurement allows it |
    /// | 5 | a person or a host switched it off |
    /// | 6 | current would pass the body diode of the other switch |
    /// | 7 | the port is being pre-charged |
    /// | 8 | the key is off |
    /// | 9 | it was told to close and does not conduct |
    #[must_use]
    pub const fn coded(&self) -> (u16, WhyAbout) {
        match *self {
            Self::Locked(fault) => (1, WhyAbout::Fault(fault)),
            Self::Fault(active) => (2, WhyAbout::Active(active)),
            Self::SelfTest => (3, WhyAbout::Nothing),
            Self::NoPermit => (4, WhyAbout::Nothing),
            Self::User => (5, WhyAbout::Nothing),
            Self::DiodeCurrent => (6, WhyAbout::Nothing),
            Self::Precharge => (7, WhyAbout::Nothing),
            Self::Key => (8, WhyAbout::Nothing),
            Self::DoesNotFollow => (9, WhyAbout::Nothing),
        }
    }

    /// The reason with this number; `None` where there is none, or it is about something else.
    #[must_use]
    pub const fn from_coded(coded: (u16, WhyAbout)) -> Option<Self> {
        Some(match coded {
            (1, WhyAbout::Fault(fault)) => Self::Locked(fault),
            (2, WhyAbout::Active(active)) => Self::Fault(active),
            (3, WhyAbout::Nothing) => Self::SelfTest,
            (4, WhyAbout::Nothing) => Self::NoPermit,
            (5, WhyAbout::Nothing) => Self::User,
            (6, WhyAbout::Nothing) => Self::DiodeCurrent,
            (7, WhyAbout::Nothing) => Self::Precharge,
            (8, WhyAbout::Nothing) => Self::Key,
            (9, WhyAbout::Nothing) => Self::DoesNotFollow,
            _ => return None,
        })
    }
}

impl Until {
    /// The stable number, and the recovery value where it has one.
    ///
    /// | code | what must happen |
    /// |--:|---|
    /// | 1 | the value passes the recovery value |
    /// | 2 | the same, and charge current, a charger, a removed load or a command |
    /// | 3 | good readings come back |
    /// | 4 | the value passes the recovery value, or one hundredth of the capacity is discharged |
    /// | 5 | one hundredth of the capacity is discharged |
    /// | 6 | the load is removed |
    /// | 7 | the load is removed, a charger or the key is used, or a command is given |
    /// | 8 | a wait passes, or the load is removed |
    /// | 9 | the charger or its current goes, or a wait passes |
    /// | 10 | an installer unlocks |
    /// | 11 | an installer confirms the pack |
    /// | 12 | the port is charged |
    /// | 13 | the key is turned on |
    /// | 14 | a person or a host switches it on |
    /// | 15 | the self-test ends |
    /// | 16 | the switch follows its command |
    #[must_use]
    pub const fn coded(&self) -> (u16, Option<i32>) {
        match *self {
            Self::Recovery(value) => (1, Some(value)),
            Self::RecoveryAndRelief(value) => (2, Some(value)),
            Self::GoodReadings => (3, None),
            Self::RecoveryOrDischarge(value) => (4, Some(value)),
            Self::Discharge => (5, None),
            Self::LoadRemoved => (6, None),
            Self::LoadRemovedOrCommand => (7, None),
            Self::Retry => (8, None),
            Self::ChargerRemoved => (9, None),
            Self::Installer => (10, None),
            Self::Commission => (11, None),
            Self::Precharge => (12, None),
            Self::Key => (13, None),
            Self::User => (14, None),
            Self::SelfTest => (15, None),
            Self::Follows => (16, None),
        }
    }

    /// What must happen by this number; `None` where there is none, or its value is missing.
    #[must_use]
    pub const fn from_coded(coded: (u16, Option<i32>)) -> Option<Self> {
        Some(match coded {
            (1, Some(value)) => Self::Recovery(value),
            (2, Some(value)) => Self::RecoveryAndRelief(value),
            (3, None) => Self::GoodReadings,
            (4, Some(value)) => Self::RecoveryOrDischarge(value),
            (5, None) => Self::Discharge,
            (6, None) => Self::LoadRemoved,
            (7, None) => Self::LoadRemovedOrCommand,
            (8, None) => Self::Retry,
            (9, None) => Self::ChargerRemoved,
            (10, None) => Self::Installer,
            (11, None) => Self::Commission,
            (12, None) => Self::Precharge,
            (13, None) => Self::Key,
            (14, None) => Self::User,
            (15, None) => Self::SelfTest,
            (16, None) => Self::Follows,
            _ => return None,
        })
    }
}

impl Blocks {
    /// The stable number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Nothing => 0,
            Self::Charge => 1,
            Self::Discharge => 2,
            Self::Both => 3,
            Self::ChargeFirmly => 4,
            Self::DischargeFirmly => 5,
        }
    }
}

impl SourceKind {
    /// The stable number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Cell => 1,
            Self::Sensor => 2,
            Self::Switch => 3,
            Self::Tap => 4,
        }
    }
}

impl Lock {
    /// The stable number, without the level or count that belongs to it.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Never => 0,
            Self::AtOnce(_) => 1,
            Self::Confirmed(_) => 2,
            Self::Repeated(_) => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn every_refusal_comes_back_from_its_numbers() {
        let parameter = ParamId(0x12DF);
        for (code, refusal) in (1..).zip([
            Refusal::Role { needed: Role::Factory },
            Refusal::UnknownParameter(ParamId(u16::MAX)),
            Refusal::Fixed(parameter),
            Refusal::OutOfRange { min: i32::MIN, max: i32::MAX },
            Refusal::Relation { rule: 255, parameter },
            Refusal::Cap { parameter, limit: -1, needed: Role::Installer },
            Refusal::SwitchesClosed,
            Refusal::LiveTaps { named: 16, live: 15 },
            Refusal::OutsideWindow { cell: 23 },
            Refusal::NothingToDo(Fault::ReversePolarity),
            Refusal::ReasonMissing,
            Refusal::NoReading,
            Refusal::NotSupported,
            Refusal::WrongPassword,
            Refusal::TooManyTries { seconds: 3_600 },
            Refusal::LoginFirst,
            Refusal::Busy(Busy::Alarm),
        ]) {
            assert_eq!(refusal.coded().0, code);
            assert_eq!(Refusal::from_coded(refusal.coded()), Some(refusal));
        }
        assert_eq!(Refusal::from_coded((0, [0; 3])), None);
        assert_eq!(Refusal::from_coded((18, [0; 3])), None);
    }

    #[test]
    fn a_refusal_with_numbers_that_cannot_be_is_none() {
        for coded in [
            (1, [3, 0, 0]),
            (2, [-1, 0, 0]),
            (3, [0x1_0000, 0, 0]),
            (5, [256, 1, 0]),
            (6, [1, 0, 256]),
            (8, [-1, 0, 0]),
            (9, [256, 0, 0]),
            (10, [0, 0, 0]),
            (10, [46, 0, 0]),
            (15, [-1, 0, 0]),
            (15, [0x1_0000, 0, 0]),
            (17, [0, 0, 0]),
            (17, [6, 0, 0]),
        ] {
            assert_eq!(Refusal::from_coded(coded), None, "{coded:?}");
        }
    }

    #[test]
    fn every_reason_and_every_way_out_comes_back_from_its_number() {
        let active = ActiveFault {
            fault: Fault::ChipLost,
            level: Level::Hard,
            index: None,
            value: Some(-1),
            limit: None,
        };
        let mut seen = 0;
        for code in 0..=20 {
            for about in
                [WhyAbout::Nothing, WhyAbout::Fault(Fault::ChipLost), WhyAbout::Active(active)]
            {
                if let Some(why) = Why::from_coded((code, about)) {
                    assert_eq!(why.coded(), (code, about));
                    seen += 1;
                }
            }
            for value in [None, Some(-7)] {
                if let Some(until) = Until::from_coded((code, value)) {
                    assert_eq!(until.coded(), (code, value));
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 9 + 16);
    }
}
