//! Doubles and fixtures for tests; nothing but tests depends on this.
//!
//! * [`pack`]: snapshots with known values.
//! * [`mod@line`]: a serial line in virtual time that loses, flips, doubles, delays and splits.
//! * [`pair`]: a board session and a client session with such a line between them.
#![forbid(unsafe_code)]

pub mod line;
pub mod pack;
pub mod pair;
