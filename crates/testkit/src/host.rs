//! What the host's sessions of every dialect have in common, so that one test drives them all.

use cellward_link::client::{Plan, Report, Step};
use cellward_link::{a5, kmodbus, modbus};
use cellward_params::Snapshot;
use cellward_units::Instant;

/// A host's session, whatever it speaks.
pub trait Host {
    /// What to do now.
    fn next_action(&mut self, now: Instant) -> Step;
    /// Bytes that came in.
    fn receive(&mut self, bytes: &[u8], now: Instant);
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
            fn next_action(&mut self, now: Instant) -> Step {
                Self::next_action(self, now)
            }
            fn receive(&mut self, bytes: &[u8], now: Instant) {
                Self::receive(self, bytes, now);
            }
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
