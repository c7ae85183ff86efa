//! Arbitrary bytes as what happens on a line. Checks are made good where the script says so, because
//! a fuzzer guesses no CRC.

use cellward_units::Duration;
use cellward_wire::a5::{Message, PAYLOAD_LEN};
use cellward_wire::modbus::crc16;

/// One thing that happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Bytes come in at once.
    Bytes(Vec<u8>),
    /// Nothing comes in for so long.
    Pause(Duration),
    /// What a good board answers comes in, with these bytes changed: place, and bits to turn.
    Answer(Vec<(u8, u8)>),
}

/// Each event is a kind, a length and so many bytes: 0 raw bytes, 1 bytes that get their CRC, 2 an
/// A5 frame of address, command and payload that gets its check, 3 a pause of that many times
/// 4 ms, 4 the answer of a good board with places and bits to turn in it. The kind counts modulo 5.
pub fn events(script: &[u8]) -> impl Iterator<Item = Event> + '_ {
    let mut rest = script;
    std::iter::from_fn(move || {
        let [kind, len, tail @ ..] = rest else {
            return None;
        };
        if kind % 5 == 3 {
            rest = tail;
            return Some(Event::Pause(Duration::from_millis(u64::from(*len) * 4)));
        }
        let (chunk, tail) = tail.split_at(usize::from(*len).min(tail.len()));
        rest = tail;
        let mut chunk = chunk.to_vec();
        match kind % 5 {
            0 => {}
            4 => {
                let turns = chunk.chunks_exact(2).map(|pair| (pair[0], pair[1]));
                return Some(Event::Answer(turns.collect()));
            }
            1 => chunk.extend(crc16(&chunk).to_le_bytes()),
            _ => {
                chunk.resize(2 + PAYLOAD_LEN, 0);
                let mut payload = [0; PAYLOAD_LEN];
                payload.copy_from_slice(&chunk[2..]);
                chunk = Message { address: chunk[0], command: chunk[1], payload }.emit().to_vec();
            }
        }
        Some(Event::Bytes(chunk))
    })
}

/// All bytes of a script, without its pauses.
#[must_use]
pub fn bytes(script: &[u8]) -> Vec<u8> {
    events(script)
        .filter_map(|event| match event {
            Event::Bytes(bytes) => Some(bytes),
            Event::Pause(_) | Event::Answer(_) => None,
        })
        .flatten()
        .collect()
}

/// Bytes as text; what is no UTF-8 becomes the sign for that.
#[must_use]
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
