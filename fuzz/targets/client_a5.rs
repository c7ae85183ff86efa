//! The host's A5 session against anything: a round ends, and nothing impossible is published.
#![no_main]

use cellward_fuzz::{Board, Tape, nothing_known, plausible, round};
use cellward_link::Framing;
use cellward_link::a5::{Client, Options};
use cellward_link::client::Plan;
use cellward_units::Instant;
use cellward_wire::a5::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut client = Client::new(Options::default(), Plan::Live);
    let (mut board, mut tape, mut now) = (Board::new(Framing::Serial), Tape(bytes), Instant::START);
    let forge = |asked: &[u8], with: &[u8]| {
        let mut payload = [0; 8];
        payload.iter_mut().zip(with).for_each(|(slot, byte)| *slot = *byte);
        let command = asked.get(2).copied().unwrap_or(0);
        Message { address: 1, command, payload }.emit().to_vec()
    };
    for plan in [Plan::Live, Plan::Full, Plan::Live] {
        client.begin(plan);
        round(&mut client, &mut board, &mut tape, &mut now, forge);
        let snapshot = client.snapshot();
        plausible(&snapshot);
        if client.report().frames == 0 {
            nothing_known(&snapshot);
        }
    }
});
