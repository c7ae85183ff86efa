//! From the resistance of a temperature sensor (NTC) to its temperature.
//!
//! A [`NtcCurve`] says how the part behaves: the Beta equation
//! `R = R₂₅ · exp(B · (1/T − 1/298.15 K))`, or three points of its sheet with the Beta equation
//! between neighbours. An [`NtcTable`] is made from it once, without floats: the resistance every
//! 5 K from −50 to 130 °C, to within 0.01 % or half a hundredth of an ohm. Between two of its
//! points a reading is placed by `ln(a/b) ≈ 2(a − b)/(a + b)`, which keeps within 0.1 K of the
//! equation for one division; a straight line in ohms would be 0.3 K off in the cold.
//!
//! The values come from the production table: §4 for where a sensor counts as open or shorted, §9
//! for Beta and the table, and the requirement that tables hold from −50 to 130 °C.

use cellward_units::{NoData, Temperature};

/// Temperatures of the table: `NODES` of them, `STEP` apart, from `FIRST`, in 0.01 °C.
const NODES: usize = 37;
/// See [`NODES`].
const STEP: i32 = 500;
/// See [`NODES`].
const FIRST: i32 = -5_000;
/// See [`NODES`].
const LAST: i32 = 13_000;
/// A resistance above that of this temperature is an open sensor.
const OPEN: Temperature = Temperature::from_celsius(-45);
/// A resistance below that of this temperature is a shorted sensor.
const SHORT: Temperature = Temperature::from_celsius(125);

/// Zero degrees Celsius in 0.01 K.
const ZERO_CELSIUS: i32 = 27_315;
/// The temperature at which a sensor has its rated resistance, in 0.01 K.
const RATED_TEMPERATURE: i32 = 29_815;
/// The rated resistance, 10.000 kΩ, in 0.01 Ω.
const RATED: u32 = 1_000_000;

/// The natural logarithm of two, in 2⁻³².
const LN_2: u64 = 2_977_044_472;
/// Bits behind the point of a [`NtcCurve`]'s logarithms.
const LOG_BITS: u32 = 26;
/// Least and greatest Beta that is believed, kelvin. Production table, §9; trade parts of 10 kΩ
/// lie between 3300 and 4300.
const BETA: core::ops::RangeInclusive<i64> = 2_000..=6_000;
/// Neighbouring points nearer than this cannot fix a Beta: 10 K. *Guess*: an error of 1 % of one
/// resistance then moves Beta by a tenth, and a user who has three points has them further apart.
const LEAST_APART: i32 = 1_000;
/// Least resistance that a table may hold, in 0.01 Ω. *Guess*: 25 Ω, below which the wires would
/// be measured.
const LEAST_OHMS: u32 = 2_500;

/// How the resistance of a sensor depends on its temperature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NtcCurve {
    /// Used below the temperature of `warm`.
    cold: Piece,
    /// Used from there on; the same as `cold` for a single Beta.
    warm: Piece,
}

/// A Beta equation through one point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Piece {
    /// The point's temperature in 0.01 K.
    temperature: i32,
    /// The binary logarithm of the point's resistance in 0.01 Ω, in 2⁻²⁶.
    log: i64,
    /// Beta over ln 2 in kelvin, in 2⁻¹⁶: what turns 1/T into binary logarithms.
    slope: i64,
}

/// One point of a sensor's sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NtcPoint {
    /// Temperature in 0.1 °C, −500 to 1300.
    pub decicelsius: i16,
    /// Resistance at that temperature, in ohms.
    pub ohms: u32,
}

/// The table of one sensor type, made once from its curve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NtcTable {
    /// Resistance at each point in 0.01 Ω, strictly falling.
    nodes: [u32; NODES],
    /// From each point to the next: `STEP` over the span of the scale that [`place`] gives, in
    /// millikelvin times 2¹³ over 2¹⁶.
    slopes: [u16; NODES - 1],
    /// Readings above it are an open sensor, in ohms.
    open: u32,
    /// Readings below it are a shorted sensor, in ohms.
    short: u32,
}

impl NtcCurve {
    /// A sensor of 10.000 kΩ at 25 °C with a Beta in kelvin; `None` outside of 2000 to 6000 K.
    #[must_use]
    pub fn beta(kelvin: u32) -> Option<Self> {
        BETA.contains(&i64::from(kelvin)).then(|| Self::nearest_beta(kelvin))
    }

    /// The same with a Beta outside of 2000 to 6000 K moved to the nearest end.
    #[must_use]
    pub fn nearest_beta(kelvin: u32) -> Self {
        let beta = i64::from(kelvin).clamp(*BETA.start(), *BETA.end());
        let piece =
            Piece { temperature: RATED_TEMPERATURE, log: log2(RATED), slope: slope_of(beta) };
        Self { cold: piece, warm: piece }
    }

    /// A sensor known at three points, given from cold to warm. Below the first and beyond the last
    /// the nearer Beta goes on.
    ///
    /// `None` where that cannot be a sensor of ours: temperatures outside of −50 to 130 °C or less
    /// than 10 K apart, a resistance that does not fall from point to point, a Beta between two of
    /// them outside of 2000 to 6000 K, or a table that would leave 25 Ω to 42 MΩ.
    #[must_use]
    pub fn three_points(points: [NtcPoint; 3]) -> Option<Self> {
        let [first, middle, last] = points;
        let curve =
            Self { cold: Piece::between(first, middle)?, warm: Piece::between(middle, last)? };
        let hottest = curve.centiohms(LAST);
        let coldest = curve.centiohms(FIRST);
        (hottest >= LEAST_OHMS && coldest < u32::MAX).then_some(curve)
    }

    /// The resistance at a temperature in ohms, rounded; the forward direction, for simulators.
    ///
    /// Goes on beyond the table, from −100 to 200 °C, so that a broken sensor can be played.
    #[must_use]
    pub fn ohms(&self, temperature: Temperature) -> u32 {
        let centicelsius = temperature.as_millicelsius().saturating_add(5).div_euclid(10);
        whole(self.centiohms(centicelsius.clamp(-10_000, 20_000)))
    }

    /// The resistance at a temperature in 0.01 °C, in 0.01 Ω, saturating.
    fn centiohms(&self, centicelsius: i32) -> u32 {
        let kelvin = centicelsius.saturating_add(ZERO_CELSIUS);
        let piece = if kelvin < self.warm.temperature { self.cold } else { self.warm };
        exp2(piece.log.saturating_add(piece.rise_to(kelvin)))
    }
}

impl Piece {
    /// The Beta equation through two points, anchored at the colder one; `None` where they are too
    /// near or Beta is not to be believed, which also covers a resistance that does not fall.
    fn between(cold: NtcPoint, warm: NtcPoint) -> Option<Self> {
        let (t1, t2) = (cold.centikelvin()?, warm.centikelvin()?);
        let logs_fall = cold.log()?.saturating_sub(warm.log()?);
        if t2.saturating_sub(t1) < LEAST_APART {
            return None;
        }
        // The fall over (1/t1 - 1/t2), from 0.01 K to K and from 2⁻²⁶ to 2⁻¹⁶.
        let product = i64::from(t1).saturating_mul(i64::from(t2));
        let span = i64::from(t2.saturating_sub(t1)).saturating_mul(100 << 10);
        let slope = logs_fall.saturating_mul(product).checked_div(span)?;
        let believed = slope_of(*BETA.start())..=slope_of(*BETA.end());
        believed.contains(&slope).then_some(Self { temperature: t1, log: cold.log()?, slope })
    }

    /// How much higher the logarithm is at a temperature in 0.01 K than at the point.
    fn rise_to(&self, kelvin: i32) -> i64 {
        // Beta 6000 takes 30 bits, 250 K take 15 and the change of units 17: that fits.
        let difference = i64::from(self.temperature.saturating_sub(kelvin));
        let product = i64::from(self.temperature).saturating_mul(i64::from(kelvin));
        let numerator = self.slope.saturating_mul(difference).saturating_mul(100 << 10);
        numerator.checked_div(product).unwrap_or(0)
    }
}

impl NtcPoint {
    /// The temperature in 0.01 K, if the table covers it.
    fn centikelvin(self) -> Option<i32> {
        let centicelsius = i32::from(self.decicelsius).saturating_mul(10);
        (FIRST..=LAST).contains(&centicelsius).then(|| centicelsius.saturating_add(ZERO_CELSIUS))
    }

    /// The binary logarithm of the resistance in 0.01 Ω; `None` for none or too much.
    fn log(self) -> Option<i64> {
        let centiohms = self.ohms.checked_mul(100)?;
        (centiohms > 0).then(|| log2(centiohms))
    }
}

impl NtcTable {
    /// Makes the table: a few thousand instructions, at start and when the parameter changes.
    #[must_use]
    pub fn new(curve: &NtcCurve) -> Self {
        let mut nodes = [0; NODES];
        for (node, centicelsius) in nodes.iter_mut().zip((FIRST..).step_by(500)) {
            *node = curve.centiohms(centicelsius);
        }
        let mut slopes = [0; NODES - 1];
        for (slope, (&cold, &warm)) in slopes.iter_mut().zip(nodes.iter().zip(nodes.iter().skip(1)))
        {
            let step = u32::try_from(STEP).unwrap_or(0).saturating_mul(10 << 13);
            let steepness = step.checked_div(place(cold, warm)).unwrap_or(0);
            *slope = u16::try_from(steepness).unwrap_or(u16::MAX);
        }
        Self { nodes, slopes, open: curve.ohms(OPEN), short: curve.ohms(SHORT) }
    }

    /// The temperature of a reading in ohms, −45 to 125 °C. One division.
    ///
    /// # Errors
    ///
    /// [`NoData::SensorOpen`] above the resistance of −45 °C and [`NoData::SensorShort`] below that
    /// of 125 °C, both rounded to whole ohms and both themselves still a value.
    pub fn temperature(&self, ohms: u32) -> Result<Temperature, NoData> {
        if ohms > self.open {
            return Err(NoData::SensorOpen);
        }
        if ohms < self.short {
            return Err(NoData::SensorShort);
        }
        let centiohms = ohms.saturating_mul(100);
        // The nodes that lie at or above the reading come first; the last of them begins its span.
        let index = self.nodes.partition_point(|&node| node >= centiohms).saturating_sub(1);
        let (Some(&node), Some(&slope)) = (self.nodes.get(index), self.slopes.get(index)) else {
            return Err(NoData::SensorShort);
        };
        let above = place(node, centiohms).saturating_mul(u32::from(slope)) >> 13;
        let steps = i32::try_from(index).unwrap_or(0);
        let base = FIRST.saturating_add(STEP.saturating_mul(steps)).saturating_mul(10);
        let above = i32::try_from(above).unwrap_or(0);
        Ok(Temperature::from_millicelsius(base.saturating_add(above)))
    }
}

/// How far `lower` lies below `upper` on a scale that is almost logarithmic: the difference over
/// the sum, in 2⁻¹⁶. Half a natural logarithm of the ratio, as long as it is small.
fn place(upper: u32, lower: u32) -> u32 {
    // Fifteen leading bits of both are enough, and keep everything within 32 bits.
    let excess = 17_u32.saturating_sub(upper.leading_zeros());
    let upper = upper.checked_shr(excess).unwrap_or(0);
    let lower = lower.checked_shr(excess).unwrap_or(0);
    let difference = upper.saturating_sub(lower) << 16;
    difference.checked_div(upper.saturating_add(lower)).unwrap_or(0)
}

/// Beta in kelvin over ln 2, in 2⁻¹⁶; 1/ln 2 enters in 2⁻³⁰.
const fn slope_of(beta: i64) -> i64 {
    beta.saturating_mul(1_549_082_005) >> 14
}

/// 0.01 Ω to whole ohms, rounded.
const fn whole(centiohms: u32) -> u32 {
    centiohms.saturating_add(50) / 100
}

/// The binary logarithm of a positive number in 2⁻²⁶, rounded down; 0 for 0.
///
/// Squares the mantissa once for each bit behind the point; the last two bits may be wrong.
fn log2(number: u32) -> i64 {
    let Some(integer) = number.checked_ilog2() else { return 0 };
    let mut log = i64::from(integer);
    // One to two, in 2⁻³¹.
    let mut mantissa = u64::from(number.checked_shl(number.leading_zeros()).unwrap_or(0));
    for _ in 0..LOG_BITS {
        mantissa = mantissa.saturating_mul(mantissa) >> 31;
        let bit = mantissa >> 32;
        log = (log << 1).saturating_add(i64::from(bit > 0));
        if bit > 0 {
            mantissa >>= 1;
        }
    }
    log
}

/// Two to the power of `log` in 2⁻²⁶, rounded and saturating: the series of the exponential
/// function for the part behind the point.
fn exp2(log: i64) -> u32 {
    let integer = log >> LOG_BITS;
    let Ok(integer) = u32::try_from(integer) else { return if log < 0 { 0 } else { u32::MAX } };
    if integer > 31 {
        return u32::MAX;
    }
    let fraction = u64::try_from(log & ((1 << LOG_BITS) - 1)).unwrap_or(0);
    // The fraction times ln 2, in 2⁻³².
    let exponent = fraction.saturating_mul(LN_2) >> LOG_BITS;
    let one = 1_u64 << 32;
    let mut sum = one;
    let mut term = one;
    for order in 1..=12_u64 {
        term = (term.saturating_mul(exponent) >> 32).checked_div(order).unwrap_or(0);
        sum = sum.saturating_add(term);
    }
    // The sum is in 2⁻³²; what is left below the point is rounded.
    let shifted = sum.checked_shr(31_u32.saturating_sub(integer)).unwrap_or(0);
    u32::try_from(shifted.saturating_add(1) >> 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Beta equation in ohms, for 10 kΩ at 25 °C.
    #[expect(clippy::disallowed_methods, reason = "compared with a tolerance, not kept")]
    fn exact_ohms(beta: f64, celsius: f64) -> f64 {
        10_000.0 * (beta * (1.0 / (celsius + 273.15) - 1.0 / 298.15)).exp()
    }

    /// Its inverse, in °C.
    #[expect(clippy::disallowed_methods, reason = "compared with a tolerance, not kept")]
    fn exact_celsius(beta: f64, ohms: f64) -> f64 {
        1.0 / ((ohms / 10_000.0).ln() / beta + 1.0 / 298.15) - 273.15
    }

    fn table(beta: u32) -> NtcTable {
        NtcTable::new(&NtcCurve::beta(beta).unwrap())
    }

    fn point(decicelsius: i16, ohms: u32) -> NtcPoint {
        NtcPoint { decicelsius, ohms }
    }

    /// Three points on a Beta curve of 3435 K: −20, 25 and 80 °C.
    const POINTS: [NtcPoint; 3] = [
        NtcPoint { decicelsius: -200, ohms: 77_520 },
        NtcPoint { decicelsius: 250, ohms: 10_000 },
        NtcPoint { decicelsius: 800, ohms: 1_662 },
    ];

    #[test]
    fn beta_is_believed_from_2000_to_6000() {
        assert_eq!(
            [1_999, 2_000, 6_000, 6_001].map(|beta| NtcCurve::beta(beta).is_some()),
            [false, true, true, false]
        );
    }

    #[test]
    fn the_table_is_the_beta_equation_from_minus_50_to_130_degrees() {
        for beta in [2_000, 3_380, 3_435, 3_950, 4_500, 6_000] {
            let table = table(beta);
            let mut celsius = -50.0;
            for node in table.nodes {
                let exact = exact_ohms(f64::from(beta), celsius) * 100.0;
                let error = (f64::from(node) - exact).abs() / exact;
                assert!(error < 1e-4 + 0.5 / exact, "Beta {beta}, {celsius} °C: {error}");
                assert!(error < 5e-4, "Beta {beta}, {celsius} °C: {error}");
                celsius += 5.0;
            }
            assert!(celsius > 134.0, "the last was 130 °C");
        }
    }

    #[test]
    fn every_reading_is_within_0_15_kelvin_of_the_equation() {
        for beta in [2_000, 3_380, 3_435, 3_950, 6_000] {
            let table = table(beta);
            let mut ohms = table.short;
            let mut worst: f64 = 0.0;
            while ohms <= table.open {
                let told = table.temperature(ohms).unwrap().to_celsius_f64();
                let error = (told - exact_celsius(f64::from(beta), f64::from(ohms))).abs();
                worst = worst.max(error);
                ohms += 1 + ohms / 500;
            }
            assert!(worst < if beta > 5_000 { 0.15 } else { 0.1 }, "Beta {beta}: {worst}");
        }
    }

    #[test]
    fn a_colder_reading_never_seems_warmer() {
        let table = table(3_435);
        let mut before = table.temperature(table.short).unwrap();
        for ohms in table.short..20_000 {
            let told = table.temperature(ohms).unwrap();
            assert!(told <= before, "{ohms} Ω");
            before = told;
        }
    }

    #[test]
    fn the_printed_table_of_three_sensors_is_met() {
        // Production table, §9: kΩ in four digits (three where the last would be a tenth of an
        // ohm), so half a unit of the last digit is allowed.
        let printed: [(i32, [(f64, f64); 3]); 18] = [
            (-40, [(235.8, 0.1), (248.3, 0.1), (401.9, 0.1)]),
            (-30, [(129.9, 0.1), (135.5, 0.1), (200.2, 0.1)]),
            (-20, [(75.02, 0.01), (77.52, 0.01), (105.4, 0.1)]),
            (-10, [(45.17, 0.01), (46.29, 0.01), (58.25, 0.01)]),
            (0, [(28.22, 0.01), (28.70, 0.01), (33.62, 0.01)]),
            (10, [(18.23, 0.01), (18.41, 0.01), (20.18, 0.01)]),
            (20, [(12.13, 0.01), (12.17, 0.01), (12.54, 0.01)]),
            (25, [(10.00, 0.01), (10.00, 0.01), (10.00, 0.01)]),
            (30, [(8.295, 0.001), (8.269, 0.001), (8.037, 0.001)]),
            (40, [(5.810, 0.001), (5.759, 0.001), (5.301, 0.001)]),
            (50, [(4.160, 0.001), (4.101, 0.001), (3.588, 0.001)]),
            (60, [(3.039, 0.001), (2.981, 0.001), (2.486, 0.001)]),
            (70, [(2.261, 0.001), (2.207, 0.001), (1.760, 0.001)]),
            (80, [(1.711, 0.001), (1.662, 0.001), (1.270, 0.001)]),
            (90, [(1.315, 0.001), (1.272, 0.001), (0.934, 0.001)]),
            (100, [(1.024, 0.001), (0.987, 0.001), (0.698, 0.001)]),
            (110, [(0.809, 0.001), (0.776, 0.001), (0.529, 0.001)]),
            (125, [(0.580, 0.001), (0.554, 0.001), (0.359, 0.001)]),
        ];
        for (column, beta) in [3_380, 3_435, 3_950].into_iter().enumerate() {
            let curve = NtcCurve::beta(beta).unwrap();
            let table = NtcTable::new(&curve);
            for (celsius, row) in printed {
                let (kiloohms, last_digit) = row[column];
                let temperature = Temperature::from_celsius(celsius);
                let ohms = f64::from(curve.ohms(temperature));
                let apart = (ohms - kiloohms * 1_000.0).abs();
                // Whole ohms may be half an ohm off as well.
                assert!(apart <= last_digit * 500.0 + 0.5, "Beta {beta}, {celsius} °C: {apart} Ω");
                let told = table.temperature(curve.ohms(temperature)).unwrap();
                let error = (told - temperature).as_millikelvin().abs();
                assert!(error <= 150, "Beta {beta}, {celsius} °C: {error} mK");
            }
        }
    }

    #[test]
    fn the_resistance_of_minus_45_degrees_is_a_value_and_an_ohm_more_is_an_open_sensor() {
        for beta in [2_000, 3_380, 3_435, 3_950, 6_000] {
            let table = table(beta);
            let limit = NtcCurve::beta(beta).unwrap().ohms(Temperature::from_celsius(-45));
            let told = table.temperature(limit).unwrap().as_millicelsius();
            assert!((told + 45_000).abs() <= 5, "{told}");
            assert_eq!(table.temperature(limit + 1), Err(NoData::SensorOpen));
            assert_eq!(table.temperature(u32::MAX), Err(NoData::SensorOpen));
        }
    }

    #[test]
    fn the_resistance_of_125_degrees_is_a_value_and_an_ohm_less_is_a_short() {
        for beta in [2_000, 3_380, 3_435, 3_950, 6_000] {
            let table = table(beta);
            let limit = NtcCurve::beta(beta).unwrap().ohms(Temperature::from_celsius(125));
            let told = table.temperature(limit).unwrap().as_millicelsius();
            // Half an ohm is 0.2 K where Beta 6000 leaves 64 Ω.
            assert!((told - 125_000).abs() <= 200, "{told}");
            assert_eq!(table.temperature(limit - 1), Err(NoData::SensorShort));
            assert_eq!(table.temperature(0), Err(NoData::SensorShort));
        }
    }

    #[test]
    fn three_points_on_one_beta_give_that_beta() {
        let table = NtcTable::new(&NtcCurve::three_points(POINTS).unwrap());
        for celsius in [-40.0, -20.0, -5.0, 25.0, 40.0, 80.0, 120.0] {
            let ohms = exact_ohms(3_435.0, celsius);
            let close = NtcCurve::beta(3_435).unwrap();
            let exact = Temperature::from_celsius_f64(celsius).unwrap();
            assert!((f64::from(close.ohms(exact)) - ohms).abs() < 0.6 + ohms * 1e-4);
            let told = table.temperature(close.ohms(exact)).unwrap().to_celsius_f64();
            assert!((told - celsius).abs() < 0.15, "{celsius} °C reads as {told}");
        }
    }

    #[test]
    fn a_bent_curve_goes_through_its_three_points() {
        // Beta 3000 in the cold and 4000 in the warmth.
        let points = [point(-200, 59_800), point(250, 10_000), point(800, 1_238)];
        let curve = NtcCurve::three_points(points).unwrap();
        let table = NtcTable::new(&curve);
        for NtcPoint { decicelsius, ohms } in points {
            let temperature = Temperature::from_millicelsius(i32::from(decicelsius) * 100);
            assert!(curve.ohms(temperature).abs_diff(ohms) <= 1, "{}", curve.ohms(temperature));
            let told = table.temperature(ohms).unwrap();
            assert!((told - temperature).as_millikelvin().abs() <= 150);
        }
        // Each half follows its own Beta, and goes on beyond its point.
        let near = |celsius: i32, beta: f64| {
            let ohms = f64::from(curve.ohms(Temperature::from_celsius(celsius)));
            (ohms / exact_ohms(beta, f64::from(celsius)) - 1.0).abs() < 2e-3
        };
        assert!(near(-45, 3_000.0) && near(0, 3_000.0) && near(24, 3_000.0));
        assert!(near(26, 4_000.0) && near(60, 4_000.0) && near(125, 4_000.0));
    }

    #[test]
    fn points_that_are_no_falling_curve_are_refused() {
        let [cold, middle, warm] = POINTS;
        let refused = |points| NtcCurve::three_points(points).is_none();
        assert!(!refused(POINTS));
        assert!(refused([middle, cold, warm]), "temperatures in the wrong order");
        assert!(refused([cold, middle, middle]), "the same point twice");
        assert!(refused([point(-200, 10_000), middle, warm]), "the same resistance");
        assert!(refused([point(-200, 9_000), middle, warm]), "rising in the cold");
        assert!(refused([cold, middle, point(800, 11_000)]), "rising in the warmth");
        assert!(refused([cold, middle, point(800, 0)]), "no resistance at all");
        assert!(refused([point(-200, u32::MAX), middle, warm]), "beyond any table");
    }

    #[test]
    fn points_outside_of_minus_50_to_130_degrees_are_refused() {
        let curve = NtcCurve::beta(3_435).unwrap();
        let on_curve = |decicelsius: i16| {
            let exact = Temperature::from_millicelsius(i32::from(decicelsius) * 100);
            point(decicelsius, curve.ohms(exact))
        };
        let taken = |cold, warm| {
            NtcCurve::three_points([on_curve(cold), on_curve(250), on_curve(warm)]).is_some()
        };
        assert!(taken(-500, 1_300));
        assert!(!taken(-501, 1_300));
        assert!(!taken(-500, 1_301));
        assert!(taken(150, 350), "ten kelvins apart");
        assert!(!taken(151, 350));
        assert!(!taken(150, 349));
    }

    #[test]
    fn a_beta_between_two_points_must_be_believable() {
        // From −20 to 25 °C, 5.9622e-4 per kelvin: Beta 2000 is 32.95 kΩ, Beta 6000 is 357.7 kΩ.
        let [_, middle, warm] = POINTS;
        let taken = |ohms| NtcCurve::three_points([point(-200, ohms), middle, warm]).is_some();
        assert!(!taken(32_900));
        assert!(taken(33_000));
        assert!(taken(357_000));
        assert!(!taken(358_500));
    }

    #[test]
    fn points_whose_table_would_leave_the_range_are_refused() {
        // Beta 4000 through 5 Ω at 25 °C is far below what wires add.
        let scaled = |ohms: [u32; 3]| {
            let [cold, middle, warm] = ohms;
            NtcCurve::three_points([point(0, cold), point(250, middle), point(500, warm)]).is_some()
        };
        assert!(!scaled([34, 10, 4]));
        assert!(scaled([3_361, 1_000, 354]));
        assert!(!scaled([33_620_000, 10_000_000, 3_540_000]));
    }

    #[test]
    fn a_simulated_resistance_goes_on_beyond_the_table() {
        let curve = NtcCurve::beta(3_435).unwrap();
        let ohms = |celsius| f64::from(curve.ohms(Temperature::from_celsius(celsius)));
        assert!((ohms(-60) / exact_ohms(3_435.0, -60.0) - 1.0).abs() < 1e-4);
        assert!((ohms(150) / exact_ohms(3_435.0, 150.0) - 1.0).abs() < 2e-3);
        assert_eq!(curve.ohms(Temperature::from_celsius(25)), 10_000);
        assert_eq!(ohms(-101).total_cmp(&ohms(-100)), core::cmp::Ordering::Equal);
        assert_eq!(ohms(201).total_cmp(&ohms(200)), core::cmp::Ordering::Equal);
    }

    #[test]
    fn the_table_is_small() {
        assert!(size_of::<NtcTable>() <= 232);
    }
}
