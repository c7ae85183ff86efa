//! Polling a board in time.

use cellward_params::Snapshot;
use cellward_units::{Duration, Instant, NoData};
use cellward_wire::modbus::Reply;

use super::{IDENTITY, Identity, Round, Span};
use crate::client::{Plan, Report, Rounds, Session, Step, note};
use crate::exchange::{self, Exchange, Failure, Framing};

/// How a client asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How requests are framed: on a serial line the board number both ways and the standard's byte
    /// count, over TCP any unit.
    pub framing: Framing,
    /// Time, tries and pauses of each request.
    pub exchange: exchange::Options,
}

impl Options {
    /// A serial line with the board of this number. Our own boards need no longer pause than the
    /// standard's 3.5 characters, 4 ms at 9600 baud.
    #[must_use]
    pub fn rtu(board: u8) -> Self {
        let framing = Framing::Rtu { request: board, reply: board, byte_count: true };
        let guard = Duration::from_millis(4);
        Self { framing, exchange: exchange::Options { guard, ..exchange::Options::default() } }
    }

    /// A Modbus TCP connection. There is no line that must fall quiet.
    #[must_use]
    pub fn tcp(unit: u8) -> Self {
        let exchange = exchange::Options { guard: Duration::ZERO, ..exchange::Options::default() };
        Self { framing: Framing::Tcp { unit }, exchange }
    }
}

/// What is read next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// Who is there.
    Identity,
    /// The points.
    Points,
    /// Nothing any more.
    Done,
}

/// The host's session with one board: first asks who is there, then reads every point.
///
/// The caller owns the port and the clock, as with every client: it does what
/// [`next_action`](Session::next_action) says until the round is done, and starts the next with
/// [`Client::begin`]. A board that does not say who it is, or says something else, is asked for
/// nothing more in this round.
#[derive(Clone, Debug)]
pub struct Client {
    options: Options,
    at: At,
    round: Round,
    identity: Option<Identity>,
    exchange: Option<(Span, Exchange)>,
    last_byte: Option<Instant>,
    transaction: u16,
    /// How many requests in a row had no answer at all.
    silent: u8,
    report: Report,
}

/// After so many requests in a row without any answer the board is gone, and the rest of the round
/// would only cost time.
const GONE: u8 = 2;

impl Session for Client {
    fn next_action(&mut self, now: Instant) -> Step {
        // Each turn ends an exchange or starts one; a round has a bounded number of both.
        loop {
            let Some((_, exchange)) = &mut self.exchange else {
                let Some(span) = self.next_span() else {
                    return Step::Done;
                };
                self.start(span);
                continue;
            };
            match exchange.next_action(now) {
                Step::Done => self.finish(),
                step => return step,
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        if let Some((_, exchange)) = &mut self.exchange {
            exchange.receive(bytes, now);
        }
    }
}

impl Rounds for Client {
    /// Starts the next round. What a live round does not read stays as it was.
    fn begin(&mut self, plan: Plan) {
        self.round = Round::new(plan, self.round.snapshot());
        self.at = At::Identity;
        self.identity = None;
        self.exchange = None;
        self.silent = 0;
        self.report = Report::default();
    }

    /// Gives up what is left of the round.
    fn abort(&mut self) {
        if let Some((span, exchange)) = self.exchange.take() {
            self.report.count(exchange.tally());
            note(&mut self.report.unanswered, span.start);
        }
        self.at = At::Done;
    }

    /// What the round went through so far, without the request that is on its way.
    fn report(&self) -> &Report {
        &self.report
    }

    /// Everything that was told in this round; the rest is [`NoData::NoAnswer`].
    fn snapshot(&self) -> Snapshot {
        self.round.snapshot().clone()
    }
}

impl Client {
    /// A session that knows nothing of the board yet, about to start a round.
    #[must_use]
    pub fn new(options: Options, plan: Plan) -> Self {
        Self {
            options,
            at: At::Identity,
            round: Round::new(plan, &Snapshot::absent(NoData::NoAnswer)),
            identity: None,
            exchange: None,
            last_byte: None,
            transaction: 0,
            silent: 0,
            report: Report::default(),
        }
    }

    /// When [`next_action`](Session::next_action) must be called at the latest; `None` when the round
    /// is done.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.exchange {
            Some((_, exchange)) => Some(exchange.deadline().unwrap_or(Instant::START)),
            None => self.next_span().map(|_| Instant::START),
        }
    }

    /// Who answered in this round, once it did: also tells whether there are new records, and
    /// whether the parameters are still what they were.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    fn next_span(&self) -> Option<Span> {
        match self.at {
            At::Identity => Some(IDENTITY),
            At::Points => self.round.next(),
            At::Done => None,
        }
    }

    fn start(&mut self, span: Span) {
        let Options { framing, exchange: options } = self.options;
        let ready = self.last_byte.map_or(Instant::START, |last| last + options.guard);
        let exchange = Exchange::new(framing, span.request(), options)
            .not_before(ready)
            .counting_from(self.transaction);
        self.exchange = Some((span, exchange));
    }

    /// The exchange is over.
    fn finish(&mut self) {
        let Some((span, exchange)) = self.exchange.take() else {
            return;
        };
        let tally = exchange.tally();
        self.report.count(tally);
        let sent = u16::try_from(tally.requests).unwrap_or(u16::MAX);
        self.transaction = self.transaction.wrapping_add(sent);
        self.last_byte = exchange.last_byte().or(self.last_byte);
        let result = exchange.result().unwrap_or(Err(Failure::Silent));
        // A refusal is an answer too.
        self.silent = match &result {
            Ok(_) | Err(Failure::Exception(_)) => 0,
            Err(_) => self.silent.saturating_add(1),
        };
        let words = match &result {
            Ok(Reply::Words { words, .. }) => Some(words.as_slice()),
            _ => None,
        };
        let list = match words {
            Some(_) => &mut self.report.answered,
            None => &mut self.report.unanswered,
        };
        note(list, span.start);
        match self.at {
            At::Identity => {
                self.identity = words.and_then(Identity::decode);
                self.at = match &self.identity {
                    Some(identity) => {
                        self.round.fit(identity);
                        At::Points
                    }
                    None => At::Done,
                };
            }
            At::Points if self.silent >= GONE => self.at = At::Done,
            At::Points => self.round.learn(words),
            At::Done => {}
        }
    }
}
