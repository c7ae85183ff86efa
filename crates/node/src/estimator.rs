//! What is believed of the pack, estimated apart from the engine and at its own pace.
//!
//! Nothing that protects waits for it or depends on it: it reads what the engine measured, a reading a
//! second, and hands back one figure every ten, the charge. Everything else it only shows.

use cellward_cell::Profile;
use cellward_core::{Anchor, Readings};
use cellward_estimate::{
    CellLimits, LONGEST_S, OWN_CONSUMPTION, Pack, Reading, Resistances, Saved,
};
use cellward_params::{Chemistry, Config, Fault, Level, MAX_CELLS};
use cellward_units::{Charge, Current, Duration, Instant, Ratio, Temperature, Voltage};
use heapless::Vec;

use crate::figures::Figures;

/// Time between two readings.
const EACH: Duration = Duration::from_secs(1);
/// Time after which the engine is told the charge again. Its rows look at it as often.
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// Longest time that one reading may stand for.
const LONGEST: Duration = Duration::from_secs(LONGEST_S as u64);
/// What a cell is bled with. Vendor's product sheet.
const BLEED: Current = Current::from_milliamps(30);
/// What a learnt zero is right to, one sigma, of full scale. A *guess*: fifty samples with noise of half
/// a thousandth of it.
const ZERO: Ratio = Ratio::from_ppm(100);

/// What an estimator is made for; another needs another estimator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Made {
    chemistry: Chemistry,
    rated: Charge,
    cells: usize,
}

impl Made {
    fn of(config: &Config) -> Option<Self> {
        let (chemistry, cells) = (config.chemistry(), config.cells());
        config.rated_capacity().map(|rated| Self { chemistry, rated, cells })
    }

    const fn profile(&self) -> &'static Profile {
        match self.chemistry {
            Chemistry::Lfp => &Profile::LFP,
            Chemistry::Nmc => &Profile::NMC,
            Chemistry::Lto => &Profile::LTO,
        }
    }
}

/// What is counted and believed of one pack.
#[derive(Clone, Debug)]
struct Believed {
    made: Made,
    pack: Pack<'static>,
    resistances: Resistances,
}

impl Believed {
    fn new(made: Made, pack: Pack<'static>) -> Option<Self> {
        let resistances = Resistances::new(made.rated, made.cells)?;
        Some(Self { made, pack: pack.with_own_consumption(OWN_CONSUMPTION), resistances })
    }
}

/// The estimator of a board. Until the capacity is set it believes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Estimator {
    believed: Option<Believed>,
    /// What the owner calls full, in parts of what the cells hold.
    full: Ratio,
    due: Instant,
    looked_at: Instant,
    told_at: Option<Instant>,
    /// What had flown at the last look, and which gaps there had been.
    flown: Option<(Charge, u16)>,
    /// The last one there was: cells do not cool down because a sensor broke.
    temperature: Option<Temperature>,
    figures: Figures,
}

impl Estimator {
    /// Believes nothing yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            believed: None,
            full: Ratio::ONE,
            due: now,
            looked_at: now,
            told_at: None,
            flown: None,
            temperature: None,
            figures: Figures::NONE,
        }
    }

    /// Goes on with what was kept, `age` ago if that is known. What fits another pack is left.
    pub(crate) fn restore(
        &mut self,
        kept: &[u8],
        age: Option<Duration>,
        charge: Option<Ratio>,
        config: &Config,
    ) {
        let restored = Made::of(config).zip(Saved::from_bytes(kept)).and_then(|(made, saved)| {
            let pack = Pack::restored(made.profile(), made.rated, made.cells, &saved, age)?;
            Believed::new(made, pack)
        });
        self.believed = restored;
        self.full = full(config);
        // How old the charge is that was kept nobody knows: it is remembered, not known.
        if let (Some(believed), None, Some(charge)) = (&mut self.believed, age, charge) {
            believed.pack.remember(of_cells(charge, self.full));
        }
    }

    /// What is to be kept; `None` while nothing is believed.
    pub(crate) fn saved(&self) -> Option<Saved> {
        self.believed.as_ref()?.pack.saved()
    }

    /// When the next reading is taken.
    pub(crate) const fn due(&self) -> Instant {
        self.due
    }

    /// The figures for readers.
    pub(crate) const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Takes what the engine says of the charge.
    pub(crate) fn anchor(&mut self, anchor: Anchor) {
        let Some(believed) = &mut self.believed else {
            return;
        };
        match anchor {
            Anchor::Full => believed.pack.full(self.full),
            Anchor::Empty => believed.pack.empty(),
            Anchor::Told(charge) => believed.pack.told(of_cells(charge, self.full)),
        }
    }

    /// The engine has learnt the zero of its current channel.
    pub(crate) fn zero_learnt(&mut self, config: &Config) {
        if let Some(believed) = &mut self.believed {
            believed.pack.zero_learnt(config.full_scale().scaled_by(ZERO));
        }
    }

    /// Takes a reading. Gives the charge when the engine is to be told, 0 to 1 of what the owner calls
    /// full; nothing while it is not believed. `charge` is what the engine believes: an estimator that
    /// begins, begins there.
    pub(crate) fn look(
        &mut self,
        readings: &Readings,
        config: &Config,
        charge: Option<Ratio>,
        now: Instant,
    ) -> Option<Ratio> {
        let lasted = now.since(self.looked_at);
        self.looked_at = now;
        self.due = next(now);
        self.temperature = readings.temperature.or(self.temperature);
        self.fit(config, charge);
        let current = self.mean_current(readings, lasted);
        let (Some(believed), Some(temperature)) = (&mut self.believed, self.temperature) else {
            return None;
        };
        let cells: Option<Vec<Voltage, MAX_CELLS>> =
            readings.cells.iter().map(|cell| cell.ok()).collect();
        believed.resistances.sample(&readings.cells, readings.current, now);
        let mut left = lasted;
        while left > Duration::ZERO {
            let lasted = left.min(LONGEST);
            left = Duration::from_micros(left.as_micros().saturating_sub(lasted.as_micros()));
            believed.pack.sample(&Reading {
                cells: cells.as_deref(),
                current,
                temperature,
                lasted,
            });
        }
        for cell in (0..believed.made.cells).filter(|cell| readings.bled >> cell & 1 == 1) {
            believed.pack.bled(cell, Charge::of_current(BLEED, lasted));
        }
        if self.told_at.is_some_and(|at| now.since(at) < TOLD_EVERY) {
            return None;
        }
        self.told_at = Some(now);
        self.conclude(config)
    }

    /// Makes an estimator for the pack that is set, if there is not one already.
    fn fit(&mut self, config: &Config, charge: Option<Ratio>) {
        let made = Made::of(config);
        self.full = full(config);
        if self.believed.as_ref().map(|believed| believed.made) == made {
            return;
        }
        self.figures = Figures::NONE;
        self.told_at = None;
        self.believed = made.and_then(|made| {
            let charge = charge.map(|charge| of_cells(charge, self.full));
            let pack = Pack::new(made.profile(), made.rated, made.cells, charge)?;
            Believed::new(made, pack)
        });
    }

    /// Mean current since the last look, less what bled; `None` where some of it is not known.
    fn mean_current(&mut self, readings: &Readings, lasted: Duration) -> Option<Current> {
        let (before, gaps) = self.flown.replace((readings.flown, readings.gaps))?;
        if gaps != readings.gaps {
            return None;
        }
        // Charge counts in 10 µA·ms.
        let flown = readings.flown.as_steps().saturating_sub(before.as_steps());
        let millis = i64::try_from(lasted.as_millis()).ok()?;
        let mean = i32::try_from(flown.checked_div(millis)?).ok()?;
        let bled = i32::try_from(readings.bled.count_ones()).ok()?;
        let cells = i32::try_from(readings.cells.len()).ok()?;
        let bleed = BLEED.as_ten_microamps().checked_mul(bled)?.checked_div(cells)?;
        Some(Current::from_ten_microamps(mean.saturating_sub(bleed)))
    }

    /// Sums up for readers and for the engine.
    fn conclude(&mut self, config: &Config) -> Option<Ratio> {
        let believed = self.believed.as_ref()?;
        let limit = |fault| {
            let limit = config.limit(fault, Level::Protection)?;
            Some(Voltage::from_millivolts(limit.threshold))
        };
        let limits = limit(Fault::CellUnderVoltage).zip(limit(Fault::CellOverVoltage));
        let limits = limits.map(|(lowest, highest)| CellLimits { lowest, highest });
        let belief = believed.pack.belief();
        let power = limits.zip(self.temperature);
        self.figures = Figures::of(
            &belief,
            self.full,
            power.map(|(limits, t)| believed.pack.ten_seconds(&limits, t)),
            &believed.pack.reserve(),
            believed.made.rated,
        );
        self.figures.resist(&believed.resistances, believed.made.cells);
        let heard = config.system().estimator != 0 && belief.doubt.is_none();
        heard.then(|| of_full(belief.soc, self.full))
    }
}

/// The next whole second.
fn next(now: Instant) -> Instant {
    let passed = now.as_micros().checked_rem(EACH.as_micros()).unwrap_or(0);
    Instant::from_micros(now.as_micros().saturating_sub(passed).saturating_add(EACH.as_micros()))
}

/// What the owner calls full, in parts of what cells hold: 100 % is where they stop charging.
fn full(config: &Config) -> Ratio {
    let Some(made) = Made::of(config) else {
        return Ratio::ONE;
    };
    // Who stops in the middle would make a percent of next to nothing.
    made.profile().soc_at(config.full_voltage()).max(Ratio::from_permille(500))
}

/// A charge of the cells over what the owner calls full, 0 to 1.
pub(crate) fn of_full(charge: Ratio, full: Ratio) -> Ratio {
    let share = i64::from(charge.as_ppm()).saturating_mul(1_000_000);
    let share = share.checked_div(i64::from(full.as_ppm())).unwrap_or(0);
    Ratio::from_ppm(i32::try_from(share).unwrap_or(i32::MAX)).clamped()
}

/// The way back.
fn of_cells(charge: Ratio, full: Ratio) -> Ratio {
    let share = i64::from(charge.as_ppm()).saturating_mul(i64::from(full.as_ppm()));
    Ratio::from_ppm(i32::try_from(share / 1_000_000).unwrap_or(i32::MAX)).clamped()
}
