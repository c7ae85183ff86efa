//! Apart and last: what is believed. Nothing that decides reads it, save for alarms.

use cellward_cell::Profile;
use cellward_estimate::{End, SocConfig, SocReading};
use cellward_params::record::{Happening, RecordKind};
use cellward_params::{Chemistry, Config, Fault, Level};
use cellward_units::{Duration, Instant, Ratio, Voltage};

use super::{Bms, DRIFT_EVERY, SOC_EVERY};
use crate::measure::Measure;
use crate::protect::Fresh;
use crate::story::{Anchor, Event, Line};
use crate::zero::Learnt;

impl Bms {
    /// Once a minute: whether a cell sinks while the pack rests. Kept out of the ticks that read
    /// all cells, so that its cost never sits in the same tick.
    pub(super) fn look_for_drift(&mut self, fresh: Fresh, now: Instant) {
        if fresh.current {
            let idle = self.measure.latest_current().is_ok_and(|it| self.balance.is_idle(it));
            self.rested &= idle && self.balance.bleed() == 0;
        }
        if fresh.cells && !fresh.current || now.since(self.drift_at) < DRIFT_EVERY {
            return;
        }
        self.drift_at = now;
        let empty = self.protect.is_active(Fault::CellUnderVoltage, Level::Alarm);
        let resting = self.rested && !empty;
        self.rested = true;
        self.slow_due = true;
        self.measure.look_for_drift(resting, now);
    }

    /// Apart and last: what is believed. Nothing above reads it.
    pub(super) fn estimate(&mut self, fresh: Fresh, continuous: bool, now: Instant) -> bool {
        if fresh.current {
            if let (true, Ok(current)) = (continuous, self.measure.latest_current()) {
                self.soc.count(current, now);
                self.counters.count(current, now);
            } else {
                self.soc.skip(now);
                self.counters.skip(now);
            }
        }
        // Cells that have just come are looked at with the next current, as of when they came.
        let waiting = if fresh.current { self.observe_due.take() } else { None };
        if fresh.cells && !fresh.current {
            self.observe_due = Some(now);
        }
        if let Some(at) = waiting {
            self.observe(at, now);
        }
        let both = fresh.cells && fresh.current;
        if both {
            self.observe(now, now);
        }
        waiting.is_some() || both
    }

    /// Lets the estimator look at the cells as they were read at `at`.
    pub(super) fn observe(&mut self, at: Instant, now: Instant) {
        if at.since(self.soc_told_at) >= SOC_EVERY || self.measure.soc().is_none() {
            self.soc_told_at = at;
            self.slow_due = true;
            self.measure.set_soc(self.soc.truth());
        }
        let Some(reading) = self.soc_reading(&self.measure) else {
            return;
        };
        if let Some(anchored) = self.soc.observe(&reading, at) {
            let (anchor, happening) = match anchored.end {
                End::Full => (Anchor::Full, Happening::Full),
                End::Empty => (Anchor::Empty, Happening::Empty),
            };
            self.story.push(Event::Anchor(anchor));
            let before = anchored.before.map_or(-1, Ratio::as_permille);
            self.tell(Line::plain(RecordKind::Soc, happening).with_value(before), now);
        }
    }

    pub(super) fn learn_zero(&mut self, now: Instant) {
        let raw = self.measure.raw_current().ok();
        let open = self.switching.both_open();
        match self.zero.step(raw, open, now) {
            None => {}
            Some(Learnt::Accepted(zero)) => {
                self.measure.set_zero(zero);
                self.conditions.set_zero_refused(false);
                let line = Line::plain(RecordKind::Calibration, Happening::ZeroLearnt);
                self.tell(line.with_value(zero.as_milliamps()), now);
            }
            Some(Learnt::Refused(zero)) => {
                self.conditions.set_zero_refused(true);
                let line = Line::plain(RecordKind::Calibration, Happening::ZeroRefused);
                self.tell(line.with_value(zero.as_milliamps()), now);
            }
        }
    }

    /// The first word on the charge: cells have just rested through the self-test.
    pub(super) fn guess_soc(&mut self, now: Instant) {
        let cells = i32::try_from(self.config.cells()).unwrap_or(i32::MAX);
        let mean = self.measure.sum().and_then(|sum| sum.as_microvolts().checked_div(cells));
        if let Some(mean) = mean {
            self.soc.guess(Voltage::from_microvolts(mean), now);
        }
    }

    pub(super) fn soc_reading(&self, measure: &Measure) -> Option<SocReading> {
        Some(SocReading {
            highest: measure.highest()?.value,
            current: measure.latest_current().ok()?,
            over_voltage: self.protect.is_active(Fault::CellOverVoltage, Level::Protection),
            under_voltage: self.protect.is_active(Fault::CellUnderVoltage, Level::Protection),
        })
    }
}

pub(super) fn soc_config(config: &Config) -> SocConfig {
    let system = config.system();
    SocConfig {
        capacity: config.rated_capacity(),
        full_voltage: config.full_voltage(),
        tail_current: config.one_c().scaled_by(Ratio::from_permille(system.tail_current)),
        tail_wait: Duration::from_secs(u64::try_from(system.tail_wait).unwrap_or(0)),
        profile: match config.chemistry() {
            Chemistry::Lfp => &Profile::LFP,
            Chemistry::Nmc => &Profile::NMC,
            Chemistry::Lto => &Profile::LTO,
        },
    }
}
