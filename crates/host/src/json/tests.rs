//! Tests of the JSON border: keys, exact decimals, absence.

use cellward_params::reason::{Until, Why};
use cellward_params::{ChargeDoubt, Flow, Level, Point, ShortText};
use cellward_units::{Charge, Current, Power, Ratio, Temperature, Voltage};

use super::*;

fn small() -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotYet);
    snapshot.pack_voltage = Ok(Voltage::from_millivolts(52_890));
    snapshot.current = Ok(Current::from_milliamps(-12_345));
    snapshot.power = Ok(Power::from_watts(-653));
    snapshot.soc = Ok(Ratio::from_permille(888));
    snapshot.remaining = Ok(Charge::from_milliamp_hours(248_640));
    snapshot.cell_count = Ok(3);
    snapshot.cell_voltage[0] = Ok(Voltage::from_millivolts(3_301));
    snapshot.cell_voltage[1] = Err(NoData::WireOpen);
    snapshot.cell_voltage[2] = Ok(Voltage::from_millivolts(3_303));
    snapshot.cell_bleeding[2] = Ok(true);
    snapshot.sensor_count = Ok(1);
    snapshot.temperature[0] = Ok(Temperature::from_millicelsius(-12_350));
    snapshot.flow = Ok(Flow::Discharging);
    snapshot.firmware_version = Ok(ShortText::new("0.1.0"));
    snapshot.soc_calibrated = Ok(true);
    snapshot
}

#[test]
fn keys_are_the_points_in_order_with_their_unit_and_absent_is_last() {
    let object = snapshot(&small());
    let keys: Vec<&String> = object.keys().collect();
    let points: Vec<String> = POINTS.iter().map(key).collect();
    assert!(keys.iter().zip(&points).all(|(shown, point)| *shown == point));
    assert_eq!(keys.len(), POINTS.len() + 2);
    assert_eq!(keys[0], "pack_voltage_mv");
    assert_eq!(keys[2], "current_ma");
    assert_eq!(keys[4], "soc_percent");
    assert_eq!(keys[9], "cell_count");
    assert_eq!(keys[POINTS.len()], "hints");
    assert_eq!(keys[POINTS.len() + 1], "absent");
}

#[test]
fn what_the_estimator_noticed_is_told_in_words_beside_its_points() {
    let mut shown = small();
    assert_eq!(snapshot(&shown)["hints"], json!([]));
    shown.soc_doubt = Ok(ChargeDoubt::TooCold);
    shown.resistance_hint = Ok(7);
    let object = snapshot(&shown);
    assert_eq!(object["soc_doubt"], "too_cold");
    let hints = object["hints"].as_array().unwrap();
    assert_eq!(hints.len(), 2);
    assert_eq!(hints[0]["point"], "soc_doubt");
    assert_eq!(hints[0]["number"], Json::Null);
    assert!(hints[0]["text"].as_str().unwrap().starts_with("the charge is doubted: "));
    assert!(hints[0]["advice"].as_str().unwrap().contains("temperature sensor"));
    assert_eq!(
        hints[1],
        json!({
            "point": "resistance_hint",
            "number": 7,
            "text": "the joint at cell 7 is loose, or the cell is worn",
            "advice": "Tighten its screws (8 to 10 N·m).",
        })
    );
}

#[test]
fn what_the_estimator_believes_has_the_keys_that_the_page_reads() {
    let points = [Point::SocLow, Point::ChargePower, Point::EnergyLeft, Point::TimeToEmpty];
    let keys = points.map(|point| key(point.row()));
    assert_eq!(
        keys,
        ["soc_low_percent", "charge_power_10s_mw", "energy_left_mwh", "time_to_empty_s"]
    );
    assert_eq!(key(Point::CellResistance.row()), "cell_resistance_uohm");
}

#[test]
fn numbers_print_as_exact_decimals() {
    let object = snapshot(&small());
    let printed = |key: &str| object[key].to_string();
    assert_eq!(printed("soc_percent"), "88.8");
    assert_eq!(printed("pack_voltage_mv"), "52890");
    assert_eq!(printed("current_ma"), "-12345");
    assert_eq!(printed("power_mw"), "-653000");
    assert_eq!(printed("remaining_mah"), "248640");
    assert_eq!(printed("temperature_c"), "[-12.4]");
    assert_eq!(printed("flow"), "\"discharging\"");
    assert_eq!(printed("firmware_version"), "\"0.1.0\"");
    assert_eq!(printed("soc_calibrated"), "true");
}

#[test]
fn every_hundredth_of_the_whole_prints_with_at_most_two_decimals() {
    for raw in 0..=10_000_i64 {
        let printed = number(raw, Unit::Percent).to_string();
        let back: f64 = printed.parse().unwrap();
        assert_eq!((back * 100.0).round() as i64, raw);
        let decimals = printed.split_once('.').unwrap().1;
        assert!(decimals.len() <= 2, "{printed}");
    }
}

#[test]
fn the_largest_raw_numbers_are_still_numbers() {
    for raw in [i64::MIN, i64::MAX] {
        for unit in [Unit::None, Unit::Celsius, Unit::Percent] {
            assert!(number(raw, unit).is_number());
        }
    }
}

#[test]
fn what_is_absent_is_null_and_says_why() {
    let object = snapshot(&small());
    assert_eq!(object["cell_voltage_mv"], json!([3_301, null, 3_303]));
    assert_eq!(object["absent"]["cell_voltage_mv[2]"], "wire_open");
    assert_eq!(object["absent"].get("cell_voltage_mv[1]"), None);
    assert_eq!(object["switch_temperature_c"], Json::Null);
    assert_eq!(object["absent"]["switch_temperature_c"], "not_yet");
    assert_eq!(object["cell_bleeding"], json!([null, null, true]));
}

#[test]
fn a_list_of_unknown_length_is_empty_and_named_as_a_whole() {
    let object = snapshot(&Snapshot::absent(NoData::NoAnswer));
    assert_eq!(object["cell_voltage_mv"], json!([]));
    assert_eq!(object["absent"]["cell_voltage_mv"], "no_answer");
    assert_eq!(object["absent"]["temperature_c"], "no_answer");
    assert_eq!(object["board_cell_count"], json!([null, null, null]));
}

#[test]
fn every_null_of_an_absent_snapshot_has_its_reason() {
    let object = snapshot(&Snapshot::absent(NoData::Stale));
    for (key, member) in &object {
        if member.is_null() {
            assert_eq!(object["absent"][key], "stale", "{key}");
        }
    }
}

fn over_voltage() -> ActiveFault {
    ActiveFault {
        fault: Fault::CellOverVoltage,
        level: Level::Protection,
        index: Some(6),
        value: Some(3_662),
        limit: Some(3_650),
    }
}

#[test]
fn a_fault_carries_its_numbers_its_unit_and_its_advice() {
    let mut shown = small();
    let mut list = FaultList::new();
    list.push(over_voltage()).unwrap();
    list.push(ActiveFault {
        fault: Fault::ChargeOverTemperature,
        level: Level::Alarm,
        index: Some(0),
        value: Some(457),
        limit: None,
    })
    .unwrap();
    shown.faults = Ok(list);
    let object = snapshot(&shown);
    let first = &object["faults"][0];
    assert_eq!(first["fault"], "cell_over_voltage");
    assert_eq!(first["level"], "l2");
    assert_eq!(first["number"], 7);
    assert_eq!(first["value"], 3_662);
    assert_eq!(first["limit"], 3_650);
    assert_eq!(first["unit"], "mV");
    assert_eq!(first["label"], "cell voltage too high");
    assert!(first["advice"].as_str().unwrap().contains("charger"));
    assert!(first["text"].as_str().unwrap().starts_with("cell 7 voltage"));
    let second = &object["faults"][1];
    assert_eq!(second["value"].to_string(), "45.7");
    assert_eq!(second["limit"], Json::Null);
    assert_eq!(second["unit"], "°C");
}

#[test]
fn a_reason_says_why_until_when_and_how_long() {
    let mut shown = small();
    let mut list = OffReasons::new();
    list.push(OffReason {
        why: Why::Fault(over_voltage()),
        until: Until::Recovery(3_400),
        left: Some(Duration::from_millis(2_500)),
    })
    .unwrap();
    list.push(OffReason { why: Why::User, until: Until::User, left: None }).unwrap();
    shown.charge_switch_reasons = Ok(list);
    let object = snapshot(&shown);
    let first = &object["charge_switch_reasons"][0];
    assert_eq!(first["why"], "cell_over_voltage");
    assert_eq!(first["until"], "recovery");
    assert_eq!(first["until_value"], 3_400);
    assert_eq!(first["left_ms"], 2_500);
    let second = &object["charge_switch_reasons"][1];
    assert_eq!(second["why"], "user");
    assert_eq!(second["number"], Json::Null);
    assert_eq!(second["left_ms"], Json::Null);
}

#[test]
fn lights_are_the_patterns_of_both_lamps() {
    let mut shown = small();
    shown.lights = Ok(Lights { green: Pattern::blink(500, 2_500), red: Pattern::code(4) });
    let object = snapshot(&shown);
    assert_eq!(
        object["lights"],
        json!({
            "green": {"on_ms": 500, "off_ms": 2_500, "flashes": 1, "pause_ms": 0},
            "red": {"on_ms": 250, "off_ms": 250, "flashes": 4, "pause_ms": 2_000},
        })
    );
}

#[test]
fn the_points_describe_every_key_of_a_snapshot() {
    let rows = point_rows();
    let object = snapshot(&small());
    assert_eq!(rows.len(), POINTS.len());
    for row in &rows {
        assert!(object.contains_key(row["key"].as_str().unwrap()));
    }
    assert_eq!(
        Json::Object(rows[10].clone()),
        json!({"id": 11, "key": "cell_voltage_mv", "label": "Cell voltage", "unit": "mV", "shape": "cells"})
    );
}

#[test]
fn each_reason_for_absence_has_words() {
    let rows = absence_rows();
    assert_eq!(rows.len(), NoData::ALL.len());
    assert_eq!(rows["wire_open"], "sampling wire open");
}
