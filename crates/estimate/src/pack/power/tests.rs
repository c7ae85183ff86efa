//! Powers and energies of strings whose cells are so straight that a formula says what they hold.

use cellward_cell::{KNOTS, LOSSES, OCV_POINTS, Profile};
use cellward_units::Charge;

use super::*;
use crate::pack::{Member, Reading};

const ROOM: Temperature = Temperature::from_celsius(25);
/// Nothing that a cell of the profile could not hold.
const WIDE: CellLimits =
    CellLimits { lowest: Voltage::from_millivolts(0), highest: Voltage::from_millivolts(9_000) };

/// 3 V when empty, 4 V when full, and 1 mΩ that comes within ten seconds.
static STRAIGHT: Profile = profile(1_000);
/// The same with next to no resistance.
static STIFF: Profile = profile(1);

const fn profile(microohms: u16) -> Profile {
    let mut ocv = [0; OCV_POINTS];
    let mut volts = 30_000;
    let mut place = 0;
    while place < OCV_POINTS {
        ocv[place] = volts;
        volts += 100;
        place += 1;
    }
    Profile {
        capacity_ppm: 1_000_000,
        ocv,
        negative: [1_000; OCV_POINTS],
        slides: [[0, 10_000, 0, 10_000]; LOSSES.len()],
        hysteresis: 0,
        hysteresis_rate: 60,
        resistance: [[0; KNOTS.len()], [microohms; KNOTS.len()], [0; KNOTS.len()]],
        time_constant: [1, 1],
        miss: 0,
    }
}

/// Cells of `ah` that differ by charge, resistance less one and capacity less one from each other.
fn pack(profile: &'static Profile, ah: i32, cells: &[[f32; 3]]) -> Pack<'static> {
    let rated = Charge::from_milliamp_hours(ah * 1_000);
    let soc = Some(Ratio::from_permille(600));
    let mut pack = Pack::new(profile, rated, cells.len(), soc).unwrap();
    for (member, cell) in pack.members.iter_mut().zip(cells) {
        *member = Member::remembered([cell[0], cell[1], cell[2], 1e-4, 1e-4, 1e-4]);
    }
    pack
}

fn limits(lowest: i32, highest: i32) -> CellLimits {
    CellLimits {
        lowest: Voltage::from_millivolts(lowest),
        highest: Voltage::from_millivolts(highest),
    }
}

/// What the filter takes a fresh cell's capacity for, over its rating.
fn health(pack: &Pack<'_>) -> f64 {
    pack.filter.belief().health.to_f64()
}

/// Current in A that takes a cell of 100 Ah at `soc` by this many volts within ten seconds, by its
/// resistance and by the charge that it moves.
fn formula(pack: &Pack<'_>, volts: f64, resistance: f64, capacity: f64) -> f64 {
    let came = 1.0 - libm::exp(-10.0);
    volts / (1e-3 * resistance * came + 10.0 / 3_600.0 / (100.0 * health(pack) * capacity))
}

fn amps(rating: Rating) -> f64 {
    rating.current.to_amps_f64()
}

/// Ratings are found by halving, and are never too large.
fn is_just_below(found: f64, wanted: f64) {
    assert!(found <= wanted + 0.02 && found > wanted - 0.1, "{found} for {wanted}");
}

#[test]
fn the_current_is_what_takes_the_cell_to_its_limit_and_the_power_is_that_at_the_limit() {
    let pack = pack(&STRAIGHT, 100, &[[0.0; 3]; 4]);
    let both = pack.ten_seconds_at(Ratio::from_permille(600), &limits(3_400, 3_800), ROOM);
    for (rating, limit) in [(both.discharge, 3.4), (both.charge, 3.8)] {
        is_just_below(amps(rating), formula(&pack, 0.2, 1.0, 1.0));
        let watts = rating.power.to_watts_f64();
        let wanted = 4.0 * limit * amps(rating);
        assert!((watts / wanted - 1.0).abs() < 1e-3, "{watts} for {wanted}");
    }
}

#[test]
fn nothing_is_above_3c_of_cells_of_any_size() {
    for ah in [10, 100, 280] {
        let pack = pack(&STIFF, ah, &[[0.0; 3]]);
        let both = pack.ten_seconds_at(Ratio::from_permille(500), &WIDE, ROOM);
        for rating in [both.charge, both.discharge] {
            assert!((amps(rating) / f64::from(3 * ah) - 1.0).abs() < 1e-5, "{rating:?} of {ah} Ah");
        }
    }
}

#[test]
fn beyond_a_limit_there_is_nothing_and_just_before_it_a_little() {
    let pack = pack(&STRAIGHT, 100, &[[0.0; 3]; 2]);
    let at = |limits| pack.ten_seconds_at(Ratio::from_permille(600), &limits, ROOM);
    let both = at(limits(3_601, 3_599));
    assert_eq!((both.charge.current, both.charge.power), (Current::ZERO, Power::ZERO));
    assert_eq!((both.discharge.current, both.discharge.power), (Current::ZERO, Power::ZERO));
    let both = at(limits(3_599, 3_601));
    for rating in [both.charge, both.discharge] {
        is_just_below(amps(rating), formula(&pack, 0.001, 1.0, 1.0));
        assert!(rating.power > Power::ZERO);
    }
}

#[test]
fn an_emptier_cell_decides_what_can_be_taken_and_a_fuller_one_what_can_be_put_in() {
    let pack = pack(&STRAIGHT, 100, &[[-0.05, 0.0, 0.0], [0.0; 3], [0.04, 0.0, 0.0]]);
    let both = pack.ten_seconds_at(Ratio::from_permille(600), &limits(3_400, 3_800), ROOM);
    is_just_below(amps(both.discharge), formula(&pack, 0.15, 1.0, 1.0));
    is_just_below(amps(both.charge), formula(&pack, 0.16, 1.0, 1.0));
}

#[test]
fn a_cell_of_more_resistance_or_less_capacity_decides() {
    let pack_of = |odd| pack(&STRAIGHT, 100, &[[0.0; 3], odd, [0.0; 3]]);
    for (odd, resistance, capacity) in
        [([0.0, 0.5, 0.0], 1.5, 1.0), ([0.0, 0.0, -0.3], 1.0, 0.7), ([0.0, 0.5, -0.3], 1.5, 0.7)]
    {
        let pack = pack_of(odd);
        let both = pack.ten_seconds_at(Ratio::from_permille(600), &limits(3_400, 3_800), ROOM);
        let wanted = formula(&pack, 0.2, resistance, capacity);
        is_just_below(amps(both.discharge), wanted);
        is_just_below(amps(both.charge), wanted);
    }
}

#[test]
fn a_cell_that_is_second_in_everything_may_be_the_weakest() {
    // The first is emptiest, the last has the most resistance; what lies between holds the least.
    let cells = [[-0.10, 0.0, 0.0], [-0.09, 0.9, 0.0], [0.0, 1.0, 0.0], [0.19, 0.0, 0.0]];
    let pack = pack(&STRAIGHT, 100, &cells);
    let both = pack.ten_seconds_at(Ratio::from_permille(600), &limits(3_400, 3_999), ROOM);
    is_just_below(amps(both.discharge), formula(&pack, 0.11, 1.9, 1.0));
}

#[test]
fn what_holds_now_stands_on_one_sigma_less_than_the_best_guess() {
    let pack = pack(&STRAIGHT, 100, &[[0.0; 3]; 4]);
    let limits = limits(3_300, 3_900);
    let belief = pack.belief();
    let half = |bound: Ratio| Ratio::from_ppm((belief.soc.as_ppm() + bound.as_ppm()) / 2);
    let now = pack.ten_seconds(&limits, ROOM);
    let low = pack.ten_seconds_at(half(belief.low), &limits, ROOM).discharge;
    let high = pack.ten_seconds_at(half(belief.high), &limits, ROOM).charge;
    assert!((amps(now.discharge) - amps(low)).abs() < 0.1, "{now:?} {low:?}");
    assert!((amps(now.charge) - amps(high)).abs() < 0.1, "{now:?} {high:?}");
    let guess = pack.ten_seconds_at(belief.soc, &limits, ROOM);
    assert!(amps(now.discharge) < amps(guess.discharge) - 1.0, "{now:?} {guess:?}");
    assert!(amps(now.charge) < amps(guess.charge) - 1.0, "{now:?} {guess:?}");
}

#[test]
fn a_drop_that_has_not_gone_yet_is_counted() {
    let rested = pack(&STRAIGHT, 100, &[[0.0; 3]]);
    let mut loaded = rested.clone();
    // Through 1 mΩ with a time constant of a second: it is all there, and gone after ten.
    let load = Reading {
        cells: None,
        current: Some(Current::from_amps(-100)),
        temperature: ROOM,
        lasted: Duration::from_secs(5),
    };
    loaded.sample(&load);
    let at = |pack: &Pack<'_>| {
        amps(pack.ten_seconds_at(Ratio::from_permille(600), &limits(3_400, 3_800), ROOM).discharge)
    };
    assert!((at(&rested) - at(&loaded)).abs() < 0.1, "{} {}", at(&rested), at(&loaded));
    // Of 10 mΩ with a time constant of a hundred seconds nine tenths are still there after ten.
    static SLOW: Profile = Profile { time_constant: [100, 100], ..profile(10_000) };
    let rested = pack(&SLOW, 100, &[[0.0; 3]]);
    let mut loaded = rested.clone();
    loaded.sample(&load);
    let left = 1.0 * (1.0 - libm::exp(-0.05)) * libm::exp(-0.1);
    let came = 1e-2 * (1.0 - libm::exp(-0.1)) + 10.0 / 3_600.0 / (100.0 * health(&loaded));
    is_just_below(at(&rested), 0.2 / came);
    is_just_below(at(&loaded), (0.2 - left) / came);
}

#[test]
fn what_is_left_and_what_is_missing_are_together_all_charge_at_the_mean_voltage() {
    for (ah, cells) in [(100, 1), (280, 16)] {
        let pack = pack(&STRAIGHT, ah, &std::vec![[0.0; 3]; cells]);
        let reserve = pack.reserve();
        let sum = (reserve.left + reserve.missing).to_watt_hours_f64();
        let wanted = f64::from(ah) * health(&pack) * 3.5 * cells as f64;
        assert!((sum / wanted - 1.0).abs() < 1e-5, "{sum} Wh for {wanted}");
        // From empty to a charge the voltage is in the middle between both.
        let soc = pack.filter.belief().soc.to_f64();
        let left = f64::from(ah) * health(&pack) * soc * (3.0 + soc / 2.0) * cells as f64;
        let found = reserve.left.to_watt_hours_f64();
        assert!((found / left - 1.0).abs() < 1e-5, "{found} Wh for {left}");
    }
}

#[test]
fn the_first_empty_and_the_first_full_cell_end_what_is_left_and_missing() {
    let apart = pack(&STRAIGHT, 100, &[[-0.1, 0.0, 0.0], [0.0; 3], [0.1, 0.0, 0.0]]);
    let reserve = apart.reserve();
    let (soc, whole) = (apart.filter.belief().soc.to_f64(), 300.0 * health(&apart));
    // Volts at the middle of the way of the mean cell.
    let left = whole * (soc - 0.1) * (3.0 + (soc + 0.1) / 2.0);
    let missing = whole * (0.9 - soc) * (3.0 + (soc + 0.9) / 2.0);
    assert!((reserve.left.to_watt_hours_f64() / left - 1.0).abs() < 1e-4, "{reserve:?} {left}");
    assert!((reserve.missing.to_watt_hours_f64() / missing - 1.0).abs() < 1e-4, "{reserve:?}");
}

#[test]
fn energy_and_time_count_the_same_charge_even_of_cells_that_hold_more_than_the_mean() {
    let mut pack = pack(&STRAIGHT, 100, &[[0.0, 0.0, 0.2]; 2]);
    pack.flow = 50.0;
    let reserve = pack.reserve();
    let seconds = reserve.to_full.unwrap().to_secs_f64();
    let soc = pack.filter.belief().soc.to_f64();
    let free = 1.2 * (1.0 - soc);
    let wanted = 3_600.0 * 100.0 * health(&pack) * free / 50.0;
    assert!((-0.6..0.6).contains(&(wanted - seconds)), "{seconds} s for {wanted}");
    // At its end the curve stands at 4 V; the 24 pieces of the way do not end just there.
    let straight = (1.0 - soc) * (3.5 + soc / 2.0) + (free - (1.0 - soc)) * 4.0;
    let wanted = 200.0 * health(&pack) * straight;
    let found = reserve.missing.to_watt_hours_f64();
    assert!((found / wanted - 1.0).abs() < 1e-3, "{found} Wh for {wanted}");
}

#[test]
fn times_are_the_charge_over_the_current_and_there_is_none_against_it() {
    let mut pack = pack(&STRAIGHT, 100, &[[-0.1, 0.0, 0.0], [0.1, 0.0, 0.0]]);
    let (soc, holds) = (pack.filter.belief().soc.to_f64(), 100.0 * health(&pack));
    // To a second; a tenth for what single precision rounds.
    let short = |wanted: f64, found: Option<Duration>| wanted - found.unwrap().to_secs_f64();
    pack.flow = -20.0;
    let reserve = pack.reserve();
    assert_eq!(reserve.to_full, None);
    let wanted = 3_600.0 * holds * (soc - 0.1) / 20.0;
    assert!((-0.6..0.6).contains(&short(wanted, reserve.to_empty)), "{reserve:?} for {wanted} s");
    pack.flow = 20.0;
    let reserve = pack.reserve();
    assert_eq!(reserve.to_empty, None);
    let wanted = 3_600.0 * holds * (0.9 - soc) / 20.0;
    assert!((-0.6..0.6).contains(&short(wanted, reserve.to_full)), "{reserve:?} for {wanted} s");
}

#[test]
fn a_500th_of_1c_is_no_current_and_more_is_one() {
    let mut pack = pack(&STRAIGHT, 100, &[[0.0; 3]]);
    let idle = IDLE * pack.rated_ah;
    assert!((idle - 0.2).abs() < 1e-6);
    for (flow, empties, fills) in [
        (0.0, false, false),
        (idle, false, false),
        (-idle, false, false),
        (idle.next_up(), false, true),
        (-idle.next_up(), true, false),
    ] {
        pack.flow = flow;
        let reserve = pack.reserve();
        let found = (reserve.to_empty.is_some(), reserve.to_full.is_some());
        assert_eq!(found, (empties, fills), "{flow} A");
    }
}

#[test]
fn an_empty_string_is_empty_now() {
    let mut pack = pack(&STRAIGHT, 100, &[[-0.6, 0.0, 0.0], [0.6, 0.0, 0.0]]);
    while pack.filter.belief().soc > Ratio::from_permille(590) {
        let reading = Reading {
            cells: None,
            current: Some(Current::from_amps(-10)),
            temperature: ROOM,
            lasted: Duration::from_secs(60),
        };
        pack.sample(&reading);
    }
    let reserve = pack.reserve();
    assert_eq!(reserve.left, Energy::ZERO);
    assert_eq!(reserve.to_empty, Some(Duration::ZERO));
}

#[test]
fn the_mean_current_follows_within_minutes() {
    let mut pack = pack(&STRAIGHT, 100, &[[0.0; 3]]);
    for _ in 0..300 {
        pack.sample(&Reading {
            cells: None,
            current: Some(Current::from_amps(-20)),
            temperature: ROOM,
            lasted: Duration::from_secs(1),
        });
    }
    // After one time constant of 300 s: 1 - 1/e of it.
    assert!((pack.flow + 20.0 * (1.0 - libm::expf(-1.0))).abs() < 1e-3, "{}", pack.flow);
}
