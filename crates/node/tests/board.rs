//! The board as a whole: bytes in, bytes out, and what it keeps.

use cellward_core::{CellsFrame, CurrentFrame, Input, TemperaturesFrame};
use cellward_node::{Line, Node, RamStore, Store};
use cellward_params::record::{RecordKind, Switches};
use cellward_params::{Action, Command, Config, Mode, ParamId, PortId, Request, Role, Wake};
use cellward_units::{Current, Duration, Instant, NoData, Temperature, Voltage};

const UART1: PortId = PortId(0);
const UART2: PortId = PortId(1);

fn config() -> Config {
    let mut config = Config::lifepo4(16);
    config.set(ParamId(6), 280_000).expect("280 Ah are in range");
    config
}

/// A board that has run its self-test and closed both switches.
fn running(store: RamStore) -> (Node<2>, Instant) {
    let mut node = Node::new(config(), store, Instant::START);
    let now = run(&mut node, Instant::START, 1_500);
    (node, now)
}

/// Feeds steady readings for so many milliseconds.
fn run(node: &mut Node<2>, mut now: Instant, millis: u64) -> Instant {
    let cells = [Ok::<_, NoData>(Voltage::from_millivolts(3_300)); 16];
    let warm = Ok(cellward_core::Sensed::Temperature(Temperature::from_celsius(25)));
    for tick in 0..millis / 10 {
        let current = CurrentFrame { current: Ok(Current::ZERO), port: Ok(Voltage::ZERO) };
        node.handle(Input::Current(current), now);
        if tick.is_multiple_of(10) {
            let pack = Ok(Voltage::from_millivolts(52_800));
            node.handle(Input::Cells(CellsFrame { cells: &cells, pack }), now);
        }
        if tick.is_multiple_of(50) {
            let frame = TemperaturesFrame { cells: [warm; 4], switches: warm, board: warm };
            node.handle(Input::Temperatures(frame), now);
        }
        let wanted = node.wanted().switches;
        node.handle(Input::Feedback(wanted), now);
        now += Duration::from_millis(10);
    }
    now
}

/// A request with a good checksum.
fn request(host: u8, command: u8, first: u8) -> [u8; 13] {
    let mut frame = [0xA5, host, command, 8, first, 0, 0, 0, 0, 0, 0, 0, 0];
    frame[12] = frame.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    frame
}

fn ask(node: &mut Node<2>, port: PortId, bytes: &[u8]) -> Vec<u8> {
    node.receive(port, bytes, Instant::START);
    let mut buffer = [0; 512];
    let count = node.transmit(port, &mut buffer);
    buffer[..count].to_vec()
}

#[test]
fn a_read_is_answered_from_the_battery() {
    let (mut node, _) = running(RamStore::new());
    let answer = ask(&mut node, UART1, &request(0x40, 0x90, 0));
    assert_eq!(&answer[..6], [0xA5, 0x01, 0x90, 0x08, 0x02, 0x10], "52.8 V");
}

//
#[test]
fn two_ports_do_not_mix_their_frames() {
    let (mut node, _) = running(RamStore::new());
    let whole = request(0x40, 0x94, 0);
    let (head, tail) = whole.split_at(5);
    assert!(ask(&mut node, UART1, head).is_empty());
    let other = ask(&mut node, UART2, &request(0x40, 0x98, 0));
    assert_eq!(other[2], 0x98);
    let answer = ask(&mut node, UART1, tail);
    assert_eq!((answer.len(), answer[2]), (13, 0x94));
}

/// What the vendor's program and open clients ask of a board, some of them without patience for one
/// that is silent.
#[test]
fn a_running_board_answers_every_read_that_is_known() {
    let (mut node, _) = running(RamStore::new());
    let known = (0x90..=0x98)
        .chain(0x50..=0x54)
        .chain([0x57, 0x59, 0x5A, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x62, 0x63]);
    for command in known {
        let answer = ask(&mut node, UART1, &request(0x40, command, 0));
        assert!(!answer.is_empty(), "{command:#04x} is not answered");
        assert_eq!(answer[..4], [0xA5, 1, command, 8]);
    }
    // One board of 16 cells and two sensors; 3.2 V are printed on its cells.
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x51, 0))[4..11], [1, 16, 0, 0, 2, 0, 0]);
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x50, 0))[10..12], [0x0C, 0x80]);
    // Nobody has told it a day, a code or the time, and none is invented.
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x53, 0))[4..9], [1, 0, 0, 0, 0]);
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x57, 0))[4..12], *b"\x01       ");
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x61, 0))[4..10], [0; 6]);
}

#[test]
fn the_number_of_frames_depends_on_the_host_address() {
    let (mut node, _) = running(RamStore::new());
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x95, 0)).len(), 6 * 13);
    assert_eq!(ask(&mut node, UART1, &request(0x80, 0x95, 0)).len(), 16 * 13);
}

#[test]
fn a_switch_command_goes_through_the_engine_and_survives_a_power_loss() {
    let (mut node, now) = running(RamStore::new());
    let answer = ask(&mut node, UART1, &request(0x40, 0xD9, 0));
    assert_eq!(&answer[..5], [0xA5, 0x01, 0xD9, 0x08, 0x00]);
    run(&mut node, now, 100);
    assert_eq!(node.wanted().switches, Switches { charge: true, discharge: false });

    let image = node.store().load().expect("the wish of a user is kept at once");
    let (after, _) = running(RamStore::holding(image));
    assert_eq!(after.wanted().switches, Switches { charge: true, discharge: false });
}

#[test]
fn a_restart_over_the_wire_opens_both_switches_and_goes_on_counting_records() {
    let (mut node, now) = running(RamStore::new());
    assert_eq!(node.wanted().switches, Switches { charge: true, discharge: true });
    let before = core::iter::from_fn(|| node.poll_record()).last().map(|record| record.sequence);
    let answer = ask(&mut node, UART1, &request(0x40, 0x00, 0));
    assert_eq!(answer[..4], [0xA5, 0x01, 0x00, 0x08], "answered before it goes down");
    assert_eq!(node.wanted().switches, Switches::OPEN);
    run(&mut node, now, 1_500);
    assert_eq!(node.wanted().switches, Switches { charge: true, discharge: true });
    let boot = node.poll_record().expect("a start is recorded");
    assert_eq!((boot.kind, Some(boot.sequence)), (RecordKind::Boot, before.map(|n| n + 1)));
    assert_eq!(boot.circumstances.boot_number, 2);
}

#[test]
fn a_clock_with_a_refused_soc_is_not_answered_and_not_set() {
    // Without a capacity no SOC can be set.
    let mut node: Node<2> = Node::new(Config::lifepo4(16), RamStore::new(), Instant::START);
    run(&mut node, Instant::START, 1_500);
    let mut set = [0xA5, 0x40, 0x21, 8, 26, 11, 22, 15, 4, 5, 0x01, 0xF4, 0];
    set[12] = set.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    assert!(ask(&mut node, UART1, &set).is_empty());
    assert_eq!(node.snapshot(Instant::START).board_clock, Err(NoData::Unknown));

    let (mut node, now) = running(RamStore::new());
    assert_eq!(ask(&mut node, UART1, &set)[..5], [0xA5, 0x01, 0x21, 0x08, 0x01]);
    assert!(node.snapshot(now).board_clock.is_ok());
}

#[test]
fn a_frame_behind_one_that_was_broken_off_is_answered_once_the_line_was_quiet_for_100_ms() {
    let (mut node, _) = running(RamStore::new());
    let start = Instant::START + Duration::from_secs(1);
    let after = |millis| start + Duration::from_millis(millis);
    // The beginning of a long write of registers, and a request behind it.
    node.receive(UART1, &[0x81, 0x10, 0x01, 0x00, 0x00, 0x20], start);
    node.receive(UART1, &request(0x40, 0x90, 0), start);
    assert_eq!(node.line_deadline(), Some(after(100)));
    let mut buffer = [0; 64];
    node.pass_line_time(after(99));
    assert_eq!(node.transmit(UART1, &mut buffer), 0);
    node.pass_line_time(after(100));
    assert_eq!(node.transmit(UART1, &mut buffer), 13);
    assert_eq!(buffer[..3], [0xA5, 1, 0x90]);
    assert_eq!(node.line_deadline(), None);
    assert_eq!(node.transmit(UART2, &mut buffer), 0, "the other line heard nothing");
}

#[test]
fn bytes_on_a_port_that_does_not_exist_do_nothing() {
    let (mut node, _) = running(RamStore::new());
    assert!(ask(&mut node, PortId(7), &request(0x40, 0x90, 0)).is_empty());
}

#[test]
fn every_record_is_given_out_once_and_kept() {
    let (mut node, _) = running(RamStore::new());
    let mut sequences = Vec::new();
    while let Some(record) = node.poll_record() {
        sequences.push(record.sequence);
    }
    assert!(!sequences.is_empty());
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    assert_eq!(node.poll_record(), None);
    assert_eq!(node.store().record_after(0).map(|record| record.sequence), Some(1));
}

#[test]
fn a_store_that_is_full_lets_the_oldest_go() {
    let (mut node, mut now) = running(RamStore::new());
    for flip in 0..100 {
        node.receive(UART1, &request(0x40, 0xD9, flip % 2), Instant::START);
        // Further apart than the ten seconds within which the same event is told once.
        now = run(&mut node, now + Duration::from_secs(11), 20);
    }
    let first = node.store().record_after(0).expect("something was recorded").sequence;
    assert!(first > 1);
}

/// Bytes with the check of Modbus behind them.
fn checked(bytes: &[u8]) -> Vec<u8> {
    let mut check = 0xFFFF_u16;
    for byte in bytes {
        check ^= u16::from(*byte);
        for _ in 0..8 {
            check = if check & 1 == 1 { (check >> 1) ^ 0xA001 } else { check >> 1 };
        }
    }
    [bytes, &check.to_le_bytes()].concat()
}

#[test]
fn all_dialects_of_a_port_tell_of_the_same_battery() {
    let (mut node, _) = running(RamStore::new());
    let d2 = ask(&mut node, UART1, &checked(&[0xD2, 3, 0, 0x28, 0, 2]));
    assert_eq!(d2, checked(&[0xD2, 3, 4, 0x02, 0x10, 0x75, 0x30]), "52.8 V, no current");
    let p81 = ask(&mut node, UART1, &checked(&[0x81, 3, 0, 0x38, 0, 2]));
    assert_eq!(p81, checked(&[0x51, 3, 4, 0x02, 0x10, 0x75, 0x30]));
    assert_eq!(ask(&mut node, UART1, &request(0x40, 0x90, 0))[4..6], [0x02, 0x10]);
}

#[test]
fn a_switch_forbidden_by_a_register_opens_and_its_register_says_so() {
    let (mut node, now) = running(RamStore::new());
    let off = checked(&[0xD2, 6, 0, 0xA5, 0, 0]);
    assert_eq!(ask(&mut node, UART1, &off), off);
    run(&mut node, now, 100);
    assert_eq!(node.wanted().switches, Switches { charge: false, discharge: true });
    let told = ask(&mut node, UART2, &checked(&[0x81, 3, 1, 0x21, 0, 2]));
    assert_eq!(told, checked(&[0x51, 3, 4, 0, 0, 0, 1]));
}

#[test]
fn a_group_of_registers_is_stored_whole_or_not_at_all() {
    let (mut node, _) = running(RamStore::new());
    let limits = checked(&[0xD2, 3, 0, 0x8B, 0, 2]);
    let before = ask(&mut node, UART1, &limits);
    assert_eq!(before, checked(&[0xD2, 3, 4, 0x0D, 0xDE, 0x0E, 0x42]), "3550 and 3650 mV");
    // Alarm at 3560 and protection at 3640 mV, without a byte count.
    let write = checked(&[0xD2, 0x10, 0, 0x8B, 0, 2, 0x0D, 0xE8, 0x0E, 0x38]);
    assert_eq!(ask(&mut node, UART1, &write), checked(&[0xD2, 0x10, 0, 0x8B, 0, 2]));
    let stored = checked(&[0xD2, 3, 4, 0x0D, 0xE8, 0x0E, 0x38]);
    assert_eq!(ask(&mut node, UART1, &limits), stored);
    // A good alarm and a protection that no cell survives: neither.
    let write = checked(&[0xD2, 0x10, 0, 0x8B, 0, 2, 0x0D, 0x7A, 0x17, 0x70]);
    assert_eq!(ask(&mut node, UART1, &write), []);
    assert_eq!(ask(&mut node, UART1, &limits), stored);
}

/// A board that has fallen asleep, with a UART and an RS485.
fn asleep() -> (Node<2>, Instant) {
    let (mut node, now) = running(RamStore::new());
    node.wire(UART2, Line::Bus);
    sleep(&mut node, now);
    (node, now)
}

fn sleep(node: &mut Node<2>, now: Instant) {
    let action = Action::Command(Command::Sleep);
    let request = Request { id: 1, port: PortId(9), role: Role::Installer, action };
    node.handle(Input::Request(request), now);
    assert_eq!(node.take_answer().map(|answer| answer.result), Some(Ok(())));
    assert_eq!(mode(node, now), Ok(Mode::Sleep));
}

fn mode(node: &Node<2>, now: Instant) -> Result<Mode, NoData> {
    node.snapshot(now).mode
}

fn woken_by(node: &Node<2>, now: Instant) -> Option<Wake> {
    let snapshot = node.snapshot(now);
    let key = snapshot.wake_reason.ok().filter(|_| snapshot.mode == Ok(Mode::Awake))?;
    Wake::ALL.iter().copied().find(|why| why.key() == key.as_str())
}

//
#[test]
fn a_byte_on_a_uart_wakes_and_what_came_before_is_lost() {
    let (mut node, now) = asleep();
    let read = request(0x40, 0x90, 0);
    assert_eq!(ask(&mut node, UART1, &read[..1]), []);
    assert_eq!(woken_by(&node, now), Some(Wake::Uart));
    assert_eq!(ask(&mut node, UART1, &read[1..]), [], "the frame has lost its head");
    assert_eq!(ask(&mut node, UART1, &read).len(), 13);
    let (mut node, now) = asleep();
    assert_eq!(ask(&mut node, UART1, &read), [], "a whole frame is lost as well");
    assert_eq!(woken_by(&node, now), Some(Wake::Uart));
    assert_eq!(ask(&mut node, UART1, &read).len(), 13);
}

//
#[test]
fn on_rs485_a_whole_frame_to_this_board_wakes_and_is_answered_and_nothing_less_does() {
    let (mut node, now) = asleep();
    let read = request(0x40, 0x90, 0);
    // Noise, a frame with a wrong check, one for board 2, and half of one for this board.
    let mut damaged = read;
    damaged[12] ^= 1;
    for bytes in [&[0x00, 0xFF, 0x81][..], &damaged, &request(0x41, 0x90, 0)] {
        assert_eq!(ask(&mut node, UART2, bytes), []);
        node.pass_line_time(Instant::from_micros(1_000_000));
        assert_eq!(mode(&node, now), Ok(Mode::Sleep), "{bytes:02x?}");
    }
    assert_eq!(ask(&mut node, UART2, &read[..7]), []);
    assert_eq!(mode(&node, now), Ok(Mode::Sleep), "half a frame");
    assert_eq!(ask(&mut node, UART2, &read[7..]).len(), 13);
    assert_eq!(woken_by(&node, now), Some(Wake::Rs485));
}

//
#[test]
fn good_frames_keep_the_board_awake_even_those_for_others_and_noise_does_not() {
    let (mut node, mut now) = running(RamStore::new());
    for bytes in [&request(0x40, 0x90, 0)[..], &request(0x41, 0x90, 0)] {
        now = run(&mut node, now, 1_800_000);
        let _answer = ask(&mut node, UART1, bytes);
        now = run(&mut node, now, 3_599_000);
        assert_eq!(mode(&node, now), Ok(Mode::Awake), "an hour is not over");
    }
    let _nothing = ask(&mut node, UART1, &[0x00; 20]);
    now = run(&mut node, now, 2_000);
    assert_eq!(mode(&node, now), Ok(Mode::Sleep));
}

#[test]
fn the_answer_to_the_word_to_sleep_goes_out_and_what_came_behind_it_is_not_read() {
    let (mut node, now) = running(RamStore::new());
    // D2: write 1 to 0xF1; behind it a read.
    let mut bytes = vec![0xD2, 0x06, 0x00, 0xF1, 0x00, 0x01, 0x0A, 0x5A];
    let reply = bytes.clone();
    bytes.extend(request(0x40, 0x90, 0));
    let answer = ask(&mut node, UART1, &bytes);
    assert_eq!(answer, reply);
    assert_eq!(mode(&node, now), Ok(Mode::Sleep));
    let kinds: Vec<_> = core::iter::from_fn(|| node.poll_record()).map(|it| it.kind).collect();
    assert_eq!(kinds.last(), Some(&RecordKind::Sleep));
}
