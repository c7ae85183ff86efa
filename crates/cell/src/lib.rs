//! What is known about cells of a chemistry, apart from any pack.
//!
//! Owns equivalent circuits with their rest voltages. Refuses to know limits (those are parameters)
//! and states (those are estimated).
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
#![allow(
    clippy::manual_clamp,
    reason = "clamp panics when its bounds are no numbers, and brings the printing of floats along"
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

mod profile;
mod tables;

pub use profile::{KNOTS, LOSSES, OCV_POINTS, Profile, Resistance, Span};
