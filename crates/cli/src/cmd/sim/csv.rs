//! Samples of a scenario as a table: a column per point, a line per sample.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use cellward_host::json;
use cellward_params::Snapshot;
use cellward_units::Instant;
use serde_json::Value as Json;

/// The table while it is written. Columns are those of the first sample: the time, then every
/// point under its JSON key, lists with their places as in `cell_voltage_mv[3]`.
pub(super) struct Table {
    file: BufWriter<File>,
    columns: Vec<String>,
}

impl Table {
    pub(super) const fn new(file: BufWriter<File>) -> Self {
        Self { file, columns: Vec::new() }
    }

    /// Writes one sample.
    pub(super) fn row(&mut self, at: Instant, snapshot: &Snapshot) -> io::Result<()> {
        let fields = fields(snapshot);
        if self.columns.is_empty() {
            self.columns = fields.iter().map(|(name, _)| name.clone()).collect();
            writeln!(self.file, "{},{}", json::AT, self.columns.join(","))?;
        }
        write!(self.file, "{}", at.as_micros() / 1_000)?;
        // The columns of a pack do not change while it is simulated; a value that has none is
        // left out, and a column that has no value stays empty.
        for column in &self.columns {
            let value = fields.iter().find(|(name, _)| name == column);
            write!(self.file, ",{}", value.map_or("", |(_, value)| value.as_str()))?;
        }
        writeln!(self.file)
    }

    /// Writes what is still on its way.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Every value of a snapshot with its column; empty where it is absent.
fn fields(snapshot: &Snapshot) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (name, value) in json::snapshot(snapshot) {
        match value {
            // The reasons for absence are no value.
            Json::Object(_) if name == "absent" => {}
            Json::Object(parts) => {
                for (part, value) in parts {
                    fields.push((format!("{name}.{part}"), cell(&value)));
                }
            }
            Json::Array(list) if list.iter().any(Json::is_object) || IN_ONE.contains(&&*name) => {
                fields.push((name, keys(&list)));
            }
            Json::Array(list) => {
                for (place, value) in list.iter().enumerate() {
                    fields.push((format!("{name}[{}]", place + 1), cell(value)));
                }
            }
            value => fields.push((name, cell(&value))),
        }
    }
    fields
}

/// Lists that are told in one column even while they are empty.
const IN_ONE: [&str; 3] = ["faults", "charge_switch_reasons", "discharge_switch_reasons"];

/// The keys of faults or reasons, with their levels, in one cell.
fn keys(list: &[Json]) -> String {
    let words: Vec<String> = list
        .iter()
        .map(|one| {
            let key = one["fault"].as_str().or_else(|| one["why"].as_str()).unwrap_or_default();
            match one["level"].as_str() {
                Some(level) => format!("{key}:{level}"),
                None => key.to_owned(),
            }
        })
        .collect();
    words.join(" ")
}

/// One value as a cell: quoted where a comma or a quote would break the line.
fn cell(value: &Json) -> String {
    let text = match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Object(parts) => {
            let parts: Vec<String> = parts.values().map(cell).collect();
            parts.join("/")
        }
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_units::{NoData, Voltage};

    #[test]
    fn a_sample_has_a_column_per_point_and_place_and_absent_values_stay_empty() {
        let mut snapshot = Snapshot::absent(NoData::NotYet);
        snapshot.cell_count = Ok(3);
        snapshot.cell_voltage[1] = Ok(Voltage::from_millivolts(3_300));
        let fields = fields(&snapshot);
        let value = |wanted: &str| {
            fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        assert_eq!(value("cell_voltage_mv[2]"), Some("3300"));
        assert_eq!(value("cell_voltage_mv[3]"), Some(""));
        assert_eq!(value("cell_voltage_mv[4]"), None);
        assert_eq!(value("soc_percent"), Some(""));
        assert_eq!(value("absent"), None);
    }

    #[test]
    fn a_cell_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(cell(&Json::from("a,b")), "\"a,b\"");
        assert_eq!(cell(&Json::from("a\"b")), "\"a\"\"b\"");
        assert_eq!(cell(&Json::from(7)), "7");
    }
}
