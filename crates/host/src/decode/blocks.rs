//! Which registers a reply may hold whose request nobody recorded: the blocks that known programs
//! read, by their length, and of those what can be true.

use cellward_link::kmodbus::{ByteOrder, Dialect, learn};
use cellward_link::map::Meaning;
use cellward_params::Snapshot;
use cellward_units::NoData;

use super::registers::register_at;

/// First register and count of the blocks that programs and boards were captured with (the phone
/// app, the PC tool, esphome-daly-bms, aiobmsble), by dialect.
const fn read_by_programs(dialect: Dialect) -> &'static [(u16, u16)] {
    match dialect {
        Dialect::D2 => &[
            (0x00, 62),
            (0x00, 80),
            (0x80, 41),
            (0xA9, 32),
            (0x3E, 9),
            (0x57, 12),
            (0x63, 28),
            (0xC9, 3),
            (0xCC, 2),
            (0xCC, 5),
            (0xCF, 1),
            (0xD7, 1),
            (0xDF, 17),
        ],
        Dialect::P81 => &[
            (0x000, 100),
            // Our own client reads one more than the app.
            (0x000, 65),
            (0x000, 64),
            (0x030, 24),
            (0x038, 2),
            (0x041, 62),
            (0x048, 21),
            (0x06D, 7),
            (0x0A4, 10),
            (0x0CF, 1),
            (0x100, 81),
            (0x121, 2),
            (0x151, 39),
            (0x178, 74),
            (0x1C3, 80),
            (0x220, 11),
            (0x24B, 2),
        ],
    }
}

/// Where a reply may begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Guess {
    /// First registers of all blocks of this length that can be true, or of all if none can.
    pub(super) starts: Vec<u16>,
    /// Whether what they say can be true.
    pub(super) plausible: bool,
}

/// Guesses by the count of the words, and between blocks of the same count by their values.
pub(super) fn guess(dialect: Dialect, words: &[u16]) -> Guess {
    let long: Vec<u16> = read_by_programs(dialect)
        .iter()
        .filter(|(_, count)| usize::from(*count) == words.len())
        .map(|(start, _)| *start)
        .collect();
    let possible: Vec<u16> =
        long.iter().copied().filter(|&start| can_be_true(dialect, start, words)).collect();
    if possible.is_empty() {
        Guess { plausible: long.is_empty(), starts: long }
    } else {
        Guess { starts: possible, plausible: true }
    }
}

/// Whether a battery can be as these words say, if they stand here. Generous: only what no battery
/// of this kind is, counts against.
fn can_be_true(dialect: Dialect, start: u16, words: &[u16]) -> bool {
    let mut snapshot = Snapshot::absent(NoData::NotCarried);
    learn(dialect, start, words, ByteOrder::Wire, &mut snapshot);
    let implausible = |known: Result<(), NoData>| known == Err(NoData::Implausible);
    let words_fit = words.iter().enumerate().all(|(place, &word)| {
        let Some(row) = register_at(start, place).and_then(|register| dialect.row(register)) else {
            return true;
        };
        match row.meaning {
            // Characters, or what fills the space behind them.
            Meaning::Text { .. } => {
                word.to_be_bytes().iter().all(|byte| matches!(byte, 0 | b' '..=b'~' | 0xFF))
            }
            Meaning::Permission(_) => word <= 1 || word == 0xFFFF,
            _ => true,
        }
    });
    let cells_fit = snapshot
        .cell_voltage
        .iter()
        .flatten()
        .all(|voltage| voltage.as_millivolts() <= MOST_CELL_MILLIVOLTS);
    let sensors_fit = snapshot
        .temperature
        .iter()
        .chain([&snapshot.switch_temperature, &snapshot.board_temperature])
        .flatten()
        .all(|temperature| temperature.as_celsius() <= MOST_CELSIUS);
    let pack_fits = snapshot
        .pack_voltage
        .is_ok_and(|v| (1..=MOST_PACK_MILLIVOLTS).contains(&v.as_millivolts()))
        || snapshot.pack_voltage.is_err();
    let current_fits =
        snapshot.current.is_ok_and(|current| current.as_milliamps().abs() <= MOST_MILLIAMPS)
            || snapshot.current.is_err();
    let counts_fit =
        snapshot.cell_count.is_ok_and(|count| count <= 48) || snapshot.cell_count.is_err();
    let none_is_nonsense = ![
        snapshot.flow.map(drop),
        snapshot.chemistry.map(drop),
        snapshot.charge_switch_closed.map(drop),
        snapshot.discharge_switch_closed.map(drop),
    ]
    .into_iter()
    .any(implausible);
    words_fit
        && cells_fit
        && sensors_fit
        && pack_fits
        && current_fits
        && counts_fit
        && none_is_nonsense
}

/// No cell chemistry reaches it.
const MOST_CELL_MILLIVOLTS: i32 = 5_000;
/// More than a pack of 48 cells has. *Guess*, wide enough for every board.
const MOST_PACK_MILLIVOLTS: i32 = 300_000;
/// Twice what the largest board is sold for. *Guess*.
const MOST_MILLIAMPS: i32 = 1_000_000;
/// Solder would have melted. *Guess*.
const MOST_CELSIUS: i32 = 150;

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(dialect: Dialect, words: &[u16]) -> Vec<u16> {
        guess(dialect, words).starts
    }

    #[test]
    fn a_block_is_known_by_its_length() {
        let zero_current = |count: usize, at: usize| {
            let mut words = vec![0_u16; count];
            words[at - 1] = 530;
            words[at] = 30_000;
            words
        };
        assert_eq!(starts(Dialect::D2, &zero_current(62, 0x29)), [0]);
        assert_eq!(starts(Dialect::D2, &zero_current(80, 0x29)), [0]);
        assert_eq!(starts(Dialect::D2, &[30_000; 9]), [0x3E]);
        assert_eq!(starts(Dialect::D2, &[0x3132, 0x3334, 0x3536]), [0xC9]);
        assert_eq!(starts(Dialect::P81, &[0xFFFF; 10]), [0xA4]);
        assert!(starts(Dialect::D2, &[0; 61]).is_empty(), "no program reads 61");
    }

    #[test]
    fn values_decide_between_blocks_of_the_same_length_and_what_they_cannot_is_left_open() {
        assert_eq!(starts(Dialect::D2, &[1]), [0xCF, 0xD7]);
        // 53.0 V and -0.4 A; the switches are neither on nor off by such numbers.
        assert_eq!(starts(Dialect::P81, &[530, 29_996]), [0x38, 0x24B]);
        assert_eq!(starts(Dialect::P81, &[1, 0]), [0x121, 0x24B]);
        assert_eq!(starts(Dialect::P81, &[0xFFFF, 3]), [0x24B]);
        assert_eq!(starts(Dialect::P81, &[530, 40_000]), [0x38, 0x24B], "1000.0 A");
        assert_eq!(starts(Dialect::P81, &[530, 40_001]), [0x24B], "1000.1 A");
        assert_eq!(starts(Dialect::P81, &[3_000, 30_000]), [0x38, 0x24B], "300.0 V");
        assert_eq!(starts(Dialect::P81, &[3_001, 30_000]), [0x24B], "300.1 V");
    }

    #[test]
    fn the_zeros_of_a_board_that_has_just_woken_are_still_told_by_their_length() {
        let woken = guess(Dialect::D2, &[0; 62]);
        assert_eq!(woken, Guess { starts: vec![0], plausible: false });
    }
}
