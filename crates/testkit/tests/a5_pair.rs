//! Two A5 sessions and a line: what a host reads is what the board said, or nothing.

#![allow(clippy::print_stdout, reason = "measured rates are part of what these tests tell")]

mod judge;

use cellward_link::a5::Options;
use cellward_link::client::{Plan, Rounds as _};
use cellward_params::Fault;
use cellward_testkit::a5_pair::{Forgery, Pair};
use cellward_testkit::line::Damage;
use cellward_testkit::pack::{cell, sample, sensor};
use cellward_units::{NoData, Voltage};
use judge::wrong;

fn options(host: u8) -> Options {
    Options { host: Some(host), ..Options::default() }
}

#[test]
fn a_clean_line_gives_every_value_for_both_hosts_and_every_size() {
    for cells in [3, 7, 16, 24] {
        for host in [0x40, 0x80] {
            let truth = sample(cells, 2);
            let mut pair = Pair::new(truth.clone(), options(host), Damage::NONE, 1);
            let read = pair.round();
            let report = pair.client.report();
            assert_eq!(report.answered.len(), 9, "{cells} cells, host {host:#x}: {report:?}");
            assert_eq!(pair.client.host(), Some(host));
            assert_eq!(wrong(&read, &truth), Vec::<String>::new());
            for number in 1..=cells {
                assert_eq!(read.cell_voltage[number as usize - 1], Ok(cell(number)));
                let bled = Ok(number == 2 || number == 3);
                assert_eq!(read.cell_bleeding[number as usize - 1], bled);
            }
            assert_eq!(read.temperature[..2], [Ok(sensor(1)), Ok(sensor(2))]);
            assert_eq!(read.current, truth.current, "discharge is negative here");
            assert_eq!(read.remaining, truth.remaining);
            assert_eq!(read.flow, truth.flow);
            assert_eq!(read.cycles, Ok(41));
            assert_eq!(read.digital_lines, Ok(2));
            assert_eq!(read.cell_voltage_sum, truth.pack_voltage);
            let faults = read.faults.unwrap();
            assert_eq!(faults[0].fault, Fault::DischargeOverCurrent);
            assert_eq!(read.lights, Err(NoData::NotCarried));
            assert_eq!(read.charge_switch_reasons, Err(NoData::NotCarried));
            assert_eq!(read.rated_capacity, Err(NoData::NoAnswer));
        }
    }
}

#[test]
fn a_full_round_reads_ratings_and_texts_within_three_seconds_of_line_time() {
    let mut pair = Pair::new(sample(16, 2), Options::default(), Damage::NONE, 1);
    pair.client.begin(Plan::Full);
    let read = pair.round();
    assert_eq!(read.rated_capacity, sample(16, 2).rated_capacity);
    assert_eq!(read.hardware_version.unwrap().as_str(), "CW-TEST-01");
    assert_eq!(read.firmware_version.unwrap().as_str(), "0.1.0");
    assert_eq!(read.battery_code, Err(NoData::Unknown), "it is blank");
    assert_eq!(pair.client.report().unanswered, [0x53, 0x51, 0x52], "the sample lacks these");
    assert!(pair.now().as_micros() < 4_500_000, "{:?}", pair.now());
}

#[test]
fn a_second_live_round_asks_once_and_takes_less_than_a_second() {
    let mut pair = Pair::new(sample(16, 2), Options::default(), Damage::NONE, 1);
    let _ = pair.round();
    let before = pair.now();
    let read = pair.next_round(Plan::Live);
    assert_eq!(pair.client.report().requests, 9);
    assert_eq!(wrong(&read, &sample(16, 2)), Vec::<String>::new());
    assert!(pair.now().since(before).as_millis() < 1_000);
}

#[test]
fn board_two_is_asked_by_its_own_address() {
    let options = Options { board: 2, ..Options::default() };
    let mut pair = Pair::new(sample(16, 2), options, Damage::NONE, 1);
    let read = pair.round();
    assert_eq!(pair.client.host(), Some(0x41));
    assert_eq!(read.cell_count, Ok(16));
}

#[test]
fn a_noisy_line_is_read_whole_again_within_one_poll() {
    // One byte in five hundred damaged: each poll meets it several times.
    let truth = sample(16, 2);
    let mut whole = 0;
    for seed in 0..50 {
        let mut pair = Pair::new(truth.clone(), Options::default(), Damage::each(330), seed);
        let read = pair.round();
        assert_eq!(wrong(&read, &truth), Vec::<String>::new(), "seed {seed}");
        whole += usize::from(pair.client.report().answered.len() == 9);
    }
    assert!(whole >= 49, "only {whole} of 50 polls were complete");
}

#[test]
fn a_surprising_step_is_believed_at_its_second_reading() {
    let mut pair = Pair::new(sample(16, 2), Options::default(), Damage::NONE, 1);
    let _ = pair.round();
    pair.truth.current = Ok(cellward_units::Current::from_amps(-80));
    let read = pair.next_round(Plan::Live);
    assert_eq!(read.current, pair.truth.current);
    assert_eq!(pair.client.report().requests, 10, "0x90 was asked twice");
}

#[test]
fn a_true_mismatch_of_pack_and_cells_is_read_again_and_then_believed() {
    let mut truth = sample(16, 2);
    truth.pack_voltage = Ok(Voltage::from_millivolts(48_000));
    let mut pair = Pair::new(truth, Options::default(), Damage::NONE, 1);
    let read = pair.round();
    assert_eq!(pair.client.report().contradictions, 1);
    assert_eq!(read.pack_voltage, Ok(Voltage::from_millivolts(48_000)));
    assert_eq!(read.cell_voltage[0], Ok(cell(1)));
}

#[test]
fn what_the_board_does_not_know_stays_unknown() {
    let mut truth = sample(4, 2);
    truth.soc = Err(NoData::Unknown);
    truth.remaining = Err(NoData::Unknown);
    truth.cell_voltage[2] = Err(NoData::WireOpen);
    truth.temperature[1] = Err(NoData::SensorOpen);
    truth.highest_temperature = Err(NoData::SensorOpen);
    let mut pair = Pair::new(truth.clone(), Options::default(), Damage::NONE, 1);
    let read = pair.round();
    assert_eq!(read.soc, Err(NoData::Unknown));
    assert_eq!(read.remaining, Err(NoData::Unknown));
    assert_eq!(read.cell_voltage[2], Err(NoData::Implausible));
    assert_eq!(read.cell_voltage[1], truth.cell_voltage[1]);
    assert_eq!(read.temperature[1], Err(NoData::SensorOpen));
    assert_eq!(read.highest_temperature, Err(NoData::NoAnswer));
    assert_eq!(read.current, truth.current);
}

#[test]
fn a_million_damages_give_no_value_from_a_frame_whose_check_fails() {
    let truth = sample(16, 2);
    let (mut damaged, mut rounds, mut undetected, mut wrong_rounds) = (0, 0, 0, 0);
    for seed in 0.. {
        // One byte in twenty-five: a third of the frames is hit, some of them twice.
        let mut pair = Pair::new(truth.clone(), Options::default(), Damage::each(7_000), seed);
        let mut here = 0;
        for _ in 0..20 {
            let read = pair.next_round(Plan::Live);
            rounds += 1;
            here += u64::from(!wrong(&read, &truth).is_empty());
        }
        // What is wrong comes from frames that were hit twice and pass the check, never from
        // others.
        assert!(here == 0 || pair.board.undetected() > 0, "seed {seed}");
        wrong_rounds += here;
        undetected += pair.board.undetected();
        damaged += pair.damaged();
        if damaged >= 1_000_000 {
            break;
        }
    }
    println!(
        "{damaged} damages in {rounds} rounds, {undetected} frames pass the check damaged, \
         {wrong_rounds} rounds publish something wrong"
    );
    assert!(undetected > 1_000, "enough of them to mean something");
    // Over the bare check each of these frames would have been published.
    assert!(wrong_rounds * 100 <= undetected, "{wrong_rounds} of {undetected}");
}

/// Rounds in which each kind of forgery is tried, and how often the client fell for it.
fn fallen_for(forgery: Forgery, rounds: u32) -> (u64, u64) {
    let truth = sample(16, 2);
    let (mut forged, mut wrong_values) = (0, 0);
    for seed in 0..u64::from(rounds / 20) {
        let mut pair = Pair::new(truth.clone(), Options::default(), Damage::NONE, seed);
        // One frame in twenty: far beyond any wire, so that the figures mean something.
        pair.board.forge(forgery, 50_000);
        for _ in 0..20 {
            let read = pair.next_round(Plan::Live);
            wrong_values += wrong(&read, &truth).len() as u64;
        }
        forged += pair.board.forged();
    }
    (forged, wrong_values)
}

#[test]
fn damage_that_the_check_cannot_see_is_published_a_hundred_times_less_often() {
    // Over the bare check every one of these frames would have been published.
    let (forged, published) = fallen_for(Forgery::RandomPayload, 20_000);
    println!("random payload: {published} wrong values from {forged} frames that pass the check");
    assert!(forged > 10_000);
    assert!(published * 100 <= forged, "{published} of {forged}");
    // Small changes are like the truth by nature; these figures are shown, not promised.
    for forgery in [Forgery::TwoBits, Forgery::SwappedBytes] {
        let (forged, published) = fallen_for(forgery, 4_000);
        println!("{forgery:?}: {published} wrong values from {forged} frames that pass the check");
    }
}
