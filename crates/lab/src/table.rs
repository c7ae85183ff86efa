//! Recordings of a cell: columns of numbers, plain or packed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use cellward_cell::Profile;

use crate::{Card, Error};

/// A recording, one entry of each per row, of a cell scaled to 100 Ah.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Log {
    /// Time in s; rises strictly.
    pub time_s: Vec<f64>,
    /// Voltage in V.
    pub volts: Vec<f64>,
    /// Mean current since the row before, in A of a cell of 100 Ah; positive discharges. That of the
    /// first row means nothing.
    pub amps: Vec<f64>,
    /// Temperature in °C.
    pub celsius: Vec<f64>,
}

/// The columns of a recording: name, and what one count of it is.
const COLUMNS: [(&str, f64); 4] = [("time_s", 1.0), ("v_dmV", 1e-4), ("i_cA", 0.01), ("t_dC", 0.1)];

/// How far beyond its limits a voltage is taken to be another unit or a slip, in V.
const BEYOND: f64 = 0.5;

impl Log {
    /// Reads a recording of the cell of `card`.
    pub(crate) fn read(path: &Path, card: &Card) -> Result<Self, Error> {
        let scale = f64::from(Profile::REFERENCE_AH) / card.rated_ah;
        let mut log = Self::default();
        let limits = card.min_v - BEYOND..=card.max_v + BEYOND;
        rows(path, &COLUMNS, |[time, volts, amps, celsius]| {
            if log.time_s.last().is_some_and(|&last| time <= last) {
                return Err(format!("time stands still or runs back: {time} s"));
            }
            if !limits.contains(&volts) {
                return Err(format!(
                    "{volts:.4} V is far outside the limits of cell.json; is v_dmV in 0.1 mV?"
                ));
            }
            log.time_s.push(time);
            log.volts.push(volts);
            log.amps.push(amps * scale);
            log.celsius.push(celsius);
            Ok(())
        })?;
        if log.time_s.len() < 2 {
            return Err(Error::File { path: path.to_owned(), reason: "it has no rows".to_owned() });
        }
        Ok(log)
    }

    /// Charge taken out since the first row, in Ah of a cell of 100 Ah, for each row.
    pub(crate) fn taken(&self) -> Vec<f64> {
        let mut taken = 0.0;
        let steps = self.time_s.windows(2).zip(self.amps.iter().skip(1));
        std::iter::once(0.0)
            .chain(steps.map(|(time, amps)| {
                taken += amps * (time[1] - time[0]) / 3600.0;
                taken
            }))
            .collect()
    }
}

/// The file called `name` in `folder`, plain or packed as `name.gz`.
pub(crate) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

/// Whether the header of a file names this column.
pub(crate) fn has_column(path: &Path, name: &str) -> Result<bool, Error> {
    let mut reader = open(path)?;
    let header = reader
        .headers()
        .map_err(|error| Error::File { path: path.to_owned(), reason: error.to_string() })?;
    Ok(header.iter().any(|cell| cell == name))
}

/// A table, plain or packed.
fn open(path: &Path) -> Result<csv::Reader<Box<dyn Read>>, Error> {
    let bytes = unpacked(path)?;
    Ok(csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes))
}

/// What a file packed by gzip begins with.
const PACKED: [u8; 2] = [0x1F, 0x8B];

/// What is in a file, unpacked where it is packed (gzip), whatever it is called.
///
/// # Errors
///
/// When it cannot be opened, or not even its first bytes can be read.
pub fn unpacked(path: &Path) -> Result<Box<dyn Read>, Error> {
    let wrong =
        |error: std::io::Error| Error::File { path: path.to_owned(), reason: error.to_string() };
    let mut file = BufReader::new(File::open(path).map_err(wrong)?);
    let packed = file.fill_buf().map_err(wrong)?.starts_with(&PACKED);
    Ok(if packed { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Reads every row of a file whose header names these columns, in any order and among others, as numbers.
pub(crate) fn rows<const N: usize>(
    path: &Path,
    columns: &[(&str, f64); N],
    mut row: impl FnMut([f64; N]) -> Result<(), String>,
) -> Result<(), Error> {
    text_rows(path, &columns.map(|(name, _)| name), |cells| {
        let mut values = [0.0; N];
        for ((value, cell), (name, unit)) in values.iter_mut().zip(cells).zip(columns) {
            let number = cell.parse().ok().filter(|number: &f64| number.is_finite());
            *value = number.ok_or_else(|| format!("{name} is no number: {cell:?}"))? * unit;
        }
        row(values)
    })
}

/// The same as the text that stands there.
pub(crate) fn text_rows<const N: usize>(
    path: &Path,
    columns: &[&str; N],
    mut row: impl FnMut([&str; N]) -> Result<(), String>,
) -> Result<(), Error> {
    let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
    let mut reader = open(path)?;
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|cell| cell == *name).ok_or_else(|| Error::Row {
            path: path.to_owned(),
            line: 1,
            reason: format!("there is no column {name}"),
        })?;
    }
    let mut record = csv::StringRecord::new();
    loop {
        let before = reader.position().line();
        let at = |line: u64, reason: String| Error::Row { path: path.to_owned(), line, reason };
        if !reader.read_record(&mut record).map_err(|error| at(before, error.to_string()))? {
            return Ok(());
        }
        let line = record.position().map_or(before, csv::Position::line);
        let mut cells = [""; N];
        for ((cell, place), name) in cells.iter_mut().zip(places).zip(columns) {
            *cell =
                record.get(place).ok_or_else(|| at(line, format!("the row ends before {name}")))?;
        }
        row(cells).map_err(|reason| at(line, reason))?;
    }
}
