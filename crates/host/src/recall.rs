//! What a capture says over time: every frame of a board with the time at which it was whole.
//!
//! Values that no battery has are absent, as they are to whoever reads a board; nothing else is
//! judged or derived.

use std::time::Duration;

use cellward_link::a5::Options;
use cellward_link::client::ranges;
use cellward_params::Snapshot;
use cellward_units::NoData;

use crate::capture::{Chunk, Way, dialect};
use crate::decode::{Decoded, Decoder, Protocol};

/// Bytes that went one way, put together: a wire delivers in pieces. What was sent is whole by
/// itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// When the first of them went.
    pub at: Duration,
    /// Which way.
    pub way: Way,
    /// All of them.
    pub bytes: Vec<u8>,
    /// Where each piece ends, and when it went.
    pieces: Vec<(usize, Duration)>,
}

impl Run {
    /// When the byte before this place went.
    fn time_of(&self, end: usize) -> Duration {
        let place = self.pieces.partition_point(|(ends, _)| *ends < end);
        self.pieces.get(place).or_else(|| self.pieces.last()).map_or(self.at, |(_, at)| *at)
    }
}

/// What came without a change of direction, put together; a pause of more than `pause` parts it, too.
#[must_use]
pub fn runs(chunks: &[Chunk], pause: Duration) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for chunk in chunks {
        let goes_on = |run: &&mut Run| {
            let last = run.pieces.last().map_or(run.at, |(_, at)| *at);
            let near = chunk.at.saturating_sub(last) <= pause;
            (run.way, chunk.way) == (Way::Came, Way::Came) && near
        };
        if let Some(run) = runs.last_mut().filter(goes_on) {
            run.bytes.extend(&chunk.bytes);
            run.pieces.push((run.bytes.len(), chunk.at));
        } else {
            runs.push(Run {
                at: chunk.at,
                way: chunk.way,
                bytes: chunk.bytes.clone(),
                pieces: vec![(chunk.bytes.len(), chunk.at)],
            });
        }
    }
    runs
}

/// No frame stands still so long within itself, so bytes after it begin anew.
const PAUSE: Duration = Duration::from_secs(1);

/// How much of a capture was understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Good frames.
    pub frames: usize,
    /// Good frames with values of a board.
    pub spoken: usize,
    /// Runs of bytes between them that were refused.
    pub refused: usize,
}

/// Takes out of a snapshot what no battery has: cells beyond 0.5 to 5 V, temperatures beyond -40 to
/// 120 °C, currents beyond 1000 A.
pub fn believe(snapshot: &mut Snapshot) {
    ranges(snapshot);
    let most = Options::default().current_limit;
    if snapshot.current.is_ok_and(|current| current.abs() > most) {
        snapshot.current = Err(NoData::Implausible);
    }
}

/// Hands out what each frame of a board says by itself, with its time since the beginning of the
/// capture and the number of the board. What a frame has no word about is [`NoData::NotCarried`].
///
/// As whoever reads a board believes nothing else, values that no battery has are absent.
pub fn recall(
    chunks: &[Chunk],
    protocol: Protocol,
    mut hear: impl FnMut(Duration, u8, &Snapshot),
) -> Tally {
    let mut tally = Tally::default();
    let mut take = |decoded: Decoded, time_of: &dyn Fn(usize) -> Duration| {
        tally.frames += decoded.frames;
        tally.spoken += decoded.spoken.len();
        tally.refused += decoded.refused;
        for mut spoken in decoded.spoken {
            believe(&mut spoken.snapshot);
            hear(time_of(spoken.end), spoken.board, &spoken.snapshot);
        }
    };
    let mut decoder = Decoder::new(protocol, None);
    let mut last = Duration::ZERO;
    for run in runs(chunks, PAUSE) {
        take(decoder.decode(&run.bytes, Some(run.way)), &|end| run.time_of(end));
        last = run.time_of(run.bytes.len());
    }
    take(decoder.end(&[], None), &|_| last);
    tally
}

/// How many pieces are looked at to find out what a capture is of.
const LOOKED_AT: usize = 2_000;

/// What the board of a capture speaks: as the capture says, or else what gives the most frames with
/// values; `None` where nothing gives any.
#[must_use]
pub fn spoken_in(text: &str, chunks: &[Chunk]) -> Option<Protocol> {
    let first = chunks.get(..LOOKED_AT.min(chunks.len())).unwrap_or_default();
    let most = || {
        let heard = Protocol::ALL.into_iter().map(|protocol| {
            let tally = recall(first, protocol, |_, _, _| ());
            (tally.spoken, protocol)
        });
        // The first of several, as the classic dialect comes first.
        heard.rev().max_by_key(|(spoken, _)| *spoken).filter(|(spoken, _)| *spoken > 0)
    };
    match dialect(text) {
        Some(dialect) => Some(Protocol::of(dialect)),
        None => most().map(|(_, protocol)| protocol),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(millis: u64, way: Way, bytes: &[u8]) -> Chunk {
        Chunk { at: Duration::from_millis(millis), way, bytes: bytes.to_vec() }
    }

    /// 53.2 V, -2.1 A and 88.8 %.
    const PACK: [u8; 13] = [0xA5, 1, 0x90, 8, 2, 0x14, 0, 0, 0x75, 0x45, 3, 0x78, 0x89];
    /// The first three cells: 3776, 3778 and 3783 mV.
    const CELLS: [u8; 13] = [0xA5, 1, 0x95, 8, 1, 0x0E, 0xC0, 0x0E, 0xC2, 0x0E, 0xC7, 0x20, 0xD7];

    /// When, in ms, which current and which first cell were heard.
    type Moment = (u128, Option<i32>, Option<i32>);

    fn heard(chunks: &[Chunk]) -> (Vec<Moment>, Tally) {
        let mut heard = Vec::new();
        let tally = recall(chunks, Protocol::A5, |at, board, own| {
            assert_eq!(board, 1);
            let cell = own.cell_voltage[0].ok().map(|cell| cell.as_millivolts());
            let current = own.current.ok().map(|current| current.as_milliamps());
            heard.push((at.as_millis(), current, cell));
        });
        (heard, tally)
    }

    #[test]
    fn a_frame_has_the_time_of_the_piece_that_ends_it() {
        let (first, second) = PACK.split_at(12);
        let mut rest = second.to_vec();
        rest.extend(CELLS);
        let (heard, tally) = heard(&[
            chunk(90, Way::Sent, &[0xA5, 0x40, 0x90, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x7D]),
            chunk(100, Way::Came, first),
            chunk(120, Way::Came, &rest),
        ]);
        assert_eq!(heard, [(120, Some(-2_100), None), (120, None, Some(3_776))]);
        assert_eq!(tally, Tally { frames: 3, spoken: 2, refused: 0 });
        let whole = [chunk(100, Way::Came, &PACK), chunk(120, Way::Came, &CELLS)];
        assert_eq!(self::heard(&whole).0, [(100, Some(-2_100), None), (120, None, Some(3_776))]);
    }

    #[test]
    fn a_frame_does_not_go_on_after_a_pause() {
        let parts = |millis| {
            let (first, second) = PACK.split_at(5);
            heard(&[chunk(0, Way::Came, first), chunk(millis, Way::Came, second)])
        };
        assert_eq!(parts(1_000).1.refused, 0);
        assert_eq!(parts(1_001).1, Tally { frames: 0, spoken: 0, refused: 2 });
    }

    #[test]
    fn what_no_battery_has_is_absent() {
        let mut zeros = [0xA5, 1, 0x90, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x3E];
        // A current of -3000.0 A: the zeros of a board that has just woken.
        assert_eq!(heard(&[chunk(0, Way::Came, &zeros)]).0, [(0, None, None)]);
        // 20000 is 1000.0 A that discharge, and 19999 is just more that charge.
        for (raw, believed) in [(0x4E20_u16, Some(1_000_000)), (0x4E1F, None)] {
            let [high, low] = raw.to_be_bytes();
            (zeros[8], zeros[9]) = (high, low);
            zeros[12] = zeros[..12].iter().fold(0, |sum, byte| sum.wrapping_add(*byte));
            assert_eq!(heard(&[chunk(0, Way::Came, &zeros)]).0, [(0, believed, None)], "{raw}");
        }
    }

    #[test]
    fn a_capture_speaks_what_it_says_or_else_what_is_understood() {
        let chunks = [chunk(0, Way::Came, &PACK), chunk(10, Way::Came, &CELLS)];
        assert_eq!(spoken_in("", &chunks), Some(Protocol::A5));
        assert_eq!(spoken_in("# the board speaks d2", &chunks), Some(Protocol::KmodbusD2));
        assert_eq!(spoken_in("", &[chunk(0, Way::Came, b"hello")]), None);
    }
}
