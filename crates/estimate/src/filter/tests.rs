//! The filter before a cell whose charge is known, because it is made here in double precision.

use cellward_cell::{KNOTS, LOSSES, OCV_POINTS, Profile};
use cellward_units::{Charge, Current, Duration, Ratio, Temperature, Voltage};

use super::{Belief, Filter};

const SECOND: Duration = Duration::from_secs(1);
const ROOM: Temperature = Temperature::from_celsius(25);

/// A cell whose rest voltage rises from 3.0 V by `slope` times 1 V to the last percent, which is
/// steep.
fn profile(slope: f64) -> &'static Profile {
    let mut ocv = [0; OCV_POINTS];
    for (step, point) in ocv.iter_mut().enumerate() {
        let soc = step as f64 / 100.0;
        let volts = 3.0 + slope * soc + if step >= 99 { 0.1 * (step as f64 - 98.0) } else { 0.0 };
        *point = (volts * 1e4).round() as u16;
    }
    // A handful of them, until the tests end.
    std::boxed::Box::leak(std::boxed::Box::new(Profile {
        capacity_ppm: 1_000_000,
        ocv,
        negative: [1_000; OCV_POINTS],
        slides: [[0, 10_000, 0, 10_000]; LOSSES.len()],
        hysteresis: 0,
        hysteresis_rate: 60,
        resistance: [[800; KNOTS.len()], [300; KNOTS.len()], [400; KNOTS.len()]],
        time_constant: [15, 300],
        miss: 0,
    }))
}

/// A cell of 100 Ah with a known charge, and the filter that looks at it.
struct Bench {
    profile: &'static Profile,
    soc: f64,
    slow: [f64; 2],
    /// What the current channel shows too much, in A; positive charges.
    offset: f64,
    filter: Filter<'static>,
}

impl Bench {
    fn new(profile: &'static Profile, soc: f64, remembered: Option<f64>) -> Self {
        let remembered = remembered.map(|soc| Ratio::from_f64(soc).unwrap());
        let rated = Charge::from_milliamp_hours(100_000);
        let filter = Filter::new(profile, rated, remembered).unwrap();
        Self { profile, soc, slow: [0.0; 2], offset: 0.0, filter }
    }

    /// So many seconds of a current in A that charges.
    fn run(&mut self, amps: f64, seconds: u32) -> Belief {
        for _ in 0..seconds {
            self.soc = (self.soc + amps / 3_600.0 / 100.0).clamp(0.0, 1.0);
            for (slow, (ohms, tau)) in self.slow.iter_mut().zip([(3e-4, 15.0), (4e-4, 300.0_f64)]) {
                let kept = libm::exp(-1.0 / tau);
                *slow = kept * *slow + (1.0 - kept) * amps * ohms;
            }
            let rest = f64::from(self.profile.ocv(self.soc as f32));
            let volts = rest + amps * 8e-4 + self.slow.iter().sum::<f64>();
            self.filter.sample(
                Voltage::from_volts_f64((volts * 1e3).round() / 1e3).unwrap(),
                Current::from_amps_f64(((amps + self.offset) * 10.0).round() / 10.0).unwrap(),
                ROOM,
                SECOND,
            );
        }
        self.filter.belief()
    }

    /// How far off the belief is, in points.
    fn error(&self) -> f64 {
        (self.filter.belief().soc.to_f64() - self.soc).abs() * 100.0
    }
}

#[test]
fn a_good_start_is_never_spoilt() {
    for slope in [0.02, 1.0] {
        let mut bench = Bench::new(profile(slope), 0.6, Some(0.6));
        let (mut squares, mut count) = (0.0, 0.0);
        for _ in 0..12 {
            for (amps, minutes) in [(-20.0, 30), (0.0, 10), (20.0, 30), (2.0, 10)] {
                for _ in 0..minutes {
                    bench.run(amps, 60);
                    squares += bench.error().powi(2);
                    count += 1.0;
                }
            }
        }
        let error = libm::sqrt(squares / count);
        assert!(error < 2.5, "slope {slope}: {error} points rms");
    }
}

#[test]
fn a_wrong_start_is_found_out_where_the_curve_is_steep() {
    for remembered in [Some(0.3), Some(0.9), None] {
        let mut bench = Bench::new(profile(1.0), 0.6, remembered);
        bench.run(-10.0, 3_600);
        assert!(bench.error() < 3.0, "{remembered:?}: {}", bench.error());
    }
}

#[test]
fn on_a_plateau_the_bounds_of_a_wrong_start_hold_the_truth() {
    let mut bench = Bench::new(profile(0.005), 0.7, Some(0.5));
    for _ in 0..6 {
        let belief = bench.run(-5.0, 1_200);
        let truth = Ratio::from_f64(bench.soc).unwrap();
        assert!(belief.low < truth && truth < belief.high, "{belief:?} at {}", bench.soc);
        bench.run(5.0, 1_200);
    }
}

#[test]
fn without_memory_nothing_is_pretended() {
    let bench = Bench::new(profile(0.02), 0.6, None);
    let belief = bench.filter.belief();
    assert!(belief.low < Ratio::from_permille(30), "{belief:?}");
    assert!(belief.high > Ratio::from_permille(970), "{belief:?}");
}

#[test]
fn full_is_found_by_a_filter_that_is_sure_of_less() {
    // Counted with an offset, so that it is far off when the steep end comes.
    let mut bench = Bench::new(profile(0.02), 0.5, Some(0.5));
    bench.offset = -4.0;
    bench.run(25.0, 7_300);
    bench.run(0.5, 1_800);
    assert!(bench.error() < 5.0, "{}", bench.error());
}

#[test]
fn a_long_gap_counts_a_minute_and_no_more() {
    let filter = Bench::new(profile(1.0), 0.5, Some(0.5)).filter;
    let after = |lasted| {
        let mut filter = filter.clone();
        let voltage = Voltage::from_millivolts(3_500);
        filter.sample(voltage, Current::from_amps(-50), ROOM, lasted);
        filter.belief()
    };
    assert_eq!(after(Duration::from_secs(60)), after(Duration::from_secs(1_000_000)));
    assert_ne!(after(Duration::from_secs(60)), after(Duration::from_secs(59)));
}

#[test]
fn a_cell_of_nothing_has_no_filter() {
    for rated in [0, -1] {
        let rated = Charge::from_milliamp_hours(rated);
        assert!(Filter::new(profile(1.0), rated, None).is_none());
    }
}

#[test]
fn whatever_comes_in_the_belief_is_one() {
    let volts = [i32::MIN, -1, 0, 2_500_000, 3_300_000, 5_000_000, i32::MAX];
    let amps = [i32::MIN, -100_000_000, -1, 0, 1, 100_000_000, i32::MAX];
    let degrees = [i32::MIN, -40_000, 25_000, 125_000, i32::MAX];
    let seconds = [0, 1, 1_000_000, 60_000_000, u64::MAX];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut any = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % most
    };
    for remembered in [None, Some(Ratio::ZERO), Some(Ratio::from_ppm(i32::MAX))] {
        let rated = Charge::from_milliamp_hours(100_000);
        let mut filter = Filter::new(profile(0.02), rated, remembered).unwrap();
        for _ in 0..20_000 {
            filter.sample(
                Voltage::from_microvolts(volts[any(volts.len())]),
                Current::from_ten_microamps(amps[any(amps.len())]),
                Temperature::from_millicelsius(degrees[any(degrees.len())]),
                Duration::from_micros(seconds[any(seconds.len())]),
            );
            let belief = filter.belief();
            assert!(Ratio::ZERO <= belief.low, "{belief:?}");
            assert!(belief.low <= belief.soc && belief.soc <= belief.high, "{belief:?}");
            assert!(belief.high <= Ratio::ONE && belief.health > Ratio::ZERO, "{belief:?}");
        }
    }
}
