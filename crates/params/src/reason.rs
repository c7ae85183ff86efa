//! "Why is it off": every reason a switch is open, most important first.

use cellward_units::Duration;

use crate::ActiveFault;

/// Why a switch may not be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
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
    /// It was told to close and does not conduct: the chip holds it open, or it is broken.
    DoesNotFollow,
}

impl Why {
    /// The stable lower-case key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Fault(active) => active.fault.key(),
            Self::SelfTest => "self_testing",
            Self::NoPermit => "no_permit",
            Self::User => "user",
            Self::DiodeCurrent => "diode_current",
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
    /// The load must be removed.
    LoadRemoved,
    /// A waiting time must pass, or the load be removed.
    Retry,
    /// The charge current or the charger must go, or a waiting time pass.
    ChargerRemoved,
    /// An installer must unlock it.
    Installer,
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
            Self::GoodReadings => "good_readings",
            Self::LoadRemoved => "load_removed",
            Self::Retry => "retry",
            Self::ChargerRemoved => "charger_removed",
            Self::Installer => "installer",
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

/// The reasons of one switch, most important first; at most 12 are kept.
pub type OffReasons = heapless::Vec<OffReason, 12>;
