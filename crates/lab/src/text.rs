//! Profiles as text (TOML), to be kept and to be read by people.

use std::fmt::Write as _;

use cellward_cell::{LOSSES, OCV_POINTS, Profile, Resistance};
use serde::Deserialize;

use crate::electrodes::slides;
use crate::{Card, Chemistry, Error};

/// A profile with its name and what stands on the label of the cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Named {
    /// Name of the cell.
    pub name: String,
    /// What stands on its label.
    pub card: Card,
    /// The equivalent circuit.
    pub profile: Profile,
}

/// The text as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    chemistry: String,
    rated_ah: f64,
    capacity_ah: f64,
    voltage: Voltage,
    rest: Rest,
    circuit: Circuit,
}

/// Voltages of the label, in V.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Voltage {
    min_v: f64,
    max_v: f64,
    charge_v: f64,
    float_v: f64,
}

/// Rest voltage.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    ocv_v: Vec<f64>,
    negative_v: Vec<f64>,
    hysteresis_mv: f64,
    hysteresis_rate: u16,
    /// What nobody measured; what was fitted has none.
    #[serde(default)]
    miss_mv: f64,
}

/// Resistances.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Circuit {
    r0_mohm: Vec<f64>,
    r1_mohm: Vec<f64>,
    r2_mohm: Vec<f64>,
    tau1_s: u16,
    tau2_s: u16,
}

/// Reads a profile.
///
/// # Errors
///
/// When it is no TOML, a key is missing or unknown, a table has the wrong length, a number is outside
/// of what a profile can hold, or the rest voltage does not rise from point to point.
pub fn profile_from_toml(text: &str) -> Result<Named, Error> {
    let raw: Raw = toml::from_str(text).map_err(|error| Error::Profile(error.to_string()))?;
    understand(raw).map_err(Error::Profile)
}

fn understand(raw: Raw) -> Result<Named, String> {
    let chemistry = Chemistry::from_name(&raw.chemistry)
        .filter(|chemistry| chemistry.key() == raw.chemistry)
        .ok_or_else(|| format!("chemistry is {:?}, not lfp, nmc or lto", raw.chemistry))?;
    let card = Card {
        chemistry,
        rated_ah: raw.rated_ah,
        min_v: raw.voltage.min_v,
        max_v: raw.voltage.max_v,
        charge_v: raw.voltage.charge_v,
        float_v: raw.voltage.float_v,
    };
    card.check()?;
    let ocv: [u16; OCV_POINTS] = table(&raw.rest.ocv_v, 1e4, "ocv_v")?;
    if let Some(place) = ocv.windows(2).position(|pair| pair[0] >= pair[1]) {
        return Err(format!("ocv_v does not rise from {place} % to {} %", place + 1));
    }
    let negative: [u16; OCV_POINTS] = table(&raw.rest.negative_v, 1e4, "negative_v")?;
    let resistance =
        |values: &[f64], key| -> Result<Resistance, String> { table(values, 1e3, key) };
    let capacity = libm::round(raw.capacity_ah / raw.rated_ah * 1e6);
    if !(1e5..=4e6).contains(&capacity) {
        return Err(format!("capacity_ah is {}, which does not go with rated_ah", raw.capacity_ah));
    }
    if raw.circuit.tau1_s == 0 || raw.circuit.tau2_s == 0 {
        return Err("a time constant is 0 s".to_owned());
    }
    let profile = Profile {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and at most 4 million"
        )]
        capacity_ppm: capacity as u32,
        ocv,
        negative,
        slides: slid(&ocv, &negative),
        hysteresis: count(raw.rest.hysteresis_mv, 10.0, "hysteresis_mv")?,
        hysteresis_rate: raw.rest.hysteresis_rate,
        resistance: [
            resistance(&raw.circuit.r0_mohm, "r0_mohm")?,
            resistance(&raw.circuit.r1_mohm, "r1_mohm")?,
            resistance(&raw.circuit.r2_mohm, "r2_mohm")?,
        ],
        time_constant: [raw.circuit.tau1_s, raw.circuit.tau2_s],
        miss: count(raw.rest.miss_mv, 10.0, "miss_mv")?,
    };
    Ok(Named { name: raw.name, card, profile })
}

/// Where electrodes with these tables stand when lithium is lost, as a profile counts it.
pub(crate) fn slid(
    ocv: &[u16; OCV_POINTS],
    negative: &[u16; OCV_POINTS],
) -> [[i16; 4]; LOSSES.len()] {
    let volts = |table: &[u16; OCV_POINTS]| table.map(|count| f64::from(count) * 1e-4);
    #[expect(clippy::cast_possible_truncation, reason = "places from -1 to 2, held by a cast")]
    slides(&volts(ocv), &volts(negative))
        .map(|slide| slide.map(|place| libm::round(place * 1e4) as i16))
}

/// A table of exactly `N` numbers in counts of `1 / per`.
fn table<const N: usize>(values: &[f64], per: f64, key: &str) -> Result<[u16; N], String> {
    if values.len() != N {
        return Err(format!("{key} has {} numbers, not {N}", values.len()));
    }
    let mut counts = [0; N];
    for (entry, value) in counts.iter_mut().zip(values) {
        *entry = count(*value, per, key)?;
    }
    Ok(counts)
}

/// A number in counts of `1 / per`, from 0 to 65535 of them.
fn count(value: f64, per: f64, key: &str) -> Result<u16, String> {
    let counts = libm::round(value * per);
    if !(0.0..=f64::from(u16::MAX)).contains(&counts) {
        return Err(format!("{key}: {value} is not within 0 and {}", f64::from(u16::MAX) / per));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it fits")]
    Ok(counts as u16)
}

/// Points of a table in V, ten to a line.
fn points(text: &mut String, table: &[u16; OCV_POINTS]) {
    for line in table.chunks(10) {
        let line: Vec<String> =
            line.iter().map(|&count| format!("{:.4},", f64::from(count) * 1e-4)).collect();
        let _infallible = writeln!(text, "  {}", line.join(" "));
    }
}

/// Writes a profile so that [`profile_from_toml`] reads the same.
#[must_use]
pub fn profile_to_toml(named: &Named) -> String {
    let Named { name, card, profile } = named;
    let capacity_ah = f64::from(profile.capacity_ppm) * 1e-6 * card.rated_ah;
    let mut text = format!(
        "# A cell as an equivalent circuit at 25 °C, fitted by `cellward fit`.\n\
         name = {}\nchemistry = \"{}\"\nrated_ah = {:?}\n# Charge between 0 and 100 %.\n\
         capacity_ah = {capacity_ah:?}\n\n[voltage]\nmin_v = {:?}\nmax_v = {:?}\ncharge_v = {:?}\n\
         float_v = {:?}\n\n[rest]\n# At 0 % to 100 % in steps of 1 %, the mean of charging and \
         discharging.\nocv_v = [\n",
        toml::Value::String(name.clone()),
        card.chemistry.key(),
        card.rated_ah,
        card.min_v,
        card.max_v,
        card.charge_v,
        card.float_v,
    );
    points(&mut text, &profile.ocv);
    text.push_str(
        "]\n# The negative electrode over lithium at the same charges, by which the estimator knows how\n\
         # ageing moves the rest voltage.\nnegative_v = [\n",
    );
    points(&mut text, &profile.negative);
    let _infallible = write!(
        text,
        "]\n# How far above that after charging, and below it after discharging.\n\
         hysteresis_mv = {:.1}\n# How much of the capacity must flow for it to follow to 1/e, as its \
         inverse.\nhysteresis_rate = {}\n# How far all of it may be off where nobody measured the \
         cell, one sigma.\nmiss_mv = {:.1}\n\n[circuit]\n# In mΩ of a cell of 100 Ah, at {:?} of the \
         charge:\n# what is there at once, then what comes by each time constant.\n",
        f64::from(profile.hysteresis) * 0.1,
        profile.hysteresis_rate,
        f64::from(profile.miss) * 0.1,
        cellward_cell::KNOTS,
    );
    for (number, table) in profile.resistance.iter().enumerate() {
        let values: Vec<String> =
            table.iter().map(|&count| format!("{:.3}", f64::from(count) * 1e-3)).collect();
        let _infallible = writeln!(text, "r{number}_mohm = [{}]", values.join(", "));
    }
    let [fast, slow] = profile.time_constant;
    let _infallible = writeln!(text, "tau1_s = {fast}\ntau2_s = {slow}");
    text
}
