//! What stands on the label of a cell: `cell.json`.

use std::path::Path;

use serde::Deserialize;

use crate::Error;

/// The family of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chemistry {
    /// Lithium iron phosphate.
    Lfp,
    /// Layered oxides of nickel, manganese, cobalt or aluminium, against graphite.
    Nmc,
    /// Any positive electrode against lithium titanate.
    Lto,
}

impl Chemistry {
    /// The word for it in a profile: `lfp`, `nmc` or `lto`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Lfp => "lfp",
            Self::Nmc => "nmc",
            Self::Lto => "lto",
        }
    }

    /// The family of that name, whatever its case; `None` for one that is not known. Other layered
    /// oxides (NCA, LCO, LMO) count as NMC.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "lfp" | "lifepo4" => Some(Self::Lfp),
            "nmc" | "ncm" | "nca" | "lco" | "lmo" => Some(Self::Nmc),
            "lto" => Some(Self::Lto),
            _ => None,
        }
    }
}

/// The label of a cell and the voltages it is used at, all in V.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// Its family.
    pub chemistry: Chemistry,
    /// Rated capacity in Ah, above 0.
    pub rated_ah: f64,
    /// The least voltage it may have.
    pub min_v: f64,
    /// The greatest voltage it may have.
    pub max_v: f64,
    /// What a charger holds until the cell is full.
    pub charge_v: f64,
    /// What a charger holds from then on.
    pub float_v: f64,
}

/// The file as it stands; what else is in it does not matter.
#[derive(Deserialize)]
struct Raw {
    chemistry: String,
    rated_capacity_ah: f64,
    cell_voltage_min_v: f64,
    cell_voltage_max_v: f64,
    charge_voltage_v: f64,
    float_voltage_v: f64,
}

impl Card {
    /// Reads `cell.json`.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Understands the text of `cell.json`; what is wrong with it, in words.
    fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let chemistry = Chemistry::from_name(&raw.chemistry).ok_or_else(|| {
            format!("chemistry {:?} is not known: name the nearest of LFP, NMC, LTO", raw.chemistry)
        })?;
        let card = Self {
            chemistry,
            rated_ah: raw.rated_capacity_ah,
            min_v: raw.cell_voltage_min_v,
            max_v: raw.cell_voltage_max_v,
            charge_v: raw.charge_voltage_v,
            float_v: raw.float_voltage_v,
        };
        card.check()?;
        Ok(card)
    }

    /// Whether a cell can have these numbers.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(self.rated_ah > 0.0 && self.rated_ah < 1e5) {
            return Err(format!("a rated capacity of {} Ah is impossible", self.rated_ah));
        }
        let order = [
            ("0 V", 0.0),
            ("the least voltage", self.min_v),
            ("the float voltage", self.float_v),
            ("the charge voltage", self.charge_v),
            ("the greatest voltage", self.max_v),
            ("6.5 V", 6.5),
        ];
        for pair in order.windows(2) {
            // Float may be charge, and charge may be the limit.
            let ((low, low_v), (high, high_v)) = (pair[0], pair[1]);
            if high_v.is_nan() || low_v > high_v {
                return Err(format!("{low} ({low_v} V) lies above {high} ({high_v} V)"));
            }
        }
        if self.min_v >= self.float_v {
            return Err(format!("least and float voltage are both {} V", self.min_v));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"chemistry": "LFP", "rated_capacity_ah": 50, "cell_voltage_max_v": 3.65,
        "cell_voltage_min_v": 2.5, "charge_voltage_v": 3.5, "float_voltage_v": 3.4, "note": "x"}"#;

    #[test]
    fn a_label_is_read_and_what_else_is_there_does_not_matter() {
        let card = Card::parse(GOOD).unwrap();
        assert_eq!(card.chemistry, Chemistry::Lfp);
        assert!((card.rated_ah - 50.0).abs() < 1e-9 && (card.float_v - 3.4).abs() < 1e-9);
    }

    #[test]
    fn impossible_labels_are_refused_in_words() {
        for (from, to, word) in [
            ("LFP", "lead", "lead"),
            ("50", "0", "0 Ah"),
            ("50", "-3", "-3 Ah"),
            ("3.4", "3.6", "float"),
            ("2.5", "3.45", "least"),
            ("3.65", "7", "6.5 V"),
            ("\"rated_capacity_ah\": 50,", "", "rated_capacity_ah"),
        ] {
            let error = Card::parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(word), "{from} as {to}: {error}");
        }
    }
}
