//! Captures: the frames of a board become readings of all cells, the current and the temperatures.

use std::collections::BTreeMap;
use std::time::Duration;

use cellward_host::capture::parse_begun;
use cellward_host::decode::Protocol;
use cellward_host::doubt::Doubt;
use cellward_host::recall::{recall, spoken_in};
use cellward_host::{Positive, doubts};
use cellward_params::Snapshot;
use cellward_params::point::Shape;
use cellward_units::{self as units, NoData};

use super::log::Log;
use super::samples::{Complete, Samples};

/// So far apart the cells and the current of one reading may be: boards say them in several frames.
const TOGETHER: Duration = Duration::from_secs(10);
/// So long a temperature stands for what it is now: cells take hours to warm.
const WARM: Duration = Duration::from_secs(600);

/// Whose values are wanted, and how to take them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Wanted {
    /// The number of the board; without it there must be one alone.
    pub(super) board: Option<u8>,
    /// What this board means by a positive current, where that differs from its dialect.
    pub(super) positive: Option<Positive>,
}

/// What one board said, until all of it is there.
struct Heard {
    /// The last of everything.
    now: Snapshot,
    /// When each cell and the current were said since the last reading, and any temperature.
    cells: Vec<Option<Duration>>,
    current: Option<Duration>,
    temperature: Option<Duration>,
    /// Whether any was ever said, of: cells, the current, temperatures, how many cells there are.
    ever: [bool; 4],
    /// How many readings fit the state of the board by the sign of their current, and how many
    /// contradict it.
    right_way: usize,
    wrong_way: usize,
    samples: Samples,
    trouble: Option<String>,
}

/// What [`Heard::ever`] tells, for people.
const NEEDED: [&str; 4] = ["cell voltages", "current", "temperatures", "number of cells"];

impl Heard {
    fn new() -> Self {
        let now = Snapshot::absent(NoData::NotCarried);
        Self {
            cells: vec![None; now.cell_voltage.len()],
            now,
            current: None,
            temperature: None,
            ever: [false; 4],
            right_way: 0,
            wrong_way: 0,
            samples: Samples::default(),
            trouble: None,
        }
    }

    /// Takes in what one frame says; makes a reading once all of it is new.
    fn hear(&mut self, at: Duration, own: &Snapshot) {
        let now = &mut self.now;
        let cells = now.cell_voltage.iter_mut().zip(&mut self.cells);
        for ((slot, said), own) in cells.zip(&own.cell_voltage) {
            if keep(slot, own) {
                *said = own.ok().map(|_| at);
                self.ever[0] |= own.is_ok();
            }
        }
        if keep(&mut now.current, &own.current) {
            self.current = own.current.ok().map(|_| at);
            self.ever[1] |= own.current.is_ok();
        }
        for (slot, own) in now.temperature.iter_mut().zip(&own.temperature) {
            if keep(slot, own) && own.is_ok() {
                self.temperature = Some(at);
                self.ever[2] = true;
            }
        }
        for (slot, own) in
            [(&mut now.cell_count, &own.cell_count), (&mut now.sensor_count, &own.sensor_count)]
        {
            keep(slot, own);
        }
        keep(&mut now.flow, &own.flow);
        self.ever[3] |= now.cell_count.is_ok();
        if self.is_together(at) {
            self.reading(at);
        }
    }

    /// Whether every cell and the current were said since the last reading, and all of it lately.
    fn is_together(&self, at: Duration) -> bool {
        let within = |said: &Option<Duration>, span| {
            said.is_some_and(|said| at.saturating_sub(said) <= span)
        };
        let cells = self.cells.get(..self.now.count(Shape::Cells)).unwrap_or_default();
        !cells.is_empty()
            && cells.iter().all(|said| within(said, TOGETHER))
            && within(&self.current, TOGETHER)
            && within(&self.temperature, WARM)
    }

    fn reading(&mut self, at: Duration) {
        let contradicts = |seen: &Snapshot| doubts(seen).any(|doubt| doubt == Doubt::Sign);
        self.wrong_way += usize::from(contradicts(&self.now));
        self.right_way += usize::from(contradicts(&turned(&self.now)));
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let taken =
            self.samples.take(units::Duration::from_micros(micros), Complete::of(&self.now));
        if let Err(trouble) = taken {
            self.trouble.get_or_insert(trouble);
        }
        self.cells.fill(None);
        self.current = None;
    }

    /// What is missing for a reading, in words.
    fn missing(&self) -> String {
        let missing: Vec<&str> =
            NEEDED.iter().zip(self.ever).filter(|(_, ever)| !ever).map(|(name, _)| *name).collect();
        match missing.as_slice() {
            [] => "all cells, the current and a temperature within ten seconds".to_owned(),
            some => some.join(", "),
        }
    }
}

/// The same with the current the other way.
fn turned(snapshot: &Snapshot) -> Snapshot {
    Snapshot { current: snapshot.current.map(|current| -current), ..snapshot.clone() }
}

/// Keeps what a frame says; `false` where it has no word about it.
fn keep<T: Copy>(slot: &mut Result<T, NoData>, own: &Result<T, NoData>) -> bool {
    let said = !matches!(own, Err(NoData::NotCarried));
    if said {
        *slot = *own;
    }
    said
}

/// Reads a capture.
///
/// # Errors
///
/// Says what is missing in it, and what to do.
pub(super) fn read(text: &str, wanted: Wanted) -> Result<Log, String> {
    let (chunks, broken_off) = parse_begun(text).map_err(|error| error.to_string())?;
    let nothing =
        "look at it with `cellward replay`, and capture anew with `cellward capture --for 1h`";
    let protocol = spoken_in(text, &chunks)
        .ok_or_else(|| format!("no frame with values of a board is in this capture; {nothing}"))?;
    let swapped = match (protocol, wanted.positive) {
        (Protocol::A5, Some(Positive::Charge))
        | (Protocol::KmodbusD2 | Protocol::KmodbusP81, Some(Positive::Discharge)) => true,
        (Protocol::Modbus | Protocol::ModbusTcp, Some(Positive::Discharge)) => {
            return Err("in this protocol a positive current always charges: leave out --positive"
                .to_owned());
        }
        _ => false,
    };
    let mut boards: BTreeMap<u8, Heard> = BTreeMap::new();
    let tally = recall(&chunks, protocol, |at, board, own| {
        let heard = boards.entry(board).or_insert_with(Heard::new);
        if swapped {
            heard.hear(at, &turned(own));
        } else {
            heard.hear(at, own);
        }
    });
    if boards.is_empty() {
        let name = protocol.name();
        return Err(format!(
            "no frame with values of a board is in this capture by {name} (refused runs of bytes: \
             {}); {nothing}",
            tally.refused
        ));
    }
    let (board, heard) = choose(boards, wanted.board)?;
    if let Some(trouble) = heard.trouble {
        return Err(format!("{trouble}; one file holds one capture"));
    }
    let readings = heard.samples.samples.len();
    if readings == 0 {
        return Err(format!(
            "board {board} in this capture says no {}, which the estimator needs; `cellward capture` \
             asks a board for all it has",
            heard.missing()
        ));
    }
    let wrong_way = heard.wrong_way > heard.right_way;
    let mut log = Log::new(format!("a capture ({})", protocol.key()), heard.samples);
    if wrong_way {
        log.doubt = Some(
            "the sign of the current contradicts the state of the board in most readings: say what \
             it means with --positive charge or --positive discharge"
                .to_owned(),
        );
    }
    let breaks_off = |why: String| {
        format!("the capture breaks off{why}; what was complete before it is estimated")
    };
    let look = "`cellward replay` shows what is wrong with them";
    log.incomplete = match (broken_off, tally.refused) {
        (Some(error), _) => Some(breaks_off(format!(" ({error})"))),
        (None, 0) => None,
        // Every line that is written ends.
        (None, _) if !text.ends_with('\n') => Some(breaks_off(String::new())),
        (None, 1) => Some(format!("one run of bytes in this capture was refused; {look}")),
        (None, many) => Some(format!("{many} runs of bytes in this capture were refused; {look}")),
    };
    Ok(log)
}

/// The board that is wanted, or the only one that there is.
fn choose(mut boards: BTreeMap<u8, Heard>, wanted: Option<u8>) -> Result<(u8, Heard), String> {
    let numbers = |boards: &BTreeMap<u8, Heard>| {
        boards.keys().map(u8::to_string).collect::<Vec<_>>().join(", ")
    };
    let all = numbers(&boards);
    if let Some(board) = wanted {
        return boards
            .remove_entry(&board)
            .ok_or_else(|| format!("board {board} is not in this capture; there is {all}"));
    }
    // What only others asked and were never fully answered is not in question.
    if boards.values().any(|heard| !heard.samples.samples.is_empty()) {
        boards.retain(|_, heard| !heard.samples.samples.is_empty());
    }
    match boards.len() {
        1 => boards.pop_first().ok_or_else(|| "there is no board".to_owned()),
        _ => Err(format!(
            "several boards are in this capture: say which with --board ({})",
            numbers(&boards)
        )),
    }
}

#[cfg(test)]
mod tests {
    use cellward_units::{Current, Temperature, Voltage};

    use super::*;

    fn nothing() -> Snapshot {
        Snapshot::absent(NoData::NotCarried)
    }

    fn counts() -> Snapshot {
        Snapshot { cell_count: Ok(2), sensor_count: Ok(1), ..nothing() }
    }

    fn cell(index: usize, said: Result<i32, NoData>) -> Snapshot {
        let mut own = nothing();
        own.cell_voltage[index] = said.map(Voltage::from_millivolts);
        own
    }

    fn current() -> Snapshot {
        Snapshot { current: Ok(Current::from_amps(5)), ..nothing() }
    }

    fn warm() -> Snapshot {
        let mut own = nothing();
        own.temperature[0] = Ok(Temperature::from_celsius(20));
        own
    }

    /// When readings were complete, in ms, after frames at these.
    fn readings(frames: &[(u64, Snapshot)]) -> Vec<u64> {
        let (mut heard, mut complete) = (Heard::new(), Vec::new());
        for (millis, own) in frames {
            let before = heard.samples.samples.len();
            heard.hear(Duration::from_millis(*millis), own);
            if heard.samples.samples.len() > before {
                complete.push(*millis);
            }
        }
        assert_eq!((heard.trouble, heard.samples.left_out), (None, 0));
        complete
    }

    #[test]
    fn a_reading_is_there_with_the_last_of_its_parts_and_each_part_counts_once() {
        let frames = [
            (0, counts()),
            (1, warm()),
            (2, cell(0, Ok(3_300))),
            (3, cell(1, Ok(3_300))),
            (4, current()),
            // Half of the next is not one.
            (5_000, cell(0, Ok(3_300))),
            (5_001, current()),
            (5_002, cell(1, Ok(3_300))),
            (9_000, current()),
        ];
        assert_eq!(readings(&frames), [4, 5_002]);
    }

    #[test]
    fn parts_belong_together_for_ten_seconds_and_a_temperature_stands_for_ten_minutes() {
        let frames = |cell_at, current_at| {
            [
                (0, counts()),
                (0, warm()),
                (cell_at, cell(0, Ok(3_300))),
                (cell_at, cell(1, Ok(3_300))),
                (current_at, current()),
            ]
        };
        assert_eq!(readings(&frames(50_000, 60_000)), [60_000]);
        assert_eq!(readings(&frames(50_000, 60_001)), Vec::<u64>::new());
        assert_eq!(readings(&frames(600_000, 600_000)), [600_000]);
        assert_eq!(readings(&frames(600_001, 600_001)), Vec::<u64>::new());
    }

    #[test]
    fn a_cell_that_is_said_to_be_absent_makes_no_reading_until_it_is_back() {
        let frames = [
            (0, counts()),
            (0, warm()),
            (1, cell(0, Ok(3_300))),
            (1, cell(1, Ok(3_300))),
            (2, cell(1, Err(NoData::Implausible))),
            (3, current()),
            (4, cell(1, Ok(3_300))),
        ];
        assert_eq!(readings(&frames), [4]);
    }
}
