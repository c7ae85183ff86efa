//! What each rule asks for, for a person whose write was refused.

/// A rule of [`Config::check`](crate::Config::check) in one sentence; `None` for a number that no rule
/// has. Production table, §11.1.
#[must_use]
pub const fn rule_in_words(rule: u8) -> Option<&'static str> {
    Some(match rule {
        1 => "of a limit above, each level lies at or above the one before: L1, L2, L3",
        2 => "of a limit below, each level lies at or below the one before: L1, L2, L3",
        3 => "a recovery keeps its distance from its threshold",
        4 => "cell over-voltage L2 is at most the upper limit charging voltage of the cell",
        5 => "the full voltage lies between the recovery of over-voltage L2 and its L1",
        6 => {
            "balancing starts between the recovery of under-voltage L2 and the full voltage, and \
             stops at a smaller difference than it starts at"
        }
        7 => "deep under-voltage, L3, L2, L1 and the recovery of L2 rise in this order",
        8 => "the charge current that is advised ends between the full voltage and over-voltage L2",
        9 => {
            "the discharge current that is advised ends between under-voltage L2 and the full voltage"
        }
        10 => {
            "thresholds lie where readings are believed, the commissioning window between \
             under-voltage L3 and over-voltage L3"
        }
        11 => "what is set for the pack is what is set for a cell times the cells, within 3 %",
        12 => "the chip's own limits stand clear of those of the brain",
        13 => {
            "the heater turns on at or above charge under-temperature L2 and off above that, and what \
             is too cold or hot to discharge is so to charge"
        }
        14 => "the current that is advised is none at the temperature limits",
        15 => {
            "charge over-current L1 is at most 1.1 times the charge limit, and the advised current \
             never above the charge rate"
        }
        16 => {
            "over-current L3 can be measured by this board, and the short circuit stands clear of \
             over-current L2"
        }
        17 => "no delay is so short that one wrong sample opens a switch",
        18 => "the currents of the rule for reverse current rise from off to on to hold-off",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relation::RULES;

    #[test]
    fn every_rule_has_words_and_no_words_are_without_a_rule() {
        for number in 0..=u8::MAX {
            let is_rule = RULES.iter().any(|rule| rule.number == number);
            assert_eq!(rule_in_words(number).is_some(), is_rule, "{number}");
        }
    }
}
