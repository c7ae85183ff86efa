//! Rounds of the classic dialect against a board that says anything.
#![no_main]

use cellward_fuzz::{plausible, two_rounds};
use cellward_link::Framing;
use cellward_link::a5::{Client, Options};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let client = |habit: u8, plan| {
        let host = [None, Some(0x40), Some(0x80)][usize::from(habit % 3)];
        (Client::new(Options { host, ..Options::default() }, plan), Framing::Serial)
    };
    two_rounds(data, client, plausible);
});
