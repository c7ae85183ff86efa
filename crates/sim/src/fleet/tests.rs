//! How far a fleet is from the twin, and its books.

use super::*;
use crate::noise::Stream;

/// An hour and a half of a hard schedule: up to 1 C either way, a new current every 20 s, then
/// half an hour of rest. In A per Ah.
fn schedule(second: u64) -> f64 {
    if second >= 5_400 { 0.0 } else { Stream::new(5, 99).signed(second / 20) }
}

/// The same pack as the plant of a [`crate::Sim`] steps it: everything looked at every second.
struct Twin {
    cells: Cells,
    thermal: Thermal,
}

impl Twin {
    fn of(setup: &FleetSetup) -> Self {
        let figures = Figures::of(setup.chemistry);
        let count = usize::from(setup.cells);
        let mut cells = Cells::new(count, figures, setup.capacity_ah, setup.start_soc, setup.seed);
        let thermal = Thermal::new(count, figures, setup.capacity_ah, 1.0, setup.room_c);
        cells.warm(thermal.cells());
        cells.grow_old(setup.age_years, setup.age_cycles);
        Self { cells, thermal }
    }

    fn second(&mut self, amps: f64, room: f64) {
        self.cells.carry(amps, 0.0, 0);
        let moved = self.cells.end_segment(&self.cells.decay(1_000_000));
        self.thermal.take(&moved.heat);
        self.thermal.exchange(room, 1.0);
        self.cells.warm(self.thermal.cells());
        self.cells.refresh();
    }
}

/// The largest differences in V, in state of charge and in K between fleet and twin over the
/// schedule, looked at every second.
fn differences(setup: &FleetSetup, scale: f64) -> (f64, f64, f64) {
    let mut fleet = Fleet::new(setup).unwrap();
    let mut twin = Twin::of(setup);
    let mut worst = (0.0_f64, 0.0_f64, 0.0_f64);
    for second in 0..7_200 {
        let amps = scale * setup.capacity_ah * schedule(second);
        fleet.run(1, setup.room_c, |_| amps);
        twin.second(amps, setup.room_c);
        twin.cells.carry(amps, 0.0, 0);
        let volts = twin.cells.voltages(&twin.cells.decay(0));
        let count = usize::from(setup.cells);
        let apart = |one: &[f64], two: &[f64]| {
            one.iter().zip(two).map(|(one, two)| (one - two).abs()).fold(0.0, f64::max)
        };
        worst.0 = worst.0.max(apart(&fleet.volts(0), &volts[..count]));
        worst.1 = worst.1.max(apart(fleet.soc(0), twin.cells.soc()));
        worst.2 = worst.2.max(apart(&fleet.celsius(0), &twin.thermal.cells()[..count]));
    }
    worst
}

#[test]
fn a_cell_of_a_fleet_is_the_cell_of_the_twin_within_two_millivolts() {
    for &chemistry in Chemistry::ALL {
        for room_c in [0.0, 25.0] {
            let setup = FleetSetup { chemistry, room_c, start_soc: 0.6, ..FleetSetup::default() };
            let (volts, soc, kelvin) = differences(&setup, 1.0);
            assert!(
                volts < if room_c > 20.0 { 0.5e-3 } else { 1.5e-3 },
                "{chemistry:?} {room_c}: {volts} V"
            );
            assert!(soc < 1e-7, "{chemistry:?} {room_c}: {soc}");
            assert!(kelvin < 0.2, "{chemistry:?} {room_c}: {kelvin} K");
        }
    }
}

#[test]
fn at_the_steep_ends_a_fleet_is_off_by_up_to_six_millivolts_at_a_third_of_the_current() {
    for start_soc in [0.03, 0.99] {
        let setup = FleetSetup { start_soc, ..FleetSetup::default() };
        let volts = differences(&setup, 0.33).0;
        assert!(volts < 0.006, "{start_soc}: {volts} V");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_however_the_time_is_cut_and_another_seed_others() {
    let bits = |seed, cuts: &[u64]| {
        let setup = FleetSetup { packs: 3, seed, ..FleetSetup::default() };
        let mut fleet = Fleet::new(&setup).unwrap();
        for &seconds in cuts {
            fleet.run(seconds, 20.0, |moment| {
                (moment.pack as f64 - 1.0) * 100.0 * schedule(moment.second)
            });
        }
        assert_eq!(fleet.second(), 1_000);
        let all = (0..fleet.packs()).flat_map(|pack| {
            [fleet.soc(pack).to_vec(), fleet.volts(pack), fleet.celsius(pack)].concat()
        });
        all.map(f64::to_bits).collect::<Vec<_>>()
    };
    let whole = bits(7, &[1_000]);
    assert_eq!(whole, bits(7, &[1, 2, 3, 17, 477, 500]));
    assert_ne!(whole, bits(8, &[1_000]));
}

#[test]
fn packs_do_not_feel_each_other_and_the_second_one_has_the_next_seed() {
    let setup = FleetSetup { packs: 2, seed: 3, ..FleetSetup::default() };
    let mut two = Fleet::new(&setup).unwrap();
    let mut one = Fleet::new(&FleetSetup { packs: 1, seed: 4, ..setup }).unwrap();
    two.run(500, 25.0, |moment| if moment.pack == 1 { 80.0 } else { -200.0 });
    one.run(500, 25.0, |_| 80.0);
    assert_eq!(two.soc(1), one.soc(0));
    assert_eq!(two.volts(1), one.volts(0));
    assert_ne!(two.soc(0), one.soc(0));
}

#[test]
fn what_flows_and_what_is_lost_is_what_changes_the_charge() {
    // Thirty days at rest lose a month's self-discharge; age takes capacity, not the share of it.
    let setup = FleetSetup { start_soc: 0.9, ..FleetSetup::default() };
    let mut fleet = Fleet::new(&setup).unwrap();
    let before = fleet.soc(0).to_vec();
    fleet.run(30 * 86_400, 25.0, |_| 0.0);
    for (before, after) in before.iter().zip(fleet.soc(0)) {
        let lost = before - after;
        assert!((0.0074..0.0226).contains(&lost), "{lost}");
    }
    // A second's current is found in the charge to the last digit that a share of one has.
    let mut fleet = Fleet::new(&setup).unwrap();
    let mut rest = fleet.clone();
    fleet.run(1_000, 25.0, |_| -28.0);
    rest.run(1_000, 25.0, |_| 0.0);
    let socs = rest.soc(0).iter().zip(fleet.soc(0));
    for ((rest, soc), capacity) in socs.zip(fleet.capacity_ah(0)) {
        let flowed = 28.0 / 3.6 / capacity;
        // Self-discharge follows the temperature, which the current lifts by a breath.
        assert!((rest - soc - flowed).abs() < 1e-7, "{rest} {soc} {flowed}");
    }
}

#[test]
fn packs_that_are_not_there_have_no_cells_and_wrong_numbers_are_refused() {
    let fleet = Fleet::new(&FleetSetup::default()).unwrap();
    assert!(fleet.soc(1).is_empty() && fleet.volts(1).is_empty());
    assert!(fleet.celsius(1).is_empty() && fleet.capacity_ah(1).is_empty());
    let refuse = |setup: FleetSetup| Fleet::new(&setup).unwrap_err().to_string();
    assert!(refuse(FleetSetup { cells: 25, ..FleetSetup::default() }).contains("cells of 25"));
    assert!(refuse(FleetSetup { cells: 0, ..FleetSetup::default() }).contains("cells of 0"));
    assert!(refuse(FleetSetup { room_c: 81.0, ..FleetSetup::default() }).contains("room_c"));
}
