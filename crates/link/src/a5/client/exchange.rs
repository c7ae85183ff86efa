//! One command on its way: sent, waited for, tried again.

use cellward_units::{Duration, Instant};

/// A pause this long ends a reply of several frames, which come back to back (B).
const FRAME_PAUSE: Duration = Duration::from_millis(100);
/// Most requests for one command in one round, however much progress each makes.
const MOST_SENDS: u8 = 12;
/// The number that marks an invalid frame.
const INVALID: u8 = 0xFF;
/// Most frames of a reply.
const MAX_FRAME: u8 = 16;

/// How a try stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// The request has not been sent yet.
    NotSent,
    /// Replies may still come until then.
    Pending(Instant),
    /// The try is over.
    Over,
}

/// What the first frame of a reply is numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum First {
    One,
    Zero,
    /// It may count from 0 or be damaged: this reply is not used.
    Unsure,
}

/// Whether a board counts its frames from 0, as the vendor writes, or from 1, as every board seen
/// does. One damaged frame number must not shift all cells by three, so that counting from 0 is
/// believed when two replies in a row begin so. It stays until three in a row begin otherwise: a
/// board that counts from 0 whose first frame is lost begins with 1 too, but its reply is asked for
/// again anyway.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Numbering {
    zeros: u8,
    /// Replies in a row that begin otherwise, once the board is known to count from 0.
    others: u8,
}

impl Numbering {
    fn reply_begins_with(&mut self, number: u8) -> First {
        if self.zeros >= 2 {
            if number == 0 {
                self.others = 0;
                return First::Zero;
            }
            self.others = self.others.saturating_add(1);
            if self.others < 3 {
                return First::Unsure;
            }
        }
        self.others = 0;
        if number != 0 {
            self.zeros = 0;
            return First::One;
        }
        self.zeros = self.zeros.saturating_add(1);
        if self.zeros >= 2 { First::Zero } else { First::Unsure }
    }
}

/// One command and how it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Exchange {
    /// The host address.
    pub(super) host: u8,
    /// The command.
    pub(super) command: u8,
    /// Frames of a complete reply.
    pub(super) frames: u8,
    /// In a list: how many slots are filled in all, and how many one frame has.
    pub(super) listed: Option<(usize, usize)>,
    /// Whether any frame of this command came, believable or not.
    pub(super) heard: bool,
    sent_at: Option<Instant>,
    tries_left: u8,
    tries: u8,
    sends: u8,
    give_up: Option<Instant>,
    last_frame: Option<Instant>,
    first: Option<First>,
    /// Frames that came in this try, believed or not; bit n is frame n.
    came: u32,
    progress: bool,
    over: bool,
}

impl Exchange {
    /// A command that has not been sent.
    pub(super) const fn new(host: u8, command: u8, frames: u8, tries: u8) -> Self {
        Self {
            host,
            command,
            frames,
            listed: None,
            heard: false,
            sent_at: None,
            tries_left: tries,
            tries,
            sends: 0,
            give_up: None,
            last_frame: None,
            first: None,
            came: 0,
            progress: false,
            over: false,
        }
    }

    /// Whether replies may come.
    pub(super) const fn waiting(&self) -> bool {
        self.give_up.is_some() && !self.over
    }

    /// When the try ends if nothing more comes; `None` before it is sent.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let give_up = self.give_up?;
        Some(match self.last_frame {
            Some(last) => give_up.min(last + FRAME_PAUSE),
            None => give_up,
        })
    }

    /// How the try stands.
    pub(super) fn end(&self, now: Instant) -> End {
        match self.deadline() {
            None => End::NotSent,
            Some(_) if self.over => End::Over,
            Some(deadline) if now >= deadline => End::Over,
            Some(deadline) => End::Pending(deadline),
        }
    }

    /// The request went out.
    pub(super) fn sent(&mut self, now: Instant, give_up: Instant) {
        self.sent_at = Some(now);
        self.give_up = Some(give_up);
        self.sends = self.sends.saturating_add(1);
    }

    /// Whether nothing was sent yet.
    pub(super) const fn first_try(&self) -> bool {
        self.sends == 0
    }

    /// How long the first frame of this try took, if it is the one that has just come.
    pub(super) fn first_frame_took(&self, now: Instant) -> Option<Duration> {
        if self.came != 0 {
            return None;
        }
        self.sent_at.map(|sent| now.since(sent))
    }

    /// How many slots of frame `number` (from 1) are really filled.
    pub(super) const fn slots(&self, number: u8) -> usize {
        match self.listed {
            Some((filled, per_frame)) => {
                let before = (number as usize).saturating_sub(1).saturating_mul(per_frame);
                filled.saturating_sub(before)
            }
            None => usize::MAX,
        }
    }

    /// The number of a frame counted from 1, whether the board counts from 0 or from 1; `None`
    /// for a number that is no frame. The first frame of a reply decides, see [`Numbering`].
    pub(super) fn numbered(&mut self, number: u8, numbering: &mut Numbering) -> Option<u8> {
        if number == INVALID || number > MAX_FRAME {
            return None;
        }
        let first = *self.first.get_or_insert_with(|| numbering.reply_begins_with(number));
        let number = match first {
            First::One => number,
            First::Zero => number.saturating_add(1),
            First::Unsure => return None,
        };
        (1..=MAX_FRAME).contains(&number).then_some(number)
    }

    /// A frame came that can be true.
    pub(super) fn arrived(&mut self, number: u8, now: Instant, believed: bool) {
        let bit = 1_u32 << (number & 31);
        self.progress |= believed || self.came & bit == 0;
        self.came |= bit;
        self.last_frame = Some(now);
        // Every frame of the reply was seen: what is not believed needs another reading.
        let all = if self.frames <= 1 {
            true
        } else {
            (1..=self.frames).all(|frame| self.came & (1_u32 << (frame & 31)) != 0)
        };
        self.over |= all;
    }

    /// A frame came that cannot be true: this try is lost.
    pub(super) const fn refused(&mut self) {
        self.over = true;
    }

    /// Everything is believed.
    pub(super) const fn complete(&mut self) {
        self.over = true;
    }

    /// Whether anything believable came in this try.
    pub(super) const fn any_arrived(&self) -> bool {
        self.came != 0
    }

    /// Gets ready for another try; `false` when there is none left. A try that brought something
    /// costs nothing.
    pub(super) const fn again(&mut self) -> bool {
        if self.progress {
            self.tries_left = self.tries;
        } else {
            self.tries_left = self.tries_left.saturating_sub(1);
        }
        self.give_up = None;
        self.last_frame = None;
        self.first = None;
        self.came = 0;
        self.progress = false;
        self.over = false;
        self.tries_left > 0 && self.sends < MOST_SENDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_from_zero_is_believed_at_the_second_reply_and_given_up_at_the_third_other() {
        let mut numbering = Numbering::default();
        let mut begins = |number| numbering.reply_begins_with(number);
        assert_eq!(begins(1), First::One);
        assert_eq!([begins(0), begins(1)], [First::Unsure, First::One]);
        assert_eq!([begins(0), begins(0)], [First::Unsure, First::Zero]);
        // Two lost first frames change nothing.
        assert_eq!([begins(1), begins(1), begins(0)], [First::Unsure, First::Unsure, First::Zero]);
        assert_eq!([begins(1), begins(2), begins(1)], [First::Unsure, First::Unsure, First::One]);
        assert_eq!([begins(0), begins(0)], [First::Unsure, First::Zero]);
    }
}
