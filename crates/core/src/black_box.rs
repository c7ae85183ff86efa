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
mod tests {
    use super::*;
    use std::vec::Vec;

    fn sample(milliamps: i32) -> Sample {
        Sample {
            current: Ok(Current::from_milliamps(milliamps)),
            lowest: Ok(Voltage::from_millivolts(3_201)),
            highest: Ok(Voltage::from_millivolts(3_302)),
            port: Ok(Voltage::from_millivolts(-120)),
        }
    }

    fn stored(sample: Sample) -> Sample {
        Sample::from_bytes(sample.to_bytes())
    }

    /// Currents of the frozen samples, in steps of 10 mA.
    fn currents(kept: &BlackBox) -> Vec<i32> {
        let frozen = kept.frozen().unwrap();
        frozen.samples().map(|sample| sample.current.unwrap().as_milliamps() / 10).collect()
    }

    fn filled(count: i32) -> BlackBox {
        let mut kept = BlackBox::new();
        for i in 0..count {
            kept.push(sample(i * 10));
        }
        kept
    }

    #[test]
    fn the_bytes_are_those_of_the_record_format() {
        // -1.23 A is -123 steps, 3201 mV is 0x0C81, 3302 mV is 0x0CE6, -120 mV is -12 steps.
        let bytes = sample(-1_230).to_bytes();
        assert_eq!(bytes, [0x85, 0xFF, 0xFF, 0x81, 0x0C, 0xE6, 0x0C, 0xF4, 0xFF]);
    }

    #[test]
    fn a_sample_comes_back_as_it_went_in() {
        for milliamps in [0, 10, -10, 327_680, -327_690, 21_474_830, -21_474_830] {
            assert_eq!(stored(sample(milliamps)), sample(milliamps));
        }
    }

    #[test]
    fn values_are_rounded_to_their_steps() {
        let current = |milliamps| stored(sample(milliamps)).current.unwrap().as_milliamps();
        assert_eq!([14, 15, -14, -15].map(current), [10, 20, -10, -20]);
        let port = |millivolts| {
            let sample = Sample { port: Ok(Voltage::from_millivolts(millivolts)), ..sample(0) };
            stored(sample).port.unwrap().as_millivolts()
        };
        assert_eq!([14, 15, -14, -15].map(port), [10, 20, -10, -20]);
    }

    #[test]
    fn voltages_beyond_the_range_stop_short_of_the_words_for_missing() {
        let cell = |millivolts| {
            let cell = Ok(Voltage::from_millivolts(millivolts));
            stored(Sample { lowest: cell, highest: cell, ..sample(0) }).highest
        };
        assert_eq!(cell(32_765), Ok(Voltage::from_millivolts(32_765)));
        assert_eq!(cell(32_766), Ok(Voltage::from_millivolts(32_765)));
        assert_eq!(cell(40_000), Ok(Voltage::from_millivolts(32_765)));
        assert_eq!(cell(-40_000), Ok(Voltage::from_millivolts(-32_765)));
    }

    #[test]
    fn absent_and_failed_stay_distinct_from_zero_and_from_each_other() {
        let all = |reason| Sample {
            current: Err(reason),
            lowest: Err(reason),
            highest: Err(reason),
            port: Err(reason),
        };
        for reason in [NoData::NotFitted, NoData::NotCarried] {
            let bytes = all(reason).to_bytes();
            assert_eq!(bytes, [0xFF, 0xFF, 0x7F, 0xFF, 0x7F, 0xFF, 0x7F, 0xFF, 0x7F]);
            assert_eq!(Sample::from_bytes(bytes), all(NoData::NotFitted));
        }
        for reason in [NoData::NotYet, NoData::Stale, NoData::WireOpen, NoData::ChipError] {
            let bytes = all(reason).to_bytes();
            assert_eq!(bytes, [0xFE, 0xFF, 0x7F, 0xFE, 0x7F, 0xFE, 0x7F, 0xFE, 0x7F]);
            assert_eq!(Sample::from_bytes(bytes), all(NoData::NoAnswer));
        }
    }

    #[test]
    fn nothing_is_frozen_until_something_happens() {
        assert!(filled(70).frozen().is_none());
    }

    #[test]
    fn a_young_ring_freezes_the_few_samples_it_has() {
        let mut kept = filled(3);
        kept.freeze(7, Instant::from_micros(9));
        assert_eq!(currents(&kept), [0, 1, 2]);
        let frozen = kept.frozen().unwrap();
        assert_eq!((frozen.sequence(), frozen.at()), (7, Instant::from_micros(9)));
    }

    #[test]
    fn the_frozen_samples_are_the_last_sixty_four_oldest_first() {
        for count in [63, 64, 65, 127, 128, 129, 200] {
            let mut kept = filled(count);
            kept.freeze(1, Instant::START);
            let expected: Vec<i32> = (0.max(count - 64)..count).collect();
            assert_eq!(currents(&kept), expected, "{count} samples");
        }
    }

    #[test]
    fn the_ring_runs_on_behind_what_is_frozen() {
        let mut kept = filled(64);
        kept.freeze(1, Instant::START);
        kept.push(sample(9_990));
        assert_eq!(currents(&kept).last(), Some(&63));
        kept.freeze(2, Instant::from_micros(5));
        assert_eq!(currents(&kept).last(), Some(&999));
        assert_eq!(currents(&kept).first(), Some(&1));
        let frozen = kept.frozen().unwrap();
        assert_eq!((frozen.sequence(), frozen.at()), (2, Instant::from_micros(5)));
    }

    #[test]
    fn both_rings_together_stay_small() {
        assert!(size_of::<BlackBox>() <= 1_300);
    }
}
