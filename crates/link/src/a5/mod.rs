//! The A5 dialect of the classic boards. Frames and payloads are [`cellward_wire::a5`]'s.

mod answer;
mod client;
pub(crate) mod failures;
mod learn;
mod map;
pub(crate) mod plausible;
mod session;

pub use answer::{answers, cell_frames, sensor_frames};
pub use client::{Client, Options};
pub use failures::{FAILURE_BITS, FailureBit};
pub use learn::{complete, learn, limits, trim};
pub use map::{MAP, Row, rows};
pub(crate) use session::Session;
