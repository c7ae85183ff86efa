//! What this program writes: tables of samples and of records, and the same as JSON.

use cellward_host::json::{self, AT, BOOT};
use cellward_host::recall::believe;
use cellward_params::{Point, Snapshot, Value};
use cellward_units::{Duration, NoData};
use serde_json::Value as Json;

use super::log::Log;
use super::samples::{Complete, Samples};

/// The points that are looked for; the time since start stands in where no other time does.
const LOOKED_FOR: [Point; 6] = [
    Point::CellCount,
    Point::CellVoltage,
    Point::PackCurrent,
    Point::SensorCount,
    Point::SensorTemperature,
    Point::Uptime,
];

/// What a column of a table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    /// The time in ms.
    At,
    /// How often the board had started.
    Boot,
    /// An element of a point, from 0.
    Of(Point, usize),
}

impl Column {
    /// By its name: that of the point in JSON, and of a list with its place, as in
    /// `cell_voltage_mv[3]` or `cell_voltage_mv_3`.
    fn named(name: &str) -> Option<Self> {
        match name {
            AT => return Some(Self::At),
            BOOT => return Some(Self::Boot),
            _ => {}
        }
        LOOKED_FOR.into_iter().find_map(|point| {
            let place = name.strip_prefix(&json::key(point.row()))?;
            if place.is_empty() {
                return Some(Self::Of(point, 0));
            }
            let bracketed = || place.strip_prefix('[')?.strip_suffix(']');
            let number = place.strip_prefix('_').or_else(bracketed)?;
            let number: usize = number.parse().ok()?;
            Some(Self::Of(point, number.checked_sub(1)?))
        })
    }
}

/// One row: a snapshot, and when it was.
struct Row {
    snapshot: Snapshot,
    at: Option<f64>,
    boot: Option<f64>,
}

impl Row {
    fn new() -> Self {
        Self { snapshot: Snapshot::absent(NoData::NotCarried), at: None, boot: None }
    }

    /// Takes a number in, in the unit of its column.
    fn put(&mut self, column: Column, number: f64) {
        match column {
            Column::At => self.at = Some(number),
            Column::Boot => self.boot = Some(number),
            Column::Of(point, index) => {
                let raw = number * 10_f64.powi(point.row().unit.decimals().into());
                let raw = if raw.abs() < 1e15 {
                    Ok(raw.round() as i64)
                } else {
                    Err(NoData::Implausible)
                };
                self.snapshot.put(point, index, Value::Number(raw));
            }
        }
    }

    /// Lists are as long as what stands there, where nothing says it.
    fn counted(mut self, cells: usize, sensors: usize) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let snapshot = &mut self.snapshot;
        snapshot.cell_count = snapshot.cell_count.or_else(|_| Ok(count(cells)));
        snapshot.sensor_count = snapshot.sensor_count.or_else(|_| Ok(count(sensors)));
        self
    }

    /// Time on the clock of the board.
    fn time(&self) -> Option<Duration> {
        match self.at {
            // A century, as that of other logs.
            Some(millis) if (0.0..3.2e12).contains(&millis) => {
                Some(Duration::from_micros((millis * 1e3).round() as u64))
            }
            Some(_) => None,
            None => self.snapshot.uptime.ok(),
        }
    }
}

/// Rows in their order.
#[derive(Default)]
struct Rows {
    samples: Samples,
    boot: Option<f64>,
    last: Option<Duration>,
}

impl Rows {
    fn take(&mut self, row: &mut Row) -> Result<(), String> {
        let at = row.time().ok_or_else(|| {
            let uptime = json::key(Point::Uptime.row());
            format!("it has no time: neither {AT} nor {uptime}")
        })?;
        // Time since start runs back with every start, and records count the starts.
        let counts_from_start = row.at.is_none();
        let back = counts_from_start && self.last.is_some_and(|last| at < last);
        if back || row.boot.is_some() && self.boot.is_some() && row.boot != self.boot {
            self.samples.restart();
        }
        (self.boot, self.last) = (row.boot.or(self.boot), Some(at));
        believe(&mut row.snapshot);
        self.samples.take(at, Complete::of(&row.snapshot))
    }

    fn log(self, kind: &str, incomplete: Option<String>) -> Result<Log, String> {
        if self.samples.samples.is_empty() {
            return Err(format!(
                "it looks like {kind}, but none of its {} rows has all cells, the current and a \
                 temperature, which the estimator needs ({}, {}, {})",
                self.samples.left_out,
                json::key(Point::CellVoltage.row()),
                json::key(Point::PackCurrent.row()),
                json::key(Point::SensorTemperature.row()),
            ));
        }
        let mut log = Log::new(kind.to_owned(), self.samples);
        log.incomplete = incomplete;
        Ok(log)
    }
}

/// Whether the first line of a table names cells, the current or a time as this program does.
pub(super) fn is_table(header: &str) -> bool {
    header.split(',').any(|name| Column::named(name.trim().trim_matches('"')).is_some())
}

/// Reads a table.
///
/// # Errors
///
/// Names the first line that is wrong, or says what is missing.
pub(super) fn read_table(text: &str) -> Result<Log, String> {
    // Every line that this program writes ends.
    let (whole, begun) = match text.rfind('\n') {
        Some(end) => text.split_at(end + 1),
        None => ("", text),
    };
    let incomplete = (!begun.is_empty())
        .then(|| "the last line does not end, so it is left out: the file breaks off".to_owned());
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(whole.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?;
    let columns: Vec<Option<Column>> = header.iter().map(Column::named).collect();
    let most = |wanted: Point| {
        let places = columns.iter().flatten().filter_map(|column| match column {
            Column::Of(point, index) if *point == wanted => Some(index + 1),
            _ => None,
        });
        places.max().unwrap_or(0)
    };
    let (cells, sensors) = (most(Point::CellVoltage), most(Point::SensorTemperature));
    if cells == 0 || most(Point::PackCurrent) == 0 {
        return Err(format!(
            "its columns are of this program, but {} or {} is not among them, which the estimator \
             needs",
            json::key(Point::CellVoltage.row()),
            json::key(Point::PackCurrent.row()),
        ));
    }
    let mut rows = Rows::default();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row::new();
        for (column, cell) in columns.iter().zip(&record) {
            let Some(column) = column.filter(|_| !cell.is_empty()) else {
                continue;
            };
            let number: f64 =
                cell.parse().map_err(|_| format!("line {line}: {cell:?} is no number"))?;
            row.put(column, number);
        }
        let mut row = row.counted(cells, sensors);
        rows.take(&mut row).map_err(|why| format!("line {line}: {why}"))?;
    }
    rows.log("a table of this program", incomplete)
}

/// Reads objects, one behind the other or in lists.
///
/// # Errors
///
/// Says what is wrong with which of them, or what is missing.
pub(super) fn read_json(text: &str) -> Result<Log, String> {
    let mut rows = Rows::default();
    let mut incomplete = None;
    let mut number = 0;
    let mut take = |object: &Json| {
        number += 1;
        rows.take(&mut row(object)).map_err(|why| format!("object {number}: {why}"))
    };
    for part in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        match part {
            Ok(Json::Array(list)) => list.iter().try_for_each(&mut take)?,
            Ok(object) => take(&object)?,
            Err(error) if error.is_eof() => {
                incomplete = Some(format!(
                    "the file breaks off ({error}); what was complete before it is estimated"
                ));
            }
            Err(error) => return Err(format!("it is no JSON: {error}")),
        }
    }
    rows.log("JSON of this program", incomplete)
}

/// What an object says.
fn row(object: &Json) -> Row {
    let mut row = Row::new();
    let mut lengths = [0, 0];
    let scalar = |name: &str| object.get(name).and_then(Json::as_f64);
    for (column, name) in [(Column::At, AT), (Column::Boot, BOOT)] {
        if let Some(number) = scalar(name) {
            row.put(column, number);
        }
    }
    for point in LOOKED_FOR {
        match object.get(json::key(point.row())) {
            Some(Json::Array(list)) => {
                match point {
                    Point::CellVoltage => lengths[0] = list.len(),
                    _ => lengths[1] = list.len(),
                }
                for (index, element) in list.iter().enumerate() {
                    if let Some(number) = element.as_f64() {
                        row.put(Column::Of(point, index), number);
                    }
                }
            }
            Some(value) => {
                if let Some(number) = value.as_f64() {
                    row.put(Column::Of(point, 0), number);
                }
            }
            None => {}
        }
    }
    row.counted(lengths[0], lengths[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_tables_of_samples_and_of_records_name_them() {
        let cell = |index| Some(Column::Of(Point::CellVoltage, index));
        assert_eq!(Column::named("cell_voltage_mv[3]"), cell(2));
        assert_eq!(Column::named("cell_voltage_mv_16"), cell(15));
        assert_eq!(Column::named("current_ma"), Some(Column::Of(Point::PackCurrent, 0)));
        assert_eq!(Column::named("at_ms"), Some(Column::At));
        for other in
            ["cell_voltage_mv_0", "cell_voltage_mv_x", "cell_voltage_mv[1", "current_age_ms", ""]
        {
            assert_eq!(Column::named(other), None, "{other}");
        }
    }

    fn seconds(log: &Log) -> Vec<(f64, f64)> {
        let samples = log.samples.samples.iter();
        samples.map(|sample| (sample.at.to_secs_f64(), sample.lasted.to_secs_f64())).collect()
    }

    #[test]
    fn a_row_without_all_of_it_is_a_gap() {
        let head = "at_ms,cell_voltage_mv[1],cell_voltage_mv[2],current_ma,temperature_c[1],temperature_c[2]";
        let table = format!(
            "{head}\n500,3300,3301,-1500,20.5,21.5\n1500,3300,,-1500,20,20\n2500,3300,3301,,20,20\n\
             3500,3300,3301,1,,\n4500,3300,3301,100,,22.5\n"
        );
        let log = read_table(&table).unwrap();
        assert_eq!(seconds(&log), [(0.0, 0.0), (4.0, 4.0)]);
        assert_eq!(log.samples.left_out, 3);
        let [first, last] = log.samples.samples.as_slice() else { panic!("{log:?}") };
        assert_eq!(first.temperature.as_millicelsius(), 21_000);
        assert_eq!(last.temperature.as_millicelsius(), 22_500);
        assert_eq!(first.current.as_milliamps(), -1_500);
        assert_eq!(first.cells.len(), 2);
        assert_eq!(log.incomplete, None);
    }

    #[test]
    fn a_board_that_started_anew_was_off_for_nobody_knows_how_long() {
        let object = |at: u32, boot: u32| {
            format!(
                "{{\"at_ms\": {at}, \"boot_number\": {boot}, \"cell_voltage_mv\": [3300], \
                 \"current_ma\": 0, \"temperature_c\": [20]}}"
            )
        };
        let text = format!("[{}, {}, {}]", object(9_000, 1), object(1_000, 2), object(3_000, 2));
        let log = read_json(&text).unwrap();
        assert_eq!(seconds(&log), [(0.0, 0.0), (0.0, 86_400.0), (2.0, 2.0)]);
        let back = read_json(&format!("[{}, {}]", object(9_000, 1), object(1_000, 1)));
        assert_eq!(back, Err("object 2: time runs back from 9 s to 1 s".to_owned()));
    }

    #[test]
    fn samples_without_a_time_of_their_own_go_by_the_time_since_start() {
        let object = |up: u32| {
            format!(
                "{{\"uptime_s\": {up}, \"cell_voltage_mv\": [3300], \"current_ma\": 0, \
                 \"temperature_c\": [20]}}\n"
            )
        };
        let log = read_json(&[object(50), object(60), object(5)].concat()).unwrap();
        assert_eq!(seconds(&log), [(0.0, 0.0), (10.0, 10.0), (10.0, 86_400.0)]);
        let without = read_json("{\"current_ma\": 0}");
        assert_eq!(without, Err("object 1: it has no time: neither at_ms nor uptime_s".to_owned()));
    }

    #[test]
    fn what_breaks_off_gives_what_was_before_it() {
        let table = "at_ms,cell_voltage_mv_1,current_ma,temperature_c_1\n0,3300,0,20\n9000,33";
        let log = read_table(table).unwrap();
        assert_eq!(seconds(&log), [(0.0, 0.0)]);
        assert!(log.incomplete.is_some());
        let wrong = read_table("at_ms,cell_voltage_mv_1,current_ma\n0,33x,0\n");
        assert_eq!(wrong, Err("line 2: \"33x\" is no number".to_owned()));
    }
}
