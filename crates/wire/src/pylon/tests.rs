//! A sample request of an open program, a battery's refusal from a public log, and replies
//! computed from the layout.

use std::string::ToString;
use std::vec::Vec;

use super::*;

fn message(characters: &[u8]) -> Message {
    let Head::Frame { message, len } = parse(characters) else {
        panic!("a frame: {:?}", parse(characters));
    };
    assert_eq!(len, characters.len());
    assert_eq!(message.emit(), characters);
    message
}

/// A frame around this with a check that fits.
fn checked(characters: &str) -> Vec<u8> {
    let sum: u16 = characters.bytes().map(u16::from).sum();
    std::format!("~{characters}{:04X}\r", sum.wrapping_neg()).into_bytes()
}

fn refusal(characters: &[u8]) -> Refusal {
    match parse(characters) {
        Head::Not(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_request_reads_as_its_fields() {
    let request = message(b"~20024661E00201FD33\r");
    assert_eq!((request.version, request.address, request.device), (0x20, 2, 0x46));
    assert_eq!(request.code, command::SYSTEM);
    assert_eq!(request.payload, [1]);
    assert_eq!(request, Message::request(2, command::SYSTEM, request.payload.clone()));
}

#[test]
fn a_refusal_of_a_battery_has_no_payload() {
    // A battery that was asked with a wrong check of the length.
    let reply = message(b"~200246020000FDB0\r");
    assert_eq!(reply.code, returned::WRONG_CHECK);
    assert_eq!(reply.to_string(), "version 20, address 2, device 46, code 02, no payload");
}

#[test]
fn the_check_of_the_length_is_taken_modulo_16() {
    // Counts whose digits add up to a multiple of 16 are checked by 0, where a wrong program gets
    // 16: 0x088 is 8 + 8, and 0 is 0.
    let payload = |len| Payload::from_slice(&[0; 256][..len]).unwrap();
    let length = |len| Message::reply(2, payload(len)).emit()[9..13].to_vec();
    assert_eq!(length(0), b"0000");
    assert_eq!(length(1), b"E002");
    assert_eq!(length(49), b"8062");
    assert_eq!(length(0x44), b"0088");
    assert_eq!(length(256), b"E200");
    let wrong = Refusal::LengthCheck { sent: 1, computed: 0 };
    assert_eq!(refusal(b"~200246001088"), wrong);
}

#[test]
fn wrong_characters_are_refused_before_the_frame_is_complete() {
    assert_eq!(refusal(b"x"), Refusal::NoStart { found: b'x' });
    assert_eq!(refusal(b"~2002 "), Refusal::NoDigit { at: 5, found: b' ' });
    assert_eq!(refusal(b"~200246a"), Refusal::NoDigit { at: 7, found: b'a' });
    // The end comes early: a character was lost.
    assert_eq!(refusal(b"~20024661E00201FD3\r"), Refusal::NoDigit { at: 18, found: b'\r' });
    // The next frame comes early: more were lost.
    assert_eq!(refusal(b"~20024661E0~"), Refusal::NoDigit { at: 11, found: b'~' });
}

#[test]
fn lengths_and_checks_that_do_not_fit_are_refused_with_both_numbers() {
    let check = Refusal::Check { sent: 0xFD34, computed: 0xFD33 };
    assert_eq!(refusal(b"~20024661E00201FD34\r"), check);
    assert_eq!(check.to_string(), "check is FD34 but the characters give FD33");
    assert_eq!(refusal(b"~20024661E00201FD33\n"), Refusal::NoEnd { found: b'\n' });
    assert_eq!(refusal(&checked("20024661F0011")), Refusal::Length { characters: 1 });
    assert_eq!(refusal(b"~20024661C202"), Refusal::Length { characters: 514 });
    assert_eq!(parse(b"~20024661E200"), Head::Short);
}

#[test]
fn the_longest_frame_is_taken_and_built_again() {
    let longest = Message::reply(0xFF, Payload::from_slice(&[0xFF; 256]).unwrap());
    let frame = longest.emit();
    assert_eq!(frame.len(), MAX_FRAME);
    assert_eq!(message(&frame), longest);
}

#[test]
fn limits_read_as_their_numbers() {
    let reply = message(b"~20024600D012CFD0AFC801F403E8C0F96E\r");
    assert_eq!(reply.code, returned::NORMAL);
    let limits = Limits::parse(&reply.payload).unwrap();
    let expected = Limits {
        charge_millivolts: 53_200,
        discharge_millivolts: 45_000,
        charge_deciamps: 500,
        discharge_deciamps: 1_000,
        status: status::CHARGE | status::DISCHARGE,
    };
    assert_eq!(limits, expected);
    assert_eq!(Message::reply(2, limits.payload()), reply);
    assert_eq!(
        Reply::Limits(limits).to_string(),
        "limits: charge up to 53.200 V and 50.0 A, discharge down to 45.000 V and up to 100.0 A; \
         allowed: charging discharging"
    );
    let stopped = Limits { status: status::CHARGE_AT_ONCE_2, ..limits };
    assert!(stopped.to_string().ends_with("; allowed: nothing; charge at once (2)"));
}

#[test]
fn every_field_of_the_system_values_stands_in_its_place() {
    // 49 bytes that count up from 0.
    let payload: Vec<u8> = (0..49).collect();
    let system = System::parse(&payload).unwrap();
    assert_eq!(system.payload(), payload.as_slice());
    let extreme =
        |at: u8| Extreme { raw: u16::from_be_bytes([at, at + 1]), module: at + 2, place: at + 3 };
    let expected = System {
        voltage_millivolts: 0x0001,
        current_centiamps: 0x0203,
        soc_percent: 0x04,
        cycles_average: 0x0506,
        cycles_most: 0x0708,
        soh_average_percent: 0x09,
        soh_least_percent: 0x0A,
        highest_cell_millivolts: extreme(11),
        lowest_cell_millivolts: extreme(15),
        cells_average_decikelvin: 0x1314,
        cells_hottest_decikelvin: extreme(21),
        cells_coldest_decikelvin: extreme(25),
        switches_average_decikelvin: 0x1D1E,
        switches_hottest_decikelvin: extreme(31),
        switches_coldest_decikelvin: extreme(35),
        boards_average_decikelvin: 0x2728,
        boards_hottest_decikelvin: extreme(41),
        boards_coldest_decikelvin: extreme(45),
    };
    assert_eq!(system, expected);
}

#[test]
fn the_system_values_say_themselves_in_one_line() {
    let at = |raw| Extreme { raw, module: 1, place: 2 };
    let system = System {
        voltage_millivolts: 53_205,
        current_centiamps: -5,
        soc_percent: 88,
        cycles_average: 57,
        cycles_most: 60,
        soh_average_percent: 99,
        soh_least_percent: 98,
        highest_cell_millivolts: at(3_338),
        lowest_cell_millivolts: at(3_332),
        cells_average_decikelvin: 2_981,
        cells_hottest_decikelvin: at(2_991),
        cells_coldest_decikelvin: at(2_721),
        ..System::default()
    };
    assert_eq!(system.payload()[2..4], [0xFF, 0xFB]);
    assert_eq!(
        system.to_string(),
        "53.205 V, -0.05 A as sent, SOC 88 %, cycles 57 (most 60), SOH 99 % (least 98), \
         cells 3332 mV at 1/2 to 3338 mV at 1/2, \
         cells 25.0 from -1.0 at 1/2 to 26.0 at 1/2 °C, \
         switches -273.1 from -273.1 at 0/0 to -273.1 at 0/0 °C, \
         boards -273.1 from -273.1 at 0/0 to -273.1 at 0/0 °C"
    );
}

#[test]
fn a_payload_of_another_length_or_command_is_refused() {
    for len in [0, 3, 5] {
        let error = PayloadError::Length { need: 4, have: len };
        assert_eq!(Reply::parse(command::ALARMS, &[0; 9][..len]), Err(error));
    }
    assert_eq!(
        Reply::parse(command::ALARMS, &[1, 2, 3, 4]).unwrap().to_string(),
        "alarms: alarms 01 02, protections 03 04"
    );
    assert!(Reply::parse(command::SYSTEM, &[0; 48]).is_err());
    assert!(Reply::parse(command::SYSTEM, &[0; 50]).is_err());
    let unknown = PayloadError::Command { command: 0x42 };
    assert_eq!(Reply::parse(command::ANALOG, &[0; 4]), Err(unknown));
}
