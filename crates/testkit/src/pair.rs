//! A board session and a client session with a line between them, in virtual time.

use std::collections::HashSet;

use cellward_link::a5::{Client, Options};
use cellward_link::client::{Plan, Rounds, Session, Step};
use cellward_link::{NoRecords, Port, View};
use cellward_params::parameter::id;
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Duration, Instant};
use cellward_wire::a5::{Deframer, FRAME_LEN, Fill, Frame, Message};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use crate::line::{Damage, Line};

/// How long the board thinks before it answers; real ones take 10 to 50 ms.
const LATENCY: Duration = Duration::from_millis(20);

/// Damage to the payload of a board's frame that its additive check cannot see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forgery {
    /// All eight bytes are random and the check fits: what one random damage in 256 amounts to.
    RandomPayload,
    /// Two bits of the same weight flipped against each other.
    TwoBits,
    /// Two bytes swapped.
    SwappedBytes,
}

/// The configuration of a board with this number.
pub(crate) fn numbered(board: u8) -> Config {
    let mut config = Config::lifepo4(16);
    config.set(id::board_number, board.into()).expect("a board number from 1 to 16");
    config
}

/// Both ends and the clock.
#[derive(Debug)]
pub struct Pair {
    /// What the board says.
    pub truth: Snapshot,
    /// The host's session.
    pub client: Client,
    board: Port,
    config: Config,
    to_board: Line,
    to_client: Line,
    answer_at: Option<Instant>,
    now: Instant,
    forgery: Option<(Forgery, u32)>,
    random: Xoshiro256PlusPlus,
    forged: u64,
    /// Every frame that was ever sent, and a reader that believes whatever passes the check.
    sent: HashSet<[u8; FRAME_LEN]>,
    naive: Deframer,
    undetected: u64,
}

impl Pair {
    /// A board that tells `truth`, and a client that knows nothing of it.
    #[must_use]
    pub fn new(truth: Snapshot, options: Options, damage: Damage, seed: u64) -> Self {
        Self {
            truth,
            client: Client::new(options, Plan::Live),
            board: Port::with_fill(PortId(0), Fill::Stale),
            config: numbered(options.board),
            to_board: Line::new(damage, seed),
            to_client: Line::new(damage, seed ^ 0x9E37_79B9_7F4A_7C15),
            answer_at: None,
            now: Instant::START,
            forgery: None,
            random: Xoshiro256PlusPlus::seed_from_u64(!seed),
            forged: 0,
            sent: HashSet::new(),
            naive: Deframer::new(),
            undetected: 0,
        }
    }

    /// From now on damages the board's frames so that their check still fits, in `per_million` of
    /// a million frames.
    pub const fn forge(&mut self, forgery: Forgery, per_million: u32) {
        self.forgery = Some((forgery, per_million));
    }

    /// How many frames were damaged so that their check still fits.
    #[must_use]
    pub const fn forged(&self) -> u64 {
        self.forged
    }

    /// How many frames arrived with a check that fits although nobody sent them.
    #[must_use]
    pub const fn undetected(&self) -> u64 {
        self.undetected
    }

    /// The time on both ends.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How often the line did something to a byte.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.to_board.damaged() + self.to_client.damaged()
    }

    /// Runs until the client's round is over and gives what it believes.
    ///
    /// # Panics
    ///
    /// When the round takes more than ten minutes, which no round may.
    #[must_use]
    pub fn round(&mut self) -> Snapshot {
        let limit = self.now + Duration::from_secs(600);
        loop {
            assert!(self.now < limit, "a round must end");
            match self.client.next_action(self.now) {
                Step::Done => return self.client.snapshot(),
                Step::Send(bytes) => {
                    // The caller's part of the bargain: what is not yet read is thrown away.
                    let _ = self.to_client.receive(self.now);
                    self.to_board.send(&bytes, self.now);
                }
                Step::Wait(until) => self.pass(until),
            }
        }
    }

    /// Starts another round and runs it.
    #[must_use]
    pub fn next_round(&mut self, plan: Plan) -> Snapshot {
        self.client.begin(plan);
        self.round()
    }

    /// Lets time pass to the next interesting moment, `until` at the latest.
    fn pass(&mut self, until: Instant) {
        let moments = [self.to_board.next_arrival(), self.to_client.next_arrival(), self.answer_at];
        let next = moments.into_iter().flatten().fold(until, Instant::min);
        self.now = self.now.max(next);
        let bytes = self.to_board.receive(self.now);
        let view = View { snapshot: &self.truth, config: &self.config, records: &NoRecords };
        self.board.receive(&bytes, &view, self.now);
        if self.board.has_output() && self.answer_at.is_none() {
            self.answer_at = Some(self.now + LATENCY);
        }
        if self.answer_at.is_some_and(|at| at <= self.now) {
            self.answer_at = None;
            let mut buffer = [0; 512];
            let count = self.board.transmit(&mut buffer);
            for frame in buffer[..count].chunks(FRAME_LEN) {
                let frame = self.perhaps_forged(frame);
                if let Ok(view) = Frame::new_checked(&frame) {
                    self.sent.insert(view.message().emit());
                }
                self.to_client.send(&frame, self.now);
            }
        }
        let bytes = self.to_client.receive(self.now);
        for &byte in &bytes {
            if let Some(message) = self.naive.push(byte) {
                self.undetected += u64::from(!self.sent.contains(&message.emit()));
            }
        }
        self.client.receive(&bytes, self.now);
    }

    /// The frame, or a forgery of it.
    fn perhaps_forged(&mut self, frame: &[u8]) -> Vec<u8> {
        let (Some((forgery, per_million)), Ok(view)) = (self.forgery, Frame::new_checked(frame))
        else {
            return frame.to_vec();
        };
        if self.random.next_u64() % 1_000_000 >= u64::from(per_million) {
            return frame.to_vec();
        }
        let message = view.message();
        let payload = self.forged_payload(forgery, message.payload);
        self.forged += u64::from(payload != message.payload);
        Message { payload, ..message }.emit().to_vec()
    }

    /// A payload; one that is the same again where the forgery cannot be done to it.
    fn forged_payload(&mut self, forgery: Forgery, payload: [u8; 8]) -> [u8; 8] {
        let mut forged = payload;
        if forgery == Forgery::RandomPayload {
            return self.random.next_u64().to_be_bytes();
        }
        for _ in 0..64 {
            let a = (self.random.next_u64() % 8) as usize;
            let b = (self.random.next_u64() % 8) as usize;
            let bit = 1 << (self.random.next_u64() % 8);
            match forgery {
                Forgery::SwappedBytes => forged.swap(a, b),
                _ if (forged[a] ^ forged[b]) & bit != 0 => {
                    forged[a] ^= bit;
                    forged[b] ^= bit;
                }
                _ => {}
            }
            if forged != payload {
                break;
            }
        }
        forged
    }
}
