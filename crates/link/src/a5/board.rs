//! The board's side: bytes in, requests and replies out.
//!
//! Reads are answered from the one snapshot that the caller passes in. Writes become requests;
//! the reply is sent when the core has agreed, and a refused write stays silent, because the
//! dialect has no word for "no".
//!
//! Queues are bounded. A reply that does not fit is dropped whole: half of one would only cost the
//! host time.

use cellward_params::{Action, Answer, Command, PortId, Request, Role, Snapshot, Switch};
use cellward_units::{Duration, Instant, Ratio};
use cellward_wire::a5::{
    Deframer, Encoder, FRAME_LEN, Fill, HOST_APP, HOST_GPRS, MAX_BOARD, Message, Refused, Reply,
    Request as Asked, SwitchWord, host_address,
};
use heapless::Deque;

use super::answer;

/// A pause this long ends a frame that has only begun. A frame takes 13.5 ms on the wire, but a
/// network, a USB bridge or a busy host may pause in the middle of one. Finding the next frame does
/// not depend on this: the deframer resynchronises by itself at that frame's last byte.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// Writes that may wait for the core at once. A host has one request in flight.
const WAITING: usize = 4;

/// What a session has counted since start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Requests to this board.
    pub requests: u32,
    /// Replies, counted by command, not by frame.
    pub replies: u32,
    /// Replies or requests that did not fit into a queue.
    pub dropped: u32,
    /// Frames for others, or replies of others.
    pub foreign: u32,
}

/// The board's session on one port. `OUT` bounds the bytes that wait to be sent; the longest reply
/// (sixteen frames) has 208.
///
/// A wired legacy port carries no login, so its host acts as installer.
#[derive(Clone, Debug)]
pub struct Board<const OUT: usize = 512> {
    port: PortId,
    number: u8,
    deframer: Deframer,
    encoder: Encoder,
    last_byte: Option<Instant>,
    next_id: u16,
    requests: Deque<Request, WAITING>,
    waiting: Deque<(u16, Message), WAITING>,
    out: Deque<u8, OUT>,
    counters: Counters,
}

impl<const OUT: usize> Board<OUT> {
    /// A session that has seen nothing. `board_number` is moved into 1 to 16; it answers the host
    /// address 0x3F + number, board 1 also 0x80 and 0x20. Unused bytes are filled as classic
    /// boards do, with what the reply before left there.
    #[must_use]
    pub const fn new(port: PortId, board_number: u8) -> Self {
        Self::with_fill(port, board_number, Fill::Stale)
    }

    /// As [`new`](Self::new), with another filling of unused bytes.
    #[must_use]
    pub const fn with_fill(port: PortId, board_number: u8, fill: Fill) -> Self {
        let number = match board_number {
            0 => 1,
            MAX_BOARD.. => MAX_BOARD,
            number => number,
        };
        Self {
            port,
            number,
            deframer: Deframer::new(),
            encoder: Encoder::new(number, fill),
            last_byte: None,
            next_id: 0,
            requests: Deque::new(),
            waiting: Deque::new(),
            out: Deque::new(),
            counters: Counters { requests: 0, replies: 0, dropped: 0, foreign: 0 },
        }
    }

    /// Bytes that came in. Reads are answered from `snapshot`; writes come out of
    /// [`poll_request`](Self::poll_request).
    pub fn receive(&mut self, bytes: &[u8], snapshot: &Snapshot, line_now: Instant) {
        if bytes.is_empty() {
            return;
        }
        if let Some(last) = self.last_byte
            && line_now.since(last) >= FRAME_GAP
        {
            self.deframer.reset();
        }
        self.last_byte = Some(line_now);
        for &byte in bytes {
            if let Some(message) = self.deframer.push(byte) {
                self.handle(&message, snapshot);
            }
        }
    }

    /// The next request for the core, oldest first.
    pub fn poll_request(&mut self) -> Option<Request> {
        self.requests.pop_front()
    }

    /// The core's word on a request. Only an agreed one is answered on the line.
    pub fn handle_answer(&mut self, answer: &Answer) {
        for _ in 0..self.waiting.len() {
            let Some((id, message)) = self.waiting.pop_front() else {
                return;
            };
            if id != answer.id {
                // It keeps its place: each one is taken from the front and put to the back once.
                let _ = self.waiting.push_back((id, message));
            } else if answer.result.is_ok() {
                self.acknowledge(&message);
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

    /// What the deframer refused since start.
    #[must_use]
    pub const fn refused(&self) -> Refused {
        self.deframer.refused()
    }

    /// One good frame.
    fn handle(&mut self, message: &Message, snapshot: &Snapshot) {
        let ours = message.address == host_address(self.number)
            || (self.number == 1 && matches!(message.address, HOST_APP | HOST_GPRS));
        if !ours {
            self.counters.foreign = self.counters.foreign.saturating_add(1);
            return;
        }
        self.counters.requests = self.counters.requests.saturating_add(1);
        let command = match Asked::parse(message) {
            Asked::Read { command, .. } => {
                let parts = answer::parts(command, message.address, snapshot);
                self.send(&parts);
                return;
            }
            Asked::SetDischarge(word) => allow(Switch::Discharge, word),
            Asked::SetCharge(word) => allow(Switch::Charge, word),
            Asked::SetClockAndSoc(set) => Some(set.soc_permille)
                .filter(|&permille| permille <= 1_000)
                .map(|permille| Command::SetSoc(Ratio::from_permille(permille.into()))),
            // The board has no command to restart itself yet.
            Asked::Restart { .. } => None,
        };
        if let Some(command) = command {
            self.ask(command, message);
        }
    }

    /// Puts a request before the core and remembers whom to answer.
    fn ask(&mut self, command: Command, message: &Message) {
        if self.requests.is_full() {
            self.counters.dropped = self.counters.dropped.saturating_add(1);
            return;
        }
        if self.waiting.is_full() {
            // An answer that never came must not block those that will.
            self.waiting.pop_front();
            self.counters.dropped = self.counters.dropped.saturating_add(1);
        }
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        let request = Request {
            id,
            port: self.port,
            role: Role::Installer,
            action: Action::Command(command),
        };
        // Both have room: looked at above.
        let _ = self.requests.push_back(request);
        let _ = self.waiting.push_back((id, *message));
    }

    /// Answers an agreed write: switches echo the word, the clock says 1.
    fn acknowledge(&mut self, message: &Message) {
        let on = match Asked::parse(message) {
            Asked::SetDischarge(word) | Asked::SetCharge(word) => word.on,
            _ => 1,
        };
        let word = SwitchWord { on, rest: [0; 7] };
        let reply = Reply::parse(message.command, &word.payload());
        let mut parts = answer::Parts::new();
        let defined = reply.defined();
        // One frame always fits.
        let _ = parts.push(answer::Part { reply, defined });
        self.send(&parts);
    }

    /// Queues a whole reply or nothing.
    fn send(&mut self, parts: &[answer::Part]) {
        if parts.is_empty() {
            return;
        }
        let room = OUT.saturating_sub(self.out.len());
        if parts.len().saturating_mul(FRAME_LEN) > room {
            self.counters.dropped = self.counters.dropped.saturating_add(1);
            return;
        }
        self.counters.replies = self.counters.replies.saturating_add(1);
        for part in parts {
            let message = self.encoder.encode_defined(&part.reply, part.defined);
            for byte in message.emit() {
                // There is room: counted above.
                let _ = self.out.push_back(byte);
            }
        }
    }
}

/// What a switch word asks for; a word that is neither 0 nor 1 asks for nothing.
const fn allow(switch: Switch, word: SwitchWord) -> Option<Command> {
    match word.on {
        0 => Some(Command::AllowSwitch { switch, allowed: false }),
        1 => Some(Command::AllowSwitch { switch, allowed: true }),
        _ => None,
    }
}
