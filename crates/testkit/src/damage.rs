//! Ways in which a frame is damaged, one at a time.

use cellward_units::Duration;
use cellward_wire::a5::{Frame, Message};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng as _;

/// A way in which a frame is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A byte is lost.
    Drop,
    /// One bit is flipped.
    Flip,
    /// A byte comes twice.
    Double,
    /// One to four bytes that nobody sent come in the frame or before it.
    Noise,
    /// Three bytes or more are overwritten with random ones.
    Burst,
    /// A pause of up to 200 ms within the frame.
    Delay,
    /// The frame comes twice.
    Duplicate,
    /// The frame comes in pieces with up to 20 ms between them.
    Split,
    /// A5 alone: the payload is random and the additive check fits.
    RandomPayload,
    /// A5 alone: two bits of the same weight flipped against each other.
    TwoBits,
    /// A5 alone: two bytes of the payload swapped.
    SwappedBytes,
}

impl Class {
    /// What can happen on the line of every dialect.
    pub const ON_ANY_LINE: [Self; 8] = [
        Self::Drop,
        Self::Flip,
        Self::Double,
        Self::Noise,
        Self::Burst,
        Self::Delay,
        Self::Duplicate,
        Self::Split,
    ];
    /// What the additive check of A5 cannot see; done to the board's frames alone.
    pub const FORGERIES: [Self; 3] = [Self::RandomPayload, Self::TwoBits, Self::SwappedBytes];

    /// Whether every byte arrives as it was sent, in its order.
    #[must_use]
    pub const fn leaves_bytes(self) -> bool {
        matches!(self, Self::Delay | Self::Duplicate | Self::Split)
    }

    /// Whether the check of A5 fits by intention.
    #[must_use]
    pub const fn is_forgery(self) -> bool {
        matches!(self, Self::RandomPayload | Self::TwoBits | Self::SwappedBytes)
    }

    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Flip => "flip",
            Self::Double => "double",
            Self::Noise => "noise",
            Self::Burst => "burst",
            Self::Delay => "delay",
            Self::Duplicate => "duplicate",
            Self::Split => "split",
            Self::RandomPayload => "random payload",
            Self::TwoBits => "two bits",
            Self::SwappedBytes => "swapped bytes",
        }
    }

    /// The frame as it arrives: pieces, each with the pause before it. `None` where this cannot be
    /// done to it, or would change nothing.
    pub(crate) fn apply(
        self,
        frame: &[u8],
        random: &mut Xoshiro256PlusPlus,
    ) -> Option<Vec<(Duration, Vec<u8>)>> {
        let mut bytes = frame.to_vec();
        let place = below(random, bytes.len());
        match self {
            Self::Drop => drop(bytes.remove(place)),
            Self::Flip => bytes[place] ^= 1 << below(random, 8),
            Self::Double => bytes.insert(place, bytes[place]),
            Self::Noise => {
                for _ in 0..=below(random, 4) {
                    bytes.insert(place, random.next_u64().to_le_bytes()[0]);
                }
            }
            Self::Burst => {
                let from = below(random, bytes.len() - 2);
                let to = from + 3 + below(random, bytes.len() - from - 2);
                for byte in &mut bytes[from..to] {
                    *byte = random.next_u64().to_le_bytes()[0];
                }
            }
            Self::Delay => {
                let rest = bytes.split_off(place);
                let pause = Duration::from_micros(random.next_u64() % 200_000);
                return Some(vec![(Duration::ZERO, bytes), (pause, rest)]);
            }
            Self::Duplicate => bytes.extend_from_slice(frame),
            Self::Split => return Some(pieces(frame, random)),
            Self::RandomPayload | Self::TwoBits | Self::SwappedBytes => {
                let message = Frame::new_checked(frame).ok()?.message();
                let payload = self.forge(message.payload, random);
                bytes = Message { payload, ..message }.emit().to_vec();
            }
        }
        (bytes != frame).then(|| vec![(Duration::ZERO, bytes)])
    }

    /// A payload with the same sum, or any at all; the same again where none was found.
    fn forge(self, payload: [u8; 8], random: &mut Xoshiro256PlusPlus) -> [u8; 8] {
        if self == Self::RandomPayload {
            return random.next_u64().to_be_bytes();
        }
        let mut forged = payload;
        for _ in 0..64 {
            let (a, b, bit) = (below(random, 8), below(random, 8), 1 << below(random, 8));
            if self == Self::SwappedBytes {
                forged.swap(a, b);
            } else if (forged[a] ^ forged[b]) & bit != 0 {
                forged[a] ^= bit;
                forged[b] ^= bit;
            }
            if forged != payload {
                break;
            }
        }
        forged
    }
}

/// A number from 0 to `end` - 1.
pub(crate) fn below(random: &mut Xoshiro256PlusPlus, end: usize) -> usize {
    (random.next_u64() % end as u64) as usize
}

/// The frame in two pieces or more.
fn pieces(frame: &[u8], random: &mut Xoshiro256PlusPlus) -> Vec<(Duration, Vec<u8>)> {
    let mut pieces = Vec::new();
    let mut rest = frame;
    while !rest.is_empty() {
        let most = if pieces.is_empty() { rest.len() - 1 } else { rest.len() };
        let (piece, behind) = rest.split_at(1 + below(random, most));
        let pause = Duration::from_micros(random.next_u64() % 20_000);
        pieces.push((pause, piece.to_vec()));
        rest = behind;
    }
    pieces
}
