//! The whole fit, and what is to be said of it.

use cellward_cell::{OCV_POINTS, Profile, Resistance};

use crate::circuit::Circuit;
use crate::electrodes::split;
use crate::pulse::{N, Test};
use crate::rest::{RestCurve, soc_of};
use crate::slow::{Aligned, SLOW_A, SlowPair};
use crate::text::slid;
use crate::{CellData, Error, Named};

/// How much of the capacity must flow for the hysteresis to follow to 1/e, as its inverse. *Guess*:
/// a pulse test that only discharges hardly shows it; 60 lies among values published for LFP.
const HYSTERESIS_RATE: u16 = 60;

/// Half-width of a hysteresis, in V, below which it cannot be told from resistances that come more
/// slowly than the pulse test can show.
const LEAST_HYSTERESIS_V: f64 = 0.003;

/// A fitted cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// The profile with what stands on the label.
    pub named: Named,
    /// How well it fits.
    pub report: Report,
}

/// How well a profile fits, and what the plot shows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Report {
    /// True capacity in Ah of this cell.
    pub capacity_ah: f64,
    /// Mean and largest distance of the mean of both runs at C/20 from the measured rest voltages,
    /// in V; `None` without these runs.
    pub misfit_v: Option<f64>,
    /// What the half difference of both runs at C/20 has beyond resistance, in V: the hysteresis, if
    /// it is large enough. `None` without these runs.
    pub beyond_resistance_v: Option<f64>,
    /// Charge at which the pulse test starts, in parts of one.
    pub start: f64,
    /// What the pulse test leaves unexplained, root of the mean square, in V.
    pub rms_v: f64,
    /// The largest of it, in V.
    pub worst_v: f64,
    /// Time in s since the start of the pulse test, and measured less computed voltage in V; above
    /// 2 % of charge.
    pub residuals: Vec<(f64, f64)>,
    /// Measured rest voltages: charge in parts of one, and V.
    pub rest: Vec<(f64, f64)>,
    /// Discharge and charge at C/20: charge in parts of one, and V.
    pub slow: [Vec<(f64, f64)>; 2],
    /// What is missing or unusual, in words.
    pub notes: Vec<String>,
}

/// Fits an equivalent circuit to a cell.
///
/// # Errors
///
/// When the files are those of different cells, or no cell behaves like that.
pub fn fit(cell: &CellData) -> Result<Fit, Error> {
    let mut report =
        Report { rest: cell.rest.clone(), notes: cell.notes.clone(), ..Report::default() };
    let slow = cell.slow.as_ref().map(SlowPair::new).transpose()?;
    let aligned =
        slow.as_ref().map(|slow| slow.align(&cell.rest).map(|place| (slow, place))).transpose()?;
    let (curve, capacity_ah) = match &aligned {
        Some((slow, place)) => (RestCurve::shaped(&cell.rest, slow, place), place.capacity_ah),
        None => (RestCurve::straight(&cell.rest), f64::from(Profile::REFERENCE_AH)),
    };
    let mut test = Test {
        log: &cell.pulses,
        rest: &curve,
        capacity_ah,
        hysteresis_v: 0.0,
        hysteresis_rate: f64::from(HYSTERESIS_RATE),
    };
    check_pulses(cell)?;
    let mut circuit = Circuit::search(&test);
    if let Some((slow, place)) = &aligned {
        // The wider the hysteresis, the less resistance is left to explain the pulse test, and the other
        // way round, so both ends may settle: from no hysteresis, and from all that could be one. What
        // explains the pulse test better is right.
        let all = beyond_resistance(slow, place, &Circuit::NOTHING);
        let from = |hysteresis_v| {
            test.hysteresis_v = hysteresis_v;
            settle(&mut test, (slow, place))
        };
        let ends = [0.0, all].map(from);
        let best = ends.into_iter().min_by(|a, b| a.0.left.total_cmp(&b.0.left));
        if let Some((found, beyond)) = best {
            circuit = found;
            report.beyond_resistance_v = Some(beyond);
            test.hysteresis_v = if beyond < LEAST_HYSTERESIS_V { 0.0 } else { beyond };
        }
        report.misfit_v = Some(place.misfit_v);
        report.slow = traces(slow, place);
    }
    report.residuals = test.residuals(circuit.start, circuit.constants, &circuit.ohms);
    report.start = circuit.start;
    report.capacity_ah = capacity_ah / f64::from(Profile::REFERENCE_AH) * cell.card.rated_ah;
    #[expect(clippy::cast_precision_loss, reason = "there are not that many rows")]
    let count = report.residuals.len().max(1) as f64;
    report.rms_v =
        libm::sqrt(report.residuals.iter().map(|(_, volts)| volts * volts).sum::<f64>() / count);
    report.worst_v = report.residuals.iter().map(|(_, volts)| volts.abs()).fold(0.0, f64::max);
    let ocv = curve.table(&cell.rest);
    let electrodes = split(cell.card.chemistry, &ocv.map(|count| f64::from(count) * 1e-4));
    report.notes.extend(electrodes.note);
    let mut negative = [0; OCV_POINTS];
    for (entry, volts) in negative.iter_mut().zip(electrodes.negative) {
        *entry = narrow(volts * 1e4, "negative electrode")?;
    }
    let profile = Profile {
        capacity_ppm: whole(capacity_ah * 1e4, 4e6, "capacity")?,
        ocv,
        negative,
        slides: slid(&ocv, &negative),
        hysteresis: narrow(test.hysteresis_v * 1e4, "hysteresis")?,
        hysteresis_rate: HYSTERESIS_RATE,
        resistance: tables(&circuit.ohms)?,
        time_constant: [
            narrow(circuit.constants[0], "first time constant")?,
            narrow(circuit.constants[1], "second time constant")?,
        ],
        miss: 0,
    };
    Ok(Fit { named: Named { name: cell.name.clone(), card: cell.card.clone(), profile }, report })
}

/// The circuit and the hysteresis that both runs at C/20 leave beyond it, from the hysteresis of the test
/// on: a few turns settle both.
fn settle(test: &mut Test<'_>, (slow, place): (&SlowPair, &Aligned)) -> (Circuit, f64) {
    let mut circuit = Circuit::search(test);
    let mut beyond = 0.0;
    for turn in 0..8 {
        beyond = beyond_resistance(slow, place, &circuit);
        test.hysteresis_v = if beyond < LEAST_HYSTERESIS_V { 0.0 } else { beyond };
        circuit = if turn == 5 { Circuit::search(test) } else { circuit.again(test) };
    }
    (circuit, beyond)
}

/// Whether the pulse test has what resistances are found by.
fn check_pulses(cell: &CellData) -> Result<(), Error> {
    let taken = cell.pulses.taken();
    let (least, most) =
        taken.iter().fold((0.0_f64, 0.0_f64), |(least, most), &ah| (least.min(ah), most.max(ah)));
    let steps = cell.pulses.amps.windows(2).skip(1);
    let steps = steps.filter(|pair| (pair[1] - pair[0]).abs() > 10.0).count();
    if steps < 4 || most - least < 20.0 {
        return Err(Error::Nonsense(format!(
            "the pulse test moves {:.1} % of the rated capacity and has {steps} steps of current of \
             a tenth of it or more; it needs 20 % and 4",
            most - least
        )));
    }
    Ok(())
}

/// What the half difference of both runs at C/20 has beyond resistance, in V: the median from 20 %
/// to 80 %.
fn beyond_resistance(slow: &SlowPair, place: &Aligned, circuit: &Circuit) -> f64 {
    let total = circuit.total();
    let knots: Vec<(f64, f64)> =
        cellward_cell::KNOTS.iter().map(|&knot| f64::from(knot)).zip(total).collect();
    let mut beyond: Vec<f64> = (20..=80)
        .filter_map(|k| {
            let soc = soc_of(k);
            let [discharge, charge] = slow.at(place, soc);
            Some(0.5 * (charge? - discharge?) - SLOW_A * crate::rest::between(&knots, soc))
        })
        .collect();
    beyond.sort_by(f64::total_cmp);
    beyond.get(beyond.len() / 2).copied().unwrap_or(0.0)
}

/// Both runs at C/20 over charge.
fn traces(slow: &SlowPair, place: &Aligned) -> [Vec<(f64, f64)>; 2] {
    let side = |side: usize| {
        let points = (0..OCV_POINTS).map(soc_of);
        points.filter_map(|soc| Some((soc, slow.at(place, soc)[side]?))).collect()
    };
    [side(0), side(1)]
}

/// Resistances in 1 µΩ.
fn tables(ohms: &[[f64; N]; 3]) -> Result<[Resistance; 3], Error> {
    let mut tables = [[0; N]; 3];
    for (table, ohms) in tables.iter_mut().zip(ohms) {
        for (entry, ohm) in table.iter_mut().zip(ohms) {
            *entry = narrow(ohm * 1e6, "resistance")?;
        }
    }
    Ok(tables)
}

/// A whole number from 0 to 65535.
fn narrow(value: f64, what: &str) -> Result<u16, Error> {
    whole(value, f64::from(u16::MAX), what)
        .and_then(|value| u16::try_from(value).map_err(|_| Error::Nonsense(what.to_owned())))
}

/// A whole number from 0 to `most`.
fn whole(value: f64, most: f64, what: &str) -> Result<u32, Error> {
    let rounded = libm::round(value);
    if !(0.0..=most).contains(&rounded) {
        return Err(Error::Nonsense(format!(
            "the {what} comes out as {rounded}, which no profile can hold: are rated capacity and \
             units right?"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not negative and small"
    )]
    Ok(rounded as u32)
}
