//! Electrodes that were measured and published: potential over lithium by how much of it is in.

use libm::{exp, tanh};

/// Potential over lithium in V at a share of its lithium, 0 to 1.
pub(crate) type Electrode = fn(f64) -> f64;

/// Graphites: they have the same steps at about the same places, and different slopes between them.
pub(crate) const GRAPHITES: [Electrode; 4] =
    [graphite, kokam_graphite, mesocarbon, michigan_graphite];

/// Layered oxides of nickel, manganese, cobalt.
pub(crate) const OXIDES: [Electrode; 3] = [oxide, kokam_oxide, michigan_oxide];

/// Graphite with a little silicon. Source: C.-H. Chen et al., J. Electrochem. Soc. 167 (2020) 080534, fit
/// of the negative electrode of the LG M50.
pub(crate) fn graphite(x: f64) -> f64 {
    1.9793 * exp(-39.3631 * x) + 0.2482
        - 0.0909 * tanh(29.8538 * (x - 0.1234))
        - 0.04478 * tanh(14.9159 * (x - 0.2769))
        - 0.0205 * tanh(30.4444 * (x - 0.6103))
}

/// Layered oxide rich in nickel (NMC811). Source: as of [`graphite`], the positive electrode.
pub(crate) fn oxide(y: f64) -> f64 {
    -0.8090 * y + 4.4875
        - 0.0428 * tanh(18.5138 * (y - 0.5542))
        - 17.7326 * tanh(15.7890 * (y - 0.3117))
        + 17.5842 * tanh(15.9308 * (y - 0.3120))
}

/// Graphite of a pouch cell of Kokam. Source: M. Ecker et al., J. Electrochem. Soc. 162 (2015) A1836, in the
/// fit of G. Richardson et al., Electrochim. Acta 339 (2020) 135862.
fn kokam_graphite(x: f64) -> f64 {
    0.716_502 * exp(-369.028 * x) + 0.12193 * exp(-35.6478 * (x - 0.053_094_7)) + 0.140_031
        - 0.018_919_3 * tanh(21.1967 * (x - 0.196_176))
        - 0.016_964_4 * tanh(27.1365 * (x - 0.312_832))
        - 0.019_931_3 * tanh(28.5697 * (x - 0.614_221))
        - 0.931_153 * exp(36.328 * (x - 1.10743))
}

/// Its oxide of nickel and cobalt. Source: as of [`kokam_graphite`], with one number as the parameter set
/// Ecker2015 of PyBaMM has it.
fn kokam_oxide(y: f64) -> f64 {
    -2.35211 * y + 4.23285 - 0.074_706_1 * tanh(31.886 * (y - 0.021_992_1))
        + 6.34984 * tanh(2.66395 * (y - 0.174_352))
        - 0.640_243 * tanh(5.48623 * (y - 0.439_245))
        - 3.82383 * tanh(4.12167 * (y - 0.176_187))
        - 0.054_212_3 * tanh(18.2919 * (y - 0.762_272))
}

/// Mesocarbon microbeads, MCMB 2528. Source: J. Newman, Dualfoil 5, as the parameter set Marquis2019 of
/// PyBaMM has it.
fn mesocarbon(x: f64) -> f64 {
    0.194 + 1.5 * exp(-120.0 * x) + 0.0351 * tanh((x - 0.286) / 0.083)
        - 0.0045 * tanh((x - 0.849) / 0.119)
        - 0.035 * tanh((x - 0.9233) / 0.05)
        - 0.0147 * tanh((x - 0.5) / 0.034)
        - 0.102 * tanh((x - 0.194) / 0.142)
        - 0.022 * tanh((x - 0.9) / 0.0164)
        - 0.011 * tanh((x - 0.124) / 0.0226)
        + 0.0155 * tanh((x - 0.105) / 0.029)
}

/// Graphite of a pouch cell of 5 Ah. Source: P. Mohtat et al., J. Electrochem. Soc. 167 (2020) 110561, as the
/// parameter set Mohtat2020 of PyBaMM has it.
fn michigan_graphite(x: f64) -> f64 {
    0.063 + 0.8 * exp(-75.0 * (x + 0.001))
        - 0.0120 * tanh((x - 0.127) / 0.016)
        - 0.0118 * tanh((x - 0.155) / 0.016)
        - 0.0035 * tanh((x - 0.220) / 0.020)
        - 0.0095 * tanh((x - 0.190) / 0.013)
        - 0.0145 * tanh((x - 0.490) / 0.020)
        - 0.0800 * tanh((x - 1.030) / 0.055)
}

/// Its oxide, equal parts of nickel, manganese and cobalt or nearly so. Source: as of
/// [`michigan_graphite`].
fn michigan_oxide(y: f64) -> f64 {
    let powers = [4.3452, -1.6518, 1.6225, -2.0843, 3.5146, -2.2166];
    powers.iter().rev().fold(0.0, |sum, factor| sum * y + factor)
        - 0.5623e-4 * exp(109.451 * y - 100.006)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_electrode_falls_while_lithium_comes_in() {
        for electrode in GRAPHITES.into_iter().chain(OXIDES) {
            let volts: Vec<f64> = (30..98).map(|k| electrode(f64::from(k) * 0.01)).collect();
            assert!(volts.windows(2).all(|two| two[1] < two[0] + 2e-4), "{volts:?}");
        }
    }

    #[test]
    fn every_electrode_is_what_was_published() {
        // Computed apart from this file, of the sources' own formulas.
        let wanted = [
            (0.142_11, 0.092_02),
            (0.128_12, 0.084_20),
            (0.215_82, 0.175_19),
            (0.120_70, 0.091_66),
            (4.175_02, 3.649_11),
            (4.101_12, 3.760_81),
            (3.917_56, 3.708_24),
        ];
        for (electrode, (low, high)) in GRAPHITES.into_iter().chain(OXIDES).zip(wanted) {
            assert!((electrode(0.35) - low).abs() < 1e-4, "{} for {low}", electrode(0.35));
            assert!((electrode(0.8) - high).abs() < 1e-4, "{} for {high}", electrode(0.8));
        }
    }
}
