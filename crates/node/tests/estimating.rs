//! The estimator beside the engine: when it looks, what it tells, and what is kept of it.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use cellward_core::{CellsFrame, CurrentFrame, Input, Persist, Sensed, TemperaturesFrame};
use cellward_node::{KeptEstimate, Node, RamStore, Store};
use cellward_params::parameter::id;
use cellward_params::{ChargeDoubt, Command, Config, PortId, Request, Role};
use cellward_units::{Charge, Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};

const TICK: Duration = Duration::from_millis(10);

/// A board with so many cells, fed with the same readings on and on.
struct Board {
    node: Node,
    now: Instant,
    cells: usize,
    millivolts: i32,
    amps: i32,
    /// Time between two calls of the estimator.
    every: Duration,
    estimated: Instant,
}

impl Board {
    fn new(config: Config, store: RamStore) -> Self {
        let cells = config.cells();
        let node = Node::new(config, store, Instant::START);
        let every = TICK;
        let now = Instant::START;
        Self { node, now, cells, millivolts: 3_290, amps: 0, every, estimated: now }
    }

    fn run(&mut self, seconds: u64) {
        let warm = Ok(Sensed::Temperature(Temperature::from_celsius(25)));
        for tick in 0..seconds * 100 {
            self.now += TICK;
            let now = self.now;
            let current = Ok(Current::from_amps(self.amps));
            let frame = CurrentFrame { current, port: Ok(Voltage::ZERO) };
            self.node.handle(Input::Current(frame), now);
            if tick.is_multiple_of(10) {
                let cells =
                    vec![Ok::<_, NoData>(Voltage::from_millivolts(self.millivolts)); self.cells];
                let count = i32::try_from(self.cells).unwrap();
                let pack = Ok(Voltage::from_millivolts(self.millivolts * count));
                self.node.handle(Input::Cells(CellsFrame { cells: &cells, pack }), now);
            }
            if tick.is_multiple_of(50) {
                let frame = TemperaturesFrame { cells: [warm; 4], switches: warm, board: warm };
                self.node.handle(Input::Temperatures(frame), now);
            }
            let wanted = self.node.wanted().switches;
            self.node.handle(Input::Feedback(wanted), now);
            if now.since(self.estimated) >= self.every {
                self.estimated = now;
                self.node.estimate(now);
            }
        }
    }

    fn write(&mut self, changes: &[(cellward_params::ParamId, i32)]) {
        let (id, port, role) = (1, PortId(200), Role::Installer);
        let group = cellward_core::GroupWrite { id, port, role, changes };
        self.node.handle(Input::Write(group), self.now);
        assert_eq!(self.node.take_answer().unwrap().result, Ok(()));
    }

    fn soc(&self) -> f64 {
        self.node.snapshot(self.now).soc_true.unwrap().to_f64() * 100.0
    }
}

fn config() -> Config {
    let mut config = Config::lifepo4(16);
    config.set(id::rated_capacity, 280_000).unwrap();
    config
}

/// A store that remembers a charge of so many percent.
fn store(percent: i32) -> RamStore {
    let soc = Some(Ratio::from_permille(10 * percent));
    RamStore::holding(Persist { soc, ..Persist::blank() })
}

#[test]
fn before_it_has_looked_nothing_is_told() {
    let board = Board::new(config(), store(60));
    let told = board.node.snapshot(board.now);
    assert_eq!((told.soc_low, told.soc_doubt), (Err(NoData::Unknown), Err(NoData::Unknown)));
    assert_eq!(told.cell_resistance[0], Err(NoData::Unknown));
}

#[test]
fn ten_seconds_after_the_start_it_tells_bounds_around_the_figure() {
    let mut board = Board::new(config(), store(60));
    board.run(11);
    let told = board.node.snapshot(board.now);
    let (low, high) = (told.soc_low.unwrap(), told.soc_high.unwrap());
    assert!(low < told.soc_true.unwrap() && told.soc_true.unwrap() < high, "{low:?} {high:?}");
    assert_eq!(told.soc_doubt, Ok(ChargeDoubt::Believed));
    assert_eq!(told.soh, Err(NoData::Unknown), "nothing has flowed");
}

#[test]
fn who_has_little_time_and_estimates_every_ten_seconds_counts_as_much() {
    let run = |every| {
        let mut board = Board::new(config(), store(60));
        board.every = every;
        board.amps = -50;
        board.millivolts = 3_270;
        board.run(600);
        board.soc()
    };
    let (often, seldom) = (run(TICK), run(Duration::from_secs(10)));
    assert!((often - seldom).abs() < 0.5, "{often} {seldom}");
}

#[test]
fn who_wants_counting_alone_gets_it() {
    let told = |estimator| {
        let mut config = config();
        config.set(id::estimator, estimator).unwrap();
        let mut board = Board::new(config, store(60));
        // No cell of 60 % rests there.
        board.millivolts = 3_100;
        board.run(1_800);
        board.soc()
    };
    assert!((told(0) - 60.0).abs() < 0.1, "but for what the board draws");
    assert!(told(1) < 30.0, "{}", told(1));
}

#[test]
fn without_a_capacity_nothing_is_believed_and_another_one_begins_at_the_charge_there_is() {
    let mut board = Board::new(config(), store(60));
    board.run(11);
    board.write(&[(id::rated_capacity, 0)]);
    board.run(11);
    assert_eq!(board.node.snapshot(board.now).soc_low, Err(NoData::Unknown));
    let mut board = Board::new(config(), store(60));
    board.run(11);
    let before = board.soc();
    board.write(&[(id::rated_capacity, 100_000)]);
    board.run(11);
    assert!((board.soc() - before).abs() < 3.0, "{before} {}", board.soc());
}

#[test]
fn what_a_person_says_is_where_it_goes_on() {
    let mut board = Board::new(config(), store(60));
    board.run(11);
    let action = cellward_params::Action::Command(Command::SetSoc(Ratio::from_permille(450)));
    let request = Request { id: 1, port: PortId(200), role: Role::Installer, action };
    board.node.handle(Input::Request(request), board.now);
    board.run(30);
    assert!((board.soc() - 45.0).abs() < 3.0, "{}", board.soc());
}

/// What a board has learnt after a minute.
fn learnt() -> KeptEstimate {
    let mut board = Board::new(config(), store(60));
    board.run(60);
    board.write(&[(id::sleep_wait, 4_000)]);
    board.node.handle(Input::Tick, board.now + Duration::from_secs(700));
    board.node.store().load_estimate().unwrap()
}

#[test]
fn what_was_learnt_is_kept_with_the_image() {
    let kept = learnt();
    assert_eq!(kept.bytes.len(), 76 + 12 * 16);
    assert_eq!(kept.age, None, "no clock runs without power here");
}

#[test]
fn a_known_age_says_more_than_none() {
    let width = |age| {
        let kept = KeptEstimate { age, ..learnt() };
        let mut board = Board::new(config(), store(60).with_estimate(Some(kept)));
        board.run(11);
        let told = board.node.snapshot(board.now);
        (told.soc_high.unwrap() - told.soc_low.unwrap()).to_f64() * 100.0
    };
    let (minute, year) =
        (width(Some(Duration::from_secs(60))), width(Some(Duration::from_secs(31_536_000))));
    assert!(minute < year, "{minute} {year}");
}

#[test]
fn what_was_kept_of_another_pack_or_is_damaged_is_left() {
    let mut damaged = learnt();
    damaged.bytes[0] ^= 0xFF;
    let mut twelve = Config::lifepo4(12);
    twelve.set(id::rated_capacity, 100_000).unwrap();
    for (config, kept) in [(config(), damaged), (twelve, learnt())] {
        let mut board = Board::new(config, store(60).with_estimate(Some(kept)));
        board.run(11);
        assert!((board.soc() - 60.0).abs() < 5.0, "{}", board.soc());
        assert!(board.node.snapshot(board.now).soc_low.is_ok());
    }
}

#[test]
fn the_remaining_charge_is_that_of_the_rating_until_the_capacity_is_learnt() {
    let mut board = Board::new(config(), store(60));
    board.run(11);
    let told = board.node.snapshot(board.now);
    let rated = Charge::from_milliamp_hours(280_000).scaled_by(told.soc_true.unwrap());
    assert_eq!(told.remaining, Ok(rated));
}
