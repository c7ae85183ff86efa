//! Thermistors: ohms over temperature by the Beta equation, 10 kΩ at 25 °C.

/// Resistance at 25 °C in Ω.
const AT_25: f64 = 10_000.0;
/// 25 °C in K.
const REFERENCE: f64 = 298.15;
/// 0 °C in K.
const ZERO: f64 = 273.15;

/// Beta of the parts that a board expects, in K. Parameters, §9: the default of `ntc_beta`.
pub(crate) const BETA: f64 = 3_435.0;

/// Resistance in Ω of a part with this Beta.
pub(crate) fn ohms(celsius: f64, beta: f64) -> f64 {
    AT_25 * libm::exp(beta * (1.0 / (celsius + ZERO) - 1.0 / REFERENCE))
}

/// Temperature in °C that a resistance means to whoever expects this Beta.
pub(crate) fn celsius(ohms: f64, beta: f64) -> f64 {
    1.0 / (libm::log(ohms / AT_25) / beta + 1.0 / REFERENCE) - ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the table of parameters, §9.
    #[test]
    fn the_printed_table_comes_out() {
        for (at, b3380, b3435, b3950) in [
            (-40.0, 235.8, 248.3, 401.9),
            (0.0, 28.22, 28.70, 33.62),
            (25.0, 10.00, 10.00, 10.00),
            (60.0, 3.039, 2.981, 2.486),
            (125.0, 0.580, 0.554, 0.359),
        ] {
            for (beta, kiloohms) in [(3_380.0, b3380), (3_435.0, b3435), (3_950.0, b3950)] {
                let ratio = ohms(at, beta) / 1e3 / kiloohms;
                assert!((ratio - 1.0).abs() < 2e-3, "{at} {beta} {ratio}");
            }
        }
    }

    #[test]
    fn a_wrong_beta_costs_five_kelvin_at_sixty_degrees() {
        // 2486 Ω read with 3435 instead of 3950.
        let wrong = celsius(ohms(60.0, 3_950.0), BETA);
        assert!((wrong - 60.0 - 5.7).abs() < 0.3, "{wrong}");
        assert!((celsius(ohms(60.0, BETA), BETA) - 60.0).abs() < 1e-9);
    }
}
