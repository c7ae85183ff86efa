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
/// When it cannot be read, a column is missing, or a number is none or outside of what it can be; the
/// error names the line.
pub fn compare_power(named: &Named, path: &Path) -> Result<Vec<Compared>, Error> {
    let nonsense = |what: &str| Error::Nonsense(format!("{what} of the profile makes no sense"));
    let volts = |volts| Voltage::from_volts_f64(volts).ok_or_else(|| nonsense("a voltage limit"));
    let limits = CellLimits { lowest: volts(named.card.min_v)?, highest: volts(named.card.max_v)? };
    let rated = Charge::from_milliamp_hours(100_000);
    let pack = Pack::new(&named.profile, rated, 1, None).ok_or_else(|| nonsense("the capacity"))?;
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
        if measured <= 0.0 {
            return Err(format!("{measured} W is no power; leave it empty where there is none"));
        }
        if !(0.0..=1.0).contains(&soc) {
            return Err(format!("{soc} is no state of charge from 0 to 1"));
        }
        let charge = match way {
            "charge" => true,
            "discharge" => false,
            other => return Err(format!("direction is {other:?}, not charge or discharge")),
        };
        let at = Ratio::from_f64(soc).ok_or_else(|| format!("{soc} is no share"))?;
        let warm = Temperature::from_celsius_f64(celsius)
            .ok_or_else(|| format!("{celsius} °C is none"))?;
        let both = pack.ten_seconds_at(at, &limits, warm);
        let rating = if charge { both.charge } else { both.discharge };
        let estimated = rating.power.to_watts_f64();
        compared.push(Compared { soc, celsius, charge, measured, estimated });
        Ok(())
    })?;
    Ok(compared)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use cellward_cell::{KNOTS, LOSSES, OCV_POINTS, Profile};

    use super::*;
    use crate::{Card, Chemistry};

    /// 3 V when empty, 4 V when full, and 1 mΩ that is all there within ten seconds.
    fn straight() -> Named {
        let mut ocv = [0; OCV_POINTS];
        (30_000..).step_by(100).zip(&mut ocv).for_each(|(value, point)| *point = value);
        let profile = Profile {
            capacity_ppm: 1_000_000,
            ocv,
            negative: [1_000; OCV_POINTS],
            slides: [[0, 10_000, 0, 10_000]; LOSSES.len()],
            hysteresis: 0,
            hysteresis_rate: 60,
            resistance: [[0; KNOTS.len()], [1_000; KNOTS.len()], [0; KNOTS.len()]],
            time_constant: [1, 1],
            miss: 0,
        };
        let card = Card {
            chemistry: Chemistry::Lfp,
            rated_ah: 280.0,
            min_v: 3.2,
            max_v: 3.8,
            charge_v: 3.7,
            float_v: 3.6,
        };
        Named { name: "straight".to_owned(), card, profile }
    }

    fn file(name: &str, text: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("cellward-{}-power-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_power_is_compared_with_that_of_a_cell_of_100_ah_at_the_limits_of_its_label() {
        let text = "p10_w,soc,temp_c,direction\n500,0.5,25,charge\n1000,0.3,25,discharge\n";
        let found = compare_power(&straight(), &file("power.csv", text)).unwrap();
        let [charge, discharge] = found[..] else { panic!("{found:?}") };
        assert_eq!(
            (charge.soc, charge.celsius, charge.charge, charge.measured),
            (0.5, 25.0, true, 500.0)
        );
        assert_eq!((discharge.soc, discharge.charge, discharge.measured), (0.3, false, 1_000.0));
        // 1 mΩ, and 1 V over the charge of a cell that is taken to hold between 90 and 100 Ah.
        for (one, volts, limit) in [(charge, 0.3, 3.8), (discharge, 0.1, 3.2)] {
            let watts = |holds: f64| limit * volts / (1e-3 + 10.0 / 3_600.0 / holds);
            assert!(one.estimated > watts(90.0) && one.estimated < watts(100.0), "{one:?}");
        }
    }

    #[test]
    fn the_error_is_what_is_estimated_too_much() {
        let one = |estimated| Compared {
            soc: 0.5,
            celsius: 25.0,
            charge: true,
            measured: 400.0,
            estimated,
        };
        for (estimated, error) in [(500.0, 0.25), (400.0, 0.0), (300.0, -0.25)] {
            assert!((one(estimated).error() - error).abs() < 1e-12);
        }
    }

    #[test]
    fn a_row_without_a_power_is_left_out() {
        let text = "soc,temp_c,direction,p10_w\n0.5,25,charge,\n0,25,charge,10\n1,25,charge,10\n";
        let found = compare_power(&straight(), &file("some.csv", text)).unwrap();
        assert_eq!(found.iter().map(|one| one.soc).collect::<Vec<_>>(), [0.0, 1.0]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (name, row, what) in [
            ("way.csv", "0.5,25,up,100", "\"up\""),
            ("word.csv", "half,25,charge,100", "\"half\""),
            ("inf.csv", "0.5,inf,charge,100", "\"inf\""),
            ("none.csv", "0.5,25,charge,0", "0 W is no power"),
            ("less.csv", "0.5,25,charge,-1", "-1 W is no power"),
            ("below.csv", "-0.01,25,charge,100", "-0.01 is no state of charge"),
            ("above.csv", "1.01,25,charge,100", "1.01 is no state of charge"),
            ("hot.csv", "0.5,1e9,charge,100", "1000000000 °C"),
        ] {
            let text = format!("soc,temp_c,direction,p10_w\n0.5,25,charge,100\n{row}\n");
            let error = compare_power(&straight(), &file(name, &text)).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains("line 3"), "{error}");
        }
        let error = compare_power(&straight(), &file("column.csv", "soc,temp_c,direction\n"));
        assert!(error.unwrap_err().to_string().contains("p10_w"));
    }

    #[test]
    fn limits_that_are_no_voltage_are_refused() {
        let mut named = straight();
        named.card.max_v = f64::INFINITY;
        let error = compare_power(&named, &file("limit.csv", "soc,temp_c,direction,p10_w\n"));
        assert!(error.unwrap_err().to_string().contains("voltage limit"));
    }
}
