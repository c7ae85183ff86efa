//! Whether a claim is so, what is so instead, and what has to do with it.

use cellward_params::reason::Why;
use cellward_params::record::{RecordKind, Subject, Switches};
use cellward_params::{ActiveFault, OffReasons, PointRow, Record, Snapshot, Switch, Unit, Value};
use cellward_units::{Duration, Instant};
use std::cell::OnceCell;

use super::event::{Event, length, number, place, state};
use super::expect::{Claim, FaultClaim, PointClaim, ReasonClaim};
use super::words::{green_word, red_word};
use crate::Sim;
use crate::story::limit_unit;

/// One look at the board and the plant.
pub(super) struct Look<'a> {
    pub(super) at: Instant,
    pub(super) switches: Switches,
    sim: &'a Sim,
    snapshot: OnceCell<Box<Snapshot>>,
}

impl<'a> Look<'a> {
    pub(super) const fn new(sim: &'a Sim, at: Instant, switches: Switches) -> Self {
        Self { at, switches, sim, snapshot: OnceCell::new() }
    }

    fn snapshot(&self) -> &Snapshot {
        self.snapshot.get_or_init(|| Box::new(self.sim.snapshot()))
    }

    fn reasons(&self, switch: Switch) -> OffReasons {
        let snapshot = self.snapshot();
        let reasons = match switch {
            Switch::Charge => &snapshot.charge_switch_reasons,
            Switch::Discharge => &snapshot.discharge_switch_reasons,
        };
        reasons.clone().unwrap_or_default()
    }

    /// Whether a lock keeps a switch open.
    fn locked(&self) -> bool {
        Switch::ALL.iter().any(|switch| {
            self.reasons(*switch).iter().any(|reason| matches!(reason.why, Why::Locked(_)))
        })
    }
}

/// An output in words.
const fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl Claim {
    /// Whether it is about something that happens rather than something that is.
    pub(super) const fn is_event(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Cleared(_) | Self::Event { .. })
    }

    /// Whether it is about the switches of the plant, whose moves are known to the microsecond.
    pub(super) const fn is_switch(&self) -> bool {
        matches!(self, Self::Switch(..))
    }

    /// Whether it is about something that moves between two measurements that compare alike.
    pub(super) const fn drifts(&self) -> bool {
        matches!(self, Self::Point { .. } | Self::Reason(ReasonClaim { left: Some(_), .. }))
    }

    /// Whether this event is what is claimed. A claim about a state is never an event.
    pub(super) fn is_met_by(&self, event: &Event) -> bool {
        let Event::Record(record) = event else {
            return false;
        };
        match self {
            Self::Set(claim) => {
                matches!(record.kind, RecordKind::AlarmSet | RecordKind::ProtectionSet)
                    && claim.matches_record(record)
            }
            Self::Cleared(claim) => {
                matches!(record.kind, RecordKind::AlarmCleared | RecordKind::ProtectionCleared)
                    && claim.matches_record(record)
            }
            Self::Event { happening, kind, role, index } => {
                record.subject == Subject::Happening(*happening)
                    && kind.is_none_or(|kind| kind == record.kind)
                    && role.is_none_or(|role| Some(role) == record.role)
                    && index.is_none_or(|index| Some(index) == record.index)
            }
            _ => false,
        }
    }

    /// Whether this event has to do with the claim, so that whoever looks for a broken one wants
    /// to see it.
    pub(super) fn concerns(&self, event: &Event) -> bool {
        match (self, event) {
            (Self::Switch(..) | Self::Reason(_), Event::Moved { .. })
            | (Self::Commanded(..), Event::Commanded { .. }) => true,
            (
                Self::Set(claim) | Self::Cleared(claim) | Self::Active(claim),
                Event::Record(told),
            ) => {
                matches!(told.subject, Subject::Fault(fault, _) if fault == claim.fault)
            }
            (Self::Event { happening, .. }, Event::Record(told)) => {
                told.subject == Subject::Happening(*happening)
            }
            (
                Self::Switch(..)
                | Self::Commanded(..)
                | Self::Locked(_)
                | Self::Trip(_)
                | Self::Red(..)
                | Self::Green(..)
                | Self::Reason(_),
                Event::Record(told),
            ) => matches!(told.subject, Subject::Fault(..)),
            _ => false,
        }
    }

    /// Whether it is so now. A claim about an event is never a state.
    pub(super) fn holds(&self, look: &Look<'_>) -> bool {
        let wanted = look.sim.node().wanted();
        match self {
            Self::Switch(switch, closed) => look.switches.closed(*switch) == *closed,
            Self::Commanded(switch, closed) => wanted.switches.closed(*switch) == *closed,
            Self::Active(claim) => look
                .snapshot()
                .faults
                .as_ref()
                .is_ok_and(|faults| faults.iter().any(|active| claim.matches(active))),
            Self::Locked(locked) => look.locked() == *locked,
            Self::Trip(on) => wanted.trip == *on,
            Self::Precharge(closed) => wanted.precharge == *closed,
            Self::Red(pattern, _) => wanted.lights.red == *pattern,
            Self::Green(pattern, _) => wanted.lights.green == *pattern,
            Self::Reason(claim) => claim.holds(&look.reasons(claim.switch)),
            Self::Point { point, index, wanted } => {
                wanted.matches(look.snapshot().value(*point, *index))
            }
            Self::Set(_) | Self::Cleared(_) | Self::Event { .. } => false,
        }
    }

    /// What is so now, in words.
    pub(super) fn found(&self, look: &Look<'_>) -> String {
        let wanted = look.sim.node().wanted();
        match self {
            Self::Switch(switch, _) => {
                format!("the {} switch is {}", switch.key(), state(look.switches.closed(*switch)))
            }
            Self::Commanded(switch, _) => {
                let state = state(wanted.switches.closed(*switch));
                format!("the board wants the {} switch {state}", switch.key())
            }
            Self::Active(_) => match look.snapshot().faults.as_ref() {
                Ok(faults) if !faults.is_empty() => {
                    let faults: Vec<_> = faults.iter().map(active).collect();
                    format!("active are {}", faults.join("; "))
                }
                _ => "nothing is active".to_owned(),
            },
            Self::Locked(_) => {
                let lock = if look.locked() { "something is" } else { "nothing is" };
                format!("{lock} locked")
            }
            Self::Trip(_) => format!("the trip output is {}", on_or_off(wanted.trip)),
            Self::Precharge(_) => {
                format!("the board wants the pre-charge switch {}", state(wanted.precharge))
            }
            Self::Red(..) => format!("the red light shows {}", red_word(wanted.lights.red)),
            Self::Green(..) => format!("the green light shows {}", green_word(wanted.lights.green)),
            Self::Reason(claim) => reasons(claim.switch, &look.reasons(claim.switch)),
            Self::Point { point, index, .. } => {
                let row = point.row();
                let value = shown(look.snapshot().value(*point, *index), row);
                format!("{} is {value}", row.key)
            }
            Self::Set(_) | Self::Cleared(_) | Self::Event { .. } => String::new(),
        }
    }

    /// The claim in words, as the end of "expected …".
    pub(super) fn words(&self) -> String {
        match self {
            Self::Switch(switch, closed) => {
                format!("the {} switch {}", switch.key(), state(*closed))
            }
            Self::Commanded(switch, closed) => {
                format!("the board to want the {} switch {}", switch.key(), state(*closed))
            }
            Self::Set(claim) => format!("{} to set", claim.words()),
            Self::Cleared(claim) => format!("{} to clear", claim.words()),
            Self::Active(claim) => format!("{} active", claim.words()),
            Self::Locked(true) => "something to be locked".to_owned(),
            Self::Locked(false) => "nothing to be locked".to_owned(),
            Self::Trip(on) => format!("the trip output {}", on_or_off(*on)),
            Self::Precharge(closed) => {
                format!("the board to want the pre-charge switch {}", state(*closed))
            }
            Self::Event { happening, kind, role, index } => {
                let mut words = format!("the event {}", happening.key());
                if let Some(kind) = kind {
                    words += &format!(" of kind {}", kind.key());
                }
                if let Some(role) = role {
                    words += &format!(" by {}", role.key());
                }
                if let Some(index) = index {
                    words += &format!(" with number {}", u16::from(*index) + 1);
                }
                words
            }
            Self::Red(_, word) => format!("the red light to show {word}"),
            Self::Green(_, word) => format!("the green light to show {word}"),
            Self::Reason(claim) => claim.words(),
            Self::Point { point, index, wanted } => {
                let row = point.row();
                let place = match row.shape {
                    cellward_params::point::Shape::Scalar => String::new(),
                    _ => format!("[{}]", index + 1),
                };
                format!("{}{place} {}", row.key, wanted.words(row.unit))
            }
        }
    }
}

impl FaultClaim {
    fn matches_record(&self, record: &Record) -> bool {
        let Subject::Fault(fault, level) = record.subject else {
            return false;
        };
        let (index, value, limit) = (record.index, record.value, record.limit);
        self.matches(&ActiveFault { fault, level, index, value, limit })
            && self.release.is_none_or(|release| Some(release) == record.release)
            && self.role.is_none_or(|role| Some(role) == record.role)
    }

    fn matches(&self, active: &ActiveFault) -> bool {
        let near = |wanted: Option<i32>, found: Option<i32>| match (wanted, found) {
            (None, _) => true,
            (Some(wanted), Some(found)) => wanted.abs_diff(found) <= self.tolerance.unsigned_abs(),
            (Some(_), None) => false,
        };
        self.fault == active.fault
            && self.level.is_none_or(|level| level == active.level)
            && self.index.is_none_or(|index| Some(index) == active.index)
            && near(self.value, active.value)
            && near(self.limit, active.limit)
    }

    fn words(&self) -> String {
        let unit = limit_unit(self.fault);
        let mut words = self.fault.key().to_owned();
        if let Some(level) = self.level {
            words += &format!(" {}", level.key());
        }
        if let Some(index) = self.index {
            words += &format!(" of {}", place(self.fault.row().source, index));
        }
        if let Some(value) = self.value {
            words += &format!(" at {}", number(value, unit));
        }
        if let Some(limit) = self.limit {
            words += &format!(" with limit {}", number(limit, unit));
        }
        if self.tolerance != 0 {
            words += &format!(" ± {}", number(self.tolerance, unit));
        }
        if let Some(release) = self.release {
            words += &format!(" for reason {}", release.key());
        }
        if let Some(role) = self.role {
            words += &format!(" by {}", role.key());
        }
        words
    }
}

impl ReasonClaim {
    fn holds(&self, reasons: &OffReasons) -> bool {
        let Some(why) = self.why else {
            return reasons.is_empty();
        };
        let looked_at = if self.first { 1 } else { reasons.len() };
        reasons.iter().take(looked_at).any(|reason| {
            reason.why.key() == why
                && self.until.is_none_or(|until| reason.until.key() == until)
                && self.left.is_none_or(|(least, most)| {
                    reason.left.is_some_and(|left| (least..=most).contains(&left))
                })
        })
    }

    fn words(&self) -> String {
        let switch = self.switch.key();
        let Some(why) = self.why else {
            return format!("no reason for an open {switch} switch");
        };
        let rank = if self.first { "first reason" } else { "reasons" };
        let verb = if self.first { "to be" } else { "to include" };
        let mut words = format!("the {rank} for an open {switch} switch {verb} {why}");
        if let Some(until) = self.until {
            words += &format!(" until {until}");
        }
        if let Some((least, most)) = self.left {
            words += &format!(" with {} to {} left", length(least), length(most));
        }
        words
    }
}

impl PointClaim {
    fn matches(&self, value: Option<Value<'_>>) -> bool {
        let absence = |reason| *self == Self::Absent(reason);
        match (self, value) {
            (Self::Between(min, max), Some(Value::Number(Ok(number)))) => {
                min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
            }
            (Self::Flag(wanted), Some(Value::Flag(Ok(flag)))) => *wanted == flag,
            (Self::Word(wanted), Some(Value::Word(Ok(word)))) => wanted == word,
            (Self::Word(wanted), Some(Value::Text(Ok(text)))) => wanted == text,
            (
                _,
                Some(
                    Value::Number(Err(reason))
                    | Value::Flag(Err(reason))
                    | Value::Word(Err(reason))
                    | Value::Text(Err(reason))
                    | Value::Faults(Err(reason))
                    | Value::Reasons(Err(reason))
                    | Value::Lights(Err(reason)),
                ),
            ) => absence(reason),
            (_, None) => absence(cellward_units::NoData::NotFitted),
            _ => false,
        }
    }

    fn words(&self, unit: Unit) -> String {
        match self {
            Self::Between(Some(min), Some(max)) => {
                format!("between {} and {}", number(*min, unit), number(*max, unit))
            }
            Self::Between(Some(min), None) => format!("at least {}", number(*min, unit)),
            Self::Between(None, Some(max)) => format!("at most {}", number(*max, unit)),
            Self::Between(None, None) => "any number".to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::Word(word) => word.clone(),
            Self::Absent(reason) => format!("absent ({})", reason.key()),
        }
    }
}

/// An active fault in words.
fn active(active: &ActiveFault) -> String {
    let unit = limit_unit(active.fault);
    let mut words = format!("{} {}", active.fault.key(), active.level.key());
    if let Some(index) = active.index {
        words += &format!(" of {}", place(active.fault.row().source, index));
    }
    if let Some(value) = active.value {
        words += &format!(" at {}", number(value, unit));
    }
    if let Some(limit) = active.limit {
        words += &format!(" with limit {}", number(limit, unit));
    }
    words
}

/// The reasons of a switch in words.
fn reasons(switch: Switch, reasons: &OffReasons) -> String {
    if reasons.is_empty() {
        return format!("nothing speaks against a closed {} switch", switch.key());
    }
    let words: Vec<_> = reasons
        .iter()
        .map(|reason| {
            let left = reason
                .left
                .map_or_else(String::new, |left: Duration| format!(" with {} left", length(left)));
            format!("{} until {}{left}", reason.why.key(), reason.until.key())
        })
        .collect();
    format!("the reasons for an open {} switch are {}", switch.key(), words.join("; "))
}

/// A value of a point in words.
fn shown(value: Option<Value<'_>>, row: &PointRow) -> String {
    let absent = |reason: cellward_units::NoData| format!("absent ({})", reason.key());
    match value {
        None => "not there".to_owned(),
        Some(Value::Number(value)) => value.map_or_else(absent, |raw| number(raw, row.unit)),
        Some(Value::Flag(value)) => value.map_or_else(absent, |flag| flag.to_string()),
        Some(Value::Word(value)) => value.map_or_else(absent, str::to_owned),
        Some(Value::Text(value)) => value.map_or_else(absent, str::to_owned),
        Some(Value::Faults(value)) => {
            value.map_or_else(absent, |faults| format!("a list of {} faults", faults.len()))
        }
        Some(Value::Reasons(value)) => {
            value.map_or_else(absent, |reasons| format!("a list of {} reasons", reasons.len()))
        }
        Some(Value::Lights(value)) => value.map_or_else(absent, |_| "two lights".to_owned()),
    }
}
