//! A serial port of the board: any bytes with any pauses, wishes only from good frames, and a good request after a pause is answered exactly once.
#![no_main]

use cellward_fuzz::{Board, Tape};
use cellward_link::{FRAME_GAP, Framing};
use cellward_params::{Answer, PortId, Refusal};
use cellward_units::{Duration, Instant};
use cellward_wire::a5::{Frame, Request, command};
use cellward_wire::modbus::{Head, WriteForm, request_rtu};
use libfuzzer_sys::fuzz_target;

/// How many frames with a good check begin anywhere in these bytes.
fn good(bytes: &[u8]) -> usize {
    let begins = |at: &usize| {
        let rest = &bytes[*at..];
        let rtu = |form| matches!(request_rtu(rest, form), Head::Frame { .. });
        Frame::new_checked(rest).is_ok() || rtu(WriteForm::Standard) || rtu(WriteForm::Lenient)
    };
    (0..bytes.len()).filter(begins).count()
}

/// Lets the core answer everything that waits.
fn settle(board: &mut Board, now: Instant, wishes: &mut usize) -> Vec<u8> {
    let mut sent = board.sent();
    while let Some(ask) = board.port.poll_ask() {
        *wishes += 1;
        for _ in 0..2 {
            let result = if ask.id % 3 == 2 { Err(Refusal::NotSupported) } else { Ok(()) };
            board.port.handle_answer(&Answer { id: ask.id, port: PortId(0), result });
        }
        board.pump(now);
        sent.extend(board.sent());
    }
    sent
}

fuzz_target!(|bytes: &[u8]| {
    let (mut board, mut tape, mut now) = (Board::new(Framing::Serial), Tape(bytes), Instant::START);
    let (mut fed, mut wishes) = (Vec::new(), 0);
    while let (Some(pause), Some(chunk)) = (tape.pause(), tape.chunk()) {
        now += pause;
        fed.extend_from_slice(chunk);
        board.receive(chunk, now);
        // Now and then the core thinks, and bytes pile up behind the wish.
        if chunk.len() % 4 != 3 {
            settle(&mut board, now, &mut wishes);
        }
    }
    now += Duration::from_secs(1);
    settle(&mut board, now, &mut wishes);
    now += FRAME_GAP;
    let request = Request::read(command::PACK).message(0x40).emit();
    let mut twin = Board::new(Framing::Serial);
    twin.port = board.port.clone();
    // A byte that begins nothing makes the twin give up what has only begun, and nothing else.
    twin.receive(&[0], now);
    let before = settle(&mut twin, now, &mut 0);
    board.receive(&request, now);
    let sent = settle(&mut board, now, &mut wishes);
    let reply = sent.strip_prefix(&*before).expect("the same as without the request");
    assert_eq!((reply.len(), &reply[..3]), (13, &[0xA5, 1, command::PACK][..]));
    assert!(wishes <= good(&fed), "{wishes} wishes");
});
