//! The last 6.4 s before something happened: 64 samples at 10 Hz, frozen when a protection acts.
//!
//! Owns a running ring and one frozen copy, both in the nine-byte samples of the durable record
//! (record format, §4), so that saving the copy is writing it out. Refuses to know what froze it:
//! that is the history record whose sequence number the copy carries.

use cellward_params::record::field::{BoxCurrentField, CellField, PortField};
use cellward_units::{Current, Instant, NoData, Voltage};

/// Samples in the ring: 6.4 s at 10 Hz.
pub(crate) const SAMPLES: usize = 64;
/// Bytes of a packed sample.
const BYTES: usize = 9;

/// One sample of the black box.
///
/// A sample that comes back out of the box carries its values rounded to the stored steps. Why a
/// value is missing is kept in two kinds only: [`NoData::NotFitted`], which stands for a part that
/// is not there, and [`NoData::NoAnswer`] for every reading that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Pack current, positive charges. Kept in steps of 10 mA; the three bytes hold
    /// more than a [`Current`] does.
    pub current: Result<Current, NoData>,
    /// The lowest cell, across its taps. Kept in millivolts, saturating beyond ±32.7 V.
    pub lowest: Result<Voltage, NoData>,
    /// The highest cell, kept as the lowest.
    pub highest: Result<Voltage, NoData>,
    /// P- against B-: positive while a load pulls P- up, negative while a charger pulls it down.
    /// Kept in steps of 10 mV, saturating beyond ±327 V.
    pub port: Result<Voltage, NoData>,
}

impl Sample {
    /// The nine bytes of the record format, little endian: current (three), lowest cell (two),
    /// highest cell (two), P- against B- (two).
    #[must_use]
    pub fn to_bytes(self) -> [u8; 9] {
        let [c0, c1, c2, _] = BoxCurrentField::of(self.current).to_bits().to_le_bytes();
        let [l0, l1] = CellField::of(self.lowest).to_bits().to_le_bytes();
        let [h0, h1] = CellField::of(self.highest).to_bits().to_le_bytes();
        let [p0, p1] = PortField::of(self.port).to_bits().to_le_bytes();
        [c0, c1, c2, l0, l1, h0, h1, p0, p1]
    }

    /// The sample that nine bytes of the record format stand for. Any bytes are a sample.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 9]) -> Self {
        let [c0, c1, c2, l0, l1, h0, h1, p0, p1] = bytes;
        // The three bytes go to the top, so that the shift down brings the sign along.
        let current = BoxCurrentField::from_bits(i32::from_le_bytes([0, c0, c1, c2]) >> 8);
        Self {
            current: current.get(),
            lowest: CellField::from_bits(i16::from_le_bytes([l0, l1])).get(),
            highest: CellField::from_bits(i16::from_le_bytes([h0, h1])).get(),
            port: PortField::from_bits(i16::from_le_bytes([p0, p1])).get(),
        }
    }
}

/// The ring and its frozen copy.
#[derive(Clone, Debug)]
pub(crate) struct BlackBox {
    ring: [[u8; BYTES]; SAMPLES],
    /// Where the next sample goes; the oldest one lies there once the ring is full.
    next: u8,
    count: u8,
    frozen: Option<Frozen>,
}

/// What the black box held when something happened.
#[derive(Clone, Debug)]
pub struct Frozen {
    samples: [[u8; BYTES]; SAMPLES],
    count: u8,
    sequence: u32,
    at: Instant,
}

impl Frozen {
    /// Sequence number of the history record that froze it.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// When it was frozen: the moment of its newest sample or up to one sample later.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// The samples, oldest first, 100 ms apart; up to 64, fewer soon after a start.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.samples.iter().take(usize::from(self.count)).copied().map(Sample::from_bytes)
    }
}

impl BlackBox {
    pub(crate) const fn new() -> Self {
        Self { ring: [[0; BYTES]; SAMPLES], next: 0, count: 0, frozen: None }
    }

    /// Takes the sample of this tenth of a second.
    pub(crate) fn push(&mut self, sample: Sample) {
        let next = usize::from(self.next);
        if let Some(slot) = self.ring.get_mut(next) {
            *slot = sample.to_bytes();
        }
        self.next = if next.saturating_add(1) == SAMPLES { 0 } else { self.next.saturating_add(1) };
        if usize::from(self.count) < SAMPLES {
            self.count = self.count.saturating_add(1);
        }
    }

    /// Keeps what the ring holds, in place of what was kept before. The ring runs on.
    pub(crate) fn freeze(&mut self, sequence: u32, now: Instant) {
        let frozen = self.frozen.get_or_insert(Frozen {
            samples: [[0; BYTES]; SAMPLES],
            count: 0,
            sequence,
            at: now,
        });
        frozen.sequence = sequence;
        frozen.at = now;
        frozen.count = self.count;
        // A ring that is not full yet begins at its first place.
        let oldest = if usize::from(self.count) == SAMPLES { usize::from(self.next) } else { 0 };
        let in_order = self.ring.iter().cycle().skip(oldest);
        for (kept, sample) in frozen.samples.iter_mut().zip(in_order) {
            *kept = *sample;
        }
    }

    /// What was frozen last; `None` until something was.
    pub(crate) const fn frozen(&self) -> Option<&Frozen> {
        self.frozen.as_ref()
    }
}

#[cfg(test)]
mod tests;
