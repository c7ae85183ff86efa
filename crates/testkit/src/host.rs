//! What the host's sessions of every dialect have in common, so that one test drives them all.

use cellward_link::client::{Plan, Report, Session};
use cellward_link::{a5, kmodbus, modbus};
use cellward_params::Snapshot;

/// A host's session, whatever it speaks.
pub trait Host: Session {
    /// Starts the next round.
    fn begin(&mut self, plan: Plan);
    /// What the host would show now.
    fn snapshot(&self) -> Snapshot;
    /// What the round went through.
    fn report(&self) -> &Report;
}

macro_rules! host {
    ($client:ty, $session:ident => $snapshot:expr) => {
        impl Host for $client {
            fn begin(&mut self, plan: Plan) {
                Self::begin(self, plan);
            }
            fn snapshot(&self) -> Snapshot {
                let $session = self;
                $snapshot
            }
            fn report(&self) -> &Report {
                Self::report(self)
            }
        }
    };
}

host!(a5::Client, session => Self::snapshot(session));
host!(kmodbus::Client, session => Self::snapshot(session));
host!(modbus::client::Client, session => Self::snapshot(session).clone());
