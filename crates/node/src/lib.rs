//! The whole board minus its pins: the engine, its sessions and its store, meeting in one place.
//!
//! The firmware image, the emulated board and the simulator all embed [`Node`], so what is tested
//! is what is flashed. It is sans-I/O like everything on the ground floor: readings, bytes and
//! time go in; wanted switch positions and bytes come out.
//!
//! Two clocks go in: `now` for physics and protection, `line_now` for the protocol time-outs of a
//! port. On a board they are the same; in a simulation that runs faster than real time a client
//! must not see a board that has been sped up.
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

mod estimator;
mod figures;
mod node;
mod store;

pub use node::{Line, Node};
pub use store::{KeptEstimate, RamStore, Store};
