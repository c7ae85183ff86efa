//! What the estimator believes, as readers of the board see it.

use cellward_estimate::{Doubt, PackBelief, Reserve, Resistances, TenSeconds};
use cellward_params::{ChargeDoubt, Config, MAX_CELLS, Snapshot};
use cellward_units::{Charge, Current, Duration, Energy, NoData, Power, Ratio, Resistance};

use crate::estimator::of_full;

/// Health that was counted from one end of the charge to the other is told when it is known to this, one
/// sigma. A *guess*: half of what is known of other cells before anything was seen.
const COUNTED: Ratio = Ratio::from_permille(40);
/// What voltages alone say of it is told when it is known to this. A *guess*: they err together, for hours
/// and by several of their sigmas (docs/estimation.md).
const SEEN: Ratio = Ratio::from_permille(16);

/// The figures; each is there or says why not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    low: Result<Ratio, NoData>,
    high: Result<Ratio, NoData>,
    doubt: Result<ChargeDoubt, NoData>,
    health: Result<Ratio, NoData>,
    capacity: Result<Charge, NoData>,
    /// What the owner calls full, in parts of what cells hold.
    full: Ratio,
    ten_seconds: Option<TenSeconds>,
    energy: Result<Energy, NoData>,
    to_empty: Result<Duration, NoData>,
    to_full: Result<Duration, NoData>,
    since_full: Result<Duration, NoData>,
    resistance: [Option<Resistance>; MAX_CELLS],
    hint: Result<u32, NoData>,
}

impl Figures {
    /// Nothing is believed.
    pub(crate) const NONE: Self = Self {
        low: Err(NoData::Unknown),
        high: Err(NoData::Unknown),
        doubt: Err(NoData::Unknown),
        health: Err(NoData::Unknown),
        capacity: Err(NoData::Unknown),
        full: Ratio::ONE,
        ten_seconds: None,
        energy: Err(NoData::Unknown),
        to_empty: Err(NoData::Unknown),
        to_full: Err(NoData::Unknown),
        since_full: Err(NoData::Unknown),
        resistance: [None; MAX_CELLS],
        hint: Err(NoData::Unknown),
    };

    /// What is believed of a pack rated at `rated`; of a charge that is doubted nothing else is told.
    pub(crate) fn of(
        belief: &PackBelief,
        full: Ratio,
        ten_seconds: Option<TenSeconds>,
        reserve: &Reserve,
        rated: Charge,
    ) -> Self {
        let doubt = belief.doubt.map_or(ChargeDoubt::Believed, word);
        let believed = belief.doubt.is_none();
        let health = belief.health;
        let enough = if belief.health_counted { COUNTED } else { SEEN };
        let known = believed && belief.health_within <= enough;
        Self {
            low: Ok(of_full(belief.low, full)),
            high: Ok(if believed { of_full(belief.high, full) } else { Ratio::ONE }),
            doubt: Ok(doubt),
            health: given(known, health),
            capacity: given(known, rated.scaled_by(health)),
            full,
            ten_seconds: ten_seconds.filter(|_| believed),
            energy: given(believed, reserve.left),
            to_empty: reserve.to_empty.filter(|_| believed).ok_or(NoData::Unknown),
            to_full: reserve.to_full.filter(|_| believed).ok_or(NoData::Unknown),
            since_full: belief.since_full.ok_or(NoData::Unknown),
            ..Self::NONE
        }
    }

    /// Adds what is known of resistances.
    pub(crate) fn resist(&mut self, resistances: &Resistances, cells: usize) {
        for (cell, slot) in self.resistance.iter_mut().enumerate() {
            *slot = resistances.cell(cell).map(|known| known.resistance);
        }
        let hints = (0..cells).filter_map(|cell| resistances.hint(cell));
        let most = hints.max_by_key(|hint| hint.excess);
        let number = |cell: usize| u32::try_from(cell).unwrap_or(0).saturating_add(1);
        let any = self.resistance.iter().any(Option::is_some);
        self.hint = given(any, most.map_or(0, |hint| number(hint.cell)));
    }

    /// Writes the figures into what the engine shows.
    pub(crate) fn show(&self, snapshot: &mut Snapshot, config: &Config) {
        // The engine holds 100 % a while after a full charge, and counts where the charge is doubted.
        let truth = snapshot.soc_true;
        snapshot.soc_low = self.low.map(|low| truth.map_or(low, |truth| low.min(truth)));
        snapshot.soc_high = self.high.map(|high| truth.map_or(high, |truth| high.max(truth)));
        snapshot.soc_doubt = self.doubt;
        snapshot.soh = self.health;
        snapshot.learnt_capacity = self.capacity;
        if let (Ok(capacity), Ok(soc)) = (self.capacity, snapshot.soc_true) {
            // Who charges to less than full has that much less.
            snapshot.remaining = Ok(capacity.scaled_by(self.full).scaled_by(soc));
        }
        let power = |open: bool, most: Current, rating: Option<cellward_estimate::Rating>| {
            let rating = rating.ok_or(NoData::Unknown)?;
            Ok(if open { Power::ZERO } else { within(rating, most) })
        };
        let blocked = |reasons: &Result<cellward_params::OffReasons, NoData>| {
            reasons.as_ref().map_or(true, |reasons| !reasons.is_empty())
        };
        snapshot.charge_power_10s = power(
            blocked(&snapshot.charge_switch_reasons),
            config.charge_limit(),
            self.ten_seconds.map(|both| both.charge),
        );
        snapshot.discharge_power_10s = power(
            blocked(&snapshot.discharge_switch_reasons),
            config.rated_current(),
            self.ten_seconds.map(|both| both.discharge),
        );
        snapshot.energy_left = self.energy;
        snapshot.time_to_empty = self.to_empty;
        snapshot.time_to_full = self.to_full;
        snapshot.since_full = self.since_full;
        snapshot.resistance_hint = self.hint;
        for (slot, one) in snapshot.cell_resistance.iter_mut().zip(&self.resistance) {
            *slot = one.ok_or(NoData::Unknown);
        }
    }
}

/// The power of a rating at no more than `most`, the current that the board carries for long: less
/// current at the voltage of the larger one, which promises too little while discharging and by a few
/// percent too much while charging.
fn within(rating: cellward_estimate::Rating, most: Current) -> Power {
    if rating.current <= most {
        return rating.power;
    }
    let steps = |current: Current| i64::from(current.as_ten_microamps());
    let share = steps(most).saturating_mul(1_000_000).checked_div(steps(rating.current));
    let ppm = i32::try_from(share.unwrap_or(0)).unwrap_or(0);
    let milliwatts = i128::from(rating.power.as_milliwatts()).saturating_mul(i128::from(ppm));
    Power::from_milliwatts(i64::try_from(milliwatts / 1_000_000).unwrap_or(0))
}

/// A value, unless it is not known.
const fn given<T: Copy>(known: bool, value: T) -> Result<T, NoData> {
    if known { Ok(value) } else { Err(NoData::Unknown) }
}

const fn word(doubt: Doubt) -> ChargeDoubt {
    match doubt {
        Doubt::VoltageStands => ChargeDoubt::VoltageStands,
        Doubt::CurrentStands => ChargeDoubt::CurrentStands,
        Doubt::SignSwapped => ChargeDoubt::SignSwapped,
        Doubt::OtherCell => ChargeDoubt::OtherCell,
        Doubt::TooCold => ChargeDoubt::TooCold,
        Doubt::CountDisagrees => ChargeDoubt::CountDisagrees,
    }
}
