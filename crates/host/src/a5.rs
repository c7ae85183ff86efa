//! A board that speaks A5 at the other end of a wire.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use cellward_link::a5::{Client, Options};
use cellward_link::client::{Plan, Report, Step};
use cellward_params::Snapshot;
use cellward_units as units;

use crate::device::DeviceUrl;
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
}

impl ReadReport {
    /// Whether every live command was answered.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cut.is_none() && self.missing().is_empty()
    }

    /// The live commands without a complete answer.
    #[must_use]
    pub fn missing(&self) -> Vec<u16> {
        (0x90..=0x98)
            .filter(|command| {
                self.report.unanswered.contains(command) || self.report.partial.contains(command)
            })
            .collect()
    }
}

/// Why a reading ended before the board was asked for everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cut {
    /// The time that the caller gave was over.
    #[error("the time was over")]
    Time,
    /// The port or connection went away.
    #[error("the connection was lost")]
    Lost,
}

/// Why a reading brought nothing at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not one byte came.
    #[error(
        "the board is silent: no answer to any request (asleep, switched off, another protocol or \
         a wire fault)"
    )]
    Silent,
    /// Only echoes of our own requests came.
    #[error("only echoes of our own requests came back: the board is probably asleep")]
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
    transport: Box<dyn Transport>,
    client: Client,
    options: Options,
    start: Instant,
    fresh: bool,
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
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that gives sessions their time"
    )]
    pub fn over(transport: Box<dyn Transport>, options: Options) -> Self {
        Self {
            transport,
            client: Client::new(options, Plan::Full),
            options,
            start: Instant::now(),
            fresh: true,
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
        let end = self.elapsed() + timeout;
        let cut = self.run(end).err();
        if cut.is_some() {
            self.client.abort();
        }
        let report = self.client.report().clone();
        if report.answered.is_empty() && report.partial.is_empty() {
            return Err(self.nothing(&report, cut));
        }
        Ok(ReadReport { snapshot: self.client.snapshot(), report, host: self.client.host(), cut })
    }

    /// Runs the client's round to its end, or tells why not.
    fn run(&mut self, end: Duration) -> Result<(), Cut> {
        let mut buffer = [0; 512];
        loop {
            let now = self.elapsed();
            if now >= end {
                return Err(Cut::Time);
            }
            match self.client.next_action(instant(now)) {
                Step::Done => return Ok(()),
                Step::Send(request) => {
                    self.discard().map_err(lost)?;
                    self.transport.write_all(&request).map_err(lost)?;
                }
                Step::Wait(until) => {
                    let until = Duration::from_micros(until.as_micros()).min(end);
                    let wait = until.saturating_sub(self.elapsed());
                    let count = self.transport.read(&mut buffer, wait).map_err(lost)?;
                    let now = instant(self.elapsed());
                    self.client.receive(buffer.get(..count).unwrap_or_default(), now);
                }
            }
        }
    }

    /// Throws away what is waiting to be read; a flood is not waited out.
    fn discard(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        for _ in 0..16 {
            if self.transport.read(&mut buffer, Duration::from_millis(1))? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// The reason why nothing came.
    fn nothing(&self, report: &Report, cut: Option<Cut>) -> ReadError {
        // A flood of noise holds a few frames by chance; they say nothing.
        let mostly_garbage = report.refused.bytes > report.bytes / 2;
        if report.bogus > 0 {
            ReadError::Waking
        } else if report.frames > 0 && !mostly_garbage {
            ReadError::Unbelievable
        } else if cut == Some(Cut::Lost) {
            ReadError::Lost
        } else if report.echoes > 0 && !mostly_garbage {
            ReadError::Echo
        } else if report.foreign > 0 && !mostly_garbage {
            ReadError::OtherBoard(self.options.board)
        } else if report.bytes > 0 {
            ReadError::Garbage { bytes: report.bytes, checks: report.refused.checks }
        } else {
            ReadError::Silent
        }
    }

    /// Time since the device was opened.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that gives sessions their time"
    )]
    fn elapsed(&self) -> Duration {
        Instant::now().duration_since(self.start)
    }
}

impl std::fmt::Debug for A5Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("A5Device").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Every error of an open port means that it is gone: time is no error.
fn lost(error: io::Error) -> Cut {
    debug_assert_ne!(error.kind(), ErrorKind::TimedOut, "reads return 0 instead");
    Cut::Lost
}

/// Sessions count from the opening of the device.
fn instant(elapsed: Duration) -> units::Instant {
    units::Instant::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}
