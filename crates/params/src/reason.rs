//! "Why is it off": every reason a switch is open, most important first.

use cellward_units::Duration;

use crate::ActiveFault;

/// Why a switch may not be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// A fault has become a lock.
    Locked(crate::Fault),
    /// A fault blocks it.
    Fault(ActiveFault),
    /// The board has just started and tests itself.
    SelfTest,
    /// No valid measurement allows it yet, or any more.
    NoPermit,
    /// A person or a host switched it off.
    User,
    /// Current would pass the body diode of the other, blocked switch and burn it.
    DiodeCurrent,
    /// The port is being charged through the pre-charge path before it may close.
    Precharge,
    /// The key is off.
    Key,
    /// It was told to close and does not conduct: the chip holds it open, or it is broken.
    DoesNotFollow,
}

impl Why {
    /// The stable lower-case key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Locked(fault) => fault.key(),
            Self::Fault(active) => active.fault.key(),
            Self::SelfTest => "self_testing",
            Self::NoPermit => "no_permit",
            Self::User => "user",
            Self::DiodeCurrent => "diode_current",
            Self::Precharge => "precharge",
            Self::Key => "key",
            Self::DoesNotFollow => "does_not_follow",
        }
    }
}

/// What must happen before the reason goes away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// The value must pass this recovery value, raw in the unit of the limit.
    Recovery(i32),
    /// As above, and charge current, a charger, a removed load or a user command.
    RecoveryAndRelief(i32),
    /// Good readings must come back.
    GoodReadings,
    /// The value must pass this recovery value, or one hundredth of the capacity be discharged.
    RecoveryOrDischarge(i32),
    /// One hundredth of the capacity must be discharged: it has closed again too often.
    Discharge,
    /// The load must be removed.
    LoadRemoved,
    /// The load must be removed, a charger or the key be used, or a command be given.
    LoadRemovedOrCommand,
    /// A waiting time must pass, or the load be removed.
    Retry,
    /// The charge current or the charger must go, or a waiting time pass.
    ChargerRemoved,
    /// An installer must unlock it.
    Installer,
    /// An installer must confirm chemistry, cell count and taps.
    Commission,
    /// The port must be charged.
    Precharge,
    /// The key must be turned on.
    Key,
    /// A person or a host must switch it on.
    User,
    /// The self-test must end.
    SelfTest,
    /// The switch must follow its command.
    Follows,
}

impl Until {
    /// The stable lower-case key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Recovery(_) => "recovery",
            Self::RecoveryAndRelief(_) => "recovery_and_relief",
            Self::RecoveryOrDischarge(_) => "recovery_or_discharge",
            Self::Discharge => "discharge",
            Self::GoodReadings => "good_readings",
            Self::LoadRemoved => "load_removed",
            Self::LoadRemovedOrCommand => "load_removed_or_command",
            Self::Retry => "retry",
            Self::ChargerRemoved => "charger_removed",
            Self::Installer => "installer",
            Self::Commission => "commission",
            Self::Precharge => "precharge",
            Self::Key => "key",
            Self::User => "user",
            Self::SelfTest => "self_test",
            Self::Follows => "follows",
        }
    }
}

/// One reason with its way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffReason {
    /// Why.
    pub why: Why,
    /// What must happen.
    pub until: Until,
    /// Time left, once what must happen is happening.
    pub left: Option<Duration>,
}

/// The reasons of one switch, most important first. There is room for every fault that opens it,
/// each listed once at its highest level, every lock, and every reason that is no fault, all at
/// once (tested).
pub type OffReasons = heapless::Vec<OffReason, 48>;
