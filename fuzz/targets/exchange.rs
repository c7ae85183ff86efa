//! One Modbus request against anything, serial and TCP: it ends, and what it gives fits the request.
#![no_main]

use cellward_fuzz::{Board, Tape, forged_rtu, round};
use cellward_link::Framing as Port;
use cellward_link::exchange::{Exchange, Framing, Options};
use cellward_units::Instant;
use cellward_wire::modbus::{Area, Reply, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let (Some(kind), Some(start), Some(count)) = (tape.byte(), tape.byte(), tape.byte()) else {
        return;
    };
    let framing = match kind & 3 {
        0 => Framing::Tcp { unit: 1 },
        1 => Framing::Rtu { request: 0x81, reply: 0x51, byte_count: false },
        2 => Framing::Rtu { request: 0xD2, reply: 0xD2, byte_count: false },
        _ => Framing::Rtu { request: 1, reply: 1, byte_count: true },
    };
    let (start, count) = (u16::from(start), u16::from(count));
    let request = match kind >> 2 & 3 {
        0 => Request::WriteOne { register: start, value: count },
        1 => {
            let words = (0..count.min(123)).collect();
            Request::WriteMany { start, words, byte_count: true }
        }
        _ => Request::Read { area: Area::Holding, start, count },
    };
    let mut exchange = Exchange::new(framing, request.clone(), Options::default());
    let (mut board, mut now) = (Board::new(Port::Serial), Instant::START);
    round(&mut exchange, &mut board, &mut tape, &mut now, |asked, with| {
        forged_rtu(asked, with, if kind & 3 == 1 { 0x51 } else { asked[0] })
    });
    match exchange.result().expect("it is over") {
        Ok(Reply::Words { words, .. }) => {
            assert!(matches!(request, Request::Read { .. }) && words.len() == usize::from(count));
        }
        Ok(reply) => assert_eq!(reply.function(), request.function()),
        Err(_) => {}
    }
    assert!(exchange.tally().requests <= 3);
});
