//! A host before a real board that sleeps: the first request wakes it and is lost, and the usual
//! tries bring the rest, in every dialect and while the dialect is still to be found out.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cellward_core::{CellsFrame, CurrentFrame, Input, Sensed, TemperaturesFrame};
use cellward_host::{Board, DeviceUrl, Dialect, DoError, Transport, open_board_over};
use cellward_link::a5::Options;
use cellward_link::client::Plan;
use cellward_node::{Line, Node, RamStore};
use cellward_params::parameter::id;
use cellward_params::{Command, Config, Mode, PortId};
use cellward_units::{Current, Instant, NoData, Temperature, Voltage};

const UART: PortId = PortId(0);
/// From the byte that woke it on, a board needs so long before it hears.
const WAKING: Duration = Duration::from_millis(100);
const ENOUGH: Duration = Duration::from_secs(60);

/// A board at rest, its one port, and the time of both.
struct Rested {
    node: Node<1>,
    now: Duration,
    hears_from: Duration,
    waiting: VecDeque<u8>,
    /// When something was sent to it.
    sent: Vec<Duration>,
}

/// Both ends of the wire, so that a test can look at the board while the host owns the transport.
#[derive(Clone)]
struct Shared(Arc<Mutex<Rested>>);

impl Rested {
    fn started(line: Line) -> Self {
        let mut config = Config::lifepo4(16);
        config.set(id::rated_capacity, 280_000).expect("280 Ah are in range");
        let mut node = Node::new(config, RamStore::default(), Instant::START);
        node.wire(UART, line);
        let mut board = Self {
            node,
            now: Duration::ZERO,
            hears_from: Duration::ZERO,
            waiting: VecDeque::new(),
            sent: Vec::new(),
        };
        board.pass(Duration::from_millis(1_500));
        board
    }

    /// Lets time pass with steady readings.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let cells = [Ok::<_, NoData>(Voltage::from_millivolts(3_300)); 16];
        let warm = Ok(Sensed::Temperature(Temperature::from_celsius(25)));
        let tick = Duration::from_millis(10);
        while self.now + tick <= end {
            self.now += tick;
            let now = instant(self.now);
            let current = CurrentFrame { current: Ok(Current::ZERO), port: Ok(Voltage::ZERO) };
            self.node.handle(Input::Current(current), now);
            let pack = Ok(Voltage::from_millivolts(52_800));
            self.node.handle(Input::Cells(CellsFrame { cells: &cells, pack }), now);
            let frame = TemperaturesFrame { cells: [warm; 4], switches: warm, board: warm };
            self.node.handle(Input::Temperatures(frame), now);
            let wanted = self.node.wanted().switches;
            self.node.handle(Input::Feedback(wanted), now);
            self.node.pass_line_time(now);
        }
        self.now = end;
    }

    fn mode(&self) -> Mode {
        self.node.bms().mode()
    }
}

impl Shared {
    fn new(line: Line) -> Self {
        Self(Arc::new(Mutex::new(Rested::started(line))))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Rested) -> T) -> T {
        look(&mut self.0.lock().expect("no test panicked in here"))
    }

    fn board(&self, dialect: Option<Dialect>) -> Box<dyn Board> {
        let url: DeviceUrl = "sim:".parse().expect("an address");
        let url = DeviceUrl { dialect, ..url };
        open_board_over(Box::new(self.clone()), &url, Options::default())
    }

    /// Asleep by its own word, with nothing sent to it yet.
    fn asleep(line: Line) -> Self {
        let shared = Self::new(line);
        shared.with(|board| {
            board.node.handle(
                Input::Request(cellward_params::Request {
                    id: 1,
                    port: PortId(9),
                    role: cellward_params::Role::Installer,
                    action: cellward_params::Action::Command(Command::Sleep),
                }),
                instant(board.now),
            );
            assert_eq!(board.mode(), Mode::Sleep);
        });
        shared
    }
}

impl Transport for Shared {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|board| {
            board.sent.push(board.now);
            if board.now < board.hears_from {
                return;
            }
            let slept = board.mode() == Mode::Sleep;
            let now = instant(board.now);
            board.node.receive(UART, bytes, now);
            let mut buffer = [0; 512];
            let count = board.node.transmit(UART, &mut buffer);
            if slept && board.mode() == Mode::Awake && count == 0 {
                board.hears_from = board.now + WAKING;
            }
            board.waiting.extend(&buffer[..count]);
        });
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.with(|board| {
            if board.waiting.is_empty() {
                board.pass(timeout);
            }
            let count = board.waiting.len().min(buffer.len());
            for slot in &mut buffer[..count] {
                *slot = board.waiting.pop_front().unwrap_or_default();
            }
            Ok(count)
        })
    }

    fn now(&self) -> Duration {
        self.with(|board| board.now)
    }
}

fn instant(elapsed: Duration) -> Instant {
    Instant::from_micros(elapsed.as_micros().try_into().expect("a test is short"))
}

const SERIAL: [Dialect; 4] = [Dialect::A5, Dialect::D2, Dialect::P81, Dialect::Modbus];

//
#[test]
fn a_sleeping_board_is_woken_by_the_first_request_and_read_whole_by_the_usual_tries() {
    for dialect in SERIAL {
        let wire = Shared::asleep(Line::Uart);
        let read = wire.board(Some(dialect)).read(Plan::Full, ENOUGH).unwrap();
        assert!(read.is_whole(), "{dialect:?}: {:?} {:?}", read.missing, read.report);
        assert_eq!(read.snapshot.cell_count, Ok(16), "{dialect:?}");
        // What an awake board does not know either times out as well.
        let awake = Shared::new(Line::Uart).board(Some(dialect)).read(Plan::Full, ENOUGH).unwrap();
        let lost = read.report.timeouts - awake.report.timeouts;
        assert_eq!(lost, 1, "{dialect:?}: the first request alone was lost");
        let sent = wire.with(|board| board.sent.clone());
        assert!(sent[1] - sent[0] >= WAKING, "{dialect:?}: it was asked again too early");
        assert_eq!(wire.with(|board| board.mode()), Mode::Awake);
    }
}

#[test]
fn what_a_sleeping_board_speaks_is_found_out_all_the_same() {
    let wire = Shared::asleep(Line::Uart);
    let mut board = wire.board(None);
    let read = board.read(Plan::Live, ENOUGH).unwrap();
    assert!(read.is_whole(), "{:?}", read.missing);
    assert_eq!(board.dialect(), Some(Dialect::Modbus), "one of ours says so");
}

//
#[test]
fn on_rs485_a_frame_to_the_board_wakes_it_and_is_answered_at_once() {
    let wire = Shared::asleep(Line::Bus);
    let read = wire.board(Some(Dialect::P81)).read(Plan::Live, ENOUGH).unwrap();
    assert!(read.is_whole());
    let awake = Shared::new(Line::Bus).board(Some(Dialect::P81)).read(Plan::Live, ENOUGH).unwrap();
    assert_eq!(read.report.timeouts, awake.report.timeouts);
    let why = wire.with(|board| board.node.snapshot(instant(board.now)).wake_reason.unwrap());
    assert_eq!(why.as_str(), "rs485");
}

#[test]
fn a_board_goes_to_sleep_by_the_word_of_a_host_and_answers_before_it_does() {
    for dialect in [Dialect::D2, Dialect::Modbus] {
        let wire = Shared::new(Line::Uart);
        let mut board = wire.board(Some(dialect));
        assert_eq!(board.command(&Command::Sleep, false, ENOUGH), Ok(()), "{dialect:?}");
        assert_eq!(wire.with(|board| board.mode()), Mode::Sleep, "{dialect:?}: nothing woke it");
    }
    for dialect in [Dialect::A5, Dialect::P81] {
        let mut board = Shared::new(Line::Uart).board(Some(dialect));
        let said = board.command(&Command::Sleep, false, ENOUGH);
        assert!(matches!(said, Err(DoError::NotCarried { .. })), "{dialect:?}: {said:?}");
    }
}

//
#[test]
fn the_sleep_wait_is_written_and_read_back_in_every_dialect_that_carries_it() {
    for dialect in [Dialect::D2, Dialect::P81, Dialect::Modbus] {
        let wire = Shared::new(Line::Uart);
        let mut board = wire.board(Some(dialect));
        for seconds in [60, 7_200, 65_530, 65_535] {
            let group = [(id::sleep_wait, seconds)];
            assert_eq!(board.set(&group, true, ENOUGH), Ok(()), "{dialect:?} {seconds}");
            assert_eq!(
                board.get(&[id::sleep_wait], ENOUGH).unwrap(),
                [(id::sleep_wait, Some(group[0].1))],
                "{dialect:?}"
            );
        }
    }
    // Tens of seconds cannot say this, and nothing near it is written instead.
    let wire = Shared::new(Line::Uart);
    let said = wire.board(Some(Dialect::P81)).set(&[(id::sleep_wait, 3_605)], true, ENOUGH);
    assert!(matches!(said, Err(DoError::NotCarried { .. })), "{said:?}");
    let kept = wire.with(|board| board.node.bms().config().system().sleep_wait);
    assert_eq!(kept, 3_600);
}
