//! What the fuzz targets share: arbitrary bytes read as a story of a line, a board to stand behind
//! a port, a session of a host driven in virtual time, and checks of our own, computed apart from
//! the code that is tested.

mod board;
mod check;
mod drive;
mod one_exchange;
mod rounds;
mod script;

pub use board::Board;
pub use check::{contains, good_ends, has_crc, plausible};
pub use drive::drive;
pub use one_exchange::one_exchange;
pub use rounds::{two_rounds, vendor_rounds};
pub use script::{Event, bytes, events, text};
