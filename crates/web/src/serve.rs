//! Runs the service until it is told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cellward_host::source::Source;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;

use crate::control::Control;
use crate::feed::{Feed, TICK};
use crate::routes::router;

/// How many pages may watch at once.
const MOST_WATCHERS: usize = 64;

/// How long open connections get to finish once the service shall stop.
const FAREWELL: Duration = Duration::from_millis(500);

/// Everything a request may need. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    source: Arc<dyn Source>,
    control: Option<Arc<dyn Control>>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) closing: watch::Sender<bool>,
}

impl AppState {
    /// A page for `source`, without buttons.
    #[must_use]
    pub fn new(source: Arc<dyn Source>) -> Self {
        let feed = Arc::new(Feed::new());
        feed.take(Arc::clone(&source.subscribe().borrow()));
        Self {
            source,
            control: None,
            feed,
            places: Arc::new(Semaphore::new(MOST_WATCHERS)),
            closing: watch::Sender::new(false),
        }
    }

    /// The same page with the buttons of `control`.
    #[must_use]
    pub fn with_control(mut self, control: Arc<dyn Control>) -> Self {
        self.control = Some(control);
        self
    }

    /// What can be pressed, if anything.
    pub(crate) fn control(&self) -> Option<&dyn Control> {
        self.control.as_deref()
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("feed", &self.feed)
            .field("has_control", &self.control.is_some())
            .finish_non_exhaustive()
    }
}

/// Serves the page on `listener` until `shutdown` is ready, then ends every stream at once and
/// returns within half a second.
///
/// # Errors
///
/// What the listener says when it can no longer be used.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let watching = tokio::spawn(watch_source(state.clone()));
    let closing = state.closing.clone();
    let mut closed = closing.subscribe();
    let server = axum::serve(listener, router(state)).with_graceful_shutdown(async move {
        shutdown.await;
        closing.send_replace(true);
    });
    let overdue = async {
        // An error would mean that the sender is gone, and with it the server.
        let _ = closed.wait_for(|closing| *closing).await;
        tokio::time::sleep(FAREWELL).await;
    };
    let ended = tokio::select! {
        ended = server => ended,
        // A client that neither finishes nor hangs up must not hold us.
        () = overdue => Ok(()),
    };
    watching.abort();
    ended
}

/// Feeds samples and wall time until aborted.
async fn watch_source(state: AppState) {
    let mut samples = state.source.subscribe();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut source_lives = true;
    loop {
        tokio::select! {
            changed = samples.changed(), if source_lives => {
                source_lives = changed.is_ok();
                let sample = Arc::clone(&samples.borrow_and_update());
                state.feed.take(sample);
            }
            _ = ticks.tick() => state.feed.tick(state.control()),
        }
    }
}
