//! Swings between the ends of the charge, while sensors are well and while they lie.

use cellward_cell::Profile;
use cellward_units::{Charge, Current, Temperature, Voltage};

use super::super::saved::Saved;
use super::super::watch::Watch;
use super::super::{Doubt, Pack, Reading};
use super::*;

const RATED: Charge = Charge::from_milliamp_hours(100_000);

/// Four cells of 100 Ah that are full.
fn full() -> Pack<'static> {
    let mut pack = Pack::new(&Profile::LFP, RATED, 4, Some(Ratio::from_permille(950))).unwrap();
    pack.full(Ratio::ONE);
    pack
}

/// Hours of a current in A, of which the cells may be measured.
fn flow(pack: &mut Pack<'_>, cells: Option<&[Voltage]>, amps: f64, hours: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "a test's own numbers")]
    let (milliamps, steps) = ((amps * 1e3) as i32, libm::round(hours * 360.0) as i32);
    for _ in 0..steps {
        pack.sample(&Reading {
            cells,
            current: Some(Current::from_milliamps(milliamps)),
            temperature: Temperature::from_celsius(25),
            lasted: Duration::from_secs(10),
        });
    }
}

/// The doubts of a pack forgotten, as after their time.
fn calm(pack: &mut Pack<'_>) {
    pack.watch = Watch::new((2.5, 3.6), 100.0);
}

fn health(pack: &Pack<'_>) -> f64 {
    pack.belief().health.to_f64()
}

#[test]
fn an_end_that_a_lying_sensor_shows_is_no_swing_and_does_not_begin_one() {
    let mut pack = full();
    let before = pack.belief();
    flow(&mut pack, None, -10.0, 7.0);
    pack.watch.raise(Doubt::CurrentStands, 3_600.0);
    pack.empty();
    assert!(!pack.belief().health_counted);
    calm(&mut pack);
    flow(&mut pack, None, 20.0, 4.9);
    pack.full(Ratio::ONE);
    let after = pack.belief();
    assert!(!after.health_counted, "{after:?}");
    assert!((health(&pack) - before.health.to_f64()).abs() < 0.02, "{after:?}");
}

#[test]
fn what_a_sensor_showed_while_it_lied_is_no_part_of_a_swing() {
    let mut pack = full();
    flow(&mut pack, None, -10.0, 3.0);
    pack.watch.raise(Doubt::CurrentStands, 3_600.0);
    flow(&mut pack, None, -10.0, 3.0);
    calm(&mut pack);
    flow(&mut pack, None, -10.0, 1.0);
    pack.empty();
    assert!(!pack.belief().health_counted);
    // The next one begins at this end.
    flow(&mut pack, None, 20.0, 4.9);
    pack.full(Ratio::ONE);
    assert!(pack.belief().health_counted);
    assert!((health(&pack) - 1.0).abs() < 0.03, "{:?}", pack.belief());
}

#[test]
fn a_swing_ends_with_a_gap_of_more_than_a_minute() {
    for (seconds, counted) in [(60, true), (61, false)] {
        let mut pack = full();
        flow(&mut pack, None, -20.0, 2.4);
        pack.sample(&Reading {
            cells: None,
            current: Some(Current::from_amps(-20)),
            temperature: Temperature::from_celsius(25),
            lasted: Duration::from_secs(seconds),
        });
        flow(&mut pack, None, -20.0, 2.4);
        calm(&mut pack);
        pack.empty();
        assert_eq!(pack.belief().health_counted, counted, "{seconds} s");
    }
}

#[test]
fn a_capacity_that_was_counted_is_told_as_it_was_counted() {
    for holds in [55.0, 65.0, 72.0, 80.0, 95.0, 105.0, 110.0] {
        let mut pack = full();
        flow(&mut pack, None, -holds * 0.98 / 5.0, 5.0);
        calm(&mut pack);
        pack.empty();
        let belief = pack.belief();
        let off = (belief.health.to_f64() - holds / 100.0).abs();
        assert!(belief.health_counted, "{holds}");
        assert!(off < 2.0 * belief.health_within.to_f64(), "{holds} Ah: {belief:?}");
        assert!(belief.health_within.to_f64() < 0.05, "{holds} Ah: {belief:?}");
    }
}

#[test]
fn a_zero_that_is_learnt_within_a_swing_does_not_change_what_was_counted_before() {
    // 12 A flow; the channel shows 14 until its zero is learnt, which the filter knew of.
    let mut pack = full();
    flow(&mut pack, None, -12.0, 7.0);
    pack.zero_learnt(Current::from_milliamps(20));
    flow(&mut pack, None, -12.0, 1.1);
    calm(&mut pack);
    let (ah, hours) = pack.swings.so_far();
    assert!((ah + 97.2).abs() < 0.05, "{ah}");
    assert!((hours - 1.1).abs() < 0.01, "{hours}");
}

#[test]
fn what_is_doubted_comes_back_from_a_restart_as_not_known() {
    let mut pack = full();
    pack.watch.raise(Doubt::SignSwapped, 3_600.0);
    let saved = Saved::from_bytes(pack.saved().unwrap().as_bytes()).unwrap();
    let again = Pack::restored(&Profile::LFP, RATED, 4, &saved, Some(Duration::ZERO)).unwrap();
    let belief = again.belief();
    assert!((belief.high - belief.low) > Ratio::from_permille(500), "{belief:?}");
}

#[test]
fn a_charge_told_to_cells_of_different_capacity_is_the_strings() {
    for smaller in [-0.05_f32, -0.1, -0.2] {
        for (from, to) in [(100, 900), (900, 100), (500, 500)] {
            let start = Some(Ratio::from_permille(from));
            let mut pack = Pack::new(&Profile::LFP, RATED, 16, start).unwrap();
            // The smaller cell stands lower, too, so that it is empty first and another one full first.
            for (place, member) in pack.members.iter_mut().enumerate() {
                let (charge, capacity) =
                    if place == 3 { (-0.15, smaller) } else { (0.01, -smaller / 15.0) };
                *member = Member::remembered([charge, 0.0, capacity, 0.005, 0.01, 0.005]);
            }
            let to = Ratio::from_permille(to);
            pack.told(to);
            let belief = pack.belief();
            assert!((belief.soc - to).abs() < Ratio::from_permille(1), "{smaller}: {belief:?}");
        }
    }
}

#[test]
fn the_smaller_cell_runs_ahead_while_its_voltage_is_not_measured() {
    let start = Some(Ratio::from_permille(900));
    let mut pack = Pack::new(&Profile::LFP, RATED, 4, start).unwrap();
    for (place, member) in pack.members.iter_mut().enumerate() {
        let capacity = if place == 3 { -0.15 } else { 0.05 };
        *member = Member::remembered([0.0, 0.0, capacity, 0.002, 0.002, 0.002]);
    }
    let before = f64::from(pack.filter.figures().soc);
    flow(&mut pack, None, -25.0, 2.0);
    let moved = f64::from(pack.filter.figures().soc) - before;
    // What it moved more than the mean cell, less what all four did on average.
    let each = |capacity: f64| moved * (1.0 / capacity - 1.0);
    let wanted = each(0.85) - (each(0.85) + 3.0 * each(1.05)) / 4.0;
    let apart = f64::from(pack.members[3].charge());
    assert!((apart - wanted).abs() < 1e-3, "{apart} for {wanted}");
    assert!(pack.members[3].sigma()[0] > 0.0015, "{:?}", pack.members[3].sigma());
}

#[test]
fn charge_that_is_counted_without_voltages_stays_between_empty_and_full() {
    let mut pack = Pack::new(&Profile::LFP, RATED, 4, Some(Ratio::from_permille(100))).unwrap();
    flow(&mut pack, None, -20.0, 10.0);
    assert_eq!(pack.belief().soc, Ratio::ZERO);
    flow(&mut pack, None, 20.0, 2.0);
    let soc = pack.belief().soc.to_f64();
    assert!((0.3..0.5).contains(&soc), "{soc}");
}

#[test]
fn cells_that_are_not_measured_make_no_doubt_of_the_count() {
    let mut pack = Pack::new(&Profile::LFP, RATED, 4, Some(Ratio::from_permille(800))).unwrap();
    let mut volts = 3_330_000;
    for _ in 0..60 {
        volts += 100;
        let cells = [Voltage::from_microvolts(volts); 4];
        flow(&mut pack, Some(&cells), 1.0, 0.01);
    }
    flow(&mut pack, None, -50.0, 1.0);
    assert_eq!(pack.belief().doubt, None);
}
