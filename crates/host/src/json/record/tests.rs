//! Tests of records as JSON.

use cellward_params::record::field::{
    CellField, CountField, CurrentField, PackField, PortField, ShareField, TemperatureField,
};
use cellward_params::record::{Changes, Switches};
use cellward_params::{Fault, Flow, MAX_CELLS, MAX_SENSORS, ParamId, PortId};
use cellward_units::{Current, Duration, Instant, Ratio, Temperature, Voltage};

use super::*;

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
    let key = "rated_capacity_mah";
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
