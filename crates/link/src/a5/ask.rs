//! One request of a host outside of its rounds: a setting to read, a word to write.
//!
//! The additive check lets one damaged frame in 256 pass, and a setting has no neighbour that it
//! could contradict. So a read counts when two replies to two requests agree; the reply to a write
//! is only a sign that it was heard, and whoever writes reads back what it has become.

use cellward_units::Instant;
use cellward_wire::a5::{Deframer, Message, PAYLOAD_LEN, Reply, Request};

use super::client::Options;
use super::plausible::agree;
use crate::client::{Session, Step};

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answered {
    /// This came, twice where it had to.
    With([u8; PAYLOAD_LEN]),
    /// Nothing came in any try.
    Silent,
    /// Only our own request came back: a sleeping board, or a looped wire.
    Echo,
    /// Replies came, but no two agreed.
    Contradictory,
}

/// A request with a reply of one frame.
#[derive(Clone, Debug)]
pub struct Ask {
    request: Message,
    board: u8,
    /// How many agreeing replies are needed: 2 for a read, 1 for a write.
    needed: u8,
    options: Options,
    deframer: Deframer,
    tries_left: u8,
    give_up: Option<Instant>,
    /// The line is quiet from here on.
    ready_at: Instant,
    heard: Option<[u8; PAYLOAD_LEN]>,
    agreed: u8,
    echo: bool,
    result: Option<Answered>,
}

impl Session for Ask {
    fn next_action(&mut self, now: Instant) -> Step {
        if self.result.is_some() {
            return Step::Done;
        }
        if let Some(give_up) = self.give_up {
            if now < give_up {
                return Step::Wait(give_up);
            }
            self.give_up = None;
        }
        if self.tries_left == 0 {
            self.result = Some(match (self.heard, self.echo) {
                (Some(_), _) => Answered::Contradictory,
                (None, true) => Answered::Echo,
                (None, false) => Answered::Silent,
            });
            return Step::Done;
        }
        if now < self.ready_at {
            return Step::Wait(self.ready_at);
        }
        self.tries_left = self.tries_left.saturating_sub(1);
        self.deframer.reset();
        self.give_up = Some(now + self.options.timeout + self.options.per_frame);
        Step::Send(self.request.emit().into_iter().collect())
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.ready_at = now + self.options.guard;
        for &byte in bytes {
            if let Some(message) = self.deframer.push(byte) {
                self.take(&message);
            }
        }
    }
}

impl Ask {
    /// A request that is about to be sent to a board that answers `host`.
    #[must_use]
    pub fn new(request: &Request, host: u8, options: Options) -> Self {
        let reads = matches!(request, Request::Read { .. });
        let needed = if reads { 2 } else { 1 };
        Self {
            request: request.message(host),
            board: options.board,
            needed,
            options,
            deframer: Deframer::new(),
            tries_left: options.tries.saturating_mul(needed).max(needed),
            give_up: None,
            ready_at: Instant::START,
            heard: None,
            agreed: 0,
            echo: false,
            result: None,
        }
    }

    /// How it ended, once it has.
    #[must_use]
    pub const fn result(&self) -> Option<Answered> {
        self.result
    }

    fn take(&mut self, message: &Message) {
        if self.give_up.is_none() || self.result.is_some() {
            return;
        }
        if message.from_host() {
            self.echo |= message == &self.request;
            return;
        }
        if message.address != self.board || message.command != self.request.command {
            return;
        }
        // A frame that the line doubled comes behind the end of the try and is not counted.
        self.give_up = None;
        let reply = |payload: &_| Reply::parse(message.command, payload);
        let agrees = self
            .heard
            .is_some_and(|heard| agree(&reply(&heard), &reply(&message.payload), usize::MAX));
        self.agreed = if agrees { self.agreed.saturating_add(1) } else { 1 };
        self.heard = Some(message.payload);
        if self.agreed >= self.needed {
            self.result = Some(Answered::With(message.payload));
        }
    }
}

#[cfg(test)]
mod tests {
    use cellward_units::Duration;
    use cellward_wire::a5::command;

    use super::*;

    const PAYLOAD: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    fn reply(payload: [u8; 8]) -> [u8; 13] {
        Message { address: 1, command: command::CELL_LIMITS, payload }.emit()
    }

    fn read() -> Ask {
        Ask::new(&Request::read(command::CELL_LIMITS), 0x40, Options::default())
    }

    fn ms(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// Asks once and answers with these bytes ten milliseconds later.
    fn turn(ask: &mut Ask, now: &mut Instant, bytes: &[u8]) {
        while let Step::Wait(until) = ask.next_action(*now) {
            *now = until;
        }
        *now += Duration::from_millis(10);
        ask.receive(bytes, *now);
    }

    #[test]
    fn a_read_counts_when_two_replies_to_two_requests_agree() {
        let (mut ask, mut now) = (read(), ms(0));
        turn(&mut ask, &mut now, &[reply(PAYLOAD), reply(PAYLOAD)].concat());
        assert_eq!(ask.result(), None, "a doubled frame is one reading");
        turn(&mut ask, &mut now, &reply(PAYLOAD));
        assert_eq!(ask.result(), Some(Answered::With(PAYLOAD)));
        assert_eq!(ask.next_action(now), Step::Done);
    }

    #[test]
    fn a_heartbeat_that_counts_on_is_no_disagreement() {
        let mut ask = Ask::new(&Request::read(command::SWITCHES), 0x40, Options::default());
        let mut now = ms(0);
        let reply =
            |life| Message { address: 1, command: 0x93, payload: [1, 1, 1, life, 0, 1, 0, 0] };
        turn(&mut ask, &mut now, &reply(7).emit());
        turn(&mut ask, &mut now, &reply(8).emit());
        assert!(matches!(ask.result(), Some(Answered::With(_))));
    }

    #[test]
    fn replies_that_never_agree_are_no_value() {
        let (mut ask, mut now) = (read(), ms(0));
        for odd in 0..6 {
            turn(&mut ask, &mut now, &reply([odd; 8]));
        }
        assert_eq!(ask.next_action(now), Step::Done);
        assert_eq!(ask.result(), Some(Answered::Contradictory));
    }

    #[test]
    fn silence_and_echoes_are_told_apart() {
        let (mut ask, mut now) = (read(), ms(0));
        for _ in 0..6 {
            turn(&mut ask, &mut now, &[]);
        }
        while let Step::Wait(until) = ask.next_action(now) {
            now = until;
        }
        assert_eq!(ask.result(), Some(Answered::Silent));

        let (mut ask, mut now) = (read(), ms(0));
        let echo = Request::read(command::CELL_LIMITS).message(0x40).emit();
        for _ in 0..6 {
            turn(&mut ask, &mut now, &echo);
        }
        while let Step::Wait(until) = ask.next_action(now) {
            now = until;
        }
        assert_eq!(ask.result(), Some(Answered::Echo));
    }

    #[test]
    fn frames_of_others_and_other_commands_are_no_answer() {
        let (mut ask, mut now) = (read(), ms(0));
        let foreign = Message { address: 2, command: command::CELL_LIMITS, payload: PAYLOAD };
        let late = Message { address: 1, command: command::PACK_LIMITS, payload: PAYLOAD };
        turn(&mut ask, &mut now, &[foreign.emit(), late.emit()].concat());
        assert!(matches!(ask.next_action(now), Step::Wait(_)), "still waiting");
    }

    #[test]
    fn the_next_request_waits_until_the_line_was_quiet_for_the_guard() {
        let (mut ask, mut now) = (read(), ms(0));
        turn(&mut ask, &mut now, &reply(PAYLOAD));
        let guard = Options::default().guard;
        assert_eq!(ask.next_action(now), Step::Wait(now + guard));
        assert!(matches!(ask.next_action(now + guard), Step::Send(_)));
    }

    #[test]
    fn a_write_is_heard_with_one_reply() {
        let write = Request::SetLimits { read: command::CELL_LIMITS, payload: PAYLOAD };
        let mut ask = Ask::new(&write, 0x40, Options::default());
        let mut now = ms(0);
        let heard = Message { address: 1, command: 0x19, payload: [1; 8] };
        turn(&mut ask, &mut now, &heard.emit());
        assert_eq!(ask.result(), Some(Answered::With([1; 8])));
    }
}
