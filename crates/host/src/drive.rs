//! Runs sessions over a transport: sends when they say so, and feeds them what comes in.

use std::io::{self, ErrorKind};
use std::time::Duration;

use cellward_link::client::{Session, Step};
use cellward_units::Instant;

use crate::transport::Transport;

/// Why a session ended before it was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cut {
    /// The time that the caller gave was over.
    #[error("the time was over")]
    Time,
    /// The port or connection went away.
    #[error("the connection was lost")]
    Lost,
}

/// An open transport with the time on it.
pub(crate) struct Wire {
    transport: Box<dyn Transport>,
}

impl Wire {
    pub(crate) fn new(transport: Box<dyn Transport>) -> Self {
        Self { transport }
    }

    /// The time on this wire.
    pub(crate) fn now(&self) -> Duration {
        self.transport.now()
    }

    /// Runs a session until it is over, `end` at the latest.
    pub(crate) fn run(&mut self, session: &mut dyn Session, end: Duration) -> Result<(), Cut> {
        let mut buffer = [0; 512];
        loop {
            let now = self.now();
            if now >= end {
                return Err(Cut::Time);
            }
            match session.next_action(instant(now)) {
                Step::Done => return Ok(()),
                Step::Send(request) => {
                    self.discard().map_err(lost)?;
                    self.transport.write_all(&request).map_err(lost)?;
                }
                Step::Wait(until) => {
                    let until = Duration::from_micros(until.as_micros()).min(end);
                    let wait = until.saturating_sub(self.now());
                    let count = self.transport.read(&mut buffer, wait).map_err(lost)?;
                    let now = instant(self.now());
                    session.receive(buffer.get(..count).unwrap_or_default(), now);
                }
            }
        }
    }

    /// Lets time pass; what comes in meanwhile is thrown away.
    pub(crate) fn rest(&mut self, time: Duration) -> Result<(), Cut> {
        let end = self.now() + time;
        let mut buffer = [0; 512];
        loop {
            let left = end.saturating_sub(self.now());
            if left.is_zero() {
                return Ok(());
            }
            self.transport.read(&mut buffer, left).map_err(lost)?;
        }
    }

    /// Throws away what is waiting to be read; a flood is not waited out.
    fn discard(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        for _ in 0..16 {
            if self.transport.read(&mut buffer, Duration::ZERO)? == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Every error of an open port means that it is gone: time is no error.
fn lost(error: io::Error) -> Cut {
    debug_assert_ne!(error.kind(), ErrorKind::TimedOut, "reads return 0 instead");
    Cut::Lost
}

/// Sessions count from the opening of the transport.
pub(crate) fn instant(elapsed: Duration) -> Instant {
    Instant::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}
