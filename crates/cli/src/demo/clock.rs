//! The wall clock: the only place of the demonstration that reads it or waits on it.

use std::time::{Duration, Instant};

/// Wall time since the demonstration began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wall {
    start: Instant,
}

impl Wall {
    #[expect(clippy::disallowed_methods, reason = "this is the wall-clock adapter")]
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Wall time since the start.
    #[expect(clippy::disallowed_methods, reason = "this is the wall-clock adapter")]
    pub(crate) fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(self.start)
    }

    /// The same as the line clock of the board's ports.
    pub(crate) fn line_now(&self) -> cellward_units::Instant {
        let micros = u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX);
        cellward_units::Instant::from_micros(micros)
    }
}

/// Waits for wall time to pass.
#[expect(clippy::disallowed_methods, reason = "this is the wall-clock adapter")]
pub(crate) fn wait(duration: Duration) {
    std::thread::sleep(duration);
}
