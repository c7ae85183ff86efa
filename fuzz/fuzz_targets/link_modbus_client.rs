//! A round of our own map against a board that says anything.
#![no_main]

use cellward_fuzz::{drive, events};
use cellward_link::Framing;
use cellward_link::client::{Plan, Rounds as _};
use cellward_link::modbus::client::{Client, Options};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&habit, script)) = data.split_first() else { return };
    let plan = if habit & 1 == 0 { Plan::Live } else { Plan::Full };
    let (options, framing) = match habit & 2 {
        0 => (Options::rtu(1), Framing::Serial),
        _ => (Options::tcp(1), Framing::ModbusTcp),
    };
    let mut client = Client::new(options, plan);
    let mut script = events(script);
    drive(&mut client, framing, &mut script);
    client.begin(Plan::Live);
    drive(&mut client, framing, &mut script);
    drop(cellward_host::json::snapshot(&client.snapshot()));
});
