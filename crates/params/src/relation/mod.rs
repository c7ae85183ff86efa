//! The relations between parameters that every write must keep. Production table, §11.1.
//!
//! A relation is a small function over a [`Config`] with the number of its rule. [`Config::check`]
//! runs them in the order of the numbers and tells the first that does not hold, with both values.
//!
//! # What profile `vendor` need not keep
//!
//! The vendor's numbers are facts and stay, although some break a rule. Rules 4, 7, 14, 15, the
//! pack part of rule 5 and the part of rule 12 that holds asleep are not checked there at all.
//! Rules 2 and 3 are: only two groups of built-in numbers pass, and only as long as they are the
//! built-in ones. Production table, §11.3.

mod chip;
mod compare;
mod current;
mod curve;
mod delay;
pub(crate) mod ids;
mod level;
mod pack;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use compare::LOCK_ABOVE_HARD;
pub use words::rule_in_words;

use core::fmt;

use crate::limit::{LIMITS, place_of};
use crate::parameter::{Field, Parameter};
use crate::{Config, ParamId, Profile, Unit};

/// What a value must keep to, in the unit of its parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// Smaller than this.
    Below(i32),
    /// This or smaller.
    AtMost(i32),
    /// Larger than this.
    Above(i32),
    /// This or larger.
    AtLeast(i32),
    /// Just this.
    Exactly(i32),
}

impl Bound {
    /// Whether a value keeps to it.
    #[must_use]
    pub const fn holds(self, value: i32) -> bool {
        match self {
            Self::Below(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::Above(bound) => value > bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Exactly(bound) => value == bound,
        }
    }
}

/// A relation that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Number of the rule in the production table, §11.1.
    pub rule: u8,
    /// The parameter that breaks it.
    pub parameter: ParamId,
    /// The parameter that it is held against, where there is one.
    pub against: Option<ParamId>,
    /// What was looked at, in the unit of the parameter: the stored value or, for the curves and
    /// the chip (rules 8, 9, 12, 14, 15, 16), what follows from it.
    pub value: i32,
    /// What it must keep to.
    pub must_be: Bound,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = unit_of(self.parameter);
        let shown = |raw| Shown { raw, unit };
        write!(f, "rule {}: {} gives ", self.rule, Named(self.parameter))?;
        write!(f, "{} and must be ", shown(self.value))?;
        match self.must_be {
            Bound::Below(bound) => write!(f, "below {}", shown(bound))?,
            Bound::AtMost(bound) => write!(f, "at most {}", shown(bound))?,
            Bound::Above(bound) => write!(f, "above {}", shown(bound))?,
            Bound::AtLeast(bound) => write!(f, "at least {}", shown(bound))?,
            Bound::Exactly(bound) => write!(f, "exactly {}", shown(bound))?,
        }
        match self.against {
            Some(against) => write!(f, " because of {}", Named(against)),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Broken {}

/// Whether a relation holds.
type Verdict = Result<(), Broken>;

/// One relation.
struct Rule {
    /// Its number in the production table, §11.1.
    number: u8,
    /// Whether profile `vendor` must keep it too.
    in_vendor: bool,
    /// Says whether it holds.
    holds: fn(&Config) -> Verdict,
}

/// A rule that both profiles must keep.
const fn both(number: u8, holds: fn(&Config) -> Verdict) -> Rule {
    Rule { number, in_vendor: true, holds }
}

/// A rule that only profile `strict` must keep.
const fn strict(number: u8, holds: fn(&Config) -> Verdict) -> Rule {
    Rule { number, in_vendor: false, holds }
}

/// Every relation, by rising number.
const RULES: &[Rule] = &[
    both(1, level::high_levels_rise),
    both(2, level::low_levels_fall),
    both(3, level::recovery_keeps_its_distance),
    strict(4, compare::over_voltage_stays_below_the_upper_limit),
    both(5, compare::full_lies_between_recovery_and_alarm),
    strict(5, pack::full_lies_between_recovery_and_alarm),
    both(6, compare::balancing_lies_below_full),
    strict(7, compare::under_voltage_levels_stay_apart),
    both(8, curve::charge_falls_before_the_cut),
    both(9, curve::discharge_falls_before_the_cut),
    both(10, compare::the_lock_follows_the_hard_limit),
    both(10, compare::thresholds_are_plausible),
    both(11, pack::pack_agrees_with_cells),
    both(12, chip::awake_stands_clear_of_the_protection),
    strict(12, chip::asleep_lies_between_alarm_and_protection),
    both(13, compare::heater_and_windows_fit),
    strict(14, curve::current_ends_at_the_temperature_limits),
    strict(15, current::charge_alarm_stays_near_the_charge_limit),
    strict(15, curve::charge_curve_stays_below_the_charge_rate),
    both(16, current::over_current_can_be_measured),
    both(16, current::short_circuit_stands_clear_of_over_current),
    both(17, delay::no_delay_is_zero),
    both(18, current::reverse_current_thresholds_rise),
];

impl Config {
    /// Whether every relation between the parameters holds, less what the profile is exempt from.
    ///
    /// # Errors
    ///
    /// The first relation that does not hold, in the order of the rules' numbers.
    pub fn check(&self) -> Result<(), Broken> {
        let vendor = self.profile() == Profile::Vendor;
        RULES
            .iter()
            .filter(|rule| rule.in_vendor || !vendor)
            .try_for_each(|rule| (rule.holds)(self).map_err(|broken| broken.of(rule.number)))
    }
}

impl Broken {
    /// The same under the number of the rule that was checked.
    const fn of(self, rule: u8) -> Self {
        Self { rule, ..self }
    }
}

/// Holds a value of a parameter to a bound that another one gives.
const fn require(
    parameter: ParamId,
    value: i32,
    must_be: Bound,
    against: Option<ParamId>,
) -> Verdict {
    if must_be.holds(value) {
        return Ok(());
    }
    // The number is filled in by whoever runs the rule.
    Err(Broken { rule: 0, parameter, against, value, must_be })
}

/// The raw value of a parameter that the rules name. Every such id has a row (tested), so nothing
/// never comes out of this.
fn raw(config: &Config, id: ParamId) -> i32 {
    config.raw(id).unwrap_or_default()
}

/// The unit of a parameter's raw number.
fn unit_of(id: ParamId) -> Unit {
    match id.as_limit() {
        Some((_, _, Field::Delay | Field::ReleaseDelay)) => Unit::Millisecond,
        Some((fault, level, _)) => place_of(fault, level)
            .and_then(|place| LIMITS.get(place))
            .map_or(Unit::None, |row| row.base.unit()),
        None => Parameter::find(id).map_or(Unit::None, |row| row.unit),
    }
}

/// The key of a parameter, as in JSON.
struct Named(ParamId);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((fault, level, field)) = self.0.as_limit() {
            return write!(f, "{}_{}_{}", fault.key(), level.key(), field.key());
        }
        match Parameter::find(self.0) {
            Some(row) => f.write_str(row.key),
            None => write!(f, "parameter {:#06x}", self.0.0),
        }
    }
}

/// A raw number with its decimals and its unit.
struct Shown {
    raw: i32,
    unit: Unit,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit.decimals() {
            1 => {
                let sign = if self.raw < 0 { "-" } else { "" };
                let tenths = self.raw.unsigned_abs();
                write!(f, "{sign}{}.{}", tenths / 10, tenths % 10)?;
            }
            // No parameter has more decimals (tested).
            _ => write!(f, "{}", self.raw)?,
        }
        match self.unit.symbol() {
            "" => Ok(()),
            symbol => write!(f, " {symbol}"),
        }
    }
}
