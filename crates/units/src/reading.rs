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

    /// The stable number, from 1 in the order of the list above; 0 is none of them.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::NotYet => 1,
            Self::NotFitted => 2,
            Self::NotCarried => 3,
            Self::Stale => 4,
            Self::SensorOpen => 5,
            Self::SensorShort => 6,
            Self::WireOpen => 7,
            Self::Implausible => 8,
            Self::ChipError => 9,
            Self::Unknown => 10,
            Self::NoAnswer => 11,
        }
    }

    /// The reason with this number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_number_of_its_own_that_leads_back() {
        for (code, reason) in (1..).zip(NoData::ALL) {
            assert_eq!(reason.code(), code);
            assert_eq!(NoData::from_code(code), Some(reason));
        }
        assert_eq!(NoData::from_code(0), None);
        assert_eq!(NoData::from_code(12), None);
    }
}
