//! How the current that a pack may take or give falls with temperature and with cell voltage:
//! curves of straight lines between points.
//!
//! Advice for chargers and inverters, so that the switches stay a last resort. Points over
//! temperature: production table, §4.1; over cell voltage: state machine, §11.
//!
//! # The ends follow the stored limits
//!
//! The published curves reach nothing exactly where the protection opens a switch with the
//! built-in numbers. Whoever moves a protection limit wants the curve to end there too, so the
//! end points are the stored L2 limits and not numbers of their own. The points between stay where
//! they are published, for they state what the cells bear; one that is no longer inside of the two
//! ends is left out. A curve never passes the charge rate of the cells.

use cellward_units::{Ratio, Temperature, Voltage};

use crate::fault::{Fault, Level};
use crate::{Chemistry, Config, Profile};

/// Most points of a curve: two ends and four between.
const MOST_POINTS: usize = 6;

/// Current at a temperature or a voltage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurvePoint {
    /// Where: tenths of a degree Celsius, or mV of a cell.
    pub at: i32,
    /// How much, in thousandths of what the curve counts.
    pub permille: i32,
}

/// Straight lines between points that rise in `at`; flat beyond the first and the last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Curve {
    points: heapless::Vec<CurvePoint, MOST_POINTS>,
    /// Inner steps (m°C or µV) in one step of `at`.
    scale: i64,
}

/// Steps of a millidegree in a tenth of a degree.
const TENTH_DEGREE: i64 = 100;
/// Steps of a microvolt in a millivolt.
const MILLIVOLT: i64 = 1_000;

/// A point, for narrow tables.
const fn point(at: i32, permille: i32) -> CurvePoint {
    CurvePoint { at, permille }
}

/// Inner points of the charge current, in thousandths of 1C. LFP and NMC.
const CHARGE: [CurvePoint; 4] = [point(50, 100), point(100, 200), point(150, 500), point(450, 500)];
/// The same for LTO.
const CHARGE_LTO: [CurvePoint; 4] =
    [point(-100, 500), point(0, 1_000), point(100, 2_000), point(500, 2_000)];
/// Inner points of the discharge current of every chemistry, in thousandths of the rated current.
const DISCHARGE: [CurvePoint; 2] = [point(-100, 1_000), point(550, 1_000)];

impl Curve {
    /// The points, rising.
    #[must_use]
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// The largest value of the curve, in thousandths.
    #[must_use]
    pub fn most_permille(&self) -> i32 {
        self.points.iter().map(|point| point.permille).max().unwrap_or(0)
    }

    /// The share at a temperature, for a curve over temperature.
    #[must_use]
    pub fn at_temperature(&self, temperature: Temperature) -> Ratio {
        self.at_inner(temperature.as_millicelsius().into())
    }

    /// The share at a cell voltage, for a curve over voltage.
    #[must_use]
    pub fn at_voltage(&self, voltage: Voltage) -> Ratio {
        self.at_inner(voltage.as_microvolts().into())
    }

    /// Whether the curve reaches nothing at a stored limit, in the steps of `at`.
    pub(crate) fn is_zero_at(&self, at: i32) -> bool {
        self.at_inner(i64::from(at).saturating_mul(self.scale)) == Ratio::ZERO
    }

    /// The share at a place in inner steps; nothing for a curve without points.
    fn at_inner(&self, place: i64) -> Ratio {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return Ratio::ZERO;
        };
        let inner = |point: &CurvePoint| i64::from(point.at).saturating_mul(self.scale);
        if place <= inner(first) {
            return Ratio::from_permille(first.permille);
        }
        for (left, right) in self.points.iter().zip(self.points.iter().skip(1)) {
            if place > inner(right) {
                continue;
            }
            let width = inner(right).saturating_sub(inner(left));
            let along = place.saturating_sub(inner(left));
            let from = i64::from(left.permille).saturating_mul(1_000);
            let rise = i64::from(right.permille).saturating_mul(1_000).saturating_sub(from);
            let part = rise.saturating_mul(along).checked_div(width).unwrap_or(rise);
            let ppm = from.saturating_add(part);
            return Ratio::from_ppm(i32::try_from(ppm).unwrap_or(0));
        }
        Ratio::from_permille(last.permille)
    }

    /// A curve over temperature from nothing at `low` to nothing at `high`, by the inner points
    /// that lie between, none above `ceiling`.
    fn between(low: i32, high: i32, inner: &[CurvePoint], ceiling: i32) -> Self {
        let kept = inner.iter().filter(|point| low < point.at && point.at < high);
        let capped =
            kept.map(|point| CurvePoint { at: point.at, permille: point.permille.min(ceiling) });
        let ends = (core::iter::once(point(low, 0)), core::iter::once(point(high, 0)));
        // Two ends and at most four inner points always fit.
        let points = ends.0.chain(capped).chain(ends.1).take(MOST_POINTS).collect();
        Self { points, scale: TENTH_DEGREE }
    }

    /// A curve over cell voltage.
    fn over_voltage(left: CurvePoint, right: CurvePoint) -> Self {
        Self { points: [left, right].into_iter().collect(), scale: MILLIVOLT }
    }
}

/// Charge current over cell temperature, in thousandths of 1C; the charge limit is its ceiling.
///
/// `None` in profile `vendor`: its maker publishes none, the current is nothing while a row blocks
/// the direction and unlimited otherwise.
#[must_use]
pub fn charge_over_temperature(config: &Config) -> Option<Curve> {
    let inner = match config.chemistry() {
        Chemistry::Lfp | Chemistry::Nmc => &CHARGE,
        Chemistry::Lto => &CHARGE_LTO,
    };
    let low = protection(config, Fault::ChargeUnderTemperature);
    let high = protection(config, Fault::ChargeOverTemperature);
    (config.profile() == Profile::Strict)
        .then(|| Curve::between(low, high, inner, config.system().charge_rate))
}

/// Discharge current over cell temperature, in thousandths of the rated current. `None` as in
/// [`charge_over_temperature`].
#[must_use]
pub fn discharge_over_temperature(config: &Config) -> Option<Curve> {
    let low = protection(config, Fault::DischargeUnderTemperature);
    let high = protection(config, Fault::DischargeOverTemperature);
    (config.profile() == Profile::Strict).then(|| Curve::between(low, high, &DISCHARGE, 1_000))
}

/// Charge current over the voltage of the highest cell, in thousandths of the charge limit: all of
/// it up to 25 mV below full, nothing from 100 mV above full or 20 mV below over-voltage L2,
/// whichever comes first.
#[must_use]
pub fn charge_over_voltage(config: &Config) -> Curve {
    let full = config.system().full_voltage;
    let cut = protection(config, Fault::CellOverVoltage);
    let zero = full.saturating_add(100).min(cut.saturating_sub(20));
    Curve::over_voltage(point(full.saturating_sub(25), 1_000), point(zero, 0))
}

/// Discharge current over the voltage of the lowest cell, in thousandths of the rated current: all
/// of it down to 100 mV above under-voltage L1, nothing from 50 mV above under-voltage L2.
#[must_use]
pub fn discharge_over_voltage(config: &Config) -> Curve {
    let zero = protection(config, Fault::CellUnderVoltage).saturating_add(50);
    let alarm = config.limit(Fault::CellUnderVoltage, Level::Alarm);
    let whole = alarm.map_or(0, |limit| limit.threshold).saturating_add(100);
    Curve::over_voltage(point(zero, 0), point(whole, 1_000))
}

/// The threshold of the protection level of a fault, raw.
fn protection(config: &Config, fault: Fault) -> i32 {
    config.limit(fault, Level::Protection).map_or(0, |limit| limit.threshold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParamId;
    use crate::parameter::Field;

    fn config(chemistry: Chemistry) -> Config {
        Config::new(Profile::Strict, chemistry, 16)
    }

    fn pairs(curve: &Curve) -> std::vec::Vec<(i32, i32)> {
        curve.points().iter().map(|point| (point.at, point.permille)).collect()
    }

    fn set(config: &mut Config, fault: Fault, raw: i32) {
        let id = ParamId::of_limit(fault, Level::Protection, Field::Threshold);
        config.set(id, raw).unwrap();
    }

    #[test]
    fn the_built_in_numbers_give_the_published_curves() {
        let charge = |chemistry| pairs(&charge_over_temperature(&config(chemistry)).unwrap());
        let lfp = [(20, 0), (50, 100), (100, 200), (150, 500), (450, 500), (550, 0)];
        assert_eq!(charge(Chemistry::Lfp), lfp);
        let nmc = [(20, 0), (50, 100), (100, 200), (150, 500), (450, 500), (500, 0)];
        assert_eq!(charge(Chemistry::Nmc), nmc);
        let lto = [(-200, 0), (-100, 500), (0, 1_000), (100, 2_000), (500, 2_000), (600, 0)];
        assert_eq!(charge(Chemistry::Lto), lto);
        let discharge = pairs(&discharge_over_temperature(&config(Chemistry::Nmc)).unwrap());
        assert_eq!(discharge, [(-200, 0), (-100, 1_000), (550, 1_000), (600, 0)]);
    }

    #[test]
    fn the_current_falls_in_a_straight_line_between_two_points() {
        let curve = charge_over_temperature(&config(Chemistry::Lfp)).unwrap();
        let at = |celsius_tenths: i32| {
            curve.at_temperature(Temperature::from_millicelsius(celsius_tenths * 100)).as_ppm()
        };
        assert_eq!([at(-400), at(20), at(35), at(50)], [0, 0, 50_000, 100_000]);
        assert_eq!([at(125), at(150), at(300), at(500)], [350_000, 500_000, 500_000, 250_000]);
        assert_eq!([at(549), at(550), at(551)], [5_000, 0, 0]);
    }

    #[test]
    fn the_voltage_curves_end_where_the_state_machine_says() {
        // Zero points: 3550, 4180, 2730 mV and 2550, 3050, 1950 mV.
        for (chemistry, charge, discharge) in [
            (Chemistry::Lfp, [(3_425, 1_000), (3_550, 0)], [(2_550, 0), (3_000, 1_000)]),
            (Chemistry::Nmc, [(4_075, 1_000), (4_180, 0)], [(3_050, 0), (3_300, 1_000)]),
            (Chemistry::Lto, [(2_625, 1_000), (2_730, 0)], [(1_950, 0), (2_100, 1_000)]),
        ] {
            assert_eq!(pairs(&charge_over_voltage(&config(chemistry))), charge);
            assert_eq!(pairs(&discharge_over_voltage(&config(chemistry))), discharge);
        }
        let curve = charge_over_voltage(&config(Chemistry::Lfp));
        let middle = Voltage::from_microvolts(3_487_500);
        assert_eq!(curve.at_voltage(middle), Ratio::from_permille(500));
    }

    #[test]
    fn a_moved_limit_moves_the_end_and_a_point_that_it_passes_is_left_out() {
        let mut config = config(Chemistry::Lfp);
        set(&mut config, Fault::ChargeUnderTemperature, 100);
        let curve = charge_over_temperature(&config).unwrap();
        assert_eq!(pairs(&curve), [(100, 0), (150, 500), (450, 500), (550, 0)]);
        set(&mut config, Fault::ChargeUnderTemperature, 99);
        let curve = charge_over_temperature(&config).unwrap();
        assert_eq!(pairs(&curve), [(99, 0), (100, 200), (150, 500), (450, 500), (550, 0)]);
    }

    #[test]
    fn a_low_charge_rate_caps_the_curve() {
        let mut config = config(Chemistry::Lfp);
        config.set(ParamId(15), 150).unwrap();
        let curve = charge_over_temperature(&config).unwrap();
        assert_eq!(curve.most_permille(), 150);
        assert_eq!(curve.at_temperature(Temperature::from_celsius(5)), Ratio::from_permille(100));
    }

    #[test]
    fn the_vendor_publishes_no_curve_over_temperature() {
        let config = Config::new(Profile::Vendor, Chemistry::Lfp, 16);
        assert_eq!(charge_over_temperature(&config), None);
        assert_eq!(discharge_over_temperature(&config), None);
    }
}
