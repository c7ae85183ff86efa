//! The sampling harness: which tap of the stack each input of the chip really sees.
//!
//! Tap 0 is B-, tap k lies above cell k, counted from 1; the input of the same number belongs to
//! it. Everything here works on true voltages, before the errors of the channels.

use cellward_params::MAX_CELLS;
use cellward_units::{Instant, NoData, Voltage};

use crate::cells::PerCell;

/// Inputs of the chip: one more than cells.
pub(crate) const TAPS: usize = MAX_CELLS + 1;

/// Measurements after which the chip by itself calls a broken wire open.
const CONFIRMATIONS: u8 = 2;

/// Where an input without a wire settles, of the cell below it. A *guess*: the chip's own input
/// current pulls one way or the other. The sum of both cells stays.
const LOW: f64 = 0.3;
/// See [`LOW`].
const HIGH: f64 = 1.7;

/// Which way an input without a wire floats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Float {
    /// The cell below the tap (the first cell, for tap 0) reads three tenths of its voltage, the
    /// cell above it the rest.
    Low,
    /// The cell below the tap (the first cell, for tap 0) reads 1.7 of its voltage, the cell
    /// above it the rest.
    High,
}

/// How a wire of the harness is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Wire {
    /// It conducts.
    #[default]
    Whole,
    /// It is broken, and the chip's routine finds it after two measurements: both cells that
    /// share it then have no value.
    Broken(Float),
    /// It has no contact, and only the open-wire test finds it; until then the cells read wrong.
    Loose(Float),
    /// It has no contact until this time since the start, as while a plug goes in. Until then
    /// the cell below it reads 0 V.
    From(Instant),
}

/// In which order the wires sit in the plug.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// As it must be.
    #[default]
    Right,
    /// This tap and the one above it are exchanged: one cell reads its negative voltage, its
    /// neighbours read two cells each.
    Swapped(u8),
    /// From top to bottom: every cell reads its negative voltage.
    Reversed,
    /// The wires from `tap` up sit one tap too high, until the tap `again` is used twice: one
    /// cell reads two, those between read the next one, and one reads nothing.
    Skipped {
        /// The first tap that is off its place, not the last one of all.
        tap: u8,
        /// The tap that is used twice, above `tap`.
        again: u8,
    },
    /// The plug sits one pin off: every input sees the tap above its own, the last one nothing.
    ShiftedUp,
    /// The plug sits one pin off the other way: every input sees the tap below its own, the first
    /// one nothing.
    ShiftedDown,
}

/// The harness with its state.
#[derive(Clone, Debug)]
pub(crate) struct Harness {
    wires: [Wire; TAPS],
    order: Order,
    /// Whether every wire conducts, in the right order.
    whole: bool,
    /// Measurements since a wire broke.
    seen: u8,
}

impl Harness {
    pub(crate) const fn new() -> Self {
        Self { wires: [Wire::Whole; TAPS], order: Order::Right, whole: true, seen: 0 }
    }

    /// Sets how the wire of a tap is; taps beyond the pack are ignored.
    pub(crate) fn set_wire(&mut self, tap: usize, wire: Wire) {
        if let Some(slot) = self.wires.get_mut(tap) {
            *slot = wire;
        }
        self.look();
    }

    /// Sets the order of the wires.
    pub(crate) fn set_order(&mut self, order: Order) {
        self.order = order;
        self.look();
    }

    fn look(&mut self) {
        self.forget();
        self.whole =
            self.order == Order::Right && self.wires.iter().all(|wire| *wire == Wire::Whole);
    }

    /// Whether every wire conducts, in the right order.
    pub(crate) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the readings follow the cells alone, so that nothing is missed by a jump.
    pub(crate) fn is_quiet(&self, now: Instant) -> bool {
        let coming = |wire: &Wire| matches!(wire, Wire::From(at) if now < *at);
        self.whole || self.seen >= CONFIRMATIONS && !self.wires.iter().any(coming)
    }

    /// The chip has started anew and has confirmed nothing.
    pub(crate) const fn forget(&mut self) {
        self.seen = 0;
    }

    /// One measurement: counts the confirmations.
    pub(crate) const fn measured(&mut self) {
        if !self.whole {
            self.seen = self.seen.saturating_add(1);
        }
    }

    /// The tap that an input is wired to, if its wire conducts.
    fn tap_of(&self, input: usize, count: usize) -> Option<usize> {
        let tap = match self.order {
            Order::Right => input,
            Order::Swapped(low) => {
                let low = usize::from(low);
                if input == low && low < count {
                    low + 1
                } else if input == low + 1 && input <= count {
                    low
                } else {
                    input
                }
            }
            Order::Reversed => count - input,
            Order::Skipped { tap, again } => {
                let moved = (usize::from(tap)..usize::from(again)).contains(&input);
                (input + usize::from(moved)).min(count)
            }
            Order::ShiftedUp => input + 1,
            Order::ShiftedDown => return input.checked_sub(1),
        };
        (tap <= count).then_some(tap)
    }

    /// Whether nothing is connected to an input now.
    fn is_open(&self, input: usize, count: usize, now: Instant) -> bool {
        let without_wire = match self.wires[input] {
            Wire::Whole => false,
            Wire::Broken(_) | Wire::Loose(_) => true,
            Wire::From(at) => now < at,
        };
        without_wire || self.tap_of(input, count).is_none()
    }

    /// What the chip sees at each cell while the cells have these voltages, in V.
    pub(crate) fn seen(&self, truth: &PerCell, count: usize, now: Instant) -> PerCell {
        let mut taps = [0.0; TAPS];
        for cell in 0..count {
            taps[cell + 1] = taps[cell] + truth[cell];
        }
        let wired = |input: usize| taps[self.tap_of(input, count).unwrap_or(count)];
        let mut inputs = [0.0; TAPS];
        for input in 0..=count {
            let level = wired(input);
            inputs[input] = level;
            if !self.is_open(input, count, now) {
                continue;
            }
            let share = match self.wires[input] {
                Wire::Broken(float) | Wire::Loose(float) => Some(match float {
                    Float::Low => LOW,
                    Float::High => HIGH,
                }),
                Wire::Whole | Wire::From(_) => None,
            };
            inputs[input] = match (input.checked_sub(1), share) {
                (Some(below), Some(share)) => inputs[below] + share * (level - wired(below)),
                (Some(below), None) => inputs[below],
                (None, share) => {
                    let first = wired(1);
                    first - share.unwrap_or(0.0) * (first - level)
                }
            };
        }
        let mut cells = [0.0; MAX_CELLS];
        for cell in 0..count {
            cells[cell] = inputs[cell + 1] - inputs[cell];
        }
        cells
    }

    /// Takes the value from the cells whose wires the chip by itself calls open.
    pub(crate) fn mark(&self, cells: &mut [Result<Voltage, NoData>], now: Instant) {
        if self.whole || self.seen < CONFIRMATIONS {
            return;
        }
        let open = self.confirmed(cells.len(), now);
        for (cell, slot) in cells.iter_mut().enumerate() {
            // A cell lies between the tap of its own number and the next one.
            if open >> cell & 0b11 != 0 {
                *slot = Err(NoData::WireOpen);
            }
        }
    }

    /// Taps whose wires the chip by itself calls open: bit k is tap k.
    fn confirmed(&self, count: usize, now: Instant) -> u32 {
        if self.seen < CONFIRMATIONS {
            return 0;
        }
        Self::mask(count, |input| {
            self.is_open(input, count, now) && !matches!(self.wires[input], Wire::Loose(_))
        })
    }

    /// What the open-wire test finds: bit k is tap k.
    pub(crate) fn test(&self, count: usize, now: Instant) -> u32 {
        Self::mask(count, |input| self.is_open(input, count, now))
    }

    fn mask(count: usize, open: impl Fn(usize) -> bool) -> u32 {
        (0..=count).filter(|input| open(*input)).fold(0, |mask, input| mask | 1 << input)
    }
}

#[cfg(test)]
mod tests;
