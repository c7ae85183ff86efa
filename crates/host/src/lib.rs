//! The host side: where snapshots come from and how bytes reach a board.
//!
//! * [`source`]: the seam that everything which shows or forwards values uses.
//! * [`json`], [`sentence`], [`history`]: samples as JSON, as words and as the last hours.
//! * [`device`], [`transport`]: where a board is, and bytes to and from it.
//! * [`mod@decode`], [`recall`]: what recorded bytes mean, and what they say over time.
//! * [`a5`], [`polled`]: a board at the other end of a wire, read once or again and again.
//!
//! This crate knows transports and wall time; protocols are `link`'s and decisions the board's.
#![forbid(unsafe_code)]

pub mod a5;
pub mod board;
pub mod capture;
pub mod clock;
pub mod decode;
mod detect;
pub mod device;
pub mod doubt;
mod drive;
pub mod history;
pub mod json;
mod modbus;
mod pace;
pub mod polled;
pub mod recall;
mod registers;
pub mod sentence;
pub mod settings;
pub mod source;
pub mod transport;
mod vendor;

pub use a5::{A5Device, Cut, ReadError, ReadReport};
pub use board::{
    Board, Carried, Certainty, Dialect, DoError, Setting, is_proven, open_board, open_board_over,
};
pub use cellward_link::a5::Options;
pub use cellward_link::client::Plan;
pub use device::{DeviceUrl, DeviceUrlError, Positive, Wire};
pub use doubt::doubts;
pub use pace::Pace;
pub use polled::Polled;
pub use source::{Local, LocalFeed, Sample, Source, SourceError};
pub use transport::{OpenError, Transport, open as open_transport};
