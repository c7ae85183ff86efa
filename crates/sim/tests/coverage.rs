//! Whether the shipped scenarios reach the whole fault table: every level that opens a switch or
//! tells a host, and every way out of every release rule.

use std::collections::BTreeSet;
use std::path::Path;

use cellward_params::fault::{FAULTS, Release};
use cellward_params::limit::place_of;
use cellward_params::{Fault, Level, Profile};
use toml::Value;

/// One expectation about a fault, with the profile of its pack.
struct Claim {
    profile: Profile,
    fault: String,
    sets: bool,
    level: Option<String>,
    release: Option<String>,
}

/// Every expectation of the shipped scenarios that a fault sets or clears. That they hold is the
/// matter of another test.
fn claims() -> Vec<Claim> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut claims = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "toml") {
            continue;
        }
        let file: Value =
            std::fs::read_to_string(&path).unwrap().parse::<toml::Table>().unwrap().into();
        let word = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
        let vendor = file.get("pack").and_then(|pack| word(pack, "profile"));
        let profile =
            if vendor.as_deref() == Some("vendor") { Profile::Vendor } else { Profile::Strict };
        let expected = file.get("expect").and_then(Value::as_array);
        for expect in expected.into_iter().flatten() {
            let never = expect.get("never").and_then(Value::as_bool) == Some(true);
            let none = expect.get("count").and_then(Value::as_integer) == Some(0);
            if never || none {
                continue;
            }
            for (key, sets) in [("fault_set", true), ("fault_cleared", false)] {
                let Some(fault) = word(expect, key) else { continue };
                let (level, release) = (word(expect, "level"), word(expect, "release"));
                claims.push(Claim { profile, fault, sets, level, release });
            }
        }
    }
    assert!(claims.len() > 100, "the folder of scenarios was not found");
    claims
}

fn levels_of(fault: Fault) -> impl Iterator<Item = Level> {
    Level::ALL.iter().copied().filter(move |&level| place_of(fault, level).is_some())
}

/// Whether a claim without a level can only mean this one.
fn means(claim: &Claim, fault: Fault, level: Level) -> bool {
    claim.fault == fault.key()
        && match &claim.level {
            Some(named) => named == level.key(),
            None => levels_of(fault).eq([level]),
        }
}

#[test]
fn every_level_above_alarm_is_expected_to_set_in_some_scenario() {
    let claims = claims();
    let mut missing = Vec::new();
    // Faults that only a host or another pack reports are watched at no level and left out so.
    for row in FAULTS {
        for level in levels_of(row.fault).filter(|&level| level != Level::Alarm) {
            if !claims.iter().any(|claim| claim.sets && means(claim, row.fault, level)) {
                missing.push(format!("{} {}", row.fault.key(), level.key()));
            }
        }
    }
    assert!(missing.is_empty(), "expected to set by no scenario: {missing:#?}");
}

#[test]
fn every_alarm_is_expected_to_set_in_some_scenario() {
    let claims = claims();
    let mut missing = BTreeSet::new();
    for row in FAULTS {
        let alarm = levels_of(row.fault).find(|&level| level == Level::Alarm);
        if alarm.is_some_and(|level| {
            !claims.iter().any(|claim| claim.sets && means(claim, row.fault, level))
        }) {
            missing.insert(row.fault.key());
        }
    }
    assert!(missing.is_empty(), "expected to set by no scenario: {missing:#?}");
}

/// Every reason that a rule may release for.
fn reasons(rule: Release) -> &'static [&'static str] {
    match rule {
        Release::Recovery => &["recovered", "loose_tap"],
        Release::OverVoltage => &["recovered", "discharged"],
        Release::UnderVoltage => &["charger", "load_removed", "command", "key"],
        Release::ChargeOverCurrent => &["charger_removed", "retry"],
        Release::DischargeOverCurrent => &["load_removed", "retry", "charger", "key", "command"],
        Release::LoadRemoved => &["load_removed"],
        Release::ShortCircuit => &["load_removed", "retry", "key", "command"],
        Release::Precharge => &["load_removed", "retry", "key", "command"],
        Release::Wait => &["retry"],
        Release::Override | Release::Acknowledge | Release::Commission => &["installer"],
    }
}

const RULES: [Release; 12] = [
    Release::Recovery,
    Release::OverVoltage,
    Release::UnderVoltage,
    Release::ChargeOverCurrent,
    Release::DischargeOverCurrent,
    Release::LoadRemoved,
    Release::ShortCircuit,
    Release::Precharge,
    Release::Override,
    Release::Acknowledge,
    Release::Wait,
    Release::Commission,
];

#[test]
fn every_way_out_of_every_release_rule_is_expected_in_some_scenario() {
    let claims = claims();
    let mut missing = Vec::new();
    for rule in RULES {
        for &reason in reasons(rule) {
            let seen = claims.iter().any(|claim| {
                let fault = Fault::ALL.iter().find(|fault| fault.key() == claim.fault);
                !claim.sets
                    && claim.release.as_deref() == Some(reason)
                    && fault.is_some_and(|fault| fault.row().release(claim.profile) == rule)
            });
            if !seen {
                missing.push(format!("{rule:?} by {reason}"));
            }
        }
    }
    assert!(missing.is_empty(), "expected to release by no scenario: {missing:#?}");
}

#[test]
fn the_rules_above_are_all_that_the_table_uses() {
    for row in FAULTS {
        for profile in [Profile::Strict, Profile::Vendor] {
            assert!(RULES.contains(&row.release(profile)), "{:?}", row.fault);
        }
    }
}
