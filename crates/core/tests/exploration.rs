//! An exhaustive walk over the machine of switches, latches, retries and locks: from a start, every
//! situation of an alphabet, again and again, until no new state appears.
//!
//! It drives the real engine in coarse steps. What two engines have in common that counts as the
//! same state is what can be seen of them: the world, the switches told and real, every active
//! level, every lock, what has been counted and what is kept over a restart, what people allow, and
//! for each switch why it is open, what must happen, and whether that is happening. Times within a
//! delay are not part of it; the alphabet has short and long waits instead.
//!
//! In every step the guard of the rig looks for a switch that is closed and must not be. In every
//! state it is proved by doing it that there is a way out: good readings, an empty port, the user's
//! word and time close both switches, unless a lock or a row that waits for an installer is there;
//! then nothing but the installer does. And after every restart everything that was latched or
//! locked still is, and releases no sooner than without the restart.

#[allow(dead_code, reason = "each proof uses its part of the rig")]
mod rig;

use std::collections::{HashMap, VecDeque};

use cellward_core::{BoardHealth, ChipAlert, Counts, Input, Memory};
use cellward_params::fault::Blocks;
use cellward_params::reason::{Until, Why};
use cellward_params::record::{ReleaseReason, Switches};
use cellward_params::{Chemistry, Command, Config, Fault, Level, Profile, Role, Switch};
use cellward_units::{Duration, NoData};

use rig::decision::opens;
use rig::world::{Outside, Wires, World};
use rig::{HEALTHY, Rig};

/// How long a change of situation is watched before the next.
const SETTLE_MS: u64 = 200;
/// How long a restarted board is compared with one that was not.
const COMPARE_MS: u64 = 3_000;

/// One letter of the alphabet.
type Letter = (&'static str, fn(&mut Rig));

/// What counts as one state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    world: World,
    told: [bool; 2],
    gates: [bool; 2],
    path: bool,
    active: Vec<(Fault, Level)>,
    locks: u64,
    latched: u64,
    counts: [u8; 8],
    allowed: [bool; 2],
    key: Option<bool>,
    overridden: Option<Fault>,
    reasons: Vec<(&'static str, &'static str)>,
    asking: bool,
}

fn pair(switches: Switches) -> [bool; 2] {
    [switches.charge, switches.discharge]
}

fn state(rig: &Rig) -> State {
    let snapshot = rig.bms.snapshot(rig.now);
    let counts = rig.image.map_or(Counts::default(), |image| image.counts);
    let reasons = [snapshot.charge_switch_reasons, snapshot.discharge_switch_reasons];
    let reasons = reasons.into_iter().flatten().flatten();
    // Alarms open nothing.
    let active = rig.guard.active().iter();
    let protections = active.filter(|(_, level)| *level != Level::Alarm);
    State {
        world: rig.world,
        told: pair(rig.commanded()),
        gates: pair(rig.gates()),
        path: rig.bms.wanted().precharge,
        active: protections.copied().collect(),
        locks: rig.image.map_or(0, |image| image.locks),
        latched: rig.image.map_or(0, |image| image.latched),
        counts: [
            counts.over_voltage_closings,
            counts.under_voltage_closings,
            counts.charge_over_currents,
            counts.discharge_tries,
            counts.short_tries,
            counts.short_latches,
            counts.watchdog_trips,
            counts.self_test_failures,
        ],
        allowed: pair(rig.guard.allowed),
        key: rig.key,
        overridden: rig.guard.overridden,
        reasons: reasons.map(|it| (it.why.key(), it.until.key())).collect(),
        asking: rig.bms.wanted().test_wires,
    }
}

/// What only an installer ends.
fn waits_for_installer(rig: &Rig) -> bool {
    let rows = [
        (Fault::CellDifference, Level::Hard),
        (Fault::InternalShort, Level::Protection),
        (Fault::NotCommissioned, Level::Protection),
    ];
    rig.guard.locks().next().is_some()
        || rows
            .iter()
            .any(|&(fault, level)| rig.active(fault, level) && rig.guard.overridden != Some(fault))
}

/// Everything physical is made good; people without a password do what they can, and wait.
fn people_help(rig: &mut Rig) {
    rig.change(|world| *world = World::GOOD);
    rig.set_health(HEALTHY);
    if rig.key.is_some() {
        rig.turn_key(true);
    }
    rig.run_ms(1_000);
    allow_both(rig);
    rig.rest(Duration::from_secs(600));
    allow_both(rig);
    rig.rest(Duration::from_secs(7_200));
}

fn allow_both(rig: &mut Rig) {
    rig.allow(Switch::Charge, true);
    rig.allow(Switch::Discharge, true);
}

/// An installer does everything that an installer can.
fn installer_helps(rig: &mut Rig) {
    unlock_all(rig);
    for &fault in Fault::ALL {
        let _nothing_to_do = rig.ask(Role::Installer, Command::Acknowledge(fault));
    }
    commission(rig);
    let _nothing_to_do = rig.ask(Role::Installer, Command::Override(Fault::CellDifference));
    rig.run_ms(1_000);
    allow_both(rig);
    rig.rest(Duration::from_secs(600));
}

fn unlock_all(rig: &mut Rig) {
    for &fault in Fault::ALL {
        rig.unlock(fault);
    }
}

fn commission(rig: &mut Rig) {
    let confirm =
        Command::Commission { chemistry: Chemistry::Lfp, cells: 16, outside_window: false };
    let _refused = rig.ask(Role::Installer, confirm);
}

/// Proves that a state has a way out, and that a lock has no other one than the installer.
fn prove_way_out(rig: &Rig, path: &dyn Fn() -> String) {
    let mut helped = rig.clone();
    let locked: Vec<Fault> = helped.guard.locks().collect();
    people_help(&mut helped);
    let still: Vec<Fault> = helped.guard.locks().collect();
    assert!(
        locked.iter().all(|fault| still.contains(fault)),
        "a lock went without the installer: {locked:?} after {}",
        path()
    );
    let waits = waits_for_installer(&helped);
    assert_eq!(
        helped.both_closed(),
        !waits,
        "{:?} waits for an installer: {waits}; active {:?}, locked {still:?}, after {}",
        reasons(&helped),
        helped.guard.active(),
        path()
    );
    if waits {
        installer_helps(&mut helped);
        assert!(
            helped.both_closed(),
            "no way out: {:?}, active {:?}, after {}",
            reasons(&helped),
            helped.guard.active(),
            path()
        );
    }
    assert_good(&helped, path);
}

fn assert_good(rig: &Rig, path: &dyn Fn() -> String) {
    if let Some(broken) = &rig.guard.broken {
        panic!("{broken}, after {}", path());
    }
}

fn reasons(rig: &Rig) -> Vec<(Switch, Why, Until)> {
    let snapshot = rig.bms.snapshot(rig.now);
    let both = [
        (Switch::Charge, snapshot.charge_switch_reasons),
        (Switch::Discharge, snapshot.discharge_switch_reasons),
    ];
    both.into_iter()
        .flat_map(|(switch, reasons)| {
            let reasons = reasons.unwrap().into_iter();
            reasons.map(move |it| (switch, it.why, it.until)).collect::<Vec<_>>()
        })
        .collect()
}

/// Proves that a restart is no way around a latch or a lock.
fn prove_restart(rig: &Rig, path: &dyn Fn() -> String) {
    let Some(image) = rig.image else {
        return;
    };
    let mut twin = rig.clone();
    let mut restarted = rig.clone();
    restarted.restart();
    twin.run_ms(COMPARE_MS);
    restarted.run_ms(COMPARE_MS);
    let there =
        |rig: &Rig, fault| {
            rig.guard.locks().any(|locked| locked == fault)
                || rig.guard.active().iter().any(|&(active, level)| {
                    active == fault && opens(fault, level) != Blocks::Nothing
                })
        };
    let kept = Fault::ALL.iter().copied();
    let kept = kept.filter(|fault| (image.latched | image.locks) >> fault.code() & 1 == 1);
    for fault in kept {
        assert!(there(rig, fault), "{fault:?} is kept and opens nothing, after {}", path());
        // With both switches open after a restart a removed load shows that did not show before.
        let relief = restarted.released.iter().any(|&(released, reason)| {
            let seen = matches!(
                reason,
                ReleaseReason::LoadRemoved | ReleaseReason::ChargerRemoved | ReleaseReason::Charger
            );
            released == fault && seen
        });
        assert!(
            there(&restarted, fault) || !there(&twin, fault) || relief,
            "a restart ends {fault:?}: {:?}, after {}",
            restarted.released,
            path()
        );
    }
    assert_good(&twin, path);
    assert_good(&restarted, path);
}

/// What a walk came to.
#[derive(Debug, PartialEq, Eq)]
struct Walked {
    states: usize,
    transitions: usize,
    /// How many letters the longest of the shortest words has.
    depth: usize,
}

/// Walks from a board that has started, breadth first; at most `most_letters` letters far.
fn walk(name: &str, start: Rig, alphabet: &[Letter], most_letters: usize) -> Walked {
    let clock = std::time::Instant::now();
    let mut start = start;
    start.run_ms(1_500);
    let mut known: HashMap<State, usize> = HashMap::new();
    // For each state, how it was reached first.
    let mut reached: Vec<(usize, &'static str, usize)> = vec![(0, "start", 0)];
    let mut waiting: VecDeque<(usize, Rig)> = VecDeque::new();
    known.insert(state(&start), 0);
    waiting.push_back((0, start));
    let mut transitions = 0;
    while let Some((number, rig)) = waiting.pop_front() {
        let word = |last: &'static str| {
            let mut letters = vec![last];
            let mut at = number;
            while at != 0 {
                letters.push(reached[at].1);
                at = reached[at].0;
            }
            letters.reverse();
            letters.join(", ")
        };
        prove_way_out(&rig, &|| word("people help"));
        prove_restart(&rig, &|| word("restart"));
        let depth = reached[number].2;
        if depth == most_letters {
            continue;
        }
        let mut found = Vec::new();
        for &(letter, act) in alphabet {
            let mut next = rig.clone();
            act(&mut next);
            if let Some(broken) = &next.guard.broken {
                panic!("{broken}, after {}", word(letter));
            }
            transitions += 1;
            let key = state(&next);
            if !known.contains_key(&key) {
                known.insert(key, reached.len() + found.len());
                found.push((letter, next));
            }
        }
        for (letter, next) in found {
            waiting.push_back((reached.len(), next));
            reached.push((number, letter, depth + 1));
        }
    }
    let depth = reached.iter().map(|(_, _, depth)| *depth).max().unwrap_or(0);
    let walked = Walked { states: known.len(), transitions, depth };
    println!("walk {name}: {} letters, {walked:?} {:?}", alphabet.len(), clock.elapsed());
    walked
}

fn put(rig: &mut Rig, change: impl FnOnce(&mut World)) {
    rig.change(change);
    rig.run_ms(SETTLE_MS);
}

fn outside(rig: &mut Rig, outside: Outside) {
    put(rig, |world| world.outside = outside);
}

fn cell(rig: &mut Rig, millivolts: i32) {
    put(rig, |world| world.cell = millivolts);
}

fn user(rig: &mut Rig, switch: Switch, allowed: bool) {
    rig.allow(switch, allowed);
    rig.run_ms(SETTLE_MS);
}

fn health(rig: &mut Rig, health: BoardHealth) {
    rig.set_health(health);
    rig.run_ms(SETTLE_MS);
}

/// Time and power.
const TIME: &[Letter] = &[
    ("wait 1 s", |rig| rig.run_ms(1_000)),
    ("wait 10 min", |rig| rig.rest(Duration::from_secs(600))),
    ("wait 2 h", |rig| rig.rest(Duration::from_secs(7_200))),
    ("restart", |rig| {
        rig.restart();
        rig.run_ms(1_000);
    }),
];

const PORT: &[Letter] = &[
    ("empty port", |rig| outside(rig, Outside::Nothing)),
    ("load", |rig| outside(rig, Outside::Load(20))),
    ("charger", |rig| outside(rig, Outside::Charger(20))),
];

const CHARGER: &[Letter] = &[
    ("empty port", |rig| outside(rig, Outside::Nothing)),
    ("charger", |rig| outside(rig, Outside::Charger(20))),
];

const USER: &[Letter] = &[
    ("user: charge off", |rig| user(rig, Switch::Charge, false)),
    ("user: charge on", |rig| user(rig, Switch::Charge, true)),
    ("user: discharge off", |rig| user(rig, Switch::Discharge, false)),
    ("user: discharge on", |rig| user(rig, Switch::Discharge, true)),
];

/// A user who only asks.
const ASK: &[Letter] = &[("user: both on", |rig| {
    allow_both(rig);
    rig.run_ms(SETTLE_MS);
})];

const WIRES: &[Letter] = &[
    ("wires good", |rig| put(rig, |world| world.wires = Wires::Good)),
    ("wire loose", |rig| put(rig, |world| world.wires = Wires::Loose)),
];

const UNLOCK: &[Letter] = &[("installer unlocks", |rig| {
    unlock_all(rig);
    rig.run_ms(SETTLE_MS);
})];

const GOOD_CELLS: &[Letter] = &[("cells good", |rig| cell(rig, 3_300))];

const CELL_HIGH: &[Letter] = &[("cell 3.70 V", |rig| cell(rig, 3_700))];

const HIGH: &[Letter] =
    &[("cell 3.70 V", |rig| cell(rig, 3_700)), ("cell 3.95 V", |rig| cell(rig, 3_950))];

const LOW: &[Letter] =
    &[("cell 2.45 V", |rig| cell(rig, 2_450)), ("cell 1.90 V", |rig| cell(rig, 1_900))];

const INVERTED: &[Letter] = &[("cell -0.10 V", |rig| cell(rig, -100))];

const RECOVERY_CHARGE: &[Letter] = &[("override low", |rig| {
    let _refused = rig.ask(Role::Installer, Command::Override(Fault::DeepUnderVoltage));
    rig.run_ms(SETTLE_MS);
})];

const OVERRIDE: &[Letter] = &[("override difference", |rig| {
    let _refused = rig.ask(Role::Installer, Command::Override(Fault::CellDifference));
    rig.run_ms(SETTLE_MS);
})];

const TOO_MUCH_LOAD: &[Letter] =
    &[("load of 350 A", |rig| outside(rig, Outside::Load(350))), SHORT_CIRCUIT];

const TOO_MUCH_CHARGE: &[Letter] =
    &[("charger of 350 A", |rig| outside(rig, Outside::Charger(350)))];

const SHORT: &[Letter] = &[SHORT_CIRCUIT];

const SHORT_CIRCUIT: Letter = ("short circuit", |rig| outside(rig, Outside::Short));

const KEY: &[Letter] = &[
    ("key off", |rig| {
        rig.turn_key(false);
        rig.run_ms(SETTLE_MS);
    }),
    ("key on", |rig| {
        rig.turn_key(true);
        rig.run_ms(SETTLE_MS);
    }),
];

const STUCK: &[Letter] = &[
    ("charge switch stuck", |rig| put(rig, |world| world.stuck = Some(Switch::Charge))),
    ("discharge switch stuck", |rig| put(rig, |world| world.stuck = Some(Switch::Discharge))),
    ("switches work", |rig| put(rig, |world| world.stuck = None)),
];

const CHARGE_STUCK: &[Letter] = &[
    ("charge switch stuck", |rig| put(rig, |world| world.stuck = Some(Switch::Charge))),
    ("switches work", |rig| put(rig, |world| world.stuck = None)),
];

const TEMPERATURES: &[Letter] = &[
    ("sensor missing", |rig| put(rig, |world| world.sensor = Err(NoData::SensorOpen))),
    ("sensors good", |rig| {
        put(rig, |world| (world.sensor, world.second_sensor) = (Ok(25_000), 25_000));
    }),
    ("hot", |rig| put(rig, |world| (world.sensor, world.second_sensor) = (Ok(62_000), 61_000))),
    ("cold to charge", |rig| {
        put(rig, |world| (world.sensor, world.second_sensor) = (Ok(0), 1_000));
    }),
];

const SILENCE: &[Letter] = &[
    ("chip silent", |rig| put(rig, |world| world.answering = false)),
    ("cells silent", |rig| put(rig, |world| world.sends_cells = false)),
    READINGS_GOOD,
];

const WRONG: &[Letter] = &[
    ("current invalid", |rig| put(rig, |world| world.current_valid = false)),
    ("sum apart", |rig| put(rig, |world| world.pack_error = 800)),
    ("wire open", |rig| put(rig, |world| world.wire_open = true)),
    READINGS_GOOD,
];

const READINGS_GOOD: Letter = ("readings good", |rig| {
    put(rig, |world| *world = World { outside: world.outside, ..World::GOOD });
});

const BOARD: &[Letter] = &[
    ("self-test fails", |rig| health(rig, BoardHealth { self_test: false, ..HEALTHY })),
    ("parameters lost", |rig| health(rig, BoardHealth { memory: Memory::Lost, ..HEALTHY })),
    ("board healthy", |rig| health(rig, HEALTHY)),
    ("chip missed the brain", |rig| {
        rig.feed(Input::Alert(ChipAlert::Watchdog));
        rig.run_ms(SETTLE_MS);
    }),
    ("poles swapped", |rig| outside(rig, Outside::Swapped)),
    ("empty port", |rig| outside(rig, Outside::Nothing)),
];

const UNEQUAL: &[Letter] = &[
    ("cells 1 V apart", |rig| {
        put(rig, |world| (world.cells, world.cell) = (3_540, 2_530));
    }),
    ("cells 0.6 V apart", |rig| {
        put(rig, |world| (world.cells, world.cell) = (3_400, 2_800));
    }),
    ("cells even", |rig| put(rig, |world| (world.cells, world.cell) = (3_300, 3_300))),
];

const COMMISSION: &[Letter] = &[("installer commissions", |rig| {
    commission(rig);
    rig.run_ms(SETTLE_MS);
})];

fn all(parts: &[&[Letter]]) -> Vec<Letter> {
    parts.concat()
}

/// No walk is cut off.
const TO_THE_END: usize = usize::MAX;

#[test]
fn no_word_of_high_cells_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, GOOD_CELLS, HIGH, UNLOCK]);
    walk("high cells", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_a_charger_that_cannot_be_stopped_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, CHARGER, GOOD_CELLS, CELL_HIGH, UNLOCK, CHARGE_STUCK]);
    walk("charging does not stop", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_high_cells_and_loose_wires_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, ASK, GOOD_CELLS, HIGH, WIRES, UNLOCK]);
    walk("high cells and wires", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_low_cells_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, CHARGER, ASK, GOOD_CELLS, LOW, UNLOCK, RECOVERY_CHARGE]);
    walk("low cells", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_inverted_cells_and_loose_wires_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, GOOD_CELLS, INVERTED, WIRES, UNLOCK]);
    walk("inverted cells and wires", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_too_much_discharge_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, TOO_MUCH_LOAD, KEY, ASK, UNLOCK]);
    walk("too much discharge", Rig::new(false, true), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_too_much_charge_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, TOO_MUCH_CHARGE, ASK]);
    walk("too much charge", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_a_precharge_path_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, SHORT, ASK, UNLOCK]);
    walk("pre-charge", Rig::new(true, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_what_people_forbid_and_switches_that_stick_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, USER, STUCK, UNLOCK]);
    walk("people and stuck switches", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_temperatures_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, TEMPERATURES]);
    walk("temperatures", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_silence_and_wrong_readings_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, SILENCE]);
    walk("silence", Rig::new(false, false), &alphabet, TO_THE_END);
    let alphabet = all(&[TIME, PORT, WRONG]);
    walk("wrong readings", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_a_bad_board_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, ASK, BOARD, UNLOCK]);
    walk("board", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_unequal_cells_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, ASK, UNEQUAL, OVERRIDE]);
    walk("unequal cells", Rig::new(false, false), &alphabet, TO_THE_END);
}

#[test]
fn no_word_of_a_board_from_the_factory_is_unsafe_or_a_dead_end() {
    let alphabet = all(&[TIME, PORT, ASK, COMMISSION, GOOD_CELLS, LOW]);
    let config = Config::from_factory(Profile::Strict, Chemistry::Lfp, 16);
    walk("factory", Rig::with(config), &alphabet, TO_THE_END);
}

#[test]
fn no_three_situations_of_any_kind_are_unsafe_or_a_dead_end() {
    let alphabet = all(&[
        TIME,
        PORT,
        TOO_MUCH_LOAD,
        TOO_MUCH_CHARGE,
        USER,
        GOOD_CELLS,
        HIGH,
        LOW,
        INVERTED,
        WIRES,
        STUCK,
        TEMPERATURES,
        SILENCE,
        WRONG,
        BOARD,
        UNEQUAL,
        UNLOCK,
        OVERRIDE,
        RECOVERY_CHARGE,
        KEY,
    ]);
    walk("everything", Rig::new(true, true), &alphabet, 3);
}
