//! The whole board asked over our own Modbus map.

use cellward_core::{CellsFrame, CurrentFrame, Input, Sensed, TemperaturesFrame};
use cellward_link::Group;
use cellward_link::client::Plan;
use cellward_link::modbus::client::{
    History, IDENTITY, Identity, Round, Settings, Span, command, group, last_answer,
};
use cellward_link::modbus::commands::{LastAnswer, exception};
use cellward_link::modbus::layout;
use cellward_node::{Node, RamStore};
use cellward_params::parameter::{Field, id};
use cellward_params::point::POINTS;
use cellward_params::{
    Command, Config, Fault, Level, ParamId, PortId, Refusal, Role, Snapshot, Switch,
};
use cellward_units::{Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};
use cellward_wire::modbus::{Head, Reply, Request, reply_rtu};

const UART1: PortId = PortId(0);

struct Board {
    node: Node<2>,
    now: Instant,
}

impl Board {
    /// One that has run its self-test and closed both switches.
    fn running() -> Self {
        let mut config = Config::lifepo4(16);
        config.set(id::rated_capacity, 280_000).expect("280 Ah are in range");
        let mut board = Self {
            node: Node::new(config, RamStore::default(), Instant::START),
            now: Instant::START,
        };
        board.run(1_500);
        board
    }

    /// Feeds steady readings for so many milliseconds.
    fn run(&mut self, millis: u64) {
        let cells = [Ok::<_, NoData>(Voltage::from_millivolts(3_300)); 16];
        let warm = Ok(Sensed::Temperature(Temperature::from_celsius(25)));
        for tick in 0..millis / 10 {
            let current = CurrentFrame { current: Ok(Current::ZERO), port: Ok(Voltage::ZERO) };
            self.node.handle(Input::Current(current), self.now);
            if tick.is_multiple_of(10) {
                let pack = Ok(Voltage::from_millivolts(52_800));
                self.node.handle(Input::Cells(CellsFrame { cells: &cells, pack }), self.now);
            }
            if tick.is_multiple_of(50) {
                let frame = TemperaturesFrame { cells: [warm; 4], switches: warm, board: warm };
                self.node.handle(Input::Temperatures(frame), self.now);
            }
            let wanted = self.node.wanted().switches;
            self.node.handle(Input::Feedback(wanted), self.now);
            self.now += Duration::from_millis(10);
        }
    }

    fn ask(&mut self, request: &Request) -> Reply {
        let number = self.node.bms().config().system().board_number;
        let number = u8::try_from(number).expect("a board number");
        self.node.receive(UART1, &request.emit_rtu(number), Instant::START);
        let mut buffer = [0; 512];
        let count = self.node.transmit(UART1, &mut buffer);
        match reply_rtu(&buffer[..count]) {
            Head::Frame { address, body, .. } if address == number => body,
            other => panic!("{other:?} to {request:?}"),
        }
    }

    fn read(&mut self, span: Span) -> Vec<u16> {
        match self.ask(&span.request()) {
            Reply::Words { words, .. } => words.to_vec(),
            other => panic!("{other:?} to {span:?}"),
        }
    }

    /// What the core said to a write, by the exception and by the block of the last answer.
    fn write(&mut self, request: &Request) -> Result<(), Refusal> {
        let reply = self.ask(request);
        let answer = LastAnswer::decode(&self.read(last_answer())).expect("there is an answer");
        match (reply, answer.result) {
            (Reply::WroteMany { .. }, Ok(())) => {}
            (Reply::Exception { code, .. }, Err(refusal)) => {
                assert_eq!(code, exception(&refusal));
            }
            (reply, result) => panic!("{reply:?} but {result:?}"),
        }
        answer.result
    }

    fn one(&mut self, id: ParamId, raw: i32) -> Result<(), Refusal> {
        let start = layout::parameter(id).expect("it has an address");
        let [a, b, c, d] = raw.to_be_bytes();
        let words = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
        self.write(&Request::WriteMany {
            start,
            words: words.into_iter().collect(),
            byte_count: true,
        })
    }

    /// Every parameter as a client reads it.
    fn settings(&mut self) -> Vec<(ParamId, i32)> {
        let identity = Identity::decode(&self.read(IDENTITY)).expect("it is ours");
        let mut settings = Settings::new(&identity);
        let mut all = Vec::new();
        while let Some(span) = settings.next() {
            let words = self.read(span);
            settings.learn(Some(&words), |id, raw| all.push((id, raw)));
        }
        all
    }

    fn raw(&mut self, id: ParamId) -> i32 {
        let start = layout::parameter(id).expect("it has an address");
        match self.read(Span { start, count: 2 })[..] {
            [high, low] => (i32::from(high.cast_signed()) << 16) | i32::from(low),
            _ => unreachable!("two were asked for"),
        }
    }
}

#[test]
fn a_client_learns_every_point_of_a_running_board() {
    let mut board = Board::running();
    let mut round = Round::new(Plan::Full, &Snapshot::absent(NoData::NotYet));
    while let Some(span) = round.next() {
        let words = board.read(span);
        round.learn(Some(&words));
    }
    // Ages count up to the last input, 10 ms ago.
    let told = board.node.snapshot(board.now.before(Duration::from_millis(10)));
    for row in POINTS {
        for index in 0..told.count(row.shape) {
            let learnt = round.snapshot().value(row.point, index);
            assert_eq!(learnt, told.value(row.point, index), "{} {index}", row.key);
        }
    }
    assert_eq!(round.snapshot().pack_voltage, Ok(Voltage::from_millivolts(52_800)));
}

#[test]
fn every_parameter_that_an_installer_may_move_is_moved_and_read_back() {
    let mut board = Board::running();
    let mut stuck = Vec::new();
    for id in Config::ids() {
        let old = board.raw(id);
        let tried = [1, -1, 10, -10, 100, -100].map(|step| {
            let before = board.settings();
            let result = board.one(id, old + step);
            if result.is_ok() {
                assert_eq!(board.raw(id), old + step, "{id:?}");
                board.one(id, old).expect("what was there before is allowed again");
            } else {
                assert_eq!(board.settings(), before, "{id:?}: a refused write changes nothing");
            }
            result
        });
        let held = if !Config::is_settable(id) {
            Some(Refusal::Fixed(id))
        } else if id.role() == Some(Role::Factory) {
            Some(Refusal::Role { needed: Role::Factory })
        } else if id == id::cells {
            Some(Refusal::LiveTaps { named: 17, live: 16 })
        } else if id == id::chemistry {
            Some(Refusal::SwitchesClosed)
        } else {
            None
        };
        match held {
            Some(refusal) => assert_eq!(tried[0], Err(refusal), "{id:?}"),
            None if tried.iter().all(Result::is_err) => stuck.push(id),
            None => {}
        }
    }
    let threshold = |fault, level| ParamId::of_limit(fault, level, Field::Threshold);
    assert_eq!(
        stuck,
        [
            // Both levels stand one step beyond full, and the second stays above the first.
            threshold(Fault::HighSoc, Level::Protection),
            // The lock follows the hard limit of over-voltage and goes nowhere alone.
            threshold(Fault::ExtremeOverVoltage, Level::Protection),
        ]
    );
}

#[test]
fn a_group_with_one_bad_value_changes_nothing() {
    let mut board = Board::running();
    let before = board.settings();
    let alarm = ParamId::of_limit(Fault::CellOverVoltage, Level::Alarm, Field::Threshold);
    let bad: Group =
        [(id::tail_wait, 200), (id::tail_current, 40), (alarm, 5_001)].into_iter().collect();
    let refused = board.write(&group(&bad));
    assert_eq!(refused, Err(Refusal::OutOfRange { min: 1_000, max: 5_000 }));
    assert_eq!(board.settings(), before);
    let good: Group =
        [(id::tail_wait, 200), (id::tail_current, 40), (alarm, 3_560)].into_iter().collect();
    assert_eq!(board.write(&group(&good)), Ok(()));
    for (id, raw) in good {
        assert_eq!(board.raw(id), raw);
    }
}

#[test]
fn two_values_that_are_only_right_together_are_written_side_by_side() {
    let mut board = Board::running();
    let (start, stop) = (id::balance_start_difference, id::balance_stop_difference);
    assert_eq!((board.raw(start), board.raw(stop)), (10, 5));
    assert!(board.one(start, 4).is_err(), "bleeding does not start below its end");
    let both = Request::WriteMany {
        start: layout::parameter(start).expect("it has an address"),
        words: [0, 4, 0, 3].into_iter().collect(),
        byte_count: true,
    };
    assert_eq!(board.write(&both), Ok(()));
    assert_eq!((board.raw(start), board.raw(stop)), (4, 3));
}

#[test]
fn a_hole_between_the_limits_is_refused_by_its_name() {
    let mut board = Board::running();
    let hole = ParamId(0x1010);
    assert_eq!(board.one(hole, 1), Err(Refusal::UnknownParameter(hole)));
}

#[test]
fn a_switch_command_goes_through_the_engine() {
    let mut board = Board::running();
    assert_eq!(board.node.snapshot(board.now).charge_switch_closed, Ok(true));
    let off = Command::AllowSwitch { switch: Switch::Charge, allowed: false };
    assert_eq!(board.write(&command(&off).unwrap()), Ok(()));
    board.run(100);
    assert_eq!(board.node.snapshot(board.now).charge_switch_closed, Ok(false));
}

#[test]
fn a_refused_command_says_why() {
    let mut board = Board::running();
    let none = Command::Acknowledge(Fault::ThermalRunaway);
    let refused = board.write(&command(&none).unwrap());
    assert_eq!(refused, Err(Refusal::NothingToDo(Fault::ThermalRunaway)));
    assert_eq!(board.write(&command(&Command::LearnZero).unwrap()), Err(Refusal::SwitchesClosed));
    let beyond = Command::SetSoc(Ratio::from_ppm(1_000_001));
    assert!(board.write(&command(&beyond).unwrap()).is_err());
}

#[test]
fn the_story_of_the_board_is_read_to_its_end() {
    let mut board = Board::running();
    board.one(id::tail_wait, 200).unwrap();
    let identity = Identity::decode(&board.read(IDENTITY)).unwrap();
    let (mut after, mut read) = (0, Vec::new());
    while after < identity.newest_record {
        let mut history = History::after(after);
        assert!(matches!(board.ask(&history.cursor()), Reply::WroteMany { .. }));
        while let Some(span) = history.next() {
            let words = board.read(span);
            history.learn(Some(&words));
        }
        read.extend(history.records());
        after = read.last().expect("there are records up to the newest").sequence;
    }
    let mut told = Vec::new();
    while let Some(record) = board.node.poll_record() {
        told.push(record);
    }
    assert!(told.len() > 1);
    assert_eq!(read, told);
}
