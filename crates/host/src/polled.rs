//! A source that polls a board over a wire from a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use cellward_params::{Action, Snapshot};
use cellward_units::NoData;
use tokio::sync::watch;

use crate::board::Board;
use crate::pace::Pace;
use crate::source::{Sample, Source, SourceError};

/// How long a silent board is left alone: sleep is a normal state and must not be disturbed.
const BACK_OFF: Duration = Duration::from_secs(10);
/// How many requests may wait for the end of a reading.
const WAITING: usize = 32;
/// How finely a pause is cut, so that dropping the source does not wait for it.
const SLICE: Duration = Duration::from_millis(50);

/// A board that is polled. Dropping it ends the polling.
///
/// While the board does not answer, every point is absent: the last values are not shown as if
/// they were current.
#[derive(Debug)]
pub struct Polled {
    samples: watch::Receiver<Arc<Sample>>,
    requests: SyncSender<Action>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Polled {
    /// Polls a device every `interval` with `timeout` for each round; the first round and one a
    /// minute also read ratings, totals and texts.
    #[must_use]
    pub fn start(board: Box<dyn Board>, interval: Duration, timeout: Duration) -> Self {
        let (sender, samples) = watch::channel(Arc::new(Sample::empty()));
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let (requests, waiting) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || {
            poll(board, interval, timeout, &sender, &waiting, &told);
        });
        Self { samples, requests, stop, thread: Some(thread) }
    }
}

impl Source for Polled {
    fn subscribe(&self) -> watch::Receiver<Arc<Sample>> {
        self.samples.clone()
    }

    fn request(&self, action: Action) -> Result<(), SourceError> {
        self.requests.try_send(action).map_err(|error| match error {
            TrySendError::Full(_) => SourceError::Busy,
            TrySendError::Disconnected(_) => SourceError::Gone,
        })
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there has been told already.
            let _ = thread.join();
        }
    }
}

fn poll(
    mut board: Box<dyn Board>,
    interval: Duration,
    timeout: Duration,
    samples: &watch::Sender<Arc<Sample>>,
    requests: &Receiver<Action>,
    stop: &AtomicBool,
) {
    let mut pace = Pace::default();
    let mut sequence = 0;
    while !stop.load(Ordering::Relaxed) {
        for action in requests.try_iter() {
            // Whether the board has done it shows in the next sample; a request is never repeated
            // by itself.
            let _told_by_the_sample = match action {
                Action::Command(command) => board.command(&command, false, timeout),
                Action::Write { parameter, raw } => board.set(&[(parameter, raw)], false, timeout),
            };
        }
        let plan = pace.plan(board.now());
        let (snapshot, wait) = match board.read(plan, timeout) {
            Ok(read) => {
                pace.read(plan, read.cut, board.now());
                (read.snapshot, interval)
            }
            Err(_) => (Snapshot::absent(NoData::NoAnswer), BACK_OFF.max(interval)),
        };
        sequence += 1;
        samples.send_replace(Arc::new(Sample::new(snapshot, sequence)));
        pause(wait, stop);
    }
}

/// Waits, but not longer than until it is told to stop.
#[expect(clippy::disallowed_methods, reason = "polling a wire in wall time is this adapter's work")]
fn pause(wait: Duration, stop: &AtomicBool) {
    let mut left = wait;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let slice = left.min(SLICE);
        std::thread::sleep(slice);
        left -= slice;
    }
}
