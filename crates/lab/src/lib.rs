//! From what was measured on a cell to the equivalent circuit that the estimator uses.
//!
//! Owns the files of a measured cell, the fit, and profiles as text. Refuses to know boards, packs
//! and the estimator. [`load`] reads a folder, [`fit`] finds a [`cellward_cell::Profile`] in it,
//! [`profile_to_toml`] and [`profile_from_toml`] keep it, [`plot`] shows it.
//!
//! Inside, every cell is one of 100 Ah: currents are scaled when they are read, so resistances come
//! out as the profile wants them. **Positive current discharges** here, as in the files.
#![forbid(unsafe_code)]

mod card;
mod circuit;

mod electrodes;
mod error;
mod fit;
mod folder;
mod generic;
mod nonnegative;
mod plot;
mod power;
mod pulse;
mod replay;
mod rest;
mod score;
mod sensor;
mod slow;
mod table;
mod text;

pub use card::{Card, Chemistry};
pub use error::Error;
pub use fit::{Fit, Report, fit};
pub use folder::{CellData, load};
pub use generic::{generic, profile_to_rust};
pub use plot::plot;
pub use power::{Compared, compare_power};
pub use replay::{Estimate, SPEAKS_FOR, replay};
pub use score::{Score, Truth, read_estimates, read_truth};
pub use sensor::{Sample, is_log, read_log};
pub use table::{Log, unpacked};
pub use text::{Named, profile_from_toml, profile_to_toml};
