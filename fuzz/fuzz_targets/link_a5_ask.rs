//! One request of the classic dialect: what counts as its answer was really said.
#![no_main]

use cellward_fuzz::{drive, events};
use cellward_link::Framing;
use cellward_link::a5::{Answered, Ask, Options};
use cellward_wire::a5::{HOST_WIRED, Message, Piece, Request, scan};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [address, code, writes, script @ ..] = data else { return };
    let mut request = Request::read(*code);
    if writes & 1 == 1 {
        let payload = [*writes; 8];
        request = Request::parse(&Message { address: *address, command: *code, payload });
    }
    let mut ask = Ask::new(&request, HOST_WIRED, Options::default());
    let fed = drive(&mut ask, Framing::Serial, &mut events(script));
    let asked = request.message(HOST_WIRED).command;
    let needed = if matches!(request, Request::Read { .. }) { 2 } else { 1 };
    if let Some(Answered::With(payload)) = ask.result() {
        // Frames may lie within each other, so every place is looked at.
        let said = (0..fed.len()).filter_map(|at| match scan(&fed[at..]).next() {
            Some(Piece::Frame(frame)) if frame.command() == asked => Some(frame.payload()),
            _ => None,
        });
        let said: Vec<_> = said.collect();
        assert!(said.len() >= needed && said.contains(&payload), "nobody said {payload:02X?}");
    }
    assert!(ask.result().is_some());
});
