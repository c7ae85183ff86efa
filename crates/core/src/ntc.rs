//! From the resistance of a temperature sensor (NTC) to its temperature.
//!
//! A [`NtcCurve`] says how the part behaves: the Beta equation
//! `R = R₂₅ · exp(B · (1/T − 1/298.15 K))`, or three points of its sheet with the Beta equation
//! between neighbours. An [`NtcTable`] is made from it once, without floats: the resistance every
//! 5 K from −50 to 130 °C, to within 0.01 % or half a hundredth of an ohm. Between two of its
//! points a reading is placed by `ln(a/b) ≈ 2(a − b)/(a + b)`, which for one division keeps within
//! 0.1 K of the equation (0.15 K at Beta 6000); a straight line in ohms would be 0.3 K off in the
//! cold.
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
        // Neither product wraps: what is not open is below 42 MΩ, and a place within a span times
        // its slope is 5000 · 2¹³ at most. Saturating would cost two 64-bit products.
        let centiohms = ohms.wrapping_mul(100);
        // The nodes that lie at or above the reading come first; the last of them begins its span.
        let index = self.nodes.partition_point(|&node| node >= centiohms).saturating_sub(1);
        let (Some(&node), Some(&slope)) = (self.nodes.get(index), self.slopes.get(index)) else {
            return Err(NoData::SensorShort);
        };
        let above = place(node, centiohms).wrapping_mul(u32::from(slope)) >> 13;
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

/// Two to the power of `log` in 2⁻²⁶, rounded and saturating, and 0 for less than one: the series
/// of the exponential function for the part behind the point.
fn exp2(log: i64) -> u32 {
    let Ok(integer) = u32::try_from(log >> LOG_BITS) else { return 0 };
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
mod tests;
