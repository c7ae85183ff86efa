//! What the fuzz targets share: bytes of the fuzzer as a story ([`Tape`]), a board to talk to, and
//! a line that answers a client with anything in virtual time ([`round`]).
#![forbid(unsafe_code)]

use cellward_link::client::Step;
use cellward_link::{Framing, NoRecords, Port, View};
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Current, Duration, Instant, Ratio, Temperature, Voltage};

/// Bytes of the fuzzer, taken piece by piece.
#[derive(Clone, Copy, Debug)]
pub struct Tape<'a>(pub &'a [u8]);

impl<'a> Tape<'a> {
    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A length byte and as many bytes of it as there are.
    pub fn chunk(&mut self) -> Option<&'a [u8]> {
        let len = usize::from(self.byte()?).min(self.0.len());
        let (chunk, rest) = self.0.split_at(len);
        self.0 = rest;
        Some(chunk)
    }

    /// A pause: 0 to 127 ms in single steps, beyond that in steps of 50 ms up to 6.4 s.
    pub fn pause(&mut self) -> Option<Duration> {
        let byte = u64::from(self.byte()?);
        Some(Duration::from_millis(if byte < 128 { byte } else { (byte - 127) * 50 }))
    }
}

/// A board of sixteen cells with nothing missing, and the port that is spoken to.
#[derive(Debug)]
pub struct Board {
    /// What it measures.
    pub truth: Snapshot,
    /// What it is set to.
    pub config: Config,
    /// The port.
    pub port: Port,
}

impl Board {
    /// Board 1 with this framing.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self {
            truth: cellward_testkit::pack::sample(16, 2),
            config: Config::lifepo4(16),
            port: Port::framed(PortId(0), framing),
        }
    }

    /// Bytes for the port.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        let view = View { snapshot: &self.truth, config: &self.config, records: &NoRecords };
        self.port.receive(bytes, &view, now);
    }

    /// Deals with what waits in the port.
    pub fn pump(&mut self, now: Instant) {
        let view = View { snapshot: &self.truth, config: &self.config, records: &NoRecords };
        self.port.pump(&view, now);
    }

    /// Everything that waits to be sent.
    pub fn sent(&mut self) -> Vec<u8> {
        let mut buffer = [0; 600];
        let count = self.port.transmit(&mut buffer);
        buffer[..count].to_vec()
    }
}

/// A client of any dialect.
pub trait Poll {
    /// What to do now.
    fn next_action(&mut self, now: Instant) -> Step;
    /// Bytes that came in.
    fn receive(&mut self, bytes: &[u8], now: Instant);
}

macro_rules! poll {
    ($($client:ty),*) => {$(
        impl Poll for $client {
            fn next_action(&mut self, now: Instant) -> Step {
                Self::next_action(self, now)
            }
            fn receive(&mut self, bytes: &[u8], now: Instant) {
                Self::receive(self, bytes, now);
            }
        }
    )*};
}
poll!(
    cellward_link::a5::Client,
    cellward_link::a5::Ask,
    cellward_link::kmodbus::Client,
    cellward_link::modbus::client::Client,
    cellward_link::exchange::Exchange
);

/// No client does more in one round: the longest has 120 requests with three tries each, and every
/// piece of an answer is a step too.
const MOST_STEPS: u32 = 20_000;
/// No round takes longer, whatever comes.
const LONGEST: Duration = Duration::from_secs(1_200);
/// No tape goes on for longer: what a line brings within one round is bounded by its baud rate.
const MOST_PIECES: u32 = 4_000;

/// Runs a round. Each piece of an answer is an operation, a pause and perhaps bytes:
///
/// * 0: those bytes as they are; 1: the echo; 2: silence until the next request;
/// * 3: what an honest board says; 4: that with one bit wrong; 5: that, cut off;
/// * anything else: `forge` makes a frame with a good check and those bytes in it.
///
/// # Panics
///
/// When the round does not end.
pub fn round(
    client: &mut impl Poll,
    board: &mut Board,
    tape: &mut Tape<'_>,
    now: &mut Instant,
    forge: impl Fn(&[u8], &[u8]) -> Vec<u8>,
) {
    let limit = *now + LONGEST;
    let mut asked: Option<Vec<u8>> = None;
    let mut flying: Option<(Instant, Vec<u8>)> = None;
    let mut pieces = 0;
    for _ in 0..MOST_STEPS + MOST_PIECES {
        assert!(*now < limit, "a round must end in time");
        match client.next_action(*now) {
            Step::Done => return,
            Step::Send(bytes) => {
                assert!(!bytes.is_empty(), "nothing to send");
                asked = Some(bytes.to_vec());
                flying = None;
            }
            Step::Wait(until) => {
                assert!(until > *now, "a wait that is over costs the processor for ever");
                if flying.is_none() && pieces < MOST_PIECES {
                    pieces += 1;
                    flying = asked.as_deref().and_then(|asked| {
                        let (what, pause) = (tape.byte()?, tape.pause()?);
                        Some((*now + pause, piece(what, asked, board, tape, *now, &forge)?))
                    });
                    if flying.is_none() {
                        asked = None;
                    }
                }
                match flying.take_if(|(at, _)| *at <= until) {
                    Some((at, bytes)) => {
                        *now = (*now).max(at);
                        client.receive(&bytes, *now);
                    }
                    None => *now = until,
                }
            }
        }
    }
    panic!("a round must end in a bounded number of steps");
}

/// One piece of an answer; `None` ends it.
fn piece(
    what: u8,
    asked: &[u8],
    board: &mut Board,
    tape: &mut Tape<'_>,
    now: Instant,
    forge: &impl Fn(&[u8], &[u8]) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let mut honest = || {
        // A pause, so that the board starts with an empty inbox.
        board.port = Port::framed(
            PortId(0),
            if asked.get(2..4) == Some(&[0, 0])
                && asked.len() > 6
                && asked.first() != Some(&0xA5)
                && cellward_wire::modbus::crc16(asked) != 0
            {
                Framing::ModbusTcp
            } else {
                Framing::Serial
            },
        );
        board.receive(asked, now);
        board.sent()
    };
    Some(match what {
        0 => tape.chunk()?.to_vec(),
        1 => asked.to_vec(),
        2 => return None,
        3 => honest(),
        4 => {
            let mut bytes = honest();
            let at = usize::from(tape.byte()?);
            let bit = tape.byte()? & 7;
            if let Some(byte) = at.checked_rem(bytes.len()).and_then(|at| bytes.get_mut(at)) {
                *byte ^= 1 << bit;
            }
            bytes
        }
        5 => {
            let mut bytes = honest();
            bytes.truncate(usize::from(tape.byte()?));
            bytes
        }
        _ => forge(asked, tape.chunk()?),
    })
}

/// What the near-Modbus and Modbus targets forge: a reply with a good check, the length that was
/// asked for, and those bytes in it.
#[must_use]
pub fn forged_rtu(asked: &[u8], with: &[u8], reply_address: u8) -> Vec<u8> {
    use cellward_wire::modbus::{Head, Reply, Request, WriteForm, request_rtu};
    let word = |at: usize| {
        let byte = |at: usize| with.get(at).copied().unwrap_or(0);
        u16::from_be_bytes([byte(2 * at), byte(2 * at + 1)])
    };
    let reply = match request_rtu(asked, WriteForm::Lenient) {
        Head::Frame { body: Request::Read { area, count, .. }, .. } => {
            Reply::Words { area, words: (0..usize::from(count)).map(word).collect() }
        }
        Head::Frame { body: Request::WriteMany { start, words, .. }, .. } => {
            Reply::WroteMany { start, count: words.len() as u16 }
        }
        _ => Reply::Exception { function: 3, code: with.first().copied().unwrap_or(0) },
    };
    reply.emit_rtu(reply_address).to_vec()
}

/// What a host of a foreign board may publish at most, from whatever came.
///
/// # Panics
///
/// When a value lies outside of it.
pub fn plausible(snapshot: &Snapshot) {
    let cell = Voltage::from_millivolts(500)..=Voltage::from_millivolts(5_000);
    let cells = snapshot.cell_voltage.iter();
    for voltage in cells.chain([&snapshot.highest_cell_voltage, &snapshot.lowest_cell_voltage]) {
        assert!(voltage.is_err() || voltage.is_ok_and(|v| cell.contains(&v)), "{voltage:?}");
    }
    let degrees = Temperature::from_celsius(-40)..=Temperature::from_celsius(120);
    let ends = [&snapshot.highest_temperature, &snapshot.lowest_temperature];
    for sensor in snapshot.temperature.iter().chain(ends) {
        assert!(sensor.is_err() || sensor.is_ok_and(|t| degrees.contains(&t)), "{sensor:?}");
    }
    let soc = Ratio::from_ppm(0)..=Ratio::from_ppm(1_000_000);
    assert!(snapshot.soc.is_err() || snapshot.soc.is_ok_and(|s| soc.contains(&s)));
    let most = Current::from_amps(1_000);
    assert!(snapshot.current.is_err() || snapshot.current.is_ok_and(|c| c.abs() <= most));
    assert!(
        snapshot.cell_count.is_err() || snapshot.cell_count.is_ok_and(|n| (1..=48).contains(&n))
    );
}

/// Nothing may be known after a round without a single good frame.
///
/// # Panics
///
/// When something is.
pub fn nothing_known(snapshot: &Snapshot) {
    assert!(snapshot.cell_count.is_err() && snapshot.pack_voltage.is_err());
    assert!(snapshot.current.is_err() && snapshot.soc.is_err() && snapshot.faults.is_err());
    assert!(snapshot.cell_voltage.iter().all(Result::is_err));
    assert!(snapshot.temperature.iter().all(Result::is_err));
}
