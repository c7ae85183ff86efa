//! The page of Cellward and the small service behind it.
//!
//! It shows what a [`Source`](cellward_host::source::Source) says and nothing else: a value that
//! is absent stays absent, and when the source falls silent the page says so instead of showing
//! the last values as if they were current. What a person may press goes through the [`Control`]
//! trait, so that this crate knows neither simulator nor engine.
//!
//! * `feed` watches the source, keeps the last hours and the last records, and notices silence.
//! * `routes` answers requests, `stream` pushes live values, `assets` holds the page itself.
//! * `guard` refuses presses that come from another site.
#![forbid(unsafe_code)]

mod assets;
mod control;
mod error;
mod feed;
mod guard;
mod routes;
mod serve;
mod stream;

pub use control::{Button, Control, ControlError, ControlState};
pub use routes::router;
pub use serve::{AppState, serve};
