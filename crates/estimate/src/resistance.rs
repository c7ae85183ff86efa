//! Resistance of each cell, with its joint, from steps of the load.
//!
//! When the current steps, each voltage steps by its resistance times that, before charge or heat
//! change anything. All cells see the same steps, so one that stands out from the others has a loose
//! joint, or is worn; the first cell also has the lead to the board in it, as the board measures from
//! there. Advice: nothing that protects uses it.

use cellward_units::{Charge, Current, Duration, Instant, NoData, Resistance, Voltage};
use heapless::Vec;

use crate::MAX_CELLS;
use crate::elementary::{whole, within};
use crate::single;

/// The current steps when it changes by 1C over this or more: 5 mV and more in cells of every size,
/// as resistance goes with the inverse of the capacity, while two voltages differ by 2 mV of noise.
const STEP: i32 = 10;
/// Two readings in a row whose currents differ by no more than 1C over this are calm: then voltage
/// and current are of the same moment, though they were read one after the other. A *guess*: a fifth of
/// the smallest step.
const CALM: i32 = 50;
/// Longest time between the calm before a step and the calm after it, and between readings: with one a
/// second the step is over within two, and one may come late.
const WITHIN: Duration = Duration::from_secs(3);
/// Steps before there is a figure. A *guess*: of the smallest ones eight leave an error of 74 µΩ in a cell
/// of 100 Ah, one sigma.
const FEWEST: u8 = 8;
/// The figure is the mean of all steps until there are so many, then it forgets the oldest. A *guess*: a
/// few days of kitchen loads.
const REMEMBERED: u8 = 16;
/// What one step may differ by from what is believed, in parts of that: a spike of the voltage, which
/// spoils two steps, must not make a cell stand out.
const REACH: f32 = 0.5;
/// Figures that there must be for one to stand out from them.
const NEIGHBOURS: usize = 3;
/// A cell stands out that has more than this many times the resistance of the middle one. A *guess*, of
/// which nothing but a hint comes.
const FACTOR: f32 = 1.5;
/// And that has more than this more, in µΩ: at 100 A it makes 3 W of heat.
const EXCESS: f32 = 300.0;
/// It stands out until no more than this part of what either limit asks for is left, so that noise does
/// not turn a hint on and off.
const STAYS: f32 = 0.75;
/// The voltage moves against the current when the middle cell does by so many tenths of a millivolt, as
/// two voltages of one cell differ by 2 mV of noise.
const AGAINST: f32 = 25.0;
/// Steps at which it moved against the current, less those at which it did not, after which the sign is
/// taken as swapped; as many right ones take it back.
const SWAPPED: u8 = 8;
/// Ages count in steps of this.
const TICK: Duration = Duration::from_secs(600);

/// What is known of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellResistance {
    /// Resistance of the cell with its joint, as it shows within two seconds; for the first cell with
    /// the lead to the board.
    pub resistance: Resistance,
    /// Steps that it was learnt from, 8 to 255; 255 stands for any more.
    pub steps: u8,
    /// How long ago the last of them was, in steps of ten minutes; 455 days stand for any longer.
    pub age: Duration,
}

/// What a resistance that stands out tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The first cell: the lead from the board to the negative end of the pack is too long or thin, or
    /// loose. It should not be longer than 40 cm.
    Lead,
    /// Any other: a joint is loose, or the cell is worn.
    Joint,
}

/// A cell whose resistance stands out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hint {
    /// Which, from 0 at the negative end.
    pub cell: usize,
    /// What it tells of.
    pub cause: Cause,
    /// What it has more than the middle one of all cells.
    pub excess: Resistance,
    /// For how long, in steps of ten minutes; 455 days stand for any longer.
    pub lasts: Duration,
}

/// What is kept of one cell, 12 bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
struct One {
    /// In µΩ.
    microohms: f32,
    /// Voltage of the last calm reading.
    before: Option<Tenths>,
    /// Ticks since the last step.
    age: u16,
    /// Ticks since it stands out; [`NEVER`] while it does not.
    out: u16,
    steps: u8,
}

/// Value of [`One::out`] for a cell that does not stand out.
const NEVER: u16 = u16::MAX;

/// Tenths of a millivolt, and one more so that it is never nothing.
type Tenths = core::num::NonZeroU16;

/// `None` for what was not measured, and what no cell has: below 0 or above 6.5 V.
#[inline(never)]
fn tenths(cell: Result<Voltage, NoData>) -> Option<Tenths> {
    let tenths = cell.ok()?.as_microvolts().saturating_add(150) / 100;
    Tenths::new(u16::try_from(tenths).ok()?)
}

impl One {
    const NEW: Self = Self { microohms: 0.0, before: None, age: 0, out: NEVER, steps: 0 };

    /// Takes in what a step says, if the others have `typical`.
    fn learn(&mut self, microohms: f32, typical: f32) {
        let believed = if self.steps == 0 { typical } else { self.microohms };
        let reach = REACH * typical.max(believed);
        self.steps = self.steps.saturating_add(1);
        self.age = 0;
        let weight = f32::from(self.steps.min(REMEMBERED));
        let moved = within(microohms - believed, reach) / weight;
        self.microohms = (believed + moved).max(0.0);
    }

    const fn known(&self) -> Option<f32> {
        if self.steps >= FEWEST { Some(self.microohms) } else { None }
    }

    /// Compares it with the others.
    fn compare(&mut self, typical: f32) {
        let stays = self.out != NEVER;
        if self.known().is_some_and(|own| stands_out(own, typical, stays)) {
            self.out = if stays { self.out } else { 0 };
        } else {
            self.out = NEVER;
        }
    }
}

/// Whether one of so many µΩ stands out from others, or still does.
fn stands_out(own: f32, typical: f32, already: bool) -> bool {
    let part = if already { STAYS } else { 1.0 };
    let excess = own - typical;
    excess > part * EXCESS && excess > part * (FACTOR - 1.0) * typical
}

/// Learns the resistance of each cell of a string.
#[derive(Clone, PartialEq, Debug)]
pub struct Resistances {
    cells: Vec<One, MAX_CELLS>,
    /// Least current that is a step, and most that is calm.
    step: Current,
    calm: Current,
    last: Option<(Current, Instant)>,
    /// The last calm reading.
    before: Option<(Current, Instant)>,
    against: u8,
    swapped: bool,
    ticked: Instant,
}

impl Resistances {
    /// Knows nothing yet of so many cells in series, each rated at `rated`. `None` where there are no
    /// cells or too many, or the rating is not positive.
    #[inline(never)]
    #[must_use]
    pub fn new(rated: Charge, cells: usize) -> Option<Self> {
        let mut all = Vec::new();
        all.resize(cells, One::NEW).ok()?;
        let one_c = rated.per_hour().as_ten_microamps();
        (cells > 0 && rated > Charge::ZERO).then_some(Self {
            cells: all,
            step: Current::from_ten_microamps(one_c / STEP),
            calm: Current::from_ten_microamps(one_c / CALM),
            last: None,
            before: None,
            against: 0,
            swapped: false,
            ticked: Instant::START,
        })
    }

    /// Takes in cells and current (positive charges) that were measured at the same moment. Another
    /// number of cells is taken as none.
    #[inline(never)]
    pub fn sample(
        &mut self,
        cells: &[Result<Voltage, NoData>],
        current: Result<Current, NoData>,
        at: Instant,
    ) {
        self.grow_older(at);
        let last = self.last.take();
        let current = current.ok().filter(|_| cells.len() == self.cells.len());
        let Some(current) = current else {
            return;
        };
        self.last = Some((current, at));
        let Some((last, _)) = last.filter(|(_, then)| at.since(*then) <= WITHIN) else {
            self.before = None;
            return;
        };
        if (current - last).abs() > self.calm {
            return;
        }
        let before = self.before.filter(|(_, then)| at.since(*then) <= WITHIN);
        if let Some((before, _)) = before {
            let step = current - before;
            if step.abs() >= self.step {
                self.step(cells, step);
            }
        }
        self.before = Some((current, at));
        for (one, cell) in self.cells.iter_mut().zip(cells) {
            one.before = tenths(*cell);
        }
    }

    /// The current stepped by so much.
    fn step(&mut self, cells: &[Result<Voltage, NoData>], step: Current) {
        let amps = single::amps(step);
        let mut moved = NOTHING;
        for ((one, cell), moved) in self.cells.iter().zip(cells).zip(&mut moved) {
            if let (Some(before), Some(now)) = (one.before, tenths(*cell)) {
                *moved = (f32::from(now.get()) - f32::from(before.get())) * amps.signum();
            }
        }
        let (middle, _) = median(&moved);
        if middle.is_nan() {
            return;
        }
        self.look_at_sign(middle);
        if middle < f32::MIN_POSITIVE {
            return;
        }
        // 0.1 mV / A = 100 µΩ.
        let each = 100.0 / amps.abs();
        let typical = self.typical(1).unwrap_or(middle * each);
        for (one, moved) in self.cells.iter_mut().zip(&moved).filter(|(_, moved)| !moved.is_nan()) {
            one.learn(moved * each, typical);
        }
        if let Some(typical) = self.typical(NEIGHBOURS) {
            for (one, moved) in self.cells.iter_mut().zip(&moved) {
                // A figure from another season must not begin to stand out from those of this one.
                if !moved.is_nan() || one.out != NEVER {
                    one.compare(typical);
                }
            }
        }
    }

    fn look_at_sign(&mut self, middle: f32) {
        let (above, below) = (middle > -AGAINST, middle < AGAINST);
        if !above {
            self.against = self.against.saturating_add(1).min(SWAPPED);
        } else if !below {
            self.against = self.against.saturating_sub(1);
        }
        self.swapped = match self.against {
            0 => false,
            SWAPPED => true,
            _ => self.swapped,
        };
    }

    fn grow_older(&mut self, at: Instant) {
        // Dividing 64 bits costs hundreds of instructions on a Cortex-M0+.
        let passed = at.since(self.ticked);
        if passed < TICK {
            return;
        }
        let ticks = passed.as_micros().checked_div(TICK.as_micros()).unwrap_or(0);
        let micros = self.ticked.as_micros().saturating_add(ticks.saturating_mul(TICK.as_micros()));
        self.ticked = Instant::from_micros(micros);
        let ticks = u16::try_from(ticks).unwrap_or(u16::MAX);
        for one in &mut self.cells {
            one.age = one.age.saturating_add(ticks);
            if one.out != NEVER {
                one.out = one.out.saturating_add(ticks).min(NEVER.saturating_sub(1));
            }
        }
    }

    /// The middle one of all figures; `None` where there are fewer than so many.
    fn typical(&self, fewest: usize) -> Option<f32> {
        let mut all = NOTHING;
        for (one, known) in self.cells.iter().zip(&mut all) {
            *known = one.known().unwrap_or(f32::NAN);
        }
        let (middle, count) = median(&all);
        (count >= fewest).then_some(middle)
    }

    /// What is known of a cell, from 0; `None` for one that there is not, and before eight steps.
    #[inline(never)]
    #[must_use]
    pub fn cell(&self, cell: usize) -> Option<CellResistance> {
        let one = self.cells.get(cell)?;
        Some(CellResistance {
            resistance: resistance(one.known()?),
            steps: one.steps,
            age: ticks(one.age),
        })
    }

    /// Whether a cell stands out from the others, from 0.
    #[inline(never)]
    #[must_use]
    pub fn hint(&self, cell: usize) -> Option<Hint> {
        let one = self.cells.get(cell).filter(|one| one.out != NEVER)?;
        let cause = if cell == 0 { Cause::Lead } else { Cause::Joint };
        let excess = resistance(one.known()? - self.typical(NEIGHBOURS)?);
        Some(Hint { cell, cause, excess, lasts: ticks(one.out) })
    }

    /// Whether the voltage falls when the current charges: then the sign of the current is swapped, or
    /// its sensor sits the wrong way round, and nothing is learnt.
    #[must_use]
    pub const fn sign_is_swapped(&self) -> bool {
        self.swapped
    }
}

/// A number for each cell, none of which is known.
const NOTHING: [f32; MAX_CELLS] = [f32::NAN; MAX_CELLS];

/// The middle one of those that are numbers, and how many these are; of none no number.
#[inline(never)]
fn median(values: &[f32; MAX_CELLS]) -> (f32, usize) {
    // They are few: the library's sorts are longer than all of this file.
    let mut sorted = NOTHING;
    let mut count = 0_usize;
    for &value in values.iter().filter(|value| !value.is_nan()) {
        // What is larger moves up by one; nothing is larger than no number.
        let mut value = value;
        for other in &mut sorted {
            if value < *other || other.is_nan() {
                core::mem::swap(other, &mut value);
            }
        }
        count = count.saturating_add(1);
    }
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f32::NAN);
    (0.5 * (at(count / 2) + at(count.saturating_sub(1) / 2)), count)
}

fn ticks(count: u16) -> Duration {
    Duration::from_micros(TICK.as_micros().saturating_mul(u64::from(count)))
}

fn resistance(microohms: f32) -> Resistance {
    Resistance::from_microohms(u32::try_from(whole(microohms)).unwrap_or(0))
}

#[cfg(test)]
mod tests;
