//! Our own register map over standard Modbus, RTU and TCP: every point, parameter, fault, command
//! and record, and a directory that says where each stands.
//!
//! # How it is made
//!
//! * Functions 0x03 and 0x04 read the same registers; 0x10 writes. 0x06 is refused: a number has
//!   two registers, and half a number must never count.
//! * Addresses follow from stable numbers by one formula per area ([`layout`]). An area ends with
//!   the last row of its table; one register beyond is exception 2. Limits that no fault has are
//!   holes within their area and read as "not fitted", so that a whole area is read in long pieces.
//! * Absent is a number that no value can be, with the reason ([`number`]).
//! * The heads of all points lie side by side: one request tells nearly everything ([`points`]).
//! * The identity block names its areas, and every table has a directory ([`directory`]): who knows
//!   the first 100 registers can find the rest.
//! * Parameters are written as one group, all or nothing: side by side in their area, or scattered
//!   by id in the group block. Commands go into one block ([`commands`]). The result block tells
//!   why a write was refused, with the numbers of the refusal; it belongs to the port.
//! * Records come through a window of eight behind a cursor ([`records`]): two fit into no single
//!   read, but the window is read straight through, so that eight records cost seven reads and not
//!   sixteen exchanges. The cursor belongs to the port, and reading moves nothing: a reply that was
//!   lost is simply asked for again.
//!
//! All words of one reply are of one instant. A long list that is read in several pieces may change
//! between them; entries behind its end are zeros, so that a client sees it and reads again.
//!
//! # Versions
//!
//! The minor version rises when rows are appended, the major one when an address or a meaning
//! changes. A client that knows 1.0 reads every 1.x.

pub mod client;
pub mod commands;
pub mod directory;
pub mod layout;
pub mod number;
pub mod points;
pub mod records;
mod session;
pub mod written;

pub(crate) use session::Session;

/// What the first two registers say: "CWLW".
pub const MAGIC: [u16; 2] = [0x4357, 0x4C57];
/// Version of the map, major and minor.
pub const VERSION: [u16; 2] = [1, 2];
