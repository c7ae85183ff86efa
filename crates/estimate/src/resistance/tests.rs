//! Steps of a load on strings whose resistances are known, because the voltages are made of them.

use super::*;

const SECOND: u64 = 1_000_000;

/// A string of 100 Ah with these resistances in µΩ, and what looks at it.
struct Bench {
    ohms: std::vec::Vec<i32>,
    looks: Resistances,
    now: u64,
    /// Added to the voltages in µV, cell by cell, reading by reading.
    noise: fn(usize, u64) -> i32,
}

impl Bench {
    fn new(ohms: &[i32]) -> Self {
        let rated = Charge::from_milliamp_hours(100_000);
        let looks = Resistances::new(rated, ohms.len()).unwrap();
        Self { ohms: ohms.to_vec(), looks, now: 0, noise: |_, _| 0 }
    }

    /// Cells at a current in mA.
    fn volts(&self, milliamps: i32) -> std::vec::Vec<Result<Voltage, NoData>> {
        let volts = |(cell, ohms): (usize, &i32)| {
            let drop = i64::from(*ohms) * i64::from(milliamps) / 1_000;
            let noise = (self.noise)(cell, self.now / SECOND);
            Ok(Voltage::from_microvolts(3_300_000 + i32::try_from(drop).unwrap() + noise))
        };
        self.ohms.iter().enumerate().map(volts).collect()
    }

    /// One reading, a second after the last.
    fn read(&mut self, milliamps: i32) {
        let cells = self.volts(milliamps);
        self.show(&cells, Ok(Current::from_milliamps(milliamps)), SECOND);
    }

    fn show(
        &mut self,
        cells: &[Result<Voltage, NoData>],
        current: Result<Current, NoData>,
        micros: u64,
    ) {
        self.now += micros;
        self.looks.sample(cells, current, Instant::from_micros(self.now));
    }

    /// So many steps, to a load and back; two readings of each. The first has nothing before it.
    fn steps(&mut self, count: u32, milliamps: i32) {
        for step in 0..=count {
            let load = if step % 2 == 0 { 0 } else { milliamps };
            self.read(load);
            self.read(load);
        }
    }

    /// Figure of a cell in µΩ.
    fn ohms(&self, cell: usize) -> Option<u32> {
        self.looks.cell(cell).map(|known| known.resistance.as_microohms())
    }

    fn hints(&self) -> std::vec::Vec<(usize, Cause, u32)> {
        let hints = (0..self.ohms.len()).filter_map(|cell| self.looks.hint(cell));
        hints.map(|hint| (hint.cell, hint.cause, hint.excess.as_microohms())).collect()
    }
}

/// Noise of up to 2 mV either way that never repeats soon.
fn hiss(cell: usize, second: u64) -> i32 {
    let mixed = (second * 31 + cell as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    i32::try_from(mixed % 4_001).unwrap() - 2_000
}

#[test]
fn a_cell_is_kept_in_twelve_bytes() {
    assert_eq!(size_of::<One>(), 12);
}

#[test]
fn without_noise_the_figure_is_the_resistance_whichever_way_the_current_steps() {
    for milliamps in [-50_000, 50_000] {
        let mut bench = Bench::new(&[800, 900, 1_000, 1_100]);
        bench.steps(8, milliamps);
        let found: std::vec::Vec<_> = (0..4).filter_map(|cell| bench.ohms(cell)).collect();
        assert_eq!(found, [800, 900, 1_000, 1_100]);
        assert_eq!(bench.hints(), []);
    }
}

#[test]
fn there_is_no_figure_before_the_eighth_step() {
    let mut bench = Bench::new(&[1_000; 4]);
    bench.steps(7, -50_000);
    assert_eq!(bench.looks.cell(0), None);
    // The last reading of the seventh was under load.
    bench.read(0);
    assert_eq!(bench.looks.cell(0), None, "it may still be moving");
    bench.read(0);
    assert_eq!(bench.looks.cell(0).map(|known| known.steps), Some(8));
    assert_eq!(bench.looks.cell(4), None, "there is no fifth");
}

#[test]
fn without_a_step_there_is_no_figure() {
    let mut bench = Bench::new(&[1_000; 4]);
    for _ in 0..1_000 {
        bench.read(-50_000);
    }
    assert_eq!(bench.ohms(0), None);
}

#[test]
fn a_tenth_of_1c_is_a_step_and_less_is_none() {
    for (milliamps, found) in [(-10_000, Some(1_000)), (-9_999, None), (10_000, Some(1_000))] {
        let mut bench = Bench::new(&[1_000; 4]);
        bench.steps(8, milliamps);
        assert_eq!(bench.ohms(0), found, "{milliamps} mA");
    }
}

#[test]
fn readings_that_differ_by_more_than_a_fiftieth_of_1c_are_not_calm() {
    for (second, found) in [(-52_000, Some(1_000)), (-52_001, None)] {
        let mut bench = Bench::new(&[1_000; 4]);
        for step in 0..=8 {
            // Loads are never calm; what lies between them always is, after a load that was.
            let [one, two] = if step % 2 == 0 { [0, 0] } else { [-50_000, second] };
            bench.read(one);
            bench.read(two);
        }
        assert_eq!(bench.ohms(0), found, "{second} mA");
    }
}

#[test]
fn a_slow_ramp_is_no_step() {
    let mut bench = Bench::new(&[1_000; 4]);
    for second in 0..400 {
        let ramp = second % 50;
        bench.read(-2_000 * if ramp < 25 { ramp } else { 50 - ramp });
    }
    assert_eq!(bench.ohms(0), None);
}

#[test]
fn what_lies_more_than_three_seconds_apart_is_no_step() {
    // Two readings of each load; between the calm before and the calm after lie two gaps.
    for (micros, found) in [(1_500_000, Some(1_000)), (1_500_001, None)] {
        let mut bench = Bench::new(&[1_000; 4]);
        for reading in 0..18 {
            let load = if reading % 4 < 2 { 0 } else { -50_000 };
            let cells = bench.volts(load);
            bench.show(&cells, Ok(Current::from_milliamps(load)), micros);
        }
        assert_eq!(bench.ohms(0), found, "{micros} µs");
    }
}

#[test]
fn readings_more_than_three_seconds_apart_do_not_show_that_it_is_calm() {
    for (micros, found) in [(3_000_000, true), (3_000_001, false)] {
        let mut bench = Bench::new(&[1_000; 4]);
        for _ in 0..8 {
            for (load, micros) in [(0, micros), (0, micros), (-50_000, SECOND), (-50_000, SECOND)] {
                let cells = bench.volts(load);
                bench.show(&cells, Ok(Current::from_milliamps(load)), micros);
            }
        }
        assert_eq!(bench.ohms(0).is_some(), found, "{micros} µs");
    }
}

#[test]
fn with_two_millivolts_of_noise_the_figure_is_a_tenth_off_at_most() {
    let mut bench = Bench::new(&[1_000; 16]);
    bench.noise = hiss;
    bench.steps(40, -30_000);
    for cell in 0..16 {
        let ohms = bench.ohms(cell).unwrap();
        assert!(ohms.abs_diff(1_000) < 100, "{cell}: {ohms}");
    }
    assert_eq!(bench.hints(), []);
}

#[test]
fn noise_alone_never_stands_out() {
    let mut bench = Bench::new(&[1_000; 16]);
    bench.noise = hiss;
    for _ in 0..500 {
        bench.steps(4, -10_000);
        assert_eq!(bench.hints(), []);
    }
}

//
#[test]
fn a_joint_of_two_milliohms_is_found_and_measured() {
    let mut ohms = [1_000; 16];
    ohms[6] += 2_000;
    let mut bench = Bench::new(&ohms);
    bench.noise = hiss;
    bench.steps(40, -30_000);
    let hints = bench.hints();
    let [(6, Cause::Joint, excess)] = hints[..] else { panic!("{hints:?}") };
    assert!(excess.abs_diff(2_000) < 200, "{excess}");
}

//
#[test]
fn a_lead_shows_in_the_first_cell_and_is_said_as_lead() {
    let mut ohms = [1_000; 16];
    ohms[0] += 700;
    let mut bench = Bench::new(&ohms);
    bench.steps(8, -50_000);
    // Of the first step 500 of the 700 were taken: 200/8 are still missing.
    assert_eq!(bench.hints(), [(0, Cause::Lead, 675)]);
}

#[test]
fn it_stands_out_by_more_than_half_and_by_more_than_300_microohms() {
    // A small cell: half as much again decides. A large one: 300 µΩ do.
    for (typical, own, found) in
        [(1_000, 1_500, false), (1_000, 1_502, true), (500, 800, false), (500, 802, true)]
    {
        let mut bench = Bench::new(&[typical, typical, own, typical]);
        bench.steps(40, -50_000);
        assert_eq!(!bench.hints().is_empty(), found, "{own} beside {typical}");
    }
}

#[test]
fn it_stands_out_until_a_quarter_of_both_is_gone() {
    for (typical, own, found) in [
        (1_000.0, 1_376.0, true),
        (1_000.0, 1_375.0, false),
        (400.0, 626.0, true),
        (400.0, 625.0, false),
    ] {
        assert!(!stands_out(own, typical, false));
        assert_eq!(stands_out(own, typical, true), found, "{own} beside {typical}");
    }
}

#[test]
fn a_joint_that_was_tightened_is_hinted_at_no_longer() {
    let mut bench = Bench::new(&[1_000, 3_000, 1_000, 1_000]);
    bench.steps(16, -50_000);
    assert_eq!(bench.hints().len(), 1);
    bench.ohms[1] = 1_000;
    // It sinks by 1/32 with each step, then 15/16 of what is too much stay, until 375 are left.
    bench.steps(20, -50_000);
    assert_eq!(bench.hints().len(), 1);
    bench.steps(10, -50_000);
    assert_eq!(bench.hints(), []);
}

#[test]
fn of_two_cells_none_stands_out_and_of_three_one_does() {
    for (ohms, found) in [(&[1_000, 3_000][..], 0), (&[1_000, 3_000, 1_000], 1)] {
        let mut bench = Bench::new(ohms);
        bench.steps(16, -50_000);
        assert_eq!(bench.hints().len(), found);
    }
}

#[test]
fn a_hint_says_for_how_long_and_a_figure_how_old_it_is() {
    let mut bench = Bench::new(&[1_000, 3_000, 1_000]);
    bench.steps(8, -50_000);
    let minutes = |bench: &Bench| {
        let (known, hint) = (bench.looks.cell(1).unwrap(), bench.looks.hint(1).unwrap());
        (known.age.as_secs() / 60, hint.lasts.as_secs() / 60)
    };
    assert_eq!(minutes(&bench), (0, 0));
    bench.now = 599 * SECOND - 1;
    bench.read(0);
    assert_eq!(minutes(&bench), (0, 0), "just before ten minutes");
    bench.show(&[], Err(NoData::Stale), 1);
    assert_eq!(minutes(&bench), (10, 10), "missing readings age too");
    bench.steps(4, -50_000);
    assert_eq!(minutes(&bench), (0, 10), "a step renews the figure and not the hint");
    bench.now += 1_000 * 86_400 * SECOND;
    bench.read(0);
    assert_eq!(minutes(&bench), (655_350, 655_340), "what is longer is held");
}

#[test]
fn a_swapped_sign_is_said_at_the_eighth_step_and_nothing_is_learnt() {
    let mut bench = Bench::new(&[-1_000; 4]);
    bench.steps(7, -50_000);
    assert!(!bench.looks.sign_is_swapped());
    bench.read(0);
    bench.read(0);
    assert!(bench.looks.sign_is_swapped());
    bench.steps(100, -50_000);
    assert_eq!(bench.ohms(0), None);
    // Turned round, it is taken back at the eighth.
    bench.ohms = std::vec![1_000; 4];
    bench.steps(7, -50_000);
    assert!(bench.looks.sign_is_swapped());
    bench.read(0);
    bench.read(0);
    assert!(!bench.looks.sign_is_swapped());
    assert_eq!(bench.ohms(0), Some(1_000));
}

#[test]
fn the_sign_is_judged_from_two_and_a_half_millivolts_on() {
    // 50 A: 50 µΩ are 2.5 mV, 48 µΩ are 2.4 mV.
    for (ohms, swapped) in [(-50, true), (-48, false)] {
        let mut bench = Bench::new(&[ohms; 4]);
        bench.steps(8, -50_000);
        assert_eq!(bench.looks.sign_is_swapped(), swapped, "{ohms} µΩ");
        assert_eq!(bench.ohms(0), None);
    }
}

#[test]
fn steps_the_right_way_of_two_and_a_half_millivolts_take_a_swapped_sign_back() {
    for (ohms, swapped) in [(50, false), (48, true)] {
        let mut bench = Bench::new(&[-1_000; 4]);
        bench.steps(8, -50_000);
        bench.ohms = std::vec![ohms; 4];
        bench.steps(8, -50_000);
        assert_eq!(bench.looks.sign_is_swapped(), swapped, "{ohms} µΩ");
    }
}

#[test]
fn no_figure_sinks_below_nothing() {
    let mut one = One::NEW;
    for least in [500.0, 250.0, 83.0, 0.0, 0.0] {
        one.learn(-1e6, 1_000.0);
        assert!((one.microohms - least).abs() < 1.0, "{one:?}");
    }
}

#[test]
fn a_voltage_that_does_not_move_teaches_nothing() {
    let mut bench = Bench::new(&[0; 4]);
    bench.steps(100, -50_000);
    assert_eq!(bench.ohms(0), None);
    assert!(!bench.looks.sign_is_swapped());
}

#[test]
fn a_spike_of_one_voltage_moves_its_figure_by_an_eighth_at_most_and_hints_at_nothing() {
    // One reading of half a volt too much: before a step, after it, or in the very first one.
    for spike in [1, 2, 3, 30, 31, 33] {
        for volts in [500_000, -500_000] {
            let mut bench = Bench::new(&[1_000; 4]);
            for step in 0..=16 {
                let load = if step % 2 == 0 { 0 } else { -50_000 };
                for _ in 0..2 {
                    let mut cells = bench.volts(load);
                    if bench.now / SECOND == spike {
                        cells[2] = cells[2].map(|cell| cell + Voltage::from_microvolts(volts));
                    }
                    bench.show(&cells, Ok(Current::from_milliamps(load)), SECOND);
                    assert_eq!(bench.hints(), [], "spike at {spike}");
                }
            }
            let off = bench.ohms(2).unwrap().abs_diff(1_000);
            assert!(off <= 125, "spike of {volts} µV at {spike}: {off}");
            assert_eq!(bench.ohms(1), Some(1_000));
        }
    }
}

#[test]
fn a_spike_of_the_current_is_no_step() {
    let mut bench = Bench::new(&[1_000; 4]);
    for second in 0..100 {
        let cells = bench.volts(0);
        let amps = if second % 5 == 4 { -50 } else { 0 };
        bench.show(&cells, Ok(Current::from_amps(amps)), SECOND);
    }
    assert_eq!(bench.ohms(0), None);
}

#[test]
fn a_cell_that_was_not_measured_learns_nothing_and_the_others_do() {
    let mut bench = Bench::new(&[1_000; 4]);
    for step in 0..=8 {
        let load = if step % 2 == 0 { 0 } else { -50_000 };
        for _ in 0..2 {
            let mut cells = bench.volts(load);
            // Gone under load alone: neither its step there nor the one back is known.
            if load != 0 {
                cells[1] = Err(NoData::WireOpen);
                cells[3] = Ok(Voltage::from_millivolts(6_554));
            }
            bench.show(&cells, Ok(Current::from_milliamps(load)), SECOND);
        }
    }
    let found: std::vec::Vec<_> = (0..4).map(|cell| bench.ohms(cell)).collect();
    assert_eq!(found, [Some(1_000), None, Some(1_000), None]);
}

#[test]
fn a_cell_that_is_not_measured_any_more_begins_no_hint_and_may_end_one() {
    let steps = |bench: &mut Bench, count: u32| {
        for step in 0..=count {
            let load = if step % 2 == 0 { 0 } else { -50_000 };
            for _ in 0..2 {
                let mut cells = bench.volts(load);
                cells[1] = Err(NoData::WireOpen);
                bench.show(&cells, Ok(Current::from_milliamps(load)), SECOND);
            }
        }
    };
    // Learnt in the cold, while the others then get warm.
    let mut bench = Bench::new(&[3_000; 4]);
    bench.steps(8, -50_000);
    bench.ohms = std::vec![1_000; 4];
    steps(&mut bench, 100);
    assert_eq!((bench.ohms(1), bench.hints()), (Some(3_000), std::vec![]));
    // The other way round.
    let mut bench = Bench::new(&[1_000, 3_000, 1_000, 1_000]);
    bench.steps(8, -50_000);
    assert_eq!(bench.hints().len(), 1);
    bench.ohms = std::vec![3_000; 4];
    steps(&mut bench, 100);
    assert_eq!(bench.hints(), []);
}

#[test]
fn a_step_with_a_current_or_all_cells_missing_in_between_is_not_taken() {
    for missing in [true, false] {
        let mut bench = Bench::new(&[1_000; 4]);
        for step in 0..100 {
            let load = if step % 2 == 0 { 0 } else { -50_000 };
            let cells = bench.volts(load);
            let current = Ok(Current::from_milliamps(load));
            if missing {
                bench.show(&cells, Err(NoData::ChipError), SECOND / 4);
            } else {
                bench.show(&cells[..3], current, SECOND / 4);
            }
            bench.show(&cells, current, SECOND / 4);
            bench.show(&cells, current, SECOND / 4);
        }
        assert_eq!(bench.ohms(0), None);
    }
}

#[test]
fn a_voltage_counts_from_nothing_to_six_and_a_half_volts() {
    let of = |microvolts| tenths(Ok(Voltage::from_microvolts(microvolts))).map(Tenths::get);
    assert_eq!(of(-51), None);
    assert_eq!(of(-50), Some(1));
    assert_eq!(of(3_300_049), Some(33_001));
    assert_eq!(of(6_553_449), Some(u16::MAX));
    assert_eq!(of(6_553_450), None);
    assert_eq!(of(i32::MIN), None);
    assert_eq!(of(i32::MAX), None);
}

#[test]
fn there_is_none_of_no_cells_too_many_or_cells_of_nothing() {
    let new = |milliamp_hours, cells| {
        Resistances::new(Charge::from_milliamp_hours(milliamp_hours), cells).is_some()
    };
    assert!(new(1, 1) && new(1, MAX_CELLS));
    assert!(!new(1, 0) && !new(1, MAX_CELLS + 1) && !new(0, 1) && !new(-1, 1));
}
