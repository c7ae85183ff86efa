//! One request with its tries on a serial line: what counts as its reply was really said.
#![no_main]

use cellward_fuzz::{contains, one_exchange};
use cellward_link::Framing as Line;
use cellward_link::exchange::Framing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let framing = |kind: u8| Framing::Rtu { request: 0x81, reply: 0x51, byte_count: kind & 1 == 1 };
    one_exchange(data, Line::Serial, framing, |fed, reply| contains(fed, &reply.emit_rtu(0x51)));
});
