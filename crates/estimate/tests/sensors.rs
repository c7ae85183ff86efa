//! Sensors that lie, over a day of sun and of a house: whatever they show, the estimator may not know,
//! but it may not be sure of what is wrong.

mod support;

use support::{Bench, Cell, Shown, bounds};

use cellward_cell::Profile;

/// What a board has of cells that nobody measured.
const LFP: Profile = Profile::LFP;
const NMC: Profile = Profile::NMC;

/// What a case does to what good sensors show.
type Lie = fn(&mut Bench, &mut Shown);

const LIES: &[(&str, Lie)] = &[
    ("stuck voltage", |bench, shown| shown.volts = bench.first(&shown.volts).clone()),
    ("one stuck voltage", |bench, shown| shown.volts[1] = bench.first(&shown.volts)[1]),
    ("spiking voltage", |bench, shown| {
        if bench.time % 50 == 0 {
            let spike = if bench.any() > 0.0 { 0.5 } else { -0.5 };
            shown.volts.iter_mut().for_each(|volts| *volts += spike);
        }
    }),
    ("one spiking voltage", |bench, shown| {
        if bench.time % 50 == 0 {
            shown.volts[1] += if bench.any() > 0.0 { 0.5 } else { -0.5 };
        }
    }),
    ("dead current sensor", |_, shown| shown.amps = 0.0),
    ("constant charging current", |_, shown| shown.amps = 5.0),
    ("constant discharging current", |_, shown| shown.amps = -5.0),
    ("swapped sign", |_, shown| shown.amps = -shown.amps),
    ("temperature stuck at -40", |_, shown| shown.celsius = -40.0),
];

/// How a day went.
#[derive(Debug)]
struct Day {
    /// Share of the time in which the bounds held the truth, give or take two points.
    held: f64,
    /// Farthest that the truth lay outside of bounds narrower than 20 points, 0 to 1.
    outside: f64,
    /// Share of the time in which something was doubted.
    doubted: f64,
    /// Whether the last bounds held the truth, give or take two points.
    ended: bool,
}

/// A day of three cells of a profile, taken for those of another.
fn day(
    profile: &'static Profile,
    other: &'static Profile,
    remembered: Option<f64>,
    lie: Lie,
) -> Day {
    let mut cells = vec![Cell::new(profile, 0.6); 3];
    cells[1].resistance = 1.2;
    cells[2].soc = 0.59;
    let mut bench = Bench::taken_for(profile, other, cells, remembered);
    let (full, empty) = if profile == &LFP { (3.45, 2.9) } else { (4.15, 3.2) };
    let mut duty = bench.solar(full, empty);
    let (mut held, mut outside, mut doubted, mut ended) = (0_u32, 0.0_f64, 0_u32, false);
    for second in 0..86_400 {
        let amps = duty(&mut bench);
        let mut shown = bench.pass(amps);
        lie(&mut bench, &mut shown);
        bench.show(&shown);
        let belief = bench.pack.belief();
        let truth = bench.truth();
        let (low, _, high) = bounds(&belief);
        let off = (low - truth).max(truth - high);
        ended = off <= 0.02;
        held += u32::from(ended);
        // In its first minute the filter leaves its memory, step by step.
        if high - low < 0.2 && second >= 60 {
            outside = outside.max(off);
        }
        doubted += u32::from(belief.doubt.is_some());
    }
    let share = |seconds| f64::from(seconds) / 86_400.0;
    Day { held: share(held), outside, doubted: share(doubted), ended }
}

#[test]
fn good_sensors_are_never_doubted_and_their_bounds_hold() {
    for profile in [&LFP, &NMC] {
        for remembered in [Some(0.6), None] {
            let day = day(profile, profile, remembered, |_, _| ());
            assert!(day.doubted < 1e-9 && day.held > 0.99, "{remembered:?}: {day:?}");
        }
    }
}

#[test]
fn no_sensor_that_lies_makes_a_wrong_charge_certain() {
    for (chemistry, profile) in [("LFP", &LFP), ("NMC", &NMC)] {
        for remembered in [Some(0.6), None] {
            for &(name, lie) in LIES {
                let day = day(profile, profile, remembered, lie);
                let sure = day.held < 0.95 || day.outside > 0.15;
                assert!(!sure, "{chemistry}, {name}, {remembered:?}: {day:?}");
            }
        }
    }
}

#[test]
fn spikes_do_not_cost_the_charge() {
    for profile in [&LFP, &NMC] {
        for (name, lie) in LIES.iter().filter(|(name, _)| name.contains("spiking")) {
            let day = day(profile, profile, Some(0.6), *lie);
            assert!(day.doubted < 0.05, "{name}: {day:?}");
        }
    }
}

#[test]
fn a_profile_of_another_chemistry_makes_no_wrong_charge_certain() {
    for (profile, other, remembered) in
        [(&NMC, &LFP, Some(0.6)), (&NMC, &LFP, None), (&LFP, &NMC, Some(0.6))]
    {
        let day = day(profile, other, remembered, |_, _| ());
        assert!(day.held > 0.95 && day.outside <= 0.15, "{remembered:?}: {day:?}");
    }
    // Without a memory, the plateau of LFP is where NMC is nearly empty: only what is counted tells.
    let day = day(&LFP, &NMC, None, |_, _| ());
    assert!(day.ended && day.doubted > 0.5, "{day:?}");
}
