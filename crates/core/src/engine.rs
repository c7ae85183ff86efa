//! The order of the stages and what passes between them: the file to read first.

mod deadlines;
mod estimating;
mod keeping;
mod lines;
mod sleeping;

use cellward_estimate::Soc;
use cellward_params::fault::Flag;
use cellward_params::light::running_light;
use cellward_params::record::{Happening, RecordKind};
use cellward_params::{Action, Command, Config, Fault, Flow, Level, Lights, Pattern, Switch, Wake};
use cellward_units::{Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};

use crate::access::Access;
use crate::alarm_light::{BuzzerUse, alarm_light, buzzer};
use crate::balance::{Balance, Occasion};
use crate::black_box::{BlackBox, Frozen, Sample};
use crate::conditions::Conditions;
use crate::counters::Counters;
use crate::flags::Flags;
use crate::flow::FlowState;
use crate::input::{ChipAlert, Input};
use crate::measure::{CURRENT_AGE, Measure};
use crate::port::{Port, status_threshold};
use crate::protect::{Fresh, PERMIT_LIFE, Protect, Told, View};
use crate::scene::Scene;
use crate::sleep::Sleep;
use crate::story::{Event, Line, Story};
use crate::switch::{DIODE_LIMIT, Done, Sight, Switching};
use crate::wanted::{ChipSettings, Wanted};
use crate::witness::Witness;
use crate::zero::ZeroLearner;
use estimating::soc_config;
pub(crate) use lines::told_line;
use lines::{alerted, done_line};

/// State is saved at the latest after this. State machine, §10.
const PERSIST_EVERY: Duration = Duration::from_secs(600);
/// A chip that fell silent is started anew at once and then this often. State machine, row 20.
const RESTART_EVERY: Duration = Duration::from_secs(60);
/// Silence of the brain that makes the chip open both switches, awake. State machine, row 34.
const CHIP_WATCHDOG: Duration = Duration::from_secs(2);
/// How often the rows that watch the state of charge are told of it. *Guess*: a hundredth of the
/// charge takes minutes, and only alarms watch it.
const SOC_EVERY: Duration = Duration::from_secs(10);
/// How long both lights blink for whoever looks for this board. Own: long enough to walk along a
/// row of packs.
const IDENTIFY_FOR: Duration = Duration::from_secs(10);
/// How often it is looked whether a cell sinks at rest.
const DRIFT_EVERY: Duration = Duration::from_secs(60);
/// P- further above B+ than this is something with its poles swapped. *Guess*: far beyond the
/// error of the channel, and no load lifts P- above B+.
const SWAPPED_POLES: Voltage = Voltage::from_millivolts(2_000);
/// And whenever the SOC has moved this far.
const PERSIST_STEP: Ratio = Ratio::from_permille(10);

/// The stages that a record asks, borrowed one by one while another of them is at work.
macro_rules! scene {
    ($bms:ident) => {
        Scene {
            measure: &$bms.measure,
            flow: &$bms.flow,
            switching: &$bms.switching,
            port: $bms.port,
            soc: &$bms.soc,
            bleeding: $bms.balance.bleed() != 0,
            counters: &$bms.counters,
            capacity: $bms.config.rated_capacity(),
            started: $bms.started,
            boot_number: $bms.boot_number,
            sleep: &$bms.sleep,
        }
    };
}

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
    /// Whether the position of the key has been told since start.
    key_told: bool,
    pub(crate) self_test: bool,

    pub(crate) conditions: Conditions,
    pub(crate) measure: Measure,
    pub(crate) zero: ZeroLearner,
    /// A tenth of 1C: an over-voltage below it says that the charge is complete.
    little_current: Current,
    /// A voltage over both closed switches that shows a diode: the alarm of row 25.
    diode_drop: Voltage,
    /// Whether the pack was idle ever since it was last looked for drift, and when that was.
    rested: bool,
    drift_at: Instant,
    /// When the silent chip was last started anew.
    restarted_at: Option<Instant>,
    black_box: BlackBox,
    /// Whether cells were read that are not in the black box yet.
    sample_due: bool,
    /// When cells were read that the estimation has not looked at yet.
    observe_due: Option<Instant>,
    /// When the state of charge was last handed to the rows that watch it.
    soc_told_at: Instant,
    /// Whether drift or state of charge were found out anew and not compared yet.
    slow_due: bool,
    witness: Witness,
    /// Whether the last try of the pre-charge has just been given up.
    precharge_failed: bool,
    /// Whether the pre-charge has just found that the short which is tried again is still there.
    short_again: bool,
    /// Whether what must survive has changed in this step.
    must_save: bool,
    /// Until when both lights blink so that a person finds this board.
    identify_until: Option<Instant>,
    /// What time it was said to be, in seconds since the beginning of 2000, and when.
    pub(crate) clock: Option<(u32, Instant)>,
    status_threshold: Current,
    pub(crate) access: Access,
    pub(crate) port: Port,
    pub(crate) protect: Protect,
    pub(crate) flow: FlowState,
    pub(crate) switching: Switching,
    pub(crate) balance: Balance,
    pub(crate) sleep: Sleep,
    pub(crate) story: Story,
    pub(crate) soc: Soc,
    pub(crate) counters: Counters,

    wanted: Wanted,
    /// What the lights tell while nobody looks for this board.
    running: Pattern,
    alarm: Pattern,
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
            key_told: false,
            self_test: true,
            conditions: Conditions::new(&config),
            measure: Measure::new(&config, now),
            little_current: config.one_c().scaled_by(Ratio::from_permille(100)),
            diode_drop: diode_drop(&config),
            rested: false,
            drift_at: now,
            restarted_at: None,
            black_box: BlackBox::new(),
            sample_due: false,
            observe_due: None,
            soc_told_at: now,
            slow_due: false,
            witness: Witness::default(),
            precharge_failed: false,
            short_again: false,
            must_save: false,
            identify_until: None,
            clock: None,
            zero: ZeroLearner::new(config.full_scale()),
            status_threshold,
            access: Access::default(),
            port: Port::default(),
            protect: Protect::new(&config),
            flow: FlowState::new(status_threshold),
            switching: Switching::new(&config),
            balance: Balance::new(&config),
            sleep: Sleep::new(&config),
            story: Story::new(),
            soc: Soc::new(soc_config(&config)),
            counters: Counters::default(),
            wanted: Wanted {
                switches: cellward_params::record::Switches::OPEN,
                switch_writes: 0,
                precharge: false,
                load_sink: false,
                test_wires: false,
                trip: false,
                buzzer: Pattern::DARK,
                chip_restarts: 0,
                bleed: 0,
                chip: chip_settings(&config),
                lights: Lights::DARK,
            },
            running: Pattern::DARK,
            alarm: Pattern::DARK,
            persisted_at: now,
            persisted_soc: None,
            config,
        }
    }

    /// Counts records on from this sequence number: that of the newest one kept. To be called before
    /// the first input.
    pub const fn continue_records(&mut self, sequence: u32) {
        self.story.continue_from(sequence);
    }

    /// The sequence number of the newest record, 0 before the first.
    #[must_use]
    pub const fn newest_record(&self) -> u32 {
        self.story.sequence()
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
        self.tell_storms(now);

        // What `Unchanged` says about a time that was already silent is not believed there.
        let continuous =
            matches!(input, Input::Unchanged) || self.measure.current_age(now) < PERMIT_LIFE;
        let mut fresh = self.measure(&input, before, now);
        // Before the stages that it changes, so that it acts now and their deadlines know of it.
        match &input {
            Input::Request(request) => {
                if request.action != Action::Command(Command::Sleep) {
                    self.stir(Wake::Command, now);
                }
                self.answer(request, now);
                if matches!(request.action, Action::Write { .. }) {
                    // New limits are compared with the last readings at once.
                    fresh = self.measure.fresh(now);
                }
            }
            Input::Write(group) => {
                self.stir(Wake::Command, now);
                self.answer_group(group, now);
                fresh = self.measure.fresh(now);
            }
            Input::HangUp(port) => self.access.close(*port),
            Input::Key(on) => self.turn_key(*on, now),
            Input::Traffic(why) => self.stir(*why, now),
            Input::Believed(soc) => self.soc.believe(*soc),
            Input::Board(health) => self.conditions.set_health(*health),
            _ => {}
        }
        let changed = self.protect(fresh, &input, now);
        // Cells and temperatures move switches only by what the protection makes of them; the
        // rules of the switches look at current and P-, which come in between.
        if changed || !matches!(input, Input::Cells(_) | Input::Temperatures(_)) {
            self.switch(now);
        }
        self.balance(fresh, now);
        self.rest(changed, now);
        let observed = self.estimate(fresh, continuous, now);
        self.look_for_drift(fresh, now);
        self.persist(observed, now);
        self.want(now);
    }

    /// Puts together what is wanted.
    fn want(&mut self, now: Instant) {
        self.wanted.switches = self.switching.commanded();
        self.wanted.switch_writes = self.switching.writes();
        self.wanted.precharge = self.switching.path();
        self.wanted.load_sink = self.switching.load_is_cut();
        self.wanted.test_wires = self.protect.wants_wire_test(now);
        self.wanted.trip = self.switching.trips(now);
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

    /// The last 6.4 s before the last protection acted or lock fell; `None` before the first.
    #[must_use]
    pub const fn black_box(&self) -> Option<&Frozen> {
        self.black_box.frozen()
    }

    /// The configuration in force.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Stage one: takes the readings, learns the zero.
    fn measure(&mut self, input: &Input<'_>, before: Instant, now: Instant) -> Fresh {
        let mut fresh = Fresh::default();
        if !matches!(input, Input::Cells(_) | Input::Temperatures(_)) {
            self.measure.catch_up();
            self.sample(now);
            fresh.slow = core::mem::take(&mut self.slow_due);
        }
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
                fresh = Fresh { slow: fresh.slow, ..self.measure.fresh(now) };
            }
            Input::Feedback(actual) if *actual != self.switching.actual() => {
                let lines = Witness::moved(&self.switching, *actual);
                self.switching.set_actual(*actual);
                for line in lines.into_iter().flatten() {
                    self.tell(line, now);
                }
                // What P- showed before the switch moved says nothing about now.
                self.port = self.port.hidden();
            }
            Input::Feedback(_)
            | Input::Alert(_)
            | Input::Wires(_)
            | Input::Board(_)
            | Input::Key(_)
            | Input::HangUp(_)
            | Input::Traffic(_)
            | Input::Request(_)
            | Input::Write(_)
            | Input::Restore(_)
            | Input::Believed(_)
            | Input::Tick => {}
        }
        if fresh.current {
            let actual = self.switching.actual();
            self.port = Port::observe(&self.measure, actual, self.status_threshold);
            let drop = self.measure.port().ok().filter(|_| self.switching.both_closed());
            self.measure.set_path_drop(drop.map(Voltage::abs));
        } else if self.measure.current_age(now) > CURRENT_AGE {
            self.port = Port::default();
        }
        // While the cells do not add up to the pack nothing closes, not even until that has lasted
        // long enough to be told: the plug may be in before the lead is on B- (R-019).
        let adds_up = self.measure.flags(now).get(Flag::SumMismatch) != Some(true)
            || self.protect.is_active(Fault::SumMismatch, Level::Protection);
        if self.self_test && adds_up && self.zero.tried() && self.measure.complete() {
            self.self_test = false;
            self.guess_soc(now);
        }
        fresh
    }

    /// Once for every reading of the cells, with the input after it: a sample for the black box,
    /// and a look at how many taps are live.
    fn sample(&mut self, now: Instant) {
        if !core::mem::take(&mut self.sample_due) {
            return;
        }
        if let Some(line) = self.witness.look_at_taps(&self.measure) {
            self.tell(line, now);
        }
        let extreme =
            |at: Option<crate::measure::At<Voltage>>| at.map(|at| at.value).ok_or(NoData::NoAnswer);
        self.black_box.push(Sample {
            current: self.measure.current(now),
            lowest: extreme(self.measure.lowest()),
            highest: extreme(self.measure.highest()),
            port: self.measure.port(),
        });
    }

    /// What is so now, of everything that either is so or is not.
    fn flags(&self, now: Instant) -> Flags {
        let mut flags = self.conditions.flags(self.measure.flags(now));
        let switching = &self.switching;
        flags.put(Flag::CurrentInvalid, switching.reads_no_such_current());
        flags.put(Flag::ChargeStuck, switching.is_stuck(Switch::Charge));
        flags.put(Flag::DischargeStuck, switching.is_stuck(Switch::Discharge));
        flags.put(Flag::PrechargeFailed, self.precharge_failed);
        if self.protect.over_voltage() {
            let charges = switching.charges_although_open(&self.sight(now));
            flags.put_if_known(Flag::ChargeNotStopped, charges);
        }
        let current = self.measure.latest_current();
        let diode = self.measure.path_drop().is_some_and(|drop| drop >= self.diode_drop)
            && current.is_ok_and(|current| current.abs() > DIODE_LIMIT);
        flags.put(Flag::DiodeLoaded, diode);
        if switching.both_open()
            && let (Ok(port), Ok(pack)) = (self.measure.port(), self.measure.pack())
        {
            flags.put(Flag::ReversePolarity, port - pack > SWAPPED_POLES);
        }
        if !self.conditions.commissioned() {
            flags.put(Flag::OutsideWindow, self.measure.place_of(Flag::OutsideWindow).is_some());
        }
        flags
    }

    /// What the switching rules look at.
    fn sight(&self, now: Instant) -> Sight {
        Sight {
            current: self.measure.current(now).ok(),
            port: self.measure.port().ok(),
            pack: self.measure.pack().ok(),
            zero_error: self.zero.error(),
            charger: self.port.charger == Some(true) || self.port.charging,
            actual: self.switching.actual(),
        }
    }

    /// Stage two: every row. Whether anything set, cleared or locked.
    fn protect(&mut self, fresh: Fresh, input: &Input<'_>, now: Instant) -> bool {
        if fresh.cells && !self.conditions.commissioned() {
            let system = self.config.system();
            let low = Voltage::from_millivolts(system.window_low);
            let high = Voltage::from_millivolts(system.window_high);
            let outside = self.measure.outside(low, high);
            self.measure.set_outside_window(outside);
        }
        if let Input::Alert(ChipAlert::Watchdog) = input {
            // The third within a day counts as a failed self-test.
            self.conditions.chip_missed_us(self.protect.watchdog_trips_before(now) >= 2);
        }
        let flags = self.flags(now);
        self.precharge_failed = false;
        self.sample_due |= fresh.cells;
        let story = &mut self.story;
        let black_box = &mut self.black_box;
        let scene = scene!(self);
        let view = View {
            measure: scene.measure,
            flags,
            port: &self.port,
            actual: scene.switching.actual(),
            counters: &self.counters,
            charges_little: scene.measure.latest_current().is_ok_and(|it| it < self.little_current),
        };
        let mut changed = false;
        let mut fire = false;
        let mut restart = false;
        // Most steps change nothing, so how things stand is found out only when it is told.
        let mut tell = |told: Told| {
            changed = true;
            let locked_by_charge =
                matches!(told, Told::Locked(Fault::ExtremeOverVoltage | Fault::ChargeNotStopped));
            fire |= locked_by_charge;
            restart |= matches!(told, Told::Set(active, _) if active.fault == Fault::ChipLost);
            let sequence = story.tell(&told_line(told), scene.circumstances(now), now);
            if told.is_serious() {
                black_box.freeze(sequence, now);
            }
        };
        if core::mem::take(&mut self.short_again) {
            self.protect.force(Fault::ShortCircuit, Level::Protection, &view, now, &mut tell);
        }
        if let Input::Alert(alert) = input
            && let Some((fault, level)) = alerted(*alert)
        {
            self.protect.force(fault, level, &view, now, &mut tell);
        }
        if let Input::Wires(test) = input {
            self.protect.wires_tested(test.open_taps, &view, now);
        }
        self.protect.step(&view, fresh, now, &mut tell);
        if fire {
            self.switching.fire_trip(now);
            self.tell(Line::plain(RecordKind::Change, Happening::TripPulse), now);
        }
        if changed {
            self.show();
        }
        self.must_save |= self.protect.take_unsaved() | changed;
        self.restart_chip(restart, now);
        let halved = self.protect.is_active(Fault::SwitchSensorMissing, Level::Alarm);
        self.protect.halve(halved, &self.config);
        if fresh.current {
            self.flow.step(self.measure.current(now).ok(), now);
            self.run_light();
        }
        self.light(now);
        changed
    }

    /// Sets the running light to mode and flow.
    fn run_light(&mut self) {
        let flow = if self.switching.path() { Flow::Precharge } else { self.flow.flow() };
        self.running = running_light(self.sleep.mode(), flow);
    }

    /// The board fell asleep or woke.
    fn show_mode(&mut self, now: Instant) {
        self.show();
        self.run_light();
        self.light(now);
    }

    /// Sets red light and buzzer to what is active now. Asleep, both are off.
    pub(crate) fn show(&mut self) {
        self.story.stand(self.protect.active_places(), self.protect.locked());
        let locked = !self.protect.locked().is_empty();
        self.alarm = alarm_light(self.protect.shown(), locked);
        let usage = match self.config.system().buzzer {
            0 => BuzzerUse::Off,
            1 => BuzzerUse::Alerts,
            _ => BuzzerUse::All,
        };
        self.look_for_alarm();
        self.wanted.buzzer = buzzer(self.protect.shown(), locked, usage);
        if self.sleep.is_asleep() {
            self.alarm = Pattern::DARK;
            self.wanted.buzzer = Pattern::DARK;
        }
    }

    /// Sets both lights.
    fn light(&mut self, now: Instant) {
        if self.identify_until.is_some_and(|until| now >= until) {
            self.identify_until = None;
        }
        self.wanted.lights = match self.identify_until {
            Some(_) => Lights::IDENTIFY,
            None => Lights { green: self.running, red: self.alarm },
        };
    }

    /// Blinks both lights for a while.
    pub(crate) fn identify(&mut self, now: Instant) {
        self.identify_until = Some(now + IDENTIFY_FOR);
        self.light(now);
    }

    /// Starts a chip anew that has just fallen silent, and again every minute while it stays so.
    fn restart_chip(&mut self, lost_now: bool, now: Instant) {
        let due = self.restarted_at.is_some_and(|at| now.since(at) >= RESTART_EVERY);
        if !self.protect.is_active(Fault::ChipLost, Level::Protection) {
            self.restarted_at = None;
        } else if lost_now || due {
            self.restarted_at = Some(now);
            self.wanted.chip_restarts = self.wanted.chip_restarts.wrapping_add(1);
        }
    }

    /// Stage three: the switches.
    fn switch(&mut self, now: Instant) {
        let sight = self.sight(now);
        let permit = if self.self_test { None } else { self.protect.permit(&self.measure, now) };
        let mut done = heapless::Vec::<Done, 8>::new();
        self.switching.step(&self.protect, permit.as_ref(), &sight, now, |what| {
            // Both switches, one word of the pre-charge and a pulse each are fewer than eight.
            let _never_full = done.push(what);
        });
        for what in done {
            if matches!(what, Done::PrechargeAborted | Done::PrechargeFailed) {
                // A short that is tried again has one try through the path, not three.
                self.short_again = self.protect.retries_short();
                self.precharge_failed = what == Done::PrechargeFailed && !self.short_again;
            }
            self.tell(done_line(what), now);
        }
    }

    /// The key was turned. The first word after a start only says where it stands: a restart must
    /// not pass for a turn, which ends what waits for a person.
    fn turn_key(&mut self, on: bool, now: Instant) {
        let turned = core::mem::replace(&mut self.key_told, true);
        if self.config.system().key == 0 || !self.switching.set_key(on) {
            return;
        }
        if on && turned {
            self.protect.turn_key();
        }
        self.stir(Wake::Key, now);
        let happening = if on { Happening::KeyOn } else { Happening::KeyOff };
        self.tell(Line::plain(RecordKind::Change, happening), now);
    }

    /// Stage five (derating, stage four, is not there yet): which cells are bled.
    fn balance(&mut self, fresh: Fresh, now: Instant) {
        let asleep = self.sleep.is_asleep();
        let allowed = self.protect.balancing_allowed() && !self.self_test && !asleep;
        if fresh.cells {
            let occasion = if self.flow.flow() == Flow::Charging {
                Occasion::Charging
            } else if self.protect.over_voltage() {
                Occasion::OverVoltage
            } else {
                Occasion::Other
            };
            self.balance.step(&self.measure, occasion, allowed, now);
        } else if !allowed {
            self.balance.stop();
        }
    }

    /// Takes new settings everywhere. What is tripped stays tripped.
    pub(crate) fn reconfigure(&mut self) {
        self.status_threshold = status_threshold(&self.config);
        self.little_current = self.config.one_c().scaled_by(Ratio::from_permille(100));
        self.conditions.reconfigure(&self.config);
        self.measure.reconfigure(&self.config);
        self.zero.reconfigure(self.config.full_scale());
        self.flow.reconfigure(self.status_threshold);
        self.switching.reconfigure(&self.config);
        self.protect.reconfigure(&self.config);
        self.soc.reconfigure(soc_config(&self.config));
        self.balance = Balance::new(&self.config);
        self.sleep.reconfigure(&self.config);
        self.wanted.chip = chip_settings(&self.config);
        self.show();
    }

    /// Writes one line of the story.
    pub(crate) fn tell(&mut self, line: Line, now: Instant) {
        let circumstances = scene!(self).circumstances(self.now);
        self.story.tell(&line, circumstances, now);
    }

    /// Tells what repeated itself, once its ten seconds are over.
    fn tell_storms(&mut self, now: Instant) {
        if self.story.is_due(now) {
            let circumstances = scene!(self).circumstances(now);
            self.story.settle(&circumstances, now);
        }
    }

    /// Both lights.
    pub(crate) const fn lights(&self) -> Lights {
        self.wanted.lights
    }
}

/// What the chip holds awake: the hard limits, as a second line, in the steps that it has.
fn chip_settings(config: &Config) -> ChipSettings {
    let hard = |fault| config.limit(fault, Level::Hard);
    let over = hard(Fault::CellOverVoltage);
    let cells = cellward_params::chip::ChipCells::of(config);
    let degrees = |fault| {
        let raw = hard(fault).map_or(0, |limit| limit.threshold);
        Temperature::from_millicelsius(raw.saturating_mul(100))
    };
    let system = config.system();
    ChipSettings {
        over_voltage: Voltage::from_millivolts(cells.over_awake.millivolts()),
        under_voltage: Voltage::from_millivolts(cells.under_awake.millivolts()),
        cell_delay: over.map_or(Duration::ZERO, |limit| limit.delay),
        charge_hot: degrees(Fault::ChargeOverTemperature),
        charge_cold: degrees(Fault::ChargeUnderTemperature),
        discharge_hot: degrees(Fault::DischargeOverTemperature),
        discharge_cold: degrees(Fault::DischargeUnderTemperature),
        watchdog: CHIP_WATCHDOG,
        short_circuit: Current::from_milliamps(system.short_circuit_current),
        short_circuit_delay: Duration::from_micros(
            u64::try_from(system.short_circuit_delay).unwrap_or(0),
        ),
    }
}

/// What over both closed switches shows a diode. The row has a fixed threshold, so it never moves.
fn diode_drop(config: &Config) -> Voltage {
    let limit = config.limit(Fault::SwitchStuckOpen, Level::Alarm);
    Voltage::from_millivolts(limit.map_or(i32::MAX / 1_000, |limit| limit.threshold))
}
