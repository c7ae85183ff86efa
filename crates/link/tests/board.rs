//! The board's A5 session: what it answers, what it asks for, and what it keeps silent about.

use cellward_link::{NoRecords, Port, View, Wish};
use cellward_params::parameter::{Field, id};
use cellward_params::{
    Answer, Command, Config, DateTime, Fault, Flow, Level, ParamId, PortId, Refusal, Snapshot,
    Switch,
};
use cellward_units::{Current, Instant, NoData, Ratio, Voltage};
use cellward_wire::a5::{Fill, Message, Reply, Request, command};

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn truth(cells: u32) -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotFitted);
    snapshot.cell_count = Ok(cells);
    snapshot.sensor_count = Ok(2);
    for slot in snapshot.cell_voltage.iter_mut().take(cells as usize) {
        *slot = Ok(Voltage::from_millivolts(3_300));
    }
    snapshot.pack_voltage = Ok(Voltage::from_millivolts(52_849));
    snapshot.current = Ok(Current::from_milliamps(2_149));
    snapshot.soc = Ok(Ratio::from_ppm(500_449));
    snapshot
}

fn receive<const OUT: usize>(
    board: &mut Port<OUT>,
    bytes: &[u8],
    snapshot: &Snapshot,
    now: Instant,
) {
    let config = Config::lifepo4(16);
    board.receive(bytes, &View { snapshot, config: &config, records: &NoRecords }, now);
}

fn sent<const OUT: usize>(board: &mut Port<OUT>) -> Vec<u8> {
    let mut buffer = [0; 600];
    let count = board.transmit(&mut buffer);
    buffer[..count].to_vec()
}

fn asked(board: &mut Port, command: u8, host: u8, snapshot: &Snapshot) -> Vec<u8> {
    let request = Request::read(command).message(host).emit();
    receive(board, &request, snapshot, Instant::from_micros(0));
    sent(board)
}

#[test]
fn a_read_is_answered_byte_for_byte_from_the_snapshot() {
    let mut board = Port::new(PortId(1));
    // 52.8 V, charging 2.1 A (so 21 below 30000 on this wire), 50.0 %.
    assert_eq!(
        asked(&mut board, command::PACK, 0x40, &truth(16)),
        bytes("A5 01 90 08 02 10 00 00 75 1B 01 F4 D5")
    );
}

#[test]
fn cell_frames_follow_the_count_for_wired_hosts_and_are_sixteen_for_the_app() {
    let mut board = Port::new(PortId(1));
    for (cells, wired) in [(3, 1), (14, 5), (16, 6), (24, 8)] {
        let frames = |bytes: Vec<u8>| bytes.len() / 13;
        let snapshot = truth(cells);
        assert_eq!(frames(asked(&mut board, command::CELLS, 0x40, &snapshot)), wired);
        assert_eq!(frames(asked(&mut board, command::CELLS, 0x80, &snapshot)), 16);
        assert_eq!(frames(asked(&mut board, command::TEMPERATURES, 0x40, &snapshot)), 1);
        assert_eq!(frames(asked(&mut board, command::TEMPERATURES, 0x80, &snapshot)), 3);
    }
}

#[test]
fn unused_cell_slots_hold_what_the_frame_before_left() {
    let mut snapshot = truth(14);
    snapshot.cell_voltage[11] = Ok(Voltage::from_millivolts(3_780));
    let mut board = Port::new(PortId(1));
    let stale = asked(&mut board, command::CELLS, 0x40, &snapshot);
    assert_eq!(stale[4 * 13 + 9..4 * 13 + 11], [0x0E, 0xC4]);
    let mut board = Port::with_fill(PortId(1), Fill::Ff);
    let filled = asked(&mut board, command::CELLS, 0x40, &snapshot);
    assert_eq!(filled[4 * 13 + 9..4 * 13 + 11], [0xFF, 0xFF]);
}

#[test]
fn only_its_own_addresses_are_answered() {
    let answers = |number, host| {
        let mut board: Port = Port::new(PortId(1));
        let mut config = Config::lifepo4(16);
        config.set(id::board_number, number).unwrap();
        let view = View { snapshot: &truth(16), config: &config, records: &NoRecords };
        let request = Request::read(command::PACK).message(host).emit();
        board.receive(&request, &view, Instant::START);
        sent(&mut board).get(1).copied()
    };
    assert_eq!(answers(1, 0x40), Some(1));
    assert_eq!(answers(1, 0x80), Some(1));
    assert_eq!(answers(1, 0x20), Some(1));
    assert_eq!(answers(1, 0x41), None);
    assert_eq!(answers(1, 0x01), None);
    assert_eq!(answers(2, 0x41), Some(2));
    assert_eq!(answers(2, 0x40), None);
    assert_eq!(answers(2, 0x80), None);
    assert_eq!(answers(16, 0x4F), Some(16));
}

#[test]
fn what_is_unknown_or_not_served_stays_silent() {
    let mut board = Port::new(PortId(1));
    for command in [0x02, 0x55, 0x56, 0x58, 0x64, 0x99, 0xD8] {
        assert_eq!(asked(&mut board, command, 0x40, &truth(16)), [0_u8; 0], "{command:#04x}");
    }
    let mut snapshot = truth(16);
    snapshot.current = Err(NoData::Stale);
    assert_eq!(asked(&mut board, command::PACK, 0x40, &snapshot), [0_u8; 0]);
    assert_eq!(board.poll_ask(), None);
}

#[test]
fn a_switch_write_is_echoed_once_the_core_agrees_and_not_when_it_refuses() {
    let mut board: Port = Port::new(PortId(7));
    let write = bytes("A5 40 D9 08 00 00 00 00 00 00 00 00 C6");
    receive(&mut board, &write, &truth(16), Instant::from_micros(0));
    assert_eq!(sent(&mut board), [0_u8; 0], "nothing before the core has spoken");
    let request = board.poll_ask().unwrap();
    assert_eq!((request.port, request.login), (PortId(7), false), "the dialect has no login");
    assert_eq!(
        request.wish,
        Wish::command(Command::AllowSwitch { switch: Switch::Discharge, allowed: false })
    );
    let answer = |id, result| Answer { id, port: PortId(7), result };
    board.handle_answer(&answer(request.id.wrapping_add(9), Ok(())));
    assert_eq!(sent(&mut board), [0_u8; 0], "the answer to another request");
    board.handle_answer(&answer(request.id, Ok(())));
    let reply = sent(&mut board);
    assert_eq!(reply[..5], [0xA5, 0x01, 0xD9, 0x08, 0x00]);
    board.handle_answer(&answer(request.id, Ok(())));
    assert_eq!(sent(&mut board), [0_u8; 0], "answered once");

    let write = bytes("A5 80 DA 08 01 00 00 00 00 00 00 00 08");
    receive(&mut board, &write, &truth(16), Instant::from_micros(0));
    let request = board.poll_ask().unwrap();
    board.handle_answer(&answer(request.id, Err(Refusal::NotSupported)));
    assert_eq!(sent(&mut board), [0_u8; 0]);
}

#[test]
fn soc_is_set_only_within_the_whole() {
    let mut board: Port = Port::new(PortId(0));
    let set = bytes("A5 40 21 08 16 0C 0D 15 1D 27 01 2C C3");
    receive(&mut board, &set, &truth(16), Instant::from_micros(0));
    let request = board.poll_ask().unwrap();
    let soc = Command::SetSoc(Ratio::from_permille(300));
    let clock = DateTime::new([22, 12, 13, 21, 29, 39]).map(Command::SetClock).unwrap();
    let Wish::Commands(commands) = request.wish else { panic!("not a command") };
    assert_eq!(commands, [soc, clock]);
    let done = Answer { id: request.id, port: PortId(0), result: Ok(()) };
    board.handle_answer(&done);
    assert_eq!(sent(&mut board), [0_u8; 0], "one of two is done");
    board.handle_answer(&done);
    assert_eq!(sent(&mut board)[..5], [0xA5, 0x01, 0x21, 0x08, 0x01]);
    let beyond = Message { address: 0x40, command: 0x21, payload: [0, 0, 0, 0, 0, 0, 0x03, 0xE9] };
    receive(&mut board, &beyond.emit(), &truth(16), Instant::from_micros(0));
    let odd = Message { address: 0x40, command: 0xD9, payload: [2, 0, 0, 0, 0, 0, 0, 0] };
    receive(&mut board, &odd.emit(), &truth(16), Instant::from_micros(0));
    assert_eq!(board.poll_ask(), None);
}

#[test]
fn garbage_costs_no_more_than_itself() {
    let mut board: Port = Port::new(PortId(0));
    let snapshot = truth(16);
    let request = Request::read(command::PACK).message(0x40).emit();
    // The worst prefix: twelve bytes that look like the start of a frame.
    let prefix = bytes("A5 40 90 08 00 00 00 00 00 00 00 00");
    receive(&mut board, &prefix, &snapshot, Instant::from_micros(0));
    receive(&mut board, &request, &snapshot, Instant::from_micros(99_999));
    assert_eq!(sent(&mut board).len(), 13, "found behind a cut frame");
    receive(&mut board, &prefix, &snapshot, Instant::from_micros(200_000));
    receive(&mut board, &request, &snapshot, Instant::from_micros(300_000));
    assert_eq!(sent(&mut board).len(), 13);
    assert_eq!(board.counters().refused, 24);
}

#[test]
fn a_host_that_pauses_inside_a_frame_is_answered() {
    let mut board: Port = Port::new(PortId(0));
    let mut now = Instant::START;
    for byte in Request::read(command::PACK).message(0x40).emit() {
        receive(&mut board, &[byte], &truth(16), now);
        now += cellward_units::Duration::from_millis(20);
    }
    assert_eq!(sent(&mut board).len(), 13);
}

#[test]
fn a_host_that_never_reads_fills_the_queue_with_whole_replies_only() {
    let mut board: Port<30> = Port::new(PortId(0));
    let request = Request::read(command::PACK).message(0x40).emit();
    for _ in 0..5 {
        receive(&mut board, &request, &truth(16), Instant::from_micros(0));
    }
    assert_eq!(sent(&mut board).len(), 26);
    assert_eq!(board.counters().dropped, 3);
    assert_eq!(board.counters().replies, 2);
}

#[test]
fn a_sensor_without_a_value_is_marked_and_not_a_temperature() {
    let mut snapshot = truth(16);
    snapshot.temperature[0] = Ok(cellward_units::Temperature::from_millicelsius(-12_600));
    snapshot.temperature[1] = Err(NoData::SensorOpen);
    let mut board = Port::new(PortId(0));
    let reply = asked(&mut board, command::TEMPERATURES, 0x40, &snapshot);
    let Reply::Temperatures(part) = Reply::parse(0x96, reply[4..12].try_into().unwrap()) else {
        panic!("not 0x96");
    };
    assert_eq!(part.raw, [27, 0xFF, 0, 0, 0, 0, 0]);
}

#[test]
fn ratings_are_told_even_if_the_nominal_voltage_is_not_known() {
    let mut snapshot = truth(16);
    assert_eq!(asked(&mut Port::new(PortId(1)), command::RATED, 0x40, &snapshot), [0_u8; 0]);
    snapshot.rated_capacity = Ok(cellward_units::Charge::from_milliamp_hours(280_000));
    snapshot.nominal_cell_voltage = Err(NoData::NotFitted);
    let reply = asked(&mut Port::new(PortId(1)), command::RATED, 0x40, &snapshot);
    assert_eq!(reply[4..12], [0, 4, 0x45, 0xC0, 0, 0, 0, 0]);
    snapshot.nominal_cell_voltage = Ok(Voltage::from_millivolts(3_200));
    let reply = asked(&mut Port::new(PortId(1)), command::RATED, 0x40, &snapshot);
    assert_eq!(reply[8..12], [0, 0, 0x0C, 0x80]);
}

#[test]
fn the_state_byte_follows_the_flow_and_the_life_byte_rolls() {
    let mut board = Port::new(PortId(1));
    let mut snapshot = truth(16);
    snapshot.charge_switch_closed = Ok(true);
    snapshot.discharge_switch_closed = Ok(false);
    for (flow, state, life) in [
        (Flow::Standby, 0, 0),
        (Flow::Precharge, 0, 1),
        (Flow::Charging, 1, 254),
        (Flow::Discharging, 2, 255),
    ] {
        snapshot.flow = Ok(flow);
        snapshot.heartbeat = Ok(life);
        let reply = asked(&mut board, command::SWITCHES, 0x20, &snapshot);
        let life = u8::try_from(life).unwrap();
        // What is left is not known: a mark that no pack can have, never an invented number.
        assert_eq!(reply[4..12], [state, 1, 0, life, 0xFF, 0xFF, 0xFF, 0xFF], "{flow:?}");
    }
    snapshot.flow = Err(NoData::Stale);
    assert_eq!(asked(&mut board, command::SWITCHES, 0x40, &snapshot), [0_u8; 0]);
}

#[test]
fn charger_load_and_cycles_are_told_and_the_last_byte_is_stale() {
    let mut board = Port::new(PortId(1));
    let mut snapshot = truth(16);
    let _ = asked(&mut board, command::PACK, 0x40, &snapshot);
    snapshot.charger_present = Ok(true);
    snapshot.load_present = Ok(false);
    snapshot.cycles = Ok(0x0102);
    let reply = asked(&mut board, command::STATUS, 0x40, &snapshot);
    // 0x90 left the low byte of 50.0 % in the last byte.
    assert_eq!(reply[4..12], [16, 2, 1, 0, 0, 1, 2, 0xF4]);
    snapshot.charger_present = Err(NoData::Stale);
    snapshot.load_present = Ok(true);
    snapshot.cycles = Err(NoData::Unknown);
    let reply = asked(&mut board, command::STATUS, 0x40, &snapshot);
    assert_eq!(reply[4..12], [16, 2, 0, 1, 0, 0xFF, 0xFF, 0xF4]);
}

#[test]
fn limits_are_told_as_they_are_set_and_current_limits_by_the_sign_of_their_direction() {
    let mut board = Port::new(PortId(0));
    let limits = asked(&mut board, command::CELL_LIMITS, 0x40, &truth(16));
    // 3550 and 3650 mV, 2900 and 2500 mV: the defaults of LFP.
    assert_eq!(limits[..12], bytes("A5 01 59 08 0D DE 0E 42 0B 54 09 C4"), "{limits:02X?}");
    let limits = asked(&mut board, command::CURRENT_LIMITS, 0x40, &truth(16));
    let raw = |at: usize| u16::from_be_bytes([limits[at], limits[at + 1]]);
    assert!(raw(4) > 30_000 && raw(6) > raw(4), "discharge first, above the middle");
    assert!(raw(8) < 30_000 && raw(10) < raw(8), "charge second, below the middle");
}

#[test]
fn a_write_of_limits_asks_for_what_differs_and_nothing_else() {
    let mut board: Port = Port::new(PortId(0));
    let told = asked(&mut board, command::PACK_LIMITS, 0x40, &truth(16));
    let mut payload: [u8; 8] = told[4..12].try_into().unwrap();
    let write = |payload| Message { address: 0x40, command: 0x1A, payload }.emit();
    receive(&mut board, &write(payload), &truth(16), Instant::START);
    let ask = board.poll_ask().unwrap();
    assert_eq!(ask.wish, Wish::Write(cellward_link::Group::new()));
    board.handle_answer(&Answer { id: ask.id, port: PortId(0), result: Ok(()) });
    assert_eq!(sent(&mut board)[..5], [0xA5, 0x01, 0x1A, 0x08, 0x01]);

    // 58.1 V for the protection above.
    payload[2..4].copy_from_slice(&581_u16.to_be_bytes());
    receive(&mut board, &write(payload), &truth(16), Instant::START);
    let high = ParamId::of_limit(Fault::PackOverVoltage, Level::Protection, Field::Threshold);
    assert_eq!(board.poll_ask().unwrap().wish, Wish::one(high, 58_100));
}

#[test]
fn a_request_behind_a_write_waits_until_the_core_has_spoken() {
    let mut board: Port = Port::new(PortId(3));
    let mut both = bytes("A5 40 D9 08 00 00 00 00 00 00 00 00 C6");
    both.extend(Request::read(command::PACK).message(0x40).emit());
    receive(&mut board, &both, &truth(16), Instant::START);
    assert_eq!(sent(&mut board), [0_u8; 0]);
    let ask = board.poll_ask().unwrap();
    board.handle_answer(&Answer { id: ask.id, port: PortId(3), result: Ok(()) });
    let config = Config::lifepo4(16);
    let view = View { snapshot: &truth(16), config: &config, records: &NoRecords };
    board.pump(&view, Instant::START);
    let reply = sent(&mut board);
    assert_eq!((reply.len(), reply[2], reply[15]), (26, 0xD9, 0x90));
}

#[test]
fn a_wish_that_nobody_answers_holds_the_port_up_for_a_second() {
    let mut board: Port = Port::new(PortId(0));
    let write = bytes("A5 40 D9 08 00 00 00 00 00 00 00 00 C6");
    receive(&mut board, &write, &truth(16), Instant::START);
    let _unanswered = board.poll_ask();
    let read = Request::read(command::PACK).message(0x40).emit();
    receive(&mut board, &read, &truth(16), Instant::from_micros(999_999));
    assert_eq!(sent(&mut board).len(), 0);
    receive(&mut board, &read, &truth(16), Instant::from_micros(1_000_000));
    assert_eq!(sent(&mut board).len(), 26, "both reads");
}

#[test]
fn every_setting_is_told_as_it_is_to_within_one_step_of_the_wire() {
    use cellward_link::a5::{answers, limits, settings};
    let config = Config::lifepo4(16);
    let view = View { snapshot: &truth(16), config: &config, records: &NoRecords };
    let mut compared = 0;
    let mut commands: Vec<u8> = settings().map(|(command, _)| command).collect();
    commands.dedup();
    for command in commands {
        let reply = answers(command, 0x40, &view).next();
        let reply = reply.unwrap_or_else(|| panic!("{command:#04x} is not answered"));
        for (id, told) in limits(&reply) {
            let real = config.raw(id).unwrap();
            // The coarsest step is 0.1 V or 0.1 A; everything else is told exactly or in whole
            // degrees, which the defaults are.
            let coarse = matches!(command, command::PACK_LIMITS | command::CURRENT_LIMITS);
            let step = if coarse { 50 } else { 0 };
            assert!(
                (told - real).abs() <= step,
                "{command:#04x} {id:?}: {told} is told for {real}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, settings().count());
}

#[test]
fn limits_of_the_state_of_charge_are_told_in_tenths_of_a_percent() {
    let mut board = Port::new(PortId(1));
    let reply = asked(&mut board, command::SOC_LIMITS, 0x40, &truth(16));
    // High alarms are switched off by one step beyond the whole; low at 20 and 10 %.
    assert_eq!(reply[4..12], [0x03, 0xE9, 0x03, 0xE9, 0x00, 0xC8, 0x00, 0x64]);
}

#[test]
fn a_request_behind_a_frame_that_was_broken_off_is_answered_after_a_tenth_of_a_second() {
    // The beginning of a write of 123 registers in a dialect whose frames are long.
    let begun = bytes("81 10 01 30 00 7B");
    let read = Request::read(command::PACK).message(0x40).emit();
    let config = Config::lifepo4(16);
    let view = View { snapshot: &truth(16), config: &config, records: &NoRecords };
    let mut board: Port = Port::new(PortId(0));
    let start = Instant::from_micros(5_000);
    board.receive(&[begun.as_slice(), &read].concat(), &view, start);
    assert_eq!(sent(&mut board).len(), 0, "it may all be data of the write");
    let due = start + cellward_link::FRAME_GAP;
    assert_eq!(board.deadline(), Some(due));
    board.pass_time(&view, due.before(cellward_units::Duration::from_micros(1)));
    assert_eq!(sent(&mut board).len(), 0);
    board.pass_time(&view, due);
    assert_eq!(sent(&mut board).len(), 13);
    assert_eq!(board.deadline(), None);
    assert_eq!(board.counters().refused, 6);
}

#[test]
fn every_dialect_is_found_behind_any_other_without_a_pause() {
    let config = Config::lifepo4(16);
    let view = View { snapshot: &truth(16), config: &config, records: &NoRecords };
    let frames = [
        Request::read(command::PACK).message(0x40).emit().to_vec(),
        bytes("D2 03 00 28 00 02 57 A0"),
        bytes("81 03 00 38 00 02 5A 06"),
        bytes("01 03 00 00 00 02 C4 0B"),
    ];
    let starts = [0xA5, 0xD2, 0x51, 0x01];
    for (first, a) in frames.iter().zip(starts) {
        for (second, b) in frames.iter().zip(starts) {
            let mut board: Port = Port::new(PortId(0));
            board.receive(first, &view, Instant::START);
            let one = sent(&mut board);
            board.receive(second, &view, Instant::START);
            let two = sent(&mut board);
            assert_eq!((one.first(), two.first()), (Some(&a), Some(&b)));
        }
    }
}
