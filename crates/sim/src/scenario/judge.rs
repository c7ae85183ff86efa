//! One expectation while a scenario runs: what it has seen and how it ends.

use cellward_units::{Duration, Instant};

use super::Broken;
use super::claim::Look;
use super::event::{Event, length, moment};
use super::expect::{Expectation, When};

/// How long before a window the state is looked at, to tell what was so before from what comes
/// about in it: one tick.
pub(super) const BEFORE: Duration = crate::TICK;

/// Events shown beside a broken expectation.
const SHOWN: usize = 6;

/// An expectation that is being watched.
pub(super) struct Judge<'a> {
    expectation: &'a Expectation,
    /// The end of the scenario.
    end: Instant,
    /// Times that the event happened when it should, or that the state came about.
    hits: u32,
    /// Whether the state was so at the last look.
    was: Option<bool>,
    /// The first look that was not as expected, and what was there.
    missed: Option<(Instant, String)>,
    /// What was there at the last look of the window.
    last: String,
    /// Whether nothing more needs to be looked at.
    settled: bool,
}

impl<'a> Judge<'a> {
    pub(super) const fn new(expectation: &'a Expectation, end: Instant) -> Self {
        Self {
            expectation,
            end,
            hits: 0,
            was: None,
            missed: None,
            last: String::new(),
            settled: false,
        }
    }

    /// First and last instant that matter.
    fn window(&self) -> (Instant, Instant) {
        match self.expectation.when {
            When::At(at) => (Instant::START + at, Instant::START + at),
            When::Within(from, to) => (Instant::START + from, Instant::START + to),
            When::Span(from, to) => {
                (Instant::START + from, to.map_or(self.end, |to| Instant::START + to))
            }
        }
    }

    /// Instants at which somebody must look.
    pub(super) fn moments(&self) -> [Instant; 3] {
        let (from, to) = self.window();
        [earlier(from, BEFORE), from, to]
    }

    /// Whether every tick from `now` on must be looked at.
    pub(super) fn needs_ticks(&self, now: Instant) -> bool {
        let (from, to) = self.window();
        let coming_about = matches!(self.expectation.when, When::Within(..));
        coming_about
            && self.expectation.claim.drifts()
            && !self.settled
            && now >= earlier(from, BEFORE)
            && now < to
    }

    /// Takes an event in.
    pub(super) fn hear(&mut self, event: &Event) {
        let (from, to) = self.window();
        let in_time = event.at() >= from && event.at() <= to;
        if in_time && self.expectation.claim.is_met_by(event) {
            self.hits += 1;
            if self.expectation.never {
                let at = event.at();
                self.missed.get_or_insert_with(|| (at, event.to_string()));
            }
        }
    }

    /// Takes a look. `only_switches` is a look from inside of a tick, at a move of the switches.
    pub(super) fn look(&mut self, look: &Look<'_>, only_switches: bool) {
        let claim = &self.expectation.claim;
        if claim.is_event() || self.settled || (only_switches && !claim.is_switch()) {
            return;
        }
        let (from, to) = self.window();
        match self.expectation.when {
            When::At(_) => {
                if look.at >= from && !only_switches {
                    self.require(look);
                    self.settled = true;
                }
            }
            When::Span(..) => {
                // What moves because of a change at the very end of the span is not part of it.
                let in_time = look.at < to || look.at == to && !only_switches;
                if look.at >= from && in_time {
                    self.require(look);
                }
            }
            When::Within(..) => {
                if look.at >= earlier(from, BEFORE) && look.at <= to {
                    let holds = claim.holds(look);
                    if holds && self.was == Some(false) && look.at >= from {
                        self.hits += 1;
                        self.settled = true;
                    }
                    self.was = Some(holds);
                    if !holds {
                        self.last = claim.found(look);
                    }
                }
            }
        }
    }

    fn require(&mut self, look: &Look<'_>) {
        let claim = &self.expectation.claim;
        self.hits += 1;
        if claim.holds(look) == self.expectation.never && self.missed.is_none() {
            self.missed = Some((look.at, claim.found(look)));
        }
    }

    /// The verdict, with everything that happened: `None` when the expectation held.
    pub(super) fn verdict(&self, events: &[Event]) -> Option<Broken> {
        let happened = self.complaint()?;
        let (from, to) = self.window();
        let mut near: Vec<&Event> =
            events.iter().filter(|event| self.expectation.claim.concerns(event)).collect();
        let distance = |event: &&Event| from.since(event.at()) + event.at().since(to);
        near.sort_by_key(distance);
        near.truncate(SHOWN);
        near.sort_by_key(|event| event.at());
        Some(Broken {
            line: self.expectation.line,
            expected: self.expected(),
            happened,
            near: near.into_iter().map(Event::to_string).collect(),
        })
    }

    /// What is wrong, if anything is.
    fn complaint(&self) -> Option<String> {
        let expectation = self.expectation;
        if let Some((at, found)) = &self.missed {
            return Some(match (expectation.claim.is_event(), expectation.when) {
                (true, _) => format!("it happened: {found}"),
                (false, When::At(_)) => found.clone(),
                (false, _) => format!("at {} {found}", moment(*at)),
            });
        }
        let right = match (expectation.count, expectation.never) {
            (Some(count), _) => self.hits == count,
            (None, true) => true,
            (None, false) => self.hits > 0,
        };
        if right {
            // A state that nobody looked at has not been seen to be otherwise.
            return (self.hits == 0 && expectation.never && !expectation.claim.is_event())
                .then(|| "nobody could look: the scenario ended before".to_owned());
        }
        Some(match (expectation.claim.is_event(), expectation.when) {
            (true, _) => match self.hits {
                0 => "it did not happen then".to_owned(),
                hits => format!("it happened {hits} times"),
            },
            (false, When::Within(..)) if self.was == Some(true) => {
                "it was so already before".to_owned()
            }
            (false, When::Within(..)) if self.was == Some(false) => {
                format!("it did not come about: at the end {}", self.last)
            }
            _ => "nobody could look: the scenario ended before".to_owned(),
        })
    }

    /// The expectation in words.
    fn expected(&self) -> String {
        let expectation = self.expectation;
        let claim = expectation.claim.words();
        let times = match expectation.count {
            Some(1) => " once".to_owned(),
            Some(count) => format!(" {count} times"),
            None => String::new(),
        };
        let end = |to: Option<Duration>| to.map_or_else(|| "the end".to_owned(), length);
        let event = expectation.claim.is_event();
        match expectation.when {
            When::At(at) if expectation.never => format!("not {claim} at {}", length(at)),
            When::At(at) => format!("{claim} at {}", length(at)),
            When::Within(from, to) if event => {
                format!("{claim}{times} between {} and {}", length(from), length(to))
            }
            When::Within(from, to) => {
                format!("{claim} to come about between {} and {}", length(from), length(to))
            }
            When::Span(from, to) => {
                let often = match (expectation.never, event) {
                    (true, _) => "never ",
                    (false, true) => "",
                    (false, false) => "always ",
                };
                format!("{often}{claim}{times} from {} until {}", length(from), end(to))
            }
        }
    }
}

/// An instant some time earlier, at the earliest the start.
fn earlier(at: Instant, by: Duration) -> Instant {
    Instant::from_micros(at.as_micros().saturating_sub(by.as_micros()))
}
