//! The engine: measurements plus time become switch positions plus a story.
//!
//! ```text
//! Input ──► measure ──► protect ──► switch ──► balance ──► record ──► (estimate, apart and last)
//!                          │           ▲                     │
//!                          └─ permit ──┘                     └─► Event    Wanted is a level
//! ```
//!
//! **Run loop.** Feed exactly one [`Input`] with the time, take [`Bms::poll_event`] until it is
//! empty, compare [`Bms::wanted`] with what is and apply the difference, and come back with the
//! next input or at [`Bms::deadline`], whichever is first. Too early is wasteful, too late is
//! staleness, which opens the switches.
//!
//! The engine does no I/O, reads no clock, allocates nothing, holds no globals and uses no unsafe.
//! No input makes it panic or fail: a bad request is answered with its reason, a missing value is
//! a value.
//!
//! **Terms.** A *row* is a line of the fault table; each of its *levels* runs through the one small
//! state machine in `protect::level`. A *permit* is the word that a switch may be closed; only
//! `protect` mints one, from fresh measurements, and it lapses after 500 ms. A *block* is what
//! active rows do to a switch. *Reverse current* is the one exception: see `switch::reverse`.
//!
//! Read on: `engine.rs` is the order of the stages and what passes between them.
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

mod access;
mod alarm_light;
mod balance;
mod black_box;
mod conditions;
mod counters;
mod drift;
mod engine;
mod flags;
mod flow;
mod input;
mod measure;
mod ntc;
mod persist;
mod port;
mod protect;
mod readings;
mod recent;
mod requests;
mod runaway;
mod scene;
mod sleep;
mod snapshot;
mod story;
mod switch;
mod wanted;
mod wiring;
mod witness;
mod zero;

#[cfg(test)]
mod tests;

pub use black_box::{Frozen, Sample};
pub use engine::Bms;
pub use input::{
    BoardHealth, CellsFrame, ChipAlert, CurrentFrame, GroupWrite, Input, Memory, Sensed,
    TemperaturesFrame, WireTest,
};
pub use ntc::{NtcCurve, NtcPoint, NtcTable};
pub use persist::{Counts, PERSIST_VERSION, Persist};
pub use protect::Permit;
pub use readings::Readings;
pub use story::{Anchor, Event};
pub use wanted::{ChipSettings, Wanted};
