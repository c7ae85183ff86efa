//! What happened, with the circumstances: the story that a board can tell.

use cellward_units::{Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};

use crate::state::keyed;
use crate::{Fault, Flow, Level, Mode, Switch};

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
        /// Parameters were written.
        ParameterWrite = 8, "parameter_write";
        /// A calibration changed.
        Calibration = 9, "calibration";
        /// SOC or capacity changed by more than counting.
        Soc = 10, "soc";
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
        /// The pack was full: SOC is 100 %.
        Full = 0x120, "full";
        /// A host or person set the SOC.
        SocSet = 0x121, "soc_set";
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

/// How things stood when it happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Circumstances {
    /// Mode of the board.
    pub mode: Mode,
    /// Which way charge moved.
    pub flow: Flow,
    /// What the switches really were.
    pub actual: Switches,
    /// What was commanded.
    pub commanded: Switches,
    /// Current; positive charges.
    pub current: Result<Current, NoData>,
    /// Pack voltage.
    pub pack: Result<Voltage, NoData>,
    /// P- against B-; positive while a load pulls P- up.
    pub port: Result<Voltage, NoData>,
    /// True state of charge.
    pub soc: Result<Ratio, NoData>,
    /// Highest cell and its number from 0.
    pub highest: Result<(u8, Voltage), NoData>,
    /// Lowest cell and its number from 0.
    pub lowest: Result<(u8, Voltage), NoData>,
    /// Hottest sensor and its number from 0.
    pub hottest: Result<(u8, Temperature), NoData>,
}

/// One record. It leaves the core through its event queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Counts every record since start, from 1; gaps mean that the queue dropped some.
    pub sequence: u32,
    /// When.
    pub at: Instant,
    /// What kind.
    pub kind: RecordKind,
    /// About what.
    pub subject: Subject,
    /// Cell, sensor or switch, counted from 0.
    pub index: Option<u8>,
    /// The value that triggered, raw in the unit of the limit.
    pub value: Option<i32>,
    /// The threshold in force, raw in the unit of the limit.
    pub limit: Option<i32>,
    /// How long the condition lasted before action.
    pub lasted: Duration,
    /// Why a protection released; absent for everything else.
    pub release: Option<ReleaseReason>,
    /// As whom somebody asked for it; absent where nobody did.
    pub role: Option<crate::Role>,
    /// Why somebody unlocked, in his own words.
    pub reason: Option<crate::ShortText>,
    /// How things stood.
    pub circumstances: Circumstances,
}
