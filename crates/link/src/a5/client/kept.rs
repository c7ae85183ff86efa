//! What was said and what of it is believed, frame by frame.

use cellward_wire::a5::{Message, PAYLOAD_LEN, Reply};
use heapless::Vec;

use super::super::plausible::agree;

/// Room for every frame of a full round: 41 of them.
const ROOM: usize = 48;

/// What to think of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It agrees with what was believed, or with another reading.
    Believed,
    /// It is the first of its kind and needs another reading.
    FirstSight,
    /// It agrees with neither and needs another reading.
    Disagrees,
}

/// One frame of one command.
#[derive(Clone, Copy, Debug)]
struct Entry {
    command: u8,
    number: u8,
    believed: Option<[u8; PAYLOAD_LEN]>,
    /// The round in which it was last believed.
    round: u32,
    /// A reading that waits for another one, and the request that brought it. A frame that the
    /// line doubled comes from the same request and proves nothing.
    candidate: Option<([u8; PAYLOAD_LEN], u32)>,
}

/// The memory of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    entries: Vec<Entry, ROOM>,
}

impl Kept {
    /// Takes a frame that can be true. `slots` is how many slots of a list the frame really fills.
    pub(super) fn judge(
        &mut self,
        message: &Message,
        number: u8,
        round: u32,
        send: u32,
        slots: usize,
    ) -> Verdict {
        let Some(entry) = self.entry(message.command, number) else {
            return Verdict::Disagrees;
        };
        let agrees = |payload: &[u8; PAYLOAD_LEN]| {
            agree(
                &Reply::parse(message.command, payload),
                &Reply::parse(message.command, &message.payload),
                slots,
            )
        };
        let confirmed = match (entry.believed, entry.candidate) {
            (Some(believed), _) if agrees(&believed) => true,
            (_, Some((candidate, brought))) => brought != send && agrees(&candidate),
            _ => false,
        };
        if confirmed {
            entry.believed = Some(message.payload);
            entry.round = round;
            entry.candidate = None;
            return Verdict::Believed;
        }
        let first = entry.candidate.is_none();
        entry.candidate = Some((message.payload, send));
        if first { Verdict::FirstSight } else { Verdict::Disagrees }
    }

    /// The believed replies of a command since a round, in the order of their frames.
    pub(super) fn believed(&self, command: u8, since: u32) -> impl Iterator<Item = Reply> {
        (0..=16_u8).filter_map(move |number| {
            let entry = self.find(command, number)?;
            let payload = entry.believed.filter(|_| entry.round >= since)?;
            Some(Reply::parse(command, &payload))
        })
    }

    /// Whether anything of a command was believed since the session began.
    pub(super) fn ever(&self, command: u8) -> bool {
        self.entries.iter().any(|entry| entry.command == command && entry.believed.is_some())
    }

    /// How many frames of a command are believed since a round.
    pub(super) fn fresh(&self, command: u8, since: u32) -> usize {
        self.believed(command, since).count()
    }

    /// How many of the first `frames` frames are not believed since a round.
    pub(super) fn missing(&self, command: u8, frames: u8, since: u32) -> usize {
        let believed = |number: u8| {
            self.find(command, number)
                .is_some_and(|entry| entry.believed.is_some() && entry.round >= since)
        };
        if believed(0) {
            return 0;
        }
        (1..=frames).filter(|&number| !believed(number)).count()
    }

    /// Takes back this round's belief in a command: it must be read again, and what was said so
    /// far counts as one reading.
    pub(super) fn doubt(&mut self, command: u8) {
        for entry in &mut self.entries {
            if entry.command == command
                && let Some(payload) = entry.believed.take()
            {
                entry.candidate = Some((payload, 0));
                entry.round = 0;
            }
        }
    }

    fn find(&self, command: u8, number: u8) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.command == command && entry.number == number)
    }

    fn entry(&mut self, command: u8, number: u8) -> Option<&mut Entry> {
        let place = self
            .entries
            .iter()
            .position(|entry| entry.command == command && entry.number == number);
        let place = match place {
            Some(place) => place,
            None => {
                let entry = Entry { command, number, believed: None, round: 0, candidate: None };
                self.entries.push(entry).ok()?;
                self.entries.len().saturating_sub(1)
            }
        };
        self.entries.get_mut(place)
    }
}
