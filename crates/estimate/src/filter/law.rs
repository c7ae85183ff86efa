//! How a voltage drop depends on temperature and current.
//!
//! Half of what a resistance of ten seconds shows at 1C is transfer of charge, which follows Butler and
//! Volmer: its drop grows with the logarithm of a large current, and it freezes quickly in the cold. The
//! other half is ohmic and hardly freezes. One law for every chemistry, checked against the ten-second
//! resistances and powers of physics models from -10 to 40 °C (docs/reference/soc.md).

use super::tuning as tune;
use crate::elementary::{exp, ln, sqrt};
use cellward_cell::Profile;

/// Share of the ten-second resistance at 25 °C and 1C that is transfer of charge.
const TRANSFER: f32 = 0.5;
/// Activation energy of the exchange current in J/mol. Source: physics models of LFP, NMC and titanate
/// cells lie between 30 and 50 kJ/mol; fitted to their powers.
const TRANSFER_ENERGY: f32 = 37_000.0;
/// Activation energy of the rest in J/mol, of the order of electrolyte conductivity.
const OHMIC_ENERGY: f32 = 10_000.0;
/// Gas constant in J/(mol K), and Faraday's constant in As/mol.
const GAS: f32 = 8.314;
const FARADAY: f32 = 96_485.0;

/// What temperature does to the drops of a cell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Law {
    /// Factor on ohmic resistance, 1 at 25 °C.
    ohmic: f32,
    /// Twice the thermal voltage in V.
    thermal: f32,
    /// Factor on the exchange current, 1 at 25 °C.
    exchange: f32,
}

impl Law {
    /// At a temperature in °C.
    pub(crate) fn at(celsius: f32) -> Self {
        let kelvin = kelvin(celsius);
        let colder = colder(kelvin);
        Self {
            ohmic: exp(OHMIC_ENERGY * colder),
            thermal: 2.0 * GAS * kelvin / FARADAY,
            exchange: exp(-TRANSFER_ENERGY * colder),
        }
    }

    /// Factor on resistances that come slowly.
    pub(crate) const fn slow(&self) -> f32 {
        self.ohmic
    }

    /// Drop in V that comes at once with `amps` through a resistance of `at_once` Ω, of a cell whose
    /// resistance after ten seconds is `ten` Ω. All at 25 °C and 1C, of a cell of the reference capacity.
    pub(crate) fn drop(&self, at_once: f32, ten: f32, amps: f32) -> f32 {
        /// Twice the thermal voltage at 25 °C in V.
        const THERMAL: f32 = 2.0 * GAS * 298.15 / FARADAY;
        let transfer = (TRANSFER * ten).min(at_once);
        let reach = transfer * Profile::REFERENCE_AH / THERMAL;
        if reach < 1e-4 {
            return at_once * amps * self.ohmic;
        }
        let exchange = Profile::REFERENCE_AH / sinh(reach.min(8.0)) * self.exchange;
        (at_once - transfer) * amps * self.ohmic + self.thermal * asinh(amps / exchange)
    }
}

/// Factor on resistances that come slowly at a temperature in °C, 1 at 25 °C (Arrhenius).
pub(super) fn cold(celsius: f32) -> f32 {
    exp(tune::ACTIVATION * colder(kelvin(celsius)))
}

/// In K, of where cells work.
fn kelvin(celsius: f32) -> f32 {
    celsius.max(-40.0).min(90.0) + 273.15
}

/// What an activation energy in J/mol is multiplied with, 0 at 25 °C and more below.
fn colder(kelvin: f32) -> f32 {
    (1.0 / kelvin - 1.0 / 298.15) / GAS
}

/// Below this both functions are their argument to 2e-5, and nothing cancels above it. The library's are
/// exact everywhere and take a kilobyte.
const SMALL: f32 = 0.01;

/// Hyperbolic sine of something that is not negative, to 1e-5.
fn sinh(x: f32) -> f32 {
    if x < SMALL {
        return x;
    }
    let grown = exp(x);
    0.5 * (grown - 1.0 / grown)
}

/// Its inverse, of either sign, to 2e-5.
fn asinh(x: f32) -> f32 {
    let size = x.abs();
    if size < SMALL {
        return x;
    }
    ln(size + sqrt(size * size + 1.0)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_25_degrees_and_1c_it_is_the_resistance() {
        let law = Law::at(25.0);
        for amps in [100.0, -100.0] {
            let drop = law.drop(1e-3, 1.3e-3, amps);
            assert!((drop - 1e-3 * amps).abs() < 1e-5, "{drop}");
        }
    }

    #[test]
    fn a_larger_current_drops_less_for_each_ampere_and_the_cold_more() {
        let [cold, room] = [Law::at(-10.0), Law::at(25.0)];
        let each = |law: &Law, amps: f32| law.drop(1e-3, 1.2e-3, amps) / amps;
        assert!(each(&room, 300.0) < each(&room, 100.0));
        assert!(each(&cold, 300.0) < 0.7 * each(&cold, 50.0));
        assert!(each(&cold, 50.0) > 2.0 * each(&room, 50.0));
    }

    #[test]
    fn the_hyperbolic_functions_are_those_of_the_library_to_two_in_a_hundred_thousand() {
        let mut x = 1e-5_f32;
        while x < 8.0 {
            assert!((sinh(x) / libm::sinhf(x) - 1.0).abs() < 2e-5, "sinh {x}");
            for x in [x, -x, 1e3 * x] {
                assert!((asinh(x) / libm::asinhf(x) - 1.0).abs() < 2e-5, "asinh {x}");
            }
            x *= 1.03;
        }
    }

    #[test]
    fn without_resistance_there_is_no_drop() {
        assert!(Law::at(-40.0).drop(0.0, 0.0, 300.0).abs() < 1e-9);
        assert!(Law::at(0.0).drop(1e-3, 1e-3, 0.0).abs() < 1e-9);
    }
}
