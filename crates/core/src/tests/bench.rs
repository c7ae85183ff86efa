//! A bench: one engine, the readings it is fed on schedule, and everything it told.

use std::vec::Vec;

use cellward_params::reason::{Until, Why};
use cellward_params::record::{Happening, Subject, Switches};
use cellward_params::{
    Action, Chemistry, Command, Config, Fault, Level, OffReason, ParamId, PortId, Profile, Record,
    RecordKind, Refusal, Request, Role, ShortText, Switch,
};
use cellward_units::{Current, Duration, Instant, NoData, Temperature, Voltage};

use crate::{
    Bms, CellsFrame, CurrentFrame, Event, GroupWrite, Input, Persist, Sensed, TemperaturesFrame,
    WireTest,
};

/// Length of a tick.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// A 16-cell LFP pack of 280 Ah on a 200 A board with two sensors, all readings settable.
pub(super) struct Bench {
    pub(super) bms: Bms,
    pub(super) now: Instant,
    ticks: u64,
    pub(super) current: Result<Current, NoData>,
    pub(super) port: Voltage,
    pub(super) cells: Vec<Result<Voltage, NoData>>,
    /// Added to the sum of the cells to make the pack reading.
    pub(super) pack_error: Voltage,
    pub(super) temperatures: [Result<Temperature, NoData>; 4],
    /// Temperature of the switches and of the board.
    pub(super) switches: Result<Temperature, NoData>,
    pub(super) board: Result<Temperature, NoData>,
    /// Whether the chip answers at all.
    pub(super) answering: bool,
    /// A switch that does not close, whatever it is told.
    pub(super) stuck_open: Option<Switch>,
    /// What the chip finds when it tests the wires; `None` while it does not answer that.
    pub(super) open_taps: Option<u32>,
    /// What hangs on the port, where P- shall follow it; `port` is what is read otherwise.
    pub(super) hanging: Option<Hanging>,
    pub(super) events: Vec<Event>,
    /// What was last given to be kept over a power loss.
    pub(super) kept: Option<Persist>,
}

/// What hangs on the port. Current through an open switch drops over its diode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Hanging {
    /// Pulls P- to B+ while the discharge switch is open.
    pub(super) load: bool,
    /// Pulls P- 5 V below B- while the charge switch is open.
    pub(super) charger: bool,
}

impl Bench {
    /// Just powered: nothing fed yet.
    pub(super) fn new() -> Self {
        Self::with(config_of(Profile::Strict, Chemistry::Lfp))
    }

    /// Started, self-test done, both switches closed, whatever the configuration.
    pub(super) fn started(config: Config) -> Self {
        let mut bench = Self::with(config);
        bench.run_ms(1_500);
        assert_eq!(bench.closed(), (true, true));
        bench.events.clear();
        bench
    }

    /// The same as the vendor's board.
    pub(super) fn vendor() -> Self {
        Self::started(config_of(Profile::Vendor, Chemistry::Lfp))
    }

    /// With a pre-charge resistor of 20 Ω.
    pub(super) fn with_path() -> Self {
        let mut config = config_of(Profile::Strict, Chemistry::Lfp);
        config.set(ParamId(33), 20_000).unwrap();
        Self::started(config)
    }

    /// The same, just asked to close the discharge switch onto a load that holds P- at so many
    /// millivolts; 52,800 is all that the pack has.
    pub(super) fn precharging(millivolts: i32) -> Self {
        let mut bench = Self::with_path();
        bench.allow(Switch::Discharge, false);
        bench.run_ms(100);
        bench.port = Voltage::from_millivolts(millivolts);
        bench.tick();
        bench.allow(Switch::Discharge, true);
        bench
    }

    pub(super) fn with(config: Config) -> Self {
        let cells = std::vec![Ok(idle_cell(config.chemistry())); config.cells()];
        Self {
            bms: Bms::new(config, Instant::START),
            now: Instant::START,
            ticks: 0,
            current: Ok(Current::ZERO),
            port: Voltage::ZERO,
            cells,
            pack_error: Voltage::ZERO,
            temperatures: [Ok(Temperature::from_celsius(25)); 4],
            switches: Ok(Temperature::from_celsius(30)),
            board: Ok(Temperature::from_celsius(30)),
            answering: true,
            stuck_open: None,
            open_taps: Some(0),
            hanging: None,
            events: Vec::new(),
            kept: None,
        }
    }

    /// Started, self-test done, both switches closed.
    pub(super) fn running() -> Self {
        let mut bench = Self::new();
        bench.run_ms(1_500);
        assert_eq!(bench.closed(), (true, true));
        bench.events.clear();
        bench
    }

    /// Feeds one tick: what is due at this instant, then time moves on by 10 ms.
    pub(super) fn tick(&mut self) {
        if self.answering {
            self.feed_current();
            if self.ticks.is_multiple_of(10) {
                self.feed_cells();
            }
            if self.ticks.is_multiple_of(50) {
                self.feed_temperatures();
            }
        } else {
            self.feed(Input::Tick);
        }
        self.ticks += 1;
        self.now += TICK;
    }

    pub(super) fn feed_current(&mut self) {
        if let Some(hanging) = self.hanging {
            let actual = self.actual();
            let milliamps = self.current.map_or(0, Current::as_milliamps);
            self.port = if milliamps <= -200 && !actual.charge {
                Voltage::from_millivolts(700)
            } else if milliamps >= 200 && !actual.discharge {
                Voltage::from_millivolts(-700)
            } else if hanging.charger && !actual.charge {
                Voltage::from_millivolts(-5_000)
            } else if hanging.load && !actual.discharge {
                self.cells.iter().filter_map(|cell| cell.ok()).sum()
            } else {
                Voltage::ZERO
            };
        }
        self.feed(Input::Current(CurrentFrame { current: self.current, port: Ok(self.port) }));
    }

    pub(super) fn feed_cells(&mut self) {
        let cells = self.cells.clone();
        let pack = cells
            .iter()
            .copied()
            .collect::<Result<Vec<_>, _>>()
            .map(|cells| cells.into_iter().sum::<Voltage>() + self.pack_error);
        let pack = pack.or(Ok(Voltage::from_millivolts(52_800)));
        self.feed(Input::Cells(CellsFrame { cells: &cells, pack }));
    }

    /// Feeds one input now, collects what it tells, and makes the switches follow.
    pub(super) fn feed(&mut self, input: Input<'_>) {
        self.bms.handle(input, self.now);
        self.drain();
        let mut reached = self.bms.wanted().switches;
        if let Some(switch) = self.stuck_open {
            reached.set(switch, false);
        }
        if reached != self.actual() {
            self.bms.handle(Input::Feedback(reached), self.now);
            self.drain();
        }
        if let (true, Some(open_taps)) = (self.bms.wanted().test_wires, self.open_taps) {
            self.bms.handle(Input::Wires(WireTest { open_taps }), self.now);
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.bms.poll_event() {
            if let Event::Persist(image) = event {
                self.kept = Some(image);
            }
            self.events.push(event);
        }
    }

    pub(super) fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    /// Runs until `done`, at most `limit_ms`; the time it took in ms.
    pub(super) fn run_until(&mut self, limit_ms: u64, done: impl Fn(&Self) -> bool) -> Option<u64> {
        let start = self.now;
        for _ in 0..=limit_ms / 10 {
            self.tick();
            if done(self) {
                return Some(self.now.since(start).as_millis() - 10);
            }
        }
        None
    }

    pub(super) fn actual(&self) -> Switches {
        let snapshot = self.bms.snapshot(self.now);
        Switches {
            charge: snapshot.charge_switch_closed.unwrap(),
            discharge: snapshot.discharge_switch_closed.unwrap(),
        }
    }

    /// Whether charge and discharge switch are commanded closed.
    pub(super) fn closed(&self) -> (bool, bool) {
        let wanted = self.bms.wanted().switches;
        (wanted.charge, wanted.discharge)
    }

    pub(super) fn set_cells(&mut self, millivolts: i32) {
        self.cells.fill(Ok(Voltage::from_millivolts(millivolts)));
    }

    pub(super) fn set_cell(&mut self, index: usize, millivolts: i32) {
        self.cells[index] = Ok(Voltage::from_millivolts(millivolts));
    }

    pub(super) fn set_amps(&mut self, amps: i32) {
        self.current = Ok(Current::from_amps(amps));
    }

    pub(super) fn set_celsius(&mut self, celsius: i32) {
        for sensor in 0..self.temperatures.len() {
            self.set_sensor(sensor, Ok(Temperature::from_celsius(celsius)));
        }
    }

    /// Sets one sensor as if it had been replugged in between: a step of ten kelvins within a
    /// second would be a cell that heats itself.
    pub(super) fn set_sensor(&mut self, sensor: usize, reading: Result<Temperature, NoData>) {
        self.temperatures[sensor] = Err(NoData::SensorOpen);
        self.feed_temperatures();
        self.temperatures[sensor] = reading;
        self.feed_temperatures();
    }

    pub(super) fn feed_temperatures(&mut self) {
        let sensed = |reading: Result<Temperature, NoData>| reading.map(Sensed::Temperature);
        self.feed(Input::Temperatures(TemperaturesFrame {
            cells: self.temperatures.map(sensed),
            switches: sensed(self.switches),
            board: sensed(self.board),
        }));
    }

    pub(super) fn active(&self, fault: Fault, level: Level) -> bool {
        let faults = self.bms.snapshot(self.now).faults.unwrap();
        faults.iter().any(|active| active.fault == fault && active.level == level)
    }

    pub(super) fn reasons(&self, switch: Switch) -> Vec<OffReason> {
        let snapshot = self.bms.snapshot(self.now);
        let reasons = match switch {
            Switch::Charge => snapshot.charge_switch_reasons,
            Switch::Discharge => snapshot.discharge_switch_reasons,
        };
        reasons.unwrap().to_vec()
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.events.iter().filter_map(|event| match event {
            Event::Record(record) => Some(record),
            _ => None,
        })
    }

    pub(super) fn happened(&self, happening: Happening) -> bool {
        self.records().any(|record| record.subject == Subject::Happening(happening))
    }

    pub(super) fn record_of(&self, fault: Fault, level: Level, kind: RecordKind) -> &Record {
        self.records()
            .find(|record| record.subject == Subject::Fault(fault, level) && record.kind == kind)
            .unwrap()
    }

    /// Every record of a level of a fault, of this kind.
    pub(super) fn count_of(&self, fault: Fault, level: Level, kind: RecordKind) -> usize {
        let subject = Subject::Fault(fault, level);
        self.records().filter(|record| record.subject == subject && record.kind == kind).count()
    }

    /// How often something happened.
    pub(super) fn times(&self, happening: Happening) -> usize {
        let subject = Subject::Happening(happening);
        self.records().filter(|record| record.subject == subject).count()
    }

    /// Whether a level is tripped, whatever is locked.
    pub(super) fn tripped(&self, fault: Fault, level: Level) -> bool {
        self.bms.protect.is_active(fault, level)
    }

    pub(super) fn locked(&self, fault: Fault) -> bool {
        self.bms.protect.locked().contains(fault)
    }

    /// The way out of a fault, as the discharge switch tells it, or else the charge switch.
    pub(super) fn way_out(&self, fault: Fault) -> (Until, Option<Duration>) {
        let of = |why: Why| match why {
            Why::Fault(active) => active.fault == fault,
            _ => false,
        };
        let both = [Switch::Discharge, Switch::Charge].map(|switch| self.reasons(switch));
        let found = both.iter().flatten().find(|reason| of(reason.why)).unwrap();
        (found.until, found.left)
    }

    /// Asks as somebody, and gives the answer.
    pub(super) fn ask(&mut self, role: Role, action: Action) -> Result<(), Refusal> {
        self.feed(Input::Request(Request { id: 7, port: PortId(2), role, action }));
        self.last_answer()
    }

    pub(super) fn command(&mut self, command: Command) -> Result<(), Refusal> {
        self.ask(Role::Installer, Action::Command(command))
    }

    /// The wire above this cell, counted from 0, floats: what is read is low below it and high above,
    /// until the chip is sure that it is open.
    pub(super) fn float_wire(&mut self, cell: usize) {
        self.set_cell(cell, 1_300);
        self.set_cell(cell + 1, 4_400);
        self.run_ms(100);
        self.open_wire(cell);
    }

    /// The chip says that the wire above this cell is open.
    pub(super) fn open_wire(&mut self, cell: usize) {
        self.cells[cell..=cell + 1].fill(Err(NoData::WireOpen));
    }

    /// Asks for a switch, or forbids it.
    pub(super) fn allow(&mut self, switch: Switch, allowed: bool) {
        let command = Command::AllowSwitch { switch, allowed };
        self.ask(Role::User, Action::Command(command)).unwrap();
    }

    pub(super) fn unlock(&mut self, fault: Fault) -> Result<(), Refusal> {
        self.command(Command::Unlock { fault, reason: ShortText::new("cells measured by hand") })
    }

    /// Writes a group.
    pub(super) fn write(&mut self, role: Role, changes: &[(ParamId, i32)]) -> Result<(), Refusal> {
        self.feed(Input::Write(GroupWrite { id: 7, port: PortId(2), role, changes }));
        self.last_answer()
    }

    fn last_answer(&self) -> Result<(), Refusal> {
        let answer = self.events.iter().rev().find_map(|event| match event {
            Event::Answer(answer) => Some(*answer),
            _ => None,
        });
        let answer = answer.unwrap();
        assert_eq!((answer.id, answer.port), (7, PortId(2)));
        answer.result
    }

    /// Cuts the power and starts again with what was kept; the world stays as it is. Nothing has
    /// been fed yet but what was kept.
    pub(super) fn rebooted(&self) -> Self {
        let mut next = Self::with(self.bms.config().clone());
        next.current = self.current;
        next.port = self.port;
        next.cells.clone_from(&self.cells);
        next.pack_error = self.pack_error;
        next.temperatures = self.temperatures;
        next.open_taps = self.open_taps;
        next.hanging = self.hanging;
        let kept = self.kept.unwrap();
        next.kept = Some(kept);
        next.feed(Input::Restore(&kept));
        next
    }
}

/// A pack of 16 cells and 280 Ah on a 200 A board.
pub(super) fn config_of(profile: Profile, chemistry: Chemistry) -> Config {
    let mut config = Config::new(profile, chemistry, 16);
    config.set(ParamId(6), 280_000).unwrap();
    config.restore_limits();
    config
}

/// A cell about which no row has anything to say.
pub(super) const fn idle_cell(chemistry: Chemistry) -> Voltage {
    Voltage::from_millivolts(match chemistry {
        Chemistry::Lfp => 3_300,
        Chemistry::Nmc => 3_800,
        Chemistry::Lto => 2_300,
    })
}
