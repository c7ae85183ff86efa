//! The board's sessions of the two near-Modbus dialects: what they answer, what they ask for, and
//! what they keep silent about.

use std::collections::BTreeSet;

use cellward_link::kmodbus::{Access, Certainty, Dialect, d2, p81};
use cellward_link::map::Meaning;
use cellward_link::{NoRecords, Port, View, Wish};
use cellward_params::parameter::{Field, id};
use cellward_params::reason::{Until, Why};
use cellward_params::{
    Answer, Command, Config, DateTime, Fault, Level, OffReason, OffReasons, ParamId, Password,
    PortId, Refusal, ShortText, Snapshot, Switch,
};
use cellward_testkit::pack::sample;
use cellward_units::{Instant, NoData, Ratio, Temperature, Voltage};
use cellward_wire::modbus::{Area, Head, Reply, Request, reply_rtu};

const BOTH: [Dialect; 2] = [Dialect::D2, Dialect::P81];

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn board() -> Port {
    Port::new(PortId(3))
}

fn receive(board: &mut Port, bytes: &[u8], snapshot: &Snapshot) {
    let config = Config::lifepo4(16);
    let view = View { snapshot, config: &config, records: &NoRecords };
    board.receive(bytes, &view, Instant::START);
}

fn sent(board: &mut Port) -> Vec<u8> {
    let mut buffer = [0; 600];
    let count = board.transmit(&mut buffer);
    buffer[..count].to_vec()
}

/// What comes back at once.
fn told(request: &[u8], snapshot: &Snapshot) -> Vec<u8> {
    let mut board = board();
    receive(&mut board, request, snapshot);
    sent(&mut board)
}

/// The registers that come back; empty for silence.
fn read(dialect: Dialect, start: u16, count: u16, snapshot: &Snapshot) -> Vec<u16> {
    let request = Request::Read { area: Area::Holding, start, count };
    let reply = told(&request.emit_rtu(dialect.request_address(1)), snapshot);
    match reply_rtu(&reply) {
        Head::Frame { address, body: Reply::Words { words, .. }, .. } => {
            assert_eq!(address, dialect.reply_address(1));
            words.to_vec()
        }
        _ => {
            assert_eq!(reply, []);
            Vec::new()
        }
    }
}

/// What a write asks of the core.
fn wish(bytes: &[u8]) -> Option<Wish> {
    let mut board = board();
    receive(&mut board, bytes, &sample(16, 2));
    assert_eq!(sent(&mut board), [], "nothing before the core has spoken");
    board.poll_ask().map(|ask| ask.wish)
}

fn write_one(dialect: Dialect, register: u16, value: u16) -> Option<Wish> {
    let request = Request::WriteOne { register, value };
    wish(&request.emit_rtu(dialect.request_address(1)))
}

fn write_many(dialect: Dialect, start: u16, words: &[u16], byte_count: bool) -> Option<Wish> {
    let words = words.iter().copied().collect();
    let request = Request::WriteMany { start, words, byte_count };
    wish(&request.emit_rtu(dialect.request_address(1)))
}

fn group(settings: &[(ParamId, i32)]) -> Option<Wish> {
    Some(Wish::Write(settings.iter().copied().collect()))
}

#[test]
fn every_register_of_a_block_is_in_exactly_one_row_and_none_outside() {
    for dialect in BOTH {
        let mut rows = dialect.map().iter();
        for &(first, behind) in dialect.blocks() {
            let mut register = first;
            while register < behind {
                let row = rows.next().unwrap();
                assert_eq!(row.register, register, "{dialect:?}");
                assert_eq!(dialect.row(row.end() - 1), Some(row));
                register = row.end();
            }
            assert_eq!(register, behind, "{dialect:?} ends at {register:#x}");
            assert!(dialect.row(behind).is_none_or(|row| row.register == behind));
        }
        assert_eq!(rows.next(), None);
    }
    assert_eq!(d2::row(0xF4), None);
    assert_eq!(p81::row(0x7F), None);
    assert_eq!(p81::row(0x131).unwrap().certainty, Certainty::I);
    assert_eq!(d2::row(0x8B).unwrap().access, Access::ReadWrite);
}

#[test]
fn a_d2_status_read_is_answered_byte_for_byte() {
    let mut snapshot = sample(4, 2);
    snapshot.cell_voltage_sum = snapshot.pack_voltage;
    snapshot.cell_voltage_difference = Ok(Voltage::from_millivolts(9));
    snapshot.power = Ok(snapshot.pack_voltage.unwrap() * snapshot.current.unwrap());
    snapshot.switch_temperature = Ok(Temperature::from_celsius(31));
    let cells = "0C E7 0C EA 0C ED 0C F0";
    let temperatures = "00 3D 00 3E";
    // 13.2 V, discharging 12.3 A, 57.3 %; extremes; discharging; 160.4 Ah; 4 cells, 2 sensors, 41
    // cycles; bleeding; both switches closed; average, difference, watts.
    let rest = "00 84 74 B5 02 3D 0C F0 0C E7 00 3E 00 3D 00 02 06 44 00 04 00 02 00 29 00 01 \
                00 01 00 01 0C EB 00 09 00 A2";
    // Alarm of discharge over-current: byte 2, bit 2. Cells 2 and 3.
    let faults = "00 00 04 00 00 00 00 00";
    let head = [bytes("D2 03 7C"), bytes(cells), vec![0; 56], bytes(temperatures), vec![0; 12]];
    let expected = [head.concat(), bytes(rest), bytes(faults)].concat();
    let reply = told(&bytes("D2 03 00 00 00 3E D7 B9"), &snapshot);
    assert_eq!(reply[..reply.len() - 2], expected);
    let longer = told(&bytes("D2 03 00 00 00 50 56 55"), &snapshot);
    assert_eq!(longer.len(), 165);
    assert_eq!(longer[3..127], reply[3..127]);
    let more = bytes("00 06 00 00 75 30 00 00 00 47 FF FF 00 00 00 00 00 00");
    assert_eq!(longer[127..145], more[..]);
}

#[test]
fn a_p81_status_read_is_answered_byte_for_byte() {
    let mut snapshot = sample(4, 2);
    snapshot.cell_voltage_difference = Ok(Voltage::from_millivolts(9));
    snapshot.switch_temperature = Ok(Temperature::from_celsius(31));
    snapshot.board_clock = Ok(ShortText::new("2026-11-22 15:04:05"));
    let first = read(Dialect::P81, 0x00, 64, &snapshot);
    assert_eq!(first[..5], [3_303, 3_306, 3_309, 3_312, 0]);
    assert_eq!(first[0x30..], [61, 62, 0, 0, 0, 0, 0, 0, 132, 29_877, 573, 7, 4, 2, 3_312, 4]);
    let second = read(Dialect::P81, 0x41, 62, &snapshot);
    assert_eq!(second[..9], [1, 9, 62, 2, 61, 1, 1, 2, 0]);
    assert_eq!(second[0x4B - 0x41..0x57 - 0x41], [1_604, 41, 1, 0, 6, 0, 0, 1, 1, 0, 0, 0]);
    assert_eq!(second[0x5A - 0x41..0x5D - 0x41], [71, 0xFF, 0xFF]);
    assert_eq!(second[0x61 - 0x41..0x64 - 0x41], [0x1A0B, 0x160F, 0x0405]);
    assert_eq!(second[0x66 - 0x41..0x6A - 0x41], [0, 0x0400, 0, 0]);
    // Level 1 of discharge over-current: bits 11 to 13 of the third word.
    assert_eq!(second[0x6D - 0x41..0x74 - 0x41], [0, 0, 0x0800, 0, 0, 0, 0]);
}

#[test]
fn boards_are_told_apart_by_their_number() {
    let snapshot = sample(16, 2);
    let numbered = |number| {
        let mut config = Config::lifepo4(16);
        config.set(id::board_number, number).unwrap();
        config
    };
    let config = numbered(2);
    let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
    let mut second: Port = Port::new(PortId(0));
    second.receive(&bytes("81 03 00 38 00 02 5A 04"), &view, Instant::START);
    assert_eq!(sent(&mut second), []);
    second.receive(&bytes("82 03 00 38 00 02 5A 35"), &view, Instant::START);
    let reply = sent(&mut second);
    assert_eq!(reply[..3], [0x52, 3, 4]);
    let mut last: Port = Port::new(PortId(0));
    let config = numbered(16);
    let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
    let request = Request::Read { area: Area::Holding, start: 0x100, count: 1 };
    last.receive(&request.emit_rtu(0x90), &view, Instant::START);
    assert_eq!(sent(&mut last)[..5], [0x60, 3, 2, 0, 16]);
}

#[test]
fn texts_dates_and_the_password_are_told() {
    let mut snapshot = sample(16, 2);
    snapshot.battery_code = Ok(ShortText::new("CW0001"));
    snapshot.production_date = Ok(ShortText::new("2026-03-26"));
    snapshot.password_set = Ok(false);
    let versions = read(Dialect::D2, 0xA9, 32, &snapshot);
    let text: Vec<u8> = versions.iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(text[..6], *b"0.1.0\0");
    assert_eq!(text[16..28], *b"CW-TEST-01\0\0");
    assert_eq!(text[32..40], *b"CW0001\0\0");
    assert_eq!(
        told(&bytes("D2 03 00 C9 00 03 C6 56"), &snapshot),
        bytes("D2 03 06 31 32 33 34 35 36 4C 69")
    );
    assert_eq!(read(Dialect::D2, 0xCC, 2, &snapshot), [0x1A03, 0x1A00]);
    assert_eq!(read(Dialect::P81, 0x126, 5, &snapshot), [0x3132, 0x3334, 0x3536, 0x1A03, 0x1A00]);
    for set in [Ok(true), Err(NoData::NotYet)] {
        snapshot.password_set = set;
        assert_eq!(read(Dialect::D2, 0xC9, 3, &snapshot), [0; 3], "it is never told");
        assert_eq!(read(Dialect::P81, 0x126, 3, &snapshot), [0; 3], "it is never told");
    }
    assert_eq!(read(Dialect::P81, 0x18D, 3, &snapshot), [0x4357, 0x3030, 0x3031]);
    snapshot.production_date = Err(NoData::NotFitted);
    assert_eq!(read(Dialect::D2, 0xCC, 2, &snapshot), [0xFFFF, 0xFFFF]);
}

#[test]
fn any_range_within_a_block_is_answered_and_nothing_else() {
    let snapshot = sample(16, 2);
    for dialect in BOTH {
        for &(first, behind) in dialect.blocks() {
            let whole = |start: u16, count: u16| read(dialect, start, count, &snapshot);
            for start in first..behind {
                let count = (behind - start).min(125);
                let answer = whole(start, count);
                assert_eq!(answer.len(), usize::from(count), "{dialect:?} {start:#x}");
                assert_eq!(whole(start, 1), answer[..1], "{dialect:?} {start:#x}");
                if dialect.row(start + count).is_none() || start + count == behind {
                    let beyond = whole(start, count + 1);
                    assert!(count == 125 || beyond.is_empty(), "{dialect:?} {start:#x}");
                }
            }
        }
    }
    for (dialect, start) in [
        (Dialect::D2, 0xF4),
        (Dialect::D2, 0x7F),
        (Dialect::D2, 0x120),
        (Dialect::P81, 0x7F),
        (Dialect::P81, 0x80),
        (Dialect::P81, 0x213),
        (Dialect::P81, 0xFFFF),
    ] {
        assert_eq!(read(dialect, start, 1, &snapshot), [], "{dialect:?} {start:#x}");
    }
    let input = Request::Read { area: Area::Input, start: 0, count: 1 };
    assert_eq!(told(&input.emit_rtu(0xD2), &snapshot), []);
}

#[test]
fn what_is_missing_is_marked_and_never_a_number() {
    let mut snapshot = Snapshot::absent(NoData::Stale);
    let status = read(Dialect::D2, 0, 62, &snapshot);
    assert_eq!(status[..0x20], [0; 0x20]);
    assert_eq!(
        status[0x28..],
        [0xFFFF; 62 - 0x28]
            .map(|word: u16| word)
            .iter()
            .enumerate()
            .map(|(place, &word)| if place == 5 || place == 6 { 0xFF } else { word })
            .collect::<Vec<_>>()
    );
    snapshot.cell_count = Ok(4);
    snapshot.sensor_count = Ok(2);
    snapshot.temperature[0] = Ok(Temperature::from_celsius(-40));
    snapshot.cell_voltage[1] = Ok(Voltage::from_millivolts(0));
    let status = read(Dialect::D2, 0, 62, &snapshot);
    // A cell at 0 mV is as near as can be told without the mark of an unused one.
    assert_eq!(status[..4], [0, 1, 0, 0]);
    assert_eq!(status[0x20..0x24], [0, 0xFF, 0, 0]);
    let status = read(Dialect::P81, 0x38, 10, &snapshot);
    assert_eq!(status, [0xFFFF, 0xFFFF, 0xFFFF, 0, 4, 2, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF]);
    assert_eq!(read(Dialect::P81, 0x10D, 4, &snapshot), [0xFFFF; 4]);
}

#[test]
fn numbers_of_two_words_have_the_high_one_first() {
    let mut snapshot = sample(16, 2);
    snapshot.charged_total = Ok(cellward_units::Charge::from_milliamp_hours(2_151_308));
    assert_eq!(read(Dialect::P81, 0x109, 2, &snapshot), [0x0004, 0x45C0]);
    assert_eq!(read(Dialect::P81, 0x10A, 1, &snapshot), [0x45C0], "from the middle");
    assert_eq!(read(Dialect::P81, 0x10D, 2, &snapshot), [0x0020, 0xD38C]);
    assert_eq!(read(Dialect::D2, 0x80, 1, &snapshot), [2_800]);
}

#[test]
fn settings_are_told_in_the_units_and_signs_of_the_dialect() {
    let snapshot = sample(16, 2);
    // LFP strict, 16 cells, 200 A board without a capacity: charge limit 50 A.
    let limits = read(Dialect::D2, 0x8B, 14, &snapshot);
    assert_eq!(
        limits,
        [3_550, 3_650, 2_900, 2_500, 568, 584, 464, 400, 30_525, 30_575, 27_900, 27_700, 85, 95]
    );
    let currents = read(Dialect::P81, 0x140, 10, &snapshot);
    assert_eq!(
        currents,
        [27_900, 27_700, 10_000, 27_000, 1_000, 30_525, 30_575, 10_000, 30_750, 1_000]
    );
    // Recovery and delay are the protection's.
    assert_eq!(read(Dialect::P81, 0x130, 4, &snapshot), [3_550, 3_650, 3_400, 700]);
    // The third level has no limit of the pack here.
    assert_eq!(
        read(Dialect::P81, 0x1C3, 7, &snapshot),
        [3_800, 3_400, 1_000, 2_200, 3_000, 1_000, 0xFFFF]
    );
    assert_eq!(read(Dialect::P81, 0x16E, 2, &snapshot), [1_000, 150]);
}

#[test]
fn the_last_fault_word_of_p81_says_whose_hand_keeps_a_switch_off() {
    let word = |charge: &[Why], discharge: &[Why]| {
        let reasons = |whys: &[Why]| {
            let reason = |&why| OffReason { why, until: Until::User, left: None };
            Ok(OffReasons::from_iter(whys.iter().map(reason)))
        };
        let mut snapshot = sample(16, 2);
        snapshot.charge_switch_reasons = reasons(charge);
        snapshot.discharge_switch_reasons = reasons(discharge);
        read(Dialect::P81, 0x73, 1, &snapshot)[0]
    };
    assert_eq!(word(&[], &[]), 0);
    assert_eq!(word(&[Why::User], &[]), 0x0100);
    assert_eq!(word(&[], &[Why::SelfTest, Why::User]), 0x0200);
    assert_eq!(word(&[], &[Why::Key]), 0x0800);
    assert_eq!(word(&[Why::SelfTest], &[Why::NoPermit]), 0, "these are no hands");
}

#[test]
fn a_permission_is_the_word_of_people_and_not_the_switch() {
    let mut snapshot = sample(16, 2);
    snapshot.charge_switch_closed = Ok(false);
    let reason = |why| OffReason { why, until: Until::User, left: None };
    let reasons = |list: &[OffReason]| Ok(list.iter().copied().collect::<OffReasons>());
    snapshot.charge_switch_reasons = reasons(&[reason(Why::SelfTest)]);
    snapshot.discharge_switch_reasons = reasons(&[reason(Why::SelfTest), reason(Why::User)]);
    assert_eq!(read(Dialect::D2, 0xA5, 2, &snapshot), [1, 0]);
    assert_eq!(read(Dialect::P81, 0x121, 2, &snapshot), [1, 0]);
    assert_eq!(read(Dialect::D2, 0x35, 2, &snapshot), [0, 1]);
}

#[test]
fn a_write_is_echoed_once_the_core_agrees_and_not_when_it_refuses() {
    let exchange = |request: &str, result| {
        let mut board = board();
        receive(&mut board, &bytes(request), &sample(16, 2));
        assert_eq!(sent(&mut board), []);
        let ask = board.poll_ask().unwrap();
        board.handle_answer(&Answer { id: ask.id, port: PortId(3), result });
        sent(&mut board)
    };
    let off = "D2 06 00 A5 00 00 8A 4A";
    assert_eq!(exchange(off, Ok(())), bytes(off));
    assert_eq!(exchange(off, Err(Refusal::NotSupported)), []);
    let p81 = exchange("81 06 01 21 00 01 06 3C", Ok(()));
    assert_eq!(p81, bytes("51 06 01 21 00 01 15 AC"), "from the reply address");
    let clock = exchange("D2 10 00 D4 00 03 18 0B 07 09 34 1C F7 D8", Ok(()));
    assert_eq!(clock[..6], bytes("D2 10 00 D4 00 03")[..]);
    assert_eq!(clock.len(), 8);
}

#[test]
fn the_probe_of_the_app_is_answered_at_once() {
    let reply = told(&bytes("81 10 0F 05 00 02 00 00 00 00 87 6A"), &sample(16, 2));
    assert_eq!(reply, bytes("51 10 0F 05 AA AA 21 93"));
    let probe = Request::WriteMany { start: 0x0F05, words: [0, 0].into(), byte_count: false };
    assert_eq!(told(&probe.emit_rtu(0xD2), &sample(16, 2)), []);
}

#[test]
fn several_settings_in_one_write_are_one_group_in_either_form() {
    let alarm = ParamId::of_limit(Fault::CellOverVoltage, Level::Alarm, Field::Threshold);
    let trip = ParamId::of_limit(Fault::CellOverVoltage, Level::Protection, Field::Threshold);
    let expected = group(&[(alarm, 3_500), (trip, 3_600)]);
    for byte_count in [false, true] {
        assert_eq!(write_many(Dialect::D2, 0x8B, &[3_500, 3_600], byte_count), expected);
        assert_eq!(write_many(Dialect::P81, 0x130, &[3_500, 3_600], byte_count), expected);
    }
    let allow = |switch, allowed| Command::AllowSwitch { switch, allowed };
    let Some(Wish::Commands(both)) = write_many(Dialect::D2, 0xA5, &[1, 0], false) else {
        panic!("both switches");
    };
    assert_eq!(both, [allow(Switch::Charge, true), allow(Switch::Discharge, false)]);
    // A setting and a command, a part of a value, and more than a group holds.
    assert_eq!(write_many(Dialect::D2, 0xA4, &[10, 1], false), None);
    assert_eq!(write_one(Dialect::P81, 0x109, 4), None);
    assert_eq!(write_one(Dialect::P81, 0x10A, 4), None);
    assert_eq!(write_many(Dialect::D2, 0xD4, &[0x180B, 0x0709], false), None);
    assert_eq!(write_many(Dialect::P81, 0x130, &[1_000; 24], false), None);
    assert!(write_many(Dialect::P81, 0x130, &[1_000; 16], false).is_some());
}

#[test]
fn what_cannot_be_written_stays_silent() {
    for (dialect, register, value) in [
        (Dialect::D2, 0x0C, 1),
        (Dialect::D2, 0x29, 30_000),
        (Dialect::D2, 0xA5, 2),
        (Dialect::D2, 0xA7, 1_001),
        (Dialect::D2, 0xF0, 0),
        (Dialect::D2, 0xF3, 2),
        (Dialect::D2, 0xF4, 1),
        (Dialect::P81, 0x52, 1),
        (Dialect::P81, 0x122, 2),
        (Dialect::P81, 0x126, 0x3131),
        (Dialect::P81, 0x400, 1),
    ] {
        assert_eq!(write_one(dialect, register, value), None, "{dialect:?} {register:#x}");
    }
    // The thirty-first of February.
    assert_eq!(write_many(Dialect::D2, 0xD4, &[0x1802, 0x1F09, 0x341C], false), None);
}

/// What a write of one row must lead to, as (register, words, wish).
type Expected = Vec<(u16, Vec<u16>, Option<Wish>)>;

fn command(register: u16, value: u16, command: Command) -> (u16, Vec<u16>, Option<Wish>) {
    (register, vec![value], Some(Wish::command(command)))
}

/// A write of one word to one level.
fn one(
    register: u16,
    word: u16,
    (fault, level, field): (Fault, Level, Field),
    raw: i32,
) -> (u16, Vec<u16>, Option<Wish>) {
    (register, vec![word], group(&[(ParamId::of_limit(fault, level, field), raw)]))
}

fn both(
    register: u16,
    word: u16,
    fault: Fault,
    field: Field,
    raw: i32,
) -> (u16, Vec<u16>, Option<Wish>) {
    let [alarm, trip] =
        [Level::Alarm, Level::Protection].map(|level| ParamId::of_limit(fault, level, field));
    (register, vec![word], group(&[(alarm, raw), (trip, raw)]))
}

fn silent(register: u16, words: usize) -> (u16, Vec<u16>, Option<Wish>) {
    (register, vec![1; words], None)
}

fn password(text: &str) -> Option<Wish> {
    Some(Wish::command(Command::SetPassword(Password::new(text).unwrap())))
}

fn clock(register: u16) -> (u16, Vec<u16>, Option<Wish>) {
    let clock = DateTime::parse("2024-11-07 09:52:28").unwrap();
    (register, vec![0x180B, 0x0709, 0x341C], Some(Wish::command(Command::SetClock(clock))))
}

/// Faults with their word, raw value and what a plain word stands for.
const VOLTAGES: [(Fault, u16, i32); 4] = [
    (Fault::CellOverVoltage, 3_600, 3_600),
    (Fault::CellUnderVoltage, 2_600, 2_600),
    (Fault::PackOverVoltage, 570, 57_000),
    (Fault::PackUnderVoltage, 410, 41_000),
];
const TEMPERATURES: [(Fault, u16, i32); 4] = [
    (Fault::ChargeOverTemperature, 90, 500),
    (Fault::ChargeUnderTemperature, 38, -20),
    (Fault::DischargeOverTemperature, 100, 600),
    (Fault::DischargeUnderTemperature, 20, -200),
];
const DIFFERENCES: [(Fault, u16, i32); 2] =
    [(Fault::CellDifference, 300, 300), (Fault::TemperatureDifference, 12, 120)];

fn expected_d2() -> Expected {
    use Level::{Alarm, Protection};
    let allow = |switch, allowed| Command::AllowSwitch { switch, allowed };
    let mut all = vec![
        (0x80, vec![2_800], group(&[(id::rated_capacity, 280_000)])),
        silent(0x81, 1),
        silent(0x82, 1),
        (0x83, vec![15], group(&[(id::cells, 15)])),
        silent(0x84, 2),
        (0x86, vec![4], group(&[(id::sensors, 4)])),
        silent(0x87, 2),
        (0x89, vec![2], group(&[(id::chemistry, 2)])),
        (0x8A, vec![7_200], group(&[(id::sleep_wait, 7_200)])),
        // The sign is the captures' or the spreadsheet's: the register names the direction.
        one(0x93, 30_550, (Fault::ChargeOverCurrent, Alarm, Field::Threshold), 55_000),
        one(0x94, 29_400, (Fault::ChargeOverCurrent, Protection, Field::Threshold), 60_000),
        one(0x95, 27_800, (Fault::DischargeOverCurrent, Alarm, Field::Threshold), 220_000),
        one(0x96, 32_400, (Fault::DischargeOverCurrent, Protection, Field::Threshold), 240_000),
        (0xA3, vec![3_350], group(&[(id::balance_start_voltage, 3_350)])),
        (0xA4, vec![15], group(&[(id::balance_start_difference, 15)])),
        command(0xA5, 0, allow(Switch::Charge, false)),
        command(0xA6, 1, allow(Switch::Discharge, true)),
        command(0xA7, 1_000, Command::SetSoc(Ratio::ONE)),
        one(0xA8, 130, (Fault::SwitchOverTemperature, Protection, Field::Threshold), 900),
        (0xC9, vec![0x3635, 0x3433, 0x3231], password("654321")),
        silent(0xCF, 1),
        clock(0xD4),
        command(0xF0, 1, Command::Restart),
        command(0xF1, 1, Command::Sleep),
        command(0xF2, 1, Command::LearnZero),
        command(0xF3, 1, Command::FactoryReset),
    ];
    let pairs = VOLTAGES.iter().zip((0x8B..).step_by(2));
    let pairs = pairs.chain(TEMPERATURES.iter().zip((0x97..).step_by(2)));
    for (&(fault, word, raw), register) in pairs.chain(DIFFERENCES.iter().zip((0x9F..).step_by(2)))
    {
        all.push(one(register, word, (fault, Alarm, Field::Threshold), raw));
        all.push(one(register + 1, word, (fault, Protection, Field::Threshold), raw));
    }
    all
}

fn expected_p81() -> Expected {
    use Level::{Alarm, Hard, Protection};
    let allow = |switch, allowed| Command::AllowSwitch { switch, allowed };
    let mut all = vec![
        silent(0xF6, 1),
        silent(0xF7, 1),
        (0x100, vec![7], group(&[(id::board_number, 7)])),
        (0x101, vec![8], group(&[(id::cells, 8)])),
        (0x103, vec![8], group(&[(id::cells, 8)])),
        silent(0x104, 2),
        (0x106, vec![3], group(&[(id::sensors, 3)])),
        silent(0x107, 2),
        (0x109, vec![4, 0x45C0], group(&[(id::rated_capacity, 280_000)])),
        (0x113, vec![1], group(&[(id::chemistry, 1)])),
        (0x115, vec![720], group(&[(id::sleep_wait, 7_200)])),
        command(0x116, 500, Command::SetSoc(Ratio::from_permille(500))),
        silent(0x119, 1),
        (0x11A, vec![3_350], group(&[(id::balance_start_voltage, 3_350)])),
        (0x11B, vec![15], group(&[(id::balance_start_difference, 15)])),
        command(0x121, 1, allow(Switch::Charge, true)),
        command(0x122, 0, allow(Switch::Discharge, false)),
        clock(0x123),
        (0x16E, vec![900], group(&[(id::short_circuit_current, 900_000)])),
        (0x16F, vec![200], group(&[(id::short_circuit_delay, 200)])),
        silent(0x174, 1),
        silent(0x1F7, 1),
        silent(0x1F8, 1),
    ];
    let rest = [
        (Fault::LowSoc, 150, 150),
        (Fault::SwitchOverTemperature, 130, 900),
        (Fault::BoardOverTemperature, 110, 700),
    ];
    let quads = VOLTAGES.iter().zip((0x130..).step_by(4));
    let quads = quads.chain(TEMPERATURES.iter().zip((0x14A..).step_by(4)));
    let quads = quads.chain(DIFFERENCES.iter().chain(&rest).zip((0x15A..).step_by(4)));
    for (&(fault, word, raw), register) in quads {
        all.push(one(register, word, (fault, Alarm, Field::Threshold), raw));
        all.push(one(register + 1, word, (fault, Protection, Field::Threshold), raw));
        all.push(both(register + 2, word, fault, Field::Recovery, raw));
        all.push(both(register + 3, 5_000, fault, Field::Delay, 5_000));
    }
    let faults = VOLTAGES.iter().chain(&TEMPERATURES).chain(&DIFFERENCES).chain(&rest);
    for (&(fault, word, raw), register) in faults.zip((0x1C3..).step_by(3)) {
        all.push(one(register, word, (fault, Hard, Field::Threshold), raw));
        all.push(one(register + 1, word, (fault, Hard, Field::Recovery), raw));
        all.push(one(register + 2, 1_000, (fault, Hard, Field::Delay), 1_000));
    }
    for (register, fault, word) in
        [(0x140, Fault::DischargeOverCurrent, 28_000), (0x145, Fault::ChargeOverCurrent, 32_000)]
    {
        all.push(one(register, word, (fault, Alarm, Field::Threshold), 200_000));
        all.push(one(register + 1, word, (fault, Protection, Field::Threshold), 200_000));
        all.push(both(register + 2, 2_000, fault, Field::Delay, 2_000));
        all.push(one(register + 3, word, (fault, Hard, Field::Threshold), 200_000));
        all.push(one(register + 4, 2_000, (fault, Hard, Field::Delay), 2_000));
    }
    all
}

#[test]
fn every_writable_register_asks_for_what_the_dialect_means_by_it() {
    for (dialect, expected) in [(Dialect::D2, expected_d2()), (Dialect::P81, expected_p81())] {
        let writable = dialect.map().iter().filter(|row| row.is_writable());
        let writable: BTreeSet<u16> = writable.map(|row| row.register).collect();
        let tested: BTreeSet<u16> = expected.iter().map(|row| row.0).collect();
        assert_eq!(tested, writable, "{dialect:?}");
        for (register, words, wish) in expected {
            let found = match words[..] {
                [word] => write_one(dialect, register, word),
                _ => write_many(dialect, register, &words, false),
            };
            assert_eq!(found, wish, "{dialect:?} {register:#x}");
            let again = write_many(dialect, register, &words, true);
            assert_eq!(again, found, "{dialect:?} {register:#x} in the other form");
        }
    }
}

#[test]
fn nothing_that_a_host_may_only_read_leads_to_a_wish() {
    for dialect in BOTH {
        for row in dialect.map().iter().filter(|row| !row.is_writable()) {
            assert_eq!(write_one(dialect, row.register, 1), None, "{:#x}", row.register);
        }
        let written =
            |meaning: &Meaning| matches!(meaning, Meaning::Order(_) | Meaning::Setting { .. });
        let rows = dialect.map().iter().filter(|row| written(&row.meaning));
        assert!(rows.clone().count() > 20 && rows.clone().all(|row| row.is_writable()));
    }
}

/// What a board holds after a write of the sleep wait, and what it then tells; `None` where the
/// core refuses.
fn waited(dialect: Dialect, register: u16, word: u16) -> Option<(i32, u16)> {
    let Some(Wish::Write(changes)) = write_one(dialect, register, word) else {
        panic!("{word} is no wish");
    };
    let mut config = Config::lifepo4(16);
    for &(id, raw) in &changes {
        config.set(id, raw).ok()?;
    }
    let snapshot = sample(16, 2);
    let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
    let told = cellward_link::kmodbus::words(dialect, register, 1, &view).unwrap();
    Some((config.system().sleep_wait, told[0]))
}

//
#[test]
fn of_all_words_every_sleep_wait_is_kept_and_read_back_exactly_or_refused() {
    for word in 0..=u16::MAX {
        let seconds = i32::from(word);
        let expected = (seconds >= 60).then_some((seconds, word));
        assert_eq!(waited(Dialect::D2, 0x8A, word), expected, "D2 {word}");
        // Here in tens of seconds; 65530 is the longest, and all ones are never.
        let expected = match word {
            u16::MAX => Some((65_535, word)),
            6..=6_553 => Some((seconds * 10, word)),
            _ => None,
        };
        assert_eq!(waited(Dialect::P81, 0x115, word), expected, "p81 {word}");
    }
}
