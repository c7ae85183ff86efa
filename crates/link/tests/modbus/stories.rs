//! Records through the window.

use cellward_link::modbus::client::{History, IDENTITY, Identity};
use cellward_link::modbus::records::decode;
use cellward_params::record::field::{
    CellField, CountField, CurrentField, PackField, PortField, ShareField, TemperatureField,
};
use cellward_params::record::{
    Changes, Circumstances, Detail, Happening, ReleaseReason, Subject, Switches,
};
use cellward_params::{
    Changed, Fault, Flow, Level, Mode, ParamId, PortId, Record, RecordKind, Role,
};
use cellward_units::{Duration, Instant};
use proptest::prelude::*;

use crate::board::Board;
use crate::random::Random;

fn detail(random: &mut Random) -> Detail {
    let cell = |random: &mut Random| CellField::from_bits(random.next() as i16);
    match random.below(3) {
        0 => Detail::Cells(core::array::from_fn(|_| cell(random))),
        1 => {
            let count = random.below(5);
            let change = |random: &mut Random| Changed {
                id: ParamId(random.next() as u16),
                old: random.i32(),
                new: random.i32(),
            };
            let changes: Vec<_> = (0..count).map(|_| change(random)).collect();
            let total = random.below(256) as u16;
            Detail::Changes(Changes::new(PortId(random.next() as u8), total, &changes))
        }
        _ => Detail::Reason { text: random.text(), highest: cell(random), lowest: cell(random) },
    }
}

fn circumstances(random: &mut Random) -> Circumstances {
    let sensor = |random: &mut Random| TemperatureField::from_bits(random.next() as i16);
    Circumstances {
        fault_rows: random.next(),
        current: CurrentField::from_bits(random.i32()),
        uptime_s: random.next() as u32,
        pack: PackField::from_bits(random.next() as u16),
        port: PortField::from_bits(random.next() as i16),
        soc: ShareField::from_bits(random.next() as u16),
        soh: ShareField::from_bits(random.next() as u16),
        temperatures: core::array::from_fn(|_| sensor(random)),
        switch_temperature: sensor(random),
        board_temperature: sensor(random),
        cycles: CountField::from_bits(random.next() as u16),
        boot_number: random.next() as u16,
        highest_cell: random.next() as u8,
        lowest_cell: random.next() as u8,
        level_before: random.pick(&[None, Some(Level::Alarm), Some(Level::Hard)]),
        mode: random.pick(Mode::ALL),
        flow: random.pick(Flow::ALL),
        fault: random.yes(),
        locked: random.yes(),
        actual: Switches { charge: random.yes(), discharge: random.yes() },
        commanded: Switches { charge: random.yes(), discharge: random.yes() },
        precharge: random.yes(),
        bleeding: random.yes(),
        charger: random.yes(),
        load: random.yes(),
        detail: detail(random),
    }
}

fn record(sequence: u32, seed: u64) -> Record {
    let mut random = Random(seed);
    let random = &mut random;
    let (index, value, limit) = (random.next() as u8, random.i32(), random.i32());
    let (merged, role) = (random.pick(RecordKind::ALL), random.pick(Role::ALL));
    let release = random.pick(ReleaseReason::ALL);
    let subject = if random.yes() {
        Subject::Fault(random.pick(Fault::ALL), random.pick(Level::ALL))
    } else {
        Subject::Happening(random.pick(Happening::ALL))
    };
    Record {
        sequence,
        at: Instant::from_micros(random.next()),
        kind: random.pick(RecordKind::ALL),
        merged: random.maybe(merged),
        subject,
        index: random.maybe(index),
        value: random.maybe(value),
        limit: random.maybe(limit),
        lasted: Duration::from_micros(random.next()),
        count: random.next() as u16,
        release: random.maybe(release),
        role: random.maybe(role),
        circumstances: circumstances(random),
    }
}

/// The records that a client reads after one.
fn read(board: &mut Board, after: u32) -> (Vec<Record>, usize) {
    let mut history = History::after(after);
    board.send(&history.cursor()).unwrap();
    let mut reads = 0;
    while let Some(span) = history.next() {
        let words = board.span(span).unwrap();
        history.learn(Some(&words));
        reads += 1;
    }
    (history.records().collect(), reads)
}

proptest! {
    #[test]
    fn every_field_of_every_record_comes_through(seed: u64, first in 1..u32::MAX - 30) {
        let mut board = Board::unknown();
        // Gaps in the numbers, as a queue that dropped some leaves them.
        board.records.0 = (0..11).map(|place| record(first + 3 * place, seed ^ u64::from(place))).collect();
        let (got, _) = read(&mut board, first - 1);
        prop_assert_eq!(&got[..], &board.records.0[..8]);
        let (got, _) = read(&mut board, got[7].sequence);
        prop_assert_eq!(&got[..], &board.records.0[8..]);
        let identity = Identity::decode(&board.span(IDENTITY).unwrap()).unwrap();
        prop_assert_eq!(identity.oldest_record, first);
        prop_assert_eq!(identity.newest_record, first + 30);
    }

    #[test]
    fn words_of_any_kind_are_a_record_or_none(words in proptest::collection::vec(any::<u16>(), 0..90)) {
        if let Some(record) = decode(&words) {
            prop_assert!(record.sequence > 0);
        }
    }
}

#[test]
fn an_empty_window_is_zeros_and_costs_one_read() {
    let mut board = Board::unknown();
    let (got, reads) = read(&mut board, 0);
    assert_eq!((got.len(), reads), (0, 1));
    assert_eq!(board.read(0x0300, 80), Ok(vec![0; 80]));
    board.records.0 = vec![record(5, 1)];
    assert_eq!(read(&mut board, 4).0.len(), 1);
    assert_eq!(read(&mut board, 5).0.len(), 0);
}

#[test]
fn the_newest_number_of_all_is_found_as_well() {
    let mut board = Board::unknown();
    for newest in [1, 2, u32::MAX - 1, u32::MAX] {
        board.records.0 = vec![record(newest, 9)];
        let identity = Identity::decode(&board.span(IDENTITY).unwrap()).unwrap();
        assert_eq!((identity.oldest_record, identity.newest_record), (newest, newest));
    }
}

#[test]
fn the_cursor_stays_where_it_was_put() {
    let mut board = Board::unknown();
    board.records.0 = (1..=3).map(|sequence| record(sequence, 2)).collect();
    board.write(0x0200, &[0, 1]).unwrap();
    assert_eq!(board.read(0x0200, 2), Ok(vec![0, 1]));
    for _ in 0..2 {
        assert_eq!(board.read(0x0300, 2), Ok(vec![0, 2]));
        assert_eq!(board.read(0x0350, 2), Ok(vec![0, 3]));
        assert_eq!(board.read(0x03A0, 2), Ok(vec![0, 0]));
    }
    assert_eq!(board.write(0x0200, &[1]), Err(3));
    assert_eq!(board.write(0x0200, &[1, 1, 1]), Err(3));
    assert_eq!(board.write(0x0201, &[1]), Err(2));
    assert_eq!(board.read(0x0200, 2), Ok(vec![0, 1]));
}
