//! Where everything stands: nothing overlaps, and nothing ever moves.

use std::fmt::Write as _;

use cellward_link::modbus::directory::body_size;
use cellward_link::modbus::layout::{AREAS, Area, Content, body, head, parameter, parameter_row};
use cellward_params::command::COMMANDS;
use cellward_params::parameter::PARAMETERS;
use cellward_params::point::POINTS;
use cellward_params::{Config, Fault, ParamId, Unit};

use crate::board::Board;

/// The beginning of every thing, how many registers it has, and what it is.
fn things() -> Vec<(u16, u16, String)> {
    let mut all = Vec::new();
    for row in POINTS {
        all.push((head(row.point), 2, format!("point {} {}", row.point.id(), row.key)));
        if let Some(start) = body(row.point) {
            let (count, size) = body_size(row);
            all.push((start, count * size, format!("body {} {}", row.point.id(), row.key)));
        }
        let entry = Area::of(Content::PointRows).address(row.point.id()).unwrap();
        all.push((entry, 32, format!("point entry {}", row.point.id())));
    }
    for id in Config::ids() {
        let size = if id.0 < 0x1000 { 32 } else { 8 };
        all.push((parameter(id).unwrap(), 2, format!("parameter {:#06x}", id.0)));
        all.push((parameter_row(id).unwrap(), size, format!("parameter entry {:#06x}", id.0)));
    }
    for fault in Fault::ALL {
        let entry = Area::of(Content::FaultRows).address(fault.code()).unwrap();
        all.push((entry, 32, format!("fault entry {} {}", fault.code(), fault.key())));
    }
    for row in COMMANDS {
        let entry = Area::of(Content::Commands).address(row.id).unwrap();
        all.push((entry, 32, format!("command entry {} {}", row.id, row.key)));
    }
    for unit in Unit::ALL {
        let entry = Area::of(Content::Units).address(unit.code().into()).unwrap();
        all.push((entry, 8, format!("unit {} {}", unit.code(), unit.suffix())));
    }
    for (number, area) in (0..).zip(&AREAS) {
        let entry = Area::of(Content::Areas).address(number).unwrap();
        all.push((entry, 4, format!("area {number} {:?}", area.content)));
        let single = [
            Content::Identity,
            Content::Result,
            Content::Command,
            Content::Group,
            Content::Cursor,
            Content::Records,
        ];
        if single.contains(&area.content) {
            all.push((area.base, area.end() - area.base, format!("{:?}", area.content)));
        }
    }
    all.sort();
    all
}

#[test]
fn every_thing_has_registers_of_its_own() {
    for pair in things().windows(2) {
        let [(first, size, name), (second, _, next)] = pair else { unreachable!() };
        assert!(u32::from(*first) + u32::from(*size) <= u32::from(*second), "{name}, {next}");
    }
}

#[test]
fn areas_rise_and_no_end_is_cut() {
    for pair in AREAS.windows(2) {
        assert!(pair[0].end() <= pair[1].base, "{:?}", pair[1].content);
    }
    for area in &AREAS {
        let size = u32::from(area.stride) * u32::from(area.count);
        assert_eq!(u32::from(area.end()), u32::from(area.base) + size, "{:?}", area.content);
    }
}

#[test]
fn no_address_ever_moves() {
    let mut text = String::new();
    for (start, size, name) in things() {
        writeln!(text, "{start:#06x} {size:>3} {name}").unwrap();
    }
    let golden = include_str!("addresses.txt");
    let gone: Vec<_> =
        golden.lines().filter(|line| !text.lines().any(|now| now == *line)).collect();
    assert!(gone.is_empty(), "moved, changed or gone, which is a new major version: {gone:#?}");
    let new: Vec<_> =
        text.lines().filter(|line| !golden.lines().any(|known| known == *line)).collect();
    assert!(new.is_empty(), "raise the minor version and add to addresses.txt: {new:#?}");
}

#[test]
fn the_directory_leads_to_every_point() {
    let mut board = Board::unknown();
    for row in POINTS {
        let entry = Area::of(Content::PointRows).address(row.point.id()).unwrap();
        let words = board.read(entry, 32).unwrap();
        assert_eq!(words[0], row.point.id());
        assert!(board.read(words[1], 2).is_ok(), "{}", row.key);
        if words[2] > 0 {
            let last = words[2] + words[3] * words[4] - 1;
            assert!(board.read(last, 1).is_ok(), "{}", row.key);
            assert_eq!(board.read(last + 1, 1), Err(2), "{}", row.key);
        }
        assert_eq!(text(&words[16..32]), row.key);
        assert_eq!(text(&words[12..16]), row.unit.suffix());
    }
}

#[test]
fn the_directory_tells_of_every_parameter_what_the_tables_tell() {
    let mut board = Board::unknown();
    let number = |words: &[u16]| (i32::from(words[0] as i16) << 16) | i32::from(words[1]);
    for row in PARAMETERS {
        let words = board.read(parameter_row(row.id).unwrap(), 32).unwrap();
        assert_eq!((words[0], words[1]), (row.id.0, parameter(row.id).unwrap()));
        assert_eq!([6, 8].map(|at| number(&words[at..])), [row.min, row.max], "{}", row.key);
        assert_eq!(Some(number(&words[10..])), board.config.default_of(row.id), "{}", row.key);
        assert_eq!(words[5] == 1, Config::is_settable(row.id), "{}", row.key);
        assert_eq!(text(&words[16..32]), row.key);
    }
    for id in Config::ids().filter(|id| id.0 >= 0x1000) {
        let words = board.read(parameter_row(id).unwrap(), 8).unwrap();
        assert_eq!(words[0], id.0);
        let range = [2, 4].map(|at| number(&words[at..]));
        assert_eq!(Config::range_of(id), Some((range[0], range[1])));
        assert_eq!(Some(number(&words[6..])), board.config.default_of(id));
        assert_eq!(words[1] & 1 == 1, Config::is_settable(id));
        assert_eq!(words[1] >> 8, u16::from(id.unit().unwrap().code()));
    }
}

#[test]
fn a_limit_that_no_fault_has_reads_as_not_fitted() {
    let mut board = Board::unknown();
    // Fault 1 has no level 0.
    assert_eq!(board.read(parameter(ParamId(0x1010)).unwrap(), 2), Ok(vec![0x8000, 2]));
    assert_eq!(board.read(parameter_row(ParamId(0x1010)).unwrap(), 8), Ok(vec![0; 8]));
}

#[test]
fn faults_commands_units_and_words_are_spelled_on_the_board() {
    let mut board = Board::unknown();
    for fault in Fault::ALL {
        let entry = Area::of(Content::FaultRows).address(fault.code()).unwrap();
        let words = board.read(entry, 32).unwrap();
        assert_eq!((words[0], text(&words[16..])), (fault.code(), fault.key().to_owned()));
        assert_eq!(words[3..6], fault.row().blocks.map(|blocks| blocks.code()));
    }
    for row in COMMANDS {
        let entry = Area::of(Content::Commands).address(row.id).unwrap();
        let words = board.read(entry, 32).unwrap();
        assert_eq!((words[0], text(&words[16..])), (row.id, row.key.to_owned()));
        assert_eq!(words[1], u16::from(row.role.code()));
    }
    for unit in Unit::ALL {
        let entry = Area::of(Content::Units).address(unit.code().into()).unwrap();
        let words = board.read(entry, 8).unwrap();
        assert_eq!((words[0], text(&words[4..])), (unit.code().into(), unit.suffix().to_owned()));
    }
    let mode = body(cellward_params::Point::BoardMode).unwrap();
    assert_eq!(text(&board.read(mode + 3 * 16, 16).unwrap()), "awake");
}

/// Text up to its first NUL; it must not fill its place, or its end could be lost.
fn text(words: &[u16]) -> String {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    assert!(bytes[end..].iter().all(|byte| *byte == 0));
    String::from_utf8(bytes[..end].to_vec()).unwrap()
}
