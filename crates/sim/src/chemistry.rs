//! The simulator's own cells: electrodes, resistances, heat and ageing of three chemistries.
//!
//! The numbers and where they come from stand in `cells/*.toml` beside this crate. They are read
//! once. None of them is shared with the cell models of the estimator, which must be proven
//! against cells that it does not know.

use std::sync::LazyLock;

use cellward_params::Chemistry;
use serde::Deserialize;

use crate::curve::{Curve, HIGHEST, LOWEST};
use crate::step::Decay;

/// Microseconds of one tick, the step for which decays are prepared.
pub(crate) const TICK_MICROS: u64 = 10_000;
/// Ticks in the longest segment, one second.
const TICKS: usize = 100;

/// What one chemistry is like. Resistances are in ohm ampere-hours: divide by the capacity.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Potential of the positive electrode in V by the state of charge of a new cell, rising.
    pub(crate) cathode: Curve,
    /// Potential of the negative electrode in V by the state of charge of a new cell, falling.
    pub(crate) anode: Curve,
    /// What answers at once.
    pub(crate) ohmic: Resistance,
    /// What answers within tens of seconds.
    pub(crate) fast: Branch,
    /// What answers within minutes.
    pub(crate) slow: Branch,
    /// Memory of the direction.
    pub(crate) hysteresis: Hysteresis,
    /// What is left of both branches after so many ticks, up to a second.
    pub(crate) decays: Box<[Decay; TICKS + 1]>,
    /// What is lost without any current.
    pub(crate) self_discharge: SelfDischarge,
    /// How far cells differ.
    pub(crate) spread: Spread,
    /// How they grow old.
    pub(crate) ageing: Ageing,
    /// Heat that warms one cell by 1 K, in J per Ah of capacity.
    pub(crate) heat: f64,
    /// Voltage per cell for counting energy, in V.
    pub(crate) nominal: f64,
    /// Where devices stop by themselves, and chargers hold.
    pub(crate) limits: Limits,
    /// A solar charger's absorption voltage per cell, in V.
    pub(crate) absorption: f64,
    /// A solar charger's float voltage per cell, in V.
    pub(crate) float: f64,
    /// Voltage per cell of a charger that does not know when to stop, in V.
    pub(crate) too_high: f64,
    /// Below this per cell a battery inverter stops, in V.
    pub(crate) inverter_stop: f64,
    /// From this per cell it starts again, in V.
    pub(crate) inverter_start: f64,
    /// Bleeding current in A.
    pub(crate) bleed: f64,
}

/// A resistance at 25 °C and what cold makes of it.
#[derive(Clone, Copy, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resistance {
    /// Ω·Ah at 25 °C.
    pub(crate) ohm_ah: f64,
    /// Activation energy over the gas constant, in K.
    pub(crate) activation_k: f64,
}

/// A resistance beside a capacitor.
#[derive(Debug)]
pub(crate) struct Branch {
    /// The resistance, before `braking`.
    pub(crate) resistance: Resistance,
    /// Time constant in s.
    pub(crate) seconds: f64,
    /// Factor on the resistance by state of charge.
    pub(crate) braking: Curve,
}

/// How far the rest voltage remembers the direction.
#[derive(Clone, Copy, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hysteresis {
    /// V above the mean after charging and below it after discharging.
    pub(crate) volts: f64,
    /// How often within one capacity it follows to 1/e.
    pub(crate) rate: f64,
}

/// What a cell loses by itself.
#[derive(Clone, Copy, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfDischarge {
    /// Share of the capacity in 30 days at 25 °C.
    pub(crate) per_month: f64,
    /// Activation energy over the gas constant, in K.
    pub(crate) activation_k: f64,
}

/// How far cells of one pack differ from the catalogue, either way.
#[derive(Clone, Copy, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spread {
    /// Share of the capacity.
    pub(crate) capacity: f64,
    /// Share of the resistances.
    pub(crate) resistance: f64,
    /// Share of the capacity by which cells of a balanced pack are not balanced.
    pub(crate) imbalance: f64,
    /// Share of the self-discharge.
    pub(crate) self_discharge: f64,
}

/// How cells grow old.
#[derive(Clone, Copy, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ageing {
    /// Share of the capacity that the first year on the shelf at 25 °C takes; it grows with the
    /// root of time.
    pub(crate) calendar_per_root_year: f64,
    /// Activation energy of that over the gas constant, in K.
    pub(crate) calendar_activation_k: f64,
    /// Share of the capacity that a full cycle takes.
    pub(crate) per_cycle: f64,
    /// Which part of the loss is lithium, 0 to 1; it lets the electrodes slide.
    pub(crate) lithium: f64,
    /// By how much resistances grow, as a multiple of the lost share of the capacity.
    pub(crate) growth: f64,
}

/// Voltages per cell at which devices stop or hold, in V.
#[derive(Clone, Copy, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// The highest that a cell may have.
    #[serde(rename = "full_v")]
    pub(crate) full: f64,
    /// The lowest that a cell may have.
    #[serde(rename = "empty_v")]
    pub(crate) empty: f64,
    /// What a charger of a vehicle holds.
    #[serde(rename = "charge_v")]
    pub(crate) charge: f64,
    /// What a stand-by supply holds for ever.
    #[serde(rename = "standby_v")]
    pub(crate) standby: f64,
}

/// Seconds of the month that self-discharge is told in.
pub(crate) const MONTH: f64 = 30.0 * 86_400.0;

/// Why a text does not describe a cell.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FiguresError {
    /// It is not the TOML that is expected.
    #[error("{0}")]
    Text(#[from] toml::de::Error),
    /// A curve is told at states of charge that do not rise, or not from end to end.
    #[error("{0}: the states of charge must rise from -0.10 to 1.10")]
    Knots(&'static str),
    /// A curve goes the wrong way.
    #[error("{0}: the curve must not turn back")]
    Turns(&'static str),
    /// A number makes no sense.
    #[error("{name} of {value} is refused: it must lie between {low} and {high}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// What it is.
        value: f64,
        /// The least that it may be.
        low: f64,
        /// The most.
        high: f64,
    },
}

/// A cell as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellText {
    nominal_v: f64,
    heat_j_per_k_ah: f64,
    bleed_a: f64,
    limits: Limits,
    solar: SolarText,
    electrodes: ElectrodesText,
    ohmic: Resistance,
    fast: BranchText,
    slow: BranchText,
    hysteresis: Hysteresis,
    self_discharge: SelfDischarge,
    spread: Spread,
    ageing: Ageing,
}

/// `[solar]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SolarText {
    absorption_v: f64,
    float_v: f64,
    too_high_v: f64,
    inverter_stop_v: f64,
    inverter_start_v: f64,
}

/// `[electrodes]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElectrodesText {
    cathode: Vec<[f64; 2]>,
    anode: Vec<[f64; 2]>,
}

/// A branch as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BranchText {
    ohm_ah: f64,
    activation_k: f64,
    seconds: f64,
    braking: Vec<[f64; 2]>,
}

impl BranchText {
    fn branch(&self, name: &'static str) -> Result<Branch, FiguresError> {
        let resistance = Resistance { ohm_ah: self.ohm_ah, activation_k: self.activation_k };
        check_resistance(name, resistance)?;
        // Below a second a branch would be over within one step of the fleet.
        within(name, self.seconds, 1.0, 1e5)?;
        for knot in &self.braking {
            within(name, knot[1], 0.01, 100.0)?;
        }
        Ok(Branch { resistance, seconds: self.seconds, braking: curve(name, &self.braking)? })
    }
}

fn within(name: &'static str, value: f64, low: f64, high: f64) -> Result<(), FiguresError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(FiguresError::OutOfRange { name, value, low, high })
    }
}

fn check_resistance(name: &'static str, resistance: Resistance) -> Result<(), FiguresError> {
    within(name, resistance.ohm_ah, 1e-6, 100.0)?;
    within(name, resistance.activation_k, 0.0, 20_000.0)
}

fn curve(name: &'static str, knots: &[[f64; 2]]) -> Result<Curve, FiguresError> {
    let rise = knots.windows(2).all(|pair| pair[0][0] < pair[1][0]);
    let [[first, _], .., [last, _]] = *knots else { return Err(FiguresError::Knots(name)) };
    let whole = (first - LOWEST).abs() < 1e-9 && (last - HIGHEST).abs() < 1e-9;
    if !(rise && whole) || knots.iter().flatten().any(|number| !number.is_finite()) {
        return Err(FiguresError::Knots(name));
    }
    Ok(Curve::through(knots))
}

impl Figures {
    /// Reads a cell.
    fn parse(text: &str) -> Result<Self, FiguresError> {
        let cell: CellText = toml::from_str(text)?;
        let cathode = curve("cathode", &cell.electrodes.cathode)?;
        let anode = curve("anode", &cell.electrodes.anode)?;
        if !cathode.rises() {
            return Err(FiguresError::Turns("cathode"));
        }
        if !anode.never_rises() {
            return Err(FiguresError::Turns("anode"));
        }
        check_resistance("ohmic", cell.ohmic)?;
        within("hysteresis.volts", cell.hysteresis.volts, 0.0, 0.2)?;
        within("hysteresis.rate", cell.hysteresis.rate, 1.0, 1_000.0)?;
        within("self_discharge.per_month", cell.self_discharge.per_month, 0.0, 1.0)?;
        within("spread.capacity", cell.spread.capacity, 0.0, 0.5)?;
        within("spread.resistance", cell.spread.resistance, 0.0, 0.9)?;
        within("spread.imbalance", cell.spread.imbalance, 0.0, 0.5)?;
        within("spread.self_discharge", cell.spread.self_discharge, 0.0, 1.0)?;
        within("ageing.calendar_per_root_year", cell.ageing.calendar_per_root_year, 0.0, 0.5)?;
        within("ageing.per_cycle", cell.ageing.per_cycle, 0.0, 0.1)?;
        within("ageing.lithium", cell.ageing.lithium, 0.0, 1.0)?;
        within("ageing.growth", cell.ageing.growth, 0.0, 20.0)?;
        within("heat_j_per_k_ah", cell.heat_j_per_k_ah, 1.0, 1_000.0)?;
        let (fast, slow) = (cell.fast.branch("fast")?, cell.slow.branch("slow")?);
        let constants = [fast.seconds, slow.seconds];
        let decays = core::array::from_fn(|ticks| {
            #[expect(clippy::cast_precision_loss, reason = "at most 100 ticks")]
            let micros = (ticks as u64 * TICK_MICROS) as f64;
            Decay::after(micros / 1e6, constants)
        });
        Ok(Self {
            cathode,
            anode,
            ohmic: cell.ohmic,
            fast,
            slow,
            decays: Box::new(decays),
            hysteresis: cell.hysteresis,
            self_discharge: cell.self_discharge,
            spread: cell.spread,
            ageing: cell.ageing,
            heat: cell.heat_j_per_k_ah,
            nominal: cell.nominal_v,
            limits: cell.limits,
            absorption: cell.solar.absorption_v,
            float: cell.solar.float_v,
            too_high: cell.solar.too_high_v,
            inverter_stop: cell.solar.inverter_stop_v,
            inverter_start: cell.solar.inverter_start_v,
            bleed: cell.bleed_a,
        })
    }

    /// The figures of a chemistry.
    ///
    /// # Panics
    ///
    /// Where a file of this crate does not describe a cell; the tests read all of them.
    pub(crate) fn of(chemistry: Chemistry) -> &'static Self {
        static LFP: LazyLock<Figures> =
            LazyLock::new(|| own("lfp", include_str!("../cells/lfp.toml")));
        static NMC: LazyLock<Figures> =
            LazyLock::new(|| own("nmc", include_str!("../cells/nmc.toml")));
        static LTO: LazyLock<Figures> =
            LazyLock::new(|| own("lto", include_str!("../cells/lto.toml")));
        match chemistry {
            Chemistry::Lfp => &LFP,
            Chemistry::Nmc => &NMC,
            Chemistry::Lto => &LTO,
        }
    }

    /// Time constants of both branches in s.
    pub(crate) const fn constants(&self) -> [f64; 2] {
        [self.fast.seconds, self.slow.seconds]
    }

    /// The rest voltage in V, and its rise per unit of state of charge, of a cell that has kept
    /// this share of its lithium: the positive electrode is counted from full, the negative one
    /// from empty, so that what is lost lets them slide against each other.
    #[inline]
    pub(crate) fn rest(&self, soc: f64, kept: f64) -> (f64, f64) {
        let above = self.cathode.at(1.0 - kept * (1.0 - soc));
        let below = self.anode.at(kept * soc);
        (above.value - below.value, kept * (above.slope - below.slope))
    }

    /// The state of charge whose rest voltage this is. Rest curves rise over their whole length
    /// (tested with them), so halving finds it.
    pub(crate) fn soc_at_rest(&self, volts: f64, kept: f64) -> f64 {
        let (mut low, mut high) = (-0.2, 1.2);
        // 50 halvings leave less than a billionth of a billionth.
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if self.rest(middle, kept).0 < volts {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }
}

/// A file of this crate, or the sentence that says what is wrong with it.
fn own(name: &str, text: &str) -> Figures {
    Figures::parse(text).unwrap_or_else(|error| panic!("cells/{name}.toml: {error}"))
}

#[cfg(test)]
mod tests;
