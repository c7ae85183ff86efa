//! A board with one serial port, asked in whole frames; and what its frames and ends are like.

use cellward_link::modbus::client::Span;
use cellward_link::modbus::layout::{AREAS, Content};
use cellward_link::{Ask, Port, Records, View};
use cellward_params::{Answer, Config, PortId, Record, Refusal, Snapshot};
use cellward_units::{Duration, Instant, NoData, Voltage};
use cellward_wire::modbus::{Area, Head, Reply, Request, TcpHead, crc16, reply_rtu, reply_tcp};

/// Records in the order of their numbers.
pub(crate) struct Kept(pub(crate) Vec<Record>);

impl Records for Kept {
    fn after(&self, sequence: u32) -> Option<Record> {
        self.0.iter().find(|record| record.sequence > sequence).copied()
    }
}

pub(crate) struct Board {
    port: Port,
    pub(crate) snapshot: Snapshot,
    pub(crate) config: Config,
    pub(crate) records: Kept,
    /// What the core says to the next wish.
    pub(crate) verdict: Result<(), Refusal>,
    /// The wishes so far.
    pub(crate) asked: Vec<Ask>,
}

impl Board {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self {
            port: Port::new(PortId(0)),
            snapshot,
            config: Config::lifepo4(16),
            records: Kept(Vec::new()),
            verdict: Ok(()),
            asked: Vec::new(),
        }
    }

    pub(crate) fn unknown() -> Self {
        Self::new(Snapshot::absent(NoData::NotYet))
    }

    /// The bytes that come back for these.
    fn exchange(&mut self, bytes: &[u8]) -> Vec<u8> {
        let view = View { snapshot: &self.snapshot, config: &self.config, records: &self.records };
        self.port.receive(bytes, &view, Instant::START);
        if let Some(ask) = self.port.poll_ask() {
            let answer = Answer { id: ask.id, port: ask.port, result: self.verdict };
            self.asked.push(ask);
            self.port.handle_answer(&answer);
        }
        let mut buffer = [0; 600];
        let count = self.port.transmit(&mut buffer);
        buffer[..count].to_vec()
    }

    pub(crate) fn ask(&mut self, request: &Request) -> Reply {
        let bytes = self.exchange(&request.emit_rtu(1));
        match reply_rtu(&bytes) {
            Head::Frame { address: 1, body, len } if len == bytes.len() => body,
            other => panic!("{other:?} to {request:?}"),
        }
    }

    pub(crate) fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, u8> {
        let holding = self.ask(&Request::Read { area: Area::Holding, start, count });
        let input = self.ask(&Request::Read { area: Area::Input, start, count });
        let plain = |reply: Reply| match reply {
            Reply::Words { words, .. } => Ok(words.to_vec()),
            Reply::Exception { code, .. } => Err(code),
            other => panic!("{other:?}"),
        };
        let (holding, input) = (plain(holding), plain(input));
        assert_eq!(holding, input, "both functions read the same");
        holding
    }

    pub(crate) fn span(&mut self, span: Span) -> Result<Vec<u16>, u8> {
        self.read(span.start, span.count)
    }

    pub(crate) fn write(&mut self, start: u16, words: &[u16]) -> Result<(), u8> {
        let words = words.iter().copied().collect();
        let request = Request::WriteMany { start, words, byte_count: true };
        self.send(&request)
    }

    pub(crate) fn send(&mut self, request: &Request) -> Result<(), u8> {
        match (self.ask(request), request) {
            (Reply::WroteMany { start, count }, Request::WriteMany { start: asked, words, .. }) => {
                assert_eq!((start, usize::from(count)), (*asked, words.len()));
                Ok(())
            }
            (Reply::Exception { function, code }, asked) => {
                assert_eq!(function, asked.function());
                Err(code)
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}

/// The registers at which areas that can be read begin and end.
fn readable() -> impl Iterator<Item = (u16, u16)> {
    let to_write = [Content::Command, Content::Group];
    AREAS
        .iter()
        .filter(move |area| !to_write.contains(&area.content))
        .map(|area| (area.base, area.end()))
}

#[test]
fn the_first_register_of_every_area_is_there_and_the_one_behind_its_last_is_not() {
    let mut board = Board::unknown();
    for (first, end) in readable() {
        if ![0x4080, 0x8000].contains(&first) {
            assert!(board.read(first, 1).is_ok(), "{first:#06x}");
            assert!(board.read(end - 1, 1).is_ok(), "{end:#06x}");
        }
        if readable().all(|(other, _)| other != end) {
            assert_eq!(board.read(end - 1, 2), Err(2), "{end:#06x}");
            assert_eq!(board.read(end, 1), Err(2), "{end:#06x}");
        }
        if first > 0 && readable().all(|(_, other)| other != first) {
            assert_eq!(board.read(first - 1, 1), Err(2), "{first:#06x}");
            assert_eq!(board.read(first - 1, 2), Err(2), "{first:#06x}");
        }
    }
}

#[test]
fn no_read_goes_past_the_last_address() {
    let mut board = Board::unknown();
    assert_eq!(board.read(0xFFFF, 1), Err(2));
    assert_eq!(board.read(0xFFFF, 2), Err(2));
    assert_eq!(board.read(0xFFFF, 125), Err(2));
}

#[test]
fn a_read_has_at_most_125_registers() {
    let mut board = Board::unknown();
    assert_eq!(board.read(0x3020, 125).map(|words| words.len()), Ok(125));
    let mut frame = vec![1, 3, 0x30, 0x20, 0, 126];
    frame.extend(crc16(&frame).to_le_bytes());
    let refused = Reply::Exception { function: 3, code: 3 };
    assert_eq!(board.exchange(&frame), refused.emit_rtu(1).as_slice());
}

#[test]
fn every_address_can_be_asked_for_and_two_registers_agree_with_one() {
    let mut board = Board::unknown();
    let single: Vec<_> = (0..=u16::MAX).map(|address| board.read(address, 1)).collect();
    for address in (0..u16::MAX).step_by(7) {
        let place = usize::from(address);
        let both = board.read(address, 2);
        match (&single[place], &single[place + 1]) {
            (Ok(first), Ok(second)) => {
                assert_eq!(both, Ok([first.as_slice(), second].concat()), "{address:#06x}");
            }
            _ => assert_eq!(both, Err(2), "{address:#06x}"),
        }
    }
}

#[test]
fn the_pack_voltage_is_read_as_the_page_says() {
    let mut snapshot = Snapshot::absent(NoData::NotYet);
    snapshot.pack_voltage = Ok(Voltage::from_millivolts(52_849));
    let mut board = Board::new(snapshot);
    assert_eq!(board.read(0x1002, 2), Ok(vec![0, 52_849]));
    board.snapshot.pack_voltage = Err(NoData::Stale);
    assert_eq!(board.read(0x1002, 2), Ok(vec![0x8000, 4]));
}

#[test]
fn one_register_is_never_written_alone() {
    let mut board = Board::unknown();
    let write = Request::WriteOne { register: 0x200E, value: 1 };
    assert_eq!(board.ask(&write), Reply::Exception { function: 6, code: 1 });
    assert!(board.asked.is_empty());
}

#[test]
fn over_tcp_any_unit_is_answered_and_a_function_that_is_not_spoken_is_refused() {
    let snapshot = Snapshot::absent(NoData::NotYet);
    let config = Config::lifepo4(16);
    let view = View { snapshot: &snapshot, config: &config, records: &Kept(Vec::new()) };
    let mut port: Port = Port::framed(PortId(0), cellward_link::Framing::ModbusTcp);
    let magic = Request::Read { area: Area::Input, start: 0, count: 2 };
    for (request, unit, expected) in [
        (
            magic,
            255,
            Reply::Words { area: Area::Input, words: [0x4357, 0x4C57].into_iter().collect() },
        ),
        (Request::Other { function: 0x2B }, 0, Reply::Exception { function: 0x2B, code: 1 }),
    ] {
        port.receive(&request.emit_tcp(7, unit), &view, Instant::START);
        let mut buffer = [0; 300];
        let count = port.transmit(&mut buffer);
        let head = reply_tcp(&buffer[..count]);
        assert_eq!(head, TcpHead::Frame { transaction: 7, unit, body: expected, len: count });
    }
}

/// What a serial port with every dialect, or a Modbus TCP connection, answers to these bytes.
fn answer(framing: cellward_link::Framing, bytes: &[u8]) -> Vec<u8> {
    let snapshot = Snapshot::absent(NoData::NotYet);
    let config = Config::lifepo4(16);
    let view = View { snapshot: &snapshot, config: &config, records: &Kept(Vec::new()) };
    let mut port: Port = Port::framed(PortId(0), framing);
    port.receive(bytes, &view, Instant::START);
    assert!(port.poll_ask().is_none(), "the core hears nothing of it");
    let mut buffer = [0; 300];
    let count = port.transmit(&mut buffer);
    buffer[..count].to_vec()
}

#[test]
fn a_count_that_cannot_be_is_an_illegal_value_and_the_next_request_is_answered() {
    let magic = Request::Read { area: Area::Holding, start: 0, count: 1 };
    for body in [
        &[0x03, 0, 0, 0, 0][..],
        &[0x03, 0, 0, 0, 126],
        &[0x04, 0, 0, 0, 126],
        &[0x10, 0x20, 0x02, 0, 0, 0],
        &[0x10, 0x20, 0x02, 0, 124, 2, 0, 0],
        &[0x10, 0x20, 0x02, 0, 2, 2, 0, 0, 0, 0],
        &[0x10, 0x20, 0x02, 0, 2, 6, 0, 0, 0, 0, 0, 0],
    ] {
        let refused = Reply::Exception { function: body[0], code: 3 };
        let next = Reply::Words { area: Area::Holding, words: [0x4357].into_iter().collect() };

        let length = u8::try_from(body.len() + 1).unwrap();
        let mut sent = vec![0, 9, 0, 0, 0, length, 1];
        sent.extend(body);
        sent.extend(magic.emit_tcp(10, 1));
        let told = [refused.emit_tcp(9, 1), next.emit_tcp(10, 1)].concat();
        assert_eq!(answer(cellward_link::Framing::ModbusTcp, &sent), told, "{body:02X?}");

        let mut sent = vec![1];
        sent.extend(body);
        sent.extend(crc16(&sent).to_le_bytes());
        sent.extend(magic.emit_rtu(1));
        let told = [refused.emit_rtu(1), next.emit_rtu(1)].concat();
        assert_eq!(answer(cellward_link::Framing::Serial, &sent), told, "{body:02X?}");
    }
}

#[test]
fn a_function_of_the_standard_that_is_not_spoken_is_refused_on_a_serial_line_too() {
    let magic = Request::Read { area: Area::Holding, start: 0, count: 1 };
    let next = Reply::Words { area: Area::Holding, words: [0x4357].into_iter().collect() };
    for body in [
        &[0x01, 0, 0, 0, 8][..],
        &[0x05, 0, 0, 0xFF, 0],
        &[0x07],
        &[0x0F, 0, 0, 0, 9, 2, 0xFF, 1],
        &[0x11],
        &[0x14, 7, 6, 0, 4, 0, 1, 0, 2],
        &[0x16, 0, 4, 0, 0xF2, 0, 0x25],
        &[0x17, 0, 3, 0, 1, 0, 14, 0, 1, 2, 0, 255],
        &[0x18, 4, 222],
        &[0x2B, 14, 1, 0],
    ] {
        let mut sent = vec![1];
        sent.extend(body);
        sent.extend(crc16(&sent).to_le_bytes());
        sent.extend(magic.emit_rtu(1));
        let refused = Reply::Exception { function: body[0], code: 1 };
        let told = [refused.emit_rtu(1), next.emit_rtu(1)].concat();
        assert_eq!(answer(cellward_link::Framing::Serial, &sent), told, "{body:02X?}");
        // Of another board, or of a dialect that is not the standard's, it is none of our business.
        sent[0] = 0xD2;
        let check = crc16(&sent[..=body.len()]).to_le_bytes();
        sent[body.len() + 1..body.len() + 3].copy_from_slice(&check);
        assert_eq!(
            answer(cellward_link::Framing::Serial, &sent),
            next.emit_rtu(1).to_vec(),
            "{body:02X?}"
        );
    }
}

/// What comes over a Modbus TCP connection and is no frame, and whether it only begins one.
const GARBAGE: [&[u8]; 6] = [
    &[0],
    &[0, 1, 0, 0, 0, 1, 1],
    &[0, 1, 0, 0, 0, 200, 1, 3, 0, 0, 0, 1],
    &[0xA5, 0x40, 0x90, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x7D],
    &[0xD2, 3, 0, 0, 0, 0x3E, 0xD7, 0xB9],
    &[0xFF; 40],
];

#[test]
fn garbage_over_tcp_costs_what_follows_at_once_and_nothing_after_100_quiet_milliseconds() {
    let snapshot = Snapshot::absent(NoData::NotYet);
    let config = Config::lifepo4(16);
    let view = View { snapshot: &snapshot, config: &config, records: &Kept(Vec::new()) };
    let magic = Request::Read { area: Area::Holding, start: 0, count: 1 };
    let words = [0x4357].into_iter().collect();
    let told = Reply::Words { area: Area::Holding, words }.emit_tcp(7, 1).to_vec();
    for garbage in GARBAGE {
        let mut port: Port = Port::framed(PortId(0), cellward_link::Framing::ModbusTcp);
        let mut ask = |millis: u64, bytes: &[u8]| {
            let now = Instant::START + Duration::from_millis(millis);
            port.receive(bytes, &view, now);
            let mut buffer = [0; 300];
            let count = port.transmit(&mut buffer);
            (buffer[..count].to_vec(), port.deadline())
        };
        assert_eq!(ask(0, garbage).0, [0_u8; 0], "{garbage:02X?}");
        let (early, deadline) = ask(99, &magic.emit_tcp(6, 1));
        assert_eq!(early, [0_u8; 0], "{garbage:02X?}");
        assert_eq!(deadline, Some(Instant::START + Duration::from_millis(199)));
        assert_eq!(ask(199, &magic.emit_tcp(7, 1)).0, told, "{garbage:02X?}");
        assert_eq!(ask(200, &magic.emit_tcp(7, 1)), (told.clone(), None), "{garbage:02X?}");
    }
}

#[test]
fn the_near_modbus_dialects_are_silent_on_a_count_that_cannot_be() {
    for address in [0xD2, 0x81] {
        for count in [0, 126] {
            let mut sent = vec![address, 0x03, 0, 0, 0, count];
            sent.extend(crc16(&sent).to_le_bytes());
            assert!(answer(cellward_link::Framing::Serial, &sent).is_empty());
        }
    }
}
