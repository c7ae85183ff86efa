//! One port of the board: finds frames of every dialect in what comes in, answers reads, passes
//! wishes on to the core, and keeps the bytes that wait to be sent.
//!
//! Which dialect a frame is shows in its first byte: 0xA5 the classic one, 0xD2 and 0x80 + board
//! number the two near-Modbus ones, the board number itself our own Modbus map. A Modbus TCP port
//! speaks our map alone.
//!
//! One frame is dealt with after the other: while the core has a wish before it, what comes in
//! behind waits. Queues are bounded. A reply that does not fit is dropped whole: half of one would
//! only cost the host time. Garbage holds the port up no longer than the longest frame that it
//! could be, and no longer than [`FRAME_GAP`] after its last byte.

use cellward_params::{Answer, PortId};
use cellward_units::{Duration, Instant};
use cellward_wire::a5::{FRAME_LEN, Fill, Frame, FrameError, Message, START};
use cellward_wire::modbus::{
    Head, MAX_FRAME, Refusal, Reply, Request, TcpHead, WriteForm, request_rtu, request_tcp,
};
use heapless::{Deque, Vec};

use crate::a5::Session as Classic;
use crate::kmodbus::{Dialect, Session as Vendor};
use crate::modbus::Session as Own;
use crate::view::{Ask, View, Wish};

/// A pause this long ends a frame that has only begun. A byte takes 1 ms on the wire, but a
/// network, a USB bridge or a busy host may pause in the middle of a frame.
pub const FRAME_GAP: Duration = Duration::from_millis(100);

/// How long the core may think about a wish before the port forgets whom to answer. It answers in
/// the same step; this only keeps a port alive whose owner does not ask it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a handler makes of a frame.
#[expect(clippy::large_enum_variant, reason = "it lives for one frame, and there is no heap")]
pub(crate) enum Outcome<R> {
    /// Nothing is sent.
    Silent,
    /// This is sent.
    Reply(R),
    /// The core is asked first.
    Wish(Wish),
}

/// How a port frames what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// A serial line with every dialect.
    Serial,
    /// A TCP connection with Modbus TCP.
    ModbusTcp,
}

/// What a port has counted since start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Requests to this board.
    pub requests: u32,
    /// Replies, counted by request, not by frame.
    pub replies: u32,
    /// Replies that did not fit into the queue, and wishes that were never answered.
    pub dropped: u32,
    /// Frames for others, or replies of others.
    pub foreign: u32,
    /// Bytes that belong to no frame.
    pub refused: u32,
    /// Frames whose check was wrong.
    pub checks: u32,
}

/// A wish that is before the core.
#[derive(Clone, Debug)]
struct Waiting {
    id: u16,
    since: Instant,
    /// How many answers are still to come.
    answers: usize,
    asker: Asker,
}

/// Whom to answer once the core has spoken.
#[derive(Clone, Debug)]
enum Asker {
    Classic(Message),
    Vendor { dialect: Dialect, request: Request },
    Own { unit: u8, transaction: Option<u16>, request: Request },
}

/// A frame that was found.
enum Found {
    Classic(Message),
    Vendor {
        dialect: Dialect,
        request: Request,
    },
    Own {
        unit: u8,
        transaction: Option<u16>,
        request: Request,
    },
    /// A good frame of another board.
    Foreign,
}

/// A port. `OUT` bounds the bytes that wait to be sent; the longest reply has 260.
#[derive(Clone, Debug)]
pub struct Port<const OUT: usize = 512> {
    id: PortId,
    number: u8,
    framing: Framing,
    inbox: Vec<u8, MAX_FRAME>,
    /// Nobody knows where the next frame begins, until the line falls quiet: Modbus TCP only.
    lost: bool,
    last_byte: Option<Instant>,
    classic: Classic,
    vendor: Vendor,
    own: Own,
    next_id: u16,
    ask: Option<Ask>,
    waiting: Option<Waiting>,
    out: Deque<u8, OUT>,
    counters: Counters,
}

impl<const OUT: usize> Port<OUT> {
    /// A serial port that has seen nothing. Unused bytes of the classic dialect are filled as
    /// classic boards do, with what the reply before left there. The number of the board is a
    /// parameter.
    #[must_use]
    pub fn new(id: PortId) -> Self {
        Self::with_fill(id, Fill::Stale)
    }

    /// As [`new`](Self::new), with another filling of unused bytes.
    #[must_use]
    pub fn with_fill(id: PortId, fill: Fill) -> Self {
        Self {
            id,
            number: 1,
            framing: Framing::Serial,
            inbox: Vec::new(),
            lost: false,
            last_byte: None,
            classic: Classic::new(1, fill),
            vendor: Vendor::new(),
            own: Own::new(),
            next_id: 0,
            ask: None,
            waiting: None,
            out: Deque::new(),
            counters: Counters::default(),
        }
    }

    /// A port with this framing that has seen nothing.
    #[must_use]
    pub fn framed(id: PortId, framing: Framing) -> Self {
        Self { framing, ..Self::new(id) }
    }

    /// Bytes that came in. Reads are answered from `view`; a wish comes out of
    /// [`poll_ask`](Self::poll_ask).
    pub fn receive(&mut self, bytes: &[u8], view: &View<'_>, line_now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.take_number(view);
        if let Some(waiting) = &self.waiting
            && line_now.since(waiting.since) >= PATIENCE
        {
            self.waiting = None;
            self.ask = None;
            self.counters.dropped = self.counters.dropped.saturating_add(1);
        }
        self.pass_time(view, line_now);
        self.last_byte = Some(line_now);
        for &byte in bytes {
            if let Err(byte) = self.inbox.push(byte) {
                // Only full while a wish is before the core: what is oldest is lost.
                self.drop_first();
                let _room = self.inbox.push(byte);
            }
            self.pump(view, line_now);
        }
    }

    /// Throws away what came in and is not yet dealt with: nobody listens.
    pub fn forget_unread(&mut self) {
        self.lost = false;
        self.drop_all();
    }

    /// When [`pass_time`](Self::pass_time) has something to do if nothing more comes in.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let begun = self.lost || !self.inbox.is_empty();
        let last = self.last_byte.filter(|_| begun && self.waiting.is_none())?;
        Some(last + FRAME_GAP)
    }

    /// Ends a frame that has only begun and got nothing for [`FRAME_GAP`]: on a serial line, whole
    /// frames behind its first byte are dealt with; over TCP, where a frame has no mark of its
    /// beginning, the next one begins anew.
    pub fn pass_time(&mut self, view: &View<'_>, line_now: Instant) {
        if self.deadline().is_some_and(|at| line_now >= at) {
            self.give_up(view, line_now);
        }
    }

    /// The wish that the core should hear next.
    pub const fn poll_ask(&mut self) -> Option<Ask> {
        self.ask.take()
    }

    /// The core's word on a wish: one for every command of it, until one is refused. Call
    /// [`pump`](Self::pump) afterwards.
    pub fn handle_answer(&mut self, answer: &Answer) {
        let over = |waiting: &mut Waiting| {
            if waiting.id != answer.id {
                return false;
            }
            waiting.answers = waiting.answers.saturating_sub(1);
            waiting.answers == 0 || answer.result.is_err()
        };
        let Some(waiting) = self.waiting.take_if(over) else {
            return;
        };
        match waiting.asker {
            Asker::Classic(message) => {
                if answer.result.is_ok() {
                    let parts = Classic::agreed(&message);
                    let bytes = self.classic.encode(&parts);
                    self.send(&bytes);
                }
            }
            Asker::Vendor { dialect, request } => {
                if let Some(reply) = self.vendor.answered(&request, answer.result) {
                    let bytes = reply.emit_rtu(dialect.reply_address(self.number));
                    self.send(&bytes);
                }
            }
            Asker::Own { unit, transaction, request } => {
                let reply = self.own.answered(&request, answer.result);
                self.send_own(&reply, unit, transaction);
            }
        }
    }

    /// Deals with what waits in the inbox, until nothing is left or the core must be asked first.
    pub fn pump(&mut self, view: &View<'_>, line_now: Instant) {
        while self.waiting.is_none() {
            match self.next_frame() {
                Some(found) => self.handle(found, view, line_now),
                None => return,
            }
        }
    }

    /// Fills `buffer` with bytes to send and says how many they are.
    pub fn transmit(&mut self, buffer: &mut [u8]) -> usize {
        let mut count = 0_usize;
        for slot in buffer {
            let Some(byte) = self.out.pop_front() else {
                break;
            };
            *slot = byte;
            count = count.saturating_add(1);
        }
        count
    }

    /// Whether bytes wait to be sent.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.out.is_empty()
    }

    /// What was counted since start.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Speaks as the board whose number is set now.
    fn take_number(&mut self, view: &View<'_>) {
        let number = view.config.system().board_number;
        if let Ok(number) = u8::try_from(number)
            && number != self.number
        {
            self.number = number;
            self.classic.renumber(number);
        }
    }

    /// One good frame.
    fn handle(&mut self, found: Found, view: &View<'_>, line_now: Instant) {
        let (asker, wish) = match found {
            Found::Foreign => {
                self.counters.foreign = self.counters.foreign.saturating_add(1);
                return;
            }
            Found::Classic(message) => {
                if !self.classic.is_ours(&message) {
                    self.counters.foreign = self.counters.foreign.saturating_add(1);
                    return;
                }
                self.count_request();
                match Classic::handle(&message, view) {
                    Outcome::Silent => return,
                    Outcome::Reply(parts) => {
                        let bytes = self.classic.encode(&parts);
                        return self.send(&bytes);
                    }
                    Outcome::Wish(wish) => (Asker::Classic(message), wish),
                }
            }
            Found::Vendor { dialect, request } => {
                self.count_request();
                match self.vendor.handle(dialect, &request, view) {
                    Outcome::Silent => return,
                    Outcome::Reply(reply) => {
                        let bytes = reply.emit_rtu(dialect.reply_address(self.number));
                        return self.send(&bytes);
                    }
                    Outcome::Wish(wish) => (Asker::Vendor { dialect, request }, wish),
                }
            }
            Found::Own { unit, transaction, request } => {
                self.count_request();
                match self.own.handle(&request, view) {
                    Outcome::Silent => return,
                    Outcome::Reply(reply) => return self.send_own(&reply, unit, transaction),
                    Outcome::Wish(wish) => (Asker::Own { unit, transaction, request }, wish),
                }
            }
        };
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        let answers = match &wish {
            Wish::Commands(commands) => commands.len(),
            Wish::Write(_) => 1,
        };
        let login = matches!(asker, Asker::Own { .. });
        self.waiting = Some(Waiting { id, since: line_now, answers, asker });
        self.ask = Some(Ask { id, port: self.id, login, wish });
    }

    const fn count_request(&mut self) {
        self.counters.requests = self.counters.requests.saturating_add(1);
    }

    /// The next frame in the inbox. Bytes that can be none are dropped on the way.
    fn next_frame(&mut self) -> Option<Found> {
        while let Some(&first) = self.inbox.first() {
            let head = match self.framing {
                Framing::ModbusTcp if self.lost => Err(Trouble::Lost),
                Framing::Serial => self.serial_head(first),
                Framing::ModbusTcp => self.tcp_head(),
            };
            match head {
                Ok((found, len)) => {
                    self.drop_front(len);
                    return Some(found);
                }
                Err(Trouble::Short) => return None,
                Err(Trouble::Check) => {
                    self.counters.checks = self.counters.checks.saturating_add(1);
                    self.drop_first();
                }
                Err(Trouble::Other) => self.drop_first(),
                Err(Trouble::Lost) => {
                    self.lost = true;
                    self.drop_all();
                }
            }
        }
        None
    }

    /// What stands at the front of a serial inbox that begins with `first`.
    fn serial_head(&self, first: u8) -> Result<(Found, usize), Trouble> {
        if first == START {
            return match Frame::new_checked(&self.inbox) {
                Ok(frame) => Ok((Found::Classic(frame.message()), FRAME_LEN)),
                Err(FrameError::TooShort { .. }) => Err(Trouble::Short),
                Err(FrameError::WrongCheck { .. }) => Err(Trouble::Check),
                Err(_) => Err(Trouble::Other),
            };
        }
        let dialect = Dialect::of_request(first);
        let form = match dialect {
            Some(_) => WriteForm::Lenient,
            None if first == self.number => WriteForm::Standard,
            None => return Err(Trouble::Other),
        };
        match request_rtu(&self.inbox, form) {
            Head::Frame { address, body, len } => {
                let found = match dialect {
                    Some(dialect) if dialect.request_address(self.number) == address => {
                        Found::Vendor { dialect, request: body }
                    }
                    Some(_) => Found::Foreign,
                    None => Found::Own { unit: address, transaction: None, request: body },
                };
                Ok((found, len))
            }
            Head::Short => Err(Trouble::Short),
            Head::Not(Refusal::Check) => Err(Trouble::Check),
            Head::Not(_) => Err(Trouble::Other),
        }
    }

    /// What stands at the front of the inbox of a Modbus TCP connection. Whatever unit is named,
    /// there is only this board at the other end.
    fn tcp_head(&self) -> Result<(Found, usize), Trouble> {
        match request_tcp(&self.inbox) {
            TcpHead::Frame { transaction, unit, body, len } => {
                let transaction = Some(transaction);
                Ok((Found::Own { unit, transaction, request: body }, len))
            }
            TcpHead::Short => Err(Trouble::Short),
            // Without its length nobody knows where the next frame begins.
            TcpHead::Not(_) => Err(Trouble::Lost),
        }
    }

    /// Gives up the frame that has only begun, and deals with whole frames behind its first byte.
    fn give_up(&mut self, view: &View<'_>, line_now: Instant) {
        if self.framing == Framing::ModbusTcp {
            self.lost = false;
            return self.drop_all();
        }
        while !self.inbox.is_empty() && self.waiting.is_none() {
            self.drop_first();
            self.pump(view, line_now);
        }
    }

    fn drop_all(&mut self) {
        let lost = u32::try_from(self.inbox.len()).unwrap_or(u32::MAX);
        self.counters.refused = self.counters.refused.saturating_add(lost);
        self.inbox.clear();
    }

    fn drop_first(&mut self) {
        self.counters.refused = self.counters.refused.saturating_add(1);
        self.drop_front(1);
    }

    fn drop_front(&mut self, count: usize) {
        let count = count.min(self.inbox.len());
        self.inbox.copy_within(count.., 0);
        self.inbox.truncate(self.inbox.len().saturating_sub(count));
    }

    fn send_own(&mut self, reply: &Reply, unit: u8, transaction: Option<u16>) {
        let bytes = match transaction {
            Some(transaction) => reply.emit_tcp(transaction, unit),
            None => reply.emit_rtu(unit),
        };
        self.send(&bytes);
    }

    /// Queues a whole reply or nothing.
    fn send(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if bytes.len() > OUT.saturating_sub(self.out.len()) {
            self.counters.dropped = self.counters.dropped.saturating_add(1);
            return;
        }
        self.counters.replies = self.counters.replies.saturating_add(1);
        for &byte in bytes {
            // There is room: counted above.
            let _ = self.out.push_back(byte);
        }
    }
}

/// Why no frame stands at the front.
enum Trouble {
    /// More bytes are needed to tell.
    Short,
    /// It would be one, but its check is wrong.
    Check,
    /// It is none.
    Other,
    /// Nobody can tell where the next one begins.
    Lost,
}
