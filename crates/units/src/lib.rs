//! Quantities for the whole house: one newtype per physical quantity, a fixed-point integer
//! inside, operators that saturate instead of wrapping.
//!
//! The sign convention is the same everywhere inside Cellward: a **positive current charges** the
//! pack. Each wire dialect maps its own sign at its border.
//!
//! Resolutions follow the project's design table: they are chosen so that a short-circuit current
//! of 5 kA and a charge counter of decades both fit, and so that no step of a 100 Hz coulomb
//! counter rounds to nothing.
//!
//! ```
//! use cellward_units::{Current, Power, Voltage};
//! let pack = Voltage::from_millivolts(53_200);
//! let load = Current::from_milliamps(-20_000);
//! assert_eq!(pack * load, Power::from_watts(-1_064));
//! ```
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
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "tests may be blunt"
    )
)]

mod charge;
mod electric;
mod quantity;
mod ratio;
mod reading;
mod temperature;
mod time;

pub use charge::{Charge, ChargeCounter, Energy};
pub use electric::{Current, Power, Resistance, Voltage};
pub use ratio::Ratio;
pub use reading::NoData;
pub use temperature::{Temperature, TemperatureDelta};
pub use time::{Duration, Instant};
