//! The smallest words of a story: numbers, times and keys that are checked as they are read.

use cellward_params::{Chemistry, Profile};
use cellward_units::Duration;

use crate::Injection;

/// Makes a type that is read from a text or number and checked in the same breath, so that the
/// message carries the place.
macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident($inner:ty) from $raw:ty: $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) $inner);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let raw = <$raw as serde::Deserialize>::deserialize(deserializer)?;
                let check: fn($raw) -> Result<$inner, String> = $check;
                check(raw).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

pub(crate) use checked;

checked! {
    /// A time since the start, or a length of time.
    Time(Duration) from String: |text| duration(&text);
    /// A number of cells.
    Count(u8) from u8: |cells| match cells {
        3..=24 => Ok(cells),
        _ => Err(format!("{cells} cells are refused: 3 to 24 are possible")),
    };
    /// Amps, volts, watts or ampere-hours: not negative and not endless.
    Amount(f64) from f64: |amount| within(amount, 0.0, 1e6);
    /// Percent, held as a share.
    Percent(f64) from f64: |amount| within(amount, 0.0, 100.0).map(|amount| amount / 100.0);
    /// An hour of the day.
    Hour(f64) from f64: |hour| within(hour, 0.0, 24.0);
    /// Degrees around the pack.
    Celsius(f64) from f64: |celsius| within(celsius, -40.0, 80.0);
    /// A chemistry by its key.
    ChemistryWord(Chemistry) from String:
        |key| find("chemistry", &key, Chemistry::ALL, |kind| kind.key());
    /// A built-in profile by its key.
    ProfileWord(Profile) from String:
        |key| find("profile", &key, Profile::ALL, |kind| kind.key());
    /// An injection by its key.
    Kind(Injection) from String: |key| find("injection", &key, &Injection::ALL, |kind| kind.key());
}

/// The one of `all` with this key, or a sentence that lists the keys.
pub(crate) fn find<T: Copy>(
    what: &str,
    key: &str,
    all: &[T],
    key_of: fn(&T) -> &'static str,
) -> Result<T, String> {
    all.iter()
        .copied()
        .find(|one| key_of(one) == key)
        .ok_or_else(|| unknown(what, key, all.iter().map(key_of)))
}

/// The sentence about a word that is not known.
pub(crate) fn unknown(
    what: &str,
    word: &str,
    known: impl Iterator<Item = impl AsRef<str>>,
) -> String {
    let known: Vec<String> = known.map(|word| word.as_ref().to_owned()).collect();
    format!("unknown {what} `{word}`, expected one of {}", known.join(", "))
}

/// A number between two bounds, both included.
pub(crate) fn within(value: f64, low: f64, high: f64) -> Result<f64, String> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{value} is refused: it must lie between {low} and {high}"))
    }
}

/// Reads a time such as "10s", "500ms", "5min", "1.5h" or "2d".
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    /// A year: longer stories are a slip of the keyboard.
    const MOST_SECONDS: f64 = 366.0 * 86_400.0;
    let refuse = || {
        format!(
            "`{text}` is not a time: write a number and one of us, ms, s, min, h, d, such as 5min"
        )
    };
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(refuse)?;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| refuse())?;
    let seconds = match unit.trim_start() {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(refuse()),
    };
    let micros = within(number * seconds, 0.0, MOST_SECONDS)? * 1e6;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "held between nothing and a year on the line above"
    )]
    let whole = libm::rint(micros) as u64;
    Ok(Duration::from_micros(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_unit_and_nothing_else() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(duration("5 min"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("2d"), Ok(Duration::from_secs(172_800)));
        for wrong in ["", "5", "s", "-1s", "5 weeks", "1e3s", "9999d", "1..2s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
