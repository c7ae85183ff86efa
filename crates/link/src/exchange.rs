//! One Modbus request and its reply, with tries: what a host's rounds are made of, and how it asks
//! for a single thing.
//!
//! The caller owns the port and the clock, as with every session: it does what
//! [`next_action`](Session::next_action) says and feeds [`receive`](Session::receive), until [`Exchange::result`] is
//! there.
//!
//! A reply counts when its check, address, function and length fit the request; replies do not name
//! their registers, so a late one of the same length cannot be told apart, which is why the line
//! must be quiet before a request. A reply to a write with a wrong check says nothing about whether
//! the write was done: it is asked again. On D2 the reply to the write of one register is the
//! request itself, so that there an adapter that echoes looks like success; read back what matters.

use cellward_units::{Duration, Instant};
use cellward_wire::modbus::{
    Bytes, Head, Refusal, Reply, Request, TcpHead, WriteForm, reply_rtu, reply_tcp, request_rtu,
};
use heapless::Vec;

use crate::client::{Session, Step};

/// Bytes of two long frames: a late one and the one that is waited for.
const ROOM: usize = 520;
/// A reply whose check was wrong is not waited for longer than this after its last byte.
const BROKEN_OFF: Duration = Duration::from_millis(100);
/// Bytes of a refusal on a serial line.
const EXCEPTION: usize = 5;
/// What a board was once seen to send for the count of a write.
const STATUS_WORD: u16 = 0xAAAA;

/// How requests and replies are framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// A serial line.
    Rtu {
        /// Address of requests.
        request: u8,
        /// Address of replies.
        reply: u8,
        /// Whether a write of several registers has the standard's byte count. What the request
        /// says about that is not used.
        byte_count: bool,
    },
    /// A Modbus TCP connection.
    Tcp {
        /// The unit behind the server.
        unit: u8,
    },
}

/// How patient an exchange is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How long the whole reply may take.
    pub timeout: Duration,
    /// How often the request is sent before it counts as unanswered, at least once.
    pub tries: u8,
    /// How long the line must have been quiet before a request. Boards lose what follows their
    /// reply within less than 50 ms.
    pub guard: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(1), tries: 3, guard: Duration::from_millis(50) }
    }
}

/// Why there is no reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing that fits came.
    Silent,
    /// Only the own request came back: a sleeping adapter, or a looped wire.
    Echo,
    /// Replies came, but the check of each was wrong. Whether a write was done is not known.
    Damaged,
    /// The board refused, with a code of the standard.
    Exception(u8),
    /// The request has no registers, or too many for a frame.
    Request,
}

/// What an exchange went through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Requests sent.
    pub requests: u32,
    /// Bytes that came in.
    pub bytes: u32,
    /// Replies that fit.
    pub frames: u32,
    /// Bytes that belong to no frame.
    pub refused: u32,
    /// Replies whose check was wrong.
    pub checks: u32,
    /// Own requests coming back.
    pub echoes: u32,
    /// Requests of somebody else.
    pub other_hosts: u32,
    /// Replies of other boards.
    pub foreign: u32,
    /// Replies to something else.
    pub late: u32,
    /// Tries that ran out of time.
    pub timeouts: u32,
}

/// How it stands.
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one frame")]
#[derive(Clone, PartialEq, Eq, Debug)]
enum State {
    /// To be sent.
    Ready,
    /// Sent; given up then.
    Waiting(Instant),
    /// Over.
    Over(Result<Reply, Failure>),
}

/// One request on its way.
#[derive(Clone, Debug)]
pub struct Exchange {
    framing: Framing,
    request: Request,
    options: Options,
    state: State,
    tries_left: u8,
    transaction: u16,
    inbox: Vec<u8, ROOM>,
    last_byte: Option<Instant>,
    /// Not sent before this, nor kept back by a noisy line beyond the other.
    earliest: Instant,
    latest: Option<Instant>,
    /// Whether a broken reply came in this try.
    broken: bool,
    tally: Tally,
}

impl Session for Exchange {
    fn next_action(&mut self, now: Instant) -> Step {
        loop {
            match self.state {
                State::Over(_) => return Step::Done,
                State::Ready => {
                    let ready = self.ready(now);
                    if now < ready {
                        return Step::Wait(ready);
                    }
                    return self.send(now);
                }
                State::Waiting(until) => {
                    let until = self.end(until);
                    if now < until {
                        return Step::Wait(until);
                    }
                    self.try_is_over(now);
                }
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.last_byte = Some(now);
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.tally.bytes = self.tally.bytes.saturating_add(count);
        for &byte in bytes {
            if !matches!(self.state, State::Waiting(_)) {
                return;
            }
            if self.inbox.push(byte).is_err() {
                self.drop_front(1);
                let _ = self.inbox.push(byte);
            }
            self.look();
        }
    }
}

impl Exchange {
    /// A request that has not been sent.
    #[must_use]
    pub fn new(framing: Framing, request: Request, options: Options) -> Self {
        let request = match (framing, request) {
            (Framing::Rtu { byte_count, .. }, Request::WriteMany { start, words, .. }) => {
                Request::WriteMany { start, words, byte_count }
            }
            (_, request) => request,
        };
        Self {
            framing,
            request,
            options,
            state: State::Ready,
            tries_left: options.tries.max(1),
            transaction: 0,
            inbox: Vec::new(),
            last_byte: None,
            earliest: Instant::START,
            latest: None,
            broken: false,
            tally: Tally::default(),
        }
    }

    /// The same, sent no earlier than this: the end of the guard of an exchange before.
    #[must_use]
    pub fn not_before(self, earliest: Instant) -> Self {
        Self { earliest, ..self }
    }

    /// The same with TCP transactions counted on from this number, so that a late reply to an
    /// exchange before is not taken for one to this.
    #[must_use]
    pub fn counting_from(self, transaction: u16) -> Self {
        Self { transaction, ..self }
    }

    /// When [`next_action`](Session::next_action) must be called at the latest; `None` when it is
    /// over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Over(_) => None,
            State::Ready => Some(self.quiet()),
            State::Waiting(until) => Some(self.end(until)),
        }
    }

    /// The reply or why there is none, once it is over.
    #[must_use]
    pub fn result(&self) -> Option<Result<Reply, Failure>> {
        match &self.state {
            State::Over(result) => Some(result.clone()),
            State::Ready | State::Waiting(_) => None,
        }
    }

    /// What it went through so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// When the last byte came, if any did.
    #[must_use]
    pub const fn last_byte(&self) -> Option<Instant> {
        self.last_byte
    }

    /// When the line will have been quiet for long enough.
    fn quiet(&self) -> Instant {
        let quiet = self.last_byte.map_or(Instant::START, |last| last + self.options.guard);
        self.earliest.max(quiet)
    }

    /// When the request may go out: a line that is never quiet is waited for no longer than a
    /// reply.
    fn ready(&mut self, now: Instant) -> Instant {
        let latest = *self.latest.get_or_insert(now + self.options.timeout);
        self.quiet().min(latest)
    }

    /// When a try ends.
    fn end(&self, until: Instant) -> Instant {
        match self.last_byte {
            Some(last) if self.broken => until.min(last + BROKEN_OFF),
            _ => until,
        }
    }

    fn send(&mut self, now: Instant) -> Step {
        self.transaction = self.transaction.wrapping_add(1);
        let bytes = self.bytes();
        if bytes.is_empty() {
            self.state = State::Over(Err(Failure::Request));
            return Step::Done;
        }
        self.inbox.clear();
        self.broken = false;
        self.latest = None;
        self.tally.requests = self.tally.requests.saturating_add(1);
        self.state = State::Waiting(now + self.options.timeout);
        Step::Send(bytes)
    }

    /// The request as sent last.
    fn bytes(&self) -> Bytes {
        match self.framing {
            Framing::Rtu { request, .. } => self.request.emit_rtu(request),
            Framing::Tcp { unit } => self.request.emit_tcp(self.transaction, unit),
        }
    }

    fn try_is_over(&mut self, now: Instant) {
        self.tally.timeouts = self.tally.timeouts.saturating_add(1);
        self.tries_left = self.tries_left.saturating_sub(1);
        self.latest = Some(now + self.options.timeout);
        self.state = if self.tries_left > 0 {
            State::Ready
        } else if self.tally.checks > 0 {
            State::Over(Err(Failure::Damaged))
        } else if self.tally.echoes > 0 {
            State::Over(Err(Failure::Echo))
        } else {
            State::Over(Err(Failure::Silent))
        };
    }

    /// Looks for frames in what has come.
    fn look(&mut self) {
        while !self.inbox.is_empty() && matches!(self.state, State::Waiting(_)) {
            let more = match self.framing {
                Framing::Rtu { request, reply, .. } => self.look_rtu(request, reply),
                Framing::Tcp { unit } => self.look_tcp(unit),
            };
            if !more {
                return;
            }
        }
    }

    /// Deals with what stands in front on a serial line; `false` when more bytes are needed.
    fn look_rtu(&mut self, request: u8, reply: u8) -> bool {
        let own = self.bytes();
        let echo = !self.echo_is_reply(request == reply);
        if echo && self.inbox.starts_with(&own) {
            self.tally.echoes = self.tally.echoes.saturating_add(1);
            self.drop_front(own.len());
            return true;
        }
        if echo && own.starts_with(&self.inbox) {
            return false;
        }
        match reply_rtu(&self.inbox) {
            Head::Frame { address, body, len } => {
                self.drop_front(len);
                if address == reply {
                    self.take(body);
                } else {
                    self.tally.foreign = self.tally.foreign.saturating_add(1);
                }
                true
            }
            Head::Short => self.find_behind(reply),
            Head::Not(refusal) => self.look_at_other(reply, refusal),
        }
    }

    /// Deals with what is no reply; `false` when more bytes are needed to tell what it is.
    fn look_at_other(&mut self, reply: u8, refusal: Refusal) -> bool {
        if refusal == Refusal::Check && self.inbox.starts_with(&[reply, self.request.function()]) {
            self.tally.checks = self.tally.checks.saturating_add(1);
            self.broken = true;
            self.refuse(1);
            return true;
        }
        match request_rtu(&self.inbox, WriteForm::Lenient) {
            Head::Frame { len, .. } => {
                self.tally.other_hosts = self.tally.other_hosts.saturating_add(1);
                self.drop_front(len);
                true
            }
            Head::Short => self.find_behind(reply),
            Head::Not(_) => {
                self.refuse(1);
                true
            }
        }
    }

    /// The reply behind bytes that only look like the beginning of a longer frame. It is looked for
    /// with every byte, so that it ends with the newest one, and only its lengths need a look.
    fn find_behind(&mut self, reply: u8) -> bool {
        let fits = |len: usize| {
            let at = self.inbox.len().checked_sub(len).filter(|&at| at > 0)?;
            match reply_rtu(self.inbox.get(at..)?) {
                Head::Frame { address, body, .. } if address == reply && self.fits(&body) => {
                    Some(at)
                }
                _ => None,
            }
        };
        let Some(at) = [self.reply_len(), EXCEPTION].into_iter().find_map(fits) else {
            return false;
        };
        self.refuse(at);
        true
    }

    /// Bytes of the reply on a serial line that does what the request asks for.
    fn reply_len(&self) -> usize {
        match self.request {
            Request::Read { count, .. } => usize::from(count).saturating_mul(2).saturating_add(5),
            _ => 8,
        }
    }

    /// Deals with what stands in front of a TCP stream; `false` when more bytes are needed.
    fn look_tcp(&mut self, unit: u8) -> bool {
        match reply_tcp(&self.inbox) {
            TcpHead::Frame { transaction, unit: from, body, len } => {
                self.drop_front(len);
                if from != unit {
                    self.tally.foreign = self.tally.foreign.saturating_add(1);
                } else if transaction == self.transaction {
                    self.take(body);
                } else {
                    self.tally.late = self.tally.late.saturating_add(1);
                }
                true
            }
            TcpHead::Short => false,
            TcpHead::Not(_) => {
                // Nobody knows where the next frame begins.
                self.refuse(self.inbox.len());
                self.broken = true;
                false
            }
        }
    }

    /// A good frame of the board.
    fn take(&mut self, body: Reply) {
        if !self.fits(&body) {
            self.tally.late = self.tally.late.saturating_add(1);
            return;
        }
        self.tally.frames = self.tally.frames.saturating_add(1);
        self.state = State::Over(match body {
            Reply::Exception { code, .. } => Err(Failure::Exception(code)),
            reply => Ok(reply),
        });
    }

    /// Whether a reply can be the one to this request.
    fn fits(&self, reply: &Reply) -> bool {
        match (&self.request, reply) {
            (request, Reply::Exception { function, .. }) => *function == request.function(),
            (Request::Read { area, count, .. }, Reply::Words { area: told, words }) => {
                area == told && words.len() == usize::from(*count)
            }
            (Request::WriteOne { register, value }, Reply::WroteOne { register: r, value: v }) => {
                (register, value) == (r, v)
            }
            (Request::WriteMany { start, words, .. }, Reply::WroteMany { start: s, count }) => {
                start == s && (usize::from(*count) == words.len() || *count == STATUS_WORD)
            }
            _ => false,
        }
    }

    /// Whether the reply is the request again, so that an echo cannot be told from it.
    const fn echo_is_reply(&self, same_address: bool) -> bool {
        same_address && matches!(self.request, Request::WriteOne { .. })
    }

    fn refuse(&mut self, count: usize) {
        let dropped = u32::try_from(count).unwrap_or(u32::MAX);
        self.tally.refused = self.tally.refused.saturating_add(dropped);
        self.drop_front(count);
    }

    fn drop_front(&mut self, count: usize) {
        let count = count.min(self.inbox.len());
        self.inbox.copy_within(count.., 0);
        self.inbox.truncate(self.inbox.len().saturating_sub(count));
    }
}
