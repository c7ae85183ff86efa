//! The unit in which a row of a table is written, stored and shown.

/// Unit of a parameter or point. The raw number of a row counts `10^-decimals` of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Unit {
    /// A plain number, word, flag or text: no unit in the key.
    None = 0,
    /// Millivolts.
    Millivolt = 1,
    /// Milliamperes; positive charges.
    Milliamp = 2,
    /// Milliwatts; positive flows into the pack.
    Milliwatt = 3,
    /// Milliampere-hours.
    MilliampHour = 4,
    /// Degrees Celsius with one decimal.
    Celsius = 5,
    /// Hundredths of the whole with two decimals.
    Percent = 6,
    /// Microseconds.
    Microsecond = 7,
    /// Milliseconds.
    Millisecond = 8,
    /// Seconds.
    Second = 9,
    /// Full cycles with two decimals.
    Cycle = 10,
    /// Micro-ohms.
    Microohm = 11,
    /// Thousandths of a named base current.
    Permille = 12,
    /// Kelvin of the Beta equation of a sensor.
    Kelvin = 13,
    /// Kelvin between two temperatures, with one decimal.
    KelvinDifference = 14,
    /// Ohms.
    Ohm = 15,
    /// Milliohms.
    Milliohm = 16,
    /// Millionths.
    PartsPerMillion = 17,
    /// Milliwatt-hours.
    MilliwattHour = 18,
}

impl Unit {
    /// Every unit, in the order of the codes.
    pub const ALL: [Self; 19] = [
        Self::None,
        Self::Millivolt,
        Self::Milliamp,
        Self::Milliwatt,
        Self::MilliampHour,
        Self::Celsius,
        Self::Percent,
        Self::Microsecond,
        Self::Millisecond,
        Self::Second,
        Self::Cycle,
        Self::Microohm,
        Self::Permille,
        Self::Kelvin,
        Self::KelvinDifference,
        Self::Ohm,
        Self::Milliohm,
        Self::PartsPerMillion,
        Self::MilliwattHour,
    ];

    /// The stable number, from 0; never reused.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The unit with this number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code() == code)
    }

    /// What follows the name in JSON keys, CSV columns and metric names; empty for no unit.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::None | Self::Cycle => "",
            Self::Millivolt => "mv",
            Self::Milliamp => "ma",
            Self::Milliwatt => "mw",
            Self::MilliampHour => "mah",
            Self::Celsius => "c",
            Self::Percent => "percent",
            Self::Microsecond => "us",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Microohm => "uohm",
            Self::Permille => "permille",
            Self::Kelvin | Self::KelvinDifference => "k",
            Self::Ohm => "ohm",
            Self::Milliohm => "mohm",
            Self::PartsPerMillion => "ppm",
            Self::MilliwattHour => "mwh",
        }
    }

    /// How a person sees it written after a number.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Cycle => "cycles",
            Self::Millivolt => "mV",
            Self::Milliamp => "mA",
            Self::Milliwatt => "mW",
            Self::MilliampHour => "mAh",
            Self::Celsius => "°C",
            Self::Percent => "%",
            Self::Microsecond => "µs",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Microohm => "µΩ",
            Self::Permille => "‰",
            Self::Kelvin | Self::KelvinDifference => "K",
            Self::Ohm => "Ω",
            Self::Milliohm => "mΩ",
            Self::PartsPerMillion => "ppm",
            Self::MilliwattHour => "mWh",
        }
    }

    /// How many decimals the raw integer carries.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        match self {
            Self::Celsius | Self::KelvinDifference => 1,
            Self::Percent | Self::Cycle => 2,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_a_number_of_its_own_that_leads_back() {
        for (code, unit) in (0..).zip(Unit::ALL) {
            assert_eq!(unit.code(), code);
            assert_eq!(Unit::from_code(code), Some(unit));
        }
        assert_eq!(Unit::from_code(19), None);
    }
}
