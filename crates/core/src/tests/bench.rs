//! A bench: one engine, the readings it is fed on schedule, and everything it told.

use std::vec::Vec;

use cellward_params::record::{Happening, Subject, Switches};
use cellward_params::{Config, Fault, Level, OffReason, ParamId, Record, RecordKind, Switch};
use cellward_units::{Current, Duration, Instant, NoData, Temperature, Voltage};

use crate::{Bms, CellsFrame, CurrentFrame, Event, Input, Sensed, TemperaturesFrame, WireTest};

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
    pub(super) events: Vec<Event>,
}

impl Bench {
    /// Just powered: nothing fed yet.
    pub(super) fn new() -> Self {
        let mut config = Config::lifepo4(16);
        config.set(ParamId(6), 280_000).unwrap();
        config.restore_limits();
        Self::with(config)
    }

    pub(super) fn with(config: Config) -> Self {
        let cells = config.cells();
        Self {
            bms: Bms::new(config, Instant::START),
            now: Instant::START,
            ticks: 0,
            current: Ok(Current::ZERO),
            port: Voltage::ZERO,
            cells: std::vec![Ok(Voltage::from_millivolts(3_300)); cells],
            pack_error: Voltage::ZERO,
            temperatures: [Ok(Temperature::from_celsius(25)); 4],
            switches: Ok(Temperature::from_celsius(30)),
            board: Ok(Temperature::from_celsius(30)),
            answering: true,
            stuck_open: None,
            open_taps: Some(0),
            events: Vec::new(),
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
            let frame = CurrentFrame { current: self.current, port: Ok(self.port) };
            self.feed(Input::Current(frame));
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

    fn feed_cells(&mut self) {
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

    fn feed_temperatures(&mut self) {
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
}
