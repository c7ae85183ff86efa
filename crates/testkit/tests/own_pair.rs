//! Two sessions of our own map over RTU and a line: what a host reads is what the board said, or
//! nothing.

use cellward_link::client::{Plan, Rounds as _};
use cellward_link::modbus::client::{Client, Options};
use cellward_params::Snapshot;
use cellward_params::point::POINTS;
use cellward_params::value::Value;
use cellward_testkit::line::Damage;
use cellward_testkit::modbus_pair::{Pair, Registers};
use cellward_testkit::pack::sample;

fn pair(board: u8, damage: Damage, seed: u64) -> Pair<Client> {
    let client = Client::new(Options::rtu(board), Plan::Full);
    Pair::with(sample(16, 2), client, Registers::default(), board, damage, seed)
}

/// The points whose values differ from what the board says, apart from those that are not there.
fn wrong(read: &Snapshot, truth: &Snapshot) -> Vec<&'static str> {
    let differs = |index, point| match read.value(point, index) {
        None
        | Some(
            Value::Number(Err(_))
            | Value::Flag(Err(_))
            | Value::Word(Err(_))
            | Value::Text(Err(_))
            | Value::Faults(Err(_))
            | Value::Reasons(Err(_))
            | Value::Lights(Err(_)),
        ) => false,
        value => value != truth.value(point, index),
    };
    let rows = POINTS.iter().filter(|row| (0..24).any(|index| differs(index, row.point)));
    rows.map(|row| row.key).collect()
}

/// The points that do not say the same, be it a value or why there is none.
fn unlike(read: &Snapshot) -> Vec<&'static str> {
    let truth = sample(16, 2);
    let same = |index, point| read.value(point, index) == truth.value(point, index);
    let rows = POINTS.iter().filter(|row| !(0..24).all(|index| same(index, row.point)));
    rows.map(|row| row.key).collect()
}

#[test]
fn a_clean_line_carries_every_point_as_the_board_has_it() {
    let mut pair = pair(1, Damage::NONE, 1);
    let read = pair.round();
    assert_eq!(unlike(&read), Vec::<&str>::new(), "values and reasons why others are absent");
    assert!(pair.client.report().clean(), "{:?}", pair.client.report());
}

#[test]
fn board_two_is_asked_by_its_own_address() {
    assert_eq!(unlike(&pair(2, Damage::NONE, 1).round()), Vec::<&str>::new());
}

#[test]
fn a_damaged_line_gives_no_value_from_a_frame_whose_check_fails_and_is_whole_on_a_quiet_one() {
    let (mut damaged, mut checks, mut believed) = (0, 0, 0);
    for seed in 0..40 {
        let mut pair = pair(1, Damage::each(1_000), seed);
        for _ in 0..5 {
            let read = pair.next_round(Plan::Full);
            assert_eq!(wrong(&read, &sample(16, 2)), Vec::<&str>::new(), "seed {seed}");
            checks += pair.client.report().refused.checks;
            believed += u32::from(read.cell_count.is_ok());
        }
        damaged += pair.damaged();
        pair.quieten();
        let read = pair.next_round(Plan::Full);
        assert_eq!(unlike(&read), Vec::<&str>::new(), "seed {seed}");
    }
    assert!(damaged > 1_000 && checks > 100 && believed > 50, "{damaged} {checks} {believed}");
}
