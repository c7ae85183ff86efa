//! What a string holds, by total least squares over swings between anchors.
//!
//! A charge that was counted from one end to the other is the capacity times the share between them.
//! Both have errors: the ends are known to a few points, the count to its gain and offset. Least squares
//! that blame the count alone would come out too small; these blame each by its own sigma.

use heapless::Vec;

use crate::elementary::sqrt;

/// Swings that are remembered: the newest, as cells age.
const KEPT: usize = 4;
/// Between two ends there must be this share, or they say too little of the whole. State machine, §9.
const LEAST: f32 = 0.6;
/// Error of the gain of the current channel, one sigma. Source: 3 % at most are allowed to it by the manual,
/// and a calibrated one keeps within a fifth of that.
const GAIN: f32 = 0.01;
/// Rounds until the blame is shared out. It converges by a factor of the errors' squares each time.
const ROUNDS: u8 = 4;

/// A swing: a share of the charge with its sigma, and what was counted with its own, in Ah.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Swing {
    share: f32,
    share_sigma: f32,
    ah: f32,
    ah_sigma: f32,
}

/// Counts from anchor to anchor.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Swings {
    /// The last anchor: charge of the string with its sigma.
    last: Option<(f32, f32)>,
    /// Counted since, in Ah, with one sigma, and how many hours of it hold the channel's offset yet.
    ah: f32,
    blur: f32,
    hours: f32,
    kept: Vec<Swing, KEPT>,
    /// Whether there was one, now or before a restart.
    counted: bool,
}

impl Swings {
    pub(super) const fn new() -> Self {
        Self { last: None, ah: 0.0, blur: 0.0, hours: 0.0, kept: Vec::new(), counted: false }
    }

    /// So many A, positive charges, flowed for so long; `None` where that is not known, which ends a
    /// swing.
    pub(super) fn count(&mut self, amps: Option<f32>, seconds: f32) {
        match amps {
            Some(amps) if self.last.is_some() => {
                let hours = seconds / 3_600.0;
                self.ah += amps * hours;
                self.hours += hours;
            }
            Some(_) => {}
            None => self.forget(),
        }
    }

    /// What was counted since the last anchor in Ah, and how many hours of it hold the channel's offset yet.
    #[cfg(test)]
    pub(super) const fn so_far(&self) -> (f32, f32) {
        (self.ah, self.hours)
    }

    /// Whether there was a swing.
    pub(super) const fn counted(&self) -> bool {
        self.counted
    }

    /// There was one before a restart, or none.
    pub(super) const fn remember(&mut self, counted: bool) {
        self.counted = counted;
    }

    /// Where the swing began is no longer known.
    pub(super) const fn forget(&mut self) {
        self.last = None;
    }

    /// Takes the channel's offset in A, with one sigma, out of what was counted: from now on it is another
    /// one.
    pub(super) fn settle(&mut self, (offset, sigma): (f32, f32)) {
        self.ah -= offset * self.hours;
        self.blur += sigma * self.hours;
        self.hours = 0.0;
    }

    /// The string stands at a charge, to one sigma; the channel has this offset in A, to one sigma. Gives
    /// what the string holds, in Ah, and one sigma of it, if that was a swing.
    pub(super) fn anchor(
        &mut self,
        (charge, sigma): (f32, f32),
        offset: (f32, f32),
    ) -> Option<(f32, f32)> {
        let last = self.last.replace((charge, sigma));
        self.settle(offset);
        let (ah, drift) = (self.ah, self.blur);
        (self.ah, self.blur) = (0.0, 0.0);
        let (before, before_sigma) = last?;
        let (share, gain) = (charge - before, GAIN * ah);
        if share.abs() < LEAST || share * ah < f32::MIN_POSITIVE {
            return None;
        }
        if self.kept.is_full() {
            self.kept.remove(0);
        }
        let swing = Swing {
            share: share.abs(),
            share_sigma: sqrt(sigma * sigma + before_sigma * before_sigma),
            ah: ah.abs(),
            ah_sigma: sqrt(gain * gain + drift * drift).max(1e-6),
        };
        // It is not full.
        let _room = self.kept.push(swing);
        self.counted = true;
        Some(self.holds())
    }

    /// Capacity in Ah and one sigma, of one swing at least.
    fn holds(&self) -> (f32, f32) {
        let (mut ah, mut share) = (0.0, 0.0);
        for swing in &self.kept {
            ah += swing.ah;
            share += swing.share;
        }
        let mut holds = ah / share;
        let mut information = 1.0;
        for _ in 0..ROUNDS {
            let (mut above, mut below) = (0.0, 0.0);
            information = 0.0;
            for swing in &self.kept {
                let blurred = holds * swing.share_sigma;
                let variance = swing.ah_sigma * swing.ah_sigma + blurred * blurred;
                let missed = swing.ah - holds * swing.share;
                // What the share was, as far as its own sigma takes the blame.
                let true_share =
                    swing.share + holds * swing.share_sigma * swing.share_sigma * missed / variance;
                above += swing.ah * true_share / variance;
                below += swing.share * true_share / variance;
                information += true_share * true_share / variance;
            }
            holds = above / below;
        }
        (holds, 1.0 / sqrt(information))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: (f32, f32) = (1.0, 0.02);
    const EMPTY: (f32, f32) = (0.0, 0.02);
    const NO_OFFSET: (f32, f32) = (0.0, 0.0);

    /// Counts so many Ah in ten hours.
    fn flow(swings: &mut Swings, ah: f32) {
        for _ in 0..36_000 {
            swings.count(Some(ah / 10.0), 1.0);
        }
    }

    fn near(found: f32, wanted: f32, within: f32) {
        assert!((found - wanted).abs() <= within, "{found}, not {wanted}");
    }

    #[test]
    fn a_swing_from_full_to_empty_is_the_capacity_to_its_errors() {
        let mut swings = Swings::new();
        assert_eq!(swings.anchor(FULL, NO_OFFSET), None);
        flow(&mut swings, -200.0);
        let (holds, sigma) = swings.anchor(EMPTY, NO_OFFSET).unwrap();
        near(holds, 200.0, 0.1);
        // Two ends of 2 % and a gain of 1 %: 3 %.
        near(sigma, 6.0, 0.1);
    }

    #[test]
    fn an_offset_of_the_channel_is_taken_off_and_its_doubt_widens() {
        let mut swings = Swings::new();
        swings.anchor(EMPTY, NO_OFFSET);
        flow(&mut swings, 205.0);
        let (holds, sigma) = swings.anchor(FULL, (0.5, 1.0)).unwrap();
        near(holds, 200.0, 0.1);
        // 1 A for ten hours beside the 3 %.
        near(sigma, 11.7, 0.1);
    }

    #[test]
    fn several_swings_say_more_than_one_and_old_ones_are_forgotten() {
        let mut swings = Swings::new();
        swings.anchor(FULL, NO_OFFSET);
        let mut last = (0.0, 0.0);
        for (number, ah) in [-190.0, 210.0, -190.0, 210.0].into_iter().enumerate() {
            flow(&mut swings, ah);
            let end = if number % 2 == 0 { EMPTY } else { FULL };
            last = swings.anchor(end, NO_OFFSET).unwrap();
        }
        near(last.0, 200.0, 1.0);
        near(last.1, 3.0, 0.1);
        for end in [EMPTY, FULL, EMPTY, FULL] {
            flow(&mut swings, if end == EMPTY { -100.0 } else { 100.0 });
            last = swings.anchor(end, NO_OFFSET).unwrap();
        }
        near(last.0, 100.0, 0.1);
    }

    #[test]
    fn less_than_three_fifths_a_gap_or_the_wrong_way_is_no_swing() {
        for (end, ah, is_swing) in [
            ((0.401, 0.02), -120.0, false),
            ((0.399, 0.02), -120.0, true),
            (EMPTY, 200.0, false),
            (FULL, -1.0, false),
        ] {
            let mut swings = Swings::new();
            swings.anchor(FULL, NO_OFFSET);
            flow(&mut swings, ah);
            assert_eq!(swings.anchor(end, NO_OFFSET).is_some(), is_swing, "{end:?}");
        }
        let mut swings = Swings::new();
        swings.anchor(FULL, NO_OFFSET);
        flow(&mut swings, -100.0);
        swings.count(None, 1.0);
        flow(&mut swings, -100.0);
        assert_eq!(swings.anchor(EMPTY, NO_OFFSET), None);
    }
}
