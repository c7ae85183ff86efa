//! An A5 device over a transport in memory: what a reading tells, and what polling publishes.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::mpsc::Sender;
use std::time::Duration;

use cellward_host::{A5Device, Polled, ReadError, Source as _, Transport};
use cellward_link::a5::Options;
use cellward_link::client::Plan;
use cellward_link::{NoRecords, Port, View};
use cellward_params::{Action, Command, Config, PortId, Snapshot, Switch};
use cellward_testkit::pack::sample;
use cellward_units::{Instant, NoData};
use cellward_wire::a5::Message;

/// A board at the other end of no wire at all; it may die after some requests.
struct Loop {
    board: Port,
    truth: Snapshot,
    waiting: VecDeque<u8>,
    requests_left: u32,
    now: Duration,
    sent: Option<Sender<Vec<u8>>>,
}

impl Loop {
    /// A device that tells every request to whoever listens.
    fn noting(truth: Snapshot, sent: Sender<Vec<u8>>) -> A5Device {
        Self::over(truth, u32::MAX, Some(sent))
    }

    fn device(truth: Snapshot, requests: u32) -> A5Device {
        Self::over(truth, requests, None)
    }

    fn over(truth: Snapshot, requests: u32, sent: Option<Sender<Vec<u8>>>) -> A5Device {
        let transport = Self {
            board: Port::new(PortId(0)),
            truth,
            waiting: VecDeque::new(),
            requests_left: requests,
            now: Duration::ZERO,
            sent,
        };
        // A line without a baud rate needs no long patience.
        let options = Options {
            timeout: cellward_units::Duration::from_millis(30),
            guard: cellward_units::Duration::from_millis(1),
            ..Options::default()
        };
        A5Device::over(Box::new(transport), options)
    }
}

impl Transport for Loop {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.requests_left == 0 {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.requests_left -= 1;
        if let Some(sent) = &self.sent {
            // Nobody listens any more once the test is over.
            let _ = sent.send(bytes.to_vec());
        }
        let config = Config::lifepo4(16);
        let view = View { snapshot: &self.truth, config: &config, records: &NoRecords };
        self.board.receive(bytes, &view, Instant::START);
        let mut buffer = [0; 512];
        let count = self.board.transmit(&mut buffer);
        self.waiting.extend(&buffer[..count]);
        Ok(())
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        if self.waiting.is_empty() {
            self.now += timeout;
        }
        let count = self.waiting.len().min(buffer.len());
        for slot in &mut buffer[..count] {
            *slot = self.waiting.pop_front().unwrap_or_default();
        }
        Ok(count)
    }
}

const ENOUGH: Duration = Duration::from_secs(20);

#[test]
fn a_whole_reading_says_so() {
    let mut device = Loop::device(sample(16, 2), u32::MAX);
    let read = device.read_once(Plan::Live, ENOUGH).unwrap();
    assert!(read.is_whole());
    assert_eq!(read.host, Some(0x40));
    assert_eq!(read.snapshot.current, sample(16, 2).current);
}

#[test]
fn a_wire_that_breaks_leaves_what_was_read_or_says_that_nothing_was() {
    let mut device = Loop::device(sample(16, 2), 8);
    let read = device.read_once(Plan::Live, ENOUGH).unwrap();
    assert!(!read.is_whole());
    assert_eq!(read.snapshot.cell_count, Ok(16));
    assert_eq!(read.snapshot.faults, Err(NoData::NoAnswer));
    let mut device = Loop::device(sample(16, 2), 0);
    assert_eq!(device.read_once(Plan::Live, ENOUGH).unwrap_err(), ReadError::Lost);
}

#[test]
fn a_silent_board_is_told_from_one_that_has_no_time() {
    let mut device = Loop::device(Snapshot::absent(NoData::NotYet), u32::MAX);
    assert_eq!(device.read_once(Plan::Live, ENOUGH).unwrap_err(), ReadError::Silent);
}

#[tokio::test]
async fn polling_publishes_rising_samples_and_passes_requests_on() {
    let (sent, seen) = std::sync::mpsc::channel();
    let polled =
        Polled::start(Box::new(Loop::noting(sample(4, 1), sent)), Duration::from_millis(1), ENOUGH);
    let mut samples = polled.subscribe();
    let wait = samples.wait_for(|sample| sample.sequence >= 2);
    let sample = tokio::time::timeout(ENOUGH, wait).await.unwrap().unwrap().clone();
    assert_eq!(sample.snapshot.cell_count, Ok(4));
    let off = Action::Command(Command::AllowSwitch { switch: Switch::Charge, allowed: false });
    assert_eq!(polled.request(off), Ok(()));
    let write = Message { address: 0x40, command: 0xDA, payload: [0; 8] }.emit();
    assert!(seen.iter().any(|bytes| bytes == write), "the switch is written");
}
