//! What is expected of the board, when, and how the words say so.

use cellward_params::fault::Level;
use cellward_params::record::{Happening, RecordKind, ReleaseReason};
use cellward_params::{Fault, Pattern, Point, Role, Switch};
use cellward_units::{Duration, NoData};
use serde::Deserialize;

use super::words::{
    Absence, AskerWord, FaultWord, Green, HappeningWord, KindWord, LevelWord, NumberFromOne,
    PointWord, ReasonWord, Red, ReleaseWord, StateWord, SwitchPlace, TapNumber, UntilWord, Wanted,
};
use crate::story::words::Time;
use crate::story::{limit_unit, raw};

/// One expectation.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expectation {
    /// The line of its `[[expect]]`, from 1.
    pub(crate) line: usize,
    pub(crate) when: When,
    /// Whether it must *not* be so.
    pub(crate) never: bool,
    /// How often an event must happen, if the text says it.
    pub(crate) count: Option<u32>,
    pub(crate) claim: Claim,
}

/// When it must be so, in time since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// At this instant.
    At(Duration),
    /// It must come about between these two, both included.
    Within(Duration, Duration),
    /// All the time between these two, both included; for events, at any time between them. No
    /// end is the end of the scenario.
    Span(Duration, Option<Duration>),
}

impl When {
    /// Every time that it names.
    pub(crate) fn named(self) -> impl Iterator<Item = Duration> {
        let (first, last) = match self {
            Self::At(at) => (at, None),
            Self::Within(from, to) => (from, Some(to)),
            Self::Span(from, to) => (from, to),
        };
        [Some(first), last].into_iter().flatten()
    }
}

/// What is claimed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Claim {
    /// A switch is closed or open in the plant.
    Switch(Switch, bool),
    /// The board wants a switch closed or open.
    Commanded(Switch, bool),
    /// A level of a fault sets.
    Set(FaultClaim),
    /// A level of a fault clears.
    Cleared(FaultClaim),
    /// A level of a fault is active.
    Active(FaultClaim),
    /// A record without a fault.
    Event { happening: Happening, kind: Option<RecordKind>, role: Option<Role>, index: Option<u8> },
    /// Some fault has become a lock.
    Locked(bool),
    /// The trip output is on.
    Trip(bool),
    /// The board wants the pre-charge path closed or open.
    Precharge(bool),
    /// The red light shows a pattern; the word for it.
    Red(Pattern, String),
    /// The green light shows a pattern; the word for it.
    Green(Pattern, String),
    /// The first reason why a switch is open; `None` is no reason at all.
    Reason(ReasonClaim),
    /// A point has a value.
    Point { point: Point, index: usize, wanted: PointClaim },
}

/// A level of a fault with its numbers; what is `None` may be anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FaultClaim {
    pub(crate) fault: Fault,
    pub(crate) level: Option<Level>,
    /// Cell, sensor or switch, from 0.
    pub(crate) index: Option<u8>,
    /// Raw value and how far it may be off.
    pub(crate) value: Option<i32>,
    pub(crate) limit: Option<i32>,
    pub(crate) tolerance: i32,
    /// Why it released, for what clears.
    pub(crate) release: Option<ReleaseReason>,
    /// As whom somebody made it clear.
    pub(crate) role: Option<Role>,
}

/// Why a switch is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReasonClaim {
    pub(crate) switch: Switch,
    /// The key of the reason; `None` is no reason at all.
    pub(crate) why: Option<&'static str>,
    /// Whether it must be the first one.
    pub(crate) first: bool,
    /// The key of the way out.
    pub(crate) until: Option<&'static str>,
    /// Least and most time left.
    pub(crate) left: Option<(Duration, Duration)>,
}

/// What a point must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PointClaim {
    /// A number between two raw ones, both included.
    Between(Option<i64>, Option<i64>),
    /// A flag.
    Flag(bool),
    /// A word or text.
    Word(String),
    /// Absent, with this reason.
    Absent(NoData),
}

/// Makes the struct of an `[[expect]]`, and the names of the words that are there.
macro_rules! expect_words {
    ($($word:ident: $type:ty,)*) => {
        /// `[[expect]]` as it is written.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct ExpectText {
            $($word: Option<$type>,)*
        }

        impl ExpectText {
            /// The words that were written.
            fn written(&self) -> Vec<&'static str> {
                let mut words = Vec::new();
                $(if self.$word.is_some() {
                    words.push(stringify!($word));
                })*
                words
            }
        }
    };
}

expect_words! {
    // When.
    at: Time,
    within: [Time; 2],
    from: Time,
    until: Time,
    never: bool,
    count: u32,
    // What: exactly one of these.
    charge: StateWord,
    discharge: StateWord,
    charge_commanded: StateWord,
    discharge_commanded: StateWord,
    fault_set: FaultWord,
    fault_cleared: FaultWord,
    fault_active: FaultWord,
    event: HappeningWord,
    locked: bool,
    trip: bool,
    precharge: StateWord,
    red: Red,
    green: Green,
    charge_reason: ReasonWord,
    discharge_reason: ReasonWord,
    charge_reasons: ReasonWord,
    discharge_reasons: ReasonWord,
    point: PointWord,
    // Closer words about it.
    level: LevelWord,
    cell: NumberFromOne,
    sensor: NumberFromOne,
    switch: SwitchPlace,
    tap: TapNumber,
    value: f64,
    limit: f64,
    tolerance: f64,
    release: ReleaseWord,
    role: AskerWord,
    kind: KindWord,
    way_out: UntilWord,
    time_left: [Time; 2],
    min: f64,
    max: f64,
    is: Wanted,
    absent: Absence,
}

/// Words that say when.
const WHEN: [&str; 6] = ["at", "within", "from", "until", "never", "count"];

/// What can be claimed, and the closer words that each understands.
const CLAIMS: [(&str, &[&str]); 18] = [
    ("charge", &[]),
    ("discharge", &[]),
    ("charge_commanded", &[]),
    ("discharge_commanded", &[]),
    ("fault_set", FAULT),
    ("fault_cleared", CLEARED),
    ("fault_active", FAULT),
    ("event", &["kind", "role", "cell", "sensor", "switch", "tap"]),
    ("locked", &[]),
    ("trip", &[]),
    ("precharge", &[]),
    ("red", &[]),
    ("green", &[]),
    ("charge_reason", REASON),
    ("discharge_reason", REASON),
    ("charge_reasons", REASON),
    ("discharge_reasons", REASON),
    ("point", &["min", "max", "is", "absent"]),
];

const FAULT: &[&str] = &["level", "cell", "sensor", "switch", "tap", "value", "limit", "tolerance"];
const CLEARED: &[&str] =
    &["level", "cell", "sensor", "switch", "tap", "value", "limit", "tolerance", "release", "role"];
const REASON: &[&str] = &["way_out", "time_left"];

impl ExpectText {
    /// What the words mean.
    ///
    /// # Errors
    ///
    /// Refuses words that do not go together, with a sentence that says which would.
    pub(super) fn meaning(self, line: usize) -> Result<Expectation, String> {
        let written = self.written();
        let mut claims = CLAIMS.iter().filter(|(word, _)| written.contains(word));
        let (Some((claim, closer)), None) = (claims.next(), claims.next()) else {
            let words: Vec<_> = CLAIMS.iter().map(|(word, _)| *word).collect();
            return Err(format!("an expectation says exactly one of {}", words.join(", ")));
        };
        if let Some(odd) = written
            .iter()
            .find(|word| *word != claim && !WHEN.contains(word) && !closer.contains(word))
        {
            let closer = if closer.is_empty() { "nothing".to_owned() } else { closer.join(", ") };
            return Err(format!("`{odd}` says nothing about `{claim}`, which takes {closer}"));
        }
        let when = self.when()?;
        let never = self.never.unwrap_or(false);
        let count = self.count;
        let claim = self.claim()?;
        let event = matches!(claim, Claim::Set(_) | Claim::Cleared(_) | Claim::Event { .. });
        match when {
            When::At(_) if event => {
                return Err("an event needs `within`, or `from` and `until`".to_owned());
            }
            When::Within(..) if never => {
                return Err("`never` goes with `at`, or with `from` and `until`".to_owned());
            }
            _ if count.is_some() && (!event || never) => {
                return Err("`count` is for events that happen".to_owned());
            }
            _ => {}
        }
        Ok(Expectation { line, when, never, count, claim })
    }

    fn when(&self) -> Result<When, String> {
        let ordered = |from: Duration, until: Duration| {
            if from <= until {
                Ok(())
            } else {
                Err("the second time comes before the first".to_owned())
            }
        };
        match (self.at, self.within, self.from, self.until) {
            (Some(at), None, None, None) => Ok(When::At(at.0)),
            (None, Some([from, until]), None, None) => {
                ordered(from.0, until.0)?;
                Ok(When::Within(from.0, until.0))
            }
            (None, None, Some(from), until) => {
                if let Some(until) = until {
                    ordered(from.0, until.0)?;
                }
                Ok(When::Span(from.0, until.map(|until| until.0)))
            }
            (None, None, None, Some(until)) => Ok(When::Span(Duration::ZERO, Some(until.0))),
            _ => Err("an expectation says when: `at`, `within`, or `from` and `until`".to_owned()),
        }
    }

    fn claim(self) -> Result<Claim, String> {
        let index = self.index()?;
        let fault = |word: FaultWord| self.fault(word.0, index);
        let reason = |switch, word: ReasonWord, first| {
            Claim::Reason(ReasonClaim {
                switch,
                why: word.0,
                first,
                until: self.way_out.map(|word| word.0),
                left: self.time_left.map(|[least, most]| (least.0, most.0)),
            })
        };
        if let Some(word) = self.charge {
            return Ok(Claim::Switch(Switch::Charge, word.0));
        }
        if let Some(word) = self.discharge {
            return Ok(Claim::Switch(Switch::Discharge, word.0));
        }
        if let Some(word) = self.charge_commanded {
            return Ok(Claim::Commanded(Switch::Charge, word.0));
        }
        if let Some(word) = self.discharge_commanded {
            return Ok(Claim::Commanded(Switch::Discharge, word.0));
        }
        if let Some(word) = self.fault_set {
            return Ok(Claim::Set(fault(word)?));
        }
        if let Some(word) = self.fault_cleared {
            return Ok(Claim::Cleared(fault(word)?));
        }
        if let Some(word) = self.fault_active {
            return Ok(Claim::Active(fault(word)?));
        }
        if let Some(word) = self.event {
            let kind = self.kind.map(|word| word.0);
            let role = self.role.map(|word| word.0);
            return Ok(Claim::Event { happening: word.0, kind, role, index });
        }
        if let Some(locked) = self.locked {
            return Ok(Claim::Locked(locked));
        }
        if let Some(on) = self.trip {
            return Ok(Claim::Trip(on));
        }
        if let Some(word) = self.precharge {
            return Ok(Claim::Precharge(word.0));
        }
        if let Some(word) = &self.red {
            return Ok(Claim::Red(word.0.0, word.0.1.clone()));
        }
        if let Some(word) = &self.green {
            return Ok(Claim::Green(word.0.0, word.0.1.clone()));
        }
        if let Some(word) = self.charge_reason {
            return Ok(reason(Switch::Charge, word, true));
        }
        if let Some(word) = self.discharge_reason {
            return Ok(reason(Switch::Discharge, word, true));
        }
        if let Some(word) = self.charge_reasons {
            return Ok(reason(Switch::Charge, word, false));
        }
        if let Some(word) = self.discharge_reasons {
            return Ok(reason(Switch::Discharge, word, false));
        }
        match self.point {
            Some(word) => self.about_point(word),
            // `meaning` has seen that one of them is there.
            None => Err("an expectation says what it expects".to_owned()),
        }
    }

    /// The place that a record names, from 0.
    fn index(&self) -> Result<Option<u8>, String> {
        let places = [
            self.cell.map(|number| number.0 - 1),
            self.sensor.map(|number| number.0 - 1),
            self.switch.map(|switch| switch.0.code()),
            self.tap.map(|tap| tap.0),
        ];
        let mut places = places.into_iter().flatten();
        match (places.next(), places.next()) {
            (place, None) => Ok(place),
            _ => Err("a record names one place: a cell, a sensor, a switch or a tap".to_owned()),
        }
    }

    fn fault(&self, fault: Fault, index: Option<u8>) -> Result<FaultClaim, String> {
        let unit = limit_unit(fault);
        let number = |word: Option<f64>| word.map(|value| raw(value, unit)).transpose();
        Ok(FaultClaim {
            fault,
            level: self.level.map(|word| word.0),
            index,
            value: number(self.value)?,
            limit: number(self.limit)?,
            tolerance: number(self.tolerance)?.unwrap_or(0),
            release: self.release.map(|word| word.0),
            role: self.role.map(|word| word.0),
        })
    }

    fn about_point(&self, PointWord((point, index)): PointWord) -> Result<Claim, String> {
        let unit = point.row().unit;
        let number =
            |word: Option<f64>| word.map(|value| raw(value, unit).map(i64::from)).transpose();
        let (min, max) = (number(self.min)?, number(self.max)?);
        let range = min.is_some() || max.is_some();
        let wanted = match (range, &self.is, self.absent) {
            (true, None, None) => PointClaim::Between(min, max),
            (false, Some(Wanted::Flag(flag)), None) => PointClaim::Flag(*flag),
            (false, Some(Wanted::Word(word)), None) => PointClaim::Word(word.clone()),
            (false, None, Some(reason)) => PointClaim::Absent(reason.0),
            _ => {
                return Err("a point has `min` and `max`, or `is`, or `absent`".to_owned());
            }
        };
        Ok(Claim::Point { point, index, wanted })
    }
}
