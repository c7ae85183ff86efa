//! Heat that is made, that climbs, and that is held.

use super::*;
use cellward_params::Chemistry;

fn box_at(room: f64) -> Thermal {
    Thermal::new(16, Figures::of(Chemistry::Lfp), 280.0, 200.0, room)
}

#[test]
fn a_bad_joint_heats_by_six_kelvin_a_minute_up_to_fifty_above_the_room() {
    let mut thermal = box_at(25.0);
    for _ in 0..60 {
        thermal.step(25.0, 0.0, true);
    }
    assert!((thermal.sensors()[1] - 31.0).abs() < 1e-6);
    for _ in 0..3_600 {
        thermal.step(25.0, 0.0, true);
    }
    assert!((thermal.sensors()[1] - 75.0).abs() < 1e-6);
    assert!((thermal.sensors()[0] - 25.0).abs() < 1e-6);
}

#[test]
fn a_source_of_heat_warms_its_cell_by_its_watts_over_its_heat() {
    let mut thermal = box_at(25.0);
    // 280 Ah × 19.3 J/K per Ah are 5404 J/K: 900.7 W make 10 K/min, less what flows away.
    thermal.set_source(4, 5_404.0 / 6.0);
    thermal.set_source(16, 1e6);
    for _ in 0..60 {
        thermal.step(25.0, 0.0, false);
    }
    let rise = thermal.cells()[4] - 25.0;
    assert!((9.7..=10.0).contains(&rise), "{rise}");
    // The first sensor sits on that cell: a quarter up the stack of sixteen.
    assert!((thermal.sensors()[0] - thermal.cells()[4]).abs() < 1e-12);
    assert!((thermal.cells()[5] - 25.0).abs() < 0.1);
}

#[test]
fn the_place_of_a_sensor_climbs_at_the_chosen_rate_and_cools_within_a_minute() {
    let mut thermal = box_at(25.0);
    thermal.set_climb(2, 12.0 / 60.0);
    for _ in 0..120 {
        thermal.step(25.0, 0.0, false);
    }
    assert!((thermal.sensors()[2] - 49.0).abs() < 1e-9);
    thermal.set_climb(2, 0.0);
    for _ in 0..60 {
        thermal.step(25.0, 0.0, false);
    }
    // 24 K × (59/60)^60 are 8.75 K.
    assert!((thermal.sensors()[2] - 33.75).abs() < 0.01);
}

#[test]
fn a_held_place_reads_what_it_is_held_at_and_everything_can_be_soaked() {
    let mut thermal = box_at(25.0);
    thermal.force(Spot::Switches, Some(110.0));
    assert!((thermal.places(0.0)[Spot::Switches.number()] - 110.0).abs() < 1e-12);
    thermal.force(Spot::Switches, None);
    thermal.soak(-30.0);
    assert!(thermal.places(0.0).iter().all(|place| (place + 30.0).abs() < 1e-12));
}

#[test]
fn a_mended_joint_loses_two_thirds_of_its_heat_in_a_minute() {
    let mut thermal = box_at(25.0);
    for _ in 0..600 {
        thermal.step(25.0, 0.0, true);
    }
    for _ in 0..60 {
        thermal.step(25.0, 0.0, false);
    }
    let left = (thermal.sensors()[1] - 25.0) / 50.0;
    assert!((0.35..0.38).contains(&left), "{left}");
}

#[test]
fn heat_that_is_made_is_found_in_cells_and_pack_before_it_leaves() {
    let mut thermal = box_at(25.0);
    let joules = 1_000.0;
    for _ in 0..60 {
        thermal.take(&[joules; MAX_CELLS]);
        thermal.step(25.0, 0.0, false);
    }
    let held: f64 = thermal.cells[..16].iter().map(|cell| (cell - 25.0) * thermal.heat).sum();
    let pack = (thermal.pack - 25.0) * thermal.heat * 16.0 * PACK_SHARE;
    let made = 60.0 * 16.0 * joules;
    assert!(((held + pack) / made - 1.0).abs() < 0.01);
}

#[test]
fn a_warm_pack_cools_to_the_room() {
    let mut thermal = box_at(40.0);
    for _ in 0..200_000 {
        thermal.step(20.0, 0.0, false);
    }
    assert!((thermal.cells()[0] - 20.0).abs() < 0.1);
}
