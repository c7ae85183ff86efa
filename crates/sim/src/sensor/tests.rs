//! Bounds of every error, and what can be broken.

use super::*;
use cellward_params::MAX_CELLS;

#[test]
fn every_error_stays_within_the_bounds_of_the_manual_for_many_seeds() {
    for seed in 0..300 {
        let sensors = Sensors::new(24, 400.0, seed, false);
        for count in 0..40 {
            for volts in [1.5, 3.3, 4.5] {
                for cell in sensors.cells(&[volts; MAX_CELLS], count) {
                    assert!((cell.to_volts_f64() - volts).abs() <= 0.010);
                }
            }
            for amps in [-400.0, -20.0, 0.0, 100.0, 400.0] {
                let read = sensors.current(amps, count).to_amps_f64();
                assert!((read - amps).abs() <= 0.03 * 400.0);
            }
            for sensor in 0..6 {
                let read = sensors.temperature(sensor, 25.0, count).to_celsius_f64();
                assert!((read - 25.0).abs() <= 2.0);
            }
            for volts in [-5.0, 0.0, 53.0] {
                let read = sensors.port(volts, count).to_volts_f64();
                assert!((read - volts).abs() <= 0.020);
            }
        }
    }
}

#[test]
fn errors_come_near_their_bounds_so_that_the_bound_means_something() {
    let worst = (0..300)
        .map(|seed| {
            let sensors = Sensors::new(24, 400.0, seed, false);
            sensors
                .cells(&[4.0; MAX_CELLS], 0)
                .map(|cell| (cell.to_volts_f64() - 4.0).abs())
                .fold(0.0, f64::max)
        })
        .fold(0.0, f64::max);
    assert!(worst > 0.007, "{worst}");
}

#[test]
fn the_zero_error_of_the_current_stays_below_one_percent_of_full_scale() {
    for seed in 0..300 {
        let sensors = Sensors::new(3, 400.0, seed, false);
        assert!(sensors.current(0.0, seed).to_amps_f64().abs() < 4.0);
    }
}

#[test]
fn errors_of_the_current_are_added_to_what_the_channel_reads_and_end_with_it() {
    let mut sensors = Sensors::new(3, 400.0, 9, true);
    sensors.current_error = CurrentError { gain: 1.1, offset_a: -4.5, ..CurrentError::default() };
    assert_eq!(sensors.current(100.0, 0), Current::from_milliamps(105_500));
    assert_eq!(sensors.current(-7_000.0, 0), Current::from_amps(-500));
    sensors.current_error.stuck_a = Some(12.0);
    assert_eq!(sensors.current(100.0, 0), Current::from_amps(12));
    assert!(sensors.current_gain_error().abs() < 1e-12);
}

#[test]
fn within_its_dead_band_the_current_channel_reads_nothing_and_at_its_edge_what_flows() {
    let mut sensors = Sensors::new(3, 400.0, 9, true);
    sensors.current_error = CurrentError { dead_band_a: 1.0, ..CurrentError::default() };
    for (flows, reads) in [(0.999, 0), (-0.999, 0), (1.0, 1_000), (-1.0, -1_000), (7.5, 7_500)] {
        assert_eq!(sensors.current(flows, 0), Current::from_milliamps(reads), "{flows}");
    }
    // The offset of the front end counts towards it.
    sensors.current_error.offset_a = 0.3;
    assert_eq!(sensors.current(0.7, 0), Current::from_amps(1));
    assert_eq!(sensors.current(0.6, 0), Current::ZERO);
}

#[test]
fn a_learnt_zero_leaves_an_offset_within_what_is_told_and_the_gain_alone() {
    let mut largest = 0.0_f64;
    for seed in 0..100 {
        let mut sensors = Sensors::new(3, 200.0, seed, false);
        let gain = sensors.current_gain_error();
        sensors.learn_zero(0.5);
        // Noise is up to 0.1 A.
        let mean = (0..100).map(|count| sensors.current(0.0, count).to_amps_f64()).sum::<f64>();
        largest = largest.max((mean / 100.0).abs());
        assert!((sensors.current_gain_error() - gain).abs() < 1e-12);
    }
    assert!((0.45..0.52).contains(&largest), "{largest}");
}

#[test]
fn every_reading_lies_on_a_step_of_its_converter() {
    let sensors = Sensors::new(3, 400.0, 5, false);
    let on_step = |value: f64, step: f64| (value / step - libm::rint(value / step)).abs() < 0.01;
    for count in 0..200 {
        for volts in sensors.cells(&[3.3; 24], count) {
            assert!(on_step(volts.to_volts_f64(), 0.2e-3), "{volts:?}");
        }
        let warmth = sensors.temperature(0, 21.37, count).to_celsius_f64();
        assert!(on_step(warmth, 0.1), "{warmth}");
        assert!(on_step(sensors.pack(52.8, count).to_volts_f64(), 2e-3));
    }
}

#[test]
fn errors_are_constant_within_a_run_and_the_noise_around_them_is_as_wide_as_stated() {
    for seed in 0..20 {
        let sensors = Sensors::new(3, 400.0, seed, false);
        let spread = |read: &dyn Fn(u64) -> f64| {
            let all: Vec<f64> = (0..4_000).map(read).collect();
            let mean = all.iter().sum::<f64>() / 4_000.0;
            let early = all[..2_000].iter().sum::<f64>() / 2_000.0;
            let square = all.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / 4_000.0;
            (libm::sqrt(square), (mean - early).abs())
        };
        // A bell's standard deviation is 0.289 of its bound.
        let first = |count| sensors.cells(&[3.3; 24], count).next().unwrap().to_volts_f64();
        let (noise, drift) = spread(&first);
        assert!((0.52e-3..0.64e-3).contains(&noise) && drift < 0.05e-3, "{noise} {drift}");
        let (noise, drift) = spread(&|count| sensors.current(40.0, count).to_amps_f64());
        assert!((0.052..0.064).contains(&noise) && drift < 0.005, "{noise} {drift}");
        let warmth = |count| sensors.temperature(0, 25.0, count).to_celsius_f64();
        let (noise, drift) = spread(&warmth);
        assert!((0.05..0.08).contains(&noise) && drift < 0.01, "{noise} {drift}");
    }
}

#[test]
fn the_offset_of_a_temperature_is_its_own_at_every_place_and_reaches_near_its_bound() {
    let offsets: Vec<f64> = (0..100)
        .flat_map(|seed| {
            let sensors = Sensors::new(3, 400.0, seed, false);
            [0, 1].map(|place| {
                let read = |count| sensors.temperature(place, 25.0, count).to_celsius_f64();
                (0..50).map(read).sum::<f64>() / 50.0 - 25.0
            })
        })
        .collect();
    let worst = offsets.iter().fold(0.0_f64, |worst, offset| worst.max(offset.abs()));
    assert!((1.4..1.75).contains(&worst), "{worst}");
    let apart = offsets.chunks(2).filter(|pair| (pair[0] - pair[1]).abs() > 0.1).count();
    assert!(apart > 80, "{apart}");
}

#[test]
fn the_gain_error_that_is_told_is_the_one_that_is_read() {
    for seed in 0..50 {
        let sensors = Sensors::new(3, 400.0, seed, false);
        let difference = sensors.current(300.0, 7) - sensors.current(-300.0, 7);
        let gain = difference.to_amps_f64() / 600.0 - 1.0;
        assert!((gain - sensors.current_gain_error()).abs() < 1e-4, "{gain}");
        assert!(gain.abs() <= CURRENT_GAIN);
    }
}

#[test]
fn probes_break_and_a_part_of_another_beta_reads_wrong() {
    let mut sensors = Sensors::new(3, 400.0, 9, true);
    let read = |sensors: &Sensors, place, celsius| {
        let ohms = sensors.probe(place, celsius, 0);
        Sensors::understood(ohms).map(Temperature::to_celsius_f64)
    };
    sensors.set_probe(0, Some(ProbeFault::Open));
    sensors.set_probe(4, Some(ProbeFault::Short));
    assert_eq!(read(&sensors, 0, 25.0), Err(NoData::SensorOpen));
    assert_eq!(read(&sensors, 4, 25.0), Err(NoData::SensorShort));
    sensors.set_probe(0, None);
    assert_eq!(sensors.probe(0, 25.0, 0), 10_000);
    // The printed table: 2486 Ω is 60 °C with 3950 and about 65.7 °C with 3435.
    sensors.set_beta(1, 3_950.0);
    assert_eq!(sensors.probe(1, 60.0, 0), 2_486);
    let wrong = read(&sensors, 1, 60.0).unwrap();
    assert!((wrong - 65.7).abs() < 0.3, "{wrong}");
}

#[test]
fn ideal_sensors_tell_the_truth() {
    let sensors = Sensors::new(3, 400.0, 9, true);
    assert_eq!(sensors.current(12.345, 4).as_milliamps(), 12_345);
    assert!(
        sensors
            .cells(&[3.300_001; MAX_CELLS], 0)
            .all(|cell| cell == Voltage::from_microvolts(3_300_001))
    );
}

#[test]
fn a_short_circuit_reads_as_the_end_of_the_scale() {
    let sensors = Sensors::new(3, 400.0, 9, true);
    assert_eq!(sensors.current(-7_000.0, 0), Current::from_amps(-500));
}
