//! The host's A5 session against boards with habits, by hand.

use cellward_link::a5::{Client, Options, Plan, Step};
use cellward_params::Snapshot;
use cellward_units::{Duration, Instant, NoData, Voltage};
use cellward_wire::a5::{Message, command};

/// Runs a round against a board that answers each request at once by `habit`; gives the requests
/// in order.
fn round(client: &mut Client, mut habit: impl FnMut(u8, u8) -> Vec<Message>) -> Vec<(u8, u8)> {
    let mut asked = Vec::new();
    let mut now = Instant::START;
    loop {
        match client.next_action(now) {
            Step::Done => return asked,
            Step::Wait(until) => now = now.max(until),
            Step::Send(bytes) => {
                asked.push((bytes[1], bytes[2]));
                for reply in habit(bytes[1], bytes[2]) {
                    now += Duration::from_millis(14);
                    client.receive(&reply.emit(), now);
                }
            }
        }
    }
}

fn reply(command: u8, payload: [u8; 8]) -> Message {
    Message { address: 1, command, payload }
}

/// A board of four cells at 3.3 V and one sensor at 21 °C.
fn four_cells(_host: u8, command: u8) -> Vec<Message> {
    let payloads: &[[u8; 8]] = match command {
        command::PACK => &[[0, 132, 0, 0, 0x75, 0x30, 1, 0xF4]],
        command::CELL_RANGE => &[[0x0C, 0xE4, 1, 0x0C, 0xE4, 1, 0, 0]],
        command::TEMPERATURE_RANGE => &[[61, 1, 61, 1, 0, 0, 0, 0]],
        command::SWITCHES => &[[0, 1, 1, 7, 0, 0, 0x4E, 0x20]],
        command::STATUS => &[[4, 1, 0, 0, 0, 0, 0, 0]],
        command::CELLS => &[
            [1, 0x0C, 0xE4, 0x0C, 0xE4, 0x0C, 0xE4, 0],
            [2, 0x0C, 0xE4, 0x0C, 0xE4, 0x0C, 0xE4, 0],
        ],
        command::TEMPERATURES => &[[1, 61, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]],
        command::BALANCE | command::FAILURES => &[[0; 8]],
        _ => &[],
    };
    payloads.iter().map(|&payload| reply(command, payload)).collect()
}

fn client() -> Client {
    Client::new(Options::default(), Plan::Live)
}

fn cells(snapshot: &Snapshot) -> Vec<Result<Voltage, NoData>> {
    snapshot.cell_voltage[..4].to_vec()
}

const GOOD: Result<Voltage, NoData> = Ok(Voltage::from_millivolts(3_300));

#[test]
fn the_counts_are_asked_first_and_everything_is_learnt() {
    let mut client = client();
    let asked = round(&mut client, four_cells);
    assert_eq!(asked[0], (0x40, command::STATUS));
    assert_eq!(client.report().answered.len(), 9);
    let snapshot = client.snapshot();
    assert_eq!(cells(&snapshot), [GOOD; 4]);
    assert_eq!(snapshot.cell_count, Ok(4));
    assert_eq!(client.deadline(), None);
}

#[test]
fn a_board_that_knows_only_the_app_is_found() {
    let mut client = client();
    round(
        &mut client,
        |host, command| {
            if host == 0x80 { four_cells(host, command) } else { Vec::new() }
        },
    );
    assert_eq!(client.host(), Some(0x80));
    assert_eq!(client.snapshot().cell_count, Ok(4));
}

#[test]
fn frames_that_count_from_zero_land_on_the_same_cells() {
    let mut client = client();
    round(&mut client, |host, command| {
        let mut replies = four_cells(host, command);
        if matches!(command, command::CELLS | command::TEMPERATURES) {
            for reply in &mut replies {
                reply.payload[0] -= 1;
            }
        }
        replies
    });
    assert_eq!(cells(&client.snapshot()), [GOOD; 4]);
    assert_eq!(client.report().answered.len(), 9);
}

#[test]
fn invalid_frame_numbers_are_ignored_and_order_does_not_matter() {
    let mut client = client();
    round(&mut client, |host, command| {
        let mut replies = four_cells(host, command);
        if command == command::CELLS {
            replies.reverse();
            for number in [0xFF, 17] {
                replies.insert(0, reply(command, [number, 0, 1, 0, 1, 0, 1, 0]));
            }
        }
        replies
    });
    assert_eq!(cells(&client.snapshot()), [GOOD; 4]);
}

#[test]
fn missing_frames_are_asked_for_again_and_joined() {
    let mut client = client();
    let mut turn = 0;
    let asked = round(&mut client, |host, command| {
        let mut replies = four_cells(host, command);
        if command == command::CELLS {
            turn += 1;
            replies.remove(turn % 2);
        }
        replies
    });
    assert_eq!(cells(&client.snapshot()), [GOOD; 4]);
    assert_eq!(asked.iter().filter(|ask| ask.1 == command::CELLS).count(), 4);
}

#[test]
fn late_foreign_and_echoed_frames_are_no_answers() {
    let mut client = client();
    round(&mut client, |host, command| {
        let mut replies = vec![
            Message { address: host, command, payload: [0; 8] },
            Message { address: 2, command, payload: [9; 8] },
            reply(0x97 ^ command & 1, [0xFF; 8]),
        ];
        if command == command::BALANCE || command == command::FAILURES {
            replies.truncate(2);
        }
        replies.extend(four_cells(host, command));
        replies
    });
    let report = client.report();
    assert_eq!(report.answered.len(), 9, "{report:?}");
    assert!(report.echoes > 0 && report.foreign > 0 && report.late > 0, "{report:?}");
    assert_eq!(cells(&client.snapshot()), [GOOD; 4]);
}

#[test]
fn late_frames_do_not_prolong_the_wait() {
    let mut client = client();
    let Step::Send(_) = client.next_action(Instant::START) else {
        panic!("nothing holds the first request back");
    };
    let deadline = client.deadline().unwrap();
    let later = Instant::START + Duration::from_millis(400);
    client.receive(&reply(command::BALANCE, [0; 8]).emit(), later);
    assert_eq!(client.next_action(later), Step::Wait(deadline));
}

#[test]
fn the_line_is_quiet_for_twenty_milliseconds_before_the_next_request() {
    let mut client = client();
    let Step::Send(bytes) = client.next_action(Instant::START) else {
        panic!("nothing holds the first request back");
    };
    let now = Instant::START + Duration::from_millis(50);
    for reply in four_cells(bytes[1], bytes[2]) {
        client.receive(&reply.emit(), now);
    }
    let ready = now + Duration::from_millis(20);
    assert_eq!(client.next_action(now), Step::Wait(ready));
    assert!(matches!(client.next_action(ready), Step::Send(_)));
}

#[test]
fn a_silent_board_is_given_up_within_five_seconds() {
    let mut client = client();
    let asked = round(&mut client, |_, _| Vec::new());
    assert!(asked.contains(&(0x40, 0x90)) && asked.contains(&(0x80, 0x90)));
    assert!(asked.len() <= 10);
    assert_eq!(client.report().answered.len(), 0);
    assert_eq!(client.snapshot().pack_voltage, Err(NoData::NoAnswer));
}

#[test]
fn a_soc_above_the_whole_or_an_impossible_current_is_refused() {
    for payload in [[0, 132, 0, 0, 0x75, 0x30, 3, 0xE9], [0, 132, 0, 0, 0xFF, 0xFF, 1, 0xF4]] {
        let mut client = client();
        round(&mut client, |host, command| match command {
            command::PACK => vec![reply(command, payload)],
            _ => four_cells(host, command),
        });
        let snapshot = client.snapshot();
        assert_eq!(snapshot.pack_voltage, Err(NoData::NoAnswer));
        assert_eq!(snapshot.soc, Err(NoData::NoAnswer));
        assert_eq!(client.report().unanswered, [command::PACK]);
    }
}

#[test]
fn without_counts_no_cell_is_made_up() {
    let mut client = client();
    round(&mut client, |host, command| match command {
        command::STATUS => Vec::new(),
        _ => four_cells(host, command),
    });
    let snapshot = client.snapshot();
    assert_eq!(snapshot.cell_count, Err(NoData::NoAnswer));
    assert_eq!(snapshot.cell_voltage[0], Err(NoData::NoAnswer));
    assert_eq!(snapshot.pack_voltage, Ok(Voltage::from_millivolts(13_200)));
    assert!(client.report().unanswered.contains(&command::CELLS));
}

#[test]
fn values_of_an_earlier_round_are_not_shown_again() {
    let mut client = client();
    round(&mut client, four_cells);
    client.begin(Plan::Live);
    round(&mut client, |_, _| Vec::new());
    assert_eq!(client.snapshot().pack_voltage, Err(NoData::NoAnswer));
}
