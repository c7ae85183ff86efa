//! A port on a serial line: garbage, broken frames and pauses of any kind.
#![no_main]

use cellward_fuzz::{Board, events, good_ends};
use cellward_link::Framing;
use cellward_wire::a5::{HOST_WIRED, Request, command};
use cellward_wire::modbus::{Area, Request as Registers};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&word, script)) = data.split_first() else { return };
    let mut board = Board::new(Framing::Serial);
    for event in events(script) {
        board.happen(&event, word);
    }
    if board.wishes > 0 {
        assert!(board.wishes <= good_ends(&board.came), "a wish out of a frame with a bad check");
    }
    let read = |start, count| Registers::Read { area: Area::Holding, start, count };
    let request: Vec<u8> = match word / 4 % 4 {
        0 => Request::read(command::PACK).message(HOST_WIRED).emit().to_vec(),
        1 => read(0x0C, 60).emit_rtu(0xD2).to_vec(),
        2 => read(0, 62).emit_rtu(0x81).to_vec(),
        _ => read(0, 20).emit_rtu(1).to_vec(),
    };
    let told = board.ask_after_a_pause(&request);
    let fresh = Board::new(Framing::Serial).ask_after_a_pause(&request);
    assert_eq!(told, fresh, "as a board that heard nothing before");
});
