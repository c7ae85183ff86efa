//! A string of cells: one filter for what they have in common, and what each differs by.
//!
//! All cells carry the same current, measured by the same sensor, so the filter with all its hypotheses
//! looks at their mean; each cell is then compared with it. The string is empty with its first empty
//! cell and full with its first full one.

mod anchor;
mod member;
mod power;
mod saved;
mod swing;
mod watch;

use cellward_cell::Profile;
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};
use heapless::Vec;

use crate::elementary::{exp, sqrt, unit};
use crate::filter::{Common, Figures, Filter, LONGEST, Learnt, WIDTH};
use crate::single;
use member::Member;
pub use power::{CellLimits, Rating, Reserve, TenSeconds};
pub use saved::{MOST_BYTES, Saved};
use swing::Swings;
pub use watch::Doubt;
use watch::Watch;

/// Most cells of a string.
pub const MAX_CELLS: usize = 24;

/// What was measured over some time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading<'r> {
    /// Each cell, from the negative end; `None` where not all of them were measured. With one below 0 or
    /// above 6.5 V none is taken.
    pub cells: Option<&'r [Voltage]>,
    /// Mean current; positive charges. `None` where it was not measured. One that empties the string in 18 s
    /// or less is not taken.
    pub current: Option<Current>,
    /// Of the cells.
    pub temperature: Temperature,
    /// How long it was; of more than a minute only a minute is counted.
    pub lasted: Duration,
}

/// What is believed of the string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PackBelief {
    /// State of charge: what the first cell to be empty has left, over what the string holds. 0 to 1.
    pub soc: Ratio,
    /// It is above this with 97.5 %.
    pub low: Ratio,
    /// It is below this with 97.5 %.
    pub high: Ratio,
    /// What the string holds over its rating, by its weakest cells.
    pub health: Ratio,
    /// One sigma of that, as far as the mean cell goes.
    pub health_within: Ratio,
    /// Whether it was counted from one end of the charge to the other. Until then it is what voltages say,
    /// which err together for hours.
    pub health_counted: bool,
    /// Resistance of the mean cell over that of its profile.
    pub resistance: Ratio,
    /// The cell that is empty first, from 0.
    pub first_empty: usize,
    /// The cell that is full first, from 0.
    pub first_full: usize,
    /// Time since the string was full; `None` where that was never seen: then the charge was never
    /// calibrated.
    pub since_full: Option<Duration>,
    /// Why it is not believed, if so; the bounds are then 0 and 1.
    pub doubt: Option<Doubt>,
}

/// What is believed of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellBelief {
    /// State of charge, 0 to 1.
    pub soc: Ratio,
    /// One sigma of how far it differs from the mean of all.
    pub apart: Ratio,
    /// What it holds over its rating.
    pub health: Ratio,
    /// Its resistance over that of its profile, with the joint to its neighbour.
    pub resistance: Ratio,
}

/// The estimator of a string of cells.
#[derive(Clone, PartialEq, Debug)]
pub struct Pack<'a> {
    since_full: Option<Duration>,
    rated_ah: f32,
    /// Time since the last look in which cells were measured, in s.
    seconds: f32,
    /// Mean current of the last minutes in A; positive charges.
    flow: f32,
    /// What flows beside the current sensor in A; positive charges.
    beside: f32,
    swings: Swings,
    watch: Watch,
    filter: Filter<'a>,
    members: Vec<Member, MAX_CELLS>,
}

/// Where a string stands: its charge and the bounds of it, 0 to 1, its ends, and its mean cell.
struct Stand {
    low: f32,
    soc: f32,
    high: f32,
    ends: Ends,
    common: Figures,
}

/// What ends the charge of a string, in parts of what the mean cell holds.
struct Ends {
    /// The cell that is empty first, and what it has left.
    first_empty: usize,
    left: f32,
    /// The cell that is full first, and what it still takes.
    first_full: usize,
    free: f32,
}

impl Ends {
    /// What the string holds: from its first empty to its first full cell.
    fn holds(&self) -> f32 {
        (self.left + self.free).max(1e-6)
    }
}

/// Time over which the mean current of [`Reserve`] is taken, in s.
const FLOW_S: f32 = 300.0;
/// From this charge of the first full cell on, with this much doubt at most, the string was full.
const FULL: f32 = 0.985;
const SURE: f32 = 0.02;
/// No cell stands above this.
const MOST_VOLTAGE: Voltage = Voltage::from_millivolts(6_500);
/// No string is asked for more than so many times its capacity in an hour. A *guess*: the most that is sold
/// is 100.
const MOST_CURRENT: f32 = 200.0;
/// What a board that is off does not know of a day, one sigma in parts of the charge: self-discharge and
/// own consumption. A *guess*: 3 % a month by the cells and as much by the board.
const A_DAY: f32 = 0.002;

impl<'a> Pack<'a> {
    /// An estimator of so many cells in series, each rated at `rated`, with the charge that was
    /// remembered, if any. `None` where there are no cells or too many, or the rating is not positive.
    #[inline(never)]
    #[must_use]
    pub fn new(
        profile: &'a Profile,
        rated: Charge,
        cells: usize,
        remembered: Option<Ratio>,
    ) -> Option<Self> {
        let mut pack = Self::of(Filter::new(profile, rated, remembered)?, profile, rated, cells)?;
        if let Some(charge) = remembered {
            pack.watch.remember(single::share(charge.clamped()));
        }
        Some(pack)
    }

    /// So many cells behind a filter.
    fn of(filter: Filter<'a>, profile: &Profile, rated: Charge, cells: usize) -> Option<Self> {
        let mut members = Vec::new();
        members.resize(cells, Member::new()).ok().filter(|()| cells > 0)?;
        let rated_ah = single::amp_hours(rated);
        Some(Self {
            filter,
            members,
            watch: Watch::new((profile.ocv(0.0), profile.ocv(1.0)), rated_ah),
            rated_ah,
            seconds: 0.0,
            since_full: None,
            flow: 0.0,
            beside: 0.0,
            swings: Swings::new(),
        })
    }

    /// The same with a current that flows all the time and that the sensor does not see, as the board
    /// itself draws it ahead of the shunt; positive charges, so it is negative. Without this there is
    /// none.
    #[must_use]
    pub fn with_own_consumption(mut self, current: Current) -> Self {
        self.beside = single::amps(current);
        self.filter.set_beside(current);
        self
    }

    /// The zero of the current channel has just been learnt, as it is while both switches are open: what
    /// it shows is right but for one sigma of `within`. Until then half an ampere is granted.
    pub fn zero_learnt(&mut self, within: Current) {
        self.swings.settle(self.filter.offset());
        self.filter.zero_found(within);
    }

    /// One that goes on where another ended `age` ago. Without an age the charge is taken as not known;
    /// what was learnt of the cells stays. `None` as [`new`](Self::new), or where the number of cells
    /// is another.
    #[inline(never)]
    #[must_use]
    pub fn restored(
        profile: &'a Profile,
        rated: Charge,
        cells: usize,
        saved: &Saved,
        age: Option<Duration>,
    ) -> Option<Self> {
        let kept = saved.cells();
        if kept.len() != cells {
            return None;
        }
        let charge = age.map(|age| {
            let drift = A_DAY * single::seconds(age) / 86_400.0;
            let sigma = saved.number(saved::CHARGE_SIGMA);
            let sigma = sqrt(sigma * sigma + drift * drift).min(0.3);
            (saved.number(saved::CHARGE), sigma)
        });
        let mut learnt = Learnt::default();
        for (place, value) in (saved::LEARNT..).zip(learnt.as_flattened_mut()) {
            *value = saved.number(place);
        }
        let hysteresis = saved.number(saved::HYSTERESIS);
        let filter = Filter::restored(profile, rated, charge, Some(&learnt), hysteresis)?;
        let mut pack = Self::of(filter, profile, rated, cells)?;
        pack.filter.holds(saved.number(saved::HOLDS), saved.number(saved::HOLDS_SIGMA));
        pack.swings.remember(saved.counted());
        for (member, kept) in pack.members.iter_mut().zip(kept) {
            *member = Member::remembered(kept);
        }
        let since_full = saved.number(saved::SINCE_FULL);
        pack.since_full = age.filter(|_| since_full > 0.5 * saved::NEVER).map(|age| {
            let micros = single::duration(since_full).as_micros();
            Duration::from_micros(micros.saturating_add(age.as_micros()))
        });
        Some(pack)
    }

    /// What is to be kept over a restart. `None` never, but for a filter without a hypothesis.
    #[inline(never)]
    #[must_use]
    pub fn saved(&self) -> Option<Saved> {
        let ((soc, sigma), learnt, hysteresis) = self.filter.memory()?;
        let since_full =
            self.since_full.map_or(saved::NEVER, |since| single::seconds(since) / 3_600.0);
        let Figures { holds, within, .. } = self.filter.figures();
        // What is doubted must not come back as known: doubts are not kept.
        let sigma = if self.watch.doubt().is_some() { 0.3 } else { sigma };
        let mut numbers = [0.0; saved::NUMBERS];
        let head = [
            soc.max(-0.1).min(1.1),
            unit(sigma),
            hysteresis,
            since_full,
            holds.max(0.05).min(5.0),
            within.min(1.0),
        ];
        let (first, rest) = numbers.split_at_mut(head.len());
        first.copy_from_slice(&head);
        rest.copy_from_slice(learnt.as_flattened());
        let cells = self.members.iter().map(Member::kept);
        Some(Saved::new(self.swings.counted(), &numbers, cells))
    }

    /// Takes a reading in.
    #[inline(never)]
    pub fn sample(&mut self, reading: &Reading<'_>) {
        let Reading { cells, current, temperature, lasted } = *reading;
        let cells = cells.filter(|cells| cells.len() == self.members.len() && plausible(cells));
        let most = MOST_CURRENT * self.rated_ah;
        let current = current.filter(|current| single::amps(*current).abs() < most);
        let mean = cells.and_then(mean);
        let seconds = single::seconds(lasted);
        let gap = seconds > LONGEST;
        let seconds = seconds.min(LONGEST);
        let celsius = single::celsius(temperature);
        self.watch.look(cells.zip(mean), current, celsius, seconds);
        let amps = current.map(|current| single::amps(current) + self.beside);
        // What a sensor that lies showed, and what flowed in a gap, was not counted.
        let lost = gap || self.watch.lies();
        self.swings.count(amps.filter(|_| !lost), seconds);
        if let Some(amps) = amps {
            let share = 1.0 - exp(-seconds / FLOW_S);
            self.flow += share * (amps - self.flow);
        }
        if let Some(since) = &mut self.since_full {
            *since = Duration::from_micros(since.as_micros().saturating_add(lasted.as_micros()));
        }
        if let (Some(cells), Some(mean)) = (cells, mean) {
            let mean = mean.as_microvolts();
            for (member, cell) in self.members.iter_mut().zip(cells) {
                let above = cell.as_microvolts().saturating_sub(mean);
                member.sum(single::volts(Voltage::from_microvolts(above)), seconds);
            }
            self.seconds += seconds;
        }
        if let Some(common) = self.filter.take(mean, current, celsius, seconds) {
            self.compare(&common);
        }
    }

    /// A cell was bled of so much.
    #[inline(never)]
    pub fn bled(&mut self, cell: usize, charge: Charge) {
        let share = single::amp_hours(charge) / self.rated_ah;
        if let Some(member) = self.members.get_mut(cell) {
            member.bleed(share);
        }
        // The mean sinks with it, and the others rise above it.
        let all = single::count(self.members.len());
        for member in &mut self.members {
            member.bleed(-share / all);
        }
    }

    fn compare(&mut self, common: &Common) {
        let (filter, seconds) = (&self.filter, self.seconds);
        for member in &mut self.members {
            member.look(common, seconds, |soc| filter.ocv(soc, &common.span));
        }
        self.centre();
        self.seconds = 0.0;
        let mean = self.filter.figures();
        self.watch.believes((mean.low, mean.high), common.seconds, (mean.holds, mean.within));
        // What is doubted is not narrow.
        let Stand { low, soc, high, .. } = self.stand();
        if high - low < 4.0 * SURE && soc > FULL {
            self.since_full = Some(Duration::ZERO);
        }
    }

    /// Differences are from the mean, so their mean is nothing.
    fn centre(&mut self) {
        let all = single::count(self.members.len());
        let mean = self.members.iter().map(Member::charge).sum::<f32>() / all;
        for member in &mut self.members {
            member.bleed(mean);
        }
    }

    /// How far the string is from its ends while the mean cell stands at `mean`.
    fn ends(&self, mean: f32) -> Ends {
        let mut ends = Ends { first_empty: 0, left: f32::MAX, first_full: 0, free: f32::MAX };
        for (place, member) in self.members.iter().enumerate() {
            let soc = unit(mean + member.charge());
            let (left, free) = (soc * member.capacity(), (1.0 - soc) * member.capacity());
            if left < ends.left {
                (ends.first_empty, ends.left) = (place, left);
            }
            if free < ends.free {
                (ends.first_full, ends.free) = (place, free);
            }
        }
        ends
    }

    /// What is believed of the string now.
    #[inline(never)]
    #[must_use]
    pub fn belief(&self) -> PackBelief {
        let Stand { low, soc, high, ends, common } = self.stand();
        PackBelief {
            soc: single::ratio(soc),
            low: single::ratio(low),
            high: single::ratio(high),
            health: single::ratio(common.holds * ends.holds()),
            health_within: single::ratio(common.within),
            health_counted: self.swings.counted(),
            resistance: single::ratio(common.resistance),
            first_empty: ends.first_empty,
            first_full: ends.first_full,
            since_full: self.since_full,
            doubt: self.watch.doubt(),
        }
    }

    /// Where the string stands.
    #[inline(never)]
    fn stand(&self) -> Stand {
        let common = self.filter.figures();
        let ends = self.ends(common.soc);
        let soc = ends.left / ends.holds();
        let apart = self.members.get(ends.first_empty).map_or(0.0, |member| member.sigma()[0]);
        // A single cell is its own mean.
        let apart = if self.members.len() == 1 { 0.0 } else { apart };
        let reach = |bound: f32| {
            let common = bound - common.soc;
            sqrt(common * common + WIDTH * WIDTH * apart * apart)
        };
        let (low, high) = match self.watch.doubt() {
            Some(_) => (0.0, 1.0),
            None => (unit(soc - reach(common.low)), unit(soc + reach(common.high))),
        };
        Stand { low, soc, high, ends, common }
    }

    /// What is believed of one cell, from 0; `None` for one that there is not.
    #[must_use]
    pub fn cell(&self, cell: usize) -> Option<CellBelief> {
        let common = self.filter.figures();
        let member = self.members.get(cell)?;
        let [apart, ..] = member.sigma();
        Some(CellBelief {
            soc: single::ratio(unit(common.soc + member.charge())),
            apart: single::ratio(apart),
            health: single::ratio(common.holds * member.capacity()),
            resistance: single::ratio(common.resistance * member.resistance()),
        })
    }
}

/// Whether all of these may be cells.
fn plausible(cells: &[Voltage]) -> bool {
    cells.iter().all(|cell| (Voltage::ZERO..=MOST_VOLTAGE).contains(cell))
}

/// Mean of all cells; `None` without any.
fn mean(cells: &[Voltage]) -> Option<Voltage> {
    let sum: i64 = cells.iter().map(|cell| i64::from(cell.as_microvolts())).sum();
    let mean = sum.checked_div(i64::try_from(cells.len()).ok()?)?;
    Some(Voltage::from_microvolts(i32::try_from(mean).ok()?))
}

#[cfg(test)]
mod tests;
