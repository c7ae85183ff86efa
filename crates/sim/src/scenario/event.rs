//! What happened while a scenario ran, in words.

use std::fmt;

use cellward_params::fault::SourceKind;
use cellward_params::record::{Subject, Switches};
use cellward_params::{Record, Refusal, Switch, Unit};
use cellward_units::{Duration, Instant};

use crate::answer::word_of;
use crate::story::limit_unit;

/// One thing that happened. Displays as one line: when, what, and with what numbers.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The board wrote a record.
    Record(Box<Record>),
    /// The switches of the plant moved.
    Moved {
        /// When, to the microsecond.
        at: Instant,
        /// What they are now.
        switches: Switches,
    },
    /// The board wants the switches otherwise; seen at the end of the tick.
    Commanded {
        /// When it was seen.
        at: Instant,
        /// What it wants now.
        switches: Switches,
    },
    /// The board answered something that the story asked.
    Answered {
        /// When.
        at: Instant,
        /// What was asked, in words.
        asked: String,
        /// Done, or why not.
        result: Result<(), Refusal>,
    },
}

impl Event {
    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Instant {
        match self {
            Self::Record(record) => record.at,
            Self::Moved { at, .. } | Self::Commanded { at, .. } | Self::Answered { at, .. } => *at,
        }
    }

    /// The word for an answer: `ok`, or the key of the refusal.
    #[must_use]
    pub const fn answer_key(result: &Result<(), Refusal>) -> &'static str {
        word_of(result)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", moment(self.at()))?;
        match self {
            Self::Record(record) => told(f, record),
            Self::Moved { switches, .. } => write!(f, "switches moved: {}", both(*switches)),
            Self::Commanded { switches, .. } => write!(f, "board wants: {}", both(*switches)),
            Self::Answered { asked, result, .. } => {
                write!(f, "asked to {asked}: {}", word_of(result))?;
                match result {
                    Ok(()) => Ok(()),
                    Err(refusal) => write!(f, " ({refusal})"),
                }
            }
        }
    }
}

fn told(f: &mut fmt::Formatter<'_>, record: &Record) -> fmt::Result {
    write!(f, "{} {}", record.kind.key(), record.subject.key())?;
    let (unit, source) = match record.subject {
        Subject::Fault(fault, level) => {
            write!(f, " {}", level.key())?;
            (limit_unit(fault), fault.row().source)
        }
        // What a record without a fault is about is a switch, if it is about a place at all.
        Subject::Happening(_) => (Unit::None, SourceKind::Switch),
    };
    if let Some(index) = record.index {
        write!(f, ", {}", place(source, index))?;
    }
    if let Some(value) = record.value {
        write!(f, ", value {}", number(value, unit))?;
    }
    if let Some(limit) = record.limit {
        write!(f, ", limit {}", number(limit, unit))?;
    }
    if record.lasted > Duration::ZERO {
        write!(f, ", lasted {}", length(record.lasted))?;
    }
    if let Some(release) = record.release {
        write!(f, ", released: {}", release.key())?;
    }
    if let Some(role) = record.role {
        write!(f, ", by {}", role.key())?;
    }
    Ok(())
}

/// A place as people count.
pub(super) fn place(source: SourceKind, index: u8) -> String {
    let number = u16::from(index) + 1;
    match source {
        SourceKind::Cell => format!("cell {number}"),
        SourceKind::Sensor => format!("sensor {number}"),
        SourceKind::Switch => match Switch::from_code(index) {
            Some(switch) => format!("{} switch", switch.key()),
            None => format!("switch {number}"),
        },
        SourceKind::Tap => format!("tap {index}"),
        SourceKind::None => format!("number {number}"),
    }
}

/// A raw number in its unit.
pub(super) fn number(raw: impl Into<i64>, unit: Unit) -> String {
    let raw: i64 = raw.into();
    let number = match unit.decimals() {
        0 => raw.to_string(),
        decimals => {
            let divisor = 10_u64.pow(u32::from(decimals));
            let sign = if raw < 0 { "-" } else { "" };
            let (whole, rest) = (raw.unsigned_abs() / divisor, raw.unsigned_abs() % divisor);
            format!("{sign}{whole}.{rest:0width$}", width = usize::from(decimals))
        }
    };
    match unit.symbol() {
        "" => number,
        symbol => format!("{number} {symbol}"),
    }
}

/// Both switches in words.
fn both(switches: Switches) -> String {
    format!("charge {}, discharge {}", state(switches.charge), state(switches.discharge))
}

/// A switch in words.
pub(super) const fn state(closed: bool) -> &'static str {
    if closed { "closed" } else { "open" }
}

/// An instant as a scenario would write it.
pub(super) fn moment(at: Instant) -> String {
    length(at.since(Instant::START))
}

/// A length of time as a scenario would write it: in seconds, to the microsecond if need be.
pub(super) fn length(time: Duration) -> String {
    let micros = time.as_micros();
    let rest = format!("{:06}", micros % 1_000_000);
    match rest.trim_end_matches('0') {
        "" => format!("{}s", micros / 1_000_000),
        rest => format!("{}.{rest}s", micros / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_a_scenario_would_write_them() {
        assert_eq!(length(Duration::ZERO), "0s");
        assert_eq!(length(Duration::from_secs(3_600)), "3600s");
        assert_eq!(length(Duration::from_millis(2_150)), "2.15s");
        assert_eq!(length(Duration::from_micros(2_000_150)), "2.00015s");
    }

    #[test]
    fn numbers_carry_their_unit_sign_and_decimals() {
        assert_eq!(number(3_652, Unit::Millivolt), "3652 mV");
        assert_eq!(number(-5, Unit::Celsius), "-0.5 °C");
        assert_eq!(number(551, Unit::Celsius), "55.1 °C");
        assert_eq!(number(1, Unit::None), "1");
    }
}
