//! The files of the cells, and what is refused in one.

use super::*;

const LFP: &str = include_str!("../../cells/lfp.toml");

#[test]
fn every_file_describes_a_cell_whose_rest_voltage_rises_at_every_age() {
    for &chemistry in Chemistry::ALL {
        let figures = Figures::of(chemistry);
        for kept in [1.0, 0.95, 0.8, 0.7] {
            let mut before = f64::NEG_INFINITY;
            for step in -20..=220 {
                let volts = figures.rest(f64::from(step) / 200.0, kept).0;
                assert!(volts > before, "{chemistry:?} {kept} {step}");
                before = volts;
            }
        }
    }
}

#[test]
fn a_new_lfp_cell_rests_where_its_model_does() {
    let figures = Figures::of(Chemistry::Lfp);
    for (soc, volts) in [(0.0, 2.5), (0.10, 3.0304), (0.5, 3.2664), (0.75, 3.2939), (1.0, 3.383)] {
        assert!((figures.rest(soc, 1.0).0 - volts).abs() < 2e-4, "{soc}");
    }
    assert!((figures.soc_at_rest(3.383, 1.0) - 1.0).abs() < 1e-5);
}

#[test]
fn lost_lithium_moves_the_graphite_step_of_lfp_up_and_the_voltage_of_nmc_too() {
    // The step of a new cell stands at 73 %; with a tenth of the lithium gone at 73 / 0.9 = 81 %.
    let steepest = |kept| {
        let slope = |point: &u32| Figures::of(Chemistry::Lfp).rest(at(*point), kept).1;
        (60..90).max_by(|a, b| slope(a).total_cmp(&slope(b))).unwrap()
    };
    fn at(point: u32) -> f64 {
        f64::from(point) / 100.0 + 0.005
    }
    assert!((72..=75).contains(&steepest(1.0)), "{}", steepest(1.0));
    assert!((80..=83).contains(&steepest(0.9)), "{}", steepest(0.9));
    let nmc = Figures::of(Chemistry::Nmc);
    let higher = nmc.rest(0.5, 0.87).0 - nmc.rest(0.5, 1.0).0;
    assert!((0.01..0.06).contains(&higher), "{higher}");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let refuse = |from: &str, to: &str| {
        assert!(LFP.contains(from), "{from}");
        Figures::parse(&LFP.replacen(from, to, 1)).unwrap_err().to_string()
    };
    assert!(refuse("nominal_v = 3.2", "nominal = 3.2").contains("unknown field `nominal`"));
    assert!(refuse("nominal_v = 3.2\n", "").contains("missing field `nominal_v`"));
    assert!(refuse("[0.100, 3.4258]", "[0.010, 3.4258]").contains("cathode: the states of charge"));
    assert!(refuse("[-0.10, 8.0],", "").contains("fast: the states of charge"));
    assert!(refuse("[0.100, 3.4258]", "[0.100, 3.3258]").contains("cathode: the curve"));
    assert!(refuse("[0.100, 0.3954]", "[0.100, 0.9954]").contains("anode: the curve"));
    assert!(refuse("seconds = 25", "seconds = 0").contains("fast of 0 is refused"));
    assert!(refuse("lithium = 0.9", "lithium = 1.1").contains("ageing.lithium of 1.1"));
}
