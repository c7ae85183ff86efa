//! The two electrodes behind a rest voltage, and where lost lithium slides them.
//!
//! The rest voltage of a cell is the difference of two potentials. Which part of it belongs to which
//! electrode does not show in the curve alone, so one of the two is taken from the literature: graphite
//! for LFP and NMC, layered oxide for LTO (titanate itself has no features). Over which part of it
//! the cell runs is found from the curve.

use cellward_cell::{LOSSES, OCV_POINTS};

use crate::Chemistry;
use crate::rest::soc_of;

/// The potential of a negative electrode in V at 0 % to 100 % in steps of 1 %.
pub(crate) type Potential = [f64; OCV_POINTS];

/// The negative electrode, and what is to be said of how it was found.
pub(crate) struct Split {
    pub(crate) negative: Potential,
    pub(crate) note: Option<String>,
}

/// Potential of graphite with a little silicon over lithium in V at `x` of its lithium. Source: C.-H.
/// Chen et al., J. Electrochem. Soc. 167 (2020) 080534, fit of the negative electrode of the LG M50.
pub(crate) fn graphite(x: f64) -> f64 {
    1.9793 * libm::exp(-39.3631 * x) + 0.2482
        - 0.0909 * libm::tanh(29.8538 * (x - 0.1234))
        - 0.04478 * libm::tanh(14.9159 * (x - 0.2769))
        - 0.0205 * libm::tanh(30.4444 * (x - 0.6103))
}

/// Potential of a layered oxide rich in nickel (NMC811) over lithium in V at `y` of its lithium. Source:
/// as of [`graphite`], the positive electrode.
pub(crate) fn oxide(y: f64) -> f64 {
    -0.8090 * y + 4.4875
        - 0.0428 * libm::tanh(18.5138 * (y - 0.5542))
        - 17.7326 * libm::tanh(15.7890 * (y - 0.3117))
        + 17.5842 * libm::tanh(15.9308 * (y - 0.3120))
}

/// Points that are looked at when an electrode is searched: the ends belong to knees that the
/// literature's electrode need not have.
const INNER: core::ops::Range<usize> = 10..95;

/// Splits a rest voltage, in V at 0 % to 100 %.
pub(crate) fn split(chemistry: Chemistry, volts: &Potential) -> Split {
    let graphite = |[empty, full]: [f64; 2]| Split { negative: over(empty, full), note: None };
    match chemistry {
        Chemistry::Lfp => graphite(smoothest(volts)),
        Chemistry::Nmc => graphite(both(volts).unwrap_or_else(|| smoothest(volts))),
        Chemistry::Lto => against_titanate(volts),
    }
}

/// Graphite between two states of its lithium.
fn over(empty: f64, full: f64) -> Potential {
    std::array::from_fn(|k| graphite(empty + (full - empty) * soc_of(k)))
}

/// Where graphite stands, empty and full, so that the positive electrode is smoothest: its steps must be
/// its own.
fn smoothest(volts: &Potential) -> [f64; 2] {
    let rough = |[empty, full]: [f64; 2]| {
        let negative = over(empty, full);
        let positive: Potential = std::array::from_fn(|k| volts[k] + negative[k]);
        let thirds = positive[INNER].windows(4);
        thirds.map(|v| (v[3] - v[0] + 3.0 * (v[1] - v[2])).abs()).sum::<f64>()
    };
    let grid = (0..=16).flat_map(|empty| (0..=60).map(move |full| (empty, full)));
    let grid = grid.map(|(empty, full)| [f64::from(empty) * 0.005, 0.7 + f64::from(full) * 0.005]);
    let scored = grid.map(|place| (rough(place), place));
    scored.min_by(|a, b| a.0.total_cmp(&b.0)).map_or([0.03, 0.85], |(_, place)| place)
}

/// Where graphite stands, empty and full, if the positive electrode is the literature's oxide.
fn both(volts: &Potential) -> Option<[f64; 2]> {
    let misfit = |&[n_empty, n_full, p_empty, p_full]: &[f64; 4]| {
        let negative = over(n_empty, n_full);
        let gaps: Potential = std::array::from_fn(|k| {
            oxide(p_empty + (p_full - p_empty) * soc_of(k)) - negative[k] - volts[k]
        });
        rms(&gaps[INNER])
    };
    let (misfit, [empty, full, ..]) = descend([0.03, 0.87, 0.88, 0.27], 0.04, misfit);
    (misfit < ALIKE).then_some([empty, full])
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
    let misfit = |&[empty, full, titanate]: &[f64; 3]| {
        let gaps: Potential = std::array::from_fn(|k| {
            oxide(empty + (full - empty) * soc_of(k)) - (TITANATE + titanate - 0.5) - volts[k]
        });
        rms(&gaps[INNER])
    };
    let (misfit, [empty, full, titanate]) = descend([0.9, 0.33, 0.5], 0.05, misfit);
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
    let negative = std::array::from_fn(|k| oxide(empty + (full - empty) * soc_of(k)) - volts[k]);
    Split { negative, note: None }
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
