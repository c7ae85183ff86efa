//! What profile `vendor` is exempt from, and what not.

use super::*;

/// The parts of a rule that this configuration breaks when nothing is waived.
fn breaks_unwaived(number: u8, config: &Config) -> bool {
    rule(number, config).is_err()
}

#[test]
fn vendor_breaks_rules_4_5_7_12_14_and_15_and_is_exempt() {
    // NMC is the chemistry that the table names for rule 12; the curves of rule 14 do not exist.
    let nmc = Config::new(Profile::Vendor, Chemistry::Nmc, 16);
    for (number, config) in [(4, vendor()), (5, vendor()), (7, vendor()), (12, nmc), (15, vendor())]
    {
        assert!(breaks_unwaived(number, &config), "rule {number}");
        assert_eq!(config.check(), Ok(()), "rule {number}");
    }
}

#[test]
fn vendor_keeps_the_cell_part_of_rule_5_and_the_awake_part_of_rule_12() {
    let rule_of = |id, raw| with(vendor(), &[(id, raw)]).check().map_err(|broken| broken.rule);
    assert_eq!(rule_of(OVER_L2_RECOVERY, 3_599), Ok(()));
    assert_eq!(rule_of(OVER_L2_RECOVERY, 3_600), Err(5));
    // 75 steps are 3795.0 mV, 20 mV above 3775 mV; a step more is too far beyond L3.
    assert_eq!(rule_of(OVER_L2, 3_775), Ok(()));
    assert_eq!(rule_of(OVER_L2, 3_776), Err(12));
}

#[test]
fn the_reversed_discharge_low_group_is_waived_only_while_it_is_the_built_in_one() {
    let alarm = id(Fault::DischargeUnderTemperature, Level::Alarm, Threshold);
    let recovery = id(Fault::DischargeUnderTemperature, Level::Protection, Recovery);
    let rule_of = |id, raw| with(vendor(), &[(id, raw)]).check().map_err(|broken| broken.rule);
    assert_eq!(rule_of(alarm, -150), Ok(()));
    assert_eq!(rule_of(alarm, -149), Err(2));
    assert_eq!(rule_of(alarm, -151), Err(2));
    assert_eq!(rule_of(recovery, -150), Ok(()));
    assert_eq!(rule_of(recovery, -149), Err(3));
    assert_eq!(rule_of(recovery, 19), Err(3));
    assert_eq!(rule_of(recovery, 20), Ok(()));
    // The same numbers in profile `strict` are no facts.
    let strict = with(lfp(), &[(DISCHARGE_COLD, 0), (alarm, -150)]);
    assert_eq!(strict.check().unwrap_err().rule, 2);
}

#[test]
fn the_third_level_of_low_soc_is_waived_only_while_it_is_the_built_in_one() {
    let third = id(Fault::LowSoc, Level::Hard, Threshold);
    let rule_of = |raw| with(vendor(), &[(third, raw)]).check().map_err(|broken| broken.rule);
    assert_eq!(
        [rule_of(50), rule_of(49), rule_of(51), rule_of(0)],
        [Ok(()), Err(2), Err(2), Ok(())]
    );
}
