//! The requests of the one known client, and replies made from its layout.

use std::string::ToString;

use super::*;

#[test]
fn the_table_counts_up_without_a_gap_and_finds_itself() {
    for (number, register) in (1..).zip(&REGISTERS) {
        assert_eq!(register.number, number);
        assert_eq!(Register::find(number), Some(register));
    }
    assert_eq!(Register::find(0), None);
    assert_eq!(Register::find(0x17), None);
}

#[test]
fn three_registers_have_four_bytes_and_the_others_two() {
    for register in &REGISTERS {
        let long = [0x10, 0x11, 0x12].contains(&register.number);
        let [start, number, length] = register.request().emit();
        assert_eq!((start, number), (0x0A, register.number));
        assert_eq!(length, if long { 4 } else { 2 }, "{}", register.name);
        assert_eq!(register.width.reply_len(), if long { 5 } else { 3 });
    }
}

#[test]
fn a_request_needs_its_start_and_one_of_two_lengths() {
    let current = Request { register: 0x10, width: Width::Four };
    assert_eq!(parse_request(&[0x0A, 0x10, 4, 0xFF]), Head::Frame { body: current, len: 3 });
    assert_eq!(current.to_string(), "read current, 4 bytes");
    let unknown = Request { register: 0x99, width: Width::Two };
    assert_eq!(parse_request(&[0x0A, 0x99, 2]), Head::Frame { body: unknown, len: 3 });
    assert_eq!(unknown.to_string(), "read unknown register 0x99, 2 bytes");
    for length in [0, 1, 3, 5, 0xFF] {
        let refusal = Refusal::Length { found: length };
        assert_eq!(parse_request(&[0x0A, 0x10, length]), Head::Not(refusal));
    }
    assert_eq!(parse_request(&[0x0B]), Head::Not(Refusal::NoStart { found: 0x0B }));
    assert_eq!(parse_request(&[]), Head::Short);
    assert_eq!(parse_request(&[0x0A]), Head::Short);
    assert_eq!(parse_request(&[0x0A, 0x10]), Head::Short);
}

#[test]
fn a_reply_is_as_long_as_was_asked_for() {
    let bytes = [0xFF, 0xFF, 0xFC, 0x18, 0x5A];
    for len in 0..5 {
        assert_eq!(parse_reply(&bytes[..len], Width::Four), Head::Short);
    }
    let body = Reply { value: Value::Four(0xFFFF_FC18), extra: 0x5A };
    assert_eq!(parse_reply(&bytes, Width::Four), Head::Frame { body, len: 5 });
    assert_eq!(body.emit(), bytes);
    assert_eq!(parse_reply(&bytes[..2], Width::Two), Head::Short);
    let body = Reply { value: Value::Two(0xFFFF), extra: 0xFC };
    assert_eq!(parse_reply(&bytes, Width::Two), Head::Frame { body, len: 3 });
    assert_eq!(body.emit(), [0xFF, 0xFF, 0xFC]);
    assert_eq!(body.to_string(), "65535, extra byte FC");
}

#[test]
fn a_number_can_be_read_with_and_without_a_sign() {
    let check = |value: Value, unsigned, signed| {
        assert_eq!((value.unsigned(), value.signed()), (unsigned, signed));
    };
    check(Value::Two(0x7FFF), 0x7FFF, 0x7FFF);
    check(Value::Two(0x8000), 0x8000, -0x8000);
    check(Value::Four(0x7FFF_FFFF), 0x7FFF_FFFF, i32::MAX);
    check(Value::Four(0x8000_0000), 0x8000_0000, i32::MIN);
}

#[test]
fn a_value_says_itself_in_its_register() {
    let check = |number, value, expected| {
        assert_eq!(Register::find(number).unwrap().show(value).to_string(), expected);
    };
    check(0x0A, Value::Two(3_334), "cell 10: 3334 mV");
    check(0x0C, Value::Two(2_955), "outer temperature 1: 22.5 °C");
    check(0x0E, Value::Two(2_725), "chip temperature 1: -0.5 °C");
    check(0x10, Value::Four(0xFFFF_FC18), "current: -1000 mA as sent");
    check(0x12, Value::Four(280_000), "remaining capacity: 280000 mAh");
    check(0x13, Value::Two(88), "state of charge: 88 %");
    check(0x14, Value::Two(57), "cycles: 57");
    check(0x15, Value::Two(0b1_0011), "pack state: 0000000000010011");
}
