//! Ten-second powers beside those that were measured.

use std::path::Path;

use cellward_estimate::{CellLimits, Pack};
use cellward_units::{Charge, Ratio, Temperature, Voltage};

use crate::table::text_rows;
use crate::{Error, Named};

/// One measured power and what the estimator says of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Compared {
    /// State of charge, 0 to 1.
    pub soc: f64,
    /// Temperature in °C.
    pub celsius: f64,
    /// Whether it is charged.
    pub charge: bool,
    /// Measured power in W.
    pub measured: f64,
    /// Estimated power in W.
    pub estimated: f64,
}

impl Compared {
    /// The estimate over the measurement less one.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.estimated / self.measured - 1.0
    }
}

/// Compares with the columns `soc`, `temp_c`, `direction` (`charge` or `discharge`) and `p10_w` of a
/// file: the largest power of a rested cell of 100 Ah for ten seconds. Rows without a power are left
/// out.
///
/// # Errors
///
/// When it cannot be read, a column is missing or a number is none; the error names the line.
pub fn compare_power(named: &Named, path: &Path) -> Result<Vec<Compared>, Error> {
    let nonsense = |what: &str| Error::Nonsense(format!("{what} of the profile makes no sense"));
    let volts = |volts| Voltage::from_volts_f64(volts).ok_or_else(|| nonsense("a voltage limit"));
    let limits = CellLimits { lowest: volts(named.card.min_v)?, highest: volts(named.card.max_v)? };
    let rated = Charge::from_milliamp_hours(100_000);
    let pack =
        Pack::new(&named.profile, rated, 1, None).ok_or_else(|| nonsense("the capacity"))?;
    let mut compared = Vec::new();
    text_rows(path, &["soc", "temp_c", "direction", "p10_w"], |[soc, celsius, way, power]| {
        if power.is_empty() {
            return Ok(());
        }
        let number = |text: &str| -> Result<f64, String> {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.ok_or_else(|| format!("{text:?} is no number"))
        };
        let (soc, celsius, measured) = (number(soc)?, number(celsius)?, number(power)?);
        let charge = match way {
            "charge" => true,
            "discharge" => false,
            other => return Err(format!("direction is {other:?}, not charge or discharge")),
        };
        let at = Ratio::from_f64(soc).ok_or_else(|| format!("{soc} is no share"))?;
        let warm =
            Temperature::from_celsius_f64(celsius).ok_or_else(|| format!("{celsius} °C is none"))?;
        let both = pack.ten_seconds_at(at, &limits, warm);
        let rating = if charge { both.charge } else { both.discharge };
        let estimated = rating.power.to_watts_f64();
        compared.push(Compared { soc, celsius, charge, measured, estimated });
        Ok(())
    })?;
    Ok(compared)
}
