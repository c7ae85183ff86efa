//! Words of our own map: records, commands, faults, reasons, and the parts of a round.
#![no_main]

use cellward_host::{json, sentence};
use cellward_link::client::Plan;
use cellward_link::modbus::client::{History, Identity, Round, Settings};
use cellward_link::modbus::{commands, points, records};
use cellward_params::{Config, Snapshot};
use cellward_units::NoData;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let words: Vec<u16> =
        data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    if let Some(record) = records::decode(&words) {
        drop((sentence::record(&record), json::record(&record)));
    }
    if let Some(command) = commands::decode(&words) {
        let again = commands::encode(&command).expect("it came from there");
        assert_eq!(commands::decode(&again), Some(command));
    }
    let _ = commands::LastAnswer::decode(&words);
    if let Some(fault) = points::fault(&words) {
        drop(sentence::fault(&fault));
    }
    if let Some(reason) = points::reason(&words) {
        drop((sentence::why(&reason.why), sentence::until(&reason)));
    }
    let board = Identity::decode(&words);
    // The words over and over, as many as are asked for; a zero stands for no answer.
    let mut endless = words.iter().copied().cycle();
    let mut said = |count: u16| {
        let first = endless.next().filter(|&word| word != 0)?;
        Some(std::iter::once(first).chain(endless.by_ref()).take(count.into()).collect::<Vec<_>>())
    };
    let mut round = Round::new(Plan::Full, &Snapshot::absent(NoData::NotYet));
    if let Some(board) = &board {
        round.fit(board);
        let (mut settings, mut config) = (Settings::new(board), Config::lifepo4(16));
        for _ in 0..200 {
            let Some(span) = settings.next() else { break };
            settings.learn(said(span.count).as_deref(), |id, raw| {
                let _ = config.set(id, raw);
            });
        }
        assert_eq!(settings.next(), None, "the settings have an end");
    }
    for _ in 0..500 {
        let Some(span) = round.next() else { break };
        round.learn(said(span.count).as_deref());
    }
    assert_eq!(round.next(), None, "a round has an end");
    drop(json::snapshot(round.snapshot()));
    let mut history = History::after(0);
    for _ in 0..20 {
        let Some(span) = history.next() else { break };
        history.learn(said(span.count).as_deref());
    }
    assert_eq!(history.next(), None, "a window has an end");
    drop(history.records().map(|record| sentence::record(&record)).collect::<Vec<_>>());
});
