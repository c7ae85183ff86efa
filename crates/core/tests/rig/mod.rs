//! A rig around the real engine, for proofs: a little physics of the port, the schedule of a board
//! that is awake, jumps over quiet spans, restarts, and a guard that looks at every single step
//! whether a switch is closed that must not be. Uses only what the crate shows to everybody.

pub(crate) mod decision;
pub(crate) mod guard;
pub(crate) mod matrix;
pub(crate) mod raise;
pub(crate) mod world;

use cellward_core::{
    Bms, BoardHealth, CellsFrame, ChipAlert, CurrentFrame, Event, Input, Memory, Persist, Sensed,
    TemperaturesFrame, WireTest,
};
use cellward_params::record::{Happening, ReleaseReason, Subject, Switches};
use cellward_params::{
    Action, Answer, Command, Config, Fault, Level, ParamId, PortId, Refusal, Request, Role,
    ShortText, Switch,
};
use cellward_units::{Current, Duration, Instant, NoData, Voltage};

use guard::Guard;
use world::{Outside, Wires, World};

/// Length of a tick.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// While the engine needs every reading it is ticked for at most this long in one rest, counted anew
/// when the world moves; after that,
/// as when a loose wire is tested for hours, it is called every ten seconds. Longer than the learning
/// of the zero, which is the longest such span that ends by itself.
const TICKED_AT_MOST: Duration = Duration::from_secs(12);
/// How often it is called then.
const CALLED_EVERY: Duration = Duration::from_secs(10);

/// A healthy board.
pub(crate) const HEALTHY: BoardHealth =
    BoardHealth { memory: Memory::Good, clock: true, self_test: true };

/// The engine, its world, and the guard.
#[derive(Clone, Debug)]
pub(crate) struct Rig {
    pub(crate) bms: Bms,
    pub(crate) now: Instant,
    pub(crate) world: World,
    pub(crate) key: Option<bool>,
    pub(crate) health: BoardHealth,
    pub(crate) guard: Guard,
    /// What the engine has last asked to keep.
    pub(crate) image: Option<Persist>,
    /// What was released since the last start, and by what.
    pub(crate) released: Vec<(Fault, ReleaseReason)>,
    config: Config,
    /// What the chip's gates are.
    gates: Switches,
    ticks: u64,
    /// The port and the current as last fed; a quiet span ends when they would differ.
    fed: Option<(Result<Current, NoData>, Voltage)>,
    answer: Option<Answer>,
}

impl Rig {
    /// A pack of 16 LFP cells of 280 Ah on a 200 A board, just powered; a pre-charge resistor and
    /// a key if asked for.
    pub(crate) fn new(precharge: bool, key: bool) -> Self {
        let mut config = Config::lifepo4(16);
        config.set(ParamId(6), 280_000).expect("in range");
        if precharge {
            config.set(ParamId(33), 20_000).expect("in range");
        }
        if key {
            config.set(ParamId(39), 1).expect("in range");
        }
        config.restore_limits();
        let mut rig = Self::with(config);
        if key {
            rig.turn_key(true);
        }
        rig
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            bms: Bms::new(config.clone(), Instant::START),
            now: Instant::START,
            world: World::GOOD,
            key: None,
            health: HEALTHY,
            guard: Guard::new(&config),
            image: None,
            released: Vec::new(),
            config,
            gates: Switches::OPEN,
            ticks: 0,
            fed: None,
            answer: None,
        }
    }

    /// The configuration that the board was made with.
    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// What the switches are told to be.
    pub(crate) fn commanded(&self) -> Switches {
        self.bms.wanted().switches
    }

    pub(crate) fn both_closed(&self) -> bool {
        self.commanded() == Switches { charge: true, discharge: true }
    }

    /// What the chip's gates are.
    pub(crate) const fn gates(&self) -> Switches {
        self.gates
    }

    pub(crate) fn active(&self, fault: Fault, level: Level) -> bool {
        self.guard.active().contains(&(fault, level))
    }

    /// Feeds one input, drains, lets the chip do what is wanted, and looks at the result.
    pub(crate) fn feed(&mut self, input: Input<'_>) {
        self.handle(input);
        let wanted = self.bms.wanted().switches;
        if wanted != self.gates {
            self.gates = wanted;
            self.handle(Input::Feedback(wanted));
        }
        if self.world.outside == Outside::Short && self.gates.discharge {
            // The chip opens within 150 µs, and says so.
            self.gates = Switches::OPEN;
            self.handle(Input::Feedback(Switches::OPEN));
            self.handle(Input::Alert(ChipAlert::ShortCircuit));
        }
        if self.bms.wanted().test_wires {
            let open_taps = match self.world.wires {
                Wires::Good => Some(0),
                Wires::Loose => Some(0b1000),
                Wires::Silent => None,
            };
            if let Some(open_taps) = open_taps {
                self.handle(Input::Wires(WireTest { open_taps }));
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.bms.handle(input, self.now);
        let mut told = false;
        while let Some(event) = self.bms.poll_event() {
            told = true;
            match event {
                Event::Persist(image) => self.image = Some(image),
                Event::Answer(answer) => self.answer = Some(answer),
                Event::Anchor(_) => {}
                Event::Restart => panic!("nobody asked for a restart"),
                Event::Record(record) => match record.subject {
                    Subject::Happening(Happening::OverrideStarted) => {
                        self.guard.overridden = record.value.and_then(fault_of);
                    }
                    Subject::Happening(Happening::OverrideEnded) => self.guard.overridden = None,
                    Subject::Fault(fault, _) => {
                        self.released.extend(record.release.map(|reason| (fault, reason)));
                    }
                    _ => {}
                },
            }
        }
        let told = told || matches!(input, Input::Restore(_));
        self.guard.look(&input, &self.bms, self.image.as_ref(), told, self.now);
    }

    /// The current as the chip reads it.
    fn current(&self) -> Result<Current, NoData> {
        let flows = self.world.true_current(self.gates);
        if self.world.current_valid {
            Ok(flows + Current::from_milliamps(self.world.zero_error))
        } else {
            Err(NoData::Implausible)
        }
    }

    fn port(&self) -> Voltage {
        self.world.port(self.gates, self.bms.wanted().precharge)
    }

    fn feed_current(&mut self) {
        let (current, port) = (self.current(), self.port());
        self.fed = Some((current, port));
        self.feed(Input::Current(CurrentFrame { current, port: Ok(port) }));
    }

    fn feed_cells(&mut self) {
        let cells = self.world.cells();
        let pack = Ok(self.world.pack());
        self.feed(Input::Cells(CellsFrame { cells: &cells, pack }));
    }

    fn feed_temperatures(&mut self, sensor: Result<i32, NoData>, second: Result<i32, NoData>) {
        let sensed =
            |raw: Result<i32, NoData>| raw.map(|raw| Sensed::Temperature(World::temperature(raw)));
        let absent = Err(NoData::NotFitted);
        self.feed(Input::Temperatures(TemperaturesFrame {
            cells: [sensed(sensor), sensed(second), absent, absent],
            switches: sensed(self.world.switches),
            board: sensed(Ok(self.world.board)),
        }));
    }

    fn feed_world_temperatures(&mut self) {
        self.feed_temperatures(self.world.sensor, Ok(self.world.second_sensor));
    }

    /// Feeds one tick: what is due at this instant, then time moves on by 10 ms.
    pub(crate) fn tick(&mut self) {
        if self.world.answering {
            self.feed_current();
            if self.ticks.is_multiple_of(10) && self.world.sends_cells {
                self.feed_cells();
            }
            if self.ticks.is_multiple_of(50) && self.world.sends_temperatures {
                self.feed_world_temperatures();
            }
        } else {
            self.feed(Input::Tick);
        }
        self.ticks += 1;
        self.now += TICK;
    }

    pub(crate) fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    /// The world changes; every sensor of temperature is replugged if its reading moves, because
    /// ten kelvins within a second would be a cell that heats itself.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut World)) {
        let before = self.world;
        change(&mut self.world);
        if !self.world.answering {
            return;
        }
        let moved =
            before.sensor != self.world.sensor || before.second_sensor != self.world.second_sensor;
        if moved {
            self.feed_temperatures(Err(NoData::SensorOpen), Err(NoData::SensorOpen));
        }
        self.feed_current();
        if self.world.sends_cells {
            self.feed_cells();
        }
        if self.world.sends_temperatures {
            self.feed_world_temperatures();
        }
    }

    /// Lets time pass with the world as it is, over quiet spans in jumps.
    pub(crate) fn rest(&mut self, length: Duration) {
        let end = self.now + length;
        let mut ticked = Duration::ZERO;
        while self.now < end {
            let speaks = self.world.answering && self.world.sends_cells;
            let moved = self.world.answering && self.fed != Some((self.current(), self.port()));
            if moved {
                ticked = Duration::ZERO;
            }
            let due = self.bms.steady_deadline().unwrap_or(end);
            if speaks && !moved && due > self.now {
                self.now = due.min(end);
                self.feed(Input::Unchanged);
            } else if moved || ticked < TICKED_AT_MOST {
                self.tick();
                ticked = ticked + TICK;
            } else {
                self.now = (self.now + CALLED_EVERY).min(end);
                self.feed(if speaks { Input::Unchanged } else { Input::Tick });
            }
        }
    }

    pub(crate) fn turn_key(&mut self, on: bool) {
        self.key = Some(on);
        self.feed(Input::Key(on));
    }

    pub(crate) fn set_health(&mut self, health: BoardHealth) {
        self.health = health;
        self.feed(Input::Board(health));
    }

    /// Asks for something and gives back the answer.
    pub(crate) fn ask(&mut self, role: Role, command: Command) -> Result<(), Refusal> {
        self.answer = None;
        let action = Action::Command(command);
        self.feed(Input::Request(Request { id: 1, port: PortId(0), role, action }));
        self.answer.expect("every request is answered").result
    }

    pub(crate) fn allow(&mut self, switch: Switch, allowed: bool) {
        // It acts within the same step, so the guard must know before.
        self.guard.allowed.set(switch, allowed);
        let done = self.ask(Role::User, Command::AllowSwitch { switch, allowed });
        assert_eq!(done, Ok(()));
    }

    /// An installer unlocks; whether there was something to unlock.
    pub(crate) fn unlock(&mut self, fault: Fault) -> bool {
        let reason = ShortText::new("proof");
        self.ask(Role::Installer, Command::Unlock { fault, reason }).is_ok()
    }

    /// Power goes and comes back: a new engine gets what the old one had kept.
    pub(crate) fn restart(&mut self) {
        self.released.clear();
        self.bms = Bms::new(self.config.clone(), self.now);
        self.gates = Switches::OPEN;
        self.ticks = 0;
        self.fed = None;
        self.guard.restarted();
        if let Some(image) = self.image {
            self.handle(Input::Restore(&image));
        }
        if let Some(on) = self.key {
            self.feed(Input::Key(on));
        }
        if self.health != HEALTHY {
            self.feed(Input::Board(self.health));
        }
    }
}

fn fault_of(code: i32) -> Option<Fault> {
    Fault::ALL.iter().copied().find(|fault| i32::from(fault.code()) == code)
}
