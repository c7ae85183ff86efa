//! The unit in which a row of a table is written, stored and shown.

/// Unit of a parameter or point. The raw number of a row counts `10^-decimals` of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// A plain number, word, flag or text: no unit in the key.
    None,
    /// Millivolts.
    Millivolt,
    /// Milliamperes; positive charges.
    Milliamp,
    /// Milliwatts; positive flows into the pack.
    Milliwatt,
    /// Milliampere-hours.
    MilliampHour,
    /// Degrees Celsius with one decimal.
    Celsius,
    /// Hundredths of the whole with two decimals.
    Percent,
    /// Microseconds.
    Microsecond,
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
    /// Full cycles with two decimals.
    Cycle,
    /// Micro-ohms.
    Microohm,
    /// Thousandths of a named base current.
    Permille,
    /// Kelvin of the Beta equation of a sensor.
    Kelvin,
    /// Kelvin between two temperatures, with one decimal.
    KelvinDifference,
    /// Ohms.
    Ohm,
    /// Milliohms.
    Milliohm,
    /// Millionths.
    PartsPerMillion,
}

impl Unit {
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
