//! Tests of the JSON border: keys, exact decimals, absence.

use cellward_params::reason::{Until, Why};
use cellward_params::record::field::{
    CellField, CountField, CurrentField, PackField, PortField, ShareField, TemperatureField,
};
use cellward_params::record::{Changes, Switches};
use cellward_params::{Flow, MAX_CELLS, MAX_SENSORS, ParamId, PortId};
use cellward_units::{Charge, Current, Instant, Power, Ratio, Temperature, Voltage};

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
    assert_eq!(keys.len(), POINTS.len() + 1);
    assert_eq!(keys[0], "pack_voltage_mv");
    assert_eq!(keys[2], "current_ma");
    assert_eq!(keys[4], "soc_percent");
    assert_eq!(keys[9], "cell_count");
    assert_eq!(keys[POINTS.len()], "absent");
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

fn happened(kind: RecordKind, subject: Subject, index: Option<u8>) -> Record {
    let cell = |millivolts| CellField::of(Ok(Voltage::from_millivolts(millivolts)));
    let mut cells = [CellField::ABSENT; MAX_CELLS];
    cells[..3].copy_from_slice(&[cell(3_401), CellField::FAILED, cell(3_662)]);
    let celsius = |degrees| TemperatureField::of(Ok(Temperature::from_celsius(degrees)));
    let mut temperatures = [TemperatureField::ABSENT; MAX_SENSORS];
    temperatures[..2].copy_from_slice(&[TemperatureField::FAILED, celsius(-5)]);
    Record {
        index,
        value: Some(3_662),
        limit: Some(3_650),
        lasted: Duration::from_millis(700),
        circumstances: Circumstances {
            fault_rows: 1 << 2 | 1 << 19,
            current: CurrentField::of(Ok(Current::from_amps(40))),
            uptime_s: 61,
            pack: PackField::FAILED,
            port: PortField::of(Ok(Voltage::from_millivolts(-120))),
            soc: ShareField::of(Ok(Ratio::from_permille(995))),
            temperatures,
            switch_temperature: TemperatureField::of(Ok(Temperature::from_millicelsius(45_700))),
            cycles: CountField::of(Ok(12)),
            boot_number: 3,
            highest_cell: 2,
            lowest_cell: 0,
            level_before: Some(Level::Alarm),
            flow: Flow::Charging,
            fault: true,
            commanded: Switches { charge: false, discharge: true },
            charger: true,
            detail: Detail::Cells(cells),
            ..Circumstances::UNKNOWN
        },
        ..Record::new(12, Instant::from_micros(61_500_999), kind, subject)
    }
}

fn over_voltage_set() -> Record {
    let subject = Subject::Fault(Fault::CellOverVoltage, Level::Protection);
    happened(RecordKind::ProtectionSet, subject, Some(6))
}

#[test]
fn a_record_is_one_line_with_its_circumstances() {
    let object = record(&over_voltage_set());
    let expected = r#"{
        "sequence": 12, "at_ms": 61500, "kind": "protection_set", "merged": null, "count": 1,
        "first_at_ms": 61500, "subject": "cell_over_voltage", "code": 1, "level": "l2",
        "number": 7, "value": 3662, "limit": 3650, "unit": "mV", "lasted_ms": 700,
        "release": null, "role": null, "reason": null,
        "boot_number": 3, "level_before": "l1", "fault_rows": [2, 19], "fault": true,
        "locked": false, "charge_switch_commanded": false, "discharge_switch_commanded": true,
        "precharge_switch_commanded": false, "bleeding": false, "soh_percent": null,
        "pack_voltage_mv": null, "current_ma": 40000, "soc_true_percent": 99.5,
        "cell_voltage_mv": [3401, null, 3662],
        "highest_cell_voltage_mv": 3662, "highest_cell_number": 3,
        "lowest_cell_voltage_mv": 3401, "lowest_cell_number": 1,
        "temperature_c": [null, -5.0], "highest_temperature_c": -5.0,
        "highest_temperature_number": 2, "switch_temperature_c": 45.7,
        "board_temperature_c": null, "port_voltage_mv": -120,
        "charge_switch_closed": false, "discharge_switch_closed": false,
        "mode": "awake", "flow": "charging", "charger_present": true, "load_present": false,
        "cycles": 12, "uptime_s": 61,
        "absent": {
            "soh_percent": "unknown", "pack_voltage_mv": "no_answer",
            "cell_voltage_mv[2]": "no_answer", "temperature_c[1]": "no_answer",
            "board_temperature_c": "not_fitted"
        }
    }"#;
    let expected: Json = serde_json::from_str(expected).unwrap();
    let mut rest = object.clone();
    rest.remove("text");
    assert_eq!(Json::Object(rest), expected);
    let text = object["text"].as_str().unwrap();
    assert!(text.starts_with("protection: cell 7 voltage too high"), "{text}");
    assert_eq!(object.keys().next_back().unwrap(), "absent");
}

#[test]
fn a_happening_has_a_sentence_and_no_level() {
    let object =
        record(&happened(RecordKind::Change, Subject::Happening(Happening::SwitchOpened), Some(0)));
    assert_eq!(object["text"], "charge switch opened");
    assert_eq!(object["level"], Json::Null);
    assert_eq!(object["number"], 1);
}

#[test]
fn a_storm_says_what_repeated_itself_how_often_and_since_when() {
    let object = record(&Record {
        kind: RecordKind::Storm,
        merged: Some(RecordKind::ProtectionSet),
        count: 12,
        lasted: Duration::from_millis(8_500),
        ..over_voltage_set()
    });
    assert_eq!(object["kind"], "storm");
    assert_eq!(object["merged"], "protection_set");
    assert_eq!(object["count"], 12);
    assert_eq!((&object["first_at_ms"], &object["at_ms"]), (&json!(53_000), &json!(61_500)));
}

#[test]
fn a_write_shows_its_changes_and_both_sums_and_has_no_room_for_cells() {
    let written = Subject::Happening(Happening::ParametersWritten);
    let plain = happened(RecordKind::ParameterWrite, written, None);
    let named = [Changed { id: ParamId(6), old: 100_000, new: 280_000 }];
    let object = record(&Record {
        value: Some(-1),
        limit: Some(0x12ab),
        role: Some(Role::Installer),
        circumstances: plain.circumstances.with_changes(Changes::new(PortId(2), 5, &named)),
        ..plain
    });
    let key = Parameter::find(ParamId(6)).unwrap().key;
    assert_eq!(object["changes"], json!([{"id": 6, "key": key, "old": 100_000, "new": 280_000}]));
    assert_eq!((&object["port"], &object["changed"]), (&json!(2), &json!(5)));
    assert_eq!(object["crc_before"], "0xffffffff");
    assert_eq!(object["crc_after"], "0x000012ab");
    assert_eq!((&object["value"], &object["limit"]), (&Json::Null, &Json::Null));
    assert_eq!(object["role"], "installer");
    assert_eq!(object["cell_voltage_mv"], json!([]));
    assert_eq!(object["absent"]["cell_voltage_mv"], "not_carried");
    assert_eq!(object["absent"]["highest_cell_voltage_mv"], "not_carried");
}

#[test]
fn an_unlock_shows_its_reason_and_keeps_the_extremes() {
    let subject = Subject::Fault(Fault::ThermalRunaway, Level::Hard);
    let plain = happened(RecordKind::Lock, subject, None);
    let object = record(&Record {
        release: Some(ReleaseReason::Installer),
        role: Some(Role::Installer),
        circumstances: plain.circumstances.with_reason(ShortText::new("sensor replaced")),
        ..plain
    });
    assert_eq!(object["reason"], "sensor replaced");
    assert_eq!(object["release"], "installer");
    assert_eq!(object["highest_cell_voltage_mv"], 3_662);
    assert_eq!(object["cell_voltage_mv"], json!([]));
}

#[test]
fn values_of_happenings_carry_their_unit() {
    let unit = |happening| {
        let mut it = happened(RecordKind::Soc, Subject::Happening(happening), None);
        it.value = Some(995);
        let object = record(&it);
        (object["value"].to_string(), object["unit"].clone())
    };
    assert_eq!(unit(Happening::ZeroLearnt), ("995".to_owned(), json!("mA")));
    assert_eq!(unit(Happening::SocSet).1, json!("‰"));
    assert_eq!(unit(Happening::WiringChanged).1, json!(""));
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
    assert_eq!(rows.len(), ABSENCES.len());
    assert_eq!(rows["wire_open"], "sampling wire open");
}
