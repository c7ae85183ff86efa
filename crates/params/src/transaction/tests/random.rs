//! Random groups: whatever is written, the relations hold; whatever is refused, nothing moved.

use proptest::prelude::*;

use super::*;

/// A configuration that its own rules pass, some way off from the defaults.
fn any_config() -> impl Strategy<Value = Config> {
    let pack = (0..2_usize, 0..3_usize, 3..=24_u8);
    let board = (0..crate::BOARD_SIZES.len(), prop_oneof![Just(0), 1_000..1_000_000_i32]);
    (pack, board).prop_map(|((profile, chemistry, cells), (size, capacity))| {
        let mut config = Config::new(Profile::ALL[profile], Chemistry::ALL[chemistry], cells);
        config.set(RATED_CURRENT, crate::BOARD_SIZES[size] * 1_000).unwrap();
        config.set(RATED_CAPACITY, capacity).unwrap();
        config.restore_limits();
        config
    })
}

/// A parameter: mostly one that can be set, often one that carries others along.
fn any_id() -> impl Strategy<Value = ParamId> {
    let all: std::vec::Vec<_> = Config::ids().collect();
    let settable: std::vec::Vec<_> = Config::ids().filter(|&id| Config::is_settable(id)).collect();
    let leaders =
        [CELLS, CHEMISTRY, PROFILE, RATED_CURRENT, RATED_CAPACITY, CHARGE_RATE, OVER_L3, SHUNT];
    prop_oneof![
        24 => proptest::sample::select(settable),
        8 => proptest::sample::select(leaders.to_vec()),
        1 => proptest::sample::select(all),
    ]
}

/// A step from what is stored, mostly a small one, and whether it stays inside of the range.
type Step = (ParamId, i32, bool);

/// A group of up to six steps.
fn any_group() -> impl Strategy<Value = std::vec::Vec<Step>> {
    let step =
        prop_oneof![4 => -9..9_i32, 4 => -60..60_i32, 2 => -2_000..2_000_i32, 1 => any::<i32>()];
    proptest::collection::vec((any_id(), step, prop::bool::weighted(0.97)), 1..=6)
}

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![1 => Just(Role::User), 6 => Just(Role::Installer), 6 => Just(Role::Factory)]
}

fn any_board() -> impl Strategy<Value = Board> {
    let live = prop_oneof![Just(None), Just(Some(0)), (3..=24_u8).prop_map(Some)];
    (any::<bool>(), live, prop_oneof![Just(16), Just(24)]).prop_map(
        |(switches_open, live_cells, most_cells)| Board { switches_open, live_cells, most_cells },
    )
}

/// The group as values for this configuration.
fn resolve(config: &Config, group: &[Step]) -> std::vec::Vec<(ParamId, i32)> {
    group
        .iter()
        .map(|&(id, step, inside)| {
            let (min, max) = Config::range_of(id).unwrap();
            let raw = config.raw(id).unwrap().saturating_add(step);
            (id, if inside { raw.clamp(min, max) } else { raw })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    //
    #[test]
    fn no_group_leaves_a_broken_relation_and_a_refusal_changes_nothing(
        config in any_config(),
        groups in proptest::collection::vec(any_group(), 1..4),
        role in any_role(),
        board in any_board(),
    ) {
        prop_assert_eq!(config.check(), Ok(()));
        let mut config = config;
        for group in groups {
            let before = config.clone();
            let changes = resolve(&config, &group);
            match config.apply(&changes, role, &board) {
                Ok(applied) => {
                    prop_assert_eq!(config.check(), Ok(()));
                    let differ = Config::ids().filter(|&id| config.raw(id) != before.raw(id));
                    prop_assert_eq!(usize::from(applied.count), differ.count());
                    for id in Config::ids() {
                        let (min, max) = Config::range_of(id).unwrap();
                        prop_assert!((min..=max).contains(&config.raw(id).unwrap()));
                    }
                    for &(id, _) in &changes {
                        let last = changes.iter().rev().find(|change| change.0 == id);
                        prop_assert_eq!(config.raw(id), last.map(|change| change.1));
                    }
                }
                Err(_) => prop_assert_eq!(&config, &before),
            }
        }
    }

    //
    #[test]
    fn writing_back_what_was_read_changes_nothing(
        config in any_config(),
        group in any_group(),
        board in any_board(),
    ) {
        let mut config = config;
        let changes = resolve(&config, &group);
        let _ = config.apply(&changes, Role::Factory, &BENCH);
        let read: std::vec::Vec<_> = Config::ids()
            .filter(|&id| Config::is_settable(id))
            .map(|id| (id, config.raw(id).unwrap()))
            .collect();
        let before = config.clone();
        let board = Board { most_cells: 24, ..board };
        let applied = config.apply(&read, Role::Factory, &board).unwrap();
        prop_assert_eq!((applied.count, applied.reconfigured), (0, false));
        prop_assert_eq!(applied.before_crc, applied.after_crc);
        prop_assert_eq!(config, before);
    }
}
