//! A round of the classic dialect against a board that says anything.
#![no_main]

use cellward_fuzz::{drive, events, plausible};
use cellward_link::Framing;
use cellward_link::a5::{Client, Options};
use cellward_link::client::{Plan, Rounds as _};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&habit, script)) = data.split_first() else { return };
    let plan = if habit & 1 == 0 { Plan::Live } else { Plan::Full };
    let host = [None, Some(0x40), Some(0x80)][usize::from(habit / 2 % 3)];
    let mut client = Client::new(Options { host, ..Options::default() }, plan);
    let mut script = events(script);
    drive(&mut client, Framing::Serial, &mut script);
    plausible(&client.snapshot());
    client.begin(Plan::Live);
    drive(&mut client, Framing::Serial, &mut script);
    plausible(&client.snapshot());
});
