//! Comparing what is fresh with every line that watches it.

use cellward_params::Fault;
use cellward_params::fault::{Flag, Quantity, Release, Watch};
use cellward_units::Instant;

use super::level::{Standing, State, Thresholds};
use super::lines::{fault_row, inner_steps, row, waiter, watchers};
use super::view::View;
use super::{Protect, Seen};
use crate::measure::Measure;

impl Protect {
    /// Compares the latest value of a quantity with every line that watches it.
    pub(super) fn look_at(&mut self, quantity: Quantity, view: &View<'_>, now: Instant) {
        let watching = watchers(quantity);
        let quiet = self.quiet.get(quantity as usize);
        // A reading of a loose tap says nothing about a cell.
        let value = if self.locks.loose_tap().is_some() && of_a_cell(quantity) {
            None
        } else {
            view.measure.quantity(quantity)
        };
        let calm = match (value, quiet) {
            (Some(value), Some(quiet)) => value > quiet.below && value < quiet.above,
            (None, _) => true,
            (Some(_), None) => false,
        };
        // The way nearly every comparison goes.
        if calm && watching.and(self.busy).is_empty() {
            return;
        }
        let loose = self.locks.loose_tap().is_some() && of_a_cell(quantity);
        // An extreme of only some of the readings may be beyond, but says nothing good: the
        // missing one may be the bad one.
        let whole = view.measure.is_whole(quantity);
        for place in watching.places() {
            self.compare(place, value, whole, view.measure, now);
            if loose && matches!(self.states.get(place), Some(State::Pending { .. })) {
                // What started the delay was the loose tap, not a cell.
                self.put(place, State::Clear);
                self.busy.set(place, false);
            }
        }
    }

    /// Compares one line with the value of its quantity.
    pub(super) fn compare(
        &mut self,
        place: usize,
        value: Option<i32>,
        whole: bool,
        measure: &Measure,
        now: Instant,
    ) {
        let (Some(line), Some(state)) = (self.lines.get(place), self.states.get_mut(place)) else {
            return;
        };
        let shallow = self.families.discharged_enough()
            && fault_row(place).release(self.profile) == Release::OverVoltage;
        let thresholds = if shallow {
            Thresholds { recover: line.shallow, ..line.thresholds }
        } else {
            line.thresholds
        };
        let standing = thresholds.standing(value);
        let proven = whole || standing == Standing::Beyond;
        let starts = matches!(state, State::Clear) && standing == Standing::Beyond;
        state.compare(if proven { standing } else { Standing::Unknown }, now);
        if starts {
            self.note(place, value, measure);
        }
        if self.floats(place, measure) {
            // What started the delay was the floating wire, not the cell.
            self.put(place, State::Clear);
        }
        let busy = self.states.get(place).is_some_and(|state| *state != State::Clear);
        self.busy.set(place, busy);
    }

    /// Whether a pending line was started by a cell whose wire is now known to be open.
    pub(super) fn floats(&self, place: usize, measure: &Measure) -> bool {
        let pending = matches!(self.states.get(place), Some(State::Pending { .. }));
        if !pending {
            return false;
        }
        let tap = self.locks.loose_tap();
        match row(place).watch {
            // What a test of the wires has found says of which cells nothing is known: of none.
            Watch::High(quantity) | Watch::Low(quantity)
                if tap.is_some() && of_a_cell(quantity) =>
            {
                true
            }
            Watch::High(Quantity::CellDifference) => measure.place_of(Flag::OpenWire).is_some(),
            Watch::High(Quantity::HighestCell) | Watch::Low(Quantity::LowestCell) => {
                let cell = self.seen.get(place).and_then(|seen| seen.index);
                cell.is_some_and(|cell| measure.on_open_wire(cell))
            }
            _ => false,
        }
    }

    /// Compares every flag that stands, or is not known, or whose line is busy.
    pub(super) fn look_at_flags(&mut self, view: &View<'_>, now: Instant) {
        let mut flags = view.flags;
        let tap = self.locks.loose_tap();
        flags.put(Flag::OpenWire, tap.is_some());
        let mut bits = flags.not_clear();
        while bits != 0 {
            let bit = bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
            if let Some(place) = waiter(bit) {
                self.compare_flag(place, flags.at(bit), view.measure, now);
            }
        }
        for place in self.busy.places() {
            if let Watch::While(flag) = row(place).watch
                && flags.get(flag) == Some(false)
            {
                self.compare_flag(place, Some(false), view.measure, now);
            }
        }
    }

    pub(super) fn compare_flag(
        &mut self,
        place: usize,
        stands: Option<bool>,
        measure: &Measure,
        now: Instant,
    ) {
        let Some(state) = self.states.get_mut(place) else {
            return;
        };
        let starts = matches!(state, State::Clear) && stands == Some(true);
        state.compare(
            match stands {
                Some(true) => Standing::Beyond,
                Some(false) => Standing::Recovered,
                None => Standing::Unknown,
            },
            now,
        );
        if let (true, Fault::ChipLost) = (starts, row(place).fault) {
            // Silence is only noticed once readings are late, but it began with the last of them.
            *state = State::Pending { since: measure.silent_since(now) };
        }
        let busy = *state != State::Clear;
        if starts {
            self.note(place, None, measure);
        }
        self.busy.set(place, busy);
    }

    /// Remembers the value and the place that a line sees now.
    pub(super) fn note(&mut self, place: usize, value: Option<i32>, measure: &Measure) {
        let row = row(place);
        let index = match row.watch {
            Watch::High(quantity) | Watch::Low(quantity) => measure.source_of(quantity),
            Watch::While(flag) => self
                .locks
                .loose_tap()
                .filter(|_| row.fault == Fault::OpenWire)
                .or_else(|| measure.place_of(flag)),
            Watch::Alert => None,
        };
        let raw = value.and_then(|value| value.checked_div(inner_steps(row.base)));
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = Seen { value: raw, index };
        }
    }

    /// Whether every comparison would come out the same for `other` as for `measure`.
    pub(crate) fn same_standings(&self, measure: &Measure, other: &Measure) -> bool {
        Quantity::ALL.iter().all(|&quantity| {
            let (one, two) = (measure.quantity(quantity), other.quantity(quantity));
            let whole = measure.is_whole(quantity) == other.is_whole(quantity);
            whole
                && watchers(quantity).places().all(|place| {
                    self.lines.get(place).is_none_or(|line| {
                        let shallow = Thresholds { recover: line.shallow, ..line.thresholds };
                        line.thresholds.standing(one) == line.thresholds.standing(two)
                            && shallow.standing(one) == shallow.standing(two)
                    })
                })
        })
    }
}

/// Whether a quantity is made of single cells, and so of single taps.
pub(super) const fn of_a_cell(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::HighestCell | Quantity::LowestCell | Quantity::CellDifference)
}
