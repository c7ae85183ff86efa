//! A round of d2 against a board that says anything.
#![no_main]

use cellward_fuzz::{drive, events, plausible};
use cellward_link::Framing;
use cellward_link::client::{Plan, Rounds as _};
use cellward_link::kmodbus::{Client, Dialect, Options};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&habit, script)) = data.split_first() else { return };
    let plan = if habit & 1 == 0 { Plan::Live } else { Plan::Full };
    let inverted = habit & 2 != 0;
    let mut client = Client::new(Options { inverted, ..Options::new(Dialect::D2) }, plan);
    let mut script = events(script);
    drive(&mut client, Framing::Serial, &mut script);
    plausible(&client.snapshot());
    client.begin(Plan::Live);
    drive(&mut client, Framing::Serial, &mut script);
    plausible(&client.snapshot());
});
