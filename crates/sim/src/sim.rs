//! The clockwork: plant, sensors and chip around one board, in virtual time.
//!
//! What a person at the bench can do to it is in `bench`; what plant, sensors, chip and board
//! tell each other is in `exchange`.

mod bench;
mod exchange;
pub(crate) mod turns;

use std::collections::VecDeque;

use cellward_core::{BoardHealth, ChipAlert, Input, Memory, TemperaturesFrame};
use cellward_node::{Node, RamStore};
use cellward_params::record::Switches;
use cellward_params::{
    Config, Fault, Level, MAX_CELLS, MAX_SENSORS, ParamId, PortId, Record, Request, Snapshot,
};
use cellward_units::{Duration, Instant, NoData, Temperature, Voltage};

use self::exchange::NO_TEMPERATURES;
use crate::breaker::Breaker;
use crate::cells::Cells;
use crate::chemistry::Figures;
use crate::chip::{Act, Chip};
use crate::injection::Active;
use crate::plant::Plant;
use crate::sensor::Sensors;
use crate::story::Turn;
use crate::surroundings::{Place, Surroundings};
use crate::thermal::Thermal;
use crate::ways::{PORTS, Way};
use crate::wiring::Harness;
use crate::{Float, Injection, Setup, SetupError, Truth, Wire};

/// One tick, and the period of the fast channel.
pub const TICK: Duration = Duration::from_millis(10);

/// Period of the cells in µs.
const CELLS_EVERY: u64 = 100_000;
/// Period of the temperatures in µs.
const TEMPERATURES_EVERY: u64 = 500_000;
/// The grid on which the plant moves on, in µs.
const SECOND: u64 = 1_000_000;

/// Moves of the switches that are kept for whoever asks.
const MOVES: usize = 64;

/// A board with everything around it.
///
/// ```
/// use cellward_sim::{Setup, Sim, TICK};
/// let mut sim = Sim::new(Setup::default())?;
/// sim.tick();
/// assert_eq!(sim.now(), cellward_units::Instant::START + TICK);
/// # Ok::<(), cellward_sim::SetupError>(())
/// ```
#[derive(Debug)]
pub struct Sim {
    node: Node<PORTS>,
    plant: Plant,
    sensors: Sensors,
    chip: Chip,
    harness: Harness,
    breaker: Breaker,
    /// Whether the brain is fed nothing and asked nothing.
    frozen: bool,
    /// Alerts of the chip that the brain has not heard.
    unheard: Vec<ChipAlert>,
    /// Whether the switches moved without the brain hearing of it.
    moved_unheard: bool,
    /// When the open-wire test that runs answers next.
    wires_due: Option<Instant>,
    /// How often the board had wanted the chip started anew when it last was.
    restarts: u8,
    turns: VecDeque<Turn>,
    /// What the switches were after the last change, and the latest times that they moved.
    moved_to: Switches,
    moves: VecDeque<(Instant, Switches)>,
    answers: VecDeque<turns::Answered>,
    active: Active,
    records: VecDeque<Record>,
    now: Instant,
    start_hour: f64,
    count: usize,
    /// The last measurement of the cells, as delivered.
    cells: [Result<Voltage, NoData>; MAX_CELLS],
    /// The last measurement of the temperatures, as delivered.
    temperatures: TemperaturesFrame,
    /// What the chip makes of its cell sensors.
    sensed: [Result<Temperature, NoData>; MAX_SENSORS],
    /// The cell sensors at the last whole second, °C, and until when half seconds matter because
    /// one of them moved fast: the board watches their rise over a minute.
    places: [f64; MAX_SENSORS],
    steep_until: Instant,
    /// Whether the next measurement of the temperatures may differ by more than its noise.
    sensors_changed: bool,
}

impl Sim {
    /// A board that is powered just now, in front of its story.
    ///
    /// # Errors
    ///
    /// Refuses a setup whose numbers make no sense.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let mut config = setup.config()?;
        let figures = Figures::of(setup.chemistry);
        let count = config.cells();
        let surroundings = Surroundings::new(&Place {
            figures,
            cells: f64::from(setup.cells),
            amp_hours: setup.capacity_ah,
            rated: setup.rated_current_a,
            charge_limit: config.charge_limit().to_amps_f64(),
            start_hour: setup.start_hour,
            seed: setup.seed,
        });
        let room = match setup.story.first_ambient() {
            Some(celsius) => celsius,
            None => surroundings.ambient(Instant::START),
        };
        let rated = setup.rated_current_a;
        let sensors =
            Sensors::new(count, config.full_scale().to_amps_f64(), setup.seed, setup.ideal_sensors);
        if setup.calibrated {
            calibrate(&mut config, sensors.current_gain_error())?;
        } else {
            config.set(CURRENT_RESIDUAL, NO_CALIBRATION)?;
        }
        let precharge = config.system().precharge_resistor;
        let store = setup.memory().map_or_else(RamStore::new, RamStore::holding);
        let node = board(config, store, Instant::START);
        let chip = Chip::new(node.wanted());
        let mut cells = Cells::new(count, figures, setup.capacity_ah, setup.start_soc, setup.seed);
        cells.grow_old(setup.age_years, setup.age_cycles);
        if let Some(start) = &setup.start_cells {
            cells.start_as(start);
        }
        let thermal = Thermal::new(count, figures, setup.capacity_ah, rated, room);
        let mut plant = Plant::new(cells, surroundings, thermal, rated);
        plant.change(Instant::START, |plant| {
            plant.fit_precharge((precharge > 0).then(|| f64::from(precharge) / 1e3));
        });
        let mut sim = Self {
            node,
            plant,
            sensors,
            chip,
            harness: Harness::new(),
            breaker: Breaker::default(),
            frozen: false,
            unheard: Vec::new(),
            moved_unheard: false,
            wires_due: None,
            restarts: 0,
            turns: setup.story.turns.into(),
            moved_to: Switches::OPEN,
            moves: VecDeque::new(),
            answers: VecDeque::new(),
            active: Active::default(),
            records: VecDeque::new(),
            now: Instant::START,
            start_hour: setup.start_hour,
            count,
            cells: [Err(NoData::NotYet); MAX_CELLS],
            temperatures: NO_TEMPERATURES,
            sensed: [Err(NoData::NotYet); MAX_SENSORS],
            places: [room; MAX_SENSORS],
            steep_until: Instant::START,
            sensors_changed: true,
        };
        sim.tell(Input::Board(HEALTHY), Instant::START);
        Ok(sim)
    }

    /// Simulated time since the board was powered.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Time of the simulated day, since midnight.
    #[must_use]
    pub fn clock_of_day(&self) -> Duration {
        /// Microseconds of a day.
        const DAY: u64 = 86_400 * SECOND;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the start was checked to lie within 0 to 24 hours"
        )]
        let start = (self.start_hour * 3_600e6) as u64;
        Duration::from_micros((start + self.now.as_micros()) % DAY)
    }

    /// The board, to read.
    #[must_use]
    pub const fn node(&self) -> &Node<PORTS> {
        &self.node
    }

    /// The board, to talk to over its ports.
    pub const fn node_mut(&mut self) -> &mut Node<PORTS> {
        &mut self.node
    }

    /// What the switches are, from the plant.
    #[must_use]
    pub const fn switches(&self) -> Switches {
        self.plant.switches()
    }

    /// The next time that the switches moved and what they were then, oldest first. Of moves that
    /// nobody asks for, the latest 64 are kept.
    pub fn poll_move(&mut self) -> Option<(Instant, Switches)> {
        self.moves.pop_front()
    }

    /// The next answer to something that the story asked of the board, oldest first.
    pub(crate) fn poll_answer(&mut self) -> Option<turns::Answered> {
        self.answers.pop_front()
    }

    /// Puts a request to the board, as one of its sessions would.
    pub fn request(&mut self, request: Request) {
        self.node.handle(Input::Request(request), self.now);
        self.keep_records();
    }

    /// Everything that a reader of the board may see now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.node.snapshot(self.now)
    }

    /// The next record of the board, oldest first.
    pub fn poll_record(&mut self) -> Option<Record> {
        self.records.pop_front()
    }

    /// The truth behind the readings. For tests and pictures of the simulator itself only:
    /// nothing that estimates, protects or shows a battery may call it.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.plant.truth(self.now)
    }

    /// Makes trouble, from now on.
    pub fn inject(&mut self, injection: Injection) {
        self.set_trouble(injection, true);
    }

    /// Takes trouble away, from now on.
    pub fn remove(&mut self, injection: Injection) {
        self.set_trouble(injection, false);
    }

    /// What is injected now.
    pub fn active(&self) -> impl Iterator<Item = Injection> + use<> {
        let active = self.active;
        Injection::ALL.into_iter().filter(move |kind| active.has(*kind))
    }

    /// Whether an injection is about to make the protection act, or has: the quantity that it
    /// moves stands within a small margin of its limit. At once true for trouble that acts
    /// within seconds.
    #[must_use]
    pub fn near_action(&self, injection: &Injection) -> bool {
        let limit = |fault| {
            let config = self.node.bms().config();
            config.limit(fault, Level::Protection).map(|limit| limit.threshold)
        };
        match injection {
            Injection::ChargerTooHigh => {
                let margin = 20;
                let highest = self.cells.iter().flatten().max();
                match (limit(Fault::CellOverVoltage), highest) {
                    (Some(limit), Some(highest)) => highest.as_millivolts() >= limit - margin,
                    _ => false,
                }
            }
            Injection::HotCell => {
                // Tenths of a degree, as the limits. A lone hot place differs from the others
                // before it is too hot by itself.
                let margin = 10;
                let hottest = self.sensed.iter().flatten().max();
                let coldest = self.sensed.iter().flatten().min();
                let (Some(hottest), Some(coldest)) = (hottest, coldest) else { return false };
                let tenths = |temperature: &Temperature| temperature.as_millicelsius() / 100;
                let near = |fault, value| limit(fault).is_some_and(|limit| value >= limit - margin);
                near(Fault::ChargeOverTemperature, tenths(hottest))
                    || near(Fault::TemperatureDifference, tenths(hottest) - tenths(coldest))
            }
            Injection::ShortCircuit
            | Injection::SensorUnplugged
            | Injection::LoadTooBig
            | Injection::OpenWire => true,
        }
    }

    /// Lets 10 ms pass.
    pub fn tick(&mut self) {
        self.take_turns();
        // A session may have changed what the board wants since the last tick.
        self.obey();
        let end = self.now + TICK;
        let amps = self.mean_current_until(end);
        self.now = end;
        if !self.plant.is_still() {
            self.change_plant(end, |_| ());
        }
        self.measure(amps);
        self.keep_records();
    }

    /// Ticks until `target`, or the first tick after it.
    pub fn run_until(&mut self, target: Instant) {
        while self.now < target {
            self.tick();
        }
    }

    /// Like [`Self::run_until`], but hops over spans of up to a second in which no comparison of
    /// the board changes. With ideal sensors the board tells the same story.
    pub fn run_jumping(&mut self, target: Instant) {
        while self.now < target {
            if !self.hop(target) {
                self.tick();
            }
        }
    }

    /// One hop if there is one before `target`, else one tick.
    pub(crate) fn step_jumping(&mut self, target: Instant) {
        if !self.hop(target) {
            self.tick();
        }
    }

    /// Hops to the furthest instant that is surely uneventful; `false` when there is none.
    fn hop(&mut self, target: Instant) -> bool {
        // Voltages step when a segment begins and then run one way. So once a measurement of
        // current and cells has been taken inside of the segment, it and the one at the end
        // speak for all between them.
        let now = self.now.as_micros();
        self.obey();
        if !now.is_multiple_of(CELLS_EVERY)
            || self.now.since(self.plant.since()) < TICK
            || !self.chip.quiet()
            || !self.plant.is_still()
            || !self.harness.is_quiet(self.now)
            || self.frozen
            || self.breaker.is_waiting()
            || self.wires_due.is_some()
        {
            return false;
        }
        let mut end = (now / SECOND + 1) * SECOND;
        end = end.min(target.as_micros());
        if self.sensors_changed || self.now < self.steep_until {
            // Temperatures themselves move on whole seconds only.
            end = end.min((now / TEMPERATURES_EVERY + 1) * TEMPERATURES_EVERY);
        }
        if let Some(turn) = self.turns.front() {
            end = end.min(turn.at.as_micros());
        }
        if let Some(deadline) = self.node.steady_deadline() {
            // What is due is done by a tick, as it would be without hopping.
            end = end.min(deadline.as_micros().saturating_sub(1));
        }
        // Only whole measurements of the cells end a hop.
        let end = Instant::from_micros(end / CELLS_EVERY * CELLS_EVERY);
        if end.since(self.now) <= TICK {
            return false;
        }

        let current = self.current_frame(self.plant.current(), end);
        let last = self.read_cells(end);
        let cells = last.frame(self.count);
        if self.chip.beyond(cells.cells) != (false, false)
            || !self.node.bms().unmoved_by(&current, &cells)
        {
            return false;
        }
        self.now = end;
        self.node.handle(Input::Unchanged, end);
        self.obey();
        self.deliver(current, Some(last));
        self.keep_records();
        true
    }

    fn set_trouble(&mut self, injection: Injection, there: bool) {
        if self.active.has(injection) == there {
            return;
        }
        self.active.set(injection, there);
        self.sensors_changed = true;
        if injection == Injection::OpenWire {
            // The fifth tap; on small packs the highest one that two cells share.
            let tap = 5.min(self.count - 1);
            let wire = if there { Wire::Broken(Float::Low) } else { Wire::Whole };
            self.harness.set_wire(tap, wire);
        }
        self.change_plant(self.now, |plant| {
            let trouble = &mut plant.surroundings.trouble;
            match injection {
                Injection::ShortCircuit => trouble.short = there,
                Injection::ChargerTooHigh => trouble.charger_too_high = there,
                Injection::HotCell => trouble.hot_joint = there,
                Injection::LoadTooBig => trouble.load_too_big = there,
                Injection::SensorUnplugged | Injection::OpenWire => {}
            }
        });
    }

    /// Changes the plant at this instant and lets the chip look at the new current.
    fn change_plant(&mut self, at: Instant, change: impl FnOnce(&mut Plant)) {
        self.plant.change(at, change);
        self.chip.watch(|at| self.plant.current_at(at), at);
        let switches = self.plant.switches();
        if switches != self.moved_to {
            self.moved_to = switches;
            if self.moves.len() == MOVES {
                self.moves.pop_front();
            }
            self.moves.push_back((at, switches));
        }
    }

    /// Lets the chip do what it does by itself until `end`, and gives the mean current, A.
    fn mean_current_until(&mut self, end: Instant) -> f64 {
        let mut flown = 0.0;
        let mut from = self.now;
        while let Some(at) = self.chip.next().filter(|at| *at <= end) {
            flown += self.flown(from, at);
            from = at;
            match self.chip.act(at) {
                Some(Act::Short) => self.alert(ChipAlert::ShortCircuit, at),
                Some(Act::Watchdog) => self.alert(ChipAlert::Watchdog, at),
                Some(Act::Moved(switches)) => {
                    self.change_plant(at, |plant| plant.set_switches(switches));
                    if self.is_deaf() {
                        self.moved_unheard = true;
                    } else {
                        self.tell(Input::Feedback(switches), at);
                    }
                }
                None => break,
            }
        }
        if from == self.now && self.plant.is_still() {
            return self.plant.current();
        }
        flown += self.flown(from, end);
        flown / TICK.to_secs_f64()
    }

    /// Charge that flows from one instant of the running segment to another, As.
    fn flown(&self, from: Instant, to: Instant) -> f64 {
        if self.plant.is_still() {
            self.plant.current() * to.since(from).to_secs_f64()
        } else {
            self.plant.charge_until(to) - self.plant.charge_until(from)
        }
    }

    fn keep_records(&mut self) {
        while let Some(record) = self.node.poll_record() {
            self.records.push_back(record);
        }
    }
}

/// A board that has just been powered, with its ports as they are wired.
fn board(config: Config, store: RamStore, now: Instant) -> Node<PORTS> {
    let mut node = Node::new(config, store, now);
    for way in Way::ALL {
        for port in way.ports() {
            node.fit(PortId(port), way.framing());
            node.wire(PortId(port), way.line());
        }
    }
    node
}

/// A board all of whose own parts work.
const HEALTHY: BoardHealth = BoardHealth { memory: Memory::Good, clock: true, self_test: true };

/// Parameter row: correction of the gain of the current channel, ppm.
const CURRENT_GAIN: ParamId = ParamId(22);
/// Parameter row: what the calibration leaves of the error, thousandths of full scale.
const CURRENT_RESIDUAL: ParamId = ParamId(23);
/// What that row holds while no calibration is stored, in thousandths of full scale.
const NO_CALIBRATION: i32 = 1_000;

/// Stores what a calibration in the factory finds: the constant gain error. Noise and steps stay,
/// less than a thousandth of full scale; the zero is learnt by the board itself.
fn calibrate(config: &mut Config, gain_error: f64) -> Result<(), SetupError> {
    #[expect(clippy::cast_possible_truncation, reason = "gain errors are below 3 %")]
    let correction = libm::rint((1.0 / (1.0 + gain_error) - 1.0) * 1e6) as i32;
    config.set(CURRENT_GAIN, correction)?;
    config.set(CURRENT_RESIDUAL, 1)?;
    Ok(())
}
