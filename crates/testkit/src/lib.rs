//! Doubles and fixtures for tests; nothing but tests depends on this.
//!
//! * [`pack`]: snapshots with known values.
//! * [`mod@line`]: a serial line in virtual time that loses, flips, doubles, delays and splits.
//! * [`pair`]: a board and a host's client with such a line between them; [`a5_pair`] and
//!   [`modbus_pair`]: what is peculiar about the boards of each dialect.
//! * [`poll`]: how much of the time of a poll was needed.
//! * [`trial`]: rounds of every dialect over lines with one kind of [`damage`], and their judge.
#![forbid(unsafe_code)]

pub mod a5_pair;
pub mod damage;
pub mod line;
pub mod modbus_pair;
pub mod pack;
pub mod pair;
pub mod poll;
pub mod trial;
