//! Locks: what only an installer may take away, and the question that is asked first.
//!
//! A loose tap makes one cell read high and its neighbour low, so a row that locks by what a cell
//! reads first opens and then asks: the chip tests the wires, and the cells must add up to the
//! pack. What fails that is told as an open wire, with the tap, and never locks. Requirements
//! system lock R-201.

use cellward_params::Fault;
use cellward_units::{Duration, Instant};

/// An answer must be there within this time, or it counts as a loose tap. State machine, row 4.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// While a loose tap is known, the wires are tested again this often.
const TEST_AGAIN: Duration = Duration::from_secs(1);
/// A reading must be beyond what is plausible for this long before the wires are tested: three
/// samples. Production table, §1.3.
const IMPLAUSIBLE: Duration = Duration::from_millis(200);

/// A set of faults, by their codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FaultSet(pub(crate) u64);

impl FaultSet {
    const fn bit(fault: Fault) -> u64 {
        1_u64.wrapping_shl(fault.code() as u32)
    }

    pub(crate) const fn contains(self, fault: Fault) -> bool {
        self.0 & Self::bit(fault) != 0
    }

    pub(crate) const fn insert(&mut self, fault: Fault) {
        self.0 |= Self::bit(fault);
    }

    pub(crate) const fn remove(&mut self, fault: Fault) {
        self.0 &= !Self::bit(fault);
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The faults in the set, in the order of the codes; unknown bits of another version are
    /// passed over.
    pub(crate) fn faults(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.iter().copied().filter(move |&fault| self.contains(fault))
    }
}

// Every fault has a bit.
const _: () = {
    let mut rest = Fault::ALL;
    while let [fault, tail @ ..] = rest {
        assert!(fault.code() < 64, "a set of faults holds codes below 64");
        rest = tail;
    }
};

/// What the wires and the sum say, as far as is known now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Evidence {
    /// A tap that the readings show to be loose or swapped.
    pub(crate) bad_tap: Option<u8>,
    /// Whether the cells add up to the pack; `None` while a reading is missing.
    pub(crate) adds_up: Option<bool>,
    /// Whether a cell reads beyond what is plausible.
    pub(crate) implausible: bool,
    /// Whether an inversion may be believed.
    pub(crate) commissioned: bool,
}

/// What a question came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The reading is real: this fault is locked.
    Locked(Fault),
    /// The reading was a loose or swapped tap; the fault is taken back.
    Loose(Fault),
    /// A test of the wires that no fault had asked for found a loose tap.
    FoundLoose,
    /// The wires passed the test that an implausible reading had asked for.
    WiresGood,
}

/// A question that is being asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Question {
    /// The fault that would lock; `None` for an implausible reading alone.
    fault: Option<Fault>,
    since: Instant,
    /// The answer: a bit for every open tap.
    answer: Option<u32>,
}

/// The locks and the running question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks {
    set: FaultSet,
    question: Option<Question>,
    /// Faults that wait for the running question to end.
    waiting: FaultSet,
    /// The tap that was found loose, until the wires are good again.
    loose_tap: Option<u8>,
    tested_again: Option<Instant>,
    implausible_since: Option<Instant>,
    /// Whether the running excursion of a reading has been tested.
    implausible_tested: bool,
}

impl Locks {
    pub(crate) const fn set(&self) -> FaultSet {
        self.set
    }

    /// Locks at once.
    pub(crate) const fn lock(&mut self, fault: Fault) {
        self.set.insert(fault);
    }

    /// Takes back what was kept over a power loss.
    pub(crate) const fn restore(&mut self, set: FaultSet) {
        self.set = set;
    }

    /// An installer unlocks; `false` when it was not locked.
    pub(crate) const fn unlock(&mut self, fault: Fault) -> bool {
        let locked = self.set.contains(fault);
        self.set.remove(fault);
        locked
    }

    /// A level that locks after a question has tripped.
    pub(crate) fn ask(&mut self, fault: Fault, now: Instant) {
        if self.set.contains(fault) {
            return;
        }
        match &self.question {
            // The answer that is on its way serves this fault too.
            Some(Question { fault: Some(_), .. }) => self.waiting.insert(fault),
            _ => self.question = Some(Question { fault: Some(fault), since: now, answer: None }),
        }
    }

    /// Whether the chip shall test the wires.
    pub(crate) fn wants_test(&self, now: Instant) -> bool {
        let asking = self.question.is_some_and(|question| question.answer.is_none());
        let again = self.loose_tap.is_some()
            && self.tested_again.is_none_or(|at| now.since(at) >= TEST_AGAIN);
        asking || again
    }

    /// The tap that is loose.
    pub(crate) const fn loose_tap(&self) -> Option<u8> {
        self.loose_tap
    }

    /// Whether a question is open.
    pub(crate) const fn asking(&self) -> bool {
        self.question.is_some()
    }

    /// The chip has tested the wires.
    pub(crate) fn answered(&mut self, open_taps: u32, evidence: &Evidence, now: Instant) {
        self.tested_again = Some(now);
        if let Some(question) = &mut self.question {
            question.answer = Some(open_taps);
        }
        if self.loose_tap.is_some() {
            let good = open_taps == 0
                && evidence.bad_tap.is_none()
                && !evidence.implausible
                && evidence.adds_up == Some(true);
            self.loose_tap = if good { None } else { first_open(open_taps).or(self.loose_tap) };
        }
    }

    /// Looks at how plausible the readings are; only called when cells were read.
    pub(crate) fn watch_readings(&mut self, evidence: &Evidence, now: Instant) {
        if !evidence.implausible {
            self.implausible_since = None;
            self.implausible_tested = false;
            return;
        }
        let since = *self.implausible_since.get_or_insert(now);
        let due = now.since(since) >= IMPLAUSIBLE && !self.implausible_tested;
        if due && self.question.is_none() && self.loose_tap.is_none() {
            self.implausible_tested = true;
            self.question = Some(Question { fault: None, since: now, answer: None });
        }
    }

    /// Concludes the running question if it can be.
    pub(crate) fn conclude(&mut self, evidence: &Evidence, now: Instant) -> Option<Verdict> {
        let question = self.question?;
        let late = now.since(question.since) >= ANSWER_WITHIN;
        let verdict = match (question.answer, evidence.adds_up) {
            (Some(0), Some(true)) if evidence.bad_tap.is_none() => Some(true),
            (Some(open), _) if open != 0 || evidence.bad_tap.is_some() => Some(false),
            (Some(_), Some(false)) => Some(false),
            // The wires are good but the sum is not known yet, or there is no answer yet.
            _ if late => Some(false),
            _ => None,
        }?;
        self.question = None;
        let Some(fault) = question.fault else {
            if verdict {
                return Some(Verdict::WiresGood);
            }
            self.found_loose(question.answer, evidence, now);
            return Some(Verdict::FoundLoose);
        };
        if let Some(next) = self.waiting.faults().next() {
            self.waiting.remove(next);
            self.question = Some(Question {
                fault: Some(next),
                since: question.since,
                answer: question.answer,
            });
        }
        // Swapped taps read like an inverted cell, so before commissioning none is believed.
        let believed = verdict && (fault != Fault::CellInversion || evidence.commissioned);
        if believed {
            self.set.insert(fault);
            return Some(Verdict::Locked(fault));
        }
        self.found_loose(question.answer, evidence, now);
        Some(Verdict::Loose(fault))
    }

    fn found_loose(&mut self, answer: Option<u32>, evidence: &Evidence, now: Instant) {
        let tap = answer.and_then(first_open).or(evidence.bad_tap);
        self.loose_tap = Some(tap.unwrap_or(0));
        self.tested_again = Some(now);
    }

    /// When time alone brings something about.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let answer = self.question.map(|question| question.since + ANSWER_WITHIN);
        let again = self.loose_tap.and(self.tested_again).map(|at| at + TEST_AGAIN);
        [answer, again].into_iter().flatten().min()
    }
}

/// The lowest open tap.
fn first_open(open_taps: u32) -> Option<u8> {
    if open_taps == 0 { None } else { u8::try_from(open_taps.trailing_zeros()).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Evidence =
        Evidence { bad_tap: None, adds_up: Some(true), implausible: false, commissioned: true };
    const OV: Fault = Fault::ExtremeOverVoltage;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    fn asked(fault: Fault) -> Locks {
        let mut locks = Locks::default();
        locks.ask(fault, at(0));
        locks
    }

    #[test]
    fn good_wires_and_a_good_sum_lock() {
        let mut locks = asked(OV);
        assert!(locks.wants_test(at(0)));
        assert_eq!(locks.conclude(&GOOD, at(100)), None, "no answer yet");
        locks.answered(0, &GOOD, at(100));
        assert!(!locks.wants_test(at(100)));
        assert_eq!(locks.conclude(&GOOD, at(100)), Some(Verdict::Locked(OV)));
        assert!(locks.set().contains(OV));
        assert_eq!(locks.loose_tap(), None);
    }

    //
    #[test]
    fn an_open_tap_never_locks_and_is_named() {
        let mut locks = asked(OV);
        locks.answered(0b10_0000, &GOOD, at(100));
        assert_eq!(locks.conclude(&GOOD, at(100)), Some(Verdict::Loose(OV)));
        assert!(locks.set().is_empty());
        assert_eq!(locks.loose_tap(), Some(5));
    }

    #[test]
    fn a_sum_that_does_not_agree_never_locks() {
        let mut locks = asked(OV);
        locks.answered(0, &GOOD, at(100));
        let apart = Evidence { adds_up: Some(false), ..GOOD };
        assert_eq!(locks.conclude(&apart, at(100)), Some(Verdict::Loose(OV)));
    }

    //
    #[test]
    fn swapped_taps_never_lock_although_every_wire_conducts() {
        let mut locks = asked(Fault::CellInversion);
        let swapped = Evidence { bad_tap: Some(3), ..GOOD };
        locks.answered(0, &swapped, at(100));
        let verdict = locks.conclude(&swapped, at(100));
        assert_eq!(verdict, Some(Verdict::Loose(Fault::CellInversion)));
        assert_eq!(locks.loose_tap(), Some(3));
    }

    #[test]
    fn an_inversion_is_believed_only_once_the_pack_was_commissioned() {
        for (commissioned, locked) in [(true, true), (false, false)] {
            let mut locks = asked(Fault::CellInversion);
            locks.answered(0, &GOOD, at(100));
            let evidence = Evidence { commissioned, ..GOOD };
            locks.conclude(&evidence, at(100));
            assert_eq!(locks.set().contains(Fault::CellInversion), locked);
        }
    }

    #[test]
    fn without_an_answer_for_two_seconds_it_counts_as_loose() {
        let mut locks = asked(OV);
        assert_eq!(locks.deadline(), Some(at(2_000)));
        assert_eq!(locks.conclude(&GOOD, at(1_999)), None);
        assert_eq!(locks.conclude(&GOOD, at(2_000)), Some(Verdict::Loose(OV)));
    }

    #[test]
    fn without_a_sum_it_waits_and_then_counts_as_loose() {
        let mut locks = asked(OV);
        locks.answered(0, &GOOD, at(100));
        let unknown = Evidence { adds_up: None, ..GOOD };
        assert_eq!(locks.conclude(&unknown, at(1_999)), None);
        assert_eq!(locks.conclude(&unknown, at(2_000)), Some(Verdict::Loose(OV)));
    }

    #[test]
    fn two_faults_share_one_answer() {
        let mut locks = asked(OV);
        locks.ask(Fault::DeepUnderVoltage, at(50));
        locks.answered(0, &GOOD, at(100));
        assert_eq!(locks.conclude(&GOOD, at(100)), Some(Verdict::Locked(OV)));
        let second = locks.conclude(&GOOD, at(100));
        assert_eq!(second, Some(Verdict::Locked(Fault::DeepUnderVoltage)));
        assert_eq!(locks.conclude(&GOOD, at(100)), None);
    }

    #[test]
    fn a_loose_tap_is_tested_every_second_and_forgotten_when_everything_is_good() {
        let mut locks = asked(OV);
        locks.answered(2, &GOOD, at(100));
        locks.conclude(&GOOD, at(100));
        assert!(!locks.wants_test(at(1_099)));
        assert!(locks.wants_test(at(1_100)));
        locks.answered(4, &GOOD, at(1_100));
        assert_eq!(locks.loose_tap(), Some(2), "another tap now");
        for bad in [
            Evidence { bad_tap: Some(1), ..GOOD },
            Evidence { adds_up: None, ..GOOD },
            Evidence { adds_up: Some(false), ..GOOD },
            Evidence { implausible: true, ..GOOD },
        ] {
            locks.answered(0, &bad, at(2_200));
            assert_eq!(locks.loose_tap(), Some(2), "{bad:?}");
        }
        locks.answered(0, &GOOD, at(3_300));
        assert_eq!(locks.loose_tap(), None);
    }

    #[test]
    fn an_implausible_reading_is_tested_at_its_third_sample_and_once() {
        let mut locks = Locks::default();
        let odd = Evidence { implausible: true, ..GOOD };
        locks.watch_readings(&odd, at(0));
        locks.watch_readings(&odd, at(199));
        assert!(!locks.wants_test(at(199)));
        locks.watch_readings(&odd, at(200));
        assert!(locks.wants_test(at(200)));
        locks.answered(0, &odd, at(300));
        assert_eq!(locks.conclude(&odd, at(300)), Some(Verdict::WiresGood));
        locks.watch_readings(&odd, at(900));
        assert!(!locks.wants_test(at(900)), "the same excursion");
        locks.watch_readings(&GOOD, at(1_000));
        locks.watch_readings(&odd, at(1_100));
        locks.watch_readings(&odd, at(1_300));
        assert!(locks.wants_test(at(1_300)), "a new one");
    }

    #[test]
    fn an_implausible_reading_of_a_loose_tap_is_told_as_an_open_wire() {
        let mut locks = Locks::default();
        let odd = Evidence { implausible: true, ..GOOD };
        locks.watch_readings(&odd, at(0));
        locks.watch_readings(&odd, at(200));
        locks.answered(8, &odd, at(300));
        assert_eq!(locks.conclude(&odd, at(300)), Some(Verdict::FoundLoose));
        assert_eq!(locks.loose_tap(), Some(3));
    }

    #[test]
    fn only_a_lock_can_be_unlocked() {
        let mut locks = Locks::default();
        assert!(!locks.unlock(OV));
        locks.lock(OV);
        assert!(locks.unlock(OV));
        assert!(locks.set().is_empty());
    }

    #[test]
    fn unknown_bits_of_another_version_are_passed_over() {
        let set = FaultSet(1 << 63 | 1 << Fault::ShortCircuit.code());
        assert_eq!(set.faults().collect::<std::vec::Vec<_>>(), [Fault::ShortCircuit]);
    }
}
