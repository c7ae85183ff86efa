//! What a poll costs on a clean line.

use cellward_testkit::poll::steady_rounds;

#[test]
fn a_steady_round_of_every_dialect_loses_less_than_a_twentieth_of_its_time() {
    let rounds = steady_rounds();
    // One request for each command or block: nothing is asked twice.
    let requests: Vec<_> =
        rounds.iter().map(|(dialect, terms)| (*dialect, terms.requests)).collect();
    assert_eq!(requests, [("a5", 9), ("d2", 1), ("p81", 2), ("modbus", 10)]);
    for (dialect, terms) in rounds {
        let efficiency = terms.efficiency();
        assert!((0.95..=1.001).contains(&efficiency), "{dialect}: {efficiency:.3}, {terms:?}");
    }
}
