//! Registers of our own map: records, commands, answers, identities and points from any words.
#![no_main]

use cellward_link::modbus::client::{History, Identity, Settings};
use cellward_link::modbus::{commands, points, records};
use cellward_params::Snapshot;
use cellward_params::point::POINTS;
use cellward_units::NoData;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let words: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|&b| u16::from_be_bytes(b)).collect();
    let _ = format!("{:?} {:?}", records::decode(&words), commands::LastAnswer::decode(&words));
    if let Some(command) = commands::decode(&words) {
        let encoded = commands::encode(&command).expect("what was read can be written");
        assert_eq!(commands::decode(&encoded), Some(command));
    }
    let _ = (points::fault(&words), points::reason(&words));
    let mut snapshot = Snapshot::absent(NoData::NoAnswer);
    for row in POINTS {
        let number = words.iter().take(2).fold(0, |sum, &w| (sum << 16) | i32::from(w));
        let known = points::learn_head(row.point, number, &mut snapshot);
        points::learn_body(row.point, known, words.get(2..).unwrap_or_default(), &mut snapshot);
    }
    if let Some(board) = Identity::decode(&words) {
        let mut settings = Settings::new(&board);
        for _ in 0..1_000 {
            if settings.next().is_none() {
                break;
            }
            settings.learn(Some(&words), |_, _| {});
        }
        assert_eq!(settings.next(), None, "settings have an end");
    }
    let mut history = History::after(0);
    for piece in words.chunks(125) {
        history.learn(Some(piece));
    }
    let _ = history.records().count();
});
