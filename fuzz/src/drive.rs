//! A session of a host in virtual time, with a board that says whatever the script does: bytes of
//! its own, or what a good board answers, whole or with a few bits turned.

use cellward_link::Framing;
use cellward_link::client::{Session, Step};
use cellward_units::{Duration, Instant};

use crate::{Board, Event};

/// More steps than any round may take behind a script that has ended.
const MOST_STEPS: usize = 20_000;

/// Drives a session until it is over, and gives back everything that it was fed. Panics when it is
/// not over within a bounded number of steps, or waits for a time that has come already.
pub fn drive(
    session: &mut impl Session,
    framing: Framing,
    script: &mut dyn Iterator<Item = Event>,
) -> Vec<u8> {
    let mut board = Board::new(framing);
    let mut answer = Vec::new();
    let mut now = Instant::START;
    let mut fed = Vec::new();
    for _ in 0..MOST_STEPS {
        match session.next_action(now) {
            Step::Done => return fed,
            Step::Send(bytes) => {
                assert!(!bytes.is_empty(), "nothing is sent");
                let before = board.went.len();
                board.happen(&Event::Bytes(bytes.to_vec()), 2);
                answer = board.went.split_off(before);
            }
            Step::Wait(until) => {
                assert!(until > now, "it waits for what has come");
                // A pause of the script ends what comes in before the session is asked again.
                let mut at = now;
                for event in &mut *script {
                    match event {
                        Event::Bytes(bytes) => {
                            fed.extend(&bytes);
                            session.receive(&bytes, at);
                            // On a line every frame takes its time.
                            at += Duration::from_millis(1);
                        }
                        Event::Pause(pause) => {
                            at += pause;
                            break;
                        }
                        Event::Answer(turns) => {
                            let mut bytes = std::mem::take(&mut answer);
                            for (place, bits) in turns {
                                if let Some(byte) = bytes.get_mut(usize::from(place)) {
                                    *byte ^= bits;
                                }
                            }
                            fed.extend(&bytes);
                            session.receive(&bytes, at);
                            at += Duration::from_millis(1);
                            break;
                        }
                    }
                }
                now = if at > now { at.min(until) } else { until };
            }
        }
    }
    panic!("no end after {MOST_STEPS} steps");
}
