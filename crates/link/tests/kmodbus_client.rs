//! The host's sessions of the near-Modbus dialects against boards with habits, by hand: what is
//! refused, and where the ranges end.

use cellward_link::client::{Plan, Rounds, Session, Step};
use cellward_link::kmodbus::{Client, Dialect, Options};
use cellward_params::Snapshot;
use cellward_units::{Current, Instant, NoData, Temperature, Voltage};
use cellward_wire::modbus::{Area, Head, Reply, Request, WriteForm, request_rtu};

/// Runs a round against a board that answers each read at once by `habit`; gives what was asked.
fn round(
    client: &mut Client,
    mut habit: impl FnMut(u16, u16) -> Option<Vec<u16>>,
) -> Vec<(u16, u16)> {
    let mut asked = Vec::new();
    let mut now = Instant::START;
    loop {
        match client.next_action(now) {
            Step::Done => return asked,
            Step::Wait(until) => now = now.max(until),
            Step::Send(bytes) => {
                let Head::Frame { address, body: Request::Read { start, count, .. }, .. } =
                    request_rtu(&bytes, WriteForm::Lenient)
                else {
                    panic!("not a read");
                };
                asked.push((start, count));
                if let Some(words) = habit(start, count) {
                    let words = words.into_iter().collect();
                    let reply = Reply::Words { area: Area::Holding, words };
                    let from = if address == 0xD2 { 0xD2 } else { address - 0x30 };
                    client.receive(&reply.emit_rtu(from), now);
                }
            }
        }
    }
}

/// 80 registers of D2 status: four cells at 3.3 V, two sensors at 21 °C, 13.2 V, no current, 50 %.
fn status() -> Vec<u16> {
    let mut words = vec![0; 80];
    words[..4].fill(3_300);
    words[0x20..0x22].fill(61);
    for (register, word) in [
        (0x28, 132),
        (0x29, 30_000),
        (0x2A, 500),
        (0x2B, 3_300),
        (0x2C, 3_300),
        (0x2D, 61),
        (0x2E, 61),
        (0x31, 4),
        (0x32, 2),
        (0x42, 70),
        (0x43, 65),
    ] {
        words[register] = word;
    }
    words
}

/// The snapshot of one round with these registers changed.
fn with(changes: &[(usize, u16)]) -> (Snapshot, Client) {
    let mut client = Client::new(Options::new(Dialect::D2), Plan::Live);
    round(&mut client, |start, count| {
        let mut words = status();
        for &(register, word) in changes {
            words[register] = word;
        }
        Some(words[usize::from(start)..usize::from(start + count)].to_vec())
    });
    (client.snapshot(), client)
}

fn millivolts(value: Result<Voltage, NoData>) -> Result<i32, NoData> {
    value.map(Voltage::as_millivolts)
}

#[test]
fn values_at_the_edge_of_what_batteries_know_are_believed_and_one_step_beyond_are_absent() {
    let implausible = Err(NoData::Implausible);
    let cell = |word| millivolts(with(&[(1, word)]).0.cell_voltage[1]);
    assert_eq!((cell(500), cell(499)), (Ok(500), implausible));
    assert_eq!((cell(5_000), cell(5_001)), (Ok(5_000), implausible));
    assert_eq!(cell(0), Err(NoData::Unknown), "an unused slot within the count");
    let pack = |word| millivolts(with(&[(0x28, word)]).0.pack_voltage);
    assert_eq!((pack(10), pack(9)), (Ok(1_000), implausible));
    assert_eq!((pack(3_000), pack(3_001)), (Ok(300_000), implausible));
    assert_eq!(pack(0xFFFF), Err(NoData::Unknown));
    let sensor = |word| with(&[(0x20, word)]).0.temperature[0].map(Temperature::as_celsius);
    assert_eq!((sensor(0), sensor(160)), (Ok(-40), Ok(120)));
    assert_eq!(sensor(161), Err(NoData::Implausible));
    assert_eq!(sensor(0xFF), Err(NoData::SensorOpen));
    let switches = |word| with(&[(0x42, word)]).0.switch_temperature.map(Temperature::as_celsius);
    assert_eq!((switches(1), switches(160)), (Ok(-39), Ok(120)));
    assert_eq!((switches(161), switches(0)), (Err(NoData::Implausible), Err(NoData::Unknown)));
    let board = |word| with(&[(0x43, word)]).0.board_temperature.map(Temperature::as_celsius);
    assert_eq!((board(160), board(161)), (Ok(120), Err(NoData::Implausible)));
    assert_eq!(with(&[(0x35, 2)]).0.charge_switch_closed, Err(NoData::Implausible));
    assert_eq!(with(&[(0x2F, 3)]).0.flow, Err(NoData::Implausible));
}

#[test]
fn a_status_that_cannot_be_true_is_asked_again_and_then_refused_whole() {
    let counts = |changes: &[(usize, u16)]| {
        let (snapshot, client) = with(changes);
        let report = client.report();
        let refused = report.bogus + report.implausible;
        assert_eq!(snapshot.cell_count.is_err(), refused > 0);
        assert!(refused == 0 || report.unanswered.contains(&0));
        (report.bogus, report.implausible)
    };
    assert_eq!(counts(&[(0x2A, 1_000)]), (0, 0));
    // Two tries of the long block, because it may be unknown.
    assert_eq!(counts(&[(0x2A, 1_001)]), (2, 0));
    assert_eq!(counts(&[(0x2A, 0xFFFF)]), (0, 0), "not known");
    assert_eq!(counts(&[(0x28, 0)]), (2, 0));
    assert_eq!(counts(&[(0x29, 0)]), (2, 0));
    assert_eq!(counts(&[(0x29, 40_000)]), (0, 0), "1000 A");
    assert_eq!(counts(&[(0x29, 40_001)]), (0, 2));
    assert_eq!(counts(&[(0x29, 20_000)]), (0, 0));
    assert_eq!(counts(&[(0x29, 19_999)]), (0, 2));
    assert_eq!(counts(&[(0x29, 0xFFFF)]), (0, 0));
    assert_eq!(counts(&[(0x31, 0)]), (0, 2));
    assert_eq!(counts(&[(0x31, 48)]), (0, 0));
    assert_eq!(counts(&[(0x31, 49)]), (0, 2));
    assert_eq!(counts(&[(0x32, 8)]), (0, 0));
    assert_eq!(counts(&[(0x32, 9)]), (0, 2));
    let half = Options { current_limit: Current::from_amps(500), ..Options::new(Dialect::D2) };
    let mut client = Client::new(half, Plan::Live);
    round(&mut client, |_, _| {
        let mut words = status();
        words[0x29] = 35_001;
        Some(words)
    });
    assert_eq!(client.report().implausible, 2);
}

#[test]
fn the_zeros_of_a_board_that_has_just_woken_are_refused_until_it_knows() {
    let mut client = Client::new(Options::new(Dialect::D2), Plan::Full);
    let mut zeros = 1;
    let asked = round(&mut client, |start, count| {
        if start == 0 && zeros > 0 {
            zeros -= 1;
            return Some(vec![0; usize::from(count)]);
        }
        (start == 0).then(status)
    });
    assert_eq!(asked[..2], [(0, 80), (0, 80)]);
    assert_eq!(client.report().bogus, 1);
    assert_eq!(client.snapshot().cell_count, Ok(4));
    // A board that stays so is asked for nothing else.
    let mut client = Client::new(Options::new(Dialect::P81), Plan::Full);
    let asked = round(&mut client, |_, count| Some(vec![0; usize::from(count)]));
    assert_eq!(asked, [(0, 65); 3]);
    assert_eq!(client.report().unanswered, [0, 0x41, 0x100, 0x178]);
    assert_eq!(client.snapshot().charge_switch_closed, Err(NoData::NoAnswer));
}

#[test]
fn the_second_block_of_p81_is_not_believed_while_it_is_all_zeros() {
    let mut client = Client::new(Options::new(Dialect::P81), Plan::Live);
    let asked = round(&mut client, |start, count| {
        let mut words = vec![0; usize::from(count)];
        if start == 0 {
            words[..4].fill(3_300);
            for (register, word) in [(0x38, 132), (0x39, 30_000), (0x3A, 500), (0x3C, 4)] {
                words[register] = word;
            }
        }
        Some(words)
    });
    assert_eq!(asked, [(0, 65), (0x41, 62), (0x41, 62), (0x41, 62)]);
    let snapshot = client.snapshot();
    assert_eq!((snapshot.cell_count, client.report().bogus), (Ok(4), 3));
    assert_eq!(snapshot.charge_switch_closed, Err(NoData::NoAnswer));
    assert_eq!(snapshot.faults, Err(NoData::NoAnswer));
}

#[test]
fn an_exception_marks_a_block_as_unsupported_at_once() {
    let mut client = Client::new(Options::new(Dialect::D2), Plan::Full);
    let mut now = Instant::START;
    let mut asked = Vec::new();
    loop {
        match client.next_action(now) {
            Step::Done => break,
            Step::Wait(until) => now = now.max(until),
            Step::Send(bytes) => {
                asked.push(bytes[3]);
                let reply = if bytes[3] == 0 {
                    Reply::Words { area: Area::Holding, words: status().into_iter().collect() }
                } else {
                    Reply::Exception { function: 3, code: 2 }
                };
                client.receive(&reply.emit_rtu(0xD2), now);
            }
        }
    }
    assert_eq!(asked, [0x00, 0x80, 0xA9, 0xCC]);
    assert_eq!(client.report().unanswered, [0x80, 0xA9, 0xCC]);
}

/// A board of 62 registers without the rest of the status; on a line that loses the first reply
/// if it is `lossy`.
fn without_rest(client: &mut Client, lossy: bool) -> usize {
    let mut lost = !lossy;
    let asked = round(client, |start, count| {
        let here = start == 0 && count == 62;
        (here && std::mem::replace(&mut lost, true)).then(|| status()[..62].to_vec())
    });
    asked.iter().filter(|(start, _)| *start == 62).count()
}

#[test]
fn a_block_that_was_silent_in_four_rounds_without_another_loss_is_left_out() {
    let mut client = Client::new(Options::new(Dialect::D2), Plan::Live);
    let mut asked = vec![without_rest(&mut client, false)];
    for _ in 0..5 {
        client.begin(Plan::Live);
        asked.push(without_rest(&mut client, false));
    }
    assert_eq!(asked, [3, 1, 1, 1, 0, 0]);
    // Once that is known, a noisy line changes nothing.
    client.begin(Plan::Live);
    assert_eq!(without_rest(&mut client, true), 0);
    client.begin(Plan::Live);
    assert_eq!(without_rest(&mut client, false), 0);
    client.begin(Plan::Full);
    assert_eq!(without_rest(&mut client, false), 1, "but a full round looks again");
}

#[test]
fn silence_counts_for_nothing_while_other_replies_are_lost() {
    let mut client = Client::new(Options::new(Dialect::D2), Plan::Live);
    assert_eq!(without_rest(&mut client, true), 3);
    client.begin(Plan::Live);
    assert_eq!(without_rest(&mut client, true), 3);
    client.begin(Plan::Live);
    assert_eq!(without_rest(&mut client, false), 3);
    client.begin(Plan::Live);
    assert_eq!(without_rest(&mut client, true), 1);
    let mut asked = Vec::new();
    for _ in 0..4 {
        client.begin(Plan::Live);
        asked.push(without_rest(&mut client, false));
    }
    assert_eq!(asked, [1, 1, 1, 0], "the noisy round before did not count");
}

#[test]
fn a_balancer_without_current_or_charge_is_read() {
    // A captured stand-alone balancer: state of charge, capacity and switches read as zero.
    let (snapshot, client) = with(&[(0x2A, 0), (0x30, 0)]);
    assert!(client.report().clean());
    assert_eq!(snapshot.current, Ok(Current::ZERO));
    assert_eq!(snapshot.cell_count, Ok(4));
}

#[test]
fn a_round_that_is_cut_short_names_what_is_missing() {
    let mut client = Client::new(Options::new(Dialect::P81), Plan::Full);
    assert!(matches!(client.next_action(Instant::START), Step::Send(_)));
    assert!(client.deadline().is_some());
    client.abort();
    assert_eq!(client.report().unanswered, [0, 0x41, 0x100, 0x178]);
    assert_eq!(client.report().requests, 1);
    assert_eq!(client.next_action(Instant::START), Step::Done);
    assert_eq!(client.deadline(), None);
}

#[test]
fn the_hottest_and_the_highest_are_found_where_the_board_does_not_name_them() {
    let (snapshot, _) = with(&[(2, 3_310), (0x2B, 3_310), (0x21, 65), (0x2D, 0), (0x2E, 0)]);
    assert_eq!(snapshot.highest_cell_number, Ok(3));
    assert_eq!(snapshot.lowest_cell_number, Ok(1));
    assert_eq!(snapshot.highest_temperature, Ok(Temperature::from_celsius(25)));
    assert_eq!(snapshot.lowest_temperature, Ok(Temperature::from_celsius(21)));
}
