//! Live values as server-sent events: `snapshot` four times a second, `record` as they come.
//!
//! Each page pulls at its own pace. A slow page misses snapshots, never order; a page that misses
//! records gets the event `missed` and asks for the list again. Nobody upstream ever waits.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

use crate::error::Refusal;
use crate::serve::AppState;

/// Comments keep proxies and half-open connections honest.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long a page waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// One watching page.
struct Watcher {
    first: Option<Arc<str>>,
    live: watch::Receiver<Arc<str>>,
    records: broadcast::Receiver<Arc<str>>,
    closing: watch::Receiver<bool>,
    /// Held as long as the page watches.
    _place: OwnedSemaphorePermit,
}

/// Starts a stream, unless too many pages watch already.
pub(crate) fn stream(
    state: &AppState,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>, Refusal> {
    let place = Arc::clone(&state.places).try_acquire_owned().map_err(|_| Refusal::Crowded)?;
    let watcher = Watcher {
        // The page need not wait for the next tick to show something.
        first: Some(state.feed.live_message(state.control())),
        live: state.feed.watch_live(),
        records: state.feed.watch_records(),
        closing: state.closing.subscribe(),
        _place: place,
    };
    let events = stream::unfold(watcher, |mut watcher| async {
        watcher.next().await.map(|event| (Ok(event), watcher))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

impl Watcher {
    /// The next event; `None` when the service ends.
    async fn next(&mut self) -> Option<Event> {
        if *self.closing.borrow() {
            return None;
        }
        if let Some(message) = self.first.take() {
            return Some(Event::default().event("snapshot").retry(RETRY).data(message));
        }
        tokio::select! {
            biased;
            _ = self.closing.changed() => None,
            record = self.records.recv() => match record {
                Ok(line) => Some(Event::default().event("record").data(line)),
                Err(RecvError::Lagged(count)) => {
                    Some(Event::default().event("missed").data(count.to_string()))
                }
                Err(RecvError::Closed) => None,
            },
            changed = self.live.changed() => match changed {
                Ok(()) => {
                    let message = Arc::clone(&self.live.borrow_and_update());
                    Some(Event::default().event("snapshot").data(message))
                }
                Err(_) => None,
            },
        }
    }
}
