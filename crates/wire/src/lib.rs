//! Frame codecs: bytes become typed values and typed values become bytes, for both sides of a
//! line, one module per protocol.
//!
//! This crate knows quantities and bytes. It does not know which field is which point or setting
//! (that map is `link`'s), keeps no time and retries nothing. Any bytes may come in; none panics.
//!
//! Whatever parses can be emitted, and what was emitted parses back equal: unused and unknown bytes
//! are kept in the value, not dropped. The exceptions are [`modbus::Request::Other`] and
//! [`modbus::Request::Miscounted`], which are only good for refusing them.
//!
//! | protocol | where it is spoken |
//! |---|---|
//! | [`a5`] | UART and RS485 of the classic boards, 9600 baud |
//! | [`modbus`] | standard Modbus, serial and TCP; UART, RS485 and BLE of the newer boards |
//! | [`pylon`] | RS485 between Pylontech batteries and inverters |
//! | [`sinowealth`] | UART of boards with a Sinowealth chip |
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "tests may be blunt"
    )
)]

#[cfg(test)]
extern crate std;

pub mod a5;
pub mod modbus;
pub mod pylon;
pub mod sinowealth;
