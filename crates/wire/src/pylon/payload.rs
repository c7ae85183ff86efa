//! The payloads of replies to 0x61, 0x62 and 0x63. Fields hold the raw numbers as sent, named with
//! their raw unit; temperatures are tenths of a kelvin above absolute zero.

use core::fmt;

use super::{MOST_PAYLOAD, Payload, command};

/// What a payload is made of.
trait Part: Sized {
    /// How many bytes.
    const LEN: usize;
    /// Takes it off the front; missing bytes are 0, which the check of the length excludes.
    fn take(from: &mut &[u8]) -> Self;
    fn put(&self, to: &mut Payload);
}

macro_rules! number_part {
    ($($number:ty),*) => {$(
        impl Part for $number {
            const LEN: usize = size_of::<Self>();

            fn take(from: &mut &[u8]) -> Self {
                let Some((bytes, rest)) = from.split_first_chunk() else {
                    return 0;
                };
                *from = rest;
                Self::from_be_bytes(*bytes)
            }

            fn put(&self, to: &mut Payload) {
                let fits = to.extend_from_slice(&self.to_be_bytes());
                debug_assert!(fits.is_ok(), "no payload here is longer than 49 bytes");
            }
        }
    )*};
}
number_part!(u8, u16, i16);

/// Writes a struct and both directions from one list of fields in the order of the wire.
macro_rules! payload {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty;)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Part for $name {
            const LEN: usize = 0 $(+ <$type as Part>::LEN)*;

            fn take(from: &mut &[u8]) -> Self {
                $(let $field = Part::take(from);)*
                Self { $($field),* }
            }

            fn put(&self, to: &mut Payload) {
                $(self.$field.put(to);)*
            }
        }
    )*};
}

/// The struct and both directions for a whole payload.
macro_rules! whole {
    ($($name:ident, $command:expr;)*) => {$(
        impl $name {
            /// The command whose reply this is.
            pub const COMMAND: u8 = $command;
            /// Bytes of the payload.
            pub const LEN: usize = <Self as Part>::LEN;

            /// Reads a payload.
            ///
            /// # Errors
            ///
            /// When it has not exactly [`Self::LEN`] bytes.
            pub fn parse(payload: &[u8]) -> Result<Self, PayloadError> {
                if payload.len() != Self::LEN {
                    let (need, have) = (Self::LEN, payload.len());
                    return Err(PayloadError::Length { need, have });
                }
                let mut rest = payload;
                Ok(Part::take(&mut rest))
            }

            /// The payload as sent.
            #[must_use]
            pub fn payload(&self) -> Payload {
                let mut payload = Payload::new();
                self.put(&mut payload);
                payload
            }
        }
    )*};
}

payload! {
    /// A highest or lowest value and where it was measured.
    Extreme {
        /// The value in the unit of its field.
        raw: u16;
        /// The number of the battery, as sent.
        module: u8;
        /// The number within the battery, as sent.
        place: u8;
    }

    /// Reply to 0x61: measured values of the whole system.
    System {
        /// Voltage at the terminals.
        voltage_millivolts: u16;
        /// Current in hundredths of an ampere, sign as sent; several programs read positive as
        /// charging.
        current_centiamps: i16;
        /// State of charge in percent.
        soc_percent: u8;
        /// Cycles, average of the batteries.
        cycles_average: u16;
        /// Cycles of the most used battery.
        cycles_most: u16;
        /// State of health in percent, average of the batteries.
        soh_average_percent: u8;
        /// State of health in percent of the worst battery.
        soh_least_percent: u8;
        /// The highest cell, in millivolts.
        highest_cell_millivolts: Extreme;
        /// The lowest cell, in millivolts.
        lowest_cell_millivolts: Extreme;
        /// Cell temperature, average.
        cells_average_decikelvin: u16;
        /// The hottest cell.
        cells_hottest_decikelvin: Extreme;
        /// The coldest cell.
        cells_coldest_decikelvin: Extreme;
        /// Temperature of the switches, average.
        switches_average_decikelvin: u16;
        /// The hottest switch.
        switches_hottest_decikelvin: Extreme;
        /// The coldest switch.
        switches_coldest_decikelvin: Extreme;
        /// Temperature of the boards, average.
        boards_average_decikelvin: u16;
        /// The hottest board.
        boards_hottest_decikelvin: Extreme;
        /// The coldest board.
        boards_coldest_decikelvin: Extreme;
    }

    /// Reply to 0x62: alarms and protections as bits, which are not interpreted here.
    Alarms {
        /// First byte of alarms.
        alarm_1: u8;
        /// Second byte of alarms.
        alarm_2: u8;
        /// First byte of protections.
        protection_1: u8;
        /// Second byte of protections.
        protection_2: u8;
    }

    /// Reply to 0x63: what charger and inverter may do.
    Limits {
        /// Charge-voltage limit.
        charge_millivolts: u16;
        /// Voltage down to which may be discharged.
        discharge_millivolts: u16;
        /// Charge-current limit in tenths of an ampere.
        charge_deciamps: u16;
        /// Discharge-current limit in tenths of an ampere.
        discharge_deciamps: u16;
        /// Bits of [`status`].
        status: u8;
    }
}

whole! {
    System, command::SYSTEM;
    Alarms, command::ALARMS;
    Limits, command::LIMITS;
}

const _: () = assert!(System::LEN == 49 && Alarms::LEN == 4 && Limits::LEN == 9);
const _: () = assert!(System::LEN <= MOST_PAYLOAD);

/// Bits of [`Limits::status`].
pub mod status {
    /// Charging is allowed.
    pub const CHARGE: u8 = 1 << 7;
    /// Discharging is allowed.
    pub const DISCHARGE: u8 = 1 << 6;
    /// Charge at once, first level.
    pub const CHARGE_AT_ONCE_1: u8 = 1 << 5;
    /// Charge at once, second level.
    pub const CHARGE_AT_ONCE_2: u8 = 1 << 4;
    /// Please charge until full.
    pub const FULL_CHARGE: u8 = 1 << 3;
}

/// What a reply says, once it is known which command it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// To 0x61.
    System(System),
    /// To 0x62.
    Alarms(Alarms),
    /// To 0x63.
    Limits(Limits),
}

impl Reply {
    /// Reads the payload of the reply to a command.
    ///
    /// # Errors
    ///
    /// When the command has no layout here, or the payload another length than it.
    pub fn parse(command: u8, payload: &[u8]) -> Result<Self, PayloadError> {
        match command {
            command::SYSTEM => System::parse(payload).map(Self::System),
            command::ALARMS => Alarms::parse(payload).map(Self::Alarms),
            command::LIMITS => Limits::parse(payload).map(Self::Limits),
            command => Err(PayloadError::Command { command }),
        }
    }

    /// The command that this answers.
    #[must_use]
    pub const fn command(&self) -> u8 {
        match self {
            Self::System(_) => command::SYSTEM,
            Self::Alarms(_) => command::ALARMS,
            Self::Limits(_) => command::LIMITS,
        }
    }

    /// The payload as sent.
    #[must_use]
    pub fn payload(&self) -> Payload {
        match self {
            Self::System(values) => values.payload(),
            Self::Alarms(values) => values.payload(),
            Self::Limits(values) => values.payload(),
        }
    }
}

/// Why a payload cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PayloadError {
    /// It has another length than the reply to this command.
    Length {
        /// How many bytes the reply has.
        need: usize,
        /// How many there are.
        have: usize,
    },
    /// The layout of the reply to this command is not known here.
    Command {
        /// The command.
        command: u8,
    },
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { need, have } => write!(f, "payload of {have} bytes instead of {need}"),
            Self::Command { command } => {
                write!(f, "layout of the reply to command {command:02X} is unknown")
            }
        }
    }
}

impl core::error::Error for PayloadError {}
