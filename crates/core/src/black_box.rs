//! The last 6.4 s before something happened: 64 samples at 10 Hz, frozen when a protection acts.
//!
//! Owns a running ring and one frozen copy, both in the nine-byte samples of the durable record
//! (record format, §4), so that saving the copy is writing it out. Refuses to know what froze it:
//! that is the history record whose sequence number the copy carries.

use cellward_units::{Current, Instant, NoData, Voltage};

/// Samples in the ring: 6.4 s at 10 Hz.
pub(crate) const SAMPLES: usize = 64;
/// Bytes of a packed sample.
const BYTES: usize = 9;

/// A signed 16-bit field of something that is not fitted. Record format, §2.
const ABSENT_16: i16 = 0x7FFF;
/// The same of something fitted whose reading is invalid or stale.
const FAILED_16: i16 = 0x7FFE;
/// The largest value of such a field.
const MOST_16: i16 = FAILED_16 - 1;
/// The same pair for the 24-bit current, made the same way.
const ABSENT_24: i32 = 0x007F_FFFF;
/// See [`ABSENT_24`].
const FAILED_24: i32 = 0x007F_FFFE;

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
        let current = match self.current {
            Ok(current) => rounded(current.as_milliamps(), 10),
            Err(reason) => missing(reason, ABSENT_24, FAILED_24),
        };
        let [c0, c1, c2, _] = current.to_le_bytes();
        let [l0, l1] = millivolts(self.lowest, 1).to_le_bytes();
        let [h0, h1] = millivolts(self.highest, 1).to_le_bytes();
        let [p0, p1] = millivolts(self.port, 10).to_le_bytes();
        [c0, c1, c2, l0, l1, h0, h1, p0, p1]
    }

    /// The sample that nine bytes of the record format stand for. Any bytes are a sample.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 9]) -> Self {
        let [c0, c1, c2, l0, l1, h0, h1, p0, p1] = bytes;
        // The three bytes go to the top, so that the shift down brings the sign along.
        let current = match i32::from_le_bytes([0, c0, c1, c2]) >> 8 {
            ABSENT_24 => Err(NoData::NotFitted),
            FAILED_24 => Err(NoData::NoAnswer),
            steps => Ok(Current::from_milliamps(steps.saturating_mul(10))),
        };
        Self {
            current,
            lowest: voltage([l0, l1], 1),
            highest: voltage([h0, h1], 1),
            port: voltage([p0, p1], 10),
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

/// `value / step`, rounded half away from zero. Only called with small positive steps.
fn rounded(value: i32, step: i32) -> i32 {
    let half = step / 2;
    let nudged = if value < 0 { value.saturating_sub(half) } else { value.saturating_add(half) };
    nudged.checked_div(step).unwrap_or(0)
}

/// Which of the two words for "missing" a reason is.
const fn missing<T: Copy>(reason: NoData, absent: T, failed: T) -> T {
    match reason {
        NoData::NotFitted | NoData::NotCarried => absent,
        _ => failed,
    }
}

/// A voltage as a 16-bit field in steps of `step` millivolts.
fn millivolts(reading: Result<Voltage, NoData>, step: i32) -> i16 {
    match reading {
        Ok(voltage) => {
            let steps = rounded(voltage.as_millivolts(), step);
            // Stops short of the words for "missing", and as far on the other side.
            i16::try_from(steps)
                .unwrap_or(if steps < 0 { -MOST_16 } else { MOST_16 })
                .clamp(-MOST_16, MOST_16)
        }
        Err(reason) => missing(reason, ABSENT_16, FAILED_16),
    }
}

/// The way back from [`millivolts`].
fn voltage(bytes: [u8; 2], step: i32) -> Result<Voltage, NoData> {
    match i16::from_le_bytes(bytes) {
        ABSENT_16 => Err(NoData::NotFitted),
        FAILED_16 => Err(NoData::NoAnswer),
        steps => Ok(Voltage::from_millivolts(i32::from(steps).saturating_mul(step))),
    }
}

#[cfg(test)]
mod tests;
