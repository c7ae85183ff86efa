//! The host's session over our own map against anything, serial and TCP.
#![no_main]

use cellward_fuzz::{Board, Tape, forged_rtu, nothing_known, round};
use cellward_link::Framing;
use cellward_link::client::Plan;
use cellward_link::modbus::client::{Client, Options};
use cellward_units::Instant;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let tcp = tape.byte().is_some_and(|byte| byte & 1 != 0);
    let options = if tcp { Options::tcp(1) } else { Options::rtu(1) };
    let mut client = Client::new(options, Plan::Live);
    let (mut board, mut now) = (Board::new(Framing::Serial), Instant::START);
    for plan in [Plan::Live, Plan::Full] {
        client.begin(plan);
        round(&mut client, &mut board, &mut tape, &mut now, |asked, with| {
            forged_rtu(asked, with, 1)
        });
        if client.report().frames == 0 {
            nothing_known(&client.snapshot());
        }
    }
});
