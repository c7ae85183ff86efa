//! Books of charge and energy, settling, spread, and faults of single cells.

use super::*;
use cellward_params::Chemistry;

fn lfp(start: f64) -> Cells {
    let mut cells = Cells::new(16, Figures::of(Chemistry::Lfp), 280.0, start, 5);
    // The catalogue cell, without spread and self-discharge, so that figures can be stated.
    cells.fresh = [280.0 * 3_600.0; MAX_CELLS];
    cells.stiffness = [1.0 / 280.0; MAX_CELLS];
    cells.weeps = [0.0; MAX_CELLS];
    cells.soc = [start; MAX_CELLS];
    cells.size();
    cells.refresh();
    cells
}

fn run(cells: &mut Cells, current: f64, seconds: u32) -> Moved {
    let mut total = Moved { heat: [0.0; MAX_CELLS], electrical: 0.0, stored: 0.0 };
    for _ in 0..seconds {
        cells.refresh();
        cells.carry(current, 0.0, 0);
        let moved = cells.end_segment(&cells.decay(1_000_000));
        total.electrical += moved.electrical;
        total.stored += moved.stored;
        for (sum, heat) in total.heat.iter_mut().zip(moved.heat) {
            *sum += heat;
        }
    }
    cells.refresh();
    total
}

#[test]
fn charge_is_conserved_to_a_billionth() {
    // Half an hour each way: after an hour the cells would have grown older by a breath.
    let mut cells = lfp(0.5);
    run(&mut cells, 50.0, 1_799);
    assert!((cells.soc[0] - (0.5 + 50.0 * 1_799.0 / 3_600.0 / 280.0)).abs() < 1e-9);
    run(&mut cells, -50.0, 1_799);
    assert!((cells.soc[0] - 0.5).abs() < 1e-9);
}

#[test]
fn what_goes_in_at_the_terminals_is_stored_or_becomes_heat() {
    // The terminal energy is summed here by itself, from voltages a tick apart.
    let mut cells = lfp(0.9);
    cells.weeps = [1e-6; MAX_CELLS];
    let (mut terminal, mut booked, mut heat, mut stored) = (0.0, 0.0, 0.0, 0.0);
    for second in 0..600 {
        let current = if second % 120 < 60 { 90.0 } else { -40.0 };
        cells.refresh();
        cells.carry(current, 0.0, 0);
        for tick in 0..100_u64 {
            let from: f64 = cells.voltages(&cells.decay(tick * 10_000)).iter().sum();
            let to: f64 = cells.voltages(&cells.decay((tick + 1) * 10_000)).iter().sum();
            terminal += 0.5 * (from + to) * current * 0.01;
        }
        let moved = cells.end_segment(&cells.decay(1_000_000));
        booked += moved.electrical;
        stored += moved.stored;
        heat += moved.heat.iter().sum::<f64>();
    }
    assert!((terminal - booked).abs() < 1e-6 * terminal.abs());
    assert!((booked - stored - heat).abs() < 1e-6 * booked.abs());
    assert!(heat > 0.0);
}

#[test]
fn a_full_lfp_cell_at_3650_mv_under_a_third_c_settles_below_3400_mv_within_three_minutes() {
    let mut cells = lfp(0.95);
    let mut volts = 0.0;
    while volts < 3.65 {
        run(&mut cells, 98.0, 1);
        cells.carry(98.0, 0.0, 0);
        volts = cells.voltages(&cells.decay(0))[0];
    }
    run(&mut cells, 0.0, 60);
    cells.carry(0.0, 0.0, 0);
    let after_one = cells.voltages(&cells.decay(0))[0];
    run(&mut cells, 0.0, 120);
    cells.carry(0.0, 0.0, 0);
    let after_three = cells.voltages(&cells.decay(0))[0];
    assert!(after_one < 3.50, "{after_one}");
    assert!((3.37..=3.41).contains(&after_three), "{after_three}");
}

#[test]
fn cold_cells_resist_more() {
    let mut cells = lfp(0.5);
    let warm = cells.inner_resistance();
    cells.warm(&[-10.0; MAX_CELLS]);
    cells.refresh();
    let ratio = cells.inner_resistance() / warm;
    assert!((2.5..3.5).contains(&ratio), "{ratio}");
}

#[test]
fn a_bled_cell_sinks_and_its_neighbours_do_not() {
    let mut cells = lfp(1.0);
    cells.carry(0.0, 0.0, 0b10);
    cells.end_segment(&cells.decay(1_000_000));
    assert!(cells.soc[1] < 1.0);
    assert!((cells.soc[0] - 1.0).abs() < 1e-15);
}

#[test]
fn a_path_of_one_ohm_inside_of_a_cell_empties_it_and_makes_its_power_as_heat() {
    let mut cells = lfp(0.5);
    cells.set_leak(3, Some(1.0));
    run(&mut cells, 0.0, 3_600);
    // 3.27 V over 1 Ω for an hour are 3.26 Ah of 280 Ah.
    let lost = 0.5 - cells.soc[3];
    assert!((lost - 3.26 / 280.0).abs() < 0.02 / 280.0, "{lost}");
    assert!((cells.soc[2] - 0.5).abs() < 1e-9);
    let watts: Vec<_> = cells.leak_watts().collect();
    assert_eq!(watts[0].0, 3);
    assert!((watts[0].1 - 3.26 * 3.26).abs() < 0.1, "{watts:?}");
    cells.set_leak(3, None);
    let before = cells.soc[3];
    run(&mut cells, 0.0, 10);
    assert!((cells.soc[3] - before).abs() < 1e-12);
    assert_eq!(cells.leak_watts().count(), 0);
}

#[test]
fn a_forced_cell_has_its_voltage_whatever_flows_and_an_end() {
    let mut cells = lfp(0.5);
    cells.force(0, Some(-0.5));
    cells.refresh();
    cells.carry(0.0, 0.0, 0);
    assert!((cells.voltages(&cells.decay(0))[0] + 0.5).abs() < 1e-9);
    cells.force(0, None);
    cells.refresh();
    assert!((cells.voltages(&cells.decay(0))[0] - 3.2664).abs() < 1e-3);
}

#[test]
fn a_weak_cell_moves_faster_and_a_cell_that_is_not_there_is_ignored() {
    let mut cells = lfp(0.5);
    cells.weaken(1, 0.5);
    cells.weaken(16, 0.5);
    cells.set_soc(16, 0.0);
    cells.set_leak(16, Some(1.0));
    run(&mut cells, 28.0, 3_600);
    assert!((cells.soc[0] - 0.6).abs() < 1e-9);
    assert!((cells.soc[1] - 0.7).abs() < 1e-9);
    assert!(cells.are_well());
}

#[test]
fn one_segment_or_two_halves_end_alike() {
    let mut whole = lfp(0.5);
    whole.carry(80.0, 0.0, 0);
    whole.end_segment(&whole.decay(1_000_000));
    let mut halves = lfp(0.5);
    for _ in 0..2 {
        halves.carry(80.0, 0.0, 0);
        halves.end_segment(&halves.decay(500_000));
    }
    assert!((whole.soc[3] - halves.soc[3]).abs() < 1e-12);
    assert!((whole.over_slow[3] - halves.over_slow[3]).abs() < 1e-12);
}

/// Terminal voltage of the first cell without a current.
fn rested(cells: &mut Cells) -> f64 {
    cells.refresh();
    cells.carry(0.0, 0.0, 0);
    cells.voltages(&cells.decay(0))[0]
}

#[test]
fn after_charging_a_cell_rests_higher_than_after_discharging_at_the_same_charge() {
    let mut cells = lfp(0.4);
    run(&mut cells, 140.0, 720);
    run(&mut cells, 0.0, 4 * 3_600);
    let above = rested(&mut cells);
    let soc = cells.soc[0];
    run(&mut cells, 140.0, 720);
    run(&mut cells, -140.0, 720);
    run(&mut cells, 0.0, 4 * 3_600);
    assert!((cells.soc[0] - soc).abs() < 1e-12);
    let gap = above - rested(&mut cells);
    // Twice 12 mV.
    assert!((0.0235..=0.0241).contains(&gap), "{gap}");
}

#[test]
fn the_hysteresis_loop_closes_and_what_lies_within_it_became_heat() {
    let mut cells = lfp(0.4);
    let lap = |cells: &mut Cells| {
        run(cells, -28.0, 3_600);
        run(cells, 0.0, 3_600);
        run(cells, 28.0, 3_600);
        run(cells, 0.0, 3_600);
        cells.memory[0]
    };
    let first = lap(&mut cells);
    // Without resistances what is left of the heat is the loop alone.
    cells.stiffness = [0.0; MAX_CELLS];
    let mut heat = 0.0;
    for current in [-28.0, 28.0] {
        heat += run(&mut cells, current, 3_600).heat[0];
    }
    assert!((cells.memory[0] - first).abs() < 1e-6, "{} {first}", cells.memory[0]);
    // 28 Ah each way against 12 mV, less two turns that take 2 % of the capacity twice each.
    let loop_joules = 2.0 * 0.012 * (28.0 - 2.0 * 5.6) * 3_600.0;
    assert!((heat / loop_joules - 1.0).abs() < 0.02, "{heat} {loop_joules}");
}

#[test]
fn a_cell_loses_by_itself_what_its_file_says_in_a_month_and_twice_that_when_warm() {
    let mut cells = Cells::new(16, Figures::of(Chemistry::Nmc), 100.0, 0.9, 3);
    cells.weeps = [0.015 / MONTH; MAX_CELLS];
    // A day is enough to tell.
    let lost = |cells: &mut Cells| {
        let before = cells.soc[4];
        run(cells, 0.0, 86_400);
        (before - cells.soc[4]) * 30.0
    };
    let cool = lost(&mut cells);
    assert!((cool - 0.015).abs() < 1e-6, "{cool}");
    // exp(6000 K (1/298.15 - 1/308.15)) is 1.921.
    cells.warm(&[35.0; MAX_CELLS]);
    let warm = lost(&mut cells);
    assert!((warm / cool - 1.921).abs() < 0.002, "{warm}");
}

#[test]
fn what_a_cell_loses_by_itself_becomes_heat_to_the_last_joule() {
    let mut cells = lfp(0.6);
    cells.weeps = [0.015 / MONTH; MAX_CELLS];
    let moved = run(&mut cells, 0.0, 3_600);
    assert!(moved.electrical.abs() < 1e-9 * moved.stored.abs(), "{}", moved.electrical);
    let heat: f64 = moved.heat.iter().sum();
    assert!((heat + moved.stored).abs() < 1e-9 * heat);
    // 1.5 % of 280 Ah in 720 h at 3.27 V are 19 mW a cell.
    assert!((heat / 16.0 / 3_600.0 - 0.0191).abs() < 1e-4, "{heat}");
}

#[test]
fn an_old_cell_holds_less_resists_more_and_rests_elsewhere() {
    let mut new = lfp(0.8);
    let mut old = new.clone();
    old.grow_old(4.0, 2_000.0);
    // 3 % times the root of 4 years, and 0.004 % times 2,000 cycles: 14 %.
    assert!((old.capacity[0] / new.capacity[0] - 0.86).abs() < 1e-12);
    assert!((old.inner_resistance() / new.inner_resistance() - 1.28).abs() < 1e-12);
    // The graphite step has slid beyond 80 %, so that the old cell rests below it.
    let lower = rested(&mut new) - rested(&mut old);
    assert!((0.015..0.045).contains(&lower), "{lower}");
    run(&mut new, -28.0, 3_600);
    run(&mut old, -28.0, 3_600);
    assert!((new.soc[0] - 0.7).abs() < 1e-9);
    assert!((old.soc[0] - (0.8 - 0.1 / 0.86)).abs() < 1e-4);
}

#[test]
fn a_year_on_the_shelf_takes_its_share_at_once_or_hour_by_hour_and_more_when_warm() {
    let mut cells = lfp(0.5);
    let hours = 8_766;
    let mut warm = cells.clone();
    warm.warm(&[45.0; MAX_CELLS]);
    for cells in [&mut cells, &mut warm] {
        (0..hours).for_each(|_| cells.wear(0.0, 3_600.0));
    }
    assert!((cells.capacity[0] / cells.fresh[0] - 0.97).abs() < 1e-9);
    assert!(warm.capacity[0] / warm.fresh[0] < 0.91);
    // Half a cycle: 280 Ah in one direction, told at the next full hour.
    cells.wear(280.0 * 3_600.0, 3_599.0);
    assert!((cells.capacity[0] / cells.fresh[0] - 0.97).abs() < 1e-9);
    cells.wear(0.0, 1.0);
    let after = cells.capacity[0] / cells.fresh[0];
    assert!((after - (0.97 - 0.000_02)).abs() < 3e-6, "{after}");
}

#[test]
fn each_resistance_suffers_from_cold_in_its_own_way() {
    let mut cells = lfp(0.5);
    let warm = (cells.ohmic[0], cells.fast[0], cells.slow[0]);
    cells.warm(&[0.0; MAX_CELLS]);
    cells.refresh();
    let inverse = 1.0 / 273.15 - 1.0 / 298.15;
    for (cold, warm, activation) in [
        (cells.ohmic[0], warm.0, 2_300.0),
        (cells.fast[0], warm.1, 3_000.0),
        (cells.slow[0], warm.2, 3_600.0),
    ] {
        assert!((cold / warm - libm::exp(activation * inverse)).abs() < 1e-9, "{activation}");
    }
}

#[test]
fn the_spread_stays_within_what_is_promised() {
    for seed in 0..50 {
        let cells = Cells::new(24, Figures::of(Chemistry::Lfp), 280.0, 1.0, seed);
        for cell in 0..24 {
            let weeps = cells.weeps[cell] * MONTH / 0.015;
            assert!((0.5..=1.5).contains(&weeps));
            let capacity = cells.capacity[cell] / (280.0 * 3_600.0);
            assert!((0.98..=1.02).contains(&capacity));
            assert!((0.9..=1.1).contains(&(cells.stiffness[cell] * 280.0)));
            assert!((0.994..=1.006).contains(&cells.soc[cell]));
        }
    }
}
