//! `cellward history`: the story that a board tells of itself.

use std::time::Duration;

use cellward_host::json;
use cellward_params::Record;
use serde_json::{Map, Value as Json};

use super::device::DeviceArgs;
use super::{Exit, complain, print};
use crate::span::span;

/// Options of `cellward history`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Print JSON instead of lines: every field of every record
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV instead of lines: every field of every record
    #[arg(long)]
    csv: bool,
    /// Only what came after the record of this number, or within this time before the newest
    /// record, such as 90s, 20min, 2h or 7d
    #[arg(long, value_name = "N|TIME", value_parser = since)]
    since: Option<Since>,
}

/// From where on records are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Since {
    /// After this sequence number.
    Record(u32),
    /// Within this time before the newest record.
    Time(Duration),
}

/// Reads and prints the records.
pub(crate) fn run(args: &HistoryArgs) -> Exit {
    args.device.run(|board, timeout| {
        let after = match args.since {
            Some(Since::Record(sequence)) => sequence,
            _ => 0,
        };
        let mut records = board.records(after, timeout)?;
        if let (Some(Since::Time(span)), Some(newest)) = (args.since, records.last()) {
            let newest = newest.at.as_micros();
            let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            let first = newest.saturating_sub(span);
            records.retain(|record| record.at.as_micros() >= first);
        }
        let text = if args.json {
            let list: Vec<Json> = records.iter().map(object).collect();
            format!("{:#}\n", Json::Array(list))
        } else if args.csv {
            match table(&records) {
                Ok(text) => text,
                Err(error) => {
                    complain(&format!("the records cannot be written as CSV: {error}"));
                    return Ok(Exit::Partial);
                }
            }
        } else {
            records.iter().map(line).collect()
        };
        print(&text);
        Ok(Exit::Done)
    })
}

fn object(record: &Record) -> Json {
    Json::Object(json::record(record))
}

/// A record in one line: its number, when it was since the start of the board, and what happened.
fn line(record: &Record) -> String {
    let members = json::record(record);
    let text = members.get("text").and_then(Json::as_str).unwrap_or_default();
    let seconds = record.at.as_micros() / 1_000_000;
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let boot = record.circumstances.boot_number;
    format!(
        "{:>6}  start {boot} + {days} d {hours:02}:{minutes:02}:{seconds:02}  {text}\n",
        record.sequence
    )
}

/// Every field of every record, a column each; lists have a column for each element.
fn table(records: &[Record]) -> Result<String, csv::Error> {
    let rows: Vec<Map<String, Json>> =
        records.iter().map(|record| flat(json::record(record))).collect();
    let mut columns: Vec<&str> = Vec::new();
    for row in &rows {
        for key in row.keys() {
            if !columns.contains(&key.as_str()) {
                columns.push(key);
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    if !columns.is_empty() {
        writer.write_record(&columns)?;
    }
    for row in &rows {
        let cells = columns.iter().map(|&column| match row.get(column) {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        writer.write_record(cells)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Members without lists: `cell_voltage_mv` becomes `cell_voltage_mv_1` and so on.
fn flat(members: Map<String, Json>) -> Map<String, Json> {
    let mut flat = Map::new();
    for (key, value) in members {
        match value {
            Json::Array(list) if list.iter().all(|element| !element.is_object()) => {
                for (element, number) in list.into_iter().zip(1..) {
                    flat.insert(format!("{key}_{number}"), element);
                }
            }
            value => {
                flat.insert(key, value);
            }
        }
    }
    flat
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(sequence) = text.parse() {
        return Ok(Since::Record(sequence));
    }
    if text.parse::<f64>().is_ok() {
        return Err("there is no such record number; a time has a unit, such as 20min".to_owned());
    }
    span(text).map(Since::Time)
}

#[cfg(test)]
mod tests {
    use cellward_params::RecordKind;
    use cellward_params::record::{Happening, Subject};
    use cellward_units::Instant;

    use super::*;

    #[test]
    fn records_are_named_by_number_or_by_time() {
        assert_eq!(since("0"), Ok(Since::Record(0)));
        assert_eq!(since("17"), Ok(Since::Record(17)));
        assert_eq!(since("90s"), Ok(Since::Time(Duration::from_secs(90))));
        assert_eq!(since("1.5h"), Ok(Since::Time(Duration::from_secs(5_400))));
        assert_eq!(since("7d"), Ok(Since::Time(Duration::from_secs(604_800))));
        for bad in ["", "-1", "-1s", "1.5", "4294967296", "h", "NaNs", "ä"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_field_of_a_record_has_a_column() {
        let at = Instant::from_micros(90_061_000_000);
        let subject = Subject::Happening(Happening::SwitchOpened);
        let record = Record::new(7, at, RecordKind::Change, subject);
        let text = table(&[record]).unwrap();
        let columns: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        for key in flat(json::record(&record)).keys() {
            assert!(columns.contains(&key.as_str()), "{key}");
        }
        assert_eq!(text.lines().count(), 2);
        assert!(line(&record).contains("+ 1 d 01:01:01"), "{}", line(&record));
        assert_eq!(table(&[]).unwrap(), "");
    }
}
