//! The folder of a measured cell.

use std::path::Path;

use crate::table::{find, rows};
use crate::{Card, Error, Log};

/// Everything that was measured on one cell, scaled to 100 Ah.
#[derive(Clone, PartialEq, Debug)]
pub struct CellData {
    /// Name of the cell: that of its folder.
    pub name: String,
    /// What stands on its label.
    pub card: Card,
    /// Rest voltage: charge in parts of one from 0 to 1, and V; both rise strictly.
    pub rest: Vec<(f64, f64)>,
    /// Discharge and charge at C/20, where both were measured.
    pub slow: Option<[Log; 2]>,
    /// Pulse test.
    pub pulses: Log,
    /// What is missing or unusual, in words.
    pub notes: Vec<String>,
}

/// Names of the files, each plain or with `.gz` behind it.
const CARD: &str = "cell.json";
const REST: &str = "ocv_25C.csv";
const SLOW: [&str; 2] = ["c20_discharge_25C.csv", "c20_charge_25C.csv"];
const PULSES: &str = "hppc_25C.csv";

/// Reads the folder of a cell: `cell.json`, `ocv_25C.csv`, `hppc_25C.csv` and, if they are there,
/// `c20_discharge_25C.csv` and `c20_charge_25C.csv`. Tables may be packed (`.gz`).
///
/// # Errors
///
/// When a file that is needed is missing or cannot be read, or a row makes no sense; the error names
/// file and line.
pub fn load(folder: &Path) -> Result<CellData, Error> {
    if !folder.is_dir() {
        let reason = "it is no folder".to_owned();
        return Err(Error::File { path: folder.to_owned(), reason });
    }
    let need = |file: &'static str, why: &'static str| {
        find(folder, file).ok_or_else(|| Error::Missing { folder: folder.to_owned(), file, why })
    };
    let card = Card::read(&need(CARD, "it holds the rated capacity and the voltage limits")?)?;
    let rest = read_rest(&need(REST, "without rest voltages nothing can be fitted")?)?;
    let pulses = need(PULSES, "without a pulse test resistances cannot be fitted")?;
    let pulses = Log::read(&pulses, &card)?;
    let mut notes = Vec::new();
    let slow = match SLOW.map(|name| find(folder, name)) {
        [Some(discharge), Some(charge)] => {
            Some([Log::read(&discharge, &card)?, Log::read(&charge, &card)?])
        }
        found => {
            for (name, _) in SLOW.iter().zip(&found).filter(|(_, found)| found.is_none()) {
                notes.push(format!("{name} is missing"));
            }
            notes.push(
                "without both runs at C/20 the true capacity is taken to be the rated one, there is \
                 no hysteresis, and the rest voltage is straight between its points"
                    .to_owned(),
            );
            None
        }
    };
    let runs = slow.iter().flatten().chain([&pulses]);
    let temperatures: Vec<f64> = runs.flat_map(|log| log.celsius.iter().copied()).collect();
    #[expect(clippy::cast_precision_loss, reason = "there are not that many rows")]
    let mean = temperatures.iter().sum::<f64>() / temperatures.len() as f64;
    if !(20.0..=30.0).contains(&mean) {
        notes.push(format!(
            "measured at {mean:.1} °C on average; the profile is taken to be that of 25 °C"
        ));
    }
    let name = folder.canonicalize().ok();
    let name = name.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
    Ok(CellData {
        name: name.map_or_else(|| "cell".to_owned(), std::borrow::Cow::into_owned),
        card,
        rest,
        slow,
        pulses,
        notes,
    })
}

/// Reads rest voltages.
fn read_rest(path: &Path) -> Result<Vec<(f64, f64)>, Error> {
    let mut rest: Vec<(f64, f64)> = Vec::new();
    rows(path, &[("soc_percent", 0.01), ("ocv_mV", 1e-3)], |[soc, volts]| {
        if let Some(&(soc_before, volts_before)) = rest.last() {
            if soc <= soc_before || volts <= volts_before {
                return Err("charge and rest voltage must rise from row to row".to_owned());
            }
        } else if soc.abs() > 1e-9 {
            return Err("the first row must be that of 0 %".to_owned());
        }
        if !(0.1..6.5).contains(&volts) {
            return Err(format!("a rest voltage of {volts} V is impossible"));
        }
        rest.push((soc, volts));
        Ok(())
    })?;
    let whole = rest.last().is_some_and(|(soc, _)| (soc - 1.0).abs() < 1e-9);
    if rest.len() < 5 || !whole {
        let reason = "it needs five rows or more, the last of them that of 100 %".to_owned();
        return Err(Error::File { path: path.to_owned(), reason });
    }
    Ok(rest)
}
