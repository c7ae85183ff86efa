//! The words that only expectations use.

use cellward_params::fault::Level;
use cellward_params::light::{ALARM_ONLY, running_light};
use cellward_params::point::{POINTS, Shape};
use cellward_params::record::{Happening, RecordKind, ReleaseReason};
use cellward_params::{Fault, Flow, Mode, Pattern, Point, Role, Switch};
use cellward_units::NoData;
use serde::Deserialize;

use crate::story::words::{checked, find, unknown};

checked! {
    /// Whether a switch is closed.
    StateWord(bool) from String: |key| {
        /// The words and what they mean.
        const WORDS: [(&str, bool); 2] = [("closed", true), ("open", false)];
        find("state of a switch", &key, &WORDS, |word| word.0).map(|word| word.1)
    };
    /// A fault by its key.
    FaultWord(Fault) from String: |key| find("fault", &key, Fault::ALL, |fault| fault.key());
    /// A level by its key.
    LevelWord(Level) from String: |key| find("level", &key, Level::ALL, |level| level.key());
    /// A happening by its key.
    HappeningWord(Happening) from String:
        |key| find("event", &key, Happening::ALL, |happening| happening.key());
    /// A kind of records by its key.
    KindWord(RecordKind) from String:
        |key| find("kind", &key, RecordKind::ALL, |kind| kind.key());
    /// A cell or sensor as people count, from 1.
    NumberFromOne(u8) from u8: |number| match number {
        0 => Err("cells and sensors count from 1".to_owned()),
        number => Ok(number),
    };
    /// A tap of the harness, 0 at B-.
    TapNumber(u8) from u8: |tap| match tap {
        0..=24 => Ok(tap),
        _ => Err("taps count from 0 at B- to 24".to_owned()),
    };
    /// Why a protection released.
    ReleaseWord(ReleaseReason) from String:
        |key| find("reason for a release", &key, ReleaseReason::ALL, |reason| reason.key());
    /// As whom somebody asked.
    AskerWord(Role) from String: |key| find("role", &key, Role::ALL, |role| role.key());
    /// The switch that a record is about.
    SwitchPlace(Switch) from String: |key| find("switch", &key, Switch::ALL, |kind| kind.key());
    /// Why a switch is open; `none` is no reason.
    ReasonWord(Option<&'static str>) from String: |key| {
        let known = Fault::ALL.iter().map(|fault| fault.key()).chain(REASONS);
        match known.clone().find(|known| *known == key) {
            Some(known) => Ok(Some(known)),
            None if key == "none" => Ok(None),
            None => Err(unknown("reason", &key, known.chain(["none"]))),
        }
    };
    /// What must happen before a reason goes away.
    UntilWord(&'static str) from String: |key| find("way out", &key, &WAYS_OUT, |word| word);
    /// Why a point is absent.
    Absence(NoData) from String:
        |key| find("reason for absence", &key, &NoData::ALL, |reason| reason.key());
    /// A point, with the place in its list.
    PointWord((Point, usize)) from String: |key| point(&key);
}

/// Reasons that are no faults.
pub(super) const REASONS: [&str; 7] =
    ["self_testing", "no_permit", "user", "diode_current", "precharge", "key", "does_not_follow"];

/// Every way out of a reason.
pub(super) const WAYS_OUT: [&str; 16] = [
    "recovery",
    "recovery_and_relief",
    "recovery_or_discharge",
    "discharge",
    "good_readings",
    "load_removed",
    "load_removed_or_command",
    "retry",
    "charger_removed",
    "installer",
    "commission",
    "precharge",
    "key",
    "user",
    "self_test",
    "follows",
];

/// A flag or a word of a point.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged, expecting = "true, false or a word")]
pub(super) enum Wanted {
    Flag(bool),
    Word(String),
}

/// A pattern of the red light and its word.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Red(pub(super) (Pattern, String));

/// A pattern of the green light and its word.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Green(pub(super) (Pattern, String));

impl TryFrom<String> for Red {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let flashes = key.split_once(' ').and_then(|(number, word)| match (number, word) {
            ("1", "flash") => Some(1),
            (number, "flashes") => number.parse().ok().filter(|number| (2..=10).contains(number)),
            _ => None,
        });
        let pattern = match (key.as_str(), flashes) {
            ("dark", _) => Pattern::DARK,
            ("solid", _) => Pattern::SOLID,
            ("alarm", _) => ALARM_ONLY,
            (_, Some(flashes)) => Pattern::code(flashes),
            _ => {
                let known = ["dark", "solid", "alarm", "1 flash", "2 flashes and so on to 10"];
                return Err(unknown("pattern of the red light", &key, known.into_iter()));
            }
        };
        Ok(Self((pattern, key)))
    }
}

/// The words of the green light.
const GREEN: [(&str, Mode, Flow); 6] = [
    ("dark", Mode::Sleep, Flow::Standby),
    ("update", Mode::Update, Flow::Standby),
    ("standby", Mode::Awake, Flow::Standby),
    ("precharge", Mode::Awake, Flow::Precharge),
    ("charging", Mode::Awake, Flow::Charging),
    ("discharging", Mode::Awake, Flow::Discharging),
];

impl TryFrom<String> for Green {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let (_, mode, flow) = find("pattern of the green light", &key, &GREEN, |word| word.0)?;
        Ok(Self((running_light(mode, flow), key)))
    }
}

/// The word for what the red light shows.
pub(super) fn red_word(pattern: Pattern) -> String {
    let words = ["dark", "solid", "alarm", "1 flash"].map(str::to_owned);
    let more = (2..=10).map(|flashes| format!("{flashes} flashes"));
    words
        .into_iter()
        .chain(more)
        .find(|word| Red::try_from(word.clone()).is_ok_and(|red| red.0.0 == pattern))
        .unwrap_or_else(|| format!("{pattern:?}"))
}

/// The word for what the green light shows.
pub(super) fn green_word(pattern: Pattern) -> String {
    GREEN
        .iter()
        .find(|(_, mode, flow)| running_light(*mode, *flow) == pattern)
        .map_or_else(|| format!("{pattern:?}"), |(word, ..)| (*word).to_owned())
}

/// Reads a point such as `soc`, `pack_voltage_mv` or `cell_voltage[3]`.
fn point(text: &str) -> Result<(Point, usize), String> {
    let (key, number) = match text.split_once('[') {
        None => (text, None),
        Some((key, rest)) => {
            let number = rest.strip_suffix(']').and_then(|number| number.parse::<usize>().ok());
            let number = number.filter(|&number| number > 0);
            (key, Some(number.ok_or_else(|| format!("`{text}`: places count from 1, as in [3]"))?))
        }
    };
    let named = |key: &str| {
        POINTS.iter().find(|row| {
            let tail = key.strip_prefix(row.key);
            let suffix = row.unit.suffix();
            tail == Some("") || (!suffix.is_empty() && tail == Some(&format!("_{suffix}")))
        })
    };
    let row = named(key).ok_or_else(|| unknown("point", key, POINTS.iter().map(|row| row.key)))?;
    match (row.shape, number) {
        (Shape::Scalar, None) => Ok((row.point, 0)),
        (Shape::Scalar, Some(_)) => Err(format!("`{key}` has one value: leave the place out")),
        (_, None) => Err(format!("`{key}` has several values: say which, as in {key}[3]")),
        (_, Some(number)) => Ok((row.point, number - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_found_with_and_without_their_unit_and_place() {
        assert_eq!(point("soc"), Ok((Point::SocShown, 0)));
        assert_eq!(point("soc_true_percent"), Ok((Point::SocTrue, 0)));
        assert_eq!(point("cell_voltage[1]"), Ok((Point::CellVoltage, 0)));
        assert_eq!(point("cell_voltage_mv[16]"), Ok((Point::CellVoltage, 15)));
        assert_eq!(point("cell_voltage_difference"), Ok((Point::CellVoltageDifference, 0)));
        for wrong in ["voltage", "soc[1]", "cell_voltage", "cell_voltage[0]", "cell_voltage[x]"] {
            assert!(point(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_word_of_a_light_comes_back_from_its_pattern() {
        for word in ["dark", "solid", "alarm", "1 flash", "2 flashes", "10 flashes"] {
            let Red((pattern, _)) = Red::try_from(word.to_owned()).unwrap();
            assert_eq!(red_word(pattern), word);
        }
        for (word, ..) in GREEN {
            let Green((pattern, _)) = Green::try_from(word.to_owned()).unwrap();
            assert_eq!(green_word(pattern), word);
        }
        for wrong in ["0 flashes", "1 flashes", "11 flashes", "blue", "two flashes"] {
            assert!(Red::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_reason_and_way_out_that_the_table_has_is_a_word() {
        use cellward_params::reason::{Until, Why};
        let reasons = [
            Why::SelfTest,
            Why::NoPermit,
            Why::User,
            Why::DiodeCurrent,
            Why::Precharge,
            Why::Key,
            Why::DoesNotFollow,
        ];
        assert_eq!(reasons.map(|why| why.key()), REASONS);
        let ways = [
            Until::Recovery(0),
            Until::RecoveryAndRelief(0),
            Until::RecoveryOrDischarge(0),
            Until::Discharge,
            Until::GoodReadings,
            Until::LoadRemoved,
            Until::LoadRemovedOrCommand,
            Until::Retry,
            Until::ChargerRemoved,
            Until::Installer,
            Until::Commission,
            Until::Precharge,
            Until::Key,
            Until::User,
            Until::SelfTest,
            Until::Follows,
        ];
        assert_eq!(ways.map(|until| until.key()), WAYS_OUT);
    }
}
