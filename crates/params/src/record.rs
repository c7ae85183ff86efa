//! What happened, with the circumstances: the story that a board can tell.

mod changes;
mod circumstances;
pub mod field;

pub use changes::Changes;
pub use circumstances::{Circumstances, Detail};

use cellward_units::{Duration, Instant};

use crate::state::keyed;
use crate::{Fault, Level, Role, ShortText, Switch};

keyed! {
    /// The kind of a record. Numbers as in the durable record layout.
    pub enum RecordKind: u8 {
        /// An alarm came.
        AlarmSet = 0, "alarm_set";
        /// An alarm went.
        AlarmCleared = 1, "alarm_cleared";
        /// A protection tripped.
        ProtectionSet = 2, "protection_set";
        /// A protection released.
        ProtectionCleared = 3, "protection_cleared";
        /// A fault became a lock, or an installer unlocked it.
        Lock = 4, "lock";
        /// A state or switch changed.
        Change = 5, "change";
        /// The board started.
        Boot = 6, "boot";
        /// The board fell asleep, or woke.
        Sleep = 7, "sleep";
        /// Parameters were written.
        ParameterWrite = 8, "parameter_write";
        /// A calibration changed.
        Calibration = 9, "calibration";
        /// SOC or capacity changed by more than counting.
        Soc = 10, "soc";
        /// Somebody gave or set a password.
        Security = 12, "security";
        /// A self-test told something.
        SelfTest = 14, "self_test";
        /// The same event came again and again and is told once.
        Storm = 16, "storm";
    }
}

keyed! {
    /// Why a protection released, so that every re-close can be explained.
    pub enum ReleaseReason: u8 {
        /// The value recovered for long enough.
        Recovered = 1, "recovered";
        /// Enough was discharged since the trip.
        Discharged = 2, "discharged";
        /// Charge current flowed or a charger was there.
        Charger = 3, "charger";
        /// The load was removed.
        LoadRemoved = 4, "load_removed";
        /// The charger was removed, or discharge current flowed.
        ChargerRemoved = 5, "charger_removed";
        /// The wait of an automatic retry was over.
        Retry = 6, "retry";
        /// A person or a host asked for it.
        Command = 7, "command";
        /// The key was turned.
        Key = 8, "key";
        /// An installer acknowledged, unlocked or confirmed it.
        Installer = 9, "installer";
        /// It was a loose tap, which is told as an open wire.
        LooseTap = 10, "loose_tap";
    }
}

keyed! {
    /// What a record without a fault is about. Codes follow those of the faults.
    pub enum Happening: u16 {
        /// The board started.
        Started = 0x100, "started";
        /// A switch opened.
        SwitchOpened = 0x101, "switch_opened";
        /// A switch closed.
        SwitchClosed = 0x102, "switch_closed";
        /// A user switch was set off.
        UserOff = 0x103, "user_off";
        /// A user switch was set on.
        UserOn = 0x104, "user_on";
        /// A blocked switch closed because current flows the other way.
        ReverseClosed = 0x105, "reverse_closed";
        /// It opened again.
        ReverseOpened = 0x106, "reverse_opened";
        /// The key was turned on.
        KeyOn = 0x107, "key_on";
        /// The key was turned off.
        KeyOff = 0x108, "key_off";
        /// The pre-charge path closed.
        PrechargeStarted = 0x109, "precharge_started";
        /// The port was charged; the discharge switch may close.
        PrechargeDone = 0x10A, "precharge_done";
        /// A try of the pre-charge was given up.
        PrechargeAborted = 0x10B, "precharge_aborted";
        /// The trip output gave a pulse.
        TripPulse = 0x10C, "trip_pulse";
        /// Over-voltage at a small current: the charge is complete.
        ChargeComplete = 0x10D, "charge_complete";
        /// An installer's override began.
        OverrideStarted = 0x10E, "override_started";
        /// It ended.
        OverrideEnded = 0x10F, "override_ended";
        /// The zero of the current channel was learnt.
        ZeroLearnt = 0x110, "zero_learnt";
        /// A zero was refused because it is too large.
        ZeroRefused = 0x111, "zero_refused";
        /// Parameters were written.
        ParametersWritten = 0x112, "parameters_written";
        /// Chemistry, cell count and taps were confirmed.
        Commissioned = 0x113, "commissioned";
        /// A cell lay outside of the window for new cells at the first start.
        OutsideWindow = 0x114, "outside_window";
        /// The test of the sampling wires passed.
        WiresGood = 0x115, "wires_good";
        /// A switch opened although it was told to be closed.
        OpenedUntold = 0x116, "opened_untold";
        /// A switch closed although it was told to be open.
        ClosedUntold = 0x117, "closed_untold";
        /// The number of live taps changed: value is the new one, limit the one before.
        WiringChanged = 0x118, "wiring_changed";
        /// The pack was full: SOC is 100 %.
        Full = 0x120, "full";
        /// A host or person set the SOC.
        SocSet = 0x121, "soc_set";
        /// A cell was empty: SOC is 0 %.
        Empty = 0x122, "empty";
        /// The owner's password was given: index is the port.
        LoggedIn = 0x130, "logged_in";
        /// A wrong password was given: index is the port, value how many in a row.
        PasswordWrong = 0x131, "password_wrong";
        /// The password was set: index is the port.
        PasswordSet = 0x132, "password_set";
        /// The password was taken away: index is the port.
        PasswordRemoved = 0x133, "password_removed";
        /// The board fell asleep.
        FellAsleep = 0x140, "fell_asleep";
        /// The board woke: value is the number of what woke it.
        Woke = 0x141, "woke";
    }
}

/// What a record is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A level of a fault.
    Fault(Fault, Level),
    /// Something else.
    Happening(Happening),
}

impl Subject {
    /// The event code: one number per fault or happening, stable for ever.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Fault(fault, _) => fault.code(),
            Self::Happening(happening) => happening.code(),
        }
    }

    /// The stable lower-case key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fault(fault, _) => fault.key(),
            Self::Happening(happening) => happening.key(),
        }
    }
}

/// Which switches were closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Switches {
    /// The charge switch.
    pub charge: bool,
    /// The discharge switch.
    pub discharge: bool,
}

impl Switches {
    /// Both open: the safe state.
    pub const OPEN: Self = Self { charge: false, discharge: false };

    /// Whether `switch` is closed.
    #[must_use]
    pub const fn closed(self, switch: Switch) -> bool {
        match switch {
            Switch::Charge => self.charge,
            Switch::Discharge => self.discharge,
        }
    }

    /// Sets one of them.
    pub const fn set(&mut self, switch: Switch, closed: bool) {
        match switch {
            Switch::Charge => self.charge = closed,
            Switch::Discharge => self.discharge = closed,
        }
    }
}

/// One record. It leaves the core through its event queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Counts every record since start, from 1; gaps mean that the queue dropped some.
    pub sequence: u32,
    /// When; of a storm, when the last of it happened, although it is told later.
    pub at: Instant,
    /// What kind.
    pub kind: RecordKind,
    /// What kind a storm is of; absent for everything else.
    pub merged: Option<RecordKind>,
    /// About what.
    pub subject: Subject,
    /// Cell, sensor or switch, counted from 0.
    pub index: Option<u8>,
    /// The value that triggered, raw in the unit of the limit. Of a parameter write, the CRC-32
    /// of all parameters before it.
    pub value: Option<i32>,
    /// The threshold in force, raw in the unit of the limit. Of a parameter write, the CRC-32 of
    /// all parameters after it.
    pub limit: Option<i32>,
    /// How long the condition lasted before action; of a release, how long the level had been
    /// active; of a storm, from the first of it to the last.
    pub lasted: Duration,
    /// How many events this record tells of: 1, and of a storm as many as have no record of their
    /// own. Stops at 65535.
    pub count: u16,
    /// Why a protection or a lock released; absent for everything else.
    pub release: Option<ReleaseReason>,
    /// As whom somebody asked for it; absent where nobody did.
    pub role: Option<Role>,
    /// How things stood; of a storm, when it was told.
    pub circumstances: Circumstances,
}

impl Record {
    /// A record of one event about which nothing else is known.
    #[must_use]
    pub const fn new(sequence: u32, at: Instant, kind: RecordKind, subject: Subject) -> Self {
        Self {
            sequence,
            at,
            kind,
            merged: None,
            subject,
            index: None,
            value: None,
            limit: None,
            lasted: Duration::ZERO,
            count: 1,
            release: None,
            role: None,
            circumstances: Circumstances::UNKNOWN,
        }
    }

    /// When the first of what this record tells happened.
    #[must_use]
    pub const fn first_at(&self) -> Instant {
        match self.kind {
            RecordKind::Storm => self.at.before(self.lasted),
            _ => self.at,
        }
    }

    /// Whether an installer unlocked something. A record of the kind "lock" without a release
    /// tells of a lock that fell.
    #[must_use]
    pub fn is_unlock(&self) -> bool {
        self.kind == RecordKind::Lock && self.release.is_some()
    }

    /// Why somebody unlocked, in his own words.
    #[must_use]
    pub const fn reason(&self) -> Option<&ShortText> {
        match &self.circumstances.detail {
            Detail::Reason { text, .. } => Some(text),
            Detail::Cells(_) | Detail::Changes(_) => None,
        }
    }

    /// What a parameter write changed.
    #[must_use]
    pub const fn changes(&self) -> Option<&Changes> {
        match &self.circumstances.detail {
            Detail::Changes(changes) => Some(changes),
            Detail::Cells(_) | Detail::Reason { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //
    #[test]
    fn a_record_stays_small_enough_for_a_queue_on_a_microcontroller() {
        assert!(size_of::<Record>() <= 160, "{} bytes", size_of::<Record>());
    }

    #[test]
    fn only_a_storm_began_before_its_time() {
        let at = Instant::from_micros(9_000_000);
        let subject = Subject::Happening(Happening::SwitchOpened);
        let lasted = Duration::from_secs(4);
        let one = Record { lasted, ..Record::new(1, at, RecordKind::Change, subject) };
        assert_eq!(one.first_at(), at);
        let storm = Record { kind: RecordKind::Storm, ..one };
        assert_eq!(storm.first_at(), Instant::from_micros(5_000_000));
    }
}
