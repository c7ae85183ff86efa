//! Stories: what the world around a pack does and when, written down as text.
//!
//! The format is TOML. `[pack]` says what pack it is, `[place]` what stands around it, and each
//! `[[at]]` what changes at a time. Unknown words are refused with the place and what would have
//! been understood, so that a misspelt load never passes as a quiet day.
//!
//! ```
//! let story = cellward_sim::Story::parse(r#"
//!     [pack]
//!     cells = 16
//!     start_soc_percent = 60
//!
//!     [[at]]
//!     time = "0s"
//!     load_a = 20
//! "#).unwrap();
//! assert_eq!(story.pack.cells, Some(16));
//! ```

use cellward_params::Chemistry;
use cellward_units::Duration;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::{Charger, Injection};

/// What a story says about the pack; what it leaves open comes from the caller.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct PackWords {
    /// Cells in series.
    pub cells: Option<u8>,
    /// Chemistry of the cells.
    pub chemistry: Option<Chemistry>,
    /// Rated capacity in Ah.
    pub capacity_ah: Option<f64>,
    /// Rated current of the board in A.
    pub rated_current_a: Option<f64>,
    /// State of charge at the start; 1.0 is full.
    pub start_soc: Option<f64>,
    /// Hour of the day at the start, 0 to 24.
    pub start_hour: Option<f64>,
    /// Seed of all chance.
    pub seed: Option<u64>,
    /// Whether the sensors have no errors.
    pub ideal_sensors: Option<bool>,
}

/// One thing that changes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Change {
    LoadAmps(f64),
    LoadWatts(f64),
    Charger(Charger),
    Ambient(f64),
    Solar(bool),
    Household(bool),
    Inject(Injection),
    Remove(Injection),
}

/// A change with its time since the start.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Turn {
    pub(crate) at: Duration,
    pub(crate) change: Change,
}

/// A story: a pack, a place and what happens, in the order of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// What it says about the pack.
    pub pack: PackWords,
    pub(crate) turns: Vec<Turn>,
}

/// Why a text is not a story. Displays as the place in the text and what is wrong there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoryError(String);

impl Default for Story {
    /// The solar day.
    fn default() -> Self {
        Self::solar_day()
    }
}

impl Story {
    /// A sunny roof, a household, and nothing else: the pack swings between about a third and
    /// full every day.
    #[must_use]
    pub fn solar_day() -> Self {
        let turn = |change| Turn { at: Duration::ZERO, change };
        Self {
            pack: PackWords::default(),
            turns: vec![turn(Change::Solar(true)), turn(Change::Household(true))],
        }
    }

    /// A pack on a bench with nothing at its port.
    #[must_use]
    pub fn rest() -> Self {
        Self { pack: PackWords::default(), turns: Vec::new() }
    }

    /// The temperature of the room that the story starts with, in °C, if it says so.
    pub(crate) fn first_ambient(&self) -> Option<f64> {
        self.turns.iter().take_while(|turn| turn.at == Duration::ZERO).find_map(|turn| {
            match turn.change {
                Change::Ambient(celsius) => Some(celsius),
                _ => None,
            }
        })
    }

    /// Reads a story.
    ///
    /// # Errors
    ///
    /// Refuses text that is not TOML, unknown words and numbers that make no sense, and says
    /// where and what would have been understood.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        let words: Words = toml::from_str(text)
            .map_err(|error| StoryError(error.to_string().trim_end().to_owned()))?;
        let pack = words.pack;
        let mut turns: Vec<Turn> = Vec::new();
        let mut add = |at, change| turns.push(Turn { at, change });
        if words.place.solar {
            add(Duration::ZERO, Change::Solar(true));
        }
        if words.place.household {
            add(Duration::ZERO, Change::Household(true));
        }
        if let Some(Celsius(celsius)) = words.place.ambient_c {
            add(Duration::ZERO, Change::Ambient(celsius));
        }
        for entry in words.at {
            let changes = [
                entry.load_a.map(|Amount(amps)| Change::LoadAmps(amps)),
                entry.load_w.map(|Amount(watts)| Change::LoadWatts(watts)),
                entry.charger.map(|charger| {
                    Change::Charger(Charger {
                        voltage_v: charger.voltage_v.0,
                        current_a: charger.current_a.0,
                    })
                }),
                entry.ambient_c.map(|Celsius(celsius)| Change::Ambient(celsius)),
                entry.solar.map(Change::Solar),
                entry.household.map(Change::Household),
                entry.inject.map(|Kind(kind)| Change::Inject(kind)),
                entry.remove.map(|Kind(kind)| Change::Remove(kind)),
            ];
            for change in changes.into_iter().flatten() {
                add(entry.time.0, change);
            }
        }
        // Stable, so that what is written first also happens first.
        turns.sort_by_key(|turn| turn.at);
        Ok(Self {
            pack: PackWords {
                cells: pack.cells.map(|Count(cells)| cells),
                chemistry: pack.chemistry.map(|Word(chemistry)| chemistry),
                capacity_ah: pack.capacity_ah.map(|Amount(amount)| amount),
                rated_current_a: pack.rated_current_a.map(|Amount(amount)| amount),
                start_soc: pack.start_soc_percent.map(|Percent(share)| share),
                start_hour: pack.start_hour.map(|Hour(hour)| hour),
                seed: pack.seed,
                ideal_sensors: pack.ideal_sensors,
            },
            turns,
        })
    }
}

/// The text as it is written; the story above is what it means.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Words {
    pack: PackText,
    place: PlaceText,
    at: Vec<AtText>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PackText {
    cells: Option<Count>,
    chemistry: Option<Word>,
    capacity_ah: Option<Amount>,
    rated_current_a: Option<Amount>,
    start_soc_percent: Option<Percent>,
    start_hour: Option<Hour>,
    seed: Option<u64>,
    ideal_sensors: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PlaceText {
    solar: bool,
    household: bool,
    ambient_c: Option<Celsius>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AtText {
    time: Time,
    load_a: Option<Amount>,
    load_w: Option<Amount>,
    charger: Option<ChargerText>,
    ambient_c: Option<Celsius>,
    solar: Option<bool>,
    household: Option<bool>,
    inject: Option<Kind>,
    remove: Option<Kind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargerText {
    voltage_v: Amount,
    current_a: Amount,
}

/// Makes a type that is read from a text or number and checked in the same breath, so that the
/// message carries the place.
macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident($inner:ty) from $raw:ty: $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        struct $name($inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = <$raw>::deserialize(deserializer)?;
                let check: fn($raw) -> Result<$inner, String> = $check;
                check(raw).map(Self).map_err(D::Error::custom)
            }
        }
    )*};
}

checked! {
    /// A time since the start.
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
    Word(Chemistry) from String: |key| Chemistry::ALL
        .iter()
        .copied()
        .find(|chemistry| chemistry.key() == key)
        .ok_or_else(|| unknown("chemistry", &key, Chemistry::ALL.iter().map(|kind| kind.key())));
    /// An injection by its key.
    Kind(Injection) from String: |key| Injection::from_key(&key)
        .ok_or_else(|| unknown("injection", &key, Injection::ALL.iter().map(|kind| kind.key())));
}

fn unknown(what: &str, word: &str, known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    format!("unknown {what} `{word}`, expected one of {}", known.join(", "))
}

fn within(value: f64, low: f64, high: f64) -> Result<f64, String> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{value} is refused: it must lie between {low} and {high}"))
    }
}

/// Reads a time such as "10s", "500ms", "5min", "1.5h" or "2d".
fn duration(text: &str) -> Result<Duration, String> {
    /// A year: longer stories are a slip of the keyboard.
    const MOST_SECONDS: f64 = 366.0 * 86_400.0;
    let refuse = || {
        format!("`{text}` is not a time: write a number and one of ms, s, min, h, d, such as 5min")
    };
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(refuse)?;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| refuse())?;
    let seconds = match unit.trim_start() {
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

    fn refused(text: &str) -> String {
        Story::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn times_are_read_in_every_unit_and_nothing_else() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5 min"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("2d"), Ok(Duration::from_secs(172_800)));
        for wrong in ["", "5", "s", "-1s", "5 weeks", "1e3s", "9999d", "1..2s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_keys_that_exist() {
        let message = refused("[pack]\ncells = 16\n\n[[at]]\ntime = \"0s\"\nlaod_a = 20\n");
        assert!(message.contains("line 6"), "{message}");
        assert!(message.contains("`laod_a`"), "{message}");
        assert!(message.contains("`load_a`"), "{message}");
    }

    #[test]
    fn an_unknown_injection_is_refused_with_the_ones_that_exist() {
        let message = refused("[[at]]\ntime = \"0s\"\ninject = \"earthquake\"\n");
        assert!(message.contains("line 3"), "{message}");
        assert!(message.contains("open_wire"), "{message}");
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_at_their_boundaries() {
        assert!(refused("[pack]\ncells = 2\n").contains("3 to 24"));
        assert!(refused("[pack]\ncells = 25\n").contains("3 to 24"));
        assert!(Story::parse("[pack]\ncells = 24\n").is_ok());
        assert!(refused("[pack]\nstart_soc_percent = 100.1\n").contains("100"));
        assert!(refused("[[at]]\ntime = \"0s\"\nload_a = -1\n").contains("-1"));
        assert!(refused("[[at]]\ntime = \"0s\"\nload_a = nan\n").contains("NaN"));
    }

    #[test]
    fn turns_come_in_the_order_of_time_and_then_of_writing() {
        let story = Story::parse(
            "[[at]]\ntime = \"2s\"\nload_a = 3\n[[at]]\ntime = \"1s\"\nload_a = 1\nambient_c = 5\n",
        )
        .unwrap();
        let changes: Vec<_> = story.turns.iter().map(|turn| turn.change).collect();
        assert_eq!(changes, [Change::LoadAmps(1.0), Change::Ambient(5.0), Change::LoadAmps(3.0)]);
    }

    #[test]
    fn the_shipped_stories_can_be_read() {
        let steady = Story::parse(include_str!("../../../scenarios/steady.toml")).unwrap();
        assert_eq!(steady.turns.len(), 1);
        assert_eq!(steady.turns[0].change, Change::LoadAmps(20.0));
        let solar = Story::parse(include_str!("../../../scenarios/solar-day.toml")).unwrap();
        assert_eq!(solar.turns, Story::solar_day().turns);
    }
}
