//! Groups that are written whole, groups that are refused whole, and what they carry along.

mod random;

use super::*;
use crate::fault::{Fault, Level};
use crate::parameter::Field::{self, Delay, Recovery, Threshold};
use crate::relation::ids::*;

/// A board on the bench, or a pack at rest: nothing in the way of a transaction.
const BENCH: Board = Board { switches_open: true, live_cells: Some(0), most_cells: 24 };

fn lfp() -> Config {
    Config::lifepo4(16)
}

fn id(fault: Fault, level: Level, field: Field) -> ParamId {
    ParamId::of_limit(fault, level, field)
}

/// A refusal, after which nothing has changed.
fn refused(config: &Config, changes: &[(ParamId, i32)], role: Role, board: &Board) -> Refusal {
    let mut tried = config.clone();
    let refusal = tried.apply(changes, role, board).unwrap_err();
    assert_eq!(tried, *config);
    refusal
}

/// What a group made of a configuration, on the bench by an installer.
fn applied(mut config: Config, changes: &[(ParamId, i32)]) -> (Config, Applied) {
    let applied = config.apply(changes, Role::Installer, &BENCH).unwrap();
    (config, applied)
}

//
#[test]
fn a_group_is_written_whole_and_tells_what_changed() {
    let recovery = id(Fault::CellOverVoltage, Level::Alarm, Recovery);
    let before = lfp();
    let (after, applied) = applied(lfp(), &[(recovery, 3_480), (OVER_L1, 3_540)]);
    assert_eq!((after.raw(OVER_L1), after.raw(recovery)), (Some(3_540), Some(3_480)));
    let changed = [
        Changed { id: OVER_L1, old: 3_550, new: 3_540 },
        Changed { id: recovery, old: 3_500, new: 3_480 },
    ];
    assert_eq!(applied.changed, changed);
    assert_eq!((applied.count, applied.reconfigured), (2, false));
    assert_eq!((applied.before_crc, applied.after_crc), (before.crc(), after.crc()));
    assert_ne!(before.crc(), after.crc());
}

//
#[test]
fn one_wrong_value_refuses_the_whole_group() {
    let good = (OVER_L1, 3_560);
    let tail = ParamId(8);
    for (bad, refusal) in [
        ((ParamId(999), 1), Refusal::UnknownParameter(ParamId(999))),
        ((tail, 501), Refusal::OutOfRange { min: 1, max: 500 }),
        ((tail, 0), Refusal::OutOfRange { min: 1, max: 500 }),
        ((RATED_CURRENT, 100_000), Refusal::Role { needed: Role::Factory }),
        ((COMMISSIONED, 0), Refusal::Fixed(COMMISSIONED)),
        ((OVER_L2, 3_651), Refusal::Relation { rule: 4, parameter: OVER_L2 }),
    ] {
        assert_eq!(refused(&lfp(), &[good, bad], Role::Installer, &BENCH), refusal);
        assert_eq!(refused(&lfp(), &[bad, good], Role::Installer, &BENCH), refusal);
    }
}

//
#[test]
fn a_user_writes_nothing_and_an_installer_writes_limits() {
    let group = [(OVER_L1, 3_560)];
    let needed = Role::Installer;
    assert_eq!(refused(&lfp(), &group, Role::User, &BENCH), Refusal::Role { needed });
    let _ = applied(lfp(), &group);
}

//
#[test]
fn limits_that_nobody_may_move_keep_their_delays_too() {
    for field in Field::ALL {
        for fault in [Fault::CellInversion, Fault::ShortCircuit] {
            let fixed = id(fault, Level::Protection, field);
            let refusal = refused(&lfp(), &[(fixed, 200)], Role::Factory, &BENCH);
            assert_eq!(refusal, Refusal::Fixed(fixed));
        }
    }
}

//
#[test]
fn a_broken_relation_names_what_was_written() {
    // Rule 13 looks at the charge limit first; only the heater was written.
    let refusal = refused(&lfp(), &[(HEATER_ON, 19)], Role::Installer, &BENCH);
    assert_eq!(refusal, Refusal::Relation { rule: 13, parameter: HEATER_ON });
}

//
#[test]
fn of_a_parameter_that_is_named_twice_the_later_value_counts() {
    let (after, applied) = applied(lfp(), &[(OVER_L1, 3_570), (OVER_L1, 3_560)]);
    assert_eq!((after.raw(OVER_L1), applied.count), (Some(3_560), 1));
}

/// A group around over-voltage L2 of profile `vendor`, with all that the relations want beside it.
fn over_voltage(protection: i32, hard: i32) -> [(ParamId, i32); 2] {
    [(OVER_L2, protection), (OVER_L3, hard)]
}

//
#[test]
fn an_installer_stops_at_the_cap_and_the_factory_only_at_the_relations() {
    let vendor = Config::new(Profile::Vendor, Chemistry::Lfp, 16);
    // 76 steps of the chip are 3845.6 mV.
    let beyond = over_voltage(3_751, 3_850);
    let cap = |parameter, limit| Refusal::Cap { parameter, limit, needed: Role::Factory };
    assert_eq!(refused(&vendor, &beyond, Role::Installer, &BENCH), cap(OVER_L2, 3_750));
    let hard = over_voltage(3_750, 3_801);
    assert_eq!(refused(&vendor, &hard, Role::Installer, &BENCH), cap(OVER_L3, 3_800));
    let mut by_factory = vendor.clone();
    assert_eq!(by_factory.apply(&beyond, Role::Factory, &BENCH).unwrap().count, 3);

    // What the factory stored stays when an installer writes something else, or the same again.
    let (kept, _) = applied(by_factory.clone(), &[(OVER_L1, 3_660)]);
    assert_eq!(kept.raw(OVER_L2), Some(3_751));
    assert_eq!(applied(by_factory, &beyond).1.count, 0);
}

//
#[test]
fn charging_in_the_cold_is_capped_by_chemistry() {
    let strict = |chemistry| Config::new(Profile::Strict, chemistry, 16);
    for (chemistry, cap) in [(Chemistry::Lfp, 0), (Chemistry::Nmc, 0), (Chemistry::Lto, -200)] {
        let cold = |raw| [(CHARGE_COLD, raw), (DISCHARGE_COLD, -250)];
        let (after, _) = applied(strict(chemistry), &cold(cap));
        assert_eq!(after.raw(CHARGE_COLD), Some(cap));
        assert_eq!(
            refused(&strict(chemistry), &cold(cap - 1), Role::Installer, &BENCH),
            Refusal::Cap { parameter: CHARGE_COLD, limit: cap, needed: Role::Factory }
        );
        let mut by_factory = strict(chemistry);
        assert!(by_factory.apply(&cold(cap - 1), Role::Factory, &BENCH).is_ok());
    }
}

#[test]
fn every_built_in_set_lies_inside_of_the_caps() {
    for &profile in Profile::ALL {
        for &chemistry in Chemistry::ALL {
            let config = Config::new(profile, chemistry, 16);
            for cap in CAPS {
                let value = config.raw(cap.parameter).unwrap();
                assert!(cap.bound(chemistry).holds(value), "{profile:?} {chemistry:?}");
            }
        }
    }
}

//
#[test]
fn the_lock_and_its_recovery_move_with_the_hard_limit() {
    let (after, applied) = applied(lfp(), &[(OVER_L3, 3_750), (OVER_L3_RECOVERY, 3_390)]);
    assert_eq!((after.raw(LOCK), after.raw(LOCK_RECOVERY)), (Some(3_850), Some(3_390)));
    assert_eq!(applied.count, 4);
    let apart = [(OVER_L3, 3_750), (LOCK, 3_900)];
    let refusal = refused(&lfp(), &apart, Role::Installer, &BENCH);
    assert_eq!(refusal, Refusal::Relation { rule: 10, parameter: LOCK });
    let alone = refused(&lfp(), &[(LOCK, 3_901)], Role::Factory, &BENCH);
    assert_eq!(alone, Refusal::Relation { rule: 10, parameter: LOCK });
}

//
#[test]
fn a_new_chemistry_loads_its_set_and_keeps_what_belongs_to_the_board() {
    let mut config = lfp();
    let beta = ParamId(26);
    let gain = ParamId(22);
    let _ = config.apply(&[(gain, 1_234), (SHUNT, 126)], Role::Factory, &BENCH).unwrap();
    let group = [(RATED_CAPACITY, 280_000), (beta, 3_950), (ParamId(2), 4), (OVER_L1, 3_560)];
    let _ = config.apply(&group, Role::Installer, &BENCH).unwrap();
    assert!(config.is_commissioned());
    for (code, &chemistry) in (0..).zip(Chemistry::ALL).skip(1) {
        let (after, applied) = applied(config.clone(), &[(CHEMISTRY, code)]);
        assert_eq!(after.chemistry(), chemistry);
        assert!(!after.is_commissioned());
        assert!(applied.reconfigured && usize::from(applied.count) > applied.changed.len());
        let mut wanted = Config::new(Profile::Strict, chemistry, 16);
        for id in [gain, RATED_CAPACITY, beta, ParamId(2), SHUNT, COMMISSIONED] {
            wanted.force(id, after.raw(id).unwrap());
        }
        wanted.follow(&[Base::ChargeLimit]);
        assert_eq!(after, wanted);
        assert_eq!(
            [gain, RATED_CAPACITY, beta].map(|id| after.raw(id).unwrap()),
            [1_234, 280_000, 3_950]
        );
        assert_eq!((after.raw(SHUNT), after.raw(ParamId(2))), (Some(126), Some(4)));
    }
}

//
#[test]
fn a_new_chemistry_needs_both_switches_open() {
    let closed = Board { switches_open: false, ..BENCH };
    let group = [(CHEMISTRY, 1)];
    assert_eq!(refused(&lfp(), &group, Role::Installer, &closed), Refusal::SwitchesClosed);
    assert_eq!(refused(&lfp(), &group, Role::Factory, &closed), Refusal::SwitchesClosed);
    // The chemistry that is stored already is no change.
    let mut same = lfp();
    assert_eq!(same.apply(&[(CHEMISTRY, 0)], Role::Installer, &closed).unwrap().count, 0);
    assert!(same.is_commissioned());
}

//
#[test]
fn a_group_writes_over_the_set_that_its_chemistry_loads() {
    let (after, _) = applied(lfp(), &[(OVER_L1, 4_185), (CHEMISTRY, 1), (RATED_CAPACITY, 50_000)]);
    assert_eq!(after.raw(OVER_L1), Some(4_185));
    assert_eq!(after.raw(OVER_L2), Some(4_200));
    assert_eq!(after.raw(CHARGE_L1), Some(26_250));
}

//
#[test]
fn a_new_profile_restores_its_defaults_and_the_pack_stays_commissioned() {
    let (after, applied) = applied(lfp(), &[(PROFILE, 1)]);
    assert_eq!(after, Config::new(Profile::Vendor, Chemistry::Lfp, 16));
    assert!(after.is_commissioned() && applied.reconfigured);
}

//
#[test]
fn a_new_cell_count_must_be_the_number_of_live_taps() {
    let taps = |live_cells| Board { live_cells, ..BENCH };
    let group = [(CELLS, 8)];
    let by = |board: &Board| refused(&lfp(), &group, Role::Installer, board);
    assert_eq!(by(&taps(Some(7))), Refusal::LiveTaps { named: 8, live: 7 });
    assert_eq!(by(&taps(Some(9))), Refusal::LiveTaps { named: 8, live: 9 });
    assert_eq!(by(&taps(None)), Refusal::NoReading);
    for board in [taps(Some(8)), taps(Some(0))] {
        let mut config = lfp();
        assert!(config.apply(&group, Role::Installer, &board).unwrap().reconfigured);
        assert_eq!(config.cells(), 8);
    }
}

//
#[test]
fn more_cells_than_the_product_has_taps_for_are_refused() {
    let h = Board { most_cells: 16, ..BENCH };
    let refusal = refused(&Config::lifepo4(12), &[(CELLS, 17)], Role::Factory, &h);
    assert_eq!(refusal, Refusal::OutOfRange { min: 3, max: 16 });
    assert!(Config::lifepo4(12).apply(&[(CELLS, 16)], Role::Installer, &h).is_ok());
}

//
#[test]
fn a_new_cell_count_recomputes_the_pack_and_asks_for_commissioning() {
    let delay = id(Fault::PackOverVoltage, Level::Protection, Delay);
    let (config, _) = applied(lfp(), &[(delay, 500), (OVER_L1, 3_560)]);
    let (after, _) = applied(config, &[(CELLS, 4)]);
    assert!(!after.is_commissioned());
    let raw = |fault, level| after.raw(id(fault, level, Threshold)).unwrap();
    assert_eq!(raw(Fault::PackOverVoltage, Level::Protection), 14_600);
    assert_eq!(raw(Fault::PackUnderVoltage, Level::Alarm), 11_600);
    assert_eq!((after.raw(delay), after.raw(OVER_L1)), (Some(500), Some(3_560)));
}

//
#[test]
fn the_charge_limits_follow_the_capacity_and_unset_makes_none_of_them_zero() {
    let (set, applied_set) = applied(lfp(), &[(RATED_CAPACITY, 280_000)]);
    assert!(applied_set.reconfigured);
    assert_eq!((set.raw(CHARGE_L1), set.raw(CHARGE_L3)), (Some(105_000), Some(150_000)));
    let (unset, _) = applied(set.clone(), &[(RATED_CAPACITY, 0)]);
    assert_eq!((unset.raw(CHARGE_L1), unset.raw(CHARGE_L3)), (Some(52_500), Some(75_000)));
    assert_eq!(unset, lfp());
    // The board is the limit already: nothing moves, an entered limit stays.
    let (entered, _) = applied(set, &[(CHARGE_L1, 104_000)]);
    let (larger, applied) = applied(entered, &[(RATED_CAPACITY, 300_000)]);
    assert_eq!((larger.raw(CHARGE_L1), applied.reconfigured), (Some(104_000), false));
}

//
#[test]
fn a_lower_charge_rate_lowers_the_charge_limits() {
    let (after, _) = applied(lfp(), &[(CHARGE_RATE, 200)]);
    assert_eq!((after.raw(CHARGE_L1), after.raw(CHARGE_L3)), (Some(21_000), Some(30_000)));
}

#[test]
fn another_board_size_moves_every_current_and_the_shunt() {
    let mut config = lfp();
    let group = [(RATED_CURRENT, 30_000)];
    assert!(config.apply(&group, Role::Factory, &BENCH).unwrap().reconfigured);
    assert_eq!(config, lfp().with_rated_amps(30));
    assert_eq!((config.raw(SHUNT), config.raw(SHORT_CIRCUIT_CURRENT)), (Some(834), Some(150_000)));
}

#[test]
fn a_shunt_that_cannot_tell_a_short_circuit_from_a_load_is_refused() {
    // 1000 A over 79 µΩ are 79 mV: the step of 60 mV is 759 A, over 50 µΩ the step of 40 mV 800 A;
    // over 59 µΩ the step of 40 mV is 678 A, over 39 µΩ that of 20 mV 513 A and below 575 A.
    let shunt = |microohms| lfp().apply(&[(SHUNT, microohms)], Role::Factory, &BENCH);
    for fits in [79, 59, 50] {
        assert!(shunt(fits).is_ok(), "{fits}");
    }
    assert_eq!(
        shunt(39).unwrap_err(),
        Refusal::Relation { rule: 16, parameter: SHORT_CIRCUIT_CURRENT }
    );
}

#[test]
fn the_crc_is_the_published_one_over_four_bytes_each_in_the_order_of_the_ids() {
    // Check value of the catalogue.
    assert_eq!(CRC.checksum(b"123456789"), 0xCBF4_3926);
    let ids: std::vec::Vec<_> = Config::ids().collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(ids.len(), crate::parameter::PARAMETERS.len() + 4 * LIMITS.len());
    let bytes: std::vec::Vec<u8> =
        ids.iter().flat_map(|&id| lfp().raw(id).unwrap().to_le_bytes()).collect();
    assert_eq!(lfp().crc(), CRC.checksum(&bytes));
}

#[test]
fn every_single_value_has_its_own_crc() {
    let crc = lfp().crc();
    for id in Config::ids() {
        let mut other = lfp();
        other.force(id, lfp().raw(id).unwrap() + 1);
        assert_ne!(other.crc(), crc, "{id:?}");
    }
}
