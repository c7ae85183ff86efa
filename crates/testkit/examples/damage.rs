//! Spells of damage from one seed to another, every dialect and class: one line of figures for each
//! seed, dialect and class that `cargo xtask damage` adds up.
//!
//! `damage FIRST-SEED HOW-MANY-SEEDS`

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use cellward_testkit::damage::{Class, Spoken, Tally, spell};
use cellward_testkit::pack::sample;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let (Some(first), Some(count)) = (numbers.next(), numbers.next()) else {
        println!("usage: damage FIRST-SEED HOW-MANY-SEEDS");
        std::process::exit(2);
    };
    let mut truth = sample(16, 2);
    // What every dialect carries exactly.
    truth.remaining = Ok(cellward_units::Charge::from_milliamp_hours(160_400));
    for spoken in Spoken::ALL {
        let forged = if spoken == Spoken::A5 { &Class::FORGED[..] } else { &[] };
        for &class in Class::SEEN.iter().chain(forged) {
            let mut sum = Tally::default();
            for seed in first..first + count {
                sum.add(&spell(spoken, class, &truth, seed));
            }
            let Tally { rounds, frames, damaged, passing, .. } = sum;
            let Tally { wrong_values, wrong_rounds, recovered, spells, .. } = sum;
            println!(
                "{spoken:?} {class:?} {rounds} {frames} {damaged} {passing} {wrong_values} {wrong_rounds} \
                 {recovered} {spells}"
            );
        }
    }
}
