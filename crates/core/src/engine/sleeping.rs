//! Sleep: what keeps the board awake, what wakes it, and what is told of it.

use cellward_params::record::{Happening, RecordKind};
use cellward_params::{Busy, Fault, Flow, Level, Mode, Refusal, Role, Wake};
use cellward_units::Instant;

use super::Bms;
use crate::sleep::Look;
use crate::story::Line;

/// Faults that a person must hear of: rows 4, 15, 23 and 24.
const NEEDS_ATTENTION: [Fault; 5] = [
    Fault::ExtremeOverVoltage,
    Fault::ChargeNotStopped,
    Fault::ThermalRunaway,
    Fault::ChargeStuckClosed,
    Fault::DischargeStuckClosed,
];

impl Bms {
    /// How awake the board is.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.sleep.mode()
    }

    /// Something spoke to the board: the wait for sleep begins anew, and a sleeping board wakes.
    pub(super) fn stir(&mut self, why: Wake, now: Instant) {
        self.sleep.restart();
        self.wake(why, now);
    }

    /// Once a step, behind everything that decides: falls asleep or wakes. `changed` says whether an
    /// alarm or a protection came or went.
    pub(super) fn rest(&mut self, changed: bool, now: Instant) {
        if !self.sleep.is_asleep() {
            let idle = self.busy().is_none()
                && self.balance.bleed() == 0
                // Nothing is on its way to trip or to release.
                && self.protect.deadline().is_none();
            if self.sleep.is_due(idle && !changed, now) {
                self.fall_asleep(None, now);
            }
            return;
        }
        let why = if changed {
            Some(Wake::Protection)
        } else if self.charger_hangs() {
            Some(Wake::Charger)
        } else {
            match self.flow.flow() {
                Flow::Charging => Some(Wake::Charger),
                Flow::Discharging => Some(Wake::Load),
                Flow::Standby | Flow::Precharge => None,
            }
        };
        let why = why.or_else(|| {
            let due = self.sleep.look_is_due(now);
            due.then(|| self.look()).and_then(|look| self.sleep.look(&look, now))
        });
        if let Some(why) = why {
            self.wake(why, now);
        }
    }

    /// Sleeps now, if nothing speaks against it.
    pub(crate) fn sleep_now(&mut self, role: Role, now: Instant) -> Result<(), Refusal> {
        if self.sleep.is_asleep() {
            return Ok(());
        }
        let held = self.sleep.is_held(now).then_some(Busy::Alarm);
        if let Some(why) = self.busy().or(held) {
            return Err(Refusal::Busy(why));
        }
        self.fall_asleep(Some(role), now);
        Ok(())
    }

    /// Says whether a fault needs somebody's attention; whenever faults or locks change.
    pub(super) fn look_for_alarm(&mut self) {
        let locked = self.protect.locked();
        let needed = NEEDS_ATTENTION.iter().any(|&fault| locked.contains(fault))
            || self.protect.shown().any(|active| {
                active.level != Level::Alarm && NEEDS_ATTENTION.contains(&active.fault)
            });
        self.sleep.set_alarm(needed, self.now);
    }

    /// Why the board cannot sleep now, faults apart.
    fn busy(&self) -> Option<Busy> {
        if self.self_test {
            Some(Busy::SelfTest)
        } else if self.flow.flow() != Flow::Standby {
            Some(Busy::Current)
        } else if self.charger_hangs() {
            Some(Busy::Charger)
        } else if self.switching.waits_for_reverse(&self.protect) {
            Some(Busy::OneSwitch)
        } else {
            None
        }
    }

    /// Whether P- shows a charger. What current shows is the flow's: a single reading may be noise.
    fn charger_hangs(&self) -> bool {
        self.port.charger == Some(true) && !self.port.charging
    }

    fn look(&self) -> Look {
        Look {
            highest: self.measure.highest().map(|at| at.value),
            net: self.counters.charged() - self.counters.discharged(),
            zero_error: self.zero.error(),
        }
    }

    fn fall_asleep(&mut self, role: Option<Role>, now: Instant) {
        let look = self.look();
        self.sleep.fall_asleep(&look, now);
        self.balance.stop();
        let line = Line::plain(RecordKind::Sleep, Happening::FellAsleep);
        self.tell(Line { role, ..line }, now);
        self.save(now);
        self.show_mode(now);
    }

    fn wake(&mut self, why: Wake, now: Instant) {
        if let Some(lasted) = self.sleep.wake(why, now) {
            let line = Line::plain(RecordKind::Sleep, Happening::Woke);
            self.tell(Line { lasted, ..line.with_value(why.code().into()) }, now);
            self.show_mode(now);
        }
    }
}
