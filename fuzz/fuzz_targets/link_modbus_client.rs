//! Rounds of our own map against a board that says anything.
#![no_main]

use cellward_fuzz::two_rounds;
use cellward_link::Framing;
use cellward_link::modbus::client::{Client, Options};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let client = |habit: u8, plan| match habit & 1 {
        0 => (Client::new(Options::rtu(1), plan), Framing::Serial),
        _ => (Client::new(Options::tcp(1), plan), Framing::ModbusTcp),
    };
    two_rounds(data, client, |snapshot| drop(cellward_host::json::snapshot(snapshot)));
});
