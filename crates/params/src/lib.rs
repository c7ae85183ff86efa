//! The four tables from which everything readable and settable derives.
//!
//! * [`parameter`]: what can be set. System parameters are rows of their own; protection limits
//!   are addressed by (fault, level, field) and sit in [`limit`].
//! * [`point`]: what can be read. The table makes the [`Snapshot`] struct, its keys and its units.
//! * [`fault`]: what can go wrong, what it blocks and how it releases.
//! * [`command`]: what can be asked for, and who may ask.
//!
//! A parameter, point, fault or limit is spelled here once. Protocol maps, JSON keys, checks,
//! labels and reference pages are derived. Ids are never reused.
//!
//! This crate knows numbers and names; it decides nothing, does no I/O and keeps no time.
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

pub mod chip;
mod clock;
pub mod coded;
pub mod command;
pub mod config;
pub mod derate;
pub mod fault;
pub mod light;
pub mod limit;
pub mod parameter;
mod password;
pub mod point;
pub mod product;
pub mod reason;
pub mod record;
pub mod relation;
pub mod state;
mod text;
pub mod transaction;
mod unit;
pub mod value;

pub use clock::DateTime;
pub use command::{Action, Answer, Command, Refusal, Request};
pub use config::{BOARD_SIZES, Config, ConfigError, Limit, ReverseCurrent};
pub use fault::{Fault, FaultRow, Level};
pub use light::{Lights, Pattern};
pub use parameter::{ParamId, Parameter};
pub use password::{NoPassword, Password};
pub use point::{Point, PointRow, Snapshot};
pub use product::Product;
pub use reason::{OffReason, OffReasons};
pub use record::{Record, RecordKind};
pub use relation::{Bound, Broken, rule_in_words};
pub use state::{
    Busy, ChargeDoubt, Chemistry, Flow, MAX_CELLS, MAX_SENSORS, Mode, PortId, Profile, Role,
    SNAPSHOT_CELLS, SNAPSHOT_SENSORS, Switch, Wake,
};
pub use text::ShortText;
pub use transaction::{Applied, Board, Changed};
pub use unit::Unit;
pub use value::{ActiveFault, FaultList, Kind, Value};
