//! Fault words: which bits are which faults.
//!
//! D2 and the first kind of p81 send the eight bytes of the classic 0x98 in four registers (A);
//! which of two bytes stands in the high half of a register is disputed. One captured word makes
//! sense only in the order of the wire, so that is the default (inferred).
//!
//! The second kind of p81, in seven registers, gives levels of 0 to 3 (B: two boards).

use cellward_params::reason::Why;
use cellward_params::{ActiveFault, Fault, FaultList, Level, Snapshot, Switch};
use cellward_wire::a5::Failures;

use crate::a5::failures as classic;

/// Which of two bytes of the classic 0x98 stands in the high half of a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ByteOrder {
    /// The first: bytes on the wire are in the order of 0x98.
    #[default]
    Wire,
    /// The second, as one open client has it.
    Swapped,
}

impl ByteOrder {
    const fn bytes(self, word: u16) -> [u8; 2] {
        match self {
            Self::Wire => word.to_be_bytes(),
            Self::Swapped => word.to_le_bytes(),
        }
    }

    const fn word(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Wire => u16::from_be_bytes(bytes),
            Self::Swapped => u16::from_le_bytes(bytes),
        }
    }
}

/// The faults of four words, and the fault code, 0 for none.
pub(super) fn classic_faults(words: [u16; 4], order: ByteOrder) -> (FaultList, u8) {
    let [[a, b], [c, d], [e, f], [g, code]] = words.map(|word| order.bytes(word));
    let failures = Failures { bits: [a, b, c, d, e, f, g], code };
    (classic::faults(&failures), code)
}

/// The four words that tell these faults, in the order of the wire.
pub(super) fn classic_words(faults: &FaultList, code: u8) -> [u16; 4] {
    let [a, b, c, d, e, f, g] = classic::bits(faults).bits;
    [[a, b], [c, d], [e, f], [g, code]].map(|bytes| ByteOrder::Wire.word(bytes))
}

/// How many words the second kind has.
pub(super) const LEVEL_WORDS: usize = 7;

/// A level of 0 to 3 in three bits.
struct Step {
    word: u8,
    shift: u8,
    fault: Fault,
}

const fn step(word: u8, shift: u8, fault: Fault) -> Step {
    Step { word, shift, fault }
}

/// Levels; bit 8 is the lowest of the high byte. The level of a low state of health (word 3, bit 3)
/// is no fault here.
const STEPS: [Step; 15] = [
    step(0, 0, Fault::CellOverVoltage),
    step(0, 3, Fault::CellUnderVoltage),
    step(0, 8, Fault::CellDifference),
    step(0, 11, Fault::ChargeOverTemperature),
    step(1, 0, Fault::ChargeUnderTemperature),
    step(1, 3, Fault::DischargeOverTemperature),
    step(1, 8, Fault::DischargeUnderTemperature),
    step(1, 11, Fault::TemperatureDifference),
    step(2, 0, Fault::PackOverVoltage),
    step(2, 3, Fault::PackUnderVoltage),
    step(2, 8, Fault::ChargeOverCurrent),
    step(2, 11, Fault::DischargeOverCurrent),
    step(3, 0, Fault::LowSoc),
    step(3, 8, Fault::SwitchOverTemperature),
    step(3, 11, Fault::ThermalRunaway),
];

/// A fault in one bit.
struct Bit {
    word: u8,
    bit: u8,
    fault: Fault,
    level: Level,
    /// The switch that it names: 0 charge, 1 discharge.
    index: Option<u8>,
    /// Whether a board sets it for this fault; of several bits for one fault only one is.
    told: bool,
}

const fn bit(word: u8, bit: u8, fault: Fault, level: Level) -> Bit {
    Bit { word, bit, fault, level, index: None, told: true }
}

const fn of_switch(word: u8, bit: u8, fault: Fault, level: Level, index: u8) -> Bit {
    Bit { word, bit, fault, level, index: Some(index), told: true }
}

const fn also(word: u8, place: u8, fault: Fault, level: Level) -> Bit {
    Bit { told: false, ..bit(word, place, fault, level) }
}

use Level::{Alarm, Protection};

/// Single bits. What is a state and no fault (chargers seen, fan, heater, limiter, upgrade) has no
/// row, nor have faults of things that we do not know.
const BITS: [Bit; 22] = [
    of_switch(1, 6, Fault::SwitchOverTemperature, Protection, 0),
    of_switch(1, 7, Fault::SwitchSensorMissing, Alarm, 0),
    of_switch(1, 14, Fault::SwitchOverTemperature, Protection, 1),
    of_switch(1, 15, Fault::SwitchSensorMissing, Alarm, 1),
    bit(2, 6, Fault::ShortCircuit, Protection),
    bit(3, 7, Fault::Parallel, Protection),
    bit(5, 8, Fault::ChipLost, Protection),
    bit(5, 9, Fault::InternalCommunication, Protection),
    also(5, 10, Fault::ChipLost, Protection),
    also(5, 11, Fault::OpenWire, Protection),
    bit(5, 12, Fault::OpenWire, Protection),
    bit(5, 13, Fault::SumMismatch, Protection),
    bit(5, 14, Fault::CurrentSensor, Protection),
    also(5, 15, Fault::SensorMissing, Protection),
    bit(6, 0, Fault::SensorMissing, Protection),
    bit(6, 1, Fault::Memory, Alarm),
    also(6, 2, Fault::Memory, Alarm),
    bit(6, 3, Fault::Clock, Alarm),
    // "Fault of the switch" may mean that it conducts or that it does not: the worse is read.
    bit(6, 4, Fault::ChargeStuckClosed, Protection),
    bit(6, 5, Fault::DischargeStuckClosed, Protection),
    also(6, 6, Fault::PrechargeFailed, Protection),
    bit(6, 7, Fault::PrechargeFailed, Protection),
];

/// Why a switch is off, where that is no fault, in the last word: by a command, or by the key.
const HAND: [(u16, Switch, Why); 3] = [
    (1 << 8, Switch::Charge, Why::User),
    (1 << 9, Switch::Discharge, Why::User),
    (1 << 11, Switch::Discharge, Why::Key),
];

/// What the last word says besides faults. It is told and not learnt: a reader learns no reasons
/// from it, because those of faults would be missing.
pub(super) fn off_by_hand(snapshot: &Snapshot) -> u16 {
    let mut word = 0;
    for (bit, switch, why) in HAND {
        let reasons = match switch {
            Switch::Charge => &snapshot.charge_switch_reasons,
            Switch::Discharge => &snapshot.discharge_switch_reasons,
        };
        if reasons.as_ref().is_ok_and(|reasons| reasons.iter().any(|one| one.why == why)) {
            word |= bit;
        }
    }
    word
}

/// Faults without a place of their own, and the fault that is told instead: the nearest that makes
/// a reader look. Only used by a board.
const NEAREST: [(Fault, Fault); 12] = [
    (Fault::ExtremeOverVoltage, Fault::CellOverVoltage),
    (Fault::ChargeNotStopped, Fault::CellOverVoltage),
    (Fault::DeepUnderVoltage, Fault::CellUnderVoltage),
    (Fault::CellInversion, Fault::CellUnderVoltage),
    (Fault::InternalShort, Fault::CellDifference),
    (Fault::BoardOverTemperature, Fault::SwitchOverTemperature),
    (Fault::ReversePolarity, Fault::PrechargeFailed),
    (Fault::SelfTest, Fault::ChipLost),
    (Fault::ChipWatchdog, Fault::InternalCommunication),
    (Fault::StaleData, Fault::InternalCommunication),
    (Fault::HostCommunication, Fault::InternalCommunication),
    (Fault::SwitchStuckOpen, Fault::PrechargeFailed),
];
// `HighSoc`, `NotCommissioned`, `NotCalibrated` and `ZeroRefused` have no neighbour and are not
// told.

/// The faults of the second kind, most serious first.
pub(super) fn level_faults(words: [u16; LEVEL_WORDS]) -> FaultList {
    let mut list = FaultList::new();
    let mut push = |fault, level, index| {
        let known = |seen: &ActiveFault| (seen.fault, seen.index) == (fault, index);
        if !list.iter().any(known) {
            // There are fewer rows than the list has room.
            let _ = list.push(ActiveFault { fault, level, index, value: None, limit: None });
        }
    };
    for wanted in [Level::Hard, Protection, Alarm] {
        for step in &STEPS {
            let level = match shifted(words, step.word, step.shift) & 7 {
                0 => continue,
                1 => Alarm,
                2 => Protection,
                // Levels above the third are not defined; they are no less serious.
                _ => Level::Hard,
            };
            if level == wanted {
                push(step.fault, level, None);
            }
        }
        for row in &BITS {
            if row.level == wanted && shifted(words, row.word, row.bit) & 1 == 1 {
                push(row.fault, row.level, row.index);
            }
        }
    }
    list
}

fn shifted(words: [u16; LEVEL_WORDS], word: u8, bit: u8) -> u16 {
    let word = words.get(usize::from(word)).copied().unwrap_or(0);
    word.checked_shr(bit.into()).unwrap_or(0)
}

/// The words that tell these faults.
pub(super) fn level_words(faults: &FaultList) -> [u16; LEVEL_WORDS] {
    let mut words = [0; LEVEL_WORDS];
    for active in faults {
        let nearest = NEAREST.iter().find(|pair| pair.0 == active.fault);
        let fault = nearest.map_or(active.fault, |pair| pair.1);
        for step in STEPS.iter().filter(|step| step.fault == fault) {
            let before = shifted(words, step.word, step.shift) & 7;
            let level = before.max(active.level.code().into());
            set(&mut words, step.word, step.shift, before ^ level);
        }
        // A bit that is read as a protection must not be set for the alarm of a fault that has a
        // protection too.
        let [_, protection, _] = active.fault.row().rows;
        let sets_all = active.level != Alarm || protection == 0;
        for row in BITS.iter().filter(|row| row.fault == fault && row.told) {
            // A switch that is not named is told by the level alone, if there is one.
            let named = row.index.is_none() || row.index == active.index;
            if named && (sets_all || row.level == Alarm) {
                let before = shifted(words, row.word, row.bit) & 1;
                set(&mut words, row.word, row.bit, before ^ 1);
            }
        }
    }
    words
}

/// Flips these bits.
fn set(words: &mut [u16; LEVEL_WORDS], word: u8, shift: u8, flip: u16) {
    if let Some(word) = words.get_mut(usize::from(word)) {
        *word ^= flip.checked_shl(shift.into()).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(fault: Fault, level: Level, index: Option<u8>) -> FaultList {
        let one = ActiveFault { fault, level, index, value: None, limit: None };
        FaultList::from_slice(&[one]).unwrap()
    }

    #[test]
    fn each_level_leads_to_its_fault_and_back() {
        for step in &STEPS {
            for level in [Alarm, Protection, Level::Hard] {
                let mut words = [0; LEVEL_WORDS];
                words[usize::from(step.word)] = u16::from(level.code()) << step.shift;
                let list = level_faults(words);
                assert_eq!(list, active(step.fault, level, None));
                assert_eq!(level_words(&list), words, "{:?}", step.fault);
            }
        }
    }

    #[test]
    fn each_bit_leads_to_its_fault_and_back() {
        for row in &BITS {
            let mut words = [0; LEVEL_WORDS];
            words[usize::from(row.word)] = 1 << row.bit;
            let list = level_faults(words);
            assert_eq!(list, active(row.fault, row.level, row.index));
            if row.told && row.fault != Fault::SwitchOverTemperature {
                assert_eq!(level_words(&list), words, "{:?}", row.fault);
            }
        }
    }

    #[test]
    fn the_captured_words_are_what_their_boards_showed() {
        // State of charge at 11.2 % with its protection at 10.0, recovery 15.0.
        let mut words = [0; LEVEL_WORDS];
        words[3] = 0x0002;
        assert_eq!(level_faults(words), active(Fault::LowSoc, Protection, None));
        // All sensors absent.
        let mut words = [0; LEVEL_WORDS];
        words[5] = 0x8000;
        assert_eq!(level_faults(words), active(Fault::SensorMissing, Protection, None));
    }

    #[test]
    fn every_fault_that_opens_a_switch_is_told() {
        for &fault in Fault::ALL {
            let told = level_words(&active(fault, Protection, Some(0))) != [0; LEVEL_WORDS];
            let untold =
                [Fault::HighSoc, Fault::NotCommissioned, Fault::NotCalibrated, Fault::ZeroRefused];
            assert_eq!(told, !untold.contains(&fault), "{fault:?}");
        }
    }

    #[test]
    fn the_higher_of_two_levels_is_told_and_read() {
        let mut list = active(Fault::CellOverVoltage, Alarm, None);
        list.push(active(Fault::ExtremeOverVoltage, Protection, None)[0]).unwrap();
        let words = level_words(&list);
        assert_eq!(words[0], 2);
        assert_eq!(level_faults(words), active(Fault::CellOverVoltage, Protection, None));
    }

    #[test]
    fn the_order_of_the_bytes_can_be_turned() {
        let (wire, _) = classic_faults([0, 0, 0x0080, 0], ByteOrder::Wire);
        assert_eq!(wire[0].fault, Fault::InternalCommunication);
        let (swapped, _) = classic_faults([0, 0, 0x0080, 0], ByteOrder::Swapped);
        assert_eq!(swapped[0].fault, Fault::SwitchStuckOpen);
        assert_eq!(classic_words(&wire, 0), [0, 0, 0x0080, 0]);
    }
}
