//! The two electrodes behind a rest voltage, and where lost lithium slides them.
//!
//! The rest voltage of a cell is the difference of two potentials. Which part of it belongs to which
//! electrode does not show in the curve alone, so one of the two is taken from the literature: graphite
//! for LFP and NMC, layered oxide for LTO (titanate itself has no features). Over which part of it
//! the cell runs is found from the curve.

mod literature;

use cellward_cell::{LOSSES, OCV_POINTS};

use crate::Chemistry;
use crate::rest::soc_of;
use literature::{Electrode, GRAPHITES, OXIDES};
pub(crate) use literature::{graphite, oxide};

/// The potential of a negative electrode in V at 0 % to 100 % in steps of 1 %.
pub(crate) type Potential = [f64; OCV_POINTS];

/// The negative electrode, and what is to be said of how it was found.
pub(crate) struct Split {
    pub(crate) negative: Potential,
    pub(crate) note: Option<String>,
}

/// Points that are looked at when an electrode is searched: the ends belong to knees that the
/// literature's electrode need not have.
const INNER: core::ops::Range<usize> = 10..95;

/// Splits a rest voltage, in V at 0 % to 100 %.
pub(crate) fn split(chemistry: Chemistry, volts: &Potential) -> Split {
    match chemistry {
        Chemistry::Lfp => Split { negative: smoothest(volts), note: None },
        Chemistry::Nmc => both(volts),
        Chemistry::Lto => against_titanate(volts),
    }
}

/// An electrode between two states of its lithium.
fn over(electrode: Electrode, [empty, full]: [f64; 2]) -> Potential {
    std::array::from_fn(|k| electrode(empty + (full - empty) * soc_of(k)))
}

/// The graphite, and where it stands, so that the positive electrode is smoothest: its steps must be its
/// own.
fn smoothest(volts: &Potential) -> Potential {
    let rough = |negative: &Potential| {
        let positive: Potential = std::array::from_fn(|k| volts[k] + negative[k]);
        let thirds = positive[INNER].windows(4);
        thirds.map(|v| (v[3] - v[0] + 3.0 * (v[1] - v[2])).abs()).sum::<f64>()
    };
    let places = (0..=16).flat_map(|empty| (0..=60).map(move |full| (empty, full)));
    let places =
        places.map(|(empty, full)| [f64::from(empty) * 0.005, 0.7 + f64::from(full) * 0.005]);
    let all = places.flat_map(|place| GRAPHITES.map(|graphite| over(graphite, place)));
    let scored = all.map(|negative| (rough(&negative), negative));
    let best = scored.min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or_else(|| over(graphite, [0.03, 0.85]), |(_, negative)| negative)
}

/// Which graphite and which oxide together are most like it.
fn both(volts: &Potential) -> Split {
    let pairs =
        GRAPHITES.iter().flat_map(|graphite| OXIDES.iter().map(move |oxide| (graphite, oxide)));
    let found = pairs.map(|(&graphite, oxide)| {
        let misfit = |&[n_empty, n_full, p_empty, p_full]: &[f64; 4]| {
            let negative = over(graphite, [n_empty, n_full]);
            let positive = over(*oxide, [p_empty, p_full]);
            let gaps: Potential = std::array::from_fn(|k| positive[k] - negative[k] - volts[k]);
            rms(&gaps[INNER])
        };
        let (misfit, [empty, full, ..]) = descend([0.03, 0.87, 0.88, 0.27], 0.04, misfit);
        (misfit, over(graphite, [empty, full]))
    });
    match found.min_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((misfit, negative)) if misfit < ALIKE => Split { negative, note: None },
        _ => Split { negative: smoothest(volts), note: None },
    }
}

/// The lowest point of `height` near `start`: down along every axis, then with smaller steps.
fn descend<const N: usize>(
    start: [f64; N],
    mut step: f64,
    height: impl Fn(&[f64; N]) -> f64,
) -> (f64, [f64; N]) {
    let mut best = (height(&start), start);
    while step > 1e-4 {
        let before = best;
        for axis in 0..N {
            for way in [-step, step] {
                let mut place = best.1;
                place[axis] = (place[axis] + way).clamp(0.0, 1.0);
                let height = height(&place);
                if height < best.0 {
                    best = (height, place);
                }
            }
        }
        // On along the valley that all axes together show.
        let on: [f64; N] = std::array::from_fn(|k| (2.0 * best.1[k] - before.1[k]).clamp(0.0, 1.0));
        let further = height(&on);
        if further < best.0 {
            best = (further, on);
        }
        if best.0 >= before.0 {
            step *= 0.6;
        }
    }
    best
}

fn rms(gaps: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "fewer than a hundred")]
    let count = gaps.len() as f64;
    libm::sqrt(gaps.iter().map(|gap| gap * gap).sum::<f64>() / count)
}

/// Potential of titanate over lithium in V, give or take half a volt. Source: the two-phase plateau of
/// Li4Ti5O12, 1.55 V.
pub(crate) const TITANATE: f64 = 1.55;

/// Largest mean misfit at which an oxide counts as the literature's, in V.
const ALIKE: f64 = 6e-3;

/// What is left of the oxide that fits best: titanate, flat but for its ends.
fn against_titanate(volts: &Potential) -> Split {
    let found = OXIDES.map(|oxide| {
        let misfit = |&[empty, full, titanate]: &[f64; 3]| {
            let positive = over(oxide, [empty, full]);
            let gaps: Potential =
                std::array::from_fn(|k| positive[k] - (TITANATE + titanate - 0.5) - volts[k]);
            rms(&gaps[INNER])
        };
        let (misfit, [empty, full, titanate]) = descend([0.9, 0.33, 0.5], 0.05, misfit);
        (misfit, over(oxide, [empty, full]), titanate)
    });
    let best = found.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let (misfit, positive, titanate) = best.unwrap_or((f64::INFINITY, [0.0; OCV_POINTS], 0.5));
    if misfit > ALIKE {
        return Split {
            negative: [(TITANATE + titanate - 0.5).max(0.0); OCV_POINTS],
            note: Some(format!(
                "the rest voltage is not that of a layered oxide against titanate (misfit {:.1} mV): \
                 how ageing moves it is not known",
                misfit * 1e3
            )),
        };
    }
    Split { negative: std::array::from_fn(|k| positive[k] - volts[k]), note: None }
}

/// Where the electrodes stand, empty and full, at each of [`LOSSES`]: positive and negative, in parts of
/// one. The limits of voltage stay those of 0 and 100 %.
pub(crate) fn slides(volts: &Potential, negative: &Potential) -> [[f64; 4]; LOSSES.len()] {
    let positive: Potential = std::array::from_fn(|k| volts[k] + negative[k]);
    LOSSES.map(|lost| {
        let lost = f64::from(lost);
        // The negative electrode lags by what was lost.
        let gap = |place: f64| straight(&positive, place) - straight(negative, place - lost);
        let find = |target: f64, mut low: f64, mut high: f64| {
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if gap(middle) < target { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        let empty = find(volts[0], -0.5, 0.8);
        let full = find(volts[OCV_POINTS - 1], 0.5, 1.5);
        [empty, full, empty - lost, full - lost]
    })
}

/// A potential at `place`, straight on beyond its ends.
fn straight(table: &Potential, place: f64) -> f64 {
    let steps = place * 100.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast holds the ends, and truncating is what is wanted"
    )]
    let below = (steps as usize).min(OCV_POINTS - 2);
    #[expect(clippy::cast_precision_loss, reason = "a hundred points are exact")]
    let share = steps - below as f64;
    table[below] + share * (table[below + 1] - table[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flat positive electrode that rises a little, and more at the end.
    fn phosphate(soc: f64) -> f64 {
        3.4 + 0.02 * soc + 0.3 * libm::exp(-80.0 * (1.0 - soc))
    }

    fn cell(positive: impl Fn(f64) -> f64, negative: impl Fn(f64) -> f64) -> Potential {
        std::array::from_fn(|k| positive(soc_of(k)) - negative(soc_of(k)))
    }

    #[test]
    fn graphite_is_found_where_the_cell_uses_it() {
        let truth = |soc: f64| graphite(0.02 + 0.78 * soc);
        let volts = cell(phosphate, truth);
        let found = split(Chemistry::Lfp, &volts).negative;
        for (k, found) in found.iter().enumerate().skip(5) {
            let truth = truth(soc_of(k));
            assert!((found - truth).abs() < 2e-3, "{k} %: {found} for {truth}");
        }
    }

    #[test]
    fn graphite_is_found_against_the_oxide_too() {
        let truth = |soc: f64| graphite(0.03 + 0.85 * soc);
        let volts = cell(|soc| oxide(0.86 - 0.6 * soc), truth);
        let found = split(Chemistry::Nmc, &volts).negative;
        for (k, found) in found.iter().enumerate().skip(5) {
            let truth = truth(soc_of(k));
            assert!((found - truth).abs() < 2e-3, "{k} %: {found} for {truth}");
        }
    }

    #[test]
    fn titanate_is_what_the_oxide_leaves() {
        let truth = |soc: f64| 1.55 + 0.3 * libm::exp(-60.0 * soc);
        let volts = cell(|soc| oxide(0.9 - 0.55 * soc), truth);
        let found = split(Chemistry::Lto, &volts);
        assert!(found.note.is_none());
        for (k, found) in found.negative.iter().enumerate() {
            let truth = truth(soc_of(k));
            assert!((found - truth).abs() < 3e-3, "{k} %: {found} for {truth}");
        }
    }

    #[test]
    fn another_electrode_against_titanate_is_said_and_never_slides() {
        let volts = cell(|soc| 3.9 + 0.1 * libm::sin(9.0 * soc) + 1.2 * soc, |_| 1.55);
        let found = split(Chemistry::Lto, &volts);
        assert!(found.note.is_some());
        for slide in slides(&volts, &found.negative) {
            assert!(slide[0].abs() < 1e-3 && (slide[1] - 1.0).abs() < 1e-3, "{slide:?}");
        }
    }

    #[test]
    fn an_aged_cell_has_the_voltages_of_its_ends_and_holds_less() {
        let negative = |soc: f64| graphite(0.02 + 0.78 * soc);
        let volts = cell(phosphate, negative);
        let table: Potential = std::array::from_fn(|k| negative(soc_of(k)));
        for (slide, lost) in slides(&volts, &table).iter().zip(LOSSES) {
            let [empty, full, negative_empty, negative_full] = *slide;
            let positive: Potential = std::array::from_fn(|k| volts[k] + table[k]);
            let at = |p: f64, n: f64| straight(&positive, p) - straight(&table, n);
            assert!((at(empty, negative_empty) - volts[0]).abs() < 1e-6);
            assert!((at(full, negative_full) - volts[100]).abs() < 1e-6);
            // Graphite decides when it is empty, phosphate when it is full: what was lost is lost.
            let holds = full - empty;
            assert!((holds + f64::from(lost) - 1.0).abs() < 0.01, "{lost}: {holds}");
        }
    }
}
