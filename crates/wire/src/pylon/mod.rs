//! The ASCII protocol of Pylontech's low-voltage batteries on RS485, which many inverters speak.
//!
//! # Where it is specified, and how sure we are
//!
//! The maker's *RS485-protocol-pylon-low-voltage* is passed around and not published, so everything
//! here is **B**: several independent client programs and adapters agree on it.
//!
//! | characters | field | value |
//! |---|---|---|
//! | 1 | start | `~` |
//! | 2 | version | 20, some 25 |
//! | 2 | address | of the battery; 02 is usually the first |
//! | 2 | device (CID1) | 46, a battery |
//! | 2 | code (CID2, RTN) | of a request the command, of a reply the return code |
//! | 4 | length | one digit check, three digits count of the payload's characters |
//! | 2 for each byte | payload (INFO) | numbers with their high byte first |
//! | 4 | check | minus the sum of all characters after the start, 16 bits |
//! | 1 | end | carriage return |
//!
//! All but start and end are hexadecimal digits with capital letters. The digit that checks the
//! length is minus the sum of the three others, *modulo 16*: a known program forgets the modulo and
//! sends 16 where 0 is meant.
//!
//! Nothing in a frame says whether it is a request or a reply, nor which command a reply answers:
//! whoever asked must remember. Some adapters repeat the command where the return code belongs; the
//! code is therefore given as sent.
//!
//! # Reading on
//!
//! [`Message`] is the frame and emits itself, [`parse`] looks at the beginning of some bytes,
//! [`Reply`] has the payloads of the commands that tell an inverter what to do: [`System`],
//! [`Alarms`] and [`Limits`].

mod display;
mod frame;
mod payload;
#[cfg(test)]
mod tests;

pub use frame::{Frame, Head, Message, Payload, Refusal, parse};
pub use payload::{Alarms, Extreme, Limits, PayloadError, Reply, System, status};

/// First character of every frame, `~`.
pub const START: u8 = b'~';
/// Last character of every frame, a carriage return.
pub const END: u8 = b'\r';
/// The version that nearly everybody sends.
pub const VERSION: u8 = 0x20;
/// The device that a battery is (CID1).
pub const BATTERY: u8 = 0x46;
/// Characters of a frame without payload.
pub const LEAST_FRAME: usize = 18;
/// Most bytes of payload here. The length field could say 2,047; replies about one battery need
/// less than 100.
pub const MOST_PAYLOAD: usize = 256;
/// Characters of the longest frame here.
pub const MAX_FRAME: usize = 530;

/// Commands by name (CID2 of a request).
pub mod command {
    /// Measured values of one battery.
    pub const ANALOG: u8 = 0x42;
    /// Version of the protocol, which stands in the envelope of the reply.
    pub const PROTOCOL: u8 = 0x4F;
    /// Names of device and maker.
    pub const MAKER: u8 = 0x51;
    /// Names and serial numbers of all modules.
    pub const BASICS: u8 = 0x60;
    /// Measured values of the whole system: [`super::System`].
    pub const SYSTEM: u8 = 0x61;
    /// Alarms and protections of the whole system: [`super::Alarms`].
    pub const ALARMS: u8 = 0x62;
    /// What charger and inverter may do: [`super::Limits`].
    pub const LIMITS: u8 = 0x63;
    /// What charger and inverter may do, for one battery.
    pub const PACK_LIMITS: u8 = 0x92;
}

/// Return codes by name (RTN of a reply).
pub mod returned {
    /// The request was answered.
    pub const NORMAL: u8 = 0x00;
    /// The version is not spoken.
    pub const WRONG_VERSION: u8 = 0x01;
    /// The check was wrong.
    pub const WRONG_CHECK: u8 = 0x02;
    /// The check of the length was wrong.
    pub const WRONG_LENGTH_CHECK: u8 = 0x03;
    /// The command is unknown.
    pub const UNKNOWN_COMMAND: u8 = 0x04;
    /// The command has a wrong form.
    pub const WRONG_FORM: u8 = 0x05;
    /// The payload of the command is wrong.
    pub const WRONG_PAYLOAD: u8 = 0x06;
    /// There is no such battery.
    pub const WRONG_ADDRESS: u8 = 0x90;
    /// The batteries do not hear each other.
    pub const NO_COMMUNICATION: u8 = 0x91;
}
