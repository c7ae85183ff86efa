//! A port behind a TCP connection: whatever it says are whole replies.
#![no_main]

use cellward_fuzz::{Board, events};
use cellward_link::Framing;
use cellward_wire::modbus::{TcpHead, reply_tcp};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&word, script)) = data.split_first() else { return };
    let mut board = Board::new(Framing::ModbusTcp);
    for event in events(script) {
        board.happen(&event, word);
    }
    let mut rest = board.went.as_slice();
    while !rest.is_empty() {
        match reply_tcp(rest) {
            TcpHead::Frame { len, .. } => rest = &rest[len..],
            // An exception to a function that is not spoken here.
            TcpHead::Not(_) if rest.len() >= 9 && rest[7] & 0x80 != 0 => rest = &rest[9..],
            other => panic!("{other:?} in what was sent: {rest:02X?}"),
        }
    }
    assert!(board.wishes <= board.came.len() / 8, "a wish has a frame");
});
