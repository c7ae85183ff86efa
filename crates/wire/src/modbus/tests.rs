//! Bytes of the vendor's spreadsheet, of captures of boards, app and PC tool, and of the standard's
//! own examples.

use std::string::ToString;
use std::vec::Vec;

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// With a CRC that fits.
fn checked(hex: &str) -> Vec<u8> {
    let mut bytes = bytes(hex);
    bytes.extend(crc16(&bytes).to_le_bytes());
    bytes
}

fn many(start: u16, words: &[u16], byte_count: bool) -> Request {
    Request::WriteMany { start, words: Words::from_slice(words).unwrap(), byte_count }
}

#[test]
fn a_write_without_byte_count_is_a_frame_only_to_a_lenient_reader() {
    // Vendor spreadsheet.
    let bytes = bytes("D2 10 00 0C 00 02 00 01 00 02 7D 65");
    let body = many(0x0C, &[1, 2], false);
    assert_eq!(body.emit_rtu(D2_ADDRESS).as_slice(), bytes);
    assert_eq!(
        request_rtu(&bytes, WriteForm::Lenient),
        Head::Frame { address: 0xD2, body, len: 12 }
    );
    // To the standard's reader byte 6 counts no bytes, and no length makes the check fit.
    let longer = [bytes.as_slice(), &[1]].concat();
    assert_eq!(request_rtu(&longer, WriteForm::Standard), Head::Not(Refusal::ByteCount));
}

#[test]
fn a_write_with_byte_count_is_a_frame_to_both_readers() {
    // Application protocol §6.12.
    let bytes = checked("11 10 00 01 00 02 04 00 0A 01 02");
    let body = many(1, &[0x000A, 0x0102], true);
    assert_eq!(body.emit_rtu(0x11).as_slice(), bytes);
    for form in [WriteForm::Standard, WriteForm::Lenient] {
        let frame = Head::Frame { address: 0x11, body: body.clone(), len: 13 };
        assert_eq!(request_rtu(&bytes, form), frame);
        assert_eq!(request_rtu(&bytes[..12], form), Head::Short);
    }
}

#[test]
fn a_standard_write_that_holds_a_shorter_one_is_never_taken_for_it() {
    // The value 4; the shorter frame would write 0x0200, and 04 31 is its CRC.
    let long = checked("D2 10 00 86 00 01 02 00 04");
    assert_eq!(long[7..], [0x00, 0x04, 0x31, 0x00]);
    assert_eq!(crc16(&long[..8]).to_le_bytes(), long[8..10]);
    let head = |bytes: &[u8]| request_rtu(bytes, WriteForm::Lenient);
    assert_eq!(head(&long[..10]), Head::Short);
    let body = many(0x86, &[4], true);
    assert_eq!(head(&long), Head::Frame { address: 0xD2, body, len: 11 });
    // The shorter one, when something else follows.
    let body = many(0x86, &[0x0200], false);
    let mut short = long[..10].to_vec();
    short.push(0xD2);
    assert_eq!(head(&short), Head::Frame { address: 0xD2, body, len: 10 });
}

#[test]
fn the_lenient_reader_waits_for_the_long_form_only_where_byte_6_counts_bytes() {
    // Two registers: the short form is complete with 12 bytes, the long one with 13.
    let mut damaged = checked("D2 10 00 0C 00 02 04 01 00 02");
    damaged[9] ^= 1;
    assert_eq!(request_rtu(&damaged[..11], WriteForm::Lenient), Head::Short);
    assert_eq!(request_rtu(&damaged, WriteForm::Lenient), Head::Short);
    damaged.push(0);
    assert_eq!(request_rtu(&damaged, WriteForm::Lenient), Head::Not(Refusal::Check));
    damaged[6] = 3;
    assert_eq!(request_rtu(&damaged[..12], WriteForm::Lenient), Head::Not(Refusal::Check));
}

#[test]
fn counts_are_taken_from_one_up_to_the_limit_and_no_further() {
    let head = |hex: &str| match request_rtu(&checked(hex), WriteForm::Lenient) {
        Head::Not(refusal) => Some(refusal),
        _ => None,
    };
    assert_eq!(head("01 03 00 00 00 00"), Some(Refusal::Count(0)));
    assert_eq!(head("01 03 00 00 00 01"), None);
    assert_eq!(head("01 03 00 00 00 7D"), None);
    assert_eq!(head("01 04 00 00 00 7E"), Some(Refusal::Count(126)));
    assert_eq!(head("01 10 00 00 00 00"), Some(Refusal::Count(0)));
    assert_eq!(head("01 10 00 00 00 7B"), None);
    assert_eq!(head("01 10 00 00 00 7C"), Some(Refusal::Count(124)));
}

#[test]
fn a_whole_frame_with_a_wrong_count_is_miscounted_to_the_standards_reader_alone() {
    let standard = |hex: &str| request_rtu(&checked(hex), WriteForm::Standard);
    let miscounted =
        |function, len| Head::Frame { address: 1, body: Request::Miscounted { function }, len };
    for count in ["00 00", "00 7E", "FF FF"] {
        assert_eq!(standard(&std::format!("01 03 00 00 {count}")), miscounted(3, 8), "{count}");
        assert_eq!(standard(&std::format!("01 04 00 00 {count}")), miscounted(4, 8), "{count}");
    }
    assert_eq!(standard("01 10 00 00 00 00 00"), miscounted(0x10, 9), "nothing is written");
    assert_eq!(standard("01 10 00 00 00 7C 02 00 01"), miscounted(0x10, 11), "124 registers");
    // Which of the two counts tells the length nobody knows; the check does.
    assert_eq!(standard("01 10 00 00 00 01 04 00 01 00 02"), miscounted(0x10, 13));
    assert_eq!(standard("01 10 00 00 00 02 02 00 01 00 02"), miscounted(0x10, 13));
    assert_eq!(standard("01 10 00 00 00 02 03 00 01 00"), miscounted(0x10, 12), "an odd one");

    let mut damaged = checked("01 03 00 00 00 7E");
    assert_eq!(request_rtu(&damaged[..7], WriteForm::Standard), Head::Short);
    damaged[7] ^= 1;
    assert_eq!(request_rtu(&damaged, WriteForm::Standard), Head::Not(Refusal::Count(126)));
    // 247 bytes behind the byte count are more than a frame has.
    let long = [&bytes("01 10 00 00 00 01 F7")[..], &[0; 300]].concat();
    assert_eq!(request_rtu(&long, WriteForm::Standard), Head::Not(Refusal::ByteCount));
    assert_eq!(
        request_rtu(&[&long[..6], &[0xF6]].concat(), WriteForm::Standard),
        Head::Short,
        "246 are not"
    );
    assert!(Request::Miscounted { function: 3 }.emit_rtu(1).is_empty());
    assert!(Request::Miscounted { function: 3 }.emit_tcp(1, 1).is_empty());
}

#[test]
fn a_function_that_is_not_spoken_is_waited_for_no_longer_than_a_frame_can_be() {
    let head = |hex: &str| request_rtu(&bytes(hex), WriteForm::Standard);
    // How many bytes stand before those that are counted, from the function on.
    for (function, before) in [(0x0F, 6), (0x14, 2), (0x15, 2), (0x17, 10)] {
        let begun = std::format!("01 {function:02X}{}", " 00".repeat(before - 2));
        let most = 253 - before;
        assert_eq!(head(&std::format!("{begun} {most:02X}")), Head::Short, "{function:02X}");
        assert_eq!(
            head(&std::format!("{begun} {:02X}", most + 1)),
            Head::Not(Refusal::Function(function)),
            "{function:02X}"
        );
    }
}

#[test]
fn what_no_reader_would_take_is_not_sent() {
    let read = |count| Request::Read { area: Area::Holding, start: 0, count };
    assert!(read(0).emit_rtu(1).is_empty());
    assert!(read(126).emit_tcp(1, 1).is_empty());
    assert_eq!(read(125).emit_rtu(1).len(), 8);
    for byte_count in [false, true] {
        assert!(many(0, &[], byte_count).emit_rtu(1).is_empty());
        assert!(many(0, &[0; 124], byte_count).emit_rtu(1).is_empty());
        assert!(many(0, &[0; 124], byte_count).emit_tcp(1, 1).is_empty());
    }
    // The longest that there are.
    assert_eq!(many(0, &[0; 123], false).emit_rtu(1).len(), 254);
    assert_eq!(many(0, &[0; 123], true).emit_rtu(1).len(), 255);
    assert_eq!(many(0, &[0; 123], true).emit_tcp(1, 1).len(), 259);
    let words = |count| Reply::Words {
        area: Area::Input,
        words: Words::from_slice(&[0; 125][..count]).unwrap(),
    };
    assert!(words(0).emit_rtu(1).is_empty());
    assert_eq!(words(125).emit_tcp(1, 1).len(), 259);
}

#[test]
fn the_byte_count_of_a_reply_is_even_and_2_to_250() {
    let head = |count: u8| reply_rtu(&[0xD2, 0x03, count]);
    for count in [0, 1, 3, 251, 252, 255] {
        assert_eq!(head(count), Head::Not(Refusal::ByteCount), "{count}");
    }
    for count in [2, 4, 250] {
        assert_eq!(head(count), Head::Short, "{count}");
    }
}

#[test]
fn a_board_that_counts_aaaa_written_registers_is_heard() {
    // Captured from a board asked by the phone app.
    let bytes = bytes("51 10 0F 05 AA AA 21 93");
    let body = Reply::WroteMany { start: 0x0F05, count: 0xAAAA };
    assert_eq!(body.to_string(), "wrote registers from 0x0F05, word AAAA for their count");
    assert_eq!(body.emit_rtu(0x51).as_slice(), bytes);
    assert_eq!(reply_rtu(&bytes), Head::Frame { address: 0x51, body, len: 8 });
}

#[test]
fn an_exception_names_the_function_that_was_asked_for() {
    let body = Reply::Exception { function: 0x10, code: 3 };
    assert_eq!(body.function(), 0x10);
    let bytes = checked("11 90 03");
    assert_eq!(body.emit_rtu(0x11).as_slice(), bytes);
    assert_eq!(reply_rtu(&bytes), Head::Frame { address: 0x11, body, len: 5 });
    for function in ["80", "82", "85", "87", "8F", "91", "FF"] {
        let head = reply_rtu(&checked(&std::format!("11 {function} 03")));
        assert!(matches!(head, Head::Not(Refusal::Function(_))), "{function}: {head:?}");
    }
    // Over TCP the length is known, so an exception of any function that exists is one.
    let elsewhere = Reply::Exception { function: 0x2B, code: 1 };
    let bytes = elsewhere.emit_tcp(1, 2);
    let frame = TcpHead::Frame { transaction: 1, unit: 2, body: elsewhere, len: 9 };
    assert_eq!(reply_tcp(&bytes), frame);
    let nothing = Reply::Exception { function: 0, code: 1 }.emit_tcp(1, 2);
    assert_eq!(reply_tcp(&nothing), TcpHead::Not(Refusal::Function(0x80)));
    assert_eq!(reply_rtu(&checked("11 02 03")), Head::Not(Refusal::Function(0x02)));
}

#[test]
fn an_unknown_function_is_stepped_over_by_its_header_over_tcp_and_by_the_standard_on_a_line() {
    // Read device identification.
    let stream = bytes("00 07 00 00 00 05 01 2B 0E 01 00");
    let body = Request::Other { function: 0x2B };
    assert_eq!(
        request_tcp(&stream),
        TcpHead::Frame { transaction: 7, unit: 1, body: body.clone(), len: stream.len() }
    );
    assert_eq!(reply_tcp(&stream), TcpHead::Not(Refusal::Function(0x2B)));
    let mut serial = stream[6..].to_vec();
    serial.extend(crc16(&serial).to_le_bytes());
    let len = serial.len();
    let standard = |bytes: &[u8]| request_rtu(bytes, WriteForm::Standard);
    assert_eq!(standard(&serial), Head::Frame { address: 1, body, len });
    assert_eq!(standard(&serial[..len - 1]), Head::Short);
    let lenient = request_rtu(&serial, WriteForm::Lenient);
    assert_eq!(lenient, Head::Not(Refusal::Function(0x2B)));
    serial[len - 1] ^= 1;
    assert_eq!(standard(&serial), Head::Not(Refusal::Check));
    // The standard has no such function.
    assert_eq!(standard(&[1, 0x64, 0, 0, 0, 0]), Head::Not(Refusal::Function(0x64)));
    let sent = Request::Other { function: 0x2B }.emit_tcp(7, 1);
    assert_eq!(sent.as_slice(), bytes("00 07 00 00 00 02 01 2B"));
}

#[test]
fn a_tcp_header_is_refused_as_soon_as_it_is_wrong() {
    let head = |hex: &str| request_tcp(&bytes(hex));
    assert_eq!(head("00 01 00 00"), TcpHead::Short);
    assert_eq!(head("00 01 00 01"), TcpHead::Not(Refusal::Protocol));
    assert_eq!(head("00 01 01 00"), TcpHead::Not(Refusal::Protocol));
    assert_eq!(head("00 01 00 00 00 01"), TcpHead::Not(Refusal::Length(1)));
    assert_eq!(head("00 01 00 00 00 02"), TcpHead::Short);
    assert_eq!(head("00 01 00 00 00 FE"), TcpHead::Short);
    assert_eq!(head("00 01 00 00 00 FF"), TcpHead::Not(Refusal::Length(255)));
    assert_eq!(head("00 01 00 00 01 02"), TcpHead::Not(Refusal::Length(258)));
}

#[test]
fn a_tcp_length_that_does_not_fit_the_function_is_refused() {
    let request = |hex: &str| request_tcp(&bytes(hex));
    assert_eq!(
        request("00 01 00 00 00 05 01 03 00 00 00"),
        TcpHead::Not(Refusal::Length(5)),
        "a read cut by its header"
    );
    assert_eq!(
        request("00 01 00 00 00 07 01 03 00 00 00 01 00"),
        TcpHead::Not(Refusal::Length(7)),
        "a read with a byte behind"
    );
    assert_eq!(
        request("00 01 00 00 00 08 01 10 00 0C 00 01 00 02"),
        TcpHead::Frame {
            transaction: 1,
            unit: 1,
            body: Request::Miscounted { function: 0x10 },
            len: 14
        },
        "a write without byte count"
    );
    for hex in ["00 01 00 00 00 06 01 03 00 00 00 7E", "00 01 00 00 00 06 01 04 00 00 00 00"] {
        let TcpHead::Frame { body: Request::Miscounted { function }, len: 12, .. } = request(hex)
        else {
            panic!("{hex}: {:?}", request(hex));
        };
        assert_eq!(function, bytes(hex)[7]);
    }
    assert_eq!(
        request("00 01 00 00 00 07 01 03 00 00 00 7E 00"),
        TcpHead::Not(Refusal::Count(126)),
        "a wrong count and a byte behind"
    );
    assert_eq!(
        request("00 01 00 00 00 09 01 10 00 0C 00 01 02 00 02"),
        TcpHead::Frame { transaction: 1, unit: 1, body: many(0x0C, &[2], true), len: 15 }
    );
    let reply = |hex: &str| reply_tcp(&bytes(hex));
    assert_eq!(reply("00 01 00 00 00 04 01 03 02 00"), TcpHead::Not(Refusal::Length(4)));
    assert_eq!(reply("00 01 00 00 00 04 01 83 02 00"), TcpHead::Not(Refusal::Length(4)));
    assert_eq!(
        reply("00 01 00 00 00 03 01 83 02"),
        TcpHead::Frame {
            transaction: 1,
            unit: 1,
            body: Reply::Exception { function: 3, code: 2 },
            len: 9
        }
    );
}

#[test]
fn every_value_says_itself_in_one_line() {
    let words = Words::from_slice(&[0x0D07, 0xFFFF]).unwrap();
    let check = |value: &dyn core::fmt::Display, expected| assert_eq!(value.to_string(), expected);
    check(
        &Request::Read { area: Area::Holding, start: 0, count: 62 },
        "read 62 registers from 0x0000",
    );
    check(
        &Request::Read { area: Area::Input, start: 10, count: 1 },
        "read 1 input register from 0x000A",
    );
    check(&Request::WriteOne { register: 0xA5, value: 1 }, "write register 0x00A5: 0001");
    check(&many(0xD4, &[0x180B, 7], true), "write 2 registers from 0x00D4: 180B 0007");
    check(&many(0xD4, &[1], false), "write 1 register from 0x00D4 without byte count: 0001");
    check(&Request::Other { function: 0x2B }, "unknown function 0x2B");
    check(&Request::Miscounted { function: 3 }, "function 0x03 with a count that cannot be");
    check(&Reply::Words { area: Area::Holding, words }, "2 registers: 0D07 FFFF");
    check(&Reply::WroteOne { register: 0xA5, value: 1 }, "wrote register 0x00A5: 0001");
    check(&Reply::WroteMany { start: 12, count: 2 }, "wrote 2 registers from 0x000C");
    check(&Reply::Exception { function: 3, code: 2 }, "refused function 0x03: illegal address");
    check(&Reply::Exception { function: 3, code: 9 }, "refused function 0x03: code 0x09");
    check(
        &Refusal::Count(126),
        "126 registers in one frame; 1 to 125 can be read and 1 to 123 written",
    );
}

/// The pieces, each in a few words.
fn pieces(bytes: &[u8]) -> Vec<std::string::String> {
    in_words(frames(bytes))
}

fn in_words<'a>(pieces: impl Iterator<Item = Piece<'a>>) -> Vec<std::string::String> {
    pieces
        .map(|piece| match piece {
            Piece::Frame { address, body: Body::Request(body), len } => {
                std::format!("{address:02X} asks in {len}: {body}")
            }
            Piece::Frame { address, body: Body::Reply(body), len } => {
                std::format!("{address:02X} answers in {len}: {body}")
            }
            Piece::Frame { address, body: Body::Either { register, value }, len } => {
                std::format!("{address:02X} writes in {len}: {value} to {register}")
            }
            Piece::Refused { bytes, why } => std::format!("{} bytes: {why}", bytes.len()),
        })
        .collect()
}

#[test]
fn a_recording_of_p81_tells_requests_from_replies_by_their_addresses() {
    let stream = bytes(
        "81 06 01 74 00 A2 56 55 51 06 01 74 00 A2 45 C5 81 03 02 4B 00 02 AA 65 \
         51 03 04 FF FF 00 03 EA 13 81 10 0F 05 00 02 00 00 00 00 87 6A 51 10 0F 05 AA AA 21 93",
    );
    assert_eq!(
        pieces(&stream),
        [
            "81 asks in 8: write register 0x0174: 00A2",
            "51 answers in 8: wrote register 0x0174: 00A2",
            "81 asks in 8: read 2 registers from 0x024B",
            "51 answers in 9: 2 registers: FFFF 0003",
            "81 asks in 12: write 2 registers from 0x0F05 without byte count: 0000 0000",
            "51 answers in 8: wrote registers from 0x0F05, word AAAA for their count",
        ]
    );
}

#[test]
fn a_recording_of_the_standard_tells_what_its_servers_answer_whatever_the_address() {
    let stream = [
        checked("51 03 00 00 00 02"),
        checked("81 03 04 00 01 00 02"),
        // No count, and the answer to it; a function that is not spoken here, and the answer.
        checked("01 03 00 00 00 00"),
        checked("01 83 03"),
        checked("01 01 00 00 00 08"),
        checked("01 81 01"),
        checked("01 10 00 0C 00 01 02 00 05"),
        // The form of the boards, and an exception to a function that the standard does not have.
        checked("01 10 00 0C 00 01 00 05"),
        checked("01 C2 01"),
    ]
    .concat();
    assert_eq!(
        in_words(standard_frames(&stream)),
        [
            "51 asks in 8: read 2 registers from 0x0000",
            "81 answers in 9: 2 registers: 0001 0002",
            "01 asks in 8: function 0x03 with a count that cannot be",
            "01 answers in 5: refused function 0x03: illegal value",
            "01 asks in 8: unknown function 0x01",
            "01 answers in 5: refused function 0x01: illegal function",
            "01 asks in 11: write 1 register from 0x000C: 0005",
            "15 bytes: wrong CRC",
        ]
    );
}

#[test]
fn the_p81_addresses_end_at_board_16() {
    let write = |address: u8| {
        let bytes = Request::WriteOne { register: 1, value: 2 }.emit_rtu(address);
        let Some(Piece::Frame { body, .. }) = frames(&bytes).next() else {
            panic!("a good frame");
        };
        body
    };
    for address in [0x81, 0x90] {
        assert!(matches!(write(address), Body::Request(_)), "{address:02X}");
    }
    for address in [0x51, 0x60] {
        assert!(matches!(write(address), Body::Reply(_)), "{address:02X}");
    }
    for address in [0x50, 0x61, 0x80, 0x91, 0xD2, 1] {
        assert!(matches!(write(address), Body::Either { .. }), "{address:02X}");
    }
}

#[test]
fn a_recording_of_d2_shows_what_is_noise_what_is_damaged_and_what_is_cut() {
    let stream = bytes(
        "FF FF D2 03 00 CF 00 01 A7 96 D2 03 02 00 01 FC 56 D2 06 00 CF 00 01 1C 8A \
         D2 06 00 CF 00 00 AA 56 D2 10 00 0C 00 02 92 68 D2 83 02 31 08 D2 03 06 31 32",
    );
    assert_eq!(
        pieces(&stream),
        [
            "2 bytes: unknown function 0xFF",
            "D2 asks in 8: read 1 register from 0x00CF",
            "D2 answers in 7: 1 register: 0001",
            "8 bytes: wrong CRC",
            "D2 writes in 8: 0 to 207",
            "D2 answers in 8: wrote 2 registers from 0x000C",
            "D2 answers in 5: refused function 0x03: illegal address",
            "5 bytes: cut short",
        ]
    );
}

#[test]
fn a_refused_run_is_explained_by_the_reader_that_got_further() {
    // A damaged request for a read, which to the reader of replies counts no bytes.
    assert_eq!(pieces(&bytes("D2 03 00 CF 00 01 A7 97")), ["8 bytes: wrong CRC"]);
    // A damaged reply, which to the reader of requests asks for far too many registers.
    assert_eq!(pieces(&bytes("D2 03 04 0D 07 0D 06 00 00")), ["9 bytes: wrong CRC"]);
    // A cut reply that is long enough to be a request with a wrong check.
    assert_eq!(pieces(&bytes("D2 03 7C 0D 00 01 0D 07 0D")), ["9 bytes: cut short"]);
    // Noise behind which nothing looks like a frame.
    assert_eq!(pieces(&bytes("FF FE 7F")), ["3 bytes: unknown function 0xFE"]);
}

#[test]
fn a_recording_that_ends_in_a_damaged_frame_keeps_the_good_one_before() {
    let mut stream = bytes("D2 03 02 00 01 FC 56");
    stream.extend(bytes("D2 03 02 00 01 FC 57"));
    assert_eq!(pieces(&stream), ["D2 answers in 7: 1 register: 0001", "7 bytes: wrong CRC"]);
}
