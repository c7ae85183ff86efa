//! What each duty wishes for, and what a charger makes of a wish.

use super::*;

fn schedule(duty: Duty, seed: u64) -> Schedule {
    Schedule::new(duty, Chemistry::Lfp, 16, 100.0, seed)
}

fn wish(load_a: f64, voltage_v: f64, current_a: f64) -> Wish {
    Wish { load_a, charger: Charger { voltage_v, current_a } }
}

fn near(one: f64, two: f64) {
    assert!((one - two).abs() < 1e-9, "{one} is not {two}");
}

#[test]
fn a_charger_gives_its_current_below_its_voltage_and_holds_the_voltage_from_there_on() {
    // 10 mΩ and 20 A are 0.2 V: up to 53.8 V inside it gives all that it has.
    let charger = wish(0.0, 54.0, 20.0);
    near(charger.amps(50.0, 0.01), 20.0);
    near(charger.amps(53.8, 0.01), 20.0);
    near(charger.amps(53.9, 0.01), 10.0);
    near(charger.amps(54.0, 0.01), 0.0);
    near(charger.amps(55.0, 0.01), 0.0);
}

#[test]
fn a_load_is_fed_by_the_charger_first_and_the_pack_gives_the_rest() {
    near(wish(30.0, 54.0, 20.0).amps(50.0, 0.01), -10.0);
    near(wish(15.0, 54.0, 20.0).amps(50.0, 0.01), 5.0);
    // A full pack feeds the load down to the voltage that the charger holds, and no more of it.
    near(wish(15.0, 54.0, 20.0).amps(54.05, 0.01), -5.0);
    near(wish(15.0, 54.0, 20.0).amps(60.0, 0.01), -15.0);
    near(wish(15.0, 54.0, 0.0).amps(50.0, 0.01), -15.0);
    near(wish(-8.0, 54.0, 0.0).amps(50.0, 0.01), 8.0);
}

#[test]
fn the_same_seed_gives_the_same_wishes_and_another_seed_does_not() {
    for duty in [Duty::House, Duty::Bike, Duty::Standby, Duty::Drive] {
        let wishes = |seed| -> Vec<_> {
            (0..14 * DAY).step_by(61).map(|second| schedule(duty, seed).wish(second)).collect()
        };
        assert_eq!(wishes(3), wishes(3), "{duty:?}");
        assert_ne!(wishes(3), wishes(4), "{duty:?}");
    }
}

#[test]
fn the_mains_fail_now_and_then_for_ten_minutes_to_two_and_a_half_hours() {
    for seed in 0..10 {
        let supply = schedule(Duty::Standby, seed);
        let (mut outages, mut lasting) = (0, 0);
        for second in 0..60 * DAY {
            if supply.wish(second).charger.current_a > 0.0 {
                assert!(lasting == 0 || (600..=9_000).contains(&lasting), "{lasting}");
                outages += u32::from(lasting > 0);
                lasting = 0;
            } else {
                lasting += 1;
            }
        }
        assert!((8..=32).contains(&outages), "{outages} in sixty days");
    }
}

#[test]
fn with_the_mains_a_supply_carries_its_load_and_holds_the_standby_voltage() {
    let wish = schedule(Duty::Standby, 1).wish(23 * HOUR);
    assert!(wish.charger.current_a > wish.load_a && wish.load_a >= 12.0);
    near(wish.charger.voltage_v, 16.0 * 3.375);
}

#[test]
fn a_car_pulls_brakes_stands_and_charges_at_night_and_not_while_it_drives() {
    let car = schedule(Duty::Drive, 5);
    let loads: Vec<_> = (0..DAY).map(|second| car.wish(second)).collect();
    let driven = |wish: &&Wish| wish.load_a.abs() > 0.5;
    let seconds = loads.iter().filter(driven).count();
    assert!((3_000..=6_000).contains(&seconds), "{seconds}");
    let pulls = loads.iter().map(|wish| wish.load_a).fold(0.0, f64::max);
    let brakes = loads.iter().map(|wish| wish.load_a).fold(0.0, f64::min);
    assert!((120.0..=160.0).contains(&pulls) && (-90.0..=-50.0).contains(&brakes));
    assert!(loads.iter().filter(driven).all(|wish| wish.charger.current_a <= 0.0));
    let charging = loads.iter().filter(|wish| wish.charger.current_a > 0.0).count();
    assert_eq!(charging, 8 * 3_600);
}

#[test]
fn a_bicycle_is_ridden_about_an_hour_a_day_and_charged_on_two_nights_of_three() {
    let bike = schedule(Duty::Bike, 2);
    let seconds = 60 * DAY;
    let ridden = (0..seconds).filter(|&second| bike.wish(second).load_a > 0.0).count();
    let hours = f64::from(u32::try_from(ridden).unwrap()) / 3_600.0 / 60.0;
    assert!((0.6..1.2).contains(&hours), "{hours}");
    let nights = (0..60).filter(|night| {
        // Midnight lies 17 hours after seven in the morning.
        bike.wish(night * DAY + 17 * HOUR).charger.current_a > 0.0
    });
    let nights = nights.count();
    assert!((30..=50).contains(&nights), "{nights}");
}

#[test]
fn a_house_draws_about_what_its_field_delivers() {
    let house = schedule(Duty::House, 9);
    let (mut drawn, mut delivered) = (0.0, 0.0);
    for minute in 0..30 * 1_440 {
        let wish = house.wish(minute * 60);
        drawn += wish.load_a / 60.0;
        delivered += wish.charger.current_a / 60.0;
    }
    // Thirty days of 101 % of 100 Ah.
    assert!((2_900.0..3_200.0).contains(&drawn), "{drawn}");
    assert!((0.9..1.6).contains(&(delivered / drawn)), "{delivered}");
}

#[test]
fn a_steady_load_is_a_tenth_of_an_amp_for_ever_and_every_key_is_its_own() {
    for second in [0, DAY, 29 * DAY] {
        assert_eq!(schedule(Duty::Steady, 1).wish(second), schedule(Duty::Steady, 2).wish(0));
    }
    near(schedule(Duty::Steady, 1).wish(0).load_a, 0.1);
    let keys: std::collections::BTreeSet<_> = Duty::ALL.iter().map(|duty| duty.key()).collect();
    assert_eq!(keys.len(), Duty::ALL.len());
}
