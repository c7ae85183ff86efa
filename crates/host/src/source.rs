//! The one seam through which pages, terminals, commands and bridges see a board.
//!
//! A [`Source`] yields [`Sample`]s and takes requests. Whoever shows or forwards values knows this
//! trait alone: not whether the board is across the room, on a wire or in this process.

use std::sync::Arc;

use cellward_params::{Action, Record, Snapshot};
use cellward_units::NoData;
use tokio::sync::{mpsc, watch};

/// Everything a source knows at one instant.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The values, each there or with the reason why not.
    pub snapshot: Snapshot,
    /// Counts the samples of this source from 1; 0 is the empty sample before the first.
    pub sequence: u64,
    /// The latest records that the source knows, oldest first, at most [`KEPT_RECORDS`]. Empty
    /// where the dialect carries none.
    pub records: Arc<[Record]>,
}

/// How many records a sample carries at most.
pub const KEPT_RECORDS: usize = 64;

impl Sample {
    /// A sample without records.
    #[must_use]
    pub fn new(snapshot: Snapshot, sequence: u64) -> Self {
        Self { snapshot, sequence, records: Arc::from([]) }
    }

    /// The sample that stands before the first: every point absent, not measured yet.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Snapshot::absent(NoData::NotYet), 0)
    }
}

/// Why a request could not be passed on. Whether the board then agrees is another question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The other end of the source has ended.
    #[error("the board is gone")]
    Gone,
    /// Too many requests are waiting already; try again later.
    #[error("too many requests are waiting")]
    Busy,
    /// This source cannot carry such a request.
    #[error("this connection cannot carry the request")]
    NotSupported,
}

/// Something that yields snapshots of one board and takes requests for it.
pub trait Source: Send + Sync {
    /// The current sample now and every later one. A slow reader misses samples, never order.
    fn subscribe(&self) -> watch::Receiver<Arc<Sample>>;

    /// Passes a request to the board.
    ///
    /// # Errors
    ///
    /// Says why the request could not even be passed on.
    fn request(&self, action: Action) -> Result<(), SourceError>;
}

/// How many requests may wait in a [`Local`] source.
const WAITING_REQUESTS: usize = 32;

/// A source whose board lives in this process.
#[derive(Clone, Debug)]
pub struct Local {
    samples: watch::Receiver<Arc<Sample>>,
    requests: mpsc::Sender<Action>,
}

/// The board's end of a [`Local`] source: whoever runs the board publishes here.
#[derive(Debug)]
pub struct LocalFeed {
    samples: watch::Sender<Arc<Sample>>,
    requests: mpsc::Receiver<Action>,
    records: std::collections::VecDeque<Record>,
    sequence: u64,
}

impl Local {
    /// Both ends of a new source.
    #[must_use]
    pub fn new() -> (Self, LocalFeed) {
        let (sender, samples) = watch::channel(Arc::new(Sample::empty()));
        let (requests, receiver) = mpsc::channel(WAITING_REQUESTS);
        (
            Self { samples, requests },
            LocalFeed {
                samples: sender,
                requests: receiver,
                records: std::collections::VecDeque::new(),
                sequence: 0,
            },
        )
    }
}

impl Source for Local {
    fn subscribe(&self) -> watch::Receiver<Arc<Sample>> {
        self.samples.clone()
    }

    fn request(&self, action: Action) -> Result<(), SourceError> {
        self.requests.try_send(action).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SourceError::Busy,
            mpsc::error::TrySendError::Closed(_) => SourceError::Gone,
        })
    }
}

impl LocalFeed {
    /// Publishes a snapshot, together with the records kept so far.
    pub fn publish(&mut self, snapshot: Snapshot) {
        self.sequence += 1;
        let sample = Sample {
            snapshot,
            sequence: self.sequence,
            records: self.records.iter().copied().collect(),
        };
        self.samples.send_replace(Arc::new(sample));
    }

    /// Keeps a record for the next sample; the oldest goes when there are too many.
    pub fn record(&mut self, record: Record) {
        if self.records.len() == KEPT_RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// The next request that waits, oldest first; never blocks.
    pub fn next_action(&mut self) -> Option<Action> {
        self.requests.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_params::{Command, Switch};

    const OFF: Action =
        Action::Command(Command::AllowSwitch { switch: Switch::Charge, allowed: false });

    #[test]
    fn a_subscriber_sees_the_latest_sample_with_a_rising_sequence() {
        let (local, mut feed) = Local::new();
        let samples = local.subscribe();
        assert_eq!(samples.borrow().sequence, 0);
        feed.publish(Snapshot::absent(NoData::NotYet));
        feed.publish(Snapshot::absent(NoData::Stale));
        let sample = samples.borrow();
        assert_eq!(sample.sequence, 2);
        assert_eq!(sample.snapshot.current, Err(NoData::Stale));
    }

    #[test]
    fn requests_arrive_in_order_and_a_full_queue_says_so() {
        let (local, mut feed) = Local::new();
        for _ in 0..WAITING_REQUESTS {
            local.request(OFF).unwrap();
        }
        assert_eq!(local.request(OFF), Err(SourceError::Busy));
        assert_eq!(feed.next_action(), Some(OFF));
        assert_eq!(local.request(OFF), Ok(()));
    }

    #[test]
    fn a_request_to_a_board_that_ended_is_refused() {
        let (local, feed) = Local::new();
        drop(feed);
        assert_eq!(local.request(OFF), Err(SourceError::Gone));
    }
}
