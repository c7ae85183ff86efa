//! Tests: what is told at once, what is merged, and what is dropped.

use cellward_params::record::{Happening, ReleaseReason, Subject};
use cellward_params::{Fault, Level, PortId, Role, ShortText};
use cellward_units::Duration;
use std::vec::Vec;

use super::*;

const OVER: Subject = Subject::Fault(Fault::CellOverVoltage, Level::Protection);

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

fn line(kind: RecordKind, subject: Subject, index: Option<u8>) -> Line {
    Line { subject, index, ..Line::plain(kind, Happening::Started) }
}

fn set(index: u8) -> Line {
    line(RecordKind::ProtectionSet, OVER, Some(index))
}

fn happened(happening: Happening) -> Line {
    Line::plain(RecordKind::Change, happening)
}

/// What a step of the engine does: storms first, then the line.
fn tell(story: &mut Story, line: &Line, millis: u64) -> u32 {
    settle(story, millis);
    story.tell(line, Circumstances::UNKNOWN, at(millis))
}

fn settle(story: &mut Story, millis: u64) {
    if story.is_due(at(millis)) {
        story.settle(&Circumstances::UNKNOWN, at(millis));
    }
}

fn records(story: &mut Story) -> Vec<Record> {
    let mut all = Vec::new();
    while let Some(event) = story.pop() {
        if let Event::Record(record) = event {
            all.push(record);
        }
    }
    all
}

fn image(boot_number: u32) -> Persist {
    Persist { boot_number, ..Persist::blank() }
}

fn answer(id: u16) -> Event {
    Event::Answer(Answer { id, port: PortId(0), result: Ok(()) })
}

#[test]
fn a_full_queue_keeps_the_oldest_records_and_counts_what_it_drops() {
    let mut story = Story::new();
    for number in 0..40 {
        tell(&mut story, &set(number), 0);
    }
    assert_eq!(story.dropped(), 8);
    let kept = records(&mut story);
    let numbers: Vec<u32> = kept.iter().map(|record| record.sequence).collect();
    assert_eq!(numbers, (1..=32).collect::<Vec<u32>>());
    // The gap in the numbers shows what is missing.
    tell(&mut story, &happened(Happening::KeyOn), 1);
    assert_eq!(records(&mut story)[0].sequence, 41);
}

#[test]
fn a_storm_of_records_costs_neither_an_answer_nor_the_image() {
    let mut story = Story::new();
    for number in 0..200 {
        tell(&mut story, &set(number), 0);
    }
    story.push(Event::Persist(image(1)));
    story.push(answer(7));
    story.push(Event::Persist(image(2)));
    assert_eq!(records(&mut story.clone()).len(), 32);
    let rest: Vec<Event> = core::iter::from_fn(|| story.pop()).skip(32).collect();
    assert_eq!(rest, [Event::Persist(image(2)), answer(7)], "the newest image, then the answer");
}

#[test]
fn more_answers_than_there_is_room_for_are_counted() {
    let mut story = Story::new();
    for id in 0..9 {
        story.push(answer(id));
    }
    assert_eq!(story.dropped(), 1);
    assert_eq!(story.pop(), Some(answer(0)));
}

#[test]
fn the_first_is_told_at_once_and_its_repetitions_in_one_record_after_ten_seconds() {
    let mut story = Story::new();
    let first = tell(&mut story, &set(6), 1_000);
    let told = records(&mut story);
    assert_eq!((told.len(), told[0].sequence, told[0].count), (1, first, 1));
    assert_eq!(story.deadline(), None, "nothing is to be told as long as nothing repeats");

    for (millis, value) in [(2_500, 3_661), (4_000, 3_662), (10_999, 3_663)] {
        let line = Line { value: Some(value), limit: Some(3_650), ..set(6) };
        assert_eq!(tell(&mut story, &line, millis), first);
    }
    assert_eq!(story.deadline(), Some(at(11_000)));
    settle(&mut story, 10_999);
    assert_eq!(records(&mut story), []);
    settle(&mut story, 11_000);
    let told = records(&mut story);
    let [storm] = told[..] else { panic!("{told:?}") };
    assert_eq!((storm.kind, storm.merged), (RecordKind::Storm, Some(RecordKind::ProtectionSet)));
    assert_eq!((storm.subject, storm.index, storm.count), (OVER, Some(6), 3));
    assert_eq!((storm.value, storm.limit), (Some(3_663), Some(3_650)));
    assert_eq!((storm.first_at(), storm.at), (at(2_500), at(10_999)));
    assert_eq!(storm.sequence, 2);
    assert_eq!(story.deadline(), None);
}

#[test]
fn ten_seconds_apart_is_not_more_often_than_once_in_ten_seconds() {
    for (millis, merged) in [(9_999, true), (10_000, false), (10_001, false)] {
        let mut story = Story::new();
        tell(&mut story, &set(0), 0);
        tell(&mut story, &set(0), millis);
        assert_eq!(records(&mut story).len(), if merged { 1 } else { 2 }, "{millis}");
    }
}

#[test]
fn after_its_storm_an_event_is_a_first_again() {
    let mut story = Story::new();
    for millis in [0, 5_000, 10_000, 12_000, 20_000] {
        tell(&mut story, &set(0), millis);
    }
    let kinds: Vec<_> = records(&mut story).iter().map(|record| record.kind).collect();
    use RecordKind::{ProtectionSet as Set, Storm};
    assert_eq!(kinds, [Set, Storm, Set, Storm, Set]);
}

#[test]
fn a_step_that_comes_late_still_tells_the_storm_first() {
    let mut story = Story::new();
    for millis in [0, 5_000, 60_000] {
        tell(&mut story, &set(0), millis);
    }
    let told = records(&mut story);
    assert_eq!(told[1].kind, RecordKind::Storm);
    assert_eq!((told[1].at, told[2].at), (at(5_000), at(60_000)));
}

#[test]
fn kind_subject_and_place_each_make_another_event() {
    let mut story = Story::new();
    let hard = Subject::Fault(Fault::CellOverVoltage, Level::Hard);
    let lines = [
        set(0),
        set(1),
        line(RecordKind::ProtectionSet, OVER, None),
        line(RecordKind::ProtectionSet, hard, Some(0)),
        line(RecordKind::ProtectionCleared, OVER, Some(0)),
        happened(Happening::SwitchOpened),
        happened(Happening::SwitchClosed),
    ];
    for line in &lines {
        tell(&mut story, line, 0);
    }
    assert_eq!(records(&mut story).len(), lines.len());
}

#[test]
fn locks_starts_and_writes_are_never_merged() {
    let mut story = Story::new();
    let lock = line(RecordKind::Lock, OVER, None);
    let unlock = Line { reason: Some(ShortText::new("cell replaced")), ..lock };
    let write = Line::plain(RecordKind::ParameterWrite, Happening::ParametersWritten);
    let boot = Line::plain(RecordKind::Boot, Happening::Started);
    for line in [lock, unlock, write, boot, lock, unlock, write, boot] {
        tell(&mut story, &line, 0);
    }
    assert_eq!(records(&mut story).len(), 8);
    assert_eq!(story.deadline(), None);
}

#[test]
fn without_a_window_left_events_are_told_unmerged() {
    let mut story = Story::new();
    let windows = u8::try_from(storm::WINDOWS).unwrap();
    for number in 0..windows {
        tell(&mut story, &set(number), 0);
    }
    for _ in 0..3 {
        tell(&mut story, &set(windows), 1);
        tell(&mut story, &set(windows - 1), 1);
    }
    assert_eq!(records(&mut story).len(), storm::WINDOWS + 3);
    // Windows that have nothing to tell make room when their time is over.
    for millis in [10_000, 10_001, 10_002] {
        tell(&mut story, &set(windows), millis);
    }
    let told: Vec<_> =
        records(&mut story).iter().map(|record| (record.kind, record.index)).collect();
    let last = (RecordKind::Storm, Some(windows - 1));
    assert_eq!(told, [last, (RecordKind::ProtectionSet, Some(windows))]);
}

#[test]
fn storms_that_end_together_are_told_in_the_order_of_what_began_them() {
    let mut story = Story::new();
    for number in [3, 1, 2] {
        tell(&mut story, &set(number), 0);
    }
    for number in [2, 3, 1] {
        tell(&mut story, &set(number), 1);
    }
    records(&mut story);
    settle(&mut story, 10_000);
    let told: Vec<_> = records(&mut story).iter().map(|record| record.index).collect();
    assert_eq!(told, [Some(3), Some(1), Some(2)]);
}

#[test]
fn the_deadline_is_that_of_the_first_storm_that_ends() {
    let mut story = Story::new();
    tell(&mut story, &set(0), 0);
    tell(&mut story, &set(1), 3_000);
    tell(&mut story, &set(1), 4_000);
    assert_eq!(story.deadline(), Some(at(13_000)));
    tell(&mut story, &set(0), 5_000);
    assert_eq!(story.deadline(), Some(at(10_000)));
    settle(&mut story, 10_000);
    assert_eq!(story.deadline(), Some(at(13_000)));
}

#[test]
fn at_the_end_of_all_time_nothing_waits_for_ever() {
    let end = Instant::from_micros(u64::MAX);
    let mut story = Story::new();
    let near = end.before(Duration::from_secs(4));
    story.tell(&set(0), Circumstances::UNKNOWN, near);
    story.tell(&set(0), Circumstances::UNKNOWN, near);
    assert_eq!(story.deadline(), Some(end));
    story.settle(&Circumstances::UNKNOWN, end);
    for _ in 0..3 {
        story.tell(&set(0), Circumstances::UNKNOWN, end);
    }
    let kinds: Vec<_> = records(&mut story).iter().map(|record| record.kind).collect();
    use RecordKind::{ProtectionSet as Set, Storm};
    assert_eq!(kinds, [Set, Storm, Set, Set, Set]);
}

#[test]
fn a_count_stops_at_what_a_record_holds() {
    let mut story = Story::new();
    for _ in 0..=u32::from(u16::MAX) + 1 {
        story.tell(&set(0), Circumstances::UNKNOWN, at(0));
    }
    story.settle(&Circumstances::UNKNOWN, at(10_000));
    assert_eq!(records(&mut story)[1].count, u16::MAX);
}

#[test]
fn a_record_says_what_was_active_before_it_and_whether_a_fault_stands_after_it() {
    let mut story = Story::new();
    let alarm = Subject::Fault(Fault::CellOverVoltage, Level::Alarm);
    let locked = Subject::Fault(Fault::ThermalRunaway, Level::Hard);
    let lines = [
        line(RecordKind::AlarmSet, alarm, None),
        set(0),
        line(RecordKind::Lock, locked, None),
        line(RecordKind::ProtectionCleared, OVER, Some(0)),
    ];
    for line in &lines {
        tell(&mut story, line, 0);
    }
    let told: Vec<_> = records(&mut story)
        .iter()
        .map(|record| &record.circumstances)
        .map(|it| (it.level_before, it.row_was_active(2), it.fault, it.locked))
        .collect();
    assert_eq!(
        told,
        [
            (None, false, false, false),
            (Some(Level::Alarm), true, true, false),
            (Some(Level::Protection), true, true, true),
            (Some(Level::Hard), true, true, true),
        ]
    );
}

#[test]
fn who_unlocks_gives_a_reason_and_is_told_as_an_installer() {
    let mut story = Story::new();
    let lock = line(RecordKind::Lock, OVER, None);
    let reason = Some(ShortText::new("cell replaced"));
    tell(&mut story, &lock, 0);
    tell(&mut story, &Line { reason, ..lock }.by(Role::Installer), 1);
    let told = records(&mut story);
    assert!(!told[0].is_unlock());
    assert_eq!((told[0].release, told[0].reason()), (None, None));
    assert!(told[1].is_unlock());
    assert_eq!(told[1].release, Some(ReleaseReason::Installer));
    assert_eq!(told[1].role, Some(Role::Installer));
    assert_eq!(told[1].reason().map(ShortText::as_str), Some("cell replaced"));
}

#[test]
fn another_reason_to_release_is_told_at_once() {
    let mut story = Story::new();
    let cleared = line(RecordKind::ProtectionCleared, OVER, None);
    for release in [ReleaseReason::Retry, ReleaseReason::Key, ReleaseReason::Retry] {
        tell(&mut story, &Line { release: Some(release), ..cleared }, 0);
    }
    let reasons: Vec<_> = records(&mut story).iter().map(|record| record.release).collect();
    assert_eq!(reasons, [Some(ReleaseReason::Retry), Some(ReleaseReason::Key)]);
}
