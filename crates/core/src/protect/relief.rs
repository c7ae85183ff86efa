//! What has been seen and asked for since a trip: the facts that release rules weigh.

use cellward_units::{Duration, Instant};

use crate::port::Port;

/// A load or charger must be gone this long before it counts. *Guess*: longer than the bounce of
/// a plug, short for a person.
const GONE: Duration = Duration::from_millis(500);

/// What has been seen and asked for since the last trip of one family of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Relief {
    /// Since when the load has been seen to be gone.
    load_gone: Option<Instant>,
    /// Since when the charger has been seen to be gone, or discharge current flows.
    charger_gone: Option<Instant>,
    /// Since when the charger itself has been seen to be gone.
    unplugged: Option<Instant>,
    /// Whether charge current flowed or a charger was there.
    pub(super) charger: bool,
    /// Whether the load was gone for long enough at some time.
    pub(super) unloaded: bool,
    /// Whether somebody asked for the switch.
    pub(super) command: bool,
    /// Whether the key was turned on.
    pub(super) key: bool,
}

impl Relief {
    /// Looks at the port.
    pub(super) fn observe(&mut self, port: &Port, now: Instant) {
        let since = |so: bool, since: Option<Instant>| so.then(|| since.unwrap_or(now));
        self.load_gone = since(port.load == Some(false), self.load_gone);
        let gone = port.charger == Some(false);
        self.unplugged = since(gone, self.unplugged);
        self.charger_gone = since(gone || port.discharging, self.charger_gone);
        self.charger |= port.charging || port.charger == Some(true);
        self.unloaded |= self.load_removed_at().is_some_and(|at| now >= at);
    }

    /// From when on the load counts as removed, if it is not seen.
    pub(super) fn load_removed_at(&self) -> Option<Instant> {
        self.load_gone.map(|at| at + GONE)
    }

    /// From when on the charger counts as removed or overruled by a discharge.
    pub(super) fn charger_removed_at(&self) -> Option<Instant> {
        self.charger_gone.map(|at| at + GONE)
    }

    /// From when on the charger counts as unplugged, whatever flows.
    pub(super) fn unplugged_at(&self) -> Option<Instant> {
        self.unplugged.map(|at| at + GONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Port = Port { charger: None, load: None, charging: false, discharging: false };

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1_000)
    }

    #[test]
    fn a_load_counts_as_removed_half_a_second_after_it_was_last_seen() {
        let mut relief = Relief::default();
        relief.observe(&Port { load: Some(false), ..NOTHING }, at(100));
        assert_eq!(relief.load_removed_at(), Some(at(600)));
        relief.observe(&Port { load: Some(false), ..NOTHING }, at(599));
        assert!(!relief.unloaded);
        relief.observe(&Port { load: Some(false), ..NOTHING }, at(600));
        assert!(relief.unloaded);
        relief.observe(&Port { load: Some(true), ..NOTHING }, at(700));
        assert_eq!(relief.load_removed_at(), None);
        assert!(relief.unloaded, "it was removed once");
    }

    #[test]
    fn a_load_that_bounces_has_not_been_removed() {
        let mut relief = Relief::default();
        relief.observe(&Port { load: Some(false), ..NOTHING }, at(0));
        relief.observe(&NOTHING, at(400));
        relief.observe(&Port { load: Some(false), ..NOTHING }, at(500));
        assert_eq!(relief.load_removed_at(), Some(at(1_000)));
        assert!(!relief.unloaded);
    }

    #[test]
    fn discharge_current_overrules_a_charger_but_does_not_unplug_it() {
        let mut relief = Relief::default();
        relief.observe(&Port { discharging: true, ..NOTHING }, at(0));
        assert_eq!(relief.charger_removed_at(), Some(at(500)));
        assert_eq!(relief.unplugged_at(), None);
        relief.observe(&Port { charger: Some(false), ..NOTHING }, at(100));
        assert_eq!(relief.charger_removed_at(), Some(at(500)));
        assert_eq!(relief.unplugged_at(), Some(at(600)));
    }

    #[test]
    fn charge_current_and_a_charger_are_remembered() {
        for port in [Port { charging: true, ..NOTHING }, Port { charger: Some(true), ..NOTHING }] {
            let mut relief = Relief::default();
            relief.observe(&NOTHING, at(0));
            assert!(!relief.charger);
            relief.observe(&port, at(10));
            relief.observe(&NOTHING, at(20));
            assert!(relief.charger);
        }
    }
}
