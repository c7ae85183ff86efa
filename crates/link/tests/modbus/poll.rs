//! The client in time, against a board at the other end of a line.

use cellward_link::client::{Plan, Rounds, Session, Step};
use cellward_link::modbus::client::{Client, Options};
use cellward_link::{Port, View};
use cellward_params::parameter::id;
use cellward_params::{Config, Lights, PortId, Snapshot};
use cellward_units::{Duration, Instant, NoData};

use crate::board::Kept;
use crate::random::snapshot;
use crate::round::assert_told_alike;

/// The number of the board.
const BOARD: i32 = 5;

/// What becomes of a reply on its way.
type Line = fn(usize, &mut Vec<u8>);

/// Runs a round to its end, and says when that was. Each reply takes 10 ms.
fn run(client: &mut Client, port: &mut Port, told: &Snapshot, line: Line, now: &mut Instant) {
    let mut config = Config::lifepo4(16);
    config.set(id::board_number, BOARD).unwrap();
    let mut sent = 0;
    loop {
        match client.next_action(*now) {
            Step::Send(bytes) => {
                let view = View { snapshot: told, config: &config, records: &Kept(Vec::new()) };
                port.receive(&bytes, &view, *now);
                let mut buffer = [0; 300];
                let count = port.transmit(&mut buffer);
                let mut reply = buffer[..count].to_vec();
                line(sent, &mut reply);
                sent += 1;
                *now += Duration::from_millis(10);
                client.receive(&reply, *now);
            }
            Step::Wait(until) => {
                assert!(until > *now, "it never asks to be called at once again");
                assert_eq!(client.deadline(), Some(until));
                *now = until;
            }
            Step::Done => break,
        }
        assert!(sent < 200, "a round ends");
    }
    assert_eq!(client.deadline(), None);
}

fn perfect(_: usize, _: &mut Vec<u8>) {}

#[test]
fn a_round_learns_everything_on_a_serial_line_and_over_tcp() {
    let told = snapshot(21);
    let serial = (Port::new(PortId(0)), Options::rtu(5));
    let tcp = (Port::framed(PortId(0), cellward_link::Framing::ModbusTcp), Options::tcp(1));
    for (mut port, options) in [serial, tcp] {
        let mut client = Client::new(options, Plan::Full);
        run(&mut client, &mut port, &told, perfect, &mut Instant::START.clone());
        assert_told_alike(&told, &client.snapshot());
        assert!(client.report().clean());
        assert!(client.report().unanswered.is_empty());
        assert_eq!(client.identity().unwrap().version, [1, 2]);
    }
}

#[test]
fn a_lost_or_damaged_reply_is_asked_for_again() {
    let told = snapshot(22);
    let mut client = Client::new(Options::rtu(5), Plan::Full);
    let line: Line = |number, reply| match number % 3 {
        0 => reply.clear(),
        1 => reply[3] ^= 1,
        _ => {}
    };
    run(&mut client, &mut Port::new(PortId(0)), &told, line, &mut Instant::START.clone());
    assert_told_alike(&told, &client.snapshot());
    assert!(client.report().timeouts > 0);
    assert!(client.report().refused.checks > 0);
}

#[test]
fn who_does_not_say_who_he_is_is_asked_for_nothing_more() {
    let told = snapshot(23);
    let mut client = Client::new(Options::rtu(2), Plan::Full);
    // Nobody has this number.
    let mut now = Instant::START;
    run(&mut client, &mut Port::new(PortId(0)), &told, perfect, &mut now);
    assert_eq!(client.snapshot(), Snapshot::absent(NoData::NoAnswer));
    assert_eq!(client.report().requests, 3);
    assert_eq!(now.since(Instant::START), Duration::from_secs(3));
    assert!(client.identity().is_none());
}

#[test]
fn a_board_that_falls_silent_keeps_no_live_value_but_its_texts() {
    let told = snapshot(24);
    let mut port = Port::new(PortId(0));
    let mut now = Instant::START;
    let mut client = Client::new(Options::rtu(5), Plan::Full);
    run(&mut client, &mut port, &told, perfect, &mut now);
    client.begin(Plan::Live);
    run(&mut client, &mut port, &told, |_, reply| reply.clear(), &mut now);
    let mut expected = Snapshot::absent(NoData::NoAnswer);
    for row in cellward_params::point::POINTS {
        if row.kind == cellward_params::Kind::Text {
            expected.put(row.point, 0, told.value(row.point, 0).unwrap());
        }
    }
    assert_eq!(client.snapshot(), expected);
}

#[test]
fn a_board_that_goes_away_within_a_round_is_not_asked_to_its_end() {
    let mut told = snapshot(25);
    told.lights = Ok(Lights::DARK);
    let mut port = Port::new(PortId(0));
    let gone: Line = |number, reply| {
        if number > 1 {
            reply.clear();
        }
    };
    let mut client = Client::new(Options::rtu(5), Plan::Full);
    run(&mut client, &mut port, &told, gone, &mut Instant::START.clone());
    // Identity and heads, then two requests, each three times.
    assert_eq!(client.report().requests, 2 + 2 * 3);
    assert_eq!(client.report().answered.len(), 2);
    assert_eq!(client.snapshot().pack_voltage, told.pack_voltage);
    assert_eq!(client.snapshot().lights, Err(NoData::NoAnswer));
    // One that only misses a single request is.
    let once: Line = |number, reply| {
        if (2..5).contains(&number) {
            reply.clear();
        }
    };
    client.begin(Plan::Full);
    run(&mut client, &mut port, &told, once, &mut Instant::START.clone());
    assert_eq!(client.report().unanswered.len(), 1);
    assert!(client.report().answered.len() > 3);
}

#[test]
fn a_round_that_is_given_up_ends_at_once() {
    let mut client = Client::new(Options::rtu(5), Plan::Live);
    assert!(matches!(client.next_action(Instant::START), Step::Send(_)));
    client.abort();
    assert_eq!(client.next_action(Instant::START), Step::Done);
    assert_eq!(client.report().unanswered, [0]);
}
