//! One request with its tries on a TCP connection: what counts as its reply was really said.
#![no_main]

use cellward_fuzz::{contains, one_exchange};
use cellward_link::Framing as Line;
use cellward_link::exchange::Framing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Three tries, counted from one.
    one_exchange(
        data,
        Line::ModbusTcp,
        |_| Framing::Tcp { unit: 1 },
        |fed, reply| (1..=3).any(|count| contains(fed, &reply.emit_tcp(count, 1))),
    );
});
