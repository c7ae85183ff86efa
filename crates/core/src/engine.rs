//! The order of the stages and what passes between them: the file to read first.

use cellward_cell::OcvCurve;
use cellward_estimate::{Soc, SocConfig, SocReading};
use cellward_params::light::running_light;
use cellward_params::record::{Circumstances, Happening, RecordKind, Subject};
use cellward_params::{Action, Chemistry, Config, Fault, Flow, Level, Lights, Mode};
use cellward_units::{Current, Duration, Instant, NoData, Ratio, Voltage};

use crate::alarm_light::alarm_light;
use crate::balance::{Balance, Occasion};
use crate::counters::Counters;
use crate::flow::FlowState;
use crate::input::{CellsFrame, ChipAlert, CurrentFrame, Input};
use crate::measure::{CURRENT_AGE, Measure};
use crate::persist::{PERSIST_VERSION, Persist};
use crate::port::{Port, status_threshold};
use crate::protect::{Change, Edge, Fresh, PERMIT_LIFE, Protect};
use crate::story::{Event, Line, Story};
use crate::switch::{Cause, Moved, Sight, Switching};
use crate::wanted::{ChipSettings, Wanted};
use crate::zero::{Learnt, ZeroLearner};

/// State is saved at the latest after this. State machine, §10.
const PERSIST_EVERY: Duration = Duration::from_secs(600);
/// And whenever the SOC has moved this far.
const PERSIST_STEP: Ratio = Ratio::from_permille(10);

/// The engine: one pack, one board.
///
/// ```
/// use cellward_core::{Bms, Input};
/// use cellward_params::Config;
/// use cellward_params::record::Switches;
/// use cellward_units::Instant;
///
/// let mut bms = Bms::new(Config::lifepo4(16), Instant::START);
/// bms.handle(Input::Tick, Instant::START);
/// while let Some(_event) = bms.poll_event() {}
/// assert_eq!(bms.wanted().switches, Switches::OPEN, "nothing has been measured yet");
/// ```
#[derive(Clone, Debug)]
pub struct Bms {
    pub(crate) config: Config,
    pub(crate) started: Instant,
    pub(crate) now: Instant,
    pub(crate) boot_number: u32,
    told_start: bool,
    pub(crate) self_test: bool,

    pub(crate) measure: Measure,
    zero: ZeroLearner,
    status_threshold: Current,
    pub(crate) port: Port,
    pub(crate) protect: Protect,
    pub(crate) flow: FlowState,
    pub(crate) switching: Switching,
    pub(crate) balance: Balance,
    pub(crate) story: Story,
    pub(crate) soc: Soc,
    pub(crate) counters: Counters,

    wanted: Wanted,
    persisted_at: Instant,
    persisted_soc: Option<Ratio>,
}

impl Bms {
    /// An engine that has measured nothing yet: both switches open, self-test running.
    #[must_use]
    pub fn new(config: Config, now: Instant) -> Self {
        let status_threshold = status_threshold(&config);
        Self {
            started: now,
            now,
            boot_number: 1,
            told_start: false,
            self_test: true,
            measure: Measure::new(&config, now),
            zero: ZeroLearner::new(config.full_scale()),
            status_threshold,
            port: Port::default(),
            protect: Protect::new(&config),
            flow: FlowState::new(status_threshold),
            switching: Switching::new(&config),
            balance: Balance::new(&config),
            story: Story::new(),
            soc: Soc::new(soc_config(&config)),
            counters: Counters::default(),
            wanted: Wanted {
                switches: cellward_params::record::Switches::OPEN,
                bleed: 0,
                chip: chip_settings(&config),
                lights: Lights::DARK,
            },
            persisted_at: now,
            persisted_soc: None,
            config,
        }
    }

    /// Feeds one input. Cannot fail; a bad request is answered by an event with the reason.
    ///
    /// A time before the last one counts as the last one: the clock is monotonic by contract, and
    /// a clock that is not must not make readings younger.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        let before = self.now;
        let now = now.max(before);
        self.now = now;
        if let Input::Restore(persist) = &input {
            self.restore(persist, now);
        }
        self.tell_start(now);

        // What `Unchanged` says about a time that was already silent is not believed there.
        let continuous =
            matches!(input, Input::Unchanged) || self.measure.current_age(now) < PERMIT_LIFE;
        let mut fresh = self.measure(&input, before, now);
        // Before the stages that it changes, so that it acts now and their deadlines know of it.
        if let Input::Request(request) = &input {
            self.answer(request, now);
            if matches!(request.action, Action::Write { .. }) {
                // New limits are compared with the last readings at once.
                fresh = self.measure.fresh(now);
            }
        }
        self.protect(fresh, &input, now);
        self.switch(now);
        self.balance(fresh, now);
        self.estimate(fresh, continuous, now);
        self.persist(fresh, now);

        self.wanted.switches = self.switching.commanded();
        self.wanted.bleed = self.balance.bleed();
    }

    /// The next event, oldest first. Drain after every `handle`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.story.pop()
    }

    /// The complete wanted state; compare and apply after every `handle`.
    pub const fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The configuration in force.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// When the engine must be called next if nothing comes in.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let ages = self.measure.age_deadline(self.now);
        // What is due already waits for a reading, not for a call.
        let waits = self.waits().into_iter().flatten().filter(|&at| at > self.now);
        waits.chain(ages).min()
    }

    /// When the engine must be called next if every measurement keeps arriving unchanged (see
    /// [`Input::Unchanged`]): the deadline without the age limits. Equal to now while something
    /// needs every single reading.
    #[must_use]
    pub fn steady_deadline(&self) -> Option<Instant> {
        if self.self_test || self.zero.busy() || self.switching.busy() {
            return Some(self.now);
        }
        self.waits().into_iter().flatten().min()
    }

    /// When each delay ends that time alone brings to its end.
    fn waits(&self) -> [Option<Instant>; 6] {
        [
            self.protect.deadline(),
            self.flow.deadline(),
            self.switching.deadline(self.now),
            self.balance.deadline(self.now),
            self.soc.deadline(),
            Some(self.persisted_at + PERSIST_EVERY),
        ]
    }

    /// Whether these readings would come out the same in every comparison as the last ones did, so
    /// that a quiet span may be passed with [`Input::Unchanged`].
    #[must_use]
    pub fn unmoved_by(&self, current: &CurrentFrame, cells: &CellsFrame<'_>) -> bool {
        let mut other = self.measure.clone();
        other.take_current(current, self.now);
        other.take_cells(cells, self.now);
        let look = |measure: &Measure| {
            let latest = measure.latest_current().ok()?;
            let reading = self.soc_reading(measure)?;
            Some((
                self.flow.seen(latest),
                self.switching.seen(latest, measure.port().ok()),
                self.balance.is_idle(latest),
                Port::observe(measure, self.switching.actual(), self.status_threshold),
                self.soc.is_tail(&reading),
                self.balance.candidates(measure),
            ))
        };
        let (Some(one), Some(two)) = (look(&self.measure), look(&other)) else {
            return false;
        };
        one == two && self.protect.same_standings(&self.measure, &other, self.now)
    }

    /// Stage one: takes the readings, learns the zero.
    fn measure(&mut self, input: &Input<'_>, before: Instant, now: Instant) -> Fresh {
        let mut fresh = Fresh::default();
        match input {
            Input::Current(frame) => {
                self.measure.take_current(frame, now);
                self.learn_zero(now);
                fresh.current = true;
            }
            Input::Cells(frame) => {
                self.measure.take_cells(frame, now);
                fresh.cells = true;
            }
            Input::Temperatures(frame) => {
                self.measure.take_temperatures(frame, now);
                fresh.temperatures = true;
            }
            Input::Unchanged => {
                self.measure.take_unchanged(before, now);
                fresh = self.measure.fresh(now);
            }
            Input::Alert(ChipAlert::ShortCircuit) => self.measure.set_short_circuit(true),
            Input::Feedback(actual) if *actual != self.switching.actual() => {
                self.switching.set_actual(*actual);
                // What P- showed before the switch moved says nothing about now.
                self.port = self.port.hidden();
            }
            Input::Feedback(_)
            | Input::Alert(_)
            | Input::Request(_)
            | Input::Restore(_)
            | Input::Tick => {}
        }
        if fresh.current {
            let actual = self.switching.actual();
            self.port = Port::observe(&self.measure, actual, self.status_threshold);
            // Only a reading from after the alert shows that the load is gone.
            if self.port.load == Some(false) {
                self.measure.set_short_circuit(false);
            }
        } else if self.measure.current_age(now) > CURRENT_AGE {
            self.port = Port::default();
        }
        if self.self_test && self.zero.tried() && self.measure.complete() {
            self.self_test = false;
            self.guess_soc(now);
        }
        fresh
    }

    /// Stage two: every row.
    fn protect(&mut self, fresh: Fresh, input: &Input<'_>, now: Instant) {
        let story = &mut self.story;
        let (measure, flow) = (&self.measure, &self.flow);
        let (switching, soc) = (&self.switching, &self.soc);
        let mut changed = false;
        // Most steps change nothing, so how things stand is found out only when it is told.
        let mut tell = |change: Change| {
            changed = true;
            let circumstances = circumstances(measure, flow, switching, soc, now);
            story.tell(fault_line(&change), circumstances, now);
        };
        if let Input::Alert(alert) = input {
            let (fault, level) = match alert {
                ChipAlert::ShortCircuit => (Fault::ShortCircuit, Level::Protection),
                ChipAlert::OverVoltage => (Fault::CellOverVoltage, Level::Hard),
                ChipAlert::UnderVoltage => (Fault::CellUnderVoltage, Level::Hard),
            };
            self.protect.force(fault, level, &self.measure, now, &mut tell);
        }
        self.protect.step(&self.measure, fresh, &self.port, now, &mut tell);
        if changed {
            self.wanted.lights.red = alarm_light(self.protect.active());
        }
        if fresh.current {
            self.flow.step(self.measure.current(now).ok(), now);
            self.wanted.lights.green = running_light(Mode::Awake, self.flow.flow());
        }
    }

    /// Stage three: the switches.
    fn switch(&mut self, now: Instant) {
        let sight = Sight {
            current: self.measure.current(now).ok(),
            port: self.measure.port().ok(),
            zero_error: self.zero.error(),
            actual: self.switching.actual(),
        };
        let permit = if self.self_test { None } else { self.protect.permit(&self.measure, now) };
        let mut moves = [None; 2];
        let mut slots = moves.iter_mut();
        self.switching.step(&self.protect, permit.as_ref(), &sight, now, |moved| {
            if let Some(slot) = slots.next() {
                *slot = Some(moved);
            }
        });
        for moved in moves.into_iter().flatten() {
            self.tell(switch_line(moved), now);
        }
    }

    /// Stage five (derating, stage four, is not there yet): which cells are bled.
    fn balance(&mut self, fresh: Fresh, now: Instant) {
        let allowed = self.protect.balancing_allowed() && !self.self_test;
        if fresh.cells {
            let high = |fault| self.protect.is_active(fault, Level::Protection);
            let occasion = if self.flow.flow() == Flow::Charging {
                Occasion::Charging
            } else if high(Fault::CellOverVoltage) || high(Fault::PackOverVoltage) {
                Occasion::OverVoltage
            } else {
                Occasion::Other
            };
            self.balance.step(&self.measure, occasion, allowed, now);
        } else if !allowed {
            self.balance.stop();
        }
    }

    /// Apart and last: what is believed. Nothing above reads it.
    fn estimate(&mut self, fresh: Fresh, continuous: bool, now: Instant) {
        if fresh.current {
            if let (true, Ok(current)) = (continuous, self.measure.latest_current()) {
                self.soc.count(current, now);
                self.counters.count(current, now);
            } else {
                self.soc.skip(now);
                self.counters.skip(now);
            }
        }
        if !fresh.cells {
            return;
        }
        let Some(reading) = self.soc_reading(&self.measure) else {
            return;
        };
        if let Some(full) = self.soc.observe(&reading, now) {
            let before = full.before.map_or(-1, Ratio::as_permille);
            self.tell(Line::plain(RecordKind::Soc, Happening::Full).with_value(before), now);
        }
    }

    fn learn_zero(&mut self, now: Instant) {
        let raw = self.measure.raw_current().ok();
        let open = self.switching.both_open();
        match self.zero.step(raw, open, now) {
            None => {}
            Some(Learnt::Accepted(zero)) => {
                self.measure.set_zero(zero);
                let line = Line::plain(RecordKind::Calibration, Happening::ZeroLearnt);
                self.tell(line.with_value(zero.as_milliamps()), now);
            }
            Some(Learnt::Refused(zero)) => {
                let line = Line::plain(RecordKind::Calibration, Happening::ZeroRefused);
                self.tell(line.with_value(zero.as_milliamps()), now);
            }
        }
    }

    /// The first word on the charge: cells have just rested through the self-test.
    fn guess_soc(&mut self, now: Instant) {
        let cells = i32::try_from(self.config.cells()).unwrap_or(i32::MAX);
        let mean = self.measure.sum().and_then(|sum| sum.as_microvolts().checked_div(cells));
        if let Some(mean) = mean {
            self.soc.guess(Voltage::from_microvolts(mean), now);
        }
    }

    fn soc_reading(&self, measure: &Measure) -> Option<SocReading> {
        Some(SocReading {
            highest: measure.highest()?.value,
            current: measure.latest_current().ok()?,
            over_voltage: self.protect.is_active(Fault::CellOverVoltage, Level::Protection),
        })
    }

    /// Takes back what was kept over a power loss. An image of a newer version is not understood
    /// and left alone.
    fn restore(&mut self, persist: &Persist, now: Instant) {
        if persist.version > PERSIST_VERSION {
            return;
        }
        self.boot_number = persist.boot_number.saturating_add(1);
        self.switching.set_allowed(cellward_params::Switch::Charge, persist.charge_allowed);
        self.switching.set_allowed(cellward_params::Switch::Discharge, persist.discharge_allowed);
        self.soc.restore(persist.soc, persist.soc_calibrated, now);
        self.counters.restore(persist.charged_total, persist.discharged_total);
    }

    fn tell_start(&mut self, now: Instant) {
        if !self.told_start {
            self.told_start = true;
            let number = i32::try_from(self.boot_number).unwrap_or(i32::MAX);
            self.tell(Line::plain(RecordKind::Boot, Happening::Started).with_value(number), now);
        }
    }

    /// Saves what must survive, when enough has changed. The share costs a long division, so it is
    /// looked at whenever the cells come, ten times a second, not at every current.
    fn persist(&mut self, fresh: Fresh, now: Instant) {
        let moved = fresh.cells
            && match (self.soc.truth(), self.persisted_soc) {
                (Some(soc), Some(saved)) => (soc - saved).abs() >= PERSIST_STEP,
                (soc, saved) => soc.is_some() != saved.is_some(),
            };
        if moved || now.since(self.persisted_at) >= PERSIST_EVERY {
            self.save(now);
        }
    }

    /// Saves now.
    pub(crate) fn save(&mut self, now: Instant) {
        let allowed = self.switching.allowed();
        let image = Persist {
            version: PERSIST_VERSION,
            boot_number: self.boot_number,
            charge_allowed: allowed.charge,
            discharge_allowed: allowed.discharge,
            soc: self.soc.truth(),
            soc_calibrated: self.soc.calibrated(),
            charged_total: self.counters.charged(),
            discharged_total: self.counters.discharged(),
        };
        self.persisted_at = now;
        self.persisted_soc = image.soc;
        self.story.push(Event::Persist(image));
    }

    /// Takes new settings everywhere. What is tripped stays tripped.
    pub(crate) fn reconfigure(&mut self) {
        self.status_threshold = status_threshold(&self.config);
        self.measure.reconfigure(&self.config);
        self.zero.reconfigure(self.config.full_scale());
        self.flow.reconfigure(self.status_threshold);
        self.switching.reconfigure(&self.config);
        self.protect.reconfigure(&self.config);
        self.soc.reconfigure(soc_config(&self.config));
        self.balance = Balance::new(&self.config);
        self.wanted.chip = chip_settings(&self.config);
    }

    /// Writes one line of the story.
    pub(crate) fn tell(&mut self, line: Line, now: Instant) {
        let circumstances =
            circumstances(&self.measure, &self.flow, &self.switching, &self.soc, self.now);
        self.story.tell(line, circumstances, now);
    }

    /// Both lights.
    pub(crate) const fn lights(&self) -> Lights {
        self.wanted.lights
    }
}

/// How things stand.
fn circumstances(
    measure: &Measure,
    flow: &FlowState,
    switching: &Switching,
    soc: &Soc,
    now: Instant,
) -> Circumstances {
    Circumstances {
        mode: Mode::Awake,
        flow: flow.flow(),
        actual: switching.actual(),
        commanded: switching.commanded(),
        current: measure.current(now),
        pack: measure.pack(),
        port: measure.port(),
        soc: soc.truth().ok_or(NoData::Unknown),
        highest: measure.highest().map(|at| (at.index, at.value)).ok_or(NoData::NotYet),
        lowest: measure.lowest().map(|at| (at.index, at.value)).ok_or(NoData::NotYet),
        hottest: measure.hottest().map(|at| (at.index, at.value)).ok_or(NoData::NotYet),
    }
}

/// A fault that set or cleared, as a line.
fn fault_line(change: &Change) -> Line {
    let alarm = change.active.level == Level::Alarm;
    let (kind, lasted) = match (change.edge, alarm) {
        (Edge::Set(lasted), true) => (RecordKind::AlarmSet, lasted),
        (Edge::Set(lasted), false) => (RecordKind::ProtectionSet, lasted),
        (Edge::Cleared(lasted), true) => (RecordKind::AlarmCleared, lasted),
        (Edge::Cleared(lasted), false) => (RecordKind::ProtectionCleared, lasted),
    };
    Line {
        kind,
        subject: Subject::Fault(change.active.fault, change.active.level),
        index: change.active.index,
        value: change.active.value,
        limit: change.active.limit,
        lasted,
    }
}

/// A switch that moved, as a line.
fn switch_line(moved: Moved) -> Line {
    let happening = match (moved.cause, moved.closed) {
        (Cause::Decision, true) => Happening::SwitchClosed,
        (Cause::Decision, false) => Happening::SwitchOpened,
        (Cause::Reverse, true) => Happening::ReverseClosed,
        (Cause::Reverse, false) => Happening::ReverseOpened,
    };
    Line::plain(RecordKind::Change, happening).with_index(moved.switch.code())
}

fn soc_config(config: &Config) -> SocConfig {
    let system = config.system();
    SocConfig {
        capacity: config.rated_capacity(),
        full_voltage: config.full_voltage(),
        tail_current: config.one_c().scaled_by(Ratio::from_permille(system.tail_current)),
        tail_wait: Duration::from_secs(u64::try_from(system.tail_wait).unwrap_or(0)),
        curve: match config.chemistry() {
            Chemistry::Lfp => OcvCurve::LFP,
            Chemistry::Nmc => OcvCurve::NMC,
            Chemistry::Lto => OcvCurve::LTO,
        },
    }
}

/// What the chip holds awake: the hard limits, as a second line.
fn chip_settings(config: &Config) -> ChipSettings {
    let hard = |fault| config.limit(fault, Level::Hard);
    let over = hard(Fault::CellOverVoltage);
    let under = hard(Fault::CellUnderVoltage);
    let system = config.system();
    ChipSettings {
        over_voltage: Voltage::from_millivolts(over.map_or(0, |limit| limit.threshold)),
        under_voltage: Voltage::from_millivolts(under.map_or(0, |limit| limit.threshold)),
        cell_delay: over.map_or(Duration::ZERO, |limit| limit.delay),
        short_circuit: Current::from_milliamps(system.short_circuit_current),
        short_circuit_delay: Duration::from_micros(
            u64::try_from(system.short_circuit_delay).unwrap_or(0),
        ),
    }
}
