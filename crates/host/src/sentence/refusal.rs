//! Why a board refuses, with the names of the settings that it means.

use cellward_params::{Refusal, rule_in_words};

use crate::settings::{key, show};

/// A refusal as the rest of a sentence.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match *refusal {
        Refusal::UnknownParameter(id) => format!("it has no setting {}", key(id)),
        Refusal::Fixed(id) => format!("{} cannot be set", key(id)),
        Refusal::Relation { rule, parameter } => {
            let words = rule_in_words(rule).map(|words| format!(": {words}")).unwrap_or_default();
            format!("{} breaks rule {rule} between settings{words}", key(parameter))
        }
        Refusal::Cap { parameter, limit, needed } => format!(
            "{} may go to {} only; further needs the role {}",
            key(parameter),
            show(parameter, limit),
            needed.key()
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::parameter::id;
    use cellward_params::{ParamId, Role};

    use super::*;

    #[test]
    fn a_refusal_names_the_setting_by_its_key() {
        let relation = Refusal::Relation { rule: 13, parameter: id::heater_on };
        assert_eq!(
            refusal(&relation),
            "heater_on_c breaks rule 13 between settings: the heater turns on at or above charge \
             under-temperature L2 and off above that, and what is too cold or hot to discharge is so \
             to charge"
        );
        let newer = Refusal::Relation { rule: 200, parameter: id::heater_on };
        assert_eq!(refusal(&newer), "heater_on_c breaks rule 200 between settings");
        assert_eq!(refusal(&Refusal::Fixed(ParamId(16))), "commissioned cannot be set");
        let cap = Refusal::Cap { parameter: id::full_voltage, limit: 3_600, needed: Role::Factory };
        assert_eq!(
            refusal(&cap),
            "full_voltage_mv may go to 3600 mV only; further needs the role factory"
        );
        assert_eq!(refusal(&Refusal::NoReading), "a reading that this needs is missing");
    }
}
