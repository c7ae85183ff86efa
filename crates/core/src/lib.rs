#![no_std]
#![forbid(unsafe_code)]
//! The engine (being written).
mod input;
mod persist;
mod wanted;
use cellward_params::{Answer, Config, Record, Snapshot};
use cellward_units::Instant;
pub use input::{CellsFrame, ChipAlert, CurrentFrame, Input, TemperaturesFrame};
pub use persist::{PERSIST_VERSION, Persist};
pub use wanted::{ChipSettings, Wanted};

/// What happened: an edge, in a bounded queue that counts what it drops.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Event {
    /// Something worth a record.
    Record(Record),
    /// The answer to a request.
    Answer(Answer),
    /// Something that must survive a power loss has changed.
    Persist(Persist),
}

/// The engine.
#[derive(Clone, Debug)]
pub struct Bms {
    config: Config,
    wanted: Wanted,
}

impl Bms {
    /// An engine that has measured nothing yet: both switches open, self-test running.
    pub fn new(config: Config, now: Instant) -> Self {
        let _ = (config, now);
        unimplemented!()
    }
    /// Feeds one input. Cannot fail; bad requests are answered as events with a reason.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        let _ = (input, now);
    }
    /// The next event, oldest first. Drain after every `handle`.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }
    /// The complete wanted state; compare and apply after every `handle`.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }
    /// Everything a reader may see, now.
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let _ = now;
        Snapshot::absent(cellward_units::NoData::NotYet)
    }
    /// When the engine must be called next if nothing else comes in.
    pub fn deadline(&self) -> Option<Instant> {
        None
    }
    /// When the engine must be called next if every measurement keeps arriving unchanged
    /// (see `Input::Unchanged`): the same, without the age limits of readings.
    pub fn steady_deadline(&self) -> Option<Instant> {
        None
    }
    /// Whether comparing these readings would give, row by row, the same as the last ones did.
    pub fn unmoved_by(&self, current: &CurrentFrame, cells: &CellsFrame<'_>) -> bool {
        let _ = (current, cells);
        false
    }
    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
