//! Doubles and fixtures for tests; nothing but tests depends on this.
//!
//! * [`pack`]: snapshots with known values.
//! * [`mod@line`]: a serial line in virtual time that loses, flips, doubles, delays and splits.
//! * [`pair`]: a board session and a client session of A5 with such a line between them;
//!   [`kmodbus_pair`]: the same of the near-Modbus dialects.
#![forbid(unsafe_code)]

pub mod damage;
pub mod host;
pub mod kmodbus_pair;
pub mod line;
pub mod pack;
pub mod pair;
pub mod trial;
