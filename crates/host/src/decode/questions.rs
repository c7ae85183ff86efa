//! What was asked and has no answer yet, oldest first.

use std::collections::VecDeque;

/// Most questions that are remembered; programs have one open at a time.
const MOST_ASKED: usize = 64;

/// A question without an answer yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    pub(super) board: u8,
    /// The number of the exchange, where it has one.
    pub(super) transaction: Option<u16>,
    pub(super) function: u8,
    /// The first register, or the only one.
    pub(super) start: u16,
    /// How many are read; of a write the value or the count.
    pub(super) count: u16,
}

impl Asked {
    /// Whether it is known which registers it is about.
    pub(super) const fn names_registers(&self) -> bool {
        self.count > 0 || self.function == 6
    }
}

/// The open questions.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions {
    open: VecDeque<Asked>,
}

impl Questions {
    /// Remembers one; of too many the oldest is forgotten.
    pub(super) fn ask(&mut self, asked: Asked) {
        if self.open.len() == MOST_ASKED {
            self.open.pop_front();
        }
        self.open.push_back(asked);
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Asked> {
        self.open.iter()
    }

    /// The oldest question that fits has its answer; older ones of this board get none any more.
    pub(super) fn answered(&mut self, board: u8, fits: impl Fn(&Asked) -> bool) {
        let place = self.open.iter().position(|asked| asked.board == board && fits(asked));
        if let Some(place) = place {
            let mut index = 0;
            self.open.retain(|asked| {
                let gone = index <= place && asked.board == board;
                index += 1;
                !gone
            });
        }
    }

    /// The youngest question that fits is gone, and is given.
    pub(super) fn answered_last(
        &mut self,
        board: u8,
        fits: impl Fn(&Asked) -> bool,
    ) -> Option<Asked> {
        let place = self.open.iter().rposition(|asked| asked.board == board && fits(asked))?;
        self.open.remove(place)
    }
}
