//! A pair of a Modbus dialect, near or our own.

use cellward_link::client::Plan;
use cellward_link::kmodbus::{Client, Options};
use cellward_params::Snapshot;
use cellward_units::{Duration, Instant};
use cellward_wire::modbus::{Head, Request, WriteForm, request_rtu};

use crate::line::Damage;
use crate::pair::{Board, Lines};

/// A board of registers and a client of it.
pub type Pair<C = Client> = crate::pair::Pair<C, Registers>;

impl Pair {
    /// A board that tells `truth`, and a client of a near-Modbus dialect that knows nothing of it.
    #[must_use]
    pub fn new(truth: Snapshot, options: Options, damage: Damage, seed: u64) -> Self {
        let client = Client::new(options, Plan::Live);
        Self::with(truth, client, Registers::default(), options.board, damage, seed)
    }
}

/// A board that is read in blocks of registers.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    /// Reads of these blocks (first register and count) the board does not know.
    pub unknown: Vec<(u16, u16)>,
    /// Whether the adapter sends back what the host sends.
    pub echoes: bool,
    /// Whether the board sleeps.
    pub asleep: bool,
    /// Every block that was asked for, with the time.
    pub asked: Vec<((u16, u16), Instant)>,
}

impl Board for Registers {
    /// Real ones take 50 to 250 ms.
    fn latency(&self) -> Duration {
        Duration::from_millis(80)
    }

    /// A request on its way, as far as the adapter and the board let it.
    fn request(&mut self, bytes: &[u8], lines: &mut Lines, now: Instant) {
        let block = match request_rtu(bytes, WriteForm::Lenient) {
            Head::Frame { body: Request::Read { start, count, .. }, .. } => (start, count),
            other => panic!("a client only reads: {other:?}"),
        };
        self.asked.push((block, now));
        if self.echoes {
            lines.to_client.send(bytes, now);
        }
        if !self.asleep && !self.unknown.contains(&block) {
            lines.to_board.send(bytes, now);
        }
    }
}
