//! One request with its tries on a TCP connection: what counts as its reply was really said.
#![no_main]

use cellward_fuzz::{contains, drive, events};
use cellward_link::Framing as Line;
use cellward_link::exchange::{Exchange, Framing, Options};
use cellward_wire::modbus::{Area, Request};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [kind, number, script @ ..] = data else { return };
    let start = u16::from(*number);
    let request = match kind % 3 {
        0 => Request::Read { area: Area::Holding, start, count: 1 + start % 8 },
        1 => Request::WriteOne { register: start, value: 1 },
        _ => Request::WriteMany { start, words: [1, 2].into_iter().collect(), byte_count: true },
    };
    let framing = Framing::Tcp { unit: 1 };
    let mut exchange = Exchange::new(framing, request, Options::default());
    let fed = drive(&mut exchange, Line::ModbusTcp, &mut events(script));
    let result = exchange.result().expect("it is over");
    if let Ok(reply) = result {
        // Three tries, counted from one.
        let said = (1..=3).any(|count| contains(&fed, &reply.emit_tcp(count, 1)));
        assert!(said, "nobody said {reply:?}");
    }
});
