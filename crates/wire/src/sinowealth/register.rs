//! The table of registers: their names and raw units (C, see the module).

use core::fmt;

use super::{Request, Value, Width};

/// In what a register counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Millivolts.
    Millivolts,
    /// Tenths of a kelvin above absolute zero.
    Decikelvin,
    /// Milliamperes, signed; which sign charges is not known.
    Milliamps,
    /// Milliampere-hours.
    MilliampHours,
    /// Percent of the full capacity.
    Percent,
    /// A bare number.
    Count,
    /// Bits.
    Bits,
}

/// A register that the one known client reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Register {
    /// Its number.
    pub number: u8,
    /// Its name for people.
    pub name: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// How many bytes it has.
    pub width: Width,
}

impl Register {
    /// The register of this number, if it is known.
    #[must_use]
    pub fn find(number: u8) -> Option<&'static Self> {
        REGISTERS.iter().find(|register| register.number == number)
    }

    /// The question for it.
    #[must_use]
    pub const fn request(&self) -> Request {
        Request { register: self.number, width: self.width }
    }

    /// What a value means in it, as one line for a person.
    #[must_use]
    pub const fn show(&self, value: Value) -> Shown {
        Shown { register: *self, value }
    }
}

/// A value in its register, to be written for a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    register: Register,
    value: Value,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.register.name)?;
        let number = self.value.unsigned();
        match self.register.unit {
            Unit::Millivolts => write!(f, "{number} mV"),
            // As the client does it: 273 and not 273.15.
            Unit::Decikelvin => {
                let tenths = i64::from(number).saturating_sub(2_730);
                let sign = if tenths < 0 { "-" } else { "" };
                let size = tenths.unsigned_abs();
                write!(f, "{sign}{}.{} °C", size / 10, size % 10)
            }
            Unit::Milliamps => write!(f, "{} mA as sent", self.value.signed()),
            Unit::MilliampHours => write!(f, "{number} mAh"),
            Unit::Percent => write!(f, "{number} %"),
            Unit::Count => write!(f, "{number}"),
            Unit::Bits => write!(f, "{number:016b}"),
        }
    }
}

const fn two(number: u8, name: &'static str, unit: Unit) -> Register {
    Register { number, name, unit, width: Width::Two }
}

const fn four(number: u8, name: &'static str, unit: Unit) -> Register {
    Register { number, name, unit, width: Width::Four }
}

/// All known registers in the order of their numbers. A cell that reads 0 ends the list of cells.
/// Which bit of the two states means what is `link`'s.
pub const REGISTERS: [Register; 22] = [
    two(0x01, "cell 1", Unit::Millivolts),
    two(0x02, "cell 2", Unit::Millivolts),
    two(0x03, "cell 3", Unit::Millivolts),
    two(0x04, "cell 4", Unit::Millivolts),
    two(0x05, "cell 5", Unit::Millivolts),
    two(0x06, "cell 6", Unit::Millivolts),
    two(0x07, "cell 7", Unit::Millivolts),
    two(0x08, "cell 8", Unit::Millivolts),
    two(0x09, "cell 9", Unit::Millivolts),
    two(0x0A, "cell 10", Unit::Millivolts),
    two(0x0B, "pack voltage", Unit::Millivolts),
    two(0x0C, "outer temperature 1", Unit::Decikelvin),
    two(0x0D, "outer temperature 2", Unit::Decikelvin),
    two(0x0E, "chip temperature 1", Unit::Decikelvin),
    two(0x0F, "chip temperature 2", Unit::Decikelvin),
    four(0x10, "current", Unit::Milliamps),
    four(0x11, "full capacity", Unit::MilliampHours),
    four(0x12, "remaining capacity", Unit::MilliampHours),
    two(0x13, "state of charge", Unit::Percent),
    two(0x14, "cycles", Unit::Count),
    two(0x15, "pack state", Unit::Bits),
    two(0x16, "battery state", Unit::Bits),
];
