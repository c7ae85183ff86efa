//! The closed-loop matrix: every level of every fault in every flow and both directions of current,
//! compared with the switch decision table. The page of it is `docs/reference/matrix.md`.

#[allow(dead_code, reason = "each proof uses its part of the rig")]
mod rig;

#[test]
fn every_fault_in_every_flow_and_direction_does_what_the_decision_table_says() {
    let lines = rig::matrix::lines();
    let wrong: Vec<&String> = lines.iter().flat_map(|line| &line.wrong).collect();
    assert!(wrong.is_empty(), "{} cells are wrong:\n{wrong:#?}", wrong.len());
}
