//! The built-in sets against their own rules, and how a broken one reads.

mod rules;
mod vendor;

use std::format;

use super::ids::*;
use super::{RULES, Verdict, unit_of};
use crate::config::BOARD_SIZES;
use crate::fault::{Fault, Level};
use crate::parameter::Field::{self, Delay, Recovery, Threshold};
use crate::{Broken, Chemistry, Config, ParamId, Profile};

fn config(chemistry: Chemistry, cells: u8) -> Config {
    Config::new(Profile::Strict, chemistry, cells)
}

fn lfp() -> Config {
    config(Chemistry::Lfp, 16)
}

fn vendor() -> Config {
    Config::new(Profile::Vendor, Chemistry::Lfp, 16)
}

fn with(mut config: Config, changes: &[(ParamId, i32)]) -> Config {
    for &(id, raw) in changes {
        config.force(id, raw);
    }
    config
}

/// The parts of one rule alone, whatever the profile.
fn rule(number: u8, config: &Config) -> Verdict {
    let mut parts = RULES.iter().filter(|rule| rule.number == number).peekable();
    assert!(parts.peek().is_some());
    parts.try_for_each(|part| (part.holds)(config).map_err(|broken| broken.of(number)))
}

/// A rule holds with one value of a parameter and not with the next.
fn boundary(number: u8, config: &Config, id: ParamId, holds: i32, breaks: i32) {
    assert_eq!(rule(number, &with(config.clone(), &[(id, holds)])), Ok(()), "{id:?} {holds}");
    let broken = with(config.clone(), &[(id, breaks)]);
    let Err(broken) = rule(number, &broken) else {
        panic!("rule {number} holds with {breaks} for {id:?}")
    };
    assert_eq!(broken.rule, number);
    assert!(broken.parameter == id || broken.against == Some(id), "{broken}, not {id:?}");
}

fn id(fault: Fault, level: Level, field: Field) -> ParamId {
    ParamId::of_limit(fault, level, field)
}

//
#[test]
fn both_profiles_keep_their_own_rules_for_every_chemistry_cell_count_board_and_capacity() {
    let mut checked = 0;
    for &profile in Profile::ALL {
        for &chemistry in Chemistry::ALL {
            for cells in 3..=24 {
                for amps in BOARD_SIZES {
                    for capacity in [0, 5_000, 50_000, 280_000, 6_553_500] {
                        let mut config = Config::new(profile, chemistry, cells);
                        config.set(RATED_CURRENT, amps * 1_000).unwrap();
                        config.set(RATED_CAPACITY, capacity).unwrap();
                        config.restore_limits();
                        let result = config.check();
                        assert_eq!(
                            result,
                            Ok(()),
                            "{profile:?} {chemistry:?} {cells} {amps} {capacity}"
                        );
                        checked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(checked, 2 * 3 * 22 * 13 * 5);
}

//
#[test]
fn a_broken_relation_reads_as_a_sentence() {
    let broken = |id, raw| format!("{}", with(lfp(), &[(id, raw)]).check().unwrap_err());
    assert_eq!(
        broken(OVER_L2, 3_651),
        "rule 4: cell_over_voltage_l2_threshold gives 3651 mV and must be at most 3650 mV \
         because of upper_cell_voltage"
    );
    let recovery = id(Fault::DischargeUnderTemperature, Level::Alarm, Recovery);
    assert_eq!(
        broken(recovery, -81),
        "rule 3: discharge_under_temperature_l1_recovery gives -8.1 °C and must be at least \
         -8.0 °C because of discharge_under_temperature_l1_threshold"
    );
    let delay = id(Fault::CellOverVoltage, Level::Protection, Delay);
    assert_eq!(
        broken(delay, 99),
        "rule 17: cell_over_voltage_l2_delay gives 99 ms and must be at least 100 ms"
    );
    let unnamed = Broken { rule: 1, parameter: ParamId(999), ..lfp_broken() };
    assert!(format!("{unnamed}").contains("parameter 0x03e7"));
}

fn lfp_broken() -> Broken {
    with(lfp(), &[(OVER_L2, 3_651)]).check().unwrap_err()
}

#[test]
fn every_parameter_that_the_rules_name_exists_and_is_shown_with_one_decimal_at_most() {
    for (id, name) in SYSTEM {
        assert!(lfp().raw(*id).is_some(), "{name}");
    }
    for id in Config::ids() {
        assert!(lfp().raw(id).is_some());
        assert!(unit_of(id).decimals() <= 1, "{id:?}");
    }
    let limits = [
        OVER_L1,
        OVER_L2,
        OVER_L2_RECOVERY,
        OVER_L3,
        OVER_L3_RECOVERY,
        LOCK,
        LOCK_RECOVERY,
        UNDER_L1,
        UNDER_L2,
        UNDER_L2_RECOVERY,
        UNDER_L3,
        DEEP,
        DEEP_LOCK,
        PACK_OVER_L1,
        PACK_OVER_L2_RECOVERY,
        CHARGE_L1,
        CHARGE_L3,
        DISCHARGE_L2,
        DISCHARGE_L3,
        CHARGE_HOT,
        CHARGE_COLD,
        CHARGE_COLD_RECOVERY,
        DISCHARGE_HOT,
        DISCHARGE_COLD,
    ];
    assert!(limits.iter().all(|&id| lfp().raw(id).is_some()));
}

#[test]
fn rules_are_numbered_1_to_18_and_run_in_that_order() {
    assert!(RULES.windows(2).all(|pair| pair[0].number <= pair[1].number));
    for number in 1..=18 {
        assert!(RULES.iter().any(|rule| rule.number == number), "rule {number}");
    }
}
