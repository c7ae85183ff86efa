//! Settings by their keys: every parameter of the table as `<key>_<unit>`, limits as
//! `<fault>_<level>_<field>_<unit>`, with values in the unit of the key.

use cellward_params::{Config, Level, ParamId, Parameter, Role, Unit};
use serde_json::Value as Json;

use crate::json::number;

/// Why a text is no setting or no value of one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// No setting has this key.
    #[error("there is no setting {key:?}{near}")]
    Unknown {
        /// What was written.
        key: String,
        /// What may have been meant, as the rest of a sentence.
        near: String,
    },
    /// Not `KEY=VALUE`.
    #[error("{0:?} is no KEY=VALUE")]
    NoPair(String),
    /// The value is no number.
    #[error("{value:?} is no value for {key}: it must be a number{unit}")]
    NoNumber {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// The unit, as the rest of a sentence.
        unit: String,
    },
    /// The value is finer than the setting.
    #[error("{value} is too fine for {key}: its steps are {step}")]
    TooFine {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// The step, with its unit.
        step: String,
    },
    /// The value is outside of the range.
    #[error("{value} is out of range for {key}: it must lie between {min} and {max}")]
    OutOfRange {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// The smallest value.
        min: String,
        /// The largest value.
        max: String,
    },
}

/// The name of a setting without its unit.
fn name(id: ParamId) -> String {
    match id.as_limit() {
        Some((fault, level, field)) => {
            format!("{}_{}_{}", fault.key(), level.key(), field.key())
        }
        None => Parameter::find(id)
            .map_or_else(|| format!("parameter_{}", id.0), |row| row.key.to_owned()),
    }
}

/// The unit in which a setting is raw.
#[must_use]
pub fn unit(id: ParamId) -> Unit {
    // Boards of others have limits that ours do not; they count in what the level below counts in.
    let below = || {
        let (fault, _, field) = id.as_limit()?;
        ParamId::of_limit(fault, Level::Protection, field).unit()
    };
    id.unit().or_else(below).unwrap_or(Unit::None)
}

/// The key of a setting: its name and its unit.
#[must_use]
pub fn key(id: ParamId) -> String {
    match unit(id).suffix() {
        "" => name(id),
        suffix => format!("{}_{suffix}", name(id)),
    }
}

/// What a setting belongs to: `system`, or the key of its fault.
#[must_use]
pub fn group(id: ParamId) -> &'static str {
    id.as_limit().map_or("system", |(fault, ..)| fault.key())
}

/// The setting with this key; the unit may be left out.
///
/// # Errors
///
/// Names settings that look like it.
pub fn find(text: &str) -> Result<ParamId, SettingError> {
    let wanted = text.trim();
    Config::ids().find(|&id| key(id) == wanted || name(id) == wanted).ok_or_else(|| {
        let mut near: Vec<(usize, String)> =
            Config::ids().map(key).map(|key| (strsim::levenshtein(wanted, &key), key)).collect();
        near.sort();
        let near: Vec<String> = near
            .into_iter()
            .take_while(|(distance, key)| *distance <= key.len() / 3)
            .take(3)
            .map(|(_, key)| key)
            .collect();
        let near = match near.len() {
            0 => "; `cellward get --all` lists those that the board has".to_owned(),
            _ => format!("; did you mean {}?", near.join(" or ")),
        };
        SettingError::Unknown { key: wanted.to_owned(), near }
    })
}

/// A `KEY=VALUE` as setting and raw value.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn pair(text: &str) -> Result<(ParamId, i32), SettingError> {
    let (key, value) = text.split_once('=').ok_or_else(|| SettingError::NoPair(text.to_owned()))?;
    let id = find(key)?;
    Ok((id, parse(id, value)?))
}

/// A value in the unit of the key as the raw value of the row.
///
/// # Errors
///
/// When it is no number, finer than the setting, or out of its range.
pub fn parse(id: ParamId, text: &str) -> Result<i32, SettingError> {
    let text = text.trim();
    let number: f64 =
        text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| {
            let symbol = unit(id).symbol();
            let unit = if symbol.is_empty() { String::new() } else { format!(" in {symbol}") };
            SettingError::NoNumber { key: key(id), value: text.to_owned(), unit }
        })?;
    let steps = 10_f64.powi(i32::from(unit(id).decimals()));
    let raw = (number * steps).round();
    if (raw / steps - number).abs() > 1e-9 * number.abs().max(1.0) {
        let step = format!("{} {}", 1.0 / steps, unit(id).symbol());
        return Err(SettingError::TooFine { key: key(id), value: text.to_owned(), step });
    }
    let (min, max) = Config::range_of(id).unwrap_or((i32::MIN, i32::MAX));
    if raw < f64::from(min) || raw > f64::from(max) {
        let show = |raw| show(id, raw);
        let (min, max) = (show(min), show(max));
        return Err(SettingError::OutOfRange { key: key(id), value: text.to_owned(), min, max });
    }
    // Inside of the range, which is one of i32.
    #[expect(clippy::cast_possible_truncation, reason = "it lies between two i32")]
    Ok(raw as i32)
}

/// A raw value as a number in the unit of the key.
#[must_use]
pub fn json(id: ParamId, raw: i32) -> Json {
    number(raw.into(), unit(id))
}

/// A raw value with its unit, for a person.
#[must_use]
pub fn show(id: ParamId, raw: i32) -> String {
    match unit(id).symbol() {
        "" => json(id, raw).to_string(),
        symbol => format!("{} {symbol}", json(id, raw)),
    }
}

/// What a setting does, for a person; empty where its key says it all.
#[must_use]
pub fn help(id: ParamId) -> &'static str {
    Parameter::find(id).map_or("", |row| row.help)
}

/// The least role that may write a setting.
#[must_use]
pub fn role(id: ParamId) -> Role {
    Parameter::find(id).map_or(Role::Installer, |row| row.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_found_by_its_key_with_and_without_its_unit() {
        for id in Config::ids() {
            assert_eq!(find(&key(id)), Ok(id), "{}", key(id));
            assert_eq!(find(&name(id)), Ok(id), "{}", name(id));
        }
    }

    #[test]
    fn levels_of_one_fault_that_count_different_things_have_keys_of_their_own_unit() {
        let key = |level, field| {
            key(ParamId::of_limit(cellward_params::Fault::SwitchStuckOpen, level, field))
        };
        use cellward_params::Level::{Alarm, Protection};
        use cellward_params::parameter::Field::{Delay, Threshold};
        assert_eq!(key(Alarm, Threshold), "switch_stuck_open_l1_threshold_mv");
        // A state, which counts nothing.
        assert_eq!(key(Protection, Threshold), "switch_stuck_open_l2_threshold");
        assert_eq!(key(Protection, Delay), "switch_stuck_open_l2_delay_ms");
    }

    #[test]
    fn a_limit_that_only_boards_of_others_have_counts_in_the_unit_of_the_level_below() {
        use cellward_params::parameter::Field::Threshold;
        let id = ParamId::of_limit(cellward_params::Fault::PackOverVoltage, Level::Hard, Threshold);
        assert!(Config::ids().all(|known| known != id));
        assert_eq!(key(id), "pack_over_voltage_l3_threshold_mv");
        assert_eq!(show(id, 59_200), "59200 mV");
    }

    #[test]
    fn a_value_is_read_in_the_unit_of_the_key_and_shown_again() {
        let pair = |text| pair(text).map(|(id, raw)| (key(id), raw, show(id, raw)));
        let ov = "cell_over_voltage_l2_threshold_mv";
        assert_eq!(
            pair("cell_over_voltage_l2_threshold=3650"),
            Ok((ov.to_owned(), 3_650, "3650 mV".to_owned()))
        );
        assert_eq!(
            pair("heater_on_c=4.5"),
            Ok(("heater_on_c".to_owned(), 45, "4.5 °C".to_owned()))
        );
    }

    #[test]
    fn what_is_no_value_says_why() {
        let error = |text| pair(text).unwrap_err().to_string();
        assert_eq!(error("cells"), "\"cells\" is no KEY=VALUE");
        assert_eq!(error("cells=many"), "\"many\" is no value for cells: it must be a number");
        assert_eq!(
            error("full_voltage=NaN"),
            "\"NaN\" is no value for full_voltage_mv: it must be a number in mV"
        );
        assert_eq!(
            error("full_voltage=3450.5"),
            "3450.5 is too fine for full_voltage_mv: its steps are 1 mV"
        );
        assert_eq!(error("cells=25"), "25 is out of range for cells: it must lie between 3 and 24");
        assert_eq!(
            error("heater_on=4.55"),
            "4.55 is too fine for heater_on_c: its steps are 0.1 °C"
        );
        assert_eq!(
            error("full_volage_mv=3450"),
            "there is no setting \"full_volage_mv\"; did you mean full_voltage_mv?"
        );
    }

    #[test]
    fn the_ends_of_a_range_are_inside_of_it() {
        assert!(pair("cells=3").is_ok() && pair("cells=24").is_ok());
        assert!(pair("cells=2").is_err() && pair("cells=25").is_err());
    }
}
