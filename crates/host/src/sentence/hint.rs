//! Sentences about what the estimator noticed: a charge that it does not believe, a cell whose
//! resistance stands out. Advice: nothing that protects uses it.

use cellward_params::{ChargeDoubt, Point, Snapshot};

/// Something that a person should look at, though no protection asks for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// The point that tells it: [`Point::SocDoubt`] or [`Point::ResistanceHint`].
    pub point: Point,
    /// Number of the cell that it is about, from 1, where it is about one.
    pub number: Option<u32>,
    /// What is wrong, beginning in lower case and without a full stop, as a fault is told.
    pub text: String,
    /// What to do about it: whole sentences.
    pub advice: &'static str,
}

/// Every hint of a snapshot, in the order of the points; none where the estimator says nothing.
pub fn hints(snapshot: &Snapshot) -> impl Iterator<Item = Hint> {
    let doubted = snapshot.soc_doubt.ok().and_then(doubt);
    let cell = snapshot.resistance_hint.ok().and_then(resistance);
    doubted.into_iter().chain(cell)
}

/// Why the charge is doubted; nothing while it is believed.
fn doubt(doubt: ChargeDoubt) -> Option<Hint> {
    let (text, advice) = match doubt {
        ChargeDoubt::Believed => return None,
        ChargeDoubt::VoltageStands => (
            "the voltage of a cell stands still while the current changes",
            "Check that the sampling plug sits tight and that its wires are whole.",
        ),
        ChargeDoubt::CurrentStands => (
            "the current stands still while the voltages jump",
            "Restart the board. If it comes again, the measurement of the current is broken.",
        ),
        ChargeDoubt::SignSwapped => (
            "the voltages sink while the pack is said to charge",
            "The current is measured the wrong way round: turn its sensor, or swap the two wires of it.",
        ),
        ChargeDoubt::OtherCell => (
            "no cell of the chemistry that was set has such a voltage",
            "Compare the chemistry in the settings with the label on the cells.",
        ),
        ChargeDoubt::TooCold => (
            "a sensor shows a cold in which no cell works",
            "Put the temperature sensor back onto its cell and check its plug.",
        ),
        ChargeDoubt::CountDisagrees => (
            "what was counted does not fit what the voltages say",
            "Charge the pack until it is full. If it comes again, the rated capacity in the settings or \
             the zero of the current is wrong.",
        ),
    };
    let text = format!("the charge is doubted: {text}");
    Some(Hint { point: Point::SocDoubt, number: None, text, advice })
}

/// What stands behind the resistance of cell `number`, from 1; nothing for 0.
fn resistance(number: u32) -> Option<Hint> {
    let (text, advice) = match number {
        0 => return None,
        // Where the board measures from, so that the lead is part of the first cell. Its length is
        // what the vendor's wiring instructions allow.
        1 => (
            "the lead from the board to B- has too much resistance".to_owned(),
            "It should be at most 40 cm long, thick and tight.",
        ),
        // Torque as cells with M6 studs are sold with.
        _ => (
            format!("the joint at cell {number} is loose, or the cell is worn"),
            "Tighten its screws (8 to 10 N·m).",
        ),
    };
    Some(Hint { point: Point::ResistanceHint, number: Some(number), text, advice })
}

#[cfg(test)]
mod tests {
    use cellward_units::NoData;

    use super::*;

    fn said(doubt: Result<ChargeDoubt, NoData>, cell: Result<u32, NoData>) -> Vec<Hint> {
        let mut snapshot = Snapshot::absent(NoData::NotCarried);
        snapshot.soc_doubt = doubt;
        snapshot.resistance_hint = cell;
        hints(&snapshot).collect()
    }

    #[test]
    fn who_believes_and_who_does_not_tell_gives_no_hint() {
        assert_eq!(said(Ok(ChargeDoubt::Believed), Ok(0)), []);
        assert_eq!(said(Err(NoData::NotCarried), Err(NoData::Unknown)), []);
    }

    #[test]
    fn every_doubt_says_what_is_wrong_and_what_to_do_in_words_of_its_own() {
        let doubts = ChargeDoubt::ALL.iter().filter(|doubt| **doubt != ChargeDoubt::Believed);
        let hints: Vec<Hint> = doubts.flat_map(|doubt| said(Ok(*doubt), Ok(0))).collect();
        assert_eq!(hints.len(), ChargeDoubt::ALL.len() - 1);
        for (place, hint) in hints.iter().enumerate() {
            assert!(hint.text.starts_with("the charge is doubted: "), "{}", hint.text);
            assert!(hint.advice.ends_with('.'), "{}", hint.advice);
            let others = hints.iter().skip(place + 1);
            for other in others {
                assert_ne!((&hint.text, hint.advice), (&other.text, other.advice));
                assert_ne!(hint.advice, other.advice);
            }
        }
    }

    //
    #[test]
    fn a_first_cell_that_stands_out_is_told_as_the_lead_to_the_board() {
        let hints = said(Ok(ChargeDoubt::Believed), Ok(1));
        assert_eq!(hints.len(), 1);
        assert_eq!(hints[0].text, "the lead from the board to B- has too much resistance");
        assert_eq!(hints[0].advice, "It should be at most 40 cm long, thick and tight.");
        assert_eq!(hints[0].number, Some(1));
    }

    //
    #[test]
    fn another_cell_that_stands_out_is_told_as_its_joint_with_the_torque() {
        let hints = said(Err(NoData::Unknown), Ok(2));
        assert_eq!(hints[0].text, "the joint at cell 2 is loose, or the cell is worn");
        assert_eq!(hints[0].advice, "Tighten its screws (8 to 10 N·m).");
        assert_eq!(hints[0].number, Some(2));
    }

    #[test]
    fn a_doubt_and_a_joint_are_told_one_after_the_other() {
        let hints = said(Ok(ChargeDoubt::TooCold), Ok(7));
        let points: Vec<Point> = hints.iter().map(|hint| hint.point).collect();
        assert_eq!(points, [Point::SocDoubt, Point::ResistanceHint]);
    }
}
