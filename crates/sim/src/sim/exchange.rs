//! What plant, sensors, chip and board tell each other at the end of a tick or of a hop.

use cellward_core::{
    CellsFrame, ChipAlert, CurrentFrame, Input, Sensed, TemperaturesFrame, WireTest,
};
use cellward_params::{MAX_CELLS, MAX_SENSORS};
use cellward_units::{Duration, Instant, NoData, Voltage};

use super::{CELLS_EVERY, SECOND, Sim, TEMPERATURES_EVERY, TICK};
use crate::cells::PerCell;
use crate::sensor::Sensors;
use crate::{ChipFault, Injection};

/// How far the board's B- stands above the pack's while the thick lead is off, V: its own supply
/// then returns through the lowest tap. *Guess*: the clamp diode of that pin and 15 mA, the most
/// that a board takes awake, through its filter of 20 Ω.
const LIFTED_BY: f64 = 1.0;

impl Sim {
    /// The end of a tick: measures what is due and tells the board.
    pub(super) fn measure(&mut self, amps: f64) {
        let now = self.now;
        let current = self.current_frame(amps, now);
        let cells_due = now.as_micros().is_multiple_of(CELLS_EVERY);
        let cells = cells_due.then(|| {
            self.harness.measured();
            self.read_cells(now)
        });
        self.deliver(current, cells);
    }

    /// Moves the plant on if a second is full, then tells the board everything that is due.
    pub(super) fn deliver(&mut self, mut current: CurrentFrame, cells: Option<CellReading>) {
        let now = self.now;
        if now.as_micros().is_multiple_of(SECOND) {
            self.plant.whole_second(now);
            self.chip.watch(|at| self.plant.current_at(at), now);
        }
        let temperatures_due = now.as_micros().is_multiple_of(TEMPERATURES_EVERY);
        if temperatures_due {
            self.read_temperatures();
            self.sensors_changed = false;
        }
        if !self.chip.lives() {
            self.tell(Input::Tick, now);
            return;
        }
        let deaf = self.is_deaf();
        if deaf {
            self.tell(Input::Tick, now);
        } else {
            self.catch_up(now);
        }
        let fault = self.chip.fault;
        match fault {
            Some(ChipFault::CurrentChannel) => current.current = Err(NoData::Implausible),
            Some(ChipFault::Errors) => {
                current.current = Err(NoData::ChipError);
                current.port = Err(NoData::ChipError);
            }
            _ => {}
        }
        if fault == Some(ChipFault::StaleCurrent) {
            // Time goes on for the brain, as its own timer makes it.
            self.tell(Input::Tick, now);
        } else if !deaf {
            self.tell(Input::Current(current), now);
        }
        if let Some(mut cells) = cells {
            let frame = cells.frame(self.count);
            let alerts = self.chip.compare(frame.cells, now);
            for alert in alerts.into_iter().flatten() {
                self.alert(alert, now);
            }
            if fault == Some(ChipFault::Errors) {
                cells.cells[..self.count].fill(Err(NoData::ChipError));
                cells.pack = Err(NoData::ChipError);
            }
            if !deaf && fault != Some(ChipFault::StaleCells) {
                self.cells = cells.cells;
                self.tell(Input::Cells(cells.frame(self.count)), now);
            }
        }
        if temperatures_due {
            let sensed = self.sensed;
            for alert in self.chip.compare_temperatures(&sensed, now).into_iter().flatten() {
                self.alert(alert, now);
            }
            if fault == Some(ChipFault::Errors) {
                self.temperatures = NO_TEMPERATURES;
            }
            if !deaf && fault != Some(ChipFault::StaleTemperatures) {
                self.tell(Input::Temperatures(self.temperatures), now);
            }
        }
        self.test_wires(now);
        if !self.frozen {
            self.node.estimate(now);
        }
    }

    /// Whether the brain hears nothing of the chip.
    pub(super) const fn is_deaf(&self) -> bool {
        self.frozen || !self.chip.is_heard()
    }

    /// Tells the brain of an alert, now or once it can hear.
    pub(super) fn alert(&mut self, alert: ChipAlert, at: Instant) {
        if self.is_deaf() {
            self.unheard.push(alert);
        } else {
            self.tell(Input::Alert(alert), at);
        }
    }

    /// Tells the brain what it has not heard.
    fn catch_up(&mut self, now: Instant) {
        for alert in core::mem::take(&mut self.unheard) {
            self.tell(Input::Alert(alert), now);
        }
        if core::mem::take(&mut self.moved_unheard) {
            self.tell(Input::Feedback(self.chip.actual()), now);
        }
    }

    pub(super) fn tell(&mut self, input: Input<'_>, at: Instant) {
        if self.frozen {
            return;
        }
        self.node.handle(input, at);
        self.obey_at(at);
    }

    pub(super) fn obey(&mut self) {
        self.obey_at(self.now);
    }

    /// Makes the chip take over what the board wants.
    fn obey_at(&mut self, at: Instant) {
        if self.frozen {
            return;
        }
        let wanted = self.node.wanted();
        self.chip.obey(wanted, at);
        if wanted.bleed != self.plant.bled() && self.chip.is_heard() {
            let bleed = wanted.bleed;
            self.plant.change(at, |plant| plant.set_bled(bleed));
        }
        self.obey_extras(at);
    }

    /// What the board wants beyond switches and bleeding.
    #[inline]
    fn extras(&self) -> Extras {
        let wanted = self.node.wanted();
        Extras {
            precharge: wanted.precharge,
            sink: wanted.load_sink,
            trip: wanted.trip,
            test_wires: wanted.test_wires,
            restarts: wanted.chip_restarts,
        }
    }

    /// Carries out what the board wants beyond switches and bleeding.
    #[inline]
    fn obey_extras(&mut self, at: Instant) {
        let extras = self.extras();
        let around = (extras.precharge, extras.sink);
        if extras.restarts != self.restarts
            || around != self.plant.around()
            || extras.trip
            || self.breaker.is_waiting()
        {
            self.carry_out(extras, at);
        }
    }

    #[cold]
    fn carry_out(&mut self, extras: Extras, at: Instant) {
        if extras.restarts != self.restarts {
            self.restarts = extras.restarts;
            self.chip.restart(at);
            self.harness.forget();
        }
        let around = (extras.precharge, extras.sink);
        if around != self.plant.around() && self.chip.is_heard() {
            self.change_plant(at, |plant| plant.set_around(around.0, around.1));
        }
        if self.breaker.see(extras.trip, at) {
            self.change_plant(at, |plant| plant.set_breaker(true));
        }
    }

    /// Answers the open-wire test as long as it is wanted.
    fn test_wires(&mut self, now: Instant) {
        if !self.extras().test_wires || self.is_deaf() {
            self.wires_due = None;
            return;
        }
        let due = *self.wires_due.get_or_insert(now + WIRE_TEST);
        if now >= due {
            self.wires_due = Some(now + WIRE_TEST);
            let open_taps = self.harness.test(self.count, now);
            self.tell(Input::Wires(WireTest { open_taps }), now);
        }
    }

    pub(super) fn current_frame(&self, amps: f64, at: Instant) -> CurrentFrame {
        let count = number(at);
        CurrentFrame {
            current: Ok(self.sensors.current(amps, count)),
            port: Ok(self.sensors.port(self.plant.port(), count)),
        }
    }

    /// What a measurement of the cells gives at an instant of the running segment.
    pub(super) fn read_cells(&self, at: Instant) -> CellReading {
        let count = number(at);
        let truth: PerCell = self.plant.at_taps(at);
        let through_wires;
        let seen = if self.harness.is_whole() {
            &truth
        } else {
            through_wires = self.harness.seen(&truth, self.count, at);
            &through_wires
        };
        let mut cells = [Err(NoData::NotFitted); MAX_CELLS];
        for (slot, read) in cells.iter_mut().zip(self.sensors.cells(seen, count)) {
            *slot = Ok(read);
        }
        self.harness.mark(&mut cells[..self.count], at);
        let lifted = if self.plant.lead_missing() { LIFTED_BY } else { 0.0 };
        let pack = truth.iter().sum::<f64>() - lifted;
        CellReading { cells, pack: Ok(self.sensors.pack(pack, count)) }
    }

    fn read_temperatures(&mut self) {
        let count = number(self.now);
        let truth = self.plant.temperatures();
        let read = |place: usize| self.sensors.probe(place, truth[place], count);
        let unplugged = self.active.has(Injection::SensorUnplugged);
        let fitted = self.node.bms().config().sensors();
        let mut cells = [Err(NoData::NotFitted); MAX_SENSORS];
        for (sensor, slot) in cells.iter_mut().enumerate().take(fitted) {
            let ohms = if sensor == 0 && unplugged { UNPLUGGED } else { read(sensor) };
            *slot = Ok(Sensed::Ntc { ohms });
            self.sensed[sensor] = Sensors::understood(ohms);
        }
        if self.now.as_micros().is_multiple_of(SECOND) {
            for (place, truth) in self.places.iter_mut().zip(truth) {
                if (truth - *place).abs() > STEEP {
                    self.steep_until = self.now + STEEP_FOR;
                }
                *place = truth;
            }
        }
        let board = self.sensors.temperature(MAX_SENSORS + 1, truth[MAX_SENSORS + 1], count);
        self.temperatures = TemperaturesFrame {
            cells,
            switches: Ok(Sensed::Ntc { ohms: read(MAX_SENSORS) }),
            board: Ok(Sensed::Temperature(board)),
        };
    }
}

/// A sensor that moves by more than this in a second, in K, moves fast: 0.6 K per minute, a fifth
/// of what the board warns of.
const STEEP: f64 = 0.01;
/// How long that matters: the board's window of a minute, its delay and a little.
const STEEP_FOR: Duration = Duration::from_secs(65);

/// Resistance of a thermistor whose plug is pulled, in Ω.
const UNPLUGGED: u32 = 10_000_000;

/// What the board wants beyond switches and bleeding.
#[derive(Clone, Copy, Debug)]
struct Extras {
    precharge: bool,
    sink: bool,
    trip: bool,
    test_wires: bool,
    /// How often the chip shall have been started anew; only a change counts.
    restarts: u8,
}

/// How long the open-wire test takes, again and again. A *guess*: each input is pulled for some
/// milliseconds, in turn.
const WIRE_TEST: Duration = Duration::from_millis(250);

/// Temperatures of a chip that has not answered.
pub(super) const NO_TEMPERATURES: TemperaturesFrame = TemperaturesFrame {
    cells: [Err(NoData::ChipError); MAX_SENSORS],
    switches: Err(NoData::ChipError),
    board: Err(NoData::ChipError),
};

/// One measurement of every cell and the pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellReading {
    cells: [Result<Voltage, NoData>; MAX_CELLS],
    pack: Result<Voltage, NoData>,
}

impl CellReading {
    pub(super) fn frame(&self, count: usize) -> CellsFrame<'_> {
        CellsFrame { cells: &self.cells[..count], pack: self.pack }
    }
}

/// The number of the tick at an instant: the count of all noise.
const fn number(at: Instant) -> u64 {
    at.as_micros() / TICK.as_micros()
}
