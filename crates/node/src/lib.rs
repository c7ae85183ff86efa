#![no_std]
#![forbid(unsafe_code)]
//! The whole board minus its pins (being written).
use cellward_core::{Bms, Input, Wanted};
use cellward_params::{Config, PortId, Record, Snapshot};
use cellward_units::Instant;

/// The board.
#[derive(Clone, Debug)]
pub struct Node {
    bms: Bms,
}

impl Node {
    /// A board that has just been powered.
    pub fn new(config: Config, now: Instant) -> Self {
        Self {
            bms: Bms::new(config, now),
        }
    }
    /// Feeds one input to the core and handles every event that comes out.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.bms.handle(input, now);
    }
    /// The next record, oldest first.
    pub fn poll_record(&mut self) -> Option<Record> {
        None
    }
    /// See [`Bms::wanted`].
    pub fn wanted(&self) -> &Wanted {
        self.bms.wanted()
    }
    /// See [`Bms::snapshot`].
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        self.bms.snapshot(now)
    }
    /// See [`Bms::deadline`].
    pub fn deadline(&self) -> Option<Instant> {
        self.bms.deadline()
    }
    /// See [`Bms::steady_deadline`].
    pub fn steady_deadline(&self) -> Option<Instant> {
        self.bms.steady_deadline()
    }
    /// The core, to read.
    pub fn bms(&self) -> &Bms {
        &self.bms
    }
    /// Bytes that came in on a port.
    pub fn receive(&mut self, port: PortId, bytes: &[u8], now: Instant, line_now: Instant) {
        let _ = (port, bytes, now, line_now);
    }
    /// Bytes to send on a port; 0 when there are none.
    pub fn transmit(&mut self, port: PortId, buffer: &mut [u8], line_now: Instant) -> usize {
        let _ = (port, buffer, line_now);
        0
    }
}
