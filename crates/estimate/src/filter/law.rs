//! How a voltage drop depends on temperature and current.
//!
//! Half of what a resistance of ten seconds shows at 1C is transfer of charge, which follows Butler and
//! Volmer: its drop grows with the logarithm of a large current, and it freezes quickly in the cold. The
//! other half is ohmic and hardly freezes. One law for every chemistry, checked against the ten-second
//! resistances and powers of physics models from -10 to 40 °C (docs/reference/soc.md).

use cellward_cell::Profile;
use libm::{asinhf, expf, sinhf};

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
        let kelvin = celsius.max(-40.0).min(90.0) + 273.15;
        let colder = (1.0 / kelvin - 1.0 / 298.15) / GAS;
        Self {
            ohmic: expf(OHMIC_ENERGY * colder),
            thermal: 2.0 * GAS * kelvin / FARADAY,
            exchange: expf(-TRANSFER_ENERGY * colder),
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
        let exchange = Profile::REFERENCE_AH / sinhf(reach.min(8.0)) * self.exchange;
        (at_once - transfer) * amps * self.ohmic + self.thermal * asinhf(amps / exchange)
    }
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
    fn without_resistance_there_is_no_drop() {
        assert!(Law::at(-40.0).drop(0.0, 0.0, 300.0).abs() < 1e-9);
        assert!(Law::at(0.0).drop(1e-3, 1e-3, 0.0).abs() < 1e-9);
    }
}
