//! One A5 request against anything: it ends, and a read counts only after two good frames.
#![no_main]

use cellward_fuzz::{Board, Tape, round};
use cellward_link::Framing;
use cellward_link::a5::{Answered, Ask, Options};
use cellward_units::Instant;
use cellward_wire::a5::{Message, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let Some(command) = tape.byte() else { return };
    let request = Request::read(command);
    let mut ask = Ask::new(&request, 0x40, Options::default());
    let (mut board, mut now) = (Board::new(Framing::Serial), Instant::START);
    round(&mut ask, &mut board, &mut tape, &mut now, |_, with| {
        let mut payload = [0; 8];
        payload.iter_mut().zip(with).for_each(|(slot, byte)| *slot = *byte);
        Message { address: 1, command, payload }.emit().to_vec()
    });
    // Two honest answers need four bytes of the tape and the command one.
    if let Answered::With(_) = ask.result().expect("it is over") {
        assert!(bytes.len() >= 5, "from nothing");
    }
});
