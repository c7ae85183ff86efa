//! What a board keeps: the image that survives a power loss, and its records.
//!
//! Whoever reads history reads through [`Store`]; a journal on EEPROM or flash will implement the
//! same trait. Until it exists, [`RamStore`] does, and forgets at power-off.

use cellward_core::Persist;
use cellward_estimate::MOST_BYTES;
use cellward_params::Record;
use cellward_units::Duration;
use heapless::{Deque, Vec};

/// What an estimator learnt, as it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptEstimate {
    /// Its bytes. A damaged one is worse than none: whoever stores them guards them by a checksum.
    pub bytes: Vec<u8, MOST_BYTES>,
    /// How long ago that was; `None` where the board has no clock that runs without power.
    pub age: Option<Duration>,
}

/// A place to keep things.
pub trait Store {
    /// The image kept last, if there is one.
    fn load(&self) -> Option<Persist>;

    /// Keeps an image instead of the last one.
    fn save(&mut self, image: &Persist);

    /// What the estimator had learnt when it was kept last, if anything.
    fn load_estimate(&self) -> Option<KeptEstimate>;

    /// Keeps what the estimator has learnt instead of what was kept last.
    fn save_estimate(&mut self, bytes: &[u8]);

    /// Keeps a record; the oldest gives way when there is no room.
    fn append(&mut self, record: &Record);

    /// The oldest record whose sequence number is greater than `sequence`.
    fn record_after(&self, sequence: u32) -> Option<Record>;
}

/// A store in RAM that holds the newest `RECORDS` records.
#[derive(Clone, Debug, Default)]
pub struct RamStore<const RECORDS: usize = 64> {
    image: Option<Persist>,
    estimate: Option<KeptEstimate>,
    records: Deque<Record, RECORDS>,
}

impl<const RECORDS: usize> RamStore<RECORDS> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { image: None, estimate: None, records: Deque::new() }
    }

    /// A store that already holds an image, as after a power loss.
    #[must_use]
    pub const fn holding(image: Persist) -> Self {
        Self { image: Some(image), estimate: None, records: Deque::new() }
    }

    /// The same with what an estimator had learnt.
    #[must_use]
    pub fn with_estimate(self, estimate: Option<KeptEstimate>) -> Self {
        Self { estimate, ..self }
    }
}

impl<const RECORDS: usize> Store for RamStore<RECORDS> {
    fn load(&self) -> Option<Persist> {
        self.image
    }

    fn save(&mut self, image: &Persist) {
        self.image = Some(*image);
    }

    fn load_estimate(&self) -> Option<KeptEstimate> {
        self.estimate.clone()
    }

    fn save_estimate(&mut self, bytes: &[u8]) {
        // More than the largest pack has is no estimate of ours.
        let bytes = Vec::from_slice(bytes).ok();
        self.estimate = bytes.map(|bytes| KeptEstimate { bytes, age: None });
    }

    fn append(&mut self, record: &Record) {
        if self.records.is_full() {
            self.records.pop_front();
        }
        // There is room now; a store for no records at all keeps none.
        let _no_room = self.records.push_back(*record);
    }

    fn record_after(&self, sequence: u32) -> Option<Record> {
        // Asked after every input, and nearly always there is nothing new.
        if self.records.back()?.sequence <= sequence {
            return None;
        }
        self.records.iter().find(|record| record.sequence > sequence).copied()
    }
}
