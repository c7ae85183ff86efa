//! Two sessions of a near-Modbus dialect and a line: what a host reads is what the board said, or
//! nothing.

mod judge;

use cellward_link::client::{Plan, Rounds as _};
use cellward_link::kmodbus::{Dialect, Options};
use cellward_params::{Chemistry, Fault, ShortText, Snapshot};
use cellward_testkit::line::Damage;
use cellward_testkit::modbus_pair::Pair;
use cellward_testkit::pack::{cell, sample, sensor};
use cellward_units::{Charge, Current, Duration, Instant, NoData, Temperature};
use judge::wrong;

const BOTH: [Dialect; 2] = [Dialect::D2, Dialect::P81];

fn truth(cells: u32) -> Snapshot {
    let mut truth = sample(cells, 2);
    truth.remaining = Ok(Charge::from_milliamp_hours(160_400));
    truth.switch_temperature = Ok(Temperature::from_celsius(41));
    truth.chemistry = Ok(Chemistry::Lto);
    truth.production_date = Ok(ShortText::new("2026-03-26"));
    truth.charged_total = Ok(Charge::from_milliamp_hours(70_000));
    truth
}

fn pair(dialect: Dialect, cells: u32) -> Pair {
    Pair::new(truth(cells), Options::new(dialect), Damage::NONE, 1)
}

fn starts(pair: &Pair) -> Vec<(u16, u16)> {
    pair.board.asked.iter().map(|asked| asked.0).collect()
}

#[test]
fn a_clean_line_gives_every_value_for_both_dialects_and_every_size() {
    for dialect in BOTH {
        for cells in [3, 7, 16, 24] {
            let mut pair = pair(dialect, cells);
            let truth = truth(cells);
            let read = pair.round();
            assert_eq!(wrong(&read, &truth), Vec::<String>::new(), "{dialect:?}");
            let report = pair.client.report();
            assert!(report.unanswered.is_empty() && report.clean(), "{report:?}");
            assert_eq!(report.contradictions, 0);
            for number in 1..=cells {
                let place = number as usize - 1;
                assert_eq!(read.cell_voltage[place], Ok(cell(number)));
                assert_eq!(read.cell_bleeding[place], Ok(number == 2 || number == 3));
            }
            assert_eq!(read.temperature[..2], [Ok(sensor(1)), Ok(sensor(2))]);
            assert_eq!(read.highest_temperature, Ok(sensor(2)));
            assert_eq!(read.current, truth.current, "discharge is negative here and on the wire");
            assert_eq!(read.highest_cell_number, Ok(cells));
            assert_eq!(read.lowest_cell_number, Ok(1));
            assert_eq!(read.cycles, Ok(41));
            assert_eq!(read.cell_voltage_sum, truth.pack_voltage);
            assert_eq!(read.switch_temperature, Ok(Temperature::from_celsius(41)));
            assert_eq!(read.board_temperature, Err(NoData::Unknown));
            assert_eq!(read.faults.unwrap()[0].fault, Fault::DischargeOverCurrent);
            assert_eq!(read.lights, Err(NoData::NotCarried));
            assert_eq!(read.rated_capacity, Err(NoData::NoAnswer));
        }
    }
}

#[test]
fn a_full_round_reads_ratings_texts_and_dates() {
    for dialect in BOTH {
        let mut pair = pair(dialect, 16);
        pair.client.begin(Plan::Full);
        let read = pair.round();
        assert_eq!(read.rated_capacity, truth(16).rated_capacity);
        assert_eq!(read.chemistry, Ok(Chemistry::Lto));
        assert_eq!(read.nominal_cell_voltage, truth(16).nominal_cell_voltage);
        assert_eq!(read.hardware_version.unwrap().as_str(), "CW-TEST-01");
        assert_eq!(read.firmware_version.unwrap().as_str(), "0.1.0");
        assert_eq!(read.battery_code, Err(NoData::Unknown));
        assert_eq!(read.production_date.unwrap().as_str(), "2026-03-26");
        assert_eq!(wrong(&read, &truth(16)), Vec::<String>::new());
        // Ratings last; what counts up does not.
        let read = pair.next_round(Plan::Live);
        assert_eq!(read.rated_capacity, truth(16).rated_capacity);
        assert_eq!(read.soc, truth(16).soc);
        assert!(read.charged_total.is_err());
    }
}

#[test]
fn a_live_round_is_one_request_on_d2_and_two_on_p81() {
    for (dialect, blocks, most) in
        [(Dialect::D2, vec![(0x00, 80)], 400), (Dialect::P81, vec![(0x00, 65), (0x41, 62)], 700)]
    {
        let mut pair = pair(dialect, 16);
        let _ = pair.round();
        let before = pair.now();
        pair.board.asked.clear();
        let _ = pair.next_round(Plan::Live);
        assert_eq!(starts(&pair), blocks);
        assert!(pair.now().since(before).as_millis() < most, "{dialect:?}");
    }
}

#[test]
fn requests_keep_fifty_milliseconds_after_the_last_byte() {
    let mut pair = pair(Dialect::P81, 16);
    let _ = pair.round();
    let first = pair.board.asked[0].1;
    // Eight bytes there, the thinking, 135 bytes back, the guard.
    let line = Duration::from_micros(1_042 * (8 + 135));
    let expected = first + line + Duration::from_millis(80) + Duration::from_millis(50);
    assert_eq!(pair.board.asked[1].1, expected);
}

#[test]
fn a_board_of_62_registers_is_met_once_and_remembered() {
    let mut pair = pair(Dialect::D2, 16);
    pair.board.unknown.push((0x00, 80));
    let read = pair.round();
    let short = [(0x00, 62), (0x3E, 9)];
    assert_eq!(starts(&pair), [&[(0x00, 80); 2], &short[..]].concat());
    assert_eq!(wrong(&read, &truth(16)), Vec::<String>::new());
    assert_eq!(read.switch_temperature, Ok(Temperature::from_celsius(41)));
    assert_eq!(pair.client.is_long(), Some(false));
    pair.board.asked.clear();
    let _ = pair.next_round(Plan::Live);
    assert_eq!(starts(&pair), short);
    // A full round asks for more once, in case the first requests were lost.
    pair.board.asked.clear();
    let _ = pair.next_round(Plan::Full);
    assert_eq!(starts(&pair)[..3], [&[(0x00, 80)], &short[..]].concat());
    assert_eq!(pair.client.is_long(), Some(false));
    pair.board.unknown.clear();
    let _ = pair.next_round(Plan::Full);
    assert_eq!(pair.client.is_long(), Some(true));
    pair.board.asked.clear();
    let _ = pair.next_round(Plan::Live);
    assert_eq!(starts(&pair), [(0x00, 80)]);
}

#[test]
fn a_block_that_is_never_answered_is_left_alone() {
    let mut pair = pair(Dialect::D2, 16);
    pair.board.unknown.extend([(0x00, 80), (0x3E, 9)]);
    let read = pair.round();
    assert_eq!(starts(&pair)[2..], [(0x00, 62), (0x3E, 9), (0x3E, 9), (0x3E, 9)]);
    assert_eq!(pair.client.report().unanswered, [0x3E]);
    assert_eq!(read.switch_temperature, Err(NoData::NoAnswer));
    assert_eq!(read.cell_bleeding[1], Err(NoData::Unknown), "some are bled, nobody says which");
    // Three rounds more look whether it was only lost, once and shortly.
    for _ in 0..3 {
        pair.board.asked.clear();
        let _ = pair.next_round(Plan::Live);
        assert_eq!(starts(&pair), [(0x00, 62), (0x3E, 9)]);
    }
    pair.board.asked.clear();
    let before = pair.now();
    let read = pair.next_round(Plan::Live);
    assert_eq!(starts(&pair), [(0x00, 62)]);
    assert!(pair.now().since(before).as_millis() < 400);
    assert_eq!(read.cell_count, Ok(16));
    // A full round tries it once, shortly, and takes it up again.
    pair.board.asked.clear();
    let _ = pair.next_round(Plan::Full);
    assert_eq!(starts(&pair).iter().filter(|block| block.0 == 0x3E).count(), 1);
    pair.board.unknown.retain(|block| block.0 == 0x00);
    let _ = pair.next_round(Plan::Full);
    pair.board.asked.clear();
    let read = pair.next_round(Plan::Live);
    assert_eq!(starts(&pair), [(0x00, 62), (0x3E, 9)]);
    assert_eq!(read.switch_temperature, Ok(Temperature::from_celsius(41)));
}

#[test]
fn an_unknown_rating_of_p81_costs_no_live_value() {
    let mut pair = pair(Dialect::P81, 16);
    pair.board.unknown.push((0x178, 74));
    pair.client.begin(Plan::Full);
    let read = pair.round();
    assert_eq!(read.firmware_version, Err(NoData::NoAnswer));
    assert_eq!(read.rated_capacity, truth(16).rated_capacity);
    assert_eq!(wrong(&read, &truth(16)), Vec::<String>::new());
}

#[test]
fn a_sleeping_board_behind_an_echo_is_not_there() {
    for dialect in BOTH {
        let mut pair = pair(dialect, 16);
        let _ = pair.round();
        pair.board.asleep = true;
        pair.board.echoes = true;
        let read = pair.next_round(Plan::Full);
        let report = pair.client.report();
        assert_eq!((report.echoes, report.frames), (3, 0), "{dialect:?} {report:?}");
        assert!(report.answered.is_empty());
        assert_eq!(read.pack_voltage, Err(NoData::NoAnswer), "nothing old is shown");
        assert_eq!(read.cell_count, Err(NoData::NoAnswer));
        // Awake again, with an adapter that still echoes.
        pair.board.asleep = false;
        let read = pair.next_round(Plan::Live);
        assert_eq!(wrong(&read, &truth(16)), Vec::<String>::new());
        assert_eq!(read.cell_count, Ok(16), "{:?}", pair.client.report());
    }
}

#[test]
fn a_silent_board_is_given_up_within_six_seconds() {
    for dialect in BOTH {
        let mut pair = pair(dialect, 16);
        pair.board.asleep = true;
        let read = pair.round();
        assert_eq!(read.cell_count, Err(NoData::NoAnswer));
        assert!(pair.now() < Instant::from_micros(6_000_000), "{:?}", pair.now());
        assert!(pair.client.report().unanswered.contains(&0));
    }
}

#[test]
fn board_two_is_asked_by_its_own_address() {
    let options = Options { board: 2, ..Options::new(Dialect::P81) };
    let mut pair = Pair::new(truth(16), options, Damage::NONE, 1);
    assert_eq!(pair.round().cell_count, Ok(16));
}

#[test]
fn a_board_with_the_other_sign_is_turned_round_and_a_contradiction_is_counted() {
    let mut lying = truth(16);
    lying.current = Ok(Current::from_milliamps(12_300));
    let mut pair = Pair::new(lying.clone(), Options::new(Dialect::D2), Damage::NONE, 1);
    let _ = pair.round();
    assert_eq!(pair.client.report().contradictions, 1);
    let options = Options { inverted: true, ..Options::new(Dialect::D2) };
    let mut pair = Pair::new(lying, options, Damage::NONE, 1);
    assert_eq!(pair.round().current, Ok(Current::from_milliamps(-12_300)));
    assert_eq!(pair.client.report().contradictions, 0);
}

#[test]
fn a_noisy_line_is_read_whole_again_within_one_poll() {
    for dialect in BOTH {
        let mut whole = 0;
        for seed in 0..50 {
            let mut pair = Pair::new(truth(16), Options::new(dialect), Damage::each(100), seed);
            let read = pair.round();
            assert_eq!(wrong(&read, &truth(16)), Vec::<String>::new(), "seed {seed}");
            whole += usize::from(pair.client.report().unanswered.is_empty());
        }
        assert!(whole >= 48, "{dialect:?}: only {whole} of 50 polls were complete");
    }
}

#[test]
fn a_damaged_line_gives_no_value_from_a_frame_whose_check_fails() {
    for dialect in BOTH {
        let mut damaged = 0;
        let mut checks = 0;
        let mut believed = 0;
        for seed in 0..80 {
            let mut pair = Pair::new(truth(16), Options::new(dialect), Damage::each(2_000), seed);
            for _ in 0..20 {
                let read = pair.next_round(Plan::Full);
                assert_eq!(wrong(&read, &truth(16)), Vec::<String>::new(), "seed {seed}");
                checks += pair.client.report().refused.checks;
                believed += usize::from(read.cell_count.is_ok());
            }
            damaged += pair.damaged();
        }
        assert!(damaged > 10_000 && checks > 500, "{damaged} {checks}");
        assert!(believed > 100, "{dialect:?}: {believed} of 1600");
    }
}
