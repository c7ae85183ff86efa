//! One direction of a serial line in virtual time: paced at its baud rate, with seeded damage.

use std::collections::VecDeque;

use cellward_units::{Duration, Instant};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// How often each thing goes wrong, in one of a million bytes (frames for `duplicate`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Damage {
    /// A byte is lost.
    pub drop: u32,
    /// One bit of a byte is flipped.
    pub flip: u32,
    /// A byte comes twice.
    pub double: u32,
    /// A byte that nobody sent comes before it.
    pub noise: u32,
    /// A pause of up to 200 ms before the byte.
    pub delay: u32,
    /// A whole message comes twice.
    pub duplicate: u32,
}

impl Damage {
    /// A line that loses nothing.
    pub const NONE: Self = Self { drop: 0, flip: 0, double: 0, noise: 0, delay: 0, duplicate: 0 };

    /// Each of the byte damages equally often.
    #[must_use]
    pub const fn each(per_million: u32) -> Self {
        Self {
            drop: per_million,
            flip: per_million,
            double: per_million,
            noise: per_million,
            delay: per_million,
            duplicate: per_million,
        }
    }
}

/// Ten bits for each byte at 9600 baud.
const BYTE_TIME: Duration = Duration::from_micros(1_042);

/// One direction of the line.
#[derive(Clone, Debug)]
pub struct Line {
    damage: Damage,
    random: Xoshiro256PlusPlus,
    flying: VecDeque<(Instant, u8)>,
    free_at: Instant,
    damaged: u64,
}

impl Line {
    /// A quiet line at 9600 baud; the same seed gives the same damage.
    #[must_use]
    pub fn new(damage: Damage, seed: u64) -> Self {
        Self {
            damage,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            flying: VecDeque::new(),
            free_at: Instant::START,
            damaged: 0,
        }
    }

    /// From now on damages nothing.
    pub const fn quieten(&mut self) {
        self.damage = Damage::NONE;
    }

    /// Puts a message on the line.
    pub fn send(&mut self, bytes: &[u8], now: Instant) {
        let times = 1 + u32::from(self.happens(self.damage.duplicate));
        for _ in 0..times {
            for &byte in bytes {
                self.send_byte(byte, now);
            }
        }
    }

    /// Takes everything that has arrived by now.
    pub fn receive(&mut self, now: Instant) -> Vec<u8> {
        let mut arrived = Vec::new();
        while let Some(&(at, byte)) = self.flying.front() {
            if at > now {
                break;
            }
            arrived.push(byte);
            self.flying.pop_front();
        }
        arrived
    }

    /// When the next byte arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Instant> {
        self.flying.front().map(|&(at, _)| at)
    }

    /// How often something was done to a byte.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.damaged
    }

    fn send_byte(&mut self, byte: u8, now: Instant) {
        if self.happens(self.damage.delay) {
            let pause = self.random.next_u64() % 200_000;
            self.free_at = self.free_at.max(now) + Duration::from_micros(pause);
        }
        if self.happens(self.damage.noise) {
            let noise = self.random.next_u64().to_le_bytes()[0];
            self.put(noise, now);
        }
        if self.happens(self.damage.drop) {
            return;
        }
        let mut byte = byte;
        if self.happens(self.damage.flip) {
            byte ^= 1 << (self.random.next_u64() % 8);
        }
        self.put(byte, now);
        if self.happens(self.damage.double) {
            self.put(byte, now);
        }
    }

    fn put(&mut self, byte: u8, now: Instant) {
        self.free_at = self.free_at.max(now) + BYTE_TIME;
        self.flying.push_back((self.free_at, byte));
    }

    fn happens(&mut self, per_million: u32) -> bool {
        // A line without this damage draws no number, so that clean lines stay comparable.
        if per_million == 0 {
            return false;
        }
        let hit = self.random.next_u64() % 1_000_000 < u64::from(per_million);
        self.damaged += u64::from(hit);
        hit
    }
}
