//! Same seed, same bits; hopping over quiet spans tells the same story as ticking through them.

use cellward_params::record::Subject;
use cellward_params::{Chemistry, Record, RecordKind};
use cellward_sim::{Injection, Setup, Sim, Story};
use cellward_units::{Duration, Instant};

fn records(sim: &mut Sim) -> Vec<Record> {
    core::iter::from_fn(|| sim.poll_record()).collect()
}

fn at(seconds: u64) -> Instant {
    Instant::START + Duration::from_secs(seconds)
}

/// Everything that a run shows, to the last bit.
fn fingerprint(seed: u64) -> (Vec<Record>, Vec<u64>, String) {
    let mut sim = Sim::new(Setup { seed, start_soc: 0.6, ..Setup::default() }).unwrap();
    sim.run_until(at(20));
    sim.inject(Injection::LoadTooBig);
    sim.run_until(at(60));
    sim.remove(Injection::LoadTooBig);
    sim.run_until(at(120));
    let truth = sim.truth();
    let bits = [&truth.cell_v, &truth.soc, &truth.cell_c]
        .into_iter()
        .flatten()
        .map(|number| number.to_bits())
        .collect();
    let told = records(&mut sim);
    (told, bits, format!("{:?}", sim.snapshot()))
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_does_not() {
    let one = fingerprint(7);
    assert_eq!(one, fingerprint(7));
    let other = fingerprint(8);
    assert_ne!(one.1, other.1);
    assert_ne!(one.2, other.2);
}

/// A fingerprint of a run, written down once, so that a different `exp`, `sin` or order of
/// additions on another machine or in another build is seen. Whoever changes the model changes it.
#[test]
fn the_bits_are_the_same_on_every_machine() {
    let bits = fingerprint(7).1;
    let mix = bits.iter().fold(0_u64, |mix, bits| mix.rotate_left(7) ^ bits);
    assert_eq!(mix, MIX_OF_SEED_7, "{mix:#018x}");
}

const MIX_OF_SEED_7: u64 = 0x99b5_8ffd_9bc2_fa8c;

/// A small pack that is driven through both ends, over-current, heat and trouble in two hours.
const CROSSINGS: &str = r#"
    [pack]
    capacity_ah = 20
    start_soc_percent = 90
    ideal_sensors = true

    [[at]]
    time = "10s"
    charger = { voltage_v = 64, current_a = 4 }

    [[at]]
    time = "35min"
    charger = { voltage_v = 0, current_a = 0 }
    load_a = 15

    [[at]]
    time = "65min"
    inject = "hot_cell"

    [[at]]
    time = "75min"
    remove = "hot_cell"

    [[at]]
    time = "100min"
    load_a = 40

    [[at]]
    time = "125min"
    load_a = 0
    charger = { voltage_v = 55.2, current_a = 4 }

    [[at]]
    time = "135min"
    inject = "sensor_unplugged"

    [[at]]
    time = "136min"
    remove = "sensor_unplugged"

    [[at]]
    time = "140min"
    inject = "open_wire"

    [[at]]
    time = "141min"
    remove = "open_wire"

    [[at]]
    time = "145min"
    charger = { voltage_v = 55.2, current_a = 9 }

    [[at]]
    time = "150min"
    charger = { voltage_v = 0, current_a = 0 }

    [[at]]
    time = "155min"
    inject = "load_too_big"

    [[at]]
    time = "156min"
    remove = "load_too_big"
"#;

/// A story ticked through to its end and hopped through.
fn both_ways(story: &str, end: Instant) -> [Sim; 2] {
    let story = Story::parse(story).unwrap();
    let mut ticking = Sim::new(story.clone().into()).unwrap();
    ticking.run_until(end);
    let mut hopping = Sim::new(story.into()).unwrap();
    hopping.run_jumping(end);
    [ticking, hopping]
}

/// A record without its number and count: when, of what kind, about what, where and how much.
type Short = (Instant, RecordKind, Subject, Option<u8>, Option<i32>);

fn short(sim: &mut Sim) -> Vec<Short> {
    records(sim).iter().map(|r| (r.at, r.kind, r.subject, r.index, r.value)).collect()
}

#[test]
fn hopping_tells_the_same_records_at_the_same_times_as_ticking() {
    let [mut ticking, mut hopping] = both_ways(CROSSINGS, at(160 * 60));
    let (ticked, hopped) = (short(&mut ticking), short(&mut hopping));
    let faults = ticked.iter().filter(|r| matches!(r.2, Subject::Fault(..))).count();
    assert!(faults >= 16, "the story crosses too little: {ticked:#?}");
    for (one, two) in ticked.iter().zip(&hopped) {
        assert_eq!(one, two);
    }
    assert_eq!(ticked.len(), hopped.len());

    // The plant under both is the same to the last bit.
    let (one, two) = (ticking.truth(), hopping.truth());
    assert_eq!(one.cell_v, two.cell_v);
    assert_eq!(one.soc, two.soc);
    assert_eq!(one.charge_as, two.charge_as);
    // And what the board counted agrees within a thousandth of a percent.
    let soc = |sim: &Sim| sim.snapshot().soc_true.unwrap().as_ppm();
    assert!((soc(&ticking) - soc(&hopping)).abs() <= 10);
}

/// A board that sleeps and is woken by a load, a slow charger and a fault.
const NIGHTS: &str = r#"
    [pack]
    ideal_sensors = true
    start_soc_percent = 60

    [parameters]
    sleep_wait = 60

    [[at]]
    time = "5min"
    load_a = 5

    [[at]]
    time = "6min"
    load_a = 0

    [[at]]
    time = "10min"
    charger = { voltage_v = 56, current_a = 0.3 }

    [[at]]
    time = "13min"
    charger = { voltage_v = 0, current_a = 0 }

    [[at]]
    time = "18min"
    inject = "sensor_unplugged"
"#;

#[test]
fn hopping_over_sleep_tells_the_same_records_at_the_same_times() {
    let [mut ticking, mut hopping] = both_ways(NIGHTS, at(20 * 60));
    let (ticked, hopped) = (short(&mut ticking), short(&mut hopping));
    let turns = ticked.iter().filter(|r| r.1 == RecordKind::Sleep).count();
    assert!(turns >= 6, "it sleeps and wakes too little: {ticked:#?}");
    assert_eq!(ticked, hopped);
}

#[test]
fn a_solar_day_of_hops_keeps_the_books_of_charge_and_energy() {
    let mut sim = Sim::new(Setup::default()).unwrap();
    let before = sim.truth();
    sim.run_jumping(at(86_400));
    let after = sim.truth();
    // Cells hold what went through the port, less what the board took (10 mA) and what was bled.
    let held: f64 = (0..16)
        .map(|cell| (after.soc[cell] - before.soc[cell]) * after.capacity_ah[cell] / 16.0)
        .sum();
    let through = after.charge_as / 3_600.0;
    let own = 0.010 * 24.0;
    let bled = through - own - held;
    assert!((-1e-6..=0.030 * 24.0).contains(&bled), "{bled}");
    let books = after.electrical_j - after.stored_j - after.heat_j;
    assert!(books.abs() < 1e-6 * after.stored_j.abs().max(after.heat_j), "{books}");
    assert!(after.heat_j > 0.0);
}

#[test]
fn a_sunny_day_fills_the_pack_and_the_night_empties_it_to_about_a_third() {
    let mut sim = Sim::new(Setup::default()).unwrap();
    let mean = |sim: &Sim| sim.truth().soc.iter().sum::<f64>() / 16.0;
    let mut most: f64 = 0.0;
    for hour in 1..=24 {
        sim.run_jumping(at(hour * 3_600));
        most = most.max(mean(&sim));
    }
    assert!(most > 0.99, "{most}");
    assert!((0.25..0.45).contains(&mean(&sim)), "{}", mean(&sim));
    assert_eq!(faults(&mut sim), []);
}

fn faults(sim: &mut Sim) -> Vec<Record> {
    let told = records(sim).into_iter();
    told.filter(|record| matches!(record.subject, Subject::Fault(..))).collect()
}

#[test]
fn an_ordinary_day_trips_nothing_with_any_chemistry_and_real_sensors() {
    for (chemistry, seed, cells) in [
        (Chemistry::Lfp, 2, 16),
        (Chemistry::Lfp, 3, 24),
        (Chemistry::Nmc, 4, 4),
        (Chemistry::Lto, 5, 24),
    ] {
        let setup = Setup { chemistry, seed, cells, ..Setup::default() };
        let mut sim = Sim::new(setup).unwrap();
        sim.run_jumping(at(86_400));
        assert_eq!(faults(&mut sim), [], "{chemistry:?}, {cells} cells, seed {seed}");
    }
}
