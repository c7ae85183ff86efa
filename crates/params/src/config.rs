//! The typed configuration of a board: system parameters and resolved limits, always in range.

mod defaults;

use core::fmt;

use cellward_units::{Charge, Current, Duration, Ratio, Voltage};

use crate::fault::{Fault, Level};
use crate::limit::{Base, LIMIT_COUNT, LIMITS, LimitRow, place_of};
use crate::parameter::{Field, PARAMETERS, ParamId, Parameter, System};
use crate::{Chemistry, Profile};

/// A limit in force, raw in the unit of its row's base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Trips at this value or beyond.
    pub threshold: i32,
    /// Recovers strictly on the good side of this value.
    pub recovery: i32,
    /// How long the condition must last before it acts.
    pub delay: Duration,
    /// How long the recovery must last before it releases.
    pub release_delay: Duration,
}

impl Limit {
    /// The raw number of a field; delays in milliseconds.
    fn raw(&self, field: Field) -> i32 {
        match field {
            Field::Threshold => self.threshold,
            Field::Recovery => self.recovery,
            Field::Delay => millis(self.delay),
            Field::ReleaseDelay => millis(self.release_delay),
        }
    }
}

/// The sizes in which the board is made: rated continuous discharge current in A. Source: vendor's
/// product sheet.
pub const BOARD_SIZES: [i32; 13] = [30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500];

/// The currents at which the rule for reverse current closes and opens a blocked switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReverseCurrent {
    /// From here on the blocked switch closes.
    pub on: Current,
    /// Below this it opens again.
    pub off: Current,
    /// Above this it closes whatever the waits between two tries say.
    pub hold_off_override: Current,
}

/// Why a value was not stored; nothing has changed then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// No parameter has this id.
    Unknown(ParamId),
    /// The value lies outside of the range of the row.
    OutOfRange {
        /// The parameter.
        id: ParamId,
        /// The value that was refused.
        value: i32,
        /// Smallest raw value.
        min: i32,
        /// Largest raw value.
        max: i32,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unknown(id) => write!(f, "there is no parameter {:#06x}", id.0),
            Self::OutOfRange { id, value, min, max } => {
                write!(f, "{value} is refused for ")?;
                match Parameter::find(id) {
                    Some(row) => write!(f, "{}", row.key)?,
                    None => write!(f, "parameter {:#06x}", id.0)?,
                }
                write!(f, ": it must lie between {min} and {max}")
            }
        }
    }
}

impl core::error::Error for ConfigError {}

/// Everything a board is told about its pack and its limits.
///
/// ```
/// use cellward_params::{Config, Fault, Level};
/// let config = Config::lifepo4(16);
/// let limit = config.limit(Fault::CellOverVoltage, Level::Protection).unwrap();
/// assert_eq!(limit.threshold, 3_650);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Config {
    system: System,
    limits: [Limit; LIMIT_COUNT],
}

impl Config {
    /// A pack of `cells` LFP cells with the `strict` defaults: 200 A board, two sensors, capacity
    /// unset. A count outside of 3 to 24 is moved to the nearest end.
    pub fn lifepo4(cells: u8) -> Self {
        Self::new(Profile::Strict, Chemistry::Lfp, cells)
    }

    /// The defaults of a profile for a chemistry, on a 200 A board with two sensors and no
    /// capacity set. A count outside of 3 to 24 is moved to the nearest end.
    ///
    /// The board counts as commissioned and calibrated: whoever writes this line has just stated
    /// chemistry and cell count. See [`Self::from_factory`] for one that is not.
    pub fn new(profile: Profile, chemistry: Chemistry, cells: u8) -> Self {
        let mut config = Self::from_factory(profile, chemistry, cells);
        config.system.commissioned = 1;
        config.system.current_residual = 0;
        config
    }

    /// The same as it leaves the factory of a board without calibration: chemistry, cell count and
    /// taps not confirmed, current not calibrated. Such a board closes no switch.
    pub fn from_factory(profile: Profile, chemistry: Chemistry, cells: u8) -> Self {
        let mut system = System::defaults(profile, chemistry);
        system.cells = i32::from(cells).clamp(3, 24);
        let mut config = Self { system, limits: [NO_LIMIT; LIMIT_COUNT] };
        config.restore_limits();
        config
    }

    /// The system parameters.
    #[must_use]
    pub const fn system(&self) -> &System {
        &self.system
    }

    /// The limit of a level of a fault, if this board watches for it.
    #[must_use]
    pub fn limit(&self, fault: Fault, level: Level) -> Option<&Limit> {
        self.limits.get(place_of(fault, level)?)
    }

    /// Every limit with its row, in the order of the table.
    pub fn limits(&self) -> impl Iterator<Item = (&'static LimitRow, &Limit)> {
        LIMITS.iter().zip(&self.limits)
    }

    /// The raw value of any parameter, by its id.
    #[must_use]
    pub fn raw(&self, id: ParamId) -> Option<i32> {
        let Some((fault, level, field)) = id.as_limit() else {
            return self.system.get(id);
        };
        Some(self.limit(fault, level)?.raw(field))
    }

    /// Stores a raw value, for whoever builds a configuration. Only the range is checked: relations
    /// between parameters, caps and roles are [`Self::apply`]'s and [`Self::check`]'s.
    ///
    /// # Errors
    ///
    /// Refuses an unknown id and a value outside of the row's range; nothing changes then.
    pub fn set(&mut self, id: ParamId, value: i32) -> Result<(), ConfigError> {
        let (min, max) = Self::range_of(id).ok_or(ConfigError::Unknown(id))?;
        check(id, value, min, max)?;
        self.store(id, value).ok_or(ConfigError::Unknown(id))
    }

    /// Smallest and largest raw value that a parameter may have, if there is one with this id.
    #[must_use]
    pub fn range_of(id: ParamId) -> Option<(i32, i32)> {
        let Some((fault, level, field)) = id.as_limit() else {
            let row = Parameter::find(id)?;
            return Some((row.min, row.max));
        };
        let row = LIMITS.get(place_of(fault, level)?)?;
        Some(match field {
            Field::Threshold | Field::Recovery => row.base.range(),
            Field::Delay => (least_delay_ms(row.base), MOST_DELAY_MS),
            Field::ReleaseDelay => (0, MOST_DELAY_MS),
        })
    }

    /// Every parameter's id, rising.
    pub fn ids() -> impl Iterator<Item = ParamId> {
        let limits = Fault::ALL.iter().flat_map(|&fault| {
            let levels = Level::ALL.iter().filter(move |&&level| place_of(fault, level).is_some());
            levels.flat_map(move |&level| {
                Field::ALL.into_iter().map(move |field| ParamId::of_limit(fault, level, field))
            })
        });
        PARAMETERS.iter().map(|row| row.id).chain(limits)
    }

    /// Stores a raw value without any check; `None` for an id that no parameter has.
    fn store(&mut self, id: ParamId, value: i32) -> Option<()> {
        let Some((fault, level, field)) = id.as_limit() else {
            *self.system.slot(id)? = value;
            return Some(());
        };
        let limit = self.limits.get_mut(place_of(fault, level)?)?;
        let delay = Duration::from_millis(u64::try_from(value).unwrap_or(0));
        match field {
            Field::Threshold => limit.threshold = value,
            Field::Recovery => limit.recovery = value,
            Field::Delay => limit.delay = delay,
            Field::ReleaseDelay => limit.release_delay = delay,
        }
        Some(())
    }

    /// Stores what no range would allow, to see a rule break.
    #[cfg(test)]
    pub(crate) fn force(&mut self, id: ParamId, value: i32) {
        self.store(id, value).unwrap();
    }

    /// The same defaults on a board of another size.
    #[cfg(test)]
    pub(crate) fn with_rated_amps(mut self, amps: i32) -> Self {
        self.system.rated_current = amps * 1_000;
        self.restore_limits();
        self
    }

    /// Cells in series, 3 to 24.
    #[must_use]
    pub fn cells(&self) -> usize {
        usize::try_from(self.system.cells).unwrap_or(0).min(crate::MAX_CELLS)
    }

    /// Fitted cell-temperature sensors, 1 to 4.
    #[must_use]
    pub fn sensors(&self) -> usize {
        usize::try_from(self.system.sensors).unwrap_or(0).min(crate::MAX_SENSORS)
    }

    /// Chemistry of the cells.
    #[must_use]
    pub fn chemistry(&self) -> Chemistry {
        let code = u8::try_from(self.system.chemistry).unwrap_or(0);
        Chemistry::from_code(code).unwrap_or(Chemistry::Lfp)
    }

    /// Built-in profile that the defaults came from.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let code = u8::try_from(self.system.profile).unwrap_or(0);
        Profile::from_code(code).unwrap_or(Profile::Strict)
    }

    /// Rated continuous discharge current of the board.
    #[must_use]
    pub fn rated_current(&self) -> Current {
        Current::from_milliamps(self.system.rated_current)
    }

    /// Full scale of the current measurement: twice the rated current.
    #[must_use]
    pub fn full_scale(&self) -> Current {
        self.rated_current() * 2
    }

    /// Rated capacity; `None` while unset.
    #[must_use]
    pub fn rated_capacity(&self) -> Option<Charge> {
        let raw = self.system.rated_capacity;
        (raw > 0).then(|| Charge::from_milliamp_hours(raw))
    }

    /// 1C: the rated capacity in one hour, or half the rated current while the capacity is unset,
    /// so that no limit becomes zero because a setting is missing.
    #[must_use]
    pub fn one_c(&self) -> Current {
        match self.rated_capacity() {
            Some(capacity) => capacity.per_hour(),
            None => self.rated_current().scaled_by(Ratio::from_permille(500)),
        }
    }

    /// Largest continuous charge current: half the rated current or the cells' charge rate,
    /// whichever is smaller. Source: vendor's product sheet; the rate is the production table's.
    #[must_use]
    pub fn charge_limit(&self) -> Current {
        let board = self.rated_current().scaled_by(Ratio::from_permille(500));
        let cells = self.one_c().scaled_by(Ratio::from_permille(self.system.charge_rate));
        board.min(cells)
    }

    /// The thresholds of the rule for reverse current: on from 0.5 % of full scale but at least
    /// 0.5 A, off at 0.4 of that, override from 5 A but never below on. Production table, §3.
    #[must_use]
    pub fn reverse_current(&self) -> ReverseCurrent {
        let share = self.full_scale().scaled_by(Ratio::from_permille(5));
        let on = share.max(Current::from_milliamps(500));
        ReverseCurrent {
            on,
            off: on.scaled_by(Ratio::from_permille(400)),
            hold_off_override: on.max(Current::from_amps(5)),
        }
    }

    /// Cell voltage at which a charge counts as full.
    #[must_use]
    pub const fn full_voltage(&self) -> Voltage {
        Voltage::from_millivolts(self.system.full_voltage)
    }

    /// Whether chemistry, cell count and taps are confirmed.
    #[must_use]
    pub const fn is_commissioned(&self) -> bool {
        self.system.commissioned == 1
    }

    /// Says whether they are; only commissioning does.
    pub const fn set_commissioned(&mut self, commissioned: bool) {
        self.system.commissioned = if commissioned { 1 } else { 0 };
    }

    /// Whether the current channel is calibrated to within 0.5 % of full scale. Production table,
    /// §3.
    #[must_use]
    pub const fn is_calibrated(&self) -> bool {
        self.system.current_residual <= 5
    }
}

/// A placeholder that every constructor overwrites.
const NO_LIMIT: Limit =
    Limit { threshold: 0, recovery: 0, delay: Duration::ZERO, release_delay: Duration::ZERO };

/// One hour; a longer delay is not a protection. *Guess*, safe because it only caps.
const MOST_DELAY_MS: i32 = 3_600_000;

/// The shortest delay that may be stored: 100 ms for what is sampled at 10 Hz, else none.
pub(crate) const fn least_delay_ms(base: Base) -> i32 {
    match base {
        Base::Cell
        | Base::CellGap
        | Base::FixedVoltage
        | Base::PackDown
        | Base::PackUp
        | Base::Temperature
        | Base::TemperatureGap
        | Base::Rate => 100,
        Base::Drift
        | Base::Share
        | Base::RatedCurrent
        | Base::ChargeLimit
        | Base::FixedCurrent
        | Base::State => 0,
    }
}

/// Refuses a value outside of its range.
const fn check(id: ParamId, value: i32, min: i32, max: i32) -> Result<(), ConfigError> {
    if value < min || value > max {
        return Err(ConfigError::OutOfRange { id, value, min, max });
    }
    Ok(())
}

/// A delay as the raw number of its parameter.
fn millis(delay: Duration) -> i32 {
    i32::try_from(delay.as_millis()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(config: &Config, fault: Fault, level: Level) -> Limit {
        *config.limit(fault, level).unwrap()
    }

    #[test]
    fn pack_limits_round_to_the_safe_side() {
        // 4S NMC: 4 × 4.18 V = 16.72 V down to 16.7 V; 13S NMC UV: 13 × 3.25 = 42.25 V up to 42.3 V.
        let four = Config::new(Profile::Strict, Chemistry::Nmc, 4);
        assert_eq!(limit(&four, Fault::PackOverVoltage, Level::Alarm).threshold, 16_700);
        let thirteen = Config::new(Profile::Strict, Chemistry::Nmc, 13);
        assert_eq!(limit(&thirteen, Fault::PackUnderVoltage, Level::Alarm).recovery, 42_300);
        assert_eq!(limit(&thirteen, Fault::PackUnderVoltage, Level::Alarm).threshold, 41_600);
    }

    #[test]
    fn a_new_configuration_is_its_own_default_whatever_was_changed_since() {
        let fresh = Config::from_factory(Profile::Vendor, Chemistry::Nmc, 16);
        let mut changed = fresh.clone();
        for id in Config::ids() {
            assert_eq!(fresh.default_of(id), fresh.raw(id), "{id:?}");
        }
        let alarm = ParamId::of_limit(Fault::CellOverVoltage, Level::Alarm, Field::Threshold);
        let (before, shunt) = (fresh.raw(alarm), ParamId(42));
        changed.set(alarm, 4_000).unwrap();
        changed.set(shunt, 10_000).unwrap();
        assert_eq!(changed.default_of(alarm), before);
        assert_eq!(changed.default_of(shunt), fresh.raw(shunt));
        assert_eq!(fresh.default_of(ParamId(999)), None);
    }

    #[test]
    fn unset_capacity_makes_no_limit_zero() {
        let config = Config::lifepo4(16);
        assert_eq!(config.rated_capacity(), None);
        assert_eq!(config.one_c(), Current::from_amps(100));
        assert_eq!(config.charge_limit(), Current::from_amps(50));
        assert_eq!(limit(&config, Fault::ChargeOverCurrent, Level::Protection).threshold, 57_500);
    }

    #[test]
    fn the_charge_limit_is_the_smaller_of_board_and_cells() {
        let mut config = Config::lifepo4(16);
        config.set(ParamId(6), 280_000).unwrap();
        assert_eq!(config.charge_limit(), Current::from_amps(100));
        config.set(ParamId(6), 100_000).unwrap();
        assert_eq!(config.charge_limit(), Current::from_amps(50));
    }

    #[test]
    fn limits_follow_the_pack_when_asked_to() {
        let mut config = Config::lifepo4(16);
        config.set(ParamId(6), 280_000).unwrap();
        config.restore_limits();
        assert_eq!(limit(&config, Fault::ChargeOverCurrent, Level::Protection).threshold, 115_000);
    }

    #[test]
    fn a_value_just_outside_of_its_range_is_refused_and_nothing_changes() {
        let mut config = Config::lifepo4(16);
        let before = config.clone();
        for (id, value) in [(1, 2), (1, 25), (14, 14), (14, 451)] {
            let error = config.set(ParamId(id), value).unwrap_err();
            assert!(matches!(error, ConfigError::OutOfRange { .. }));
        }
        let delay = ParamId::of_limit(Fault::CellOverVoltage, Level::Protection, Field::Delay);
        assert!(config.set(delay, 99).is_err());
        assert_eq!(config, before);
        assert!(config.set(delay, 100).is_ok());
        assert_eq!(config.raw(delay), Some(100));
    }

    #[test]
    fn a_refusal_names_the_parameter_and_its_range() {
        let error = Config::lifepo4(16).set(ParamId(1), 25).unwrap_err();
        assert_eq!(
            std::format!("{error}"),
            "25 is refused for cells: it must lie between 3 and 24"
        );
    }

    #[test]
    fn an_id_that_no_row_has_is_unknown() {
        let mut config = Config::lifepo4(16);
        assert_eq!(config.set(ParamId(999), 1), Err(ConfigError::Unknown(ParamId(999))));
        let unwatched = ParamId::of_limit(Fault::Parallel, Level::Alarm, Field::Threshold);
        assert_eq!(config.set(unwatched, 1), Err(ConfigError::Unknown(unwatched)));
        assert_eq!(config.raw(unwatched), None);
    }
}
