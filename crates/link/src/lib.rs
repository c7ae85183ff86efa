//! Sessions without I/O: what `wire` decoded becomes points and requests, with retries, pacing and
//! the habits of real boards.
//!
//! One folder per dialect: [`a5`], [`kmodbus`], [`modbus`]. Each has a *map* (which field is which
//! point or setting, one table for both directions, in the words of [`map`]), a *session* of the
//! board (answers from one immutable [`View`]) and a *client* (polls, retries, checks, makes a
//! snapshot). [`Port`] is one port of the board with all dialects that it speaks; what the clients
//! share is in [`client`], and one Modbus request with its tries is an [`exchange`].
//!
//! Sessions own no port and read no clock: bytes and time are arguments.
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
pub mod client;
pub mod exchange;
pub mod kmodbus;
pub mod map;
pub mod modbus;
mod port;
mod view;

pub use port::{Counters, FRAME_GAP, Framing, Port};
pub use view::{Ask, GROUP, Group, NoRecords, Records, View, Wish};
