//! One round of reading: a snapshot in the making.

use cellward_params::point::POINTS;
use cellward_params::{FaultList, Kind, OffReasons, Point, PointRow, Snapshot, Value};
use cellward_units::NoData;

use super::{Identity, Span};
use crate::client::Plan;
use crate::modbus::layout::{self, Area, Content, LISTS, TEXT, entry_size, most_entries};
use crate::modbus::number::Reader;
use crate::modbus::points;

/// Where a round stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// Reading heads, from this address on.
    Heads(u16),
    /// Reading the body of this row, from this entry on.
    Body(usize, u16),
    /// All is read.
    Done,
}

/// One round of reading: a snapshot in the making. What was not answered is absent as
/// [`NoData::NoAnswer`].
#[derive(Clone, Debug)]
pub struct Round {
    plan: Plan,
    at: At,
    /// Where the heads of this board end.
    heads_end: u16,
    snapshot: Snapshot,
    /// How much of each body counts, by the place of its point.
    known: [u16; POINTS.len()],
    faults: FaultList,
    reasons: OffReasons,
}

/// Where the heads of the first `count` points end; a live round reads no texts, so it ends before
/// those that stand last.
fn heads_end(plan: Plan, count: u16) -> u16 {
    let read = |row: &&PointRow| plan == Plan::Full || row.kind != Kind::Text;
    let rows = POINTS.get(..usize::from(count)).unwrap_or(POINTS);
    let last = rows.iter().rev().find(read).map_or(0, |row| row.point.id());
    Area { count: last, ..*Area::of(Content::Heads) }.end()
}

impl Round {
    /// A round that begins. A live one reads no texts, which hardly ever change: they stay as they
    /// are in `before`.
    #[must_use]
    pub fn new(plan: Plan, before: &Snapshot) -> Self {
        let mut snapshot = before.clone();
        for row in POINTS {
            if plan == Plan::Full || row.kind != Kind::Text {
                snapshot.clear(row.point, NoData::NoAnswer);
            }
        }
        Self {
            plan,
            at: At::Heads(Area::of(Content::Heads).base),
            heads_end: heads_end(plan, Area::of(Content::Heads).count),
            snapshot,
            known: [0; POINTS.len()],
            faults: FaultList::new(),
            reasons: OffReasons::new(),
        }
    }

    /// Asks an older board for no more points than it has; the others are
    /// [`NoData::NotCarried`]. To be called before the first learning.
    pub fn fit(&mut self, board: &Identity) {
        let area = Area::of(Content::Heads);
        let count = area.count.min(board.points);
        self.heads_end = heads_end(self.plan, count);
        for row in POINTS.iter().filter(|row| row.point.id() > count) {
            self.snapshot.clear(row.point, NoData::NotCarried);
        }
    }

    /// What to read next; `None` once the round is over.
    #[must_use]
    pub fn next(&self) -> Option<Span> {
        match self.at {
            At::Heads(from) => Span::piece(from, self.heads_end, 2),
            At::Body(place, entry) => self.body(POINTS.get(place)?, entry),
            At::Done => None,
        }
    }

    /// What was read there, as many words as were asked for; `None` where nothing good came.
    pub fn learn(&mut self, words: Option<&[u16]>) {
        let Some(span) = self.next() else {
            return;
        };
        let words = words.filter(|words| words.len() == usize::from(span.count));
        match self.at {
            At::Heads(from) => {
                self.learn_heads(from, words.unwrap_or_default());
                let next = from.saturating_add(span.count);
                self.at = if next < self.heads_end { At::Heads(next) } else { self.body_from(0) };
            }
            At::Body(place, entry) => {
                if let Some(row) = POINTS.get(place) {
                    self.at = match words {
                        Some(words) => self.learn_body(row, place, entry, words),
                        None => self.body_from(place.saturating_add(1)),
                    };
                }
            }
            At::Done => {}
        }
    }

    /// What has been learnt so far; complete once [`Self::next`] is `None`.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn learn_heads(&mut self, from: u16, words: &[u16]) {
        let area = Area::of(Content::Heads);
        let Some((first, _)) = area.number(from) else {
            return;
        };
        let rows = POINTS.iter().zip(&mut self.known);
        let rows = rows.skip(usize::from(first.saturating_sub(area.first)));
        for ((row, known), pair) in rows.zip(words.as_chunks::<2>().0) {
            let head = Reader(pair).i32().unwrap_or(i32::MIN);
            if self.plan == Plan::Live && row.kind == Kind::Text {
                continue;
            }
            let count = points::learn_head(row.point, head, &mut self.snapshot);
            *known = u16::try_from(count).unwrap_or(0);
        }
    }

    /// The body of the first row from `place` on that has something to say.
    fn body_from(&mut self, place: usize) -> At {
        self.faults.clear();
        self.reasons.clear();
        let mut known = self.known.iter().enumerate().skip(place);
        known.find(|(_, known)| **known > 0).map_or(At::Done, |(place, _)| At::Body(place, 0))
    }

    /// The registers of a body; of a long list the piece that begins with `entry`.
    fn body(&self, row: &PointRow, entry: u16) -> Option<Span> {
        let start = layout::body(row.point)?;
        let place = usize::from(row.point.id().saturating_sub(1));
        let known = self.known.get(place).copied().unwrap_or(0);
        match row.kind {
            Kind::Faults | Kind::Reasons => {
                let size = entry_size(row.point);
                let from = start.saturating_add(entry.saturating_mul(size));
                let all = most_entries(row.point).saturating_mul(size);
                Span::piece(from, start.saturating_add(all), size)
            }
            Kind::Text => Some(Span { start, count: TEXT }),
            Kind::Lights => Some(Span { start, count: 16 }),
            Kind::Number | Kind::Flag | Kind::Word(_) => {
                Span::piece(start, start.saturating_add(known.saturating_mul(2)), 2)
            }
        }
    }

    fn learn_body(&mut self, row: &PointRow, place: usize, entry: u16, words: &[u16]) -> At {
        if LISTS.contains(&row.point) {
            return self.learn_entries(row.point, place, entry, words);
        }
        let known = self.known.get(place).copied().unwrap_or(0);
        points::learn_body(row.point, known.into(), words, &mut self.snapshot);
        self.body_from(place.saturating_add(1))
    }

    /// Takes the entries of a long list up to the first that is none. The list may have grown since
    /// its head was read, so only its end ends it.
    fn learn_entries(&mut self, point: Point, place: usize, entry: u16, words: &[u16]) -> At {
        let size = entry_size(point);
        let (mut count, mut over, mut good) = (entry, false, true);
        for piece in words.chunks_exact(usize::from(size)) {
            if piece.first() == Some(&0) {
                over = true;
                break;
            }
            good &= match point.row().kind {
                Kind::Faults => {
                    points::fault(piece).is_some_and(|one| self.faults.push(one).is_ok())
                }
                _ => points::reason(piece).is_some_and(|one| self.reasons.push(one).is_ok()),
            };
            count = count.saturating_add(1);
        }
        if good && !over && count < most_entries(point) {
            return At::Body(place, count);
        }
        let value = match (point.row().kind, good) {
            (Kind::Faults, true) => Value::Faults(Ok(&self.faults)),
            (Kind::Faults, false) => Value::Faults(Err(NoData::Implausible)),
            (_, true) => Value::Reasons(Ok(&self.reasons)),
            (_, false) => Value::Reasons(Err(NoData::Implausible)),
        };
        self.snapshot.put(point, 0, value);
        self.body_from(place.saturating_add(1))
    }
}
