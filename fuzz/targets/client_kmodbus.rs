//! The host's near-Modbus session against anything, both dialects.
#![no_main]

use cellward_fuzz::{Board, Tape, forged_rtu, nothing_known, plausible, round};
use cellward_link::Framing;
use cellward_link::client::Plan;
use cellward_link::kmodbus::{Client, Dialect, Options};
use cellward_units::Instant;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let odd = tape.byte().is_some_and(|byte| byte & 1 != 0);
    let dialect = if odd { Dialect::P81 } else { Dialect::D2 };
    let mut client = Client::new(Options::new(dialect), Plan::Live);
    let (mut board, mut now) = (Board::new(Framing::Serial), Instant::START);
    for plan in [Plan::Live, Plan::Full, Plan::Live] {
        client.begin(plan);
        round(&mut client, &mut board, &mut tape, &mut now, |asked, with| {
            forged_rtu(asked, with, dialect.reply_address(1))
        });
        let snapshot = client.snapshot();
        plausible(&snapshot);
        if client.report().frames == 0 {
            nothing_known(&snapshot);
        }
    }
});
