//! The measuring chip: what it holds, what it does by itself, and how its wires lie to it.

use cellward_core::{ChipAlert, ChipSettings, Wanted};
use cellward_params::record::Switches;
use cellward_units::{Duration, Instant, NoData, Voltage};

/// From the brain's word to the switch having moved. Within the 5 ms that a board may take.
const ACTION: Duration = Duration::from_micros(2_000);

/// From the chip's own decision to the switches having opened; its gate drivers sit beside it.
const OWN_ACTION: Duration = Duration::from_micros(50);

/// Confirmations, one per measurement, after which a wire counts as open.
const WIRE_CONFIRMATIONS: u8 = 2;

/// A fault of the chip itself, for tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChipFault {
    /// It answers nothing and obeys nothing; the switches stay as they are.
    Silent,
    /// Its current channel answers without a value.
    CurrentChannel,
}

/// What the chip does by itself at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// The switches have moved.
    Moved(Switches),
    /// It has seen a short circuit long enough.
    Short,
}

/// The chip with its state.
#[derive(Clone, Debug)]
pub(crate) struct Chip {
    settings: ChipSettings,
    /// Switches that the chip holds open until the brain has asked for open.
    held_open: Switches,
    /// What the switches are.
    actual: Switches,
    moving: Option<(Instant, Switches)>,
    short_until: Option<Instant>,
    over_since: Option<Instant>,
    under_since: Option<Instant>,
    wire_open: bool,
    wire_seen: u8,
    pub(crate) fault: Option<ChipFault>,
}

impl Chip {
    pub(crate) fn new(wanted: &Wanted) -> Self {
        Self {
            settings: wanted.chip,
            held_open: Switches::OPEN,
            actual: Switches::OPEN,
            moving: None,
            short_until: None,
            over_since: None,
            under_since: None,
            wire_open: false,
            wire_seen: 0,
            fault: None,
        }
    }

    /// The board loses its power and gets it back: the switches open and the chip forgets. Its
    /// faults and its wires stay as they are.
    pub(crate) fn restart(&mut self, wanted: &Wanted) {
        let fresh = Self::new(wanted);
        *self = Self { wire_open: self.wire_open, fault: self.fault, ..fresh };
    }

    /// Whether nothing of the chip's own is going on that a jump could miss.
    pub(crate) fn quiet(&self) -> bool {
        self.moving.is_none()
            && self.short_until.is_none()
            && self.over_since.is_none()
            && self.under_since.is_none()
            && self.fault.is_none()
            && (!self.wire_open || self.wire_seen >= WIRE_CONFIRMATIONS)
    }

    /// Takes the brain's wishes over.
    pub(crate) fn obey(&mut self, wanted: &Wanted, now: Instant) {
        if self.fault == Some(ChipFault::Silent) {
            return;
        }
        self.settings = wanted.chip;
        self.held_open.charge &= wanted.switches.charge;
        self.held_open.discharge &= wanted.switches.discharge;
        self.aim(wanted.switches, now + ACTION);
    }

    /// Makes the switches move to `goal`, less what is held open, if they do not already.
    fn aim(&mut self, goal: Switches, at: Instant) {
        let goal = Switches {
            charge: goal.charge && !self.held_open.charge,
            discharge: goal.discharge && !self.held_open.discharge,
        };
        let coming = self.moving.map_or(self.actual, |(_, switches)| switches);
        if goal != coming {
            self.moving = (goal != self.actual).then_some((at, goal));
        }
    }

    /// Watches the current of a new segment, in A; positive charges.
    pub(crate) fn watch(&mut self, amps: f64, now: Instant) {
        let limit = self.settings.short_circuit.to_amps_f64();
        if limit > 0.0 && -amps >= limit {
            let until = now + self.settings.short_circuit_delay;
            self.short_until.get_or_insert(until);
        } else {
            self.short_until = None;
        }
    }

    /// When the chip does something by itself next.
    pub(crate) fn next(&self) -> Option<Instant> {
        let moving = self.moving.map(|(at, _)| at);
        [moving, self.short_until].into_iter().flatten().min()
    }

    /// Does what is due at [`Self::next`].
    pub(crate) fn act(&mut self, now: Instant) -> Option<Act> {
        if self.short_until.is_some_and(|at| at <= now) {
            self.short_until = None;
            self.trip(Switches { charge: true, discharge: true }, now);
            return Some(Act::Short);
        }
        let (_, switches) = self.moving.take_if(|(at, _)| *at <= now)?;
        self.actual = switches;
        Some(Act::Moved(switches))
    }

    /// Opens switches by its own decision and holds them open.
    fn trip(&mut self, which: Switches, now: Instant) {
        self.held_open.charge |= which.charge;
        self.held_open.discharge |= which.discharge;
        let coming = self.moving.map_or(self.actual, |(_, switches)| switches);
        // What was on its way to close must not arrive, and what opens must open sooner.
        self.moving = None;
        self.aim(coming, now + OWN_ACTION);
    }

    /// Compares a measurement of all cells with the steps that the chip holds.
    pub(crate) fn compare(
        &mut self,
        cells: &[Result<Voltage, NoData>],
        now: Instant,
    ) -> [Option<ChipAlert>; 2] {
        let settings = self.settings;
        let (over, under) = self.beyond(cells);
        let waited = |since: &mut Option<Instant>, there: bool| {
            if !there {
                *since = None;
                return false;
            }
            let start = *since.get_or_insert(now);
            now.since(start) >= settings.cell_delay
        };
        let over = waited(&mut self.over_since, over) && !self.held_open.charge;
        let under = waited(&mut self.under_since, under) && !self.held_open.discharge;
        if over || under {
            self.trip(Switches { charge: over, discharge: under }, now);
        }
        [over.then_some(ChipAlert::OverVoltage), under.then_some(ChipAlert::UnderVoltage)]
    }

    /// Whether any cell is beyond the upper and the lower step.
    pub(crate) fn beyond(&self, cells: &[Result<Voltage, NoData>]) -> (bool, bool) {
        let any = |test: fn(&Voltage, &ChipSettings) -> bool| {
            cells.iter().flatten().any(|cell| test(cell, &self.settings))
        };
        (
            any(|cell, settings| *cell >= settings.over_voltage),
            any(|cell, settings| *cell <= settings.under_voltage),
        )
    }

    /// Breaks or mends the sampling wire.
    pub(crate) const fn set_wire(&mut self, open: bool) {
        self.wire_open = open;
        self.wire_seen = 0;
    }

    /// One measurement with the wire as it is: counts the confirmations.
    pub(crate) const fn look_at_wire(&mut self) {
        if self.wire_open {
            self.wire_seen = self.wire_seen.saturating_add(1);
        }
    }

    /// What the broken wire does to the readings of the two cells that share it.
    pub(crate) fn spoil(&self, cells: &mut [Result<Voltage, NoData>]) {
        if !self.wire_open {
            return;
        }
        // The fifth tap; on small packs the highest one that two cells share.
        let upper = 5.min(cells.len() - 1);
        let pair = &mut cells[upper - 1..=upper];
        if self.wire_seen >= WIRE_CONFIRMATIONS {
            pair.fill(Err(NoData::WireOpen));
        } else if let [Ok(low), Ok(high)] = pair {
            // The floating tap is pulled down by the chip's own input current. A *guess*: to
            // three tenths of the lower cell; the sum of both stays.
            let sum = *low + *high;
            *low = Voltage::from_microvolts(low.as_microvolts() / 10 * 3);
            *high = sum - *low;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_params::{Lights, Pattern};
    use cellward_units::Current;

    const CLOSED: Switches = Switches { charge: true, discharge: true };

    fn wish(switches: Switches) -> Wanted {
        Wanted {
            switches,
            bleed: 0,
            chip: ChipSettings {
                over_voltage: Voltage::from_millivolts(3_800),
                under_voltage: Voltage::from_millivolts(2_200),
                cell_delay: Duration::from_secs(1),
                short_circuit: Current::from_amps(1_000),
                short_circuit_delay: Duration::from_micros(150),
            },
            lights: Lights { green: Pattern::DARK, red: Pattern::DARK },
        }
    }

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    fn closed_chip() -> Chip {
        let mut chip = Chip::new(&wish(CLOSED));
        chip.obey(&wish(CLOSED), at(0));
        assert_eq!(chip.act(at(2_000)), Some(Act::Moved(CLOSED)));
        chip
    }

    #[test]
    fn switches_move_two_milliseconds_after_the_word_and_only_once() {
        let mut chip = Chip::new(&wish(CLOSED));
        chip.obey(&wish(CLOSED), at(0));
        chip.obey(&wish(CLOSED), at(1_000));
        assert_eq!(chip.next(), Some(at(2_000)));
        assert_eq!(chip.act(at(1_999)), None);
        assert_eq!(chip.act(at(2_000)), Some(Act::Moved(CLOSED)));
        assert_eq!(chip.next(), None);
    }

    #[test]
    fn a_word_taken_back_before_the_switches_moved_moves_nothing() {
        let mut chip = Chip::new(&wish(CLOSED));
        chip.obey(&wish(CLOSED), at(0));
        chip.obey(&wish(Switches::OPEN), at(1_000));
        assert_eq!(chip.next(), None);
    }

    #[test]
    fn a_short_circuit_opens_after_its_delay_not_before() {
        let mut chip = closed_chip();
        chip.watch(-1_000.0, at(10_000));
        assert_eq!(chip.act(at(10_149)), None);
        assert_eq!(chip.act(at(10_150)), Some(Act::Short));
        assert_eq!(chip.act(at(10_200)), Some(Act::Moved(Switches::OPEN)));
    }

    #[test]
    fn a_current_just_below_the_threshold_or_too_brief_is_no_short_circuit() {
        let mut chip = closed_chip();
        chip.watch(-999.9, at(10_000));
        assert_eq!(chip.next(), None);
        chip.watch(-2_000.0, at(10_000));
        chip.watch(-10.0, at(10_100));
        assert_eq!(chip.next(), None);
    }

    #[test]
    fn a_trip_is_held_until_the_brain_has_asked_for_open() {
        let mut chip = closed_chip();
        chip.watch(-2_000.0, at(10_000));
        chip.act(at(10_150));
        chip.act(at(10_200));
        chip.obey(&wish(CLOSED), at(20_000));
        assert_eq!(chip.next(), None);
        chip.obey(&wish(Switches::OPEN), at(30_000));
        chip.obey(&wish(CLOSED), at(40_000));
        assert_eq!(chip.next(), Some(at(42_000)));
    }

    #[test]
    fn a_cell_beyond_its_step_opens_one_switch_after_the_delay_not_before() {
        let mut chip = closed_chip();
        let high = [Ok(Voltage::from_millivolts(3_800))];
        assert_eq!(chip.compare(&high, at(100_000)), [None, None]);
        assert_eq!(chip.compare(&high, at(1_000_000)), [None, None]);
        assert_eq!(chip.compare(&high, at(1_100_000)), [Some(ChipAlert::OverVoltage), None]);
        let moved = chip.act(at(1_100_050));
        assert_eq!(moved, Some(Act::Moved(Switches { charge: false, discharge: true })));
    }

    #[test]
    fn a_cell_that_dips_back_starts_the_delay_anew() {
        let mut chip = closed_chip();
        let high = [Ok(Voltage::from_millivolts(3_800))];
        let good = [Ok(Voltage::from_microvolts(3_799_999))];
        chip.compare(&high, at(100_000));
        chip.compare(&good, at(1_000_000));
        assert_eq!(chip.compare(&high, at(1_100_000)), [None, None]);
    }

    #[test]
    fn a_floating_tap_reads_low_below_and_high_above_until_it_is_confirmed() {
        let mut chip = closed_chip();
        chip.set_wire(true);
        let mut cells = [Ok(Voltage::from_millivolts(3_300)); 16];
        chip.look_at_wire();
        chip.spoil(&mut cells);
        assert!(cells[4].unwrap() < Voltage::from_millivolts(1_000));
        assert!(cells[5].unwrap() > Voltage::from_millivolts(5_000));
        assert_eq!(cells[3], cells[6]);
        let mut cells = [Ok(Voltage::from_millivolts(3_300)); 16];
        chip.look_at_wire();
        chip.spoil(&mut cells);
        assert_eq!(cells[4], Err(NoData::WireOpen));
        assert_eq!(cells[5], Err(NoData::WireOpen));
        assert!(cells[3].is_ok() && cells[6].is_ok());
    }

    #[test]
    fn the_smallest_pack_has_a_wire_to_break_too() {
        let mut chip = closed_chip();
        chip.set_wire(true);
        chip.look_at_wire();
        chip.look_at_wire();
        let mut cells = [Ok(Voltage::from_millivolts(3_300)); 3];
        chip.spoil(&mut cells);
        assert!(cells[0].is_ok() && cells[1].is_err() && cells[2].is_err());
    }

    #[test]
    fn a_silent_chip_obeys_nothing() {
        let mut chip = closed_chip();
        chip.fault = Some(ChipFault::Silent);
        chip.obey(&wish(Switches::OPEN), at(10_000));
        assert_eq!(chip.next(), None);
    }
}
