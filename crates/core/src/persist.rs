//! What must survive a power loss. It leaves the core as an event and comes back as the first
//! input; the durable form on flash is somebody else's type with its own version story.

use cellward_params::Password;
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
    /// Faults that are locked: bit n is the fault with code n.
    pub locks: u64,
    /// Faults above alarm that wait for more than a recovery, and so must not be forgotten by a
    /// restart: bit n is the fault with code n.
    pub latched: u64,
    /// The owner's password; `None` while there is none.
    pub password: Option<Password>,
    /// What the release rules have counted.
    pub counts: Counts,
    /// True state of charge; `None` while it has never been known.
    pub soc: Option<Ratio>,
    /// Whether the pack was full since its SOC was last unknown.
    pub soc_calibrated: bool,
    /// Charge that ever went in.
    pub charged_total: Charge,
    /// Charge that ever came out, as a positive number.
    pub discharged_total: Charge,
}

impl Persist {
    /// What a board keeps that has started once and has nothing to tell: both switches allowed,
    /// nothing locked, latched or counted, no password, state of charge not known, totals zero.
    #[must_use]
    pub fn blank() -> Self {
        Self {
            version: PERSIST_VERSION,
            boot_number: 1,
            charge_allowed: true,
            discharge_allowed: true,
            locks: 0,
            latched: 0,
            password: None,
            counts: Counts::default(),
            soc: None,
            soc_calibrated: false,
            charged_total: Charge::ZERO,
            discharged_total: Charge::ZERO,
        }
    }
}

/// What the release rules have counted. What happened within a window before the power loss
/// counts after it as if it had just happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Automatic closings after an over-voltage within the last hour.
    pub over_voltage_closings: u8,
    /// Automatic closings after an under-voltage within the last hour.
    pub under_voltage_closings: u8,
    /// Charge over-currents within the last ten minutes.
    pub charge_over_currents: u8,
    /// Retries used up after a discharge over-current.
    pub discharge_tries: u8,
    /// Retries used up after a short circuit.
    pub short_tries: u8,
    /// Latched short circuits within the last day.
    pub short_latches: u8,
    /// Times that the chip missed the brain within the last day.
    pub watchdog_trips: u8,
    /// Self-tests that failed within the last day.
    pub self_test_failures: u8,
}
