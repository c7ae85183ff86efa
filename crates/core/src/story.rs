//! Stage six: what happened, as records, in bounded queues that count what they drop.
//!
//! Records, answers and the image wait apart, so that a storm of records costs neither an answer
//! nor what must survive a power loss.

mod line;
mod standing;
mod storm;

use cellward_params::record::{Circumstances, RecordKind};
use cellward_params::{Answer, Record};
use cellward_units::{Instant, Ratio};
use heapless::Deque;

use crate::Persist;
use crate::protect::FaultSet;
pub(crate) use line::Line;
use standing::Standing;
use storm::{Storm, Storms};

/// Records that wait at most. *Guess*: a storm of every row at once still fits.
const RECORDS: usize = 32;
/// Answers that wait at most. *Guess*: one input makes one answer, and whoever feeds inputs takes
/// the events in between.
const ANSWERS: usize = 8;

/// What happened: an edge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Event {
    /// Something worth a record.
    Record(Record),
    /// The answer to a request.
    Answer(Answer),
    /// Something that must survive a power loss has changed.
    Persist(Persist),
    /// The charge is known from something else than counting: whoever estimates it starts there.
    Anchor(Anchor),
    /// Somebody asked for a restart: build the engine anew, with what was kept. Comes last.
    Restart,
}

/// From where the charge is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// The pack is full: voltage and tail current held for their time.
    Full,
    /// A cell is empty: its voltage was cut off at a moderate current.
    Empty,
    /// A person or host said so: 0 to 1.
    Told(Ratio),
}

/// The queues.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    records: Deque<Record, RECORDS>,
    answers: Deque<Answer, ANSWERS>,
    /// Only the newest image matters: it holds everything that an older one held.
    image: Option<Persist>,
    /// Only the newest word on the charge counts.
    anchor: Option<Anchor>,
    storms: Storms,
    standing: Standing,
    sequence: u32,
    dropped: u32,
    restart: bool,
}

impl Story {
    pub(crate) const fn new() -> Self {
        Self {
            records: Deque::new(),
            answers: Deque::new(),
            image: None,
            anchor: None,
            storms: Storms::new(),
            standing: Standing::NOTHING,
            sequence: 0,
            dropped: 0,
            restart: false,
        }
    }

    /// Writes one line, or counts it where it only repeats one of the last ten seconds. Gives the
    /// sequence number of the record that tells of it; of a repetition, that of the record that it
    /// repeats.
    pub(crate) fn tell(&mut self, line: &Line, circumstances: Circumstances, now: Instant) -> u32 {
        let before = self.standing;
        self.standing.note(line);
        if let Some(sequence) = self.storms.merge(line, now) {
            return sequence;
        }
        let told = match (line.reason, line.changes) {
            (Some(reason), _) => circumstances.with_reason(reason),
            (None, Some(changes)) => circumstances.with_changes(changes),
            (None, None) => circumstances,
        };
        let sequence = self.write(line.record(now), before, told);
        self.storms.begin(line, sequence, now);
        sequence
    }

    /// Whether a storm is to be told now.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.storms.deadline().is_some_and(|at| at <= now)
    }

    /// When the next storm is to be told.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.storms.deadline()
    }

    /// Tells every storm, oldest first, whose ten seconds are over.
    pub(crate) fn settle(&mut self, circumstances: &Circumstances, now: Instant) {
        while let Some(storm) = self.storms.take_due(now) {
            self.write(storm.record(), self.standing, *circumstances);
        }
    }

    /// Queues an event that is no record. A newer image takes the place of an older one; when too
    /// many answers wait the new one is dropped and counted.
    pub(crate) fn push(&mut self, event: Event) {
        match event {
            Event::Record(record) => self.queue(record),
            Event::Answer(answer) => {
                if self.answers.push_back(answer).is_err() {
                    self.dropped = self.dropped.saturating_add(1);
                }
            }
            Event::Persist(image) => self.image = Some(image),
            Event::Anchor(anchor) => self.anchor = Some(anchor),
            Event::Restart => self.restart = true,
        }
    }

    /// The next event: records oldest first, then the image, then answers, so that whoever reads
    /// "done" may rely on what was done being kept.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        let record = self.records.pop_front().map(Event::Record);
        record
            .or_else(|| self.image.take().map(Event::Persist))
            .or_else(|| self.anchor.take().map(Event::Anchor))
            .or_else(|| self.answers.pop_front().map(Event::Answer))
            .or_else(|| core::mem::take(&mut self.restart).then_some(Event::Restart))
    }

    /// The sequence number of the newest record.
    pub(crate) const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Counts records on from this number.
    pub(crate) const fn continue_from(&mut self, sequence: u32) {
        self.sequence = sequence;
    }

    /// How many records and answers found no room.
    pub(crate) const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Takes over which lines of the table of limits are active and what is locked, where that changed without a line: after a start, and after
    /// something was unlocked or confirmed.
    pub(crate) fn stand(&mut self, places: impl Iterator<Item = usize>, locked: FaultSet) {
        self.standing = Standing::of(places, locked);
    }

    fn write(&mut self, record: Record, before: Standing, circumstances: Circumstances) -> u32 {
        self.sequence = self.sequence.saturating_add(1);
        self.queue(Record {
            sequence: self.sequence,
            circumstances: Circumstances {
                fault_rows: before.rows(),
                level_before: before.highest(),
                fault: self.standing.fault(),
                locked: self.standing.locked(),
                ..circumstances
            },
            ..record
        });
        self.sequence
    }

    /// When the queue is full the new record is dropped and counted, so that the beginning of a
    /// storm, which explains it, is kept.
    fn queue(&mut self, record: Record) {
        if self.records.push_back(record).is_err() {
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

impl Storm {
    /// As a record, still without its number and its circumstances.
    fn record(&self) -> Record {
        Record {
            kind: RecordKind::Storm,
            merged: Some(self.line.kind),
            lasted: self.last.since(self.first),
            count: self.count,
            ..self.line.record(self.last)
        }
    }
}

#[cfg(test)]
mod tests;
