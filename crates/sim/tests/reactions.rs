//! The time budget, measured from the physical event to the switch. The page of it is
//! `docs/reference/reaction-times.md`.

#[allow(dead_code, reason = "the page uses more of it")]
mod reaction_times;

use reaction_times::{LINES, measure};

//
//
#[test]
fn every_protection_reacts_within_its_budget_on_every_board() {
    let over: Vec<String> = LINES
        .iter()
        .map(measure)
        .filter(|it| it.worst > it.budget)
        .map(|it| format!("{}: {:?}, allowed {:?}", it.name, it.worst, it.budget))
        .collect();
    assert!(over.is_empty(), "{over:#?}");
}
