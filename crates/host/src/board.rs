//! What can be done with a board over a wire, whatever it speaks.

use std::time::Duration;

use cellward_link::a5::Options;
use cellward_link::client::Plan;
use cellward_link::kmodbus;
pub use cellward_link::kmodbus::Certainty;
use cellward_params::{Command, Flow, ParamId, Record, Refusal, Snapshot, Switch};

use crate::a5::{A5Device, ReadError, ReadReport};
use crate::detect::Detected;
use crate::device::{self, DeviceUrl, Positive};
use crate::drive::{Cut, Wire};
use crate::modbus::ModbusDevice;
use crate::transport::{self, OpenError, Transport};
use crate::vendor::VendorDevice;

/// A way of speaking to boards.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// The 13-byte frames of the classic boards.
    A5,
    /// The near-Modbus dialect with the address D2.
    D2,
    /// The near-Modbus dialect with 81 in requests and 51 in replies.
    P81,
    /// Cellward's own map over Modbus RTU.
    Modbus,
    /// The same over Modbus TCP.
    ModbusTcp,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] = [Self::A5, Self::D2, Self::P81, Self::Modbus, Self::ModbusTcp];

    /// The word for it in a device address.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::A5 => "a5",
            Self::D2 => "d2",
            Self::P81 => "p81",
            Self::Modbus => "modbus",
            Self::ModbusTcp => "modbus-tcp",
        }
    }

    /// The dialect with this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.key() == key)
    }
}

impl From<kmodbus::Dialect> for Dialect {
    fn from(dialect: kmodbus::Dialect) -> Self {
        match dialect {
            kmodbus::Dialect::D2 => Self::D2,
            kmodbus::Dialect::P81 => Self::P81,
        }
    }
}

/// Why something is not proven, or is, for a person.
#[must_use]
pub const fn words(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::A => "documented by the vendor",
        Certainty::B => "known from several independent programs or captures",
        Certainty::C => "known from a single program or capture only",
        Certainty::I => "only inferred and was never seen on a wire",
    }
}

/// Whether something may be written without being told so.
#[must_use]
pub const fn is_proven(certainty: Certainty) -> bool {
    matches!(certainty, Certainty::A | Certainty::B)
}

/// A setting as a board tells it: its raw value in the unit of its row, `None` where the board says
/// that it has no such value.
pub type Setting = (ParamId, Option<i32>);

/// A setting that a dialect carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carried {
    /// Which one.
    pub id: ParamId,
    /// How sure the way to write it is; `None` where it can only be read.
    pub write: Option<Certainty>,
    /// The setting that becomes the same by a write of this one, because both stand in one place.
    pub with: Option<ParamId>,
}

/// Why something could not be done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoError {
    /// The dialect has no word for it.
    #[error("{dialect} has no word for {what}", dialect = .dialect.key())]
    NotCarried {
        /// The dialect.
        dialect: Dialect,
        /// What.
        what: String,
    },
    /// Nobody knows for sure how it is written.
    #[error(
        "how {dialect} writes {what} is {why}: it may do something else on a real board; \
         --unproven writes it all the same",
        dialect = .dialect.key(), why = words(*.certainty)
    )]
    Unproven {
        /// The dialect.
        dialect: Dialect,
        /// What.
        what: String,
        /// How sure it is.
        certainty: Certainty,
    },
    /// The board said no and why.
    #[error("the board refuses: {}", crate::sentence::refusal(.0))]
    Refused(Refusal),
    /// The board said nothing to the request: it refuses, or does not know it.
    #[error(
        "the board does not answer to {0}: it refuses it (a password may be set), or does not know it"
    )]
    Silent(String),
    /// The board has something else than what was written.
    #[error("{what}: {found} was read back where {wanted} had been written")]
    NotConfirmed {
        /// What.
        what: String,
        /// What was written.
        wanted: String,
        /// What was read back.
        found: String,
    },
    /// The board could not be spoken to at all.
    #[error("{0}")]
    Unreachable(#[from] ReadError),
    /// What is written must carry the time, and this machine does not know it.
    #[error("the clock of this machine is wrong; set it, or give the time with set-clock")]
    NoTime,
    /// The request ended early.
    #[error("{0}")]
    Cut(#[from] Cut),
}

/// A board at the other end of a wire.
pub trait Board: Send {
    /// The time on the wire.
    fn now(&self) -> Duration;

    /// Lets time pass on the wire; what comes in meanwhile is thrown away.
    ///
    /// # Errors
    ///
    /// When the wire is gone.
    fn rest(&mut self, time: Duration) -> Result<(), Cut>;

    /// What it speaks, once that is known.
    fn dialect(&self) -> Option<Dialect>;

    /// Asks for everything of `plan`, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Says why not one valid value came. Fewer values than asked for are no error: the report
    /// tells which.
    fn read(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError>;

    /// The settings that this dialect carries.
    ///
    /// # Errors
    ///
    /// Says why nobody can tell what the board speaks.
    fn carried(&mut self, timeout: Duration) -> Result<Vec<Carried>, DoError>;

    /// Reads settings. Those that the board does not answer to are missing from the list.
    ///
    /// # Errors
    ///
    /// Says why nothing could be read at all.
    fn get(&mut self, ids: &[ParamId], timeout: Duration) -> Result<Vec<Setting>, DoError>;

    /// Writes settings and reads them back; all or nothing where the dialect allows it, otherwise
    /// in the order given, up to the first that fails.
    ///
    /// # Errors
    ///
    /// Says what was not done, and why.
    fn set(
        &mut self,
        group: &[(ParamId, i32)],
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError>;

    /// Carries out a command.
    ///
    /// # Errors
    ///
    /// Says what was not done, and why.
    fn command(
        &mut self,
        command: &Command,
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError>;

    /// The records after a sequence number, oldest first.
    ///
    /// # Errors
    ///
    /// Says why none could be read.
    fn records(&mut self, after: u32, timeout: Duration) -> Result<Vec<Record>, DoError>;
}

/// How long a switch may take to show its new state: some boards need a second (B).
const SWITCH_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked meanwhile.
const SWITCH_LOOK: Duration = Duration::from_millis(300);

/// Looks until a switch really is as it was asked to be.
pub(crate) fn confirm(
    board: &mut dyn Board,
    switch: Switch,
    allowed: bool,
    end: Duration,
) -> Result<(), DoError> {
    let give_up = end.min(board.now() + SWITCH_PATIENCE);
    loop {
        board.rest(SWITCH_LOOK)?;
        let left = end.saturating_sub(board.now());
        let snapshot = board.read(Plan::Live, left)?.snapshot;
        let spared = spares_diode(switch, allowed, &snapshot);
        let (closed, reasons) = match switch {
            Switch::Charge => (snapshot.charge_switch_closed, snapshot.charge_switch_reasons),
            Switch::Discharge => {
                (snapshot.discharge_switch_closed, snapshot.discharge_switch_reasons)
            }
        };
        if closed == Ok(allowed) {
            return Ok(());
        }
        if board.now() >= give_up {
            let reason = reasons.ok().and_then(|reasons| reasons.first().map(|one| one.why.key()));
            let why = reason.map(|why| format!(" ({why})")).unwrap_or_default();
            let why = if spared { format!("{why} {SPARED}") } else { why };
            let on_off = |on: bool| if on { "on" } else { "off" };
            return Err(DoError::NotConfirmed {
                what: format!("{} switch", switch.key()),
                wanted: on_off(allowed).to_owned(),
                found: format!("{}{why}", closed.map_or("unknown", on_off)),
            });
        }
    }
}

/// Why a switch that was forbidden may be closed all the same. What the board thinks is not known.
pub(crate) const SPARED: &str =
    "(it may stay closed while current flows the other way, which spares its diode)";

/// Whether current flows against a switch that was forbidden, so that it may stay closed lest its
/// body diode burns: reverse current, as our boards do it.
fn spares_diode(switch: Switch, allowed: bool, snapshot: &Snapshot) -> bool {
    let against = match switch {
        Switch::Charge => Flow::Discharging,
        Switch::Discharge => Flow::Charging,
    };
    !allowed && snapshot.flow == Ok(against)
}

/// Board over a wire that is open already; says nothing to it yet.
#[must_use]
pub fn open_board_over(
    transport: Box<dyn Transport>,
    url: &DeviceUrl,
    options: Options,
) -> Box<dyn Board> {
    let options = Options { board: url.board, host: url.host, ..options };
    let wire = Wire::new(transport);
    match url.dialect {
        Some(dialect) => device(wire, dialect, options, url.positive),
        None => {
            let tcp = matches!(url.wire, device::Wire::Tcp { .. });
            Box::new(Detected::new(wire, options, url.positive, tcp))
        }
    }
}

/// The device that speaks this dialect on this wire.
pub(crate) fn device(
    wire: Wire,
    dialect: Dialect,
    options: Options,
    positive: Option<Positive>,
) -> Box<dyn Board> {
    match dialect {
        Dialect::A5 => Box::new(A5Device::on(wire, options, positive)),
        Dialect::Modbus | Dialect::ModbusTcp => {
            Box::new(ModbusDevice::over(wire, dialect, options.board))
        }
        Dialect::D2 => Box::new(VendorDevice::over(wire, kmodbus::Dialect::D2, options, positive)),
        Dialect::P81 => {
            Box::new(VendorDevice::over(wire, kmodbus::Dialect::P81, options, positive))
        }
    }
}

/// Opens the way to a board; says nothing to it yet. Board number, host address and dialect of the
/// address win over those of `options`.
///
/// # Errors
///
/// Says why the wire cannot be used.
pub fn open_board(url: &DeviceUrl, options: Options) -> Result<Box<dyn Board>, OpenError> {
    Ok(open_board_over(transport::open(url)?, url, options))
}
