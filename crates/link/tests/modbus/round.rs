//! What the board tells, the client learns.

use cellward_link::client::Plan;
use cellward_link::modbus::client::{IDENTITY, Identity, Round, Settings};
use cellward_link::modbus::layout;
use cellward_link::modbus::points::elements;
use cellward_params::point::POINTS;
use cellward_params::{
    ActiveFault, Chemistry, Config, Fault, FaultList, Kind, Level, ParamId, Point, Profile,
    Snapshot, Value,
};
use cellward_units::NoData;
use proptest::prelude::*;

use crate::board::Board;
use crate::random::snapshot;

fn identity(board: &mut Board) -> Identity {
    Identity::decode(&board.span(IDENTITY).unwrap()).unwrap()
}

/// A whole round against a board; also how many requests it took.
fn learnt(board: &mut Board, plan: Plan, before: &Snapshot) -> (Snapshot, usize) {
    let mut round = Round::new(plan, before);
    let mut requests = 0;
    while let Some(span) = round.next() {
        let words = board.span(span).ok();
        round.learn(words.as_deref());
        requests += 1;
        assert!(requests < 100, "it comes to an end");
    }
    (round.snapshot().clone(), requests)
}

pub(crate) fn assert_told_alike(told: &Snapshot, learnt: &Snapshot) {
    for row in POINTS {
        for index in 0..elements(row.shape) {
            assert_eq!(
                learnt.value(row.point, index),
                told.value(row.point, index),
                "{} {index}",
                row.key
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_point_is_learnt_as_it_was_told(seed: u64, before: u64) {
        let told = snapshot(seed);
        let (learnt, _) = learnt(&mut Board::new(told.clone()), Plan::Full, &snapshot(before));
        assert_told_alike(&told, &learnt);
    }

    #[test]
    fn words_of_any_kind_break_no_client(seed: u64, words in proptest::collection::vec(any::<u16>(), 0..126)) {
        let mut round = Round::new(Plan::Full, &snapshot(seed));
        let mut settings = Settings::new(&identity(&mut Board::unknown()));
        let mut steps = 0;
        while let Some(span) = round.next() {
            let mut words = words.clone();
            words.resize(usize::from(span.count), 1);
            round.learn(Some(&words));
            steps += 1;
            prop_assert!(steps < 200);
        }
        while settings.next().is_some() {
            settings.learn(Some(&words), |_, _| {});
        }
        let _either = Identity::decode(&words);
    }
}

#[test]
fn every_reason_for_absence_is_learnt_for_every_point() {
    for reason in NoData::ALL {
        let told = Snapshot::absent(reason);
        let before = snapshot(7);
        let (learnt, _) = learnt(&mut Board::new(told.clone()), Plan::Full, &before);
        assert_told_alike(&told, &learnt);
    }
}

#[test]
fn a_board_that_does_not_answer_leaves_nothing_known() {
    let mut round = Round::new(Plan::Full, &snapshot(3));
    while round.next().is_some() {
        round.learn(None);
    }
    assert_eq!(round.snapshot(), &Snapshot::absent(NoData::NoAnswer));
}

#[test]
fn a_reply_of_another_length_counts_as_none() {
    let mut round = Round::new(Plan::Full, &snapshot(3));
    let span = round.next().unwrap();
    round.learn(Some(&vec![0; usize::from(span.count) - 1]));
    assert_eq!(round.snapshot(), &Snapshot::absent(NoData::NoAnswer));
}

#[test]
fn a_live_round_keeps_the_texts_and_asks_for_none() {
    let told = snapshot(11);
    let mut board = Board::new(told.clone());
    let (_, full) = learnt(&mut board, Plan::Full, &told);
    let mut before = Snapshot::absent(NoData::NotYet);
    before.put(Point::BatteryCode, 0, Value::Text(Ok("kept")));
    let (live, requests) = learnt(&mut board, Plan::Live, &before);
    assert!(requests < full);
    for row in POINTS.iter().filter(|row| row.kind == Kind::Text) {
        assert_eq!(live.value(row.point, 0), before.value(row.point, 0), "{}", row.key);
    }
}

#[test]
fn a_plain_pack_is_read_in_few_requests() {
    let mut told = Snapshot::absent(NoData::NotFitted);
    told.cell_count = Ok(16);
    told.sensor_count = Ok(4);
    let (_, requests) =
        learnt(&mut Board::new(told), Plan::Live, &Snapshot::absent(NoData::NotYet));
    // Heads in two pieces, cells, bleeding, resistances, sensors, and the counts of two lists of
    // stacked boards.
    assert_eq!(requests, 8);
}

#[test]
fn every_parameter_is_read_and_nothing_else() {
    let mut board = Board::unknown();
    board.config = Config::new(Profile::Vendor, Chemistry::Nmc, 14);
    let mut settings = Settings::new(&identity(&mut board));
    let mut read = Vec::new();
    while let Some(span) = settings.next() {
        let words = board.span(span).unwrap();
        settings.learn(Some(&words), |id, raw| read.push((id, raw)));
    }
    let expected: Vec<_> = Config::ids().map(|id| (id, board.config.raw(id).unwrap())).collect();
    assert_eq!(read, expected);
}

#[test]
fn the_identity_says_who_this_is_and_what_is_new() {
    let mut board = Board::unknown();
    let words = board.span(IDENTITY).unwrap();
    let identity = Identity::decode(&words).unwrap();
    assert_eq!(identity.version, [1, 2]);
    assert_eq!((identity.newest_record, identity.oldest_record), (0, 0));
    assert_eq!(identity.config_crc, board.config.crc());
    assert_eq!(usize::from(words[4]), POINTS.len());
    assert_eq!(usize::from(words[6]), Config::ids().count());
    let mut other = words.clone();
    other[2] = 2;
    assert_eq!(Identity::decode(&other), None);
    other = words;
    other[0] = 0;
    assert_eq!(Identity::decode(&other), None);
}

#[test]
fn an_older_board_is_asked_for_no_more_than_it_has() {
    let mut board = Board::new(snapshot(31));
    let older = Identity { points: 60, system: 41, faults: 44, ..identity(&mut board) };
    let mut round = Round::new(Plan::Full, &Snapshot::absent(NoData::NotYet));
    round.fit(&older);
    assert_eq!(round.next().unwrap().count, 120);
    while let Some(span) = round.next() {
        let words = board.span(span).ok();
        round.learn(words.as_deref());
    }
    let last = Value::Word(Err(NoData::NotCarried));
    assert_eq!(round.snapshot().value(Point::PathCheck, 0), Some(last));
    assert_eq!(round.snapshot().locked, board.snapshot.locked);

    let mut settings = Settings::new(&older);
    let mut ids = Vec::new();
    while let Some(span) = settings.next() {
        let words = board.span(span).unwrap();
        settings.learn(Some(&words), |id, _| ids.push(id));
    }
    let expected =
        |id: &ParamId| !(42..0x1000).contains(&id.0) && !(0x12D0..0x1300).contains(&id.0);
    assert!(ids.iter().copied().eq(Config::ids().filter(expected)));
}

#[test]
fn a_list_that_grew_since_its_head_was_read_is_read_to_its_end() {
    let mut told = Snapshot::absent(NoData::NotYet);
    let one = ActiveFault {
        fault: Fault::ChipLost,
        level: Level::Protection,
        index: None,
        value: None,
        limit: None,
    };
    for (before, after) in [(1, 15), (1, 16), (1, 80), (16, 3), (1, 0)] {
        let list = |count| FaultList::from_iter(std::iter::repeat_n(one, count));
        told.faults = Ok(list(before));
        let mut board = Board::new(told.clone());
        let mut round = Round::new(Plan::Full, &told);
        round.learn(board.span(round.next().unwrap()).ok().as_deref());
        board.snapshot.faults = Ok(list(after));
        while let Some(span) = round.next() {
            round.learn(board.span(span).ok().as_deref());
        }
        assert_eq!(round.snapshot().faults, board.snapshot.faults, "{before} to {after}");
    }
}

#[test]
fn a_fault_that_is_not_known_here_makes_the_list_implausible_and_not_shorter() {
    let mut told = Snapshot::absent(NoData::NotYet);
    told.faults = Ok(FaultList::new());
    let mut board = Board::new(told.clone());
    let mut round = Round::new(Plan::Live, &told);
    let span = round.next().unwrap();
    let mut heads = board.span(span).unwrap();
    let place = usize::from(layout::head(Point::ActiveFaults) - span.start);
    heads[place + 1] = 2;
    round.learn(Some(&heads));
    let rest = round.next().unwrap();
    assert!(rest.start > layout::head(Point::ActiveFaults), "the other heads");
    round.learn(board.span(rest).ok().as_deref());
    let mut entries = vec![0; usize::from(round.next().unwrap().count)];
    entries[0] = 46;
    entries[1] = 2;
    round.learn(Some(&entries));
    assert_eq!(round.snapshot().faults, Err(NoData::Implausible));
}
