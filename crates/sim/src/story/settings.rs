//! Parameters by their keys, with their values in the unit of their rows.
//!
//! A system parameter is written `rated_capacity = 100_000`, a limit by its fault, level and field:
//! `cell_over_voltage.l2.threshold = 3600`. Delays are milliseconds, temperatures degrees.

use std::fmt;

use cellward_params::limit::{LIMITS, LimitRow};
use cellward_params::parameter::{Field, PARAMETERS};
use cellward_params::{Fault, Level, ParamId, Unit};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

use super::words::{find, unknown};

/// Parameters with their raw values, in the order of their numbers: a table of TOML has no order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings(pub(crate) Vec<(ParamId, i32)>);

impl Settings {
    /// Whether none is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut settings = Self::default();
        deserializer.deserialize_map(Top(&mut settings.0))?;
        settings.0.sort_unstable_by_key(|(id, _)| id.0);
        Ok(settings)
    }
}

type Found<'a> = &'a mut Vec<(ParamId, i32)>;

/// The outermost table: system parameters and faults.
struct Top<'a>(Found<'a>);

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters by their keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let system = PARAMETERS.iter().find(|row| row.key == key);
            if let Some(row) = system {
                let raw = map.next_value_seed(Raw(row.unit))?;
                self.0.push((row.id, raw));
            } else {
                let known = Fault::ALL.iter().filter(|fault| rows(**fault).next().is_some());
                let known: Vec<Fault> = known.copied().collect();
                let fault = find("fault", &key, &known, |fault| fault.key()).map_err(|_| {
                    let keys = PARAMETERS.iter().map(|row| row.key);
                    unknown("parameter", &key, keys.chain(known.iter().map(|fault| fault.key())))
                });
                map.next_value_seed(Levels(fault, self.0))?;
            }
        }
        Ok(())
    }
}

/// The levels of one fault; carries the complaint about the key, so that it gets the place.
struct Levels<'a>(Result<Fault, String>, Found<'a>);

impl<'de> DeserializeSeed<'de> for Levels<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let fault = self.0.map_err(D::Error::custom)?;
        deserializer.deserialize_map(OfFault(fault, self.1))
    }
}

struct OfFault<'a>(Fault, Found<'a>);

impl<'de> Visitor<'de> for OfFault<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a level of {}, such as {}.l2.threshold", self.0.key(), self.0.key())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let levels: Vec<Level> = rows(self.0).map(|row| row.level).collect();
            let level = find("level", &key, &levels, |level| level.key());
            map.next_value_seed(Fields(level.map(|level| (self.0, level)), self.1))?;
        }
        Ok(())
    }
}

/// The fields of one level.
struct Fields<'a>(Result<(Fault, Level), String>, Found<'a>);

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let (fault, level) = self.0.map_err(D::Error::custom)?;
        deserializer.deserialize_map(OfLevel(fault, level, self.1))
    }
}

struct OfLevel<'a>(Fault, Level, Found<'a>);

impl<'de> Visitor<'de> for OfLevel<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("threshold, recovery, delay or release_delay")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(fault, level, found) = self;
        while let Some(key) = map.next_key::<String>()? {
            let field = find("field", &key, &Field::ALL, |field| field.key());
            let raw = map.next_value_seed(OfField(field.map(|field| unit(fault, field))))?;
            // A field that is not known has just been refused.
            if let Ok(field) = find("field", &key, &Field::ALL, |field| field.key()) {
                found.push((ParamId::of_limit(fault, level, field), raw));
            }
        }
        Ok(())
    }
}

/// One number of a field; carries the complaint about the key.
struct OfField(Result<Unit, String>);

impl<'de> DeserializeSeed<'de> for OfField {
    type Value = i32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i32, D::Error> {
        Raw(self.0.map_err(D::Error::custom)?).deserialize(deserializer)
    }
}

/// One number in a unit.
struct Raw(Unit);

impl<'de> DeserializeSeed<'de> for Raw {
    type Value = i32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i32, D::Error> {
        let value = f64::deserialize(deserializer)?;
        raw(value, self.0).map_err(D::Error::custom)
    }
}

/// A number in a unit as the raw number of a table.
///
/// # Errors
///
/// Refuses what is finer than the table counts, or beyond what it can hold.
pub(crate) fn raw(value: f64, unit: Unit) -> Result<i32, String> {
    let scaled = value * libm::pow(10.0, f64::from(unit.decimals()));
    let whole = libm::rint(scaled);
    // Written decimals are not exact in binary; a thousandth of a step is far from the next one.
    if value.is_nan() || libm::fabs(scaled - whole) > 1e-3 {
        return Err(format!("{value} is finer than the table counts"));
    }
    if libm::fabs(whole) > f64::from(i32::MAX) {
        return Err(format!("{value} is beyond what the table can hold"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "held to the range of i32 just above")]
    Ok(whole as i32)
}

/// The unit of a field of a limit.
fn unit(fault: Fault, field: Field) -> Unit {
    match field {
        Field::Threshold | Field::Recovery => limit_unit(fault),
        Field::Delay | Field::ReleaseDelay => Unit::Millisecond,
    }
}

/// The unit of the thresholds and values of a fault; [`Unit::None`] for states.
pub(crate) fn limit_unit(fault: Fault) -> Unit {
    rows(fault).next().map_or(Unit::None, |row| row.base.unit())
}

/// The limits of a fault.
fn rows(fault: Fault) -> impl Iterator<Item = &'static LimitRow> {
    LIMITS.iter().filter(move |row| row.fault == fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_raw_numbers_in_the_unit_of_their_rows() {
        let settings = read(
            "rated_capacity = 100_000\n\
             cell_over_voltage.l2.threshold = 3600\n\
             charge_over_temperature.l2 = { threshold = 54.5, delay = 1_000 }\n",
        )
        .unwrap();
        let limit = |fault, field| ParamId::of_limit(fault, Level::Protection, field);
        assert_eq!(
            settings.0,
            [
                (ParamId(6), 100_000),
                (limit(Fault::CellOverVoltage, Field::Threshold), 3_600),
                (limit(Fault::ChargeOverTemperature, Field::Threshold), 545),
                (limit(Fault::ChargeOverTemperature, Field::Delay), 1_000),
            ]
        );
    }

    #[test]
    fn an_unknown_word_is_refused_with_its_line_and_the_words_that_exist() {
        for (text, wanted) in [
            ("\nrated_capasity = 1\n", "rated_capacity"),
            ("\ncell_over_voltage.l4.threshold = 1\n", "l3"),
            ("\ncell_over_voltage.l2.treshold = 1\n", "threshold"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains("line 2"), "{message}");
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[test]
    fn a_number_finer_than_the_table_is_refused() {
        assert!(read("cell_over_voltage.l2.threshold = 3600.5\n").is_err());
        assert!(read("charge_over_temperature.l2.threshold = 54.55\n").is_err());
        assert!(read("cells = nan\n").is_err());
        assert!(read("cells = 3e9\n").is_err());
    }
}
