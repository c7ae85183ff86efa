//! Captured bytes: bus captures of a PC tool at a 14S board, of a 16S board while discharging, and
//! a stream with a cut frame, all public.

use std::string::ToString;
use std::vec::Vec;

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn reply(hex: &str) -> Reply {
    let bytes = bytes(hex);
    let message = Frame::new_checked(&bytes).unwrap().message();
    assert_eq!(message.emit().as_slice(), bytes);
    assert!(!message.from_host());
    let reply = Reply::parse(message.command, &message.payload);
    assert_eq!(reply.payload(), message.payload, "kept bytes of {reply}");
    assert_eq!(reply.command(), message.command);
    reply
}

fn messages(stream: &[u8]) -> (Vec<Message>, Deframer) {
    let mut deframer = Deframer::new();
    let found = stream.iter().filter_map(|&byte| deframer.push(byte)).collect();
    (found, deframer)
}

#[test]
fn a_captured_reply_reads_as_its_values_and_emits_the_same_bytes() {
    let Reply::Pack(pack) = reply("A5 01 90 08 02 14 00 00 75 45 03 78 89") else {
        panic!("not 0x90");
    };
    assert_eq!(pack.sum().as_millivolts(), 53_200);
    assert_eq!(pack.current_tenths(), 21);
    assert_eq!(pack.soc().as_permille(), 888);
    let Reply::CellRange(range) = reply("A5 01 91 08 0E C8 05 0E 9C 09 01 F4 C2") else {
        panic!("not 0x91");
    };
    assert_eq!((range.highest_millivolts, range.highest_number), (3_784, 5));
    assert_eq!((range.lowest_millivolts, range.lowest_number), (3_740, 9));
    assert_eq!(range.rest, [0x01, 0xF4]);
}

#[test]
fn every_reply_says_itself_in_one_line() {
    assert_eq!(
        reply("A5 01 90 08 00 00 00 00 00 00 00 00 3E").to_string(),
        "pack: 0.0 V, gathered 0.0 V, current raw 0 (-3000.0 A as sent), SOC 0.0 %"
    );
    assert_eq!(
        reply("A5 01 97 08 05 80 00 00 00 00 00 00 CA").to_string(),
        "balance: bleeding cells: 1 3 16"
    );
    assert_eq!(
        reply("A5 01 63 08 01 44 4C 2D 42 4D 53 2D DE").to_string(),
        "hardware version: frame 1: \"DL-BMS-\""
    );
    assert_eq!(
        reply("A5 01 5B 08 79 E0 7B 0C 70 80 6F 54 9C").to_string(),
        "current limits: limits as sent: 120.0 150.0 -120.0 -150.0 A"
    );
}

#[test]
fn a_request_is_told_from_a_reply_by_its_address() {
    let bytes = bytes("A5 40 D9 08 01 00 00 00 00 00 00 00 C7");
    let message = Frame::new_checked(&bytes).unwrap().message();
    assert!(message.from_host());
    assert_eq!(message.addressed_board(), Some(1));
    let request = Request::parse(&message);
    assert_eq!(request.to_string(), "discharge switch on");
    assert_eq!(request.message(HOST_WIRED).emit().as_slice(), bytes);
}

#[test]
fn board_numbers_follow_the_host_address() {
    assert_eq!(host_address(1), 0x40);
    assert_eq!(host_address(16), 0x4F);
    assert_eq!(addressed_board(0x41), Some(2));
    assert_eq!(addressed_board(0x4F), Some(16));
    assert_eq!(addressed_board(0x50), None);
    assert_eq!(addressed_board(HOST_APP), Some(1));
    assert_eq!(addressed_board(HOST_GPRS), Some(1));
    assert_eq!(addressed_board(0x01), None);
}

#[test]
fn a_cut_frame_does_not_swallow_the_next_one() {
    let stream = bytes(
        "A5 01 95 08 04 0D 33 0D 32 0D 2F 90 92 A5 01 95 08 05 0D 30 0D 34 \
         A5 01 95 08 06 0D 32 0D 34 0D 31 90 97",
    );
    let (found, deframer) = messages(&stream);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].payload[0], 6);
    assert_eq!(deframer.refused().bytes, 9);
    assert_eq!(deframer.refused().checks, 1);
    assert_eq!(deframer.held(), 0);
}

#[test]
fn noise_in_front_and_start_bytes_inside_are_no_obstacle() {
    let inner = Message { address: 1, command: 0xA5, payload: [0xA5; 8] };
    let mut stream = bytes("FF FF A5 A5 01");
    stream.extend(inner.emit());
    stream.extend(inner.emit());
    let (found, deframer) = messages(&stream);
    assert_eq!(found, [inner, inner]);
    assert_eq!(deframer.refused().bytes, 5);
}

#[test]
fn damaged_frames_say_what_is_wrong() {
    let check = |hex, expected| {
        assert_eq!(Frame::new_checked(&bytes(hex)).unwrap_err(), expected);
    };
    check(
        "A5 01 90 08 02 14 00 00 75 45 03 79 89",
        FrameError::WrongCheck { sent: 0x89, computed: 0x8A },
    );
    check("A5 01 90 09 02 14 00 00 75 45 03 78 8A", FrameError::WrongLength { found: 9 });
    check("A4 01 90 08", FrameError::NoStart { found: 0xA4 });
    check("A5 01 90 08 02", FrameError::TooShort { have: 5 });
    check("", FrameError::TooShort { have: 0 });
}

#[test]
fn scanning_keeps_every_byte_in_one_piece_or_another() {
    let stream = bytes(
        "FF A5 01 98 08 00 00 00 00 00 00 00 00 46 A5 01 98 08 00 00 00 00 00 00 00 00 47 A5 01",
    );
    let pieces: Vec<_> = scan(&stream).collect();
    let Piece::Refused { bytes: noise, error } = pieces[0] else {
        panic!("noise first");
    };
    assert_eq!((noise, error), (&[0xFF][..], FrameError::NoStart { found: 0xFF }));
    assert!(matches!(pieces[1], Piece::Frame(_)));
    let Piece::Refused { bytes: tail, error } = pieces[2] else {
        panic!("the rest is refused");
    };
    assert_eq!(tail.len(), 15);
    assert_eq!(error, FrameError::WrongCheck { sent: 0x47, computed: 0x46 });
    assert_eq!(pieces.len(), 3);
}

#[test]
fn the_shared_buffer_leaves_old_bytes_where_a_reply_defines_none() {
    let old = reply("A5 01 90 08 02 10 00 00 75 30 01 F4 EA");
    let new = reply("A5 01 91 08 0E C8 05 0E 9C 09 00 00 CD");
    let tail = |fill| {
        let mut encoder = Encoder::new(1, fill);
        encoder.encode(&old);
        let [.., a, b] = encoder.encode(&new).payload;
        [a, b]
    };
    assert_eq!(tail(Fill::Stale), [0x01, 0xF4]);
    assert_eq!(tail(Fill::Zero), [0, 0]);
    assert_eq!(tail(Fill::Ff), [0xFF, 0xFF]);
}

#[test]
fn fields_and_structs_agree_on_positions() {
    let Reply::Status(status) = reply("A5 01 94 08 10 01 00 00 00 00 02 10 65") else {
        panic!("not 0x94");
    };
    assert_eq!(u32::from(status.cycles), Status::CYCLES.read(&status.payload()));
    let mut payload = [0xEE; 8];
    Status::CYCLES.write(&mut payload, 0x0001_0203);
    assert_eq!(payload, [0xEE, 0xEE, 0xEE, 0xEE, 0xEE, 2, 3, 0xEE]);
}
