//! What flows beside the current sensor.

use super::*;
use crate::flat::FLAT;

const OWN: Current = Current::from_milliamps(-10);

fn pack() -> Pack<'static> {
    let rated = Charge::from_milliamp_hours(100_000);
    Pack::new(&FLAT, rated, 4, Some(Ratio::from_permille(600))).unwrap()
}

/// Seconds of a measured current and no voltage.
fn run(mut pack: Pack<'static>, current: Option<Current>, seconds: u32) -> Pack<'static> {
    let reading = Reading {
        cells: None,
        current,
        temperature: Temperature::from_celsius(25),
        lasted: Duration::from_secs(10),
    };
    for _ in 0..seconds / 10 {
        pack.sample(&reading);
    }
    pack
}

/// What is believed to be gone from 100 Ah since the start, in Ah.
fn gone(pack: &Pack<'_>) -> f64 {
    let share = self::pack().belief().soc.to_f64() - pack.belief().soc.to_f64();
    share * pack.belief().health.to_f64() * 100.0
}

#[test]
fn ten_milliamps_ahead_of_the_sensor_take_7_2_ampere_hours_in_thirty_days() {
    let days = 30 * 86_400;
    for current in [Some(Current::ZERO), None] {
        let pack = run(pack().with_own_consumption(OWN), current, days);
        assert!((gone(&pack) - 7.2).abs() < 1e-3, "{current:?}: {}", gone(&pack));
    }
    let unaware = run(pack(), Some(Current::ZERO), days);
    assert!(gone(&unaware).abs() < 1e-9, "{}", gone(&unaware));
}

#[test]
fn it_adds_to_what_is_measured_in_cells_of_every_size() {
    for ah in [10, 100, 280] {
        let rated = Charge::from_milliamp_hours(ah * 1_000);
        let pack = || Pack::new(&FLAT, rated, 4, Some(Ratio::from_permille(600))).unwrap();
        let day = 86_400;
        let aware = run(pack().with_own_consumption(OWN), Some(Current::from_milliamps(50)), day);
        let shown = run(pack(), Some(Current::from_milliamps(40)), day);
        let apart = aware.belief().soc.to_f64() - shown.belief().soc.to_f64();
        assert!(apart.abs() < 2e-6, "{ah} Ah: {apart}");
        assert!((aware.flow - 0.04).abs() < 1e-5, "{}", aware.flow);
    }
}

#[test]
fn a_sensor_with_a_dead_band_is_still_known_for_one() {
    let width = |pack: &Pack<'_>| {
        let belief = pack.belief();
        belief.high.to_f64() - belief.low.to_f64()
    };
    // Of a charge and a zero that are known, what the band hides is most of what is not known.
    let pack = || {
        let mut pack = pack();
        pack.told(Ratio::from_permille(600));
        pack.zero_learnt(Current::from_milliamps(5));
        pack
    };
    let day = 86_400;
    let unaware = run(pack(), Some(Current::ZERO), day);
    let aware = run(pack().with_own_consumption(OWN), Some(Current::ZERO), day);
    let sees = run(pack(), Some(OWN), day);
    assert!((width(&aware) - width(&unaware)).abs() < 1e-3);
    assert!(width(&sees) < width(&aware) - 0.01, "{} {}", width(&sees), width(&aware));
}

#[test]
fn with_a_voltage_that_no_cell_has_none_is_taken() {
    for (microvolts, taken) in [(-1, false), (0, true), (6_500_000, true), (6_500_001, false)] {
        let mut pack = pack();
        let mut cells = [Voltage::from_millivolts(3_300); 4];
        cells[2] = Voltage::from_microvolts(microvolts);
        pack.sample(&Reading {
            cells: Some(&cells),
            current: Some(Current::ZERO),
            temperature: Temperature::from_celsius(25),
            lasted: Duration::from_secs(1),
        });
        assert_eq!(pack.seconds > 0.0, taken, "{microvolts} µV");
    }
}

#[test]
fn a_current_that_empties_the_string_in_18_seconds_is_not_taken() {
    let rated = Charge::from_milliamp_hours(1_000);
    for (milliamps, taken) in
        [(200_000, false), (199_999, true), (-199_999, true), (-200_000, false)]
    {
        let mut pack = Pack::new(&FLAT, rated, 4, Some(Ratio::from_permille(600))).unwrap();
        pack.sample(&Reading {
            cells: None,
            current: Some(Current::from_milliamps(milliamps)),
            temperature: Temperature::from_celsius(25),
            lasted: Duration::from_secs(1),
        });
        assert_eq!(pack.flow.abs() > 0.0, taken, "{milliamps} mA");
    }
}
