//! Tests: a resistance becomes a temperature.

use super::*;

/// The Beta equation in ohms, for 10 kΩ at 25 °C.
#[expect(clippy::disallowed_methods, reason = "compared with a tolerance, not kept")]
fn exact_ohms(beta: f64, celsius: f64) -> f64 {
    10_000.0 * (beta * (1.0 / (celsius + 273.15) - 1.0 / 298.15)).exp()
}

/// Its inverse, in °C.
#[expect(clippy::disallowed_methods, reason = "compared with a tolerance, not kept")]
fn exact_celsius(beta: f64, ohms: f64) -> f64 {
    1.0 / ((ohms / 10_000.0).ln() / beta + 1.0 / 298.15) - 273.15
}

fn table(beta: u32) -> NtcTable {
    NtcTable::new(&NtcCurve::beta(beta).unwrap())
}

fn point(decicelsius: i16, ohms: u32) -> NtcPoint {
    NtcPoint { decicelsius, ohms }
}

/// Three points on a Beta curve of 3435 K: −20, 25 and 80 °C.
const POINTS: [NtcPoint; 3] = [
    NtcPoint { decicelsius: -200, ohms: 77_520 },
    NtcPoint { decicelsius: 250, ohms: 10_000 },
    NtcPoint { decicelsius: 800, ohms: 1_662 },
];

#[test]
fn beta_is_believed_from_2000_to_6000() {
    assert_eq!(
        [1_999, 2_000, 6_000, 6_001].map(|beta| NtcCurve::beta(beta).is_some()),
        [false, true, true, false]
    );
}

//
#[test]
fn the_table_is_the_beta_equation_from_minus_50_to_130_degrees() {
    for beta in [2_000, 3_380, 3_435, 3_950, 4_500, 6_000] {
        let table = table(beta);
        let mut celsius = -50.0;
        for node in table.nodes {
            let exact = exact_ohms(f64::from(beta), celsius) * 100.0;
            let error = (f64::from(node) - exact).abs() / exact;
            assert!(error < 1e-4 + 0.5 / exact, "Beta {beta}, {celsius} °C: {error}");
            assert!(error < 5e-4, "Beta {beta}, {celsius} °C: {error}");
            celsius += 5.0;
        }
        assert!(celsius > 134.0, "the last was 130 °C");
    }
}

#[test]
fn every_reading_is_within_0_15_kelvin_of_the_equation() {
    for beta in [2_000, 3_380, 3_435, 3_950, 6_000] {
        let table = table(beta);
        let mut ohms = table.short;
        let mut worst: f64 = 0.0;
        while ohms <= table.open {
            let told = table.temperature(ohms).unwrap().to_celsius_f64();
            let error = (told - exact_celsius(f64::from(beta), f64::from(ohms))).abs();
            worst = worst.max(error);
            ohms += 1 + ohms / 500;
        }
        assert!(worst < if beta > 5_000 { 0.15 } else { 0.1 }, "Beta {beta}: {worst}");
    }
}

#[test]
fn a_colder_reading_never_seems_warmer() {
    let table = table(3_435);
    let mut before = table.temperature(table.short).unwrap();
    for ohms in table.short..20_000 {
        let told = table.temperature(ohms).unwrap();
        assert!(told <= before, "{ohms} Ω");
        before = told;
    }
}

#[test]
fn the_printed_table_of_three_sensors_is_met() {
    // Production table, §9: kΩ in four digits (three where the last would be a tenth of an
    // ohm), so half a unit of the last digit is allowed.
    let printed: [(i32, [(f64, f64); 3]); 18] = [
        (-40, [(235.8, 0.1), (248.3, 0.1), (401.9, 0.1)]),
        (-30, [(129.9, 0.1), (135.5, 0.1), (200.2, 0.1)]),
        (-20, [(75.02, 0.01), (77.52, 0.01), (105.4, 0.1)]),
        (-10, [(45.17, 0.01), (46.29, 0.01), (58.25, 0.01)]),
        (0, [(28.22, 0.01), (28.70, 0.01), (33.62, 0.01)]),
        (10, [(18.23, 0.01), (18.41, 0.01), (20.18, 0.01)]),
        (20, [(12.13, 0.01), (12.17, 0.01), (12.54, 0.01)]),
        (25, [(10.00, 0.01), (10.00, 0.01), (10.00, 0.01)]),
        (30, [(8.295, 0.001), (8.269, 0.001), (8.037, 0.001)]),
        (40, [(5.810, 0.001), (5.759, 0.001), (5.301, 0.001)]),
        (50, [(4.160, 0.001), (4.101, 0.001), (3.588, 0.001)]),
        (60, [(3.039, 0.001), (2.981, 0.001), (2.486, 0.001)]),
        (70, [(2.261, 0.001), (2.207, 0.001), (1.760, 0.001)]),
        (80, [(1.711, 0.001), (1.662, 0.001), (1.270, 0.001)]),
        (90, [(1.315, 0.001), (1.272, 0.001), (0.934, 0.001)]),
        (100, [(1.024, 0.001), (0.987, 0.001), (0.698, 0.001)]),
        (110, [(0.809, 0.001), (0.776, 0.001), (0.529, 0.001)]),
        (125, [(0.580, 0.001), (0.554, 0.001), (0.359, 0.001)]),
    ];
    for (column, beta) in [3_380, 3_435, 3_950].into_iter().enumerate() {
        let curve = NtcCurve::beta(beta).unwrap();
        let table = NtcTable::new(&curve);
        for (celsius, row) in printed {
            let (kiloohms, last_digit) = row[column];
            let temperature = Temperature::from_celsius(celsius);
            let ohms = f64::from(curve.ohms(temperature));
            let apart = (ohms - kiloohms * 1_000.0).abs();
            // Whole ohms may be half an ohm off as well.
            assert!(apart <= last_digit * 500.0 + 0.5, "Beta {beta}, {celsius} °C: {apart} Ω");
            let told = table.temperature(curve.ohms(temperature)).unwrap();
            let error = (told - temperature).as_millikelvin().abs();
            assert!(error <= 150, "Beta {beta}, {celsius} °C: {error} mK");
        }
    }
}

#[test]
fn the_resistance_of_minus_45_degrees_is_a_value_and_an_ohm_more_is_an_open_sensor() {
    for beta in [2_000, 3_380, 3_435, 3_950, 6_000] {
        let table = table(beta);
        let limit = NtcCurve::beta(beta).unwrap().ohms(Temperature::from_celsius(-45));
        let told = table.temperature(limit).unwrap().as_millicelsius();
        assert!((told + 45_000).abs() <= 5, "{told}");
        assert_eq!(table.temperature(limit + 1), Err(NoData::SensorOpen));
        assert_eq!(table.temperature(u32::MAX), Err(NoData::SensorOpen));
    }
}

#[test]
fn the_resistance_of_125_degrees_is_a_value_and_an_ohm_less_is_a_short() {
    for beta in [2_000, 3_380, 3_435, 3_950, 6_000] {
        let table = table(beta);
        let limit = NtcCurve::beta(beta).unwrap().ohms(Temperature::from_celsius(125));
        let told = table.temperature(limit).unwrap().as_millicelsius();
        // Half an ohm is 0.2 K where Beta 6000 leaves 64 Ω.
        assert!((told - 125_000).abs() <= 200, "{told}");
        assert_eq!(table.temperature(limit - 1), Err(NoData::SensorShort));
        assert_eq!(table.temperature(0), Err(NoData::SensorShort));
    }
}

#[test]
fn three_points_on_one_beta_give_that_beta() {
    let table = NtcTable::new(&NtcCurve::three_points(POINTS).unwrap());
    for celsius in [-40.0, -20.0, -5.0, 25.0, 40.0, 80.0, 120.0] {
        let ohms = exact_ohms(3_435.0, celsius);
        let close = NtcCurve::beta(3_435).unwrap();
        let exact = Temperature::from_celsius_f64(celsius).unwrap();
        assert!((f64::from(close.ohms(exact)) - ohms).abs() < 0.6 + ohms * 1e-4);
        let told = table.temperature(close.ohms(exact)).unwrap().to_celsius_f64();
        assert!((told - celsius).abs() < 0.15, "{celsius} °C reads as {told}");
    }
}

#[test]
fn a_bent_curve_goes_through_its_three_points() {
    // Beta 3000 in the cold and 4000 in the warmth.
    let points = [point(-200, 59_800), point(250, 10_000), point(800, 1_238)];
    let curve = NtcCurve::three_points(points).unwrap();
    let table = NtcTable::new(&curve);
    for NtcPoint { decicelsius, ohms } in points {
        let temperature = Temperature::from_millicelsius(i32::from(decicelsius) * 100);
        assert!(curve.ohms(temperature).abs_diff(ohms) <= 1, "{}", curve.ohms(temperature));
        let told = table.temperature(ohms).unwrap();
        assert!((told - temperature).as_millikelvin().abs() <= 150);
    }
    // Each half follows its own Beta, and goes on beyond its point.
    let near = |celsius: i32, beta: f64| {
        let ohms = f64::from(curve.ohms(Temperature::from_celsius(celsius)));
        (ohms / exact_ohms(beta, f64::from(celsius)) - 1.0).abs() < 2e-3
    };
    assert!(near(-45, 3_000.0) && near(0, 3_000.0) && near(24, 3_000.0));
    assert!(near(26, 4_000.0) && near(60, 4_000.0) && near(125, 4_000.0));
}

#[test]
fn points_that_are_no_falling_curve_are_refused() {
    let [cold, middle, warm] = POINTS;
    let refused = |points| NtcCurve::three_points(points).is_none();
    assert!(!refused(POINTS));
    assert!(refused([middle, cold, warm]), "temperatures in the wrong order");
    assert!(refused([cold, middle, middle]), "the same point twice");
    assert!(refused([point(-200, 10_000), middle, warm]), "the same resistance");
    assert!(refused([point(-200, 9_000), middle, warm]), "rising in the cold");
    assert!(refused([cold, middle, point(800, 11_000)]), "rising in the warmth");
    assert!(refused([cold, middle, point(800, 0)]), "no resistance at all");
    assert!(refused([point(-200, u32::MAX), middle, warm]), "beyond any table");
}

#[test]
fn points_outside_of_minus_50_to_130_degrees_are_refused() {
    let curve = NtcCurve::beta(3_435).unwrap();
    let on_curve = |decicelsius: i16| {
        let exact = Temperature::from_millicelsius(i32::from(decicelsius) * 100);
        point(decicelsius, curve.ohms(exact))
    };
    let taken = |cold, warm| {
        NtcCurve::three_points([on_curve(cold), on_curve(250), on_curve(warm)]).is_some()
    };
    assert!(taken(-500, 1_300));
    assert!(!taken(-501, 1_300));
    assert!(!taken(-500, 1_301));
    assert!(taken(150, 350), "ten kelvins apart");
    assert!(!taken(151, 350));
    assert!(!taken(150, 349));
}

#[test]
fn a_beta_between_two_points_must_be_believable() {
    // From −20 to 25 °C, 5.9622e-4 per kelvin: Beta 2000 is 32.95 kΩ, Beta 6000 is 357.7 kΩ.
    let [_, middle, warm] = POINTS;
    let taken = |ohms| NtcCurve::three_points([point(-200, ohms), middle, warm]).is_some();
    assert!(!taken(32_900));
    assert!(taken(33_000));
    assert!(taken(357_000));
    assert!(!taken(358_500));
}

#[test]
fn points_whose_table_would_leave_the_range_are_refused() {
    // On Beta 4000, 130 °C has 3.03 % of the resistance of 25 °C: 24.8 and 25.2 Ω here.
    let scaled = |ohms: [u32; 3]| {
        let [cold, middle, warm] = ohms;
        NtcCurve::three_points([point(0, cold), point(250, middle), point(500, warm)]).is_some()
    };
    assert!(!scaled([2_798, 820, 290]));
    assert!(scaled([2_832, 830, 294]));
    assert!(!scaled([33_620_000, 10_000_000, 3_540_000]));
}

#[test]
fn a_simulated_resistance_goes_on_beyond_the_table() {
    let curve = NtcCurve::beta(3_435).unwrap();
    let ohms = |celsius| f64::from(curve.ohms(Temperature::from_celsius(celsius)));
    assert!((ohms(-60) / exact_ohms(3_435.0, -60.0) - 1.0).abs() < 1e-4);
    assert!((ohms(150) / exact_ohms(3_435.0, 150.0) - 1.0).abs() < 2e-3);
    assert_eq!(curve.ohms(Temperature::from_celsius(25)), 10_000);
    assert_eq!(ohms(-101).total_cmp(&ohms(-100)), core::cmp::Ordering::Equal);
    assert_eq!(ohms(201).total_cmp(&ohms(200)), core::cmp::Ordering::Equal);
}

#[test]
fn powers_of_two_end_at_both_ends_of_the_range() {
    let one = 1 << LOG_BITS;
    assert_eq!([-one, -1, 0, one, 10 * one].map(exp2), [0, 0, 1, 2, 1_024]);
    assert_eq!([31 * one, 32 * one].map(exp2), [1 << 31, u32::MAX]);
    // 2³² · (1 − 2⁻²⁶ · ln 2); twelve terms that round down lose less than 2⁻²⁹ of it.
    assert!(exp2(32 * one - 1).abs_diff(4_294_967_252) < 8);
    assert_eq!([1, 2, 1 << 31].map(log2), [0, one, 31 * one]);
}

#[test]
fn the_table_is_small() {
    assert!(size_of::<NtcTable>() <= 232);
}
