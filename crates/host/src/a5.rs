//! A board that speaks A5 at the other end of a wire.

mod operate;

use std::time::Duration;

use cellward_link::a5::{Client, Options};
use cellward_link::client::{Plan, Report, Rounds};
use cellward_params::Snapshot;
use cellward_units::Power;

use crate::device::{DeviceUrl, Positive};
pub use crate::drive::Cut;
use crate::drive::Wire;
use crate::registers::nothing;
use crate::transport::{self, OpenError, Transport};

/// What one reading brought.
#[derive(Clone, Debug)]
pub struct ReadReport {
    /// The values, each there or with the reason why not.
    pub snapshot: Snapshot,
    /// What the reading went through.
    pub report: Report,
    /// The host address that the board answers.
    pub host: Option<u8>,
    /// Why the reading ended early, if it did.
    pub cut: Option<Cut>,
    /// The live commands, or the registers, without a complete answer, in words.
    pub missing: Vec<String>,
}

impl ReadReport {
    /// Whether every live command was answered.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cut.is_none() && self.missing.is_empty()
    }
}

/// Why a reading brought nothing at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not one byte came.
    #[error(
        "the board is silent: no answer to any request (asleep, switched off, another protocol or \
         a wire fault); a charger, a load or its button wakes a board that sleeps"
    )]
    Silent,
    /// Only echoes of our own requests came.
    #[error(
        "only echoes of our own requests came back: the board is probably asleep; a charger, a load \
         or its button wakes it"
    )]
    Echo,
    /// Bytes came, but not one frame of this board.
    #[error("{bytes} bytes came but not one valid answer ({checks} frames with a wrong check)")]
    Garbage {
        /// How many bytes.
        bytes: u32,
        /// How many looked like frames.
        checks: u32,
    },
    /// Only another board answers on this wire.
    #[error("only other boards answer on this wire, not number {0}")]
    OtherBoard(u8),
    /// Only the zeros of a board that has just woken came.
    #[error("the board answered only the zeros of one that has just woken; try again in a moment")]
    Waking,
    /// Answers came, but none could be believed.
    #[error("the board's answers contradict themselves or cannot be true; nothing was believed")]
    Unbelievable,
    /// The connection went away before anything valid came.
    #[error("the connection was lost before any valid answer came")]
    Lost,
}

/// An open A5 device.
pub struct A5Device {
    wire: Wire,
    client: Client,
    options: Options,
    fresh: bool,
    /// Whether positive currents of this board charge, other than classic boards mean them.
    inverted: bool,
    /// The host address that was found to be answered outside of a round.
    host: Option<u8>,
}

impl A5Device {
    /// Opens the wire; says nothing to the board yet. Board number and host address of the
    /// address win over those of `options`.
    ///
    /// # Errors
    ///
    /// Says why the wire cannot be used.
    pub fn open(url: &DeviceUrl, options: Options) -> Result<Self, OpenError> {
        let options = Options { board: url.board, host: url.host, ..options };
        Ok(Self::over(transport::open(url)?, options))
    }

    /// A device over a transport that is open already.
    #[must_use]
    pub fn over(transport: Box<dyn Transport>, options: Options) -> Self {
        Self::on(Wire::new(transport), options, None)
    }

    /// A device on a wire that is open already.
    pub(crate) fn on(wire: Wire, options: Options, positive: Option<Positive>) -> Self {
        Self {
            wire,
            client: Client::new(options, Plan::Full),
            options,
            fresh: true,
            inverted: positive == Some(Positive::Charge),
            host: None,
        }
    }

    /// Asks the board for everything of `plan`, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Says why not one valid value came. Fewer values than asked for are no error: the report
    /// tells which.
    pub fn read_once(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError> {
        if self.fresh {
            self.client = Client::new(self.options, plan);
            self.fresh = false;
        } else {
            self.client.begin(plan);
        }
        let end = self.wire.now() + timeout;
        let cut = self.wire.run(&mut self.client, end).err();
        if cut.is_some() {
            self.client.abort();
        }
        let report = self.client.report().clone();
        if report.answered.is_empty() && report.partial.is_empty() {
            return Err(nothing(&report, cut, self.options.board));
        }
        let missing = (0x90..=0x98)
            .filter(|command| {
                report.unanswered.contains(command) || report.partial.contains(command)
            })
            .map(|command| format!("{command:#04x}"))
            .collect();
        let mut snapshot = self.client.snapshot();
        if self.inverted {
            snapshot.current = snapshot.current.map(|current| -current);
            snapshot.power =
                snapshot.power.map(|power| Power::from_milliwatts(-power.as_milliwatts()));
        }
        Ok(ReadReport { snapshot, report, host: self.client.host(), cut, missing })
    }
}

impl std::fmt::Debug for A5Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("A5Device").field("options", &self.options).finish_non_exhaustive()
    }
}
