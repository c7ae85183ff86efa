//! The host's A5 session against boards with habits, by hand.

use cellward_link::a5::{Client, Options};
use cellward_link::client::{Plan, Rounds, Session, Step};
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
        assert_eq!(client.report().unanswered, [u16::from(command::PACK)]);
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
    assert!(client.report().unanswered.contains(&command::CELLS.into()));
}

#[test]
fn values_of_an_earlier_round_are_not_shown_again() {
    let mut client = client();
    round(&mut client, four_cells);
    client.begin(Plan::Live);
    round(&mut client, |_, _| Vec::new());
    assert_eq!(client.snapshot().pack_voltage, Err(NoData::NoAnswer));
}

#[test]
fn totals_stay_until_they_are_asked_for_again_and_the_clock_does_not() {
    let with_totals = |host: u8, command: u8| match command {
        command::TOTALS => vec![reply(command, [0, 0, 0, 9, 0, 0, 0, 7])],
        command::CLOCK => vec![reply(command, [26, 11, 22, 10, 0, 0, 1, 0xF4])],
        // A board that is silent to several is not asked for the others.
        command::RATED | command::BOARDS => vec![reply(command, [0; 8])],
        _ => four_cells(host, command),
    };
    let mut client = Client::new(Options::default(), Plan::Full);
    round(&mut client, with_totals);
    client.begin(Plan::Full);
    round(&mut client, with_totals);
    let full = client.snapshot();
    assert!(full.charged_total.is_ok() && full.board_clock.is_ok(), "{full:?}");
    client.begin(Plan::Live);
    let asked = round(&mut client, with_totals);
    assert!(asked.iter().all(|&(_, command)| command != command::TOTALS));
    assert_eq!(client.snapshot().charged_total, full.charged_total);
    assert!(client.snapshot().board_clock.is_err());
    client.begin(Plan::Full);
    round(&mut client, four_cells);
    assert!(client.snapshot().charged_total.is_err(), "asked for and not answered");
}

/// As [`round`], with a board that takes 44 ms to its first whole frame; gives the time when the
/// round is over.
fn timed(
    client: &mut Client,
    start: Instant,
    mut habit: impl FnMut(u8) -> Vec<Message>,
) -> Instant {
    let mut now = start;
    loop {
        match client.next_action(now) {
            Step::Done => return now,
            Step::Wait(until) => now = now.max(until),
            Step::Send(bytes) => {
                now += Duration::from_millis(30);
                for reply in habit(bytes[2]) {
                    now += Duration::from_millis(14);
                    client.receive(&reply.emit(), now);
                }
            }
        }
    }
}

#[test]
fn a_board_of_another_make_is_read_whole_and_quickly() {
    // Fourteen cells, seven sensors, one empty 0x96 frame too many, 0xFF in what is not used, and
    // not one of the parameter reads.
    let other_make = |command| -> Vec<Message> {
        let payloads: Vec<[u8; 8]> = match command {
            command::STATUS => vec![[14, 7, 0, 0, 0, 0xFF, 0xFF, 0xFF]],
            command::PACK => vec![[1, 0xCE, 0xFF, 0xFF, 0x75, 0x30, 1, 0xF4]],
            command::CELL_RANGE => vec![[0x0C, 0xE4, 1, 0x0C, 0xE4, 1, 0xFF, 0xFF]],
            command::TEMPERATURE_RANGE => vec![[61, 1, 61, 1, 0xFF, 0xFF, 0xFF, 0xFF]],
            command::SWITCHES => vec![[0, 1, 1, 7, 0, 0, 0x4E, 0x20]],
            command::CELLS => (1..=5)
                .map(|number| match number {
                    5 => [5, 0x0C, 0xE4, 0x0C, 0xE4, 0xFF, 0xFF, 0xFF],
                    _ => [number, 0x0C, 0xE4, 0x0C, 0xE4, 0x0C, 0xE4, 0xFF],
                })
                .collect(),
            command::TEMPERATURES => {
                vec![[1, 61, 61, 61, 61, 61, 61, 61], [2, 0, 0, 0, 0, 0, 0, 0]]
            }
            command::BALANCE => vec![[0, 0, 0, 0, 0, 0, 0xFF, 0xFF]],
            command::FAILURES => vec![[0; 8]],
            _ => Vec::new(),
        };
        payloads.into_iter().map(|payload| reply(command, payload)).collect()
    };
    let mut client = Client::new(Options::default(), Plan::Full);
    let took = timed(&mut client, Instant::START, other_make).since(Instant::START);
    assert_eq!(client.report().answered.len(), 9, "{:?}", client.report());
    let snapshot = client.snapshot();
    assert!(snapshot.cell_voltage[..14].iter().all(|&cell| cell == GOOD));
    assert!(snapshot.temperature[..7].iter().all(Result::is_ok));
    assert_eq!(snapshot.cell_voltage_sum, Ok(Voltage::from_millivolts(46_200)));
    assert_eq!(snapshot.cycles, Err(NoData::Unknown));
    assert!(took.as_millis() < 2_400, "{took:?}");
}

#[test]
fn slots_past_the_counts_do_not_make_a_reading_doubtful() {
    let mut client = client();
    let mut noise = 0_u8;
    let asked = round(&mut client, |host, command| {
        let mut replies = four_cells(host, command);
        noise = noise.wrapping_add(37);
        match command {
            command::CELLS => replies[1].payload[3..].fill(noise),
            command::TEMPERATURES => replies[0].payload[2..].fill(noise),
            _ => {}
        }
        replies
    });
    for command in [command::CELLS, command::TEMPERATURES] {
        assert_eq!(asked.iter().filter(|ask| ask.1 == command).count(), 2, "{command:#04x}");
    }
    assert_eq!(client.report().answered.len(), 9);
}

#[test]
fn while_a_board_wakes_none_of_its_zeros_is_believed() {
    let mut client = client();
    round(&mut client, |host, command| match command {
        command::STATUS => four_cells(host, command),
        _ => {
            vec![reply(command, [u8::from(command == command::TEMPERATURES), 0, 0, 0, 0, 0, 0, 0])]
        }
    });
    let snapshot = client.snapshot();
    assert_eq!(snapshot.charge_switch_closed, Err(NoData::NoAnswer));
    assert_eq!(snapshot.remaining, Err(NoData::NoAnswer));
    assert_eq!(snapshot.highest_temperature, Err(NoData::NoAnswer));
    assert_eq!(snapshot.temperature[0], Err(NoData::NoAnswer));
    assert!(snapshot.faults.is_err());
    // Once it is awake, the same zeros are what they say.
    client.begin(Plan::Live);
    round(&mut client, |host, command| match command {
        command::SWITCHES => vec![reply(command, [0; 8])],
        _ => four_cells(host, command),
    });
    assert_eq!(client.snapshot().charge_switch_closed, Ok(false));
}

#[test]
fn a_board_without_sensors_has_no_temperature() {
    let mut client = client();
    round(&mut client, |host, command| match command {
        command::STATUS => vec![reply(command, [4, 0, 0, 0, 0, 0, 0, 0])],
        command::TEMPERATURE_RANGE => vec![reply(command, [0; 8])],
        _ => four_cells(host, command),
    });
    assert_eq!(client.snapshot().highest_temperature, Err(NoData::NotFitted));
    assert_eq!(client.snapshot().lowest_temperature, Err(NoData::NotFitted));
}

#[test]
fn the_clock_of_an_earlier_round_is_not_shown_as_the_time() {
    let habit = |host, command| match command {
        command::CLOCK => vec![reply(command, [22, 12, 13, 21, 29, 39, 1, 0xF4])],
        command::RATED => vec![reply(command, [0, 0, 0x75, 0x30, 0, 0, 0x0E, 0x10])],
        0x51..=0x60 | 0x62 | 0x63 => vec![reply(command, [1, 1, 22, 1, 1, 0, 0, 0])],
        _ => four_cells(host, command),
    };
    let mut client = Client::new(Options::default(), Plan::Full);
    round(&mut client, habit);
    assert_eq!(client.snapshot().board_clock.unwrap().as_str(), "2022-12-13 21:29:39");
    client.begin(Plan::Live);
    round(&mut client, habit);
    assert_eq!(client.snapshot().board_clock, Err(NoData::NoAnswer));
    assert!(client.snapshot().rated_capacity.is_ok(), "ratings stay");
}

#[test]
fn a_command_that_a_board_never_knew_costs_one_short_try_a_round() {
    let balancer = |command| match command {
        command::SWITCHES => Vec::new(),
        _ => four_cells(0x40, command),
    };
    let mut client = client();
    let first = timed(&mut client, Instant::START, balancer);
    client.begin(Plan::Live);
    let mut asked = 0;
    let mut second = timed(&mut client, first, |command| {
        asked += u32::from(command == command::SWITCHES);
        balancer(command)
    });
    let took = second.since(first);
    assert_eq!(asked, 1);
    assert!(took.as_millis() < 900, "{took:?}");
    // One that learns it later is believed.
    for _ in 0..2 {
        client.begin(Plan::Live);
        second = timed(&mut client, second, |command| four_cells(0x40, command));
    }
    assert!(client.snapshot().charge_switch_closed.is_ok());
}

#[test]
fn a_board_that_fell_silent_is_sought_again_at_both_addresses() {
    let mut client = client();
    round(&mut client, four_cells);
    assert_eq!(client.host(), Some(0x40));
    for _ in 0..2 {
        client.begin(Plan::Live);
        round(&mut client, |_, _| Vec::new());
    }
    client.begin(Plan::Live);
    round(&mut client, |host, command| match host {
        0x80 => four_cells(host, command),
        _ => Vec::new(),
    });
    assert_eq!(client.host(), Some(0x80));
    assert_eq!(client.snapshot().cell_count, Ok(4));
}

#[test]
fn frame_numbers_that_cannot_be_do_not_fill_the_memory() {
    let mut client = Client::new(Options::default(), Plan::Full);
    let mut damaged = |host, command| {
        let mut replies = four_cells(host, command);
        if command == command::TEMPERATURES {
            for number in 4..=16 {
                replies.insert(1, reply(command, [number, 9, 9, 9, 9, 9, 9, 9]));
            }
        }
        if matches!(command, command::HARDWARE_VERSION | command::SOFTWARE_VERSION) {
            for number in (1..=16).rev() {
                replies.push(reply(command, [number, b'A', b'B', b'C', b'D', b'E', b'F', b'G']));
            }
        }
        replies
    };
    round(&mut client, &mut damaged);
    assert_eq!(client.report().answered.len(), 11, "{:?}", client.report());
    assert_eq!(client.snapshot().firmware_version.unwrap().as_str(), "ABCDEFGABCDEFG");
}

#[test]
fn a_recheck_that_is_cut_short_leaves_nothing_answered_that_was_taken_back() {
    let mut client = client();
    let mut now = Instant::START;
    while client.report().contradictions == 0 {
        match client.next_action(now) {
            Step::Done => panic!("the pack contradicts its cells"),
            Step::Wait(until) => now = now.max(until),
            Step::Send(bytes) => {
                let replies = match bytes[2] {
                    command::PACK => vec![reply(command::PACK, [0, 99, 0, 0, 0x75, 0x30, 1, 0xF4])],
                    command => four_cells(bytes[1], command),
                };
                for reply in replies {
                    client.receive(&reply.emit(), now);
                }
            }
        }
    }
    client.abort();
    let report = client.report();
    for command in [command::PACK, command::CELLS] {
        assert!(!report.answered.contains(&command.into()), "{report:?}");
        assert!(report.unanswered.contains(&command.into()), "{report:?}");
    }
    assert_eq!(client.snapshot().cell_voltage[0], Err(NoData::NoAnswer));
}
