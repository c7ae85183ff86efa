//! A session of a host in virtual time, with a board that says whatever the script does.

use cellward_link::client::{Session, Step};
use cellward_units::{Duration, Instant};

use crate::Event;

/// More steps than any round may take behind a script that has ended.
const MOST_STEPS: usize = 20_000;

/// Drives a session until it is over, and gives back everything that it was fed. Panics when it is
/// not over within a bounded number of steps, or waits for a time that has come already.
pub fn drive(session: &mut impl Session, script: &mut dyn Iterator<Item = Event>) -> Vec<u8> {
    let mut now = Instant::START;
    let mut fed = Vec::new();
    for _ in 0..MOST_STEPS {
        match session.next_action(now) {
            Step::Done => return fed,
            Step::Send(bytes) => assert!(!bytes.is_empty(), "nothing is sent"),
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
                            at = at + Duration::from_millis(1);
                        }
                        Event::Pause(pause) => {
                            at = at + pause;
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
