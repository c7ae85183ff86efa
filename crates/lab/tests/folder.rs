//! The folder of a measured cell: what is read, and what is refused with its file and line.

use std::io::Write as _;
use std::path::PathBuf;

use cellward_lab::load;

const CARD: &str = r#"{"chemistry": "NMC", "rated_capacity_ah": 50.0, "cell_voltage_max_v": 4.2,
    "cell_voltage_min_v": 2.8, "charge_voltage_v": 4.15, "float_voltage_v": 4.05}"#;
const REST: &str = "soc_percent,ocv_mV\n0,2800\n25,3500\n50,3700\n75,3900\n100,4200\n";
const LOG: &str = "time_s,v_dmV,i_cA,t_dC\n0,41000,0,250\n1,40000,5000,250\n2,39900,-100,250\n";

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    /// A whole cell, in which each of `changes` stands instead of its file; an empty one is left out.
    fn new(name: &str, changes: &[(&str, &str)]) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _none_yet = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        let whole = [
            ("cell.json", CARD),
            ("ocv_25C.csv", REST),
            ("hppc_25C.csv", LOG),
            ("c20_discharge_25C.csv", LOG),
            ("c20_charge_25C.csv", LOG),
        ];
        for (file, text) in whole {
            let text = changes.iter().find(|(name, _)| *name == file).map_or(text, |one| one.1);
            if !text.is_empty() {
                std::fs::write(path.join(file), text).unwrap();
            }
        }
        Self(path)
    }

    /// What is said of it.
    fn complaint(&self) -> String {
        load(&self.0).unwrap_err().to_string()
    }
}

#[test]
fn a_whole_cell_is_read_and_scaled_to_100_ah() {
    let folder = Folder::new("whole", &[]);
    let cell = load(&folder.0).unwrap();
    assert_eq!(cell.name, "whole");
    assert_eq!(cell.notes, Vec::<String>::new());
    assert_eq!(cell.pulses.amps, [0.0, 100.0, -2.0], "twice the current at half the capacity");
    assert!((cell.pulses.volts[2] - 3.99).abs() < 1e-9);
    assert!((cell.pulses.celsius[0] - 25.0).abs() < 1e-9);
    assert_eq!(cell.rest.len(), 5);
    assert!(cell.slow.is_some());
}

#[test]
fn packed_tables_are_read_as_plain_ones() {
    let plain = load(&Folder::new("plain", &[]).0).unwrap();
    let folder = Folder::new("packed", &[("hppc_25C.csv", "")]);
    let file = std::fs::File::create(folder.0.join("hppc_25C.csv.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(LOG.as_bytes()).unwrap();
    packed.finish().unwrap();
    assert_eq!(load(&folder.0).unwrap().pulses, plain.pulses);
}

#[test]
fn columns_are_found_by_name_in_any_order_among_others() {
    let log = "t_dC,remark,i_cA,v_dmV,time_s\n250,a,0,41000,0\n250,b,5000,40000,1\n";
    let folder = Folder::new("order", &[("hppc_25C.csv", log)]);
    assert_eq!(load(&folder.0).unwrap().pulses.amps, [0.0, 100.0]);
}

#[test]
fn one_missing_run_at_c_20_is_named_and_nothing_is_made_of_the_other() {
    let folder = Folder::new("one-run", &[("c20_charge_25C.csv", "")]);
    let cell = load(&folder.0).unwrap();
    assert!(cell.slow.is_none());
    assert_eq!(cell.notes[0], "c20_charge_25C.csv is missing");
    assert!(cell.notes[1].contains("rated"), "{:?}", cell.notes);
}

#[test]
fn files_that_are_needed_are_named_when_they_are_missing() {
    for file in ["cell.json", "ocv_25C.csv", "hppc_25C.csv"] {
        let complaint = Folder::new("missing", &[(file, "")]).complaint();
        assert!(complaint.contains(&format!("has no {file}: ")), "{complaint}");
    }
}

#[test]
fn a_folder_that_is_none_is_named() {
    let error = load(&PathBuf::from("nowhere/at/all")).unwrap_err().to_string();
    assert_eq!(error, "nowhere/at/all: it is no folder");
}

#[test]
fn broken_rows_are_named_by_file_and_line() {
    let head = "time_s,v_dmV,i_cA,t_dC\n0,41000,0,250\n";
    for (row, word) in [
        ("1,abc,0,250", "v_dmV is no number: \"abc\""),
        ("1,,0,250", "v_dmV is no number"),
        ("1,NaN,0,250", "v_dmV is no number"),
        ("1,41000", "ends before i_cA"),
        ("0,41000,0,250", "time stands still"),
        ("1,4100,0,250", "outside the limits"),
        ("1,47001,0,250", "outside the limits"),
    ] {
        let log = format!("{head}{row}\n");
        let complaint = Folder::new("row", &[("hppc_25C.csv", &log)]).complaint();
        assert!(complaint.contains("hppc_25C.csv, line 3: "), "{row}: {complaint}");
        assert!(complaint.contains(word), "{row}: {complaint}");
    }
}

#[test]
fn broken_rest_voltages_are_named_by_line() {
    for (text, word) in [
        (REST.replace("50,3700", "50,3500"), "line 4: charge and rest voltage must rise"),
        (REST.replace("50,3700", "25,3700"), "line 4: charge and rest voltage must rise"),
        (REST.replace("\n0,2800", "\n5,2800"), "line 2: the first row"),
        (REST.replace("100,4200", "95,4200"), "the last of them that of 100 %"),
        (REST.replace("25,3500\n", ""), "five rows"),
        (REST.replace("4200", "7000"), "line 6: a rest voltage of 7 V"),
        (REST.replace("ocv_mV", "ocv"), "line 1: there is no column ocv_mV"),
    ] {
        let complaint = Folder::new("rest", &[("ocv_25C.csv", &text)]).complaint();
        assert!(complaint.contains(word), "{complaint}");
    }
}

#[test]
fn a_file_is_packed_by_what_it_holds_and_a_torn_one_is_named() {
    let plain = load(&Folder::new("plain-too", &[]).0).unwrap();
    let folder = Folder::new("torn", &[("hppc_25C.csv", "")]);
    let path = folder.0.join("hppc_25C.csv.gz");
    std::fs::write(&path, LOG).unwrap();
    assert_eq!(load(&folder.0).unwrap().pulses, plain.pulses, "packed by its name alone");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(LOG.as_bytes()).unwrap();
    let whole = packed.finish().unwrap();
    std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    assert!(folder.complaint().contains("hppc_25C.csv.gz"), "{}", folder.complaint());
}

#[test]
fn a_cold_cell_is_noted() {
    let log = LOG.replace(",250", ",50");
    let all = ["hppc_25C.csv", "c20_discharge_25C.csv", "c20_charge_25C.csv"];
    let folder = Folder::new("cold", &all.map(|file| (file, log.as_str())));
    let notes = load(&folder.0).unwrap().notes;
    assert!(notes[0].starts_with("measured at 5.0 °C"), "{notes:?}");
}
