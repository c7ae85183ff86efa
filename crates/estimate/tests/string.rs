//! The estimator of a string, before cells whose charge is known because they are made here.

mod support;

use support::{Bench, Cell, bounds, rated, width};

use cellward_cell::Profile;
use cellward_estimate::{Filter, MAX_CELLS, Pack, Reading, Saved};
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};

const HOUR: u32 = 3_600;
/// What a board has of cells that nobody measured.
const LFP: Profile = Profile::LFP;
const NMC: Profile = Profile::NMC;
const ROOM: Temperature = Temperature::from_celsius(25);

/// Four cells at a charge.
fn four(soc: f64) -> Vec<Cell> {
    vec![Cell::new(&NMC, soc); 4]
}

/// Readings without cells, without a current, or without both, for so many seconds.
fn blind(bench: &mut Bench, cells: Option<&[Voltage]>, current: Option<Current>, seconds: u32) {
    for _ in 0..seconds {
        let lasted = Duration::from_secs(1);
        bench.pack.sample(&Reading { cells, current, temperature: ROOM, lasted });
    }
}

/// The estimator's own bytes, read again.
fn through_bytes(pack: &Pack<'_>) -> Saved {
    Saved::from_bytes(pack.saved().unwrap().as_bytes()).unwrap()
}

fn restored(bench: &Bench, age: Option<Duration>) -> Pack<'static> {
    let cells = bench.cells.len();
    Pack::restored(&NMC, rated(), cells, &through_bytes(&bench.pack), age).unwrap()
}

#[test]
fn a_string_of_equal_cells_is_where_each_of_them_is() {
    let mut bench = Bench::equal(&NMC, 4, 0.6);
    let belief = bench.cycle(2);
    let (low, soc, high) = bounds(&belief);
    assert!((soc - bench.truth()).abs() < 0.03, "{belief:?} at {}", bench.truth());
    assert!(low < bench.truth() && bench.truth() < high, "{belief:?} at {}", bench.truth());
    assert_eq!(belief.doubt, None);
}

#[test]
fn the_cell_with_less_charge_is_empty_first_and_full_last() {
    let mut cells = four(0.6);
    cells[2].soc = 0.52;
    let mut bench = Bench::new(&NMC, cells, Some(0.6));
    let belief = bench.cycle(3);
    assert_eq!(belief.first_empty, 2, "{belief:?}");
    assert_ne!(belief.first_full, 2, "{belief:?}");
    assert!((belief.soc.to_f64() - bench.truth()).abs() < 0.03, "{belief:?} at {}", bench.truth());
    let [weak, other] =
        [2, 0].map(|cell| bench.pack.cell(cell).unwrap().soc.to_f64() - bench.cells[cell].soc);
    // How far apart they are is known better than where both are.
    assert!((weak - other).abs() < 0.02, "{weak} {other}");
    assert!(weak.abs() < 0.05 && other.abs() < 0.05, "{weak} {other}");
    // What the weak cell lacks, the string does not hold.
    let whole = bench.pack.cell(0).unwrap().health.to_f64();
    assert!(belief.health.to_f64() < whole - 0.02, "{belief:?} of {whole}");
}

#[test]
fn the_cell_with_less_capacity_is_empty_first_and_full_first() {
    let mut cells = four(0.5);
    cells[1].holds *= 0.85;
    let mut bench = Bench::new(&NMC, cells, Some(0.5));
    let mut belief = bench.pack.belief();
    for _ in 0..6 {
        bench.run(-20.0, 5_400);
        belief = bench.run(20.0, 5_400);
    }
    assert_eq!((belief.first_empty, belief.first_full), (1, 1), "{belief:?}");
    let small = bench.pack.cell(1).unwrap().health.to_f64();
    let other = bench.pack.cell(0).unwrap().health.to_f64();
    assert!((0.8..0.92).contains(&(small / other)), "{small} of {other}");
    let (low, soc, high) = bounds(&belief);
    let truth = bench.truth();
    assert!((soc - truth).abs() < 0.04 && low < truth && truth < high, "{belief:?} at {truth}");
}

#[test]
fn the_string_is_never_fuller_than_its_emptiest_cell_allows() {
    let mut cells = four(0.3);
    cells[3].soc = 0.2;
    let mut bench = Bench::new(&NMC, cells, Some(0.3));
    bench.cycle(2);
    let mut last = 1.0;
    while bench.cells[3].soc > 0.01 {
        last = bench.run(-10.0, 300).soc.to_f64();
    }
    assert!(last < 0.05, "{last}, though the weakest cell is empty");
    assert!(bench.cells[0].soc > 0.08, "the others are not");
}

#[test]
fn a_string_of_one_cell_believes_what_its_filter_does() {
    let remembered = Some(Ratio::from_permille(600));
    let mut filter = Filter::new(&NMC, rated(), remembered).unwrap();
    let mut bench = Bench::equal(&NMC, 1, 0.6);
    for k in 0..2 * HOUR {
        let shown = bench.pass(if k / 600 % 2 == 0 { -25.0 } else { 10.0 });
        bench.show(&shown);
        filter.sample(
            Voltage::from_volts_f64(shown.volts[0]).unwrap(),
            Current::from_amps_f64(shown.amps).unwrap(),
            ROOM,
            Duration::from_secs(1),
        );
        let (one, string) = (filter.belief(), bench.pack.belief());
        for (a, b) in [
            (one.soc, string.soc),
            (one.low, string.low),
            (one.high, string.high),
            (one.health, string.health),
            (one.resistance, string.resistance),
        ] {
            assert!((a.to_f64() - b.to_f64()).abs() < 1e-5, "{k}: {one:?}, {string:?}");
        }
        assert_eq!((string.first_empty, string.first_full), (0, 0));
    }
}

#[test]
fn without_voltages_charge_is_counted_and_no_more() {
    let mut bench = Bench::equal(&NMC, 4, 0.6);
    let before = bench.cycle(1);
    blind(&mut bench, None, Some(Current::from_amps(-10)), 2 * HOUR);
    let after = bench.pack.belief();
    let moved = (before.soc.to_f64() - after.soc.to_f64()) * after.health.to_f64();
    assert!((moved - 0.2).abs() < 0.01, "{moved} of the rated charge");
    assert!(width(&after) > width(&before), "{before:?}, {after:?}");
    let apart = (before.health.to_f64() - after.health.to_f64()).abs();
    assert!(apart < 1e-5, "nothing is learnt of the cell without its voltage: {apart}");
}

#[test]
fn without_a_current_bounds_widen_and_hold_what_flows_unseen() {
    for profile in [&LFP, &NMC] {
        let mut bench = Bench::equal(profile, 4, 0.6);
        let before = bench.cycle(1);
        let mut widest = 0.0_f64;
        for _ in 0..2 * HOUR {
            let shown = bench.pass(-15.0);
            let volts: Vec<Voltage> =
                shown.volts.iter().map(|&volts| Voltage::from_volts_f64(volts).unwrap()).collect();
            blind(&mut bench, Some(&volts), None, 1);
            let belief = bench.pack.belief();
            let (low, _, high) = bounds(&belief);
            let truth = bench.truth();
            assert!(low - 0.02 < truth && truth < high + 0.02, "{belief:?} at {truth}");
            widest = widest.max(width(&belief));
        }
        assert!(widest > 2.0 * width(&before), "{widest} after {before:?}");
    }
}

#[test]
fn cells_of_another_number_are_not_taken() {
    let mut bench = Bench::equal(&NMC, 4, 0.6);
    bench.cycle(1);
    let mut other = bench.pack.clone();
    let wrong = [Voltage::from_millivolts(2_500); MAX_CELLS];
    for count in [0, 1, 3, 5, MAX_CELLS] {
        for cells in [Some(&wrong[..count]), None] {
            let pack = if cells.is_some() { &mut bench.pack } else { &mut other };
            for _ in 0..60 {
                let current = Some(Current::from_amps(-10));
                let lasted = Duration::from_secs(1);
                pack.sample(&Reading { cells, current, temperature: ROOM, lasted });
            }
        }
        assert_eq!(bench.pack, other, "{count} cells are as none");
    }
}

#[test]
fn there_is_no_string_without_cells_or_of_too_many() {
    for (cells, there) in [(0, false), (1, true), (MAX_CELLS, true), (MAX_CELLS + 1, false)] {
        assert_eq!(Pack::new(&NMC, rated(), cells, None).is_some(), there, "{cells}");
    }
    assert!(Pack::new(&NMC, Charge::ZERO, 4, None).is_none());
    assert_eq!(Bench::equal(&NMC, 4, 0.5).pack.cell(4), None);
}

#[test]
fn of_a_gap_a_minute_is_counted_and_all_of_it_is_time() {
    let mut bench = Bench::equal(&NMC, 4, 0.9);
    bench.run(20.0, 1_500);
    bench.run(2.0, 3_000);
    while bench.cells[0].soc < 0.999 {
        bench.run(1.0, 60);
    }
    let since = bench.run(0.0, 10).since_full.unwrap();
    let before = bench.pack.clone();
    let volts = [Voltage::from_millivolts(4_150); 4];
    let after = |seconds| {
        let mut pack = before.clone();
        pack.sample(&Reading {
            cells: Some(&volts),
            current: Some(Current::from_amps(-50)),
            temperature: ROOM,
            lasted: Duration::from_secs(seconds),
        });
        pack.belief()
    };
    let (minute, day) = (after(60), after(86_400));
    assert_eq!(minute.soc, day.soc);
    assert_ne!(minute.soc, after(59).soc);
    let elapsed = day.since_full.unwrap().as_secs() - since.as_secs();
    assert!(elapsed == 86_400 || day.since_full == Some(Duration::ZERO), "{elapsed}");
}

#[test]
fn the_time_since_full_starts_when_the_string_is_full_and_not_before() {
    let mut bench = Bench::equal(&NMC, 4, 0.8);
    assert_eq!(bench.run(10.0, HOUR).since_full, None, "at {}", bench.truth());
    while bench.cells[0].soc < 0.999 {
        bench.run(4.0, 60);
    }
    let full = bench.run(0.0, 600);
    assert!(full.since_full.is_some(), "{full:?} at {}", bench.truth());
    bench.run(-20.0, HOUR);
    let before = bench.pack.belief().since_full.unwrap().as_secs();
    let after = bench.run(-10.0, HOUR).since_full.unwrap().as_secs();
    assert_eq!(after - before, u64::from(HOUR));
}

#[test]
fn a_string_that_goes_on_after_a_restart_believes_nearly_the_same() {
    let mut cells = four(0.6);
    cells[1].soc = 0.55;
    cells[3].resistance = 1.4;
    let mut bench = Bench::new(&NMC, cells, Some(0.6));
    let before = bench.cycle(4);
    let pack = restored(&bench, Some(Duration::ZERO));
    let after = pack.belief();
    assert!((after.soc.to_f64() - before.soc.to_f64()).abs() < 0.02, "{before:?}, {after:?}");
    assert!((after.health.to_f64() - before.health.to_f64()).abs() < 0.01, "{before:?}, {after:?}");
    assert!((after.resistance.to_f64() - before.resistance.to_f64()).abs() < 0.01);
    assert_eq!((after.first_empty, after.since_full), (before.first_empty, before.since_full));
    assert!(width(&after) >= width(&before), "{before:?}, {after:?}");
    for cell in 0..4 {
        let [one, two] = [&bench.pack, &pack].map(|pack| pack.cell(cell).unwrap());
        assert!(
            (one.resistance.to_f64() - two.resistance.to_f64()).abs() < 0.02,
            "{one:?} {two:?}"
        );
    }
}

#[test]
fn the_longer_a_string_was_off_the_less_is_known_of_its_charge_and_no_less_of_its_cells() {
    let mut bench = Bench::equal(&NMC, 4, 0.6);
    let before = bench.cycle(4);
    let days = |days: u64| restored(&bench, Some(Duration::from_secs(86_400 * days))).belief();
    let (day, month, never) = (days(1), days(60), restored(&bench, None).belief());
    assert!(width(&day) < width(&month), "{day:?}, {month:?}");
    assert!(width(&month) < width(&never), "{month:?}, {never:?}");
    assert!(width(&never) > 0.9, "without an age the charge is not known: {never:?}");
    for belief in [day, month, never] {
        let apart = (belief.health.to_f64() - before.health.to_f64()).abs();
        assert!(apart < 0.01, "{belief:?} after {before:?}");
        assert!((belief.resistance.to_f64() - before.resistance.to_f64()).abs() < 0.01);
    }
}

#[test]
fn time_since_full_goes_on_while_off_and_is_lost_without_an_age() {
    let mut bench = Bench::equal(&NMC, 4, 0.9);
    while bench.cells[0].soc < 0.999 {
        bench.run(4.0, 60);
    }
    let full = bench.run(0.0, 600);
    let before = full.since_full.unwrap().as_secs();
    let after = restored(&bench, Some(Duration::from_secs(86_400))).belief().since_full.unwrap();
    assert!(after.as_secs().abs_diff(before + 86_400) <= 1, "{after:?} after {before}");
    assert_eq!(restored(&bench, None).belief().since_full, None);
}

#[test]
fn what_was_kept_of_another_number_of_cells_is_not_taken() {
    let bench = Bench::equal(&NMC, 4, 0.6);
    let saved = bench.pack.saved().unwrap();
    for (cells, there) in [(3, false), (4, true), (5, false)] {
        let pack = Pack::restored(&NMC, rated(), cells, &saved, Some(Duration::ZERO));
        assert_eq!(pack.is_some(), there, "{cells}");
    }
}

#[test]
fn of_damaged_bytes_nothing_that_cannot_be_comes_back() {
    let mut bench = Bench::equal(&NMC, 4, 0.6);
    bench.cycle(1);
    let bytes = bench.pack.saved().unwrap().as_bytes().to_vec();
    let volts = [Voltage::from_millivolts(3_700); 4];
    let mut taken = 0;
    for place in 0..bytes.len() {
        for damage in [0x01_u8, 0x40, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[place] ^= damage;
            let Some(saved) = Saved::from_bytes(&damaged) else {
                continue;
            };
            // Half of them with an age, so that the damaged charge is used, too.
            let age = (damage < 0x80).then_some(Duration::ZERO);
            let Some(mut pack) = Pack::restored(&NMC, rated(), 4, &saved, age) else {
                continue;
            };
            taken += 1;
            let fresh = pack.belief();
            assert!(age.is_some() || width(&fresh) > 0.5, "{place} {damage}: {fresh:?}");
            for _ in 0..120 {
                pack.sample(&Reading {
                    cells: Some(&volts),
                    current: Some(Current::from_amps(-5)),
                    temperature: ROOM,
                    lasted: Duration::from_secs(1),
                });
            }
            let belief = pack.belief();
            let (low, soc, high) = bounds(&belief);
            assert!(0.0 <= low && low <= soc && soc <= high && high <= 1.0, "{place}: {belief:?}");
            let sane = (0.3..=1.3).contains(&belief.health.to_f64());
            assert!(sane && belief.resistance > Ratio::ZERO, "{place} {damage}: {belief:?}");
        }
    }
    assert!(taken > 0, "some damage cannot be seen without the checksum");
}

#[test]
fn a_cell_that_was_bled_stands_lower_by_that_and_the_mean_by_its_part() {
    let mut bench = Bench::equal(&NMC, 4, 0.6);
    let charges = |pack: &Pack<'_>| [0, 1, 2, 3].map(|cell| pack.cell(cell).unwrap().soc.to_f64());
    let before = charges(&bench.pack);
    bench.pack.bled(2, Charge::from_milliamp_hours(4_000));
    let after = charges(&bench.pack);
    for cell in 0..4 {
        let wanted = if cell == 2 { -0.03 } else { 0.01 };
        assert!((after[cell] - before[cell] - wanted).abs() < 1e-4, "{cell}: {after:?}");
    }
    assert_eq!(bench.pack.belief().first_empty, 2);
    bench.pack.bled(4, Charge::ZERO);
    assert_eq!(charges(&bench.pack), after, "there is no fifth");
}
