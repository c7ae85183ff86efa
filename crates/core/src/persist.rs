//! What must survive a power loss. It leaves the core as an event and comes back as the first
//! input; the durable form on flash is somebody else's type with its own version story.

use cellward_units::{Charge, Ratio};

/// Version of the image; an older core refuses a newer one.
pub const PERSIST_VERSION: u16 = 1;

/// The image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Persist {
    /// [`PERSIST_VERSION`] of the core that made it.
    pub version: u16,
    /// How often the board has started.
    pub boot_number: u32,
    /// Whether the user allows the charge switch to close.
    pub charge_allowed: bool,
    /// Whether the user allows the discharge switch to close.
    pub discharge_allowed: bool,
    /// True state of charge; `None` while it has never been known.
    pub soc: Option<Ratio>,
    /// Whether the SOC stands on a full or empty anchor.
    pub soc_calibrated: bool,
    /// Charge that ever went in.
    pub charged_total: Charge,
    /// Charge that ever came out, as a positive number.
    pub discharged_total: Charge,
}
