//! Stage six: what happened, as records, in a bounded queue that counts what it drops.

use cellward_params::record::{Circumstances, Happening, RecordKind, ReleaseReason, Subject};
use cellward_params::{Answer, Record, Role, ShortText};
use cellward_units::{Duration, Instant};
use heapless::Deque;

use crate::Persist;

/// Events that wait at most. *Guess*: a storm of every row at once still fits with the answers.
const QUEUE: usize = 32;

/// What happened: an edge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Event {
    /// Something worth a record.
    Record(Record),
    /// The answer to a request.
    Answer(Answer),
    /// Something that must survive a power loss has changed.
    Persist(Persist),
}

/// The queue.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    queue: Deque<Event, QUEUE>,
    sequence: u32,
    dropped: u32,
}

/// What goes into a record besides its circumstances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) kind: RecordKind,
    pub(crate) subject: Subject,
    pub(crate) index: Option<u8>,
    pub(crate) value: Option<i32>,
    pub(crate) limit: Option<i32>,
    pub(crate) lasted: Duration,
    pub(crate) release: Option<ReleaseReason>,
    pub(crate) role: Option<Role>,
    /// Why somebody unlocked, in his words.
    pub(crate) reason: Option<ShortText>,
}

impl Line {
    /// A line about something without a threshold.
    pub(crate) const fn plain(kind: RecordKind, happening: Happening) -> Self {
        Self {
            kind,
            subject: Subject::Happening(happening),
            index: None,
            value: None,
            limit: None,
            lasted: Duration::ZERO,
            release: None,
            role: None,
            reason: None,
        }
    }

    /// The same on somebody's request.
    pub(crate) const fn by(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// The same with a value.
    pub(crate) const fn with_value(self, value: i32) -> Self {
        Self { value: Some(value), ..self }
    }

    /// The same about one of several.
    pub(crate) const fn with_index(self, index: u8) -> Self {
        Self { index: Some(index), ..self }
    }
}

impl Story {
    pub(crate) const fn new() -> Self {
        Self { queue: Deque::new(), sequence: 0, dropped: 0 }
    }

    /// Writes one line; gives its sequence number.
    pub(crate) fn tell(&mut self, line: Line, circumstances: Circumstances, now: Instant) -> u32 {
        self.sequence = self.sequence.saturating_add(1);
        self.push(Event::Record(Record {
            sequence: self.sequence,
            at: now,
            kind: line.kind,
            subject: line.subject,
            index: line.index,
            value: line.value,
            limit: line.limit,
            lasted: line.lasted,
            release: line.release,
            role: line.role,
            reason: line.reason,
            circumstances,
        }));
        self.sequence
    }

    /// Queues an event; when the queue is full the new one is dropped and counted, so that the
    /// beginning of a storm, which explains it, is kept.
    pub(crate) fn push(&mut self, event: Event) {
        if self.queue.push_back(event).is_err() {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.queue.pop_front()
    }

    pub(crate) const fn dropped(&self) -> u32 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::{Answer, PortId};

    use super::*;

    #[test]
    fn a_full_queue_keeps_the_oldest_and_counts_what_it_drops() {
        let mut story = Story::new();
        for id in 0..40 {
            story.push(Event::Answer(Answer { id, port: PortId(0), result: Ok(()) }));
        }
        assert_eq!(story.dropped(), 8);
        let Some(Event::Answer(first)) = story.pop() else { panic!("the queue is empty") };
        assert_eq!(first.id, 0);
    }
}
