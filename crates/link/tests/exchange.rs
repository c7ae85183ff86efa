//! One Modbus request and its reply, by hand: what counts as the reply, when it is asked again, and
//! what is told when there is none.

use cellward_link::client::{Session, Step};
use cellward_link::exchange::{Exchange, Failure, Framing, Options};
use cellward_units::{Duration, Instant};
use cellward_wire::modbus::{Area, Reply, Request};

const D2: Framing = Framing::Rtu { request: 0xD2, reply: 0xD2, byte_count: false };
const P81: Framing = Framing::Rtu { request: 0x81, reply: 0x51, byte_count: false };

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn ms(millis: u64) -> Instant {
    Instant::from_micros(millis * 1_000)
}

fn read(start: u16, count: u16) -> Request {
    Request::Read { area: Area::Holding, start, count }
}

fn write(register: u16, value: u16) -> Request {
    Request::WriteOne { register, value }
}

/// An exchange that has been sent at the start.
fn sent(framing: Framing, request: Request) -> Exchange {
    let mut exchange = Exchange::new(framing, request, Options::default());
    assert!(matches!(exchange.next_action(Instant::START), Step::Send(_)));
    exchange
}

fn told(registers: &[u16]) -> Option<Result<Reply, Failure>> {
    let words = registers.iter().copied().collect();
    Some(Ok(Reply::Words { area: Area::Holding, words }))
}

#[test]
fn a_reply_that_fits_ends_it() {
    let mut exchange = sent(D2, read(0xC9, 3));
    exchange.receive(&bytes("D2 03 06 31 32 33 34 35 36 4C"), ms(100));
    assert_eq!(exchange.result(), None);
    exchange.receive(&bytes("69"), ms(101));
    assert_eq!(exchange.result(), told(&[0x3132, 0x3334, 0x3536]));
    assert_eq!(exchange.next_action(ms(101)), Step::Done);
    assert_eq!(exchange.deadline(), None);
}

#[test]
fn a_request_goes_out_three_times_a_second_apart_and_then_it_is_silent() {
    let mut exchange = Exchange::new(D2, read(0, 62), Options::default());
    let expected = bytes("D2 03 00 00 00 3E D7 B9");
    for second in 0..3 {
        let start = ms(second * 1_000);
        match exchange.next_action(start) {
            Step::Send(sent) => assert_eq!(sent, expected[..]),
            other => panic!("{other:?}"),
        }
        assert_eq!(exchange.deadline(), Some(ms(second * 1_000 + 1_000)));
        let late = Instant::from_micros(second * 1_000_000 + 999_999);
        assert_eq!(exchange.next_action(late), Step::Wait(ms(second * 1_000 + 1_000)));
    }
    assert_eq!(exchange.next_action(ms(3_000)), Step::Done);
    assert_eq!(exchange.result(), Some(Err(Failure::Silent)));
    assert_eq!((exchange.tally().requests, exchange.tally().timeouts), (3, 3));
}

#[test]
fn the_line_must_be_quiet_for_fifty_milliseconds_before_it_is_asked_again() {
    let mut exchange = sent(D2, read(0xC9, 3));
    exchange.receive(&[0x00], ms(990));
    assert_eq!(exchange.next_action(ms(1_000)), Step::Wait(ms(1_040)));
    let early = Instant::from_micros(1_039_999);
    assert_eq!(exchange.next_action(early), Step::Wait(ms(1_040)));
    assert!(matches!(exchange.next_action(ms(1_040)), Step::Send(_)));
    // A line that is never quiet is not waited for for ever.
    let mut exchange = sent(D2, read(0xC9, 3));
    let mut now = ms(990);
    exchange.receive(&[0x00], now);
    while let Step::Wait(_) = exchange.next_action(now) {
        now += Duration::from_millis(10);
        exchange.receive(&[0x00], now);
    }
    assert_eq!(now, ms(2_000), "no longer than a reply may take");
    let after = Exchange::new(D2, read(0xC9, 3), Options::default()).not_before(ms(30));
    assert_eq!(after.deadline(), Some(ms(30)));
    assert_eq!(after.clone().next_action(ms(29)), Step::Wait(ms(30)));
}

#[test]
fn what_does_not_fit_is_dropped_and_the_reply_behind_it_is_found() {
    // Two late replies in one piece, then the one that was asked for.
    let mut exchange = sent(D2, read(0xCC, 2));
    let late = read_reply(&[0xFFFF; 17]);
    exchange.receive(&[late.clone(), bytes("D2 03 04 00 01 01 00 48 AE")].concat(), ms(80));
    assert_eq!(exchange.result(), told(&[1, 0x0100]));
    assert_eq!((exchange.tally().late, exchange.tally().frames), (1, 1));
    // Noise that looks like the beginning of a long frame.
    let mut exchange = sent(D2, read(0xCC, 2));
    exchange.receive(&bytes("FF D2 03 A0 D2 03 04 00 01 01 00 48 AE"), ms(80));
    assert_eq!(exchange.result(), told(&[1, 0x0100]));
    assert_eq!(exchange.tally().refused, 4);
    // A write's reply to another register.
    let mut exchange = sent(D2, write(0xA5, 0));
    exchange.receive(&bytes("D2 06 00 A6 00 00 7A 4A"), ms(80));
    assert_eq!((exchange.result(), exchange.tally().late), (None, 1));
}

fn read_reply(registers: &[u16]) -> Vec<u8> {
    let words = registers.iter().copied().collect();
    Reply::Words { area: Area::Holding, words }.emit_rtu(0xD2).to_vec()
}

#[test]
fn one_register_more_or_less_is_not_the_reply() {
    for (count, fits) in [(61, false), (62, true), (63, false)] {
        let mut exchange = sent(D2, read(0, 62));
        exchange.receive(&read_reply(&vec![1; count]), ms(200));
        assert_eq!(exchange.result().is_some(), fits, "{count}");
        assert_eq!(exchange.tally().late, u32::from(!fits));
    }
}

#[test]
fn the_request_coming_back_is_an_echo_and_not_a_reply() {
    let mut exchange = Exchange::new(P81, read(0xCF, 1), Options::default());
    for second in 0..3 {
        let Step::Send(request) = exchange.next_action(ms(second * 1_000)) else { panic!() };
        // Byte by byte.
        for &byte in &request {
            exchange.receive(&[byte], ms(second * 1_000 + 20));
        }
    }
    assert_eq!(exchange.next_action(ms(3_000)), Step::Done);
    assert_eq!(exchange.result(), Some(Err(Failure::Echo)));
    assert_eq!(exchange.tally().echoes, 3);
    // An adapter that echoes in front of a reply that comes.
    let mut exchange = sent(P81, read(0xCF, 1));
    exchange.receive(&bytes("81 03 00 CF 00 01 AB F5 51 03 02 FF FF 79 F8"), ms(90));
    assert_eq!(exchange.result(), told(&[0xFFFF]));
    assert_eq!(exchange.tally().echoes, 1);
    // On D2 a write of one register is answered by itself.
    let mut exchange = sent(D2, write(0xA5, 0));
    exchange.receive(&bytes("D2 06 00 A5 00 00 8A 4A"), ms(90));
    assert_eq!(exchange.result(), Some(Ok(Reply::WroteOne { register: 0xA5, value: 0 })));
    // On p81 it is not.
    let mut exchange = sent(P81, write(0x121, 1));
    exchange.receive(&bytes("81 06 01 21 00 01 06 3C"), ms(90));
    assert_eq!((exchange.result(), exchange.tally().echoes), (None, 1));
    exchange.receive(&bytes("51 06 01 21 00 01 15 AC"), ms(95));
    assert_eq!(exchange.result(), Some(Ok(Reply::WroteOne { register: 0x121, value: 1 })));
}

#[test]
fn a_wrong_check_says_nothing_and_is_asked_again_soon() {
    // Captured: a board answered one write with a wrong check.
    let mut exchange = sent(D2, write(0xCF, 1));
    exchange.receive(&bytes("D2 06 00 CF 00 01 1C 8A"), ms(200));
    assert_eq!(exchange.result(), None);
    assert_eq!(exchange.tally().checks, 1);
    assert_eq!(exchange.next_action(Instant::from_micros(299_999)), Step::Wait(ms(300)));
    assert!(matches!(exchange.next_action(ms(300)), Step::Send(_)));
    exchange.receive(&bytes("D2 06 00 CF 00 01 6B 96"), ms(500));
    assert_eq!(exchange.result(), Some(Ok(Reply::WroteOne { register: 0xCF, value: 1 })));
    // Every time: whether it was done is not known.
    let mut exchange = sent(D2, write(0xCF, 1));
    for start in [0, 200, 400] {
        exchange.receive(&bytes("D2 06 00 CF 00 01 1C 8A"), ms(start + 50));
        let _ = exchange.next_action(ms(start + 200));
    }
    assert_eq!(exchange.result(), Some(Err(Failure::Damaged)));
}

#[test]
fn an_exception_ends_it_and_names_its_code() {
    let mut exchange = sent(D2, read(0x400, 1));
    exchange.receive(&bytes("D2 83 02 31 08"), ms(50));
    assert_eq!(exchange.result(), Some(Err(Failure::Exception(2))));
    let mut exchange = sent(D2, write(0xA5, 1));
    exchange.receive(&bytes("D2 83 02 31 08"), ms(50));
    assert_eq!(exchange.result(), None, "that of another function");
}

#[test]
fn other_boards_and_other_hosts_are_counted_and_not_believed() {
    let mut exchange = sent(P81, read(0x38, 2));
    exchange.receive(&bytes("82 03 00 38 00 02 5A 35"), ms(40));
    exchange.receive(&bytes("52 03 04 02 12 75 2C 1F C6"), ms(90));
    let tally = exchange.tally();
    assert_eq!((tally.other_hosts, tally.foreign, tally.refused), (1, 1, 0));
    assert_eq!(exchange.result(), None);
}

#[test]
fn the_form_of_a_write_of_several_is_the_framings() {
    let words = [0x180B, 0x0709, 0x341C];
    for byte_count in [false, true] {
        let framing = Framing::Rtu { request: 0xD2, reply: 0xD2, byte_count };
        let asked = words.into_iter().collect();
        let request = Request::WriteMany { start: 0xD4, words: asked, byte_count: !byte_count };
        let mut exchange = Exchange::new(framing, request, Options::default());
        let Step::Send(bytes) = exchange.next_action(Instant::START) else { panic!() };
        assert_eq!(bytes.len(), 14 + usize::from(byte_count));
        let reply = Reply::WroteMany { start: 0xD4, count: 3 };
        exchange.receive(&reply.emit_rtu(0xD2), ms(100));
        assert_eq!(exchange.result(), Some(Ok(reply)));
    }
    let request = Request::WriteMany {
        start: 0x0F05,
        words: [0, 0].into_iter().collect(),
        byte_count: false,
    };
    let mut exchange = sent(P81, request);
    exchange.receive(&bytes("51 10 0F 05 AA AA 21 93"), ms(100));
    assert_eq!(exchange.result(), Some(Ok(Reply::WroteMany { start: 0x0F05, count: 0xAAAA })));
}

#[test]
fn over_tcp_the_transaction_and_the_unit_must_fit() {
    let framing = Framing::Tcp { unit: 1 };
    let exchange = Exchange::new(framing, read(0, 1), Options::default());
    let mut exchange = exchange.counting_from(0xFFFF);
    let Step::Send(request) = exchange.next_action(Instant::START) else { panic!() };
    assert_eq!(request[..2], [0, 0], "numbers come round");
    let reply = Reply::Words { area: Area::Holding, words: [7].into_iter().collect() };
    exchange.receive(&reply.emit_tcp(0xFFFF, 1), ms(10));
    exchange.receive(&reply.emit_tcp(0, 2), ms(10));
    assert_eq!((exchange.tally().late, exchange.tally().foreign), (1, 1));
    exchange.receive(&reply.emit_tcp(0, 1), ms(10));
    assert_eq!(exchange.result(), told(&[7]));
    // The next try has the next number.
    let mut exchange = Exchange::new(framing, read(0, 1), Options::default());
    let _ = exchange.next_action(Instant::START);
    let Step::Send(request) = exchange.next_action(ms(1_000)) else { panic!() };
    assert_eq!(request[..2], [0, 2]);
    // A stream that is out of step gives nothing.
    exchange.receive(&bytes("00 02 00 01 00 05 01"), ms(1_010));
    assert_eq!((exchange.result(), exchange.tally().refused > 0), (None, true));
}

#[test]
fn a_request_that_no_frame_can_carry_is_not_sent() {
    for count in [0, 126] {
        let mut exchange = Exchange::new(D2, read(0, count), Options::default());
        assert_eq!(exchange.next_action(Instant::START), Step::Done);
        assert_eq!(exchange.result(), Some(Err(Failure::Request)));
    }
    let mut exchange = Exchange::new(D2, read(0, 125), Options::default());
    assert!(matches!(exchange.next_action(Instant::START), Step::Send(_)));
}
