//! A Modbus TCP port of the board: any bytes in any pieces, wishes only from whole frames.
#![no_main]

use cellward_fuzz::{Board, Tape};
use cellward_link::Framing;
use cellward_params::{Answer, PortId};
use cellward_units::Instant;
use cellward_wire::modbus::{TcpHead, request_tcp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut board, mut tape) = (Board::new(Framing::ModbusTcp), Tape(bytes));
    let (mut now, mut fed, mut wishes) = (Instant::START, Vec::new(), 0);
    while let (Some(pause), Some(chunk)) = (tape.pause(), tape.chunk()) {
        now += pause;
        fed.extend_from_slice(chunk);
        board.receive(chunk, now);
        let mut sent = board.sent();
        while let Some(ask) = board.port.poll_ask() {
            wishes += 1;
            board.port.handle_answer(&Answer { id: ask.id, port: PortId(0), result: Ok(()) });
            board.pump(now);
            sent.extend(board.sent());
        }
        let mut rest = &sent[..];
        while !rest.is_empty() {
            // The refusal of a function that nobody speaks is a reply too, so the length decides.
            let len = 6 + usize::from(u16::from_be_bytes([rest[4], rest[5]]));
            assert_eq!(rest[2..4], [0, 0]);
            rest = rest.get(len..).expect("half a reply");
        }
    }
    let whole = |at: &usize| matches!(request_tcp(&fed[*at..]), TcpHead::Frame { .. });
    assert!(wishes <= (0..fed.len()).filter(whole).count());
});
