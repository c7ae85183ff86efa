//! A pair of the classic dialect, whose board can be made to forge its frames.

use std::collections::HashSet;

use cellward_link::Port;
use cellward_link::a5::{Client, Options};
use cellward_link::client::Plan;
use cellward_params::{PortId, Snapshot};
use cellward_units::{Duration, Instant};
use cellward_wire::a5::{Deframer, FRAME_LEN, Fill, Frame, Message};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use crate::line::Damage;
use crate::pair::{Board, Lines};

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

/// A board of the classic dialect and a client of it.
pub type Pair = crate::pair::Pair<Client, Classic>;

impl Pair {
    /// A board that tells `truth`, and a client that knows nothing of it.
    #[must_use]
    pub fn new(truth: Snapshot, options: Options, damage: Damage, seed: u64) -> Self {
        let client = Client::new(options, Plan::Live);
        Self::with(truth, client, Classic::new(seed), options.board, damage, seed)
    }
}

/// A board that fills up its frames with what was in them before, and a reader of the line that
/// believes whatever passes the check.
#[derive(Debug)]
pub struct Classic {
    forgery: Option<(Forgery, u32)>,
    random: Xoshiro256PlusPlus,
    forged: u64,
    /// Every frame that was ever sent.
    sent: HashSet<[u8; FRAME_LEN]>,
    naive: Deframer,
    undetected: u64,
}

impl Classic {
    fn new(seed: u64) -> Self {
        Self {
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

impl Board for Classic {
    fn port(&self) -> Port {
        Port::with_fill(PortId(0), Fill::Stale)
    }

    /// Real ones take 10 to 50 ms.
    fn latency(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn answer(&mut self, bytes: &[u8], lines: &mut Lines, now: Instant) {
        for frame in bytes.chunks(FRAME_LEN) {
            let frame = self.perhaps_forged(frame);
            if let Ok(view) = Frame::new_checked(&frame) {
                self.sent.insert(view.message().emit());
            }
            lines.to_client.send(&frame, now);
        }
    }

    fn arrived(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(message) = self.naive.push(byte) {
                self.undetected += u64::from(!self.sent.contains(&message.emit()));
            }
        }
    }
}
