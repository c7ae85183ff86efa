//! Trouble that a person can make, to watch the protection act.

/// One kind of trouble; it stays until it is removed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Injection {
    /// A path of a few milliohms across the port.
    ShortCircuit,
    /// The first cell-temperature sensor is unplugged.
    SensorUnplugged,
    /// A charger that ignores the end of the charge, sun or not.
    ChargerTooHigh,
    /// A bad joint heats the place of the second cell-temperature sensor.
    HotCell,
    /// A load that draws 1.3 times the rated current out of the pack, sun or not.
    LoadTooBig,
    /// The sampling wire between the fifth and the sixth cell breaks (on small packs the highest
    /// one between two cells).
    OpenWire,
}

impl Injection {
    /// Every kind, in the order in which a page shows them.
    pub const ALL: [Self; 6] = [
        Self::ShortCircuit,
        Self::SensorUnplugged,
        Self::ChargerTooHigh,
        Self::HotCell,
        Self::LoadTooBig,
        Self::OpenWire,
    ];

    /// Key, label and help, side by side so that none is forgotten.
    const fn row(self) -> [&'static str; 3] {
        match self {
            Self::ShortCircuit => [
                "short_circuit",
                "Short circuit",
                "Drops a spanner across the terminals: thousands of amps until the chip cuts.",
            ],
            Self::SensorUnplugged => [
                "sensor_unplugged",
                "Unplug a sensor",
                "Pulls the plug of the first temperature sensor; without it the pack must not work.",
            ],
            Self::ChargerTooHigh => [
                "charger_too_high",
                "Charger too high",
                "Connects a charger that never stops, so that the highest cell climbs to its limit.",
            ],
            Self::HotCell => [
                "hot_cell",
                "Hot cell",
                "Loosens a joint, which heats the second temperature sensor by 6 K per minute.",
            ],
            Self::LoadTooBig => [
                "load_too_big",
                "Load too big",
                "Switches on a load that draws 1.3 times the rated current of the board out of the pack.",
            ],
            Self::OpenWire => [
                "open_wire",
                "Open sampling wire",
                "Breaks the sampling wire between the fifth and the sixth cell.",
            ],
        }
    }

    /// The stable lower-case key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.row()[0]
    }

    /// The name for a person.
    #[must_use]
    pub const fn label(self) -> &'static str {
        self.row()[1]
    }

    /// What it does, in one sentence.
    #[must_use]
    pub const fn help(self) -> &'static str {
        self.row()[2]
    }

    /// The kind with this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// The set of what is injected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Active(u8);

impl Active {
    const fn bit(injection: Injection) -> u8 {
        1 << injection as u8
    }

    pub(crate) const fn set(&mut self, injection: Injection, there: bool) {
        if there {
            self.0 |= Self::bit(injection);
        } else {
            self.0 &= !Self::bit(injection);
        }
    }

    pub(crate) const fn has(self, injection: Injection) -> bool {
        self.0 & Self::bit(injection) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_leads_back_to_its_injection() {
        for kind in Injection::ALL {
            assert_eq!(Injection::from_key(kind.key()), Some(kind));
        }
        assert_eq!(Injection::from_key("earthquake"), None);
    }

    #[test]
    fn taking_one_out_leaves_the_others() {
        let mut active = Active::default();
        active.set(Injection::HotCell, true);
        active.set(Injection::OpenWire, true);
        active.set(Injection::HotCell, false);
        assert!(!active.has(Injection::HotCell) && active.has(Injection::OpenWire));
    }
}
