//! What a board answers.

use core::fmt;

use super::payload::{
    Balance, BalanceSettings, Boards, CellLimits, CellRange, Cells, ClockAndSoc, CurrentLimits,
    Details, DifferenceLimits, Failures, FirmwareIndex, Opaque, Pack, PackLimits, Rated,
    ShortCircuit, SocLimits, Status, SwitchWord, Switches, TemperatureLimits, TemperatureRange,
    Temperatures, TextPart, Totals,
};
use super::{PAYLOAD_LEN, command};

macro_rules! replies {
    ($($(#[$doc:meta])* $variant:ident($type:ident) = $command:path, $defined:literal, $title:literal;)*) => {
        /// A reply by its meaning. Parsing never fails: an unknown command keeps its bytes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Reply {
            $($(#[$doc])* $variant($type),)*
            /// Any other command.
            Other {
                /// The command.
                command: u8,
                /// Its bytes.
                payload: Opaque,
            },
        }

        impl Reply {
            /// The meaning of a reply's payload.
            #[must_use]
            pub fn parse(command: u8, payload: &[u8; PAYLOAD_LEN]) -> Self {
                match command {
                    $($command => Self::$variant($type::parse(payload)),)*
                    _ => Self::Other { command, payload: Opaque::parse(payload) },
                }
            }

            /// The command that is answered.
            #[must_use]
            pub const fn command(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $command,)*
                    Self::Other { command, .. } => *command,
                }
            }

            /// The payload as sent, kept bytes included.
            #[must_use]
            pub fn payload(&self) -> [u8; PAYLOAD_LEN] {
                match self {
                    $(Self::$variant(payload) => payload.payload(),)*
                    Self::Other { payload, .. } => payload.payload(),
                }
            }

            /// Which bytes of the payload the layout defines; bit 0 is byte 0.
            #[must_use]
            pub const fn defined(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $defined,)*
                    Self::Other { .. } => 0xFF,
                }
            }

            /// A short name for a person.
            #[must_use]
            pub const fn title(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $title,)*
                    Self::Other { .. } => "unknown command",
                }
            }
        }

        impl fmt::Display for Reply {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(payload) => write!(f, "{}: {payload}", $title),)*
                    Self::Other { command, payload } => write!(f, "{command:#04X}: {payload}"),
                }
            }
        }
    };
}

// variant(payload) = command, defined bytes, title.
replies! {
    /// 0x90.
    Pack(Pack) = command::PACK, 0xFF, "pack";
    /// 0x91.
    CellRange(CellRange) = command::CELL_RANGE, 0b0011_1111, "cell range";
    /// 0x92.
    TemperatureRange(TemperatureRange) = command::TEMPERATURE_RANGE, 0b0000_1111, "temperature range";
    /// 0x93.
    Switches(Switches) = command::SWITCHES, 0xFF, "switches";
    /// 0x94.
    Status(Status) = command::STATUS, 0b0111_1111, "status";
    /// 0x95.
    Cells(Cells) = command::CELLS, 0b0111_1111, "cells";
    /// 0x96.
    Temperatures(Temperatures) = command::TEMPERATURES, 0xFF, "temperatures";
    /// 0x97.
    Balance(Balance) = command::BALANCE, 0b0011_1111, "balance";
    /// 0x98.
    Failures(Failures) = command::FAILURES, 0xFF, "failures";
    /// 0x50.
    Rated(Rated) = command::RATED, 0xFF, "ratings";
    /// 0x51.
    Boards(Boards) = command::BOARDS, 0b0111_1111, "boards";
    /// 0x52.
    Totals(Totals) = command::TOTALS, 0xFF, "totals";
    /// 0x53.
    Details(Details) = command::DETAILS, 0b0111_1111, "details";
    /// 0x54.
    FirmwareIndex(FirmwareIndex) = command::FIRMWARE_INDEX, 0xFF, "firmware index";
    /// 0x57.
    BatteryCode(TextPart) = command::BATTERY_CODE, 0xFF, "battery code";
    /// 0x59.
    CellLimits(CellLimits) = command::CELL_LIMITS, 0xFF, "cell limits";
    /// 0x5A.
    PackLimits(PackLimits) = command::PACK_LIMITS, 0xFF, "pack limits";
    /// 0x5B.
    CurrentLimits(CurrentLimits) = command::CURRENT_LIMITS, 0xFF, "current limits";
    /// 0x5C.
    TemperatureLimits(TemperatureLimits) = command::TEMPERATURE_LIMITS, 0xFF, "temperature limits";
    /// 0x5D.
    SocLimits(SocLimits) = command::SOC_LIMITS, 0xFF, "SOC limits";
    /// 0x5E.
    DifferenceLimits(DifferenceLimits) = command::DIFFERENCE_LIMITS, 0b0011_1111, "difference limits";
    /// 0x5F.
    BalanceSettings(BalanceSettings) = command::BALANCE_SETTINGS, 0b0000_1111, "balance settings";
    /// 0x60.
    ShortCircuit(ShortCircuit) = command::SHORT_CIRCUIT, 0b0000_1111, "short circuit";
    /// 0x61.
    Clock(ClockAndSoc) = command::CLOCK, 0xFF, "clock";
    /// 0x62.
    SoftwareVersion(TextPart) = command::SOFTWARE_VERSION, 0xFF, "software version";
    /// 0x63.
    HardwareVersion(TextPart) = command::HARDWARE_VERSION, 0xFF, "hardware version";
    /// 0xD8.
    UnknownD8(Opaque) = command::UNKNOWN_D8, 0xFF, "unknown D8";
    /// 0x02.
    Unknown02(Opaque) = command::UNKNOWN_02, 0xFF, "unknown 02";
    /// 0xD9: echoes what was asked.
    DischargeSet(SwitchWord) = command::SET_DISCHARGE, 0b0000_0001, "discharge switch";
    /// 0xDA: echoes what was asked.
    ChargeSet(SwitchWord) = command::SET_CHARGE, 0b0000_0001, "charge switch";
    /// 0x00.
    Restarting(Opaque) = command::RESTART, 0x00, "restart";
    /// 0x21: 1 on success.
    ClockSet(SwitchWord) = command::SET_CLOCK, 0b0000_0001, "clock and SOC set";
}

impl Reply {
    /// The frame number, in commands whose replies have several frames.
    #[must_use]
    pub const fn frame(&self) -> Option<u8> {
        match self {
            Self::Cells(cells) => Some(cells.frame),
            Self::Temperatures(temperatures) => Some(temperatures.frame),
            Self::BatteryCode(part) | Self::SoftwareVersion(part) | Self::HardwareVersion(part) => {
                Some(part.frame)
            }
            _ => None,
        }
    }
}
