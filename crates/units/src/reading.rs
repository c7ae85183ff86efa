//! Why there is no value: the other half of every reading.
//!
//! A reading is a `Result<quantity, NoData>`. There is no zero, no −40 °C and no last value that
//! stands for "unknown".

use core::fmt;

/// The reason a value is absent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum NoData {
    /// Nothing has been measured since start.
    NotYet,
    /// The board has no such sensor, cell or feature.
    NotFitted,
    /// The protocol that was asked does not carry this point.
    NotCarried,
    /// The last value is older than its age limit.
    Stale,
    /// The sensor reads as an open circuit: unplugged or broken wire.
    SensorOpen,
    /// The sensor reads as a short circuit.
    SensorShort,
    /// The sampling wire of this cell does not conduct.
    WireOpen,
    /// The value lies outside of what is physically possible.
    Implausible,
    /// The measuring chip did not answer or its answer was damaged.
    ChipError,
    /// The value cannot be known yet: capacity unset or never anchored.
    Unknown,
    /// The device was asked and did not answer, or its answer was refused.
    NoAnswer,
}

impl NoData {
    /// Every reason, in the order of the list above.
    pub const ALL: [Self; 11] = [
        Self::NotYet,
        Self::NotFitted,
        Self::NotCarried,
        Self::Stale,
        Self::SensorOpen,
        Self::SensorShort,
        Self::WireOpen,
        Self::Implausible,
        Self::ChipError,
        Self::Unknown,
        Self::NoAnswer,
    ];

    /// A stable lower-case key for machines, such as `not_carried`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::NotFitted => "not_fitted",
            Self::NotCarried => "not_carried",
            Self::Stale => "stale",
            Self::SensorOpen => "sensor_open",
            Self::SensorShort => "sensor_short",
            Self::WireOpen => "wire_open",
            Self::Implausible => "implausible",
            Self::ChipError => "chip_error",
            Self::Unknown => "unknown",
            Self::NoAnswer => "no_answer",
        }
    }
}

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotYet => "not measured yet",
            Self::NotFitted => "not fitted",
            Self::NotCarried => "not carried by this protocol",
            Self::Stale => "stale",
            Self::SensorOpen => "sensor open or unplugged",
            Self::SensorShort => "sensor shorted",
            Self::WireOpen => "sampling wire open",
            Self::Implausible => "implausible",
            Self::ChipError => "measuring chip does not answer",
            Self::Unknown => "not known yet",
            Self::NoAnswer => "no answer",
        })
    }
}

impl core::error::Error for NoData {}
