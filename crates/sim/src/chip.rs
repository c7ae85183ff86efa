//! The measuring chip: what it holds, and what it does by itself.

use cellward_core::{ChipAlert, ChipSettings, Wanted};
use cellward_params::Switch;
use cellward_params::record::Switches;
use cellward_units::{Duration, Instant, NoData, Temperature, Voltage};

/// From the brain's word to the switch having moved. Within the 5 ms that a board may take.
const ACTION: Duration = Duration::from_micros(2_000);

/// From the chip's own decision to the switches having opened; its gate drivers sit beside it.
const OWN_ACTION: Duration = Duration::from_micros(50);

/// A temperature stays beyond its setting for so long before the chip acts. Parameters, §4.
const TEMPERATURE_DELAY: Duration = Duration::from_secs(1);

/// A fault of the chip itself, for tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChipFault {
    /// It answers nothing and obeys nothing; the switches stay as they are.
    Silent,
    /// As [`Self::Silent`], until the brain starts it anew; the switches then open first.
    Hung,
    /// The bus between brain and chip is broken: neither hears the other, but the chip works by
    /// itself and its watchdog runs out.
    BusBroken,
    /// Every answer is damaged: the chip obeys, but no reading has a value.
    Errors,
    /// Its current channel answers without a value.
    CurrentChannel,
    /// Its current channel brings nothing new.
    StaleCurrent,
    /// Its cell channels bring nothing new.
    StaleCells,
    /// Its temperature channels bring nothing new.
    StaleTemperatures,
}

/// What the chip does by itself at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// The switches have moved.
    Moved(Switches),
    /// It has seen a short circuit long enough.
    Short,
    /// It has not heard from the brain for too long.
    Watchdog,
}

/// A sensor that is beyond a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Beyond {
    since: Instant,
    /// Whether the chip has acted on it.
    acted: bool,
}

/// The chip with its state.
#[derive(Clone, Debug)]
pub(crate) struct Chip {
    settings: ChipSettings,
    /// Switches that the chip holds open until the brain has asked for open.
    held_open: Switches,
    /// What the switches are.
    actual: Switches,
    moving: Option<(Instant, Switches)>,
    short_until: Option<Instant>,
    over_since: Option<Instant>,
    under_since: Option<Instant>,
    /// Sensors beyond a setting of charging and of discharging.
    heat: [Option<Beyond>; 2],
    /// When it opens both switches if the brain stays silent.
    watchdog: Option<Instant>,
    pub(crate) fault: Option<ChipFault>,
}

impl Chip {
    pub(crate) fn new(wanted: &Wanted) -> Self {
        Self {
            settings: wanted.chip,
            held_open: Switches::OPEN,
            actual: Switches::OPEN,
            moving: None,
            short_until: None,
            over_since: None,
            under_since: None,
            heat: [None; 2],
            watchdog: None,
            fault: None,
        }
    }

    /// The board loses its power and gets it back: the switches open and the chip forgets. Its
    /// fault stays, other than a hang, which ends.
    pub(crate) fn power_up(&mut self, wanted: &Wanted) {
        let fault = self.fault.filter(|fault| *fault != ChipFault::Hung);
        *self = Self { fault, ..Self::new(wanted) };
    }

    /// Whether nothing of the chip's own is going on that a jump could miss.
    pub(crate) fn quiet(&self) -> bool {
        self.moving.is_none()
            && self.short_until.is_none()
            && self.over_since.is_none()
            && self.under_since.is_none()
            && self.heat.iter().flatten().all(|beyond| beyond.acted)
            && self.fault.is_none()
    }

    /// Whether it works by itself.
    pub(crate) const fn lives(&self) -> bool {
        !matches!(self.fault, Some(ChipFault::Silent | ChipFault::Hung))
    }

    /// Whether brain and chip hear each other.
    pub(crate) const fn is_heard(&self) -> bool {
        self.fault.is_none() || self.lives() && !matches!(self.fault, Some(ChipFault::BusBroken))
    }

    /// What the switches are as far as the chip knows: what it drives them to.
    pub(crate) const fn actual(&self) -> Switches {
        self.actual
    }

    /// Starts anew, as after its reset: both switches open and are held open until the brain has
    /// asked for that, and a hang ends.
    pub(crate) fn restart(&mut self, now: Instant) {
        if self.fault == Some(ChipFault::Hung) {
            self.fault = None;
        }
        if self.is_heard() {
            self.short_until = None;
            self.over_since = None;
            self.under_since = None;
            self.heat = [None; 2];
            self.trip(Switches { charge: true, discharge: true }, now);
        }
    }

    /// Takes the brain's wishes over.
    pub(crate) fn obey(&mut self, wanted: &Wanted, now: Instant) {
        if !self.is_heard() {
            return;
        }
        self.settings = wanted.chip;
        self.watchdog = Some(now + self.settings.watchdog);
        self.held_open.charge &= wanted.switches.charge;
        self.held_open.discharge &= wanted.switches.discharge;
        self.aim(wanted.switches, now + ACTION);
    }

    /// Makes the switches move to `goal`, less what is held open, if they do not already.
    fn aim(&mut self, goal: Switches, at: Instant) {
        let goal = Switches {
            charge: goal.charge && !self.held_open.charge,
            discharge: goal.discharge && !self.held_open.discharge,
        };
        let coming = self.moving.map_or(self.actual, |(_, switches)| switches);
        if goal != coming {
            self.moving = (goal != self.actual).then_some((at, goal));
        }
    }

    /// Watches the current of a new segment; `amps` gives it at an instant of the segment, in A;
    /// positive charges. A current that falls below the threshold within the delay trips nothing.
    pub(crate) fn watch(&mut self, amps: impl Fn(Instant) -> f64, now: Instant) {
        let limit = self.settings.short_circuit.to_amps_f64();
        if limit <= 0.0 || -amps(now) < limit {
            self.short_until = None;
            return;
        }
        let until = self.short_until.unwrap_or(now + self.settings.short_circuit_delay);
        self.short_until = (-amps(until) >= limit).then_some(until);
    }

    /// When the chip does something by itself next.
    pub(crate) fn next(&self) -> Option<Instant> {
        if self.fault.is_some() && !self.lives() {
            return None;
        }
        let mut next = self.watchdog;
        for at in [self.moving.map(|(at, _)| at), self.short_until].into_iter().flatten() {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        next
    }

    /// Does what is due at [`Self::next`].
    pub(crate) fn act(&mut self, now: Instant) -> Option<Act> {
        if self.short_until.is_some_and(|at| at <= now) {
            self.short_until = None;
            self.trip(Switches { charge: true, discharge: true }, now);
            return Some(Act::Short);
        }
        if self.watchdog.take_if(|at| *at <= now).is_some() {
            self.trip(Switches { charge: true, discharge: true }, now);
            return Some(Act::Watchdog);
        }
        let (_, switches) = self.moving.take_if(|(at, _)| *at <= now)?;
        self.actual = switches;
        Some(Act::Moved(switches))
    }

    /// Opens switches by its own decision and holds them open.
    fn trip(&mut self, which: Switches, now: Instant) {
        self.held_open.charge |= which.charge;
        self.held_open.discharge |= which.discharge;
        let coming = self.moving.map_or(self.actual, |(_, switches)| switches);
        // What was on its way to close must not arrive, and what opens must open sooner.
        self.moving = None;
        self.aim(coming, now + OWN_ACTION);
    }

    /// Compares a measurement of all cells with the steps that the chip holds.
    pub(crate) fn compare(
        &mut self,
        cells: &[Result<Voltage, NoData>],
        now: Instant,
    ) -> [Option<ChipAlert>; 2] {
        let settings = self.settings;
        let (over, under) = self.beyond(cells);
        let waited = |since: &mut Option<Instant>, there: bool| {
            if !there {
                *since = None;
                return false;
            }
            let start = *since.get_or_insert(now);
            now.since(start) >= settings.cell_delay
        };
        let over = waited(&mut self.over_since, over) && !self.held_open.charge;
        let under = waited(&mut self.under_since, under) && !self.held_open.discharge;
        if over || under {
            self.trip(Switches { charge: over, discharge: under }, now);
        }
        [over.then_some(ChipAlert::OverVoltage), under.then_some(ChipAlert::UnderVoltage)]
    }

    /// Whether any cell is beyond the upper and the lower step.
    pub(crate) fn beyond(&self, cells: &[Result<Voltage, NoData>]) -> (bool, bool) {
        let any = |test: fn(&Voltage, &ChipSettings) -> bool| {
            cells.iter().flatten().any(|cell| test(cell, &self.settings))
        };
        (
            any(|cell, settings| *cell >= settings.over_voltage),
            any(|cell, settings| *cell <= settings.under_voltage),
        )
    }

    /// Compares a measurement of the cell sensors with the settings; gives what it opens a switch
    /// for, once each.
    pub(crate) fn compare_temperatures(
        &mut self,
        sensors: &[Result<Temperature, NoData>],
        now: Instant,
    ) -> [Option<ChipAlert>; 2] {
        let limits = &self.settings;
        let hot = |limit: Temperature| sensors.iter().flatten().any(|sensor| *sensor >= limit);
        let cold = |limit: Temperature| sensors.iter().flatten().any(|sensor| *sensor <= limit);
        let there = [
            (hot(limits.charge_hot), cold(limits.charge_cold)),
            (hot(limits.discharge_hot), cold(limits.discharge_cold)),
        ];
        let held = [self.held_open.charge, self.held_open.discharge];
        let switches = [Switch::Charge, Switch::Discharge];
        let mut open = [false; 2];
        let mut alerts = [None; 2];
        for direction in 0..2 {
            let (hot, cold) = there[direction];
            if !hot && !cold {
                self.heat[direction] = None;
                continue;
            }
            let beyond = self.heat[direction].get_or_insert(Beyond { since: now, acted: false });
            if now.since(beyond.since) >= TEMPERATURE_DELAY {
                // It tells once; it holds the switch open again and again.
                if !beyond.acted {
                    let switch = switches[direction];
                    let alert =
                        if hot { ChipAlert::TooHot(switch) } else { ChipAlert::TooCold(switch) };
                    alerts[direction] = Some(alert);
                }
                open[direction] = !held[direction];
                beyond.acted = true;
            }
        }
        let [charge, discharge] = open;
        if charge || discharge {
            self.trip(Switches { charge, discharge }, now);
        }
        alerts
    }
}

#[cfg(test)]
mod tests;
