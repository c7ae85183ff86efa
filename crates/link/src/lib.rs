//! Sessions without I/O: what `wire` decoded becomes points and requests, with retries, pacing and
//! the habits of real boards.
//!
//! One folder per dialect. Each has a *map* (which field is which point or setting, one table for
//! both directions), a *board* session (answers from one immutable snapshot) and a *client*
//! session (polls, retries, checks, makes a snapshot).
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
