//! Commands and groups, and why they are refused.

use cellward_link::modbus::client::{command, group, last_answer};
use cellward_link::modbus::commands::{LastAnswer, arguments, decode, encode};
use cellward_link::modbus::layout;
use cellward_link::{Group, Wish};
use cellward_params::command::COMMANDS;
use cellward_params::{
    Chemistry, Command, Config, DateTime, Fault, ParamId, Password, Refusal, Role, ShortText,
    Switch,
};
use cellward_units::Ratio;
use proptest::prelude::*;

use crate::board::Board;

/// One of each, and more than one where arguments differ.
fn commands() -> Vec<Command> {
    let text = "ä".repeat(20);
    let mut all = vec![
        Command::SetSoc(Ratio::from_ppm(-1)),
        Command::SetSoc(Ratio::from_ppm(i32::MAX)),
        Command::Unlock { fault: Fault::ThermalRunaway, reason: ShortText::new(&text) },
        Command::Unlock { fault: Fault::ThermalRunaway, reason: ShortText::EMPTY },
        Command::Override(Fault::CellDifference),
        Command::Acknowledge(Fault::ReversePolarity),
        Command::LearnZero,
        Command::Restart,
        Command::FactoryReset,
        Command::SetClock(DateTime::new([0, 1, 1, 0, 0, 0]).unwrap()),
        Command::SetClock(DateTime::new([99, 12, 31, 23, 59, 58]).unwrap()),
        Command::Identify,
        Command::Sleep,
        Command::Login(Password::new("s3cret").unwrap()),
        Command::Logout,
        Command::SetPassword(Password::new("0123456789abcdef").unwrap()),
    ];
    for flag in [false, true] {
        all.push(Command::AllowSwitch { switch: Switch::Charge, allowed: flag });
        all.push(Command::AllowSwitch { switch: Switch::Discharge, allowed: flag });
        all.extend(Chemistry::ALL.iter().map(|&chemistry| Command::Commission {
            chemistry,
            cells: 255,
            outside_window: flag,
        }));
    }
    all
}

const fn refusals() -> [Refusal; 16] {
    let parameter = ParamId(0x12DF);
    [
        Refusal::Role { needed: Role::Factory },
        Refusal::UnknownParameter(parameter),
        Refusal::Fixed(parameter),
        Refusal::OutOfRange { min: i32::MIN, max: i32::MAX },
        Refusal::Relation { rule: 10, parameter },
        Refusal::Cap { parameter, limit: -500, needed: Role::Factory },
        Refusal::SwitchesClosed,
        Refusal::LiveTaps { named: 16, live: 15 },
        Refusal::OutsideWindow { cell: 23 },
        Refusal::NothingToDo(Fault::ChipLost),
        Refusal::ReasonMissing,
        Refusal::NoReading,
        Refusal::NotSupported,
        Refusal::WrongPassword,
        Refusal::TooManyTries { seconds: 10 },
        Refusal::LoginFirst,
    ]
}

#[test]
fn every_command_reaches_the_core_as_it_was_meant() {
    for meant in commands() {
        let mut board = Board::unknown();
        board.send(&command(&meant).unwrap()).unwrap();
        assert_eq!(board.asked[0].wish, Wish::command(meant));
        assert_eq!(decode(&encode(&meant).unwrap()), Some(meant));
    }
    let mut ids: Vec<u16> = commands().iter().map(Command::id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.iter().copied().eq(COMMANDS.iter().map(|row| row.id)), "none is forgotten");
}

#[test]
fn the_directory_tells_how_long_each_command_is() {
    for meant in commands() {
        let forms = arguments(meant.id()).unwrap();
        let registers: u16 = forms.iter().map(|form| form.registers()).sum();
        assert_eq!(encode(&meant).unwrap().len(), usize::from(registers) + 1, "{meant:?}");
    }
}

#[test]
fn a_command_that_is_cut_or_too_long_or_has_impossible_arguments_never_reaches_the_core() {
    let mut board = Board::unknown();
    for meant in commands() {
        let words = encode(&meant).unwrap();
        for len in 1..words.len() {
            assert_eq!(board.write(0x0100, &words[..len]), Err(3), "{meant:?}");
        }
        let mut longer = words.to_vec();
        longer.push(0);
        assert_eq!(board.write(0x0100, &longer), Err(3), "{meant:?}");
    }
    let clock = |month, day| vec![10, 2026, month, day, 0, 0, 0];
    for words in [
        vec![0],
        vec![13],
        vec![1, 2, 1],
        vec![1, 0, 2],
        vec![4, 0],
        vec![4, 46],
        vec![6, 3, 16, 0],
        vec![6, 0, 256, 0],
        vec![6, 0, 16, 2],
        clock(2, 29),
        clock(13, 1),
        vec![10, 1999, 1, 1, 0, 0, 0],
        vec![10, 2100, 1, 1, 0, 0, 0],
        [vec![3, 1], vec![0xFFFF; 20]].concat(),
    ] {
        assert_eq!(board.write(0x0100, &words), Err(3), "{words:?}");
    }
    assert_eq!(board.write(0x0101, &[0]), Err(2));
    assert!(board.asked.is_empty());
}

#[test]
fn every_refusal_comes_back_with_its_numbers() {
    let mut board = Board::unknown();
    let before = board.span(last_answer()).unwrap();
    assert_eq!(LastAnswer::decode(&before), None);
    for (token, refusal) in (1..).zip(refusals()) {
        board.verdict = Err(refusal);
        let code = board.send(&command(&Command::LearnZero).unwrap()).unwrap_err();
        let words = board.span(last_answer()).unwrap();
        assert_eq!(words[5], u16::from(code));
        let answer = LastAnswer::decode(&words).unwrap();
        assert_eq!(answer, LastAnswer { token, address: 0x0100, command: 7, result: Err(refusal) });
    }
    board.verdict = Ok(());
    board.write(0x200E, &[0, 3_450]).unwrap();
    let answer = LastAnswer::decode(&board.span(last_answer()).unwrap()).unwrap();
    assert_eq!(answer, LastAnswer { token: 17, address: 0x200E, command: 0, result: Ok(()) });
}

#[test]
fn each_refusal_has_the_exception_that_fits() {
    let mut board = Board::unknown();
    let codes = refusals().map(|refusal| {
        board.verdict = Err(refusal);
        board.write(0x0100, &[8]).unwrap_err()
    });
    assert_eq!(codes, [1, 2, 2, 3, 3, 3, 6, 3, 3, 3, 3, 6, 1, 3, 6, 1]);
}

#[test]
fn a_write_side_by_side_is_one_group() {
    let mut board = Board::unknown();
    // Full voltage and the tail current behind it.
    board.write(0x200E, &[0, 3_450, 0xFFFF, 0xFFFF]).unwrap();
    let expected: Group = [(ParamId(7), 3_450), (ParamId(8), -1)].into_iter().collect();
    assert_eq!(board.asked[0].wish, Wish::Write(expected));
    assert!(board.asked[0].login, "this map has a login");
}

#[test]
fn every_parameter_is_written_at_its_own_address_and_by_its_id() {
    for id in Config::ids() {
        let mut board = Board::unknown();
        board.write(layout::parameter(id).unwrap(), &[0x8000, 5]).unwrap();
        let one: Group = [(id, i32::MIN + 5)].into_iter().collect();
        board.send(&group(&one)).unwrap();
        let wishes: Vec<_> = board.asked.into_iter().map(|ask| ask.wish).collect();
        assert_eq!(wishes, [Wish::Write(one.clone()), Wish::Write(one)]);
    }
}

#[test]
fn half_a_number_is_never_written() {
    let mut board = Board::unknown();
    assert_eq!(board.write(0x200E, &[0]), Err(3));
    assert_eq!(board.write(0x200E, &[0, 1, 0]), Err(3));
    assert_eq!(board.write(0x200F, &[0, 1]), Err(2));
    assert!(board.asked.is_empty());
}

#[test]
fn a_group_has_at_most_32_parameters_and_at_least_one() {
    let mut board = Board::unknown();
    assert!(board.write(0x2002, &[0; 64]).is_ok());
    assert_eq!(board.write(0x2002, &[0; 66]), Err(3));
    assert!(board.write(0x0180, &[0; 96]).is_ok());
    assert_eq!(board.write(0x0180, &[0; 99]), Err(3));
    assert_eq!(board.write(0x0180, &[0; 95]), Err(3));
    assert_eq!(board.write(0x0183, &[0; 3]), Err(2));
    assert_eq!(board.asked.len(), 2);
}

#[test]
fn a_write_past_the_last_parameter_is_refused_whole() {
    let mut board = Board::unknown();
    let last = 0x2002 + 2 * 45;
    assert_eq!(board.write(last, &[0; 4]), Err(2));
    assert!(board.write(last, &[0; 2]).is_ok());
    assert_eq!(board.asked.len(), 1);
}

#[test]
fn what_is_only_read_cannot_be_written() {
    let mut board = Board::unknown();
    for start in [0x0000, 0x0020, 0x0080, 0x0300, 0x0600, 0x0820, 0x1002, 0x4580, 0x8000, 0x9020] {
        assert_eq!(board.write(start, &[0, 0]), Err(2), "{start:#06x}");
    }
    assert!(board.asked.is_empty());
}

proptest! {
    #[test]
    fn words_of_any_kind_are_a_command_or_none(words in proptest::collection::vec(any::<u16>(), 0..30)) {
        if let Some(command) = decode(&words) {
            // A text ends at its first NUL, whatever stands behind it.
            prop_assert_eq!(decode(&encode(&command).unwrap()), Some(command));
        }
        let _either = LastAnswer::decode(&words);
    }

    #[test]
    fn writes_of_any_kind_anywhere_are_answered(start: u16, words in proptest::collection::vec(any::<u16>(), 1..=123)) {
        let mut board = Board::unknown();
        let _answer = board.write(start, &words);
    }
}
