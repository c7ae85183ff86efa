use cellward_cell::Profile;
use cellward_units::{Charge, Current, Temperature, Voltage};

use super::super::{Pack, Reading};
use super::*;

/// A cell that rests for a minute in the middle of the plateau.
fn rested(remembered: Ratio) -> Pack<'static> {
    let rated = Charge::from_milliamp_hours(100_000);
    let mut pack = Pack::new(&Profile::LFP, rated, 1, Some(remembered)).unwrap();
    rest(&mut pack, 60);
    pack
}

fn rest(pack: &mut Pack<'_>, seconds: u64) {
    let cells = [Voltage::from_millivolts(3_290)];
    for _ in 0..seconds {
        pack.sample(&Reading {
            cells: Some(&cells),
            current: Some(Current::ZERO),
            temperature: Temperature::from_millicelsius(25_000),
            lasted: Duration::from_secs(1),
        });
    }
}

fn near(ratio: Ratio, points: i32, within: i32) -> bool {
    (ratio.as_permille() - 10 * points).abs() <= 10 * within
}

#[test]
fn what_a_person_says_is_believed_and_what_was_learnt_stays() {
    let mut pack = rested(Ratio::from_permille(500));
    let before = pack.belief();
    pack.told(Ratio::from_permille(620));
    let after = pack.belief();
    assert!(near(after.soc, 62, 3), "{after:?}");
    assert!(after.low < after.soc && after.soc < after.high, "{after:?}");
    assert_eq!(after.health, before.health);
    assert_eq!(after.since_full, None);
}

#[test]
fn a_full_charge_is_known_at_once_and_to_a_few_points() {
    let mut pack = rested(Ratio::from_permille(900));
    pack.full(Ratio::ONE);
    let belief = pack.belief();
    assert!(near(belief.soc, 100, 1), "{belief:?}");
    assert!(belief.low > Ratio::from_permille(940), "{belief:?}");
    assert_eq!(belief.since_full, Some(Duration::ZERO));
    rest(&mut pack, 90);
    let since = pack.belief().since_full.unwrap();
    assert_eq!(since, Duration::from_secs(90));
}

#[test]
fn full_by_an_owner_who_charges_to_less_is_that_much_less() {
    let mut pack = rested(Ratio::from_permille(800));
    pack.full(Ratio::from_permille(900));
    assert!(near(pack.belief().soc, 90, 1), "{:?}", pack.belief());
}

#[test]
fn what_a_person_says_is_the_charge_of_the_string_not_of_its_mean_cell() {
    let rated = Charge::from_milliamp_hours(100_000);
    let mut pack = Pack::new(&Profile::NMC, rated, 4, Some(Ratio::from_permille(500))).unwrap();
    // The first cell rests 30 mV below the others: a few points less.
    let cells = [3_600, 3_630, 3_630, 3_630].map(Voltage::from_millivolts);
    for _ in 0..7_200 {
        pack.sample(&Reading {
            cells: Some(&cells),
            current: Some(Current::ZERO),
            temperature: Temperature::from_millicelsius(25_000),
            lasted: Duration::from_secs(1),
        });
    }
    assert_ne!(pack.belief().first_empty, pack.belief().first_full);
    pack.told(Ratio::from_permille(400));
    let soc = pack.belief().soc;
    assert!((soc - Ratio::from_permille(400)).abs() < Ratio::from_permille(2), "{soc:?}");
}
