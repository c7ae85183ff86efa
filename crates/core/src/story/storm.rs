//! The storm rule: what repeats itself within ten seconds is told once. State machine, §13.
//!
//! The first of its kind is told at once and opens a window of ten seconds. Repetitions within it
//! are counted, and told in one record when the window closes; the next one after that is a first
//! again. So a storm costs two records in ten seconds, and what began it is told without delay.

use cellward_params::record::{ReleaseReason, Subject};
use cellward_params::{Record, RecordKind, Role};
use cellward_units::{Duration, Instant};
use heapless::Vec;

use super::Line;

/// Repetitions nearer than this are merged. State machine, §13.
const WINDOW: Duration = Duration::from_secs(10);

/// Windows that run at the same time at most; whatever comes on top is told unmerged. *Guess*: a
/// loose plug makes fewer kinds of events than this, and more memory would buy only fewer records.
pub(super) const WINDOWS: usize = 16;

/// Repetitions that have no record of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storm {
    /// What the last of them said.
    pub(super) line: Repeated,
    pub(super) count: u16,
    pub(super) first: Instant,
    pub(super) last: Instant,
}

/// What is kept of a line: all but the words and changes, which lines that are merged do not have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeated {
    pub(super) kind: RecordKind,
    subject: Subject,
    index: Option<u8>,
    value: Option<i32>,
    limit: Option<i32>,
    release: Option<ReleaseReason>,
    role: Option<Role>,
}

/// A window that is open.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// What opened it or repeated itself last.
    line: Repeated,
    since: Instant,
    /// Number of the record that opened it.
    sequence: u32,
    count: u16,
    first: Instant,
    last: Instant,
}

/// Every window that is open.
#[derive(Clone, Debug)]
pub(super) struct Storms {
    windows: Vec<Window, WINDOWS>,
    /// When the first window closes that has something to tell.
    due: Option<Instant>,
}

impl Repeated {
    const fn new(line: &Line) -> Self {
        Self {
            kind: line.kind,
            subject: line.subject,
            index: line.index,
            value: line.value,
            limit: line.limit,
            release: line.release,
            role: line.role,
        }
    }

    /// Whether both are the same event: kind, subject and place. Another reason to release is
    /// another event, because every closing is to be explained. State machine, §6.
    fn same_event(&self, other: &Self) -> bool {
        let key = |line: &Self| (line.kind, line.subject, line.index, line.release);
        key(self) == key(other)
    }

    /// As a record at `at`, still without its number and its circumstances.
    pub(super) const fn record(&self, at: Instant) -> Record {
        Record {
            index: self.index,
            value: self.value,
            limit: self.limit,
            release: self.release,
            role: self.role,
            ..Record::new(0, at, self.kind, self.subject)
        }
    }
}

impl Window {
    fn end(&self) -> Instant {
        self.since + WINDOW
    }
}

impl Storms {
    pub(super) const fn new() -> Self {
        Self { windows: Vec::new(), due: None }
    }

    /// Counts a line that repeats one of an open window; gives the number of the record that
    /// opened it. `None` where the line is to be told.
    pub(super) fn merge(&mut self, line: &Line, now: Instant) -> Option<u32> {
        if !may_merge(line.kind) {
            return None;
        }
        let line = Repeated::new(line);
        let open = |window: &&mut Window| now < window.end() && window.line.same_event(&line);
        let window = self.windows.iter_mut().find(open)?;
        if window.count == 0 {
            window.first = now;
        }
        window.line = line;
        window.count = window.count.saturating_add(1);
        window.last = now;
        let (sequence, end) = (window.sequence, window.end());
        self.due = Some(self.due.map_or(end, |due| due.min(end)));
        Some(sequence)
    }

    /// Opens a window behind a line that was told as record `sequence`, if there is room.
    pub(super) fn begin(&mut self, line: &Line, sequence: u32, now: Instant) {
        if !may_merge(line.kind) {
            return;
        }
        self.windows.retain(|window| window.count > 0 || now < window.end());
        // Without room the next of its kind is told as well.
        let _no_room = self.windows.push(Window {
            line: Repeated::new(line),
            since: now,
            sequence,
            count: 0,
            first: now,
            last: now,
        });
    }

    /// When the next window closes that has something to tell.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Closes the oldest window that has something to tell and whose time is over.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Storm> {
        let ended = |(_, window): &(usize, &Window)| window.count > 0 && window.end() <= now;
        let windows = self.windows.iter().enumerate();
        let oldest = windows.filter(ended).min_by_key(|(_, window)| window.sequence);
        let window = oldest.map(|(place, _)| place).map(|place| self.windows.swap_remove(place));
        self.due = self.windows.iter().filter(|it| it.count > 0).map(Window::end).min();
        let Window { line, count, first, last, .. } = window?;
        Some(Storm { line, count, first, last })
    }
}

/// Whether repetitions of a kind say no more than the first of them. Each lock and unlock is
/// evidence, each start has its number and each write has its own sums.
const fn may_merge(kind: RecordKind) -> bool {
    !matches!(
        kind,
        RecordKind::Lock | RecordKind::Boot | RecordKind::ParameterWrite | RecordKind::Storm
    )
}
