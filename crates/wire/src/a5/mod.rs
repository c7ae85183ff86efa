//! The 13-byte protocol that starts with `A5`: the classic boards' UART and RS485.
//!
//! # Where it is specified, and how sure we are
//!
//! The letters are **A** a vendor document, **B** two or more independent implementations or
//! captures, **C** one of them. Vendor documents: *UART/485 Communications Protocol* V1.0
//! (2019-06-11) and V1.2 (2020-12-22). Everything from 0x50 to 0x63 comes from public captures and
//! open client programs only.
//!
//! | offset | size | field | value | sure |
//! |---|---|---|---|---|
//! | 0 | 1 | start | 0xA5 | A |
//! | 1 | 1 | address | request: the host's; reply: the board's number | A |
//! | 2 | 1 | command | 0x90 … | A |
//! | 3 | 1 | length | 8, always | A |
//! | 4 | 8 | payload | big-endian, unsigned | A |
//! | 12 | 1 | check | low byte of the sum of bytes 0 to 11 | A |
//!
//! Strict request and reply; a board never talks first and never reports an error. Nothing is
//! escaped: 0xA5 may stand in the payload, so a reader resynchronises byte by byte
//! ([`Deframer`]).
//!
//! | command | reply | sure |
//! |---|---|---|
//! | 0x90 to 0x98 | live values | A |
//! | 0x50, 0x51, 0x59, 0x5A, 0x5F | ratings, boards, cell, pack and balance limits | B |
//! | 0x53, 0x61 | date B, the rest C | B, C |
//! | 0x57, 0x63 | texts in several frames | B |
//! | 0x52, 0x54, 0x5B to 0x5E, 0x60, 0x62 | totals, limits, versions | C |
//! | 0xD8, 0x02 | meaning unknown | B, C |
//! | 0xD9, 0xDA, 0x00, 0x21 | writes: switches, restart, clock and SOC | B |
//!
//! Multi-frame replies carry their frame number in payload byte 0. The vendor says it counts from
//! 0; every capture counts from 1 (B).
//!
//! # The additive check is weak
//!
//! Two flipped bits pass it in 6 % of cases, two swapped bytes always. What comes out of here is
//! *undamaged as far as the check can tell*; plausibility is `link`'s.
//!
//! # Reading on
//!
//! [`Frame`] is the view, [`Message`] the owned frame, [`Reply`] and [`Request`] its typed
//! meaning, [`Encoder`] the board's side with its shared buffer.

mod deframer;
mod display;
mod encoder;
mod field;
mod frame;
mod payload;
mod reply;
mod request;
#[cfg(test)]
mod tests;

pub use deframer::{Deframer, Piece, Refused, scan};
pub use encoder::{Encoder, Fill};
pub use field::{Field, Size};
pub use frame::{Frame, FrameError, Message};
pub use payload::{
    Balance, BalanceSettings, Boards, CellLimits, CellRange, Cells, ClockAndSoc, CurrentLimits,
    Details, DifferenceLimits, Failures, FirmwareIndex, Opaque, Pack, PackLimits, Rated,
    ShortCircuit, SocLimits, Status, SwitchWord, Switches, TemperatureLimits, TemperatureRange,
    Temperatures, TextPart, Totals,
};
pub use reply::Reply;
pub use request::Request;

/// First byte of every frame.
pub const START: u8 = 0xA5;
/// Bytes of a frame.
pub const FRAME_LEN: usize = 13;
/// Bytes of a payload, and what the length byte always says.
pub const PAYLOAD_LEN: usize = 8;
/// Address of a wired host that speaks to board 1; V1.2 calls it the upper computer.
pub const HOST_WIRED: u8 = 0x40;
/// Address of the phone app. A board answers it with always 16 cell frames.
pub const HOST_APP: u8 = 0x80;
/// Address of the GPRS module.
pub const HOST_GPRS: u8 = 0x20;
/// Smallest address that is a host's; a frame with such an address is no board's reply.
pub const FIRST_HOST: u8 = 0x20;
/// Largest board number on one bus.
pub const MAX_BOARD: u8 = 16;
/// Most cells that 16 frames of 0x95 carry.
pub const MAX_CELLS: usize = 48;
/// Cells in one frame of 0x95.
pub const CELLS_PER_FRAME: usize = 3;
/// Temperatures in one frame of 0x96.
pub const SENSORS_PER_FRAME: usize = 7;

/// The host address that speaks to board `number` (1 to 16) on a shared bus: 0x3F + number.
#[must_use]
pub const fn host_address(number: u8) -> u8 {
    HOST_WIRED.saturating_sub(1).saturating_add(number)
}

/// Which board a host's frame speaks to; `None` for an address that is no host's.
#[must_use]
pub const fn addressed_board(host: u8) -> Option<u8> {
    match host {
        HOST_WIRED..=0x4F => Some(host.saturating_sub(HOST_WIRED).saturating_add(1)),
        HOST_APP | HOST_GPRS => Some(1),
        _ => None,
    }
}

/// Commands by name.
pub mod command {
    /// Pack voltage, current, SOC.
    pub const PACK: u8 = 0x90;
    /// Highest and lowest cell.
    pub const CELL_RANGE: u8 = 0x91;
    /// Highest and lowest temperature.
    pub const TEMPERATURE_RANGE: u8 = 0x92;
    /// Switches and remaining capacity.
    pub const SWITCHES: u8 = 0x93;
    /// Counts, charger, load, cycles.
    pub const STATUS: u8 = 0x94;
    /// Cell voltages.
    pub const CELLS: u8 = 0x95;
    /// Temperatures.
    pub const TEMPERATURES: u8 = 0x96;
    /// Which cells are bled.
    pub const BALANCE: u8 = 0x97;
    /// Alarms and protections.
    pub const FAILURES: u8 = 0x98;
    /// Rated capacity and nominal cell voltage.
    pub const RATED: u8 = 0x50;
    /// Stacked boards.
    pub const BOARDS: u8 = 0x51;
    /// Charge that ever went in and came out.
    pub const TOTALS: u8 = 0x52;
    /// Chemistry and production date.
    pub const DETAILS: u8 = 0x53;
    /// Firmware index.
    pub const FIRMWARE_INDEX: u8 = 0x54;
    /// Battery code.
    pub const BATTERY_CODE: u8 = 0x57;
    /// Cell voltage limits.
    pub const CELL_LIMITS: u8 = 0x59;
    /// Pack voltage limits.
    pub const PACK_LIMITS: u8 = 0x5A;
    /// Current limits.
    pub const CURRENT_LIMITS: u8 = 0x5B;
    /// Temperature limits.
    pub const TEMPERATURE_LIMITS: u8 = 0x5C;
    /// SOC limits.
    pub const SOC_LIMITS: u8 = 0x5D;
    /// Difference limits.
    pub const DIFFERENCE_LIMITS: u8 = 0x5E;
    /// Balancing.
    pub const BALANCE_SETTINGS: u8 = 0x5F;
    /// Short circuit.
    pub const SHORT_CIRCUIT: u8 = 0x60;
    /// Clock and SOC.
    pub const CLOCK: u8 = 0x61;
    /// Software version.
    pub const SOFTWARE_VERSION: u8 = 0x62;
    /// Hardware version.
    pub const HARDWARE_VERSION: u8 = 0x63;
    /// Meaning unknown; a PC tool sends it after 0x98.
    pub const UNKNOWN_D8: u8 = 0xD8;
    /// Meaning unknown; a phone app sends it when it connects.
    pub const UNKNOWN_02: u8 = 0x02;
    /// Write: discharge switch.
    pub const SET_DISCHARGE: u8 = 0xD9;
    /// Write: charge switch.
    pub const SET_CHARGE: u8 = 0xDA;
    /// Write: restart the board.
    pub const RESTART: u8 = 0x00;
    /// Write: clock and SOC.
    pub const SET_CLOCK: u8 = 0x21;
}
