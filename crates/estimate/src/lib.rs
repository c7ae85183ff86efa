//! State estimation: how much charge is in the pack.
//!
//! Pure: readings and time in, figures out. Nothing that protects ever depends on it; a wrong SOC
//! may strand a user, it may not burn a cell.
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

#[cfg(test)]
extern crate std;

mod elementary;
mod filter;
#[cfg(test)]
mod flat;
mod pack;
mod resistance;
mod single;
mod soc;

pub use filter::{Belief, Filter, LONGEST_S};
pub use pack::{
    CellBelief, CellLimits, Doubt, MAX_CELLS, MOST_BYTES, Pack, PackBelief, Rating, Reading,
    Reserve, Saved, TenSeconds,
};
pub use resistance::{Cause, CellResistance, Hint, Resistances};
pub use soc::{Anchored, End, OWN_CONSUMPTION, Soc, SocConfig, SocReading};
