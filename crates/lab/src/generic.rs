//! Profiles for cells that nobody measured, made of electrodes of the literature.
//!
//! What they give stands as tables in [`cellward_cell`], because a board has no exponential function
//! to spare; a test holds that they are the same. `cargo run -p cellward-lab --example generic` prints
//! them.

use cellward_cell::{Profile, Resistance};

use crate::electrodes::{Potential, TITANATE, graphite, oxide};
use crate::rest::soc_of;
use crate::text::slid;
use crate::{Card, Chemistry, Named};

/// Where an electrode stands in parts of its lithium when the cell is empty and when it is full.
type Window = [f64; 2];

/// A cell of the literature.
struct Recipe {
    name: &'static str,
    /// Voltages of the label in V: least, greatest, and what a charger holds until full and then.
    label: [f64; 4],
    positive: fn(f64) -> f64,
    negative: fn(f64) -> f64,
    /// At the published voltages; the label's may lie within or beyond.
    windows: [Window; 2],
    /// Half-width of the hysteresis in 0.1 mV.
    hysteresis: u16,
    resistance: [Resistance; 3],
    time_constant: [u16; 2],
    /// How far a real cell's rest voltage may be off, one sigma in 0.1 mV. *Guess*: the order of what the
    /// catalogue cells of `data/soc` miss (docs/estimation.md); cells of LFP are more alike than others.
    miss: u16,
}

/// Potential of iron phosphate over lithium in V at `y` of its lithium. Source: S. Afshar, K. Morris, A.
/// Khajepour, *Efficient electrochemical model for lithium-ion cells*, arXiv:1709.03970 (2017), as the
/// parameter set Prada2013 of PyBaMM uses it.
fn phosphate(y: f64) -> f64 {
    3.4077 - 0.020_269 * y + 0.5 * libm::exp(-150.0 * y) - 0.9 * libm::exp(-30.0 * (1.0 - y))
}

/// Potential of titanate over lithium in V at `x` of its lithium: the plateau of Li4Ti5O12 between two
/// steep ends. *Guess*: the height and width of the ends, which hold some hundredths of the charge; of
/// the plateau see [`TITANATE`].
fn titanate(x: f64) -> f64 {
    TITANATE + 0.9 * libm::exp(-50.0 * x) - 0.9 * libm::exp(-80.0 * (1.0 - x))
}

/// Iron phosphate against graphite. Windows: parameter set Prada2013 of PyBaMM, whose 2.3 Ah stand between
/// 2.0 V and 3.6 V: 0.81 of the graphite and 0.0038 of the phosphate when full; when empty, what
/// 2.3 Ah leave of the amounts given there. Voltages: those usual for prismatic cells. Hysteresis:
/// *guess*.
const LFP: Recipe = Recipe {
    name: "LFP of the literature",
    label: [2.5, 3.65, 3.5, 3.4],
    positive: phosphate,
    negative: graphite,
    windows: [[0.7024, 0.0038], [0.0186, 0.81]],
    hysteresis: 100,
    // The model of data/soc, smoothed.
    resistance: [
        [1_000, 1_000, 950, 820, 800, 780, 770, 770, 770, 780, 800, 950],
        [500, 500, 450, 200, 200, 150, 120, 120, 150, 150, 150, 200],
        [1_700, 1_700, 1_500, 800, 400, 350, 200, 200, 200, 300, 200, 300],
    ],
    time_constant: [45, 170],
    miss: 60,
};

/// Oxide rich in nickel against graphite. Windows: C.-H. Chen et al. (2020), the LG M50 between 2.5 V and
/// 4.2 V. Lower voltage: *guess*; from 2.5 V to 2.8 V there is hardly any charge.
const NMC: Recipe = Recipe {
    name: "NMC of the literature",
    label: [2.8, 4.2, 4.15, 4.05],
    positive: oxide,
    negative: graphite,
    windows: [[0.9084, 0.2661], [0.0279, 0.9014]],
    hysteresis: 0,
    resistance: [
        [2_200, 2_100, 1_600, 1_470, 1_400, 1_350, 1_340, 1_340, 1_370, 1_420, 1_460, 1_660],
        [900, 900, 850, 700, 680, 650, 650, 650, 650, 650, 650, 800],
        [700, 700, 650, 450, 450, 450, 550, 600, 600, 600, 600, 700],
    ],
    time_constant: [27, 200],
    miss: 200,
};

/// The same oxide against titanate. Lower voltage: the 1.7 V of the Toshiba SCiB (2.8 V to 1.7 V, Green Car
/// Congress, May 2008). *Guess*: the upper voltage, left below that, and how much of both electrodes a
/// cell uses.
const LTO: Recipe = Recipe {
    name: "LTO of the literature",
    label: [1.7, 2.7, 2.65, 2.52],
    positive: oxide,
    negative: titanate,
    windows: [[0.9, 0.3], [0.02, 0.95]],
    hysteresis: 0,
    resistance: [
        [540, 540, 460, 400, 380, 365, 355, 350, 355, 360, 380, 450],
        [340, 340, 300, 280, 280, 280, 300, 350, 380, 350, 350, 350],
        [430, 430, 420, 400, 400, 400, 430, 550, 650, 600, 650, 800],
    ],
    time_constant: [20, 250],
    miss: 250,
};

/// The profile of a chemistry when no cell of it was measured, with what such a cell has on its label.
/// Rest voltages run from the least to the greatest voltage of the label.
///
/// Resistances are the smoothed ones of the physics models in `data/soc`, so a *guess* for any real cell.
/// Those have less at once: 0.2 mΩ at 1 kHz of 105 Ah of LFP (data sheet of the EVE LF105, 2023); 0.27 mΩ
/// after 10 s of LTO, scaled to 100 Ah (6.5 mΩ of the SCiB of 4.2 Ah, same source as of its voltages).
/// A wrong one is safe, because the state of charge protects nothing.
#[must_use]
pub fn generic(chemistry: Chemistry) -> Named {
    let recipe = match chemistry {
        Chemistry::Lfp => LFP,
        Chemistry::Nmc => NMC,
        Chemistry::Lto => LTO,
    };
    let [min_v, max_v, charge_v, float_v] = recipe.label;
    let [positive, negative] = recipe.tables();
    let ocv = std::array::from_fn(|k| count(positive[k] - negative[k]));
    let negative = negative.map(count);
    Named {
        name: recipe.name.to_owned(),
        card: Card { chemistry, rated_ah: 100.0, min_v, max_v, charge_v, float_v },
        profile: Profile {
            capacity_ppm: 1_000_000,
            ocv,
            negative,
            slides: slid(&ocv, &negative),
            hysteresis: recipe.hysteresis,
            hysteresis_rate: 60,
            resistance: recipe.resistance,
            time_constant: recipe.time_constant,
            miss: recipe.miss,
        },
    }
}

impl Recipe {
    /// Both electrodes between the voltages of the label.
    fn tables(&self) -> [Potential; 2] {
        let at = |place: f64| {
            self.windows.map(|[empty, full]| (empty + (full - empty) * place).clamp(0.0, 1.0))
        };
        let rest = |place: f64| {
            let [y, x] = at(place);
            (self.positive)(y) - (self.negative)(x)
        };
        let find = |volts: f64| {
            let (mut low, mut high) = (-0.2, 1.2);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if rest(middle) < volts { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        let (empty, full) = (find(self.label[0]), find(self.label[1]));
        let place = |k: usize| at(empty + (full - empty) * soc_of(k));
        let positive = std::array::from_fn(|k| (self.positive)(place(k)[0]));
        let negative = std::array::from_fn(|k| (self.negative)(place(k)[1]));
        [positive, negative]
    }
}

/// A voltage in counts of 0.1 mV.
fn count(volts: f64) -> u16 {
    let counts = libm::round(volts * 1e4).clamp(0.0, f64::from(u16::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it fits")]
    let counts = counts as u16;
    counts
}

/// A profile as a constant of `impl Profile`, to be formatted.
#[must_use]
pub fn profile_to_rust(name: &str, profile: &Profile) -> String {
    let fields = format!("{profile:?}").replacen("Profile", "Self", 1);
    format!("pub const {name}: Self = {fields};\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Chemistry; 3] = [Chemistry::Lfp, Chemistry::Nmc, Chemistry::Lto];

    #[test]
    fn rest_voltages_rise_from_the_least_of_the_label_to_the_greatest() {
        for chemistry in ALL {
            let Named { card, profile, .. } = generic(chemistry);
            let flat = profile.ocv.windows(2).position(|pair| pair[0] >= pair[1]);
            assert_eq!(flat, None, "{chemistry:?}: {:?}", profile.ocv);
            assert_eq!(profile.ocv[0], count(card.min_v), "{chemistry:?}");
            assert_eq!(profile.ocv[100], count(card.max_v), "{chemistry:?}");
            let rise = profile.negative.windows(2).position(|pair| pair[0] < pair[1]);
            assert_eq!(rise, None, "{chemistry:?}: {:?}", profile.negative);
            assert!(profile.negative[0] > profile.negative[100]);
        }
    }

    #[test]
    fn the_tables_that_a_board_has_are_these() {
        for (chemistry, table) in ALL.into_iter().zip([Profile::LFP, Profile::NMC, Profile::LTO]) {
            assert_eq!(generic(chemistry).profile, table, "{chemistry:?}");
        }
    }

    #[test]
    fn text_keeps_them() {
        for chemistry in ALL {
            let named = generic(chemistry);
            let back = crate::profile_from_toml(&crate::profile_to_toml(&named)).unwrap();
            assert_eq!(back, named);
        }
    }

    #[test]
    fn published_windows_give_the_published_voltages() {
        for (recipe, empty, full) in [(LFP, 2.0, 3.6), (NMC, 2.5, 4.2)] {
            let [[y_empty, y_full], [x_empty, x_full]] = recipe.windows;
            let of = |y, x| (recipe.positive)(y) - (recipe.negative)(x);
            let (low, high) = (of(y_empty, x_empty), of(y_full, x_full));
            assert!((low - empty).abs() < 0.05, "{}: {low}", recipe.name);
            assert!((high - full).abs() < 0.02, "{}: {high}", recipe.name);
        }
    }
}
