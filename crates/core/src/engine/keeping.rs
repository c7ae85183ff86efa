//! What survives a power loss: when it is saved, and how it comes back.

use cellward_params::Switch;
use cellward_params::record::{Happening, RecordKind};
use cellward_units::Instant;

use super::{Bms, PERSIST_EVERY, PERSIST_STEP};
use crate::persist::{PERSIST_VERSION, Persist};
use crate::protect::{FaultSet, View};
use crate::story::{Event, Line};

impl Bms {
    /// Takes back what was kept over a power loss, if it is the first input: later it would undo
    /// what has happened since. An image of a newer version is read as far as this one knows it:
    /// locks must not be lost by an older image of the firmware.
    pub(super) fn restore(&mut self, persist: &Persist, now: Instant) {
        if self.told_start {
            return;
        }
        self.boot_number = persist.boot_number.saturating_add(1);
        self.switching.set_allowed(Switch::Charge, persist.charge_allowed);
        self.switching.set_allowed(Switch::Discharge, persist.discharge_allowed);
        self.access.restore(persist.password);
        self.counters.restore(persist.charged_total, persist.discharged_total);
        let flags = self.flags(now);
        let view = View {
            measure: &self.measure,
            flags,
            port: &self.port,
            actual: self.switching.actual(),
            counters: &self.counters,
            charges_little: false,
        };
        let kept = (FaultSet(persist.locks), FaultSet(persist.latched), &persist.counts);
        // What is tripped again was told when it tripped.
        self.protect.restore(kept, &view, now, |_| {});
        self.show();
        if persist.version <= PERSIST_VERSION {
            self.soc.restore(persist.soc, persist.soc_calibrated, now);
        }
    }

    pub(super) fn tell_start(&mut self, now: Instant) {
        if !self.told_start {
            self.told_start = true;
            let number = i32::try_from(self.boot_number).unwrap_or(i32::MAX);
            self.tell(Line::plain(RecordKind::Boot, Happening::Started).with_value(number), now);
        }
    }

    /// Saves what must survive, when enough has changed. The share costs a long division, so it is
    /// looked at whenever it was `observed`, ten times a second, not at every current.
    pub(super) fn persist(&mut self, observed: bool, now: Instant) {
        let moved = observed
            && match (self.soc.truth(), self.persisted_soc) {
                (Some(soc), Some(saved)) => (soc - saved).abs() >= PERSIST_STEP,
                (soc, saved) => soc.is_some() != saved.is_some(),
            };
        if moved || self.must_save || now.since(self.persisted_at) >= PERSIST_EVERY {
            self.save(now);
        }
    }

    /// Saves now.
    pub(crate) fn save(&mut self, now: Instant) {
        self.must_save = false;
        let allowed = self.switching.allowed();
        let (locks, latched, counts) = self.protect.kept(now);
        let image = Persist {
            version: PERSIST_VERSION,
            boot_number: self.boot_number,
            charge_allowed: allowed.charge,
            discharge_allowed: allowed.discharge,
            locks: locks.0,
            latched: latched.0,
            password: self.access.password(),
            counts,
            soc: self.soc.truth(),
            soc_calibrated: self.soc.calibrated(),
            charged_total: self.counters.charged(),
            discharged_total: self.counters.discharged(),
        };
        self.persisted_at = now;
        self.persisted_soc = image.soc;
        self.story.push(Event::Persist(image));
    }
}
